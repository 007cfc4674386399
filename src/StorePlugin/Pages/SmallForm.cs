// Reads the form of a page once, before anything asks for a field of it: forms of pages are small, and not all of them whole.
using Microsoft.AspNetCore.Mvc;

namespace StorePlugin.Pages;

internal static class SmallForm
{
    private const int BytesMax = 32 * 1024;

    /// <summary>
    /// Each POST of these pages carries a form that is not too large, with the token of the page it was sent from. Whatever
    /// else shall stand before a form is read is added before this.
    /// </summary>
    public static RouteGroupBuilder TakesSmallForms(this RouteGroupBuilder pages) =>
        pages.AddEndpointFilter(ReadAsync).AddEndpointFilter<RequireAntiforgery>().WithMetadata(new RequestSizeLimitAttribute(BytesMax));

    private static async ValueTask<object?> ReadAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            if (HttpMethods.IsPost(http.Request.Method) && http.Request.HasFormContentType)
            {
                await http.Request.ReadFormAsync(http.RequestAborted);
            }
        }
        // The body is too large or broke off; or it holds more than any form of ours.
        catch (Exception e) when (e is BadHttpRequestException or InvalidDataException)
        {
            return TypedResults.StatusCode(e is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status400BadRequest);
        }

        return await next(context);
    }
}
