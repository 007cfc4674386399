// Refuses a form that did not come from a page of ours.
using Microsoft.AspNetCore.Antiforgery;

namespace StorePlugin.Pages;

/// <summary>
/// On a group of pages: each POST carries the token of the page it was sent from, or gets 400. One that bears a session token
/// needs no other: a browser sends cookies by itself, and a header of a foreign page never.
/// </summary>
internal sealed class RequireAntiforgery(IAntiforgery antiforgery) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        HttpMethods.IsPost(context.HttpContext.Request.Method)
        && AdminFrame.Of(context.HttpContext) is null
        && !await antiforgery.IsRequestValidAsync(context.HttpContext)
            ? TypedResults.BadRequest()
            : await next(context);
}
