// The API's calls about series of codes that work once each.
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using CsvHelper;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Campaigns;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record SeriesRequest([property: Description("How many codes, 1 to 1,000.")] long Count)
{
    public static long Read(Fields fields)
    {
        fields.RefuseOthersThan("count");
        return fields.Whole("count", 1, AmbassadorSeries.CodesMax);
    }
}

internal sealed record SeriesView(
    string Id,
    [property: Description(
        "making: its codes are being made in the store. made: they exist there. refused: the store refuses them, as the problem says. ended: none of them counts any more.")]
    string State,
    [property: Description("How many codes it is to have.")] long Count,
    [property: Description("How many of them exist in the store.")] long Made,
    [property: Description("How many a paid order has used.")] long Used,
    [property: Description("What each code takes off, in percent.")] decimal Percent,
    [property: Description("Why it is not as it should be: what the store refuses, or what its people changed.")] string? Problem,
    [property: Description("Who asked for it.")] string Actor,
    [property: Description("Orders from this second on count.")] DateTimeOffset CreatedAt,
    [property: Description("Orders from this second on do not count; null while it lives.")] DateTimeOffset? EndedAt)
{
    public static SeriesView Of(CodeSeries row) => new(
        row.Id, row.State, row.CodeCount, row.MadeCount, row.UsedCount, BasisPoints.ToPercent(row.DiscountBp), row.Problem, row.Actor, row.CreatedAt, row.EndedAt);
}

internal sealed record SeriesCodeView(
    [property: Description("Its place on the list, from 1 on. Of two with one number the store has refused the first.")] long Number,
    string Code,
    [property: Description("waiting: not known to exist in the store yet. made: it exists there. refused: the store refuses it, and it must not be handed out.")] string State,
    [property: Description("Whether a paid order has used it.")] bool Used,
    [property: Description("The first paid order that used it, the only one that counts; null where none has.")] string? UsedByPlatformOrderId)
{
    public static SeriesCodeView Of(CodeOfSeries row) => new(row.Number, row.Code, row.State, row.UsedKey is not null, row.UsedByOrderId);
}

internal static class SeriesEndpoints
{
    private static readonly string[] CsvHeader = ["number", "code", "used", "order"];

    public static void MapSeries(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors/{id}/code-series").WithTags("Ambassadors").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("", List).WithName("listCodeSeries").WithSummary("The series of codes of an ambassador, oldest first, with those that have ended.");
        group.MapPost("", Add).WithName("addCodeSeries").WithSummary("Gives an ambassador a series of codes that work once each.")
            .WithDescription(
                "The codes are made in the store soon after, 250 at a time; made tells how many exist. A call that comes again makes a second series: where an answer " +
                "was lost, look at the list before asking anew, and end what is too much. An ambassador may have 10 live series, and 5,000 codes in them that nobody has used.")
            .ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{seriesId}", End).WithName("endCodeSeries").WithSummary("Ends a series: orders from this second on do not count by its codes.")
            .WithDescription("Its discount is switched off in the store soon after, so that codes that nobody has used take nothing off. A series that has ended stays as it is.");
        group.MapGet("/{seriesId}/codes", Codes).WithName("listCodesOfSeries").WithSummary("The codes of a series, by their numbers.");
        group.MapGet("/{seriesId}/codes.csv", Csv).WithName("downloadCodesOfSeries").WithSummary("The codes of a series that exist in the store, as a file for a printer.")
            .WithDescription("Columns: number, code, used (yes or no), order. While the series is being made the file holds what exists so far.")
            .Produces<string>(contentType: "text/csv");
    }

    private static async Task<Results<Ok<Listing<SeriesView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, [AsParameters] Paging paging, AmbassadorDb ambassadors, AmbassadorSeries series, CancellationToken cancel)
    {
        if (paging.AfterId("ser") is not { } after)
        {
            return Paging.BadAfter;
        }

        return await ambassadors.ExistsAsync(caller.Store, id, cancel)
            ? TypedResults.Ok(paging.Show(await series.ListAsync(caller.Store, id, after, paging.Take, cancel), row => row.Id, SeriesView.Of))
            : AmbassadorEndpoints.Unknown;
    }

    private static async Task<Results<Created<SeriesView>, ProblemHttpResult>> Add(
        ApiCaller caller, string id, ApiBody<SeriesRequest> body, AmbassadorSeries series, CancellationToken cancel)
    {
        var count = SeriesRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await series.AddAsync(caller.Store, id, count, caller.Name, cancel) switch
        {
            AddSeriesResult.Added { Series: var added } => TypedResults.Created($"/api/v1/ambassadors/{id}/code-series/{added.Id}/codes", SeriesView.Of(added)),
            AddSeriesResult.AmbassadorUnknown => AmbassadorEndpoints.Unknown,
            AddSeriesResult.AmbassadorEnded => AmbassadorEndpoints.Ended,
            AddSeriesResult.AmbassadorSuspended => Problems.Conflict(
                "ambassador-suspended", "The ambassador is suspended.", "While they are, no code of theirs takes anything off; end the suspension first."),
            AddSeriesResult.CampaignDraft => Problems.Conflict(
                "campaign-draft", "The campaign is a draft.", "The codes of a series work from the day they are made; launch the ambassador's campaign first."),
            AddSeriesResult.CampaignEnded => Problems.Conflict(
                "campaign-ended", "The campaign has ended.", "The ambassador's campaign has ended, and takes no further code."),
            AddSeriesResult.NoDiscount => Problems.Conflict(
                "campaign-without-discount", "The campaign gives friends no discount.", "A code that works once takes something off once, and the campaign's terms take nothing off."),
            AddSeriesResult.TooMany => Problems.Conflict(
                "series-too-many", "The ambassador has too many series.", $"An ambassador may have {AmbassadorSeries.LiveMax} live series; end one first."),
            AddSeriesResult.TooManyCodes { Unused: var unused } => Problems.Conflict(
                "series-codes-too-many", "The ambassador has too many codes.",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"An ambassador may have {AmbassadorSeries.LiveCodesMax} codes in live series that nobody has used, and has {unused}; end a series first, or ask for fewer.")),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    private static async Task<Results<Ok<SeriesView>, ProblemHttpResult>> End(
        ApiCaller caller, string id, string seriesId, AmbassadorSeries series, CancellationToken cancel) =>
        await series.EndAsync(caller.Store, id, seriesId, cancel) is { } ended ? TypedResults.Ok(SeriesView.Of(ended)) : Unknown;

    private static async Task<Results<Ok<Listing<SeriesCodeView>>, ProblemHttpResult>> Codes(
        ApiCaller caller, string id, string seriesId, [AsParameters] Paging paging, AmbassadorSeries series, CancellationToken cancel)
    {
        if (paging.AfterNumber() is not { } after)
        {
            return Paging.BadAfter;
        }

        return await series.FindAsync(caller.Store, id, seriesId, cancel) is null
            ? Unknown
            : TypedResults.Ok(paging.Show(
                await series.CodesAsync(caller.Store, seriesId, after, paging.Take, cancel),
                row => string.Create(CultureInfo.InvariantCulture, $"{row.Number}.{row.CodeKey}"), SeriesCodeView.Of));
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Csv(
        ApiCaller caller, string id, string seriesId, AmbassadorSeries series, CancellationToken cancel) =>
        await series.FindAsync(caller.Store, id, seriesId, cancel) is null
            ? Unknown
            : TypedResults.Bytes(CsvOf(await series.MadeCodesAsync(caller.Store, seriesId, cancel)), "text/csv; charset=utf-8", $"{seriesId}.csv");

    /// <summary>A cell that a spreadsheet would take for a formula is marked as text.</summary>
    public static byte[] CsvOf(IEnumerable<CodeOfSeries> codes)
    {
        using var file = new MemoryStream();
        using (var csv = CsvWriter.Create(file, new CsvWriterOptions { Injection = CsvInjection.Escape }, leaveOpen: true))
        {
            csv.WriteRecord(CsvHeader);
            foreach (var row in codes)
            {
                csv.WriteRecord([row.Number.ToString(CultureInfo.InvariantCulture), row.Code, row.UsedKey is null ? "no" : "yes", row.UsedByOrderId ?? ""]);
            }
        }

        return file.ToArray();
    }

    private static ProblemHttpResult Unknown => Problems.NotFound("series-unknown", "There is no such series.", "The ambassador has no series of codes with this id.");
}
