// Orders that rest on the customer's earlier ones: new customers, renewals and bindings.
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Orders;

internal sealed class CustomerTests
{
    private static readonly Terms Plain = new(1000, 1000, 30, 30);

    private StoreApp _app = null!;

    [SetUp]
    public async Task Open() => _app = await StoreApp.StartAsync();

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task T_9_only_a_customers_first_order_earns_where_the_terms_say_so()
    {
        var (shop, ann) = await OpenAsync(Plain with { NewCustomersOnly = true });

        await shop.PaysAsync(Order("1", 1));
        await shop.PaysAsync(Order("2", 2));
        await shop.PaysAsync(Order("3", 3) with { Customer = 78, Email = "other@example.test" });

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(2000));
        Assert.That((await shop.ReceiptAsync("2")).Rule, Is.EqualTo("T9"));
        Assert.That((await shop.ReceiptAsync("3")).NewCustomer, Is.True);
    }

    // A guest's order is the same customer's by the e-mail (rule T9).
    [Test]
    public async Task T_9_an_earlier_order_that_comes_late_takes_the_commission_back()
    {
        var (shop, ann) = await OpenAsync(Plain with { NewCustomersOnly = true });

        await shop.PaysAsync(Order("2", 2));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000));
        await shop.PaysAsync(Order("1", 1) with { Customer = null, CartRef = null });

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.Zero);
        Assert.That(await shop.StateAsync("2"), Is.EqualTo("reversed"));
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task T_9_unpaid_and_test_orders_make_nobody_an_old_customer()
    {
        var (shop, ann) = await OpenAsync(Plain with { NewCustomersOnly = true });

        await shop.PaysAsync(Order("1", 1) with { FinancialStatus = "pending", CartRef = null });
        await shop.PaysAsync(Order("2", 2) with { Test = true, CartRef = null });
        await shop.PaysAsync(Order("3", 3));

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000));
    }

    [Test]
    public async Task F_9_a_shopper_whom_the_store_withholds_waits_for_a_person()
    {
        var (shop, ann) = await OpenAsync(Plain with { NewCustomersOnly = true });

        await shop.PaysAsync(Order("1", 1) with { Customer = null, Email = "" });

        Assert.That(await shop.StateAsync("1"), Is.EqualTo("review"));
        Assert.That(await shop.BalanceAsync(ann, Account.Review), Is.EqualTo(1000));
        Assert.That((await shop.ReceiptAsync("1")).NotEvaluated.Select(gap => gap.Rule), Is.SupersetOf(new[] { "T9" }));
    }

    [Test]
    public async Task L_1_tiers_may_count_new_customers()
    {
        var tiers = new Tiers(TierMetric.NewCustomers, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 2, 2000)]);
        var (shop, ann) = await OpenAsync(Plain with { Tiers = tiers });

        await shop.PaysAsync(Order("1", 1) with { Customer = 1, Email = "a@example.test" });
        await shop.PaysAsync(Order("2", 2) with { Customer = 1, Email = "a@example.test" });
        await shop.PaysAsync(Order("3", 3) with { Customer = 2, Email = "b@example.test" });
        await shop.PaysAsync(Order("4", 4) with { Customer = 3, Email = "c@example.test" });

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000 + 1000 + 1000 + 2000));
    }

    [Test]
    public async Task A_13_a_renewal_earns_nothing_by_default_and_says_so()
    {
        var (shop, ann) = await OpenAsync(Plain);

        await shop.PaysAsync(Order("1", 1) with { SellingPlan = 5 });
        await shop.PaysAsync(Renewal("2", 2) with { CartRef = "ANN10" });

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000));
        var receipt = await shop.ReceiptAsync("2");
        Assert.That((receipt.Rule, receipt.Touches.Select(touch => touch.DroppedBy)), Is.EqualTo(("T14", new[] { "T14", "T14" })));
    }

    [Test]
    public async Task A_14_three_renewals_earn_and_the_fourth_does_not([Values] bool late)
    {
        var (shop, ann) = await OpenAsync(Plain with { Renewals = new RenewalTerms(3, null) });
        TestOrder[] orders = [Order("1", 1) with { SellingPlan = 5 }, .. Enumerable.Range(2, 4).Select(id => Renewal($"{id}", id))];

        foreach (var order in late ? orders.Reverse() : orders)
        {
            await shop.PaysAsync(order);
        }

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(4000));
        Assert.That((await shop.ReceiptAsync("5")).Reason, Is.EqualTo("The campaign counts 3 renewals, and this is number 4."));
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task T_14_renewals_of_another_plan_or_after_the_months_earn_nothing()
    {
        var (shop, ann) = await OpenAsync(Plain with { Renewals = new RenewalTerms(null, 2) });

        await shop.PaysAsync(Order("1", 1) with { SellingPlan = 5 });
        await shop.PaysAsync(Renewal("2", 2) with { SellingPlan = 6 });
        await shop.PaysAsync(Renewal("3", 3) with { At = StoreApp.Start.AddHours(1).AddMonths(2).AddSeconds(-1) });
        await shop.PaysAsync(Renewal("4", 4) with { At = StoreApp.Start.AddHours(1).AddMonths(2) });

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(2000));
    }

    [Test]
    public async Task T_8_an_approved_order_binds_its_customer_for_the_orders_after_it()
    {
        var (shop, ann) = await OpenAsync(Plain with { Binding = new BindingTerms(365, 2) });
        await shop.PaysAsync(Order("1", 1));
        await shop.PaysAsync(Order("2", 24) with { CartRef = null });
        Assert.That((await shop.ReceiptAsync("2")).Credited, Is.False, "not approved yet");
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();

        foreach (var id in new[] { "3", "4", "5" })
        {
            await shop.PaysAsync(Order(id, (40 * 24) + int.Parse(id, System.Globalization.CultureInfo.InvariantCulture)) with { CartRef = null });
        }

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(2000));
        Assert.That((await shop.ReceiptAsync("3")).Reason, Is.EqualTo("The customer is the ambassador's by an earlier order."));
        Assert.That((await shop.ReceiptAsync("5")).Rule, Is.EqualTo("T8"));
    }

    [Test]
    public async Task T_8_a_binding_that_an_approval_made_ends_after_its_days()
    {
        var (shop, _) = await OpenAsync(Plain with { Binding = new BindingTerms(10, null) });
        await shop.PaysAsync(Order("1", 1));
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        var until = await UntilAsync(shop);
        Assert.That(until, Is.EqualTo(_app.Clock.GetUtcNow().AddDays(10)), "of the terms that the order was judged by");

        await shop.PaysAsync(Order("2", 0) with { CartRef = null, At = until.AddSeconds(-1) });
        await shop.PaysAsync(Order("3", 0) with { CartRef = null, At = until });

        Assert.That((await shop.ReceiptAsync("2")).Credited, Is.True);
        Assert.That(((await shop.ReceiptAsync("3")).Rule, (await shop.ReceiptAsync("3")).Touches.Single().EndedAt), Is.EqualTo(("T8", until)));
    }

    // By the refund's own instant, not by when it was heard of: what was decided meanwhile is decided again (rules T8, M5).
    [Test]
    public async Task T_8_a_full_refund_ends_the_binding_at_its_own_instant()
    {
        var (shop, ann) = await OpenAsync(Plain with { Binding = new BindingTerms(365, null) });
        await shop.PaysAsync(Order("1", 1));
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        var refunded = _app.Clock.GetUtcNow().AddDays(2);
        await shop.PaysAsync(Order("2", 0) with { CartRef = null, At = refunded.AddSeconds(-1) });
        await shop.PaysAsync(Order("3", 0) with { CartRef = null, At = refunded });
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(2000));

        _app.Clock.Advance(TimeSpan.FromDays(5));
        await shop.DeliverAsync("refunds/create", (Order("1", 1) with { UpdatedAt = refunded }).RefundJson("11", 0, "100.00"));
        await _app.DrainAsync();

        Assert.That(await UntilAsync(shop), Is.EqualTo(refunded));
        Assert.That((await shop.StateAsync("2"), await shop.StateAsync("3")), Is.EqualTo(("held", "reversed")));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000));
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    // A-12, and the order of the classes as a term (rule T1).
    [TestCase(false, "BOB10")]
    [TestCase(true, "ANN10")]
    public async Task A_12_a_code_counts_before_a_binding_unless_the_terms_order_it_otherwise(bool customerFirst, string winner)
    {
        var terms = Plain with { Binding = new BindingTerms(365, null), Precedence = customerFirst ? [TouchClass.Customer, TouchClass.Code, TouchClass.Link] : null };
        var (shop, ann) = await OpenAsync(terms);
        var bob = await shop.AmbassadorAsync("BOB10");
        await shop.PaysAsync(Order("1", 1));
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();

        await shop.PaysAsync((Order("2", 40 * 24) with { CartRef = null }).With("BOB10", "10.00"));

        Assert.That((await shop.ReceiptAsync("2")).AmbassadorId, Is.EqualTo(winner == "BOB10" ? bob : ann));
    }

    [Test]
    public async Task T_8_a_full_refund_of_the_first_order_ends_the_binding()
    {
        var (shop, ann) = await OpenAsync(Plain with { Binding = new BindingTerms(365, null) });
        await shop.PaysAsync(Order("1", 1));
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        await shop.PaysAsync(Order("1", 1) with { FinancialStatus = "refunded", UpdatedAt = StoreApp.Start.AddDays(31) });

        _app.Clock.Advance(TimeSpan.FromDays(1));
        await shop.PaysAsync(Order("2", 33 * 24) with { CartRef = null });

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.Zero);
        Assert.That((await shop.ReceiptAsync("2")).Touches.Single().DroppedBy, Is.EqualTo("T8"));
    }

    [Test]
    public async Task T_8_a_persons_decision_for_somebody_else_ends_the_binding()
    {
        var (shop, _) = await OpenAsync(Plain with { Binding = new BindingTerms(365, null) });
        var bob = await shop.AmbassadorAsync("BOB10");
        await shop.PaysAsync(Order("1", 1));
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        await shop.PaysAsync(Order("2", 31 * 24) with { CartRef = null });
        await _app.Get<DecideOrder>().DecideAsync(shop.Store, "2", DecisionKind.Credit, bob, "Bob spoke to them.", "merchant", default);

        await shop.PaysAsync(Order("3", 40 * 24) with { CartRef = null });

        Assert.That((await shop.ReceiptAsync("2")).AmbassadorId, Is.EqualTo(bob));
        Assert.That((await shop.ReceiptAsync("3")).Credited, Is.False);
    }

    [Test]
    public async Task B_6_a_groups_share_goes_by_who_was_in_it_at_the_orders_instant()
    {
        var (shop, ann) = await OpenAsync(Plain with { Rates = [new RateRule(null, null, 2000) { Group = "gold" }] });
        await _app.Db.DoAsync(
            """
            INSERT INTO group_memberships (store_id, ambassador_id, number, group_key, group_name, at, actor)
            VALUES (@storeId, @ann, 1, 'gold', 'Gold', @at, 'test')
            """,
            new { storeId = shop.Store.Id, ann, at = StoreApp.Start.AddHours(2) });

        await shop.PaysAsync(Order("1", 1));
        await shop.PaysAsync(Order("2", 2));

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000 + 2000));
        Assert.That((await shop.ReceiptAsync("2")).Lines[0].RateRank, Is.EqualTo(RateRank.Group));
    }

    [Test]
    public async Task B_6_a_groups_share_is_also_that_of_a_member_whom_a_person_credits()
    {
        var (shop, ann) = await OpenAsync(Plain with { Rates = [new RateRule(null, null, 2000) { Group = "gold" }] });
        await _app.Db.DoAsync(
            """
            INSERT INTO group_memberships (store_id, ambassador_id, number, group_key, group_name, at, actor)
            VALUES (@storeId, @ann, 1, 'gold', 'Gold', @at, 'test')
            """,
            new { storeId = shop.Store.Id, ann, at = StoreApp.Start });
        await shop.PaysAsync(Order("1", 1) with { CartRef = null });

        await _app.Get<DecideOrder>().DecideAsync(shop.Store, "1", DecisionKind.Credit, ann, "Ordered by telephone.", "merchant", default);

        Assert.That((await shop.ReceiptAsync("1")).Group, Is.EqualTo("gold"));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(2000));
        Assert.That((await _app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    // What the platform once told of the shopper still counts when it has erased it (rule F1), in both orders of arrival.
    [Test]
    public async Task F_1_an_own_purchase_stays_one_when_the_store_erases_who_made_it([Values] bool late, [Values] bool decidedAgain)
    {
        var (shop, ann) = await OpenAsync(Plain);
        var told = Order("1", 1) with { Email = "ann10@ambassadors.example" };
        var erased = told with { Customer = null, Email = "", UpdatedAt = told.At.AddDays(1) };

        foreach (var version in late ? new[] { erased, told } : [told, erased])
        {
            await shop.PaysAsync(version);
        }

        if (decidedAgain)
        {
            await shop.PaysAsync(erased with { UpdatedAt = told.At.AddDays(2), Lines = [("80.00", 1, "0.00")] });
            await shop.DeliverAsync("refunds/create", erased.RefundJson("11", 0, "10.00"));
            await _app.DrainAsync();
        }

        var receipt = await shop.ReceiptAsync("1");
        Assert.That((receipt.Rule, receipt.Credited, receipt.VersionUpdatedAt), Is.EqualTo(("F1", false, told.At.AddDays(decidedAgain ? 2 : 1))));
        Assert.That((await shop.BalanceAsync(ann, Account.Held), await shop.BalanceAsync(ann, Account.Review)), Is.EqualTo((0L, 0L)));
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    /// <summary>Until when the only binding lasts.</summary>
    private Task<DateTimeOffset> UntilAsync(Shop shop) => _app.Db.OneAsync<DateTimeOffset>(
        "SELECT DISTINCT until_at FROM customer_bindings WHERE store_id = @storeId", new { storeId = shop.Store.Id });

    private async Task<(Shop Shop, string Ambassador)> OpenAsync(Terms terms)
    {
        var shop = await Shop.OpenAsync(_app, terms: terms);
        return (shop, await shop.AmbassadorAsync("ANN10"));
    }

    private static TestOrder Order(string id, int hours) => new(id, StoreApp.Start.AddHours(hours)) { CartRef = "ANN10" };

    private static TestOrder Renewal(string id, int hours) => Order(id, hours) with { CartRef = null, Source = "subscription_contract", SellingPlan = 5 };
}
