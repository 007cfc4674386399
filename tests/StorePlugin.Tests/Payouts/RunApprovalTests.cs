// Who approves a run, and how it is stopped, let go on and taken back.
using StorePlugin.Payouts;

namespace StorePlugin.Tests.Payouts;

internal sealed class RunApprovalTests
{
    private PayoutWorld _world = null!;

    private PayoutRuns Runs => _world.App.Get<PayoutRuns>();

    [SetUp]
    public async Task StartAsync() => _world = await PayoutWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task H_5_from_a_sum_on_a_run_takes_two_people_and_reserves_nothing_before_the_second()
    {
        await SettingsAsync(twoPeopleFrom: 2500);
        var ann = await EarnedAsync("Ann", "25.00");
        var run = await PreviewAsync();

        var first = await ApproveAsync(run.Id, "ann");
        var again = await ApproveAsync(run.Id, "ann");

        Assert.That(first, Is.InstanceOf<RunApproval.NeedsSecond>());
        Assert.That(((RunApproval.NeedsSecond)first).Run.State, Is.EqualTo("half_approved"));
        Assert.That(again, Is.InstanceOf<RunApproval.SamePerson>());
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((2500L, 0L, 0L)));

        var second = (RunApproval.Done)await ApproveAsync(run.Id, "ben");

        Assert.That(second.Run.State, Is.EqualTo("approved"));
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((0L, 2500L, 0L)));
    }

    [Test]
    public async Task H_5_below_the_sum_one_person_approves_and_another_currency_always_takes_two()
    {
        await SettingsAsync(twoPeopleFrom: 2501);
        await EarnedAsync("Ann", "25.00");

        Assert.That(await ApproveAsync((await PreviewAsync()).Id, "ann"), Is.InstanceOf<RunApproval.Done>());

        var ben = await EarnedAsync("Ben", "4000", "JPY");
        Assert.That(await ApproveAsync((await PreviewAsync()).Id, "ann"), Is.InstanceOf<RunApproval.NeedsSecond>());
        Assert.That(await _world.BalancesAsync(ben, "JPY"), Is.EqualTo((4000L, 0L, 0L)));
    }

    [Test]
    public async Task Two_first_approvals_at_once_are_one_of_each()
    {
        await SettingsAsync(twoPeopleFrom: 0);
        await EarnedAsync("Ann", "25.00");
        var run = await PreviewAsync();

        var both = await Task.WhenAll(ApproveAsync(run.Id, "ann"), ApproveAsync(run.Id, "ben"));

        Assert.That(both.Count(one => one is RunApproval.NeedsSecond), Is.EqualTo(1));
        Assert.That(both.Count(one => one is RunApproval.Done), Is.EqualTo(1));
    }

    [Test]
    public async Task A_payout_that_was_not_sent_is_taken_back_and_its_money_is_payable_again()
    {
        var payout = await _world.ReservedAsync();

        var answer = await _world.App.Http.PostAsync($"/api/v1/payouts/{payout.Id}/cancellation", null);
        var again = await _world.App.Http.PostAsync($"/api/v1/payouts/{payout.Id}/cancellation", null);
        await _world.WorkForAsync(TimeSpan.FromDays(2));

        Assert.That(((int)answer.StatusCode, (int)again.StatusCode), Is.EqualTo((200, 200)));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("cancelled"));
        Assert.That(_world.Stripe.Sends, Is.Empty);
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((5000L, 0L, 0L)));
        Assert.That(await _world.OrderStatesAsync(), Is.EqualTo(["approved"]));
        await _world.AssertBooksAsync();

        Assert.That((await _world.PayAsync()).Payouts.Single().AmountMinor, Is.EqualTo(5000), "the next run pays it");
    }

    [Test]
    public async Task What_was_sent_cannot_be_taken_back()
    {
        var payout = await _world.ReservedAsync();
        _world.Stripe.Next(Rig.StripeFault.Reset);
        await _world.WorkAsync();

        var answer = await _world.App.Http.PostAsync($"/api/v1/payouts/{payout.Id}/cancellation", null);

        Assert.That((int)answer.StatusCode, Is.EqualTo(409));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("unknown"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 5000L, 0L)));
    }

    [Test]
    public async Task A_run_that_is_cancelled_pays_what_was_sent_and_nothing_else()
    {
        var (ann, ben) = (await EarnedAsync("Ann", "25.00"), await EarnedAsync("Ben", "30.00"));
        var run = await _world.PayAsync();
        await _world.PerformAsync(await _world.EffectAsync($"{run.Payouts.Single(one => one.AmbassadorId == ann).Id}-a1"));

        var cancelled = await Runs.CancelAsync(_world.Store, run.Id, "ann", default);
        await _world.WorkForAsync(TimeSpan.FromDays(2));

        Assert.That(cancelled!.State, Is.EqualTo("cancelled"));
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((0L, 0L, 2500L)));
        Assert.That(await _world.BalancesAsync(ben), Is.EqualTo((3000L, 0L, 0L)));
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_run_that_is_cancelled_while_it_is_approved_leaves_nothing_to_be_sent()
    {
        for (var i = 0; i < 60; i++)
        {
            await EarnedAsync($"P{i}", "25.00");
        }

        var run = await PreviewAsync();
        var approving = ApproveAsync(run.Id, "ann");
        while (await _world.Db.OneAsync<long>("SELECT COUNT(*) FROM payouts") == 0 && !approving.IsCompleted)
        {
            await Task.Yield();
        }

        await Runs.CancelAsync(_world.Store, run.Id, "ben", default);
        await approving;
        await _world.WorkForAsync(TimeSpan.FromDays(1));

        Assert.That(await _world.Db.OneAsync<long>("SELECT COUNT(*) FROM payouts WHERE state = 'approved'"), Is.Zero);
        Assert.That(_world.Stripe.Transfers, Is.Empty);
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_preview_that_is_cancelled_is_not_approved()
    {
        await EarnedAsync("Ann", "25.00");
        var run = await PreviewAsync();
        await Runs.CancelAsync(_world.Store, run.Id, "ann", default);

        Assert.That(await ApproveAsync(run.Id, "ann"), Is.InstanceOf<RunApproval.Cancelled>());
        Assert.That(await Runs.CancelAsync(_world.Store, "run_none", "ann", default), Is.Null);
    }

    [Test]
    public async Task A_stopped_run_sends_nothing_until_it_goes_on()
    {
        await EarnedAsync("Ann", "25.00");
        var run = await _world.PayAsync();

        var stopped = await _world.App.Http.PostAsync($"/api/v1/payout-runs/{run.Id}/stop", null);
        await _world.WorkForAsync(TimeSpan.FromHours(5));
        var silent = _world.Stripe.Sends.Count;
        var resumed = await _world.App.Http.PostAsync($"/api/v1/payout-runs/{run.Id}/resumption", null);
        await _world.WorkAsync();
        var twice = await _world.App.Http.PostAsync($"/api/v1/payout-runs/{run.Id}/resumption", null);

        Assert.That(((int)stopped.StatusCode, (int)resumed.StatusCode, (int)twice.StatusCode), Is.EqualTo((200, 200, 409)));
        Assert.That(silent, Is.Zero);
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
    }

    private Task<int> SettingsAsync(long? twoPeopleFrom) => _world.Db.DoAsync(
        """
        INSERT INTO payout_settings (store_id, two_people_from_minor, methods, updated_at, updated_by)
        VALUES (@id, @twoPeopleFrom, '', 0, 'test')
        """,
        new { id = _world.Store.Id, twoPeopleFrom });

    private async Task<string> EarnedAsync(string name, string amount, string currency = "EUR")
    {
        var id = await _world.AmbassadorAsync(name, $"acct_{name}");
        await _world.EarnsAsync(id, amount, currency);
        return id;
    }

    private Task<PayoutRun> PreviewAsync() => Runs.PreviewAsync(_world.Store, "ann", default);

    private Task<RunApproval> ApproveAsync(string id, string actor) => Runs.ApproveAsync(_world.Store, id, actor, default);
}
