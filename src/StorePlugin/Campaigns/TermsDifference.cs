// In what two revisions of a campaign's terms differ, and for whom that is better. Pure.
using System.Collections.Immutable;
using System.Globalization;

namespace StorePlugin.Campaigns;

/// <summary>One term that changed.</summary>
/// <param name="Term">Its name in the API.</param>
/// <param name="Label">Its name in a sentence.</param>
/// <param name="From">What it was, in words.</param>
/// <param name="To">What it becomes, in words.</param>
/// <param name="IsWorse">Whether the change is to the ambassadors' disadvantage; else it is to their advantage.</param>
internal sealed record TermChange(string Term, string Label, string From, string To, bool IsWorse)
{
    public override string ToString() => $"the {Label} goes from {From} to {To}";
}

internal static class TermsDifference
{
    /// <summary>Every term that changes; none when the two say the same.</summary>
    public static ImmutableArray<TermChange> Between(Terms before, Terms after)
    {
        var changes = ImmutableArray.CreateBuilder<TermChange>();
        Compare("commission", "commission", before.CommissionBp, after.CommissionBp, Percent, moreIsBetter: true);
        // A code that saves the shopper less is a code that sells less.
        Compare("friendDiscount", "friend's discount", before.FriendDiscountBp, after.FriendDiscountBp, Percent, moreIsBetter: true);
        Compare("holdDays", "hold", before.HoldDays, after.HoldDays, Days, moreIsBetter: false);
        Compare("windowDays", "window of a click", before.WindowDays, after.WindowDays, Days, moreIsBetter: true);
        return changes.ToImmutable();

        void Compare(string term, string label, long was, long becomes, Func<long, string> say, bool moreIsBetter)
        {
            if (was != becomes)
            {
                changes.Add(new TermChange(term, label, say(was), say(becomes), IsWorse: becomes > was != moreIsBetter));
            }
        }
    }

    private static string Percent(long basisPoints) => BasisPoints.ToPercent(basisPoints).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static string Days(long days) => string.Create(CultureInfo.InvariantCulture, $"{days} {(days == 1 ? "day" : "days")}");
}
