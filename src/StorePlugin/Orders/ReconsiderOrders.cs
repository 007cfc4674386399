// The job that decides orders again whose terms look back at an order that came late or changed (rule L2).
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

/// <summary>
/// Takes what waits in the order of the orders' own instants: each rests on those before it, and has those behind it
/// decided again only when it has changed itself. It may run twice, and on several machines, without effect.
/// </summary>
internal sealed class ReconsiderOrders(Db db, StoreDirectory stores, ReceiveOrders orders, TimeProvider clock)
{
    private const int BatchMax = 50;

    // Claimed over all stores; whoever deletes the row decides the order, in one transaction.
    private const string FindWaiting = "SELECT store_id, order_id FROM reconsiderations WHERE at >= @since ORDER BY at, store_id, order_id";

    private const string Take = "DELETE FROM reconsiderations WHERE store_id = @storeId AND order_id = @orderId";

    /// <summary>Decides one batch. Returns how many orders it took.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var waiting = await db.ManyAsync<Row>($"{FindWaiting} {db.Page}", new { since = DateTimeOffset.UnixEpoch.AddYears(-1000), take = BatchMax }, cancel);
        foreach (var ofStore in waiting.GroupBy(row => row.StoreId))
        {
            var store = await stores.GetAsync(ofStore.Key, cancel);
            var rows = ofStore.ToList();
            for (var next = 0; next < rows.Count;)
            {
                next += await TakeAsync(store, rows, next, cancel);
            }
        }

        return waiting.Count;
    }

    /// <summary>One short transaction; returns how many rows it took, at least one.</summary>
    private async Task<int> TakeAsync(Store store, List<Row> rows, int first, CancellationToken cancel)
    {
        try
        {
            return await db.InTransactionAsync(
                async tx =>
                {
                    var (started, next) = (clock.GetTimestamp(), first);
                    do
                    {
                        if (await tx.DoAsync(Take, new { storeId = store.Id, orderId = rows[next].OrderId }) == 1)
                        {
                            await orders.ApplyAsync(tx, store, [new OrderEvent.Reconsidered(rows[next].OrderId)]);
                        }

                        next++;
                    }
                    while (next < rows.Count && clock.GetElapsedTime(started) < ShortTransactions.Time);
                    return next - first;
                },
                cancel: cancel);
        }
        // Another worker decided one of the orders meanwhile: the rows wait on, and the next round finds what stands then.
        catch (StaleOrderException)
        {
            return rows.Count - first;
        }
    }

    private sealed record Row(string StoreId, string OrderId);
}
