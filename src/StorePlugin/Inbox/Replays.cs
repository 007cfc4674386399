// What was given up is tried once more, from its first attempt, because a person says so.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Inbox;

/// <summary>Queues dead deliveries and effects again, by compare-and-set on their state.</summary>
internal sealed class Replays(Db db, WorkSignal signal, TimeProvider clock)
{
    // Without its raw body nothing is left to read.
    private const string QueueDelivery =
        """
        UPDATE deliveries SET state = 'pending', attempts = 0, due_at = @now, lease_id = NULL, done_at = NULL
        WHERE store_id = @storeId AND id = @id AND state = 'dead' AND body IS NOT NULL
        """;

    private const string QueueEffect =
        """
        UPDATE effects SET state = 'pending', attempts = 0, due_at = @now, lease_id = NULL, done_at = NULL
        WHERE store_id = @storeId AND id = @id AND state = 'dead'
        """;

    private const string QueueMail =
        """
        UPDATE effects SET state = 'pending', attempts = 0, due_at = @now, lease_id = NULL, done_at = NULL
        WHERE store_id = @storeId AND id = @id AND kind = 'mail' AND state = 'dead'
        """;

    // The code that was refused waits for its discount again.
    private const string QueueDiscount =
        """
        UPDATE codes SET discount_state = 'pending', discount_problem = NULL
        WHERE store_id = @storeId AND discount_state = 'refused'
            AND code_key IN (SELECT subject FROM effects WHERE store_id = @storeId AND id = @id AND kind = 'create_discount')
        """;

    /// <summary>Returns whether the delivery was dead, still had its body, and is queued now.</summary>
    public async Task<bool> QueueDeliveryAsync(Store store, string id, CancellationToken cancel)
    {
        var queued = await db.DoAsync(QueueDelivery, new { storeId = store.Id, id, now = clock.GetUtcNow() }, cancel) == 1;
        if (queued)
        {
            signal.Set();
        }

        return queued;
    }

    /// <summary>Returns whether the effect was dead and is queued now.</summary>
    public Task<bool> QueueEffectAsync(Store store, string id, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            var args = new { storeId = store.Id, id, now = clock.GetUtcNow() };
            var queued = await tx.DoAsync(QueueEffect, args) == 1;
            if (queued)
            {
                await tx.DoAsync(QueueDiscount, args);
            }

            return queued;
        },
        cancel: cancel);

    /// <summary>The same for a mail alone: of an effect of another kind it changes nothing.</summary>
    public async Task<bool> QueueMailAsync(Store store, string id, CancellationToken cancel) =>
        await db.DoAsync(QueueMail, new { storeId = store.Id, id, now = clock.GetUtcNow() }, cancel) == 1;
}
