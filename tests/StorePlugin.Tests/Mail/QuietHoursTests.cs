// When it is night for a reader, over midnight and over the change of the clocks.
using System.Globalization;
using StorePlugin.Mail;

namespace StorePlugin.Tests.Mail;

internal sealed class QuietHoursTests
{
    [TestCase("21:00", "08:00", "2026-03-01T20:59:59+01:00", null)]
    [TestCase("21:00", "08:00", "2026-03-01T21:00:00+01:00", "2026-03-02T08:00:00+01:00")]
    [TestCase("21:00", "08:00", "2026-03-01T00:00:00+01:00", "2026-03-01T08:00:00+01:00")]
    [TestCase("21:00", "08:00", "2026-03-01T07:59:59+01:00", "2026-03-01T08:00:00+01:00")]
    [TestCase("21:00", "08:00", "2026-03-01T08:00:00+01:00", null)]
    [TestCase("12:00", "14:00", "2026-03-01T13:00:00+01:00", "2026-03-01T14:00:00+01:00")]
    [TestCase("12:00", "14:00", "2026-03-01T14:00:00+01:00", null)]
    [TestCase("21:00", "08:00", "2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00")]
    [TestCase("21:00", "02:30", "2026-03-28T23:00:00+01:00", "2026-03-29T03:00:00+02:00")]
    [TestCase("21:00", "02:30", "2026-10-25T02:10:00+02:00", "2026-10-25T02:30:00+02:00")]
    [TestCase("21:00", "02:30", "2026-10-25T02:10:00+01:00", "2026-10-25T02:30:00+01:00")]
    public void The_quiet_ends_when_the_clock_of_the_wall_says_so(string from, string until, string now, string? end) => Assert.That(
        new QuietHours(Time(from), Time(until)).EndOf(At(now), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")), Is.EqualTo(end is null ? (DateTimeOffset?)null : At(end)));

    private static TimeOnly Time(string text) => TimeOnly.ParseExact(text, "HH:mm", CultureInfo.InvariantCulture);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
