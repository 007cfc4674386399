// Gives frozen payouts in the store: marks the send, asks, and says what came of it (rules P1, P3, P4).
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.InStore;

/// <summary>
/// Each send is written down before it is made. Where its outcome is not known, the store is looked at first, and only what is not there is
/// sent again. It may be called any number of times and die anywhere.
/// </summary>
internal sealed class SendPayout(
    Db db, StoreDirectory stores, Platforms platforms, IEnumerable<IPayoutProvider> providers, StoreKeys keys, TimeProvider clock) : IEffectHandler
{
    private readonly Dictionary<string, IPayoutProvider> _providers = providers.ToDictionary(provider => provider.Name, StringComparer.Ordinal);

    // Want of money at Stripe concerns nothing that stays in the store; a person's stop does.
    private const string StoppedRun =
        """
        SELECT stop_reason FROM payout_runs
        WHERE store_id = @storeId AND id = @runId AND stopped_at IS NOT NULL AND stopped_currencies IS NULL
        """;

    // A run that goes on wakes its sends.
    private static readonly TimeSpan StoppedWait = TimeSpan.FromHours(1);

    private static readonly TimeSpan OtherWorkerWait = TimeSpan.FromMinutes(2);

    public string Kind => Effect.Kinds.SendPayout;

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

        if (!payout.IsOpen || attempt.Outcome is AttemptOutcome.Accepted or AttemptOutcome.Refused)
        {
            return new EffectResult.Done($"Payout {payout.Id} is {payout.State}; there is nothing to send.");
        }

        if (!store.IsInstalled)
        {
            return Left(store, payout);
        }

        if (platforms.Find(store) is null || !_providers.TryGetValue(payout.Provider, out var provider))
        {
            return Unsendable(store, payout, attempt, $"The program cannot give {payout.Provider} in a store of {store.Platform}.");
        }

        if (payout.State == PayoutState.Approved && await db.OneAsync<string>(StoppedRun, new { storeId = store.Id, runId = payout.RunId }, cancel) is { } stopped)
        {
            return Wait(payout, $"The run waits: {stopped}", StoppedWait);
        }

        return attempt.Outcome == AttemptOutcome.Unknown
            ? await LookAsync(store, payout, attempt, provider, cancel)
            : await BeginAsync(store, payout, attempt, provider, cancel);
    }

    /// <summary>The first send, for which the payee is looked for.</summary>
    private async Task<EffectResult> BeginAsync(Store store, Payout payout, PayoutAttempt attempt, IPayoutProvider provider, CancellationToken cancel) =>
        await provider.FindPayeeAsync(store, payout, cancel) switch
        {
            PayeeLook.Found(var holder) => await SendAsync(store, payout, attempt, provider, holder, cancel),
            PayeeLook.Missing missing => Unsendable(store, payout, attempt, missing.Why),
            PayeeLook.NotTold(var why, var wait) => Wait(payout, why, wait),
            _ => throw new UnreachableException(),
        };

    /// <summary>A further send, of what a look has shown not to be there.</summary>
    private async Task<EffectResult> LookAsync(Store store, Payout payout, PayoutAttempt attempt, IPayoutProvider provider, CancellationToken cancel)
    {
        if (GiveValue.Wait(attempt.LastSentAt, clock.GetUtcNow()) is { } settling)
        {
            return settling;
        }

        return await provider.LookForAsync(store, payout, attempt, cancel) switch
        {
            PayoutLook.Found(var reference) => Sent(store, payout, attempt, reference, "It had been given before."),
            PayoutLook.Absent => await SendAsync(store, payout, attempt, provider, attempt.HolderId, cancel),
            PayoutLook.Unclear(var why) => new EffectResult.Refused(why, tx => PayoutBook.UnclearAsync(tx, payout, attempt, why, clock.GetUtcNow())),
            PayoutLook.NotTold(var why, var wait) => Wait(payout, why, wait),
            _ => throw new UnreachableException(),
        };
    }

    private async Task<EffectResult> SendAsync(
        Store store, Payout payout, PayoutAttempt attempt, IPayoutProvider provider, string? holder, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var begun = await db.InTransactionAsync(
            async tx => holder is not null && await CreditMoves.IsBusyAsync(tx, store.Id, holder, payout.Id) ? (bool?)null
                : await PayoutBook.BeginSendAsync(tx, attempt, sentWith: null, now, holder),
            cancel: cancel);
        if (begun is not true)
        {
            return begun is null ? GiveValue.Busy : new EffectResult.PutOff("Another worker is giving this payout.", OtherWorkerWait);
        }

        var sent = attempt with { HolderId = holder };
        return await provider.SendAsync(store, payout, sent, cancel) switch
        {
            PayoutAnswer.Accepted(var reference) => Sent(store, payout, sent, reference, "It was given."),
            PayoutAnswer.Refused refused => new EffectResult.Done(
                refused.Why,
                tx => PayoutBook.FailedAsync(tx, store, payout, sent, refused.Why, clock.GetUtcNow(), PayoutBook.Actor, $"The store refused payout {payout.Id}.")),
            PayoutAnswer.Unknown(var why, var wait) => Unknown(
                why, wait, tx => PayoutBook.UnknownAsync(tx, payout, $"It is not known whether it was given: {why} The store is looked at.", clock.GetUtcNow())),
            PayoutAnswer.NotDone(var why, var wait) => new EffectResult.PutOff(
                why,
                wait,
                async tx =>
                {
                    if (attempt.Outcome == AttemptOutcome.Frozen)
                    {
                        await PayoutBook.UnmarkSendAsync(tx, attempt);
                    }

                    await PayoutBook.StillOpenAsync(tx, payout, why, clock.GetUtcNow());
                }),
            _ => throw new UnreachableException(),
        };
    }

    private const string ReadEmail = "SELECT email FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private EffectResult.Done Sent(Store store, Payout payout, PayoutAttempt attempt, string reference, string text) => new(
        text,
        async tx =>
        {
            var now = clock.GetUtcNow();
            if (await PayoutBook.PaidAsync(tx, store, payout, attempt, reference, now, PayoutBook.Actor, "The store has given it.") && payout.Provider == PayoutProvider.StoreCredit)
            {
                var email = await tx.OneAsync<string>(ReadEmail, new { storeId = store.Id, ambassadorId = payout.AmbassadorId });
                await CreditMoves.NoteAsync(tx, store, keys, attempt.HolderId, email ?? "", payout.Id, payout.Amount, "A payout of the programme.", now, now);
            }
        });

    /// <summary>It is looked for later: after an outage, or on the common schedule.</summary>
    public static EffectResult Unknown(string why, TimeSpan? wait, Func<Tx, Task> note) =>
        wait is { } outage ? new EffectResult.PutOff(why, outage, note) : new EffectResult.Failed(why, note);

    private EffectResult.Done Unsendable(Store store, Payout payout, PayoutAttempt attempt, string why) =>
        new(why, tx => PayoutBook.UnsendableAsync(tx, store, payout, attempt, why, clock.GetUtcNow()));

    /// <summary>The store takes no requests any more: what was not sent is payable again, and of the rest only a person of the store can tell.</summary>
    private EffectResult Left(Store store, Payout payout) => payout.State == PayoutState.Approved
        ? new EffectResult.Done(
            Installation.UninstalledOutcome, tx => PayoutBook.CancelledAsync(tx, store, payout, PayoutBook.Actor, clock.GetUtcNow()))
        : new EffectResult.Refused("The store has left while the payout was being given, and cannot be asked what became of it.");

    private EffectResult.PutOff Wait(Payout payout, string why, TimeSpan wait) => new(why, wait, tx => PayoutBook.StillOpenAsync(tx, payout, why, clock.GetUtcNow()));
}
