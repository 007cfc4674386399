// How many calls of the API one key or session may make.
using System.Threading.RateLimiting;
using StorePlugin.Stores;

namespace StorePlugin;

/// <summary>
/// A bucket for each caller. It is the program's own and not the framework's middleware, which nobody can dispose of: that keeps a timer
/// and all of a program for good after its end.
/// </summary>
internal sealed class ApiLimit : IDisposable
{
    // Generous: it keeps one caller's mistake from using up the machine, and is no tariff.
    private const int BurstMax = 3000;

    public const int CallsPerSecond = 200;

    private readonly PartitionedRateLimiter<ApiCaller> _limiter = PartitionedRateLimiter.Create<ApiCaller, string>(
        caller => RateLimitPartition.GetTokenBucketLimiter($"{caller.Store.Id} {caller.Name}", _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = BurstMax,
            TokensPerPeriod = CallsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        }));

    /// <summary>Null: one more call is let in. Else after how long the caller may come again.</summary>
    public TimeSpan? RefusalOf(ApiCaller caller)
    {
        using var lease = _limiter.AttemptAcquire(caller);
        return lease.IsAcquired ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after
            : TimeSpan.FromSeconds(1);
    }

    public void Dispose() => _limiter.Dispose();
}
