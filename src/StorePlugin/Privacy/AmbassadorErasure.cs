// Takes everything of one ambassador's person out of the tables, in the caller's transaction; what is booked stays under their id.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.PublicPages;
using StorePlugin.Stores;

namespace StorePlugin.Privacy;

/// <summary>
/// Used where a store is erased and where an ambassador has asked for it. Doing it again changes nothing more. The keyed hash of the
/// address stays with the row: orders that are judged again must come to the same end (rule F1), and what was written off is
/// owed again by it (rule K4).
/// </summary>
internal sealed class AmbassadorErasure(AmbassadorLife life, TimeProvider clock)
{
    private const string DropNotes = "DELETE FROM ambassador_notes WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    private const string EraseAddressChanges =
        """
        UPDATE address_changes SET sealed = NULL, waived_reason = NULL, state = CASE WHEN state = 'open' THEN 'replaced' ELSE state END,
            settled_at = CASE WHEN state = 'open' THEN @now ELSE settled_at END
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId
        """;

    /// <summary>What nobody needs once the ambassador has left, whatever they are owed.</summary>
    public async Task DropWordsAsync(Tx tx, string storeId, string ambassadorId)
    {
        var args = new { storeId, ambassadorId, now = clock.GetUtcNow() };
        await OwnPages.DropAsync(tx, storeId, ambassadorId);
        await Messages.DropAsync(tx, storeId, ambassadorId);
        await OrderClaims.DropAsync(tx, storeId, ambassadorId);
        await Profiles.DropAsync(tx, storeId, ambassadorId);
        await tx.DoAsync(DropNotes, args);
        await tx.DoAsync(EraseAddressChanges, args);
    }

    private const string EraseAmbassador =
        "UPDATE ambassadors SET name = 'erased', email = '', email_key = id, stripe_account = NULL, time_zone = NULL WHERE store_id = @storeId AND id = @name";

    private const string DropPayees = "DELETE FROM payee_accounts WHERE store_id = @storeId AND ambassador_id = @name";

    private const string DropPayeeRequests = "DELETE FROM payee_requests WHERE store_id = @storeId AND ambassador_id = @name";

    private const string EraseChanges = "UPDATE payout_changes SET before_masked = NULL, after_masked = NULL WHERE store_id = @storeId AND ambassador_id = @name";

    private const string EraseMethods =
        """
        UPDATE payout_methods SET sealed = NULL, masked = '', details_hash = '', ended_at = COALESCE(ended_at, @now)
        WHERE store_id = @storeId AND ambassador_id = @name
        """;

    private const string DropTax = "DELETE FROM payee_tax WHERE store_id = @storeId AND ambassador_id = @name";

    private const string DropOwnParties =
        """
        DELETE FROM self_bill_parties
        WHERE store_id = @storeId AND ambassador_id = @name
            AND NOT EXISTS (SELECT 1 FROM payouts p WHERE p.store_id = @storeId AND p.ambassador_id = @name AND p.bill_payee_id = self_bill_parties.id)
        """;

    /// <summary>All of it. Whoever is erased has left for good: no code of theirs earns for nobody, should the store come back.</summary>
    public async Task<int> EraseAsync(Tx tx, Store store, string id)
    {
        var args = new { storeId = store.Id, name = id, now = clock.GetUtcNow() };
        await life.EndAsync(tx, store, id, OrderState.Program, null);
        await DropWordsAsync(tx, store.Id, id);
        await PrivacyNotices.DropAsync(tx, store.Id, id);
        await tx.DoAsync(DropPayees, args);
        await tx.DoAsync(DropPayeeRequests, args);
        await tx.DoAsync(EraseChanges, args);
        await tx.DoAsync(DropTax, args);
        await tx.DoAsync(DropOwnParties, args);
        await tx.DoAsync(EraseMethods, args);
        return await tx.DoAsync(EraseAmbassador, args);
    }
}
