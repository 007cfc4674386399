// Performs the effect that carries a rehearsal on: one step a time, and the next when all that the last one caused is done.
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

/// <summary>
/// No worker waits for another: while there is work of the rehearsal's store, the effect is put off for a moment. Where a step stands is
/// in its row, so that a program which dies goes on where it was, and a step that comes twice acts once.
/// </summary>
internal sealed class Rehearse(
    StoreDirectory stores, RehearsalDb rehearsals, RehearsalStores own, Journey journey, Earned earned, OldRehearsals old, TimeProvider clock) : IEffectHandler
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    public string Kind => Effect.Kinds.Rehearse;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (await rehearsals.FindAsync(store, effect.Subject, cancel) is not { IsRunning: true } rehearsal)
        {
            return new EffectResult.Done("The rehearsal has ended.");
        }

        if (clock.GetUtcNow() - rehearsal.BegunAt > RehearsalDb.TimeMax)
        {
            return await FailAsync(store, rehearsal, $"It took longer than {RehearsalDb.TimeMax.TotalMinutes:0} minutes.", cancel);
        }

        try
        {
            return await GoOnAsync(store, rehearsal, cancel);
        }
        // What a step must come to is known, and it has come to something else: a person is told, and nothing is tried again.
        catch (RehearsalFailedException e)
        {
            return await FailAsync(store, rehearsal, e.Message, cancel);
        }
    }

    private async Task<EffectResult> GoOnAsync(Store store, Rehearsal rehearsal, CancellationToken cancel)
    {
        var ground = new JourneyGround(
            store, rehearsal, await rehearsals.PlanOfAsync(store, rehearsal, cancel), await rehearsals.TermsOfAsync(store, rehearsal, cancel));
        var steps = await rehearsals.StepsAsync(store, rehearsal.Id, cancel);
        if (steps is [.., { IsDone: false } open])
        {
            if (!await journey.IsQuietAsync(ground, clock.GetUtcNow(), cancel))
            {
                return Wait(Moment);
            }

            var outcome = await journey.LookAsync(ground, ground.Plan.Steps[(int)open.Number - 1], cancel);
            return Wait(TimeSpan.Zero) with { Write = tx => rehearsals.EndStepAsync(tx, store.Id, rehearsal.Id, open.Number, outcome) };
        }

        if (steps.Count == ground.Plan.Steps.Length)
        {
            return await FinishAsync(store, rehearsal, cancel);
        }

        var next = ground.Plan.Steps[steps.Count];
        await journey.TakeAsync(ground, next, cancel);
        var orders = next.Purchases.Concat(next.Returns.Select(one => one.Purchase)).Select(PlannedOrders.IdOf);
        return Wait(Moment) with { Write = tx => rehearsals.TakeStepAsync(tx, store.Id, rehearsal.Id, steps.Count + 1, next, orders) };
    }

    private async Task<EffectResult> FinishAsync(Store store, Rehearsal rehearsal, CancellationToken cancel)
    {
        var ownStore = await own.FindAsync(rehearsal, cancel) ?? throw new RehearsalFailedException("The rehearsal's own store is gone.");
        var shares = EarnedShares.Of(await earned.ReadAsync(ownStore, rehearsal.Currency, cancel));
        await old.DropAsync(store, OldRehearsals.KeptMax, cancel);
        return new EffectResult.Done("The rehearsal has come to its end.", tx => rehearsals.FinishAsync(tx, store.Id, rehearsal.Id, shares));
    }

    private async Task<EffectResult> FailAsync(Store store, Rehearsal rehearsal, string why, CancellationToken cancel)
    {
        await old.DropAsync(store, OldRehearsals.KeptMax, cancel);
        return new EffectResult.Done(why, tx => rehearsals.FailAsync(tx, store.Id, rehearsal.Id, why));
    }

    // Its hour comes in a moment: until then it is no work that anybody waits for, and no try of it has failed.
    private static EffectResult.PutOff Wait(TimeSpan wait) => new("The rehearsal goes on.", wait) { IsScheduled = true };
}
