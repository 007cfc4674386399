// A run whose cancellation was not finished, since the program died or the database failed: it is ended by itself, and nothing is sent meanwhile.
using StorePlugin.Payouts;

namespace StorePlugin.Tests.Proof;

internal sealed class HalfCancelledTests
{
    private PayoutProgram _program = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _program = await PayoutProgram.StartAsync();

    [OneTimeTearDown]
    public ValueTask StopAsync() => _program.DisposeAsync();

    // The run is marked by the first commit, its payouts are taken back by the second, and by the third it is over.
    [TestCase(2, true)]
    [TestCase(2, false)]
    [TestCase(3, true)]
    [TestCase(3, false)]
    public async Task What_is_left_of_a_cancelled_run_is_taken_back_and_never_sent(int point, bool dies)
    {
        var desk = await PayoutDesk.OpenAsync(_program, new Random(1));
        await desk.EarnsAsync(await desk.PayeeAsync("acct_ann"), "50.00");
        await desk.EarnsAsync(await desk.ManualPayeeAsync("cleo@example.com"), "70.00");
        var run = (await desk.PayAsync())!;
        _program.Life.FailAt(point, dies);
        Assert.That(async () => await desk.CancelAsync(run.Id), Throws.Exception);
        _program.Life.Spare();
        await desk.RestartIfDeadAsync();
        var left = (await desk.PayoutsAsync()).Select(payout => payout.State).Distinct();
        Assert.That(left, Is.EqualTo([point == 2 ? PayoutState.Approved : PayoutState.Cancelled]));

        await desk.ResumeAsync(run.Id);
        await desk.RoundAsync();
        await desk.RoundAsync();

        Assert.That((await desk.PayoutsAsync()).Select(payout => payout.State), Is.EqualTo([PayoutState.Cancelled, PayoutState.Cancelled]));
        Assert.That(_program.Stripe.Transfers, Is.Empty);
        Assert.That(await _program.App.Db.OneAsync<long>("SELECT COUNT(*) FROM payout_runs WHERE stopped_for IS NOT NULL"), Is.Zero);
        await desk.AssertEndAsync();
    }
}
