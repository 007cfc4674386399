// Ambassadors, newest first, page by page: all of them, or those whom a search and filters leave.
using StorePlugin.Abuse;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns.Launch;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <param name="Search">What was searched for.</param>
/// <param name="IsFiltered">Whether somebody may be left out.</param>
/// <param name="Kept">The search and the filters, as fields of a form that comes back to this page.</param>
/// <param name="Cut">How many were looked through, as a sentence; null where all were.</param>
/// <param name="Waiting">How many applications wait, as a sentence; null where none does.</param>
/// <param name="Report">What came of the change that was just sent; null where none was.</param>
/// <param name="Problem">Why it could not be done at all; null where it could.</param>
public sealed record AmbassadorListModel(
    Frame Frame, string Search, IReadOnlyList<Choice> States, IReadOnlyList<Choice> Campaigns, IReadOnlyList<Choice> Groups, IReadOnlyList<Choice> Warnings, bool IsFiltered,
    IReadOnlyList<KeyValuePair<string, string?>> Kept, IReadOnlyList<AmbassadorRow> Ambassadors, bool IsFirst, string FirstPath, string? NextPath, string ExportPath,
    string? Cut, string? Waiting, ChangeReport? Report = null, string? Problem = null)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(AmbassadorListModel);
}

/// <summary>An option of a form.</summary>
public sealed record Choice(string Value, string Text, bool IsChosen = false);

/// <param name="State"><c>approved</c>, <c>suspended</c> or <c>ended</c>.</param>
/// <param name="Group">The group that they are in now; null outside of all.</param>
/// <param name="Codes">Their codes, each with the state of its discount.</param>
/// <param name="Earned">One text a currency; see <see cref="Commission.Earned"/>.</param>
public sealed record AmbassadorRow(
    string Id, string Path, string Name, string State, string? Group, string? Link, IReadOnlyList<CodeRow> Codes, IReadOnlyList<string> Earned,
    IReadOnlyList<string> Owed);

/// <param name="State">The state of its discount, <c>off</c> where it was switched off here, <c>adopted</c> where it is the store's own.</param>
/// <param name="Problem">Why the store refused the discount, or what is wrong with it.</param>
/// <param name="IsLive">Whether orders with it count; false for one that the store refused and that ended as it began.</param>
public sealed record CodeRow(string Code, string State, string StateWords, string? Problem, bool IsLive);

/// <summary>What the pages about ambassadors are made of.</summary>
internal sealed record PeopleSources(
    Db Db, StoreKeys Keys, PublicAddress Address, AmbassadorDb Ambassadors, AmbassadorLife Life, AmbassadorCodes Codes, Groups Groups, AmbassadorNotes Notes,
    Applications Applications, Profiles Profiles, Messages Messages, Exemptions Exemptions, FunnelWarnings Funnel, PersonWarnings Warnings, PayeeReader Payees, Team Team,
    TimeProvider Clock)
{
    // A list has room for no more of them, and each that was looked at is one less.
    private const int WarnedMax = 1000;

    /// <summary>Of whom the warning of a filter is; nobody where it has none.</summary>
    public async Task<IReadOnlyCollection<string>> WarnedAsync(Store store, AmbassadorFilter filter, CancellationToken cancel)
    {
        switch (filter.Warning)
        {
            case FunnelWarnings.Team:
                var known = await Funnel.ReadAsync(store, cancel);
                return [.. known.OwnPeople.Where(id => !known.Acknowledged.Contains((id, FunnelWarnings.Team))).Take(WarnedMax)];
            case Patterns.Destination:
                return [.. (await Funnel.SharingAsync(store, WarnedMax, cancel)).Select(person => person.Id)];
            default:
                return [];
        }
    }
}

internal static class AmbassadorList
{
    public const string Path = "/dashboard/ambassadors";

    private const int PageSize = 25;

    private const string ReadOne =
        """
        SELECT a.id, a.name, a.state, g.group_name FROM ambassadors a
        LEFT JOIN group_memberships g ON g.store_id = a.store_id AND g.ambassador_id = a.id
            AND g.number = (SELECT MAX(m.number) FROM group_memberships m WHERE m.store_id = a.store_id AND m.ambassador_id = a.id)
        WHERE a.store_id = @storeId AND a.id = @id
        """;

    private const string CountWaiting = "SELECT CAST(COUNT(*) AS bigint) FROM applications WHERE store_id = @storeId AND state = 'applied'";

    public static async Task<AmbassadorListModel> ReadAsync(
        PeopleSources sources, Visitor visitor, AmbassadorFilter filter, string? after, string? notice, CancellationToken cancel)
    {
        var (db, store) = (sources.Db, visitor.Store);
        var page = await AmbassadorSearch.ReadAsync(db, store, filter, await sources.WarnedAsync(store, filter, cancel), after, PageSize, cancel);
        var waiting = await db.OneAsync<long>(CountWaiting, new { storeId = store.Id }, cancel);
        var parts = filter.Parts();
        return new AmbassadorListModel(
            Frame.OfDashboard(visitor, notice),
            filter.Search,
            [.. AmbassadorFilter.States.Select(state => new Choice(state.State, state.Words, state.State == filter.State))],
            await PeopleChoices.CampaignsAsync(db, store, filter.CampaignId, cancel),
            await PeopleChoices.GroupsAsync(db, store, filter.Group, cancel),
            [.. AmbassadorFilter.Warnings.Select(warning => new Choice(warning.Rule, warning.Words, warning.Rule == filter.Warning))],
            !filter.IsNone,
            [.. string.IsNullOrEmpty(after) ? parts : parts.Append(new("after", after))],
            await WriteAsync(db, sources.Address, store, page.People, cancel),
            string.IsNullOrEmpty(after),
            filter.PathOf(Path),
            page.Next is null ? null : filter.PathOf(Path, page.Next),
            filter.PathOf($"{Path}/export"),
            page.IsCut ? $"{Words.Of(AmbassadorSearch.LookedThroughMax)} names were looked through for this page; the next one goes on behind them." : null,
            waiting == 0 ? null : $"{Words.Count(waiting, "application waits", "applications wait")} for your answer");
    }

    /// <summary>One page of all of them, and the id after which the next one begins if there is one.</summary>
    public static async Task<(IReadOnlyList<AmbassadorRow> Rows, string? Next)> PageAsync(
        Db db, PublicAddress address, Visitor visitor, string? after, int size, CancellationToken cancel)
    {
        var page = await AmbassadorSearch.ReadAsync(db, visitor.Store, AmbassadorFilter.None, [], after, size, cancel);
        return (await WriteAsync(db, address, visitor.Store, page.People, cancel), page.Next);
    }

    /// <summary>One ambassador, or null.</summary>
    public static async Task<AmbassadorRow?> OneAsync(Db db, PublicAddress address, Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<FoundAmbassador>(ReadOne, new { storeId = store.Id, id }, cancel) is { } person
            ? (await WriteAsync(db, address, store, [person], cancel))[0]
            : null;

    private static async Task<IReadOnlyList<AmbassadorRow>> WriteAsync(
        Db db, PublicAddress address, Store store, IReadOnlyList<FoundAmbassador> people, CancellationToken cancel)
    {
        if (people.Count == 0)
        {
            return [];
        }

        var details = await AmbassadorDetails.ReadAsync(db, address, store, [.. people.Select(person => person.Id)], cancel);
        return
        [
            .. people.Select(person =>
            {
                var figures = Figures.Of(details.Balances[person.Id]);
                return new AmbassadorRow(
                    person.Id,
                    DashboardEndpoints.PathOf(person.Id),
                    person.Name,
                    person.State,
                    person.GroupName,
                    details.LinkOf(person.Id),
                    [.. details.Codes[person.Id]],
                    [.. figures.Select(figure => figure.Earned)],
                    [.. figures.Select(figure => figure.Owed)]);
            }),
        ];
    }
}
