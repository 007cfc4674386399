// Orders that ambassadors miss: those that wait with their age, and those that were decided.
using StorePlugin.Ambassadors;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <param name="AreWaiting">Whether those are listed that wait; else those that were decided.</param>
public sealed record ClaimListModel(Frame Frame, IReadOnlyList<ClaimTab> Tabs, bool AreWaiting, IReadOnlyList<ClaimRow> Claims, string FirstPath, bool IsFirst, string? NextPath)
{
    /// <summary>Says nothing, so that no log line can hold what a person wrote.</summary>
    public override string ToString() => nameof(ClaimListModel);
}

public sealed record ClaimTab(string Text, string Path, bool IsShown);

/// <param name="Text">What the ambassador wrote, shortened.</param>
/// <param name="Age">For how long it has waited; null where it waits no more.</param>
/// <param name="Decision">What was decided and by whom; null while it waits.</param>
public sealed record ClaimRow(
    string Path, string Reference, string Day, string Ambassador, string AmbassadorPath, string Text, Moment ClaimedAt, string? Age, string? Decision, string? Reason)
{
    public override string ToString() => nameof(ClaimRow);
}

internal sealed record ClaimSources(OrderClaims Claims, PayeeReader Payees, Team Team, Data.Db Db, TimeProvider Clock);

internal static class ClaimList
{
    public const string Path = "/dashboard/claims";

    private const int PageSize = 15;
    private const int TextShown = 200;

    private static readonly (string State, string Text)[] Decided = [("credited", "Credited"), ("declined", "Declined")];

    public static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";

    /// <param name="show">A word of a tab; whatever else it is, those are shown that wait.</param>
    public static async Task<ClaimListModel> ReadAsync(ClaimSources sources, Visitor visitor, string? show, string? after, string? notice, CancellationToken cancel)
    {
        var store = visitor.Store;
        var state = Decided.FirstOrDefault(tab => tab.State == show).State;
        var isFirst = string.IsNullOrEmpty(after);
        var found = state is null
            ? await sources.Claims.ListWaitingAsync(store, after ?? "", PageSize + 1, cancel)
            : await sources.Claims.ListDecidedAsync(store, state, isFirst ? OrderClaims.Newest : after!, PageSize + 1, cancel);
        var shown = found.Take(PageSize).ToList();
        var names = await sources.Payees.NamesAsync(store, [.. shown.Select(claim => claim.AmbassadorId).Distinct(StringComparer.Ordinal)], cancel);
        var (time, reader) = (new StoreTime(store), new RunReader(visitor.Actor, await sources.Team.NamesAsync(store, cancel)));
        var path = state is null ? Path : $"{Path}?show={state}";
        return new ClaimListModel(
            Frame.OfDashboard(visitor, notice),
            [new("Waiting", Path, state is null), .. Decided.Select(tab => new ClaimTab(tab.Text, $"{Path}?show={tab.State}", tab.State == state))],
            state is null,
            [.. shown.Select(claim => Show(claim, names, time, reader, sources.Clock.GetUtcNow()))],
            path,
            isFirst,
            found.Count > PageSize ? $"{path}{(state is null ? '?' : '&')}after={Uri.EscapeDataString(shown[^1].Id)}" : null);
    }

    public static ClaimRow Show(OrderClaim claim, IReadOnlyDictionary<string, string> names, StoreTime time, RunReader reader, DateTimeOffset now, int textShown = TextShown) => new(
        PathOf(claim.Id),
        claim.Reference,
        Words.Day(claim.Day),
        Words.ShortName(names.GetValueOrDefault(claim.AmbassadorId, "An ambassador")),
        DashboardEndpoints.PathOf(claim.AmbassadorId),
        Words.Cut(claim.Text ?? "", textShown),
        time.At(claim.ClaimedAt),
        claim.State == OrderClaim.Open ? Words.Ago(now - claim.ClaimedAt) : null,
        claim.DecidedAt is { } at ? $"{Words.ClaimState(claim.State)} on {time.At(at).Text} by {RunWords.Who(claim.DecidedBy ?? "", reader)}" : null,
        claim.Reason);
}
