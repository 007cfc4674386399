// The job that releases commissions whose hold is over. It may run twice, and on several machines, without effect.
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>Moves commissions from held to approved at the end of their hold, or later (rules H2, H3).</summary>
internal sealed class ReleaseHolds(Db db, StoreDirectory stores, TimeProvider clock)
{
    private const int BatchMax = 200;

    // Claimed over all stores by the index on (hold_until) of held orders; an order without an end of its hold waits. So
    // do those of a store that has left: its refunds are not heard of, and nothing is approved unseen (rule U1).
    private const string FindDue =
        """
        SELECT o.store_id, o.order_id, o.revision, o.ambassador_id, o.commission_minor, o.currency, o.hold_until
        FROM orders o CROSS JOIN stores s
        WHERE o.state = 'held' AND o.hold_until <= @now AND s.id = o.store_id AND s.state = 'installed'
        ORDER BY o.hold_until
        """;

    private const string Approve =
        """
        UPDATE orders SET state = 'approved', approved_at = @now, revision = revision + 1, updated_at = @now
        WHERE store_id = @storeId AND order_id = @orderId AND revision = @revision AND state = 'held' AND hold_until <= @now
        """;

    /// <summary>Releases one batch. Returns how many orders it released.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var due = await db.ManyAsync<Due>($"{FindDue} {db.Page}", new { now, take = BatchMax }, cancel);
        var released = 0;
        foreach (var ofStore in due.GroupBy(order => order.StoreId))
        {
            var store = await stores.GetAsync(ofStore.Key, cancel);
            released += await db.InTransactionAsync(tx => ReleaseAsync(tx, store, [.. ofStore], now), cancel: cancel);
        }

        return released;
    }

    private static async Task<int> ReleaseAsync(Tx tx, Store store, List<Due> orders, DateTimeOffset now)
    {
        await using var insertEvent = new Prepared(tx, OrderLog.Insert);
        var postings = new List<LedgerTransaction>(orders.Count);
        var released = 0;
        foreach (var order in orders)
        {
            // An order that changed since it was found is left for the next round, which reads it anew.
            if (await tx.DoAsync(Approve, new { storeId = store.Id, orderId = order.OrderId, revision = order.Revision, now }) == 1)
            {
                released++;
                await insertEvent.DoAsync(
                    ("StoreId", store.Id), ("OrderId", order.OrderId), ("Revision", order.Revision + 1), ("Kind", OrderLog.Release), ("Subject", ""),
                    ("At", now), ("LocalDay", null), ("BookedDay", store.LocalDay(now)), ("Actor", OrderState.Releaser), ("Evidence", null));
                var commission = new Money(order.CommissionMinor, Currency.Parse(order.Currency));
                if (OrderState.ReleaseOf(order.OrderId, order.Revision + 1, order.AmbassadorId, commission, now) is { } posting)
                {
                    postings.Add(posting);
                }
            }
        }

        if (postings.Count > 0)
        {
            await LedgerBook.PostAsync(tx, store, postings);
        }

        return released;
    }

    private sealed record Due(
        string StoreId, string OrderId, long Revision, string AmbassadorId, long CommissionMinor, string Currency, DateTimeOffset HoldUntil);
}
