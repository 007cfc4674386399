// The topics of webhooks that the app asks Shopify for.
namespace StorePlugin.Stores.Shopify;

/// <param name="Name">As in deliveries: <c>orders/paid</c>.</param>
/// <param name="What">What it tells, in words, as the beginning of a line.</param>
internal sealed record ShopifyTopic(string Name, string What)
{
    /// <summary>
    /// The same as in <c>infra/shopify.app.toml</c>. Without the three about personal data, which nobody can subscribe to over the
    /// API, and without which Shopify refuses the app.
    /// </summary>
    public static readonly IReadOnlyList<ShopifyTopic> All =
    [
        new("orders/create", "An order is placed"),
        new("orders/paid", "An order is paid"),
        new("orders/updated", "An order changes"),
        new("orders/edited", "An order is edited"),
        new("orders/cancelled", "An order is cancelled"),
        new("orders/delete", "An order is deleted"),
        new("refunds/create", "An order is refunded"),
        new("discounts/update", "A discount is changed"),
        new("discounts/delete", "A discount is deleted"),
        new("discounts/redeemcode_removed", "A code is taken out of a discount"),
        new("shop/update", "The store's own details change"),
        new("app/scopes_update", "What the app may do changes"),
        new("app/uninstalled", "The app is uninstalled"),
    ];

    /// <summary>Whether orders and commissions hang on it.</summary>
    public bool IsOfOrders => Name.StartsWith("orders/", StringComparison.Ordinal) || Name.StartsWith("refunds/", StringComparison.Ordinal);

    /// <summary>As the Admin API writes it: <c>ORDERS_PAID</c>.</summary>
    public string Word => Name.Replace('/', '_').ToUpperInvariant();
}
