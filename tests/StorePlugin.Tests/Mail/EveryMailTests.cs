// Every mail of the program as it came over the wire: what a mail program makes of it, and how it looks on a phone and on a desk.
using AngleSharp.Html.Parser;
using Microsoft.Playwright;
using MimeKit;
using StorePlugin.Mail;
using StorePlugin.Tests.Storefront;

namespace StorePlugin.Tests.Mail;

internal sealed class EveryMailTests
{
    private MailWorld _world = null!;

    [OneTimeSetUp]
    public async Task SetUp() => _world = await MailWorld.StartAsync();

    [OneTimeTearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public void Each_was_sent() => Assert.That(_world.Mails.Keys, Is.EquivalentTo(MailWorld.Kinds));

    [TestCaseSource(typeof(MailWorld), nameof(MailWorld.Kinds))]
    public void It_is_whole_in_both_forms(string kind)
    {
        var mail = _world.Mails[kind];
        var page = new HtmlParser().ParseDocument(mail.HtmlBody!);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail.Body, Is.TypeOf<MultipartAlternative>());
            Assert.That(((MultipartAlternative)mail.Body!).Select(part => part.ContentType.MimeType), Is.EqualTo(["text/plain", "text/html"]));
            Assert.That(mail.From.ToString(), Is.EqualTo("\"Lux\" <mail@lux.example>").Or.EqualTo("Lux <mail@lux.example>"));
            Assert.That(mail.To.Mailboxes.Single().Address, Is.EqualTo(kind switch
            {
                MailNotice.Invited => "eve@example.com",
                MailNotice.PrivacyFile or MailNotice.ReviewReminder or MailNotice.RunWaiting or MailNotice.QuestionWaits => "owner@lux.example",
                MailNotice.AddressChangeNew => "ann.new@example.com",
                _ => "ann@example.com",
            }));
            Assert.That(mail.Subject, Is.Not.Empty.And.Not.Contain("{").And.Not.Contain("Rehearsal"));
            Assert.That(mail.Headers.Count(header => header.Id is HeaderId.MessageId or HeaderId.Date), Is.EqualTo(2));
            Assert.That(mail.Headers[HeaderId.AutoSubmitted], Is.EqualTo("auto-generated"));
            Assert.That(mail.TextBody, Does.Contain(MailWorld.ShopName).And.Contain("A program sent it"));
            Assert.That(mail.TextBody!.Contains("/sign-in/", StringComparison.Ordinal), Is.EqualTo(kind == MailNotice.SignIn), "one mail alone lets anybody in");
            Assert.That(page.Body!.TextContent, Does.Contain(MailWorld.ShopName).And.Contain("A program sent it"));
            Assert.That(page.QuerySelectorAll("img, script, link, iframe, [src]"), Is.Empty, "nothing comes from elsewhere");
        }
    }

    [TestCaseSource(typeof(MailWorld), nameof(MailWorld.Kinds))]
    public void A_way_out_is_offered_exactly_where_the_mail_is_not_owed(string kind)
    {
        var mail = _world.Mails[kind];
        var isOffered = kind is MailNotice.Invited or MailNotice.OrderDigest or MailNotice.RewardGiven or MailNotice.Welcome or MailNotice.MessageWaits;

        Assert.That(mail.Headers.Contains(HeaderId.ListUnsubscribe), Is.EqualTo(isOffered));
        Assert.That(mail.Headers[HeaderId.ListUnsubscribePost], Is.EqualTo(isOffered ? "List-Unsubscribe=One-Click" : null));
        Assert.That(mail.TextBody!.Contains("/mail/stop/", StringComparison.Ordinal), Is.EqualTo(isOffered));
        Assert.That(mail.HtmlBody!.Contains("/mail/stop/", StringComparison.Ordinal), Is.EqualTo(isOffered));
        if (isOffered)
        {
            Assert.That(mail.Headers[HeaderId.ListUnsubscribe], Does.Match("^<https://refer\\.example/mail/stop/[A-Za-z0-9_-]+>$"));
        }
    }

    [Test]
    public async Task Each_fits_a_phone_and_a_desk_and_loads_nothing([ValueSource(typeof(MailWorld), nameof(MailWorld.Kinds))] string kind, [Values(375, 800)] int width)
    {
        var browser = await Chromium.OpenAsync();
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = width, Height = 700 }, JavaScriptEnabled = true });
        var loaded = new List<string>();
        page.Request += (_, request) => loaded.Add(request.Url);
        await page.SetContentAsync(_world.Mails[kind].HtmlBody!);
        var overflow = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - window.innerWidth");
        var folder = Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "mail-pictures")).FullName;
        var picture = await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{kind}-{width}.png"), FullPage = true });
        await page.CloseAsync();

        Assert.That(overflow, Is.LessThanOrEqualTo(0), "nothing sticks out to the right");
        Assert.That(loaded, Is.Empty);
        Assert.That(picture, Has.Length.GreaterThan(5000));
    }
}
