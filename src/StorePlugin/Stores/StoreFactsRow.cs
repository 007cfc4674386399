// Writes what a platform tells of a store into the store's row, as far as it can be used.
using StorePlugin.Data;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores;

/// <summary>The facts in the table <c>stores</c>. What a platform does not say stays as it was. The address is kept by <see cref="StoreContact"/>.</summary>
internal static class StoreFactsRow
{
    private const int NameLengthMax = 200;
    private const int TimeZoneLengthMax = 60;
    private const int DomainLengthMax = 255;
    private const int PlatformIdLengthMax = 60;

    private const string Update =
        """
        UPDATE stores
        SET name = COALESCE(@name, name), currency = COALESCE(@currency, currency),
            time_zone = COALESCE(@timeZone, time_zone), primary_domain = COALESCE(@primaryDomain, primary_domain),
            platform_id = COALESCE(@platformId, platform_id)
        WHERE id = @storeId
        """;

    /// <summary>Whether nothing is missing that the programme needs for amounts, days and links.</summary>
    public static bool IsComplete(StoreFacts? facts) =>
        facts is not null && Usable(facts) is { Name: not null, Currency: not null, TimeZone: not null, PrimaryDomain: not null };

    /// <summary>Call <see cref="StoreDirectory.Forget"/> once the transaction is committed.</summary>
    public static Task WriteAsync(Tx tx, string storeId, StoreFacts facts)
    {
        var usable = Usable(facts);
        return tx.DoAsync(
            Update,
            new
            {
                storeId,
                name = usable.Name,
                currency = usable.Currency,
                timeZone = usable.TimeZone,
                primaryDomain = usable.PrimaryDomain,
                platformId = usable.PlatformId,
            });
    }

    // The primary domain becomes the host of an address that shoppers are sent to, and the others fit their columns.
    private static StoreFacts Usable(StoreFacts facts) => new(
        string.IsNullOrWhiteSpace(facts.Name) ? null : Fit(facts.Name.Trim()),
        Currency.TryParse(facts.Currency, out var currency) ? currency.Code : null,
        facts.TimeZone is { Length: > 0 and <= TimeZoneLengthMax } zone && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _) ? zone : null,
        facts.PrimaryDomain?.ToLowerInvariant() is { Length: > 0 and <= DomainLengthMax } domain
            && Uri.CheckHostName(domain) == UriHostNameType.Dns ? domain : null,
        facts.PlatformId is { Length: > 0 and <= PlatformIdLengthMax } id && !id.AsSpan().ContainsAnyExceptInRange('0', '9') ? id : null);

    private static string Fit(string name) => name.Length <= NameLengthMax ? name : name[..NameLengthMax];
}
