// What comes back of mails: what is read of it, and that it keeps further mail from the address and says nothing of who has it.
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimeKit;
using StorePlugin.Mail;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

internal sealed class BounceTests
{
    private const string Secret = "a-secret-of-the-tests";

    private FakeSmtp _smtp = null!;
    private CapturedLog _log = null!;
    private StoreApp _app = null!;
    private Shop _shop = null!;

    [SetUp]
    public async Task SetUp()
    {
        _smtp = FakeSmtp.Start();
        _log = new CapturedLog();
        _app = await StoreApp.StartAsync(
            [.. _smtp.Settings, new("PublicUrl", "https://refer.example"), new("Mail:Bounces:Address", "bounces@lux.example"), new("Mail:Bounces:Secret", Secret)],
            services => services.AddLogging(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Trace).AddFilter((_, _) => true)));
        _shop = await Shop.OpenAsync(_app, terms: new StorePlugin.Campaigns.Terms(1000, 0, 30, 30));
        await _app.Db.DoAsync("UPDATE stores SET mode = 'live', platform = 'shopify', name = 'Lux'");
        _app.Get<StoreDirectory>().Forget(_shop.Store);
        await (await ApiClient.OfAsync(_app, _shop.Store)).AddAsync(_shop.CampaignId, "ANN10", "planted.marker@example.com");
        await _app.DrainAsync();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _smtp.DisposeAsync();
        _log.Dispose();
    }

    [TestCase("5.1.1", "failed", "smtp; 550 5.1.1 x", ReportKind.Bounce, "5.1.1")]
    [TestCase("5.4.4", "failed", "X-Postfix; Host or domain name not found", ReportKind.Bounce, "5.4.4")]
    [TestCase("5.2.2", "failed", "smtp; 552 5.2.2 over quota", ReportKind.Bounce, "5.2.2")]
    [TestCase("5.7.1", "failed", "smtp; 554 5.7.1 blocked", ReportKind.Other, "5.7.1")]
    [TestCase("5.3.4", "failed", "smtp; 552 5.3.4 too big", ReportKind.Other, "5.3.4")]
    [TestCase("4.4.1", "failed", "X-Postfix; connect timed out", ReportKind.Other, "4.4.1")]
    [TestCase("4.2.2", "delayed", "smtp; 452 4.2.2 over quota", ReportKind.Other, null)]
    [TestCase("2.0.0", "delivered", "smtp; 250 ok", ReportKind.Other, null)]
    public async Task Only_what_is_permanent_and_about_the_mailbox_is_a_bounce(string status, string action, string diagnostic, ReportKind kind, string? detail) =>
        Assert.That(await ReadAsync(BounceReports.Postfix(status, action, diagnostic)), Is.EqualTo(new MailReport(BounceReports.EffectId, kind, detail)));

    [Test]
    public async Task Every_form_of_report_names_the_mail()
    {
        var bounce = new MailReport(BounceReports.EffectId, ReportKind.Bounce, "5.1.1");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ReadAsync(BounceReports.Postfix()), Is.EqualTo(bounce));
            Assert.That(await ReadAsync(BounceReports.Exim()), Is.EqualTo(bounce));
            Assert.That(await ReadAsync(BounceReports.Exim("smtp; 550 Unknown user")), Is.EqualTo(bounce with { Detail = "5.0.0" }));
            Assert.That(await ReadAsync(BounceReports.Exim("smtp; 554 5.7.1 blocked")), Is.EqualTo(bounce with { Kind = ReportKind.Other, Detail = "5.7.1" }));
            Assert.That(await ReadAsync(BounceReports.ByTagAlone()), Is.EqualTo(bounce with { Detail = "5.2.1" }));
            Assert.That(await ReadAsync(BounceReports.Complaint()), Is.EqualTo(bounce with { Kind = ReportKind.Complaint, Detail = "abuse" }));
            Assert.That(await ReadAsync(BounceReports.Complaint("not-spam")), Is.EqualTo(bounce with { Kind = ReportKind.Other, Detail = "not-spam" }));
            Assert.That(await ReadAsync(BounceReports.Vacation()), Is.EqualTo(new MailReport(null, ReportKind.Other, null)));
        }
    }

    [Test]
    public async Task A_mail_goes_out_with_its_id_behind_the_plus_of_the_envelope()
    {
        var id = await EffectIdAsync();

        Assert.That(_smtp.Commands, Does.Contain($"MAIL FROM:<bounces+{id}@lux.example>"));
        Assert.That(ReadMail.Of(_smtp.Mails.Single())["From"], Is.EqualTo("Lux <mail@lux.example>"), "the reader sees the sender");
    }

    [TestCase("message/rfc822", false)]
    [TestCase("multipart/report", true)]
    public async Task A_mail_that_came_back_keeps_every_further_one_from_the_address(string type, bool isBodyAlone)
    {
        var report = BounceReports.Postfix().Replace(BounceReports.EffectId, await EffectIdAsync(), StringComparison.Ordinal);
        var (contentType, body) = isBodyAlone ? BodyOf(report) : (type, report);
        var first = await PostAsync(body, contentType);
        var (_, second) = await PostAsync(body, contentType);
        var ann = await _app.Db.OneAsync<string>("SELECT id FROM ambassadors");
        await _app.Db.InTransactionAsync(tx => new MailNotice(MailNotice.Welcome, ann, Return: 1).AddAsync(tx, _shop.Store.Id, _app.Clock.GetUtcNow()));
        await _app.DrainAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Is.EqualTo((200, """{"reports":1,"suppressed":1,"unknown":0,"ignored":0}""")));
            Assert.That(second, Is.EqualTo(first.Body));
            Assert.That(await EntriesAsync(), Is.EqualTo(["bounced 5.1.1 a mail server"]));
            Assert.That(_smtp.Mails, Has.Count.EqualTo(1));
            Assert.That(
                await _app.Db.OneAsync<string>("SELECT outcome FROM effects WHERE subject LIKE '%:1'"),
                Is.EqualTo("Mail to the address came back for good, and none is sent there until that is lifted."));
            Assert.That(_log.Lines, Has.Some.Contains("came back").And.None.Contains("arker"));
        }
    }

    [Test]
    public async Task A_provider_tells_by_list()
    {
        var id = await EffectIdAsync();
        var list = new JsonArray(
            new JsonObject { ["messageId"] = $"<{id}@refer.example>", ["kind"] = "complaint", ["detail"] = "spam button of planted.marker@example.com" },
            new JsonObject { ["addressTag"] = id, ["kind"] = "bounce", ["detail"] = "5.1.1" },
            new JsonObject { ["messageId"] = BounceReports.EffectId, ["kind"] = "bounce" },
            new JsonObject { ["messageId"] = id, ["kind"] = "delivered" });

        Assert.That(await PostAsync(list.ToJsonString(), "application/json"), Is.EqualTo((200, """{"reports":4,"suppressed":2,"unknown":1,"ignored":1}""")));
        Assert.That(await EntriesAsync(), Is.EquivalentTo(["complained spam button of … a mail server", "bounced 5.1.1 a mail server"]));
        Assert.That(_log.Lines, Has.None.Contains("arker"));
    }

    [TestCase("not json", "application/json", 400)]
    [TestCase("{}", "application/json", 415)]
    [TestCase("x", "text/plain", 415)]
    [TestCase("", "multipart/report; boundary=x", 200)]
    public async Task What_is_no_report_is_said_to_be_none(string body, string type, int status) =>
        Assert.That((await PostAsync(body, type)).Status, Is.EqualTo(status));

    [Test]
    public async Task A_body_has_a_limit() =>
        Assert.That((await PostAsync(new string(' ', BounceEndpoints.BytesMax + 1), "application/json")).Status, Is.EqualTo(413));

    [TestCase(null, 401)]
    [TestCase("another-secret-here", 401)]
    [TestCase(Secret, 200)]
    public async Task The_door_opens_with_the_secret(string? secret, int status) =>
        Assert.That((await PostAsync("[]", "application/json", secret)).Status, Is.EqualTo(status));

    [Test]
    public async Task Without_a_secret_there_is_no_door()
    {
        await using var app = await StoreApp.StartAsync();
        using var content = new StringContent("[]", Encoding.UTF8, "application/json");
        var answer = await app.Http.PostAsync(new Uri("/webhooks/mail", UriKind.Relative), content);

        Assert.That((int)answer.StatusCode, Is.EqualTo(503));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("Mail:Bounces:Secret is not set"));
    }

    private static async Task<MailReport> ReadAsync(string message)
    {
        using var stream = new MemoryStream(Encoding.ASCII.GetBytes(message));
        return await BounceReader.OfMessageAsync(stream, default);
    }

    /// <summary>The body of a message and its type, as a provider posts it.</summary>
    private static (string Type, string Body) BodyOf(string message)
    {
        using var stream = new MemoryStream(Encoding.ASCII.GetBytes(message));
        using var whole = MimeMessage.Load(stream);
        return (whole.Body!.ContentType.ToString()["Content-Type: ".Length..], message[message.IndexOf("\r\n\r\n", StringComparison.Ordinal)..]);
    }

    private async Task<(int Status, string Body)> PostAsync(string body, string type, string? secret = Secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/webhooks/mail", UriKind.Relative)) { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.Authorization = secret is null ? null : new AuthenticationHeaderValue("Bearer", secret);
        var answer = await _app.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<string> EffectIdAsync() => (await _app.Db.OneAsync<string>("SELECT id FROM effects WHERE kind = 'mail' AND outcome LIKE '%took%'"))!;

    private Task<IReadOnlyList<string>> EntriesAsync() => _app.Db.ManyAsync<string>("SELECT reason || ' ' || detail || ' ' || added_by FROM mail_suppressions");
}
