// Mail over encrypted connections, with STARTTLS and from the first byte: whom the program trusts, and whom not.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

internal sealed class MailOverTlsTests
{
    private const string Email = "ann@example.com";

    // Not 127.0.0.1, where a mail server of the machine may listen already.
    private static readonly IPAddress Place = IPAddress.Parse("127.46.5.1");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private X509Certificate2 _certificate = null!;
    private string _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _certificate = SelfSigned();
        _folder = Directory.CreateTempSubdirectory("storeplugin-tls-").FullName;
    }

    [TearDown]
    public void TearDown()
    {
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_certificate_that_nobody_vouches_for_is_not_spoken_to(bool encryptsAtOnce)
    {
        await using var smtp = Start(encryptsAtOnce);
        await using var app = await StoreApp.StartAsync([.. smtp.Settings, new("Mail:Smtp:StartTls", "true")]);
        await AddAsync(app);
        await app.DrainAsync();

        var (state, attempts, outcome) = (await app.Db.OneAsync<Row>("SELECT state, attempts, outcome FROM effects WHERE kind = 'mail'"))!;
        Assert.That((state, attempts), Is.EqualTo(("pending", 1L)));
        Assert.That(outcome, Does.StartWith("The mail server's TLS is not trusted: ").And.Contain("UntrustedRoot"));
        Assert.That(smtp.Visits, Is.EqualTo(1));
        Assert.That(smtp.Commands, encryptsAtOnce ? Is.Empty : Is.All.StartsWith("EHLO").Or.EqualTo("STARTTLS"));
    }

    // The program in a process of its own, because whom a process trusts is settled when it begins.
    [TestCase(true)]
    [TestCase(false)]
    [Platform("Linux", Reason = "Elsewhere the machine's store of certificates decides alone, and SSL_CERT_FILE says nothing.")]
    public async Task A_trusted_server_gets_the_mail_and_the_password_over_tls(bool encryptsAtOnce)
    {
        await using var smtp = Start(encryptsAtOnce);
        smtp.Offers.Enqueue("AUTH PLAIN");
        var data = Path.Combine(_folder, "data");
        await using (var app = await StoreApp.StartAsync())
        {
            await AddAsync(app);
            await app.CopyToAsync(data);
        }

        var trusted = Path.Combine(_folder, "trusted.pem");
        await File.WriteAllTextAsync(trusted, _certificate.ExportCertificatePem());

        // At the instant of the other tests, which is day in the store: nobody is welcomed at night.
        var clock = Path.Combine(_folder, "clock");
        await File.WriteAllTextAsync(clock, StoreApp.Start.ToString("O", CultureInfo.InvariantCulture));
        var (run, _) = await ProgramRun.ServeAsync(
            data,
            [
                ("Clock:File", clock), ("ASPNETCORE_ENVIRONMENT", "Development"),
                .. smtp.Settings.Select(setting => (setting.Key, setting.Value!)), ("Mail:Smtp:StartTls", "true"), ("Mail:Smtp:User", "lux"),
                ("Mail:Smtp:Password", "hunter2"), ("SSL_CERT_FILE", trusted),
            ]);
        await using (run)
        {
            var began = Stopwatch.GetTimestamp();
            while (smtp.Mails.IsEmpty && Stopwatch.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(20);
            }
        }

        Assert.That(smtp.Mails.Select(mail => ReadMail.Of(mail)["To"]), Is.EqualTo([$"Ann <{Email}>"]));
        Assert.That(smtp.Commands, Does.Contain("AUTH PLAIN " + Convert.ToBase64String("\0lux\0hunter2"u8)));
        Assert.That(smtp.Commands.Contains("STARTTLS"), Is.EqualTo(!encryptsAtOnce));
    }

    private FakeSmtp Start(bool encryptsAtOnce)
    {
        try
        {
            return encryptsAtOnce ? FakeSmtp.StartEncrypted(Place, _certificate) : FakeSmtp.StartWith(_certificate);
        }
        catch (SocketException e)
        {
            Assert.Ignore($"This machine does not let the tests listen on {Place}:465: {e.Message}");
            throw;
        }
    }

    /// <summary>An ambassador of a live store, whose welcome is due.</summary>
    private static async Task AddAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app);
        await app.Db.DoAsync("UPDATE stores SET mode = 'live', platform = 'shopify'");
        app.Get<StoreDirectory>().Forget(shop.Store);
        await app.Db.DoAsync("UPDATE campaign_revisions SET terms = @terms", new { terms = new StorePlugin.Campaigns.Terms(1000, 0, 30, 30).ToJson() });
        var body = Bodies.Ambassador(shop.CampaignId, "ANN", Email);
        body["name"] = "Ann";
        Assert.That((await (await ApiClient.OfAsync(app, shop.Store)).Post("ambassadors", body)).Status, Is.EqualTo(201));
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fake mail server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(Place);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private sealed record Row(string State, long Attempts, string? Outcome);
}
