// How many clicks on one link are recorded from one corner of the network: a loop must not fill the disk or a colleague's count.
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace StorePlugin.Ambassadors;

/// <summary>
/// A bucket for each link and address prefix, in memory only: no address is stored. It is generous, since a mobile
/// network may put a whole town behind one prefix. Beyond it a shopper is sent on with the link's slug, by which the order
/// still counts; only the click is not.
/// </summary>
internal sealed class ClickLimit(int burst, TimeSpan each) : IDisposable
{
    private const int BurstMax = 5000;

    private const int PrefixBytesOfIpv4 = 3;
    private const int PrefixBytesOfIpv6 = 6;

    // Ten a second over time.
    private static readonly TimeSpan Each = TimeSpan.FromMilliseconds(100);

    private readonly PartitionedRateLimiter<(string Link, string Prefix)> _limiter =
        PartitionedRateLimiter.Create<(string Link, string Prefix), (string, string)>(visit => RateLimitPartition.GetTokenBucketLimiter(
            visit,
            _ => new TokenBucketRateLimiterOptions { TokenLimit = burst, TokensPerPeriod = 1, ReplenishmentPeriod = each, QueueLimit = 0 }));

    public ClickLimit()
        : this(BurstMax, Each)
    {
    }

    /// <summary>Whether one more click on the link is recorded.</summary>
    /// <param name="slugKey">The link as the database names it, so that no other spelling is another link.</param>
    /// <param name="address">Where the request comes from; null where that is unknown.</param>
    public bool Admits(string slugKey, IPAddress? address)
    {
        using var lease = _limiter.AttemptAcquire((slugKey, PrefixOf(address)));
        return lease.IsAcquired;
    }

    /// <summary>The first 24 bits of an IPv4 address, the first 48 of an IPv6 address.</summary>
    public static string PrefixOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        var own = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Convert.ToHexString(own.GetAddressBytes(), 0, own.AddressFamily == AddressFamily.InterNetwork ? PrefixBytesOfIpv4 : PrefixBytesOfIpv6);
    }

    public void Dispose() => _limiter.Dispose();
}
