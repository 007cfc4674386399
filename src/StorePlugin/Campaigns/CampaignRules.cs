// Finds what a rules page says of a campaign: the terms of the revision that is asked for.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <summary>The terms of one revision, and from when on they are in force.</summary>
/// <param name="EffectiveAt">Null while the campaign is a draft.</param>
internal sealed record RulesRevision(long Number, Terms Terms, DateTimeOffset? EffectiveAt, DateTimeOffset? WithdrawnAt);

internal sealed class CampaignRules(Db db)
{
    private const string ReadRevision =
        """
        SELECT revision, terms, effective_at, withdrawn_at FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id = @id AND revision = @number
        """;

    public async Task<RulesRevision?> FindAsync(Store store, string id, long number, CancellationToken cancel) =>
        await db.OneAsync<Row>(ReadRevision, new { storeId = store.Id, id, number }, cancel) is { } row
            ? new RulesRevision(row.Revision, Terms.FromJson(row.Terms), row.EffectiveAt, row.WithdrawnAt)
            : null;

    private sealed record Row(long Revision, string Terms, DateTimeOffset? EffectiveAt, DateTimeOffset? WithdrawnAt);
}
