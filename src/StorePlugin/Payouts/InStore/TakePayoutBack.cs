// Takes payouts back that were given in the store, of what the payee has not used, with the same care for a lost answer as giving them.
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.InStore;

internal sealed class TakePayoutBack(
    Db db, StoreDirectory stores, Platforms platforms, IEnumerable<IPayoutProvider> providers, StoreKeys keys, TimeProvider clock) : IEffectHandler
{
    private readonly Dictionary<string, IPayoutProvider> _providers = providers.ToDictionary(provider => provider.Name, StringComparer.Ordinal);

    private static readonly TimeSpan OtherWorkerWait = TimeSpan.FromMinutes(2);

    public string Kind => Effect.Kinds.TakePayoutBack;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        var args = new { storeId = store.Id, payoutId = effect.Payload };
        var payout = await db.OneAsync<Payout>(Payout.ById, args, cancel);
        var accepted = (await db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args, cancel)).SingleOrDefault(attempt => attempt.Outcome == AttemptOutcome.Accepted);
        var reversals = await db.ManyAsync<PayoutReversal>(PayoutReversal.OfPayout, args, cancel);
        if (payout is null || accepted is null || reversals.SingleOrDefault(one => one.Subject == effect.Subject) is not { } reversal)
        {
            return new EffectResult.Refused($"There is no reversal {effect.Subject} of a payout that was given.");
        }

        if (!reversal.IsOpen)
        {
            return new EffectResult.Done($"The reversal is {reversal.State}; there is nothing to take back.");
        }

        if (!store.IsInstalled || platforms.Find(store) is null || !_providers.TryGetValue(payout.Provider, out var provider))
        {
            return Refuse(reversal, "The store takes no requests of the program any more.");
        }

        if (reversal.State == ReversalState.Unknown)
        {
            if (GiveValue.Wait(reversal.LastSentAt, clock.GetUtcNow()) is { } settling)
            {
                return settling;
            }

            switch (await provider.LookForReversalAsync(store, payout, accepted, reversal, cancel))
            {
                case PayoutLook.Found(var reference):
                    return Done(store, payout, accepted, reversal, reference);
                case PayoutLook.Unclear(var why):
                    return new EffectResult.Refused(why, tx => PayoutReversals.UnclearAsync(tx, reversal, why, clock.GetUtcNow()));
                case PayoutLook.NotTold(var why, var wait):
                    return Wait(reversal, why, wait);
            }
        }

        return await AskAsync(store, payout, accepted, reversal, provider, cancel);
    }

    private async Task<EffectResult> AskAsync(
        Store store, Payout payout, PayoutAttempt accepted, PayoutReversal reversal, IPayoutProvider provider, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var begun = await db.InTransactionAsync(
            async tx => accepted.HolderId is { } holder && await CreditMoves.IsBusyAsync(tx, store.Id, holder, payout.Id) ? (bool?)null
                : await PayoutReversals.BeginSendAsync(tx, reversal, sentWith: null, now, accepted.HolderId),
            cancel: cancel);
        if (begun is not true)
        {
            return begun is null ? GiveValue.Busy : new EffectResult.PutOff("Another worker is taking this payout back.", OtherWorkerWait);
        }

        return await provider.TakeBackAsync(store, payout, accepted, reversal, cancel) switch
        {
            PayoutAnswer.Accepted(var reference) => Done(store, payout, accepted, reversal, reference),
            PayoutAnswer.Refused refused => Refuse(reversal, refused.Why),
            PayoutAnswer.Unknown(var why, var wait) => SendPayout.Unknown(
                why, wait, tx => PayoutReversals.StillOpenAsync(tx, reversal, $"It is not known whether it was taken back: {why}")),
            PayoutAnswer.NotDone(var why, var wait) => Wait(reversal, why, wait),
            _ => throw new UnreachableException(),
        };
    }

    private const string ReadEmail = "SELECT email FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private EffectResult.Done Done(Store store, Payout payout, PayoutAttempt accepted, PayoutReversal reversal, string reference) => new(
        "It was taken back.",
        async tx =>
        {
            var now = clock.GetUtcNow();
            if (!await PayoutReversals.TakenBackAsync(tx, reversal, reference, now))
            {
                return;
            }

            // The row may have moved since it was read: another reversal of it was booked.
            var current = (await tx.OneAsync<Payout>(Payout.ById, new { storeId = store.Id, payoutId = payout.Id }))!;
            await PayoutBook.ReversedAsync(tx, store, current, current.Amount with { Minor = current.ReversedMinor + reversal.AmountMinor }, now);
            if (payout.Provider == PayoutProvider.StoreCredit)
            {
                var email = await tx.OneAsync<string>(ReadEmail, new { storeId = store.Id, ambassadorId = payout.AmbassadorId });
                await CreditMoves.NoteAsync(
                    tx, store, keys, accepted.HolderId, email ?? "", reversal.Subject, reversal.Amount with { Minor = -reversal.AmountMinor }, "A payout of the programme was taken back.", now, now);
            }
        });

    private EffectResult.Done Refuse(PayoutReversal reversal, string why) => new(why, tx => PayoutReversals.RefusedAsync(tx, reversal, why, clock.GetUtcNow()));

    private static EffectResult.PutOff Wait(PayoutReversal reversal, string why, TimeSpan wait) => new(why, wait, tx => PayoutReversals.StillOpenAsync(tx, reversal, why));
}
