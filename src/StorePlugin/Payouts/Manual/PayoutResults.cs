// What came of manual payouts, told by files and by people: each is matched by its id, moved once, and never moved against the books.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Manual;

/// <summary>What a told outcome means for a payout as it stands: values in, value out.</summary>
internal abstract record ResultStep
{
    internal sealed record Pay : ResultStep;

    internal sealed record Return : ResultStep;

    /// <param name="Note">What a person should know meanwhile.</param>
    internal sealed record Wait(string Note) : ResultStep;

    /// <summary>It is so already.</summary>
    internal sealed record Nothing : ResultStep;

    /// <summary>The books say otherwise and stay as they are; a person must look.</summary>
    internal sealed record Contradiction(string Note) : ResultStep;

    /// <summary>It cannot be right, and nothing is noted.</summary>
    internal sealed record Refused(string Why) : ResultStep;

    public static ResultStep Decide(Payout payout, ResultLine told)
    {
        if (told.Amount is { } amount && (amount.Currency != payout.Amount.Currency || amount != payout.Amount))
        {
            return new Refused($"It tells of {amount}, and the payout is of {payout.Amount}.");
        }

        return (told.Outcome, payout.State) switch
        {
            (ResultOutcome.Paid, PayoutState.Approved or PayoutState.Sending or PayoutState.Unknown) => new Pay(),
            (ResultOutcome.Paid, PayoutState.Sent or PayoutState.Reversed) => new Nothing(),
            (ResultOutcome.Paid, _) => new Contradiction(
                $"It was told to be paid although it is {payout.State} and its money is payable again: look at the account before anything is paid to this payee."),
            (ResultOutcome.Failed, PayoutState.Sending or PayoutState.Unknown) => new Return(),
            (ResultOutcome.Failed, PayoutState.Approved) => new Refused("It was never exported, so that nothing of it can have failed."),
            (ResultOutcome.Failed, PayoutState.Sent or PayoutState.Reversed) => new Contradiction(
                $"It was told to have failed ({told.Reason ?? told.Status}) although it is recorded as paid; the books are unchanged. Look at the account."),
            (ResultOutcome.Waiting, PayoutState.Sending or PayoutState.Unknown) when told.Status.Length > 0 => new Wait(
                $"Last told: {told.Status.ToLowerInvariant()}{(told.Reason is { } reason ? $" ({reason})" : "")}."),
            _ => new Nothing(),
        };
    }
}

/// <param name="Paid">Payouts that this file has settled as paid, or would settle; likewise the next ones.</param>
/// <param name="Waiting">Payouts of which it tells that they are under way.</param>
/// <param name="Unchanged">Lines that tell what stood here before.</param>
/// <param name="Contradictions">Payouts whose books say otherwise; each has its problem noted.</param>
internal sealed record ResultsReport(
    string Format, long Rows, long Paid, long Failed, long Waiting, long Unchanged, long Contradictions, IReadOnlyList<ImportFinding> Findings);

/// <summary>What came of a single outcome.</summary>
internal abstract record ResultAnswer
{
    internal sealed record Done : ResultAnswer;

    internal sealed record NoSuchPayout : ResultAnswer;

    internal sealed record NotManual : ResultAnswer;

    /// <param name="Why">As a sentence.</param>
    internal sealed record Refused(string Why) : ResultAnswer;
}

internal sealed partial class PayoutResults(Db db, TimeProvider clock, ILogger<PayoutResults> logger)
{
    private const string RunExists = "SELECT CAST(COUNT(*) AS bigint) FROM payout_runs WHERE store_id = @storeId AND id = @runId";

    private const string ReadPayouts = Payout.Columns + " WHERE store_id = @storeId AND run_id = @runId AND provider = 'manual'";

    /// <summary>
    /// Reads a file back. What is right in it is done, line by line; what is wrong is named and skipped. The same file again changes
    /// nothing. Null where the store has no such run.
    /// </summary>
    /// <param name="isDry">Says what would come of it, and changes nothing.</param>
    public async Task<ResultsReport?> ReadAsync(Store store, string runId, ResultFile file, bool isDry, string actor, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, runId };
        if (await db.OneAsync<long>(RunExists, args, cancel) == 0)
        {
            return null;
        }

        var payouts = new Dictionary<string, Payout>(StringComparer.Ordinal);
        foreach (var payout in await db.ManyAsync<Payout>(ReadPayouts, args, cancel))
        {
            payouts[payout.Id] = payout;
            payouts[PayoutReference.Of(payout.Id)] = payout;
        }

        var findings = new List<ImportFinding>(file.Findings);
        var lines = Match(file.Lines, payouts, findings);

        // By the line, since a transaction that is run again after a deadlock tells its step once more.
        var steps = new Dictionary<ResultLine, ResultStep>(ReferenceEqualityComparer.Instance);
        foreach (var (told, payout) in isDry ? lines : [])
        {
            steps[told] = ResultStep.Decide(payout, told);
        }

        await ShortTransactions.EachAsync(
            db, clock, isDry ? [] : lines, async (tx, line) => steps[line.Told] = await ApplyAsync(tx, store, line.Payout.Id, line.Told, actor), cancel);
        var report = Report(file, lines, steps, findings);
        if (!isDry)
        {
            Log.ReadBack(logger, store.Id, runId, actor, report.Paid, report.Failed, report.Findings.Count);
        }

        return report;
    }

    private static ResultsReport Report(
        ResultFile file, List<(ResultLine Told, Payout Payout)> lines, Dictionary<ResultLine, ResultStep> steps, List<ImportFinding> findings)
    {
        foreach (var (told, step) in steps)
        {
            if (step switch { ResultStep.Refused refused => refused.Why, ResultStep.Contradiction contradiction => contradiction.Note, _ => null } is { } why)
            {
                findings.Add(new ImportFinding(told.Line, "", why));
            }
        }

        // A payout that two lines tell of is moved by the first.
        var moved = lines.Where(line => steps[line.Told] is not (ResultStep.Nothing or ResultStep.Refused))
            .DistinctBy(line => line.Payout.Id, StringComparer.Ordinal).Select(line => steps[line.Told]).ToList();
        return new ResultsReport(
            file.Format,
            file.RowCount,
            moved.Count(step => step is ResultStep.Pay),
            moved.Count(step => step is ResultStep.Return),
            moved.Count(step => step is ResultStep.Wait),
            lines.Count - moved.Count - steps.Values.Count(step => step is ResultStep.Refused),
            moved.Count(step => step is ResultStep.Contradiction),
            [.. findings.OrderBy(finding => finding.Line)]);
    }

    /// <summary>Records what a person knows of one payout.</summary>
    public async Task<ResultAnswer> RecordAsync(
        Store store, string payoutId, ResultOutcome outcome, string? reference, string? reason, string actor, CancellationToken cancel)
    {
        if (await db.OneAsync<Payout>(Payout.ById, new { storeId = store.Id, payoutId }, cancel) is not { } payout)
        {
            return new ResultAnswer.NoSuchPayout();
        }

        if (payout.Provider != PayoutProvider.Manual)
        {
            return new ResultAnswer.NotManual();
        }

        var told = new ResultLine(0, payoutId, outcome, outcome == ResultOutcome.Paid ? "paid" : "failed", reference, reason, Amount: null);
        return await db.InTransactionAsync(tx => ApplyAsync(tx, store, payoutId, told, actor), cancel: cancel) switch
        {
            ResultStep.Refused(var why) => new ResultAnswer.Refused(why),
            ResultStep.Contradiction(var note) => new ResultAnswer.Refused(note),
            _ => new ResultAnswer.Done(),
        };
    }

    /// <summary>The lines with their payouts, one for each; those that are of no payout of the run, or say two things of one, are named instead.</summary>
    private static List<(ResultLine Told, Payout Payout)> Match(IReadOnlyList<ResultLine> lines, Dictionary<string, Payout> payouts, List<ImportFinding> findings)
    {
        var matched = new List<(ResultLine Told, Payout Payout)>();
        foreach (var line in lines)
        {
            if (payouts.TryGetValue(line.PayoutName, out var payout))
            {
                matched.Add((line, payout));
            }
            else
            {
                findings.Add(new ImportFinding(line.Line, "", "The line is of no manual payout of this run."));
            }
        }

        var clear = new List<(ResultLine Told, Payout Payout)>();
        foreach (var group in matched.GroupBy(line => line.Payout.Id, StringComparer.Ordinal))
        {
            // What waits on one line has come to an end on a later one.
            var ends = group.Where(line => line.Told.Outcome != ResultOutcome.Waiting).ToList();
            if (ends.DistinctBy(line => line.Told.Outcome).Count() > 1)
            {
                findings.AddRange(group.Select(line => new ImportFinding(
                    line.Told.Line, "", $"The file says both that payout {group.Key} was paid and that it was not; nothing of it is taken over.")));
                continue;
            }

            clear.AddRange(ends.Count > 0 ? ends : group);
        }

        return [.. clear.OrderBy(line => line.Told.Line)];
    }

    /// <summary>Takes what was told, as the payout stands now.</summary>
    private async Task<ResultStep> ApplyAsync(Tx tx, Store store, string payoutId, ResultLine told, string actor)
    {
        var args = new { storeId = store.Id, payoutId };
        var payout = await tx.OneAsync<Payout>(Payout.ById, args) ?? throw new InvalidOperationException($"Payout {payoutId} is gone.");
        var now = clock.GetUtcNow();
        var step = ResultStep.Decide(payout, told);
        switch (step)
        {
            case ResultStep.Pay:
                var reference = told.Reference ?? PayoutReference.Of(payoutId);
                Demand(await PayoutBook.PaidAsync(
                    tx, store, payout, await AttemptAsync(tx, args), reference, now, actor, $"{actor} recorded that it was paid; reference {reference}."));
                break;

            case ResultStep.Return:
                var why = told.Reason ?? told.Status;
                Demand(await PayoutBook.FailedAsync(
                    tx, store, payout, await AttemptAsync(tx, args), $"It was not paid: {why}. The money is payable again.", now, actor,
                    $"{actor} recorded that payout {payoutId} was not paid."));
                break;

            // The same told twice is noted once.
            case ResultStep.Wait(var note) when payout.Problem != note:
                await PayoutBook.StillOpenAsync(tx, payout, note, now);
                break;

            case ResultStep.Contradiction(var note) when payout.Problem != note:
                await PayoutBook.ProblemAsync(tx, payout, note, now);
                break;
        }

        return step;

        // Somebody else has moved it between the reading and the writing, which only one database of two allows.
        void Demand(bool done)
        {
            if (!done)
            {
                throw new StalePayoutException(payoutId);
            }
        }
    }

    private static async Task<PayoutAttempt> AttemptAsync(Tx tx, object args) => (await tx.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args))[^1];

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "Results of payout run {RunId} of store {StoreId} were read back by {Actor}: {Paid} paid, {Failed} failed, {Findings} lines with findings")]
        public static partial void ReadBack(ILogger logger, string storeId, string runId, string actor, long paid, long failed, int findings);
    }
}
