// Campaigns with their revisions of terms: a draft is made, given an objective, launched.
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <param name="State"><c>draft</c>, <c>live</c>, <c>paused</c> or <c>ended</c>.</param>
/// <param name="Revision">The newest revision of the terms.</param>
internal sealed record Campaign(
    string Id, string Name, string State, Objective? Objective, long Revision, Terms Terms, DateTimeOffset CreatedAt, DateTimeOffset? LaunchedAt);

/// <summary>What came of a step of a campaign.</summary>
internal enum CampaignStep
{
    Done,
    Unknown,

    /// <summary>The campaign is no draft any more.</summary>
    NotDraft,
    ObjectiveMissing,

    /// <summary>The objective's date has passed.</summary>
    ObjectivePast,
}

internal sealed class CampaignDb(Db db, TimeProvider clock)
{
    private const string Columns =
        """
        SELECT c.id, c.name, c.state, c.objective_metric, c.objective_target, c.objective_by, c.created_at, c.launched_at, r.revision, r.terms
        FROM campaigns c
        JOIN campaign_revisions r ON r.store_id = c.store_id AND r.campaign_id = c.id
            AND r.revision = (SELECT MAX(n.revision) FROM campaign_revisions n WHERE n.store_id = c.store_id AND n.campaign_id = c.id)
        WHERE c.store_id = @storeId
        """;

    private const string ReadOne = Columns + " AND c.id = @id";

    private const string ReadMany = Columns + " AND c.id > @after ORDER BY c.id ";

    private const string Insert =
        """
        INSERT INTO campaigns (store_id, id, name, state, objective_metric, objective_target, objective_by, created_at)
        VALUES (@storeId, @id, @name, 'draft', @metric, @target, @by, @now)
        """;

    private const string InsertRevision =
        """
        INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, created_at, actor)
        VALUES (@storeId, @id, 1, @terms, @now, @actor)
        """;

    private const string UpdateObjective =
        """
        UPDATE campaigns SET objective_metric = @metric, objective_target = @target, objective_by = @by
        WHERE store_id = @storeId AND id = @id AND state = 'draft'
        """;

    private const string UpdateToLive =
        """
        UPDATE campaigns SET state = 'live', launched_at = @at
        WHERE store_id = @storeId AND id = @id AND state = 'draft' AND objective_by > @now
        """;

    private const string UpdateEffective =
        """
        UPDATE campaign_revisions SET effective_at = @at
        WHERE store_id = @storeId AND campaign_id = @id AND revision = 1 AND effective_at IS NULL
        """;

    // Codes that were given while the campaign was a draft.
    private const string CodesWaiting =
        """
        SELECT code_key FROM codes
        WHERE store_id = @storeId AND campaign_id = @id AND ended_at IS NULL AND discount_state = 'pending'
        ORDER BY code_key
        """;

    // Theirs give no discount, so that they work from the launch on.
    private const string AmbassadorsWaiting =
        """
        SELECT DISTINCT ambassador_id FROM codes
        WHERE store_id = @storeId AND campaign_id = @id AND ended_at IS NULL AND discount_state = 'none'
        ORDER BY ambassador_id
        """;

    public async Task<IReadOnlyList<Campaign>> ListAsync(Store store, string after, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>(ReadMany + db.Page, new { storeId = store.Id, after, take }, cancel)).Select(row => row.ToCampaign())];

    public async Task<Campaign?> FindAsync(Store store, string id, CancellationToken cancel) =>
        (await db.OneAsync<Row>(ReadOne, new { storeId = store.Id, id }, cancel))?.ToCampaign();

    /// <summary>Makes a draft: it attributes nothing and pays nothing.</summary>
    public async Task<Campaign> CreateAsync(Store store, string name, Objective? objective, Terms terms, string actor, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var id = Ids.New("cmp", now);
        await db.InTransactionAsync(
            async tx =>
            {
                await tx.DoAsync(Insert, new { storeId = store.Id, id, name, metric = objective?.Metric, target = objective?.Target, by = objective?.By, now });
                await tx.DoAsync(InsertRevision, new { storeId = store.Id, id, terms = terms.ToJson(), now, actor });
            },
            cancel: cancel);
        return new Campaign(id, name, "draft", objective, 1, terms, now, null);
    }

    /// <summary>Gives a draft its objective.</summary>
    public async Task<CampaignStep> SetObjectiveAsync(Store store, string id, Objective objective, CancellationToken cancel)
    {
        var touched = await db.DoAsync(
            UpdateObjective, new { storeId = store.Id, id, metric = objective.Metric, target = objective.Target, by = objective.By }, cancel);
        return touched == 1 ? CampaignStep.Done
            : await FindAsync(store, id, cancel) is null ? CampaignStep.Unknown
            : CampaignStep.NotDraft;
    }

    /// <summary>
    /// Makes a draft live, with its first terms in force from the same second, has the discounts of its ambassadors created,
    /// and welcomes those whose codes need none.
    /// </summary>
    public Task<CampaignStep> LaunchAsync(Store store, string id, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var now = clock.GetUtcNow();
                var at = WholeSecond.Of(now);
                if (await tx.DoAsync(UpdateToLive, new { storeId = store.Id, id, at, now }) == 0)
                {
                    return (await tx.OneAsync<Row>(ReadOne, new { storeId = store.Id, id }))?.ToCampaign() switch
                    {
                        null => CampaignStep.Unknown,
                        { State: not "draft" } => CampaignStep.NotDraft,
                        { Objective: null } => CampaignStep.ObjectiveMissing,
                        _ => CampaignStep.ObjectivePast,
                    };
                }

                // All in one transaction, although the writer waits for it with many codes: it happens once for a campaign, and
                // a launch of which a crash leaves half would have codes whose discount nobody ever orders.
                await tx.DoAsync(UpdateEffective, new { storeId = store.Id, id, at });
                foreach (var codeKey in await tx.ManyAsync<string>(CodesWaiting, new { storeId = store.Id, id }))
                {
                    await Outbox.AddAsync(tx, store.Id, Effect.Kinds.CreateDiscount, codeKey, "{}", now);
                }

                foreach (var ambassadorId in await tx.ManyAsync<string>(AmbassadorsWaiting, new { storeId = store.Id, id }))
                {
                    await new MailNotice(MailNotice.Welcome, ambassadorId).AddAsync(tx, store.Id, now);
                }

                return CampaignStep.Done;
            },
            cancel: cancel);

    private sealed record Row(
        string Id, string Name, string State, string? ObjectiveMetric, long? ObjectiveTarget, DateTimeOffset? ObjectiveBy,
        DateTimeOffset CreatedAt, DateTimeOffset? LaunchedAt, long Revision, string Terms)
    {
        public Campaign ToCampaign() => new(
            Id,
            Name,
            State,
            ObjectiveMetric is null ? null : new Objective(ObjectiveMetric, ObjectiveTarget!.Value, ObjectiveBy!.Value),
            Revision,
            Campaigns.Terms.FromJson(Terms),
            CreatedAt,
            LaunchedAt);
    }
}
