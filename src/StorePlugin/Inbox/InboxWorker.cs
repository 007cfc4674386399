// Reads deliveries and applies them: claims what is due, oldest first, and writes many orders in one transaction.
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Privacy;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Inbox;

/// <summary>
/// A failed delivery never holds back later ones: order does not matter (rule I4). A row is claimed by moving its due
/// time beyond the lease, so that the rows of a worker that died become due again by themselves.
/// </summary>
internal sealed partial class InboxWorker(
    Db db,
    StoreDirectory stores,
    StoreKeys keys,
    ReceiveOrders orders,
    ReceiveStoreEvent storeEvents,
    ReceiveStripeEvent stripeEvents,
    NoticeDiscount discounts,
    Installation installation,
    WorkSignal signal,
    TimeProvider clock,
    ILogger<InboxWorker> logger)
{
    private const int ClaimMax = 400;

    // Bodies may be large: what is in hand at once is bounded by its bytes too.
    private const long ClaimBytesMax = 16 * 1024 * 1024;

    private const int BatchMin = 8;

    // A transaction of the workers must not keep intake waiting for longer than about this.
    private static readonly TimeSpan TransactionTime = TimeSpan.FromMilliseconds(10);

    // While nothing comes in, a backlog goes in longer ones: what each costs by itself is shared by more orders.
    private static readonly TimeSpan QuietTransactionTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private const string FindDue =
        """
        SELECT store_id, source, delivery_key, id, topic, body, triggered_at, received_at, attempts, due_at FROM deliveries
        WHERE state = 'pending' AND due_at <= @now ORDER BY due_at
        """;

    private const string Claim =
        """
        UPDATE deliveries SET lease_id = @Lease, due_at = @Until
        WHERE store_id = @StoreId AND source = @Source AND delivery_key = @Key AND state = 'pending' AND due_at = @DueAt
        """;

    private const string MarkDone =
        """
        UPDATE deliveries SET state = 'done', outcome = @Outcome, done_at = @Now, lease_id = NULL
        WHERE store_id = @StoreId AND source = @Source AND delivery_key = @Key AND state = 'pending' AND lease_id = @Lease
        """;

    private const string MarkFailed =
        """
        UPDATE deliveries SET state = @State, outcome = @Outcome, attempts = @Attempts, due_at = @DueAt, done_at = @DoneAt, lease_id = NULL
        WHERE store_id = @StoreId AND source = @Source AND delivery_key = @Key AND state = 'pending' AND lease_id = @Lease
        """;

    private const string DropBody =
        "UPDATE deliveries SET body = NULL WHERE store_id = @StoreId AND source = @Source AND delivery_key = @Key";

    // How long an erasure waits for what must be read before it.
    private static readonly TimeSpan NotYetWait = TimeSpan.FromMinutes(1);

    // How long one delivery of a batch takes, as the last ones did.
    private TimeSpan _each = TransactionTime / 32;

    // What was claimed and read while the ones before it were applied.
    private Task<(int Claimed, List<Claimed> Read)>? _ahead;

    /// <summary>Claims and applies what is due. Returns how many deliveries it took; 0: there was nothing to do.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var (count, waiting) = await (_ahead ?? ClaimAndReadAsync(cancel));
        _ahead = count == ClaimMax ? Task.Run(() => ClaimAndReadAsync(cancel), cancel) : null;
        while (waiting.Count > 0)
        {
            waiting = await ApplyNextAsync(waiting, cancel);
        }

        return count;
    }

    private async Task<(int Claimed, List<Claimed> Read)> ClaimAndReadAsync(CancellationToken cancel)
    {
        var claimed = await ClaimAsync(cancel);
        var read = new List<Claimed>(claimed.Count);
        foreach (var row in claimed)
        {
            if (await ReadAsync(row, cancel) is { } delivery)
            {
                read.Add(delivery);
            }
        }

        // What is asked for a person's sake comes after all that may be about them.
        return (claimed.Count, [.. read.OrderBy(delivery => delivery.StoreEvent is PrivacyRequested)]);
    }

    private async Task<List<Row>> ClaimAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var due = new List<Row>();
        var bytes = 0L;
        await foreach (var row in db.StreamAsync<Row>($"{FindDue} {db.Page}", new { now, take = ClaimMax }, cancel))
        {
            due.Add(row);
            bytes += row.Body?.Length ?? 0;
            if (bytes >= ClaimBytesMax)
            {
                break;
            }
        }

        if (due.Count == 0)
        {
            return [];
        }

        var lease = Ids.New("lse", now);
        return await db.InTransactionAsync(
            async tx =>
            {
                var mine = new List<Row>(due.Count);
                await using var claim = new Prepared(tx, Claim);
                foreach (var row in due)
                {
                    if (await claim.DoAsync(
                        ("Lease", lease), ("Until", now + Retry.Lease), ("StoreId", row.StoreId), ("Source", row.Source),
                        ("Key", row.DeliveryKey), ("DueAt", row.DueAt)) == 1)
                    {
                        mine.Add(row with { Lease = lease });
                    }
                }

                return mine;
            },
            cancel: cancel);
    }

    /// <summary>Reads the bytes, outside any transaction. What no retry can mend is dead at once, with the reason in words.</summary>
    private async Task<Claimed?> ReadAsync(Row row, CancellationToken cancel)
    {
        // The one place where a worker catches: a delivery's failure is its own, and the loop goes on.
        try
        {
            var store = await stores.GetAsync(row.StoreId, cancel);
            var body = keys.OpenBody(store, row.DeliveryKey, row.Body ?? throw new UnreadableDeliveryException("The raw body is no longer kept."));
            var storeEvent = DeliveryReader.Read(
                new Delivery(row.StoreId, Enum.Parse<WebhookSource>(row.Source, ignoreCase: true), row.DeliveryKey, row.Topic, body)
                {
                    Shop = new SendingShop(store.Domain, store.PlatformId),
                });
            var orderEvent = OrderEvent.Of(storeEvent, store, keys, row.HappenedAt);
            return new Claimed(row, store, storeEvent, orderEvent);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await FailAsync(row, e, cancel);
            return null;
        }
    }

    /// <summary>Applies the next batch and returns what is left.</summary>
    private async Task<List<Claimed>> ApplyNextAsync(List<Claimed> waiting, CancellationToken cancel)
    {
        var time = db.SinceIntake > Quiet ? QuietTransactionTime : TransactionTime;
        var size = Math.Clamp((int)(time / _each), BatchMin, ReceiveOrders.BatchMax);
        var (batch, left) = Take(waiting, size);
        var started = clock.GetTimestamp();
        try
        {
            await ApplyAsync(batch, cancel);
            var took = clock.GetElapsedTime(started);
            if (batch.Count == size || took > time)
            {
                _each = (_each + (took / batch.Count)) / 2;
            }
        }
        // One of them is at fault, or another worker was faster: alone, each shows which. A key that another program took a moment
        // ago is there to be found the second time.
        catch (Exception e) when (e is not OperationCanceledException
            && (batch.Count > 1 || (e is DbException fault && db.Dialect.IsUniqueViolation(fault))))
        {
            Log.BatchFailed(logger, batch.Count, e);
            foreach (var delivery in batch)
            {
                await ApplyAloneAsync(delivery, cancel);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await FailAsync(batch[0].Row, e, cancel);
        }

        return left;
    }

    private async Task ApplyAloneAsync(Claimed delivery, CancellationToken cancel)
    {
        try
        {
            await ApplyAsync([delivery], cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await FailAsync(delivery.Row, e, cancel);
        }
    }

    /// <summary>
    /// The next deliveries of one store, and never two of one order: the second must see what the first has written. What is asked
    /// for a person's sake comes alone.
    /// </summary>
    private static (List<Claimed> Batch, List<Claimed> Left) Take(List<Claimed> waiting, int size)
    {
        var batch = new List<Claimed>(size);
        var left = new List<Claimed>(waiting.Count);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var delivery in waiting)
        {
            var fits = batch.Count < size && delivery.Store.Id == waiting[0].Store.Id
                && (batch.Count == 0 || (delivery.StoreEvent is not PrivacyRequested && batch[0].StoreEvent is not PrivacyRequested))
                && (delivery.OrderEvent is not { } order || taken.Add(order.OrderId));
            (fits ? batch : left).Add(delivery);
        }

        return (batch, left);
    }

    private async Task ApplyAsync(List<Claimed> batch, CancellationToken cancel)
    {
        var outcomes = await db.InTransactionAsync(tx => ApplyAsync(tx, batch), cancel: cancel);
        for (var i = 0; i < batch.Count; i++)
        {
            Log.Applied(logger, batch[i].Row.Id, batch[i].Row.Topic, batch[i].Store.Id, outcomes[i]);
        }

        if (batch.Exists(delivery => delivery.OrderEvent is null))
        {
            installation.Forget(batch[0].Store);
        }
    }

    /// <summary>Applies the batch and returns what became of each delivery, in words.</summary>
    private async Task<string[]> ApplyAsync(Tx tx, List<Claimed> batch)
    {
        var store = batch[0].Store;
        var outcomes = new string[batch.Count];
        var ofOrders = new List<int>(batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            // What was taken in while the store was there is still applied; it was promised to the platform with the 200.
            if (batch[i].Row.ReceivedAt >= store.UninstalledAt && batch[i].StoreEvent is not (StripeEventReceived or PrivacyRequested))
            {
                outcomes[i] = "The store has removed the app: nothing is done.";
            }
            else if (batch[i].OrderEvent is not null)
            {
                ofOrders.Add(i);
            }
            else
            {
                outcomes[i] = batch[i].StoreEvent switch
                {
                    Irrelevant irrelevant => irrelevant.Reason,
                    DiscountTouched touched => await discounts.ApplyAsync(tx, store, touched),
                    StripeEventReceived stripe => await stripeEvents.ApplyAsync(tx, store, stripe),
                    var storeEvent => await storeEvents.ApplyAsync(tx, store, storeEvent, batch[i].Row.ReceivedAt, batch[i].Row.HappenedAt),
                };
            }
        }

        if (ofOrders.Count > 0)
        {
            var applied = await orders.ApplyAsync(tx, store, [.. ofOrders.Select(i => batch[i].OrderEvent!)]);
            for (var i = 0; i < ofOrders.Count; i++)
            {
                outcomes[ofOrders[i]] = applied[i];
            }
        }

        await MarkDoneAsync(tx, batch, outcomes);
        await DropBodiesAsync(tx, store, batch);
        return outcomes;
    }

    /// <summary>What was asked for a person's sake is fulfilled and its body goes; so does that of an order whose customer was erased before.</summary>
    private static async Task DropBodiesAsync(Tx tx, Store store, List<Claimed> batch)
    {
        var redacted = await RedactedOrders.OfAsync(tx, store.Id, batch.Select(delivery => delivery.OrderEvent?.OrderId).OfType<string>());
        await using var drop = new Prepared(tx, DropBody);
        foreach (var delivery in batch.Where(delivery =>
            delivery.StoreEvent is PrivacyRequested || (delivery.OrderEvent is { } order && redacted.Contains(order.OrderId))))
        {
            await drop.DoAsync(("StoreId", store.Id), ("Source", delivery.Row.Source), ("Key", delivery.Row.DeliveryKey));
        }
    }

    /// <summary>Marks the deliveries in the transaction of their effects; a lost lease rolls everything back.</summary>
    private async Task MarkDoneAsync(Tx tx, List<Claimed> batch, string[] outcomes)
    {
        var now = clock.GetUtcNow();
        await using var mark = new Prepared(tx, MarkDone);
        for (var i = 0; i < batch.Count; i++)
        {
            var row = batch[i].Row;
            if (await mark.DoAsync(
                ("Outcome", Retry.Fit(outcomes[i])), ("Now", now), ("StoreId", row.StoreId), ("Source", row.Source),
                ("Key", row.DeliveryKey), ("Lease", row.Lease)) == 0)
            {
                throw new LeaseLostException(row.Id);
            }
        }
    }

    private async Task FailAsync(Row row, Exception failure, CancellationToken cancel)
    {
        if (failure is LeaseLostException)
        {
            // Another worker has the row now; it answers for it.
            Log.LeaseLost(logger, row.Id);
            return;
        }

        var now = clock.GetUtcNow();
        var permanent = failure is UnreadableDeliveryException or TooManyDisputesException;
        // Being outrun by another worker or by the database's own lock is nobody's fault and counts as no attempt.
        var notYet = failure is NotYetException;
        var counts = !notYet && failure is not StaleOrderException && !(failure is DbException e && db.Dialect.IsTransient(e));
        var attempts = row.Attempts + (counts ? 1 : 0);
        var wait = permanent ? null : counts ? Retry.WaitAfter(attempts) : notYet ? NotYetWait : TimeSpan.FromSeconds(1);
        var reason = permanent || notYet ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";
        await db.InTransactionAsync(
            async tx =>
            {
                await using var mark = new Prepared(tx, MarkFailed);
                await mark.DoAsync(
                    ("State", wait is null ? "dead" : "pending"), ("Outcome", Retry.Fit(reason)), ("Attempts", attempts),
                    ("DueAt", now + (wait ?? TimeSpan.Zero)), ("DoneAt", wait is null ? now : null), ("StoreId", row.StoreId),
                    ("Source", row.Source), ("Key", row.DeliveryKey), ("Lease", row.Lease));
            },
            cancel: cancel);
        if (notYet)
        {
            Log.NotYet(logger, row.Id, row.Topic, row.StoreId, reason);
        }
        else if (wait is null)
        {
            Log.Dead(logger, row.Id, row.Topic, row.StoreId, reason);
        }
        else
        {
            Log.Failed(logger, row.Id, row.Topic, row.StoreId, wait.Value, permanent ? null : failure);
        }
    }

    /// <summary>Waits until something may be due.</summary>
    public Task WaitAsync(CancellationToken cancel) => signal.WaitAsync(TimeSpan.FromMilliseconds(500), cancel);

    private sealed record Row(
        string StoreId, string Source, string DeliveryKey, string Id, string Topic, byte[]? Body, DateTimeOffset? TriggeredAt, DateTimeOffset ReceivedAt,
        long Attempts, DateTimeOffset DueAt)
    {
        /// <summary>When its event happened, as far as that is known; nothing happens after the message of it has come in.</summary>
        public DateTimeOffset HappenedAt => TriggeredAt < ReceivedAt ? TriggeredAt.Value : ReceivedAt;

        public string Lease { get; init; } = "";
    }

    private sealed record Claimed(Row Row, Store Store, StoreEvent StoreEvent, OrderEvent? OrderEvent);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Delivery {DeliveryId} ({Topic}) of {StoreId}: {Outcome}")]
        public static partial void Applied(ILogger logger, string deliveryId, string topic, string storeId, string outcome);

        [LoggerMessage(LogLevel.Warning, "A batch of {Count} deliveries failed; each is tried alone")]
        public static partial void BatchFailed(ILogger logger, int count, Exception exception);

        [LoggerMessage(LogLevel.Warning, "Delivery {DeliveryId} ({Topic}) of {StoreId} failed and is tried again in {Wait}")]
        public static partial void Failed(ILogger logger, string deliveryId, string topic, string storeId, TimeSpan wait, Exception? exception);

        [LoggerMessage(LogLevel.Information, "Delivery {DeliveryId} ({Topic}) of {StoreId} waits: {Reason}")]
        public static partial void NotYet(ILogger logger, string deliveryId, string topic, string storeId, string reason);

        [LoggerMessage(LogLevel.Error, "Delivery {DeliveryId} ({Topic}) of {StoreId} is dead: {Reason}")]
        public static partial void Dead(ILogger logger, string deliveryId, string topic, string storeId, string reason);

        [LoggerMessage(LogLevel.Warning, "Delivery {DeliveryId} was taken over by another worker")]
        public static partial void LeaseLost(ILogger logger, string deliveryId);
    }
}

/// <summary>The lease of a row ran out while it was worked on; its transaction is rolled back.</summary>
internal sealed class LeaseLostException(string id) : Exception($"The lease of {id} was lost.");
