// How often one customer of a store is answered: each answer may cost a question to Shopify, or a sign-in link.
using System.Threading.RateLimiting;

namespace StorePlugin.Stores.Shopify;

/// <summary>A bucket for each store and customer, in memory only. Both are proven by Shopify, so that nobody makes buckets at will.</summary>
internal sealed class CustomerLimit(int burst, TimeSpan each) : IDisposable
{
    // Nobody opens so many pages at once who reads them.
    private const int BurstMax = 30;

    private static readonly TimeSpan Each = TimeSpan.FromSeconds(5);

    private readonly PartitionedRateLimiter<(string Store, string Customer)> _limiter =
        PartitionedRateLimiter.Create<(string Store, string Customer), (string, string)>(from => RateLimitPartition.GetTokenBucketLimiter(
            from,
            _ => new TokenBucketRateLimiterOptions { TokenLimit = burst, TokensPerPeriod = 1, ReplenishmentPeriod = each, QueueLimit = 0 }));

    public CustomerLimit()
        : this(BurstMax, Each)
    {
    }

    /// <summary>Whether one more request is answered.</summary>
    /// <param name="customerId">Shopify's number of the customer.</param>
    public bool Admits(string store, string customerId)
    {
        using var lease = _limiter.AttemptAcquire((store, customerId));
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
