// The API's calls about the revisions of a campaign's terms.
using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal sealed record RevisionRequest(
    [property: Description("All terms, not only those that change; what is absent has its default.")] TermsRequest Terms,
    [property: Description("From when on they are in force: now or later. Absent: the earliest instant that is allowed, and the answer tells it. " +
        "Left out on a draft, whose terms take effect at its launch.")] DateTimeOffset? EffectiveAt = null,
    [property: Description("The newest revision that the caller knows of: where another has come meanwhile, nothing is written.")] long? BasedOn = null,
    [property: Description("Where the terms of a launched campaign begin to ask for new customers and no earlier orders were imported: the instant from which on paid " +
        "orders are known, as GET /api/v1/history tells it.")] DateTimeOffset? AcknowledgedHistorySince = null);

internal sealed record RevisionView(
    long Revision,
    TermsRequest Terms,
    [property: Description("The revision before; null on the first.")] long? BasedOn,
    DateTimeOffset CreatedAt,
    string Actor,
    [property: Description("Null while the campaign is a draft, and for good when the revision was replaced before the launch.")] DateTimeOffset? EffectiveAt,
    [property: Description("Null while the revision stands.")] DateTimeOffset? WithdrawnAt,
    string? WithdrawnBy,
    [property: Description("In what it differs from the revision before.")] IReadOnlyList<TermChangeView> Difference)
{
    public static RevisionView Of(Revision revision) => new(
        revision.Number,
        TermsRequest.Of(revision.Terms),
        revision.BasedOn,
        revision.CreatedAt,
        revision.Actor,
        revision.EffectiveAt,
        revision.WithdrawnAt,
        revision.WithdrawnBy,
        [.. revision.Difference.Select(change => new TermChangeView(change.Term, change.From, change.To, change.IsWorse ? "worse" : "better"))]);
}

internal sealed record TermChangeView(
    [property: Description("The term's name among the terms.")] string Term,
    [property: Description("In words.")] string From,
    [property: Description("In words.")] string To,
    [property: Description("better or worse: what the change is for the ambassadors.")] string ForAmbassadors);

internal static class RevisionEndpoints
{
    private const int YearsAheadMax = 5;

    public static void MapRevisions(this IEndpointRouteBuilder campaigns)
    {
        campaigns.MapGet("/{id}/revisions", List).WithName("listRevisions").WithSummary("The revisions of a campaign's terms, oldest first, withdrawn ones among them.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        campaigns.MapPost("/{id}/revisions", Add).WithName("addRevision").WithSummary("Changes a campaign's terms from an instant on.")
            .WithDescription(
                "Orders before that instant are judged by the terms before, whenever they arrive. A change to the ambassadors' disadvantage takes effect 14 days " +
                "from now at the earliest. The discounts of the ambassadors' codes in the store follow at that instant; what was changed by hand in the store's admin, " +
                "and the store's own discounts, stay as they are.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        campaigns.MapDelete("/{id}/revisions/{number}", Withdraw).WithName("withdrawRevision")
            .WithSummary("Withdraws the newest revision before it takes effect.")
            .WithDescription("It stays in the list, and the revision before it stands.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    public static ProblemHttpResult Unknown =>
        Problems.NotFound("revision-unknown", "There is no such revision.", "The campaign has no revision with this number.");

    private static async Task<Results<Ok<Listing<RevisionView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, Revisions revisions, [AsParameters] Paging paging, CancellationToken cancel)
    {
        var after = 0L;
        if (paging.After is { } text && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            return Paging.BadAfter;
        }

        if (await revisions.ListAsync(caller.Store, id, cancel) is not { } all)
        {
            return CampaignEndpoints.Unknown;
        }

        // A campaign has few (Revisions.CountMax), and each is shown beside the one before it: the page is cut here.
        var page = all.Where(revision => revision.Number > after).Take((int)paging.Take).ToList();
        return TypedResults.Ok(paging.Show(page, revision => revision.Number.ToString(CultureInfo.InvariantCulture), RevisionView.Of));
    }

    private static async Task<Results<Created<RevisionView>, ProblemHttpResult>> Add(
        ApiCaller caller, string id, ApiBody<RevisionRequest> body, Revisions revisions, TimeProvider clock, CancellationToken cancel)
    {
        var fields = body.Fields;
        fields.RefuseOthersThan("terms", "effectiveAt", "basedOn", "acknowledgedHistorySince");
        var terms = fields.Object("terms") is { } stated ? TermsRequest.Read(stated, caller.Store.Currency) : null;
        var effectiveAt = ReadEffectiveAt(fields, clock.GetUtcNow());
        var acknowledged = HistoryEndpoints.ReadAcknowledged(fields);
        var basedOn = fields.Whole("basedOn", 1, long.MaxValue, fallback: 0);
        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        var proposed = new ProposedRevision(terms!, effectiveAt, basedOn == 0 ? null : basedOn) { AcknowledgedHistorySince = acknowledged };
        return await revisions.AddAsync(caller.Store, id, proposed, caller.Name, cancel) switch
        {
            RevisionResult.Written written => TypedResults.Created($"/api/v1/campaigns/{id}/revisions", RevisionView.Of(written.Revision)),
            RevisionResult.Refused refused => Refusal(refused.Why),
            RevisionResult.CampaignUnknown => CampaignEndpoints.Unknown,
            RevisionResult.HistoryNotAcknowledged unknown => HistoryEndpoints.NotAcknowledged(unknown.Horizon),
            RevisionResult.TooMany => Problems.Unprocessable(
                "revisions-too-many",
                "The campaign has too many revisions.",
                $"A campaign has {Revisions.CountMax} at most; a copy of it begins anew: POST /api/v1/campaigns/{{id}}/copies."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static async Task<Results<Ok<RevisionView>, ProblemHttpResult>> Withdraw(
        ApiCaller caller, string id, long number, Revisions revisions, CancellationToken cancel) =>
        await revisions.WithdrawAsync(caller.Store, id, number, caller.Name, cancel) switch
        {
            WithdrawalResult.Done done => TypedResults.Ok(RevisionView.Of(done.Revision)),
            WithdrawalResult.CampaignUnknown => CampaignEndpoints.Unknown,
            WithdrawalResult.RevisionUnknown => Unknown,
            WithdrawalResult.AlreadyWithdrawn => Problems.Conflict("revision-withdrawn", "The revision is withdrawn.", "It was withdrawn earlier."),
            WithdrawalResult.NotNewest other => Problems.Conflict(
                "revision-not-newest", "The revision is not the newest.", $"Revision {other.Newest} came after it; withdraw that one first, if its instant lies ahead."),
            WithdrawalResult.InForce => Problems.Conflict(
                "revision-in-force", "The revision is in force.", "Only a revision whose instant lies ahead can be withdrawn; change the terms by a new revision."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>From when on a revision is to be in force; null where that is left to the program, or is wrong.</summary>
    public static DateTimeOffset? ReadEffectiveAt(Fields fields, DateTimeOffset now)
    {
        if (fields.OptionalText("effectiveAt", 1, 40) is not { } text)
        {
            return null;
        }

        if (DateOrInstant.Instant(text) is not { } instant)
        {
            fields.Refuse("effectiveAt", "must be an ISO 8601 instant, such as 2026-12-31T18:00:00Z");
            return null;
        }

        if (instant < WholeSecond.Of(now))
        {
            fields.Refuse("effectiveAt", "must not lie in the past: terms change from now or later");
        }
        else if (instant > now.AddYears(YearsAheadMax))
        {
            fields.Refuse("effectiveAt", $"must lie within {YearsAheadMax} years");
        }

        return instant;
    }

    private static ProblemHttpResult Refusal(RevisionDecision why) => why switch
    {
        RevisionDecision.CampaignEnded => CampaignEndpoints.Ended,
        RevisionDecision.Revised revised => Problems.Conflict(
            "campaign-revised",
            "The terms have changed meanwhile.",
            $"The newest revision is {revised.Newest}; look at it, and base the change on that one."),
        RevisionDecision.Unchanged unchanged => Problems.Unprocessable(
            "terms-unchanged", "The terms say nothing new.", $"They are those of revision {unchanged.Newest}, the newest."),
        RevisionDecision.DraftHasNoInstant => Problems.Unprocessable(
            "draft-has-no-instant", "A draft's terms take effect at its launch.", "Leave effectiveAt out: nobody has joined a live programme yet."),
        RevisionDecision.BeforeNewest before => Problems.Unprocessable(
            "revision-ahead",
            "A revision lies ahead.",
            $"Revision {before.Newest.Number} takes effect at {InstantConverter.Text(before.Newest.EffectiveAt!.Value)}: withdraw it first, or let this one take effect then or later."),
        RevisionDecision.NoticeTooShort notice => Problems.Unprocessable(
            "notice-too-short",
            "The ambassadors would learn too late.",
            $"To their disadvantage, {string.Join(" and ", notice.Worse)}. Such a change takes effect {RevisionDecision.Notice.Days} days from now at the earliest: " +
            $"{InstantConverter.Text(notice.Earliest)}."),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
