// Referral links as they stand at present: whom a link belongs to, whether it counts, and the click that a visit on it leaves.
using System.Data.Common;
using System.Net;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <summary>A link with its ambassador, campaign and the code that goes along.</summary>
internal sealed record Link(
    string StoreId, string SlugKey, string Slug, string CampaignId, string AmbassadorId, string AmbassadorState, string CampaignState, string? Code,
    string? DiscountState, bool IsAdopted)
{
    /// <summary>Whether visits are recorded and the discount is given.</summary>
    public bool Counts => AmbassadorState == "approved" && CampaignState == "live";

    /// <summary>
    /// The code that may be applied: one that the platform refused may be somebody else's there, and one that is switched off
    /// takes nothing off.
    /// </summary>
    public string? WorkingCode => DiscountState is "created" or "pending" || IsAdopted ? Code : null;

    /// <summary>A row of <see cref="Links"/>.</summary>
    public static Link Of(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6),
        TextOf(row, 7), TextOf(row, 8), !row.IsDBNull(9));

    private static string? TextOf(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}

/// <param name="Address">Where the visitor is; null where that is unknown.</param>
/// <param name="UserAgent">The visitor's browser; like the address it is hashed for the day and kept nowhere (rule T11).</param>
/// <param name="Referrer">The address that the visitor came from, of which the class is kept.</param>
/// <param name="HasConsent">Whether the visitor has agreed to be followed; false where nobody has asked.</param>
internal sealed record Visit(IPAddress? Address, string UserAgent, string? Referrer, bool HasConsent);

internal sealed partial class Links(Db db, ClickLog clicks, ClickLimit limit, DailyVisitors visitors, TimeProvider clock, ILogger<Links> logger)
{
    /// <summary>What every click's id begins with.</summary>
    public const string ClickPrefix = "clk_";

    private const int ClickIdLengthMax = 40;

    // Of several codes the oldest that works goes along.
    private const string ReadLink =
        """
        SELECT l.store_id, l.slug_key, l.slug, l.campaign_id, l.ambassador_id, a.state AS ambassador_state, k.state AS campaign_state,
            c.code, CASE WHEN c.discount_ended_at IS NULL THEN c.discount_state ELSE 'off' END, c.adopted_at
        FROM link_slugs l
        JOIN ambassadors a ON a.store_id = l.store_id AND a.id = l.ambassador_id
        JOIN campaigns k ON k.store_id = l.store_id AND k.id = l.campaign_id
        LEFT JOIN codes c ON c.store_id = l.store_id AND c.ambassador_id = l.ambassador_id AND c.campaign_id = l.campaign_id AND c.ended_at IS NULL
        WHERE l.slug_key = @slugKey
        ORDER BY CASE WHEN c.adopted_at IS NOT NULL THEN 0 WHEN c.discount_state = 'refused' OR c.discount_ended_at IS NOT NULL THEN 2
            WHEN c.discount_state = 'created' THEN 0 ELSE 1 END, c.assigned_at, c.code_key
        """;

    private const string ReadSlugOfCode =
        """
        SELECT l.slug_key FROM codes c
        JOIN link_slugs l ON l.store_id = c.store_id AND l.ambassador_id = c.ambassador_id AND l.campaign_id = c.campaign_id
        WHERE c.store_id = @storeId AND c.code_key = @codeKey AND c.ended_at IS NULL
        ORDER BY l.created_at, l.slug_key
        """;

    private const string ReadSlugOfClick =
        """
        SELECT l.slug_key FROM clicks c
        JOIN link_slugs l ON l.store_id = c.store_id AND l.ambassador_id = c.ambassador_id AND l.campaign_id = c.campaign_id
        WHERE c.store_id = @storeId AND c.id = @clickId
        ORDER BY l.created_at, l.slug_key
        """;

    /// <summary>The link with this slug, in whichever store; null where there is none.</summary>
    public async Task<Link?> FindAsync(string slug, CancellationToken cancel) =>
        KeyOf(slug) is { } slugKey ? await ReadAsync(slugKey, cancel) : null;

    /// <summary>
    /// The link of a store that a storefront means by a slug, by a live code of the ambassador, whose link may have got another
    /// slug, or by a click that was made on it; null where there is none.
    /// </summary>
    public async Task<Link?> FindAsync(Store store, string reference, CancellationToken cancel)
    {
        if (IsClick(reference))
        {
            return await db.OneAsync<string>($"{ReadSlugOfClick} {db.Page}", new { storeId = store.Id, clickId = reference, take = 1L }, cancel) is { } clicked
                ? await ReadAsync(clicked, cancel)
                : null;
        }

        if (KeyOf(reference) is not { } key)
        {
            return null;
        }

        // A slug is unique over the whole host: what is another store's link may be a code here.
        if (await ReadAsync(key, cancel) is { } link && link.StoreId == store.Id)
        {
            return link;
        }

        return await db.OneAsync<string>($"{ReadSlugOfCode} {db.Page}", new { storeId = store.Id, codeKey = key, take = 1L }, cancel) is { } slugKey
            ? await ReadAsync(slugKey, cancel)
            : null;
    }

    /// <summary>Whether a reference is written as a click's id; whether there is such a click is not asked.</summary>
    public static bool IsClick(string reference) =>
        reference.Length <= ClickIdLengthMax && reference.StartsWith(ClickPrefix, StringComparison.Ordinal);

    /// <summary>
    /// The id of a new click once it is on disk; the slug where the visit is beyond the limit or could not be written, which
    /// the order can still name.
    /// </summary>
    public async Task<string> RecordAsync(Store store, Link link, Visit visit, CancellationToken cancel)
    {
        if (!limit.Admits(link.SlugKey, visit.Address))
        {
            return link.Slug;
        }

        var now = clock.GetUtcNow();
        var first = visitors.MarkFirst(store, link.SlugKey, visit.Address, visit.UserAgent, now);
        var click = new Click(
            store.Id,
            ClickPrefix + Ids.NewUnguessable(),
            link.AmbassadorId,
            link.CampaignId,
            WholeSecond.Of(now),
            store.LocalDay(now),
            Referrer.Of(visit.Referrer, store),
            first is not null,
            visit.HasConsent);
        try
        {
            await clicks.RecordAsync(click, cancel);
            return click.Id;
        }
        // A full disk must not stand between a shopper and the store.
        catch (ClickLostException e)
        {
            // One that was only late is still written, and its visitor has been counted.
            if (first is { } counted && e.InnerException is not TimeoutException)
            {
                visitors.GiveBack(counted);
            }

            Log.ClickLost(logger, link.AmbassadorId, e);
            return link.Slug;
        }
    }

    private Task<Link?> ReadAsync(string slugKey, CancellationToken cancel) =>
        db.FirstAsync($"{ReadLink} {db.Page}", Link.Of, cancel, ("slugKey", slugKey), ("take", 1L));

    private static string? KeyOf(string text)
    {
        var key = text.Length <= CodeKey.KeyLengthMax ? CodeKey.Of(text) : "";
        return key.Length is 0 or > CodeKey.KeyLengthMax ? null : key;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A click for {AmbassadorId} was not recorded; the shopper was sent on")]
        public static partial void ClickLost(ILogger logger, string ambassadorId, Exception exception);
    }
}
