// Applications: the page that is open to everybody, what reaches the merchant, and what is decided on it.
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class ApplicationTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _page = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _page = $"/join/{_shop.CampaignId}";
        Assert.That((await SetAsync(_shop.CampaignId, open: true)).Status, Is.EqualTo(200));
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_campaign_takes_applications_once_its_merchant_says_so()
    {
        var live = await _api.LiveAsync();
        var before = await _api.Get($"campaigns/{live}/applications");
        using var browser = new Browser(_app.Address);
        await browser.GetAsync($"/join/{live}", HttpStatusCode.NotFound);

        var opened = await SetAsync(live, open: true);

        Assert.That(((bool)before.Json!["open"]!, (bool)opened.Json!["open"]!), Is.EqualTo((false, true)));
        Assert.That((await browser.GetAsync(new Uri(opened.Text("page")).AbsolutePath)).Text("h1"), Is.EqualTo("Become an ambassador of lux"));
        await SetAsync(live, open: false);
        await browser.GetAsync($"/join/{live}", HttpStatusCode.NotFound);
    }

    [Test]
    public async Task Closed_paused_ended_unknown_and_left_are_not_to_be_told_apart()
    {
        using var browser = new Browser(_app.Address);
        var draft = await _api.DraftAsync();
        await SetAsync(draft, open: true);
        var pages = new List<string>();
        foreach (var (change, path) in new[]
        {
            ("UPDATE campaigns SET applications = 'closed'", _page),
            ("UPDATE campaigns SET applications = 'open', state = 'paused'", _page),
            ("UPDATE campaigns SET state = 'ended'", _page),
            ("UPDATE campaigns SET state = 'draft'", $"/join/{draft}"),
            ("UPDATE campaigns SET state = 'live'", "/join/cmp_none"),
            ("UPDATE stores SET state = 'uninstalled'", _page),
        })
        {
            await _app.Db.DoAsync(change);
            _app.Get<StorePlugin.Stores.StoreDirectory>().Forget(_shop.Store);
            pages.Add((await browser.GetAsync(path, HttpStatusCode.NotFound)).Text("body"));
        }

        Assert.That(pages.Distinct(), Has.Exactly(1).Items);
    }

    [Test]
    public async Task The_page_says_what_it_is_about_and_escapes_what_people_wrote()
    {
        await _app.Db.DoAsync("UPDATE stores SET name = '<b>Lux</b>'");
        await _app.Db.DoAsync("UPDATE campaigns SET name = '<script>x</script>'");
        _app.Get<StorePlugin.Stores.StoreDirectory>().Forget(_shop.Store);
        using var browser = new Browser(_app.Address);

        var page = await browser.GetAsync(_page);

        Assert.That(page.Text("h1"), Is.EqualTo("Become an ambassador of <b>Lux</b>"));
        Assert.That(page.Text(), Does.Contain("You earn 10 % of each order").And.Contain("gets 10 % off").And.Contain("30 days").And.Contain("<script>x</script>"));
        Assert.That((page.QuerySelectorAll("script").Length, page.QuerySelectorAll("b").Length), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task An_application_reaches_the_merchant_and_the_person_is_thanked()
    {
        var answer = await ApplyAsync("Zoë Lindqvist", "Zoe@Example.com", " I love mugs.\r\nReally. ");

        Assert.That((answer.StatusCode, answer.Headers.Location!.OriginalString), Is.EqualTo((HttpStatusCode.Redirect, _page + "/thanks")));
        using var browser = new Browser(_app.Address);
        Assert.That((await browser.GetAsync(_page + "/thanks")).Text(), Does.Contain("lux has your application"));
        var application = (await ListAsync()).Single();
        Assert.That(
            $"{application["campaignId"]} {application["name"]} {application["email"]} {application["state"]} {application["appliedAt"]}",
            Is.EqualTo($"{_shop.CampaignId} Zoë Lindqvist Zoe@Example.com applied 2026-03-01T10:00:00Z"));
        Assert.That((string?)application["message"], Is.EqualTo("I love mugs.\nReally."));
    }

    [Test]
    public async Task Whether_an_address_is_known_is_told_to_nobody()
    {
        await _shop.AmbassadorAsync("ANN10", "ann@example.com");
        await ApplyAsync("Bob", "bob@example.com");

        var fresh = await ApplyAsync("Cid", "cid@example.com");
        var waiting = await ApplyAsync("Bob again", "Bob+1@example.com");
        var member = await ApplyAsync("Ann", "ann@example.com");

        Assert.That(
            new[] { waiting, member }.Select(answer => (answer.StatusCode, answer.Headers.Location)),
            Is.All.EqualTo((fresh.StatusCode, fresh.Headers.Location)));
        Assert.That((await ListAsync()).Select(application => (string?)application["name"]), Is.EqualTo(["Bob again", "Cid"]));
    }

    [Test]
    public async Task A_later_form_of_the_same_mailbox_says_it_anew_until_somebody_has_decided()
    {
        await ApplyAsync("Eve", "ann@example.com", "I am not Ann.");
        _app.Clock.Advance(TimeSpan.FromDays(1));

        await ApplyAsync("Ann", "Ann+mugs@example.com", "I love mugs.");

        var application = (await ListAsync()).Single();
        Assert.That(
            $"{application["name"]} {application["email"]} {application["message"]} {application["appliedAt"]}",
            Is.EqualTo("Ann ann@example.com I love mugs. 2026-03-01T10:00:00Z"));
        await _api.Post($"applications/{application["id"]}/rejection", new JsonObject { ["reason"] = "x" });
        await ApplyAsync("Ann once more", "ann@example.com");
        Assert.That((await ListAsync()).Select(row => $"{row["name"]} {row["state"]}"), Is.EqualTo(["Ann rejected", "Ann once more applied"]));
    }

    [TestCase("", "ann@example.com", "", "Your name must have")]
    [TestCase("Ann\nSmith", "ann@example.com", "", "Your name may not hold control characters.")]
    [TestCase("Ann", "ann", "", "Your e-mail address must look like")]
    [TestCase("Ann", "ann@example.com\r\nBcc: eve@example.com", "", "Your e-mail address must look like")]
    [TestCase("Ann", "ann@example.com", "\u0007", "Your message may not hold control characters.")]
    public async Task What_is_wrong_is_said_and_what_was_written_stays(string name, string email, string message, string problem)
    {
        var page = await Browser.ReadAsync(await ApplyAsync(name, email, message), HttpStatusCode.BadRequest);

        Assert.That(page.Text("[role=alert]"), Does.StartWith(problem));
        Assert.That(page.QuerySelector("input[name=email]")!.GetAttribute("value"), Is.EqualTo(email.ReplaceLineEndings("\n")).Or.EqualTo(email.ReplaceLineEndings("")));
        Assert.That(await ListAsync(), Is.Empty);
    }

    [Test]
    public async Task A_tab_is_a_blank()
    {
        await ApplyAsync("Ann\tSmith", "ann@example.com", "Mugs:\t12\n\tCups:\t3");

        var application = (await ListAsync()).Single();
        Assert.That(((string?)application["name"], (string?)application["message"]), Is.EqualTo(("Ann Smith", "Mugs: 12\n Cups: 3")));
    }

    [Test]
    public async Task A_message_that_is_too_long_comes_back_escaped()
    {
        var page = await Browser.ReadAsync(await ApplyAsync("\"><b>Ann", "ann@example.com", "</textarea><b>" + new string('x', 500)), HttpStatusCode.BadRequest);

        Assert.That(page.Text("[role=alert]"), Is.EqualTo("Your message may have 500 characters."));
        Assert.That(page.QuerySelector("input[name=name]")!.GetAttribute("value"), Is.EqualTo("\"><b>Ann"));
        Assert.That(page.QuerySelectorAll("b"), Is.Empty);
    }

    [Test]
    public async Task Who_filled_in_the_hidden_field_gets_the_form_back_and_may_send_it_as_it_stands()
    {
        using var browser = new Browser(_app.Address);
        var trapped = await Browser.ReadAsync(
            await ApplyAsync("Ann", "ann@example.com", "I love mugs.", trap: "https://ann.example", browser: browser), HttpStatusCode.BadRequest);
        var kept = await ListAsync();

        var again = await browser.SubmitAsync(trapped.QuerySelector("main form")!);

        Assert.That((kept.Count, trapped.Text("textarea")), Is.EqualTo((0, "I love mugs.")));
        Assert.That(trapped.Text("[role=alert]"), Does.StartWith("Something filled in a field that people leave empty."));
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That((string?)(await ListAsync()).Single()["name"], Is.EqualTo("Ann"));
    }

    [Test]
    public async Task A_form_from_elsewhere_is_refused()
    {
        using var browser = new Browser(_app.Address);

        var answer = await browser.PostAsync(_page, new() { ["name"] = "Ann", ["email"] = "ann@example.com" });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await ListAsync(), Is.Empty);
    }

    [Test]
    public async Task A_form_that_is_too_large_is_not_read()
    {
        var answer = await ApplyAsync("Ann", "ann@example.com", new string('x', 40_000));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(await ListAsync(), Is.Empty);
    }

    [Test]
    public async Task Too_many_applications_to_a_campaign_from_one_corner_of_the_network_are_refused()
    {
        await using var app = await StartAsync(new ApplicationLimit(burst: 2, TimeSpan.FromHours(1)));
        var shop = await Shop.OpenAsync(app);
        var other = await Shop.OpenAsync(app, "other");
        await app.Db.DoAsync("UPDATE campaigns SET applications = 'open'");

        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 3; i++)
        {
            answers.Add((await ApplyAsync("Ann", $"ann{i}@example.com", "", app: app, page: $"/join/{shop.CampaignId}")).StatusCode);
        }

        Assert.That(answers, Is.EqualTo([HttpStatusCode.Redirect, HttpStatusCode.Redirect, HttpStatusCode.TooManyRequests]));
        Assert.That((await ApplyAsync("Ann", "ann@example.com", app: app, page: $"/join/{other.CampaignId}")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        var refused = await Browser.ReadAsync(
            await ApplyAsync("Zoë", "zoe@example.com", "I love mugs.", app: app, page: $"/join/{shop.CampaignId}"), HttpStatusCode.TooManyRequests);
        Assert.That((refused.Text("[role=alert]"), refused.Text("textarea")), Is.EqualTo(("Too many applications came from your network just now. Wait a minute, then send it again.", "I love mugs.")));
    }

    [Test]
    public async Task Rubbish_from_one_machine_keeps_no_neighbour_from_applying()
    {
        await using var app = await StartAsync(new ApplicationLimit(burst: 1, TimeSpan.FromHours(1)));
        var page = $"/join/{(await Shop.OpenAsync(app)).CampaignId}";
        await app.Db.DoAsync("UPDATE campaigns SET applications = 'open'");
        using var browser = new Browser(app.Address);
        for (var i = 0; i < 3; i++)
        {
            Assert.That((await browser.PostAsync(page, new() { ["name"] = "x" })).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), "no token");
            Assert.That((await browser.PostAsync("/join/cmp_none", [])).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), "no campaign");
            Assert.That((await ApplyAsync("", "x", app: app, page: page)).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), "nothing in it");
        }

        Assert.That((await ApplyAsync("Ann", "ann@example.com", app: app, page: page)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    [Test]
    public async Task What_no_people_send_is_not_read()
    {
        await using var app = await StartAsync(new ApplicationLimit(burst: 1, TimeSpan.FromHours(1), formsBurst: 2, TimeSpan.FromHours(1)));
        using var browser = new Browser(app.Address);

        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 3; i++)
        {
            answers.Add((await browser.PostAsync("/join/cmp_none", [])).StatusCode);
        }

        Assert.That(answers, Is.EqualTo([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.TooManyRequests]));
    }

    [Test]
    public async Task A_campaign_with_as_many_applications_as_may_wait_takes_no_more()
    {
        await _app.Db.InTransactionAsync(tx => tx.DoAsync(
            """
            INSERT INTO applications (store_id, id, campaign_id, name, email, email_key, state, applied_at)
            VALUES (@s, @id, @c, 'x', 'x', @id, 'applied', 1)
            """,
            Enumerable.Range(0, Applications.WaitingMax).Select(i => new { s = _shop.Store.Id, id = $"app_{i}", c = _shop.CampaignId })));

        var page = await Browser.ReadAsync(await ApplyAsync("Ann", "ann@example.com", "I love mugs."), HttpStatusCode.Conflict);

        Assert.That(page.Text("[role=alert]"), Does.StartWith("No more applications are taken at the moment."));
        Assert.That((page.QuerySelector("input[name=name]")!.GetAttribute("value"), page.Text("textarea")), Is.EqualTo(("Ann", "I love mugs.")), "nobody writes it twice");
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM applications"), Is.EqualTo(Applications.WaitingMax));
    }

    [Test]
    public async Task An_approval_makes_an_ambassador_with_code_link_discount_and_dated_states()
    {
        await ApplyAsync("Zoë Lindqvist", "zoe@example.com");
        var id = (string)(await ListAsync()).Single()["id"]!;
        _app.Clock.Advance(TimeSpan.FromDays(1));

        var answer = await _api.Post($"applications/{id}/approval", new JsonObject { ["reason"] = "Known in town." });

        var ambassador = (await _api.Get($"ambassadors/{answer.Text("ambassadorId")}")).Json!;
        Assert.That((answer.Status, answer.Text("state"), answer.Text("decidedAt")), Is.EqualTo((200, "approved", "2026-03-02T10:00:00Z")));
        Assert.That(
            $"{ambassador["name"]} {ambassador["email"]} {ambassador["code"]} {ambassador["slug"]} {ambassador["approvedAt"]}",
            Is.EqualTo("Zoë Lindqvist zoe@example.com ZOË ZOË 2026-03-02T10:00:00Z"));
        var states = (await _api.Get($"ambassadors/{answer.Text("ambassadorId")}/states")).Json!["items"]!.AsArray();
        Assert.That(
            states.Select(state => $"{state!["state"]} {state["at"]} {((string?)state["actor"])!.Split('_')[0]} {state["reason"]}"),
            Is.EqualTo(["applied 2026-03-01T10:00:00Z applicant ", "approved 2026-03-02T10:00:00Z API key key Known in town."]));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT subject FROM effects WHERE kind = 'create_discount'"), Is.EqualTo([CodeKey.Of("ZOË")]));
    }

    [Test]
    public async Task A_code_may_be_given_and_one_that_is_taken_leaves_the_application_as_it_was()
    {
        await _shop.AmbassadorAsync("BOB10");
        await ApplyAsync("Ann", "ann@example.com");
        var id = (string)(await ListAsync()).Single()["id"]!;

        var taken = await _api.Post($"applications/{id}/approval", new JsonObject { ["code"] = "bob10" });
        var odd = await _api.Post($"applications/{id}/approval", new JsonObject { ["code"] = "a b" });
        var waiting = (await ListAsync("applied")).Count;
        var given = await _api.Post($"applications/{id}/approval", new JsonObject { ["code"] = "ANN99" });

        Assert.That(((taken.Status, taken.Problem), odd.Status, waiting), Is.EqualTo(((409, "/problems/code-taken"), 400, 1)));
        Assert.That((string?)(await _api.Get($"ambassadors/{given.Text("ambassadorId")}")).Json!["code"], Is.EqualTo("ANN99"));
    }

    [Test]
    public async Task What_is_decided_is_decided_once()
    {
        await ApplyAsync("Ann", "ann@example.com");
        await ApplyAsync("Bob", "bob@example.com");
        var ids = (await ListAsync()).Select(application => (string)application["id"]!).ToArray();
        await _api.Post($"applications/{ids[0]}/approval");
        var rejected = await _api.Post($"applications/{ids[1]}/rejection", new JsonObject { ["reason"] = "Too far away." });

        ApiAnswer[] again =
        [
            .. await Task.WhenAll(ids.Select(id => _api.Post($"applications/{id}/approval"))),
            .. await Task.WhenAll(ids.Select(id => _api.Post($"applications/{id}/rejection", new JsonObject { ["reason"] = "x" }))),
        ];

        Assert.That((rejected.Status, rejected.Text("state"), rejected.Text("reason"), rejected.Json!["ambassadorId"]), Is.EqualTo((200, "rejected", "Too far away.", (JsonNode?)null)));
        Assert.That(rejected.Text("decidedBy"), Does.StartWith("API key key_"));
        Assert.That(again.Select(answer => (answer.Status, answer.Problem)), Is.All.EqualTo((409, "/problems/application-decided")));
        Assert.That((await _api.Post($"applications/{ids[1]}/rejection", new JsonObject())).Status, Is.EqualTo(400), "a rejection needs a reason");
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM ambassadors"), Is.EqualTo(1));
    }

    [Test]
    public async Task Many_are_rejected_at_once_each_for_itself()
    {
        foreach (var name in new[] { "Ann", "Bob", "Cid" })
        {
            await ApplyAsync(name, $"{name}@example.com");
        }

        var ids = (await ListAsync()).Select(application => (string)application["id"]!).ToArray();
        await _api.Post($"applications/{ids[0]}/approval");

        var answer = await RejectAsync(ids[0], "app_none", ids[1], ids[2], ids[2]);
        var unknown = await RejectAsync("app_none");

        Assert.That(
            answer.Json!["items"]!.AsArray().Select(item => $"{item!["id"]} {item["result"]}"),
            Is.EqualTo([$"{ids[0]} application-decided", "app_none application-unknown", $"{ids[1]} rejected", $"{ids[2]} rejected"]));
        Assert.That((await ListAsync("rejected")).Select(row => $"{row["name"]} {row["reason"]}"), Is.EqualTo(["Bob Sent by a program.", "Cid Sent by a program."]));
        Assert.That((unknown.Status, unknown.Problem), Is.EqualTo((404, "/problems/application-unknown")));

        Task<ApiAnswer> RejectAsync(params string[] applications) => _api.Post(
            "application-rejections",
            new JsonObject { ["applications"] = new JsonArray([.. applications.Select(id => (JsonNode)id)]), ["reason"] = "Sent by a program." });
    }

    [TestCase("""{"applications":[],"reason":"x"}""")]
    [TestCase("""{"applications":[null],"reason":"x"}""")]
    [TestCase("""{"applications":["app_1"]}""")]
    [TestCase("""{"applications":["app_1"],"reason":"x","why":"y"}""")]
    public async Task A_rejection_of_many_that_is_none_is_refused(string body) =>
        Assert.That((await _api.Post("application-rejections", body)).Status, Is.EqualTo(400));

    [Test]
    public async Task The_merchant_sees_how_many_wait()
    {
        using var owner = await Rooms.SignInAsync(_app, _shop.Store, null);
        var before = (await owner.GetAsync("/dashboard")).QuerySelector("#waiting");

        await ApplyAsync("Ann", "ann@example.com");
        var one = (await owner.GetAsync("/dashboard")).Text("#waiting");
        await ApplyAsync("Bob", "bob@example.com");

        Assert.That((before, one), Is.EqualTo(((AngleSharp.Dom.IElement?)null, (await owner.GetAsync("/dashboard")).Text("#waiting").Replace("2 people wait", "1 person waits", StringComparison.Ordinal))));
        Assert.That(one, Does.StartWith("1 person waits for your answer to their application. What is not answered for 90 days ends."));
    }

    [Test]
    public async Task Who_was_rejected_may_apply_again_and_who_left_too()
    {
        await ApplyAsync("Ann", "ann@example.com");
        await _api.Post($"applications/{(await ListAsync()).Single()["id"]}/rejection", new JsonObject { ["reason"] = "Too early." });
        await ApplyAsync("Ann", "ann@example.com");
        var ann = (await _api.Post($"applications/{(await ListAsync("applied")).Single()["id"]}/approval")).Text("ambassadorId");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await _api.Post($"ambassadors/{ann}/ending");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await ApplyAsync("Ann", "ann@example.com");
        _app.Clock.Advance(TimeSpan.FromHours(1));

        var back = await _api.Post($"applications/{(await ListAsync("applied")).Single()["id"]}/approval");

        Assert.That(back.Text("ambassadorId"), Is.EqualTo(ann));
        Assert.That((await _api.Get($"ambassadors/{ann}")).Text("code"), Is.EqualTo("ANN2"));
        var states = (await _api.Get($"ambassadors/{ann}/states")).Json!["items"]!.AsArray();
        Assert.That(states.Select(state => (string?)state!["state"]), Is.EqualTo(["applied", "approved", "ended", "applied", "approved"]));
        await _shop.PaysAsync(new TestOrder("1", StoreApp.Start.AddHours(2.5)) with { CartRef = "ANN" });
        Assert.That((await _shop.ReceiptAsync("1")).Rule, Is.EqualTo("T10"), "to have applied again is not to be back");
    }

    [Test]
    public async Task The_list_is_read_by_state_and_page_by_page()
    {
        foreach (var name in new[] { "Ann", "Bob", "Cid" })
        {
            await ApplyAsync(name, $"{name}@example.com");
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await _api.Post($"applications/{(await ListAsync())[1]["id"]}/rejection", new JsonObject { ["reason"] = "x" });
        var first = await _api.Get("applications?state=applied&limit=1");
        var second = await _api.Get($"applications?state=applied&limit=1&after={first.Text("next")}");

        Assert.That(((string?)first.Json!["items"]![0]!["name"], (string?)second.Json!["items"]![0]!["name"]), Is.EqualTo(("Ann", "Cid")));
        Assert.That((second.Json["next"], (await ListAsync("rejected")).Count), Is.EqualTo(((JsonNode?)null, 1)));
        Assert.That((await _api.Get("applications?state=open")).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task A_rejected_persons_data_go_after_six_months_and_the_fact_stays()
    {
        await ApplyAsync("Ann", "ann@example.com", "I am ill.");
        await ApplyAsync("Bob", "bob@example.com");
        var ids = (await ListAsync()).Select(application => (string)application["id"]!).ToArray();
        await _api.Post($"applications/{ids[0]}/rejection", new JsonObject { ["reason"] = "Ann is a competitor's sister." });
        var bob = await _api.Post($"applications/{ids[1]}/approval");

        _app.Clock.Advance(TimeSpan.FromDays(182));
        await _app.Get<Retention>().RunOnceAsync(default);
        var before = (string?)(await ListAsync("rejected")).Single()["name"];
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _app.Get<Retention>().RunOnceAsync(default);

        var after = (await ListAsync("rejected")).Single();
        Assert.That(before, Is.EqualTo("Ann"));
        Assert.That(
            $"{after["name"]}|{after["email"]}|{after["message"]}|{after["reason"]}|{after["decidedAt"]}|{after["erasedAt"]}",
            Is.EqualTo("||||2026-03-01T10:00:00Z|2026-08-31T10:00:00Z"));
        Assert.That((await _api.Get($"ambassadors/{bob.Text("ambassadorId")}")).Text("email"), Is.EqualTo("bob@example.com"));
        Assert.That(await _app.Get<Retention>().RunOnceAsync(default), Is.Zero);
    }

    [Test]
    public async Task Of_who_was_approved_the_ambassador_alone_has_the_data()
    {
        await ApplyAsync("Ann", "ann@example.com", "I love mugs.");

        var approved = await _api.Post($"applications/{(await ListAsync()).Single()["id"]}/approval", new JsonObject { ["reason"] = "Known in town." });

        var kept = await _app.Db.ManyAsync<string>(
            "SELECT name || '|' || email || '|' || email_key || '|' || COALESCE(message, '') || '|' || reason || '|' || CAST(erased_at = decided_at AS varchar(1)) FROM applications");
        Assert.That(kept, Is.EqualTo(["||||Known in town.|1"]));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT name || '|' || email FROM ambassadors"), Is.EqualTo(["Ann|ann@example.com"]));
        Assert.That((approved.Text("name"), approved.Text("erasedAt")), Is.EqualTo(("", "2026-03-01T10:00:00Z")));
    }

    [Test]
    public async Task What_nobody_answered_for_90_days_ends_is_erased_and_holds_no_place()
    {
        await ApplyAsync("Ann", "ann@example.com", "I love mugs.");
        _app.Clock.Advance(TimeSpan.FromDays(90) - TimeSpan.FromSeconds(1));
        await ApplyAsync("Bob", "bob@example.com");
        await _app.Get<Retention>().RunOnceAsync(default);
        var before = (await ListAsync("applied")).Count;
        _app.Clock.Advance(TimeSpan.FromSeconds(1));

        await _app.Get<Retention>().RunOnceAsync(default);

        var ended = (await ListAsync("rejected")).Single();
        Assert.That(
            $"{ended["name"]}|{ended["email"]}|{ended["message"]}|{ended["decidedBy"]}|{ended["reason"]}|{ended["erasedAt"]}",
            Is.EqualTo("|||time|Nobody answered in time.|2026-05-30T10:00:00Z"));
        Assert.That((before, (string?)(await ListAsync("applied")).Single()["name"]), Is.EqualTo((2, "Bob")));
        using var browser = new Browser(_app.Address);
        Assert.That((await browser.GetAsync(_page)).Text(), Does.Contain("accepted, your name and address are kept").And.Contain("if nobody answers, after 90 days"));
    }

    [TestCase("{}")]
    [TestCase("""{"open":"yes"}""")]
    [TestCase("""{"open":true,"closed":false}""")]
    public async Task A_setting_that_is_none_changes_nothing(string body)
    {
        var answer = await _api.Send(HttpMethod.Put, $"campaigns/{_shop.CampaignId}/applications", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        Assert.That(answer.Status, Is.EqualTo(400));
        Assert.That((bool)(await _api.Get($"campaigns/{_shop.CampaignId}/applications")).Json!["open"]!);
    }

    [Test]
    public async Task A_campaign_that_has_ended_is_not_opened_any_more()
    {
        await _app.Db.DoAsync("UPDATE campaigns SET state = 'ended', applications = 'closed'");

        var opened = await SetAsync(_shop.CampaignId, open: true);

        Assert.That((opened.Status, opened.Problem), Is.EqualTo((409, "/problems/campaign-ended")));
        Assert.That((await SetAsync(_shop.CampaignId, open: false)).Status, Is.EqualTo(200));
    }

    [TestCase("Zoë Lindqvist", "ZOË")]
    [TestCase("Anna-Lena M.", "ANNALENA")]
    [TestCase("J. Smith", "SMITH")]
    [TestCase("李 娜", "AMBASSADOR-1")]
    [TestCase("李娜娜", "李娜娜")]
    [TestCase("X Æ A", "XÆA")]
    [TestCase("Admin", "AMBASSADOR-1")]
    [TestCase("😀", "AMBASSADOR-1")]
    [TestCase("Bartholomew-Maximilian-Ferdinand", "BARTHOLOMEWMAXIMILIA")]
    public void A_code_is_made_of_the_name(string name, string expected)
    {
        var code = ProposedCode.Free(ProposedCode.StemOf(name), new HashSet<string>());

        Assert.That(code, Is.EqualTo(expected));
        Assert.That(CodeKey.Refusal(code) ?? CodeWords.Refusal(code), Is.Null);
    }

    [Test]
    public void The_next_number_that_is_free_is_taken() =>
        Assert.That(ProposedCode.Free("ANN", new HashSet<string> { "ann", "ann2", "ann10" }), Is.EqualTo("ANN3"));

    private static Task<StoreApp> StartAsync(ApplicationLimit limit) => StoreApp.StartAsync(services: services => services.AddSingleton(limit));

    private Task<ApiAnswer> SetAsync(string campaign, bool open) => _api.Put($"campaigns/{campaign}/applications", new JsonObject { ["open"] = open });

    private async Task<List<JsonNode>> ListAsync(string? state = null) =>
        [.. (await _api.Get(state is null ? "applications" : $"applications?state={state}")).Json!["items"]!.AsArray().Select(item => item!).OrderBy(item => (string?)item["name"], StringComparer.Ordinal)];

    private async Task<HttpResponseMessage> ApplyAsync(
        string name, string email, string message = "", string trap = "", StoreApp? app = null, string? page = null, Browser? browser = null)
    {
        using var own = new Browser((app ?? _app).Address);
        var form = (await (browser ?? own).GetAsync(page ?? _page)).QuerySelector("main form")!;
        var fields = form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
        (fields["name"], fields["email"], fields["message"], fields[JoinEndpoints.Trap]) = (name, email, message, trap);
        return await (browser ?? own).PostAsync(form.GetAttribute("action")!, fields);
    }
}
