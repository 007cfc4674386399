// A merchant's word that a code of an ambassador's was published where strangers find it (rule F5), with its end.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Abuse;

/// <param name="Code">In the spelling it was given in.</param>
/// <param name="Place">Where it was published: an address or words.</param>
/// <param name="At">When it was noted: what is released from here on is judged by it.</param>
/// <param name="EndedAt">From when on it is published no more; null while it is.</param>
internal sealed record PublishedCode(
    string Id, string Code, string Place, string? Note, string Actor, DateTimeOffset At, DateTimeOffset? EndedAt, string? EndedBy, string? EndedWhy);

/// <summary>What came of noting that a code was published.</summary>
internal abstract record NoteLeakResult
{
    internal sealed record Noted(PublishedCode Leak) : NoteLeakResult;

    /// <summary>It is or was no code of the ambassador's.</summary>
    internal sealed record CodeUnknown : NoteLeakResult;

    /// <summary>The same code at the same place has been noted, and has no end.</summary>
    internal sealed record Known(PublishedCode Leak) : NoteLeakResult;

    /// <summary>The ambassador has <see cref="Leaks.OpenMax"/> that have no end.</summary>
    internal sealed record TooMany : NoteLeakResult;
}

internal sealed class Leaks(Db db, TimeProvider clock)
{
    /// <summary>How many of one ambassador may be without an end.</summary>
    public const int OpenMax = 50;

    private const string Columns =
        """
        SELECT l.id, c.code, l.place, l.note, l.actor, l.at, l.ended_at, l.ended_by, l.ended_why FROM leaks l
        JOIN codes c ON c.store_id = l.store_id AND c.code_key = l.code_key
        WHERE l.store_id = @storeId AND l.ambassador_id = @ambassadorId
        """;

    private const string ReadAll = Columns + " AND l.id > @after ORDER BY l.id ";

    private const string ReadOne = Columns + " AND l.id = @id";

    private const string ReadOpen = Columns + " AND l.ended_at IS NULL AND l.code_key = @codeKey AND l.place = @place ORDER BY l.id ";

    private const string CountOpen =
        "SELECT CAST(COUNT(*) AS bigint) FROM leaks WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND ended_at IS NULL";

    private const string FindCode = "SELECT code FROM codes WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND code_key = @codeKey";

    private const string Insert =
        """
        INSERT INTO leaks (store_id, id, ambassador_id, code_key, place, note, actor, at)
        VALUES (@storeId, @id, @ambassadorId, @codeKey, @place, @note, @actor, @now)
        """;

    private const string End =
        """
        UPDATE leaks SET ended_at = @now, ended_by = @actor, ended_why = @reason
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND id = @id AND ended_at IS NULL
        """;

    public Task<IReadOnlyList<PublishedCode>> ListAsync(Store store, string ambassadorId, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<PublishedCode>(ReadAll + db.Page, new { storeId = store.Id, ambassadorId, after, take }, cancel);

    /// <summary>Notes that a code was published. One that lives no more may be noted as well: orders of its time may be held still.</summary>
    public Task<NoteLeakResult> NoteAsync(Store store, string ambassadorId, string code, string place, string? note, string actor, CancellationToken cancel) =>
        db.InTransactionAsync<NoteLeakResult>(
            async tx =>
            {
                // Of two who note the same at once the second sees what the first has noted.
                await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId);
                var codeKey = CodeKey.Of(code);
                if (await tx.OneAsync<string>(FindCode, new { storeId = store.Id, ambassadorId, codeKey }) is null)
                {
                    return new NoteLeakResult.CodeUnknown();
                }

                if (await tx.OneAsync<PublishedCode>(ReadOpen + db.Page, new { storeId = store.Id, ambassadorId, codeKey, place, take = 1L }) is { } known)
                {
                    return new NoteLeakResult.Known(known);
                }

                if (await tx.OneAsync<long>(CountOpen, new { storeId = store.Id, ambassadorId }) >= OpenMax)
                {
                    return new NoteLeakResult.TooMany();
                }

                var now = clock.GetUtcNow();
                var id = Ids.New("leak", now);
                await tx.DoAsync(Insert, new { storeId = store.Id, id, ambassadorId, codeKey, place, note, actor, now });
                return new NoteLeakResult.Noted((await tx.OneAsync<PublishedCode>(ReadOne, new { storeId = store.Id, ambassadorId, id }))!);
            },
            cancel: cancel);

    /// <summary>Notes that a code is published there no more. Returns it, with the end that it has; null where there is none of this id.</summary>
    public Task<(PublishedCode Leak, bool IsEnded)?> EndAsync(Store store, string ambassadorId, string id, string reason, string actor, CancellationToken cancel) =>
        db.InTransactionAsync<(PublishedCode, bool)?>(
            async tx =>
            {
                var ended = await tx.DoAsync(End, new { storeId = store.Id, ambassadorId, id, reason, actor, now = clock.GetUtcNow() }) == 1;
                return await tx.OneAsync<PublishedCode>(ReadOne, new { storeId = store.Id, ambassadorId, id }) is { } leak ? (leak, ended) : null;
            },
            cancel: cancel);
}
