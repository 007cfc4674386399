// Performs the effect that gives a gift card or store credit (rules W1, W3).
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <summary>
/// No platform takes an idempotency key for these. So each try is noted before it is sent, and where a try's outcome is not known,
/// what is there is looked at first and decides.
/// </summary>
internal sealed class GiveValue(Db db, ValueRewards rewards, StoreDirectory stores, Platforms platforms, StoreKeys keys, TimeProvider clock) : IEffectHandler
{
    /// <summary>For how long a customer is waited for, from when the reward was earned.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(90);

    /// <summary>How often they are looked for.</summary>
    public static readonly TimeSpan CustomerWait = TimeSpan.FromDays(1);

    private static readonly TimeSpan BusyWait = TimeSpan.FromMinutes(1);

    // What was answered with a fault, or not at all, may be going on for a moment yet.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(1);

    public string Kind => Effect.Kinds.GiveValue;

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

        if (reward.State != RewardState.PendingCode)
        {
            return new EffectResult.Done($"The reward is {reward.State}: there is nothing to give.");
        }

        if (platforms.Find(store) is not { } platform)
        {
            var reason = $"The program cannot give gift cards and store credit in a store of {store.Platform}.";
            return new EffectResult.Refused(reason, tx => rewards.NoteAsync(tx, store, reward, reason));
        }

        return reward.IsCard ? await GiveCardAsync(store, reward, platform, cancel) : await GiveCreditAsync(store, reward, platform, cancel);
    }

    private async Task<EffectResult> GiveCardAsync(Store store, ValueRow reward, IStorePlatform platform, CancellationToken cancel)
    {
        var code = GiftCardCode.Of(keys, store, reward.Id);
        if (reward.SentAt is not null)
        {
            switch (await platform.FindCardAsync(store, code, reward.Id, cancel))
            {
                case ValueAnswer<GiftCardNow?>.Given { Value: { } found }:
                    return Given(store, reward, found.Id, null, "The gift card had been made before.");
                case ValueAnswer<GiftCardNow?>.Given:
                    break;
                case var other:
                    return rewards.Without(store, reward, other, isDeed: false);
            }
        }

        if (await rewards.TryAsync(store, reward, null, cancel) is not ValueTry.May { EndsAt: var endsAt })
        {
            return MovedOn;
        }

        var request = new GiftCardRequest(reward.Id, code, reward.Amount, endsAt is { } end ? DayOf(end, store) : null);
        return await platform.GiveCardAsync(store, request, cancel) switch
        {
            ValueAnswer<GiftCardNow>.Given { Value: var card } => Given(store, reward, card.Id, null, "The gift card was made."),
            var other => rewards.Without(store, reward, other, isDeed: true),
        };
    }

    private async Task<EffectResult> GiveCreditAsync(Store store, ValueRow reward, IStorePlatform platform, CancellationToken cancel)
    {
        var (holder, result) = reward.SentAt is { } sentAt ? await LookAsync(store, reward, platform, sentAt, cancel) : (null, null);
        if (result is not null)
        {
            return result;
        }

        if (holder is null)
        {
            if (reward.Email.Length == 0)
            {
                const string Reason = "The ambassador's e-mail address was erased, so that no customer can be found by it.";
                return new EffectResult.Refused(Reason, tx => rewards.NoteAsync(tx, store, reward, Reason));
            }

            switch (await platform.FindCustomerAsync(store, reward.Email, cancel))
            {
                case ValueAnswer<string?>.Given { Value: { } found }:
                    holder = found;
                    break;
                case ValueAnswer<string?>.Given:
                    return NoCustomer(store, reward);
                case var other:
                    return rewards.Without(store, reward, other, isDeed: false);
            }
        }

        return await rewards.TryAsync(store, reward, holder, cancel) switch
        {
            ValueTry.Over => MovedOn,
            ValueTry.Busy => Busy,
            ValueTry.May { EndsAt: var endsAt } => await platform.CreditAsync(store, holder, reward.Amount, endsAt, cancel) switch
            {
                ValueAnswer<string>.Given { Value: var id } => Given(store, reward with { HolderId = holder }, id, null, "The store credit was given."),
                var answer => rewards.Without(store, reward, answer, isDeed: true),
            },
            var other => throw new UnreachableException($"{other.GetType().Name} is no outcome."),
        };
    }

    /// <summary>Looks for a credit whose answer was lost. Without a result it was not given, and the same customer is to have it; without a customer, whoever has the address.</summary>
    private async Task<(string? Holder, EffectResult? Result)> LookAsync(
        Store store, ValueRow reward, IStorePlatform platform, DateTimeOffset sentAt, CancellationToken cancel)
    {
        if (reward.HolderId is not { } holder)
        {
            return Gone(store, reward);
        }

        if (Wait(sentAt, clock.GetUtcNow()) is { } wait)
        {
            return (null, wait);
        }

        var answer = await platform.ReadCreditAsync(store, holder, reward.Amount.Currency, cancel);
        if (answer is not ValueAnswer<CreditNow?>.Given { Value: var credit })
        {
            return (null, rewards.Without(store, reward, answer, isDeed: false));
        }

        if (credit is null)
        {
            return Gone(store, reward);
        }

        return CreditFound.Among(credit, reward.AmountMinor, reward.EndsAt, sentAt, await CreditMoves.KnownAsync(db, store, holder, cancel)) switch
        {
            CreditFound.One { Move: var move } => (holder, Given(store, reward, move.Id, move.At, "The store credit had been given before.")),
            CreditFound.Nothing => (holder, null),
            CreditFound.Unclear { First: { } first } when reward.UnclearAt is not null =>
                (holder, Given(store, reward, first.Id, first.At, "A person has looked: the first credit of this amount is the reward's.")),
            CreditFound.Unclear { First: null } when reward.UnclearAt is not null => (holder, null),
            CreditFound.Unclear { First: null } => (holder, rewards.Unclear(
                store, reward, "Shopify's answer to the credit was lost, and so much has moved on the customer's account since that nobody can tell whether it was given. "
                + "Please look in the customer's account; try again to have it given.")),
            _ => (holder, rewards.Unclear(
                store, reward, "The answer to the credit was lost, and the customer was given this amount more than once since: one of them may be this reward. "
                + "Please look in the customer's account; try again to have the first of them count as this reward.")),
        };
    }

    private (string? Holder, EffectResult? Result) Gone(Store store, ValueRow reward) => reward.UnclearAt is not null ? (null, null) : (null, rewards.Unclear(
        store, reward, "The customer to whom the credit was being given is gone from the store, and whether they had it before is not known. "
        + "Try again to give it to the customer who has the ambassador's e-mail address now."));

    private EffectResult NoCustomer(Store store, ValueRow reward)
    {
        const string Reason = "The store has no customer with the ambassador's e-mail address. The credit is given once there is one.";
        return clock.GetUtcNow() < reward.CreatedAt + Patience
            ? new EffectResult.PutOff(Reason, CustomerWait, tx => rewards.NoteAsync(tx, store, reward, Reason))
            : new EffectResult.Refused(Reason, tx => rewards.NoteAsync(tx, store, reward, Reason));
    }

    private EffectResult.Done Given(Store store, ValueRow reward, string id, DateTimeOffset? at, string text) =>
        new(text, tx => rewards.GivenAsync(tx, store, reward, id, at));

    /// <summary>It was taken back, or another worker is about it: it is looked at anew.</summary>
    public static EffectResult.PutOff MovedOn => new("The reward has moved on meanwhile.", TimeSpan.Zero);

    private static DateOnly DayOf(DateTimeOffset instant, Store store) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, store.Zone).DateTime);

    /// <summary>Puts a look off until whatever was begun then has ended; null: it may be looked.</summary>
    public static EffectResult.PutOff? Wait(DateTimeOffset? sentAt, DateTimeOffset now) => sentAt + Settling - now is { Ticks: > 0 } wait
        ? new EffectResult.PutOff("What the store was asked for last may still be going on.", wait)
        : null;

    /// <summary>Two at once for one customer could not be told apart.</summary>
    public static EffectResult.PutOff Busy => new("Another reward of the same customer is not settled yet.", BusyWait);
}
