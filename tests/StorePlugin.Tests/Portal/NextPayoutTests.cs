// The sentence about the next payout, case by case.
using StorePlugin.Portal;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Portal;

internal sealed class NextPayoutTests
{
    [TestCase(0, 0, 0, "Nothing is waiting for a payout yet.")]
    [TestCase(9_00, 0, 0, "€ 9.00 is held in case orders are returned. The first part is due to be approved on 31 March 2026.")]
    [TestCase(0, 19_99, 0, "€ 19.99 is approved. Payouts start at € 20.00: € 0.01 to go. Nothing lapses while you wait.")]
    [TestCase(0, 20_00, 0, "€ 20.00 is approved and goes out when Lux runs its next payout.")]
    [TestCase(0, 0, 30_00, "€ 30.00 is on its way to you. Nothing more is waiting for a payout.")]
    [TestCase(0, -6_00, 0, "Orders were refunded after you were paid for them, so your next € 6.00 settle that first. You need not pay anything back.")]
    public void Each_state_of_the_accounts_has_its_sentence(long held, long approved, long inPayout, string expected)
    {
        Assert.That(Say(Outlook("EUR", held, approved, inPayout)), Is.EqualTo(expected));
    }

    [TestCase("JPY", 2_999, "¥ 2,999 is approved. Payouts start at ¥ 3,000: ¥ 1 to go. Nothing lapses while you wait.")]
    [TestCase("KWD", 5_999, "5.999 KWD is approved. Payouts start at 6.000 KWD: 0.001 KWD to go. Nothing lapses while you wait.")]
    [TestCase("CHF", 20_00, "20.00 CHF is approved and goes out when Lux runs its next payout.")]
    public void The_minimum_is_that_of_the_currency(string currency, long approved, string expected)
    {
        Assert.That(Say(Outlook(currency, 0, approved, 0)), Is.EqualTo(expected));
    }

    [Test]
    public void Where_the_minimum_is_waived_the_least_that_can_be_sent_is_told()
    {
        Assert.That(Say(Outlook("EUR", 0, 1_00, 0) with { IsMinimumWaived = true }), Is.EqualTo("€ 1.00 is approved and goes out when Lux runs its next payout."));
        Assert.That(
            Say(Outlook("EUR", 0, 99, 0) with { IsMinimumWaived = true }),
            Is.EqualTo("€ 0.99 is approved. Payouts start at € 1.00: € 0.01 to go. Nothing lapses while you wait."));
    }

    [Test]
    public void While_suspended_the_money_waits_and_stays_theirs()
    {
        var outlook = Outlook("EUR", 0, 25_00, 0) with { IsSuspended = true };

        Assert.That(Say(outlook), Is.EqualTo("€ 25.00 is approved. It stays yours and waits while you are suspended: ask Lux to look at it."));
    }

    [Test]
    public void Without_a_payout_account_it_says_whom_to_ask()
    {
        var outlook = Outlook("EUR", 0, 20_00, 0) with { HasPayoutAccount = false };

        Assert.That(Say(outlook), Does.EndWith("Lux does not know yet where to send your money. Say it below."));
    }

    private static PayoutOutlook Outlook(string code, long held, long approved, long inPayout)
    {
        var currency = Currency.Parse(code);
        return new PayoutOutlook(
            new Money(held, currency), new Money(approved, currency), new Money(inPayout, currency), "31 March 2026", HasPayoutAccount: true, IsSuspended: false, "Lux");
    }

    private static string Say(PayoutOutlook outlook) => string.Join(' ', NextPayout.Sentences(outlook)).Replace('\u00A0', ' ');
}
