// How much is answered to one corner of the network: what storefronts reach is open to everybody.
using System.Net;
using System.Threading.RateLimiting;
using StorePlugin.Ambassadors;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// A bucket for each store and address prefix, in memory only: no address is stored. It is as generous as that for clicks,
/// and for the same reason. Beyond it the storefront goes on with the link as it came, by which the order still counts.
/// </summary>
internal sealed class StorefrontLimit(int burst, TimeSpan each) : IDisposable
{
    private const int BurstMax = 5000;

    // Ten a second over time.
    private static readonly TimeSpan Each = TimeSpan.FromMilliseconds(100);

    private readonly PartitionedRateLimiter<(string Store, string Prefix)> _limiter =
        PartitionedRateLimiter.Create<(string Store, string Prefix), (string, string)>(from => RateLimitPartition.GetTokenBucketLimiter(
            from,
            _ => new TokenBucketRateLimiterOptions { TokenLimit = burst, TokensPerPeriod = 1, ReplenishmentPeriod = each, QueueLimit = 0 }));

    public StorefrontLimit()
        : this(BurstMax, Each)
    {
    }

    /// <summary>Whether one more request is answered.</summary>
    /// <param name="store">What is proven of the store; where nothing is, the same word for all, so that nobody makes buckets at will.</param>
    /// <param name="address">Where the visitor is; null where that is unknown.</param>
    public bool Admits(string store, IPAddress? address)
    {
        using var lease = _limiter.AttemptAcquire((store, ClickLimit.PrefixOf(address)));
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
