// Answers a browser with a page where a program gets ProblemDetails.
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;

namespace StorePlugin.Pages;

/// <summary>For the paths that platforms send people to: whoever reads the answer there is more often a person than a program.</summary>
internal sealed class BrowserErrors : IEndpointFilter
{
    /// <summary>Browsers name text/html; programs that take anything get ProblemDetails.</summary>
    public static bool IsBrowser(HttpRequest request) =>
        request.Headers.Accept.Any(value => value?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>The problem as whoever asks can read it, with the same status.</summary>
    public static IResult Of(HttpRequest request, ProblemHttpResult problem) =>
        IsBrowser(request) ? PageOf(request, problem.StatusCode, problem.ProblemDetails.Title, problem.ProblemDetails.Detail) : problem;

    public static IResult PageOf(HttpRequest request, int status, string? title, string? detail)
    {
        // The framework gives a problem without a title the name of its status, which tells people nothing.
        var heading = title is null || title == ReasonPhrases.GetReasonPhrase(status) ? "That did not work" : title;
        // Through the app proxy a shopper reads it on the store's own domain, where our pages are not.
        var link = request.Path.StartsWithSegments("/shopify/proxy", StringComparison.OrdinalIgnoreCase) ? null : new FrameLink("To the sign-in page", "/sign-in");
        return Page.Of<MessagePage>(new Message(heading, detail is null ? [] : [detail], link), status);
    }

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var result = await next(context);
        return result is ProblemHttpResult problem ? Of(context.HttpContext.Request, problem) : result;
    }
}
