// The store that a person means on the command line: by its id, or by its domain as people write it.
using StorePlugin.Data;

namespace StorePlugin.Stores;

internal sealed class NamedStores(Db db, StoreDirectory stores)
{
    // Domains are kept in lower case. A WooCommerce store's is its address; people leave the scheme away.
    private const string Find =
        """
        SELECT id FROM stores
        WHERE id = @key OR (platform IN ('shopify', 'woocommerce', 'rehearsal') AND domain IN (@domain, @http, @https))
        ORDER BY id
        """;

    /// <summary>The store; null where none or several are meant, which is told in words.</summary>
    public async Task<Store?> FindAsync(string name, TextWriter errors)
    {
        var domain = name.ToLowerInvariant();
        var ids = await db.ManyAsync<string>(Find, new { key = name, domain, http = "http://" + domain, https = "https://" + domain });
        if (ids.Count == 1)
        {
            return await stores.GetAsync(ids[0]);
        }

        await errors.WriteLineAsync(ids.Count == 0
            ? $"There is no store with the id or domain '{name}'."
            : $"'{name}' is the domain of several stores; name one by its id: {string.Join(", ", ids)}.");
        return null;
    }
}
