// What a merchant does with a missing order: look at it, credit it or decline it.
using System.Diagnostics;
using System.Globalization;
using StorePlugin.Ambassadors;
using StorePlugin.Orders;
using StorePlugin.Pages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

internal static class ClaimEndpoints
{
    /// <param name="rooms">The dashboard's group.</param>
    public static void MapClaims(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet("/claims", List);
        rooms.MapGet("/claims/{claimId}", Show);
        rooms.MapPost("/claims/{claimId}/decision", Decide).WithSummary("Decides about a missing order.");
    }

    private static async Task<IResult> List(Visitor visitor, string? show, string? after, string? notice, ClaimSources sources, CancellationToken cancel) =>
        Page.Of<ClaimListPage>(await ClaimList.ReadAsync(sources, visitor, show, after, notice, cancel));

    private static async Task<IResult> Show(Visitor visitor, string claimId, string? look, string? notice, ClaimSources sources, CancellationToken cancel) =>
        await ClaimDetail.ReadAsync(sources, visitor, claimId, look, notice, cancel) is { } model ? Page.Of<ClaimPage>(model) : TypedResults.NotFound();

    private static async Task<IResult> Decide(Visitor visitor, string claimId, HttpRequest request, ClaimSources sources, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var (decision, reason, order) = (form["decision"].ToString(), form["reason"].ToString().Trim(), form["order"].ToString());
        if (decision is not ("credit" or "decline"))
        {
            return TypedResults.BadRequest();
        }

        if (reason.Length is 0 or > OrderClaims.ReasonLengthMax || reason.Any(char.IsControl))
        {
            return await AgainAsync($"Give a reason of 1 to {OrderClaims.ReasonLengthMax} letters: the ambassador reads it.");
        }

        if (decision == "decline")
        {
            return await AnswerAsync(await sources.Claims.DeclineAsync(visitor.Store, claimId, reason, visitor.Actor, cancel), "claim-declined");
        }

        // A value that no form of ours holds names no order.
        var colon = order.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && long.TryParse(order.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var seen)
            ? await AnswerAsync(await sources.Claims.CreditAsync(visitor.Store, claimId, order[(colon + 1)..], seen, reason, visitor.Actor, cancel), "claim-credited")
            : await AgainAsync("Choose the order that they shall be credited with.");

        async Task<IResult> AnswerAsync(ClaimDecision came, string done) => came switch
        {
            ClaimDecision.Done => TypedResults.Redirect($"{ClaimList.PathOf(claimId)}?notice={done}"),
            ClaimDecision.Settled => TypedResults.Redirect($"{ClaimList.PathOf(claimId)}?notice=claim-settled"),
            ClaimDecision.Refused refused => await AgainAsync(WhyNot(refused.Why)),
            _ => TypedResults.NotFound(),
        };

        async Task<IResult> AgainAsync(string problem) =>
            await ClaimDetail.ReadAsync(sources, visitor, claimId, form["look"], null, cancel) is { } model
                ? Page.Of<ClaimPage>(model with { Problem = problem, Reason = TypedText.Cut(reason, OrderClaims.ReasonLengthMax) }, StatusCodes.Status422UnprocessableEntity)
                : TypedResults.NotFound();
    }

    /// <summary>Why an order could not be credited, as a sentence.</summary>
    public static string WhyNot(DecisionStep step) => step switch
    {
        DecisionStep.DecidedMeanwhile => "Somebody has decided about the order since you opened the page. Nothing was changed: this is how it stands now.",
        DecisionStep.NoTerms => "The ambassador's campaign was launched after this order, so that nothing can be counted for it.",
        DecisionStep.OrderUnknown => "No such order is known, or only a refund of it has arrived so far.",
        DecisionStep.AmbassadorUnknown => "There is no such ambassador any more.",
        _ => throw new UnreachableException($"A credit came to {step}."),
    };
}
