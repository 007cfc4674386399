// What on the overview asks for somebody: work that waits, and what goes wrong.
using StorePlugin.Ambassadors;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard;

/// <param name="Id">Names the row on the page.</param>
/// <param name="IsFault">Something goes wrong; else somebody is waited for.</param>
/// <param name="Text">What it is, as a sentence.</param>
/// <param name="More">What it means, and what is to be done; empty where the link says it.</param>
/// <param name="Path">Where it is done; null where it is not done here.</param>
/// <param name="IsElsewhere">The link leaves the dashboard.</param>
public sealed record AttentionRow(string Id, bool IsFault, string Text, string More, string? Link = null, string? Path = null, bool IsElsewhere = false);

internal sealed class Attention(Db db, Settings settings, StorefrontHeartbeats heartbeats, TopicLooks topics, PayoutDifferences differences, OrderClaims claims, Messages messages,
    TimeProvider clock)
{
    // Older ones are in the list of runs.
    private const long RunsLookedAt = 10;

    private const string CountWaiting = "SELECT CAST(COUNT(*) AS bigint) FROM applications WHERE store_id = @storeId AND state = 'applied'";

    private const string ReadRuns =
        "SELECT id, state, first_approved_by, stopped_at, cancelled_at FROM payout_runs WHERE store_id = @storeId ORDER BY id DESC";

    /// <summary>All that there is, faults first.</summary>
    /// <param name="isStuck">Whether the page lists work that was given up.</param>
    public async Task<IReadOnlyList<AttentionRow>> OfAsync(Visitor visitor, bool isStuck, CancellationToken cancel)
    {
        var (store, now) = (visitor.Store, clock.GetUtcNow());
        var reading = await ReconciliationState.ReadAsync(db, store, now, cancel);
        AttentionRow?[] rows =
        [
            isStuck ? new AttentionRow("given-up", true, "Something is stuck.", "It was tried and given up.", "See why, and try again", "#stuck") : null,
            await DisconnectedAsync(store, cancel),
            reading.SilentTopics is { } silent
                ? new AttentionRow(
                    "silent", true, $"Orders were placed or changed in the last day, and no message of {silent} came.",
                    "The app's registration at Shopify may lack these topics, or its address may be wrong. Whoever runs this program compares it with infra/shopify.app.toml and deploys it again.")
                : null,
            await SubscribedAsync(store, cancel),
            reading.Problem is { } problem
                ? new AttentionRow("reading", true, "Your store's orders could not all be compared with what arrived here.", problem)
                : null,
            await DifferencesAsync(store, cancel),
            reading.Missed > 0
                ? new AttentionRow(
                    "missed", false, $"{Words.Count(reading.Missed, "message", "messages")} of your store about orders did not arrive in the last seven days.",
                    "The orders were fetched from the store and are decided like all others. If it goes on, tell whoever runs this program.")
                : null,
            await ReviewsAsync(store, now, cancel),
            await RunAsync(store, cancel),
            await WaitingAsync(store, cancel),
            await ClaimsAsync(store, now, cancel),
            await MessagesAsync(store, now, cancel),
            await heartbeats.FindingAsync(store, cancel) is { } storefront
                ? new AttentionRow("storefront", false, storefront.Text, "Switch it on and save.", "Open the theme editor", storefront.Link, IsElsewhere: true)
                : null,
        ];
        return [.. rows.OfType<AttentionRow>()];
    }

    private async Task<AttentionRow?> DisconnectedAsync(Store store, CancellationToken cancel) =>
        await ShopifyTokenRow.FindAsync(db, store.Id, cancel) is { NeedsMerchant: true, FaultAt: { } since }
            ? new AttentionRow(
                "disconnected", true,
                $"Since {Words.Day(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(since, store.Zone).DateTime))} Shopify no longer lets the app into your store.",
                "Open the app once in your store's admin at Shopify: that lets it in again. Until then orders are still credited, but discount codes are neither created nor ended.")
            : null;

    private async Task<AttentionRow?> SubscribedAsync(Store store, CancellationToken cancel)
    {
        var wrong = settings.Shopify is not null && store is { Platform: "shopify", IsLive: true } ? (await topics.WrongAsync(store, cancel)).Count : 0;
        return wrong == 0
            ? null
            : new AttentionRow(
                "subscribed", true, $"{Words.Count(wrong, "kind of message", "kinds of messages")} of your store may not arrive: the subscription at Shopify is not as it should be.", "",
                "See which, and what is to be done", "/dashboard/connection#topics");
    }

    private async Task<AttentionRow?> DifferencesAsync(Store store, CancellationToken cancel)
    {
        var stopping = await differences.CountStoppingAsync(store, cancel);
        return stopping == 0
            ? null
            : new AttentionRow(
                "differences", true,
                $"{Words.Count(stopping, "difference", "differences")} between your payouts and Stripe's transfers {(stopping == 1 ? "has" : "have")} to be looked at.",
                "No payout run is approved until each is gone, or somebody has cleared it with a reason.", "Look at them", DifferencePages.Path);
    }

    private async Task<AttentionRow?> ReviewsAsync(Store store, DateTimeOffset now, CancellationToken cancel)
    {
        var reviews = await ReviewAges.ReadAsync(db, store, now, cancel);
        if (reviews.Waiting == 0)
        {
            return null;
        }

        var ages = reviews.ByAge.Where(age => age.Orders > 0).Select(age => $"{Words.Of(age.Orders)} for {age.Days} days or more").ToList();
        return new AttentionRow(
            "reviews", false,
            $"{Words.Count(reviews.Waiting, "order waits", "orders wait")} for your decision"
                + (ages.Count == 0 ? "." : $", {string.Join(", ", ages)}; the oldest for {Words.Of(reviews.OldestDays(now))} days."),
            "Nothing of it is paid by itself, however long it waits.", "Decide about them", ReviewQueue.Path);
    }

    /// <summary>What is stopped, or else what waits for its approval and was not followed by a run that was approved.</summary>
    private async Task<AttentionRow?> RunAsync(Store store, CancellationToken cancel)
    {
        var runs = await db.ManyAsync<RunNow>($"{ReadRuns} {db.Page}", new { storeId = store.Id, take = RunsLookedAt }, cancel);
        var (run, text) = runs.FirstOrDefault(run => run.ShownState == RunState.Stopped) is { } stopped
            ? (stopped, "A payout run is stopped.")
            : runs.TakeWhile(run => run.ShownState != RunState.Approved).FirstOrDefault(run => run.ShownState != RunState.Cancelled) is { } waiting
                ? (waiting, waiting.ShownState == RunState.HalfApproved ? "A payout run waits for a second person's approval." : "A payout run waits for your approval.")
                : (null, "");
        return run is null ? null : new AttentionRow("run", false, text, "", "Look at it", RunList.PathOf(run.Id));
    }

    private async Task<AttentionRow?> WaitingAsync(Store store, CancellationToken cancel)
    {
        var waiting = await db.OneAsync<long>(CountWaiting, new { storeId = store.Id }, cancel);
        return waiting == 0
            ? null
            : new AttentionRow(
                "waiting", false, $"{Words.Count(waiting, "person waits", "people wait")} for your answer to their application.",
                $"What is not answered for {Applications.UnansweredKept.Days} days ends.", "Answer them", "/dashboard/applications");
    }

    private async Task<AttentionRow?> ClaimsAsync(Store store, DateTimeOffset now, CancellationToken cancel) =>
        await claims.WaitingAsync(store, cancel) is var (waiting, oldest)
            ? new AttentionRow(
                "claims", false, $"{Words.Count(waiting, "order is", "orders are")} missed by ambassadors; the oldest was told {Words.Ago(now - oldest)}.",
                "Each waits for your decision.", "Look at them", People.ClaimList.Path)
            : null;

    private async Task<AttentionRow?> MessagesAsync(Store store, DateTimeOffset now, CancellationToken cancel) =>
        await messages.WaitingAsync(store, cancel) is var (waiting, oldest)
            ? new AttentionRow(
                "messages", false, $"{Words.Count(waiting, "ambassador waits", "ambassadors wait")} for an answer; the oldest question came {Words.Ago(now - oldest)}.",
                "", "Answer them", People.MessageList.Path)
            : null;

    private sealed record RunNow(string Id, string State, string? FirstApprovedBy, DateTimeOffset? StoppedAt, DateTimeOffset? CancelledAt)
    {
        public string ShownState => RunState.Of(State, FirstApprovedBy, StoppedAt, CancelledAt);
    }
}
