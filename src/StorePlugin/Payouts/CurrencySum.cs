// A sum that the database has made, of one currency.
namespace StorePlugin.Payouts;

/// <summary>By properties, not by position: SQLite has no type for a summed column when there is no row.</summary>
internal sealed record CurrencySum
{
    public string Currency { get; init; } = "";

    /// <summary>In minor units of <see cref="Currency"/>.</summary>
    public long AmountMinor { get; init; }
}
