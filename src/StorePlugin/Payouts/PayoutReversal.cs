// A reversal of a payout's transfer that a person has asked for, as a row; and how its request is frozen before anything is sent (rule P2).
using System.Data.Common;
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>The states of a reversal. At Stripe the amount is booked by what Stripe says of the transfer, not by these.</summary>
internal static class ReversalState
{
    /// <summary>Nothing was sent that can have moved money.</summary>
    public const string Frozen = "frozen";

    /// <summary>Sent at least once without a settling answer.</summary>
    public const string Unknown = "unknown";

    /// <summary>Stripe holds it, or the store has taken it back.</summary>
    public const string Done = "done";

    /// <summary>It was refused, or Stripe holds none a day after the last send.</summary>
    public const string Refused = "refused";
}

/// <summary>A reversal's row.</summary>
/// <param name="Number">1 and rising for each payout.</param>
/// <param name="FirstSentAt">The first send that may have moved money; the 20 hours count from it.</param>
/// <param name="Sends">How often it was sent; the version of the row for compare-and-set.</param>
/// <param name="SentWith">Hash of the secret key of those sends; null in the store.</param>
/// <param name="HolderId">Whose store credit it moves, as the platform names the customer; null for every other way.</param>
/// <param name="UnclearAt">Since when a person has to look what became of it in the store; null where nobody has to.</param>
/// <param name="Problem">What a person should know, in words.</param>
internal sealed record PayoutReversal(
    string StoreId,
    string PayoutId,
    long Number,
    long AmountMinor,
    string Currency,
    string TransferId,
    string IdempotencyKey,
    string Path,
    string Body,
    string ApiVersion,
    string State,
    DateTimeOffset AskedAt,
    string AskedBy,
    string Reason,
    DateTimeOffset? FirstSentAt,
    DateTimeOffset? LastSentAt,
    long Sends,
    string? SentWith,
    string? ReversalId,
    string? Problem,
    DateTimeOffset? SettledAt,
    string? HolderId = null,
    DateTimeOffset? UnclearAt = null)
{
    /// <summary>The columns in the order of the record.</summary>
    public const string Columns =
        """
        SELECT store_id, payout_id, number, amount_minor, currency, transfer_id, idempotency_key, path, body, api_version, state, asked_at, asked_by,
            reason, first_sent_at, last_sent_at, sends, sent_with, reversal_id, problem, settled_at,
            holder_id, unclear_at
        FROM payout_reversals
        """;

    public const string OfPayout = Columns + " WHERE store_id = @storeId AND payout_id = @payoutId ORDER BY number";

    /// <summary>The subject of the effect that sends it.</summary>
    public string Subject => $"{PayoutId}-r{Number}";

    public bool IsOpen => State is ReversalState.Frozen or ReversalState.Unknown;

    public Money Amount => new(AmountMinor, Webhooks.Currency.Parse(Currency));

    public static string PathOf(string transferId) => $"{StripeClient.TransfersPath}/{Uri.EscapeDataString(transferId)}/reversals";

    /// <summary>Freezes the request. The reason stays here: it may name somebody.</summary>
    public static PayoutReversal Freeze(Payout payout, long number, Money amount, string actor, string reason, DateTimeOffset now) =>
        payout.Provider == PayoutProvider.Stripe
            ? Of(
                payout, number, amount, actor, reason, now, PathOf(payout.TransferId!),
                StripeForm.Encode(
                [
                    ("amount", StripeAmount.ToStripe(amount).ToString(CultureInfo.InvariantCulture)),
                    ("metadata[payout_id]", payout.Id),
                    ("metadata[reversal]", number.ToString(CultureInfo.InvariantCulture)),
                ]),
                StripeClient.ApiVersion)
            : Of(payout, number, amount, actor, reason, now, payout.Provider, ManualAttempt.BodyOf(payout.Id, amount, payout.Destination), ManualAttempt.Version);

    private static PayoutReversal Of(
        Payout payout, long number, Money amount, string actor, string reason, DateTimeOffset now, string path, string body, string apiVersion) => new(
        payout.StoreId,
        payout.Id,
        number,
        amount.Minor,
        payout.Currency,
        payout.TransferId!,
        $"po-{payout.Id}-r{number}",
        path,
        body,
        apiVersion,
        ReversalState.Frozen,
        now,
        actor,
        reason,
        FirstSentAt: null,
        LastSentAt: null,
        Sends: 0,
        SentWith: null,
        ReversalId: null,
        Problem: null,
        SettledAt: null);
}

/// <summary>What came of asking for a reversal.</summary>
internal abstract record ReversalRequest
{
    internal sealed record Asked(PayoutReversal Reversal) : ReversalRequest;

    internal sealed record NoSuchPayout : ReversalRequest;

    /// <summary>The payout cannot be taken back now; why.</summary>
    internal sealed record Refused(string Why) : ReversalRequest;

    /// <summary>The amount asked for is not one that can be taken back; why.</summary>
    internal sealed record WrongAmount(string Why) : ReversalRequest;
}

/// <summary>Asks for reversals and keeps what becomes of them.</summary>
internal sealed class PayoutReversals(Db db, Credentials credentials, TimeProvider clock)
{
    private static readonly ReversalRequest.Refused OneIsOpen = new("A reversal of this payout is under way; it has to come to its end first.");

    private const string Insert =
        """
        INSERT INTO payout_reversals (store_id, payout_id, number, amount_minor, currency, transfer_id, idempotency_key, path, body, api_version, state,
            asked_at, asked_by, reason, sends)
        VALUES (@StoreId, @PayoutId, @Number, @AmountMinor, @Currency, @TransferId, @IdempotencyKey, @Path, @Body, @ApiVersion, @State,
            @AskedAt, @AskedBy, @Reason, 0)
        """;

    /// <summary>Freezes a reversal and has it sent. Whether Stripe takes the money back shows later.</summary>
    /// <param name="minor">In minor units of <paramref name="currency"/>; null: all that is left.</param>
    public async Task<ReversalRequest> AskAsync(
        Store store, string payoutId, long? minor, string? currency, string actor, string reason, CancellationToken cancel)
    {
        // A rehearsal's own Stripe makes transfers and takes none back.
        var isRehearsal = await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is { Value: var key } && StripeKey.IsRehearsal(key);
        try
        {
            return await db.InTransactionAsync(
                async tx =>
                {
                    var args = new { storeId = store.Id, payoutId };
                    if (await tx.OneAsync<Payout>(Payout.ById, args) is not { } payout)
                    {
                        return new ReversalRequest.NoSuchPayout();
                    }

                    var before = await tx.ManyAsync<PayoutReversal>(PayoutReversal.OfPayout, args);
                    var left = payout.Amount with { Minor = payout.AmountMinor - payout.ReversedMinor };
                    if (Refusal(payout, before, left, isRehearsal) is { } refusal)
                    {
                        return refusal;
                    }

                    var amount = left with { Minor = minor ?? left.Minor };
                    if (currency is not null && currency != payout.Currency)
                    {
                        return new ReversalRequest.WrongAmount($"must be in the payout's currency, {payout.Currency}");
                    }

                    if (payout.Provider == PayoutProvider.DiscountCode && amount != left)
                    {
                        return new ReversalRequest.WrongAmount("must be left out: a discount code is taken back as a whole");
                    }

                    if (amount > left || (payout.Provider == PayoutProvider.Stripe && StripeAmount.Sendable(amount) != amount))
                    {
                        return new ReversalRequest.WrongAmount(
                            amount > left ? $"must be at most {left}, which is what is left of the payout" : $"must be an amount that Stripe takes in {payout.Currency}");
                    }

                    var reversal = PayoutReversal.Freeze(payout, before.Count + 1, amount, actor, reason, clock.GetUtcNow());
                    await tx.DoAsync(Insert, reversal);
                    var kind = payout.Provider == PayoutProvider.Stripe ? Effect.Kinds.ReverseTransfer : Effect.Kinds.TakePayoutBack;
                    await Outbox.AddAsync(tx, store.Id, kind, reversal.Subject, payout.Id, reversal.AskedAt);
                    return (ReversalRequest)new ReversalRequest.Asked(reversal);
                },
                cancel: cancel);
        }
        // Two people asked at the same moment; the first one's stands.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return OneIsOpen;
        }
    }

    private static ReversalRequest.Refused? Refusal(Payout payout, IReadOnlyList<PayoutReversal> before, Money left, bool isRehearsal) =>
        payout.Provider == PayoutProvider.Manual ? new("What was paid by a file cannot be taken back from here.")
        : payout.State is not (PayoutState.Sent or PayoutState.Reversed) || payout.TransferId is null
            ? new($"The payout is {payout.State}; only what was paid can be taken back.")
        : isRehearsal && payout.Provider == PayoutProvider.Stripe ? new("The rehearsal's own Stripe takes no transfer back.")
        : left.Minor == 0 ? new("All of it has come back already.")
        : before.Any(one => one.IsOpen) ? OneIsOpen
        : null;

    private const string MarkSend =
        """
        UPDATE payout_reversals
        SET state = 'unknown', first_sent_at = COALESCE(first_sent_at, @now), last_sent_at = @now, sends = sends + 1, sent_with = @sentWith,
            holder_id = COALESCE(@holder, holder_id), unclear_at = NULL
        WHERE store_id = @storeId AND payout_id = @payoutId AND number = @number AND sends = @sends AND settled_at IS NULL
        """;

    /// <summary>Writes that a send begins, before it does. False: another worker has begun one, or it is settled.</summary>
    /// <param name="holder">Whose store credit it will move; null for every other way.</param>
    public static async Task<bool> BeginSendAsync(Tx tx, PayoutReversal reversal, string? sentWith, DateTimeOffset now, string? holder = null) =>
        await tx.DoAsync(
            MarkSend,
            new { storeId = reversal.StoreId, payoutId = reversal.PayoutId, number = reversal.Number, sends = reversal.Sends, sentWith, holder, now }) == 1;

    private const string UnmarkSend =
        """
        UPDATE payout_reversals SET state = 'frozen', first_sent_at = NULL, sent_with = NULL
        WHERE store_id = @storeId AND payout_id = @payoutId AND number = @number AND sends = @sends AND settled_at IS NULL
        """;

    /// <summary>The only send so far surely did not run. Does nothing when another has begun since.</summary>
    public static Task<int> UnmarkSendAsync(Tx tx, PayoutReversal before) =>
        tx.DoAsync(UnmarkSend, new { storeId = before.StoreId, payoutId = before.PayoutId, number = before.Number, sends = before.Sends + 1 });

    private const string SetProblem =
        "UPDATE payout_reversals SET problem = @problem WHERE store_id = @storeId AND payout_id = @payoutId AND number = @number AND settled_at IS NULL";

    /// <summary>Says why it waits.</summary>
    public static Task<int> StillOpenAsync(Tx tx, PayoutReversal reversal, string problem) =>
        tx.DoAsync(
            SetProblem, new { storeId = reversal.StoreId, payoutId = reversal.PayoutId, number = reversal.Number, problem = Retry.Fit(problem) });

    private const string MarkUnclear =
        """
        UPDATE payout_reversals SET problem = @problem, unclear_at = @now
        WHERE store_id = @storeId AND payout_id = @payoutId AND number = @number AND settled_at IS NULL
        """;

    /// <summary>What is there may be it or not: a person looks, and has the effect replayed when they have.</summary>
    public static Task<int> UnclearAsync(Tx tx, PayoutReversal reversal, string problem, DateTimeOffset now) =>
        tx.DoAsync(
            MarkUnclear,
            new { storeId = reversal.StoreId, payoutId = reversal.PayoutId, number = reversal.Number, problem = Retry.Fit(problem), now });

    /// <summary>The store has taken it back; the caller books it. False: that was known before.</summary>
    public static Task<bool> TakenBackAsync(Tx tx, PayoutReversal reversal, string reference, DateTimeOffset now) =>
        SettleAsync(tx, reversal, ReversalState.Done, reference, null, now);

    private const string Settle =
        """
        UPDATE payout_reversals SET state = @state, reversal_id = @reversalId, problem = @problem, settled_at = @now
        WHERE store_id = @storeId AND payout_id = @payoutId AND number = @number AND settled_at IS NULL
        """;

    /// <summary>Stripe holds it: the transfer is looked up, and that books what Stripe says was reversed (rule P4).</summary>
    public static async Task DoneAsync(Tx tx, PayoutReversal reversal, string reversalId, DateTimeOffset now)
    {
        if (await SettleAsync(tx, reversal, ReversalState.Done, reversalId, null, now))
        {
            await Outbox.AddAsync(tx, reversal.StoreId, Effect.Kinds.LookUpTransfer, $"{reversal.Subject}-done", reversal.PayoutId, now);
        }
    }

    /// <summary>Nothing was taken back and nothing will be by this request.</summary>
    public static Task RefusedAsync(Tx tx, PayoutReversal reversal, string problem, DateTimeOffset now) =>
        SettleAsync(tx, reversal, ReversalState.Refused, null, Retry.Fit(problem), now);

    private static async Task<bool> SettleAsync(Tx tx, PayoutReversal reversal, string state, string? reversalId, string? problem, DateTimeOffset now) =>
        await tx.DoAsync(
            Settle, new { storeId = reversal.StoreId, payoutId = reversal.PayoutId, number = reversal.Number, state, reversalId, problem, now }) == 1;
}
