// The files of manual payouts: which payouts each format takes, and how they stand in it. The same facts make the same bytes.
using System.Collections.Frozen;
using System.Collections.Immutable;
using CsvHelper;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Manual;

/// <summary>A payout as a file tells of it.</summary>
/// <param name="Details">Null where they were erased.</param>
/// <param name="Name">The ambassador's, as it is known now.</param>
internal sealed record FileRow(string PayoutId, Money Amount, string State, PayoutDetails? Details, string Name);

/// <summary>What a file is made of besides its rows; frozen with the export.</summary>
/// <param name="Day">The store's local day of the export, on which a bank is asked to pay.</param>
/// <param name="Debtor">Whose account pays; for <see cref="PayoutFile.Sepa"/>.</param>
internal sealed record FileFacts(string ExportId, DateTimeOffset MadeAt, DateOnly Day, Debtor? Debtor);

/// <summary>A format.</summary>
/// <param name="RowsMax">The most payouts that one file may have.</param>
/// <param name="OneCurrency">Whether a file may hold one currency only.</param>
/// <param name="Refusal">Why a payout cannot stand in such a file, as a sentence; null when it can.</param>
internal sealed record PayoutFile(
    string Name, string ContentType, string Extension, int RowsMax, bool OneCurrency, Func<FileRow, string?> Refusal,
    Func<FileFacts, IReadOnlyList<FileRow>, byte[]> Render)
{
    private const string Csv = "text/csv; charset=utf-8";

    // Of formats that have no limit of their own: a file is written down in one transaction, behind which others wait.
    private const int RowsOfOneFileMax = 5000;

    private const string Gone = "The payee's details were erased.";

    /// <summary>For a person who pays by hand: fill in what came of each and send the file back.</summary>
    public static readonly PayoutFile Plain = new(
        "csv", Csv, "csv", RowsOfOneFileMax, OneCurrency: false, row => row.Details is null ? Gone : null, (_, rows) => RenderPlain(rows));

    /// <summary>PayPal's mass payment: docs.paypal.ai/growth/payouts/send-money/use-web-ui, as of September 2026.</summary>
    public static readonly PayoutFile PayPal = new(
        "paypal-csv", Csv, "csv", RowsMax: 5000, OneCurrency: true, RefusalOfPayPal, (_, rows) => RenderPayPal(rows));

    /// <summary>Wise's template for payments to bank accounts; wise.com/help/articles/2663302 and its limit of 1,000 rows.</summary>
    public static readonly PayoutFile Wise = new(
        "wise-csv", Csv, "csv", RowsMax: 1000, OneCurrency: false, RefusalOfAccount, (_, rows) => RenderWise(rows));

    /// <summary>A SEPA credit transfer, ISO 20022 pain.001.001.09.</summary>
    public static readonly PayoutFile Sepa = new(
        "sepa-xml", "application/xml", "xml", RowsOfOneFileMax, OneCurrency: true, RefusalOfSepa, SepaFile.Render);

    public static readonly ImmutableArray<PayoutFile> All = [Plain, PayPal, Wise, Sepa];

    // PayPal's table of currencies; of some it takes whole units only, whatever ISO 4217 says.
    private static readonly FrozenSet<string> PayPalWhole = FrozenSet.Create(StringComparer.Ordinal, "HUF", "JPY", "TWD");

    private static readonly FrozenSet<string> PayPalCurrencies = FrozenSet.Create(
        StringComparer.Ordinal,
        "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB",
        "TWD", "USD");

    private static readonly string[] PlainColumns =
        ["payoutId", "name", "kind", "recipient", "holder", "bic", "amount", "currency", "status", "reference", "reason"];

    private static readonly string[] WiseColumns =
        ["name", "recipientEmail", "paymentReference", "receiverType", "amountCurrency", "amount", "sourceCurrency", "targetCurrency", "IBAN"];

    private static string? RefusalOfPayPal(FileRow row)
    {
        if (row.Details is not { } details)
        {
            return Gone;
        }

        if (details.Kind != PayoutKind.PayPal)
        {
            return "The payee has named no PayPal address.";
        }

        return !PayPalCurrencies.Contains(row.Amount.Currency.Code) ? $"PayPal does not pay out {row.Amount.Currency}."
            : PayPalWhole.Contains(row.Amount.Currency.Code) && row.Amount.Minor % row.Amount.Currency.MinorPerMajor != 0 ? $"PayPal pays out whole units of {row.Amount.Currency} only."
            : null;
    }

    private static string? RefusalOfAccount(FileRow row) =>
        row.Details is not { } details ? Gone : details.Kind != PayoutKind.Iban ? "The payee has named no IBAN." : null;

    private static string? RefusalOfSepa(FileRow row) =>
        RefusalOfAccount(row) is { } why ? why
        : row.Amount.Currency.Code != "EUR" ? "A SEPA credit transfer is in EUR."
        : row.Amount.Minor > SepaFile.AmountMinorMax ? "A SEPA credit transfer has no more than nine digits before the point."
        : Iban.IsInSepa(row.Details!.Recipient) ? null : "The payee's account is outside of the Single Euro Payments Area.";

    private static byte[] RenderPlain(IReadOnlyList<FileRow> rows) => RenderCsv(
        rows.Select(row => new[]
        {
            row.PayoutId, row.Name, row.Details!.Kind, row.Details.Recipient, row.Details.Holder ?? "", row.Details.Bic ?? "",
            row.Amount.ToDecimalString(), row.Amount.Currency.Code, "", "", "",
        }).Prepend(PlainColumns));

    // No header: PayPal reads the first line as a payment.
    private static byte[] RenderPayPal(IReadOnlyList<FileRow> rows) => RenderCsv(
        rows.Select(row => new[]
        {
            row.Details!.Recipient, PayPalAmount(row.Amount), row.Amount.Currency.Code, PayoutReference.Of(row.PayoutId), $"Payout {row.PayoutId}", "PAYPAL",
        }));

    // The payee gets the exact amount, in the currency of the ledger (rule B13); fees are the store's.
    private static byte[] RenderWise(IReadOnlyList<FileRow> rows) => RenderCsv(
        rows.Select(row => new[]
        {
            row.Details!.Holder!, "", PayoutReference.Of(row.PayoutId), "PERSON", "target", row.Amount.ToDecimalString(), row.Amount.Currency.Code,
            row.Amount.Currency.Code, row.Details.Recipient,
        }).Prepend(WiseColumns));

    private static string PayPalAmount(Money amount) => PayPalWhole.Contains(amount.Currency.Code)
        ? amount.ToDecimalString().Split('.')[0]
        : amount.ToDecimalString();

    /// <summary>A cell that a spreadsheet would take for a formula is marked as text.</summary>
    private static byte[] RenderCsv(IEnumerable<string[]> records)
    {
        using var file = new MemoryStream();
        using (var csv = CsvWriter.Create(file, new CsvWriterOptions { Injection = CsvInjection.Escape }, leaveOpen: true))
        {
            foreach (var record in records)
            {
                csv.WriteRecord(record);
            }
        }

        return file.ToArray();
    }
}
