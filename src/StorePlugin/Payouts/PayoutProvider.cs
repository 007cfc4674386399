// The ways by which money reaches payees.
namespace StorePlugin.Payouts;

internal static class PayoutProvider
{
    /// <summary>A transfer from the store's Stripe account to the payee's.</summary>
    public const string Stripe = "stripe";

    /// <summary>A file that the merchant gives to a bank or to PayPal, and whose results are read back.</summary>
    public const string Manual = "manual";

    /// <summary>Store credit, for the store's customer who has the payee's address.</summary>
    public const string StoreCredit = "store_credit";

    /// <summary>A discount code of the store that takes the amount off one order.</summary>
    public const string DiscountCode = "discount_code";

    /// <summary>Whether a payout never leaves the store.</summary>
    public static bool IsInStore(string provider) => provider is StoreCredit or DiscountCode;

    /// <summary>The way of a method: one in the store is a way of its own, and every other goes by file.</summary>
    /// <param name="kind">As payees name methods.</param>
    public static string Of(string kind) => IsInStore(kind) ? kind : Manual;

    /// <summary>What payees may name where the merchant has said nothing.</summary>
    public const string DefaultMethods = "paypal,iban";

    /// <summary>Whether the merchant allows a kind of method.</summary>
    /// <param name="methods">The kinds, parted by commas; null where nothing was said.</param>
    public static bool Allows(string? methods, string kind) => (methods ?? DefaultMethods).Split(',').Contains(kind, StringComparer.Ordinal);
}
