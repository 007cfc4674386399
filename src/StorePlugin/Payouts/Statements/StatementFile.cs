// A statement as a file that a spreadsheet reads.
using System.Globalization;
using CsvHelper;

namespace StorePlugin.Payouts.Statements;

internal static class StatementFile
{
    public const string MediaType = "text/csv";

    public const string ContentType = $"{MediaType}; charset=utf-8";

    private static readonly string[] Header = ["day", "what", "order", "payout", "amount", "balance", "currency", "vat"];

    /// <summary>Amounts in decimals of their currency, below zero with a minus sign, so that a spreadsheet sums them.</summary>
    public static byte[] CsvOf(Statement statement)
    {
        using var file = new MemoryStream();
        using (var csv = CsvWriter.Create(file, leaveOpen: true))
        {
            csv.WriteRecord(Header);
            foreach (var part in statement.Parts)
            {
                var code = part.Opening.Currency.Code;
                csv.WriteRecord([$"{statement.Month}-01", "Owed before", "", "", "", part.Opening.ToDecimalString(), code, ""]);
                foreach (var line in part.Lines)
                {
                    csv.WriteRecord(
                    [
                        line.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), line.What, AsText(line.Order ?? ""), line.PayoutId ?? "",
                        line.Amount.ToDecimalString(), line.Balance.ToDecimalString(), code, line.Vat?.ToDecimalString() ?? "",
                    ]);
                }
            }
        }

        return file.ToArray();
    }

    /// <summary>What others have chosen, such as an order's reference or a name: a spreadsheet must not take it for a formula.</summary>
    public static string AsText(string cell) => cell.Length > 0 && "=+-@\t\r".Contains(cell[0], StringComparison.Ordinal) ? "'" + cell : cell;
}
