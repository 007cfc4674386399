// The API's list of what the rules about abuse have found.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Abuse;

internal sealed record FindingView(
    string Id,
    string PlatformOrderId,
    [property: Description("Whose orders show the pattern.")] string AmbassadorId,
    [property: Description("F2, F4, F5 or F6.")] string Rule,
    [property: Description("notice: shown, and stops nothing. review: a person has to look before the order is released.")] string Severity,
    [property: Description("noted, review, or allowed where an exemption let it pass. What people decided stands on the receipt.")] string Outcome,
    [property: Description("The same in words.")] string Why,
    [property: Description("What it rests on.")] IReadOnlyList<FindingInput> Inputs,
    [property: Description("The reason of the exemption that let it pass.")] string? AllowedWhy,
    DateTimeOffset At);

internal static class FindingEndpoints
{
    private const string Columns =
        "SELECT id, order_id, ambassador_id, [rule], severity, inputs, why, allowed_why, at FROM findings WHERE store_id = @storeId";

    private const string After = " AND id > @after ORDER BY id ";

    private const string ReadAll = Columns + After;

    private const string ReadOfSeverity = Columns + " AND severity = @severity" + After;

    private const string ReadOfAmbassador = Columns + " AND ambassador_id = @ambassador AND (@severity IS NULL OR severity = @severity)" + After;

    public static void MapFindings(this IEndpointRouteBuilder api) =>
        api.MapGet("/findings", List).WithTags("Abuse").WithName("listFindings")
            .WithSummary("What the rules about abuse have found where orders were to be released, oldest first.")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<Listing<FindingView>>, ProblemHttpResult>> List(
        ApiCaller caller,
        Db db,
        AmbassadorDb ambassadors,
        [AsParameters] Paging paging,
        [Description("Only what was found about this ambassador.")] string? ambassador,
        [Description("notice or review; both when absent.")] string? severity,
        CancellationToken cancel)
    {
        if (severity is not (null or Severity.Notice or Severity.Review))
        {
            return Problems.Field("severity", "must be notice or review");
        }

        if (paging.AfterId("fnd") is not { } after)
        {
            return Paging.BadAfter;
        }

        if (ambassador is not null && !await ambassadors.ExistsAsync(caller.Store, ambassador, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        var rows = await db.ManyAsync<Row>(
            (ambassador is not null ? ReadOfAmbassador : severity is not null ? ReadOfSeverity : ReadAll) + db.Page,
            new { storeId = caller.Store.Id, ambassador, severity, after, take = paging.Take },
            cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Id, Show));
    }

    private static FindingView Show(Row row) => new(
        row.Id, row.OrderId, row.AmbassadorId, row.Rule, row.Severity, PatternFinding.OutcomeOf(row.Severity, row.AllowedWhy), row.Why,
        PatternFinding.InputsOf(row.Inputs), row.AllowedWhy, row.At);

    private sealed record Row(
        string Id, string OrderId, string AmbassadorId, string Rule, string Severity, string Inputs, string Why, string? AllowedWhy, DateTimeOffset At);
}
