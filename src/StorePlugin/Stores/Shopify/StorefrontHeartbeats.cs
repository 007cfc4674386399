// Whether the parts of the app that run in a storefront are heard of: the theme's app embed and the web pixel.
using System.Data.Common;
using System.Globalization;
using StorePlugin.Data;

namespace StorePlugin.Stores.Shopify;

/// <summary>The parts that are heard of.</summary>
internal static class StorefrontPart
{
    /// <summary>The theme's app embed: it runs.</summary>
    public const string Embed = "embed";

    /// <summary>The web pixel: a checkout was completed. Anybody can say so; it is a hint and nothing rests on it.</summary>
    public const string Pixel = "pixel";
}

/// <summary>What the merchant should know of their storefront, and where to mend it.</summary>
/// <param name="Text">In sentences.</param>
/// <param name="Link">The theme editor with the app embed.</param>
public sealed record StorefrontFinding(string Text, string Link);

internal sealed class StorefrontHeartbeats(Db db, Settings settings, TimeProvider clock)
{
    /// <summary>The file name of the block in <c>infra/extensions</c>, by which the theme editor finds it.</summary>
    private const string EmbedHandle = "ambassador-embed";

    // So often at most is a row written, however many shoppers come.
    private static readonly TimeSpan Each = TimeSpan.FromHours(1);

    private static readonly TimeSpan SilenceMax = TimeSpan.FromDays(14);

    private const string ReadSeen = "SELECT last_seen_at FROM storefront_heartbeats WHERE store_id = @storeId AND kind = @kind";

    private const string Update =
        """
        UPDATE storefront_heartbeats SET last_seen_at = @now, theme_id = @themeId
        WHERE store_id = @storeId AND kind = @kind AND last_seen_at <= @before
        """;

    private const string Insert =
        """
        INSERT INTO storefront_heartbeats (store_id, kind, first_seen_at, last_seen_at, theme_id)
        SELECT @storeId, @kind, @now, @now, @themeId
        WHERE NOT EXISTS (SELECT 1 FROM storefront_heartbeats WHERE store_id = @storeId AND kind = @kind)
        """;

    /// <summary>Notes that a part was heard of; writes once an hour at most.</summary>
    /// <param name="part">A word of <see cref="StorefrontPart"/>.</param>
    /// <param name="themeId">The platform's number of the theme; null where it is not told.</param>
    public async Task SeenAsync(Store store, string part, long? themeId, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (now - await LastSeenAsync(store, part, cancel) < Each)
        {
            return;
        }

        var args = new { storeId = store.Id, kind = part, now, themeId, before = now - Each };
        // Two may be the first at once; whichever was first has said the same.
        try
        {
            await db.InTransactionAsync(
                async tx =>
                {
                    if (await tx.DoAsync(Update, args) == 0)
                    {
                        await tx.DoAsync(Insert, args);
                    }
                },
                cancel: cancel);
        }
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
        }
    }

    /// <summary>When a part was last heard of, to the hour; null: never.</summary>
    /// <param name="part">A word of <see cref="StorefrontPart"/>.</param>
    public Task<DateTimeOffset?> LastSeenAsync(Store store, string part, CancellationToken cancel) =>
        db.OneAsync<DateTimeOffset?>(ReadSeen, new { storeId = store.Id, kind = part }, cancel);

    private const string ReadNewestOrder = "SELECT at FROM orders WHERE store_id = @storeId ORDER BY at DESC, order_id DESC";

    /// <summary>
    /// What is to be said of the theme's app embed: that it was never heard of, or not for two weeks in which orders came.
    /// Null where it runs, and for stores that are not on Shopify.
    /// </summary>
    public async Task<StorefrontFinding?> FindingAsync(Store store, CancellationToken cancel)
    {
        if (store is not { Platform: "shopify", IsInstalled: true, IsLive: true } || settings.Shopify is not { } shopify)
        {
            return null;
        }

        const string Without = "Links with a discount work without it: the code on the order names the ambassador. "
            + "Links without a discount, and knowing when a checkout began, need it.";
        var link = $"https://{store.Domain}/admin/themes/current/editor?context=apps&activateAppId={Uri.EscapeDataString(shopify.ClientId)}/{EmbedHandle}";
        if (await LastSeenAsync(store, StorefrontPart.Embed, cancel) is not { } seen)
        {
            return new StorefrontFinding($"The app embed is not switched on in your theme. {Without}", link);
        }

        return clock.GetUtcNow() - seen >= SilenceMax
            && await db.OneAsync<DateTimeOffset?>($"{ReadNewestOrder} {db.Page}", new { storeId = store.Id, take = 1L }, cancel) > seen
            ? new StorefrontFinding(
                string.Create(CultureInfo.InvariantCulture, $"The app embed in your theme was last heard of on {seen:d MMMM yyyy}, and orders have come since. ")
                    + $"It may be switched off, or missing in a new theme. {Without}",
                link)
            : null;
    }
}
