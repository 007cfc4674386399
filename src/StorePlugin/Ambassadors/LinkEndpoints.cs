// Referral links: /r/{link} records the click and sends the shopper to the store with the discount applied.
using System.Data.Common;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal static partial class LinkEndpoints
{
    // Of several codes the oldest that works goes along.
    private const string ReadLink =
        """
        SELECT l.store_id, l.slug_key, l.slug, l.campaign_id, l.ambassador_id, a.state AS ambassador_state, k.state AS campaign_state,
            c.code, c.discount_state, c.adopted_at
        FROM link_slugs l
        JOIN ambassadors a ON a.store_id = l.store_id AND a.id = l.ambassador_id
        JOIN campaigns k ON k.store_id = l.store_id AND k.id = l.campaign_id
        LEFT JOIN codes c ON c.store_id = l.store_id AND c.ambassador_id = l.ambassador_id AND c.campaign_id = l.campaign_id AND c.ended_at IS NULL
        WHERE l.slug_key = @slugKey
        ORDER BY CASE WHEN c.discount_state = 'created' OR c.adopted_at IS NOT NULL THEN 0 WHEN c.discount_state = 'refused' THEN 2 ELSE 1 END,
            c.assigned_at, c.code_key
        """;

    public static void MapLinks(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/r/{link}", [HttpMethods.Get, HttpMethods.Head], Follow).ExcludeFromDescription();

    private static async Task<IResult> Follow(
        HttpContext context,
        string link,
        Db db,
        StoreDirectory stores,
        Platforms platforms,
        ClickLog clicks,
        ClickLimit limit,
        DailyVisitors visitors,
        TimeProvider clock,
        ILogger<ClickLog> logger,
        CancellationToken cancel)
    {
        // Each visit is to be seen, and where it came from is the store's business, not the next site's.
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        context.Response.Headers["X-Robots-Tag"] = "noindex, nofollow";

        if (await FindAsync(link, db, cancel) is not { } row
            || await stores.FindAsync(row.StoreId, cancel) is not { IsInstalled: true } store
            || platforms.Find(store) is not { } platform)
        {
            return Refusal(
                context, StatusCodes.Status404NotFound, "link-unknown", "This link leads nowhere.", "It may have been typed wrongly, or it is no longer in use.");
        }

        if (PathOf(context.Request) is not { } path)
        {
            return Refusal(
                context,
                StatusCodes.Status400BadRequest,
                "path-refused",
                "This link cannot be followed.",
                "What follows ?to= must be a path in the store, such as /products/mug.");
        }

        if (row is not { AmbassadorState: "approved", CampaignState: "live" })
        {
            return TypedResults.Redirect(platform.LandingUrl(store, null, path, null).AbsoluteUri);
        }

        // A code that the platform refused may be somebody else's there.
        var code = row.DiscountState is "created" or "pending" || row.IsAdopted ? row.Code : null;
        var reference = Visitor.IsPerson(context.Request) && limit.Admits(row.SlugKey, context.Connection.RemoteIpAddress)
            ? await RecordAsync(context, row, store, clicks, visitors, clock, logger, cancel)
            : row.Slug;
        return TypedResults.Redirect(platform.LandingUrl(store, code, path, reference).AbsoluteUri);
    }

    private static async Task<Row?> FindAsync(string link, Db db, CancellationToken cancel)
    {
        var slugKey = link.Length <= CodeKey.KeyLengthMax ? CodeKey.Of(link) : "";
        return slugKey.Length is 0 or > CodeKey.KeyLengthMax
            ? null
            : await db.FirstAsync($"{ReadLink} {db.Page}", Row.Of, cancel, ("slugKey", slugKey), ("take", 1L));
    }

    /// <summary>The path asked for, without the reference of another link; null when it is not the store's own.</summary>
    private static string? PathOf(HttpRequest request)
    {
        var to = request.Query["to"];
        return to.Count == 0 ? "/" : to is [{ } path] && LandingPath.IsOwn(path) ? LandingPath.WithoutReference(path) : null;
    }

    /// <summary>The click's id once it is on disk; the slug where it could not be written, which the order can still name.</summary>
    private static async Task<string> RecordAsync(
        HttpContext context,
        Row row,
        Store store,
        ClickLog clicks,
        DailyVisitors visitors,
        TimeProvider clock,
        ILogger<ClickLog> logger,
        CancellationToken cancel)
    {
        var headers = context.Request.Headers;
        var now = clock.GetUtcNow();
        var first = visitors.MarkFirst(store, row.SlugKey, context.Connection.RemoteIpAddress, headers.UserAgent.ToString(), now);
        var click = new Click(
            store.Id,
            "clk_" + Ids.NewUnguessable(),
            row.AmbassadorId,
            row.CampaignId,
            WholeSecond.Of(now),
            Referrer.Of(headers.Referer.ToString(), store),
            first is not null);
        try
        {
            await clicks.RecordAsync(click, cancel);
            return click.Id;
        }
        // A full disk must not stand between a shopper and the store.
        catch (ClickLostException e)
        {
            // One that was only late is still written, and its visitor has been counted.
            if (first is { } visit && e.InnerException is not TimeoutException)
            {
                visitors.GiveBack(visit);
            }

            Log.ClickLost(logger, row.AmbassadorId, e);
            return row.Slug;
        }
    }

    /// <summary>A page for people, a problem for programs. It names neither store nor ambassador.</summary>
    private static IResult Refusal(HttpContext context, int status, string slug, string title, string detail) =>
        context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? TypedResults.Text(
                $"""
                <!doctype html>
                <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
                <body><main><h1>{title}</h1><p>{detail}</p></main></body></html>
                """,
                "text/html; charset=utf-8",
                statusCode: status)
            : Problems.Of(status, slug, title, detail);

    private sealed record Row(
        string StoreId, string SlugKey, string Slug, string CampaignId, string AmbassadorId, string AmbassadorState, string CampaignState, string? Code,
        string? DiscountState, bool IsAdopted)
    {
        /// <summary>A row of <see cref="ReadLink"/>.</summary>
        public static Row Of(DbDataReader row) => new(
            row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6),
            TextOf(row, 7), TextOf(row, 8), !row.IsDBNull(9));

        private static string? TextOf(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A click for {AmbassadorId} was not recorded; the shopper was sent on")]
        public static partial void ClickLost(ILogger logger, string ambassadorId, Exception exception);
    }
}
