// Terms as the API states them: what may be said, what contradicts itself, and what an order then earns.
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Campaigns;

internal sealed class TermsTests
{
    private StoreApp _app = null!;

    [SetUp]
    public async Task Open() => _app = await StoreApp.StartAsync();

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task Every_term_comes_back_as_it_was_stated()
    {
        const string Stated =
            """
            {"commission":{"percent":10},"friendDiscount":{"percent":5},"holdDays":14,"windowDays":60,
             "rates":[{"percent":5,"product":"10","ambassador":null,"group":null,"collection":null},{"percent":20,"product":"10","ambassador":"amb_1","group":null,"collection":null},
              {"percent":0,"product":null,"ambassador":"amb_1","group":null,"collection":null},{"percent":12,"product":null,"ambassador":null,"group":"gold","collection":null},
              {"percent":7,"product":null,"ambassador":null,"group":null,"collection":"summer"}],
             "excludedProducts":["12","13"],"excludedCollections":["outlet"],"minimumOrder":{"minor":2000,"currency":"EUR"},"maximumCommission":{"minor":5000,"currency":"EUR"},
             "touch":"first","otherCodes":"exclusive","selfPurchase":"allow","channels":["online","draft"],
             "tiers":{"metric":"net_sales","period":"rolling","days":90,"mode":"whole_order","levels":[
              {"percent":10,"from":null,"fromCount":null},{"percent":15,"from":{"minor":100000,"currency":"EUR"},"fromCount":null}]},
             "periodCap":{"maximum":{"minor":90000,"currency":"EUR"},"period":"lifetime","days":null},"maximumCost":{"percent":30},
             "base":"before_own_discount","customers":"all","renewals":{"count":3,"months":null},"binding":{"days":100,"orders":5},
             "precedence":["customer","link","code"],"friendUses":"once_per_customer","enrolment":"instant",
             "advocateReward":{"percent":15,"amount":null,"minimumOrder":{"minor":2000,"currency":"EUR"},"validDays":90,"maximum":{"count":3,"period":"rolling","days":30}},
             "milestones":[
              {"metric":"net_sales","from":{"minor":100000,"currency":"EUR"},"fromCount":null,"bonus":{"minor":5000,"currency":"EUR"},"code":null},
              {"metric":"orders","from":null,"fromCount":10,"bonus":null,"code":{"percent":null,"amount":{"minor":1000,"currency":"EUR"},"minimumOrder":null,"validDays":180}}]}
            """;

        var made = await PostAsync(Stated);

        var shown = made.Json!["terms"]!.AsObject();
        var expected = JsonNode.Parse(Stated)!.AsObject();
        foreach (var (name, value) in expected.Where(member => member.Key != "commission"))
        {
            Assert.That(JsonNode.DeepEquals(shown[name], value), $"{name}: {shown[name]?.ToJsonString()}");
        }

        Assert.That((decimal)shown["commission"]!["percent"]!, Is.EqualTo(10m));
    }

    [TestCase("""{"percent":null,"amount":{"minor":1000,"currency":"EUR"},"minimumOrder":null,"validDays":null,"maximum":null,"as":"giftCard"}""")]
    [TestCase("""{"percent":null,"amount":{"minor":1000,"currency":"EUR"},"minimumOrder":null,"validDays":365,"maximum":null,"as":"storeCredit"}""")]
    public async Task A_gift_card_or_store_credit_comes_back_as_it_was_stated(string reward)
    {
        var code = JsonNode.Parse(reward)!.AsObject();
        code.Remove("maximum");
        var stated = $$"""{"commission":{"percent":10},"advocateReward":{{reward}},"milestones":[{"metric":"orders","fromCount":10,"code":{{code.ToJsonString()}}}]}""";

        var made = await PostAsync(stated);

        Assert.That(made.Json!["terms"]!["advocateReward"]!.ToJsonString(), Is.EqualTo(reward));
        Assert.That(JsonNode.DeepEquals(made.Json!["terms"]!["milestones"]![0]!["code"], code));
    }

    [Test]
    public void Terms_without_a_gift_card_are_written_as_before() => Assert.That(
        (new Terms(1000, 1000, 30, 30) { AdvocateReward = new AdvocateReward(new RewardCode(1500, null, null, 180), null) }).ToJson(),
        Is.EqualTo("""{"commissionBp":1000,"friendDiscountBp":1000,"holdDays":30,"windowDays":30,"advocateReward":{"code":{"percentBp":1500,"validDays":180}}}"""));

    [Test]
    public async Task A_fixed_commission_comes_back_as_it_was_stated()
    {
        var made = await PostAsync("""{"commission":{"flat":{"minor":1500,"currency":"EUR"},"per":"item"}}""");

        Assert.That(
            made.Json!["terms"]!["commission"]!.ToJsonString(), Is.EqualTo("""{"percent":null,"flat":{"minor":1500,"currency":"EUR"},"per":"item"}"""));
    }

    [TestCase("""{"commission":{}}""", "terms.commission.percent")]
    [TestCase("""{"commission":{"percent":10,"flat":{"minor":100,"currency":"EUR"}}}""", "terms.commission.percent")]
    [TestCase("""{"commission":{"percent":10,"per":"item"}}""", "terms.commission.per")]
    [TestCase("""{"commission":{"flat":{"minor":0,"currency":"EUR"}}}""", "terms.commission.flat.minor")]
    [TestCase("""{"commission":{"flat":{"minor":100,"currency":"USD"}}}""", "terms.commission.flat.currency")]
    [TestCase("""{"commission":{"flat":{"minor":100}}}""", "terms.commission.flat.currency")]
    [TestCase("""{"commission":{"flat":{"minor":100,"currency":"EUR"}},"rates":[{"percent":5,"product":"1"}]}""", "terms.rates")]
    [TestCase("""{"commission":{"flat":{"minor":600,"currency":"EUR"}},"maximumCommission":{"minor":500,"currency":"EUR"}}""", "terms.maximumCommission")]
    [TestCase("""{"commission":{"percent":10},"rates":[{"percent":5}]}""", "terms.rates[0].product")]
    [TestCase("""{"commission":{"percent":10},"rates":[{"percent":101,"product":"1"}]}""", "terms.rates[0].percent")]
    [TestCase("""{"commission":{"percent":10},"rates":[{"percent":5,"product":"1"},{"percent":6,"product":"1"}]}""", "terms.rates")]
    [TestCase("""{"commission":{"percent":10},"rates":[{"percent":5,"product":"1","color":"red"}]}""", "terms.rates[0].color")]
    [TestCase("""{"commission":{"percent":10},"rates":["5"]}""", "terms.rates")]
    [TestCase("""{"commission":{"percent":10},"excludedProducts":["1",null]}""", "terms.excludedProducts")]
    [TestCase("""{"commission":{"percent":10},"touch":"middle"}""", "terms.touch")]
    [TestCase("""{"commission":{"percent":10},"channels":[]}""", "terms.channels")]
    [TestCase("""{"commission":{"percent":10},"channels":["renewal"]}""", "terms.channels")]
    [TestCase("""{"commission":{"percent":10},"rates":[{"percent":5,"product":"1","group":"gold"}]}""", "terms.rates[0].group")]
    [TestCase("""{"commission":{"percent":10},"tiers":{"metric":"clicks","levels":[{"percent":15,"fromCount":5}]}}""", "terms.tiers.metric")]
    [TestCase("""{"commission":{"percent":10},"tiers":{"metric":"orders","levels":[]}}""", "terms.tiers.levels")]
    [TestCase("""{"commission":{"percent":10},"tiers":{"metric":"orders","levels":[{"percent":15,"fromCount":5},{"percent":12,"fromCount":9}]}}""", "terms.tiers.levels")]
    [TestCase("""{"commission":{"percent":10},"tiers":{"metric":"orders","levels":[{"percent":15,"fromCount":5},{"percent":20,"fromCount":5}]}}""", "terms.tiers.levels")]
    [TestCase("""{"commission":{"percent":10},"tiers":{"metric":"orders","levels":[{"percent":9,"fromCount":5}]}}""", "terms.tiers.levels")]
    [TestCase("""{"commission":{"percent":10},"tiers":{"metric":"orders","levels":[{"percent":15,"from":{"minor":5,"currency":"EUR"}}]}}""", "terms.tiers.levels[0].from")]
    [TestCase("""{"commission":{"percent":10},"tiers":{"metric":"orders","period":"rolling","levels":[{"percent":15,"fromCount":5}]}}""", "terms.tiers.days")]
    [TestCase("""{"commission":{"flat":{"minor":100,"currency":"EUR"}},"tiers":{"metric":"orders","levels":[{"percent":15,"fromCount":5}]}}""", "terms.tiers.levels")]
    [TestCase("""{"commission":{"percent":10},"periodCap":{}}""", "terms.periodCap.maximum")]
    [TestCase("""{"commission":{"percent":10},"maximumCommission":{"minor":500,"currency":"EUR"},"periodCap":{"maximum":{"minor":400,"currency":"EUR"}}}""", "terms.periodCap")]
    [TestCase("""{"commission":{"percent":10},"minimumOrder":{"minor":10000,"currency":"EUR"},"maximumCommission":{"minor":900,"currency":"EUR"}}""", "terms.maximumCommission")]
    [TestCase("""{"commission":{"percent":10},"friendDiscount":{"percent":20},"maximumCost":{"percent":20}}""", "terms.maximumCost")]
    [TestCase("""{"commission":{"percent":10},"renewals":{"count":2,"months":2}}""", "terms.renewals.count")]
    [TestCase("""{"commission":{"percent":10},"customers":"new","binding":{}}""", "terms.binding")]
    [TestCase("""{"commission":{"percent":10},"precedence":["code","link"]}""", "terms.precedence")]
    [TestCase("""{"commission":{"percent":0}}""", "terms.commission.percent")]
    [TestCase("""{"commission":{"percent":10},"friendUses":"twice"}""", "terms.friendUses")]
    [TestCase("""{"commission":{"percent":10},"friendUses":"once_per_customer"}""", "terms.friendUses")]
    [TestCase("""{"commission":{"percent":10},"enrolment":"open"}""", "terms.enrolment")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{}}""", "terms.advocateReward.percent")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"percent":10,"amount":{"minor":500,"currency":"EUR"}}}""", "terms.advocateReward.percent")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"percent":0}}""", "terms.advocateReward.percent")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"amount":{"minor":500,"currency":"USD"}}}""", "terms.advocateReward.amount.currency")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"percent":10,"validDays":6}}""", "terms.advocateReward.validDays")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"percent":10,"validDays":731}}""", "terms.advocateReward.validDays")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"as":"cash","amount":{"minor":100,"currency":"EUR"}}}""", "terms.advocateReward.as")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"as":"giftCard"}}""", "terms.advocateReward.amount")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"as":"giftCard","amount":{"minor":0,"currency":"EUR"}}}""", "terms.advocateReward.amount.minor")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"as":"giftCard","amount":{"minor":100,"currency":"EUR"},"percent":10}}""", "terms.advocateReward.percent")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"as":"storeCredit","amount":{"minor":100,"currency":"EUR"},"minimumOrder":{"minor":500,"currency":"EUR"}}}""", "terms.advocateReward.minimumOrder")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"as":"storeCredit","amount":{"minor":100,"currency":"EUR"},"validDays":6}}""", "terms.advocateReward.validDays")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"amount":{"minor":500,"currency":"EUR"},"minimumOrder":{"minor":499,"currency":"EUR"}}}""", "terms.advocateReward.minimumOrder")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"percent":10,"maximum":{"count":0}}}""", "terms.advocateReward.maximum.count")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"percent":10,"maximum":{"count":2,"period":"rolling"}}}""", "terms.advocateReward.maximum.days")]
    [TestCase("""{"commission":{"percent":0},"advocateReward":{"percent":10,"colour":"red"}}""", "terms.advocateReward.colour")]
    [TestCase("""{"commission":{"percent":10},"milestones":[{"metric":"clicks","fromCount":5,"bonus":{"minor":1,"currency":"EUR"}}]}""", "terms.milestones[0].metric")]
    [TestCase("""{"commission":{"percent":10},"milestones":[{"metric":"orders","fromCount":5}]}""", "terms.milestones[0].bonus")]
    [TestCase("""{"commission":{"percent":10},"milestones":[{"metric":"orders","fromCount":0,"bonus":{"minor":1,"currency":"EUR"}}]}""", "terms.milestones[0].fromCount")]
    [TestCase("""{"commission":{"percent":10},"milestones":[{"metric":"orders","bonus":{"minor":1,"currency":"EUR"}}]}""", "terms.milestones[0].fromCount")]
    [TestCase("""{"commission":{"percent":10},"milestones":[{"metric":"net_sales","bonus":{"minor":1,"currency":"EUR"}}]}""", "terms.milestones[0].from")]
    [TestCase("""{"commission":{"percent":10},"milestones":[{"metric":"net_sales","fromCount":1,"bonus":{"minor":1,"currency":"EUR"}}]}""", "terms.milestones[0].fromCount")]
    [TestCase("""{"commission":{"percent":10},"milestones":[{"metric":"orders","fromCount":5,"code":{"percent":101}}]}""", "terms.milestones[0].code.percent")]
    [TestCase("""{"commission":{"percent":10},"milestones":[{"metric":"orders","fromCount":5,"code":{"percent":10,"maximum":{"count":1}}}]}""", "terms.milestones[0].code.maximum")]
    [TestCase(
        """{"commission":{"percent":10},"milestones":[{"metric":"orders","fromCount":5,"code":{"percent":10}},{"metric":"orders","fromCount":5,"code":{"percent":20}}]}""", "terms.milestones")]
    [TestCase("""{"commission":{"percent":10},"windowDays":0}""", "terms.windowDays")]
    [TestCase("""{"commission":{"percent":10},"holdDays":3650}""", "terms.holdDays")]
    [TestCase("""{"commission":{"percent":10},"minimumOrder":{"minor":-1,"currency":"EUR"}}""", "terms.minimumOrder.minor")]
    public async Task Terms_that_contradict_themselves_are_refused_by_the_field(string terms, string field)
    {
        var answer = await PostAsync(terms);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Does.Contain(field));
    }

    [Test]
    public async Task An_order_earns_by_the_most_specific_share_and_its_receipt_says_so()
    {
        var shop = await Shop.OpenAsync(_app, terms: new Terms(1000, 1000, 30, 30) { Rates = [new RateRule("11", null, 500)], ExcludedProducts = ["12"] });
        var ann = await shop.AmbassadorAsync("ANN10");

        await shop.PaysAsync(new TestOrder("1001", StoreApp.Start) { Lines = [("20.00", 1, "0.00"), ("100.00", 1, "0.00"), ("40.00", 1, "0.00")], CartRef = "ANN10" });

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(700));
        Assert.That(
            ReceiptText.Lines(await shop.ReceiptAsync("1001"), TimeZoneInfo.Utc),
            Does.Contain("A product that the campaign leaves out of 40.00 EUR earns nothing (rule B2).")
                .And.Some.StartsWith("Commission: 10 % of 20.00 EUR and 5 % (the product's share) of 100.00 EUR is 7.00 EUR,"));
    }

    [Test]
    public async Task A_fixed_commission_is_booked_and_falls_with_what_is_left()
    {
        var terms = new Terms(0, 1000, 30, 30) { Flat = new FlatCommission(1500, PerItem: false), Currency = Webhooks.Currency.Parse("EUR") };
        var shop = await Shop.OpenAsync(_app, terms: terms);
        var ann = await shop.AmbassadorAsync("ANN10");
        var order = new TestOrder("1001", StoreApp.Start) { Lines = [("60.00", 1, "0.00")], CartRef = "ANN10" };

        await shop.PaysAsync(order);
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1500));
        Assert.That(
            ReceiptText.Lines(await shop.ReceiptAsync("1001"), TimeZoneInfo.Utc),
            Has.Some.StartsWith("Commission: 15.00 EUR for the order, within 60.00 EUR, is 15.00 EUR,"));

        await shop.DeliverAsync("refunds/create", order.RefundJson("501", 0, "50.00"));
        await _app.DrainAsync();
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(1000));
    }

    [Test]
    public async Task An_order_in_another_currency_than_the_terms_amounts_credits_nobody_and_says_why()
    {
        var shop = await Shop.OpenAsync(_app, terms: new Terms(1000, 1000, 30, 30) { MinimumOrderMinor = 1, Currency = Webhooks.Currency.Parse("EUR") });
        var ann = await shop.AmbassadorAsync("ANN10");

        await shop.PaysAsync(new TestOrder("1001", StoreApp.Start) { Currency = "USD", CartRef = "ANN10" });

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.Zero);
        var receipt = await shop.ReceiptAsync("1001");
        Assert.That((receipt.Rule, receipt.Reason), Is.EqualTo(("M1", "The campaign's terms state amounts in EUR, and this order is in USD.")));
    }

    [Test]
    public void Terms_of_an_earlier_version_are_read_as_they_were_meant() =>
        Assert.That(
            Terms.FromJson("""{"commissionBp":1000,"friendDiscountBp":500,"holdDays":30,"windowDays":14}"""), Is.EqualTo(new Terms(1000, 500, 30, 14)));

    [Test]
    public void What_an_ambassador_earns_is_said_in_words()
    {
        var terms = new Terms(1000, 0, 30, 30)
        {
            Rates = [new RateRule(null, "amb_ann", 1500), new RateRule("7", null, 500)],
            MinimumOrderMinor = 2000,
            MaximumCommissionMinor = 5000,
            Currency = Webhooks.Currency.Parse("EUR"),
        };

        Assert.That(
            TermsText.EarningOf(terms, "amb_ann").Replace('\u00a0', ' '),
            Is.EqualTo("15 % of each order: of its products after discounts, without tax and shipping. For some products it is another share. "
                + "An order must come to € 20.00. No order earns more than € 50.00."));
        Assert.That(TermsText.EarningOf(terms, "amb_bob").Replace('\u00a0', ' '), Does.StartWith("10 % of each order"));
    }

    private async Task<ApiAnswer> PostAsync(string terms)
    {
        var shop = await Shop.OpenAsync(_app);
        var api = await ApiClient.OfAsync(_app, shop.Store);
        return await api.Post("campaigns", new JsonObject { ["name"] = "Spring", ["terms"] = JsonNode.Parse(terms) });
    }
}
