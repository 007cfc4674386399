// A statement of the writer's that stays compiled in SQLite; its parameters are bound by their place.
using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace StorePlugin.Data;

/// <summary>
/// The driver binds by name at each run, and SQLite finds a name by comparing it with all before it: for the rows of orders that
/// took longer than some of the writes. Here the places are asked for once.
/// </summary>
internal sealed class KeptStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int[]? _places;

    /// <exception cref="SqliteException">It cannot be compiled.</exception>
    public KeptStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is closed.");
        var result = raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement);
        SqliteException.ThrowExceptionForRC(result, _database);
    }

    /// <summary>Runs it with these parameters, the same ones in the same order each time. Returns the rows touched.</summary>
    /// <exception cref="SqliteException">As the driver throws it.</exception>
    public int Run(ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        _places ??= PlacesOf(parameters);
        for (var i = 0; i < parameters.Length; i++)
        {
            SqliteException.ThrowExceptionForRC(Bind(_places[i], parameters[i].Value), _database);
        }

        var result = raw.sqlite3_step(_statement);
        try
        {
            if (result != raw.SQLITE_DONE)
            {
                SqliteException.ThrowExceptionForRC(result, _database);
            }

            return raw.sqlite3_changes(_database);
        }
        finally
        {
            _ = raw.sqlite3_reset(_statement);
        }
    }

    public void Dispose() => _statement.Dispose();

    private int[] PlacesOf(ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var places = new int[parameters.Length];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = raw.sqlite3_bind_parameter_index(_statement, "@" + parameters[i].Name);
            if (places[i] == 0)
            {
                throw new ArgumentException($"The statement has no parameter @{parameters[i].Name}.", nameof(parameters));
            }
        }

        var wanted = raw.sqlite3_bind_parameter_count(_statement);
        return places.Length == wanted ? places : throw new ArgumentException($"The statement has {wanted} parameters, and {places.Length} are given.", nameof(parameters));
    }

    private int Bind(int place, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(_statement, place),
        long number => raw.sqlite3_bind_int64(_statement, place, number),
        DateTimeOffset instant => raw.sqlite3_bind_int64(_statement, place, instant.ToUnixTimeMilliseconds()),
        string text => BindText(place, text),
        byte[] { Length: 0 } => raw.sqlite3_bind_zeroblob(_statement, place, 0),
        byte[] bytes => raw.sqlite3_bind_blob(_statement, place, bytes),
        _ => throw Prepared.NoColumnHolds(value),
    };

    private int BindText(int place, string text)
    {
        // Without a byte there is no pointer, and none means NULL.
        if (text.Length == 0)
        {
            return raw.sqlite3_bind_text(_statement, place, "");
        }

        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        var result = raw.sqlite3_bind_text(_statement, place, bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)));
        ArrayPool<byte>.Shared.Return(bytes);
        return result;
    }
}

/// <summary>The statements that are kept compiled on one connection: to compile one anew costs as much as to run it.</summary>
internal sealed class KeptStatements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, KeptStatement> _statements = new(StringComparer.Ordinal);

    /// <param name="sql">A constant of the program: whatever it is, it is kept.</param>
    public KeptStatement Of(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            _statements.Add(sql, statement = new KeptStatement(connection, sql));
        }

        return statement;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }
    }
}
