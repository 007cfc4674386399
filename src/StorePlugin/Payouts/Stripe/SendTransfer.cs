// Sends frozen transfers: marks the send, makes it, and says what came of it (rule P2).
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>
/// Sends the same bytes under the same key until Stripe settles them or 20 hours are over; then only a look-up decides.
/// It may be called any number of times and die anywhere: no second transfer comes of it.
/// </summary>
internal sealed partial class SendTransfer(
    Db db, StoreDirectory stores, Credentials credentials, StripeClient stripe, TimeProvider clock, ILogger<SendTransfer> logger) : IEffectHandler
{
    /// <summary>The most calls of Stripe that one performance makes: a look-up and a send.</summary>
    public const int CallsMax = 2;

    private const string StoppedRun =
        """
        SELECT stop_reason FROM payout_runs
        WHERE store_id = @storeId AND id = @runId AND stopped_at IS NOT NULL AND (stopped_currencies IS NULL OR stopped_currencies LIKE @currency)
        """;

    private static readonly TimeSpan KeyWait = TimeSpan.FromHours(1);

    // A run that goes on wakes its sends.
    private static readonly TimeSpan StoppedWait = TimeSpan.FromHours(1);

    private static readonly TimeSpan OtherWorkerWait = TimeSpan.FromMinutes(2);

    // The waits after the first, second … send without a settling answer; the last one repeats.
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(2),
    ];

    public string Kind => Effect.Kinds.SendTransfer;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        var args = new { storeId = store.Id, payoutId = effect.Payload };
        var payout = await db.OneAsync<Payout>(Payout.ById, args, cancel);
        var attempts = await db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args, cancel);
        if (payout is null || attempts.SingleOrDefault(one => one.Subject == effect.Subject) is not { } attempt)
        {
            return new EffectResult.Refused($"There is no attempt {effect.Subject}.");
        }

        if (!payout.IsOpen || attempt != attempts[^1] || attempt.Outcome is AttemptOutcome.Accepted or AttemptOutcome.Refused)
        {
            return new EffectResult.Done($"Payout {payout.Id} is {payout.State}; there is nothing to send.");
        }

        var now = clock.GetUtcNow();
        if (payout.State == PayoutState.Approved && await db.OneAsync<string>(StoppedRun, new { storeId = store.Id, runId = payout.RunId, currency = $"%{payout.Currency}%" }, cancel) is { } stopped)
        {
            return Wait(payout, $"The run waits: {stopped}", StoppedWait, now);
        }

        if (attempt.FirstSentAt is { } first && now - first >= PayoutAttempt.ResendFor)
        {
            return HandOver(payout, attempt, "For 20 hours no answer has settled this transfer. It is not sent again; a look-up at Stripe decides.", now);
        }

        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key })
        {
            return Wait(payout, "The store is not connected to Stripe.", KeyWait, now);
        }

        if (StripeKey.ModeOf(key) != payout.Mode)
        {
            return Wait(payout, $"The store's Stripe key is not of mode {payout.Mode}, which this payout needs.", KeyWait, now);
        }

        var keyHash = Ids.HashOf(key);
        if (attempt.Outcome == AttemptOutcome.Unknown && attempt.SentWith != keyHash)
        {
            return HandOver(
                payout,
                attempt,
                "The store's Stripe key was replaced after this transfer was sent, and another account would not recognise a second send. A look-up decides.",
                now);
        }

        // An attempt that waited so long may have been sent by a copy of this database that was lost since.
        if (attempt.Outcome == AttemptOutcome.Frozen && (attempt.Attempt > 1 || now - attempt.CreatedAt >= PayoutAttempt.ResendFor))
        {
            switch (await stripe.LookUpAsync(store.Id, key, payout.Id, cancel))
            {
                case StripeLookUp.Failed(var failure):
                    return Wait(payout, $"Before sending, Stripe is asked for earlier transfers, and the question failed: {Words(failure)}.", WaitAfter(attempt, now), now);

                case StripeLookUp.Found(var transfers)
                    when TransferSettlement.Settle(logger, store, payout, attempt.Attempt, TransferFinding.Decide(payout, transfers), null, now) is { } settled:
                    return settled;
            }
        }

        if (!await db.InTransactionAsync(tx => PayoutBook.BeginSendAsync(tx, attempt, keyHash, now), cancel: cancel))
        {
            return new EffectResult.PutOff("Another worker is sending this transfer.", OtherWorkerWait);
        }

        var answer = await stripe.SendAsync(store.Id, key, attempt, cancel);
        return Judge(store, payout, attempt, answer);
    }

    /// <param name="attempt">As it was before this send.</param>
    private EffectResult Judge(Store store, Payout payout, PayoutAttempt attempt, StripeAnswer answer)
    {
        var now = clock.GetUtcNow();
        switch (answer)
        {
            case StripeAnswer.Accepted accepted:
                return TransferSettlement.Settle(
                    logger, store, payout with { State = PayoutState.Sending }, attempt.Attempt, TransferFinding.Decide(payout, accepted.Transfer), answer, now)!;

            // A stored refusal is Stripe's word on the earlier sends too. A fresh one is not, since permissions, for one, are
            // checked before the key: an earlier send may have paid, or may still be under way.
            case StripeAnswer.Refused refused when attempt.Outcome == AttemptOutcome.Unknown && !refused.Headers.Replayed:
                return HandOver(
                    payout,
                    attempt,
                    $"Stripe refused to repeat this transfer ({refused.Code}), which does not tell what became of the first send. A look-up decides: {refused.Message}",
                    now,
                    answer);

            case StripeAnswer.Refused refused:
                return Refuse(store, payout, attempt, refused, now);

            case StripeAnswer.Drifted drifted:
                Log.Drifted(logger, payout.Id, store.Id);
                return HandOver(
                    payout, attempt, $"Stripe knows this transfer's key with other parameters, which is a fault here. A look-up decides: {drifted.Message}", now, answer);

            case StripeAnswer.KeyRejected:
                Log.KeyRejected(logger, store.Id);
                var rejected = "Stripe rejects the store's secret key; connect Stripe again. "
                    + (attempt.Outcome == AttemptOutcome.Frozen ? "Nothing was moved." : "Whether an earlier send has made the transfer is not known.");
                return new EffectResult.PutOff(
                    rejected,
                    Shorten(KeyWait, attempt, now),
                    async tx =>
                    {
                        await PayoutBook.NoteAnswerAsync(tx, attempt, answer);
                        if (attempt.Outcome == AttemptOutcome.Frozen)
                        {
                            await PayoutBook.UnmarkSendAsync(tx, attempt);
                        }

                        await PayoutBook.StillOpenAsync(tx, payout, rejected, now);
                    });

            case StripeAnswer.Busy or StripeAnswer.Unknown:
                return Again(payout, attempt, answer, now);

            default:
                throw new UnreachableException();
        }
    }

    private static EffectResult.Done Refuse(Store store, Payout payout, PayoutAttempt attempt, StripeAnswer.Refused refused, DateTimeOffset now) =>
        new(
            $"Stripe refused ({refused.Code}); the money is payable again.",
            async tx =>
            {
                await PayoutBook.RefusedAsync(tx, store, payout, attempt, refused, now);
                if (refused.Code == StripeAnswer.Refused.NoMoney)
                {
                    await PayoutRuns.StopForMoneyAsync(tx, store.Id, payout.RunId, payout.Currency, now);
                }
            });

    /// <summary>The same bytes and key once more, later.</summary>
    private static EffectResult.PutOff Again(Payout payout, PayoutAttempt attempt, StripeAnswer answer, DateTimeOffset now)
    {
        var problem = $"It is not known whether the transfer exists: {Words(answer)}. The same request is sent again.";
        return new EffectResult.PutOff(
            problem,
            WaitAfter(attempt, now),
            async tx =>
            {
                await PayoutBook.NoteAnswerAsync(tx, attempt, answer);

                // The same bytes would bring the same stored answer, so Stripe is asked at once what it did.
                if (await PayoutBook.UnknownAsync(tx, payout, problem, now) && answer is StripeAnswer.Unknown { IsStored: true })
                {
                    await Outbox.AddAsync(
                        tx, payout.StoreId, Effect.Kinds.LookUpTransfer, $"{attempt.IdempotencyKey}-stored", payout.Id, now);
                }
            });
    }

    /// <summary>Sending ends here; the look-up with the attempt's key as its subject goes on until absence is proved.</summary>
    private static EffectResult.Done HandOver(Payout payout, PayoutAttempt attempt, string why, DateTimeOffset now, StripeAnswer? answer = null) =>
        new(
            why,
            async tx =>
            {
                if (answer is not null)
                {
                    await PayoutBook.NoteAnswerAsync(tx, attempt, answer);
                }

                if (await PayoutBook.UnknownAsync(tx, payout, why, now))
                {
                    await Outbox.AddAsync(tx, payout.StoreId, Effect.Kinds.LookUpTransfer, attempt.IdempotencyKey, payout.Id, now);
                }
            });

    private static EffectResult.PutOff Wait(Payout payout, string why, TimeSpan wait, DateTimeOffset now) =>
        new(why, wait, tx => PayoutBook.StillOpenAsync(tx, payout, why, now));

    private static TimeSpan WaitAfter(PayoutAttempt attempt, DateTimeOffset now) =>
        Shorten(Waits[Math.Min(attempt.Sends, Waits.Length - 1)], attempt, now);

    /// <summary>Not beyond the end of the 20 hours, when the look-up is due.</summary>
    private static TimeSpan Shorten(TimeSpan wait, PayoutAttempt attempt, DateTimeOffset now) =>
        attempt.FirstSentAt is { } first && first + PayoutAttempt.ResendFor - now is var left && left < wait
            ? (left > TimeSpan.Zero ? left : TimeSpan.Zero)
            : wait;

    private static string Words(StripeAnswer answer) => answer switch
    {
        StripeAnswer.Busy busy => busy.Why,
        StripeAnswer.Unknown unknown => unknown.Why,
        StripeAnswer.KeyRejected => "Stripe rejects the store's secret key",
        StripeAnswer.Refused refused => $"Stripe refused the look-up ({refused.Code})",
        _ => $"Stripe answered {answer.Status}",
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The request of payout {PayoutId} of store {StoreId} is not the one that Stripe knows under its key")]
        public static partial void Drifted(ILogger logger, string payoutId, string storeId);

        [LoggerMessage(LogLevel.Warning, "Stripe rejects the secret key of store {StoreId}")]
        public static partial void KeyRejected(ILogger logger, string storeId);
    }
}
