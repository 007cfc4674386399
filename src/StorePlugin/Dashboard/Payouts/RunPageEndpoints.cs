// What a merchant can do with payout runs: prepare, approve, stop, go on, cancel, and pay by file.
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Xml;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Ambassadors;
using StorePlugin.Audit;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Payouts;

internal static class RunPageEndpoints
{
    private const string Path = "/payouts";
    private const string RunPath = Path + "/{id}";

    // A file as the API takes it, and what a form has around it.
    private const int ResultsFormBytesMax = CsvBody.BytesMax + (32 * 1024);

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapRuns(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(Path, List);
        rooms.MapPost(Path, Prepare).WithSummary("Prepares a payout run.");
        rooms.MapGet(RunPath, Show);
        rooms.MapPost(RunPath + "/approval", Approve).WithSummary("Approves a payout run.");
        rooms.MapPost(RunPath + "/stop", Stop).WithSummary("Stops a payout run.");
        rooms.MapPost(RunPath + "/resumption", Resume).WithSummary("Lets a stopped payout run go on.");
        rooms.MapPost(RunPath + "/cancellation", Cancel).WithSummary("Cancels a payout run.");
        rooms.MapPost(RunPath + "/exports", Export).WithSummary("Makes a file of payouts for the bank or PayPal.");
        rooms.MapGet(RunPath + "/exports/{exportId}/file", Fetch).RequireAuthorization(SessionAuthentication.ManagerPolicy);
        rooms.MapPost(RunPath + "/results", ReadResults).WithMetadata(new RequestSizeLimitAttribute(ResultsFormBytesMax)).WithSummary("Reads back what was paid by file.");
    }

    private static async Task<RazorComponentResult> List(
        Visitor visitor, string? after, string? notice, RunSources sources, CancellationToken cancel) =>
        Page.Of<RunListPage>(await RunList.ReadAsync(sources, visitor, after, notice, cancel));

    private static async Task<IResult> Prepare(Visitor visitor, AuditSubject about, HttpRequest request, PayoutRuns runs, CancellationToken cancel)
    {
        var id = (await Typed.ReadAsync(request, cancel))["id"];
        if (!PayoutRuns.IsId(id))
        {
            return TypedResults.BadRequest();
        }

        await runs.PreviewOnceAsync(visitor.Store, id, visitor.Actor, cancel);
        about.Is("payouts", id);
        return Back(id, "run-prepared");
    }

    private static Task<IResult> Show(
        Visitor visitor, string id, string? show, string? from, string? notice, RunSources sources, CancellationToken cancel) =>
        PageAsync(
            sources, visitor, id, new RunView(show, long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : null, notice),
            cancel: cancel);

    private static async Task<IResult> Approve(Visitor visitor, string id, PayoutRuns runs, CancellationToken cancel) =>
        await runs.ApproveAsync(visitor.Store, id, visitor.Actor, cancel, visitor.SignedInAt) switch
        {
            RunApproval.Done({ State: RunState.Stopped }) => Back(id, "run-short"),
            RunApproval.Done => Back(id, "run-approved"),
            RunApproval.NeedsSecond => Back(id, "run-half-approved"),
            RunApproval.NoSuchRun => TypedResults.NotFound(),
            RunApproval.AlreadyApproved => Back(id, "run-already-approved"),
            RunApproval.SamePerson => Back(id, "run-same-person"),
            RunApproval.NeedsSignIn => Back(id, "run-needs-sign-in"),
            RunApproval.OwnPayout => Back(id, "run-own-payout"),
            RunApproval.Cancelled => Back(id, "run-ended"),
            RunApproval.NotConnected => Back(id, "run-not-connected"),
            RunApproval.Differs => Back(id, "run-differs"),
            var other => throw new UnreachableException($"{other.GetType().Name} is no answer."),
        };

    private static async Task<IResult> Stop(Visitor visitor, string id, RunSources sources, CancellationToken cancel)
    {
        var stopped = await sources.Db.InTransactionAsync(
            tx => PayoutRuns.StopAsync(tx, visitor.Store.Id, id, visitor.Actor, sources.Clock.GetUtcNow()), cancel: cancel);
        return await sources.Runs.FindDocumentAsync(visitor.Store, id, cancel) is not { } run
            ? TypedResults.NotFound()
            : Back(id, stopped || run.State == RunState.Stopped ? "run-stopped" : "run-not-running");
    }

    private static async Task<IResult> Resume(Visitor visitor, string id, PayoutRuns runs, CancellationToken cancel)
    {
        var resumed = await runs.ResumeAsync(visitor.Store.Id, id, cancel);
        return await runs.FindDocumentAsync(visitor.Store, id, cancel) is null ? TypedResults.NotFound() : Back(id, resumed ? "run-goes-on" : "run-not-stopped");
    }

    private static async Task<IResult> Cancel(Visitor visitor, string id, PayoutRuns runs, CancellationToken cancel) =>
        await runs.CancelAsync(visitor.Store, id, visitor.Actor, cancel) is null ? TypedResults.NotFound() : Back(id, "run-cancelled");

    // The file itself is fetched from the page: a form that is sent again makes none anew, and its answer is a page like any other.
    private static async Task<IResult> Export(
        Visitor visitor, string id, HttpRequest request, RunSources sources, CancellationToken cancel)
    {
        var asked = (await request.ReadFormAsync(cancel))["file"].ToString().Split(' ', 2);
        if (PayoutFile.All.FirstOrDefault(file => file.Name == asked[0]) is not { } format)
        {
            return TypedResults.BadRequest();
        }

        return await sources.Exports.MakeAsync(visitor.Store, id, format, asked.ElementAtOrDefault(1), visitor.Actor, cancel) switch
        {
            ExportResult.Made made => Back(id, made.ExportedBefore is null ? "export-made" : "export-again"),
            var refused => await RefusedAsync(sources, visitor, id, refused, cancel),
        };
    }

    private static async Task<IResult> Fetch(
        Visitor visitor, string id, string exportId, HttpResponse response, RunSources sources, CancellationToken cancel)
    {
        switch (await sources.Exports.FetchAsync(visitor.Store, id, exportId, visitor.Actor, cancel))
        {
            case ExportResult.Made made:
                response.Headers.CacheControl = "no-store";
                return TypedResults.Bytes(made.Bytes, made.Format.ContentType, $"{id}-{made.Format.Name}.{made.Format.Extension}");

            case var refused:
                return await RefusedAsync(sources, visitor, id, refused, cancel);
        }
    }

    private static async Task<IResult> RefusedAsync(RunSources sources, Visitor visitor, string id, ExportResult refused, CancellationToken cancel)
    {
        var why = refused switch
        {
            ExportResult.NoSuchRun or ExportResult.NoSuchExport => null,
            ExportResult.Nothing nothing => $"No file was made. {nothing.Why}",
            ExportResult.Stopped => "No file was made: the run was stopped, or is cancelled.",
            ExportResult.DebtorMissing => "No file was made: the account that pays is not named in the payout settings.",
            ExportResult.CurrencyNeeded needed => $"No file was made: such a file holds one currency, and the run has {string.Join(", ", needed.Currencies)}.",
            ExportResult.NotAsItWas => "The file cannot be made again: names or details that stood in it were changed or erased since, and files are not kept.",
            _ => throw new UnreachableException($"{refused.GetType().Name} is no refusal."),
        };
        return why is null ? TypedResults.NotFound() : await PageAsync(sources, visitor, id, new RunView(), why, cancel: cancel);
    }

    // The answer is the page and no redirect: what the file said of each line stands nowhere else. The same file again changes nothing.
    private static async Task<IResult> ReadResults(
        Visitor visitor, string id, HttpRequest request, PayoutResults results, RunSources sources, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        if (form.Files["results"] is not { Length: > 0 } sent)
        {
            return await SayAsync("No file was sent, or an empty one.");
        }

        if (sent.Length > CsvBody.BytesMax)
        {
            return TypedResults.StatusCode(StatusCodes.Status413PayloadTooLarge);
        }

        ResultFile file;
        try
        {
            await using var stream = sent.OpenReadStream();
            using var reader = new StreamReader(stream, Strict, detectEncodingFromByteOrderMarks: false);
            var text = (await reader.ReadToEndAsync(cancel)).TrimStart('\uFEFF');
            file = text.AsSpan().TrimStart().StartsWith("<") ? ResultFile.OfXml(text) : ResultFile.OfCsv(text);
        }
        // What another program has broken is the merchant's to send anew. The parsers' own words quote the file, so only the place is told.
        catch (XmlException e)
        {
            return await SayAsync($"The file cannot be read: it is no XML, or has a document type; see line {Words.Of(e.LineNumber)}.");
        }
        catch (DecoderFallbackException)
        {
            return await SayAsync("The file cannot be read: it is not in UTF-8. Save it as CSV UTF-8 and send it again.");
        }

        if (file.RowCount > ResultFile.RowsMax)
        {
            return await SayAsync($"The file has {Words.Of(file.RowCount)} rows and may have {Words.Of(ResultFile.RowsMax)}. Split it, each part with the header.");
        }

        return await results.ReadAsync(visitor.Store, id, file, isDry: false, visitor.Actor, cancel) is { } report
            ? await PageAsync(sources, visitor, id, new RunView(), report: report, cancel: cancel)
            : TypedResults.NotFound();

        Task<IResult> SayAsync(string why) => PageAsync(sources, visitor, id, new RunView(), why, cancel: cancel);
    }

    private static RedirectHttpResult Back(string id, string notice) => TypedResults.Redirect($"{RunList.PathOf(id)}?notice={notice}");

    private static async Task<IResult> PageAsync(
        RunSources sources, Visitor visitor, string id, RunView view, string? problem = null, ResultsReport? report = null, CancellationToken cancel = default) =>
        await RunDetail.ReadAsync(sources, visitor, id, view, problem, report, cancel) is { } model
            ? Page.Of<RunPage>(model, problem is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity)
            : TypedResults.NotFound();
}
