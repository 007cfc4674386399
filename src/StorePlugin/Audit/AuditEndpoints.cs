// The API's list of who changed what.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Audit;

internal sealed record AuditEntryView(
    string Id,
    DateTimeOffset At,
    [property: Description("As the books name people: a member of the team by id, a session by the beginning of its hash, or an API key by its id.")] string Actor,
    [property: Description("What was asked for.")] string Action,
    [property: Description("What it was about or has made, such as campaigns/cmp_…; null where it was neither one thing nor made one.")] string? Subject,
    [property: Description("done, refused or failed; null while it is carried out, and where the program ended meanwhile.")] string? Outcome);

internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder api) => api.MapGet("/audit-entries", List).WithTags("Store").WithName("listAuditEntries")
        .WithSummary("Who changed what, newest first.")
        .WithDescription("Every request of the dashboard and of the API that is no question, with what came of it. Entries are kept for two years.");

    private static async Task<Results<Ok<Listing<AuditEntryView>>, ProblemHttpResult>> List(
        ApiCaller caller, AuditLog log, [AsParameters] Paging paging, CancellationToken cancel) =>
        paging.AfterId(AuditLog.IdPrefix) is { } after
            ? TypedResults.Ok(paging.Show(
                await log.ListAsync(caller.Store, after.Length == 0 ? null : after, paging.Take, cancel),
                entry => entry.Id,
                entry => new AuditEntryView(entry.Id, entry.At, entry.Actor, entry.Action, entry.Subject, entry.Outcome)))
            : Paging.BadAfter;
}
