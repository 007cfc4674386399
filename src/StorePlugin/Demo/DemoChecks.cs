// Whether the demo's books are in order: the ledger within itself, against the shop's own books, and against Stripe's.
using StorePlugin.Data;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Demo;

/// <summary>One check of a store: what was looked at, how much of it, and what was found wrong.</summary>
internal sealed record DemoCheck(string What, string Extent, IReadOnlyList<string> Findings);

/// <summary>
/// The invariants are those of every store in the database: whoever runs the demo again learns what has become of the
/// earlier ones. All else is compared with the simulation, and reads this store's rows only.
/// </summary>
internal sealed class DemoChecks(Db db, Verify verify, Rebuild rebuild, TimeProvider clock, Simulated simulated)
{
    private readonly Currency _currency = Currency.Parse(simulated.Store.Currency);

    public async Task<IReadOnlyList<DemoCheck>> RunAsync(CancellationToken cancel) =>
    [
        await InvariantsAsync(cancel),
        await RebuildAsync(cancel),
        await BooksAsync(cancel),
        await DeliveriesAsync(cancel),
        await EffectsAsync(cancel),
        await ClicksAsync(cancel),
        await PayoutsAsync(cancel),
    ];

    private const string Transactions = "SELECT id AS name, booked_at AS amount FROM ledger_transactions WHERE store_id = @storeId";

    private async Task<DemoCheck> InvariantsAsync(CancellationToken cancel)
    {
        var transactions = await ManyAsync<Named>(Transactions, cancel);
        var findings = await verify.RunAsync(storeId: null, cancel);
        return new DemoCheck(
            "The ledger, orders and receipts hold every invariant of verify",
            $"{Invariants.All.Length + 1} invariants of every store, {transactions.Count:N0} transactions of this one",
            [.. findings.Select(finding => finding.ToString())]);
    }

    private async Task<DemoCheck> RebuildAsync(CancellationToken cancel)
    {
        var report = await rebuild.RunAsync(simulated.Store.Id, say: _ => { }, cancel);
        return new DemoCheck(
            "The event log, replayed, gives exactly the ledger and the receipts that stand",
            $"{report.Orders:N0} orders",
            [.. report.Findings.Select(finding => finding.ToString())]);
    }

    private const string Earned =
        """
        SELECT ambassador_id AS name, COALESCE(SUM(amount_minor), 0) AS amount FROM ledger_entries
        WHERE store_id = @storeId AND ambassador_id <> '' GROUP BY ambassador_id
        """;

    private const string Credited =
        """
        SELECT ambassador_id AS name, commission_minor AS amount FROM orders
        WHERE store_id = @storeId AND ambassador_id IS NOT NULL AND paid_at IS NOT NULL
        """;

    private async Task<DemoCheck> BooksAsync(CancellationToken cancel)
    {
        var credited = (await ManyAsync<Named>(Credited, cancel)).CountBy(row => row.Name).ToDictionary(StringComparer.Ordinal);
        var earned = (await ManyAsync<Named>(Earned, cancel)).ToDictionary(row => row.Name, row => row.Amount, StringComparer.Ordinal);
        var findings = new List<string>();
        for (var i = 0; i < simulated.Ambassadors.Count; i++)
        {
            var ambassador = simulated.Ambassadors[i];
            var (ledger, books) = (earned.GetValueOrDefault(ambassador.Id), simulated.Books.CommissionMinor(i));
            if (ledger != books)
            {
                findings.Add($"{ambassador.Plan.Name}: the ledger holds {Text(ledger)}, by the shop's own books it should be {Text(books)}.");
            }

            var (orders, brought) = (credited.GetValueOrDefault(ambassador.Id), simulated.Books.OrderCount(i));
            if (orders != brought)
            {
                findings.Add($"{ambassador.Plan.Name} is credited with {orders} orders and brought {brought} by the shop's own books.");
            }
        }

        return new DemoCheck("The ledger agrees with the shop's own books", $"{simulated.Ambassadors.Count} ambassadors", findings);
    }

    private const string Deliveries =
        """
        SELECT state AS name, CAST(COUNT(*) AS bigint) AS amount FROM deliveries
        WHERE store_id = @storeId AND source = 'rehearsal' GROUP BY state
        """;

    private async Task<DemoCheck> DeliveriesAsync(CancellationToken cancel)
    {
        var states = (await ManyAsync<Named>(Deliveries, cancel)).ToDictionary(row => row.Name, row => row.Amount, StringComparer.Ordinal);
        var (done, acknowledged) = (states.GetValueOrDefault("done"), simulated.Acknowledged.Count);
        return new DemoCheck(
            "Every acknowledged delivery was processed",
            $"{acknowledged:N0} deliveries",
            done == acknowledged
                ? []
                : [$"{acknowledged} deliveries were acknowledged and {done} are done ({states.GetValueOrDefault("pending")} pending, {states.GetValueOrDefault("dead")} dead)."]);
    }

    // Without what is only scheduled: the mails about yesterday, where the demo ends before eight in the morning.
    private const string Effects =
        """
        SELECT state AS name, CAST(COUNT(*) AS bigint) AS amount FROM effects
        WHERE store_id = @storeId AND (state <> 'pending' OR due_at <= @now OR lease_id IS NOT NULL OR outcome IS NOT NULL)
        GROUP BY state
        """;

    private async Task<DemoCheck> EffectsAsync(CancellationToken cancel)
    {
        var states = await ManyAsync<Named>(Effects, cancel);
        return new DemoCheck(
            "Every code, transfer and mail that was due was made",
            $"{states.Sum(state => state.Amount):N0} effects",
            [.. states.Where(state => state.Name != "done").Select(state => $"{state.Amount} effects are {state.Name}.")]);
    }

    // Counted here: an aggregate over no rows has no type on SQLite.
    private const string Clicks =
        "SELECT ambassador_id AS name, at AS amount FROM clicks WHERE store_id = @storeId";

    private async Task<DemoCheck> ClicksAsync(CancellationToken cancel)
    {
        var kept = (await ManyAsync<Named>(Clicks, cancel)).CountBy(row => row.Name).ToDictionary(StringComparer.Ordinal);
        return new DemoCheck(
            "Every click was recorded once",
            $"{simulated.Clicks.Values.Sum():N0} clicks",
            [.. simulated.Ambassadors
                .Select(ambassador => (ambassador.Plan.Name, Made: simulated.Clicks.GetValueOrDefault(ambassador.Id), Kept: kept.GetValueOrDefault(ambassador.Id)))
                .Where(row => row.Made != row.Kept)
                .Select(row => $"{row.Name}: {row.Made} clicks were made and {row.Kept} are recorded.")]);
    }

    private const string Payouts =
        """
        SELECT id AS name, amount_minor AS amount FROM payouts WHERE store_id = @storeId AND state = 'sent'
        """;

    private const string OtherPayouts =
        "SELECT state AS name, amount_minor AS amount FROM payouts WHERE store_id = @storeId AND state <> 'sent'";

    private const string Transfers =
        """
        SELECT COALESCE(transfer_group, '') AS name, amount FROM rehearsal_transfers WHERE store_id = @storeId
        """;

    // Euro and cent are the same to Stripe and to us, so that amounts can be compared as they are.
    private async Task<DemoCheck> PayoutsAsync(CancellationToken cancel)
    {
        var payouts = await ManyAsync<Named>(Payouts, cancel);
        var transfers = await ManyAsync<Named>(Transfers, cancel);
        var findings = (await ManyAsync<Named>(OtherPayouts, cancel)).Select(row => $"A payout of {Text(row.Amount)} is {row.Name}.").ToList();
        if (payouts.Count != transfers.Count || !payouts.ToHashSet().SetEquals(transfers))
        {
            findings.Add($"{payouts.Count} payouts were sent and Stripe's counterpart holds {transfers.Count} transfers, or their amounts differ.");
        }

        return new DemoCheck(
            "Every payout is one transfer of the same amount",
            $"{payouts.Count:N0} payouts, {Text(payouts.Sum(payout => payout.Amount))}",
            findings);
    }

    private Task<IReadOnlyList<T>> ManyAsync<T>(string sql, CancellationToken cancel) =>
        db.ManyAsync<T>(sql, new { storeId = simulated.Store.Id, now = clock.GetUtcNow() }, cancel);

    private string Text(long minor) => Amounts.Of(minor, _currency);

    private sealed record Named(string Name, long Amount);
}
