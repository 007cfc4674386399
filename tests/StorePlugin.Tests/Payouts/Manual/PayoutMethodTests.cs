// Where ambassadors want their money: kept sealed, shown masked, and changed with a wait.
using System.Text.Json.Nodes;
using StorePlugin.Payouts;
using StorePlugin.Tests.Privacy;

namespace StorePlugin.Tests.Payouts.Manual;

internal sealed class PayoutMethodTests
{
    private ManualWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await ManualWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task It_is_named_shown_masked_and_taken_away()
    {
        var ann = await _world.Payouts.AmbassadorAsync("Ann", account: null);

        var before = await GetAsync(ann);
        var named = await _world.NameAsync(ann, "nl91 abna 0417 1643 00");
        var shown = await GetAsync(ann);
        var gone = await _world.Api.Delete($"ambassadors/{ann}/payout-method");

        Assert.That(before, Is.EqualTo("""{"kind":null,"masked":null,"since":null,"by":null,"payoutsFrom":null,"payoutsFromWhy":null}"""));
        Assert.That((named.Status, named.Text("kind"), named.Text("masked"), named.Text("since")), Is.EqualTo((200, "iban", "NL·· ···· 4300", "2026-03-01T10:00:00Z")));
        Assert.That(shown, Is.EqualTo(named.Json!.ToJsonString()));
        Assert.That(((string?)gone.Json!["masked"], await GetAsync(ann)), Is.EqualTo(((string?)null, before)));
    }

    [Test]
    public async Task Another_destination_makes_payouts_wait_for_a_week_and_the_same_one_does_not()
    {
        var ann = await _world.Payouts.AmbassadorAsync("Ann", account: null);
        await _world.NameAsync(ann, ManualWorld.DutchIban, "Ann Example");
        var first = await _world.NameAsync(ann, ManualWorld.DutchIban, "Ann Example");
        var renamed = await _world.NameAsync(ann, ManualWorld.DutchIban, "A. Example");
        _world.Payouts.Clock.Advance(TimeSpan.FromHours(1));
        var changed = await _world.NameAsync(ann, "ann@example.com");

        Assert.That((string?)first.Json!["payoutsFrom"], Is.Null, "the first one changes nothing");
        Assert.That((string?)renamed.Json!["payoutsFrom"], Is.Null, "the account is the same, whatever its holder is called");
        Assert.That(
            ((string?)changed.Json!["payoutsFrom"], (string?)changed.Json!["payoutsFromWhy"]), Is.EqualTo(("2026-03-08T11:00:00Z", "Where the money goes was changed.")));
        Assert.That(
            await _world.Db.ManyAsync<string>("SELECT masked FROM payout_methods WHERE ambassador_id = @ann ORDER BY created_at, ended_at", new { ann }),
            Is.EqualTo(["NL·· ···· 4300", "NL·· ···· 4300", "a···@example.com"]), "the same once more is no row");
        _world.Payouts.Clock.Advance(DestinationHold.Time);
        Assert.That(await GetAsync(ann), Does.Contain("\"payoutsFrom\":null"));
    }

    [Test]
    public async Task Taking_it_away_and_naming_another_is_a_change()
    {
        var ann = await _world.Payouts.AmbassadorAsync("Ann", account: null);
        await _world.NameAsync(ann, ManualWorld.DutchIban);
        await _world.Api.Delete($"ambassadors/{ann}/payout-method");
        var back = await _world.NameAsync(ann, ManualWorld.DutchIban);
        await _world.Api.Delete($"ambassadors/{ann}/payout-method");
        var other = await _world.NameAsync(ann, ManualWorld.GermanIban);

        Assert.That((string?)back.Json!["payoutsFrom"], Is.Null);
        Assert.That((string?)other.Json!["payoutsFrom"], Is.EqualTo("2026-03-08T10:00:00Z"));
    }

    [Test]
    public async Task Whoever_has_a_Stripe_account_changes_where_the_money_goes_by_naming_a_method_and_by_taking_it_away()
    {
        var ann = await _world.Payouts.AmbassadorAsync("Ann");
        var named = await _world.NameAsync(ann, ManualWorld.DutchIban);
        _world.Payouts.Clock.Advance(DestinationHold.Time);
        var passed = await GetAsync(ann);
        var gone = await _world.Api.Delete($"ambassadors/{ann}/payout-method");
        _world.Payouts.Clock.Advance(DestinationHold.Time);
        var back = await _world.NameAsync(ann, ManualWorld.DutchIban);

        Assert.That((string?)named.Json!["payoutsFrom"], Is.EqualTo("2026-03-08T10:00:00Z"), "a first method besides an account is a change");
        Assert.That(passed, Does.Contain("\"payoutsFrom\":null"));
        Assert.That((string?)gone.Json!["payoutsFrom"], Is.EqualTo("2026-03-15T10:00:00Z"), "the account would be paid at once");
        Assert.That((string?)back.Json!["payoutsFrom"], Is.EqualTo("2026-03-22T10:00:00Z"));
    }

    [Test]
    public async Task Nothing_of_it_lies_in_clear_in_any_file_or_line()
    {
        string[] words = [ManualWorld.DutchIban, "ABNA0417164300", "planted.mailbox", "Planted Holder", "Planted counter", ManualWorld.GermanIban[4..]];
        foreach (var recipient in new[] { ManualWorld.DutchIban, "planted.mailbox@example.com", "Planted counter, second floor" })
        {
            await _world.OwedAsync("Ann", "someone@example.com", "50.00");
            var payee = await _world.Payouts.AmbassadorAsync("Ann");
            Assert.That((await _world.NameAsync(payee, recipient, "Planted Holder")).Status, Is.EqualTo(200));
            var run = await _world.RunAsync();
            await _world.ReserveAsync(run, payee, "50.00");
            Assert.That((await _world.ExportAsync(run, "csv")).Text, Does.Contain(recipient));
        }

        Assert.That(await Markers.FindAsync(_world.App, [], "someone", "nobody@nowhere"), Is.Empty, "whose name and address are nowhere else either");
        Assert.That(await Markers.FindAsync(_world.App, [], words), Is.Empty);
        Assert.That(await Markers.FindAsync(_world.App, [], "·· ···· 4300"), Is.Not.Empty, "the search finds what is there");
    }

    [Test]
    public async Task Two_payees_with_one_account_have_one_hash_and_two_stores_never()
    {
        await _world.PayeeAsync("Ann", ManualWorld.DutchIban);
        await _world.PayeeAsync("Ben", "nl91 abna 0417 1643 00");
        await _world.PayeeAsync("Cleo", ManualWorld.GermanIban);

        var hashes = await _world.Db.ManyAsync<string>("SELECT details_hash FROM payout_methods ORDER BY created_at");

        Assert.That(hashes.Distinct().Count(), Is.EqualTo(2));
        Assert.That(hashes, Is.All.Match("^[0-9a-f]{64}$"));
    }

    [TestCase("""{"kind":"paypal","email":"ann@example.com","iban":"x"}""", 400)]
    [TestCase("""{"kind":"iban","iban":"NL91ABNA0417164301","holder":"Ann"}""", 400)]
    [TestCase("""{"kind":"iban","iban":"NL91ABNA0417164300"}""", 400)]
    [TestCase("""{"kind":"cheque"}""", 400)]
    [TestCase("""{}""", 400)]
    [TestCase("""{"kind":"other","text":"Cash"}""", 409)]
    public async Task What_is_wrong_or_not_allowed_is_refused_and_nothing_is_kept(string body, int status)
    {
        await _world.SettleAsync(null, "paypal", "iban");
        var ann = await _world.Payouts.AmbassadorAsync("Ann");

        var answer = await _world.Api.Put($"ambassadors/{ann}/payout-method", JsonNode.Parse(body)!);

        Assert.That(answer.Status, Is.EqualTo(status));
        Assert.That(answer.Json!.ToJsonString(), Does.Not.Contain("NL91"), "a refusal quotes no account");
        Assert.That(await _world.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM payout_methods"), Is.Zero);
    }

    [Test]
    public async Task What_was_named_goes_at_once_when_no_payout_was_made_for_it_and_stays_for_those_that_were()
    {
        var ann = await _world.PayeeAsync("Ann", ManualWorld.DutchIban);
        await _world.NameAsync(ann, ManualWorld.GermanIban);
        var run = await _world.RunAsync();
        var payout = await _world.ReserveAsync(run, ann, "50.00");
        await _world.NameAsync(ann, "ann@example.com");

        Assert.That(
            await _world.Db.ManyAsync<string>("SELECT masked FROM payout_methods WHERE sealed IS NULL"), Is.EqualTo(["NL·· ···· 4300"]));
        Assert.That((await _world.ExportAsync(run, "csv")).Text, Does.Contain(ManualWorld.GermanIban), "a payout that is under way keeps its destination");
        Assert.That(await _world.StateAsync(payout), Is.EqualTo("sending"));
    }

    [Test]
    public async Task A_payout_is_frozen_without_details_and_nothing_sends_it()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");

        var attempt = (await _world.Payouts.AttemptsAsync(payout.Id)).Single();

        Assert.That((attempt.Method, attempt.Path, attempt.ApiVersion, attempt.Outcome), Is.EqualTo(("FILE", "iban", "manual/1", "frozen")));
        Assert.That(attempt.Body, Is.EqualTo($$"""{"payoutId":"{{payout.Id}}","amount":"50.00","currency":"EUR","methodId":"{{payout.Destination}}"}"""));
        Assert.That(await _world.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects"), Is.Zero);
        await _world.AssertBooksAsync();
        await _world.Db.DoAsync("UPDATE payout_attempts SET body = REPLACE(body, '50.00', '60.00')");
        Assert.That(
            (await _world.App.Get<Verification.Verify>().RunAsync(_world.Payouts.Store.Id, default)).Select(finding => finding.Text),
            Is.SupersetOf(["the request of attempt 1 is not what the payout asks for"]));
    }

    [Test]
    public async Task Nothing_is_reserved_for_a_method_that_is_no_longer_the_payees()
    {
        var payout = await _world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00");
        await _world.Api.Delete($"ambassadors/{payout.AmbassadorId}/payout-method");
        var late = payout with { Id = "po_late", State = PayoutState.Approved, Currency = "USD" };

        await Assert.ThatAsync(
            () => _world.Db.InTransactionAsync(tx => PayoutBook.ReserveAsync(tx, _world.Payouts.Store, [late], late.CreatedAt, "ann")), Throws.TypeOf<StalePayoutException>());
        Assert.That(await _world.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM payouts"), Is.EqualTo(1));
    }

    [Test]
    public async Task The_settings_are_kept_and_what_makes_no_sense_is_refused()
    {
        var none = await _world.Api.Get("payout-settings");
        var settled = await _world.Api.Put("payout-settings", Settings());
        var shown = await _world.Api.Get("payout-settings");
        await _world.Api.Put("payout-settings", new JsonObject { ["methods"] = new JsonArray() });
        var emptied = await _world.Api.Get("payout-settings");

        Assert.That(ManualWorld.Plain(none.Json), Is.EqualTo(
            """{"methods":["store_credit","discount_code","paypal","iban","other"],"schedule":null,"scheduleDay":null,"twoPeopleFrom":null,"approveAloneUpTo":null,"debtorIban":"DE·· ···· 3000"}"""));
        Assert.That(ManualWorld.Plain(settled.Json), Is.EqualTo(
            """{"methods":["paypal","iban"],"schedule":"monthly","scheduleDay":15,"twoPeopleFrom":{"minor":500000,"currency":"EUR"},"approveAloneUpTo":{"minor":20000,"currency":"EUR"},"debtorIban":"DE·· ···· 3000"}"""));
        Assert.That(shown.Json!.ToJsonString(), Is.EqualTo(settled.Json!.ToJsonString()));
        Assert.That(ManualWorld.Plain(emptied.Json), Is.EqualTo(
            """{"methods":[],"schedule":null,"scheduleDay":null,"twoPeopleFrom":null,"approveAloneUpTo":null,"debtorIban":"DE·· ···· 3000"}"""));
    }

    [TestCase("methods", """["cheque"]""")]
    [TestCase("methods", "null", "{}")]
    [TestCase("schedule", "\"daily\"")]
    [TestCase("scheduleDay", "29")]
    [TestCase("scheduleDay", "0")]
    [TestCase("scheduleDay", "null")]
    [TestCase("twoPeopleFrom", """{"minor":0,"currency":"EUR"}""")]
    [TestCase("twoPeopleFrom", """{"minor":5000,"currency":"USD"}""")]
    [TestCase("approveAloneUpTo", """{"minor":500000,"currency":"EUR"}""")]
    [TestCase("debtor", """{"name":"Lux","iban":"DE00"}""")]
    [TestCase("debtor", """{"name":"Lux","iban":"TR330006100519786457841326"}""")]
    [TestCase("debtor", """{"name":"","iban":"DE89370400440532013000"}""")]
    [TestCase("debtor", """{"name":"Lux","iban":"DE89370400440532013000","bic":"x"}""")]
    [TestCase("payday", "1")]
    public async Task Settings_that_make_no_sense_are_refused(string member, string value, string? whole = null)
    {
        var body = whole is null ? Settings() : JsonNode.Parse(whole)!.AsObject();
        if (whole is null)
        {
            body[member] = JsonNode.Parse(value);
        }

        var answer = await _world.Api.Put("payout-settings", body);

        Assert.That(answer.Status, Is.EqualTo(400));
        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Has.Some.StartsWith(member));
    }

    private static JsonObject Settings() => new()
    {
        ["methods"] = new JsonArray("iban", "paypal"),
        ["schedule"] = "monthly",
        ["scheduleDay"] = 15,
        ["twoPeopleFrom"] = new JsonObject { ["minor"] = 500_000, ["currency"] = "EUR" },
        ["approveAloneUpTo"] = new JsonObject { ["minor"] = 20_000, ["currency"] = "EUR" },
    };

    private async Task<string> GetAsync(string ambassadorId) => (await _world.Api.Get($"ambassadors/{ambassadorId}/payout-method")).Json!.ToJsonString();
}
