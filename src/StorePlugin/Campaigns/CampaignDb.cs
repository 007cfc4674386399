// Campaigns with their revisions of terms: a draft is made, given an objective, launched.
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <param name="State"><c>draft</c>, <c>live</c>, <c>paused</c> or <c>ended</c>.</param>
/// <param name="Revision">The revision of the terms that is in force; of a draft, the one that it will be launched with.</param>
/// <param name="Terms">The terms of that revision.</param>
/// <param name="Next">The revision that takes effect next, where one lies ahead.</param>
internal sealed record Campaign(
    string Id, string Name, string State, Objective? Objective, long Revision, Terms Terms, NextRevision? Next, DateTimeOffset CreatedAt,
    DateTimeOffset? LaunchedAt);

/// <summary>A revision that is not in force yet.</summary>
internal sealed record NextRevision(long Number, DateTimeOffset EffectiveAt);

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

    /// <summary>The terms ask for new customers, and nobody has said what is known of past purchases (rule T9).</summary>
    HistoryNotAcknowledged,

    /// <summary>The campaign is a draft or paused.</summary>
    NotLive,
    NotPaused,
    AlreadyEnded,
}

internal sealed class CampaignDb(Db db, TimeProvider clock)
{
    private const string IdPrefix = "cmp";

    // Of more live campaigns the older ones take nobody in from the store's pages.
    private const long LiveMax = 100;

    // Revisions take effect in the order of their numbers: the newest of those in force counts.
    private const string Columns =
        """
        SELECT c.id, c.name, c.state, c.objective_metric, c.objective_target, c.objective_by, c.created_at, c.launched_at, r.revision, r.terms
        FROM campaigns c
        JOIN campaign_revisions r ON r.store_id = c.store_id AND r.campaign_id = c.id
            AND r.revision = COALESCE(
                (SELECT MAX(n.revision) FROM campaign_revisions n
                 WHERE n.store_id = c.store_id AND n.campaign_id = c.id AND n.withdrawn_at IS NULL AND n.effective_at <= @now),
                (SELECT MAX(n.revision) FROM campaign_revisions n
                 WHERE n.store_id = c.store_id AND n.campaign_id = c.id AND n.withdrawn_at IS NULL))
        WHERE c.store_id = @storeId
        """;

    private const string ReadOne = Columns + " AND c.id = @id";

    private const string ReadMany = Columns + " AND c.id > @after ORDER BY c.id ";

    private const string ReadNewest = Columns + " ORDER BY c.id DESC ";

    private const string ReadNewestBefore = Columns + " AND c.id < @before ORDER BY c.id DESC ";

    private const string ReadLive = Columns + " AND c.state = 'live' ORDER BY c.launched_at DESC, c.id DESC ";

    private const string ReadAhead =
        """
        SELECT campaign_id, revision, effective_at FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id IN @ids AND withdrawn_at IS NULL AND effective_at > @now
        ORDER BY campaign_id, effective_at, revision DESC
        """;

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

    private const string CopyPlaybook =
        """
        UPDATE campaigns SET playbook = (SELECT o.playbook FROM campaigns o WHERE o.store_id = @storeId AND o.id = @copyOf)
        WHERE store_id = @storeId AND id = @id
        """;

    private const string ReadNewestTerms =
        """
        SELECT r.terms FROM campaign_revisions r
        WHERE r.store_id = @storeId AND r.campaign_id = @id
            AND r.revision = (SELECT MAX(n.revision) FROM campaign_revisions n WHERE n.store_id = @storeId AND n.campaign_id = @id AND n.withdrawn_at IS NULL)
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
        WHERE store_id = @storeId AND campaign_id = @id AND effective_at IS NULL
            AND revision = (SELECT MAX(n.revision) FROM campaign_revisions n WHERE n.store_id = @storeId AND n.campaign_id = @id)
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

    public async Task<IReadOnlyList<Campaign>> ListAsync(Store store, string after, long take, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return await ReadAsync(store, await db.ManyAsync<Row>(ReadMany + db.Page, new { storeId = store.Id, after, take, now }, cancel), now, cancel);
    }

    /// <summary>The same, newest first.</summary>
    /// <param name="before">An id; null for the newest of all.</param>
    public async Task<IReadOnlyList<Campaign>> ListNewestAsync(Store store, string? before, long take, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var sql = before is null ? ReadNewest : ReadNewestBefore;
        return await ReadAsync(store, await db.ManyAsync<Row>(sql + db.Page, new { storeId = store.Id, before, take, now }, cancel), now, cancel);
    }

    public async Task<Campaign?> FindAsync(Store store, string id, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return (await ReadAsync(store, await db.ManyAsync<Row>(ReadOne, new { storeId = store.Id, id, now }, cancel), now, cancel)).SingleOrDefault();
    }

    /// <summary>The live campaign that customers join from the store's own pages, of several the one launched last; null where there is none.</summary>
    public async Task<Campaign?> FindEnrollingAsync(Store store, CancellationToken cancel)
    {
        var live = await db.ManyAsync<Row>(ReadLive + db.Page, new { storeId = store.Id, take = LiveMax, now = clock.GetUtcNow() }, cancel);
        return live.Select(row => row.ToCampaign(ahead: null)).FirstOrDefault(campaign => campaign.Terms.Enrolment is not null);
    }

    /// <summary>An id for a campaign that is made later, so that whoever asks twice for it gets one.</summary>
    public string NewId() => Ids.New(IdPrefix, clock.GetUtcNow());

    /// <summary>Whether a text has the form of <see cref="NewId"/>.</summary>
    public static bool IsId(string text) => Ids.Is(IdPrefix, text);

    /// <summary>
    /// The same with an id of <see cref="NewId"/>. Returns whether the store has a campaign of this id now, be it this one or one
    /// that the same request has made before; else the id is another store's.
    /// </summary>
    /// <param name="copyOf">As in <see cref="CreateAsync"/>.</param>
    public async Task<bool> CreateOnceAsync(
        Store store, string id, string name, Objective? objective, Terms terms, string actor, CancellationToken cancel, string? copyOf = null)
    {
        if (await FindAsync(store, id, cancel) is not null)
        {
            return true;
        }

        try
        {
            await CreateAsync(store, name, objective, terms, actor, cancel, id, copyOf);
            return true;
        }
        // The same form came twice at one moment, or the id is another store's: they are unique over the whole host.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return await FindAsync(store, id, cancel) is not null;
        }
    }

    /// <summary>Makes a draft: it attributes nothing and pays nothing.</summary>
    /// <param name="id">Null: a new one.</param>
    /// <param name="copyOf">The campaign whose playbook it takes along; null: it has none yet.</param>
    public async Task<Campaign> CreateAsync(
        Store store, string name, Objective? objective, Terms terms, string actor, CancellationToken cancel, string? id = null, string? copyOf = null)
    {
        var now = clock.GetUtcNow();
        id ??= Ids.New(IdPrefix, now);
        await db.InTransactionAsync(
            async tx =>
            {
                await tx.DoAsync(Insert, new { storeId = store.Id, id, name, metric = objective?.Metric, target = objective?.Target, by = objective?.By, now });
                await tx.DoAsync(InsertRevision, new { storeId = store.Id, id, terms = terms.ToJson(), now, actor });
                if (copyOf is not null)
                {
                    await tx.DoAsync(CopyPlaybook, new { storeId = store.Id, id, copyOf });
                }

                await CampaignLife.RecordAsync(tx, store, id, "draft", now, actor);
            },
            cancel: cancel);
        return new Campaign(id, name, "draft", objective, 1, terms, null, now, null);
    }

    /// <summary>
    /// Makes a draft with the newest terms of another campaign, in force or not, with its playbook, and with nothing else of it. Null
    /// when there is no such campaign.
    /// </summary>
    public async Task<Campaign?> CopyAsync(Store store, string id, string name, string actor, CancellationToken cancel) =>
        await FindNewestTermsAsync(store, id, cancel) is { } terms ? await CreateAsync(store, name, null, terms, actor, cancel, copyOf: id) : null;

    /// <summary>The terms that a copy would have; null when there is no such campaign.</summary>
    public async Task<Terms?> FindNewestTermsAsync(Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<string>(ReadNewestTerms, new { storeId = store.Id, id }, cancel) is { } terms ? Terms.FromJson(terms) : null;

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
    /// Makes a draft live, with its newest terms in force from the same second, has the discounts of its ambassadors created,
    /// and welcomes those whose codes need none.
    /// </summary>
    /// <param name="acknowledged">From when on the merchant knows that paid orders are known; counts where the terms ask for new customers.</param>
    public Task<CampaignStep> LaunchAsync(Store store, string id, DateTimeOffset? acknowledged, string actor, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var now = clock.GetUtcNow();
                var at = WholeSecond.Of(now);
                if (!await CampaignLife.HoldAsync(tx, store.Id, id))
                {
                    return CampaignStep.Unknown;
                }

                var draft = (await tx.OneAsync<Row>(ReadOne, new { storeId = store.Id, id, now }))!;
                if (draft.State == "draft" && draft.ObjectiveBy > now && Terms.FromJson(draft.Terms).AsksForNewCustomers
                    && await OrderHistory.RefusalAsync(tx, store, id, acknowledged, actor, now) is not null)
                {
                    return CampaignStep.HistoryNotAcknowledged;
                }

                if (await tx.DoAsync(UpdateToLive, new { storeId = store.Id, id, at, now }) == 0)
                {
                    return draft switch
                    {
                        { State: not "draft" } => CampaignStep.NotDraft,
                        { ObjectiveMetric: null } => CampaignStep.ObjectiveMissing,
                        _ => CampaignStep.ObjectivePast,
                    };
                }

                // All in one transaction, although the writer waits for it with many codes: it happens once for a campaign, and
                // a launch of which a crash leaves half would have codes whose discount nobody ever orders.
                await tx.DoAsync(UpdateEffective, new { storeId = store.Id, id, at });
                await CampaignLife.RecordAsync(tx, store, id, "live", at, actor);
                foreach (var codeKey in await tx.ManyAsync<string>(CodesWaiting, new { storeId = store.Id, id }))
                {
                    await Outbox.AddAsync(tx, store.Id, Effect.Kinds.CreateDiscount, codeKey, "{}", now);
                }

                foreach (var ambassadorId in await tx.ManyAsync<string>(AmbassadorsWaiting, new { storeId = store.Id, id }))
                {
                    await MailNotice.WelcomeAsync(tx, store.Id, ambassadorId, now);
                }

                return CampaignStep.Done;
            },
            cancel: cancel);

    private async Task<IReadOnlyList<Campaign>> ReadAsync(Store store, IReadOnlyList<Row> rows, DateTimeOffset now, CancellationToken cancel)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var ahead = (await db.ManyAsync<AheadRow>(ReadAhead, new { storeId = store.Id, ids = rows.Select(row => row.Id).ToArray(), now }, cancel))
            .ToLookup(row => row.CampaignId);
        return [.. rows.Select(row => row.ToCampaign(ahead[row.Id].FirstOrDefault()))];
    }

    private sealed record AheadRow(string CampaignId, long Revision, DateTimeOffset EffectiveAt);

    private sealed record Row(
        string Id, string Name, string State, string? ObjectiveMetric, long? ObjectiveTarget, DateTimeOffset? ObjectiveBy,
        DateTimeOffset CreatedAt, DateTimeOffset? LaunchedAt, long Revision, string Terms)
    {
        public Campaign ToCampaign(AheadRow? ahead) => new(
            Id,
            Name,
            State,
            ObjectiveMetric is null ? null : new Objective(ObjectiveMetric, ObjectiveTarget!.Value, ObjectiveBy!.Value),
            Revision,
            Campaigns.Terms.FromJson(Terms),
            ahead is null ? null : new NextRevision(ahead.Revision, ahead.EffectiveAt),
            CreatedAt,
            LaunchedAt);
    }
}
