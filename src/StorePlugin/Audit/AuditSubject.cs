// What a request has made: an endpoint says it once the thing has an id, and the row of who changed what names it.
namespace StorePlugin.Audit;

/// <summary>
/// Only what the path of a request does not name already needs saying. An endpoint that makes something takes one as a parameter, as it
/// takes its caller.
/// </summary>
internal sealed class AuditSubject
{
    /// <summary>As in <c>ambassadors/amb_…</c>; null until something was said.</summary>
    public string? Name { get; private set; }

    public static ValueTask<AuditSubject> BindAsync(HttpContext context)
    {
        var subject = new AuditSubject();
        context.Features.Set(subject);
        return ValueTask.FromResult(subject);
    }

    /// <param name="noun">The one that paths have before the id.</param>
    public void Is(string noun, string id) => Name = $"{noun}/{id}";
}
