// The job that compares our orders with the store's own, and fetches what no webhook has brought (rule I5).
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// Every quarter of an hour it looks at what changed since the last look, an hour overlapping, and every night at 35 days. An order
/// that is not known in its newest version goes through the inbox like a webhook: the same reader, the same rules, and once only.
/// It may be interrupted anywhere: the next look begins where the last whole page ended.
/// </summary>
internal sealed partial class Reconciliation(
    Db db, StoreDirectory stores, ShopifyOrderReader orders, TopicLooks topics, IInbox inbox, TimeProvider clock, ILogger<Reconciliation> logger)
{
    public const string Recent = "recent";
    public const string Nightly = "nightly";

    public static readonly TimeSpan RecentEvery = TimeSpan.FromMinutes(15);
    public static readonly TimeSpan RecentOverlap = TimeSpan.FromHours(1);
    public static readonly TimeSpan NightlyEvery = TimeSpan.FromDays(1);
    public static readonly TimeSpan NightlyDays = TimeSpan.FromDays(35);

    /// <summary>Webhooks come within seconds; what changed a moment ago is left to them.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    private const string ProductsScope = "read_products";

    private const int StoresMax = 20;

    // A look at a large store goes on in the next round, so that no store waits for another's.
    private const int PagesMax = 20;

    // Longer than a round of a store takes; one that died in it is taken up after so long.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    // What we found counts for the merchant for so long; see the overview.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(400);

    private const string FindNew =
        """
        SELECT id AS store_id, COALESCE(installed_at, created_at) AS installed_at FROM stores
        WHERE platform = 'shopify' AND mode = 'live' AND state = 'installed'
            AND NOT EXISTS (SELECT 1 FROM order_readings r WHERE r.store_id = stores.id AND r.kind = @kind)
        ORDER BY id
        """;

    private const string Insert =
        """
        INSERT INTO order_readings (store_id, kind, read_until, due_at)
        SELECT @storeId, @kind, @readUntil, @dueAt WHERE NOT EXISTS (SELECT 1 FROM order_readings WHERE store_id = @storeId AND kind = @kind)
        """;

    private const string FindDue = "SELECT store_id, kind, read_until, due_at FROM order_readings WHERE due_at <= @now ORDER BY due_at, store_id, kind";

    private const string Claim = "UPDATE order_readings SET due_at = @leaseEnd WHERE store_id = @storeId AND kind = @kind AND due_at = @dueAt";

    private const string Drop = "DELETE FROM order_readings WHERE store_id = @storeId";

    /// <summary>Takes up the looks that are due. Returns how many.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await BeginAsync(Recent, now, RecentEvery, cancel);
        await BeginAsync(Nightly, now, NightlyEvery, cancel);
        var due = await db.ManyAsync<Reading>($"{FindDue} {db.Page}", new { now, take = (long)StoresMax }, cancel);
        var taken = 0;
        foreach (var reading in due)
        {
            var claim = new { storeId = reading.StoreId, kind = reading.Kind, dueAt = reading.DueAt, leaseEnd = now + Lease };
            if (await db.DoAsync(Claim, claim, cancel) == 1)
            {
                taken++;
                await LookAsync(reading, cancel);
            }
        }

        return taken;
    }

    // What was before the installation is history, and no webhook was owed for it.
    private async Task BeginAsync(string kind, DateTimeOffset now, TimeSpan every, CancellationToken cancel)
    {
        foreach (var store in await db.ManyAsync<NewStore>($"{FindNew} {db.Page}", new { kind, take = (long)StoresMax }, cancel))
        {
            await db.DoAsync(Insert, new { storeId = store.StoreId, kind, readUntil = store.InstalledAt, dueAt = now + every }, cancel);
        }
    }

    private async Task LookAsync(Reading reading, CancellationToken cancel)
    {
        var store = await stores.GetAsync(reading.StoreId, cancel);
        if (!store.IsInstalled)
        {
            // A reinstallation begins anew, from its own instant on.
            await db.DoAsync(Drop, new { storeId = store.Id }, cancel);
            return;
        }

        // Whatever the platform does, the next look comes, and the merchant reads why this one did not end.
        try
        {
            await ReadAsync(store, reading, cancel);
        }
        catch (PlatformException e)
        {
            Log.Interrupted(logger, store.Id, reading.Kind, e.Message);
            var wait = e.Wait is { } told && told < RecentEvery ? told : RecentEvery;
            await db.DoAsync(Interrupt, new { storeId = store.Id, kind = reading.Kind, problem = Retry.Fit(e.Message), dueAt = clock.GetUtcNow() + wait }, cancel);
        }
    }

    private const string Interrupt = "UPDATE order_readings SET problem = @problem, due_at = @dueAt WHERE store_id = @storeId AND kind = @kind";

    // Deliveries that nobody has looked at yet may hold what seems to be missing. On a busy store there is always one that has just come.
    private const string CountUntried =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM deliveries
        WHERE store_id = @storeId AND source = 'shopify' AND state = 'pending' AND attempts = 0 AND received_at <= @until
        """;

    private const string Advance = "UPDATE order_readings SET read_until = @readUntil, due_at = @dueAt WHERE store_id = @storeId AND kind = @kind";

    private const string End =
        "UPDATE order_readings SET read_until = @readUntil, due_at = @dueAt, ended_at = @now, problem = @problem WHERE store_id = @storeId AND kind = @kind";

    private async Task ReadAsync(Store store, Reading reading, CancellationToken cancel)
    {
        // Without it the lines of an order name no products, and shares by product would be missed.
        if (ShopifyScopes.Missing(store.Scopes, ProductsScope).Count > 0)
        {
            throw new PlatformException($"The store has not granted {ProductsScope}. Open the app in the store's admin and grant what it asks for.");
        }

        var now = clock.GetUtcNow();
        var until = now - Grace;
        var args = new { storeId = store.Id, kind = reading.Kind };
        if (await db.OneAsync<long>(CountUntried, new { args.storeId, until }, cancel) > 0)
        {
            await db.DoAsync(Advance, new { args.storeId, args.kind, readUntil = reading.ReadUntil, dueAt = now + TimeSpan.FromMinutes(1) }, cancel);
            return;
        }

        string? after = null;
        string? problem = null;
        for (var pages = 1; ; pages++)
        {
            var page = await orders.ListChangedAsync(store, reading.ReadUntil, until, after, cancel);
            problem = await FetchMissedAsync(store, page.Nodes, cancel) ?? problem;
            after = page.PageInfo.EndCursor;
            if (!page.PageInfo.HasNextPage || after is null || page.Nodes.Count == 0)
            {
                break;
            }

            // A page's last change is looked at again by the next one: others may have changed in the same second.
            var (reached, goesOn) = (page.Nodes[^1].UpdatedAt, pages < PagesMax);
            await db.DoAsync(Advance, new { args.storeId, args.kind, readUntil = reached, dueAt = now + (goesOn ? Lease : TimeSpan.Zero) }, cancel);
            if (!goesOn)
            {
                return;
            }
        }

        if (reading.Kind == Nightly)
        {
            await topics.LookAsync(store, cancel);
        }

        var (every, back) = reading.Kind == Recent ? (RecentEvery, RecentOverlap) : (NightlyEvery, NightlyDays - NightlyEvery);
        var readUntil = Later(until - back, await InstalledAtAsync(store, cancel));
        var told = problem is null ? null : Retry.Fit(problem);
        await db.DoAsync(End, new { args.storeId, args.kind, readUntil, dueAt = now + every, now, problem = told }, cancel);
        await db.DoAsync(Forget, new { args.storeId, before = now - Kept }, cancel);
    }

    private const string Forget = "DELETE FROM missed_orders WHERE store_id = @storeId AND found_at < @before";

    private const string ReadInstalledAt = "SELECT COALESCE(installed_at, created_at) FROM stores WHERE id = @storeId";

    private async Task<DateTimeOffset> InstalledAtAsync(Store store, CancellationToken cancel) =>
        DateTimeOffset.FromUnixTimeMilliseconds(await db.OneAsync<long>(ReadInstalledAt, new { storeId = store.Id }, cancel));

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private const string ReadKnown = "SELECT order_id, version_updated_at FROM orders WHERE store_id = @storeId AND order_id IN @orderIds";

    private const string Miss =
        """
        INSERT INTO missed_orders (store_id, order_id, updated_at, found_at)
        SELECT @storeId, @orderId, @updatedAt, @now
        WHERE NOT EXISTS (SELECT 1 FROM missed_orders WHERE store_id = @storeId AND order_id = @orderId AND updated_at = @updatedAt)
        """;

    /// <summary>Returns why one of them could not be read, in words; the others do not wait for it. Null where there was none.</summary>
    private async Task<string?> FetchMissedAsync(Store store, IReadOnlyList<ChangedOrder> changed, CancellationToken cancel)
    {
        if (changed.Count == 0)
        {
            return null;
        }

        var known = (await db.ManyAsync<KnownOrder>(ReadKnown, new { storeId = store.Id, orderIds = changed.Select(order => order.Number).ToArray() }, cancel))
            .ToDictionary(order => order.OrderId, order => order.VersionUpdatedAt, StringComparer.Ordinal);
        string? problem = null;
        foreach (var order in changed.Where(order => !(known.GetValueOrDefault(order.Number) >= order.UpdatedAt)))
        {
            var reading = await orders.ReadAsync(store, order, cancel);
            if (reading.Body is not { } body)
            {
                problem = reading.Problem ?? problem;
                continue;
            }

            var key = $"read-{order.Number}-{order.UpdatedAt.ToUnixTimeMilliseconds()}";
            var delivery = new Delivery(store.Id, WebhookSource.Shopify, key, "orders/updated", body) { TriggeredAt = order.UpdatedAt };
            await inbox.AcceptAsync(delivery, cancel);
            await db.DoAsync(Miss, new { storeId = store.Id, orderId = order.Number, updatedAt = order.UpdatedAt, now = clock.GetUtcNow() }, cancel);
            Log.Missed(logger, store.Id, order.Number);
        }

        return problem;
    }

    private sealed record Reading(string StoreId, string Kind, DateTimeOffset ReadUntil, DateTimeOffset DueAt);

    private sealed record NewStore(string StoreId, DateTimeOffset InstalledAt);

    private sealed record KnownOrder(string OrderId, DateTimeOffset? VersionUpdatedAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "No webhook had brought the order {OrderId} of store {StoreId} in its newest version; it was fetched")]
        public static partial void Missed(ILogger logger, string storeId, string orderId);

        [LoggerMessage(LogLevel.Warning, "The {Kind} look at the orders of store {StoreId} did not end: {Reason}")]
        public static partial void Interrupted(ILogger logger, string storeId, string kind, string reason);
    }
}
