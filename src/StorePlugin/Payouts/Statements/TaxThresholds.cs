// From what yearly sum on payments to a payee are to be reported: data, by country and year.
using System.Collections.Immutable;

namespace StorePlugin.Payouts.Statements;

/// <summary>A sum from which on a form is due for a payee.</summary>
/// <param name="Country">Of the payee, ISO 3166.</param>
/// <param name="FromYear">The first calendar year it holds for.</param>
/// <param name="Minor">Minor units of <paramref name="Currency"/>.</param>
internal sealed record TaxThreshold(string Country, string Form, int FromYear, string Currency, long Minor);

/// <summary>
/// Known thresholds. They tell a merchant where to look, and are no advice. That of the United States was raised for payments after
/// 2025 and is indexed from 2027 on, so that later years are looked up again.
/// </summary>
internal static class TaxThresholds
{
    public static readonly ImmutableArray<TaxThreshold> All =
    [
        new("US", "1099-NEC", 2020, "USD", 600_00),
        new("US", "1099-NEC", 2026, "USD", 2_000_00),
    ];

    /// <summary>The threshold in force for a payee of a country in a year and currency; null where none is known.</summary>
    public static TaxThreshold? Of(string? country, int year, string currency) => All
        .Where(one => one.Country == country && one.Currency == currency && one.FromYear <= year)
        .MaxBy(one => one.FromYear);
}
