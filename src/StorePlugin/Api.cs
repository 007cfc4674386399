// The JSON API under /api/v1: who may call it, what every call has in common, and which calls there are.
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Primitives;
using StorePlugin.Abuse;
using StorePlugin.Ambassadors;
using StorePlugin.Audit;
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Statements;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Privacy;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;

namespace StorePlugin;

internal static class Api
{
    /// <summary>The longest body that a call takes.</summary>
    public const long BodyBytesMax = 1024 * 1024;

    private const string Bearer = "Bearer ";

    public static void AddApi(this IServiceCollection services)
    {
        services.AddSingleton<ApiLimit>();
        services.Configure<ProblemDetailsOptions>(options => options.CustomizeProblemDetails = Problems.Name);
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.Converters.Add(new InstantConverter());
            // A number is a number: the web's default reads texts as well, and would be described as both.
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddApiDescription();
        services.AddCampaigns();
        services.AddAmbassadors();
        services.AddAbuse();
        services.AddSingleton<LedgerQueries>();
        services.AddSingleton<AuditLog>();
    }

    /// <summary>Stands before the calls: a caller is known and may do it before anything of the request is read.</summary>
    public static void UseApi(this WebApplication app) =>
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase), api =>
        {
            api.Use(AdmitAsync);
            api.Use(LimitAsync);
        });

    /// <summary>Maps the calls and returns their group.</summary>
    public static RouteGroupBuilder MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1")
            .AddEndpointFilter(AnswerUnreadable)
            .AddEndpointFilter<AuditTrail>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        api.MapStore();
        api.MapContact();
        api.MapAudit();
        api.MapReconciliation();
        api.MapCampaigns();
        api.MapAmbassadors();
        api.MapCodes();
        api.MapSeries();
        api.MapGroups();
        api.MapAmbassadorImports();
        api.MapBindingImports();
        api.MapHistory();
        api.MapApplications();
        api.MapApplicationRejections();
        api.MapOrderClaims();
        api.MapOrders();
        api.MapDisputes();
        api.MapProgrammeCredits();
        api.MapCollections();
        api.MapBulkDecisions();
        api.MapFindings();
        api.MapExemptions();
        api.MapLeaks();
        api.MapRewards();
        api.MapLedger();
        api.MapDeliveries();
        api.MapEffects();
        api.MapPrivacy();
        api.MapPayoutRunApi();
        api.MapStatementApi();
        api.MapTimeZones();
        api.MapAddressChanges();
        api.MapMailApi();
        api.MapGroup("").WithTags("Payouts").MapPayoutApi();
        api.MapGroup("").WithTags("Stripe").MapStripeApi();
        api.MapPayoutSettings();
        api.MapSelfBilling();
        api.MapPayeeTax();
        api.MapPayoutMethods();
        api.MapPayoutChanges();
        api.MapPayoutExports();
        api.MapPayoutResults();
        api.MapGroup("").WithTags("Payouts").MapPayoutReconciliationApi();
        api.MapGroup("").WithTags("Payouts").MapPayoutReversalApi();
        routes.MapOpenApi("/openapi/{documentName}.json");
        return api;
    }

    private static async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = BodyBytesMax;
        }

        // A path that names no call is 404 for everyone; all else is first a question of who asks.
        if (context.GetEndpoint() is not null && await RefusalAsync(context) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        try
        {
            await next(context);
        }
        // The framework throws in development what it answers with a bare status elsewhere.
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = e.StatusCode;
        }

        if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null })
        {
            await Problems.OfStatus(context.Response.StatusCode).ExecuteAsync(context);
        }
    }

    private static async Task<ProblemHttpResult?> RefusalAsync(HttpContext context)
    {
        if (BearerOf(context.Request.Headers.Authorization) is not { } token)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Of(
                StatusCodes.Status401Unauthorized,
                "api-key-missing",
                "The call has no API key.",
                "Send the header Authorization: Bearer with a key of the verb api-key.");
        }

        if (IsSessionToken(token))
        {
            return await RefusalOfSessionAsync(context, token);
        }

        var stores = context.RequestServices.GetRequiredService<StoreDirectory>();
        var keys = context.RequestServices.GetRequiredService<ApiKeys>();
        var store = ApiKeys.StoreIdOf(token) is { } storeId ? await stores.FindAsync(storeId, context.RequestAborted) : null;
        if (store is null || await keys.FindAsync(store, token, context.RequestAborted) is not { } caller)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
            return Problems.Of(
                StatusCodes.Status401Unauthorized, "api-key-wrong", "The API key is not valid.", "No store has given out this key, or it was revoked.");
        }

        if (!store.IsInstalled)
        {
            return Problems.Of(
                StatusCodes.Status403Forbidden,
                "store-uninstalled",
                "The store has not installed the app.",
                "The store of this key has removed the app; its keys work again when it is installed again.");
        }

        if (!caller.CanWrite && !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            return Problems.Of(
                StatusCodes.Status403Forbidden,
                "api-key-read-only",
                "The API key only reads.",
                "Make a key that may change things with the verb api-key and its option --write.");
        }

        context.Features.Set(caller);
        return null;
    }

    // The admin's frame calls with the token that its pages come with; whoever runs the store may do everything there.
    private static async Task<ProblemHttpResult?> RefusalOfSessionAsync(HttpContext context, string token)
    {
        var sessions = context.RequestServices.GetRequiredService<ShopifySessions>();
        if (sessions.Read(token) is not { } session)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
            context.Response.Headers[ShopifySessions.RetryHeader] = "1";
            return Problems.Of(
                StatusCodes.Status401Unauthorized,
                "session-token-wrong",
                "The session token is not valid.",
                "It is not one of Shopify's admin for this app, or is older than a minute; fetch a new one.");
        }

        if (await sessions.FindStoreAsync(session, context.RequestAborted) is not { IsInstalled: true } store)
        {
            return Problems.Of(
                StatusCodes.Status403Forbidden,
                "store-uninstalled",
                "The store has not installed the app.",
                "Open the app in the store's admin, which installs it.");
        }

        context.Features.Set(new ApiCaller(store, CanWrite: true, $"Shopify staff {session.UserId}"));
        return null;
    }

    // A JSON Web Token has two dots, and no key has any.
    private static bool IsSessionToken(string token) => token.Count(letter => letter == '.') == 2;

    /// <summary>The token of a header; null where it has none, or more than one.</summary>
    public static string? BearerOf(StringValues header) =>
        header is [{ } only] && only.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && only[Bearer.Length..].Trim() is { Length: > 0 } token
            ? token
            : null;

    private static Task LimitAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<ApiCaller>() is not { } caller || context.RequestServices.GetRequiredService<ApiLimit>().RefusalOf(caller) is not { } wait)
        {
            return next(context);
        }

        var seconds = (int)Math.Max(1, Math.Ceiling(wait.TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Problems.Of(
            StatusCodes.Status429TooManyRequests,
            "too-many-requests",
            "The key makes too many calls.",
            $"A key may make {ApiLimit.CallsPerSecond} calls a second over time; wait {seconds} s.").ExecuteAsync(context);
    }

    private static ValueTask<object?> AnswerUnreadable(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.Arguments.OfType<IApiArgument>().Select(argument => argument.Refusal).FirstOrDefault(refusal => refusal is not null) is { } refusal
            ? ValueTask.FromResult<object?>(refusal)
            : next(context);
}
