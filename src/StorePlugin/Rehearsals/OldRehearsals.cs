// Rehearsals that have had their time: their stores leave and are erased as any store that leaves.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Privacy;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

internal sealed class OldRehearsals(Db db, StoreDirectory stores, Installation installation, TimeProvider clock)
{
    /// <summary>How many rehearsals of a store are kept, the newest of all campaigns.</summary>
    public const long KeptMax = 20;

    // More than a store has, unless something went wrong before; the rest goes next time.
    private const long AtOnceMax = 100;

    private const string ReadOld = "SELECT id, rehearsal_store_id, state FROM rehearsals WHERE store_id = @storeId ORDER BY id DESC";

    private const string DropLetters = "DELETE FROM rehearsal_letters WHERE store_id = @storeId AND rehearsal_id = @id";

    private const string DropSteps = "DELETE FROM rehearsal_steps WHERE store_id = @storeId AND rehearsal_id = @id";

    private const string Drop = "DELETE FROM rehearsals WHERE store_id = @storeId AND id = @id";

    /// <summary>Drops all but the newest ones; whichever runs still stays, unless none is to be kept. Returns how many.</summary>
    /// <param name="mayDrop">Asked in the transaction of each; null: always.</param>
    public async Task<int> DropAsync(Store store, long kept, CancellationToken cancel, Func<Tx, Task<bool>>? mayDrop = null)
    {
        var found = await db.ManyAsync<Row>($"{ReadOld} {db.Page}", new { storeId = store.Id, take = kept + AtOnceMax }, cancel);
        var dropped = 0;
        foreach (var row in found.Skip((int)kept).Where(row => kept == 0 || row.State != RehearsalState.Running))
        {
            var own = row.RehearsalStoreId is { } id ? await stores.FindAsync(id, cancel) : null;
            var isDropped = await db.InTransactionAsync(
                async tx =>
                {
                    if (mayDrop is not null && !await mayDrop(tx))
                    {
                        return false;
                    }

                    if (own is not null)
                    {
                        await LeaveAsync(tx, own);
                    }

                    var args = new { storeId = store.Id, id = row.Id };
                    await tx.DoAsync(DropLetters, args);
                    await tx.DoAsync(DropSteps, args);
                    return await tx.DoAsync(Drop, args) == 1;
                },
                cancel: cancel);
            if (own is not null)
            {
                installation.Forget(own);
            }

            dropped += isDropped ? 1 : 0;
        }

        return dropped;
    }

    // The made-up people go with it, and its books stay with nobody's name in them (docs/decisions/0018-erasure.md).
    private async Task LeaveAsync(Tx tx, Store own)
    {
        var now = clock.GetUtcNow();
        await installation.UninstallAsync(tx, own);
        var subject = now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        await PrivacyRequests.BeginErasingAsync(tx, own.Id, new NewRequest(PrivacyTopic.ShopRedact, subject, null), now, erasedAt: null);
    }

    private sealed record Row(string Id, string? RehearsalStoreId, string State);
}
