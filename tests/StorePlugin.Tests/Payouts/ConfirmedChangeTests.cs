// A change of where the money goes waits for the payee's word: by the mail that asks, or by a person of the store.
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Ambassadors;
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts;

internal sealed partial class ConfirmedChangeTests
{
    private PayoutWorld _world = null!;
    private ApiClient _api = null!;
    private HashSet<string> _seen = null!;
    private Browser _browser = null!;
    private string _ann = "";

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync();
        _seen = [];
        _api = new ApiClient(_world.App, _world.App.Http.DefaultRequestHeaders.Authorization!.Parameter);
        _browser = new Browser(_world.App.Address);
        _ann = await _world.AmbassadorAsync("Ann", account: null);
        await _world.Db.DoAsync("UPDATE ambassadors SET email = 'ann@example.com'");
        await _world.EarnsAsync(_ann, "50.00");
        await SetAsync("acct_first000001");
        await _world.WorkAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
    }

    [TearDown]
    public async Task StopAsync()
    {
        _browser.Dispose();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task A_first_way_waits_for_nobody()
    {
        await _world.WorkAsync();

        Assert.That(await HeldAsync(), Is.Null);
        Assert.That(Mails(), Is.Empty);
        Assert.That(await StatesAsync(), Is.EqualTo(["noted"]));
    }

    [Test]
    public async Task Seven_days_alone_do_not_suffice()
    {
        var link = await ChangeAsync();
        var during = await HeldAsync();
        _world.Clock.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        var after = await HeldAsync();

        var answer = await SayAsync(link, ChangeLinks.Confirmation);

        Assert.That(during, Does.Contain("begin again on 2026-03-08 10:01 UTC, once they have confirmed it"));
        Assert.That(after, Does.StartWith("They have not confirmed that the last change"));
        Assert.That(answer, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await HeldAsync(), Is.Null);
    }

    [Test]
    public async Task A_word_alone_does_not_shorten_the_seven_days()
    {
        await SayAsync(await ChangeAsync(), ChangeLinks.Confirmation);
        _world.Clock.Advance(DestinationHold.Time - TimeSpan.FromMilliseconds(1));
        var before = await HeldAsync();
        _world.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(before, Does.EndWith("payouts to them begin again on 2026-03-08 10:01 UTC."));
        Assert.That(await HeldAsync(), Is.Null);
    }

    [Test]
    public async Task The_mail_says_what_was_changed_and_by_whom_and_no_other_row_holds_its_link()
    {
        var link = await ChangeAsync();
        var mail = Mails().Single();

        Assert.That(mail["To"], Does.Contain("ann@example.com"));
        Assert.That(mail.Text, Does.Contain("Before: acct_…0001").And.Contain("Now: acct_…0002").And.Contain("1 Mar 2026, 11:01 (Europe/Berlin)").And.Contain("By: the team of Lux"));
        Assert.That(mail.Text, Does.Contain("nothing is paid before 8 March 2026"));
        Assert.That(mail.Text, Does.Not.Contain("/sign-in/").And.Not.Contain("stripe.com"));
        Assert.That(await _world.Db.ManyAsync<string>("SELECT payload FROM effects WHERE kind = 'mail'"), Has.None.Contains(link));
        Assert.That(await _world.Db.OneAsync<string>("SELECT token_hash FROM change_links"), Is.Not.EqualTo(link.Split('.')[1]).And.Match("^[0-9a-f]{64}$"));
    }

    [Test]
    public async Task To_open_a_link_changes_nothing_and_to_answer_twice_neither()
    {
        var link = await ChangeAsync();
        var yes = await _browser.GetAsync(ChangeLinks.PathOf(link, ChangeLinks.Confirmation));
        var no = await _browser.GetAsync(ChangeLinks.PathOf(link, ChangeLinks.Refusal));
        var opened = await StatesAsync();

        var first = await SayAsync(link, ChangeLinks.Confirmation);
        var second = await SayAsync(link, ChangeLinks.Confirmation);

        Assert.That((yes.Text("button"), no.Text("button")), Is.EqualTo(("Yes, this was me", "No, this was not me")));
        Assert.That(opened, Is.EqualTo(["noted", "asked"]));
        Assert.That((first, second), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Gone)));
        Assert.That(await StatesAsync(), Is.EqualTo(["noted", "confirmed"]));
    }

    [Test]
    public async Task A_link_that_is_too_old_of_another_store_or_made_up_leads_nowhere()
    {
        var link = await ChangeAsync();
        var other = await Shop.OpenAsync(_world.App, "other");
        var foreign = $"{other.Store.Id}.{link.Split('.')[1]}";
        var madeUp = $"{_world.Store.Id}.{new string('x', 43)}";
        var answers = new List<HttpStatusCode>();
        foreach (var token in new[] { foreign, madeUp, "x", link[..^1] })
        {
            answers.Add(await SayAsync(token, ChangeLinks.Confirmation));
            answers.Add(await SayAsync(token, ChangeLinks.Refusal));
        }

        _world.Clock.Advance(ChangeLinks.Lifetime);
        answers.Add(await SayAsync(link, ChangeLinks.Confirmation));
        answers.Add(await SayAsync(link, ChangeLinks.Refusal));

        Assert.That(answers, Is.All.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await StatesAsync(), Is.EqualTo(["noted", "asked"]));
    }

    [Test]
    public async Task Who_says_no_holds_the_money_until_a_person_of_the_store_decides()
    {
        var link = await ChangeAsync();
        var refused = await SayAsync(link, ChangeLinks.Refusal);
        _world.Clock.Advance(DestinationHold.Time);
        var held = await HeldAsync();
        var late = await SayAsync(link, ChangeLinks.Confirmation);
        var change = (await ListAsync())[1];

        var decided = await DecideAsync((string)change["id"]!, "confirmed", "Ann was here in person.");
        var again = await SayAsync(link, ChangeLinks.Refusal);

        Assert.That((refused, late, again), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Gone, HttpStatusCode.Gone)));
        Assert.That(held, Is.EqualTo("They say that a change of where their money goes was not theirs; a person of the store must decide."));
        Assert.That((string?)change["state"], Is.EqualTo("refused"));
        Assert.That((decided.Status, decided.Text("state")), Is.EqualTo((200, "confirmed")));
        Assert.That((string?)decided.Json!["decision"]!["reason"], Is.EqualTo("Ann was here in person."));
        Assert.That((string?)decided.Json!["decision"]!["by"], Is.Not.Empty);
        Assert.That(await HeldAsync(), Is.Null);
    }

    [Test]
    public async Task What_the_store_revokes_holds_the_money_until_there_is_another_destination()
    {
        await ChangeAsync();
        var revoked = await DecideAsync(await NewestAsync(), "revoked", "Nobody knows this account.");
        _world.Clock.Advance(DestinationHold.Time);
        var held = await HeldAsync();
        var link = await ChangeAsync("acct_third000003");
        await SayAsync(link, ChangeLinks.Confirmation);
        _world.Clock.Advance(DestinationHold.Time);

        Assert.That(revoked.Text("state"), Is.EqualTo("revoked"));
        Assert.That(held, Does.Contain("was not theirs; another destination must be named"));
        Assert.That(await HeldAsync(), Is.Null);
        Assert.That(await StatesAsync(), Is.EqualTo(["noted", "replaced", "confirmed"]));
    }

    [Test]
    public async Task A_refusal_holds_whatever_is_changed_and_confirmed_afterwards()
    {
        var first = await ChangeAsync();
        var second = await ChangeAsync("acct_third000003");
        await SayAsync(first, ChangeLinks.Refusal);
        await SayAsync(second, ChangeLinks.Confirmation);
        _world.Clock.Advance(DestinationHold.Time);
        var held = await HeldAsync();

        var decided = await DecideAsync((string)(await ListAsync())[1]["id"]!, "revoked", "It was somebody else; Ann has named another since.");

        Assert.That(held, Does.StartWith("They say that a change"));
        Assert.That(decided.Text("state"), Is.EqualTo("replaced"), "the later change is what counts");
        Assert.That(await HeldAsync(), Is.Null);
    }

    [Test]
    public async Task A_later_change_is_asked_about_in_place_of_an_earlier_one()
    {
        var first = await ChangeAsync();
        await ChangeAsync("acct_third000003");

        Assert.That(await SayAsync(first, ChangeLinks.Confirmation), Is.EqualTo(HttpStatusCode.Gone), "it would confirm what is no longer there");
        Assert.That(await StatesAsync(), Is.EqualTo(["noted", "replaced", "asked"]));
    }

    [Test]
    public async Task Who_has_said_yes_may_still_say_no()
    {
        var link = await ChangeAsync();
        await SayAsync(link, ChangeLinks.Confirmation);
        var no = await SayAsync(link, ChangeLinks.Refusal);
        _world.Clock.Advance(DestinationHold.Time);

        Assert.That(no, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await HeldAsync(), Does.StartWith("They say that a change"));
    }

    [Test]
    public async Task Methods_are_written_down_and_asked_about_like_accounts()
    {
        await _api.Put("payout-settings", new JsonObject { ["methods"] = new JsonArray("paypal") });
        await _api.Put($"ambassadors/{_ann}/payout-method", new JsonObject { ["kind"] = "paypal", ["email"] = "ann@example.org" });
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await _api.Delete($"ambassadors/{_ann}/payout-method");
        await _world.WorkAsync();

        Assert.That(
            (await ListAsync()).Select(change => $"{change["kind"]} {change["before"]} > {change["after"]} {change["state"]}"),
            Is.EqualTo(["stripe_account  > acct_…0001 noted", "method acct_…0001 > a···@example.org replaced", "method a···@example.org > acct_…0001 asked"]));
        Assert.That(Mails(), Has.Count.EqualTo(1), "what was replaced before the mail left is not asked about");
    }

    [Test]
    public async Task A_decision_needs_a_reason_and_a_change_that_waits()
    {
        var noted = (string)(await ListAsync()).Single()["id"]!;

        Assert.That((await DecideAsync(noted, "confirmed", "x")).Problem, Is.EqualTo("/problems/payout-change-settled"));
        Assert.That((await DecideAsync("chg_none", "confirmed", "x")).Problem, Is.EqualTo("/problems/payout-change-not-found"));
        Assert.That((await DecideAsync(noted, "maybe", "x")).Status, Is.EqualTo(400));
        Assert.That((await DecideAsync(noted, "revoked", "")).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task What_was_changed_before_anybody_was_asked_counts_as_confirmed()
    {
        await _world.Db.DoAsync(
            "INSERT INTO payout_changes (store_id, id, ambassador_id, kind, at, actor) VALUES (@storeId, 'chg_old', @ann, 'stripe_account', 1, 'team')",
            new { storeId = _world.Store.Id, ann = _ann });

        Assert.That(await HeldAsync(), Is.Null);
    }

    /// <summary>Changes the account, and returns the token of the mail that asks.</summary>
    private async Task<string> ChangeAsync(string account = "acct_second00002")
    {
        // Ids of one millisecond are in no order.
        _world.Clock.Advance(_seen.Count > 0 ? TimeSpan.FromMinutes(1) : TimeSpan.Zero);
        var before = Mails().Count;
        await SetAsync(account);
        await _world.WorkAsync();
        var links = Mails().Select(mail => Link().Match(mail.Text).Groups["token"].Value).ToList();
        Assert.That(links, Has.Count.EqualTo(before + 1));
        var token = links.Except(_seen).Single();
        _seen.Add(token);
        return token;
    }

    private async Task<HttpStatusCode> SayAsync(string token, string word) => (await _browser.PostAsync(ChangeLinks.PathOf(token, word), [])).StatusCode;

    private async Task SetAsync(string? account) =>
        Assert.That(await _world.App.Get<AmbassadorDb>().SetStripeAccountAsync(_world.Store, _ann, account, "team", default));

    private Task<ApiAnswer> DecideAsync(string changeId, string decision, string reason) => _api.Put(
        $"ambassadors/{_ann}/payout-changes/{changeId}/decision", new JsonObject { ["decision"] = decision, ["reason"] = reason });

    private async Task<List<JsonNode>> ListAsync() => [.. (await _api.Get($"ambassadors/{_ann}/payout-changes")).Json!["items"]!.AsArray().Select(item => item!)];

    private async Task<string> NewestAsync() => (string)(await ListAsync())[^1]["id"]!;

    private async Task<IEnumerable<string?>> StatesAsync() => (await ListAsync()).Select(change => (string?)change["state"]);

    private List<ReadMail> Mails() => [.. ReadMail.AllOf(_world.App).Where(mail => mail.Text.Contains("/changes/", StringComparison.Ordinal))];

    /// <summary>Why nothing would be paid to her now; null where it would.</summary>
    private async Task<string?> HeldAsync()
    {
        var payee = await _world.Db.InTransactionAsync(tx => PayeeReader.HoldAsync(tx, _world.Store, [_ann], _world.Clock.GetUtcNow()));
        return PayoutDecision.Decide(payee[(_ann, "EUR")], connected: true) is PayoutDecision.Hold(var why) ? why : null;
    }

    [GeneratedRegex("/changes/(?<token>[^/\\s]+)/confirmation", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Link();
}
