// Connecting Stripe: the key is used once, and what is wrong with it or the account is told by name.
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class StripeConnectionTests
{
    private const string Key = "rk_test_newkey000099";

    private PayoutWorld _world = null!;

    private FakeStripe Stripe => _world.Stripe;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync(connected: false);
        Stripe.TellsBalance = true;
    }

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task A_key_that_works_is_kept_and_what_it_shows_is_told_without_a_secret()
    {
        var (status, put) = await PutAsync();
        var text = await _world.App.Http.GetStringAsync(Path());

        var shown = JsonNode.Parse(text)!;
        Assert.That((status, put["findings"]!.AsArray().Count), Is.EqualTo((HttpStatusCode.OK, 0)));
        Assert.That(put.ToJsonString(), Is.EqualTo("""{"connected":true,"mode":"test","last4":"0099","findings":[]}"""));
        Assert.That(
            ((string?)shown["accountId"], (string?)shown["country"], (string?)shown["mode"], (string?)shown["last4"], (int)shown["webhookSecrets"]!),
            Is.EqualTo((FakeStripe.MainAccount, "DE", "test", "0099", 1)));
        Assert.That(shown["balance"]!.ToJsonString(), Is.EqualTo("""[{"minor":1000000,"currency":"EUR"}]"""));
        Assert.That((string?)shown["readAt"], Is.EqualTo("2026-03-01T10:00:00Z"));
        Assert.That(text, Does.Not.Contain("newkey").And.Not.Contain("whsec"));
        Assert.That(Stripe.Requests.Select(request => $"{request.Method} {request.PathAndQuery}"), Is.EqualTo(["GET /v1/account", "GET /v1/balance", "GET /v1/balance_settings"]));
        Assert.That(Stripe.Requests.Select(request => request.Headers["stripe-version"]), Is.All.EqualTo(StripeClient.ApiVersion));
    }

    [Test]
    public async Task A_key_that_Stripe_rejects_is_refused_and_nothing_changes()
    {
        await PutAsync();
        Stripe.Refuse("GET /v1/account", 401, null, "Invalid API Key provided");

        var (status, body) = await PutAsync("rk_test_otherkey0001");

        Assert.That((status, (string?)body["type"]), Is.EqualTo((HttpStatusCode.UnprocessableEntity, "/problems/stripe-key-rejected")));
        Assert.That((await _world.App.Get<Credentials>().FindAsync(_world.Store.Id, CredentialKind.StripeSecretKey))!.Value, Is.EqualTo(Key));
        Assert.That(body.ToJsonString(), Does.Not.Contain("otherkey"));
    }

    [TestCase("GET /v1/account", 403, "key-permission-missing", "warns")]
    [TestCase("GET /v1/balance", 403, "key-permission-missing", "warns")]
    [TestCase("GET /v1/balance_settings", 403, "key-permission-missing", "warns")]
    [TestCase("GET /v1/account", 404, "not-checked", "unknown")]
    [TestCase("GET /v1/account", 500, "not-checked", "unknown")]
    [TestCase("GET /v1/balance", 503, "not-checked", "unknown")]
    public async Task What_could_not_be_looked_at_is_a_finding_and_no_refusal(string call, int answer, string code, string severity)
    {
        Stripe.Refuse(call, answer, answer == 404 ? "resource_missing" : null, "The provided key does not have the required permissions");

        var (status, body) = await PutAsync();

        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Findings(body), Is.EqualTo([$"{severity} {code}"]));
        Assert.That(await _world.App.Get<Credentials>().FindAsync(_world.Store.Id, CredentialKind.StripeSecretKey), Is.Not.Null);
    }

    [Test]
    public async Task A_Stripe_that_does_not_answer_at_all_refuses_no_key()
    {
        await Stripe.DisposeAsync();

        var (status, body) = await PutAsync();

        Assert.That((status, Findings(body).Single()), Is.EqualTo((HttpStatusCode.OK, "unknown not-checked")));
    }

    [Test]
    public async Task An_empty_balance_and_a_schedule_that_empties_it_are_named_with_their_cure()
    {
        Stripe.TopUp("eur", -1_000_000);
        Stripe.TopUp("usd", 5_000);
        Stripe.OwnSchedule = "daily";
        Stripe.Own["details_submitted"] = false;

        var (_, empty) = await PutAsync();
        Stripe.TopUp("eur", 1);
        Stripe.OwnMinimum = 100_00;
        Stripe.Own["details_submitted"] = true;
        var (_, full) = await PutAsync();

        Assert.That(Findings(empty), Is.EqualTo(["warns account-incomplete", "warns no-balance", "warns payouts-empty-balance"]));
        Assert.That(empty["findings"]!.AsArray().Select(finding => (string?)finding!["fix"]), Is.All.Not.Empty);
        Assert.That(Findings(full), Is.Empty);
    }

    [Test]
    public async Task The_schedule_is_read_from_the_account_where_the_settings_are_not_there()
    {
        Stripe.Refuse("GET /v1/balance_settings", 404, "resource_missing");
        Stripe.Own["settings"] = JsonNode.Parse("""{"payouts":{"schedule":{"interval":"weekly"}}}""");

        Assert.That(Findings((await PutAsync()).Body), Is.EqualTo(["warns payouts-empty-balance"]));
    }

    [TestCase("You can only create new accounts if you've signed up for Connect, which you can do at https://dashboard.stripe.com/connect.", "connect-not-activated", "blocks")]
    [TestCase("Please review the responsibilities of managing losses for connected accounts at https://dashboard.stripe.com/settings/connect/platform-profile.", "connect-profile-incomplete", "blocks")]
    [TestCase("Your platform needs approval for accounts to have requested the `transfers` capability without the `card_payments` capability.", "connect-approval", "blocks")]
    [TestCase("The provided key does not have the required permissions for this endpoint.", "key-permission-missing", "blocks")]
    [TestCase("Something of next year.", "account-refused", "warns")]
    public void A_refusal_to_make_an_account_names_what_is_wrong_with_the_stores_own(string message, string code, string severity)
    {
        var finding = StripeFinding.OfRefusal("invalid_request_error", message);

        Assert.That((finding.Code, finding.Severity), Is.EqualTo((code, severity)));
    }

    [Test]
    public async Task A_store_without_a_key_is_shown_as_not_connected() =>
        Assert.That((await _world.App.Http.GetFromJsonAsync<JsonObject>(Path()))!["connected"]!.GetValue<bool>(), Is.False);

    [Test]
    public async Task Ways_between_countries_follow_the_regions_and_the_stores_own_word()
    {
        await PutAsync();
        var own = JsonContent.Create(new { routes = new[] { new { to = "BR", route = "recipient" }, new { to = "FR", route = "none" } } });

        var before = await RoutesAsync(await _world.App.Http.GetAsync(Path("payout-routes")));
        var after = await RoutesAsync(await _world.App.Http.PutAsync(Path("payout-routes"), own));
        var bad = await _world.App.Http.PutAsync(Path("payout-routes"), JsonContent.Create(new { routes = new[] { new { to = "br", route = "fast" } } }));

        Assert.That((before["DE"], before["FR"], before["US"], before["CA"], before["BR"], before["JP"]), Is.EqualTo(("full", "full", "full", "full", "none", "none")));
        Assert.That((after["DE"], after["FR"], after["BR"]), Is.EqualTo(("full", "none", "recipient")));
        Assert.That(bad.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await _world.App.Get<PayoutRoutes>().CountriesAsync(_world.Store, default)).Select(country => country.Code), Does.Contain("BR").And.Not.Contain("FR").And.Not.Contain("JP"));
    }

    [TestCase("US", "MX", "recipient")]
    [TestCase("US", "DE", "full")]
    [TestCase("JP", "JP", "full")]
    [TestCase("JP", "DE", "none")]
    [TestCase("GB", "AU", "none")]
    [TestCase(null, "AU", "full")]
    public void A_way_by_the_programs_own_list(string? from, string to, string route) => Assert.That(Route.Of(from, to), Is.EqualTo(route));

    [Test]
    public async Task The_page_says_what_Stripe_needs_before_a_key_is_asked_for_and_then_what_is_wrong()
    {
        Stripe.OwnSchedule = "daily";
        using var owner = await Rooms.SignInAsync(_world.App, _world.Store, null);
        var first = await owner.GetAsync("/dashboard/payouts/stripe");

        using var answer = await owner.PostAsync("/dashboard/payouts/stripe", new()
        {
            ["__RequestVerificationToken"] = first.QuerySelector("form.fields input[name=__RequestVerificationToken]")!.GetAttribute("value")!,
            ["secretKey"] = Key,
            ["webhookSecret"] = "whsec_account",
        });
        var second = await owner.GetAsync(answer.Headers.Location!.OriginalString);
        using var again = await owner.SubmitAsync(second.QuerySelector("form[action$=readings]")!);

        Assert.That(first.Text(), Does.Contain("Connect is activated").And.Contain("liability for losses").And.Contain("available balance").And.Contain("gift cards")
            .And.Contain($"/webhooks/stripe/{_world.Store.Id}").And.Contain("account.external_account.updated").And.Contain("transfer.reversed"));
        Assert.That(second.Text("#findings"), Does.Contain("set a minimum balance").And.Contain("€ 10,000.00"));
        Assert.That(second.Text("body"), Does.Not.Contain("newkey").And.Not.Contain("whsec_account"));
        Assert.That(again.Headers.Location!.OriginalString, Does.Contain("stripe-read"));

        var wrong = await Browser.ReadAsync(
            await owner.PostAsync("/dashboard/payouts/stripe", new()
            {
                ["__RequestVerificationToken"] = second.QuerySelector("form.fields input[name=__RequestVerificationToken]")!.GetAttribute("value")!,
                ["secretKey"] = "rk_live_wrongmode0001",
            }),
            HttpStatusCode.UnprocessableEntity);
        Assert.That(wrong.Text(".alert"), Does.Contain("this store is a test store"));
        Assert.That(wrong.Source.Text, Does.Not.Contain("wrongmode"));
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> PutAsync(string key = Key)
    {
        var response = await _world.App.Http.PutAsJsonAsync(Path(), new { secretKey = key, webhookSecrets = new[] { "whsec_one" } });
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private static IReadOnlyList<string> Findings(JsonNode body) =>
        [.. body["findings"]!.AsArray().Select(finding => $"{(string?)finding!["severity"]} {(string?)finding["code"]}")];

    private static async Task<Dictionary<string, string>> RoutesAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
        return JsonNode.Parse(text)!["routes"]!.AsArray().ToDictionary(route => (string)route!["to"]!, route => (string)route!["route"]!);
    }

    private static Uri Path(string name = "stripe-connection") => new("/api/v1/" + name, UriKind.Relative);
}
