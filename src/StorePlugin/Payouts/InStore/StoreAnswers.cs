// What a store's platform says, as the answer of a payout's provider.
using System.Diagnostics;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.InStore;

internal static class StoreAnswers
{
    /// <summary>Between two questions to a platform that failed at one.</summary>
    private static readonly TimeSpan FailureWait = TimeSpan.FromMinutes(5);

    // Whether nothing was done is known only of what waits for the merchant: a platform that is out may have done it before.
    public static PayoutAnswer AnswerOf(ValueAnswer<string> answer) => answer switch
    {
        ValueAnswer<string>.Given given => new PayoutAnswer.Accepted(given.Value),
        ValueAnswer<string>.Refused refused => new PayoutAnswer.Refused("store_refused", refused.Reason, IsCurable: true),
        ValueAnswer<string>.Unavailable { WaitsForMerchant: true } unavailable => new PayoutAnswer.NotDone(unavailable.Reason, unavailable.Wait),
        ValueAnswer<string>.Unavailable unavailable => new PayoutAnswer.Unknown(unavailable.Reason, unavailable.Wait),
        ValueAnswer<string>.Failed failed => new PayoutAnswer.Unknown(failed.Reason),
        _ => throw new UnreachableException(),
    };

    public static PayoutAnswer AnswerOf(DiscountResult result) => result switch
    {
        DiscountResult.Created created => new PayoutAnswer.Accepted(created.DiscountId),
        DiscountResult.Taken taken => new PayoutAnswer.Refused("code_taken", taken.Reason, IsCurable: true),
        DiscountResult.Refused refused => new PayoutAnswer.Refused("store_refused", refused.Reason, IsCurable: true),
        DiscountResult.Unavailable { WaitsForMerchant: true } unavailable => new PayoutAnswer.NotDone(unavailable.Reason, unavailable.Wait),
        DiscountResult.Unavailable unavailable => new PayoutAnswer.Unknown(unavailable.Reason, unavailable.Wait),
        DiscountResult.Failed failed => new PayoutAnswer.Unknown(failed.Reason),
        _ => throw new UnreachableException($"{result.GetType().Name} is no answer to the making of a discount."),
    };

    /// <summary>Why a question brought nothing, and when to ask again; null where it brought something.</summary>
    public static (string Why, TimeSpan Wait)? SilenceOf<T>(ValueAnswer<T> answer) => answer switch
    {
        ValueAnswer<T>.Given => null,
        ValueAnswer<T>.Refused refused => (refused.Reason, FailureWait),
        ValueAnswer<T>.Unavailable unavailable => (unavailable.Reason, unavailable.Wait),
        ValueAnswer<T>.Failed failed => (failed.Reason, FailureWait),
        _ => throw new UnreachableException(),
    };
}
