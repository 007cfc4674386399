// What each order adds to its ambassador's standing, and what the standing was at an order's instant (rules B8, L1, L2).
using System.Collections.Immutable;
using System.Globalization;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

/// <summary>
/// One change that an order makes: what it adds at its own instant (number 0), and what each refund takes away. Minor units
/// of the order's currency.
/// </summary>
/// <param name="EffectiveAt">From when on it counts for later orders.</param>
internal sealed record StandingChange(long Number, DateTimeOffset EffectiveAt, long BaseMinor, long CommissionMinor, long Orders, long NewCustomers)
{
    /// <summary>
    /// What an order adds; nothing while it is not credited or not paid. While it is in review it counts for no tier (rule L1),
    /// but what it may earn takes room under a cap, which is never passed (rule B8).
    /// </summary>
    public static ImmutableArray<StandingChange> Of(Receipt receipt, Commission commission)
    {
        if (receipt is not { Credited: true, PaidAt: not null })
        {
            return [];
        }

        var counts = receipt.OpenRules.IsEmpty;
        var changes = ImmutableArray.CreateBuilder<StandingChange>(1 + commission.Steps.Length);
        changes.Add(new StandingChange(0, Instants.Kept(receipt.At), counts ? receipt.BaseMinor : 0, receipt.OriginalCommissionMinor, counts ? 1 : 0, counts && receipt.NewCustomer is true ? 1 : 0));
        var (baseLeft, commissionLeft) = (receipt.BaseMinor, receipt.OriginalCommissionMinor);
        foreach (var step in commission.Steps)
        {
            // What the ambassador keeps of a late refund still takes its room (rule K5). An order of which nothing is left is none (rule L2).
            var commissionAfter = step.At < receipt.At + Commission.ReversalWindow ? step.CommissionMinor : commissionLeft;
            var ends = counts && step.BaseMinor == 0 && baseLeft > 0;
            changes.Add(new StandingChange(
                changes.Count, Instants.Kept(step.At), counts ? step.BaseMinor - baseLeft : 0, commissionAfter - commissionLeft, ends ? -1 : 0,
                ends && receipt.NewCustomer is true ? -1 : 0));
            (baseLeft, commissionLeft) = (step.BaseMinor, commissionAfter);
        }

        return changes.DrainToImmutable();
    }
}

/// <summary>A row of the table: a change, whose it is, and where it stands.</summary>
/// <param name="SortKey">As <see cref="OrderMoment.KeyOf"/> makes it.</param>
internal sealed record StandingRow(
    string OrderId, string AmbassadorId, string SortKey, long Number, string CampaignId, long LocalDay, DateTimeOffset EffectiveAt, string Currency,
    long BaseMinor, long CommissionMinor, long Orders, long NewCustomers)
{
    public StandingChange Change => new(Number, EffectiveAt, BaseMinor, CommissionMinor, Orders, NewCustomers);
}

/// <summary>Where an order stands among others: by its instant, then by its id (rule L2).</summary>
internal static class OrderMoment
{
    /// <summary>A text that sorts as the pair does. Instants before 1970 stand together at the beginning.</summary>
    public static string KeyOf(DateTimeOffset at, string orderId) => Since(at) + ":" + orderId;

    /// <summary>What sorts behind every order.</summary>
    public const string Last = ":";

    /// <summary>Whether it is the key of this order, at whichever instant.</summary>
    public static bool IsOf(string key, string orderId) => key.AsSpan(key.IndexOf(':', StringComparison.Ordinal) + 1).SequenceEqual(orderId);

    /// <summary>What sorts before every order of the instant, and behind all before it.</summary>
    public static string Since(DateTimeOffset at) => Math.Max(0, at.ToUnixTimeMilliseconds()).ToString("D15", CultureInfo.InvariantCulture);
}

/// <summary>
/// The table <c>order_standings</c>, a projection: of every order that is credited, paid and not in review. An order's
/// position is a sum over those before it, and so the same whatever the order of arrival.
/// </summary>
internal static class Standings
{
    // An order whose instant moves stands where it was until it is written: it never stands before itself.
    private const string Sum =
        """
        SELECT COALESCE(SUM(base_minor), 0) AS base_minor, COALESCE(SUM(commission_minor), 0) AS commission_minor,
            COALESCE(SUM(orders), 0) AS orders, COALESCE(SUM(new_customers), 0) AS new_customers
        FROM order_standings
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND sort_key >= @from AND sort_key < @sortKey AND local_day >= @fromDay
            AND campaign_id = @campaignId AND currency = @currency AND (number = 0 OR effective_at < @at) AND order_id <> @orderId
        """;

    // What is in a payout or paid is left as it is (rule L2), so that an order before it finds only the room that it has left.
    private const string SumPaidBehind =
        """
        SELECT COALESCE(SUM(s.commission_minor), 0) AS commission_minor
        FROM order_standings s
        JOIN orders o ON o.store_id = s.store_id AND o.order_id = s.order_id
        WHERE s.store_id = @storeId AND s.ambassador_id = @ambassadorId AND s.sort_key > @sortKey AND s.sort_key < @until AND s.local_day <= @untilDay
            AND s.campaign_id = @campaignId AND s.currency = @currency AND s.order_id <> @orderId AND o.state IN ('in_payout', 'paid')
        """;

    private const string Load =
        """
        SELECT order_id, ambassador_id, sort_key, number, campaign_id, local_day, effective_at, currency, base_minor, commission_minor, orders, new_customers
        FROM order_standings WHERE store_id = @storeId AND order_id IN @ids ORDER BY order_id, number
        """;

    private const string Delete = "DELETE FROM order_standings WHERE store_id = @storeId AND order_id = @orderId";

    private const string Insert =
        """
        INSERT INTO order_standings (store_id, ambassador_id, sort_key, number, order_id, campaign_id, local_day, effective_at, currency,
            base_minor, commission_minor, orders, new_customers)
        VALUES (@StoreId, @AmbassadorId, @SortKey, @Number, @OrderId, @CampaignId, @LocalDay, @EffectiveAt, @Currency,
            @BaseMinor, @CommissionMinor, @Orders, @NewCustomers)
        """;

    private const string Hold = "UPDATE ambassadors SET state = state WHERE store_id = @storeId AND id = @ambassadorId";

    // The orders behind one, as far as they can still change (rule L2: what is in a payout or paid is left as it is).
    private const string Queue =
        """
        INSERT INTO reconsiderations (store_id, order_id, at, queued_at)
        SELECT o.store_id, o.order_id, o.at, @now FROM orders o
        WHERE o.store_id = @storeId AND o.ambassador_id = @ambassadorId AND o.at >= @at AND o.at < @until
            AND (o.at > @at OR o.order_id > @orderId) AND o.state IN ('observed', 'held', 'review', 'approved', 'reversed', 'disputed')
            AND NOT EXISTS (SELECT 1 FROM reconsiderations r WHERE r.store_id = o.store_id AND r.order_id = o.order_id)
        """;

    /// <summary>
    /// Holds the ambassador's row to the end of the transaction: where several programs share a database, what another one
    /// adds to the standing at the same moment is then seen by one of the two.
    /// </summary>
    public static Task<int> HoldAsync(Tx tx, string storeId, string ambassadorId) => tx.DoAsync(Hold, new { storeId, ambassadorId });

    /// <summary>What the terms need to know of the ambassador's orders before this one.</summary>
    /// <param name="localDay">The day of the order's instant, as it was written first (rule M4).</param>
    /// <param name="behind">Whether what has been paid of later orders takes room under a cap as well.</param>
    public static async Task<Standing> AtAsync(
        Tx tx, Store store, string ambassadorId, string campaignId, Terms terms, DateTimeOffset at, string orderId, Webhooks.Currency inCurrency, long localDay,
        bool behind = true)
    {
        var (currency, sortKey) = (inCurrency.Code, OrderMoment.KeyOf(at, orderId));
        await HoldAsync(tx, store.Id, ambassadorId);
        var position = terms.Tiers is { } tiers ? await SumAsync(tiers.Period) : null;
        long? used = terms.PeriodCap is not { } cap ? null
            : (cap.Period == terms.Tiers?.Period ? position! : await SumAsync(cap.Period)).CommissionMinor + (behind ? await PaidBehindAsync(cap.Period) : 0);
        return new Standing(position is null ? null : PositionOf(terms.Tiers!.Metric, position.BaseMinor, position.Orders, position.NewCustomers), used);

        async Task<SumRow> SumAsync(TermsPeriod period) => (await tx.OneAsync<SumRow>(Sum, new
        {
            storeId = store.Id,
            ambassadorId,
            campaignId,
            currency,
            at,
            sortKey,
            orderId,
            from = period.Kind == PeriodKind.RollingDays ? OrderMoment.Since(at - TimeSpan.FromDays(period.Days!.Value)) : "",
            fromDay = period.Kind == PeriodKind.CalendarMonth ? MonthOf(localDay) + 1 : 0,
        }))!;

        async Task<long> PaidBehindAsync(TermsPeriod period) => (await tx.OneAsync<SumRow>(SumPaidBehind, new
        {
            storeId = store.Id,
            ambassadorId,
            campaignId,
            currency,
            sortKey,
            orderId,
            until = period.Kind == PeriodKind.RollingDays ? OrderMoment.Since(at + TimeSpan.FromDays(period.Days!.Value)) : OrderMoment.Last,
            untilDay = period.Kind == PeriodKind.CalendarMonth ? MonthOf(localDay) + LastDay : long.MaxValue,
        }))!.CommissionMinor;
    }

    /// <summary>Where an ambassador stands by a metric (rule L1). Refunds take away no more than was there (rule B5).</summary>
    public static long PositionOf(TierMetric metric, long baseMinor, long orders, long newCustomers) => metric switch
    {
        TierMetric.NetSales => Math.Max(0, baseMinor),
        TierMetric.Orders => orders,
        TierMetric.NewCustomers => newCustomers,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // A local day is yyyymmdd.
    private const long LastDay = 31;

    private static long MonthOf(long localDay) => localDay / 100 * 100;

    /// <summary>What stands of these orders.</summary>
    public static async Task<ILookup<string, StandingRow>> LoadAsync(Tx tx, Store store, IReadOnlyCollection<string> orderIds) =>
        (orderIds.Count == 0 ? [] : await tx.ManyAsync<StandingRow>(Load, new { storeId = store.Id, ids = new TextList(orderIds) })).ToLookup(row => row.OrderId);

    /// <summary>The rows that an order has now: those before where it adds the same to the same person in the same campaign and currency.</summary>
    public static IReadOnlyList<StandingRow> RowsOf(SettledOrder order, IReadOnlyList<StandingRow> before)
    {
        var (receipt, changes) = (order.Receipt!, order.StandingChanges);
        return before.Count == changes.Length && before.All(IsSame)
            ? before
            :
            [
                .. changes.Select(change => new StandingRow(
                    receipt.OrderId, receipt.AmbassadorId!, OrderMoment.KeyOf(receipt.At, receipt.OrderId), change.Number, receipt.CampaignId!, order.LocalDay ?? 0,
                    change.EffectiveAt, receipt.Currency.Code, change.BaseMinor, change.CommissionMinor, change.Orders, change.NewCustomers)),
            ];

        bool IsSame(StandingRow row) => row.Change == changes[(int)row.Number]
            && (row.AmbassadorId, row.CampaignId, row.Currency) == (receipt.AmbassadorId, receipt.CampaignId, receipt.Currency.Code);
    }

    /// <summary>Writes an order's rows in place of those that it had.</summary>
    public static async Task ReplaceAsync(Tx tx, string storeId, string orderId, bool had, IReadOnlyList<StandingRow> rows)
    {
        if (had)
        {
            await tx.DoAsync(Delete, new { storeId, orderId });
        }

        await using var insert = new Prepared(tx, Insert);
        foreach (var row in rows)
        {
            await insert.DoAsync(
                ("StoreId", storeId), ("AmbassadorId", row.AmbassadorId), ("SortKey", row.SortKey), ("Number", row.Number), ("OrderId", orderId),
                ("CampaignId", row.CampaignId), ("LocalDay", row.LocalDay), ("EffectiveAt", row.EffectiveAt), ("Currency", row.Currency),
                ("BaseMinor", row.BaseMinor), ("CommissionMinor", row.CommissionMinor), ("Orders", row.Orders), ("NewCustomers", row.NewCustomers));
        }
    }

    /// <summary>Has the ambassador's orders behind this one decided again.</summary>
    /// <param name="stoodAt">The instant that the order had before; null: none.</param>
    /// <param name="terms">As far as any of these can reach; null: all of them.</param>
    public static Task<int> QueueLaterAsync(
        Tx tx, Store store, string ambassadorId, Receipt receipt, DateTimeOffset? stoodAt, IEnumerable<Terms>? terms, DateTimeOffset now)
    {
        var reach = terms?.SelectMany(of => new[] { of.Tiers?.Period, of.PeriodCap?.Period }).OfType<TermsPeriod>().Max(ReachOf) ?? TimeSpan.MaxValue;
        var (first, last) = stoodAt < receipt.At ? (stoodAt.Value, receipt.At) : (receipt.At, stoodAt ?? receipt.At);
        var until = reach == TimeSpan.MaxValue ? DateTimeOffset.MaxValue : last + reach;
        return tx.DoAsync(Queue, new { storeId = store.Id, ambassadorId, at = first, orderId = receipt.OrderId, until, now });
    }

    // A month has 31 days at most, and a change of the clock adds an hour.
    public static TimeSpan ReachOf(TermsPeriod period) => period.Kind switch
    {
        PeriodKind.CalendarMonth => TimeSpan.FromDays(32),
        PeriodKind.RollingDays => TimeSpan.FromDays(period.Days!.Value) + TimeSpan.FromMilliseconds(1),
        PeriodKind.Lifetime => TimeSpan.MaxValue,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record SumRow
    {
        public long BaseMinor { get; init; }

        public long CommissionMinor { get; init; }

        public long Orders { get; init; }

        public long NewCustomers { get; init; }
    }
}
