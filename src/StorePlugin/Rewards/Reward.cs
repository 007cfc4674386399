// A reward beside a commission or in its place: how it is named, and what it moves in the ledger.
using System.Security.Cryptography;
using System.Text;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Webhooks;

namespace StorePlugin.Rewards;

/// <summary>What a reward was given for. With its cause and whom it is for it is unique: no cause gives twice (rule W3).</summary>
internal static class RewardKind
{
    /// <summary>An order was approved (rule W1); the cause is the order.</summary>
    public const string Advocate = "advocate";

    /// <summary>A threshold was reached; the cause is campaign, metric and threshold.</summary>
    public const string Milestone = "milestone";
}

/// <summary>Where a reward stands.</summary>
internal static class RewardState
{
    /// <summary>Its code does not work yet, or the store has not given it: it is to be made, or the platform refuses it, as its problem says.</summary>
    public const string PendingCode = "pending_code";

    /// <summary>Its code works, or the store has given it, or its money is in the ledger.</summary>
    public const string Issued = "issued";

    /// <summary>An order used its code.</summary>
    public const string Used = "used";

    /// <summary>Taken back before anybody used it (rule W4); of a gift card or store credit the unused part is being taken back, or all of it was.</summary>
    public const string Revoked = "revoked";

    /// <summary>Its code was used, and the order that it was given for came to nothing: the merchant bears it (rule W4).</summary>
    public const string Cost = "cost";

    /// <summary>The ambassador had the most that a period allows (rule W2).</summary>
    public const string Refused = "refused";

    public static readonly IReadOnlyList<string> All = [PendingCode, Issued, Used, Revoked, Cost, Refused];
}

/// <summary>What is left of an order, as a reward rests on it.</summary>
internal static class RewardBase
{
    /// <summary>Whether it is enough for a code (rules B7, W5).</summary>
    public static bool Suffices(Receipt receipt) => receipt.RemainingBaseMinor > 0 && receipt.RemainingBaseMinor >= (receipt.Terms?.MinimumOrderMinor ?? 0);

    /// <summary>
    /// Whether refunds have left nothing to earn of an order that has no commission. Where a code is given in its place, a rest
    /// of the order still earns it.
    /// </summary>
    public static bool IsTakenBack(Receipt receipt) =>
        receipt.RemainingBaseMinor < receipt.BaseMinor && (receipt.Terms?.AdvocateReward is null || !Suffices(receipt));
}

/// <summary>The code of a reward is named by the reward's id (rule W3), so that it is the same at every try.</summary>
internal static class RewardCodes
{
    /// <summary>Every such code begins with it, as <see cref="Ambassadors.CodeKey"/> has it: orders without one need no look into the table.</summary>
    public const string KeyPrefix = "thanks-";

    private const string Prefix = "THANKS-";
    private const int LettersOfId = 12;

    // No vowel, so that no word comes about; no letter that is taken for a digit.
    private const string Alphabet = "23456789BCDFGHJKMNPQRSTVWXYZ";

    /// <summary>Nobody guesses it who does not know the id, which is random.</summary>
    public static string Of(string rewardId)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(rewardId));
        return string.Create(Prefix.Length + LettersOfId, hash, static (text, bytes) =>
        {
            Prefix.CopyTo(text);
            for (var i = 0; i < LettersOfId; i++)
            {
                text[Prefix.Length + i] = Alphabet[bytes[i] % Alphabet.Length];
            }
        });
    }
}

/// <summary>The money of a milestone, as a fact of its own beside the ledger: giving it and the replay of the log make the same transaction of it.</summary>
internal sealed record Bonus(string RewardId, string AmbassadorId, Money Amount, DateTimeOffset At)
{
    public LedgerTransaction Posting => new(
        LedgerKind.Bonus, RewardId, Amount.Currency, At, OrderState.Program, "A milestone was reached.",
        LedgerTransaction.Move(AmbassadorId, null, Account.Expense, Account.Approved, Amount));
}
