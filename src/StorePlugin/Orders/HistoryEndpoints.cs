// The API's calls about what is known of past purchases: the import of earlier orders, and from when on they are known.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

internal sealed record HistoryView(
    [property: Description("From this instant on every paid order of the store is known: from its installation, or from where an import begins. A campaign that " +
        "asks for new customers is launched with this instant acknowledged where nothing was imported.")] DateTimeOffset HistorySince,
    [property: Description("Whether earlier orders were imported with since.")] bool Imported,
    [property: Description("The newest 100, newest first.")] IReadOnlyList<HistoryFactView> Imports);

internal sealed record HistoryFactView(
    string ImportId,
    [property: Description("The file held every paid order from there on; null where nobody said so.")] DateTimeOffset? Since,
    [property: Description("Orders that it has added.")] long Orders,
    DateTimeOffset At,
    string Actor);

internal sealed record HistoryImportView(
    [property: Description("Of the import that was run; null for a dry run.")] string? ImportId,
    bool DryRun,
    [property: Description("Lines with something on them, without the header.")] long Rows,
    [property: Description("Orders that they name.")] long Orders,
    [property: Description("Orders that are not here yet: those that a run would add.")] long New,
    [property: Description("Orders that this run has added; 0 for a dry run.")] long Added,
    [property: Description("Orders that were here before, from the store itself or from an import. They stay as they are.")] long AlreadyThere,
    [property: Description("From this instant on every paid order is known; of a dry run, as a run would leave it.")] DateTimeOffset HistorySince,
    [property: Description("How many findings there are; a file with any is not imported.")] long FindingCount,
    [property: Description("The first 200, in the order of the lines.")] IReadOnlyList<ImportFindingView> Findings);

internal static class HistoryEndpoints
{
    private const int ImportsShownMax = 100;

    public static void MapHistory(this IEndpointRouteBuilder api)
    {
        api.MapGet("/history", Get).WithTags("Orders").WithName("getHistory")
            .WithSummary("From when on the store's paid orders are known, and the imports that were run.");
        api.MapPost("/history-imports", Import).WithTags("Orders").WithName("importHistory")
            .WithSummary("Brings over a store's earlier paid orders from a CSV file, so that it is known who is a new customer.")
            .WithDescription(
                "UTF-8, parted by comma or semicolon, at most 5,000 rows and 5 MiB; a longer history comes in parts, since with the last one. Columns: order (the " +
                "platform's id), placed_at (an instant), and customer (the platform's id), email, phone or several of them. A file with any finding changes nothing. " +
                "The same file again adds nothing. Customers are kept as keyed hashes only. Orders that are known from the store itself stay as they are; orders " +
                "of the same customers that were decided already are decided again, unless they are in a payout or paid.")
            .TakesCsv();
    }

    /// <summary>For a campaign that would begin to ask for new customers while nobody has said what is known of them.</summary>
    public static ProblemHttpResult NotAcknowledged(HistoryHorizon horizon)
    {
        var since = InstantConverter.Text(horizon.Since);
        return TypedResults.Problem(
            $"The terms ask for new customers, and the store's paid orders are known from {since} on: whoever bought before that seems new. Either import the earlier " +
            $"orders, POST /api/v1/history-imports with since, or acknowledge it by sending \"acknowledgedHistorySince\": \"{since}\" with this call.",
            statusCode: StatusCodes.Status409Conflict,
            title: "What is known of past purchases is not acknowledged.",
            type: "/problems/history-not-acknowledged",
            extensions: [new("historySince", since)]);
    }

    /// <summary>The horizon that a caller acknowledges; null where they name none.</summary>
    public static DateTimeOffset? ReadAcknowledged(Fields fields)
    {
        if (fields.OptionalText("acknowledgedHistorySince", 1, 40) is not { } text)
        {
            return null;
        }

        if (DateOrInstant.Instant(text) is { } instant)
        {
            return instant;
        }

        fields.Refuse("acknowledgedHistorySince", "must be an ISO 8601 instant, as GET /api/v1/history tells it");
        return null;
    }

    private static async Task<Ok<HistoryView>> Get(ApiCaller caller, Db db, CancellationToken cancel)
    {
        var horizon = await OrderHistory.HorizonAsync(db, caller.Store, cancel);
        var imports = await OrderHistory.ImportsAsync(db, caller.Store, ImportsShownMax, cancel);
        return TypedResults.Ok(new HistoryView(
            horizon.Since, horizon.IsImported, [.. imports.Select(fact => new HistoryFactView(fact.ImportId, fact.SinceAt, fact.Orders, fact.At, fact.Actor))]));
    }

    private static async Task<Results<Ok<HistoryImportView>, ProblemHttpResult>> Import(
        ApiCaller caller,
        [Description("true: say what would happen; false: do it.")] string? dryRun,
        [Description("A day or an instant: the file, with those before it, holds every paid order of the store from there on. Absent: nobody says so, and more orders " +
            "are known without being all.")] string? since,
        CsvBody body,
        HistoryImport import,
        Db db,
        TimeProvider clock,
        CancellationToken cancel)
    {
        var (store, now, isDry) = (caller.Store, clock.GetUtcNow(), dryRun == "true");
        var from = since is null ? null : Instants.Kept(DateOrInstant.Beginning(since, store));
        if (ImportEndpoints.RefusalOf(dryRun, "since", since is null ? null : WrongWith(from, now)) is { } wrong)
        {
            return wrong;
        }

        var file = HistoryFile.Read(body.Text, now);
        if (file.RowCount > ImportFile.RowsMax)
        {
            return ImportEndpoints.RowsTooMany(file.RowCount);
        }

        var result = await (isDry ? import.PreviewAsync(store, file, cancel) : import.RunAsync(store, file, from, caller.Name, cancel));
        var known = (await OrderHistory.HorizonAsync(db, store, cancel)).Since;
        var shown = isDry && from < known ? from.Value : known;
        return result switch
        {
            HistoryResult.Planned { Plan: var plan } => TypedResults.Ok(Show(null, file, plan, 0, shown)),
            HistoryResult.Done done => TypedResults.Ok(Show(done.ImportId, file, done.Plan, done.Added, shown)),
            HistoryResult.Refused refused => ImportEndpoints.HasFindings(refused.Added, refused.Plan.Findings),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    private static string? WrongWith(DateTimeOffset? since, DateTimeOffset now) =>
        since is null ? DateOrInstant.Wanted
        : since > now ? "must not lie in the future"
        : since < HistoryFile.EarliestAt ? "must not lie before 1990"
        : null;

    private static HistoryImportView Show(string? importId, HistoryFile file, HistoryPlan plan, long added, DateTimeOffset since) => new(
        importId, importId is null, file.RowCount, file.Rows.Count, plan.New.Count + added, added, plan.AlreadyThere - added, since, plan.Findings.Count,
        ImportEndpoints.Show(plan.Findings));
}
