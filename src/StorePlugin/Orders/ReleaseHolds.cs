// The job that releases commissions whose hold is over. It may run twice, and on several machines, without effect.
using System.Data.Common;
using StorePlugin.Abuse;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>
/// Moves commissions from held to approved at the end of their hold, or later (rules H2, H3). Just before money becomes
/// payable the ambassador's many orders are looked at: what a person has to see goes to review instead. That is done here,
/// and not at each order, so that what an order's receipt says does not hang on which of them came first (rule I6).
/// </summary>
internal sealed partial class ReleaseHolds(
    Db db, StoreDirectory stores, PatternReader patterns, ReceiveOrders receive, TimeProvider clock, ILogger<ReleaseHolds> logger)
{
    private const int BatchMax = 200;

    private static readonly TimeSpan WaitAfterFailure = TimeSpan.FromMinutes(5);

    // Orders that could not be released, and when they are tried again. A new start tries them at once.
    private readonly Dictionary<(string StoreId, string OrderId), DateTimeOffset> _waits = [];

    // Claimed over all stores by the index on (hold_until) of held orders; an order without an end of its hold waits. So
    // do those of a store that has left: its refunds are not heard of, and nothing is approved unseen (rule U1). A rehearsal's
    // orders lie in the past from the beginning, and are released when its journey has come so far.
    private const string FindDue =
        """
        SELECT o.store_id, o.order_id, o.revision, o.ambassador_id, o.campaign_id, o.commission_minor, o.currency, o.hold_until, o.binds_keys, o.binds_days, o.at
        FROM orders o CROSS JOIN stores s
        WHERE o.state = 'held' AND o.hold_until <= @now AND s.id = o.store_id AND s.state = 'installed'
            AND NOT EXISTS (SELECT 1 FROM rehearsals r WHERE r.store_id = s.rehearses_store_id AND r.rehearsal_store_id = s.id AND r.state = 'running')
        ORDER BY o.hold_until
        """;

    private const string ReadHeld =
        """
        SELECT store_id, order_id, revision, ambassador_id, campaign_id, commission_minor, currency, hold_until, binds_keys, binds_days, at FROM orders
        WHERE store_id = @storeId AND order_id IN @ids AND state = 'held' AND hold_until <= @now
        """;

    private const string Approve =
        """
        UPDATE orders SET state = 'approved', approved_at = @now, revision = revision + 1, updated_at = @now
        WHERE store_id = @storeId AND order_id = @orderId AND revision = @revision AND state = 'held' AND hold_until <= @now
        """;

    /// <summary>Releases one batch. Returns how many orders it released or flagged.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var due = await db.ManyAsync<Due>($"{FindDue} {db.Page}", new { now, take = BatchMax }, cancel);
        var moved = 0;
        foreach (var ofStore in due.GroupBy(order => order.StoreId))
        {
            var store = await stores.GetAsync(ofStore.Key, cancel);
            var orders = ofStore.Where(order => !(_waits.TryGetValue((order.StoreId, order.OrderId), out var until) && now < until)).ToList();
            try
            {
                moved += await MoveAsync(store, orders, now, cancel);
            }
            // One order that cannot be released holds no other one back, of this store or of another.
            catch (Exception e) when (e is not OperationCanceledException && !(e is DbException fault && db.Dialect.IsTransient(fault)))
            {
                moved += await MoveAloneAsync(store, orders, now, cancel);
            }
        }

        return moved;
    }

    private const string FindDueOfStore =
        """
        SELECT store_id, order_id, revision, ambassador_id, campaign_id, commission_minor, currency, hold_until, binds_keys, binds_days, at FROM orders
        WHERE store_id = @storeId AND state = 'held' AND hold_until <= @now ORDER BY hold_until
        """;

    /// <summary>Releases whatever of one store is due, for a rehearsal that has come so far.</summary>
    public async Task ReleaseAsync(Store store, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        while (await db.ManyAsync<Due>($"{FindDueOfStore} {db.Page}", new { storeId = store.Id, now, take = BatchMax }, cancel) is [_, ..] due
            && await MoveAsync(store, [.. due], now, cancel) > 0)
        {
        }
    }

    private async Task<int> MoveAsync(Store store, List<Due> orders, DateTimeOffset now, CancellationToken cancel)
    {
        var flags = await patterns.FindAsync(store, [.. orders.Select(order => new DueOrder(order.OrderId, order.AmbassadorId, order.At))], now, cancel);
        try
        {
            return await db.InTransactionAsync(tx => MoveAsync(tx, store, orders, flags, now), cancel: cancel);
        }
        // Another worker flagged or decided one of the orders meanwhile: the next round reads what stands then.
        catch (Exception e) when (flags.Count > 0 && (e is StaleOrderException || (e is DbException fault && db.Dialect.IsUniqueViolation(fault))))
        {
            return 0;
        }
    }

    private async Task<int> MoveAloneAsync(Store store, List<Due> orders, DateTimeOffset now, CancellationToken cancel)
    {
        var moved = 0;
        foreach (var order in orders)
        {
            try
            {
                moved += await MoveAsync(store, [order], now, cancel);
            }
            catch (Exception e) when (e is not OperationCanceledException && !(e is DbException fault && db.Dialect.IsTransient(fault)))
            {
                _waits[(order.StoreId, order.OrderId)] = now + WaitAfterFailure;
                Log.CannotRelease(logger, order.OrderId, store.Id, e);
            }
        }

        return moved;
    }

    private async Task<int> MoveAsync(Tx tx, Store store, List<Due> orders, IReadOnlyDictionary<string, OrderEvent.Flagged> flags, DateTimeOffset now)
    {
        var flagged = 0;
        if (flags.Count > 0)
        {
            // An order that changed since it was looked at is left for the next round.
            var held = (await ReadHeldAsync(tx, store, flags.Keys, now)).ToDictionary(order => order.OrderId, order => order.Revision, StringComparer.Ordinal);
            var events = orders.Where(order => held.GetValueOrDefault(order.OrderId) == order.Revision && flags.ContainsKey(order.OrderId))
                .Select(order => flags[order.OrderId]).ToList();
            await receive.ApplyAsync(tx, store, events);

            // What bears notices alone is held still, and goes on with the others.
            var after = await ReadHeldAsync(tx, store, [.. events.Select(e => e.OrderId)], now);
            orders = [.. orders.Where(order => !flags.ContainsKey(order.OrderId)), .. after];
            flagged = events.Count - after.Count;
        }

        return flagged + await ReleaseAsync(tx, store, orders, now);
    }

    private static async Task<IReadOnlyList<Due>> ReadHeldAsync(Tx tx, Store store, IEnumerable<string> orderIds, DateTimeOffset now) =>
        orderIds.ToArray() is [_, ..] ids ? await tx.ManyAsync<Due>(ReadHeld, new { storeId = store.Id, ids, now }) : [];

    private static async Task<int> ReleaseAsync(Tx tx, Store store, List<Due> orders, DateTimeOffset now)
    {
        await using var insertEvent = new Prepared(tx, OrderLog.Insert);
        var rewards = await GrantRewards.BeginAsync(tx, store, [.. orders.Select(order => new DueReward(order.OrderId, order.AmbassadorId, order.CampaignId))], now);
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
                    ("At", now), ("LocalDay", null), ("BookedDay", store.LocalDay(now)), ("Actor", OrderState.Program), ("Evidence", null));
                if (order is { BindsKeys: { } customer, BindsDays: { } days })
                {
                    await Customers.BindAsync(tx, store, customer, days, order.CampaignId, order.AmbassadorId, order.OrderId, now);
                }

                var commission = new Money(order.CommissionMinor, Currency.Parse(order.Currency));
                if (OrderState.ReleaseOf(order.OrderId, order.Revision + 1, order.AmbassadorId, commission, now) is { } posting)
                {
                    postings.Add(posting);
                }

                postings.AddRange(await rewards.OfAsync(order.OrderId));
            }
        }

        if (postings.Count > 0)
        {
            await LedgerBook.PostAsync(tx, store, postings);
        }

        return released;
    }

    private sealed record Due(
        string StoreId, string OrderId, long Revision, string AmbassadorId, string CampaignId, long CommissionMinor, string Currency, DateTimeOffset HoldUntil,
        string? BindsKeys, long? BindsDays, DateTimeOffset At);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Order {OrderId} of {StoreId} cannot be released; it is tried again in five minutes")]
        public static partial void CannotRelease(ILogger logger, string orderId, string storeId, Exception exception);
    }
}
