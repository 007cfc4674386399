// Payout runs: a preview of who is paid how much, and its approval, which turns each line into a payout.
using System.Data.Common;
using System.Diagnostics;
using System.Text.Json;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>What came of an approval.</summary>
internal abstract record RunApproval
{
    internal sealed record Done(PayoutRun Run) : RunApproval;

    /// <summary>It is above the sum that one person approves; another has to, too (rule H5).</summary>
    internal sealed record NeedsSecond(PayoutRun Run) : RunApproval;

    internal sealed record NoSuchRun : RunApproval;

    internal sealed record AlreadyApproved : RunApproval;

    /// <summary>Whoever approved as the first cannot be the second.</summary>
    internal sealed record SamePerson : RunApproval;

    /// <summary>The same, of a team that has no other: they sign in anew and approve it once more.</summary>
    internal sealed record NeedsSignIn : RunApproval;

    /// <summary>It takes two people, and pays this one.</summary>
    internal sealed record OwnPayout : RunApproval;

    internal sealed record Cancelled : RunApproval;

    internal sealed record NotConnected : RunApproval;

    /// <summary>The books and Stripe's list differ, and nobody has cleared it (rule P5).</summary>
    internal sealed record Differs(IReadOnlyList<PayoutDifference> Differences) : RunApproval;
}

internal sealed class PayoutRuns(
    Db db, Approvers approvers, PayeeReader payees, FunnelWarnings warnings, Clawbacks clawbacks, StripeFunds funds, Credentials credentials, PayoutDifferences differences, TimeProvider clock)
{
    // A run is one document and is approved while the caller waits. Who can be paid comes first and the largest balances
    // before the others, so that the next run shows those whom this one leaves out.
    public const long LinesMax = 20_000;

    private const string IdPrefix = "run";

    private static readonly TimeSpan ToldAfter = TimeSpan.FromMinutes(5);

    private const string InsertRun =
        """
        INSERT INTO payout_runs (store_id, id, state, preview, funding, scheduled_day, created_at, created_by)
        VALUES (@storeId, @id, 'preview', @preview, @funding, @scheduledDay, @now, @actor)
        """;

    /// <summary>Works out who would be paid now and keeps it as a run. No money is reserved.</summary>
    /// <param name="scheduledDay">The day of the schedule that asked for it, as yyyymmdd in the store's time zone; null: a person did.</param>
    public Task<PayoutRun> PreviewAsync(Store store, string actor, CancellationToken cancel, long? scheduledDay = null) =>
        PreviewAsync(store, NewId(), actor, scheduledDay, cancel);

    /// <summary>An id for a run that is prepared later, so that a form which is sent twice prepares one.</summary>
    public string NewId() => Ids.New(IdPrefix, clock.GetUtcNow());

    /// <summary>Whether a text has the form of <see cref="NewId"/>.</summary>
    public static bool IsId(string text) => Ids.Is(IdPrefix, text);

    /// <summary>The same with an id of <see cref="NewId"/>: a run of the store that has it already stands as it is.</summary>
    public async Task PreviewOnceAsync(Store store, string id, string actor, CancellationToken cancel)
    {
        if (await db.OneAsync<RunRow>(ReadRun, new { storeId = store.Id, id }, cancel) is not null)
        {
            return;
        }

        try
        {
            await PreviewAsync(store, id, actor, scheduledDay: null, cancel);
        }
        // The form was sent twice at the same moment.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
        }
    }

    private async Task<PayoutRun> PreviewAsync(Store store, string id, string actor, long? scheduledDay, CancellationToken cancel)
    {
        // The VAT that is shown is the VAT that will be approved.
        await clawbacks.CorrectStoreAsync(store, cancel);
        var now = clock.GetUtcNow();
        var connected = await IsConnectedAsync(store, cancel);
        var lines = (await payees.ReadAsync(store, now, LinesMax, cancel)).Select(payee => RunLine.Of(payee, PayoutDecision.Decide(payee, connected))).ToList();
        if (Currency.TryParse(store.Currency, out var currency))
        {
            lines.AddRange((await payees.WithoutBalanceAsync(store, cancel))
                .Select(id => new Payee(id, Money.Zero(currency), State: null, Destination: null, OpenPayoutId: null))
                .Select(payee => RunLine.Of(payee, PayoutDecision.Decide(payee, connected))));
        }

        lines = RunSums.Warned(lines, await warnings.ReadAsync(store, cancel));
        var funding = await FundingAsync(store, id, lines, cancel);
        var row = new
        {
            storeId = store.Id,
            id,
            preview = JsonSerializer.Serialize(lines, RunJson.Default.ListRunLine),
            funding = JsonSerializer.Serialize(funding, RunJson.Default.ListRunFunding),
            scheduledDay,
            now,
            actor,
        };
        await db.InTransactionAsync(
            async tx =>
            {
                await tx.DoAsync(InsertRun, row);

                // Nobody asked for it, so somebody is told; not before the schedule itself may have approved it.
                if (scheduledDay is not null && lines.Any(line => line.WillPay))
                {
                    await new MailNotice(MailNotice.RunWaiting, null, Run: id).AddAsync(tx, store.Id, now, now + ToldAfter);
                }
            },
            cancel: cancel);
        return new PayoutRun(
            id, RunState.Preview, now, lines, [], [], funding, await payees.NamesAsync(store, lines.Select(line => line.AmbassadorId), cancel));
    }

    private const string ReadRun =
        """
        SELECT state, preview, result, funding, created_at, first_approved_at, first_approved_by, stopped_at, stopped_for, stop_reason, cancelled_at
        FROM payout_runs WHERE store_id = @storeId AND id = @id
        """;

    private const string ReadPayouts =
        "SELECT id, ambassador_id, currency, amount_minor, state FROM payouts WHERE store_id = @storeId AND run_id = @id ORDER BY id";

    /// <summary>A run of this store, or null.</summary>
    public async Task<PayoutRun?> FindAsync(Store store, string id, CancellationToken cancel)
    {
        if (await FindDocumentAsync(store, id, cancel) is not { } run)
        {
            return null;
        }

        return run with
        {
            Payouts = await db.ManyAsync<RunPayout>(ReadPayouts, new { storeId = store.Id, id }, cancel),
            Names = await payees.NamesAsync(store, run.Lines.Select(line => line.AmbassadorId), cancel),
        };
    }

    /// <summary>A run of this store, or null: without payouts and names, which whoever shows a part of it reads for that part.</summary>
    public async Task<PayoutRun?> FindDocumentAsync(Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<RunRow>(ReadRun, new { storeId = store.Id, id }, cancel) is { } row
            ? new PayoutRun(
                id, row.ShownState, row.CreatedAt, row.Lines, [], row.Notes, row.NeedsAndFunds, NoNames, row.FirstApprovedBy, row.StopReason, row.StoppedFor, row.FirstApprovedAt)
            : null;

    private static readonly Dictionary<string, string> NoNames = [];

    private const string ReadTwoPeopleFrom = "SELECT two_people_from_minor FROM payout_settings WHERE store_id = @storeId";

    private const string ApproveFirst =
        """
        UPDATE payout_runs SET first_approved_at = @now, first_approved_by = @actor
        WHERE store_id = @storeId AND id = @id AND state = 'preview' AND first_approved_by IS NULL AND cancelled_at IS NULL
        """;

    private const string ApproveRun =
        """
        UPDATE payout_runs SET state = 'approved', approved_at = @now, approved_by = @actor, funding = @funding,
            stopped_at = @stoppedAt, stopped_for = @stoppedFor, stopped_currencies = @stoppedCurrencies, stop_reason = @stopReason
        WHERE store_id = @storeId AND id = @id AND state = 'preview' AND cancelled_at IS NULL
        """;

    private const string KeepResult = "UPDATE payout_runs SET result = @result WHERE store_id = @storeId AND id = @id";

    /// <summary>
    /// Approves a run, once, by one person or two; where a team is one person, by that one twice (rule H5). Where the store's Stripe account does not hold what the run needs, the money is
    /// reserved and the sending waits for it.
    /// </summary>
    /// <param name="signedInAt">When whoever approves showed who they are; UTC. Null where no person did.</param>
    public async Task<RunApproval> ApproveAsync(Store store, string id, string actor, CancellationToken cancel, DateTimeOffset? signedInAt = null)
    {
        var now = clock.GetUtcNow();
        if (await db.OneAsync<RunRow>(ReadRun, new { storeId = store.Id, id }, cancel) is not { } row)
        {
            return new RunApproval.NoSuchRun();
        }

        if (row.CancelledAt is not null)
        {
            return new RunApproval.Cancelled();
        }

        if (row.State != RunState.Preview)
        {
            return new RunApproval.AlreadyApproved();
        }

        var needsStripe = row.Lines.Any(line => line.To is { Provider: PayoutProvider.Stripe }) || !row.Lines.Any(line => line.WillPay);
        if (needsStripe && !await IsConnectedAsync(store, cancel))
        {
            return new RunApproval.NotConnected();
        }

        if (needsStripe && await differences.StoppingAsync(store, cancel) is { Count: > 0 } stopping)
        {
            return new RunApproval.Differs(stopping);
        }

        if (await NeedsTwoAsync(store, row.Lines, cancel))
        {
            if (await approvers.IsPaidAsync(store, actor, row.Lines, cancel))
            {
                return new RunApproval.OwnPayout();
            }

            if (row.FirstApprovedBy is null && await db.DoAsync(ApproveFirst, new { storeId = store.Id, id, actor, now }, cancel) == 1)
            {
                return new RunApproval.NeedsSecond((await FindAsync(store, id, cancel))!);
            }

            // Somebody may have been the first at this moment.
            var half = row.FirstApprovedBy is null ? (await db.OneAsync<RunRow>(ReadRun, new { storeId = store.Id, id }, cancel))! : row;
            switch (await approvers.JudgeAsync(store, half.FirstApprovedBy!, half.FirstApprovedAt!.Value, actor, signedInAt, cancel))
            {
                case SecondApproval.SamePerson:
                    return new RunApproval.SamePerson();
                case SecondApproval.NeedsSignIn:
                    return new RunApproval.NeedsSignIn();
            }
        }

        var funding = await FundingAsync(store, id, row.Lines, cancel);
        var shortfall = string.Join(' ', funding.Select(one => one.Words).OfType<string>());
        var approval = new
        {
            storeId = store.Id,
            id,
            actor,
            now,
            funding = JsonSerializer.Serialize(funding, RunJson.Default.ListRunFunding),
            stoppedAt = shortfall.Length == 0 ? (DateTimeOffset?)null : now,
            stoppedFor = shortfall.Length == 0 ? null : StopCause.Balance,
            stoppedCurrencies = shortfall.Length == 0 ? null : string.Join(',', funding.Where(one => one.IsShort).Select(one => one.Currency)),
            stopReason = shortfall.Length == 0 ? null : $"{shortfall} {WaitsForMoney}",
        };
        if (await db.DoAsync(ApproveRun, approval, cancel) == 0)
        {
            return new RunApproval.AlreadyApproved();
        }

        // From here on the caller's going away must not leave a run half done.
        var notes = await ReserveAsync(store, id, [.. row.Lines.Where(line => line.WillPay)], row.CreatedAt, actor);
        await db.DoAsync(
            KeepResult, new { storeId = store.Id, id, result = JsonSerializer.Serialize(notes, RunJson.Default.ListRunNote) }, CancellationToken.None);
        return new RunApproval.Done((await FindAsync(store, id, CancellationToken.None))!);
    }

    /// <summary>What a stopped run tells whoever can mend it.</summary>
    public const string WaitsForMoney = "Nothing more is sent in that currency until it is there; then the run goes on by itself.";

    /// <summary>
    /// Whether two people approve a run (rule H5). The sum is one of the store's currency; what a run pays in another is compared with
    /// nothing, so it takes two as well.
    /// </summary>
    public async Task<bool> NeedsTwoAsync(Store store, IEnumerable<RunLine> lines, CancellationToken cancel) =>
        await db.OneAsync<long?>(ReadTwoPeopleFrom, new { storeId = store.Id }, cancel) is { } from
        && RunSums.Totals(lines).Any(total => total.Currency.Code != store.Currency || total.Minor >= from);

    // Writes nothing new, but holds the row until the commit: whoever cancels the run finds all of its payouts, or keeps them from being made.
    private const string HoldRun =
        "UPDATE payout_runs SET state = state WHERE store_id = @storeId AND id = @runId AND cancelled_at IS NULL";

    // As many as a transaction of about the time that intake may wait takes; while nothing comes in, what each costs by itself is shared by more.
    private const int LinesAtOnceMax = 25;
    private const int LinesAtOnceWhileQuietMax = 200;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Makes payouts of lines, some in a transaction, so that intake never waits for a whole run. Lines that a crash leaves behind
    /// keep their money approved, and the next run shows them.
    /// </summary>
    private async Task<List<RunNote>> ReserveAsync(Store store, string runId, List<RunLine> lines, DateTimeOffset shownAt, string actor)
    {
        var notes = new List<RunNote>();
        for (var first = 0; first < lines.Count;)
        {
            RunLine[] some = [.. lines.Skip(first).Take(db.SinceIntake > Quiet ? LinesAtOnceWhileQuietMax : LinesAtOnceMax)];
            first += some.Length;
            try
            {
                notes.AddRange(await db.InTransactionAsync(tx => ReserveAsync(tx, store, runId, some, shownAt, actor)));
            }
            // Another run opened a payout for one of these payees at the same moment, of which rule P1 lets one through; or one of them
            // took their method away.
            catch (Exception e) when (e is StalePayoutException || (e is DbException d && db.Dialect.IsUniqueViolation(d)))
            {
                foreach (var line in some)
                {
                    notes.AddRange(await ReserveAloneAsync(store, runId, line, shownAt, actor));
                }
            }
        }

        return notes;
    }

    private async Task<IReadOnlyList<RunNote>> ReserveAloneAsync(Store store, string runId, RunLine line, DateTimeOffset shownAt, string actor)
    {
        try
        {
            return await db.InTransactionAsync(tx => ReserveAsync(tx, store, runId, [line], shownAt, actor));
        }
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return [new RunNote(line.AmbassadorId, line.Currency, "Not paid: another payout was opened at the same moment.")];
        }
        catch (StalePayoutException)
        {
            return [new RunNote(line.AmbassadorId, line.Currency, "Not paid: the way in which they are paid was changed at the same moment.")];
        }
    }

    /// <summary>Makes payouts of lines, from what is payable now and never more than was shown. Returns what differs.</summary>
    private async Task<IReadOnlyList<RunNote>> ReserveAsync(
        Tx tx, Store store, string runId, RunLine[] lines, DateTimeOffset shownAt, string actor)
    {
        if (await tx.DoAsync(HoldRun, new { storeId = store.Id, runId }) == 0)
        {
            return [.. lines.Select(line => new RunNote(line.AmbassadorId, line.Currency, "Not paid: the run was cancelled meanwhile."))];
        }

        var now = clock.GetUtcNow();
        var known = await PayeeReader.HoldAsync(tx, store, [.. lines.Select(line => line.AmbassadorId).Distinct(StringComparer.Ordinal)], now);
        var (made, notes) = (new List<Payout>(lines.Length), new List<RunNote>());
        foreach (var line in lines)
        {
            var (payout, note) = PayoutOf(store, runId, line, known.GetValueOrDefault((line.AmbassadorId, line.Currency)), now);
            if (payout is not null)
            {
                made.Add(payout);
            }

            if (note is not null)
            {
                notes.Add(new RunNote(line.AmbassadorId, line.Currency, note));
            }
        }

        await PayoutBook.ReserveAsync(tx, store, made, shownAt, actor);
        return notes;
    }

    private static (Payout? Payout, string? Note) PayoutOf(Store store, string runId, RunLine line, Payee? payee, DateTimeOffset now)
    {
        switch (payee is null ? new PayoutDecision.Hold("The balance is gone.") : PayoutDecision.Decide(payee, connected: true))
        {
            case PayoutDecision.Hold hold:
                return (null, $"Not paid: {hold.Why}");

            case PayoutDecision.Pay pay when pay.Destination != line.To:
                return (null, "Not paid: the ambassador's account has changed since the preview, or the way in which they are paid.");

            case PayoutDecision.Pay pay when pay.Net > line.Net:
                var (capped, why) = PayoutOf(store, runId, line, PayoutDecision.Decide(payee!, connected: true, line.Net), now);
                return (capped, why ?? $"{pay.Net - line.Net} came since the preview and stay for the next run.");

            case var decision:
                return PayoutOf(store, runId, line, decision, now);
        }
    }

    private static (Payout? Payout, string? Note) PayoutOf(Store store, string runId, RunLine line, PayoutDecision decision, DateTimeOffset now)
    {
        switch (decision)
        {
            case PayoutDecision.Hold hold:
                return (null, $"Not paid: {hold.Why}");

            // What was approved is the whole amount.
            case PayoutDecision.Pay pay when pay.Amount > line.Amount:
                return (null, $"Not paid: with VAT it is {pay.Amount - line.Amount} more than shown, since what is to be billed has changed; the next run shows it.");

            case PayoutDecision.Pay pay:
                var payout = new Payout(
                    store.Id, Ids.New("po", now), runId, line.AmbassadorId, line.Currency, pay.Amount.Minor, ReversedMinor: 0, pay.Destination.Id,
                    store.Mode, PayoutState.Approved, TransferId: null, Problem: null, now, now, pay.Destination.Provider, VatMinor: pay.VatMinor,
                    VatCase: pay.Bill?.VatCase, VatRateBp: pay.Bill?.RateBp, BillMerchantId: pay.Bill?.MerchantId, BillPayeeId: pay.Bill?.PayeeId);
                return (payout, pay.Net < line.Net ? $"{line.Net - pay.Net} less than shown: the balance has fallen since."
                    : pay.Amount < line.Amount ? $"{line.Amount - pay.Amount} less than shown: there is less VAT in it."
                    : null);

            default:
                throw new UnreachableException();
        }
    }

    // It is stopped until all of it is taken back, so that nothing of it is sent where the program dies meanwhile.
    private const string CancelPreview =
        """
        UPDATE payout_runs
        SET cancelled_at = @now, cancelled_by = @actor, stopped_at = @now, stopped_for = 'cancellation', stopped_currencies = NULL, stop_reason = 'It is cancelled.'
        WHERE store_id = @storeId AND id = @id AND cancelled_at IS NULL
        """;

    private const string EndCancellation =
        """
        UPDATE payout_runs SET stopped_at = NULL, stopped_for = NULL, stop_reason = NULL
        WHERE store_id = @storeId AND id = @id AND stopped_for = 'cancellation'
        """;

    private const string UnsentPayouts = Payout.Columns + " WHERE store_id = @storeId AND run_id = @id AND state = 'approved' ORDER BY id";

    /// <summary>
    /// Takes back all of a run that was not sent yet; its money is payable again. What is on its way stays. Called again, it takes back
    /// what a program that died has left. Null: there is no such run.
    /// </summary>
    public async Task<PayoutRun?> CancelAsync(Store store, string id, string actor, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, id, actor, now = clock.GetUtcNow() };
        await db.DoAsync(CancelPreview, args, cancel);
        var unsent = await db.ManyAsync<Payout>(UnsentPayouts, args, cancel);
        await ShortTransactions.EachAsync(
            db, clock, unsent, (tx, payout) => PayoutBook.CancelledAsync(tx, store, payout, actor, clock.GetUtcNow()), CancellationToken.None);
        await db.DoAsync(EndCancellation, args, CancellationToken.None);
        return await FindAsync(store, id, CancellationToken.None);
    }

    private const string ReadStop = "SELECT stopped_currencies FROM payout_runs WHERE store_id = @storeId AND id = @id AND stopped_for = 'balance'";

    // A person's stop is of everything, and stays one of everything.
    private const string StopRun =
        """
        UPDATE payout_runs SET stopped_at = @now, stopped_for = @cause, stopped_currencies = @currencies, stop_reason = @reason
        WHERE store_id = @storeId AND id = @id AND state = 'approved' AND cancelled_at IS NULL AND (stopped_for IS NULL OR stopped_for = 'balance')
        """;

    private const string ResumeRun =
        """
        UPDATE payout_runs SET stopped_at = NULL, stopped_for = NULL, stopped_currencies = NULL, stop_reason = NULL
        WHERE store_id = @storeId AND id = @id AND stopped_at IS NOT NULL AND cancelled_at IS NULL
        """;

    private const string ReadUnsentAttempts =
        """
        SELECT a.payout_id, a.attempt FROM payouts p
        JOIN payout_attempts a ON a.store_id = p.store_id AND a.payout_id = p.id
        WHERE p.store_id = @storeId AND p.run_id = @id AND p.state = 'approved' AND p.provider <> 'manual'
        """;

    private const string WakeSend =
        """
        UPDATE effects SET due_at = @now
        WHERE store_id = @storeId AND kind IN ('send_transfer', 'send_payout') AND subject = @subject AND state = 'pending' AND lease_id IS NULL AND due_at > @now
        """;

    /// <summary>Holds back what a run has not sent yet.</summary>
    public static async Task<bool> StopAsync(Tx tx, string storeId, string id, string actor, DateTimeOffset now) =>
        await tx.DoAsync(
            StopRun, new { storeId, id, cause = StopCause.Person, currencies = (string?)null, reason = Inbox.Retry.Fit($"{actor} has stopped it."), now }) == 1;

    /// <summary>Holds back what a run has not sent yet in a currency of which the store's Stripe account holds too little.</summary>
    public static async Task StopForMoneyAsync(Tx tx, string storeId, string id, string currency, DateTimeOffset now)
    {
        var stopped = (await tx.OneAsync<string>(ReadStop, new { storeId, id }))?.Split(',') ?? [];
        var currencies = string.Join(',', stopped.Append(currency).Distinct(StringComparer.Ordinal));
        var reason = $"Stripe refused a transfer in {currency} for want of money. {WaitsForMoney}";
        await tx.DoAsync(StopRun, new { storeId, id, cause = StopCause.Balance, currencies, reason, now });
    }

    /// <summary>A stopped run goes on at once. False: it is not stopped.</summary>
    public async Task<bool> ResumeAsync(string storeId, string id, CancellationToken cancel)
    {
        var args = new { storeId, id };
        if (await db.DoAsync(ResumeRun, args, cancel) == 0)
        {
            return false;
        }

        // Those that a crash leaves asleep wake by themselves within the hour.
        var now = clock.GetUtcNow();
        await ShortTransactions.EachAsync(
            db, clock, WakeSend, await db.ManyAsync<Unsent>(ReadUnsentAttempts, args, CancellationToken.None),
            one => [("storeId", storeId), ("subject", PayoutAttempt.SubjectOf(one.PayoutId, one.Attempt)), ("now", now)], CancellationToken.None);
        return true;
    }

    private async Task<List<RunFunding>> FundingAsync(Store store, string runId, List<RunLine> lines, CancellationToken cancel)
    {
        var needs = RunSums.Totals(lines.Where(line => line.To is { Provider: PayoutProvider.Stripe }));
        if (needs.IsEmpty)
        {
            return [];
        }

        var free = await funds.FreeAsync(store, runId, [.. needs.Select(need => need.Currency)], cancel);
        return [.. needs.Select(need => new RunFunding(need.Currency.Code, need.Minor, free[need.Currency.Code]))];
    }

    private async Task<bool> IsConnectedAsync(Store store, CancellationToken cancel) =>
        await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not null;

    private sealed record Unsent(string PayoutId, long Attempt);

    private sealed record RunRow(
        string State, string Preview, string? Result, string? Funding, DateTimeOffset CreatedAt, DateTimeOffset? FirstApprovedAt, string? FirstApprovedBy,
        DateTimeOffset? StoppedAt, string? StoppedFor, string? StopReason, DateTimeOffset? CancelledAt)
    {
        public List<RunLine> Lines => field ??= JsonSerializer.Deserialize(Preview, RunJson.Default.ListRunLine) ?? [];

        public List<RunNote> Notes => Result is null ? [] : JsonSerializer.Deserialize(Result, RunJson.Default.ListRunNote) ?? [];

        public List<RunFunding> NeedsAndFunds => Funding is null ? [] : JsonSerializer.Deserialize(Funding, RunJson.Default.ListRunFunding) ?? [];

        public string ShownState => RunState.Of(State, FirstApprovedBy, StoppedAt, CancelledAt);
    }
}
