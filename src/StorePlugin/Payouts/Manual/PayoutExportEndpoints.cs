// The API's calls that make the files of a run's manual payouts.
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Manual;

internal sealed record PayoutExportRequest(
    [property: Description("csv, paypal-csv, wise-csv or sepa-xml.")] string Format,
    [property: Description("ISO 4217; of the payouts. Needed for paypal-csv where the run has several.")] string? Currency = null)
{
    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static (PayoutFile? Format, string? Currency) Read(Fields fields)
    {
        fields.RefuseOthersThan("format", "currency");
        var format = fields.OptionalChoice("format", [.. PayoutFile.All.Select(file => file.Name)]);
        if (!fields.Has("format"))
        {
            fields.Refuse("format", "is missing");
        }

        var currency = fields.OptionalText("currency", 3, 3);
        if (currency is not null && !Webhooks.Currency.TryParse(currency, out _))
        {
            fields.Refuse("currency", "must be an ISO 4217 code, such as EUR");
        }

        return (PayoutFile.All.FirstOrDefault(file => file.Name == format), currency);
    }
}

internal sealed record PayoutExportView(
    string Id,
    [property: Description("csv, paypal-csv, wise-csv or sepa-xml.")] string Format,
    DateTimeOffset MadeAt,
    string MadeBy,
    [property: Description("How many payouts are in it.")] long Rows,
    [property: Description("What it pays in each currency; never one sum over two.")] IReadOnlyList<Amount> Sums,
    [property: Description("How many of its payouts have come to an end since: to use the file again would pay those anew that were paid.")] long Settled,
    [property: Description("SHA-256 of the file.")] string FileHash)
{
    public static PayoutExportView Of(PayoutExport row) => new(
        row.Id, row.Format, row.MadeAt, row.MadeBy, row.RowCount, JsonSerializer.Deserialize(row.Sums, SumsJson.Default.ListAmount) ?? [], row.Settled, row.FileHash);
}

internal sealed record PayoutExportDownloadView(string Id, [property: Description("The API key or session that had the file.")] string Who, DateTimeOffset At);

internal static class PayoutExportEndpoints
{
    /// <summary>The export's id.</summary>
    public const string IdHeader = "Payout-Export";

    /// <summary>When payouts of the file were first handed out in a file; absent where they never were.</summary>
    public const string BeforeHeader = "Payout-Exported-Before";

    /// <summary>How many payouts of the run wait for an export and are not in the file; absent for none.</summary>
    public const string LeftOutHeader = "Payout-Left-Out";

    /// <summary>How many payouts of the file have come to an end since it was made; absent for none.</summary>
    public const string SettledHeader = "Payout-Settled";

    public static void MapPayoutExports(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/payout-runs/{id}/exports").WithTags("Payouts").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("", Make).WithName("exportPayoutRun").WithSummary("Makes a file of the run's manual payouts, and writes them down as sent.")
            .WithDescription(
                "csv: for a person, to be filled in and sent back as results. paypal-csv: PayPal's mass payment, 5,000 payouts in one currency. wise-csv: Wise's batch to " +
                "bank accounts, 1,000 payouts. sepa-xml: a SEPA credit transfer (pain.001.001.09) in EUR from the account of the payout settings. In files of " +
                "others a payout is called by the last 30 digits of its id. The file holds what was not exported yet; when nothing is new, what is out and not settled " +
                "comes again, and the header Payout-Exported-Before says since when it is out: whoever uses both files pays twice. Payout-Export is the " +
                "export's id; Payout-Left-Out says how many payouts still wait for an export. Only this file holds the payees' details in full, so keep it safe; it is not kept here.")
            .Produces<string>(StatusCodes.Status200OK, "text/csv", "application/xml").ProducesProblem(StatusCodes.Status409Conflict);
        group.MapGet("", List).WithName("listPayoutExports").WithSummary("The exports of a run, oldest first.");
        group.MapGet("/{exportId}/file", Fetch).WithName("getPayoutExportFile").WithSummary("The file of an export once more; each fetch is noted.")
            .WithDescription(
                "Made anew from what was frozen, byte for byte; 409 where names or details have changed since. Payout-Settled says how many of its payouts have come to an end. " +
                "It needs a key that may write, since it holds the payees' details in full.")
            .Produces<string>(StatusCodes.Status200OK, "text/csv", "application/xml").ProducesProblem(StatusCodes.Status409Conflict);
        group.MapGet("/{exportId}/downloads", ListDownloads).WithName("listPayoutExportDownloads").WithSummary("Who has had the file of an export, oldest first.");
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Make(
        ApiCaller caller, string id, ApiBody<PayoutExportRequest> body, PayoutExports exports, HttpResponse response, CancellationToken cancel)
    {
        var (format, currency) = PayoutExportRequest.Read(body.Fields);
        return body.Fields.Refusal is { } refusal
            ? refusal
            : Answer(response, id, await exports.MakeAsync(caller.Store, id, format!, currency, caller.Name, cancel));
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Fetch(
        ApiCaller caller, string id, string exportId, PayoutExports exports, HttpResponse response, CancellationToken cancel) =>
        caller.CanWrite
            ? Answer(response, id, await exports.FetchAsync(caller.Store, id, exportId, caller.Name, cancel))
            : Problems.Of(
                StatusCodes.Status403Forbidden, "api-key-read-only", "The API key only reads.", "The file holds the payees' details in full: use a key made with --write.");

    private static async Task<Results<Ok<Listing<PayoutExportView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, PayoutExports exports, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId(PayoutExports.IdPrefix) is not { } after)
        {
            return Paging.BadAfter;
        }

        return await exports.ListAsync(caller.Store, id, after, paging.Take, cancel) is { } rows
            ? TypedResults.Ok(paging.Show(rows, row => row.Id, PayoutExportView.Of))
            : PayoutRunEndpoints.NoSuchRun();
    }

    private static async Task<Results<Ok<Listing<PayoutExportDownloadView>>, ProblemHttpResult>> ListDownloads(
        ApiCaller caller, string id, string exportId, PayoutExports exports, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId(PayoutExports.DownloadPrefix) is not { } after)
        {
            return Paging.BadAfter;
        }

        return await exports.DownloadsAsync(caller.Store, id, exportId, after, paging.Take, cancel) is { } rows
            ? TypedResults.Ok(paging.Show(rows, row => row.Id, row => new PayoutExportDownloadView(row.Id, row.Who, row.At)))
            : NoSuchExport;
    }

    private static Results<FileContentHttpResult, ProblemHttpResult> Answer(HttpResponse response, string runId, ExportResult result)
    {
        switch (result)
        {
            case ExportResult.Made made:
                response.Headers[IdHeader] = made.ExportId;
                response.Headers.CacheControl = "no-store";
                if (made.ExportedBefore is { } before)
                {
                    response.Headers[BeforeHeader] = InstantConverter.Text(before);
                }

                Count(LeftOutHeader, made.LeftOut);
                Count(SettledHeader, made.Settled);
                return TypedResults.Bytes(made.Bytes, made.Format.ContentType, $"{runId}-{made.Format.Name}.{made.Format.Extension}");

            case ExportResult.NoSuchRun:
                return PayoutRunEndpoints.NoSuchRun();

            case ExportResult.NoSuchExport:
                return NoSuchExport;

            case ExportResult.Nothing(var why):
                return Problems.Conflict("nothing-to-export", "There is nothing to export.", why);

            case ExportResult.Stopped:
                return Problems.Conflict("payout-run-stopped", "The run was stopped.", "Nothing of it is exported until somebody resumes it.");

            case ExportResult.DebtorMissing:
                return Problems.Conflict("debtor-missing", "The account that pays is not known.", "Name it in the payout settings: debtor with name and iban.");

            case ExportResult.CurrencyNeeded(var currencies):
                return Problems.Field("currency", $"must be one of {string.Join(", ", currencies)}: such a file holds one currency");

            case ExportResult.NotAsItWas:
                return Problems.Conflict(
                    "export-not-repeatable", "The file cannot be made again.", "Names or details that stood in it have been changed or erased since, and the files themselves are not kept.");

            default:
                throw new UnreachableException();
        }

        void Count(string header, long number)
        {
            if (number > 0)
            {
                response.Headers[header] = number.ToString(CultureInfo.InvariantCulture);
            }
        }
    }

    private static ProblemHttpResult NoSuchExport =>
        Problems.NotFound("payout-export-not-found", "There is no such export.", "The run has no export with this id.");
}
