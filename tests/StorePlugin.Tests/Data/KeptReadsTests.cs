// Reads whose statements stay compiled: they see what is committed, whoever committed it, and leave nothing open.
using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using StorePlugin.Data;

namespace StorePlugin.Tests.Data;

internal sealed class KeptReadsTests
{
    private const string Read = "SELECT word FROM things WHERE id = @id";

    private string _folder = null!;
    private Db _db = null!;

    private string ConnectionString => $"Data Source={Path.Combine(_folder, "reads.db")}";

    [SetUp]
    public async Task OpenAsync()
    {
        _folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        _db = new Db(new DatabaseOptions("sqlite", ConnectionString));
        await _db.DoAsync("CREATE TABLE things (id bigint NOT NULL PRIMARY KEY, word varchar(10) NULL)");
        await _db.DoAsync("INSERT INTO things (id, word) VALUES (1, 'one'), (2, 'two')");
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _db.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Each_read_has_its_own_parameters_and_sees_what_was_written_before_it()
    {
        Assert.That(await WordAsync(1), Is.EqualTo("one"));
        Assert.That(await WordAsync(2), Is.EqualTo("two"));
        Assert.That(await WordAsync(3), Is.Null);

        await _db.DoAsync("UPDATE things SET word = 'uno' WHERE id = 1");

        Assert.That(await WordAsync(1), Is.EqualTo("uno"));
    }

    [Test]
    public async Task A_table_that_another_program_has_changed_is_read_as_it_is_now()
    {
        Assert.That(await WordAsync(1), Is.EqualTo("one"));
        await using var other = new SqliteConnection(ConnectionString);
        await other.ExecuteAsync("ALTER TABLE things ADD note varchar(10) NULL; UPDATE things SET word = 'eins' WHERE id = 1");

        Assert.That(await WordAsync(1), Is.EqualTo("eins"));
    }

    [Test]
    public async Task A_read_that_fails_is_not_the_end_of_those_behind_it()
    {
        Assert.That(() => _db.FirstAsync<string>(Read, _ => throw new InvalidOperationException("Unreadable."), default, ("id", 1L)), Throws.InvalidOperationException);

        Assert.That(await WordAsync(1), Is.EqualTo("one"));
    }

    [Test]
    public async Task Many_read_at_once_and_when_the_database_is_closed_nobody_holds_it()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 500), async (i, _) => Assert.That(await WordAsync((i % 2) + 1), Is.EqualTo(i % 2 == 0 ? "one" : "two")));
        await _db.DisposeAsync();
        SqliteConnection.ClearAllPools();

        // Whoever comes alone may put the log away for good, and only then.
        await using var alone = new SqliteConnection(ConnectionString);
        Assert.That(await alone.ExecuteScalarAsync<string>("PRAGMA journal_mode = DELETE"), Is.EqualTo("delete"));
    }

    private Task<string?> WordAsync(long id) => _db.FirstAsync(Read, TextOf, default, ("id", id));

    private static string TextOf(DbDataReader row) => row.GetString(0);
}
