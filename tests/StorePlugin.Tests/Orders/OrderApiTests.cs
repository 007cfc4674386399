// Orders, receipts and the books over the API.
using System.Text.Json.Nodes;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Orders;

internal sealed class OrderApiTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;

    [OneTimeSetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store, canWrite: false);
        _ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.AmbassadorAsync("BOB10");
        await _shop.PaysAsync(new TestOrder("5001", StoreApp.Start).With("ANN10", "10.00"));
        await _shop.PaysAsync(new TestOrder("5002", StoreApp.Start).With("ANN10", "20.00"));
        await _shop.PaysAsync(new TestOrder("5003", StoreApp.Start.AddSeconds(1)));
        await _shop.PaysAsync(new TestOrder("5004", StoreApp.Start.AddSeconds(2)) { Codes = [("BOB10", "5.00")], Lines = [("100.00", 1, "5.00")] });
    }

    [OneTimeTearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task An_order_shows_where_it_stands_and_why()
    {
        var order = (await _api.Get("orders?limit=1")).Json!["items"]![0]!;

        Assert.That(order["platformOrderId"]!.GetValue<string>(), Is.EqualTo("5001"));
        Assert.That(order["reference"]!.GetValue<string>(), Is.EqualTo("#5001"));
        Assert.That(order["at"]!.GetValue<string>(), Is.EqualTo("2026-03-01T10:00:00Z"));
        Assert.That(order["state"]!.GetValue<string>(), Is.EqualTo("held"));
        Assert.That(order["ambassadorId"]!.GetValue<string>(), Is.EqualTo(_ann));
        Assert.That(order["campaignId"]!.GetValue<string>(), Is.EqualTo(_shop.CampaignId));
        Assert.That(order["net"]!.ToJsonString(), Is.EqualTo("""{"minor":9000,"currency":"EUR"}"""));
        Assert.That(order["commission"]!.ToJsonString(), Is.EqualTo("""{"minor":900,"currency":"EUR"}"""));
        Assert.That(order["holdUntil"]!.GetValue<string>(), Is.EqualTo("2026-03-31T10:00:00Z"));
        Assert.That(order["reason"]!.GetValue<string>(), Does.Contain("ANN10"));
    }

    [TestCase("orders", "platformOrderId")]
    [TestCase("ledger/entries", "id")]
    [TestCase("ledger/balances", "account")]
    public async Task A_list_read_one_by_one_is_the_list(string list, string name)
    {
        var whole = (await _api.Get(list)).Json!["items"]!.AsArray().Select(item => item!.ToJsonString()).ToList();

        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await _api.Get($"{list}?limit=1{(next is null ? "" : "&after=" + next)}");
            seen.AddRange(page.Json!["items"]!.AsArray().Select(item => item!.ToJsonString()));
            next = (string?)page.Json["next"];
        }
        while (next is not null && seen.Count <= whole.Count);

        Assert.That(seen, Is.EqualTo(whole));
        Assert.That(whole, Has.Count.GreaterThan(2).And.All.Contain($"\"{name}\":"));
    }

    [Test]
    public async Task Orders_come_in_the_order_of_their_own_instants_credited_or_not()
    {
        var orders = (await _api.Get("orders")).Json!["items"]!.AsArray();

        Assert.That(
            orders.Select(order => $"{order!["platformOrderId"]} {order["state"]}"),
            Is.EqualTo(["5001 held", "5002 held", "5003 uncredited", "5004 held"]));
    }

    [Test]
    public async Task Orders_of_one_ambassador_are_theirs_alone()
    {
        var orders = (await _api.Get($"orders?ambassador={_ann}")).Json!["items"]!.AsArray();

        Assert.That(orders.Select(order => (string?)order!["platformOrderId"]), Is.EqualTo(["5001", "5002"]));
    }

    [Test]
    public async Task A_receipt_is_given_as_it_was_written_with_amounts_and_instants_like_everywhere()
    {
        var answer = await _api.Get("orders/5004/receipt");

        var kept = (await _app.Db.OneAsync<string>("SELECT content FROM receipts WHERE store_id = @id AND order_id = '5004'", new { id = _shop.Store.Id }))!;
        var shown = answer.Json!.ToJsonString();
        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(answer.Response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(answer.Json["base"]!.ToJsonString(), Is.EqualTo("""{"minor":9500,"currency":"EUR"}"""));
        Assert.That(answer.Json["commission"]!.ToJsonString(), Is.EqualTo("""{"minor":950,"currency":"EUR"}"""));
        Assert.That(answer.Json["touches"]![0]!["discount"]!.ToJsonString(), Is.EqualTo("""{"minor":500,"currency":"EUR"}"""));
        Assert.That(answer.Json["lines"]![0]!["gross"]!.ToJsonString(), Is.EqualTo("""{"minor":10000,"currency":"EUR"}"""));
        Assert.That((string?)answer.Json["at"], Is.EqualTo("2026-03-01T10:00:02Z"));
        Assert.That((string?)answer.Json["holdUntil"], Is.EqualTo("2026-03-31T10:00:02Z"));
        Assert.That((string?)answer.Json["touches"]![0]!["at"], Is.EqualTo("2026-03-01T10:00:02Z"));
        Assert.That(shown, Does.Not.Contain("Minor\"").And.Not.Contain("+00:00").And.Not.Contain("\\u002B00:00"));
        Assert.That(
            Stored(shown), Is.EqualTo(kept.Replace("\\u002B00:00", "Z", StringComparison.Ordinal).Replace("+00:00", "Z", StringComparison.Ordinal)));

        static string Stored(string shown) => System.Text.RegularExpressions.Regex.Replace(
            shown, "\"([A-Za-z]+)\":\\{\"minor\":(-?[0-9]+),\"currency\":\"EUR\"\\}", "\"$1Minor\":$2");
    }

    [Test]
    public async Task An_order_that_nobody_made_has_no_receipt()
    {
        var answer = await _api.Get("orders/9999/receipt");

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((404, "/problems/receipt-unknown")));
    }

    [Test]
    public async Task The_entries_of_an_ambassador_name_order_cause_and_actor()
    {
        var entries = (await _api.Get($"ledger/entries?ambassador={_ann}")).Json!["items"]!.AsArray();

        Assert.That(
            entries.Select(entry => $"{entry!["kind"]} {entry["account"]} {entry["order"]} {entry["amount"]!["minor"]} {entry["amount"]!["currency"]} {entry["actor"]}"),
            Is.EquivalentTo(["commission held 5001 900 EUR system", "commission held 5002 800 EUR system"]));
        Assert.That(entries.Select(entry => (string?)entry!["ambassadorId"]), Is.All.EqualTo(_ann));
        Assert.That(entries.Select(entry => (string?)entry!["bookedAt"]), Is.All.EqualTo("2026-03-01T10:00:00Z"));
    }

    [Test]
    public async Task All_entries_of_a_transaction_sum_to_zero()
    {
        var entries = (await _api.Get("ledger/entries?limit=200")).Json!["items"]!.AsArray();

        Assert.That(entries.GroupBy(entry => (string)entry!["id"]!).Select(entry => entry.Sum(side => (long)side!["amount"]!["minor"]!)), Is.All.Zero);
    }

    [Test]
    public async Task Balances_have_totals_by_account_and_currency()
    {
        var balances = (await _api.Get("ledger/balances")).Json!;

        Assert.That(
            balances["totals"]!.AsArray().Select(total => $"{total!["account"]} {total["amount"]!["minor"]} {total["amount"]!["currency"]}"),
            Is.EqualTo(["expense -2650 EUR", "held 2650 EUR"]));
        Assert.That(balances["items"]!.AsArray().Sum(item => (long)item!["amount"]!["minor"]!), Is.Zero);
    }

    [Test]
    public async Task Balances_of_two_currencies_are_never_added()
    {
        var shop = await Shop.OpenAsync(_app, "mixed");
        var id = await shop.AmbassadorAsync("MIX10");
        await _app.Db.DoAsync(
            "INSERT INTO balances (store_id, ambassador_id, account, currency, amount_minor) SELECT @s, @id, 'held', 'USD', 5 UNION ALL SELECT @s, @id, 'held', 'JPY', 7",
            new { s = shop.Store.Id, id });
        var api = await ApiClient.OfAsync(_app, shop.Store);

        var totals = (await api.Get($"ledger/balances?ambassador={id}")).Json!["totals"]!.AsArray();
        var held = (await api.Get($"ambassadors/{id}")).Json!["balances"]!.AsArray().Where(balance => (string?)balance!["account"] == "held");

        Assert.That(totals.Select(total => $"{total!["amount"]!["minor"]} {total["amount"]!["currency"]}"), Is.EqualTo(["7 JPY", "5 USD"]));
        Assert.That(held.Select(balance => $"{balance!["amount"]!["minor"]} {balance["amount"]!["currency"]}"), Is.EqualTo(["0 EUR", "7 JPY", "5 USD"]));
    }

    [Test]
    public async Task A_store_without_movements_has_empty_books()
    {
        var shop = await Shop.OpenAsync(_app, "empty");
        var api = await ApiClient.OfAsync(_app, shop.Store);

        foreach (var list in (string[])["orders", "ledger/entries", "ledger/balances", "ambassadors", "deliveries?state=done", "effects"])
        {
            var answer = await api.Get(list);

            Assert.That((answer.Status, answer.Json!["items"]!.AsArray().Count, answer.Json["next"]), Is.EqualTo((200, 0, (JsonNode?)null)), list);
        }
    }
}
