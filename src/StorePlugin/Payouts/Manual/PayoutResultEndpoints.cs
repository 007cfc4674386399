// The API's calls that tell what came of manual payouts.
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Xml;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Manual;

/// <summary>A file with results as body: CSV, or the XML of a bank; UTF-8, read under the cap of files.</summary>
internal sealed class ResultBody : IApiArgument, IBindableFromHttpContext<ResultBody>
{
    private ResultBody(string text, bool isXml, ProblemHttpResult? refusal) => (Text, IsXml, Refusal) = (text, isXml, refusal);

    public ProblemHttpResult? Refusal { get; }

    /// <summary>Without a byte order mark; empty when it was refused.</summary>
    public string Text { get; }

    public bool IsXml { get; }

    public static async ValueTask<ResultBody?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var isXml = CsvBody.IsOf(context.Request, "application/xml", "text/xml");
        if (!isXml && !CsvBody.IsOf(context.Request, "text/csv"))
        {
            return new ResultBody(
                "",
                isXml,
                Problems.Of(
                    StatusCodes.Status415UnsupportedMediaType, "content-type-unsupported", "The body is not declared as CSV or XML.",
                    "Send the header Content-Type: text/csv, or application/xml for a bank's report."));
        }

        var body = await CsvBody.ReadAsync(context);
        return new ResultBody(body.Text, isXml, body.Refusal);
    }
}

internal sealed record PayoutResultsView(
    bool DryRun,
    [property: Description("csv, paypal, wise or pain.002, as the file was recognised; empty where it was not.")] string Format,
    [property: Description("Lines with something on them, without the header.")] long Rows,
    [property: Description("Payouts that are paid by it; for a dry run, that would be. Likewise the next ones.")] long Paid,
    [property: Description("Payouts that were not paid: their money is payable again.")] long Failed,
    [property: Description("Payouts of which the file says that they are under way, or unclaimed.")] long Waiting,
    [property: Description("Lines that tell what stood here before.")] long Unchanged,
    [property: Description("Payouts whose books say otherwise. The books stay, the payout has its problem noted, and a person must look.")] long Contradictions,
    [property: Description("How many lines are wrong or contradict the books; the right ones are taken over all the same.")] long FindingCount,
    [property: Description("The first 200, in the order of the lines.")] IReadOnlyList<ImportFindingView> Findings)
{
    public static PayoutResultsView Of(ResultsReport report, bool isDry) => new(
        isDry, report.Format, report.Rows, report.Paid, report.Failed, report.Waiting, report.Unchanged, report.Contradictions, report.Findings.Count,
        ImportEndpoints.Show(report.Findings));
}

internal sealed record PayoutResultRequest(
    [property: Description("paid, or failed: the money is payable again.")] string Outcome,
    [property: Description("The other side's name of the payment, 1 to 100 characters; for paid alone.")] string? Reference = null,
    [property: Description("Why it failed, 1 to 200 characters.")] string? Reason = null)
{
    private const int ReasonLengthMax = 200;

    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static (ResultOutcome Outcome, string? Reference, string? Reason) Read(Fields fields)
    {
        fields.RefuseOthersThan("outcome", "reference", "reason");
        var outcome = fields.OptionalChoice("outcome", "paid", "failed");
        if (!fields.Has("outcome"))
        {
            fields.Refuse("outcome", "is missing");
        }

        var reference = fields.OptionalText("reference", 1, ResultFile.ReferenceLengthMax);
        if (reference is not null && outcome == "failed")
        {
            fields.Refuse("reference", "means nothing for a payout that failed");
        }

        return (outcome == "paid" ? ResultOutcome.Paid : ResultOutcome.Failed, reference, fields.OptionalText("reason", 1, ReasonLengthMax));
    }
}

internal static class PayoutResultEndpoints
{
    public static void MapPayoutResults(this IEndpointRouteBuilder api)
    {
        api.MapPost("/payout-runs/{id}/results", Read).WithTags("Payouts").WithName("readPayoutResults")
            .WithSummary("Reads back what came of a run's manual payouts, from a file.")
            .WithDescription(
                "The exported csv with status (paid, failed, returned, pending or nothing), reference and reason filled in; a report of PayPal's with Customer ID or Unique ID and " +
                "Transaction Status; Wise's activity with Reference and Status; or a bank's pain.002 as application/xml. UTF-8, at most 20,000 rows and 5 MiB. Each row is matched by " +
                "the payout's id, or its last 30 digits, among the manual payouts of this run. Rows that are right are taken over, the others are named. What is settled stays: a row " +
                "that says otherwise is noted with the payout. The same file again changes nothing.")
            .TakesFile("text/csv", "application/xml").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/payouts/{id}/result", Record).WithTags("Payouts").WithName("recordPayoutResult").WithSummary("Records what came of one manual payout.")
            .WithDescription("For a payout that a person has paid by hand, or knows of. What is settled stays.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<PayoutResultsView>, ProblemHttpResult>> Read(
        ApiCaller caller,
        string id,
        [Description("true: say what would happen; false or absent: do it.")] string? dryRun,
        ResultBody body,
        PayoutResults results,
        CancellationToken cancel)
    {
        if (dryRun is not (null or "true" or "false"))
        {
            return Problems.Field("dryRun", "must be true or false");
        }

        ResultFile file;
        try
        {
            file = body.IsXml ? ResultFile.OfXml(body.Text) : ResultFile.OfCsv(body.Text);
        }
        // What a bank's program has broken is the caller's to send anew. The parser's own words quote the file, so only the place is told.
        catch (XmlException e)
        {
            return Problems.Of(
                StatusCodes.Status400BadRequest, "xml-invalid", "The file cannot be read.",
                string.Create(CultureInfo.InvariantCulture, $"It is no XML, or has a document type: see line {e.LineNumber}."));
        }

        if (file.RowCount > ResultFile.RowsMax)
        {
            return Problems.Unprocessable(
                "rows-too-many", "The file has too many rows.",
                string.Create(CultureInfo.InvariantCulture, $"It has {file.RowCount} rows and may have {ResultFile.RowsMax}; split it, each part with the header."));
        }

        var isDry = dryRun == "true";
        return await results.ReadAsync(caller.Store, id, file, isDry, caller.Name, cancel) is { } report
            ? TypedResults.Ok(PayoutResultsView.Of(report, isDry))
            : PayoutRunEndpoints.NoSuchRun();
    }

    private static async Task<Results<Ok<PayoutEndpoints.PayoutView>, ProblemHttpResult>> Record(
        ApiCaller caller, string id, ApiBody<PayoutResultRequest> body, PayoutResults results, Db db, CancellationToken cancel)
    {
        var (outcome, reference, reason) = PayoutResultRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        switch (await results.RecordAsync(caller.Store, id, outcome, reference, reason, caller.Name, cancel))
        {
            case ResultAnswer.NoSuchPayout:
                return PayoutEndpoints.NoSuchPayout();
            case ResultAnswer.NotManual:
                return Problems.Conflict("payout-not-manual", "The payout goes by Stripe.", "What came of it is asked of Stripe; nobody records it by hand.");
            case ResultAnswer.Refused(var why):
                return Problems.Conflict("payout-result-refused", "The payout stands otherwise.", why);
            case ResultAnswer.Done:
                var args = new { storeId = caller.Store.Id, payoutId = id };
                return TypedResults.Ok(PayoutEndpoints.PayoutView.Of(
                    (await db.OneAsync<Payout>(Payout.ById, args, cancel))!, await db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args, cancel)));
            default:
                throw new UnreachableException();
        }
    }
}
