// The ways by which money reaches payees.
namespace StorePlugin.Payouts;

internal static class PayoutProvider
{
    /// <summary>A transfer from the store's Stripe account to the payee's.</summary>
    public const string Stripe = "stripe";

    /// <summary>A file that the merchant gives to a bank or to PayPal, and whose results are read back.</summary>
    public const string Manual = "manual";

    /// <summary>What payees may name where the merchant has said nothing.</summary>
    public const string DefaultMethods = "paypal,iban";

    /// <summary>Whether the merchant allows a kind of method.</summary>
    /// <param name="methods">The kinds, parted by commas; null where nothing was said.</param>
    public static bool Allows(string? methods, string kind) => (methods ?? DefaultMethods).Split(',').Contains(kind, StringComparer.Ordinal);
}
