// Whether the store's Stripe account holds what a run needs, and what happens where it does not.
using StorePlugin.Payouts;

namespace StorePlugin.Tests.Payouts;

internal sealed class RunFundingTests
{
    private PayoutWorld _world = null!;

    private PayoutRuns Runs => _world.App.Get<PayoutRuns>();

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync();
        _world.Stripe.TellsBalance = true;
    }

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task A_preview_names_what_is_missing_in_each_currency()
    {
        await EarnedAsync("Ann", "12000.00");
        await EarnedAsync("Ben", "4000", "JPY");

        var run = await Runs.PreviewAsync(_world.Store, "ann", default);

        Assert.That(run.Funding, Is.EqualTo([new RunFunding("EUR", 1_200_000, 1_000_000), new RunFunding("JPY", 4000, 0)]));
        Assert.That(run.Funding[0].Words, Is.EqualTo(
            "The run needs 12000.00 EUR and 10000.00 EUR are available at Stripe: 2000.00 EUR are missing."));
    }

    [Test]
    public async Task What_stripe_does_not_tell_holds_nothing_up()
    {
        _world.Stripe.TellsBalance = false;
        await EarnedAsync("Ann", "25.00");

        var run = await _world.PayAsync();
        await _world.WorkAsync();

        Assert.That(run.Funding, Is.EqualTo([new RunFunding("EUR", 2500, null)]));
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_approved_run_waits_for_its_money_and_goes_on_by_itself()
    {
        var (ann, ben) = (await EarnedAsync("Ann", "8000.00"), await EarnedAsync("Ben", "3000.00"));
        var run = await _world.PayAsync();

        await LookAsync();
        await _world.WorkForAsync(TimeSpan.FromHours(30));
        var before = _world.Stripe.Sends.Count;
        _world.Stripe.TopUp("eur", 100_000);
        await LookAsync();
        await _world.WorkAsync();

        Assert.That((run.State, run.WaitsFor), Is.EqualTo(("stopped", "balance")));
        Assert.That(run.Stop, Does.Contain("1000.00 EUR are missing").And.Contain("goes on by itself"));
        Assert.That(before, Is.Zero, "nobody is paid while others could not be");
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((0L, 0L, 800_000L)));
        Assert.That(await _world.BalancesAsync(ben), Is.EqualTo((0L, 0L, 300_000L)));
        Assert.That((await Runs.FindAsync(_world.Store, run.Id, default))!.State, Is.EqualTo("approved"));
    }

    [Test]
    public async Task What_another_run_is_about_to_send_is_not_counted_twice()
    {
        await EarnedAsync("Ann", "8000.00");
        await _world.PayAsync();
        await EarnedAsync("Ben", "3000.00");

        var run = await Runs.PreviewAsync(_world.Store, "ann", default);

        Assert.That(run.Funding, Is.EqualTo([new RunFunding("EUR", 300_000, 200_000)]));
    }

    [Test]
    public async Task A_refusal_for_want_of_money_stops_the_run_and_not_each_payee()
    {
        _world.Stripe.TellsBalance = false;
        string[] payees = [await EarnedAsync("Ann", "8000.00"), await EarnedAsync("Ben", "8000.00"), await EarnedAsync("Cleo", "8000.00")];
        var run = await _world.PayAsync();

        await _world.WorkForAsync(TimeSpan.FromHours(3));
        var (sends, stopped) = (_world.Stripe.Sends.Count, await Runs.FindAsync(_world.Store, run.Id, default));
        _world.Stripe.TellsBalance = true;
        _world.Stripe.TopUp("eur", 2_000_000);
        await LookAsync();
        await _world.WorkAsync();
        await _world.PayAsync();
        await _world.WorkAsync();

        Assert.That(sends, Is.EqualTo(2), "one was paid, one was refused, and the third was not asked for");
        Assert.That((stopped!.State, stopped.WaitsFor), Is.EqualTo(("stopped", "balance")));
        Assert.That(stopped.Payouts.Select(payout => payout.State), Is.EquivalentTo(["sent", "refused", "approved"]));
        foreach (var payee in payees)
        {
            Assert.That(await _world.BalanceAsync(payee, "paid"), Is.Positive, "whoever was refused is paid by the next run");
        }

        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(3));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task Want_of_one_currency_holds_up_no_other()
    {
        _world.Stripe.TellsBalance = false;
        var ann = await EarnedAsync("Ann", "25.00");
        await EarnedAsync("Ben", "4000", "JPY");
        await EarnedAsync("Cleo", "5000", "JPY");
        var run = await _world.PayAsync();

        await _world.WorkForAsync(TimeSpan.FromHours(3));

        Assert.That(await _world.BalanceAsync(ann, "paid"), Is.EqualTo(2500));
        Assert.That((await Runs.FindAsync(_world.Store, run.Id, default))!.Payouts.Select(payout => payout.State), Is.EquivalentTo(["sent", "refused", "approved"]));
    }

    [TestCase(5, true)]
    [TestCase(4, false)]
    public async Task Whoever_gets_more_than_half_of_a_run_of_five_is_pointed_at(int payees, bool warned)
    {
        var star = await EarnedAsync("Star", "200.00");
        for (var i = 1; i < payees; i++)
        {
            await EarnedAsync($"P{i}", "25.00");
        }

        var run = await Runs.PreviewAsync(_world.Store, "ann", default);

        Assert.That(run.Lines.Where(line => line.Warning is not null).Select(line => line.AmbassadorId), Is.EqualTo(warned ? [star] : Array.Empty<string>()));
        Assert.That(run.Lines.All(line => line.WillPay), "a star may well earn most of it");
    }

    private Task<int> LookAsync() => _world.App.Get<GoOnWithRuns>().RunOnceAsync(default);

    private async Task<string> EarnedAsync(string name, string amount, string currency = "EUR")
    {
        var id = await _world.AmbassadorAsync(name, $"acct_{name}");
        await _world.EarnsAsync(id, amount, currency);
        return id;
    }
}
