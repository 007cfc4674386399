// One life of the program: counts what outlasts it, and ends it, or lets one thing fail, at the point that a test names.
using Microsoft.Data.Sqlite;
using SQLitePCL;
using StorePlugin.Data;

namespace StorePlugin.Tests.Proof;

/// <summary>
/// What a program has done is in its commits and in the requests that left it. Its points are each commit, which comes about or not, and
/// each request twice: before it leaves, and before its answer arrives. A read changes nothing, so that to die at one is to die at the
/// point that comes next. Once a life is over, nothing that still runs of it is committed or leaves: whatever catches its exceptions, it is dead.
/// </summary>
internal sealed class ProgramLife
{
    /// <summary>SQLite's word for a commit that its hook has turned down.</summary>
    private const int CommitRefused = 531;

    private readonly Lock _lock = new();
    private int _passed;
    private int _fatal;
    private bool _ends;

    /// <summary>Whether the named point was met.</summary>
    public bool WasMet { get; private set; }

    public bool IsOver { get; private set; }

    /// <summary>Names the point, counted from now on, from 1.</summary>
    /// <param name="ends">Whether the life ends there; else the commit or the request fails, and the program goes on.</param>
    public void FailAt(int point, bool ends)
    {
        lock (_lock)
        {
            (_passed, _fatal, _ends, WasMet) = (0, point, ends, false);
        }
    }

    /// <summary>Nothing fails from now on.</summary>
    public void Spare() => FailAt(0, ends: false);

    /// <summary>Whether an exception is what a failure at a point looks like from inside.</summary>
    public static bool IsOf(Exception e) =>
        e is ProgramDiedException or HttpRequestException or SqliteException { SqliteExtendedErrorCode: CommitRefused };

    /// <summary>Watches the commits of a database; all writes of a program go through one connection.</summary>
    public Task WatchAsync(Db db) => db.InTransactionAsync(tx =>
    {
        raw.sqlite3_commit_hook(((SqliteConnection)tx.Connection).Handle, _ => Passes() ? 0 : 1, null);
        return Task.CompletedTask;
    });

    /// <summary>Watches the requests of a client.</summary>
    public DelegatingHandler Requests() => new Watch(this);

    private bool Passes()
    {
        lock (_lock)
        {
            if (IsOver)
            {
                return false;
            }

            if (++_passed != _fatal)
            {
                return true;
            }

            (WasMet, IsOver) = (true, _ends);
            return false;
        }
    }

    private void Pass()
    {
        if (!Passes())
        {
            throw IsOver ? new ProgramDiedException() : new HttpRequestException("The connection was cut.");
        }
    }

    private sealed class Watch(ProgramLife life) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            life.Pass();
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                life.Pass();
                return response;
            }
            // The answer arrives nowhere.
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}

/// <summary>Nobody may make anything of it: the program does not run any more.</summary>
internal sealed class ProgramDiedException() : Exception("The program has died.");
