// From when on a store's paid orders are known, by dated facts: the installation, imports, and what merchants have acknowledged.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

/// <summary>What is known of past purchases (rule T9).</summary>
/// <param name="Since">Every paid order of the store from this instant on is known: from its installation, or from where an import begins.</param>
/// <param name="IsImported">Whether a merchant has brought over what was before the installation, and said from when on that is whole.</param>
internal sealed record HistoryHorizon(DateTimeOffset Since, bool IsImported);

/// <summary>An import that was run.</summary>
/// <param name="SinceAt">The file held every paid order from there on; null where nobody said so.</param>
/// <param name="Orders">How many orders it has added.</param>
internal sealed record HistoryFact(long Number, string ImportId, DateTimeOffset? SinceAt, long Orders, DateTimeOffset At, string Actor);

/// <summary>
/// The tables <c>history_imports</c> and <c>history_acknowledgements</c>. While a store had removed the app its orders were
/// not told: an import of before that is followed by a gap, and counts no more.
/// </summary>
internal static class OrderHistory
{
    private const string ReadHorizon =
        """
        SELECT COALESCE(s.installed_at, s.created_at) AS installed_at,
            (SELECT MIN(i.since_at) FROM history_imports i
             WHERE i.store_id = @storeId AND i.since_at IS NOT NULL AND i.at >= COALESCE(s.installed_at, s.created_at)) AS imported_since
        FROM stores s WHERE s.id = @storeId
        """;

    private const string ReadImports = "SELECT number, import_id, since_at, orders, at, actor FROM history_imports WHERE store_id = @storeId ORDER BY number DESC";

    // Whoever else writes a fact of the store at the same moment comes before or after.
    private const string HoldStore = "UPDATE stores SET state = state WHERE id = @storeId";

    private const string InsertImport =
        """
        INSERT INTO history_imports (store_id, number, import_id, since_at, orders, at, actor)
        SELECT @storeId, COALESCE(MAX(number), 0) + 1, @importId, @since, @orders, @now, @actor
        FROM history_imports WHERE store_id = @storeId
        """;

    private const string CountAcknowledged =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM history_acknowledgements
        WHERE store_id = @storeId AND campaign_id = @campaignId AND since_at >= @since
        """;

    private const string InsertAcknowledgement =
        """
        INSERT INTO history_acknowledgements (store_id, campaign_id, number, since_at, at, actor)
        SELECT @storeId, @campaignId, COALESCE(MAX(number), 0) + 1, @since, @now, @actor
        FROM history_acknowledgements WHERE store_id = @storeId AND campaign_id = @campaignId
        """;

    public static async Task<HistoryHorizon> HorizonAsync(Tx tx, Store store) => HorizonOf(await tx.OneAsync<HorizonRow>(ReadHorizon, new { storeId = store.Id }));

    public static async Task<HistoryHorizon> HorizonAsync(Db db, Store store, CancellationToken cancel) =>
        HorizonOf(await db.OneAsync<HorizonRow>(ReadHorizon, new { storeId = store.Id }, cancel));

    /// <summary>The imports that were run, newest first.</summary>
    public static Task<IReadOnlyList<HistoryFact>> ImportsAsync(Db db, Store store, long take, CancellationToken cancel) =>
        db.ManyAsync<HistoryFact>($"{ReadImports} {db.Page}", new { storeId = store.Id, take }, cancel);

    /// <summary>Keeps that an import was run. One that adds nothing and says nothing new leaves no trace.</summary>
    public static async Task RecordAsync(Tx tx, Store store, string importId, DateTimeOffset? since, long orders, string actor, DateTimeOffset now)
    {
        await tx.DoAsync(HoldStore, new { storeId = store.Id });
        var row = await tx.OneAsync<HorizonRow>(ReadHorizon, new { storeId = store.Id });
        if (orders > 0 || (since is { } stated && !(row!.ImportedSince <= stated)))
        {
            await tx.DoAsync(InsertImport, new { storeId = store.Id, importId, since, orders, now, actor });
        }
    }

    /// <summary>
    /// Whether a campaign may begin to ask for new customers: the history was imported, or the merchant acknowledges from when
    /// on it is known, which is kept. Null when it may; else the horizon that stands. The caller has the campaign's turn.
    /// </summary>
    /// <param name="acknowledged">The horizon as the merchant names it; null where they name none.</param>
    public static async Task<HistoryHorizon?> RefusalAsync(
        Tx tx, Store store, string campaignId, DateTimeOffset? acknowledged, string actor, DateTimeOffset now)
    {
        var horizon = await HorizonAsync(tx, store);
        if (acknowledged is not null && acknowledged != horizon.Since)
        {
            return horizon;
        }

        if (acknowledged is not null)
        {
            await tx.DoAsync(InsertAcknowledgement, new { storeId = store.Id, campaignId, since = horizon.Since, now, actor });
            return null;
        }

        // Who has acknowledged that little was known has acknowledged that more is.
        return horizon.IsImported || await tx.OneAsync<long>(CountAcknowledged, new { storeId = store.Id, campaignId, since = horizon.Since }) > 0 ? null : horizon;
    }

    private static HistoryHorizon HorizonOf(HorizonRow? row)
    {
        var known = row ?? throw new InvalidOperationException("The store is gone.");
        return known.ImportedSince < known.InstalledAt ? new HistoryHorizon(known.ImportedSince.Value, true) : new HistoryHorizon(known.InstalledAt, false);
    }

    // By properties, not by position: SQLite has no type for the least of no rows.
    private sealed record HorizonRow
    {
        public DateTimeOffset InstalledAt { get; init; }

        public DateTimeOffset? ImportedSince { get; init; }
    }
}
