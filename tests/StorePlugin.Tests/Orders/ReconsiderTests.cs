// Orders that are decided again: whatever moved them, in whatever order, what stands is what the facts say, and nothing is held up.
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class ReconsiderTests
{
    private static readonly Terms Plain = new(1000, 1000, 30, 30);
    private static readonly Terms NewOnly = Plain with { NewCustomersOnly = true };

    private StoreApp _app = null!;

    [SetUp]
    public async Task Open() => _app = await StoreApp.StartAsync();

    [TearDown]
    public async Task Close()
    {
        Assert.That(await _app.Get<Verify>().RunAsync(null, default), Is.Empty);
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM reconsiderations"), Is.Zero, "nothing waits any more");
        await _app.DisposeAsync();
    }

    [Test]
    public async Task An_order_that_was_refunded_in_full_may_still_be_rejected()
    {
        var (shop, ann) = await OpenAsync(Plain);
        await shop.PaysAsync(Order("1", 1));
        await RefundAsync(shop, Order("1", 1), "11", "100.00");
        var api = await ApiClient.OfAsync(_app, shop.Store);

        var answer = await api.Post(
            "orders/1/decisions", new System.Text.Json.Nodes.JsonObject { ["decision"] = "reject", ["reason"] = "fraud" });

        Assert.That((answer.Status, answer.Text("state")), Is.EqualTo((200, "reversed")));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.Zero);
    }

    [Test]
    public async Task A_refunded_order_of_somebody_who_proves_to_be_no_new_customer_holds_up_nothing()
    {
        var (shop, ann) = await OpenAsync(NewOnly);
        await shop.PaysAsync(Order("2", 2));
        await RefundAsync(shop, Order("2", 2), "11", "100.00");
        await shop.PaysAsync(Order("4", 4) with { Customer = 78, Email = "other@example.test" });

        await shop.PaysAsync(Order("1", 1) with { CartRef = null });
        await shop.PaysAsync(Order("3", 3) with { Customer = 78, Email = "other@example.test", CartRef = null });

        Assert.That((await shop.ReceiptAsync("2")).Rule, Is.EqualTo("T9"));
        Assert.That((await shop.ReceiptAsync("4")).Rule, Is.EqualTo("T9"));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.Zero);
    }

    [Test]
    public async Task An_order_that_leaves_its_customer_lets_their_later_orders_be_the_first()
    {
        var (shop, ann) = await OpenAsync(NewOnly);
        await shop.PaysAsync(Order("1", 1) with { CartRef = null });
        await shop.PaysAsync(Order("2", 2));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.Zero);

        await shop.PaysAsync(Order("1", 1) with { CartRef = null, Customer = 78, Email = "other@example.test", UpdatedAt = StoreApp.Start.AddHours(3) });

        Assert.That((await shop.ReceiptAsync("2")).NewCustomer, Is.True);
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000));
    }

    [Test]
    public async Task An_order_whose_instant_moves_is_seen_by_those_between()
    {
        var (shop, ann) = await OpenAsync(NewOnly);
        await shop.PaysAsync(Order("1", 1) with { CartRef = null });
        await shop.PaysAsync(Order("2", 2));

        await shop.PaysAsync(Order("1", 3) with { CartRef = null, UpdatedAt = StoreApp.Start.AddHours(4) });

        Assert.That((await shop.ReceiptAsync("2")).NewCustomer, Is.True);
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000));
    }

    [Test]
    public async Task A_paid_order_keeps_whether_its_customer_was_new()
    {
        var (shop, ann) = await OpenAsync(NewOnly);
        await shop.PaysAsync(Order("2", 2));
        await shop.TakeAsync("2");
        await shop.PaysAsync(Order("1", 1) with { CartRef = null });

        await shop.PaysAsync(Order("2", 2) with { UpdatedAt = StoreApp.Start.AddHours(5) });

        Assert.That((await shop.ReceiptAsync("2")).NewCustomer, Is.True, "whether a tag is added later must not decide about money");
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000));
        await shop.ReturnAsync("2");
    }

    [Test]
    public async Task A_persons_credit_earns_the_groups_share_and_tells_a_new_customer_from_an_old_one()
    {
        var terms = Plain with { Rates = [new RateRule(null, null, 2000) { Group = "vip" }] };
        var (shop, ann) = await OpenAsync(terms);
        var api = await ApiClient.OfAsync(_app, shop.Store);
        await api.Put($"ambassadors/{ann}/group", new System.Text.Json.Nodes.JsonObject { ["group"] = "VIP" });
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await shop.PaysAsync(Order("1", 2) with { CartRef = null });
        await shop.PaysAsync(Order("2", 3) with { CartRef = null });

        await api.Post("orders/2/decisions", new System.Text.Json.Nodes.JsonObject { ["decision"] = "credit", ["reason"] = "she called", ["ambassadorId"] = ann });

        var receipt = await shop.ReceiptAsync("2");
        Assert.That((receipt.CommissionMinor, receipt.Group, receipt.NewCustomer), Is.EqualTo((2000, "vip", false)));
    }

    // Rule T8: who rejects the first order takes the customer's binding away as well.
    [Test]
    public async Task A_rejected_order_binds_nobody_any_more()
    {
        var (shop, ann) = await OpenAsync(Plain with { Binding = new BindingTerms(365, null) });
        await shop.PaysAsync(Order("1", 1));
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        await shop.PaysAsync(Order("2", 24 * 32) with { CartRef = null, Customer = null });
        Assert.That((await shop.ReceiptAsync("2")).AmbassadorId, Is.EqualTo(ann), "bound by the e-mail as well as by the platform's id");
        var api = await ApiClient.OfAsync(_app, shop.Store);

        await api.Post("orders/1/decisions", new System.Text.Json.Nodes.JsonObject { ["decision"] = "reject", ["reason"] = "fraud" });
        await _app.DrainAsync();
        await shop.PaysAsync(Order("3", 24 * 33) with { CartRef = null });

        Assert.That((await shop.ReceiptAsync("2")).Rule, Is.EqualTo("T8"));
        Assert.That((await shop.ReceiptAsync("3")).Rule, Is.EqualTo("T8"));
    }

    [Test]
    public async Task A_cap_is_not_passed_by_late_refunds_reviews_or_what_has_been_paid()
    {
        var terms = Plain with { PeriodCap = new PeriodCap(1000, new TermsPeriod(PeriodKind.Lifetime)), Currency = Currency.Parse("EUR") };
        var (shop, ann) = await OpenAsync(terms);
        await shop.PaysAsync(Order("2", 2));
        await shop.TakeAsync("2");

        await shop.PaysAsync(Order("1", 1));
        Assert.That((await shop.ReceiptAsync("1")).CommissionMinor, Is.Zero, "what was paid has taken the room");

        await RefundAsync(shop, Order("2", 2), "11", "100.00", TimeSpan.FromDays(200));
        await shop.PaysAsync(Order("3", 24 * 201));
        Assert.That((await shop.ReceiptAsync("3")).CommissionMinor, Is.Zero, "what the ambassador keeps of a late refund takes its room (rule K5)");
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000));
        await shop.ReturnAsync("2");
    }

    [Test]
    public async Task What_is_in_review_takes_room_under_a_cap_and_counts_for_no_tier()
    {
        var terms = Plain with
        {
            PeriodCap = new PeriodCap(1500, new TermsPeriod(PeriodKind.Lifetime)),
            Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 1, 2000)]),
            Currency = Currency.Parse("EUR"),
        };
        var (shop, ann) = await OpenAsync(terms);
        var click = await shop.ClickAsync(ann);
        await shop.PaysAsync(Order("1", 1) with { CartRef = click, CheckoutStartedAt = StoreApp.Start.AddMinutes(-1) });
        Assert.That(await shop.StateAsync("1"), Is.EqualTo("review"));

        await shop.PaysAsync(Order("2", 2));

        Assert.That((await shop.ReceiptAsync("2")).Standing, Is.EqualTo(new Standing(0, 1000)));
        Assert.That((await shop.ReceiptAsync("2")).CommissionMinor, Is.EqualTo(500));
    }

    [Test]
    public async Task An_order_that_was_sent_back_whole_is_none_for_a_tier_by_orders()
    {
        var terms = Plain with { Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 1, 2000)]) };
        var (shop, _) = await OpenAsync(terms);
        await shop.PaysAsync(Order("1", 1));
        await RefundAsync(shop, Order("1", 1), "11", "100.00", TimeSpan.FromHours(1));

        await shop.PaysAsync(Order("2", 3));

        Assert.That((await shop.ReceiptAsync("2")).Standing, Is.EqualTo(new Standing(0, null)));
    }

    // The day of an order is told when its instant is first written; a new zone is for later orders (rule M4).
    [Test]
    public async Task A_change_of_the_stores_zone_moves_no_order_into_another_month()
    {
        var month = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.CalendarMonth), null, [new TierLevel(null, 1, 2000)]);
        var (shop, _) = await OpenAsync(Plain with { Tiers = month });
        var end = new DateTimeOffset(2026, 3, 31, 20, 0, 0, TimeSpan.Zero);
        await shop.PaysAsync(Order("1", 0) with { At = end });
        await shop.PaysAsync(Order("2", 0) with { At = end.AddHours(1) });
        await _app.Db.DoAsync("UPDATE stores SET time_zone = 'Asia/Tokyo' WHERE id = @id", new { id = shop.Store.Id });
        _app.Get<StorePlugin.Stores.StoreDirectory>().Forget(shop.Store);

        await shop.PaysAsync(Order("2", 0) with { At = end.AddHours(1), UpdatedAt = end.AddHours(2) });

        Assert.That((await shop.ReceiptAsync("2")).Standing, Is.EqualTo(new Standing(1, null)));
        Assert.That(await _app.Db.OneAsync<long>("SELECT local_day FROM orders WHERE order_id = '2'"), Is.EqualTo(20260331));
    }

    // The log proves what an order was decided by; that nothing before it has changed since is told by the rows before it.
    [Test]
    public async Task Rebuild_queues_an_order_that_nobody_has_looked_at_again()
    {
        var (shop, ann) = await OpenAsync(Plain with { Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 1, 2000)]) });
        await shop.PaysAsync(Order("2", 2));
        await shop.DeliverAsync("orders/paid", Order("1", 1).ToJson());
        await _app.Get<StorePlugin.Inbox.InboxWorker>().RunOnceAsync(default);
        await _app.Db.DoAsync("DELETE FROM reconsiderations");

        var findings = (await _app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings;

        Assert.That(findings.Select(finding => (finding.Check, finding.Subject)), Is.EqualTo(new[] { (StandingPositions.Check, "2") }));
        await _app.DrainAsync();
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000 + 2000));
        Assert.That((await _app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings, Is.Empty);
    }

    // One that cannot be decided waits, and holds nobody else's up.
    [Test]
    public async Task An_order_that_cannot_be_decided_again_holds_no_other_one_back()
    {
        var (shop, ann) = await OpenAsync(NewOnly);
        await shop.PaysAsync(Order("2", 2));
        await shop.PaysAsync(Order("4", 4) with { Customer = 78, Email = "other@example.test" });
        var content = await _app.Db.OneAsync<string>("SELECT content FROM order_versions WHERE order_id = '2'");
        await _app.Db.DoAsync("UPDATE order_versions SET content = 'x' WHERE order_id = '2'");

        await shop.PaysAsync(Order("1", 1) with { CartRef = null });
        await shop.PaysAsync(Order("3", 3) with { Customer = 78, Email = "other@example.test", CartRef = null });

        Assert.That((await shop.ReceiptAsync("4")).Rule, Is.EqualTo("T9"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT attempts FROM reconsiderations WHERE order_id = '2'"), Is.GreaterThan(0));

        await _app.Db.DoAsync("UPDATE order_versions SET content = @content WHERE order_id = '2'", new { content });
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _app.DrainAsync();
        Assert.That((await shop.ReceiptAsync("2")).Rule, Is.EqualTo("T9"));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.Zero);
    }

    [Test]
    public async Task An_order_that_cannot_be_released_holds_no_other_one_back()
    {
        var (shop, ann) = await OpenAsync(Plain);
        await shop.PaysAsync(Order("1", 1));
        await shop.PaysAsync(Order("2", 2));
        await _app.Db.DoAsync("UPDATE orders SET currency = 'xxx' WHERE order_id = '1'");

        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        Assert.That((await shop.StateAsync("1"), await shop.StateAsync("2")), Is.EqualTo(("held", "approved")));

        await _app.Db.DoAsync("UPDATE orders SET currency = 'EUR' WHERE order_id = '1'");
        _app.Clock.Advance(TimeSpan.FromMinutes(5));
        await _app.DrainAsync();
        Assert.That(await shop.BalanceAsync(ann, Account.Approved), Is.EqualTo(2000));
    }

    // Some versions of an order tell the phone and some do not.
    [Test]
    public async Task A_phone_that_comes_and_goes_kills_no_delivery()
    {
        var (shop, _) = await OpenAsync(NewOnly);
        for (var version = 0; version < 4; version++)
        {
            var json = System.Text.Json.Nodes.JsonNode.Parse((Order("1", 1) with { UpdatedAt = StoreApp.Start.AddHours(2 + version) }).ToJson())!;
            json["phone"] = version % 2 == 0 ? "+4930123456" : null;
            await shop.DeliverAsync("orders/updated", json.ToJsonString());
            await _app.DrainAsync();
        }

        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE state <> 'done'"), Is.Zero);
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM customer_orders"), Is.EqualTo(3));
    }

    private async Task<(Shop Shop, string Ambassador)> OpenAsync(Terms terms)
    {
        var shop = await Shop.OpenAsync(_app, terms: terms);
        return (shop, await shop.AmbassadorAsync("ANN10"));
    }

    private async Task RefundAsync(Shop shop, TestOrder order, string id, string amount, TimeSpan after = default)
    {
        await shop.DeliverAsync("refunds/create", (order with { UpdatedAt = order.At + after }).RefundJson(id, 0, amount));
        await _app.DrainAsync();
    }

    private static TestOrder Order(string id, int hours) => new(id, StoreApp.Start.AddHours(hours)) { CartRef = "ANN10" };
}
