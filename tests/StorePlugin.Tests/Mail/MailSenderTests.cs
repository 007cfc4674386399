// The way over a mail server: what each of its answers means for the effect, and what never goes that way.
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

internal sealed class MailSenderTests
{
    private const string Marker = "planted.marker@example.com";

    private FakeSmtp _smtp = null!;
    private CapturedLog _log = null!;
    private StoreApp _app = null!;
    private Shop _shop = null!;

    [SetUp]
    public async Task SetUp()
    {
        _smtp = FakeSmtp.Start();
        _log = new CapturedLog();
        await StartAsync();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _smtp.DisposeAsync();
        _log.Dispose();
    }

    [Test]
    public async Task A_mail_reaches_the_server_whole()
    {
        await AddAsync("Zoë \"李娜\" Lindqvist");
        await _app.DrainAsync();

        var mail = ReadMail.Of(_smtp.Mails.Single());
        var row = await RowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((row.State, row.Outcome), Is.EqualTo(("done", "The mail server took the mail.")));
            Assert.That(_smtp.Commands, Does.Contain("MAIL FROM:<mail@lux.example>").And.Contain($"RCPT TO:<{Marker}>"));
            Assert.That(mail["From"], Is.EqualTo("Lux <mail@lux.example>"));
            Assert.That(mail["To"], Does.Contain("Zoë \"李娜\" Lindqvist").And.EndWith($"<{Marker}>"));
            Assert.That(mail["Message-ID"], Is.EqualTo($"<{row.Id}@refer.example>"));
            Assert.That(mail["Auto-Submitted"], Is.EqualTo("auto-generated"));
            Assert.That(mail.Headers.Select(header => header.Name), Has.Exactly(1).EqualTo("Date"));
            Assert.That(mail["Subject"], Does.StartWith("Your code ANN"));
            Assert.That(mail.Text, Does.Contain("Hello Zoë \"李娜\" Lindqvist,"));
            Assert.That(mail.PageText, Does.Contain("Hello Zoë \"李娜\" Lindqvist,"));
            Assert.That(Directory.Exists(Path.Combine(_app.Folder, "mail")), Is.False);
        }
    }

    [TestCase("RCPT", "550 5.1.1 <planted.marker@example.com>: no such mailbox", "dead", 1, "The mail server refuses the recipient's mailbox (550).")]
    [TestCase("RCPT", "550 5.1.10 <planted.marker@example.com>: takes no mail", "dead", 1, "The mail server refuses the recipient's mailbox (550).")]
    [TestCase("RCPT", "554 5.2.1 <planted.marker@example.com> is disabled", "dead", 1, "The mail server refuses the recipient's mailbox (554).")]
    [TestCase("RCPT", "550 no such mailbox as planted.marker", "dead", 1, "The mail server refuses the recipient's mailbox (550).")]
    [TestCase("RCPT", "554 5.7.1 <planted.marker@example.com>: relay access denied", "pending", 1, "The mail server does not relay for this program (554).")]
    [TestCase("RCPT", "550 5.7.1 Unable to relay for planted.marker@example.com", "pending", 1, "The mail server does not relay for this program (550).")]
    [TestCase("RCPT", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "pending", 1, "The mail server does not relay for this program (550).")]
    [TestCase("RCPT", "554 planted.marker@example.com: no", "pending", 1, "The mail server does not relay for this program (554).")]
    [TestCase("RCPT", "450 4.2.1 <planted.marker@example.com>: try later", "pending", 1, "The mail server refuses for now (450).")]
    [TestCase("RCPT", "452 4.5.3 too many", "pending", 1, "The mail server refuses for now (452).")]
    [TestCase(".", "451 4.7.1 <planted.marker@example.com> is greylisted", "pending", 1, "The mail server refuses for now (451).")]
    [TestCase(".", "554 5.7.1 no mail for <planted.marker@example.com>", "pending", 1, "The mail server refuses for now (554).")]
    [TestCase("MAIL", "550 5.7.1 mail@lux.example may not send", "pending", 1, "The mail server refuses for now (550).")]
    [TestCase("MAIL", "421 4.3.2 closing", "pending", 1, "The mail server refuses for now (421).")]
    [TestCase("MAIL", "530 5.7.0 mail@lux.example must sign in", "pending", 1, "The mail server wants a user and a password (keys Mail:Smtp:User and Password).")]
    [TestCase("", "421 4.3.2 too busy for planted.marker", "pending", 1, "The mail server refuses for now (421).")]
    [TestCase("MAIL", "", "pending", 0, "The mail server broke off, or speaks no SMTP.")]
    [TestCase("DATA", "what planted.marker?", "pending", 0, "The mail server broke off, or speaks no SMTP.")]
    public async Task Each_refusal_of_the_server_has_its_consequence(string at, string answer, string state, long attempts, string reason)
    {
        _smtp.Answers[at] = answer;
        await AddAsync();
        await _app.DrainAsync();

        var row = await RowAsync();
        Assert.That((row.State, row.Attempts, row.Outcome), Is.EqualTo((state, attempts, reason)));
        Assert.That(_smtp.Mails, Is.Empty);
        Assert.That(_log.Lines, Has.Some.Contains("(mail) is " + state).And.None.Contains("arker"));

        _smtp.Answers.Clear();
        _app.Clock.Advance(attempts == 0 ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(10));
        await _app.DrainAsync();
        Assert.That(_smtp.Mails, Has.Count.EqualTo(state == "pending" ? 1 : 0));
    }

    // A server that offers the codes in more detail has them read by the library as well.
    [TestCase("550 5.7.1 Unable to relay", "pending")]
    [TestCase("554 5.1.1 no such mailbox", "dead")]
    public async Task The_code_in_detail_is_read_where_it_is_offered(string answer, string state)
    {
        _smtp.Offers.Enqueue("ENHANCEDSTATUSCODES");
        _smtp.Answers["RCPT"] = answer;
        await AddAsync();
        await _app.DrainAsync();

        Assert.That((await RowAsync()).State, Is.EqualTo(state));
    }

    [Test]
    public async Task A_server_that_is_gone_costs_no_attempt_and_is_not_asked_for_every_mail()
    {
        var free = new TcpListener(System.Net.IPAddress.Loopback, 0);
        free.Start();
        var port = ((System.Net.IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        await _app.DisposeAsync();
        await StartAsync(new KeyValuePair<string, string?>("Mail:Smtp:Port", port.ToString(CultureInfo.InvariantCulture)));
        await AddAsync();
        await _app.DrainAsync();
        var first = await RowAsync();
        await AddAsync(code: "BOB", email: "bob@example.com");
        await _app.DrainAsync();
        var outcomes = await _app.Db.ManyAsync<string>("SELECT outcome FROM effects WHERE kind = 'mail' ORDER BY id");

        Assert.That((first.State, first.Attempts, first.DueAt), Is.EqualTo(("pending", 0L, StoreApp.Start.AddMinutes(5))));
        Assert.That(outcomes, Is.EquivalentTo(["The mail server cannot be reached.", "The mail server could not be reached just now."]));
        Assert.That(_log.Lines, Has.None.Contains("arker"));
    }

    [TestCase("")]
    [TestCase("421 4.3.2 closing")]
    public async Task A_mail_that_was_taken_is_sent_however_the_server_takes_its_leave(string leave)
    {
        _smtp.Answers["QUIT"] = leave;
        await AddAsync();
        await _app.DrainAsync();

        Assert.That((await RowAsync()).State, Is.EqualTo("done"));
        Assert.That(_smtp.Mails, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Where_encryption_is_asked_for_nothing_is_said_without_it()
    {
        await _app.DisposeAsync();
        await StartAsync(new KeyValuePair<string, string?>("Mail:Smtp:StartTls", "true"));
        await AddAsync();
        await _app.DrainAsync();

        var row = await RowAsync();
        Assert.That((row.State, row.Attempts), Is.EqualTo(("pending", 1L)));
        Assert.That(row.Outcome, Does.Contain("STARTTLS"));
        Assert.That(_smtp.Commands, Has.None.StartsWith("MAIL"));
    }

    [TestCase("AUTH PLAIN", "535 5.7.8 lux@lux.example has another password", 1, "The mail server refuses the user or the password (keys Mail:Smtp:User and Password).")]
    [TestCase("AUTH PLAIN", null, 0, "The mail server took the mail.")]
    [TestCase("HELP", null, 0, "The mail server took the mail.")]
    public async Task A_user_signs_in_where_the_server_offers_it(string offer, string? answer, long attempts, string outcome)
    {
        _smtp.Offers.Enqueue(offer);
        if (answer is not null)
        {
            _smtp.Answers["AUTH"] = answer;
        }

        await _app.DisposeAsync();
        await StartAsync(new("Mail:Smtp:User", "lux"), new("Mail:Smtp:Password", "hunter2"));
        await AddAsync();
        await _app.DrainAsync();

        var row = await RowAsync();
        Assert.That((row.Attempts, row.Outcome), Is.EqualTo((attempts, outcome)));
        Assert.That(_smtp.Commands.Any(command => command.StartsWith("AUTH", StringComparison.Ordinal)), Is.EqualTo(offer != "HELP"));
        Assert.That(_log.Lines, Has.None.Contains("arker").And.None.Contains("hunter2"));
    }

    [Test]
    public async Task An_address_in_other_letters_goes_to_a_server_that_takes_them()
    {
        _smtp.Offers.Enqueue("8BITMIME");
        _smtp.Offers.Enqueue("SMTPUTF8");
        await AddAsync();
        await _app.Db.DoAsync("UPDATE ambassadors SET email = 'mårker@bücher.example'");
        await _app.DrainAsync();

        // The server reads bytes as characters.
        var seen = System.Text.Encoding.Latin1.GetString("mårker@bücher.example"u8);
        Assert.That((await RowAsync()).State, Is.EqualTo("done"));
        Assert.That(_smtp.Commands, Has.Some.StartsWith($"RCPT TO:<{seen}>"));
        Assert.That(_smtp.Mails.Single(), Does.Contain($"<{seen}>"));
    }

    [Test]
    public async Task A_domain_in_other_letters_is_written_as_every_server_knows_it()
    {
        await AddAsync();
        await _app.Db.DoAsync("UPDATE ambassadors SET email = 'ann@bücher.example'");
        await _app.DrainAsync();

        Assert.That(_smtp.Commands, Does.Contain("RCPT TO:<ann@xn--bcher-kva.example>"));
        Assert.That(_smtp.Mails.Single(), Does.Contain("<ann@xn--bcher-kva.example>"));
    }

    [TestCase("mode = 'test'")]
    [TestCase("platform = 'rehearsal'")]
    public async Task A_rehearsal_never_reaches_the_server(string change)
    {
        await _app.Db.DoAsync($"UPDATE stores SET {change}");
        _app.Get<StoreDirectory>().Forget(_shop.Store);
        await AddAsync();
        await _app.DrainAsync();

        var mail = ReadMail.AllOf(_app).Single();
        Assert.That(_smtp.Commands, Is.Empty);
        Assert.That(mail["Subject"], Does.StartWith("[Rehearsal] Your code"));
        Assert.That(mail["From"], Is.EqualTo("Lux <mail@lux.example>"));
        Assert.That(mail.Text, Does.StartWith("Rehearsal: "));
        Assert.That(mail.PageText, Does.StartWith("Rehearsal: "));
    }

    [Test]
    public async Task What_the_server_has_is_not_handed_over_again()
    {
        await AddAsync();
        await _app.DrainAsync();
        var subject = (await _app.Db.OneAsync<string>("SELECT subject FROM effects WHERE kind = 'mail'"))!;
        var again = await Effects.PerformAsync(_app, _shop.Store.Id, Effect.Kinds.Mail, subject);

        Assert.That(again.Text, Is.EqualTo("The mail server took the mail."));
        Assert.That(_smtp.Mails, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Performed_again_after_a_crash_it_is_the_same_mail()
    {
        await AddAsync();
        await _app.DrainAsync();
        var subject = (await _app.Db.OneAsync<string>("SELECT subject FROM effects WHERE kind = 'mail'"))!;
        await _app.Db.DoAsync("UPDATE mail_sends SET taken_at = NULL");
        await Effects.PerformAsync(_app, _shop.Store.Id, Effect.Kinds.Mail, subject);

        Assert.That(_smtp.Mails, Has.Count.EqualTo(2));
        Assert.That(_smtp.Mails.Select(mail => ReadMail.Of(mail)["Message-ID"]).Distinct(), Has.Exactly(1).Items);
    }

    [Test]
    public async Task An_address_that_the_server_cannot_take_is_said_without_repeating_it()
    {
        await AddAsync();
        await _app.Db.DoAsync("UPDATE ambassadors SET email = 'mårker@example.com'");
        await _app.DrainAsync();
        var foreign = await RowAsync();
        await _app.Db.DoAsync("UPDATE effects SET state = 'pending', outcome = NULL, attempts = 0");
        await _app.Db.DoAsync("UPDATE ambassadors SET email = 'no address of a marker'");
        await _app.DrainAsync();
        var none = await RowAsync();

        Assert.That((foreign.State, foreign.Outcome), Is.EqualTo(("dead", "The recipient's address has letters before the @ that the mail server does not take.")));
        Assert.That((none.State, none.Outcome), Is.EqualTo(("dead", "The recipient's address is not one that mail can be sent to.")));
        Assert.That(_log.Lines, Has.None.Contains("årker").And.None.Contains("a marker"));
    }

    private async Task StartAsync(params KeyValuePair<string, string?>[] settings)
    {
        _app = await StoreApp.StartAsync(
            [.. _smtp.Settings.Where(setting => !settings.Any(other => other.Key == setting.Key)), new("PublicUrl", "https://refer.example"), .. settings],
            services => services.AddLogging(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Trace).AddFilter((_, _) => true)));
        _shop = await Shop.OpenAsync(_app);
        await _app.Db.DoAsync("UPDATE stores SET mode = 'live', platform = 'shopify', name = 'Lux'");
        _app.Get<StoreDirectory>().Forget(_shop.Store);
        await _app.Db.DoAsync("UPDATE campaign_revisions SET terms = @terms", new { terms = new StorePlugin.Campaigns.Terms(1000, 0, 30, 30).ToJson() });
    }

    private async Task AddAsync(string name = "Ann", string code = "ANN", string email = Marker)
    {
        var api = await ApiClient.OfAsync(_app, _shop.Store);
        var body = Bodies.Ambassador(_shop.CampaignId, code, email);
        body["name"] = name;
        Assert.That((await api.Post("ambassadors", body)).Status, Is.EqualTo(201));
    }

    private async Task<Row> RowAsync() =>
        (await _app.Db.OneAsync<Row>("SELECT id, state, attempts, due_at, outcome FROM effects WHERE kind = 'mail'"))!;

    private sealed record Row(string Id, string State, long Attempts, DateTimeOffset DueAt, string? Outcome);
}
