// Raw bodies hold shoppers' data: they go 7 days after they were done with, 30 days after they were given up. What is left
// of a delivery goes after 400 days.
using StorePlugin.Data;

namespace StorePlugin.Inbox;

/// <summary>
/// Drops raw bodies. The delivery's key stays, so that a late duplicate is still recognised, until nobody sends it again.
/// </summary>
internal sealed class DropBodies(Db db, TimeProvider clock)
{
    private const int BatchMax = 500;

    private static readonly TimeSpan KeptAfterDone = TimeSpan.FromDays(7);
    private static readonly TimeSpan KeptAfterDead = TimeSpan.FromDays(30);
    private static readonly TimeSpan KeyKept = TimeSpan.FromDays(400);

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

    // An id begins with the instant of its making, so that the index on (store_id, id) knows the oldest of each store, and
    // intake need not keep another.
    private const string FindOld =
        """
        SELECT d.store_id, d.source, d.delivery_key FROM stores s
        JOIN deliveries d ON d.store_id = s.id AND d.id < @before
        WHERE d.state <> 'pending' AND d.body IS NULL ORDER BY s.id, d.id
        """;

    private const string Forget =
        """
        DELETE FROM deliveries
        WHERE store_id = @StoreId AND source = @Source AND delivery_key = @Key AND state <> 'pending' AND body IS NULL
        """;

    /// <summary>Takes one batch of bodies and one of old keys. Returns how many it took.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var bodies = await db.ManyAsync<Row>(
            $"{Find} {db.Page}", new { beforeDone = now - KeptAfterDone, beforeDead = now - KeptAfterDead, take = BatchMax }, cancel);
        await EachAsync(Drop, bodies, cancel);
        var keys = await db.ManyAsync<Row>($"{FindOld} {db.Page}", new { before = Ids.Since("dlv", now - KeyKept), take = BatchMax }, cancel);
        await EachAsync(Forget, keys, cancel);
        return bodies.Count + keys.Count;
    }

    private Task EachAsync(string sql, IReadOnlyList<Row> rows, CancellationToken cancel) => ShortTransactions.EachAsync(
        db, clock, sql, rows, row => [("StoreId", row.StoreId), ("Source", row.Source), ("Key", row.DeliveryKey)], cancel);

    private sealed record Row(string StoreId, string Source, string DeliveryKey);
}
