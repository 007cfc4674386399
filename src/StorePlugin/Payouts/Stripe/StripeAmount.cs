// Amounts as Stripe counts them: its table of smallest units differs from ISO 4217 and is known here alone (rule M1).
using System.Collections.Frozen;
using System.Diagnostics;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Stripe;

/// <summary>Turns our minor units into Stripe's and back, exactly or not at all.</summary>
internal static class StripeAmount
{
    // Stripe counts these with two decimals although they have none: 5 ISK are 500.
    private static readonly FrozenSet<string> Hundredfold = FrozenSet.Create(StringComparer.Ordinal, "ISK", "UGX");

    // Stripe counts these without decimals although ISO 4217 gives them two.
    private static readonly FrozenSet<string> Hundredth = FrozenSet.Create(StringComparer.Ordinal, "MGA");

    // ISO 4217 gives these three decimals and Stripe's table does not hold them; guessing would pay ten times too much.
    private static readonly FrozenSet<string> Unknown = FrozenSet.Create(StringComparer.Ordinal, "IQD", "LYD");

    // HUF and TWD need no entry: only a bank payout made by hand must be whole units of them, a transfer need not.

    /// <summary>Whether the currency has a place in Stripe's table.</summary>
    public static bool Knows(Currency currency) => !Unknown.Contains(currency.Code);

    /// <summary>
    /// The greatest amount not above this one that Stripe takes: the last digit of a currency with three decimals must be
    /// 0, and some currencies are counted in whole units. The rest is carried over.
    /// </summary>
    public static Money Sendable(Money amount)
    {
        var step = StepOf(amount.Currency);
        return amount with { Minor = amount.Minor - (amount.Minor % step) };
    }

    /// <summary>The integer for Stripe's <c>amount</c>.</summary>
    /// <exception cref="UnreachableException">Not a sendable amount: a fault of the program.</exception>
    public static long ToStripe(Money amount)
    {
        if (amount.Minor <= 0 || !Knows(amount.Currency) || Sendable(amount) != amount)
        {
            throw new UnreachableException($"{amount} cannot be sent as it is.");
        }

        return Hundredfold.Contains(amount.Currency.Code) ? checked(amount.Minor * 100)
            : Hundredth.Contains(amount.Currency.Code) ? amount.Minor / 100
            : amount.Minor;
    }

    /// <summary>What Stripe's <c>amount</c> means; null where it is no whole number of our minor units.</summary>
    public static Money? FromStripe(long amount, Currency currency) =>
        Hundredfold.Contains(currency.Code) ? (amount % 100 == 0 ? new Money(amount / 100, currency) : null)
        : Hundredth.Contains(currency.Code) ? new Money(checked(amount * 100), currency)
        : new Money(amount, currency);

    /// <summary>In minor units.</summary>
    private static long StepOf(Currency currency) =>
        Hundredth.Contains(currency.Code) ? 100 : currency.Exponent == 3 ? 10 : 1;
}
