// The way in and out, and the files that every page needs.
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Pages;

/// <summary>The page that says how to get in.</summary>
/// <param name="HasShopify">Whether the app is registered at Shopify, so that it can be installed from there.</param>
public sealed record SignInModel(bool HasShopify);

/// <summary>The page behind a sign-in link that is still good.</summary>
public sealed record SignInLinkModel(string StoreName, bool IsOwner, string Action);

internal static class PagesEndpoints
{
    private static readonly Message LinkIsSpent = new(
        "This link no longer works",
        ["A sign-in link works once, within 15 minutes. This one has been used, is too old, or was not copied whole."],
        new FrameLink("How to get a new one", "/sign-in"));

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("").ExcludeFromDescription().TakesSmallForms();
        pages.MapGet("/sign-in", (Settings settings) => Page.Of<SignInPage>(new SignInModel(settings.Shopify is not null)));
        pages.MapGet("/sign-in/{token}", ShowLink);
        pages.MapPost("/sign-in/{token}", UseLink);
        pages.MapPost("/sign-out", SignOut).RequireAuthorization(SessionAuthentication.AnyPolicy);
        pages.MapGet(SiteFiles.StyleRoute, (HttpContext context) => SiteFiles.Style(context));
        pages.MapGet(SiteFiles.IconRoute, (HttpContext context) => SiteFiles.Icon(context));
        pages.MapGet(SiteFiles.EmbeddedScriptRoute, (HttpContext context) => SiteFiles.EmbeddedScript(context));
    }

    private static async Task<IResult> ShowLink(string token, SignIn signIn, CancellationToken cancel) =>
        await signIn.FindOfferAsync(token, cancel) is { } offer
            ? Page.Of<SignInLinkPage>(new SignInLinkModel(
                offer.Store.DisplayName, offer.Role == Role.Owner, $"/sign-in/{Uri.EscapeDataString(token)}"))
            : Page.Of<MessagePage>(LinkIsSpent, StatusCodes.Status410Gone);

    private static async Task<IResult> UseLink(string token, SignIn signIn, HttpContext context) =>
        await signIn.RedeemAsync(context, token) is { } offer
            ? TypedResults.Redirect(offer.Role == Role.Owner ? "/dashboard" : offer.ReturnPath is { } path && PortalPath.IsOwn(path) ? path : PortalPath.Root)
            : Page.Of<MessagePage>(LinkIsSpent, StatusCodes.Status410Gone);

    private static async Task<RedirectHttpResult> SignOut(SignIn signIn, HttpContext context)
    {
        await signIn.SignOutAsync(context);
        return TypedResults.Redirect("/sign-in");
    }
}
