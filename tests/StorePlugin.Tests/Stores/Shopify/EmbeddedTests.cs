// The app in the frame of Shopify's admin: opened, installed and used by session tokens, without any cookie.
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class EmbeddedTests
{
    private const string Shop = "lux.myshopify.com";
    private const string OtherShop = "other.myshopify.com";

    private static readonly string LuxHost = SessionTokens.Host("admin.shopify.com/store/lux");

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private CapturedLog _log = null!;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _log = new CapturedLog();
        _app = await StoreApp.StartAsync(
            _shopify.Settings.Concat([new("Logging:LogLevel:Default", "Trace"), new("Logging:LogLevel:Microsoft", "Warning")]),
            services => services.AddSingleton<ILoggerProvider>(_log));
        _shopify.Clock = _app.Clock;
        _shopify.TokenAnswer = Granting("shpat_exchanged");
    }

    [TearDown]
    public async Task TearDown()
    {
        Assert.That(_log.Lines.Where(line => line.Contains("eyJ", StringComparison.Ordinal) || line.Contains("shpat_", StringComparison.Ordinal)), Is.Empty);
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
        _log.Dispose();
    }

    [Test]
    public async Task The_first_opening_installs_the_store_and_shows_its_dashboard_without_a_cookie()
    {
        var token = Token();

        using var opened = await OpenAsync(token);
        using var page = await GetAsync(opened.Headers.Location!.OriginalString);

        var store = (await FindAsync())!;
        var request = _shopify.TokenRequests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(opened.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
            Assert.That(opened.Headers.Location!.OriginalString, Does.StartWith("/dashboard?"));
            Assert.That(request["subject_token"]!.GetValue<string>(), Is.EqualTo(token));
            Assert.That(request["grant_type"]!.GetValue<string>(), Is.EqualTo("urn:ietf:params:oauth:grant-type:token-exchange"));
            Assert.That((store.State, store.Mode, store.Scopes), Is.EqualTo(("installed", "live", FakeShopify.Scopes)));
            Assert.That(opened.Headers.Contains("Set-Cookie"), Is.False);
            Assert.That(page.Headers.Contains("Set-Cookie"), Is.False);
        });
        var document = await Browser.ReadAsync(page);
        Assert.That(document.QuerySelector("h1"), Is.Not.Null);
        Assert.That((await CredentialAsync(store))!.Value, Is.EqualTo("shpat_exchanged"));
        Assert.That(await CountAsync("sessions"), Is.Zero);
    }

    [Test]
    public async Task A_store_that_wants_nothing_is_opened_without_asking_Shopify()
    {
        await InstallAsync();

        using var opened = await OpenAsync();

        Assert.That(opened.Headers.Location!.OriginalString, Does.StartWith("/dashboard?"));
        Assert.That(_shopify.TokenRequests, Has.Count.EqualTo(1), "the installation's own");
    }

    [Test]
    public async Task Of_many_openings_at_once_one_fetches_the_tokens()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OpenAsync()));

        Assert.That(opened.Select(answer => answer.Headers.Location!.OriginalString.Split('?')[0]), Is.All.EqualTo("/dashboard"));
        Assert.That(_shopify.TokenRequests, Has.Count.EqualTo(1));
        Assert.That(await CountAsync("stores"), Is.EqualTo(1));
        Array.ForEach(opened, answer => answer.Dispose());
    }

    [Test]
    public async Task A_store_that_comes_back_keeps_its_id_and_its_data()
    {
        var before = await InstallAsync();
        await LeaveAsync(before);

        using var opened = await OpenAsync();

        var after = (await FindAsync())!;
        Assert.That((after.Id, after.State, after.KeysSealed), Is.EqualTo((before.Id, "installed", before.KeysSealed)));
        Assert.That((await CredentialAsync(after))!.Value, Is.EqualTo("shpat_exchanged"));
        Assert.That(await CountAsync("stores"), Is.EqualTo(1));
        Assert.That(opened.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    [Test]
    public async Task Tokens_that_nobody_has_renewed_for_months_are_exchanged_anew_by_the_next_opening()
    {
        var store = await InstallAsync();
        _app.Clock.Advance(TimeSpan.FromDays(91));

        using var opened = await OpenAsync();

        Assert.That((await CredentialAsync(store))!.Value, Is.EqualTo("shpat_exchanged"));
    }

    [Test]
    public async Task A_scope_that_was_granted_since_is_taken_over_by_the_next_opening()
    {
        await InstallAsync();
        await LoseScopeAsync();

        using var opened = await OpenAsync();

        Assert.That((await FindAsync())!.Scopes, Is.EqualTo(FakeShopify.Scopes));
    }

    [Test]
    public async Task A_scope_that_is_still_missing_is_named_on_a_page_in_the_frame()
    {
        _shopify.TokenAnswer = Granting("shpat_exchanged", "read_orders");

        using var opened = await OpenAsync();

        AssertFramedBy(opened, Shop);
        var page = await Browser.ReadAsync(opened, HttpStatusCode.BadRequest);
        Assert.That(page.Text(), Does.Contain("did not grant write_discounts"));
        await AssertNothingStoredAsync();
    }

    [Test]
    public async Task A_token_that_is_too_old_when_it_reaches_Shopify_is_fetched_anew()
    {
        _shopify.TokenAnswer = (400, """{"error":"invalid_subject_token"}""");

        using var opened = await OpenAsync();

        AssertBounced(opened, "/");
        await AssertNothingStoredAsync();
    }

    [Test]
    public async Task A_refusal_of_Shopifys_is_told_in_words_and_stores_nothing()
    {
        _shopify.TokenAnswer = (400, """{"error":"invalid_client"}""");

        using var opened = await OpenAsync();

        AssertFramedBy(opened, Shop);
        var page = await Browser.ReadAsync(opened, HttpStatusCode.BadGateway);
        Assert.That(page.Text(), Does.Contain("invalid_client"));
        await AssertNothingStoredAsync();
    }

    [TestCase("&shop=other.myshopify.com", "shop-differs")]
    [TestCase("&shop=", "shop-differs")]
    [TestCase("&shop=lux.myshopify.com%0A", "shop-differs")]
    [TestCase("&shop=lux.myshopify.com.evil.example", "shop-differs")]
    [TestCase("&shop=lux.myshopify.com&shop=lux.myshopify.com", "parameter-repeated")]
    [TestCase("&shop=lux.myshopify.com&SHOP=other.myshopify.com", "parameter-repeated")]
    [TestCase("&id_token=x", "parameter-repeated")]
    [TestCase("&host=YWRtaW4&host=YWRtaW4", "parameter-repeated")]
    [TestCase("&host=ZXZpbC5leGFtcGxlL2FkbWlu", "host-invalid")]
    [TestCase("&host=", "host-invalid")]
    public async Task An_opening_whose_parameters_say_something_else_is_refused_and_stores_nothing(string parameters, string slug)
    {
        using var answer = await _app.Http.GetAsync($"/?embedded=1&id_token={Token()}{parameters}");

        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((string?)problem["type"], Is.EqualTo("/problems/" + slug));
        Assert.That(answer.Headers.Location, Is.Null);
        Assert.That(_shopify.TokenRequests, Is.Empty);
        await AssertNothingStoredAsync();
    }

    [Test]
    public async Task Without_the_parameter_the_shop_is_the_tokens()
    {
        using var answer = await GetAsync($"/?id_token={Token()}");

        Assert.That(QueryHelpers.ParseQuery(answer.Headers.Location!.OriginalString.Split('?')[1])["shop"].ToString(), Is.EqualTo(Shop));
        Assert.That((await FindAsync())!.IsInstalled);
    }

    [Test]
    public async Task A_look_begins_nothing()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/" + SessionTokens.Query(Shop, _app.Clock.GetUtcNow()));

        using var answer = await _app.Http.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await AssertNothingStoredAsync();
    }

    private static IEnumerable<TestCaseData> BadTokens()
    {
        var now = StoreApp.Start;
        yield return new TestCaseData("nonsense").SetArgDisplayNames("no token");
        yield return new TestCaseData("").SetArgDisplayNames("empty");
        yield return new TestCaseData(SessionTokens.Of(Shop, now.AddSeconds(-70))).SetArgDisplayNames("expired");
        yield return new TestCaseData(SessionTokens.Sign(SessionTokens.Staff(Shop, now).ToJsonString(), "shpss_other")).SetArgDisplayNames("another secret");
        yield return new TestCaseData(SessionTokens.Sign(SessionTokens.Staff(Shop, now, "another").ToJsonString())).SetArgDisplayNames("another app");
        yield return new TestCaseData(SessionTokens.Sign(SessionTokens.Extension(Shop, now).ToJsonString())).SetArgDisplayNames("an extension");
        yield return new TestCaseData(SessionTokens.Sign(Customer(now).ToJsonString())).SetArgDisplayNames("a customer");
    }

    private static JsonObject Customer(DateTimeOffset now)
    {
        var claims = SessionTokens.Staff(Shop, now);
        claims["sub"] = "gid://shopify/Customer/7";
        return claims;
    }

    [TestCaseSource(nameof(BadTokens))]
    public async Task A_bad_token_opens_nothing_and_a_document_is_led_to_a_fresh_one(string token)
    {
        await InstallAsync();
        var query = $"?embedded=1&host={LuxHost}&id_token={token}&shop={Shop}";

        using var opened = await GetAsync("/" + query);
        using var page = await GetAsync("/dashboard/orders" + query + "&after=x");

        AssertBounced(opened, "/");
        AssertBounced(page, "/dashboard/orders", ("after", "x"));
        Assert.That(_shopify.TokenRequests, Has.Count.EqualTo(1), "the installation's own");
    }

    [TestCaseSource(nameof(BadTokens))]
    public async Task A_bad_token_opens_nothing_and_a_fetch_is_told_to_try_again(string token)
    {
        var store = await InstallAsync();

        using var page = await AskAsync(HttpMethod.Get, "/dashboard", token);
        using var form = await AskAsync(HttpMethod.Post, "/dashboard/deliveries/dlv_1/replays", token);
        var api = await new ApiClient(_app, token).Get("store");

        foreach (var answer in new[] { page, form })
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(answer.Headers.GetValues(ShopifySessions.RetryHeader), Is.EqualTo(["1"]));
            Assert.That(answer.Headers.Location, Is.Null);
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Not.Contain(store.Name));
        }

        Assert.That(api.Status, Is.EqualTo(401));
        Assert.That(api.Response.Headers.Contains(ShopifySessions.RetryHeader), Is.EqualTo(token.Contains('.', StringComparison.Ordinal)));
    }

    [Test]
    public async Task A_token_in_the_wrong_place_or_twice_does_not_count()
    {
        await InstallAsync();
        using var cookieless = await _app.Http.PostAsync($"/dashboard/deliveries/dlv_1/replays?id_token={Token()}&shop={Shop}", null);
        using var twice = await GetAsync($"/dashboard?embedded=1&shop={Shop}&id_token={Token()}&id_token={Token()}");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/dashboard");
        request.Headers.TryAddWithoutValidation("Authorization", ["Bearer " + Token(), "Bearer " + Token(OtherShop)]);
        using var headers = await _app.Http.SendAsync(request);

        AssertBounced(cookieless, "/dashboard", host: false);
        AssertBounced(twice, "/dashboard", host: false);
        Assert.That(headers.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Without_a_token_the_frame_is_led_to_one_a_script_is_told_and_a_tab_goes_to_the_sign_in_page()
    {
        using var embedded = await GetAsync($"/dashboard?embedded=1&shop={Shop}&host={LuxHost}");
        using var iframe = await GetAsync($"/dashboard?shop={Shop}&host={LuxHost}", ("Sec-Fetch-Dest", "iframe"));
        using var foreign = await GetAsync($"/dashboard?embedded=1&shop=evil.example&host={LuxHost}");
        using var fetched = await GetAsync("/dashboard", ("Sec-Fetch-Dest", "empty"));
        using var tab = await GetAsync("/dashboard", ("Sec-Fetch-Dest", "document"));
        using var behindProxy = await GetAsync("/dashboard", ("Authorization", "Basic eDp5"));
        using var entry = await GetAsync($"/?embedded=1&shop={Shop}&host={LuxHost}");
        using var signed = await GetAsync("/" + _shopify.Sign(("shop", Shop), ("host", LuxHost), ("embedded", "1")));
        using var forged = await GetAsync("/" + _shopify.Sign(("shop", Shop), ("host", LuxHost), ("embedded", "1")) + "0");

        AssertBounced(embedded, "/dashboard");
        AssertBounced(iframe, "/dashboard");
        AssertBounced(entry, "/");
        AssertBounced(signed, "/");
        Assert.That(foreign.Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        Assert.That(fetched.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(tab.Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        Assert.That(behindProxy.Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        Assert.That(forged.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        await AssertNothingStoredAsync();
    }

    [Test]
    public async Task A_token_that_does_not_count_is_not_asked_for_without_end()
    {
        using var first = await GetAsync($"/dashboard?embedded=1&shop={Shop}&host={LuxHost}&id_token=bad");
        var back = QueryHelpers.ParseQuery(first.Headers.Location!.OriginalString.Split('?')[1])[ReloadPath.Parameter].ToString();

        using var second = await GetAsync(back + "&id_token=bad");

        AssertFramedBy(second, Shop);
        Assert.That((await Browser.ReadAsync(second, HttpStatusCode.Unauthorized)).Text(), Does.Contain("its clock"));
    }

    [Test]
    public async Task A_page_of_a_store_that_has_left_leads_to_the_apps_entry_which_installs_it()
    {
        await LeaveAsync(await InstallAsync());

        using var page = await GetAsync("/dashboard/orders" + SessionTokens.Query(Shop, _app.Clock.GetUtcNow()));
        using var fetched = await AskAsync(HttpMethod.Get, "/dashboard", Token());
        using var entry = await GetAsync(page.Headers.Location!.OriginalString);

        Assert.That(page.Headers.Location!.OriginalString, Does.StartWith("/?"));
        Assert.That(fetched.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(entry.Headers.Location!.OriginalString, Does.StartWith("/dashboard?"));
        Assert.That((await FindAsync())!.IsInstalled);
    }

    [Test]
    public async Task The_page_that_fetches_a_token_loads_Shopifys_script_alone_and_for_that_shop()
    {
        using var answer = await GetAsync($"/shopify/bounce?shop={Shop}&host={LuxHost}&embedded=1&shopify-reload=%2Fdashboard%3Fembedded%3D1");

        AssertFramedBy(answer, Shop);
        var page = await Browser.ReadAsync(answer);
        Assert.That(page.QuerySelectorAll("script").Select(script => script.GetAttribute("src")), Is.EqualTo([AdminFrame.AppBridge]));
        Assert.That(page.QuerySelector("meta[name=shopify-api-key]")!.GetAttribute("content"), Is.EqualTo(FakeShopify.ClientId));
        Assert.That(page.QuerySelectorAll("a, form"), Is.Empty);
    }

    [TestCase("shop=evil.example&shopify-reload=/dashboard", "shop-invalid")]
    [TestCase("shop=lux.myshopify.com%0A&shopify-reload=/dashboard", "shop-invalid")]
    [TestCase("shop=x%20https://evil.example&shopify-reload=/dashboard", "shop-invalid")]
    [TestCase("shopify-reload=/dashboard", "shop-invalid")]
    [TestCase("shop=lux.myshopify.com&shop=other.myshopify.com&shopify-reload=/dashboard", "parameter-repeated")]
    [TestCase("shop=lux.myshopify.com&shopify-reload=/dashboard&shopify-reload=//evil.example", "parameter-repeated")]
    [TestCase("shop=lux.myshopify.com&host=ZXZpbC5leGFtcGxlL2FkbWlu&shopify-reload=/dashboard", "host-invalid")]
    [TestCase("shop=lux.myshopify.com", "reload-invalid")]
    [TestCase("shop=lux.myshopify.com&shopify-reload=", "reload-invalid")]
    [TestCase("shop=lux.myshopify.com&shopify-reload=//evil.example", "reload-invalid")]
    [TestCase("shop=lux.myshopify.com&shopify-reload=/%5Cevil.example", "reload-invalid")]
    [TestCase("shop=lux.myshopify.com&shopify-reload=https://evil.example/dashboard", "reload-invalid")]
    [TestCase("shop=lux.myshopify.com&shopify-reload=javascript:alert(1)", "reload-invalid")]
    [TestCase("shop=lux.myshopify.com&shopify-reload=/dashboard%0D%0Ax", "reload-invalid")]
    [TestCase("shop=lux.myshopify.com&shopify-reload=/%252Fevil.example", "reload-invalid")]
    [TestCase("shop=lux.myshopify.com&shopify-reload=/shopify/install", "reload-invalid")]
    public async Task That_page_leads_nowhere_else(string query, string slug)
    {
        using var answer = await _app.Http.GetAsync("/shopify/bounce?" + query);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["type"], Is.EqualTo("/problems/" + slug));
    }

    [Test]
    public async Task Every_page_of_the_frame_is_framed_by_its_shop_alone_and_sets_no_cookie()
    {
        var rooms = await FullRoomsAsync("lux", "1001");
        string[] paths = ["/dashboard", "/dashboard/orders", "/dashboard/orders/1001", "/dashboard/ambassadors", "/dashboard/ambassadors/amb_1001"];
        foreach (var path in paths)
        {
            using var document = await GetAsync(path + SessionTokens.Query(Shop, _app.Clock.GetUtcNow()));
            using var fetched = await AskAsync(HttpMethod.Get, path, Token());

            foreach (var answer in new[] { document, fetched })
            {
                AssertFramedBy(answer, Shop);
                var page = await Browser.ReadAsync(answer);
                var scripts = page.QuerySelectorAll("script").Select(script => script.GetAttribute("src"));
                Assert.That(scripts, Is.EqualTo([AdminFrame.AppBridge, SiteFiles.EmbeddedScriptPath]), path);
                Assert.That(page.QuerySelector("meta[name=shopify-api-key]")!.GetAttribute("content"), Is.EqualTo(FakeShopify.ClientId));
                Assert.That(page.QuerySelector("form.out"), Is.Null, "there is nothing to sign out of");
                Assert.That(page.QuerySelectorAll("input[name=__RequestVerificationToken]"), Is.Empty);
            }
        }

        foreach (var path in new[] { "/dashboard/orders/2002", "/dashboard/nothing" })
        {
            using var missing = await GetAsync(path + SessionTokens.Query(Shop, _app.Clock.GetUtcNow()));
            AssertFramedBy(missing, Shop);
            Assert.That((await Browser.ReadAsync(missing, HttpStatusCode.NotFound)).Text(), Does.Contain("nothing here"), path);
        }

        Assert.That(rooms.Store.Domain, Is.EqualTo(Shop));
    }

    [Test]
    public async Task Outside_the_frame_pages_stay_as_they_were()
    {
        var rooms = await FullRoomsAsync("lux", "1001");
        using var owner = await rooms.OwnerAsync();

        using var answer = await owner.AskAsync("/dashboard");

        var page = await Browser.ReadAsync(answer);
        Assert.That(answer.Headers.GetValues("X-Frame-Options"), Is.EqualTo(["DENY"]));
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("frame-ancestors 'none'").And.Not.Contain("shopify"));
        Assert.That(page.QuerySelectorAll("script, meta[name=shopify-api-key]"), Is.Empty);
        Assert.That(page.QuerySelector("form.out input[name=__RequestVerificationToken]"), Is.Not.Null);
        Assert.That(page.QuerySelector("#stuck form input[name=__RequestVerificationToken]"), Is.Not.Null);
    }

    [Test]
    public async Task A_token_of_one_store_shows_nothing_of_another()
    {
        await FullRoomsAsync("lux", "1001");
        var other = await FullRoomsAsync("other", "2002");
        using var othersOwner = await other.OwnerAsync();
        var cookie = othersOwner.Cookies.GetCookieHeader(_app.Address);

        foreach (var path in new[] { "/dashboard/orders/2002", "/dashboard/ambassadors/amb_2002" })
        {
            using var answer = await AskAsync(HttpMethod.Get, path, Token(), ("Cookie", cookie));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }

        foreach (var path in new[] { "/dashboard", "/dashboard/orders", "/dashboard/ambassadors" })
        {
            using var fetched = await AskAsync(HttpMethod.Get, path, Token(), ("Cookie", cookie));
            using var document = await GetAsync(path + SessionTokens.Query(Shop, _app.Clock.GetUtcNow()), ("Cookie", cookie));
            foreach (var answer in new[] { fetched, document })
            {
                Assert.That((await Browser.ReadAsync(answer)).Text("body"), Does.Contain("Store lux").And.Not.Contain("Store other").And.Not.Contain("2002"), path);
            }
        }

        foreach (var path in new[] { "/dashboard/deliveries/dlv_2002/replays", "/dashboard/effects/eff_2002/replays", "/dashboard/ambassadors/amb_2002/sign-in-links" })
        {
            using var answer = await AskAsync(HttpMethod.Post, path, Token(), ("Cookie", cookie));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }

        Assert.That(await _app.Db.ManyAsync<string>("SELECT state FROM deliveries ORDER BY id"), Is.EqualTo(["dead", "dead"]));
    }

    [Test]
    public async Task In_the_frame_a_cookie_counts_for_nothing()
    {
        var rooms = await FullRoomsAsync("lux", "1001");
        using var owner = await rooms.OwnerAsync();

        using var framed = await owner.AskAsync($"/dashboard?embedded=1&shop={OtherShop}");
        using var bad = await owner.AskAsync($"/dashboard?id_token=x&shop={OtherShop}");

        Assert.That(framed.Headers.Location!.OriginalString, Does.StartWith("/shopify/bounce?"));
        Assert.That(bad.Headers.Location!.OriginalString, Does.StartWith("/shopify/bounce?"));
    }

    [Test]
    public async Task A_form_that_bears_a_token_needs_no_other_and_one_with_a_cookie_still_does()
    {
        var rooms = await FullRoomsAsync("lux", "1001");
        using var owner = await rooms.OwnerAsync();

        var byCookie = await owner.PostAsync("/dashboard/deliveries/dlv_1001/replays", []);
        var state = await StateAsync();
        using var byToken = await AskAsync(HttpMethod.Post, "/dashboard/deliveries/dlv_1001/replays", Token());
        using var stranger = await AskAsync(HttpMethod.Post, "/sign-in/none", Token());

        Assert.That((byCookie.StatusCode, state), Is.EqualTo((HttpStatusCode.BadRequest, "dead")));
        Assert.That(byToken.Headers.Location!.OriginalString, Is.EqualTo("/dashboard?notice=replayed"));
        Assert.That(await StateAsync(), Is.EqualTo("pending"));
        Assert.That(stranger.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), "where no token is looked at, none counts");

        Task<string?> StateAsync() => _app.Db.OneAsync<string>("SELECT state FROM deliveries WHERE store_id = 'lux'");
    }

    [Test]
    public async Task The_frame_shows_the_dashboard_and_nothing_else()
    {
        await FullRoomsAsync("lux", "1001");
        var query = SessionTokens.Query(Shop, _app.Clock.GetUtcNow());

        using var portal = await GetAsync("/portal" + query);
        using var signIn = await GetAsync("/sign-in" + query);

        Assert.That(portal.Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        Assert.That(signIn.Headers.GetValues("X-Frame-Options"), Is.EqualTo(["DENY"]));
        Assert.That(signIn.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("frame-ancestors 'none'"));
    }

    [Test]
    public async Task The_API_takes_a_token_of_staff_for_its_own_store()
    {
        await FullRoomsAsync("lux", "1001");
        await FullRoomsAsync("other", "2002");
        var staff = new ApiClient(_app, Token());

        var store = await staff.Get("store");
        var made = await staff.Post("campaigns", Bodies.Campaign());
        var others = await staff.Get("campaigns/cmp_other");

        Assert.That((store.Status, store.Text("id")), Is.EqualTo((200, "lux")));
        Assert.That(made.Status, Is.EqualTo(201));
        Assert.That(others.Status, Is.EqualTo(404));
    }

    [Test]
    public async Task The_API_refuses_a_token_of_a_store_that_has_left_or_never_came()
    {
        await LeaveAsync(await InstallAsync());

        var left = await new ApiClient(_app, Token()).Get("store");
        var never = await new ApiClient(_app, Token(OtherShop)).Get("store");

        Assert.That((left.Status, left.Problem), Is.EqualTo((403, "/problems/store-uninstalled")));
        Assert.That((never.Status, never.Problem), Is.EqualTo((403, "/problems/store-uninstalled")));
    }

    [Test]
    public async Task The_script_of_the_frame_is_served_for_good()
    {
        using var answer = await _app.Http.GetAsync(SiteFiles.EmbeddedScriptPath);

        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/javascript"));
        Assert.That(answer.Headers.CacheControl!.MaxAge, Is.EqualTo(TimeSpan.FromDays(365)));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("shopify.idToken()"));
    }

    [Test]
    public async Task Without_a_registration_no_token_opens_anything()
    {
        await using var app = await StoreApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/dashboard?embedded=1");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token());

        using var page = await app.Http.SendAsync(request);
        var api = await new ApiClient(app, Token()).Get("store");

        Assert.That(page.Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        Assert.That(api.Status, Is.EqualTo(401));
    }

    private static (int Status, string Body) Granting(string token, string scopes = FakeShopify.Scopes) => (
        200,
        new JsonObject
        {
            ["access_token"] = token,
            ["scope"] = scopes,
            ["expires_in"] = 3600,
            ["refresh_token"] = "shprt_exchanged",
            ["refresh_token_expires_in"] = 7776000,
        }.ToJsonString());

    private string Token(string shop = Shop) => SessionTokens.Of(shop, _app.Clock.GetUtcNow());

    private Task<HttpResponseMessage> OpenAsync(string? token = null) =>
        GetAsync($"/?embedded=1&host={LuxHost}&id_token={token ?? Token()}&locale=en&shop={Shop}");

    /// <summary>As a browser loads a document.</summary>
    private async Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) => await SendAsync(HttpMethod.Get, path, headers);

    /// <summary>As the script in the frame fetches.</summary>
    private Task<HttpResponseMessage> AskAsync(HttpMethod method, string path, string token, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, [("Authorization", "Bearer " + token), ("Sec-Fetch-Dest", "empty"), .. headers]);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Add("Accept", "text/html");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (method == HttpMethod.Post)
        {
            request.Content = new FormUrlEncodedContent([]);
        }

        return await _app.Http.SendAsync(request);
    }

    /// <summary>Installs by the code grant, as stores did before.</summary>
    private async Task<Store> InstallAsync()
    {
        var answer = _shopify.TokenAnswer;
        _shopify.TokenAnswer = null;
        var store = await _shopify.InstallAsync(_app, Shop);
        _shopify.TokenAnswer = answer;
        return store;
    }

    private async Task LeaveAsync(Store store)
    {
        await _app.Db.InTransactionAsync(tx => _app.Get<ReceiveStoreEvent>().ApplyAsync(tx, store, new StoreUninstalled(), null));
        _app.Get<Installation>().Forget(store);
    }

    private async Task LoseScopeAsync()
    {
        var store = (await FindAsync())!;
        await _app.Db.InTransactionAsync(tx => _app.Get<ReceiveStoreEvent>().ApplyAsync(tx, store, new ScopesChanged(["read_orders"]), null));
        _app.Get<Installation>().Forget(store);
    }

    /// <summary>An installed store with something in every room; its ids end with the order's.</summary>
    private async Task<Rooms> FullRoomsAsync(string id, string order)
    {
        var rooms = await Rooms.OpenAsync(_app, id, "Store " + id);
        await rooms.AmbassadorAsync("amb_" + order, "Ann " + order, "ANN" + order);
        await rooms.OrderAsync(order, "held", 90_00, "amb_" + order, 9_00, "A code was used.");
        await rooms.DeadDeliveryAsync("dlv_" + order, "No id.");
        await rooms.DeadEffectAsync("eff_" + order, "The store refused.");
        return rooms;
    }

    private ValueTask<Store?> FindAsync() => _app.Get<StoreDirectory>().FindByDomainAsync("shopify", Shop);

    private async Task<Credential?> CredentialAsync(Store store) => await _app.Get<Credentials>().FindAsync(store.Id, CredentialKind.AccessToken);

    private Task<long> CountAsync(string table) => _app.Db.OneAsync<long>($"SELECT CAST(COUNT(*) AS bigint) FROM {table}");

    private async Task AssertNothingStoredAsync() => Assert.That(
        await CountAsync("stores") + await CountAsync("install_states") + await CountAsync("credentials") + await CountAsync("sessions"), Is.Zero);

    private static void AssertFramedBy(HttpResponseMessage answer, string shop)
    {
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Multiple(() =>
        {
            Assert.That(policy, Does.EndWith($"frame-ancestors https://{shop} https://admin.shopify.com"));
            Assert.That(policy, Does.Contain("script-src 'self' https://cdn.shopify.com;"));
            Assert.That(policy, Does.Not.Contain("*").And.Not.Contain("unsafe"));
            Assert.That(answer.Headers.Contains("X-Frame-Options"), Is.False);
            Assert.That(answer.Headers.GetValues("Referrer-Policy"), Is.EqualTo(["no-referrer"]));
            Assert.That(answer.Headers.CacheControl!.NoStore);
            Assert.That(answer.Headers.Contains("Set-Cookie"), Is.False);
        });
    }

    /// <summary>The answer leads to the page that fetches a token, and from there back to the path without what proved the request.</summary>
    private static void AssertBounced(HttpResponseMessage answer, string path, (string Name, string Value)? parameter = null, bool host = true)
    {
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        var location = answer.Headers.Location!.OriginalString;
        var query = QueryHelpers.ParseQuery(location[location.IndexOf('?', StringComparison.Ordinal)..]);
        var reload = query[ReloadPath.Parameter].ToString();
        var kept = QueryHelpers.ParseQuery(reload[reload.IndexOf('?', StringComparison.Ordinal)..]);
        Assert.Multiple(() =>
        {
            Assert.That(location, Does.StartWith("/shopify/bounce?"));
            Assert.That(query["shop"].ToString(), Is.EqualTo(Shop));
            Assert.That(query.TryGetValue("host", out var where) ? where.ToString() : null, Is.EqualTo(host ? LuxHost : null));
            Assert.That(ReloadPath.IsValid(reload), reload);
            Assert.That(reload.Split('?')[0], Is.EqualTo(path));
            Assert.That(kept.Keys, Has.None.EqualTo("id_token").And.None.EqualTo("hmac").And.None.EqualTo("timestamp"));
            Assert.That(kept["shop"].ToString(), Is.EqualTo(Shop));
            Assert.That(answer.Headers.Contains("Set-Cookie"), Is.False);
        });
        if (parameter is var (name, value))
        {
            Assert.That(kept[name].ToString(), Is.EqualTo(value));
        }
    }
}
