// Session tokens as requests bear them: who comes with one, and what is answered to whoever needs a fresh one.
using Microsoft.AspNetCore.WebUtilities;
using StorePlugin.Pages;
using StorePlugin.Webhooks.Shopify;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// In the admin's frame there are no cookies. A fetch bears its token in the header, a document in the parameter <c>id_token</c>,
/// and each is good for a minute.
/// </summary>
internal sealed partial class ShopifySessions(Settings settings, StoreDirectory stores, TimeProvider clock, ILogger<ShopifySessions> logger)
{
    public const string TokenParameter = "id_token";

    public const string BouncePath = "/shopify/bounce";

    /// <summary>Tells Shopify's script to fetch again with a fresh token.</summary>
    public const string RetryHeader = "X-Shopify-Retry-Invalid-Session-Request";

    private const string Bearer = "Bearer ";

    private static readonly string[] KeptParameters = ["host", "locale", TokenParameter];

    /// <summary>
    /// Whether a request is answered by its session token alone: one that bears one, or that the admin's frame asks for. The frame
    /// shows the dashboard and nothing else of ours.
    /// </summary>
    public bool Concerns(HttpRequest request) => IsOfDashboard(request) && (IsFramed(request) || BearerOf(request) is not null);

    /// <summary>Whether <see cref="Challenge"/> answers a request that brings no visitor: of the frame, or of a script.</summary>
    public bool Challenges(HttpRequest request) => Concerns(request) || (IsOfDashboard(request) && IsFetch(request));

    /// <summary>Who a token speaks for; null where it proves nothing, or the app is not registered at Shopify.</summary>
    public StaffSession? Read(string token)
    {
        if (settings.Shopify is not { } shopify)
        {
            return null;
        }

        var session = SessionToken.ReadStaff(token, shopify, clock.GetUtcNow(), out var why);
        if (session is null)
        {
            Log.Refused(logger, why);
        }

        return session;
    }

    /// <summary>The shop's store; null where it has never installed the app.</summary>
    public ValueTask<Store?> FindStoreAsync(StaffSession session, CancellationToken cancel) =>
        stores.FindByDomainAsync("shopify", session.Shop, cancel);

    /// <summary>Reads a document's token, and from then on the answer may stand in the frame of its shop's admin.</summary>
    public StaffSession? Enter(HttpContext context, string token)
    {
        if (Read(token) is not { } session)
        {
            return null;
        }

        context.Features.Set(session);
        context.Features.Set(FrameOf(session.Shop));
        return session;
    }

    /// <summary>Who the request's token says is here: the owner of the token's store, where the store is installed. Else null.</summary>
    public async Task<Visitor?> FindVisitorAsync(HttpContext context) =>
        TokenOf(context.Request) is { } token
        && Enter(context, token) is { } session
        && await FindStoreAsync(session, context.RequestAborted) is { IsInstalled: true } store
            ? new Visitor(store, Role.Owner, AmbassadorId: null, $"shopify staff {session.UserId}", clock.GetUtcNow())
            : null;

    /// <summary>What is answered to whoever brings no visitor.</summary>
    public IResult Challenge(HttpContext context) =>
        // The token is good and the store is not installed: the app's entry installs it.
        context.Features.Get<StaffSession>() is { } session && !IsFetch(context.Request)
            ? TypedResults.Redirect(QueryHelpers.AddQueryString("/", Kept(context.Request, session)))
            : Retry(context);

    /// <summary>Has a fresh token brought: a fetch is told so, a document is led to the page that loads Shopify's script.</summary>
    public IResult Retry(HttpContext context)
    {
        var request = context.Request;
        if (IsFetch(request))
        {
            context.Response.Headers[RetryHeader] = "1";
            return TypedResults.StatusCode(StatusCodes.Status401Unauthorized);
        }

        if (request.Query["shop"] is not [var named] || !ShopDomain.TryParse(named, out var shop))
        {
            return TypedResults.Redirect("/sign-in");
        }

        if (request.Query.ContainsKey(ReloadPath.BouncedParameter))
        {
            context.Features.Set(FrameOf(shop));
            return BrowserErrors.PageOf(
                request,
                StatusCodes.Status401Unauthorized,
                "The app does not open",
                "Shopify has said twice who you are, and this server did not accept it. Open the app again from your store's admin. If it happens again, " +
                    "whoever runs this server should look at its clock and at the app's client secret.");
        }

        var host = request.Query["host"] is [var where] && ShopifyHost.IsValid(where) ? where : null;
        return TypedResults.Redirect(QueryHelpers.AddQueryString(
            BouncePath,
            new Dictionary<string, string?>
            {
                ["shop"] = shop,
                ["host"] = host,
                ["embedded"] = "1",
                [ReloadPath.Parameter] = ReloadPath.Of(request),
            }));
    }

    /// <summary>Where a page of ours is shown for this shop, whose domain has been validated.</summary>
    public AdminFrame FrameOf(string shop) => new(shop, settings.Shopify!.ClientId);

    /// <summary>What goes with the browser from the app's entry to a page, and back: the token again, for it is the only proof.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Kept(HttpRequest request, StaffSession session) =>
        KeptParameters
            .Where(name => request.Query[name].Count == 1)
            .Select(name => KeyValuePair.Create(name, (string?)request.Query[name]))
            .Append(KeyValuePair.Create("shop", (string?)session.Shop))
            .Append(KeyValuePair.Create("embedded", (string?)"1"));

    private bool IsOfDashboard(HttpRequest request) =>
        settings.Shopify is not null && request.Path.StartsWithSegments(ReloadPath.Dashboard, StringComparison.OrdinalIgnoreCase);

    // A script is told by a status; else a document is to be shown, whose browser is led on.
    private static bool IsFetch(HttpRequest request) => BearerOf(request) is not null || request.Headers["Sec-Fetch-Dest"] == "empty";

    /// <summary>The token that a request bears, empty where it bears several; null where it bears none.</summary>
    private static string? TokenOf(HttpRequest request) =>
        BearerOf(request)
        // An address can be made by anybody, so it does not change anything.
        ?? ((HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && request.Query.TryGetValue(TokenParameter, out var tokens)
            ? tokens is [{ } only] ? only : ""
            : null);

    // Other schemes are those of a proxy in front, and no business of ours.
    private static string? BearerOf(HttpRequest request) =>
        request.Headers.Authorization.Any(value => value?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) == true)
            ? request.Headers.Authorization is [{ } only] ? only[Bearer.Length..].Trim() : ""
            : null;

    private static bool IsFramed(HttpRequest request) =>
        request.Query["embedded"].Contains("1") || request.Query.ContainsKey(TokenParameter) || request.Headers["Sec-Fetch-Dest"] == "iframe";

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "A session token was refused, since it {Why}")]
        public static partial void Refused(ILogger logger, string why);
    }
}
