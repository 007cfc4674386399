// Whether a balance below zero is written off now: values in, value out.
using System.Globalization;

namespace StorePlugin.Ledger;

/// <summary>A movement of a balance.</summary>
internal sealed record Movement(DateTimeOffset At, long Minor);

/// <summary>A balance of account approved that is below zero.</summary>
/// <param name="HasLeft">Whether the ambassador's time has ended.</param>
/// <param name="Coming">What is held or in review in the same currency, in minor units.</param>
/// <param name="HasOpenPayout">Whether a payout in the same currency is not settled.</param>
/// <param name="Since">The instant at which it last went below zero.</param>
internal sealed record Debt(bool HasLeft, long Coming, bool HasOpenPayout, DateTimeOffset Since)
{
    /// <summary>How long a balance is below zero before it is written off (rule K4): days of 24 hours.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(180);

    /// <summary>
    /// Why it is written off now, in words; null: it is not. After 180 days it is, whatever may still come: the rule names
    /// no exception, and an order may stay in review for ever (rule H4). Whoever leaves may have earned what is held still,
    /// and that settles it first (rule K2): only when nothing is on its way, or the 180 days are over, it is a loss. The
    /// money of a payout that is not settled may come back and settle it, and be paid once more after a write-off: until
    /// it is settled nobody can say what the balance is.
    /// </summary>
    public string? WhyWrittenOff(DateTimeOffset now, TimeZoneInfo zone) =>
        HasOpenPayout ? null
        : HasLeft && Coming <= 0 ? "Written off: the ambassador has left, and nothing is to come that would settle it."
        : now - Since >= Patience ? $"Written off: below zero since {Day(Since, zone)}, for {Patience.Days} days without a break."
        : null;

    /// <summary>
    /// When the balance last went below zero. What was booked at one instant counts together, since it has no order: a
    /// balance that is below zero for no time has not been above it.
    /// </summary>
    /// <param name="balanceMinor">What it is now; below zero.</param>
    /// <param name="newestFirst">Its movements; no more are taken than it needs.</param>
    public static async Task<DateTimeOffset?> SinceAsync(long balanceMinor, IAsyncEnumerable<Movement> newestFirst)
    {
        DateTimeOffset? since = null;
        await foreach (var movement in newestFirst)
        {
            if (movement.At != since && balanceMinor >= 0)
            {
                break;
            }

            since = movement.At;
            balanceMinor -= movement.Minor;
        }

        return since;
    }

    /// <summary><c>1 March 2026</c>, by the store's calendar.</summary>
    public static string Day(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
}
