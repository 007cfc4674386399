// What is wrong with a store's Stripe account for paying ambassadors, by name and with its cure: values in, value out.
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorePlugin.Payouts.Stripe;

/// <param name="Code">Stable.</param>
/// <param name="Severity"><c>blocks</c>: nobody can be paid or connected; <c>warns</c>: something will go wrong; <c>unknown</c>: it could not be looked at.</param>
/// <param name="Message">What is so.</param>
/// <param name="Fix">What to do.</param>
internal sealed record StripeFinding(string Code, string Severity, string Message, string Fix)
{
    public const string Blocks = "blocks";
    public const string Warns = "warns";
    public const string Unknown = "unknown";

    private const string OpenKey = "In Stripe's dashboard under Developers, API keys, open the restricted key";

    /// <summary>What a restricted key must be given, by the names of Stripe's form.</summary>
    public static readonly ImmutableArray<string> Permissions =
        ["Transfers: write", "Connect, Accounts: write", "Connect, Account links and Login links: write", "Balance and Balance settings: read", "Payouts: read", "Balance transactions: read"];

    /// <summary>What the answers about the store's own account show.</summary>
    /// <param name="currency">The store's, in capitals; null while it is not known.</param>
    /// <param name="balance">Null: it was not asked for, since the first question found nobody.</param>
    /// <param name="settings">As <paramref name="balance"/>.</param>
    public static IReadOnlyList<StripeFinding> Of(string? currency, StripeReply account, StripeReply? balance, StripeReply? settings)
    {
        var findings = new List<StripeFinding>();
        if (account is StripeReply.Found(var own))
        {
            if (own.TryGetProperty("details_submitted", out _) && !own.IsTrue("details_submitted"))
            {
                findings.Add(new(
                    "account-incomplete", Warns, "Your Stripe account is not activated yet: Stripe still waits for details of your business.",
                    "Sign in to Stripe and finish the activation."));
            }
        }
        else
        {
            findings.Add(NotRead(account, "your account", "Connect, Accounts: read"));
        }

        if (balance is StripeReply.Found(var money))
        {
            if (currency is not null && AvailableIn(money, currency) <= 0)
            {
                findings.Add(new(
                    "no-balance", Warns, $"Your Stripe account has no available balance in {currency}. Ambassadors are paid from it alone; what is pending does not count.",
                    "Take payments through this account, or top it up in Stripe's dashboard under Balances before you approve payouts."));
            }
        }
        else if (balance is not null)
        {
            findings.Add(NotRead(balance, "your balance", "Balance: read"));
        }

        if (settings is StripeReply.Refused { LacksPermission: true })
        {
            findings.Add(NotRead(settings, "your balance settings", "Balance settings: read"));
        }
        else if (EmptiesBalance(currency, account, settings))
        {
            findings.Add(new(
                "payouts-empty-balance", Warns,
                "Stripe pays your own balance out to your bank by a schedule, and keeps no least balance: it may be empty when ambassadors are to be paid.",
                "In Stripe's dashboard under Settings, Payouts, set a minimum balance or the schedule to manual."));
        }

        return findings;
    }

    /// <summary>What a refusal to make an account for a payee says about the store's own.</summary>
    public static StripeFinding OfRefusal(string code, string message)
    {
        if (code == "platform_account_required" || Says("signed up for Connect"))
        {
            return new("connect-not-activated", Blocks, "Connect is not activated in your Stripe account, so ambassadors cannot connect.", "Open dashboard.stripe.com/connect and activate it.");
        }

        if (Says("platform-profile") || Says("responsibilities of managing losses"))
        {
            return new(
                "connect-profile-incomplete", Blocks, "Stripe has not approved your platform profile, so ambassadors cannot connect.",
                "Open dashboard.stripe.com/settings/connect/platform-profile, answer its questions and accept the liability for losses.");
        }

        if (Says("needs approval"))
        {
            return new(
                "connect-approval", Blocks, $"Stripe wants to approve your platform first. It says: {message}", "Ask Stripe's support to approve accounts that only receive transfers.");
        }

        return code == "http_403" || Says("required permissions")
            ? new("key-permission-missing", Blocks, "The key may not make accounts for ambassadors.", $"{OpenKey} and give it \u201cConnect, Accounts: write\u201d.")
            : new("account-refused", Warns, $"Stripe refused to make the account of an ambassador. It says: {message}", "Mend what it names, then have the ambassador try again.");

        bool Says(string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    private static StripeFinding NotRead(StripeReply reply, string what, string permission) => reply switch
    {
        StripeReply.Refused { LacksPermission: true } => new("key-permission-missing", Warns, $"The key may not read {what}.", $"{OpenKey} and give it \u201c{permission}\u201d."),
        StripeReply.Refused(var code, _, _) => new("not-checked", Unknown, $"Stripe would not show {what} ({code}).", "Check again later."),
        StripeReply.Unavailable(var why) => new("not-checked", Unknown, $"Stripe could not be asked about {what}: {why}.", "The key is kept. Check again later."),
        _ => new("not-checked", Unknown, $"Stripe could not be asked about {what}.", "Check again later."),
    };

    private static long AvailableIn(JsonElement balance, string currency) => balance.Items("available")
        .Where(sum => string.Equals(sum.TextOrNull("currency"), currency, StringComparison.OrdinalIgnoreCase))
        .Sum(sum => sum.WholeOrNull("amount") ?? 0);

    // The settings say it in full; where they cannot be read, the account names the schedule at least.
    private static bool EmptiesBalance(string? currency, StripeReply account, StripeReply? settings)
    {
        var payouts = settings is StripeReply.Found(var all) ? all.ObjectOrNull("payments")?.ObjectOrNull("payouts") : null;
        var own = account is StripeReply.Found(var read) ? read.ObjectOrNull("settings")?.ObjectOrNull("payouts") : null;
        var interval = (payouts ?? own)?.ObjectOrNull("schedule")?.TextOrNull("interval");
        var least = currency is null ? null : payouts?.ObjectOrNull("minimum_balance_by_currency")?.WholeOrNull(currency.ToLowerInvariant());
        return interval is not (null or "manual") && least is not > 0;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(IReadOnlyList<StripeFinding>))]
[JsonSerializable(typeof(IReadOnlyList<Amount>))]
internal sealed partial class StripeAccountJson : JsonSerializerContext;
