// Stands around whatever changes something: each request of a group that is no question leaves a row.
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing.Patterns;
using StorePlugin.Stores;

namespace StorePlugin.Audit;

/// <summary>
/// What is done is the endpoint's summary, and by whom is known before it runs. The row has no word of what was sent: forms and
/// bodies hold what people call each other, and keys.
/// </summary>
internal sealed class AuditTrail(AuditLog log) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (HttpMethods.IsGet(http.Request.Method) || CallerOf(http) is not var (store, actor))
        {
            return await next(context);
        }

        var id = await log.BeginAsync(store, actor, ActionOf(http.GetEndpoint()!), SubjectOf(http), http.RequestAborted);
        var outcome = AuditOutcome.Failed;
        try
        {
            var answer = await next(context);
            outcome = StatusOf(answer) >= StatusCodes.Status400BadRequest ? AuditOutcome.Refused : AuditOutcome.Done;
            return answer;
        }
        finally
        {
            await log.EndAsync(store, id, outcome, http.Features.Get<AuditSubject>()?.Name);
        }
    }

    /// <summary>What an endpoint does, in a sentence without its full stop; its path where nobody has said it.</summary>
    public static string ActionOf(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IEndpointSummaryMetadata>()?.Summary.TrimEnd('.') ?? ((RouteEndpoint)endpoint).RoutePattern.RawText!;

    private static (Store Store, string Actor)? CallerOf(HttpContext http) =>
        http.Features.Get<Visitor>() is { } visitor ? (visitor.Store, visitor.Actor)
        : http.Features.Get<ApiCaller>() is { } caller ? (caller.Store, caller.Name)
        : null;

    // The first thing that the path names, with the noun before it: orders/1001 of /api/v1/orders/1001/decisions.
    private static string? SubjectOf(HttpContext http)
    {
        var segments = ((RouteEndpoint)http.GetEndpoint()!).RoutePattern.PathSegments;
        for (var i = 1; i < segments.Count; i++)
        {
            if (segments[i].Parts is [RoutePatternParameterPart parameter] && segments[i - 1].Parts is [RoutePatternLiteralPart noun])
            {
                return $"{noun.Content}/{http.Request.RouteValues[parameter.Name]}";
            }
        }

        return null;
    }

    private static int StatusOf(object? answer) => answer switch
    {
        INestedHttpResult nested => StatusOf(nested.Result),
        IStatusCodeHttpResult { StatusCode: { } status } => status,
        _ => StatusCodes.Status200OK,
    };
}
