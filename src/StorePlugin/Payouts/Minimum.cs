// The least that is paid out at once: one table for all currencies.
using System.Collections.Frozen;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>The minimum of a payout (rule H7). What is below it is carried over and never lapses.</summary>
internal static class Minimum
{
    // In minor units. The rule names these five.
    private static readonly FrozenDictionary<string, long> Named = new Dictionary<string, long>
    {
        ["EUR"] = 20_00,
        ["USD"] = 20_00,
        ["GBP"] = 20_00,
        ["JPY"] = 3_000,
        ["KWD"] = 6_000,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // In minor units, by the number of decimals. The rule leaves the others open but for one major unit at least; they
    // take the figure of the named currency with as many decimals.
    private static readonly FrozenDictionary<int, long> ByDecimals = new Dictionary<int, long>
    {
        [0] = 3_000,
        [2] = 20_00,
        [3] = 6_000,
    }.ToFrozenDictionary();

    /// <summary>The minimum of a currency.</summary>
    public static Money Of(Currency currency) =>
        new(Named.TryGetValue(currency.Code, out var minor) ? minor : ByDecimals[currency.Exponent], currency);
}
