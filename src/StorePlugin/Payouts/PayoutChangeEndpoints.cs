// The API's calls about changes of where an ambassador's money goes: what was changed, and what a person of the store says of it.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

internal sealed record PayoutChangeDecisionRequest(
    [property: Description("confirmed: it was the ambassador's. revoked: it was not, and another destination must be named.")] string Decision,
    [property: Description("How you know, 1 to 200 characters; it stands with the change.")] string Reason)
{
    private const int ReasonLengthMax = 200;

    /// <summary>Reads a decision and notes on the fields what is wrong.</summary>
    public static (string? Decision, string Reason) Read(Fields fields)
    {
        fields.RefuseOthersThan("decision", "reason");
        var decision = fields.OptionalChoice("decision", PayoutChangeState.Confirmed, PayoutChangeState.Revoked);
        if (decision is null && !fields.Has("decision"))
        {
            fields.Refuse("decision", "is missing");
        }

        return (decision, fields.Text("reason", 1, ReasonLengthMax));
    }
}

internal sealed record PayoutChangeView(
    string Id,
    [property: Description("stripe_account, bank_account, method, or address: the ambassador's e-mail address.")] string Kind,
    DateTimeOffset At,
    [property: Description("Who made it.")] string Actor,
    [property: Description("Enough to know it again; null for nothing, and where it was erased.")] string? Before,
    string? After,
    [property: Description(
        "noted: nobody is asked. asked: payouts wait for the ambassador's word. confirmed. replaced: a later change is asked about. "
        + "refused: the ambassador says that it was not them, and payouts wait for your decision. revoked: payouts wait for another destination.")] string State,
    DateTimeOffset? ConfirmedAt,
    [property: Description("When the ambassador said that it was not them.")] DateTimeOffset? RefusedAt,
    [property: Description("What a person of the store has said; null where nobody has.")] PayoutChangeDecisionView? Decision)
{
    public static PayoutChangeView Of(PayoutChange change) => new(
        change.Id, change.Kind, change.At, change.Actor, change.BeforeMasked, change.AfterMasked, change.State, change.ConfirmedAt, change.RefusedAt,
        change.Decision is { } decision ? new PayoutChangeDecisionView(decision, change.DecidedAt!.Value, change.DecidedBy!, change.DecisionReason) : null);
}

internal sealed record PayoutChangeDecisionView(
    [property: Description("confirmed or revoked.")] string Decision,
    DateTimeOffset At,
    string By,
    [property: Description("Null where it was erased.")] string? Reason);

internal static class PayoutChangeEndpoints
{
    public static void MapPayoutChanges(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors/{id}/payout-changes").WithTags("Payouts").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("", List).WithName("listPayoutChanges")
            .WithSummary("What was changed about where an ambassador's money goes, masked, oldest first.");
        group.MapPut("/{changeId}/decision", Decide).WithName("decidePayoutChange")
            .WithSummary("Says for the store whose change it was.")
            .WithDescription(
                "After a change payouts wait for seven days and until the ambassador has confirmed it by the mail that they got. Decide where they have said that "
                + "it was not them, or where no mail reaches them; ask them in another way first. The seven days stay as they are.")
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<Listing<PayoutChangeView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, AmbassadorDb ambassadors, PayoutChanges changes, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId(PayoutChanges.IdPrefix) is not { } after)
        {
            return Paging.BadAfter;
        }

        return await ambassadors.ExistsAsync(caller.Store, id, cancel)
            ? TypedResults.Ok(paging.Show(await changes.ListAsync(caller.Store, id, after, paging.Take, cancel), change => change.Id, PayoutChangeView.Of))
            : AmbassadorEndpoints.Unknown;
    }

    private static async Task<Results<Ok<PayoutChangeView>, ProblemHttpResult>> Decide(
        ApiCaller caller, string id, string changeId, ApiBody<PayoutChangeDecisionRequest> body, PayoutChanges changes, CancellationToken cancel)
    {
        var (decision, reason) = PayoutChangeDecisionRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await changes.DecideAsync(caller.Store, id, changeId, decision!, caller.Name, reason, cancel) switch
        {
            ChangeStep.Done => TypedResults.Ok(PayoutChangeView.Of((await changes.FindAsync(caller.Store, changeId, cancel))!)),
            ChangeStep.Unknown => Problems.NotFound("payout-change-not-found", "There is no such change.", "The ambassador has no change with this id."),
            _ => Problems.Conflict(
                "payout-change-settled", "The change waits for no decision.", "It has been decided in this way, nobody is asked about it, or something else was changed since."),
        };
    }
}
