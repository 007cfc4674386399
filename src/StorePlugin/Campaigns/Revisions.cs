// The revisions of a campaign's terms: written once, in force from an instant on, withdrawn only before it.
using System.Collections.Immutable;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <param name="BasedOn">The revision before; null on the first.</param>
/// <param name="EffectiveAt">From when on it is in force; null while the campaign is a draft, and for good when it was replaced before the launch.</param>
/// <param name="WithdrawnAt">When it was withdrawn, which it can only be before its instant; null while it stands.</param>
/// <param name="Difference">In what it differs from the revision before.</param>
internal sealed record Revision(
    long Number, Terms Terms, long? BasedOn, DateTimeOffset CreatedAt, string Actor, DateTimeOffset? EffectiveAt,
    DateTimeOffset? WithdrawnAt, string? WithdrawnBy, ImmutableArray<TermChange> Difference);

/// <summary>What came of a new revision.</summary>
internal abstract record RevisionResult
{
    internal sealed record Written(Revision Revision) : RevisionResult;

    /// <param name="Why">Never <see cref="RevisionDecision.Granted"/>.</param>
    internal sealed record Refused(RevisionDecision Why) : RevisionResult;

    internal sealed record CampaignUnknown : RevisionResult;

    internal sealed record TooMany : RevisionResult;

    /// <summary>The terms begin to ask for new customers, and nobody has said what is known of past purchases (rule T9).</summary>
    internal sealed record HistoryNotAcknowledged(HistoryHorizon Horizon) : RevisionResult;
}

/// <summary>What came of a withdrawal.</summary>
internal abstract record WithdrawalResult
{
    internal sealed record Done(Revision Revision) : WithdrawalResult;

    internal sealed record CampaignUnknown : WithdrawalResult;

    internal sealed record RevisionUnknown : WithdrawalResult;

    internal sealed record AlreadyWithdrawn : WithdrawalResult;

    /// <summary>It is in force, has been, or is what a draft will be launched with.</summary>
    internal sealed record InForce : WithdrawalResult;

    internal sealed record NotNewest(long Newest) : WithdrawalResult;
}

internal sealed class Revisions(Db db, TimeProvider clock)
{
    /// <summary>How many a campaign may have; the decision of every order reads them.</summary>
    public const int CountMax = 500;

    private const string ReadState = "SELECT state FROM campaigns WHERE store_id = @storeId AND id = @id";

    private const string ReadAll =
        """
        SELECT revision, terms, based_on, created_at, actor, effective_at, withdrawn_at, withdrawn_by FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id = @id
        ORDER BY revision
        """;

    private const string Insert =
        """
        INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, based_on, effective_at, created_at, actor)
        VALUES (@storeId, @id, @number, @terms, @basedOn, @effectiveAt, @now, @actor)
        """;

    // Those given while the campaign is a draft have nothing in the store yet: the launch orders what they need then. Adopted
    // codes live there already, and one that is ordered again is refused as taken.
    private const string SwitchCodes =
        """
        UPDATE codes SET discount_state = @to
        WHERE store_id = @storeId AND campaign_id = @id AND ended_at IS NULL AND discount_state = @from AND adopted_at IS NULL
        """;

    private const string Withdraw =
        """
        UPDATE campaign_revisions SET withdrawn_at = @now, withdrawn_by = @actor
        WHERE store_id = @storeId AND campaign_id = @id AND revision = @number AND withdrawn_at IS NULL AND effective_at > @now
        """;

    /// <summary>All revisions of a campaign, oldest first; null when the store has no such campaign.</summary>
    public async Task<IReadOnlyList<Revision>?> ListAsync(Store store, string id, CancellationToken cancel)
    {
        var rows = await db.ManyAsync<Row>(ReadAll, new { storeId = store.Id, id }, cancel);
        return rows.Count == 0 ? null : Read(rows);
    }

    /// <summary>Writes a new revision where rule U2 allows it, in the campaign's turn.</summary>
    public Task<RevisionResult> AddAsync(Store store, string id, ProposedRevision proposed, string actor, CancellationToken cancel) =>
        db.InTransactionAsync<RevisionResult>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (!await CampaignLife.HoldAsync(tx, store.Id, id))
                {
                    return new RevisionResult.CampaignUnknown();
                }

                var state = (await tx.OneAsync<string>(ReadState, new { storeId = store.Id, id }))!;
                var revisions = Read(await tx.ManyAsync<Row>(ReadAll, new { storeId = store.Id, id }));
                var newest = revisions.Last(revision => revision.WithdrawnAt is null);
                var decision = RevisionDecision.Of(state, new StandingRevision(newest.Number, newest.Terms, newest.EffectiveAt), proposed, now);
                if (decision is not RevisionDecision.Granted granted)
                {
                    return new RevisionResult.Refused(decision);
                }

                if (revisions.Count >= CountMax)
                {
                    return new RevisionResult.TooMany();
                }

                // A draft's launch asks.
                if (state != "draft" && proposed.Terms.AsksForNewCustomers && !newest.Terms.AsksForNewCustomers
                    && await OrderHistory.RefusalAsync(tx, store, id, proposed.AcknowledgedHistorySince, actor, now) is { } horizon)
                {
                    return new RevisionResult.HistoryNotAcknowledged(horizon);
                }

                var revision = new Revision(
                    revisions[^1].Number + 1, proposed.Terms, newest.Number, now, actor, granted.EffectiveAt, null, null,
                    TermsDifference.Between(newest.Terms, proposed.Terms));
                await tx.DoAsync(Insert, new
                {
                    storeId = store.Id,
                    id,
                    number = revision.Number,
                    terms = revision.Terms.ToJson(),
                    basedOn = revision.BasedOn,
                    effectiveAt = revision.EffectiveAt,
                    now,
                    actor,
                });
                if (state == "draft")
                {
                    var (from, to) = proposed.Terms.FriendDiscountBp > 0 ? ("none", "pending") : ("pending", "none");
                    await tx.DoAsync(SwitchCodes, new { storeId = store.Id, id, from, to });
                }
                else
                {
                    await new TermsAnnouncement(id, revision.Number).AddAsync(tx, store.Id, now);
                    if (granted.EffectiveAt is { } effectiveAt && !GivesFriendsTheSame(newest.Terms, proposed.Terms))
                    {
                        await new FollowedTerms(id, revision.Number).AddAsync(tx, store.Id, effectiveAt, now);
                    }
                }

                return new RevisionResult.Written(revision);
            },
            cancel: cancel);

    /// <summary>Withdraws the newest revision, as long as its instant lies ahead. It stays on record.</summary>
    public Task<WithdrawalResult> WithdrawAsync(Store store, string id, long number, string actor, CancellationToken cancel) =>
        db.InTransactionAsync<WithdrawalResult>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (!await CampaignLife.HoldAsync(tx, store.Id, id))
                {
                    return new WithdrawalResult.CampaignUnknown();
                }

                var revisions = Read(await tx.ManyAsync<Row>(ReadAll, new { storeId = store.Id, id }));
                var newest = revisions.Last(revision => revision.WithdrawnAt is null);
                if (revisions.SingleOrDefault(revision => revision.Number == number) is not { } asked)
                {
                    return new WithdrawalResult.RevisionUnknown();
                }

                if (asked.WithdrawnAt is not null)
                {
                    return new WithdrawalResult.AlreadyWithdrawn();
                }

                if (asked.Number != newest.Number)
                {
                    return new WithdrawalResult.NotNewest(newest.Number);
                }

                if (await tx.DoAsync(Withdraw, new { storeId = store.Id, id, number, now, actor }) == 0)
                {
                    return new WithdrawalResult.InForce();
                }

                await new TermsAnnouncement(id, number, Withdrawn: true).AddAsync(tx, store.Id, now);
                return new WithdrawalResult.Done(asked with { WithdrawnAt = now, WithdrawnBy = actor });
            },
            cancel: cancel);

    private static bool GivesFriendsTheSame(Terms before, Terms after) =>
        before.FriendDiscountBp == after.FriendDiscountBp && before.FriendOncePerCustomer is true == after.FriendOncePerCustomer is true;

    private static List<Revision> Read(IReadOnlyList<Row> rows)
    {
        var terms = rows.ToDictionary(row => row.Revision, row => Terms.FromJson(row.Terms));
        return [.. rows.Select(row => new Revision(
            row.Revision,
            terms[row.Revision],
            row.BasedOn,
            row.CreatedAt,
            row.Actor,
            row.EffectiveAt,
            row.WithdrawnAt,
            row.WithdrawnBy,
            row.BasedOn is { } before ? TermsDifference.Between(terms[before], terms[row.Revision]) : []))];
    }

    private sealed record Row(
        long Revision, string Terms, long? BasedOn, DateTimeOffset CreatedAt, string Actor, DateTimeOffset? EffectiveAt,
        DateTimeOffset? WithdrawnAt, string? WithdrawnBy);
}
