// The API's calls about the codes of an ambassador.
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record CodeRequest(
    [property: Description("3 to 40 letters, digits, - and _ of any script; upper and lower case are one code.")] string Code)
{
    private const string Name = "code";

    /// <summary>Reads the code of a request and notes on the field what is wrong.</summary>
    public static string Read(Fields fields)
    {
        var code = fields.Text(Name, 1, CodeKey.KeyLengthMax);
        if (code.Length > 0 && RefusalOf(code) is { } why)
        {
            fields.Refuse(Name, why);
        }

        return code;
    }

    /// <summary>Why a text may not be given as a code, continuing a sentence that begins with its name; null when it may.</summary>
    public static string? RefusalOf(string code) => CodeKey.Refusal(code) ?? CodeWords.Refusal(code);
}

internal sealed record CodeView(
    string Code,
    [property: Description("live or ended.")] string State,
    [property: Description("Orders from this second on count.")] DateTimeOffset AssignedAt,
    [property: Description("Orders from this second on do not count; null while it lives.")] DateTimeOffset? EndedAt,
    [property: Description("When it was taken over from the store as it was; null for a code that was made here.")] DateTimeOffset? AdoptedAt,
    DiscountView Discount);

internal static class CodeEndpoints
{
    public static void MapCodes(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors/{id}/codes").WithTags("Ambassadors");
        group.MapGet("", List).WithName("listCodes").WithSummary("The codes of an ambassador, oldest first, with those that have ended.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("", Add).WithName("addCode").WithSummary("Gives an ambassador a further code.")
            .WithDescription(
                "Its discount is created in the store soon after, or at the launch of a campaign that is still a draft. A code that has ended does not " +
                "come back: orders are judged by its one time.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{code}", End).WithName("endCode").WithSummary("Ends a code: orders from this second on do not count by it.")
            .WithDescription("A discount that was made here is switched off in the store soon after; one that was adopted stays. The last live code of an ambassador cannot be ended.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapHolders();
    }

    /// <summary>For every call that names a code which the ambassador does not have.</summary>
    public static ProblemHttpResult Unknown => Problems.NotFound("code-unknown", "There is no such code.", "The ambassador has no code of this name.");

    public static ProblemHttpResult TooMany => Problems.Conflict(
        "codes-too-many", "The ambassador has too many codes.", $"An ambassador may have {AmbassadorCodes.LiveMax} live codes; end one first.");

    public static ProblemHttpResult CampaignEnded => Problems.Conflict(
        "campaign-ended", "The campaign has ended.", "The ambassador's campaign has ended, and takes no further code.");

    private static async Task<Results<Ok<Listing<CodeView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, AmbassadorDb ambassadors, AmbassadorCodes codes, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterNumber() is not { } after)
        {
            return Paging.BadAfter;
        }

        if (!await ambassadors.ExistsAsync(caller.Store, id, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        var rows = await codes.ListAsync(caller.Store, id, after, paging.Take, cancel);
        return TypedResults.Ok(paging.Show(
            rows, row => string.Create(CultureInfo.InvariantCulture, $"{row.AssignedAt.ToUnixTimeMilliseconds()}.{row.CodeKey}"), Show));
    }

    private static async Task<Results<Created<CodeView>, ProblemHttpResult>> Add(
        ApiCaller caller, string id, ApiBody<CodeRequest> body, AmbassadorCodes codes, CancellationToken cancel)
    {
        var code = CodeRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await codes.AddAsync(caller.Store, id, code, cancel) switch
        {
            AddCodeResult.Added { Code: var added } => TypedResults.Created($"/api/v1/ambassadors/{id}/codes/{Uri.EscapeDataString(added.Code)}", Show(added)),
            AddCodeResult.AmbassadorUnknown => AmbassadorEndpoints.Unknown,
            AddCodeResult.Taken => AmbassadorEndpoints.CodeTaken(code),
            AddCodeResult.TooMany => TooMany,
            AddCodeResult.CampaignEnded => CampaignEnded,
            AddCodeResult.AmbassadorEnded => AmbassadorEndpoints.Ended,
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    private static async Task<Results<Ok<CodeView>, ProblemHttpResult>> End(
        ApiCaller caller, string id, string code, AmbassadorCodes codes, CancellationToken cancel) =>
        await codes.EndAsync(caller.Store, id, code, cancel) switch
        {
            EndCodeResult.Ended { Code: var ended } => TypedResults.Ok(Show(ended)),
            EndCodeResult.AmbassadorUnknown => AmbassadorEndpoints.Unknown,
            EndCodeResult.CodeUnknown => Problems.NotFound(
                "code-unknown", "There is no such code.", "The ambassador has no live code of this name."),
            EndCodeResult.LastOne => Problems.Conflict(
                "code-last", "It is the ambassador's last code.",
                "The last live code of an ambassador cannot be ended: add another code first, or suspend the ambassador."),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };

    public static CodeView Show(AmbassadorCode row) => new(
        row.Code,
        row.EndedAt is null ? "live" : "ended",
        row.AssignedAt,
        row.EndedAt,
        row.AdoptedAt,
        new DiscountView(row.DiscountState, row.DiscountProblem));
}
