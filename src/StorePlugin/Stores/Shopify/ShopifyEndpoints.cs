// Where Shopify sends browsers: the app's address, the installation and its callback.
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using StorePlugin.Pages;
using StorePlugin.Webhooks.Shopify;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// Every request is proven by Shopify, by the signature of its query or by a session token, before anything else is looked at,
/// and a refusal never leads to a foreign site.
/// </summary>
internal static partial class ShopifyEndpoints
{
    private const string SignInPage = "/sign-in";
    private const string DashboardPage = "/dashboard";
    private const string CookiePath = "/shopify";

    private const int CodeLengthMax = 500;
    private const int StateLength = 64;

    private static readonly string[] EntryParameters = ["hmac", "shop", "timestamp"];
    private static readonly string[] CallbackParameters = ["hmac", "shop", "timestamp", "code", "state"];
    private static readonly string[] ShopifyParameters = ["hmac", "shop", ShopifySessions.TokenParameter];
    private static readonly string[] FrameParameters = ["shop", "host", ShopifySessions.TokenParameter, ReloadPath.Parameter];

    public static void MapShopify(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription().AddEndpointFilter<BrowserErrors>();
        group.AddEndpointFilter(async (invocation, next) =>
        {
            // Addresses hold codes and signatures: neither a cache nor the next page is to see them.
            invocation.HttpContext.Response.Headers.CacheControl = "no-store";
            invocation.HttpContext.Response.Headers["Referrer-Policy"] = "no-referrer";
            return await next(invocation);
        });

        if (routes.ServiceProvider.GetRequiredService<Settings>().Shopify is not { } shopify)
        {
            group.Map("/shopify/{**path}", NotConfigured);
            group.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], (HttpContext context) =>
                (IResult)(SpeaksOfShopify(context) ? NotConfigured() : TypedResults.Redirect(SignInPage)));
            return;
        }

        // The registration is handed over, so that no handler has to ask whether there is one.
        var entry = ActivatorUtilities.CreateInstance<Entry>(routes.ServiceProvider, shopify);
        group.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], (Delegate)entry.App);
        group.MapGet("/shopify/install", (Delegate)entry.Install);
        group.MapGet("/shopify/callback", (Delegate)entry.Callback);
        group.MapGet(ShopifySessions.BouncePath, entry.Bounce);
        group.MapShopifyProxy(shopify);
        routes.MapShopifyExtension(shopify);
    }

    private static bool SpeaksOfShopify(HttpContext context) => ShopifyParameters.Any(context.Request.Query.ContainsKey);

    private static ProblemHttpResult NotConfigured() => Problem(
        StatusCodes.Status503ServiceUnavailable,
        "shopify-not-configured",
        "Shopify is not set up on this server: its client id and client secret are missing from the configuration.");

    private static ProblemHttpResult Problem(int status, string slug, string detail) =>
        TypedResults.Problem(detail, statusCode: status, type: "/problems/" + slug);

    private static ProblemHttpResult Bad(string slug, string detail) => Problem(StatusCodes.Status400BadRequest, slug, detail);

    /// <summary>The paths, where the app is registered at Shopify.</summary>
    private sealed class Entry(
        ShopifyOptions shopify,
        ShopifyAuthorization authorization,
        ShopifyTokens tokens,
        ShopifySessions sessions,
        Installation installation,
        StoreDirectory stores,
        SignIn signIn,
        PublicAddress address,
        TimeProvider clock,
        ILogger<Entry> logger)
    {
        private const int TurnsCount = 64;

        private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, TurnsCount).Select(_ => new SemaphoreSlim(1))];

        public async Task<IResult> App(HttpContext context)
        {
            if (!SpeaksOfShopify(context))
            {
                return TypedResults.Redirect(SignInPage);
            }

            if (context.Request.Query.ContainsKey(ShopifySessions.TokenParameter))
            {
                return await OpenAsync(context);
            }

            // A page in the frame that is loaded anew has lost its signature. It is shown nothing before it has brought a token.
            var isFramed = context.Request.Query["embedded"] == "1";
            if (isFramed && !context.Request.Query.ContainsKey("hmac"))
            {
                return FrameRefusal(context.Request.Query, out _) ?? sessions.Retry(context);
            }

            if (Refusal(context, EntryParameters, out var shop) is { } refusal)
            {
                return refusal;
            }

            // A look, not a visit: nothing is begun.
            if (HttpMethods.IsHead(context.Request.Method))
            {
                return TypedResults.Ok();
            }

            // The frame has no cookies, and the grant's page may not stand in it.
            if (isFramed)
            {
                return sessions.Retry(context);
            }

            return await stores.FindByDomainAsync("shopify", shop, context.RequestAborted) is { } store
                && await NeedsNothingAsync(store, context.RequestAborted)
                ? await EnterAppAsync(context, store)
                : await BeginAsync(context, shop);
        }

        /// <summary>The page that loads Shopify's script, which comes back with a session token. It shows nothing of any store.</summary>
        public IResult Bounce(HttpContext context)
        {
            if (FrameRefusal(context.Request.Query, out var shop) is { } refusal)
            {
                return refusal;
            }

            if (!ReloadPath.IsValid(context.Request.Query[ReloadPath.Parameter]))
            {
                return Refused("reload-invalid", $"The parameter {ReloadPath.Parameter} does not name a page of this app.");
            }

            var frame = sessions.FrameOf(shop);
            context.Features.Set(frame);
            return Page.Of<BouncePage>(frame);
        }

        public async Task<IResult> Install(HttpContext context) =>
            Refusal(context, EntryParameters, out var shop) is { } refusal ? refusal : await BeginAsync(context, shop);

        public async Task<IResult> Callback(HttpContext context)
        {
            if (Refusal(context, CallbackParameters, out var shop) is { } refusal)
            {
                return refusal;
            }

            var (code, state) = (context.Request.Query["code"].ToString(), context.Request.Query["state"].ToString());
            if (code.Length > CodeLengthMax || code.Any(char.IsControl))
            {
                return Bad("code-invalid", "The code of the installation is malformed.");
            }

            if (state.Length != StateLength || !state.All(char.IsAsciiHexDigitLower))
            {
                return Bad("state-invalid", "The state of the installation is malformed.");
            }

            var secret = context.Request.Cookies[Installation.CookieName];
            if (await installation.RedeemAsync("shopify", shop, state, secret, context.RequestAborted) is not { } store)
            {
                Log.Refused(logger, "state-unknown", shop);
                return Bad(
                    "state-unknown",
                    "This installation was not begun in this browser, is already finished, or took longer than ten minutes. Please open the app from the store's admin again.");
            }

            return await FinishAsync(context, store, code);
        }

        /// <summary>Null where the request is Shopify's; else the answer.</summary>
        private ProblemHttpResult? Refusal(HttpContext context, string[] parameters, out string shop)
        {
            var query = context.Request.Query;
            shop = "";
            if (Array.Find(parameters, name => query[name].Count == 0 || query[name] == "") is { } missing)
            {
                return Refused("parameter-missing", $"The parameter {missing} is missing. Please open the app from the store's admin.");
            }

            if (Array.Find(parameters, name => query[name].Count > 1) is { } repeated)
            {
                return Refused("parameter-repeated", $"The parameter {repeated} came more than once.");
            }

            if (!ShopDomain.TryParse(query["shop"], out shop))
            {
                return Refused("shop-invalid", "The shop is not a domain that ends with .myshopify.com.");
            }

            if (HostRefusal(query) is { } refusal)
            {
                return refusal;
            }

            return ShopifySignature.IsQueryAuthentic(context.Request.QueryString.Value, shopify.Secrets, clock.GetUtcNow())
                ? null
                : Refused("signature-wrong", "The request does not bear Shopify's signature, or is older than 90 seconds. Please open the app from the store's admin again.");
        }

        /// <summary>
        /// Null where the parameters of a page in the frame have the right form; else the answer. They prove nothing: what is shown
        /// for them alone is the same for everybody.
        /// </summary>
        private ProblemHttpResult? FrameRefusal(IQueryCollection query, out string shop)
        {
            var isShop = ShopDomain.TryParse(query["shop"], out shop);
            return FormRefusal(query) ?? (isShop ? null : Refused("shop-invalid", "The shop is not a domain that ends with .myshopify.com."));
        }

        private ProblemHttpResult? FormRefusal(IQueryCollection query) =>
            Array.Find(FrameParameters, name => query[name].Count > 1) is { } repeated
                ? Refused("parameter-repeated", $"The parameter {repeated} came more than once.")
                : HostRefusal(query);

        private ProblemHttpResult? HostRefusal(IQueryCollection query) =>
            query.ContainsKey("host") && (query["host"] is not [var host] || !ShopifyHost.IsValid(host))
                ? Refused("host-invalid", "The host is not that of a store's admin.")
                : null;

        private ProblemHttpResult Refused(string slug, string detail)
        {
            Log.Refused(logger, slug, "a shop that is not proven");
            return Bad(slug, detail);
        }

        // Opening the app is also the merchant's way to renew a token that has expired and to grant a new scope.
        private async Task<bool> NeedsNothingAsync(Store store, CancellationToken cancel) =>
            store.IsInstalled
            && ShopifyScopes.Missing(store.Scopes, shopify.Scopes).Count == 0
            && await tokens.HasUsableAsync(store, cancel);

        /// <summary>Opens the app in the admin's frame, for the shop that the session token names and for no other.</summary>
        private async Task<IResult> OpenAsync(HttpContext context)
        {
            var query = context.Request.Query;
            if (FormRefusal(query) is { } refusal)
            {
                return refusal;
            }

            var token = query[ShopifySessions.TokenParameter].ToString();
            if (sessions.Enter(context, token) is not { } session)
            {
                return sessions.Retry(context);
            }

            if (query.ContainsKey("shop") && (!ShopDomain.TryParse(query["shop"], out var shop) || shop != session.Shop))
            {
                return Refused("shop-differs", "The session token was made for another store than the address names. Please open the app from the store's admin again.");
            }

            if (HttpMethods.IsHead(context.Request.Method))
            {
                return TypedResults.Ok();
            }

            if (await IsConnectedAsync(session, context.RequestAborted))
            {
                return ShowDashboard(context, session);
            }

            // Of a shop's refresh tokens the newest alone is good: of two openings at once the second finds what the first was given.
            var turn = _turns[(session.Shop.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % TurnsCount];
            await turn.WaitAsync(context.RequestAborted);
            try
            {
                return await IsConnectedAsync(session, context.RequestAborted) ? ShowDashboard(context, session) : await RenewAsync(context, session, token);
            }
            finally
            {
                turn.Release();
            }
        }

        private async Task<bool> IsConnectedAsync(StaffSession session, CancellationToken cancel) =>
            await sessions.FindStoreAsync(session, cancel) is { } store && await NeedsNothingAsync(store, cancel);

        // Shopify has installed the app before it opens it, or has had the merchant grant what is new. What is left to us is to
        // fetch the token for the store, after a reinstallation as well.
        private async Task<IResult> RenewAsync(HttpContext context, StaffSession session, string token)
        {
            Grant? grant;
            // The merchant waits for a page: what the platform refused is told as one.
            try
            {
                grant = await authorization.ExchangeSessionTokenAsync(session.Shop, token, context.RequestAborted);
            }
            catch (PlatformException e)
            {
                return ExchangeFailed(e, session.Shop);
            }

            // It was good when it was looked at, and too old when it arrived there.
            if (grant is null)
            {
                return sessions.Retry(context);
            }

            if (ScopesMissing(grant, session.Shop) is { } refusal)
            {
                return refusal;
            }

            await KeepAsync(await installation.FindOrMakeAsync("shopify", "live", session.Shop, CancellationToken.None), grant);
            return ShowDashboard(context, session);
        }

        // The page verifies the same token again, as it does each time that the frame is loaded at its own address.
        private static RedirectHttpResult ShowDashboard(HttpContext context, StaffSession session) =>
            TypedResults.Redirect(QueryHelpers.AddQueryString(DashboardPage, ShopifySessions.Kept(context.Request, session)));

        private async Task<IResult> BeginAsync(HttpContext context, string shop)
        {
            var start = await installation.BeginAsync("shopify", "live", shop, context.RequestAborted);
            context.Response.Cookies.Append(Installation.CookieName, start.CookieSecret, CookieFor(Installation.StateLifetime));
            return TypedResults.Redirect(authorization.AuthorizeUrl(shop, start.State));
        }

        private async Task<IResult> FinishAsync(HttpContext context, Store store, string code)
        {
            Grant grant;
            // The merchant waits for a page: what the platform refused is told as one.
            try
            {
                grant = await authorization.ExchangeAsync(store.Domain, code, context.RequestAborted);
            }
            catch (PlatformException e)
            {
                return ExchangeFailed(e, store.Domain);
            }

            if (ScopesMissing(grant, store.Domain) is { } refusal)
            {
                return refusal;
            }

            var installed = await KeepAsync(store, grant);
            context.Response.Cookies.Delete(Installation.CookieName, CookieFor(null));
            return await EnterAppAsync(context, installed);
        }

        private ProblemHttpResult ExchangeFailed(PlatformException e, string shop)
        {
            Log.Refused(logger, "exchange-failed", shop);
            return Problem(StatusCodes.Status502BadGateway, "exchange-failed", e.Message);
        }

        private ProblemHttpResult? ScopesMissing(Grant grant, string shop)
        {
            if (ShopifyScopes.Missing(grant.Scopes, shopify.Scopes) is not { Count: > 0 } missing)
            {
                return null;
            }

            Log.Refused(logger, "scopes-missing", shop);
            return Bad(
                "scopes-missing",
                $"The store did not grant {string.Join(", ", missing)}, without which the app cannot work. Please install it again and grant everything.");
        }

        // A browser that goes away meanwhile must not cost us the grant.
        private async Task<Store> KeepAsync(Store store, Grant grant)
        {
            var facts = await authorization.FindFactsAsync(store.Domain, grant.AccessToken, CancellationToken.None);
            var installed = await installation.CompleteAsync(store, grant with { Facts = facts }, CancellationToken.None);
            Log.Installed(logger, installed.Id, installed.Domain);
            return installed;
        }

        // Whoever comes with Shopify's signature comes from the shop's admin.
        private async Task<IResult> EnterAppAsync(HttpContext context, Store store)
        {
            await signIn.SignInAsync(context, store, Role.Owner, ambassadorId: null);
            return TypedResults.Redirect(DashboardPage);
        }

        private CookieOptions CookieFor(TimeSpan? lifetime) => new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Path = CookiePath,
            Secure = address.IsHttps,
            MaxAge = lifetime,
            IsEssential = true,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Store {StoreId} ({Domain}) is installed")]
        public static partial void Installed(ILogger logger, string storeId, string domain);

        [LoggerMessage(LogLevel.Information, "A request of Shopify's pages was refused: {Slug} ({Shop})")]
        public static partial void Refused(ILogger logger, string slug, string shop);
    }
}
