// A campaign's rehearsals: which can be picked, and the newest that ran.
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Pages;
using StorePlugin.Rehearsals;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Campaigns;

/// <param name="FormId">The id of the rehearsal that the form begins, so that a form which is sent twice begins one.</param>
/// <param name="Notes">The newest notes about rehearsals of the campaign.</param>
public sealed record RehearsalListModel(
    Frame Frame, string CampaignPath, string CampaignName, string Path, string FormId, IReadOnlyList<ScenarioChoice> Scenarios,
    IReadOnlyList<RehearsalRow> Rehearsals, IReadOnlyList<RehearsalNoteRow> Notes, string? Problem);

public sealed record ScenarioChoice(string Key, string Name, string Shows, string LookFor);

public sealed record RehearsalRow(string Path, string Name, Badge State, Moment BegunAt, string Who, string Revision, string Result);

/// <param name="About">Which rehearsal and step it is about, and of which revision.</param>
/// <param name="Lines">None where it can no longer be read.</param>
public sealed record RehearsalNoteRow(string? Path, string About, IReadOnlyList<string> Lines, Moment At, string Who)
{
    /// <summary>Says nothing, so that no log line can hold what people write.</summary>
    public override string ToString() => nameof(RehearsalNoteRow);
}

internal static class RehearsalList
{
    public const int NoteShown = 500;

    private const long NotesMax = 10;

    public static string PathOf(string campaignId) => $"{CampaignList.PathOf(campaignId)}/rehearsals";

    public static string PathOf(string campaignId, string rehearsalId) => $"{PathOf(campaignId)}/{Uri.EscapeDataString(rehearsalId)}";

    public static async Task<RehearsalListModel?> ReadAsync(
        RehearsalSources sources, Visitor visitor, string campaignId, string formId, string? problem, CancellationToken cancel)
    {
        var store = visitor.Store;
        if (await sources.Campaigns.FindAsync(store, campaignId, cancel) is not { } campaign)
        {
            return null;
        }

        var (time, reader) = (new StoreTime(store), await sources.ReaderAsync(visitor, cancel));
        var rehearsals = await sources.Rehearsals.ListNewestAsync(store, campaignId, OldRehearsals.KeptMax, cancel);
        var notes = await sources.Notes.ListAsync(store, campaignId, NotesMax, cancel);
        return new RehearsalListModel(
            Frame.OfDashboard(visitor),
            CampaignList.PathOf(campaignId),
            campaign.Name,
            PathOf(campaignId),
            formId,
            [.. Scenario.All.Select(scenario => new ScenarioChoice(scenario.Key, scenario.Name, scenario.Shows, scenario.LookFor))],
            [.. rehearsals.Select(one => new RehearsalRow(
                PathOf(campaignId, one.Id), NameOf(one.Scenario), BadgeOf(one.State), time.At(one.BegunAt), RunWords.Who(one.BegunBy, reader), Words.Of(one.Revision), ResultOf(one)))],
            [.. notes.Select(note => Show(note, campaignId, rehearsals.Any(one => one.Id == note.RehearsalId), time, reader))],
            problem);
    }

    public static string NameOf(string scenario) => Scenario.Find(scenario)?.Name ?? scenario;

    public static Badge BadgeOf(string state) => state switch
    {
        RehearsalState.Running => new Badge("held", "Running"),
        RehearsalState.Finished => new Badge("approved", "Finished"),
        _ => new Badge("reversed", "Failed"),
    };

    public static RehearsalNoteRow Show(RehearsalNote note, string campaignId, bool isKept, StoreTime time, RunReader reader)
    {
        var text = Words.Cut(note.Text ?? "", NoteShown);
        var about = note.Step == 0 ? $"{NameOf(note.Scenario)}, revision {Words.Of(note.Revision)}" : $"{NameOf(note.Scenario)}, revision {Words.Of(note.Revision)}: {note.Title}";
        return new RehearsalNoteRow(
            isKept ? PathOf(campaignId, note.RehearsalId) : null, about, text.Length == 0 ? [] : text.Split('\n'), time.At(note.WrittenAt), RunWords.Who(note.WrittenBy, reader));
    }

    private static string ResultOf(Rehearsal one) => one switch
    {
        { IsRunning: true } => "It is under way.",
        { Failure: { } why } => why,
        { TopPayee: { } payee, TopShareBp: { } share } => $"{Words.Count(one.Payees, "ambassador", "ambassadors")} earned something; {payee} got {Words.Percent(share)} of it.",
        _ => "Nobody earned anything.",
    };
}
