// The command line: serve, demo, migrate, verify, rebuild, backtest, api-key.
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Demo;
using StorePlugin.Stores;
using StorePlugin.Verification;

namespace StorePlugin;

/// <summary>Exit codes: 0 clean, 1 a finding or failure, 2 usage, 78 configuration.</summary>
internal static class Verbs
{
    private const int Clean = 0;
    private const int Finding = 1;
    private const int Usage = 2;

    private const string UsageText =
        """
        usage: storeplugin [VERB] [OPTIONS] [--Key=value …]

          serve                                 answer requests and work (the default)
          demo [--exit]                         simulate two months of a store, show the result, then serve;
                                                --exit stops after the result
          migrate                               bring the database to this program's schema
          api-key --store ID-OR-DOMAIN [--write]
                                                make a key to the JSON API; it only reads unless --write
          api-key --store ID-OR-DOMAIN --list   list the store's keys by their ids
          api-key --store ID-OR-DOMAIN --revoke KEYID
                                                end a key at once and for good
          verify                                check every invariant of the database; findings on standard output
          backtest --store ID-OR-DOMAIN --campaign ID --terms FILE.json --from DATE --to DATE [--json]
                                                what other terms would have come to on past orders; nothing is
                                                changed. FILE.json holds the terms as the API has them; a DATE is
                                                one of the store's time zone, counted whole, or an instant
          rebuild [--store ID]                  replay the event log, compare ledger, receipts and projections with it, and
                                                replace projections that differ; differences on standard output
          help, --help, -h                      print this

        Any key of the configuration may be given behind the verb, as in --urls=http://localhost:5001 or
        --Data:Folder=/var/lib/storeplugin. A secret belongs in the environment or appsettings.json: every user of
        the machine sees a command line.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (CommandLine.AsksForHelp(args))
        {
            await Console.Out.WriteLineAsync(UsageText);
            return Clean;
        }

        var (verb, options) = args is [var first, .. var rest] && !first.StartsWith('-') ? (first, rest) : ("serve", args);
        try
        {
            return verb switch
            {
                "serve" => await ServeAsync(options),
                "demo" => await DemoAsync(options),
                "migrate" => await MigrateAsync(options),
                "api-key" => await ApiKeyAsync(options),
                "verify" => await VerifyAsync(options),
                "backtest" => await BackTestAsync(options),
                "rebuild" => await RebuildAsync(options),
                _ => Refuse($"'{verb}' is no verb."),
            };
        }
        catch (SettingsException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return SettingsException.ExitCode;
        }
        // The server could not listen; its message says on which address and why.
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return Finding;
        }
    }

    private static async Task<int> ServeAsync(string[] args)
    {
        var (configuration, own) = CommandLine.Split(args);
        if (own is [var unknown, ..])
        {
            return RefuseOption("serve", unknown);
        }

        await using var app = App.Build(configuration);
        await App.PrepareAsync(app);
        var settings = app.Services.GetRequiredService<Settings>();
        await Console.Error.WriteLineAsync(settings.Whereabouts);
        if (settings.Warning is { } warning)
        {
            await Console.Error.WriteLineAsync(warning);
        }

        SignInLine.PrintWhenStarted(app);
        await App.StartAsync(app);
        await app.WaitForShutdownAsync();
        return Clean;
    }

    private static async Task<int> DemoAsync(string[] args)
    {
        const string Exit = "--exit";
        var (configuration, own) = CommandLine.Split(args, Exit);
        if (Array.Find(own, option => option != Exit) is { } unknown)
        {
            return RefuseOption("demo", unknown);
        }

        return await new DemoVerb(Console.Out, Console.Error, !Console.IsErrorRedirected).RunAsync(configuration, own.Length > 0);
    }

    private static async Task<int> VerifyAsync(string[] args)
    {
        var (configuration, own) = CommandLine.Split(args);
        return own is [var unknown, ..] ? RefuseOption("verify", unknown) : await VerifyVerb.RunAsync(configuration);
    }

    private static async Task<int> RebuildAsync(string[] args)
    {
        var (configuration, own) = CommandLine.Split(args, RebuildVerb.Store);
        return RebuildVerb.TryRead(own, out var storeId)
            ? await RebuildVerb.RunAsync(configuration, storeId)
            : Refuse("rebuild takes --store with the id of a store, or nothing.");
    }

    private static async Task<int> MigrateAsync(string[] args)
    {
        var (configuration, own) = CommandLine.Split(args);
        if (own is [var unknown, ..])
        {
            return RefuseOption("migrate", unknown);
        }

        await using var app = App.Build(configuration);
        await App.RefuseUnusableAsync(app.Services);
        var names = await app.Services.GetRequiredService<Migrator>().MigrateAsync();
        await Console.Error.WriteLineAsync(names.Count == 0 ? "The database is up to date." : $"Applied {string.Join(", ", names)}.");
        return Clean;
    }

    private static async Task<int> ApiKeyAsync(string[] args)
    {
        if (ApiKeyOrder.Read(args) is not { } order)
        {
            return Refuse("api-key takes --store with an id or a domain, and one of --write for a key that may change things, --list, or --revoke with a key's id.");
        }

        await using var app = App.Build(order.Rest);
        await App.PrepareAsync(app);
        return await app.Services.GetRequiredService<ApiKeyVerb>().RunAsync(order, Console.Out, Console.Error);
    }

    private static async Task<int> BackTestAsync(string[] args)
    {
        if (BackTestOrder.Read(args) is not { } order)
        {
            return Refuse("backtest takes --store with an id or a domain, --campaign with an id, --terms with a JSON file, --from and --to with a date or an instant each, and --json.");
        }

        await using var app = App.BuildAtLeisure(order.Rest);
        await App.PrepareAsync(app);
        return await app.Services.GetRequiredService<BackTestVerb>().RunAsync(order, Console.Out, Console.Error);
    }

    private static int RefuseOption(string verb, string unknown) => Refuse($"'{unknown}' is nothing that {verb} knows, or lacks its value.");

    private static int Refuse(string why)
    {
        Console.Error.WriteLine(why);
        Console.Error.WriteLine(UsageText);
        return Usage;
    }
}
