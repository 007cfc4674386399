// A code for somebody who was given none: made of the name, values in and value out.
using System.Diagnostics;
using System.Globalization;

namespace StorePlugin.Ambassadors;

internal static class ProposedCode
{
    // Short enough to be spoken, and to leave room for a number.
    private const int LengthMax = 20;

    // For names of which no code can be made.
    private const string Fallback = "AMBASSADOR-1";

    /// <summary>What a code of the name begins with: its first word that may be a code, in capitals, or all of it together.</summary>
    public static string StemOf(string name)
    {
        var words = NormalForm.Of(name).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(LettersOf).ToList();
        return words.Append(LettersOf(string.Concat(words))).FirstOrDefault(word => IsFit(word)) ?? Fallback;
    }

    /// <summary>The stem itself, or the first of its numbered forms that is free and fit to be shared.</summary>
    /// <param name="takenKeys">The keys of every code of the store that begins with the stem and goes on with digits, if at all.</param>
    public static string Free(string stem, IReadOnlySet<string> takenKeys)
    {
        // A number may make a word of it that no code may be; two in a row do not.
        for (var number = 1; number <= (2 * takenKeys.Count) + 3; number++)
        {
            var code = number == 1 ? stem : stem + number.ToString(CultureInfo.InvariantCulture);
            if (!takenKeys.Contains(CodeKey.Of(code)) && IsFit(code))
            {
                return code;
            }
        }

        throw new UnreachableException("Of so many forms of a code not all can be taken.");
    }

    private static string LettersOf(string word)
    {
        var letters = string.Concat(word.EnumerateRunes().Where(System.Text.Rune.IsLetterOrDigit).Take(LengthMax).Select(rune => rune.ToString()));
        return letters.ToUpperInvariant();
    }

    private static bool IsFit(string code) => (CodeKey.Refusal(code) ?? CodeWords.Refusal(code)) is null;
}
