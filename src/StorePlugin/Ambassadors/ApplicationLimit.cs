// How many applications are taken from one corner of the network: the form is open to everybody, and so to programs.
using System.Net;
using System.Threading.RateLimiting;

namespace StorePlugin.Ambassadors;

/// <summary>
/// Two kinds of buckets, in memory only: no address is stored. A wide one for each address prefix stands before a form is
/// read; it takes what no people send. A small one for each campaign and prefix is charged only for a form that came from the
/// page and has nothing wrong with it, so that rubbish from one machine keeps none of its neighbours from applying.
/// </summary>
internal sealed class ApplicationLimit(int burst, TimeSpan each, int formsBurst = ApplicationLimit.FormsBurstMax, TimeSpan? formsEach = null) : IDisposable
{
    // A whole class may apply from one school.
    private const int BurstMax = 40;

    // As for clicks: a mobile network may put a whole town behind one prefix. Ten a second over time.
    private const int FormsBurstMax = 5000;

    private static readonly TimeSpan Each = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FormsEach = TimeSpan.FromMilliseconds(100);

    private readonly PartitionedRateLimiter<string> _forms = PartitionedRateLimiter.Create<string, string>(
        prefix => RateLimitPartition.GetTokenBucketLimiter(prefix, _ => BucketOf(formsBurst, formsEach ?? FormsEach)));

    private readonly PartitionedRateLimiter<(string Campaign, string Prefix)> _applications =
        PartitionedRateLimiter.Create<(string Campaign, string Prefix), (string, string)>(
            from => RateLimitPartition.GetTokenBucketLimiter(from, _ => BucketOf(burst, each)));

    public ApplicationLimit()
        : this(BurstMax, Each)
    {
    }

    /// <summary>Whether one more form is read.</summary>
    /// <param name="address">Where the request comes from; null where that is unknown.</param>
    public bool AdmitsForm(IPAddress? address)
    {
        using var lease = _forms.AttemptAcquire(ClickLimit.PrefixOf(address));
        return lease.IsAcquired;
    }

    /// <summary>Whether one more application to the campaign is kept.</summary>
    /// <param name="address">As above.</param>
    public bool Admits(string campaignId, IPAddress? address)
    {
        using var lease = _applications.AttemptAcquire((campaignId, ClickLimit.PrefixOf(address)));
        return lease.IsAcquired;
    }

    public void Dispose()
    {
        _forms.Dispose();
        _applications.Dispose();
    }

    private static TokenBucketRateLimiterOptions BucketOf(int burst, TimeSpan each) =>
        new() { TokenLimit = burst, TokensPerPeriod = 1, ReplenishmentPeriod = each, QueueLimit = 0 };
}
