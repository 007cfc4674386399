// Payouts in the currencies that Stripe counts otherwise than ISO 4217, from the preview to the reversal: the stand-in has a table of its own.
using StorePlugin.Payouts;
using StorePlugin.Tests.Proof;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class CurrencyPayoutTests
{
    private PayoutProgram _program = null!;
    private PayoutDesk _desk = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _program = await PayoutProgram.StartAsync();

    [OneTimeTearDown]
    public ValueTask StopAsync() => _program.DisposeAsync();

    // What is earned; what is sent of it, in our minor units and as Stripe's amount; what is asked back, likewise.
    [TestCase("EUR", "20.01", 2001, 2001, 701, 701)]
    [TestCase("JPY", "3100", 3100, 3100, 1100, 1100)]
    [TestCase("ISK", "30001", 30_001, 3_000_100, 10_000, 1_000_000)]
    [TestCase("UGX", "90001", 90_001, 9_000_100, 30_000, 3_000_000)]
    [TestCase("HUF", "9000.55", 900_055, 900_055, 10_055, 10_055)]
    [TestCase("TWD", "800.45", 80_045, 80_045, 10_045, 10_045)]
    [TestCase("KWD", "7.128", 7120, 7120, 1010, 1010)]
    [TestCase("BHD", "7.129", 7120, 7120, 1010, 1010)]
    public async Task The_books_stay_in_minor_units_and_Stripe_is_asked_in_its_own(string currency, string earned, long sent, long asStripe, long back, long backAsStripe)
    {
        _desk = await PayoutDesk.OpenAsync(_program, new Random(1));
        var ann = await _desk.PayeeAsync("acct_ann");
        await _desk.EarnsAsync(ann, earned, currency);
        var all = (await _desk.World.BalancesAsync(ann, currency)).Approved;

        var preview = await _desk.PreviewAsync();
        Assert.That(preview.Lines.Single(line => line.WillPay).Minor, Is.EqualTo(sent));
        Assert.That(preview.Funding.Single(), Is.EqualTo(new RunFunding(currency, sent, preview.Funding[0].AvailableMinor)));
        await _desk.ApproveAsync(preview.Id);
        await _desk.WorkForAsync(TimeSpan.FromMinutes(1));
        var payout = (await _desk.PayoutsAsync()).Single();
        await HearAsync();

        Assert.That(_program.Stripe.Transfers.Select(one => (one.Amount, one.Currency, one.Group)), Is.EqualTo([(asStripe, currency.ToLowerInvariant(), payout.Id)]));
        Assert.That((payout.State, payout.AmountMinor), Is.EqualTo((PayoutState.Sent, sent)));
        Assert.That(await _desk.World.BalancesAsync(ann, currency), Is.EqualTo((all - sent, 0L, sent)), "what Stripe does not take is carried over");
        await _desk.AssertEndAsync();

        Assert.That(await _desk.AskBackAsync(payout.Id, back), Is.InstanceOf<ReversalRequest.Asked>());
        await _desk.WorkForAsync(TimeSpan.FromMinutes(1));
        await HearAsync();
        Assert.That(_program.Stripe.Reversals.Select(one => one.Amount), Is.EqualTo([backAsStripe]));
        Assert.That(await _desk.World.BalancesAsync(ann, currency), Is.EqualTo((all - sent + back, 0L, sent - back)));
        await _desk.AssertEndAsync();

        Assert.That(await _desk.AskBackAsync(payout.Id), Is.InstanceOf<ReversalRequest.Asked>());
        await _desk.WorkForAsync(TimeSpan.FromMinutes(1));
        await HearAsync();
        Assert.That(_program.Stripe.Transfers.Select(one => one.Reversed), Is.EqualTo([asStripe]));
        Assert.That(await _desk.World.BalancesAsync(ann, currency), Is.EqualTo((all, 0L, 0L)));
        await _desk.AssertEndAsync();
    }

    [TestCase("KWD", "7.120", 1005)]
    [TestCase("BHD", "7.120", 1)]
    public async Task A_part_that_Stripe_does_not_take_is_not_asked_back(string currency, string earned, long back)
    {
        _desk = await PayoutDesk.OpenAsync(_program, new Random(1));
        await _desk.EarnsAsync(await _desk.PayeeAsync("acct_ann"), earned, currency);
        await _desk.PayAsync();
        await _desk.WorkForAsync(TimeSpan.FromMinutes(1));

        Assert.That(await _desk.AskBackAsync((await _desk.PayoutsAsync()).Single().Id, back), Is.InstanceOf<ReversalRequest.WrongAmount>());
    }

    [TestCase("isk", 550, false)]
    [TestCase("isk", 500, true)]
    [TestCase("ugx", 101, false)]
    [TestCase("kwd", 5005, false)]
    [TestCase("kwd", 5010, true)]
    [TestCase("jpy", 5005, true)]
    [TestCase("huf", 5005, true)]
    [TestCase("twd", 5005, true)]
    public void The_stand_in_takes_what_Stripe_takes(string currency, long amount, bool taken) =>
        Assert.That(StripeTable.Refusal(currency, amount) is null, Is.EqualTo(taken));

    private async Task HearAsync()
    {
        _desk.HearOfTransfers();
        await _desk.DeliverAsync();
        await _desk.WorkForAsync(TimeSpan.FromMinutes(1));
    }
}
