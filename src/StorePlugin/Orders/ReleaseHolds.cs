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
    private const string Actor = "system";

    // Claimed over all stores by the index on (hold_until) of held orders; an order without an end of its hold waits.
    private const string FindDue =
        """
        SELECT store_id, order_id, revision, ambassador_id, commission_minor, currency, hold_until FROM orders
        WHERE state = 'held' AND hold_until <= @now ORDER BY hold_until
        """;

    private const string Approve =
        """
        UPDATE orders SET state = 'approved', revision = revision + 1, updated_at = @now
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
        var postings = new List<LedgerTransaction>(orders.Count);
        foreach (var order in orders)
        {
            // An order that changed since it was found is left for the next round, which reads it anew.
            if (await tx.DoAsync(Approve, new { storeId = store.Id, orderId = order.OrderId, revision = order.Revision, now }) == 1)
            {
                var commission = new Money(order.CommissionMinor, Currency.Parse(order.Currency));
                postings.Add(new LedgerTransaction(
                    LedgerKind.Release, $"{order.OrderId}:{order.Revision + 1}", commission.Currency, now, Actor, "The hold is over.",
                    LedgerTransaction.Move(order.AmbassadorId, order.OrderId, Account.Held, Account.Approved, commission)));
            }
        }

        if (postings.Count > 0)
        {
            await LedgerBook.PostAsync(tx, store, postings);
        }

        return postings.Count;
    }

    private sealed record Due(
        string StoreId, string OrderId, long Revision, string AmbassadorId, long CommissionMinor, string Currency, DateTimeOffset HoldUntil);
}
