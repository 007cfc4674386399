// Performs the effect that takes back what was not used of a gift card or store credit (rules W4, W5).
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <summary>
/// Like giving it: each try is noted first, and where its outcome is not known, what is there decides. What was used stays with the
/// ambassador as the merchant's cost, and nothing goes below 0.
/// </summary>
internal sealed class TakeValueBack(Db db, ValueRewards rewards, StoreDirectory stores, Platforms platforms, StoreKeys keys, TimeProvider clock) : IEffectHandler
{
    /// <summary>
    /// How long a try may be on its way: longer than a worker may hold an effect. What is not there after that will never be, for
    /// nothing is sent once the reward is taken back. It also gives the platform's search time to know a new card.
    /// </summary>
    public static readonly TimeSpan InFlight = Retry.EffectLease + TimeSpan.FromMinutes(6);

    public string Kind => Effect.Kinds.TakeValueBack;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        if (await rewards.FindAsync(store, effect.Subject, cancel) is not { } reward)
        {
            return new EffectResult.Refused($"There is no reward {effect.Subject} that is a gift card or store credit.");
        }

        if (reward.State != RewardState.Revoked || reward.ReturnedAt is not null)
        {
            return new EffectResult.Done($"The reward is {reward.State}: there is nothing to take back.");
        }

        if (platforms.Find(store) is not { } platform)
        {
            return new EffectResult.Refused($"The program has no gift cards and store credit in a store of {store.Platform}.");
        }

        return reward.IssuedAt is null ? await LookForAsync(store, reward, platform, cancel)
            : reward.IsCard ? await EndCardAsync(store, reward, platform, cancel)
            : await DebitAsync(store, reward, platform, cancel);
    }

    /// <summary>It was taken back while it was being given.</summary>
    private async Task<EffectResult> LookForAsync(Store store, ValueRow reward, IStorePlatform platform, CancellationToken cancel)
    {
        if (reward.SentAt is not { } sentAt)
        {
            return NeverGiven(store, reward);
        }

        if (sentAt + InFlight - clock.GetUtcNow() is { Ticks: > 0 } wait)
        {
            return new EffectResult.PutOff("The reward may still be on its way to the store.", wait);
        }

        // Who is gone, and who was erased, has no credit of it.
        if (reward is { IsCard: false, HolderId: null })
        {
            return NeverGiven(store, reward);
        }

        return reward.IsCard
            ? await platform.FindCardAsync(store, GiftCardCode.Of(keys, store, reward.Id), reward.Id, cancel) switch
            {
                ValueAnswer<GiftCardNow?>.Given { Value: { } card } => Given(store, reward, card.Id, null),
                ValueAnswer<GiftCardNow?>.Given => NeverGiven(store, reward),
                var other => rewards.Without(store, reward, other, isDeed: false),
            }
            : await platform.ReadCreditAsync(store, reward.HolderId!, reward.Amount.Currency, cancel) switch
            {
                ValueAnswer<CreditNow?>.Given { Value: { } credit } =>
                    Judge(store, reward, CreditFound.Among(credit, reward.AmountMinor, reward.EndsAt, sentAt, await CreditMoves.KnownAsync(db, store, reward.HolderId!, cancel))),
                ValueAnswer<CreditNow?>.Given => NeverGiven(store, reward),
                var other => rewards.Without(store, reward, other, isDeed: false),
            };
    }

    private EffectResult Judge(Store store, ValueRow reward, CreditFound found) => found switch
    {
        CreditFound.One { Move: var move } => Given(store, reward, move.Id, move.At),
        CreditFound.Nothing => NeverGiven(store, reward),
        CreditFound.Unclear { First: { } first } when reward.UnclearAt is not null => Given(store, reward, first.Id, first.At),
        CreditFound.Unclear when reward.UnclearAt is not null => NeverGiven(store, reward),
        CreditFound.Unclear => rewards.Unclear(
            store, reward, "The reward was taken back while it was being given, and whether the customer has it cannot be told from their account. "
            + "Please look there; try again to have the first credit of this amount count as this reward, or none where there is none."),
        _ => throw new UnreachableException(),
    };

    private async Task<EffectResult> EndCardAsync(Store store, ValueRow reward, IStorePlatform platform, CancellationToken cancel)
    {
        return await platform.LookAtCardAsync(store, reward.DiscountId!, cancel) switch
        {
            ValueAnswer<GiftCardNow?>.Given { Value: null } =>
                Returned(store, reward, 0, null, "The gift card is gone from the store: what it was worth stays as cost."),
            ValueAnswer<GiftCardNow?>.Given { Value: { IsEnabled: false } ended } => Returned(store, reward, ended.BalanceMinor, null, "The gift card has ended."),
            ValueAnswer<GiftCardNow?>.Given => await platform.EndCardAsync(store, reward.DiscountId!, cancel) switch
            {
                ValueAnswer<GiftCardNow>.Given { Value: var card } => Returned(store, reward, card.BalanceMinor, null, "The gift card was ended."),
                var answer => rewards.Without(store, reward, answer, isDeed: true),
            },
            var other => rewards.Without(store, reward, other, isDeed: false),
        };
    }

    private async Task<EffectResult> DebitAsync(Store store, ValueRow reward, IStorePlatform platform, CancellationToken cancel)
    {
        if (reward.HolderId is not { } holder)
        {
            return Returned(store, reward, 0, null, "The customer's data were erased: the credit stays as cost.");
        }

        if (GiveValue.Wait(reward.BackSentAt, clock.GetUtcNow()) is { } wait)
        {
            return wait;
        }

        var answer = await platform.ReadCreditAsync(store, holder, reward.Amount.Currency, cancel);
        if (answer is not ValueAnswer<CreditNow?>.Given { Value: var credit })
        {
            return rewards.Without(store, reward, answer, isDeed: false);
        }

        if (credit is null)
        {
            return Returned(store, reward, 0, null, "The customer is gone from the store: the credit stays as cost.");
        }

        if (reward is { BackSentAt: { } sentAt, BackMinor: { } asked })
        {
            switch (CreditFound.Among(credit, -asked, null, sentAt, await CreditMoves.KnownAsync(db, store, holder, cancel)))
            {
                case CreditFound.One { Move: var move }:
                    return Returned(store, reward, asked, move.Id, "The credit had been taken back before.");
                case CreditFound.Unclear { First: var first } when reward.UnclearAt is not null && first is not null:
                    return Returned(store, reward, asked, first.Id, "A person has looked: the first movement of this amount took the credit back.");
                case CreditFound.Unclear when reward.UnclearAt is null:
                    return rewards.Unclear(
                        store, reward, "The answer to taking the credit back was lost, and what became of it cannot be told from the customer's account. "
                        + "Please look there; try again to have the first movement of this amount count, or, where there is none, to have it taken back.");
            }
        }

        return Math.Min(reward.AmountMinor, credit.BalanceMinor) is > 0 and var minor
            ? await DebitAsync(store, reward, platform, holder, minor, cancel)
            : Returned(store, reward, 0, null, "Nothing was left of the credit: it stays as cost.");
    }

    private async Task<EffectResult> DebitAsync(Store store, ValueRow reward, IStorePlatform platform, string holder, long minor, CancellationToken cancel) =>
        await rewards.TryBackAsync(store, reward, minor, cancel) switch
        {
            ValueTry.Busy => GiveValue.Busy,
            ValueTry.Over => GiveValue.MovedOn,
            _ => await platform.DebitAsync(store, holder, reward.Amount with { Minor = minor }, cancel) switch
            {
                ValueAnswer<string>.Given { Value: var id } => Returned(store, reward, minor, id, "The credit was taken back."),
                // Between the look and the try the customer may have spent it: the next try asks for what is left then.
                ValueAnswer<string>.Refused refused =>
                    new EffectResult.Failed(refused.Reason, tx => rewards.NoteAsync(tx, store, reward, refused.Reason, isUndone: true)),
                var other => rewards.Without(store, reward, other, isDeed: true),
            },
        };

    private EffectResult.PutOff Given(Store store, ValueRow reward, string id, DateTimeOffset? at) =>
        new("The reward had been given when it was taken back; it is taken back now.", TimeSpan.Zero, tx => rewards.GivenAsync(tx, store, reward, id, at));

    private EffectResult.Done NeverGiven(Store store, ValueRow reward) => new("The reward was never given.", tx => rewards.ReleaseAsync(tx, store, reward));

    private EffectResult.Done Returned(Store store, ValueRow reward, long minor, string? backId, string text) =>
        new(text, tx => rewards.ReturnAsync(tx, store, reward, Math.Clamp(minor, 0, reward.AmountMinor), backId));
}
