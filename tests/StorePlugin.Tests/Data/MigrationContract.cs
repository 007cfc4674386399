// How a database comes to its schema, on both databases: whole, once, step by step over rows, and never over strangers.
using StorePlugin.Data;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

[NonParallelizable]
internal sealed class SqliteMigrationContract : MigrationContract
{
    protected override TestDatabases Databases => TestDatabases.Sqlite;

    protected override async Task AssertSoundAsync(Db db)
    {
        Assert.That(await db.ManyAsync<string>("PRAGMA integrity_check"), Is.EqualTo(["ok"]));
        Assert.That(await db.ManyAsync<object>("PRAGMA foreign_key_check"), Is.Empty);
    }

    [TestCase("ambassadors", "'suspended', 'ended'", "'suspended'")]
    [TestCase("orders", "'reversed', 'disputed'", "'reversed'")]
    public async Task A_constraint_that_was_not_changed_in_place_stops_the_migration(string table, string to, string from)
    {
        await Migrator.MigrateAsync(39);
        await Db.DoAsync("PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, @to, @from) WHERE name = @table; PRAGMA writable_schema = RESET", new { table, from, to });

        await Assert.ThatAsync(() => Migrator.MigrateAsync(), Throws.Exception.With.Message.Contains("ck_ambassadors_may_end_and_orders_may_be_disputed"));
        Assert.That((await Migrator.PendingAsync(default))[0], Is.EqualTo("040_states_known"));
    }

    [Test]
    public async Task A_connection_that_was_open_learns_of_the_changed_constraints()
    {
        await Migrator.MigrateAsync(39);
        await using var other = new Microsoft.Data.Sqlite.SqliteConnection(Database.ConnectionString);
        await other.OpenAsync();
        await using var version = other.CreateCommand();
        version.CommandText = "PRAGMA schema_version";
        var before = (long)(await version.ExecuteScalarAsync())!;

        await Migrator.MigrateAsync(40);

        Assert.That((long)(await version.ExecuteScalarAsync())!, Is.GreaterThan(before));
    }
}

[NonParallelizable]
internal sealed class SqlServerMigrationContract : MigrationContract
{
    protected override TestDatabases Databases => TestDatabases.SqlServer;

    // What it waits for here is another that migrates; a large table keeps it as long.
    [Test]
    public async Task A_migration_may_take_longer_than_any_other_statement()
    {
        const int SecondsMax = 5;
        await using var hasty = new Db(Database with { ConnectionString = $"{Database.ConnectionString};Command Timeout={SecondsMax}" });
        using var held = new SemaphoreSlim(0);
        var other = Db.InTransactionAsync(async tx =>
        {
            await tx.DoAsync(Dialect.SqlServer.MigrationLock);
            held.Release();
            await Task.Delay(TimeSpan.FromSeconds(2 * SecondsMax));
        });
        await held.WaitAsync();

        var applied = await new Migrator(hasty, TimeProvider.System).MigrateAsync(last: 1);
        await other;

        Assert.That(applied, Is.EqualTo(["001_stores"]));
    }
}

internal abstract class MigrationContract
{
    private const string S = "sto_1";

    private DatabaseOptions? _database;

    protected abstract TestDatabases Databases { get; }

    protected Db Db { get; private set; } = null!;

    protected DatabaseOptions Database => _database!;

    protected Migrator Migrator => new(Db, TimeProvider.System);

    /// <summary>Asks the database itself whether its files and references are whole, where it can say.</summary>
    protected virtual Task AssertSoundAsync(Db db) => Task.CompletedTask;

    [SetUp]
    public async Task CreateAsync()
    {
        _database = await Databases.CreateAsync();
        Db = new Db(_database);
    }

    [TearDown]
    public async Task DropAsync()
    {
        if (_database is not null)
        {
            await Db.DisposeAsync();
            await Databases.DropAsync(_database);
            _database = null;
        }
    }

    [Test]
    public async Task Everything_is_applied_once()
    {
        Assert.That(await Migrator.PendingAsync(default), Has.Count.EqualTo(Migrator.Known.Count));

        var first = await Migrator.MigrateAsync();
        var second = await Migrator.MigrateAsync();

        Assert.That(first, Is.EqualTo(Migrator.Known.Select(migration => migration.Name)));
        Assert.That(second, Is.Empty);
        Assert.That(await Migrator.PendingAsync(default), Is.Empty);
    }

    [Test]
    public async Task Two_programs_that_migrate_at_once_do_it_once()
    {
        await using var other = new Db(_database!);
        var names = await Task.WhenAll(Migrator.MigrateAsync(), new Migrator(other, TimeProvider.System).MigrateAsync());

        Assert.That(names.Sum(list => list.Count), Is.EqualTo(Migrator.Known.Count));
    }

    [Test]
    public async Task A_file_that_changed_after_it_was_applied_is_refused()
    {
        await Migrator.MigrateAsync();
        await Db.DoAsync("UPDATE schema_versions SET hash = 'other' WHERE version = 2");

        await Assert.ThatAsync(() => Migrator.MigrateAsync(), Throws.TypeOf<SettingsException>().With.Message.Contains("002_programme"));
        await Assert.ThatAsync(() => Migrator.PendingAsync(default), Throws.TypeOf<SettingsException>());
    }

    [Test]
    public async Task A_database_of_a_newer_program_is_refused()
    {
        await Migrator.MigrateAsync();
        await Db.DoAsync("INSERT INTO schema_versions (version, name, hash, applied_at) VALUES (999, '999_later', 'x', 0)");

        await Assert.ThatAsync(() => Migrator.MigrateAsync(), Throws.TypeOf<SettingsException>().With.Message.Contains("999_later"));
    }

    [Test]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        await Db.DoAsync("CREATE TABLE effects (id bigint NOT NULL)");

        await Assert.ThatAsync(() => Migrator.MigrateAsync(), Throws.Exception);
        Assert.That(await Db.OneAsync<long>(Db.Dialect.TableExists, new { table = "stores" }), Is.Zero);
        Assert.That(await Migrator.PendingAsync(default), Has.Count.EqualTo(Migrator.Known.Count));
    }

    [Test]
    public async Task Each_step_keeps_the_rows_of_those_before()
    {
        var planted = new List<string>();
        foreach (var migration in Migrator.Known)
        {
            Assert.That(await Migrator.MigrateAsync(migration.Version), Is.EqualTo([migration.Name]));
            foreach (var table in planted)
            {
                Assert.That(await Db.OneAsync<long>($"SELECT CAST(COUNT(*) AS bigint) FROM {table}"), Is.EqualTo(1), $"{table} after {migration.Name}");
            }

            foreach (var (table, row) in RowsOf(migration.Version))
            {
                await Plant.RowAsync(Db, table, row);
                planted.Add(table);
            }
        }

        Assert.That(planted, Has.Count.GreaterThan(20));
        await AssertSoundAsync(Db);
    }

    [Test]
    public async Task Campaigns_of_before_states_were_kept_have_the_states_that_are_known()
    {
        await Migrator.MigrateAsync(11);
        await Plant.RowAsync(Db, "stores", ("id", S), ("platform", "rehearsal"), ("mode", "test"), ("domain", "d"), ("state", "installed"));
        foreach (var (id, state, launchedAt) in new[] { ("cmp_1", "draft", (long?)null), ("cmp_2", "live", 7_000) })
        {
            await Plant.RowAsync(Db, "campaigns", ("store_id", S), ("id", id), ("state", state), ("created_at", 5_000L), ("launched_at", launchedAt));
            await Plant.RowAsync(Db, "campaign_revisions", ("store_id", S), ("campaign_id", id), ("revision", 1L), ("actor", "ann"));
        }

        await Migrator.MigrateAsync();

        Assert.That(
            (await Db.ManyAsync<CampaignState>("SELECT campaign_id, number, state, at, actor FROM campaign_states WHERE store_id = @S ORDER BY campaign_id, number", new { S }))
                .Select(row => $"{row.CampaignId} {row.Number} {row.State} {row.At} {row.Actor}"),
            Is.EqualTo(["cmp_1 1 draft 5000 ann", "cmp_2 1 draft 5000 ann", "cmp_2 2 live 7000 not recorded"]));
    }

    [Test]
    public async Task Ambassadors_of_before_states_were_kept_have_the_states_that_are_known_and_may_end()
    {
        await Migrator.MigrateAsync(19);
        await Plant.RowAsync(Db, "stores", ("id", S), ("platform", "rehearsal"), ("mode", "test"), ("domain", "d"), ("state", "installed"));
        await Plant.RowAsync(Db, "campaigns", ("store_id", S), ("id", "cmp"), ("state", "live"));
        foreach (var (id, state) in new[] { ("amb_1", "approved"), ("amb_2", "suspended") })
        {
            await Plant.RowAsync(
                Db, "ambassadors", ("store_id", S), ("id", id), ("campaign_id", "cmp"), ("email_key", id), ("state", state), ("approved_at", 5_000L));
        }

        foreach (var (id, ambassador, from, until) in new[] { ("sus_1", "amb_1", 6_000L, (long?)7_000), ("sus_2", "amb_2", 6_500, 6_600), ("sus_3", "amb_2", 8_000, null) })
        {
            await Plant.RowAsync(
                Db, "suspensions", ("store_id", S), ("id", id), ("ambassador_id", ambassador), ("from_at", from), ("from_actor", "ann"), ("until_at", until),
                ("until_actor", until is null ? null : "bob"));
        }

        await Migrator.MigrateAsync();

        Assert.That(
            (await Db.ManyAsync<KnownState>("SELECT ambassador_id, number, state, at, actor FROM ambassador_states WHERE store_id = @S ORDER BY ambassador_id, number", new { S }))
                .Select(row => $"{row.AmbassadorId} {row.Number} {row.State} {row.At} {row.Actor}"),
            Is.EqualTo(
            [
                "amb_1 1 approved 5000 not recorded", "amb_1 2 suspended 6000 ann", "amb_1 3 approved 7000 bob",
                "amb_2 1 approved 5000 not recorded", "amb_2 2 suspended 6500 ann", "amb_2 3 approved 6600 bob", "amb_2 4 suspended 8000 ann",
            ]));
        await AssertSoundAsync(Db);
        Assert.That(await Db.DoAsync("UPDATE ambassadors SET state = 'ended' WHERE store_id = @S AND id = 'amb_2'", new { S }), Is.EqualTo(1));
        await Assert.ThatAsync(() => Db.DoAsync("UPDATE ambassadors SET state = 'other' WHERE store_id = @S", new { S }), Throws.Exception);
    }

    [Test]
    public async Task Of_applications_that_were_approved_before_the_ambassador_alone_keeps_the_data()
    {
        await Migrator.MigrateAsync(39);
        await Plant.RowAsync(Db, "stores", ("id", S), ("platform", "rehearsal"), ("mode", "test"), ("domain", "d"), ("state", "installed"));
        await Plant.RowAsync(Db, "campaigns", ("store_id", S), ("id", "cmp"), ("state", "live"), ("applications", "open"));
        foreach (var state in new[] { "applied", "approved", "rejected" })
        {
            await Plant.RowAsync(
                Db, "applications", ("store_id", S), ("id", state), ("campaign_id", "cmp"), ("name", "Ann"), ("email", "ann@example.com"), ("email_key", "ann@example.com"),
                ("message", "x"), ("state", state), ("decided_at", 7_000L));
        }

        await Migrator.MigrateAsync();

        var rows = await Db.ManyAsync<KeptData>("SELECT id, name, email, email_key, message, erased_at FROM applications WHERE store_id = @S ORDER BY id", new { S });
        var whole = new KeptData("", "Ann", "ann@example.com", "ann@example.com", "x", null);
        Assert.That(rows, Is.EqualTo([whole with { Id = "applied" }, new KeptData("approved", "", "", "", null, 7_000), whole with { Id = "rejected" }]));
    }

    private sealed record ClickDay(long LocalDay, long Clicks, long FirstVisits);

    private sealed record OrderDay(string CampaignId, long LocalDay, string Currency, long Orders, long NetMinor, long CommissionMinor, long NewCustomers);

    private sealed record KeptData(string Id, string Name, string Email, string EmailKey, string? Message, long? ErasedAt);

    private sealed record KnownState(string AmbassadorId, long Number, string State, long At, string Actor);

    [Test]
    public async Task Payouts_and_openings_of_before_are_known_from_the_ledger_and_orders_of_before_say_that_they_have_no_log()
    {
        await Migrator.MigrateAsync(17);
        var payout = "po_" + new string('7', 32);
        await Plant.RowAsync(Db, "stores", ("id", S), ("platform", "rehearsal"), ("mode", "test"), ("domain", "d"), ("state", "installed"));
        foreach (var (id, kind, source) in new[]
        {
            ("ltx_1", "payout_reserved", payout), ("ltx_2", "payout_returned", payout + "-a1"), ("ltx_3", "payout_reversed", payout + "-r5"), ("ltx_4", "opening", "amb_1:opening"),
        })
        {
            await Plant.RowAsync(Db, "ledger_transactions", ("store_id", S), ("id", id), ("kind", kind), ("source", source), ("booked_at", 9L), ("local_day", 20260101L));
            await Plant.RowAsync(Db, "ledger_entries", ("store_id", S), ("transaction_id", id), ("position", 0L), ("account", "approved"), ("ambassador_id", "amb_1"), ("amount_minor", -5L));
            await Plant.RowAsync(Db, "ledger_entries", ("store_id", S), ("transaction_id", id), ("position", 1L), ("account", "in_payout"), ("ambassador_id", "amb_1"), ("amount_minor", 5L));
        }

        foreach (var (order, revision, logged) in new[] { ("o2", 3L, new long[] { 2, 3 }), ("o1", 3L, []), ("o3", 2L, [1, 2]) })
        {
            await Plant.RowAsync(Db, "orders", ("store_id", S), ("order_id", order), ("revision", revision), ("state", "held"));
            foreach (var of in logged)
            {
                await Plant.RowAsync(Db, "order_events", ("store_id", S), ("order_id", order), ("revision", of), ("kind", "version"));
            }
        }

        await Migrator.MigrateAsync();

        Assert.That(
            await Db.ManyAsync<Step>("SELECT payout_id AS of_whom, number, kind, subject, amount_minor AS minor FROM payout_events WHERE store_id = @S ORDER BY number", new { S }),
            Is.EqualTo([new Step(payout, 1, "reserved", payout, 5), new Step(payout, 2, "returned", payout + "-a1", 5), new Step(payout, 3, "reversed", payout + "-r5", 5)]));
        Assert.That(
            await Db.ManyAsync<Step>("SELECT ambassador_id AS of_whom, at AS number, actor AS kind, actor AS subject, amount_minor AS minor FROM opening_balances WHERE store_id = @S", new { S }),
            Is.EqualTo([new Step("amb_1", 9, "", "", 5)]));
        Assert.That(
            await Db.ManyAsync<string>("SELECT order_id FROM order_events WHERE store_id = @S AND kind = 'unlogged' AND revision = CASE order_id WHEN 'o1' THEN 3 ELSE 1 END ORDER BY order_id", new { S }),
            Is.EqualTo(["o1", "o2"]));
    }

    [Test]
    public async Task What_each_day_brought_before_is_counted_with_its_customers_and_clicks_by_their_day_in_utc()
    {
        await Migrator.MigrateAsync(71);
        await Plant.RowAsync(Db, "stores", ("id", S), ("platform", "rehearsal"), ("mode", "test"), ("domain", "d"), ("state", "installed"));
        (string Id, string At, string? Visit)[] clicks =
        [
            ("clk_1", "1970-01-01T00:00:00Z", "first"), ("clk_2", "2024-02-29T23:59:59Z", "first"), ("clk_3", "2024-02-29T00:00:00Z", "repeat"), ("clk_4", "2024-03-01T00:00:00Z", null),
            ("clk_5", "2025-12-31T12:00:00Z", "first"), ("clk_6", "2026-01-01T00:00:00Z", "first"), ("clk_7", "2100-02-28T10:00:00Z", "first"),
        ];
        foreach (var (id, at, visit) in clicks)
        {
            await Plant.RowAsync(
                Db, "clicks", ("store_id", S), ("id", id), ("campaign_id", "cmp"), ("visit", visit), ("consent", "unknown"),
                ("at", DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds()));
        }

        (string Id, string State, string? Ambassador, long Net, string Receipt)[] orders =
        [
            ("1", "paid", "amb", 900, """{"credited":true,"newCustomer":true}"""), ("2", "held", "amb", 300, """{"credited":true,"newCustomer":false}"""),
            ("3", "held", "amb", 40, """{"credited":true}"""), ("4", "observed", "amb", 7000, """{"credited":true}"""),
            ("5", "uncredited", null, 7000, """{"credited":false,"newCustomer":true}"""),
        ];
        foreach (var (id, state, ambassador, net, receipt) in orders)
        {
            await Plant.RowAsync(
                Db, "orders", ("store_id", S), ("order_id", id), ("state", state), ("ambassador_id", ambassador), ("campaign_id", ambassador is null ? null : "cmp"), ("currency", "EUR"),
                ("local_day", 20260301L), ("net_minor", net), ("commission_minor", net / 10));
            await Plant.RowAsync(Db, "receipts", ("store_id", S), ("order_id", id), ("content", receipt));
        }

        await Migrator.MigrateAsync();

        Assert.That(
            (await Db.ManyAsync<ClickDay>("SELECT local_day, clicks, first_visits FROM click_days WHERE store_id = @S AND campaign_id = 'cmp' ORDER BY local_day", new { S })),
            Is.EqualTo(new ClickDay[] { new(19700101, 1, 1), new(20240229, 2, 1), new(20240301, 1, 0), new(20251231, 1, 1), new(20260101, 1, 1), new(21000228, 1, 1) }));
        Assert.That(
            await Db.ManyAsync<string>("SELECT customer_kind FROM orders WHERE store_id = @S ORDER BY order_id", new { S }), Is.EqualTo(new[] { "new", "returning", null, null, null }));
        Assert.That(
            await Db.OneAsync<OrderDay>("SELECT campaign_id, local_day, currency, orders, net_minor, commission_minor, new_customers FROM order_days WHERE store_id = @S", new { S }),
            Is.EqualTo(new OrderDay("cmp", 20260301, "EUR", 3, 1240, 124, 1)));
    }

    [Test]
    public async Task Reviews_of_before_are_known_since_the_booking_that_began_them()
    {
        await Migrator.MigrateAsync(42);
        await Plant.RowAsync(Db, "stores", ("id", S), ("platform", "rehearsal"), ("mode", "test"), ("domain", "d"), ("state", "installed"));
        foreach (var (order, state) in new[] { ("back", "review"), ("grown", "review"), ("nothing", "review"), ("left", "held") })
        {
            await Plant.RowAsync(Db, "orders", ("store_id", S), ("order_id", order), ("state", state), ("updated_at", 99L));
        }

        var number = 0L;
        foreach (var (order, minor) in new[] { ("back", 500L), ("grown", 300L), ("left", 700L), ("back", -500L), ("grown", 200L), ("left", -700L), ("back", 400L) })
        {
            number++;
            await Plant.RowAsync(
                Db, "ledger_transactions", ("store_id", S), ("id", $"ltx_{number}"), ("kind", "review"), ("source", $"{order}:{number}"), ("booked_at", number));
            await Plant.RowAsync(
                Db, "ledger_entries", ("store_id", S), ("transaction_id", $"ltx_{number}"), ("account", "review"), ("order_id", order), ("amount_minor", minor), ("currency", "EUR"));
        }

        await Migrator.MigrateAsync();

        Assert.That(
            (await Db.ManyAsync<KnownReview>("SELECT order_id, review_at FROM orders WHERE store_id = @S ORDER BY order_id", new { S })).Select(row => $"{row.OrderId} {row.ReviewAt}"),
            Is.EqualTo(["back 7", "grown 2", "left ", "nothing 99"]));
    }

    private sealed record KnownReview(string OrderId, long? ReviewAt);

    private sealed record Step(string OfWhom, long Number, string Kind, string Subject, long Minor);

    private sealed record CampaignState(string CampaignId, long Number, string State, long At, string Actor);

    /// <summary>A row for each table that a version makes; a later migration adds what its columns need.</summary>
    private static (string Table, (string Column, object? Value)[] Row)[] RowsOf(long version) => version switch
    {
        1 =>
        [
            ("key_ring", [("id", "k")]),
            ("stores", [("id", S), ("platform", "rehearsal"), ("mode", "test"), ("domain", "d"), ("state", "installed")]),
            ("install_states", [("store_id", S)]),
            ("credentials", [("store_id", S)]),
            ("api_keys", [("store_id", S), ("access", "read")]),
            ("sign_in_links", [("store_id", S), ("role", "owner")]),
            ("sessions", [("store_id", S), ("role", "owner")]),
        ],
        2 =>
        [
            ("campaigns", [("store_id", S), ("id", "cmp"), ("state", "live")]),
            ("campaign_revisions", [("store_id", S), ("campaign_id", "cmp"), ("revision", 1L)]),
            ("ambassadors", [("store_id", S), ("id", "amb"), ("campaign_id", "cmp"), ("state", "approved")]),
            ("codes", [("store_id", S), ("code_key", "c"), ("ambassador_id", "amb"), ("campaign_id", "cmp"), ("discount_state", "created")]),
            ("link_slugs", [("slug_key", "c"), ("store_id", S), ("ambassador_id", "amb"), ("campaign_id", "cmp")]),
            ("clicks", [("store_id", S), ("id", "clk")]),
        ],
        3 => [("deliveries", [("store_id", S), ("state", "pending")]), ("effects", [("store_id", S), ("state", "pending")])],
        4 =>
        [
            ("order_versions", [("store_id", S), ("order_id", "o")]),
            ("refunds", [("store_id", S), ("order_id", "o")]),
            ("orders", [("store_id", S), ("order_id", "o"), ("state", "held")]),
            ("receipts", [("store_id", S), ("order_id", "o")]),
            ("ledger_transactions", [("store_id", S), ("id", "ltx")]),
            ("ledger_entries", [("store_id", S), ("transaction_id", "ltx"), ("account", "held")]),
            ("balances", [("store_id", S), ("account", "held")]),
        ],
        5 =>
        [
            ("payout_runs", [("store_id", S), ("id", "run"), ("state", "approved")]),
            ("payouts", [("store_id", S), ("id", "po"), ("run_id", "run"), ("amount_minor", 1L), ("mode", "test"), ("state", "sent")]),
            ("payout_attempts", [("store_id", S), ("payout_id", "po"), ("outcome", "frozen")]),
        ],
        18 =>
        [
            ("payout_events", [("store_id", S), ("payout_id", "po"), ("number", 1L), ("kind", "sent")]),
            ("opening_balances", [("store_id", S), ("ambassador_id", "amb")]),
        ],
        21 => [("group_memberships", [("store_id", S), ("ambassador_id", "amb"), ("group_key", "gold")])],
        23 => [("customer_bindings", [("store_id", S), ("ambassador_id", "amb")])],
        24 => [("applications", [("store_id", S), ("id", "app"), ("campaign_id", "cmp"), ("state", "applied")])],
        25 => [("rules_acceptances", [("store_id", S), ("ambassador_id", "amb")])],
        33 => [("write_offs", [("store_id", S), ("ambassador_id", "amb"), ("number", 1L), ("kind", "write_off"), ("amount_minor", 1L)])],
        38 => [("history_imports", [("store_id", S), ("number", 1L)]), ("history_acknowledgements", [("store_id", S), ("campaign_id", "cmp"), ("number", 1L)])],
        42 =>
        [
            ("collections", [("store_id", S), ("id", "c")]), ("collection_products", [("store_id", S), ("product_id", "p"), ("collection_id", "c"), ("since_at", 1L)]),
        ],
        48 => [("shopify_tokens", [("store_id", S)])],
        55 =>
        [
            ("code_series", [("store_id", S), ("id", "ser"), ("ambassador_id", "amb"), ("state", "made")]),
            ("series_codes", [("store_id", S), ("code_key", "c"), ("series_id", "ser"), ("state", "made")]),
            ("series_uses", [("store_id", S), ("code_key", "c"), ("order_id", "o")]),
        ],
        57 => [("ambassador_customers", [("store_id", S), ("customer_key", "k"), ("ambassador_id", "amb")])],
        58 =>
        [
            ("payout_settings", [("store_id", S)]),
            ("payout_methods", [("store_id", S), ("id", "pm"), ("ambassador_id", "amb"), ("kind", "paypal")]),
            ("payee_accounts", [("store_id", S), ("ambassador_id", "amb"), ("state", "ready")]),
        ],
        68 =>
        [
            ("self_bill_parties", [("store_id", S), ("id", "sbp")]), ("self_billing_settings", [("store_id", S), ("party_id", "sbp")]), ("self_bill_counters", [("store_id", S)]),
            ("payee_tax", [("store_id", S), ("ambassador_id", "amb")]),
            ("self_bills", [("store_id", S), ("number", 1L), ("kind", "document"), ("cause", "payout"), ("payout_id", "po"), ("merchant_id", "sbp"), ("payee_id", "sbp")]),
            ("self_bill_settlements", [("store_id", S), ("number", 1L), ("payout_id", "po")]), ("tax_thresholds", [("store_id", S)]),
        ],
        63 =>
        [
            ("payout_exports", [("store_id", S), ("id", "pex"), ("run_id", "run"), ("format", "csv")]),
            ("payout_export_rows", [("store_id", S), ("export_id", "pex"), ("payout_id", "po")]),
            ("payout_export_downloads", [("store_id", S), ("export_id", "pex")]),
        ],
        59 =>
        [
            ("mail_texts", [("store_id", S), ("mail", "welcome")]), ("mail_suppressions", [("store_id", S), ("id", "sup"), ("reason", "bounced")]),
            ("mail_sends", [("store_id", S), ("effect_id", "eff")]), ("mail_settings", [("store_id", S)]),
        ],
        60 => [("invitations", [("store_id", S), ("id", "inv"), ("campaign_id", "cmp"), ("state", "sent")])],
        62 =>
        [
            ("stripe_accounts", [("store_id", S), ("findings", "[]"), ("balance", "[]")]),
            ("payee_requests", [("store_id", S), ("ambassador_id", "amb"), ("number", 1L), ("state", "made")]),
            ("payout_changes", [("store_id", S), ("id", "chg"), ("ambassador_id", "amb"), ("kind", "stripe_account")]),
            ("payout_routes", [("store_id", S), ("from_country", "DE"), ("to_country", "BR"), ("route", "none")]),
        ],
        82 => [("audit_entries", [("store_id", S), ("id", "aud"), ("outcome", "done")])],
        77 => [("setups", [("store_id", S), ("campaign_id", "cmp")]), ("setup_steps", [("store_id", S), ("step", "goal")])],
        76 =>
        [
            ("rehearsals", [("store_id", S), ("id", "reh"), ("campaign_id", "cmp"), ("state", "running")]),
            ("rehearsal_steps", [("store_id", S), ("rehearsal_id", "reh"), ("number", 1L), ("state", "done"), ("orders", "[]")]),
            ("rehearsal_letters", [("store_id", S), ("rehearsal_id", "reh"), ("effect_id", "eff")]),
            ("rehearsal_notes", [("store_id", S), ("id", "rhn"), ("campaign_id", "cmp"), ("sealed", new byte[] { 1 })]),
        ],
        78 => [("order_claims", [("store_id", S), ("id", "clm"), ("ambassador_id", "amb"), ("state", "open")])],
        79 =>
        [
            ("message_threads", [("store_id", S), ("ambassador_id", "amb")]),
            ("messages", [("store_id", S), ("id", "msg"), ("ambassador_id", "amb"), ("side", "store"), ("sealed", new byte[] { 1 })]),
        ],
        80 =>
        [
            ("mail_wishes", [("store_id", S), ("ambassador_id", "amb"), ("kind", "digest")]),
            ("mention_consents", [("store_id", S), ("ambassador_id", "amb"), ("number", 1L), ("said", "given")]),
            ("age_confirmations", [("store_id", S), ("ambassador_id", "amb"), ("place", "portal")]),
        ],
        81 =>
        [
            ("privacy_notices", [("store_id", S), ("number", 1L)]), ("privacy_notice_views", [("store_id", S), ("ambassador_id", "amb"), ("number", 1L)]),
            ("account_deletions", [("store_id", S), ("ambassador_id", "amb")]),
        ],
        75 =>
        [
            ("store_looks", [("store_id", S)]), ("ambassador_pages", [("store_id", S), ("ambassador_id", "amb")]), ("pictures", [("store_id", S), ("id", "pic")]),
        ],
        74 => [("order_days", [("store_id", S), ("campaign_id", "cmp"), ("local_day", 20260301L), ("currency", "EUR")])],
        72 =>
        [
            ("ambassador_notes", [("store_id", S), ("id", "nte"), ("ambassador_id", "amb"), ("sealed", new byte[] { 1 })]),
            ("import_files", [("store_id", S), ("id", "imf"), ("campaign_id", "cmp")]),
        ],
        71 => [("team_members", [("store_id", S), ("id", "mem"), ("role", "owner")])],
        67 =>
        [
            ("change_links", [("store_id", S), ("token_hash", "t"), ("purpose", "payout")]), ("sign_in_requests", [("store_id", S), ("id", "sir")]),
            ("address_changes", [("store_id", S), ("id", "adc"), ("ambassador_id", "amb"), ("state", "open")]),
            ("former_addresses", [("store_id", S), ("ambassador_id", "amb"), ("person_hash", "h")]),
        ],
        _ => [],
    };
}
