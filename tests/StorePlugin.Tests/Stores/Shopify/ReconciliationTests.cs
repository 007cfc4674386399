// What no webhook brought is found and fetched, and an order that was fetched is the order that its webhook would have told.
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ReconciliationTests
{
    private const string Shop = "lux.myshopify.com";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _shopify.Expiring = false;
        _store = await _shopify.InstallAsync(_app, Shop);
        await _app.DrainAsync();
        await LookAsync();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [TestCaseSource(nameof(Payloads))]
    public async Task An_order_that_is_fetched_says_what_its_webhook_says(string name)
    {
        var told = await File.ReadAllBytesAsync(Path.Combine(PayloadFolder, name + ".json"));
        _shopify.Keep(Shop, Encoding.UTF8.GetString(told));
        _shopify.PageSize = 2;
        var order = JsonNode.Parse(told)!;
        var changed = new ChangedOrder(
            $"gid://shopify/Order/{order["id"]}", DateTimeOffset.Parse(order["updated_at"]!.GetValue<string>(), CultureInfo.InvariantCulture).ToUniversalTime());

        var read = await _app.Get<ShopifyOrderReader>().ReadAsync(_store, changed, CancellationToken.None);

        Assert.That(Says(read.Body!), Is.EqualTo(Says(told)));
    }

    [Test]
    public async Task An_outage_of_four_hours_heals_itself()
    {
        for (var id = 1; id <= 5; id++)
        {
            _shopify.Keep(Shop, OrderJson(id));
            _app.Clock.Advance(TimeSpan.FromMinutes(48));
        }

        await LookAsync();

        Assert.That(await OrdersAsync(), Is.EqualTo(5));
        Assert.That(await MissedAsync(), Is.EqualTo(5));
    }

    [Test]
    public async Task What_webhooks_brought_is_not_fetched_again_and_of_an_order_that_changed_only_the_newest_version()
    {
        var first = OrderJson(1);
        _shopify.Keep(Shop, first);
        Assert.That(await FakeShopify.DeliverAsync(_app, Shop, "orders/paid", first), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await LookAsync();
        var before = await MissedAsync();

        _shopify.Keep(Shop, OrderJson(1, refunded: true));
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await LookAsync();
        await LookAsync();

        Assert.That(before, Is.Zero);
        Assert.That(await MissedAsync(), Is.EqualTo(1));
        Assert.That(
            await _app.Db.OneAsync<DateTimeOffset>("SELECT version_updated_at FROM orders WHERE store_id = @id", new { id = _store.Id }),
            Is.EqualTo(StoreApp.Start.AddMinutes(20)));
    }

    [Test]
    public async Task What_changed_a_moment_ago_is_left_to_its_webhook()
    {
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        _shopify.Keep(Shop, OrderJson(1));
        _app.Clock.Advance(TimeSpan.FromMinutes(4));
        await LookAsync();

        Assert.That(await MissedAsync(), Is.Zero);
    }

    [Test]
    public async Task Deliveries_that_wait_are_worked_off_first()
    {
        _shopify.Keep(Shop, OrderJson(1));
        await FakeShopify.DeliverAsync(_app, Shop, "orders/paid", OrderJson(1));
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await _app.Get<Reconciliation>().RunOnceAsync(CancellationToken.None);
        await _app.Get<Reconciliation>().RunOnceAsync(CancellationToken.None);

        Assert.That(_shopify.Questions.Count(question => question.Document.StartsWith("query OrdersChanged", StringComparison.Ordinal)), Is.Zero);
    }

    [Test]
    public async Task A_delivery_that_has_just_come_keeps_no_look_waiting()
    {
        _shopify.Keep(Shop, OrderJson(1));
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await FakeShopify.DeliverAsync(_app, Shop, "orders/paid", OrderJson(2));
        await _app.Get<Reconciliation>().RunOnceAsync(CancellationToken.None);

        Assert.That(await MissedAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task An_order_that_is_too_large_to_read_keeps_no_other_waiting_and_is_told_of()
    {
        _shopify.PageSize = 3;
        _shopify.Keep(Shop, OrderJson(1));
        var large = JsonNode.Parse(OrderJson(2))!;
        large["line_items"] = new JsonArray([.. Enumerable.Range(1, 70).Select(id =>
        {
            var line = large["line_items"]![0]!.DeepClone();
            line["id"] = id;
            return line;
        })]);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        _shopify.Keep(Shop, large.ToJsonString());
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        _shopify.Keep(Shop, OrderJson(3));
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await LookAsync();
        var (until, problem) = await ReadingAsync();
        _app.Clock.Advance(TimeSpan.FromHours(2));
        await LookAsync();

        Assert.That(await _app.Db.ManyAsync<string>("SELECT order_id FROM orders ORDER BY order_id"), Is.EqualTo(new[] { "1", "3" }));
        Assert.That(problem, Does.Contain("more lines or refunds"));
        Assert.That((await ReadingAsync()).Until, Is.GreaterThan(until), "the look goes on");
    }

    [Test]
    public async Task Of_two_looks_with_a_problem_the_overview_tells_one()
    {
        _shopify.Granted = "read_orders,write_discounts";
        _store = await _shopify.InstallAsync(_app, Shop);
        _app.Clock.Advance(TimeSpan.FromDays(2));
        await LookAsync();

        var state = await ReconciliationState.ReadAsync(_app.Db, _store, _app.Clock.GetUtcNow(), CancellationToken.None);

        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM order_readings WHERE problem IS NOT NULL"), Is.EqualTo(2));
        Assert.That(state.Problem, Does.Contain("read_products"));
    }

    [Test]
    public async Task A_topic_of_which_nothing_comes_is_told_once_several_orders_were_missed()
    {
        await FakeShopify.DeliverAsync(_app, Shop, "orders/create", OrderJson(1));
        await FakeShopify.DeliverAsync(_app, Shop, "orders/updated", OrderJson(1));
        await _app.DrainAsync();
        await MissAsync(2, 3);
        Assert.That(await SilentAsync(), Is.Null, "two may be lost in a quiet store");

        await MissAsync(4);
        Assert.That(await SilentAsync(), Is.EqualTo("orders/paid"));

        await FakeShopify.DeliverAsync(_app, Shop, "orders/paid", OrderJson(2));
        Assert.That(await SilentAsync(), Is.Null);

        _app.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1));
        Assert.That(await SilentAsync(), Is.Null, "a day without a missed order");
    }

    [Test]
    public async Task Where_no_order_was_placed_only_the_topic_of_changes_is_missed()
    {
        await MissAsync(1, 2, 3);
        await _app.DrainAsync();
        await _app.Db.DoAsync("UPDATE orders SET at = @at", new { at = _app.Clock.GetUtcNow().AddDays(-9) });

        Assert.That(await SilentAsync(), Is.EqualTo("orders/updated"));
    }

    private async Task MissAsync(params int[] ids)
    {
        foreach (var id in ids)
        {
            _shopify.Keep(Shop, OrderJson(id));
        }

        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await LookAsync();
    }

    private async Task<string?> SilentAsync() =>
        (await ReconciliationState.ReadAsync(_app.Db, _store, _app.Clock.GetUtcNow(), CancellationToken.None)).SilentTopics;

    [Test]
    public async Task Orders_from_before_the_installation_are_no_missed_ones()
    {
        _shopify.Keep(Shop, OrderJson(1, StoreApp.Start.AddHours(-1)));
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await LookAsync();
        _app.Clock.Advance(TimeSpan.FromDays(2));
        await LookAsync();

        Assert.That(await MissedAsync(), Is.Zero);
    }

    [Test]
    public async Task A_look_over_many_pages_that_is_interrupted_goes_on_where_it_was()
    {
        _shopify.PageSize = 3;
        for (var id = 1; id <= 10; id++)
        {
            _shopify.Keep(Shop, OrderJson(id));
            _app.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        // A list, three orders and a list go through; then Shopify is out.
        _shopify.Next([.. Enumerable.Repeat<FakeShopify.Fault>(new FakeShopify.Fault.None(), 5), new FakeShopify.Fault.Status(503)]);
        await LookAsync();
        var (until, problem) = await ReadingAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(2));
        await LookAsync();

        Assert.That(problem, Does.Contain("Shopify is out"));
        Assert.That(until, Is.EqualTo(StoreApp.Start.AddMinutes(2)), "the third order's change");
        Assert.That(await OrdersAsync(), Is.EqualTo(10));
        Assert.That((await ReadingAsync()).Problem, Is.Null);
    }

    [Test]
    public async Task The_night_looks_at_thirty_five_days()
    {
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await LookAsync();
        _app.Clock.Advance(TimeSpan.FromDays(1));
        // It changed twelve hours ago: too long for the recent look, which has passed that hour.
        await LookAsync();
        _shopify.Keep(Shop, OrderJson(1, _app.Clock.GetUtcNow().AddHours(-12)));
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await LookAsync();
        var recent = await MissedAsync();
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await LookAsync();

        Assert.That(recent, Is.Zero);
        Assert.That(await MissedAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task An_order_that_changes_while_it_is_read_is_left_for_the_next_look()
    {
        _shopify.Keep(Shop, OrderJson(1));
        var changed = new ChangedOrder("gid://shopify/Order/1", StoreApp.Start.AddMinutes(-1));

        Assert.That(await _app.Get<ShopifyOrderReader>().ReadAsync(_store, changed, CancellationToken.None), Is.EqualTo(OrderReading.Passed));
        Assert.That(await _app.Get<ShopifyOrderReader>().ReadAsync(_store, changed with { Id = "gid://shopify/Order/9" }, CancellationToken.None), Is.EqualTo(OrderReading.Passed));
    }

    [Test]
    public async Task The_api_and_the_overview_tell_of_it()
    {
        _shopify.Keep(Shop, OrderJson(1));
        _shopify.Keep(Shop, OrderJson(2));
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await LookAsync();
        var api = await ApiClient.OfAsync(_app, _store);

        var page = (await api.Get("reconciliation/missed-orders?limit=1")).Json!;
        var next = (await api.Get($"reconciliation/missed-orders?limit=1&after={page["next"]}")).Json!;
        var readings = (await api.Get("reconciliation")).Json!;

        Assert.That((string?)page["items"]![0]!["orderId"], Is.EqualTo("1"));
        Assert.That((string?)next["items"]![0]!["orderId"], Is.EqualTo("2"));
        Assert.That(readings["items"]!.AsArray().Select(one => (string?)one!["kind"]), Is.EqualTo(new[] { "recent", "nightly" }));
        var state = await ReconciliationState.ReadAsync(_app.Db, _store, _app.Clock.GetUtcNow(), CancellationToken.None);
        Assert.That(state, Is.EqualTo(new ReconciliationState(null, 2, null)));
    }

    [Test]
    public async Task A_store_that_has_left_is_not_asked()
    {
        await _app.Db.InTransactionAsync(tx => _app.Get<Installation>().UninstallAsync(tx, _store));
        _app.Get<Installation>().Forget(_store);
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        var questions = _shopify.Questions.Count;
        await LookAsync();

        Assert.That(_shopify.Questions, Has.Count.EqualTo(questions));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM order_readings"), Is.Zero);
    }

    private static string PayloadFolder => Path.Combine(SourceTree.Root, "tests", "Webhooks.Tests", "Data", "shopify");

    private static IEnumerable<string> Payloads() =>
        from file in Directory.EnumerateFiles(PayloadFolder, "orders.*.json")
        let name = Path.GetFileNameWithoutExtension(file)
        where !name.EndsWith(".event", StringComparison.Ordinal) && JsonNode.Parse(File.ReadAllBytes(file))!["line_items"] is not null
        orderby name
        select name;

    // Sums beside the lines are not told by the Admin API in the webhooks' sense, so nothing is compared with them.
    private static string Says(byte[] body)
    {
        var said = DeliveryReader.Read(new Delivery("sto_1", WebhookSource.Shopify, "key", "orders/updated", body) { Shop = new SendingShop(Shop) });
        var changed = said as OrderChanged ?? throw new AssertionException($"{said} is no order.");
        return JsonSerializer.Serialize(new { Order = changed.Order with { Contradiction = null }, changed.Shopper.CustomerId, changed.Shopper.Email, changed.Shopper.Phone });
    }

    private string OrderJson(long id, DateTimeOffset? at = null, bool refunded = false)
    {
        var now = at ?? _app.Clock.GetUtcNow();
        var order = new TestOrder(id.ToString(CultureInfo.InvariantCulture), now) { UpdatedAt = now };
        return (refunded ? order with { FinancialStatus = "partially_refunded", Refunds = [("900", 0, "10.00")] } : order).ToJson();
    }

    private async Task LookAsync()
    {
        while (await _app.Get<Reconciliation>().RunOnceAsync(CancellationToken.None) > 0)
        {
            await _app.DrainAsync();
        }
    }

    private Task<long> MissedAsync() => _app.Db.OneAsync<long>("SELECT COUNT(*) FROM missed_orders WHERE store_id = @id", new { id = _store.Id });

    private Task<long> OrdersAsync() => _app.Db.OneAsync<long>("SELECT COUNT(*) FROM orders WHERE store_id = @id AND state <> 'parked'", new { id = _store.Id });

    private Task<(DateTimeOffset Until, string? Problem)> ReadingAsync() => _app.Db.OneAsync<(DateTimeOffset, string?)>(
        "SELECT read_until, problem FROM order_readings WHERE store_id = @id AND kind = 'recent'", new { id = _store.Id });
}
