// A mail as content: what its HTML and its plain text are both made of, so that the two cannot say different things.
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace StorePlugin.Mail;

/// <summary>What a mail says.</summary>
/// <param name="Shop">Whose programme it is about.</param>
/// <param name="IsRehearsal">The store is made up, and no money moves.</param>
/// <param name="Why">Why the reader gets this mail; stands at its foot.</param>
public sealed record LetterContent(string Shop, bool IsRehearsal, string Heading, IReadOnlyList<LetterPart> Parts, string Why)
{
    /// <summary>Where the reader asks for no more of these mails; null where the mail is owed whatever they wish.</summary>
    public string? StopAddress { get; init; }

    public const string StopLabel = "No more of these mails";
    public const string RehearsalNote = "Rehearsal: this store is made up. No shopper is real and no money moves.";
}

/// <summary>A part of a mail.</summary>
public abstract record LetterPart
{
    /// <summary>A sentence that the merchant may put theirs in place of.</summary>
    public sealed record Opening(string Text) : LetterPart;

    public sealed record Sentence(string Text) : LetterPart;

    /// <summary>The one thing that the reader looks for.</summary>
    public sealed record Figure(string Label, string Value) : LetterPart;

    public sealed record Link(string Label, string Address) : LetterPart;

    public sealed record Facts(IReadOnlyList<(string Label, string Value)> Lines) : LetterPart;

    /// <summary>Rows of which the first cell is text and the others are amounts.</summary>
    /// <param name="Totals">Rows at the foot, of the same number of cells.</param>
    public sealed record Grid(
        IReadOnlyList<string> Heads, IReadOnlyList<IReadOnlyList<string>> Lines, IReadOnlyList<IReadOnlyList<string>> Totals) : LetterPart;
}

/// <summary>A mail to one person.</summary>
/// <param name="Name">The reader's name, on one line.</param>
internal sealed record Letter(string Name, string Email, string Subject, LetterContent Content)
{
    /// <summary>What stands for the placeholders of the merchant's words, by name; empty for mails that are not worded by them.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>What came of writing a mail.</summary>
internal abstract record Writing
{
    internal sealed record Written(Letter Letter) : Writing;

    /// <summary>No mail is needed, and why, in words without a name.</summary>
    internal sealed record Unneeded(string Why) : Writing;

    /// <summary>Whether it is needed hangs on another mail, which is looked at again soon.</summary>
    internal sealed record NotYet(string Why) : Writing;
}

/// <summary>The plain text of a mail.</summary>
internal static class LetterText
{
    public static string Of(LetterContent content)
    {
        var text = new StringBuilder();
        if (content.IsRehearsal)
        {
            text.Append(LetterContent.RehearsalNote).Append("\r\n\r\n");
        }

        text.Append(content.Heading).Append("\r\n\r\n");
        foreach (var part in content.Parts)
        {
            Add(text, part);
            text.Append("\r\n");
        }

        text.Append("-- \r\n").Append(content.Shop).Append("\r\n").Append(content.Why).Append("\r\n");
        if (content.StopAddress is { } stop)
        {
            text.Append(LetterContent.StopLabel).Append(": ").Append(stop).Append("\r\n");
        }

        return text.ToString();
    }

    private static void Add(StringBuilder text, LetterPart part)
    {
        switch (part)
        {
            case LetterPart.Opening opening:
                text.Append(opening.Text).Append("\r\n");
                break;
            case LetterPart.Sentence sentence:
                text.Append(sentence.Text).Append("\r\n");
                break;
            case LetterPart.Figure figure:
                text.Append(figure.Label).Append(": ").Append(figure.Value).Append("\r\n");
                break;
            case LetterPart.Link link:
                text.Append(link.Label).Append(": ").Append(link.Address).Append("\r\n");
                break;
            case LetterPart.Facts facts:
                foreach (var (label, value) in facts.Lines)
                {
                    text.Append(label).Append(": ").Append(value).Append("\r\n");
                }

                break;
            case LetterPart.Grid grid:
                AddGrid(text, grid);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static void AddGrid(StringBuilder text, LetterPart.Grid grid)
    {
        IReadOnlyList<string>[] all = [grid.Heads, .. grid.Lines, .. grid.Totals];
        var widths = grid.Heads.Select((_, column) => all.Max(line => Width(line[column]))).ToArray();
        foreach (var line in all)
        {
            var cells = line.Select((cell, column) =>
                column == 0 ? cell + Blanks(widths[0] - Width(cell)) : Blanks(widths[column] - Width(cell)) + cell);
            text.AppendJoin("   ", cells).Append("\r\n");
        }
    }

    private static int Width(string text) => new StringInfo(text).LengthInTextElements;

    private static string Blanks(int count) => new(' ', count);
}

/// <summary>Makes texts of people safe for one line of a mail.</summary>
internal static class OneLine
{
    private const int LengthMax = 120;

    /// <summary>
    /// Without line breaks, control characters, marks that turn the direction of writing and halves of surrogate pairs;
    /// and no longer than a line. A name can then neither end a header nor hide what follows it.
    /// </summary>
    public static string Of(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, LengthMax));
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            var isBlank = category is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.SpaceSeparator;
            var isHidden = rune == Rune.ReplacementChar || IsDirection(rune.Value);
            if (isHidden || (isBlank && (line.Length == 0 || line[^1] == ' ')))
            {
                continue;
            }

            if (line.Length + rune.Utf16SequenceLength > LengthMax)
            {
                line.Append('…');
                break;
            }

            line.Append(isBlank ? " " : rune.ToString());
        }

        return line.ToString().TrimEnd();
    }

    private static bool IsDirection(int value) => value is 0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);
}
