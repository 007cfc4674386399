// A difference between the books and Stripe's list, by its kind, and which kinds stop payouts until a person has looked (rule P5).
namespace StorePlugin.Payouts;

/// <summary>What may differ. A word, once published, keeps its meaning.</summary>
internal static class DifferenceKind
{
    /// <summary>The books say sent, and Stripe's list holds no such transfer.</summary>
    public const string MissingAtStripe = "missing_at_stripe";

    /// <summary>Stripe holds a transfer of a payout that the books do not know, or do not hold to be sent.</summary>
    public const string MissingHere = "missing_here";

    /// <summary>Amount, currency or destination differ, or a second transfer stands for the same payout.</summary>
    public const string Differs = "differs";

    /// <summary>For more than a day nobody can tell whether the transfer exists.</summary>
    public const string Unknown = "unknown";

    /// <summary>The sums of a day differ although each transfer is the one that was asked for: what was reversed is not the same.</summary>
    public const string Clearing = "clearing";

    /// <summary>Sent a week ago, and nothing was heard of the way to the bank. It stops nothing.</summary>
    public const string NoBankPayout = "no_bank_payout";

    /// <summary>Made in the same Stripe account, and not by this store's payouts. It stops nothing.</summary>
    public const string Outside = "outside";

    /// <summary>Whether payouts wait until it is gone or a person has cleared it.</summary>
    public static bool Stops(string kind) => kind is not (NoBankPayout or Outside);
}

/// <summary>What a look has found.</summary>
/// <param name="Subject">What it is about, unique among the differences of its kind: a payout, a transfer, or a day and a currency.</param>
/// <param name="Day">The day it is about as yyyymmdd, in the store's time zone; null where it is about none.</param>
/// <param name="OursMinor">What the books hold, in minor units of <paramref name="Currency"/>; null where that says nothing.</param>
/// <param name="TheirsMinor">What Stripe holds, likewise.</param>
internal sealed record FoundDifference(string Kind, string Subject, long? Day, string? Currency, long? OursMinor, long? TheirsMinor, string Words);

/// <summary>A difference as it is kept.</summary>
/// <param name="GoneAt">Since when a look no longer finds it; null while it is there.</param>
/// <param name="ClearedAt">When a person let payouts go on although it is there.</param>
internal sealed record PayoutDifference(
    string Id,
    string Kind,
    string Subject,
    long? Day,
    string? Currency,
    long? OursMinor,
    long? TheirsMinor,
    string Words,
    DateTimeOffset FoundAt,
    DateTimeOffset LastSeenAt,
    DateTimeOffset? GoneAt,
    DateTimeOffset? ClearedAt,
    string? ClearedBy,
    string? Reason)
{
    /// <summary>The columns in the order of the record.</summary>
    public const string Columns =
        """
        SELECT id, kind, subject, day, currency, ours_minor, theirs_minor, words, found_at, last_seen_at, gone_at, cleared_at, cleared_by, reason
        FROM payout_differences
        """;

    public bool IsOpen => GoneAt is null && ClearedAt is null;

    /// <summary>Whether it is the same sum still: a person who clears one has cleared no other.</summary>
    public bool IsSame(FoundDifference found) => (Currency, OursMinor, TheirsMinor) == (found.Currency, found.OursMinor, found.TheirsMinor);
}
