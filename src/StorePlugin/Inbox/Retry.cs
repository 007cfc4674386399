// When a failed delivery or effect is tried again, and when it is given up.
namespace StorePlugin.Inbox;

/// <summary>Growing waits, kept as columns of the row: a restart forgets nothing.</summary>
internal static class Retry
{
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(3),
        TimeSpan.FromHours(6), TimeSpan.FromHours(12), TimeSpan.FromHours(24),
    ];

    /// <summary>Between the tries of what is never given up.</summary>
    public static TimeSpan LongestWait => Waits[^1];

    /// <summary>How often a row is tried before it is dead.</summary>
    public static int AttemptsMax => Waits.Length + 1;

    /// <summary>How long a worker may hold a delivery before another may take it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a worker may hold an effect: longer than a provider that hangs can make the calls of one effect last, or
    /// a second worker would begin what the first is still about.
    /// </summary>
    public static readonly TimeSpan EffectLease = TimeSpan.FromMinutes(4);

    /// <summary>The wait after so many failed attempts, or null when it was the last.</summary>
    public static TimeSpan? WaitAfter(long attempts) => attempts < AttemptsMax ? Waits[attempts - 1] : null;

    /// <summary>A reason fits its column.</summary>
    public static string Fit(string reason) => reason.Length <= 1000 ? reason : reason[..1000];
}
