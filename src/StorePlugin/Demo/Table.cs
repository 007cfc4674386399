// A table for people: columns that line up, whatever script the names are written in.
using System.Globalization;
using System.Text;

namespace StorePlugin.Demo;

/// <param name="TextColumns">How many columns from the left are text; the others are numbers.</param>
internal sealed record Table(int TextColumns, IReadOnlyList<string> Head)
{
    private const string Gap = "  ";

    private readonly List<IReadOnlyList<string>> _rows = [];

    public void Add(params IReadOnlyList<string> cells) => _rows.Add(cells);

    public override string ToString()
    {
        var widths = Enumerable.Range(0, Head.Count).Select(i => _rows.Append(Head).Max(row => WidthOf(row[i]))).ToArray();
        var text = new StringBuilder();
        Append(Head);
        text.AppendJoin(Gap, widths.Select(width => new string('-', width))).AppendLine();
        _rows.ForEach(Append);
        return text.ToString();

        void Append(IReadOnlyList<string> row) => text.AppendLine(string.Join(Gap, row.Select((cell, i) =>
        {
            var blank = new string(' ', widths[i] - WidthOf(cell));
            return i < TextColumns ? cell + blank : blank + cell;
        })).TrimEnd());
    }

    /// <summary>How many columns of a terminal a text takes: East Asian characters take two, combining marks none.</summary>
    private static int WidthOf(string text) => text.EnumerateRunes().Sum(rune => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60)
            or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1,
    });
}
