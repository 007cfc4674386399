// The API's calls about published codes: a merchant's word where strangers find an ambassador's code.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;

namespace StorePlugin.Abuse;

internal sealed record LeakRequest(
    [property: Description("A code that is or was the ambassador's; upper and lower case are one code.")] string Code,
    [property: Description("Where it was published: an address or words, 1 to 300 characters.")] string Where,
    [property: Description("What else there is to say, 1 to 200 characters; absent: nothing.")] string? Note = null)
{
    private const int WhereLengthMax = 300;
    private const int NoteLengthMax = 200;

    /// <summary>Reads what is noted and notes on the fields what is wrong.</summary>
    public static LeakRequest Read(Fields fields)
    {
        fields.RefuseOthersThan("code", "where", "note");
        return new LeakRequest(fields.Text("code", 1, CodeKey.KeyLengthMax), fields.Text("where", 1, WhereLengthMax), fields.OptionalText("note", 1, NoteLengthMax));
    }
}

internal sealed record LeakEndRequest([property: Description("Why it is published there no more, 1 to 200 characters.")] string Reason)
{
    private const int ReasonLengthMax = 200;

    public static string Read(Fields fields)
    {
        fields.RefuseOthersThan("reason");
        return fields.Text("reason", 1, ReasonLengthMax);
    }
}

internal sealed record LeakView(
    string Id,
    string Code,
    [property: Description("Where it was published.")] string Where,
    string? Note,
    [property: Description("Who noted it.")] string Actor,
    [property: Description("When it was noted.")] DateTimeOffset At,
    [property: Description("From when on it is published no more; null while it is.")] DateTimeOffset? EndedAt,
    string? EndedBy,
    string? EndedWhy)
{
    public static LeakView Of(PublishedCode row) =>
        new(row.Id, row.Code, row.Place, row.Note, row.Actor, row.At, row.EndedAt, row.EndedBy, row.EndedWhy);
}

internal static class LeakEndpoints
{
    public static void MapLeaks(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors/{id}/leaks").WithTags("Abuse").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("", List).WithName("listLeaks").WithSummary("Where codes of an ambassador were published, oldest first, with those that have ended.");
        group.MapPost("", Note).WithName("noteLeak").WithSummary("Notes that a code of an ambassador was published where strangers find it.")
            .WithDescription(
                "Where many orders came by the ambassador's codes without a click (rule F5), orders that are released from now on then ask for a person; else that is " +
                "a notice alone.")
            .ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{leakId}/ending", End).WithName("endLeak").WithSummary("Notes that a code is published there no more: orders from now on are not judged by it.")
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<Listing<LeakView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, [AsParameters] Paging paging, AmbassadorDb ambassadors, Leaks leaks, CancellationToken cancel)
    {
        if (paging.AfterId("leak") is not { } after)
        {
            return Paging.BadAfter;
        }

        return await ambassadors.ExistsAsync(caller.Store, id, cancel)
            ? TypedResults.Ok(paging.Show(await leaks.ListAsync(caller.Store, id, after, paging.Take, cancel), row => row.Id, LeakView.Of))
            : AmbassadorEndpoints.Unknown;
    }

    private static async Task<Results<Created<LeakView>, ProblemHttpResult>> Note(
        ApiCaller caller, string id, ApiBody<LeakRequest> body, AmbassadorDb ambassadors, Leaks leaks, CancellationToken cancel)
    {
        var (code, where, note) = LeakRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        if (!await ambassadors.ExistsAsync(caller.Store, id, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        return await leaks.NoteAsync(caller.Store, id, code, where, note, caller.Name, cancel) switch
        {
            NoteLeakResult.Noted noted => TypedResults.Created($"/api/v1/ambassadors/{id}/leaks", LeakView.Of(noted.Leak)),
            NoteLeakResult.CodeUnknown => Problems.Field("code", "must be a code that is or was the ambassador's"),
            NoteLeakResult.Known known => Problems.Conflict(
                "leak-known", "It has been noted already.", $"That the code was published there was noted at {InstantConverter.Text(known.Leak.At)}, as {known.Leak.Id}."),
            NoteLeakResult.TooMany => Problems.Conflict(
                "leaks-too-many", "Too much has been noted.", $"Of an ambassador {Leaks.OpenMax} places may be noted at once; end one first."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static async Task<Results<Ok<LeakView>, ProblemHttpResult>> End(
        ApiCaller caller, string id, string leakId, ApiBody<LeakEndRequest> body, Leaks leaks, CancellationToken cancel)
    {
        var reason = LeakEndRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await leaks.EndAsync(caller.Store, id, leakId, reason, caller.Name, cancel) switch
        {
            (var leak, true) => TypedResults.Ok(LeakView.Of(leak)),
            (var leak, false) => Problems.Conflict(
                "leak-ended", "It has ended already.", $"It was ended at {InstantConverter.Text(leak.EndedAt!.Value)}: {leak.EndedWhy}"),
            null => Problems.NotFound("leak-unknown", "There is no such note.", "Of this ambassador nothing of this id was noted."),
        };
    }
}
