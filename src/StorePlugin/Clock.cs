// Clocks for those who must move time: a file in development, a program in simulations.
using System.Globalization;

namespace StorePlugin;

/// <summary>
/// The instant that stands in a file, as ISO 8601, re-read each second (key <c>Clock:File</c>, development only).
/// </summary>
internal sealed class FileClock(string path) : TimeProvider
{
    private static readonly long Second = global::System.Diagnostics.Stopwatch.Frequency;

    private readonly Lock _lock = new();
    private DateTimeOffset _instant;
    private long? _readAt;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            if (_readAt is null || GetTimestamp() - _readAt >= Second)
            {
                _instant = DateTimeOffset.Parse(
                    File.ReadAllText(path).Trim(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
                _readAt = GetTimestamp();
            }

            return _instant;
        }
    }
}

/// <summary>A clock that stands still until it is moved; it never goes back.</summary>
internal sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks = start.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public void MoveTo(DateTimeOffset instant)
    {
        for (var seen = Interlocked.Read(ref _ticks); instant.UtcTicks > seen;)
        {
            var before = Interlocked.CompareExchange(ref _ticks, instant.UtcTicks, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    public void Advance(TimeSpan by) => MoveTo(GetUtcNow() + by);
}
