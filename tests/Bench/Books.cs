// Looks into the app's database from outside: a counter that costs nothing, and the check of everything at the end.
using Dapper;
using Microsoft.Data.Sqlite;

namespace StorePlugin.Bench;

internal static class Books
{
    // Receipts are only ever added here, so the highest row number is their count; counting rows would disturb.
    private const string CountDecided = "SELECT COALESCE(MAX(rowid), 0) FROM receipts";

    private const int CheckSecondsMax = 600;

    private const string Faults =
        """
        SELECT 'deliveries not done' AS fault, COUNT(*) AS count FROM deliveries WHERE state <> 'done'
        UNION ALL SELECT 'orders missing or too many', ABS(COUNT(*) - @accepted) FROM orders WHERE created_at >= @since
        UNION ALL SELECT 'receipts missing or too many', ABS(COUNT(*) - @accepted) FROM receipts r
            JOIN orders o ON o.store_id = r.store_id AND o.order_id = r.order_id WHERE o.created_at >= @since
        UNION ALL SELECT 'orders without their receipt', COUNT(*) FROM orders o
            WHERE o.created_at >= @since AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.store_id = o.store_id AND r.order_id = o.order_id)
        UNION ALL SELECT 'orders not held with a commission', COUNT(*) FROM orders
            WHERE created_at >= @since AND (state <> 'held' OR commission_minor <= 0)
        UNION ALL SELECT 'orders without exactly two entries that come to their commission', COUNT(*) FROM orders o
            WHERE o.created_at >= @since AND (SELECT COUNT(*) || ' ' || COALESCE(SUM(e.amount_minor), 0) || ' ' || COALESCE(MAX(e.amount_minor), 0)
                FROM ledger_entries e WHERE e.store_id = o.store_id AND e.order_id = o.order_id) <> '2 0 ' || o.commission_minor
        UNION ALL SELECT 'difference of balances and entries', ABS(
            (SELECT COALESCE(SUM(amount_minor), 0) FROM balances WHERE account = 'held')
            - (SELECT COALESCE(SUM(amount_minor), 0) FROM ledger_entries WHERE account = 'held'))
        """;

    /// <summary>How many orders have their receipt, and so everything else that is written with it.</summary>
    public static long Decided(string folder)
    {
        using var connection = Open(folder);
        return connection.QuerySingle<long>(CountDecided);
    }

    /// <summary>How many orders of the past wait for their release.</summary>
    public static long DueReleases(string folder)
    {
        using var connection = Open(folder);
        return connection.QuerySingle<long>(
            "SELECT COUNT(*) FROM orders WHERE state = 'held' AND hold_until <= @now", new { now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() });
    }

    /// <summary>How many effects stand in the outbox: the digests that the orders caused.</summary>
    public static long Effects(string folder)
    {
        using var connection = Open(folder);
        return connection.QuerySingle<long>("SELECT COUNT(*) FROM effects");
    }

    /// <summary>The campaign, of which there is one.</summary>
    public static string Campaign(string folder)
    {
        using var connection = Open(folder);
        return connection.QuerySingle<string>("SELECT id FROM campaigns");
    }

    /// <summary>How many clicks there are.</summary>
    public static long Clicks(string folder)
    {
        using var connection = Open(folder);
        return connection.QuerySingle<long>("SELECT COUNT(*) FROM clicks");
    }

    /// <summary>What is wrong after all is done, in words; nothing: every delivery is done and every order is booked once.</summary>
    /// <param name="since">Orders that were there before are left out; null: there were none.</param>
    public static IReadOnlyList<string> Check(string folder, long accepted, DateTimeOffset? since = null)
    {
        using var connection = Open(folder);
        var args = new { accepted, since = since?.ToUnixTimeMilliseconds() ?? 0 };
        return [.. connection.Query<(string Fault, long Count)>(Faults, args, commandTimeout: CheckSecondsMax).Where(row => row.Count > 0).Select(row => $"{row.Count} {row.Fault}")];
    }

    private static SqliteConnection Open(string folder)
    {
        var connection = new SqliteConnection($"Data Source={Shop.Database(folder)};Mode=ReadOnly");
        connection.Open();
        return connection;
    }
}
