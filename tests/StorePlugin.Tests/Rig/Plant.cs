// Writes a row straight into a table; columns that the test does not name, and that must hold something, hold nothing of note.
using System.Collections.ObjectModel;
using System.Data.Common;
using System.Globalization;
using Dapper;
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
            if (column.AllowDBNull is false && !row.ContainsKey(column.ColumnName))
            {
                row[column.ColumnName] = column.DataTypeName is "bigint" or "INTEGER" ? 0L : "";
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
                $"INSERT INTO {table} ({string.Join(", ", row.Keys)}) VALUES ({string.Join(", ", row.Keys.Select(name => "@" + name))})"),
            args);
    }

    /// <inheritdoc cref="RowAsync(DbConnection, string, ValueTuple{string, object}[])"/>
    public static async Task RowAsync(Db db, string table, params (string Column, object? Value)[] values)
    {
        await using var connection = await db.OpenAsync(default);
        await RowAsync(connection, table, values);
    }

    private static async Task<ReadOnlyCollection<DbColumn>> ColumnsAsync(DbConnection connection, string table)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM {table} WHERE 1 = 0";
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.GetColumnSchemaAsync();
    }
}
