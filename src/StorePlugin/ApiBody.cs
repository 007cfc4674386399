// The body of an API call: read under a cap, parsed strictly, refused in words.
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;

namespace StorePlugin;

/// <summary>An argument of a call that may turn out to be unreadable; the group answers for all of them.</summary>
internal interface IApiArgument
{
    /// <summary>What to answer instead of calling the handler; null when all is well.</summary>
    ProblemHttpResult? Refusal { get; }
}

/// <summary>A JSON object as body.</summary>
/// <typeparam name="T">The record that it is read into, which describes it in <c>/openapi/v1.json</c>.</typeparam>
internal sealed class ApiBody<T> : IApiArgument, IBindableFromHttpContext<ApiBody<T>>, IEndpointParameterMetadataProvider
{
    private ApiBody(Fields fields, ProblemHttpResult? refusal) => (Fields, Refusal) = (fields, refusal);

    public ProblemHttpResult? Refusal { get; }

    /// <summary>The body's members; none when it was refused.</summary>
    public Fields Fields { get; }

    public static async ValueTask<ApiBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var (body, refusal) = await ApiBody.ReadAsync(context);
        return new ApiBody<T>(Fields.Of(body ?? ApiBody.Empty), refusal);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}

/// <summary>A JSON object as body of a call that may come without one.</summary>
/// <typeparam name="T">As of <see cref="ApiBody{T}"/>.</typeparam>
internal sealed class OptionalApiBody<T> : IApiArgument, IBindableFromHttpContext<OptionalApiBody<T>>, IEndpointParameterMetadataProvider
{
    private OptionalApiBody(Fields fields, ProblemHttpResult? refusal) => (Fields, Refusal) = (fields, refusal);

    public ProblemHttpResult? Refusal { get; }

    /// <summary>The body's members; none when there is no body, or it was refused.</summary>
    public Fields Fields { get; }

    public static async ValueTask<OptionalApiBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var hasBody = context.Request.ContentLength is not (null or 0) || context.Request.Headers.TransferEncoding.Count > 0;
        var (body, refusal) = hasBody ? await ApiBody.ReadAsync(context) : (null, null);
        return new OptionalApiBody<T>(Fields.Of(body ?? ApiBody.Empty), refusal);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T), isOptional: true));
}

internal static class ApiBody
{
    public static readonly JsonElement Empty = JsonElement.Parse("{}");

    /// <summary>As every JSON is read that a person has written.</summary>
    public static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private const string NotUnicode = "The body is not readable as Unicode text.";

    public static async Task<(JsonElement? Body, ProblemHttpResult? Refusal)> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            return (null, Problems.NotJson);
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, Strict, context.RequestAborted);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (document.RootElement.Clone(), null)
                : (null, Invalid("The body must be a JSON object."));
        }
        catch (JsonException e)
        {
            // The parser's own words quote the body, so only the place is told.
            return (null, Invalid($"The body is not JSON: see line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}."));
        }
        // The name of a member holds bytes that are no UTF-8, or half of a surrogate pair.
        catch (InvalidOperationException)
        {
            return (null, Invalid(NotUnicode));
        }
        catch (BadHttpRequestException e)
        {
            return (null, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? Problems.BodyTooLarge : Invalid("The body broke off."));
        }
    }

    private static ProblemHttpResult Invalid(string detail) =>
        Problems.Of(StatusCodes.Status400BadRequest, "json-invalid", "The body cannot be read.", detail);
}
