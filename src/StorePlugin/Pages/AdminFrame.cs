// The frame of a shop's admin in which a page is shown: who may frame it, and what it loads there.
namespace StorePlugin.Pages;

/// <summary>
/// Set on the request where its session token was verified, and for the page that fetches one. A page without it is shown in no
/// frame at all.
/// </summary>
/// <param name="Shop">The shop's domain; it has been validated.</param>
/// <param name="ClientId">The app's, which is public.</param>
public sealed record AdminFrame(string Shop, string ClientId)
{
    /// <summary>Shopify's script. It is served in one version only, so it cannot be pinned by its hash.</summary>
    public const string AppBridge = "https://cdn.shopify.com/shopifycloud/app-bridge.js";

    /// <summary>As on every page, and beside it Shopify's script and this shop's admin as the frame.</summary>
    internal string ContentSecurityPolicy =>
        $"default-src 'self'; script-src 'self' https://cdn.shopify.com; connect-src 'self' https://cdn.shopify.com https://admin.shopify.com https://{Shop}; "
        + $"base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors https://{Shop} https://admin.shopify.com";

    internal static AdminFrame? Of(HttpContext? context) => context?.Features.Get<AdminFrame>();
}
