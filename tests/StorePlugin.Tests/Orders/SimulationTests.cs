// Many histories, told in disorder and twice, to workers that fail in the middle: the books come to what a small model says.
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StorePlugin.Abuse;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Orders;

/// <summary>STOREPLUGIN_SEED=n replays one history; a failing test names its seed.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SimulationTests
{
    private const int SeedCount = 60;

    // Each stops a transaction of the worker at another statement; the last one takes its lease away.
    private static readonly string[] Faults =
    [
        "BEFORE INSERT ON order_versions BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "BEFORE UPDATE ON orders BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "BEFORE INSERT ON receipts BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "AFTER UPDATE ON receipts BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "AFTER INSERT ON ledger_transactions BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "AFTER INSERT ON ledger_entries WHEN NEW.position = 1 BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "AFTER UPDATE ON balances BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "AFTER UPDATE ON deliveries WHEN NEW.state = 'done' BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "AFTER UPDATE ON effects WHEN NEW.state = 'done' BEGIN SELECT RAISE(ABORT, 'injected'); END",
        "BEFORE INSERT ON receipts BEGIN UPDATE deliveries SET lease_id = 'lse_other' WHERE state = 'pending'; END",
    ];

    private readonly Provider _provider = new();
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private Random _random = null!;

    public static IEnumerable<int> Seeds() =>
        int.TryParse(Environment.GetEnvironmentVariable("STOREPLUGIN_SEED"), CultureInfo.InvariantCulture, out var seed) ? [seed] : Enumerable.Range(1, SeedCount);

    [TestCaseSource(nameof(Seeds))]
    public async Task A_history_of_faults_ends_where_the_model_ends(int seed)
    {
        _random = new Random(seed * 7919);
        _provider.Random = new Random(seed);
        await using var app = _app = await StoreApp.StartAsync(
            [new("Serilog:MinimumLevel:Default", "Fatal")],
            services =>
            {
                services.RemoveAll<IEffectHandler>();
                services.AddSingleton<IEffectHandler>(_provider);
                services.AddSingleton<IEffectHandler>(new StoreReader());
                services.AddSingleton<IEffectHandler, SendMail>();
            });
        _shop = await Shop.OpenAsync(app);
        var people = new List<(string Id, string Code, string Click, string Email)>();
        foreach (var code in new[] { "ANN10", "BOB10" })
        {
            var id = await _shop.AmbassadorAsync(code);
            people.Add((id, code, await _shop.ClickAsync(id), $"{code.ToLowerInvariant()}@ambassadors.example"));
            await app.Db.InTransactionAsync(tx => AddEffectTwiceAsync(tx, code));
            // Every other order of a history is refunded, which a person would have to look at.
            await app.Get<Exemptions>().GrantAsync(_shop.Store, id, "F6", "Refunds as they come.", StoreApp.Start.AddYears(1), "test", default);
        }

        var history = new History(
            seed, [.. people.Select(person => person.Code)], [.. people.Select(person => person.Click)], [.. people.Select(person => person.Email)]);

        for (var phase = 0; phase < 2; phase++)
        {
            await LiveThroughAsync(history.Messages.Where(message => message.Phase == phase).ToArray());
            app.Clock.MoveTo(StoreApp.Start.AddDays(phase == 0 ? 40 : 120));
            await app.DrainAsync();
        }

        var booked = await app.Db.ManyAsync<Booked>(
            """
            SELECT order_id, ambassador_id, account, SUM(amount_minor) AS minor FROM ledger_entries
            WHERE store_id = @storeId AND account <> 'expense'
            GROUP BY order_id, ambassador_id, account HAVING SUM(amount_minor) <> 0 ORDER BY order_id, account
            """,
            new { storeId = _shop.Store.Id });
        var digests = await app.Db.ManyAsync<string>("SELECT subject FROM effects WHERE kind = 'mail'");
        var earningDays = await app.Db.ManyAsync<EarningDay>(
            """
            SELECT DISTINCT e.ambassador_id, t.local_day FROM ledger_entries e
            JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
            WHERE t.kind = 'commission' AND e.amount_minor > 0 AND e.account <> 'expense'
            """);
        var expected = history.Orders.Select(told => (told.OrderId, Result: Model.Of(told, people)))
            .Where(order => order.Result is not null)
            .Select(order => $"{order.OrderId} {order.Result!.Value.Who} {order.Result.Value.Account} {order.Result.Value.Minor}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(booked.Select(row => $"{row.OrderId} {row.AmbassadorId} {row.Account} {row.Minor}"), Is.EqualTo(expected), $"seed {seed}");
            Assert.That(await app.Get<Verify>().RunAsync(null, default), Is.Empty, $"seed {seed}");
            Assert.That((await app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings, Is.Empty, $"seed {seed}");
            Assert.That(await CountAsync("deliveries", "pending"), Is.Zero, $"seed {seed}");
            Assert.That(await CountAsync("deliveries", "dead"), Is.EqualTo(1), $"seed {seed}: the one that cannot be read");
            Assert.That(digests, Is.EquivalentTo(earningDays.Select(day => day.Subject)), $"seed {seed}: a digest for each day of earning, and no other");
            Assert.That(await CountAsync("effects", "done"), Is.EqualTo(people.Count + 1 + digests.Count), $"seed {seed}");
            Assert.That(_provider.Deeds.Values, Is.All.EqualTo(1).And.Exactly(people.Count).Items, $"seed {seed}");
        }
    }

    /// <summary>Rule I6: the same deliveries in any order, once or more often, give the same books and the same receipts.</summary>
    [TestCase(101)]
    [TestCase(102)]
    [TestCase(103)]
    public async Task The_order_of_arrival_changes_no_balance_and_no_byte_of_a_receipt(int seed)
    {
        var random = new Random(seed);
        var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        History history;
        await using (var origin = _app = await StoreApp.StartAsync())
        {
            _shop = await Shop.OpenAsync(origin);
            var ann = await _shop.AmbassadorAsync("ANN10");
            var bob = await _shop.AmbassadorAsync("BOB10");
            history = new History(
                seed, ["ANN10", "BOB10"], [await _shop.ClickAsync(ann), await _shop.ClickAsync(bob)],
                ["ann10@ambassadors.example", "bob10@ambassadors.example"]);
            await origin.CopyToAsync(folder);
        }

        var endings = new List<string>();
        for (var run = 0; run < 6; run++)
        {
            var messages = history.Messages.ToArray();
            if (run > 0)
            {
                messages = [.. messages, .. messages.Where(_ => random.Next(3) == 0).Select(message => message with { DeliveryId = message.DeliveryId + "-again" })];
                random.Shuffle(messages);
            }

            endings.Add(await EndingAsync(folder, messages, together: run == 0 ? 1 : random.Next(1, 12)));
        }

        Directory.Delete(folder, recursive: true);
        Assert.That(endings[0], Does.Contain("\"orderId\":\"1001\""));
        Assert.That(endings, Is.All.EqualTo(endings[0]), $"seed {seed}");
    }

    private async Task<string> EndingAsync(string origin, Message[] messages, int together)
    {
        var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        foreach (var file in Directory.GetFiles(origin))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        var database = new DatabaseOptions("sqlite", $"Data Source={Path.Combine(folder, "storeplugin.db")}");
        string ending;
        await using (var app = await StoreApp.StartAsync(
            [new("Secrets:KeyFile", Path.Combine(folder, "secrets.key")), new("Serilog:MinimumLevel:Default", "Fatal")], database: database))
        {
            var shop = _shop.On(app);
            foreach (var chunk in messages.Chunk(together))
            {
                await Task.WhenAll(chunk.Select(message => shop.DeliverAsync(message.Topic, message.Json, message.DeliveryId)));
                await app.DrainAsync();
            }

            var receipts = await app.Db.ManyAsync<string>(
                "SELECT content FROM receipts WHERE store_id = @storeId ORDER BY order_id", new { storeId = shop.Store.Id });
            // A balance that was moved and came back to zero is one that never was.
            var balances = await app.Db.ManyAsync<Booked>(
                """
                SELECT order_id, ambassador_id, account, SUM(amount_minor) AS minor FROM ledger_entries WHERE store_id = @storeId
                GROUP BY order_id, ambassador_id, account HAVING SUM(amount_minor) <> 0 ORDER BY order_id, ambassador_id, account
                """,
                new { storeId = shop.Store.Id });
            Assert.That(await app.Get<Verify>().RunAsync(null, default), Is.Empty);
            Assert.That((await app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings, Is.Empty);
            ending = string.Join('\n', receipts.Concat(balances.Select(row => row.ToString())));
        }

        Directory.Delete(folder, recursive: true);
        return ending;
    }

    private static async Task AddEffectTwiceAsync(Tx tx, string code)
    {
        var store = (await tx.OneAsync<string>("SELECT id FROM stores"))!;
        Assert.That(await Outbox.AddAsync(tx, store, Effect.Kinds.CreateDiscount, code, "{}", StoreApp.Start), Is.True);
        Assert.That(await Outbox.AddAsync(tx, store, Effect.Kinds.CreateDiscount, code, "{}", StoreApp.Start), Is.False);
    }

    /// <summary>Sends the deliveries in disorder, several at a time, to a program that fails now and then; then all is mended.</summary>
    private async Task LiveThroughAsync(Message[] messages)
    {
        _random.Shuffle(messages);
        foreach (var together in messages.Chunk(6))
        {
            var answers = await Task.WhenAll(together.Select(message => _shop.DeliverAsync(message.Topic, message.Json, message.DeliveryId)));
            Assert.That(answers, Is.All.EqualTo(HttpStatusCode.OK));
            await RoundAsync();
            _app.Clock.Advance(TimeSpan.FromSeconds(_random.Next(0, 90)));
        }

        for (var rounds = 0; await CountAsync("deliveries", "pending") + await CountWaitingEffectsAsync() > 0; rounds++)
        {
            Assert.That(rounds, Is.LessThan(50), "the work comes to an end");
            _app.Clock.Advance(TimeSpan.FromMinutes(10));
            await _app.DrainAsync();
        }
    }

    private async Task RoundAsync()
    {
        var (inbox, effects, holds) = (_app.Get<InboxWorker>(), _app.Get<EffectWorker>(), _app.Get<ReleaseHolds>());
        switch (_random.Next(5))
        {
            case 0:
                await _app.Db.DoAsync("CREATE TRIGGER fault " + Faults[_random.Next(Faults.Length)]);
                await inbox.RunOnceAsync(default);
                await RunAsync(effects.RunOnceAsync);
                await RunAsync(holds.RunOnceAsync);
                await _app.Db.DoAsync("DROP TRIGGER fault");
                break;
            case 1:
                var other = ActivatorUtilities.CreateInstance<InboxWorker>(_app.Services);
                await Task.WhenAll(inbox.RunOnceAsync(default), other.RunOnceAsync(default), effects.RunOnceAsync(default));
                break;
            case 2:
                await effects.RunOnceAsync(default);
                await holds.RunOnceAsync(default);
                break;
            default:
                await inbox.RunOnceAsync(default);
                break;
        }
    }

    // The loops of the program go on after a failed round; so does this one.
    private static async Task RunAsync(Func<CancellationToken, Task<int>> round)
    {
        try
        {
            await round(default);
        }
        catch (SqliteException e) when (e.Message.Contains("injected", StringComparison.Ordinal))
        {
        }
    }

    private Task<long> CountAsync(string table, string state) => _app.Db.OneAsync<long>(
        $"SELECT COUNT(*) FROM {table} WHERE store_id = @storeId AND state = @state", new { storeId = _shop.Store.Id, state });

    // Without the digests of tomorrow.
    private Task<long> CountWaitingEffectsAsync() => _app.Db.OneAsync<long>(
        """
        SELECT COUNT(*) FROM effects
        WHERE store_id = @storeId AND state = 'pending' AND (due_at <= @now OR lease_id IS NOT NULL OR outcome IS NOT NULL)
        """,
        new { storeId = _shop.Store.Id, now = _app.Clock.GetUtcNow() });

    private sealed record EarningDay(string AmbassadorId, long LocalDay)
    {
        public string Subject => string.Create(
            CultureInfo.InvariantCulture, $"order_digest:{AmbassadorId}:{LocalDay / 10_000:d4}-{LocalDay / 100 % 100:d2}-{LocalDay % 100:d2}");
    }

    private sealed record Booked
    {
        public string OrderId { get; init; } = "";

        public string AmbassadorId { get; init; } = "";

        public string Account { get; init; } = "";

        public long Minor { get; init; }
    }

    /// <summary>A provider that keeps effect ids, and that throttles, fails, or answers too late.</summary>
    private sealed class Provider : IEffectHandler
    {
        private readonly ConcurrentDictionary<string, byte> _known = new(StringComparer.Ordinal);

        public Random Random { get; set; } = new(0);

        /// <summary>How often each subject's deed was done.</summary>
        public ConcurrentDictionary<string, int> Deeds { get; } = new(StringComparer.Ordinal);

        public string Kind => Effect.Kinds.CreateDiscount;

        public Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
        {
            int chance;
            lock (Random)
            {
                chance = Random.Next(10);
            }

            if (chance < 2)
            {
                throw new HttpRequestException("500");
            }

            if (chance == 2)
            {
                return Task.FromResult<EffectResult>(new EffectResult.PutOff("throttled", TimeSpan.FromSeconds(20)));
            }

            if (_known.TryAdd(effect.Id, 0))
            {
                Deeds.AddOrUpdate(effect.Subject, 1, (_, count) => count + 1);
            }

            return chance < 5 ? throw new TimeoutException("too late") : Task.FromResult<EffectResult>(new EffectResult.Done("done"));
        }
    }

    private sealed class StoreReader : IEffectHandler
    {
        public string Kind => Effect.Kinds.ReadStore;

        public Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel) => Task.FromResult<EffectResult>(new EffectResult.Done("read"));
    }
}
