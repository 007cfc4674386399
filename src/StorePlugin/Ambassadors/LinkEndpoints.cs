// Referral links: /r/{link} records the click and sends the shopper to the store with the discount applied.
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal static class LinkEndpoints
{
    public static void MapLinks(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/r/{link}", [HttpMethods.Get, HttpMethods.Head], Follow).ExcludeFromDescription();

    private static async Task<IResult> Follow(
        HttpContext context, string link, Links links, StoreDirectory stores, Platforms platforms, CancellationToken cancel)
    {
        // Each visit is to be seen, and where it came from is the store's business, not the next site's.
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        context.Response.Headers["X-Robots-Tag"] = "noindex, nofollow";

        if (await links.FindAsync(link, cancel) is not { } found
            || await stores.FindAsync(found.StoreId, cancel) is not { IsInstalled: true } store
            || platforms.Find(store) is not { } platform)
        {
            return Refusal(
                context, StatusCodes.Status404NotFound, "link-unknown", "This link leads nowhere.", "It may have been typed wrongly, or it is no longer in use.");
        }

        if (PathOf(context.Request) is not { } path)
        {
            return Refusal(
                context,
                StatusCodes.Status400BadRequest,
                "path-refused",
                "This link cannot be followed.",
                "What follows ?to= must be a path in the store, such as /products/mug.");
        }

        if (!found.Counts)
        {
            return TypedResults.Redirect(platform.LandingUrl(store, null, path, null).AbsoluteUri);
        }

        var reference = Visitor.IsPerson(context.Request) ? await links.RecordAsync(store, found, VisitOf(context), cancel) : found.Slug;
        return TypedResults.Redirect(platform.LandingUrl(store, found.WorkingCode, path, reference).AbsoluteUri);
    }

    // Nobody has been asked yet when a link is followed.
    private static Visit VisitOf(HttpContext context) => new(
        context.Connection.RemoteIpAddress, context.Request.Headers.UserAgent.ToString(), context.Request.Headers.Referer.ToString(), HasConsent: false);

    /// <summary>The path asked for, without the reference of another link; null when it is not the store's own.</summary>
    private static string? PathOf(HttpRequest request)
    {
        var to = request.Query["to"];
        return to.Count == 0 ? "/" : to is [{ } path] && LandingPath.IsOwn(path) ? LandingPath.WithoutReference(path) : null;
    }

    /// <summary>A page for people, a problem for programs. It names neither store nor ambassador.</summary>
    private static IResult Refusal(HttpContext context, int status, string slug, string title, string detail) =>
        context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? TypedResults.Text(
                $"""
                <!doctype html>
                <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
                <body><main><h1>{title}</h1><p>{detail}</p></main></body></html>
                """,
                "text/html; charset=utf-8",
                statusCode: status)
            : Problems.Of(status, slug, title, detail);
}
