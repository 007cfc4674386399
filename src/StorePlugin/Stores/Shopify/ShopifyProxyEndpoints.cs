// What the storefront reaches: through Shopify's app proxy, which signs each request, and the web pixel's hint, which nobody signs.
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks.Shopify;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// Every request through the proxy is proven by Shopify's signature before anything else is looked at, and its shop is the
/// signed one alone. All parameters stand in the query, since a body is not signed. Whoever comes through Shopify gets JSON,
/// which holds nothing that the visitor sent: on the store's own domain a page of ours would be a page of the store. The one
/// exception is <see cref="ShopifyPortal"/>, a page without scripts that holds nothing of the visitor's either.
/// </summary>
internal static class ShopifyProxyEndpoints
{
    private const string NotKept = "no-store";
    private const string KeptAMinute = "public, max-age=60";

    private static readonly string[] GetOrPost = [HttpMethods.Get, HttpMethods.Post];

    public static void MapShopifyProxy(this IEndpointRouteBuilder routes, ShopifyOptions shopify)
    {
        var proxy = ActivatorUtilities.CreateInstance<Proxy>(routes.ServiceProvider, shopify);
        var storefront = ActivatorUtilities.CreateInstance<Storefront>(routes.ServiceProvider);
        var paths = routes.MapGroup("/shopify/proxy");
        // The type of the results stands there so that they are answered: a bare task would be taken for an answer that is given.
        paths.MapMethods("/clicks", GetOrPost, Task<IResult> (HttpContext context) => proxy.AnswerAsync(context, storefront.Click, NotKept));
        paths.MapGet("/codes/{code}", Task<IResult> (HttpContext context) => proxy.AnswerAsync(context, storefront.Code, KeptAMinute));
        paths.MapMethods("/heartbeat", GetOrPost, Task<IResult> (HttpContext context) => proxy.AnswerAsync(context, storefront.Heartbeat, NotKept));
        var portal = ActivatorUtilities.CreateInstance<ShopifyPortal>(routes.ServiceProvider);
        paths.MapGet("/portal", Task<IResult> (HttpContext context) => proxy.AnswerAsync(context, portal.Show, NotKept));
        paths.MapMethods("/{**path}", GetOrPost, Task<IResult> (HttpContext context) => proxy.AnswerAsync(context, (_, _) => Task.FromResult<IResult>(Nothing()), NotKept));

        var pixel = ActivatorUtilities.CreateInstance<Pixel>(routes.ServiceProvider);
        routes.MapMethods("/shopify/pixel/{storeId}", [HttpMethods.Options], Pixel.Preflight);
        routes.MapPost("/shopify/pixel/{storeId}", pixel.Hint);
    }

    private static ProblemHttpResult Problem(int status, string slug, string detail) =>
        TypedResults.Problem(detail, statusCode: status, type: "/problems/" + slug);

    /// <summary>A problem that is JSON for everybody, browsers too.</summary>
    private static JsonHttpResult<ProblemDetails> Refusal(int status, string slug, string detail) => TypedResults.Json(
        new ProblemDetails { Status = status, Type = "/problems/" + slug, Title = "The request was not served.", Detail = detail },
        contentType: "application/problem+json",
        statusCode: status);

    // The same for a path that is nobody's and for a store that has not installed the app.
    private static JsonHttpResult<ProblemDetails> Nothing() =>
        Refusal(StatusCodes.Status404NotFound, "proxy-path-unknown", "The app offers nothing at this path of the store.");

    private static JsonHttpResult<ProblemDetails> TooMany() => Refusal(
        StatusCodes.Status429TooManyRequests, "too-many-requests", "Too many requests came from this network just now. Wait a minute, then try again.");

    /// <summary>The value of a parameter that came once; null where it did not, or came more often.</summary>
    private static string? Once(HttpContext context, string name) => context.Request.Query[name] is [{ } value] ? value : null;

    /// <summary>
    /// Where the visitor is. Shopify adds the visitor's address to the end of X-Forwarded-For, from which a proxy of ours has
    /// taken its own entry; what stands before it the visitor may have written.
    /// </summary>
    private static IPAddress? VisitorOf(HttpContext context)
    {
        var last = context.Request.Headers["X-Forwarded-For"].ToString().Split(',')[^1].Trim();
        return IPAddress.TryParse(last, out var address) ? address : context.Connection.RemoteIpAddress;
    }

    /// <summary>Who stands in front of all that the proxy reaches.</summary>
    private sealed class Proxy(ShopifyOptions shopify, StoreDirectory stores, StorefrontLimit limit, TimeProvider clock)
    {
        /// <param name="cacheControl">For the answer; refusals are never kept.</param>
        public async Task<IResult> AnswerAsync(HttpContext context, Func<HttpContext, Store, Task<IResult>> answer, string cacheControl)
        {
            var query = context.Request.Query;
            context.Response.Headers.CacheControl = NotKept;
            // Whoever comes without a signature does not come through Shopify.
            if (!query.ContainsKey("signature"))
            {
                return Problem(StatusCodes.Status401Unauthorized, "signature-missing", "The request bears no signature of Shopify's app proxy.");
            }

            if (!ShopifySignature.IsProxyQueryAuthentic(context.Request.QueryString.Value, shopify.Secrets, clock.GetUtcNow()))
            {
                return Problem(StatusCodes.Status401Unauthorized, "signature-wrong", "The signature of Shopify's app proxy is not right for this request, or too old.");
            }

            if (!ShopDomain.TryParse(query["shop"], out var shop))
            {
                return Refusal(StatusCodes.Status400BadRequest, "shop-invalid", "The shop is not a domain that ends with .myshopify.com.");
            }

            if (!limit.Admits(shop, VisitorOf(context)))
            {
                return TooMany();
            }

            if (await stores.FindByDomainAsync("shopify", shop, context.RequestAborted) is not { IsInstalled: true } store)
            {
                return Nothing();
            }

            var result = await answer(context, store);
            if (result is not JsonHttpResult<ProblemDetails>)
            {
                context.Response.Headers.CacheControl = cacheControl;
            }

            return result;
        }
    }

    /// <summary>What the theme's app embed asks.</summary>
    private sealed class Storefront(Links links, CampaignDb campaigns, StorefrontCodes codes, StorefrontHeartbeats heartbeats)
    {
        private const string Consent = "1";

        /// <summary>
        /// A visit on a link. With consent it is recorded as by <c>/r/{link}</c>, and its id is the reference; without, nothing is
        /// recorded and there is no reference: the order names the ambassador by the code alone, or not at all (rule T11).
        /// </summary>
        public async Task<IResult> Click(HttpContext context, Store store)
        {
            var cancel = context.RequestAborted;
            if (Once(context, "ref") is not { } reference
                || await links.FindAsync(store, reference, cancel) is not { Counts: true } link
                || await campaigns.FindAsync(store, link.CampaignId, cancel) is not { } campaign)
            {
                return TypedResults.Json(ClickAnswer.None);
            }

            var answered = Once(context, "consent") != Consent ? null
                : !Ambassadors.Visitor.IsPerson(context.Request) ? link.Slug
                // The visit came by /r/{link}, where it was recorded.
                : Links.IsClick(reference) ? reference
                : await links.RecordAsync(store, link, VisitOf(context), cancel);
            return TypedResults.Json(new ClickAnswer(answered, link.WorkingCode, campaign.Terms.WindowDays));
        }

        public async Task<IResult> Code(HttpContext context, Store store) =>
            TypedResults.Json(await codes.FindAsync(store, (string)context.Request.RouteValues["code"]!, context.RequestAborted));

        public async Task<IResult> Heartbeat(HttpContext context, Store store)
        {
            var themeId = long.TryParse(Once(context, "theme"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
            await heartbeats.SeenAsync(store, StorefrontPart.Embed, themeId, context.RequestAborted);
            return TypedResults.Json(new HeartbeatAnswer(true));
        }

        private static Visit VisitOf(HttpContext context) =>
            new(VisitorOf(context), context.Request.Headers.UserAgent.ToString(), Once(context, "from"), HasConsent: true);
    }

    /// <summary>
    /// The web pixel runs in a sandbox without an origin, so that every origin may ask, and nobody brings credentials. It is a
    /// hint that checkouts are seen: nothing of the order is kept, and nothing is ever paid by it.
    /// </summary>
    private sealed class Pixel(StoreDirectory stores, StorefrontHeartbeats heartbeats, StorefrontLimit limit)
    {
        private const string Event = "checkout_completed";
        private const int BodyBytesMax = 4096;
        private const int StoreIdLengthMax = 40;
        private const int OrderLengthMax = 20;
        private const int CodesMax = 20;

        public static NoContent Preflight(HttpContext context)
        {
            AllowAll(context);
            context.Response.Headers.AccessControlAllowMethods = HttpMethods.Post;
            context.Response.Headers.AccessControlAllowHeaders = "Content-Type";
            context.Response.Headers.AccessControlMaxAge = "7200";
            return TypedResults.NoContent();
        }

        public async Task<IResult> Hint(HttpContext context, string storeId)
        {
            AllowAll(context);
            if (!limit.Admits("pixel", context.Connection.RemoteIpAddress))
            {
                return TooMany();
            }

            // Browsers tell the length of a text; the server reads no more than was told.
            if (context.Request.ContentLength is not (> 0 and <= BodyBytesMax))
            {
                return Refusal(
                    StatusCodes.Status413PayloadTooLarge, "body-too-large", $"The hint tells its length and has {BodyBytesMax} bytes at most.");
            }

            if (!IsHint(await ReadAsync(context)))
            {
                return Refusal(StatusCodes.Status400BadRequest, "hint-invalid", "The hint is JSON that names the event, the order's number and its codes.");
            }

            // Whether there is such a store is nobody's business.
            if (storeId.Length <= StoreIdLengthMax
                && await stores.FindAsync(storeId, context.RequestAborted) is { IsInstalled: true, Platform: "shopify" } store)
            {
                await heartbeats.SeenAsync(store, StorefrontPart.Pixel, null, context.RequestAborted);
            }

            return TypedResults.NoContent();
        }

        private static void AllowAll(HttpContext context) => context.Response.Headers.AccessControlAllowOrigin = "*";

        private static async Task<CheckoutHint?> ReadAsync(HttpContext context)
        {
            try
            {
                return await JsonSerializer.DeserializeAsync<CheckoutHint>(context.Request.Body, JsonSerializerOptions.Web, context.RequestAborted);
            }
            // What is no JSON is no hint.
            catch (JsonException)
            {
                return null;
            }
        }

        private static bool IsHint(CheckoutHint? hint) =>
            hint is { Event: Event, Order.Length: > 0 and <= OrderLengthMax, Codes.Count: <= CodesMax } && hint.Order.All(char.IsAsciiDigit);
    }

    /// <param name="Ref">What the order is to name; null without consent, and where the reference is none of a link that counts.</param>
    /// <param name="Code">The code that goes along; null where there is none.</param>
    /// <param name="Days">How long the click counts (rule T2).</param>
    private sealed record ClickAnswer(string? Ref, string? Code, long? Days)
    {
        public static readonly ClickAnswer None = new(null, null, null);
    }

    private sealed record HeartbeatAnswer(bool Seen);

    private sealed record CheckoutHint(string? Event, string? Order, IReadOnlyList<string?>? Codes);
}
