// What the extensions on thank-you pages and in customer accounts are told, whom they make an ambassador, and who may ask.
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ShopifyExtensionTests
{
    private const string Shop = "lux.myshopify.com";
    private const string Other = "other.myshopify.com";
    private const string Ann = "7001";
    private const string Email = "ann.planted@markers.example";
    private const string Joins = """{"acceptsRules":true}""";
    private const string Nothing = """{"kind":"nothing"}""";

    private readonly CapturedLog _log = new();
    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(
            _shopify.Settings,
            services => services.AddLogging(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Debug).AddFilter((_, _) => true)));
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        _api = await ApiClient.OfAsync(_app, _store);
        _shopify.Accounts[(Shop, Ann)] = new FakeShopify.Account(Email, "Annplanted", "Smithplanted");
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
        // The code may stand in one; it is public.
        Assert.That(_log.Lines, Has.None.Contains("ann.planted").And.None.Contains("Smithplanted"));
    }

    [OneTimeTearDown]
    public void CloseLog() => _log.Dispose();

    [Test]
    public async Task A_customer_is_made_an_ambassador_by_one_press_where_the_terms_say_so()
    {
        var campaign = await _api.LiveAsync("instant");

        var offer = await ReferralAsync();
        var joined = await EnrolAsync($$"""{"acceptsRules":true,"rulesRevision":{{offer["rulesRevision"]}}}""");
        await _app.DrainAsync();
        var later = await ReferralAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(((string?)offer["kind"], (string?)offer["way"], (string?)offer["store"], (string?)offer["campaign"]), Is.EqualTo(("offer", "instant", "Lux Candles", "Spring")));
            Assert.That(((long)offer["friendDiscount"]!["basisPoints"]!, (long)offer["earning"]!["basisPoints"]!), Is.EqualTo((1000, 1000)));
            Assert.That(WordsOf(offer), Does.Contain("You earn 10\u00a0% of each order").And.Contain("gets 10\u00a0% off")
                .And.Contain("you say that you earn from it").And.Contain("Lux Candles takes your name and your e-mail address from your customer account"));
            Assert.That((string?)offer["rulesPage"], Is.EqualTo(_app.Address + $"rules/{campaign}"));
            Assert.That((await _app.VisitAsync(new Uri((string)offer["rulesPage"]!).AbsolutePath)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(((string?)joined["kind"], (string?)joined["code"], (string?)joined["link"]), Is.EqualTo(("ambassador", "ANNPLANTED", _app.Address + "r/ANNPLANTED")));
            Assert.That((long)joined["friendDiscount"]!["basisPoints"]!, Is.EqualTo(1000), "the discount is on its way");
            Assert.That(later.ToJsonString(), Is.EqualTo(joined.ToJsonString()));
            Assert.That(_shopify.CustomerQuestions, Is.EqualTo(2), "once before and once at the press; a customer who is known is not asked about");
        }

        var ambassador = (await AmbassadorsAsync()).Single();
        Assert.That(((string?)ambassador["name"], (string?)ambassador["email"], (string?)ambassador["campaignId"]), Is.EqualTo(("Annplanted Smithplanted", Email, campaign)));
        Assert.That(
            await _app.Db.ManyAsync<string>("SELECT actor FROM ambassador_states WHERE store_id = @s ORDER BY number", new { s = _store.Id }), Is.EqualTo(["applicant", "system"]));
        Assert.That(await AcceptedAsync(), Is.EqualTo([1L]), "as by the portal");
        Assert.That(Directory.GetFiles(Path.Combine(_app.Folder, "mail"), "*.eml"), Has.Length.EqualTo(1), "the welcome");
    }

    [Test]
    public async Task A_wish_becomes_an_application_where_the_terms_say_so()
    {
        await _api.LiveAsync("application");

        var offer = await ReferralAsync();
        var applied = new[] { await EnrolAsync(Joins), await EnrolAsync(Joins), await ReferralAsync() };

        Assert.That(((string?)offer["way"], WordsOf(offer)), Is.EqualTo(("application", WordsOf(offer))));
        Assert.That(WordsOf(offer), Does.Contain("and somebody there decides"));
        Assert.That(applied.Select(answer => (string?)answer["kind"]), Is.All.EqualTo("applied"));
        Assert.That((await _api.Get("applications")).Json!["items"]!.AsArray().Select(item => $"{item!["name"]} {item["email"]} {item["state"]}"), Is.EqualTo([$"Annplanted Smithplanted {Email} applied"]));
        Assert.That(await AmbassadorsAsync(), Is.Empty);

        var id = (string)(await _api.Get("applications")).Json!["items"]![0]!["id"]!;
        Assert.That((await _api.Post($"applications/{id}/approval")).Status, Is.LessThan(300));
        Assert.That((string?)(await ReferralAsync())["kind"], Is.EqualTo("ambassador"));
    }

    [Test]
    public async Task Of_several_campaigns_the_one_launched_last_takes_customers_in()
    {
        await _api.LiveAsync("application");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        var last = await _api.LiveAsync("instant");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _api.LiveAsync();

        await EnrolAsync(Joins);

        Assert.That((await AmbassadorsAsync()).Select(ambassador => (string?)ambassador["campaignId"]), Is.EqualTo([last]));
    }

    [Test]
    public async Task Two_presses_at_once_make_one_ambassador()
    {
        await _api.LiveAsync("instant");

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => EnrolAsync(Joins)));

        Assert.That(answers.Select(answer => answer.ToJsonString()).Distinct(), Has.Exactly(1).Items);
        Assert.That((string?)answers[0]["kind"], Is.EqualTo("ambassador"));
        Assert.That(await AmbassadorsAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Whoever_waits_for_an_answer_is_answered_by_the_press_and_strangers_words_do_not_name_them()
    {
        var campaign = await _api.LiveAsync("instant");
        await _api.OpenAsync(campaign);
        await _app.Get<StorePlugin.Ambassadors.Applications>().ApplyAsync(_store, campaign, new StorePlugin.Ambassadors.NewApplication("Stranger", Email, "x"), default);

        await EnrolAsync(Joins);

        Assert.That((await AmbassadorsAsync()).Select(ambassador => (string?)ambassador["name"]), Is.EqualTo(["Annplanted Smithplanted"]));
        Assert.That((await _api.Get("applications")).Json!["items"]!.AsArray().Select(item => (string?)item!["state"]), Is.EqualTo(["approved"]));
    }

    [Test]
    public async Task An_ambassador_of_before_is_recognised_once_by_the_mailbox_and_then_by_the_number()
    {
        await _api.AddAsync(await _api.LiveAsync(), "ANN10", Email.ToUpperInvariant());
        await _app.DrainAsync();

        var first = await ReferralAsync();
        _shopify.Accounts[(Shop, Ann)] = new FakeShopify.Account("else@where.example");
        var second = await ReferralAsync();

        Assert.That(((string?)first["kind"], (string?)first["code"], (string?)first["friendDiscount"]!["words"]), Is.EqualTo(("ambassador", "ANN10", "10\u00a0% off")));
        Assert.That(second.ToJsonString(), Is.EqualTo(first.ToJsonString()));
        Assert.That(_shopify.CustomerQuestions, Is.EqualTo(1));
    }

    [Test]
    public async Task Nothing_of_earnings_and_payouts_is_told()
    {
        var id = (await _api.AddAsync(await _api.LiveAsync(), "ANN10", Email)).Text("id");
        await _app.DrainAsync();
        await FakeShopify.DeliverAsync(_app, Shop, "orders/paid", new TestOrder("1", StoreApp.Start).With("ANN10", "10.00").ToJson());
        await _app.DrainAsync();
        Assert.That((await _api.Get($"ambassadors/{id}")).Json!["balances"]!.AsArray().Sum(balance => (long)balance!["amount"]!["minor"]!), Is.Positive);

        var told = await ReferralAsync();

        Assert.That(told.AsObject().Select(member => member.Key), Is.EquivalentTo(
            ["kind", "store", "campaign", "link", "code", "friendDiscount", "earning", "words", "rulesPage", "rulesRevision"]));
        Assert.That(told.ToJsonString(), Does.Not.Contain("planted").And.Not.Contain(id));
    }

    // In each case somebody else might have written the address into an account.
    [TestCase(false, "NEW_CUSTOMER_ACCOUNTS")]
    [TestCase(true, "CLASSIC")]
    public async Task For_an_address_that_nobody_vouches_for_there_is_the_form_and_nobody_is_recognised(bool isVerified, string version)
    {
        var campaign = await _api.LiveAsync("instant");
        await _api.AddAsync(campaign, "ANN10", Email);
        _shopify.Accounts[(Shop, Ann)] = new FakeShopify.Account(Email, IsVerified: isVerified);
        _shopify.AccountsVersion = version;

        var closed = new[] { await ReferralAsync(), await EnrolAsync(Joins) };
        await _api.OpenAsync(campaign);
        var open = new[] { await ReferralAsync(), await EnrolAsync(Joins) };

        Assert.That(closed.Select(answer => answer.ToJsonString()), Is.All.EqualTo(Nothing));
        Assert.That(open.Select(answer => (string?)answer["kind"]), Is.All.EqualTo("form"));
        Assert.That((string?)open[0]["joinPage"], Is.EqualTo(_app.Address + $"join/{campaign}"));
        Assert.That(await LinkedAsync(), Is.Zero);
    }

    [TestCase("""{"data":{"customer":null,"shop":null},"errors":[{"message":"This app is not approved to access the Customer object","extensions":{"code":"ACCESS_DENIED"}}]}""")]
    [TestCase("""{"data":{"customer":{"id":"gid://shopify/Customer/7001","verifiedEmail":true,"firstName":null,"lastName":null,"defaultEmailAddress":null},"shop":{"customerAccountsV2":{"customerAccountsVersion":"NEW_CUSTOMER_ACCOUNTS"}}},"errors":[{"message":"This app is not approved"}]}""")]
    [TestCase("""{"data":{"customer":{"id":"gid://shopify/Customer/7001","verifiedEmail":true,"firstName":null,"lastName":"","defaultEmailAddress":{"emailAddress":"a@example.com"}},"shop":{"customerAccountsV2":{"customerAccountsVersion":"NEW_CUSTOMER_ACCOUNTS"}}}}""")]
    [TestCase("""{"errors":[{"message":"Access denied for customer field.","extensions":{"code":"ACCESS_DENIED"}}]}""")]
    public async Task What_Shopify_withholds_is_asked_for_by_the_form(string answer)
    {
        await _api.OpenAsync(await _api.LiveAsync("instant"));

        _shopify.Next(new FakeShopify.Fault.Answer(answer));
        var told = await ReferralAsync();
        _shopify.Next(new FakeShopify.Fault.Answer(answer));
        var pressed = await EnrolAsync(Joins);

        Assert.That(((string?)told["kind"], (string?)pressed["kind"]), Is.EqualTo(("form", "form")));
        Assert.That(await AmbassadorsAsync(), Is.Empty);
    }

    [Test]
    public async Task Where_Shopify_cannot_be_asked_it_is_tried_again_later()
    {
        await _api.OpenAsync(await _api.LiveAsync("instant"));
        _shopify.Next(new FakeShopify.Fault.Status(503), new FakeShopify.Fault.Status(503));

        var answers = new[] { await SendAsync("referral", null), await SendAsync("enrolment", Joins) };

        Assert.That(answers.Select(answer => (answer.Status, answer.Problem)), Is.All.EqualTo((503, "/problems/store-unavailable")));
        Assert.That((string?)(await EnrolAsync(Joins))["kind"], Is.EqualTo("ambassador"));
    }

    [Test]
    public async Task A_guest_is_shown_the_form_where_there_is_one()
    {
        var campaign = await _api.LiveAsync("instant");
        var closed = await ReferralAsync(customer: null);
        await _api.OpenAsync(campaign);
        var open = await ReferralAsync(customer: null);
        var pressed = await SendAsync("enrolment", Joins, customer: null);

        Assert.That(closed.ToJsonString(), Is.EqualTo(Nothing));
        Assert.That(((string?)open["kind"], (string?)open["joinPage"], (string?)open["way"]), Is.EqualTo(("form", _app.Address + $"join/{campaign}", (string?)null)));
        Assert.That((pressed.Status, pressed.Problem), Is.EqualTo((403, "/problems/customer-missing")));
        Assert.That(_shopify.CustomerQuestions, Is.Zero);
    }

    [Test]
    public async Task A_campaign_without_the_term_asks_nobody()
    {
        await _api.OpenAsync(await _api.LiveAsync());

        Assert.That((await ReferralAsync()).ToJsonString(), Is.EqualTo(Nothing));
        Assert.That((await ReferralAsync(customer: null)).ToJsonString(), Is.EqualTo(Nothing));
        var pressed = await SendAsync("enrolment", Joins);
        Assert.That((pressed.Status, pressed.Problem), Is.EqualTo((409, "/problems/enrolment-closed")));
    }

    [TestCase("paused")]
    [TestCase("ended")]
    [TestCase("draft")]
    public async Task A_campaign_that_does_not_run_shows_nothing_and_takes_nobody_in(string state)
    {
        var campaign = await _api.LiveAsync("instant");
        await _api.AddAsync(campaign, "BEN10", "ben@example.com");
        _shopify.Accounts[(Shop, "8")] = new FakeShopify.Account("ben@example.com");
        Assert.That((string?)(await ReferralAsync("8"))["kind"], Is.EqualTo("ambassador"));
        await _app.Db.DoAsync("UPDATE campaigns SET state = @state WHERE store_id = @s", new { s = _store.Id, state });

        Assert.That((await ReferralAsync("8")).ToJsonString(), Is.EqualTo(Nothing));
        Assert.That((await ReferralAsync()).ToJsonString(), Is.EqualTo(Nothing));
        Assert.That((await SendAsync("enrolment", Joins)).Problem, Is.EqualTo("/problems/enrolment-closed"));
        Assert.That(await AmbassadorsAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_campaign_that_is_paused_while_somebody_presses_takes_them_in_no_more()
    {
        await _api.LiveAsync("instant");
        _shopify.OnQuestion = () => _app.Db.DoAsync("UPDATE campaigns SET state = 'paused' WHERE store_id = @s", new { s = _store.Id });

        var pressed = await SendAsync("enrolment", Joins);

        Assert.That((pressed.Status, pressed.Problem), Is.EqualTo((409, "/problems/enrolment-closed")));
        Assert.That(await AmbassadorsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_suspended_ambassador_is_shown_nothing_and_stays_suspended()
    {
        await _api.LiveAsync("instant");
        await EnrolAsync(Joins);
        var id = (string)(await AmbassadorsAsync()).Single()["id"]!;
        await _api.Post($"ambassadors/{id}/suspension", new JsonObject { ["reason"] = "Looked at." });

        Assert.That((await ReferralAsync()).ToJsonString(), Is.EqualTo(Nothing));
        Assert.That((await SendAsync("enrolment", Joins)).Problem, Is.EqualTo("/problems/enrolment-closed"));
        Assert.That((string?)(await AmbassadorsAsync()).Single()["state"], Is.EqualTo("suspended"));
    }

    [Test]
    public async Task Whoever_has_left_comes_back_by_a_persons_decision_and_not_by_the_button()
    {
        await _api.LiveAsync("instant");
        await EnrolAsync(Joins);
        var id = (string)(await AmbassadorsAsync()).Single()["id"]!;
        Assert.That((await _api.Post($"ambassadors/{id}/ending", new JsonObject { ["reason"] = "Sent away." })).Status, Is.LessThan(300));

        var offer = await ReferralAsync();
        var pressed = await EnrolAsync(Joins);

        Assert.That(((string?)offer["kind"], (string?)offer["way"], (string?)pressed["kind"]), Is.EqualTo(("offer", "application", "applied")));
        Assert.That((string?)(await ReferralAsync())["kind"], Is.EqualTo("applied"));
        Assert.That((string?)(await AmbassadorsAsync()).Single()["state"], Is.EqualTo("ended"));
    }

    [Test]
    public async Task Rules_that_have_changed_since_they_were_shown_are_not_accepted()
    {
        var campaign = await _api.LiveAsync("instant");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        var terms = Bodies.Campaign(commission: 20)["terms"]!.DeepClone();
        terms["enrolment"] = "instant";
        Assert.That((await _api.Post($"campaigns/{campaign}/revisions", new JsonObject { ["terms"] = terms })).Status, Is.EqualTo(201));
        _app.Clock.Advance(TimeSpan.FromMinutes(1));

        var pressed = await SendAsync("enrolment", """{"acceptsRules":true,"rulesRevision":1}""");
        var again = await EnrolAsync("""{"acceptsRules":true,"rulesRevision":2}""");

        Assert.That((pressed.Status, pressed.Problem), Is.EqualTo((409, "/problems/rules-changed")));
        Assert.That((string?)again["kind"], Is.EqualTo("ambassador"));
        Assert.That(await AcceptedAsync(), Is.EqualTo([2L]));
    }

    [TestCase("""{"acceptsRules":false}""", 400, "/problems/fields-invalid")]
    [TestCase("{}", 400, "/problems/fields-invalid")]
    [TestCase("""{"acceptsRules":"yes"}""", 400, "/problems/fields-invalid")]
    [TestCase("""{"acceptsRules":true,"rulesRevision":0}""", 400, "/problems/fields-invalid")]
    [TestCase("""{"acceptsRules":true,"email":"eve@example.com"}""", 400, "/problems/fields-invalid")]
    [TestCase("[]", 400, "/problems/json-invalid")]
    [TestCase("acceptsRules=true", 400, "/problems/json-invalid")]
    public async Task A_wrong_body_enrols_nobody(string body, int status, string problem)
    {
        await _api.LiveAsync("instant");

        var answer = await SendAsync("enrolment", body);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((status, problem)));
        Assert.That(await AmbassadorsAsync(), Is.Empty);
    }

    [TestCase("text/plain", 415)]
    [TestCase("application/x-www-form-urlencoded", 415)]
    public async Task A_body_that_is_not_declared_as_JSON_is_refused(string type, int status) =>
        Assert.That((await SendAsync("enrolment", Joins, type: type)).Status, Is.EqualTo(status));

    [Test]
    public async Task A_body_that_is_too_large_is_refused() =>
        Assert.That((await SendAsync("enrolment", $$"""{"acceptsRules":true,"x":"{{new string('x', 5000)}}"}""")).Status, Is.EqualTo(413));

    [TestCase("none")]
    [TestCase("staff")]
    [TestCase("expired")]
    [TestCase("early")]
    [TestCase("foreign secret")]
    [TestCase("other app")]
    [TestCase("no algorithm")]
    [TestCase("no shop")]
    [TestCase("a member of staff as customer")]
    [TestCase("an API key")]
    [TestCase("rubbish")]
    public async Task Whoever_brings_no_token_of_an_extension_is_told_nothing(string what)
    {
        await _api.LiveAsync("instant");
        var now = _app.Clock.GetUtcNow();
        var claims = SessionTokens.Extension(Shop, now);
        claims["sub"] = $"gid://shopify/Customer/{Ann}";
        var token = what switch
        {
            "none" => null,
            "staff" => SessionTokens.Of(Shop, now),
            "expired" => SessionTokens.OfExtension(Shop, now.AddSeconds(-71), Ann),
            "early" => SessionTokens.OfExtension(Shop, now.AddSeconds(11), Ann),
            "foreign secret" => SessionTokens.Sign(claims.ToJsonString(), "another"),
            "other app" => SessionTokens.Sign(SessionTokens.Extension(Shop, now, "another").ToJsonString()),
            "no algorithm" => SessionTokens.Sign(claims.ToJsonString(), header: """{"alg":"none","typ":"JWT"}"""),
            "no shop" => SessionTokens.Sign(Without(claims, "dest").ToJsonString()),
            "a member of staff as customer" => SessionTokens.Sign(With(claims, "sub", "42").ToJsonString()),
            "an API key" => _api.Key,
            _ => "a.b.c",
        };

        foreach (var (path, body) in new[] { ("referral", null), ("enrolment", Joins) })
        {
            using var answer = await RawAsync(path, body, token is null ? null : "Bearer " + token, accept: "text/html");

            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
            Assert.That((answer.Headers.CacheControl!.NoStore, answer.Headers.GetValues("Access-Control-Allow-Origin").Single()), Is.EqualTo((true, "*")));
        }

        Assert.That(await AmbassadorsAsync(), Is.Empty);
        Assert.That(_shopify.CustomerQuestions, Is.Zero);
    }

    [Test]
    public async Task A_token_of_an_extension_opens_nothing_else()
    {
        var token = SessionTokens.OfExtension(Shop, _app.Clock.GetUtcNow(), Ann);
        Assert.That((await ReferralAsync())["kind"], Is.Not.Null);

        var api = new ApiClient(_app, token);
        Assert.That((await api.Get("store")).Status, Is.EqualTo(401));
        Assert.That((await api.Get("ambassadors")).Status, Is.EqualTo(401));
        foreach (var path in (string[])["/dashboard", "/portal", "/?embedded=1&id_token=" + token, "/dashboard?embedded=1&id_token=" + token])
        {
            using var answer = await _app.VisitAsync(path, headers: ("Authorization", "Bearer " + token));

            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Not.Contain("Lux Candles"), path);
        }
    }

    [Test]
    public async Task A_token_of_one_shop_never_shows_another()
    {
        var other = await _shopify.InstallAsync(_app, Other);
        await _api.AddAsync(await _api.LiveAsync("instant"), "ANN10", Email);
        _shopify.Accounts[(Other, Ann)] = new FakeShopify.Account(Email);
        Assert.That((string?)(await ReferralAsync())["code"], Is.EqualTo("ANN10"));

        var there = await SendAsync("referral", null, shop: Other);
        var pressed = await SendAsync("enrolment", Joins, shop: Other);

        Assert.That(there.Json!.ToJsonString(), Is.EqualTo(Nothing));
        Assert.That(pressed.Problem, Is.EqualTo("/problems/enrolment-closed"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @s", new { s = other.Id }), Is.Zero);
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM ambassador_customers WHERE store_id = @s", new { s = other.Id }), Is.Zero);
    }

    [Test]
    public async Task A_store_that_is_not_installed_is_not_told_from_one_that_never_was()
    {
        await _api.LiveAsync("instant");
        var never = await SendAsync("referral", null, shop: Other);
        await _app.Db.DoAsync("UPDATE stores SET state = 'uninstalled' WHERE id = @id", new { id = _store.Id });
        _app.Get<StoreDirectory>().Forget(_store);
        var left = await SendAsync("referral", null);

        Assert.That((never.Status, never.Json!["detail"]!.ToString()), Is.EqualTo((404, "The app offers nothing in this store.")));
        Assert.That((left.Status, left.Json!["detail"]!.ToString()), Is.EqualTo((never.Status, never.Json["detail"]!.ToString())));
    }

    [TestCase("referral")]
    [TestCase("enrolment")]
    public async Task Any_sandbox_may_ask_beforehand_and_brings_no_cookies(string path)
    {
        using var answer = await _app.VisitAsync(
            "/shopify/extension/" + path, HttpMethod.Options, ("Origin", "null"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,content-type"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(
            ((string[])["Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"]).Select(name => answer.Headers.GetValues(name).Single()),
            Is.EqualTo(["*", "GET, POST", "Authorization, Content-Type", "7200"]));
        Assert.That(answer.Headers.Contains("Access-Control-Allow-Credentials"), Is.False);
    }

    [Test]
    public async Task One_customer_is_answered_so_often_and_others_are_not_held_back()
    {
        await using var app = await StoreApp.StartAsync(
            _shopify.Settings, services => services.AddSingleton(new CustomerLimit(burst: 2, TimeSpan.FromHours(1))));
        _shopify.Clock = app.Clock;
        await _shopify.InstallAsync(app, Shop);
        var statuses = new List<int>();
        foreach (var customer in (string?[])[Ann, Ann, Ann, "8", null])
        {
            using var answer = await app.VisitAsync(
                "/shopify/extension/referral", headers: ("Authorization", "Bearer " + SessionTokens.OfExtension(Shop, app.Clock.GetUtcNow(), customer)));
            statuses.Add((int)answer.StatusCode);
        }

        Assert.That(statuses, Is.EqualTo([200, 200, 429, 200, 200]));
    }

    [Test]
    public async Task The_customers_of_a_busy_store_do_not_use_up_what_it_may_ask_Shopify()
    {
        await using var app = await StoreApp.StartAsync(
            _shopify.Settings, services => services.AddSingleton(new CustomerLimit(30, TimeSpan.FromHours(1), questionsBurst: 2, TimeSpan.FromHours(1))));
        _shopify.Clock = app.Clock;
        foreach (var shop in (string[])[Shop, Other])
        {
            await _shopify.InstallAsync(app, shop);
        }

        var statuses = new List<int>();
        foreach (var (shop, customer) in new[] { (Shop, "1"), (Shop, "2"), (Shop, "3"), (Other, "1") })
        {
            using var answer = await app.VisitAsync(
                "/shopify/extension/referral", headers: ("Authorization", "Bearer " + SessionTokens.OfExtension(shop, app.Clock.GetUtcNow(), customer)));
            statuses.Add((int)answer.StatusCode);
        }

        Assert.That(statuses, Is.EqualTo([200, 200, 503, 200]));
        Assert.That(_shopify.CustomerQuestions, Is.EqualTo(3));
    }

    private static JsonObject With(JsonObject claims, string name, string value)
    {
        claims[name] = value;
        return claims;
    }

    private static JsonObject Without(JsonObject claims, string name)
    {
        claims.Remove(name);
        return claims;
    }

    private static string WordsOf(JsonNode answer) => string.Join(' ', answer["words"]!.AsArray().Select(word => (string?)word));

    private Task<JsonNode> ReferralAsync(string? customer = Ann) => OkAsync("referral", null, customer);

    private Task<JsonNode> EnrolAsync(string body) => OkAsync("enrolment", body, Ann);

    private async Task<JsonNode> OkAsync(string path, string? body, string? customer)
    {
        var answer = await SendAsync(path, body, customer);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Json?.ToJsonString());
        return answer.Json!;
    }

    private async Task<ApiAnswer> SendAsync(string path, string? body, string? customer = Ann, string shop = Shop, string type = "application/json")
    {
        using var answer = await RawAsync(path, body, "Bearer " + SessionTokens.OfExtension(shop, _app.Clock.GetUtcNow(), customer), type: type);
        Assert.That((answer.Headers.CacheControl?.NoStore, answer.Headers.GetValues("Access-Control-Allow-Origin").Single()), Is.EqualTo(((bool?)true, "*")));
        return new ApiAnswer((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync()), answer);
    }

    private async Task<HttpResponseMessage> RawAsync(string path, string? body, string? authorization, string accept = "application/json", string type = "application/json")
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri("/shopify/extension/" + path, UriKind.Relative));
        request.Headers.Add("Accept", accept);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, type);
        }

        return await _app.Http.SendAsync(request);
    }

    private async Task<IReadOnlyList<JsonNode>> AmbassadorsAsync() => [.. (await _api.Get("ambassadors")).Json!["items"]!.AsArray().OfType<JsonNode>()];

    private Task<IReadOnlyList<long>> AcceptedAsync() =>
        _app.Db.ManyAsync<long>("SELECT revision FROM rules_acceptances WHERE store_id = @s ORDER BY revision", new { s = _store.Id });

    private Task<long> LinkedAsync() => _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM ambassador_customers WHERE store_id = @s", new { s = _store.Id });
}
