// Asks Stripe what became of a payout: by its group, which proves what no answer of a send can after a day (rule P2).
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>
/// The payload is the payout. A look-up whose subject is the key of the newest attempt goes on until a transfer is found
/// or its absence is proved; any other, raised by an event say, asks once.
/// </summary>
internal sealed class LookUpTransfer(
    Db db, StoreDirectory stores, Credentials credentials, StripeClient stripe, TimeProvider clock, ILogger<LookUpTransfer> logger) : IEffectHandler
{
    private static readonly TimeSpan KeyWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan OutageWait = TimeSpan.FromMinutes(5);

    public string Kind => Effect.Kinds.LookUpTransfer;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        var args = new { storeId = store.Id, payoutId = effect.Payload };
        var payout = await db.OneAsync<Payout>(Payout.ById, args, cancel);
        var attempts = await db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args, cancel);
        if (payout is null || attempts is not [.., var attempt])
        {
            return new EffectResult.Refused($"There is no payout {effect.Payload}.");
        }

        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key })
        {
            return new EffectResult.PutOff("The store is not connected to Stripe.", KeyWait);
        }

        // The key of the other mode sees other transfers, and would find nothing where there is something.
        if (StripeKey.ModeOf(key) != payout.Mode)
        {
            return new EffectResult.PutOff($"The store's Stripe key is not of mode {payout.Mode}, which this payout needs.", KeyWait);
        }

        var lookUp = await stripe.LookUpAsync(store.Id, key, payout.Id, cancel);
        var now = clock.GetUtcNow();
        return lookUp switch
        {
            StripeLookUp.Found(var transfers) =>
                TransferSettlement.Settle(logger, store, payout, attempt.Attempt, TransferFinding.Decide(payout, transfers), null, now)
                ?? FoundNothing(effect, payout, attempt, Ids.HashOf(key), now),
            StripeLookUp.Failed(StripeAnswer.KeyRejected) => new EffectResult.PutOff("Stripe rejects the store's secret key.", KeyWait),
            StripeLookUp.Failed(StripeAnswer.Busy busy) => new EffectResult.PutOff($"The look-up waits: {busy.Why}.", OutageWait),
            StripeLookUp.Failed(StripeAnswer.Unknown unknown) => new EffectResult.PutOff($"The look-up failed: {unknown.Why}.", OutageWait),
            StripeLookUp.Failed(StripeAnswer.Refused refused) => new EffectResult.Failed($"Stripe refused the look-up ({refused.Code}): {refused.Message}"),
            StripeLookUp.Failed(var answer) => new EffectResult.Failed($"Stripe answered the look-up with {answer.Status}."),
            _ => throw new UnreachableException(),
        };
    }

    private static EffectResult FoundNothing(Effect effect, Payout payout, PayoutAttempt attempt, string keyHash, DateTimeOffset now)
    {
        if (!payout.IsOpen || attempt.LastSentAt is not { } last || attempt.Outcome != AttemptOutcome.Unknown)
        {
            return new EffectResult.Done($"Stripe shows no transfer; payout {payout.Id} is {payout.State}.");
        }

        if (effect.Subject != attempt.IdempotencyKey)
        {
            return new EffectResult.Done("Stripe shows no transfer yet; sending goes on.");
        }

        // Another key may be another account's, which shows nothing of what the first one made. The look-up goes on, since
        // a person may connect the account again, or make the transfer by hand.
        if (attempt.SentWith != keyHash)
        {
            var elsewhere = "The store's Stripe key was replaced since this transfer was sent, perhaps by that of another account, so that Stripe shows "
                + $"no transfer proves nothing. Look for the transfer group {payout.Id} in the account that it was sent from. If the transfer is there, "
                + "connect that account again, and the look-up finds it. If it is surely not there, make it by hand with this amount, destination and "
                + "transfer group in the account that is connected now. Until then the money stays reserved.";
            return new EffectResult.PutOff(elsewhere, KeyWait, tx => PayoutBook.StillOpenAsync(tx, payout, elsewhere, now));
        }

        if (now - last < PayoutAttempt.AbsenceAfter)
        {
            return new EffectResult.PutOff(
                "Stripe shows no transfer yet; 24 hours after the last send it is asked again.", last + PayoutAttempt.AbsenceAfter - now);
        }

        const string Why = "A day after the last send Stripe shows no transfer. A person must decide whether to send again; until then the money stays reserved.";
        return new EffectResult.Done(
            Why,
            async tx =>
            {
                if (await PayoutBook.UnknownAsync(tx, payout, Why, now))
                {
                    await PayoutBook.NoteAbsenceAsync(tx, attempt, now);
                }
            });
    }
}
