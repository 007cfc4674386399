// A reward that is worth money in the store: how it is named there, what it moves in the ledger, and how a credit is known again.
using System.Diagnostics;
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Rewards;

/// <summary>The words of the column <c>form</c>; null: a discount code, or a milestone's money.</summary>
internal static class ValueForm
{
    public const string GiftCard = "gift_card";
    public const string StoreCredit = "store_credit";

    public static string Of(RewardForm form) => form switch
    {
        RewardForm.GiftCard => GiftCard,
        RewardForm.StoreCredit => StoreCredit,
        _ => throw new UnreachableException(),
    };

    /// <summary>As the API and the terms call it.</summary>
    public static string? WordOf(string? form) => form switch
    {
        null => null,
        GiftCard => TermsRewardsRequest.WordOf(RewardForm.GiftCard),
        StoreCredit => TermsRewardsRequest.WordOf(RewardForm.StoreCredit),
        _ => throw new UnreachableException($"{form} is no form of a reward."),
    };
}

/// <summary>The code of a reward's gift card.</summary>
internal static class GiftCardCode
{
    public static string Of(StoreKeys keys, Store store, string rewardId) => MoneyCode.Of(keys, store, $"gift card of {rewardId}");

    public static string Shown(StoreKeys keys, Store store, string rewardId) => MoneyCode.Shown(Of(keys, store, rewardId));
}

/// <summary>A step of a reward's money, as a fact beside the ledger: taking it and the replay of the log make the same transaction of it.</summary>
/// <param name="Kind">One of the four kinds of transactions about such a reward.</param>
internal sealed record ValueStep(string Kind, string RewardId, string AmbassadorId, Money Amount, DateTimeOffset At)
{
    public LedgerTransaction Posting
    {
        get
        {
            var (from, to, reason) = Kind switch
            {
                LedgerKind.RewardReserved => (Account.Expense, Account.InPayout, "A reward is set aside until the store has given it."),
                LedgerKind.RewardGiven => (Account.InPayout, Account.Paid, "The store has given the reward."),
                LedgerKind.RewardReleased => (Account.InPayout, Account.Expense, "The reward was taken back before the store had given it."),
                LedgerKind.RewardReturned => (Account.Paid, Account.Expense, "The reward was taken back: this much of it was not used."),
                _ => throw new UnreachableException($"{Kind} is no step of a reward."),
            };
            return new LedgerTransaction(Kind, RewardId, Amount.Currency, At, OrderState.Program, reason, LedgerTransaction.Move(AmbassadorId, null, from, to, Amount));
        }
    }
}

/// <summary>What a look among a customer's movements of store credit found.</summary>
internal abstract record CreditFound
{
    internal sealed record One(CreditMove Move) : CreditFound;

    internal sealed record Nothing : CreditFound;

    /// <summary>Several may be it, or not all that may be it is shown.</summary>
    internal sealed record Unclear(CreditMove? First) : CreditFound;

    /// <summary>
    /// A movement has no note. It is known by its amount, its end, and its instant, which is not before it was asked for; none that is
    /// known to be another reward's. Pure.
    /// </summary>
    /// <param name="amountMinor">In minor units; below 0 where it was taken.</param>
    /// <param name="sentAt">When it was asked for.</param>
    /// <param name="known">The movements of other rewards, by id.</param>
    public static CreditFound Among(CreditNow credit, long amountMinor, DateTimeOffset? expiresAt, DateTimeOffset sentAt, IReadOnlyCollection<string> known)
    {
        // The platform's clock is another one.
        var since = sentAt - Skew;
        var fitting = credit.Moves.Where(move => move.AmountMinor == amountMinor && EndsAlike(move.ExpiresAt, expiresAt) && move.At >= since && !known.Contains(move.Id))
            .OrderBy(move => move.At).ThenBy(move => move.Id, StringComparer.Ordinal).ToList();
        var isWhole = credit.ReachesTo is not { } reach || reach < since;
        return fitting switch
        {
            [var one] => new One(one),
            [] when isWhole => new Nothing(),
            _ => new Unclear(fitting.Count > 0 ? fitting[0] : null),
        };
    }

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(2);

    // A platform may let a credit end with the day.
    private static bool EndsAlike(DateTimeOffset? one, DateTimeOffset? other) =>
        one is { } left && other is { } right ? (left - right).Duration() <= TimeSpan.FromDays(1) : one is null && other is null;
}
