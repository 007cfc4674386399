// Exact amounts: decimal text in, minor units, the same text out.
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace StorePlugin.Webhooks.Tests;

[TestFixture]
internal sealed class MoneyTests
{
    private static readonly Currency Euro = Currency.Parse("EUR");
    private static readonly Currency Yen = Currency.Parse("JPY");
    private static readonly Currency Dinar = Currency.Parse("KWD");

    [Test]
    public void Any_amount_survives_being_written_and_read()
    {
        // 15 whole digits are the most that is read.
        var minors = ArbMap.Default.GeneratorFor<long>().Select(minor => minor % 999_999_999_999_999);

        Prop.ForAll(minors.ToArbitrary(), minor => Array.TrueForAll([Euro, Yen, Dinar], currency =>
        {
            var amount = new Money(minor, currency);
            return Money.Parse(amount.ToDecimalString(), currency) == amount;
        })).QuickCheckThrowOnFailure();
    }

    [TestCase("12.50", "EUR", 1250)]
    [TestCase("12.5", "EUR", 1250)]
    [TestCase("12", "EUR", 1200)]
    [TestCase("-3", "EUR", -300)]
    [TestCase("-0.01", "EUR", -1)]
    [TestCase("0.00", "EUR", 0)]
    [TestCase("1999.00", "JPY", 1999)]
    [TestCase("1.235", "KWD", 1235)]
    [TestCase("1.2350", "KWD", 1235)]
    [TestCase("999999999999999.99", "EUR", 99999999999999999)]
    public void Plain_decimals_are_read(string text, string code, long minor) =>
        Assert.That(Money.Parse(text, Currency.Parse(code)), Is.EqualTo(new Money(minor, Currency.Parse(code))));

    [TestCase("12,50")]
    [TestCase("1e3")]
    [TestCase(" 1")]
    [TestCase("1 ")]
    [TestCase("1.234")]
    [TestCase("+1")]
    [TestCase("")]
    [TestCase(null)]
    [TestCase("-")]
    [TestCase("--1")]
    [TestCase(".5")]
    [TestCase("5.")]
    [TestCase("1.2.3")]
    [TestCase("0x10")]
    [TestCase("1_000")]
    [TestCase("NaN")]
    [TestCase("١٢")]
    [TestCase("1000000000000000")]
    public void Anything_else_is_refused(string? text) =>
        Assert.That(() => Money.Parse(text, Euro), Throws.TypeOf<FormatException>());

    [TestCase("8.4049", "EUR", 840)]
    [TestCase("8.405", "EUR", 841)]
    [TestCase("-8.405", "EUR", -841)]
    [TestCase("8.5", "JPY", 9)]
    [TestCase("2.5", "EUR", 250)]
    [TestCase("-0.004", "EUR", 0)]
    public void A_computed_figure_is_rounded_half_away_from_zero(string text, string code, long minor)
    {
        Assert.That(Money.TryParseRounded(text, Currency.Parse(code), out var amount), Is.True);
        Assert.That(amount.Minor, Is.EqualTo(minor));
    }

    [TestCase("8.40x")]
    [TestCase(null)]
    [TestCase("8,405")]
    [TestCase("1e-7")]
    public void A_computed_figure_is_still_a_decimal(string? text) =>
        Assert.That(Money.TryParseRounded(text, Euro, out _), Is.False);

    [Test]
    public void Two_currencies_are_never_added_or_compared()
    {
        var euro = new Money(1, Euro);
        var yen = new Money(1, Yen);

        Assert.That(() => euro + yen, Throws.InvalidOperationException);
        Assert.That(() => euro - yen, Throws.InvalidOperationException);
        Assert.That(() => euro < yen, Throws.InvalidOperationException);
    }

    [Test]
    public void A_sum_that_does_not_fit_throws()
    {
        Assert.That(() => new Money(long.MaxValue, Euro) + new Money(1, Euro), Throws.TypeOf<OverflowException>());
        Assert.That(() => -new Money(long.MinValue, Euro), Throws.TypeOf<OverflowException>());
    }

    [TestCase(1250, "EUR", "12.50 EUR")]
    [TestCase(-5, "EUR", "-0.05 EUR")]
    [TestCase(1999, "JPY", "1999 JPY")]
    [TestCase(1, "KWD", "0.001 KWD")]
    [TestCase(long.MinValue, "EUR", "-92233720368547758.08 EUR")]
    public void An_amount_is_written_with_its_currencys_decimals(long minor, string code, string expected) =>
        Assert.That(new Money(minor, Currency.Parse(code)).ToString(), Is.EqualTo(expected));
}
