// Applications: those that wait for an answer, oldest first, and those that were decided or ended, newest first.
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Pages;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <param name="Report">What came of the decisions that were just sent together; null where none were.</param>
/// <param name="Problem">Why what was sent could not be done.</param>
public sealed record ApplicationListModel(
    Frame Frame, IReadOnlyList<ApplicationTab> Tabs, bool AreWaiting, IReadOnlyList<ApplicationRow> Applications, bool IsFirst, string FirstPath, string? NextPath,
    ChangeReport? Report = null, string? Problem = null)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(ApplicationListModel);
}

public sealed record ApplicationTab(string Text, string Path, bool IsShown);

/// <param name="Name">Of whoever wrote it; of one that was approved the ambassador's name of today. Null once it was erased.</param>
/// <param name="AmbassadorPath">Where whoever was approved is to be found; null for the others.</param>
/// <param name="Message">The lines of what they wrote; none where they wrote nothing.</param>
/// <param name="Age">How long it has waited, in words; null for one that was decided.</param>
/// <param name="ProposedCode">The code that an approval would give if none is named.</param>
public sealed record ApplicationRow(
    string Id, string Path, string? Name, string? AmbassadorPath, string? Email, string Campaign, IReadOnlyList<string> Message, Moment AppliedAt, string? Age,
    Moment? DecidedAt, string? DecidedBy, string? Reason, string? ProposedCode)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(ApplicationRow);
}

internal static class ApplicationList
{
    public const string Path = "/dashboard/applications";

    private const int PageSize = 20;

    // No id lies behind it.
    private const string BehindAll = "\uFFFF";

    private const string Columns =
        """
        SELECT p.id, p.name, p.email, p.message, p.applied_at, p.decided_at, p.decided_by, p.reason, p.ambassador_id, c.name AS campaign, a.name AS ambassador
        FROM applications p
        JOIN campaigns c ON c.store_id = p.store_id AND c.id = p.campaign_id
        LEFT JOIN ambassadors a ON a.store_id = p.store_id AND a.id = p.ambassador_id
        WHERE p.store_id = @storeId
        """;

    private const string Decided = " AND p.id < @place ORDER BY p.id DESC ";

    private const string ReadWaiting = Columns + " AND p.state = 'applied' AND p.id > @place ORDER BY p.id ";

    private const string ReadApproved = Columns + " AND p.state = 'approved'" + Decided;

    private const string ReadRejected = Columns + " AND p.state = 'rejected' AND p.decided_by <> 'time'" + Decided;

    // Whoever was not answered in time: see Retention.
    private const string ReadExpired = Columns + " AND p.state = 'rejected' AND p.decided_by = 'time'" + Decided;

    private static readonly (string Word, string Text, string Sql)[] Tabs =
    [
        ("", "Waiting", ReadWaiting), ("approved", "Approved", ReadApproved), ("rejected", "Rejected", ReadRejected), ("expired", "Expired", ReadExpired),
    ];

    /// <param name="show">The word of a tab; any other text is the first one.</param>
    public static async Task<ApplicationListModel> ReadAsync(
        PeopleSources sources, Visitor visitor, string? show, string? after, string? notice, CancellationToken cancel)
    {
        var store = visitor.Store;
        var (word, _, sql) = Array.Find(Tabs, one => one.Word == show) is { Sql: not null } known ? known : Tabs[0];
        var areWaiting = word.Length == 0;
        var place = string.IsNullOrEmpty(after) ? areWaiting ? "" : BehindAll : after;
        var rows = await sources.Db.ManyAsync<Row>(sql + sources.Db.Page, new { storeId = store.Id, place, take = PageSize + 1L }, cancel);
        var (time, now) = (new StoreTime(store), sources.Clock.GetUtcNow());
        var reader = new RunReader(visitor.Actor, await sources.Team.NamesAsync(store, cancel));
        var shown = new List<ApplicationRow>(PageSize);
        foreach (var row in rows.Take(PageSize))
        {
            var code = areWaiting && visitor.Role != Role.Viewer ? await sources.Applications.ProposeAsync(store, row.Name, cancel) : null;
            shown.Add(new ApplicationRow(
                row.Id,
                $"{Path}/{Uri.EscapeDataString(row.Id)}",
                row.Ambassador ?? (row.Name.Length == 0 ? null : row.Name),
                row.AmbassadorId is null ? null : DashboardEndpoints.PathOf(row.AmbassadorId),
                row.Email.Length == 0 ? null : row.Email,
                row.Campaign,
                row.Message is null ? [] : row.Message.Split('\n'),
                time.At(row.AppliedAt),
                areWaiting ? Words.Ago(now - row.AppliedAt) : null,
                time.At(row.DecidedAt),
                row.DecidedBy is null ? null : RunWords.Who(row.DecidedBy, reader),
                row.Reason,
                code));
        }

        return new ApplicationListModel(
            Frame.OfDashboard(visitor, notice),
            [.. Tabs.Select(one => new ApplicationTab(one.Text, PathOf(one.Word), one.Word == word))],
            areWaiting,
            shown,
            string.IsNullOrEmpty(after),
            PathOf(word),
            rows.Count > PageSize ? $"{PathOf(word)}{(areWaiting ? "?" : "&")}after={Uri.EscapeDataString(shown[^1].Id)}" : null);
    }

    private static string PathOf(string word) => word.Length == 0 ? Path : $"{Path}?show={word}";

    private sealed record Row(
        string Id, string Name, string Email, string? Message, DateTimeOffset AppliedAt, DateTimeOffset? DecidedAt, string? DecidedBy, string? Reason,
        string? AmbassadorId, string Campaign, string? Ambassador)
    {
        public override string ToString() => nameof(Row);
    }
}
