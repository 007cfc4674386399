// The verb demo: a store of two months in a few seconds, then the app with it, ready to be looked at.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Verification;

namespace StorePlugin.Demo;

/// <summary>Results go to the output, progress to the other writer.</summary>
internal sealed class DemoVerb(TextWriter output, TextWriter progressOutput, bool progressIsTerminal)
{
    private const int Clean = 0;
    private const int Finding = 1;
    private const int DaysOfSales = 30;
    private const int DefaultPort = 5000;

    // Sixty-odd days of every order's line would bury the progress; who wants them says so.
    private static readonly string[] QuietLog =
        ["--Serilog:MinimumLevel:Default=Warning", "--Serilog:MinimumLevel:Override:Microsoft.Hosting.Lifetime=Warning"];

    private const string LiveStores =
        "SELECT CAST(COUNT(*) AS bigint) FROM stores WHERE mode = 'live' AND state <> 'installing'";

    /// <summary>Runs the demo. With <paramref name="exit"/> it stops afterwards, else when it is told to.</summary>
    /// <param name="args">Configuration keys as <c>--Key=value</c>.</param>
    /// <returns>0, or 1 when a check found something or a step failed.</returns>
    /// <exception cref="SettingsException">The configuration is wrong, or the database is one that the demo must not touch.</exception>
    public async Task<int> RunAsync(string[] args, bool exit, int days = DaysOfSales)
    {
        var plan = DemoPlan.Of(days);
        var clock = new SimulatedClock(TimeProvider.System, Simulation.StartOf(plan, TimeProvider.System.GetUtcNow()));
        await using var app = App.Build(
            [.. QuietLog, .. args], builder => builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock)));
        await App.PrepareAsync(app);
        await RefuseLiveStoresAsync(app.Services.GetRequiredService<Db>());
        await progressOutput.WriteLineAsync(app.Services.GetRequiredService<Settings>().Whereabouts);
        Listen(app);
        await App.StartAsync(app);
        var findings = await ShowAsync(app, plan, clock, stays: !exit);
        if (findings is null)
        {
            await app.StopAsync();
            return Finding;
        }

        if (exit)
        {
            await app.StopAsync();
        }
        else
        {
            await progressOutput.WriteLineAsync("Serving; Ctrl+C stops the program.");
            await app.WaitForShutdownAsync();
        }

        return findings == 0 ? Clean : Finding;
    }

    /// <summary>Simulates and reports. Null: it could not be finished, and why has been told.</summary>
    private async Task<int?> ShowAsync(WebApplication app, DemoPlan plan, SimulatedClock clock, bool stays)
    {
        var services = app.Services;
        var cancel = app.Lifetime.ApplicationStopping;
        var progress = new Progress(progressOutput, progressIsTerminal);
        var started = TimeProvider.System.GetTimestamp();
        using var visitors = new Visitors(services.GetRequiredService<PublicAddress>());
        var simulation = new Simulation(
            plan,
            clock,
            services.GetRequiredService<Db>(),
            services.GetRequiredService<StoreDirectory>(),
            services.GetRequiredService<ApiKeys>(),
            services.GetRequiredService<RehearsalShop>(),
            services.GetRequiredService<ReleaseHolds>(),
            services.GetRequiredService<EffectWorker>(),
            visitors,
            progress);
        try
        {
            var simulated = await simulation.RunAsync(cancel);
            progress.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"{plan.PayoutDay + 1} days took {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} seconds."));

            var db = services.GetRequiredService<Db>();
            var report = new DemoReport(db, services.GetRequiredService<SignIn>(), services.GetRequiredService<PublicAddress>(), services.GetRequiredService<Settings>().Mail, simulated, output);
            await report.WriteFiguresAsync(cancel);
            var findings = await report.WriteChecksAsync(await new DemoChecks(db, services.GetRequiredService<Verify>(), services.GetRequiredService<Rebuild>(), clock, simulated).RunAsync(cancel));
            await report.WriteWayInAsync(stays, cancel);
            return findings;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            progress.Say("The demo was stopped before its end.");
            return null;
        }
        catch (Exception e) when (e is DemoException or PlatformException or HttpRequestException)
        {
            progress.Say($"The demo could not go on: {e.Message}");
            return null;
        }
    }

    /// <summary>
    /// The demo turns the clock back by two months. A live store's payouts would then be judged by a wrong time, and a
    /// transfer whose outcome is unknown could be sent again after Stripe has forgotten its key (rule P2).
    /// </summary>
    private static async Task RefuseLiveStoresAsync(Db db)
    {
        if (await db.OneAsync<long>(LiveStores) > 0)
        {
            throw new SettingsException(
            [
                "Data:Folder names a database that holds live stores, and the demo moves its clock: give the demo a folder of its own, as in --Data:Folder=demo-data.",
            ]);
        }
    }

    /// <summary>Without a configured address: the usual port, or a free one where that is taken.</summary>
    private static void Listen(WebApplication app)
    {
        var configuration = app.Configuration;
        if (configuration["urls"] is null && configuration["http_ports"] is null && configuration["https_ports"] is null
            && !configuration.GetSection("Kestrel:Endpoints").Exists() && !IsFree(DefaultPort))
        {
            app.Urls.Add("http://127.0.0.1:0");
        }
    }

    private static bool IsFree(int port) => IsFree(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || IsFree(IPAddress.IPv6Loopback, port));

    private static bool IsFree(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        // Taken. A machine without this address cannot listen on it either, which is nobody's being there.
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported;
        }
    }
}
