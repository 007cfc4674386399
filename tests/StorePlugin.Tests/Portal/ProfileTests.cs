// What an ambassador says of themselves: name, time zone, mails, being named in public, and their age.
using System.Net;
using StorePlugin.Ambassadors;
using StorePlugin.Mail;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Portal;

internal sealed class ProfileTests
{
    private const string Profile = "/portal/profile";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = "";
    private Browser _browser = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10", "ann@example.com");
        _browser = await Rooms.SignInAsync(_app, _shop.Store, _ann);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _browser.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task The_rooms_of_the_portal_lead_to_each_other()
    {
        foreach (var path in new[] { "/portal", "/portal/share", "/portal/claims", "/portal/messages", Profile, "/portal/data" })
        {
            var page = await _browser.GetAsync(path);

            Assert.That(page.QuerySelectorAll("header nav a").Select(link => link.TextContent), Is.EqualTo(["My earnings", "Share", "Missing orders", "Messages", "Profile", "My data"]));
            Assert.That(page.QuerySelector("header nav a[aria-current]")!.GetAttribute("href"), Is.EqualTo(path));
            Assert.That(page.QuerySelectorAll("h1"), Has.Length.EqualTo(1), path);
            Assert.That(page.QuerySelectorAll("script"), Is.Empty, path);
            foreach (var field in page.QuerySelectorAll("main input:not([type=hidden]), main textarea, main select"))
            {
                Assert.That(field.Closest("label") is not null || field.HasAttribute("aria-label"), path);
                Assert.That(field.GetAttribute("aria-describedby") is not { } help || page.GetElementById(help) is not null, path);
            }
        }
    }

    [Test]
    public async Task Name_and_time_zone_are_kept_as_text()
    {
        var kept = await _browser.FillAsync(Profile, Profile, ("name", " Ann </textarea><script>x</script> "), ("zone", "Pacific/Auckland"));
        var page = await _browser.GetAsync(Profile);
        var name = page.QuerySelector("input[name=name]")!.GetAttribute("value");
        await _browser.FillAsync(Profile, Profile, ("name", "Ann"), ("zone", ""));

        Assert.That(kept.To(), Is.EqualTo($"{Profile}?notice=profile-kept"));
        Assert.That((name, page.QuerySelectorAll("script").Length), Is.EqualTo(("Ann </textarea><script>x</script>", 0)));
        Assert.That(page.QuerySelector("input[name=zone]")!.GetAttribute("value"), Is.EqualTo("Pacific/Auckland"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM ambassadors WHERE name = 'Ann' AND time_zone IS NULL"), Is.EqualTo(1));
    }

    [TestCase("", "", "name-help", "Write how the store calls you.")]
    [TestCase("A\u0001", "", "name-help", "The name may not hold")]
    [TestCase("Ann", "Mars/Olympus", "zone-help", "Write a time zone's name")]
    public async Task What_cannot_be_kept_is_said_beside_its_field(string name, string zone, string help, string said)
    {
        var page = await Browser.ReadAsync(await _browser.FillAsync(Profile, Profile, ("name", name), ("zone", zone)), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text($"#{help}"), Does.StartWith(said));
        Assert.That(page.QuerySelectorAll("[aria-invalid=true]").Single().GetAttribute("aria-describedby"), Is.EqualTo(help));
        Assert.That(await _app.Db.OneAsync<string>("SELECT name FROM ambassadors"), Is.EqualTo("ANN10"));
    }

    [Test]
    public async Task A_name_of_two_hundred_letters_fits_and_one_more_does_not()
    {
        Assert.That((await _browser.FillAsync(Profile, Profile, ("name", new string('字', 200)))).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That((await (await _browser.AskAsync(Profile)).Content.ReadAsStringAsync()).Length, Is.LessThan(60_000));
        Assert.That((await _browser.FillAsync(Profile, Profile, ("name", new string('n', 201)))).StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
    }

    [Test]
    public async Task A_mail_that_is_switched_off_does_not_come_and_one_that_is_owed_does()
    {
        await _browser.FillAsync(Profile, $"{Profile}/mails", ("mail", MailKind.News));
        await _browser.FillAsync(Profile, $"{Profile}/mails", ("mail", MailKind.News), ("mail", "sign_in"));
        await _app.Get<Messages>().AnswerAsync(_shop.Store, _ann, "Hello", "test", default);
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));
        await _app.Get<OrderClaims>().TellAsync(_shop.Store, _ann, new NewClaim("#1", new DateOnly(2026, 2, 1), null), default);
        await _app.Get<OrderClaims>().DeclineAsync(_shop.Store, (await _app.Get<OrderClaims>().ListWaitingAsync(_shop.Store, "", 1, default)).Single().Id, "No.", "test", default);
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _app.DrainAsync();
        var off = ReadMail.AllOf(_app).Select(mail => mail["Subject"]).ToList();
        await _app.Get<Profiles>().SetMailsAsync(_shop.Store, _ann, MailKind.All.ToList(), default);
        await _app.Get<Messages>().AnswerAsync(_shop.Store, _ann, "Again", "test", default);
        await _app.DrainAsync();

        Assert.That(off.Single(), Does.Contain("Order #1 does not count"));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT outcome FROM effects WHERE kind = 'mail' AND outcome LIKE '%switched off%'"), Has.Count.EqualTo(2));
        Assert.That(ReadMail.AllOf(_app), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Whoever_wanted_no_mail_at_all_sees_so_and_gets_what_they_choose_again()
    {
        var suppressions = _app.Get<Suppressions>();
        var hash = suppressions.HashOf(_shop.Store, "ann@example.com");
        await suppressions.AddAsync(_shop.Store, hash, SuppressionReason.OptedOut, null, Suppressions.TheReader, default);
        var page = await _browser.GetAsync(Profile);
        await _browser.FillAsync(Profile, $"{Profile}/mails");
        var still = await suppressions.HasOptedOutAsync(_shop.Store, hash, default);
        await _browser.FillAsync(Profile, $"{Profile}/mails", ("mail", MailKind.Digest));
        var after = await _browser.GetAsync(Profile);

        Assert.That(page.QuerySelectorAll("#mails input[checked]"), Is.Empty);
        Assert.That(page.Text("#mails"), Does.Contain("You have asked for none of these mails."));
        Assert.That((still, await suppressions.HasOptedOutAsync(_shop.Store, hash, default)), Is.EqualTo((true, false)));
        Assert.That(after.QuerySelectorAll("#mails input[checked]").Select(box => box.GetAttribute("value")), Is.EqualTo([MailKind.Digest]));
    }

    [Test]
    public async Task Being_named_is_agreed_to_and_taken_back_each_with_its_instant_and_the_merchant_sees_it()
    {
        using var owner = await Rooms.SignInAsync(_app, _shop.Store, null);
        var person = $"/dashboard/ambassadors/{_ann}";
        var none = (await owner.GetAsync(person)).Text(".facts");
        var given = await _browser.FillAsync(Profile, $"{Profile}/consent", ("say", "give"));
        await _browser.PushAsync(Profile, $"{Profile}/consent", ("say", "give"), ("wording", MentionConsent.Hash));
        var yes = (await owner.GetAsync(person)).Text(".facts");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var withdrawn = await _browser.FillAsync(Profile, $"{Profile}/consent", ("say", "withdraw"));
        await _browser.PushAsync(Profile, $"{Profile}/consent", ("say", "withdraw"));

        Assert.That((given.To(), withdrawn.To()), Is.EqualTo(($"{Profile}?notice=consent-given#named", $"{Profile}?notice=consent-withdrawn#named")));
        Assert.That(none, Does.Contain("May be named in public No: nothing was said."));
        Assert.That(yes, Does.Contain($"May be named in public Yes, since 1 Mar 2026, 11:00 (wording {MentionConsent.Hash[..8]})."));
        Assert.That((await owner.GetAsync(person)).Text(".facts"), Does.Contain("No, taken back on 1 Mar 2026, 12:00"));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT said FROM mention_consents ORDER BY number"), Is.EqualTo(["given", "withdrawn"]));
    }

    [Test]
    public async Task Nobody_agrees_to_a_wording_that_they_have_not_seen_and_another_wording_is_no_consent()
    {
        await _browser.PushAsync(Profile, $"{Profile}/consent", ("say", "give"), ("wording", "another"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM mention_consents"), Is.Zero);

        await Plant.RowAsync(
            _app.Db, "mention_consents", ("store_id", _shop.Store.Id), ("ambassador_id", _ann), ("number", 1L), ("said", "given"), ("wording_hash", new string('a', 64)));
        var page = await _browser.GetAsync(Profile);

        Assert.That(page.Text("#named strong"), Does.StartWith("No: the consent of").And.Contain("another wording (aaaaaaaa)"));
        Assert.That(page.QuerySelector("#named button")!.GetAttribute("value"), Is.EqualTo("give"));
        Assert.That((await _browser.PushAsync(Profile, $"{Profile}/consent", ("say", "perhaps"))).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Whom_the_merchant_has_added_is_asked_for_their_age_once()
    {
        var asked = (await _browser.GetAsync("/portal")).Text("#age-asked");
        await _browser.FillAsync(Profile, $"{Profile}/age");
        var nothing = await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM age_confirmations");
        var form = (await _browser.GetAsync(Profile)).QuerySelector($"form[action='{Profile}/age']")!;
        await _browser.FillAsync(form, ("adult", "yes"));
        var first = await _app.Db.OneAsync<long>("SELECT confirmed_at FROM age_confirmations");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await _browser.FillAsync(form, ("adult", "yes"));

        Assert.That(asked, Is.EqualTo("Only who is 18 or older can take part. Please say that you are. Confirm it"));
        Assert.That(nothing, Is.Zero, "without the box nothing was said");
        Assert.That((first, await _app.Db.OneAsync<long>("SELECT confirmed_at FROM age_confirmations")), Is.EqualTo((StoreApp.Start.ToUnixTimeMilliseconds(), first)));
        Assert.That((await _browser.GetAsync("/portal")).QuerySelector("#age-asked"), Is.Null);
    }

    [Test]
    public async Task The_form_to_join_asks_for_the_age_and_who_is_approved_has_said_so()
    {
        await _app.Get<Applications>().SetOpenAsync(_shop.Store, _shop.CampaignId, isOpen: true, default);
        var join = $"/join/{_shop.CampaignId}";
        using var guest = new Browser(_app.Address);
        var without = await Browser.ReadAsync(await guest.FillAsync(join, join, ("name", "Eve"), ("email", "eve@example.com")), HttpStatusCode.BadRequest);
        var with = await guest.FillAsync(join, join, ("name", "Eve"), ("email", "eve@example.com"), ("adult", "yes"));
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var application = await _app.Db.OneAsync<string>("SELECT id FROM applications");
        Assert.That(await _app.Get<Applications>().ApproveAsync(_shop.Store, application!, null, "test", null, default), Is.TypeOf<ApprovalResult.Done>());
        var eve = await _app.Db.OneAsync<string>("SELECT ambassador_id FROM applications");
        using var browser = await Rooms.SignInAsync(_app, _shop.Store, eve);
        var page = await browser.GetAsync("/portal");

        Assert.That(without.Text("[role=alert]"), Does.Contain("Only who is 18 or older can take part"));
        Assert.That(without.QuerySelector("input[name=name]")!.GetAttribute("value"), Is.EqualTo("Eve"));
        Assert.That(with.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That((page.QuerySelector("#age-asked"), page.QuerySelector("#privacy-notice")), Is.EqualTo(((object?)null, (object?)null)), "both were asked on the form");
        Assert.That(
            await _app.Db.OneAsync<long>("SELECT confirmed_at FROM age_confirmations WHERE ambassador_id = @eve AND place = 'application'", new { eve }),
            Is.EqualTo(StoreApp.Start.ToUnixTimeMilliseconds()));
    }

    [Test]
    public async Task Nothing_is_changed_without_the_pages_token()
    {
        foreach (var path in new[] { Profile, $"{Profile}/mails", $"{Profile}/consent", $"{Profile}/age", "/portal/claims", "/portal/messages", "/portal/data/file", "/portal/data/deletion", "/portal/privacy/acknowledgement" })
        {
            Assert.That((await _browser.PostAsync(path, new() { ["name"] = "x", ["say"] = "give", ["adult"] = "yes", ["text"] = "x", ["word"] = "delete" })).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), path);
        }
    }
}
