// For how long what people have said is kept: one place for the jobs that drop it and for the notice that tells of it.
namespace StorePlugin.Privacy;

internal static class KeptFor
{
    /// <summary>What rejected applicants wrote. Six months, in which the person may ask why.</summary>
    public static readonly TimeSpan Rejected = TimeSpan.FromDays(183);

    /// <summary>Clicks that led to no order. Thirteen months: a click counts for a year at most, and its order comes soon after.</summary>
    public static readonly TimeSpan Clicks = TimeSpan.FromDays(396);

    /// <summary>That a mail went to somebody. Three weeks longer than the limit of mails looks back: a report about a mail that came back may be late.</summary>
    public static readonly TimeSpan Sends = TimeSpan.FromDays(30);

    /// <summary>Sign-ins after their end.</summary>
    public static readonly TimeSpan Ended = TimeSpan.FromDays(30);

    /// <summary>What an ambassador wrote of a missing order, after the decision: twelve months.</summary>
    public static readonly TimeSpan ClaimTexts = TimeSpan.FromDays(365);

    /// <summary>A thread of messages after the last of them: twenty-four months.</summary>
    public static readonly TimeSpan Messages = TimeSpan.FromDays(730);
}
