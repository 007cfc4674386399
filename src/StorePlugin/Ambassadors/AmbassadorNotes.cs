// What a store's team notes about an ambassador for itself: sealed, since people write about people, and shown to nobody else.
using System.Text;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="Text">1 to <see cref="AmbassadorNotes.TextLengthMax"/> characters; lines are parted by <c>\n</c>. Null where it can no longer be read.</param>
/// <param name="WrittenBy">Who wrote it, as <see cref="Stores.Visitor.Actor"/> says it.</param>
internal sealed record AmbassadorNote(string Id, string? Text, DateTimeOffset WrittenAt, string WrittenBy)
{
    /// <summary>Says nothing, so that no log line can hold what is written about a person.</summary>
    public override string ToString() => nameof(AmbassadorNote);
}

/// <summary>What came of noting something.</summary>
internal enum NoteStep
{
    Done,
    AmbassadorUnknown,

    /// <summary>There are <see cref="AmbassadorNotes.OfOneMax"/> notes about the ambassador.</summary>
    TooMany,
}

internal sealed class AmbassadorNotes(Db db, StoreKeys keys, TimeProvider clock)
{
    public const int TextLengthMax = 2000;

    /// <summary>How many notes there may be about one ambassador.</summary>
    public const int OfOneMax = 200;

    /// <summary>Begins a list at its newest note: no id lies behind it.</summary>
    public const string Newest = "\uFFFF";

    private const string Columns = "SELECT id, sealed, written_at, written_by FROM ambassador_notes WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    private const string ReadMany = Columns + " AND id < @before ORDER BY id DESC ";

    /// <summary>The newest ones before a note.</summary>
    public async Task<IReadOnlyList<AmbassadorNote>> ListAsync(Store store, string ambassadorId, string before, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>(ReadMany + db.Page, new { storeId = store.Id, ambassadorId, before, take }, cancel)).Select(row => Open(keys, store, row))];

    private const string ReadAll = Columns + " ORDER BY id";

    /// <summary>All of them, oldest first, within a transaction of the caller's.</summary>
    public static async Task<IReadOnlyList<AmbassadorNote>> ListAsync(Tx tx, StoreKeys keys, Store store, string ambassadorId) =>
        [.. (await tx.ManyAsync<Row>(ReadAll, new { storeId = store.Id, ambassadorId })).Select(row => Open(keys, store, row))];

    private const string Count = "SELECT CAST(COUNT(*) AS bigint) FROM ambassador_notes WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    public Task<long> CountAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        db.OneAsync<long>(Count, new { storeId = store.Id, ambassadorId }, cancel);

    private const string Insert =
        """
        INSERT INTO ambassador_notes (store_id, id, ambassador_id, sealed, written_at, written_by)
        VALUES (@storeId, @id, @ambassadorId, @sealedText, @now, @actor)
        """;

    /// <summary>Notes something. The same words by the same person, one after the other, are one note: a form may be sent twice.</summary>
    public Task<NoteStep> AddAsync(Store store, string ambassadorId, string text, string actor, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var id = Ids.New("nte", now);
        var sealedText = keys.SealBody(store, id, Encoding.UTF8.GetBytes(text));
        return db.InTransactionAsync(
            async tx =>
            {
                var args = new { storeId = store.Id, id, ambassadorId, sealedText, now, actor };

                // Of two who write the last two notes at once the second sees what the first has done.
                if (await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId) is null)
                {
                    return NoteStep.AmbassadorUnknown;
                }

                var newest = await tx.OneAsync<Row>(ReadMany + db.Page, new { storeId = store.Id, ambassadorId, before = Newest, take = 1L });
                if (newest is not null && newest.WrittenBy == actor && Open(keys, store, newest).Text == text)
                {
                    return NoteStep.Done;
                }

                if (await tx.OneAsync<long>(Count, args) >= OfOneMax)
                {
                    return NoteStep.TooMany;
                }

                await tx.DoAsync(Insert, args);
                return NoteStep.Done;
            },
            cancel: cancel);
    }

    private const string Delete = "DELETE FROM ambassador_notes WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND id = @id";

    /// <summary>Takes a note away for good. False: there is no such note.</summary>
    public async Task<bool> DeleteAsync(Store store, string ambassadorId, string id, CancellationToken cancel) =>
        await db.DoAsync(Delete, new { storeId = store.Id, ambassadorId, id }, cancel) == 1;

    private static AmbassadorNote Open(StoreKeys keys, Store store, Row row) =>
        new(row.Id, SealedText.Open(keys, store, row.Id, row.Sealed), row.WrittenAt, row.WrittenBy);

    private sealed record Row(string Id, byte[] Sealed, DateTimeOffset WrittenAt, string WrittenBy);
}
