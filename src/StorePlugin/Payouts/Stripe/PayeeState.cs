// What an account at Stripe means for a payee: values in, value out, always from an account that was just read.
using System.Text.Json;

namespace StorePlugin.Payouts.Stripe;

/// <summary>The states of a payee's account here.</summary>
internal static class PayeeAccountState
{
    /// <summary>It is named, or was made, and Stripe has not been asked about it since.</summary>
    public const string Created = "created";

    /// <summary>The payee has not told Stripe all that it asks for at first.</summary>
    public const string Onboarding = "onboarding";

    /// <summary>Stripe looks at what the payee has told.</summary>
    public const string Pending = "pending";

    /// <summary>Money arrives and goes on to the bank.</summary>
    public const string Ready = "ready";

    /// <summary>Money arrives and stays at Stripe: there is no bank account that it can go on to.</summary>
    public const string NoBank = "no_bank";

    /// <summary>Stripe waits for the payee.</summary>
    public const string Restricted = "restricted";

    /// <summary>Stripe has closed its doors to the payee.</summary>
    public const string Rejected = "rejected";

    /// <summary>There is no such account any more, or it is not connected to the store's.</summary>
    public const string Closed = "closed";
}

/// <param name="State">One of <see cref="PayeeAccountState"/>.</param>
/// <param name="Country">Two capitals.</param>
/// <param name="Currency">Three capitals.</param>
/// <param name="Transfers">The state of the capability that transfers need.</param>
/// <param name="PayoutsEnabled">Whether the bank leg is on.</param>
/// <param name="Schedule">How often Stripe pays on to the bank; <c>manual</c> is never by itself.</param>
/// <param name="DisabledReason">Stripe's word for what is wrong; there are more of them from time to time.</param>
/// <param name="Due">What Stripe waits for, by its own names.</param>
/// <param name="Bank">The bank accounts and cards as people know them: name and last digits.</param>
/// <param name="BankIdentity">What tells them from others; null where there is none. It is hashed before it is kept.</param>
internal sealed record PayeeState(
    string State,
    string? Country,
    string? Currency,
    string? Transfers,
    bool PayoutsEnabled,
    string? Schedule,
    string? DisabledReason,
    IReadOnlyList<string> Due,
    string? Bank,
    string? BankIdentity)
{
    private const string Manual = "manual";

    /// <summary>What is left of an account that Stripe no longer shows.</summary>
    public static readonly PayeeState Gone = new(PayeeAccountState.Closed, null, null, null, false, null, null, [], null, null);

    /// <summary>Whether the money that arrives stays at Stripe until somebody pays it on by hand.</summary>
    public static bool IsManual(string? schedule) => schedule == Manual;

    /// <summary>Reads an account as <c>GET /v1/accounts/{id}</c> answers it.</summary>
    public static PayeeState Of(JsonElement account)
    {
        if (account.IsTrue("deleted"))
        {
            return Gone;
        }

        var requirements = account.ObjectOrNull("requirements") ?? default;
        var (past, current) = (requirements.Texts("past_due"), requirements.Texts("currently_due"));
        var reason = requirements.TextOrNull("disabled_reason");
        var transfers = account.ObjectOrNull("capabilities")?.TextOrNull("transfers");
        var payoutsEnabled = account.IsTrue("payouts_enabled");
        var banks = BanksOf(account);
        return new PayeeState(
            StateOf(account.IsTrue("details_submitted"), transfers, payoutsEnabled, reason, past.Count + current.Count > 0),
            account.TextOrNull("country")?.ToUpperInvariant(),
            account.TextOrNull("default_currency")?.ToUpperInvariant(),
            transfers,
            payoutsEnabled,
            account.ObjectOrNull("settings")?.ObjectOrNull("payouts")?.ObjectOrNull("schedule")?.TextOrNull("interval"),
            reason,
            [.. past.Concat(current).Distinct(StringComparer.Ordinal)],
            banks.Count == 0 ? null : string.Join(", ", banks.Select(bank => bank.Shown)),
            banks.Count == 0 ? null : string.Join('\n', banks.Select(bank => bank.Identity).Order(StringComparer.Ordinal)));
    }

    // charges_enabled says nothing here: it stays false for accounts that only receive.
    private static string StateOf(bool isSubmitted, string? transfers, bool payoutsEnabled, string? reason, bool waitsForPayee)
    {
        if (reason?.StartsWith("rejected", StringComparison.Ordinal) == true)
        {
            return PayeeAccountState.Rejected;
        }

        if (transfers == "active")
        {
            return payoutsEnabled ? PayeeAccountState.Ready : PayeeAccountState.NoBank;
        }

        if (!isSubmitted)
        {
            return PayeeAccountState.Onboarding;
        }

        return waitsForPayee || reason is not (null or "requirements.pending_verification" or "under_review")
            ? PayeeAccountState.Restricted
            : PayeeAccountState.Pending;
    }

    // By the fingerprint, which is the same for the same account number; Stripe does not show it to everybody.
    private static IReadOnlyList<(string Shown, string Identity)> BanksOf(JsonElement account) =>
    [
        .. (account.ObjectOrNull("external_accounts") ?? default).Items("data")
            .Where(item => item.ValueKind == JsonValueKind.Object)
            .Select(item =>
            {
                var (name, last4) = (item.TextOrNull("bank_name") ?? item.TextOrNull("brand"), item.TextOrNull("last4") ?? "????");
                return (
                    $"{name ?? "Account"} …{last4}",
                    item.TextOrNull("fingerprint") ?? $"{name} {last4} {item.TextOrNull("country")} {item.TextOrNull("currency")}");
            }),
    ];
}
