// The program itself on both databases: every way through it, and every statement it has.
using StorePlugin.Data;
using StorePlugin.Demo;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Data;

[NonParallelizable]
internal sealed class SqliteProgramContract : ProgramContract
{
    protected override TestDatabases Databases => TestDatabases.Sqlite;
}

[NonParallelizable]
internal sealed class SqlServerProgramContract : ProgramContract
{
    protected override TestDatabases Databases => TestDatabases.SqlServer;
}

internal abstract class ProgramContract
{
    // Statements that one of the databases has no use for, and such as only an answer from outside brings about: those run
    // in tests of their own, on SQLite.
    private static readonly Dictionary<string, string> NeedNotRun = new(StringComparer.Ordinal)
    {
        ["Workers.FreeDeliveries"] = "at the start of the program that owns an SQLite file",
        ["Workers.FreeEffects"] = "at the start of the program that owns an SQLite file",
        ["CreateDiscount.EndTaken"] = "a store that has the code already; see CreateDiscountTests",
        ["AdoptTransfer.WillBeSent"] = "a transfer that differs from the one asked for; see AdoptionTests",
    };

    // By name; whoever asks first runs it, and whoever asks later learns how it ended.
    private readonly Dictionary<string, Task> _ways = new(StringComparer.Ordinal);
    private string _keys = "";
    private DatabaseOptions? _database;

    protected abstract TestDatabases Databases { get; }

    [OneTimeSetUp]
    public async Task CreateAsync()
    {
        _database = await Databases.CreateAsync();
        _keys = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        RunStatements.Listen();
    }

    [OneTimeTearDown]
    public async Task DropAsync()
    {
        if (_database is not null)
        {
            await Databases.DropAsync(_database);
            Directory.Delete(_keys, recursive: true);
        }
    }

    /// <summary>Each flow runs the program's own statements, from the outside, on this database.</summary>
    [TestCaseSource(typeof(Flows), nameof(Flows.All))]
    public Task The_program_works_on_it(Flow flow) => OnceAsync(flow.Name, () => RunAsync(flow));

    [Test]
    public Task Payouts_end_well_on_it() => OnceAsync("payouts", () => OnItsOwnAsync(PayAsync));

    [Test]
    public Task The_demo_ends_with_no_findings_on_it() => OnceAsync("demo", () => OnItsOwnAsync(ShowAsync));

    /// <summary>A new statement needs a flow that runs it: only then it is known that both databases understand it.</summary>
    [Test]
    public async Task Every_statement_of_the_program_has_been_run()
    {
        foreach (var flow in Flows.All)
        {
            await The_program_works_on_it(flow);
        }

        await Payouts_end_well_on_it();
        await The_demo_ends_with_no_findings_on_it();

        Assert.That(string.Join(", ", RunStatements.NotRun().Select(constant => constant.Name).Except(NeedNotRun.Keys)), Is.Empty);
    }

    private Task OnceAsync(string name, Func<Task> way)
    {
        if (!_ways.TryGetValue(name, out var run))
        {
            _ways[name] = run = way();
        }

        return run;
    }

    private async Task RunAsync(Flow flow)
    {
        await using var app = await StoreApp.StartAsync(
            [
                new("Serilog:MinimumLevel:Default", "Fatal"), new("Secrets:KeyFile", Path.Combine(_keys, "secrets.key")),
                new("Mail:Bounces:Secret", "a-secret-of-the-tests"),
            ],
            database: _database);

        await flow.Run(app);
    }

    /// <summary>A run by the calendar, one by two people, one that waits for money, and what is taken back of them; then what statements say.</summary>
    private static async Task RunsAsync(PayoutWorld world)
    {
        await world.Db.DoAsync(
            """
            INSERT INTO payout_settings (store_id, schedule, schedule_day, two_people_from_minor, methods, updated_at, updated_by)
            VALUES (@id, 'weekly', 1, 0, 'iban', 0, 'test')
            """,
            new { id = world.Store.Id });
        var (runs, schedule) = (world.App.Get<PayoutRuns>(), world.App.Get<PayoutSchedule>());
        var dora = await world.AmbassadorAsync("Dora", "acct_dora");
        await world.EarnsAsync(dora, "50.00");
        await schedule.RunOnceAsync(default);
        await schedule.RunOnceAsync(default);
        world.Stripe.TellsBalance = true;
        world.Stripe.TopUp("eur", -999_000);
        var run = await runs.PreviewAsync(world.Store, "ann", default);
        Assert.That(await runs.ApproveAsync(world.Store, run.Id, "ann", default), Is.InstanceOf<RunApproval.NeedsSecond>());
        Assert.That(((RunApproval.Done)await runs.ApproveAsync(world.Store, run.Id, "ben", default)).Run.State, Is.EqualTo("stopped"));
        await world.WorkAsync();
        world.Stripe.TopUp("eur", 999_000);
        await world.App.Get<GoOnWithRuns>().RunOnceAsync(default);
        await PostAsync($"payout-runs/{run.Id}/stop");
        await PostAsync($"payout-runs/{run.Id}/resumption");
        await PostAsync($"payouts/{(await runs.FindAsync(world.Store, run.Id, default))!.Payouts.Single(one => one.AmbassadorId == dora).Id}/cancellation");
        await PostAsync($"payout-runs/{run.Id}/cancellation");
        Assert.That(await world.BalancesAsync(dora), Is.EqualTo((5000L, 0L, 0L)));
        foreach (var path in new[] { "payout-runs", $"ambassadors/{dora}/statements", $"ambassadors/{dora}/statements/2026-03", "payee-years/2026" })
        {
            Assert.That((int)(await world.App.Http.GetAsync(new Uri($"/api/v1/{path}", UriKind.Relative))).StatusCode, Is.EqualTo(200), path);
        }

        await Flows.ShowRunAsync(world, run.Id);

        // What follows is paid by one person.
        await world.Db.DoAsync("DELETE FROM payout_settings WHERE store_id = @id", new { id = world.Store.Id });

        async Task PostAsync(string path) =>
            Assert.That((int)(await world.App.Http.PostAsync(new Uri($"/api/v1/{path}", UriKind.Relative), null)).StatusCode, Is.EqualTo(200), path);
    }

    private static async Task PayAsync(DatabaseOptions database)
    {
        await using var world = await PayoutWorld.StartAsync(database: database);
        var days = TimeSpan.FromDays(3);

        world.Stripe.TopUp("eur", -1_000_000);
        var refused = await world.ReservedAsync();
        await world.WorkAsync();
        Assert.That((await world.PayoutAsync(refused.Id)).State, Is.EqualTo("refused"));
        world.Stripe.TopUp("eur", 1_000_000);
        var sent = (await world.PayAsync()).Payouts.Single();
        await world.WorkAsync();

        world.Stripe.Next(StripeFault.BadKey);
        var rejected = await world.ReservedAsync("acct_bob");
        await world.WorkForAsync(days);
        world.Stripe.Next(StripeFault.StoredFault);
        var lost = await world.ReservedAsync("acct_cid");
        await world.WorkForAsync(days);
        var again = await world.App.Http.PostAsync(new Uri($"/api/v1/payouts/{lost.Id}/attempts", UriKind.Relative), null);
        Assert.That((int)again.StatusCode, Is.EqualTo(201));
        await world.WorkForAsync(days);

        // Somebody pays once more by hand, and takes another transfer back.
        world.Stripe.AddTransfer(5000, "eur", "acct_cid", lost.Id);
        await LookUpAsync(world, lost.Id);
        world.Stripe.Reverse((await world.PayoutAsync(sent.Id)).TransferId!, 5000);
        await LookUpAsync(world, sent.Id);
        await RunsAsync(world);
        var page = await world.App.Http.GetStringAsync(new Uri("/api/v1/payouts?limit=2", UriKind.Relative));
        var run = await world.App.Http.GetAsync(new Uri($"/api/v1/payout-runs/{refused.RunId}", UriKind.Relative));
        var one = await world.App.Http.GetAsync(new Uri($"/api/v1/payouts/{sent.Id}", UriKind.Relative));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await world.PayoutAsync(sent.Id)).State, Is.EqualTo("reversed"));
            Assert.That((await world.PayoutAsync(rejected.Id)).State, Is.EqualTo("sent"));
            Assert.That((await world.PayoutAsync(lost.Id)).State, Is.EqualTo("sent"));
            Assert.That((await world.PayoutAsync(lost.Id)).Problem, Does.Contain("2 transfers"));
            Assert.That(page, Does.Contain("\"next\":\"po_"));
            Assert.That(((int)run.StatusCode, (int)one.StatusCode), Is.EqualTo((200, 200)));
        }

        await FollowToTheBankAsync(world, lost.Id);
        await Flows.ReconcilePayoutsAsync(world);
        await world.AssertBooksAsync();
        await Flows.ManualPayoutsAsync(world);
        await Flows.SelfBillingAsync(world);

        // The world's orders are planted, and have no log.
        var found = (await world.App.Get<Rebuild>().RunAsync(world.Store.Id, _ => { }, default)).Findings;
        Assert.That(found.Select(finding => finding.Check).Distinct(), Is.EqualTo(["log-incomplete"]));
    }

    private async Task ShowAsync(DatabaseOptions database)
    {
        using var output = new StringWriter();
        using var progress = new StringWriter();
        string[] settings =
        [
            $"--Data:Folder={_keys}",
            $"--Database:Provider={database.Provider}",
            $"--ConnectionStrings:StorePlugin={database.ConnectionString}",
            $"--Secrets:KeyFile={Path.Combine(_keys, "demo.key")}",
            "--urls=http://127.0.0.1:0",
        ];
        await using (var db = new Db(database))
        {
            await new Migrator(db, TimeProvider.System).MigrateAsync();
        }

        var code = await new DemoVerb(output, progress, progressIsTerminal: false).RunAsync(settings, exit: true, days: 1);

        Assert.That(code, Is.Zero, output.ToString() + progress);
    }

    private static async Task LookUpAsync(PayoutWorld world, string payoutId)
    {
        await world.Db.InTransactionAsync(tx => world.App.Get<ReceiveStripeEvent>().ApplyAsync(
            tx, world.Store, new StripeEventReceived($"evt_{payoutId}", "transfer.updated", null, "tr_1", payoutId)));
        await world.WorkAsync();
    }

    private static async Task FollowToTheBankAsync(PayoutWorld world, string payoutId)
    {
        var now = world.Clock.GetUtcNow();
        foreach (var contents in (string[]?[])[null, []])
        {
            world.Stripe.BankPayout("po_bank", "paid", now, contents);
            await world.Db.InTransactionAsync(tx => world.App.Get<ReceiveStripeEvent>().ApplyAsync(
                tx, world.Store, new StripeEventReceived($"evt_bank{contents?.Length}", "payout.paid", "acct_cid", "po_bank", null)));
            await world.WorkAsync();
            Assert.That(
                await world.Db.OneAsync<string>("SELECT bank_state FROM payouts WHERE id = @payoutId", new { payoutId }), Is.EqualTo(contents is null ? "paid" : null));
        }
    }

    /// <summary>On a database beside the fixture's.</summary>
    private async Task OnItsOwnAsync(Func<DatabaseOptions, Task> work)
    {
        var database = await Databases.CreateAsync();
        try
        {
            await work(database);
        }
        finally
        {
            await Databases.DropAsync(database);
        }
    }
}
