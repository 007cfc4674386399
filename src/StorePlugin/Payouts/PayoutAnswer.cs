// What a provider says of a payout that it was asked to send, to take back or to look for: closed sets, since a payout knows no exceptions.
namespace StorePlugin.Payouts;

/// <summary>What came of sending a payout, or of taking one back.</summary>
internal abstract record PayoutAnswer
{
    /// <summary>It was done.</summary>
    /// <param name="Reference">The provider's name of what it did.</param>
    internal sealed record Accepted(string Reference) : PayoutAnswer;

    /// <summary>The provider refuses, and has moved nothing.</summary>
    /// <param name="Code">The cause as a word, for programs.</param>
    /// <param name="Why">The cause as a sentence, for the merchant.</param>
    /// <param name="IsCurable">Whether somebody can mend the cause, so that a later payout may succeed.</param>
    internal sealed record Refused(string Code, string Why, bool IsCurable) : PayoutAnswer;

    /// <summary>Nobody can tell whether it was done; a look decides.</summary>
    /// <param name="Wait">Until when an outage is waited for, which counts as no attempt; null: it is looked for on the common schedule.</param>
    internal sealed record Unknown(string Why, TimeSpan? Wait = null) : PayoutAnswer;

    /// <summary>Surely nothing was done; it may be asked again after the wait.</summary>
    internal sealed record NotDone(string Why, TimeSpan Wait) : PayoutAnswer;
}

/// <summary>What a look for a payout, or for its reversal, found at the provider.</summary>
internal abstract record PayoutLook
{
    /// <param name="Reference">The provider's name of what it did.</param>
    internal sealed record Found(string Reference) : PayoutLook;

    /// <summary>It was not done, and asking once more does it once.</summary>
    internal sealed record Absent : PayoutLook;

    /// <summary>What is there may be it or not; a person has to look.</summary>
    internal sealed record Unclear(string Why) : PayoutLook;

    /// <summary>The provider did not tell.</summary>
    internal sealed record NotTold(string Why, TimeSpan Wait) : PayoutLook;
}

/// <summary>Whom a provider would pay.</summary>
internal abstract record PayeeLook
{
    /// <param name="HolderId">As the provider names them; null where it need not name anybody.</param>
    internal sealed record Found(string? HolderId) : PayeeLook;

    /// <summary>There is nobody to pay; as <see cref="PayoutAnswer.Refused"/>.</summary>
    internal sealed record Missing(string Code, string Why) : PayeeLook;

    /// <summary>The provider did not tell.</summary>
    internal sealed record NotTold(string Why, TimeSpan Wait) : PayeeLook;
}
