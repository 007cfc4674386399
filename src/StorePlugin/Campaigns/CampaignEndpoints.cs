// The API's calls about campaigns.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal sealed record CampaignRequest(
    [property: Description("1 to 120 characters.")] string Name,
    TermsRequest Terms,
    [property: Description("May be given later, but a campaign without one cannot be launched.")] Objective? Objective = null)
{
    public const int NameLengthMax = 120;
}

internal sealed record CampaignView(
    string Id, string Name, string State, Objective? Objective, TermsRequest Terms, long Revision, DateTimeOffset CreatedAt, DateTimeOffset? LaunchedAt)
{
    public static CampaignView Of(Campaign campaign) => new(
        campaign.Id,
        campaign.Name,
        campaign.State,
        campaign.Objective,
        TermsRequest.Of(campaign.Terms),
        campaign.Revision,
        campaign.CreatedAt,
        campaign.LaunchedAt);
}

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
            .WithDescription("Orders count from the second of the launch on, and the ambassadors' discounts are created in the store.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>For every call that names a campaign which the store does not have.</summary>
    public static ProblemHttpResult Unknown => Problems.NotFound("campaign-unknown", "There is no such campaign.", "The store has no campaign with this id.");

    private static async Task<Results<Ok<Listing<CampaignView>>, ProblemHttpResult>> List(
        ApiCaller caller, CampaignDb campaigns, [AsParameters] Paging paging, CancellationToken cancel) =>
        paging.AfterId("cmp") is { } after
            ? TypedResults.Ok(paging.Show(await campaigns.ListAsync(caller.Store, after, paging.Take, cancel), campaign => campaign.Id, CampaignView.Of))
            : Paging.BadAfter;

    private static async Task<Results<Created<CampaignView>, ProblemHttpResult>> Create(
        ApiCaller caller, ApiBody<CampaignRequest> body, CampaignDb campaigns, TimeProvider clock, CancellationToken cancel)
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
        ApiCaller caller, string id, CampaignDb campaigns, CancellationToken cancel) =>
        await AnswerAsync(await campaigns.LaunchAsync(caller.Store, id, cancel), caller, id, campaigns, cancel);

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
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
