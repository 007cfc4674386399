// The log, replayed, gives exactly what stands; each damage is told by its name, projections are mended, and the ledger is left alone.
using Dapper;
using Microsoft.Data.Sqlite;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Payouts;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Proof;

internal sealed class RebuildTests
{
    private static readonly string[] Kept = ["ledger_transactions", "ledger_entries", "receipts", "order_events", "payout_events", "opening_balances", "write_offs"];

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = null!;
    private SqliteConnection _raw = null!;

    // An order of each fate: paid out, returned by a reversal, held, refunded, only its refund known, credited by a person.
    [SetUp]
    public async Task OpenAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.PaysAsync(Order("1001"));
        await PayOutAsync("po_1", 900);
        await _shop.PaysAsync(Order("1002"));
        await PayOutAsync("po_2", 900);
        await ReverseAsync("po_2");
        await _shop.PaysAsync(Order("1003"));
        await _shop.DeliverAsync("refunds/create", Order("1003").RefundJson("31", 0, "10.00"));
        await _shop.PaysAsync(Order("1004"));
        await _shop.DeliverAsync("refunds/create", Order("1009").RefundJson("9", 0, "1.00"));
        await _shop.PaysAsync(new TestOrder("1005", _app.Clock.GetUtcNow()));
        await _app.DrainAsync();
        await _app.Get<DecideOrder>().DecideAsync(_shop.Store, "1005", DecisionKind.Credit, _ann, "They met at a fair.", "owner", default);
        _raw = new SqliteConnection((await _app.Db.OpenAsync(default)).ConnectionString);
        await _raw.OpenAsync();
        await _raw.ExecuteAsync("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;");
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _raw.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task What_was_lived_through_is_what_the_log_gives()
    {
        var report = await RunAsync();

        Assert.That(report.Findings, Is.Empty);
        Assert.That((report.Stores, report.Orders, report.Unlogged), Is.EqualTo((1, 6L, 0L)));
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("paid"));
        Assert.That(await _shop.StateAsync("1002"), Is.EqualTo("approved"));
    }

    // The shop's day of a booking is what it was when it was booked.
    [Test]
    public async Task A_store_that_has_moved_to_another_time_zone_differs_in_nothing()
    {
        await _raw.ExecuteAsync("UPDATE stores SET time_zone = 'Pacific/Auckland'");

        Assert.That((await RunAsync()).Findings, Is.Empty);
    }

    [TestCase("UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE order_id = '1004' AND position = 1", "another entry 1")]
    [TestCase("UPDATE ledger_entries SET account = 'review' WHERE order_id = '1004' AND position = 1", "another entry 1")]
    [TestCase("UPDATE ledger_entries SET currency = 'USD' WHERE order_id = '1004' AND position = 0", "another entry 0")]
    [TestCase("DELETE FROM ledger_entries WHERE order_id = '1004' AND position = 1", "another number of entries")]
    [TestCase("UPDATE ledger_transactions SET booked_at = booked_at + 1 WHERE source = '1004:1'", "another instant of booking")]
    [TestCase("UPDATE ledger_transactions SET local_day = local_day + 1 WHERE source = '1004:1'", "another day")]
    [TestCase("UPDATE ledger_transactions SET actor = 'mallory' WHERE source = '1005:2'", "another actor")]
    [TestCase("UPDATE ledger_transactions SET reason = 'Because.' WHERE source = '1004:1'", "another reason")]
    [TestCase("UPDATE ledger_transactions SET reason = 'Because.' WHERE source = 'po_1' AND kind = 'payout_sent'", "another reason")]
    [TestCase("UPDATE payout_events SET amount_minor = 899 WHERE payout_id = 'po_1' AND kind = 'sent'", "another entry")]
    public async Task A_transaction_that_is_another_one(string damage, string text)
    {
        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Where(finding => finding.Check == "ledger-differs").Select(finding => finding.Text), Has.Exactly(1).Items.And.All.Contains(text));
        Assert.That(findings.Select(finding => finding.Check).Except(["ledger-differs", "projection-balances"]), Is.Empty);
    }

    [TestCase("DELETE FROM ledger_entries WHERE order_id = '1004'; DELETE FROM ledger_transactions WHERE source = '1004:1'", "1004:1")]
    [TestCase("DELETE FROM ledger_transactions WHERE source = 'po_1' AND kind = 'payout_reserved'", "po_1")]
    public async Task A_transaction_that_is_gone(string damage, string source)
    {
        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Where(finding => finding.Check == "ledger-missing").Select(finding => finding.Subject), Is.EqualTo([source]));
    }

    [TestCase("UPDATE write_offs SET amount_minor = 299 WHERE kind = 'write_off'", "ledger-differs", "another entry")]
    [TestCase("UPDATE write_offs SET at = at + 1 WHERE kind = 'revival'", "ledger-differs", "another instant of booking")]
    [TestCase("UPDATE write_offs SET booked_day = booked_day + 1 WHERE kind = 'revival'", "ledger-differs", "another day")]
    [TestCase("UPDATE write_offs SET actor = 'mallory' WHERE kind = 'write_off'", "ledger-differs", "another actor")]
    [TestCase("UPDATE write_offs SET reason = 'Because.' WHERE kind = 'revival'", "ledger-differs", "another reason")]
    [TestCase("DELETE FROM write_offs WHERE kind = 'revival'", "ledger-unexplained", "the transaction revival")]
    [TestCase("DELETE FROM ledger_transactions WHERE kind = 'write_off'", "ledger-missing", "a transaction write_off")]
    public async Task A_write_off_or_a_revival_that_is_another_one(string damage, string check, string text)
    {
        await _app.Db.InTransactionAsync(async tx =>
        {
            var amount = new Webhooks.Money(300, Webhooks.Currency.Parse("EUR"));
            var now = _app.Clock.GetUtcNow();
            await new WriteOff(_ann, 1, LedgerKind.WriteOff, amount, now, "system", "Written off.").PostAsync(tx, _shop.Store, "hash");
            await Revival.ReviveAsync(tx, _shop.Store, "hash", _ann, now, "owner", now);
        });
        Assert.That((await RunAsync()).Findings, Is.Empty);

        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Where(finding => finding.Check == check).Select(finding => finding.Text), Has.Exactly(1).Items.And.All.Contains(text));
        Assert.That(findings.Select(finding => finding.Check).Except([check, "projection-balances"]), Is.Empty);
    }

    [TestCase("1004", "commission", "1004:7")]
    [TestCase(null, "commission", "1004:7")]
    [TestCase(null, "payout_sent", "po_1-x")]
    [TestCase(null, "opening", "amb_x:opening")]
    [TestCase(null, "write_off", "amb_x:write_off:1")]
    [TestCase(null, "gift", "x")]
    public async Task A_transaction_that_nothing_asked_for(string? orderId, string kind, string source)
    {
        await Plant.RowAsync(_raw, "ledger_transactions", ("store_id", _shop.Store.Id), ("id", "ltx_x"), ("kind", kind), ("source", source), ("currency", "EUR"));
        foreach (var position in new[] { 0L, 1 })
        {
            await Plant.RowAsync(
                _raw, "ledger_entries", ("store_id", _shop.Store.Id), ("transaction_id", "ltx_x"), ("position", position), ("account", "held"),
                ("ambassador_id", _ann), ("order_id", orderId), ("currency", "EUR"));
        }

        var findings = (await RunAsync()).Findings;

        Assert.That(findings.Select(finding => (finding.Check, finding.Subject)), Is.EqualTo([("ledger-unexplained", source)]));
    }

    [TestCase("UPDATE receipts SET content = replace(content, '#1004', '#1oo4') WHERE order_id = '1004'", "another one from its character")]
    [TestCase("UPDATE receipts SET content = content || ' ' WHERE order_id = '1004'", "another one from its character")]
    [TestCase("UPDATE receipts SET decided_at = decided_at + 1 WHERE order_id = '1004'", "another instant")]
    [TestCase("DELETE FROM receipts WHERE order_id = '1004'", "missing")]
    [TestCase("INSERT INTO receipts SELECT store_id, '1009', content, decided_at FROM receipts WHERE order_id = '1004'", "nothing was decided")]
    public async Task A_receipt_that_the_log_does_not_give_is_told_and_stays(string damage, string text)
    {
        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Single().Check, Is.EqualTo("receipt-differs"));
        Assert.That(findings.Single().Text, Does.Contain(text));
        Assert.That((await RunAsync()).Findings, Has.Count.EqualTo(1));
    }

    [TestCase("DELETE FROM order_events WHERE order_id = '1001' AND revision = 1", "lacks revision 1")]
    [TestCase("DELETE FROM order_events WHERE order_id = '1001' AND revision = 3", "lacks revision 3")]
    [TestCase("DELETE FROM order_events WHERE order_id = '1001' AND kind = 'paid'", "lacks revision 4")]
    [TestCase("DELETE FROM order_events WHERE order_id = '1004'", "lacks revision 1")]
    public async Task A_row_that_the_log_has_lost_is_told_and_nothing_is_replaced_by_what_is_left(string damage, string text)
    {
        var before = await ContentAsync("orders");

        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Where(finding => finding.Check == "log-incomplete").Select(finding => finding.Text), Has.Exactly(1).Items.And.All.Contains(text));
        Assert.That(await ContentAsync("orders"), Is.EqualTo(before));
    }

    [TestCase("UPDATE order_events SET evidence = NULL WHERE order_id = '1004'", "has lost its evidence")]
    [TestCase("UPDATE order_events SET evidence = 'x' WHERE order_id = '1004'", "cannot be decided again")]
    [TestCase("UPDATE order_events SET kind = 'paid' WHERE order_id = '1001' AND revision = 2", "finds the order held")]
    [TestCase("DELETE FROM order_versions WHERE order_id = '1004'", "names nothing that is known")]
    [TestCase("DELETE FROM order_decisions", "names nothing that is known")]
    [TestCase("DELETE FROM campaign_revisions", "no such revision")]
    public async Task A_log_that_cannot_be_replayed(string damage, string text)
    {
        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Select(finding => finding.Check).Distinct(), Is.EqualTo(["log-unreadable"]));
        Assert.That(findings[0].Text, Does.Contain(text));
    }

    [TestCase("UPDATE orders SET net_minor = net_minor + 1 WHERE order_id = '1004'", "in net_minor; it is replaced")]
    [TestCase("UPDATE orders SET state = 'approved', approved_at = 5, payout_id = 'po_x' WHERE order_id = '1004'", "in state, payout_id, approved_at; it is replaced")]
    [TestCase("UPDATE orders SET revision = 2, updated_at = 7 WHERE order_id = '1001'", "in revision, updated_at; it is replaced")]
    [TestCase("UPDATE orders SET reason = NULL, ambassador_id = NULL, campaign_id = NULL, hold_until = NULL, at = NULL, local_day = NULL, paid_at = NULL WHERE order_id = '1004'", "it is replaced")]
    [TestCase("DELETE FROM orders WHERE order_id = '1002'", "the row is missing; it is replaced")]
    public async Task An_orders_row_is_replaced(string damage, string text)
    {
        var before = await ContentAsync("orders");

        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Single().Check, Is.EqualTo("projection-orders"));
        Assert.That(findings.Single().Text, Does.Contain(text));
        Assert.That(await ContentAsync("orders"), Is.EqualTo(before));
        Assert.That((await RunAsync()).Findings, Is.Empty);
    }

    [TestCase("UPDATE balances SET amount_minor = amount_minor + 1 WHERE account = 'paid'")]
    [TestCase("DELETE FROM balances WHERE account = 'expense'")]
    [TestCase("INSERT INTO balances SELECT store_id, ambassador_id, 'review', currency, 5 FROM balances WHERE account = 'held'")]
    public async Task A_balance_is_replaced(string damage)
    {
        var before = await ContentAsync("balances");

        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Single().Check, Is.EqualTo("projection-balances"));
        Assert.That(await ContentAsync("balances"), Is.EqualTo(before));
        Assert.That((await RunAsync()).Findings, Is.Empty);
    }

    [Test]
    public async Task A_row_is_left_alone_where_the_ledger_tells_something_else()
    {
        await _raw.ExecuteAsync("UPDATE orders SET net_minor = net_minor + 1 WHERE order_id = '1004'");
        var before = await ContentAsync("orders");

        var findings = await FindingsAfterAsync("UPDATE ledger_transactions SET reason = 'x' WHERE source = '1004:1'");

        Assert.That(findings.Single(finding => finding.Check == "projection-orders").Text, Does.Contain("it stays"));
        Assert.That(await ContentAsync("orders"), Is.EqualTo(before));
    }

    [Test]
    public async Task Orders_of_before_the_log_are_counted_and_no_finding()
    {
        await _raw.ExecuteAsync("DELETE FROM order_events WHERE order_id IN ('1001', '1004')");
        await _raw.ExecuteAsync(
            $"INSERT INTO order_events (store_id, order_id, revision, kind, subject, at, actor) VALUES ('{_shop.Store.Id}', '1001', 4, 'unlogged', '', 0, 'system'), ('{_shop.Store.Id}', '1004', 1, 'unlogged', '', 0, 'system')");

        var report = await RunAsync();

        Assert.That(report.Findings, Is.Empty);
        Assert.That((report.Orders, report.Unlogged), Is.EqualTo((6L, 2L)));
    }

    [Test]
    public async Task Findings_are_named_up_to_a_number_and_counted_beyond()
    {
        for (var i = 0; i < 25; i++)
        {
            await Plant.RowAsync(_raw, "receipts", ("store_id", _shop.Store.Id), ("order_id", $"x{i}"), ("content", "{}"));
        }

        var findings = (await RunAsync()).Findings;

        Assert.That(findings, Has.Count.EqualTo(Verify.NamedMax + 1));
        Assert.That(findings[^1].ToString(), Is.EqualTo("log-incomplete * *: 20 of 25 are named"));
    }

    [Test]
    public async Task One_stores_damage_is_not_anothers()
    {
        var other = await Shop.OpenAsync(_app, "other");
        await other.PaysAsync(Order("1001"));
        await _raw.ExecuteAsync($"UPDATE orders SET net_minor = 1 WHERE store_id = '{_shop.Store.Id}'");

        Assert.That((await RunAsync(other.Store.Id)).Findings, Is.Empty);
        Assert.That((await RunAsync(other.Store.Id)).Orders, Is.EqualTo(1));
        Assert.That((await RunAsync()).Findings.Select(finding => finding.StoreId).Distinct(), Is.EqualTo([_shop.Store.Id]));
    }

    [Test]
    public async Task The_verb_tells_differences_on_standard_output_and_ends_with_1()
    {
        var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        await _raw.ExecuteAsync("UPDATE balances SET amount_minor = 0 WHERE account = 'paid'");
        await _app.CopyToAsync(folder);

        var (code, output, errors) = await ProgramRun.ToEndAsync(["rebuild"], folder);
        Assert.That(code, Is.EqualTo(1), errors);
        Assert.That(output.TrimEnd().Split('\n'), Has.Exactly(1).Items.And.All.StartsWith($"projection-balances {_shop.Store.Id} {_ann}: "));

        (code, output, errors) = await ProgramRun.ToEndAsync(["rebuild", "--store", _shop.Store.Id], folder);
        Assert.That((code, output), Is.EqualTo((0, "")), errors);
        Assert.That(errors, Does.Contain("6 of 6 orders compared").And.Contain("exactly what stands"));
        Directory.Delete(folder, recursive: true);
    }

    [TestCase(2, "rebuild", "--stor", "x")]
    [TestCase(2, "rebuild", "--store")]
    [TestCase(2, "rebuild", "--store=str_unknown")]
    [TestCase(78, "rebuild", "--Database:Provider=papyrus")]
    public async Task The_verb_refuses_what_it_cannot_do(int code, params string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;

        var (found, output, errors) = await ProgramRun.ToEndAsync(args, folder);
        Directory.Delete(folder, recursive: true);

        Assert.That((found, output), Is.EqualTo((code, "")), errors);
        Assert.That(errors, Is.Not.Empty);
    }

    private TestOrder Order(string id) => new TestOrder(id, _app.Clock.GetUtcNow()).With("ANN10", "10.00");

    private Task<RebuildReport> RunAsync(string? storeId = null) => _app.Get<Rebuild>().RunAsync(storeId, _ => { }, default);

    /// <summary>What is found after a damage. The ledger, the receipts and the log are, byte for byte, as they were before.</summary>
    private async Task<IReadOnlyList<Finding>> FindingsAfterAsync(string damage)
    {
        Assert.That(await _raw.ExecuteAsync(damage), Is.Not.Zero, "the damage touches a row");
        var before = await Task.WhenAll(Kept.Select(ContentAsync));

        var findings = (await RunAsync()).Findings;

        Assert.That(await Task.WhenAll(Kept.Select(ContentAsync)), Is.EqualTo(before));
        return findings;
    }

    private async Task<string> ContentAsync(string table)
    {
        await using var connection = await _app.Db.OpenAsync(default);
        var rows = await connection.QueryAsync($"SELECT * FROM {table}");
        return string.Join('\n', rows.Select(row => string.Join('|', ((IDictionary<string, object?>)row).Values)).Order(StringComparer.Ordinal));
    }

    /// <summary>Lets the holds end, and pays what is approved.</summary>
    private async Task PayOutAsync(string id, long minor)
    {
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        var now = _app.Clock.GetUtcNow();
        if (await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM payout_runs") == 0)
        {
            await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _shop.Store.Id), ("id", "run_1"), ("state", "approved"));
        }

        var payout = new Payout(
            _shop.Store.Id, id, "run_1", _ann, "EUR", minor, 0, "acct_ann", "test", PayoutState.Approved, TransferId: null, Problem: null, now, now);
        await _app.Db.InTransactionAsync(async tx =>
        {
            await PayoutBook.ReserveAsync(tx, _shop.Store, payout, now, "ann");
            var transfer = new StripeTransfer("tr_" + id, minor, 0, "eur", "acct_ann", 1);
            Assert.That(await PayoutBook.SentAsync(tx, _shop.Store, payout, 1, transfer, answer: null, now), Is.True);
        });
    }

    private Task ReverseAsync(string id) => _app.Db.InTransactionAsync(async tx =>
    {
        var payout = (await tx.OneAsync<Payout>(Payout.ById, new { storeId = _shop.Store.Id, payoutId = id }))!;
        Assert.That(await PayoutBook.ReversedAsync(tx, _shop.Store, payout, payout.Amount, _app.Clock.GetUtcNow()), Is.True);
    });
}
