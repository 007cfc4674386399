// What a store entrusts to us: tokens, keys, webhook secrets and its people's address, sealed in the table credentials.
using System.Collections.Concurrent;
using Microsoft.AspNetCore.DataProtection;
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <summary>The kinds of credentials; each is one row of a store.</summary>
internal static class CredentialKind
{
    public const string AccessToken = "access_token";
    public const string RefreshToken = "refresh_token";

    /// <summary>Signs the deliveries of a store whose platform has a secret for each store.</summary>
    public const string WebhookSecret = "webhook_secret";

    public const string StripeSecretKey = "stripe_secret_key";

    /// <summary>One secret a line: several are live while one is being replaced.</summary>
    public const string StripeWebhookSecrets = "stripe_webhook_secrets";

    /// <summary>Where the store's own people are written to; see <see cref="StoreContact"/>.</summary>
    public const string ContactEmail = "contact_email";

    public static readonly string[] All = [AccessToken, RefreshToken, WebhookSecret, StripeSecretKey, StripeWebhookSecrets, ContactEmail];
}

/// <summary>A credential in clear text; lives in memory only.</summary>
internal sealed record Credential(string Value, DateTimeOffset? ExpiresAt)
{
    /// <summary>Says nothing, so that no log line can hold a secret.</summary>
    public override string ToString() => nameof(Credential);
}

/// <summary>A credential as it was read.</summary>
/// <param name="Sealed">The sealed text, which is another one each time that something is kept, and so tells it from whatever is kept later.</param>
internal sealed record KeptCredential(Credential Credential, string Sealed)
{
    /// <summary>Says nothing, so that no log line can hold a secret, not even sealed.</summary>
    public override string ToString() => nameof(KeptCredential);
}

/// <summary>Seals, keeps and opens credentials. What is sealed for one store and kind opens for no other.</summary>
internal sealed class Credentials(Db db, IDataProtectionProvider protection, TimeProvider clock)
{
    private const string Read = "SELECT sealed, expires_at FROM credentials WHERE store_id = @storeId AND kind = @kind";

    private const string Update =
        "UPDATE credentials SET sealed = @sealedValue, expires_at = @expiresAt, updated_at = @now WHERE store_id = @storeId AND kind = @kind";

    private const string Insert =
        """
        INSERT INTO credentials (store_id, kind, sealed, expires_at, updated_at)
        VALUES (@storeId, @kind, @sealedValue, @expiresAt, @now)
        """;

    private const string Replace = Update + " AND sealed = @seen";

    private const string Delete = "DELETE FROM credentials WHERE store_id = @storeId AND kind = @kind";

    // Another instance's change is seen after this long.
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private const int CachedMax = 10_000;

    private readonly IDataProtector _protector = protection.CreateProtector("StorePlugin.Stores.Credentials");
    private readonly ConcurrentDictionary<(string StoreId, string Kind), (Credential? Credential, long ReadAt)> _cache = new();

    public async Task<Credential?> FindAsync(string storeId, string kind, CancellationToken cancel = default) =>
        (await FindKeptAsync(storeId, kind, cancel))?.Credential;

    /// <summary>As <see cref="FindAsync"/>, with what <see cref="ReplaceAsync"/> compares.</summary>
    public async Task<KeptCredential?> FindKeptAsync(string storeId, string kind, CancellationToken cancel = default) =>
        await db.OneAsync<Row>(Read, new { storeId, kind }, cancel) is { } row
            ? new KeptCredential(new Credential(ProtectorOf(storeId, kind).Unprotect(row.Sealed), row.ExpiresAt), row.Sealed)
            : null;

    /// <summary>As <see cref="FindAsync"/>, but a few seconds old at most: every delivery asks for its store's secrets.</summary>
    public async ValueTask<Credential?> FindCachedAsync(string storeId, string kind, CancellationToken cancel = default)
    {
        if (_cache.TryGetValue((storeId, kind), out var cached) && clock.GetElapsedTime(cached.ReadAt) < Freshness)
        {
            return cached.Credential;
        }

        var readAt = clock.GetTimestamp();
        var credential = await FindAsync(storeId, kind, cancel);
        if (_cache.Count >= CachedMax)
        {
            _cache.Clear();
        }

        _cache[(storeId, kind)] = (credential, readAt);
        return credential;
    }

    /// <summary>Call after a transaction that changed credentials has been committed.</summary>
    public void Forget(string storeId, string kind) => _cache.TryRemove((storeId, kind), out _);

    /// <summary>Writes or replaces a credential within a transaction of the caller's.</summary>
    public async Task KeepAsync(Tx tx, string storeId, string kind, Credential credential)
    {
        var args = new
        {
            storeId,
            kind,
            sealedValue = ProtectorOf(storeId, kind).Protect(credential.Value),
            expiresAt = credential.ExpiresAt,
            now = clock.GetUtcNow(),
        };
        if (await tx.DoAsync(Update, args) == 0)
        {
            await tx.DoAsync(Insert, args);
        }
    }

    /// <summary>Writes a credential in place of the one that was read. False, and nothing is written, where another was kept or it was dropped since.</summary>
    public async Task<bool> ReplaceAsync(Tx tx, string storeId, string kind, KeptCredential seen, Credential credential)
    {
        var args = new
        {
            storeId,
            kind,
            sealedValue = ProtectorOf(storeId, kind).Protect(credential.Value),
            expiresAt = credential.ExpiresAt,
            now = clock.GetUtcNow(),
            seen = seen.Sealed,
        };
        return await tx.DoAsync(Replace, args) == 1;
    }

    public static async Task<bool> ExistsAsync(Tx tx, string storeId, string kind) => await tx.OneAsync<Row>(Read, new { storeId, kind }) is not null;

    public static Task DropAsync(Tx tx, string storeId, string kind) => tx.DoAsync(Delete, new { storeId, kind });

    private IDataProtector ProtectorOf(string storeId, string kind) => _protector.CreateProtector(storeId, kind);

    private sealed record Row(string Sealed, DateTimeOffset? ExpiresAt);
}
