// Stripe's table of amounts, written down from docs.stripe.com/currencies for the stand-in; the program's own is not looked at.
namespace StorePlugin.Tests.Rig;

internal static class StripeTable
{
    private static readonly string[] Whole =
        ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];

    private static readonly string[] Thousandths = ["bhd", "jod", "kwd", "omr", "tnd"];

    // They have no decimals any more, and amounts of them still have two, which must be 00.
    private static readonly string[] HundredthsOfWhole = ["isk", "ugx"];

    /// <summary>What an amount is worth, in the currency's units.</summary>
    public static decimal Value(string currency, long amount) =>
        Whole.Contains(currency) ? amount : Thousandths.Contains(currency) ? amount / 1000m : amount / 100m;

    /// <summary>How many of Stripe's units an amount must be a multiple of.</summary>
    public static int Step(string currency) => HundredthsOfWhole.Contains(currency) ? 100 : Thousandths.Contains(currency) ? 10 : 1;

    /// <summary>Why Stripe does not take an amount; null where it does.</summary>
    public static string? Refusal(string currency, long amount) =>
        amount <= 0 ? "Invalid positive integer"
        : amount % Step(currency) != 0 ? $"Invalid amount: amounts in {currency} must be a multiple of {Step(currency)}."
        : null;
}
