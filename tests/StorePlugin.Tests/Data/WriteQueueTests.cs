// Whose turn it is to write: platforms are answered first, and nobody is kept waiting for ever.
using Microsoft.Data.Sqlite;
using StorePlugin.Data;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal sealed class WriteQueueTests
{
    private string _folder = null!;
    private Db _db = null!;

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        _db = new Db(new DatabaseOptions("sqlite", $"Data Source={Path.Combine(_folder, "queue.db")}"));
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _db.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Intake_goes_first_but_a_flood_of_it_does_not_stop_other_writes()
    {
        var order = new List<string>();
        using var begun = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        var busy = _db.InTransactionAsync(_ =>
        {
            begun.Set();
            gate.Wait();
            return Task.CompletedTask;
        });

        begun.Wait();
        Task[] writes =
        [
            busy, Write("work 1", WriteTurn.Work), Write("work 2", WriteTurn.Work),
            Write("intake 1", WriteTurn.Intake), Write("intake 2", WriteTurn.Intake), Write("intake 3", WriteTurn.Intake),
        ];
        gate.Set();
        await Task.WhenAll(writes);

        Assert.That(order, Is.EqualTo(["intake 1", "work 1", "intake 2", "work 2", "intake 3"]));

        Task Write(string name, WriteTurn turn) => _db.InTransactionAsync(
            _ =>
            {
                order.Add(name);
                return Task.CompletedTask;
            },
            turn);
    }

    [Test]
    public async Task A_database_that_cannot_be_opened_fails_each_write_until_it_can()
    {
        var folder = Path.Combine(_folder, "later");
        await using var db = new Db(new DatabaseOptions("sqlite", $"Data Source={Path.Combine(folder, "queue.db")}"));

        Assert.That(CreateAsync, Throws.InstanceOf<SqliteException>());
        Assert.That(CreateAsync, Throws.InstanceOf<SqliteException>());
        Directory.CreateDirectory(folder);
        await CreateAsync();

        Assert.That(await db.OneAsync<long>("SELECT COUNT(*) FROM things"), Is.Zero);

        Task<int> CreateAsync() => db.DoAsync("CREATE TABLE things (id varchar(10) NOT NULL PRIMARY KEY)").WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Test]
    public async Task Writes_fail_together_while_another_program_holds_the_database_and_go_on_afterwards()
    {
        await _db.DoAsync("CREATE TABLE things (id varchar(10) NOT NULL PRIMARY KEY)");
        await using (await HeldDatabase.OfAsync(Path.Combine(_folder, "queue.db")))
        {
            // One after the other they would take twice as many seconds.
            var writes = Enumerable.Range(0, 30).Select(i => _db.DoAsync("INSERT INTO things (id) VALUES (@id)", new { id = $"{i}" })).ToList();
            await Task.WhenAll(writes).ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(HeldDatabase.Patience);

            Assert.That(writes.Select(write => (write.Exception?.InnerException as SqliteException)?.SqliteErrorCode), Is.All.EqualTo(5));
        }

        await _db.DoAsync("INSERT INTO things (id) VALUES ('a')");

        Assert.That(await _db.ManyAsync<string>("SELECT id FROM things"), Is.EqualTo(["a"]));
    }

    [Test]
    public async Task A_kept_statement_runs_again_after_a_violation_and_a_rollback()
    {
        const string Insert = "INSERT INTO things (id) VALUES (@Id)";
        await _db.DoAsync("CREATE TABLE things (id varchar(10) NOT NULL PRIMARY KEY)");
        await InsertAsync("a");

        Assert.That(() => InsertAsync("b", "a"), Throws.InstanceOf<SqliteException>());
        await InsertAsync("b");

        Assert.That(await _db.ManyAsync<string>("SELECT id FROM things ORDER BY id"), Is.EqualTo(["a", "b"]));

        Task InsertAsync(params string[] ids) => _db.InTransactionAsync(async tx =>
        {
            await using var insert = new Prepared(tx, Insert);
            foreach (var id in ids)
            {
                await insert.DoAsync(("Id", id));
            }
        });
    }
}
