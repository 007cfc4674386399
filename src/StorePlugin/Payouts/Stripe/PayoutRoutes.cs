// By what agreement money goes from the store's country to a payee's (rule P6): Stripe's documented regions, and what a store knows better.
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>The words of a route.</summary>
internal static class Route
{
    /// <summary>An account under Stripe's full agreement.</summary>
    public const string Full = "full";

    /// <summary>An account that only receives, under the recipient agreement.</summary>
    public const string Recipient = "recipient";

    /// <summary>Stripe does not bring money there.</summary>
    public const string None = "none";

    // Of 2026: within these regions transfers cross borders, and nowhere else but within a country.
    private static readonly FrozenSet<string> Regions = FrozenSet.Create(
        StringComparer.Ordinal,
        "US", "GB", "CA", "CH",
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
        "IS", "LI", "NO");

    private const string UnitedStates = "US";

    /// <summary>Every country there is a name for.</summary>
    public static readonly ImmutableArray<(string Code, string Name)> Countries =
    [
        .. CultureInfo.GetCultures(CultureTypes.SpecificCultures).Where(culture => culture.Name.Length > 0)
            .Select(culture => new RegionInfo(culture.Name))
            .Where(region => region.TwoLetterISORegionName.Length == 2 && region.TwoLetterISORegionName.All(char.IsAsciiLetterUpper))
            .DistinctBy(region => region.TwoLetterISORegionName)
            .Select(region => (region.TwoLetterISORegionName, region.EnglishName))
            .OrderBy(country => country.EnglishName, StringComparer.Ordinal),
    ];

    public static bool IsCountry(string text) => text.Length == 2 && text.All(char.IsAsciiLetterUpper);

    /// <summary>The program's own word. Stripe's refusal is the last one.</summary>
    /// <param name="from">The country of the store's account; null while it is not known, and then Stripe decides.</param>
    public static string Of(string? from, string to) =>
        from is null || from == to || (Regions.Contains(from) && Regions.Contains(to)) ? Full
        // Documents and practice differ on it; where Stripe does not confirm it, it refuses.
        : from == UnitedStates ? Recipient
        : None;

    public static string NameOf(string country) => Countries.FirstOrDefault(one => one.Code == country).Name ?? country;
}

/// <summary>A store's own word for one way.</summary>
internal sealed record RouteOverride(string FromCountry, string ToCountry, string Route);

internal sealed class PayoutRoutes(Db db)
{
    /// <summary>How many ways of its own a store may have: every country once.</summary>
    public const int OverridesMax = 300;

    private const string ReadAll =
        "SELECT from_country, to_country, route FROM payout_routes WHERE store_id = @storeId ORDER BY from_country, to_country";

    private const string ReadCountry = "SELECT country FROM stripe_accounts WHERE store_id = @storeId";

    private const string DropAll = "DELETE FROM payout_routes WHERE store_id = @storeId";

    private const string Insert =
        "INSERT INTO payout_routes (store_id, from_country, to_country, route) VALUES (@storeId, @FromCountry, @ToCountry, @Route)";

    /// <summary>The country of the store's account at Stripe; null until its key could read it.</summary>
    public Task<string?> CountryAsync(Store store, CancellationToken cancel) => db.OneAsync<string?>(ReadCountry, new { storeId = store.Id }, cancel);

    public Task<IReadOnlyList<RouteOverride>> OverridesAsync(Store store, CancellationToken cancel) =>
        db.ManyAsync<RouteOverride>($"{ReadAll} {db.Page}", new { storeId = store.Id, take = (long)OverridesMax }, cancel);

    /// <summary>Puts these in place of what the store had.</summary>
    public Task ReplaceAsync(Store store, IReadOnlyList<RouteOverride> routes, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            await tx.HoldAsync(NameOf(store));
            await tx.DoAsync(DropAll, new { storeId = store.Id });
            foreach (var route in routes)
            {
                await tx.DoAsync(Insert, new { storeId = store.Id, route.FromCountry, route.ToCountry, route.Route });
            }
        },
        cancel: cancel);

    private const string Count = "SELECT CAST(COUNT(*) AS bigint) FROM payout_routes WHERE store_id = @storeId";

    private const string Update =
        "UPDATE payout_routes SET route = @Route WHERE store_id = @storeId AND from_country = @FromCountry AND to_country = @ToCountry";

    /// <summary>The store's own word for one way, whatever it said before. False: it has as many as it may have.</summary>
    public Task<bool> SetAsync(Store store, RouteOverride route, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, route.FromCountry, route.ToCountry, route.Route };
        return db.InTransactionAsync(
            async tx =>
            {
                await tx.HoldAsync(NameOf(store));
                if (await tx.DoAsync(Update, args) > 0)
                {
                    return true;
                }

                if (await tx.OneAsync<long>(Count, args) >= OverridesMax)
                {
                    return false;
                }

                await tx.DoAsync(Insert, args);
                return true;
            },
            cancel: cancel);
    }

    private const string Drop = "DELETE FROM payout_routes WHERE store_id = @storeId AND from_country = @from AND to_country = @to";

    /// <summary>Gives one way back to the program. False: the store had no word of its own.</summary>
    public async Task<bool> RemoveAsync(Store store, string from, string to, CancellationToken cancel) =>
        await db.DoAsync(Drop, new { storeId = store.Id, from, to }, cancel) > 0;

    /// <summary>The way to a country.</summary>
    public async Task<string> FindAsync(Store store, string to, CancellationToken cancel)
    {
        var from = await CountryAsync(store, cancel);
        return (await OverridesAsync(store, cancel)).FirstOrDefault(route => route.FromCountry == from && route.ToCountry == to)?.Route ?? Route.Of(from, to);
    }

    /// <summary>The countries that money can go to, by name.</summary>
    public async Task<IReadOnlyList<(string Code, string Name)>> CountriesAsync(Store store, CancellationToken cancel)
    {
        var from = await CountryAsync(store, cancel);
        var own = (await OverridesAsync(store, cancel)).Where(route => route.FromCountry == from).ToDictionary(route => route.ToCountry, route => route.Route, StringComparer.Ordinal);
        return [.. Route.Countries.Where(country => own.GetValueOrDefault(country.Code, Route.Of(from, country.Code)) != Route.None)];
    }

    // Of two who say something at once the second replaces what the first has said.
    private static string NameOf(Store store) => $"{store.Id} payout routes";
}
