// Puts the program together: the same for serving, for the verbs and for the tests.
using System.Data.Common;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serilog;
using StorePlugin.Ambassadors;
using StorePlugin.Billing;
using StorePlugin.Campaigns;
using StorePlugin.Dashboard;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Portal;
using StorePlugin.Privacy;
using StorePlugin.PublicPages;
using StorePlugin.Rehearsals;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Stores.Shopify;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin;

internal static class App
{
    /// <summary>Builds the app for a verb that reads whole tables, and gives up no statement for the time that it takes.</summary>
    /// <exception cref="SettingsException">As with <see cref="Build"/>.</exception>
    public static WebApplication BuildAtLeisure(string[] args) => Build(
        args,
        builder => builder.Services.Replace(ServiceDescriptor.Singleton(services => new Db(services.GetRequiredService<Settings>().Database.AtLeisure))));

    /// <summary>Builds the app without starting it.</summary>
    /// <exception cref="SettingsException">Configuration is partly set or wrong.</exception>
    /// <param name="args">Configuration keys as <c>--Key=value</c>.</param>
    /// <param name="adjust">Replaces services, for simulations and tests.</param>
    /// <param name="configure">Adds configuration, likewise.</param>
    public static WebApplication Build(
        string[] args, Action<WebApplicationBuilder>? adjust = null, Action<IConfigurationBuilder>? configure = null)
    {
        // Settings are read once. Watching their files would report every write to the database that lies beside them.
        var builder = NewBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        configure?.Invoke(builder.Configuration);
        var settings = Settings.Read(builder.Configuration, builder.Environment);
        // Not its line for each request: it holds the path, and paths hold sign-in links.
        builder.Logging.ClearProviders();
        builder.Services.AddSerilog(Log(builder), dispose: true);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(_ => settings.ClockFile is { } file ? new FileClock(file) : TimeProvider.System);
        builder.Services.AddSingleton<PublicAddress>();
        builder.Services.AddProblemDetails();
        builder.Services.Configure<WebhookOptions>(options =>
        {
            options.BodyBytesMax = settings.WebhookBodyBytesMax ?? options.BodyBytesMax;
            options.ShopifySecrets = settings.Shopify?.Secrets ?? [];
        });
        builder.Services.AddData(settings);
        builder.Services.AddStores();
        builder.Services.AddRehearsal();
        builder.Services.AddRehearsals();
        builder.Services.AddInbox();
        builder.Services.AddOrders();
        builder.Services.AddRewards();
        builder.Services.AddPayouts();
        builder.Services.AddMail();
        builder.Services.AddPrivacy();
        builder.Services.AddBilling(settings);
        builder.Services.AddPages();
        builder.Services.AddDashboard();
        builder.Services.AddPublicPages();
        builder.Services.AddPortal();
        builder.Services.AddApi();
        builder.Services.AddSingleton<Verify>();
        builder.Services.AddSingleton<Rebuild>();
        adjust?.Invoke(builder);

        var app = builder.Build();
        app.UsePages();
        app.UseApi();
        app.MapHealth();
        app.MapShopify();
        app.MapWebhooks();
        app.MapApi();
        app.MapLinks();
        app.MapRules();
        app.MapJoin();
        app.MapPublicPages();
        app.MapMail();
        app.MapPages();
        app.MapDashboard();
        app.MapPortal();
        app.MapRehearsal();
        return app;
    }

    /// <summary>Readies the database: SQLite is migrated here, SQL Server must have been by the verb <c>migrate</c>.</summary>
    /// <exception cref="SettingsException">The data folder or the database cannot be used as configured.</exception>
    public static async Task PrepareAsync(WebApplication app)
    {
        await RefuseUnusableAsync(app.Services);
        var migrator = app.Services.GetRequiredService<Migrator>();
        var db = app.Services.GetRequiredService<Db>();
        if (db.Dialect == Dialect.Sqlite)
        {
            await migrator.MigrateAsync();
        }
        else if (await migrator.PendingAsync(CancellationToken.None) is { Count: > 0 } pending)
        {
            throw new SettingsException([$"Database:Provider is sqlserver and the database lacks {string.Join(", ", pending)}: run the verb migrate first."]);
        }
    }

    /// <summary>Begins to work and to listen.</summary>
    /// <exception cref="SettingsException">An address is configured that nobody can listen on.</exception>
    /// <exception cref="IOException">Somebody else listens there; the message says where.</exception>
    public static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        // What the server thinks of its addresses has no type of its own, so the assembly that threw tells.
        catch (Exception e) when (e is SocketException
            || (e is FormatException or InvalidOperationException && e.Source?.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal) == true))
        {
            throw new SettingsException([$"urls names an address that the program cannot listen on: {e.Message.Split('\n')[0].Trim().TrimEnd('.')}."]);
        }
    }

    /// <summary>Tells what of the configuration cannot be used, before anything is done with it.</summary>
    public static async Task RefuseUnusableAsync(IServiceProvider services)
    {
        var settings = services.GetRequiredService<Settings>();
        try
        {
            Directory.CreateDirectory(settings.DataFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"Data:Folder names {settings.DataFolder}, which cannot be made: {e.Message}"]);
        }

        var db = services.GetRequiredService<Db>();
        try
        {
            // A file that is no database, or that may not be written, opens like any other: only a write shows it.
            await db.InTransactionAsync(tx => tx.OneAsync<long>(db.Dialect.TableExists, new { table = "schema_versions" }));
        }
        catch (DbException e)
        {
            throw new SettingsException([$"ConnectionStrings:StorePlugin leads to {settings.Database.Place}, which cannot be used: {e.Message}"]);
        }

        await RefuseOtherKeyAsync(services, settings.KeyFile);
    }

    /// <summary>
    /// The tokens and bodies in a database open with one key file only. With another the program would serve and fail at
    /// every delivery, and a new one would hide for good that the right one is missing.
    /// </summary>
    private static async Task RefuseOtherKeyAsync(IServiceProvider services, string keyFile)
    {
        const string Cure = "Bring back the file that belongs to this database from the backup, as infra/backup.md says";
        var wrapped = await services.GetRequiredService<SqlKeyRing>().ReadWrappedAsync();
        if (wrapped.Count > 0 && !File.Exists(keyFile))
        {
            throw new SettingsException([$"Secrets:KeyFile names {keyFile}, which is not there, although the database holds keys that only it opens. {Cure}; none is made anew."]);
        }

        var key = services.GetRequiredService<WrappingKey>();
        if (wrapped.Any(element => key.Open(element) is null))
        {
            throw new SettingsException([$"Secrets:KeyFile names {keyFile}, which does not open the keys that the database holds: it belongs to another database. {Cure}."]);
        }
    }

    private static WebApplicationBuilder NewBuilder(string[] args)
    {
        try
        {
            return WebApplication.CreateBuilder(args);
        }
        // The parser's own words may quote a secret, so only the place is told.
        catch (InvalidDataException e) when (e.GetBaseException() is JsonException place)
        {
            throw new SettingsException([$"{e.Message.TrimEnd('.')}: it is not JSON, see line {place.LineNumber + 1}, byte {place.BytePositionInLine + 1}."]);
        }
        catch (InvalidDataException e)
        {
            throw new SettingsException([$"{e.Message.TrimEnd('.')}: {e.GetBaseException().Message}"]);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new SettingsException([$"contentRoot names a folder that is not there: {e.Message}"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"The configuration cannot be read: {e.Message}"]);
        }
    }

    private static Serilog.Core.Logger Log(WebApplicationBuilder builder)
    {
        try
        {
            return LogOf(builder.Configuration);
        }
        catch (InvalidOperationException e)
        {
            throw new SettingsException([$"Serilog cannot be set up as its keys say: {e.Message}"]);
        }
    }

    private static Serilog.Core.Logger LogOf(IConfiguration configuration) =>
        new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", Serilog.Events.LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", Serilog.Events.LogEventLevel.Information)
            .MinimumLevel.Override("System.Net.Http", Serilog.Events.LogEventLevel.Warning)
            .ReadFrom.Configuration(configuration)
            // Whoever started the host is told the same by its exception, and says it in a sentence.
            .Filter.ByExcluding(logged => logged.Level == Serilog.Events.LogEventLevel.Error
                && Serilog.Filters.Matching.FromSource("Microsoft.Extensions.Hosting.Internal.Host")(logged)
                && logged.MessageTemplate.Text == "Hosting failed to start")
            .WriteTo.Console(
                outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}",
                formatProvider: System.Globalization.CultureInfo.InvariantCulture,
                standardErrorFromLevel: Serilog.Events.LogEventLevel.Verbose)
            .CreateLogger();

    private static void AddData(this IServiceCollection services, Settings settings)
    {
        services.AddSingleton(_ => new Db(settings.Database));
        services.AddSingleton<Migrator>();
        services.AddSingleton(_ => WrappingKey.ReadOrCreate(settings.KeyFile));
        services.AddSingleton<SqlKeyRing>();
        services.AddSingleton<KeyRingEncryptor>();
        services.AddDataProtection().SetApplicationName("StorePlugin");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(options =>
        {
            options.XmlRepository = provider.GetRequiredService<SqlKeyRing>();
            options.XmlEncryptor = provider.GetRequiredService<KeyRingEncryptor>();
        }));
    }
}
