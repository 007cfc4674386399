// A CSV file with a header, line by line: columns by their names, and what is wrong with a line before anybody knows its fields.
using System.Globalization;
using CsvHelper;

namespace StorePlugin.Ambassadors;

/// <param name="Line">Of the file, from 1 on, empty ones counted.</param>
/// <param name="Column">As the header names it; empty where the whole line is meant.</param>
/// <param name="Text">What is wrong, as a sentence.</param>
internal sealed record ImportFinding(long Line, string Column, string Text);

/// <param name="Line">As in <see cref="ImportFinding"/>.</param>
/// <param name="Fault">Why the line has no fields, as a sentence; null when it has one for each column.</param>
internal sealed record CsvRow(long Line, string? Fault, IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>Without outer blanks; empty where the file has no such column.</summary>
    public string Field(string column) => Fields.GetValueOrDefault(column, "");
}

/// <param name="Rows">Lines with something on them, without the header; those beyond the limit are counted and not kept.</param>
/// <param name="HeaderFindings">What is wrong with the header; with any of them no row is read.</param>
internal sealed record CsvSheet(IReadOnlyList<CsvRow> Rows, IReadOnlyList<ImportFinding> HeaderFindings)
{
    // Whoever sends a line of a million names is told of the first.
    private const int UnknownColumnsMax = 50;

    // A file of the greatest size may have millions of lines with nothing but a fault: they share it.
    private static readonly Dictionary<string, string> NoFields = [];

    /// <summary>Of all lines, kept or not.</summary>
    public long RowCount { get; private init; } = Rows.Count;

    /// <param name="text">Without a byte order mark.</param>
    /// <param name="columns">Every column that there may be.</param>
    /// <param name="required">Those that must be there.</param>
    /// <param name="rowsMax">How many rows a file may have; one more is kept, so that who counts them sees that there are too many.</param>
    public static CsvSheet Read(string text, IReadOnlyList<string> columns, IReadOnlyList<string> required, int rowsMax = ImportFile.RowsMax) =>
        Read(text, rowsMax, (line, header) => header.Length > 0
            ? FindingsOfHeader(line, header, columns, required)
            : [new ImportFinding(line, "", $"The first line must name the columns: {string.Join(", ", columns)}.")]);

    /// <summary>As above, for files of others, which have columns that nobody here knows. Of two with one name the first counts.</summary>
    /// <param name="judge">What is wrong with a header, by its line and its names in small letters; without names the file is empty.</param>
    public static CsvSheet Read(string text, int rowsMax, Func<long, string[], List<ImportFinding>> judge)
    {
        // No field of a person has two lines, so that a quotation mark that is never closed spoils its own line only.
        var rows = new List<CsvRow>();
        var malformed = new HashSet<long>();
        using var reader = CsvReader.FromText(
            text,
            new CsvReaderOptions
            {
                Separator = SeparatorOf(text),
                HasHeader = false,
                TrimWhitespace = true,
                TrackLineNumbers = true,
                AllowLineBreaksInQuotes = false,
                OnMalformedRecord = record => _ = rows.Count < rowsMax && malformed.Add(record.LineNumber),
            });
        if (!reader.Read())
        {
            return new CsvSheet([], judge(1, []));
        }

        var header = FieldsOf(reader).Select(name => name.ToLowerInvariant()).ToArray();
        var wrong = judge(reader.LineNumber, header);
        if (wrong.Count > 0)
        {
            return new CsvSheet([], wrong);
        }

        var count = 0L;
        while (reader.Read())
        {
            var fields = FieldsOf(reader);
            if (!Array.TrueForAll(fields, field => field.Length == 0) && ++count <= rowsMax + 1L)
            {
                rows.Add(RowOf(reader.LineNumber, header, fields, malformed.Contains(reader.LineNumber)));
            }
        }

        return new CsvSheet(rows, []) { RowCount = count };
    }

    private static CsvRow RowOf(long line, string[] header, string[] fields, bool isMalformed)
    {
        var fault = isMalformed
            ? "A quotation mark stands where none may, or a field goes on in the next line; within a quoted field a mark is written twice."
            : fields.Length != header.Length
                ? string.Create(CultureInfo.InvariantCulture, $"The line has {fields.Length} fields, and the header names {header.Length}.")
                : null;
        return new CsvRow(
            line,
            fault,
            fault is null
                ? header.Zip(fields).DistinctBy(field => field.First, StringComparer.Ordinal).ToDictionary(field => field.First, field => field.Second, StringComparer.Ordinal)
                : NoFields);
    }

    private static string[] FieldsOf(CsvReader reader) => [.. Enumerable.Range(0, reader.FieldCount).Select(place => reader.GetString(place).Trim())];

    /// <summary>The sign that parts more columns of the first line. No column's name holds either.</summary>
    private static char SeparatorOf(string text)
    {
        var start = text.AsSpan().TrimStart();
        var end = start.IndexOfAny('\r', '\n');
        var first = end < 0 ? start : start[..end];
        return first.Count(';') > first.Count(',') ? ';' : ',';
    }

    // A misspelt name must not take a column away in silence: balances may stand in it.
    private static List<ImportFinding> FindingsOfHeader(long line, string[] header, IReadOnlyList<string> columns, IReadOnlyList<string> required)
    {
        var findings = new List<ImportFinding>();
        findings.AddRange(header.Except(columns, StringComparer.Ordinal).Take(UnknownColumnsMax)
            .Select(name => new ImportFinding(line, name, $"The column is not known here; the columns are {string.Join(", ", columns)}.")));
        findings.AddRange(header.CountBy(name => name, StringComparer.Ordinal).Where(count => count.Value > 1).Take(UnknownColumnsMax)
            .Select(count => new ImportFinding(line, count.Key, "The column stands there more than once.")));
        findings.AddRange(required.Except(header, StringComparer.Ordinal).Select(name => new ImportFinding(line, name, "The column is missing.")));
        return findings;
    }
}
