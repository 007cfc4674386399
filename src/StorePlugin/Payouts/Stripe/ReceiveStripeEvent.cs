// What an event of Stripe's asks of us: to look, since its snapshot may be old and out of order.
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Stripe;

internal sealed class ReceiveStripeEvent(TimeProvider clock)
{
    private const string Exists = "SELECT CAST(COUNT(*) AS bigint) FROM payouts WHERE store_id = @storeId AND id = @payoutId";

    /// <summary>Writes a look-up where the event names a payout of this store. Returns what was done, in words.</summary>
    public async Task<string> ApplyAsync(Tx tx, Store store, StripeEventReceived e)
    {
        if (e.Account is not null)
        {
            return "Ignored: it happened in a connected account.";
        }

        if (e.Type is not ("transfer.created" or "transfer.updated" or "transfer.reversed"))
        {
            return $"Ignored: {e.Type} says nothing about a payout.";
        }

        if (e.PayoutId is null)
        {
            return "Ignored: the transfer names no payout.";
        }

        if (await tx.OneAsync<long>(Exists, new { storeId = store.Id, payoutId = e.PayoutId }) == 0)
        {
            return "Ignored: the transfer names no payout of this store.";
        }

        await Outbox.AddAsync(tx, store.Id, Effect.Kinds.LookUpTransfer, e.Id, e.PayoutId, clock.GetUtcNow());
        return $"Payout {e.PayoutId} is looked up.";
    }
}
