// How many sign-in links are asked for, from one corner of the network and for one address.
using System.Net;
using System.Threading.RateLimiting;
using StorePlugin.Ambassadors;

namespace StorePlugin.Mail;

/// <summary>
/// Two kinds of buckets, in memory only: no address is stored. One for each address prefix of the network keeps a program from trying
/// address after address; one for each mailbox keeps others from filling it.
/// </summary>
internal sealed class SignInLimit(int burst, TimeSpan each, int mailsBurst, TimeSpan mailsEach) : IDisposable
{
    // A whole class may sign in from one school.
    private const int BurstMax = 60;
    private const int MailsBurstMax = 3;

    private static readonly TimeSpan Each = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MailsEach = TimeSpan.FromMinutes(5);

    private readonly PartitionedRateLimiter<string> _asks = PartitionedRateLimiter.Create<string, string>(
        prefix => RateLimitPartition.GetTokenBucketLimiter(prefix, _ => BucketOf(burst, each)));

    private readonly PartitionedRateLimiter<string> _mails = PartitionedRateLimiter.Create<string, string>(
        mailbox => RateLimitPartition.GetTokenBucketLimiter(mailbox, _ => BucketOf(mailsBurst, mailsEach)));

    public SignInLimit()
        : this(BurstMax, Each, MailsBurstMax, MailsEach)
    {
    }

    /// <summary>Whether one more request is read.</summary>
    /// <param name="address">Where it comes from; null where that is unknown.</param>
    public bool Admits(IPAddress? address)
    {
        using var lease = _asks.AttemptAcquire(ClickLimit.PrefixOf(address));
        return lease.IsAcquired;
    }

    /// <summary>The limit as a filter of pages: a POST beyond it gets 429. It is added before whatever reads the form.</summary>
    public static ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        return HttpMethods.IsPost(http.Request.Method) && !http.RequestServices.GetRequiredService<SignInLimit>().Admits(http.Connection.RemoteIpAddress)
            ? ValueTask.FromResult<object?>(TypedResults.StatusCode(StatusCodes.Status429TooManyRequests))
            : next(context);
    }

    /// <summary>Whether one more mail is sent.</summary>
    /// <param name="mailbox">The keyed hash of an address, or an ambassador's id.</param>
    public bool AdmitsMail(string mailbox)
    {
        using var lease = _mails.AttemptAcquire(mailbox);
        return lease.IsAcquired;
    }

    public void Dispose()
    {
        _asks.Dispose();
        _mails.Dispose();
    }

    private static TokenBucketRateLimiterOptions BucketOf(int burst, TimeSpan each) =>
        new() { TokenLimit = burst, TokensPerPeriod = 1, ReplenishmentPeriod = each, QueueLimit = 0 };
}
