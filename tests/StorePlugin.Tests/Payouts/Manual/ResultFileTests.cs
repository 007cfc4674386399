// Files of results as banks, PayPal, Wise and people write them.
using System.Globalization;
using System.Xml;
using StorePlugin.Payouts.Manual;

namespace StorePlugin.Tests.Payouts.Manual;

internal sealed class ResultFileTests
{
    [Test]
    public void Our_own_file_is_read_with_its_other_columns_and_the_separator_of_a_spreadsheet()
    {
        var file = ResultFile.OfCsv(
            """
            payoutId;name;amount;status;reference;reason
            po_1;Ann;50,00;paid;B-77;
            po_2;Ben;70,00;Returned;;Account closed
            po_3;Cleo;30,00;;;
            po_4;Dan;20,00;done;;

            """);

        Assert.That((file.Format, file.RowCount), Is.EqualTo(("csv", 4L)));
        Assert.That(file.Lines.Select(line => (line.Line, line.PayoutName, line.Outcome, line.Reference, line.Reason)), Is.EqualTo(new (long, string, ResultOutcome, string?, string?)[]
        {
            (2L, "po_1", ResultOutcome.Paid, "B-77", null), (3L, "po_2", ResultOutcome.Failed, null, "Account closed"),
            (4L, "po_3", ResultOutcome.Waiting, null, null),
        }));
        Assert.That(file.Findings.Select(finding => (finding.Line, finding.Column, finding.Text)), Is.EqualTo([(5L, "status", "The status “done” is not known here.")]));
    }

    [TestCase("Success", ResultOutcome.Paid)]
    [TestCase("COMPLETED", ResultOutcome.Paid)]
    [TestCase("Failed", ResultOutcome.Failed)]
    [TestCase("Returned", ResultOutcome.Failed)]
    [TestCase("Blocked", ResultOutcome.Failed)]
    [TestCase("Denied", ResultOutcome.Failed)]
    [TestCase("Unclaimed", ResultOutcome.Waiting)]
    [TestCase("Pending", ResultOutcome.Waiting)]
    [TestCase("OnHold", ResultOutcome.Waiting)]
    public void PayPals_report_is_known_by_its_columns(string status, ResultOutcome outcome)
    {
        var file = ResultFile.OfCsv($"Date,Customer ID,Transaction ID,Transaction Status,Error Message\n2026-03-02,95522f,0C4136,{status},Not accepted\n");

        Assert.That(file.Format, Is.EqualTo("paypal"));
        Assert.That(file.Lines.Single(), Is.EqualTo(new ResultLine(2, "95522f", outcome, status, "0C4136", "Not accepted", null)));
    }

    [TestCase("COMPLETED", ResultOutcome.Paid)]
    [TestCase("CANCELLED", ResultOutcome.Failed)]
    [TestCase("REFUNDED", ResultOutcome.Failed)]
    [TestCase("bounced_back", ResultOutcome.Waiting)]
    public void Wises_activity_is_known_by_its_columns(string status, ResultOutcome outcome)
    {
        var file = ResultFile.OfCsv(
            "ID,Status,Direction,\"Target amount (after fees)\",\"Target currency\",Reference,Batch\n" +
            $"TRANSFER-123,{status},OUT,50.0,EUR,95522f,7\n");

        Assert.That(file.Format, Is.EqualTo("wise"));
        Assert.That((file.Lines.Single().Outcome, file.Lines.Single().Reference, file.Lines.Single().Amount.ToString()), Is.EqualTo((outcome, "TRANSFER-123", "50.00 EUR")));
    }

    [TestCase("ACSC", ResultOutcome.Paid)]
    [TestCase("ACCC", ResultOutcome.Paid)]
    [TestCase("RJCT", ResultOutcome.Failed)]
    [TestCase("ACCP", ResultOutcome.Waiting)]
    [TestCase("ACSP", ResultOutcome.Waiting)]
    [TestCase("PDNG", ResultOutcome.Waiting)]
    public void A_banks_report_is_read_transfer_by_transfer(string status, ResultOutcome outcome)
    {
        var file = ResultFile.OfXml(Report(Transfer("95522f", status, "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Closed account</AddtlInf></StsRsnInf>")));

        Assert.That((file.Format, file.RowCount), Is.EqualTo(("pain.002", 1L)));
        Assert.That(file.Lines.Single() with { Line = 0 }, Is.EqualTo(new ResultLine(0, "95522f", outcome, status, null, "AC04 Closed account", null)));
    }

    // Were it read as a refusal, the money that the first copy has paid would be payable again.
    [TestCase("AM05")]
    [TestCase("DU01")]
    [TestCase("DU04")]
    public void What_a_bank_refuses_as_a_repetition_is_no_refusal(string code)
    {
        var file = ResultFile.OfXml(Report(Transfer("95522f", "RJCT", $"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>")));

        Assert.That(file.Lines, Is.Empty);
        Assert.That(file.Findings.Single().Text, Does.Contain($"as a repetition ({code})"));
    }

    [Test]
    public void A_report_on_the_file_as_a_whole_moves_nothing()
    {
        var file = ResultFile.OfXml(Report("", "<GrpSts>RJCT</GrpSts>"));

        Assert.That(file.Lines, Is.Empty);
        Assert.That(file.Findings.Single().Text, Does.StartWith("The report speaks of the file as a whole (status RJCT)"));
    }

    [Test]
    public void A_banks_line_that_is_wrong_is_named_and_the_others_are_read()
    {
        var file = ResultFile.OfXml(Report(Transfer("a", "XXXX") + "\n" + Transfer("", "ACSC") + "\n" + Transfer("b", "ACSC")));

        Assert.That(file.Lines.Select(line => line.PayoutName), Is.EqualTo(["b"]));
        Assert.That(file.Findings.Select(finding => finding.Column), Is.EqualTo(["TxSts", "OrgnlEndToEndId"]));
    }

    [TestCase("name,amount\nAnn,50.00\n")]
    [TestCase("")]
    [TestCase("status,reason\npaid,\n")]
    public void A_file_of_no_known_kind_is_named_as_one(string text)
    {
        var file = ResultFile.OfCsv(text);

        Assert.That((file.Format, file.Lines.Count), Is.EqualTo(("", 0)));
        Assert.That(file.Findings.Single().Text, Does.StartWith("The file is of no known kind."));
    }

    [Test]
    public void Other_XML_is_no_report() =>
        Assert.That(ResultFile.OfXml("""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt/></Document>""").Findings.Single().Text, Does.Contain("pain.002"));

    [TestCase("<a>")]
    [TestCase("""<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>""")]
    public void Broken_XML_and_document_types_are_refused(string text) => Assert.That(() => ResultFile.OfXml(text), Throws.TypeOf<XmlException>());

    [Test]
    public void More_rows_than_a_file_may_have_are_counted()
    {
        var rows = string.Concat(Enumerable.Range(0, ResultFile.RowsMax + 5).Select(i => string.Create(CultureInfo.InvariantCulture, $"po_{i},paid\n")));

        Assert.That(ResultFile.OfCsv("payoutId,status\n" + rows).RowCount, Is.EqualTo(ResultFile.RowsMax + 5));
    }

    public static string Transfer(string endToEndId, string status, string reason = "") =>
        $"<TxInfAndSts><OrgnlEndToEndId>{endToEndId}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}</TxInfAndSts>";

    public static string Report(string transfers, string group = "") =>
        $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">
          <CstmrPmtStsRpt>
            <GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-03-02T10:00:00Z</CreDtTm></GrpHdr>
            <OrgnlGrpInfAndSts><OrgnlMsgId>1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>
            <OrgnlPmtInfAndSts><OrgnlPmtInfId>1-1</OrgnlPmtInfId>{transfers}</OrgnlPmtInfAndSts>
          </CstmrPmtStsRpt>
        </Document>
        """;
}
