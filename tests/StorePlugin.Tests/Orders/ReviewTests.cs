// What waits for a person, and what people decide: by signed orders and over the API.
using System.Text.Json.Nodes;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class ReviewTests
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
        Assert.That((await _app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings, Is.Empty);
        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_8_a_click_after_the_checkout_began_waits_for_a_person_and_not_for_time()
    {
        await PaysLateAsync("1001");

        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("review"));
        _app.Clock.Advance(TimeSpan.FromDays(365));
        await _app.DrainAsync();

        // H-2: review open for a year is still review.
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("review"));
        Assert.That((await _shop.BalanceAsync(_ann, Account.Review), await _shop.BalanceAsync(_ann, Account.Approved)), Is.EqualTo((1000L, 0L)));
        Assert.That(ReceiptText.Lines(await _shop.ReceiptAsync("1001"), TimeZoneInfo.Utc), Has.Some.Contains("(rule T4)"));
    }

    [Test]
    public async Task A_7_a_late_click_displaces_nobody()
    {
        var bob = await _shop.AmbassadorAsync("BOB10");
        var first = await _shop.ClickAsync(_ann);
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var started = _app.Clock.GetUtcNow();
        _app.Clock.Advance(TimeSpan.FromSeconds(5));
        var late = await _shop.ClickAsync(bob);

        await _shop.PaysAsync(new TestOrder("1001", _app.Clock.GetUtcNow()) { CartRef = late, Landing = $"/?ref={first}", CheckoutStartedAt = started });

        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("held"));
        var receipt = await _shop.ReceiptAsync("1001");
        Assert.That(receipt.AmbassadorId, Is.EqualTo(_ann));
        Assert.That(receipt.Touches.Single(touch => touch.AmbassadorId == bob).DroppedBy, Is.EqualTo("T4"));
    }

    [TestCase(29 * 60 + 59, "review")]
    [TestCase(30 * 60, "held")]
    [TestCase(0, "held")]
    public async Task A_click_is_late_within_half_an_hour_after_the_checkout_began(int secondsAfter, string state)
    {
        var started = _app.Clock.GetUtcNow();
        _app.Clock.Advance(TimeSpan.FromSeconds(secondsAfter));
        var click = await _shop.ClickAsync(_ann);

        await _shop.PaysAsync(new TestOrder("1001", _app.Clock.GetUtcNow()) { CartRef = click, CheckoutStartedAt = started });

        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo(state));
    }

    [Test]
    public async Task What_a_person_allows_is_held_and_released_as_any_other()
    {
        await PaysLateAsync("1001");

        var allowed = await DecideAsync("1001", "allow", "Ann sent a screenshot.");

        Assert.That((allowed.Status, allowed.Text("state")), Is.EqualTo((200, "held")));
        Assert.That((await _shop.BalanceAsync(_ann, Account.Held), await _shop.BalanceAsync(_ann, Account.Review)), Is.EqualTo((1000L, 0L)));
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        Assert.That(await _shop.BalanceAsync(_ann, Account.Approved), Is.EqualTo(1000));
        var decision = (await _shop.ReceiptAsync("1001")).Decisions.Single();
        Assert.That((decision.Kind, decision.Reason, decision.Number), Is.EqualTo((DecisionKind.Allow, "Ann sent a screenshot.", 1L)));
    }

    [Test]
    public async Task What_was_allowed_stays_allowed_when_the_order_changes()
    {
        var order = await PaysLateAsync("1001");
        await DecideAsync("1001", "allow", "Looked at.");

        await _shop.PaysAsync(order with { UpdatedAt = _app.Clock.GetUtcNow().AddHours(1), Lines = [("80.00", 1, "0.00")] });

        Assert.That((await _shop.StateAsync("1001"), await _shop.BalanceAsync(_ann, Account.Held)), Is.EqualTo(("held", 800L)));
    }

    [Test]
    public async Task What_a_person_rejects_earns_nobody_anything()
    {
        await PaysLateAsync("1001");

        var rejected = await DecideAsync("1001", "reject", "The shopper had filled the cart before.");

        Assert.That((rejected.Status, rejected.Text("state")), Is.EqualTo((200, "reversed")));
        Assert.That((await _shop.BalanceAsync(_ann, Account.Review), await _shop.BalanceAsync(_ann, Account.Held)), Is.EqualTo((0L, 0L)));
        Assert.That((await _shop.ReceiptAsync("1001")).Rule, Is.EqualTo("H3"));
    }

    [Test]
    public async Task M_1_a_refund_in_another_currency_takes_nothing_and_waits_for_a_person()
    {
        var order = new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00");
        await _shop.PaysAsync(order);
        await _shop.DeliverAsync("refunds/create", (order with { Currency = "USD", UpdatedAt = StoreApp.Start.AddHours(1) }).RefundJson("11", 0, "40.00"));
        await _app.DrainAsync();

        var receipt = await _shop.ReceiptAsync("1001");
        Assert.That((receipt.CommissionMinor, receipt.RemainingBaseMinor, receipt.OpenRules.Single()), Is.EqualTo((900L, 9000L, "M1")));
        Assert.That(receipt.ForeignRefunds.Single(), Is.EqualTo(new ReceiptForeignRefund("11", StoreApp.Start.AddHours(1), Currency.Parse("USD"))));
        Assert.That(ReceiptChecker.Check(ReceiptView.Of(receipt.ToJson()).ToJsonString()), Is.Empty);
        Assert.That((await _shop.StateAsync("1001"), await _shop.BalanceAsync(_ann, Account.Review)), Is.EqualTo(("review", 900L)));
        _app.Clock.Advance(TimeSpan.FromDays(60));
        await _app.DrainAsync();
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("review"), "no time ends it");

        var allowed = await DecideAsync("1001", "allow", "It was 36.00 EUR of shipping.");
        await _app.DrainAsync();

        Assert.That(allowed.Status, Is.EqualTo(200));
        Assert.That((await _shop.StateAsync("1001"), await _shop.BalanceAsync(_ann, Account.Approved)), Is.EqualTo(("approved", 900L)));
    }

    [Test]
    public async Task What_was_refunded_in_full_can_be_rejected_all_the_same()
    {
        var order = new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00");
        await _shop.PaysAsync(order);
        await _shop.DeliverAsync("refunds/create", order.RefundJson("11", 0, "90.00"));
        await _app.DrainAsync();

        var rejected = await DecideAsync("1001", "reject", "Bought to be sent back.");

        Assert.That((rejected.Status, rejected.Text("state"), (await _shop.ReceiptAsync("1001")).Rule), Is.EqualTo((200, "reversed", "H3")));
    }

    [Test]
    public async Task A_person_may_credit_an_order_that_nobody_brought_and_take_it_back()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start));
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("uncredited"));

        var credited = await DecideAsync("1001", "credit", "Ordered by telephone.", _ann);

        Assert.That((credited.Status, credited.Text("state"), credited.Text("ambassadorId")), Is.EqualTo((200, "held", _ann)));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(1000));
        Assert.That((await _shop.ReceiptAsync("1001")).Reason, Is.EqualTo("A person has credited the ambassador: Ordered by telephone."));

        // Rule H6: the entries name who brought them about.
        var decided = (await _shop.ReceiptAsync("1001")).Decisions.Single().Actor;
        Assert.That((await _api.Get("ledger/entries")).Json!["items"]!.AsArray().Select(entry => (string?)entry!["actor"]), Is.All.EqualTo(decided).And.All.Not.EqualTo("system"));

        await DecideAsync("1001", "reject", "It was another order.");
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.Zero);
    }

    [Test]
    public async Task A_credit_goes_before_the_code_that_was_used()
    {
        var bob = await _shop.AmbassadorAsync("BOB10");
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));

        await DecideAsync("1001", "credit", "Bob advised the shopper.", bob);

        Assert.That((await _shop.BalanceAsync(_ann, Account.Held), await _shop.BalanceAsync(bob, Account.Held)), Is.EqualTo((0L, 900L)));
        Assert.That((await _shop.ReceiptAsync("1001")).Touches.Single(touch => touch.AmbassadorId == _ann).DroppedBy, Is.EqualTo("T1"));
    }

    [Test]
    public async Task The_queue_lists_what_waits_and_nothing_else()
    {
        await PaysLateAsync("1001");
        await _shop.PaysAsync(new TestOrder("1002", StoreApp.Start).With("ANN10", "10.00"));

        var queue = await _api.Get("orders?state=review");

        Assert.That(queue.Json!["items"]!.AsArray().Select(item => (string?)item!["platformOrderId"]), Is.EqualTo(["1001"]));
        Assert.That((await _api.Get("orders?state=held")).Status, Is.EqualTo(400));
        Assert.That((await _api.Get($"orders?state=review&ambassador={_ann}")).Status, Is.EqualTo(400));
    }

    [TestCase("""{"decision":"perhaps","reason":"x"}""", "decision")]
    [TestCase("""{"decision":"allow","reason":""}""", "reason")]
    [TestCase("""{"decision":"allow","reason":"x","ambassadorId":"amb_1"}""", "ambassadorId")]
    [TestCase("""{"decision":"credit","reason":"x"}""", "ambassadorId")]
    [TestCase("""{"decision":"allow","reason":"x","why":"y"}""", "why")]
    public async Task A_decision_that_says_something_else_is_refused_by_the_field(string body, string field)
    {
        await PaysLateAsync("1001");

        var answer = await _api.Post("orders/1001/decisions", JsonNode.Parse(body)!.AsObject());

        Assert.That(answer.Status, Is.EqualTo(400));
        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Does.Contain(field));
    }

    [Test]
    public async Task A_decision_about_nothing_is_refused_in_words()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));

        Assert.That((await DecideAsync("1001", "allow", "x")).Problem, Is.EqualTo("/problems/nothing-in-review"));
        Assert.That((await DecideAsync("4711", "allow", "x")).Status, Is.EqualTo(404));
        Assert.That((await DecideAsync("1001", "credit", "x", "amb_nobody")).Status, Is.EqualTo(404));
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("held"));
    }

    [Test]
    public async Task Another_store_decides_nothing_here()
    {
        await PaysLateAsync("1001");
        var other = await ApiClient.OfAsync(_app, (await Shop.OpenAsync(_app, "other")).Store);

        Assert.That((await other.Post("orders/1001/decisions", Body("allow", "x", null))).Status, Is.EqualTo(404));
        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("review"));
    }

    private async Task<TestOrder> PaysLateAsync(string id)
    {
        var started = _app.Clock.GetUtcNow();
        _app.Clock.Advance(TimeSpan.FromSeconds(5));
        var order = new TestOrder(id, _app.Clock.GetUtcNow()) { CartRef = await _shop.ClickAsync(_ann), CheckoutStartedAt = started };
        await _shop.PaysAsync(order);
        return order;
    }

    private Task<ApiAnswer> DecideAsync(string orderId, string decision, string reason, string? ambassadorId = null) =>
        _api.Post($"orders/{orderId}/decisions", Body(decision, reason, ambassadorId));

    private static JsonObject Body(string decision, string reason, string? ambassadorId)
    {
        var body = new JsonObject { ["decision"] = decision, ["reason"] = reason };
        if (ambassadorId is not null)
        {
            body["ambassadorId"] = ambassadorId;
        }

        return body;
    }
}
