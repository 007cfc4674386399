// The job that ends erasures: what needs no person's identity is done here in short steps, and may be interrupted between any two.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Privacy;

/// <summary>
/// An erasure is over when nothing of what was erased is left in the database's files either. It may run twice, and on several
/// machines, without effect.
/// </summary>
internal sealed partial class Erasures(Db db, StoreDirectory stores, EraseStore eraseStore, TimeProvider clock, ILogger<Erasures> logger)
{
    private const int RequestsMax = 100;
    private const int BatchMax = 500;

    private const string FindErasing =
        "SELECT id, store_id, topic, received_at, erased_at FROM privacy_requests WHERE state = 'erasing' AND id > @after ORDER BY id";

    /// <summary>Takes a step of each open erasure. Returns how many rows it changed; 0: nothing is left, or what is left waits for something.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var (changed, last) = (0, "");
        while (true)
        {
            var found = await db.ManyAsync<Erasure>($"{FindErasing} {db.Page}", new { after = last, take = RequestsMax }, cancel);
            foreach (var erasure in found)
            {
                changed += await StepAsync(erasure, cancel);
            }

            if (found.Count < RequestsMax)
            {
                return changed;
            }

            last = found[^1].Id;
        }
    }

    private async Task<int> StepAsync(Erasure erasure, CancellationToken cancel)
    {
        if (erasure.Topic == PrivacyTopic.Redact)
        {
            var dropped = await DropBodiesAsync(erasure, cancel);
            return dropped > 0 ? dropped : await EndAsync(erasure, "done", cancel);
        }

        var store = await stores.GetAsync(erasure.StoreId, cancel);
        if (store.IsInstalled)
        {
            return await EndAsync(erasure, "stopped", cancel);
        }

        var (changed, waits) = await eraseStore.StepAsync(store, erasure, cancel);
        if (changed == 0 && waits)
        {
            // What is gone already leaves the files now, however long the rest must wait.
            await db.TruncateLogAsync(cancel);
            return 0;
        }

        return changed > 0 ? changed : await EndAsync(erasure, "done", cancel);
    }

    private const string FindDone =
        """
        SELECT source, delivery_key FROM deliveries
        WHERE store_id = @storeId AND state = 'done' AND body IS NOT NULL AND done_at <= @erasedAt ORDER BY id
        """;

    private const string DropBody =
        "UPDATE deliveries SET body = NULL WHERE store_id = @StoreId AND source = @Source AND delivery_key = @Key AND state = 'done'";

    // Nobody reads the body of what is done with, so that it is not asked whom each is about.
    private async Task<int> DropBodiesAsync(Erasure erasure, CancellationToken cancel)
    {
        var rows = await db.ManyAsync<BodyRow>($"{FindDone} {db.Page}", new { storeId = erasure.StoreId, erasedAt = erasure.ErasedAt, take = BatchMax }, cancel);
        await ShortTransactions.EachAsync(
            db, clock, DropBody, rows, row => [("StoreId", erasure.StoreId), ("Source", row.Source), ("Key", row.DeliveryKey)], cancel);
        return rows.Count;
    }

    private const string End =
        """
        UPDATE privacy_requests SET state = @state, done_at = @now
        WHERE store_id = @storeId AND id = @id AND state = 'erasing' AND (erased_at = @erasedAt OR erased_at IS NULL)
        """;

    private async Task<int> EndAsync(Erasure erasure, string state, CancellationToken cancel)
    {
        // Somebody reads an older state of the database at the moment: the next round finds them gone.
        if (!await db.TruncateLogAsync(cancel))
        {
            return 0;
        }

        var ended = await db.DoAsync(
            End, new { state, storeId = erasure.StoreId, id = erasure.Id, erasedAt = erasure.ErasedAt, now = clock.GetUtcNow() }, cancel);
        Log.Ended(logger, erasure.Id, erasure.Topic, erasure.StoreId, state);
        return ended;
    }

    private sealed record BodyRow(string Source, string DeliveryKey);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The erasure {RequestId} ({Topic}) of {StoreId} is {State}")]
        public static partial void Ended(ILogger logger, string requestId, string topic, string storeId, string state);
    }
}

/// <summary>An erasure that is not over.</summary>
/// <param name="ErasedAt">When its first step was done; null: not yet.</param>
internal sealed record Erasure(string Id, string StoreId, string Topic, DateTimeOffset ReceivedAt, DateTimeOffset? ErasedAt);
