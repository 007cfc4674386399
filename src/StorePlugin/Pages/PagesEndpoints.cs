// The way in and out, and the files that every page needs.
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Pages;

/// <summary>The page that says how to get in.</summary>
/// <param name="HasShopify">Whether the app is registered at Shopify, so that it can be installed from there.</param>
/// <param name="Typed">What was written and could not be used.</param>
public sealed record SignInModel(bool HasShopify, string Typed = "", string? Problem = null);

/// <summary>The page behind a sign-in link that is still good.</summary>
public sealed record SignInLinkModel(string StoreName, bool IsOwner, string Action);

internal static class PagesEndpoints
{
    private const int TypedLengthMax = 300;

    private static readonly Message LinkIsSpent = new(
        "This link no longer works",
        ["A sign-in link works once, within 15 minutes. This one has been used, is too old, or was not copied whole."],
        new FrameLink("How to get a new one", "/sign-in"));

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGroup("/sign-in").ExcludeFromDescription().AddEndpointFilter(SignInLimit.FilterAsync).TakesSmallForms().MapPost("", AskForLink);
        var pages = routes.MapGroup("").ExcludeFromDescription().TakesSmallForms();
        pages.MapGet("/sign-in", (Settings settings) => Page.Of<SignInPage>(new SignInModel(settings.Shopify is not null)));
        pages.MapGet("/sign-in/{token}", ShowLink);
        pages.MapPost("/sign-in/{token}", UseLink);
        pages.MapPost("/sign-out", SignOut).RequireAuthorization(SessionAuthentication.AnyPolicy);
        pages.MapGet(SiteFiles.StyleRoute, (HttpContext context) => SiteFiles.Style(context));
        pages.MapGet(SiteFiles.IconRoute, (HttpContext context) => SiteFiles.Icon(context));
        pages.MapGet(SiteFiles.EmbeddedScriptRoute, (HttpContext context) => SiteFiles.EmbeddedScript(context));
    }

    // The same words for whoever takes part and whoever does not, and nothing is looked up before they are said.
    private static async Task<RazorComponentResult> AskForLink(HttpRequest request, Settings settings, SignInAsks asks, SignInLimit limit, CancellationToken cancel)
    {
        var email = (await request.ReadFormAsync(cancel))["email"].ToString().Trim();
        if (!AmbassadorRequest.IsEmail(email))
        {
            return Page.Of<SignInPage>(
                new SignInModel(settings.Shopify is not null, email.Length > TypedLengthMax ? "" : email, "Your e-mail address must look like ann@example.com."),
                StatusCodes.Status400BadRequest);
        }

        // The hash is of this process alone and is kept nowhere.
        if (limit.AdmitsMail(Ids.HashOf(PersonKey.OfEmail(email))))
        {
            asks.Add(email);
        }

        return Page.Of<MessagePage>(new Message(
            "Look into your mail",
            [
                $"If this address takes part anywhere here, a link is on its way. It works once, within {SignIn.LinkLifetime.TotalMinutes:0} minutes.",
                "If nothing comes, look among the unwanted mails, and whether you take part with another address.",
            ]));
    }

    private static async Task<IResult> ShowLink(string token, SignIn signIn, CancellationToken cancel) =>
        await signIn.FindOfferAsync(token, cancel) is { } offer
            ? Page.Of<SignInLinkPage>(new SignInLinkModel(
                offer.Store.DisplayName, offer.Role != Role.Ambassador, $"/sign-in/{Uri.EscapeDataString(token)}"))
            : Page.Of<MessagePage>(LinkIsSpent, StatusCodes.Status410Gone);

    private static async Task<IResult> UseLink(string token, SignIn signIn, HttpContext context) =>
        await signIn.RedeemAsync(context, token) is { } offer
            ? TypedResults.Redirect(offer.Role != Role.Ambassador ? "/dashboard" : offer.ReturnPath is { } path && PortalPath.IsOwn(path) ? path : PortalPath.Root)
            : Page.Of<MessagePage>(LinkIsSpent, StatusCodes.Status410Gone);

    private static async Task<RedirectHttpResult> SignOut(SignIn signIn, HttpContext context)
    {
        await signIn.SignOutAsync(context);
        return TypedResults.Redirect("/sign-in");
    }
}
