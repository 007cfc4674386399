// A text of the merchant's with placeholders in braces: checked when it is kept, filled when a mail is written.
using System.Text;
using System.Text.RegularExpressions;

namespace StorePlugin.Mail;

/// <summary>What a merchant's text may hold in braces, such as <c>{name}</c>.</summary>
/// <param name="Meaning">What stands for it in the mail.</param>
internal sealed record Placeholder(string Name, string Meaning)
{
    public static readonly Placeholder Reader = new("name", "the reader's name");
    public static readonly Placeholder Shop = new("shop", "the store's name");
    public static readonly Placeholder Campaign = new("campaign", "the campaign's name");
}

/// <summary>A text, taken apart once: a value is put in as it is and never looked through for placeholders again.</summary>
internal sealed partial class MailTemplate
{
    private readonly IReadOnlyList<Piece> _pieces;

    private MailTemplate(IReadOnlyList<Piece> pieces) => _pieces = pieces;

    /// <summary>Takes a text apart. Null where a placeholder is unknown or a brace belongs to none, and why, as a sentence.</summary>
    public static MailTemplate? Read(string text, IReadOnlyList<Placeholder> known, out string? problem)
    {
        var pieces = new List<Piece>();
        var end = 0;
        foreach (Match match in Braced().Matches(text))
        {
            var name = match.Groups["name"].Value;
            if (!known.Any(one => one.Name == name))
            {
                problem = $"{match.Value} is no placeholder of this mail. It knows {Listed(known)}.";
                return null;
            }

            pieces.Add(new Piece(text[end..match.Index], null));
            pieces.Add(new Piece(match.Value, name));
            end = match.Index + match.Length;
        }

        pieces.Add(new Piece(text[end..], null));
        if (pieces.Find(piece => piece.Name is null && piece.Text.AsSpan().ContainsAny('{', '}')) is { } loose)
        {
            problem = $"A brace in “{OneLine.Of(Around(loose.Text))}” belongs to no placeholder: they are written like {{name}}. This mail knows {Listed(known)}.";
            return null;
        }

        problem = null;
        return new MailTemplate(pieces);
    }

    /// <summary>The text with the values in it, each on one line.</summary>
    public string Fill(IReadOnlyDictionary<string, string> values)
    {
        var text = new StringBuilder();
        foreach (var piece in _pieces)
        {
            text.Append(piece.Name is { } name ? OneLine.Of(values[name]) : piece.Text);
        }

        return text.ToString();
    }

    private static string Listed(IEnumerable<Placeholder> known) => string.Join(", ", known.Select(one => $"{{{one.Name}}}"));

    private static string Around(string text)
    {
        const int Shown = 20;
        var at = text.AsSpan().IndexOfAny('{', '}');
        return text[Math.Max(0, at - Shown)..Math.Min(text.Length, at + Shown)];
    }

    [GeneratedRegex(@"\{(?<name>[^{}\r\n]{0,40})\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Braced();

    private sealed record Piece(string Text, string? Name);
}
