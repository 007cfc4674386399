// Reads the log and what stands, a range of keys at a time: prepared commands and plain readers, since Dapper by the row is too slow here.
using System.Data;
using System.Data.Common;
using StorePlugin.Abuse;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Payouts;
using StorePlugin.Rewards;
using StorePlugin.Webhooks;

namespace StorePlugin.Verification;

/// <summary>
/// One connection of one worker, with its commands. A range begins with its first key and ends before its second, by the
/// order in which the database keeps them.
/// </summary>
internal sealed class RebuildReader : IAsyncDisposable
{
    /// <summary>Before every key, and after all of them.</summary>
    public const string First = "", Last = "\uffff";

    private const string BoundByLog =
        "SELECT DISTINCT order_id FROM order_events WHERE store_id = @storeId AND order_id >= @from ORDER BY order_id";

    private const string BoundByOrders = "SELECT order_id FROM orders WHERE store_id = @storeId AND order_id >= @from ORDER BY order_id";

    private const string BoundByPayouts =
        "SELECT DISTINCT payout_id FROM payout_events WHERE store_id = @storeId AND payout_id >= @from ORDER BY payout_id";

    private const string BoundByOpenings =
        "SELECT ambassador_id FROM opening_balances WHERE store_id = @storeId AND ambassador_id >= @from ORDER BY ambassador_id";

    private const string BoundByWriteOffs =
        "SELECT DISTINCT ambassador_id FROM write_offs WHERE store_id = @storeId AND ambassador_id >= @from ORDER BY ambassador_id";
    private const string BoundByRewards = "SELECT id FROM rewards WHERE store_id = @storeId AND id >= @from ORDER BY id";

    private const string ReadEvents =
        """
        SELECT order_id, revision, kind, subject, at, local_day, booked_day, actor, evidence
        FROM order_events WHERE store_id = @storeId AND order_id >= @from AND order_id < @to ORDER BY order_id, revision
        """;

    private const string ReadVersions =
        """
        SELECT order_id, updated_at, content_hash, content
        FROM order_versions WHERE store_id = @storeId AND order_id >= @from AND order_id < @to
        """;

    private const string ReadRefunds =
        "SELECT order_id, refund_id, content, at FROM refunds WHERE store_id = @storeId AND order_id >= @from AND order_id < @to";

    private const string ReadDecisions =
        """
        SELECT order_id, number, kind, ambassador_id, campaign_id, rules, reason, actor, at
        FROM order_decisions WHERE store_id = @storeId AND order_id >= @from AND order_id < @to
        """;

    private const string ReadFindings =
        """
        SELECT order_id, ambassador_id, number, [rule], severity, inputs, why, allowed_why
        FROM findings WHERE store_id = @storeId AND order_id >= @from AND order_id < @to ORDER BY order_id, number, [rule]
        """;

    private const string ReadStandings =
        """
        SELECT order_id, ambassador_id, sort_key, number, campaign_id, local_day, effective_at, currency, base_minor, commission_minor, orders, new_customers
        FROM order_standings WHERE store_id = @storeId AND order_id >= @from AND order_id < @to ORDER BY order_id, number
        """;

    private const string ReadOrders =
        """
        SELECT order_id, revision, reference, state, at, local_day, version_updated_at, version_hash, currency, paid_at, net_minor, campaign_id,
            ambassador_id, commission_minor, hold_until, payout_id, approved_at, reason, created_at, updated_at,
            merchant_cost_minor, binds_keys, binds_days, came_by, refunded_at, earlier
        FROM orders WHERE store_id = @storeId AND order_id >= @from AND order_id < @to
        """;

    private const string ReadReceipts =
        "SELECT order_id, content, decided_at FROM receipts WHERE store_id = @storeId AND order_id >= @from AND order_id < @to";

    private const string ReadEntries =
        """
        SELECT e.order_id, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.order_id, e.amount_minor, e.currency
        FROM ledger_entries e
        JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
        WHERE e.store_id = @storeId AND e.order_id >= @from AND e.order_id < @to
        """;

    private const string ReadPayoutEvents =
        """
        SELECT payout_id, kind, subject, at, booked_day, actor, ambassador_id, amount_minor, currency, reason
        FROM payout_events WHERE store_id = @storeId AND payout_id >= @from AND payout_id < @to ORDER BY payout_id, number
        """;

    // Every source of a payout begins with its id, so that it lies between the payout and the next one.
    private const string ReadPayoutPostings =
        """
        SELECT t.source, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.order_id, e.amount_minor, e.currency
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
        WHERE t.store_id = @storeId AND t.kind IN ('payout_reserved', 'payout_sent', 'payout_returned', 'payout_reversed')
            AND t.source >= @from AND t.source < @to
        """;

    private const string ReadOpenings =
        """
        SELECT ambassador_id, at, booked_day, actor, amount_minor, currency
        FROM opening_balances WHERE store_id = @storeId AND ambassador_id >= @from AND ambassador_id < @to
        """;

    // So does the source of an opening balance begin with its ambassador.
    private const string ReadOpeningPostings =
        """
        SELECT t.source, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.order_id, e.amount_minor, e.currency
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
        WHERE t.store_id = @storeId AND t.kind = 'opening' AND t.source >= @from AND t.source < @to
        """;

    private const string ReadWriteOffs =
        """
        SELECT ambassador_id, number, kind, at, booked_day, actor, amount_minor, currency, reason
        FROM write_offs WHERE store_id = @storeId AND ambassador_id >= @from AND ambassador_id < @to ORDER BY ambassador_id, number
        """;

    // And so do those of write-offs and revivals.
    private const string ReadWriteOffPostings =
        """
        SELECT t.source, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.order_id, e.amount_minor, e.currency
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
        WHERE t.store_id = @storeId AND t.kind IN ('write_off', 'revival') AND t.source >= @from AND t.source < @to
        """;

    // What has no code is money: the source of its transaction is the reward itself.
    private const string ReadBonuses =
        """
        SELECT id, ambassador_id, created_at, booked_day, amount_minor, currency
        FROM rewards WHERE store_id = @storeId AND id >= @from AND id < @to AND code_key IS NULL AND state <> 'refused'
        """;

    private const string ReadBonusPostings =
        """
        SELECT t.source, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.order_id, e.amount_minor, e.currency
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
        WHERE t.store_id = @storeId AND t.kind = 'bonus' AND t.source >= @from AND t.source < @to
        """;

    private const int KeyLengthMax = 200;

    private readonly Db _db;
    private readonly string _storeId;
    private readonly DbConnection _connection;
    private readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);

    private RebuildReader(Db db, string storeId, DbConnection connection) => (_db, _storeId, _connection) = (db, storeId, connection);

    public static async Task<RebuildReader> OpenAsync(Db db, string storeId, CancellationToken cancel) =>
        new(db, storeId, await db.OpenAsync(cancel));

    /// <summary>Where a range of about so many orders ends, of those that the log knows and of all others.</summary>
    public string OrdersEnd(string from, int count)
    {
        // Either is right: what matters is only that the next range begins where this one ends.
        var (log, orders) = (Bound($"{BoundByLog} {_db.Page}", from, count), Bound($"{BoundByOrders} {_db.Page}", from, count));
        return string.CompareOrdinal(log, orders) < 0 ? log : orders;
    }

    public string PayoutsEnd(string from, int count) => Bound($"{BoundByPayouts} {_db.Page}", from, count);

    public string OpeningsEnd(string from, int count) => Bound($"{BoundByOpenings} {_db.Page}", from, count);

    public string WriteOffsEnd(string from, int count) => Bound($"{BoundByWriteOffs} {_db.Page}", from, count);

    public string RewardsEnd(string from, int count) => Bound($"{BoundByRewards} {_db.Page}", from, count);

    /// <param name="alone">The one read for certain: whatever changes meanwhile, it sees one state.</param>
    public IReadOnlyCollection<OrderRecords> Orders(string from, string to, bool alone)
    {
        using var transaction = Db.BeginReading(_connection, alone);
        var orders = new Dictionary<string, OrderRecords>(StringComparer.Ordinal);
        OrderRecords? last = null;
        Read(ReadEvents, from, to, transaction, row => Of(row).Events.Add(new LoggedEvent(
            row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetInt64(4), Number(row, 5), Number(row, 6), row.GetString(7), Text(row, 8))));
        Read(ReadVersions, from, to, transaction, row =>
        {
            var hash = row.GetString(2);
            Of(row).Versions.Add(new LoggedVersion(
                OrderLog.SubjectOf(DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), hash), hash, row.GetString(3)));
        });
        Read(ReadRefunds, from, to, transaction, row => Of(row).Refunds.Add(new LoggedRefund(row.GetString(1), row.GetString(2), row.GetInt64(3))));
        Read(ReadDecisions, from, to, transaction, row => Of(row).Decisions.Add(new LoggedDecision(
            row.GetInt64(1), row.GetString(2), Text(row, 3), Text(row, 4), row.GetString(5), row.GetString(6), row.GetString(7), row.GetInt64(8))));
        Read(ReadFindings, from, to, transaction, row => Of(row).Findings.Add(
            new PatternFinding(row.GetString(3), row.GetString(4), PatternFinding.InputsOf(row.GetString(5)), row.GetString(6))
            {
                AmbassadorId = row.GetString(1),
                Number = row.GetInt64(2),
                AllowedWhy = Text(row, 7),
            }));
        Read(ReadStandings, from, to, transaction, row => Of(row).Standings.Add(new StandingRow(
            row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetString(4), row.GetInt64(5),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)), row.GetString(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11))));
        Read(ReadOrders, from, to, transaction, row => Of(row).Row = new OrderRow(
            row.GetInt64(1), Text(row, 2), row.GetString(3), Number(row, 4), Number(row, 5), Number(row, 6), Text(row, 7), Text(row, 8), Number(row, 9),
            row.GetInt64(10), Text(row, 11), Text(row, 12), row.GetInt64(13), Number(row, 14), Text(row, 15), Number(row, 16), Text(row, 17),
            row.GetInt64(18), row.GetInt64(19), row.GetInt64(20), Text(row, 21), Number(row, 22), Text(row, 23), Number(row, 24),
            Text(row, 25)));
        Read(ReadReceipts, from, to, transaction, row => Of(row).Receipt = new StandingReceipt(row.GetString(1), row.GetInt64(2)));
        Read(ReadEntries, from, to, transaction, row => AddTo(Of(row).Transactions, row));
        transaction?.Commit();
        return orders.Values;

        // Most rows belong to the order of the row before.
        OrderRecords Of(DbDataReader row)
        {
            var id = row.GetString(0);
            if (last?.OrderId != id && !orders.TryGetValue(id, out last))
            {
                orders[id] = last = new OrderRecords(id);
            }

            return last!;
        }
    }

    public (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) Payouts(string from, string to, bool alone) =>
        Books(ReadPayoutEvents, ReadPayoutPostings, from, to, alone, row =>
        {
            var (at, currency) = (DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)), Currency.Parse(row.GetString(8)));
            var step = new PayoutEvent(
                row.GetString(0), row.GetString(1), row.GetString(2), at, row.GetString(5), row.GetString(6), new Money(row.GetInt64(7), currency), row.GetString(9));
            return new ExpectedTransaction(step.Posting, row.GetInt64(4));
        });

    public (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) Openings(string from, string to, bool alone) =>
        Books(ReadOpenings, ReadOpeningPostings, from, to, alone, row =>
        {
            var amount = new Money(row.GetInt64(4), Currency.Parse(row.GetString(5)));
            var opening = new OpeningBalance(row.GetString(0), amount, DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.GetString(3));
            return new ExpectedTransaction(opening.Posting, row.GetInt64(2));
        });

    public (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) WriteOffs(string from, string to, bool alone) =>
        Books(ReadWriteOffs, ReadWriteOffPostings, from, to, alone, row =>
        {
            var amount = new Money(row.GetInt64(6), Currency.Parse(row.GetString(7)));
            var fact = new WriteOff(
                row.GetString(0), row.GetInt64(1), row.GetString(2), amount, DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)), row.GetString(5), row.GetString(8));
            return new ExpectedTransaction(fact.Posting, row.GetInt64(4));
        });

    public (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) Bonuses(string from, string to, bool alone) =>
        Books(ReadBonuses, ReadBonusPostings, from, to, alone, row =>
        {
            var amount = new Money(row.GetInt64(4), Currency.Parse(row.GetString(5)));
            var bonus = new Bonus(row.GetString(0), row.GetString(1), amount, DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)));
            return new ExpectedTransaction(bonus.Posting, row.GetInt64(3));
        });

    public async ValueTask DisposeAsync()
    {
        foreach (var command in _commands.Values)
        {
            await command.DisposeAsync();
        }

        await _connection.DisposeAsync();
    }

    private (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) Books(
        string facts, string postings, string from, string to, bool alone, Func<DbDataReader, ExpectedTransaction> expect)
    {
        using var transaction = Db.BeginReading(_connection, alone);
        var (expected, standing) = (new List<ExpectedTransaction>(), new List<StandingTransaction>());
        Read(facts, from, to, transaction, row => expected.Add(expect(row)));
        Read(postings, from, to, transaction, row => AddTo(standing, row));
        transaction?.Commit();
        return (expected, standing);
    }

    /// <summary>The key behind so many others, or the end of all keys.</summary>
    private string Bound(string sql, string from, int count)
    {
        var command = Command(sql, from, to: null);
        command.Parameters["@take"].Value = (long)count + 1;
        using var rows = command.ExecuteReader();
        var (read, key) = (0, Last);
        while (rows.Read())
        {
            read++;
            if (read > count)
            {
                key = rows.GetString(0);
            }
        }

        return key;
    }

    private void Read(string sql, string from, string to, DbTransaction? transaction, Action<DbDataReader> take)
    {
        var command = Command(sql, from, to);
        command.Transaction = transaction;
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            take(rows);
        }
    }

    private DbCommand Command(string sql, string from, string? to)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _commands[sql] = _connection.CreateCommand();
            command.CommandText = sql;
            Add(command, "@storeId", DbType.String).Value = _storeId;
            Add(command, "@from", DbType.String);
            Add(command, to is null ? "@take" : "@to", to is null ? DbType.Int64 : DbType.String);
        }

        command.Parameters["@from"].Value = from;
        if (to is not null)
        {
            command.Parameters["@to"].Value = to;
        }

        return command;
    }

    private static DbParameter Add(DbCommand command, string name, DbType type)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.DbType) = (name, type);
        if (type == DbType.String)
        {
            parameter.Size = KeyLengthMax;
        }

        command.Parameters.Add(parameter);
        return parameter;
    }

    /// <summary>A row of a transaction and an entry of it; the entry's columns are null where there is none.</summary>
    private static void AddTo(List<StandingTransaction> transactions, DbDataReader row)
    {
        var id = row.GetString(1);
        var transaction = transactions.FindLast(one => one.Id == id);
        if (transaction is null)
        {
            transaction = new StandingTransaction(
                id, row.GetString(2), row.GetString(3), row.GetString(4), row.GetInt64(5), row.GetInt64(6), row.GetString(7), row.GetString(8));
            transactions.Add(transaction);
        }

        if (!row.IsDBNull(9))
        {
            transaction.Entries.Add(new StandingEntry(
                row.GetInt64(9), row.GetString(10), row.GetString(11), Text(row, 12), row.GetInt64(13), row.GetString(14)));
        }
    }

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static long? Number(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
