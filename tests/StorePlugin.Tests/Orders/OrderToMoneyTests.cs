// The way of one order: from a signed delivery to a receipt and the ledger.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Orders;

internal sealed class OrderToMoneyTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
    }

    [TearDown]
    public ValueTask CloseAsync() => _app.DisposeAsync();

    [Test]
    public async Task A_paid_order_with_a_code_is_held_for_the_ambassador()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");

        await _shop.PaysAsync(Order().With("ann10", "10.00"));

        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("held"));
        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.EqualTo(900));
        var receipt = await _shop.ReceiptAsync("1001");
        Assert.That(receipt.AmbassadorId, Is.EqualTo(ann));
        Assert.That(receipt.BaseMinor, Is.EqualTo(9000));
        Assert.That(receipt.HoldUntil, Is.EqualTo(StoreApp.Start.AddDays(30)));
    }

    [Test]
    public async Task The_hold_releases_the_commission_once_and_not_a_moment_early()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.PaysAsync(Order().With("ANN10", "10.00"));

        _app.Clock.MoveTo(StoreApp.Start.AddDays(30).AddMilliseconds(-1));
        await _app.DrainAsync();
        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.EqualTo(900));

        _app.Clock.MoveTo(StoreApp.Start.AddDays(30));
        await _app.DrainAsync();
        await _app.DrainAsync();

        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.Zero);
        Assert.That(await _shop.BalanceAsync(ann, Account.Approved), Is.EqualTo(900));
    }

    [Test]
    public async Task H_1_a_refund_a_minute_before_the_end_of_the_hold_leaves_nothing_to_approve()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.PaysAsync(Order().With("ANN10", "10.00"));

        _app.Clock.MoveTo(StoreApp.Start.AddDays(30).AddMinutes(-1));
        await _shop.PaysAsync(Order().With("ANN10", "10.00") with { FinancialStatus = "refunded", UpdatedAt = _app.Clock.GetUtcNow() });
        _app.Clock.Advance(TimeSpan.FromDays(10));
        await _app.DrainAsync();

        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("reversed"));
        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.Zero);
        Assert.That(await _shop.BalanceAsync(ann, Account.Approved), Is.Zero);
    }

    [Test]
    public async Task A_refund_before_its_order_waits_for_it_and_counts()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        var order = Order() with { Lines = [("50.00", 1, "0.00"), ("50.00", 1, "0.00")], CartRef = "ANN10" };

        await _shop.DeliverAsync("refunds/create", order.RefundJson("9", 1, "50.00"));
        await _app.DrainAsync();
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("parked"));
        await _shop.PaysAsync(order);

        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.EqualTo(500));
        Assert.That((await _shop.ReceiptAsync("1001")).OriginalCommissionMinor, Is.EqualTo(1000));
    }

    [Test]
    public async Task The_same_delivery_and_the_same_content_count_once()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        var json = Order().With("ANN10", "10.00").ToJson();

        var first = await _shop.DeliverAsync("orders/paid", json, "same");
        var second = await _shop.DeliverAsync("orders/paid", json, "same");
        await _shop.DeliverAsync("orders/updated", json);
        await _app.DrainAsync();

        Assert.That((first, second), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.EqualTo(900));
    }

    [Test]
    public async Task An_older_version_after_a_newer_changes_nothing_but_the_anchor_of_payment()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        var paid = Order().With("ANN10", "10.00");

        await _shop.PaysAsync(paid with { UpdatedAt = StoreApp.Start.AddHours(2), FinancialStatus = "partially_refunded", Refunds = [("9", 0, "45.00")] });
        await _shop.PaysAsync(paid with { UpdatedAt = StoreApp.Start.AddHours(1) });

        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.EqualTo(450));
        Assert.That((await _shop.ReceiptAsync("1001")).PaidAt, Is.EqualTo(StoreApp.Start.AddHours(1)));
    }

    [Test]
    public async Task A_click_carried_by_the_order_is_credited_and_a_code_counts_before_it()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        var bob = await _shop.AmbassadorAsync("BOB10");
        var click = await _shop.ClickAsync(ann);

        await _shop.PaysAsync(Order("1001") with { Landing = $"/?ref={click}" });
        await _shop.PaysAsync((Order("1002") with { CartRef = click }).With("BOB10", "10.00"));

        Assert.That((await _shop.ReceiptAsync("1001")).AmbassadorId, Is.EqualTo(ann));
        Assert.That((await _shop.ReceiptAsync("1002")).AmbassadorId, Is.EqualTo(bob));
        Assert.That((await _shop.ReceiptAsync("1002")).Touches.Single(touch => touch.AmbassadorId == ann).DroppedBy, Is.EqualTo("T1"));
    }

    [Test]
    public async Task An_unpaid_order_has_a_receipt_and_no_ledger_entry_until_it_is_paid()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");

        await _shop.PaysAsync(Order().With("ANN10", "10.00") with { FinancialStatus = "pending" });
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("observed"));
        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.Zero);

        await _shop.PaysAsync(Order().With("ANN10", "10.00") with { UpdatedAt = StoreApp.Start.AddDays(2) });
        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.EqualTo(900));
        Assert.That((await _shop.ReceiptAsync("1001")).HoldUntil, Is.EqualTo(StoreApp.Start.AddDays(32)));
    }

    [Test]
    public async Task An_edit_that_brings_another_ambassadors_better_code_moves_the_commission_whole()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        var bob = await _shop.AmbassadorAsync("BOB10");

        await _shop.PaysAsync(Order().With("ANN10", "10.00"));
        await _shop.PaysAsync(Order().With("ANN10", "5.00").With("BOB10", "15.00") with { UpdatedAt = StoreApp.Start.AddHours(1) });

        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.Zero);
        Assert.That(await _shop.BalanceAsync(bob, Account.Held), Is.EqualTo(850));
    }

    [Test]
    public async Task A_delivery_that_cannot_be_read_is_dead_with_its_reason_and_holds_nothing_back()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");

        await _shop.DeliverAsync("orders/paid", "this is not JSON", "bad");
        await _shop.PaysAsync(Order().With("ANN10", "10.00"));

        var reason = await _app.Db.OneAsync<string>(
            "SELECT outcome FROM deliveries WHERE store_id = @storeId AND delivery_key = 'bad' AND state = 'dead'", new { storeId = _shop.Store.Id });
        Assert.That(reason, Does.StartWith("The body is not JSON"));
        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.EqualTo(900));
    }

    [Test]
    public async Task No_shopper_is_stored_in_clear_text()
    {
        await _shop.AmbassadorAsync("ANN10");
        await _shop.PaysAsync(Order().With("ANN10", "10.00") with { Email = "planted.shopper@example.test" });

        var contents = await _app.Db.ManyAsync<string>("SELECT content FROM order_versions WHERE store_id = @storeId", new { storeId = _shop.Store.Id });

        Assert.That(contents, Has.Count.EqualTo(1));
        Assert.That(contents[0], Does.Not.Contain("planted"));
    }

    [Test]
    public async Task A_suspension_that_has_ended_still_counts_for_the_orders_of_its_time()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        await _app.Db.DoAsync(
            """
            INSERT INTO ambassador_states (store_id, ambassador_id, number, state, at, actor)
            VALUES (@storeId, @ann, 1, 'suspended', @from, 'test'), (@storeId, @ann, 2, 'approved', @until, 'test')
            """,
            new { storeId = _shop.Store.Id, ann, from = StoreApp.Start.AddHours(1), until = StoreApp.Start.AddHours(2) });
        _app.Clock.Advance(TimeSpan.FromHours(3));

        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start.AddHours(1)).With("ANN10", "10.00"));
        await _shop.PaysAsync(new TestOrder("1002", StoreApp.Start.AddHours(2)).With("ANN10", "10.00"));

        Assert.That((await _shop.ReceiptAsync("1001")).Rule, Is.EqualTo("T10"));
        Assert.That((await _shop.ReceiptAsync("1002")).AmbassadorId, Is.EqualTo(ann));
    }

    [Test]
    public async Task M_1_an_order_whose_currency_changes_is_taken_back_in_the_old_one_and_booked_in_the_new()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");

        await _shop.PaysAsync(Order().With("ANN10", "10.00"));
        await _shop.PaysAsync(Order().With("ANN10", "10.00") with { Currency = "USD", UpdatedAt = StoreApp.Start.AddHours(1) });

        Assert.That(await HeldByCurrencyAsync(ann), Is.EqualTo([("EUR", 0L), ("USD", 900L)]));
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("held"));
    }

    [Test]
    public async Task H_2_the_hold_of_a_store_that_has_left_does_not_end_until_it_is_back()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.PaysAsync(Order().With("ANN10", "10.00"));
        await _app.Db.InTransactionAsync(tx => _app.Get<Installation>().UninstallAsync(tx, _shop.Store));
        _app.Get<Installation>().Forget(_shop.Store);

        _app.Clock.Advance(TimeSpan.FromDays(40));
        await _app.DrainAsync();
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("held"));

        await Shop.OpenAsync(_app);
        await _app.DrainAsync();
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("approved"));
        Assert.That(await _shop.BalanceAsync(ann, Account.Approved), Is.EqualTo(900));
    }

    [Test]
    public async Task What_was_acknowledged_before_the_store_left_is_still_booked()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.DeliverAsync("orders/paid", Order().With("ANN10", "10.00").ToJson());

        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _app.Db.InTransactionAsync(tx => _app.Get<Installation>().UninstallAsync(tx, _shop.Store));
        _app.Get<Installation>().Forget(_shop.Store);
        await _app.DrainAsync();

        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.EqualTo(900));
    }

    [Test]
    public async Task B_11_a_deleted_order_is_held_until_its_money_decides_or_a_later_version_shows_that_it_was_restored()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.PaysAsync(Order().With("ANN10", "10.00"));
        _app.Clock.Advance(TimeSpan.FromHours(1));

        await _shop.DeliverAsync("orders/delete", """{"id":1001}""", "gone");
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromDays(40));
        await _app.DrainAsync();
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("held"), "its hold does not end by itself");
        Assert.That((await _shop.ReceiptAsync("1001")).Findings, Has.One.Contains("deleted after payment"));

        await _shop.PaysAsync(Order().With("ANN10", "10.00") with { UpdatedAt = StoreApp.Start.AddHours(2) });
        await _app.DrainAsync();
        Assert.That(await _shop.BalanceAsync(ann, Account.Approved), Is.EqualTo(900));
        Assert.That((await _shop.ReceiptAsync("1001")).Findings, Is.Empty);
    }

    [TestCase("""{"financial_status":"refunded"}""", "reversed", "Refunded in full: the commission was taken back.")]
    [TestCase("""{"financial_status":"refunded","cancelled_at":"2026-03-01T11:00:00Z"}""", "reversed", "Cancelled and refunded: the commission was taken back.")]
    [TestCase("""{"financial_status":"voided","cancelled_at":"2026-03-01T11:00:00Z"}""", "reversed", "Cancelled: the commission was taken back.")]
    [TestCase("""{"discount_codes":[]}""", "reversed", "The commission was taken back. ")]
    [TestCase(
        """{"refunds":[{"id":1,"order_id":1001,"created_at":"2026-03-01T11:00:00Z","refund_line_items":[{"line_item_id":1,"quantity":1,"subtotal":"40.00"}]}]}""",
        "held", "The shopper used the code ANN10. Refunds have taken a part of its commission back.")]
    public async Task An_order_says_in_words_what_became_of_its_commission(string change, string state, string reason)
    {
        await _shop.AmbassadorAsync("ANN10");
        await _shop.PaysAsync(Order().With("ANN10", "10.00"));

        await ChangeAsync(Order().With("ANN10", "10.00"), change);

        Assert.That((await _shop.StateAsync("1001"), await ReasonAsync()), Is.EqualTo((state, reason)).Using<(string, string)>(
            (actual, expected) => actual.Item1 == expected.Item1 && actual.Item2.StartsWith(expected.Item2, StringComparison.Ordinal)));
    }

    [Test]
    public async Task An_order_that_was_cancelled_says_so_before_it_is_paid_and_while_its_money_is_not_back()
    {
        await _shop.AmbassadorAsync("ANN10");
        var unpaid = Order().With("ANN10", "10.00") with { FinancialStatus = "pending" };
        await _shop.PaysAsync(unpaid);
        Assert.That(await ReasonAsync(), Is.EqualTo("The shopper used the code ANN10."));

        await ChangeAsync(unpaid, """{"financial_status":"voided","cancelled_at":"2026-03-01T11:00:00Z"}""");
        Assert.That(await ReasonAsync(), Is.EqualTo("Cancelled before it was paid: it earns nothing."));
        Assert.That(
            ReceiptText.Lines(await _shop.ReceiptAsync("1001"), TimeZoneInfo.Utc),
            Does.Contain("Nothing is left that could earn, so nothing is held.").And.None.Contains("only expected"));

        await ChangeAsync(unpaid, """{"financial_status":"paid","cancelled_at":"2026-03-01T11:00:00Z","updated_at":"2026-03-01T12:00:00Z"}""");
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("held"));
        Assert.That(await ReasonAsync(), Does.StartWith("The order was cancelled after payment and its money has not gone back yet"));
    }

    private async Task ChangeAsync(TestOrder order, string change)
    {
        var json = JsonNode.Parse((order with { UpdatedAt = StoreApp.Start.AddHours(1) }).ToJson())!;
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
        {
            json[name] = value?.DeepClone();
        }

        await _shop.DeliverAsync("orders/updated", json.ToJsonString());
        await _app.DrainAsync();
    }

    private Task<string?> ReasonAsync() =>
        _app.Db.OneAsync<string>("SELECT reason FROM orders WHERE store_id = @storeId AND order_id = '1001'", new { storeId = _shop.Store.Id });

    [Test]
    public async Task A_commission_that_rounds_to_nothing_is_held_and_approved_as_nothing()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.PaysAsync(Order() with { Lines = [("0.04", 1, "0.00")], CartRef = "ANN10" });
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("held"));

        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();

        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("approved"));
        Assert.That(await _shop.BalanceAsync(ann, Account.Approved), Is.Zero);
    }

    // The framework refuses to normalise these, and a shopper can write them into an address.
    [TestCase("\uFFFE")]
    [TestCase("a\uD800b")]
    [TestCase("jane@mail.example")]
    public async Task A_reference_that_is_none_of_ours_neither_stops_the_order_nor_is_kept(string reference)
    {
        var ann = await _shop.AmbassadorAsync("ANN10");

        await _shop.PaysAsync((Order() with { CartRef = reference, Landing = "/?ref=" + Uri.EscapeDataString(reference.Replace('\uD800', '?')) }).With("ANN10", "10.00"));

        Assert.That(await _shop.BalanceAsync(ann, Account.Held), Is.EqualTo(900));
        var content = await _app.Db.OneAsync<string>("SELECT content FROM order_versions WHERE store_id = @storeId", new { storeId = _shop.Store.Id });
        Assert.That(content, Does.Contain("\"references\":[]"));
    }

    [Test]
    public async Task Amounts_beyond_what_can_be_counted_make_a_dead_delivery_and_never_a_wrapped_sum()
    {
        await _shop.AmbassadorAsync("ANN10");

        await _shop.DeliverAsync("orders/paid", (Order() with { Lines = [("90000000000000.00", 2_000_000, "0.00")], CartRef = "ANN10" }).ToJson(), "huge");
        await _app.DrainAsync();

        Assert.That(
            await _app.Db.OneAsync<string>("SELECT outcome FROM deliveries WHERE store_id = @storeId AND delivery_key = 'huge' AND state = 'dead'", new { storeId = _shop.Store.Id }),
            Does.Contain("too large"));
    }

    private async Task<IReadOnlyList<(string Currency, long Minor)>> HeldByCurrencyAsync(string ambassadorId) =>
    [
        .. (await _app.Db.ManyAsync<HeldRow>(
            "SELECT currency, amount_minor FROM balances WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND account = 'held' ORDER BY currency",
            new { storeId = _shop.Store.Id, ambassadorId })).Select(row => (row.Currency, row.AmountMinor)),
    ];

    private static TestOrder Order(string id = "1001") => new(id, StoreApp.Start);

    private sealed record HeldRow(string Currency, long AmountMinor);
}
