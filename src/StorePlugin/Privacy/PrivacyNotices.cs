// The versions of a store's privacy notice, and which of them an ambassador has seen.
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Privacy;

/// <param name="Number">1 and rising for each store.</param>
/// <param name="Since">When the version was first shown to anybody.</param>
internal sealed record NoticeVersion(long Number, DateTimeOffset Since, PrivacyNotice Notice);

/// <param name="Number">Of the version that was seen.</param>
internal sealed record NoticeView(long Number, DateTimeOffset SeenAt);

internal sealed class PrivacyNotices(Db db, StoreContact contact, TimeProvider clock)
{
    private const string ReadNewest = "SELECT number, text_hash, since FROM privacy_notices WHERE store_id = @storeId ORDER BY number DESC ";

    private const string Insert =
        """
        INSERT INTO privacy_notices (store_id, number, text_hash, since)
        SELECT @storeId, @number, @hash, @now
        WHERE NOT EXISTS (SELECT 1 FROM privacy_notices WHERE store_id = @storeId AND number = @number)
        """;

    /// <summary>The notice as it is now. A text that is another than the newest version's is a new version from now on.</summary>
    public async Task<NoticeVersion> CurrentAsync(Store store, CancellationToken cancel)
    {
        var notice = PrivacyNotice.Of(store.DisplayName, store.PrimaryDomain ?? store.Domain, await contact.FindAsync(store.Id, cancel));
        var newest = await NewestAsync(store, cancel);
        if (newest?.TextHash == notice.Hash)
        {
            return new NoticeVersion(newest.Number, newest.Since, notice);
        }

        var (number, now) = ((newest?.Number ?? 0) + 1, clock.GetUtcNow());
        try
        {
            await db.DoAsync(Insert, new { storeId = store.Id, number, hash = notice.Hash, now }, cancel);
        }
        // Somebody else has opened the page at the same moment; theirs is the version.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
        }

        var kept = (await NewestAsync(store, cancel))!;
        return new NoticeVersion(kept.Number, kept.Since, notice);
    }

    private Task<Version?> NewestAsync(Store store, CancellationToken cancel) => db.OneAsync<Version>(ReadNewest + db.Page, new { storeId = store.Id, take = 1L }, cancel);

    private const string ReadSeen = "SELECT number, seen_at FROM privacy_notice_views WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND number = @number";

    /// <summary>When an ambassador has seen a version; null where they have not.</summary>
    public async Task<DateTimeOffset?> SeenAtAsync(Store store, string ambassadorId, long number, CancellationToken cancel) =>
        (await db.OneAsync<NoticeView>(ReadSeen, new { storeId = store.Id, ambassadorId, number }, cancel))?.SeenAt;

    private const string ReadViews = "SELECT number, seen_at FROM privacy_notice_views WHERE store_id = @storeId AND ambassador_id = @ambassadorId ORDER BY number";

    /// <summary>All that an ambassador has seen, within a transaction of the caller's.</summary>
    public static Task<IReadOnlyList<NoticeView>> ViewsAsync(Tx tx, string storeId, string ambassadorId) => tx.ManyAsync<NoticeView>(ReadViews, new { storeId, ambassadorId });

    private const string InsertView =
        """
        INSERT INTO privacy_notice_views (store_id, ambassador_id, number, seen_at)
        SELECT @storeId, @ambassadorId, @number, @at
        WHERE NOT EXISTS (SELECT 1 FROM privacy_notice_views WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND number = @number)
        """;

    /// <summary>Notes that an ambassador has seen the notice as it is now. False: it is another one than was shown to them.</summary>
    /// <param name="hash">Of the text that was shown.</param>
    public async Task<bool> NoteSeenAsync(Store store, string ambassadorId, string hash, CancellationToken cancel)
    {
        var current = await CurrentAsync(store, cancel);
        if (current.Notice.Hash != hash)
        {
            return false;
        }

        try
        {
            await db.InTransactionAsync(tx => NoteSeenAsync(tx, store.Id, ambassadorId, current.Number, clock.GetUtcNow()), cancel: cancel);
        }
        // They pressed the button twice; what they said stands.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
        }

        return true;
    }

    /// <summary>The same of a version that stood beside a form, in the caller's transaction.</summary>
    public static Task<int> NoteSeenAsync(Tx tx, string storeId, string ambassadorId, long number, DateTimeOffset at) =>
        tx.DoAsync(InsertView, new { storeId, ambassadorId, number, at });

    private const string DropViews = "DELETE FROM privacy_notice_views WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    public static Task<int> DropAsync(Tx tx, string storeId, string ambassadorId) => tx.DoAsync(DropViews, new { storeId, ambassadorId });

    private sealed record Version(long Number, string TextHash, DateTimeOffset Since);
}
