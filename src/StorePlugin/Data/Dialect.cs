// What SQLite and SQL Server say differently. A further member needs a page under docs/decisions.
using System.Data.Common;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;

namespace StorePlugin.Data;

/// <summary>The few differences between the two databases; everything else is one text.</summary>
/// <param name="Page">Ends a query that has an ORDER BY: at most <c>@take</c> rows.</param>
/// <param name="Tokens">What the tokens of a migration stand for.</param>
/// <param name="MigrationLock">Keeps a second process from migrating at the same time, until the transaction ends.</param>
/// <param name="AfterMigration">Runs after each migration, in its transaction.</param>
/// <param name="TableExists">1 or 0 for <c>@table</c>.</param>
/// <param name="IsUniqueViolation">Whether a write was refused because its key is taken.</param>
/// <param name="IsTransient">Whether the same transaction may succeed when it is run again from its start.</param>
internal sealed record Dialect(
    string Name,
    string Page,
    IReadOnlyDictionary<string, string> Tokens,
    string MigrationLock,
    string AfterMigration,
    string TableExists,
    Func<DbException, bool> IsUniqueViolation,
    Func<DbException, bool> IsTransient)
{
    /// <summary>
    /// Holds the name <c>@name</c> to the end of the transaction. Of two that wait for each other the server refuses one, and
    /// takes nothing back by itself: the number is of our own, and transient.
    /// </summary>
    public const string SqlServerHold =
        """
        DECLARE @taken int;
        EXEC @taken = sp_getapplock @Resource = @name, @LockMode = 'Exclusive', @LockOwner = 'Transaction';
        IF @taken < 0 THROW 51205, 'What this transaction asks for is held by one that waits for it.', 1;
        """;

    private const int SqliteBusy = 5;
    private const int SqliteConstraintPrimaryKey = 1555;
    private const int SqliteConstraintUnique = 2067;

    public static readonly Dialect Sqlite = new(
        "sqlite",
        Page: "LIMIT @take",
        // SQLite compares text by its bytes unless told otherwise, so the exact collation needs no word.
        Tokens: new Dictionary<string, string> { ["$text_max$"] = "text", ["$bytes_max$"] = "blob", ["$exact$"] = "" },
        // A write transaction of SQLite is exclusive from its first statement.
        MigrationLock: "SELECT 1",
        AfterMigration: "SELECT 1",
        TableExists: "SELECT CAST(COUNT(*) AS bigint) FROM sqlite_master WHERE type = 'table' AND name = @table",
        IsUniqueViolation: e => e is SqliteException { SqliteExtendedErrorCode: SqliteConstraintPrimaryKey or SqliteConstraintUnique },
        IsTransient: e => e is SqliteException { SqliteErrorCode: SqliteBusy });

    public static readonly Dialect SqlServer = new(
        "sqlserver",
        Page: "OFFSET 0 ROWS FETCH NEXT @take ROWS ONLY",
        // Strings are sent as nvarchar, and a column of another type is converted before it is compared: at best a
        // search by index costs more, at worst it becomes a scan.
        Tokens: new Dictionary<string, string>
        {
            [" varchar("] = " nvarchar(",
            ["$text_max$"] = "nvarchar(max)",
            ["$bytes_max$"] = "varbinary(max)",
            ["$exact$"] = "COLLATE Latin1_General_100_BIN2",
        },
        MigrationLock:
            """
            DECLARE @taken int;
            EXEC @taken = sp_getapplock @Resource = 'storeplugin-migrations', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 60000;
            IF @taken < 0 RAISERROR('Another process has been migrating this database for a minute.', 16, 1);
            """,
        // Babelfish cannot check a foreign key between columns of the exact collation: it refuses every row.
        AfterMigration:
            """
            IF SERVERPROPERTY('Babelfish') = 1
            BEGIN
                DECLARE @drop nvarchar(max);
                SELECT @drop = STRING_AGG(N'ALTER TABLE ' + OBJECT_NAME(parent_object_id) + N' DROP CONSTRAINT ' + name, N'; ') FROM sys.foreign_keys;
                IF @drop IS NOT NULL EXEC sp_executesql @drop;
            END
            """,
        TableExists: "SELECT CAST(COUNT(*) AS bigint) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = @table",
        IsUniqueViolation: e => e is SqlException { Number: 2601 or 2627 },
        IsTransient: e => e is SqlException { Number: 1205 or 3960 or 51205 });
}
