// Who is paid how much now, and who not and why: values in, value out.
using StorePlugin.Payouts.Stripe;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>What is known of a balance that may be paid.</summary>
/// <param name="Balance">The balance of account approved in one currency.</param>
/// <param name="State">The ambassador's state; null when there is no such ambassador any more.</param>
/// <param name="StripeAccount">Where the money would go.</param>
/// <param name="OpenPayoutId">A payout of the same ambassador and currency that is not settled.</param>
/// <param name="Waived">Why the minimum does not count, as <see cref="MinimumWaiver"/> says it; null: it does.</param>
internal sealed record Payee(string AmbassadorId, Money Balance, string? State, string? StripeAccount, string? OpenPayoutId, string? Waived = null);

/// <summary>A closed set: pay, or hold for a reason.</summary>
internal abstract record PayoutDecision
{
    private const string AmbassadorApproved = "approved";
    private const string AmbassadorEnded = "ended";

    /// <param name="Note">What stays behind, and why less than the minimum is paid, in words; null when there is nothing to say.</param>
    internal sealed record Pay(Money Amount, string Destination, string? Note) : PayoutDecision;

    internal sealed record Hold(string Why) : PayoutDecision;

    /// <summary>Decides on one balance (rules H7, K2, P1).</summary>
    /// <param name="connected">Whether the store has a Stripe key.</param>
    public static PayoutDecision Decide(Payee payee, bool connected)
    {
        var balance = payee.Balance;
        var minimum = Minimum.Of(balance.Currency);
        if (payee.OpenPayoutId is { } open)
        {
            return new Hold($"Payout {open} is still open; there is one at a time in each currency.");
        }

        if (balance.Minor < 0)
        {
            return new Hold("The balance is below zero; later earnings settle it first.");
        }

        if (balance.Minor == 0)
        {
            return new Hold("Nothing is approved.");
        }

        if (!StripeAmount.Knows(balance.Currency))
        {
            return new Hold($"Stripe does not transfer {balance.Currency}; the balance is kept.");
        }

        if (payee.Waived is null && balance < minimum)
        {
            return new Hold($"The balance is below the minimum of {minimum}; it is carried over.");
        }

        if (Minimum.FloorOf(balance.Currency) is var least && balance < least)
        {
            return new Hold($"The balance is below {least}, the least that can be sent; it is carried over.");
        }

        if (payee.State is null)
        {
            return new Hold("There is no such ambassador any more; the balance is kept.");
        }

        // A suspension asks a person to look first; a positive balance never lapses, and who has left is paid it (rule H7).
        if (payee.State is not (AmbassadorApproved or AmbassadorEnded))
        {
            return new Hold("The ambassador is suspended; the balance is kept.");
        }

        if (string.IsNullOrWhiteSpace(payee.StripeAccount))
        {
            return new Hold("The ambassador has no Stripe account yet; the balance is carried over.");
        }

        if (!connected)
        {
            return new Hold("The store is not connected to Stripe.");
        }

        var amount = StripeAmount.Sendable(balance);
        string[] notes =
        [
            .. balance < minimum ? [$"Less than the minimum of {minimum} is paid, since {payee.Waived}."] : Array.Empty<string>(),
            .. amount == balance ? Array.Empty<string>() : [$"{balance - amount} stay for the next payout: Stripe takes no finer amount."],
        ];
        return new Pay(amount, payee.StripeAccount, notes.Length == 0 ? null : string.Join(' ', notes));
    }
}
