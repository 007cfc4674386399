// What the newest rehearsals of a campaign have shown, for whoever has to judge it before a launch.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

/// <summary>The newest rehearsal of one scenario that has come to an end.</summary>
/// <param name="Scenario">One of <c>typical_month</c>, <c>refund_wave</c>, <c>leaked_code</c>, <c>self_referral</c>, <c>one_account</c>.</param>
/// <param name="Revision">Of the campaign's terms that were rehearsed.</param>
/// <param name="State"><c>finished</c>, or <c>failed</c> where a step did not go as it must.</param>
/// <param name="Failure">Why it failed, as a sentence; null where it did not.</param>
/// <param name="Payees">How many ambassadors earned something.</param>
/// <param name="TopShareBp">What share of all commission the payee with the most of it got, in basis points; null where nothing was earned.</param>
internal sealed record RehearsalResult(
    string Id, string Scenario, long Revision, string State, DateTimeOffset EndedAt, string? Failure, long Payees, long? TopShareBp, string? TopPayee);

internal sealed class RehearsalResults(Db db)
{
    private const string Read =
        """
        SELECT r.id, r.scenario, r.revision, r.state, r.ended_at, r.failure, r.payees, r.top_share_bp, r.top_payee
        FROM rehearsals r
        WHERE r.store_id = @storeId AND r.campaign_id = @campaignId AND r.ended_at IS NOT NULL
            AND r.id = (SELECT MAX(n.id) FROM rehearsals n
                        WHERE n.store_id = @storeId AND n.campaign_id = @campaignId AND n.scenario = r.scenario AND n.ended_at IS NOT NULL)
        ORDER BY r.scenario
        """;

    /// <summary>At most one for each scenario; empty where the campaign was never rehearsed.</summary>
    public Task<IReadOnlyList<RehearsalResult>> OfCampaignAsync(Store store, string campaignId, CancellationToken cancel) =>
        db.ManyAsync<RehearsalResult>(Read, new { storeId = store.Id, campaignId }, cancel);
}
