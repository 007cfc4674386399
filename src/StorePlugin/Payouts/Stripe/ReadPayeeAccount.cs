// Reads a payee's account again after an event of Stripe's, whose snapshot may be old and out of order.
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>The payload is the account.</summary>
internal sealed class ReadPayeeAccount(StoreDirectory stores, StoreKeys keys, PayeeAccounts payees, TimeProvider clock) : IEffectHandler
{
    private static readonly TimeSpan KeyWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan OutageWait = TimeSpan.FromMinutes(5);

    public string Kind => Effect.Kinds.ReadPayeeAccount;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        var reading = await payees.AskAsync(store, effect.Payload, cancel);
        return reading switch
        {
            { State: { } state } => new EffectResult.Done(
                $"The account is {state.State}.",
                tx => PayeeBook.ApplyAsync(tx, keys, store, effect.Payload, state, reading.AskedAt, clock.GetUtcNow())),
            // Nothing waits for it: whoever pays reads it again.
            { Reply: null } => new EffectResult.Done("The store is not connected to Stripe; nothing was read."),
            { Reply: StripeReply.KeyRejected } => new EffectResult.PutOff("Stripe rejects the store's secret key.", KeyWait),
            { Reply: StripeReply.Unavailable(var why) } => new EffectResult.PutOff($"The reading waits: {why}.", OutageWait),
            _ => new EffectResult.Failed($"Nothing was learnt: {reading.Problem}."),
        };
    }
}
