// The job that reads a store's past orders after its installation, so that new customers are told from known ones (rule T9).
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Orders;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// Shopify gathers them in a bulk operation, which is looked at again until its file is there. The file is read as it comes, and of
/// customers only keyed hashes are kept. Whatever is interrupted begins anew, and what stands already is not written twice.
/// </summary>
internal sealed partial class ReadHistory(
    Db db, StoreDirectory stores, Settings settings, ShopifyAdminClient admin, HistoryImport import, IHttpClientFactory https,
    TimeProvider clock, ILogger<ReadHistory> logger)
{
    /// <summary>How far back Shopify tells orders to apps without the scope read_all_orders is 60 days; a day less, so that none of the first is missing.</summary>
    public static readonly TimeSpan DaysTold = TimeSpan.FromDays(59);

    private const string AllOrdersScope = "read_all_orders";
    private const string CustomersScope = "read_customers";

    // Where Shopify keeps the files of bulk operations. Nothing that an answer names beyond it is fetched.
    private const string FileHost = "storage.googleapis.com";

    private const int StoresMax = 20;
    private const int BatchMax = 1000;

    /// <summary>For how long a reading is one program's: longer than a batch takes. One that died in it is taken up after so long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TryAgain = TimeSpan.FromMinutes(15);

    // A file that does not move for so long is given up; less than the lease.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private const string FindNew =
        """
        SELECT s.id FROM stores s LEFT JOIN history_readings h ON h.store_id = s.id
        WHERE s.platform = 'shopify' AND s.mode = 'live' AND s.state = 'installed'
            AND (h.store_id IS NULL OR (h.state = 'done' AND h.started_at < s.installed_at))
        ORDER BY s.id
        """;

    private const string Insert =
        """
        INSERT INTO history_readings (store_id, state, since_at, orders, started_at, due_at)
        SELECT @storeId, 'waiting', @now, 0, @now, @now WHERE NOT EXISTS (SELECT 1 FROM history_readings WHERE store_id = @storeId)
        """;

    // The store was away, and was installed again: what it sold meanwhile is not known.
    private const string InsertAgain =
        "UPDATE history_readings SET state = 'waiting', orders = 0, started_at = @now, due_at = @now, ended_at = NULL WHERE store_id = @storeId AND state = 'done'";

    private const string FindDue =
        "SELECT store_id, state, since_at, operation_id, due_at FROM history_readings WHERE due_at <= @now AND state <> 'done' ORDER BY due_at, store_id";

    private const string Claim = "UPDATE history_readings SET due_at = @leaseEnd WHERE store_id = @storeId AND due_at = @dueAt AND state <> 'done'";

    /// <summary>Takes up the readings that are due. Returns how many.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        foreach (var storeId in await db.ManyAsync<string>($"{FindNew} {db.Page}", new { take = (long)StoresMax }, cancel))
        {
            if (await db.DoAsync(Insert, new { storeId, now }, cancel) == 0)
            {
                await db.DoAsync(InsertAgain, new { storeId, now }, cancel);
            }
        }

        var taken = 0;
        foreach (var reading in await db.ManyAsync<Reading>($"{FindDue} {db.Page}", new { now, take = (long)StoresMax }, cancel))
        {
            if (await db.DoAsync(Claim, new { storeId = reading.StoreId, dueAt = reading.DueAt, leaseEnd = now + Lease }, cancel) == 1)
            {
                taken++;
                await StepAsync(reading, cancel);
            }
        }

        return taken;
    }

    private const string Stop = "UPDATE history_readings SET state = 'waiting', operation_id = NULL, problem = @problem, due_at = @dueAt WHERE store_id = @storeId";

    private const string PutOff = "UPDATE history_readings SET problem = @problem, due_at = @dueAt WHERE store_id = @storeId";

    private async Task StepAsync(Reading reading, CancellationToken cancel)
    {
        var store = await stores.GetAsync(reading.StoreId, cancel);
        if (!store.IsInstalled || ShopifyScopes.Missing(store.Scopes, CustomersScope).Count > 0)
        {
            var problem = store.IsInstalled ? $"The store has not granted {CustomersScope}, so its past orders name nobody. They can be brought over as a file." : null;
            await db.DoAsync(Stop, new { storeId = store.Id, problem, dueAt = clock.GetUtcNow().AddDays(1) }, cancel);
            return;
        }

        // What Shopify does not answer passes, and the merchant reads how it stands.
        try
        {
            await (reading.OperationId is { } operation ? LookAsync(store, reading, operation, cancel) : BeginAsync(store, cancel));
        }
        catch (PlatformException e)
        {
            Log.Interrupted(logger, store.Id, e.Message);
            // A wait leaves the operation as it is; whatever else went wrong begins anew.
            var args = new { storeId = store.Id, problem = Retry.Fit(e.Message), dueAt = clock.GetUtcNow() + (e.Wait ?? TryAgain) };
            await (e.Wait is null ? db.DoAsync(Stop, args, cancel) : db.DoAsync(PutOff, args, cancel));
        }
    }

    private const string Begin =
        "UPDATE history_readings SET state = 'running', since_at = @since, operation_id = @operation, orders = 0, problem = NULL, due_at = @dueAt WHERE store_id = @storeId";

    private async Task BeginAsync(Store store, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var since = ShopifyScopes.Missing(store.Scopes, AllOrdersScope).Count == 0 ? HistoryFile.EarliestAt : now - DaysTold;
        var query = ShopifyOperations.ReadDocument("PastOrders")
            .Replace("SINCE", ShopifySearch.InstantOf(since), StringComparison.Ordinal);
        var payload = (await admin.DataAsync(store, ShopifyOperations.StartBulk, new StartBulkVariables(query), cancel)).BulkOperationRunQuery;
        if (payload?.BulkOperation?.Id is not { } operation)
        {
            var errors = payload?.UserErrors ?? [];
            throw errors.Any(error => error.Code is "OPERATION_IN_PROGRESS" or "LIMIT_REACHED")
                ? new PlatformException("Other bulk operations of the store run already.") { Wait = TryAgain }
                : new PlatformException($"Shopify did not begin to gather the past orders: {GraphQlErrors.Fit(string.Join("; ", errors.Select(error => error.Message)))}");
        }

        await db.DoAsync(Begin, new { storeId = store.Id, since, operation, dueAt = now + LookAgain }, cancel);
    }

    private const string Progress = "UPDATE history_readings SET orders = @orders, problem = NULL, due_at = @dueAt WHERE store_id = @storeId";

    private const string End =
        "UPDATE history_readings SET state = 'done', operation_id = NULL, orders = @read, problem = NULL, ended_at = @now WHERE store_id = @storeId";

    private async Task LookAsync(Store store, Reading reading, string operation, CancellationToken cancel)
    {
        var bulk = (await admin.DataAsync(store, ShopifyOperations.LookAtBulk, new BulkVariables(operation), cancel)).BulkOperation;
        if (bulk?.Status is "CREATED" or "RUNNING" or "CANCELING")
        {
            await db.DoAsync(Progress, new { storeId = store.Id, orders = bulk.Count, dueAt = clock.GetUtcNow() + LookAgain }, cancel);
            return;
        }

        if (bulk?.Status != "COMPLETED")
        {
            throw new PlatformException($"Shopify gave up gathering the past orders ({bulk?.ErrorCode ?? bulk?.Status ?? "it knows of none"}). It is asked again.");
        }

        // Without an order there is no file.
        var (read, added) = bulk.Url is null ? (0, 0) : await ImportAsync(store, FileOf(bulk.Url), cancel);
        if (read != bulk.Count)
        {
            throw new PlatformException(string.Create(
                CultureInfo.InvariantCulture, $"Shopify gathered {bulk.Count} past orders, and its file holds {read}. It is asked for again."));
        }

        await import.CompleteAsync(store, reading.SinceAt, added, "Shopify", cancel);
        await db.DoAsync(End, new { storeId = store.Id, read, now = clock.GetUtcNow() }, cancel);
        Log.Ended(logger, store.Id, read, added);
    }

    private async Task<(long Read, long Added)> ImportAsync(Store store, Uri file, CancellationToken cancel)
    {
        var (read, added) = (0L, 0L);
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        // What the network does is told in words, without the address, which opens the file.
        try
        {
            using var http = https.CreateClient(ShopifySetup.FilesHttpName);
            using var answer = await http.GetAsync(file, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!answer.IsSuccessStatusCode)
            {
                throw new PlatformException($"Shopify's file of past orders cannot be fetched (HTTP {(int)answer.StatusCode}). It is asked for again.");
            }

            var batch = new List<HistoryRow>(BatchMax);
            await using var stream = await answer.Content.ReadAsStreamAsync(either.Token);
            await foreach (var order in PastOrderFile.ReadAsync(stream, either.Token))
            {
                read++;
                if (order.ToRow(read) is { } row)
                {
                    batch.Add(row);
                }

                if (batch.Count == BatchMax)
                {
                    added += await import.AddAsync(store, batch, cancel);
                    batch.Clear();
                    await db.DoAsync(Progress, new { storeId = store.Id, orders = read, dueAt = clock.GetUtcNow() + Lease }, cancel);
                    patience.CancelAfter(Patience);
                }
            }

            return (read, added + await import.AddAsync(store, batch, cancel));
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new PlatformException("Shopify's file of past orders did not come to its end. It is asked for again.");
        }
    }

    /// <summary>An answer must not lead the program to any host.</summary>
    private Uri FileOf(string url)
    {
        var isOwn = Uri.TryCreate(url, UriKind.Absolute, out var file)
            && ((file is { Scheme: "https", Host: FileHost } && file.IsDefaultPort)
                || settings.Shopify?.FixedAdmin is { } own && Uri.Compare(file, own, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0);
        return isOwn ? file! : throw new PlatformException("Shopify names a file of past orders on a host where it keeps none, so it was not fetched.");
    }

    private sealed record Reading(string StoreId, string State, DateTimeOffset SinceAt, string? OperationId, DateTimeOffset DueAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Of store {StoreId} {Read} past orders were read, {Added} of them new here")]
        public static partial void Ended(ILogger logger, string storeId, long read, long added);

        [LoggerMessage(LogLevel.Warning, "The past orders of store {StoreId} could not be read: {Reason}")]
        public static partial void Interrupted(ILogger logger, string storeId, string reason);
    }
}
