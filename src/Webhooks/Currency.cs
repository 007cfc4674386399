// A currency is its ISO 4217 code and the number of its decimals; nothing else about money is known here.
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace StorePlugin.Webhooks;

/// <summary>An ISO 4217 currency (rule M1). <c>default</c> is no currency and refuses arithmetic.</summary>
[JsonConverter(typeof(CurrencyConverter))]
public readonly record struct Currency
{
    // The active codes of ISO 4217 list one, without funds, metals and testing codes.
    private const string TwoDecimals =
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY " +
        "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS " +
        "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR " +
        "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD " +
        "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

    private const string NoDecimals = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
    private const string ThreeDecimals = "BHD IQD JOD KWD LYD OMR TND";

    private static readonly FrozenDictionary<string, Currency> Known =
        Of(NoDecimals, 0).Concat(Of(TwoDecimals, 2)).Concat(Of(ThreeDecimals, 3))
            .ToFrozenDictionary(currency => currency.Code, StringComparer.Ordinal);

    private readonly string? _code;

    private Currency(string code, int exponent) => (_code, Exponent) = (code, exponent);

    /// <summary>The three capital letters of ISO 4217.</summary>
    public string Code => _code ?? throw new InvalidOperationException("An amount has no currency.");

    /// <summary>How many decimals a major unit has: 0 (JPY), 2 (EUR) or 3 (KWD).</summary>
    public int Exponent { get; }

    /// <summary>Minor units in a major unit: 1, 100 or 1000.</summary>
    public long MinorPerMajor => Exponent switch { 0 => 1, 2 => 100, _ => 1000 };

    /// <summary>Reads a code; capital letters only, as every platform sends them.</summary>
    public static bool TryParse(string? code, out Currency currency) => Known.TryGetValue(code ?? "", out currency);

    /// <summary>Reads a code that must be right.</summary>
    /// <exception cref="FormatException">No such currency; the message says which text was read.</exception>
    [SuppressMessage("Naming", "CA1720", Justification = "Parse is the framework's word.")]
    public static Currency Parse(string? code) =>
        TryParse(code, out var currency) ? currency : throw new FormatException($"'{code}' is not a currency of ISO 4217.");

    public override string ToString() => _code ?? "none";

    private static IEnumerable<Currency> Of(string codes, int exponent) =>
        codes.Split(' ').Select(code => new Currency(code, exponent));
}
