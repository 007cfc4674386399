// The verb api-key: makes a key for a store and prints it, alone, on standard output.
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <summary>What the command line asked for. The rest are configuration keys as <c>--Key=value</c>.</summary>
internal sealed record ApiKeyOrder(string Store, bool CanWrite, string[] Rest)
{
    /// <summary>Reads the options; null when they are not the verb's.</summary>
    public static ApiKeyOrder? Read(string[] args)
    {
        string? store = null;
        var canWrite = false;
        var (configuration, own) = CommandLine.Split(args, "--store", "--write");
        for (var i = 0; i < own.Length; i++)
        {
            if (own[i] == "--write" && !canWrite)
            {
                canWrite = true;
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

        return string.IsNullOrWhiteSpace(store) || store.StartsWith('-') ? null : new ApiKeyOrder(store.Trim(), canWrite, configuration);
    }
}

/// <summary>Finds the store by id or domain and makes the key.</summary>
internal sealed class ApiKeyVerb(Db db, StoreDirectory stores, ApiKeys keys)
{
    private const int Clean = 0;
    private const int Failure = 1;

    // Domains are kept in lower case. A WooCommerce store's is its address; people leave the scheme away.
    private const string Find =
        """
        SELECT id FROM stores
        WHERE id = @key OR (platform IN ('shopify', 'woocommerce', 'rehearsal') AND domain IN (@domain, @http, @https))
        ORDER BY id
        """;

    /// <summary>Returns the exit code: 0, or 1 when it is not clear which store is meant.</summary>
    public async Task<int> RunAsync(ApiKeyOrder order, TextWriter output, TextWriter errors)
    {
        var domain = order.Store.ToLowerInvariant();
        var ids = await db.ManyAsync<string>(
            Find, new { key = order.Store, domain, http = "http://" + domain, https = "https://" + domain });
        if (ids.Count == 0)
        {
            await errors.WriteLineAsync($"There is no store with the id or domain '{order.Store}'.");
            return Failure;
        }

        if (ids.Count > 1)
        {
            await errors.WriteLineAsync($"'{order.Store}' is the domain of several stores; name one by its id: {string.Join(", ", ids)}.");
            return Failure;
        }

        var store = await stores.GetAsync(ids[0]);
        if (!store.IsInstalled)
        {
            await errors.WriteLineAsync($"The store {store.Domain} is not installed, so a key would open nothing.");
            return Failure;
        }

        var key = await keys.IssueAsync(store, order.CanWrite);
        await output.WriteLineAsync(key);
        await errors.WriteLineAsync(
            $"This key {(order.CanWrite ? "reads and changes" : "reads")} the store {store.DisplayName} ({store.Id}); it is shown this once.");
        return Clean;
    }
}
