// Installing into a new rehearsal store: the same two steps as on Shopify, against our own platform.
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Rehearsal;

/// <summary><c>GET /rehearsal/install</c> and <c>GET /rehearsal/callback</c>.</summary>
internal static partial class RehearsalInstallEndpoints
{
    public const string CallbackPath = "/rehearsal/callback";

    private const string DefaultName = "Lux Rehearsal";
    private const string DefaultCurrency = "EUR";
    private const string DefaultTimeZone = "Europe/Berlin";
    private const int NameLengthMax = 80;
    private const int HandleLengthMax = 30;
    private const int ValueLengthMax = 200;

    // A name that is taken is drawn again; among 2^32 of them this is for form's sake.
    private const int DrawsMax = 5;

    public static void MapRehearsalInstall(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/rehearsal").AllowAnonymous().ExcludeFromDescription().AddEndpointFilter<BrowserErrors>();
        group.MapGet("/install", InstallAsync).AddEndpointFilter(Limit);
        group.MapGet("/callback", CallbackAsync);
    }

    private static ValueTask<object?> Limit(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.RequestServices.GetRequiredService<RehearsalLimit>().Admits() ? next(context) : ValueTask.FromResult<object?>(TypedResults.Problem(
            "Too many rehearsal stores were asked for on this host within an hour. Try again later.",
            statusCode: StatusCodes.Status429TooManyRequests,
            title: "Too many requests",
            type: "/problems/too-many-requests"));

    private static async Task<IResult> InstallAsync(
        string? name,
        string? currency,
        string? timeZone,
        HttpContext context,
        Installation installation,
        StoreDirectory stores,
        RehearsalShopDb platform,
        PublicAddress address,
        CancellationToken cancel)
    {
        if (Facts(name, currency, timeZone, out var facts) is { } problem)
        {
            return Refuse(problem);
        }

        var domain = await NewDomainAsync(facts.Name, stores, cancel);
        var start = await installation.BeginAsync(RehearsalPlatform.PlatformName, "test", domain, cancel);
        await platform.OpenAsync(start.Store.Id, facts, cancel);

        context.Response.Cookies.Append(
            Installation.CookieName,
            start.CookieSecret,
            new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = address.IsHttps,
                Path = CallbackPath,
                MaxAge = Installation.StateLifetime,
            });
        return Results.Redirect(QueryHelpers.AddQueryString(
            address.Of($"/rehearsal/platform/{domain}/authorize"),
            new Dictionary<string, string?>
            {
                ["client_id"] = RehearsalApp.ClientId,
                ["scope"] = RehearsalApp.Scopes,
                ["redirect_uri"] = address.Of(CallbackPath),
                ["state"] = start.State,
            }));
    }

    private static async Task<IResult> CallbackAsync(
        HttpContext context,
        Installation installation,
        RehearsalPlatform client,
        RehearsalStripeAccount stripe,
        SignIn signIn,
        PublicAddress address,
        ILogger<RehearsalPlatform> logger,
        CancellationToken cancel)
    {
        // One value is checked and another used, if a parameter may come twice.
        if (Once(context.Request, "shop") is not { } shop || Once(context.Request, "code") is not { } code
            || Once(context.Request, "state") is not { } state)
        {
            return Refuse("shop, code and state must each come once.");
        }

        context.Request.Cookies.TryGetValue(Installation.CookieName, out var cookie);
        if (await installation.RedeemAsync(RehearsalPlatform.PlatformName, shop, state, cookie, cancel) is not { } store)
        {
            return Refuse("The state is unknown, used, expired, or belongs to another browser. Begin again at /rehearsal/install.");
        }

        context.Response.Cookies.Delete(Installation.CookieName, new CookieOptions { Path = CallbackPath });
        Grant grant;
        try
        {
            grant = await client.ExchangeAsync(shop, code, cancel);
        }
        catch (PlatformException e)
        {
            Log.NotGranted(logger, e, store.Id);
            return Refuse($"The platform did not exchange the code. {e.Message} Begin again at /rehearsal/install.");
        }

        await stripe.ConnectAsync(store, cancel);
        store = await installation.CompleteAsync(store, grant, cancel);

        // Whoever is in another store got here by a link that anybody may have made. They stay there, until they say on the
        // page of a sign-in link that they want to change.
        if (await signIn.FindVisitorAsync(context) is not null)
        {
            return Results.Redirect(await signIn.NewLinkAsync(store, Role.Owner, null, cancel));
        }

        await signIn.SignInAsync(context, store, Role.Owner, null);
        return Results.Redirect(address.Of("/dashboard"));
    }

    private static string? Facts(string? name, string? currency, string? timeZone, out ShopFacts facts)
    {
        facts = new ShopFacts(name?.Trim() ?? DefaultName, currency ?? DefaultCurrency, timeZone ?? DefaultTimeZone);
        if (facts.Name.Length is 0 or > NameLengthMax || facts.Name.Any(char.IsControl))
        {
            return $"name has 1 to {NameLengthMax} characters and no control characters.";
        }

        if (!Currency.TryParse(facts.Currency, out _))
        {
            return "currency is a code of ISO 4217 in capital letters, such as EUR.";
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(facts.TimeZone, out var zone) && zone.HasIanaId && facts.TimeZone.Length <= 60
            ? null
            : "timeZone is an IANA name, such as Europe/Berlin.";
    }

    private static async Task<string> NewDomainAsync(string name, StoreDirectory stores, CancellationToken cancel)
    {
        for (var draws = 1; ; draws++)
        {
            var domain = $"{HandleOf(name)}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}.rehearsal.example";
            if (draws == DrawsMax || await stores.FindByDomainAsync(RehearsalPlatform.PlatformName, domain, cancel) is null)
            {
                return domain;
            }
        }
    }

    private static string HandleOf(string name)
    {
        var handle = new StringBuilder();
        foreach (var character in NormalForm.Of(name).Normalize(NormalizationForm.FormKD).Where(character => character <= '~'))
        {
            if (char.IsAsciiLetterOrDigit(character))
            {
                handle.Append(char.ToLowerInvariant(character));
            }
            else if (handle is [.., not '-'])
            {
                handle.Append('-');
            }
        }

        var text = handle.ToString();
        text = text.Length > HandleLengthMax ? text[..HandleLengthMax] : text;
        return text.Trim('-') is { Length: > 0 } word ? word : "shop";
    }

    private static string? Once(HttpRequest request, string name) =>
        request.Query[name] is [{ Length: > 0 and <= ValueLengthMax } value] ? value : null;

    private static ProblemHttpResult Refuse(string why) => TypedResults.Problem(
        why, statusCode: StatusCodes.Status400BadRequest, title: "The installation cannot go on", type: "/problems/installation-refused");

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The rehearsal platform did not exchange the code for {StoreId}")]
        public static partial void NotGranted(ILogger logger, Exception exception, string storeId);
    }
}
