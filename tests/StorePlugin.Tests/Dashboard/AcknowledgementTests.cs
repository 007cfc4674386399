// A warning about an ambassador is acknowledged by an owner on the person's page, and the launch's checks point there.
using System.Net;
using System.Text.Json;
using AngleSharp.Dom;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
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

    [Test]
    public async Task What_stands_is_told_with_who_has_acknowledged_it_and_what_nobody_has_comes_first()
    {
        await _rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10", stripeAccount: "acct_1");
        await _app.Db.DoAsync("UPDATE ambassadors SET stripe_account = 'acct_1'");
        await OwnPersonAsync();
        await PlantRunAsync("run_1");
        await SendAsync("acknowledgements", ("rule", "TEAM"), ("reason", "She sells too."), ("until", "2026-08-31"));

        var page = await _owner.GetAsync(Ann);
        var other = await _owner.GetAsync("/dashboard/ambassadors/amb_bob");
        await SendAsync("acknowledgements", ("rule", "SHARE"), ("reason", "Our star."), ("until", "2026-08-31"));
        await SendAsync("acknowledgements", ("rule", "F2"), ("reason", "A couple."), ("until", "2026-08-31"));
        var allSaid = await _owner.GetAsync(Ann);

        Assert.That(Enumerable.Range(1, 3).Select(row => page.Text($"#standing div:nth-child({row})")), Is.EqualTo(new[]
        {
            "Gets more than half of it all (SHARE) The payout run that waits for approval pays more than half of its EUR to them. Not acknowledged yet.",
            "Is paid to the same place as somebody else (F2) Another person of the store is paid there as well. Not acknowledged yet.",
            "Is one of your own people (TEAM) They have the address of somebody of your own. Acknowledged by you until 1 Sep 2026, 00:00.",
        }));
        Assert.That(OffersOf(page), Is.EqualTo(new[] { "", "SHARE", "F2", "TEAM", "F4", "F5", "F6" }));
        Assert.That(page.QuerySelector("#warnings details")!.HasAttribute("open"), Is.True);
        Assert.That(other.QuerySelectorAll("#standing dt").Select(what => what.TextContent), Is.EqualTo(new[] { "Is paid to the same place as somebody else (F2)" }));
        Assert.That(allSaid.QuerySelectorAll("#standing .warn"), Is.Empty);
        Assert.That(allSaid.QuerySelector("#warnings details")!.HasAttribute("open"), Is.False, "nothing waits for a word");
    }

    [Test]
    public async Task What_does_not_stand_is_told_too_and_ends_with_its_cause()
    {
        var before = await _owner.GetAsync(Ann);
        await OwnPersonAsync();
        await PlantRunAsync("run_1");
        var during = await _owner.GetAsync(Ann);
        await PlantRunAsync("run_2", most: "amb_of_nobody");
        await _app.Get<StoreContact>().SetAsync(_rooms.Store, "else@example.com", default);
        var after = await _owner.GetAsync(Ann);

        Assert.That(before.Text("#standing"), Is.EqualTo("Neither a launch nor a payout run warns of them now."));
        Assert.That(OffersOf(before), Is.EqualTo(new[] { "", "TEAM", "SHARE", "F2", "F4", "F5", "F6" }));
        Assert.That(before.QuerySelector("#warnings details")!.HasAttribute("open"), Is.False);
        Assert.That(during.QuerySelectorAll("#standing dt"), Has.Length.EqualTo(2));
        Assert.That(after.Text("#standing"), Is.EqualTo(before.Text("#standing")), "the newest run is the one that counts");
    }

    [TestCase("state = 'approved'")]
    [TestCase("cancelled_at = 1")]
    public async Task A_run_that_waits_no_more_warns_of_nobody(string change)
    {
        await PlantRunAsync("run_1");
        Assert.That((await _owner.GetAsync(Ann)).QuerySelectorAll("#standing dt"), Has.Length.EqualTo(1));

        await _app.Db.DoAsync("UPDATE payout_runs SET " + change);

        Assert.That((await _owner.GetAsync(Ann)).QuerySelectorAll("#standing dt"), Is.Empty);
    }

    [Test]
    public async Task A_draft_whose_rehearsal_gave_most_to_whoever_has_their_share_warns_of_them_until_it_is_launched()
    {
        await Plant.RowAsync(
            _app.Db, "campaign_revisions", ("store_id", _rooms.Store.Id), ("campaign_id", _rooms.CampaignId), ("revision", 1L),
            ("terms", (new Terms(1000, 1000, 30, 30) { Rates = [new RateRule(null, "amb_ann", 5000)] }).ToJson()));
        await Plant.RowAsync(
            _app.Db, "rehearsals", ("store_id", _rooms.Store.Id), ("id", "reh_1"), ("campaign_id", _rooms.CampaignId), ("revision", 1L), ("scenario", "typical_month"),
            ("state", "finished"), ("currency", "EUR"), ("ended_at", 1L), ("payees", 5L), ("top_share_bp", 5001L), ("top_payee", "Mara Lindholm"));
        var live = await _owner.GetAsync(Ann);

        await _app.Db.DoAsync("UPDATE campaigns SET state = 'draft'");

        Assert.That((await _owner.GetAsync(Ann)).Text("#standing"), Does.Contain("(SHARE) In the rehearsal of a typical month more than half of the commission"));
        Assert.That(live.QuerySelectorAll("#standing dt"), Is.Empty);
    }

    [Test]
    public async Task The_list_shows_those_alone_whom_a_warning_means_and_nobody_has_acknowledged()
    {
        await _rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10", stripeAccount: "acct_1");
        await _rooms.AmbassadorAsync("amb_cid", "Cid", "CID10", stripeAccount: "acct_1");
        await OwnPersonAsync();
        await _app.Db.DoAsync("UPDATE ambassadors SET name = 'Bob Ash' WHERE id = 'amb_bob'");
        const string List = "/dashboard/ambassadors";

        var (own, sharing, named) = (await NamesAsync("warning=TEAM"), await NamesAsync("warning=F2"), await NamesAsync("warning=F2&q=ash"));
        await SendAsync("acknowledgements", ("rule", "TEAM"), ("reason", "She sells too."), ("until", "2026-08-31"));
        var file = await (await _owner.AskAsync($"{List}/export?warning=F2")).Content.ReadAsStringAsync();

        Assert.That((own, sharing, named), Is.EqualTo(("Ann", "Cid,Bob Ash", "Bob Ash")));
        Assert.That((await NamesAsync("warning=TEAM"), await NamesAsync("warning=nonsense")), Is.EqualTo(("", "Cid,Bob Ash,Ann")));
        Assert.That((await _owner.GetAsync($"{List}?warning=F2")).QuerySelector("[name=warning] option[selected]")!.GetAttribute("value"), Is.EqualTo("F2"));
        Assert.That(file, Does.Contain("Cid").And.Contain("Bob Ash").And.Not.Contain("Ann"));

        async Task<string> NamesAsync(string filter) =>
            string.Join(',', (await _owner.GetAsync($"{List}?{filter}")).QuerySelectorAll("tbody th a").Select(link => link.TextContent));
    }

    /// <summary>Ann has the address at which the store is written to.</summary>
    private async Task OwnPersonAsync()
    {
        await _app.Get<StoreContact>().SetAsync(_rooms.Store, "ann@lux.example", default);
        await _app.Db.DoAsync(
            "UPDATE ambassadors SET person_hash = @hash WHERE id = 'amb_ann'",
            new { hash = _app.Get<StoreKeys>().Hash(_rooms.Store, "email", PersonKey.OfEmail("ann@lux.example")) });
    }

    private Task PlantRunAsync(string id, string most = "amb_ann") => Plant.RowAsync(
        _app.Db, "payout_runs", ("store_id", _rooms.Store.Id), ("id", id), ("state", "preview"), ("created_by", "test"),
        ("preview", JsonSerializer.Serialize(
            [.. Enumerable.Range(0, 5).Select(i => new RunLine(i == 0 ? most : $"amb_{i}", i == 0 ? 401 : 100, "EUR", true, null, "acct_1"))], RunJson.Default.ListRunLine)));

    private static IEnumerable<string?> OffersOf(IDocument page) => page.QuerySelectorAll("#warnings [name=rule] option").Select(option => option.GetAttribute("value"));

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
