// Who is paid and who not, and in which words.
using StorePlugin.Payouts;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts;

internal sealed class PayoutDecisionTests
{
    private static readonly PayoutDestination Account = new(PayoutProvider.Stripe, "acct_1");

    private static readonly Payee Ann = new("amb_1", Money.Parse("20.00", Currency.Parse("EUR")), "approved", Account, null);

    [Test]
    public void The_minimum_itself_is_paid() =>
        Assert.That(PayoutDecision.Decide(Ann, connected: true), Is.EqualTo(new PayoutDecision.Pay(Ann.Balance, Account, null)));

    [Test]
    public void One_cent_below_the_minimum_is_carried_over() =>
        Assert.That(Why(Ann with { Balance = Euro("19.99") }), Does.Contain("below the minimum of 20.00 EUR"));

    [Test]
    public void K_1_after_a_refund_nothing_is_paid_until_the_minimum_is_reached_again()
    {
        // Paid out 10.00, full refund, then earnings of 4.00 and 8.00.
        Assert.That(Why(Ann with { Balance = Euro("-10.00") }), Does.Contain("below zero"));
        Assert.That(Why(Ann with { Balance = Euro("-6.00") }), Does.Contain("below zero"));
        Assert.That(Why(Ann with { Balance = Euro("2.00") }), Does.Contain("below the minimum"));
    }

    [Test]
    public void H_7_where_the_minimum_is_waived_less_is_paid_down_to_one_unit_and_the_reason_is_told()
    {
        var left = Ann with { State = "ended", Waived = "the ambassador has left", Balance = Euro("1.00") };

        Assert.That(
            PayoutDecision.Decide(left, connected: true),
            Is.EqualTo(new PayoutDecision.Pay(Euro("1.00"), Account, "Less than the minimum of 20.00 EUR is paid, since the ambassador has left.")));
        Assert.That(Why(left with { Balance = Euro("0.99") }), Is.EqualTo("The balance is below 1.00 EUR, the least that can be sent; it is carried over."));
        Assert.That(PayoutDecision.Decide(left with { Balance = Euro("20.00") }, connected: true), Is.EqualTo(new PayoutDecision.Pay(Euro("20.00"), Account, null)));
        Assert.That(Why(left with { Balance = Euro("-1.00") }), Does.Contain("below zero"));
    }

    [TestCase("JPY", "1")]
    [TestCase("KWD", "1.000")]
    [TestCase("HUF", "1.00")]
    public void H_7_the_least_is_one_unit_of_each_currency(string currency, string least) =>
        Assert.That(Minimum.FloorOf(Currency.Parse(currency)), Is.EqualTo(Money.Parse(least, Currency.Parse(currency))));

    [Test]
    public void Both_what_is_waived_and_what_stays_behind_is_told()
    {
        var kwd = Currency.Parse("KWD");

        var decision = PayoutDecision.Decide(Ann with { Waived = "the campaign has ended", Balance = Money.Parse("1.004", kwd) }, connected: true);

        Assert.That(decision, Is.EqualTo(new PayoutDecision.Pay(
            Money.Parse("1.000", kwd), Account,
            "Less than the minimum of 6.000 KWD is paid, since the campaign has ended. 0.004 KWD stay for the next payout: Stripe takes no finer amount.")));
    }

    [Test]
    public void Who_has_left_is_paid_what_they_earned() =>
        Assert.That(PayoutDecision.Decide(Ann with { State = "ended" }, connected: true), Is.InstanceOf<PayoutDecision.Pay>());

    [Test]
    public void Each_hindrance_has_its_own_words()
    {
        Assert.That(Why(Ann with { Balance = Euro("0.00") }), Is.EqualTo("Nothing is approved."));
        Assert.That(Why(Ann with { State = "suspended" }), Does.Contain("suspended"));
        Assert.That(Why(Ann with { State = null }), Does.Contain("no such ambassador"));
        Assert.That(Why(Ann with { Destination = null }), Does.Contain("no Stripe account"));
        Assert.That(Why(Ann with { OpenPayoutId = "po_1" }), Does.Contain("po_1 is still open"));
        Assert.That(Why(Ann with { Balance = Money.Parse("90.000", Currency.Parse("IQD")) }), Does.Contain("does not transfer IQD"));
        Assert.That(Why(Ann, connected: false), Does.Contain("not connected"));
    }

    [Test]
    public void The_rest_that_stripe_cannot_take_is_named()
    {
        var decision = PayoutDecision.Decide(Ann with { Balance = Money.Parse("7.124", Currency.Parse("KWD")) }, connected: true);

        Assert.That(decision, Is.EqualTo(new PayoutDecision.Pay(
            Money.Parse("7.120", Currency.Parse("KWD")), Account, "0.004 KWD stay for the next payout: Stripe takes no finer amount.")));
    }

    private static Money Euro(string text) => Money.Parse(text, Currency.Parse("EUR"));

    private static string Why(Payee payee, bool connected = true) => ((PayoutDecision.Hold)PayoutDecision.Decide(payee, connected)).Why;
}
