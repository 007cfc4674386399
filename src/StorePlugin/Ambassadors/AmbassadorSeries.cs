// Series of codes of an ambassador: each code works once, and is handed to one shopper.
using System.Data.Common;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <summary>A series as it stands. By properties, not by position: SQLite has no type for a count of no rows.</summary>
internal sealed record CodeSeries
{
    public string Id { get; init; } = "";

    /// <summary>How many codes it is to have.</summary>
    public long CodeCount { get; init; }

    /// <summary>How many exist in the store.</summary>
    public long MadeCount { get; init; }

    /// <summary>How many a paid order has used.</summary>
    public long UsedCount { get; init; }

    /// <summary><c>making</c>, <c>made</c>, <c>refused</c> or <c>ended</c>.</summary>
    public string State { get; init; } = "";

    /// <summary>What each code takes off, in basis points.</summary>
    public long DiscountBp { get; init; }

    /// <summary>Why it is not as it should be, in words.</summary>
    public string? Problem { get; init; }

    public string Actor { get; init; } = "";

    /// <summary>Orders from this second on count.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Orders from this second on do not; null while it lives.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A code of a series. By properties, not by position: SQLite has no type for the least of no rows.</summary>
internal sealed record CodeOfSeries
{
    /// <summary>Its place on the list; of two with one number the store has refused the first.</summary>
    public long Number { get; init; }

    public string CodeKey { get; init; } = "";

    public string Code { get; init; } = "";

    /// <summary><c>waiting</c>, <c>made</c> or <c>refused</c>.</summary>
    public string State { get; init; } = "";

    /// <summary>Where the first paid order that used it stands among others; null where none has.</summary>
    public string? UsedKey { get; init; }

    /// <summary>The platform's id of that order.</summary>
    public string? UsedByOrderId => UsedKey?[(UsedKey.IndexOf(':', StringComparison.Ordinal) + 1)..];
}

/// <summary>What came of asking for a series.</summary>
internal abstract record AddSeriesResult
{
    internal sealed record Added(CodeSeries Series) : AddSeriesResult;

    internal sealed record AmbassadorUnknown : AddSeriesResult;

    internal sealed record AmbassadorEnded : AddSeriesResult;

    internal sealed record AmbassadorSuspended : AddSeriesResult;

    internal sealed record CampaignDraft : AddSeriesResult;

    internal sealed record CampaignEnded : AddSeriesResult;

    /// <summary>The campaign gives friends no discount: there is nothing that could work once.</summary>
    internal sealed record NoDiscount : AddSeriesResult;

    /// <summary>The ambassador has <see cref="AmbassadorSeries.LiveMax"/> live series.</summary>
    internal sealed record TooMany : AddSeriesResult;

    /// <summary>The ambassador would have more than <see cref="AmbassadorSeries.LiveCodesMax"/> codes that nobody has used.</summary>
    /// <param name="Unused">How many they have.</param>
    internal sealed record TooManyCodes(long Unused) : AddSeriesResult;
}

internal sealed class AmbassadorSeries(Db db, TimeProvider clock)
{
    /// <summary>How many codes one series may have.</summary>
    public const int CodesMax = 1000;

    /// <summary>How many series of one ambassador may live at once.</summary>
    public const int LiveMax = 10;

    /// <summary>How many codes that nobody has used one ambassador may have in them.</summary>
    public const int LiveCodesMax = 5000;

    private const int RaceTriesMax = 5;

    // Each number may have a code that was refused beside the one that took its place.
    private const long RowsMax = 3 * CodesMax;

    private const string Columns =
        """
        SELECT s.id, s.code_count, s.made_count, s.state, s.discount_bp, s.problem, s.actor, s.created_at, s.ended_at,
            (SELECT CAST(COUNT(*) AS bigint) FROM series_codes c WHERE c.store_id = s.store_id AND c.series_id = s.id
                AND EXISTS (SELECT 1 FROM series_uses u WHERE u.store_id = c.store_id AND u.code_key = c.code_key)) AS used_count
        FROM code_series s WHERE s.store_id = @storeId AND s.ambassador_id = @ambassadorId
        """;

    private const string ReadMany = Columns + " AND s.id > @after ORDER BY s.id ";

    private const string ReadOne = Columns + " AND s.id = @id";

    private const string CodeColumns =
        """
        SELECT c.number, c.code_key, c.code, c.state,
            (SELECT MIN(u.sort_key) FROM series_uses u WHERE u.store_id = c.store_id AND u.code_key = c.code_key) AS used_key
        FROM series_codes c WHERE c.store_id = @storeId AND c.series_id = @id
        """;

    private const string ReadCodes = CodeColumns +
        " AND c.number >= @number AND (c.number > @number OR c.code_key > @codeKey) ORDER BY c.number, c.code_key ";

    private const string ReadMade = CodeColumns + " AND c.state = 'made' ORDER BY c.number, c.code_key ";

    /// <summary>The series of an ambassador, oldest first, with those that have ended.</summary>
    public Task<IReadOnlyList<CodeSeries>> ListAsync(Store store, string ambassadorId, string after, long take, CancellationToken cancel) =>
        ListAsync(db, store, ambassadorId, after, take, cancel);

    /// <summary>The same for pages, which have a database and no services.</summary>
    public static Task<IReadOnlyList<CodeSeries>> ListAsync(Db db, Store store, string ambassadorId, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<CodeSeries>(ReadMany + db.Page, new { storeId = store.Id, ambassadorId, after, take }, cancel);

    public Task<CodeSeries?> FindAsync(Store store, string ambassadorId, string id, CancellationToken cancel) =>
        db.OneAsync<CodeSeries>(ReadOne, new { storeId = store.Id, ambassadorId, id }, cancel);

    /// <summary>The codes of a series by their numbers, after one of them.</summary>
    public Task<IReadOnlyList<CodeOfSeries>> CodesAsync(Store store, string id, (long Number, string CodeKey) after, long take, CancellationToken cancel) =>
        db.ManyAsync<CodeOfSeries>(ReadCodes + db.Page, new { storeId = store.Id, id, number = after.Number, codeKey = after.CodeKey, take }, cancel);

    /// <summary>All codes of a series that exist in the store.</summary>
    public Task<IReadOnlyList<CodeOfSeries>> MadeCodesAsync(Store store, string id, CancellationToken cancel) =>
        db.ManyAsync<CodeOfSeries>(ReadMade + db.Page, new { storeId = store.Id, id, take = RowsMax }, cancel);

    /// <summary>Draws the codes of a new series, and has them made in the store.</summary>
    public async Task<AddSeriesResult> AddAsync(Store store, string ambassadorId, long count, string actor, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await db.InTransactionAsync(tx => AddAsync(tx, store.Id, ambassadorId, count, actor), cancel: cancel);
            }
            // Somebody else drew one of the codes between the look and the write: others are drawn.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    /// <summary>From this second on no code of the series counts, and soon those that are left take nothing off in the store. Null where there is no such series.</summary>
    public Task<CodeSeries?> EndAsync(Store store, string ambassadorId, string id, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            var now = clock.GetUtcNow();
            var args = new { storeId = store.Id, ambassadorId, id, at = WholeSecond.Of(now) };
            if (await tx.DoAsync(End, args) == 1)
            {
                await KeepCodeSeries.AskAsync(tx, store.Id, id, now);
            }

            return await tx.OneAsync<CodeSeries>(ReadOne, args);
        },
        cancel: cancel);

    private const string EndAll =
        "UPDATE code_series SET state = 'ended', ended_at = @at WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND ended_at IS NULL";

    private const string End = EndAll + " AND id = @id";

    /// <summary>From this second on no code of any series of the ambassador counts.</summary>
    public static Task<int> EndAllAsync(Tx tx, string storeId, string ambassadorId, DateTimeOffset at) => tx.DoAsync(EndAll, new { storeId, ambassadorId, at });

    private const string FindCampaign = "SELECT campaign_id FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private const string CountLive =
        "SELECT CAST(COUNT(*) AS bigint) FROM code_series WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND state IN ('making', 'made')";

    private const string CountUnused =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM code_series s
        JOIN series_codes c ON c.store_id = s.store_id AND c.series_id = s.id
        WHERE s.store_id = @storeId AND s.ambassador_id = @ambassadorId AND s.state IN ('making', 'made') AND c.state <> 'refused'
            AND NOT EXISTS (SELECT 1 FROM series_uses u WHERE u.store_id = c.store_id AND u.code_key = c.code_key)
        """;

    // The oldest of the live codes, as the ambassador's list shows it.
    private const string ReadOwnCode =
        "SELECT code FROM codes WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND ended_at IS NULL ORDER BY assigned_at, code_key ";

    private const string Insert =
        """
        INSERT INTO code_series (store_id, id, ambassador_id, campaign_id, code_count, made_count, state, discount_bp, actor, created_at)
        VALUES (@storeId, @id, @ambassadorId, @campaignId, @count, 0, 'making', @discountBp, @actor, @at)
        """;

    private const string InsertCode =
        """
        INSERT INTO series_codes (store_id, code_key, code, series_id, number, state, assigned_at)
        VALUES (@storeId, @codeKey, @code, @seriesId, @number, 'waiting', @at)
        """;

    /// <summary>Writes codes that were drawn, the first with this number.</summary>
    public static async Task WriteCodesAsync(Tx tx, string storeId, string seriesId, IReadOnlyList<string> codes, long number, DateTimeOffset at)
    {
        await using var insert = new Prepared(tx, InsertCode);
        foreach (var code in codes)
        {
            await insert.DoAsync(
                ("storeId", storeId), ("codeKey", CodeKey.Of(code)), ("code", code), ("seriesId", seriesId), ("number", number++), ("at", at));
        }
    }

    private async Task<AddSeriesResult> AddAsync(Tx tx, string storeId, string ambassadorId, long count, string actor)
    {
        var now = clock.GetUtcNow();
        var of = new { storeId, ambassadorId, take = 1L };
        if (await tx.OneAsync<string>(FindCampaign, of) is not { } campaignId)
        {
            return new AddSeriesResult.AmbassadorUnknown();
        }

        var campaign = await Joining.HoldCampaignAsync(tx, storeId, campaignId, now)
            ?? throw new InvalidOperationException($"The campaign {campaignId} of the ambassador {ambassadorId} is gone.");
        if (campaign.HasEnded) { return new AddSeriesResult.CampaignEnded(); }

        if (campaign.IsDraft) { return new AddSeriesResult.CampaignDraft(); }

        if (!campaign.HasDiscount) { return new AddSeriesResult.NoDiscount(); }

        // Of two who ask at once the second sees what the first has got.
        var state = await AmbassadorLife.HoldAsync(tx, storeId, ambassadorId);
        if (state == "ended") { return new AddSeriesResult.AmbassadorEnded(); }

        if (state == "suspended") { return new AddSeriesResult.AmbassadorSuspended(); }

        if (await tx.OneAsync<long>(CountLive, of) >= LiveMax) { return new AddSeriesResult.TooMany(); }

        var unused = await tx.OneAsync<long>(CountUnused, of);
        if (unused + count > LiveCodesMax) { return new AddSeriesResult.TooManyCodes(unused); }

        var (id, at) = (Ids.New("ser", now), WholeSecond.Of(now));
        var codes = await SeriesCode.NewAsync(tx, storeId, SeriesCode.PrefixOf(await tx.OneAsync<string>(ReadOwnCode + db.Page, of)), count);
        await tx.DoAsync(Insert, new { storeId, id, ambassadorId, campaignId, count, discountBp = campaign.Terms.FriendDiscountBp, actor, at });
        await WriteCodesAsync(tx, storeId, id, codes, 1, at);
        await Outbox.AddAsync(tx, storeId, Effect.Kinds.MakeCodeSeries, id, id, now);
        return new AddSeriesResult.Added((await tx.OneAsync<CodeSeries>(ReadOne, new { storeId, ambassadorId, id }))!);
    }
}
