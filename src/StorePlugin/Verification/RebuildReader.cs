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

    // What imports have told is a fact of its own, and has no log.
    private const string ReadCustomers =
        """
        SELECT order_id, customer_key, sort_key, mark, kind, plans, credit_minor, credit_currency, credit_back_at
        FROM customer_orders WHERE store_id = @storeId AND order_id >= @from AND order_id < @to AND (mark IS NULL OR mark = 'erased')
        """;

    private const string ReadOrders =
        """
        SELECT order_id, revision, reference, state, at, local_day, version_updated_at, version_hash, currency, paid_at, net_minor, campaign_id,
            ambassador_id, commission_minor, hold_until, payout_id, approved_at, reason, created_at, updated_at,
            merchant_cost_minor, binds_keys, binds_days, came_by, refunded_at, earlier, review_at, customer_kind
        FROM orders WHERE store_id = @storeId AND order_id >= @from AND order_id < @to
        """;

    private const string ReadReceipts =
        "SELECT order_id, content, decided_at FROM receipts WHERE store_id = @storeId AND order_id >= @from AND order_id < @to";

    private const string ReadEntries =
        """
        SELECT e.order_id, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.amount_minor, e.currency
        FROM ledger_entries e
        JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
        WHERE e.store_id = @storeId AND e.order_id >= @from AND e.order_id < @to
        """;

    private const string ReadPayoutEvents =
        """
        SELECT payout_id, kind, subject, at, booked_day, actor, ambassador_id, amount_minor, currency, reason, vat_minor
        FROM payout_events WHERE store_id = @storeId AND payout_id >= @from AND payout_id < @to ORDER BY payout_id, number
        """;

    // Every source of a payout begins with its id, so that it lies between the payout and the next one.
    private const string ReadPayoutPostings =
        """
        SELECT e.order_id, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.amount_minor, e.currency
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
        SELECT e.order_id, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.amount_minor, e.currency
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
        SELECT e.order_id, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.amount_minor, e.currency
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
        WHERE t.store_id = @storeId AND t.kind IN ('write_off', 'revival') AND t.source >= @from AND t.source < @to
        """;

    // What has no code is money: the source of its transaction is the reward itself.
    private const string ReadBonuses =
        """
        SELECT id, ambassador_id, created_at, booked_day, amount_minor, currency
        FROM rewards WHERE store_id = @storeId AND id >= @from AND id < @to AND code_key IS NULL AND form IS NULL AND state <> 'refused'
        """;

    private const string ReadBonusPostings =
        """
        SELECT e.order_id, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.amount_minor, e.currency
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
        WHERE t.store_id = @storeId AND t.kind = 'bonus' AND t.source >= @from AND t.source < @to
        """;

    // A gift card or store credit: up to three steps of one row.
    private const string ReadValues =
        """
        SELECT id, ambassador_id, 'reward_reserved' AS kind, created_at AS at, booked_day AS day, amount_minor, currency
        FROM rewards WHERE store_id = @storeId AND id >= @from AND id < @to AND form IS NOT NULL AND state <> 'refused'
        UNION ALL
        SELECT id, ambassador_id, 'reward_given', issued_at, issued_day, amount_minor, currency
        FROM rewards WHERE store_id = @storeId AND id >= @from AND id < @to AND form IS NOT NULL AND issued_at IS NOT NULL
        UNION ALL
        SELECT id, ambassador_id, CASE WHEN issued_at IS NULL THEN 'reward_released' ELSE 'reward_returned' END, returned_at, returned_day, returned_minor, currency
        FROM rewards WHERE store_id = @storeId AND id >= @from AND id < @to AND form IS NOT NULL AND returned_minor > 0
        """;

    private const string ReadValuePostings =
        """
        SELECT e.order_id, t.id, t.kind, t.source, t.currency, t.booked_at, t.local_day, t.actor, t.reason,
            e.position, e.account, e.ambassador_id, e.amount_minor, e.currency
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
        WHERE t.store_id = @storeId AND t.kind IN ('reward_reserved', 'reward_given', 'reward_released', 'reward_returned')
            AND t.source >= @from AND t.source < @to
        """;

    private const int KeyLengthMax = 200;

    private readonly Db _db;
    private readonly string _storeId;
    private readonly DbConnection _connection;
    private readonly Dictionary<string, (DbCommand Command, RowReader Rows)> _commands = new(StringComparer.Ordinal);

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
            row.Number(1), row.Text(2), row.Text(3), row.Number(4), row.NumberOrNull(5), row.NumberOrNull(6), row.Text(7), row.TextOrNull(8))));
        Read(ReadVersions, from, to, transaction, row =>
        {
            var hash = row.Text(2);
            Of(row).Versions.Add(new LoggedVersion(
                OrderLog.SubjectOf(DateTimeOffset.FromUnixTimeMilliseconds(row.Number(1)), hash), hash, row.Text(3)));
        });
        Read(ReadRefunds, from, to, transaction, row => Of(row).Refunds.Add(new LoggedRefund(row.Text(1), row.Text(2), row.Number(3))));
        Read(ReadDecisions, from, to, transaction, row => Of(row).Decisions.Add(new LoggedDecision(
            row.Number(1), row.Text(2), row.TextOrNull(3), row.TextOrNull(4), row.Text(5), row.Text(6), row.Text(7), row.Number(8))));
        Read(ReadFindings, from, to, transaction, row => Of(row).Findings.Add(
            new PatternFinding(row.Text(3), row.Text(4), PatternFinding.InputsOf(row.Text(5)), row.Text(6))
            {
                AmbassadorId = row.Text(1),
                Number = row.Number(2),
                AllowedWhy = row.TextOrNull(7),
            }));
        Read(ReadStandings, from, to, transaction, row => Of(row).Standings.Add(new StandingRow(
            row.Text(0), row.Text(1), row.Text(2), row.Number(3), row.Text(4), row.Number(5),
            DateTimeOffset.FromUnixTimeMilliseconds(row.Number(6)), row.Text(7), row.Number(8), row.Number(9), row.Number(10), row.Number(11))));
        Read(ReadOrders, from, to, transaction, row => Of(row).Row = new OrderRow(
            row.Number(1), row.TextOrNull(2), row.Text(3), row.NumberOrNull(4), row.NumberOrNull(5), row.NumberOrNull(6), row.TextOrNull(7), row.TextOrNull(8),
            row.NumberOrNull(9), row.Number(10), row.TextOrNull(11), row.TextOrNull(12), row.Number(13), row.NumberOrNull(14), row.TextOrNull(15), row.NumberOrNull(16),
            row.TextOrNull(17), row.Number(18), row.Number(19), row.Number(20), row.TextOrNull(21), row.NumberOrNull(22), row.TextOrNull(23), row.NumberOrNull(24),
            row.TextOrNull(25), row.NumberOrNull(26), row.TextOrNull(27)));
        Read(ReadReceipts, from, to, transaction, row => Of(row).Receipt = new StandingReceipt(row.Text(1), row.Number(2)));
        Read(ReadEntries, from, to, transaction, row => AddTo(Of(row).Transactions, row));
        Read(ReadCustomers, from, to, transaction, row =>
        {
            DateTimeOffset? backAt = row.NumberOrNull(8) is { } back ? DateTimeOffset.FromUnixTimeMilliseconds(back) : null;
            var credit = row.NumberOrNull(6) is { } minor ? new CreditPaid(new Money(minor, Currency.Parse(row.Text(7))), backAt) : null;
            var customer = new CustomerRow(row.Text(1), row.Text(2), new CustomerColumns(row.Text(4), row.TextOrNull(5), credit)) { IsErased = !row.IsNull(3) };

            // Of an order that an import told of, and whose shopper was erased since, nothing else is known.
            if (!customer.IsErased || orders.ContainsKey(row.Text(0)))
            {
                Of(row).Customers.Add(customer);
            }
        });
        transaction?.Commit();
        return orders.Values;

        // Most rows belong to the order of the row before.
        OrderRecords Of(RowReader row)
        {
            var id = row.Text(0);
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
            var (at, currency) = (DateTimeOffset.FromUnixTimeMilliseconds(row.Number(3)), Currency.Parse(row.Text(8)));
            var step = new PayoutEvent(
                row.Text(0), row.Text(1), row.Text(2), at, row.Text(5), row.Text(6), new Money(row.Number(7), currency), row.Text(9), row.Number(10));
            return new ExpectedTransaction(step.Posting, row.Number(4));
        });

    public (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) Openings(string from, string to, bool alone) =>
        Books(ReadOpenings, ReadOpeningPostings, from, to, alone, row =>
        {
            var amount = new Money(row.Number(4), Currency.Parse(row.Text(5)));
            var opening = new OpeningBalance(row.Text(0), amount, DateTimeOffset.FromUnixTimeMilliseconds(row.Number(1)), row.Text(3));
            return new ExpectedTransaction(opening.Posting, row.Number(2));
        });

    public (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) WriteOffs(string from, string to, bool alone) =>
        Books(ReadWriteOffs, ReadWriteOffPostings, from, to, alone, row =>
        {
            var amount = new Money(row.Number(6), Currency.Parse(row.Text(7)));
            var fact = new WriteOff(
                row.Text(0), row.Number(1), row.Text(2), amount, DateTimeOffset.FromUnixTimeMilliseconds(row.Number(3)), row.Text(5), row.Text(8));
            return new ExpectedTransaction(fact.Posting, row.Number(4));
        });

    public (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) Bonuses(string from, string to, bool alone) =>
        Books(ReadBonuses, ReadBonusPostings, from, to, alone, row =>
        {
            var amount = new Money(row.Number(4), Currency.Parse(row.Text(5)));
            var bonus = new Bonus(row.Text(0), row.Text(1), amount, DateTimeOffset.FromUnixTimeMilliseconds(row.Number(2)));
            return new ExpectedTransaction(bonus.Posting, row.Number(3));
        });

    public (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) Values(string from, string to, bool alone) =>
        Books(ReadValues, ReadValuePostings, from, to, alone, row =>
        {
            var amount = new Money(row.Number(5), Currency.Parse(row.Text(6)));
            var step = new ValueStep(row.Text(2), row.Text(0), row.Text(1), amount, DateTimeOffset.FromUnixTimeMilliseconds(row.Number(3)));
            return new ExpectedTransaction(step.Posting, row.Number(4));
        });

    public async ValueTask DisposeAsync()
    {
        foreach (var (command, _) in _commands.Values)
        {
            await command.DisposeAsync();
        }

        await _connection.DisposeAsync();
    }

    private (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing) Books(
        string facts, string postings, string from, string to, bool alone, Func<RowReader, ExpectedTransaction> expect)
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
        var (command, _) = Command(sql, from, to: null);
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

    private void Read(string sql, string from, string to, DbTransaction? transaction, Action<RowReader> take)
    {
        var (command, row) = Command(sql, from, to);
        command.Transaction = transaction;
        using var rows = command.ExecuteReader();
        row.Begin(rows);
        while (rows.Read())
        {
            take(row);
        }
    }

    private (DbCommand Command, RowReader Rows) Command(string sql, string from, string? to)
    {
        if (!_commands.TryGetValue(sql, out var kept))
        {
            kept = _commands[sql] = (_connection.CreateCommand(), new RowReader());
            kept.Command.CommandText = sql;
            Add(kept.Command, "@storeId", DbType.String).Value = _storeId;
            Add(kept.Command, "@from", DbType.String);
            Add(kept.Command, to is null ? "@take" : "@to", to is null ? DbType.Int64 : DbType.String);
        }

        kept.Command.Parameters["@from"].Value = from;
        if (to is not null)
        {
            kept.Command.Parameters["@to"].Value = to;
        }

        return kept;
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
    private static void AddTo(List<StandingTransaction> transactions, RowReader row)
    {
        var id = row.Text(1);
        var transaction = transactions is [.., var last] && last.Id == id ? last : transactions.FindLast(one => one.Id == id);
        if (transaction is null)
        {
            transaction = new StandingTransaction(
                id, row.Text(2), row.Text(3), row.Text(4), row.Number(5), row.Number(6), row.Text(7), row.Text(8));
            transactions.Add(transaction);
        }

        if (!row.IsNull(9))
        {
            transaction.Entries.Add(new StandingEntry(
                row.Number(9), row.Text(10), row.Text(11), row.TextOrNull(0), row.Number(12), row.Text(13)));
        }
    }
}
