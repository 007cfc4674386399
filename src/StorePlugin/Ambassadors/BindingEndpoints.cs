// The API's call that brings over which customers belong to which ambassadors, as a CSV file.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Campaigns;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record BindingImportView(
    [property: Description("Of the import that was run; null for a dry run.")] string? ImportId,
    bool DryRun,
    [property: Description("Lines with something on them, without the header.")] long Rows,
    [property: Description("Rows that are not here yet: those that a run would add.")] long New,
    [property: Description("Rows that this run has added; 0 for a dry run.")] long Added,
    [property: Description("Rows that stood here before. They stay as they are.")] long AlreadyThere,
    [property: Description("How many findings there are; a file with any is not imported.")] long FindingCount,
    [property: Description("The first 200, in the order of the lines.")] IReadOnlyList<ImportFindingView> Findings);

internal static class BindingEndpoints
{
    public static void MapBindingImports(this IEndpointRouteBuilder api) =>
        api.MapPost("/binding-imports", Import).WithTags("Ambassadors").WithName("importBindings")
            .WithSummary("Brings over from a CSV file which customers belong to which ambassadors.")
            .WithDescription(
                "UTF-8, parted by comma or semicolon, at most 5,000 rows and 5 MiB. Columns: ambassador (e-mail address or code), customer_id, " +
                "customer_email or both, since and as wanted until (days of the store's time zone, or instants; an until day counts whole). A file with any " +
                "finding changes nothing. The same file again adds nothing. Customers are kept as keyed hashes only.")
            .TakesCsv()
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<BindingImportView>, ProblemHttpResult>> Import(
        ApiCaller caller,
        [Description("true: say what would happen; false: do it.")] string? dryRun,
        [Description("The campaign of the ambassadors.")] string? campaignId,
        CsvBody body,
        BindingImport import,
        TimeProvider clock,
        CancellationToken cancel)
    {
        if (ImportEndpoints.RefusalOf(dryRun, campaignId) is { } wrong)
        {
            return wrong;
        }

        var store = caller.Store;
        var isDry = dryRun == "true";
        var file = BindingFile.Read(body.Text, store, clock.GetUtcNow());
        if (file.RowCount > ImportFile.RowsMax)
        {
            return ImportEndpoints.RowsTooMany(file.RowCount);
        }

        return await (isDry
            ? import.PreviewAsync(store, campaignId!, file, cancel)
            : import.RunAsync(store, campaignId!, file, caller.Name, cancel)) switch
        {
            BindingResult.Planned { Plan: var plan } => TypedResults.Ok(Show(null, isDry, file, plan, 0)),
            BindingResult.Done done => TypedResults.Ok(Show(done.ImportId, isDry, file, done.Plan, done.Added)),
            BindingResult.Refused refused => ImportEndpoints.HasFindings(refused.Added, refused.Plan.Findings),
            BindingResult.CampaignUnknown => CampaignEndpoints.Unknown,
            BindingResult.CampaignEnded => Problems.Conflict("campaign-ended", "The campaign has ended.", "Bring the customers over to a campaign that goes on."),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    private static BindingImportView Show(string? importId, bool isDry, BindingFile file, BindingPlan plan, long added) => new(
        importId, isDry, file.RowCount, plan.NewRows + added, added, plan.AlreadyThere - added, plan.Findings.Count, ImportEndpoints.Show(plan.Findings));
}
