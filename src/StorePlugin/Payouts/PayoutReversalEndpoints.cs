// The JSON API of reversals: a payout is taken back, in part or whole.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

internal static class PayoutReversalEndpoints
{
    private const int ReasonLengthMax = 200;

    /// <summary>Adds the calls to the group of the API, which has let the caller in.</summary>
    public static void MapPayoutReversalApi(this RouteGroupBuilder api)
    {
        var reversals = api.MapGroup("/payouts/{id}/reversals").ProducesProblem(StatusCodes.Status404NotFound);
        reversals.MapGet("", List).WithName("listPayoutReversals").WithSummary("What was asked to be taken back of a payout, oldest first.");
        reversals.MapPost("", Ask).WithName("reversePayout")
            .WithSummary("Takes a payout back, at Stripe or in the store, in part or whole.")
            .WithDescription(
                "Stripe takes only what stands in the payee's balance there: after it has gone to their bank it mostly refuses. Of store credit only what "
                + "is left comes back, and a discount code only as a whole and unused. The request is sent soon after, and what came back is payable again "
                + "once Stripe or the store says so. One reversal of a payout is under way at a time.")
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private const string PageOfReversals = PayoutReversal.Columns + " WHERE store_id = @storeId AND payout_id = @payoutId AND number > @after ORDER BY number";

    private static async Task<Results<Ok<Listing<PayoutReversalView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, Db db, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterCount() is not { } after)
        {
            return Paging.BadAfter;
        }

        var args = new { storeId = caller.Store.Id, payoutId = id, after, take = paging.Take };
        if (await db.OneAsync<Payout>(Payout.ById, args, cancel) is null)
        {
            return NoSuchPayout();
        }

        var rows = await db.ManyAsync<PayoutReversal>($"{PageOfReversals} {db.Page}", args, cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Number.ToString(System.Globalization.CultureInfo.InvariantCulture), PayoutReversalView.Of));
    }

    private static async Task<Results<Accepted<PayoutReversalView>, ProblemHttpResult>> Ask(
        ApiCaller caller, string id, ApiBody<PayoutReversalRequest> body, PayoutReversals reversals, CancellationToken cancel)
    {
        var amount = body.Fields.OptionalObject("amount");
        amount?.RefuseOthersThan("minor", "currency");
        var minor = amount?.Whole("minor", 1, long.MaxValue);
        var currency = amount?.Text("currency", 3, 3);
        var reason = body.Fields.Text("reason", 1, ReasonLengthMax);
        body.Fields.RefuseOthersThan("amount", "reason");
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await reversals.AskAsync(caller.Store, id, minor, currency, caller.Name, reason, cancel) switch
        {
            ReversalRequest.Asked(var asked) => TypedResults.Accepted($"/api/v1/payouts/{id}/reversals", PayoutReversalView.Of(asked)),
            ReversalRequest.NoSuchPayout => NoSuchPayout(),
            ReversalRequest.WrongAmount(var why) => Problems.Field("amount", why),
            ReversalRequest.Refused(var why) => Problems.Conflict("payout-not-reversible", "The payout cannot be taken back now.", why),
            _ => throw new UnreachableException(),
        };
    }

    private static ProblemHttpResult NoSuchPayout() =>
        Problems.NotFound("payout-not-found", "There is no such payout.", "The store has no payout with this id.");

    internal sealed record PayoutReversalRequest(
        [property: Description("Why, 1 to 200 characters; it is kept here and not sent.")] string Reason,
        [property: Description("How much, in the payout's currency; absent: all that is left.")] Amount? Amount = null);

    internal sealed record PayoutReversalView(
        long Number,
        Amount Amount,
        [property: Description("frozen: not sent yet. unknown: sent, and not answered yet. done: it was taken back. refused: nothing was taken back.")] string State,
        string Reason,
        string AskedBy,
        DateTimeOffset AskedAt,
        DateTimeOffset? LastSentAt,
        [property: Description("The reversal at Stripe, trr_…, or the store's name of it; null while there is none.")] string? ReversalId,
        [property: Description("What a person should know, in words.")] string? Problem,
        DateTimeOffset? SettledAt)
    {
        public static PayoutReversalView Of(PayoutReversal reversal) => new(
            reversal.Number,
            Amount.Of(reversal.Amount),
            reversal.State,
            reversal.Reason,
            reversal.AskedBy,
            reversal.AskedAt,
            reversal.LastSentAt,
            reversal.ReversalId,
            reversal.Problem,
            reversal.SettledAt);
    }
}
