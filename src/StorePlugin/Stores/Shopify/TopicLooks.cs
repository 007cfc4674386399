// Compares the topics of the app's file with what Shopify lists and with what came.
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Data;
using StorePlugin.Inbox;

namespace StorePlugin.Stores.Shopify;

/// <summary>What a nightly look found.</summary>
/// <param name="Heard">When each topic was last heard of until then.</param>
/// <param name="Subscriptions">What Shopify listed when it last answered; null where it never did.</param>
/// <param name="Problem">Why it did not answer this time, in words; null where it did.</param>
internal sealed record TopicLook(
    DateTimeOffset At, IReadOnlyDictionary<string, DateTimeOffset> Heard, IReadOnlyList<ReportedSubscription>? Subscriptions, string? Problem);

/// <param name="AskedAt">When Shopify was last asked; null: not yet.</param>
/// <param name="Problem">Why it did not answer, in words; null where it did.</param>
/// <param name="IsListed">Whether it ever answered.</param>
internal sealed record TopicReport(DateTimeOffset? AskedAt, string? Problem, bool IsListed, IReadOnlyList<TopicVerdict> Verdicts);

/// <summary>
/// Shopify lists the subscriptions that were made over the API, for one store, and tells nobody those of an app's file. So an empty
/// list is as it should be, and that a topic of the file is at work shows by its messages.
/// </summary>
internal sealed partial class TopicLooks(
    Db db, ShopifyAdminClient admin, PublicAddress address, Settings settings, TimeProvider clock, ILogger<TopicLooks> logger)
{
    // What was on its way into the database during the last look is counted again.
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(1);

    private const string Keep = "UPDATE order_readings SET topics = @look WHERE store_id = @storeId AND kind = 'nightly'";

    /// <summary>Asks Shopify, and keeps what it says. That it does not answer is kept as well, and fails nothing.</summary>
    public async Task LookAsync(Store store, CancellationToken cancel)
    {
        var last = await FindAsync(store, cancel);
        var now = clock.GetUtcNow();
        var look = new TopicLook(now, await HeardAsync(store, last, now, cancel), last?.Subscriptions, null);
        // The orders are compared already. The next night asks again, and the merchant reads why this one was not told.
        try
        {
            look = look with { Subscriptions = await ReportedSubscriptions.ReadAsync(admin, store, cancel) };
        }
        catch (PlatformException e)
        {
            Log.NotListed(logger, store.Id, e.Message);
            look = look with { Problem = Retry.Fit(e.Message) };
        }

        await db.DoAsync(Keep, new { storeId = store.Id, look = JsonSerializer.Serialize(look, TopicsJson.Default.TopicLook) }, cancel);
    }

    /// <summary>How it stands with every topic. For stores on Shopify.</summary>
    public async Task<TopicReport> ReadAsync(Store store, CancellationToken cancel) => await ReportAsync(store, await FindAsync(store, cancel), cancel);

    /// <summary>
    /// The topics whose subscriptions are not as they should be, by what Shopify lists. Nothing more is read of a store of which it
    /// lists none, which is the rule.
    /// </summary>
    public async Task<IReadOnlyList<TopicVerdict>> WrongAsync(Store store, CancellationToken cancel) =>
        await FindAsync(store, cancel) is { Subscriptions.Count: > 0 } look
            ? [.. (await ReportAsync(store, look, cancel)).Verdicts.Where(one => one.State != TopicState.Silent && one.Findings.Count > 0)]
            : [];

    private async Task<TopicReport> ReportAsync(Store store, TopicLook? look, CancellationToken cancel)
    {
        var shopify = settings.Shopify ?? throw new PlatformException("Shopify is not set up on this server.");
        var now = clock.GetUtcNow();
        var facts = new TopicFacts(
            now,
            await HeardAsync(store, look, now, cancel),
            await ReconciliationState.SilentAsync(db, store, now, cancel),
            look?.Subscriptions,
            new Uri(address.Of(ReportedSubscription.Path)),
            shopify.ApiVersion);
        return new TopicReport(look?.At, look?.Problem, look?.Subscriptions is not null, TopicVerdict.Of(facts));
    }

    private const string Read = "SELECT topics FROM order_readings WHERE store_id = @storeId AND kind = 'nightly'";

    private async Task<TopicLook?> FindAsync(Store store, CancellationToken cancel) =>
        await db.OneAsync<string>(Read, new { storeId = store.Id }, cancel) is { } json ? JsonSerializer.Deserialize(json, TopicsJson.Default.TopicLook) : null;

    // Without what was fetched instead.
    private const string ReadHeard =
        """
        SELECT topic, MAX(received_at) AS received_at FROM deliveries
        WHERE store_id = @storeId AND id > @since AND topic IN @topics AND delivery_key NOT LIKE 'read-%' GROUP BY topic
        """;

    // A busy store has a million messages in these days: each night reads one day's, and a page what came since.
    private async Task<IReadOnlyDictionary<string, DateTimeOffset>> HeardAsync(Store store, TopicLook? last, DateTimeOffset now, CancellationToken cancel)
    {
        var heard = (last?.Heard ?? new Dictionary<string, DateTimeOffset>()).ToDictionary(StringComparer.Ordinal);
        // Ids begin with their instant.
        var since = Ids.Since("dlv", last is null ? now - TopicVerdict.HeardWithin : last.At - Overlap);
        var topics = ShopifyTopic.All.Select(topic => topic.Name).ToArray();
        foreach (var row in await db.ManyAsync<HeardRow>(ReadHeard, new { storeId = store.Id, since, topics }, cancel))
        {
            heard[row.Topic] = row.ReceivedAt;
        }

        return heard;
    }

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record HeardRow
    {
        public string Topic { get; init; } = "";

        public DateTimeOffset ReceivedAt { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Shopify did not list the subscriptions of store {StoreId} to webhooks: {Reason}")]
        public static partial void NotListed(ILogger logger, string storeId, string reason);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TopicLook))]
internal sealed partial class TopicsJson : JsonSerializerContext;
