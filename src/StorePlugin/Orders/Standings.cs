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
    /// <summary>What an order adds; nothing while it is not credited, not paid or in review (rule L1).</summary>
    public static ImmutableArray<StandingChange> Of(Receipt receipt, Commission commission)
    {
        if (receipt is not { Credited: true, PaidAt: not null } || !receipt.OpenRules.IsEmpty)
        {
            return [];
        }

        var changes = ImmutableArray.CreateBuilder<StandingChange>(1 + commission.Steps.Length);
        changes.Add(new StandingChange(0, Instants.Kept(receipt.At), receipt.BaseMinor, receipt.OriginalCommissionMinor, 1, receipt.NewCustomer is true ? 1 : 0));
        var (baseLeft, commissionLeft) = (receipt.BaseMinor, receipt.OriginalCommissionMinor);
        foreach (var step in commission.Steps)
        {
            changes.Add(new StandingChange(changes.Count, Instants.Kept(step.At), step.BaseMinor - baseLeft, step.CommissionMinor - commissionLeft, 0, 0));
            (baseLeft, commissionLeft) = (step.BaseMinor, step.CommissionMinor);
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

    /// <summary>What sorts before every order of the instant, and behind all before it.</summary>
    public static string Since(DateTimeOffset at) => Math.Max(0, at.ToUnixTimeMilliseconds()).ToString("D15", CultureInfo.InvariantCulture);
}

/// <summary>
/// The table <c>order_standings</c>, a projection: of every order that is credited, paid and not in review. An order's
/// position is a sum over those before it, and so the same whatever the order of arrival.
/// </summary>
internal static class Standings
{
    private const string Sum =
        """
        SELECT COALESCE(SUM(base_minor), 0) AS base_minor, COALESCE(SUM(commission_minor), 0) AS commission_minor,
            COALESCE(SUM(orders), 0) AS orders, COALESCE(SUM(new_customers), 0) AS new_customers
        FROM order_standings
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND sort_key >= @from AND sort_key < @sortKey AND local_day >= @fromDay
            AND campaign_id = @campaignId AND currency = @currency AND (number = 0 OR effective_at < @at) AND order_id <> @orderId
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
            AND (o.at > @at OR o.order_id > @orderId) AND o.state IN ('observed', 'held', 'review', 'approved', 'reversed')
            AND NOT EXISTS (SELECT 1 FROM reconsiderations r WHERE r.store_id = o.store_id AND r.order_id = o.order_id)
        """;

    /// <summary>
    /// What the terms need to know of the ambassador's orders before this one. It changes nothing, but holds the ambassador's
    /// row: where several programs share a database, what another one adds at the same moment is seen by one of the two.
    /// </summary>
    public static async Task<Standing> AtAsync(Tx tx, Store store, string ambassadorId, string campaignId, Terms terms, Webhooks.Order order)
    {
        await tx.DoAsync(Hold, new { storeId = store.Id, ambassadorId });
        var tiers = terms.Tiers;
        var position = tiers is null ? null : await SumAsync(tiers.Period);
        var used = terms.PeriodCap is null ? null : terms.PeriodCap.Period == tiers?.Period ? position : await SumAsync(terms.PeriodCap.Period);
        return new Standing(
            tiers?.Metric switch
            {
                null => null,
                TierMetric.NetSales => Math.Max(0, position!.BaseMinor),
                TierMetric.Orders => position!.Orders,
                TierMetric.NewCustomers => position!.NewCustomers,
                _ => throw new System.Diagnostics.UnreachableException(),
            },
            used?.CommissionMinor);

        async Task<SumRow?> SumAsync(TermsPeriod period) => await tx.OneAsync<SumRow>(Sum, new
        {
            storeId = store.Id,
            ambassadorId,
            campaignId,
            currency = order.Currency.Code,
            at = order.At,
            sortKey = OrderMoment.KeyOf(order.At, order.Id),
            // An order whose instant moves stands where it was until it is written: it never stands before itself.
            orderId = order.Id,
            from = period.Kind == PeriodKind.RollingDays ? OrderMoment.Since(order.At - TimeSpan.FromDays(period.Days!.Value)) : "",
            fromDay = period.Kind == PeriodKind.CalendarMonth ? (store.LocalDay(order.At) / 100 * 100) + 1 : 0,
        });
    }

    /// <summary>What stands of these orders.</summary>
    public static async Task<ILookup<string, StandingRow>> LoadAsync(Tx tx, Store store, IReadOnlyCollection<string> orderIds) =>
        (orderIds.Count == 0 ? [] : await tx.ManyAsync<StandingRow>(Load, new { storeId = store.Id, ids = orderIds })).ToLookup(row => row.OrderId);

    /// <summary>The rows that an order has now: those before where it adds the same to the same person in the same campaign and currency.</summary>
    /// <param name="localDay">The day of the order's instant, computed when it is written (rule M4).</param>
    public static IReadOnlyList<StandingRow> RowsOf(SettledOrder order, long localDay, IReadOnlyList<StandingRow> before)
    {
        var (receipt, changes) = (order.Receipt!, order.StandingChanges);
        return before.Count == changes.Length && before.All(IsSame)
            ? before
            :
            [
                .. changes.Select(change => new StandingRow(
                    receipt.OrderId, receipt.AmbassadorId!, OrderMoment.KeyOf(receipt.At, receipt.OrderId), change.Number, receipt.CampaignId!, localDay,
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
