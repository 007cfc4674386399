// Raw bodies hold shoppers' data: they go 7 days after they were done with, 30 days after they were given up.
using StorePlugin.Data;

namespace StorePlugin.Inbox;

/// <summary>Drops raw bodies. The delivery's key stays, so that a late duplicate is still recognised.</summary>
internal sealed class DropBodies(Db db, TimeProvider clock)
{
    private const int BatchMax = 500;

    private static readonly TimeSpan KeptAfterDone = TimeSpan.FromDays(7);
    private static readonly TimeSpan KeptAfterDead = TimeSpan.FromDays(30);

    // Over all stores, by the index on (done_at) of rows that still have a body. What a platform asks for a shopper's or a
    // shop's sake stands in the body alone, so that it is kept until the request is fulfilled: whoever fulfils it drops it.
    private const string Find =
        """
        SELECT store_id, source, delivery_key FROM deliveries
        WHERE body IS NOT NULL AND done_at <= @beforeDone AND (state = 'done' OR done_at <= @beforeDead)
            AND NOT (source = 'shopify' AND topic IN ('customers/data_request', 'customers/redact', 'shop/redact'))
        ORDER BY done_at
        """;

    private const string Drop =
        """
        UPDATE deliveries SET body = NULL
        WHERE store_id = @StoreId AND source = @Source AND delivery_key = @Key AND state <> 'pending'
        """;

    /// <summary>Drops one batch. Returns how many bodies it dropped.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var rows = await db.ManyAsync<Row>(
            $"{Find} {db.Page}", new { beforeDone = now - KeptAfterDone, beforeDead = now - KeptAfterDead, take = BatchMax }, cancel);
        await ShortTransactions.EachAsync(
            db, clock, Drop, rows, row => [("StoreId", row.StoreId), ("Source", row.Source), ("Key", row.DeliveryKey)], cancel);
        return rows.Count;
    }

    private sealed record Row(string StoreId, string Source, string DeliveryKey);
}
