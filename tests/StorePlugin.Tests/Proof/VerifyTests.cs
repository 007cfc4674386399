// Each corruption, planted alone in a sound database, has a finding of its own name.
using Dapper;
using Microsoft.Data.Sqlite;
using StorePlugin.Ledger;
using StorePlugin.Payouts;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Proof;

internal sealed class VerifyTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = null!;
    private SqliteConnection _raw = null!;

    // Two orders, one of them approved; one payout that was sent, one that is open, one that was refused.
    [SetUp]
    public async Task OpenAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));
        _app.Clock.Advance(TimeSpan.FromDays(30));
        await _app.DrainAsync();
        await _shop.PaysAsync(new TestOrder("1002", StoreApp.Start.AddDays(30)).With("ANN10", "10.00"));
        await _shop.DeliverAsync("orders/paid", "not JSON", "dead");
        await _shop.DeliverAsync("refunds/create", new TestOrder("1009", StoreApp.Start).RefundJson("9", 0, "1.00"));
        await _app.DrainAsync();
        await PayoutAsync("po_1", "sent", 300, LedgerKind.PayoutSent);
        await PayoutAsync("po_2", "refused", 200, LedgerKind.PayoutReturned);
        await PayoutAsync("po_3", "sending", 100, null);
        await Plant.RowAsync(
            _app.Db, "effects", ("store_id", _shop.Store.Id), ("id", "eff_1"), ("kind", "read_store"), ("subject", "s"), ("state", "done"),
            ("outcome", "It happened."), ("created_at", 1L), ("done_at", 2L));
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
    public async Task A_sound_database_has_no_finding()
    {
        Assert.That(await FindingsAsync(), Is.Empty);
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public Task A_transaction_with_one_entry() => FindsAsync(
        "ledger-entries-too-few",
        "INSERT INTO ledger_transactions SELECT store_id, 'ltx_x', kind, 'x', currency, booked_at, local_day, actor, reason FROM ledger_transactions LIMIT 1");

    [Test]
    public Task A_transaction_that_does_not_sum_to_zero() => FindsAsync(
        "ledger-not-zero",
        "UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE account = 'expense' AND order_id = '1002'",
        "UPDATE balances SET amount_minor = amount_minor + 1 WHERE account = 'expense'");

    [Test]
    public Task An_entry_in_another_currency_than_its_transaction() => FindsAsync(
        "ledger-currency-mixed", "UPDATE ledger_transactions SET currency = 'USD' WHERE source = '1002:1'");

    [Test]
    public async Task A_source_that_was_posted_twice()
    {
        await WithoutKeysAsync("ledger_transactions");
        await FindsAsync(
            "ledger-posted-twice",
            "INSERT INTO ledger_transactions SELECT store_id, 'ltx_x', kind, source, currency, booked_at, local_day, actor, reason FROM ledger_transactions WHERE source = 'po_1' AND kind = 'payout_reserved'",
            $"INSERT INTO ledger_entries (store_id, transaction_id, position, account, ambassador_id, amount_minor, currency) VALUES ('{_shop.Store.Id}', 'ltx_x', 0, 'held', '{_ann}', 0, 'EUR'), ('{_shop.Store.Id}', 'ltx_x', 1, 'held', '{_ann}', 0, 'EUR')");
    }

    [Test]
    public Task The_merchants_account_in_an_ambassadors_name() => FindsAsync(
        "ledger-entry-account",
        $"INSERT INTO ledger_entries (store_id, transaction_id, position, account, ambassador_id, amount_minor, currency) SELECT store_id, id, 7, 'expense', '{_ann}', 0, 'EUR' FROM ledger_transactions WHERE source = '1002:1'",
        $"INSERT INTO balances (store_id, ambassador_id, account, currency, amount_minor) VALUES ('{_shop.Store.Id}', '{_ann}', 'expense', 'EUR', 0)");

    [Test]
    public async Task An_entry_of_another_stores_ambassador()
    {
        var other = await Shop.OpenAsync(_app, "other");
        var bob = await other.AmbassadorAsync("BOB10");
        await FindsAmongAsync(
            "ledger-entry-ambassador",
            $"UPDATE ledger_entries SET ambassador_id = '{bob}' WHERE account = 'held' AND order_id = '1002'");
    }

    [Test]
    public Task A_balance_that_is_missing() => FindsAsync("balance-missing", "DELETE FROM balances WHERE account = 'approved'");

    [Test]
    public Task A_balance_without_entries() => FindsAsync(
        "balance-superfluous", "INSERT INTO balances SELECT store_id, ambassador_id, 'review', currency, 5 FROM balances WHERE account = 'held'");

    [TestCase("UPDATE order_days SET orders = orders + 1")]
    [TestCase("UPDATE order_days SET net_minor = net_minor - 1")]
    [TestCase("UPDATE order_days SET commission_minor = commission_minor + 1")]
    [TestCase("UPDATE order_days SET new_customers = new_customers + 1")]
    [TestCase("DELETE FROM order_days")]
    [TestCase("UPDATE orders SET customer_kind = CASE customer_kind WHEN 'new' THEN 'returning' ELSE 'new' END WHERE order_id = '1002'")]
    public Task Figures_of_a_day_that_its_orders_do_not_come_to(string corruption) => FindsAsync("day-figures", corruption);

    [Test]
    public Task A_balance_that_is_not_the_sum_of_its_entries() => FindsAsync(
        "balance-wrong", "UPDATE balances SET amount_minor = amount_minor + 1 WHERE account = 'held'");

    [Test]
    public Task An_order_whose_entries_do_not_sum_to_its_commission() => FindsAmongAsync(
        "order-commission", "UPDATE orders SET commission_minor = 901 WHERE order_id = '1002'");

    [Test]
    public Task An_order_with_entries_in_another_currency() => FindsAmongAsync(
        "order-currency", "UPDATE orders SET currency = 'USD' WHERE order_id = '1002'");

    [Test]
    public async Task An_order_that_counts_for_someone_else_than_its_entries()
    {
        var bob = await _shop.AmbassadorAsync("BOB10");
        await FindsAmongAsync("order-ambassador", $"UPDATE orders SET ambassador_id = '{bob}' WHERE order_id = '1002'");
    }

    [Test]
    public Task An_order_whose_commission_lies_on_another_account_than_its_states() => FindsAsync(
        "order-account", "UPDATE orders SET state = 'approved' WHERE order_id = '1002'");

    [Test]
    public Task An_order_judged_by_a_version_that_is_not_in_the_log() => FindsAsync(
        "order-version", "DELETE FROM order_versions WHERE order_id = '1002'");

    [Test]
    public Task An_order_paid_out_by_no_payout() => FindsAsync(
        "order-payout", "UPDATE orders SET state = 'paid', payout_id = 'po_x' WHERE order_id = '1001'");

    [Test]
    public Task An_order_without_a_receipt() => FindsAsync("receipt-missing", "DELETE FROM receipts WHERE order_id = '1002'");

    [Test]
    public async Task An_order_with_two_receipts()
    {
        await WithoutKeysAsync("receipts");
        await FindsAsync("receipt-twice", "INSERT INTO receipts SELECT * FROM receipts WHERE order_id = '1002'");
    }

    [Test]
    public Task A_receipt_of_an_order_that_was_not_decided() => FindsAmongAsync(
        "receipt-superfluous", "INSERT INTO receipts SELECT store_id, '1009', content, decided_at FROM receipts WHERE order_id = '1002'");

    [TestCase("UPDATE receipts SET content = replace(content, '\"commissionMinor\":900', '\"commissionMinor\":901') WHERE order_id = '1002'", "the receipt says 901, the order 900")]
    [TestCase("UPDATE orders SET net_minor = net_minor + 1 WHERE order_id = '1002'; UPDATE order_days SET net_minor = net_minor + 1 WHERE local_day = (SELECT local_day FROM orders WHERE order_id = '1002')", "as net sales, the order 9001")]
    [TestCase("UPDATE receipts SET content = 'gone' WHERE order_id = '1002'", "cannot be read")]
    [TestCase("UPDATE receipts SET content = replace(content, '\"ambassadorId\":\"amb_', '\"ambassadorId\":\"bob_') WHERE order_id = '1002'", "the receipt credits 'bob_")]
    public async Task A_receipt_that_contradicts_its_order(string corruption, string text)
    {
        await FindsAsync("receipt-agrees", corruption);
        Assert.That((await FindingsAsync()).Single().Text, Does.Contain(text));
    }

    [TestCase("UPDATE deliveries SET done_at = NULL WHERE state = 'done' AND topic = 'orders/paid'")]
    [TestCase("UPDATE deliveries SET done_at = due_at, state = 'pending' WHERE delivery_key = 'dead'")]
    [TestCase("UPDATE deliveries SET state = 'lost' WHERE delivery_key = 'dead'")]
    [TestCase("UPDATE deliveries SET outcome = NULL WHERE delivery_key = 'dead'")]
    [TestCase("UPDATE deliveries SET lease_id = 'lse_1' WHERE delivery_key = 'dead'")]
    [TestCase("UPDATE deliveries SET attempts = 0 WHERE delivery_key = 'dead'")]
    [TestCase("UPDATE deliveries SET done_at = received_at - 1 WHERE delivery_key = 'dead'")]
    public Task A_delivery_whose_columns_contradict_each_other(string corruption) => FindsAsync("delivery-state", corruption);

    [TestCase("UPDATE effects SET done_at = NULL")]
    [TestCase("UPDATE effects SET state = 'pending'")]
    [TestCase("UPDATE effects SET state = 'lost'")]
    [TestCase("UPDATE effects SET state = 'dead'")]
    public Task An_effect_whose_columns_contradict_each_other(string corruption) => FindsAsync("effect-state", corruption);

    [Test]
    public async Task Two_effects_of_one_cause()
    {
        await WithoutKeysAsync("effects");
        await FindsAsync("effect-twice", "INSERT INTO effects SELECT * FROM effects");
    }

    [Test]
    public async Task A_payout_with_two_transfers()
    {
        await WithoutKeysAsync("payout_attempts");
        await FindsAsync("payout-transfer-twice", "INSERT INTO payout_attempts SELECT * FROM payout_attempts WHERE outcome = 'accepted'");
    }

    [TestCase("UPDATE payout_attempts SET outcome = 'unknown' WHERE payout_id = 'po_1'")]
    [TestCase("UPDATE payout_attempts SET outcome = 'accepted' WHERE payout_id = 'po_3'")]
    [TestCase("UPDATE payouts SET transfer_id = NULL WHERE id = 'po_1'")]
    [TestCase("UPDATE payout_attempts SET transfer_id = 'tr_other' WHERE payout_id = 'po_1'")]
    public Task A_payout_whose_state_its_attempts_contradict(string corruption) => FindsAsync("payout-transfer", corruption);

    [Test]
    public async Task Two_payouts_with_one_transfer()
    {
        await PayoutAsync("po_4", "sent", 50, LedgerKind.PayoutSent);
        await FindsAsync(
            "payout-transfer-shared",
            "UPDATE payouts SET transfer_id = 'tr_po_1' WHERE id = 'po_4'",
            "UPDATE payout_attempts SET transfer_id = 'tr_po_1' WHERE payout_id = 'po_4'");
    }

    [Test]
    public Task A_live_payout_with_a_test_attempt() => FindsAsync("payout-mode", "UPDATE payouts SET mode = 'live' WHERE id = 'po_1'");

    [TestCase("body = replace(body, 'amount=300', 'amount=900')", "has amount '900', and the payout asks for '300'")]
    [TestCase("body = replace(body, 'currency=eur', 'currency=usd')", "has currency 'usd', and the payout asks for 'eur'")]
    [TestCase("body = replace(body, 'destination=acct_ann', 'destination=acct_bob')", "has destination 'acct_bob', and the payout asks for 'acct_ann'")]
    [TestCase("body = replace(body, 'transfer_group=po_1', 'transfer_group=po_2')", "has transfer_group 'po_2', and the payout asks for 'po_1'")]
    [TestCase("body = ''", "has amount '', and the payout asks for '300'")]
    [TestCase("idempotency_key = 'po-po_9-a1'", "has the key 'po-po_9-a1'")]
    public async Task A_frozen_request_that_asks_for_something_else_than_its_payout(string corruption, string text)
    {
        await FindsAsync("payout-attempt-agrees", $"UPDATE payout_attempts SET {corruption} WHERE payout_id = 'po_1'");
        Assert.That((await FindingsAsync()).Single().Text, Does.Contain(text));
    }

    [Test]
    public async Task A_delivery_that_waits_and_has_lost_its_body()
    {
        var delivery = await _raw.QuerySingleAsync<string>("SELECT delivery_key FROM deliveries WHERE topic = 'orders/paid' AND state = 'done' LIMIT 1");
        await FindsAsync(
            "delivery-body",
            $"UPDATE deliveries SET state = 'pending', done_at = NULL, body = NULL WHERE delivery_key = '{delivery}'");
    }

    [Test]
    public Task A_campaign_without_terms() => FindsAsync("campaign-revision", "DELETE FROM campaign_revisions");

    [Test]
    public async Task Two_open_payouts_of_one_ambassador()
    {
        await _raw.ExecuteAsync("DROP INDEX uq_payouts_open");
        await FindsAmongAsync("payout-open-twice", "UPDATE payouts SET state = 'approved' WHERE id = 'po_2'");
    }

    [Test]
    public Task A_payout_whose_money_was_not_reserved() => FindsAsync(
        "payout-reserved", "UPDATE ledger_transactions SET source = 'po_x' WHERE kind = 'payout_reserved' AND source = 'po_1'");

    [Test]
    public Task A_payout_whose_money_was_not_booked_as_paid() => FindsAsync(
        "payout-sent", "UPDATE ledger_transactions SET source = 'po_x' WHERE kind = 'payout_sent' AND source = 'po_1'");

    [Test]
    public Task Money_that_is_reserved_for_no_open_payout() => FindsAsync(
        "payout-in-flight", "UPDATE payouts SET state = 'cancelled' WHERE id = 'po_3'");

    [Test]
    public Task Money_that_is_paid_by_no_transfer() => FindsAmongAsync(
        "payout-paid", "UPDATE payouts SET state = 'refused' WHERE id = 'po_1'");

    [Test]
    public Task A_reversal_that_is_noted_with_the_payout_and_not_booked() => FindsAsync(
        "payout-reversed", "UPDATE payouts SET reversed_minor = 100 WHERE id = 'po_1'");

    [Test]
    public async Task A_reversal_that_is_booked_and_not_noted_with_the_payout()
    {
        await ReverseAsync("po_1", 100);
        await FindsAsync("payout-reversed", "UPDATE payouts SET reversed_minor = 99 WHERE id = 'po_1'");
    }

    [Test]
    public async Task A_reversal_that_is_booked_for_no_payout()
    {
        await ReverseAsync("po_1", 100);
        await FindsAsync(
            "payout-reversed",
            "UPDATE payouts SET reversed_minor = 0, state = 'sent' WHERE id = 'po_1'",
            "UPDATE ledger_transactions SET source = 'po_11-r100' WHERE kind = 'payout_reversed'");
    }

    [Test]
    public async Task Reversals_that_are_booked_and_noted_are_no_finding()
    {
        await ReverseAsync("po_1", 100);
        await ReverseAsync("po_1", 50);

        Assert.That(await FindingsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_write_off_that_its_fact_contradicts()
    {
        await WriteOffAsync();
        await FindsAsync("write-off-booked", "UPDATE write_offs SET amount_minor = 1 WHERE number = 3");
    }

    [Test]
    public async Task A_debt_that_is_owed_again_and_comes_from_no_write_off_of_the_person()
    {
        await WriteOffAsync();
        await FindsAsync("write-off-revived", "UPDATE write_offs SET person_hash = 'other' WHERE kind = 'revival'");
    }

    [Test]
    public async Task A_debt_that_is_owed_again_and_is_another_amount()
    {
        await WriteOffAsync();
        await FindsAmongAsync("write-off-revived", "UPDATE write_offs SET amount_minor = 1 WHERE kind = 'revival'");
    }

    [Test]
    public async Task A_debt_that_is_owed_again_twice()
    {
        await WriteOffAsync();
        await WithoutKeysAsync("write_offs");
        await FindsAmongAsync("write-off-revived-twice", "INSERT INTO write_offs SELECT * FROM write_offs WHERE kind = 'revival'");
    }

    [Test]
    public async Task Write_offs_and_what_is_owed_again_are_no_finding()
    {
        await WriteOffAsync();

        Assert.That(await FindingsAsync(), Is.Empty);
    }

    /// <summary>A debt that was written off and is owed again, and one that is written off still.</summary>
    private Task WriteOffAsync() => _app.Db.InTransactionAsync(async tx =>
    {
        var amount = new Money(300, Currency.Parse("EUR"));
        var now = _app.Clock.GetUtcNow();
        await new WriteOff(_ann, 1, LedgerKind.WriteOff, amount, now, "system", "Written off.").PostAsync(tx, _shop.Store, "hash");
        await Revival.ReviveAsync(tx, _shop.Store, "hash", _ann, now, "owner", now);
        await new WriteOff(_ann, 3, LedgerKind.WriteOff, amount, now, "system", "Written off.").PostAsync(tx, _shop.Store, "hash");
    });

    [TestCase("DELETE FROM ledger_transactions WHERE source = '1002:1'", "ledger_entries")]
    [TestCase("DELETE FROM orders WHERE order_id = '1002'", "ledger_entries.order_id")]
    [TestCase("DELETE FROM orders WHERE order_id = '1002'", "order_versions")]
    [TestCase("DELETE FROM orders WHERE order_id = '1009'", "refunds")]
    [TestCase("DELETE FROM ambassadors", "orders.ambassador_id")]
    [TestCase("DELETE FROM ambassadors", "balances")]
    [TestCase("DELETE FROM ambassadors", "codes")]
    [TestCase("DELETE FROM ambassadors", "link_slugs")]
    [TestCase("DELETE FROM ambassadors", "payouts.ambassador_id")]
    [TestCase("DELETE FROM payouts WHERE id = 'po_2'", "payout_attempts")]
    [TestCase("DELETE FROM payout_runs", "payouts.run_id")]
    [TestCase("DELETE FROM stores", "deliveries.store_id")]
    [TestCase("DELETE FROM stores", "effects.store_id")]
    [TestCase("DELETE FROM stores", "orders.store_id")]
    [TestCase("DELETE FROM stores", "ledger_transactions.store_id")]
    public async Task A_row_that_refers_to_nothing(string corruption, string column)
    {
        await _raw.ExecuteAsync(corruption);

        var texts = (await FindingsAsync()).Where(finding => finding.Check == "orphan").Select(finding => finding.Text);
        Assert.That(texts, Has.Some.StartsWith(column + " refers"));
    }

    [Test]
    public async Task A_click_on_the_link_of_nobody()
    {
        await _shop.ClickAsync("amb_gone");

        Assert.That((await FindingsAsync()).Select(finding => finding.Text), Has.Some.StartsWith("clicks refers"));
    }

    [Test]
    public async Task Many_findings_of_one_check_are_counted()
    {
        for (var i = 0; i < 25; i++)
        {
            await _shop.ClickAsync("amb_gone");
        }

        var findings = await FindingsAsync();

        Assert.That(findings, Has.Count.EqualTo(Verify.NamedMax + 1));
        Assert.That(findings[^1].ToString(), Is.EqualTo("orphan * *: 20 of 25 are named"));
    }

    [Test]
    public async Task One_stores_findings_are_not_anothers()
    {
        var other = await Shop.OpenAsync(_app, "other");
        await _raw.ExecuteAsync("DELETE FROM receipts");

        Assert.That(await _app.Get<Verify>().RunAsync(other.Store.Id, default), Is.Empty);
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Has.Count.EqualTo(2));
    }

    [Test]
    public void Every_invariant_has_a_name_of_its_own() =>
        Assert.That(Invariants.All.Select(check => check.Name), Is.Unique);

    private Task<IReadOnlyList<Finding>> FindingsAsync() => _app.Get<Verify>().RunAsync(null, default);

    /// <summary>The corruption breaks this invariant and no other.</summary>
    private async Task FindsAsync(string check, params string[] corruptions)
    {
        await FindsAmongAsync(check, corruptions);
        Assert.That((await FindingsAsync()).Select(finding => finding.Check).Distinct(), Is.EqualTo([check]));
    }

    /// <summary>The corruption breaks this invariant, and by its nature others with it.</summary>
    private async Task FindsAmongAsync(string check, params string[] corruptions)
    {
        foreach (var corruption in corruptions)
        {
            Assert.That(await _raw.ExecuteAsync(corruption), Is.Not.Zero, "the corruption touches a row");
        }

        Assert.That((await FindingsAsync()).Select(finding => finding.Check), Has.Some.EqualTo(check));
    }

    /// <summary>Books a reversal as a look-up does that has seen it at Stripe.</summary>
    private async Task ReverseAsync(string id, long minor)
    {
        var store = _shop.Store;
        var payout = (await _app.Db.OneAsync<Payout>(Payout.ById, new { storeId = store.Id, payoutId = id }))!;
        var reversed = payout.Amount with { Minor = payout.ReversedMinor + minor };
        Assert.That(await _app.Db.InTransactionAsync(tx => PayoutBook.ReversedAsync(tx, store, payout, reversed, _app.Clock.GetUtcNow())), Is.True);
    }

    /// <summary>Rebuilds a table without its keys, so that what they forbid can be planted.</summary>
    private Task<int> WithoutKeysAsync(string table) => _raw.ExecuteAsync(
        $"CREATE TABLE bare AS SELECT * FROM {table}; DROP TABLE {table}; ALTER TABLE bare RENAME TO {table};");

    private async Task PayoutAsync(string id, string state, long minor, string? settledAs)
    {
        var store = _shop.Store;
        await using var connection = await _app.Db.OpenAsync(default);
        if (id == "po_1")
        {
            await Plant.RowAsync(connection, "payout_runs", ("store_id", store.Id), ("id", "run_1"), ("state", "approved"));
        }

        var now = _app.Clock.GetUtcNow();
        var amount = new Money(minor, Currency.Parse("EUR"));
        var frozen = PayoutAttempt.Freeze(new Payout(store.Id, id, "run_1", _ann, "EUR", minor, 0, "acct_ann", "test", state, null, null, now, now), 1, now);
        var transfer = state == "sent" ? "tr_" + id : null;
        await Plant.RowAsync(
            connection, "payouts", ("store_id", store.Id), ("id", id), ("run_id", "run_1"), ("ambassador_id", _ann), ("currency", "EUR"),
            ("amount_minor", minor), ("destination", "acct_ann"), ("mode", "test"), ("state", state), ("transfer_id", transfer));
        await Plant.RowAsync(
            connection, "payout_attempts", ("store_id", store.Id), ("payout_id", id), ("attempt", 1L), ("idempotency_key", $"po-{id}-a1"),
            ("body", frozen.Body), ("mode", "test"), ("outcome", state switch { "sent" => "accepted", "refused" => "refused", _ => "unknown" }), ("transfer_id", transfer));
        var postings = new List<LedgerTransaction> { Post(LedgerKind.PayoutReserved, id, Account.Approved, Account.InPayout) };
        if (settledAs is not null)
        {
            postings.Add(Post(settledAs, id, Account.InPayout, settledAs == LedgerKind.PayoutSent ? Account.Paid : Account.Approved));
        }

        await _app.Db.InTransactionAsync(tx => LedgerBook.PostAsync(tx, store, postings));

        LedgerTransaction Post(string kind, string source, string from, string to) => new(
            kind, source, amount.Currency, _app.Clock.GetUtcNow(), "test", "planted", LedgerTransaction.Move(_ann, null, from, to, amount));
    }
}
