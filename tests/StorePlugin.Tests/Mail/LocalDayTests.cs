// The store's day, and the morning after it, through the changes of its clocks.
using System.Globalization;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Tests.Mail;

internal sealed class LocalDayTests
{
    [TestCase("Europe/Berlin", "2026-03-01", "2026-03-02T07:00:00Z")]
    [TestCase("Europe/Berlin", "2026-03-27", "2026-03-28T07:00:00Z")]
    [TestCase("Europe/Berlin", "2026-03-28", "2026-03-29T06:00:00Z", Description = "the clocks go forward that night")]
    [TestCase("Europe/Berlin", "2026-10-24", "2026-10-25T07:00:00Z", Description = "the clocks go back that night")]
    [TestCase("America/New_York", "2026-03-07", "2026-03-08T12:00:00Z")]
    [TestCase("Pacific/Kiritimati", "2026-03-01", "2026-03-01T18:00:00Z")]
    [TestCase(null, "2026-12-31", "2027-01-01T08:00:00Z")]
    [TestCase("No/Where", "2026-03-01", "2026-03-02T08:00:00Z")]
    public void A_digest_is_due_at_eight_in_the_morning_after(string? zone, string day, string due) =>
        Assert.That(LocalDay.DigestDue(In(zone), DateOnly.Parse(day, CultureInfo.InvariantCulture)), Is.EqualTo(Instant(due)));

    [TestCase("Europe/Berlin", "2026-03-01T22:59:59Z", "2026-03-01")]
    [TestCase("Europe/Berlin", "2026-03-01T23:00:00Z", "2026-03-02")]
    [TestCase("America/New_York", "2026-03-01T04:59:59Z", "2026-02-28")]
    public void The_day_is_the_stores(string zone, string instant, string day) =>
        Assert.That(LocalDay.Of(In(zone), Instant(instant)), Is.EqualTo(DateOnly.Parse(day, CultureInfo.InvariantCulture)));

    [TestCase("2026-02-28T10:00:00Z", ExpectedResult = true, Description = "midnight in Kiritimati")]
    [TestCase("2026-02-28T09:59:59.999Z", ExpectedResult = false)]
    [TestCase("2026-03-02T11:59:59.999Z", ExpectedResult = true, Description = "the last moment at Baker Island")]
    [TestCase("2026-03-02T12:00:00Z", ExpectedResult = false)]
    public bool The_ids_of_a_day_are_those_booked_while_it_was_that_day_anywhere(string instant)
    {
        var (from, before) = LocalDay.Transactions(new DateOnly(2026, 3, 1));
        var id = StorePlugin.Data.Ids.New("ltx", Instant(instant));

        return string.CompareOrdinal(id, from) >= 0 && string.CompareOrdinal(id, before) < 0;
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static Store In(string? zone) =>
        new("sto_1", "shopify", "live", "lux.myshopify.com", "Lux", "EUR", zone, null, "installed", null, "");
}
