// The log, replayed, gives exactly what stands; each damage is told by its name, projections are mended, and the ledger is left alone.
using Dapper;
using Microsoft.Data.Sqlite;
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

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

    // Tiers, caps, bindings, late refunds and moved instants.
    [Test]
    public async Task What_rested_on_other_orders_is_what_the_log_gives([Range(1, 3)] int seed)
    {
        var month = new TermsPeriod(PeriodKind.CalendarMonth);
        var (shop, _) = await OpenAsync("tiers", new Terms(1000, 0, 30, 30)
        {
            Tiers = new Tiers(TierMetric.NetSales, month, null, [new TierLevel(40_000, null, 1500)]),
            PeriodCap = new PeriodCap(20_000, month),
            Binding = new BindingTerms(365, 20),
            Currency = Currency.Parse("EUR"),
        });
        var random = new Random(seed);
        var start = _app.Clock.GetUtcNow();
        foreach (var id in Enumerable.Range(1, 12).OrderBy(_ => random.Next()))
        {
            var order = Sale($"{id}", start.AddHours(id), customer: id % 4) with { Lines = [($"{random.Next(50, 300)}.00", 1, "0.00")] };
            await shop.PaysAsync(order);
            if (id % 6 == 0)
            {
                await shop.DeliverAsync("refunds/create", (order with { UpdatedAt = start.AddHours(random.Next(id, 24)) }).RefundJson($"7{id}", 0, "20.00"));
            }

            if (id % 5 == 0)
            {
                await shop.PaysAsync(order with { At = start.AddHours(random.Next(1, 30)), UpdatedAt = start.AddDays(2) });
            }
        }

        _app.Clock.Advance(TimeSpan.FromDays(40));
        await _app.DrainAsync();
        await shop.PaysAsync(Sale("20", start.AddDays(41), customer: 1) with { CartRef = null });
        await shop.DeliverAsync("refunds/create", (Sale("1", start.AddHours(1), customer: 1) with { UpdatedAt = start.AddDays(200) }).RefundJson("79", 0, "30.00"));
        _app.Clock.Advance(TimeSpan.FromDays(200));
        await _app.DrainAsync();

        var kinds = await _app.Db.ManyAsync<string>("SELECT DISTINCT kind FROM ledger_transactions WHERE store_id = @id", new { id = shop.Store.Id });
        Assert.That(kinds, Is.SupersetOf(new[] { "commission", "release", "merchant_cost" }));
        Assert.That((await shop.ReceiptAsync("20")).Touches.Single().Kind, Is.EqualTo(TouchKind.Customer));
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await RunAsync(shop.Store.Id)).Findings, Is.Empty);
    }

    [Test]
    public async Task What_was_found_and_who_was_new_is_what_the_log_gives()
    {
        var (shop, ann) = await OpenAsync("found", new Terms(1000, 0, 30, 30)
        {
            Tiers = new Tiers(TierMetric.NewCustomers, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 2, 2000)]),
            NewCustomersOnly = true,
        });
        var start = _app.Clock.GetUtcNow();
        var click = await shop.ClickAsync(ann);
        for (var id = 1; id <= 4; id++)
        {
            await shop.PaysAsync(Sale($"{id}", start.AddDays(id), customer: id) with { CartRef = click });
        }

        // A burst by the code alone, of which more than a quarter comes back; one shopper is withheld, one had bought before.
        for (var id = 11; id <= 36; id++)
        {
            var sale = Sale($"{id}", start.AddDays(8).AddMinutes(id), customer: id).With("EVE", "1.00") with { CartRef = null };
            await shop.DeliverAsync("orders/paid", (id <= 20 ? sale with { Refunds = [($"7{id}", 0, "5.00")] } : sale).ToJson());
        }

        await shop.DeliverAsync("orders/paid", (Sale("40", start.AddDays(9), customer: 1) with { Customer = null, Email = "" }).ToJson());
        await shop.DeliverAsync("orders/paid", (Sale("41", start.AddDays(7), customer: 36) with { CartRef = null }).ToJson());
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromDays(60));
        await _app.DrainAsync();
        await _app.Get<DecideOrder>().DecideAsync(shop.Store, "35", DecisionKind.Allow, null, "Looked at.", "owner", default);
        await _app.Get<DecideOrder>().DecideAsync(shop.Store, "34", DecisionKind.Reject, null, "Sent back.", "owner", default);
        await _app.DrainAsync();

        Assert.That((await shop.ReceiptAsync("35")).Flags.Select(flag => flag.Rule), Is.EqualTo(["F4", "F5", "F6"]));
        Assert.That((await shop.StateAsync("35"), await shop.StateAsync("34"), await shop.StateAsync("33")), Is.EqualTo(("approved", "reversed", "review")));
        Assert.That(((await shop.ReceiptAsync("36")).Rule, (await shop.ReceiptAsync("40")).OpenRules), Is.EqualTo(("T9", new[] { "T9" })));
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await RunAsync(shop.Store.Id)).Findings, Is.Empty);
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
            var amount = new Money(300, Currency.Parse("EUR"));
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

    [TestCase("UPDATE order_days SET orders = orders + 1")]
    [TestCase("UPDATE order_days SET net_minor = net_minor - 1, commission_minor = 0")]
    [TestCase("UPDATE order_days SET new_customers = new_customers + 1")]
    [TestCase("DELETE FROM order_days")]
    [TestCase("INSERT INTO order_days SELECT store_id, campaign_id, 20200101, currency, 1, 1, 1, 1 FROM order_days LIMIT 1")]
    public async Task The_figures_of_a_day_are_replaced(string damage)
    {
        var figures = await FiguresAsync();

        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Select(finding => finding.Check).Distinct(), Is.EqualTo(["projection-day-figures"]));
        Assert.That(await FiguresAsync(), Is.EqualTo(figures));
        Assert.That((await RunAsync()).Findings, Is.Empty);
    }

    // A day of which nothing is left stands as one that brought nothing.
    private Task<IReadOnlyList<string>> FiguresAsync() => _app.Db.ManyAsync<string>(
        "SELECT local_day || ' ' || currency || ' ' || orders || ' ' || net_minor || ' ' || commission_minor || ' ' || new_customers FROM order_days WHERE orders > 0 ORDER BY local_day");

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

    [TestCase("UPDATE order_standings SET base_minor = base_minor + 1 WHERE order_id = '1004'")]
    [TestCase("UPDATE order_standings SET effective_at = effective_at + 1, sort_key = sort_key || '0' WHERE order_id = '1004'")]
    [TestCase("UPDATE order_standings SET local_day = local_day + 1, currency = 'USD' WHERE order_id = '1004'")]
    [TestCase("UPDATE order_standings SET campaign_id = 'cmp_x', ambassador_id = 'amb_x', orders = 2, new_customers = 5 WHERE order_id = '1004'")]
    [TestCase("DELETE FROM order_standings WHERE order_id = '1003' AND number = 1")]
    [TestCase("DELETE FROM order_standings WHERE order_id = '1003'")]
    [TestCase("UPDATE order_standings SET number = 3 WHERE order_id = '1003' AND number = 1")]
    public async Task What_an_order_adds_to_the_standing_is_replaced(string damage)
    {
        var before = await ContentAsync("order_standings");

        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Single().Check, Is.EqualTo("projection-standings"));
        Assert.That(findings.Single().Text, Does.Contain("it is replaced"));
        Assert.That(await ContentAsync("order_standings"), Is.EqualTo(before));
        Assert.That((await RunAsync()).Findings, Is.Empty);
    }

    [TestCase("DELETE FROM customer_orders WHERE order_id = '1004'", "2 are missing")]
    [TestCase("UPDATE customer_orders SET customer_key = 'x' WHERE order_id = '1004' AND rowid = (SELECT MIN(rowid) FROM customer_orders WHERE order_id = '1004')", "1 is missing, 1 is superfluous")]
    [TestCase("UPDATE customer_orders SET sort_key = '0' || sort_key WHERE order_id = '1004'", "2 are missing, 2 are superfluous")]
    [TestCase(
        "INSERT INTO customer_orders (store_id, customer_key, sort_key, order_id, kind) "
        + "SELECT store_id, 'x', sort_key, order_id, kind FROM customer_orders WHERE order_id = '1004' LIMIT 1",
        "1 is superfluous")]
    [TestCase("UPDATE customer_orders SET kind = 'renewal' WHERE order_id = '1004'", "2 are unlike in kind")]
    [TestCase("UPDATE customer_orders SET kind = 'renewal', plans = ',plan 5,' WHERE order_id = '1003'", "2 are unlike in kind, plans")]
    public async Task What_an_order_tells_of_its_customer_is_replaced(string damage, string text)
    {
        var before = await ContentAsync("customer_orders");

        var findings = await FindingsAfterAsync(damage);

        Assert.That(findings.Single().Check, Is.EqualTo("projection-customers"));
        Assert.That(findings.Single().Text, Does.Contain(text).And.Contain("they are replaced").And.Not.Contain("but for"));
        Assert.That(await ContentAsync("customer_orders"), Is.EqualTo(before));
        Assert.That((await RunAsync()).Findings, Is.Empty);
    }

    [Test]
    public async Task What_rests_on_a_row_of_a_customer_that_was_replaced_is_decided_again()
    {
        await FindingsAfterAsync("DELETE FROM customer_orders WHERE order_id = '1003'");

        Assert.That(await _app.Db.ManyAsync<string>("SELECT order_id FROM reconsiderations ORDER BY order_id"), Is.EqualTo(["1004", "1005"]));
        await _app.DrainAsync();
        Assert.That((await RunAsync()).Findings, Is.Empty);
    }

    [Test]
    public async Task What_an_import_told_of_a_customer_is_left_alone()
    {
        foreach (var (id, key) in new[] { ("501", "x"), ("502", "y"), ("1009", "z") })
        {
            await Plant.RowAsync(
                _raw, "customer_orders", ("store_id", _shop.Store.Id), ("customer_key", key), ("sort_key", $"001:{id}"), ("order_id", id), ("kind", "order"),
                ("mark", id == "502" ? "erased" : "import"));
        }

        var before = await ContentAsync("customer_orders");

        Assert.That((await RunAsync()).Findings, Is.Empty);
        Assert.That(await ContentAsync("customer_orders"), Is.EqualTo(before));
    }

    [Test]
    public async Task A_row_of_an_order_that_nobody_knows_is_told()
    {
        var findings = await FindingsAfterAsync(
            "INSERT INTO customer_orders (store_id, customer_key, sort_key, order_id, kind) SELECT store_id, 'x', sort_key, '4711', kind FROM customer_orders LIMIT 1");

        Assert.That(findings.Select(finding => (finding.Check, finding.Subject)), Is.EqualTo([("log-incomplete", "4711")]));
    }

    [Test]
    public async Task The_rows_of_an_erased_shopper_are_known_by_their_moment_and_their_hash_never_comes_back()
    {
        var hashes = await _raw.QueryAsync<string>("SELECT DISTINCT customer_key FROM customer_orders");
        await EraseAsync("1003", "1004");
        var before = await ContentAsync("customer_orders");
        Assert.That((await RunAsync()).Findings, Is.Empty);

        // What differs in them is replaced, and they stay erased.
        Assert.That((await FindingsAfterAsync("UPDATE customer_orders SET kind = 'renewal' WHERE order_id = '1003'")).Single().Text, Does.Contain("2 are unlike in kind"));
        Assert.That(await ContentAsync("customer_orders"), Is.EqualTo(before));

        // What is gone of them is told and stays away.
        var gone = await FindingsAfterAsync("DELETE FROM customer_orders WHERE rowid = (SELECT MIN(rowid) FROM customer_orders WHERE order_id = '1004')");
        Assert.That((gone.Single().Check, gone.Single().Subject), Is.EqualTo(("projection-customers", "1004")));
        Assert.That(gone.Single().Text, Does.Contain("1 is missing").And.Contain("but for what is missing"));
        Assert.That((await _raw.QueryAsync<string>("SELECT customer_key FROM customer_orders")).Intersect(hashes), Is.Empty);
    }

    [Test]
    public async Task The_rows_of_an_erased_shopper_move_with_the_order_and_bring_no_hash_back()
    {
        await EraseAsync("1003", "1004");
        var order = Order("1004") with { At = _app.Clock.GetUtcNow().AddHours(-1), UpdatedAt = _app.Clock.GetUtcNow().AddHours(1) };
        await _shop.PaysAsync(order);

        var rows = await _raw.QueryAsync<(string Key, string Moment, string? Mark)>("SELECT customer_key, sort_key, mark FROM customer_orders WHERE order_id = '1004'");
        Assert.That(rows.Select(row => (row.Key[..7], row.Moment, row.Mark)), Is.EqualTo(Enumerable.Repeat(("erased_", OrderMoment.KeyOf(order.At, "1004"), "erased"), 2)));
        Assert.That((await RunAsync()).Findings, Is.Empty);
    }

    [Test]
    public async Task A_customers_row_is_left_alone_where_the_ledger_tells_something_else()
    {
        await _raw.ExecuteAsync("UPDATE customer_orders SET kind = 'renewal' WHERE order_id = '1004'");
        var before = await ContentAsync("customer_orders");

        var findings = await FindingsAfterAsync("UPDATE ledger_transactions SET reason = 'x' WHERE source = '1004:1'");

        Assert.That(findings.Single(finding => finding.Check == "projection-customers").Text, Does.Contain("they stay"));
        Assert.That(await ContentAsync("customer_orders"), Is.EqualTo(before));
    }

    [Test]
    public async Task A_standing_is_left_alone_where_the_ledger_tells_something_else()
    {
        await _raw.ExecuteAsync("UPDATE order_standings SET base_minor = base_minor + 1 WHERE order_id = '1004'");
        var before = await ContentAsync("order_standings");

        var findings = await FindingsAfterAsync("UPDATE ledger_transactions SET reason = 'x' WHERE source = '1004:1'");

        Assert.That(findings.Single(finding => finding.Check == "projection-standings").Text, Does.Contain("it stays"));
        Assert.That(await ContentAsync("order_standings"), Is.EqualTo(before));
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

    private async Task<(Shop Shop, string Ambassador)> OpenAsync(string name, Terms terms)
    {
        var shop = await Shop.OpenAsync(_app, name, terms);
        return (shop, await shop.AmbassadorAsync("EVE"));
    }

    private static TestOrder Sale(string id, DateTimeOffset at, long customer) =>
        new(id, at) { Customer = customer, Email = $"shopper{customer}@example.test", CartRef = "EVE" };

    private Task<int> EraseAsync(params string[] orderIds) => _app.Db.InTransactionAsync(
        async tx => await Customers.EraseAsync(tx, _shop.Store, await Customers.KeysOfAsync(tx, _shop.Store, ShopperHashes.Unknown, orderIds)));

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
            await PayoutBook.ReserveAsync(tx, _shop.Store, [payout], now, "ann");
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
