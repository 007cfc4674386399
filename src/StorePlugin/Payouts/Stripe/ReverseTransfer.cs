// Sends frozen reversals, with the same care for a lost answer as transfers (rule P2).
using System.Diagnostics;
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>
/// Before a request is sent once more Stripe is asked whether it holds the reversal, which carries our number. The same bytes go under the
/// same key for 20 hours; a day after the last send Stripe's list proves that there is none. Nothing is booked here: the look-up of the
/// transfer books what Stripe says, so that nothing is booked twice.
/// </summary>
internal sealed class ReverseTransfer(Db db, StoreDirectory stores, Credentials credentials, StripeClient stripe, TimeProvider clock) : IEffectHandler
{
    private static readonly TimeSpan KeyWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan OtherWorkerWait = TimeSpan.FromMinutes(2);

    // The waits after the first, second … send without a settling answer; the last one repeats.
    private static readonly TimeSpan[] Waits =
        [TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(2)];

    public string Kind => Effect.Kinds.ReverseTransfer;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        var args = new { storeId = store.Id, payoutId = effect.Payload };
        var payout = await db.OneAsync<Payout>(Payout.ById, args, cancel);
        var reversals = await db.ManyAsync<PayoutReversal>(PayoutReversal.OfPayout, args, cancel);
        if (payout is null || reversals.SingleOrDefault(one => one.Subject == effect.Subject) is not { } reversal)
        {
            return new EffectResult.Refused($"There is no reversal {effect.Subject}.");
        }

        if (!reversal.IsOpen)
        {
            return new EffectResult.Done($"The reversal is {reversal.State}; there is nothing to send.");
        }

        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key })
        {
            return Wait(reversal, "The store is not connected to Stripe.", KeyWait);
        }

        if (StripeKey.ModeOf(key) != payout.Mode)
        {
            return Wait(reversal, $"The store's Stripe key is not of mode {payout.Mode}, in which the payout was made.", KeyWait);
        }

        // One that waited so long may have been sent by a copy of this database that was lost since.
        var now = clock.GetUtcNow();
        if (reversal.State == ReversalState.Unknown || now - reversal.AskedAt >= PayoutAttempt.ResendFor)
        {
            switch (await stripe.ReversalsAsync(store.Id, key, reversal.TransferId, cancel))
            {
                case StripeRead<IReadOnlyList<StripeReversal>>.Failed(var failure):
                    return Wait(reversal, $"Whether Stripe holds the reversal could not be asked: {Words(failure)}.", WaitAfter(reversal));

                case StripeRead<IReadOnlyList<StripeReversal>>.Found(var held) when held.FirstOrDefault(one => IsOurs(one, reversal)) is { } ours:
                    return Done(reversal, ours, now);
            }

            if (!MayResend(reversal, Ids.HashOf(key), now))
            {
                return Absent(reversal, now);
            }
        }

        if (!await db.InTransactionAsync(tx => PayoutReversals.BeginSendAsync(tx, reversal, Ids.HashOf(key), now), cancel: cancel))
        {
            return new EffectResult.PutOff("Another worker is sending this reversal.", OtherWorkerWait);
        }

        return await stripe.ReverseAsync(store.Id, key, reversal, cancel) switch
        {
            StripeRead<StripeReversal>.Found(var made) => Done(reversal, made, clock.GetUtcNow()),
            StripeRead<StripeReversal>.Failed(var answer) => Judge(reversal, answer, clock.GetUtcNow()),
            _ => throw new UnreachableException(),
        };
    }

    // Another key may belong to another account, where the idempotency key means nothing.
    private static bool MayResend(PayoutReversal reversal, string keyHash, DateTimeOffset now) =>
        reversal.State == ReversalState.Frozen || (reversal.SentWith == keyHash && now - reversal.FirstSentAt < PayoutAttempt.ResendFor);

    private static bool IsOurs(StripeReversal held, PayoutReversal reversal) =>
        held.PayoutId == reversal.PayoutId && held.Number == reversal.Number.ToString(CultureInfo.InvariantCulture);

    private static EffectResult.Done Done(PayoutReversal reversal, StripeReversal made, DateTimeOffset now) =>
        new($"Stripe holds reversal {made.Id} of {reversal.Amount}.", tx => PayoutReversals.DoneAsync(tx, reversal, made.Id, now));

    private static EffectResult Absent(PayoutReversal reversal, DateTimeOffset now)
    {
        if (reversal.LastSentAt is { } last && now - last < PayoutAttempt.AbsenceAfter)
        {
            return Wait(
                reversal, "Stripe shows no such reversal yet, and it is not sent again; 24 hours after the last send it is asked once more.",
                last + PayoutAttempt.AbsenceAfter - now);
        }

        return Refuse(reversal, "A day after the last send Stripe holds no such reversal: nothing was taken back. Ask anew if it is still wanted.", now);
    }

    /// <param name="reversal">As it was before this send.</param>
    private static EffectResult Judge(PayoutReversal reversal, StripeAnswer answer, DateTimeOffset now) => answer switch
    {
        // A fresh refusal says nothing of earlier sends; Stripe's list does.
        StripeAnswer.Refused refused when reversal.State == ReversalState.Unknown && !refused.Headers.Replayed =>
            Wait(reversal, $"Stripe refused to repeat the reversal ({refused.Code}), which does not tell what became of the first send: {refused.Message}", WaitAfter(reversal)),
        StripeAnswer.Refused refused => Refuse(reversal, Reason(refused), now),
        StripeAnswer.KeyRejected => new EffectResult.PutOff(
            "Stripe rejects the store's secret key; connect Stripe again.",
            KeyWait,
            async tx =>
            {
                await PayoutReversals.StillOpenAsync(tx, reversal, "Stripe rejects the store's secret key; connect Stripe again.");
                if (reversal.State == ReversalState.Frozen)
                {
                    await PayoutReversals.UnmarkSendAsync(tx, reversal);
                }
            }),
        _ => Wait(reversal, $"It is not known whether Stripe took the money back: {Words(answer)}. It is looked up, and sent again where there is none.", WaitAfter(reversal)),
    };

    private static string Reason(StripeAnswer.Refused refused) => refused.Code == StripeAnswer.Refused.NoMoney
        ? $"The payee's balance at Stripe does not cover it, for instance because it has gone to their bank; nothing was taken back. Stripe's words: {refused.Message}"
        : $"Stripe refused to take it back ({refused.Code}): {refused.Message}";

    private static EffectResult.Done Refuse(PayoutReversal reversal, string why, DateTimeOffset now) =>
        new(why, tx => PayoutReversals.RefusedAsync(tx, reversal, why, now));

    private static EffectResult.PutOff Wait(PayoutReversal reversal, string why, TimeSpan wait) =>
        new(why, wait, tx => PayoutReversals.StillOpenAsync(tx, reversal, why));

    private static TimeSpan WaitAfter(PayoutReversal reversal) => Waits[Math.Min(reversal.Sends, Waits.Length - 1)];

    private static string Words(StripeAnswer answer) => answer switch
    {
        StripeAnswer.Busy busy => busy.Why,
        StripeAnswer.Unknown unknown => unknown.Why,
        StripeAnswer.KeyRejected => "Stripe rejects the store's secret key",
        StripeAnswer.Refused refused => $"Stripe refused ({refused.Code}): {refused.Message}",
        StripeAnswer.Drifted drifted => $"Stripe knows the request's key with other parameters: {drifted.Message}",
        _ => $"Stripe answered {answer.Status}",
    };
}
