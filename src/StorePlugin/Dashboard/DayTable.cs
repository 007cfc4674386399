// The figures of an interval day by day: the rows that the overview's figures sum.
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="Currencies">Of the columns with amounts.</param>
/// <param name="Total">The row of all.</param>
public sealed record DayTableModel(Frame Frame, string PeriodWords, string From, string To, IReadOnlyList<string> Currencies, IReadOnlyList<DayRow> Rows, DayRow Total);

/// <param name="Path">The orders of these days, or for more than a day its days; null where there are none.</param>
/// <param name="Net">One text for each of the currencies, as of <paramref name="Commission"/>.</param>
public sealed record DayRow(string Label, string? Path, string Clicks, string Orders, string NewCustomers, IReadOnlyList<string> Net, IReadOnlyList<string> Commission);

internal static class DayTable
{
    public const string Path = "/dashboard/figures";

    public static async Task<DayTableModel> ReadAsync(Db db, Visitor visitor, string? from, string? to, DateTimeOffset now, CancellationToken cancel)
    {
        var period = Period.Read(from, to) ?? Period.Last(Period.DaysDefault, visitor.Store, now);
        var figures = await DayFigures.ReadAsync(db, visitor.Store, period, cancel);
        return new DayTableModel(
            Frame.OfDashboard(visitor),
            period.InWords,
            period.From.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            period.To.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            figures.Currencies,
            [.. period.Parts().Reverse().Select(part => Show(figures, part, part.Label))],
            Show(figures, period, "In all"));
    }

    private static DayRow Show(DayFigures figures, Period part, string label)
    {
        var sum = figures.Orders(part);
        return new DayRow(
            label,
            sum.Orders == 0 && figures.Clicks(part) == 0 ? null : part.Days > 1 ? $"{Path}?{part.Query}" : $"/dashboard/orders?show={OrderFilter.Credited}&{part.Query}",
            Words.Of(figures.Clicks(part)),
            Words.Of(sum.Orders),
            Words.Of(sum.NewCustomers),
            [.. figures.Currencies.Select(currency => Words.Of(figures.Orders(part, currency).NetMinor, currency))],
            [.. figures.Currencies.Select(currency => Words.Of(figures.Orders(part, currency).CommissionMinor, currency))]);
    }
}
