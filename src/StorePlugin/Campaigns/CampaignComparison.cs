// Campaigns side by side, from the books alone: no sum ever crosses two currencies (rule M1).
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <summary>What a campaign came to within an interval.</summary>
/// <param name="Ambassadors">Those who had joined by the interval's end.</param>
/// <param name="Clicks">By the click's own instant.</param>
/// <param name="Orders">Credited orders of all currencies, by the order's own instant.</param>
internal sealed record CampaignFigures(long Ambassadors, long Clicks, long Orders, IReadOnlyList<CurrencyFigures> Currencies);

/// <summary>The amounts of one currency, in its minor units.</summary>
/// <param name="NetMinor">What commission is counted on, without what was refunded.</param>
/// <param name="CommissionMinor">What the ledger holds for all the orders.</param>
/// <param name="Commission">The same by the orders' states, of those that can have any.</param>
internal sealed record CurrencyFigures(string Currency, long Orders, long NetMinor, long CommissionMinor, IReadOnlyList<StateCommission> Commission);

/// <summary>The commission of the orders in one state, in minor units.</summary>
internal sealed record StateCommission(string State, long Minor);

/// <summary>Half-open, as all intervals are (rule M4); without a bound it is the whole life.</summary>
internal sealed record ComparedInterval(DateTimeOffset? From, DateTimeOffset? To);

internal sealed class CampaignComparison(Db db)
{
    private const string CountAmbassadors =
        "SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND campaign_id = @id AND approved_at < @to";

    // Ambassador by ambassador: as a join it may be answered by reading every click of the store.
    private const string CountClicks =
        """
        SELECT COALESCE(SUM(x.number), 0) FROM (
            SELECT (SELECT CAST(COUNT(*) AS bigint) FROM clicks c
                WHERE c.store_id = a.store_id AND c.ambassador_id = a.id AND c.at >= @from AND c.at < @to) AS number
            FROM ambassadors a WHERE a.store_id = @storeId AND a.campaign_id = @id) x
        """;

    // An order's commission is the sum of its entries in the ambassadors' accounts: the verb verify checks that they agree.
    private const string SumOrders =
        """
        SELECT currency, state, CAST(COUNT(*) AS bigint) AS orders, COALESCE(SUM(net_minor), 0) AS net_minor,
            COALESCE(SUM(commission_minor), 0) AS commission_minor
        FROM orders
        WHERE store_id = @storeId AND campaign_id = @id AND at >= @from AND at < @to
        GROUP BY currency, state
        ORDER BY currency, state
        """;

    // Ambassador by ambassador, as the clicks are.
    private const string SumNewCustomers =
        """
        SELECT COALESCE(SUM(x.number), 0) FROM (
            SELECT (SELECT COALESCE(SUM(s.new_customers), 0) FROM order_standings s
                WHERE s.store_id = a.store_id AND s.ambassador_id = a.id AND s.campaign_id = a.campaign_id AND s.sort_key < @until) AS number
            FROM ambassadors a WHERE a.store_id = @storeId AND a.campaign_id = @id) x
        """;

    /// <summary>The figures of a campaign; all zero for one that the store does not have.</summary>
    public async Task<CampaignFigures> OfAsync(Store store, string id, ComparedInterval interval, CancellationToken cancel)
    {
        var args = ArgsOf(store, id, interval);
        var rows = await db.ManyAsync<Row>(SumOrders, args, cancel);
        return new CampaignFigures(
            await db.OneAsync<long>(CountAmbassadors, args, cancel),
            await db.OneAsync<long>(CountClicks, args, cancel),
            rows.Sum(row => row.Orders),
            [.. rows.GroupBy(row => row.Currency).Select(Of)]);
    }

    /// <summary>
    /// How far a campaign has come on the way to its objective, by the same rows as the figures: what was ordered and clicked until the
    /// objective's instant. For net sales minor units of the store's currency; orders of another one do not count (rule M1). A customer is
    /// new by what their first order has written down (rule T9).
    /// </summary>
    public async Task<long> ReachedAsync(Store store, string id, Objective objective, CancellationToken cancel)
    {
        // Orders are dated by the second, and the objective's instant is the last that counts.
        var until = objective.By.AddSeconds(1);
        var args = ArgsOf(store, id, new ComparedInterval(null, until));
        switch (objective.Metric)
        {
            case "clicks":
                return await db.OneAsync<long>(CountClicks, args, cancel);

            case "new_customers":
                return await db.OneAsync<long>(SumNewCustomers, new { storeId = store.Id, id, until = OrderMoment.Since(until) }, cancel);

            case var metric:
                var rows = await db.ManyAsync<Row>(SumOrders, args, cancel);
                return metric == "orders" ? rows.Sum(row => row.Orders) : rows.Where(row => row.Currency == store.Currency).Sum(row => row.NetMinor);
        }
    }

    private static object ArgsOf(Store store, string id, ComparedInterval interval) => new
    {
        storeId = store.Id,
        id,
        from = interval.From ?? DateTimeOffset.MinValue,
        to = interval.To ?? DateTimeOffset.MaxValue,
    };

    private static CurrencyFigures Of(IGrouping<string, Row> rows) => new(
        rows.Key,
        rows.Sum(row => row.Orders),
        rows.Sum(row => row.NetMinor),
        rows.Sum(row => row.CommissionMinor),
        [.. Account.OfAmbassador.Select(state => new StateCommission(state, rows.Where(row => row.State == state).Sum(row => row.CommissionMinor)))]);

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record Row
    {
        public string Currency { get; init; } = "";

        public string State { get; init; } = "";

        public long Orders { get; init; }

        public long NetMinor { get; init; }

        public long CommissionMinor { get; init; }
    }
}
