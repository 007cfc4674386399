// Reads past orders for a back-test: plain commands, since a million rows through Dapper take longer than all the rest.
using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using StorePlugin.Abuse;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <summary>An order as the database holds it; what is JSON is not read yet.</summary>
/// <param name="BookedMinor">The commission that its row holds, which its receipt says as well.</param>
/// <param name="Evidence">That of its newest decision; null where it was decided before evidence was kept.</param>
/// <param name="Content">The version that stands; null where it is not asked for.</param>
internal sealed record BackTestRow(
    string OrderId, DateTimeOffset At, DateTimeOffset? PaidAt, long BookedMinor, string? BookedFor, string VersionHash, string? Evidence, string? Content,
    string? Earlier)
{
    /// <summary>What came on its own (see <see cref="LooseFacts"/>).</summary>
    public List<(string Id, string Content, DateTimeOffset At)> Refunds { get; } = [];

    public List<OrderDecision> Decisions { get; } = [];

    /// <summary>What was found about it before its release (rule F7).</summary>
    public List<PatternFinding> Findings { get; } = [];
}

/// <summary>One state of the database: what is written while it is read is not seen. Nothing is ever written here.</summary>
internal sealed class BackTestReader : IAsyncDisposable
{
    private const int CommandSecondsMax = 600;

    private const string Count = "SELECT CAST(COUNT(*) AS bigint) FROM orders WHERE store_id = @storeId AND at >= @from AND at < @to";

    // Most orders of a store name no ambassador, and come to the same under any terms: they are left out here. An order with
    // several refunds or decisions has several rows, one after the other, so that all of it comes from one statement.
    private const string Read =
        """
        SELECT o.order_id, o.at, o.paid_at, o.commission_minor, o.ambassador_id, o.version_hash, e.evidence, v.content,
            r.refund_id, r.content, r.at, d.number, d.kind, d.ambassador_id, d.campaign_id, d.rules, d.reason, d.actor, d.at,
            f.number, f.[rule], f.severity, f.inputs, f.why, f.allowed_why, f.ambassador_id, o.earlier
        FROM orders o
        LEFT JOIN order_events e ON e.store_id = o.store_id AND e.order_id = o.order_id
            AND e.revision = (SELECT MAX(n.revision) FROM order_events n
                WHERE n.store_id = o.store_id AND n.order_id = o.order_id AND n.evidence IS NOT NULL)
        LEFT JOIN order_versions v ON v.store_id = o.store_id AND v.order_id = o.order_id
            AND v.updated_at = o.version_updated_at AND v.content_hash = o.version_hash
        LEFT JOIN refunds r ON r.store_id = o.store_id AND r.order_id = o.order_id
        LEFT JOIN order_decisions d ON d.store_id = o.store_id AND d.order_id = o.order_id
        LEFT JOIN findings f ON f.store_id = o.store_id AND f.order_id = o.order_id
        WHERE o.store_id = @storeId AND o.at >= @from AND o.at < @to AND (e.evidence IS NULL OR e.evidence <> @none)
        ORDER BY o.at, o.order_id
        """;

    private readonly DbConnection _connection;
    private readonly DbTransaction? _transaction;

    private BackTestReader(DbConnection connection, DbTransaction? transaction) => (_connection, _transaction) = (connection, transaction);

    public static async Task<BackTestReader> OpenAsync(Db db, CancellationToken cancel)
    {
        var connection = await db.OpenAsync(cancel);

        // A deferred transaction of SQLite only reads while nobody writes in it. On SQL Server each statement sees one state.
        return new BackTestReader(connection, (connection as SqliteConnection)?.BeginTransaction(deferred: true));
    }

    /// <summary>How many orders the store has in an interval, by their own instants.</summary>
    public async Task<long> CountAsync(Store store, ComparedInterval interval, CancellationToken cancel)
    {
        await using var command = Command(Count, store, interval);
        return (long)(await Db.OrCalledOffAsync(command.ExecuteScalarAsync(cancel), cancel))!;
    }

    /// <summary>
    /// The orders of an interval that somebody may have brought, in the order of (instant, id). The content of those whose
    /// evidence does not name the campaign is left out.
    /// </summary>
    public async IAsyncEnumerable<BackTestRow> ReadAsync(
        Store store, string campaignId, ComparedInterval interval, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var command = Command(Read, store, interval);
        Add(command, "none", DbType.String, Evidence.None.ToJson());
        await using var reader = await Db.OrCalledOffAsync(command.ExecuteReaderAsync(cancel), cancel);
        BackTestRow? row = null;
        while (await Db.OrCalledOffAsync(reader.ReadAsync(cancel), cancel))
        {
            var orderId = reader.GetString(0);
            if (row is null || row.OrderId != orderId)
            {
                if (row is not null)
                {
                    yield return row;
                }

                row = RowOf(reader, orderId, campaignId);
            }

            if (row.Content is not null)
            {
                AddRefund(reader, row);
                AddDecision(reader, row);
                AddFinding(reader, row);
            }
        }

        if (row is not null)
        {
            yield return row;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null)
        {
            await _transaction.DisposeAsync();
        }

        await _connection.DisposeAsync();
    }

    private static BackTestRow RowOf(DbDataReader reader, string orderId, string campaignId)
    {
        var evidence = Text(reader, 6);
        return new BackTestRow(
            orderId, Instant(reader, 1), reader.IsDBNull(2) ? null : Instant(reader, 2), reader.GetInt64(3), Text(reader, 4), Text(reader, 5) ?? "", evidence,
            evidence?.Contains(campaignId, StringComparison.Ordinal) is true ? reader.GetString(7) : null, Text(reader, 26));
    }

    private static void AddRefund(DbDataReader reader, BackTestRow row)
    {
        if (Text(reader, 8) is { } id && !row.Refunds.Exists(refund => refund.Id == id))
        {
            row.Refunds.Add((id, reader.GetString(9), Instant(reader, 10)));
        }
    }

    private static void AddDecision(DbDataReader reader, BackTestRow row)
    {
        if (!reader.IsDBNull(11) && reader.GetInt64(11) is var number && !row.Decisions.Exists(decision => decision.Number == number))
        {
            row.Decisions.Add(new OrderDecision(
                number, ReceiveOrders.KindOf(reader.GetString(12)), Text(reader, 13), Text(reader, 14),
                [.. reader.GetString(15).Split(',', StringSplitOptions.RemoveEmptyEntries)], reader.GetString(16), reader.GetString(17), Instant(reader, 18)));
        }
    }

    private static void AddFinding(DbDataReader reader, BackTestRow row)
    {
        if (!reader.IsDBNull(19) && (reader.GetInt64(19), reader.GetString(20), reader.GetString(25)) is var (number, rule, ambassadorId)
            && !row.Findings.Exists(finding => (finding.Number, finding.Rule, finding.AmbassadorId) == (number, rule, ambassadorId)))
        {
            row.Findings.Add(new PatternFinding(rule, reader.GetString(21), PatternFinding.InputsOf(reader.GetString(22)), reader.GetString(23))
            {
                AmbassadorId = ambassadorId,
                Number = number,
                AllowedWhy = Text(reader, 24),
            });
        }
    }

    private static string? Text(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset Instant(DbDataReader reader, int column) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    private DbCommand Command(string sql, Store store, ComparedInterval interval)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // The statements are the constants above.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.CommandTimeout = CommandSecondsMax;
        command.Transaction = _transaction;
        Add(command, "storeId", DbType.String, store.Id);
        Add(command, "from", DbType.Int64, (interval.From ?? DateTimeOffset.MinValue).ToUnixTimeMilliseconds());
        Add(command, "to", DbType.Int64, (interval.To ?? DateTimeOffset.MaxValue).ToUnixTimeMilliseconds());
        return command;
    }

    private static void Add(DbCommand command, string name, DbType type, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = "@" + name;
        parameter.DbType = type;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
