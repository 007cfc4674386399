// The JSON API of payouts with their attempts.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

internal static class PayoutEndpoints
{
    /// <summary>Adds the calls to the group of the API, which has let the caller in.</summary>
    public static void MapPayoutApi(this RouteGroupBuilder api)
    {
        api.MapGet("/payouts", List).WithName("listPayouts").WithSummary("The store's payouts with their attempts, oldest first.");
        api.MapGet("/payouts/{id}", Show).WithName("getPayout").WithSummary("One payout with its attempts.").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/payouts/{id}/attempts", AttemptAgain).WithName("attemptPayoutAgain")
            .WithSummary("Sends a payout again under a new key, after Stripe has been shown to hold no transfer of it.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPost("/payouts/{id}/cancellation", Cancel).WithName("cancelPayout")
            .WithSummary("Takes a payout back before anything of it is sent; its money is payable again.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPost("/payouts/{id}/adoption", Adopt).WithName("adoptTransfer")
            .WithSummary("Takes a transfer that Stripe holds, and that is not what was asked for, as the payout's own.")
            .WithDescription(
                "For a payout whose outcome is unknown because Stripe holds another transfer than the one asked for, or several. First reverse at "
                + "Stripe what is wrong. Then name the transfer that stands: it must be of the payout's amount, and all others of the payout must be "
                + "reversed in full. Or name one that was reversed in full: its money is payable again. Nothing is sent; caller and reason stand in the ledger.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private const string PageOfPayouts = Payout.Columns + " WHERE store_id = @storeId AND id > @after ORDER BY id";

    // The same page once more, so that all its attempts come in one query.
    private const string AttemptsOfPage = PayoutAttempt.Columns + " WHERE store_id = @storeId AND payout_id > @after AND payout_id <= @last ORDER BY payout_id, attempt";

    private static async Task<Results<Ok<Listing<PayoutView>>, ProblemHttpResult>> List(
        ApiCaller caller, Db db, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId("po") is not { } after)
        {
            return Paging.BadAfter;
        }

        var rows = await db.ManyAsync<Payout>($"{PageOfPayouts} {db.Page}", new { storeId = caller.Store.Id, after, take = paging.Take }, cancel);
        var attempts = rows.Count == 0
            ? []
            : await db.ManyAsync<PayoutAttempt>(AttemptsOfPage, new { storeId = caller.Store.Id, after, last = rows[^1].Id }, cancel);
        var ofPayout = attempts.ToLookup(attempt => attempt.PayoutId);
        return TypedResults.Ok(paging.Show(rows, row => row.Id, row => PayoutView.Of(row, ofPayout[row.Id])));
    }

    private static async Task<Results<Ok<PayoutView>, ProblemHttpResult>> Show(ApiCaller caller, string id, Db db, CancellationToken cancel)
    {
        var args = new { storeId = caller.Store.Id, payoutId = id };
        return await db.OneAsync<Payout>(Payout.ById, args, cancel) is { } payout
            ? TypedResults.Ok(PayoutView.Of(payout, await db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args, cancel)))
            : NoSuchPayout();
    }

    /// <summary>A person's decision to send again after Stripe has been shown to hold no transfer (rule P2).</summary>
    private static async Task<Results<Created<PayoutView>, ProblemHttpResult>> AttemptAgain(
        ApiCaller caller, string id, Db db, TimeProvider clock, CancellationToken cancel)
    {
        var args = new { storeId = caller.Store.Id, payoutId = id };
        var now = clock.GetUtcNow();
        ProblemHttpResult? problem;
        try
        {
            problem = await db.InTransactionAsync(
                async tx =>
                    await tx.OneAsync<Payout>(Payout.ById, args) is not { } payout ? NoSuchPayout()
                    : payout.State == PayoutState.Unknown
                        && (await tx.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args))[^1] is { FoundNothingAt: not null } last
                        && await PayoutBook.AttemptAgainAsync(tx, payout, last.Attempt + 1, caller.Name, now) ? null
                    : NotProved(),
                cancel: cancel);
        }
        // Two people decided at the same moment; the first one's attempt stands.
        catch (System.Data.Common.DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            problem = NotProved();
        }

        return problem is not null
            ? problem
            : TypedResults.Created(
                $"/api/v1/payouts/{id}",
                PayoutView.Of((await db.OneAsync<Payout>(Payout.ById, args, cancel))!, await db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args, cancel)));
    }

    private static async Task<Results<Ok<PayoutView>, ProblemHttpResult>> Cancel(
        ApiCaller caller, string id, Db db, TimeProvider clock, CancellationToken cancel)
    {
        var args = new { storeId = caller.Store.Id, payoutId = id };
        if (await db.OneAsync<Payout>(Payout.ById, args, cancel) is not { } payout)
        {
            return NoSuchPayout();
        }

        if (payout.State != PayoutState.Cancelled
            && !await db.InTransactionAsync(tx => PayoutBook.CancelledAsync(tx, caller.Store, payout, caller.Name, clock.GetUtcNow()), cancel: cancel))
        {
            return Problems.Conflict(
                "payout-sent", "The payout cannot be cancelled.", "Sending has begun, or it is settled. Only what was never sent is taken back; a transfer can be reversed.");
        }

        return TypedResults.Ok(
            PayoutView.Of((await db.OneAsync<Payout>(Payout.ById, args, cancel))!, await db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args, cancel)));
    }

    /// <summary>A person's decision about a payout for which Stripe holds something else than was asked for (rules P2, P4).</summary>
    private static async Task<Results<Created<PayoutView>, ProblemHttpResult>> Adopt(
        ApiCaller caller, string id, ApiBody<AdoptionRequest> body, AdoptTransfer adopt, Db db, CancellationToken cancel)
    {
        var transferId = body.Fields.Text("transferId", 1, 100);
        var reason = body.Fields.Text("reason", 1, AdoptionRequest.ReasonLengthMax);
        body.Fields.RefuseOthersThan("transferId", "reason");
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        switch (await adopt.AdoptAsync(caller.Store, id, transferId, caller.Name, reason, cancel))
        {
            case Adoption.NoSuchPayout:
                return NoSuchPayout();
            case Adoption.Refused(var why):
                return Problems.Conflict("transfer-not-adopted", "The transfer cannot be taken for this payout.", why);
            case Adoption.Unavailable(var why):
                return Problems.Of(StatusCodes.Status503ServiceUnavailable, "stripe-not-asked", "Stripe could not be asked.", why);
        }

        var args = new { storeId = caller.Store.Id, payoutId = id };
        return TypedResults.Created(
            $"/api/v1/payouts/{id}",
            PayoutView.Of((await db.OneAsync<Payout>(Payout.ById, args, cancel))!, await db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args, cancel)));
    }


    public static ProblemHttpResult NoSuchPayout() =>
        Problems.NotFound("payout-not-found", "There is no such payout.", "The store has no payout with this id.");

    private static ProblemHttpResult NotProved() => Problems.Conflict(
        "payout-not-proved-absent",
        "The payout cannot be sent again.",
        "Only a payout in state unknown is sent again, after a look-up at least 24 hours after its last send has found no transfer.");

    internal sealed record PayoutAttemptView(
        long Attempt,
        [property: Description("The idempotency key.")] string Key,
        [property: Description("frozen, unknown, accepted or refused.")] string Outcome,
        long Sends,
        DateTimeOffset CreatedAt,
        DateTimeOffset? FirstSentAt,
        DateTimeOffset? LastSentAt,
        long? HttpStatus,
        string? ErrorCode,
        string? ErrorMessage,
        string? RequestId,
        string? TransferId);

    internal sealed record PayoutView(
        string Id,
        string RunId,
        string AmbassadorId,
        [property: Description("approved, sending, unknown, sent, in_transit, paid, bank_failed, refused, reversed or cancelled.")] string State,
        [property: Description("stripe; store_credit or discount_code: in the store; or manual: by a file for a bank or PayPal.")] string Provider,
        [property: Description("What is sent, with VAT where that is added.")] Amount Amount,
        [property: Description("The part of it that is VAT; below zero where VAT of corrections is kept back from it.")] Amount Vat,
        [property: Description("How much of the amount came back and is payable again, but for the VAT in it.")] Amount Reversed,
        [property: Description("The payee's Stripe account, acct_…, or the id of the method that they named.")] string Destination,
        [property: Description("live or test.")] string Mode,
        string? TransferId,
        [property: Description("What a person should know, in words.")] string? Problem,
        [property: Description("Why the bank sent it back, in Stripe's words.")] string? BankProblem,
        [property: Description("When Stripe expects the money at the payee's bank.")] DateTimeOffset? ArrivesAt,
        DateTimeOffset CreatedAt,
        DateTimeOffset UpdatedAt,
        IReadOnlyList<PayoutAttemptView> Attempts)
    {
        public static PayoutView Of(Payout payout, IEnumerable<PayoutAttempt> attempts) => new(
            payout.Id,
            payout.RunId,
            payout.AmbassadorId,
            payout.ShownState,
            payout.Provider,
            Amount.Of(payout.Amount),
            new Amount(payout.VatMinor, payout.Currency),
            new Amount(payout.ReversedMinor, payout.Currency),
            payout.Destination,
            payout.Mode,
            payout.TransferId,
            payout.Problem,
            payout.BankProblem,
            payout.ArrivesAt,
            payout.CreatedAt,
            payout.UpdatedAt,
            [.. attempts.Select(attempt => new PayoutAttemptView(
                attempt.Attempt,
                attempt.IdempotencyKey,
                attempt.Outcome,
                attempt.Sends,
                attempt.CreatedAt,
                attempt.FirstSentAt,
                attempt.LastSentAt,
                attempt.HttpStatus,
                attempt.ErrorCode,
                attempt.ErrorMessage,
                attempt.RequestId,
                attempt.TransferId))]);
    }

    internal sealed record AdoptionRequest(
        [property: Description("The transfer at Stripe, tr_…")] string TransferId,
        [property: Description("Why it is taken, 1 to 200 characters; it stands in the ledger.")] string Reason)
    {
        public const int ReasonLengthMax = 200;
    }
}
