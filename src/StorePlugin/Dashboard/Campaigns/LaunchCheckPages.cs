// The page of a campaign's launch checks, and what of them stands beside the launch.
using StorePlugin.Campaigns;
using StorePlugin.Campaigns.Launch;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Campaigns;

/// <param name="Summary">How the checks came out together, as a sentence.</param>
/// <param name="IsDraft">Whether it can be launched at all.</param>
public sealed record LaunchChecksModel(Frame Frame, string CampaignPath, string Campaign, bool IsDraft, string Summary, IReadOnlyList<LaunchCheckRow> Checks);

/// <param name="Kind">Of its badge.</param>
/// <param name="State">In a word or two.</param>
/// <param name="Finding">Null where it has passed.</param>
/// <param name="Fix">Null where nothing is to be done.</param>
/// <param name="Path">Of the page where it is mended.</param>
public sealed record LaunchCheckRow(string Id, string Title, string Kind, string State, bool Refuses, string? Finding, string? Fix, string Path);

/// <summary>What of the checks stands beside the launch: the findings alone.</summary>
public sealed record LaunchFindings(string Path, string Summary, IReadOnlyList<LaunchCheckRow> Findings)
{
    public bool Refuses => Findings.Any(finding => finding.Refuses);
}

internal static class LaunchCheckPages
{
    // As many as a page shows without hiding what it is about.
    private const int TextLengthMax = 400;

    public static string PathOf(string campaignId) => $"{CampaignList.PathOf(campaignId)}/checks";

    /// <summary>Null where the store has no such campaign.</summary>
    public static async Task<LaunchChecksModel?> ReadAsync(CampaignSources sources, Visitor visitor, string id, CancellationToken cancel)
    {
        if (await sources.Campaigns.FindAsync(visitor.Store, id, cancel) is not { } campaign)
        {
            return null;
        }

        var checks = await sources.Launch.CheckAsync(visitor.Store, campaign, cancel);
        return new LaunchChecksModel(
            Frame.OfDashboard(visitor), CampaignList.PathOf(id), campaign.Name, campaign.State == "draft", SummaryOf(checks), [.. checks.Select(RowOf)]);
    }

    public static async Task<LaunchFindings> FindingsAsync(CampaignSources sources, Store store, Campaign campaign, CancellationToken cancel)
    {
        var checks = await sources.Launch.CheckAsync(store, campaign, cancel);
        return new LaunchFindings(
            PathOf(campaign.Id), SummaryOf(checks), [.. checks.Where(check => check.HasFailed).OrderByDescending(check => check.Refuses).Select(RowOf)]);
    }

    /// <summary>Why a launch did not happen, in sentences.</summary>
    public static string RefusalOf(IReadOnlyList<LaunchCheck> findings) =>
        $"It was not launched: {string.Join(' ', findings.Select(check => $"{Words.Cut(check.Finding!, TextLengthMax)} {check.Fix}"))}";

    private static string SummaryOf(IReadOnlyList<LaunchCheck> checks) => (checks.Count(check => check.Refuses), checks.Count(check => check.HasFailed && !check.Refuses)) switch
    {
        (0, 0) => "Nothing is in the way of the launch.",
        (0, var yellow) => $"Nothing is in the way of the launch; {Words.Count(yellow, "thing is", "things are")} worth a look.",
        (var red, 0) => $"{Words.Count(red, "thing stands", "things stand")} in the way of the launch.",
        (var red, var yellow) => $"{Words.Count(red, "thing stands", "things stand")} in the way of the launch; {Words.Count(yellow, "more is", "more are")} worth a look.",
    };

    private static LaunchCheckRow RowOf(LaunchCheck check)
    {
        var (kind, state) = check switch
        {
            { Refuses: true } => ("reversed", "In the way"),
            { HasFailed: true } => ("review", "Worth a look"),
            { State: LaunchState.NotEvaluated } => ("none", "Does not apply"),
            _ => ("approved", "In order"),
        };
        return new LaunchCheckRow(check.Id, check.Title, kind, state, check.Refuses, check.Finding is { } finding ? Words.Cut(finding, TextLengthMax) : null, check.Fix, check.Path);
    }
}
