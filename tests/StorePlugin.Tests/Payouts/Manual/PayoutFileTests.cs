// The files as others read them: each format to the letter, and the bank's against a schema.
using System.Text;
using System.Xml;
using System.Xml.Schema;
using StorePlugin.Payouts.Manual;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts.Manual;

internal sealed class PayoutFileTests
{
    private const string Official = "STOREPLUGIN_TEST_PAIN001_XSD";

    private static readonly FileFacts Facts = new(
        "pex_0195522f4b4070008000000000000001", new DateTimeOffset(2026, 3, 1, 23, 30, 15, 250, TimeSpan.Zero), new DateOnly(2026, 3, 2),
        new Debtor("Lux & Söhne GmbH", "DE89370400440532013000", null));

    private static readonly FileRow Ann = Row(1, "50.00", "EUR", new PayoutDetails(PayoutKind.Iban, "NL91ABNA0417164300", "Ann van Dijk", null));
    private static readonly FileRow Ben = Row(2, "1234.05", "EUR", new PayoutDetails(PayoutKind.Iban, "FR1420041010050500013M02606", "Benoît, \"Ben\" Müller", "PSSTFRPPLIL"));
    private static readonly FileRow Cleo = Row(3, "20.10", "USD", new PayoutDetails(PayoutKind.PayPal, "cleo@example.com"));

    [Test]
    public void PayPal_gets_a_payment_a_line_and_no_header() =>
        Assert.That(Text(PayoutFile.PayPal, Cleo, Row(4, "4000", "JPY", Cleo.Details!), Row(5, "70.00", "HUF", Cleo.Details!)), Is.EqualTo(
            """
            cleo@example.com,20.10,USD,95522f4b4070008000000000000003,Payout po_0195522f4b4070008000000000000003,PAYPAL
            cleo@example.com,4000,JPY,95522f4b4070008000000000000004,Payout po_0195522f4b4070008000000000000004,PAYPAL
            cleo@example.com,70,HUF,95522f4b4070008000000000000005,Payout po_0195522f4b4070008000000000000005,PAYPAL

            """));

    [Test]
    public void Wise_gets_its_columns_and_the_payee_the_exact_amount() =>
        Assert.That(Text(PayoutFile.Wise, Ann, Ben), Is.EqualTo(
            """"
            name,recipientEmail,paymentReference,receiverType,amountCurrency,amount,sourceCurrency,targetCurrency,IBAN
            Ann van Dijk,,95522f4b4070008000000000000001,PERSON,target,50.00,EUR,EUR,NL91ABNA0417164300
            "Benoît, ""Ben"" Müller",,95522f4b4070008000000000000002,PERSON,target,1234.05,EUR,EUR,FR1420041010050500013M02606

            """"));

    [Test]
    public void A_person_gets_everything_and_room_for_what_came_of_it() =>
        Assert.That(Text(PayoutFile.Plain, Ann, Cleo, Row(6, "7.124", "KWD", new PayoutDetails(PayoutKind.Other, "Cash, at the counter"))), Is.EqualTo(
            """
            payoutId,name,kind,recipient,holder,bic,amount,currency,status,reference,reason
            po_0195522f4b4070008000000000000001,Person 1,iban,NL91ABNA0417164300,Ann van Dijk,,50.00,EUR,,,
            po_0195522f4b4070008000000000000003,Person 3,paypal,cleo@example.com,,,20.10,USD,,,
            po_0195522f4b4070008000000000000006,Person 6,other,"Cash, at the counter",,,7.124,KWD,,,

            """));

    [Test]
    public void A_bank_gets_a_SEPA_credit_transfer() =>
        Assert.That(Text(PayoutFile.Sepa, Ann, Ben), Is.EqualTo(
            """
            <?xml version="1.0" encoding="utf-8"?>
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
              <CstmrCdtTrfInitn>
                <GrpHdr>
                  <MsgId>95522f4b4070008000000000000001</MsgId>
                  <CreDtTm>2026-03-01T23:30:15Z</CreDtTm>
                  <NbOfTxs>2</NbOfTxs>
                  <CtrlSum>1284.05</CtrlSum>
                  <InitgPty>
                    <Nm>Lux + Sohne GmbH</Nm>
                  </InitgPty>
                </GrpHdr>
                <PmtInf>
                  <PmtInfId>95522f4b4070008000000000000001-1</PmtInfId>
                  <PmtMtd>TRF</PmtMtd>
                  <BtchBookg>true</BtchBookg>
                  <NbOfTxs>2</NbOfTxs>
                  <CtrlSum>1284.05</CtrlSum>
                  <PmtTpInf>
                    <SvcLvl>
                      <Cd>SEPA</Cd>
                    </SvcLvl>
                  </PmtTpInf>
                  <ReqdExctnDt>
                    <Dt>2026-03-02</Dt>
                  </ReqdExctnDt>
                  <Dbtr>
                    <Nm>Lux + Sohne GmbH</Nm>
                  </Dbtr>
                  <DbtrAcct>
                    <Id>
                      <IBAN>DE89370400440532013000</IBAN>
                    </Id>
                  </DbtrAcct>
                  <DbtrAgt>
                    <FinInstnId>
                      <Othr>
                        <Id>NOTPROVIDED</Id>
                      </Othr>
                    </FinInstnId>
                  </DbtrAgt>
                  <ChrgBr>SLEV</ChrgBr>
                  <CdtTrfTxInf>
                    <PmtId>
                      <EndToEndId>95522f4b4070008000000000000001</EndToEndId>
                    </PmtId>
                    <Amt>
                      <InstdAmt Ccy="EUR">50.00</InstdAmt>
                    </Amt>
                    <Cdtr>
                      <Nm>Ann van Dijk</Nm>
                    </Cdtr>
                    <CdtrAcct>
                      <Id>
                        <IBAN>NL91ABNA0417164300</IBAN>
                      </Id>
                    </CdtrAcct>
                    <RmtInf>
                      <Ustrd>Payout 95522f4b4070008000000000000001</Ustrd>
                    </RmtInf>
                  </CdtTrfTxInf>
                  <CdtTrfTxInf>
                    <PmtId>
                      <EndToEndId>95522f4b4070008000000000000002</EndToEndId>
                    </PmtId>
                    <Amt>
                      <InstdAmt Ccy="EUR">1234.05</InstdAmt>
                    </Amt>
                    <CdtrAgt>
                      <FinInstnId>
                        <BICFI>PSSTFRPPLIL</BICFI>
                      </FinInstnId>
                    </CdtrAgt>
                    <Cdtr>
                      <Nm>Benoit, Ben Muller</Nm>
                    </Cdtr>
                    <CdtrAcct>
                      <Id>
                        <IBAN>FR1420041010050500013M02606</IBAN>
                      </Id>
                    </CdtrAcct>
                    <RmtInf>
                      <Ustrd>Payout 95522f4b4070008000000000000002</Ustrd>
                    </RmtInf>
                  </CdtTrfTxInf>
                </PmtInf>
              </CstmrCdtTrfInitn>
            </Document>
            """));

    [Test]
    public void A_banks_file_keeps_to_the_rules_of_the_message() =>
        Assert.That(FaultsOf(Files(), Path.Combine(SourceTree.Root, "tests/StorePlugin.Tests/Payouts/Manual/sepa-transfer.xsd")), Is.Empty);

    [Test]
    public void A_banks_file_is_valid_by_the_schema_of_ISO_20022()
    {
        if (Environment.GetEnvironmentVariable(Official) is not { Length: > 0 } schema)
        {
            Assert.Ignore($"{Official} names no copy of pain.001.001.09.xsd; the rules written down beside this test are checked all the same.");
            return;
        }

        Assert.That(FaultsOf(Files(), schema), Is.Empty);
    }

    [TestCase("<NbOfTxs>2</NbOfTxs>", "")]
    [TestCase("<ChrgBr>SLEV</ChrgBr>", "<ChrgBr>OUR</ChrgBr>")]
    [TestCase("NL91ABNA0417164300", "nl91ABNA0417164300")]
    [TestCase("Ann van Dijk", "Ann_van Dijk")]
    [TestCase("Ccy=\"EUR\">50.00", "Ccy=\"USD\">50.00")]
    [TestCase(">50.00<", ">50.001<")]
    [TestCase("<EndToEndId>", "<EndToEndId>//")]
    public void A_file_that_breaks_the_rules_is_noticed(string right, string wrong)
    {
        var file = Text(PayoutFile.Sepa, Ann, Ben);

        Assert.That(file, Does.Contain(right));
        Assert.That(
            FaultsOf([file.Replace(right, wrong, StringComparison.Ordinal)], Path.Combine(SourceTree.Root, "tests/StorePlugin.Tests/Payouts/Manual/sepa-transfer.xsd")), Is.Not.Empty);
    }

    [TestCase("=1+1", "\"'=1+1\"")]
    [TestCase("+31 6 1234", "\"'+31 6 1234\"")]
    [TestCase("-cash", "\"'-cash\"")]
    [TestCase("@ann", "\"'@ann\"")]
    [TestCase("\tcash", "\"'\tcash\"")]
    public void A_cell_that_a_spreadsheet_would_run_is_marked_as_text(string text, string cell)
    {
        var row = Row(1, "50.00", "EUR", new PayoutDetails(PayoutKind.Other, text)) with { Name = text };

        Assert.That(Text(PayoutFile.Plain, row), Does.Contain($"{cell},other,{cell},"));
    }

    [TestCase("csv", "")]
    [TestCase("paypal-csv", "50.00 EUR iban: The payee has named no PayPal address.")]
    [TestCase("wise-csv", "20.00 USD paypal: The payee has named no IBAN.")]
    [TestCase("sepa-xml", "20.00 USD paypal: The payee has named no IBAN. 30.00 USD iban: A SEPA credit transfer is in EUR. 40.00 EUR iban: The payee's account is outside of the Single Euro Payments Area.")]
    public void Each_format_takes_what_it_can_pay(string format, string refusals)
    {
        FileRow[] rows =
        [
            Ann, Row(2, "20.00", "USD", Cleo.Details!), Row(3, "30.00", "USD", Ann.Details!),
            Row(4, "40.00", "EUR", new PayoutDetails(PayoutKind.Iban, "TR330006100519786457841326", "Deniz", null)),
        ];
        var file = PayoutFile.All.Single(one => one.Name == format);

        var told = string.Join(' ', rows.Where(row => file.Refusal(row) is not null).Select(row => $"{row.Amount} {row.Details!.Kind}: {file.Refusal(row)}"));

        Assert.That(told, format == "paypal-csv" ? Does.StartWith(refusals) : Is.EqualTo(refusals));
    }

    [TestCase("70.01", "HUF", "PayPal pays out whole units of HUF only.")]
    [TestCase("7.000", "KWD", "PayPal does not pay out KWD.")]
    public void PayPals_own_table_of_currencies_counts(string amount, string currency, string why) =>
        Assert.That(PayoutFile.PayPal.Refusal(Row(1, amount, currency, Cleo.Details!)), Is.EqualTo(why));

    [Test]
    public void Whose_details_were_erased_stands_in_no_file() =>
        Assert.That(PayoutFile.All.Select(file => file.Refusal(Ann with { Details = null })), Is.All.EqualTo("The payee's details were erased."));

    private static string[] Files() =>
    [
        Text(PayoutFile.Sepa, Ann, Ben),
        Encoding.UTF8.GetString(PayoutFile.Sepa.Render(Facts with { Debtor = new Debtor("Lux", "CH9300762011623852957", "UBSWCHZH80A") }, [Ben])),
        Text(PayoutFile.Sepa, Row(9, "999999999.99", "EUR", Ann.Details!)),
    ];

    private static List<string> FaultsOf(IEnumerable<string> files, string schema)
    {
        var faults = new List<string>();
        var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema };
        settings.Schemas.Add(SepaFile.Namespace, schema);
        settings.ValidationFlags |= XmlSchemaValidationFlags.ReportValidationWarnings;
        settings.ValidationEventHandler += (_, fault) => faults.Add(fault.Message);
        foreach (var file in files)
        {
            using var reader = XmlReader.Create(new StringReader(file), settings);
            while (reader.Read())
            {
            }
        }

        return faults;
    }

    private static string Text(PayoutFile format, params FileRow[] rows) =>
        Encoding.UTF8.GetString(format.Render(Facts, rows)).ReplaceLineEndings("\n");

    private static FileRow Row(int number, string amount, string currency, PayoutDetails details) => new(
        $"po_0195522f4b407000800000000000000{number}", Money.Parse(amount, Currency.Parse(currency)), "approved", details, $"Person {number}");
}
