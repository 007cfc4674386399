// What a Stripe secret key says about itself: whose it is we cannot tell, but live or test stands in its prefix.
using System.Text.RegularExpressions;

namespace StorePlugin.Payouts.Stripe;

internal static partial class StripeKey
{
    /// <summary>The keys of the rehearsal platform's own counterpart of Stripe, which moves no money.</summary>
    public const string RehearsalPrefix = "sk_rehearsal_";

    public static bool IsRehearsal(string key) => key.StartsWith(RehearsalPrefix, StringComparison.Ordinal);

    /// <summary><c>live</c> or <c>test</c>, as <see cref="Stores.Store.Mode"/>; null where the text is no secret key.</summary>
    public static string? ModeOf(string key) =>
        Form().Match(key) is not { Success: true } match ? null : match.Groups["mode"].ValueSpan is "live" ? "live" : "test";

    [GeneratedRegex(
        @"\A(sk|rk)_(?<mode>live|test|rehearsal)_[A-Za-z0-9_-]{1,240}\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Form();
}
