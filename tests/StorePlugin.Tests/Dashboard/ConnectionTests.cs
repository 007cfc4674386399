// What the app may do in a store at Shopify: shown, asked for anew, and used for the web pixel.
using System.Net;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class ConnectionTests
{
    private const string Page = "/dashboard/connection";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, "lux.myshopify.com");
        await _app.DrainAsync();
        _owner = await Rooms.SignInAsync(_app, _store, null);
    }

    [TearDown]
    public async Task TearDown()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task Each_ability_says_whether_it_is_granted_and_what_is_missing_without_it()
    {
        var page = await _owner.GetAsync(Page);

        var rows = page.QuerySelectorAll("table:not(#topics) tbody tr").ToDictionary(row => row.QuerySelector("th")!.TextContent, row => row.Text("td"));
        Assert.That(rows, Has.Count.EqualTo(ShopifyAbility.All.Count));
        Assert.That(rows["Credit orders"], Is.EqualTo("Granted"));
        Assert.That(rows["Give gift cards as rewards"], Is.EqualTo("Not granted; optional Such rewards wait. Needs write_gift_cards."));
        Assert.That(page.QuerySelector("[data-ask-scopes]"), Is.Null, "nobody can be asked outside of the admin");
        Assert.That(page.Text(), Does.Contain("open the app there"));
    }

    [Test]
    public async Task What_was_granted_since_is_read_from_Shopify_and_what_waited_for_it_goes_on()
    {
        await _app.Db.DoAsync("UPDATE stores SET scopes = 'read_orders,write_discounts'");
        _app.Get<StoreDirectory>().Forget(_store);
        await _app.Get<ReadHistory>().RunOnceAsync(default);
        var before = await _app.Db.OneAsync<long>("SELECT due_at FROM history_readings");
        var now = _app.Clock.GetUtcNow();
        await _app.Db.InTransactionAsync(tx => Outbox.AddAsync(tx, _store.Id, Effect.Kinds.GiveValue, "rwd_1", "{}", now, now.AddHours(1)));

        using var answer = await _owner.SubmitAsync((await _owner.GetAsync(Page)).QuerySelector($"form.row[action='{Page}/scopes']")!);

        Assert.That(answer.Headers.Location?.OriginalString, Is.EqualTo(Page + "?notice=scopes-read"));
        Assert.That((await _app.Get<StoreDirectory>().GetAsync(_store.Id)).Scopes, Is.EqualTo(FakeShopify.Scopes));
        Assert.That(await _app.Db.OneAsync<long>("SELECT due_at FROM effects WHERE subject = 'rwd_1'"), Is.EqualTo(now.ToUnixTimeMilliseconds()));
        Assert.That(before, Is.GreaterThan(_app.Clock.GetUtcNow().AddHours(20).ToUnixTimeMilliseconds()));
        Assert.That(await _app.Db.OneAsync<long>("SELECT due_at FROM history_readings"), Is.EqualTo(_app.Clock.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    [Test]
    public async Task A_webhook_that_tells_of_the_scopes_does_the_same()
    {
        await _app.Db.DoAsync("UPDATE stores SET scopes = 'read_orders,write_discounts'");
        _app.Get<StoreDirectory>().Forget(_store);
        await _app.Get<ReadHistory>().RunOnceAsync(default);

        await FakeShopify.DeliverAsync(
            _app, _store.Domain, "app/scopes_update", """{"previous":["read_orders"],"current":["read_orders","write_discounts","read_customers"]}""");
        await _app.DrainAsync();

        Assert.That(await _app.Db.OneAsync<long>("SELECT due_at FROM history_readings"), Is.EqualTo(_app.Clock.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    [Test]
    public async Task A_reading_that_somebody_works_on_is_left_to_them()
    {
        await _app.Get<ReadHistory>().RunOnceAsync(default);
        await _app.Db.DoAsync(
            "UPDATE history_readings SET state = 'waiting', due_at = @due", new { due = _app.Clock.GetUtcNow() + ReadHistory.Lease });

        await _app.Db.InTransactionAsync(tx => ShopifyGrants.WriteAsync(tx, _store, "read_orders", _app.Clock.GetUtcNow()));

        Assert.That(
            await _app.Db.OneAsync<long>("SELECT MAX(due_at) FROM history_readings WHERE store_id = @id", new { id = _store.Id }),
            Is.Not.EqualTo(_app.Clock.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    [Test]
    public async Task Why_Shopify_did_not_answer_stands_on_the_page()
    {
        var form = (await _owner.GetAsync(Page)).QuerySelector($"form.row[action='{Page}/scopes']")!;
        _shopify.Next(new FakeShopify.Fault.Status(503));

        var page = await Browser.ReadAsync(await _owner.SubmitAsync(form), HttpStatusCode.BadGateway);

        Assert.That(page.Text(".alert"), Is.EqualTo("Shopify is out (HTTP 503)."));
        Assert.That((await _app.Get<StoreDirectory>().GetAsync(_store.Id)).Scopes, Is.EqualTo(FakeShopify.Scopes));
    }

    [Test]
    public async Task The_pixel_is_switched_on_with_this_programs_address_and_again_where_it_was_on_before()
    {
        await GrantAsync(FakeShopify.Scopes + "," + ShopifyAbility.PixelScopes);

        for (var times = 1; times <= 2; times++)
        {
            _shopify.Pixels.AddOrUpdate(_store.Domain, _ => ("none", "{}"), (_, old) => (old.Id, "{}"));
            if (times == 1)
            {
                _shopify.Pixels.Clear();
            }

            using var answer = await _owner.SubmitAsync((await _owner.GetAsync(Page)).QuerySelector($"form[action='{Page}/web-pixel']")!);

            Assert.That(answer.Headers.Location?.OriginalString, Is.EqualTo(Page + "?notice=pixel-on"));
            Assert.That((string?)_shopify.Pixels[_store.Domain].Settings["endpoint"], Is.EqualTo($"{_app.Get<PublicAddress>().Base}/shopify/pixel/{_store.Id}"));
        }
    }

    [Test]
    public async Task A_pixel_that_Shopify_refuses_is_told_with_its_words()
    {
        await GrantAsync(FakeShopify.Scopes + "," + ShopifyAbility.PixelScopes);
        _shopify.PixelError = "NO_EXTENSION";

        var page = await Browser.ReadAsync(
            await _owner.SubmitAsync((await _owner.GetAsync(Page)).QuerySelector($"form[action='{Page}/web-pixel']")!), HttpStatusCode.BadGateway);

        Assert.That(page.Text(".alert"), Does.Contain("does not switch the pixel on").And.Contain("NO_EXTENSION"));
    }

    [Test]
    public async Task Without_its_scopes_the_pixel_cannot_be_switched_on() =>
        Assert.That((await _owner.GetAsync(Page)).QuerySelector($"form[action='{Page}/web-pixel']"), Is.Null);

    [Test]
    public async Task A_store_that_is_not_on_Shopify_has_no_such_page()
    {
        var rehearsal = await InstalledRehearsalAsync();
        using var owner = await Rooms.SignInAsync(_app, rehearsal, null);

        await owner.GetAsync(Page, HttpStatusCode.NotFound);
        Assert.That((await owner.GetAsync("/dashboard/settings")).QuerySelector($"a[href='{Page}']"), Is.Null);
        Assert.That((await _owner.GetAsync("/dashboard/settings")).QuerySelector($"a[href='{Page}']"), Is.Not.Null);
    }

    [Test]
    public async Task Each_topic_says_when_it_was_heard_of_and_how_it_is_subscribed()
    {
        await FakeShopify.DeliverAsync(_app, _store.Domain, "shop/update", _shopify.ShopJson(_store.Domain));
        var early = await _owner.GetAsync(Page);
        _app.Clock.Advance(TimeSpan.FromHours(3));
        await NightAsync();

        var page = await _owner.GetAsync(Page);

        Assert.That(early.Text("section"), Does.Contain("it has not been asked yet"));
        Assert.That(TopicOf(early, "shop/update"), Is.EqualTo("just now|Not known yet"));
        Assert.That(page.QuerySelectorAll("#topics tbody tr"), Has.Length.EqualTo(ShopifyTopic.All.Count));
        Assert.That(TopicOf(page, "shop/update"), Is.EqualTo("3 hours ago|In the app's file"));
        Assert.That(TopicOf(page, "orders/delete"), Is.EqualTo("Not in the last 35 days|Not known yet"));
        Assert.That(page.QuerySelector("#topics .warn"), Is.Null);
        Assert.That((await _owner.GetAsync("/dashboard")).QuerySelector("#subscribed"), Is.Null);
    }

    [Test]
    public async Task A_topic_that_is_missing_and_one_that_goes_elsewhere_are_shown_with_what_is_to_be_done()
    {
        foreach (var topic in ShopifyTopic.All.Where(topic => topic.IsOfOrders && topic.Name != "orders/paid"))
        {
            _shopify.Subscribe(_store.Domain, topic.Word, _app.Get<PublicAddress>().Of(ReportedSubscription.Path));
        }

        _shopify.Subscribe(_store.Domain, "SHOP_UPDATE", "https://old.example/webhooks/shopify");
        await NightAsync();

        var page = await _owner.GetAsync(Page);

        Assert.That(TopicOf(page, "orders/create"), Is.EqualTo("Not in the last 35 days|By this store"));
        Assert.That(TopicOf(page, "orders/paid"), Does.Contain("this one is missing among them").And.EndWith("deploys the app's file with shopify app deploy."));
        Assert.That(TopicOf(page, "shop/update"), Does.Contain("points to another address, old.example.").And.Contain("gid://shopify/WebhookSubscription/").And.EndWith("(webhookSubscriptionDelete)."));
        Assert.That((await _owner.GetAsync("/dashboard")).Text("#subscribed"), Does.StartWith("2 kinds of messages of your store may not arrive"));
    }

    [Test]
    public async Task That_Shopify_did_not_list_the_subscriptions_stands_on_the_page()
    {
        _shopify.Next(new FakeShopify.Fault.Status(503));
        await NightAsync();

        Assert.That((await _owner.GetAsync(Page)).Text("#topics-problem"), Is.EqualTo("Shopify did not tell them then. Shopify is out (HTTP 503). It is asked again the next night."));
    }

    private async Task NightAsync()
    {
        await _app.Db.DoAsync(
            "INSERT INTO order_readings (store_id, kind, read_until, due_at) VALUES (@id, 'nightly', 0, 0)", new { id = _store.Id });
        await _app.Get<TopicLooks>().LookAsync(_store, default);
    }

    private static string TopicOf(AngleSharp.Dom.IDocument page, string topic)
    {
        var row = page.QuerySelectorAll("#topics tbody tr").Single(row => row.Text("th").EndsWith(topic, StringComparison.Ordinal));
        return $"{row.Text("td:nth-child(2)")}|{row.Text("td:nth-child(3)")}";
    }

    private async Task<Store> InstalledRehearsalAsync()
    {
        var shop = await Shop.OpenAsync(_app, "rehearsal-of-connection");
        return shop.Store;
    }

    private async Task GrantAsync(string scopes)
    {
        _shopify.Granted = scopes;
        await _app.Get<ShopifyGrants>().ReadAsync(_store, default);
    }
}
