// Which warnings stand about one ambassador now: those of payouts, and what a launch of their campaign would be refused for.
using StorePlugin.Data;
using StorePlugin.Payouts;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns.Launch;

/// <summary>Each question is asked of the one person alone, so that a page of them costs the same in a store of any size.</summary>
internal sealed class PersonWarnings(Db db, CampaignDb campaigns, FunnelWarnings funnel, RehearsalResults rehearsals)
{
    // Only of a draft a launch still lies ahead.
    private const string ReadDraft =
        """
        SELECT c.id FROM ambassadors a JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        WHERE a.store_id = @storeId AND a.id = @ambassadorId AND a.state <> 'ended' AND c.state = 'draft'
        """;

    /// <summary>Acknowledged or not; one of a rule.</summary>
    public async Task<IReadOnlyList<StandingWarning>> ReadAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        var ofPayouts = await funnel.OfPayeeAsync(store, ambassadorId, cancel);
        var ofLaunch = await GetsMostAsync(store, ambassadorId, cancel)
            ? new StandingWarning(FunnelWarnings.Share, "In the rehearsal of a typical month more than half of the commission went to whoever had their share.")
            : null;
        return [.. ofPayouts.Concat(ofLaunch is null ? [] : [ofLaunch]).DistinctBy(warning => warning.Rule, StringComparer.Ordinal)];
    }

    private async Task<bool> GetsMostAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        await db.OneAsync<string>(ReadDraft, new { storeId = store.Id, ambassadorId }, cancel) is { } id
        && await campaigns.FindAsync(store, id, cancel) is { } draft
        && Concentration.Of(await rehearsals.OfCampaignAsync(store, id, cancel), draft) is { IsTooMuch: true } found
        && found.AmbassadorId == ambassadorId;
}
