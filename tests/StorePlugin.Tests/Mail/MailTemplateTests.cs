// The merchant's words: which placeholders they may hold, and that a value is a value and nothing else.
using StorePlugin.Mail;

namespace StorePlugin.Tests.Mail;

internal sealed class MailTemplateTests
{
    private static readonly Placeholder[] Known = [Placeholder.Reader, Placeholder.Shop];

    [TestCase("Hello {name}, from {shop}!", "Hello Ann, from Lux!")]
    [TestCase("{name}{name}", "AnnAnn")]
    [TestCase("No placeholder", "No placeholder")]
    [TestCase("Two\nlines, {name}", "Two\nlines, Ann")]
    public void Values_stand_where_their_placeholders_stood(string text, string expected) =>
        Assert.That(MailTemplate.Read(text, Known, out _)!.Fill(Values("Ann", "Lux")), Is.EqualTo(expected));

    [TestCase("Hello {nmae}", "{nmae} is no placeholder of this mail. It knows {name}, {shop}.")]
    [TestCase("Hello {Name}", "{Name} is no placeholder")]
    [TestCase("Hello { name }", "{ name } is no placeholder")]
    [TestCase("Hello {}", "{} is no placeholder")]
    [TestCase("Hello {name", "A brace in “Hello {name” belongs to no placeholder")]
    [TestCase("Hello name}", "A brace in “Hello name}” belongs to no placeholder")]
    [TestCase("Hello {{name}}", "A brace in “Hello {” belongs to no placeholder")]
    [TestCase("Hello {na\nme}", "belongs to no placeholder")]
    public void An_unknown_placeholder_and_a_loose_brace_are_named(string text, string problem)
    {
        Assert.That(MailTemplate.Read(text, Known, out var found), Is.Null);
        Assert.That(found, Does.Contain(problem).And.Contain("{name}, {shop}"));
    }

    [Test]
    public void A_value_is_one_line_and_is_never_looked_through_again() => Assert.That(
        MailTemplate.Read("{name} at {shop}", Known, out _)!.Fill(Values("{shop}\r\nBcc: x@example.com", "Lux")), Is.EqualTo("{shop} Bcc: x@example.com at Lux"));

    private static Dictionary<string, string> Values(string name, string shop) => new(StringComparer.Ordinal) { ["name"] = name, ["shop"] = shop };
}
