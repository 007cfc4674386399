// Many applications rejected at once: what programs have sent is not worth a call for each.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record ApplicationRejectionsRequest(
    [property: Description("1 to 200 applications by their ids.")] IReadOnlyList<string> Applications,
    [property: Description("Why, in up to 200 characters; the people are not told.")] string Reason)
{
    private const int ApplicationsMax = 200;
    private const int IdLengthMax = 40;

    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static (IReadOnlyList<string> Ids, string Reason) Read(Fields fields)
    {
        fields.RefuseOthersThan("applications", "reason");
        var ids = fields.OptionalTexts("applications").Select(id => id?.Trim() ?? "").Distinct(StringComparer.Ordinal).ToList();
        if (ids.Count is 0 or > ApplicationsMax || ids.Exists(id => id.Length is 0 or > IdLengthMax))
        {
            fields.Refuse("applications", $"must be 1 to {ApplicationsMax} ids of applications");
        }

        return (ids, fields.Text("reason", 1, AmbassadorLife.ReasonLengthMax));
    }
}

internal sealed record ApplicationRejectionView(string Id, [property: Description("rejected, application-unknown or application-decided.")] string Result);

/// <summary>What became of each application, in the order of the request.</summary>
internal sealed record ApplicationRejectionsResult(IReadOnlyList<ApplicationRejectionView> Items);

internal static class ApplicationRejections
{
    public static void MapApplicationRejections(this IEndpointRouteBuilder api) =>
        api.MapPost("/application-rejections", Reject).WithTags("Ambassadors").WithName("rejectApplications")
            .WithSummary("Rejects many applications at once, each for itself.")
            .WithDescription("An application that cannot be rejected does not keep the others from it: the answer says what became of each.")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<ApplicationRejectionsResult>, ProblemHttpResult>> Reject(
        ApiCaller caller, ApiBody<ApplicationRejectionsRequest> body, Applications applications, CancellationToken cancel)
    {
        var (ids, reason) = ApplicationRejectionsRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        var results = new List<ApplicationRejectionView>(ids.Count);
        foreach (var id in ids)
        {
            results.Add(new ApplicationRejectionView(id, await applications.RejectAsync(caller.Store, id, caller.Name, reason, cancel) switch
            {
                ApprovalResult.Done => "rejected",
                ApprovalResult.Unknown => ApplicationEndpoints.UnknownSlug,
                ApprovalResult.Decided => ApplicationEndpoints.DecidedSlug,
                var other => throw new UnreachableException($"{other.GetType().Name} is no rejection."),
            }));
        }

        return results.TrueForAll(result => result.Result == ApplicationEndpoints.UnknownSlug)
            ? ApplicationEndpoints.Unknown
            : TypedResults.Ok(new ApplicationRejectionsResult(results));
    }
}
