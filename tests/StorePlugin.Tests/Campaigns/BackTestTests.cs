// Past orders under other terms: unchanged terms change nothing, others what the engine says, and no table is touched.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Tests.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Campaigns;

internal sealed class BackTestTests
{
    private const string Unchanged = """{"commission":{"percent":10},"friendDiscount":{"percent":10},"holdDays":30,"windowDays":30}""";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync([new("Serilog:MinimumLevel:Default", "Fatal")]);
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10");
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [TestCase(201)]
    [TestCase(202)]
    [TestCase(203)]
    [TestCase(204)]
    [TestCase(205)]
    public async Task Unchanged_terms_over_a_history_give_a_difference_of_exactly_zero_and_touch_no_table(int seed)
    {
        var bob = await _shop.AmbassadorAsync("BOB10");
        var history = new History(
            seed, ["ANN10", "BOB10"], [await _shop.ClickAsync(_ann), await _shop.ClickAsync(bob)], ["ann10@ambassadors.example", "bob10@ambassadors.example"]);
        foreach (var chunk in history.Messages.Chunk(7))
        {
            await Task.WhenAll(chunk.Select(message => _shop.DeliverAsync(message.Topic, message.Json, message.DeliveryId)));
            await _app.DrainAsync();
        }

        _app.Clock.Advance(TimeSpan.FromDays(120));
        await _app.DrainAsync();
        var tables = await TablesAsync();

        var (code, result) = await ResultAsync(Unchanged);

        Assert.That(code, Is.Zero, result.ToJsonString());
        var eur = Eur(result);
        Assert.That(((bool)result["equal"]!, (long)eur["difference"]!["minor"]!, (long)eur["ordersChanged"]!), Is.EqualTo((true, 0L, 0L)), $"seed {seed}");
        Assert.That(
            (Minor(eur, "before"), Minor(eur, "after"), (long)result["unexplained"]!["orders"]!), Is.EqualTo((await BookedAsync(), await BookedAsync(), 0L)), $"seed {seed}");
        Assert.That(
            (long)result["orders"]!, Is.EqualTo(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM orders WHERE store_id = @id AND at IS NOT NULL", new { id = _shop.Store.Id })));
        Assert.That(await TablesAsync(), Is.EqualTo(tables), $"seed {seed}");
    }

    [Test]
    public async Task Unchanged_terms_over_findings_and_a_change_of_group_give_a_difference_of_exactly_zero()
    {
        const string Terms = """{"commission":{"percent":10},"friendDiscount":{"percent":10},"rates":[{"percent":20,"group":"gold"},{"percent":30,"group":"silver"}]}""";
        var shop = await Shop.OpenAsync(_app, "groups", new Terms(1000, 1000, 30, 30)
        {
            Rates = [new RateRule(null, null, 2000) { Group = "gold" }, new RateRule(null, null, 3000) { Group = "silver" }],
        });
        var eve = await shop.AmbassadorAsync("EVE10");
        string?[] groups = ["gold", "silver", null];
        for (var i = 0; i < groups.Length; i++)
        {
            await Plant.RowAsync(
                _app.Db, "group_memberships", ("store_id", shop.Store.Id), ("ambassador_id", eve), ("number", (long)i + 1), ("group_key", groups[i]),
                ("group_name", groups[i]), ("at", StoreApp.Start.AddDays(2 + (2 * i)).ToUnixTimeMilliseconds()), ("actor", "test"));
        }

        for (var day = 0; day < 9; day++)
        {
            var sale = Sale($"{day + 1}", day).With("EVE10", "10.00");
            await shop.PaysAsync(day < 3 ? sale with { Refunds = [($"7{day}", 0, "10.00")] } : sale);
        }

        _app.Clock.Advance(TimeSpan.FromDays(60));
        await _app.DrainAsync();
        await _app.Get<DecideOrder>().DecideAsync(shop.Store, "8", DecisionKind.Allow, null, "Looked at.", "owner", default);
        await _app.Get<DecideOrder>().DecideAsync(shop.Store, "9", DecisionKind.Reject, null, "Sent back.", "owner", default);
        await _app.DrainAsync();
        Assert.That((await shop.StateAsync("7"), await shop.StateAsync("8"), await shop.StateAsync("9")), Is.EqualTo(("review", "approved", "reversed")));

        var (code, result) = await ResultAsync(Terms, shop);
        var (_, more) = await ResultAsync(Terms.Replace("30,", "40,", StringComparison.Ordinal), shop);

        var booked = 2 * 800 + 1600 + 1800 + 2 * 2700 + 2 * 900;
        var eur = Eur(result);
        Assert.That(((bool)result["equal"]!, (long)eur["difference"]!["minor"]!, (long)eur["ordersChanged"]!, (long)result["unexplained"]!["orders"]!), Is.EqualTo((true, 0L, 0L, 0L)));
        Assert.That((code, Minor(eur, "before"), Minor(eur, "after")), Is.EqualTo((0, booked, booked)));
        Assert.That(Minor(Eur(more), "after"), Is.EqualTo(booked + 2 * 900), "two orders of the time in the second group");
    }

    [Test]
    public async Task Other_terms_touch_no_table_either()
    {
        await _shop.PaysAsync(Sale("1").With("ANN10", "10.00"));
        var tables = await TablesAsync();

        var (code, _) = await ResultAsync(Percent(20));

        Assert.That((code, await TablesAsync()), Is.EqualTo((1, tables)));
    }

    // What a back-test says of terms that look back is what a store that had them has booked, for every arrival and refund.
    [TestCase("calendar_month", 1)]
    [TestCase("rolling", 2)]
    [TestCase("lifetime", 3)]
    public async Task Terms_that_look_back_come_to_what_a_store_that_had_them_has_booked(string period, int seed)
    {
        var days = period == "rolling" ? ",\"days\":9" : "";
        var terms =
            "{\"commission\":{\"percent\":10},\"friendDiscount\":{\"percent\":10},"
            + $"\"tiers\":{{\"metric\":\"net_sales\",\"period\":\"{period}\"{days},\"levels\":[{{\"percent\":15,\"from\":{{\"minor\":40000,\"currency\":\"EUR\"}}}}]}},"
            + $"\"periodCap\":{{\"maximum\":{{\"minor\":30000,\"currency\":\"EUR\"}},\"period\":\"{period}\"{days}}}}}";
        var kind = period switch { "rolling" => new TermsPeriod(PeriodKind.RollingDays, 9), "lifetime" => new TermsPeriod(PeriodKind.Lifetime), _ => new TermsPeriod(PeriodKind.CalendarMonth) };
        var other = await Shop.OpenAsync(_app, "tiered", new Terms(1000, 1000, 30, 30)
        {
            Tiers = new Tiers(TierMetric.NetSales, kind, null, [new TierLevel(40_000, null, 1500)]),
            PeriodCap = new PeriodCap(30_000, kind),
            Currency = Currency.Parse("EUR"),
        });
        await other.AmbassadorAsync("EVE10");
        var random = new Random(seed);
        var orders = Enumerable.Range(1, 40).Select(id => Sale($"{id}") with
        {
            At = StoreApp.Start.AddMinutes(random.Next(0, 60 * 24 * 60)),
            Lines = [((random.Next(100, 20_000) / 100m).ToString("0.00", CultureInfo.InvariantCulture), 1, "0.00")],
        }).ToArray();
        random.Shuffle(orders);
        foreach (var order in orders)
        {
            var refund = random.Next(3) == 0 ? order with { UpdatedAt = order.At.AddMinutes(random.Next(0, 60 * 24 * 20)) } : null;
            foreach (var (shop, code) in new[] { (_shop, "ANN10"), (other, "EVE10") })
            {
                await shop.DeliverAsync("orders/paid", (order with { CartRef = code }).ToJson());
                await (refund is null ? Task.CompletedTask : shop.DeliverAsync("refunds/create", refund.RefundJson("9" + order.Id, 0, order.Lines[0].Price[..^1] + "0")));
            }
        }

        await _app.DrainAsync();
        var booked = await _app.Db.OneAsync<long>(
            "SELECT COALESCE(SUM(commission_minor), 0) FROM orders WHERE store_id = @id", new { id = other.Store.Id });

        var (_, asked) = await ResultAsync(terms);
        var second = await RunAsync(terms, json: true, store: other.Store.Id, campaign: other.CampaignId);

        Assert.That(Minor(Eur(asked), "after"), Is.EqualTo(booked), $"seed {seed}");
        Assert.That(second.Code, Is.Zero, "the same terms that it had");
    }

    [Test]
    public async Task A_doubled_share_doubles_each_commission_as_the_engine_rounds()
    {
        string[] prices = ["100.00", "33.33", "0.05", "77.77"];
        foreach (var (price, i) in prices.Select((price, i) => (price, i)))
        {
            await _shop.PaysAsync((Sale($"{i + 1}") with { Lines = [(price, 1, "0.00")] }).With("ANN10", "0.03"));
        }

        var (code, result) = await ResultAsync(Percent(20));

        var eur = Eur(result);
        Assert.That(code, Is.EqualTo(1));
        Assert.That((Minor(eur, "before"), Minor(eur, "after")), Is.EqualTo((1000 + 333 + 0 + 777, 1999 + 666 + 0 + 1555)), "9.997, 3.330, 0.002 and 7.774 become 19.994, 6.660, 0.004 and 15.548");
        Assert.That(Changes(eur), Is.EqualTo((3, 0, 0, 0, 0)));
        Assert.That(((long)eur["netSales"]!["minor"]!, (long)eur["friendDiscounts"]!["minor"]!), Is.EqualTo((9997 + 3330 + 2 + 7774, 4 * 3)));
        Assert.That(
            ((long)eur["before"]!["margin"]!["minor"]!, (decimal)eur["before"]!["marginPercent"]!, (decimal)eur["after"]!["marginPercent"]!),
            Is.EqualTo((21_103 - 2110, 90.00m, 80.00m)));
        var ann = eur["ambassadors"]!.AsArray().Single()!;
        Assert.That(
            ((string?)ann["id"], (string?)ann["name"], (long)ann["ordersBefore"]!, (long)ann["difference"]!["minor"]!), Is.EqualTo((_ann, "ANN10", 4L, 2110L)));
    }

    [Test]
    public async Task A_shorter_window_takes_the_orders_of_older_clicks()
    {
        var click = await _shop.ClickAsync(_ann);
        var bob = await _shop.AmbassadorAsync("BOB10");
        await _shop.PaysAsync(Sale("1", day: 9) with { CartRef = click });
        await _shop.PaysAsync(Sale("2", day: 10) with { CartRef = click });
        await _shop.PaysAsync(Sale("3", day: 20).With("BOB10", "10.00"));

        var eur = Eur((await ResultAsync("""{"commission":{"percent":10},"friendDiscount":{"percent":10},"windowDays":10}""")).Result);

        Assert.That(Changes(eur), Is.EqualTo((0, 1, 0, 1, 0)));
        Assert.That((Minor(eur, "before"), Minor(eur, "after")), Is.EqualTo((1000 + 1000 + 900, 1000 + 900)));
        Assert.That(((long)eur["ambassadorsGaining"]!, (long)eur["ambassadorsLosing"]!), Is.EqualTo((0L, 1L)));
        Assert.That(eur["ambassadors"]!.AsArray().Select(ambassador => (string?)ambassador!["id"]), Is.EqualTo([_ann]).And.None.EqualTo(bob));
    }

    [Test]
    public async Task A_minimum_and_excluded_products_take_commission_and_leave_net_sales()
    {
        await _shop.PaysAsync((Sale("1") with { Lines = [("50.00", 1, "0.00")] }).With("ANN10", "10.00"));
        await _shop.PaysAsync((Sale("2") with { Lines = [("100.00", 1, "0.00"), ("60.00", 1, "0.00")] }).With("ANN10", "10.00"));

        var minimum = Eur((await ResultAsync("""{"commission":{"percent":10},"friendDiscount":{"percent":10},"minimumOrder":{"minor":4001,"currency":"EUR"}}""")).Result);
        var excluded = Eur((await ResultAsync("""{"commission":{"percent":10},"friendDiscount":{"percent":10},"excludedProducts":["10"]}""")).Result);

        Assert.That((Minor(minimum, "before"), Minor(minimum, "after")), Is.EqualTo((400 + 1500, 1500)));
        Assert.That(Changes(minimum), Is.EqualTo((0, 1, 0, 1, 0)));
        Assert.That((Minor(excluded, "after"), Changes(excluded)), Is.EqualTo((600, (0L, 2L, 0L, 1L, 0L))));
        Assert.That((Net(minimum), Net(excluded)), Is.EqualTo((4000 + 15_000, 4000 + 15_000)));
    }

    [Test]
    public async Task A_code_that_took_nothing_off_counts_only_under_terms_that_promise_nothing()
    {
        await _shop.PaysAsync(Sale("1").With("ANN10", "0.00"));

        var tracking = await ResultAsync("""{"commission":{"percent":10}}""");
        var discount = await ResultAsync(Unchanged);

        Assert.That((Minor(Eur(tracking.Result), "after"), Changes(Eur(tracking.Result))), Is.EqualTo((1000, (1L, 0L, 1L, 0L, 0L))));
        Assert.That(discount.Code, Is.Zero);
    }

    [Test]
    public async Task Codes_that_only_track_lose_their_orders_under_terms_that_promise_a_discount()
    {
        var shop = await Shop.OpenAsync(_app, "track", new Terms(1000, 0, 30, 30));
        await shop.AmbassadorAsync("TRACK");
        await shop.PaysAsync(Sale("1").With("TRACK", "0.00"));

        var same = await ResultAsync("""{"commission":{"percent":10}}""", shop);
        var discount = await ResultAsync(Unchanged, shop);

        Assert.That((same.Code, Changes(Eur(same.Result))), Is.EqualTo((0, (0L, 0L, 0L, 0L, 0L))));
        Assert.That(Changes(Eur(discount.Result)), Is.EqualTo((0, 1, 0, 1, 0)));
    }

    [Test]
    public async Task A_longer_hold_changes_when_money_is_released_and_not_what_it_comes_to()
    {
        await _shop.PaysAsync(Sale("1").With("ANN10", "10.00"));

        var (code, result) = await ResultAsync("""{"commission":{"percent":10},"friendDiscount":{"percent":10},"holdDays":60}""");

        Assert.That((code, (bool)result["equal"]!), Is.EqualTo((0, true)));
    }

    [Test]
    public async Task The_period_is_half_open_by_the_orders_own_instant()
    {
        for (var day = 0; day < 3; day++)
        {
            await _shop.PaysAsync(Sale($"{day + 1}", day).With("ANN10", "10.00"));
        }

        Assert.That(await LookedAtAsync("2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"), Is.EqualTo(1));
        Assert.That(await LookedAtAsync("2026-03-01T10:00:00Z", "2026-03-02T10:00:01Z"), Is.EqualTo(2));
        Assert.That(await LookedAtAsync("2026-03-01T10:00:01Z", "2026-03-03T10:00:00Z"), Is.EqualTo(1));
        Assert.That(await LookedAtAsync("2026-03-02", "2026-03-02"), Is.EqualTo(1), "a date is counted whole");
        Assert.That(await LookedAtAsync("0001-01-01", "9999-12-31"), Is.EqualTo(3));
    }

    [Test]
    public async Task A_date_is_one_of_the_stores_time_zone()
    {
        // In Berlin the day of the second begins an hour before it does in UTC.
        await _shop.PaysAsync(new TestOrder("1", new DateTimeOffset(2026, 3, 1, 22, 59, 59, TimeSpan.Zero)).With("ANN10", "10.00"));
        await _shop.PaysAsync(new TestOrder("2", new DateTimeOffset(2026, 3, 1, 23, 0, 0, TimeSpan.Zero)).With("ANN10", "10.00"));

        Assert.That((await LookedAtAsync("2026-03-01", "2026-03-01"), await LookedAtAsync("2026-03-02", "2026-03-02")), Is.EqualTo((1L, 1L)));
        var (_, result) = await ResultAsync(Unchanged, from: "2026-03-02", to: "2026-03-02");
        Assert.That(((string?)result["from"], (string?)result["to"]), Is.EqualTo(("2026-03-01T23:00:00Z", "2026-03-02T23:00:00Z")));
    }

    [Test]
    public async Task Orders_that_carry_nothing_of_the_campaign_are_counted_and_not_decided()
    {
        var api = await ApiClient.OfAsync(_app, _shop.Store);
        await api.AddAsync(await api.LiveAsync(20), "BOB10");
        await _shop.PaysAsync(Sale("1").With("ANN10", "10.00"));
        await _shop.PaysAsync(Sale("2"));
        await _shop.PaysAsync(Sale("3").With("BOB10", "10.00"));

        var (_, result) = await ResultAsync(Unchanged);

        Assert.That(((long)result["orders"]!, (long)result["ordersLookedAt"]!, (long)result["ordersWithoutEvidence"]!), Is.EqualTo((3L, 1L, 0L)));
    }

    [Test]
    public async Task An_order_that_the_new_terms_no_longer_win_goes_to_the_ambassador_of_another_campaign()
    {
        var api = await ApiClient.OfAsync(_app, _shop.Store);
        var bob = (await api.AddAsync(await api.LiveAsync(20), "BOB10")).Text("id");
        await _shop.PaysAsync((Sale("1") with { Lines = [("100.00", 1, "0.00")] }).With("BOB10", "2.00").With("ANN10", "5.00"));

        var eur = Eur((await ResultAsync("""{"commission":{"percent":10},"friendDiscount":{"percent":10},"channels":["point_of_sale"]}""")).Result);

        Assert.That(Changes(eur), Is.EqualTo((1, 0, 0, 0, 1)));
        Assert.That((Minor(eur, "before"), Minor(eur, "after")), Is.EqualTo((950, 1900)), "the store would have paid the other campaign's share");
        Assert.That(
            eur["ambassadors"]!.AsArray().Select(person => ((string?)person!["id"], (long)person["difference"]!["minor"]!)), Is.EqualTo([(bob, 1900L), (_ann, -950L)]));
    }

    [Test]
    public async Task Amounts_of_two_currencies_stand_apart()
    {
        await _shop.PaysAsync(Sale("1").With("ANN10", "10.00"));
        await _shop.PaysAsync(Sale("2").With("ANN10", "10.00") with { Currency = "USD" });

        var (_, result) = await ResultAsync(Percent(20));

        Assert.That(
            result["currencies"]!.AsArray().Select(currency => ((string?)currency!["currency"], (string?)currency["difference"]!["currency"], Minor(currency, "after"))),
            Is.EqualTo([("EUR", "EUR", 1800L), ("USD", "USD", 1800L)]));
    }

    [Test]
    public async Task A_pause_stays_one_and_the_launch_stays_where_it_was()
    {
        var api = await ApiClient.OfAsync(_app, _shop.Store);
        await _shop.PaysAsync(new TestOrder("1", StoreApp.Start.AddDays(-1)).With("ANN10", "10.00"));
        await api.Post($"campaigns/{_shop.CampaignId}/pauses");
        await _shop.PaysAsync(Sale("2", day: 1).With("ANN10", "10.00"));

        var (code, result) = await ResultAsync(Percent(50));

        Assert.That((code, (long)result["ordersLookedAt"]!), Is.EqualTo((0, 2L)));
    }

    [Test]
    public async Task What_people_decided_and_what_was_refunded_or_deleted_counts_again()
    {
        var bob = await _shop.AmbassadorAsync("BOB10");
        var api = await ApiClient.OfAsync(_app, _shop.Store);
        await _shop.PaysAsync(Sale("1"));
        await DecideAsync("""{"decision":"credit","reason":"By telephone.","ambassadorId":"@"}""", _ann);
        await DecideAsync("""{"decision":"reject","reason":"A mistake."}""", _ann);
        await DecideAsync("""{"decision":"credit","reason":"Bob it was.","ambassadorId":"@"}""", bob);
        await _shop.DeliverAsync("refunds/create", Sale("1").RefundJson("11", 0, "10.00"));
        await _shop.DeliverAsync("refunds/create", Sale("1").RefundJson("12", 0, "20.00"));
        await _shop.PaysAsync(Sale("2").With("ANN10", "10.00"));
        await _shop.DeliverAsync("orders/delete", new JsonObject { ["id"] = 2 }.ToJsonString());
        await _app.DrainAsync();

        var same = await ResultAsync(Unchanged);
        var eur = Eur((await ResultAsync(Percent(20))).Result);

        Assert.That((same.Code, (long)same.Result["unexplained"]!["orders"]!), Is.EqualTo((0, 0L)));
        Assert.That((Minor(eur, "before"), Minor(eur, "after")), Is.EqualTo((700 + 900, 1400 + 1800)));
        Assert.That(eur["ambassadors"]!.AsArray().Select(person => (string?)person!["id"]), Is.EqualTo([_ann, bob]));

        async Task DecideAsync(string decision, string ambassador) => Assert.That(
            (await api.Post("orders/1/decisions", JsonNode.Parse(decision.Replace("@", ambassador, StringComparison.Ordinal))!.AsObject())).Status, Is.LessThan(300));
    }

    [Test]
    public async Task An_order_that_is_booked_otherwise_than_its_terms_say_is_a_finding()
    {
        await _shop.PaysAsync(Sale("1").With("ANN10", "10.00"));
        await _app.Db.DoAsync("UPDATE orders SET commission_minor = 901 WHERE store_id = @id", new { id = _shop.Store.Id });

        var (code, result) = await ResultAsync(Unchanged);
        var (_, text, _) = await RunAsync(Unchanged, json: false);

        Assert.That((code, (bool)result["equal"]!, (string?)result["unexplained"]!["ids"]![0]), Is.EqualTo((1, true, "1")));
        Assert.That(text, Does.Contain("FINDING: 1 order is booked otherwise than the terms of their time say: 1.").And.Contain("rebuild"));
    }

    [Test]
    public async Task An_order_without_evidence_is_left_out_and_told()
    {
        await _shop.PaysAsync(Sale("1").With("ANN10", "10.00"));
        await _shop.PaysAsync(Sale("2").With("ANN10", "10.00"));
        await _app.Db.DoAsync("UPDATE order_events SET evidence = NULL WHERE store_id = @id AND order_id = '1'", new { id = _shop.Store.Id });

        var (_, result) = await ResultAsync(Unchanged);
        var (_, text, _) = await RunAsync(Unchanged, json: false);

        Assert.That(((long)result["orders"]!, (long)result["ordersLookedAt"]!, (long)result["ordersWithoutEvidence"]!), Is.EqualTo((2L, 1L, 1L)));
        Assert.That(text, Does.Contain("1 order was decided before the evidence of decisions was kept"));
    }

    [Test]
    public async Task A_merchant_reads_sentences_and_a_table()
    {
        await _shop.PaysAsync(Sale("1").With("ANN10", "10.00"));
        await _shop.PaysAsync(Sale("2"));

        var (code, text, errors) = await RunAsync(Percent(20), json: false, from: "2026-03-01", to: "2026-03-31");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(text, Does.Contain("Back-test of the campaign Spring").And.Contain("orders from 1 Mar 2026, 00:00 until 1 Apr 2026, 00:00 (Europe/Berlin)."));
        Assert.That(text, Does.Contain("2 orders lie in this period. 1 carries a code or link of the campaign and was decided again by the new terms; 1 does not and is the same under any terms."));
        Assert.That(text, Does.Match(@"Commission +€.9\.00 +€.18\.00 +\+€.9\.00").And.Match(@"Margin left +€.81\.00 +€.72\.00 +.€.9\.00").And.Match(@"of net sales +90.% +80.%"));
        Assert.That(text, Does.Contain("1 order earns more and 0 earn less; 0 are newly credited, 0 are no longer credited, 0 count for another ambassador."));
        Assert.That(text, Does.Contain("Nothing was changed.").And.Contain("past prices do not change"));
        Assert.That(errors, Does.Contain("1 order decided again in"));
    }

    [Test]
    public async Task Terms_and_dates_that_are_wrong_are_told_at_once_and_in_words()
    {
        var (code, output, errors) = await RunAsync("""{"commission":{"percent":101},"windowDays":0,"bonus":1}""", from: "spring", to: "autumn");

        Assert.That((code, output), Is.EqualTo((2, "")));
        Assert.That(errors, Does.Contain("--from spring must be an ISO 8601 date").And.Contain("--to autumn must be"));
        Assert.That(errors, Does.Contain("commission.percent must be").And.Contain("windowDays must be").And.Contain("bonus is not known here."));
    }

    [TestCase("""{"commission":{"percent":10},"commission":{"percent":20}}""", "names a term twice")]
    [TestCase("10 %", "is not JSON: see line 1")]
    [TestCase("""{"\ud800":1}""", "is not readable as Unicode text")]
    [TestCase("[]", "must hold a JSON object")]
    [TestCase(null, "cannot be read")]
    public async Task A_file_that_holds_no_terms_is_refused(string? text, string why)
    {
        var (code, output, errors) = await RunAsync(text);

        Assert.That((code, output), Is.EqualTo((2, "")));
        Assert.That(errors, Does.Contain(why));
    }

    [Test]
    public async Task A_period_that_ends_before_it_begins_is_refused()
    {
        var (code, _, errors) = await RunAsync(Unchanged, from: "2026-03-02T10:00:00Z", to: "2026-03-02T10:00:00Z");

        Assert.That(code, Is.EqualTo(2));
        Assert.That(errors, Does.Contain("--to must lie after --from."));
    }

    [Test]
    public async Task Another_stores_campaign_is_none_of_this_store()
    {
        var other = await Shop.OpenAsync(_app, "other");

        var verb = await RunAsync(Unchanged, campaign: other.CampaignId);
        var unknown = await RunAsync(Unchanged, store: "nowhere.example");
        var call = await (await ApiClient.OfAsync(_app, _shop.Store)).Post($"campaigns/{other.CampaignId}/back-tests", Body(Unchanged));

        Assert.That((verb.Code, verb.Output), Is.EqualTo((2, "")));
        Assert.That(verb.Errors, Does.Contain($"has no campaign {other.CampaignId}"));
        Assert.That(unknown.Code, Is.EqualTo(2));
        Assert.That(unknown.Errors, Does.Contain("nowhere.example"));
        Assert.That((call.Status, call.Problem), Is.EqualTo((404, "/problems/campaign-unknown")));
    }

    [Test]
    public async Task The_API_answers_what_the_verb_prints()
    {
        await _shop.PaysAsync(Sale("1").With("ANN10", "10.00"));
        await _shop.PaysAsync(Sale("2").With("ANN10", "10.00") with { Refunds = [("21", 0, "45.00")] });
        var api = await ApiClient.OfAsync(_app, _shop.Store);

        var answer = await api.Post($"campaigns/{_shop.CampaignId}/back-tests", Body(Percent(20)));

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(answer.Json!.ToJsonString(), Is.EqualTo((await ResultAsync(Percent(20), store: "LUX.rehearsal.example")).Result.ToJsonString()));
        Assert.That(Minor(Eur(answer.Json), "after"), Is.EqualTo(1800 + 900));
    }

    [Test]
    public async Task A_call_that_is_wrong_is_told_everything_at_once()
    {
        var answer = await (await ApiClient.OfAsync(_app, _shop.Store)).Post(
            $"campaigns/{_shop.CampaignId}/back-tests", Body("""{"commission":{"percent":0}}""", from: "spring", to: ""));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Is.EquivalentTo(["terms.commission.percent", "from", "to"]));
    }

    [Test]
    public async Task A_period_with_too_many_orders_is_refused_with_the_verb_that_takes_them()
    {
        await _app.Db.DoAsync(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= @max)
            INSERT INTO orders (store_id, order_id, revision, state, at, net_minor, commission_minor, created_at, updated_at)
            SELECT @storeId, 'p' || i, 1, 'uncredited', @at, 0, 0, @at, @at FROM n
            """,
            new { storeId = _shop.Store.Id, max = BackTestEndpoints.OrdersMax, at = StoreApp.Start });

        var answer = await (await ApiClient.OfAsync(_app, _shop.Store)).Post($"campaigns/{_shop.CampaignId}/back-tests", Body(Unchanged));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((422, "/problems/back-test-too-large")));
        Assert.That(answer.Text("detail"), Does.Contain("50001").And.Contain($"backtest --store {_shop.Store.Id} --campaign {_shop.CampaignId}"));
    }

    [Test]
    public async Task The_program_exits_with_0_when_equal_1_on_a_difference_and_2_on_wrong_usage()
    {
        await _shop.PaysAsync(Sale("1").With("ANN10", "10.00"));
        var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        await _app.CopyToAsync(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "same.json"), Unchanged);
        await File.WriteAllTextAsync(Path.Combine(folder, "more.json"), Percent(11));

        string[] common = ["backtest", "--store", _shop.Store.Domain, $"--campaign={_shop.CampaignId}", "--from", "2026-01-01", "--to", "2026-12-31", "--json"];
        var equal = await RunProgramAsync([.. common, "--terms", "same.json"], folder);
        var differs = await RunProgramAsync([.. common, "--terms", "more.json"], folder);
        var wrong = await RunProgramAsync(common, folder);
        Directory.Delete(folder, recursive: true);

        Assert.That((equal.Code, differs.Code, wrong.Code), Is.EqualTo((0, 1, 2)), equal.Errors + differs.Errors + wrong.Errors);
        Assert.That(Minor(Eur(JsonNode.Parse(differs.Output)!), "after"), Is.EqualTo(990));
        Assert.That(wrong.Errors, Does.Contain("backtest --store ID-OR-DOMAIN --campaign ID --terms FILE.json --from DATE --to DATE [--json]"));
    }

    [TestCase("--store s --campaign c --terms t --from f --to t", true)]
    [TestCase("--store=s --campaign=c --terms=t --from=f --to=t --json --Data:Folder=x", true)]
    [TestCase("--store s --campaign c --terms t --from f", false)]
    [TestCase("--store s --campaign c --terms t --from f --to", false)]
    [TestCase("--store s --store s --campaign c --terms t --from f --to t", false)]
    [TestCase("--store s --campaign c --terms t --from f --to t --json --json", false)]
    [TestCase("--store s --campaign c --terms t --from f --to t more", false)]
    [TestCase("--store --campaign c --terms t --from f --to t", false)]
    public void Its_options_are_each_given_once(string args, bool isRight) => Assert.That(BackTestOrder.Read(args.Split(' ')) is not null, Is.EqualTo(isRight));

    [Test]
    public void All_are_counted_and_the_twenty_greatest_differences_are_named()
    {
        var tally = new BackTestTally(30);
        for (var i = 1; i <= 25; i++)
        {
            var id = i.ToString("d2", CultureInfo.InvariantCulture);
            var order = new Order
            {
                Id = id,
                Reference = "",
                At = StoreApp.Start,
                UpdatedAt = StoreApp.Start,
                Currency = Currency.Parse("EUR"),
                Paid = true,
            };
            var facts = new OrderFacts(new RecordedOrder(order, ShopperHashes.Unknown), "", StoreApp.Start, []);
            tally.Add(
                new PastOrder(facts, Evidence.None, Evidence.None, Counts: true, NetMinor: 100, FriendDiscountMinor: 0, BookedMinor: 1, BookedFor: id),
                new BackTestOutcome(true, id, "cmp_1", 0), new BackTestOutcome(true, id, "cmp_1", i));
        }

        var result = tally.ToResult(new Dictionary<string, string>(StringComparer.Ordinal) { ["25"] = "Ann" });

        var eur = result.Currencies.Single();
        Assert.That((result.Untouched, result.Unexplained, result.UnexplainedIds.Count), Is.EqualTo((5, 25, BackTestTally.NamedMax)));
        Assert.That((eur.AmbassadorsGaining, eur.DifferenceMinor, eur.After.MarginMinor, eur.After.MarginBp), Is.EqualTo((25, 325, 2175, 8700)));
        Assert.That(eur.Ambassadors.Select(ambassador => ambassador.DifferenceMinor), Is.EqualTo(Enumerable.Range(6, 20).Reverse().Select(i => (long)i)));
        Assert.That((eur.Ambassadors[0].Name, eur.Ambassadors[1].Name), Is.EqualTo(("Ann", (string?)null)));
        Assert.That(tally.NamedAmbassadors(), Has.Count.EqualTo(BackTestTally.NamedMax));
    }

    private static TestOrder Sale(string id, int day = 0) => new(id, StoreApp.Start.AddDays(day));

    private static string Percent(decimal percent) =>
        string.Create(CultureInfo.InvariantCulture, $$$"""{"commission":{"percent":{{{percent}}}},"friendDiscount":{"percent":10}}""");

    private static JsonObject Body(string terms, string from = "2026-01-01", string to = "2026-12-31") =>
        new() { ["terms"] = JsonNode.Parse(terms), ["from"] = from, ["to"] = to };

    private async Task<Tested> ResultAsync(
        string terms, Shop? shop = null, string? store = null, string from = "2026-01-01", string to = "2026-12-31")
    {
        var (code, output, errors) = await RunAsync(terms, from, to, json: true, store ?? shop?.Store.Id, shop?.CampaignId);
        Assert.That(code, Is.LessThan(2), errors);
        return new Tested(code, JsonNode.Parse(output)!);
    }

    private async Task<Ended> RunAsync(
        string? terms, string from = "2026-01-01", string to = "2026-12-31", bool json = true, string? store = null, string? campaign = null)
    {
        var file = Path.Combine(_app.Folder, "terms.json");
        if (terms is not null)
        {
            await File.WriteAllTextAsync(file, terms, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        }

        using var output = new StringWriter();
        using var errors = new StringWriter();
        var order = new BackTestOrder(store ?? _shop.Store.Id, campaign ?? _shop.CampaignId, file, from, to, json, []);
        var code = await _app.Get<BackTestVerb>().RunAsync(order, output, errors);
        return new Ended(code, output.ToString(), errors.ToString());
    }

    private static async Task<Ended> RunProgramAsync(string[] args, string folder)
    {
        var (code, output, errors) = await ProgramRun.ToEndAsync(args, folder);
        return new Ended(code, output, errors);
    }

    private async Task<long> LookedAtAsync(string from, string to) => (long)(await ResultAsync(Unchanged, from: from, to: to)).Result["ordersLookedAt"]!;

    private Task<long> BookedAsync() =>
        _app.Db.OneAsync<long>("SELECT COALESCE(SUM(commission_minor), 0) FROM orders WHERE store_id = @id", new { id = _shop.Store.Id });

    /// <summary>The content of every table, as one hash each.</summary>
    private async Task<string> TablesAsync()
    {
        var hashes = new List<string>();
        foreach (var table in await _app.Db.ManyAsync<string>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"))
        {
            await using var connection = await _app.Db.OpenAsync(default);
            await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The names are the catalogue's own.
            command.CommandText = $"SELECT * FROM {table} ORDER BY rowid";
#pragma warning restore CA2100
            await using var reader = await command.ExecuteReaderAsync();
            var rows = new StringBuilder();
            while (await reader.ReadAsync())
            {
                rows.AppendJoin('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : reader.GetValue(i))).Append('\n');
            }

            hashes.Add($"{table} {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(rows.ToString())))}");
        }

        return string.Join('\n', hashes);
    }

    private static JsonNode Eur(JsonNode result) => result["currencies"]!.AsArray().Single(currency => (string?)currency!["currency"] == "EUR")!;

    private static long Minor(JsonNode currency, string side) => (long)currency[side]!["commission"]!["minor"]!;

    private static long Net(JsonNode currency) => (long)currency["netSales"]!["minor"]!;

    private static (long Gaining, long Losing, long New, long Gone, long Moved) Changes(JsonNode currency) => (
        (long)currency["ordersGaining"]!, (long)currency["ordersLosing"]!, (long)currency["ordersNewlyCredited"]!, (long)currency["ordersNoLongerCredited"]!,
        (long)currency["ordersMoved"]!);

    private sealed record Tested(int Code, JsonNode Result);

    private sealed record Ended(int Code, string Output, string Errors);
}
