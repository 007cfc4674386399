// Payout runs: a preview of who is paid how much, and its approval, which turns each line into a payout.
using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>One line of a preview, as it is kept with the run. Names are read when it is shown, so that they can be erased.</summary>
/// <param name="Minor">What will be paid; else the balance.</param>
/// <param name="Reason">Why not, what stays behind, or why less than the minimum is paid.</param>
internal sealed record RunLine(string AmbassadorId, long Minor, string Currency, bool WillPay, string? Reason, string? Destination)
{
    public Money Amount => new(Minor, Webhooks.Currency.Parse(Currency));
}

/// <summary>What approval made of a line that was to be paid, where that differs from the preview.</summary>
internal sealed record RunNote(string AmbassadorId, string Currency, string Note);

/// <summary>The payout that a line became.</summary>
internal sealed record RunPayout(string Id, string AmbassadorId, string Currency, long AmountMinor);

/// <summary>A run with all that is shown of it.</summary>
/// <param name="State"><c>preview</c> or <c>approved</c>.</param>
/// <param name="Names">By ambassador.</param>
internal sealed record PayoutRun(
    string Id,
    string State,
    IReadOnlyList<RunLine> Lines,
    IReadOnlyList<RunPayout> Payouts,
    IReadOnlyList<RunNote> Notes,
    IReadOnlyDictionary<string, string> Names);

/// <summary>What came of an approval.</summary>
internal abstract record RunApproval
{
    internal sealed record Done(PayoutRun Run) : RunApproval;

    internal sealed record NoSuchRun : RunApproval;

    internal sealed record AlreadyApproved : RunApproval;

    internal sealed record NotConnected : RunApproval;
}

internal sealed class PayoutRuns(Db db, Credentials credentials, TimeProvider clock)
{
    // Ambassadors who have never earned fill no more of a preview than this.
    private const long LinesWithoutBalanceMax = 1000;

    // A run is one document and is approved while the caller waits. Who can be paid comes first and the largest balances
    // before the others, so that the next run shows those whom this one leaves out.
    public const long LinesMax = 5000;

    // Names are asked for in pieces: SQL Server takes no more than 2100 parameters.
    private const int NamesAtOnceMax = 1000;

    // The newest movement of a balance has the greatest id.
    private const string Balances =
        """
        SELECT b.ambassador_id, b.currency, b.amount_minor, a.state, a.stripe_account, p.id AS open_payout_id, c.state AS campaign_state, t.booked_at AS moved_at
        FROM balances b
        LEFT JOIN ambassadors a ON a.store_id = b.store_id AND a.id = b.ambassador_id
        LEFT JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        LEFT JOIN payouts p ON p.store_id = b.store_id AND p.ambassador_id = b.ambassador_id AND p.currency = b.currency
            AND p.state IN ('approved', 'sending', 'unknown')
        LEFT JOIN ledger_transactions t ON t.store_id = b.store_id AND t.id = (SELECT MAX(e.transaction_id) FROM ledger_entries e
            WHERE e.store_id = b.store_id AND e.ambassador_id = b.ambassador_id AND e.account = 'approved' AND e.currency = b.currency)
        WHERE b.store_id = @storeId AND b.account = 'approved' AND b.ambassador_id <> ''
        """;

    private const string BalancesInOrder = Balances +
        """
         ORDER BY CASE WHEN b.amount_minor > 0 AND a.state IN ('approved', 'ended') AND a.stripe_account IS NOT NULL AND p.id IS NULL THEN 0 ELSE 1 END,
            b.amount_minor DESC, b.ambassador_id, b.currency
        """;

    private const string AmbassadorsWithoutBalance =
        """
        SELECT a.id FROM ambassadors a
        WHERE a.store_id = @storeId AND NOT EXISTS (
            SELECT 1 FROM balances b WHERE b.store_id = a.store_id AND b.ambassador_id = a.id AND b.account = 'approved')
        ORDER BY a.id
        """;

    private const string InsertRun =
        """
        INSERT INTO payout_runs (store_id, id, state, preview, created_at, created_by)
        VALUES (@storeId, @id, 'preview', @preview, @now, @actor)
        """;

    /// <summary>Works out who would be paid now and keeps it as a run. No money is reserved.</summary>
    public async Task<PayoutRun> PreviewAsync(Store store, string actor, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var connected = await IsConnectedAsync(store, cancel);
        var lines = (await db.ManyAsync<BalanceRow>($"{BalancesInOrder} {db.Page}", new { storeId = store.Id, take = LinesMax }, cancel))
            .OrderBy(row => row.AmbassadorId, StringComparer.Ordinal).ThenBy(row => row.Currency, StringComparer.Ordinal)
            .Select(row => row.PayeeOf(store, now)).Select(payee => LineOf(payee, PayoutDecision.Decide(payee, connected)))
            .ToList();
        if (Currency.TryParse(store.Currency, out var currency))
        {
            var ids = await db.ManyAsync<string>(
                $"{AmbassadorsWithoutBalance} {db.Page}", new { storeId = store.Id, take = LinesWithoutBalanceMax }, cancel);
            lines.AddRange(ids.Select(id => new Payee(id, Money.Zero(currency), State: null, StripeAccount: null, OpenPayoutId: null))
                .Select(payee => LineOf(payee, PayoutDecision.Decide(payee, connected))));
        }

        var runId = Ids.New("run", now);
        var preview = JsonSerializer.Serialize(lines, RunJson.Default.ListRunLine);
        await db.DoAsync(InsertRun, new { storeId = store.Id, id = runId, preview, now, actor }, cancel);
        return new PayoutRun(runId, "preview", lines, [], [], await NamesAsync(store, lines, cancel));
    }

    private const string ReadRun = "SELECT state, preview, result, created_at FROM payout_runs WHERE store_id = @storeId AND id = @id";

    private const string ReadPayouts =
        "SELECT id, ambassador_id, currency, amount_minor FROM payouts WHERE store_id = @storeId AND run_id = @id ORDER BY id";

    /// <summary>A run of this store, or null.</summary>
    public async Task<PayoutRun?> FindAsync(Store store, string id, CancellationToken cancel)
    {
        if (await db.OneAsync<RunRow>(ReadRun, new { storeId = store.Id, id }, cancel) is not { } row)
        {
            return null;
        }

        var payouts = await db.ManyAsync<RunPayout>(ReadPayouts, new { storeId = store.Id, id }, cancel);
        var notes = row.Result is null ? [] : JsonSerializer.Deserialize(row.Result, RunJson.Default.ListRunNote) ?? [];
        var lines = LinesOf(row);
        return new PayoutRun(id, row.State, lines, payouts, notes, await NamesAsync(store, lines, cancel));
    }

    private const string ApproveRun =
        """
        UPDATE payout_runs SET state = 'approved', approved_at = @now, approved_by = @actor
        WHERE store_id = @storeId AND id = @id AND state = 'preview'
        """;

    private const string KeepResult = "UPDATE payout_runs SET result = @result WHERE store_id = @storeId AND id = @id";

    /// <summary>
    /// Approves a run once. Each line is a transaction of its own, so that intake never waits for a whole run; lines that
    /// a crash leaves behind keep their money approved, and the next run shows them.
    /// </summary>
    public async Task<RunApproval> ApproveAsync(Store store, string id, string actor, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, id, actor, now = clock.GetUtcNow() };
        if (await db.OneAsync<RunRow>(ReadRun, args, cancel) is not { } row)
        {
            return new RunApproval.NoSuchRun();
        }

        if (row.State != "preview")
        {
            return new RunApproval.AlreadyApproved();
        }

        if (!await IsConnectedAsync(store, cancel))
        {
            return new RunApproval.NotConnected();
        }

        if (await db.DoAsync(ApproveRun, args, cancel) == 0)
        {
            return new RunApproval.AlreadyApproved();
        }

        // From here on the caller's going away must not leave a run half done.
        var notes = new List<RunNote>();
        foreach (var line in LinesOf(row).Where(line => line.WillPay))
        {
            if (await ReserveAsync(store, id, line, row.CreatedAt, actor) is { } note)
            {
                notes.Add(new RunNote(line.AmbassadorId, line.Currency, note));
            }
        }

        await db.DoAsync(
            KeepResult, new { storeId = store.Id, id, result = JsonSerializer.Serialize(notes, RunJson.Default.ListRunNote) }, CancellationToken.None);
        return new RunApproval.Done((await FindAsync(store, id, CancellationToken.None))!);
    }

    // Writes nothing new, but holds the row until the commit: whoever else would move this balance waits.
    private const string HoldBalance =
        """
        UPDATE balances SET amount_minor = amount_minor
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND account = 'approved' AND currency = @currency
        """;

    private const string OneBalance = Balances + " AND b.ambassador_id = @ambassadorId AND b.currency = @currency";

    /// <summary>Makes a payout of a line, from what is payable now and never more than was shown. Returns what differs.</summary>
    private async Task<string?> ReserveAsync(Store store, string runId, RunLine line, DateTimeOffset shownAt, string actor)
    {
        try
        {
            return await db.InTransactionAsync(async tx =>
            {
                var now = clock.GetUtcNow();
                var args = new { storeId = store.Id, ambassadorId = line.AmbassadorId, currency = line.Currency };
                await tx.DoAsync(HoldBalance, args);
                var current = await tx.OneAsync<BalanceRow>(OneBalance, args);
                switch (current is null ? new PayoutDecision.Hold("The balance is gone.") : PayoutDecision.Decide(current.PayeeOf(store, now), connected: true))
                {
                    case PayoutDecision.Hold hold:
                        return $"Not paid: {hold.Why}";

                    case PayoutDecision.Pay pay when pay.Destination != line.Destination:
                        return "Not paid: the ambassador's Stripe account has changed since the preview.";

                    case PayoutDecision.Pay pay:
                        var amount = pay.Amount < line.Amount ? pay.Amount : line.Amount;
                        var payout = new Payout(
                            store.Id, Ids.New("po", now), runId, line.AmbassadorId, line.Currency, amount.Minor, ReversedMinor: 0, pay.Destination,
                            store.Mode, PayoutState.Approved, TransferId: null, Problem: null, now, now);
                        await PayoutBook.ReserveAsync(tx, store, payout, shownAt, actor);
                        return amount < line.Amount ? $"{line.Amount - amount} less than shown: the balance has fallen since."
                            : pay.Amount > line.Amount ? $"{pay.Amount - line.Amount} came since the preview and stay for the next run."
                            : null;

                    default:
                        throw new System.Diagnostics.UnreachableException();
                }
            });
        }
        // Another run opened a payout for the same payee at the same moment; rule P1 lets one of them through.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return "Not paid: another payout was opened at the same moment.";
        }
    }

    private const string ReadNames = "SELECT id, name FROM ambassadors WHERE store_id = @storeId AND id IN @ids";

    private async Task<IReadOnlyDictionary<string, string>> NamesAsync(Store store, IReadOnlyList<RunLine> lines, CancellationToken cancel)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var ids in lines.Select(line => line.AmbassadorId).Distinct(StringComparer.Ordinal).Chunk(NamesAtOnceMax))
        {
            foreach (var row in await db.ManyAsync<NameRow>(ReadNames, new { storeId = store.Id, ids }, cancel))
            {
                names[row.Id] = row.Name;
            }
        }

        return names;
    }

    private async Task<bool> IsConnectedAsync(Store store, CancellationToken cancel) =>
        await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not null;

    private static List<RunLine> LinesOf(RunRow row) => JsonSerializer.Deserialize(row.Preview, RunJson.Default.ListRunLine) ?? [];

    private static RunLine LineOf(Payee payee, PayoutDecision decision) => decision switch
    {
        PayoutDecision.Pay pay => new RunLine(payee.AmbassadorId, pay.Amount.Minor, pay.Amount.Currency.Code, true, pay.Note, pay.Destination),
        PayoutDecision.Hold hold => new RunLine(payee.AmbassadorId, payee.Balance.Minor, payee.Balance.Currency.Code, false, hold.Why, null),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private sealed record BalanceRow(
        string AmbassadorId, string Currency, long AmountMinor, string? State, string? StripeAccount, string? OpenPayoutId, string? CampaignState,
        DateTimeOffset? MovedAt)
    {
        public Payee PayeeOf(Store store, DateTimeOffset now) => new(
            AmbassadorId, new Money(AmountMinor, Webhooks.Currency.Parse(Currency)), State, StripeAccount, OpenPayoutId,
            MinimumWaiver.Of(store, State, CampaignState, MovedAt, now));
    }

    private sealed record RunRow(string State, string Preview, string? Result, DateTimeOffset CreatedAt);

    private sealed record NameRow(string Id, string Name);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(List<RunLine>))]
[JsonSerializable(typeof(List<RunNote>))]
internal sealed partial class RunJson : JsonSerializerContext;
