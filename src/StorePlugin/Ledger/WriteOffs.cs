// The job that writes off balances below zero when nothing settles them (rule K4). It may run twice, and on several machines, without effect.
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Ledger;

/// <summary>
/// Looks at every balance below zero, which are few. Since when it is so follows from the ledger itself, whose entries are
/// never changed: they are read backwards as far as needed. Each write-off is a transaction of its own, on the balance that
/// was looked at or not at all.
/// </summary>
internal sealed class WriteOffs(Db db, StoreDirectory stores, TimeProvider clock)
{
    private const int BatchMax = 200;
    private const string Actor = "system";

    // Of a store that has left no refund and no order is heard of: what would settle a balance may only be unknown.
    private const string FindBelowZero =
        """
        SELECT b.store_id, b.ambassador_id, b.currency
        FROM balances b CROSS JOIN stores s
        WHERE b.account = 'approved' AND b.amount_minor < 0 AND b.store_id >= @storeId
            AND (b.store_id > @storeId OR b.ambassador_id > @ambassadorId OR (b.ambassador_id = @ambassadorId AND b.currency > @currency))
            AND s.id = b.store_id AND s.state = 'installed'
        ORDER BY b.store_id, b.ambassador_id, b.currency
        """;

    /// <summary>Looks at all of them, some at a time. Returns how many it wrote off.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var (writtenOff, last) = (0, new Found("", "", ""));
        while (true)
        {
            var found = await db.ManyAsync<Found>(
                $"{FindBelowZero} {db.Page}", new { storeId = last.StoreId, ambassadorId = last.AmbassadorId, currency = last.Currency, take = BatchMax }, cancel);
            foreach (var one in found)
            {
                cancel.ThrowIfCancellationRequested();
                writtenOff += await LookAsync(await stores.GetAsync(one.StoreId, cancel), one, cancel) ? 1 : 0;
            }

            if (found.Count < BatchMax)
            {
                return writtenOff;
            }

            last = found[^1];
        }
    }

    private const string ReadDebtor =
        """
        SELECT b.amount_minor AS minor, a.state, a.person_hash,
            (SELECT COALESCE(SUM(h.amount_minor), 0) FROM balances h
                WHERE h.store_id = b.store_id AND h.ambassador_id = b.ambassador_id AND h.account IN ('held', 'review') AND h.currency = b.currency) AS coming,
            (SELECT CAST(COUNT(*) AS bigint) FROM payouts p
                WHERE p.store_id = b.store_id AND p.ambassador_id = b.ambassador_id AND p.currency = b.currency AND p.state IN ('approved', 'sending', 'unknown'))
                AS open_payouts,
            (SELECT MAX(e.transaction_id) FROM ledger_entries e
                WHERE e.store_id = b.store_id AND e.ambassador_id = b.ambassador_id AND e.account = 'approved' AND e.currency = b.currency) AS newest
        FROM balances b
        JOIN ambassadors a ON a.store_id = b.store_id AND a.id = b.ambassador_id
        WHERE b.store_id = @storeId AND b.ambassador_id = @ambassadorId AND b.account = 'approved' AND b.currency = @currency
        """;

    // Ids of transactions are in the order of their booking.
    private const string ReadMovements =
        """
        SELECT t.booked_at AS at, e.amount_minor AS minor
        FROM ledger_entries e
        JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
        WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId AND e.account = 'approved' AND e.currency = @currency
        ORDER BY e.transaction_id DESC
        """;

    private async Task<bool> LookAsync(Store store, Found found, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var args = new { storeId = store.Id, ambassadorId = found.AmbassadorId, currency = found.Currency };
        if (await db.OneAsync<Debtor>(ReadDebtor, args, cancel) is not { Minor: < 0 } seen
            || await Debt.SinceAsync(seen.Minor, db.StreamAsync<Movement>(ReadMovements, args, cancel)) is not { } since
            || seen.DebtSince(since).WhyWrittenOff(now, store.Zone) is not { } why)
        {
            return false;
        }

        return await db.InTransactionAsync(tx => WriteOffAsync(tx, store, found, seen, why, now), cancel: cancel);
    }

    // Writes nothing new, but holds the row until the commit: whoever else would move this balance waits.
    private const string HoldBalance =
        """
        UPDATE balances SET amount_minor = amount_minor
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND account = 'approved' AND currency = @currency
        """;

    private static async Task<bool> WriteOffAsync(Tx tx, Store store, Found found, Debtor seen, string why, DateTimeOffset now)
    {
        var args = new { storeId = store.Id, ambassadorId = found.AmbassadorId, currency = found.Currency };
        await Revival.HoldPersonAsync(tx, store, seen.PersonHash);
        await tx.DoAsync(HoldBalance, args);

        // What has moved since it was looked at, or was written off by another machine, is looked at anew in the next round.
        if (await tx.OneAsync<Debtor>(ReadDebtor, args) is not { } current || current != seen)
        {
            return false;
        }

        var number = await WriteOff.NextNumberAsync(tx, store, found.AmbassadorId);
        var amount = new Money(-current.Minor, Currency.Parse(found.Currency));
        await new WriteOff(found.AmbassadorId, number, LedgerKind.WriteOff, amount, now, Actor, why).PostAsync(tx, store, current.PersonHash);
        if (current.HasLeft && await Revival.FindReturnAsync(tx, store, found.AmbassadorId, current.PersonHash) is { } backAs)
        {
            await Revival.ReviveAsync(tx, store, current.PersonHash, backAs, now, Actor, now);
        }

        return true;
    }

    private sealed record Found(string StoreId, string AmbassadorId, string Currency);

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record Debtor
    {
        public long Minor { get; init; }

        public string State { get; init; } = "";

        public string PersonHash { get; init; } = "";

        public long Coming { get; init; }

        public long OpenPayouts { get; init; }

        public string? Newest { get; init; }

        public bool HasLeft => State == "ended";

        public Debt DebtSince(DateTimeOffset since) => new(HasLeft, Coming, OpenPayouts > 0, since);
    }
}
