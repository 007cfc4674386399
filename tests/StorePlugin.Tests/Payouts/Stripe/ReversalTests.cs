// A payout that is taken back on demand: once, whatever becomes of the answers, and booked by what Stripe says.
using System.Text.Json.Nodes;
using StorePlugin.Payouts;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class ReversalTests
{
    private PayoutWorld _world = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync();
        _api = await ApiClient.OfAsync(_world.App, _world.Store);
    }

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task A_payout_is_taken_back_in_part_and_then_the_rest()
    {
        var payout = await SentAsync();

        var part = await AskAsync(payout, 1200);
        await _world.WorkForAsync(TimeSpan.FromMinutes(1));
        var balances = await _world.BalancesAsync(payout.AmbassadorId);
        var rest = await AskAsync(payout);
        await _world.WorkForAsync(TimeSpan.FromMinutes(1));
        var nothing = await AskAsync(payout);
        var listed = (await _api.Get($"payouts/{payout.Id}/reversals")).Json!["items"]!.AsArray();

        Assert.That((part.Status, rest.Status, nothing.Status), Is.EqualTo((202, 202, 409)));
        Assert.That(balances, Is.EqualTo((1200L, 0L, 3800L)));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((5000L, 0L, 0L)));
        Assert.That(await _world.OrderStatesAsync(), Is.EqualTo(["approved"]));
        Assert.That(_world.Stripe.Reversals.Select(one => (one.Amount, one.PayoutId, one.Number)), Is.EqualTo([(1200L, payout.Id, "1"), (3800L, payout.Id, "2")]));
        Assert.That(listed.Select(one => ((string)one!["state"]!, (string)one["reversalId"]!, (string)one["reason"]!)),
            Is.EqualTo([("done", "trr_1", "A mistake."), ("done", "trr_2", "A mistake.")]));
        Assert.That(await _world.ReconcileAsync(), Is.Empty);
        Assert.That((await _world.App.Get<Verify>().RunAsync(_world.Store.Id, default)).Where(finding => finding.Check.StartsWith("payout", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task The_request_goes_frozen_under_its_own_key_and_carries_no_reason()
    {
        var payout = await SentAsync();
        await AskAsync(payout, 1200);
        await _world.WorkAsync();

        var sent = _world.Stripe.Sends[^1];

        Assert.That((sent.PathAndQuery, sent.Headers["idempotency-key"]), Is.EqualTo(("/v1/transfers/tr_1/reversals", $"po-{payout.Id}-r1")));
        Assert.That(sent.Body, Is.EqualTo($"amount=1200&metadata[payout_id]={payout.Id}&metadata[reversal]=1"));
    }

    // A reversal has no amount of its own to get wrong.
    private static IEnumerable<StripeFault> Faults => Enum.GetValues<StripeFault>().Except([StripeFault.WrongAmount]);

    [Test]
    public async Task Whatever_goes_wrong_it_is_taken_back_once_or_not_at_all([ValueSource(nameof(Faults))] StripeFault fault, [Values(1, 3)] int times)
    {
        var payout = await SentAsync();
        // A refusal ends it, and the next ones would meet the second request.
        _world.Stripe.Next(Enumerable.Repeat(fault, fault == StripeFault.NoPermission ? 1 : times).ToArray());
        await AskAsync(payout, 1200);
        await _world.WorkForAsync(TimeSpan.FromDays(4));

        var reversal = (await ReversalsAsync(payout)).Single();
        var held = _world.Stripe.Reversals.Sum(one => one.Amount);
        Assert.That(reversal.State, Is.EqualTo(held == 0 ? "refused" : "done"), reversal.Problem);
        Assert.That(held, Is.EqualTo(fault is StripeFault.NoPermission or StripeFault.StoredFault ? 0 : 1200));
        Assert.That((await _world.PayoutAsync(payout.Id)).ReversedMinor, Is.EqualTo(held));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((held, 0L, 5000 - held)));
        Assert.That(await _world.ReconcileAsync(), Is.Empty);

        // What came to nothing can be asked for again.
        var again = await AskAsync(payout, 1200);
        await _world.WorkForAsync(TimeSpan.FromMinutes(1));
        Assert.That(again.Status, Is.EqualTo(202));
        Assert.That((await _world.PayoutAsync(payout.Id)).ReversedMinor, Is.EqualTo(held + 1200));
    }

    [Test]
    public async Task A_crash_between_the_answer_and_its_writing_takes_nothing_twice([Values(0, 21, 30)] int hours)
    {
        var payout = await SentAsync();
        await AskAsync(payout, 1200);
        var effect = await _world.EffectAsync($"{payout.Id}-r1");

        await _world.PerformAsync(effect, crashBeforeWrite: true);
        _world.Clock.Advance(TimeSpan.FromHours(hours));
        await Task.WhenAll(_world.PerformAsync(effect), _world.PerformAsync(effect));
        await _world.WorkForAsync(TimeSpan.FromMinutes(5));

        Assert.That(_world.Stripe.Reversals, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).ReversedMinor, Is.EqualTo(1200));
        Assert.That((await ReversalsAsync(payout)).Single().State, Is.EqualTo("done"));
    }

    [Test]
    public async Task Where_the_payees_balance_does_not_cover_it_the_refusal_is_told_and_nothing_is_booked()
    {
        var payout = await SentAsync();
        _world.Stripe.PayeesAreEmpty = true;
        await AskAsync(payout);
        await _world.WorkForAsync(TimeSpan.FromDays(2));

        var reversal = (await ReversalsAsync(payout)).Single();

        Assert.That((reversal.State, reversal.Sends), Is.EqualTo(("refused", 1L)));
        Assert.That(reversal.Problem, Does.StartWith("The payee's balance at Stripe does not cover it"));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    [Test]
    public async Task What_somebody_took_back_by_hand_meanwhile_is_booked_with_it()
    {
        var payout = await SentAsync();
        await AskAsync(payout, 1200);
        _world.Stripe.Reverse("tr_1", 300);
        await _world.WorkForAsync(TimeSpan.FromMinutes(1));

        Assert.That((await _world.PayoutAsync(payout.Id)).ReversedMinor, Is.EqualTo(1500));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((1500L, 0L, 3500L)));
    }

    [Test]
    public async Task Another_accounts_key_sends_nothing_a_second_time()
    {
        _world.Stripe.GiveKey("sk_test_anotheraccount1", "acct_other");
        var payout = await SentAsync();
        _world.Stripe.Next(StripeFault.DropAfterCommit);
        await AskAsync(payout, 1200);
        await _world.WorkAsync();
        await _world.ConnectAsync("sk_test_anotheraccount1");
        await _world.WorkForAsync(TimeSpan.FromDays(3));
        var elsewhere = (await ReversalsAsync(payout)).Single();
        await _world.ConnectAsync(PayoutWorld.TestKey);
        await _world.WorkForAsync(TimeSpan.FromDays(1));

        Assert.That((elsewhere.State, elsewhere.Sends), Is.EqualTo(("unknown", 1L)));
        Assert.That(_world.Stripe.Reversals, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).ReversedMinor, Is.EqualTo(1200));
    }

    [Test]
    public async Task What_cannot_be_taken_back_is_refused_before_anything_is_sent()
    {
        var open = await _world.ReservedAsync("acct_bob");
        var unsent = await AskAsync(open);
        await _world.WorkAsync();
        var payout = await _world.PayoutAsync(open.Id);
        var tooMuch = await AskAsync(payout, 5001);
        var otherCurrency = await _api.Post($"payouts/{payout.Id}/reversals", new JsonObject { ["amount"] = new JsonObject { ["minor"] = 1, ["currency"] = "USD" }, ["reason"] = "x" });
        var withoutReason = await _api.Post($"payouts/{payout.Id}/reversals", new JsonObject());
        var first = await AskAsync(payout, 100);
        var second = await AskAsync(payout, 100);
        await _world.Db.DoAsync("UPDATE payouts SET provider = 'manual'");
        await _world.Db.DoAsync("UPDATE payout_reversals SET settled_at = 1, state = 'refused'");
        var manual = await AskAsync(payout, 100);

        Assert.That((unsent.Status, tooMuch.Status, otherCurrency.Status, withoutReason.Status), Is.EqualTo((409, 400, 400, 400)));
        Assert.That(tooMuch.Text("detail"), Does.Contain("at most 50.00 EUR"));
        Assert.That((first.Status, second.Status, manual.Status), Is.EqualTo((202, 409, 409)));
        Assert.That(second.Text("detail"), Does.Contain("is under way"));
    }

    private async Task<Payout> SentAsync()
    {
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        return await _world.PayoutAsync(payout.Id);
    }

    private Task<ApiAnswer> AskAsync(Payout payout, long? minor = null)
    {
        var body = new JsonObject { ["reason"] = "A mistake." };
        if (minor is not null)
        {
            body["amount"] = new JsonObject { ["minor"] = minor, ["currency"] = payout.Currency };
        }

        return _api.Post($"payouts/{payout.Id}/reversals", body);
    }

    private Task<IReadOnlyList<PayoutReversal>> ReversalsAsync(Payout payout) =>
        _world.Db.ManyAsync<PayoutReversal>(PayoutReversal.OfPayout, new { storeId = _world.Store.Id, payoutId = payout.Id });
}
