// The page on the store's own domain that leads a signed-in customer into the portal, and everybody else somewhere useful.
using System.Net;
using AngleSharp.Dom;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ShopifyPortalTests
{
    private const string Shop = "lux.myshopify.com";
    private const string Ann = "7001";
    private const string Email = "ann@example.com";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;
    private ApiClient _api = null!;
    private string _campaign = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        _api = await ApiClient.OfAsync(_app, _store);
        _campaign = await _api.LiveAsync();
        _shopify.Accounts[(Shop, Ann)] = new FakeShopify.Account(Email);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task An_ambassador_who_has_signed_in_to_the_store_comes_into_the_portal_by_a_press()
    {
        await _api.AddAsync(_campaign, "ANN10", Email);

        var page = await PageAsync(Ann);
        var button = page.QuerySelectorAll("a.button").Single();
        using var browser = new Browser(_app.Address);
        var door = await browser.GetAsync(PathOf(button));
        var entered = await browser.SubmitAsync(door.QuerySelector("main form")!);
        var portal = await browser.GetAsync("/portal");

        Assert.That((page.Text("h1"), button.TextContent), Is.EqualTo(("Ambassadors of Lux Candles", "Open Spring")));
        Assert.That((entered.StatusCode, entered.Headers.Location!.OriginalString), Is.EqualTo((HttpStatusCode.Redirect, "/portal")));
        Assert.That(portal.Text("main"), Does.Contain("ANN10"));
        await new Browser(_app.Address).GetAsync(PathOf(button), HttpStatusCode.Gone);
    }

    [Test]
    public async Task A_link_that_nobody_used_is_over_after_fifteen_minutes_and_each_page_has_its_own()
    {
        await _api.AddAsync(_campaign, "ANN10", Email);
        var (first, second) = ((await PageAsync(Ann)).QuerySelector("a.button")!, (await PageAsync(Ann)).QuerySelector("a.button")!);
        Assert.That(PathOf(first), Is.Not.EqualTo(PathOf(second)));
        Assert.That(_shopify.CustomerQuestions, Is.EqualTo(1), "who is known is not asked about again");
        _app.Clock.Advance(SignIn.LinkLifetime);

        using var browser = new Browser(_app.Address);
        await browser.GetAsync(PathOf(second), HttpStatusCode.Gone);
    }

    [Test]
    public async Task Whoever_takes_part_in_several_campaigns_has_a_button_for_each_and_those_who_have_left_still_see_what_is_owed()
    {
        var left = (await _api.AddAsync(_campaign, "ANN10", Email)).Text("id");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _api.AddAsync(await _api.LiveAsync("instant"), "ANN20", Email);
        await _api.Post($"ambassadors/{left}/ending", new System.Text.Json.Nodes.JsonObject { ["reason"] = "Asked to." });

        var buttons = (await PageAsync(Ann)).QuerySelectorAll("a.button").ToList();
        using var browser = new Browser(_app.Address);
        var door = await browser.GetAsync(PathOf(buttons[1]));
        await browser.SubmitAsync(door.QuerySelector("main form")!);

        Assert.That(buttons, Has.Count.EqualTo(2), "what goes on comes first");
        Assert.That((await browser.GetAsync("/portal")).Text("main"), Does.Not.Contain("ANN20"));
    }

    [TestCase("/apps/ambassadors", "%2Fapps%2Fambassadors%2Fportal")]
    [TestCase("/a/friends", "%2Fa%2Ffriends%2Fportal")]
    [TestCase("/community/x/", "%2Fcommunity%2Fx%2Fportal")]
    [TestCase("//evil.example", null)]
    [TestCase("/\\evil.example", null)]
    [TestCase("https://evil.example", null)]
    [TestCase("/%2F/evil.example", null)]
    [TestCase("/apps/x?y=1", null)]
    [TestCase("", null)]
    public async Task Whoever_has_not_signed_in_is_led_to_the_stores_sign_in_and_back(string prefix, string? back)
    {
        var page = await PageAsync("", prefix);

        var link = page.QuerySelectorAll("a.button").Single();
        Assert.That((link.TextContent, link.GetAttribute("href")), Is.EqualTo(("Sign in", "/customer_authentication/login" + (back is null ? "" : "?return_to=" + back))));
        Assert.That(_shopify.CustomerQuestions, Is.Zero);
    }

    [Test]
    public async Task Somebody_else_finds_the_form_where_there_is_one()
    {
        var closed = await PageAsync(Ann);
        await _api.OpenAsync(_campaign);
        var open = await PageAsync(Ann);

        Assert.That(closed.QuerySelector("a.button"), Is.Null);
        Assert.That(closed.Text("main"), Does.Contain("You are no ambassador of this store").And.Contain("ask the store for a sign-in link"));
        Assert.That(open.QuerySelectorAll("a.button").Select(link => link.GetAttribute("href")), Is.EqualTo([$"{_app.Address}join/{_campaign}"]));
        Assert.That(await LinksAsync(), Is.Zero);
    }

    // With a password anybody could have written the address into an account, and the portal shows what somebody earns.
    [TestCase(false, "NEW_CUSTOMER_ACCOUNTS")]
    [TestCase(true, "CLASSIC")]
    public async Task Nobody_comes_in_by_an_address_that_Shopify_does_not_vouch_for(bool isVerified, string version)
    {
        await _api.AddAsync(_campaign, "ANN10", Email);
        _shopify.Accounts[(Shop, Ann)] = new FakeShopify.Account(Email, IsVerified: isVerified);
        _shopify.AccountsVersion = version;

        Assert.That((await PageAsync(Ann)).QuerySelector("a.button"), Is.Null);
        Assert.That(await LinksAsync(), Is.Zero);
    }

    [Test]
    public async Task Another_stores_ambassador_is_nobody_here()
    {
        var other = await _shopify.InstallAsync(_app, "other.myshopify.com");
        var api = await ApiClient.OfAsync(_app, other);
        await api.AddAsync(await api.LiveAsync(), "ANN10", Email);

        Assert.That((await PageAsync(Ann)).QuerySelector("a.button"), Is.Null);
        Assert.That(await LinksAsync(), Is.Zero);
    }

    [Test]
    public async Task The_page_loads_nothing_but_its_style_and_holds_nothing_of_the_visitors()
    {
        await _api.AddAsync(_campaign, "ANN10", Email);
        await _app.Db.DoAsync("UPDATE campaigns SET name = '<script>x</script>' WHERE store_id = @s", new { s = _store.Id });
        await _app.Db.DoAsync("UPDATE stores SET name = '<b>Lux</b>' WHERE id = @s", new { s = _store.Id });
        _app.Get<StoreDirectory>().Forget(_store);

        using var answer = await _app.VisitAsync("/shopify/proxy/portal" + _shopify.SignVisitOf(Shop, Ann, [("utm", "<i>marker</i>")]), headers: ("Accept", "text/html"));
        var html = await answer.Content.ReadAsStringAsync();
        var page = await Browser.ReadAsync(answer);

        var style = page.QuerySelector("link[rel=stylesheet]")!.GetAttribute("href")!;
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Is.EqualTo($"default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
        Assert.That((await _app.VisitAsync(new Uri(style).AbsolutePath)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((answer.Headers.CacheControl!.NoStore, answer.Headers.GetValues("Referrer-Policy").Single(), answer.Headers.Contains("Set-Cookie")), Is.EqualTo((true, "no-referrer", false)));
        Assert.That(html, Does.Not.Contain("marker").And.Not.Contain(Email).And.Not.Contain(Ann));
        Assert.That((page.QuerySelectorAll("script, b, i, form, img").Length, page.Text("h1")), Is.EqualTo((0, "Ambassadors of <b>Lux</b>")));
    }

    [Test]
    public async Task Without_Shopifys_signature_there_is_no_page()
    {
        await _api.AddAsync(_campaign, "ANN10", Email);
        var right = _shopify.SignVisitOf(Shop, "8", []);

        foreach (var query in (string[])["", right.Replace("logged_in_customer_id=8", $"logged_in_customer_id={Ann}", StringComparison.Ordinal), right + $"&logged_in_customer_id={Ann}"])
        {
            Assert.That((await _app.VisitAsync("/shopify/proxy/portal" + query)).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), query);
        }

        Assert.That(await LinksAsync(), Is.Zero);
    }

    [Test]
    public async Task Where_Shopify_cannot_be_asked_the_page_says_so()
    {
        _shopify.Next(new FakeShopify.Fault.Status(503));

        Assert.That((await PageAsync(Ann, status: HttpStatusCode.ServiceUnavailable)).Text("main"), Does.Contain("try again in a minute"));
    }

    [Test]
    public async Task One_customer_is_given_so_many_links()
    {
        await using var app = await StoreApp.StartAsync(_shopify.Settings, services => services.AddSingleton(new CustomerLimit(burst: 2, TimeSpan.FromHours(1))));
        _shopify.Clock = app.Clock;
        await _shopify.InstallAsync(app, Shop);
        var statuses = new List<int>();
        foreach (var customer in (string[])[Ann, Ann, Ann, "8"])
        {
            statuses.Add((int)(await app.VisitAsync("/shopify/proxy/portal" + _shopify.SignVisitOf(Shop, customer, []))).StatusCode);
        }

        Assert.That(statuses, Is.EqualTo([200, 200, 429, 200]));
    }

    private static string PathOf(IElement link) => new Uri(link.GetAttribute("href")!).PathAndQuery;

    private async Task<IDocument> PageAsync(string customerId, string prefix = "/apps/ambassadors", HttpStatusCode status = HttpStatusCode.OK)
    {
        using var answer = await _app.VisitAsync("/shopify/proxy/portal" + _shopify.SignVisitOf(Shop, customerId, [], prefix), headers: ("Accept", "text/html"));
        return await Browser.ReadAsync(answer, status);
    }

    private Task<long> LinksAsync() => _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM sign_in_links WHERE role = 'ambassador'");
}
