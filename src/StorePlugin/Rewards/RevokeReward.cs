// Performs the effect that ends a reward's code in the store (rule W4).
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <summary>The payload is the reward's id. A code that was never made, or is gone, is ended already.</summary>
internal sealed class RevokeReward(Db db, StoreDirectory stores, Platforms platforms) : IEffectHandler
{
    private const string Read = "SELECT code, discount_id FROM rewards WHERE store_id = @storeId AND id = @id";

    public string Kind => Effect.Kinds.RevokeReward;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        if (await db.OneAsync<Row>(Read, new { storeId = store.Id, id = effect.Payload }, cancel) is not { Code: { } code } reward)
        {
            return new EffectResult.Refused($"There is no reward {effect.Payload} with a code.");
        }

        if (platforms.Find(store) is not { } platform)
        {
            return new EffectResult.Done($"The program creates no discounts in a store of {store.Platform}, so there is none to end.");
        }

        return await platform.EndDiscountAsync(store, new DiscountEnding(effect.Payload, code, CreateReward.Title, reward.DiscountId), cancel) switch
        {
            DiscountResult.Ended ended => new EffectResult.Done(ended.Text),
            DiscountResult.Refused refused => new EffectResult.Refused(refused.Reason),
            DiscountResult.Unavailable unavailable => new EffectResult.PutOff(unavailable.Reason, unavailable.Wait),
            DiscountResult.Failed failed => new EffectResult.Failed(failed.Reason),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    private sealed record Row(string? Code, string? DiscountId);
}
