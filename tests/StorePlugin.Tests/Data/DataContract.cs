// What both databases must do alike. A fixture for each runs every test.
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

[NonParallelizable]
internal sealed class SqliteContract : DataContract
{
    protected override TestDatabases Databases => TestDatabases.Sqlite;

    // A JSON text ends there, so that what stands before it alone would be looked for.
    [Test]
    public async Task A_list_of_texts_with_a_NUL_finds_nothing_else()
    {
        await PlantEffectAsync("before");

        Assert.That(await FindAsync(["before\0"]), Is.Empty);
        Assert.That(await FindAsync(["before\0", "before"]), Is.EqualTo(["before"]));
    }
}

[NonParallelizable]
internal sealed class SqlServerContract : DataContract
{
    protected override TestDatabases Databases => TestDatabases.SqlServer;

    // The driver tells it as a fault of the server's. Babelfish hears of it only when the statement has ended.
    [Test]
    public async Task A_read_that_is_called_off_ends_as_called_off()
    {
        const string Waiting =
            """
            DECLARE @taken int;
            EXEC @taken = sp_getapplock @Resource = 'held', @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 2000;
            THROW 51000, 'It has waited to the end.', 1;
            """;
        Func<CancellationToken, Task>[] reads =
        [
            cancel => Db.OneAsync<long>(Waiting, cancel: cancel),
            cancel => Db.ManyAsync<long>(Waiting, cancel: cancel),
            cancel => Db.FirstAsync(Waiting, row => "", cancel),
            async cancel => await Db.StreamAsync<long>(Waiting, cancel: cancel).GetAsyncEnumerator(cancel).MoveNextAsync(),
        ];

        await Db.InTransactionAsync(async tx =>
        {
            await tx.HoldAsync("held");
            foreach (var read in reads)
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
                await Assert.ThatAsync(() => read(patience.Token), Throws.InstanceOf<OperationCanceledException>());
            }
        });
    }

    [Test]
    public async Task Two_transactions_that_block_each_other_are_both_done_in_the_end()
    {
        await PlantEffectAsync("left");
        await PlantEffectAsync("right");
        using var met = new Barrier(2);
        var first = await Task.WhenAll(TouchBothAsync("left", "right"), TouchBothAsync("right", "left"));

        Assert.That(first, Is.All.EqualTo(1));
        Assert.That(await Db.OneAsync<long>("SELECT MIN(attempts) FROM effects WHERE id IN ('left', 'right')"), Is.EqualTo(2));

        Task<int> TouchBothAsync(string one, string other)
        {
            var tries = 0;
            return Task.Run(() => Db.InTransactionAsync(async tx =>
            {
                await tx.DoAsync("UPDATE effects SET attempts = attempts + 1 WHERE id = @one", new { one });
                if (++tries == 1)
                {
                    met.SignalAndWait(TimeSpan.FromSeconds(30));
                }

                return await tx.DoAsync("UPDATE effects SET attempts = attempts + 1 WHERE id = @other", new { other });
            }));
        }
    }

    [Test]
    public async Task Of_two_transactions_that_hold_what_the_other_asks_for_one_is_run_again()
    {
        using var met = new Barrier(2);
        var triesOfEach = await Task.WhenAll(HoldBothAsync("left", "right"), HoldBothAsync("right", "left"));

        Assert.That(triesOfEach.Sum(), Is.GreaterThan(2));

        Task<int> HoldBothAsync(string one, string other)
        {
            var tries = 0;
            return Task.Run(() => Db.InTransactionAsync(async tx =>
            {
                await tx.HoldAsync(one);
                if (++tries == 1)
                {
                    met.SignalAndWait(TimeSpan.FromSeconds(30));
                }

                await tx.HoldAsync(other);
                return tries;
            }));
        }
    }
}

internal abstract class DataContract
{
    private const string Store = "sto_contract";

    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 30, 15, 678, TimeSpan.FromHours(2));

    private DatabaseOptions? _database;

    protected abstract TestDatabases Databases { get; }

    protected Db Db { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task CreateAsync()
    {
        _database = await Databases.CreateAsync();
        Db = new Db(_database);
        await new Migrator(Db, TimeProvider.System).MigrateAsync();
    }

    [OneTimeTearDown]
    public async Task DropAsync()
    {
        if (_database is not null)
        {
            await Db.DisposeAsync();
            await Databases.DropAsync(_database);
        }
    }

    [Test]
    public async Task One_many_and_do_read_and_write()
    {
        await PlantEffectAsync("one");
        await PlantEffectAsync("two");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Db.OneAsync<string>("SELECT subject FROM effects WHERE store_id = @Store AND id = 'one'", new { Store }), Is.EqualTo("one"));
            Assert.That(await Db.OneAsync<string>("SELECT subject FROM effects WHERE store_id = @Store AND id = 'none'", new { Store }), Is.Null);
            Assert.That(await Db.ManyAsync<string>("SELECT id FROM effects WHERE store_id = @Store AND id IN @ids ORDER BY id", new { Store, ids = new[] { "one", "two" } }), Is.EqualTo(["one", "two"]));
            Assert.That(await Db.DoAsync("UPDATE effects SET attempts = 1 WHERE store_id = @Store AND id IN ('one', 'two')", new { Store }), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task An_exception_takes_everything_of_its_transaction_back()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Db.InTransactionAsync(async tx =>
        {
            await tx.DoAsync(
                "INSERT INTO effects (store_id, id, kind, subject, payload, state, attempts, due_at, created_at) VALUES (@Store, 'gone', 'k', 'gone', '', 'pending', 0, 0, 0)",
                new { Store });
            throw new InvalidOperationException("on purpose");
        }));

        Assert.That(await Db.OneAsync<string>("SELECT id FROM effects WHERE id = 'gone'"), Is.Null);
    }

    [Test]
    public async Task A_page_takes_the_first_rows_of_the_order()
    {
        foreach (var id in new[] { "p3", "p1", "p2" })
        {
            await PlantEffectAsync(id);
        }

        Assert.That(
            await Db.ManyAsync<string>($"SELECT id FROM effects WHERE store_id = @Store AND id IN ('p1', 'p2', 'p3') ORDER BY id {Db.Page}", new { Store, take = 2 }),
            Is.EqualTo(["p1", "p2"]));
    }

    [Test]
    public async Task A_taken_key_is_told_from_every_other_fault()
    {
        await PlantEffectAsync("key");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await FaultAsync(() => PlantEffectAsync("key")), Is.EqualTo("taken"), "the primary key");
            Assert.That(await FaultAsync(() => PlantEffectAsync("other", subject: "key")), Is.EqualTo("taken"), "a unique constraint");
            Assert.That(await FaultAsync(() => PlantEffectAsync("bad", state: "lost")), Is.EqualTo("refused"), "a check");
        }
    }

    [Test]
    public async Task A_unique_index_with_a_condition_counts_the_rows_of_the_condition_only()
    {
        await PlantStoreAsync();
        await Plant.RowAsync(Db, "payout_runs", ("store_id", Store), ("id", "run"), ("state", "approved"));
        await PlantPayoutAsync("po_1", "sent");
        await PlantPayoutAsync("po_2", "sent");
        await PlantPayoutAsync("po_3", "sending");

        Assert.That(await FaultAsync(() => PlantPayoutAsync("po_4", "approved")), Is.EqualTo("taken"));
        await Db.DoAsync("UPDATE payouts SET state = 'refused' WHERE store_id = @Store AND id = 'po_3'", new { Store });
        Assert.That(await FaultAsync(() => PlantPayoutAsync("po_4", "approved")), Is.EqualTo("none"));
    }

    [Test]
    public async Task Instants_go_out_and_come_back_in_UTC_and_null_stays_null()
    {
        await Db.DoAsync(
            "INSERT INTO effects (store_id, id, kind, subject, payload, state, attempts, due_at, created_at, done_at) VALUES (@Store, 'time', 'k', 'time', '', 'pending', 0, @At, @At, @none)",
            new { Store, At, none = (DateTimeOffset?)null });

        var row = await Db.OneAsync<Times>("SELECT due_at, done_at FROM effects WHERE store_id = @Store AND due_at = @At", new { Store, At });
        await Db.DoAsync("UPDATE effects SET done_at = @done WHERE store_id = @Store AND id = 'time'", new { Store, done = (DateTimeOffset?)At });
        var done = await Db.OneAsync<Times>("SELECT due_at, done_at FROM effects WHERE store_id = @Store AND id = 'time'", new { Store });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(row, Is.EqualTo(new Times(At, null)));
            Assert.That(row!.DueAt.Offset, Is.EqualTo(TimeSpan.Zero));
            Assert.That(done!.DoneAt, Is.EqualTo(At));
            Assert.That(await Db.OneAsync<long>("SELECT due_at FROM effects WHERE store_id = @Store AND id = 'time'", new { Store }), Is.EqualTo(At.ToUnixTimeMilliseconds()));
        }
    }

    // What the common collations of SQL Server take as equal: case, accents, width, ligatures.
    [Test]
    public async Task Exact_columns_compare_byte_by_byte()
    {
        string[] spellings = ["ann", "Ann", "ánn", "ａnn", "ss", "ß", "æ", "ae"];
        foreach (var spelling in spellings)
        {
            await PlantEffectAsync("exact-" + Array.IndexOf(spellings, spelling), subject: spelling);
        }

        foreach (var spelling in spellings)
        {
            Assert.That(
                await Db.ManyAsync<string>("SELECT subject FROM effects WHERE store_id = @Store AND subject = @spelling", new { Store, spelling }), Is.EqualTo([spelling]));
        }
    }

    [Test]
    public async Task Bytes_and_long_text_come_back_as_they_went()
    {
        var body = Enumerable.Range(0, 100_000).Select(i => (byte)(i % 256)).ToArray();
        var text = new string('ü', 100_000);
        await Db.InTransactionAsync(async tx =>
        {
            await using var insert = new Prepared(
                tx,
                "INSERT INTO deliveries (store_id, source, delivery_key, id, topic, body, received_at, state, attempts, due_at) VALUES (@Store, 's', @Key, @Key, 't', @Body, @At, 'pending', @Attempts, @At)");
            foreach (var key in new[] { "b1", "b2" })
            {
                Assert.That(await insert.DoAsync(("Store", Store), ("Key", key), ("Body", body), ("At", At), ("Attempts", 0L)), Is.EqualTo(1));
            }
        });
        await PlantEffectAsync("long", payload: text);

        Assert.That(await Db.OneAsync<byte[]>("SELECT body FROM deliveries WHERE store_id = @Store AND delivery_key = 'b2'", new { Store }), Is.EqualTo(body));
        Assert.That(await Db.OneAsync<string>("SELECT payload FROM effects WHERE store_id = @Store AND id = 'long'", new { Store }), Is.EqualTo(text));
    }

    [Test]
    public async Task A_prepared_statement_writes_null_into_every_kind_of_column()
    {
        await PlantEffectAsync("nulls");
        await Db.InTransactionAsync(async tx =>
        {
            await using var update = new Prepared(
                tx, "UPDATE effects SET lease_id = @Lease, outcome = @Outcome, done_at = @DoneAt WHERE store_id = @Store AND id = @Id");
            await update.DoAsync(("Lease", "lse"), ("Outcome", "words"), ("DoneAt", At), ("Store", Store), ("Id", "nulls"));
            Assert.That(await update.DoAsync(("Lease", null), ("Outcome", null), ("DoneAt", null), ("Store", Store), ("Id", "nulls")), Is.EqualTo(1));
        });

        Assert.That(
            await Db.OneAsync<string>("SELECT id FROM effects WHERE store_id = @Store AND id = 'nulls' AND lease_id IS NULL AND outcome IS NULL AND done_at IS NULL", new { Store }),
            Is.EqualTo("nulls"));
    }

    [Test]
    public async Task A_prepared_statement_keeps_nothing_and_no_bytes_apart()
    {
        await PlantEffectAsync("empty", payload: "x");
        await Plant.RowAsync(Db, "deliveries", ("store_id", Store), ("source", "s"), ("delivery_key", "empty"), ("id", "empty"), ("topic", "t"), ("state", "done"));
        await Db.InTransactionAsync(async tx =>
        {
            await using var text = new Prepared(tx, "UPDATE effects SET payload = @Payload WHERE store_id = @Store AND id = @Id");
            await text.DoAsync(("Payload", ""), ("Store", Store), ("Id", "empty"));
            await using var bytes = new Prepared(tx, "UPDATE deliveries SET body = @Body WHERE store_id = @Store AND delivery_key = @Key");
            await bytes.DoAsync(("Body", Array.Empty<byte>()), ("Store", Store), ("Key", "empty"));
        });

        Assert.That(await Db.OneAsync<string>("SELECT payload FROM effects WHERE store_id = @Store AND id = 'empty'", new { Store }), Is.Empty);
        Assert.That(await Db.OneAsync<byte[]>("SELECT body FROM deliveries WHERE store_id = @Store AND delivery_key = 'empty'", new { Store }), Is.Not.Null.And.Empty);
    }

    [Test]
    public async Task A_prepared_statement_that_failed_runs_again()
    {
        const string Sql = "INSERT INTO effects (store_id, id, kind, subject, payload, state, attempts, due_at, created_at) VALUES (@Store, @Id, 'k', @Id, '', 'pending', 0, 0, 0)";
        await PlantEffectAsync("twice");
        Assert.That(() => InsertAsync("twice"), Throws.InstanceOf<DbException>().With.Matches<DbException>(e => Db.Dialect.IsUniqueViolation(e!)));
        Assert.That(await InsertAsync("once"), Is.EqualTo(1));

        Task<int> InsertAsync(string id) => Db.InTransactionAsync(async tx =>
        {
            await using var insert = new Prepared(tx, Sql);
            return await insert.DoAsync(("Store", Store), ("Id", id));
        });
    }

    [Test]
    public async Task A_list_of_texts_finds_each_of_them_and_no_other()
    {
        string[] odd = ["it's", "\"quoted\"", "back\\slash", "@ids", "ünï, ß 漢字 😀", "[\"a\"]", "tab\tline"];
        string[] ids = [.. odd, .. Enumerable.Range(0, 300).Select(i => $"listed{i}")];
        foreach (var id in (string[])[.. ids, "listed", "listed3000", "a"])
        {
            await PlantEffectAsync(id);
        }

        Assert.That(await FindAsync(ids), Is.EquivalentTo(ids));
        Assert.That(await FindAsync(["listed7"]), Is.EqualTo(["listed7"]));
        Assert.That(await FindAsync(["nobody"]), Is.Empty);
        Assert.That(await FindAsync([]), Is.Empty);
    }

    [Test]
    public async Task Of_many_that_insert_unless_it_is_there_one_inserts()
    {
        const string Sql =
            """
            INSERT INTO effects (store_id, id, kind, subject, payload, state, attempts, due_at, created_at)
            SELECT @Store, 'race', 'k', 'race', '', 'pending', 0, 0, 0
            WHERE NOT EXISTS (SELECT 1 FROM effects WHERE store_id = @Store AND id = 'race')
            """;

        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                return await Db.DoAsync(Sql, new { Store });
            }
            catch (DbException e) when (Db.Dialect.IsUniqueViolation(e))
            {
                return 0;
            }
        }));

        Assert.That(added.Sum(), Is.EqualTo(1));
    }

    protected Task<IReadOnlyList<string>> FindAsync(string[] wanted) => Db.InTransactionAsync(
        tx => tx.ManyAsync<string>("SELECT id FROM effects WHERE store_id = @Store AND id IN @ids", new { Store, ids = new TextList(wanted) }));

    protected Task PlantEffectAsync(string id, string? subject = null, string state = "pending", string payload = "") => Plant.RowAsync(
        Db, "effects", ("store_id", Store), ("id", id), ("kind", "k"), ("subject", subject ?? id), ("state", state), ("payload", payload));

    private async Task PlantStoreAsync() => await Plant.RowAsync(
        Db, "stores", ("id", Store), ("platform", "rehearsal"), ("mode", "test"), ("domain", "contract"), ("state", "uninstalled"));

    private Task PlantPayoutAsync(string id, string state) => Plant.RowAsync(
        Db, "payouts", ("store_id", Store), ("id", id), ("run_id", "run"), ("ambassador_id", "amb"), ("currency", "EUR"), ("amount_minor", 1L),
        ("mode", "test"), ("state", state));

    private async Task<string> FaultAsync(Func<Task> work)
    {
        try
        {
            await work();
            return "none";
        }
        catch (DbException e)
        {
            return Db.Dialect.IsUniqueViolation(e) ? "taken" : "refused";
        }
    }

    private sealed record Times(DateTimeOffset DueAt, DateTimeOffset? DoneAt);
}
