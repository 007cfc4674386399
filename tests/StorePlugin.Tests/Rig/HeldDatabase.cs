// An SQLite database that another program holds: it can be read, and nobody else can write.
using Microsoft.Data.Sqlite;

namespace StorePlugin.Tests.Rig;

internal sealed class HeldDatabase : IAsyncDisposable
{
    /// <summary>Whoever has no answer by then is waiting for the lock and not for a slow machine: SQLite's own wait is 30 s.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SqliteConnection _connection;

    private HeldDatabase(SqliteConnection connection) => _connection = connection;

    /// <summary>Holds the file's write lock until it is disposed.</summary>
    public static async Task<HeldDatabase> OfAsync(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        await command.ExecuteNonQueryAsync();
        return new HeldDatabase(connection);
    }

    // An open transaction ends with its connection.
    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
