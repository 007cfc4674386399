// The running balances, which follow from the entries of the ledger as it stands.
using System.Globalization;
using System.Runtime.InteropServices;
using StorePlugin.Data;

namespace StorePlugin.Verification;

/// <summary>
/// The workers' reading adds up what each account comes to. What differs from that may only have moved meanwhile, so it is
/// looked at again in one statement, which sees one state, and is written by compare-and-set.
/// </summary>
internal sealed class BalanceSums(Db db, string storeId, RebuildReport report) : IProjection
{
    public const string Check = "projection-balances";

    private const string ReadAll = "SELECT ambassador_id, account, currency, amount_minor FROM balances WHERE store_id = @storeId";

    private const string ReadOne =
        """
        SELECT COALESCE((SELECT b.amount_minor FROM balances b
                WHERE b.store_id = @storeId AND b.ambassador_id = @ambassadorId AND b.account = @account AND b.currency = @currency), 0) AS stands,
            (SELECT CAST(COUNT(*) AS bigint) FROM balances b
                WHERE b.store_id = @storeId AND b.ambassador_id = @ambassadorId AND b.account = @account AND b.currency = @currency) AS standing_rows,
            COALESCE((SELECT SUM(e.amount_minor) FROM ledger_entries e
                WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId AND e.account = @account AND e.currency = @currency), 0) AS comes_to,
            (SELECT CAST(COUNT(*) AS bigint) FROM ledger_entries e
                WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId AND e.account = @account AND e.currency = @currency) AS entries
        """;

    private const string Replace =
        """
        UPDATE balances SET amount_minor = @comesTo
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND account = @account AND currency = @currency AND amount_minor = @stands
        """;

    private const string Restore =
        """
        INSERT INTO balances (store_id, ambassador_id, account, currency, amount_minor)
        SELECT @storeId, @ambassadorId, @account, @currency, @comesTo
        WHERE NOT EXISTS (SELECT 1 FROM balances
            WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND account = @account AND currency = @currency)
        """;

    private const string Remove =
        """
        DELETE FROM balances
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND account = @account AND currency = @currency AND amount_minor = @stands
        """;

    private readonly Lock _lock = new();
    private readonly Dictionary<Key, long> _sums = [];

    public Task TakeAsync(RebuildBatch batch, CancellationToken cancel)
    {
        lock (_lock)
        {
            foreach (var transaction in batch.Transactions)
            {
                foreach (var entry in transaction.Entries)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(_sums, new Key(entry.AmbassadorId, entry.Account, entry.Currency), out _) += entry.AmountMinor;
                }
            }
        }

        return Task.CompletedTask;
    }

    public async Task EndAsync(CancellationToken cancel)
    {
        var suspects = new List<Key>();
        await foreach (var row in db.StreamAsync<Row>(ReadAll, new { storeId }, cancel))
        {
            var key = new Key(row.AmbassadorId, row.Account, row.Currency);
            if (!_sums.Remove(key, out var sum) || sum != row.AmountMinor)
            {
                suspects.Add(key);
            }
        }

        suspects.AddRange(_sums.Keys);
        foreach (var key in suspects)
        {
            await CompareAsync(key, cancel);
        }
    }

    private async Task CompareAsync(Key key, CancellationToken cancel)
    {
        var seen = (await db.OneAsync<Seen>(ReadOne, new { storeId, ambassadorId = key.AmbassadorId, account = key.Account, currency = key.Currency }, cancel))!;
        if (seen.Stands == seen.ComesTo && seen.StandingRows > 0 == seen.Entries > 0)
        {
            return;
        }

        report.Add(new Finding(Check, storeId, key.AmbassadorId, string.Create(
            CultureInfo.InvariantCulture,
            $"the balance of the account {key.Account} is {(seen.StandingRows > 0 ? seen.Stands : "missing")} and its entries come to {seen.ComesTo} {key.Currency} in minor units; it is replaced")));
        var sql = seen.StandingRows == 0 ? Restore : seen.Entries == 0 ? Remove : Replace;
        await db.DoAsync(
            sql,
            new { storeId, ambassadorId = key.AmbassadorId, account = key.Account, currency = key.Currency, stands = seen.Stands, comesTo = seen.ComesTo },
            cancel);
    }

    private readonly record struct Key(string AmbassadorId, string Account, string Currency);

    private sealed record Row(string AmbassadorId, string Account, string Currency, long AmountMinor);

    private sealed record Seen(long Stands, long StandingRows, long ComesTo, long Entries);
}
