// One payout run: what it pays, what holds it up, how far it is, what can be done with it, and each of its lines.
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.Payouts;

/// <param name="Path">Of this page; what can be done has paths that go on from it.</param>
/// <param name="Facts">Who has prepared, approved, stopped and cancelled it.</param>
/// <param name="Totals">What it pays, by currency; without what came back or was never sent.</param>
/// <param name="Funding">What it needs at Stripe, as it was when somebody last looked.</param>
/// <param name="Progress">Null before it is approved.</param>
/// <param name="Stop">Why it waits, and what one can do; null where it does not.</param>
/// <param name="Approval">What approving it does; null where it is not to be approved.</param>
/// <param name="Cancellation">What cancelling it does; null where there is nothing to cancel.</param>
/// <param name="Files">Null where nothing of it goes by file.</param>
/// <param name="Problem">Why what was asked for did not happen; null where nothing was.</param>
public sealed record RunModel(
    Frame Frame,
    string Path,
    Moment PreparedAt,
    Badge State,
    IReadOnlyList<RunFact> Facts,
    IReadOnlyList<string> Totals,
    string Payees,
    IReadOnlyList<RunFundingRow> Funding,
    RunProgress? Progress,
    RunStop? Stop,
    RunApprovalOffer? Approval,
    bool CanStop,
    bool CanGoOn,
    string? Cancellation,
    RunFiles? Files,
    RunReport? Report,
    RunLines Lines,
    string? Problem);

/// <param name="At">Null where only the person is known.</param>
public sealed record RunFact(string What, string? Who, Moment? At);

/// <param name="Available">Null where Stripe did not tell.</param>
/// <param name="Missing">Null where nothing is.</param>
public sealed record RunFundingRow(string Need, string? Available, string? Missing);

/// <param name="Ended">How many payouts of all have come to an end, well or not.</param>
public sealed record RunProgress(long Ended, long All, IReadOnlyList<string> Counts);

public sealed record RunStop(string Why, string Remedy);

/// <param name="Sentences">What will happen.</param>
/// <param name="Button">Null where whoever reads the page cannot approve it.</param>
public sealed record RunApprovalOffer(IReadOnlyList<string> Sentences, string? Button);

/// <param name="Waiting">How many payouts are in no file yet.</param>
/// <param name="Hint">Why there is no form, or what it lacks; null where nothing is to be said.</param>
public sealed record RunFiles(long Waiting, IReadOnlyList<RunFileOffer> Offers, string? Hint, IReadOnlyList<RunExportRow> Exports, bool TakesResults);

/// <param name="Value">A format, and behind a blank the currency where the file holds one only.</param>
public sealed record RunFileOffer(string Value, string Text);

/// <param name="Settled">How many of its payouts have come to an end; null for none.</param>
public sealed record RunExportRow(string Path, string Format, Moment MadeAt, string MadeBy, string Payouts, IReadOnlyList<string> Sums, string? Settled);

/// <summary>What came of a file with results.</summary>
public sealed record RunReport(IReadOnlyList<string> Counts, IReadOnlyList<RunFinding> Findings, long MoreFindings);

public sealed record RunFinding(string Line, string Text);

/// <param name="From">The place of the first line shown, from 1 on; 0 where there is none.</param>
public sealed record RunLines(IReadOnlyList<RunTab> Tabs, IReadOnlyList<RunLineRow> Rows, string From, string To, string All, string? BeforePath, string? NextPath);

public sealed record RunTab(string Text, string Count, string Path, bool IsShown);

/// <param name="Path">Of the ambassador's page; null where they were erased.</param>
/// <param name="Notes">Why not, what stays behind, what approval made of it, what is wrong with the payout.</param>
/// <param name="Warning">What a person should look at first.</param>
public sealed record RunLineRow(string? Path, string Name, string Amount, string? Way, Badge State, IReadOnlyList<string> Notes, string? Warning);

internal static class RunDetail
{
    private const int LinesShown = 100;
    private const int FindingsShown = 200;
    private const long ExportsShown = 100;

    private const string ShowPaid = "paid";
    private const string ShowNotPaid = "not-paid";
    private const string ShowOdd = "look";

    private const string ReadFacts =
        """
        SELECT created_at, created_by, first_approved_at, first_approved_by, approved_at, approved_by, stopped_at, cancelled_at, cancelled_by
        FROM payout_runs WHERE store_id = @storeId AND id = @id
        """;

    private const string ReadPayouts = Payout.Columns + " WHERE store_id = @storeId AND run_id = @id ORDER BY id";

    private const string ReadOpenManual =
        """
        SELECT m.kind, p.currency, p.state, CAST(COUNT(*) AS bigint) AS payouts FROM payouts p
        JOIN payout_methods m ON m.store_id = p.store_id AND m.id = p.destination
        WHERE p.store_id = @storeId AND p.run_id = @id AND p.provider = 'manual' AND p.state IN ('approved', 'sending', 'unknown')
        GROUP BY m.kind, p.currency, p.state ORDER BY m.kind, p.currency, p.state
        """;

    /// <summary>The page of a run of this store; null where there is no such run.</summary>
    public static async Task<RunModel?> ReadAsync(
        RunSources sources, Visitor visitor, string id, RunView view, string? problem, ResultsReport? report, CancellationToken cancel)
    {
        var (store, args) = (visitor.Store, new { storeId = visitor.Store.Id, id });
        if (await sources.Runs.FindDocumentAsync(store, id, cancel) is not { } run
            || await sources.Db.OneAsync<FactsRow>(ReadFacts, args, cancel) is not { } facts)
        {
            return null;
        }

        var payouts = await sources.Db.ManyAsync<Payout>(ReadPayouts, args, cancel);
        var unsent = payouts.Where(payout => payout.State == PayoutState.Approved).ToList();
        var isShown = run.State is RunState.Preview or RunState.HalfApproved;
        var paid = payouts.Where(IsPaid).ToList();
        var reader = await sources.ReaderAsync(visitor, cancel);
        return new RunModel(
            Frame.OfDashboard(visitor, view.Notice),
            RunList.PathOf(id),
            new StoreTime(store).At(run.CreatedAt),
            RunWords.OfRun(run.State, !payouts.Any(payout => payout.IsOpen), !run.Lines.Any(line => line.WillPay)),
            FactsOf(facts, reader, new StoreTime(store)),
            isShown ? [.. RunSums.Totals(run.Lines).Select(Words.Of)] : SumsOf(paid),
            PayeesOf(isShown ? run.Lines.Where(line => line.WillPay).Select(line => line.AmbassadorId) : paid.Select(payout => payout.AmbassadorId)),
            [.. run.Funding.Select(FundingOf)],
            facts.ApprovedAt is null ? null : ProgressOf(payouts),
            run.State == RunState.Stopped ? StopOf(run) : null,
            isShown ? await ApprovalOfAsync(sources, visitor, run, reader, cancel) : null,
            run.State == RunState.Approved && unsent.Count > 0,
            run.State == RunState.Stopped,
            CancellationOf(run.State, unsent),
            await FilesOfAsync(sources, visitor, run, payouts, cancel),
            report is null ? null : ReportOf(report),
            await LinesOfAsync(sources, store, run, facts.ApprovedAt is not null, payouts, view, reader, cancel),
            problem);
    }

    /// <summary>Whether a payout's money is with the payee or on its way; else it is payable again.</summary>
    private static bool IsPaid(Payout payout) => payout.State is not (PayoutState.Refused or PayoutState.Cancelled);

    private static ImmutableArray<string> SumsOf(IEnumerable<Payout> payouts) =>
    [
        .. payouts.GroupBy(payout => payout.Currency, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => Words.Of(group.Aggregate(Money.Zero(Currency.Parse(group.Key)), (sum, payout) => sum + payout.Amount))),
    ];

    private static string PayeesOf(IEnumerable<string> ambassadorIds) =>
        Words.Count(ambassadorIds.Distinct(StringComparer.Ordinal).LongCount(), "payee", "payees");

    private static List<RunFact> FactsOf(FactsRow facts, RunReader reader, StoreTime time)
    {
        var shown = new List<RunFact> { new("Prepared", RunWords.Who(facts.CreatedBy, reader), time.At(facts.CreatedAt)) };
        Add(facts.FirstApprovedBy is not null && facts.FirstApprovedBy != facts.ApprovedBy, "First approval", facts.FirstApprovedBy, facts.FirstApprovedAt);
        Add(facts.ApprovedAt is not null, "Approved", facts.ApprovedBy, facts.ApprovedAt);
        Add(facts.StoppedAt is not null && facts.CancelledAt is null, "Stopped", null, facts.StoppedAt);
        Add(facts.CancelledAt is not null, "Cancelled", facts.CancelledBy, facts.CancelledAt);
        return shown;

        void Add(bool isSo, string what, string? who, DateTimeOffset? at)
        {
            if (isSo)
            {
                shown.Add(new RunFact(what, who is null ? null : RunWords.Who(who, reader), time.At(at)));
            }
        }
    }

    private static RunFundingRow FundingOf(RunFunding funding) => new(
        Words.Of(funding.NeedMinor, funding.Currency),
        funding.AvailableMinor is { } available ? Words.Of(available, funding.Currency) : null,
        funding.IsShort ? Words.Of(funding.NeedMinor - funding.AvailableMinor!.Value, funding.Currency) : null);

    private static RunProgress ProgressOf(IReadOnlyList<Payout> payouts) => new(
        payouts.LongCount(payout => !payout.IsOpen),
        payouts.Count,
        [
            .. payouts.CountBy(payout => RunWords.OfPayout(payout.ShownState, payout.Provider).Text, StringComparer.Ordinal)
                .OrderByDescending(count => count.Value).ThenBy(count => count.Key, StringComparer.Ordinal)
                .Select(count => $"{count.Key}: {Words.Of(count.Value)}"),
        ]);

    private static RunStop StopOf(PayoutRun run) => run.WaitsFor == StopCause.Balance
        ? new RunStop(
            run.Stop ?? "Money is missing at Stripe.",
            "Top up your Stripe balance, or let payments through Stripe fill it. It is looked at once a minute. Who lets the run go on before "
            + "risks that Stripe refuses a payee, who is then paid by the next run.")
        : new RunStop("A person has stopped it. Nothing more is sent, and no file is made.", "It waits until somebody lets it go on, or cancels it.");

    private static async Task<RunApprovalOffer> ApprovalOfAsync(RunSources sources, Visitor visitor, PayoutRun run, RunReader reader, CancellationToken cancel)
    {
        var store = visitor.Store;
        var paid = run.Lines.Where(line => line.WillPay).ToList();
        if (paid.Count == 0)
        {
            return new RunApprovalOffer(["The run pays nobody; each line says why. There is nothing to approve."], null);
        }

        var sentences = new List<string>
        {
            $"Approving it reserves {string.Join(" and ", RunSums.Totals(paid).Select(Words.Of))} for {PayeesOf(paid.Select(line => line.AmbassadorId))}.",
        };
        foreach (var way in paid.GroupBy(line => line.To?.Provider ?? PayoutProvider.Stripe, StringComparer.Ordinal).OrderBy(way => way.Key, StringComparer.Ordinal))
        {
            sentences.Add(WayOf(way.Key, way.Count()));
        }

        sentences.Add("Nobody is paid more than is shown here; who can be paid less by then, or not at all, is named in the lines.");
        if (paid.Count(line => line.Warning is not null) is > 0 and var odd)
        {
            sentences.Add($"{Words.Count(odd, "line should", "lines should")} be looked at first.");
        }

        if (run.Funding.Any(funding => funding.IsShort))
        {
            sentences.Add("Your Stripe account does not hold enough: what is approved waits there until it does, and then goes on by itself.");
        }

        if (paid.Exists(line => line.To is { Provider: PayoutProvider.Stripe }) && await sources.Differences.CountStoppingAsync(store, cancel) is > 0 and var differences)
        {
            var areThere = Words.Count(differences, "difference", "differences");
            sentences.Add($"It cannot be approved yet: {areThere} between your payouts and Stripe's transfers {(differences == 1 ? "has" : "have")} to be looked at first.");
            return new RunApprovalOffer(sentences, null);
        }

        if (!await sources.Runs.NeedsTwoAsync(store, run.Lines, cancel))
        {
            return new RunApprovalOffer(sentences, "Approve and pay");
        }

        if (await sources.Approvers.IsPaidAsync(store, reader.Actor, run.Lines, cancel))
        {
            sentences.Add("By its sum or its currency this run takes two people, and it pays you: two others approve it.");
            return new RunApprovalOffer(sentences, null);
        }

        if (run.FirstApprovedBy is not { } first)
        {
            sentences.Add("By its sum or its currency this run takes two people. Yours is the first approval, and reserves nothing yet.");
            return new RunApprovalOffer(sentences, "Approve as the first of two");
        }

        var (said, button) = await sources.Approvers.JudgeAsync(store, first, run.FirstApprovedAt!.Value, reader.Actor, visitor.SignedInAt, cancel) switch
        {
            SecondApproval.Counts => ($"It was approved by {RunWords.Who(first, reader)}; yours is the second approval.", "Approve as the second, and pay"),
            SecondApproval.CountsAlone => ("Nobody else of your team may approve it, and you have signed in anew since your first approval: confirm it.", "Confirm it, and pay"),
            SecondApproval.NeedsSignIn => (
                $"Nobody else of your team may approve it. Sign out and in again by a new link, and confirm it here within {Visitor.Freshness.TotalMinutes:0} minutes.", null),
            _ when first == reader.Actor => ("You have approved it; another one has to, whom an owner adds to the team.", null),
            _ => ("Another session has approved it that tells no more than yours who it is; a person has to whom an owner adds to the team.", null),
        };
        sentences.Add($"It takes two people. {said}");
        return new RunApprovalOffer(sentences, button);
    }

    private static string WayOf(string provider, int payouts) => provider switch
    {
        PayoutProvider.Stripe => $"{Words.Count(payouts, "payout goes", "payouts go")} from your Stripe account at once.",
        PayoutProvider.Manual => $"{Words.Count(payouts, "payout goes", "payouts go")} by a file that you make here afterwards, and pay.",
        PayoutProvider.StoreCredit => $"{Words.Count(payouts, "payout is", "payouts are")} given as store credit at once.",
        PayoutProvider.DiscountCode => $"{Words.Count(payouts, "payout is", "payouts are")} given as discount codes at once.",
        _ => $"{Words.Count(payouts, "payout goes", "payouts go")} by {provider}.",
    };

    private static string? CancellationOf(string state, List<Payout> unsent) => state switch
    {
        RunState.Preview or RunState.HalfApproved => "Cancelling it ends this preview. Nothing is reserved, so that nothing has to be taken back.",
        RunState.Approved or RunState.Stopped when unsent.Count > 0 =>
            $"Cancelling it takes back what is not sent: {string.Join(" and ", SumsOf(unsent))} in {Words.Count(unsent.Count, "payout", "payouts")}, "
            + "payable again in the next run. What was sent stays, and the run cannot be taken up again.",
        _ => null,
    };

    private static async Task<RunFiles?> FilesOfAsync(
        RunSources sources, Visitor visitor, PayoutRun run, IReadOnlyList<Payout> payouts, CancellationToken cancel)
    {
        if (!payouts.Any(payout => payout.Provider == PayoutProvider.Manual))
        {
            return null;
        }

        var open = await sources.Db.ManyAsync<OpenManual>(ReadOpenManual, new { storeId = visitor.Store.Id, id = run.Id }, cancel);
        var settled = await sources.Settings.FindAsync(visitor.Store, cancel);
        var (time, reader) = (new StoreTime(visitor.Store), await sources.ReaderAsync(visitor, cancel));
        var exports = await sources.Exports.ListAsync(visitor.Store, run.Id, after: "", ExportsShown, cancel) ?? [];
        var isHeld = run.State == RunState.Cancelled || (run.State == RunState.Stopped && run.WaitsFor != StopCause.Balance);
        var lacksDebtor = settled.DebtorMasked is null && open.Any(IsSepa);
        return new RunFiles(
            open.Where(row => row.State == PayoutState.Approved).Sum(row => row.Payouts),
            isHeld ? [] : OffersOf(open, settled.DebtorMasked is not null),
            open.Count == 0 ? "Each payout that goes by file has come to an end."
                : isHeld ? "The run was stopped: no file is made of it."
                : lacksDebtor ? "A SEPA credit transfer needs the account that pays. For now it is named through the program's API: PUT /api/v1/payout-settings."
                : null,
            [
                .. exports.Reverse().Select(export => new RunExportRow(
                    $"{RunList.PathOf(run.Id)}/exports/{Uri.EscapeDataString(export.Id)}/file",
                    FormatOf(export.File),
                    time.At(export.MadeAt),
                    RunWords.Who(export.MadeBy, reader),
                    Words.Count(export.RowCount, "payout", "payouts"),
                    [.. (JsonSerializer.Deserialize(export.Sums, SumsJson.Default.ListAmount) ?? []).Select(sum => Words.Of(sum.Minor, sum.Currency))],
                    export.Settled == 0 ? null : $"{Words.Count(export.Settled, "of them has", "of them have")} come to an end: who pays the whole file again pays twice.")),
            ],
            TakesResults: open.Count > 0 || exports.Count > 0);
    }

    /// <summary>The files that can be made of what is open. One that holds a single currency is offered for each.</summary>
    private static List<RunFileOffer> OffersOf(IReadOnlyList<OpenManual> open, bool hasDebtor)
    {
        var offers = new List<RunFileOffer>();
        offers.AddRange(open.Where(row => row.Kind == PayoutKind.PayPal).Select(row => row.Currency).Distinct(StringComparer.Ordinal)
            .Select(currency => new RunFileOffer($"{PayoutFile.PayPal.Name} {currency}", $"{FormatOf(PayoutFile.PayPal)}, {currency}")));
        if (hasDebtor && open.Any(IsSepa))
        {
            offers.Add(new RunFileOffer($"{PayoutFile.Sepa.Name} {Sepa}", FormatOf(PayoutFile.Sepa)));
        }

        if (open.Any(row => row.Kind == PayoutKind.Iban))
        {
            offers.Add(new RunFileOffer(PayoutFile.Wise.Name, FormatOf(PayoutFile.Wise)));
        }

        if (open.Count > 0)
        {
            offers.Add(new RunFileOffer(PayoutFile.Plain.Name, FormatOf(PayoutFile.Plain)));
        }

        return offers;
    }

    private const string Sepa = "EUR";

    private static bool IsSepa(OpenManual row) => row is { Kind: PayoutKind.Iban, Currency: Sepa };

    private static string FormatOf(PayoutFile file) =>
        file == PayoutFile.PayPal ? "PayPal mass payment (CSV)"
        : file == PayoutFile.Sepa ? "SEPA credit transfer for your bank (pain.001)"
        : file == PayoutFile.Wise ? "Wise batch to bank accounts (CSV)"
        : file == PayoutFile.Plain ? "List to pay by hand (CSV)"
        : file.Name;

    private static RunReport ReportOf(ResultsReport report) => new(
        [
            $"Lines read: {Words.Of(report.Rows)}",
            $"Paid: {Words.Of(report.Paid)}",
            $"Not paid, payable again: {Words.Of(report.Failed)}",
            $"Still under way: {Words.Of(report.Waiting)}",
            $"Known before: {Words.Of(report.Unchanged)}",
            $"Against the books: {Words.Of(report.Contradictions)}",
        ],
        [.. report.Findings.Take(FindingsShown).Select(finding => new RunFinding(
            Words.Of(finding.Line), finding.Column.Length == 0 ? finding.Text : $"{finding.Column}: {finding.Text}"))],
        Math.Max(0, report.Findings.Count - FindingsShown));

    private static async Task<RunLines> LinesOfAsync(
        RunSources sources, Store store, PayoutRun run, bool wasApproved, IReadOnlyList<Payout> payouts, RunView view, RunReader reader,
        CancellationToken cancel)
    {
        var byLine = payouts.ToDictionary(payout => (payout.AmbassadorId, payout.Currency));
        var notes = run.Notes.ToDictionary(note => (note.AmbassadorId, note.Currency), note => note.Note);
        var (paid, notPaid, odd) = (new List<RunLine>(), new List<RunLine>(), new List<RunLine>());
        foreach (var line in run.Lines)
        {
            var payout = PayoutOf(line);
            (line.WillPay && (!wasApproved || (payout is not null && IsPaid(payout))) ? paid : notPaid).Add(line);
            if (line.Warning is not null || (payout is not null && IsOdd(payout)))
            {
                odd.Add(line);
            }
        }

        var path = RunList.PathOf(run.Id);
        var (show, chosen) = view.Show switch
        {
            ShowPaid => (ShowPaid, paid),
            ShowNotPaid => (ShowNotPaid, notPaid),
            ShowOdd => (ShowOdd, odd),
            _ => ("", run.Lines),
        };
        var from = (int)Math.Clamp(view.From ?? 0, 0, chosen.Count);
        var shown = chosen.Skip(from).Take(LinesShown).ToList();
        var names = await sources.Payees.NamesAsync(store, shown.Select(line => line.AmbassadorId), cancel);
        return new RunLines(
            [
                Tab("All", "", run.Lines.Count), Tab(wasApproved ? "Payouts" : "To be paid", ShowPaid, paid.Count),
                Tab("Not paid", ShowNotPaid, notPaid.Count), Tab("Needs a look", ShowOdd, odd.Count),
            ],
            [.. shown.Select(Write)],
            Words.Of(shown.Count == 0 ? 0 : from + 1),
            Words.Of(from + shown.Count),
            Words.Of(chosen.Count),
            from == 0 ? null : PathOf(show, Math.Max(0, from - LinesShown)),
            from + shown.Count < chosen.Count ? PathOf(show, from + LinesShown) : null);

        Payout? PayoutOf(RunLine line) => byLine.GetValueOrDefault((line.AmbassadorId, line.Currency));

        RunTab Tab(string text, string word, int count) => new(text, Words.Of(count), PathOf(word, 0), show == word);

        string PathOf(string word, int first)
        {
            var query = new List<string>();
            if (word.Length > 0)
            {
                query.Add($"show={word}");
            }

            if (first > 0)
            {
                query.Add(string.Create(CultureInfo.InvariantCulture, $"from={first}"));
            }

            return $"{path}{(query.Count == 0 ? "" : "?")}{string.Join('&', query)}#lines";
        }

        RunLineRow Write(RunLine line)
        {
            var (payout, name) = (PayoutOf(line), names.GetValueOrDefault(line.AmbassadorId));
            string?[] said =
            [
                line.Reason, notes.GetValueOrDefault((line.AmbassadorId, line.Currency)), payout?.Problem, payout?.BankProblem,
                wasApproved && line.WillPay && payout is null && !notes.ContainsKey((line.AmbassadorId, line.Currency))
                    ? "No payout was made of it; the next run shows what is payable then." : null,
            ];
            return new RunLineRow(
                name is null ? null : DashboardEndpoints.PathOf(line.AmbassadorId),
                name ?? "Somebody who was erased",
                Words.Of(payout?.Amount ?? line.Amount),
                (payout?.Provider ?? line.To?.Provider) is { } provider ? RunWords.Way(provider) : null,
                payout is not null ? RunWords.OfPayout(payout.ShownState, payout.Provider)
                    : line.WillPay && !wasApproved && run.State != RunState.Cancelled ? new Badge("approved", "To be paid")
                    : new Badge("none", "Not paid"),
                [.. said.OfType<string>().Select(text => RunWords.Said(text, reader))],
                line.Warning);
        }
    }

    /// <summary>Whether a payout went otherwise than it should. What is noted of one in a file is only that it takes its time.</summary>
    private static bool IsOdd(Payout payout) =>
        payout.BankState == BankState.Failed
        || payout.State == PayoutState.Refused
        || (payout.State == PayoutState.Unknown && payout.Provider != PayoutProvider.Manual)
        || (payout.Problem is not null && !payout.IsOpen && payout.State != PayoutState.Cancelled);

    private sealed record FactsRow(
        DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? FirstApprovedAt, string? FirstApprovedBy, DateTimeOffset? ApprovedAt, string? ApprovedBy,
        DateTimeOffset? StoppedAt, DateTimeOffset? CancelledAt, string? CancelledBy);

    // By properties, not by position: SQLite has no type for a counted column when there is no row.
    private sealed record OpenManual
    {
        public string Kind { get; init; } = "";

        public string Currency { get; init; } = "";

        public string State { get; init; } = "";

        public long Payouts { get; init; }
    }
}

/// <summary>What of a run's page is asked for.</summary>
/// <param name="Show">Which lines; null, or a word of no tab: all.</param>
/// <param name="From">How many of them come before the first that is shown.</param>
/// <param name="Notice">A word of <see cref="Frame"/>.</param>
internal sealed record RunView(string? Show = null, long? From = null, string? Notice = null);
