// Where ambassadors have a sign-in link sent to them, and where a sign-in that is too old is made fresh.
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

/// <param name="StoreName">Null where it is not known yet which store is meant.</param>
/// <param name="StoreId">As above.</param>
/// <param name="Typed">What was written and could not be used.</param>
public sealed record PortalSignInModel(string? StoreName, string? StoreId, string Typed, string? Problem);

internal sealed class PortalDoor(Db db, StoreDirectory stores, NamedStores named, Links links)
{
    // Of two stores nobody could say which is meant, so that no more are read.
    private const string ReadInstalled = "SELECT id FROM stores WHERE state = 'installed' ORDER BY id ";

    /// <summary>The store that is meant: by its id or domain, by an ambassador's link, or because there is no other. Null where that does not tell.</summary>
    public async Task<Store?> FindAsync(string? store, string? link, CancellationToken cancel)
    {
        if (store is { Length: > 0 })
        {
            return await FindAsync(store, cancel);
        }

        if (link is { Length: > 0 })
        {
            return await links.FindAsync(link, cancel) is { } found ? await stores.FindAsync(found.StoreId, cancel) : null;
        }

        return await db.ManyAsync<string>(ReadInstalled + db.Page, new { take = 2L }, cancel) is [var only] ? await stores.FindAsync(only, cancel) : null;
    }

    /// <summary>People write a domain, or copy their link.</summary>
    private async Task<Store?> FindAsync(string text, CancellationToken cancel)
    {
        var name = text.Trim().TrimEnd('/');
        if (await named.FindAsync(name.Replace("https://", "", StringComparison.OrdinalIgnoreCase), TextWriter.Null) is { } store)
        {
            return store;
        }

        return await links.FindAsync(Uri.UnescapeDataString(name[(name.LastIndexOf('/') + 1)..]), cancel) is { } link ? await stores.FindAsync(link.StoreId, cancel) : null;
    }
}

internal static class SignInPages
{
    private const int TypedLengthMax = 300;

    /// <summary>Outside of the portal's group: whoever comes here has not signed in.</summary>
    public static void MapPortalSignIn(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/portal/sign-in").ExcludeFromDescription().AddEndpointFilter(SignInLimit.FilterAsync).TakesSmallForms();
        pages.MapGet("", Show);
        pages.MapPost("", Ask);
    }

    /// <param name="rooms">The portal's group.</param>
    public static void MapFreshSignIn(this IEndpointRouteBuilder rooms) => rooms.MapPost("/fresh-sign-in", AskAgain);

    private static async Task<RazorComponentResult> Show(string? store, string? link, PortalDoor door, CancellationToken cancel)
    {
        if (store is { Length: > TypedLengthMax } || link is { Length: > TypedLengthMax })
        {
            return PageOf(null, "", "No store is known by that name.", StatusCodes.Status404NotFound);
        }

        var typed = store ?? link ?? "";
        return await door.FindAsync(store, link, cancel) is { } found ? PageOf(found, "", null)
            : typed.Length == 0 ? PageOf(null, "", null)
            : PageOf(null, typed, "No store is known by that name. Copy your link, or the address of the store as it is spelt there.", StatusCodes.Status404NotFound);
    }

    // The same words for whoever takes part and whoever does not, and the same work.
    private static async Task<RazorComponentResult> Ask(HttpRequest request, StoreDirectory stores, SignInRequests requests, SignInLimit limit, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        if (await stores.FindAsync(form["store"].ToString(), cancel) is not { } store)
        {
            return PageOf(null, "", "No store is known by that name.", StatusCodes.Status404NotFound);
        }

        var email = form["email"].ToString().Trim();
        if (!AmbassadorRequest.IsEmail(email))
        {
            return PageOf(store, email.Length > TypedLengthMax ? "" : email, "Your e-mail address must look like ann@example.com.", StatusCodes.Status400BadRequest);
        }

        if (limit.AdmitsMail($"{store.Id} {requests.PersonHashOf(store, email)}"))
        {
            await requests.AskAsync(store, email, cancel);
        }

        return Page.Of<MessagePage>(new Message(
            "Look into your mail",
            [
                $"If this address takes part with {store.DisplayName}, a link is on its way. It works once, within {SignIn.LinkLifetime.TotalMinutes:0} minutes.",
                "If nothing comes, look among the unwanted mails, and whether you take part with another address. You can also ask the store for a link.",
            ]));
    }

    private static async Task<RazorComponentResult> AskAgain(Visitor visitor, HttpRequest request, SignInRequests requests, SignInLimit limit, CancellationToken cancel)
    {
        var isOfData = (await request.ReadFormAsync(cancel))["to"].ToString() == DataPages.Path;
        if (limit.AdmitsMail($"{visitor.Store.Id} {visitor.AmbassadorId}"))
        {
            await requests.AskAgainAsync(visitor.Store, visitor.AmbassadorId!, isOfData ? DataPages.Path : PortalPath.Payouts, cancel);
        }

        return Page.Of<MessagePage>(new Message(
            "Look into your mail",
            [
                $"A link is on its way to the address that {visitor.Store.DisplayName} has of you.",
                $"It leads back to {(isOfData ? "your data" : "how you are paid")}, and works once, within {SignIn.LinkLifetime.TotalMinutes:0} minutes.",
            ],
            new FrameLink("To my earnings", PortalPath.Root)));
    }

    private static RazorComponentResult PageOf(Store? store, string typed, string? problem, int status = StatusCodes.Status200OK) =>
        Page.Of<PortalSignInPage>(new PortalSignInModel(store?.DisplayName, store?.Id, typed, problem), status);
}

/// <summary>
/// On what decides where money goes, and on an ambassador's own data: whoever finds a session open on somebody's device must not turn their money aside. A sign-in by
/// mail shows that the mailbox is theirs, too.
/// </summary>
internal sealed class RequireFreshSignIn(TimeProvider clock) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.Features.Get<Visitor>() is { } visitor && visitor.IsFresh(clock.GetUtcNow())
            ? await next(context)
            : Page.Of<FreshSignInPage>(
                new FreshSignInModel(HttpMethods.IsPost(context.HttpContext.Request.Method), context.HttpContext.Request.Path.StartsWithSegments(DataPages.Path, StringComparison.Ordinal)),
                StatusCodes.Status403Forbidden);
}

/// <param name="WasSent">Whether a form was sent, whose content is lost.</param>
/// <param name="IsOfData">Whether it is about the ambassador's data; else about where their money goes.</param>
public sealed record FreshSignInModel(bool WasSent, bool IsOfData);
