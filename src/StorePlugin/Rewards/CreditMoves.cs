// The movements of customers' store credit that are the programme's own, of rewards and of payouts: which are known, and whose are not settled yet.
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Rewards;

/// <summary>A movement has no note on the platform, so that two of one customer at once could not be told apart.</summary>
internal static class CreditMoves
{
    private const string ReadOfRewards =
        """
        SELECT discount_id FROM rewards WHERE store_id = @storeId AND holder_id = @holder AND discount_id IS NOT NULL
        UNION ALL
        SELECT back_id FROM rewards WHERE store_id = @storeId AND holder_id = @holder AND back_id IS NOT NULL
        """;

    private const string ReadOfPayouts =
        """
        SELECT transfer_id FROM payout_attempts WHERE store_id = @storeId AND holder_id = @holder AND transfer_id IS NOT NULL
        UNION ALL
        SELECT reversal_id FROM payout_reversals WHERE store_id = @storeId AND holder_id = @holder AND reversal_id IS NOT NULL
        """;

    /// <summary>The movements of a customer's credit that are known to be some reward's or payout's.</summary>
    /// <param name="holder">The customer, as the platform names them.</param>
    public static async Task<IReadOnlyList<string>> KnownAsync(Db db, Store store, string holder, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, holder };
        return [.. await db.ManyAsync<string>(ReadOfRewards, args, cancel), .. await db.ManyAsync<string>(ReadOfPayouts, args, cancel)];
    }

    private const string Hold = "UPDATE stores SET state = state WHERE id = @storeId";

    private const string CountBusy =
        """
        SELECT (SELECT CAST(COUNT(*) AS bigint) FROM rewards
                WHERE store_id = @storeId AND holder_id = @holder AND id <> @id AND returned_at IS NULL
                    AND ((sent_at IS NOT NULL AND issued_at IS NULL) OR back_sent_at IS NOT NULL))
            + (SELECT CAST(COUNT(*) AS bigint) FROM payout_attempts
                WHERE store_id = @storeId AND holder_id = @holder AND payout_id <> @id AND outcome = 'unknown')
            + (SELECT CAST(COUNT(*) AS bigint) FROM payout_reversals
                WHERE store_id = @storeId AND holder_id = @holder AND payout_id <> @id AND state = 'unknown')
        """;

    /// <summary>
    /// Whether of another reward or payout of the same customer the outcome is not known yet. Of two programs that would begin at once, one
    /// sees the other's note.
    /// </summary>
    /// <param name="id">The reward or the payout that asks.</param>
    public static async Task<bool> IsBusyAsync(Tx tx, string storeId, string holder, string id)
    {
        var args = new { storeId, holder, id };
        await tx.DoAsync(Hold, args);
        return await tx.OneAsync<long>(CountBusy, args) > 0;
    }

    // As Shopify writes it, and as other platforms do.
    private const string ForgetOfRewards = "UPDATE rewards SET holder_id = NULL WHERE store_id = @storeId AND holder_id IN (@customerId, @address)";

    private const string ForgetOfPayouts = "UPDATE payout_attempts SET holder_id = NULL WHERE store_id = @storeId AND holder_id IN (@customerId, @address)";

    private const string ForgetOfReversals = "UPDATE payout_reversals SET holder_id = NULL WHERE store_id = @storeId AND holder_id IN (@customerId, @address)";

    /// <summary>Forgets which customer had store credit, of one whom the platform wants erased.</summary>
    /// <param name="customerId">As orders name the customer.</param>
    public static async Task EraseAsync(Tx tx, Store store, string customerId)
    {
        var args = new { storeId = store.Id, customerId, address = $"gid://shopify/Customer/{customerId}" };
        await tx.DoAsync(ForgetOfRewards, args);
        await tx.DoAsync(ForgetOfPayouts, args);
        await tx.DoAsync(ForgetOfReversals, args);
    }

    /// <summary>Store credit that the programme gave, or took back, counts as its own where the customer pays with it (rule B4).</summary>
    /// <param name="holder">The customer, as the platform names them; null where they were erased.</param>
    /// <param name="email">The ambassador's address; empty where it was erased.</param>
    /// <param name="id">Of the movement, once for each.</param>
    /// <param name="amount">Below 0 where it was taken back.</param>
    /// <param name="at">When, as the platform has it.</param>
    public static Task NoteAsync(
        Tx tx, Store store, StoreKeys keys, string? holder, string email, string id, Money amount, string reason, DateTimeOffset at, DateTimeOffset now)
    {
        // Shopify's ids are addresses that end in the number by which orders name the customer.
        var shopper = new Shopper(holder?.Split('/')[^1], email.Length > 0 ? email : null, null);
        return ProgrammeCredits.AddAsync(
            tx, store, new ProgrammeCredit(id, amount, Instants.Kept(at), reason, OrderState.Program), Customers.KeysOf(ShopperHashes.Of(shopper, store, keys)), now);
    }
}
