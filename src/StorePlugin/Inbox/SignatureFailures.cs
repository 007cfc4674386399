// When a message was last refused for its signature: a hint for whoever looks for what is wrong with a store's connection.
using System.Collections.Concurrent;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Inbox;

/// <summary>
/// In memory and for this program alone: anybody can send a wrong signature, so that nothing rests on it and nothing is written for it.
/// What Shopify sends is signed with the app's secret, and who has sent a wrong one is not known: it may be any of its stores.
/// </summary>
internal sealed class SignatureFailures(TimeProvider clock)
{
    // A stranger may name any store; with more names than these all are forgotten.
    private const int StoresMax = 10_000;
    private const int StoreIdLengthMax = 40;

    private readonly ConcurrentDictionary<(WebhookSource Source, string StoreId), DateTimeOffset> _last = new();

    /// <param name="storeId">The store that the path names; null where it names none.</param>
    public void Note(WebhookSource source, string? storeId)
    {
        if (storeId?.Length > StoreIdLengthMax)
        {
            return;
        }

        if (_last.Count >= StoresMax)
        {
            _last.Clear();
        }

        _last[(source, storeId ?? "")] = clock.GetUtcNow();
    }

    /// <summary>When a message of a store's platform that may be the store's was last refused; null: not since this program was started.</summary>
    public DateTimeOffset? LastOf(Store store) => store.Platform switch
    {
        "shopify" => Last(WebhookSource.Shopify, ""),
        "woocommerce" => Last(WebhookSource.WooCommerce, store.Id),
        _ => Last(WebhookSource.Rehearsal, store.Id),
    };

    private DateTimeOffset? Last(WebhookSource source, string storeId) => _last.TryGetValue((source, storeId), out var at) ? at : null;
}
