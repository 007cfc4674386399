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
                // Whoever writes the file may be at it just now; then the instant read before stands for another second.
                _instant = TryRead(path) ?? _instant;
                _readAt = GetTimestamp();
            }

            return _instant;
        }
    }

    /// <summary>Whether the file holds an instant.</summary>
    public static bool Holds(string path) => TryRead(path) is not null;

    private static DateTimeOffset? TryRead(string path) =>
        File.Exists(path) && DateTimeOffset.TryParse(
            File.ReadAllText(path).Trim(),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var instant)
            ? instant
            : null;
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
