// How many rehearsal stores are made on this host.
using System.Threading.RateLimiting;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>One count for the whole host: whoever asks is a stranger.</summary>
internal sealed class RehearsalLimit(Settings settings) : IDisposable
{
    private readonly FixedWindowRateLimiter _limiter = new(new FixedWindowRateLimiterOptions
    {
        PermitLimit = settings.RehearsalInstallsPerHourMax,
        Window = TimeSpan.FromHours(1),
        QueueLimit = 0,
    });

    /// <summary>Whether one more is made.</summary>
    public bool Admits()
    {
        using var lease = _limiter.AttemptAcquire();
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
