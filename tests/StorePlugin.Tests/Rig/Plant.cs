// Writes a row straight into a table; columns that the test does not name, and that must hold something, hold nothing of note.
using System.Data.Common;
using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;
using StorePlugin.Data;

namespace StorePlugin.Tests.Rig;

internal static class Plant
{
    /// <summary>Inserts a row with these column names and values, on a connection of the caller's.</summary>
    public static async Task RowAsync(DbConnection connection, string table, params (string Column, object? Value)[] values)
    {
        var row = values.ToDictionary(value => value.Column, value => value.Value, StringComparer.Ordinal);
        foreach (var column in await ColumnsAsync(connection, table))
        {
            if (column.Nullable == "NO" && !row.ContainsKey(column.Name))
            {
                row[column.Name] = column.Type switch
                {
                    "bigint" => 0L,
                    "blob" or "varbinary" => Array.Empty<byte>(),
                    _ => "",
                };
            }
        }

        var args = new DynamicParameters();
        foreach (var (name, value) in row)
        {
            args.Add(name, value is DateTimeOffset instant ? instant.ToUnixTimeMilliseconds() : value);
        }

        await connection.ExecuteAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"INSERT INTO {table} ({string.Join(", ", row.Keys.Select(name => "[" + name + "]"))}) VALUES ({string.Join(", ", row.Keys.Select(name => "@" + name))})"),
            args);
    }

    /// <inheritdoc cref="RowAsync(DbConnection, string, ValueTuple{string, object}[])"/>
    public static async Task RowAsync(Db db, string table, params (string Column, object? Value)[] values)
    {
        await using var connection = await db.OpenAsync(default);
        await RowAsync(connection, table, values);
    }

    private static async Task<IEnumerable<Column>> ColumnsAsync(DbConnection connection, string table) => connection is SqliteConnection
        ? await connection.QueryAsync<Column>("""SELECT name, type, CASE "notnull" WHEN 1 THEN 'NO' ELSE 'YES' END AS nullable FROM pragma_table_info(@table)""", new { table })
        : await connection.QueryAsync<Column>(
            "SELECT COLUMN_NAME AS name, DATA_TYPE AS type, IS_NULLABLE AS nullable FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = @table", new { table });

    private sealed record Column
    {
        public string Name { get; init; } = "";

        public string Type { get; init; } = "";

        public string Nullable { get; init; } = "";
    }
}
