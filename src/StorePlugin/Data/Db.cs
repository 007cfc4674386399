// The database: reads on connections of their own, writes in transactions that wait their turn.
using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;

namespace StorePlugin.Data;

/// <summary>Which database, and how to reach it.</summary>
internal sealed record DatabaseOptions(string Provider, string ConnectionString)
{
    /// <summary>Where it is, in words, without what opens it.</summary>
    public string Place
    {
        get
        {
            if (Provider == Dialect.Sqlite.Name)
            {
                return $"the SQLite file {new SqliteConnectionStringBuilder(ConnectionString).DataSource}";
            }

            var parts = new SqlConnectionStringBuilder(ConnectionString);
            return $"the database {parts.InitialCatalog} of the SQL Server {parts.DataSource}";
        }
    }

    /// <summary>The same where whole tables are read while somebody waits for the end: SQL Server's driver gives each statement half a minute otherwise.</summary>
    public DatabaseOptions AtLeisure => Provider == Dialect.Sqlite.Name
        ? this
        : this with { ConnectionString = new SqlConnectionStringBuilder(ConnectionString) { CommandTimeout = 0 }.ConnectionString };
}

/// <summary>Reads and writes by Dapper. One text serves both databases; <see cref="Dialect"/> holds what differs.</summary>
internal sealed class Db : IAsyncDisposable
{
    // A deadlock or a snapshot conflict ends within a few tries, or something is wrong that waiting does not cure.
    private const int TransientTriesMax = 8;

    private const int TextLengthMax = 4000;

    private readonly string _connectionString;
    private readonly WriteQueue? _queue;
    private readonly KeptReads? _reads;

    public Db(DatabaseOptions options)
    {
        TypeHandlers.Register();
        if (options.Provider == Dialect.Sqlite.Name)
        {
            SQLitePCL.Batteries_V2.Init();

            // Nobody asks how much memory SQLite has, and each allocation takes a lock to count it. Only before the first connection
            // can it be turned off; afterwards it stays as it is.
            _ = SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MEMSTATUS, 0);
            Dialect = Dialect.Sqlite;
            _connectionString = new SqliteConnectionStringBuilder(options.ConnectionString) { ForeignKeys = true }.ToString();
            _queue = new WriteQueue(_connectionString);
            _reads = new KeptReads(_connectionString);
        }
        else
        {
            Dialect = Dialect.SqlServer;
            _connectionString = options.ConnectionString;
        }
    }

    public Dialect Dialect { get; }

    /// <summary>Ends a query that has an ORDER BY and a parameter <c>take</c>.</summary>
    public string Page => Dialect.Page;

    /// <summary>
    /// How long nobody has waited for a write whom work must not keep waiting. Where other writers do not stand behind one, it
    /// is as if somebody did: a long transaction meets more of them.
    /// </summary>
    public TimeSpan SinceIntake => _queue?.SinceIntake ?? TimeSpan.Zero;

    public async Task<T?> OneAsync<T>(string sql, object? args = null, CancellationToken cancel = default)
    {
        await using var connection = await OpenAsync(cancel);
        return await OrCalledOffAsync(connection.QuerySingleOrDefaultAsync<T>(new CommandDefinition(sql, args, cancellationToken: cancel)), cancel);
    }

    /// <summary>
    /// The first row of a read that people wait for by the thousand, or null. On SQLite it stays compiled; the others keep
    /// plans by themselves.
    /// </summary>
    /// <param name="sql">A constant of the program.</param>
    public async Task<T?> FirstAsync<T>(string sql, Func<DbDataReader, T> rowOf, CancellationToken cancel, params (string Name, object Value)[] parameters)
        where T : class
    {
        if (_reads is not null)
        {
            return _reads.First(sql, rowOf, parameters);
        }

        await using var connection = await OpenAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("@" + name, value);
            command.Parameters.Add(parameter);

            // A plan is made for each declared size, and the driver declares the length of the value.
            if (value is string)
            {
                parameter.Size = TextLengthMax;
            }
        }

        await using var rows = await OrCalledOffAsync(command.ExecuteReaderAsync(cancel), cancel);
        return await OrCalledOffAsync(rows.ReadAsync(cancel), cancel) ? rowOf(rows) : null;
    }

    public async Task<IReadOnlyList<T>> ManyAsync<T>(string sql, object? args = null, CancellationToken cancel = default)
    {
        await using var connection = await OpenAsync(cancel);
        return (await OrCalledOffAsync(connection.QueryAsync<T>(new CommandDefinition(sql, args, cancellationToken: cancel)), cancel)).AsList();
    }

    /// <summary>Reads row by row, for rows that are large or many; whoever has seen enough may stop.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        string sql, object? args = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var connection = await OpenAsync(cancel);
        await using var rows = connection.QueryUnbufferedAsync<T>(sql, args).GetAsyncEnumerator(cancel);
        while (await OrCalledOffAsync(rows.MoveNextAsync().AsTask(), cancel))
        {
            yield return rows.Current;
        }
    }

    /// <summary>
    /// A read that is called off ends as any work does that is called off. SQL Server's driver tells a fault of the server's
    /// instead: a page that nobody waits for would be logged as broken, and an effect that the program's end cuts short would have failed.
    /// </summary>
    public static async Task<T> OrCalledOffAsync<T>(Task<T> read, CancellationToken cancel)
    {
        try
        {
            return await read;
        }
        catch (DbException e) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException("The read was called off.", e, cancel);
        }
    }

    /// <summary>One statement in a transaction of its own. Returns the rows it touched.</summary>
    public Task<int> DoAsync(string sql, object? args = null, CancellationToken cancel = default) =>
        InTransactionAsync(tx => tx.DoAsync(sql, args), cancel: cancel);

    /// <summary>
    /// Runs the work in one write transaction and commits it; an exception rolls everything back. The work may be run
    /// again after a deadlock, so it must start from what it reads inside, and it must not wait for anything but the
    /// database: on SQLite every other writer stands behind it.
    /// </summary>
    public async Task<T> InTransactionAsync<T>(
        Func<Tx, Task<T>> work, WriteTurn turn = WriteTurn.Work, CancellationToken cancel = default)
    {
        if (_queue is not null)
        {
            return await _queue.RunAsync(work, turn, cancel);
        }

        for (var tries = 1; ; tries++)
        {
            try
            {
                await using var connection = await OpenAsync(cancel);
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancel);
                var result = await work(new Tx(connection, transaction));
                await transaction.CommitAsync(cancel);
                return result;
            }
            // The server chose this transaction as the victim; nothing of it remains, so it is run again.
            catch (DbException e) when (Dialect.IsTransient(e) && tries < TransientTriesMax)
            {
            }
        }
    }

    public Task InTransactionAsync(Func<Tx, Task> work, WriteTurn turn = WriteTurn.Work, CancellationToken cancel = default) =>
        InTransactionAsync(
            async tx =>
            {
                await work(tx);
                return true;
            },
            turn,
            cancel);

    /// <summary>
    /// Copies what the write-ahead log holds into the database's file and empties the log: what was erased since is in neither, since
    /// freed bytes are overwritten (<c>secure_delete</c>). Returns false where somebody reads an older state, and the log stays for
    /// now. SQL Server has no such file.
    /// </summary>
    public async Task<bool> TruncateLogAsync(CancellationToken cancel)
    {
        if (_queue is null)
        {
            return true;
        }

        // Most of the copying keeps no writer waiting.
        await DoOnlyAsync("PRAGMA wal_checkpoint(PASSIVE)", cancel);
        return await _queue.TruncateLogAsync(cancel);
    }

    private async Task DoOnlyAsync(string pragma, CancellationToken cancel)
    {
        await using var connection = await OpenAsync(cancel);
        await connection.ExecuteAsync(new CommandDefinition(pragma, cancellationToken: cancel));
    }

    /// <summary>A connection for reads that stream or that Dapper does not serve; the caller disposes it.</summary>
    public async Task<DbConnection> OpenAsync(CancellationToken cancel)
    {
        DbConnection connection = _queue is null ? new SqlConnection(_connectionString) : new SqliteConnection(_connectionString);
        await connection.OpenAsync(cancel);
        return connection;
    }

    /// <summary>
    /// A transaction for several reads that shall see one state, and that keeps no writer waiting. On SQL Server the versions
    /// of rows are kept for it as long as it lasts, so that there it is begun only where it must be.
    /// </summary>
    public static DbTransaction? BeginReading(DbConnection connection, bool mustBeOne) => connection is SqliteConnection sqlite
        ? sqlite.BeginTransaction(deferred: true)
        : mustBeOne ? connection.BeginTransaction(IsolationLevel.Snapshot) : null;

    public ValueTask DisposeAsync()
    {
        _reads?.Dispose();
        return _queue?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}

/// <summary>A write transaction in progress.</summary>
/// <param name="kept">Statements that outlive the transaction; null where the connection does not.</param>
internal sealed class Tx(DbConnection connection, DbTransaction transaction, KeptStatements? kept = null)
{
    public DbConnection Connection => connection;

    public DbTransaction Transaction => transaction;

    public KeptStatements? Kept => kept;

    public Task<T?> OneAsync<T>(string sql, object? args = null) =>
        connection.QuerySingleOrDefaultAsync<T>(sql, args, transaction);

    public async Task<IReadOnlyList<T>> ManyAsync<T>(string sql, object? args = null) =>
        (await connection.QueryAsync<T>(sql, args, transaction)).AsList();

    /// <summary>Runs a statement, or the same statement once for each element when a list is given. Returns the rows touched.</summary>
    public Task<int> DoAsync(string sql, object? args = null) => connection.ExecuteAsync(sql, args, transaction);

    /// <summary>The same without an end to the server's time, for what touches a whole table: SQL Server's driver gives up after half a minute.</summary>
    public Task<int> DoAtLeisureAsync(string sql) => connection.ExecuteAsync(sql, transaction: transaction, commandTimeout: 0);

    /// <summary>
    /// Changes a row, or makes it where there is none. Two programs that share a database and would both make it meet at its name;
    /// whoever puts several goes through them in one order, so that nobody waits for each other.
    /// </summary>
    /// <param name="update">An UPDATE of the row of the key.</param>
    /// <param name="insert">An INSERT where there is no row of the key.</param>
    /// <param name="name">Names the row among all of the database.</param>
    public async Task PutAsync(string update, string insert, string name, object args)
    {
        if (await DoAsync(update, args) == 0)
        {
            await HoldAsync(name);
            if (await DoAsync(insert, args) == 0)
            {
                await DoAsync(update, args);
            }
        }
    }

    /// <summary>
    /// Holds names to the end of the transaction, for what no row stands yet that two could meet at: whoever else asks for one
    /// waits, and sees then what this one has done. On SQLite a write transaction is alone as it is.
    /// </summary>
    public async Task HoldAsync(params IEnumerable<string> names)
    {
        if (connection is not SqlConnection)
        {
            return;
        }

        // In one order, so that as few as may be wait for each other.
        foreach (var name in names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            await DoAsync(Dialect.SqlServerHold, new { name });
        }
    }
}
