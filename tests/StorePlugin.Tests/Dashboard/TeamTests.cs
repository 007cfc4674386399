// Who may come in, and do what: members of the team, their roles and sessions, and one mail for all rooms of an address.
using System.Net;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed partial class TeamTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        _owner = await _rooms.OwnerAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Whoever_is_added_gets_a_link_and_may_do_what_was_said()
    {
        await _rooms.DeadEffectAsync("eff_1", "The store refused.");
        await AddAsync("Max <b>Muster</b>", "Max@Example.com", "manager");

        using var max = await ComeInAsync("Max@Example.com");
        var team = await max.GetAsync("/dashboard/team");
        var replay = await max.PostAsync("/dashboard/effects/eff_1/replays", TokenOf(team));
        var add = await max.PostAsync("/dashboard/team", new(TokenOf(team)) { ["name"] = "Eve", ["email"] = "eve@example.com", ["role"] = "owner" });
        var money = await max.PostAsync("/dashboard/payouts/stripe", new(TokenOf(team)) { ["secretKey"] = "sk_live_eve" });

        Assert.That(team.Text("#members"), Does.Contain("Max <b>Muster</b> (you)").And.Contain("Manager: runs the programme"));
        Assert.That(team.QuerySelector("#add"), Is.Null);
        Assert.That(replay.Headers.Location!.OriginalString, Is.EqualTo("/dashboard?notice=replayed"));
        var plan = await max.PostAsync("/dashboard/plan", TokenOf(team));
        Assert.That((add.StatusCode, money.StatusCode, plan.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)));
        Assert.That(await MembersAsync(), Is.EqualTo(["max@example.com manager"]));
    }

    [Test]
    public async Task A_viewer_sees_everything_and_changes_nothing()
    {
        await _rooms.DeadEffectAsync("eff_1", "The store refused.");
        await AddAsync("Vera", "vera@example.com", "viewer");

        using var vera = await ComeInAsync("vera@example.com");
        var page = await vera.GetAsync("/dashboard");
        var replay = await Browser.ReadAsync(await vera.PostAsync("/dashboard/effects/eff_1/replays", TokenOf(page)), HttpStatusCode.Forbidden);

        Assert.That(page.QuerySelector("main")!.GetAttribute("class"), Does.Contain("readonly"));
        Assert.That((await _owner.GetAsync("/dashboard")).QuerySelector("main")!.GetAttribute("class"), Does.Not.Contain("readonly"));
        Assert.That(replay.Text("main"), Does.Contain("what you wanted to do on it, is for someone else").And.Contain("To the overview"));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT state FROM effects WHERE id = 'eff_1'"), Is.EqualTo(["dead"]));
        foreach (var path in new[] { "/dashboard/orders", "/dashboard/ambassadors", "/dashboard/team", "/dashboard/payouts/stripe", "/dashboard/privacy-requests" })
        {
            await vera.GetAsync(path);
        }
    }

    [Test]
    public async Task A_role_counts_at_once_and_a_removal_ends_what_is_open()
    {
        await AddAsync("Max", "max@example.com", "viewer");
        using var max = await ComeInAsync("max@example.com");
        var id = await _app.Db.OneAsync<string>("SELECT id FROM team_members");
        var page = await _owner.GetAsync("/dashboard/team");
        var change = await _owner.PostAsync($"/dashboard/team/{id}/role", new(TokenOf(page)) { ["role"] = "owner" });
        var asOwner = await max.GetAsync("/dashboard/team");
        await AskAsync(max, "max@example.com");
        var link = LinksOf(ReadMail.AllOf(_app)[^1]).Single();

        var removal = await _owner.PostAsync($"/dashboard/team/{id}/removal", TokenOf(page));
        using var other = new Browser(_app.Address);

        Assert.That(change.Headers.Location!.OriginalString, Is.EqualTo("/dashboard/team?notice=member-changed"));
        Assert.That(asOwner.QuerySelector("#add"), Is.Not.Null);
        Assert.That(removal.Headers.Location!.OriginalString, Is.EqualTo("/dashboard/team?notice=member-removed"));
        Assert.That((await max.AskAsync("/dashboard")).Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        Assert.That((await other.AskAsync(link)).StatusCode, Is.EqualTo(HttpStatusCode.Gone));
        Assert.That(await _app.Db.OneAsync<string>("SELECT name || email || email_key || COALESCE(person_hash, '') FROM team_members"), Is.EqualTo("Max"));
        await AddAsync("Max", "max@example.com", "viewer");
        Assert.That(await MembersAsync(), Is.EqualTo(["max@example.com viewer"]), "who was removed may come back");
    }

    [Test]
    public async Task One_mail_lists_all_rooms_of_an_address_and_no_store_learns_of_another()
    {
        var other = await Rooms.OpenAsync(_app, "str_other", "Other");
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.KnowAsync("amb_ann", "ann@example.com");
        await _app.Get<Team>().AddAsync(other.Store, "Ann", "ann@example.com", Role.Viewer, "test", default);
        using var ann = new Browser(_app.Address);

        var answer = await AskAsync(ann, "Ann@example.com");
        var mail = ReadMail.AllOf(_app).Single();
        var rooms = new List<string>();
        foreach (var link in LinksOf(mail))
        {
            var page = await ann.GetAsync(link);
            rooms.Add((await ann.SubmitAsync(page.QuerySelector("main form")!)).Headers.Location!.OriginalString);
        }

        Assert.That(answer.Text("main"), Does.Contain("If this address takes part anywhere here, a link is on its way."));
        Assert.That(mail.Text, Does.Contain("Other, as its team").And.Contain("Lux & Co, as an ambassador in “Spring”"));
        Assert.That(rooms, Is.EqualTo(["/dashboard", "/portal"]));
        Assert.That((await ann.AskAsync("/dashboard")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), "a session holds one room");
        Assert.That((await _owner.GetAsync("/dashboard/ambassadors/amb_ann")).Text("body"), Does.Not.Contain("Other"));
    }

    [Test]
    public async Task A_rehearsal_that_somebody_made_takes_no_mail_from_live_stores_and_stands_in_none()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.KnowAsync("amb_ann", "ann@example.com");
        var rehearsal = await Rooms.OpenAsync(_app, "str_made", "Made up", mode: "test");
        await rehearsal.AmbassadorAsync("amb_zoe", "Ann", "ZOE10");
        await rehearsal.KnowAsync("amb_zoe", "ann@example.com");
        using var ann = new Browser(_app.Address);

        await AskAsync(ann, "ann@example.com");
        var mails = ReadMail.AllOf(_app);

        Assert.That(mails.Select(mail => LinksOf(mail).Count), Is.EqualTo([1, 1]));
        Assert.That(mails.Count(mail => mail.Text.Contains("Lux & Co", StringComparison.Ordinal) && !mail.Text.Contains("Made up", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(mails.Count(mail => mail.Text.Contains("Made up", StringComparison.Ordinal) && !mail.Text.Contains("Lux & Co", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task Whoever_takes_no_part_gets_the_same_answer_and_no_mail()
    {
        await AddAsync("Max", "max@example.com", "viewer");
        var mails = ReadMail.AllOf(_app).Count;
        using var browser = new Browser(_app.Address);

        var known = (await AskAsync(browser, "max@example.com")).Text("main");
        var unknown = (await AskAsync(browser, "nobody@example.com")).Text("main");
        var form = FormOf(await browser.GetAsync("/sign-in"), "max@");
        var wrong = await browser.SubmitAsync(form);

        Assert.That(unknown, Is.EqualTo(known));
        Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(mails + 1));
        Assert.That((await Browser.ReadAsync(wrong, HttpStatusCode.BadRequest)).Text("[role=alert]"), Does.Contain("must look like"));
    }

    [Test]
    public async Task A_mailbox_is_not_filled()
    {
        await AddAsync("Max", "max@example.com", "viewer");
        using var browser = new Browser(_app.Address);
        for (var i = 0; i < 6; i++)
        {
            await AskAsync(browser, "max@example.com");
        }

        Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(1 + 3), "the one of the addition, and three within some minutes");
    }

    [Test]
    public async Task What_cannot_be_used_is_said_and_kept_in_the_form()
    {
        await AddAsync("Max", "max@example.com", "viewer");

        var twice = await Browser.ReadAsync(await AddAsync("Max", "MAX@example.com", "viewer"), HttpStatusCode.UnprocessableEntity);
        var nameless = await Browser.ReadAsync(await AddAsync(" ", "eve@example.com", "viewer"), HttpStatusCode.UnprocessableEntity);
        var role = await Browser.ReadAsync(await AddAsync("Eve", "eve@example.com", "king"), HttpStatusCode.UnprocessableEntity);

        Assert.That(twice.Text("[role=alert]"), Does.Contain("on the team already"));
        Assert.That(nameless.Text("[role=alert]"), Does.Contain("1 to 120"));
        Assert.That(role.Text("[role=alert]"), Does.Contain("what they may do"));
        Assert.That(role.QuerySelector("#add [name=email]")!.GetAttribute("value"), Is.EqualTo("eve@example.com"));
        Assert.That(await MembersAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Sessions_are_seen_and_ended()
    {
        await AddAsync("Max", "max@example.com", "viewer");
        using var max = await ComeInAsync("max@example.com");
        var page = await _owner.GetAsync("/dashboard/team");
        var row = page.QuerySelectorAll("#sessions tbody tr").Single(line => line.TextContent.Contains("Max", StringComparison.Ordinal));

        var ended = await _owner.SubmitAsync(row.QuerySelector("form")!);

        Assert.That(page.Text("#sessions"), Does.Contain("(this one)"));
        Assert.That(ended.Headers.Location!.OriginalString, Is.EqualTo("/dashboard/team?notice=session-ended"));
        Assert.That((await max.AskAsync("/dashboard")).Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        await _owner.GetAsync("/dashboard");
    }

    [Test]
    public async Task Another_stores_members_and_sessions_are_not_there()
    {
        var other = await Rooms.OpenAsync(_app, "str_other", "Other");
        await _app.Get<Team>().AddAsync(other.Store, "Otto", "otto@example.com", Role.Viewer, "test", default);
        using var otto = await ComeInAsync("otto@example.com");
        var (id, session) = (await _app.Db.OneAsync<string>("SELECT id FROM team_members"), await _app.Db.OneAsync<string>("SELECT token_hash FROM sessions WHERE store_id = 'str_other'"));
        var page = await _owner.GetAsync("/dashboard/team");

        foreach (var (path, field, value) in new[] { ($"{id}/role", "role", "owner"), ($"{id}/removal", "role", ""), ("sessions/end", "session", session!) })
        {
            Assert.That((await _owner.PostAsync($"/dashboard/team/{path}", new(TokenOf(page)) { [field] = value })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }

        Assert.That(page.Text("body"), Does.Not.Contain("Otto"));
        await otto.GetAsync("/dashboard");
    }

    [Test]
    public async Task A_payee_who_is_on_the_team_is_one_of_the_stores_own_people()
    {
        await _rooms.AmbassadorAsync("amb_max", "Max", "MAX10");
        await _rooms.KnowAsync("amb_max", "max+shop@example.com");
        var before = await _app.Get<FunnelWarnings>().ReadAsync(_rooms.Store, default);
        await AddAsync("Max", "max@example.com", "viewer");

        Assert.That(before.OwnPeople, Is.Empty);
        Assert.That((await _app.Get<FunnelWarnings>().ReadAsync(_rooms.Store, default)).OwnPeople, Is.EqualTo(["amb_max"]));
    }

    private async Task<HttpResponseMessage> AddAsync(string name, string email, string role)
    {
        var page = await _owner.GetAsync("/dashboard/team");
        var answer = await _owner.PostAsync("/dashboard/team", new(TokenOf(page)) { ["name"] = name, ["email"] = email, ["role"] = role });
        await _app.DrainAsync();
        return answer;
    }

    /// <summary>By the newest mail to the address.</summary>
    private async Task<Browser> ComeInAsync(string email)
    {
        var browser = new Browser(_app.Address);
        if (!ReadMail.AllOf(_app).Any(mail => mail["To"].Contains(email, StringComparison.OrdinalIgnoreCase)))
        {
            await AskAsync(browser, email);
        }

        var link = LinksOf(ReadMail.AllOf(_app).Last(mail => mail["To"].Contains(email, StringComparison.OrdinalIgnoreCase))).Single();
        await browser.SubmitAsync((await browser.GetAsync(link)).QuerySelector("main form")!);
        return browser;
    }

    private async Task<IDocument> AskAsync(Browser browser, string email)
    {
        var answer = await Browser.ReadAsync(await browser.SubmitAsync(FormOf(await browser.GetAsync("/sign-in"), email)));
        await _app.Get<SignInAsks>().RunOnceAsync(default);
        await _app.DrainAsync();
        return answer;
    }

    private async Task<IReadOnlyList<string>> MembersAsync() =>
        await _app.Db.ManyAsync<string>("SELECT email_key || ' ' || role FROM team_members WHERE removed_at IS NULL ORDER BY id");

    private static IElement FormOf(IDocument page, string email)
    {
        var form = page.QuerySelector("form[action='/sign-in']")!;
        form.QuerySelector("input[name=email]")!.SetAttribute("value", email);
        return form;
    }

    private static Dictionary<string, string> TokenOf(IDocument page) =>
        page.QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

    private static List<string> LinksOf(ReadMail mail) => [.. Link().Matches(mail.Text).Select(match => new Uri(match.Value).PathAndQuery)];

    [GeneratedRegex("http[^\\s]+/sign-in/[^\\s]+", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Link();
}
