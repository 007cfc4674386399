// Keys to the JSON API: made by the verb api-key, kept as hashes, each for one store.
using System.Security.Cryptography;
using System.Text;
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <summary>
/// A key reads <c>spk_{storeId}_{secret}</c>: it names its store, so that the store's own keys are compared and no other
/// store is ever asked.
/// </summary>
internal sealed class ApiKeys(Db db, TimeProvider clock)
{
    private const string Prefix = "spk_";
    private const int SecretLength = 43;
    private const int StoreIdLengthMax = 40;

    private const string Insert =
        """
        INSERT INTO api_keys (store_id, id, key_hash, access, created_at)
        VALUES (@storeId, @id, @keyHash, @access, @now)
        """;

    private const string OfStore =
        "SELECT id, key_hash, access FROM api_keys WHERE store_id = @storeId AND revoked_at IS NULL ORDER BY id";

    /// <summary>Makes a key and returns its text, which nothing can show a second time.</summary>
    public async Task<string> IssueAsync(Store store, bool canWrite, CancellationToken cancel = default)
    {
        var now = clock.GetUtcNow();
        var key = $"{Prefix}{store.Id}_{Ids.NewSecret()}";
        await db.DoAsync(
            Insert,
            new { storeId = store.Id, id = Ids.New("key", now), keyHash = Ids.HashOf(key), access = canWrite ? "write" : "read", now },
            cancel);
        return key;
    }

    /// <summary>The id of the store that a key names; null when the text is no key.</summary>
    public static string? StoreIdOf(string key)
    {
        var storeIdLength = key.Length - Prefix.Length - SecretLength - 1;
        return key.StartsWith(Prefix, StringComparison.Ordinal) && storeIdLength is > 0 and <= StoreIdLengthMax && key[^(SecretLength + 1)] == '_'
            ? key.Substring(Prefix.Length, storeIdLength)
            : null;
    }

    /// <summary>Who holds this key of the store; null when none does. Each of the store's keys is compared in constant time.</summary>
    public async Task<ApiCaller?> FindAsync(Store store, string key, CancellationToken cancel)
    {
        var hash = Encoding.ASCII.GetBytes(Ids.HashOf(key));
        Row? found = null;
        foreach (var row in await db.ManyAsync<Row>(OfStore, new { storeId = store.Id }, cancel))
        {
            if (CryptographicOperations.FixedTimeEquals(hash, Encoding.ASCII.GetBytes(row.KeyHash)))
            {
                found = row;
            }
        }

        return found is null ? null : new ApiCaller(store, found.Access == "write", $"API key {found.Id}");
    }

    private sealed record Row(string Id, string KeyHash, string Access);
}
