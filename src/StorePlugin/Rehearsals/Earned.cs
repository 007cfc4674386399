// What a rehearsal has come to for each ambassador, by the ledger of its own store.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

/// <summary>Amounts are in minor units of <paramref name="Currency"/>.</summary>
/// <param name="Orders">Credited orders, those reversed since among them.</param>
/// <param name="EarnedMinor">All commission after refunds, whatever has become of it.</param>
/// <param name="PayableMinor">What can be paid; below zero where more came back than was left.</param>
internal sealed record EarnedBy(string Name, string Currency, long Orders, long EarnedMinor, long ReviewMinor, long PayableMinor, long PaidMinor);

/// <param name="Payees">How many earned something.</param>
/// <param name="TopShareBp">What share of all commission the one with the most of it got, in basis points; null where nothing was earned.</param>
internal sealed record EarnedShares(long Payees, long? TopShareBp, string? TopPayee)
{
    public static EarnedShares Of(IReadOnlyList<EarnedBy> earned)
    {
        var payees = earned.Where(one => one.EarnedMinor > 0).ToList();
        return payees.MaxBy(one => one.EarnedMinor) is { } top
            ? new EarnedShares(payees.Count, (long)((Int128)top.EarnedMinor * Campaigns.BasisPoints.Whole / payees.Sum(one => one.EarnedMinor)), top.Name)
            : new EarnedShares(0, null, null);
    }
}

internal sealed class Earned(Db db)
{
    private const long PeopleMax = 50;

    // By property: on SQLite a sum has no type where there is no row. An ambassador has one currency here, the store's.
    private const string Read =
        """
        SELECT a.name,
            (SELECT CAST(COUNT(*) AS bigint) FROM orders o
                WHERE o.store_id = a.store_id AND o.ambassador_id = a.id AND o.state NOT IN ('parked', 'uncredited')) AS orders,
            (SELECT COALESCE(SUM(b.amount_minor), 0) FROM balances b WHERE b.store_id = a.store_id AND b.ambassador_id = a.id
                AND b.currency = @currency AND b.account IN ('held', 'review', 'approved', 'in_payout', 'paid')) AS earned_minor,
            (SELECT COALESCE(SUM(b.amount_minor), 0) FROM balances b WHERE b.store_id = a.store_id AND b.ambassador_id = a.id
                AND b.currency = @currency AND b.account = 'review') AS review_minor,
            (SELECT COALESCE(SUM(b.amount_minor), 0) FROM balances b WHERE b.store_id = a.store_id AND b.ambassador_id = a.id
                AND b.currency = @currency AND b.account = 'approved') AS payable_minor,
            (SELECT COALESCE(SUM(b.amount_minor), 0) FROM balances b WHERE b.store_id = a.store_id AND b.ambassador_id = a.id
                AND b.currency = @currency AND b.account IN ('in_payout', 'paid')) AS paid_minor
        FROM ambassadors a WHERE a.store_id = @storeId ORDER BY a.created_at, a.id
        """;

    /// <summary>Of every ambassador of the rehearsal's own store, in the order in which they were made.</summary>
    public async Task<IReadOnlyList<EarnedBy>> ReadAsync(Store own, string currency, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>($"{Read} {db.Page}", new { storeId = own.Id, currency, take = PeopleMax }, cancel))
            .Select(row => new EarnedBy(row.Name, currency, row.Orders, row.EarnedMinor, row.ReviewMinor, row.PayableMinor, row.PaidMinor))];

    private sealed record Row
    {
        public string Name { get; init; } = "";

        public long Orders { get; init; }

        public long EarnedMinor { get; init; }

        public long ReviewMinor { get; init; }

        public long PayableMinor { get; init; }

        public long PaidMinor { get; init; }
    }
}
