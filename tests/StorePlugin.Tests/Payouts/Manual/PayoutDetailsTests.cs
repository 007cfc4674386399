// What payees type, how it is read, and what of it is shown.
using StorePlugin.Payouts.Manual;

namespace StorePlugin.Tests.Payouts.Manual;

internal sealed class PayoutDetailsTests
{
    [TestCase(PayoutKind.PayPal, " Ann.Example+x@example.com ", "A···@example.com")]
    [TestCase(PayoutKind.Iban, "de89 3704 0044 0532 0130 00", "DE·· ···· 3000")]
    [TestCase(PayoutKind.Other, "Cash, at the  counter 12", "··· 12")]
    [TestCase(PayoutKind.Other, "Cash", "···")]
    public void It_is_shown_shortened_and_never_more(string kind, string recipient, string masked) => Assert.That(Read(kind, recipient).Masked, Is.EqualTo(masked));

    [Test]
    public void A_mask_fits_where_it_is_kept_however_long_the_domain() =>
        Assert.That(
            Read(PayoutKind.PayPal, $"a@{string.Join('.', Enumerable.Repeat(new string('x', 60), 3))}.com").Masked, Has.Length.EqualTo(120).And.StartsWith("a···@").And.EndsWith("…"));

    [Test]
    public void It_is_kept_in_one_form()
    {
        var details = Read(PayoutKind.Iban, "gb29 nwbk 6016 1331 9268 19", "  Ann \t Example ", "nwbk gb 2l");

        Assert.That((details.Recipient, details.Holder, details.Bic), Is.EqualTo(("GB29NWBK60161331926819", "Ann Example", "NWBKGB2L")));
        Assert.That(PayoutDetails.FromJson(details.ToJson()), Is.EqualTo(details));
        Assert.That(details.ToString(), Is.EqualTo("PayoutDetails"), "no log line can hold an account");
    }

    [TestCase("ann@example.com", "Ann+shop@Example.com", true)]
    [TestCase("ann@example.com", "anne@example.com", false)]
    public void Two_addresses_are_one_destination_where_they_are_one_mailbox(string one, string other, bool same) =>
        Assert.That(Read(PayoutKind.PayPal, one).Key == Read(PayoutKind.PayPal, other).Key, Is.EqualTo(same));

    [Test]
    public void An_account_is_one_destination_whatever_its_holder_is_called() =>
        Assert.That(Read(PayoutKind.Iban, "NL91ABNA0417164300", "Ann").Key, Is.EqualTo(Read(PayoutKind.Iban, "NL91 ABNA 0417 1643 00", "A. Example").Key));

    [TestCase(PayoutKind.PayPal, "ann", null, null, "email")]
    [TestCase(PayoutKind.PayPal, "=ann@example.com", null, null, "email")]
    [TestCase(PayoutKind.PayPal, "+ann@example.com", null, null, "email")]
    [TestCase(PayoutKind.PayPal, "-ann@example.com", null, null, "email")]
    [TestCase(PayoutKind.Iban, "DE00", "Ann", null, "iban")]
    [TestCase(PayoutKind.Iban, "NL91ABNA0417164300", null, null, "holder")]
    [TestCase(PayoutKind.Iban, "NL91ABNA0417164300", "  ", null, "holder")]
    [TestCase(PayoutKind.Iban, "NL91ABNA0417164300", "=HYPERLINK(1)", null, "holder")]
    [TestCase(PayoutKind.Iban, "NL91ABNA0417164300", "Иван", null, "holder")]
    [TestCase(PayoutKind.Iban, "NL91ABNA0417164300", "Ann", "ABNANL2", "bic")]
    [TestCase(PayoutKind.Other, " ", null, null, "text")]
    public void What_cannot_be_paid_to_is_refused_at_its_field(string kind, string recipient, string? holder, string? bic, string field)
    {
        var wrong = (DetailsReading.Wrong)PayoutDetails.Read(kind, recipient, holder, bic);

        Assert.That(wrong.Problems.Select(problem => problem.Field), Is.EqualTo([field]));
    }

    [Test]
    public void Everything_that_is_wrong_is_told_at_once() =>
        Assert.That(((DetailsReading.Wrong)PayoutDetails.Read(PayoutKind.Iban, "x", "", "y")).Problems.Select(problem => problem.Field), Is.EqualTo(["iban", "holder", "bic"]));

    [TestCase("Jürgen Groß", "Jurgen Gross")]
    [TestCase("Łukasz Żółć", "Lukasz Zolc")]
    [TestCase("Søren Ærø", "Soren AEro")]
    [TestCase("Şebnem Işık", "Sebnem Isik")]
    [TestCase("O’Brien & Sons", "O'Brien + Sons")]
    [TestCase("Ann_Marie  “Mia” Example", "Ann Marie Mia Example")]
    [TestCase("Đặng Thị", "Dang Thi")]
    [TestCase("Ελένη", null)]
    [TestCase("山田", null)]
    [TestCase("***", null)]
    public void A_name_for_banks_has_the_letters_that_every_bank_takes(string name, string? written) => Assert.That(SepaText.Of(name), Is.EqualTo(written));

    private static PayoutDetails Read(string kind, string recipient, string holder = "Ann Example", string? bic = null) =>
        ((DetailsReading.Read)PayoutDetails.Read(kind, recipient, holder, bic)).Details;
}
