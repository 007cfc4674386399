// An interval of whole days in a store's time zone, and how a page divides it.
using System.Globalization;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
internal sealed record Period(DateOnly From, DateOnly To)
{
    /// <summary>The choices of the overview, in days.</summary>
    public static readonly IReadOnlyList<int> Choices = [7, 30, 90, 365];

    public const int DaysDefault = 30;

    // Beyond so many days a page shows weeks, then months, then years: never more rows than a page has room for.
    private const int DaysMax = 31;
    private const int DaysInWeeksMax = 182;
    private const int DaysInMonthsMax = 1100;

    public int Days => To.DayNumber - From.DayNumber + 1;

    /// <summary>As rows name the first day: yyyymmdd.</summary>
    public long FromDay => LocalDay.Number(From);

    public long ToDay => LocalDay.Number(To);

    /// <summary>As many days, before the first.</summary>
    public Period Before => new(From.AddDays(-Days), From.AddDays(-1));

    /// <summary>The days up to today, today included.</summary>
    public static Period Last(int days, Store store, DateTimeOffset now)
    {
        var today = LocalDay.Of(store, now);
        return new Period(today.AddDays(1 - days), today);
    }

    /// <summary>What a visitor has typed into an address; null where it is no interval of at most ten years.</summary>
    public static Period? Read(string? from, string? to) =>
        DateOnly.TryParseExact(from, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first)
        && DateOnly.TryParseExact(to, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var last)
        && first <= last && last.DayNumber - first.DayNumber <= 3660 && first.Year > 1900 && last.Year < 9999
            ? new Period(first, last)
            : null;

    /// <summary>In an address.</summary>
    public string Query => string.Create(CultureInfo.InvariantCulture, $"from={From:yyyy-MM-dd}&to={To:yyyy-MM-dd}");

    /// <summary>The instants of the interval, the end excluded.</summary>
    public (DateTimeOffset From, DateTimeOffset To) InstantsIn(Store store) =>
        (LocalDay.At(store.Zone, From, TimeOnly.MinValue), LocalDay.At(store.Zone, To.AddDays(1), TimeOnly.MinValue));

    /// <summary>Days, weeks or months, whichever can be read at a glance; the last ends with the interval.</summary>
    public IReadOnlyList<Period> Parts()
    {
        var parts = new List<Period>();
        for (var from = From; from <= To;)
        {
            var next = Days <= DaysMax ? from.AddDays(1)
                : Days <= DaysInWeeksMax ? from.AddDays(7)
                : Days <= DaysInMonthsMax ? new DateOnly(from.Year, from.Month, 1).AddMonths(1)
                : new DateOnly(from.Year + 1, 1, 1);
            parts.Add(new Period(from, next > To ? To : next.AddDays(-1)));
            from = next;
        }

        return parts;
    }

    /// <summary><c>3 Mar</c>, <c>3–9 Mar</c> or <c>March 2026</c>.</summary>
    public string Label => this switch
    {
        { Days: 1 } => From.ToString("d MMM", CultureInfo.InvariantCulture),
        { From.Day: 1 } when To == From.AddMonths(1).AddDays(-1) => From.ToString("MMM yyyy", CultureInfo.InvariantCulture),
        { From: { Day: 1, Month: 1 } } when To == From.AddYears(1).AddDays(-1) => From.ToString("yyyy", CultureInfo.InvariantCulture),
        _ when From.Year != To.Year || Days > DaysInWeeksMax => string.Create(CultureInfo.InvariantCulture, $"{From:d MMM yyyy} – {To:d MMM yyyy}"),
        _ when From.Month == To.Month => string.Create(CultureInfo.InvariantCulture, $"{From.Day}–{To:d MMM}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{From:d MMM} – {To:d MMM}"),
    };

    /// <summary><c>1 March 2026 to 30 March 2026</c></summary>
    public string InWords => Days == 1 ? Words.Day(From) : $"{Words.Day(From)} to {Words.Day(To)}";
}
