// The program with a stand-in for Stripe, which can die and begin again on the same database.
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using StorePlugin.Data;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Proof;

/// <summary>To start it costs more than most histories, so that many stores follow one another on it, each with a Stripe account of its own.</summary>
internal sealed class PayoutProgram : IAsyncDisposable
{
    // Long enough for a slow machine: no answer is late here on purpose.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
    private int _stores;

    private PayoutProgram(FakeStripe stripe, FakeTimeProvider clock) => (Stripe, Clock) = (stripe, clock);

    public StoreApp App { get; private set; } = null!;

    public ProgramLife Life { get; private set; } = null!;

    public FakeStripe Stripe { get; }

    public FakeTimeProvider Clock { get; }

    public static async Task<PayoutProgram> StartAsync()
    {
        var clock = new FakeTimeProvider(StoreApp.Start);
        var program = new PayoutProgram(await FakeStripe.StartAsync(clock.GetUtcNow), clock);
        await program.BeginAsync();
        return program;
    }

    /// <summary>Ends what runs and begins anew with nothing but the file.</summary>
    public async Task RestartAsync()
    {
        await App.DisposeAsync();
        await BeginAsync();
    }

    /// <summary>A store that is connected to an account of its own. The one before it does nothing any more, and its Stripe is forgotten.</summary>
    public async Task<PayoutWorld> NextStoreAsync()
    {
        await App.Db.DoAsync("UPDATE effects SET state = 'dead' WHERE state = 'pending'");
        await App.Db.DoAsync("UPDATE payout_reconciliations SET state = 'failed', finished_at = started_at WHERE finished_at IS NULL");
        await App.Db.DoAsync("UPDATE payout_runs SET stopped_for = NULL");
        await App.Db.DoAsync("UPDATE stores SET state = 'installing'");
        Stripe.Forget();
        (Stripe.TellsBalance, Stripe.PayeesAreEmpty) = (true, false);

        var world = await PayoutWorld.OfAsync(App, Stripe);
        var key = $"sk_test_payoutprogram{++_stores:d5}";
        Stripe.GiveKey(key, $"acct_platform{_stores}");
        await world.ConnectAsync(key);
        return world;
    }

    public string Account => $"acct_platform{_stores}";

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Stripe.DisposeAsync();

        // Dapper keeps what it has compiled for each connection string, and thousands of databases come and go here.
        SqlMapper.PurgeQueryCache();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task BeginAsync()
    {
        var life = new ProgramLife();
        App = await StoreApp.StartAsync(
            [
                new("Stripe:ApiUrl", Stripe.Address.ToString()),
                new("Secrets:KeyFile", Path.Combine(_folder, "secrets.key")),

                // What fails here fails on purpose, thousands of times.
                new("Serilog:MinimumLevel:Default", "Fatal"),
            ],
            services =>
            {
                services.AddSingleton(new StripeRate(requestsPerSecond: 10_000));
                services.AddHttpClient<StripeClient>(http => http.Timeout = Patience).AddHttpMessageHandler(life.Requests);
            },
            new DatabaseOptions("sqlite", $"Data Source={Path.Combine(_folder, "storeplugin.db")}"),
            Clock);
        await life.WatchAsync(App.Db);
        Life = life;
    }
}
