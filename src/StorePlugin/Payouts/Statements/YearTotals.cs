// What each payee got in a calendar year, in money and in kind: what a tax return asks for.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Statements;

/// <summary>A payee's year in one currency, in minor units.</summary>
internal sealed record YearTotal
{
    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    public string AmbassadorId { get; init; } = "";

    /// <summary>Null where the ambassador is gone; their totals stay for the term of tax law (rule U1).</summary>
    public string? Name { get; init; }

    public string Currency { get; init; } = "";

    /// <summary>Of the payee's account at Stripe, else as they said for taxes; null where it is not known.</summary>
    public string? Country { get; init; }

    /// <summary>What was sent less what came back, by the days of booking, without VAT.</summary>
    public long PaidMinor { get; init; }

    /// <summary>The VAT that was sent with it, less what came back.</summary>
    public long VatMinor { get; init; }

    /// <summary>1 where the payee has an account at Stripe, which asks for forms by itself.</summary>
    public long AtStripe { get; init; }

    /// <summary>The form of the United States that they handed in; null while nobody has said.</summary>
    public string? WForm { get; init; }

    /// <summary>The last local day on which it counts, yyyymmdd; null: it does not expire.</summary>
    public long? WExpiresDay { get; init; }

    /// <summary>Gift cards and store credit given less what was taken back, and codes at what they took off an order.</summary>
    public long InKindMinor { get; init; }
}

internal sealed class YearTotals(Db db)
{
    // Paid is an account of its own, which sent payouts raise and reversals lower. Rewards of value pass through it as well, and are told in kind.
    private const string Read =
        """
        SELECT x.ambassador_id, MAX(a.name) AS name, x.currency, COALESCE(MAX(s.country), MAX(p.country)) AS country, COALESCE(SUM(x.paid), 0) AS paid_minor,
            COALESCE(SUM(x.kind), 0) AS in_kind_minor, COALESCE(SUM(x.vat), 0) AS vat_minor, CAST(COUNT(s.account_id) AS bigint) AS at_stripe, MAX(w.w_form) AS w_form,
            MAX(w.w_expires_day) AS w_expires_day
        FROM (
            SELECT v.store_id, v.ambassador_id, v.currency, CASE v.kind WHEN 'sent' THEN -v.vat_minor ELSE v.vat_minor END AS paid, 0 AS kind,
                CASE v.kind WHEN 'sent' THEN v.vat_minor ELSE -v.vat_minor END AS vat
            FROM payout_events v
            WHERE v.store_id = @storeId AND v.vat_minor <> 0 AND v.kind IN ('sent', 'reversed') AND v.booked_day >= @from AND v.booked_day < @before
            UNION ALL
            SELECT e.store_id, e.ambassador_id, e.currency, e.amount_minor, 0, 0
            FROM ledger_entries e
            JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
            WHERE e.store_id = @storeId AND e.account = 'paid' AND t.kind IN ('payout_sent', 'payout_reversed') AND t.local_day >= @from AND t.local_day < @before
            UNION ALL
            SELECT r.store_id, r.ambassador_id, r.currency, 0, r.amount_minor, 0 FROM rewards r
            WHERE r.store_id = @storeId AND r.form IS NOT NULL AND r.currency IS NOT NULL AND r.issued_day >= @from AND r.issued_day < @before
            UNION ALL
            SELECT r.store_id, r.ambassador_id, r.currency, 0, -r.returned_minor, 0 FROM rewards r
            WHERE r.store_id = @storeId AND r.form IS NOT NULL AND r.currency IS NOT NULL AND r.returned_minor IS NOT NULL AND r.issued_day IS NOT NULL
                AND r.returned_day >= @from AND r.returned_day < @before
            UNION ALL
            SELECT r.store_id, r.ambassador_id, r.used_currency, 0, r.used_minor, 0 FROM rewards r
            WHERE r.store_id = @storeId AND r.form IS NULL AND r.used_minor IS NOT NULL AND r.used_at >= @fromAt AND r.used_at < @beforeAt) x
        LEFT JOIN ambassadors a ON a.store_id = x.store_id AND a.id = x.ambassador_id
        LEFT JOIN payee_accounts s ON s.store_id = a.store_id AND s.account_id = a.stripe_account AND s.ambassador_id = a.id
        LEFT JOIN payee_tax w ON w.store_id = x.store_id AND w.ambassador_id = x.ambassador_id
        LEFT JOIN self_bill_parties p ON p.store_id = w.store_id AND p.id = w.party_id
        WHERE x.ambassador_id > @after OR (x.ambassador_id = @after AND x.currency > @afterCurrency)
        GROUP BY x.ambassador_id, x.currency
        ORDER BY x.ambassador_id, x.currency
        """;

    /// <summary>The totals of a year of the store's calendar, in the order of ambassador and currency, beyond the one named.</summary>
    public Task<IReadOnlyList<YearTotal>> ReadAsync(Store store, int year, (string AmbassadorId, string Currency) after, long take, CancellationToken cancel) =>
        db.ManyAsync<YearTotal>(
            $"{Read} {db.Page}",
            new
            {
                storeId = store.Id,
                from = year * 10_000L,
                before = (year + 1) * 10_000L,
                fromAt = StartOf(store, year),
                beforeAt = StartOf(store, year + 1),
                after = after.AmbassadorId,
                afterCurrency = after.Currency,
                take,
            },
            cancel);

    private const string ReadCountry =
        """
        SELECT COALESCE(q.country, p.country) FROM stores s
        LEFT JOIN stripe_accounts q ON q.store_id = s.id
        LEFT JOIN self_billing_settings f ON f.store_id = s.id
        LEFT JOIN self_bill_parties p ON p.store_id = f.store_id AND p.id = f.party_id
        WHERE s.id = @storeId
        """;

    /// <summary>Where the store is: by its account at Stripe, else as it bills; null where neither is known.</summary>
    public Task<string?> CountryAsync(Store store, CancellationToken cancel) => db.OneAsync<string?>(ReadCountry, new { storeId = store.Id }, cancel);

    private static DateTimeOffset StartOf(Store store, int year)
    {
        var local = new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);
        return new DateTimeOffset(local, store.Zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
