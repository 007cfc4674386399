// Months as the calendar of a store counts them (rule M4).
namespace StorePlugin.Stores;

internal static class CalendarMonths
{
    /// <summary>
    /// The same clock time so many months later, by the clocks of the zone; where that day does not exist the last one of its
    /// month. Where the clocks skip that time it is the first that exists, and where they show it twice the first of the two.
    /// </summary>
    public static DateTimeOffset After(DateTimeOffset instant, int months, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(instant, zone).DateTime.AddMonths(months);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
