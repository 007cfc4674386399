// What storefronts are told through the app proxy, and everything that is not to be told or recorded.
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ShopifyProxyTests
{
    private const string Shop = "lux.myshopify.com";

    // A signature is cut off without its separators: these move a parameter of Shopify's into the visitor's.
    private static readonly string[] Spoilt =
    [
        "&shop=other.myshopify.com", "&Shop=other.myshopify.com", "&logged_in_customer_id=1", "&path_prefix=/apps/x", "&timestamp=1", "&ref=BEN10", "x",
    ];

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
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [TestCase("GET")]
    [TestCase("POST")]
    public async Task A_visit_with_consent_is_a_click_as_by_the_link_itself(string method)
    {
        var ann = await AddAsync("ANN10");

        var answer = await AskAsync("clicks", new HttpMethod(method), ("ref", "ann10"), ("consent", "1"), ("from", "https://www.instagram.com"));

        var click = (await ClicksAsync()).Single();
        Assert.That(((string?)answer["ref"], (string?)answer["code"], (long?)answer["days"]), Is.EqualTo((click.Id, "ANN10", 30)));
        Assert.That(
            (click.AmbassadorId, click.At, click.ReferrerClass, click.Consent, click.Visit), Is.EqualTo((ann, StoreApp.Start, "social", "granted", "first")));
    }

    [Test]
    public async Task T_11_without_consent_nothing_is_recorded_and_there_is_the_code_alone()
    {
        await AddAsync("ANN10");

        var answers = new[] { await AskAsync("clicks", HttpMethod.Post, ("ref", "ann10")), await AskAsync("clicks", HttpMethod.Post, ("ref", "ANN10"), ("consent", "0")) };

        Assert.That(answers.Select(answer => ((string?)answer["ref"], (string?)answer["code"])), Is.All.EqualTo(((string?)null, "ANN10")));
        Assert.That(await ClicksAsync(), Is.Empty);
    }

    [Test]
    public async Task A_click_that_the_link_has_recorded_is_not_recorded_again()
    {
        await AddAsync("ANN10");
        var landing = (await _app.VisitAsync("/r/ANN10")).Headers.Location!.AbsoluteUri;
        var click = landing[landing.IndexOf("clk_", StringComparison.Ordinal)..];

        var with = await AskAsync("clicks", HttpMethod.Post, ("ref", click), ("consent", "1"));
        var without = await AskAsync("clicks", HttpMethod.Post, ("ref", click), ("consent", "0"));

        Assert.That(((string?)with["ref"], (string?)without["ref"]), Is.EqualTo((click, (string?)null)));
        Assert.That(await ClicksAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Any_live_code_of_the_ambassador_stands_for_the_link()
    {
        var ann = await AddAsync("ANN10");
        await _api.Post($"ambassadors/{ann}/codes", new JsonObject { ["code"] = "ANNTWO" });

        Assert.That((string?)(await AskAsync("clicks", HttpMethod.Post, ("ref", "anntwo")))["code"], Is.EqualTo("ANN10"));
    }

    [Test]
    public async Task Another_stores_link_is_none_here_and_its_words_may_be_this_stores_code()
    {
        var other = await ApiClient.OfAsync(_app, await _shopify.InstallAsync(_app, "other.myshopify.com"));
        var campaign = await other.LiveAsync();
        await other.AddAsync(campaign, "ANN10");
        await other.AddAsync(campaign, "BEN10");
        await _app.DrainAsync();
        await AddAsync("ANN10");

        var ann = await AskAsync("clicks", HttpMethod.Post, ("ref", "ANN10"), ("consent", "1"));
        var ben = await AskAsync("clicks", HttpMethod.Post, ("ref", "BEN10"), ("consent", "1"));

        Assert.That((await ClicksAsync()).Select(click => click.Id), Is.EqualTo(new[] { (string?)ann["ref"] }), "it is this store's Ann");
        Assert.That(ben.ToJsonString(), Is.EqualTo("""{"ref":null,"code":null,"days":null}"""));
    }

    [TestCase("suspension", null)]
    [TestCase(null, "paused")]
    [TestCase(null, "ended")]
    public async Task A_link_that_does_not_count_is_answered_like_one_that_never_was(string? ambassador, string? campaign)
    {
        var ann = await AddAsync("ANN10");
        if (ambassador is not null)
        {
            await _api.Post($"ambassadors/{ann}/{ambassador}");
        }

        await _app.Db.DoAsync("UPDATE campaigns SET state = COALESCE(@campaign, state) WHERE store_id = @id", new { id = _store.Id, campaign });

        var (known, unknown) = (await AskAsync("clicks", HttpMethod.Post, ("ref", "ANN10"), ("consent", "1")),
            await AskAsync("clicks", HttpMethod.Post, ("ref", "nobody"), ("consent", "1")));

        Assert.That(known.ToJsonString(), Is.EqualTo(unknown.ToJsonString()).And.EqualTo("""{"ref":null,"code":null,"days":null}"""));
        Assert.That((await AskAsync("codes/ANN10")).ToJsonString(), Is.EqualTo((await AskAsync("codes/NOBODY")).ToJsonString()));
        Assert.That(await ClicksAsync(), Is.Empty);
    }

    [TestCase("User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")]
    [TestCase("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/150.0")]
    [TestCase("Sec-Purpose", "prefetch;prerender")]
    public async Task Programs_leave_no_click(string header, string value)
    {
        await AddAsync("ANN10");

        using var answer = await SendAsync("clicks", HttpMethod.Post, [("ref", "ANN10"), ("consent", "1")], (header, value));

        Assert.That((string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["ref"], Is.EqualTo("ANN10"));
        Assert.That(await ClicksAsync(), Is.Empty);
    }

    [TestCase("<script>alert(1)</script>")]
    [TestCase("{{ shop.email }}")]
    [TestCase("")]
    [TestCase("\u202e\u0007")]
    public async Task Nothing_that_a_visitor_sends_comes_back(string text)
    {
        await AddAsync("ANN10");

        foreach (var (path, parameters) in new (string, (string, string)[])[]
        {
            ("clicks", [("ref", text), ("consent", text), ("from", text)]), ("codes/" + Uri.EscapeDataString(text + "x"), []), ("nothing/" + Uri.EscapeDataString(text), []),
            ("heartbeat", [("theme", text)]),
        })
        {
            using var answer = await SendAsync(path, HttpMethod.Get, parameters, ("Accept", "text/html"));

            Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json").Or.EqualTo("application/problem+json"), path);
            Assert.That((int)answer.StatusCode, Is.EqualTo(200).Or.EqualTo(404), path);
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Not.Contain("script").And.Not.Contain("{{").And.Not.Contain("202e"), path);
        }
    }

    [TestCase("ann10", "ANN10")]
    [TestCase("\uff21nn10", "ANN10")]
    public async Task A_code_is_told_in_its_own_spelling_with_what_it_takes_off(string asked, string told)
    {
        await AddAsync("ANN10");

        using var answer = await SendAsync("codes/" + Uri.EscapeDataString(asked), HttpMethod.Get, []);
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

        Assert.That(((string?)json["code"], (bool)json["isLive"]!), Is.EqualTo((told, true)));
        Assert.That(((string?)json["discount"]!["words"], (long)json["discount"]!["basisPoints"]!), Is.EqualTo(("10\u00a0% off", 1000)));
        Assert.That((answer.Headers.CacheControl!.Public, answer.Headers.CacheControl.MaxAge), Is.EqualTo((true, TimeSpan.FromMinutes(1))));
    }

    [Test]
    public async Task A_discount_is_told_as_the_store_was_last_asked_for_it()
    {
        await AddAsync("ANN10");
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _api.Post($"campaigns/{_campaign}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(friend: 20)["terms"]!.DeepClone() });
        var before = (long?)(await AskAsync("codes/ANN10"))["discount"]?["basisPoints"];
        await _app.DrainAsync();

        Assert.That((before, (long?)(await AskAsync("codes/ANN10"))["discount"]?["basisPoints"]), Is.EqualTo((1000, 2000)));
    }

    [TestCase("discount_problem = 'It was changed in the store''s admin.'")]
    [TestCase("discount_ended_at = 1")]
    [TestCase("discount_bp = NULL")]
    [TestCase("discount_state = 'none', adopted_at = 1")]
    public async Task A_discount_that_may_have_another_size_is_not_told(string change)
    {
        await AddAsync("ANN10");
        await _app.Db.DoAsync($"UPDATE codes SET {change} WHERE store_id = @id", new { id = _store.Id });

        var json = await AskAsync("codes/ANN10");

        Assert.That(((bool)json["isLive"]!, json["discount"]), Is.EqualTo((true, (JsonNode?)null)));
    }

    [Test]
    public async Task The_app_embed_is_noted_once_an_hour()
    {
        foreach (var minutes in (int[])[0, 30, 30, 30])
        {
            _app.Clock.Advance(TimeSpan.FromMinutes(minutes));
            await AskAsync("heartbeat", HttpMethod.Post, ("theme", "123"));
        }

        var row = await _app.Db.OneAsync<HeartbeatRow>("SELECT kind, first_seen_at, last_seen_at, theme_id FROM storefront_heartbeats WHERE store_id = @id", new { id = _store.Id });
        Assert.That(row, Is.EqualTo(new HeartbeatRow("embed", StoreApp.Start, StoreApp.Start.AddMinutes(60), 123)));
    }

    [Test]
    public async Task A_request_that_Shopify_did_not_sign_so_is_refused_before_anything_else()
    {
        await AddAsync("ANN10");
        var right = _shopify.SignVisit(Shop, ("ref", "ANN10"), ("consent", "1"));
        string[] wrong = [.. Spoilt.Select(more => right + more), right.Replace("shop=lux", "shop=other", StringComparison.Ordinal)];
        foreach (var query in wrong)
        {
            Assert.That((int)(await _app.VisitAsync("/shopify/proxy/clicks" + query, HttpMethod.Post)).StatusCode, Is.EqualTo(401), query);
        }

        _app.Clock.Advance(TimeSpan.FromSeconds(91));
        Assert.That((int)(await _app.VisitAsync("/shopify/proxy/clicks" + right, HttpMethod.Post)).StatusCode, Is.EqualTo(401), "too old");
        Assert.That(await ClicksAsync(), Is.Empty);
    }

    [Test]
    public async Task A_store_that_has_left_is_not_told_from_a_path_that_is_nobodys()
    {
        await AddAsync("ANN10");
        var (nobodys, never) = (await ProblemAsync("anything", Shop), await ProblemAsync("clicks", "never.myshopify.com"));
        await _app.Db.DoAsync("UPDATE stores SET state = 'uninstalled' WHERE id = @id", new { id = _store.Id });
        _app.Get<StoreDirectory>().Forget(_store);

        Assert.That(new[] { never, await ProblemAsync("clicks", Shop), await ProblemAsync("codes/ANN10", Shop) }, Is.All.EqualTo(nobodys));
        Assert.That(nobodys, Does.StartWith("404 no-store").And.Contain("The app offers nothing at this path of the store."));
    }

    [Test]
    public async Task One_corner_of_the_network_is_answered_so_much_and_its_neighbours_are_not_held_back()
    {
        await using var app = await StoreApp.StartAsync(
            _shopify.Settings, services => services.AddSingleton(new StorefrontLimit(burst: 2, TimeSpan.FromHours(1))));
        _shopify.Clock = app.Clock;
        await _shopify.InstallAsync(app, Shop);

        var answers = new List<int>();
        // What stands before Shopify's own entry the visitor may have written.
        foreach (var address in (string[])["203.0.113.1", "203.0.113.2", "9.9.9.9, 203.0.113.3", "198.51.100.1", "2001:db8::1"])
        {
            answers.Add((int)(await app.VisitAsync("/shopify/proxy/heartbeat" + _shopify.SignVisit(Shop), headers: ("X-Forwarded-For", address))).StatusCode);
        }

        Assert.That(answers, Is.EqualTo([200, 200, 429, 200, 200]));
    }

    [Test]
    public async Task The_pixel_hints_that_a_checkout_was_completed_and_nothing_of_it_is_kept()
    {
        using var answer = await HintAsync(_store.Id, """{"event":"checkout_completed","order":"5551234","codes":["ANN10"]}""");
        using var unknown = await HintAsync("sto_nobody", """{"event":"checkout_completed","order":"5551234","codes":[]}""");

        Assert.That((answer.StatusCode, unknown.StatusCode), Is.EqualTo((HttpStatusCode.NoContent, HttpStatusCode.NoContent)));
        Assert.That(answer.Headers.GetValues("Access-Control-Allow-Origin").Single(), Is.EqualTo("*"));
        Assert.That(answer.Headers.Contains("Access-Control-Allow-Credentials"), Is.False);
        var row = await _app.Db.OneAsync<HeartbeatRow>("SELECT kind, first_seen_at, last_seen_at, theme_id FROM storefront_heartbeats");
        Assert.That(row, Is.EqualTo(new HeartbeatRow("pixel", StoreApp.Start, StoreApp.Start, null)));
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM orders"), Is.Zero);
    }

    [TestCase("not JSON", 400)]
    [TestCase("null", 400)]
    [TestCase("""{"event":"page_viewed","order":"1","codes":[]}""", 400)]
    [TestCase("""{"event":"checkout_completed","order":"ann@example.com","codes":[]}""", 400)]
    [TestCase("""{"event":"checkout_completed","order":1,"codes":[]}""", 400)]
    [TestCase("""{"event":"checkout_completed","order":"1"}""", 400)]
    [TestCase("", 413)]
    [TestCase(null, 413)]
    public async Task What_is_no_hint_of_the_pixel_is_refused(string? body, int status)
    {
        using var answer = await HintAsync(_store.Id, body ?? new string('x', 4097));

        Assert.That((int)answer.StatusCode, Is.EqualTo(status));
        Assert.That(answer.Headers.GetValues("Access-Control-Allow-Origin").Single(), Is.EqualTo("*"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM storefront_heartbeats"), Is.Zero);
    }

    [Test]
    public async Task The_pixels_browser_may_ask_beforehand()
    {
        using var answer = await _app.VisitAsync("/shopify/pixel/" + _store.Id, HttpMethod.Options, ("Origin", "null"), ("Access-Control-Request-Method", "POST"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(answer.Headers.GetValues("Access-Control-Allow-Methods").Single(), Is.EqualTo("POST"));
        Assert.That(answer.Headers.GetValues("Access-Control-Allow-Headers").Single(), Is.EqualTo("Content-Type"));
    }

    [Test]
    public async Task The_overview_says_where_the_app_embed_is_switched_on_until_it_is_heard_of()
    {
        using var owner = await Rooms.SignInAsync(_app, _store, null);

        var before = (await owner.GetAsync("/dashboard")).QuerySelector("#storefront")!;
        await AskAsync("heartbeat", HttpMethod.Post);
        var after = (await owner.GetAsync("/dashboard")).QuerySelector("#storefront");

        Assert.That(before.TextContent, Does.Contain("The app embed is not switched on in your theme. Links with a discount work without it"));
        Assert.That(
            before.QuerySelector("a")!.GetAttribute("href"),
            Is.EqualTo($"https://{Shop}/admin/themes/current/editor?context=apps&activateAppId={FakeShopify.ClientId}/ambassador-embed"));
        Assert.That(after, Is.Null);
    }

    private async Task<string> AddAsync(string code)
    {
        var id = (await _api.AddAsync(_campaign, code)).Text("id");
        await _app.DrainAsync();
        return id;
    }

    private Task<JsonNode> AskAsync(string path) => AskAsync(path, HttpMethod.Get);

    private async Task<JsonNode> AskAsync(string path, HttpMethod method, params (string, string)[] parameters)
    {
        using var answer = await SendAsync(path, method, parameters);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync());
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    private Task<HttpResponseMessage> SendAsync(string path, HttpMethod method, (string, string)[] parameters, params (string, string)[] headers) =>
        _app.VisitAsync($"/shopify/proxy/{path}{_shopify.SignVisit(Shop, parameters)}", method, headers);

    /// <summary>Status, cache rule and words, without the trace.</summary>
    private async Task<string> ProblemAsync(string path, string shop)
    {
        using var answer = await _app.VisitAsync($"/shopify/proxy/{path}{_shopify.SignVisit(shop)}");
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        return $"{(int)answer.StatusCode} {answer.Headers.CacheControl} {problem["type"]} {problem["title"]} {problem["detail"]}";
    }

    private async Task<HttpResponseMessage> HintAsync(string storeId, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "text/plain");
        return await _app.Http.PostAsync(new Uri("/shopify/pixel/" + storeId, UriKind.Relative), content);
    }

    private Task<IReadOnlyList<ClickRow>> ClicksAsync() => _app.Db.ManyAsync<ClickRow>(
        "SELECT id, ambassador_id, at, referrer_class, consent, visit FROM clicks WHERE store_id = @id", new { id = _store.Id });

    private sealed record ClickRow(string Id, string AmbassadorId, DateTimeOffset At, string ReferrerClass, string Consent, string Visit);

    private sealed record HeartbeatRow(string Kind, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, long? ThemeId);
}
