// Performs the effect that reads a store's name, currency, time zone, storefront and address from its platform.
using StorePlugin.Inbox;

namespace StorePlugin.Stores;

/// <summary>Reading changes nothing outside, so it may be performed any number of times.</summary>
internal sealed class ReadStore(StoreDirectory stores, StoreContact contact, Platforms platforms) : IEffectHandler
{
    public string Kind => Effect.Kinds.ReadStore;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        if (platforms.Find(store) is not { } platform)
        {
            return new EffectResult.Refused($"The program cannot ask {store.Platform} about a store.");
        }

        // Why the platform did not answer is an outcome, kept with the effect.
        try
        {
            var facts = await platform.ReadStoreAsync(store, cancel);
            return new EffectResult.Done("The store's facts were read.", async tx =>
            {
                await StoreFactsRow.WriteAsync(tx, store.Id, facts);
                await contact.TakeAsync(tx, store.Id, facts.ContactEmail);
                stores.Forget(store);
            });
        }
        catch (PlatformException e)
        {
            return e.Wait is { } wait ? new EffectResult.PutOff(e.Message, wait) : new EffectResult.Failed(e.Message);
        }
    }
}
