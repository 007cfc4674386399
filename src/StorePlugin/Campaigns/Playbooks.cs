// What a campaign calls a success for both sides, in the merchant's own words: for everybody who thinks of joining or reads the rules.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal sealed class Playbooks(Db db)
{
    public const int TextLengthMax = 2000;

    private const string Read = "SELECT playbook FROM campaigns WHERE store_id = @storeId AND id = @campaignId";

    private const string Write = "UPDATE campaigns SET playbook = @text WHERE store_id = @storeId AND id = @campaignId";

    /// <summary>Null where nothing was written, and where there is no such campaign.</summary>
    public Task<string?> FindAsync(Store store, string campaignId, CancellationToken cancel) => db.OneAsync<string>(Read, new { storeId = store.Id, campaignId }, cancel);

    /// <summary>Its lines, without empty ones.</summary>
    public async Task<IReadOnlyList<string>> LinesAsync(Store store, string campaignId, CancellationToken cancel) =>
        (await FindAsync(store, campaignId, cancel))?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Keeps a text that was checked, or takes it away. Returns whether there is such a campaign.</summary>
    public async Task<bool> SetAsync(Store store, string campaignId, string? text, CancellationToken cancel) =>
        await db.DoAsync(Write, new { storeId = store.Id, campaignId, text }, cancel) == 1;
}
