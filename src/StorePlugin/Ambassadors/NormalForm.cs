// Unicode's normal form of texts that strangers shape.
using System.Text;

namespace StorePlugin.Ambassadors;

internal static class NormalForm
{
    private const char Noncharacter = '\uFFFE';

    /// <summary>
    /// Trimmed and in NFKC. Half surrogate pairs and U+FFFE, which the framework refuses to normalise, become the
    /// replacement character: no code and no address holds it, so such a text is the key of nothing, and no error.
    /// </summary>
    public static string Of(string text)
    {
        var trimmed = text.Trim();
        if (Ascii.IsValid(trimmed))
        {
            return trimmed;
        }

        var whole = new StringBuilder(trimmed.Length);
        foreach (var rune in trimmed.EnumerateRunes())
        {
            whole.Append(rune.Value == Noncharacter ? Rune.ReplacementChar.ToString() : rune.ToString());
        }

        return whole.ToString().Normalize(NormalizationForm.FormKC);
    }
}
