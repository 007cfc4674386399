// Which version of the rules an ambassador has accepted: that very text, at an instant.
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

/// <summary>The rules as they are in force for one ambassador.</summary>
/// <param name="AcceptedAt">When the ambassador accepted this very text of this revision; null while they have not.</param>
internal sealed record StandingRules(string CampaignId, long Revision, DateTimeOffset? EffectiveAt, Rules Rules, DateTimeOffset? AcceptedAt);

internal sealed class RulesAcceptances(Db db, CampaignDb campaigns, CampaignRules rules, TimeProvider clock)
{
    private const string ReadCampaign = "SELECT campaign_id FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private const string ReadAcceptedAt =
        """
        SELECT accepted_at FROM rules_acceptances
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND revision = @revision AND text_hash = @hash
        """;

    private const string Insert =
        """
        INSERT INTO rules_acceptances (store_id, ambassador_id, revision, text_hash, accepted_at, actor)
        SELECT @storeId, @ambassadorId, @revision, @hash, @now, @actor
        WHERE NOT EXISTS (
            SELECT 1 FROM rules_acceptances
            WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND revision = @revision AND text_hash = @hash)
        """;

    /// <summary>What is in force for an ambassador; null before their campaign's launch.</summary>
    public async Task<StandingRules?> FindAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        if (await db.OneAsync<string>(ReadCampaign, new { storeId = store.Id, ambassadorId }, cancel) is not { } campaignId
            || await campaigns.FindAsync(store, campaignId, cancel) is not { LaunchedAt: not null } campaign
            || await rules.FindAsync(store, campaignId, campaign.Revision, cancel) is not { } revision)
        {
            return null;
        }

        var text = RulesText.Of(revision.Terms, Currency.TryParse(store.Currency, out var currency) ? currency : null, ambassadorId);
        var acceptedAt = await db.OneAsync<DateTimeOffset?>(
            ReadAcceptedAt, new { storeId = store.Id, ambassadorId, revision = revision.Number, hash = text.Hash }, cancel);
        return new StandingRules(campaignId, revision.Number, revision.EffectiveAt, text, acceptedAt);
    }

    /// <summary>Keeps that the ambassador accepts the text that they were shown. False when it is no longer the one in force.</summary>
    /// <param name="hash">Of the text that was shown.</param>
    public async Task<bool> AcceptAsync(Store store, string ambassadorId, string hash, CancellationToken cancel)
    {
        if (await FindAsync(store, ambassadorId, cancel) is not { } standing || standing.Rules.Hash != hash)
        {
            return false;
        }

        try
        {
            await db.DoAsync(
                Insert,
                new
                {
                    storeId = store.Id,
                    ambassadorId,
                    revision = standing.Revision,
                    hash,
                    now = clock.GetUtcNow(),
                    actor = $"ambassador {ambassadorId}",
                },
                cancel);
        }
        // They pressed the button twice; what they said stands.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
        }

        return true;
    }
}
