// What differs between the books and Stripe's list of transfers, and a person's word that payouts go on all the same (rule P5).
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Payouts;

/// <param name="Problem">Why what was typed could not be used.</param>
/// <param name="ProblemOf">The path of the row that it belongs to.</param>
public sealed record DifferenceListModel(
    Frame Frame, IReadOnlyList<DifferenceRow> Rows, bool IsFirst, string? NextPath, string? Problem = null, string? ProblemOf = null, string Typed = "");

/// <param name="Path">What is done with it is posted below it.</param>
/// <param name="Ours">What the books hold; null where that says nothing.</param>
/// <param name="State">How it stands, as a sentence.</param>
public sealed record DifferenceRow(string Path, string Words, string? Ours, string? Theirs, Moment FoundAt, string State, bool IsOpen, bool Stops);

internal static class DifferencePages
{
    public const string Path = "/dashboard/payouts/differences";

    private const int ReasonLengthMax = 200;
    private const int PageSize = 25;

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapDifferences(this RouteGroupBuilder rooms)
    {
        rooms.MapGet("/payouts/differences", Show);
        rooms.MapPost("/payouts/differences/{differenceId}/clearance", Clear).WithSummary("Clears a difference with Stripe's list.");
    }

    private static async Task<IResult> Show(Visitor visitor, string? after, string? notice, PayoutDifferences differences, Team team, CancellationToken cancel) =>
        Page.Of<DifferenceListPage>(await ReadAsync(visitor, after, notice, differences, team, cancel));

    private static async Task<IResult> Clear(
        Visitor visitor, string differenceId, HttpRequest request, PayoutDifferences differences, Team team, CancellationToken cancel)
    {
        if (await differences.FindAsync(visitor.Store, differenceId, cancel) is null)
        {
            return TypedResults.NotFound();
        }

        var reason = (await request.ReadFormAsync(cancel))["reason"].ToString().Trim();
        if (reason.Length is 0 or > ReasonLengthMax)
        {
            return Page.Of<DifferenceListPage>(
                await ReadAsync(visitor, null, null, differences, team, cancel) with
                {
                    Problem = $"Give a reason of 1 to {ReasonLengthMax} letters: it is kept with your name.",
                    ProblemOf = PathOf(differenceId),
                    Typed = reason,
                },
                StatusCodes.Status422UnprocessableEntity);
        }

        return TypedResults.Redirect(
            await differences.ClearAsync(visitor.Store, differenceId, visitor.Actor, reason, cancel) == Clearance.Gone ? $"{Path}?notice=settled" : $"{Path}?notice=difference-cleared");
    }

    private static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";

    private static async Task<DifferenceListModel> ReadAsync(
        Visitor visitor, string? after, string? notice, PayoutDifferences differences, Team team, CancellationToken cancel)
    {
        var (rank, id) = after is ['0' or '1', '.', .. var rest] ? (after[0] - '0', rest) : (-1, "");
        var rows = await differences.ListAsync(visitor.Store, rank, id, PageSize + 1, cancel);
        var reader = new RunReader(visitor.Actor, await team.NamesAsync(visitor.Store, cancel));
        var time = new StoreTime(visitor.Store);
        var shown = rows.Take(PageSize).ToList();
        return new DifferenceListModel(
            Frame.OfDashboard(visitor, notice),
            [.. shown.Select(row => new DifferenceRow(
                PathOf(row.Id),
                row.Words,
                AmountOf(row.OursMinor, row.Currency),
                AmountOf(row.TheirsMinor, row.Currency),
                time.At(row.FoundAt),
                StateOf(row, time, reader),
                row.IsOpen,
                DifferenceKind.Stops(row.Kind)))],
            rank < 0,
            rows.Count > PageSize ? $"{Path}?after={(shown[^1].IsOpen ? 0 : 1)}.{Uri.EscapeDataString(shown[^1].Id)}" : null);
    }

    private static string? AmountOf(long? minor, string? currency) => minor is { } known && currency is not null ? Words.Of(known, currency) : null;

    private static string StateOf(PayoutDifference row, StoreTime time, RunReader reader) => row switch
    {
        { ClearedAt: { } cleared } => $"Cleared by {RunWords.Who(row.ClearedBy!, reader)} on {time.Day(cleared)}: {row.Reason}",
        { GoneAt: { } gone } => $"Gone since {time.Day(gone)}: a later look found the same on both sides.",
        _ when DifferenceKind.Stops(row.Kind) => "No payout run is approved while it stands.",
        _ => "It is told, and stops nothing.",
    };
}
