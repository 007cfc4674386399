// The API's calls about exemptions: whom a rule about abuse stops nothing of.
using System.Collections.Immutable;
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Abuse;

internal sealed record ExemptionRequest(
    [property: Description("F2, F4, F5 or F6; or SHARE or TEAM, by which a warning of payout runs is acknowledged.")] string Rule,
    [property: Description("Why, 1 to 200 characters; it stands with each finding that it lets pass.")] string Reason,
    [property: Description("When it ends, within a year.")] DateTimeOffset Until)
{
    private const int ReasonLengthMax = 200;
    private const int DaysMax = 366;

    /// <summary>What can be acknowledged of somebody.</summary>
    public static readonly ImmutableArray<string> Rules = [.. Patterns.Rules, FunnelWarnings.Share, FunnelWarnings.Team];

    /// <summary>Reads an exemption and notes on the fields what is wrong.</summary>
    public static (string Rule, string Reason, DateTimeOffset Until) Read(Fields fields, DateTimeOffset now)
    {
        fields.RefuseOthersThan("rule", "reason", "until");
        var rule = fields.Text("rule", 1, 10);
        if (rule.Length > 0 && !Rules.Contains(rule))
        {
            fields.Refuse("rule", $"must be {string.Join(" or ", Rules)}");
        }

        var reason = fields.Text("reason", 1, ReasonLengthMax);
        var text = fields.Text("until", 1, 40);
        if (text.Length == 0)
        {
            return (rule, reason, now);
        }

        if (DateOrInstant.Instant(text) is not { } until)
        {
            fields.Refuse("until", "must be an ISO 8601 instant, such as 2026-12-31T18:00:00Z");
            return (rule, reason, now);
        }

        if (until <= now || until > now.AddDays(DaysMax))
        {
            fields.Refuse("until", "must lie ahead, and within a year");
        }

        return (rule, reason, until);
    }
}

internal sealed record ExemptionView(
    string Id,
    string Rule,
    string Reason,
    [property: Description("Who granted it.")] string Actor,
    DateTimeOffset From,
    DateTimeOffset Until,
    [property: Description("When it was ended before its time; null where it was not.")] DateTimeOffset? EndedAt,
    string? EndedBy)
{
    public static ExemptionView Of(Exemption row) => new(row.Id, row.Rule, row.Reason, row.Actor, row.FromAt, row.UntilAt, row.EndedAt, row.EndedBy);
}

internal static class ExemptionEndpoints
{
    public static void MapExemptions(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors/{id}/exemptions").WithTags("Abuse").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("", List).WithName("listExemptions").WithSummary("The exemptions of an ambassador, oldest first, with those that have ended.");
        group.MapPost("", Grant).WithName("grantExemption").WithSummary("Lets what a rule finds about an ambassador pass, until an instant.")
            .WithDescription("What the rule finds is recorded all the same, with this reason. What is in review already stays there until it is decided.")
            .ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{rule}", End).WithName("endExemption").WithSummary("Ends the exemption from a rule before its time.");
    }

    private static async Task<Results<Ok<Listing<ExemptionView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, [AsParameters] Paging paging, AmbassadorDb ambassadors, Exemptions exemptions, CancellationToken cancel)
    {
        if (paging.AfterId("exm") is not { } after)
        {
            return Paging.BadAfter;
        }

        return await ambassadors.ExistsAsync(caller.Store, id, cancel)
            ? TypedResults.Ok(paging.Show(await exemptions.ListAsync(caller.Store, id, after, paging.Take, cancel), row => row.Id, ExemptionView.Of))
            : AmbassadorEndpoints.Unknown;
    }

    private static async Task<Results<Created<ExemptionView>, ProblemHttpResult>> Grant(
        ApiCaller caller, string id, ApiBody<ExemptionRequest> body, AmbassadorDb ambassadors, Exemptions exemptions, TimeProvider clock, CancellationToken cancel)
    {
        var (rule, reason, until) = ExemptionRequest.Read(body.Fields, clock.GetUtcNow());
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        if (!await ambassadors.ExistsAsync(caller.Store, id, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        return await exemptions.GrantAsync(caller.Store, id, rule, reason, until, caller.Name, cancel) switch
        {
            ExemptionResult.Granted granted => TypedResults.Created($"/api/v1/ambassadors/{id}/exemptions", ExemptionView.Of(granted.Exemption)),
            ExemptionResult.InForce other => Problems.Conflict(
                "exemption-in-force", "The ambassador is exempt already.", $"An exemption from {rule} is in force until {InstantConverter.Text(other.Exemption.UntilAt)}; end it first."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static async Task<Results<Ok<ExemptionView>, ProblemHttpResult>> End(
        ApiCaller caller, string id, string rule, Exemptions exemptions, CancellationToken cancel) =>
        await exemptions.EndAsync(caller.Store, id, rule, caller.Name, cancel) is { } ended
            ? TypedResults.Ok(ExemptionView.Of(ended))
            : Problems.NotFound("exemption-unknown", "There is no such exemption.", "The ambassador has no exemption from this rule that is in force.");
}
