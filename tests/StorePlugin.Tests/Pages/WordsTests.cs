// How amounts and instants are said.
using System.Globalization;
using StorePlugin.Pages;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Pages;

internal sealed class WordsTests
{
    [TestCase(12_50, "EUR", "€ 12.50")]
    [TestCase(0, "USD", "$ 0.00")]
    [TestCase(-5, "GBP", "−£ 0.05")]
    [TestCase(1_234_567_89, "EUR", "€ 1,234,567.89")]
    [TestCase(999_99, "EUR", "€ 999.99")]
    [TestCase(1_999, "JPY", "¥ 1,999")]
    [TestCase(12_500, "KWD", "12.500 KWD")]
    [TestCase(-100_00, "CAD", "−100.00 CAD")]
    [TestCase(long.MinValue, "JPY", "−¥ 9,223,372,036,854,775,808")]
    [SetCulture("de-DE")]
    public void An_amount_reads_the_same_in_every_culture(long minor, string currency, string expected)
    {
        Assert.That(Words.Of(new Money(minor, Currency.Parse(currency))).Replace('\u00A0', ' '), Is.EqualTo(expected));
    }

    [TestCase("held")]
    [TestCase("review")]
    [TestCase("approved")]
    [TestCase("in_payout")]
    [TestCase("paid")]
    [TestCase("reversed")]
    [TestCase("observed")]
    [TestCase("uncredited")]
    [TestCase("parked")]
    public void Every_state_of_an_order_has_words(string state)
    {
        Assert.That(Words.OrderState(state), Is.Not.EqualTo(state));
        Assert.That(Words.OrderStateMeaning(state, 1, null), Does.EndWith("."));
    }

    [TestCase(-5, "just now")]
    [TestCase(59, "just now")]
    [TestCase(60, "1 minute ago")]
    [TestCase(3599, "59 minutes ago")]
    [TestCase(7200, "2 hours ago")]
    [TestCase(86400, "1 day ago")]
    [TestCase(86400 * 34, "34 days ago")]
    public void How_long_ago_it_was_is_told_in_whole_units(long seconds, string expected) =>
        Assert.That(Words.Ago(TimeSpan.FromSeconds(seconds)), Is.EqualTo(expected));

    [TestCase("Europe/Amsterdam", "2026-03-29T00:59:59Z", "29 Mar 2026, 01:59")]
    [TestCase("Europe/Amsterdam", "2026-03-29T01:00:00Z", "29 Mar 2026, 03:00")]
    [TestCase("Asia/Tokyo", "2025-12-31T15:00:00Z", "1 Jan 2026, 00:00")]
    [TestCase(null, "2026-03-01T10:00:00Z", "1 Mar 2026, 10:00")]
    [TestCase("Nowhere/None", "2026-03-01T10:00:00Z", "1 Mar 2026, 10:00")]
    public void An_instant_is_told_in_the_stores_time_zone(string? zone, string instant, string expected)
    {
        var store = new StorePlugin.Stores.Store("str", "shopify", "live", "d", null, null, zone, null, "installed", null, "");

        var moment = new StoreTime(store).At(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture));

        Assert.That(moment.Text, Is.EqualTo(expected));
        Assert.That(moment.Iso, Is.EqualTo(instant));
    }
}
