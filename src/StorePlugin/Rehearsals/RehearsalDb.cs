// Rehearsals with their steps: begun once, carried on step by step, ended, and shown.
using System.Collections.Immutable;
using System.Data.Common;
using System.Text.Json;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

/// <summary>The states of a rehearsal.</summary>
internal static class RehearsalState
{
    public const string Running = "running";
    public const string Finished = "finished";

    /// <summary>A step did not go as it must, or it took too long.</summary>
    public const string Failed = "failed";
}

/// <param name="State">One of <see cref="RehearsalState"/>.</param>
/// <param name="RehearsalStoreId">The rehearsal's own store; null until it is made.</param>
/// <param name="Currency">ISO 4217, of the rehearsing store when it was begun.</param>
/// <param name="TypicalMinor">The typical order on which its prices rest, in minor units of <paramref name="Currency"/>.</param>
/// <param name="BegunBy">As <see cref="Visitor.Actor"/> says it.</param>
/// <param name="TopShareBp">As in <see cref="RehearsalResult"/>.</param>
internal sealed record Rehearsal(
    string Id, string CampaignId, long Revision, string Scenario, string State, string? RehearsalStoreId, string Currency, long TypicalMinor, DateTimeOffset BegunAt,
    string BegunBy, DateTimeOffset? EndedAt, string? Failure, long Payees, long? TopShareBp, string? TopPayee)
{
    public bool IsRunning => State == RehearsalState.Running;
}

/// <param name="At">The instant of the journey; UTC.</param>
/// <param name="Outcome">What came of it, a sentence a line; null while it is under way.</param>
/// <param name="Orders">The ids of the orders that it is about.</param>
internal sealed record RehearsalStep(long Number, DateTimeOffset At, string Title, string? Outcome, IReadOnlyList<string> Orders, DateTimeOffset BegunAt, DateTimeOffset? DoneAt)
{
    public bool IsDone => DoneAt is not null;
}

/// <summary>What came of beginning one.</summary>
internal abstract record RehearsalBegin
{
    /// <summary>It runs, or the same request has begun it before.</summary>
    internal sealed record Begun(Rehearsal Rehearsal) : RehearsalBegin;

    internal sealed record CampaignUnknown : RehearsalBegin;

    /// <summary>The store's platform has not told its currency yet.</summary>
    internal sealed record CurrencyUnknown : RehearsalBegin;

    /// <summary><see cref="RehearsalDb.RunningMax"/> are running.</summary>
    internal sealed record TooMany : RehearsalBegin;

    /// <summary>The id is another campaign's rehearsal.</summary>
    internal sealed record IdTaken : RehearsalBegin;
}

internal sealed class RehearsalDb(Db db, CampaignDb campaigns, TimeProvider clock)
{
    /// <summary>How many rehearsals of a store run at once.</summary>
    public const long RunningMax = 3;

    /// <summary>How long one may run before it ends as failed.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(10);

    private const string IdPrefix = "reh";

    private const string Columns =
        """
        SELECT id, campaign_id, revision, scenario, state, rehearsal_store_id, currency, typical_minor, begun_at, begun_by, ended_at, failure, payees, top_share_bp, top_payee
        FROM rehearsals
        """;

    private const string ReadOne = Columns + " WHERE store_id = @storeId AND id = @id";

    private const string ReadNewest = Columns + " WHERE store_id = @storeId AND campaign_id = @campaignId AND id < @before ORDER BY id DESC ";

    private const string ReadOldest = Columns + " WHERE store_id = @storeId AND campaign_id = @campaignId AND id > @after ORDER BY id ";

    /// <summary>An id for a rehearsal that is begun later, so that whoever asks twice for it begins one.</summary>
    public string NewId() => Ids.New(IdPrefix, clock.GetUtcNow());

    /// <summary>Whether a text has the form of <see cref="NewId"/>.</summary>
    public static bool IsId(string text) => Ids.Is(IdPrefix, text);

    /// <summary>A rehearsal of this store, or null.</summary>
    public Task<Rehearsal?> FindAsync(Store store, string id, CancellationToken cancel) => db.OneAsync<Rehearsal>(ReadOne, new { storeId = store.Id, id }, cancel);

    /// <summary>The same, of one campaign alone.</summary>
    public async Task<Rehearsal?> FindAsync(Store store, string campaignId, string id, CancellationToken cancel) =>
        await FindAsync(store, id, cancel) is { } found && found.CampaignId == campaignId ? found : null;

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<Rehearsal>> ListNewestAsync(Store store, string campaignId, long take, CancellationToken cancel) =>
        db.ManyAsync<Rehearsal>(ReadNewest + db.Page, new { storeId = store.Id, campaignId, before = "\uFFFF", take }, cancel);

    /// <summary>Oldest first, after an id.</summary>
    public Task<IReadOnlyList<Rehearsal>> ListAsync(Store store, string campaignId, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<Rehearsal>(ReadOldest + db.Page, new { storeId = store.Id, campaignId, after, take }, cancel);

    private const string Insert =
        """
        INSERT INTO rehearsals (store_id, id, campaign_id, revision, scenario, state, currency, typical_minor, begun_at, begun_by, payees)
        VALUES (@storeId, @id, @campaignId, @revision, @scenario, 'running', @currency, @typical, @now, @actor, 0)
        """;

    private const string CountRunning = "SELECT CAST(COUNT(*) AS bigint) FROM rehearsals WHERE store_id = @storeId AND state = 'running'";

    // Its effect ended with an uninstallation, or is dead.
    private const string EndStuck =
        """
        UPDATE rehearsals SET state = 'failed', failure = 'It was left behind, and did not go on.', ended_at = @now
        WHERE store_id = @storeId AND state = 'running' AND begun_at < @since
        """;

    /// <summary>
    /// Begins one with the terms of the campaign that are in force; of a draft, with its newest; of one that has ended, with its last ones.
    /// In the rehearsal's own store they are a live campaign's, whatever has become of it here. A request that comes again with its id
    /// begins nothing more.
    /// </summary>
    public async Task<RehearsalBegin> BeginAsync(Store store, string id, string campaignId, Scenario scenario, string actor, CancellationToken cancel)
    {
        if (await campaigns.FindAsync(store, campaignId, cancel) is not { } campaign)
        {
            return new RehearsalBegin.CampaignUnknown();
        }

        if (await FindAsync(store, id, cancel) is { } known)
        {
            return known.CampaignId == campaignId ? new RehearsalBegin.Begun(known) : new RehearsalBegin.IdTaken();
        }

        var now = clock.GetUtcNow();
        if (await TypicalOrder.ReadAsync(db, store, now, cancel) is not { } typical)
        {
            return new RehearsalBegin.CurrencyUnknown();
        }

        var args = new
        {
            storeId = store.Id,
            id,
            campaignId,
            revision = campaign.Revision,
            scenario = scenario.Key,
            currency = typical.Amount.Currency.Code,
            typical = typical.Amount.Minor,
            now,
            actor,
            since = now - (2 * TimeMax),
        };
        try
        {
            var begun = await db.InTransactionAsync(
                async tx =>
                {
                    // Who begins others at the same moment, of whichever campaign, comes before or after.
                    await tx.HoldAsync($"{store.Id} rehearsals");
                    await tx.DoAsync(EndStuck, args);
                    if (await tx.OneAsync<long>(CountRunning, args) >= RunningMax)
                    {
                        return false;
                    }

                    await tx.DoAsync(Insert, args);
                    return await Outbox.AddAsync(tx, store.Id, Effect.Kinds.Rehearse, id, "{}", now);
                },
                cancel: cancel);
            return begun ? new RehearsalBegin.Begun((await FindAsync(store, id, cancel))!) : new RehearsalBegin.TooMany();
        }
        // The same form came twice at one moment.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return await FindAsync(store, campaignId, id, cancel) is { } other ? new RehearsalBegin.Begun(other) : new RehearsalBegin.IdTaken();
        }
    }

    private const string ReadTerms = "SELECT terms FROM campaign_revisions WHERE store_id = @storeId AND campaign_id = @campaignId AND revision = @revision";

    /// <summary>The terms that it rehearses, which never change.</summary>
    public async Task<Terms> TermsOfAsync(Store store, Rehearsal rehearsal, CancellationToken cancel) => Terms.FromJson(
        await db.OneAsync<string>(ReadTerms, new { storeId = store.Id, campaignId = rehearsal.CampaignId, revision = rehearsal.Revision }, cancel)
            ?? throw new InvalidOperationException($"The revision of {rehearsal.Id} is gone."));

    /// <summary>The plan that it follows: the same at every step.</summary>
    public async Task<ScenarioPlan> PlanOfAsync(Store store, Rehearsal rehearsal, CancellationToken cancel)
    {
        var scenario = Scenario.Find(rehearsal.Scenario) ?? throw new InvalidOperationException($"This program knows no rehearsal '{rehearsal.Scenario}'.");
        return scenario.Plan(
            new ScenarioGround(Webhooks.Currency.Parse(rehearsal.Currency), await TermsOfAsync(store, rehearsal, cancel), rehearsal.TypicalMinor, rehearsal.BegunAt));
    }

    private const string ReadSteps =
        """
        SELECT number, at, title, outcome, orders, begun_at, done_at FROM rehearsal_steps
        WHERE store_id = @storeId AND rehearsal_id = @id ORDER BY number
        """;

    public async Task<IReadOnlyList<RehearsalStep>> StepsAsync(Store store, string id, CancellationToken cancel) =>
        [.. (await db.ManyAsync<StepRow>(ReadSteps, new { storeId = store.Id, id }, cancel)).Select(row => row.ToStep())];

    private const string HoldRunning = "UPDATE rehearsals SET state = state WHERE store_id = @storeId AND id = @id AND state = 'running'";

    private const string InsertStep =
        """
        INSERT INTO rehearsal_steps (store_id, rehearsal_id, number, state, at, title, orders, begun_at)
        SELECT @storeId, @id, @number, 'under_way', @at, @title, @orders, @now
        WHERE NOT EXISTS (SELECT 1 FROM rehearsal_steps WHERE store_id = @storeId AND rehearsal_id = @id AND number = @number)
        """;

    /// <summary>Writes down that a step has been taken, of which nothing is known yet. One that has ended meanwhile takes none.</summary>
    public async Task TakeStepAsync(Tx tx, string storeId, string id, long number, PlannedStep step, IEnumerable<string> orders)
    {
        if (await tx.DoAsync(HoldRunning, new { storeId, id }) == 1)
        {
            var ids = JsonSerializer.Serialize(orders.ToImmutableArray());
            await tx.DoAsync(InsertStep, new { storeId, id, number, at = step.At, title = step.Title, orders = ids, now = clock.GetUtcNow() });
        }
    }

    private const string EndStep =
        """
        UPDATE rehearsal_steps SET state = 'done', outcome = @outcome, done_at = @now
        WHERE store_id = @storeId AND rehearsal_id = @id AND number = @number AND state = 'under_way'
        """;

    public Task<int> EndStepAsync(Tx tx, string storeId, string id, long number, string outcome) =>
        tx.DoAsync(EndStep, new { storeId, id, number, outcome, now = clock.GetUtcNow() });

    private const string Finish =
        """
        UPDATE rehearsals SET state = 'finished', ended_at = @now, payees = @payees, top_share_bp = @shareBp, top_payee = @payee
        WHERE store_id = @storeId AND id = @id AND state = 'running'
        """;

    public Task<int> FinishAsync(Tx tx, string storeId, string id, EarnedShares shares) =>
        tx.DoAsync(Finish, new { storeId, id, payees = shares.Payees, shareBp = shares.TopShareBp, payee = shares.TopPayee, now = clock.GetUtcNow() });

    private const string Fail = "UPDATE rehearsals SET state = 'failed', failure = @why, ended_at = @now WHERE store_id = @storeId AND id = @id AND state = 'running'";

    public Task<int> FailAsync(Tx tx, string storeId, string id, string why) =>
        tx.DoAsync(Fail, new { storeId, id, why = Retry.Fit(why), now = clock.GetUtcNow() });

    private sealed record StepRow(long Number, DateTimeOffset At, string Title, string? Outcome, string Orders, DateTimeOffset BegunAt, DateTimeOffset? DoneAt)
    {
        public RehearsalStep ToStep() => new(Number, At, Title, Outcome, JsonSerializer.Deserialize<string[]>(Orders) ?? [], BegunAt, DoneAt);
    }
}
