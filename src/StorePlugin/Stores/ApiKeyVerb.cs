// The verb api-key: makes a key for a store and prints it, alone, on standard output; lists keys, and revokes one.
using System.Globalization;

namespace StorePlugin.Stores;

/// <summary>What the command line asked for. The rest are configuration keys as <c>--Key=value</c>.</summary>
internal sealed record ApiKeyOrder(string Store, bool CanWrite, string[] Rest)
{
    /// <summary>Whether the store's keys are to be listed, and none made.</summary>
    public bool List { get; init; }

    /// <summary>The id of the key that is to be revoked; null where none is.</summary>
    public string? Revoke { get; init; }

    /// <summary>Reads the options; null when they are not the verb's.</summary>
    public static ApiKeyOrder? Read(string[] args)
    {
        string? store = null;
        string? revoke = null;
        var canWrite = false;
        var list = false;
        var (configuration, own) = CommandLine.Split(args, "--store", "--write", "--list", "--revoke");
        for (var i = 0; i < own.Length; i++)
        {
            if (own[i] == "--write" && !canWrite)
            {
                canWrite = true;
            }
            else if (own[i] == "--list" && !list)
            {
                list = true;
            }
            else if (own[i] == "--revoke" && revoke is null && i + 1 < own.Length && !own[i + 1].StartsWith('-'))
            {
                revoke = own[++i].Trim();
            }
            else if (own[i] == "--store" && store is null && i + 1 < own.Length)
            {
                store = own[++i];
            }
            else if (own[i].StartsWith("--store=", StringComparison.Ordinal) && store is null)
            {
                store = own[i]["--store=".Length..];
            }
            else
            {
                return null;
            }
        }

        // One thing at a time: what a key may do is said when it is made.
        var isOne = (canWrite ? 1 : 0) + (list ? 1 : 0) + (revoke is null ? 0 : 1) <= 1;
        return string.IsNullOrWhiteSpace(store) || store.StartsWith('-') || !isOne
            ? null
            : new ApiKeyOrder(store.Trim(), canWrite, configuration) { List = list, Revoke = revoke };
    }
}

/// <summary>Finds the store by id or domain, and makes, lists or revokes its keys.</summary>
internal sealed class ApiKeyVerb(NamedStores stores, ApiKeys keys)
{
    private const int Clean = 0;
    private const int Failure = 1;

    /// <summary>Returns the exit code: 0, or 1 when it is not clear which store or key is meant, or no key can be made.</summary>
    public async Task<int> RunAsync(ApiKeyOrder order, TextWriter output, TextWriter errors)
    {
        if (await stores.FindAsync(order.Store, errors) is not { } store)
        {
            return Failure;
        }

        return order.List ? await ListAsync(store, output, errors)
            : order.Revoke is { } id ? await RevokeAsync(store, id, errors)
            : await IssueAsync(store, order.CanWrite, output, errors);
    }

    private async Task<int> IssueAsync(Store store, bool canWrite, TextWriter output, TextWriter errors)
    {
        if (!store.IsInstalled)
        {
            await errors.WriteLineAsync($"The store {store.Domain} is not installed, so a key would open nothing.");
            return Failure;
        }

        if (await keys.TryIssueAsync(store, canWrite) is not { } issued)
        {
            await errors.WriteLineAsync($"The store {store.Domain} has {ApiKeys.KeysMax} keys; revoke one that is no longer used.");
            return Failure;
        }

        await output.WriteLineAsync(issued.Key);
        await errors.WriteLineAsync(
            $"This key ({issued.Id}) {(canWrite ? "reads and changes" : "reads")} the store {store.DisplayName} ({store.Id}); it is shown this once.");
        return Clean;
    }

    // A store that has left may have keys too: they open it again when it comes back.
    private async Task<int> ListAsync(Store store, TextWriter output, TextWriter errors)
    {
        var rows = await keys.ListAsync(store);
        foreach (var row in rows)
        {
            var end = row.RevokedAt is { } revokedAt ? string.Create(CultureInfo.InvariantCulture, $"revoked {revokedAt:yyyy-MM-ddTHH:mm:ssZ}") : "good";
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{row.Id} {row.Access} made {row.CreatedAt:yyyy-MM-ddTHH:mm:ssZ} {end}"));
        }

        await errors.WriteLineAsync($"The store {store.DisplayName} ({store.Id}) has {rows.Count(row => row.RevokedAt is null)} good keys.");
        return Clean;
    }

    private async Task<int> RevokeAsync(Store store, string id, TextWriter errors)
    {
        if (!await keys.RevokeAsync(store, id))
        {
            await errors.WriteLineAsync($"The store {store.Domain} has no key {id}; --list shows those it has.");
            return Failure;
        }

        await errors.WriteLineAsync($"The key {id} of the store {store.DisplayName} ({store.Id}) is revoked.");
        return Clean;
    }
}
