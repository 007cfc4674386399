// How a reader hears no more: the header, one click of a mail program, the page; and the list of addresses that get no mail.
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AngleSharp.Html.Parser;
using Microsoft.Playwright;
using StorePlugin.Mail;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Storefront;

namespace StorePlugin.Tests.Mail;

internal sealed class StopTests
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
        await _api.AddAsync(_shop.CampaignId, "ANN10", "ann+lux@example.com");
        await _app.DrainAsync();
    }

    [TearDown]
    public async Task TearDown() => await _app.DisposeAsync();

    [Test]
    public async Task The_header_leads_to_a_page_with_one_button_and_names_nobody()
    {
        var mail = ReadMail.AllOf(_app).Single();
        var raw = await File.ReadAllTextAsync(Directory.GetFiles(Path.Combine(_app.Folder, "mail")).Single());
        var path = PathIn(mail);
        var page = await new HtmlParser().ParseDocumentAsync(await _app.Http.GetStringAsync(path));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["List-Unsubscribe-Post"], Is.EqualTo("List-Unsubscribe=One-Click"));
            Assert.That(mail["List-Unsubscribe"], Does.Match("^<https://refer\\.example/mail/stop/[A-Za-z0-9_-]+>$"));
            Assert.That(raw, Does.Contain($"List-Unsubscribe: {mail["List-Unsubscribe"]}\r\n"), "on one line and not as encoded words");
            Assert.That(mail.Text, Does.Contain($"No more of these mails: https://refer.example{path}"));
            Assert.That(path.OriginalString, Does.Not.Contain("ann").And.Not.Contain(_shop.Store.Id));
            Assert.That(page.QuerySelectorAll("form[method=post] button").Single().TextContent, Is.EqualTo("No more of these mails"));
            Assert.That(page.QuerySelectorAll("script"), Is.Empty);
            Assert.That(await ReasonsAsync(), Is.Empty, "a scanner that opens the link takes nothing away");
        }
    }

    [TestCase("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")]
    [TestCase("", "application/x-www-form-urlencoded")]
    [TestCase("", null)]
    public async Task One_click_is_enough_and_is_answered_without_a_redirect(string body, string? type)
    {
        var path = PathIn(ReadMail.AllOf(_app).Single());
        for (var times = 0; times < 2; times++)
        {
            using var content = type is null ? null : new StringContent(body, System.Text.Encoding.ASCII, type);
            Assert.That((await _app.Http.PostAsync(path, content)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(await ReasonsAsync(), Is.EqualTo(["opted_out"]));
    }

    [Test]
    public async Task In_a_browser_without_scripts_one_button_says_no_and_another_takes_it_back()
    {
        var browser = await Chromium.OpenAsync();
        await using var context = await browser.NewContextAsync(new() { JavaScriptEnabled = false, ViewportSize = new() { Width = 375, Height = 700 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(_app.Address, PathIn(ReadMail.AllOf(_app).Single())).ToString());
        var folder = Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "mail-pictures")).FullName;
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, "stop-375.png"), FullPage = true });

        await page.GetByRole(AriaRole.Button, new() { Name = "No more of these mails" }).ClickAsync();
        var stopped = (await page.TextContentAsync("h1"), string.Join(' ', await ReasonsAsync()));
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, "stopped-375.png"), FullPage = true });
        await page.GetByRole(AriaRole.Button, new() { Name = "Send me mails again" }).ClickAsync();

        Assert.That(stopped, Is.EqualTo(("No more mails", "opted_out")));
        Assert.That(await page.TextContentAsync("h1"), Is.EqualTo("Mails come again"));
        Assert.That(await ReasonsAsync(), Is.Empty);
    }

    [Test]
    public async Task Who_has_had_enough_gets_what_is_owed_and_nothing_else_until_they_say_so()
    {
        var path = PathIn(ReadMail.AllOf(_app).Single());
        await _app.Http.PostAsync(path, null);
        var ann = (await _app.Db.OneAsync<string>("SELECT id FROM ambassadors"))!;
        await NoticeAsync(new MailNotice(MailNotice.OrderDigest, ann, new DateOnly(2026, 3, 1)));
        await NoticeAsync(new MailNotice(MailNotice.Welcome, ann, Return: 7));
        await PlantPayoutAsync(ann);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await NoticeAsync(new MailNotice(MailNotice.PayoutSent, ann, Payout: "po_1"));
        await _app.DrainAsync();
        var sent = ReadMail.AllOf(_app);
        var again = await (await _app.Http.PostAsync(new Uri(path.OriginalString + "/again", UriKind.Relative), null)).Content.ReadAsStringAsync();
        await NoticeAsync(new MailNotice(MailNotice.Welcome, ann, Return: 8));
        await _app.DrainAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(sent.Select(mail => mail["Subject"]), Has.Exactly(2).Items.And.Some.Contains("on its way"));
            Assert.That(sent[^1].Headers.Select(header => header.Name), Has.None.StartsWith("List-"), "a payout's mail offers no way out");
            Assert.That(await OutcomesAsync(), Has.Exactly(1).EqualTo("welcome The person wants none of these mails."));
            Assert.That(again, Does.Contain("Mails come again"));
            Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(3));
        }
    }

    [TestCase("/mail/stop/x")]
    [TestCase("/mail/stop/CfDJ8AAAA")]
    public async Task A_link_that_is_none_leads_nowhere(string path)
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
            request.Headers.Accept.ParseAdd("text/html");
            var answer = await _app.Http.SendAsync(request);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("leads nowhere"));
        }
    }

    [Test]
    public async Task The_merchant_keeps_mail_back_and_lets_it_go_with_a_reason()
    {
        var added = await _api.Post("mail-suppressions", new JsonObject { ["email"] = "Ann@Example.com", ["detail"] = "Asked by telephone." });
        var twice = await _api.Post("mail-suppressions", new JsonObject { ["email"] = "ann@example.com" });
        var ann = (await _app.Db.OneAsync<string>("SELECT id FROM ambassadors"))!;
        await PlantPayoutAsync(ann);
        await NoticeAsync(new MailNotice(MailNotice.PayoutSent, ann, Payout: "po_1"));
        await _app.DrainAsync();
        var kept = ReadMail.AllOf(_app).Count;
        var list = (await _api.Get("mail-suppressions")).Json!["items"]!.AsArray();
        var withoutReason = await DeleteAsync(added.Text("id"), new JsonObject());
        var lifted = await DeleteAsync(added.Text("id"), new JsonObject { ["reason"] = "She wants it again." });
        var gone = await DeleteAsync(added.Text("id"), new JsonObject { ["reason"] = "x" });

        using (Assert.EnterMultipleScope())
        {
            Assert.That((added.Status, twice.Text("id")), Is.EqualTo((201, added.Text("id"))));
            Assert.That(kept, Is.EqualTo(1), "not even what is owed");
            Assert.That(await OutcomesAsync(), Has.Some.EqualTo("payout_sent The store's people want no mail to go to the address."));
            Assert.That(list.Single()!.ToJsonString(), Does.Contain("by_merchant").And.Contain("Asked by telephone.").And.Contain(ann).And.Not.Contain("example.com"));
            Assert.That((withoutReason.Status, lifted.Status, gone.Status), Is.EqualTo((400, 200, 404)));
            Assert.That(
                await _app.Db.OneAsync<string>("SELECT reason || ' ' || lift_reason FROM mail_suppressions"), Is.EqualTo("by_merchant She wants it again."));
        }
    }

    [Test]
    public async Task What_a_person_has_asked_for_is_not_the_merchants_to_lift()
    {
        await _app.Http.PostAsync(PathIn(ReadMail.AllOf(_app).Single()), null);
        var id = (string?)(await _api.Get("mail-suppressions")).Json!["items"]![0]!["id"];

        var answer = await DeleteAsync(id!, new JsonObject { ["reason"] = "x" });

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((409, "/problems/suppression-is-the-persons")));
        Assert.That(await ReasonsAsync(), Is.EqualTo(["opted_out"]));
    }

    [Test]
    public async Task An_opt_out_of_one_store_says_nothing_of_another()
    {
        await _app.Http.PostAsync(PathIn(ReadMail.AllOf(_app).Single()), null);
        var other = await Shop.OpenAsync(_app, "other", new StorePlugin.Campaigns.Terms(1000, 0, 30, 30));
        await (await ApiClient.OfAsync(_app, other.Store)).AddAsync(other.CampaignId, "OTHER10", "ann@example.com");
        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(2));
    }

    private Task<ApiAnswer> DeleteAsync(string id, JsonObject body) => _api.Send(HttpMethod.Delete, $"mail-suppressions/{id}", JsonContent.Create(body));

    private static Uri PathIn(ReadMail mail) => new(new Uri(mail["List-Unsubscribe"].Trim('<', '>')).AbsolutePath, UriKind.Relative);

    private async Task PlantPayoutAsync(string ann)
    {
        await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _shop.Store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        await Plant.RowAsync(
            _app.Db, "payouts", ("store_id", _shop.Store.Id), ("id", "po_1"), ("run_id", "run_1"), ("ambassador_id", ann), ("currency", "EUR"),
            ("amount_minor", 5000L), ("mode", "test"), ("state", "sent"), ("provider", "stripe"));
    }

    private Task<bool> NoticeAsync(MailNotice notice) => _app.Db.InTransactionAsync(tx => notice.AddAsync(tx, _shop.Store.Id, _app.Clock.GetUtcNow()));

    private Task<IReadOnlyList<string>> ReasonsAsync() => _app.Db.ManyAsync<string>("SELECT reason FROM mail_suppressions WHERE lifted_at IS NULL");

    private Task<IReadOnlyList<string>> OutcomesAsync() =>
        _app.Db.ManyAsync<string>("SELECT substr(subject, 1, instr(subject, ':') - 1) || ' ' || outcome FROM effects WHERE kind = 'mail' AND state = 'done'");
}
