// The text of a code that works once: the ambassador's own code in front, and letters that nobody guesses.
using System.Security.Cryptography;
using StorePlugin.Data;

namespace StorePlugin.Ambassadors;

internal static class SeriesCode
{
    private const int LettersMax = 8;

    // What stands in front where the ambassador has no code that fits.
    private const string Fallback = "CARD";

    // No vowel, so that no word comes about; of letters that look or sound alike, one. 19 to the power of 8 are 17 thousand million.
    private const string Letters = "BCDFGHJKMNPQRSTVWXZ";

    // SQL Server takes 2,100 parameters.
    private const int KeysAtOnceMax = 500;

    // Of that many tries in a row not all can meet a code that is there.
    private const int TriesMax = 20;

    /// <summary>What the codes of a series begin with: the ambassador's own code, where both together may be a code.</summary>
    public static string PrefixOf(string? code)
    {
        // A cell of a table that begins with a dash is taken for a formula.
        var prefix = NormalForm.Of(code ?? "").Trim('-', '_');
        return prefix.Length > 0 && CodeKey.Refusal($"{prefix}-{Letters[..LettersMax]}") is null ? prefix : Fallback;
    }

    /// <summary>What a code of a series begins with.</summary>
    public static string PrefixIn(string code) => code[..^(LettersMax + 1)];

    /// <summary>Whether a key has the form of such a code: most orders then need no look into the tables.</summary>
    public static bool MayBe(string codeKey) =>
        codeKey.Length > LettersMax + 1 && codeKey[^(LettersMax + 1)] == '-'
        && !codeKey.AsSpan(codeKey.Length - LettersMax).ContainsAnyExcept(LowerLetters);

    /// <summary>So many codes that are nobody's in the store, and each another one.</summary>
    public static async Task<IReadOnlyList<string>> NewAsync(Tx tx, string storeId, string prefix, long count)
    {
        var codes = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var tries = 0; codes.Count < count && tries < TriesMax; tries++)
        {
            var drawn = new Dictionary<string, string>(StringComparer.Ordinal);
            while (codes.Count + drawn.Count < count)
            {
                var code = $"{prefix}-{RandomNumberGenerator.GetString(Letters, LettersMax)}";
                if (!codes.ContainsKey(CodeKey.Of(code)))
                {
                    drawn[CodeKey.Of(code)] = code;
                }
            }

            foreach (var keys in drawn.Keys.Chunk(KeysAtOnceMax))
            {
                var taken = await tx.ManyAsync<string>(ReadTaken, new { storeId, keys = new TextList(keys) });
                foreach (var key in keys.Except(taken, StringComparer.Ordinal))
                {
                    codes[key] = drawn[key];
                }
            }
        }

        return codes.Count == count ? [.. codes.Values] : throw new InvalidOperationException("No free codes were found.");
    }

    private const string ReadTaken =
        """
        SELECT code_key FROM codes WHERE store_id = @storeId AND code_key IN @keys
        UNION ALL SELECT code_key FROM series_codes WHERE store_id = @storeId AND code_key IN @keys
        UNION ALL SELECT code_key FROM rewards WHERE store_id = @storeId AND code_key IN @keys
        """;

    private static readonly System.Buffers.SearchValues<char> LowerLetters = System.Buffers.SearchValues.Create("bcdfghjkmnpqrstvwxz");
}
