// Reads statements from the ledger, and nothing but the ledger: their sums are its sums.
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Statements;

internal sealed class StatementReader(Db db, TimeProvider clock)
{
    /// <summary>More movements than anybody reads; a month with more is told so and not shown in part.</summary>
    public const int MovementsMax = 20_000;

    private const long MonthsMax = 120;

    private const string ReadMonths =
        """
        SELECT DISTINCT t.local_day / 100 AS number FROM ledger_entries e
        JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
        WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId AND e.account IN ('approved', 'in_payout')
        ORDER BY number DESC
        """;

    private const string ReadOpenings =
        """
        SELECT y.currency, COALESCE(SUM(y.amount_minor), 0) AS amount_minor
        FROM (SELECT e.currency, e.amount_minor FROM ledger_entries e
                JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
                WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId AND e.account IN ('approved', 'in_payout') AND t.local_day < @from
            UNION ALL
            SELECT v.currency, CASE v.kind WHEN 'reserved' THEN -v.vat_minor ELSE v.vat_minor END FROM payouts p
                JOIN payout_events v ON v.store_id = p.store_id AND v.payout_id = p.id
                WHERE p.store_id = @storeId AND p.ambassador_id = @ambassadorId AND v.kind <> 'reversed' AND v.vat_minor <> 0 AND v.booked_day < @from) y
        GROUP BY y.currency
        """;

    // A reservation moves money between two accounts of which both are owed, so it is no movement here. VAT goes with a payout and is no part
    // of what is owed: it is left out where it joins the money and where it leaves with it, and told beside the payout.
    private const string ReadMovements =
        """
        SELECT t.id, t.kind, t.source, t.local_day, t.currency, MAX(e.order_id) AS order_id, MAX(o.reference) AS reference,
            COALESCE(SUM(e.amount_minor), 0) + COALESCE(MAX(x.owed_minor), 0) AS amount_minor, COALESCE(MAX(x.vat_minor), 0) AS vat_minor
        FROM ledger_entries e
        JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
        LEFT JOIN orders o ON o.store_id = e.store_id AND o.order_id = e.order_id
        LEFT JOIN (SELECT v.subject, v.vat_minor,
                CASE v.kind WHEN 'reserved' THEN -v.vat_minor WHEN 'reversed' THEN 0 ELSE v.vat_minor END AS owed_minor,
                CASE v.kind WHEN 'reserved' THEN 'payout_reserved' WHEN 'sent' THEN 'payout_sent' WHEN 'returned' THEN 'payout_returned' ELSE 'payout_reversed' END AS kind
            FROM payouts p
            JOIN payout_events v ON v.store_id = p.store_id AND v.payout_id = p.id
            WHERE p.store_id = @storeId AND p.ambassador_id = @ambassadorId AND v.vat_minor <> 0) x ON x.subject = t.source AND x.kind = t.kind
        WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId AND e.account IN ('approved', 'in_payout')
            AND t.local_day >= @from AND t.local_day < @before
        GROUP BY t.id, t.kind, t.source, t.local_day, t.currency
        HAVING COALESCE(SUM(e.amount_minor), 0) + COALESCE(MAX(x.owed_minor), 0) <> 0
        ORDER BY t.local_day, t.id
        """;

    private const string Exists = "SELECT name FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    /// <summary>The name of an ambassador of this store; null: there is none.</summary>
    public Task<string?> NameAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        db.OneAsync<string>(Exists, new { storeId = store.Id, ambassadorId }, cancel);

    /// <summary>The months in which anything that is owed moved, newest first.</summary>
    public async Task<IReadOnlyList<Month>> MonthsAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        [.. (await db.ManyAsync<long>($"{ReadMonths} {db.Page}", new { storeId = store.Id, ambassadorId, take = MonthsMax }, cancel)).Select(Month.Of)];

    /// <summary>The statement of a month; null where it holds more movements than a statement shows.</summary>
    public async Task<Statement?> ReadAsync(Store store, string ambassadorId, Month month, CancellationToken cancel)
    {
        var (from, before) = month.Days;
        var args = new { storeId = store.Id, ambassadorId, from, before, take = MovementsMax + 1L };
        var openings = await db.ManyAsync<CurrencySum>(ReadOpenings, args, cancel);
        var movements = await db.ManyAsync<StatementMovement>($"{ReadMovements} {db.Page}", args, cancel);
        var today = LocalDay.Number(LocalDay.Of(store, clock.GetUtcNow()));
        return movements.Count > MovementsMax ? null : new Statement(ambassadorId, month, today >= before, StatementText.Parts(openings, movements));
    }
}
