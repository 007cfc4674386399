// Rows by the million: every statement that writes the past of a store directly, each prepared once, in large transactions.
using Dapper;
using Microsoft.Data.Sqlite;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Bench;

/// <summary>
/// A database that is being filled and that nobody else has open: without a journal, without waiting for the disk, and
/// without the indexes that can be made at the end. Whoever dies meanwhile leaves a file that is of no use.
/// </summary>
internal sealed class BulkRows : IAsyncDisposable
{
    private const int RowsPerTransaction = 200_000;

    private const string Order =
        """
        INSERT INTO orders (store_id, order_id, revision, reference, state, at, local_day, version_updated_at, version_hash, currency, paid_at,
            net_minor, campaign_id, ambassador_id, commission_minor, merchant_cost_minor, binds_keys, hold_until, reason,
            came_by, refunded_at, earlier, created_at, updated_at, approved_at)
        VALUES (@StoreId, @OrderId, @Revision, @Reference, @State, @At, @LocalDay, @VersionUpdatedAt, @VersionHash, @Currency, @PaidAt,
            @NetMinor, @CampaignId, @AmbassadorId, @CommissionMinor, @MerchantCostMinor, @BindsKeys, @HoldUntil, @Reason,
            @CameBy, @RefundedAt, @Earlier, @CreatedAt, @UpdatedAt, @ApprovedAt)
        """;

    private const string Version =
        """
        INSERT INTO order_versions (store_id, order_id, updated_at, content_hash, content, recorded_at)
        VALUES (@StoreId, @OrderId, @UpdatedAt, @Hash, @Content, @RecordedAt)
        """;

    private const string Receipt =
        "INSERT INTO receipts (store_id, order_id, content, decided_at) VALUES (@StoreId, @OrderId, @Content, @DecidedAt)";

    private const string Transaction =
        """
        INSERT INTO ledger_transactions (store_id, id, kind, source, currency, booked_at, local_day, actor, reason)
        VALUES (@StoreId, @Id, @Kind, @Source, @Currency, @BookedAt, @LocalDay, @Actor, @Reason)
        """;

    private const string Entry =
        """
        INSERT INTO ledger_entries (store_id, transaction_id, position, account, ambassador_id, order_id, amount_minor, currency)
        VALUES (@StoreId, @TransactionId, @Position, @Account, @AmbassadorId, @OrderId, @AmountMinor, @Currency)
        """;

    private const string Standing =
        """
        INSERT INTO order_standings (store_id, ambassador_id, sort_key, number, order_id, campaign_id, local_day, effective_at, currency,
            base_minor, commission_minor, orders, new_customers)
        VALUES (@StoreId, @AmbassadorId, @SortKey, @Number, @OrderId, @CampaignId, @LocalDay, @EffectiveAt, @Currency,
            @BaseMinor, @CommissionMinor, @Orders, @NewCustomers)
        """;

    private const string Customer =
        """
        INSERT INTO customer_orders (store_id, customer_key, sort_key, order_id, kind, plans)
        VALUES (@StoreId, @CustomerKey, @SortKey, @OrderId, 'order', @Plans)
        """;

    private const string Balance =
        """
        INSERT INTO balances (store_id, ambassador_id, account, currency, amount_minor)
        VALUES (@StoreId, @AmbassadorId, @Account, @Currency, @AmountMinor)
        """;

    // Its body was dropped a week after it was done with.
    private const string Delivery =
        """
        INSERT INTO deliveries (store_id, source, delivery_key, id, topic, body, received_at, state, attempts, due_at, outcome, done_at)
        VALUES (@StoreId, 'shopify', @Key, @Id, @Topic, NULL, @ReceivedAt, 'done', 0, @DueAt, @Outcome, @DoneAt)
        """;

    private const string Effect =
        """
        INSERT INTO effects (store_id, id, kind, subject, payload, state, attempts, due_at, outcome, created_at, done_at)
        VALUES (@StoreId, @Id, 'mail', @Subject, @Payload, 'done', 0, @DueAt, @Outcome, @CreatedAt, @DueAt)
        """;

    private const string Click =
        """
        INSERT INTO clicks (store_id, id, ambassador_id, campaign_id, at, referrer_class, consent, visit, used_at)
        VALUES (@StoreId, @Id, @AmbassadorId, @CampaignId, @At, @ReferrerClass, 'unknown', 'first', @UsedAt)
        """;

    // As the program adds them up order by order; here after the last.
    private const string OrderDays =
        """
        INSERT INTO order_days (store_id, campaign_id, local_day, currency, orders, net_minor, commission_minor, new_customers)
        SELECT store_id, campaign_id, local_day, currency, COUNT(*), SUM(net_minor), SUM(commission_minor), SUM(CASE WHEN customer_kind = 'new' THEN 1 ELSE 0 END)
        FROM orders
        WHERE store_id = @storeId AND ambassador_id IS NOT NULL AND state IN ('held', 'review', 'approved', 'in_payout', 'paid', 'reversed', 'disputed')
        GROUP BY store_id, campaign_id, local_day, currency
        """;

    private const string ClickDay =
        "INSERT INTO click_days (store_id, campaign_id, local_day, clicks, first_visits) VALUES (@storeId, @CampaignId, @LocalDay, @clicks, @clicks)";

    private readonly Dictionary<(string CampaignId, long LocalDay), long> _clicks = [];
    private readonly SqliteConnection _connection;
    private readonly Store _store;
    private readonly string _storeId;
    private readonly List<string> _indexes;
    private readonly KeptStatements _kept;
    private SqliteTransaction _transaction;
    private int _rows;

    public BulkRows(string database, Store store)
    {
        // Nobody else may keep it open.
        SqliteConnection.ClearAllPools();
        (_store, _storeId) = (store, store.Id);
        _connection = new SqliteConnection($"Data Source={database};Pooling=False;Foreign Keys=False");
        _connection.Open();
        _kept = new KeptStatements(_connection);
        _connection.Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -1500000");

        // Those that a table does not need to be itself: made over all rows at once, they cost a fraction.
        var indexes = _connection.Query<(string Name, string Sql)>("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").ToList();
        _indexes = [.. indexes.Select(index => index.Sql)];
        indexes.ForEach(index => _connection.Execute($"DROP INDEX {index.Name}"));
        _transaction = _connection.BeginTransaction();
    }

    /// <summary>An order as it stands in the end, with its receipt, its shopper and what it adds to its ambassador's standing.</summary>
    /// <param name="createdAt">When its first event was booked.</param>
    /// <param name="decidedAt">When its last decision was booked.</param>
    /// <param name="approvedAt">When its hold was found to be over; null: it is held, or there is nothing to hold.</param>
    public async Task OrderAsync(SettledOrder settled, DateTimeOffset createdAt, DateTimeOffset decidedAt, DateTimeOffset? approvedAt)
    {
        var (receipt, orderId) = (settled.Receipt!, settled.Event.OrderId);
        var localDay = _store.LocalDay(receipt.At);
        await RunAsync(
            Order, ("StoreId", _storeId), ("OrderId", orderId), ("Revision", settled.Revision + (approvedAt is null ? 0 : 1)), ("Reference", receipt.Reference),
            ("State", approvedAt is null ? settled.State : "approved"), ("At", receipt.At), ("LocalDay", localDay),
            ("VersionUpdatedAt", receipt.VersionUpdatedAt), ("VersionHash", receipt.VersionHash), ("Currency", receipt.Currency.Code),
            ("PaidAt", receipt.PaidAt), ("NetMinor", receipt.RemainingBaseMinor), ("CampaignId", receipt.CampaignId),
            ("AmbassadorId", receipt.AmbassadorId), ("CommissionMinor", settled.CommissionMinor), ("MerchantCostMinor", settled.MerchantCostMinor),
            ("BindsKeys", settled.BindsKeys), ("Earlier", settled.Facts!.Earlier.ToJson()), ("HoldUntil", settled.HoldUntil), ("Reason", settled.Reason), ("CameBy", settled.CameBy),
            ("RefundedAt", settled.RefundedAt), ("CreatedAt", createdAt), ("UpdatedAt", approvedAt ?? decidedAt),
            ("ApprovedAt", approvedAt));
        await RunAsync(Receipt, ("StoreId", _storeId), ("OrderId", orderId), ("Content", receipt.ToJson()), ("DecidedAt", decidedAt));
        var moment = OrderMoment.KeyOf(receipt.At, orderId);
        var recorded = settled.Facts!.Recorded;
        foreach (var key in Customers.KeysOf(recorded.Shopper))
        {
            await RunAsync(
                Customer, ("StoreId", _storeId), ("CustomerKey", key), ("SortKey", moment), ("OrderId", orderId), ("Plans", Customers.PlansOf(recorded.Order)));
        }

        foreach (var change in settled.StandingChanges)
        {
            await RunAsync(
                Standing, ("StoreId", _storeId), ("AmbassadorId", receipt.AmbassadorId), ("SortKey", moment),
                ("Number", change.Number), ("OrderId", orderId), ("CampaignId", receipt.CampaignId), ("LocalDay", localDay),
                ("EffectiveAt", change.EffectiveAt), ("Currency", receipt.Currency.Code), ("BaseMinor", change.BaseMinor),
                ("CommissionMinor", change.CommissionMinor), ("Orders", change.Orders), ("NewCustomers", change.NewCustomers));
        }
    }

    /// <summary>A version of an order, and the event that it is, with the evidence of the decision.</summary>
    public async Task VersionAsync(OrderEvent.Version version, SettledOrder settled, DateTimeOffset now)
    {
        await RunAsync(
            Version, ("StoreId", _storeId), ("OrderId", version.OrderId), ("UpdatedAt", version.Recorded.Order.UpdatedAt), ("Hash", version.Hash),
            ("Content", version.Json), ("RecordedAt", now));
        var (kind, subject) = OrderLog.NameOf(version);
        await EventAsync(
            version.OrderId, settled.Revision, kind, subject, now, _store.LocalDay(settled.Receipt!.At), settled.Actor, settled.Decision!.Evidence.ToJson());
    }

    /// <summary>The event that the hold of an order was found to be over.</summary>
    public Task ReleasedAsync(string orderId, long revision, DateTimeOffset now, string actor) =>
        EventAsync(orderId, revision, OrderLog.Release, "", now, null, actor, null);

    public async Task TransactionAsync(string id, LedgerTransaction transaction)
    {
        await RunAsync(
            Transaction, ("StoreId", _storeId), ("Id", id), ("Kind", transaction.Kind), ("Source", transaction.Source), ("Currency", transaction.Currency.Code),
            ("BookedAt", transaction.BookedAt), ("LocalDay", _store.LocalDay(transaction.BookedAt)), ("Actor", transaction.Actor), ("Reason", transaction.Reason));
        foreach (var (position, entry) in transaction.Entries.Index())
        {
            await RunAsync(
                Entry, ("StoreId", _storeId), ("TransactionId", id), ("Position", (long)position), ("Account", entry.Account),
                ("AmbassadorId", entry.AmbassadorId), ("OrderId", entry.OrderId), ("AmountMinor", entry.AmountMinor), ("Currency", transaction.Currency.Code));
        }
    }

    public Task BalanceAsync(string ambassadorId, string account, string currency, long amountMinor) => RunAsync(
        Balance, ("StoreId", _storeId), ("AmbassadorId", ambassadorId), ("Account", account), ("Currency", currency), ("AmountMinor", amountMinor));

    public Task DeliveryAsync(string key, string id, string topic, DateTimeOffset receivedAt, string outcome, DateTimeOffset doneAt) => RunAsync(
        Delivery, ("StoreId", _storeId), ("Key", key), ("Id", id), ("Topic", topic), ("ReceivedAt", receivedAt), ("DueAt", doneAt.AddMinutes(1)),
        ("Outcome", outcome), ("DoneAt", doneAt));

    public Task EffectAsync(string id, string subject, string payload, DateTimeOffset createdAt, DateTimeOffset dueAt, string outcome) => RunAsync(
        Effect, ("StoreId", _storeId), ("Id", id), ("Subject", subject), ("Payload", payload), ("DueAt", dueAt), ("Outcome", outcome), ("CreatedAt", createdAt));

    public Task ClickAsync(string id, string ambassadorId, string campaignId, DateTimeOffset at, string referrerClass, DateTimeOffset? usedAt)
    {
        var day = (campaignId, _store.LocalDay(at));
        _clicks[day] = _clicks.GetValueOrDefault(day) + 1;
        return RunAsync(
            Click, ("StoreId", _storeId), ("Id", id), ("AmbassadorId", ambassadorId), ("CampaignId", campaignId), ("At", at),
            ("ReferrerClass", referrerClass), ("UsedAt", usedAt));
    }

    /// <summary>Makes the indexes again, each in one large sort.</summary>
    public async Task FinishAsync()
    {
        await _transaction.CommitAsync();
        foreach (var sql in _indexes)
        {
            await _connection.ExecuteAsync(sql);
        }

        await _connection.ExecuteAsync(OrderDays, new { storeId = _storeId });
        await _connection.ExecuteAsync(ClickDay, _clicks.Select(day => new { storeId = _storeId, day.Key.CampaignId, day.Key.LocalDay, clicks = day.Value }));
    }

    public async ValueTask DisposeAsync()
    {
        _kept.Dispose();
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private Task EventAsync(
        string orderId, long revision, string kind, string subject, DateTimeOffset at, long? localDay, string actor, string? evidence) => RunAsync(
        OrderLog.Insert, ("StoreId", _storeId), ("OrderId", orderId), ("Revision", revision), ("Kind", kind), ("Subject", subject), ("At", at),
        ("LocalDay", localDay), ("BookedDay", _store.LocalDay(at)), ("Actor", actor), ("Evidence", evidence));

    private async Task RunAsync(string sql, params (string Name, object? Value)[] parameters)
    {
        if (++_rows % RowsPerTransaction == 0)
        {
            await _transaction.CommitAsync();
            await _transaction.DisposeAsync();
            _transaction = _connection.BeginTransaction();
        }

        await using var statement = new Prepared(new Tx(_connection, _transaction, _kept), sql);
        await statement.DoAsync(parameters);
    }
}
