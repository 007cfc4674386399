// Orders that rest on the ambassador's earlier ones: tiers, caps over a period, and late refunds.
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class StandingTests
{
    private static readonly TermsPeriod Month = new(PeriodKind.CalendarMonth);

    private StoreApp _app = null!;

    [SetUp]
    public async Task Open() => _app = await StoreApp.StartAsync();

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task L_1_the_part_beyond_a_threshold_earns_the_next_share()
    {
        var (shop, ann) = await OpenAsync(Tiered(null));

        await PayAsync(shop, "1", 1, "900.00");
        await PayAsync(shop, "2", 2, "200.00");

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(9000 + 2500));
        var receipt = await shop.ReceiptAsync("2");
        Assert.That(receipt.TierParts, Is.EqualTo([new TierPart(1000, 10_000), new TierPart(1500, 10_000)]));
        Assert.That(
            ReceiptText.Lines(receipt, TimeZoneInfo.Utc),
            Has.Some.StartsWith("Commission: 10 % of 100.00 EUR (after 900.00 EUR before) and 15 % of 100.00 EUR (after 900.00 EUR before) is 25.00 EUR,"));
    }

    // In every order of arrival the same entries in sum, and the same receipts (rules L2, I6).
    [Test]
    public async Task L_2_the_order_of_arrival_changes_nothing([Range(0, 5)] int permutation)
    {
        var (shop, ann) = await OpenAsync(Tiered(null) with { PeriodCap = new PeriodCap(14_000, Month) });
        var deliveries = new Func<Task>[]
        {
            () => PayAsync(shop, "1", 1, "900.00"),
            () => PayAsync(shop, "2", 2, "200.00"),
            () => PayAsync(shop, "3", 3, "400.00"),
            async () =>
            {
                await shop.DeliverAsync("refunds/create", Order("1", 1, "900.00").RefundJson("11", 0, "150.00"));
                await _app.DrainAsync();
            },
        };
        var random = new Random(permutation);
        random.Shuffle(deliveries);

        foreach (var delivery in deliveries)
        {
            await delivery();
        }

        // The refund is dated at the first order's own instant, so that it counts for both behind it: 75.00, 20.00, and
        // 400.00 from 950.00 on at 5.00 + 52.50, of which the cap leaves 45.00.
        Assert.That(
            (await shop.ReceiptAsync("1")).CommissionMinor, Is.EqualTo(7500), "750.00 at 10 %");
        Assert.That((await shop.ReceiptAsync("2")).Standing, Is.EqualTo(new Standing(75_000, 7500)));
        Assert.That((await shop.ReceiptAsync("3")).CommissionMinor, Is.EqualTo(14_000 - 7500 - 2000));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(14_000));
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task L_5_a_threshold_is_reached_when_it_is_met_and_the_whole_order_may_earn_its_share()
    {
        var (shop, ann) = await OpenAsync(Tiered(true));

        await PayAsync(shop, "1", 1, "999.99");
        await PayAsync(shop, "2", 2, "0.01");
        await PayAsync(shop, "3", 3, "100.00");

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(10_000 + 0 + 1500));
    }

    [Test]
    public async Task A_tier_by_orders_begins_anew_with_the_month_of_the_stores_time_zone()
    {
        var tiers = new Tiers(TierMetric.Orders, Month, null, [new TierLevel(null, 1, 2000)]);
        var (shop, ann) = await OpenAsync(new Terms(1000, 1000, 30, 30) { Tiers = tiers });
        var begin = new DateTimeOffset(StoreApp.Start.Year, StoreApp.Start.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        var local = begin - TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin").GetUtcOffset(begin);

        await shop.PaysAsync(Order("1", 0, "100.00") with { At = local.AddSeconds(-2) });
        await shop.PaysAsync(Order("2", 0, "100.00") with { At = local.AddSeconds(-1) });
        await shop.PaysAsync(Order("3", 0, "100.00") with { At = local });

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000 + 2000 + 1000));
    }

    [Test]
    public async Task A_cap_over_days_leaves_room_again_when_they_are_over()
    {
        var (shop, ann) = await OpenAsync(
            new Terms(1000, 1000, 30, 30) { PeriodCap = new PeriodCap(1500, new TermsPeriod(PeriodKind.RollingDays, 7)), Currency = Currency.Parse("EUR") });

        await PayAsync(shop, "1", 1, "100.00");
        await PayAsync(shop, "2", 2, "100.00");
        await PayAsync(shop, "3", 3, "100.00");
        await PayAsync(shop, "4", 1 + (7 * 24), "100.00");
        await shop.PaysAsync(Order("5", 1 + (7 * 24), "100.00") with { At = StoreApp.Start.AddDays(7).AddHours(1).AddSeconds(1) });

        Assert.That((await shop.ReceiptAsync("2")).CommissionMinor, Is.EqualTo(500));
        Assert.That(await shop.StateAsync("3"), Is.EqualTo("held"), "an order that the cap leaves nothing for is credited all the same");
        Assert.That((await shop.ReceiptAsync("4")).CommissionMinor, Is.Zero, "exactly seven days before is within");
        Assert.That((await shop.ReceiptAsync("5")).CommissionMinor, Is.EqualTo(1000), "5.00 of the second are within still");
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1500 + 1000));
    }

    // Room that a later refund frees serves only orders after it (rule B8).
    [Test]
    public async Task Room_freed_by_a_refund_serves_only_orders_after_it()
    {
        var (shop, ann) = await OpenAsync(new Terms(1000, 1000, 30, 30) { PeriodCap = new PeriodCap(1000, Month), Currency = Currency.Parse("EUR") });

        await PayAsync(shop, "1", 1, "100.00");
        await PayAsync(shop, "2", 2, "100.00");
        await PayAsync(shop, "4", 4, "100.00");
        await shop.DeliverAsync("refunds/create", (Order("1", 1, "100.00") with { UpdatedAt = StoreApp.Start.AddHours(3) }).RefundJson("11", 0, "40.00"));
        await _app.DrainAsync();

        Assert.That((await shop.ReceiptAsync("2")).CommissionMinor, Is.Zero);
        Assert.That((await shop.ReceiptAsync("4")).CommissionMinor, Is.EqualTo(400));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(600 + 400));
    }

    // Rule K5: the entries of commission and cost together follow rule B9.
    [Test]
    public async Task K_5_a_refund_after_180_days_leaves_the_commission_and_is_the_merchants_cost()
    {
        var (shop, ann) = await OpenAsync(new Terms(1000, 1000, 30, 30));
        var order = Order("1", 0, "100.00");
        await shop.PaysAsync(order);

        await RefundAsync("11", TimeSpan.FromDays(180) - TimeSpan.FromSeconds(1), "30.00");
        await RefundAsync("12", TimeSpan.FromDays(180), "70.00");

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(700));
        Assert.That(await shop.BalanceAsync("", Account.WrittenOff), Is.EqualTo(-700));
        Assert.That(await shop.BalanceAsync("", Account.Expense), Is.Zero);
        Assert.That((await shop.ReceiptAsync("1")).MerchantCostMinor, Is.EqualTo(700));
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);

        async Task RefundAsync(string id, TimeSpan after, string amount)
        {
            await shop.DeliverAsync("refunds/create", (order with { UpdatedAt = order.At + after }).RefundJson(id, 0, amount));
            await _app.DrainAsync();
        }
    }

    // Both where it stood and where it stands, and by all but itself (rule L2).
    [Test]
    public async Task An_order_whose_instant_moves_has_those_behind_its_old_and_its_new_instant_decided_again()
    {
        var (shop, ann) = await OpenAsync(Tiered(null));
        await PayAsync(shop, "1", 1, "900.00");
        await PayAsync(shop, "2", 2, "200.00");
        await PayAsync(shop, "3", 4, "200.00");
        Assert.That(await CommissionsAsync(), Is.EqualTo([9000, 2500, 3000]));

        await shop.PaysAsync(Order("1", 3, "900.00") with { UpdatedAt = StoreApp.Start.AddHours(10) });
        Assert.That(await CommissionsAsync(), Is.EqualTo([9500, 2000, 3000]), "between the two others: 100.00 of it lie beyond the threshold");

        await shop.PaysAsync(Order("1", 5, "900.00") with { UpdatedAt = StoreApp.Start.AddHours(11) });
        Assert.That(await CommissionsAsync(), Is.EqualTo([10_500, 2000, 2000]), "behind both: 300.00 of it lie beyond");

        await shop.PaysAsync(Order("1", 1, "900.00") with { UpdatedAt = StoreApp.Start.AddHours(12) });
        Assert.That(await CommissionsAsync(), Is.EqualTo([9000, 2500, 3000]), "back again");
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(9000 + 2500 + 3000));
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);

        async Task<long[]> CommissionsAsync() =>
            [(await shop.ReceiptAsync("1")).CommissionMinor, (await shop.ReceiptAsync("2")).CommissionMinor, (await shop.ReceiptAsync("3")).CommissionMinor];
    }

    [Test]
    public async Task An_order_that_changes_its_currency_stands_before_those_of_the_new_one_only()
    {
        var (shop, _) = await OpenAsync(new Terms(1000, 1000, 30, 30) { Tiers = new Tiers(TierMetric.Orders, Month, null, [new TierLevel(null, 1, 2000)]) });
        await PayAsync(shop, "1", 1, "100.00");
        await PayAsync(shop, "2", 2, "100.00");
        await shop.PaysAsync(Order("3", 3, "100.00") with { Currency = "USD" });

        await shop.PaysAsync(Order("1", 1, "100.00") with { Currency = "USD", UpdatedAt = StoreApp.Start.AddHours(10) });

        Assert.That(((await shop.ReceiptAsync("2")).CommissionMinor, (await shop.ReceiptAsync("3")).CommissionMinor), Is.EqualTo((1000L, 2000L)));
        Assert.That((await _app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    [Test]
    public async Task An_order_that_moves_behind_its_old_instant_does_not_stand_before_itself()
    {
        var (shop, ann) = await OpenAsync(Tiered(null));
        await PayAsync(shop, "1", 1, "900.00");

        await shop.PaysAsync(Order("1", 5, "900.00") with { UpdatedAt = StoreApp.Start.AddHours(10) });

        Assert.That((await shop.ReceiptAsync("1")).Standing!.Position, Is.Zero);
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(9000));
    }

    [Test]
    public async Task What_is_in_a_payout_keeps_its_position()
    {
        var (shop, ann) = await OpenAsync(Tiered(null));
        await PayAsync(shop, "2", 2, "200.00");
        await shop.TakeAsync("2");

        await PayAsync(shop, "1", 1, "900.00");

        Assert.That((await shop.ReceiptAsync("2")).CommissionMinor, Is.EqualTo(2000));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(2000 + 9000));
    }

    private async Task<(Shop Shop, string Ambassador)> OpenAsync(Terms terms)
    {
        var shop = await Shop.OpenAsync(_app, terms: terms);
        return (shop, await shop.AmbassadorAsync("ANN10"));
    }

    private static Terms Tiered(bool? wholeOrder) => new(1000, 1000, 30, 30)
    {
        Tiers = new Tiers(TierMetric.NetSales, Month, wholeOrder, [new TierLevel(100_000, null, 1500)]),
        Currency = Currency.Parse("EUR"),
    };

    private static Task PayAsync(Shop shop, string id, int hours, string price) => shop.PaysAsync(Order(id, hours, price));

    private static TestOrder Order(string id, int hours, string price) => new(id, StoreApp.Start.AddHours(hours))
    {
        Lines = [(price, 1, "0.00")],
        CartRef = "ANN10",
    };
}
