// The first page of the dashboard: how the programme does, who is in it, what came last, and what is stuck.
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Dashboard.People;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Dashboard;

/// <param name="Orders">Paid orders that an ambassador is credited with.</param>
/// <param name="Disconnected">That the platform no longer lets the program into the store, as a sentence; null while it does.</param>
/// <param name="Waiting">Whom the merchant has not answered yet, as a sentence; null where there is nobody.</param>
/// <param name="Reviews">What stands in review and how long, as sentences; null where there is nothing.</param>
/// <param name="Missed">What no webhook had brought and was fetched, as a sentence; null where there was nothing.</param>
/// <param name="SilentTopics">Topics of which nothing arrives although orders come; null where there are none.</param>
/// <param name="Subscribed">That subscriptions to the store's messages are not as they should be, as a sentence; null where they are.</param>
/// <param name="ReadingProblem">Why the store's orders could not be compared with ours; null where they could.</param>
/// <param name="Differences">How many differences between the books and Stripe stop payouts, as a sentence; null where none does.</param>
/// <param name="Run">The payout run that somebody has to look at; null where none has to be.</param>
/// <param name="Storefront">What is to be mended in the store's theme; null where nothing is.</param>
/// <param name="IsOnShopify">Whether there is a connection to look at.</param>
/// <param name="HasPlan">Whether the host asks for a price.</param>
/// <param name="Sales">What those orders came to after discounts and refunds, without tax and shipping; one text a currency.</param>
public sealed record OverviewModel(
    Frame Frame,
    string Platform,
    string Clicks,
    string Orders,
    IReadOnlyList<string> Sales,
    IReadOnlyList<Commission> Commissions,
    CampaignRow? Campaign,
    string? Disconnected,
    string? Waiting,
    string? Reviews,
    string? Missed,
    string? SilentTopics,
    string? Subscribed,
    string? ReadingProblem,
    string? Differences,
    RunHint? Run,
    StorefrontFinding? Storefront,
    bool IsOnShopify,
    bool HasPlan,
    IReadOnlyList<AmbassadorRow> Ambassadors,
    bool HasMoreAmbassadors,
    IReadOnlyList<OrderRow> LatestOrders,
    IReadOnlyList<DeadRow> DeadDeliveries,
    IReadOnlyList<DeadRow> DeadEffects);

/// <param name="Text">As a sentence.</param>
public sealed record RunHint(string Text, string Path);

/// <summary>The campaign that started last, in words.</summary>
public sealed record CampaignRow(string Name, string State);

internal static class Overview
{
    private const int AmbassadorsShown = 8;
    private const long OrdersShown = 8;

    private const string CountClicks = "SELECT CAST(COUNT(*) AS bigint) FROM clicks WHERE store_id = @storeId";

    // Observed orders are not paid yet, and parked ones not known yet; neither is a sale (rule H1).
    private const string SumOrders =
        """
        SELECT currency, CAST(COUNT(*) AS bigint) AS orders, COALESCE(SUM(net_minor), 0) AS net_minor FROM orders
        WHERE store_id = @storeId AND ambassador_id IS NOT NULL AND currency IS NOT NULL
            AND state IN ('held', 'review', 'approved', 'in_payout', 'paid', 'reversed', 'disputed')
        GROUP BY currency ORDER BY currency
        """;

    private const string SumBalances =
        """
        SELECT account, currency, COALESCE(SUM(amount_minor), 0) AS amount_minor FROM balances
        WHERE store_id = @storeId AND ambassador_id <> '' GROUP BY account, currency
        """;

    private const string CountWaiting = "SELECT CAST(COUNT(*) AS bigint) FROM applications WHERE store_id = @storeId AND state = 'applied'";

    private const string ReadCampaign = "SELECT name, state FROM campaigns WHERE store_id = @storeId ORDER BY created_at DESC, id DESC";

    public static async Task<OverviewModel> ReadAsync(
        Db db, PublicAddress address, Settings settings, StorefrontHeartbeats heartbeats, TopicLooks topics, PayoutDifferences differences, Visitor visitor, string? notice, DateTimeOffset now,
        CancellationToken cancel)
    {
        var args = new { storeId = visitor.Store.Id, take = 1L };
        var clicks = await db.OneAsync<long>(CountClicks, args, cancel);
        var sales = await db.ManyAsync<SalesRow>(SumOrders, args, cancel);
        var commissions = Figures.Of(await db.ManyAsync<Balance>(SumBalances, args, cancel));
        var campaign = await db.OneAsync<CampaignNow>($"{ReadCampaign} {db.Page}", args, cancel);
        var tokens = await ShopifyTokenRow.FindAsync(db, visitor.Store.Id, cancel);
        var waiting = await db.OneAsync<long>(CountWaiting, args, cancel);
        var reviews = await ReviewAges.ReadAsync(db, visitor.Store, now, cancel);
        var reading = await ReconciliationState.ReadAsync(db, visitor.Store, now, cancel);
        var stopping = await differences.CountStoppingAsync(visitor.Store, cancel);
        var (ambassadors, moreAmbassadors) = await AmbassadorList.PageAsync(db, address, visitor, null, AmbassadorsShown, cancel);
        var (orders, _) = await OrderList.PageAsync(db, visitor, null, OrdersShown, cancel);
        var isOnShopify = settings.Shopify is not null && visitor.Store is { Platform: "shopify", IsLive: true };
        var wrong = isOnShopify ? await topics.WrongAsync(visitor.Store, cancel) : [];
        // A store that has told no currency yet has sold nothing either; there is nothing to show then.
        var currency = visitor.Store.Currency;
        return new OverviewModel(
            Frame.OfDashboard(visitor, notice),
            Words.Platform(visitor.Store.Platform),
            Words.Of(clicks),
            Words.Of(sales.Sum(row => row.Orders)),
            sales.Count > 0 ? [.. sales.Select(row => Words.Of(row.NetMinor, row.Currency))] : currency is null ? ["0"] : [Words.Of(0, currency)],
            commissions.Count > 0 || currency is null ? commissions : [Figures.None(currency)],
            campaign is null ? null : new CampaignRow(campaign.Name, CampaignWords(campaign.State)),
            tokens is { NeedsMerchant: true, FaultAt: { } since } ? $"Since {DayOf(since, visitor.Store)} Shopify no longer lets the app into your store." : null,
            waiting == 0 ? null : $"{Words.Count(waiting, "person waits", "people wait")} for your answer to their application.",
            ReviewWords(reviews, now),
            reading.Missed == 0 ? null : $"{Words.Count(reading.Missed, "message", "messages")} of your store about orders did not arrive in the last seven days.",
            reading.SilentTopics,
            wrong.Count == 0 ? null : $"{Words.Count(wrong.Count, "kind of message", "kinds of messages")} of your store may not arrive: the subscription at Shopify is not as it should be.",
            reading.Problem,
            stopping == 0 ? null : $"{Words.Count(stopping, "difference", "differences")} between your payouts and Stripe's transfers {(stopping == 1 ? "has" : "have")} to be looked at.",
            await RunOfAsync(db, visitor.Store, cancel),
            await heartbeats.FindingAsync(visitor.Store, cancel),
            isOnShopify,
            isOnShopify && settings.Billing is not null,
            ambassadors,
            moreAmbassadors is not null,
            orders,
            await DeadWork.ReadDeliveriesAsync(db, visitor, cancel),
            await DeadWork.ReadEffectsAsync(db, visitor, cancel));
    }

    // Older ones are in the list of runs.
    private const long RunsLookedAt = 10;

    private const string ReadRuns =
        "SELECT id, state, first_approved_by, stopped_at, cancelled_at FROM payout_runs WHERE store_id = @storeId ORDER BY id DESC";

    /// <summary>What is stopped, or else what waits for its approval and was not followed by a run that was approved.</summary>
    private static async Task<RunHint?> RunOfAsync(Db db, Store store, CancellationToken cancel)
    {
        var runs = await db.ManyAsync<RunNow>($"{ReadRuns} {db.Page}", new { storeId = store.Id, take = RunsLookedAt }, cancel);
        if (runs.FirstOrDefault(run => run.ShownState == RunState.Stopped) is { } stopped)
        {
            return new RunHint("A payout run is stopped.", RunList.PathOf(stopped.Id));
        }

        return runs.TakeWhile(run => run.ShownState != RunState.Approved).FirstOrDefault(run => run.ShownState != RunState.Cancelled) switch
        {
            null => null,
            { ShownState: RunState.HalfApproved } half => new RunHint("A payout run waits for a second person's approval.", RunList.PathOf(half.Id)),
            var waiting => new RunHint("A payout run waits for your approval.", RunList.PathOf(waiting.Id)),
        };
    }

    private static string DayOf(DateTimeOffset instant, Store store) =>
        Words.Day(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, store.Zone).DateTime));

    private static string? ReviewWords(ReviewAges reviews, DateTimeOffset now)
    {
        if (reviews.Waiting == 0)
        {
            return null;
        }

        var ages = reviews.ByAge.Where(age => age.Orders > 0).Select(age => $"{Words.Of(age.Orders)} for {age.Days} days or more").ToList();
        return $"{Words.Count(reviews.Waiting, "order waits", "orders wait")} for your decision"
            + (ages.Count == 0 ? "." : $", {string.Join(", ", ages)}; the oldest for {Words.Of(reviews.OldestDays(now))} days.");
    }

    private static string CampaignWords(string state) => state switch
    {
        "draft" => "is a draft: it credits nothing and pays nothing until it is launched",
        "live" => "is live",
        "paused" => "is paused",
        "ended" => "has ended",
        _ => state,
    };

    // Properties and no constructor: SQLite tells no type for a computed column that has no row, and Dapper then finds no
    // constructor that fits.
    private sealed record SalesRow
    {
        public string Currency { get; init; } = "";

        public long Orders { get; init; }

        public long NetMinor { get; init; }
    }

    private sealed record RunNow(string Id, string State, string? FirstApprovedBy, DateTimeOffset? StoppedAt, DateTimeOffset? CancelledAt)
    {
        public string ShownState => RunState.Of(State, FirstApprovedBy, StoppedAt, CancelledAt);
    }

    private sealed record CampaignNow(string Name, string State);
}
