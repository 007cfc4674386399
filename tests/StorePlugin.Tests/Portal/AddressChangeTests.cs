// An ambassador's address is changed when the address of before and the new one have said yes, for all that is theirs.
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Portal;

internal sealed class AddressChangeTests
{
    private const string Old = "ann@example.com";
    private const string New = "ann.new@example.org";

    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private ApiClient _api = null!;
    private Browser _ann = null!;
    private Browser _mail = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _rooms.Store);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.KnowAsync("amb_ann", Old);
        await _rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10");
        await _rooms.KnowAsync("amb_bob", "bob@example.com");
        _ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
        _mail = new Browser(_app.Address);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _ann.Dispose();
        _mail.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task It_is_made_when_both_addresses_have_said_yes([Values] bool isOldFirst)
    {
        await AskInPortalAsync();
        await _app.DrainAsync();
        var (old, next) = (Token(Old), Token(New));
        var opened = await _mail.AskAsync(ChangeLinks.PathOf(old, ChangeLinks.Confirmation));
        var first = await YesAsync(isOldFirst ? old : next);
        var half = await EmailAsync("amb_ann");
        var second = await YesAsync(isOldFirst ? next : old);

        Assert.That((opened.StatusCode, first, second), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That((half, await EmailAsync("amb_ann")), Is.EqualTo((Old, New)));
        Assert.That(
            await _app.Db.OneAsync<string>("SELECT email_key || ' ' || person_hash FROM ambassadors WHERE id = 'amb_ann'"), Is.EqualTo($"{New} {HashOf(New)}"));
        Assert.That((await ChangesAsync()).Select(change => (string?)change["state"]), Is.EqualTo(["applied"]));
    }

    [Test]
    public async Task Once_made_payouts_wait_sessions_end_and_the_address_of_before_is_told()
    {
        var link = await _app.Get<SignIn>().NewLinkAsync(_rooms.Store, Role.Ambassador, "amb_ann", default);
        await ChangeAsync();
        await _app.DrainAsync();

        var told = Mails().Last(mail => mail["Subject"].Contains("was changed", StringComparison.Ordinal));
        Assert.That(told["To"], Does.Contain(Old));
        Assert.That(told.Text, Does.Contain("New: a···@example.org").And.Contain("nothing is paid before 8 March 2026").And.Contain("By: you, signed in to your page").And.Not.Contain(New));
        Assert.That((await _ann.AskAsync("/portal")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect), "the session has ended");
        Assert.That((await _mail.AskAsync(new Uri(link).PathAndQuery)).StatusCode, Is.EqualTo(HttpStatusCode.Gone));
        Assert.That(
            await _app.Db.OneAsync<string>("SELECT payouts_from_why FROM ambassadors WHERE id = 'amb_ann' AND payouts_from = @from", new { from = StoreApp.Start + DestinationHold.Time }),
            Is.EqualTo("The e-mail address was changed."));
        var change = (await _api.Get("ambassadors/amb_ann/payout-changes")).Json!["items"]!.AsArray().Single()!;
        Assert.That(
            $"{change["kind"]} {change["before"]} > {change["after"]} {change["actor"]} {change["state"]}", Is.EqualTo("address a···@example.com > a···@example.org ambassador confirmed"));
        Assert.That(await _app.Db.OneAsync<string>("SELECT payouts_from_why FROM ambassadors WHERE id = 'amb_bob'"), Is.Null);
    }

    [Test]
    public async Task All_that_the_person_takes_part_in_changes_together()
    {
        await _app.Db.DoAsync("INSERT INTO campaigns (store_id, id, name, state, created_at) VALUES ('str_lux', 'cmp_2', 'Summer', 'live', 1)");
        await _rooms.AmbassadorAsync("amb_ann2", "Ann", "ANN20");
        await _app.Db.DoAsync("UPDATE ambassadors SET campaign_id = 'cmp_2' WHERE id = 'amb_ann2'");
        await _rooms.KnowAsync("amb_ann2", Old);
        await _app.Get<Suppressions>().AddAsync(_rooms.Store, HashOf(Old), SuppressionReason.OptedOut, null, Suppressions.TheReader, default);
        await _app.Get<Suppressions>().AddAsync(_rooms.Store, HashOf(Old), SuppressionReason.Bounced, null, Suppressions.TheReader, default);

        await ChangeAsync(liftBounce: true);

        Assert.That((await EmailAsync("amb_ann"), await EmailAsync("amb_ann2"), await EmailAsync("amb_bob")), Is.EqualTo((New, New, "bob@example.com")));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT ambassador_id FROM payout_changes ORDER BY ambassador_id"), Is.EqualTo(["amb_ann", "amb_ann2"]));
        Assert.That(
            await _app.Db.ManyAsync<string>("SELECT reason FROM mail_suppressions WHERE address_hash = @hash", new { hash = HashOf(New) }), Is.EqualTo(["opted_out"]),
            "what they wish goes along; what happened to the other mailbox does not");
    }

    [Test]
    public async Task Whoever_buys_with_their_address_of_before_still_buys_for_themselves()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        var ann = await shop.AmbassadorAsync("ANN10", Old);
        var asked = (AddressAsk.Asked)await app.Get<AddressChanges>().AskAsync(shop.Store, ann, New, "test", "Known in person.", default);
        var token = await app.Get<ChangeLinks>().NewAsync(shop.Store, ChangeLinks.AddressNew, asked.Change.Id, default);
        var step = await app.Get<AddressChanges>().ConfirmAsync((await app.Get<ChangeLinks>().FindAsync(token, default))!, default);

        await shop.PaysAsync(new TestOrder("1", StoreApp.Start).With("ANN10", "10.00") with { Email = Old });
        await shop.PaysAsync(new TestOrder("2", StoreApp.Start).With("ANN10", "10.00") with { Email = New, Customer = 78 });
        await shop.PaysAsync(new TestOrder("3", StoreApp.Start).With("ANN10", "10.00") with { Email = "eve@example.com", Customer = 79 });

        Assert.That(step, Is.EqualTo(AddressStep.Applied));
        Assert.That(
            (await OwnAsync("1"), await OwnAsync("2"), await OwnAsync("3")), Is.EqualTo(((bool?)true, (bool?)true, (bool?)false)));

        async Task<bool?> OwnAsync(string order) => (await shop.ReceiptAsync(order)).Touches.Single().IsOwn;
    }

    [Test]
    public async Task No_from_the_address_of_before_leaves_all_as_it_is()
    {
        await AskInPortalAsync();
        await _app.DrainAsync();
        var (old, next) = (Token(Old), Token(New));
        var no = await NoAsync(old);
        var yes = (await YesAsync(next), await YesAsync(old));

        Assert.That((no, yes), Is.EqualTo((HttpStatusCode.OK, (HttpStatusCode.Gone, HttpStatusCode.Gone))));
        Assert.That(await EmailAsync("amb_ann"), Is.EqualTo(Old));
        Assert.That((string?)(await ChangesAsync()).Single()["state"], Is.EqualTo("refused"));
    }

    [Test]
    public async Task The_new_address_cannot_say_no_for_the_one_of_before()
    {
        await AskInPortalAsync();
        await _app.DrainAsync();

        Assert.That(await NoAsync(Token(New)), Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task No_after_it_was_made_holds_the_payouts_until_a_person_of_the_store_decides()
    {
        await ChangeAsync();
        await _app.DrainAsync();
        var no = await NoAsync(Token(Old, isTold: true));
        var change = (await _api.Get("ambassadors/amb_ann/payout-changes")).Json!["items"]!.AsArray().Single()!;
        var decided = await _api.Put(
            $"ambassadors/amb_ann/payout-changes/{change["id"]}/decision", new JsonObject { ["decision"] = "confirmed", ["reason"] = "She came by." });

        Assert.That((no, (string?)change["state"]), Is.EqualTo((HttpStatusCode.OK, "refused")));
        Assert.That((decided.Status, decided.Text("state")), Is.EqualTo((200, "confirmed")));
        Assert.That(await NoAsync(Token(Old, isTold: true)), Is.EqualTo(HttpStatusCode.Gone), "the store has decided");
    }

    [Test]
    public async Task A_person_of_the_store_stands_in_for_a_lost_mailbox_with_a_reason()
    {
        var asked = await _api.Post("ambassadors/amb_ann/address-changes", new JsonObject { ["email"] = New, ["reason"] = "Her employer has closed the mailbox; known in person." });
        await _app.DrainAsync();
        var toOld = Mails().Single(mail => mail["To"].Contains(Old, StringComparison.Ordinal));
        var yes = await YesAsync(Token(New));

        Assert.That((asked.Status, asked.Text("state"), asked.Text("after")), Is.EqualTo((202, "open", "a···@example.org")));
        Assert.That(asked.Json!.ToJsonString(), Does.Not.Contain(New));
        Assert.That(toOld.Text, Does.Contain("says yes for you").And.Contain("/refusal").And.Not.Contain("/confirmation"));
        Assert.That((yes, await EmailAsync("amb_ann")), Is.EqualTo((HttpStatusCode.OK, New)));
        Assert.That((string?)(await ChangesAsync()).Single()["reason"], Does.StartWith("Her employer"));
    }

    [Test]
    public async Task Without_a_reason_the_store_cannot_stand_in()
    {
        await _api.Post("ambassadors/amb_ann/address-changes", new JsonObject { ["email"] = New });
        await _app.DrainAsync();
        await YesAsync(Token(New));

        Assert.That(await EmailAsync("amb_ann"), Is.EqualTo(Old));
    }

    [Test]
    public async Task After_seven_days_nothing_is_changed_any_more()
    {
        await AskInPortalAsync();
        await _app.DrainAsync();
        var (old, next) = (Token(Old), Token(New));
        await YesAsync(old);
        _app.Clock.Advance(AddressChanges.Lifetime);

        Assert.That(await YesAsync(next), Is.EqualTo(HttpStatusCode.Gone));
        Assert.That(await EmailAsync("amb_ann"), Is.EqualTo(Old));
    }

    [Test]
    public async Task A_link_of_another_store_leads_nowhere()
    {
        var other = await Rooms.OpenAsync(_app, "str_other", "Other");
        await AskInPortalAsync();
        await _app.DrainAsync();
        var secret = Token(New).Split('.')[1];

        Assert.That(await YesAsync($"{other.Store.Id}.{secret}"), Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task An_address_of_another_ambassador_of_the_campaign_is_refused_in_words()
    {
        var portal = await Browser.ReadAsync(await FillAsync("Bob@example.com"), HttpStatusCode.BadRequest);
        var api = await _api.Post("ambassadors/amb_ann/address-changes", new JsonObject { ["email"] = "bob@example.com" });

        Assert.That(portal.Text("#address [role=alert]"), Does.StartWith("Another ambassador of your campaign has that address"));
        Assert.That(portal.QuerySelector("#address input[name=email]")!.GetAttribute("value"), Is.EqualTo("Bob@example.com"));
        Assert.That((api.Status, api.Problem), Is.EqualTo((409, "/problems/email-taken")));
        Assert.That(await ChangesAsync(), Is.Empty);
    }

    [Test]
    public async Task Somebody_who_takes_the_address_meanwhile_keeps_it()
    {
        await AskInPortalAsync();
        await _app.DrainAsync();
        await _rooms.AmbassadorAsync("amb_eve", "Eve", "EVE10");
        await _rooms.KnowAsync("amb_eve", New);
        await YesAsync(Token(Old));

        Assert.That(await YesAsync(Token(New)), Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That((await EmailAsync("amb_ann"), (string?)(await ChangesAsync()).Single()["state"]), Is.EqualTo((Old, "open")));
    }

    [Test]
    public async Task A_later_change_takes_the_place_of_an_earlier_one_and_there_are_few_a_day()
    {
        await AskInPortalAsync();
        await _app.DrainAsync();
        var first = Token(New);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await AskInPortalAsync("second@example.org");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await AskInPortalAsync("third@example.org");
        var fourth = await Browser.ReadAsync(await FillAsync("fourth@example.org"), HttpStatusCode.BadRequest);

        Assert.That(await YesAsync(first), Is.EqualTo(HttpStatusCode.Gone));
        Assert.That((await ChangesAsync()).Select(change => (string?)change["state"]), Is.EqualTo(["replaced", "replaced", "open"]));
        Assert.That(fourth.Text("#address [role=alert]"), Does.StartWith("You have asked for as many changes today"));
        Assert.That((await _ann.GetAsync("/portal")).Text("#address"), Does.Contain("A change to t···@example.org waits until both addresses have said yes"));
    }

    [TestCase("no address")]
    [TestCase(Old)]
    [TestCase("ANN@example.com")]
    public async Task What_is_no_other_address_is_not_asked_about(string email)
    {
        Assert.That((await FillAsync(email)).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await _api.Post("ambassadors/amb_ann/address-changes", new JsonObject { ["email"] = email })).Status, Is.EqualTo(400));
        Assert.That(await ChangesAsync(), Is.Empty);
    }

    [Test]
    public async Task Neither_address_lies_in_clear_beside_the_ambassador()
    {
        await AskInPortalAsync();

        Assert.That(await _app.Db.OneAsync<string>("SELECT sealed FROM address_changes"), Does.Not.Contain("ann"));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT payload FROM effects"), Has.None.Contains("example"));
        _app.Clock.Advance(TimeSpan.FromDays(30));
        await _app.Get<Retention>().RunOnceAsync(default);
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM address_changes WHERE sealed IS NOT NULL"), Is.Zero);
    }

    private async Task AskInPortalAsync(string email = New)
    {
        var answer = await FillAsync(email);
        Assert.That((answer.StatusCode, answer.Headers.Location?.OriginalString), Is.EqualTo((HttpStatusCode.Redirect, "/portal?notice=address-asked#address")));
    }

    private async Task<HttpResponseMessage> FillAsync(string email)
    {
        var form = (await _ann.GetAsync("/portal")).QuerySelector("form[action='/portal/address-changes']")!;
        var fields = form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
        fields["email"] = email;
        return await _ann.PostAsync("/portal/address-changes", fields);
    }

    private async Task ChangeAsync(bool liftBounce = false)
    {
        await AskInPortalAsync();
        if (liftBounce)
        {
            await _app.Db.DoAsync("UPDATE mail_suppressions SET lifted_at = 1 WHERE reason = 'bounced'");
        }

        await _app.DrainAsync();
        if (liftBounce)
        {
            await _app.Db.DoAsync("UPDATE mail_suppressions SET lifted_at = NULL WHERE reason = 'bounced'");
        }

        Assert.That((await YesAsync(Token(Old)), await YesAsync(Token(New))), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    private async Task<HttpStatusCode> YesAsync(string token) => (await _mail.PostAsync(ChangeLinks.PathOf(token, ChangeLinks.Confirmation), [])).StatusCode;

    private async Task<HttpStatusCode> NoAsync(string token) => (await _mail.PostAsync(ChangeLinks.PathOf(token, ChangeLinks.Refusal), [])).StatusCode;

    private List<ReadMail> Mails() => [.. ReadMail.AllOf(_app)];

    /// <summary>The token of a mail to an address.</summary>
    private string Token(string email, bool isTold = false) => Regex.Match(
        Mails().Single(mail => mail["To"].Contains(email, StringComparison.Ordinal) && isTold == mail["Subject"].Contains("was changed", StringComparison.Ordinal)).Text,
        "/changes/(?<token>[^/\\s]+)/", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["token"].Value;

    private Task<string?> EmailAsync(string id) => _app.Db.OneAsync<string>("SELECT email FROM ambassadors WHERE id = @id", new { id });

    private string HashOf(string email) => _app.Get<StoreKeys>().Hash(_rooms.Store, "email", PersonKey.OfEmail(email));

    private async Task<List<JsonNode>> ChangesAsync() =>
        [.. (await _api.Get("ambassadors/amb_ann/address-changes")).Json!["items"]!.AsArray().Select(item => item!)];
}
