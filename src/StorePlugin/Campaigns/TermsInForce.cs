// The terms of a campaign that are in force now, and those that were before.
using System.Collections.Immutable;
using StorePlugin.Data;

namespace StorePlugin.Campaigns;

/// <param name="Now">Of the newest revision in force; a draft has none yet, and its newest is what it will begin with.</param>
/// <param name="Spans">Every revision that is or was in force, newest first.</param>
internal sealed record TermsInForce(Terms Now, ImmutableArray<TermsSpan> Spans)
{
    private const string ReadRevisions =
        """
        SELECT terms, effective_at FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id = @campaignId AND withdrawn_at IS NULL
        ORDER BY revision DESC
        """;

    /// <exception cref="InvalidOperationException">The campaign has no terms, which every campaign has.</exception>
    public static async Task<TermsInForce> ReadAsync(Db db, string storeId, string campaignId, DateTimeOffset now, CancellationToken cancel) =>
        Of(await db.ManyAsync<Revision>(ReadRevisions, new { storeId, campaignId }, cancel), campaignId, now);

    /// <summary>The same within a transaction.</summary>
    public static async Task<TermsInForce> ReadAsync(Tx tx, string storeId, string campaignId, DateTimeOffset now) =>
        Of(await tx.ManyAsync<Revision>(ReadRevisions, new { storeId, campaignId }), campaignId, now);

    /// <summary>Whether codes gave no discount at some time since then, and counted all the same (rule T5).</summary>
    public bool OnlyTrackedSince(DateTimeOffset at)
    {
        foreach (var span in Spans)
        {
            if (span.Terms.FriendDiscountBp == 0)
            {
                return true;
            }

            if (span.EffectiveAt <= at)
            {
                return false;
            }
        }

        return false;
    }

    private static TermsInForce Of(IReadOnlyList<Revision> revisions, string campaignId, DateTimeOffset now)
    {
        var spans = revisions.Where(revision => revision.EffectiveAt <= now)
            .Select(revision => new TermsSpan(revision.EffectiveAt!.Value, Terms.FromJson(revision.Terms))).ToImmutableArray();
        return spans is [var newest, ..] ? new TermsInForce(newest.Terms, spans)
            : revisions is [var first, ..] ? new TermsInForce(Terms.FromJson(first.Terms), spans)
            : throw new InvalidOperationException($"The campaign {campaignId} has no terms.");
    }

    private sealed record Revision(string Terms, DateTimeOffset? EffectiveAt);
}

/// <param name="EffectiveAt">From when on they were in force, until the next ones.</param>
internal sealed record TermsSpan(DateTimeOffset EffectiveAt, Terms Terms);
