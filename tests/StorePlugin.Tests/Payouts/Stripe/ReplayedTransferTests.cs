// A transfer's effect that was given up and is replayed by a person, through the API and the worker itself: one transfer at most.
using StorePlugin.Inbox;
using StorePlugin.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class ReplayedTransferTests
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

    // Within 20 hours the same bytes go out under the same key, which Stripe still knows; after them nothing goes out.
    [TestCase(StripeFault.DropAfterCommit, 0, 2)]
    [TestCase(StripeFault.DropAfterCommit, 19, 2)]
    [TestCase(StripeFault.DropAfterCommit, 20, 1)]
    [TestCase(StripeFault.DropAfterCommit, 25, 1)]
    [TestCase(StripeFault.StoredFaultAfterCommit, 25, 1)]
    [TestCase(StripeFault.Reset, 0, 2)]
    [TestCase(StripeFault.Reset, 19, 2)]
    public async Task A_transfer_whose_first_answer_was_lost_is_made_once(StripeFault fault, int hours, int sends)
    {
        var payout = await GivenUpAsync(fault);
        _world.Clock.Advance(TimeSpan.FromHours(hours));

        var answer = await ReplayAsync(payout);
        await _world.App.DrainAsync();
        var again = await ReplayAsync(payout);
        await _world.App.DrainAsync();

        Assert.That((answer.Status, again.Status), Is.EqualTo((202, 409)));
        Assert.That(again.Problem, Is.EqualTo("/problems/effect-not-dead"));
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That(_world.Stripe.Sends, Has.Count.EqualTo(sends));
        Assert.That(_world.Stripe.Sends.Select(send => (send.Headers["idempotency-key"], send.Body)).Distinct(), Has.Exactly(1).Items);
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
        await _world.AssertBooksAsync();
    }

    [TestCase(20)]
    [TestCase(25)]
    public async Task After_twenty_hours_a_replay_sends_nothing_even_where_nothing_was_made(int hours)
    {
        var payout = await GivenUpAsync(StripeFault.Reset);
        _world.Clock.Advance(TimeSpan.FromHours(hours));

        await ReplayAsync(payout);
        await _world.App.DrainAsync();

        Assert.That(_world.Stripe.Transfers, Is.Empty);
        Assert.That(_world.Stripe.Sends, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("unknown"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 5000L, 0L)));
    }

    [Test]
    public async Task A_replay_of_a_transfer_that_exists_asks_Stripe_nothing()
    {
        var payout = await _world.ReservedAsync();
        await _world.App.DrainAsync();
        await KillAsync(payout);
        var requests = _world.Stripe.Requests.Count;

        await ReplayAsync(payout);
        await _world.App.DrainAsync();

        Assert.That(_world.Stripe.Requests, Has.Count.EqualTo(requests));
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_first_attempt_of_a_payout_that_was_sent_again_cannot_be_replayed_into_a_third()
    {
        var payout = await GivenUpAsync(StripeFault.Reset);
        _world.Clock.Advance(TimeSpan.FromHours(25));
        await ReplayAsync(payout);
        await _world.App.DrainAsync();
        Assert.That((await _api.Post($"payouts/{payout.Id}/attempts")).Status, Is.EqualTo(201));
        await _world.App.DrainAsync();
        await KillAsync(payout);

        await ReplayAsync(payout);
        await _world.App.DrainAsync();

        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That(_world.Stripe.Sends[^1].Headers["idempotency-key"], Is.EqualTo($"po-{payout.Id}-a2"));
    }

    /// <summary>A payout that was sent once, with this fault, and whose effect was then given up.</summary>
    private async Task<Payout> GivenUpAsync(StripeFault fault)
    {
        _world.Stripe.Next(fault);
        var payout = await _world.ReservedAsync();
        await _world.PerformAsync(await _world.EffectAsync($"{payout.Id}-a1"));
        await KillAsync(payout);
        return payout;
    }

    private Task<int> KillAsync(Payout payout) => _world.Db.DoAsync(
        "UPDATE effects SET state = 'dead', attempts = @attempts, done_at = @now, outcome = 'It failed.' WHERE store_id = @storeId AND subject = @subject",
        new { attempts = (long)Retry.AttemptsMax, now = _world.Clock.GetUtcNow(), storeId = _world.Store.Id, subject = $"{payout.Id}-a1" });

    private async Task<ApiAnswer> ReplayAsync(Payout payout)
    {
        var effect = await _world.EffectAsync($"{payout.Id}-a1");
        return await _api.Post($"effects/{effect.Id}/replays");
    }
}
