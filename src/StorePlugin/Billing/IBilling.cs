// What a merchant pays whoever runs this program: nothing, unless the host has set a price.
using StorePlugin.Stores;

namespace StorePlugin.Billing;

/// <summary>
/// How a store pays for the app. It is a fixed price for a month, or nothing; never a share of what the store sells, and the money of
/// commissions and payouts is no part of it. <see cref="FreeOfCharge"/> and <see cref="ShopifySubscriptions"/> answer.
/// </summary>
internal interface IBilling
{
    /// <summary>How the store stands, as the platform has it now.</summary>
    /// <exception cref="PlatformException">The platform did not answer, or refused.</exception>
    Task<Plan> LookAsync(Store store, CancellationToken cancel);

    /// <summary>Asks the platform for a page on which the merchant confirms the price, or declines. Nothing is charged before.</summary>
    /// <exception cref="PlatformException">The platform did not answer, or refused; the message says why.</exception>
    Task<Uri> OfferAsync(Store store, CancellationToken cancel);
}

/// <summary>How a store stands.</summary>
internal abstract record Plan
{
    private Plan()
    {
    }

    /// <summary>The app costs nothing in this store.</summary>
    internal sealed record Free : Plan;

    /// <summary>The merchant has confirmed it.</summary>
    /// <param name="Price">In words, as in <c>9.00 USD every 30 days</c>; null where the platform does not tell it.</param>
    /// <param name="PaidUntil">When the period ends, UTC; null where the platform does not say.</param>
    /// <param name="IsTest">Whether the platform charges nothing for it, as in a development store.</param>
    internal sealed record Active(string Name, string? Price, DateTimeOffset? PaidUntil, bool IsTest) : Plan;

    /// <summary>The merchant has not confirmed it, has declined, or no longer pays.</summary>
    internal sealed record Open(BillingOptions Offer) : Plan;
}

/// <summary>The default: a host asks for nothing.</summary>
internal sealed class FreeOfCharge : IBilling
{
    public Task<Plan> LookAsync(Store store, CancellationToken cancel) => Task.FromResult<Plan>(new Plan.Free());

    public Task<Uri> OfferAsync(Store store, CancellationToken cancel) => throw new PlatformException("The app costs nothing in this store.");
}
