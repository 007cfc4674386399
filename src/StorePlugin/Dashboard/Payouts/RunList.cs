// What is payable, when the next run is made, and the payout runs, newest first.
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Payouts;

/// <param name="Owed">By currency; never one sum over two.</param>
/// <param name="Next">When the schedule makes the next run, and whether that needs a person, as sentences.</param>
/// <param name="Differences">How many differences between the books and Stripe stop approvals, as a sentence; null where none does.</param>
/// <param name="NewId">Of the run that the form prepares, so that a form which is sent twice prepares one.</param>
public sealed record RunListModel(
    Frame Frame, string NewId, IReadOnlyList<OwedRow> Owed, string Next, string? Differences, IReadOnlyList<RunRow> Runs, bool IsFirst, string? NextPath);

/// <param name="Payable">What is approved and in no payout.</param>
/// <param name="UnderWay">What is in payouts that are not settled; null where nothing is.</param>
/// <param name="Below">What stands below zero after refunds (rule K1), without a sign; null where nothing does.</param>
public sealed record OwedRow(string Payable, string? UnderWay, string? Below);

/// <param name="Totals">What it pays, by currency.</param>
/// <param name="Payouts">How many payouts it makes.</param>
public sealed record RunRow(string Path, Moment PreparedAt, string PreparedBy, string? ApprovedBy, Badge State, IReadOnlyList<string> Totals, string Payouts);

/// <summary>What the pages of runs are made of.</summary>
internal sealed record RunSources(
    Db Db, PayoutRuns Runs, Approvers Approvers, PayeeReader Payees, PayoutExports Exports, PayoutSettings Settings, PayoutDifferences Differences, Team Team, TimeProvider Clock)
{
    public async Task<RunReader> ReaderAsync(Visitor visitor, CancellationToken cancel) => new(visitor.Actor, await Team.NamesAsync(visitor.Store, cancel));
}

/// <summary>Whoever reads a page.</summary>
/// <param name="Actor">What they are called in the books.</param>
/// <param name="Team">The names of the store's members, by id.</param>
internal sealed record RunReader(string Actor, IReadOnlyDictionary<string, string> Team);

internal static class RunList
{
    public const string Path = "/dashboard/payouts";

    private const long PageSize = 50;

    // Who is below zero takes nothing from what others are paid.
    private const string SumOwed =
        """
        SELECT currency,
            COALESCE(SUM(CASE WHEN account = 'approved' AND amount_minor > 0 THEN amount_minor ELSE 0 END), 0) AS payable_minor,
            COALESCE(SUM(CASE WHEN account = 'approved' AND amount_minor < 0 THEN -amount_minor ELSE 0 END), 0) AS below_minor,
            COALESCE(SUM(CASE WHEN account = 'in_payout' THEN amount_minor ELSE 0 END), 0) AS under_way_minor
        FROM balances WHERE store_id = @storeId AND ambassador_id <> '' AND account IN ('approved', 'in_payout')
        GROUP BY currency ORDER BY currency
        """;

    private const string Columns =
        "SELECT id, state, created_at, created_by, first_approved_by, approved_by, stopped_at, cancelled_at FROM payout_runs ";

    private const string ReadFirst = Columns + "WHERE store_id = @storeId ORDER BY id DESC";

    private const string ReadAfter = Columns + "WHERE store_id = @storeId AND id < @after ORDER BY id DESC";

    // What came back, or was never sent, is payable again and is no part of what a run pays.
    private const string SumPayouts =
        """
        SELECT run_id, currency, CAST(COUNT(*) AS bigint) AS payouts, COALESCE(SUM(amount_minor), 0) AS amount_minor,
            CAST(COALESCE(SUM(CASE WHEN state IN ('approved', 'sending', 'unknown') THEN 1 ELSE 0 END), 0) AS bigint) AS open_payouts
        FROM payouts WHERE store_id = @storeId AND run_id IN @runIds AND state NOT IN ('refused', 'cancelled')
        GROUP BY run_id, currency ORDER BY run_id, currency
        """;

    public static async Task<RunListModel> ReadAsync(RunSources sources, Visitor visitor, string? after, string? notice, CancellationToken cancel)
    {
        var (db, store) = (sources.Db, visitor.Store);
        var args = new { storeId = store.Id, after, take = PageSize + 1 };
        var owed = await db.ManyAsync<OwedSums>(SumOwed, args, cancel);
        var rows = await db.ManyAsync<Row>((after is null ? ReadFirst : ReadAfter) + " " + db.Page, args, cancel);
        var shown = rows.Take((int)PageSize).ToList();
        var sums = (await db.ManyAsync<PayoutSums>(SumPayouts, new { storeId = store.Id, runIds = new TextList([.. shown.Select(row => row.Id)]) }, cancel))
            .ToLookup(sum => sum.RunId, StringComparer.Ordinal);
        var reader = await sources.ReaderAsync(visitor, cancel);
        var runs = new List<RunRow>(shown.Count);
        foreach (var row in shown)
        {
            runs.Add(await WriteAsync(sources, store, reader, row, [.. sums[row.Id]], cancel));
        }

        var stopping = await sources.Differences.CountStoppingAsync(store, cancel);
        return new RunListModel(
            Frame.OfDashboard(visitor, notice),
            sources.Runs.NewId(),
            owed.Count > 0 ? [.. owed.Select(OwedOf)] : store.Currency is { } currency ? [new OwedRow(Words.Of(0, currency), null, null)] : [],
            await NextAsync(sources, store, cancel),
            stopping == 0 ? null : $"{Words.Count(stopping, "difference", "differences")} between your payouts and Stripe's transfers {(stopping == 1 ? "has" : "have")} to be looked at.",
            runs,
            after is null,
            rows.Count > PageSize ? $"{Path}?after={Uri.EscapeDataString(shown[^1].Id)}" : null);
    }

    /// <summary>The path of a run's page.</summary>
    public static string PathOf(string runId) => $"{Path}/{Uri.EscapeDataString(runId)}";

    private static OwedRow OwedOf(OwedSums sums) => new(
        Words.Of(sums.PayableMinor, sums.Currency),
        sums.UnderWayMinor == 0 ? null : Words.Of(sums.UnderWayMinor, sums.Currency),
        sums.BelowMinor == 0 ? null : Words.Of(sums.BelowMinor, sums.Currency));

    private static async Task<RunRow> WriteAsync(
        RunSources sources, Store store, RunReader reader, Row row, List<PayoutSums> sums, CancellationToken cancel)
    {
        var (totals, payouts) = (sums.Select(sum => Words.Of(sum.AmountMinor, sum.Currency)).ToList(), sums.Sum(sum => sum.Payouts));

        // Only what waits for its approval has no payouts yet: its document says what they would be.
        if (row.ShownState is RunState.Preview or RunState.HalfApproved
            && await sources.Runs.FindDocumentAsync(store, row.Id, cancel) is { } run)
        {
            (totals, payouts) = ([.. RunSums.Totals(run.Lines).Select(Words.Of)], run.Lines.Count(line => line.WillPay));
        }

        return new RunRow(
            PathOf(row.Id),
            new StoreTime(store).At(row.CreatedAt),
            RunWords.Who(row.CreatedBy, reader),
            row.ApprovedBy is null ? null : RunWords.Who(row.ApprovedBy, reader),
            RunWords.OfRun(row.ShownState, sums.Sum(sum => sum.OpenPayouts) == 0, payouts == 0),
            totals,
            Words.Of(payouts));
    }

    private const string CountScheduled =
        "SELECT CAST(COUNT(*) AS bigint) FROM payout_runs WHERE store_id = @storeId AND scheduled_day = @day";

    private static async Task<string> NextAsync(RunSources sources, Store store, CancellationToken cancel)
    {
        var settled = await sources.Settings.FindAsync(store, cancel);
        if (settled is not { Schedule: { } schedule, ScheduleDay: { } scheduleDay })
        {
            return "There is no schedule: a run is made when you prepare one.";
        }

        var today = LocalDay.Of(store, sources.Clock.GetUtcNow());
        var due = PayoutSchedule.Due(today, schedule, (int)scheduleDay);
        var made = await sources.Db.OneAsync<long>(CountScheduled, new { storeId = store.Id, day = LocalDay.Number(due) }, cancel);

        // What fell due before today and was not made is not made up for: the schedule is younger.
        var next = made == 0 && due == today ? due : schedule == SettledPayouts.Weekly ? due.AddDays(7) : due.AddMonths(1);
        var approval = settled.ApproveAloneToMinor is { } alone && store.Currency is { } currency
            ? $"Up to {Words.Of(alone, currency)} it is approved by itself, unless something about it is odd; above that it waits for you."
            : "It waits for your approval then.";
        return $"The next one is prepared on {Words.Day(next)} by the {schedule} schedule. {approval}";
    }

    private sealed record Row(
        string Id, string State, DateTimeOffset CreatedAt, string CreatedBy, string? FirstApprovedBy, string? ApprovedBy, DateTimeOffset? StoppedAt,
        DateTimeOffset? CancelledAt)
    {
        public string ShownState => RunState.Of(State, FirstApprovedBy, StoppedAt, CancelledAt);
    }

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record OwedSums
    {
        public string Currency { get; init; } = "";

        public long PayableMinor { get; init; }

        public long BelowMinor { get; init; }

        public long UnderWayMinor { get; init; }
    }

    private sealed record PayoutSums
    {
        public string RunId { get; init; } = "";

        public string Currency { get; init; } = "";

        public long Payouts { get; init; }

        public long AmountMinor { get; init; }

        public long OpenPayouts { get; init; }
    }
}
