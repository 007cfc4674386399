// The night asks Shopify for the store's subscriptions to webhooks, and fails by no answer to that.
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class TopicLookTests
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
        (_shopify.Clock, _shopify.Expiring) = (_app.Clock, false);
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

    [Test]
    public async Task What_Shopify_lists_is_read_over_all_pages_and_compared()
    {
        _shopify.PageSize = 2;
        foreach (var topic in ShopifyTopic.All.Where(topic => topic.Name != "orders/paid"))
        {
            _shopify.Subscribe(Shop, topic.Word, Here);
        }

        _shopify.Subscribe(Shop, "PRODUCTS_UPDATE", Here);
        _shopify.Subscribe("other.myshopify.com", "ORDERS_PAID", Here);
        Assert.That((await ReadAsync()).AskedAt, Is.Null, "before the first night");
        _app.Clock.Advance(TimeSpan.FromDays(1));
        // Two a page are more pages than are read.
        await LookAsync();
        Assert.That((await ReadAsync()).Problem, Does.StartWith("Shopify lists more than 4 pages"));

        _shopify.PageSize = 4;
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await LookAsync();
        var report = await ReadAsync();

        Assert.That((report.AskedAt, report.Problem, report.IsListed), Is.EqualTo((_app.Clock.GetUtcNow(), (string?)null, true)));
        Assert.That(report.Verdicts.Where(one => one.IsOfStore).Select(one => one.Topic.Name), Is.EqualTo(ShopifyTopic.All.Select(one => one.Name).Except(["orders/paid"])));
        Assert.That(report.Verdicts.Where(one => one.Findings.Count > 0).Select(one => one.Topic.Name), Is.EqualTo(new[] { "orders/paid" }));
        Assert.That(await _app.Get<TopicLooks>().WrongAsync(_store, default), Has.Count.EqualTo(1));
        var readings = (await (await ApiClient.OfAsync(_app, _store)).Get("reconciliation")).Json!["items"]!.AsArray();
        Assert.That(readings.Select(one => one!["topicFindings"]!.AsArray().Count), Is.EqualTo(new[] { 0, 1 }), "recent, nightly");
        Assert.That((string?)readings[1]!["topicFindings"]![0]!["topic"], Is.EqualTo("orders/paid"));
    }

    private static IEnumerable<TestCaseData> NoAnswers()
    {
        yield return new TestCaseData(
            new FakeShopify.Fault.Answer("""{"data":null,"errors":[{"message":"Access denied for webhookSubscriptions field.","extensions":{"code":"ACCESS_DENIED"}}]}"""),
            "Shopify denies the access").SetArgDisplayNames("denied");
        yield return new TestCaseData(new FakeShopify.Fault.Throttled(502, 10, 50), "Shopify throttles").SetArgDisplayNames("throttled");
        yield return new TestCaseData(new FakeShopify.Fault.Status(503), "Shopify is out").SetArgDisplayNames("out");
        yield return new TestCaseData(new FakeShopify.Fault.Answer("""{"data":{"webhookSubscriptions":null}}"""), "does not hold the list").SetArgDisplayNames("empty");
    }

    [TestCaseSource(nameof(NoAnswers))]
    public async Task That_Shopify_does_not_list_them_fails_no_look_and_is_told(object fault, string words)
    {
        _shopify.Subscribe(Shop, "ORDERS_CREATE", "https://old.example/webhooks/shopify");
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await LookAsync();
        var before = await ReadAsync();
        _app.Clock.Advance(TimeSpan.FromDays(1));
        // The recent look's list of orders and the nightly one's; then that of the subscriptions.
        _shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.None(), (FakeShopify.Fault)fault);
        await LookAsync();

        var report = await ReadAsync();
        Assert.That(before.Problem, Is.Null);
        Assert.That(report.Problem, Does.Contain(words));
        Assert.That(report.Verdicts[0].Findings, Has.Count.EqualTo(1), "what it listed before is still known");
        Assert.That(await ReadingAsync(), Is.EqualTo((_app.Clock.GetUtcNow(), (string?)null)), "the orders were compared to the end");
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await LookAsync();
        Assert.That((await ReadAsync()).Problem, Is.Null, "the next night asks again");
    }

    [Test]
    public async Task When_a_topic_was_heard_of_is_known_over_the_nights_and_what_was_fetched_does_not_count()
    {
        await FakeShopify.DeliverAsync(_app, Shop, "shop/update", _shopify.ShopJson(Shop));
        await FakeShopify.DeliverAsync(_app, Shop, "products/update", "{}");
        var heard = _app.Clock.GetUtcNow();
        for (var nights = 1; nights <= 3; nights++)
        {
            _shopify.Keep(Shop, new TestOrder($"{nights}", _app.Clock.GetUtcNow()) { UpdatedAt = _app.Clock.GetUtcNow() }.ToJson());
            await _app.DrainAsync();
            _app.Clock.Advance(TimeSpan.FromDays(1));
            await LookAsync();
        }

        await FakeShopify.DeliverAsync(_app, Shop, "app/scopes_update", """{"previous":[],"current":["read_orders"]}""");
        var verdicts = (await ReadAsync()).Verdicts;

        Assert.That(
            verdicts.Where(one => one.HeardAt is not null).Select(one => (one.Topic.Name, one.HeardAt!.Value)),
            Is.EqualTo(new[] { ("shop/update", heard), ("app/scopes_update", _app.Clock.GetUtcNow()) }));
        Assert.That(verdicts.Single(one => one.Topic.Name == "orders/updated").State, Is.Not.EqualTo(TopicState.Heard), "it was fetched");
    }

    private string Here => _app.Get<PublicAddress>().Of(ReportedSubscription.Path);

    private Task<TopicReport> ReadAsync() => _app.Get<TopicLooks>().ReadAsync(_store, default);

    private Task<(DateTimeOffset EndedAt, string? Problem)> ReadingAsync() => _app.Db.OneAsync<(DateTimeOffset, string?)>(
        "SELECT ended_at, problem FROM order_readings WHERE store_id = @id AND kind = 'nightly'", new { id = _store.Id });

    private async Task LookAsync()
    {
        while (await _app.Get<Reconciliation>().RunOnceAsync(default) > 0)
        {
            await _app.DrainAsync();
        }
    }
}
