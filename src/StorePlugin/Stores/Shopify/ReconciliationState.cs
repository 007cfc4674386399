// How the comparison with the store stands, for people and programs.
using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;

namespace StorePlugin.Stores.Shopify;

/// <summary>What the overview and the API tell of <see cref="Reconciliation"/>.</summary>
/// <param name="Problem">Why the last look did not end, or left an order out, in words; null where it was whole.</param>
/// <param name="Missed">How many versions of orders no webhook had brought in the last seven days.</param>
/// <param name="SilentTopics">
/// Topics of orders of which nothing arrived in the last day, although several orders were missed in it; null where there are none.
/// Shopify tells nobody which topics an app's file holds, so that this is how a missing one shows first.
/// </param>
internal sealed record ReconciliationState(string? Problem, long Missed, string? SilentTopics)
{
    // One message that was lost in a quiet store is no missing topic.
    private const long OrdersMin = 3;

    // Whatever becomes of an order brings the last; orders that are placed bring them all.
    private static readonly string[] TopicsOfOrders = ["orders/create", "orders/paid", "orders/updated"];

    private const string ReadProblem = "SELECT problem FROM order_readings WHERE store_id = @storeId AND problem IS NOT NULL ORDER BY kind DESC";

    private const string CountMissed = "SELECT CAST(COUNT(*) AS bigint) FROM missed_orders WHERE store_id = @storeId AND found_at >= @since";

    private const string CountPlaced = "SELECT CAST(COUNT(*) AS bigint) FROM orders WHERE store_id = @storeId AND at >= @since";

    // Without what was fetched instead.
    private const string ReadOneOfTopic =
        "SELECT id FROM deliveries WHERE store_id = @storeId AND id > @since AND topic = @topic AND delivery_key NOT LIKE 'read-%' ORDER BY id";

    public static async Task<ReconciliationState> ReadAsync(Db db, Store store, DateTimeOffset now, CancellationToken cancel) => new(
        await db.OneAsync<string>($"{ReadProblem} {db.Page}", new { storeId = store.Id, take = 1L }, cancel),
        await db.OneAsync<long>(CountMissed, new { storeId = store.Id, since = now.AddDays(-7) }, cancel),
        await SilentAsync(db, store, now, cancel) is { Count: > 0 } silent ? string.Join(", ", silent) : null);

    /// <summary>The topics of <see cref="SilentTopics"/>, one by one.</summary>
    public static async Task<IReadOnlyList<string>> SilentAsync(Db db, Store store, DateTimeOffset now, CancellationToken cancel)
    {
        var since = now.AddDays(-1);
        if (await db.OneAsync<long>(CountMissed, new { storeId = store.Id, since }, cancel) < OrdersMin)
        {
            return [];
        }

        var expected = await db.OneAsync<long>(CountPlaced, new { storeId = store.Id, since }, cancel) < OrdersMin ? TopicsOfOrders[^1..] : TopicsOfOrders;
        var silent = new List<string>();
        foreach (var topic in expected)
        {
            // Ids begin with their instant.
            var args = new { storeId = store.Id, since = Ids.Since("dlv", since), topic, take = 1L };
            if (await db.OneAsync<string>($"{ReadOneOfTopic} {db.Page}", args, cancel) is null)
            {
                silent.Add(topic);
            }
        }

        return silent;
    }
}

internal sealed record ReadingView(
    [property: Description("recent (every quarter of an hour) or nightly (35 days).")] string Kind,
    [property: Description("What changed in the store before it has been compared.")] DateTimeOffset ReadUntil,
    [property: Description("When the last look ended; null before the first.")] DateTimeOffset? EndedAt,
    [property: Description("Why the last look did not end, or left an order out, in words; null where it was whole.")] string? Problem)
{
    [Description("What is wrong with the topics of the store's webhooks; of the kind nightly only. Empty where nothing is.")]
    public IReadOnlyList<TopicFindingView> TopicFindings { get; init; } = [];

    [Description("Why Shopify did not list the store's subscriptions to webhooks last time, in words; of the kind nightly only. Null where it did.")]
    public string? TopicProblem { get; init; }
}

internal sealed record TopicFindingView(
    string Topic,
    [property: Description("In sentences.")] string Text,
    [property: Description("Shopify's id of the subscription that is in the way; null where none is.")] string? SubscriptionId);

internal sealed record MissedOrderView(
    string OrderId,
    [property: Description("The order's own instant of the version that no webhook had brought.")] DateTimeOffset UpdatedAt,
    DateTimeOffset FoundAt);

internal static class ReconciliationEndpoints
{
    private const string ReadReadings = "SELECT kind, read_until, ended_at, problem FROM order_readings WHERE store_id = @storeId ORDER BY kind DESC";

    private const string ReadMissed =
        """
        SELECT order_id, updated_at, found_at FROM missed_orders
        WHERE store_id = @storeId AND found_at >= @foundAt AND (found_at > @foundAt OR order_id > @orderId) ORDER BY found_at, order_id
        """;

    public static void MapReconciliation(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/reconciliation").WithTags("Store");
        group.MapGet("", ListReadings).WithName("listReconciliation").WithSummary("How far the store's orders have been compared with the store itself.")
            .WithDescription("Of stores on Shopify; of others the list is empty.");
        group.MapGet("/missed-orders", ListMissed).WithName("listMissedOrders").WithSummary("Orders that no webhook had brought in their newest version, oldest find first.")
            .WithDescription("They were fetched from the store and went through the same rules.");
    }

    private static async Task<Ok<Listing<ReadingView>>> ListReadings(ApiCaller caller, Db db, TopicLooks topics, Settings settings, CancellationToken cancel)
    {
        var readings = (await db.ManyAsync<ReadingView>(ReadReadings, new { storeId = caller.Store.Id }, cancel)).ToList();
        var nightly = readings.FindIndex(reading => reading.Kind == Reconciliation.Nightly);
        if (nightly >= 0 && settings.Shopify is not null)
        {
            var report = await topics.ReadAsync(caller.Store, cancel);
            readings[nightly] = readings[nightly] with { TopicFindings = [.. report.Verdicts.SelectMany(ViewsOf)], TopicProblem = report.Problem };
        }

        return TypedResults.Ok(new Listing<ReadingView>(readings, null));
    }

    private static IEnumerable<TopicFindingView> ViewsOf(TopicVerdict verdict) =>
        verdict.Findings.Select(finding => new TopicFindingView(verdict.Topic.Name, finding.Text, finding.SubscriptionId));

    private static async Task<Results<Ok<Listing<MissedOrderView>>, ProblemHttpResult>> ListMissed(
        ApiCaller caller, Db db, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterNumber() is not { } after)
        {
            return Paging.BadAfter;
        }

        var rows = await db.ManyAsync<MissedOrderView>(
            $"{ReadMissed} {db.Page}", new { storeId = caller.Store.Id, foundAt = after.Number, orderId = after.Text, take = paging.Take }, cancel);
        return TypedResults.Ok(paging.Show(
            rows, row => string.Create(CultureInfo.InvariantCulture, $"{row.FoundAt.ToUnixTimeMilliseconds()}.{row.OrderId}"), row => row));
    }
}
