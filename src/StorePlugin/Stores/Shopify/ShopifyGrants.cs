// Asks a store which scopes it grants, after its people have granted or taken back some.
using System.Text.Json.Serialization;
using StorePlugin.Data;

namespace StorePlugin.Stores.Shopify;

/// <summary>Shopify also tells it by <c>app/scopes_update</c>, which may come later than the merchant looks.</summary>
internal sealed class ShopifyGrants(Db db, StoreDirectory stores, ShopifyAdminClient admin, TimeProvider clock)
{
    private const string Update = "UPDATE stores SET scopes = @scopes WHERE id = @storeId";

    // Put off for a day, because a scope was missing; whoever works on it at the moment has it for less.
    private const string TakeUpHistory =
        "UPDATE history_readings SET due_at = @now WHERE store_id = @storeId AND state = 'waiting' AND due_at > @leaseEnd";

    /// <summary>Reads and keeps them.</summary>
    /// <exception cref="PlatformException">Shopify did not answer, or refused.</exception>
    public async Task ReadAsync(Store store, CancellationToken cancel)
    {
        var answer = await admin.DataAsync(store, ShopifyScopeQuestions.Current, new NoVariables(), cancel);
        var granted = answer.CurrentAppInstallation?.AccessScopes
            ?? throw new PlatformException("Shopify's answer does not hold the app's scopes.");
        var scopes = string.Join(',', granted.Select(scope => scope.Handle));
        if (scopes.Length > Installation.ScopesLengthMax)
        {
            throw new PlatformException($"Shopify tells {scopes.Length} characters of scopes (expected at most {Installation.ScopesLengthMax}).");
        }

        await db.InTransactionAsync(tx => WriteAsync(tx, store, scopes, clock.GetUtcNow()), cancel: cancel);
        stores.Forget(store);
    }

    /// <summary>Keeps what is granted now, and has done what waited for it. The caller has the directory forget the store.</summary>
    /// <param name="scopes">Separated by commas.</param>
    public static async Task WriteAsync(Tx tx, Store store, string scopes, DateTimeOffset now)
    {
        await tx.DoAsync(Update, new { storeId = store.Id, scopes });
        await Installation.WakeAsync(tx, store.Id, now);
        await tx.DoAsync(TakeUpHistory, new { storeId = store.Id, now, leaseEnd = now + ReadHistory.Lease });
    }
}

internal static class ShopifyScopeQuestions
{
    public static readonly ShopifyOperation<NoVariables, CurrentScopesData> Current = new(
        "CurrentScopes", ShopifyJson.Default.GraphQlRequestNoVariables, ShopifyScopesJson.Default.CurrentScopesData);
}

internal sealed record CurrentScopesData(AppInstallationData? CurrentAppInstallation);

internal sealed record AppInstallationData(IReadOnlyList<AccessScopeData>? AccessScopes);

internal sealed record AccessScopeData(string Handle);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CurrentScopesData))]
internal sealed partial class ShopifyScopesJson : JsonSerializerContext;
