// Reads dates and instants as callers write them; a date is one of the store's own time zone.
using System.Globalization;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal static class DateOrInstant
{
    /// <summary>What a caller is told whose text is neither; it continues a sentence that begins with the field.</summary>
    public const string Wanted = "must be an ISO 8601 date or instant, such as 2026-12-31 or 2026-12-31T18:00:00Z";

    private static readonly string[] InstantForms =
    [
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>An instant of ISO 8601 in UTC, as text that names no offset means; null when it is none.</summary>
    public static DateTimeOffset? Instant(string text) => DateTimeOffset.TryParseExact(
        text, InstantForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
        ? instant
        : null;

    /// <summary>An instant, or the beginning of a date; null when the text is neither.</summary>
    public static DateTimeOffset? Beginning(string text, Store store) => Day(text) is { } day ? In(store, day) : Instant(text);

    /// <summary>
    /// An instant, or the last second that people there call by the date: the last day of the calendar has no day after it.
    /// Null when the text is neither.
    /// </summary>
    public static DateTimeOffset? LastSecond(string text, Store store) =>
        Day(text) is { } day ? In(store, day.Add(new TimeSpan(23, 59, 59))) : Instant(text);

    /// <summary>An instant, or the one at which a date is over: what half-open intervals end with (rule M4). Null when the text is neither.</summary>
    public static DateTimeOffset? End(string text, Store store) =>
        Day(text) is { } day ? (day.Date < DateTime.MaxValue.Date ? In(store, day.AddDays(1)) : DateTimeOffset.MaxValue) : Instant(text);

    private static DateTime? Day(string text) =>
        DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private static DateTimeOffset In(Store store, DateTime local)
    {
        var offset = store.TimeZone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(store.TimeZone, out var zone)
            ? zone.GetUtcOffset(local)
            : TimeSpan.Zero;

        // The first and the last day of the calendar have no instant in each zone: the nearest that there is stands for it.
        var ticks = Math.Clamp(local.Ticks - offset.Ticks, DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks);
        return new DateTimeOffset(ticks, TimeSpan.Zero);
    }
}
