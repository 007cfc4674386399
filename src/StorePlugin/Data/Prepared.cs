// A statement prepared once and run for many rows: the batches of intake and of the workers write through it, since
// there Dapper's new command for each row costs more than the database itself.
using System.Data;
using System.Data.Common;

namespace StorePlugin.Data;

/// <summary>One statement of a transaction; its parameters are set anew for each run.</summary>
internal sealed class Prepared : IAsyncDisposable
{
    // Below it a column may be of any length on SQL Server; beyond it only of the greatest.
    private const int TextLengthMax = 4000;
    private const int BytesLengthMax = 8000;

    private readonly DbCommand? _command;
    private readonly KeptStatement? _kept;

    /// <param name="sql">A constant of the program: where the connection stays open, the statement is kept with it.</param>
    public Prepared(Tx tx, string sql)
    {
        _kept = tx.Kept?.Of(sql);
        if (_kept is null)
        {
            _command = tx.Connection.CreateCommand();
            (_command.CommandText, _command.Transaction) = (sql, tx.Transaction);
        }
    }

    /// <summary>
    /// Runs the statement with these parameters; each run must name the same ones in the same order. Returns the rows
    /// touched.
    /// </summary>
    public Task<int> DoAsync(params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        _kept is not null ? Task.FromResult(_kept.Run(parameters)) : DoAsync(_command!, parameters);

    public ValueTask DisposeAsync() => _command?.DisposeAsync() ?? ValueTask.CompletedTask;

    public static ArgumentException NoColumnHolds(object value) => new($"A column holds text, bigint or bytes, not {value.GetType().Name}.", nameof(value));

    private static Task<int> DoAsync(DbCommand command, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (command.Parameters.Count == 0)
        {
            foreach (var (name, value) in parameters)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = "@" + name;
                parameter.DbType = TypeOf(value);
                command.Parameters.Add(parameter);
            }
        }

        for (var i = 0; i < parameters.Length; i++)
        {
            var (parameter, value) = (command.Parameters[i], parameters[i].Value);
            parameter.DbType = value is null ? parameter.DbType : TypeOf(value);
            parameter.Value = value switch
            {
                null => DBNull.Value,
                DateTimeOffset instant => instant.ToUnixTimeMilliseconds(),
                _ => value,
            };

            // SQL Server makes a plan for each declared size, and the driver declares the length of the value.
            parameter.Size = value switch
            {
                null => TextLengthMax,
                string text => text.Length <= TextLengthMax ? TextLengthMax : -1,
                byte[] bytes => bytes.Length <= BytesLengthMax ? BytesLengthMax : -1,
                _ => 0,
            };
        }

        return command.ExecuteNonQueryAsync();
    }

    private static DbType TypeOf(object? value) => value switch
    {
        null or string => DbType.String,
        long or DateTimeOffset => DbType.Int64,
        byte[] => DbType.Binary,
        _ => throw NoColumnHolds(value),
    };
}
