// Currencies of ISO 4217 and their decimals.
using NUnit.Framework;

namespace StorePlugin.Webhooks.Tests;

[TestFixture]
internal sealed class CurrencyTests
{
    [TestCase("EUR", 2, 100)]
    [TestCase("JPY", 0, 1)]
    [TestCase("KWD", 3, 1000)]
    [TestCase("ISK", 0, 1)]
    [TestCase("UGX", 0, 1)]
    public void A_currency_knows_its_decimals(string code, int exponent, long minorPerMajor)
    {
        var currency = Currency.Parse(code);

        Assert.That(currency.Exponent, Is.EqualTo(exponent));
        Assert.That(currency.MinorPerMajor, Is.EqualTo(minorPerMajor));
        Assert.That(currency.Code, Is.EqualTo(code));
    }

    [TestCase("eur")]
    [TestCase("EU")]
    [TestCase("EUR ")]
    [TestCase("XXX")]
    [TestCase("")]
    [TestCase(null)]
    public void Another_text_is_no_currency(string? code)
    {
        Assert.That(Currency.TryParse(code, out _), Is.False);
        Assert.That(() => Currency.Parse(code), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void No_currency_refuses_to_be_named() =>
        Assert.That(() => default(Currency).Code, Throws.InvalidOperationException);
}
