// The figures of a store or of one ambassador, currency by currency: no sum ever crosses two of them (rule M1).
using StorePlugin.Ledger;
using StorePlugin.Pages;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard;

/// <summary>What the accounts of rule H7 hold, in one currency and in words.</summary>
/// <param name="Earned">Everything but what is in review: held, approved, in payout and paid.</param>
/// <param name="Owed">Approved and not paid yet, payouts under way included. May be below zero (rule K1).</param>
/// <param name="Shares">The accounts as parts of a bar.</param>
public sealed record Commission(
    string Currency, string Held, string Review, string Approved, string InPayout, string Paid, string Earned, string Owed,
    bool OwedIsNegative, IReadOnlyList<Share> Shares);

/// <summary>A part of a bar that is 1000 wide.</summary>
public sealed record Share(string Account, long From, long Width);

/// <summary>One account's balance in one currency.</summary>
internal sealed record Balance
{
    // Properties and no constructor: see Overview, whose sums have no row in a new store.
    public string Account { get; init; } = "";

    public string Currency { get; init; } = "";

    public long AmountMinor { get; init; }
}

internal static class Figures
{
    private const long BarWidth = 1000;

    private static readonly string[] Accounts = [Account.Held, Account.Review, Account.Approved, Account.InPayout, Account.Paid];

    /// <summary>Balances by currency; the merchant's own accounts are left out.</summary>
    public static IReadOnlyList<Commission> Of(IEnumerable<Balance> balances) =>
        [.. balances.GroupBy(balance => balance.Currency).OrderBy(group => group.Key, StringComparer.Ordinal).Select(Of)];

    /// <summary>Zero in a currency, for a store that has sold nothing yet.</summary>
    public static Commission None(string currency) => Of([new Balance { Account = Account.Held, Currency = currency }])[0];

    private static Commission Of(IGrouping<string, Balance> balances)
    {
        var currency = Currency.Parse(balances.Key);
        var owed = Sum(Account.Approved) + Sum(Account.InPayout);
        return new Commission(
            currency.Code,
            Words.Of(Sum(Account.Held)),
            Words.Of(Sum(Account.Review)),
            Words.Of(Sum(Account.Approved)),
            Words.Of(Sum(Account.InPayout)),
            Words.Of(Sum(Account.Paid)),
            Words.Of(Sum(Account.Held) + owed + Sum(Account.Paid)),
            Words.Of(owed),
            owed.Minor < 0,
            Bar([.. Accounts.Select(account => (account, Math.Max(0, Sum(account).Minor)))]));

        Money Sum(string account) => balances.Where(balance => balance.Account == account)
            .Aggregate(Money.Zero(currency), (sum, balance) => sum + new Money(balance.AmountMinor, currency));
    }

    private static List<Share> Bar(List<(string Account, long Minor)> parts)
    {
        var whole = parts.Aggregate(Int128.Zero, (sum, part) => sum + part.Minor);
        var shares = new List<Share>(parts.Count);
        var before = Int128.Zero;
        foreach (var (account, minor) in parts.Where(part => part.Minor > 0))
        {
            // Each edge is computed from the sum before it, so that the parts fill the bar exactly.
            var from = (long)(before * BarWidth / whole);
            before += minor;
            shares.Add(new Share(account, from, (long)(before * BarWidth / whole) - from));
        }

        return shares;
    }
}
