// Words that no new code may be: what the store itself would be taken for, and what nobody wants to print.
using System.Collections.Frozen;
using System.Text;

namespace StorePlugin.Ambassadors;

/// <summary>
/// Reads <c>CodeWords.txt</c>, which says what its sections mean. A code is compared by its letters, with the digits and
/// signs that commonly stand for a letter taken for it. A harmless code that is refused costs the choice of another one;
/// so the list is short and holds what is unambiguous.
/// </summary>
internal static class CodeWords
{
    private const string Resource = "Ambassadors/CodeWords.txt";

    private const string Reserved = "[reserved]";
    private const string Word = "[word]";
    private const string Part = "[part]";

    private static readonly FrozenDictionary<string, string[]> Sections = Read();

    /// <summary>
    /// Why this may not be given as a code, continuing a sentence that begins with its name and does not repeat the word;
    /// null when it may.
    /// </summary>
    public static string? Refusal(string code)
    {
        var key = CodeKey.Of(code);
        var letters = string.Concat(key.Where(MayBeLetter));
        if (Sections[Reserved].Any(word => IsSame(letters, word)))
        {
            return "is a word that the store or this programme needs for itself; choose another";
        }

        var words = WordsOf(key).Append(letters).ToList();
        return Sections[Word].Any(word => words.Exists(written => IsSame(written, word))) || Sections[Part].Any(part => Holds(letters, part))
            ? "holds a word that is not fit to be shared; choose another"
            : null;
    }

    /// <summary>
    /// The words that a reader sees, in both readings of its digits: as letters (4SS) and as what parts words (ASS10).
    /// </summary>
    private static IEnumerable<string> WordsOf(string key) =>
        SplitAt(key, character => !MayBeLetter(character)).Concat(SplitAt(key, character => !char.IsLetter(character)));

    private static List<string> SplitAt(string key, Func<char, bool> isBetween)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var character in key.Append('-'))
        {
            if (!isBetween(character))
            {
                word.Append(character);
            }
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        return words;
    }

    private static bool MayBeLetter(char character) => char.IsLetter(character) || Stands(character).Length > 0;

    /// <summary>The letters that a digit or sign commonly stands for.</summary>
    private static string Stands(char character) => character switch
    {
        '0' => "o",
        '1' => "il",
        '3' => "e",
        '4' or '@' => "a",
        '5' or '$' => "s",
        '7' => "t",
        _ => "",
    };

    private static bool Holds(string written, string word)
    {
        for (var start = 0; start + word.Length <= written.Length; start++)
        {
            if (IsSame(written.AsSpan(start, word.Length), word))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSame(ReadOnlySpan<char> written, string word)
    {
        if (written.Length != word.Length)
        {
            return false;
        }

        for (var i = 0; i < word.Length; i++)
        {
            if (written[i] != word[i] && !Stands(written[i]).Contains(word[i], StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static FrozenDictionary<string, string[]> Read()
    {
        using var stream = typeof(CodeWords).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program was built without {Resource}.");
        using var reader = new StreamReader(stream);
        var sections = new Dictionary<string, List<string>>(StringComparer.Ordinal) { [Reserved] = [], [Word] = [], [Part] = [] };
        var section = sections[Reserved];
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '[')
            {
                section = sections[line];
            }
            else
            {
                // As the key of a code would write it.
                section.Add(CodeKey.Of(line));
            }
        }

        return sections.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToArray(), StringComparer.Ordinal);
    }
}
