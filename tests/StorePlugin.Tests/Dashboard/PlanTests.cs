// What the app costs: nothing by default; where the host asks for a price, Shopify says who has confirmed it.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class PlanTests
{
    private const string Page = "/dashboard/plan";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task SetUp() => _shopify = await FakeShopify.StartAsync();

    [TearDown]
    public async Task TearDown()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task By_default_the_app_costs_nothing_and_nobody_is_asked()
    {
        await StartAsync();
        var questions = _shopify.Questions.Count;

        Assert.That((await _owner.GetAsync(Page)).Text(), Does.Contain("costs nothing"));
        Assert.That(await LaunchAsync(), Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _owner.GetAsync("/dashboard")).QuerySelector($"a[href='{Page}']"), Is.Null);
        Assert.That(_shopify.Questions, Has.Count.EqualTo(questions));
    }

    [Test]
    public async Task A_price_is_offered_confirmed_at_Shopify_and_stands_there()
    {
        await StartAsync("Billing:Price=9.00", "Billing:Currency=USD", "Billing:TrialDays=14");

        var offer = await _owner.GetAsync(Page);
        Assert.That(offer.Text(), Does.Contain("“StorePlugin” costs $ 9.00 for 30 days, and nothing for the first 14 days.").And.Contain("however much you sell"));
        var refused = await LaunchAsync();
        var confirm = await Browser.ReadAsync(await _owner.SubmitAsync(offer.QuerySelector($"form[action='{Page}']")!));

        var link = confirm.QuerySelector("main a")!;
        Assert.That(link.GetAttribute("href"), Does.StartWith("https://lux.myshopify.com/admin/charges/"));
        Assert.That(link.GetAttribute("target"), Is.EqualTo("_top"), "the admin cannot be shown in its own frame");
        var asked = _shopify.Subscriptions[_store.Domain].Offer;
        Assert.That((string?)asked["returnUrl"], Is.EqualTo($"https://lux.myshopify.com/admin/apps/{FakeShopify.ClientId}/dashboard/plan"));
        Assert.That(asked["lineItems"]![0]!["plan"]!["appRecurringPricingDetails"]!.ToJsonString(), Is.EqualTo(
            """{"price":{"amount":"9.00","currencyCode":"USD"},"interval":"EVERY_30_DAYS"}"""));
        Assert.That((refused, await LaunchAsync()), Is.EqualTo((HttpStatusCode.Conflict, HttpStatusCode.Conflict)), "an offer is no confirmation");

        _shopify.Settle(_store.Domain, "ACTIVE");
        Assert.That((await _owner.GetAsync(Page)).Text(), Does.Contain("You have confirmed “StorePlugin”: 9.00 USD every 30 days, at present until 31 March 2026."));
        Assert.That(await LaunchAsync(), Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("DECLINED")]
    [TestCase("FROZEN")]
    public async Task Who_declines_or_does_not_pay_is_offered_it_again_and_what_runs_goes_on(string status)
    {
        await StartAsync("Billing:Price=900", "Billing:Currency=JPY", "Billing:Name=Ambassadors", "Billing:Test=true");
        await _owner.SubmitAsync((await _owner.GetAsync(Page)).QuerySelector($"form[action='{Page}']")!);
        _shopify.Settle(_store.Domain, "ACTIVE");
        Assert.That(await LaunchAsync(), Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _owner.GetAsync(Page)).Text(), Does.Contain("“Ambassadors”: 900 JPY every 30 days").And.Contain("It is a test"));

        _shopify.Settle(_store.Domain, status);

        Assert.That((await _owner.GetAsync(Page)).QuerySelector($"form[action='{Page}']"), Is.Not.Null);
        Assert.That(await LaunchAsync(), Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT state FROM campaigns ORDER BY state"), Is.EqualTo(new[] { "draft", "live" }));
    }

    [Test]
    public async Task An_outage_of_Shopifys_is_not_held_against_the_merchant()
    {
        await StartAsync("Billing:Price=9.00", "Billing:Currency=USD");
        _shopify.Next(new FakeShopify.Fault.Status(503), new FakeShopify.Fault.Status(503));

        Assert.That((await _owner.GetAsync(Page)).Text(), Does.Contain("is not known at the moment").And.Contain("HTTP 503"));
        Assert.That(await LaunchAsync(), Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("""{"appSubscription":null,"confirmationUrl":"https://evil.example/pay","userErrors":[]}""", "does not hold the page")]
    [TestCase("""{"appSubscription":null,"confirmationUrl":null,"userErrors":[{"field":["lineItems"],"message":"Price is too low"}]}""", "Price is too low")]
    public async Task No_page_but_Shopifys_is_named_and_its_refusal_is_told(string answer, string words)
    {
        await StartAsync("Billing:Price=9.00", "Billing:Currency=USD");
        var form = (await _owner.GetAsync(Page)).QuerySelector($"form[action='{Page}']")!;
        _shopify.OfferAnswer = (JsonObject)JsonNode.Parse(answer)!;

        var page = await Browser.ReadAsync(await _owner.SubmitAsync(form), HttpStatusCode.BadGateway);

        Assert.That(page.Text(".alert"), Does.Contain(words));
        Assert.That(page.QuerySelector("main a"), Is.Null);
    }

    private async Task StartAsync(params string[] settings)
    {
        _app = await StoreApp.StartAsync(_shopify.Settings.Concat(settings.Select(setting => setting.Split('=')).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1]))));
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, "lux.myshopify.com");
        await _app.DrainAsync();
        _owner = await Rooms.SignInAsync(_app, _store, null);
    }

    private async Task<HttpStatusCode> LaunchAsync()
    {
        var api = await ApiClient.OfAsync(_app, _store);
        return (HttpStatusCode)(await api.Post($"campaigns/{await api.DraftAsync()}/launch")).Status;
    }
}
