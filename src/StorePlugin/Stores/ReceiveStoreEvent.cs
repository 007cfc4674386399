// Applies what a platform tells of the store itself: that it left, that its facts or its grants changed.
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Privacy;
using StorePlugin.Stores.Shopify;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores;

/// <summary>Called by the inbox's worker within the transaction that also marks the delivery done.</summary>
internal sealed class ReceiveStoreEvent(Installation installation, Settings settings, PrivacyDuties duties, TimeProvider clock)
{
    private const string CountCameBack =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM stores
        WHERE id = @storeId AND (installed_at > @receivedAt OR (installed_at > @happenedAt AND created_at <= @happenedAt))
        """;

    /// <summary>
    /// Applies the event and returns the outcome in words. Applying it again changes nothing more. The caller calls
    /// <see cref="Installation.Forget"/> once the transaction is committed.
    /// </summary>
    /// <exception cref="NotYetException">Something else must be read first.</exception>
    /// <param name="receivedAt">
    /// When the delivery came in. An uninstallation from before the store was installed again must not end the new
    /// installation, however late it is delivered, worked off or replayed; nor does an old change overwrite what the new
    /// one has read.
    /// </param>
    /// <param name="happenedAt">
    /// When it happened, as far as the platform says. It counts where it falls into an earlier installation; an instant
    /// from before the store was known at all is no such thing.
    /// </param>
    public async Task<string> ApplyAsync(
        Tx tx, Store store, StoreEvent storeEvent, DateTimeOffset? receivedAt = null, DateTimeOffset? happenedAt = null)
    {
        switch (storeEvent)
        {
            // The store's data are asked for two days after it left; it may have come back meanwhile.
            case PrivacyRequested { Topic: PrivacyTopic.ShopRedact }
                when await tx.OneAsync<long>(CountCameBack, new { storeId = store.Id, receivedAt, happenedAt }) > 0:
                return "The platform asks for shop/redact, but the store has been installed again since; nothing was erased.";

            case PrivacyRequested privacy:
                var outcome = await duties.ApplyAsync(tx, store, privacy, receivedAt);
                // Of a store that is erased nobody told that it had left.
                if (privacy.Topic == PrivacyTopic.ShopRedact && store.IsInstalled)
                {
                    await installation.UninstallAsync(tx, store);
                }

                return outcome;

            // Settings of a store that has left are not ours to follow; a reinstallation reads them anew.
            case StoreUninstalled or StoreChanged or ScopesChanged when !store.IsInstalled:
                return "The store had uninstalled before; nothing was changed.";

            case StoreUninstalled or StoreChanged or ScopesChanged
                when await tx.OneAsync<long>(CountCameBack, new { storeId = store.Id, receivedAt, happenedAt }) > 0:
                return "The store has been installed again since; nothing was changed.";

            case StoreUninstalled:
                await installation.UninstallAsync(tx, store);
                return "The store has uninstalled: its tokens are dropped, and new work stops.";

            case StoreChanged changed:
                await StoreFactsRow.WriteAsync(
                    tx, store.Id, new StoreFacts(changed.Name, changed.CurrencyCode, changed.TimeZone, changed.PrimaryDomain));
                return "The store's facts were taken over.";

            case ScopesChanged changed:
                var scopes = string.Join(',', changed.Scopes);
                if (scopes.Length > Installation.ScopesLengthMax)
                {
                    throw new UnreadableDeliveryException($"current has {scopes.Length} characters of scopes (expected at most {Installation.ScopesLengthMax}).");
                }

                await ShopifyGrants.WriteAsync(tx, store, scopes, clock.GetUtcNow());
                return MissingOf(store, scopes) is { Count: > 0 } missing
                    ? $"The store no longer grants {string.Join(", ", missing)}."
                    : "The store grants everything that is asked for.";

            default:
                throw new UnreachableException($"{storeEvent.GetType().Name} does not speak of the store itself.");
        }
    }

    private IReadOnlyList<string> MissingOf(Store store, string scopes) =>
        store.Platform == "shopify" && settings.Shopify is { } shopify ? ShopifyScopes.Missing(scopes, shopify.Scopes) : [];
}
