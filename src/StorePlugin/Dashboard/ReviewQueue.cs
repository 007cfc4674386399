// The orders that wait for a person, the oldest first, and what is decided about them.
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="Outcome">What has just been done, as a sentence.</param>
/// <param name="Problem">Why what was typed could not be used.</param>
/// <param name="Chosen">The values of the rows that were chosen when it could not.</param>
public sealed record ReviewQueueModel(
    Frame Frame, string Waiting, IReadOnlyList<ReviewRow> Rows, bool IsFirst, string? NextPath, string? Outcome, string? Problem = null, IReadOnlySet<string>? Chosen = null, string Reason = "");

/// <param name="Value">Names the order, and the newest decision about it, in the form.</param>
/// <param name="Why">What was found, in words.</param>
public sealed record ReviewRow(string Value, string Path, string Reference, Moment Since, string Why, string? Ambassador, string? AmbassadorPath, string Net, string Commission);

internal static class ReviewQueue
{
    public const string Path = "/dashboard/reviews";

    public const int ReasonLengthMax = 200;

    private const long PageSize = 25;

    // The state as a literal: only then the index on orders in review serves.
    private const string Read =
        """
        SELECT o.order_id, o.reference, o.review_at, o.reason, o.currency, o.net_minor, o.commission_minor, o.ambassador_id, a.name AS ambassador,
            COALESCE((SELECT MAX(d.number) FROM order_decisions d WHERE d.store_id = o.store_id AND d.order_id = o.order_id), 0) AS decisions
        FROM orders o LEFT JOIN ambassadors a ON a.store_id = o.store_id AND a.id = o.ambassador_id
        WHERE o.store_id = @storeId AND o.state = 'review' AND o.review_at >= @at AND (o.review_at > @at OR o.order_id > @orderId)
        ORDER BY o.review_at, o.order_id
        """;

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapReviews(this RouteGroupBuilder rooms)
    {
        rooms.MapGet("/reviews", Show);
        rooms.MapPost("/reviews/decisions", Decide).WithSummary("Decides about orders in review.");
    }

    private static async Task<RazorComponentResult> Show(
        Visitor visitor, string? after, int? decided, int? left, Db db, TimeProvider clock, CancellationToken cancel) =>
        Page.Of<ReviewQueuePage>(await ReadAsync(db, visitor, after, OutcomeOf(decided, left), clock.GetUtcNow(), cancel));

    private static async Task<IResult> Decide(Visitor visitor, HttpRequest request, DecideOrder orders, Db db, TimeProvider clock, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var chosen = form["order"].OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var reason = form["reason"].ToString().Trim();
        DecisionKind? kind = form["decision"].ToString() switch
        {
            "allow" => DecisionKind.Allow,
            "reject" => DecisionKind.Reject,
            _ => null,
        };
        if (kind is null || chosen.Count > PageSize)
        {
            return TypedResults.BadRequest();
        }

        var problem = chosen.Count == 0 ? "Choose at least one order."
            : reason.Length is 0 or > ReasonLengthMax ? $"Give a reason of 1 to {ReasonLengthMax} letters: it stands on each receipt, where the ambassador reads it too."
            : null;
        if (problem is not null)
        {
            return Page.Of<ReviewQueuePage>(
                await ReadAsync(db, visitor, form["after"], null, clock.GetUtcNow(), cancel) with { Problem = problem, Chosen = chosen.ToHashSet(StringComparer.Ordinal), Reason = reason },
                StatusCodes.Status422UnprocessableEntity);
        }

        var decided = 0;
        foreach (var value in chosen)
        {
            // A value that no form of ours holds names no order.
            var colon = value.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && long.TryParse(value.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var seen)
                && await orders.DecideAsync(visitor.Store, value[(colon + 1)..], kind.Value, null, reason, visitor.Actor, cancel, seen) == DecisionStep.Done)
            {
                decided++;
            }
        }

        return TypedResults.Redirect(string.Create(CultureInfo.InvariantCulture, $"{Path}?decided={decided}&left={chosen.Count - decided}"));
    }

    private static async Task<ReviewQueueModel> ReadAsync(Db db, Visitor visitor, string? after, string? outcome, DateTimeOffset now, CancellationToken cancel)
    {
        var (store, time, cursor) = (visitor.Store, new StoreTime(visitor.Store), Cursor.Read(after));
        var reviews = await ReviewAges.ReadAsync(db, store, now, cancel);
        var rows = await db.ManyAsync<Row>(
            $"{Read} {db.Page}", new { storeId = store.Id, at = cursor?.At ?? DateTimeOffset.UnixEpoch, orderId = cursor?.OrderId ?? "", take = PageSize + 1 }, cancel);
        var shown = rows.Take((int)PageSize).ToArray();
        return new ReviewQueueModel(
            Frame.OfDashboard(visitor),
            reviews.Waiting == 0 ? "No order waits." : $"{Words.Count(reviews.Waiting, "order waits", "orders wait")}, the oldest for {Words.Count(reviews.OldestDays(now), "day", "days")}.",
            [.. shown.Select(row => Write(row, time))],
            cursor is null,
            rows.Count > PageSize ? $"{Path}?after={Uri.EscapeDataString(new Cursor(shown[^1].ReviewAt, shown[^1].OrderId).ToString())}" : null,
            outcome);
    }

    private static ReviewRow Write(Row row, StoreTime time) => new(
        string.Create(CultureInfo.InvariantCulture, $"{row.Decisions}:{row.OrderId}"),
        $"/dashboard/orders/{Uri.EscapeDataString(row.OrderId)}",
        row.Reference ?? row.OrderId,
        time.At(row.ReviewAt),
        row.Reason ?? "",
        row.Ambassador,
        row.AmbassadorId is null ? null : DashboardEndpoints.PathOf(row.AmbassadorId),
        row.Currency is null ? "–" : Words.Of(row.NetMinor, row.Currency),
        row.Currency is null ? "–" : Words.Of(row.CommissionMinor, row.Currency));

    private static string? OutcomeOf(int? decided, int? left) => (decided, left) switch
    {
        (null, _) or ( < 0, _) or (_, < 0) => null,
        (0, _) => "Nothing was changed: what you chose was not in review any more, or somebody has decided since you looked.",
        ({ } done, null or 0) => $"{Words.Count(done, "order is", "orders are")} decided.",
        var (done, rest) => $"{Words.Count(done.Value, "order is", "orders are")} decided; {Words.Of(rest.Value)} had changed since you looked, and stay as they are.",
    };

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Row
    {
        public string OrderId { get; init; } = "";

        public string? Reference { get; init; }

        public DateTimeOffset ReviewAt { get; init; }

        public string? Reason { get; init; }

        public string? Currency { get; init; }

        public long NetMinor { get; init; }

        public long CommissionMinor { get; init; }

        public string? AmbassadorId { get; init; }

        public string? Ambassador { get; init; }

        public long Decisions { get; init; }
    }
}
