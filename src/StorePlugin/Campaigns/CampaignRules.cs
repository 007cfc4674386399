// Finds what a rules page says: a campaign, the revision that is asked for, and the one that comes next.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <summary>The terms of one revision, and from when on they are in force.</summary>
/// <param name="EffectiveAt">Null while the campaign is a draft.</param>
internal sealed record RulesRevision(long Number, Terms Terms, DateTimeOffset? EffectiveAt, DateTimeOffset? WithdrawnAt);

internal sealed class CampaignRules(Db db, CampaignDb campaigns, StoreDirectory stores)
{
    // An address of the rules names no store, and is everybody's as soon as the campaign has been launched.
    private const string ReadStoreId = "SELECT store_id FROM campaigns WHERE id = @id AND launched_at IS NOT NULL";

    private const string ReadRevision =
        """
        SELECT revision, terms, effective_at, withdrawn_at FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id = @id AND revision = @number
        """;

    /// <summary>A campaign that the public may read the rules of, with its store; null where there is none.</summary>
    public async Task<(Store Store, Campaign Campaign)?> FindLaunchedAsync(string id, CancellationToken cancel) =>
        await db.OneAsync<string>(ReadStoreId, new { id }, cancel) is { } storeId
        && await stores.FindAsync(storeId, cancel) is { IsInstalled: true } store
        && await campaigns.FindAsync(store, id, cancel) is { } campaign
            ? (store, campaign)
            : null;

    public async Task<RulesRevision?> FindAsync(Store store, string id, long number, CancellationToken cancel) =>
        await db.OneAsync<Row>(ReadRevision, new { storeId = store.Id, id, number }, cancel) is { } row
            ? new RulesRevision(row.Revision, Terms.FromJson(row.Terms), row.EffectiveAt, row.WithdrawnAt)
            : null;

    private sealed record Row(long Revision, string Terms, DateTimeOffset? EffectiveAt, DateTimeOffset? WithdrawnAt);
}
