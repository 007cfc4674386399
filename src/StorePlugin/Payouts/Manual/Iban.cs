// International bank account numbers (ISO 13616): how long they are where, and whether their check digits fit.
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace StorePlugin.Payouts.Manual;

internal static class Iban
{
    /// <summary>The longest that any country has.</summary>
    public const int LengthMax = 34;

    // The registry of ISO 13616 that SWIFT keeps: how many letters and digits an account's number has in each country.
    private static readonly FrozenDictionary<string, int> Lengths = new Dictionary<string, int>
    {
        ["AD"] = 24, ["AE"] = 23, ["AL"] = 28, ["AT"] = 20, ["AZ"] = 28, ["BA"] = 20, ["BE"] = 16, ["BG"] = 22, ["BH"] = 22, ["BI"] = 27,
        ["BR"] = 29, ["BY"] = 28, ["CH"] = 21, ["CR"] = 22, ["CY"] = 28, ["CZ"] = 24, ["DE"] = 22, ["DJ"] = 27, ["DK"] = 18, ["DO"] = 28,
        ["EE"] = 20, ["EG"] = 29, ["ES"] = 24, ["FI"] = 18, ["FK"] = 18, ["FO"] = 18, ["FR"] = 27, ["GB"] = 22, ["GE"] = 22, ["GI"] = 23,
        ["GL"] = 18, ["GR"] = 27, ["GT"] = 28, ["HN"] = 28, ["HR"] = 21, ["HU"] = 28, ["IE"] = 22, ["IL"] = 23, ["IQ"] = 23, ["IS"] = 26,
        ["IT"] = 27, ["JO"] = 30, ["KW"] = 30, ["KZ"] = 20, ["LB"] = 28, ["LC"] = 32, ["LI"] = 21, ["LT"] = 20, ["LU"] = 20, ["LV"] = 21,
        ["LY"] = 25, ["MC"] = 27, ["MD"] = 24, ["ME"] = 22, ["MK"] = 19, ["MN"] = 20, ["MR"] = 27, ["MT"] = 31, ["MU"] = 30, ["NI"] = 28,
        ["NL"] = 18, ["NO"] = 15, ["OM"] = 23, ["PK"] = 24, ["PL"] = 28, ["PS"] = 29, ["PT"] = 25, ["QA"] = 29, ["RO"] = 24, ["RS"] = 22,
        ["RU"] = 33, ["SA"] = 24, ["SC"] = 31, ["SD"] = 18, ["SE"] = 24, ["SI"] = 19, ["SK"] = 24, ["SM"] = 27, ["SO"] = 23, ["ST"] = 25,
        ["SV"] = 28, ["TL"] = 23, ["TN"] = 24, ["TR"] = 26, ["UA"] = 29, ["VA"] = 22, ["VG"] = 24, ["XK"] = 20, ["YE"] = 30,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Where the schemes of the European Payments Council reach, by the letters that accounts there begin with.
    private static readonly FrozenSet<string> Sepa = FrozenSet.Create(
        StringComparer.Ordinal,
        "AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
        "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "SM", "VA");

    /// <summary>Without blanks and in capitals; people paste the word IBAN with it.</summary>
    public static string Normal(string text)
    {
        var normal = new StringBuilder(text.Length);
        foreach (var letter in text.Where(letter => !char.IsWhiteSpace(letter)))
        {
            normal.Append(char.ToUpperInvariant(letter));
        }

        var iban = normal.ToString();
        return iban.StartsWith("IBAN", StringComparison.Ordinal) ? iban[4..] : iban;
    }

    /// <summary>What is wrong with a number in its normal form, as the end of a sentence about it; null when it is a possible account.</summary>
    public static string? Refusal(string iban)
    {
        if (iban.Length < 4 || !char.IsAsciiLetterUpper(iban[0]) || !char.IsAsciiLetterUpper(iban[1]) || !char.IsAsciiDigit(iban[2]) || !char.IsAsciiDigit(iban[3])
            || !iban.All(letter => char.IsAsciiLetterUpper(letter) || char.IsAsciiDigit(letter)))
        {
            return "must begin with two letters and two digits, and hold letters and digits only";
        }

        if (!Lengths.TryGetValue(iban[..2], out var length))
        {
            return $"begins with {iban[..2]}, and no country with such accounts does";
        }

        if (iban.Length != length)
        {
            return string.Create(CultureInfo.InvariantCulture, $"has {iban.Length} letters and digits; in {iban[..2]} it has {length}");
        }

        return Remainder(iban) == 1 ? null : "is mistyped: its check digits do not fit";
    }

    /// <summary>Whether a SEPA credit transfer reaches the account.</summary>
    public static bool IsInSepa(string iban) => Sepa.Contains(iban[..2]);

    // The first four letters are put last, A is 10 … Z is 35, and what is left of it after division by 97 must be 1.
    private static int Remainder(string iban)
    {
        var rest = 0;
        foreach (var letter in iban[4..] + iban[..4])
        {
            rest = char.IsAsciiDigit(letter) ? ((rest * 10) + (letter - '0')) % 97 : ((rest * 100) + (letter - 'A' + 10)) % 97;
        }

        return rest;
    }
}
