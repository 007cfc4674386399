// The API's call that brings ambassadors over as a CSV file.
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;
using StorePlugin.Campaigns;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Ambassadors;

/// <summary>A CSV file as body: UTF-8, read under a cap of its own.</summary>
internal sealed class CsvBody : IApiArgument, IBindableFromHttpContext<CsvBody>
{
    /// <summary>The longest file, in bytes.</summary>
    public const int BytesMax = 5 * 1024 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private CsvBody(string text, ProblemHttpResult? refusal) => (Text, Refusal) = (text, refusal);

    public ProblemHttpResult? Refusal { get; }

    /// <summary>Without a byte order mark; empty when it was refused.</summary>
    public string Text { get; }

    public static async ValueTask<CsvBody?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        IsOf(context.Request, "text/csv")
            ? await ReadAsync(context)
            : Refused(Problems.Of(
                StatusCodes.Status415UnsupportedMediaType,
                "content-type-unsupported",
                "The body is not declared as CSV.",
                "Send the header Content-Type: text/csv."));

    /// <summary>Whether a body is declared as of one of these types.</summary>
    public static bool IsOf(HttpRequest request, params ReadOnlySpan<string> types)
    {
        var declared = MediaTypeOf(request);
        foreach (var type in types)
        {
            if (declared.Equals(type, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads a text file of whatever type.</summary>
    public static async Task<CsvBody> ReadAsync(HttpContext context)
    {
        // The cap of the other calls is too low for a file.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = BytesMax;
        }

        try
        {
            using var bytes = new MemoryStream();
            await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
            return new CsvBody(Strict.GetString(bytes.GetBuffer(), 0, (int)bytes.Length).TrimStart('\uFEFF'), null);
        }
        catch (BadHttpRequestException e)
        {
            return Refused(e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Problems.Of(
                    e.StatusCode, "body-too-large", "The body is too large.", $"A file may have {BytesMax} bytes; split it, each part with the header.")
                : Unreadable("The body broke off."));
        }
        catch (DecoderFallbackException)
        {
            return Refused(Unreadable("The file is not in UTF-8: save it as CSV UTF-8."));
        }
    }

    private static CsvBody Refused(ProblemHttpResult refusal) => new("", refusal);

    private static ProblemHttpResult Unreadable(string detail) =>
        Problems.Of(StatusCodes.Status400BadRequest, "csv-invalid", "The file cannot be read.", detail);

    private static string MediaTypeOf(HttpRequest request) => (request.ContentType ?? "").Split(';')[0].Trim();
}

internal sealed record ImportView(
    [property: Description("Of the import that was run; null for a dry run.")] string? ImportId,
    bool DryRun,
    [property: Description("Lines with something on them, without the header.")] long Rows,
    [property: Description("Rows that are not here yet: those that a run would add.")] long New,
    [property: Description("Rows that this run has added; 0 for a dry run.")] long Added,
    [property: Description("Rows that stood here before, with the same code and opening balance. They stay as they are.")] long AlreadyThere,
    [property: Description("The sum of the opening balances of all rows; null while the store's currency is not known.")] Amount? OpeningTotal,
    [property: Description("How many findings there are; a file with any is not imported.")] long FindingCount,
    [property: Description("The first 200, in the order of the lines.")] IReadOnlyList<ImportFindingView> Findings,
    string Note);

internal sealed record ImportFindingView(
    [property: Description("The line of the file; the header is on line 1.")] long Line,
    [property: Description("As the header names it; empty where the whole line is meant.")] string Column,
    string Text);

internal static class ImportEndpoints
{
    private const int FindingsShownMax = 200;

    private const string Note =
        "The codes live on in the store as they are, with the discount that they have there, and are only tracked here: no discount is created. " +
        "They count for orders from the import on. Each ambassador who is added gets the welcome mail with code and link once the campaign is live.";

    public static void MapAmbassadorImports(this IEndpointRouteBuilder api) =>
        api.MapPost("/ambassador-imports", Import).WithTags("Ambassadors").WithName("importAmbassadors")
            .WithSummary("Brings ambassadors over from a CSV file, with their codes and opening balances.")
            .WithDescription(
                "UTF-8, parted by comma or semicolon, at most 5,000 rows and 5 MiB. Columns: name, email, code, and as wanted stripe_account, " +
                "opening_balance (in the store's currency, such as 12.50 or -3) and joined_at (such as 2025-03-31). A file with any finding changes " +
                "nothing. The same file again adds nothing.")
            .TakesCsv()
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    /// <summary>Describes the body of a call that takes a CSV file, and how it is refused.</summary>
    public static RouteHandlerBuilder TakesCsv(this RouteHandlerBuilder call) => call.TakesFile("text/csv");

    /// <summary>The same for a text file of one of these types.</summary>
    public static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder call, params string[] types) =>
        call.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = types.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } }, StringComparer.Ordinal),
            };
            return Task.CompletedTask;
        })
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private static async Task<Results<Ok<ImportView>, ProblemHttpResult>> Import(
        ApiCaller caller,
        [Description("true: say what would happen; false: do it.")] string? dryRun,
        [Description("The campaign that they join.")] string? campaignId,
        CsvBody body,
        AmbassadorImport import,
        TimeProvider clock,
        CancellationToken cancel)
    {
        if (RefusalOf(dryRun, campaignId) is { } wrong)
        {
            return wrong;
        }

        var store = caller.Store;
        var isDry = dryRun == "true";
        Currency? currency = Currency.TryParse(store.Currency, out var own) ? own : null;
        var file = ImportFile.Read(body.Text, currency, store.Zone, clock.GetUtcNow());
        if (file.RowCount > ImportFile.RowsMax)
        {
            return RowsTooMany(file.RowCount);
        }

        return await (isDry
            ? import.PreviewAsync(store, campaignId!, file, cancel)
            : import.RunAsync(store, campaignId!, file, caller.Name, cancel)) switch
        {
            ImportResult.Planned { Plan: var plan } => TypedResults.Ok(Show(null, isDry, file, plan, 0, currency)),
            ImportResult.Done done => TypedResults.Ok(Show(done.ImportId, isDry, file, done.Plan, done.Added, currency)),
            ImportResult.Refused refused => HasFindings(refused.Added, refused.Plan.Findings),
            ImportResult.CampaignUnknown => CampaignEndpoints.Unknown,
            ImportResult.CampaignEnded => Problems.Conflict("campaign-ended", "The campaign has ended.", "Bring the ambassadors over to a campaign that goes on."),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    /// <summary>What is wrong with the parameters of an import; null when nothing is.</summary>
    public static ProblemHttpResult? RefusalOf(string? dryRun, string? campaignId) =>
        RefusalOf(dryRun, "campaignId", string.IsNullOrEmpty(campaignId) ? "is missing" : null);

    /// <param name="why">What is wrong with the other parameter; null when nothing is.</param>
    public static ProblemHttpResult? RefusalOf(string? dryRun, string other, string? why)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (dryRun is not ("true" or "false"))
        {
            errors["dryRun"] = ["must be true or false"];
        }

        if (why is not null)
        {
            errors[other] = [why];
        }

        return errors.Count == 0 ? null : Problems.Fields(errors);
    }

    public static ProblemHttpResult RowsTooMany(long rows) => Problems.Unprocessable(
        "rows-too-many", "The file has too many rows.",
        string.Create(CultureInfo.InvariantCulture, $"It has {rows} rows and may have {ImportFile.RowsMax}; split it, each part with the header."));

    public static ProblemHttpResult HasFindings(long added, IReadOnlyList<ImportFinding> findings)
    {
        var done = added == 0
            ? "Nothing was changed"
            : $"Somebody else brought over the same meanwhile, and {added.ToString(CultureInfo.InvariantCulture)} rows were added before that";
        return TypedResults.Problem(
            $"{done}. Correct the lines that are named, and send the file again.",
            statusCode: StatusCodes.Status422UnprocessableEntity,
            title: "The file has findings.",
            type: "/problems/import-findings",
            extensions: [new("added", added), new("findingCount", (long)findings.Count), new("findings", Show(findings))]);
    }

    /// <summary>The first of them.</summary>
    public static IReadOnlyList<ImportFindingView> Show(IReadOnlyList<ImportFinding> findings) =>
        [.. findings.Take(FindingsShownMax).Select(finding => new ImportFindingView(finding.Line, finding.Column, finding.Text))];

    private static ImportView Show(string? importId, bool isDry, ImportFile file, ImportPlan plan, long added, Currency? currency) => new(
        importId,
        isDry,
        file.RowCount,
        plan.New.Count + added,
        added,
        plan.AlreadyThere - added,
        currency is { } known ? Amount.Of(new Money(file.OpeningMinor, known)) : null,
        plan.Findings.Count,
        Show(plan.Findings),
        Note);
}
