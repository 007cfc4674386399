// The JSON API of payout runs: previews, approvals, and what stops or ends a run.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Audit;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

internal static class PayoutRunEndpoints
{
    /// <summary>Adds the calls to the group of the API, which has let the caller in.</summary>
    public static void MapPayoutRunApi(this RouteGroupBuilder api)
    {
        var runs = api.MapGroup("/payout-runs").WithTags("Payouts");
        runs.MapPost("", Preview).WithName("previewPayoutRun")
            .WithSummary("Makes a preview of a payout run: who would be paid, and why somebody would not. It moves nothing.");
        runs.MapGet("", List).WithName("listPayoutRuns").WithSummary("The store's payout runs without their lines, oldest first.");
        runs.MapGet("/{id}", Show).WithName("getPayoutRun").WithSummary("One payout run.").ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapPost("/{id}/approval", Approve).WithName("approvePayoutRun")
            .WithSummary("Approves a payout run: its money is reserved, and its transfers are sent.")
            .WithDescription(
                "Above the sum of the payout settings the run then waits for a second person. Where the store's Stripe account does not hold what "
                + "the run needs, the money is reserved and the run is stopped; it goes on by itself once the money is there.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        runs.MapPost("/{id}/cancellation", Cancel).WithName("cancelPayoutRun")
            .WithSummary("Ends a payout run: what was not sent yet is payable again, what was sent stays.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapPost("/{id}/stop", Stop).WithName("stopPayoutRun")
            .WithSummary("Holds back what an approved run has not sent yet.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        runs.MapPost("/{id}/resumption", Resume).WithName("resumePayoutRun")
            .WithSummary("Lets a stopped run go on at once.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Created<PayoutRunView>, ProblemHttpResult>> Preview(ApiCaller caller, AuditSubject about, PayoutRuns runs, CancellationToken cancel)
    {
        var run = await runs.PreviewAsync(caller.Store, caller.Name, cancel);
        about.Is("payout-runs", run.Id);
        return TypedResults.Created($"/api/v1/payout-runs/{run.Id}", PayoutRunView.Of(run));
    }

    private const string PageOfRuns =
        """
        SELECT id, state, created_at, created_by, first_approved_by, approved_at, approved_by, stopped_at, stop_reason, cancelled_at, cancelled_by
        FROM payout_runs WHERE store_id = @storeId AND id > @after ORDER BY id
        """;

    private static async Task<Results<Ok<Listing<PayoutRunSummary>>, ProblemHttpResult>> List(
        ApiCaller caller, Db db, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId("run") is not { } after)
        {
            return Paging.BadAfter;
        }

        var rows = await db.ManyAsync<PayoutRunSummary>($"{PageOfRuns} {db.Page}", new { storeId = caller.Store.Id, after, take = paging.Take }, cancel);
        return TypedResults.Ok(paging.Show(
            rows, row => row.Id, row => row with { State = RunState.Of(row.State, row.FirstApprovedBy, row.StoppedAt, row.CancelledAt) }));
    }

    private static async Task<Results<Ok<PayoutRunView>, ProblemHttpResult>> Show(ApiCaller caller, string id, PayoutRuns runs, CancellationToken cancel) =>
        await runs.FindAsync(caller.Store, id, cancel) is { } run ? TypedResults.Ok(PayoutRunView.Of(run)) : NoSuchRun();

    private static async Task<Results<Ok<PayoutRunView>, ProblemHttpResult>> Approve(ApiCaller caller, string id, PayoutRuns runs, CancellationToken cancel) =>
        await runs.ApproveAsync(caller.Store, id, caller.Name, cancel) switch
        {
            RunApproval.Done(var run) => TypedResults.Ok(PayoutRunView.Of(run)),
            RunApproval.NeedsSecond(var run) => TypedResults.Ok(PayoutRunView.Of(run)),
            RunApproval.NoSuchRun => NoSuchRun(),
            RunApproval.AlreadyApproved => Problems.Conflict(
                "payout-run-approved", "The run is approved already.", "A run is approved once. Make a new preview for what has come since."),
            RunApproval.SamePerson or RunApproval.NeedsSignIn => Problems.Conflict(
                "payout-run-second-person", "Another person must approve.", "The run is above the sum that one person approves, and you were the first of two."),
            RunApproval.OwnPayout => Problems.Conflict(
                "payout-run-own-payout", "The run pays you.", "It is above the sum that one person approves, and neither of the two may be paid by it."),
            RunApproval.Cancelled => Problems.Conflict("payout-run-cancelled", "The run is cancelled.", "Make a new preview."),
            RunApproval.NotConnected => Problems.Conflict(
                "stripe-not-connected", "The store is not connected to Stripe.", "Connect Stripe first, then approve; the preview stays."),
            RunApproval.Differs(var differences) => Problems.Conflict(
                "payout-difference-open", "The books and Stripe's list differ.",
                $"{string.Join(' ', differences.Take(3).Select(one => one.Words))} No run is approved until each difference is gone, or somebody has cleared it with a reason: "
                + "GET /api/v1/payout-differences."),
            _ => throw new UnreachableException(),
        };

    private static async Task<Results<Ok<PayoutRunView>, ProblemHttpResult>> Cancel(ApiCaller caller, string id, PayoutRuns runs, CancellationToken cancel) =>
        await runs.CancelAsync(caller.Store, id, caller.Name, cancel) is { } run ? TypedResults.Ok(PayoutRunView.Of(run)) : NoSuchRun();

    private static async Task<Results<Ok<PayoutRunView>, ProblemHttpResult>> Stop(
        ApiCaller caller, string id, PayoutRuns runs, Db db, TimeProvider clock, CancellationToken cancel)
    {
        var stopped = await db.InTransactionAsync(
            tx => PayoutRuns.StopAsync(tx, caller.Store.Id, id, caller.Name, clock.GetUtcNow()), cancel: cancel);
        return await runs.FindAsync(caller.Store, id, cancel) is not { } run ? NoSuchRun()
            : stopped || run.State == RunState.Stopped ? TypedResults.Ok(PayoutRunView.Of(run))
            : Problems.Conflict("payout-run-not-running", "The run cannot be stopped.", "Only an approved run sends anything.");
    }

    private static async Task<Results<Ok<PayoutRunView>, ProblemHttpResult>> Resume(ApiCaller caller, string id, PayoutRuns runs, CancellationToken cancel)
    {
        var resumed = await runs.ResumeAsync(caller.Store.Id, id, cancel);
        return await runs.FindAsync(caller.Store, id, cancel) is not { } run ? NoSuchRun()
            : resumed ? TypedResults.Ok(PayoutRunView.Of(run))
            : Problems.Conflict("payout-run-not-stopped", "The run is not stopped.", "Only a stopped run can be let go on.");
    }

    public static ProblemHttpResult NoSuchRun() =>
        Problems.NotFound("payout-run-not-found", "There is no such payout run.", "The store has no payout run with this id.");

    internal sealed record PayoutRunSummary(
        string Id,
        [property: Description("preview, half_approved, approved, stopped or cancelled.")] string State,
        DateTimeOffset CreatedAt,
        string CreatedBy,
        [property: Description("Who has approved as the first of two.")] string? FirstApprovedBy,
        DateTimeOffset? ApprovedAt,
        string? ApprovedBy,
        DateTimeOffset? StoppedAt,
        string? StopReason,
        DateTimeOffset? CancelledAt,
        string? CancelledBy);

    internal sealed record PayoutLineView(
        string AmbassadorId,
        string? Name,
        [property: Description("What is paid, or the balance of who is not.")] Amount Amount,
        bool WillPay,
        [property: Description("stripe or manual; null where nothing is paid.")] string? Provider,
        [property: Description("Why not, what stays behind, or why less than the minimum is paid.")] string? Reason,
        [property: Description("What a person should look at before they approve.")] string? Warning,
        [property: Description("The payout that an approved line became.")] string? PayoutId,
        [property: Description("The amount of that payout.")] Amount? Paid,
        [property: Description("The state of that payout.")] string? PayoutState,
        [property: Description("Where approval differs from the preview, and why.")] string? Note);

    internal sealed record PayoutFundingView(
        [property: Description("What the run needs in the store's Stripe account.")] Amount Need,
        [property: Description("What was there and not promised to another run; null where Stripe did not tell.")] Amount? Available,
        [property: Description("What is missing; null where nothing is.")] Amount? Missing)
    {
        public static PayoutFundingView Of(RunFunding funding) => new(
            new Amount(funding.NeedMinor, funding.Currency),
            funding.AvailableMinor is { } available ? new Amount(available, funding.Currency) : null,
            funding.IsShort ? new Amount(funding.NeedMinor - funding.AvailableMinor!.Value, funding.Currency) : null);
    }

    internal sealed record PayoutStopView(
        [property: Description("balance: it goes on by itself once the money is there. person: somebody has to let it go on.")] string WaitsFor,
        string Reason);

    internal sealed record PayoutRunView(
        string Id,
        [property: Description("preview, half_approved, approved, stopped or cancelled.")] string State,
        DateTimeOffset CreatedAt,
        IReadOnlyList<PayoutLineView> Lines,
        [property: Description("What the run pays in each currency; never one sum over two.")] IReadOnlyList<Amount> Totals,
        IReadOnlyList<PayoutFundingView> Funding,
        [property: Description("How many of the run's payouts are in which state.")] IReadOnlyDictionary<string, int> Progress,
        [property: Description("Who has approved as the first of two.")] string? FirstApprovedBy,
        PayoutStopView? Stop)
    {
        public static PayoutRunView Of(PayoutRun run)
        {
            var payouts = run.Payouts.ToDictionary(payout => (payout.AmbassadorId, payout.Currency));
            var notes = run.Notes.ToDictionary(note => (note.AmbassadorId, note.Currency));
            var totals = run.State is RunState.Preview or RunState.HalfApproved
                ? RunSums.Totals(run.Lines)
                : [.. run.Payouts.GroupBy(payout => payout.Currency, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
                    .Select(group => new Money(group.Sum(payout => payout.AmountMinor), Currency.Parse(group.Key)))];
            return new PayoutRunView(
                run.Id,
                run.State,
                run.CreatedAt,
                [.. run.Lines.Select(line =>
                {
                    var payout = payouts.GetValueOrDefault((line.AmbassadorId, line.Currency));
                    return new PayoutLineView(
                        line.AmbassadorId,
                        run.Names.GetValueOrDefault(line.AmbassadorId),
                        Amount.Of(line.Amount),
                        line.WillPay,
                        line.To?.Provider,
                        line.Reason,
                        line.Warning,
                        payout?.Id,
                        payout is null ? null : new Amount(payout.AmountMinor, payout.Currency),
                        payout?.State,
                        notes.GetValueOrDefault((line.AmbassadorId, line.Currency))?.Note);
                })],
                [.. totals.Select(Amount.Of)],
                [.. run.Funding.Select(PayoutFundingView.Of)],
                run.Payouts.CountBy(payout => payout.State, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal),
                run.FirstApprovedBy,
                run.Stop is null ? null : new PayoutStopView(run.WaitsFor ?? StopCause.Person, run.Stop));
        }
    }
}
