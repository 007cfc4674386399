// What was answered with 200 is never lost, and counts once: the program is killed at random moments and started again.
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Proof;

[NonParallelizable]
internal sealed class KillTests
{
    private const int Kills = 6;
    private const int Connections = 4;

    private readonly ConcurrentDictionary<string, (string Topic, string Json)> _unanswered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _acknowledged = new(StringComparer.Ordinal);
    private string _folder = null!;
    private Shop _shop = null!;
    private string _ann = null!;
    private int _orders = 1000;

    [SetUp]
    public async Task PlantAsync()
    {
        _folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        await using var app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(app);
        _ann = await _shop.AmbassadorAsync("ANN10");
        await app.CopyToAsync(_folder);
    }

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Every_acknowledged_delivery_counts_exactly_once_through_kills()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("STOREPLUGIN_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given
            : Random.Shared.Next(100_000);
        await TestContext.Out.WriteLineAsync($"seed {seed}");
        var random = new Random(seed);

        for (var life = 0; life < Kills; life++)
        {
            var (run, address) = await ServeAsync(life);
            await using (run)
            {
                using var stop = new CancellationTokenSource();
                var senders = Enumerable.Range(0, Connections).Select(_ => SendAsync(address, stop.Token)).ToArray();
                await Task.Delay(random.Next(150, 900), CancellationToken.None);
                await run.KillAsync();
                await stop.CancelAsync();
                await Task.WhenAll(senders);
            }
        }

        var (last, lastAddress) = await ServeAsync(Kills);
        await using (last)
        {
            // A platform sends again what was not answered.
            using var http = new HttpClient { BaseAddress = lastAddress };
            foreach (var id in _unanswered.Keys)
            {
                Assert.That(await TrySendAsync(http, id), Is.True);
            }

            for (var looks = 0; !(await http.GetStringAsync(new Uri("/readyz", UriKind.Relative))).Contains("\"pendingDeliveries\":0", StringComparison.Ordinal); looks++)
            {
                Assert.That(looks, Is.LessThan(300), "the work comes to an end");
                await Task.Delay(100);
            }
        }

        var (exitCode, findings, _) = await ProgramRun.ToEndAsync(["verify"], _folder);
        Assert.That(findings, Is.Empty, $"seed {seed}");
        Assert.That(exitCode, Is.Zero, $"seed {seed}");
        await AssertCountsAsync(seed);
    }

    /// <summary>Each life starts two minutes later by the program's clock, so that the leases of the killed one are over.</summary>
    private async Task<(ProgramRun Run, Uri Address)> ServeAsync(int life)
    {
        var clock = Path.Combine(_folder, "clock");
        await File.WriteAllTextAsync(clock, StoreApp.Start.AddMinutes(2 * (life + 1)).ToString("O", CultureInfo.InvariantCulture));
        return await ProgramRun.ServeAsync(_folder, ("Clock:File", clock), ("ASPNETCORE_ENVIRONMENT", "Development"));
    }

    /// <summary>Sends each order and then its refund, again where an earlier life gave no answer, until the program is gone.</summary>
    private async Task SendAsync(Uri address, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = address };
        while (!stop.IsCancellationRequested)
        {
            var id = Interlocked.Increment(ref _orders).ToString(CultureInfo.InvariantCulture);
            var order = new TestOrder(id, StoreApp.Start).With("ANN10", "10.00");
            var refunded = order with { UpdatedAt = StoreApp.Start.AddHours(1), FinancialStatus = "partially_refunded", Refunds = [(id, 0, "45.00")] };
            _unanswered[$"{id}-paid"] = ("orders/paid", order.ToJson());
            _unanswered[$"{id}-refunded"] = ("orders/updated", refunded.ToJson());
            if (!await TrySendAsync(http, $"{id}-paid") || !await TrySendAsync(http, $"{id}-refunded"))
            {
                return;
            }

            foreach (var again in _unanswered.Keys.Take(2))
            {
                if (!await TrySendAsync(http, again))
                {
                    return;
                }
            }
        }
    }

    private async Task<bool> TrySendAsync(HttpClient http, string id)
    {
        if (!_unanswered.TryGetValue(id, out var delivery))
        {
            return true;
        }

        try
        {
            using var request = _shop.Delivery(delivery.Topic, delivery.Json, id);
            using var response = await http.SendAsync(request);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                _acknowledged[id] = 0;
                _unanswered.TryRemove(id, out _);
            }

            return response.StatusCode == HttpStatusCode.OK;
        }
        // The program was killed before it answered.
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task AssertCountsAsync(int seed)
    {
        await using var db = new Db(new DatabaseOptions("sqlite", $"Data Source={Path.Combine(_folder, "storeplugin.db")}"));
        var orders = (long)_orders - 1000;
        await TestContext.Out.WriteLineAsync($"{_acknowledged.Count} deliveries of {orders} orders");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(orders, Is.GreaterThan(Kills));
            Assert.That(_acknowledged, Has.Count.EqualTo(2 * orders), $"seed {seed}");
            Assert.That(await db.ManyAsync<string>("SELECT delivery_key FROM deliveries WHERE state = 'done'"), Is.EquivalentTo(_acknowledged.Keys), $"seed {seed}");
            Assert.That(await CountAsync("SELECT COUNT(*) FROM receipts"), Is.EqualTo(orders), $"seed {seed}");
            Assert.That(await CountAsync("SELECT COUNT(*) FROM orders WHERE commission_minor = 450"), Is.EqualTo(orders), $"seed {seed}");
            Assert.That(
                await CountAsync($"SELECT SUM(amount_minor) FROM ledger_entries WHERE account = '{Account.Held}' AND ambassador_id = '{_ann}'"),
                Is.EqualTo(450 * orders),
                $"seed {seed}");
        }

        Task<long> CountAsync(string sql) => db.OneAsync<long>(sql);
    }
}
