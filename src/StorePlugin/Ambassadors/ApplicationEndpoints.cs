// The API's calls about applications: which campaigns take them, who has applied, and what is decided.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Campaigns;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record ApplicationsRequest([property: Description("Whether people may apply while the campaign is live.")] bool Open);

internal sealed record ApplicationsView(
    bool Open,
    [property: Description("Where people apply. It is there while the campaign is live and takes applications.")] string Page);

internal sealed record ApplicationApprovalRequest(
    [property: Description("The ambassador's code; one is made of the name when it is absent.")] string? Code = null,
    [property: Description("Why, in up to 200 characters; kept with the state.")] string? Reason = null);

internal sealed record ApplicationRejectionRequest([property: Description("Why, in up to 200 characters; the person is not told.")] string Reason);

internal sealed record ApplicationView(
    string Id,
    string CampaignId,
    [property: Description("Empty, like e-mail and message, once erased; the reason of a rejection goes with them.")] string Name,
    string Email,
    string? Message,
    [property: Description("applied, approved or rejected.")] string State,
    DateTimeOffset AppliedAt,
    DateTimeOffset? DecidedAt,
    [property: Description("An API key; or time, where nobody answered within 90 days.")] string? DecidedBy,
    string? Reason,
    [property: Description("Who the person is as an ambassador, once approved.")] string? AmbassadorId,
    [property: Description(
        "When the personal data were erased: at an approval, since the ambassador has them; six months after a rejection; when nobody answered within 90 days.")]
    DateTimeOffset? ErasedAt)
{
    public static ApplicationView Of(Application row) => new(
        row.Id, row.CampaignId, row.Name, row.Email, row.Message, row.State, row.AppliedAt, row.DecidedAt, row.DecidedBy, row.Reason, row.AmbassadorId,
        row.ErasedAt);
}

internal static class ApplicationEndpoints
{
    public const string UnknownSlug = "application-unknown";
    public const string DecidedSlug = "application-decided";

    private static readonly string[] States = ["applied", "approved", "rejected"];

    public static void MapApplications(this IEndpointRouteBuilder api)
    {
        var setting = api.MapGroup("/campaigns/{id}/applications").WithTags("Ambassadors");
        setting.MapGet("", GetOpen).WithName("getApplications").WithSummary("Whether a campaign takes applications, and where.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        setting.MapPut("", PutOpen).WithName("putApplications").WithSummary("Opens a campaign to applications, or closes it.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        var group = api.MapGroup("/applications").WithTags("Ambassadors");
        group.MapGet("", List).WithName("listApplications").WithSummary("The store's applications, oldest first.");
        group.MapPost("/{id}/approval", Approve).WithName("approveApplication").WithSummary("Makes the person an ambassador, with code and link.")
            .WithDescription("It has the same effects as POST /api/v1/ambassadors. Name and address stand with the ambassador from then on, and no longer here.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{id}/rejection", Reject).WithName("rejectApplication").WithSummary("Rejects an application.")
            .WithDescription("The person's data are erased six months later; that somebody was rejected, when and by whom stays.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    public static ProblemHttpResult Unknown =>
        Problems.NotFound(UnknownSlug, "There is no such application.", "The store has no application with this id.");

    private static ProblemHttpResult Decided =>
        Problems.Conflict(DecidedSlug, "The application has been decided.", "It was approved or rejected before; that happens once.");

    private static async Task<Results<Ok<ApplicationsView>, ProblemHttpResult>> GetOpen(
        ApiCaller caller, string id, Applications applications, PublicAddress address, CancellationToken cancel) =>
        await applications.IsOpenAsync(caller.Store, id, cancel) is { } isOpen
            ? TypedResults.Ok(new ApplicationsView(isOpen, address.Of($"/join/{Uri.EscapeDataString(id)}")))
            : CampaignEndpoints.Unknown;

    private static async Task<Results<Ok<ApplicationsView>, ProblemHttpResult>> PutOpen(
        ApiCaller caller, string id, ApiBody<ApplicationsRequest> body, Applications applications, PublicAddress address, CancellationToken cancel)
    {
        body.Fields.RefuseOthersThan("open");
        var isOpen = body.Fields.Flag("open");
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await applications.SetOpenAsync(caller.Store, id, isOpen, cancel) switch
        {
            ApplicationStep.Done => await GetOpen(caller, id, applications, address, cancel),
            ApplicationStep.CampaignUnknown => CampaignEndpoints.Unknown,
            ApplicationStep.CampaignEnded => CampaignEndpoints.Ended,
            _ => throw new UnreachableException(),
        };
    }

    private static async Task<Results<Ok<Listing<ApplicationView>>, ProblemHttpResult>> List(
        ApiCaller caller,
        [Description("Only those in this state: applied, approved or rejected.")] string? state,
        Applications applications,
        [AsParameters] Paging paging,
        CancellationToken cancel)
    {
        if (paging.AfterId("app") is not { } after)
        {
            return Paging.BadAfter;
        }

        return state is null || States.Contains(state)
            ? TypedResults.Ok(paging.Show(
                await applications.ListAsync(caller.Store, state, after, paging.Take, cancel), row => row.Id, ApplicationView.Of))
            : Problems.Field("state", $"must be {string.Join(", ", States)}");
    }

    private static async Task<Results<Ok<ApplicationView>, ProblemHttpResult>> Approve(
        ApiCaller caller, string id, OptionalApiBody<ApplicationApprovalRequest> body, Applications applications, CancellationToken cancel)
    {
        var fields = body.Fields;
        fields.RefuseOthersThan("code", "reason");
        var code = fields.Has("code") ? CodeRequest.Read(fields) : null;
        var reason = ReasonRequest.Read(fields);
        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return AnswerOf(await applications.ApproveAsync(caller.Store, id, code, caller.Name, reason, cancel));
    }

    private static async Task<Results<Ok<ApplicationView>, ProblemHttpResult>> Reject(
        ApiCaller caller, string id, ApiBody<ApplicationRejectionRequest> body, Applications applications, CancellationToken cancel)
    {
        body.Fields.RefuseOthersThan("reason");
        var reason = body.Fields.Text("reason", 1, AmbassadorLife.ReasonLengthMax);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return AnswerOf(await applications.RejectAsync(caller.Store, id, caller.Name, reason, cancel));
    }

    private static Results<Ok<ApplicationView>, ProblemHttpResult> AnswerOf(ApprovalResult result) => result switch
    {
        ApprovalResult.Done done => TypedResults.Ok(ApplicationView.Of(done.Application)),
        ApprovalResult.Unknown => Unknown,
        ApprovalResult.Decided => Decided,
        ApprovalResult.Refused refused => AmbassadorEndpoints.RefusalOf(refused.Why, refused.Code),
        var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
    };
}
