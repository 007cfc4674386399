// A store: a merchant's shop that has installed the app, or a rehearsal of one.
using System.Collections.Concurrent;
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <summary>A merchant's shop as we know it.</summary>
/// <param name="Platform"><c>shopify</c>, <c>woocommerce</c> or <c>rehearsal</c>.</param>
/// <param name="Mode"><c>live</c>, or <c>test</c> for a rehearsal.</param>
/// <param name="Domain">The platform's name of it, unique there: Shopify's <c>x.myshopify.com</c>, WooCommerce's address.</param>
/// <param name="Currency">ISO 4217; null until the platform has told it.</param>
/// <param name="TimeZone">IANA name; null until the platform has told it, and then days are counted in UTC.</param>
/// <param name="PrimaryDomain">Host of the storefront, where it differs from <paramref name="Domain"/>.</param>
/// <param name="State"><c>installing</c>, <c>installed</c> or <c>uninstalled</c>.</param>
/// <param name="PlatformId">The platform's number of it, where it has one and has told it.</param>
/// <param name="UninstalledAt">Since when the store has left; null while it is installed.</param>
internal sealed record Store(
    string Id,
    string Platform,
    string Mode,
    string Domain,
    string? Name,
    string? Currency,
    string? TimeZone,
    string? PrimaryDomain,
    string State,
    string? Scopes,
    string KeysSealed,
    string? PlatformId = null,
    DateTimeOffset? UninstalledAt = null)
{
    public bool IsLive => Mode == "live";

    /// <summary>Nobody in it is real: nothing of it may reach the world outside.</summary>
    public bool IsRehearsal => !IsLive || Platform == Rehearsal.RehearsalPlatform.PlatformName;

    public bool IsInstalled => State == "installed";

    /// <summary>What people call the store: its name, or its domain until the platform has told the name.</summary>
    public string DisplayName => Name ?? Domain;

    /// <summary>The store's time zone; UTC while it is unknown.</summary>
    public TimeZoneInfo Zone =>
        TimeZone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone) ? zone : TimeZoneInfo.Utc;

    /// <summary>The day of an instant in the store's time zone as yyyymmdd, computed when a row is written (rule M4).</summary>
    public long LocalDay(DateTimeOffset instant)
    {
        var local = TimeZoneInfo.ConvertTime(instant, Zone);
        return (local.Year * 10_000L) + (local.Month * 100) + local.Day;
    }
}

/// <summary>Reads stores, and keeps those that were just read for a few seconds: every delivery asks.</summary>
internal sealed class StoreDirectory(Db db, TimeProvider clock)
{
    // Another instance's change is seen after this long; our own at once, through Forget.
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private const int CachedMax = 10_000;

    private const string Columns =
        "SELECT id, platform, mode, domain, name, currency, time_zone, primary_domain, state, scopes, keys_sealed, platform_id, uninstalled_at FROM stores ";

    private const string ById = Columns + "WHERE id = @key";
    private const string ByDomain = Columns + "WHERE platform = @platform AND domain = @key";

    private readonly ConcurrentDictionary<(string? Platform, string Key), (Store Store, long ReadAt)> _cache = new();

    /// <summary>The store with this id, or null.</summary>
    public ValueTask<Store?> FindAsync(string storeId, CancellationToken cancel = default) => FindAsync(null, storeId, cancel);

    /// <summary>The store that a platform knows by this domain, or null.</summary>
    public ValueTask<Store?> FindByDomainAsync(string platform, string domain, CancellationToken cancel = default) =>
        FindAsync(platform, domain, cancel);

    /// <summary>The store with this id, which must exist.</summary>
    public async ValueTask<Store> GetAsync(string storeId, CancellationToken cancel = default) =>
        await FindAsync(storeId, cancel) ?? throw new InvalidOperationException($"There is no store {storeId}.");

    /// <summary>Call after a store's row has changed.</summary>
    public void Forget(Store store)
    {
        _cache.TryRemove((null, store.Id), out _);
        _cache.TryRemove((store.Platform, store.Domain), out _);
    }

    private async ValueTask<Store?> FindAsync(string? platform, string key, CancellationToken cancel)
    {
        if (_cache.TryGetValue((platform, key), out var cached) && clock.GetElapsedTime(cached.ReadAt) < Freshness)
        {
            return cached.Store;
        }

        var readAt = clock.GetTimestamp();
        var store = await db.OneAsync<Store>(platform is null ? ById : ByDomain, new { platform, key }, cancel);
        if (store is not { IsInstalled: true })
        {
            // A store that has left seldom asks, and that it has come back, on whichever instance, must be seen at once.
            _cache.TryRemove((platform, key), out _);
            return store;
        }

        if (_cache.Count >= CachedMax)
        {
            _cache.Clear();
        }

        _cache[(platform, key)] = (store, readAt);
        return store;
    }
}
