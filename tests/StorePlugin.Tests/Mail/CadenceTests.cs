// How often a person is written to and at which hours not: what waits, what is told later, and that two workers count as one.
using System.Globalization;
using System.Text.Json.Nodes;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

internal sealed class CadenceTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;

    [SetUp]
    public async Task SetUp()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
    }

    [TearDown]
    public async Task TearDown() => await _app.DisposeAsync();

    [Test]
    public async Task The_third_mail_of_a_week_waits_until_the_first_is_seven_days_old()
    {
        await WelcomeAsync(_ann, 1);
        _app.Clock.Advance(TimeSpan.FromDays(2));
        await WelcomeAsync(_ann, 2);
        await WelcomeAsync(_ann, 3);
        var due = await _app.Db.OneAsync<DateTimeOffset>("SELECT due_at FROM effects WHERE kind = 'mail' AND state = 'pending'");
        _app.Clock.MoveTo(due.AddSeconds(-1));
        await _app.DrainAsync();
        var before = ReadMail.AllOf(_app).Count;
        _app.Clock.MoveTo(due);
        await _app.DrainAsync();

        Assert.That((due, before, ReadMail.AllOf(_app).Count), Is.EqualTo((StoreApp.Start.AddDays(7), 2, 3)));
        Assert.That(await _app.Db.OneAsync<long>("SELECT MAX(attempts) FROM effects WHERE kind = 'mail'"), Is.Zero, "waiting costs no attempt");
    }

    [Test]
    public async Task The_limit_is_one_persons_over_all_campaigns()
    {
        var draft = await _api.LiveAsync(friend: 0);
        var same = (await _api.AddAsync(draft, "ANN20", "ann10+other@ambassadors.example")).Text("id");
        await WelcomeAsync(_ann, 1);
        await _app.DrainAsync();
        await WelcomeAsync(same, 2);
        var bob = await _shop.AmbassadorAsync("BOB10");
        await WelcomeAsync(bob, 3);

        Assert.That(await StatesAsync(), Is.EquivalentTo([$"welcome:{_ann}:1 done", $"welcome:{same} done", $"welcome:{same}:2 pending", $"welcome:{bob}:3 done"]));
    }

    [Test]
    public async Task A_digest_above_the_limit_is_told_by_the_next_one()
    {
        await _api.Put("mail-settings", Rules(1));
        for (var day = 1; day <= 9; day++)
        {
            await _shop.PaysAsync(new TestOrder(day.ToString(CultureInfo.InvariantCulture), _app.Clock.GetUtcNow()).With("ANN10", "10.00"));
            _app.Clock.Advance(TimeSpan.FromDays(1));
            await _app.DrainAsync();
        }

        var mails = ReadMail.AllOf(_app);
        var outcomes = await _app.Db.ManyAsync<string>("SELECT outcome FROM effects WHERE kind = 'mail' AND subject LIKE '%2026-03-05'");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mails, Has.Count.EqualTo(2));
            Assert.That(mails[0].Text, Does.Contain("1 order came in through you on 1 March 2026, in “Spring”"));
            Assert.That(mails[1].Text, Does.Contain("7 orders came in through you from 2 March 2026 to 8 March 2026, in “Spring”"));
            Assert.That(mails[1]["Subject"], Does.Contain("€\u00A063.00 from 7 orders"));
            Assert.That(mails[1].Text, Does.Contain("#2").And.Contain("#8").And.Not.Contain("#1 ").And.Not.Contain("#9"));
            Assert.That(outcomes, Is.EqualTo(["The person has had as many mails in seven days as they may. A later digest tells of that day too."]));
            Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE kind = 'mail' AND state = 'pending'"), Is.Zero, "none is queued for weeks");
        }
    }

    [Test]
    public async Task A_digest_that_waits_for_another_try_gives_its_day_to_the_next()
    {
        await _shop.PaysAsync(new TestOrder("1", _app.Clock.GetUtcNow()).With("ANN10", "10.00"));
        await _app.Db.DoAsync("UPDATE effects SET due_at = @due, attempts = 9, outcome = 'The mail server refuses for now (451).' WHERE kind = 'mail'", new { due = StoreApp.Start.AddDays(5) });
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _shop.PaysAsync(new TestOrder("2", _app.Clock.GetUtcNow()).With("ANN10", "10.00"));
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromDays(9));
        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app).Single().Text, Does.Contain("2 orders came in through you from 1 March 2026 to 2 March 2026"));
        Assert.That(await StatesAsync(), Is.All.EndsWith("done"));
    }

    [Test]
    public async Task In_the_night_of_the_person_mail_waits_for_the_morning()
    {
        await _api.Put($"ambassadors/{_ann}/time-zone", new JsonObject { ["timeZone"] = "Asia/Tokyo" });
        _app.Clock.MoveTo(new DateTimeOffset(2026, 3, 1, 12, 30, 0, TimeSpan.Zero));
        await WelcomeAsync(_ann, 1);
        var bob = await _shop.AmbassadorAsync("BOB10");
        await WelcomeAsync(bob, 2);
        var due = await _app.Db.OneAsync<DateTimeOffset>("SELECT due_at FROM effects WHERE kind = 'mail' AND state = 'pending'");

        Assert.That(
            await _app.Http.GetStringAsync(new Uri("/readyz", UriKind.Relative)),
            Does.Contain("\"pendingEffects\":" + await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE kind <> 'mail' AND state = 'pending'")), "whose hour has not come is no work");
        Assert.That(ReadMail.AllOf(_app).Single()["To"], Does.Contain("bob10"), "in Berlin it is half past one");
        Assert.That(due, Is.EqualTo(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.FromHours(9))));
        _app.Clock.MoveTo(due);
        await _app.DrainAsync();
        Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task What_is_owed_heeds_neither_hour_nor_limit()
    {
        _app.Clock.MoveTo(new DateTimeOffset(2026, 3, 1, 23, 30, 0, TimeSpan.Zero));
        await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _shop.Store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        for (var i = 1; i <= 4; i++)
        {
            await Plant.RowAsync(
                _app.Db, "payouts", ("store_id", _shop.Store.Id), ("id", $"po_{i}"), ("run_id", "run_1"), ("ambassador_id", _ann), ("currency", "EUR"),
                ("amount_minor", 5000L), ("mode", "test"), ("state", "sent"), ("provider", "stripe"));
            await AddAsync(new MailNotice(MailNotice.PayoutSent, _ann, Payout: $"po_{i}"));
        }

        await _app.DrainAsync();
        var owed = ReadMail.AllOf(_app).Count;
        _app.Clock.MoveTo(new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero));
        await WelcomeAsync(_ann, 1);

        Assert.That((owed, ReadMail.AllOf(_app).Count), Is.EqualTo((4, 5)), "and it takes no place of the others");
    }

    [Test]
    public async Task Two_workers_at_once_let_no_more_pass_than_the_limit()
    {
        for (var i = 1; i <= 8; i++)
        {
            await AddAsync(new MailNotice(MailNotice.Welcome, _ann, Return: i));
        }

        await Task.WhenAll(_app.Get<EffectWorker>().RunOnceAsync(default), _app.Get<EffectWorker>().RunOnceAsync(default));
        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(2));
        Assert.That((await StatesAsync()).Count(state => state.EndsWith("pending", StringComparison.Ordinal)), Is.EqualTo(6));
    }

    [Test]
    public async Task A_mailbox_that_takes_nothing_costs_no_place()
    {
        await _app.Db.DoAsync("UPDATE ambassadors SET email = 'no address' WHERE id = @_ann", new { _ann });
        await WelcomeAsync(_ann, 1);

        Assert.That(await StatesAsync(), Is.EqualTo([$"welcome:{_ann}:1 dead"]));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM mail_sends"), Is.Zero);
    }

    [Test]
    public async Task The_settings_are_kept_and_checked()
    {
        var before = (await _api.Get("mail-settings")).Json!.ToJsonString();
        var kept = await _api.Put("mail-settings", Rules(5, "22:30", "06:15"));
        var none = await _api.Put("mail-settings", Rules(7));

        Assert.That(before, Is.EqualTo("""{"weeklyCap":2,"quietHours":{"from":"21:00","until":"08:00"}}"""));
        Assert.That(kept.Json!.ToJsonString(), Is.EqualTo("""{"weeklyCap":5,"quietHours":{"from":"22:30","until":"06:15"}}"""));
        Assert.That((await _api.Get("mail-settings")).Json!.ToJsonString(), Is.EqualTo(none.Json!.ToJsonString()).And.EqualTo("""{"weeklyCap":7,"quietHours":null}"""));
        foreach (var body in new[]
        {
            """{"weeklyCap":2}""", """{"weeklyCap":0,"quietHours":null}""", """{"weeklyCap":51,"quietHours":null}""", """{"weeklyCap":2,"quietHours":{"from":"21:00"}}""",
            """{"weeklyCap":2,"quietHours":{"from":"21:00","until":"21:00"}}""", """{"weeklyCap":2,"quietHours":{"from":"24:00","until":"08:00"}}""", """{"cap":2,"quietHours":null}""",
        })
        {
            Assert.That((await _api.Put("mail-settings", JsonNode.Parse(body)!)).Status, Is.EqualTo(400), body);
        }
    }

    [TestCase("""{"timeZone":"Europe/Paris"}""", 200)]
    [TestCase("""{"timeZone":null}""", 200)]
    [TestCase("""{"timeZone":"Paris"}""", 400)]
    [TestCase("""{"timeZone":"W. Europe Standard Time"}""", 400)]
    [TestCase("""{}""", 400)]
    public async Task A_time_zone_is_one_that_is_known(string body, int status) =>
        Assert.That((await _api.Put($"ambassadors/{_ann}/time-zone", JsonNode.Parse(body)!)).Status, Is.EqualTo(status));

    private static JsonObject Rules(int cap, string? from = null, string? until = null) => new()
    {
        ["weeklyCap"] = cap,
        ["quietHours"] = from is null ? null : new JsonObject { ["from"] = from, ["until"] = until },
    };

    // Each return has a welcome of its own: as many mails of one kind as a test wants.
    private async Task WelcomeAsync(string ambassador, long number)
    {
        await AddAsync(new MailNotice(MailNotice.Welcome, ambassador, Return: number));
        await _app.DrainAsync();
    }

    private Task<bool> AddAsync(MailNotice notice) => _app.Db.InTransactionAsync(tx => notice.AddAsync(tx, _shop.Store.Id, _app.Clock.GetUtcNow()));

    private Task<IReadOnlyList<string>> StatesAsync() => _app.Db.ManyAsync<string>("SELECT subject || ' ' || state FROM effects WHERE kind = 'mail' ORDER BY subject");
}
