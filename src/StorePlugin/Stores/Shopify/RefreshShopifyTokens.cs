// The job that keeps tokens at Shopify alive that nobody uses. It may run twice, and on several machines, without effect.
using StorePlugin.Data;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// Renews the tokens that were not renewed for a day, or were given under another client secret than the current one, those that
/// have waited longest first. Stores that wait for their merchant, or for the next try, are left out.
/// </summary>
internal sealed partial class RefreshShopifyTokens(
    Db db, StoreDirectory stores, ShopifyTokens tokens, Settings settings, TimeProvider clock, ILogger<RefreshShopifyTokens> logger)
{
    private const int BatchMax = 100;

    // Nearly all of it is waiting for Shopify.
    private const int AtOnceMax = 4;

    private static readonly TimeSpan Age = TimeSpan.FromDays(1);

    private const string Find =
        """
        SELECT store_id, refreshed_at FROM shopify_tokens
        WHERE refreshed_at >= @refreshedAt AND (refreshed_at > @refreshedAt OR store_id > @storeId)
            AND (refreshed_at <= @before OR issued_under <> @mark)
            AND (fault_at IS NULL OR retry_at <= @now)
        ORDER BY refreshed_at, store_id
        """;

    /// <summary>Looks at all of them once, some at a time. Returns 0: what could not be renewed has its next turn with the next round.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        if (settings.Shopify is not { } shopify)
        {
            return 0;
        }

        await ShopifyTokenRow.AdoptAsync(db, cancel);
        var now = clock.GetUtcNow();
        var (before, mark) = (now - Age, ShopifyTokenEndpoint.MarkOf(shopify.ClientSecret));
        var last = new Found("", DateTimeOffset.UnixEpoch);
        while (true)
        {
            var found = await db.ManyAsync<Found>(
                $"{Find} {db.Page}", new { refreshedAt = last.RefreshedAt, storeId = last.StoreId, before, mark, now, take = BatchMax }, cancel);
            await Parallel.ForEachAsync(
                found,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancel },
                (one, token) => new ValueTask(RenewAsync(one.StoreId, before, token)));
            if (found.Count < BatchMax)
            {
                return 0;
            }

            last = found[^1];
        }
    }

    private async Task RenewAsync(string storeId, DateTimeOffset before, CancellationToken cancel)
    {
        // What Shopify refuses is noted with the store. Whatever else one store's turn ends with, the others have theirs.
        try
        {
            var store = await stores.GetAsync(storeId, cancel);
            if (store.IsInstalled)
            {
                await tokens.RenewOldAsync(store, before, cancel);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            Log.Threw(logger, storeId, e);
        }
    }

    private sealed record Found(string StoreId, DateTimeOffset RefreshedAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The access token of store {StoreId} could not be looked after")]
        public static partial void Threw(ILogger logger, string storeId, Exception exception);
    }
}
