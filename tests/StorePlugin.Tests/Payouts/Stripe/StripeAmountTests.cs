// Minimums, and amounts in Stripe's own table of units.
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class StripeAmountTests
{
    [TestCase("EUR", "12.34", 1234)]
    [TestCase("JPY", "1999", 1999)]
    [TestCase("ISK", "5", 500)]
    [TestCase("UGX", "5", 500)]
    [TestCase("KWD", "5.120", 5120)]
    [TestCase("HUF", "45.50", 4550)]
    [TestCase("TWD", "800.45", 80045)]
    [TestCase("MGA", "500.00", 500)]
    public void An_amount_takes_the_form_of_stripes_table_and_comes_back(string code, string text, long stripe)
    {
        var amount = Money.Parse(text, Currency.Parse(code));

        Assert.That(StripeAmount.ToStripe(amount), Is.EqualTo(stripe));
        Assert.That(StripeAmount.FromStripe(stripe, amount.Currency), Is.EqualTo(amount));
    }

    [TestCase("KWD", "5.124", "5.120")]
    [TestCase("BHD", "0.009", "0.000")]
    [TestCase("MGA", "500.40", "500.00")]
    [TestCase("EUR", "5.12", "5.12")]
    public void What_stripe_cannot_take_stays_behind(string code, string text, string sendable)
    {
        var currency = Currency.Parse(code);

        Assert.That(StripeAmount.Sendable(Money.Parse(text, currency)), Is.EqualTo(Money.Parse(sendable, currency)));
    }

    [Test]
    public void An_amount_that_would_have_to_be_rounded_is_never_sent() =>
        Assert.That(() => StripeAmount.ToStripe(Money.Parse("5.124", Currency.Parse("KWD"))), Throws.TypeOf<System.Diagnostics.UnreachableException>());

    [Test]
    public void A_currency_without_a_place_in_stripes_table_is_not_guessed()
    {
        Assert.That(StripeAmount.Knows(Currency.Parse("IQD")), Is.False);
        Assert.That(() => StripeAmount.ToStripe(new Money(5000, Currency.Parse("LYD"))), Throws.TypeOf<System.Diagnostics.UnreachableException>());
    }

    [Test]
    public void A_part_of_an_isk_is_no_amount_of_ours() =>
        Assert.That(StripeAmount.FromStripe(550, Currency.Parse("ISK")), Is.Null);

    [TestCase("EUR", "20.00")]
    [TestCase("USD", "20.00")]
    [TestCase("GBP", "20.00")]
    [TestCase("JPY", "3000")]
    [TestCase("KWD", "6.000")]
    [TestCase("CHF", "20.00")]
    [TestCase("ISK", "3000")]
    [TestCase("HUF", "8000.00")]
    [TestCase("BHD", "6.000")]
    public void A_payout_has_a_minimum_in_each_currency(string code, string minimum) =>
        Assert.That(Minimum.Of(Currency.Parse(code)), Is.EqualTo(Money.Parse(minimum, Currency.Parse(code))));

    [Test]
    public void No_minimum_is_below_one_major_unit_or_finer_than_stripe_takes()
    {
        foreach (var code in new[] { "EUR", "JPY", "KWD", "BHD", "MGA", "UGX", "KRW", "VND", "IDR", "HUF", "CHF", "AUD" })
        {
            var minimum = Minimum.Of(Currency.Parse(code));
            Assert.That(minimum.Minor, Is.GreaterThanOrEqualTo(minimum.Currency.MinorPerMajor), code);
            Assert.That(StripeAmount.Sendable(minimum), Is.EqualTo(minimum), code);
        }
    }
}
