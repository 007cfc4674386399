// How far campaigns have come towards their objectives, from the same figures as everything else that is shown.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <param name="Reached">A count, or minor units of the store's currency for net sales.</param>
/// <param name="Target">In the same.</param>
/// <param name="By">The instant it is to be reached by.</param>
internal sealed record ObjectiveProgress(string CampaignId, string CampaignName, string Metric, long Reached, long Target, DateTimeOffset By)
{
    /// <summary>Whole percent, from 0 to 100.</summary>
    public int Percent => (int)Int128.Clamp((Int128)Reached * 100 / Math.Max(1, Target), 0, 100);

    private const string Columns =
        """
        SELECT c.id AS campaign_id, c.name AS campaign_name, c.objective_metric AS metric, c.objective_target AS target, c.objective_by AS by_at,
            COALESCE(d.orders, 0) AS orders, COALESCE(d.new_customers, 0) AS new_customers, COALESCE(d.net_minor, 0) AS net_minor, COALESCE(k.clicks, 0) AS clicks
        FROM campaigns c
        LEFT JOIN (SELECT campaign_id, SUM(orders) AS orders, SUM(new_customers) AS new_customers, SUM(CASE WHEN currency = @currency THEN net_minor ELSE 0 END) AS net_minor
            FROM order_days WHERE store_id = @storeId GROUP BY campaign_id) d ON d.campaign_id = c.id
        LEFT JOIN (SELECT campaign_id, SUM(clicks) AS clicks FROM click_days WHERE store_id = @storeId GROUP BY campaign_id) k ON k.campaign_id = c.id
        WHERE c.store_id = @storeId AND c.objective_metric IS NOT NULL AND c.objective_target IS NOT NULL AND c.objective_by IS NOT NULL
        """;

    private const string ReadOne = Columns + " AND c.id = @campaignId";

    private const string ReadRunning = Columns + " AND c.state IN ('live', 'paused') ORDER BY c.id DESC";

    /// <summary>Of the campaigns that run, the newest first.</summary>
    public static async Task<IReadOnlyList<ObjectiveProgress>> RunningAsync(Db db, Store store, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>($"{ReadRunning} {db.Page}", new { storeId = store.Id, currency = store.Currency ?? "", take }, cancel)).Select(Of)];

    /// <summary>Of one campaign; null where it has no objective, or the store does not have it.</summary>
    public static async Task<ObjectiveProgress?> OfAsync(Db db, Store store, string campaignId, CancellationToken cancel) =>
        await db.OneAsync<Row>(ReadOne, new { storeId = store.Id, currency = store.Currency ?? "", campaignId }, cancel) is { } row ? Of(row) : null;

    private static ObjectiveProgress Of(Row row) => new(
        row.CampaignId,
        row.CampaignName,
        row.Metric,
        row.Metric switch
        {
            "orders" => row.Orders,
            "net_sales" => row.NetMinor,
            "new_customers" => row.NewCustomers,
            "clicks" => row.Clicks,
            _ => throw new System.Diagnostics.UnreachableException($"{row.Metric} is no metric."),
        },
        row.Target,
        row.ByAt);

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Row
    {
        public string CampaignId { get; init; } = "";

        public string CampaignName { get; init; } = "";

        public string Metric { get; init; } = "";

        public long Target { get; init; }

        public DateTimeOffset ByAt { get; init; }

        public long Orders { get; init; }

        public long NewCustomers { get; init; }

        public long NetMinor { get; init; }

        public long Clicks { get; init; }
    }
}
