// From what yearly sum on payments to a payee are to be reported: data, by country and year, and a store's own in place of the program's.
using System.Collections.Immutable;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Statements;

/// <summary>A sum from which on a form is due for a payee.</summary>
/// <param name="Country">Of the payee, ISO 3166.</param>
/// <param name="FromYear">The first calendar year it holds for.</param>
/// <param name="Minor">Minor units of <paramref name="Currency"/>.</param>
internal sealed record TaxThreshold(string Country, string Form, long FromYear, string Currency, long Minor);

/// <summary>
/// Known thresholds. They tell a merchant where to look, and are no advice. That of the United States was raised for payments after
/// 2025 and is indexed from 2027 on, so that later years are looked up again.
/// </summary>
internal sealed class TaxThresholds(Db db)
{
    /// <summary>How many of its own a store may have.</summary>
    public const int OwnMax = 200;

    public const int FormLengthMax = 40;

    public static readonly ImmutableArray<TaxThreshold> All =
    [
        new("US", "1099-NEC", 2020, "USD", 600_00),
        new("US", "1099-NEC", 2026, "USD", 2_000_00),
    ];

    /// <summary>The threshold in force for a payee of a country in a year and currency; null where none is known.</summary>
    /// <param name="own">The store's own. Of two that begin in one year its word counts; else the later begins anew.</param>
    public static TaxThreshold? Of(string? country, int year, string currency, IReadOnlyList<TaxThreshold>? own = null) => (own ?? [])
        .Concat(All)
        .Where(one => one.Country == country && one.Currency == currency && one.FromYear <= year)
        .MaxBy(one => one.FromYear);

    private const string Read =
        """
        SELECT country, form, from_year, currency, amount_minor AS minor FROM tax_thresholds WHERE store_id = @storeId
        ORDER BY country, currency, from_year
        """;

    /// <summary>The store's own.</summary>
    public Task<IReadOnlyList<TaxThreshold>> OwnAsync(Store store, CancellationToken cancel) =>
        db.ManyAsync<TaxThreshold>($"{Read} {db.Page}", new { storeId = store.Id, take = (long)OwnMax }, cancel);

    private const string DropAll = "DELETE FROM tax_thresholds WHERE store_id = @storeId";

    private const string Insert =
        """
        INSERT INTO tax_thresholds (store_id, country, from_year, currency, form, amount_minor)
        VALUES (@storeId, @Country, @FromYear, @Currency, @Form, @Minor)
        """;

    /// <summary>Puts these in place of what the store had.</summary>
    public Task ReplaceAsync(Store store, IReadOnlyList<TaxThreshold> thresholds, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            await tx.HoldAsync(NameOf(store));
            await tx.DoAsync(DropAll, new { storeId = store.Id });
            foreach (var one in thresholds)
            {
                await tx.DoAsync(Insert, new { storeId = store.Id, one.Country, one.FromYear, one.Currency, one.Form, one.Minor });
            }
        },
        cancel: cancel);

    private const string Count = "SELECT CAST(COUNT(*) AS bigint) FROM tax_thresholds WHERE store_id = @storeId";

    private const string Update =
        """
        UPDATE tax_thresholds SET form = @Form, amount_minor = @Minor
        WHERE store_id = @storeId AND country = @Country AND currency = @Currency AND from_year = @FromYear
        """;

    /// <summary>One of the store's own, in place of that of the same country, currency and first year. False: it has as many as it may have.</summary>
    public Task<bool> SetAsync(Store store, TaxThreshold threshold, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, threshold.Country, threshold.FromYear, threshold.Currency, threshold.Form, threshold.Minor };
        return db.InTransactionAsync(
            async tx =>
            {
                await tx.HoldAsync(NameOf(store));
                if (await tx.DoAsync(Update, args) > 0)
                {
                    return true;
                }

                if (await tx.OneAsync<long>(Count, args) >= OwnMax)
                {
                    return false;
                }

                await tx.DoAsync(Insert, args);
                return true;
            },
            cancel: cancel);
    }

    private const string Drop =
        "DELETE FROM tax_thresholds WHERE store_id = @storeId AND country = @country AND currency = @currency AND from_year = @fromYear";

    /// <summary>Drops one of the store's own. False: there was none.</summary>
    public async Task<bool> RemoveAsync(Store store, string country, string currency, long fromYear, CancellationToken cancel) =>
        await db.DoAsync(Drop, new { storeId = store.Id, country, currency, fromYear }, cancel) > 0;

    // Of two who say something at once the second replaces what the first has said.
    private static string NameOf(Store store) => $"{store.Id} tax thresholds";
}
