// How codes are compared, and which codes may be given.
using System.Globalization;
using System.Text;

namespace StorePlugin.Ambassadors;

/// <summary>
/// The key of a code (rule T5): what shoppers type in different cases and widths is one code. The original spelling is
/// kept beside it.
/// </summary>
internal static class CodeKey
{
    public const int LengthMin = 3;
    public const int LengthMax = 40;

    /// <summary>The width of the columns; longer text is no key of anything.</summary>
    public const int KeyLengthMax = 100;

    /// <summary>Trimmed, NFKC, upper case and then lower case, which folds letters whose cases do not pair one to one.</summary>
    public static string Of(string code) =>
        NormalForm.Of(code).ToUpperInvariant().ToLowerInvariant();

    /// <summary>
    /// Why this may not be given as a code, continuing a sentence that begins with its name; null when it may. Letters
    /// and digits of every script, since shoppers type what they speak, and nothing that an address or a mail would break.
    /// </summary>
    public static string? Refusal(string code)
    {
        var normal = NormalForm.Of(code);
        if (normal.Length is < LengthMin or > LengthMax || code.Length > KeyLengthMax)
        {
            return $"must have {LengthMin} to {LengthMax} characters";
        }

        return normal.EnumerateRunes().All(MayStand) && !IsMark(Rune.GetRuneAt(normal, 0))
            ? null
            : "may hold letters, digits, - and _ only";
    }

    private static bool MayStand(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '_' || IsMark(rune);

    // Vowel signs of Indic scripts and accents that NFKC cannot join are parts of letters.
    private static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
