// Who is paid how much now, and who not and why: values in, value out.
using System.Globalization;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>Where a payee's money goes.</summary>
/// <param name="Provider">One of <see cref="PayoutProvider"/>.</param>
/// <param name="Id">The payee's Stripe account, or the id of the method that they named.</param>
internal sealed record PayoutDestination(string Provider, string Id);

/// <summary>What is known of a balance that may be paid.</summary>
/// <param name="Balance">The balance of account approved in one currency.</param>
/// <param name="State">The ambassador's state; null when there is no such ambassador any more.</param>
/// <param name="Destination">Where the money would go; null: nobody knows.</param>
/// <param name="OpenPayoutId">A payout of the same ambassador and currency that is not settled.</param>
/// <param name="Waived">Why the minimum does not count, as <see cref="MinimumWaiver"/> says it; null: it does.</param>
/// <param name="Wait">What has to pass or be mended before anything is paid to them.</param>
/// <param name="ReviewMinor">What stands in review, in minor units of the balance's currency (rule H3).</param>
/// <param name="Bill">Under what terms the payout is billed; null: not both sides have agreed to it.</param>
/// <param name="Uncleared">What of corrections of earlier documents nothing has settled yet, likewise in minor units.</param>
internal sealed record Payee(
    string AmbassadorId, Money Balance, string? State, PayoutDestination? Destination, string? OpenPayoutId, string? Waived = null,
    PayeeWait? Wait = null, long ReviewMinor = 0, BillTerms? Bill = null, NetAndVat Uncleared = default);

/// <summary>Why a payee waits: a closed set.</summary>
internal abstract record PayeeWait
{
    /// <summary>An address or a destination was changed, and whoever did not want that has these days to say so.</summary>
    /// <param name="Until">UTC; from this instant on they are paid.</param>
    /// <param name="IsAsked">Whether the payee has to confirm it besides.</param>
    internal sealed record Held(DateTimeOffset Until, string Why, bool IsAsked = false) : PayeeWait;

    /// <summary>The days are over, but the payee has not said that the change was theirs.</summary>
    internal sealed record Unconfirmed : PayeeWait;

    /// <summary>The payee, or then a person of the store, says that a change was not theirs.</summary>
    /// <param name="IsDecided">Whether the person of the store has said so.</param>
    internal sealed record Refused(bool IsDecided) : PayeeWait;

    /// <summary>Stripe does not pay into the account as it is.</summary>
    /// <param name="State">As the table <c>payee_accounts</c> says it.</param>
    /// <param name="Due">What Stripe waits for, in its own names.</param>
    internal sealed record NotReady(string State, string? Due) : PayeeWait;

    /// <summary>Another person is paid to the same destination (rule F2), and no exemption says that this is well.</summary>
    internal sealed record Shared : PayeeWait;

    /// <summary>The destination is the merchant's own account: money would go round in a circle (the funnel, ability 13).</summary>
    internal sealed record Merchants : PayeeWait;

    /// <summary>The way is not one that the merchant allows any more.</summary>
    internal sealed record NotAllowed : PayeeWait;

    /// <summary>It was to be given in the store, which gives no other currency than its own.</summary>
    internal sealed record OtherCurrency : PayeeWait;

    public string Words => this switch
    {
        Held held => $"{held.Why.TrimEnd('.')}; payouts to them begin again on {held.Until.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC"
            + (held.IsAsked ? ", once they have confirmed it by the mail that they got." : "."),
        Unconfirmed => "They have not confirmed that the last change of where their money goes was theirs. It stands in the mail that they got; if that "
            + "cannot reach them, a person of the store decides.",
        Refused { IsDecided: true } => "The last change of where their money goes was not theirs; another destination must be named.",
        Refused => "They say that a change of where their money goes was not theirs; a person of the store must decide.",
        NotReady { State: "closed" } => "Their Stripe account is closed; they must set up another one.",
        NotReady { State: "rejected" } => "Stripe has rejected their account; they must ask Stripe, or be paid in another way.",
        NotReady { State: "pending" } => "Stripe still verifies their account; the balance is carried over.",
        NotReady notReady => $"They have not finished setting up their Stripe account{(notReady.Due is { Length: > 0 } due ? $" (Stripe waits for {due})" : "")}; the balance is carried over.",
        Shared => "Another ambassador is paid to the same destination. Look whether they are one person, or grant an exemption from rule F2.",
        Merchants => "The destination is the store's own account.",
        OtherCurrency => "The store gives credit and discount codes in its own currency only; they must name another way.",
        NotAllowed => "The store does not pay in the way that they named any more; they must name another.",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A closed set: pay, or hold for a reason.</summary>
internal abstract record PayoutDecision
{
    private const string AmbassadorApproved = "approved";
    private const string AmbassadorEnded = "ended";

    /// <param name="Amount">What is sent, with VAT where that is added.</param>
    /// <param name="Note">What stays behind, why less than the minimum is paid, and what is VAT, in words; null when there is nothing to say.</param>
    /// <param name="VatMinor">The part of the amount that is VAT, in its minor units; below zero where VAT of corrections is kept back.</param>
    /// <param name="Bill">Under what terms it is billed; null: it is not.</param>
    internal sealed record Pay(Money Amount, PayoutDestination Destination, string? Note, long VatMinor = 0, BillTerms? Bill = null) : PayoutDecision
    {
        /// <summary>What it takes from the balance.</summary>
        public Money Net => Amount with { Minor = Amount.Minor - VatMinor };
    }

    internal sealed record Hold(string Why) : PayoutDecision;

    /// <summary>Decides on one balance (rules H7, K2, P1). Minimum and floor are compared with the balance, which is without VAT.</summary>
    /// <param name="connected">Whether the store has a Stripe key.</param>
    /// <param name="atMost">No more than this is taken from the balance; null: all of it that can be sent.</param>
    public static PayoutDecision Decide(Payee payee, bool connected, Money? atMost = null)
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
            return new Hold(payee.ReviewMinor > 0
                ? $"Nothing is approved; {balance with { Minor = payee.ReviewMinor }} stand in review, which a person decides."
                : "Nothing is approved.");
        }

        var toStripe = payee.Destination is null or { Provider: PayoutProvider.Stripe };
        if (toStripe && !StripeAmount.Knows(balance.Currency))
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

        if (payee.Destination is not { } destination)
        {
            return new Hold("Nobody knows where to send it: the ambassador has no Stripe account yet and has named no other way. The balance is carried over.");
        }

        if (payee.Wait is { } wait)
        {
            return new Hold(wait.Words);
        }

        if (toStripe && !connected)
        {
            return new Hold("The store is not connected to Stripe.");
        }

        if (payee.Bill?.Unfit is { } unfit)
        {
            return new Hold(unfit);
        }

        var finest = toStripe ? StripeAmount.Sendable(balance) : balance;
        var net = atMost is { } most && most < finest ? most : finest;
        var vat = payee.Bill?.VatOn(net, payee.Uncleared) ?? Money.Zero(balance.Currency);
        var amount = net + vat;
        if (amount.Minor <= 0)
        {
            return new Hold($"{-vat} of VAT were paid on commissions that were taken back since, which is more than the balance; it is carried over.");
        }

        if (toStripe && StripeAmount.Sendable(amount) != amount)
        {
            return new Hold($"With {vat} of VAT it is {amount}, and Stripe takes no amount so fine; it is carried over.");
        }

        string[] notes =
        [
            .. balance < minimum ? [$"Less than the minimum of {minimum} is paid, since {payee.Waived}."] : Array.Empty<string>(),
            .. finest == balance ? Array.Empty<string>() : [$"{balance - finest} stay for the next payout: Stripe takes no finer amount."],
            .. vat.Minor > 0 ? [$"{vat} of it are VAT."] : Array.Empty<string>(),
            .. vat.Minor < 0 ? [$"{-vat} of VAT are kept back, paid on commissions that were taken back since."] : Array.Empty<string>(),
        ];
        return new Pay(amount, destination, notes.Length == 0 ? null : string.Join(' ', notes), vat.Minor, payee.Bill);
    }
}
