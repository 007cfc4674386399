// A warning about an ambassador is acknowledged by an owner on the person's page, and the launch's checks point there.
using System.Net;
using AngleSharp.Dom;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class AcknowledgementTests
{
    private const string Ann = "/dashboard/ambassadors/amb_ann";

    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        _owner = await _rooms.OwnerAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_warning_is_acknowledged_once_and_ended_again()
    {
        var kept = await SendAsync("acknowledgements", ("rule", "TEAM"), ("reason", "She <b>sells</b> too."), ("until", "2026-08-31"));
        var known = await _app.Get<FunnelWarnings>().ReadAsync(_rooms.Store, default);
        var page = await _owner.GetAsync(Ann);
        var again = await RefusedAsync(("rule", "TEAM"), ("reason", "Once more."), ("until", "2026-04-30"));
        var other = await SendAsync("acknowledgements", ("rule", "F2"), ("reason", "A couple."), ("until", "2026-04-30"));
        var ended = await SendAsync("acknowledgement-endings", ("rule", "TEAM"));
        var twice = await SendAsync("acknowledgement-endings", ("rule", "TEAM"));
        var after = await _owner.GetAsync(Ann);

        Assert.That((kept, other, ended, twice), Is.EqualTo(("warning-acknowledged", "warning-acknowledged", "warning-back", "warning-was-back")));
        Assert.That(known.Acknowledged, Is.EquivalentTo(new[] { ("amb_ann", "TEAM") }));
        Assert.That(page.Text("#warnings li"), Does.StartWith("Is one of your own people (TEAM): She <b>sells</b> too. By you on 1 Mar 2026"));
        Assert.That(page.Text("#warnings li"), Does.Contain("until 1 Sep 2026, 00:00."), "to the end of the day in the store's time zone");
        Assert.That(again.Text("#why-rule"), Is.EqualTo("Warning is acknowledged until 1 Sep 2026, 00:00 already; end that first."));
        Assert.That(again.QuerySelector("#warnings [name=reason]")!.GetAttribute("value"), Is.EqualTo("Once more."));
        Assert.That(after.QuerySelectorAll("#warnings li strong").Select(what => what.TextContent), Is.EqualTo(new[] { "Is paid to the same place as somebody else (F2)" }));
        Assert.That((await _app.Get<FunnelWarnings>().ReadAsync(_rooms.Store, default)).Acknowledged, Is.Empty);
    }

    [Test]
    public async Task What_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost()
    {
        var nothing = await RefusedAsync(("rule", ""), ("reason", " "), ("until", ""));
        var wrong = await RefusedAsync(("rule", "F1"), ("reason", new string('r', 201)), ("until", "soon"));
        var past = await RefusedAsync(("rule", "F6"), ("reason", "Why."), ("until", "2026-02-28"));
        var far = await RefusedAsync(("rule", "F6"), ("reason", "Why."), ("until", "2027-03-03"));

        Assert.That(
            nothing.QuerySelectorAll("#warnings [id^=why-]").Select(why => why.TextContent),
            Is.EqualTo(new[] { "Warning is missing.", "Why it may be so is missing.", "Until the end of is missing." }));
        Assert.That((wrong.Text("#why-rule"), wrong.Text("#why-until")), Is.EqualTo(("Warning must be F2 or F4 or F5 or F6 or SHARE or TEAM.", "Until the end of must be a day, such as 2026-12-31.")));
        Assert.That(wrong.Text("#why-reason"), Does.EndWith("must have 1 to 200 characters."));
        Assert.That((past.Text("#why-until"), far.Text("#why-until")), Is.EqualTo(("Until the end of must lie ahead, and within a year.", "Until the end of must lie ahead, and within a year.")));
        Assert.That((past.QuerySelector("#warnings option[selected]")!.GetAttribute("value"), past.QuerySelector("[name=until]")!.GetAttribute("value")), Is.EqualTo(("F6", "2026-02-28")));
        Assert.That(past.QuerySelector("#warnings details")!.HasAttribute("open"), Is.True);
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM exemptions"), Is.Zero);
    }

    [Test]
    public async Task Whoever_is_no_owner_sees_it_and_cannot_change_it()
    {
        await SendAsync("acknowledgements", ("rule", "SHARE"), ("reason", "Our star."), ("until", "2026-08-31"));
        foreach (var role in new[] { Role.Manager, Role.Viewer })
        {
            await _app.Get<Team>().AddAsync(_rooms.Store, role, $"{role}@example.com", role, "test", default);
            var id = await _app.Db.OneAsync<string>("SELECT id FROM team_members WHERE role = @role", new { role });
            using var other = await Rooms.SignInAsync(_app, _rooms.Store, null, id);
            var page = await other.GetAsync(Ann);
            var grant = await other.PostAsync($"{Ann}/acknowledgements", new(TokenOf(page)) { ["rule"] = "TEAM", ["reason"] = "x", ["until"] = "2026-08-31" });
            var end = await other.PostAsync($"{Ann}/acknowledgement-endings", new(TokenOf(page)) { ["rule"] = "SHARE" });

            Assert.That(page.Text("#warnings"), Does.Contain("Our star."), role);
            Assert.That(page.QuerySelectorAll("#warnings form, #warnings button"), Is.Empty, role);
            Assert.That((grant.StatusCode, end.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)), role);
        }

        Assert.That(await _app.Db.ManyAsync<string>("SELECT rule FROM exemptions WHERE ended_at IS NULL"), Is.EqualTo(["SHARE"]));
    }

    [Test]
    public async Task Another_stores_people_are_not_there()
    {
        await SendAsync("acknowledgements", ("rule", "TEAM"), ("reason", "She sells too."), ("until", "2026-08-31"));
        var others = await Rooms.OpenAsync(_app, "str_other", "Other");
        using var stranger = await others.OwnerAsync();
        var token = TokenOf(await stranger.GetAsync("/dashboard"));

        var grant = await stranger.PostAsync($"{Ann}/acknowledgements", new(token) { ["rule"] = "F2", ["reason"] = "x", ["until"] = "2026-08-31" });
        var end = await stranger.PostAsync($"{Ann}/acknowledgement-endings", new(token) { ["rule"] = "TEAM" });

        Assert.That((grant.StatusCode, end.StatusCode), Is.EqualTo((HttpStatusCode.NotFound, HttpStatusCode.NotFound)));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT rule FROM exemptions WHERE ended_at IS NULL"), Is.EqualTo(["TEAM"]));
    }

    private async Task<string> SendAsync(string what, params (string Name, string Value)[] fields)
    {
        var answer = await PostAsync(what, fields);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.OriginalString.Split('=')[^1];
    }

    private async Task<IDocument> RefusedAsync(params (string Name, string Value)[] fields) =>
        await Browser.ReadAsync(await PostAsync("acknowledgements", fields), HttpStatusCode.UnprocessableEntity);

    private async Task<HttpResponseMessage> PostAsync(string what, (string Name, string Value)[] fields)
    {
        var form = TokenOf(await _owner.GetAsync(Ann));
        foreach (var (name, value) in fields)
        {
            form[name] = value;
        }

        return await _owner.PostAsync($"{Ann}/{what}", form);
    }

    private static Dictionary<string, string> TokenOf(IDocument page) =>
        page.QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
}
