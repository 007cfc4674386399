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
        rooms.MapPost(Path + "/scopes", ReadScopes).WithSummary("Asks Shopify for what it grants.");
        rooms.MapPost(Path + "/web-pixel", SwitchPixelOn).WithSummary("Switches the web pixel on.");
    }

    private static async Task<IResult> Show(
        Visitor visitor, string? notice, HttpContext context, ConnectionDetail detail, CancellationToken cancel) =>
        await detail.ReadAsync(visitor, AdminFrame.Of(context) is not null, notice, cancel) is { } model
            ? Page.Of<ConnectionPage>(model)
            : TypedResults.NotFound();

    private static Task<IResult> ReadScopes(
        Visitor visitor, HttpContext context, ConnectionDetail detail, ShopifyGrants grants, CancellationToken cancel) =>
        DoAsync(() => grants.ReadAsync(visitor.Store, cancel), "scopes-read", visitor, context, detail, cancel);

    private static Task<IResult> SwitchPixelOn(
        Visitor visitor, HttpContext context, ConnectionDetail detail, WebPixels pixels, CancellationToken cancel) =>
        DoAsync(() => pixels.SwitchOnAsync(visitor.Store, cancel), "pixel-on", visitor, context, detail, cancel);

    private static async Task<IResult> DoAsync(
        Func<Task> deed, string notice, Visitor visitor, HttpContext context, ConnectionDetail detail, CancellationToken cancel)
    {
        if (await detail.ReadAsync(visitor, AdminFrame.Of(context) is not null, null, cancel) is not { } model)
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
