// What a caller of the JSON API is told when it is not served: a stable type, a status, a sentence for people.
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.HttpResults;

namespace StorePlugin;

/// <summary>Makes ProblemDetails. A type, once published, keeps its meaning.</summary>
internal static class Problems
{
    private const string TypePrefix = "/problems/";

    /// <param name="slug">The stable part of the type: <c>code-taken</c> becomes <c>/problems/code-taken</c>.</param>
    /// <param name="title">The same words for each problem of this type.</param>
    /// <param name="detail">What is wrong this time, and where it helps, what to do.</param>
    public static ProblemHttpResult Of(int status, string slug, string title, string detail) =>
        TypedResults.Problem(detail, statusCode: status, title: title, type: TypePrefix + slug);

    public static ProblemHttpResult NotFound(string slug, string title, string detail) =>
        Of(StatusCodes.Status404NotFound, slug, title, detail);

    public static ProblemHttpResult Conflict(string slug, string title, string detail) =>
        Of(StatusCodes.Status409Conflict, slug, title, detail);

    public static ProblemHttpResult Unprocessable(string slug, string title, string detail) =>
        Of(StatusCodes.Status422UnprocessableEntity, slug, title, detail);

    /// <summary>Everything that is wrong with a request's fields, at once.</summary>
    public static ProblemHttpResult Fields(IReadOnlyDictionary<string, string[]> errors) =>
        TypedResults.Problem(
            string.Join(' ', errors.SelectMany(field => field.Value.Select(why => $"{field.Key} {why}."))),
            statusCode: StatusCodes.Status400BadRequest,
            title: "The request has wrong fields.",
            type: TypePrefix + "fields-invalid",
            extensions: [new("errors", errors)]);

    public static ProblemHttpResult Field(string name, string why) =>
        Fields(new Dictionary<string, string[]> { [name] = [why] });

    /// <summary>Words for an answer that the framework gave as a bare status.</summary>
    public static ProblemHttpResult OfStatus(int status) => status switch
    {
        StatusCodes.Status400BadRequest =>
            Of(status, "request-invalid", "The request cannot be read.", "Its body is no JSON of the form that this call takes, or a parameter has a wrong form."),
        StatusCodes.Status404NotFound =>
            NotFound("not-found", "There is nothing here.", "The path names no call of this API; /openapi/v1.json lists them all."),
        StatusCodes.Status405MethodNotAllowed =>
            Of(status, "method-not-allowed", "The path does not take this method.", "The header Allow lists the methods that it takes."),
        StatusCodes.Status413PayloadTooLarge => BodyTooLarge,
        StatusCodes.Status415UnsupportedMediaType => NotJson,
        _ => Of(status, Slug(status), "The request was not served.", $"The answer is HTTP status {status}."),
    };

    public static ProblemHttpResult NotJson => Of(
        StatusCodes.Status415UnsupportedMediaType,
        "content-type-unsupported",
        "The body is not declared as JSON.",
        "Send the header Content-Type: application/json.");

    public static ProblemHttpResult BodyTooLarge => Of(
        StatusCodes.Status413PayloadTooLarge,
        "body-too-large",
        "The body is too large.",
        $"A body may have {Api.BodyBytesMax} bytes.");

    /// <summary>Gives the framework's own problems a stable type too.</summary>
    [SuppressMessage("Design", "CA1062", Justification = "The framework calls it.")]
    public static void Name(ProblemDetailsContext context)
    {
        var problem = context.ProblemDetails;
        if (problem.Type?.StartsWith(TypePrefix, StringComparison.Ordinal) != true && problem.Status is { } status)
        {
            problem.Type = TypePrefix + Slug(status);
            if (status >= StatusCodes.Status500InternalServerError)
            {
                problem.Title = "Something failed here.";
                problem.Detail = "The fault is ours and is written to the log; the same request may succeed later.";
            }
        }
    }

    private static string Slug(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "request-invalid",
        StatusCodes.Status404NotFound => "not-found",
        StatusCodes.Status405MethodNotAllowed => "method-not-allowed",
        StatusCodes.Status429TooManyRequests => "too-many-requests",
        >= StatusCodes.Status500InternalServerError => "server-fault",
        _ => $"status-{status}",
    };
}
