// The API's calls about requests for a person's or a store's sake: which there are, their files, and who took those.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Privacy;

internal sealed record PrivacyRequestView(
    string Id,
    [property: Description("customers/data_request, customers/redact or shop/redact.")] string Topic,
    [property: Description("The platform's number of the request; null where it gives none.")] string? PlatformRequestId,
    [property: Description("ready: its file can be fetched. dropped: it cannot any more. erasing or done: an erasure. stopped: the store came back before all was erased.")] string State,
    DateTimeOffset ReceivedAt,
    DateTimeOffset? DoneAt,
    [property: Description("Until when the file is kept; null where there is none.")] DateTimeOffset? FileUntil);

internal sealed record PrivacyDownloadView(
    string Id,
    [property: Description("The API key, or the session of the dashboard.")] string Who,
    DateTimeOffset At);

internal static class PrivacyEndpoints
{
    public static void MapPrivacy(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/privacy-requests").WithTags("Privacy");
        group.MapGet("", List).WithName("listPrivacyRequests").WithSummary("What the platform has asked for a customer's or the store's sake, oldest first.");
        group.MapGet("/{id}/file", GetFile).WithName("getPrivacyFile")
            .WithSummary("What is held about the customer, for you to pass on. It is kept for 30 days, and each fetch is noted.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}/downloads", ListDownloads).WithName("listPrivacyDownloads").WithSummary("Who has fetched the file of a request, oldest first.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static ProblemHttpResult Unknown =>
        Problems.NotFound("privacy-request-unknown", "There is no such request.", "The store has no request for personal data with this id.");

    private static async Task<Results<Ok<Listing<PrivacyRequestView>>, ProblemHttpResult>> List(
        ApiCaller caller, PrivacyRequests requests, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId(PrivacyRequests.IdPrefix) is not { } after)
        {
            return Paging.BadAfter;
        }

        var rows = await requests.ListAsync(caller.Store, after, paging.Take, cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Id, Show));
    }

    private static async Task<Results<Ok<PersonFile>, ProblemHttpResult>> GetFile(
        ApiCaller caller, string id, PrivacyRequests requests, CancellationToken cancel) =>
        await requests.TakeFileAsync(caller.Store, id, caller.Name, cancel) is { } file ? TypedResults.Ok(file)
        : await requests.GetAsync(caller.Store, id, cancel) is null ? Unknown
        : Problems.NotFound(
            "privacy-file-gone",
            "The request has no file.",
            "Only a customers/data_request has one, for 30 days and not beyond the erasure of the customer. The platform can ask again.");

    private static async Task<Results<Ok<Listing<PrivacyDownloadView>>, ProblemHttpResult>> ListDownloads(
        ApiCaller caller, string id, PrivacyRequests requests, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId("pdl") is not { } after)
        {
            return Paging.BadAfter;
        }

        if (await requests.GetAsync(caller.Store, id, cancel) is null)
        {
            return Unknown;
        }

        var rows = await requests.DownloadsAsync(caller.Store, id, after, paging.Take, cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Id, row => new PrivacyDownloadView(row.Id, row.Who, row.At)));
    }

    private static PrivacyRequestView Show(PrivacyRequestRow row) => new(
        row.Id, row.Topic, row.RequestId, row.State, row.ReceivedAt, row.DoneAt, row.State == "ready" ? row.FileUntil : null);
}
