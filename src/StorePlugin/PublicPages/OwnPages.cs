// What ambassadors say on their own pages: the name that they show, words, and a picture.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.PublicPages;

/// <summary>What an ambassador has said; null for what they have not.</summary>
/// <param name="ShownName">The name that the public sees; without one nobody is named.</param>
internal sealed record OwnPage(string? ShownName, string? Words, string? PictureId)
{
    public const int NameLengthMax = 60;
    public const int WordsLengthMax = 500;

    public static readonly OwnPage None = new(null, null, null);

    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(OwnPage);
}

internal sealed class OwnPages(Db db, TimeProvider clock)
{
    private const string Read = "SELECT shown_name, words, picture_id FROM ambassador_pages WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    private const string Update =
        """
        UPDATE ambassador_pages SET shown_name = @ShownName, words = @Words, picture_id = @PictureId, updated_at = @Now
        WHERE store_id = @StoreId AND ambassador_id = @AmbassadorId
        """;

    private const string Insert =
        """
        INSERT INTO ambassador_pages (store_id, ambassador_id, shown_name, words, picture_id, updated_at)
        SELECT @StoreId, @AmbassadorId, @ShownName, @Words, @PictureId, @Now
        WHERE NOT EXISTS (SELECT 1 FROM ambassador_pages WHERE store_id = @StoreId AND ambassador_id = @AmbassadorId)
        """;

    private const string Delete = "DELETE FROM ambassador_pages WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    public async Task<OwnPage> FindAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        await db.OneAsync<OwnPage>(Read, new { storeId = store.Id, ambassadorId }, cancel) ?? OwnPage.None;

    /// <summary>The same within a transaction; null where they have said nothing.</summary>
    public static Task<OwnPage?> FindAsync(Tx tx, string storeId, string ambassadorId) => tx.OneAsync<OwnPage>(Read, new { storeId, ambassadorId });

    /// <summary>Replaces name and words, and the picture where one was sent.</summary>
    /// <param name="keepsPicture">Whether the picture of before is shown on where none was sent.</param>
    public Task SetAsync(Store store, string ambassadorId, string? shownName, string? words, Picture? picture, bool keepsPicture, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            // Of two forms at once the second sees the picture of the first, and takes its place.
            await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId);
            var (now, before) = (clock.GetUtcNow(), await FindAsync(tx, store.Id, ambassadorId));
            var pictureId = await Pictures.ReplaceAsync(tx, store, before?.PictureId, picture, keepsPicture, now);
            await tx.PutAsync(
                Update, Insert, $"{store.Id} {ambassadorId} page",
                new { StoreId = store.Id, AmbassadorId = ambassadorId, ShownName = shownName, Words = words, PictureId = pictureId, Now = now });
        },
        cancel: cancel);

    /// <summary>Takes all of it away, with the picture. Returns whether there was anything.</summary>
    public static async Task<bool> DropAsync(Tx tx, string storeId, string ambassadorId)
    {
        if (await tx.OneAsync<OwnPage>(Read, new { storeId, ambassadorId }) is not { } page)
        {
            return false;
        }

        await tx.DoAsync(Delete, new { storeId, ambassadorId });
        if (page.PictureId is { } picture)
        {
            await Pictures.DropAsync(tx, storeId, picture);
        }

        return true;
    }
}
