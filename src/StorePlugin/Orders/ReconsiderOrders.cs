// The job that decides orders again whose terms look back at an order that came late or changed (rule L2).
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

/// <summary>
/// Takes what waits in the order of the orders' own instants: each rests on those before it, and has those behind it
/// decided again only when it has changed itself. It may run twice, and on several machines, without effect.
/// </summary>
internal sealed partial class ReconsiderOrders(Db db, StoreDirectory stores, ReceiveOrders orders, TimeProvider clock, ILogger<ReconsiderOrders> logger)
{
    private const int BatchMax = 50;

    // Claimed over all stores; whoever deletes the row decides the order, in one transaction.
    private const string FindWaiting =
        "SELECT store_id, order_id, attempts FROM reconsiderations WHERE at >= @since AND due_at <= @now ORDER BY at, store_id, order_id";

    private const string PutOff =
        "UPDATE reconsiderations SET attempts = @attempts, due_at = @dueAt WHERE store_id = @storeId AND order_id = @orderId";

    private const string Take = "DELETE FROM reconsiderations WHERE store_id = @storeId AND order_id = @orderId";

    /// <summary>Decides one batch. Returns how many orders it took.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var args = new { since = DateTimeOffset.UnixEpoch.AddYears(-1000), now = clock.GetUtcNow(), take = BatchMax };
        var waiting = await db.ManyAsync<Row>($"{FindWaiting} {db.Page}", args, cancel);
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
        var reached = first;
        try
        {
            return await db.InTransactionAsync(
                async tx =>
                {
                    var started = clock.GetTimestamp();
                    for (reached = first; reached < rows.Count && (reached == first || clock.GetElapsedTime(started) < ShortTransactions.Time); reached++)
                    {
                        if (await tx.DoAsync(Take, new { storeId = store.Id, orderId = rows[reached].OrderId }) == 1)
                        {
                            await orders.ApplyAsync(tx, store, [new OrderEvent.Reconsidered(rows[reached].OrderId)]);
                        }
                    }

                    return reached - first;
                },
                cancel: cancel);
        }
        // Another worker decided one of the orders meanwhile: the rows wait on, and the next round finds what stands then.
        catch (StaleOrderException)
        {
            return rows.Count - first;
        }
        // One order that cannot be decided holds no other one back, of this store or of another.
        catch (Exception e) when (e is not OperationCanceledException && !(e is DbException fault && db.Dialect.IsTransient(fault)))
        {
            await PutOffAsync(store, rows[reached], e, cancel);
            rows.RemoveAt(reached);
            return 0;
        }
    }

    private async Task PutOffAsync(Store store, Row row, Exception failure, CancellationToken cancel)
    {
        var attempts = row.Attempts + 1;
        var wait = Retry.WaitAfter(attempts) ?? Retry.LongestWait;
        await db.DoAsync(PutOff, new { storeId = store.Id, orderId = row.OrderId, attempts, dueAt = clock.GetUtcNow() + wait }, cancel);
        Log.CannotDecide(logger, row.OrderId, store.Id, wait, failure);
    }

    private sealed record Row(string StoreId, string OrderId, long Attempts);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Order {OrderId} of {StoreId} cannot be decided again; it is tried in {Wait}")]
        public static partial void CannotDecide(ILogger logger, string orderId, string storeId, TimeSpan wait, Exception exception);
    }
}
