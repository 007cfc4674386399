// Referral links: the click is on disk, the shopper is in the store, and nobody is sent anywhere else.
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class LinkTests
{
    private StoreApp _app = null!;
    private Store _store = null!;
    private ApiClient _api = null!;
    private string _campaign = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        var installation = _app.Get<Installation>();
        var start = await installation.BeginAsync("shopify", "live", "lux.myshopify.com", default);
        _store = await installation.CompleteAsync(
            start.Store, new Grant("token", null, null, null, "read_orders", null, new StoreFacts("Lux", "EUR", "Europe/Berlin", "lux.example")), default);
        _api = await ApiClient.OfAsync(_app, _store);
        _campaign = await _api.LiveAsync();
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_visit_is_recorded_and_lands_in_the_store_with_the_discount()
    {
        var ann = (await _api.AddAsync(_campaign, "ANN10")).Text("id");

        var answer = await _app.VisitAsync("/r/ann10?to=/products/mug", headers: [("Referer", "https://www.instagram.com/p/1"), ("User-Agent", "Mozilla/5.0 (iPhone)")]);

        var click = (await ClicksAsync()).Single();
        Assert.That((int)answer.StatusCode, Is.EqualTo(302));
        Assert.That(
            answer.Headers.Location!.AbsoluteUri,
            Is.EqualTo($"https://lux.example/discount/ANN10?redirect=/products/mug%3Fref%3D{click.Id}"));
        Assert.That((click.AmbassadorId, click.ReferrerClass, click.At), Is.EqualTo((ann, "social", StoreApp.Start)));
        Assert.That(answer.Headers.CacheControl!.NoStore);
        Assert.That(answer.Headers.Contains("Referrer-Policy"));
        Assert.That(answer.Headers.Contains("Set-Cookie"), Is.False);
    }

    [Test]
    public async Task Without_a_path_the_shopper_lands_at_the_stores_door()
    {
        await _api.AddAsync(_campaign, "ANN10");

        var answer = await _app.VisitAsync("/r/ANN10");

        Assert.That(answer.Headers.Location!.AbsoluteUri, Does.StartWith("https://lux.example/discount/ANN10?redirect=/%3Fref%3Dclk_"));
    }

    [Test]
    public async Task Each_visit_is_a_click_of_its_own()
    {
        await _api.AddAsync(_campaign, "ANN10");

        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _app.VisitAsync("/r/ANN10")));

        Assert.That((await ClicksAsync()).Select(click => click.Id).Distinct().ToList(), Has.Count.EqualTo(40));
    }

    [Test]
    public async Task Beyond_the_limit_shoppers_are_sent_on_with_the_link_in_place_of_a_click()
    {
        await using var app = await StoreApp.StartAsync(services: services => services.AddSingleton(new ClickLimit(burst: 2, TimeSpan.FromHours(1))));
        var shop = await Shop.OpenAsync(app);
        await shop.AmbassadorAsync("ANN10");
        await shop.AmbassadorAsync("BEN10");

        var landings = new List<string>();
        foreach (var link in (string[])["ANN10", "ann10", "%41NN10", "BEN10"])
        {
            landings.Add((await app.VisitAsync($"/r/{link}")).Headers.Location!.AbsoluteUri);
        }

        Assert.That(landings.Select(landing => landing.Contains("clk_", StringComparison.Ordinal)), Is.EqualTo([true, true, false, true]));
        Assert.That(landings[2], Does.Contain("/discount/ANN10").And.Contain("ANN10").And.EndWith("ref%3DANN10"));
        Assert.That(await app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM clicks"), Is.EqualTo(3));
    }

    [TestCase("203.0.113.7", "203.0.113.250", true)]
    [TestCase("203.0.113.7", "::ffff:203.0.113.9", true)]
    [TestCase("203.0.113.7", "203.0.114.7", false)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::9", true)]
    [TestCase("2001:db8:1:2::1", "2001:db8:2:2::1", false)]
    public void Neighbours_in_the_network_share_a_limit(string one, string other, bool same) => Assert.That(
        ClickLimit.PrefixOf(System.Net.IPAddress.Parse(one)) == ClickLimit.PrefixOf(System.Net.IPAddress.Parse(other)), Is.EqualTo(same));

    [Test]
    public async Task Previews_bots_and_prefetches_are_sent_on_without_a_click()
    {
        await _api.AddAsync(_campaign, "ANN10");
        (HttpMethod Method, string Header, string Value)[] programs =
        [
            (HttpMethod.Head, "Accept", "*/*"),
            (HttpMethod.Get, "User-Agent", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
            (HttpMethod.Get, "User-Agent", "WhatsApp/2.23.20.0"),
            (HttpMethod.Get, "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
            (HttpMethod.Get, "User-Agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
            (HttpMethod.Get, "User-Agent", "TelegramBot (like TwitterBot)"),
            (HttpMethod.Get, "Sec-Purpose", "prefetch;prerender"),
            (HttpMethod.Get, "Purpose", "prefetch"),
        ];

        foreach (var (method, header, value) in programs)
        {
            var answer = await _app.VisitAsync("/r/ANN10", method, (header, value));

            Assert.That(answer.Headers.Location!.AbsoluteUri, Is.EqualTo("https://lux.example/discount/ANN10?redirect=/%3Fref%3DANN10"), value);
        }

        Assert.That(await ClicksAsync(), Is.Empty);
    }

    [TestCase("Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36")]
    [TestCase("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) [FBAN/FBIOS;FBAV/440.0]")]
    [TestCase("Mozilla/5.0 (Linux; Android 14) Instagram 300.0")]
    [TestCase("")]
    public void A_persons_browser_is_no_program(string userAgent) => Assert.That(StorePlugin.Ambassadors.Visitor.IsProgram(userAgent), Is.False);

    [Test]
    public async Task A_suspended_ambassadors_link_leads_to_the_store_without_click_and_discount()
    {
        var ann = (await _api.AddAsync(_campaign, "ANN10")).Text("id");
        await _api.Post($"ambassadors/{ann}/suspension");

        var answer = await _app.VisitAsync("/r/ANN10?to=/products/mug");

        Assert.That(answer.Headers.Location!.AbsoluteUri, Is.EqualTo("https://lux.example/products/mug"));
        Assert.That(await ClicksAsync(), Is.Empty);
    }

    [TestCase("draft")]
    [TestCase("paused")]
    [TestCase("ended")]
    public async Task A_campaign_that_is_not_live_records_no_click(string state)
    {
        await _api.AddAsync(_campaign, "ANN10");
        await _app.Db.DoAsync("UPDATE campaigns SET state = @state WHERE store_id = @s", new { s = _store.Id, state });

        var answer = await _app.VisitAsync("/r/ANN10");

        Assert.That(answer.Headers.Location!.AbsoluteUri, Is.EqualTo("https://lux.example/"));
        Assert.That(await ClicksAsync(), Is.Empty);
    }

    [Test]
    public async Task A_code_that_the_platform_refused_is_not_applied_but_the_click_counts()
    {
        await _api.AddAsync(_campaign, "ANN10");
        await _app.Db.DoAsync("UPDATE codes SET discount_state = 'refused' WHERE store_id = @s", new { s = _store.Id });

        var answer = await _app.VisitAsync("/r/ANN10");

        Assert.That(answer.Headers.Location!.AbsoluteUri, Is.EqualTo($"https://lux.example/?ref={(await ClicksAsync()).Single().Id}"));
    }

    [TestCase("refused", "created", null, "BBB20")]
    [TestCase("pending", "created", null, "BBB20")]
    [TestCase("refused", "pending", null, "BBB20")]
    [TestCase("created", "created", null, "ANN10")]
    [TestCase("none", "created", 1L, "ANN10")]
    [TestCase("none", "pending", null, null)]
    public async Task Of_several_codes_the_oldest_that_works_goes_along(string first, string second, long? adopted, string? expected)
    {
        var ann = (await _api.AddAsync(_campaign, "ANN10")).Text("id");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _api.Post($"ambassadors/{ann}/codes", new System.Text.Json.Nodes.JsonObject { ["code"] = "BBB20" });
        await _app.Db.DoAsync("UPDATE codes SET discount_state = @first, adopted_at = @adopted WHERE store_id = @s AND code_key = 'ann10'", new { s = _store.Id, first, adopted });
        await _app.Db.DoAsync("UPDATE codes SET discount_state = @second WHERE store_id = @s AND code_key = 'bbb20'", new { s = _store.Id, second });

        var address = (await _app.VisitAsync("/r/ANN10")).Headers.Location!.AbsoluteUri;

        Assert.That(address, expected is null ? Does.StartWith("https://lux.example/?ref=") : Does.StartWith($"https://lux.example/discount/{expected}?"));
        Assert.That(await ClicksAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_unknown_link_and_one_of_a_store_that_left_are_not_to_be_told_apart()
    {
        await _api.AddAsync(_campaign, "ANN10");
        await _app.Db.DoAsync("UPDATE stores SET state = 'uninstalled' WHERE id = @id", new { id = _store.Id });
        _app.Get<StoreDirectory>().Forget(_store);

        var unknown = await _app.VisitAsync("/r/nobody");
        var left = await _app.VisitAsync("/r/ANN10");

        Assert.That(((int)unknown.StatusCode, (int)left.StatusCode), Is.EqualTo((404, 404)));
        Assert.That(WithoutTrace(await left.Content.ReadAsStringAsync()), Is.EqualTo(WithoutTrace(await unknown.Content.ReadAsStringAsync())));
    }

    [Test]
    public async Task A_browser_gets_a_page_and_a_program_a_problem()
    {
        var page = await _app.VisitAsync("/r/nobody", headers: ("Accept", "text/html,application/xhtml+xml"));
        var problem = await _app.VisitAsync("/r/nobody");

        Assert.That(page.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"));
        Assert.That(problem.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
    }

    [TestCase("https://evil.example")]
    [TestCase("//evil.example")]
    [TestCase("/\\evil.example")]
    [TestCase("\\evil.example")]
    [TestCase("/%2Fevil.example")]
    [TestCase("/%252Fevil.example")]
    [TestCase("/%25252Fevil.example")]
    [TestCase("/%5Cevil.example")]
    [TestCase("/%255Cevil.example")]
    [TestCase("%2F%2Fevil.example")]
    [TestCase("%2Fevil")]
    [TestCase("/a//b")]
    [TestCase("/\t/evil.example")]
    [TestCase("/%09/evil.example")]
    [TestCase("/a%0d%0aSet-Cookie:x=1")]
    [TestCase("/a%250d%250aSet-Cookie:x=1")]
    [TestCase("javascript:alert(1)")]
    [TestCase("products")]
    [TestCase("")]
    [TestCase("/a#b")]
    [TestCase("/a?next=https://evil.example")]
    public async Task A_path_that_is_not_the_stores_own_is_refused(string path)
    {
        await _api.AddAsync(_campaign, "ANN10");

        var answer = await _app.VisitAsync($"/r/ANN10?to={Uri.EscapeDataString(path)}");

        Assert.That((int)answer.StatusCode, Is.EqualTo(400), answer.Headers.Location?.ToString());
        Assert.That(await ClicksAsync(), Is.Empty);
    }

    [TestCase("/")]
    [TestCase("/products/mug")]
    [TestCase("/collections/all?sort=price&page=2")]
    [TestCase("/products/tasse-%C3%A9t%C3%A9")]
    [TestCase("/pages/100%25")]
    public void A_path_of_the_store_is_its_own(string path) => Assert.That(LandingPath.IsOwn(path));

    [TestCase("/p?ref=BOB10", "/p")]
    [TestCase("/p?a=1&ref=BOB10&b=%C3%A9+x", "/p?a=1&b=%C3%A9+x")]
    [TestCase("/p?ref=unknown&ref=BOB10&a", "/p?a")]
    [TestCase("/p?r%65f=BOB10", "/p")]
    [TestCase("/p?%2572ef=BOB10&a=%26ref%3DBOB10", "/p?a=%26ref%3DBOB10")]
    [TestCase("/p?ref", "/p")]
    [TestCase("/ref=BOB10?preference=1&refs=2&x=ref=3", "/ref=BOB10?preference=1&refs=2&x=ref=3")]
    [TestCase("/p?", "/p?")]
    [TestCase("/ref", "/ref")]
    public void A_path_loses_the_references_of_other_links_and_nothing_else(string path, string kept) =>
        Assert.That(LandingPath.WithoutReference(path), Is.EqualTo(kept));

    [Test]
    public async Task A_link_counts_for_its_own_ambassador_whatever_its_path_says()
    {
        await _api.AddAsync(_campaign, "ANN10");

        var answer = await _app.VisitAsync("/r/ANN10?to=" + Uri.EscapeDataString("/products/mug?ref=BOB10&size=s"));
        var fragment = await _app.VisitAsync("/r/ANN10?to=" + Uri.EscapeDataString("/products/mug%23?ref=BOB10"));

        Assert.That(
            answer.Headers.Location!.AbsoluteUri,
            Is.EqualTo($"https://lux.example/discount/ANN10?redirect=/products/mug%3Fsize%3Ds%26ref%3D{(await ClicksAsync()).Single().Id}"));
        Assert.That((int)fragment.StatusCode, Is.EqualTo(400));
    }

    [Test]
    public async Task Two_paths_are_one_too_many()
    {
        await _api.AddAsync(_campaign, "ANN10");

        Assert.That((int)(await _app.VisitAsync("/r/ANN10?to=/a&to=//evil.example")).StatusCode, Is.EqualTo(400));
    }

    [TestCase(null, "none")]
    [TestCase("https://www.google.co.uk/", "search")]
    [TestCase("https://duckduckgo.com/?q=mug", "search")]
    [TestCase("https://mail.google.com/mail/u/0", "mail")]
    [TestCase("https://l.facebook.com/l.php", "social")]
    [TestCase("https://t.co/abc", "social")]
    [TestCase("android-app://com.google.android.gm/", "mail")]
    [TestCase("https://lux.example/products", "store")]
    [TestCase("https://www.lux.example/", "store")]
    [TestCase("https://lux.myshopify.com/", "store")]
    [TestCase("https://notlux.example/", "other")]
    [TestCase("https://blog.example/google.com", "other")]
    [TestCase("nonsense", "other")]
    public void A_referrer_is_kept_as_its_class(string? header, string expected) => Assert.That(Referrer.Of(header, _store), Is.EqualTo(expected));

    [Test]
    public async Task When_a_click_cannot_be_written_the_shopper_still_arrives()
    {
        await _api.AddAsync(_campaign, "ANN10");
        await _app.Db.DoAsync("ALTER TABLE clicks RENAME TO clicks_gone");

        var answer = await _app.VisitAsync("/r/ANN10");

        Assert.That(answer.Headers.Location!.AbsoluteUri, Is.EqualTo("https://lux.example/discount/ANN10?redirect=/%3Fref%3DANN10"));
    }

    [Test]
    public async Task While_another_program_holds_the_database_the_shopper_still_arrives()
    {
        await _api.AddAsync(_campaign, "ANN10");

        await using (await HeldDatabase.OfAsync(Path.Combine(_app.Folder, "storeplugin.db")))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 600).Select(_ => _app.VisitAsync("/r/ANN10"))).WaitAsync(HeldDatabase.Patience);

            Assert.That(
                answers.Select(answer => answer.Headers.Location!.AbsoluteUri),
                Is.All.EqualTo("https://lux.example/discount/ANN10?redirect=/%3Fref%3DANN10"));
        }

        Assert.That((await _app.VisitAsync("/r/ANN10")).Headers.Location!.AbsoluteUri, Does.Contain("clk_"));
    }

    private static string WithoutTrace(string problem) => System.Text.RegularExpressions.Regex.Replace(problem, ",\"traceId\":\"[^\"]*\"", "");

    private Task<IReadOnlyList<ClickRow>> ClicksAsync() =>
        _app.Db.ManyAsync<ClickRow>("SELECT id, ambassador_id, at, referrer_class FROM clicks WHERE store_id = @id", new { id = _store.Id });

    private sealed record ClickRow(string Id, string AmbassadorId, DateTimeOffset At, string ReferrerClass);
}
