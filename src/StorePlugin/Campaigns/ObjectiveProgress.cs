// How far campaigns have come towards their objectives, by the same figures as everything else that is shown.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <param name="Reached">A count, or minor units of the store's currency for net sales, of which those in another one do not count (rule M1).</param>
internal sealed record ObjectiveProgress(string CampaignId, string CampaignName, Objective Objective, long Reached)
{
    /// <summary>Whole percent, downward, so that what is not reached does not read as reached; above 100 where more was reached than asked.</summary>
    public long Percent => (long)Int128.Clamp((Int128)Reached * 100 / Math.Max(1, Objective.Target), 0, long.MaxValue);

    private const string ReadRunning =
        """
        SELECT id, name, objective_metric AS metric, objective_target AS target, objective_by AS by_at FROM campaigns
        WHERE store_id = @storeId AND objective_metric IS NOT NULL AND objective_target IS NOT NULL AND objective_by IS NOT NULL AND state IN ('live', 'paused')
        ORDER BY id DESC
        """;

    private const string SumClicks =
        "SELECT COALESCE(SUM(clicks), 0) FROM click_days WHERE store_id = @storeId AND campaign_id = @campaignId AND local_day <= @until";

    private const string SumOrders =
        """
        SELECT COALESCE(SUM(orders), 0) AS orders, COALESCE(SUM(new_customers), 0) AS new_customers,
            COALESCE(SUM(CASE WHEN currency = @currency THEN net_minor ELSE 0 END), 0) AS net_minor
        FROM order_days WHERE store_id = @storeId AND campaign_id = @campaignId AND local_day <= @until
        """;

    /// <summary>Of the campaigns that run, the newest first.</summary>
    public static async Task<IReadOnlyList<ObjectiveProgress>> RunningAsync(Db db, Store store, long take, CancellationToken cancel)
    {
        var running = new List<ObjectiveProgress>();
        foreach (var row in await db.ManyAsync<Row>($"{ReadRunning} {db.Page}", new { storeId = store.Id, take }, cancel))
        {
            running.Add(await OfAsync(db, store, row.Id, row.Name, new Objective(row.Metric, row.Target, row.ByAt), cancel));
        }

        return running;
    }

    /// <summary>Of one campaign: what its days have brought, up to the day that the objective is to be reached by.</summary>
    public static async Task<ObjectiveProgress> OfAsync(Db db, Store store, string campaignId, string campaignName, Objective objective, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, campaignId, currency = store.Currency ?? "", until = store.LocalDay(objective.By) };
        if (objective.Metric == "clicks")
        {
            return new ObjectiveProgress(campaignId, campaignName, objective, await db.OneAsync<long>(SumClicks, args, cancel));
        }

        var sum = (await db.OneAsync<Sum>(SumOrders, args, cancel))!;
        return new ObjectiveProgress(campaignId, campaignName, objective, objective.Metric switch
        {
            "orders" => sum.Orders,
            "net_sales" => sum.NetMinor,
            "new_customers" => sum.NewCustomers,
            var other => throw new System.Diagnostics.UnreachableException($"{other} is no metric."),
        });
    }

    private sealed record Row(string Id, string Name, string Metric, long Target, DateTimeOffset ByAt);

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Sum
    {
        public long Orders { get; init; }

        public long NewCustomers { get; init; }

        public long NetMinor { get; init; }
    }
}
