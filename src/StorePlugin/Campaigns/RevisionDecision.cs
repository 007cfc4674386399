// From when a new revision of terms is in force, or why it cannot be (rule U2). Pure.
using System.Collections.Immutable;

namespace StorePlugin.Campaigns;

/// <summary>A revision that stands: one that was not withdrawn.</summary>
/// <param name="EffectiveAt">Null while the campaign is a draft.</param>
internal sealed record StandingRevision(long Number, Terms Terms, DateTimeOffset? EffectiveAt);

/// <summary>What a merchant asks for.</summary>
/// <param name="EffectiveAt">Null for the earliest instant that is allowed.</param>
/// <param name="BasedOn">The number of the newest revision that the merchant knows of; null for whichever it is.</param>
internal sealed record ProposedRevision(Terms Terms, DateTimeOffset? EffectiveAt, long? BasedOn)
{
    /// <summary>From when on the merchant knows that paid orders are known; counts where the terms begin to ask for new customers.</summary>
    public DateTimeOffset? AcknowledgedHistorySince { get; init; }
}

/// <summary>
/// Revisions take effect in the order of their numbers, so that of those in force the newest counts, and a change needs to
/// be compared with the one before it alone.
/// </summary>
internal abstract record RevisionDecision
{
    /// <summary>How long before its effect a change to the ambassadors' disadvantage must be known (rule U2).</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    /// <param name="EffectiveAt">Null on a draft, whose terms take effect at its launch.</param>
    internal sealed record Granted(DateTimeOffset? EffectiveAt) : RevisionDecision;

    internal sealed record CampaignEnded : RevisionDecision;

    /// <summary>Another revision came since the one that this is based on.</summary>
    internal sealed record Revised(long Newest) : RevisionDecision;

    /// <summary>It says what the newest one says.</summary>
    internal sealed record Unchanged(long Newest) : RevisionDecision;

    internal sealed record DraftHasNoInstant : RevisionDecision;

    /// <summary>The newest revision takes effect later than this one was to.</summary>
    internal sealed record BeforeNewest(StandingRevision Newest) : RevisionDecision;

    /// <summary>The ambassadors would learn too late of a change to their disadvantage.</summary>
    internal sealed record NoticeTooShort(ImmutableArray<TermChange> Worse, DateTimeOffset Earliest) : RevisionDecision;

    /// <summary>Decides; the caller has made sure that what is asked for does not lie in the past.</summary>
    /// <param name="state">The campaign's state.</param>
    /// <param name="newest">The newest revision that stands.</param>
    public static RevisionDecision Of(string state, StandingRevision newest, ProposedRevision proposed, DateTimeOffset now)
    {
        if (state == "ended") { return new CampaignEnded(); }

        if (proposed.BasedOn is { } basedOn && basedOn != newest.Number) { return new Revised(newest.Number); }

        var changes = TermsDifference.Between(newest.Terms, proposed.Terms);
        if (changes.IsEmpty) { return new Unchanged(newest.Number); }

        if (state == "draft")
        {
            // Nobody has joined a live programme yet.
            return proposed.EffectiveAt is null ? new Granted(null) : new DraftHasNoInstant();
        }

        var worse = changes.Where(change => change.IsWorse).ToImmutableArray();
        var noticed = now + Notice;
        if (proposed.EffectiveAt is not { } effectiveAt)
        {
            return new Granted(Later(worse.IsEmpty ? WholeSecond.Of(now) : Rounded(noticed), newest.EffectiveAt));
        }

        if (effectiveAt < newest.EffectiveAt) { return new BeforeNewest(newest); }

        return !worse.IsEmpty && effectiveAt < noticed
            ? new NoticeTooShort(worse, Later(Rounded(noticed), newest.EffectiveAt))
            // What was now when it was asked for has passed by a moment.
            : new Granted(Later(effectiveAt, WholeSecond.Of(now)));
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => one < other ? other.Value : one;

    // Up, so that the notice is not cut short by a part of a second.
    private static DateTimeOffset Rounded(DateTimeOffset instant) =>
        WholeSecond.Of(instant) is var floor && floor < instant ? floor.AddSeconds(1) : floor;
}
