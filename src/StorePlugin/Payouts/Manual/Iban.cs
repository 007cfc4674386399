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
    private static readonly FrozenDictionary<string, int> Lengths =
        """
        AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18
        FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20
        LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24
        SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
        """.Split([' ', '\n']).ToFrozenDictionary(one => one[..2], one => int.Parse(one[2..], CultureInfo.InvariantCulture), StringComparer.Ordinal);

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
