// The pages of the guided set-up: what stands on each, made by one function.
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.PublicPages;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Setup;

/// <summary>What stands above each page of the set-up.</summary>
/// <param name="Here">The word of the step; empty on the page that holds them all.</param>
public sealed record SetupHeading(Frame Frame, string Here, IReadOnlyList<SetupStepRow> Steps)
{
    public int Done => Steps.Count(step => step.IsDone);
}

public sealed record SetupStepRow(string Word, string Title, string What, string Path, bool IsDone);

/// <summary>All steps, and at their end the launch.</summary>
/// <param name="NextPath">Of the first step that is open; null where none is.</param>
/// <param name="CampaignPath">Null until there is a campaign.</param>
/// <param name="IsOver">Whether there is nothing to set up any more.</param>
/// <param name="Launch">Null until each step was seen.</param>
public sealed record SetupModel(SetupHeading Heading, string? NextPath, string? CampaignPath, string Campaign, bool IsOver, LaunchOffer? Launch);

/// <summary>A step that is a form of fields.</summary>
/// <param name="Note">What is so and not chosen here; null where nothing is.</param>
/// <param name="Problems">What is wrong and stands at no field.</param>
/// <param name="Cost">What a typical order costs by what is typed; null where it is not shown.</param>
/// <param name="Rules">The rules by what is typed; null where they are not shown.</param>
public sealed record SetupFormModel(
    SetupHeading Heading, string Title, string What, string Path, IReadOnlyList<FormPart> Parts, string? Note, IReadOnlyList<string> Problems, bool HasProblems, CostModel? Cost,
    Rules? Rules);

public sealed record SetupLookModel(SetupHeading Heading, LookModel Look);

/// <param name="Name">What was typed; with <paramref name="Email"/> and what is wrong with each.</param>
/// <param name="People">How many take part, as a sentence.</param>
/// <param name="TakesApplications">Whether everybody can apply once it is live.</param>
/// <param name="Embed">What is to be said of the theme's app embed; null where nothing is.</param>
/// <param name="Test">A link to try; null until somebody takes part.</param>
public sealed record SetupPeopleModel(
    SetupHeading Heading, string Name, string Email, string? NameWhy, string? EmailWhy, string? Problem, string People, bool IsLive, bool TakesApplications,
    StorefrontFinding? Embed, TestLink? Test)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(SetupPeopleModel);
}

/// <param name="ClickedAt">When a click on it last came; null: never.</param>
public sealed record TestLink(string Url, Moment? ClickedAt);

/// <summary>How far the first steps are, for the overview.</summary>
/// <param name="Text">As a sentence.</param>
public sealed record FirstSteps(int Done, int All, string Text, string Path, string Button)
{
    /// <summary>Null once a campaign was launched.</summary>
    internal static FirstSteps? Of(SetupState state)
    {
        if (state.WasLaunched)
        {
            return null;
        }

        var next = SetupStep.All.FirstOrDefault(step => !state.Done.Contains(step.Word));
        return new FirstSteps(
            state.Done.Count, SetupStep.All.Count,
            next is null ? "Everything is set up. The launch is left." : $"{Words.Of(state.Done.Count)} of {SetupStep.All.Count} steps are done. Next: {next.Title.ToLowerInvariant()}.",
            next?.Path ?? SetupStep.Root,
            next is null ? "Go to the launch" : state.Done.Count == 0 ? "Begin" : "Go on");
    }
}

internal sealed record SetupSources(
    Db Db, Setups Setups, CampaignSources Campaigns, Looks Looks, AmbassadorDb Ambassadors, StorefrontHeartbeats Heartbeats, TimeProvider Clock);

internal static class SetupPages
{
    public static SetupHeading HeadingOf(Visitor visitor, SetupState state, SetupStep? here, string? notice = null) => new(
        Frame.OfDashboard(visitor, notice), here?.Word ?? "", [.. SetupStep.All.Select(step => new SetupStepRow(step.Word, step.Title, step.What, step.Path, state.Done.Contains(step.Word)))]);

    public static async Task<SetupModel> ReadAsync(SetupSources sources, Visitor visitor, CancellationToken cancel)
    {
        var state = await sources.Setups.ReadAsync(visitor.Store, cancel);
        return new SetupModel(
            HeadingOf(visitor, state, null),
            SetupStep.All.FirstOrDefault(step => !state.Done.Contains(step.Word))?.Path,
            state.Campaign is { } campaign ? CampaignList.PathOf(campaign.Id) : null,
            state.Campaign?.Name ?? "",
            state.IsOver,
            state is { IsComplete: true, IsOver: false, Campaign: { } draft } ? await CampaignDetail.OfferAsync(sources.Campaigns, visitor.Store, draft, cancel) : null);
    }

    /// <param name="typed">Null for the defaults, or what was kept before.</param>
    public static async Task<SetupFormModel> GoalAsync(SetupSources sources, Visitor visitor, SetupState state, Typed? typed, FormReader? form, CancellationToken cancel)
    {
        var store = visitor.Store;
        var shown = typed ?? (state.Campaign?.Objective is { } kept ? ObjectiveForm.Of(kept, store) : await SetupDefaults.GoalAsync(sources.Db, store, sources.Clock.GetUtcNow(), cancel));
        var layout = new FormLayout(shown, form?.Errors ?? NoErrors);
        var part = ObjectiveForm.Part(layout, title: null, NewCampaign.CurrencyOf(store));
        return FormOf(visitor, state, SetupStep.Goal, [part], layout, form, note: null);
    }

    /// <param name="judged">Null where nothing was sent yet.</param>
    public static async Task<SetupFormModel> OfferAsync(SetupSources sources, Visitor visitor, SetupState state, Typed typed, JudgedRevision? judged, string? problem, CancellationToken cancel)
    {
        var layout = new FormLayout(typed, judged?.Form.Errors ?? NoErrors);
        var currency = NewCampaign.CurrencyOf(visitor.Store);
        var part = FormLayout.Part(
            null,
            layout.Decimal("commission", "An ambassador earns", typed["commission-how"] switch
            {
                "order" => $"An amount for each order{In(currency)}.",
                "item" => $"An amount for each item{In(currency)}.",
                _ => "In percent of what the friend pays for products.",
            }),
            layout.Decimal("friend", "A friend saves", "In percent. 0: nothing, and then only links and codes that are told count."));
        return FormOf(visitor, state, SetupStep.Offer, [part], layout, judged?.Form, note: null, problem) with
        {
            Cost = judged is { IsRight: false } ? null : CampaignWords.CostOf(judged?.Terms ?? state.Terms, await sources.Campaigns.TypicalAsync(visitor.Store, cancel)),
        };
    }

    public static SetupFormModel RulesOf(Visitor visitor, SetupState state, Typed typed, JudgedRevision? judged, string? problem)
    {
        var layout = new FormLayout(typed, judged?.Form.Errors ?? NoErrors);
        var currency = NewCampaign.CurrencyOf(visitor.Store);
        var part = FormLayout.Part(
            null,
            layout.Decimal("hold", "Days until commission is released", "Counted from the payment. Longer than goods can be sent back; 30 are usual."),
            layout.Decimal("window", "Days that a click counts", "Whoever buys within them after a click has come through the ambassador; 30 are usual."),
            layout.Choice("self", "Own purchases of ambassadors", ("discount_only", "get the discount, and earn nothing"), ("allow", "get the discount and earn")),
            layout.Decimal("minimum", "Least order that earns", $"An amount{In(currency)}. Empty: every order earns."));
        return FormOf(
            visitor, state, SetupStep.Rules, [part], layout, judged?.Form,
            currency is { } known ? $"Ambassadors are paid once {Words.Of(Minimum.Of(known))} are released; less is kept for them until then, and never lapses." : null, problem) with
        {
            Rules = judged is { IsRight: false } ? null : RulesText.Of(judged?.Terms ?? state.Terms, currency, ambassadorId: null),
        };
    }

    private const string ReadLink = "SELECT slug, ambassador_id FROM link_slugs WHERE store_id = @storeId AND campaign_id = @campaignId ORDER BY created_at, slug_key";

    private const string ReadClick = "SELECT at FROM clicks WHERE store_id = @storeId AND ambassador_id = @ambassadorId ORDER BY at DESC";

    public static async Task<SetupPeopleModel> PeopleAsync(SetupSources sources, Visitor visitor, SetupState state, string? notice, CancellationToken cancel)
    {
        var (store, campaign) = (visitor.Store, state.Campaign);
        var counts = campaign is null ? null : await CampaignList.CountAsync(sources.Campaigns, store, [campaign.Id], cancel);
        var people = campaign is null ? 0 : counts!.GetValueOrDefault(campaign.Id);
        return new SetupPeopleModel(
            HeadingOf(visitor, state, SetupStep.People, notice),
            "", "", null, null, null,
            people == 0 ? "Nobody takes part yet." : $"{Words.Count(people, "ambassador takes", "ambassadors take")} part.",
            campaign?.State == "live",
            !state.Done.Contains(SetupStep.People.Word) || (campaign is not null && await sources.Campaigns.Applications.IsOpenAsync(store, campaign.Id, cancel) is true),
            await sources.Heartbeats.FindingAsync(store, cancel),
            campaign is null ? null : await TestLinkAsync(sources, store, campaign, cancel));
    }

    private static async Task<TestLink?> TestLinkAsync(SetupSources sources, Store store, Campaign campaign, CancellationToken cancel)
    {
        var db = sources.Db;
        if (await db.OneAsync<LinkRow>($"{ReadLink} {db.Page}", new { storeId = store.Id, campaignId = campaign.Id, take = 1L }, cancel) is not { } link)
        {
            return null;
        }

        var clicked = await db.OneAsync<DateTimeOffset?>($"{ReadClick} {db.Page}", new { storeId = store.Id, ambassadorId = link.AmbassadorId, take = 1L }, cancel);
        return new TestLink(sources.Campaigns.Address.Of($"/r/{Uri.EscapeDataString(link.Slug)}"), new StoreTime(store).At(clicked));
    }

    private static readonly Dictionary<string, List<string>> NoErrors = new(StringComparer.Ordinal);

    private static string In(Webhooks.Currency? currency) => currency is { } known ? $" in {known.Code}" : "";

    private static SetupFormModel FormOf(
        Visitor visitor, SetupState state, SetupStep step, IReadOnlyList<FormPart> parts, FormLayout layout, FormReader? form, string? note, string? problem = null) => new(
            HeadingOf(visitor, state, step), step.Title, step.What, step.Path, parts, note, problem is null ? layout.Others : [.. layout.Others, problem],
            problem is not null || form?.Errors.Count > 0, null, null);

    private sealed record LinkRow(string Slug, string AmbassadorId);
}
