// The rules of a campaign: a page for everybody, and the same text for the store's own programs.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

/// <summary>What the public reads.</summary>
/// <param name="Standing">A sentence on a campaign that does not run; null while it does.</param>
/// <param name="Coming">The revision that takes effect next, where one lies ahead.</param>
public sealed record RulesModel(
    string StoreName, string Campaign, bool IsRehearsal, string ZoneName, string? Standing, long Revision, Moment? Since, Rules Rules, ComingRules? Coming)
{
    /// <summary>From when on the store's paid orders are known; null where the terms do not ask for new customers (rule T9).</summary>
    public Moment? KnownSince { get; init; }

    /// <summary>What success means for both sides, line by line; empty where the merchant has not said it.</summary>
    public IReadOnlyList<string> Playbook { get; init; } = [];
}

/// <param name="Changes">Each as a sentence; empty when only shares that are agreed with single ambassadors change.</param>
public sealed record ComingRules(long Revision, Moment At, IReadOnlyList<string> Changes);

internal sealed record RulesView(
    long Revision,
    [property: Description("From when on they are in force; null while the campaign is a draft, and when the revision was replaced before the launch.")]
    DateTimeOffset? EffectiveAt,
    [property: Description("Null while the revision stands.")] DateTimeOffset? WithdrawnAt,
    string Title,
    [property: Description("In their order, as everybody reads them: without shares that are agreed with single ambassadors.")]
    IReadOnlyList<RulesPartView> Paragraphs,
    [property: Description("Worked by the engine that decides orders; none while the store's currency is unknown.")] IReadOnlyList<RulesPartView> Examples,
    [property: Description("Of every title and text, in their order: it tells one text from another.")] string TextHash,
    [property: Description("From when on the store's paid orders are known, as the page says beside the text; null where the terms do not ask for new customers.")]
    DateTimeOffset? HistorySince);

internal sealed record RulesPartView(string Title, string Text);

internal static class RulesEndpoints
{
    public static void MapRules(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/rules/{campaignId}", ShowPage).ExcludeFromDescription();

    public static void MapRulesApi(this IEndpointRouteBuilder campaigns) =>
        campaigns.MapGet("/{id}/rules", Get).WithName("getRules").WithSummary("A campaign's rules in words, made from its terms, with worked examples.")
            .WithDescription("Of a campaign that was launched, people read them at /rules/{id}.")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<IResult> ShowPage(string campaignId, PublicCampaigns campaigns, CampaignRules rules, Playbooks playbooks, Db db, CancellationToken cancel) =>
        await campaigns.FindLaunchedAsync(campaignId, cancel) is var (store, campaign)
        && await rules.FindAsync(store, campaignId, campaign.Revision, cancel) is { } revision
            ? Page.Of<RulesPage>(ModelOf(
                store, campaign, revision, campaign.Next is { } next ? await rules.FindAsync(store, campaignId, next.Number, cancel) : null) with
            {
                KnownSince = new StoreTime(store).At(await HistorySinceAsync(db, store, revision.Terms, cancel)),
                Playbook = await playbooks.LinesAsync(store, campaignId, cancel),
            })
            : TypedResults.NotFound();

    private static async Task<Results<Ok<RulesView>, ProblemHttpResult>> Get(
        ApiCaller caller,
        string id,
        CampaignDb campaigns,
        CampaignRules rules,
        Db db,
        [Description("The number of a revision; absent: the one in force, of a draft the one that it will be launched with.")] long? revision,
        CancellationToken cancel)
    {
        if (await campaigns.FindAsync(caller.Store, id, cancel) is not { } campaign)
        {
            return CampaignEndpoints.Unknown;
        }

        if (await rules.FindAsync(caller.Store, id, revision ?? campaign.Revision, cancel) is not { } found)
        {
            return RevisionEndpoints.Unknown;
        }

        var text = TextOf(caller.Store, found.Terms);
        return TypedResults.Ok(new RulesView(
            found.Number, found.EffectiveAt, found.WithdrawnAt, TitleOf(caller.Store, campaign), [.. text.Paragraphs.Select(Show)], [.. text.Examples.Select(Show)], text.Hash,
            await HistorySinceAsync(db, caller.Store, found.Terms, cancel)));
    }

    // Beside the rules, not among them: what is known of past purchases may grow, and the text that was accepted stays the same.
    private static async Task<DateTimeOffset?> HistorySinceAsync(Db db, Store store, Terms terms, CancellationToken cancel) =>
        terms.AsksForNewCustomers ? (await OrderHistory.HorizonAsync(db, store, cancel)).Since : null;

    private static RulesModel ModelOf(Store store, Campaign campaign, RulesRevision revision, RulesRevision? next)
    {
        var time = new StoreTime(store);
        return new RulesModel(
            store.DisplayName,
            campaign.Name,
            !store.IsLive,
            time.ZoneName,
            campaign.State switch
            {
                "paused" => "The campaign is paused: orders that are made now do not count.",
                "ended" => "The campaign has ended: new orders do not count. What was earned before goes its way by these rules.",
                _ => null,
            },
            revision.Number,
            time.At(revision.EffectiveAt),
            TextOf(store, revision.Terms),
            next is { EffectiveAt: { } at } coming
                ? new ComingRules(
                    coming.Number,
                    time.At(at),
                    // What is agreed with one person is not everybody's to read.
                    [.. TermsDifference.Between(RulesText.For(revision.Terms, null), RulesText.For(coming.Terms, null)).Select(change => $"{Capital(change.ToString())}.")])
                : null);
    }

    private static Rules TextOf(Store store, Terms terms) =>
        RulesText.Of(terms, Currency.TryParse(store.Currency, out var currency) ? currency : null, ambassadorId: null);

    private static string TitleOf(Store store, Campaign campaign) => $"The rules of {campaign.Name} at {store.DisplayName}";

    private static RulesPartView Show(RulesPart part) => new(part.Title, part.Text);

    private static string Capital(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
