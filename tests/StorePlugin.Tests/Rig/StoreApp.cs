// The program as the tests run it: the real app on a loopback port, an SQLite file of its own, a clock that stands still.
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Orders;

namespace StorePlugin.Tests.Rig;

/// <summary>Starts the app; workers do not run by themselves but when a test drains them.</summary>
internal sealed class StoreApp : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    private readonly WebApplication _app;
    private StoreApp(WebApplication app, string folder, FakeTimeProvider clock)
    {
        (_app, Folder, Clock) = (app, folder, clock);
        Address = new Uri(app.Services.GetRequiredService<PublicAddress>().Listening);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
    }

    public FakeTimeProvider Clock { get; }

    public Uri Address { get; }

    /// <summary>Where the keys lie, and the database unless another was named.</summary>
    public string Folder { get; }

    /// <summary>A client that follows no redirects and keeps no cookies.</summary>
    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public Db Db => _app.Services.GetRequiredService<Db>();

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    // Migrations take most of a start, and thousands of programs start here: each begins on a copy of a file that was migrated once.
    private static readonly Lazy<Task<string>> Migrated = new(MigrateOnceAsync);

    private static async Task<string> MigrateOnceAsync()
    {
        var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        await using (var app = App.Build(
            [],
            builder => builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(new FakeTimeProvider(Start))),
            configuration => configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Data:Folder"] = folder })))
        {
            await app.Services.GetRequiredService<Migrator>().MigrateAsync();
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return Path.Combine(folder, "storeplugin.db");
    }

    /// <param name="settings">Configuration keys; they win over the rig's own.</param>
    /// <param name="services">Replaces or adds services.</param>
    /// <param name="database">Another database than a new SQLite file; it is migrated.</param>
    /// <param name="clock">One that goes on from an earlier program; else a new one.</param>
    public static async Task<StoreApp> StartAsync(
        IEnumerable<KeyValuePair<string, string?>>? settings = null,
        Action<IServiceCollection>? services = null,
        DatabaseOptions? database = null,
        FakeTimeProvider? clock = null)
    {
        var folder = Directory.CreateTempSubdirectory("storeplugin-test-").FullName;
        clock ??= new FakeTimeProvider(Start);
        if (database is null)
        {
            File.Copy(await Migrated.Value, Path.Combine(folder, "storeplugin.db"));
        }

        var app = App.Build(
            [],
            adjust: builder =>
            {
                // As in development: a service of a scope that is asked for outside of one is a fault there, and nowhere else.
                builder.Host.UseDefaultServiceProvider(options => (options.ValidateScopes, options.ValidateOnBuild) = (true, true));
                builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));

                // Else a timer holds all of a program for minutes after its end, and thousands of them come and go.
                builder.Services.ConfigureAll<HttpClientFactoryOptions>(options => options.HandlerLifetime = Timeout.InfiniteTimeSpan);
                services?.Invoke(builder.Services);
                KeepLog(builder.Services);
            },
            configure: configuration => configuration
                .AddInMemoryCollection(new Dictionary<string, string?>
                {
                    ["urls"] = "http://127.0.0.1:0",
                    ["Data:Folder"] = folder,
                    ["Serilog:MinimumLevel:Default"] = "Warning",
                    ["Serilog:MinimumLevel:Override:Microsoft.Hosting.Lifetime"] = "Warning",
                    ["Workers:Idle"] = "true",
                })
                .AddInMemoryCollection(Of(database, folder))
                .AddInMemoryCollection(settings ?? []));
        if (database is not null)
        {
            await app.Services.GetRequiredService<Migrator>().MigrateAsync();
        }

        await App.PrepareAsync(app);
        await app.StartAsync();
        return new StoreApp(app, folder, clock);
    }

    /// <summary>Copies the SQLite database as it is now, with the key that opens its secrets, into a folder for another program.</summary>
    public async Task CopyToAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        await using var connection = await Db.OpenAsync(default);
        await using var command = connection.CreateCommand();
        command.CommandText = $"VACUUM INTO '{Path.Combine(folder, "storeplugin.db")}'";
        await command.ExecuteNonQueryAsync();
        File.Copy(Path.Combine(Folder, "secrets.key"), Path.Combine(folder, "secrets.key"));
    }

    private static Dictionary<string, string?> Of(DatabaseOptions? database, string folder) => database is null
        ? []
        : new()
        {
            ["Database:Provider"] = database.Provider,
            ["ConnectionStrings:StorePlugin"] = database.ConnectionString,
            ["Secrets:KeyFile"] = Path.Combine(folder, "secrets.key"),
        };

    /// <summary>
    /// Serilog is the program's only log and hears what its levels let through. A test that brings a log of its own gets
    /// the framework's instead, which asks that log about each line.
    /// </summary>
    private static void KeepLog(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(ILoggerProvider)))
        {
            services.Replace(ServiceDescriptor.Singleton<ILoggerFactory, LoggerFactory>());
        }
    }

    /// <summary>Lets every worker finish what is due at the present instant.</summary>
    public async Task DrainAsync()
    {
        while (await Get<InboxWorker>().RunOnceAsync(default) + await Get<EffectWorker>().RunOnceAsync(default)
            + await Get<ReconsiderOrders>().RunOnceAsync(default) + await Get<ReleaseHolds>().RunOnceAsync(default)
            + await Get<WriteOffs>().RunOnceAsync(default) + await Get<RemindOfReviews>().RunOnceAsync(default) > 0)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>The word that the tests have for it.</summary>
internal static class FakeTimeMoves
{
    /// <summary>Forward; backward is a fault of the test and throws.</summary>
    public static void MoveTo(this FakeTimeProvider clock, DateTimeOffset instant) => clock.SetUtcNow(instant);
}
