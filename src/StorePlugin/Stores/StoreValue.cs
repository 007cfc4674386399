// Gift cards and store credit, as a platform gives them. No platform takes an idempotency key for either.
using System.Collections.Immutable;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores;

/// <param name="RewardId">Stands in the card's note, by which it is known again.</param>
/// <param name="Code">As good as money.</param>
/// <param name="ExpiresOn">The last day on which it pays, in the store's time zone; null: it does not expire.</param>
internal sealed record GiftCardRequest(string RewardId, string Code, Money Amount, DateOnly? ExpiresOn)
{
    /// <summary>What the store's people read; the shopper does not see it.</summary>
    public string Note => $"StorePlugin reward {RewardId} for an ambassador.";

    /// <summary>Without the code, so that no log line can hold it.</summary>
    public override string ToString() => $"{nameof(GiftCardRequest)} {RewardId}";
}

/// <summary>A gift card as it is now.</summary>
/// <param name="BalanceMinor">What is left of it, in minor units.</param>
internal sealed record GiftCardNow(string Id, bool IsEnabled, long BalanceMinor);

/// <summary>A customer's store credit in one currency, as it is now.</summary>
/// <param name="BalanceMinor">In minor units; 0 where the customer has no account yet.</param>
/// <param name="Moves">What the store's people and apps have added and taken, newest first; nothing that orders did.</param>
/// <param name="ReachesTo">Earlier movements are not among them; null: all are.</param>
internal sealed record CreditNow(long BalanceMinor, ImmutableArray<CreditMove> Moves, DateTimeOffset? ReachesTo);

/// <param name="AmountMinor">In minor units; below 0 where it was taken.</param>
internal sealed record CreditMove(string Id, long AmountMinor, DateTimeOffset At, DateTimeOffset? ExpiresAt);

/// <summary>What came of a question about gift cards or store credit.</summary>
internal abstract record ValueAnswer<T>
{
    internal sealed record Given(T Value) : ValueAnswer<T>;

    /// <summary>The platform refuses it, and has done nothing.</summary>
    internal sealed record Refused(string Reason) : ValueAnswer<T>;

    /// <summary>The platform throttles or is out, or nobody may ask it at present; it counts as no attempt.</summary>
    internal sealed record Unavailable(string Reason, TimeSpan Wait) : ValueAnswer<T>
    {
        /// <summary>Whether it lasts until the merchant does what the reason says, so that they are to be told; nothing was done.</summary>
        public bool WaitsForMerchant { get; init; }
    }

    /// <summary>Something failed that may pass; whether anything was done is not known.</summary>
    internal sealed record Failed(string Reason) : ValueAnswer<T>;

    /// <summary>The same outcome of another question, where nothing was given.</summary>
    public ValueAnswer<TOther> As<TOther>() => this switch
    {
        Refused refused => new ValueAnswer<TOther>.Refused(refused.Reason),
        Unavailable unavailable => new ValueAnswer<TOther>.Unavailable(unavailable.Reason, unavailable.Wait) { WaitsForMerchant = unavailable.WaitsForMerchant },
        Failed failed => new ValueAnswer<TOther>.Failed(failed.Reason),
        _ => throw new System.Diagnostics.UnreachableException("Something was given."),
    };
}
