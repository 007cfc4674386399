// A payee's way to Stripe and back, in a browser: the account is made once, and each link is made when it is asked for.
using System.Net;
using AngleSharp.Dom;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Data;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class OnboardingTests
{
    private PayoutWorld _world = null!;
    private string _ann = null!;
    private Browser _browser = null!;

    private FakeStripe Stripe => _world.Stripe;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync();
        _ann = await _world.AmbassadorAsync("Ann", account: null);
        _browser = await Rooms.SignInAsync(_world.App, _world.Store, _ann);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _browser.Dispose();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task The_account_is_made_once_and_the_browser_goes_straight_to_Stripe()
    {
        using var first = await StartAsync("DE");
        using var second = await StartAsync(null);

        var payee = Stripe.Payees.Single();
        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That(first.Headers.Location!.AbsoluteUri, Is.EqualTo($"https://connect.stripe.com/setup/e/{payee.Id}/once1"));
        Assert.That(second.Headers.Location!.AbsoluteUri, Does.EndWith("/once2"), "a link is made each time");
        Assert.That(first.Headers.CacheControl!.NoStore);
        Assert.That(await AccountAsync(), Is.EqualTo(payee.Id));
        Assert.That(payee.Form, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["business_type"] = "individual",
            ["capabilities[transfers][requested]"] = "true",
            ["controller[fees][payer]"] = "application",
            ["controller[losses][payments]"] = "application",
            ["controller[stripe_dashboard][type]"] = "express",
            ["country"] = "DE",
            ["email"] = _ann,
            ["metadata[ambassador_id]"] = _ann,
        }));
        var made = Stripe.Sends.First(request => request.PathAndQuery == "/v1/accounts");
        Assert.That(made.Headers["idempotency-key"], Is.EqualTo($"acct-{_ann}-1"));
        Assert.That(Stripe.Sends[^1].Body, Does.Contain("portal%2Fpayouts%2Frefresh").And.Contain("portal%2Fpayouts%2Freturn"));
    }

    [Test]
    public async Task In_the_United_States_card_payments_are_asked_for_as_well()
    {
        using var answer = await StartAsync("US");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That(Stripe.Payees.Single().Form["capabilities[card_payments][requested]"], Is.EqualTo("true"));
    }

    [Test]
    public async Task A_country_that_money_does_not_go_to_is_told_before_anything_is_made()
    {
        await _world.App.Get<StripeConnection>().CheckAsync(_world.Store, default);

        var page = await Browser.ReadAsync(await StartAsync("BR"), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text("#how-paid .alert"), Does.Contain("does not bring money from Lux to Brazil"));
        Assert.That(page.QuerySelectorAll("#how-paid option[value=BR]"), Is.Empty);
        Assert.That(Stripe.Payees, Is.Empty);
        Assert.That(await AccountAsync(), Is.Null);
    }

    [Test]
    public async Task A_recipient_gets_the_recipient_agreement()
    {
        await _world.App.Get<PayoutRoutes>().ReplaceAsync(_world.Store, [new RouteOverride("DE", "BR", "recipient")], default);
        await _world.App.Get<StripeConnection>().CheckAsync(_world.Store, default);

        using var answer = await StartAsync("BR");

        Assert.That(Stripe.Payees.Single().Form["tos_acceptance[service_agreement]"], Is.EqualTo("recipient"));
    }

    [Test]
    public async Task Whoever_comes_back_sees_what_Stripe_says_now()
    {
        using var start = await StartAsync("DE");
        using var early = await _browser.AskAsync("/portal/payouts/return");
        var unfinished = await _browser.GetAsync(early.Headers.Location!.OriginalString.Split('#')[0]);
        Stripe.Payees.Single().Ready();
        using var back = await _browser.AskAsync("/portal/payouts/return");
        var ready = await _browser.GetAsync("/portal");
        using var open = await _browser.SubmitAsync(ready.QuerySelector("form[action='/portal/payouts/account']")!);

        Assert.That(unfinished.Text("#how-paid"), Does.Contain("not finished").And.Contain("your bank account").And.Contain("your date of birth").And.Contain("Continue at Stripe"));
        Assert.That(ready.Text("#how-paid"), Does.Contain("Your payouts are set up").And.Contain("Sparkasse …1234"));
        Assert.That(open.Headers.Location!.AbsoluteUri, Does.StartWith("https://connect.stripe.com/express/"));
        Assert.That(await ApiStateAsync(), Is.EqualTo("ready"));
    }

    [Test]
    public async Task A_link_that_is_too_old_leads_to_a_new_one()
    {
        using var start = await StartAsync("DE");

        using var again = await _browser.AskAsync(Onboarding.RefreshPath);

        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That(again.Headers.Location!.AbsoluteUri, Does.EndWith("/once2"));
        Assert.That(Stripe.Payees, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_lost_answer_is_asked_for_again_under_the_same_key_and_a_refusal_under_the_next()
    {
        Stripe.Refuse("POST /v1/accounts", 500);
        var lost = await Browser.ReadAsync(await StartAsync("DE"), HttpStatusCode.UnprocessableEntity);
        Stripe.Refuse("POST /v1/accounts", 400, null, "You can only create new accounts if you've signed up for Connect");
        var refused = await Browser.ReadAsync(await StartAsync("DE"), HttpStatusCode.UnprocessableEntity);
        var findings = (await _world.App.Get<StripeConnection>().FindAsync(_world.Store, default))!.Findings;
        Stripe.Refuse("POST /v1/accounts");
        using var made = await StartAsync("DE");

        Assert.That(lost.Text("#how-paid .alert"), Does.Contain("Stripe did not answer"));
        Assert.That(refused.Text("#how-paid .alert"), Does.Contain("Lux is not ready yet to pay through Stripe"));
        Assert.That(findings.Single().Code, Is.EqualTo("connect-not-activated"));
        Assert.That(
            Stripe.Sends.Where(request => request.PathAndQuery == "/v1/accounts").Select(request => request.Headers["idempotency-key"]),
            Is.EqualTo([$"acct-{_ann}-1", $"acct-{_ann}-1", $"acct-{_ann}-2"]));
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That((await _world.App.Get<StripeConnection>().FindAsync(_world.Store, default))!.Findings, Is.Empty);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Many_clicks_at_once_make_one_account(bool sqlServer)
    {
        var databases = sqlServer ? TestDatabases.SqlServer : TestDatabases.Sqlite;
        var database = await databases.CreateAsync();
        await using (var world = await PayoutWorld.StartAsync(database: database))
        {
            var ann = await world.AmbassadorAsync("Ann", account: null);
            using var browser = await Rooms.SignInAsync(world.App, world.Store, ann);
            var token = TokenOf(await browser.GetAsync("/portal"));

            var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(
                _ => browser.PostAsync("/portal/payouts", new() { ["__RequestVerificationToken"] = token, ["country"] = "DE" })));

            Assert.That(world.Stripe.Payees, Has.Count.EqualTo(1));
            Assert.That(answers.Select(answer => answer.StatusCode), Has.All.EqualTo(HttpStatusCode.SeeOther));
            Assert.That(
                await world.Db.OneAsync<string>("SELECT stripe_account FROM ambassadors WHERE store_id = @s AND id = @ann", new { s = world.Store.Id, ann }),
                Is.EqualTo(world.Stripe.Payees.Single().Id));
        }

        await databases.DropAsync(database);
    }

    [Test]
    public async Task A_closed_account_is_replaced_and_payouts_are_held()
    {
        using var first = await StartAsync("DE");
        Stripe.Payees.Single().IsGone = true;

        var page = await Browser.ReadAsync(await StartAsync(null), HttpStatusCode.UnprocessableEntity);
        using var second = await StartAsync("DE");
        var after = await _browser.GetAsync("/portal");

        Assert.That(page.Text("#how-paid"), Does.Contain("Your account at Stripe is closed").And.Contain("The country you live in"));
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That(await AccountAsync(), Is.EqualTo("acct_made2"));
        Assert.That(after.Text("#how-paid"), Does.Contain("nothing is paid before 8 March 2026"));
        Assert.That(Stripe.Sends.Last(request => request.PathAndQuery == "/v1/accounts").Headers["idempotency-key"], Is.EqualTo($"acct-{_ann}-2"));
    }

    [Test]
    public async Task The_form_of_another_page_is_refused()
    {
        using var answer = await _browser.PostAsync("/portal/payouts", new() { ["country"] = "DE" });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(Stripe.Payees, Is.Empty);
    }

    [Test]
    public async Task A_store_without_Stripe_offers_nothing()
    {
        await using var world = await PayoutWorld.StartAsync(connected: false);
        using var browser = await Rooms.SignInAsync(world.App, world.Store, await world.AmbassadorAsync("Bob", account: null));

        Assert.That((await browser.GetAsync("/portal")).QuerySelector("#how-paid"), Is.Null);
    }

    [Test]
    public async Task No_link_is_in_a_log_a_mail_or_the_database()
    {
        var log = new CapturedLog();
        await using var stripe = await FakeStripe.StartAsync(() => StoreApp.Start);
        await using var app = await StoreApp.StartAsync(
            [new("Stripe:ApiUrl", stripe.Address.ToString()), new("Logging:LogLevel:Default", "Trace")],
            services => services.AddSingleton<ILoggerProvider>(log));
        var rooms = await Rooms.OpenAsync(app, mode: "test");
        await rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await app.Db.InTransactionAsync(tx => app.Get<StorePlugin.Stores.Credentials>().KeepAsync(
            tx, rooms.Store.Id, StorePlugin.Stores.CredentialKind.StripeSecretKey, new StorePlugin.Stores.Credential("sk_test_logged0001", null)));
        using var browser = await rooms.AmbassadorBrowserAsync("amb_ann");
        var page = await browser.GetAsync("/portal");
        using var answer = await browser.PostAsync("/portal/payouts", new() { ["__RequestVerificationToken"] = TokenOf(page), ["country"] = "DE" });
        await app.DrainAsync();

        Assert.That(answer.Headers.Location!.AbsoluteUri, Does.Contain("/once1"));
        Assert.That(log.Lines, Is.Not.Empty);
        Assert.That(string.Join('\n', log.Lines), Does.Not.Contain("once1").And.Not.Contain("sk_test_logged").And.Not.Contain("amb_ann@example.org"));
        Assert.That(await app.Db.ManyAsync<string>("SELECT payload FROM effects WHERE kind = 'mail'"), Has.None.Contains("stripe"));
        Assert.That(Directory.GetFiles(app.Folder, "storeplugin.db*"), Is.Not.Empty.And.None.Matches<string>(file => File.ReadAllBytes(file!).AsSpan().IndexOf("once1"u8) >= 0));
    }

    [Test]
    public async Task The_whole_way_can_be_rehearsed()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await InstalledShop.InstallAsync(app);
        var api = await ApiClient.OfAsync(app, shop.Store);
        var ann = (await api.AddAsync(await api.LiveAsync(), "ANN10")).Text("id");
        using var browser = await Rooms.SignInAsync(app, shop.Store, ann);

        using var start = await browser.PostAsync("/portal/payouts", new() { ["__RequestVerificationToken"] = TokenOf(await browser.GetAsync("/portal")), ["country"] = "AT" });
        var onboarding = await browser.GetAsync(start.Headers.Location!.PathAndQuery);
        using var confirmed = await browser.PostAsync(start.Headers.Location!.PathAndQuery, []);
        using var twice = await browser.PostAsync(start.Headers.Location!.PathAndQuery, []);
        using var back = await browser.AskAsync(confirmed.Headers.Location!.PathAndQuery);
        var ready = await browser.GetAsync("/portal");
        await app.DrainAsync();

        Assert.That(onboarding.Text("main"), Does.Contain("Stripe, rehearsed").And.Contain("AT"));
        Assert.That(confirmed.Headers.Location!.AbsolutePath, Is.EqualTo("/portal/payouts/return"));
        Assert.That(twice.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "a link works once");
        Assert.That(ready.Text("#how-paid"), Does.Contain("Your payouts are set up").And.Not.Contain("nothing is paid before"));

        // Another bank account, told by an event: the payouts wait.
        using var open = await browser.SubmitAsync(ready.QuerySelector("form[action='/portal/payouts/account']")!);
        using var changed = await browser.PostAsync(open.Headers.Location!.PathAndQuery, []);
        await app.DrainAsync();
        var held = await browser.GetAsync("/portal");
        var state = (await api.Get($"ambassadors/{ann}/payout-account")).Json!;

        Assert.That(changed.Headers.Location!.AbsolutePath, Is.EqualTo("/portal"));
        Assert.That(held.Text("#how-paid"), Does.Contain("The bank account at Stripe was changed. To protect you, nothing is paid before 8 March 2026."));
        Assert.That(((string?)state["state"], (string?)state["country"], (string?)state["heldUntil"]), Is.EqualTo(("ready", "AT", "2026-03-08T10:00:00Z")));
        Assert.That(await app.Db.ManyAsync<string>("SELECT outcome FROM effects WHERE kind = 'read_payee_account' ORDER BY id"), Is.EqualTo(["The account is ready.", "The account is ready."]));
    }

    private async Task<HttpResponseMessage> StartAsync(string? country)
    {
        var fields = new Dictionary<string, string> { ["__RequestVerificationToken"] = await TokenAsync() };
        if (country is not null)
        {
            fields["country"] = country;
        }

        return await _browser.PostAsync("/portal/payouts", fields);
    }

    private async Task<string> TokenAsync() => TokenOf(await _browser.GetAsync("/portal"));

    private static string TokenOf(IParentNode page) => page.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;

    private Task<string?> AccountAsync() =>
        _world.Db.OneAsync<string>("SELECT stripe_account FROM ambassadors WHERE store_id = @s AND id = @id", new { s = _world.Store.Id, id = _ann });

    private async Task<string?> ApiStateAsync()
    {
        var api = new ApiClient(_world.App, _world.App.Http.DefaultRequestHeaders.Authorization!.Parameter);
        return (string?)(await api.Get($"ambassadors/{_ann}/payout-account")).Json!["state"];
    }
}
