// The merchant's own words over the API, in a preview and in a real mail, which are printed the same way.
using System.Text.Json.Nodes;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

internal sealed class MailTextTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task SetUp()
    {
        _app = await StoreApp.StartAsync([new("PublicUrl", "https://refer.example")]);
        _shop = await Shop.OpenAsync(_app, terms: new StorePlugin.Campaigns.Terms(1000, 0, 30, 30));
        _api = await ApiClient.OfAsync(_app, _shop.Store);
    }

    [TearDown]
    public async Task TearDown() => await _app.DisposeAsync();

    [Test]
    public async Task Every_mail_that_may_be_worded_is_listed_with_what_it_knows()
    {
        var list = (await _api.Get("mail-texts")).Json!["items"]!.AsArray();

        Assert.That(
            list.Select(item => (string?)item!["mail"]),
            Is.EqualTo(["invitation", "order_digest", "payout_failed", "payout_reversed", "payout_sent", "reward", "welcome"]));
        Assert.That(list.Select(item => item!["placeholders"]!.AsArray().Select(one => (string?)one!["name"])), Is.All.SupersetOf(new[] { "name", "shop", "campaign" }));
        Assert.That((await _api.Get("mail-texts/nothing")).Status, Is.EqualTo(404));
        Assert.That((await _api.Get("mail-texts/terms_changed")).Status, Is.EqualTo(404), "what is owed by rule has our words alone");
    }

    [Test]
    public async Task A_mail_says_what_the_merchant_has_written_and_the_facts_stay_ours()
    {
        await PutAsync("welcome", "{name}, your {code} is here", "Dear {name},\n\nwe at {shop} are <b>glad</b> about you.", "Yours, the {campaign} team");
        await _api.AddAsync(_shop.CampaignId, "ANN10", "ann@example.com");
        await _app.Db.DoAsync("UPDATE ambassadors SET name = '{code} <img src=x>'");
        await _app.DrainAsync();

        var mail = ReadMail.AllOf(_app).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["Subject"], Is.EqualTo("[Rehearsal] {code} <img src=x>, your ANN10 is here"));
            Assert.That(mail.Text, Does.Contain("Dear {code} <img src=x>,\r\n\r\nwe at lux are <b>glad</b> about you.\r\n\r\nYour code: ANN10"));
            Assert.That(mail.Text, Does.Contain("Yours, the Spring team\r\n\r\n-- \r\n"));
            Assert.That(mail.Text, Does.Not.Contain("You are an ambassador of lux now").And.Contain("say that you earn from it").And.Contain("/r/ANN10"));
            Assert.That(mail.Text, Does.StartWith("Rehearsal: "));
            Assert.That(mail.Page.QuerySelectorAll("b, img"), Is.Empty);
            Assert.That(mail.PageText, Does.Contain("we at lux are <b>glad</b> about you.Your code"));
        }
    }

    [Test]
    public async Task A_preview_is_printed_as_the_mail_is()
    {
        foreach (var mail in new[] { "invitation", "order_digest", "payout_failed", "payout_reversed", "payout_sent", "reward", "welcome" })
        {
            var words = new JsonObject { ["subject"] = "For {name} at {shop}", ["opening"] = "Dear {name} of {campaign}," };
            var ours = (await _api.Post($"mail-texts/{mail}/preview")).Json!;
            var theirs = (await _api.Post($"mail-texts/{mail}/preview", words)).Json!;
            await _api.Put($"mail-texts/{mail}", words.DeepClone());
            var kept = (await _api.Post($"mail-texts/{mail}/preview")).Json!;

            using (Assert.EnterMultipleScope())
            {
                Assert.That((string?)ours["subject"], Does.StartWith("[Rehearsal] "), mail);
                Assert.That((string?)ours["text"], Does.Contain("Hello Ann Example,"), mail);
                Assert.That((string?)theirs["subject"], Is.EqualTo("[Rehearsal] For Ann Example at lux"), mail);
                Assert.That((string?)theirs["text"], Does.Contain("Dear Ann Example of Spring friends,").And.Not.Contain("Hello"), mail);
                Assert.That((string?)theirs["html"], Does.Contain("Dear Ann Example of Spring friends,").And.Contain("<!DOCTYPE html>"), mail);
                Assert.That(kept.ToJsonString(), Is.EqualTo(theirs.ToJsonString()), mail);
                Assert.That(((string?)ours["text"])!.Contains("No more of these mails", StringComparison.Ordinal), Is.EqualTo(!mail.StartsWith("payout", StringComparison.Ordinal)), mail);
            }
        }

        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE kind = 'mail'"), Is.Zero);
        Assert.That((await _app.Http.GetAsync(new Uri("/mail/stop/preview", UriKind.Relative))).StatusCode, Is.EqualTo(System.Net.HttpStatusCode.NotFound));
    }

    [TestCase("welcome", "Hello {nmae}", "subject: {nmae} is no placeholder of this mail. It knows {name}, {shop}, {campaign}, {code}.")]
    [TestCase("payout_sent", "{code}", "subject: {code} is no placeholder of this mail. It knows {name}, {shop}, {campaign}, {amount}.")]
    public async Task An_unknown_placeholder_is_refused_and_nothing_is_kept(string mail, string subject, string detail)
    {
        var put = await _api.Put($"mail-texts/{mail}", new JsonObject { ["subject"] = subject });
        var preview = await _api.Post($"mail-texts/{mail}/preview", new JsonObject { ["subject"] = subject });

        Assert.That((put.Status, put.Problem, (string?)put.Json!["detail"]), Is.EqualTo((422, "/problems/placeholder-unknown", detail)));
        Assert.That((preview.Status, preview.Problem), Is.EqualTo((422, "/problems/placeholder-unknown")));
        Assert.That((await _api.Get($"mail-texts/{mail}")).Json!["subject"], Is.Null);
    }

    [TestCase("""{}""")]
    [TestCase("""{"subject":null}""")]
    [TestCase("""{"subject":""}""")]
    [TestCase("""{"subject":"two\nlines"}""")]
    [TestCase("""{"title":"x"}""")]
    [TestCase("""{"opening":7}""")]
    public async Task Words_of_another_form_are_refused(string body) => Assert.That((await _api.Put("mail-texts/welcome", JsonNode.Parse(body)!)).Status, Is.EqualTo(400));

    [Test]
    public async Task Our_words_come_back()
    {
        await PutAsync("welcome", "Mine", null, null);
        var mine = (await _api.Get("mail-texts/welcome")).Json!;
        var back = (await _api.Delete("mail-texts/welcome")).Json!;

        Assert.That(((string?)mine["subject"], mine["updatedAt"] is not null, back["subject"], back["updatedAt"]), Is.EqualTo(("Mine", true, (JsonNode?)null, (JsonNode?)null)));
    }

    private async Task PutAsync(string mail, string? subject, string? opening, string? closing) => Assert.That(
        (await _api.Put($"mail-texts/{mail}", new JsonObject { ["subject"] = subject, ["opening"] = opening, ["closing"] = closing })).Status, Is.EqualTo(200));
}
