// Where a store's own people are written to: who tells it, who may change it, and when it goes.
using System.Text.Json.Nodes;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Stores;

internal sealed class StoreContactTests
{
    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task Shopify_tells_it_and_it_is_sealed()
    {
        var store = await _shopify.InstallAsync(_app, "lux.myshopify.com");
        var api = await ApiClient.OfAsync(_app, store, canWrite: false);

        Assert.That((await api.Get("store/contact")).Json!.ToJsonString(), Is.EqualTo("""{"email":"hello@lux.example"}"""));
        Assert.That(await _app.Db.OneAsync<string>("SELECT sealed FROM credentials WHERE kind = 'contact_email'"), Has.Length.GreaterThan(40).And.Not.Contain("lux"));
        Assert.That((await api.Put("store/contact", new JsonObject { ["email"] = "x@lux.example" })).Status, Is.EqualTo(403));
    }

    [Test]
    public async Task The_rehearsal_platform_tells_one_that_nobody_has()
    {
        var shop = await InstalledShop.InstallAsync(_app);

        Assert.That(await AddressAsync(shop.Store), Is.EqualTo($"owner@{shop.Store.Domain}").And.EndsWith(".example"));
    }

    [Test]
    public async Task What_Shopify_tells_later_is_taken_where_nothing_was_known()
    {
        _shopify.ContactEmail = "no address";
        var store = await _shopify.InstallAsync(_app, "lux.myshopify.com");
        var before = await AddressAsync(store);
        _shopify.ContactEmail = " hello@lux.example ";
        await ReadAgainAsync(store);

        Assert.That((before, await AddressAsync(store)), Is.EqualTo(((string?)null, "hello@lux.example")));
    }

    [TestCase("owner@lux.example")]
    [TestCase(null)]
    public async Task What_the_merchant_has_said_stands_whatever_Shopify_tells_later(string? said)
    {
        var store = await _shopify.InstallAsync(_app, "lux.myshopify.com");
        var api = await ApiClient.OfAsync(_app, store);
        var answer = await api.Put("store/contact", new JsonObject { ["email"] = said });
        await ReadAgainAsync(store);
        await _shopify.InstallAsync(_app, "lux.myshopify.com");

        Assert.That((answer.Status, (string?)answer.Json!["email"]), Is.EqualTo((200, said)));
        Assert.That((string?)(await api.Get("store/contact")).Json!["email"], Is.EqualTo(said));
    }

    [TestCase("""{"email":"no address"}""", "email must be an e-mail address")]
    [TestCase("""{"email":"Ann <ann@example.com>"}""", "email must be an e-mail address")]
    [TestCase("""{"email":"ann@localhost"}""", "email must be an e-mail address")]
    [TestCase("""{"email":"a@b.example\r\nBcc: x@y.example"}""", "email must not hold control characters")]
    [TestCase("""{"email":""}""", "email must not be empty")]
    [TestCase("""{"email":7}""", "email must be a text")]
    [TestCase("{}", "email is missing")]
    [TestCase("""{"mail":"ann@example.com","email":null}""", "mail is not known here")]
    public async Task What_is_no_address_is_refused_and_changes_nothing(string body, string why)
    {
        var store = await _shopify.InstallAsync(_app, "lux.myshopify.com");
        var api = await ApiClient.OfAsync(_app, store);

        var answer = await api.Send(HttpMethod.Put, "store/contact", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(answer.Text("detail"), Does.Contain(why));
        Assert.That(await AddressAsync(store), Is.EqualTo("hello@lux.example"));
    }

    [Test]
    public async Task It_goes_when_the_store_leaves_and_is_told_anew_when_it_comes_back()
    {
        var store = await _shopify.InstallAsync(_app, "lux.myshopify.com");
        await (await ApiClient.OfAsync(_app, store)).Put("store/contact", new JsonObject { ["email"] = "owner@lux.example" });
        await _app.Db.InTransactionAsync(tx => _app.Get<Installation>().UninstallAsync(tx, store));
        _app.Get<Installation>().Forget(store);
        var gone = await AddressAsync(store);
        var back = await _shopify.InstallAsync(_app, "lux.myshopify.com");

        Assert.That((gone, back.Id, await AddressAsync(back)), Is.EqualTo(((string?)null, store.Id, "hello@lux.example")));
    }

    [Test]
    public async Task A_redaction_takes_it_even_where_nobody_told_that_the_store_has_left()
    {
        var store = await _shopify.InstallAsync(_app, "lux.myshopify.com");

        await RedactAsync(store, _app.Clock.GetUtcNow());

        Assert.That(await AddressAsync(store), Is.Null);
    }

    [Test]
    public async Task A_redaction_from_before_the_store_came_back_takes_nothing()
    {
        var store = await _shopify.InstallAsync(_app, "lux.myshopify.com");
        await _app.Db.InTransactionAsync(tx => _app.Get<Installation>().UninstallAsync(tx, store));
        _app.Get<Installation>().Forget(store);
        _app.Clock.Advance(TimeSpan.FromDays(2));
        var asked = _app.Clock.GetUtcNow();
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        var back = await _shopify.InstallAsync(_app, "lux.myshopify.com");

        await RedactAsync(back, asked);

        Assert.That(await AddressAsync(back), Is.EqualTo("hello@lux.example"));
    }

    private Task<string> RedactAsync(Store store, DateTimeOffset receivedAt) =>
        _app.Db.InTransactionAsync(tx => _app.Get<ReceiveStoreEvent>().ApplyAsync(tx, store, new PrivacyRequested("shop/redact"), receivedAt, receivedAt));

    private async Task ReadAgainAsync(Store store)
    {
        await _app.Db.InTransactionAsync(tx => Outbox.AddAsync(tx, store.Id, Effect.Kinds.ReadStore, "again", "{}", _app.Clock.GetUtcNow()));
        await _app.DrainAsync();
    }

    private Task<string?> AddressAsync(Store store) => _app.Get<StoreContact>().FindAsync(store.Id, default);
}
