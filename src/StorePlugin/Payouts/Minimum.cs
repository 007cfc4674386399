// The least that is paid out at once: one table for all currencies.
using System.Collections.Frozen;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>The minimum of a payout (rule H7). What is below it is carried over and never lapses.</summary>
internal static class Minimum
{
    // In minor units. The rule names the first five. The rest are worth about as much, roughly and on purpose without a
    // rate: a transfer of a few cents across a border is taken by Stripe and never arrives, so what is 20 units of a
    // weak currency may not be sent.
    private static readonly FrozenDictionary<string, long> Named = new Dictionary<string, long>
    {
        ["EUR"] = 20_00,
        ["USD"] = 20_00,
        ["GBP"] = 20_00,
        ["JPY"] = 3_000,
        ["KWD"] = 6_000,

        ["AED"] = 80_00,
        ["ARS"] = 30_000_00,
        ["BRL"] = 120_00,
        ["CLP"] = 20_000,
        ["CNY"] = 160_00,
        ["COP"] = 90_000_00,
        ["CRC"] = 10_000_00,
        ["CZK"] = 500_00,
        ["DKK"] = 150_00,
        ["EGP"] = 1_000_00,
        ["HKD"] = 180_00,
        ["HUF"] = 8_000_00,
        ["IDR"] = 350_000_00,
        ["ILS"] = 80_00,
        ["INR"] = 2_000_00,
        ["KES"] = 3_000_00,
        ["KRW"] = 30_000,
        ["KZT"] = 10_000_00,
        ["LKR"] = 6_000_00,
        ["MGA"] = 100_000_00,
        ["MXN"] = 400_00,
        ["MYR"] = 100_00,
        ["NGN"] = 30_000_00,
        ["NOK"] = 200_00,
        ["PHP"] = 1_200_00,
        ["PKR"] = 6_000_00,
        ["PLN"] = 80_00,
        ["PYG"] = 150_000,
        ["RON"] = 100_00,
        ["RSD"] = 2_500_00,
        ["SEK"] = 200_00,
        ["THB"] = 700_00,
        ["TRY"] = 800_00,
        ["TWD"] = 700_00,
        ["TZS"] = 50_000_00,
        ["UAH"] = 900_00,
        ["UGX"] = 80_000,
        ["UYU"] = 900_00,
        ["VND"] = 500_000,
        ["XAF"] = 13_000,
        ["XOF"] = 13_000,
        ["ZAR"] = 400_00,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // In minor units, by the number of decimals, for all others: the figures of EUR, JPY and KWD.
    private static readonly FrozenDictionary<int, long> ByDecimals = new Dictionary<int, long>
    {
        [0] = 3_000,
        [2] = 20_00,
        [3] = 6_000,
    }.ToFrozenDictionary();

    /// <summary>The minimum of a currency.</summary>
    public static Money Of(Currency currency) =>
        new(Named.TryGetValue(currency.Code, out var minor) ? minor : ByDecimals[currency.Exponent], currency);

    /// <summary>
    /// The least that is sent at all, where the minimum is waived: one unit of the currency. Stripe documents no least
    /// transfer, but across borders less than one has been seen never to arrive.
    /// </summary>
    public static Money FloorOf(Currency currency)
    {
        var minor = 1L;
        for (var decimals = 0; decimals < currency.Exponent; decimals++)
        {
            minor *= 10;
        }

        return new Money(minor, currency);
    }
}
