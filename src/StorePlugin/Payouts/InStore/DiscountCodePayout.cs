// Pays by a discount code that takes the amount off one order.
using System.Diagnostics;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.InStore;

/// <summary>A store knows each code once, and whose it is: making it a second time finds the first, so that nothing need be looked for.</summary>
internal sealed class DiscountCodePayout(Platforms platforms, StoreKeys keys, TimeProvider clock) : IPayoutProvider
{
    /// <summary>What merchants see in front of the attempt's key; it holds no person's name.</summary>
    public const string Title = "StorePlugin payout";

    // The store counts uses a little later than it takes them.
    private static readonly TimeSpan CountingTime = TimeSpan.FromMinutes(10);

    public string Name => PayoutProvider.DiscountCode;

    public Task<PayeeLook> FindPayeeAsync(Store store, Payout payout, CancellationToken cancel) => Task.FromResult<PayeeLook>(new PayeeLook.Found(null));

    public async Task<PayoutAnswer> SendAsync(Store store, Payout payout, PayoutAttempt attempt, CancellationToken cancel)
    {
        var request = new DiscountRequest(attempt.IdempotencyKey, CodeOf(keys, store, attempt.IdempotencyKey), Title, PercentBp: 0, payout.CreatedAt)
        {
            AmountOff = payout.Amount,
            UsageLimit = 1,
            OncePerCustomer = true,
        };
        var answer = StoreAnswers.AnswerOf(await PlatformOf(store).CreateDiscountAsync(store, request, cancel));

        // A refusal of a second try says nothing of the first.
        return answer is PayoutAnswer.Refused refused && attempt.Outcome == AttemptOutcome.Unknown
            ? new PayoutAnswer.Unknown($"The store refused to make the code once more, which does not tell what became of the first try: {refused.Why}")
            : answer;
    }

    public Task<PayoutLook> LookForAsync(Store store, Payout payout, PayoutAttempt attempt, CancellationToken cancel) => Task.FromResult<PayoutLook>(new PayoutLook.Absent());

    /// <summary>Ends the code, and looks some time later whether it had been used until then.</summary>
    public async Task<PayoutAnswer> TakeBackAsync(Store store, Payout payout, PayoutAttempt attempt, PayoutReversal reversal, CancellationToken cancel)
    {
        var (platform, code) = (PlatformOf(store), CodeOf(keys, store, attempt.IdempotencyKey));
        var look = await platform.LookAtDiscountAsync(store, code, payout.TransferId!, cancel);
        if (WhyNot(look) is { } refusal)
        {
            return refusal;
        }

        return await platform.EndDiscountAsync(store, new DiscountEnding(attempt.IdempotencyKey, code, Title, payout.TransferId), cancel) switch
        {
            DiscountResult.Refused refused => new PayoutAnswer.Refused("store_refused", refused.Reason, IsCurable: true),
            DiscountResult.Unavailable unavailable => new PayoutAnswer.NotDone(unavailable.Reason, unavailable.Wait),
            DiscountResult.Failed failed => new PayoutAnswer.Unknown(failed.Reason),

            // The look that counts is one of long after the code was first ended.
            _ when reversal.FirstSentAt is { } first && clock.GetUtcNow() - first >= CountingTime => new PayoutAnswer.Accepted(payout.TransferId!),
            _ => new PayoutAnswer.NotDone("The code takes nothing off any more. Whether it had been used is looked at soon.", CountingTime),
        };
    }

    /// <summary>Why nothing is taken back; null where the code has surely not been used so far.</summary>
    private static PayoutAnswer? WhyNot(DiscountLook look) => look switch
    {
        DiscountLook.Seen { Uses: 0 } => null,
        DiscountLook.Seen { Uses: > 0 } => new PayoutAnswer.Refused("used", "The code was used: there is nothing to take back.", IsCurable: false),
        DiscountLook.Seen => new PayoutAnswer.Refused("uses_not_told", "The store does not tell whether the code was used, so it was left as it is.", IsCurable: false),
        DiscountLook.Gone gone => new PayoutAnswer.Refused("code_gone", $"{gone.Reason} Whether it was used is not known.", IsCurable: false),
        DiscountLook.Unavailable unavailable => new PayoutAnswer.NotDone(unavailable.Reason, unavailable.Wait),
        DiscountLook.Failed failed => new PayoutAnswer.Unknown(failed.Reason),
        _ => throw new UnreachableException($"{look.GetType().Name} is no look at a discount."),
    };

    public Task<PayoutLook> LookForReversalAsync(Store store, Payout payout, PayoutAttempt attempt, PayoutReversal reversal, CancellationToken cancel) =>
        Task.FromResult<PayoutLook>(new PayoutLook.Absent());

    /// <summary>The code of an attempt. It is money: computed where it is needed, kept nowhere, and shown to the ambassador alone.</summary>
    /// <param name="key">The attempt's idempotency key.</param>
    public static string CodeOf(StoreKeys keys, Store store, string key) => MoneyCode.Of(keys, store, $"payout {key}");

    private IStorePlatform PlatformOf(Store store) => platforms.Find(store) ?? throw new InvalidOperationException($"Nobody is asked in a store of {store.Platform}.");
}
