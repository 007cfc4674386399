// Amounts as people read them in a table.
using System.Globalization;
using StorePlugin.Webhooks;

namespace StorePlugin.Demo;

internal static class Amounts
{
    /// <summary>With thousands apart and the currency's decimals: <c>1,234.50</c>.</summary>
    public static string Of(long minor, Currency currency) => ((decimal)minor / currency.MinorPerMajor).ToString(
        "N" + currency.Exponent.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
