// A payout for which Stripe holds something else than was asked for: a person settles it, and nothing settles it by itself.
using System.Text.Json.Nodes;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class AdoptionTests
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
    public async Task A_transfer_of_another_amount_is_taken_once_it_is_reversed_and_its_money_is_payable_again()
    {
        var (payout, transfer) = await WrongAmountAsync();

        var standing = await AdoptAsync(payout, transfer);
        _world.Stripe.Reverse(transfer, 5000);
        var inPart = await AdoptAsync(payout, transfer);
        _world.Stripe.Reverse(transfer, 1);
        await _world.WorkForAsync(TimeSpan.FromDays(10));
        var untouched = await _world.PayoutAsync(payout.Id);
        var taken = await AdoptAsync(payout, transfer);

        Assert.That((standing.Status, inPart.Status, untouched.State, taken.Status), Is.EqualTo((409, 409, "unknown", 201)));
        Assert.That(standing.Text("detail"), Is.EqualTo($"Transfer {transfer} is 5001 eur and the payout 5000 eur. Reverse it at Stripe in full, then name it again."));
        Assert.That((taken.Text("state"), (long)taken.Json!["reversed"]!["minor"]!), Is.EqualTo(("reversed", 5000L)));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((5000L, 0L, 0L)));
        Assert.That(await _world.OrderStatesAsync(), Is.EqualTo(["approved"]));
        await AssertSettledAsync(payout, taken.Text("problem"));

        var next = await _world.PayAsync();
        await _world.WorkForAsync(TimeSpan.FromDays(1));
        Assert.That((await _world.PayoutAsync(next.Payouts.Single().Id)).State, Is.EqualTo("sent"), "the payee's next payout is free");
    }

    [Test]
    public async Task Of_two_transfers_one_stands_once_the_other_is_reversed()
    {
        var payout = await TwoTransfersAsync();
        var (first, second) = (_world.Stripe.Transfers[0].Id, _world.Stripe.Transfers[1].Id);

        var both = await AdoptAsync(payout, first);
        _world.Stripe.Reverse(second, 5000);
        var taken = await AdoptAsync(payout, first);

        Assert.That((both.Status, both.Problem, taken.Status), Is.EqualTo((409, "/problems/transfer-not-adopted", 201)));
        Assert.That(both.Text("detail"), Does.Contain(second).And.Contain("Reverse it at Stripe first"));
        Assert.That((taken.Text("state"), taken.Text("transferId")), Is.EqualTo(("sent", first)));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
        await AssertSettledAsync(payout, taken.Text("problem"));

        _world.Stripe.Reverse(first, 1200);
        await ReceiveAsync(payout, "evt_2");
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((1200L, 0L, 3800L)), "what is reversed later is booked as ever");
    }

    [Test]
    public async Task Nothing_is_taken_while_Stripe_may_still_carry_out_what_was_sent()
    {
        _world.Stripe.Next(StripeFault.WrongAmount);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        var transfer = _world.Stripe.Transfers.Single().Id;
        _world.Stripe.Reverse(transfer, 5001);

        _world.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        var early = await AdoptAsync(payout, transfer);
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        var inTime = await AdoptAsync(payout, transfer);

        Assert.That((early.Status, inTime.Status), Is.EqualTo((409, 201)));
        Assert.That(early.Text("detail"), Does.Contain("24 hours"));
    }

    [Test]
    public async Task A_decision_needs_a_payout_that_waits_for_it_a_transfer_of_it_and_a_reason()
    {
        var (payout, transfer) = await WrongAmountAsync();
        _world.Stripe.AddTransfer(5000, "eur", "acct_ann", "po_other");
        var reader = await ApiClient.OfAsync(_world.App, _world.Store, canWrite: false);

        var unknown = await _api.Post("payouts/po_other/adoption", Body(transfer));
        var foreign = await AdoptAsync(payout, _world.Stripe.Transfers[^1].Id);
        var silent = await _api.Post($"payouts/{payout.Id}/adoption", new JsonObject { ["transferId"] = transfer });
        var reading = await reader.Post($"payouts/{payout.Id}/adoption", Body(transfer));
        await _world.ConnectAsync("sk_live_payoutworld0001");
        var otherMode = await AdoptAsync(payout, transfer);

        Assert.That(
            (unknown.Status, foreign.Status, silent.Status, reading.Status, otherMode.Status), Is.EqualTo((404, 409, 400, 403, 503)));
        Assert.That(foreign.Text("detail"), Does.StartWith("Stripe holds no transfer"));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("unknown"));
    }

    [Test]
    public async Task Two_people_who_decide_at_once_settle_it_once()
    {
        var payout = await TwoTransfersAsync();
        _world.Stripe.Reverse(_world.Stripe.Transfers[1].Id, 5000);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AdoptAsync(payout, _world.Stripe.Transfers[0].Id)));

        Assert.That(answers.Select(answer => answer.Status).Order(), Is.EqualTo([201, 409, 409, 409]));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    /// <summary>A payout for which a transfer of 5001 in place of 5000 exists, days later.</summary>
    private async Task<(Payout Payout, string Transfer)> WrongAmountAsync()
    {
        _world.Stripe.Next(StripeFault.WrongAmount);
        var payout = await _world.ReservedAsync();
        await _world.WorkForAsync(TimeSpan.FromDays(3));
        Assert.That((await _world.PayoutAsync(payout.Id)).Problem, Does.Contain("A person must decide"));
        return (payout, _world.Stripe.Transfers.Single().Id);
    }

    /// <summary>A payout whose answer was lost, and for which somebody has made a second transfer by hand.</summary>
    private async Task<Payout> TwoTransfersAsync()
    {
        _world.Stripe.Next(StripeFault.DropAfterCommit);
        var payout = await _world.ReservedAsync();
        await _world.PerformAsync(await _world.EffectAsync($"{payout.Id}-a1"));
        _world.Stripe.AddTransfer(5000, "eur", "acct_ann", payout.Id);
        _world.Clock.Advance(TimeSpan.FromHours(30));
        await _world.WorkForAsync(TimeSpan.FromDays(3));
        Assert.That((await _world.PayoutAsync(payout.Id)).Problem, Does.Contain("2 transfers"));
        return payout;
    }

    private async Task AssertSettledAsync(Payout payout, string problem)
    {
        var (actor, reason) = await _world.Db.OneAsync<(string, string)>(
            "SELECT actor, reason FROM ledger_transactions WHERE store_id = @storeId AND kind = 'payout_sent' AND source = @id",
            new { storeId = _world.Store.Id, id = payout.Id });
        var sends = _world.Stripe.Sends.Count;
        await ReceiveAsync(payout, "evt_1");
        await _world.WorkForAsync(TimeSpan.FromDays(2));

        Assert.That(actor, Does.StartWith("API key key_"));
        Assert.That(reason, Is.EqualTo(problem).And.EndsWith(": Ann and the bank agree."));
        Assert.That((await _world.PayoutAsync(payout.Id)).Problem, Is.EqualTo(problem), "a later look-up finds nothing new");
        Assert.That(_world.Stripe.Sends, Has.Count.EqualTo(sends));
        Assert.That((await _world.App.Get<Verify>().RunAsync(_world.Store.Id, default)).Where(finding => finding.Check.StartsWith("payout", StringComparison.Ordinal)), Is.Empty);
    }

    private async Task ReceiveAsync(Payout payout, string eventId)
    {
        var e = new StripeEventReceived(eventId, "transfer.reversed", null, "tr_1", payout.Id);
        await _world.Db.InTransactionAsync(tx => _world.App.Get<ReceiveStripeEvent>().ApplyAsync(tx, _world.Store, e));
        await _world.WorkAsync();
    }

    private Task<ApiAnswer> AdoptAsync(Payout payout, string transfer) => _api.Post($"payouts/{payout.Id}/adoption", Body(transfer));

    private static JsonObject Body(string transfer) => new() { ["transferId"] = transfer, ["reason"] = "Ann and the bank agree." };
}
