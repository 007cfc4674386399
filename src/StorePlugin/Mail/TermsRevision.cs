// A revision of a launched campaign's terms beside the one before it, as an ambassador reads both.
using System.Collections.Immutable;
using StorePlugin.Campaigns;
using StorePlugin.Data;

namespace StorePlugin.Mail;

internal sealed record TermsRevision(Terms Before, Terms After, DateTimeOffset EffectiveAt, DateTimeOffset? WithdrawnAt)
{
    private const string Read =
        """
        SELECT b.terms AS terms_before, r.terms AS terms_after, r.effective_at, r.withdrawn_at
        FROM campaign_revisions r
        JOIN campaign_revisions b ON b.store_id = r.store_id AND b.campaign_id = r.campaign_id AND b.revision = r.based_on
        WHERE r.store_id = @storeId AND r.campaign_id = @campaignId AND r.revision = @revision AND r.effective_at IS NOT NULL
        """;

    private readonly bool _changesForAll = !Between(Before, After, ambassadorId: null).IsEmpty;

    /// <summary>Null where the campaign has no such revision, or it was never planned for anybody who takes part.</summary>
    public static async Task<TermsRevision?> FindAsync(Db db, string storeId, string campaignId, long revision, CancellationToken cancel) =>
        await db.OneAsync<Row>(Read, new { storeId, campaignId, revision }, cancel) is { } row
            ? new TermsRevision(Terms.FromJson(row.TermsBefore), Terms.FromJson(row.TermsAfter), row.EffectiveAt, row.WithdrawnAt)
            : null;

    /// <summary>What changes for an ambassador. What is agreed with others is nobody else's to read.</summary>
    public ImmutableArray<TermChange> ChangesFor(string ambassadorId) => Between(Before, After, ambassadorId);

    /// <summary>Whether anything changes for an ambassador: for all, or where a share of their own does.</summary>
    public bool Concerns(string ambassadorId) =>
        _changesForAll || ((Names(Before, ambassadorId) || Names(After, ambassadorId)) && !ChangesFor(ambassadorId).IsEmpty);

    private static bool Names(Terms terms, string ambassadorId) => terms.Rates?.Any(rate => rate.AmbassadorId == ambassadorId) == true;

    private static ImmutableArray<TermChange> Between(Terms before, Terms after, string? ambassadorId) =>
        TermsDifference.Between(RulesText.For(before, ambassadorId), RulesText.For(after, ambassadorId));

    private sealed record Row(string TermsBefore, string TermsAfter, DateTimeOffset EffectiveAt, DateTimeOffset? WithdrawnAt);
}
