// Names in the letters that every bank of SEPA must take.
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace StorePlugin.Payouts.Manual;

/// <summary>
/// The Latin character set of the European Payments Council's guidelines (EPC217-08): letters lose their marks, and some become two.
/// </summary>
internal static class SepaText
{
    private const string Signs = "/-?:().,'+ ";

    // What Unicode does not take apart, each letter with what stands for it.
    private static readonly FrozenDictionary<int, string> Letters =
        """
        ßss ẞSS æae ÆAE œoe ŒOE øo ØO łl ŁL đd ĐD ðd ÐD þth ÞTH ıi ħh ĦH ŧt ŦT ŋn ŊN ĸk
        əa ƏA ’' ‘' ´' `' ʼ' –- —- ‐- ‑- &+
        """.Split([' ', '\n']).ToFrozenDictionary(one => (int)one[0], one => one[1..]);

    /// <summary>
    /// The text in that character set, signs that it lacks as blanks. Null where a letter of another script stands in it, which would
    /// have to be guessed, or nothing is left.
    /// </summary>
    public static string? Of(string text)
    {
        var written = new StringBuilder(text.Length);
        foreach (var rune in text.Normalize(NormalizationForm.FormD).EnumerateRunes())
        {
            if (rune.IsAscii && (Rune.IsLetterOrDigit(rune) || Signs.Contains((char)rune.Value, StringComparison.Ordinal)))
            {
                written.Append((char)rune.Value);
            }
            else if (Letters.TryGetValue(rune.Value, out var letters))
            {
                written.Append(letters);
            }
            else if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark)
            {
                continue;
            }
            else if (Rune.IsLetterOrDigit(rune))
            {
                return null;
            }
            else
            {
                written.Append(' ');
            }
        }

        var words = written.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 ? null : string.Join(' ', words);
    }
}
