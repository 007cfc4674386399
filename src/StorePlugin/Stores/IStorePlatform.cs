// What the programme asks of a store's platform; Shopify and the rehearsal platform answer.
using StorePlugin.Webhooks;

namespace StorePlugin.Stores;

/// <summary>A platform that stores run on. Calls leave the process and are made outside any transaction.</summary>
internal interface IStorePlatform
{
    /// <summary>The word in <see cref="Store.Platform"/>.</summary>
    string Name { get; }

    /// <summary>
    /// Creates a discount code in the store, or finds that the same effect has created it before.
    /// </summary>
    Task<DiscountResult> CreateDiscountAsync(Store store, DiscountRequest request, CancellationToken cancel);

    /// <summary>
    /// Ends a discount code that was created with this key, so that it takes nothing off any more. Where there is none, it has
    /// ended already.
    /// </summary>
    Task<DiscountResult> EndDiscountAsync(Store store, DiscountEnding ending, CancellationToken cancel);

    /// <summary>What has become of a discount code that was created here: the store's people may have changed it.</summary>
    /// <param name="discountId">The platform's id, as <see cref="DiscountResult.Created"/> told it.</param>
    Task<DiscountLook> LookAtDiscountAsync(Store store, string code, string discountId, CancellationToken cancel);

    /// <summary>Switches a discount off or on again, and leaves all else of it as it is.</summary>
    /// <param name="discountId">The platform's id, as <see cref="DiscountResult.Created"/> told it.</param>
    Task<DiscountResult> SwitchDiscountAsync(Store store, string code, string discountId, bool on, CancellationToken cancel);

    /// <summary>Changes what a discount takes off, and leaves all else of it as it is.</summary>
    /// <param name="discountId">The platform's id, as <see cref="DiscountResult.Created"/> told it.</param>
    Task<DiscountResult> ChangeDiscountAsync(Store store, string code, string discountId, DiscountChange change, CancellationToken cancel);

    /// <summary>Which discount of the store has a code, whoever made it.</summary>
    Task<HolderLook> FindHolderAsync(Store store, string code, CancellationToken cancel);

    /// <summary>Adds codes to a discount that was created here, at most 250 at once. What it is limited to counts for each code.</summary>
    Task<CodesResult> AddCodesAsync(Store store, string discountId, IReadOnlyList<string> codes, CancellationToken cancel);

    /// <summary>What has become of an adding of codes.</summary>
    /// <param name="bulkId">As <see cref="CodesResult.Begun"/> told it.</param>
    Task<CodesResult> LookAtAddedCodesAsync(Store store, string bulkId, CancellationToken cancel);

    /// <summary>What a discount is like, and which of these codes it has. Only the newest codes are looked through.</summary>
    Task<CodesLook> LookAtCodesAsync(Store store, string discountId, IReadOnlyList<string> codes, CancellationToken cancel);

    /// <summary>Makes a gift card with the code that it is asked for, or finds that the same reward has made it before.</summary>
    Task<ValueAnswer<GiftCardNow>> GiveCardAsync(Store store, GiftCardRequest request, CancellationToken cancel);

    /// <summary>The reward's gift card, by its code; null: the store has none.</summary>
    Task<ValueAnswer<GiftCardNow?>> FindCardAsync(Store store, string code, string rewardId, CancellationToken cancel);

    /// <summary>The gift card with this id; null: the store has none.</summary>
    Task<ValueAnswer<GiftCardNow?>> LookAtCardAsync(Store store, string cardId, CancellationToken cancel);

    /// <summary>Ends a gift card for good, and tells what was left of it.</summary>
    Task<ValueAnswer<GiftCardNow>> EndCardAsync(Store store, string cardId, CancellationToken cancel);

    /// <summary>The id of the store's customer with this address; null: there is none.</summary>
    Task<ValueAnswer<string?>> FindCustomerAsync(Store store, string email, CancellationToken cancel);

    /// <summary>A customer's store credit in one currency; null: there is no such customer.</summary>
    Task<ValueAnswer<CreditNow?>> ReadCreditAsync(Store store, string customerId, Currency currency, CancellationToken cancel);

    /// <summary>Gives store credit to a customer, each time that it is called. Returns the movement's id.</summary>
    /// <param name="expiresAt">In whole seconds; null: never.</param>
    Task<ValueAnswer<string>> CreditAsync(Store store, string customerId, Money amount, DateTimeOffset? expiresAt, CancellationToken cancel);

    /// <summary>Takes store credit from a customer, each time that it is called, and never more than there is. Returns the movement's id.</summary>
    Task<ValueAnswer<string>> DebitAsync(Store store, string customerId, Money amount, CancellationToken cancel);

    /// <summary>Reads what the platform knows of the store.</summary>
    /// <exception cref="PlatformException">The platform did not answer, or refused.</exception>
    Task<StoreFacts> ReadStoreAsync(Store store, CancellationToken cancel);

    /// <summary>
    /// Where a referral link sends the shopper: the storefront with the discount applied and the click id carried along.
    /// </summary>
    /// <param name="store">The store of the link.</param>
    /// <param name="code">The ambassador's code; null where it gives no discount.</param>
    /// <param name="path">A path on the store's own domain, beginning with a single slash.</param>
    /// <param name="reference">The click id, or the slug where no click was recorded.</param>
    Uri LandingUrl(Store store, string? code, string path, string? reference);
}

/// <param name="EffectId">The idempotency key: an effect's id, or a reward's. The platform keeps it where it can, so that a lost answer is recognised.</param>
/// <param name="PercentBp">The discount in basis points of the price; 1000 is 10 %. 0 beside an amount.</param>
internal sealed record DiscountRequest(string EffectId, string Code, string Title, long PercentBp, DateTimeOffset StartsAt)
{
    /// <summary>What is taken off the order in place of a percentage.</summary>
    public Money? AmountOff { get; init; }

    /// <summary>The least that the order must come to.</summary>
    public Money? Minimum { get; init; }

    /// <summary>Null: it has no end.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>How often it works in all; null: without limit.</summary>
    public long? UsageLimit { get; init; }

    /// <summary>Whether each customer can use it once only.</summary>
    public bool OncePerCustomer { get; init; }
}

/// <param name="EffectId">The key that it was created with.</param>
/// <param name="Title">As it was created with.</param>
/// <param name="DiscountId">The platform's id; null where the answer that told it was lost, or never came.</param>
internal sealed record DiscountEnding(string EffectId, string Code, string Title, string? DiscountId);

/// <summary>What of a discount is to be another; what is null stays as it is.</summary>
/// <param name="PercentBp">Basis points of the price.</param>
/// <param name="OncePerCustomer">Whether each customer can use it once only.</param>
internal sealed record DiscountChange(long? PercentBp, bool? OncePerCustomer)
{
    public bool IsEmpty => PercentBp is null && OncePerCustomer is null;
}

/// <summary>What came of a request to create a discount, to change one or to end it.</summary>
internal abstract record DiscountResult
{
    /// <param name="DiscountId">The platform's id.</param>
    internal sealed record Created(string DiscountId) : DiscountResult;

    /// <summary>The discount takes nothing off any more.</summary>
    internal sealed record Ended(string Text) : DiscountResult;

    /// <summary>The discount is off, or on, as it was asked for.</summary>
    internal sealed record Switched(string Text) : DiscountResult;

    /// <summary>The discount takes off what it was asked to.</summary>
    internal sealed record Changed(string Text) : DiscountResult;

    /// <summary>Another discount of the store has the code.</summary>
    /// <param name="Holder">That discount; null where the platform does not show it.</param>
    internal sealed record Taken(string Reason, DiscountHolder? Holder = null) : DiscountResult;

    /// <summary>The platform refuses the request.</summary>
    internal sealed record Refused(string Reason) : DiscountResult;

    /// <summary>The platform throttles or is out, or nobody may ask it at present; it counts as no attempt.</summary>
    internal sealed record Unavailable(string Reason, TimeSpan Wait) : DiscountResult
    {
        /// <summary>Whether it lasts until the merchant does what the reason says, so that they are to be told.</summary>
        public bool WaitsForMerchant { get; init; }
    }

    /// <summary>Something failed that may pass.</summary>
    internal sealed record Failed(string Reason) : DiscountResult;
}

/// <summary>What a look at a discount found.</summary>
internal abstract record DiscountLook
{
    /// <param name="IsActive">Whether it takes something off now.</param>
    /// <param name="PercentBp">Basis points of the price; null where it is no percentage.</param>
    /// <param name="EndsAt">Null: it has no end.</param>
    /// <param name="UsageLimit">How often it works in all; null: without limit.</param>
    internal sealed record Seen(bool IsActive, long? PercentBp, DateTimeOffset? EndsAt, long? UsageLimit) : DiscountLook
    {
        /// <summary>Whether each customer can use it once only; null where the platform does not tell.</summary>
        public bool? OncePerCustomer { get; init; }

        /// <summary>How often it has worked, as the platform has counted so far; null where it does not tell.</summary>
        public long? Uses { get; init; }
    }

    /// <summary>There is no such discount any more, or the code is no longer its own.</summary>
    internal sealed record Gone(string Reason) : DiscountLook;

    /// <summary>As <see cref="DiscountResult.Unavailable"/>.</summary>
    internal sealed record Unavailable(string Reason, TimeSpan Wait) : DiscountLook
    {
        /// <summary>As <see cref="DiscountResult.Unavailable.WaitsForMerchant"/>.</summary>
        public bool WaitsForMerchant { get; init; }
    }

    /// <summary>Something failed that may pass.</summary>
    internal sealed record Failed(string Reason) : DiscountLook;
}

/// <summary>A discount that has a code we asked for: what a merchant wants to know before they give that code to an ambassador.</summary>
/// <param name="DiscountId">The platform's id.</param>
/// <param name="Title">What the merchant calls it, which may be a person's name.</param>
/// <param name="Terms">In words, as in <c>15 % off, 100 uses in all, until 2026-08-28</c>.</param>
internal sealed record DiscountHolder(string DiscountId, string? Title, bool IsActive, string Terms)
{
    /// <summary>Basis points of the price; null where it is no percentage.</summary>
    public long? PercentBp { get; init; }

    /// <summary>Without the title, so that no log line can hold a name.</summary>
    public override string ToString() => $"{nameof(DiscountHolder)} {DiscountId}";
}

/// <summary>What a look for the holder of a code found.</summary>
internal abstract record HolderLook
{
    internal sealed record Held(DiscountHolder Holder) : HolderLook;

    /// <summary>No discount of the store has the code.</summary>
    internal sealed record Free : HolderLook;

    /// <summary>The platform did not say; why, for whoever has asked and may ask again.</summary>
    internal sealed record NotTold(string Reason) : HolderLook;
}

/// <summary>What a platform tells of a store. Null where it does not say.</summary>
/// <param name="PlatformId">The platform's number of the store.</param>
/// <param name="ContactEmail">Where its people are written to.</param>
internal sealed record StoreFacts(
    string? Name, string? Currency, string? TimeZone, string? PrimaryDomain, string? PlatformId = null, string? ContactEmail = null)
{
    /// <summary>Names the store only, so that no log line can hold an address.</summary>
    public override string ToString() => $"{nameof(StoreFacts)} {Name}";
}

/// <summary>A platform did not answer, or refused; the message is in words and holds no secret.</summary>
internal sealed class PlatformException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Set where the platform throttles or is out: how long to wait. That counts as no attempt.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Whether it lasts until the merchant does what the message says, so that they are to be told.</summary>
    public bool WaitsForMerchant { get; init; }
}
