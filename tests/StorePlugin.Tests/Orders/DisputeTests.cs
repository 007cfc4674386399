// Disputes of an order's payment (rules B14, H3): by signed messages and over the API.
using System.Text.Json.Nodes;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class DisputeTests
{
    private static readonly DateTimeOffset Opened = StoreApp.Start.AddDays(10);

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
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
    public async Task B_14_an_opened_chargeback_is_a_full_refund_of_its_amount_and_a_won_one_is_reversed_again()
    {
        await _shop.PaysAsync(Order());
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(900));

        await DisputeAsync("under_review", "90.00");

        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("disputed"));
        Assert.That(await BalancesAsync(), Is.EqualTo((0L, 0L, 0L)));

        await DisputeAsync("won", "90.00", closed: Opened.AddDays(5));

        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("held"));
        Assert.That(await BalancesAsync(), Is.EqualTo((900L, 0L, 0L)));
        Assert.That(ReceiptText.Lines(await _shop.ReceiptAsync("1"), TimeZoneInfo.Utc), Has.Some.EndsWith("has taken nothing (rule B14)."));
    }

    [Test]
    public async Task A_lost_chargeback_stays_taken()
    {
        await _shop.PaysAsync(Order());

        await DisputeAsync("needs_response", "90.00");
        await DisputeAsync("lost", "90.00", closed: Opened.AddDays(5));

        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("reversed"));
        Assert.That(await BalancesAsync(), Is.EqualTo((0L, 0L, 0L)));
        Assert.That(
            await _app.Db.OneAsync<string>("SELECT reason FROM orders WHERE order_id = '1'"),
            Is.EqualTo("Charged back by the shopper's bank: the commission was taken back."));
    }

    // Rule H3: what is left of a disputed order is not released before the bank has decided.
    [TestCase("won", 900)]
    [TestCase("lost", 600)]
    public async Task What_a_chargeback_leaves_waits_for_the_bank(string end, long approved)
    {
        await _shop.PaysAsync(Order());
        await DisputeAsync("under_review", "30.00");
        Assert.That(await BalancesAsync(), Is.EqualTo((0L, 600L, 0L)), "it stands where a person's decision is waited for");

        _app.Clock.Advance(TimeSpan.FromDays(60));
        await _app.DrainAsync();
        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("disputed"));

        await DisputeAsync(end, "30.00", closed: Opened.AddDays(20));
        await _app.DrainAsync();

        Assert.That(await BalancesAsync(), Is.EqualTo((0L, 0L, approved)));
        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("approved"));
    }

    [Test]
    public async Task A_chargeback_of_what_was_approved_takes_from_it_and_comes_back_when_it_is_won()
    {
        await _shop.PaysAsync(Order());
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        Assert.That(await BalancesAsync(), Is.EqualTo((0L, 0L, 900L)));

        await DisputeAsync("under_review", "30.00");
        Assert.That(await BalancesAsync(), Is.EqualTo((0L, 0L, 600L)));
        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("approved"));

        await DisputeAsync("under_review", "90.00");
        Assert.That((await _shop.StateAsync("1"), await BalancesAsync()), Is.EqualTo(("disputed", (0L, 0L, 0L))));

        await DisputeAsync("won", "90.00", closed: Opened.AddDays(5));
        await _app.DrainAsync();
        Assert.That((await _shop.StateAsync("1"), await BalancesAsync()), Is.EqualTo(("approved", (0L, 0L, 900L))));
    }

    [Test]
    public async Task An_inquiry_takes_nothing_and_holds_the_release()
    {
        await _shop.PaysAsync(Order());
        await DisputeAsync("needs_response", "90.00", type: "inquiry");

        Assert.That((await _shop.StateAsync("1"), await BalancesAsync()), Is.EqualTo(("disputed", (0L, 900L, 0L))));

        // What the merchant has refunded the refund itself tells.
        await DisputeAsync("charge_refunded", "90.00", type: "inquiry", closed: Opened.AddDays(1));
        Assert.That((await _shop.StateAsync("1"), await BalancesAsync()), Is.EqualTo(("held", (900L, 0L, 0L))));
    }

    [Test]
    public async Task In_another_currency_a_dispute_takes_nothing_before_a_person_has_looked()
    {
        await _shop.PaysAsync(Order());
        await DisputeAsync("lost", "90.00", currency: "USD", closed: Opened);

        Assert.That((await _shop.StateAsync("1"), await BalancesAsync()), Is.EqualTo(("review", (0L, 900L, 0L))));
        Assert.That((await _shop.ReceiptAsync("1")).OpenRules, Is.EqualTo(["M1"]));
    }

    // Rule K5: half a year after the order the money is the merchant's affair.
    [TestCase(-1, 0, 0)]
    [TestCase(0, 900, 900)]
    public async Task A_chargeback_after_180_days_is_the_merchants_cost(int second, long commission, long cost)
    {
        await _shop.PaysAsync(Order());
        await DisputeAsync("lost", "90.00", opened: StoreApp.Start.AddDays(180).AddSeconds(second), closed: StoreApp.Start.AddDays(190));

        var receipt = await _shop.ReceiptAsync("1");
        Assert.That((receipt.CommissionMinor, receipt.MerchantCostMinor), Is.EqualTo((commission, cost)));
    }

    // Rule I6: whatever comes first, and however often.
    [Test]
    public async Task The_order_of_arrival_changes_nothing([Range(0, 11)] int seed)
    {
        var order = Order() with { UpdatedAt = StoreApp.Start.AddDays(1) };
        var deliveries = new (string Topic, string Json)[]
        {
            ("orders/paid", Order().ToJson()),
            ("refunds/create", order.RefundJson("11", 0, "20.00")),
            ("disputes/create", DisputeJson("needs_response", "90.00", type: "inquiry")),
            ("disputes/update", DisputeJson("under_review", "50.00")),
            ("disputes/update", DisputeJson("won", "50.00", closed: Opened.AddDays(5))),
            ("disputes/create", DisputeJson("under_review", "10.00", id: 8)),
        };
        deliveries = [.. deliveries, .. deliveries];
        new Random(seed).Shuffle(deliveries);

        foreach (var (topic, json) in deliveries)
        {
            await _shop.DeliverAsync(topic, json);
            await _app.DrainAsync();
        }

        var receipt = await _shop.ReceiptAsync("1");
        Assert.That(receipt.Disputes.Select(dispute => (dispute.Id, dispute.State, dispute.AmountMinor)), Is.EqualTo(
            new[] { ("7", DisputeState.Won, 5000L), ("8", DisputeState.Open, 1000L) }));
        Assert.That((receipt.RemainingBaseMinor, receipt.CommissionMinor), Is.EqualTo((6000, 600)));
        Assert.That((await _shop.StateAsync("1"), await BalancesAsync()), Is.EqualTo(("disputed", (0L, 600L, 0L))));
    }

    [Test]
    public async Task Over_the_API_a_dispute_is_told_with_its_caller_as_actor()
    {
        await _shop.PaysAsync(Order());
        var api = await ApiClient.OfAsync(_app, _shop.Store);

        var answer = await api.Put("orders/1/disputes/dp_1", Told("open", 3000, _app.Clock.GetUtcNow()));

        Assert.That((answer.Status, answer.Text("state")), Is.EqualTo((200, "disputed")));
        Assert.That(
            await _app.Db.OneAsync<string>("SELECT actor FROM ledger_transactions WHERE kind = 'review'"), Does.StartWith("API key "));
        var again = await api.Put("orders/1/disputes/dp_1", Told("open", 3000, _app.Clock.GetUtcNow()));
        Assert.That((again.Status, again.Json!.ToJsonString()), Is.EqualTo((200, answer.Json!.ToJsonString())));
        var won = await api.Put("orders/1/disputes/dp_1", Told("won", 3000, _app.Clock.GetUtcNow()));
        Assert.That(won.Text("state"), Is.EqualTo("held"));
    }

    [Test]
    public async Task Of_one_order_so_many_disputes_are_taken_over_the_API_and_no_more()
    {
        await _shop.PaysAsync(Order());
        await _shop.PaysAsync(new TestOrder("2", StoreApp.Start).With("ANN10", "10.00"));
        var api = await ApiClient.OfAsync(_app, _shop.Store);
        for (var i = 1; i <= Disputes.OfOrderMax; i++)
        {
            Assert.That((await api.Put($"orders/1/disputes/dp_{i}", Told("open", 100, StoreApp.Start))).Status, Is.EqualTo(200));
        }

        var before = await _shop.ReceiptAsync("1");
        var beyond = await api.Put("orders/1/disputes/dp_x", Told("open", 100, StoreApp.Start));

        Assert.That((beyond.Status, beyond.Problem), Is.EqualTo((409, "/problems/disputes-too-many")));
        Assert.That((await _shop.ReceiptAsync("1")).ToJson(), Is.EqualTo(before.ToJson()));
        Assert.That((await api.Put("orders/1/disputes/dp_20", Told("won", 100, StoreApp.Start))).Status, Is.EqualTo(200), "one that is known goes on");
        Assert.That((await api.Put("orders/2/disputes/dp_x", Told("open", 100, StoreApp.Start))).Status, Is.EqualTo(200), "another order has its own");
    }

    // Of what was promised to the platform with the 200 nothing is lost: it is kept, with the reason, and people see it.
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_message_of_a_dispute_beyond_them_is_kept_as_a_dead_delivery_with_the_reason(bool isOrderKnown)
    {
        if (isOrderKnown)
        {
            await _shop.PaysAsync(Order());
        }

        for (var id = 1; id <= Disputes.OfOrderMax; id++)
        {
            await _shop.DeliverAsync("disputes/create", DisputeJson("under_review", "1.00", id: id));
        }

        await _app.DrainAsync();
        await _shop.DeliverAsync("disputes/create", DisputeJson("under_review", "1.00", id: 21));
        await _shop.DeliverAsync("disputes/update", DisputeJson("won", "1.00", closed: Opened, id: 20));
        await _shop.DeliverAsync("orders/paid", Order().ToJson());
        await _app.DrainAsync();

        var dead = (await (await ApiClient.OfAsync(_app, _shop.Store)).Get("deliveries?state=dead")).Json!["items"]!.AsArray().Single()!;
        Assert.That((string?)dead["topic"], Is.EqualTo("disputes/create"));
        Assert.That(dead.ToJsonString(), Does.Contain("Order 1 has 20 disputes already, and no more are taken of one order: this one takes nothing."));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM deliveries WHERE state = 'dead' AND body IS NOT NULL"), Is.EqualTo(1));
        var receipt = await _shop.ReceiptAsync("1");
        Assert.That((receipt.Disputes.Length, receipt.RemainingBaseMinor), Is.EqualTo((20, 9000 - (19 * 100))), "the others that came with it are applied");
    }

    [Test]
    public async Task A_dispute_that_contradicts_itself_is_refused_field_by_field()
    {
        await _shop.PaysAsync(Order());
        var api = await ApiClient.OfAsync(_app, _shop.Store);
        var body = Told("closed", 3000, _app.Clock.GetUtcNow().AddDays(1));
        body["amount"]!["currency"] = "USD";
        body["closedAt"] = "yesterday";
        body["note"] = "x";

        var answer = await api.Put("orders/1/disputes/dp_1", body);

        Assert.That(answer.Status, Is.EqualTo(400));
        Assert.That(
            answer.Json!["errors"]!.AsObject().Select(error => error.Key), Is.EquivalentTo(["state", "amount.currency", "openedAt", "closedAt", "note"]));
        Assert.That((await api.Put("orders/2/disputes/dp_1", Told("open", 1, StoreApp.Start))).Status, Is.EqualTo(404));
    }

    private static JsonObject Told(string state, long minor, DateTimeOffset opened) => new()
    {
        ["state"] = state,
        ["amount"] = new JsonObject { ["minor"] = minor, ["currency"] = "EUR" },
        ["openedAt"] = opened.ToString("O"),
    };

    private static TestOrder Order() => new TestOrder("1", StoreApp.Start).With("ANN10", "10.00");

    private async Task DisputeAsync(
        string status, string amount, string type = "chargeback", string currency = "EUR", DateTimeOffset? opened = null, DateTimeOffset? closed = null)
    {
        await _shop.DeliverAsync("disputes/update", DisputeJson(status, amount, type, currency, opened, closed));
        await _app.DrainAsync();
    }

    private static string DisputeJson(
        string status, string amount, string type = "chargeback", string currency = "EUR", DateTimeOffset? opened = null, DateTimeOffset? closed = null, long id = 7) =>
        new JsonObject
        {
            ["id"] = id,
            ["order_id"] = 1,
            ["type"] = type,
            ["amount"] = amount,
            ["currency"] = currency,
            ["reason"] = "fraudulent",
            ["status"] = status,
            ["initiated_at"] = (opened ?? Opened).ToString("O"),
            ["finalized_on"] = closed?.ToString("O"),
        }.ToJsonString();

    private async Task<(long Held, long Review, long Approved)> BalancesAsync() =>
        (await _shop.BalanceAsync(_ann, Account.Held), await _shop.BalanceAsync(_ann, Account.Review), await _shop.BalanceAsync(_ann, Account.Approved));
}
