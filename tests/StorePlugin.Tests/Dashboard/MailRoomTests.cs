// The merchant's rooms of mails: the words of each, what became of each, the hours, and the addresses that get none.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Dashboard.Mails;
using StorePlugin.Mail;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class MailRoomTests
{
    private const string Mails = "/dashboard/mails";
    private const string Welcome = Mails + "/welcome";
    private const string Log = Mails + "/log";
    private const string Rules = Mails + "/settings";
    private const string Suppressed = Mails + "/suppressions";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private Browser _owner = null!;
    private string _ann = "";

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
        _ann = await _shop.AmbassadorAsync("ANN10", "ann@example.com");
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task The_settings_lead_to_the_seven_mails_that_can_be_worded()
    {
        await _api.Put("mail-texts/reward", new JsonObject { ["subject"] = "Yours" });

        var page = await _owner.GetAsync(Mails);

        Assert.That((await _owner.GetAsync("/dashboard/settings")).QuerySelector($".rooms a[href='{Mails}']"), Is.Not.Null);
        Assert.That(
            page.QuerySelectorAll("tbody th a").Select(link => link.GetAttribute("href")![(Mails.Length + 1)..]),
            Is.EqualTo(["invitation", "order_digest", "payout_failed", "payout_reversed", "payout_sent", "reward", "welcome"]));
        Assert.That(page.QuerySelectorAll("tbody tr").Count(row => row.TextContent.Contains("Yours, since", StringComparison.Ordinal)), Is.EqualTo(1));
        await _owner.GetAsync($"{Mails}/terms_changed", HttpStatusCode.NotFound);
    }

    [Test]
    public async Task Words_are_kept_shown_with_made_up_data_and_taken_back()
    {
        for (var i = 0; i < 2; i++)
        {
            var kept = await _owner.FillAsync(Welcome, Welcome, ("subject", "{name}, here is {code}"), ("opening", "Dear {name},\r\nwe are glad."), ("closing", ""));
            Assert.That(kept.To(), Is.EqualTo($"{Welcome}?notice=mail-text-kept"));
        }

        var page = await _owner.GetAsync(Welcome);
        var text = (await _api.Get("mail-texts/welcome")).Json!;
        Assert.That(((string?)text["subject"], (string?)text["opening"], (string?)text["closing"]), Is.EqualTo(("{name}, here is {code}", "Dear {name},\nwe are glad.", (string?)null)));
        Assert.That(page.QuerySelector("[name=subject]")!.GetAttribute("value"), Is.EqualTo("{name}, here is {code}"));
        Assert.That(page.Text("#preview"), Does.StartWith("As it goes out now").And.Contain("[Rehearsal] Ann Example, here is").And.Contain("Dear Ann Example, we are glad."));
        Assert.That(page.Text("#placeholders"), Does.Contain("{code}").And.Contain("the reader's name"));

        for (var i = 0; i < 2; i++)
        {
            Assert.That((await _owner.PushAsync(Mails, $"{Welcome}/removal")).To(), Is.EqualTo($"{Welcome}?notice=mail-text-dropped"));
        }

        var after = await _owner.GetAsync(Welcome);
        Assert.That(after.QuerySelector($"form[action='{Welcome}/removal']"), Is.Null, "nothing is left to go back from");
        Assert.That((await _api.Get("mail-texts/welcome")).Json!["subject"], Is.Null);
        Assert.That(after.Text("#preview"), Does.Contain("Hello Ann Example,"));
    }

    [Test]
    public async Task A_look_keeps_nothing_and_runs_nothing()
    {
        var look = await Browser.ReadAsync(await _owner.FillAsync(
            Welcome, Welcome, ("subject", "For {shop}"), ("opening", "<script>alert(1)</script><img src=x> {campaign}"), ("closing", ""), ("step", "look")));

        Assert.That(look.Text("#preview"), Does.StartWith("With what you have typed, which is not kept yet").And.Contain("For lux").And.Contain("<script>alert(1)</script><img src=x> Spring friends"));
        Assert.That(look.QuerySelectorAll("main script, main img"), Is.Empty);
        Assert.That(look.QuerySelector("[name=opening]")!.TextContent, Does.Contain("{campaign}"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM mail_texts"), Is.Zero);
    }

    [TestCase("Hello {nmae}", "Yours", "Nothing was kept. Subject: {nmae} is no placeholder of this mail. It knows {name}, {shop}, {campaign}, {code}.")]
    [TestCase("Hello", "{amount} is yours", "Nothing was kept. Opening: {amount} is no placeholder of this mail.")]
    [TestCase("", "", "Nothing was kept: there are no words in any of the three fields.")]
    [TestCase("Hello", "a\tb", "The opening must not hold control characters.")]
    public async Task What_is_wrong_is_told_and_nothing_typed_is_lost(string subject, string opening, string why)
    {
        var page = await Browser.ReadAsync(await _owner.FillAsync(Welcome, Welcome, ("subject", subject), ("opening", opening), ("closing", "")), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text(".alert"), Does.StartWith(why));
        Assert.That(page.QuerySelector("[name=subject]")!.GetAttribute("value") ?? "", Is.EqualTo(subject));
        Assert.That(page.QuerySelector("[name=opening]")!.TextContent, Is.EqualTo(opening));
        Assert.That(page.QuerySelector("#preview"), Is.Null);
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM mail_texts"), Is.Zero);
    }

    [Test]
    public async Task The_log_says_of_each_mail_to_whom_it_goes_and_what_came_of_it()
    {
        await _app.Db.DoAsync("UPDATE ambassadors SET name = 'Ann <b>'");
        await CauseAsync(new MailNotice(MailNotice.Welcome, _ann), "state = 'done', outcome = @taken, done_at = created_at");
        await CauseAsync(new MailNotice(MailNotice.RewardGiven, _ann, Reward: "rew_1"), "state = 'done', outcome = 'The person wants none of these mails.', done_at = created_at");
        await CauseAsync(new MailNotice(MailNotice.OrderDigest, _ann, new DateOnly(2026, 3, 1)), "due_at = due_at + 3600000");
        await CauseAsync(new MailNotice(MailNotice.MessageWaits, _ann, new DateOnly(2026, 3, 1)), "due_at = due_at + 3600000, attempts = 2, outcome = 'The mail server refuses for now (451).'");
        await CauseAsync(new MailNotice(MailNotice.Invited, null, Invitation: "inv_1"), "state = 'dead', outcome = 'The mail server refuses the mailbox (550).', done_at = created_at");
        await CauseAsync(new MailNotice(MailNotice.QuestionWaits, _ann, new DateOnly(2026, 3, 1)), "state = 'done', outcome = @folder, done_at = created_at");

        var rows = (await _owner.GetAsync(Log)).QuerySelectorAll("#mails tbody tr").Select(row => row.Text("th") + " | " + row.Text("[data-label=To]") + " | " + row.Text(".why")).ToList();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(rows[0], Does.StartWith("An ambassador waits for an answer").And.Contain("| Your store | Sent").And.Contain("mail folder"));
            Assert.That(rows[1], Does.StartWith("Invitation").And.Contain("| Somebody whom you have invited | Given up").And.Contain("(550). Try again"));
            Assert.That(rows[2], Does.Contain("| Ann <b> | Waiting The mail server refuses for now (451). 2 tries have failed; it is tried again at 1 Mar 2026, 12:00."));
            Assert.That(rows[3], Does.Contain("| Waiting It waits until 1 Mar 2026, 12:00."));
            Assert.That(rows[4], Does.StartWith("A reward").And.Contain("| Kept back").And.Contain("wants none of these mails"));
            Assert.That(rows[5], Does.StartWith("Welcome 1 Mar 2026, 11:00").And.Contain("| Ann <b> | Sent 1 Mar 2026, 11:00 The mail server took the mail."));
            Assert.That((await _owner.GetAsync(Log)).QuerySelector($"#mails a[href='/dashboard/ambassadors/{_ann}']"), Is.Not.Null);
            Assert.That((await _owner.GetAsync(Log)).Body!.TextContent, Does.Not.Contain("@example.com"));
            foreach (var (show, count) in new[] { ("waiting", 2), ("sent", 2), ("kept", 1), ("dead", 1), ("nonsense", 6) })
            {
                Assert.That((await _owner.GetAsync($"{Log}?show={show}")).QuerySelectorAll("#mails tbody tr"), Has.Length.EqualTo(count), show);
            }
        }
    }

    [Test]
    public async Task A_mail_that_was_given_up_is_tried_again_by_its_own_store_alone()
    {
        var other = await Shop.OpenAsync(_app, "other");
        using var stranger = await Rooms.SignInAsync(_app, other.Store, null);
        var id = await CauseAsync(new MailNotice(MailNotice.Welcome, _ann), "state = 'dead', outcome = 'Refused.', done_at = created_at");
        Assert.That((await stranger.GetAsync(Log)).QuerySelector("#mails"), Is.Null);
        Assert.That((await stranger.PushAsync(Log, $"{Log}/{id}/replays")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));

        var button = (await _owner.GetAsync(Log)).QuerySelector("#mails button")!;
        Assert.That((await _owner.PressAsync(button)).To(), Is.EqualTo($"{Log}?notice=mail-again"));
        Assert.That((await _owner.PressAsync(button)).To(), Is.EqualTo($"{Log}?notice=settled"));
        Assert.That(await _app.Db.OneAsync<string>("SELECT state FROM effects WHERE id = @id", new { id }), Is.EqualTo("pending"));
    }

    [Test]
    public async Task An_effect_of_another_kind_is_no_mail_and_stays_given_up()
    {
        var id = await CauseAsync(new MailNotice(MailNotice.Welcome, _ann), "state = 'dead', attempts = 12, outcome = 'Refused.', done_at = created_at");
        await _app.Db.DoAsync("UPDATE effects SET kind = 'create_discount' WHERE id = @id", new { id });

        var answer = await _owner.PushAsync(Log, $"{Log}/{id}/replays");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await _app.Db.OneAsync<string>("SELECT state || ' ' || attempts || ' ' || outcome FROM effects WHERE id = @id", new { id }), Is.EqualTo("dead 12 Refused."));
    }

    [Test]
    public async Task The_log_goes_page_by_page_keeps_its_filter_and_ends_after_thirty_days()
    {
        for (var i = 1; i <= 30; i++)
        {
            await CauseAsync(new MailNotice(MailNotice.Welcome, _ann, Return: i), "state = 'dead', outcome = 'Refused.', done_at = created_at");
        }

        var first = await _owner.GetAsync($"{Log}?show=dead");
        var next = first.QuerySelector("a[rel=next]")!.GetAttribute("href")!;
        var second = await _owner.GetAsync(next);
        _app.Clock.Advance(MailLog.Shown + TimeSpan.FromMinutes(1));
        using var later = await Rooms.SignInAsync(_app, _shop.Store, null);

        Assert.That(next, Does.StartWith($"{Log}?show=dead&before="));
        Assert.That((first.QuerySelectorAll("#mails tbody tr").Length, second.QuerySelectorAll("#mails tbody tr").Length), Is.EqualTo((25, 5)));
        Assert.That(second.QuerySelector("a[rel=next]"), Is.Null);
        Assert.That((await later.GetAsync(Log)).Text(), Does.Contain("No mail was caused in this time."));
    }

    [Test]
    public async Task Hours_and_the_number_of_a_week_are_judged_as_the_API_judges_them()
    {
        for (var i = 0; i < 2; i++)
        {
            var kept = await _owner.FillAsync(Rules, Rules, ("weeklyCap", "3"), ("quiet", "yes"), ("from", "22:30"), ("until", "07:00"));
            Assert.That(kept.To(), Is.EqualTo($"{Rules}?notice=mail-rules-kept"));
        }

        Assert.That(
            (await _api.Get("mail-settings")).Json!.ToJsonString(), Is.EqualTo("""{"weeklyCap":3,"quietHours":{"from":"22:30","until":"07:00"}}"""));
        foreach (var (field, value, why) in new[]
        {
            ("weeklyCap", "0", "How many mails in seven days must be a whole number from 1 to 50."), ("weeklyCap", "many", "How many mails in seven days must be a number"),
            ("until", "22:30", "The end of the hours must not be the same as from."), ("from", "late", "The beginning of the hours must"),
        })
        {
            var fields = new Dictionary<string, string> { ["weeklyCap"] = "5", ["quiet"] = "yes", ["from"] = "22:30", ["until"] = "07:00", [field] = value };
            var page = await Browser.ReadAsync(await _owner.FillAsync(Rules, Rules, [.. fields.Select(one => (one.Key, one.Value))]), HttpStatusCode.UnprocessableEntity);
            Assert.That(page.Text(".alert"), Does.StartWith(why));
            Assert.That(page.QuerySelector($"[name={field}]")!.GetAttribute("value"), Is.EqualTo(value));
        }

        Assert.That((string?)(await _api.Get("mail-settings")).Json!["quietHours"]!["from"], Is.EqualTo("22:30"));
        await _owner.FillAsync(Rules, Rules, ("weeklyCap", "4"), ("from", "22:30"), ("until", "22:30"));
        Assert.That((await _api.Get("mail-settings")).Json!.ToJsonString(), Is.EqualTo("""{"weeklyCap":4,"quietHours":null}"""));
    }

    [Test]
    public async Task An_address_is_kept_out_once_and_let_in_again_with_a_reason()
    {
        for (var i = 0; i < 2; i++)
        {
            Assert.That((await _owner.FillAsync(Rules, Suppressed, ("email", "Ann@example.com"), ("detail", "Asked by phone."))).To(), Is.EqualTo($"{Rules}?notice=mail-refused"));
        }

        var page = await _owner.GetAsync(Rules);
        var row = page.QuerySelectorAll("#refused tbody tr").Single();
        Assert.That(row.TextContent, Does.Contain("ANN10").And.Contain("Kept out by your team").And.Contain("Asked by phone.").And.Contain("by you"));
        Assert.That(page.Body!.TextContent, Does.Not.Contain("@example.com"), "the address is not kept");

        var form = row.QuerySelector("form")!;
        var without = await Browser.ReadAsync(await _owner.FillAsync(form, ("reason", new string('x', 201))), HttpStatusCode.UnprocessableEntity);
        Assert.That(without.Text(".alert"), Is.EqualTo("The reason must have 1 to 200 characters."));
        Assert.That(without.QuerySelector("[name=reason]")!.GetAttribute("value"), Has.Length.EqualTo(201));
        Assert.That((await _owner.FillAsync(form, ("reason", "A mistake."))).To(), Is.EqualTo($"{Rules}?notice=mail-allowed"));
        Assert.That((await _owner.FillAsync(form, ("reason", "A mistake."))).StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "it is there no more");
        Assert.That((await _owner.GetAsync(Rules)).Text("#refused"), Does.Contain("There are none."));
    }

    [Test]
    public async Task What_a_person_has_asked_for_only_they_take_back()
    {
        var list = _app.Get<Suppressions>();
        var id = await list.AddAsync(_shop.Store, list.HashOf(_shop.Store, "eve@example.com"), SuppressionReason.OptedOut, null, Suppressions.TheReader, default);

        var page = await _owner.GetAsync(Rules);
        var refused = await Browser.ReadAsync(await _owner.PushAsync(Rules, $"{Suppressed}/{id}/lifting", ("reason", "We miss them.")), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text("#refused tbody"), Does.StartWith("Nobody who takes part Wants only what is owed: payouts and terms Only they can take it back"));
        Assert.That(refused.Text(".alert"), Does.Contain("only they can take that back"));
        Assert.That(await list.FindAsync(_shop.Store, id, default), Is.Not.Null);
    }

    [Test]
    public async Task Another_stores_entry_is_not_there_and_a_wrong_address_is_told_and_kept_in_the_form()
    {
        var id = (await _api.Post("mail-suppressions", new JsonObject { ["email"] = "dan@example.com" })).Text("id");
        using var stranger = await Rooms.SignInAsync(_app, (await Shop.OpenAsync(_app, "other")).Store, null);
        Assert.That((await stranger.PushAsync(Rules, $"{Suppressed}/{id}/lifting", ("reason", "x"))).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));

        var page = await Browser.ReadAsync(await stranger.FillAsync(Rules, Suppressed, ("email", "nobody"), ("detail", "A note")), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text(".alert"), Is.EqualTo("The address must be an e-mail address, such as ann@example.com."));
        Assert.That((page.QuerySelector("[name=email]")!.GetAttribute("value"), page.QuerySelector("[name=detail]")!.GetAttribute("value")), Is.EqualTo(("nobody", "A note")));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM mail_suppressions"), Is.EqualTo(1));
    }

    /// <summary>Puts a mail into the outbox and says what came of it. Returns its id.</summary>
    private async Task<string> CauseAsync(MailNotice notice, string set)
    {
        // Ids of one millisecond have no order.
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await _app.Db.InTransactionAsync(tx => notice.AddAsync(tx, _shop.Store.Id, _app.Clock.GetUtcNow()));
        var args = new { subject = notice.Subject, taken = MailSender.Taken, folder = MailSender.InFolderPattern.Replace("%", "eff.eml.", StringComparison.Ordinal) };
        await _app.Db.DoAsync($"UPDATE effects SET {set} WHERE kind = 'mail' AND subject = @subject", args);
        return (await _app.Db.OneAsync<string>("SELECT id FROM effects WHERE kind = 'mail' AND subject = @subject", args))!;
    }
}
