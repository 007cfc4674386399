// What the books say: entries page by page, and balances. Amounts of two currencies are never added (rule M1).
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Ledger;

/// <summary>One side of a transaction with what the transaction says.</summary>
/// <param name="AmbassadorId">Empty on the merchant's accounts.</param>
internal sealed record LedgerEntryRow(
    string TransactionId, long Position, string Kind, string Source, string Account, string AmbassadorId, string? OrderId,
    long AmountMinor, string Currency, DateTimeOffset BookedAt, string Actor, string Reason);

/// <summary>The running total of one account in one currency, in minor units.</summary>
/// <param name="AmbassadorId">Empty on the merchant's accounts.</param>
internal sealed record Balance(string AmbassadorId, string Account, string Currency, long AmountMinor);

/// <summary>The sum of one account over the ambassadors, in one currency.</summary>
internal sealed record AccountTotal
{
    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    public string Account { get; init; } = "";

    public string Currency { get; init; } = "";

    public long AmountMinor { get; init; }
}

/// <summary>What was written off of an ambassador's in one currency and is not owed again (rule K4).</summary>
internal sealed record WrittenOffTotal
{
    // By properties: as above.
    public string AmbassadorId { get; init; } = "";

    public string Currency { get; init; } = "";

    public long AmountMinor { get; init; }
}

internal sealed class LedgerQueries(Db db)
{
    private const string Entries =
        """
        SELECT e.transaction_id, e.position, t.kind, t.source, e.account, e.ambassador_id, e.order_id, e.amount_minor, e.currency,
            t.booked_at, t.actor, t.reason
        FROM ledger_entries e
        JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
        WHERE e.store_id = @storeId
        """;

    private const string AfterEntry =
        " AND e.transaction_id >= @transactionId AND (e.transaction_id > @transactionId OR e.position > @position) ORDER BY e.transaction_id, e.position ";

    private const string EntriesOfAll = Entries + AfterEntry;

    private const string EntriesOfOne = Entries + " AND e.ambassador_id = @ambassadorId" + AfterEntry;

    private const string BalanceColumns = "SELECT ambassador_id, account, currency, amount_minor FROM balances WHERE store_id = @storeId";

    private const string BalancesOfMany = BalanceColumns + " AND ambassador_id IN @ids ORDER BY ambassador_id, account, currency";

    private const string AfterBalance =
        """
         AND ambassador_id >= @ambassadorId AND (ambassador_id > @ambassadorId OR account > @account OR (account = @account AND currency > @currency))
        ORDER BY ambassador_id, account, currency
        """;

    private const string BalancesOfAll = BalanceColumns + AfterBalance + " ";

    private const string BalancesOfOne = BalanceColumns + " AND ambassador_id = @only" + AfterBalance + " ";

    private const string WrittenOffOfMany =
        """
        SELECT w.ambassador_id, w.currency, COALESCE(SUM(w.amount_minor), 0) AS amount_minor FROM write_offs w
        WHERE w.store_id = @storeId AND w.ambassador_id IN @ids AND w.kind = 'write_off'
            AND NOT EXISTS (SELECT 1 FROM write_offs r
                WHERE r.store_id = w.store_id AND r.revives_ambassador_id = w.ambassador_id AND r.revives_number = w.number)
        GROUP BY w.ambassador_id, w.currency ORDER BY w.ambassador_id, w.currency
        """;

    private const string Totals =
        """
        SELECT account, currency, COALESCE(SUM(amount_minor), 0) AS amount_minor FROM balances
        WHERE store_id = @storeId GROUP BY account, currency ORDER BY account, currency
        """;

    private const string TotalsOfOne =
        """
        SELECT account, currency, COALESCE(SUM(amount_minor), 0) AS amount_minor FROM balances
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId GROUP BY account, currency ORDER BY account, currency
        """;

    /// <summary>Entries in the order of booking, beyond the one named.</summary>
    /// <param name="ambassadorId">Only the entries of this ambassador; null for all, the merchant's among them.</param>
    public Task<IReadOnlyList<LedgerEntryRow>> EntriesAsync(
        Store store, string? ambassadorId, string transactionId, long position, long take, CancellationToken cancel) =>
        db.ManyAsync<LedgerEntryRow>(
            (ambassadorId is null ? EntriesOfAll : EntriesOfOne) + db.Page,
            new { storeId = store.Id, ambassadorId, transactionId, position, take },
            cancel);

    /// <summary>Balances by ambassador, account and currency, beyond the one named.</summary>
    public Task<IReadOnlyList<Balance>> BalancesAsync(
        Store store, string? only, (string AmbassadorId, string Account, string Currency) after, long take, CancellationToken cancel) =>
        db.ManyAsync<Balance>(
            (only is null ? BalancesOfAll : BalancesOfOne) + db.Page,
            new { storeId = store.Id, only, ambassadorId = after.AmbassadorId, account = after.Account, currency = after.Currency, take },
            cancel);

    /// <summary>Every balance of these ambassadors.</summary>
    public Task<IReadOnlyList<Balance>> BalancesOfAsync(Store store, IReadOnlyCollection<string> ambassadorIds, CancellationToken cancel) =>
        db.ManyAsync<Balance>(BalancesOfMany, new { storeId = store.Id, ids = ambassadorIds }, cancel);

    /// <summary>What was written off of each of these ambassadors and is not owed again, by currency.</summary>
    public Task<IReadOnlyList<WrittenOffTotal>> WrittenOffOfAsync(Store store, IReadOnlyCollection<string> ambassadorIds, CancellationToken cancel) =>
        db.ManyAsync<WrittenOffTotal>(WrittenOffOfMany, new { storeId = store.Id, ids = ambassadorIds }, cancel);

    /// <summary>The sum of each account in each currency, over all ambassadors or of one.</summary>
    public Task<IReadOnlyList<AccountTotal>> TotalsAsync(Store store, string? ambassadorId, CancellationToken cancel) =>
        db.ManyAsync<AccountTotal>(ambassadorId is null ? Totals : TotalsOfOne, new { storeId = store.Id, ambassadorId }, cancel);
}
