// What people write for the public to read.
namespace StorePlugin.PublicPages;

internal static class PublicText
{
    /// <summary>The text without what surrounds it; null for an empty one.</summary>
    public static string? Read(string? sent) => sent?.ReplaceLineEndings("\n").Replace('\t', ' ').Trim() is { Length: > 0 } text ? text : null;

    /// <summary>Why a text cannot be shown, as the end of a sentence that begins with its name; null where it can.</summary>
    public static string? ProblemOf(string? text, int lengthMax, bool isOneLine) =>
        text is null ? null
        : text.Length > lengthMax ? $"may have {lengthMax} characters at most."
        : text.Any(character => char.IsControl(character) && (isOneLine || character != '\n')) ? "may not hold line breaks or control characters."
        : null;
}
