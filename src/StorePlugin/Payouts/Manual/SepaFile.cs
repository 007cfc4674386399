// A SEPA credit transfer for a bank: ISO 20022 pain.001.001.09, as the European Payments Council's guidelines for customers narrow it.
using System.Globalization;
using System.Text;
using System.Xml;

namespace StorePlugin.Payouts.Manual;

internal static class SepaFile
{
    public const string Namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

    /// <summary>999,999,999.99 EUR.</summary>
    public const long AmountMinorMax = 99_999_999_999;

    // In a file without the bank's code the bank is found by the IBAN.
    private const string NoBic = "NOTPROVIDED";

    private static readonly XmlWriterSettings Form = new() { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Indent = true, NewLineChars = "\n" };

    /// <summary>One payment instruction with a transfer for each row. The bank refuses a message id that it has seen, so a file that is sent twice pays once.</summary>
    public static byte[] Render(FileFacts facts, IReadOnlyList<FileRow> rows)
    {
        var debtor = facts.Debtor ?? throw new InvalidOperationException("A SEPA file names the account that pays.");
        var messageId = PayoutReference.Of(facts.ExportId);
        var count = rows.Count.ToString(CultureInfo.InvariantCulture);
        var sum = rows.Select(row => row.Amount).Aggregate((left, right) => left + right).ToDecimalString();
        using var file = new MemoryStream();
        using (var xml = XmlWriter.Create(file, Form))
        {
            xml.WriteStartElement("Document", Namespace);
            xml.WriteStartElement("CstmrCdtTrfInitn", Namespace);

            xml.WriteStartElement("GrpHdr", Namespace);
            Write(xml, messageId, "MsgId");
            Write(xml, facts.MadeAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), "CreDtTm");
            Write(xml, count, "NbOfTxs");
            Write(xml, sum, "CtrlSum");
            Write(xml, SepaText.Of(debtor.Name)!, "InitgPty", "Nm");
            xml.WriteEndElement();

            xml.WriteStartElement("PmtInf", Namespace);
            Write(xml, messageId + "-1", "PmtInfId");
            Write(xml, "TRF", "PmtMtd");
            Write(xml, "true", "BtchBookg");
            Write(xml, count, "NbOfTxs");
            Write(xml, sum, "CtrlSum");
            Write(xml, "SEPA", "PmtTpInf", "SvcLvl", "Cd");
            Write(xml, facts.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), "ReqdExctnDt", "Dt");
            Write(xml, SepaText.Of(debtor.Name)!, "Dbtr", "Nm");
            Write(xml, debtor.Iban, "DbtrAcct", "Id", "IBAN");
            if (debtor.Bic is { } bic)
            {
                Write(xml, bic, "DbtrAgt", "FinInstnId", "BICFI");
            }
            else
            {
                Write(xml, NoBic, "DbtrAgt", "FinInstnId", "Othr", "Id");
            }

            Write(xml, "SLEV", "ChrgBr");
            foreach (var row in rows)
            {
                WriteTransfer(xml, row);
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return file.ToArray();
    }

    private static void WriteTransfer(XmlWriter xml, FileRow row)
    {
        var reference = PayoutReference.Of(row.PayoutId);
        xml.WriteStartElement("CdtTrfTxInf", Namespace);
        Write(xml, reference, "PmtId", "EndToEndId");
        xml.WriteStartElement("Amt", Namespace);
        xml.WriteStartElement("InstdAmt", Namespace);
        xml.WriteAttributeString("Ccy", row.Amount.Currency.Code);
        xml.WriteString(row.Amount.ToDecimalString());
        xml.WriteEndElement();
        xml.WriteEndElement();
        if (row.Details!.Bic is { } bic)
        {
            Write(xml, bic, "CdtrAgt", "FinInstnId", "BICFI");
        }

        Write(xml, SepaText.Of(row.Details.Holder!)!, "Cdtr", "Nm");
        Write(xml, row.Details.Recipient, "CdtrAcct", "Id", "IBAN");
        Write(xml, $"Payout {reference}", "RmtInf", "Ustrd");
        xml.WriteEndElement();
    }

    /// <summary>A text within elements that stand in one another.</summary>
    private static void Write(XmlWriter xml, string text, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            xml.WriteStartElement(name, Namespace);
        }

        xml.WriteString(text);
        foreach (var _ in names)
        {
            xml.WriteEndElement();
        }
    }
}
