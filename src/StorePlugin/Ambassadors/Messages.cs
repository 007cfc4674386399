// What ambassadors and the store's people write to each other: one thread for each ambassador, sealed, with the age of what waits.
using System.Text;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="Side"><c>ambassador</c> or <c>store</c>.</param>
/// <param name="Text">1 to <see cref="Messages.TextLengthMax"/> characters; lines are parted by <c>\n</c>. Null where it can no longer be read.</param>
/// <param name="WrittenBy">Who wrote it, as the books name them.</param>
internal sealed record ThreadMessage(string Id, string Side, string? Text, DateTimeOffset WrittenAt, string WrittenBy)
{
    public const string Ambassador = "ambassador";
    public const string Store = "store";

    /// <summary>Says nothing, so that no log line can hold what a person wrote.</summary>
    public override string ToString() => nameof(ThreadMessage);
}

/// <param name="WaitingSince">The first message of the ambassador that nobody of the store has answered; null where none waits.</param>
/// <param name="UnreadSince">The first message of the store that the ambassador has not seen; null where they have seen all.</param>
internal sealed record MessageThread(string AmbassadorId, DateTimeOffset LastAt, DateTimeOffset? WaitingSince, DateTimeOffset? UnreadSince);

/// <summary>What came of writing.</summary>
internal enum MessageStep
{
    Done,
    AmbassadorUnknown,

    /// <summary>As many as a side may write in a day were written.</summary>
    TooMany,
}

internal sealed class Messages(Db db, StoreKeys keys, TimeProvider clock)
{
    public const int TextLengthMax = 2000;

    /// <summary>So many messages an ambassador may write in any 24 hours.</summary>
    public const int OfAmbassadorMax = 20;

    /// <summary>So many the store's people may write to one ambassador in any 24 hours.</summary>
    public const int OfStoreMax = 100;

    /// <summary>Begins a list at its newest message: no id lies behind it.</summary>
    public const string Newest = "\uFFFF";

    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    private const string Columns = "SELECT id, side, sealed, written_at, written_by FROM messages WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    private const string ReadMany = Columns + " AND id < @before ORDER BY id DESC ";

    /// <summary>The newest ones of a thread before a message.</summary>
    public async Task<IReadOnlyList<ThreadMessage>> ListAsync(Store store, string ambassadorId, string before, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>(ReadMany + db.Page, new { storeId = store.Id, ambassadorId, before, take }, cancel)).Select(row => Open(keys, store, row))];

    private const string ReadAll = Columns + " ORDER BY id";

    /// <summary>All of a thread, the oldest first, within a transaction of the caller's.</summary>
    public static async Task<IReadOnlyList<ThreadMessage>> ListAsync(Tx tx, StoreKeys keys, Store store, string ambassadorId) =>
        [.. (await tx.ManyAsync<Row>(ReadAll, new { storeId = store.Id, ambassadorId })).Select(row => Open(keys, store, row))];

    private const string ThreadColumns = "SELECT ambassador_id, last_at, waiting_since, unread_since FROM message_threads WHERE store_id = @storeId";

    private const string ReadThread = ThreadColumns + " AND ambassador_id = @ambassadorId";

    /// <summary>The thread of an ambassador; null where nobody has written yet.</summary>
    public Task<MessageThread?> FindThreadAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        db.OneAsync<MessageThread>(ReadThread, new { storeId = store.Id, ambassadorId }, cancel);

    private const string ReadWaiting =
        ThreadColumns + " AND waiting_since >= @at AND (waiting_since > @at OR ambassador_id > @ambassadorId) ORDER BY waiting_since, ambassador_id ";

    /// <summary>The threads that wait for the store's people, the longest first, behind one of them.</summary>
    public Task<IReadOnlyList<MessageThread>> ListWaitingAsync(Store store, DateTimeOffset at, string ambassadorId, long take, CancellationToken cancel) =>
        db.ManyAsync<MessageThread>(ReadWaiting + db.Page, new { storeId = store.Id, at, ambassadorId, take }, cancel);

    private const string ReadLatest =
        ThreadColumns + " AND last_at <= @at AND (last_at < @at OR ambassador_id < @ambassadorId) ORDER BY last_at DESC, ambassador_id DESC ";

    /// <summary>All threads, the one in which was written last first, behind one of them.</summary>
    public Task<IReadOnlyList<MessageThread>> ListLatestAsync(Store store, DateTimeOffset at, string ambassadorId, long take, CancellationToken cancel) =>
        db.ManyAsync<MessageThread>(ReadLatest + db.Page, new { storeId = store.Id, at, ambassadorId, take }, cancel);

    private const string CountWaiting =
        """
        SELECT CAST(COUNT(*) AS bigint) AS waiting, COALESCE(MIN(waiting_since), 0) AS oldest_ms FROM message_threads
        WHERE store_id = @storeId AND waiting_since IS NOT NULL
        """;

    /// <summary>How many threads wait for the store's people, and since when the oldest does; null where none waits.</summary>
    public async Task<(long Waiting, DateTimeOffset Oldest)?> WaitingAsync(Store store, CancellationToken cancel) =>
        await db.OneAsync<WaitingRow>(CountWaiting, new { storeId = store.Id }, cancel) is { Waiting: > 0 } row
            ? (row.Waiting, DateTimeOffset.FromUnixTimeMilliseconds(row.OldestMs))
            : null;

    private const string CountLately =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM messages
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND side = @side AND written_at > @since
        """;

    private const string Insert =
        """
        INSERT INTO messages (store_id, id, ambassador_id, side, sealed, written_at, written_by)
        VALUES (@storeId, @id, @ambassadorId, @side, @sealedText, @now, @actor)
        """;

    private const string UpdateByAmbassador =
        """
        UPDATE message_threads SET last_at = @now, waiting_since = COALESCE(waiting_since, @now), unread_since = NULL
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId
        """;

    private const string InsertByAmbassador =
        "INSERT INTO message_threads (store_id, ambassador_id, last_at, waiting_since) VALUES (@storeId, @ambassadorId, @now, @now)";

    private const string UpdateByStore =
        """
        UPDATE message_threads SET last_at = @now, waiting_since = NULL, unread_since = COALESCE(unread_since, @now)
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId
        """;

    private const string InsertByStore =
        "INSERT INTO message_threads (store_id, ambassador_id, last_at, unread_since) VALUES (@storeId, @ambassadorId, @now, @now)";

    /// <summary>What the ambassador writes waits from now on, and the store's people are told by mail.</summary>
    public Task<MessageStep> WriteAsync(Store store, string ambassadorId, string text, CancellationToken cancel) =>
        WriteAsync(store, ambassadorId, ThreadMessage.Ambassador, text, $"ambassador {ambassadorId}", cancel);

    /// <summary>What the store's people write answers all that waits, and the ambassador is told by mail.</summary>
    public Task<MessageStep> AnswerAsync(Store store, string ambassadorId, string text, string actor, CancellationToken cancel) =>
        WriteAsync(store, ambassadorId, ThreadMessage.Store, text, actor, cancel);

    /// <summary>The same words of one side, one after the other, are one message: a form may be sent twice.</summary>
    private Task<MessageStep> WriteAsync(Store store, string ambassadorId, string side, string text, string actor, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var id = Ids.New("msg", now);
        var sealedText = keys.SealBody(store, id, Encoding.UTF8.GetBytes(text));
        var isAmbassador = side == ThreadMessage.Ambassador;
        return db.InTransactionAsync(
            async tx =>
            {
                var args = new { storeId = store.Id, id, ambassadorId, side, sealedText, now, actor, since = now - Window };

                // Of two forms at once the second sees what the first has done.
                if (await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId) is null)
                {
                    return MessageStep.AmbassadorUnknown;
                }

                var newest = await tx.OneAsync<Row>(ReadMany + db.Page, new { storeId = store.Id, ambassadorId, before = Newest, take = 1L });
                if (newest is not null && newest.Side == side && newest.WrittenBy == actor && Open(keys, store, newest).Text == text)
                {
                    return MessageStep.Done;
                }

                if (await tx.OneAsync<long>(CountLately, args) >= (isAmbassador ? OfAmbassadorMax : OfStoreMax))
                {
                    return MessageStep.TooMany;
                }

                await tx.DoAsync(Insert, args);
                if (await tx.DoAsync(isAmbassador ? UpdateByAmbassador : UpdateByStore, args) == 0)
                {
                    await tx.DoAsync(isAmbassador ? InsertByAmbassador : InsertByStore, args);
                }

                await new MailNotice(isAmbassador ? MailNotice.QuestionWaits : MailNotice.MessageWaits, ambassadorId, Day: LocalDay.Of(store, now)).AddAsync(tx, store.Id, now);
                return MessageStep.Done;
            },
            cancel: cancel);
    }

    private const string Settle = "UPDATE message_threads SET waiting_since = NULL WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    /// <summary>What waits needs no answer. False: nobody has written yet.</summary>
    public async Task<bool> SettleAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        await db.DoAsync(Settle, new { storeId = store.Id, ambassadorId }, cancel) == 1;

    private const string MarkRead =
        """
        UPDATE message_threads SET unread_since = NULL
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND unread_since IS NOT NULL AND last_at <= @lastAt
        """;

    /// <summary>The ambassador has seen a thread as it was; what was written since then stays unread.</summary>
    public Task MarkReadAsync(Store store, MessageThread seen, CancellationToken cancel) =>
        db.DoAsync(MarkRead, new { storeId = store.Id, ambassadorId = seen.AmbassadorId, lastAt = seen.LastAt }, cancel);

    private const string DropMessages = "DELETE FROM messages WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    private const string DropThread = "DELETE FROM message_threads WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    /// <summary>Takes a whole thread away.</summary>
    public static async Task<int> DropAsync(Tx tx, string storeId, string ambassadorId) =>
        await tx.DoAsync(DropMessages, new { storeId, ambassadorId }) + await tx.DoAsync(DropThread, new { storeId, ambassadorId });

    private const string HoldOld = "UPDATE message_threads SET last_at = last_at WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND last_at <= @before";

    /// <summary>The same, unless somebody has written since an instant.</summary>
    public static async Task DropOldAsync(Tx tx, string storeId, string ambassadorId, DateTimeOffset before)
    {
        if (await tx.DoAsync(HoldOld, new { storeId, ambassadorId, before }) == 1)
        {
            await DropAsync(tx, storeId, ambassadorId);
        }
    }

    private static ThreadMessage Open(StoreKeys keys, Store store, Row row) =>
        new(row.Id, row.Side, SealedText.Open(keys, store, row.Id, row.Sealed), row.WrittenAt, row.WrittenBy);

    private sealed record Row(string Id, string Side, byte[] Sealed, DateTimeOffset WrittenAt, string WrittenBy);

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record WaitingRow
    {
        public long Waiting { get; init; }

        public long OldestMs { get; init; }
    }
}
