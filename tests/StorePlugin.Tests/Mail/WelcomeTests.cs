// The mail that an ambassador begins with: when it goes, what it says, and that a hostile name changes neither.
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

internal sealed partial class WelcomeTests
{
    private const string Hostile = "<img src=x onerror=alert(1)> \"Zoë\" & 李娜\r\nBcc: victim@example.com";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync([.. _shopify.Settings, new("PublicUrl", "https://refer.example")]);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, "lux.myshopify.com");
        _api = await ApiClient.OfAsync(_app, _store);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task It_says_what_one_needs_to_begin()
    {
        await _api.AddAsync(await _api.LiveAsync(commission: 12.5m, friend: 20), "ANN20", "ann@example.com");
        await _app.DrainAsync();

        var mail = ReadMail.AllOf(_app).Single();
        var id = await EffectIdAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["Subject"], Is.EqualTo($"Your code ANN20 for {_store.DisplayName}"));
            Assert.That(mail["To"], Is.EqualTo("Ann <ann@example.com>").Or.EqualTo("\"Ann\" <ann@example.com>"));
            Assert.That(mail["From"], Is.EqualTo("StorePlugin <noreply@refer.example>"));
            Assert.That(mail["Message-ID"], Is.EqualTo($"<{id}@refer.example>"));
            Assert.That(mail["Date"], Is.EqualTo("Sun, 01 Mar 2026 10:00:00 +0000"));
            Assert.That(mail["Auto-Submitted"], Is.EqualTo("auto-generated"));
            foreach (var text in new[] { mail.Text, mail.PageText })
            {
                Assert.That(text, Does.Contain(_store.DisplayName).And.Contain("“Spring”").And.Contain("ANN20"));
                Assert.That(text, Does.Contain("https://refer.example/r/ANN20").And.Contain("https://refer.example/portal"));
                Assert.That(text, Does.Contain("12.5\u00A0% of each order").Or.Contain("12.5 % of each order"));
                Assert.That(text, Does.Contain("20\u00A0% off").Or.Contain("20 % off"));
                Assert.That(text, Does.Contain("held for 30 days").And.Contain("say that you earn from it"));
                Assert.That(text, Does.Not.Contain("/sign-in/").And.Not.Contain("ehearsal"));
            }

            var links = mail.Page.QuerySelectorAll("a").Select(link => link.GetAttribute("href")).ToList();
            Assert.That(links[..^1], Is.EqualTo(["https://refer.example/r/ANN20", "https://refer.example/portal", $"https://refer.example/portal/sign-in?store={_store.Id}"]));
            Assert.That(links[^1], Does.StartWith("https://refer.example/mail/stop/"));
            Assert.That(mail.Page.QuerySelectorAll("img, script, link, style, [src]"), Is.Empty, "nothing comes from elsewhere");
        }
    }

    [Test]
    public async Task It_goes_when_the_code_works_and_not_before()
    {
        var campaign = await _api.DraftAsync();
        await _api.AddAsync(campaign, "ANN10");
        await _app.DrainAsync();
        var inDraft = await SubjectsAsync();

        await _api.Post($"campaigns/{campaign}/launch");
        var launched = await SubjectsAsync();
        await _app.DrainAsync();

        Assert.That((inDraft.Count, launched.Count), Is.EqualTo((0, 0)));
        Assert.That(await SubjectsAsync(), Has.Count.EqualTo(1));
        Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_code_that_the_store_refuses_is_not_praised()
    {
        _shopify.Discounts[("lux.myshopify.com", "ANN10")] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "Spring sale", "{}");
        await _api.AddAsync(await _api.LiveAsync(), "ANN10");
        await _app.DrainAsync();

        Assert.That(await SubjectsAsync(), Is.Empty);
    }

    [TestCase(0, false)]
    [TestCase(10, false)]
    [TestCase(0, true)]
    [TestCase(10, true)]
    public async Task Who_comes_back_gets_the_mail_with_the_new_code_each_time(int friend, bool applies)
    {
        var campaign = await _api.LiveAsync(friend: friend);
        var ann = (await _api.AddAsync(campaign, "ANN-1", "ann@example.com")).Text("id");
        await _app.DrainAsync();
        await _api.Put($"campaigns/{campaign}/applications", new JsonObject { ["open"] = true });
        for (var time = 2; time <= 3; time++)
        {
            await _api.Post($"ambassadors/{ann}/suspension");
            await _api.Delete($"ambassadors/{ann}/suspension");
            await _api.Post($"ambassadors/{ann}/ending");
            _app.Clock.Advance(TimeSpan.FromDays(7));
            await BackAsync($"ANN-{time}");
            await _app.DrainAsync();
        }

        await _api.Post($"ambassadors/{ann}/codes", new JsonObject { ["code"] = "ANN-X" });
        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app).Select(mail => mail["Subject"]![..15]), Is.EquivalentTo(["Your code ANN-1", "Your code ANN-2", "Your code ANN-3"]));
        Assert.That((await SubjectsAsync()).Order(StringComparer.Ordinal), Is.EqualTo([$"welcome:{ann}", $"welcome:{ann}:1", $"welcome:{ann}:2"]), "a further code is no welcome");

        async Task BackAsync(string code)
        {
            if (!applies)
            {
                await _api.AddAsync(campaign, code, "ann@example.com");
                return;
            }

            await _app.Get<Applications>().ApplyAsync(_store, campaign, new NewApplication("Ann", "ann@example.com", null), default);
            var id = (await _api.Get("applications?state=applied")).Json!["items"]![0]!["id"];
            Assert.That((await _api.Post($"applications/{id}/approval", new JsonObject { ["code"] = code })).Text("ambassadorId"), Is.EqualTo(ann));
        }
    }

    [Test]
    public async Task A_discount_that_is_late_from_before_the_leaving_takes_nobodys_welcome_back()
    {
        var campaign = await _api.LiveAsync();
        var ann = (await _api.AddAsync(campaign, "ANN-1", "ann@example.com")).Text("id");
        await _api.Post($"ambassadors/{ann}/codes", new JsonObject { ["code"] = "ANN-X" });
        await _app.Db.DoAsync("UPDATE effects SET due_at = due_at + 60000 WHERE subject = 'ann-x'");
        await _app.DrainAsync();
        await _app.Db.DoAsync("UPDATE ambassadors SET state = 'ended'");
        await _app.Db.InTransactionAsync(tx => AmbassadorLife.RecordAsync(tx, _store.Id, ann, "ended", _app.Clock.GetUtcNow(), "test", null));
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _app.DrainAsync();

        await _api.AddAsync(campaign, "ANN-2", "ann@example.com");
        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(2));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_code_without_a_discount_works_from_the_first_day_of_the_campaign(bool addedToDraft)
    {
        var campaign = await _api.DraftAsync(friend: 0);
        if (addedToDraft)
        {
            await _api.AddAsync(campaign, "ANN");
            Assert.That(await SubjectsAsync(), Is.Empty);
        }

        await _api.Post($"campaigns/{campaign}/launch");
        if (!addedToDraft)
        {
            await _api.AddAsync(campaign, "ANN");
        }

        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app).Single().Text, Does.Contain("No discount"));
    }

    [Test]
    public async Task A_hostile_name_is_a_name_and_nothing_else()
    {
        await _api.AddAsync(await _api.LiveAsync(friend: 0), "ANN", "ann@example.com");
        await _app.Db.DoAsync("UPDATE ambassadors SET name = @Hostile", new { Hostile });
        await _app.Db.DoAsync("UPDATE stores SET name = @Hostile", new { Hostile });
        await _app.Db.DoAsync("UPDATE campaigns SET name = @Hostile", new { Hostile });
        _app.Get<StoreDirectory>().Forget(_store);
        await _app.DrainAsync();

        var mail = ReadMail.AllOf(_app).Single();
        const string OnOneLine = "<img src=x onerror=alert(1)> \"Zoë\" & 李娜 Bcc: victim@example.com";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail.Headers.Select(header => header.Name), Is.EquivalentTo(
                ["Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "From", "To", "Date", "Subject", "Content-Type"]));
            Assert.That(mail["To"], Does.Contain("Zoë").And.Contain("李娜").And.EndWith(" <ann@example.com>"));
            // Behind quoted and encoded parts, which are the name, nothing stands but the one address.
            var to = mail.Headers.Single(header => header.Name == "To").Value;
            Assert.That(to, Does.Match("^[ -~]+$"));
            Assert.That(NameParts().Replace(to, "").Trim(), Is.EqualTo("<ann@example.com>"));
            Assert.That(mail["Subject"], Does.StartWith($"Your code ANN for {OnOneLine}"));
            Assert.That(mail.Page.QuerySelectorAll("img, script"), Is.Empty);
            Assert.That(mail.PageText, Does.Contain(OnOneLine));
            Assert.That(mail.Text, Does.Contain($"Hello {OnOneLine},\r\n"));
        }
    }

    [Test]
    public async Task Performed_again_it_is_the_same_mail_in_the_same_file()
    {
        var added = await _api.AddAsync(await _api.LiveAsync(friend: 0), "ANN");
        await _app.DrainAsync();
        var first = ReadMail.AllOf(_app).Single();

        var again = await Effects.PerformAsync(_app, _store.Id, Effect.Kinds.Mail, $"welcome:{added.Text("id")}");

        Assert.That(again, Is.TypeOf<EffectResult.Done>());
        Assert.That(ReadMail.AllOf(_app).Single()["Message-ID"], Is.EqualTo(first["Message-ID"]));
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(_app.Folder, "mail")), Has.Length.EqualTo(1), "nothing half-done is left");
    }

    [TestCase("UPDATE ambassadors SET state = 'suspended'", "The ambassador is suspended.")]
    [TestCase("UPDATE ambassadors SET state = 'ended'", "The ambassador has left.")]
    [TestCase("UPDATE stores SET state = 'uninstalled'", Installation.UninstalledOutcome)]
    [TestCase("UPDATE campaigns SET state = 'ended'", "The campaign is ended: there is nothing to begin with.")]
    public async Task Nobody_is_welcomed_to_what_is_over(string ending, string reason)
    {
        await _api.AddAsync(await _api.LiveAsync(friend: 0), "ANN");
        await _app.Db.DoAsync(ending);
        _app.Get<StoreDirectory>().Forget(_store);
        await _app.DrainAsync();

        Assert.That(await _app.Db.ManyAsync<string>("SELECT state || ' ' || outcome FROM effects WHERE kind = 'mail'"), Is.EqualTo(["done " + reason]));
        Assert.That(ReadMail.AllOf(_app), Is.Empty);
    }

    [Test]
    public async Task The_outbox_and_the_log_know_no_name_and_no_address()
    {
        using var log = new CapturedLog();
        await using var app = await StoreApp.StartAsync(
            [new("Serilog:MinimumLevel:Default", "Verbose")],
            services => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(services, log));
        var api = await ApiClient.OfAsync(app, (await Shop.OpenAsync(app)).Store);
        var body = Bodies.Ambassador(await api.LiveAsync(friend: 0), "ANN", "planted.marker@example.com");
        body["name"] = JsonValue.Create("Planted Marker");
        await api.Post("ambassadors", body);
        await app.DrainAsync();

        var rows = await app.Db.ManyAsync<string>("SELECT subject || ' ' || payload || ' ' || outcome FROM effects WHERE kind = 'mail'");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ReadMail.AllOf(app).Single()["To"], Does.Contain("planted.marker@example.com"));
            Assert.That(rows, Has.Count.EqualTo(1).And.All.Contains("welcome:amb_").And.All.Contains("lies in the mail folder"));
            Assert.That(log.Lines, Has.Some.Contains("(mail) is done"), "the lines are kept");
            Assert.That(log.Lines.Concat(rows), Has.None.Contains("arker"));
        }
    }

    private async Task<string> EffectIdAsync() => (await _app.Db.OneAsync<string>("SELECT id FROM effects WHERE kind = 'mail'"))!;

    private Task<IReadOnlyList<string>> SubjectsAsync() => _app.Db.ManyAsync<string>("SELECT subject FROM effects WHERE kind = 'mail'");

    [GeneratedRegex(@"""(\\.|[^""\\])*""|=\?utf-8\?b\?[^?]*\?=", RegexOptions.ExplicitCapture)]
    private static partial Regex NameParts();
}
