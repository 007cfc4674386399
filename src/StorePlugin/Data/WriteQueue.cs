// SQLite has one writer, and its own waiting is unfair: here every write of the process takes its turn, intake before others.
using System.Data;
using System.Threading.Channels;
using Dapper;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace StorePlugin.Data;

/// <summary>Who goes first when several writes wait.</summary>
internal enum WriteTurn
{
    /// <summary>A platform or a shopper is waiting for the answer: before other work, but not twice while that waits.</summary>
    Intake,

    /// <summary>Everything else, in the order of arrival.</summary>
    Work,
}

/// <summary>
/// Runs the write transactions of this process one after the other on one connection: measured, two writers that meet
/// in SQLite's busy wait cost intake all but a few of its commits (see docs/decisions/0003-write-queue.md).
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    // A write that has not begun by then fails: Shopify waits 5 s for an answer, and more than one write may stand before.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Channel<Func<Func<Writer>, Task>> _intake = Channel.CreateUnbounded<Func<Func<Writer>, Task>>();
    private readonly Channel<Func<Func<Writer>, Task>> _work = Channel.CreateUnbounded<Func<Func<Writer>, Task>>();
    private readonly SemaphoreSlim _waiting = new(0);
    private readonly Task _loop;
    private long _intakeAt;

    // A thread of its own: it waits for the disk most of the time, and the pool's few threads have requests to answer.
    public WriteQueue(string connectionString) => _loop = Task.Factory.StartNew(
        () => Loop(connectionString), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>How long nobody has come to whom the first turn belongs.</summary>
    public TimeSpan SinceIntake => TimeProvider.System.GetElapsedTime(Volatile.Read(ref _intakeAt));

    public Task<T> RunAsync<T>(Func<Tx, Task<T>> work, WriteTurn turn, CancellationToken cancel)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var lane = turn == WriteTurn.Intake ? _intake : _work;
        var queuedAt = TimeProvider.System.GetTimestamp();
        if (turn == WriteTurn.Intake)
        {
            Volatile.Write(ref _intakeAt, queuedAt);
        }

        if (!lane.Writer.TryWrite(open => RunAsync(open, work, done, queuedAt, cancel)))
        {
            throw new ObjectDisposedException(nameof(WriteQueue), "The database is closing.");
        }

        _waiting.Release();
        return done.Task;
    }

    /// <summary>Empties the write-ahead log into the file, in a turn of its own and outside any transaction. False: somebody reads what is in it.</summary>
    public Task<bool> TruncateLogAsync(CancellationToken cancel)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_work.Writer.TryWrite(open =>
        {
            // It belongs to the caller who waits for it; the queue itself goes on.
            try
            {
                cancel.ThrowIfCancellationRequested();
                done.SetResult(open().Connection.QuerySingle<long>("PRAGMA wal_checkpoint(TRUNCATE)") == 0);
            }
            catch (Exception e)
            {
                done.SetException(e);
            }

            return Task.CompletedTask;
        }))
        {
            throw new ObjectDisposedException(nameof(WriteQueue), "The database is closing.");
        }

        _waiting.Release();
        return done.Task;
    }

    /// <summary>Lets what waits finish, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_intake.Writer.TryComplete() && _work.Writer.TryComplete())
        {
            _waiting.Release();
            await _loop;
            _waiting.Dispose();
        }
    }

    private static async Task RunAsync<T>(
        Func<Writer> open, Func<Tx, Task<T>> work, TaskCompletionSource<T> done, long queuedAt, CancellationToken cancel)
    {
        // Whatever goes wrong belongs to the caller who waits for it; the queue itself goes on. A connection that cannot be
        // opened fails the one who needed it, and the next one tries again.
        try
        {
            cancel.ThrowIfCancellationRequested();
            var writer = open();
            await using var transaction = Begin(writer.Connection, TimeProvider.System.GetElapsedTime(queuedAt));
            var result = await work(new Tx(writer.Connection, transaction, writer.Kept));
            await transaction.CommitAsync(CancellationToken.None);
            done.SetResult(result);
        }
        catch (OperationCanceledException e) when (cancel.IsCancellationRequested)
        {
            done.SetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            done.SetException(e);
        }
    }

    /// <summary>
    /// Begins with the write lock, which another program may hold. The time in the queue counts: what stood behind writes
    /// that waited in vain is tried once, so that no wait is added to another.
    /// </summary>
    private static SqliteTransaction Begin(SqliteConnection connection, TimeSpan waited)
    {
        // The driver waits in whole seconds, and 0 means for ever.
        var seconds = (int)Math.Round((Patience - waited).TotalSeconds);
        if (seconds < 1 && raw.sqlite3_exec(connection.Handle, "BEGIN IMMEDIATE; ROLLBACK") == raw.SQLITE_BUSY)
        {
            throw new SqliteException("Another program holds the database's write lock.", raw.SQLITE_BUSY);
        }

        connection.DefaultTimeout = Math.Max(seconds, 1);
        return connection.BeginTransaction(IsolationLevel.Serializable, deferred: false);
    }

    private static SqliteConnection Open(string connectionString)
    {
        // A checkpoint makes every commit wait for tens of milliseconds. With a log of 128 MB it comes seldom enough to
        // stay out of intake's slowest hundredth, and index pages that were written many times are copied once.
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            connection.Execute(
                """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA secure_delete = ON;
                PRAGMA cache_size = -32768;
                PRAGMA wal_autocheckpoint = 32000;
                """);
            return connection;
        }
        // Nobody else would close it.
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Loop(string connectionString)
    {
        Writer? writer = null;
        var turn = WriteTurn.Intake;
        while (true)
        {
            _waiting.Wait();
            var (first, second) = turn == WriteTurn.Intake ? (_intake, _work) : (_work, _intake);
            var other = !first.Reader.TryRead(out var next);
            if (other && !second.Reader.TryRead(out next))
            {
                // Only the call that closes the queue releases without a piece of work.
                break;
            }

            // Intake goes first, but not twice while other work waits: a flood of deliveries must not stop everything else.
            var wasIntake = (turn == WriteTurn.Intake) != other;
            turn = wasIntake ? WriteTurn.Work : WriteTurn.Intake;

            // SQLite knows no asynchronous calls, so what comes back is over.
            next!(Ready).GetAwaiter().GetResult();
        }

        writer?.Dispose();

        Writer Ready() => writer ??= new Writer(Open(connectionString));
    }

    /// <summary>The connection, and what is kept compiled on it.</summary>
    private sealed record Writer(SqliteConnection Connection) : IDisposable
    {
        public KeptStatements Kept { get; } = new(Connection);

        public void Dispose()
        {
            Kept.Dispose();
            Connection.Dispose();
        }
    }
}
