// When the ambassador's money comes, in a sentence. It explains; what is paid is decided elsewhere.
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Webhooks;

namespace StorePlugin.Portal;

/// <summary>What the sentence rests on, in one currency.</summary>
/// <param name="NextRelease">The day on which the next held commission is due to be approved, in words.</param>
/// <param name="IsMinimumWaived">Whether less than the minimum is paid as well (rule H7).</param>
internal sealed record PayoutOutlook(
    Money Held, Money Approved, Money InPayout, string? NextRelease, bool HasPayoutAccount, bool IsSuspended, string StoreName, bool IsMinimumWaived = false);

internal static class NextPayout
{
    public static IReadOnlyList<string> Sentences(PayoutOutlook outlook)
    {
        var sentences = new List<string>();
        if (outlook.InPayout.Minor > 0)
        {
            sentences.Add($"{Say(outlook.InPayout)} is on its way to you.");
        }

        var minimum = outlook.IsMinimumWaived ? Minimum.FloorOf(outlook.Approved.Currency) : Minimum.Of(outlook.Approved.Currency);
        sentences.Add(outlook switch
        {
            { Approved.Minor: < 0 } => $"Orders were refunded after you were paid for them, so your next {Say(-outlook.Approved)} settle that first. You need not pay anything back.",
            { Approved.Minor: 0, Held.Minor: > 0, NextRelease: { } day } => $"{Say(outlook.Held)} is held in case orders are returned. The first part is due to be approved on {day}.",
            { Approved.Minor: 0, Held.Minor: > 0 } => $"{Say(outlook.Held)} is held in case orders are returned.",
            { Approved.Minor: 0, InPayout.Minor: > 0 } => "Nothing more is waiting for a payout.",
            { Approved.Minor: 0 } => "Nothing is waiting for a payout yet.",
            { IsSuspended: true } => $"{Say(outlook.Approved)} is approved. It stays yours and waits while you are suspended: ask {outlook.StoreName} to look at it.",
            _ when outlook.Approved < minimum => $"{Say(outlook.Approved)} is approved. Payouts start at {Say(minimum)}: {Say(minimum - outlook.Approved)} to go. Nothing lapses while you wait.",
            _ => $"{Say(outlook.Approved)} is approved and goes out when {outlook.StoreName} runs its next payout.",
        });
        if (!outlook.HasPayoutAccount)
        {
            sentences.Add($"{outlook.StoreName} does not know yet where to send your money. Say it below.");
        }

        return sentences;
    }

    private static string Say(Money amount) => Words.Of(amount);
}
