// An ambassador's own data: the notice about them, the file of them, and their end.
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Ambassadors;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Privacy;
using StorePlugin.PublicPages;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Tests.Portal;

internal sealed class OwnDataTests
{
    private const string Data = "/portal/data";
    private const string Notice = "/portal/privacy";
    private const string Deletion = Data + "/deletion";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = "";
    private Browser _browser = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10", "planted.ann@example.com");
        _browser = await Rooms.SignInAsync(_app, _shop.Store, _ann);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _browser.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task The_notice_has_versions_and_each_is_asked_about_until_it_was_seen()
    {
        var asked = (await _browser.GetAsync("/portal")).Text("#privacy-notice");
        var first = await _browser.GetAsync(Notice);
        var form = first.QuerySelector("main form")!;
        var seen = await _browser.FillAsync(form);
        await _browser.FillAsync(form);
        var after = await _browser.GetAsync(Notice);
        var quiet = (await _browser.GetAsync("/portal")).QuerySelector("#privacy-notice");

        await _app.Get<StoreContact>().SetAsync(_shop.Store, "privacy@lux.example", default);
        var late = await _browser.FillAsync(form);
        var second = await _browser.GetAsync(Notice);

        Assert.That(asked, Does.EndWith("You have not seen this version yet. Read it"));
        Assert.That(first.Text(".heading"), Does.Contain("Version 1, since 1 Mar 2026, 11:00."));
        Assert.That((seen.To(), late.To()), Is.EqualTo(($"{Notice}?notice=notice-seen", $"{Notice}?notice=notice-changed")));
        Assert.That(after.Text(".heading"), Does.Contain("You have seen this version on 1 Mar 2026, 11:00."));
        Assert.That(quiet, Is.Null);
        Assert.That(second.Text(), Does.Contain("Version 2").And.Contain("Write to privacy@lux.example"));
        Assert.That((await _browser.GetAsync("/portal")).QuerySelector("#privacy-notice"), Is.Not.Null, "a new version is asked about anew");
        Assert.That(await _app.Db.ManyAsync<long>("SELECT number FROM privacy_notice_views"), Is.EqualTo([1L]));
    }

    [Test]
    public async Task The_notice_tells_the_terms_that_the_program_keeps_and_the_public_reads_it_too()
    {
        using var guest = new Browser(_app.Address);
        var page = await guest.GetAsync($"/join/{_shop.CampaignId}/privacy");
        var text = page.Text(".rules");

        Assert.That(text, Does.Contain("If you were declined, for 6 months; if nobody answered, for 90 days.").And.Contain("until 24 months after the last message").And.Contain("until 12 months after the decision")
            .And.Contain("lead to no order for 13 months").Or.Contain("led to no order for 13 months"));
        Assert.That(text, Does.StartWith("Who is responsible lux (lux.rehearsal.example) runs this programme"));
        Assert.That(page.QuerySelectorAll("main form"), Is.Empty);
        Assert.That((await guest.AskAsync("/join/cmp_none/privacy")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        await _app.Get<Applications>().SetOpenAsync(_shop.Store, _shop.CampaignId, isOpen: true, default);
        Assert.That((await guest.GetAsync($"/join/{_shop.CampaignId}")).QuerySelector($"a[href='/join/{_shop.CampaignId}/privacy']"), Is.Not.Null);
    }

    [Test]
    public async Task The_file_holds_all_of_theirs_and_nothing_of_others()
    {
        await FillAsync();
        var bob = await _shop.AmbassadorAsync("BOB10", "planted.bob@example.com");
        await _app.Get<Messages>().WriteAsync(_shop.Store, bob, "planted of bob", default);
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));
        await _shop.PaysAsync(new TestOrder("1002", StoreApp.Start).With("BOB10", "10.00"));

        var answer = await _browser.FillAsync(Data, $"{Data}/file");
        var text = await answer.Content.ReadAsStringAsync();
        var file = JsonNode.Parse(text)!;
        var ann = file["ambassador"]!["items"]![0]!;
        var said = ann["said"]!;

        Assert.That(answer.Content.Headers.ContentDisposition!.FileName, Is.EqualTo("my-data-2026-03-01.json"));
        Assert.That(answer.Headers.CacheControl!.NoStore, Is.True);
        Assert.That(((string?)ann["email"], (string?)ann["codes"]![0], (string?)ann["page"]!["words"]), Is.EqualTo(("planted.ann@example.com", "ANN10", "planted words")));
        Assert.That(((string?)said["messages"]![0]!["text"], (string?)said["missingOrders"]![0]!["text"], (string?)said["namedInPublic"]![0]!["said"]), Is.EqualTo(("planted question", "planted claim", "given")));
        Assert.That(((string?)said["adultSince"], (string?)said["mailsOff"]![0], (long?)said["noticesSeen"]![0]!["number"]), Is.EqualTo(("2026-03-01T10:00:00Z", "digest", (long?)1)));
        Assert.That((string?)ann["notes"]![0]!["text"], Is.EqualTo("planted note"));
        Assert.That(file["orders"]!["items"]!.AsArray().Select(order => $"{order!["order"]} {order["commission"]!["minor"]}"), Is.EqualTo(["#1001 900"]));
        Assert.That(text, Does.Not.Contain("bob").And.Not.Contain("shopper@example.test"));
    }

    [TestCase(Data + "/file")]
    [TestCase(Deletion)]
    public async Task A_stale_session_takes_and_deletes_nothing_and_the_mail_leads_back(string path)
    {
        _app.Clock.Advance(Visitor.Freshness);
        var page = await Browser.ReadAsync(await _browser.FillAsync(Data, path, ("word", "delete")), HttpStatusCode.Forbidden);
        await _browser.SubmitAsync(page.QuerySelector("main form")!);
        await _app.DrainAsync();
        var link = Regex.Match(ReadMail.AllOf(_app).Single().Text, "http[^\\s]+/sign-in/[^\\s]+", RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
        var back = await _browser.SubmitAsync((await _browser.GetAsync(new Uri(link).PathAndQuery)).QuerySelector("main form")!);

        Assert.That(page.Text("main"), Does.StartWith("Sign in once more"));
        Assert.That(back.To(), Is.EqualTo(Data));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM account_deletions"), Is.Zero);
    }

    [TestCase("")]
    [TestCase("yes")]
    public async Task Without_the_word_nothing_is_deleted(string word)
    {
        var page = await Browser.ReadAsync(await _browser.FillAsync(Data, Deletion, ("word", word)), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text("#word-help"), Is.EqualTo("Nothing was deleted. Type the word delete if you mean it."));
        Assert.That(page.Text("main ul"), Does.Contain("It cannot be taken back."));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM account_deletions"), Is.Zero);
    }

    [Test]
    public async Task Whoever_is_owed_nothing_is_gone_with_the_next_round_and_the_books_stay()
    {
        await FillAsync();
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));
        await _shop.DeliverAsync("refunds/create", new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00").RefundJson("11", 0, "90.00"));
        await _app.DrainAsync();
        using var second = await Rooms.SignInAsync(_app, _shop.Store, _ann);
        await _app.Get<Profiles>().SetMailsAsync(_shop.Store, _ann, MailKind.All.ToList(), default);
        await _app.Get<Messages>().AnswerAsync(_shop.Store, _ann, "planted answer", "test", default);
        await Plant.RowAsync(
            _app.Db, "applications", ("store_id", _shop.Store.Id), ("id", "app_1"), ("campaign_id", _shop.CampaignId), ("name", "Planted before"),
            ("email", "planted.ann@example.com"), ("email_key", "planted.ann@example.com"), ("state", "rejected"), ("decided_at", 1L));
        await _app.DrainAsync();
        Assert.That(await Markers(), Has.Some.Contain(".eml"), "a mail to her lies in the folder");
        var books = await BooksAsync();
        var form = (await _browser.GetAsync(Data)).QuerySelector($"form[action='{Deletion}']")!;

        var deleted = await _browser.FillAsync(form, ("word", " Delete "));
        var again = await _browser.FillAsync(form, ("word", "delete"));
        var ended = await _browser.AskAsync("/portal");
        var other = await second.AskAsync("/portal");
        var words = await WordsAsync();
        await _app.Get<AccountDeletions>().RunOnceAsync(default);
        var rounds = await _app.Get<AccountDeletions>().RunOnceAsync(default);
        var row = await _app.Db.OneAsync<(string Name, string Email, string State)>("SELECT name, email, state FROM ambassadors WHERE id = @ann", new { ann = _ann });

        Assert.That(deleted.To(), Is.EqualTo("/account-deleted"));
        Assert.That((await _browser.GetAsync("/account-deleted")).Text("h1"), Is.EqualTo("Your account is being deleted"));
        Assert.That((again.StatusCode, ended.StatusCode, other.StatusCode), Is.EqualTo((HttpStatusCode.Redirect, HttpStatusCode.Redirect, HttpStatusCode.Redirect)));
        Assert.That(again.To(), Does.Contain("sign-in"), "the session has ended, and with it the second form");
        Assert.That(words, Is.Zero, "what they wrote goes at once");
        Assert.That((row, rounds), Is.EqualTo((("erased", "", "ended"), 0)));
        Assert.That(await Markers(), Is.Empty);
        Assert.That(await _app.Db.OneAsync<string>("SELECT name FROM applications"), Is.Empty);
        Assert.That(await BooksAsync(), Is.EqualTo(books));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(_shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    // The minimum is 20.00, and waived for whoever has left (rule H7).
    [Test]
    public async Task Whoever_is_owed_something_and_has_named_a_way_is_known_until_they_are_paid()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));
        await Plant.RowAsync(
            _app.Db, "payout_methods", ("store_id", _shop.Store.Id), ("id", "pmt_1"), ("ambassador_id", _ann), ("kind", "paypal"), ("masked", "p···@example.com"), ("sealed", "x"));
        await _browser.FillAsync(Data, Deletion, ("word", "delete"));
        _app.Clock.Advance(AccountDeletions.OwedKept * 2);
        await _app.DrainAsync();
        await _app.Get<AccountDeletions>().RunOnceAsync(default);
        using var back = await Rooms.SignInAsync(_app, _shop.Store, _ann);
        var page = await back.GetAsync(Data);
        var before = await NameAsync();

        await _app.Db.DoAsync("UPDATE balances SET amount_minor = 0");
        await _app.Get<AccountDeletions>().RunOnceAsync(default);

        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.Zero);
        Assert.That(page.Text(".heading"), Does.Contain("You asked on 1 Mar 2026, 11:00 that your account be deleted."));
        Assert.That(page.QuerySelector($"form[action='{Deletion}']"), Is.Null);
        Assert.That((before, await NameAsync()), Is.EqualTo(("ANN10", "erased")));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM payout_methods WHERE masked = '' AND ended_at IS NOT NULL"), Is.EqualTo(1));
    }

    [Test]
    public async Task Whoever_has_named_no_way_to_be_paid_is_known_for_thirty_days_and_the_balance_stays()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));
        await _browser.FillAsync(Data, Deletion, ("word", "delete"));
        _app.Clock.Advance(AccountDeletions.OwedKept - TimeSpan.FromMilliseconds(1));
        await _app.Get<AccountDeletions>().RunOnceAsync(default);
        var before = await NameAsync();
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await _app.Get<AccountDeletions>().RunOnceAsync(default);

        Assert.That((before, await NameAsync()), Is.EqualTo(("ANN10", "erased")));
        Assert.That(await _app.Db.OneAsync<long>("SELECT SUM(amount_minor) FROM balances WHERE ambassador_id = @ann AND account IN ('held', 'approved')", new { ann = _ann }), Is.EqualTo(900));
    }

    [Test]
    public async Task A_mail_that_comes_after_the_erasure_finds_nobody_and_is_no_fault()
    {
        await _browser.FillAsync(Data, Deletion, ("word", "delete"));
        await _app.Get<AccountDeletions>().RunOnceAsync(default);
        await _app.Db.InTransactionAsync(tx => new MailNotice(MailNotice.Welcome, _ann).AddAsync(tx, _shop.Store.Id, _app.Clock.GetUtcNow()));
        await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _shop.Store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        await Plant.RowAsync(
            _app.Db, "payouts", ("store_id", _shop.Store.Id), ("id", "po_1"), ("run_id", "run_1"), ("ambassador_id", _ann), ("currency", "EUR"), ("amount_minor", 100L),
            ("reversed_minor", 50L), ("mode", "test"), ("state", "reversed"), ("provider", "stripe"));
        await _app.Db.InTransactionAsync(tx => new MailNotice(MailNotice.PayoutReversed, _ann, Payout: "po_1", ReversedMinor: 50).AddAsync(tx, _shop.Store.Id, _app.Clock.GetUtcNow()));
        await _app.DrainAsync();

        Assert.That(await _app.Db.ManyAsync<string>("SELECT state FROM effects WHERE kind = 'mail'"), Is.All.EqualTo("done"));
        Assert.That(await _app.Db.OneAsync<string>("SELECT outcome FROM effects WHERE subject LIKE 'payout_reversed%'"), Is.EqualTo("The person is erased."));
        Assert.That(ReadMail.AllOf(_app), Is.Empty);
    }

    [Test]
    public async Task A_payout_under_way_keeps_its_payee()
    {
        await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _shop.Store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        await Plant.RowAsync(
            _app.Db, "payouts", ("store_id", _shop.Store.Id), ("id", "po_1"), ("run_id", "run_1"), ("ambassador_id", _ann), ("currency", "EUR"), ("amount_minor", 100L),
            ("mode", "test"), ("state", "unknown"), ("provider", "stripe"));
        await _browser.FillAsync(Data, Deletion, ("word", "delete"));
        _app.Clock.Advance(AccountDeletions.OwedKept * 2);
        await _app.Get<AccountDeletions>().RunOnceAsync(default);
        var before = await NameAsync();
        await _app.Db.DoAsync("UPDATE payouts SET state = 'cancelled'");
        await _app.Get<AccountDeletions>().RunOnceAsync(default);

        Assert.That((before, await NameAsync()), Is.EqualTo(("ANN10", "erased")));
    }

    [Test]
    public async Task A_person_leaves_all_campaigns_of_the_store_and_none_of_another()
    {
        var twin = await _shop.AmbassadorAsync("TWIN10", "twin@example.com");
        await _app.Db.DoAsync(
            "UPDATE ambassadors SET email = a.email, person_hash = a.person_hash FROM (SELECT email, person_hash FROM ambassadors WHERE id = @ann) a WHERE id = @twin", new { ann = _ann, twin });
        var bob = await _shop.AmbassadorAsync("BOB10");
        var other = await Shop.OpenAsync(_app, "other");
        var elsewhere = await other.AmbassadorAsync("ANNA10", "planted.ann@example.com");
        await _browser.FillAsync(Data, Deletion, ("word", "delete"));
        await _app.Get<AccountDeletions>().RunOnceAsync(default);

        Assert.That(await _app.Db.ManyAsync<string>("SELECT id FROM ambassadors WHERE email = '' ORDER BY id"), Is.EqualTo(new[] { _ann, twin }.Order(StringComparer.Ordinal)));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT id FROM ambassadors WHERE state = 'approved' ORDER BY id"), Is.EqualTo(new[] { bob, elsewhere }.Order(StringComparer.Ordinal)));
    }

    [Test]
    public async Task Whoever_has_come_back_before_the_end_keeps_what_is_left()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));
        await _browser.FillAsync(Data, Deletion, ("word", "delete"));
        await _app.Db.DoAsync("UPDATE ambassadors SET state = 'approved' WHERE id = @ann", new { ann = _ann });
        _app.Clock.Advance(AccountDeletions.OwedKept);
        await _app.Get<AccountDeletions>().RunOnceAsync(default);

        Assert.That(await NameAsync(), Is.EqualTo("ANN10"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM account_deletions"), Is.Zero);
    }

    private async Task FillAsync()
    {
        var (store, profiles) = (_shop.Store, _app.Get<Profiles>());
        await _app.Get<Messages>().WriteAsync(store, _ann, "planted question", default);
        await _app.Get<OrderClaims>().TellAsync(store, _ann, new NewClaim("#planted number", new DateOnly(2026, 2, 1), "planted claim"), default);
        await profiles.SayAsync(store, _ann, isGiven: true, MentionConsent.Hash, default);
        await profiles.ConfirmAgeAsync(store, _ann, default);
        await profiles.SetMailsAsync(store, _ann, ["news", "messages"], default);
        await _app.Get<OwnPages>().SetAsync(store, _ann, "planted shown", "planted words", null, keepsPicture: true, default);
        await _app.Get<AmbassadorNotes>().AddAsync(store, _ann, "planted note", "test", default);
        await _browser.FillAsync(Notice, $"{Notice}/acknowledgement");
    }

    private Task<string?> NameAsync() => _app.Db.OneAsync<string>("SELECT name FROM ambassadors WHERE id = @ann", new { ann = _ann });

    private Task<long> WordsAsync() => _app.Db.OneAsync<long>(
        """
        SELECT (SELECT COUNT(*) FROM messages) + (SELECT COUNT(*) FROM message_threads) + (SELECT COUNT(*) FROM order_claims) + (SELECT COUNT(*) FROM mention_consents)
            + (SELECT COUNT(*) FROM age_confirmations) + (SELECT COUNT(*) FROM mail_wishes) + (SELECT COUNT(*) FROM ambassador_pages) + (SELECT COUNT(*) FROM ambassador_notes)
        """);

    private async Task<IReadOnlyList<string>> Markers() =>
        await Privacy.Markers.FindAsync(_app, [], "planted.ann@example.com", "planted question", "planted number", "planted shown", "planted words");

    private async Task<string> BooksAsync() => string.Join('\n', await _app.Db.ManyAsync<string>(
        "SELECT transaction_id || account || amount_minor || ambassador_id FROM ledger_entries ORDER BY transaction_id, position"));
}
