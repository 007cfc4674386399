// Finds a campaign by an address that names no store: pages that are open to everybody begin here.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal sealed class PublicCampaigns(Db db, CampaignDb campaigns, StoreDirectory stores)
{
    private const string ReadLaunched = "SELECT store_id FROM campaigns WHERE id = @id AND launched_at IS NOT NULL";

    private const string ReadOpen = "SELECT store_id FROM campaigns WHERE id = @id AND state = 'live' AND applications = 'open'";

    /// <summary>A campaign that the public may read the rules of, with its store; null where there is none.</summary>
    public Task<(Store Store, Campaign Campaign)?> FindLaunchedAsync(string id, CancellationToken cancel) => FindAsync(ReadLaunched, id, cancel);

    /// <summary>A live campaign that takes applications, with its store; null for every other one, whether or not it exists.</summary>
    public Task<(Store Store, Campaign Campaign)?> FindOpenAsync(string id, CancellationToken cancel) => FindAsync(ReadOpen, id, cancel);

    private async Task<(Store Store, Campaign Campaign)?> FindAsync(string readStoreId, string id, CancellationToken cancel) =>
        await db.OneAsync<string>(readStoreId, new { id }, cancel) is { } storeId
        && await stores.FindAsync(storeId, cancel) is { IsInstalled: true } store
        && await campaigns.FindAsync(store, id, cancel) is { } campaign
            ? (store, campaign)
            : null;
}
