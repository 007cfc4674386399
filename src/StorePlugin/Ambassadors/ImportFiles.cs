// Files of ambassadors that were sent and shown, and wait sealed for the word to import exactly them: a file travels once.
using System.Security.Cryptography;
using System.Text;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="Text">The file; null once it was imported, or where it can no longer be read.</param>
/// <param name="RowCount">Lines with something on them, without the header.</param>
/// <param name="Added">How many people its import has brought; null while it was not imported.</param>
internal sealed record WaitingImport(string Id, string CampaignId, string? Text, long RowCount, long? Added, DateTimeOffset SentAt)
{
    /// <summary>Says nothing, so that no log line can hold people.</summary>
    public override string ToString() => nameof(WaitingImport);
}

internal sealed class ImportFiles(Db db, StoreKeys keys, TimeProvider clock)
{
    /// <summary>Whoever has not said the word by then sends the file again.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    /// <summary>So many files of a store wait at most; a further one takes the place of the oldest.</summary>
    public const int WaitingMax = 10;

    private const string Insert =
        """
        INSERT INTO import_files (store_id, id, campaign_id, sealed, row_count, sent_at, sent_by)
        VALUES (@storeId, @id, @campaignId, @sealedFile, @rowCount, @now, @actor)
        """;

    private const string ReadNewest = "SELECT id, campaign_id, sealed, row_count, added, sent_at FROM import_files WHERE store_id = @storeId ORDER BY id DESC ";

    private const string ReadIds = "SELECT id FROM import_files WHERE store_id = @storeId ORDER BY id DESC ";

    private const string Drop = "DELETE FROM import_files WHERE store_id = @storeId AND id = @id";

    /// <summary>Keeps a file in which nothing was found wrong. Returns its id. The same file, one after the other, waits once: a form may be sent twice.</summary>
    /// <param name="actor">Who sent it, as <see cref="Stores.Visitor.Actor"/> says it.</param>
    public async Task<string> KeepAsync(Store store, string campaignId, string text, long rowCount, string actor, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var id = Ids.New("imf", now);
        var sealedFile = keys.SealBody(store, id, Encoding.UTF8.GetBytes(text));
        return await db.InTransactionAsync(
            async tx =>
            {
                if (await tx.OneAsync<Row>(ReadNewest + db.Page, new { storeId = store.Id, take = 1L }) is { Added: null } newest
                    && newest.CampaignId == campaignId && Open(store, newest) == text)
                {
                    return newest.Id;
                }

                await tx.DoAsync(Insert, new { storeId = store.Id, id, campaignId, sealedFile, rowCount, now, actor });
                foreach (var old in (await tx.ManyAsync<string>(ReadIds + db.Page, new { storeId = store.Id, take = 2L * WaitingMax })).Skip(WaitingMax))
                {
                    await tx.DoAsync(Drop, new { storeId = store.Id, id = old });
                }

                return id;
            },
            cancel: cancel);
    }

    private const string ReadOne = "SELECT id, campaign_id, sealed, row_count, added, sent_at FROM import_files WHERE store_id = @storeId AND id = @id";

    /// <summary>A file that waits, or was imported within a day; null where there is none.</summary>
    public async Task<WaitingImport?> FindAsync(Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<Row>(ReadOne, new { storeId = store.Id, id }, cancel) is { } row
            ? new WaitingImport(row.Id, row.CampaignId, Open(store, row), row.RowCount, row.Added, row.SentAt)
            : null;

    private const string End = "UPDATE import_files SET sealed = NULL, added = @added WHERE store_id = @storeId AND id = @id AND added IS NULL";

    /// <summary>Every row of the file stands here now, and the file goes. Of two who import it at once the first is the one that is told of.</summary>
    public Task<int> EndAsync(Store store, string id, long added, CancellationToken cancel) => db.DoAsync(End, new { storeId = store.Id, id, added }, cancel);

    private string? Open(Store store, Row row)
    {
        if (row.Sealed is null)
        {
            return null;
        }

        try
        {
            return Encoding.UTF8.GetString(keys.OpenBody(store, row.Id, row.Sealed));
        }
        // A store that came back while it was erased has another key.
        catch (CryptographicException)
        {
            return null;
        }
    }

    private sealed record Row(string Id, string CampaignId, byte[]? Sealed, long RowCount, long? Added, DateTimeOffset SentAt);
}
