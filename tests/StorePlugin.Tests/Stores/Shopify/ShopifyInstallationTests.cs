// The whole way of a merchant into the app and out again, and everything that must not get through.
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ShopifyInstallationTests
{
    private const string Shop = "lux.myshopify.com";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private CapturedLog _log = null!;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _log = new CapturedLog();
        _app = await StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
        _log.Dispose();
    }

    [Test]
    public async Task The_merchant_is_sent_to_the_grant_with_a_state_and_a_cookie_of_this_path()
    {
        using var answer = await _app.Http.GetAsync("/shopify/install" + _shopify.Sign(("shop", Shop)));

        var location = answer.Headers.Location!;
        var query = QueryHelpers.ParseQuery(location.Query);
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
            Assert.That(location.AbsolutePath, Is.EqualTo($"/{Shop}/admin/oauth/authorize"));
            Assert.That(query.Keys, Is.EquivalentTo(["client_id", "scope", "redirect_uri", "state"]));
            Assert.That(query["client_id"].ToString(), Is.EqualTo(FakeShopify.ClientId));
            Assert.That(query["scope"].ToString(), Is.EqualTo("read_orders,write_discounts"));
            Assert.That(query["redirect_uri"].ToString(), Is.EqualTo(_app.Address.AbsoluteUri + "shopify/callback"));
            Assert.That(query["state"].ToString(), Does.Match("^[0-9a-f]{64}$"));
            Assert.That(
                answer.Headers.GetValues("Set-Cookie").Single(),
                Does.Match("^amb_install=[^;]{43}; max-age=600; path=/shopify; samesite=lax; httponly$"));
            Assert.That(answer.Headers.CacheControl!.NoStore, Is.True);
        });
    }

    [Test]
    public async Task The_cookie_is_secure_where_the_public_address_is()
    {
        await using var app = await StartAsync(_shopify.Settings.Append(new("PublicUrl", "https://app.example.com/")));

        using var answer = await app.Http.GetAsync("/shopify/install" + _shopify.Sign(("shop", Shop)));

        Assert.Multiple(() =>
        {
            Assert.That(answer.Headers.GetValues("Set-Cookie").Single(), Does.Contain("; secure;"));
            Assert.That(
                QueryHelpers.ParseQuery(answer.Headers.Location!.Query)["redirect_uri"].ToString(),
                Is.EqualTo("https://app.example.com/shopify/callback"));
        });
    }

    [Test]
    public async Task A_finished_installation_leads_into_the_app_and_the_store_is_known_with_its_facts()
    {
        using var answer = await _shopify.WalkAsync(_app, Shop);

        var store = await FindAsync();
        var request = _shopify.TokenRequests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
            Assert.That(answer.Headers.Location!.OriginalString, Is.EqualTo("/dashboard"));
            Assert.That(answer.Headers.GetValues("Set-Cookie"), Has.One.StartsWith("amb_install=; expires=Thu, 01 Jan 1970").And.One.Contains("path=/shopify"));
            Assert.That(answer.Headers.GetValues("Set-Cookie"), Has.One.StartsWith("amb_session="), "The merchant is signed in.");
            Assert.That(
                store,
                Is.EqualTo(store! with
                {
                    Platform = "shopify",
                    Mode = "live",
                    Domain = Shop,
                    Name = "Lux Candles",
                    Currency = "EUR",
                    TimeZone = "Europe/Berlin",
                    PrimaryDomain = "www.lux.example",
                    State = "installed",
                    Scopes = FakeShopify.Scopes,
                    PlatformId = FakeShopify.IdOf(Shop),
                }));
            Assert.That(request["expiring"]!.GetValue<string>(), Is.EqualTo("1"));
            Assert.That(request.AsObject().Select(pair => pair.Key), Is.EquivalentTo(["client_id", "client_secret", "code", "expiring"]));
        });
        Assert.That(await CountAsync("effects"), Is.Zero);
        Assert.That(await CredentialAsync(CredentialKind.AccessToken), Is.EqualTo(new Credential(_shopify.Tokens.Last(), StoreApp.Start.AddHours(1))));
        Assert.That((await CredentialAsync(CredentialKind.RefreshToken))!.ExpiresAt, Is.EqualTo(StoreApp.Start.AddDays(90)));
    }

    [Test]
    public async Task A_token_that_does_not_expire_is_kept_without_an_end()
    {
        _shopify.Expiring = false;

        await _shopify.InstallAsync(_app, Shop);

        Assert.That(await CredentialAsync(CredentialKind.AccessToken), Is.EqualTo(new Credential(_shopify.Tokens.Last(), null)));
        Assert.That(await CredentialAsync(CredentialKind.RefreshToken), Is.Null);
    }

    [Test]
    public async Task A_shop_that_cannot_be_read_at_once_is_installed_and_read_later()
    {
        _shopify.Next(new FakeShopify.Fault.Status(500), new FakeShopify.Fault.Status(503, RetryAfter: "7"));

        var store = await _shopify.InstallAsync(_app, Shop);

        Assert.That((store.State, store.Currency), Is.EqualTo(("installed", (string?)null)));
        var subject = await _app.Db.OneAsync<string>(
            "SELECT subject FROM effects WHERE store_id = @id AND kind = 'read_store' AND state = 'pending'", new { id = store.Id });
        var outage = await Effects.PerformAsync(_app, store.Id, Effect.Kinds.ReadStore, subject!);
        Assert.That(outage, Is.EqualTo(new EffectResult.PutOff("Shopify is out (HTTP 503).", TimeSpan.FromSeconds(7))));
        var done = await Effects.PerformAsync(_app, store.Id, Effect.Kinds.ReadStore, subject!);
        Assert.That(done, Is.TypeOf<EffectResult.Done>());
        Assert.That((await FindAsync())!.Currency, Is.EqualTo("EUR"));
    }

    [Test]
    public async Task Tokens_stand_neither_in_the_database_nor_in_the_log()
    {
        using var start = await _app.Http.GetAsync("/shopify/install" + _shopify.Sign(("shop", Shop)));
        using var granted = await _app.Http.GetAsync(start.Headers.Location);
        using var end = await FakeShopify.GetAsync(_app, granted.Headers.Location!.PathAndQuery, FakeShopify.CookieOf(start));
        var state = QueryHelpers.ParseQuery(start.Headers.Location!.Query)["state"].ToString();
        var store = await FindAsync();
        _shopify.Next(new FakeShopify.Fault.Status(403, $$"""{"errors":"[API] {{_shopify.Tokens.Last()}} may not do this"}"""));
        var refused = await Assert.ThrowsAsync<PlatformException>(
            () => _app.Services.GetRequiredService<Platforms>().Find(store!)!.ReadStoreAsync(store!, CancellationToken.None));

        string[] secrets =
        [
            "shpat_marker", "shprt_marker", FakeShopify.ClientSecret, state, FakeShopify.CookieOf(start).Split('=')[1],
            _shopify.TokenRequests.Single()["code"]!.GetValue<string>(),
        ];
        var files = Directory.GetFiles(_app.Get<Settings>().DataFolder, "storeplugin.db*").Select(ReadShared).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(end.Headers.Location!.OriginalString, Is.EqualTo("/dashboard"));
            Assert.That(files.Sum(file => file.Length), Is.Positive);
            Assert.That(files.Any(file => Contains(file, Shop)), "the scan finds what is there");
            Assert.That(secrets.Where(secret => files.Any(file => Contains(file, secret))), Is.Empty);
            Assert.That(_log.Lines.Any(line => line.Contains(store!.Id, StringComparison.Ordinal)), "the log says that the store is installed");
            Assert.That(_log.Lines.Where(line => secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal))), Is.Empty);
            Assert.That(refused!.Message, Does.Contain("HTTP 403").And.Contain("[API] … may not do this"));
        });
    }

    private delegate string Query(FakeShopify shopify, params (string Name, string Value)[] others);

    private static IEnumerable<TestCaseData> BadQueries()
    {
        static TestCaseData Case(string name, string slug, Query query) => new TestCaseData(slug, query).SetArgDisplayNames(name);
        var now = StoreApp.Start.ToUnixTimeSeconds();
        yield return Case("no parameters", "parameter-missing", (_, _) => "");
        yield return Case("no hmac", "parameter-missing", (shopify, others) => Regex.Replace(shopify.Sign([("shop", Shop), .. others]), "&hmac=.*", ""));
        yield return Case("no shop", "parameter-missing", (shopify, others) => shopify.Sign(others));
        yield return Case("empty shop", "parameter-missing", (shopify, others) => shopify.Sign([("shop", ""), .. others]));
        yield return Case("no timestamp", "parameter-missing", (shopify, others) => Regex.Replace(shopify.Sign([("shop", Shop), .. others]), "&timestamp=[0-9]*", ""));
        yield return Case("tampered hmac", "signature-wrong", (shopify, others) => Tampered(shopify.Sign([("shop", Shop), .. others])));
        yield return Case("another shop", "signature-wrong", (shopify, others) => shopify.Sign([("shop", Shop), .. others]).Replace("lux", "lax", StringComparison.Ordinal));
        yield return Case("added parameter", "signature-wrong", (shopify, others) => shopify.Sign([("shop", Shop), .. others]) + "&locale=de");
        yield return Case("repeated shop", "parameter-repeated", (shopify, others) => shopify.Sign([("shop", Shop), .. others]) + "&shop=" + Shop);
        yield return Case("signed twice with a repeated shop", "parameter-repeated", (shopify, others) => shopify.Sign([("shop", Shop), ("shop", "evil.myshopify.com"), .. others]));
        yield return Case("repeated in capitals", "parameter-repeated", (shopify, others) => shopify.Sign([("shop", Shop), .. others]) + "&SHOP=evil.myshopify.com");
        yield return Case("repeated hmac", "parameter-repeated", (shopify, others) => shopify.Sign([("shop", Shop), .. others]) + "&hmac=1");
        yield return Case("stale", "signature-wrong", (shopify, others) => shopify.Sign([("shop", Shop), ("timestamp", $"{now - 91}"), .. others]));
        yield return Case("from the future", "signature-wrong", (shopify, others) => shopify.Sign([("shop", Shop), ("timestamp", $"{now + 91}"), .. others]));
        yield return Case("no number as the time", "signature-wrong", (shopify, others) => shopify.Sign([("shop", Shop), ("timestamp", "1e9"), .. others]));
        yield return Case("foreign domain", "shop-invalid", (shopify, others) => shopify.Sign([("shop", "lux.myshopify.com.evil.example"), .. others]));
        yield return Case("newline in the domain", "shop-invalid", (shopify, others) => shopify.Sign([("shop", Shop + "\n"), .. others]));
        yield return Case("path behind the domain", "shop-invalid", (shopify, others) => shopify.Sign([("shop", Shop + "/evil"), .. others]));
        yield return Case("user before the domain", "shop-invalid", (shopify, others) => shopify.Sign([("shop", "evil@" + Shop), .. others]));
    }

    [TestCaseSource(nameof(BadQueries))]
    public async Task An_entry_that_is_not_Shopifys_stores_nothing_and_leads_nowhere(string slug, Delegate query)
    {
        using var answer = await _app.Http.GetAsync("/shopify/install" + ((Query)query)(_shopify));

        await AssertRefusedAsync(answer, slug);
        Assert.That(answer.Headers.Contains("Set-Cookie"), Is.False);
        Assert.That(await CountAsync("stores") + await CountAsync("install_states"), Is.Zero);
    }

    [TestCaseSource(nameof(BadQueries))]
    public async Task A_callback_that_is_not_Shopifys_uses_up_neither_the_state_nor_the_code(string slug, Delegate query)
    {
        var (cookie, state) = await BeginAsync();

        using var answer = await FakeShopify.GetAsync(
            _app, "/shopify/callback" + ((Query)query)(_shopify, ("code", _shopify.NewCode(Shop)), ("state", state)), cookie);

        await AssertRefusedAsync(answer, slug);
        Assert.That(_shopify.TokenRequests, Is.Empty);
        await AssertNotInstalledAsync();
        using var right = await CallBackAsync(state, cookie);
        Assert.That(right.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    [TestCase("code")]
    [TestCase("state")]
    public async Task A_callback_without_its_code_or_state_is_refused(string missing)
    {
        var (cookie, state) = await BeginAsync();
        (string, string)[] all = [("code", "c"), ("state", state), ("shop", Shop)];

        using var answer = await FakeShopify.GetAsync(
            _app, "/shopify/callback" + _shopify.Sign([.. all.Where(pair => pair.Item1 != missing)]), cookie);

        Assert.That(await AssertRefusedAsync(answer, "parameter-missing"), Does.Contain(missing));
    }

    [Test]
    public async Task The_previous_secret_counts_while_it_is_configured()
    {
        var settings = _shopify.Settings;
        settings["Shopify:PreviousClientSecret"] = settings["Shopify:ClientSecret"];
        settings["Shopify:ClientSecret"] = "shpss_another";
        await using var app = await StartAsync(settings);

        using var answer = await app.Http.GetAsync("/shopify/install" + _shopify.Sign(("shop", Shop)));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    [Test]
    public async Task A_state_that_was_never_given_out_is_refused()
    {
        var (cookie, _) = await BeginAsync();

        using var answer = await CallBackAsync(new string('a', 64), cookie);

        await AssertRefusedAsync(answer, "state-unknown");
        Assert.That(_shopify.TokenRequests, Is.Empty);
    }

    [TestCase("")]
    [TestCase("0.6784241404160823")]
    [TestCase("../../x")]
    public async Task A_state_of_another_form_is_refused(string state)
    {
        var (cookie, _) = await BeginAsync();

        using var answer = await CallBackAsync(state, cookie);

        await AssertRefusedAsync(answer, state.Length == 0 ? "parameter-missing" : "state-invalid");
    }

    [Test]
    public async Task A_state_works_once()
    {
        var (cookie, state) = await BeginAsync();
        using var first = await CallBackAsync(state, cookie);

        using var second = await CallBackAsync(state, cookie);

        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        await AssertRefusedAsync(second, "state-unknown");
        Assert.That(_shopify.TokenRequests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_state_works_once_when_two_callbacks_come_together()
    {
        var (cookie, state) = await BeginAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => CallBackAsync(state, cookie)));

        Assert.That(answers.Count(answer => answer.StatusCode == HttpStatusCode.Redirect), Is.EqualTo(1));
        Assert.That(_shopify.TokenRequests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_state_ends_after_ten_minutes()
    {
        var (cookie, state) = await BeginAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(10));

        using var answer = await CallBackAsync(state, cookie);

        await AssertRefusedAsync(answer, "state-unknown");
    }

    [Test]
    public async Task A_state_works_in_the_browser_that_began_only()
    {
        var (cookie, state) = await BeginAsync();
        var (others, _) = await BeginAsync();

        using var without = await CallBackAsync(state, null);
        using var withAnother = await CallBackAsync(state, others);
        using var withItsOwn = await CallBackAsync(state, cookie);

        await AssertRefusedAsync(without, "state-unknown");
        await AssertRefusedAsync(withAnother, "state-unknown");
        Assert.That(withItsOwn.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    [Test]
    public async Task A_state_of_one_shop_does_not_install_another()
    {
        var (cookie, state) = await BeginAsync();
        using var other = await _app.Http.GetAsync("/shopify/install" + _shopify.Sign(("shop", "other.myshopify.com")));

        using var answer = await FakeShopify.GetAsync(
            _app,
            "/shopify/callback" + _shopify.Sign(("code", _shopify.NewCode("other.myshopify.com")), ("shop", "other.myshopify.com"), ("state", state)),
            cookie);

        await AssertRefusedAsync(answer, "state-unknown");
    }

    [Test]
    public async Task States_beyond_twenty_push_out_the_oldest()
    {
        var (cookie, state) = await BeginAsync();
        for (var i = 0; i < 20; i++)
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
            await BeginAsync();
        }

        using var answer = await CallBackAsync(state, cookie);

        await AssertRefusedAsync(answer, "state-unknown");
        Assert.That(await CountAsync("install_states"), Is.EqualTo(20));
    }

    [Test]
    public async Task A_code_that_Shopify_refuses_installs_nothing()
    {
        var (cookie, state) = await BeginAsync();

        using var answer = await FakeShopify.GetAsync(
            _app, "/shopify/callback" + _shopify.Sign(("code", "unknown"), ("shop", Shop), ("state", state)), cookie);

        var problem = await AssertRefusedAsync(answer, "exchange-failed", status: HttpStatusCode.BadGateway);
        Assert.That(problem, Does.Contain("HTTP 400, invalid_request"));
        await AssertNotInstalledAsync();
    }

    [TestCase(500, "<html>shpss_marker_client_secret</html>", "HTTP 500")]
    [TestCase(302, "", "HTTP 302")]
    [TestCase(400, """{"error":"shpss_marker_client_secret is wrong"}""", "HTTP 400")]
    [TestCase(200, "<html>", "cannot be read")]
    [TestCase(200, "{}", "no access token")]
    [TestCase(200, "null", "empty")]
    [TestCase(200, """{"access_token":""}""", "no access token")]
    [TestCase(200, """{"access_token":"a\r\nb: c"}""", "no access token")]
    [TestCase(200, """{"access_token":"shpua_1","scope":"read_orders,write_discounts","associated_user_scope":"read_orders"}""", "one member of staff")]
    public async Task Whatever_Shopify_answers_instead_of_a_token_is_told_in_words(int status, string body, string words)
    {
        _shopify.TokenAnswer = (status, body);

        using var answer = await _shopify.WalkAsync(_app, Shop);

        var problem = await AssertRefusedAsync(answer, "exchange-failed", status: HttpStatusCode.BadGateway);
        Assert.That(problem, Does.Contain(words).And.Not.Contain("marker").And.Not.Contain("shpua"));
        await AssertNotInstalledAsync();
    }

    [Test]
    public async Task A_scope_that_the_merchant_took_away_is_named()
    {
        _shopify.Granted = "read_orders";

        using var answer = await _shopify.WalkAsync(_app, Shop);

        Assert.That(await AssertRefusedAsync(answer, "scopes-missing"), Does.Contain("write_discounts").And.Not.Contain("read_orders"));
        await AssertNotInstalledAsync();
    }

    [Test]
    public async Task A_store_that_leaves_and_comes_back_keeps_its_id_and_gets_new_tokens()
    {
        var before = await _shopify.InstallAsync(_app, Shop);
        await AddEffectAsync(before, Effect.Kinds.CreateDiscount, "ANN10");
        await AddEffectAsync(before, Effect.Kinds.SendTransfer, "pay_1-a1");
        var oldToken = _shopify.Tokens.Last();

        var left = await TellAsync(before, new StoreUninstalled());
        var gone = (await FindAsync())!;
        var tokens = (await CredentialAsync(CredentialKind.AccessToken), await CredentialAsync(CredentialKind.RefreshToken));
        var effects = await EffectsAsync(before);
        var again = await TellAsync(gone, new StoreUninstalled());
        _shopify.ShopName = "Lux & Sons";
        var after = await _shopify.InstallAsync(_app, Shop);

        Assert.Multiple(() =>
        {
            Assert.That(left, Does.StartWith("The store has uninstalled"));
            Assert.That(again, Does.Contain("nothing was changed"));
            Assert.That(gone.State, Is.EqualTo("uninstalled"));
            Assert.That(tokens, Is.EqualTo(((Credential?)null, (Credential?)null)));
            Assert.That(effects, Is.EqualTo(["create_discount done the store has uninstalled", "send_transfer pending "]));
            Assert.That(after, Is.EqualTo(before with { Name = "Lux & Sons" }));
            Assert.That(after.KeysSealed, Is.EqualTo(before.KeysSealed));
        });
        Assert.That((await CredentialAsync(CredentialKind.AccessToken))!.Value, Is.EqualTo(_shopify.Tokens.Last()).And.Not.EqualTo(oldToken));
        Assert.That(await EffectsAsync(before), Is.EqualTo(["create_discount pending ", "send_transfer pending "]));
        Assert.That(await CountAsync("stores"), Is.EqualTo(1));
    }

    [Test]
    public async Task An_uninstallation_that_is_worked_off_after_the_store_came_back_does_not_end_the_new_installation()
    {
        var store = await _shopify.InstallAsync(_app, Shop);
        var receivedAt = _app.Clock.GetUtcNow();
        await TellAsync(store, new StoreUninstalled());
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        store = await _shopify.InstallAsync(_app, Shop);

        var late = await TellAsync(store, new StoreUninstalled(), receivedAt);

        Assert.That(late, Does.Contain("installed again since"));
        Assert.That((await FindAsync())!.State, Is.EqualTo("installed"));
        Assert.That(await CredentialAsync(CredentialKind.AccessToken), Is.Not.Null);
    }

    [Test]
    public async Task What_the_store_tells_of_itself_is_taken_over()
    {
        var store = await _shopify.InstallAsync(_app, Shop);

        var changed = await TellAsync(store, new StoreChanged("New name", null, "America/New_York", "not a host!"));
        var scopes = await TellAsync(store, new ScopesChanged(["read_orders"]));
        var privacy = await TellAsync(store, new PrivacyRequested("customers/redact"));

        Assert.Multiple(() =>
        {
            Assert.That(changed, Is.EqualTo("The store's facts were taken over."));
            Assert.That(scopes, Is.EqualTo("The store no longer grants write_discounts."));
            Assert.That(privacy, Does.Contain("customers/redact"));
        });
        Assert.That(
            await FindAsync(), Is.EqualTo(store with { Name = "New name", TimeZone = "America/New_York", Scopes = "read_orders" }));
    }

    [Test]
    public async Task The_apps_own_address_leads_to_the_sign_in_page_to_the_grant_or_into_the_app()
    {
        using var stranger = await _app.Http.GetAsync("/");
        using var forged = await _app.Http.GetAsync("/" + Tampered(_shopify.Sign(("shop", Shop))));
        using var look = await _app.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/" + _shopify.Sign(("shop", Shop))));
        using var lookAtInstall = await _app.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/shopify/install" + _shopify.Sign(("shop", Shop))));
        var nothing = await CountAsync("stores");
        using var fresh = await _app.Http.GetAsync("/" + _shopify.Sign(("shop", Shop), ("host", "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvbHV4"), ("embedded", "0")));
        using var foreign = await _app.Http.GetAsync("/" + _shopify.Sign(("shop", Shop), ("host", "ZXZpbC5leGFtcGxlL2FkbWlu")));
        await _shopify.InstallAsync(_app, Shop);
        using var known = await _app.Http.GetAsync("/" + _shopify.Sign(("shop", Shop)));
        _app.Clock.Advance(TimeSpan.FromHours(1));
        using var renewable = await _app.Http.GetAsync("/" + _shopify.Sign(("shop", Shop)));
        _app.Clock.Advance(TimeSpan.FromDays(90));
        using var expired = await _app.Http.GetAsync("/" + _shopify.Sign(("shop", Shop)));

        await AssertRefusedAsync(forged, "signature-wrong");
        await AssertRefusedAsync(foreign, "host-invalid");
        Assert.Multiple(() =>
        {
            Assert.That(stranger.Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
            Assert.That((look.StatusCode, lookAtInstall.StatusCode, nothing), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.MethodNotAllowed, 0)));
            Assert.That(fresh.Headers.Location!.AbsolutePath, Does.EndWith("/admin/oauth/authorize"));
            Assert.That(known.Headers.Location!.OriginalString, Is.EqualTo("/dashboard"));
            Assert.That(renewable.Headers.Location!.OriginalString, Is.EqualTo("/dashboard"), "the refresh token renews it");
            Assert.That(expired.Headers.Location!.AbsolutePath, Does.EndWith("/admin/oauth/authorize"), "opening the app renews the token");
        });
    }

    [Test]
    public async Task The_app_proxy_proves_the_signature_and_offers_nothing_yet()
    {
        (string, string)[] parameters =
        [
            ("shop", Shop), ("logged_in_customer_id", ""), ("path_prefix", "/apps/ambassadors"),
            ("timestamp", $"{StoreApp.Start.ToUnixTimeSeconds()}"),
        ];
        using var right = await _app.Http.GetAsync("/shopify/proxy/a/b" + _shopify.SignProxy(parameters));
        using var wrong = await _app.Http.GetAsync("/shopify/proxy/a/b" + Tampered(_shopify.SignProxy(parameters)));
        using var none = await _app.Http.GetAsync("/shopify/proxy/");

        await AssertRefusedAsync(right, "proxy-path-unknown", status: HttpStatusCode.NotFound);
        await AssertRefusedAsync(wrong, "signature-wrong", status: HttpStatusCode.Unauthorized);
        await AssertRefusedAsync(none, "signature-missing", status: HttpStatusCode.Unauthorized);
    }

    [TestCase("/shopify/install")]
    [TestCase("/shopify/callback?code=x")]
    [TestCase("/shopify/proxy/x")]
    [TestCase("/shopify/anything")]
    [TestCase("/?shop=lux.myshopify.com")]
    public async Task Without_a_registration_everything_of_Shopifys_says_so(string path)
    {
        await using var app = await StoreApp.StartAsync();

        using var answer = await app.Http.GetAsync(path);
        using var home = await app.Http.GetAsync("/");

        await AssertRefusedAsync(answer, "shopify-not-configured", status: HttpStatusCode.ServiceUnavailable);
        Assert.That(home.Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
    }

    private Task<StoreApp> StartAsync(IEnumerable<KeyValuePair<string, string?>> settings) => StoreApp.StartAsync(
        settings.Concat(
        [
            new("Logging:LogLevel:Default", "Trace"), new("Logging:LogLevel:Microsoft", "Warning"),
        ]),
        services => services.AddSingleton<ILoggerProvider>(_log));

    private async Task<(string Cookie, string State)> BeginAsync()
    {
        using var answer = await _app.Http.GetAsync("/shopify/install" + _shopify.Sign(("shop", Shop)));
        return (FakeShopify.CookieOf(answer), QueryHelpers.ParseQuery(answer.Headers.Location!.Query)["state"].ToString());
    }

    private Task<HttpResponseMessage> CallBackAsync(string state, string? cookie) => FakeShopify.GetAsync(
        _app, "/shopify/callback" + _shopify.Sign(("code", _shopify.NewCode(Shop)), ("shop", Shop), ("state", state)), cookie);

    private async Task<string> TellAsync(Store store, StoreEvent storeEvent, DateTimeOffset? receivedAt = null)
    {
        var outcome = await _app.Db.InTransactionAsync(
            tx => _app.Get<ReceiveStoreEvent>().ApplyAsync(tx, store, storeEvent, receivedAt));
        _app.Get<Installation>().Forget(store);
        return outcome;
    }

    private Task<bool> AddEffectAsync(Store store, string kind, string subject) =>
        _app.Db.InTransactionAsync(tx => Outbox.AddAsync(tx, store.Id, kind, subject, "{}", _app.Clock.GetUtcNow()));

    private async Task<IEnumerable<string>> EffectsAsync(Store store) =>
        (await _app.Db.ManyAsync<(string Kind, string State, string? Outcome)>(
            "SELECT kind, state, outcome FROM effects WHERE store_id = @id ORDER BY kind", new { id = store.Id }))
        .Select(row => $"{row.Kind} {row.State} {row.Outcome}");

    private ValueTask<Store?> FindAsync() => _app.Get<StoreDirectory>().FindByDomainAsync("shopify", Shop);

    private async Task<Credential?> CredentialAsync(string kind) => await _app.Get<Credentials>().FindAsync((await FindAsync())!.Id, kind);

    private Task<long> CountAsync(string table) => _app.Db.OneAsync<long>($"SELECT CAST(COUNT(*) AS bigint) FROM {table}");

    private async Task AssertNotInstalledAsync()
    {
        Assert.That((await FindAsync())!.State, Is.EqualTo("installing"));
        Assert.That(await CountAsync("credentials"), Is.Zero);
    }

    private static async Task<string> AssertRefusedAsync(
        HttpResponseMessage answer, string slug, HttpStatusCode status = HttpStatusCode.BadRequest)
    {
        var problem = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        var detail = problem["detail"]!.GetValue<string>();
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(status));
            Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
            Assert.That(answer.Headers.Location, Is.Null);
            Assert.That(problem["type"]!.GetValue<string>(), Is.EqualTo("/problems/" + slug));
            Assert.That(detail, Does.EndWith("."));
        });
        return detail;
    }

    private static string Tampered(string query) => query[^1] == '0' ? query[..^1] + "1" : query[..^1] + "0";

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var memory = new MemoryStream();
        file.CopyTo(memory);
        return memory.ToArray();
    }

    private static bool Contains(byte[] file, string text) => file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
}
