// How many applications are taken from one corner of the network: the form is open to everybody, and so to programs.
using System.Net;
using System.Threading.RateLimiting;

namespace StorePlugin.Ambassadors;

/// <summary>A bucket for each address prefix, in memory only: no address is stored.</summary>
internal sealed class ApplicationLimit(int burst, TimeSpan each) : IDisposable
{
    // A whole class may apply from one school.
    private const int BurstMax = 40;

    private static readonly TimeSpan Each = TimeSpan.FromSeconds(30);

    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(prefix => RateLimitPartition.GetTokenBucketLimiter(
        prefix,
        _ => new TokenBucketRateLimiterOptions { TokenLimit = burst, TokensPerPeriod = 1, ReplenishmentPeriod = each, QueueLimit = 0 }));

    public ApplicationLimit()
        : this(BurstMax, Each)
    {
    }

    /// <summary>Whether one more form is read.</summary>
    /// <param name="address">Where the request comes from; null where that is unknown.</param>
    public bool Admits(IPAddress? address)
    {
        using var lease = _limiter.AttemptAcquire(ClickLimit.PrefixOf(address));
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
