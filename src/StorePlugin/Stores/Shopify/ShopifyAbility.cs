// What the app can do in a store, and which scopes each of it needs.
namespace StorePlugin.Stores.Shopify;

/// <summary>How scopes come to be granted.</summary>
internal enum ShopifyConsent
{
    /// <summary>Asked for when the app is installed.</summary>
    AtInstallation,

    /// <summary>Asked for once the merchant wants what they are for.</summary>
    WhenWanted,

    /// <summary>Shopify lets an app ask for them only after it has said why; the host adds them to the registration.</summary>
    ByShopify,
}

/// <param name="What">In words, as the beginning of a line.</param>
/// <param name="Scopes">Separated by commas. Each needs the read or write access that Shopify's schema names.</param>
/// <param name="Without">What is missing without them, as a sentence.</param>
internal sealed record ShopifyAbility(string What, string Scopes, string Without, ShopifyConsent Consent)
{
    public const string PixelScopes = "write_pixels,read_customer_events";

    /// <summary>The same as in <c>infra/shopify.app.toml</c>, where those that are asked for when they are wanted stand as optional.</summary>
    public static readonly IReadOnlyList<ShopifyAbility> All =
    [
        new("Credit orders", "read_orders", "No order is credited.", ShopifyConsent.AtInstallation),
        new("Make discount codes", "write_discounts", "Codes have to be made by hand in the store.", ShopifyConsent.AtInstallation),
        new("Fetch orders that no message brought", "read_products", "An order whose message is lost stays unknown.", ShopifyConsent.AtInstallation),
        new("Tell new customers from known ones", "read_customers", "Orders that are fetched, and those of before the installation, name nobody.", ShopifyConsent.AtInstallation),
        new("Hear of visits from your theme", "write_app_proxy", "Links without a discount are not followed to the cart.", ShopifyConsent.AtInstallation),
        new("Give gift cards as rewards", "write_gift_cards", "Such rewards wait.", ShopifyConsent.WhenWanted),
        new("Give store credit as rewards", "write_store_credit_account_transactions,read_store_credit_accounts", "Such rewards wait.", ShopifyConsent.WhenWanted),
        new("Hear that a checkout was completed (web pixel)", PixelScopes, "It is a hint only, and nothing is paid by it.", ShopifyConsent.WhenWanted),
        new("Know orders older than 60 days", "read_all_orders", "Who bought before that counts as a new customer.", ShopifyConsent.ByShopify),
        new("Hear of chargebacks", "read_shopify_payments_disputes", "A chargeback has to be told by hand.", ShopifyConsent.ByShopify),
    ];

    /// <summary>Those of its scopes that the store has not granted.</summary>
    public IReadOnlyList<string> MissingIn(Store store) => ShopifyScopes.Missing(store.Scopes, Scopes);
}
