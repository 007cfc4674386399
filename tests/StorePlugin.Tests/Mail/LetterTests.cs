// What people wrote stands in a mail as text and as nothing else.
using StorePlugin.Mail;

namespace StorePlugin.Tests.Mail;

internal sealed class LetterTests
{
    [TestCase("Ann", ExpectedResult = "Ann")]
    [TestCase("Zoë 李娜 👩‍🚀", ExpectedResult = "Zoë 李娜 👩‍🚀")]
    [TestCase("Ann\r\nBcc: eve@example.com", ExpectedResult = "Ann Bcc: eve@example.com")]
    [TestCase("Ann\u2028\u0085\t\u00A0 Lee", ExpectedResult = "Ann Lee")]
    [TestCase("\u202Egpj.exe\u2066", ExpectedResult = "gpj.exe")]
    [TestCase("half \uD83D", ExpectedResult = "half")]
    [TestCase("  ", ExpectedResult = "")]
    public string A_name_stays_on_one_line(string name) => OneLine.Of(name);

    [Test]
    public void A_name_ends_somewhere() =>
        Assert.That(OneLine.Of(new string('a', 119) + "👩b"), Is.EqualTo(new string('a', 119) + "…"));

    [Test]
    public void The_columns_of_the_text_stand_below_each_other()
    {
        var content = new LetterContent(
            "Lux",
            false,
            "Orders",
            [new LetterPart.Grid(["Order", "Sale"], [["#1", "€ 1,000.00"], ["#1002é", "¥ 5"]], [["Together", "€ 3.00"]])],
            "Because.");

        Assert.That(LetterText.Of(content).Split("\r\n")[2..6], Is.EqualTo([
            "Order            Sale",
            "#1         € 1,000.00",
            "#1002é            ¥ 5",
            "Together       € 3.00",
        ]));
    }
}
