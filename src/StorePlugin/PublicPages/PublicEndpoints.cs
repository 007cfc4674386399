// What everybody may ask for: ambassadors' pages, stores' colours and pictures. None of it sets a cookie.
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.PublicPages;

internal static class PublicEndpoints
{
    private const string KeptForGood = "public, max-age=31536000, immutable";

    public static void AddPublicPages(this IServiceCollection services)
    {
        services.AddSingleton<Looks>();
        services.AddSingleton<Pictures>();
        services.AddSingleton<OwnPages>();
        services.AddSingleton<Landing>();
    }

    public static void MapPublicPages(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("").ExcludeFromDescription();
        pages.MapGet("/a/{link}", ShowLanding);
        pages.MapGet("/looks/{storeId}/{colour}.css", ShowStyle);
        pages.MapGet("/pictures/{storeId}/{pictureId}", ShowPicture);
    }

    private static async Task<IResult> ShowLanding(string link, HttpContext context, Landing landing, Platforms platforms, CancellationToken cancel)
    {
        // Whoever follows the button tells the store where they come from, and nobody else.
        context.Response.Headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        return await landing.FindAsync(link, cancel) switch
        {
            ({ } page, _) => Page.Of<LandingPage>(page),
            (null, { } store) => Page.Of<MessagePage>(
                new Message(
                    "This offer is over",
                    [$"It is no longer given at {store.DisplayName}. The store itself is open as ever."],
                    platforms.Find(store) is { } platform ? new FrameLink($"To {store.DisplayName}", platform.LandingUrl(store, null, "/", null).AbsoluteUri) : null),
                StatusCodes.Status410Gone),
            _ => Page.Of<MessagePage>(
                new Message("There is nothing here", ["The link may have been typed wrongly, or it is no longer in use."]), StatusCodes.Status404NotFound),
        };
    }

    // The colour stands in the address, so that a changed one is seen at once and an old one never changes; whose store it is does not matter to it.
    private static IResult ShowStyle(string storeId, string colour, HttpContext context)
    {
        if (!BrandColour.TryParse("#" + colour, out var brand) || storeId.Length > 40)
        {
            return TypedResults.NotFound();
        }

        context.Response.Headers.CacheControl = KeptForGood;
        return TypedResults.Text(brand.ToStyleSheet(), "text/css; charset=utf-8");
    }

    private static async Task<IResult> ShowPicture(string storeId, string pictureId, HttpContext context, Pictures pictures, CancellationToken cancel)
    {
        if (await pictures.FindAsync(storeId, pictureId, cancel) is not { } picture)
        {
            return TypedResults.NotFound();
        }

        context.Response.Headers.CacheControl = KeptForGood;
        // Even if a picture were something else, a browser that opens it runs nothing of it.
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        return TypedResults.Bytes(picture.Content, picture.MediaType);
    }
}
