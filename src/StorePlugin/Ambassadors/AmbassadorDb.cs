// Ambassadors with their codes and links: added, listed with what they earned, suspended and reinstated.
using System.Data.Common;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="State"><c>approved</c> or <c>suspended</c>.</param>
/// <param name="Code">In the spelling it was given in.</param>
/// <param name="DiscountState"><c>none</c>, <c>pending</c>, <c>created</c> or <c>refused</c>.</param>
internal sealed record Ambassador(
    string Id, string CampaignId, string Name, string Email, string State, string? StripeAccount, DateTimeOffset ApprovedAt,
    DateTimeOffset? SuspendedAt, DateTimeOffset CreatedAt, string Code, string DiscountState, string? DiscountProblem, string Slug);

/// <summary>Who is to be added, already checked field by field.</summary>
internal sealed record NewAmbassador(string Name, string Email, string CampaignId, string Code, string? StripeAccount);

/// <summary>What came of adding an ambassador.</summary>
internal abstract record AddResult
{
    internal sealed record Added(string Id) : AddResult;

    internal sealed record CodeTaken : AddResult;

    /// <summary>The campaign has an ambassador with this e-mail.</summary>
    internal sealed record EmailTaken : AddResult;

    internal sealed record CampaignUnknown : AddResult;

    internal sealed record CampaignEnded : AddResult;
}

/// <summary>What came of a suspension or its end.</summary>
internal enum SuspensionStep
{
    Done,
    Unknown,

    /// <summary>The ambassador is in that state already.</summary>
    AlreadySo,
}

internal sealed partial class AmbassadorDb(Db db, StoreKeys keys, TimeProvider clock, ILogger<AmbassadorDb> logger)
{
    private const int RaceTriesMax = 5;

    // Of several codes the oldest live one is shown; where none is live, the oldest of those that were.
    private const string Columns =
        """
        SELECT a.id, a.campaign_id, a.name, a.email, a.state, a.stripe_account, a.approved_at, a.suspended_at, a.created_at,
            c.code, c.discount_state, c.discount_problem, l.slug
        FROM ambassadors a
        JOIN codes c ON c.store_id = a.store_id AND c.ambassador_id = a.id
            AND NOT EXISTS (SELECT 1 FROM codes k WHERE k.store_id = a.store_id AND k.ambassador_id = a.id
                AND ((k.ended_at IS NULL AND c.ended_at IS NOT NULL)
                    OR (((k.ended_at IS NULL AND c.ended_at IS NULL) OR (k.ended_at IS NOT NULL AND c.ended_at IS NOT NULL))
                        AND (k.assigned_at < c.assigned_at OR (k.assigned_at = c.assigned_at AND k.code_key < c.code_key)))))
        JOIN link_slugs l ON l.store_id = a.store_id AND l.ambassador_id = a.id
            AND l.slug_key = (SELECT MIN(s.slug_key) FROM link_slugs s WHERE s.store_id = a.store_id AND s.ambassador_id = a.id)
        WHERE a.store_id = @storeId
        """;

    private const string ReadOne = Columns + " AND a.id = @id";

    private const string ReadMany = Columns + " AND a.id > @after ORDER BY a.id ";

    private const string Exists = "SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND id = @id";

    private const string CountCode = "SELECT CAST(COUNT(*) AS bigint) FROM codes WHERE store_id = @storeId AND code_key = @codeKey";

    private const string CountEmail =
        "SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND campaign_id = @campaignId AND email_key = @emailKey";

    private const string UpdateToSuspended =
        "UPDATE ambassadors SET state = 'suspended', suspended_at = @at WHERE store_id = @storeId AND id = @id AND state = 'approved'";

    private const string InsertSuspension =
        """
        INSERT INTO suspensions (store_id, id, ambassador_id, from_at, from_actor)
        VALUES (@storeId, @suspensionId, @id, @at, @actor)
        """;

    private const string UpdateToApproved =
        "UPDATE ambassadors SET state = 'approved', suspended_at = NULL WHERE store_id = @storeId AND id = @id AND state = 'suspended'";

    private const string EndSuspension =
        """
        UPDATE suspensions SET until_at = @at, until_actor = @actor
        WHERE store_id = @storeId AND ambassador_id = @id AND until_at IS NULL
        """;

    // From the ambassadors, so that there are always rows: on SQLite an aggregate over no rows has no type.
    private const string CountClicks =
        """
        SELECT a.id AS ambassador_id,
            (SELECT CAST(COUNT(*) AS bigint) FROM clicks c WHERE c.store_id = a.store_id AND c.ambassador_id = a.id) AS number
        FROM ambassadors a WHERE a.store_id = @storeId AND a.id IN @ids
        """;

    private const string CountOrders =
        """
        SELECT a.id AS ambassador_id,
            (SELECT CAST(COUNT(*) AS bigint) FROM orders o
             WHERE o.store_id = a.store_id AND o.ambassador_id = a.id AND o.state NOT IN ('parked', 'uncredited')) AS number
        FROM ambassadors a WHERE a.store_id = @storeId AND a.id IN @ids
        """;

    public Task<IReadOnlyList<Ambassador>> ListAsync(Store store, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<Ambassador>(ReadMany + db.Page, new { storeId = store.Id, after, take }, cancel);

    public Task<Ambassador?> FindAsync(Store store, string id, CancellationToken cancel) =>
        db.OneAsync<Ambassador>(ReadOne, new { storeId = store.Id, id }, cancel);

    public async Task<bool> ExistsAsync(Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<long>(Exists, new { storeId = store.Id, id }, cancel) > 0;

    /// <summary>The number of clicks and of credited orders of each of these ambassadors; absent means none.</summary>
    public async Task<(IReadOnlyDictionary<string, long> Clicks, IReadOnlyDictionary<string, long> Orders)> CountAsync(
        Store store, IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, ids };
        var clicks = await db.ManyAsync<Count>(CountClicks, args, cancel);
        var orders = await db.ManyAsync<Count>(CountOrders, args, cancel);
        return (clicks.ToDictionary(row => row.AmbassadorId, row => row.Number), orders.ToDictionary(row => row.AmbassadorId, row => row.Number));
    }

    /// <summary>
    /// Adds an ambassador, approved at once, with the code, the link, and, where the campaign is launched, the order for
    /// the discount: all of it or nothing.
    /// </summary>
    public async Task<AddResult> AddAsync(Store store, NewAmbassador ambassador, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await db.InTransactionAsync(tx => AddAsync(tx, store, ambassador), cancel: cancel);
            }
            // Another instance took the code, the e-mail or the slug between the look and the write: the next look sees it.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    private const string UpdateStripeAccount =
        "UPDATE ambassadors SET stripe_account = @account WHERE store_id = @storeId AND id = @id";

    /// <summary>
    /// Sets where the ambassador is paid to, or null. Payouts freeze the account at their approval, so none that is under
    /// way changes its way. Returns whether there is such an ambassador.
    /// </summary>
    public async Task<bool> SetStripeAccountAsync(Store store, string id, string? account, string actor, CancellationToken cancel)
    {
        if (await db.DoAsync(UpdateStripeAccount, new { storeId = store.Id, id, account }, cancel) == 0)
        {
            return false;
        }

        // Whoever changes where money goes is on record, and the account itself stands with each payout.
        Log.StripeAccountSet(logger, store.Id, id, account is null ? "taken away" : "set", actor);
        return true;
    }

    /// <summary>From this second on the ambassador's codes and links earn nothing (rule T10).</summary>
    public Task<SuspensionStep> SuspendAsync(Store store, string id, string actor, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var now = clock.GetUtcNow();
                var args = new { storeId = store.Id, id, suspensionId = Ids.New("sus", now), at = WholeSecond.Of(now), actor };
                if (await tx.DoAsync(UpdateToSuspended, args) == 0)
                {
                    return await StepOfAsync(tx, store, id);
                }

                await tx.DoAsync(InsertSuspension, args);
                return SuspensionStep.Done;
            },
            cancel: cancel);

    /// <summary>Ends a suspension; what happened during it stays recorded.</summary>
    public Task<SuspensionStep> ReinstateAsync(Store store, string id, string actor, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var args = new { storeId = store.Id, id, at = WholeSecond.Of(clock.GetUtcNow()), actor };
                if (await tx.DoAsync(UpdateToApproved, args) == 0)
                {
                    return await StepOfAsync(tx, store, id);
                }

                await tx.DoAsync(EndSuspension, args);
                return SuspensionStep.Done;
            },
            cancel: cancel);

    private static async Task<SuspensionStep> StepOfAsync(Tx tx, Store store, string id) =>
        await tx.OneAsync<long>(Exists, new { storeId = store.Id, id }) == 0 ? SuspensionStep.Unknown : SuspensionStep.AlreadySo;

    private async Task<AddResult> AddAsync(Tx tx, Store store, NewAmbassador ambassador)
    {
        var now = clock.GetUtcNow();
        var storeId = store.Id;
        var campaignId = ambassador.CampaignId;
        if (await Joining.HoldCampaignAsync(tx, storeId, campaignId, now) is not { } campaign)
        {
            return new AddResult.CampaignUnknown();
        }

        if (campaign.HasEnded)
        {
            return new AddResult.CampaignEnded();
        }

        var codeKey = CodeKey.Of(ambassador.Code);
        var emailKey = PersonKey.OfEmail(ambassador.Email);
        if (await tx.OneAsync<long>(CountCode, new { storeId, codeKey }) > 0)
        {
            return new AddResult.CodeTaken();
        }

        if (await tx.OneAsync<long>(CountEmail, new { storeId, campaignId, emailKey }) > 0)
        {
            return new AddResult.EmailTaken();
        }

        var id = Ids.New("amb", now);
        var at = WholeSecond.Of(now);
        await Joining.WriteAsync(tx, storeId, new Newcomer(id, ambassador, keys.Hash(store, "email", emailKey), at), now);
        var code = new NewCode(id, campaignId, ambassador.Code, at, campaign.HasDiscount ? "pending" : "none");
        await Joining.WriteCodeAsync(tx, storeId, code);
        await Joining.OrderAsync(tx, storeId, campaign, code, now);
        return new AddResult.Added(id);
    }

    // By properties, not by position: SQLite has no type for a counted column when there is no row.
    private sealed record Count
    {
        public string AmbassadorId { get; init; } = "";

        public long Number { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Store {StoreId}: the Stripe account of {AmbassadorId} was {Change} by {Actor}")]
        public static partial void StripeAccountSet(ILogger logger, string storeId, string ambassadorId, string change, string actor);
    }
}
