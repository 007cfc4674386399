// Numbers as a picture: what a plot of columns over time is drawn from, on the server and without a script.
namespace StorePlugin.Pages;

/// <param name="Name">What is counted, as in <c>Net sales</c>; it names the plot and its table.</param>
/// <param name="Total">The sum of the points as a text.</param>
/// <param name="BeforeName">What the second series is, as in <c>The 30 days before</c>; null where there is none.</param>
public sealed record Plot(string Name, string Total, string? BeforeName, IReadOnlyList<PlotPoint> Points)
{
    /// <summary>What a point is, as the head of its column in the table.</summary>
    public string PointName { get; init; } = "When";

    public const int Width = 600;
    public const int Height = 150;

    /// <summary>The greatest value of either series; at least 1, so that nothing is divided by nothing.</summary>
    public long Greatest { get; } = Math.Max(1, Points.Count == 0 ? 0 : Points.Max(point => Math.Max(point.Value, point.Before ?? 0)));

    /// <summary>The text of the greatest value; null where all are zero.</summary>
    public string? GreatestText => Points.MaxBy(point => Math.Max(point.Value, point.Before ?? 0)) is { } point && Math.Max(point.Value, point.Before ?? 0) > 0
        ? point.Value >= (point.Before ?? 0) ? point.Text : point.BeforeText
        : null;

    /// <summary>The columns, left to right; none for a value of zero.</summary>
    public IEnumerable<PlotColumn> Columns => Points.Index().Where(one => one.Item.Value > 0).Select(one =>
    {
        var (from, to) = (one.Index * Width / Points.Count, (one.Index + 1) * Width / Points.Count);
        var height = HeightOf(one.Item.Value);
        var gap = to - from > 4 ? 1 : 0;
        return new PlotColumn(from + gap, Math.Max(1, to - from - (2 * gap)), Height - height, height);
    });

    /// <summary>The second series as the points of a line; null where there is none.</summary>
    public string? BeforeLine => BeforeName is null
        ? null
        : string.Join(' ', Points.Select((point, index) => string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{((2 * index) + 1) * Width / (2 * Points.Count)},{Height - HeightOf(point.Before ?? 0)}")));

    // A value that is not zero is seen.
    private int HeightOf(long value) => value <= 0 ? 0 : Math.Max(2, (int)((Int128)value * Height / Greatest));
}

/// <param name="Label">The day, week or month.</param>
/// <param name="Value">At least zero; in minor units where it is money.</param>
/// <param name="Before">The same place in the second series.</param>
public sealed record PlotPoint(string Label, long Value, string Text, long? Before, string? BeforeText);

/// <summary>A column in the units of the plot.</summary>
public sealed record PlotColumn(int Left, int Width, int Top, int Height);
