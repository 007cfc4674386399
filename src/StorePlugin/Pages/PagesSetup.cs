// What the pages add to the program, and the order in which a request passes through it.
using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;
using StorePlugin.Stores;

namespace StorePlugin.Pages;

internal static partial class PagesSetup
{
    // Nothing inline and nothing from elsewhere: what a page needs comes from this program.
    private const string ContentSecurityPolicy =
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>The same for a page with a form whose answer sends the browser on to Stripe: browsers hold the redirect to the form's policy.</summary>
    public const string ContentSecurityPolicyToStripe =
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self' https://*.stripe.com; frame-ancestors 'none'";

    public static void AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery(options => options.Cookie.Name = "amb_form");
        services.AddSingleton<SignIn>();
        services.AddSingleton<SignInLine>();
        SessionAuthentication.Add(services);
        services.AddExceptionHandler<FaultHandler>();
        // A proxy may end TLS before us, so it is the public address that says whether cookies are for https only.
        services.AddSingleton<IConfigureOptions<CookiePolicyOptions>>(provider => new ConfigureOptions<CookiePolicyOptions>(options =>
        {
            var address = provider.GetRequiredService<PublicAddress>();
            options.OnAppendCookie = cookie => cookie.CookieOptions.Secure |= address.IsHttps;
        }));
    }

    /// <summary>Headers, errors in the caller's language (HTML or ProblemDetails), cookies, sessions.</summary>
    public static void UsePages(this IApplicationBuilder app)
    {
        app.Use(AddHeaders);
        // Our handler logs the fault itself, beside the reference that it shows.
        app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = _ => true });
        app.UseStatusCodePages(WriteStatusAsync);
        app.UseCookiePolicy();
        app.UseAuthentication();
        app.UseAuthorization();
    }

    private static Task AddHeaders(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            if (context.Response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) != true)
            {
                return Task.CompletedTask;
            }

            headers.CacheControl = "no-store";
            if (AdminFrame.Of(context) is { } frame)
            {
                headers.ContentSecurityPolicy = frame.ContentSecurityPolicy;
                // The address bears the session token.
                headers["Referrer-Policy"] = "no-referrer";
                headers.Remove("X-Frame-Options");
                return Task.CompletedTask;
            }

            // A page that needs another policy has set it itself.
            headers.TryAdd("Content-Security-Policy", ContentSecurityPolicy);
            headers.TryAdd("Referrer-Policy", "same-origin");
            headers.XFrameOptions = "DENY";
            return Task.CompletedTask;
        });
        return next(context);
    }

    private static async Task WriteStatusAsync(StatusCodeContext statusCode)
    {
        var context = statusCode.HttpContext;
        var status = context.Response.StatusCode;
        if (BrowserErrors.IsBrowser(context.Request))
        {
            await Page.Of<MessagePage>(MessageOf(context, status), status).ExecuteAsync(context);
            return;
        }

        await TypedResults.Problem(statusCode: status).ExecuteAsync(context);
    }

    private static Message MessageOf(HttpContext context, int status) => status switch
    {
        StatusCodes.Status400BadRequest => new Message(
            "That did not work", ["The form was too old, or did not come from a page of this program. Go back, reload the page and try again."], HomeOf(context)),
        StatusCodes.Status401Unauthorized => new Message(
            "You are not signed in", ["Your session has ended. Open the app again from your store's admin."]),
        StatusCodes.Status403Forbidden => new Message(
            "This page is not yours to see", ["You are signed in, but this page, or what you wanted to do on it, is for someone else."], HomeOf(context)),
        StatusCodes.Status404NotFound => new Message(
            "There is nothing here", ["The address may be mistyped, or what it named is gone."], HomeOf(context)),
        StatusCodes.Status405MethodNotAllowed => new Message("That did not work", ["This address does not take such a request."], HomeOf(context)),
        StatusCodes.Status429TooManyRequests => new Message("Too many requests", ["Wait a minute, then try again."], HomeOf(context)),
        >= 500 => new Message(
            "Something went wrong on our side", ["Go back and try again in a minute. If it happens again, tell whoever runs this program."], HomeOf(context), ReferenceOf(context)),
        _ => new Message("That did not work", ["The request could not be answered."], HomeOf(context)),
    };

    private static FrameLink HomeOf(HttpContext context) => context.Features.Get<Visitor>()?.Role switch
    {
        Role.Ambassador => new FrameLink("To my earnings", "/portal"),
        not null => new FrameLink("To the overview", "/dashboard"),
        _ => new FrameLink("To the sign-in page", "/sign-in"),
    };

    private static string ReferenceOf(HttpContext context) => Activity.Current?.Id ?? context.TraceIdentifier;

    /// <summary>
    /// Logs a fault of ours once, with the reference that the answer holds, and answers a browser with a page; whoever
    /// else asks gets the framework's ProblemDetails.
    /// </summary>
    private sealed partial class FaultHandler(ILogger<FaultHandler> logger) : IExceptionHandler
    {
        public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
        {
            var status = exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError;
            if (status >= StatusCodes.Status500InternalServerError)
            {
                Log.Failed(logger, ReferenceOf(httpContext), exception);
            }

            if (!BrowserErrors.IsBrowser(httpContext.Request))
            {
                return false;
            }

            await Page.Of<MessagePage>(MessageOf(httpContext, status), status).ExecuteAsync(httpContext);
            return true;
        }

        private static partial class Log
        {
            [LoggerMessage(LogLevel.Error, "A request failed, reference {Reference}")]
            public static partial void Failed(ILogger logger, string reference, Exception exception);
        }
    }
}
