// Rows by the million: every statement that writes the past of a store directly, each prepared once, in large transactions.
using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using StorePlugin.Data;

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
            net_minor, campaign_id, ambassador_id, commission_minor, hold_until, reason, created_at, updated_at, approved_at)
        VALUES (@StoreId, @OrderId, @Revision, @Reference, @State, @At, @LocalDay, @VersionUpdatedAt, @VersionHash, 'EUR', @PaidAt,
            @NetMinor, @CampaignId, @AmbassadorId, @CommissionMinor, @HoldUntil, @Reason, @CreatedAt, @UpdatedAt, @ApprovedAt)
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
        VALUES (@StoreId, @Id, @Kind, @Source, 'EUR', @BookedAt, @LocalDay, 'system', @Reason)
        """;

    private const string Entry =
        """
        INSERT INTO ledger_entries (store_id, transaction_id, position, account, ambassador_id, order_id, amount_minor, currency)
        VALUES (@StoreId, @TransactionId, @Position, @Account, @AmbassadorId, @OrderId, @AmountMinor, 'EUR')
        """;

    private const string Balance =
        """
        INSERT INTO balances (store_id, ambassador_id, account, currency, amount_minor)
        VALUES (@StoreId, @AmbassadorId, @Account, 'EUR', @AmountMinor)
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
        INSERT INTO clicks (store_id, id, ambassador_id, campaign_id, at, referrer_class, used_at)
        VALUES (@StoreId, @Id, @AmbassadorId, @CampaignId, @At, @ReferrerClass, @UsedAt)
        """;

    private readonly SqliteConnection _connection;
    private readonly string _storeId;
    private readonly List<string> _indexes;
    private readonly Dictionary<string, DbCommand> _kept = new(StringComparer.Ordinal);
    private SqliteTransaction _transaction;
    private int _rows;

    public BulkRows(string database, string storeId)
    {
        // Nobody else may keep it open.
        SqliteConnection.ClearAllPools();
        _storeId = storeId;
        _connection = new SqliteConnection($"Data Source={database};Pooling=False;Foreign Keys=False");
        _connection.Open();
        _connection.Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -1500000");

        // Those that a table does not need to be itself: made over all rows at once, they cost a fraction.
        var indexes = _connection.Query<(string Name, string Sql)>("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").ToList();
        _indexes = [.. indexes.Select(index => index.Sql)];
        indexes.ForEach(index => _connection.Execute($"DROP INDEX {index.Name}"));
        _transaction = _connection.BeginTransaction();
    }

    public Task OrderAsync(
        string orderId, long revision, string reference, string state, DateTimeOffset at, long localDay, DateTimeOffset versionAt, string hash,
        DateTimeOffset? paidAt, long netMinor, string? campaignId, string? ambassadorId, long commissionMinor, DateTimeOffset? holdUntil, string reason,
        DateTimeOffset createdAt, DateTimeOffset updatedAt, DateTimeOffset? approvedAt) => RunAsync(
        Order, ("StoreId", _storeId), ("OrderId", orderId), ("Revision", revision), ("Reference", reference), ("State", state), ("At", at),
        ("LocalDay", localDay), ("VersionUpdatedAt", versionAt), ("VersionHash", hash), ("PaidAt", paidAt), ("NetMinor", netMinor),
        ("CampaignId", campaignId), ("AmbassadorId", ambassadorId), ("CommissionMinor", commissionMinor), ("HoldUntil", holdUntil),
        ("Reason", reason), ("CreatedAt", createdAt), ("UpdatedAt", updatedAt), ("ApprovedAt", approvedAt));

    public Task VersionAsync(string orderId, DateTimeOffset updatedAt, string hash, string content, DateTimeOffset recordedAt) => RunAsync(
        Version, ("StoreId", _storeId), ("OrderId", orderId), ("UpdatedAt", updatedAt), ("Hash", hash), ("Content", content), ("RecordedAt", recordedAt));

    public Task ReceiptAsync(string orderId, string content, DateTimeOffset decidedAt) => RunAsync(
        Receipt, ("StoreId", _storeId), ("OrderId", orderId), ("Content", content), ("DecidedAt", decidedAt));

    public async Task TransactionAsync(
        string id, string kind, string source, DateTimeOffset bookedAt, long localDay, string reason, string orderId,
        IEnumerable<(string Account, string AmbassadorId, long AmountMinor)> entries)
    {
        await RunAsync(
            Transaction, ("StoreId", _storeId), ("Id", id), ("Kind", kind), ("Source", source), ("BookedAt", bookedAt), ("LocalDay", localDay), ("Reason", reason));
        foreach (var (position, entry) in entries.Index())
        {
            await RunAsync(
                Entry, ("StoreId", _storeId), ("TransactionId", id), ("Position", (long)position), ("Account", entry.Account),
                ("AmbassadorId", entry.AmbassadorId), ("OrderId", orderId), ("AmountMinor", entry.AmountMinor));
        }
    }

    public Task BalanceAsync(string ambassadorId, string account, long amountMinor) => RunAsync(
        Balance, ("StoreId", _storeId), ("AmbassadorId", ambassadorId), ("Account", account), ("AmountMinor", amountMinor));

    public Task DeliveryAsync(string key, string id, string topic, DateTimeOffset receivedAt, string outcome, DateTimeOffset doneAt) => RunAsync(
        Delivery, ("StoreId", _storeId), ("Key", key), ("Id", id), ("Topic", topic), ("ReceivedAt", receivedAt), ("DueAt", doneAt.AddMinutes(1)),
        ("Outcome", outcome), ("DoneAt", doneAt));

    public Task EffectAsync(string id, string subject, string payload, DateTimeOffset createdAt, DateTimeOffset dueAt, string outcome) => RunAsync(
        Effect, ("StoreId", _storeId), ("Id", id), ("Subject", subject), ("Payload", payload), ("DueAt", dueAt), ("Outcome", outcome), ("CreatedAt", createdAt));

    public Task ClickAsync(string id, string ambassadorId, string campaignId, DateTimeOffset at, string referrerClass, DateTimeOffset? usedAt) => RunAsync(
        Click, ("StoreId", _storeId), ("Id", id), ("AmbassadorId", ambassadorId), ("CampaignId", campaignId), ("At", at),
        ("ReferrerClass", referrerClass), ("UsedAt", usedAt));

    /// <summary>Makes the indexes again, each in one large sort.</summary>
    public async Task FinishAsync()
    {
        await _transaction.CommitAsync();
        foreach (var sql in _indexes)
        {
            await _connection.ExecuteAsync(sql);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var command in _kept.Values)
        {
            await command.DisposeAsync();
        }

        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

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
