// Brings over a store's earlier paid orders, so that it is known who is a new customer; of the customers only keyed hashes are kept (rules T9, F8).
using System.Text.Json;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

/// <summary>What came of an import of earlier orders.</summary>
internal abstract record HistoryResult
{
    /// <summary>What an import of the file would do.</summary>
    internal sealed record Planned(HistoryPlan Plan) : HistoryResult;

    /// <summary>Every order of the file stands here.</summary>
    /// <param name="Added">How many of them this import has written.</param>
    internal sealed record Done(string ImportId, long Added, HistoryPlan Plan) : HistoryResult;

    /// <summary>The file has findings, and nothing more was written.</summary>
    /// <param name="Added">0, unless somebody brought over an order of the file while it was written.</param>
    internal sealed record Refused(long Added, HistoryPlan Plan) : HistoryResult;
}

/// <summary>
/// Idempotent by the key of customer and order: whatever a crash or a second upload leaves undone, the same file completes.
/// Orders that were decided with less known are decided again, as far as they can still change, so that receipts end the
/// same whichever came first, an order or the import of what was before it (rule I6).
/// </summary>
internal sealed partial class HistoryImport(Db db, StoreKeys keys, TimeProvider clock, ILogger<HistoryImport> logger)
{
    // SQL Server takes 2,100 parameters.
    private const int KeysAtOnceMax = 1000;

    private const int QueuedAtOnceMax = 1000;

    private const string ReadTold = "SELECT order_id FROM orders WHERE store_id = @storeId AND order_id IN @ids AND version_hash IS NOT NULL";

    private const string ReadMarked =
        "SELECT order_id, customer_key, sort_key, mark FROM customer_orders WHERE store_id = @storeId AND order_id IN @ids AND mark IS NOT NULL";

    /// <summary>Says what an import would do, and changes nothing.</summary>
    public async Task<HistoryResult> PreviewAsync(Store store, HistoryFile file, CancellationToken cancel) =>
        new HistoryResult.Planned(await PlanAsync(store, file, cancel));

    /// <summary>Writes every order that is not here yet, in short transactions; nothing at all when the file has a finding.</summary>
    /// <param name="since">The file holds every paid order from there on; null where the merchant does not say so.</param>
    public async Task<HistoryResult> RunAsync(Store store, HistoryFile file, DateTimeOffset? since, string actor, CancellationToken cancel)
    {
        var (before, after, isRefused) = await ImportRun.CompleteAsync(
            db,
            () => PlanAsync(store, file, cancel),
            plan => ShortTransactions.EachAsync(db, clock, plan.New, (tx, order) => Customers.ImportAsync(tx, store, order, clock.GetUtcNow()), cancel));
        var added = after.AlreadyThere - before.AlreadyThere;
        if (isRefused)
        {
            return new HistoryResult.Refused(added, after);
        }

        // Last, since it says that all of it is here. Who imports the same again after a crash completes this as well.
        var importId = await CompleteAsync(store, since, added, actor, cancel);
        return new HistoryResult.Done(importId, added, after);
    }

    /// <summary>
    /// Writes a part of a history that comes from the platform itself; what was brought over before stays as it is. Returns how many
    /// orders were not here yet. <see cref="CompleteAsync"/> follows the last part.
    /// </summary>
    public async Task<long> AddAsync(Store store, IReadOnlyList<HistoryRow> rows, CancellationToken cancel)
    {
        var file = new HistoryFile(rows, rows.Count, []);
        var (before, after, _) = await ImportRun.CompleteAsync(
            db,
            async () => await PlanAsync(store, file, cancel) with { Findings = [] },
            plan => ShortTransactions.EachAsync(db, clock, plan.New, (tx, order) => Customers.ImportAsync(tx, store, order, clock.GetUtcNow()), cancel));
        return after.AlreadyThere - before.AlreadyThere;
    }

    /// <summary>Says that every paid order from an instant on stands here, and has those orders decided again that were decided with less known.</summary>
    /// <param name="since">Null where nobody says so: then more is known, without being all.</param>
    /// <returns>The import's id.</returns>
    public async Task<string> CompleteAsync(Store store, DateTimeOffset? since, long added, string actor, CancellationToken cancel)
    {
        var importId = Ids.New("imp", clock.GetUtcNow());
        await db.InTransactionAsync(tx => OrderHistory.RecordAsync(tx, store, importId, since, added, actor, clock.GetUtcNow()), cancel: cancel);
        await QueueStatedAsync(store, cancel);
        Log.Imported(logger, store.Id, importId, added, actor);
        return importId;
    }

    private async Task<HistoryPlan> PlanAsync(Store store, HistoryFile file, CancellationToken cancel)
    {
        var orders = file.Rows
            .Select(row => (row.Line, new ImportedOrder(row.OrderId, row.PlacedAt, Customers.KeysOf(ShopperHashes.Of(row.Shopper, store, keys))))).ToList();
        var (told, marked) = (new HashSet<string>(StringComparer.Ordinal), new List<MarkedRow>());
        foreach (var ids in file.Rows.Select(row => row.OrderId).Chunk(KeysAtOnceMax))
        {
            told.UnionWith(await db.ManyAsync<string>(ReadTold, new { storeId = store.Id, ids }, cancel));
            marked.AddRange(await db.ManyAsync<MarkedRow>(ReadMarked, new { storeId = store.Id, ids }, cancel));
        }

        return HistoryPlan.Decide(orders, file.Findings, new HistoryKnown(
            told,
            marked.Where(row => row.Mark == "import").ToLookup(row => row.OrderId, row => (row.CustomerKey, row.SortKey), StringComparer.Ordinal),
            marked.Where(row => row.Mark == "erased").Select(row => row.OrderId).ToHashSet(StringComparer.Ordinal)));
    }

    private const string ReadTerms = "SELECT terms, effective_at FROM campaign_revisions WHERE store_id = @storeId AND effective_at IS NOT NULL AND withdrawn_at IS NULL";

    // What is in a payout or paid is left as it is, as with all that an earlier order changes.
    private const string ReadStated =
        """
        SELECT o.order_id, o.at FROM orders o
        JOIN receipts r ON r.store_id = o.store_id AND r.order_id = o.order_id
        WHERE o.store_id = @storeId AND o.at >= @at AND (o.at > @at OR o.order_id > @orderId) AND o.state NOT IN ('in_payout', 'paid', 'parked')
            AND r.content LIKE @any AND r.content NOT LIKE @stated
        ORDER BY o.at, o.order_id
        """;

    private const string Queue =
        """
        INSERT INTO reconsiderations (store_id, order_id, at, queued_at)
        SELECT @StoreId, @OrderId, @At, @Now
        WHERE NOT EXISTS (SELECT 1 FROM reconsiderations r WHERE r.store_id = @StoreId AND r.order_id = @OrderId)
        """;

    /// <summary>Has those orders decided again whose receipts state another horizon than the one that stands now.</summary>
    private async Task QueueStatedAsync(Store store, CancellationToken cancel)
    {
        // Mostly no campaign has asked yet: a history is imported before one does.
        var asking = (await db.ManyAsync<TermsRow>(ReadTerms, new { storeId = store.Id }, cancel)).Where(row => Terms.FromJson(row.Terms).AsksForNewCustomers).ToList();
        if (asking.Count == 0)
        {
            return;
        }

        var horizon = await OrderHistory.HorizonAsync(db, store, cancel);
        var stated = $"%{Stating(horizon.Since)}%";
        var (at, orderId) = (asking.Min(row => row.EffectiveAt), "");
        for (var found = QueuedAtOnceMax; found == QueuedAtOnceMax;)
        {
            var rows = await db.ManyAsync<StatedRow>(
                $"{ReadStated} {db.Page}", new { storeId = store.Id, at, orderId, any = "%\"historySince\":%", stated, take = QueuedAtOnceMax }, cancel);
            await ShortTransactions.EachAsync(
                db, clock, Queue, rows, row => [("StoreId", store.Id), ("OrderId", row.OrderId), ("At", row.At), ("Now", clock.GetUtcNow())], cancel);
            found = rows.Count;
            (at, orderId) = found > 0 ? (rows[^1].At, rows[^1].OrderId) : (at, orderId);
        }
    }

    // As a receipt is written.
    private static string Stating(DateTimeOffset since) => $"\"historySince\":{JsonSerializer.Serialize(since)}";

    private sealed record MarkedRow(string OrderId, string CustomerKey, string SortKey, string Mark);

    private sealed record TermsRow(string Terms, DateTimeOffset EffectiveAt);

    private sealed record StatedRow(string OrderId, DateTimeOffset At);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Store {StoreId}: {ImportId} brought over {Orders} earlier orders, by {Actor}")]
        public static partial void Imported(ILogger logger, string storeId, string importId, long orders, string actor);
    }
}
