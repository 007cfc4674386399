// What ambassadors are told of changed terms: who is, when, once each, and what becomes of it when the change is withdrawn.
using System.Globalization;
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

internal sealed class TermsNoticeTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;

    [SetUp]
    public async Task SetUp()
    {
        _app = await StoreApp.StartAsync([new("PublicUrl", "https://refer.example")]);
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
        _app.Clock.Advance(TimeSpan.FromHours(1));
    }

    [TearDown]
    public async Task TearDown() => await _app.DisposeAsync();

    [Test]
    public async Task A_change_for_the_worse_is_told_when_it_is_planned_with_the_right_to_leave()
    {
        await ReviseAsync(commission: 5, friend: 20);
        await _app.DrainAsync();

        var mail = ReadMail.AllOf(_app).Single();
        Assert.That(await SubjectsAsync(), Is.EqualTo([$"terms_changed:{_shop.CampaignId}:2:{_ann}"]));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["Subject"], Is.EqualTo("[Rehearsal] The terms of Spring change on 15 March 2026 at lux"));
            Assert.That(mail["To"], Does.EndWith("<ann10@ambassadors.example>"));
            foreach (var text in new[] { mail.Text.Replace('\u00A0', ' '), mail.PageText.Replace('\u00A0', ' ') })
            {
                Assert.That(text, Does.Contain("lux changes the terms of “Spring”").And.Contain("placed from 15 Mar 2026, 12:00 (Europe/Berlin) on"));
                Assert.That(text, Does.Contain("from 10 % to 5 %").And.Contain("from 10 % to 20 %").And.Contain("The commission changes to your disadvantage."));
                Assert.That(text, Does.Contain("14 days after it was decided").And.Contain("you may leave, and tell lux so").And.Contain("from € 1.00 on instead of the usual € 20.00."));
                Assert.That(text, Does.Contain("read it there and accept it").And.Contain("https://refer.example/portal").And.Contain("https://refer.example/rules/" + _shop.CampaignId));
                Assert.That(text, Does.Not.Contain("/sign-in/").And.Not.Contain("amb_"));
            }
        }
    }

    [Test]
    public async Task A_change_for_the_better_is_told_as_it_takes_effect_and_nobody_need_leave()
    {
        await ReviseAsync(commission: 20);
        await _app.DrainAsync();

        var mail = ReadMail.AllOf(_app).Single();
        Assert.That(mail["Subject"], Is.EqualTo("[Rehearsal] The terms of Spring have changed at lux"));
        foreach (var text in new[] { mail.Text, mail.PageText })
        {
            Assert.That(text, Does.Contain("placed from 1 Mar 2026, 12:00 (Europe/Berlin) on").And.Contain("from 10 % to 20 %").And.Contain("This is to your advantage."));
            Assert.That(text, Does.Not.Contain("leave").And.Not.Contain("disadvantage"));
        }
    }

    [Test]
    public async Task Everybody_who_takes_part_is_told_once_and_nobody_else()
    {
        var bob = await _shop.AmbassadorAsync("BOB10");
        await _api.Post($"ambassadors/{await _shop.AmbassadorAsync("SUE10")}/suspension");
        await _api.Post($"ambassadors/{await _shop.AmbassadorAsync("EVE10")}/ending");
        var other = await _api.LiveAsync(friend: 0);
        await _api.AddAsync(other, "OTHER");
        await _api.Post($"campaigns/{_shop.CampaignId}/pauses");
        await ReviseAsync(commission: 5);
        await _app.DrainAsync();
        await _shop.AmbassadorAsync("LATE10");
        _app.Clock.Advance(TimeSpan.FromDays(20));
        await _app.DrainAsync();

        Assert.That(await SubjectsAsync(), Is.EquivalentTo(new[] { _ann, bob }.Select(id => $"terms_changed:{_shop.CampaignId}:2:{id}")));
    }

    [Test]
    public async Task A_draft_tells_nobody_of_its_terms()
    {
        var draft = await _api.DraftAsync();
        await _api.AddAsync(draft, "DRAFT");
        await ReviseAsync(commission: 5, campaign: draft);
        await _app.DrainAsync();

        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE kind = 'announce_terms'"), Is.Zero);
        Assert.That(await SubjectsAsync(), Is.Empty);
    }

    [Test]
    public async Task Thousands_are_told_once_each_though_the_telling_broke_off()
    {
        await PlantAsync(1_234);
        await ReviseAsync(commission: 5);
        await _app.Db.DoAsync(
            "CREATE TRIGGER fault BEFORE INSERT ON effects WHEN (SELECT COUNT(*) FROM effects WHERE kind = 'mail') >= 700 BEGIN SELECT RAISE(ABORT, 'injected'); END");
        await _app.Get<EffectWorker>().RunOnceAsync(default);
        var (broken, tried) = (await SubjectsAsync(), await OutcomesAsync("announce_terms"));
        await _app.Db.DoAsync("DROP TRIGGER fault");
        var again = await Effects.PerformAsync(_app, _shop.Store.Id, Effect.Kinds.AnnounceTerms, $"{_shop.CampaignId}:2");

        Assert.That(broken, Has.Count.InRange(1, 700));
        Assert.That(tried.Single(), Does.StartWith("pending").And.Contain("injected"));
        Assert.That(again, Is.TypeOf<EffectResult.Done>().With.Property("Text").EqualTo("Mails to 1,235 ambassadors are in the outbox."));
        Assert.That(await SubjectsAsync(), Has.Count.EqualTo(1_235).And.Unique);
    }

    [Test]
    public async Task Those_who_were_told_are_told_once_that_it_does_not_come()
    {
        await ReviseAsync(commission: 5);
        await _app.DrainAsync();
        await _shop.AmbassadorAsync("LATE10");
        await WithdrawAsync(2);
        await _app.DrainAsync();
        var again = await Effects.PerformAsync(_app, _shop.Store.Id, Effect.Kinds.AnnounceTerms, $"{_shop.CampaignId}:2:withdrawn");
        await _app.DrainAsync();

        var mails = ReadMail.AllOf(_app);
        Assert.That(again.Text, Is.EqualTo("Mails to 1 ambassador are in the outbox."));
        Assert.That(mails, Has.Count.EqualTo(2));
        Assert.That(mails[1]["Subject"], Is.EqualTo("[Rehearsal] A change of the terms of Spring does not come"));
        foreach (var text in new[] { mails[1].Text, mails[1].PageText })
        {
            Assert.That(text, Does.Contain("“Spring” would change on 15 March 2026. lux has withdrawn that.").And.Contain("from 10 % to 5 %").And.Contain("Everything else stays as it is"));
        }
    }

    [Test]
    public async Task Who_left_after_they_were_told_is_told_that_it_does_not_come()
    {
        await ReviseAsync(commission: 5);
        await _app.DrainAsync();
        await _api.Post($"ambassadors/{_ann}/ending");
        await WithdrawAsync(2);
        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app)[^1].Text, Does.Contain("If you have left because of it and would like to come back, tell lux."));
    }

    [Test]
    public async Task Withdrawn_before_anybody_was_written_to_it_is_not_spoken_of()
    {
        await ReviseAsync(commission: 5);
        await WithdrawAsync(2);
        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app), Is.Empty);
        Assert.That(
            await OutcomesAsync("announce_terms"), Is.EquivalentTo(["done The revision was withdrawn before anybody was told of it.", "done Mails to 0 ambassadors are in the outbox."]));
    }

    [Test]
    public async Task Withdrawn_before_the_mail_left_neither_of_the_two_leaves()
    {
        await ReviseAsync(commission: 5);
        await _app.Get<EffectWorker>().RunOnceAsync(default);
        await WithdrawAsync(2);
        await DrainForAsync(TimeSpan.FromMinutes(3));

        Assert.That(ReadMail.AllOf(_app), Is.Empty);
        Assert.That(
            await OutcomesAsync("mail"),
            Is.EqualTo(["done The revision was withdrawn before the mail was sent.", "done The ambassador was not told of the change."]));
    }

    [Test]
    public async Task While_the_first_mail_may_be_on_its_way_the_second_waits_for_what_becomes_of_it()
    {
        await ReviseAsync(commission: 5);
        await _app.DrainAsync();
        await WithdrawAsync(2);
        await _app.Db.DoAsync("UPDATE effects SET state = 'pending', lease_id = 'lse_1', due_at = due_at + 600000 WHERE subject LIKE 'terms_changed:%'");
        await _app.DrainAsync();
        var waiting = (await OutcomesAsync("mail"))[^1];
        await _app.Db.DoAsync("UPDATE effects SET state = 'done', lease_id = NULL WHERE subject LIKE 'terms_changed:%'");
        await DrainForAsync(TimeSpan.FromMinutes(2));

        Assert.That(waiting, Is.EqualTo("pending The mail about the change may be on its way."));
        Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_share_that_is_agreed_with_one_person_is_told_to_them_alone()
    {
        await _shop.AmbassadorAsync("BOB10");
        var terms = Bodies.Campaign()["terms"]!.DeepClone();
        terms["rates"] = new JsonArray(new JsonObject { ["ambassador"] = _ann, ["percent"] = 12.5 });
        Assert.That((await _api.Post($"campaigns/{_shop.CampaignId}/revisions", new JsonObject { ["terms"] = terms })).Status, Is.EqualTo(201));
        await _app.DrainAsync();

        var mail = ReadMail.AllOf(_app).Single();
        Assert.That(mail["To"], Does.EndWith("<ann10@ambassadors.example>"));
        Assert.That(mail.Text, Does.Contain("List of other shares: from none to 12.5 % for you\r\n").And.Not.Contain("amb_"));
    }

    [TestCase("UPDATE ambassadors SET state = 'suspended'", "The ambassador is suspended.")]
    [TestCase("UPDATE ambassadors SET state = 'ended'", "The ambassador has left.")]
    [TestCase("UPDATE campaigns SET state = 'ended'", "The campaign has ended: its terms change no more.")]
    [TestCase("UPDATE stores SET state = 'uninstalled'", Installation.UninstalledOutcome)]
    public async Task What_has_changed_since_it_was_written_is_heeded(string change, string outcome)
    {
        await ReviseAsync(commission: 5);
        await _app.Get<EffectWorker>().RunOnceAsync(default);
        await _app.Db.DoAsync(change);
        _app.Get<StoreDirectory>().Forget(_shop.Store);
        await _app.DrainAsync();

        Assert.That(await OutcomesAsync("mail"), Is.EqualTo(["done " + outcome]));
        Assert.That(ReadMail.AllOf(_app), Is.Empty);
    }

    [Test]
    public async Task A_store_that_has_left_tells_nobody()
    {
        await ReviseAsync(commission: 5);
        await _app.Db.DoAsync("UPDATE stores SET state = 'uninstalled'");
        _app.Get<StoreDirectory>().Forget(_shop.Store);
        await _app.DrainAsync();

        Assert.That(await OutcomesAsync("announce_terms"), Is.EqualTo(["done " + Installation.UninstalledOutcome]));
        Assert.That(await SubjectsAsync(), Is.Empty);
    }

    [Test]
    public void What_is_longer_than_a_mail_should_hold_is_cut()
    {
        var change = new TermChange("excludedProducts", "list of products that earn nothing", "none", string.Join(", ", Enumerable.Range(1, 400)), IsWorse: true);

        var (label, value) = StorePlugin.Mail.TermsChanged.FactsOf([change], _ann).Lines.Single();

        Assert.That(label, Is.EqualTo("List of products that earn nothing"));
        Assert.That(value, Does.StartWith("from none to 1, 2, 3, ").And.EndWith("…").And.Length.LessThan(330));
    }

    private async Task ReviseAsync(decimal commission, decimal friend = 10, string? campaign = null) => Assert.That(
        (await _api.Post($"campaigns/{campaign ?? _shop.CampaignId}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(commission, friend)["terms"]!.DeepClone() })).Status,
        Is.EqualTo(201));

    private async Task WithdrawAsync(long number)
    {
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await _api.Delete($"campaigns/{_shop.CampaignId}/revisions/{number.ToString(CultureInfo.InvariantCulture)}")).Status, Is.EqualTo(200));
    }

    private async Task DrainForAsync(TimeSpan time)
    {
        for (var until = _app.Clock.GetUtcNow() + time; _app.Clock.GetUtcNow() < until; _app.Clock.Advance(TimeSpan.FromSeconds(30)))
        {
            await _app.DrainAsync();
        }
    }

    private Task<int> PlantAsync(int count) => _app.Db.InTransactionAsync(tx => tx.DoAsync(
        """
        INSERT INTO ambassadors (store_id, id, campaign_id, name, email, email_key, person_hash, state, approved_at, created_at)
        VALUES (@storeId, @id, @campaignId, @id, @email, @email, @id, 'approved', 1, 1)
        """,
        Enumerable.Range(0, count).Select(i => new { storeId = _shop.Store.Id, id = $"amb_{i:00000}", campaignId = _shop.CampaignId, email = $"{i}@ambassadors.example" })));

    private Task<IReadOnlyList<string>> SubjectsAsync() =>
        _app.Db.ManyAsync<string>("SELECT subject FROM effects WHERE kind = 'mail' AND subject LIKE 'terms_%' ORDER BY subject");

    private Task<IReadOnlyList<string>> OutcomesAsync(string kind) =>
        _app.Db.ManyAsync<string>("SELECT state || ' ' || outcome FROM effects WHERE kind = @kind ORDER BY id", new { kind });
}
