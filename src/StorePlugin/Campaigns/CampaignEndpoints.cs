// The API's calls about campaigns and their life; revisions and the comparison have files of their own.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Audit;
using StorePlugin.Campaigns.Launch;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal sealed record CampaignRequest(
    [property: Description("1 to 120 characters.")] string Name,
    TermsRequest Terms,
    [property: Description("May be given later, but a campaign without one cannot be launched.")] Objective? Objective = null)
{
    public const int NameLengthMax = 120;
}

internal sealed record LaunchRequest(
    [property: Description("Where the terms ask for new customers and no earlier orders were imported: the instant from which on paid orders are known, as " +
        "GET /api/v1/history tells it. The merchant knows by it that whoever bought before seems new.")] DateTimeOffset? AcknowledgedHistorySince = null);

internal sealed record CopyRequest([property: Description("The name of the copy: 1 to 120 characters.")] string Name);

internal sealed record CampaignView(
    string Id,
    string Name,
    [property: Description("draft, live, paused or ended.")] string State,
    Objective? Objective,
    [property: Description("Those of revision.")] TermsRequest Terms,
    [property: Description("The revision of the terms that is in force; of a draft, the one that it will be launched with.")] long Revision,
    [property: Description("The revision that takes effect next; null where none lies ahead.")] NextRevisionView? NextRevision,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LaunchedAt)
{
    public static CampaignView Of(Campaign campaign) => new(
        campaign.Id,
        campaign.Name,
        campaign.State,
        campaign.Objective,
        TermsRequest.Of(campaign.Terms),
        campaign.Revision,
        campaign.Next is { } next ? new NextRevisionView(next.Number, next.EffectiveAt) : null,
        campaign.CreatedAt,
        campaign.LaunchedAt);
}

internal sealed record NextRevisionView(long Revision, DateTimeOffset EffectiveAt);

internal static class CampaignEndpoints
{
    public static void MapCampaigns(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/campaigns").WithTags("Campaigns");
        group.MapGet("", List).WithName("listCampaigns").WithSummary("The store's campaigns, oldest first.");
        group.MapPost("", Create).WithName("createCampaign").WithSummary("Makes a campaign as a draft.")
            .WithDescription("A draft attributes nothing and pays nothing.");
        group.MapGet("/{id}", Get).WithName("getCampaign").WithSummary("One campaign.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPut("/{id}/objective", PutObjective).WithName("putObjective").WithSummary("Gives a draft its objective.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{id}/launch", Launch).WithName("launchCampaign").WithSummary("Makes a draft live.")
            .WithDescription(
                "Orders count from the second of the launch on, and the ambassadors' discounts are created in the store. Where the terms ask for new customers, the " +
                "store's earlier orders have been imported, or the merchant acknowledges from when on they are known. What would lose money or orders for certain " +
                "refuses the launch: /problems/launch-refused, with its findings; GET /api/v1/campaigns/{id}/launch-checks tells them beforehand.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapPost("/{id}/pauses", Pause).WithName("pauseCampaign").WithSummary("Pauses a live campaign.")
            .WithDescription("Orders from this second on earn nothing until the pause ends, whenever they arrive; links lead to the store without a click.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{id}/pauses/current", Resume).WithName("resumeCampaign").WithSummary("Ends a pause: the campaign is live again.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{id}/ending", End).WithName("endCampaign").WithSummary("Ends a live or paused campaign, for good.")
            .WithDescription("Orders from this second on earn nothing. What was earned before is held, approved and paid as ever.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{id}/copies", Copy).WithName("copyCampaign").WithSummary("Makes a draft with the newest terms of a campaign.")
            .WithDescription("The copy has the same words about what success means; it has no ambassadors and no objective.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapRevisions();
        group.MapComparison();
        group.MapRulesApi();
        group.MapBackTests();
        group.MapLaunchChecks();
        group.MapRehearsalApi();
    }

    /// <summary>For every call that names a campaign which the store does not have.</summary>
    public static ProblemHttpResult Unknown => Problems.NotFound("campaign-unknown", "There is no such campaign.", "The store has no campaign with this id.");

    /// <summary>For every call that would change a campaign which has ended.</summary>
    public static ProblemHttpResult Ended =>
        Problems.Conflict("campaign-ended", "The campaign has ended.", "An end is for good; a copy of the campaign can be launched: POST /api/v1/campaigns/{id}/copies.");

    private static async Task<Results<Ok<Listing<CampaignView>>, ProblemHttpResult>> List(
        ApiCaller caller, CampaignDb campaigns, [AsParameters] Paging paging, CancellationToken cancel) =>
        paging.AfterId("cmp") is { } after
            ? TypedResults.Ok(paging.Show(await campaigns.ListAsync(caller.Store, after, paging.Take, cancel), campaign => campaign.Id, CampaignView.Of))
            : Paging.BadAfter;

    private static async Task<Results<Created<CampaignView>, ProblemHttpResult>> Create(
        ApiCaller caller, AuditSubject about, ApiBody<CampaignRequest> body, CampaignDb campaigns, TimeProvider clock, CancellationToken cancel)
    {
        var fields = body.Fields;
        var name = fields.Text("name", 1, CampaignRequest.NameLengthMax);
        var objective = fields.OptionalObject("objective") is { } given ? Objective.Read(given, caller.Store, clock.GetUtcNow()) : null;
        var terms = fields.Object("terms") is { } stated ? TermsRequest.Read(stated, caller.Store.Currency) : null;
        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        var campaign = await campaigns.CreateAsync(caller.Store, name, objective, terms!, caller.Name, cancel);
        about.Is("campaigns", campaign.Id);
        return TypedResults.Created($"/api/v1/campaigns/{campaign.Id}", CampaignView.Of(campaign));
    }

    private static async Task<Results<Ok<CampaignView>, ProblemHttpResult>> Get(
        ApiCaller caller, string id, CampaignDb campaigns, CancellationToken cancel) =>
        await campaigns.FindAsync(caller.Store, id, cancel) is { } campaign ? TypedResults.Ok(CampaignView.Of(campaign)) : Unknown;

    private static async Task<Results<Ok<CampaignView>, ProblemHttpResult>> PutObjective(
        ApiCaller caller, string id, ApiBody<Objective> body, CampaignDb campaigns, TimeProvider clock, CancellationToken cancel)
    {
        var objective = Objective.Read(body.Fields, caller.Store, clock.GetUtcNow());
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await AnswerAsync(await campaigns.SetObjectiveAsync(caller.Store, id, objective, cancel), caller, id, campaigns, cancel);
    }

    private static async Task<Results<Ok<CampaignView>, ProblemHttpResult>> Launch(
        ApiCaller caller, string id, OptionalApiBody<LaunchRequest> body, CampaignDb campaigns, CampaignLaunch launch, Db db, CancellationToken cancel)
    {
        body.Fields.RefuseOthersThan("acknowledgedHistorySince");
        var acknowledged = HistoryEndpoints.ReadAcknowledged(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await launch.LaunchAsync(caller.Store, id, acknowledged, caller.Name, cancel) switch
        {
            LaunchResult.PlanOpen => Problems.Conflict(
                "plan-open", "The app's plan is not confirmed.",
                "Confirm it in the dashboard under /dashboard/plan, then launch the campaign. Campaigns that run already go on."),
            LaunchResult.Refused refused => LaunchCheckEndpoints.Refused(refused.Findings),
            LaunchResult.Stepped { Step: CampaignStep.HistoryNotAcknowledged } =>
                HistoryEndpoints.NotAcknowledged(await OrderHistory.HorizonAsync(db, caller.Store, cancel)),
            LaunchResult.Stepped stepped => await AnswerAsync(stepped.Step, caller, id, campaigns, cancel),
            var other => throw new System.Diagnostics.UnreachableException($"{other.GetType().Name} is no answer."),
        };
    }

    private static async Task<Results<Ok<CampaignView>, ProblemHttpResult>> Pause(
        ApiCaller caller, string id, CampaignLife life, CampaignDb campaigns, CancellationToken cancel) =>
        await AnswerAsync(await life.PauseAsync(caller.Store, id, caller.Name, cancel), caller, id, campaigns, cancel);

    private static async Task<Results<Ok<CampaignView>, ProblemHttpResult>> Resume(
        ApiCaller caller, string id, CampaignLife life, CampaignDb campaigns, CancellationToken cancel) =>
        await AnswerAsync(await life.ResumeAsync(caller.Store, id, caller.Name, cancel), caller, id, campaigns, cancel);

    private static async Task<Results<Ok<CampaignView>, ProblemHttpResult>> End(
        ApiCaller caller, string id, CampaignLife life, CampaignDb campaigns, CancellationToken cancel) =>
        await AnswerAsync(await life.EndAsync(caller.Store, id, caller.Name, cancel), caller, id, campaigns, cancel);

    private static async Task<Results<Created<CampaignView>, ProblemHttpResult>> Copy(
        ApiCaller caller, string id, ApiBody<CopyRequest> body, CampaignDb campaigns, CancellationToken cancel)
    {
        var name = body.Fields.Text("name", 1, CampaignRequest.NameLengthMax);
        body.Fields.RefuseOthersThan("name");
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await campaigns.CopyAsync(caller.Store, id, name, caller.Name, cancel) is { } copy
            ? TypedResults.Created($"/api/v1/campaigns/{copy.Id}", CampaignView.Of(copy))
            : Unknown;
    }

    private static async Task<Results<Ok<CampaignView>, ProblemHttpResult>> AnswerAsync(
        CampaignStep step, ApiCaller caller, string id, CampaignDb campaigns, CancellationToken cancel) => step switch
        {
            CampaignStep.Done => await Get(caller, id, campaigns, cancel),
            CampaignStep.Unknown => Unknown,
            CampaignStep.NotDraft => Problems.Conflict(
                "campaign-not-draft", "The campaign is no draft.", "It has been launched; that happens once, and its objective stands."),
            CampaignStep.ObjectiveMissing => Problems.Unprocessable(
                "objective-missing", "The campaign has no objective.", "Give it a metric, a target and a date first: PUT /api/v1/campaigns/{id}/objective."),
            CampaignStep.ObjectivePast => Problems.Unprocessable(
                "objective-past", "The objective's date has passed.", "Give the campaign a date in the future first: PUT /api/v1/campaigns/{id}/objective."),
            CampaignStep.NotLive => Problems.Conflict(
                "campaign-not-live", "The campaign is not live.", "It is a draft, or paused already; GET /api/v1/campaigns/{id} tells its state."),
            CampaignStep.NotPaused => Problems.NotFound("pause-unknown", "There is no pause.", "The campaign is not paused."),
            CampaignStep.AlreadyEnded => Ended,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
