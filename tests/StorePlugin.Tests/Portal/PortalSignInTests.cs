// Ambassadors have a sign-in link sent to them, and nobody learns from it who takes part.
using System.Net;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Mail;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Portal;

internal sealed partial class PortalSignInTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _browser = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.KnowAsync("amb_ann", "ann@example.com");
        _browser = new Browser(_app.Address);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _browser.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Whoever_takes_part_gets_a_link_that_works_once()
    {
        var answer = await AskAsync("ann@example.com");
        await _app.DrainAsync();
        var mail = ReadMail.AllOf(_app).Single();
        var path = LinkOf(mail);

        var page = await _browser.GetAsync(path);
        var first = await _browser.SubmitAsync(page.QuerySelector("main form")!);
        var room = await _browser.GetAsync("/portal");
        using var other = new Browser(_app.Address);
        var second = await other.AskAsync(path);

        Assert.That(answer.Text("main"), Does.Contain("If this address takes part with Lux & Co, a link is on its way."));
        Assert.That(mail["To"], Does.Contain("ann@example.com"));
        Assert.That((first.StatusCode, first.Headers.Location!.OriginalString), Is.EqualTo((HttpStatusCode.Redirect, "/portal")));
        Assert.That(room.Text("h1"), Is.EqualTo("Hello Ann"));
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.Gone));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT payload FROM effects"), Has.None.Contains("sign-in").And.None.Contains("ann@"));
    }

    [Test]
    public async Task A_link_has_had_its_time_after_fifteen_minutes_from_when_the_mail_left()
    {
        await AskAsync("ann@example.com");
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        await _app.DrainAsync();
        var path = LinkOf(ReadMail.AllOf(_app).Single());
        _app.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        var good = await _browser.AskAsync(path);
        _app.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.That(good.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _browser.AskAsync(path)).StatusCode, Is.EqualTo(HttpStatusCode.Gone));
    }

    [Test]
    public async Task The_answer_and_the_work_are_the_same_for_whoever_takes_no_part()
    {
        var known = (await AskAsync("ann@example.com")).Text("main");
        var (requests, mails) = await RowsAsync();
        var unknown = (await AskAsync("eve@example.com")).Text("main");

        Assert.That(unknown, Is.EqualTo(known));
        Assert.That(await RowsAsync(), Is.EqualTo((requests * 2, mails * 2)), "one row and one effect each, so that no time tells either");
        await _app.DrainAsync();
        Assert.That(ReadMail.AllOf(_app).Select(mail => mail["To"]), Has.Exactly(1).Items.And.All.Contains("ann@example.com"));
    }

    [Test]
    public async Task Whoever_takes_part_in_several_campaigns_gets_one_mail_with_a_link_for_each()
    {
        await _app.Db.DoAsync("INSERT INTO campaigns (store_id, id, name, state, created_at) VALUES ('str_lux', 'cmp_2', 'Summer', 'live', 1)");
        await _rooms.AmbassadorAsync("amb_ann2", "Ann", "ANN20");
        await _app.Db.DoAsync("UPDATE ambassadors SET campaign_id = 'cmp_2' WHERE id = 'amb_ann2'");
        await _rooms.KnowAsync("amb_ann2", "Ann@Example.com");
        await _rooms.AmbassadorAsync("amb_tag", "Ann", "ANN30");
        await _app.Db.DoAsync("INSERT INTO campaigns (store_id, id, name, state, created_at) VALUES ('str_lux', 'cmp_3', 'Autumn', 'live', 1)");
        await _app.Db.DoAsync("UPDATE ambassadors SET campaign_id = 'cmp_3' WHERE id = 'amb_tag'");
        await _rooms.KnowAsync("amb_tag", "ann+autumn@example.com");

        await AskAsync("ann@example.com");
        await _app.DrainAsync();
        var mail = ReadMail.AllOf(_app).Single();

        Assert.That(Link().Count(mail.Text), Is.EqualTo(2), "what follows a plus may be another mailbox");
        Assert.That(mail.Text, Does.Contain("Sign in to “Spring”").And.Contain("Sign in to “Summer”"));
    }

    [Test]
    public async Task The_same_address_at_another_store_is_not_meant()
    {
        var other = await Rooms.OpenAsync(_app, "str_other", "Other");

        await AskAsync("ann@example.com", other.Store.Id);
        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app), Is.Empty);
    }

    [Test]
    public async Task The_store_is_found_by_what_people_know_of_it()
    {
        var only = await _browser.GetAsync("/portal/sign-in");
        await Rooms.OpenAsync(_app, "str_other", "Other");
        var several = await _browser.GetAsync("/portal/sign-in");
        var unknown = await _browser.GetAsync("/portal/sign-in?store=nobody.example", HttpStatusCode.NotFound);

        Assert.That(only.Text("h1"), Is.EqualTo("Sign in as an ambassador of Lux & Co"));
        Assert.That(several.QuerySelector("input[name=store]")!.GetAttribute("type"), Is.Null, "it is asked for");
        Assert.That(unknown.Text("[role=alert]"), Does.StartWith("No store is known by that name."));
        foreach (var query in new[] { "store=str_lux", "store=str_lux.myshopify.com", "store=https%3A%2F%2Fstr_lux.myshopify.com%2F", "link=ann10-str_lux", "store=https%3A%2F%2Frefer.example%2Fr%2Fann10-str_lux" })
        {
            Assert.That((await _browser.GetAsync($"/portal/sign-in?{query}")).Text("h1"), Is.EqualTo("Sign in as an ambassador of Lux & Co"), query);
        }
    }

    [Test]
    public async Task Whoever_comes_to_the_portal_without_a_session_is_led_there()
    {
        var answer = await _browser.AskAsync("/portal");
        var page = await _browser.GetAsync(answer.Headers.Location!.OriginalString);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(page.QuerySelector("form[action='/sign-in']"), Is.Not.Null);
    }

    [Test]
    public async Task What_is_no_address_and_a_form_from_elsewhere_ask_for_nothing()
    {
        await _browser.GetAsync("/portal/sign-in");
        var wrong = await FillAsync("no address", "str_lux");
        var foreign = await _browser.PostAsync("/portal/sign-in", new() { ["store"] = "str_lux", ["email"] = "ann@example.com" });

        Assert.That((wrong.StatusCode, foreign.StatusCode), Is.EqualTo((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest)));
        Assert.That(await RowsAsync(), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public async Task A_mailbox_gets_few_mails_and_nobody_is_told_so()
    {
        var answers = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            answers.Add((await AskAsync(i % 2 == 0 ? "ann@example.com" : "ann+x@example.com")).Text("main"));
        }

        Assert.That(answers.Distinct().Count(), Is.EqualTo(1));
        Assert.That((await RowsAsync()).Mails, Is.EqualTo(3));
    }

    [Test]
    public async Task One_corner_of_the_network_asks_for_so_many_links()
    {
        await using var app = await StoreApp.StartAsync(
            services: services => services.AddSingleton(new SignInLimit(burst: 2, TimeSpan.FromHours(1), mailsBurst: 10, TimeSpan.FromHours(1))));
        await Rooms.OpenAsync(app);
        using var browser = new Browser(app.Address);
        var form = (await browser.GetAsync("/portal/sign-in")).QuerySelector("main form")!;
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 3; i++)
        {
            answers.Add((await FillAsync(browser, form, $"ann{i}@example.com")).StatusCode);
        }

        Assert.That(answers, Is.EqualTo([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests]));
    }

    [TestCase("/portal", true)]
    [TestCase("/portal#payouts", true)]
    [TestCase("/portal/statements/2026-03", true)]
    [TestCase("/portal?notice=x", true)]
    [TestCase("/portals", false)]
    [TestCase("/dashboard", false)]
    [TestCase("//evil.example/portal", false)]
    [TestCase("/portal//evil.example", false)]
    [TestCase("/portal/../dashboard", false)]
    [TestCase("/portal\\evil", false)]
    [TestCase("https://evil.example/portal", false)]
    [TestCase("/portal\r\nSet-Cookie: x", false)]
    public async Task A_link_leads_into_the_portal_and_nowhere_else(string path, bool isOwn)
    {
        Assert.That(PortalPath.IsOwn(path), Is.EqualTo(isOwn));
        if (!isOwn)
        {
            await Assert.ThatAsync(() => _app.Get<SignIn>().NewLinkAsync(_rooms.Store, Role.Ambassador, "amb_ann", default, path), Throws.ArgumentException);
        }
    }

    private async Task<IDocument> AskAsync(string email, string store = "str_lux") => await Browser.ReadAsync(await FillAsync(email, store));

    private async Task<HttpResponseMessage> FillAsync(string email, string store) =>
        await FillAsync(_browser, (await _browser.GetAsync($"/portal/sign-in?store={store}")).QuerySelector("main form")!, email);

    private static Task<HttpResponseMessage> FillAsync(Browser browser, IElement form, string email)
    {
        var fields = form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
        fields["email"] = email;
        return browser.PostAsync(form.GetAttribute("action")!, fields);
    }

    private async Task<(long Requests, long Mails)> RowsAsync() => (
        await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM sign_in_requests"),
        await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE kind = 'mail'"));

    private static string LinkOf(ReadMail mail) => new Uri(Link().Match(mail.Text).Value).PathAndQuery;

    [GeneratedRegex("http[^\\s]+/sign-in/[^\\s]+", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Link();
}
