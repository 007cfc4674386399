// What the storefront reaches through Shopify's app proxy; Shopify signs each request.
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Webhooks.Shopify;

namespace StorePlugin.Stores.Shopify;

/// <summary>Every request is proven by Shopify's signature before anything else is looked at.</summary>
internal static class ShopifyProxyEndpoints
{
    public static void MapShopifyProxy(this IEndpointRouteBuilder routes, ShopifyOptions shopify)
    {
        var proxy = ActivatorUtilities.CreateInstance<Proxy>(routes.ServiceProvider, shopify);
        routes.MapGet("/shopify/proxy/{**path}", proxy.Answer);
    }

    private static ProblemHttpResult Problem(int status, string slug, string detail) =>
        TypedResults.Problem(detail, statusCode: status, type: "/problems/" + slug);

    private sealed class Proxy(ShopifyOptions shopify, TimeProvider clock)
    {
        public ProblemHttpResult Answer(HttpContext context)
        {
            var query = context.Request.Query;
            if (!query.ContainsKey("signature"))
            {
                return Problem(StatusCodes.Status401Unauthorized, "signature-missing", "The request bears no signature of Shopify's app proxy.");
            }

            if (!ShopifySignature.IsProxyQueryAuthentic(context.Request.QueryString.Value, shopify.Secrets, clock.GetUtcNow()))
            {
                return Problem(StatusCodes.Status401Unauthorized, "signature-wrong", "The signature of Shopify's app proxy is not right for this request, or too old.");
            }

            return ShopDomain.TryParse(query["shop"], out _)
                ? Problem(StatusCodes.Status404NotFound, "proxy-path-unknown", "The app offers nothing at this path of the store.")
                : Problem(StatusCodes.Status400BadRequest, "shop-invalid", "The shop is not a domain that ends with .myshopify.com.");
        }
    }
}
