// Months by the calendar and the clocks of a store.
using System.Globalization;
using StorePlugin.Stores;

namespace StorePlugin.Tests.Stores;

internal sealed class CalendarMonthsTests
{
    [TestCase("2026-03-01T10:00:00Z", 24, "2028-03-01T10:00:00Z")]
    [TestCase("2026-03-28T11:00:00Z", 24, "2028-03-28T10:00:00Z", Description = "noon in winter and in summer")]
    [TestCase("2024-02-29T12:00:00Z", 24, "2026-02-28T12:00:00Z", Description = "a day that the later month has not")]
    [TestCase("2026-02-28T23:30:00Z", 12, "2027-02-28T23:30:00Z", Description = "the first of March there")]
    [TestCase("2024-03-28T01:30:00Z", 24, "2026-03-28T01:30:00Z")]
    [TestCase("2024-03-29T01:30:00Z", 24, "2026-03-29T01:00:00Z", Description = "02:30, which the clocks skip, becomes 03:00")]
    [TestCase("2024-10-25T00:30:00Z", 24, "2026-10-25T00:30:00Z", Description = "02:30, which the clocks show twice")]
    public void The_same_clock_time_so_many_months_later(string instant, int months, string expected) => Assert.That(
        CalendarMonths.After(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture), months, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")),
        Is.EqualTo(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture)));
}
