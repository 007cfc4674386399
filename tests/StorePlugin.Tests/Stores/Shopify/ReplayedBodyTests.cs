// A body that Shopify has signed, sent again under headers that it has not: it must not act on another shop, nor as another topic.
using System.Net;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ReplayedBodyTests
{
    private const string Lux = "lux.myshopify.com";
    private const string Other = "other.myshopify.com";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private int _deliveries;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        await _shopify.InstallAsync(_app, Lux);
        await _shopify.InstallAsync(_app, Other);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task Every_topic_that_the_app_asks_for_is_taken()
    {
        var topics = File.ReadLines(Path.Combine(SourceTree.Root, "infra", "shopify.app.toml")).Where(line => !line.StartsWith('#'))
            .SelectMany(line => line.Split('"')).Where(text => text.Split('/') is [{ Length: > 0 }, { Length: > 0 }]).ToList();

        Assert.That(topics, Has.Count.GreaterThan(9).And.Contain("orders/paid").And.Contain("customers/data_request"));
        foreach (var topic in topics)
        {
            Assert.That(await FakeShopify.DeliverAsync(_app, Lux, topic, "{}"), Is.EqualTo(HttpStatusCode.OK), topic);
        }
    }

    [Test]
    public async Task The_end_of_one_shop_sent_again_for_another_ends_neither()
    {
        var (state, reason) = await DeliverAsync(Other, "app/uninstalled", _shopify.ShopJson(Lux));

        Assert.That((state, reason), Is.EqualTo(
            ("dead", "The body speaks of another shop than the one it was sent for. Only the body is signed, so nothing was done.")));
        await AssertUntouchedAsync(Lux);
        await AssertUntouchedAsync(Other);
    }

    [Test]
    public async Task The_end_of_a_shop_sent_for_that_shop_ends_it_and_no_other()
    {
        var (state, _) = await DeliverAsync("LUX.myshopify.com", "app/uninstalled", _shopify.ShopJson(Lux));

        Assert.That(state, Is.EqualTo("done"));
        Assert.That((await FindAsync(Lux)).State, Is.EqualTo("uninstalled"));
        Assert.That(await TokenAsync(Lux), Is.Null);
        await AssertUntouchedAsync(Other);
    }

    [TestCase("app/uninstalled")]
    [TestCase("shop/update")]
    [TestCase("shop/redact")]
    [TestCase("customers/redact")]
    [TestCase("app/scopes_update")]
    [TestCase("orders/delete")]
    [TestCase("refunds/create")]
    public async Task An_order_does_nothing_under_a_topic_that_carries_none(string topic)
    {
        var order = new TestOrder("1001", StoreApp.Start).ToJson();
        Assert.That((await DeliverAsync(Lux, "orders/paid", order)).State, Is.EqualTo("done"));
        var before = await OrderAsync();

        var (state, reason) = await DeliverAsync(Lux, topic, order);

        Assert.That(state, Is.EqualTo("dead"));
        Assert.That(reason, Does.Contain("Only the body is signed, so nothing was done."));
        Assert.That(await OrderAsync(), Is.EqualTo(before));
        await AssertUntouchedAsync(Lux);
    }

    [Test]
    public async Task A_shop_is_no_order()
    {
        var (state, reason) = await DeliverAsync(Lux, "orders/paid", _shopify.ShopJson(Lux));

        Assert.That((state, reason), Is.EqualTo(
            ("dead", "The topic carries an order, and the body is none: line_items is missing. Only the body is signed, so nothing was done.")));
        Assert.That(await OrderAsync(), Is.Null);
    }

    [Test]
    public async Task A_shop_that_is_named_by_its_number_must_be_the_one_that_Shopify_told_at_the_installation()
    {
        var (foreign, _) = await DeliverAsync(Other, "app/scopes_update", Scopes(FakeShopify.IdOf(Lux)));
        await AssertUntouchedAsync(Other);
        var (own, _) = await DeliverAsync(Other, "app/scopes_update", Scopes(FakeShopify.IdOf(Other)));

        Assert.That(FakeShopify.IdOf(Lux), Is.Not.EqualTo(FakeShopify.IdOf(Other)));
        Assert.That((foreign, own), Is.EqualTo(("dead", "done")));
        Assert.That((await FindAsync(Other)).Scopes, Is.EqualTo("read_orders"));

        static string Scopes(string shopId) =>
            $$"""{"id":1,"shop_id":{{shopId}},"previous":["read_orders","write_discounts"],"current":["read_orders"],"updated_at":"2026-03-01T10:00:00Z"}""";
    }

    [Test]
    public async Task A_request_about_a_customer_of_another_shop_is_given_up_in_words()
    {
        var (state, reason) = await DeliverAsync(
            Other, "customers/redact", $$"""{"shop_id":1,"shop_domain":"{{Lux}}","customer":{"id":7,"email":"ann@example.test"},"orders_to_redact":[1001]}""");

        Assert.That(state, Is.EqualTo("dead"));
        Assert.That(reason, Does.Contain("another shop").And.Not.Contain("ann").And.Not.Contain("lux"));
    }

    [TestCase("2026-03-01T10:00:30.877041743Z", "installed")]
    [TestCase("2026-03-01T11:00:30+01:00", "installed")]
    [TestCase("2026-03-01T10:02:00Z", "uninstalled")]
    [TestCase("2036-01-01T00:00:00Z", "uninstalled")]
    [TestCase("yesterday", "uninstalled")]
    [TestCase(null, "uninstalled")]
    public async Task An_end_that_is_delivered_after_the_store_came_back_ends_it_only_if_it_happened_since(string? triggeredAt, string state)
    {
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _shopify.InstallAsync(_app, Lux);
        _app.Clock.Advance(TimeSpan.FromMinutes(30));

        await DeliverAsync(Lux, "app/uninstalled", _shopify.ShopJson(Lux), triggeredAt);

        Assert.That((await FindAsync(Lux)).State, Is.EqualTo(state));
        Assert.That(await TokenAsync(Lux), state == "installed" ? Is.Not.Null : Is.Null);
    }

    private async Task<(string State, string? Reason)> DeliverAsync(string shop, string topic, string body, string? triggeredAt = null)
    {
        var key = $"w-{++_deliveries}";
        Assert.That(await FakeShopify.DeliverAsync(_app, shop, topic, body, key, triggeredAt), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
        return await _app.Db.OneAsync<(string State, string? Outcome)>("SELECT state, outcome FROM deliveries WHERE delivery_key = @key", new { key });
    }

    private async Task AssertUntouchedAsync(string shop)
    {
        var store = await FindAsync(shop);
        Assert.That((store.State, store.Name, store.Scopes), Is.EqualTo(("installed", "Lux Candles", FakeShopify.Scopes)));
        Assert.That(await TokenAsync(shop), Is.Not.Null);
    }

    private async Task<Store> FindAsync(string shop) => (await _app.Get<StoreDirectory>().FindByDomainAsync("shopify", shop))!;

    private async Task<Credential?> TokenAsync(string shop) =>
        await _app.Get<Credentials>().FindAsync((await FindAsync(shop)).Id, CredentialKind.AccessToken);

    private Task<string?> OrderAsync() => _app.Db.OneAsync<string>("SELECT state || '@' || revision FROM orders WHERE order_id = '1001'");
}
