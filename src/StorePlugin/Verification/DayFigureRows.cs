// The figures of the days, which follow from the rows of the orders.
using System.Globalization;
using StorePlugin.Data;

namespace StorePlugin.Verification;

/// <summary>
/// Compared after the orders' rows have been mended: both sides are read in one statement, which sees one state, and what differs is
/// written by compare-and-set.
/// </summary>
internal sealed class DayFigureRows(Db db, string storeId, RebuildReport report) : IProjection
{
    public const string Check = "projection-day-figures";

    private const string ReadDifferent =
        """
        SELECT x.campaign_id, x.local_day, x.currency, SUM(x.standing_rows) AS standing_rows, SUM(x.stands_orders) AS stands_orders, SUM(x.stands_net) AS stands_net,
            SUM(x.stands_commission) AS stands_commission, SUM(x.stands_new) AS stands_new, SUM(x.orders) AS orders, SUM(x.net) AS net,
            SUM(x.commission) AS commission, SUM(x.new_customers) AS new_customers
        FROM (
            SELECT d.campaign_id, d.local_day, d.currency, CAST(1 AS bigint) AS standing_rows, d.orders AS stands_orders, d.net_minor AS stands_net,
                d.commission_minor AS stands_commission, d.new_customers AS stands_new, CAST(0 AS bigint) AS orders, CAST(0 AS bigint) AS net,
                CAST(0 AS bigint) AS commission, CAST(0 AS bigint) AS new_customers
            FROM order_days d WHERE d.store_id = @storeId
            UNION ALL
            SELECT o.campaign_id, o.local_day, o.currency, 0, 0, 0, 0, 0, 1, o.net_minor, o.commission_minor, CASE WHEN o.customer_kind = 'new' THEN 1 ELSE 0 END
            FROM orders o
            WHERE o.store_id = @storeId AND o.ambassador_id IS NOT NULL AND o.campaign_id IS NOT NULL AND o.currency IS NOT NULL AND o.local_day IS NOT NULL
                AND o.state IN ('held', 'review', 'approved', 'in_payout', 'paid', 'reversed', 'disputed')) x
        GROUP BY x.campaign_id, x.local_day, x.currency
        HAVING SUM(x.stands_orders) <> SUM(x.orders) OR SUM(x.stands_net) <> SUM(x.net) OR SUM(x.stands_commission) <> SUM(x.commission)
            OR SUM(x.stands_new) <> SUM(x.new_customers)
        """;

    private const string Replace =
        """
        UPDATE order_days SET orders = @Orders, net_minor = @Net, commission_minor = @Commission, new_customers = @NewCustomers
        WHERE store_id = @StoreId AND campaign_id = @CampaignId AND local_day = @LocalDay AND currency = @Currency
            AND orders = @StandsOrders AND net_minor = @StandsNet AND commission_minor = @StandsCommission AND new_customers = @StandsNew
        """;

    private const string Restore =
        """
        INSERT INTO order_days (store_id, campaign_id, local_day, currency, orders, net_minor, commission_minor, new_customers)
        SELECT @StoreId, @CampaignId, @LocalDay, @Currency, @Orders, @Net, @Commission, @NewCustomers
        WHERE NOT EXISTS (SELECT 1 FROM order_days WHERE store_id = @StoreId AND campaign_id = @CampaignId AND local_day = @LocalDay AND currency = @Currency)
        """;

    public Task TakeAsync(RebuildBatch batch, CancellationToken cancel) => Task.CompletedTask;

    public async Task EndAsync(CancellationToken cancel)
    {
        foreach (var row in await db.ManyAsync<Row>(ReadDifferent, new { storeId }, cancel))
        {
            report.Add(new Finding(Check, storeId, row.CampaignId, string.Create(
                CultureInfo.InvariantCulture,
                $"the figures of the day {row.LocalDay} are {row.StandsOrders} orders, {row.StandsNet} net, {row.StandsCommission} commission and {row.StandsNew} new customers; " +
                $"its orders come to {row.Orders}, {row.Net}, {row.Commission} {row.Currency} in minor units and {row.NewCustomers}; they are replaced")));
            await db.DoAsync(row.StandingRows == 0 ? Restore : Replace, row with { StoreId = storeId }, cancel);
        }
    }

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Row
    {
        public string StoreId { get; init; } = "";

        public string CampaignId { get; init; } = "";

        public long LocalDay { get; init; }

        public string Currency { get; init; } = "";

        public long StandingRows { get; init; }

        public long StandsOrders { get; init; }

        public long StandsNet { get; init; }

        public long StandsCommission { get; init; }

        public long StandsNew { get; init; }

        public long Orders { get; init; }

        public long Net { get; init; }

        public long Commission { get; init; }

        public long NewCustomers { get; init; }
    }
}
