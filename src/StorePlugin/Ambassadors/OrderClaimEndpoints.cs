// The API's calls about orders that ambassadors miss: which wait, and what is decided.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record OrderClaimDecisionRequest(
    [property: Description("credit or decline.")] string Decision,
    [property: Description("Why, in up to 200 characters; the ambassador reads it, and with a credit it stands on the receipt.")] string Reason,
    [property: Description("The platform's id of the order that is credited; absent where the claim is declined.")] string? PlatformOrderId = null);

internal sealed record OrderClaimView(
    string Id,
    string AmbassadorId,
    [property: Description("The order's number as the ambassador has written it.")] string Reference,
    [property: Description("The day on which it was ordered, as they say.")] DateOnly Day,
    [property: Description("What they wrote; null where they wrote nothing, and 12 months after the decision.")] string? Text,
    [property: Description("open, credited or declined.")] string State,
    DateTimeOffset ClaimedAt,
    DateTimeOffset? DecidedAt,
    [property: Description("An API key, or somebody at the dashboard.")] string? DecidedBy,
    string? Reason,
    [property: Description("The order that was credited.")] string? PlatformOrderId)
{
    public static OrderClaimView Of(OrderClaim claim) => new(
        claim.Id, claim.AmbassadorId, claim.Reference, claim.Day, claim.Text, claim.State, claim.ClaimedAt, claim.DecidedAt, claim.DecidedBy, claim.Reason, claim.OrderId);

    /// <summary>Says nothing, so that no log line can hold what a person wrote.</summary>
    public override string ToString() => nameof(OrderClaimView);
}

internal static class OrderClaimEndpoints
{
    private const int OrderIdLengthMax = 60;

    private static readonly string[] States = ["open", "credited", "declined"];
    private static readonly string[] Decisions = ["credit", "decline"];

    public static void MapOrderClaims(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/order-claims").WithTags("Ambassadors");
        group.MapGet("", List).WithName("listOrderClaims").WithSummary("Orders that ambassadors miss, oldest first.");
        group.MapGet("/{id}", Get).WithName("getOrderClaim").WithSummary("One order that an ambassador misses.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPut("/{id}/decision", Decide).WithName("decideOrderClaim").WithSummary("Credits the ambassador with the order, or declines the claim.")
            .WithDescription("A credit is a decision about the order as by POST /api/v1/orders/{platformOrderId}/decisions. The ambassador is told by mail.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static ProblemHttpResult Unknown => Problems.NotFound("order-claim-unknown", "There is no such claim.", "The store has no claim with this id.");

    private static async Task<Results<Ok<Listing<OrderClaimView>>, ProblemHttpResult>> List(
        ApiCaller caller,
        [Description("Those in this state: open, which it is where none is named, credited or declined.")] string? state,
        OrderClaims claims,
        [AsParameters] Paging paging,
        CancellationToken cancel)
    {
        if (paging.AfterId("clm") is not { } after)
        {
            return Paging.BadAfter;
        }

        return state is null || States.Contains(state)
            ? TypedResults.Ok(paging.Show(
                await claims.ListOfStateAsync(caller.Store, state ?? OrderClaim.Open, after, paging.Take, cancel), claim => claim.Id, OrderClaimView.Of))
            : Problems.Field("state", $"must be {string.Join(", ", States)}");
    }

    private static async Task<Results<Ok<OrderClaimView>, ProblemHttpResult>> Get(ApiCaller caller, string id, OrderClaims claims, CancellationToken cancel) =>
        await claims.FindAsync(caller.Store, id, cancel) is { } claim ? TypedResults.Ok(OrderClaimView.Of(claim)) : Unknown;

    private static async Task<Results<Ok<OrderClaimView>, ProblemHttpResult>> Decide(
        ApiCaller caller, string id, ApiBody<OrderClaimDecisionRequest> body, OrderClaims claims, CancellationToken cancel)
    {
        var fields = body.Fields;
        fields.RefuseOthersThan("decision", "reason", "platformOrderId");
        var decision = fields.Text("decision", 1, 40);
        var reason = fields.Text("reason", 1, OrderClaims.ReasonLengthMax);
        var orderId = fields.OptionalText("platformOrderId", 1, OrderIdLengthMax);
        if (decision.Length > 0 && !Decisions.Contains(decision))
        {
            fields.Refuse("decision", $"must be {string.Join(" or ", Decisions)}");
        }
        else if (decision.Length > 0 && (decision == "credit") != fields.Has("platformOrderId"))
        {
            fields.Refuse("platformOrderId", "must be there for a credit, and for nothing else");
        }

        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return orderId is null
            ? await AnswerAsync(await claims.DeclineAsync(caller.Store, id, reason, caller.Name, cancel))
            : await AnswerAsync(await claims.CreditAsync(caller.Store, id, orderId, seen: null, reason, caller.Name, cancel));

        async Task<Results<Ok<OrderClaimView>, ProblemHttpResult>> AnswerAsync(ClaimDecision came) => came switch
        {
            ClaimDecision.Done => await Get(caller, id, claims, cancel),
            ClaimDecision.Unknown => Unknown,
            ClaimDecision.Settled => Problems.Conflict("order-claim-decided", "The claim has been decided.", "It was credited or declined before; that happens once."),
            ClaimDecision.Refused { Why: DecisionStep.NoTerms } => OrderEndpoints.NoTerms,
            ClaimDecision.Refused { Why: DecisionStep.OrderUnknown } => OrderEndpoints.Unknown,
            ClaimDecision.Refused refused => throw new UnreachableException($"A credit came to {refused.Why}."),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }
}
