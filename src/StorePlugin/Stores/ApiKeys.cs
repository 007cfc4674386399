// Keys to the JSON API: made by the verb api-key, kept as hashes, each for one store.
using System.Security.Cryptography;
using System.Text;
using StorePlugin.Audit;
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

    /// <summary>How many keys of a store are good at once; each call compares them all.</summary>
    public const int KeysMax = 100;

    private const string CountGood = "SELECT CAST(COUNT(*) AS bigint) FROM api_keys WHERE store_id = @storeId AND revoked_at IS NULL";

    private const string OfStore =
        "SELECT id, key_hash, access FROM api_keys WHERE store_id = @storeId AND revoked_at IS NULL ORDER BY id";

    private const string ReadAll =
        "SELECT id, access, created_at, revoked_at FROM api_keys WHERE store_id = @storeId ORDER BY id";

    private const string Revoke =
        "UPDATE api_keys SET revoked_at = @now WHERE store_id = @storeId AND id = @id AND revoked_at IS NULL";

    private const string Exists = "SELECT CAST(COUNT(*) AS bigint) FROM api_keys WHERE store_id = @storeId AND id = @id";

    /// <summary>Makes a key and returns its text, which nothing can show a second time.</summary>
    /// <exception cref="InvalidOperationException">The store has as many keys as it may have.</exception>
    public async Task<string> IssueAsync(Store store, bool canWrite, CancellationToken cancel = default) =>
        (await TryIssueAsync(store, canWrite, cancel) ?? throw new InvalidOperationException($"The store {store.Id} has {KeysMax} keys.")).Key;

    /// <summary>As <see cref="IssueAsync"/>, with the id by which the key can be revoked; null when the store has <see cref="KeysMax"/>.</summary>
    public Task<IssuedKey?> TryIssueAsync(Store store, bool canWrite, CancellationToken cancel = default)
    {
        var now = clock.GetUtcNow();
        var issued = new IssuedKey(Ids.New("key", now), $"{Prefix}{store.Id}_{Ids.NewSecret()}");
        return db.InTransactionAsync(
            async tx =>
            {
                if (await tx.OneAsync<long>(CountGood, new { storeId = store.Id }) >= KeysMax)
                {
                    return null;
                }

                await tx.DoAsync(
                    Insert, new { storeId = store.Id, id = issued.Id, keyHash = Ids.HashOf(issued.Key), access = canWrite ? "write" : "read", now });
                await AuditLog.NoteAsync(tx, store.Id, AuditLog.Host, canWrite ? "Makes an API key that may change things" : "Makes an API key that reads", $"api-keys/{issued.Id}", now);
                return issued;
            },
            cancel: cancel);
    }

    /// <summary>The store's keys, good and revoked, without the keys themselves, which nobody knows.</summary>
    public Task<IReadOnlyList<KeyRow>> ListAsync(Store store, CancellationToken cancel = default) =>
        db.ManyAsync<KeyRow>(ReadAll, new { storeId = store.Id }, cancel);

    /// <summary>From now on the key opens nothing, and nothing makes it good again. Returns whether the store has a key of this id.</summary>
    public async Task<bool> RevokeAsync(Store store, string id, CancellationToken cancel = default)
    {
        var args = new { storeId = store.Id, id, now = clock.GetUtcNow() };
        return await db.DoAsync(Revoke, args, cancel) == 1 || await db.OneAsync<long>(Exists, args, cancel) == 1;
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
        foreach (var row in await db.ManyAsync<Row>($"{OfStore} {db.Page}", new { storeId = store.Id, take = KeysMax }, cancel))
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

/// <summary>A key that was just made; its text is shown this once.</summary>
internal sealed record IssuedKey(string Id, string Key)
{
    /// <summary>Names the key's id only, so that no log line can hold the key.</summary>
    public override string ToString() => $"{nameof(IssuedKey)} {Id}";
}

/// <summary>A key as it is listed.</summary>
/// <param name="Access"><c>read</c> or <c>write</c>.</param>
internal sealed record KeyRow(string Id, string Access, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);
