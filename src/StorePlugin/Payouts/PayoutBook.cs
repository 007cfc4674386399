// The transitions of a payout: compare-and-set on its state, with the ledger and the orders in the same transaction.
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>
/// The one place where payouts change, for sends, look-ups and webhooks alike (rules P3, P4). Each method may be called
/// again or too late: where the state has moved on it changes nothing and returns false. Only a reversal that finds the
/// row changed throws, since nothing else would bring the rest of it.
/// </summary>
internal static class PayoutBook
{
    /// <summary>Who acts where no person did.</summary>
    public const string Actor = "payouts";

    // SQL Server takes 2,100 parameters.
    private const int ExportedAtOnceMax = 500;

    private const string InsertPayout =
        """
        INSERT INTO payouts (store_id, id, run_id, ambassador_id, currency, amount_minor, reversed_minor, destination, mode, state,
            transfer_id, problem, created_at, updated_at, provider, vat_minor, vat_case, vat_rate_bp, bill_merchant_id, bill_payee_id)
        VALUES (@StoreId, @Id, @RunId, @AmbassadorId, @Currency, @AmountMinor, @ReversedMinor, @Destination, @Mode, @State,
            @TransferId, @Problem, @CreatedAt, @UpdatedAt, @Provider, @VatMinor, @VatCase, @VatRateBp, @BillMerchantId, @BillPayeeId)
        """;

    private const string InsertAttempt =
        """
        INSERT INTO payout_attempts (store_id, payout_id, attempt, idempotency_key, method, path, body, api_version, mode, outcome,
            created_at, sends)
        VALUES (@StoreId, @PayoutId, @Attempt, @IdempotencyKey, @Method, @Path, @Body, @ApiVersion, @Mode, @Outcome, @CreatedAt, 0)
        """;

    // Written before the orders move, for those that will (rule H6).
    private const string LogTaken =
        """
        INSERT INTO order_events (store_id, order_id, revision, kind, subject, at, actor)
        SELECT store_id, order_id, revision + 1, 'reserved', @payoutId, @now, @actor FROM orders
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND currency = @currency AND state = 'approved'
            AND (approved_at IS NULL OR approved_at <= @shownAt)
        """;

    private const string LogMoved =
        """
        INSERT INTO order_events (store_id, order_id, revision, kind, subject, at, actor)
        SELECT store_id, order_id, revision + 1, @kind, @payoutId, @now, @actor FROM orders
        WHERE store_id = @storeId AND payout_id = @payoutId AND state = @state
        """;

    private const string TakeOrders =
        """
        UPDATE orders SET state = 'in_payout', payout_id = @payoutId, revision = revision + 1, updated_at = @now
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND currency = @currency AND state = 'approved'
            AND (approved_at IS NULL OR approved_at <= @shownAt)
        """;

    /// <summary>
    /// Reserves the money of new payouts and freezes their first attempts (rules P1, P2): row, attempt, ledger, orders and effect, or
    /// nothing. A run makes thousands of them while somebody waits, so each statement is prepared once.
    /// </summary>
    /// <param name="shownAt">The instant of the run's preview: what became payable since is in the next run, money and orders alike.</param>
    public static async Task ReserveAsync(Tx tx, Store store, IReadOnlyList<Payout> payouts, DateTimeOffset shownAt, string actor)
    {
        await using var insert = new Prepared(tx, InsertPayout);
        foreach (var payout in payouts)
        {
            await insert.DoAsync(
                ("StoreId", payout.StoreId), ("Id", payout.Id), ("RunId", payout.RunId), ("AmbassadorId", payout.AmbassadorId), ("Currency", payout.Currency),
                ("AmountMinor", payout.AmountMinor), ("ReversedMinor", payout.ReversedMinor), ("Destination", payout.Destination), ("Mode", payout.Mode),
                ("State", payout.State), ("TransferId", payout.TransferId), ("Problem", payout.Problem), ("CreatedAt", payout.CreatedAt),
                ("UpdatedAt", payout.UpdatedAt), ("Provider", payout.Provider), ("VatMinor", payout.VatMinor), ("VatCase", payout.VatCase),
                ("VatRateBp", payout.VatRateBp), ("BillMerchantId", payout.BillMerchantId), ("BillPayeeId", payout.BillPayeeId));
            await SelfBillBook.ReservedAsync(tx, payout);
        }

        foreach (var payout in payouts)
        {
            await FreezeAsync(tx, payout, attempt: 1, payout.CreatedAt);
        }

        await PayoutEvent.PostAsync(tx, store, [.. payouts.Select(payout => PayoutEvent.Reserved(payout, actor))]);
        await using var log = new Prepared(tx, LogTaken);
        await using var take = new Prepared(tx, TakeOrders);
        foreach (var payout in payouts)
        {
            await log.DoAsync(
                ("storeId", store.Id), ("payoutId", payout.Id), ("ambassadorId", payout.AmbassadorId), ("currency", payout.Currency), ("shownAt", shownAt),
                ("now", payout.CreatedAt), ("actor", actor));
            await take.DoAsync(
                ("storeId", store.Id), ("payoutId", payout.Id), ("ambassadorId", payout.AmbassadorId), ("currency", payout.Currency), ("shownAt", shownAt),
                ("now", payout.CreatedAt));
        }
    }

    private const string ClearProblem =
        """
        UPDATE payouts SET problem = @problem, updated_at = @now
        WHERE store_id = @storeId AND id = @payoutId AND state = 'unknown'
        """;

    /// <summary>
    /// A person's decision to send again under a new key, after a look-up has proved that the last attempt made no
    /// transfer (rule P2). The money stays reserved.
    /// </summary>
    public static async Task<bool> AttemptAgainAsync(Tx tx, Payout payout, long attempt, string actor, DateTimeOffset now)
    {
        var problem = Retry.Fit($"{actor} decided to send again, as attempt {attempt}.");
        if (await tx.DoAsync(ClearProblem, new { storeId = payout.StoreId, payoutId = payout.Id, problem, now }) == 0)
        {
            return false;
        }

        await FreezeAsync(tx, payout, attempt, now);
        return true;
    }

    private const string BeginSend =
        """
        UPDATE payouts SET state = CASE WHEN state = 'approved' THEN 'sending' ELSE state END, updated_at = @now
        WHERE store_id = @storeId AND id = @payoutId AND state IN ('approved', 'sending', 'unknown')
        """;

    private const string MarkSend =
        """
        UPDATE payout_attempts
        SET outcome = 'unknown', first_sent_at = COALESCE(first_sent_at, @now), last_sent_at = @now, sends = sends + 1, sent_with = @sentWith,
            holder_id = COALESCE(@holder, holder_id), unclear_at = NULL
        WHERE store_id = @storeId AND payout_id = @payoutId AND attempt = @attempt AND sends = @sends AND outcome IN ('frozen', 'unknown')
        """;

    /// <summary>
    /// Writes that a send begins, before it does. False: another worker has begun one, or the payout has moved on.
    /// </summary>
    /// <param name="holder">Whose store credit it will move; null for every other way.</param>
    public static async Task<bool> BeginSendAsync(Tx tx, PayoutAttempt attempt, string? sentWith, DateTimeOffset now, string? holder = null)
    {
        var args = new { storeId = attempt.StoreId, payoutId = attempt.PayoutId, attempt = attempt.Attempt, sends = attempt.Sends, sentWith, holder, now };
        if (await tx.DoAsync(MarkSend, args) == 0)
        {
            return false;
        }

        // An open attempt belongs to an open payout; the exception takes the mark back.
        return await tx.DoAsync(BeginSend, args) == 1
            ? true
            : throw new UnreachableException($"Payout {attempt.PayoutId} has an open attempt and is not open itself.");
    }

    private const string BeginExports =
        """
        UPDATE payouts SET state = 'sending', updated_at = @now
        WHERE store_id = @storeId AND id IN @ids AND provider = 'manual' AND state = 'approved'
        """;

    private const string MarkExports =
        """
        UPDATE payout_attempts SET outcome = 'unknown', first_sent_at = @now, last_sent_at = @now, sends = sends + 1, sent_with = @exportId
        WHERE store_id = @storeId AND payout_id IN @ids AND outcome = 'frozen'
        """;

    /// <summary>Writes that payouts leave in a file, before anybody has it: all of them, or the exception takes everything back.</summary>
    /// <exception cref="StalePayoutException">One of them is no longer approved.</exception>
    public static async Task BeginExportAsync(Tx tx, string storeId, IReadOnlyList<string> payoutIds, string exportId, DateTimeOffset now)
    {
        foreach (var ids in payoutIds.Chunk(ExportedAtOnceMax))
        {
            var args = new { storeId, ids = new TextList(ids), exportId, now };
            if (await tx.DoAsync(BeginExports, args) != ids.Length || await tx.DoAsync(MarkExports, args) != ids.Length)
            {
                throw new StalePayoutException(ids[0]);
            }
        }
    }

    private const string UnmarkSend =
        """
        UPDATE payout_attempts SET outcome = 'frozen', first_sent_at = NULL, sent_with = NULL
        WHERE store_id = @storeId AND payout_id = @payoutId AND attempt = @attempt AND sends = @sends AND outcome = 'unknown'
        """;

    /// <summary>
    /// The only send so far surely did not run, so the attempt is as if it had never been sent. Does nothing when another
    /// send has begun since.
    /// </summary>
    public static Task<int> UnmarkSendAsync(Tx tx, PayoutAttempt before) =>
        tx.DoAsync(
            UnmarkSend,
            new { storeId = before.StoreId, payoutId = before.PayoutId, attempt = before.Attempt, sends = before.Sends + 1 });

    private const string NoteAnswer =
        """
        UPDATE payout_attempts
        SET http_status = @httpStatus, error_code = @errorCode, error_message = @errorMessage, request_id = COALESCE(@requestId, request_id)
        WHERE store_id = @storeId AND payout_id = @payoutId AND attempt = @attempt AND outcome IN ('frozen', 'unknown')
        """;

    /// <summary>Keeps with the attempt what Stripe answered, while nothing has settled it.</summary>
    public static Task<int> NoteAnswerAsync(Tx tx, PayoutAttempt attempt, StripeAnswer answer)
    {
        var code = answer switch
        {
            StripeAnswer.Refused refused => refused.Code,
            StripeAnswer.Drifted => "idempotency_error",
            _ => null,
        };
        var message = answer switch
        {
            StripeAnswer.Refused refused => refused.Message,
            StripeAnswer.Drifted drifted => drifted.Message,
            StripeAnswer.Busy busy => busy.Why,
            StripeAnswer.Unknown unknown => unknown.Why,
            _ => null,
        };
        return tx.DoAsync(
            NoteAnswer,
            new
            {
                storeId = attempt.StoreId,
                payoutId = attempt.PayoutId,
                attempt = attempt.Attempt,
                httpStatus = answer.Status,
                errorCode = Fit(code, 100),
                errorMessage = Fit(message, 1000),
                requestId = Fit(answer.Headers.RequestId, 100),
            });
    }

    private const string ToUnknown =
        """
        UPDATE payouts SET state = 'unknown', problem = @problem, updated_at = @now
        WHERE store_id = @storeId AND id = @payoutId AND state IN ('approved', 'sending', 'unknown')
        """;

    /// <summary>Nobody can tell; the payee's next payout waits for this one (rule P3).</summary>
    public static async Task<bool> UnknownAsync(Tx tx, Payout payout, string problem, DateTimeOffset now) =>
        await tx.DoAsync(ToUnknown, new { storeId = payout.StoreId, payoutId = payout.Id, problem = Retry.Fit(problem), now }) == 1;

    private const string MarkUnclear =
        """
        UPDATE payout_attempts SET unclear_at = @now
        WHERE store_id = @storeId AND payout_id = @payoutId AND attempt = @attempt AND outcome = 'unknown'
        """;

    /// <summary>What is there may be it or not: a person looks, and has the effect replayed when they have.</summary>
    public static async Task UnclearAsync(Tx tx, Payout payout, PayoutAttempt attempt, string problem, DateTimeOffset now)
    {
        if (await UnknownAsync(tx, payout, problem, now))
        {
            await tx.DoAsync(MarkUnclear, new { storeId = payout.StoreId, payoutId = payout.Id, attempt = attempt.Attempt, now });
        }
    }

    private const string SetOpenProblem =
        """
        UPDATE payouts SET problem = @problem, updated_at = @now
        WHERE store_id = @storeId AND id = @payoutId AND state IN ('approved', 'sending', 'unknown')
        """;

    /// <summary>Says why a payout waits, while it is open.</summary>
    public static Task<int> StillOpenAsync(Tx tx, Payout payout, string problem, DateTimeOffset now) =>
        tx.DoAsync(SetOpenProblem, new { storeId = payout.StoreId, payoutId = payout.Id, problem = Retry.Fit(problem), now });

    private const string SetProblem =
        "UPDATE payouts SET problem = @problem, updated_at = @now WHERE store_id = @storeId AND id = @payoutId AND state = @state";

    /// <summary>Tells a person something about a payout without moving it.</summary>
    public static async Task<bool> ProblemAsync(Tx tx, Payout payout, string problem, DateTimeOffset now) =>
        await tx.DoAsync(
            SetProblem, new { storeId = payout.StoreId, payoutId = payout.Id, state = payout.State, problem = Retry.Fit(problem), now }) == 1;

    private const string ToSent =
        """
        UPDATE payouts SET state = 'sent', transfer_id = @transferId, problem = NULL, updated_at = @now
        WHERE store_id = @storeId AND id = @payoutId AND state IN ('approved', 'sending', 'unknown')
        """;

    private const string AcceptAttempt =
        """
        UPDATE payout_attempts
        SET outcome = 'accepted', transfer_id = @transferId, request_id = COALESCE(@requestId, request_id),
            http_status = COALESCE(@httpStatus, http_status), error_code = NULL, error_message = NULL
        WHERE store_id = @storeId AND payout_id = @payoutId AND attempt = @attempt
        """;

    private const string PayOrders =
        """
        UPDATE orders SET state = 'paid', revision = revision + 1, updated_at = @now
        WHERE store_id = @storeId AND payout_id = @payoutId AND state = 'in_payout'
        """;

    /// <summary>The transfer exists and is the one that was asked for.</summary>
    /// <param name="answer">The answer that told it; null when a look-up did.</param>
    /// <param name="actor">Who decided that it is the one; the program itself where nobody had to.</param>
    /// <param name="reason">Why, in that person's words.</param>
    public static Task<bool> SentAsync(
        Tx tx, Store store, Payout payout, long attempt, StripeTransfer transfer, StripeAnswer? answer, DateTimeOffset now,
        string actor = Actor, string? reason = null) =>
        SentAsync(tx, store, payout, attempt, transfer.Id, answer, now, actor, reason ?? $"Transfer {transfer.Id} exists.");

    /// <summary>A payout by another way than Stripe was paid, as a person, a file of theirs or the store says.</summary>
    /// <param name="reference">The other side's name of the payment: the bank's, PayPal's, Wise's or the store's.</param>
    public static Task<bool> PaidAsync(
        Tx tx, Store store, Payout payout, PayoutAttempt attempt, string reference, DateTimeOffset now, string actor, string reason) =>
        SentAsync(tx, store, payout, attempt.Attempt, reference, answer: null, now, actor, reason);

    private static async Task<bool> SentAsync(
        Tx tx, Store store, Payout payout, long attempt, string transferId, StripeAnswer? answer, DateTimeOffset now, string actor, string reason)
    {
        var args = new
        {
            storeId = store.Id,
            payoutId = payout.Id,
            attempt,
            transferId,
            requestId = Fit(answer?.Headers.RequestId, 100),
            httpStatus = answer?.Status,
            now,
        };
        if (await tx.DoAsync(ToSent, args) == 0)
        {
            return false;
        }

        await tx.DoAsync(AcceptAttempt, args);
        await PayoutEvent.Sent(payout, now, actor, reason).PostAsync(tx, store);
        await SelfBillBook.SentAsync(tx, store, payout, now);
        await tx.DoAsync(LogMoved, new { args.storeId, args.payoutId, args.now, kind = OrderLog.Paid, state = "in_payout", actor });
        await tx.DoAsync(PayOrders, args);
        await new MailNotice(MailNotice.PayoutSent, payout.AmbassadorId, Payout: payout.Id).AddAsync(tx, store.Id, now);
        return true;
    }

    private const string ToRefused =
        """
        UPDATE payouts SET state = 'refused', problem = @problem, updated_at = @now
        WHERE store_id = @storeId AND id = @payoutId AND state IN ('sending', 'unknown')
        """;

    private const string RefuseAttempt =
        """
        UPDATE payout_attempts SET outcome = 'refused'
        WHERE store_id = @storeId AND payout_id = @payoutId AND attempt = @attempt AND outcome IN ('frozen', 'unknown')
        """;

    private const string ReturnOrders =
        """
        UPDATE orders SET state = 'approved', approved_at = @now, payout_id = NULL, revision = revision + 1, updated_at = @now
        WHERE store_id = @storeId AND payout_id = @payoutId AND state = @state
        """;

    /// <summary>Stripe refused for good: the money is payable again (rule P4).</summary>
    public static async Task<bool> RefusedAsync(
        Tx tx, Store store, Payout payout, PayoutAttempt attempt, StripeAnswer.Refused refusal, DateTimeOffset now)
    {
        var problem = Retry.Fit(
            refusal.Curable
                ? $"Stripe refused ({refusal.Code}), and the cause can be cured: {refusal.Message}"
                : $"Stripe refused for good ({refusal.Code}): {refusal.Message}");
        await NoteAnswerAsync(tx, attempt, refusal);
        return await ReturnAsync(tx, store, payout, attempt, problem, now, Actor, $"Stripe refused payout {payout.Id}.");
    }

    /// <summary>A manual payout was not paid, or came back before it counted as paid: the money is payable again (rule P4).</summary>
    /// <param name="problem">What a person should know.</param>
    /// <param name="reason">What stands in the ledger.</param>
    public static Task<bool> FailedAsync(
        Tx tx, Store store, Payout payout, PayoutAttempt attempt, string problem, DateTimeOffset now, string actor, string reason) =>
        ReturnAsync(tx, store, payout, attempt, Retry.Fit(problem), now, actor, reason);

    private const string ToUnsendable =
        """
        UPDATE payouts SET state = 'refused', problem = @problem, updated_at = @now
        WHERE store_id = @storeId AND id = @payoutId AND state = 'approved'
        """;

    /// <summary>There is nobody to send it to, so that nothing was sent: the money is payable again.</summary>
    public static Task<bool> UnsendableAsync(Tx tx, Store store, Payout payout, PayoutAttempt attempt, string problem, DateTimeOffset now) =>
        ReturnAsync(tx, store, payout, attempt, Retry.Fit(problem), now, Actor, $"Payout {payout.Id} could not be sent.", ToUnsendable);

    private static async Task<bool> ReturnAsync(
        Tx tx, Store store, Payout payout, PayoutAttempt attempt, string problem, DateTimeOffset now, string actor, string reason, string move = ToRefused)
    {
        var args = new { storeId = store.Id, payoutId = payout.Id, attempt = attempt.Attempt, problem, now };
        if (await tx.DoAsync(move, args) == 0)
        {
            return false;
        }

        await tx.DoAsync(RefuseAttempt, args);
        await PayoutEvent.Returned(payout, attempt, now, actor, reason).PostAsync(tx, store);
        await SelfBillBook.ReturnedAsync(tx, payout);
        await ReturnOrdersAsync(tx, store, payout, "in_payout", now);
        await new MailNotice(MailNotice.PayoutFailed, payout.AmbassadorId, Payout: payout.Id).AddAsync(tx, store.Id, now);
        return true;
    }

    // What came late or changed while they were in the payout was not applied to them (rule L2).
    private const string ReconsiderOrders =
        """
        INSERT INTO reconsiderations (store_id, order_id, at, queued_at)
        SELECT o.store_id, o.order_id, o.at, @now FROM orders o
        WHERE o.store_id = @storeId AND o.payout_id = @payoutId AND o.state = @state
            AND o.at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM reconsiderations r WHERE r.store_id = o.store_id AND r.order_id = o.order_id)
        """;

    private static async Task ReturnOrdersAsync(Tx tx, Store store, Payout payout, string state, DateTimeOffset now)
    {
        var args = new { storeId = store.Id, payoutId = payout.Id, kind = OrderLog.Returned, state, now, actor = Actor };
        await tx.DoAsync(ReconsiderOrders, args);
        await tx.DoAsync(LogMoved, args);
        await tx.DoAsync(ReturnOrders, args);
    }

    private const string ToReversed =
        """
        UPDATE payouts SET state = 'reversed', reversed_minor = @reversedMinor, problem = @problem, updated_at = @now
        WHERE store_id = @storeId AND id = @payoutId AND state IN ('sent', 'reversed') AND reversed_minor = @reversedBefore
        """;

    /// <summary>A reversal of the transfer was seen: what is newly reversed is payable again (rule P4).</summary>
    /// <param name="reversed">The whole sum reversed so far.</param>
    /// <exception cref="StalePayoutException">
    /// More is reversed, and the row is no longer what <paramref name="payout"/> says: another look-up has just booked a
    /// part. Nothing may be marked as done then; the next look reads the row anew.
    /// </exception>
    public static async Task<bool> ReversedAsync(Tx tx, Store store, Payout payout, Money reversed, DateTimeOffset now)
    {
        var args = new
        {
            storeId = store.Id,
            payoutId = payout.Id,
            reversedBefore = payout.ReversedMinor,
            reversedMinor = reversed.Minor,
            problem = payout.Provider == PayoutProvider.Stripe ? $"Of the transfer, {reversed} were reversed at Stripe." : $"{reversed} of it were taken back in the store.",
            now,
        };
        if (reversed.Minor <= payout.ReversedMinor)
        {
            return false;
        }

        if (await tx.DoAsync(ToReversed, args) == 0)
        {
            throw new StalePayoutException(payout.Id);
        }

        var step = PayoutEvent.Reversed(payout, reversed, now, Actor);
        await step.PostAsync(tx, store);
        await SelfBillBook.ReversedAsync(tx, store, payout, step);

        // Of a part nobody can say whose order it was; after the whole none is paid.
        if (reversed == payout.Amount)
        {
            await ReturnOrdersAsync(tx, store, payout, "paid", now);
        }

        await new MailNotice(MailNotice.PayoutReversed, payout.AmbassadorId, Payout: payout.Id, ReversedMinor: reversed.Minor).AddAsync(tx, store.Id, now);
        return true;
    }

    private const string ToCancelled =
        """
        UPDATE payouts SET state = 'cancelled', problem = @problem, updated_at = @now
        WHERE store_id = @storeId AND id = @payoutId AND state = 'approved'
        """;

    /// <summary>
    /// A person takes a payout back before anything was sent (rule P3): the money is payable again. False: a send has begun, or
    /// it is settled.
    /// </summary>
    public static async Task<bool> CancelledAsync(Tx tx, Store store, Payout payout, string actor, DateTimeOffset now)
    {
        var problem = Retry.Fit($"{actor} cancelled it before it was sent.");
        if (await tx.DoAsync(ToCancelled, new { storeId = store.Id, payoutId = payout.Id, problem, now }) == 0)
        {
            return false;
        }

        await PayoutEvent.Cancelled(payout, now, actor).PostAsync(tx, store);
        await SelfBillBook.ReturnedAsync(tx, payout);
        await ReturnOrdersAsync(tx, store, payout, "in_payout", now);
        return true;
    }

    private const string NoteAbsence =
        """
        UPDATE payout_attempts SET found_nothing_at = @now
        WHERE store_id = @storeId AND payout_id = @payoutId AND attempt = @attempt AND sends = @sends AND outcome = 'unknown'
        """;

    /// <summary>A look-up proved that no transfer exists; it allows a person to send again, and nothing else (rule P2).</summary>
    public static Task<int> NoteAbsenceAsync(Tx tx, PayoutAttempt attempt, DateTimeOffset now) =>
        tx.DoAsync(
            NoteAbsence, new { storeId = attempt.StoreId, payoutId = attempt.PayoutId, attempt = attempt.Attempt, sends = attempt.Sends, now });

    private static async Task FreezeAsync(Tx tx, Payout payout, long attempt, DateTimeOffset now)
    {
        var frozen = payout.Provider == PayoutProvider.Stripe
            ? PayoutAttempt.Freeze(payout, attempt, now)
            : await ManualAttempt.FreezeAsync(tx, payout, attempt, now);
        await using var insert = new Prepared(tx, InsertAttempt);
        await insert.DoAsync(
            ("StoreId", frozen.StoreId), ("PayoutId", frozen.PayoutId), ("Attempt", frozen.Attempt), ("IdempotencyKey", frozen.IdempotencyKey),
            ("Method", frozen.Method), ("Path", frozen.Path), ("Body", frozen.Body), ("ApiVersion", frozen.ApiVersion), ("Mode", payout.Mode),
            ("Outcome", frozen.Outcome), ("CreatedAt", frozen.CreatedAt));

        // What leaves in a file is sent by whoever takes the file.
        if (payout.Provider != PayoutProvider.Manual)
        {
            var kind = payout.Provider == PayoutProvider.Stripe ? Effect.Kinds.SendTransfer : Effect.Kinds.SendPayout;
            await using var send = new Prepared(tx, Outbox.Insert);
            await Outbox.AddAsync(send, payout.StoreId, kind, frozen.Subject, payout.Id, now, now);
        }
    }

    private static string? Fit(string? text, int lengthMax) => text?.Length > lengthMax ? text[..lengthMax] : text;
}

/// <summary>A payout was changed by somebody else between its reading and its writing; whoever wrote begins again.</summary>
internal sealed class StalePayoutException(string payoutId)
    : Exception($"Payout {payoutId} was changed by somebody else at the same moment; it is looked at again.");
