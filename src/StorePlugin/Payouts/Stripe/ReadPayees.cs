// The job that asks Stripe daily about the payees who have money to come. It may run twice, and on several machines, without effect.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>
/// Events can be lost, and a run of payouts shows what is known. Who has nothing to come is read when they look, or when
/// an event asks.
/// </summary>
internal sealed class ReadPayees(Db db, StoreDirectory stores, PayeeAccounts payees, TimeProvider clock)
{
    private const int BatchMax = 100;

    // Of one host in one round: at less than four a second, some minutes. The rest has the next turn.
    private const int ReadMax = 1000;

    private static readonly TimeSpan Age = TimeSpan.FromHours(20);

    // Accounts that were named before they were kept by themselves.
    private const string Adopt =
        """
        INSERT INTO payee_accounts (store_id, account_id, ambassador_id, state, made_here, created_at)
        SELECT a.store_id, a.stripe_account, MIN(a.id), 'created', 0, MIN(a.created_at) FROM ambassadors a
        WHERE a.stripe_account IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM payee_accounts p WHERE p.store_id = a.store_id AND p.account_id = a.stripe_account)
        GROUP BY a.store_id, a.stripe_account
        """;

    private const string Find =
        """
        SELECT p.store_id, p.account_id FROM payee_accounts p
        WHERE p.store_id >= @storeId AND (p.store_id > @storeId OR p.account_id > @accountId)
            AND (p.read_at IS NULL OR p.read_at <= @before)
            AND EXISTS (SELECT 1 FROM ambassadors a
                WHERE a.store_id = p.store_id AND a.stripe_account = p.account_id AND EXISTS (SELECT 1 FROM balances b
                    WHERE b.store_id = a.store_id AND b.ambassador_id = a.id AND b.account IN ('held', 'review', 'approved') AND b.amount_minor > 0))
        ORDER BY p.store_id, p.account_id
        """;

    /// <summary>Looks at all of them once, some at a time. Returns 0: what could not be read has its next turn with the next round.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        await db.DoAsync(Adopt, cancel: cancel);
        var before = clock.GetUtcNow() - Age;
        var (last, read) = (new Found("", ""), 0);
        string? shut = null;
        while (read < ReadMax)
        {
            var found = await db.ManyAsync<Found>(
                $"{Find} {db.Page}", new { storeId = last.StoreId, accountId = last.AccountId, before, take = (long)BatchMax }, cancel);
            foreach (var one in found)
            {
                // A store whose key is gone, or whose Stripe is out, is not asked for everyone else it owes.
                if (one.StoreId == shut)
                {
                    continue;
                }

                var reading = await payees.ReadAsync(await stores.GetAsync(one.StoreId, cancel), one.AccountId, cancel);
                shut = reading.Reply is null or StripeReply.KeyRejected or StripeReply.Unavailable ? one.StoreId : null;
                read++;
            }

            if (found.Count < BatchMax)
            {
                return 0;
            }

            last = found[^1];
        }

        return 0;
    }

    private sealed record Found(string StoreId, string AccountId);
}
