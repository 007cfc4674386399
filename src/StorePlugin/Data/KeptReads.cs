// Reads that people wait for by the thousand: on SQLite their statements stay compiled, on a few connections that stay open.
using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace StorePlugin.Data;

/// <summary>
/// Lends a connection with its compiled statements to one reader at a time: to compile a statement over several tables takes
/// longer than to run it. Every read sees what is committed when it begins.
/// </summary>
internal sealed class KeptReads(string connectionString) : IDisposable
{
    // As many as read at the same moment; a connection beyond them is closed after its read.
    private const int IdleMax = 8;

    private readonly ConcurrentStack<Reader> _idle = new();
    private volatile bool _isClosed;

    /// <summary>The first row, or null.</summary>
    /// <param name="sql">A constant of the program: whatever it is, it is kept.</param>
    public T? First<T>(string sql, Func<DbDataReader, T> rowOf, params ReadOnlySpan<(string Name, object Value)> parameters)
        where T : class
    {
        var reader = _idle.TryPop(out var idle) ? idle : new Reader(Open());
        T? first;
        try
        {
            first = reader.First(sql, rowOf, parameters);
        }
        // What failed may be the connection itself, so that nobody else gets it.
        catch
        {
            reader.Dispose();
            throw;
        }

        if (_idle.Count < IdleMax)
        {
            _idle.Push(reader);
        }
        else
        {
            reader.Dispose();
        }

        // Whoever reads while the database is closed leaves nothing open behind.
        if (_isClosed)
        {
            Dispose();
        }

        return first;
    }

    public void Dispose()
    {
        _isClosed = true;
        while (_idle.TryPop(out var reader))
        {
            reader.Dispose();
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        return connection;
    }

    private sealed class Reader(SqliteConnection connection) : IDisposable
    {
        private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

        public T? First<T>(string sql, Func<DbDataReader, T> rowOf, ReadOnlySpan<(string Name, object Value)> parameters)
            where T : class
        {
            if (!_commands.TryGetValue(sql, out var command))
            {
                command = connection.CreateCommand();
                command.CommandText = sql;
                foreach (var (name, _) in parameters)
                {
                    command.Parameters.Add(new SqliteParameter { ParameterName = "@" + name });
                }

                _commands.Add(sql, command);
            }

            for (var i = 0; i < parameters.Length; i++)
            {
                command.Parameters[i].Value = parameters[i].Value;
            }

            using var rows = command.ExecuteReader(CommandBehavior.SingleRow);
            return rows.Read() ? rowOf(rows) : null;
        }

        public void Dispose()
        {
            foreach (var command in _commands.Values)
            {
                command.Dispose();
            }

            connection.Dispose();
        }
    }
}
