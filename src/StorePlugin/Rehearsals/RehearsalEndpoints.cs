// The API's calls about rehearsals of a campaign.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Campaigns;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

internal sealed record RehearsalRequest(
    [property: Description("typical_month, refund_wave, leaked_code, self_referral or one_account.")] string Scenario,
    [property: Description("reh_ and 32 hexadecimal digits, made by the caller, so that a request which is sent again begins nothing more. Absent: a new one.")] string? Id = null);

internal sealed record RehearsalView(
    string Id,
    string CampaignId,
    [property: Description("Of the campaign's terms that are rehearsed.")] long Revision,
    [property: Description("typical_month, refund_wave, leaked_code, self_referral or one_account.")] string Scenario,
    [property: Description("What to look for in it.")] string LookFor,
    [property: Description("running, finished, or failed where a step did not go as it must.")] string State,
    [property: Description("Why it failed, as a sentence; null where it did not.")] string? Failure,
    DateTimeOffset BegunAt,
    DateTimeOffset? EndedAt,
    [property: Description("How many ambassadors earned something; 0 while it runs.")] long Payees,
    [property: Description("What share of all commission the payee with the most of it got, in percent; null where nothing was earned.")] decimal? TopSharePercent,
    [property: Description("A made-up name.")] string? TopPayee)
{
    public static RehearsalView Of(Rehearsal of) => new(
        of.Id, of.CampaignId, of.Revision, of.Scenario, Rehearsals.Scenario.Find(of.Scenario)?.LookFor ?? "", of.State, of.Failure, of.BegunAt, of.EndedAt, of.Payees,
        of.TopShareBp is { } share ? BasisPoints.ToPercent(share) : null, of.TopPayee);
}

internal sealed record RehearsalDetailView(
    RehearsalView Rehearsal,
    [property: Description("Those taken so far, in their order.")] IReadOnlyList<RehearsalStepView> Steps,
    [property: Description("By the ledger of the rehearsal's own store; empty before that is made, and once it is gone.")] IReadOnlyList<RehearsalEarningView> Earnings);

internal sealed record RehearsalStepView(
    long Number,
    [property: Description("The instant of the journey, which lies in the past and ends now.")] DateTimeOffset At,
    string Title,
    [property: Description("What came of it, a sentence each; empty while it is under way.")] IReadOnlyList<string> Outcome);

internal sealed record RehearsalEarningView(
    [property: Description("A made-up name.")] string Ambassador,
    long Orders,
    [property: Description("All commission after refunds.")] Amount Earned,
    Amount InReview,
    [property: Description("Below zero where more came back than was left.")] Amount Payable,
    Amount Paid);

internal static class RehearsalEndpoints
{
    public static void MapRehearsalApi(this IEndpointRouteBuilder campaigns)
    {
        campaigns.MapGet("/{id}/rehearsals", List).WithName("listRehearsals").WithSummary("The rehearsals of a campaign, oldest first.")
            .WithDescription("The newest 20 of a store are kept.").ProducesProblem(StatusCodes.Status404NotFound);
        campaigns.MapPost("/{id}/rehearsals", Begin).WithName("beginRehearsal").WithSummary("Rehearses a campaign by a scripted journey.")
            .WithDescription(
                "It runs in a store of its own, through the code that live orders go through, with the terms that are in force, those that a draft will be " +
                "launched with, or the last ones of a campaign that has ended. Nothing of it reaches a live figure, no mail is " +
                "sent and no money moves. It goes on by itself: read it again until its state is no longer running.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        campaigns.MapGet("/{id}/rehearsals/{rehearsalId}", Get).WithName("getRehearsal").WithSummary("One rehearsal with its steps and what each ambassador earned.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static ProblemHttpResult Unknown =>
        Problems.NotFound("rehearsal-unknown", "There is no such rehearsal.", "The campaign has no rehearsal with this id; the newest 20 of a store are kept.");

    private static async Task<Results<Ok<Listing<RehearsalView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, CampaignDb campaigns, RehearsalDb rehearsals, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId("reh") is not { } after)
        {
            return Paging.BadAfter;
        }

        return await campaigns.FindAsync(caller.Store, id, cancel) is null
            ? CampaignEndpoints.Unknown
            : TypedResults.Ok(paging.Show(await rehearsals.ListAsync(caller.Store, id, after, paging.Take, cancel), of => of.Id, RehearsalView.Of));
    }

    private static async Task<Results<Created<RehearsalView>, ProblemHttpResult>> Begin(
        ApiCaller caller, string id, ApiBody<RehearsalRequest> body, RehearsalDb rehearsals, CancellationToken cancel)
    {
        var fields = body.Fields;
        fields.RefuseOthersThan("scenario", "id");
        var key = fields.Text("scenario", 1, 40);
        var scenario = Scenario.Find(key);
        if (scenario is null && key.Length > 0)
        {
            fields.Refuse("scenario", $"must be {string.Join(" or ", Scenario.All.Select(known => known.Key))}");
        }

        var given = fields.OptionalText("id", 1, 40);
        if (given is not null && !RehearsalDb.IsId(given))
        {
            fields.Refuse("id", "must be reh_ and 32 hexadecimal digits in lower case");
        }

        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await rehearsals.BeginAsync(caller.Store, given ?? rehearsals.NewId(), id, scenario!, caller.Name, cancel) switch
        {
            RehearsalBegin.Begun begun => TypedResults.Created($"/api/v1/campaigns/{id}/rehearsals/{begun.Rehearsal.Id}", RehearsalView.Of(begun.Rehearsal)),
            RehearsalBegin.CampaignUnknown => CampaignEndpoints.Unknown,
            RehearsalBegin.CurrencyUnknown => Problems.Conflict(
                "currency-unknown", "The store's currency is not known yet.", "It is read from the platform after the installation; try again in a moment."),
            RehearsalBegin.TooMany => Problems.Conflict(
                "rehearsals-running", "Other rehearsals are running.", $"A store runs {RehearsalDb.RunningMax} at once; each ends within minutes."),
            RehearsalBegin.IdTaken => Problems.Conflict("rehearsal-id-taken", "The id is taken.", "Another campaign's rehearsal has this id; send a new one."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static async Task<Results<Ok<RehearsalDetailView>, ProblemHttpResult>> Get(
        ApiCaller caller, string id, string rehearsalId, RehearsalDb rehearsals, RehearsalStores own, Earned earned, CancellationToken cancel)
    {
        if (await rehearsals.FindAsync(caller.Store, id, rehearsalId, cancel) is not { } found)
        {
            return Unknown;
        }

        var steps = await rehearsals.StepsAsync(caller.Store, found.Id, cancel);
        var earnings = await own.FindAsync(found, cancel) is { } store ? await earned.ReadAsync(store, found.Currency, cancel) : [];
        return TypedResults.Ok(new RehearsalDetailView(
            RehearsalView.Of(found),
            [.. steps.Select(step => new RehearsalStepView(step.Number, step.At, step.Title, step.Outcome?.Split('\n') ?? []))],
            [.. earnings.Select(one => new RehearsalEarningView(
                one.Name, one.Orders, new Amount(one.EarnedMinor, one.Currency), new Amount(one.ReviewMinor, one.Currency), new Amount(one.PayableMinor, one.Currency),
                new Amount(one.PaidMinor, one.Currency)))]));
    }
}
