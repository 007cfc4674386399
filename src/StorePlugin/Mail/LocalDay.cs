// A day as a store counts it: the one that an instant falls on there, and the hour at which its mails are due.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>Days of booking. The ledger holds them as yyyymmdd (rule M4).</summary>
internal static class LocalDay
{
    private const int MorningHour = 8;

    // Every time zone's midnight lies within these of midnight UTC.
    private static readonly TimeSpan EarliestMidnight = TimeSpan.FromHours(-14);
    private static readonly TimeSpan LatestMidnight = TimeSpan.FromHours(12);

    public static DateOnly Of(Store store, DateTimeOffset instant) =>
        DateOnly.ParseExact(store.LocalDay(instant).ToString(CultureInfo.InvariantCulture), "yyyyMMdd", CultureInfo.InvariantCulture);

    public static long Number(DateOnly day) => (day.Year * 10_000L) + (day.Month * 100) + day.Day;

    /// <summary>The morning after a day, at which its digest is due.</summary>
    public static DateTimeOffset DigestDue(Store store, DateOnly day) => Morning(store, day.AddDays(1));

    /// <summary>08:00 of a day, in the store's time zone.</summary>
    public static DateTimeOffset Morning(Store store, DateOnly day) => At(store.Zone, day, new TimeOnly(MorningHour, 0));

    /// <summary>
    /// A time of a day in a zone. Where the clocks skip it, it is the first that exists, and where they show it twice the first of the
    /// two.
    /// </summary>
    public static DateTimeOffset At(TimeZoneInfo zone, DateOnly day, TimeOnly time)
    {
        var local = day.ToDateTime(time);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    /// <summary>
    /// Ids of ledger transactions between which every one of that day lies, wherever the store is: ids are made in the
    /// order of booking.
    /// </summary>
    public static (string From, string Before) Transactions(DateOnly day)
    {
        var midnight = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        return (Ids.Since("ltx", midnight + EarliestMidnight), Ids.Since("ltx", midnight.AddDays(1) + LatestMidnight));
    }
}
