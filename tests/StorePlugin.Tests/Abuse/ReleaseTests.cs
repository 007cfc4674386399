// What is looked at where orders are released: by signed orders, the clock and the API.
using System.Text.Json.Nodes;
using StorePlugin.Abuse;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Abuse;

internal sealed class ReleaseTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
    }

    [TearDown]
    public async Task CloseAsync()
    {
        Assert.That(await _app.Get<Verify>().RunAsync(null, default), Is.Empty);
        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_refund_rate_of_a_quarter_over_eight_orders_stands_in_review_is_allowed_and_released()
    {
        await PayAsync(8, refunded: 2);
        await PassAsync(40);

        Assert.That(await StatesAsync(8), Is.All.EqualTo("review"));
        Assert.That((await _shop.BalanceAsync(_ann, Account.Approved), await _shop.BalanceAsync(_ann, Account.Held)), Is.EqualTo((0L, 0L)));
        var receipt = await _shop.ReceiptAsync("1008");
        Assert.That(
            receipt.Reviews.Single() with { Mark = null },
            Is.EqualTo(new ReceiptReview("F6", "2 of the ambassador's 8 orders were refunded, wholly or in part.", null)));
        Assert.That(receipt.Flags.Single().Inputs, Is.EqualTo([new FindingInput("refundedOrders", 2), new FindingInput("orders", 8)]));
        Assert.That((await _api.Get("orders?state=review")).Json!["items"]!.AsArray(), Has.Count.EqualTo(8));
        Assert.That(await LogAsync("1008"), Is.EqualTo(["version", "flagged 1"]));

        var answer = await DecideAsync([.. Enumerable.Range(1001, 8).Select(id => $"{id}"), "4711"], "allow");

        Assert.That(answer.Json!["items"]!.AsArray().Select(item => (string?)item!["result"]), Is.EqualTo(Enumerable.Repeat("decided", 8).Append("order-unknown")));
        Assert.That(await StatesAsync(8), Is.All.EqualTo("held"));
        await _app.DrainAsync();
        Assert.That(await StatesAsync(8), Is.All.EqualTo("approved"));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Approved), Is.EqualTo(6 * 900 + 2 * 800));
        Assert.That(await LogAsync("1008"), Is.EqualTo(["version", "flagged 1", "decision 1", "release"]), "it is not flagged for the same rule again");
        Assert.That(ReceiptText.Lines(await _shop.ReceiptAsync("1008"), TimeZoneInfo.Utc), Has.Some.Contains("A person has allowed it (rule F6)"));
    }

    [TestCase(7, 2)]
    [TestCase(9, 2)]
    public async Task Fewer_orders_or_fewer_refunds_are_released(int orders, int refunded)
    {
        await PayAsync(orders, refunded);
        await PassAsync(45);

        Assert.That(await StatesAsync(orders), Is.All.EqualTo("approved"));
        Assert.That((await _api.Get("findings")).Json!["items"]!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task What_a_person_rejects_earns_nothing()
    {
        await PayAsync(8, refunded: 2);
        await PassAsync(40);

        await DecideAsync(["1008"], "reject");

        Assert.That((await _shop.StateAsync("1008"), await _shop.BalanceAsync(_ann, Account.Review)), Is.EqualTo(("reversed", 5 * 900L + 2 * 800)));
    }

    [Test]
    public async Task A_notice_is_on_the_receipt_and_stops_nothing()
    {
        await PassAsync(7);
        await BurstAsync(25);
        await PassAsync(31);

        Assert.That(await StatesAsync(25), Is.All.EqualTo("approved"));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Approved), Is.EqualTo(25 * 900));
        Assert.That((await _shop.ReceiptAsync("1024")).Flags.IsDefault, Is.True, "of orders of one instant those with lower ids come before");
        var receipt = await _shop.ReceiptAsync("1025");
        Assert.That((receipt.Flags.Single().Rule, receipt.Flags.Single().Outcome, receipt.OpenRules), Is.EqualTo(("F4", "noted", Array.Empty<string>())));
        Assert.That(ReceiptText.Lines(receipt, TimeZoneInfo.Utc), Has.Some.Contains("This is a notice and stops nothing (rule F4)."));
        Assert.That(await LogAsync("1025"), Is.EqualTo(["version", "flagged 1", "release"]));
        var shown = (await _api.Get("orders/1025/receipt")).Json!["flags"]!.AsArray().Single()!;
        Assert.That(((string?)shown["severity"], (string?)shown["inputs"]![0]!["name"], (long)shown["inputs"]![0]!["number"]!), Is.EqualTo(("notice", "ordersIn24Hours", 25L)));
    }

    [Test]
    public async Task A_burst_of_a_young_account_asks_for_a_person()
    {
        await BurstAsync(25);
        await PassAsync(31);

        Assert.That((await _shop.StateAsync("1024"), await _shop.StateAsync("1025")), Is.EqualTo(("approved", "review")));
    }

    [Test]
    public async Task Two_who_are_paid_to_one_account_ask_for_a_person_and_one_person_with_two_roles_does_not()
    {
        var bob = await _shop.AmbassadorAsync("BOB10");
        await _app.Db.DoAsync("UPDATE ambassadors SET stripe_account = 'acct_one' WHERE store_id = @id", new { id = _shop.Store.Id });
        await PayAsync(1, refunded: 0);
        await PassAsync(31);

        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("review"));
        Assert.That((await _shop.ReceiptAsync("1001")).Reviews.Single().Why, Is.EqualTo("Another ambassador of the store is paid to the same account."));

        await _app.Db.DoAsync("UPDATE ambassadors SET person_hash = 'one' WHERE store_id = @id", new { id = _shop.Store.Id });
        await _shop.PaysAsync(new TestOrder("1002", _app.Clock.GetUtcNow()).With("BOB10", "10.00"));
        await PassAsync(31);
        Assert.That(await _shop.BalanceAsync(bob, Account.Approved), Is.EqualTo(900));
    }

    [Test]
    public async Task Whatever_of_a_rule_is_in_force_ends_together()
    {
        foreach (var (id, rule) in new[] { ("exm_1", "F2"), ("exm_2", "F2"), ("exm_3", "F6") })
        {
            await Plant.RowAsync(
                _app.Db, "exemptions", ("store_id", _shop.Store.Id), ("id", id), ("ambassador_id", _ann), ("rule", rule), ("until_at", StoreApp.Start.AddYears(1)));
        }

        var ended = await _api.Delete($"ambassadors/{_ann}/exemptions/F2");

        Assert.That((ended.Status, ended.Text("id")), Is.EqualTo((200, "exm_1")));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT id FROM exemptions WHERE ended_at IS NULL"), Is.EqualTo(["exm_3"]));
    }

    [Test]
    public async Task An_exempt_finding_is_recorded_and_stops_nothing_until_the_exemption_ends()
    {
        await _shop.AmbassadorAsync("BOB10");
        await _app.Db.DoAsync("UPDATE ambassadors SET stripe_account = 'acct_one' WHERE store_id = @id", new { id = _shop.Store.Id });
        var granted = await GrantAsync("F2", "Sisters with one account.", "2026-04-05T00:00:00Z");
        Assert.That((granted.Status, (await GrantAsync("F2", "Again.", "2026-04-05T00:00:00Z")).Problem), Is.EqualTo((201, "/problems/exemption-in-force")));
        await PayAsync(1, refunded: 0);
        await PassAsync(31);

        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("approved"));
        var flag = (await _shop.ReceiptAsync("1001")).Flags.Single();
        Assert.That((flag.Severity, flag.Outcome, flag.AllowedWhy), Is.EqualTo(("review", "allowed", "Sisters with one account.")));
        Assert.That((string?)(await _api.Get($"findings?ambassador={_ann}")).Json!["items"]![0]!["outcome"], Is.EqualTo("allowed"));

        await _shop.PaysAsync(new TestOrder("1002", _app.Clock.GetUtcNow()).With("ANN10", "10.00"));
        await PassAsync(31);
        Assert.That(await _shop.StateAsync("1002"), Is.EqualTo("review"), "the exemption has run out");

        await GrantAsync("F2", "Looked at again.", "2026-12-31T00:00:00Z");
        var ended = await _api.Delete($"ambassadors/{_ann}/exemptions/F2");
        Assert.That((ended.Status, ended.Json!["endedAt"] is not null), Is.EqualTo((200, true)));
        Assert.That((await _api.Delete($"ambassadors/{_ann}/exemptions/F2")).Status, Is.EqualTo(404));
        await _shop.PaysAsync(new TestOrder("1003", _app.Clock.GetUtcNow()).With("ANN10", "10.00"));
        await PassAsync(31);
        Assert.That(await _shop.StateAsync("1003"), Is.EqualTo("review"));
        Assert.That((await _api.Get($"ambassadors/{_ann}/exemptions")).Json!["items"]!.AsArray(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task What_was_found_about_one_ambassador_does_not_follow_the_order_to_another()
    {
        await PayAsync(8, refunded: 2);
        await PassAsync(40);
        var bob = await _shop.AmbassadorAsync("BOB10");

        await _api.Post("orders/1008/decisions", new JsonObject { ["decision"] = "credit", ["reason"] = "Bob advised.", ["ambassadorId"] = bob });
        await _app.DrainAsync();

        Assert.That((await _shop.StateAsync("1008"), await _shop.BalanceAsync(bob, Account.Approved)), Is.EqualTo(("approved", 900L)));
        Assert.That((await _shop.ReceiptAsync("1008")).Flags.IsDefault, Is.True);
    }

    [TestCase("""{"rule":"F1","reason":"x","until":"2026-06-01T00:00:00Z"}""", "rule")]
    [TestCase("""{"rule":"F2","reason":"","until":"2026-06-01T00:00:00Z"}""", "reason")]
    [TestCase("""{"rule":"F2","reason":"x"}""", "until")]
    [TestCase("""{"rule":"F2","reason":"x","until":"soon"}""", "until")]
    [TestCase("""{"rule":"F2","reason":"x","until":"2026-03-01T10:00:00Z"}""", "until")]
    [TestCase("""{"rule":"F2","reason":"x","until":"2027-06-01T00:00:00Z"}""", "until")]
    [TestCase("""{"rule":"F2","reason":"x","until":"2026-06-01T00:00:00Z","from":"now"}""", "from")]
    public async Task An_exemption_that_says_something_else_is_refused_by_the_field(string body, string field)
    {
        var answer = await _api.Post($"ambassadors/{_ann}/exemptions", JsonNode.Parse(body)!);

        Assert.That((answer.Status, answer.Json!["errors"]!.AsObject().Select(error => error.Key)), Is.EqualTo((400, new[] { field })));
    }

    [TestCase("""{"orders":[],"decision":"allow","reason":"x"}""", "orders")]
    [TestCase("""{"orders":[null],"decision":"allow","reason":"x"}""", "orders")]
    [TestCase("""{"orders":["1"],"decision":"credit","reason":"x"}""", "decision")]
    [TestCase("""{"orders":["1"],"reason":"x"}""", "decision")]
    [TestCase("""{"orders":["1"],"decision":"allow","reason":""}""", "reason")]
    public async Task A_decision_about_many_that_says_something_else_is_refused_by_the_field(string body, string field)
    {
        var answer = await _api.Post("order-decisions", JsonNode.Parse(body)!);

        Assert.That((answer.Status, answer.Json!["errors"]!.AsObject().Select(error => error.Key)), Is.EqualTo((400, new[] { field })));
    }

    [Test]
    public async Task More_than_200_orders_are_not_decided_at_once() => Assert.That((await DecideAsync([.. Enumerable.Range(1, 201).Select(id => $"{id}")], "allow")).Status, Is.EqualTo(400));

    /// <summary>An order a day, the first ones refunded in part.</summary>
    private async Task PayAsync(int orders, int refunded)
    {
        for (var i = 1; i <= orders; i++)
        {
            var order = new TestOrder($"{1000 + i}", _app.Clock.GetUtcNow()).With("ANN10", "10.00");
            await _shop.PaysAsync(i <= refunded ? order with { Refunds = [($"{i}", 0, "10.00")] } : order);
            _app.Clock.Advance(TimeSpan.FromDays(1));
        }
    }

    private async Task BurstAsync(int orders)
    {
        for (var i = 1; i <= orders; i++)
        {
            await _shop.DeliverAsync("orders/paid", new TestOrder($"{1000 + i}", _app.Clock.GetUtcNow()).With("ANN10", "10.00").ToJson());
        }

        await _app.DrainAsync();
    }

    private Task PassAsync(int days)
    {
        _app.Clock.Advance(TimeSpan.FromDays(days));
        return _app.DrainAsync();
    }

    private async Task<List<string>> StatesAsync(int orders)
    {
        var states = new List<string>();
        for (var i = 1; i <= orders; i++)
        {
            states.Add(await _shop.StateAsync($"{1000 + i}"));
        }

        return states;
    }

    private async Task<IEnumerable<string>> LogAsync(string orderId) => (await _app.Db.ManyAsync<LogRow>(
        "SELECT kind, CASE WHEN kind = 'version' THEN '' ELSE subject END AS subject FROM order_events WHERE store_id = @id AND order_id = @orderId ORDER BY revision",
        new { id = _shop.Store.Id, orderId })).Select(row => $"{row.Kind} {row.Subject}".Trim());

    private Task<ApiAnswer> DecideAsync(string[] orders, string decision) => _api.Post("order-decisions", new JsonObject
    {
        ["orders"] = new JsonArray([.. orders.Select(id => (JsonNode)id)]),
        ["decision"] = decision,
        ["reason"] = "Looked at.",
    });

    private Task<ApiAnswer> GrantAsync(string rule, string reason, string until) =>
        _api.Post($"ambassadors/{_ann}/exemptions", new JsonObject { ["rule"] = rule, ["reason"] = reason, ["until"] = until });

    private sealed record LogRow(string Kind, string Subject);
}
