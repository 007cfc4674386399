// Puts the program together: the same for serving, for the verbs and for the tests.
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using Serilog;
using StorePlugin.Ambassadors;
using StorePlugin.Dashboard;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Portal;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Stores.Shopify;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin;

internal static class App
{
    /// <summary>Builds the app without starting it.</summary>
    /// <exception cref="SettingsException">Configuration is partly set or wrong.</exception>
    /// <param name="args">Configuration keys as <c>--Key=value</c>.</param>
    /// <param name="adjust">Replaces services, for simulations and tests.</param>
    /// <param name="configure">Adds configuration, likewise.</param>
    public static WebApplication Build(
        string[] args, Action<WebApplicationBuilder>? adjust = null, Action<IConfigurationBuilder>? configure = null)
    {
        // Settings are read once. Watching their files would report every write to the database that lies beside them.
        var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        configure?.Invoke(builder.Configuration);
        var settings = Settings.Read(builder.Configuration, builder.Environment);
        builder.Logging.ClearProviders().AddSerilog(Log(builder), dispose: true);
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
        builder.Services.AddInbox();
        builder.Services.AddOrders();
        builder.Services.AddRewards();
        builder.Services.AddPayouts();
        builder.Services.AddMail();
        builder.Services.AddPages();
        builder.Services.AddDashboard();
        builder.Services.AddApi();
        builder.Services.AddSingleton<Verify>();
        adjust?.Invoke(builder);

        var app = builder.Build();
        app.UsePages();
        app.UseRateLimiter();
        app.UseApi();
        app.MapHealth();
        app.MapShopify();
        app.MapWebhooks();
        app.MapApi();
        app.MapLinks();
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

        services.GetRequiredService<WrappingKey>();
        try
        {
            await services.GetRequiredService<Db>().OneAsync<long>("SELECT 1");
        }
        catch (Exception e) when (e is System.Data.Common.DbException or ArgumentException)
        {
            throw new SettingsException([$"ConnectionStrings:StorePlugin leads to a database that cannot be opened: {e.Message}"]);
        }
    }

    private static Serilog.Core.Logger Log(WebApplicationBuilder builder) =>
        new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", Serilog.Events.LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", Serilog.Events.LogEventLevel.Information)
            .MinimumLevel.Override("System.Net.Http", Serilog.Events.LogEventLevel.Warning)
            .ReadFrom.Configuration(builder.Configuration)
            .WriteTo.Console(
                outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}",
                formatProvider: System.Globalization.CultureInfo.InvariantCulture,
                standardErrorFromLevel: Serilog.Events.LogEventLevel.Verbose)
            .CreateLogger();

    private static void AddData(this IServiceCollection services, Settings settings)
    {
        services.AddSingleton(_ =>
        {
            Directory.CreateDirectory(settings.DataFolder);
            return new Db(settings.Database);
        });
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
