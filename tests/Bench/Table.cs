// Figures in columns.
using System.Globalization;

namespace StorePlugin.Bench;

internal static class Table
{
    /// <summary>Prints rows under their heads; the first column to the left, figures to the right.</summary>
    public static void Print(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        List<IReadOnlyList<string>> lines = [heads, .. rows];
        var widths = heads.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
        {
            Console.WriteLine(string.Join("  ", line.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))));
        }
    }

    public static string Of(double figure, string format = "N0") => figure.ToString(format, CultureInfo.InvariantCulture);

    public static double Median(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Prints whether a requirement holds. Returns whether it does.</summary>
    public static bool Holds(bool holds, string requirement)
    {
        Console.WriteLine($"{(holds ? "holds " : "FAILS ")} {requirement}");
        return holds;
    }
}
