// Ambassadors brought over as a file, in two steps: it is sent and shown, and then imported as it was shown.
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using StorePlugin.Payouts.Statements;
using StorePlugin.Stores;
using StorePlugin.Webhooks;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <param name="Problem">Why the file could not be taken, as a sentence; null where none was sent, or its lines are what is wrong.</param>
/// <param name="Findings">What is wrong with its lines, the first of them.</param>
/// <param name="MoreFindings">How many more there are, in words; null where there are none.</param>
public sealed record ImportModel(
    Frame Frame, IReadOnlyList<Choice> Campaigns, string? Problem, IReadOnlyList<ImportFindingRow> Findings, string? MoreFindings)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(ImportModel);
}

/// <param name="Column">Empty where the whole line is meant.</param>
public sealed record ImportFindingRow(string Line, string Column, string Why);

/// <summary>A file that waits for its import, or was imported.</summary>
/// <param name="Counts">What an import would do or has done, as sentences.</param>
/// <param name="First">The first people whom it would add.</param>
/// <param name="More">How many more it would add, in words; null where there are none.</param>
/// <param name="CanImport">Whether there is something to say the word for.</param>
public sealed record WaitingImportModel(
    Frame Frame, string Path, string Campaign, bool IsDone, IReadOnlyList<string> Counts, IReadOnlyList<ImportPersonRow> First, string? More, bool CanImport,
    IReadOnlyList<ImportFindingRow> Findings, string? MoreFindings)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(WaitingImportModel);
}

public sealed record ImportPersonRow(string Name, string Email, string Code, string? Opening)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(ImportPersonRow);
}

internal static class ImportPages
{
    private const string Path = "/ambassadors/import";
    private const string WaitingPath = Path + "/{id}";
    private const string Root = "/dashboard";

    // A file as the API takes it, and what a form has around it.
    private const int FormBytesMax = CsvBody.BytesMax + (32 * 1024);

    private const int FindingsShown = 100;
    private const int PeopleShown = 20;

    private const string Example =
        "name,email,code,stripe_account,opening_balance,joined_at\r\n"
        + "Ann Example,ann@example.com,ANN10,,12,2025-03-31\r\n"
        + "\"Bob Example, Berlin\",bob@example.com,BOB10,,,\r\n";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapImportPages(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(Path, Show);
        rooms.MapGet(Path + "/example", FetchExample);
        rooms.MapPost(Path, Send).WithMetadata(new RequestSizeLimitAttribute(FormBytesMax)).WithSummary("Sends a file of ambassadors to look through.");
        rooms.MapGet(WaitingPath, ShowWaiting).RequireAuthorization(SessionAuthentication.ManagerPolicy);
        rooms.MapPost(WaitingPath + "/confirmation", Confirm).WithSummary("Imports a file of ambassadors.");
    }

    private static async Task<IResult> Show(Visitor visitor, PeopleSources sources, CancellationToken cancel) =>
        Page.Of<ImportPage>(await ReadAsync(sources, visitor, "", null, [], cancel));

    private static FileContentHttpResult FetchExample() => TypedResults.Bytes(Encoding.UTF8.GetBytes(Example), StatementFile.ContentType, "ambassadors-example.csv");

    /// <summary>A file without findings is kept, and the answer leads to what its import would do; one with findings is told of and not kept.</summary>
    private static async Task<IResult> Send(
        Visitor visitor, HttpRequest request, PeopleSources sources, AmbassadorImport import, ImportFiles files, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var campaignId = form["campaignId"].ToString();
        if (form.Files["file"] is not { Length: > 0 } sent)
        {
            return await SayAsync("No file was sent, or an empty one.");
        }

        if (sent.Length > CsvBody.BytesMax)
        {
            return TypedResults.StatusCode(StatusCodes.Status413PayloadTooLarge);
        }

        string text;
        try
        {
            await using var stream = sent.OpenReadStream();
            using var reader = new StreamReader(stream, Strict, detectEncodingFromByteOrderMarks: false);
            text = (await reader.ReadToEndAsync(cancel)).TrimStart('\uFEFF');
        }
        // A spreadsheet saves in the letters of its own machine unless it is told otherwise.
        catch (DecoderFallbackException)
        {
            return await SayAsync("The file is not in UTF-8: save it as CSV UTF-8.");
        }

        var file = FileOf(visitor.Store, text, sources);
        if (file.RowCount > ImportFile.RowsMax)
        {
            return await SayAsync(ImportEndpoints.RowsTooMany(file.RowCount).ProblemDetails.Detail!);
        }

        switch (await import.PreviewAsync(visitor.Store, campaignId, file, cancel))
        {
            case ImportResult.Planned { Plan.Findings.Count: > 0 } planned:
                return await AnswerAsync(null, planned.Plan.Findings);

            case ImportResult.Planned when file.RowCount == 0:
                return await SayAsync("The file has no line below its header.");

            case ImportResult.Planned:
                var id = await files.KeepAsync(visitor.Store, campaignId, text, file.RowCount, visitor.Actor, cancel);
                return TypedResults.Redirect(PathOf(id));

            case ImportResult.CampaignUnknown:
                return await SayAsync("Choose the campaign that they join.");

            case ImportResult.CampaignEnded:
                return await SayAsync("The campaign has ended. Bring the ambassadors over to one that goes on.");

            case var other:
                throw new UnreachableException($"{other.GetType().Name} is no preview.");
        }

        Task<IResult> SayAsync(string problem) => AnswerAsync(problem, []);

        async Task<IResult> AnswerAsync(string? problem, IReadOnlyList<ImportFinding> findings) =>
            Page.Of<ImportPage>(await ReadAsync(sources, visitor, campaignId, problem, findings, cancel), StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> ShowWaiting(
        Visitor visitor, string id, PeopleSources sources, AmbassadorImport import, ImportFiles files, CancellationToken cancel)
    {
        if (await files.FindAsync(visitor.Store, id, cancel) is not { } waiting)
        {
            return TypedResults.NotFound();
        }

        if (waiting.Text is null || waiting.Added is not null)
        {
            return Page.Of<WaitingImportPage>(await OfDoneAsync(sources, visitor, waiting, cancel));
        }

        var file = FileOf(visitor.Store, waiting.Text, sources);
        return await import.PreviewAsync(visitor.Store, waiting.CampaignId, file, cancel) switch
        {
            ImportResult.Planned { Plan: var plan } => Page.Of<WaitingImportPage>(await OfPlanAsync(sources, visitor, waiting, plan, cancel)),
            _ => Page.Of<ImportPage>(
                await ReadAsync(sources, visitor, "", "The campaign has ended since. Send the file again for one that goes on.", [], cancel),
                StatusCodes.Status422UnprocessableEntity),
        };
    }

    /// <summary>Imports the file that was shown, byte for byte. Sent twice, it adds nobody twice.</summary>
    private static async Task<IResult> Confirm(
        Visitor visitor, string id, PeopleSources sources, AmbassadorImport import, ImportFiles files, CancellationToken cancel)
    {
        if (await files.FindAsync(visitor.Store, id, cancel) is not { } waiting)
        {
            return TypedResults.NotFound();
        }

        if (waiting is { Text: { } text, Added: null })
        {
            var result = await import.RunAsync(visitor.Store, waiting.CampaignId, FileOf(visitor.Store, text, sources), visitor.Actor, cancel);
            if (result is ImportResult.Done done)
            {
                await files.EndAsync(visitor.Store, id, done.Added, cancel);
            }
        }

        // Where it was refused, since somebody has taken a code or an address meanwhile, the page says so.
        return TypedResults.Redirect(PathOf(id));
    }

    private static string PathOf(string id) => $"{Root}{Path}/{Uri.EscapeDataString(id)}";

    private static ImportFile FileOf(Store store, string text, PeopleSources sources) =>
        ImportFile.Read(text, Currency.TryParse(store.Currency, out var own) ? own : null, store.Zone, sources.Clock.GetUtcNow());

    private static async Task<ImportModel> ReadAsync(
        PeopleSources sources, Visitor visitor, string campaignId, string? problem, IReadOnlyList<ImportFinding> findings, CancellationToken cancel) => new(
        Frame.OfDashboard(visitor),
        await PeopleChoices.OpenCampaignsAsync(sources.Db, visitor.Store, campaignId, cancel),
        problem,
        FirstOf(findings),
        MoreOf(findings.Count - FindingsShown, "line", "lines"));

    private static async Task<WaitingImportModel> OfDoneAsync(PeopleSources sources, Visitor visitor, WaitingImport waiting, CancellationToken cancel)
    {
        var added = waiting.Added ?? 0;
        return new WaitingImportModel(
            Frame.OfDashboard(visitor), PathOf(waiting.Id), await CampaignOfAsync(sources, visitor, waiting, cancel), IsDone: true,
            waiting.Added is null
                ? ["The file can no longer be read. Send it again."]
                : [
                    $"{Words.Count(added, "ambassador was", "ambassadors were")} added.",
                    .. waiting.RowCount > added ? [$"{Words.Count(waiting.RowCount - added, "line", "lines")} stood here before, and stayed as they were."] : Array.Empty<string>(),
                ],
            [], null, CanImport: false, [], null);
    }

    private static async Task<WaitingImportModel> OfPlanAsync(
        PeopleSources sources, Visitor visitor, WaitingImport waiting, ImportPlan plan, CancellationToken cancel)
    {
        Currency? currency = Currency.TryParse(visitor.Store.Currency, out var own) ? own : null;
        var openings = plan.New.Where(row => row.OpeningMinor != 0).ToList();
        var counts = new List<string> { $"{Words.Count(plan.New.Count, "ambassador would", "ambassadors would")} be added." };
        if (plan.AlreadyThere > 0)
        {
            counts.Add($"{Words.Count(plan.AlreadyThere, "line stands", "lines stand")} here already, with the same code and opening balance, and would stay as they are.");
        }

        if (currency is { } known && openings.Count > 0)
        {
            var sum = openings.Aggregate(Money.Zero(known), (total, row) => total + new Money(row.OpeningMinor, known));
            counts.Add($"{Words.Count(openings.Count, "opening balance", "opening balances")} of {Words.Of(sum)} in all would be booked as owed.");
        }

        return new WaitingImportModel(
            Frame.OfDashboard(visitor), PathOf(waiting.Id), await CampaignOfAsync(sources, visitor, waiting, cancel), IsDone: false, counts,
            [
                .. plan.New.Take(PeopleShown).Select(row => new ImportPersonRow(
                    row.Name, row.Email, row.Code, row.OpeningMinor == 0 || currency is not { } code ? null : Words.Of(new Money(row.OpeningMinor, code)))),
            ],
            MoreOf(plan.New.Count - PeopleShown, "person", "people"),
            plan.Findings.Count == 0 && plan.New.Count > 0,
            FirstOf(plan.Findings),
            MoreOf(plan.Findings.Count - FindingsShown, "line", "lines"));
    }

    private static async Task<string> CampaignOfAsync(PeopleSources sources, Visitor visitor, WaitingImport waiting, CancellationToken cancel) =>
        (await PeopleChoices.CampaignsAsync(sources.Db, visitor.Store, waiting.CampaignId, cancel)).FirstOrDefault(campaign => campaign.IsChosen)?.Text ?? "another campaign";

    private static IReadOnlyList<ImportFindingRow> FirstOf(IReadOnlyList<ImportFinding> findings) =>
        [.. findings.Take(FindingsShown).Select(finding => new ImportFindingRow(finding.Line.ToString(CultureInfo.InvariantCulture), finding.Column, finding.Text))];

    private static string? MoreOf(int more, string one, string many) => more > 0 ? $"And {Words.Count(more, $"more {one}", $"more {many}")}." : null;
}
