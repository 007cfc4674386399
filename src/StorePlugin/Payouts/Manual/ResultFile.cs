// Reads files that tell what came of payouts: our own CSV filled in, PayPal's and Wise's reports, and a bank's pain.002.
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Xml;
using System.Xml.Linq;
using StorePlugin.Ambassadors;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Manual;

/// <summary>What a line says of a payout.</summary>
internal enum ResultOutcome
{
    /// <summary>Nothing yet: it waits, or somebody has to claim it.</summary>
    Waiting,

    Paid,

    /// <summary>It was refused, cancelled or sent back.</summary>
    Failed,
}

/// <summary>A line of which every field is right.</summary>
/// <param name="PayoutName">The payout's id, or what it is called in files of others.</param>
/// <param name="Status">As the file has it.</param>
/// <param name="Reference">The other side's name of the payment; null where the file has none.</param>
/// <param name="Reason">In the file's words; null where it gives none.</param>
/// <param name="Amount">What was paid, where the file tells it in a form that can be compared.</param>
internal sealed record ResultLine(long Line, string PayoutName, ResultOutcome Outcome, string Status, string? Reference, string? Reason, Money? Amount);

/// <param name="Format"><c>csv</c>, <c>paypal</c>, <c>wise</c> or <c>pain.002</c>; empty where nothing was recognised.</param>
/// <param name="RowCount">Lines with something on them, right or wrong, without the header.</param>
internal sealed record ResultFile(string Format, IReadOnlyList<ResultLine> Lines, long RowCount, IReadOnlyList<ImportFinding> Findings)
{
    /// <summary>The most rows that one file may have.</summary>
    public const int RowsMax = 20_000;

    public const int ReferenceLengthMax = 100;

    private const int ReasonLengthMax = 200;

    private const string BankReport = "pain.002";
    private const string BankNamespace = "urn:iso:std:iso:20022:tech:xsd:pain.002.";

    /// <summary>A CSV format: which columns say what, the first that the file has, and what its words mean.</summary>
    private sealed record Layout(
        string Name, string[] PayoutName, string[] Status, string[] Reference, string[] Reason, string? Amount, string? Currency,
        FrozenDictionary<string, ResultOutcome> Outcomes);

    private static readonly ImmutableArray<Layout> Layouts =
    [
        // As it was exported: other columns are for the reader.
        new(
            "csv", ["payoutid"], ["status"], ["reference"], ["reason"], null, null,
            OutcomesOf(paid: ["paid"], failed: ["failed", "returned"], waiting: ["", "pending", "unclaimed"])),

        // The words of PayPal's transaction_enum and of its activity report. Its reports name the columns as the account has set them.
        new(
            "paypal", ["unique id", "customer id", "sender item id", "sender_item_id"], ["transaction status", "transaction_status", "status"],
            ["transaction id", "transaction_id"], ["reason", "error", "error message"], null, null,
            OutcomesOf(
                paid: ["success", "completed"],
                failed: ["failed", "returned", "blocked", "refunded", "reversed", "denied", "canceled", "cancelled"],
                waiting: ["pending", "processing", "unclaimed", "onhold", "on hold"])),

        // Wise's transfers as its activity is exported, and the states of its API.
        new(
            "wise", ["reference", "payment reference", "paymentreference"], ["status"], ["id", "transfer id", "transferid"], ["reason"],
            "target amount (after fees)", "target currency",
            OutcomesOf(
                paid: ["completed", "outgoing_payment_sent"],
                failed: ["cancelled", "refunded", "funds_refunded"],
                waiting: ["pending", "processing", "funds_converted", "incoming_payment_waiting", "incoming_payment_initiated", "bounced_back"])),
    ];

    // ISO 20022 ExternalPaymentTransactionStatus1Code. What is accepted is not paid before it is settled.
    private static readonly FrozenDictionary<string, ResultOutcome> BankOutcomes = OutcomesOf(
        paid: ["ACSC", "ACCC"], failed: ["RJCT", "CANC"], waiting: ["RCVD", "ACTC", "ACCP", "ACFC", "ACSP", "ACWC", "ACWP", "PDNG", "PATC", "PRES"]);

    // ISO 20022 ExternalStatusReason1Code: the bank takes it for a copy of what it has, and the first may have been paid.
    private static readonly FrozenSet<string> Repetitions = FrozenSet.Create(StringComparer.Ordinal, "AM05", "DU01", "DU02", "DU03", "DU04", "DU05");

    /// <summary>Reads a CSV file.</summary>
    /// <param name="text">Without a byte order mark.</param>
    public static ResultFile OfCsv(string text)
    {
        Layout? layout = null;
        var sheet = CsvSheet.Read(text, RowsMax, (line, header) =>
        {
            layout = Layouts.FirstOrDefault(one => Find(one.PayoutName, header) is not null && Find(one.Status, header) is not null);
            return layout is null
                ? [
                    new ImportFinding(
                        line, "", "The file is of no known kind. Its first line names neither payoutId and status, nor PayPal's Customer ID and Transaction Status, nor Wise's Reference and Status."),
                ]
                : [];
        });
        if (layout is null)
        {
            return new ResultFile("", [], sheet.RowCount, sheet.HeaderFindings);
        }

        var (lines, findings) = (new List<ResultLine>(), new List<ImportFinding>());
        foreach (var row in sheet.Rows)
        {
            if (row.Fault is { } fault)
            {
                findings.Add(new ImportFinding(row.Line, "", fault));
                continue;
            }

            Add(lines, findings, layout, row);
        }

        return new ResultFile(layout.Name, lines, sheet.RowCount, findings);
    }

    /// <summary>Reads a bank's report on a SEPA file: ISO 20022 pain.002 of any version.</summary>
    /// <exception cref="XmlException">The text is no XML, or has a document type.</exception>
    public static ResultFile OfXml(string text)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
        using var reader = XmlReader.Create(new StringReader(text), settings);
        var document = XDocument.Load(reader, LoadOptions.SetLineInfo);
        var root = document.Root!;
        if (root.Name.LocalName != "Document" || !root.Name.NamespaceName.StartsWith(BankNamespace, StringComparison.Ordinal))
        {
            return new ResultFile("", [], 0, [new ImportFinding(LineOf(root), "", "The file is XML, and no report of a bank on transfers (pain.002).")]);
        }

        var (lines, findings) = (new List<ResultLine>(), new List<ImportFinding>());
        var transfers = root.Descendants(root.Name.Namespace + "TxInfAndSts").ToList();
        foreach (var transfer in transfers.Take(RowsMax + 1))
        {
            Add(lines, findings, transfer);
        }

        // A file that is refused as a whole may be a copy of one that was taken, so that nothing of it can be read as not paid.
        if (transfers.Count == 0)
        {
            var status = TextOf(root, "GrpSts") ?? TextOf(root, "PmtInfSts") ?? "none";
            findings.Add(new ImportFinding(
                LineOf(root), "",
                $"The report speaks of the file as a whole (status {Fit(status)}) and of no transfer in it. Ask the bank what became of each, and record it payout by payout."));
        }

        return new ResultFile(BankReport, lines, transfers.Count, findings);
    }

    private static void Add(List<ResultLine> lines, List<ImportFinding> findings, Layout layout, CsvRow row)
    {
        var status = Value(layout.Status)!;
        var reference = Value(layout.Reference);
        if (!layout.Outcomes.TryGetValue(status, out var outcome))
        {
            Refuse(layout.Status, $"The status “{Fit(status)}” is not known here.");
        }
        else if (reference is { Length: > ReferenceLengthMax })
        {
            Refuse(layout.Reference, $"The reference has more than {ReferenceLengthMax} characters.");
        }
        else if (Value(layout.PayoutName) is not { Length: > 0 } name)
        {
            Refuse(layout.PayoutName, "The line names no payout.");
        }
        else
        {
            lines.Add(new ResultLine(row.Line, name, outcome, status, Clean(reference), Clean(Value(layout.Reason)), AmountOf(row, layout)));
        }

        string? Value(string[] columns) => Find(columns, row.Fields.Keys) is { } column ? row.Field(column) : null;

        void Refuse(string[] columns, string why) => findings.Add(new ImportFinding(row.Line, Find(columns, row.Fields.Keys) ?? "", why));
    }

    private static void Add(List<ResultLine> lines, List<ImportFinding> findings, XElement transfer)
    {
        var line = LineOf(transfer);
        var (name, status) = (TextOf(transfer, "OrgnlEndToEndId"), TextOf(transfer, "TxSts") ?? "");
        var reasons = transfer.Elements(transfer.Name.Namespace + "StsRsnInf").ToList();
        var codes = reasons.Elements(transfer.Name.Namespace + "Rsn").Elements().Select(code => code.Value.Trim()).ToList();
        var words = string.Join(' ', codes.Concat(reasons.Elements(transfer.Name.Namespace + "AddtlInf").Select(more => more.Value.Trim())));
        var reference = TextOf(transfer, "AcctSvcrRef");
        if (!BankOutcomes.TryGetValue(status, out var outcome))
        {
            findings.Add(new ImportFinding(line, "TxSts", $"The status “{Fit(status)}” is not known here."));
        }
        else if (outcome == ResultOutcome.Failed && codes.Find(Repetitions.Contains) is { } code)
        {
            findings.Add(new ImportFinding(
                line, "StsRsnInf", $"The bank has refused it as a repetition ({code}): what came first may have been paid. Look at the account, and record the payout by itself."));
        }
        else if (string.IsNullOrEmpty(name))
        {
            findings.Add(new ImportFinding(line, "OrgnlEndToEndId", "The line names no payout."));
        }
        else if (reference is { Length: > ReferenceLengthMax })
        {
            findings.Add(new ImportFinding(line, "AcctSvcrRef", $"The reference has more than {ReferenceLengthMax} characters."));
        }
        else
        {
            lines.Add(new ResultLine(line, name, outcome, status, Clean(reference), Clean(words), AmountOf(transfer)));
        }
    }

    private static Money? AmountOf(CsvRow row, Layout layout) =>
        layout is { Amount: { } amount, Currency: { } currency } && Currency.TryParse(row.Field(currency).ToUpperInvariant(), out var of)
            && Money.TryParse(row.Field(amount), of, out var money)
            ? money
            : null;

    private static Money? AmountOf(XElement transfer) =>
        transfer.Descendants(transfer.Name.Namespace + "InstdAmt").FirstOrDefault() is { } amount
            && Currency.TryParse((string?)amount.Attribute("Ccy"), out var of) && Money.TryParse(amount.Value.Trim(), of, out var money)
            ? money
            : null;

    private static string? Find(string[] columns, IEnumerable<string> header) => columns.FirstOrDefault(column => header.Contains(column, StringComparer.Ordinal));

    private static string? TextOf(XElement element, string name) => element.Descendants(element.Name.Namespace + name).FirstOrDefault()?.Value.Trim();

    private static long LineOf(XElement element) => ((IXmlLineInfo)element).LineNumber;

    /// <summary>On one line and of a length that is kept; null where there is nothing.</summary>
    private static string? Clean(string? text) =>
        text is { Length: > 0 } ? Fit(new string([.. text.Select(letter => char.IsControl(letter) ? ' ' : letter)]).Trim()) : null;

    private static string Fit(string text) => text.Length <= ReasonLengthMax ? text : text[..ReasonLengthMax];

    private static FrozenDictionary<string, ResultOutcome> OutcomesOf(string[] paid, string[] failed, string[] waiting) =>
        paid.Select(word => (word, ResultOutcome.Paid))
            .Concat(failed.Select(word => (word, ResultOutcome.Failed)))
            .Concat(waiting.Select(word => (word, ResultOutcome.Waiting)))
            .ToFrozenDictionary(pair => pair.word, pair => pair.Item2, StringComparer.OrdinalIgnoreCase);
}
