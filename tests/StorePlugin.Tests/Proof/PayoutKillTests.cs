// Each payout makes one transfer, and the books know of it: the program is killed while it pays and started again.
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Proof;

[NonParallelizable]
internal sealed class PayoutKillTests
{
    private const int Payouts = 32;
    private const int Kills = 5;

    private PayoutWorld _world = null!;
    private string _folder = null!;

    // The world's own program stays idle: the database goes to another one, which pays through the same stand-in.
    [SetUp]
    public async Task PlantAsync()
    {
        _folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        _world = await PayoutWorld.StartAsync();
        for (var i = 0; i < Payouts; i++)
        {
            await _world.EarnsAsync(await _world.AmbassadorAsync("Ann", $"acct_{i}"), "50.00");
        }

        Assert.That((await _world.PayAsync()).Payouts, Has.Count.EqualTo(Payouts));
        await _world.App.CopyToAsync(_folder);
    }

    [TearDown]
    public async Task RemoveAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Every_payout_makes_exactly_one_transfer_through_kills()
    {
        for (var life = 0; life < Kills; life++)
        {
            // One answer is lost besides, and the program dies as soon as Stripe has seen some sends.
            var sends = _world.Stripe.Sends.Count + 3;
            _world.Stripe.Next(StripeFault.DropAfterCommit);
            var (run, _) = await ServeAsync(life);
            await using (run)
            {
                await WaitUntilAsync(() => Task.FromResult(_world.Stripe.Sends.Count >= sends));
                await run.KillAsync();
            }
        }

        var (last, address) = await ServeAsync(Kills);
        await using (last)
        {
            using var http = new HttpClient { BaseAddress = address };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _world.App.Http.DefaultRequestHeaders.Authorization!.Parameter);
            await WaitUntilAsync(async () =>
            {
                var payouts = JsonNode.Parse(await http.GetStringAsync(new Uri("/api/v1/payouts?limit=200", UriKind.Relative)))!["items"]!.AsArray();
                return payouts.Count(payout => (string?)payout!["state"] == "sent") == Payouts;
            });
        }

        var transfers = _world.Stripe.Transfers;
        Assert.That(transfers.Select(transfer => transfer.Group), Is.Unique);
        Assert.That(transfers, Has.Count.EqualTo(Payouts));
        Assert.That(_world.Stripe.Sends, Has.Count.GreaterThan(Payouts), "some answers were lost");
        await AssertBooksAsync();
    }

    /// <summary>Each life starts an hour later by the program's clock, so that what waits for a second send is due.</summary>
    private async Task<(ProgramRun Run, Uri Address)> ServeAsync(int life)
    {
        var clock = Path.Combine(_folder, "clock");
        await File.WriteAllTextAsync(clock, StoreApp.Start.AddHours(life + 1).ToString("O", CultureInfo.InvariantCulture));
        return await ProgramRun.ServeAsync(
            _folder, ("Clock:File", clock), ("ASPNETCORE_ENVIRONMENT", "Development"), ("Stripe:ApiUrl", _world.Stripe.Address.ToString()));
    }

    private static async Task WaitUntilAsync(Func<Task<bool>> isSo)
    {
        for (var looks = 0; !await isSo(); looks++)
        {
            Assert.That(looks, Is.LessThan(3000), "the work goes on");
            await Task.Delay(20);
        }
    }

    private async Task AssertBooksAsync()
    {
        // The world's orders are bare rows, of which verify has something to say; of the money it has nothing.
        var (_, findings, _) = await ProgramRun.ToEndAsync(["verify"], _folder);
        Assert.That(
            findings.Split('\n').Where(line => line.StartsWith("payout", StringComparison.Ordinal)
                || line.StartsWith("ledger", StringComparison.Ordinal) || line.StartsWith("balance", StringComparison.Ordinal)),
            Is.Empty);

        await using var db = new Db(new DatabaseOptions("sqlite", $"Data Source={Path.Combine(_folder, "storeplugin.db")}"));
        Assert.That(
            await db.OneAsync<long>("SELECT SUM(amount_minor) FROM balances WHERE account = @account", new { account = Account.Paid }),
            Is.EqualTo(Payouts * 5000L));
    }
}
