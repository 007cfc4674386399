// Orders whose customer was erased: what the platform sends of them later brings nobody back.
using StorePlugin.Data;

namespace StorePlugin.Privacy;

/// <summary>The table <c>redacted_orders</c>. Rows are only added: a platform may send an old order again years later.</summary>
internal static class RedactedOrders
{
    private const string Insert =
        """
        INSERT INTO redacted_orders (store_id, order_id, at)
        SELECT @StoreId, @OrderId, @Now WHERE NOT EXISTS (SELECT 1 FROM redacted_orders WHERE store_id = @StoreId AND order_id = @OrderId)
        """;

    private const string Read = "SELECT order_id FROM redacted_orders WHERE store_id = @storeId AND order_id IN @ids";

    // SQL Server takes 2,100 parameters.
    private const int AtOnceMax = 1000;

    public static async Task AddAsync(Tx tx, string storeId, IEnumerable<string> orderIds, DateTimeOffset now)
    {
        await using var insert = new Prepared(tx, Insert);
        foreach (var orderId in orderIds)
        {
            await insert.DoAsync(("StoreId", storeId), ("OrderId", orderId), ("Now", now));
        }
    }

    /// <summary>Which of these orders are such.</summary>
    public static async Task<HashSet<string>> OfAsync(Tx tx, string storeId, IEnumerable<string> orderIds)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var ids in orderIds.Chunk(AtOnceMax))
        {
            found.UnionWith(await tx.ManyAsync<string>(Read, new { storeId, ids = new TextList(ids) }));
        }

        return found;
    }
}
