// The hours of the night in which nobody is written to, in the reader's own time zone.
namespace StorePlugin.Mail;

/// <summary>From one time of the day until another, over midnight where the second is earlier. They are not equal.</summary>
internal sealed record QuietHours(TimeOnly From, TimeOnly Until)
{
    /// <summary>When the quiet ends that an instant lies in; null where it lies in none.</summary>
    public DateTimeOffset? EndOf(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);

        // TimeOnly's own comparison goes over midnight, and takes the beginning in and leaves the end out.
        if (!time.IsBetween(From, Until))
        {
            return null;
        }

        var day = DateOnly.FromDateTime(local.DateTime);
        var end = LocalDay.At(zone, time < Until ? day : day.AddDays(1), Until);

        // In the hour that the clocks show twice the first of the two may be over.
        return end > now ? end : end.AddHours(1);
    }
}
