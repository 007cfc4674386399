// The page about the connection to Shopify, and what can be done on it.
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Dashboard;

internal static class ConnectionEndpoints
{
    private const string Path = "/connection";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapConnection(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(Path, Show);
        rooms.MapPost(Path + "/scopes", ReadScopes);
        rooms.MapPost(Path + "/web-pixel", SwitchPixelOn);
    }

    private static async Task<IResult> Show(
        Visitor visitor, string? notice, HttpContext context, Settings settings, StorefrontHeartbeats heartbeats, CancellationToken cancel) =>
        await ConnectionDetail.ReadAsync(settings.Shopify, heartbeats, visitor, AdminFrame.Of(context) is not null, notice, null, cancel) is { } model
            ? Page.Of<ConnectionPage>(model)
            : TypedResults.NotFound();

    private static Task<IResult> ReadScopes(
        Visitor visitor, HttpContext context, Settings settings, StorefrontHeartbeats heartbeats, ShopifyGrants grants, CancellationToken cancel) =>
        DoAsync(() => grants.ReadAsync(visitor.Store, cancel), "scopes-read", visitor, context, settings, heartbeats, cancel);

    private static Task<IResult> SwitchPixelOn(
        Visitor visitor, HttpContext context, Settings settings, StorefrontHeartbeats heartbeats, WebPixels pixels, CancellationToken cancel) =>
        DoAsync(() => pixels.SwitchOnAsync(visitor.Store, cancel), "pixel-on", visitor, context, settings, heartbeats, cancel);

    private static async Task<IResult> DoAsync(
        Func<Task> deed, string notice, Visitor visitor, HttpContext context, Settings settings, StorefrontHeartbeats heartbeats, CancellationToken cancel)
    {
        if (await ConnectionDetail.ReadAsync(settings.Shopify, heartbeats, visitor, AdminFrame.Of(context) is not null, null, null, cancel) is not { } model)
        {
            return TypedResults.NotFound();
        }

        // The merchant waits for the page: why Shopify did not do it stands on it.
        try
        {
            await deed();
            return TypedResults.Redirect($"/dashboard/connection?notice={notice}");
        }
        catch (PlatformException e)
        {
            return Page.Of<ConnectionPage>(model with { Problem = e.Message }, StatusCodes.Status502BadGateway);
        }
    }
}
