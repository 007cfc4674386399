// One campaign: what it is for and how far it is, its terms in words, their revisions, and what can be done with it.
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Campaigns;

/// <param name="Path">Of this page; what can be done has paths that go on from it.</param>
/// <param name="State">In the program's word, for what can be done; the badge says it to people.</param>
/// <param name="Progress">Null where it has no objective yet.</param>
/// <param name="Earning">What an ambassador earns, in sentences.</param>
/// <param name="Rules">The terms in words, as everybody reads them once it is launched.</param>
/// <param name="Kept">What of the terms is no sentence of the rules: shares that are agreed with single ambassadors; null where there is none.</param>
/// <param name="Objective">The form of a draft's objective; null for every other campaign.</param>
/// <param name="Cost">What an order costs by the terms of a draft; null for every other campaign, and until the store's currency is known.</param>
/// <param name="Launch">What launching it does; null where it is no draft.</param>
/// <param name="Joining">Whether it takes applications, and where.</param>
/// <param name="CopyId">What a copy will be called: a form that is sent twice makes one.</param>
/// <param name="TypedCopyName">What was typed for it.</param>
/// <param name="Problem">Why what was asked for did not happen; null where nothing was.</param>
public sealed record CampaignModel(
    Frame Frame,
    string Path,
    string Id,
    string Name,
    string State,
    Badge Badge,
    string Meaning,
    ProgressModel? Progress,
    string Ambassadors,
    Moment CreatedAt,
    Moment? LaunchedAt,
    string Earning,
    IReadOnlyList<RulesPart> Rules,
    string? Kept,
    RevisionList Revisions,
    FormPart? Objective,
    CostModel? Cost,
    LaunchOffer? Launch,
    JoiningModel Joining,
    string CopyId,
    string TypedCopyName,
    string? Problem)
{
    /// <summary>What success means for both sides, as it stands in its form; empty where nothing was said.</summary>
    public string Playbook { get; init; } = "";

    public bool IsLive => State == "live";

    public bool IsPaused => State == "paused";

    public bool HasEnded => State == "ended";
}

/// <param name="BeforePath">The page of the earlier ones; null where all are shown.</param>
public sealed record RevisionList(IReadOnlyList<RevisionRow> Rows, bool IsNewest, string? BeforePath);

/// <param name="Effective">From when on it is or was in force; null where that is not by an instant.</param>
/// <param name="Changes">In what it differs from the one before, as sentences.</param>
/// <param name="WithdrawalPath">Null where it cannot be withdrawn.</param>
public sealed record RevisionRow(
    string Number, Badge State, Moment? Effective, string MadeBy, Moment MadeAt, string? WithdrawnBy, Moment? WithdrawnAt, IReadOnlyList<string> Changes, string? WithdrawalPath);

/// <param name="Acknowledge">What has to be acknowledged; null where nothing has.</param>
public sealed record LaunchOffer(LaunchFindings Findings, HistoryQuestion? Acknowledge);

/// <param name="IsOpen">Whether applications are taken while it is live.</param>
public sealed record JoiningModel(bool IsOpen, string JoinAddress, string RulesAddress);

/// <summary>What of a campaign's page is asked for.</summary>
/// <param name="Notice">A word of <see cref="Frame"/>.</param>
/// <param name="Before">The number of a revision: those before it are shown; null: the newest.</param>
/// <param name="Problem">Why what was asked for did not happen.</param>
/// <param name="Form">What was typed into a form of the page, and is wrong.</param>
internal sealed record CampaignView(string? Notice = null, long? Before = null, string? Problem = null, FormReader? Form = null, Typed? Typed = null);

internal static class CampaignDetail
{
    private const int RevisionsShown = 10;
    private const int ChangesLengthMax = 1_200;
    private const int RulesLengthMax = 1_500;

    /// <summary>The page of a campaign of this store; null where there is no such campaign.</summary>
    public static async Task<CampaignModel?> ReadAsync(CampaignSources sources, Visitor visitor, string id, CampaignView view, CancellationToken cancel)
    {
        var store = visitor.Store;
        if (await sources.Campaigns.FindAsync(store, id, cancel) is not { } campaign || await sources.Revisions.ListAsync(store, id, cancel) is not { } revisions)
        {
            return null;
        }

        var (time, isDraft) = (new StoreTime(store), campaign.State == "draft");
        var reader = await sources.ReaderAsync(visitor, cancel);
        var counts = await CampaignList.CountAsync(sources, store, [id], cancel);
        return new CampaignModel(
            Frame.OfDashboard(visitor, view.Notice),
            CampaignList.PathOf(id),
            id,
            campaign.Name,
            campaign.State,
            CampaignWords.Of(campaign.State),
            CampaignWords.Meaning(campaign.State),
            await sources.ProgressAsync(store, campaign, cancel),
            Words.Count(counts.GetValueOrDefault(id), "ambassador", "ambassadors"),
            time.At(campaign.CreatedAt),
            time.At(campaign.LaunchedAt),
            TermsText.EarningOf(campaign.Terms, ambassadorId: ""),
            [.. RulesText.Of(campaign.Terms, NewCampaign.CurrencyOf(store), ambassadorId: null).Paragraphs.Select(part => part with { Text = Words.Cut(part.Text, RulesLengthMax) })],
            KeptOf(campaign.Terms),
            RevisionsOf(campaign, revisions, view.Before, reader, time),
            isDraft ? ObjectiveOf(campaign, store, view) : null,
            isDraft ? CampaignWords.CostOf(campaign.Terms, await sources.TypicalAsync(store, cancel)) : null,
            isDraft ? await OfferAsync(sources, store, campaign, cancel) : null,
            new JoiningModel(
                await sources.Applications.IsOpenAsync(store, id, cancel) is true,
                sources.Address.Of($"/join/{Uri.EscapeDataString(id)}"),
                sources.Address.Of($"/rules/{Uri.EscapeDataString(id)}")),
            sources.Campaigns.NewId(),
            view.Typed?["name"] ?? "",
            view.Problem)
        {
            Playbook = view.Typed?.Values.GetValueOrDefault("playbook") is { } typed ? TypedText.Cut(typed, Playbooks.TextLengthMax)
                : await sources.Playbooks.FindAsync(store, id, cancel) ?? "",
        };
    }

    /// <summary>What the launch of a draft stands beside: what the checks found, and what has to be acknowledged.</summary>
    public static async Task<LaunchOffer> OfferAsync(CampaignSources sources, Store store, Campaign campaign, CancellationToken cancel) => new(
        await LaunchCheckPages.FindingsAsync(sources, store, campaign, cancel),
        campaign.Terms.AsksForNewCustomers ? await HistoryQuestion.AskAsync(sources, store, cancel) : null);

    private static string? KeptOf(Terms terms) => terms.Rates?.Where(rate => rate.AmbassadorId is not null).ToList() is { Count: > 0 } own
        ? $"Besides, {Words.Count(own.Count, "share is agreed with a single ambassador", "shares are agreed with single ambassadors")}; nobody else reads of them."
        : null;

    private static FormPart ObjectiveOf(Campaign campaign, Store store, CampaignView view)
    {
        var typed = view.Form is null ? ObjectiveForm.Of(campaign.Objective, store) : view.Typed!;
        return ObjectiveForm.Part(
            new FormLayout(typed, view.Form?.Errors ?? new Dictionary<string, List<string>>(StringComparer.Ordinal)), title: null, NewCampaign.CurrencyOf(store));
    }

    private static RevisionList RevisionsOf(Campaign campaign, IReadOnlyList<Revision> revisions, long? before, RunReader reader, StoreTime time)
    {
        var newest = revisions.Last(revision => revision.WithdrawnAt is null).Number;
        var asked = revisions.Where(revision => !(revision.Number >= before)).Reverse().ToList();
        var shown = asked.Take(RevisionsShown).ToList();
        return new RevisionList(
            [.. shown.Select(revision => RowOf(campaign, revision, newest, reader, time))],
            before is null,
            asked.Count > shown.Count ? $"{CampaignList.PathOf(campaign.Id)}?before={Words.Of(shown[^1].Number)}#revisions" : null);
    }

    private static RevisionRow RowOf(Campaign campaign, Revision revision, long newest, RunReader reader, StoreTime time)
    {
        var isAhead = campaign.State != "draft" && revision.WithdrawnAt is null && revision.Number > campaign.Revision;
        return new RevisionRow(
            Words.Of(revision.Number),
            StateOf(campaign, revision, newest, isAhead),
            time.At(revision.EffectiveAt),
            RunWords.Who(revision.Actor, reader),
            time.At(revision.CreatedAt),
            revision.WithdrawnBy is { } who ? RunWords.Who(who, reader) : null,
            time.At(revision.WithdrawnAt),
            CampaignWords.Changes(revision.Difference, ChangesLengthMax),
            isAhead && revision.Number == newest ? $"{CampaignList.PathOf(campaign.Id)}/revisions/{Words.Of(revision.Number)}/withdrawal" : null);
    }

    private static Badge StateOf(Campaign campaign, Revision revision, long newest, bool isAhead) => (campaign.State, revision) switch
    {
        (_, { WithdrawnAt: not null }) => new Badge("none", "Withdrawn"),
        ("draft", _) when revision.Number == newest => new Badge("held", "For the launch"),
        (_, { EffectiveAt: null }) => new Badge("none", "Replaced before the launch"),
        _ when isAhead => new Badge("review", "Planned"),
        _ when revision.Number == campaign.Revision => new Badge("approved", "In force"),
        _ => new Badge("none", "Was in force"),
    };
}
