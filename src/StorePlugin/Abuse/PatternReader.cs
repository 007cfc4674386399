// Reads what the patterns are found in, for a batch of orders whose hold is over, and says which of the orders are flagged.
using System.Collections.Immutable;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Abuse;

/// <summary>An order whose hold is over.</summary>
internal sealed record DueOrder(string OrderId, string AmbassadorId, DateTimeOffset At);

/// <summary>
/// Reads beside the write transaction, so that nobody waits for it: what comes in meanwhile counts for the next release.
/// Everything of an ambassador is read once for a batch, and the four weeks before a day only where the day calls for it.
/// </summary>
internal sealed class PatternReader(Db db)
{
    // One person may be an ambassador of several campaigns, and is paid to one destination then. What is credited and not
    // paid is observed and nothing else: the counts come from indexes alone.
    private const string ReadAmbassadors =
        """
        SELECT a.id, a.email, a.approved_at,
            (SELECT CAST(COUNT(*) AS bigint) FROM ambassadors b
                WHERE b.store_id = a.store_id AND b.stripe_account = a.stripe_account AND b.person_hash <> a.person_hash) AS sharing,
            (SELECT CAST(COUNT(*) AS bigint) FROM orders o WHERE o.store_id = a.store_id AND o.ambassador_id = a.id) AS credited,
            (SELECT CAST(COUNT(*) AS bigint) FROM orders o
                WHERE o.store_id = a.store_id AND o.ambassador_id = a.id AND o.state = 'observed') AS observed,
            (SELECT CAST(COUNT(*) AS bigint) FROM orders o
                WHERE o.store_id = a.store_id AND o.ambassador_id = a.id AND o.refunded_at IS NOT NULL) AS refunded
        FROM ambassadors a WHERE a.store_id = @storeId AND a.id IN @ids
        """;

    private const string ReadOrders =
        """
        SELECT order_id, at, came_by FROM orders
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND at > @from AND at <= @until AND state <> 'observed'
        """;

    private const string CountCouponClicks =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM clicks
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND at > @from AND at <= @until AND referrer_class = 'coupon'
        """;

    private const string ReadExemptions =
        """
        SELECT ambassador_id, [rule], reason FROM exemptions
        WHERE store_id = @storeId AND ambassador_id IN @ids AND from_at <= @now AND until_at > @now AND ended_at IS NULL
        """;

    private const string ReadKnown = "SELECT order_id, ambassador_id, [rule], number FROM findings WHERE store_id = @storeId AND order_id IN @ids";

    private static readonly TimeSpan Reach = Patterns.Day + TimeSpan.FromDays(Patterns.MonthDays);

    /// <summary>The events of those orders in which something is found that was not found in them before.</summary>
    public async Task<IReadOnlyDictionary<string, OrderEvent.Flagged>> FindAsync(
        Store store, IReadOnlyCollection<DueOrder> orders, DateTimeOffset now, CancellationToken cancel)
    {
        var ids = orders.Select(order => order.AmbassadorId).Distinct(StringComparer.Ordinal).ToArray();
        var people = (await db.ManyAsync<AmbassadorRow>(ReadAmbassadors, new { storeId = store.Id, ids }, cancel)).ToDictionary(row => row.Id, StringComparer.Ordinal);
        var found = new List<(DueOrder Order, PatternFinding Finding)>();
        foreach (var ofOne in orders.GroupBy(order => order.AmbassadorId, StringComparer.Ordinal))
        {
            await foreach (var (order, statistics) in OfAsync(store, people[ofOne.Key], [.. ofOne], cancel))
            {
                found.AddRange(Patterns.Find(statistics).Select(finding => (order, finding with { AmbassadorId = order.AmbassadorId })));
            }
        }

        return found.Count == 0
            ? ImmutableDictionary<string, OrderEvent.Flagged>.Empty
            : await EventsAsync(store, found, now, cancel);
    }

    private async Task<IReadOnlyDictionary<string, OrderEvent.Flagged>> EventsAsync(
        Store store, List<(DueOrder Order, PatternFinding Finding)> found, DateTimeOffset now, CancellationToken cancel)
    {
        var orderIds = found.Select(of => of.Order.OrderId).Distinct(StringComparer.Ordinal).ToArray();
        var ids = found.Select(of => of.Order.AmbassadorId).Distinct(StringComparer.Ordinal).ToArray();
        var known = (await db.ManyAsync<KnownRow>(ReadKnown, new { storeId = store.Id, ids = orderIds }, cancel)).ToLookup(row => row.OrderId, StringComparer.Ordinal);
        var exemptions = (await db.ManyAsync<ExemptionRow>(ReadExemptions, new { storeId = store.Id, ids, now }, cancel)).ToLookup(row => (row.AmbassadorId, row.Rule));
        var events = new Dictionary<string, OrderEvent.Flagged>(StringComparer.Ordinal);
        foreach (var ofOrder in found.GroupBy(of => of.Order.OrderId, of => of.Finding, StringComparer.Ordinal))
        {
            var before = known[ofOrder.Key].ToList();
            var number = before.Select(row => row.Number).DefaultIfEmpty(0).Max() + 1;
            var fresh = ofOrder
                .Where(finding => !before.Exists(row => row.Rule == finding.Rule && row.AmbassadorId == finding.AmbassadorId))
                .Select(finding => finding with { Number = number, AllowedWhy = exemptions[(finding.AmbassadorId, finding.Rule)].FirstOrDefault()?.Reason })
                .ToImmutableArray();
            if (!fresh.IsEmpty)
            {
                events.Add(ofOrder.Key, new OrderEvent.Flagged(ofOrder.Key, number, fresh));
            }
        }

        return events;
    }

    private async IAsyncEnumerable<(DueOrder Order, PatternStatistics Statistics)> OfAsync(
        Store store, AmbassadorRow person, List<DueOrder> orders, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var (first, last) = (orders.Min(order => order.At), orders.Max(order => order.At));
        var days = await ReadAsync(first - Patterns.Day);
        IReadOnlyList<OrderRow>? months = null;
        var disposable = DisposableDomains.Of(person.Email);
        foreach (var order in orders)
        {
            var day = days.Where(row => row.At > order.At - Patterns.Day && row.IsUpTo(order)).ToList();
            var statistics = new PatternStatistics
            {
                DayOrders = day.Count,
                DayWithoutClick = day.Count(row => row.IsWithoutClick),
                Orders = person.Credited - person.Observed,
                RefundedOrders = person.Refunded,
                Sharing = person.Sharing,
                DisposableDomain = disposable,
                Age = order.At - person.ApprovedAt,
            };
            if (Patterns.NeedMonth(statistics.DayOrders, statistics.DayWithoutClick))
            {
                months ??= await ReadAsync(first - Reach);
                var month = months.Where(row => row.At <= order.At - Patterns.Day && row.At > order.At - Reach).ToList();
                statistics = statistics with { MonthOrders = month.Count, MonthWithoutClick = month.Count(row => row.IsWithoutClick) };
            }

            if (Patterns.IsLeak(statistics))
            {
                statistics = statistics with { CouponClicks = await CountCouponsAsync(order.At) };
            }

            yield return (order, statistics);
        }

        Task<IReadOnlyList<OrderRow>> ReadAsync(DateTimeOffset from) =>
            db.ManyAsync<OrderRow>(ReadOrders, new { storeId = store.Id, ambassadorId = person.Id, from, until = last }, cancel);

        Task<long> CountCouponsAsync(DateTimeOffset at) =>
            db.OneAsync<long>(CountCouponClicks, new { storeId = store.Id, ambassadorId = person.Id, from = at - Patterns.Day, until = at }, cancel);
    }

    private sealed record AmbassadorRow(
        string Id, string Email, DateTimeOffset ApprovedAt, long Sharing, long Credited, long Observed, long Refunded);

    private sealed record OrderRow(string OrderId, DateTimeOffset At, string? CameBy)
    {
        public bool IsWithoutClick => CameBy == "code";

        /// <summary>Orders of one instant stand in the order of their ids, as everywhere (rule L2).</summary>
        public bool IsUpTo(DueOrder order) => At < order.At || (At == order.At && string.CompareOrdinal(OrderId, order.OrderId) <= 0);
    }

    private sealed record ExemptionRow(string AmbassadorId, string Rule, string Reason);

    private sealed record KnownRow(string OrderId, string AmbassadorId, string Rule, long Number);
}
