// What was typed and could not be used, as its form shows it again.
namespace StorePlugin.Pages;

internal static class TypedText
{
    /// <summary>At most twice what the field takes: enough to shorten it by hand, and no page grows with what was sent.</summary>
    public static string Cut(string? text, int lengthMax)
    {
        var most = 2 * lengthMax;
        return text is null ? ""
            : text.Length <= most ? text
            : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
    }
}
