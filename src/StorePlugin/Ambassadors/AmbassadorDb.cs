// Ambassadors with their codes and links: added, and listed with what they earned.
using System.Data.Common;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="State"><c>approved</c>, <c>suspended</c> or <c>ended</c>.</param>
/// <param name="EndedAt">Since when they have left; null while they have not.</param>
/// <param name="GroupName">The group that they are in now; null outside of all.</param>
/// <param name="Code">In the spelling it was given in.</param>
/// <param name="DiscountState"><c>none</c>, <c>pending</c>, <c>created</c> or <c>refused</c>.</param>
internal sealed record Ambassador(
    string Id, string CampaignId, string Name, string Email, string State, string? StripeAccount, DateTimeOffset ApprovedAt,
    DateTimeOffset? SuspendedAt, DateTimeOffset? EndedAt, DateTimeOffset CreatedAt, string? GroupName, string Code, string DiscountState, string? DiscountProblem,
    string Slug);

/// <summary>Who is to be added, already checked field by field.</summary>
/// <param name="Code">Empty only where one is to be made of the name.</param>
internal sealed record NewAmbassador(string Name, string Email, string CampaignId, string Code, string? StripeAccount);

/// <param name="Actor">Who says that the person is an ambassador from now on.</param>
/// <param name="AppliedAt">When the person asked for it; null for one who did not.</param>
internal sealed record Approval(string Actor, string? Reason = null, DateTimeOffset? AppliedAt = null);

/// <summary>How much there is of an ambassador's.</summary>
/// <param name="UniqueClicks">Those that were the first of their day by the same visitor.</param>
/// <param name="Orders">Credited ones, with those reversed since.</param>
internal sealed record Counts(long Clicks, long UniqueClicks, long Orders);

/// <summary>What came of adding an ambassador.</summary>
internal abstract record AddResult
{
    internal sealed record Added(string Id) : AddResult;

    internal sealed record CodeTaken : AddResult;

    /// <summary>The campaign has an ambassador with this e-mail, who has not left.</summary>
    internal sealed record EmailTaken : AddResult;

    internal sealed record CampaignUnknown : AddResult;

    internal sealed record CampaignEnded : AddResult;
}

internal sealed partial class AmbassadorDb(Db db, StoreKeys keys, TimeProvider clock, ILogger<AmbassadorDb> logger)
{
    private const int RaceTriesMax = 5;

    // Of several codes the oldest live one is shown; where none is live, the oldest of those that were.
    private const string Columns =
        """
        SELECT a.id, a.campaign_id, a.name, a.email, a.state, a.stripe_account, a.approved_at, a.suspended_at, e.at AS ended_at, a.created_at,
            g.group_name, c.code, c.discount_state, c.discount_problem, l.slug
        FROM ambassadors a
        JOIN codes c ON c.store_id = a.store_id AND c.ambassador_id = a.id
            AND NOT EXISTS (SELECT 1 FROM codes k WHERE k.store_id = a.store_id AND k.ambassador_id = a.id
                AND ((k.ended_at IS NULL AND c.ended_at IS NOT NULL)
                    OR (((k.ended_at IS NULL AND c.ended_at IS NULL) OR (k.ended_at IS NOT NULL AND c.ended_at IS NOT NULL))
                        AND (k.assigned_at < c.assigned_at OR (k.assigned_at = c.assigned_at AND k.code_key < c.code_key)))))
        JOIN link_slugs l ON l.store_id = a.store_id AND l.ambassador_id = a.id
            AND l.slug_key = (SELECT MIN(s.slug_key) FROM link_slugs s WHERE s.store_id = a.store_id AND s.ambassador_id = a.id)
        LEFT JOIN ambassador_states e ON e.store_id = a.store_id AND e.ambassador_id = a.id AND a.state = 'ended'
            AND e.number = (SELECT MAX(n.number) FROM ambassador_states n WHERE n.store_id = a.store_id AND n.ambassador_id = a.id)
        LEFT JOIN group_memberships g ON g.store_id = a.store_id AND g.ambassador_id = a.id
            AND g.number = (SELECT MAX(m.number) FROM group_memberships m WHERE m.store_id = a.store_id AND m.ambassador_id = a.id)
        WHERE a.store_id = @storeId
        """;

    private const string ReadOne = Columns + " AND a.id = @id";

    private const string ReadMany = Columns + " AND a.id > @after ORDER BY a.id ";

    private const string ReadManyOfGroup = Columns + " AND g.group_key = @groupKey AND a.id > @after ORDER BY a.id ";

    private const string Exists = "SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND id = @id";

    private const string CountCode =
        """
        SELECT (SELECT CAST(COUNT(*) AS bigint) FROM codes WHERE store_id = @storeId AND code_key = @codeKey)
            + (SELECT CAST(COUNT(*) AS bigint) FROM series_codes WHERE store_id = @storeId AND code_key = @codeKey)
        """;

    private const string FindByEmail =
        "SELECT id, state FROM ambassadors WHERE store_id = @storeId AND campaign_id = @campaignId AND email_key = @emailKey";

    private const string UpdateToReturned =
        """
        UPDATE ambassadors SET state = 'approved', name = @name, email = @email, stripe_account = COALESCE(@account, stripe_account)
        WHERE store_id = @storeId AND id = @id AND state = 'ended'
        """;

    // From the ambassadors, so that there are always rows: on SQLite an aggregate over no rows has no type.
    private const string CountClicks =
        """
        SELECT a.id AS ambassador_id,
            (SELECT CAST(COUNT(*) AS bigint) FROM clicks c WHERE c.store_id = a.store_id AND c.ambassador_id = a.id) AS number
        FROM ambassadors a WHERE a.store_id = @storeId AND a.id IN @ids
        """;

    private const string CountUniqueClicks =
        """
        SELECT a.id AS ambassador_id,
            (SELECT CAST(COUNT(*) AS bigint) FROM clicks c WHERE c.store_id = a.store_id AND c.ambassador_id = a.id AND c.visit = 'first') AS number
        FROM ambassadors a WHERE a.store_id = @storeId AND a.id IN @ids
        """;

    private const string CountOrders =
        """
        SELECT a.id AS ambassador_id,
            (SELECT CAST(COUNT(*) AS bigint) FROM orders o
             WHERE o.store_id = a.store_id AND o.ambassador_id = a.id AND o.state NOT IN ('parked', 'uncredited')) AS number
        FROM ambassadors a WHERE a.store_id = @storeId AND a.id IN @ids
        """;

    /// <param name="groupKey">Of the group that they are in now; null for all.</param>
    public Task<IReadOnlyList<Ambassador>> ListAsync(Store store, string? groupKey, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<Ambassador>((groupKey is null ? ReadMany : ReadManyOfGroup) + db.Page, new { storeId = store.Id, groupKey, after, take }, cancel);

    public Task<Ambassador?> FindAsync(Store store, string id, CancellationToken cancel) =>
        db.OneAsync<Ambassador>(ReadOne, new { storeId = store.Id, id }, cancel);

    public async Task<bool> ExistsAsync(Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<long>(Exists, new { storeId = store.Id, id }, cancel) > 0;

    /// <summary>The clicks and orders of each of these ambassadors, by their ids.</summary>
    public async Task<IReadOnlyDictionary<string, Counts>> CountAsync(Store store, IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        var clicks = await CountAsync(CountClicks);
        var unique = await CountAsync(CountUniqueClicks);
        var orders = await CountAsync(CountOrders);
        return ids.ToDictionary(
            id => id, id => new Counts(clicks.GetValueOrDefault(id), unique.GetValueOrDefault(id), orders.GetValueOrDefault(id)), StringComparer.Ordinal);

        async Task<Dictionary<string, long>> CountAsync(string sql) =>
            (await db.ManyAsync<Count>(sql, new { storeId = store.Id, ids }, cancel)).ToDictionary(row => row.AmbassadorId, row => row.Number, StringComparer.Ordinal);
    }

    /// <summary>
    /// Adds an ambassador, approved at once, with the code, the link, and, where the campaign is launched, the order for
    /// the discount: all of it or nothing. One who had left comes back, with a new code: the codes of before stay ended. Where no
    /// code is given, one is made of the name.
    /// </summary>
    public async Task<AddResult> AddAsync(Store store, NewAmbassador ambassador, Approval approval, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await db.InTransactionAsync(
                    async tx => await AddAsync(tx, store, await WithCodeAsync(tx, store.Id, ambassador), approval), cancel: cancel);
            }
            // Another instance took the code, the e-mail or the slug between the look and the write: the next look sees it.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    private static async Task<NewAmbassador> WithCodeAsync(Tx tx, string storeId, NewAmbassador ambassador) =>
        ambassador.Code.Length > 0 ? ambassador : ambassador with { Code = await Applications.ProposeAsync(tx, storeId, ambassador.Name) };

    private const string ReadStripeAccount = "SELECT stripe_account FROM ambassadors WHERE store_id = @storeId AND id = @id";

    private const string UpdateStripeAccount =
        "UPDATE ambassadors SET stripe_account = @account WHERE store_id = @storeId AND id = @id";

    /// <summary>
    /// Sets where the ambassador is paid to, or null. Payouts freeze the account at their approval, so none that is under
    /// way changes its way; later ones wait for some days. Returns whether there is such an ambassador.
    /// </summary>
    public async Task<bool> SetStripeAccountAsync(Store store, string id, string? account, string actor, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, id, account };
        var isSet = await db.InTransactionAsync(
            async tx =>
            {
                var before = await tx.OneAsync<string?>(ReadStripeAccount, args);
                if (await tx.DoAsync(UpdateStripeAccount, args) == 0)
                {
                    return false;
                }

                await DestinationChanges.AccountAsync(tx, store.Id, id, before, account, actor, clock.GetUtcNow());
                return true;
            },
            cancel: cancel);
        if (!isSet)
        {
            return false;
        }

        // Whoever changes where money goes is on record, and the account itself stands with each payout.
        Log.StripeAccountSet(logger, store.Id, id, account is null ? "taken away" : "set", actor);
        return true;
    }

    /// <summary>As above, in the caller's transaction: a unique key that is violated there is the caller's to try again.</summary>
    public async Task<AddResult> AddAsync(Tx tx, Store store, NewAmbassador ambassador, Approval approval)
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

        var before = await tx.OneAsync<Person>(FindByEmail, new { storeId, campaignId, emailKey });
        if (before is not (null or { State: "ended" }))
        {
            return new AddResult.EmailTaken();
        }

        var at = WholeSecond.Of(now);
        var id = before?.Id ?? Ids.New("amb", now);
        var personHash = keys.Hash(store, "email", emailKey);
        if (before is null)
        {
            await Joining.WriteAsync(tx, storeId, new Newcomer(id, ambassador, personHash, at, approval), now);
        }
        else
        {
            await ReturnAsync(tx, storeId, id, ambassador, approval, at);
            await Invitations.JoinAsync(tx, storeId, campaignId, personHash, now);
        }

        var code = new NewCode(id, campaignId, ambassador.Code, at, campaign.HasDiscount ? "pending" : "none");
        await Joining.WriteCodeAsync(tx, storeId, code);
        await Joining.OrderAsync(tx, storeId, campaign, code, now);
        await Revival.ReviveAsync(tx, store, personHash, id, at, approval.Actor, now);
        return new AddResult.Added(id);
    }

    private const string ReadNewestInstant =
        """
        SELECT at FROM ambassador_states WHERE store_id = @storeId AND ambassador_id = @id
            AND number = (SELECT MAX(number) FROM ambassador_states WHERE store_id = @storeId AND ambassador_id = @id)
        """;

    // The first approval stays the one that orders of before the leaving are judged by; this one is among the states.
    private async Task ReturnAsync(Tx tx, string storeId, string id, NewAmbassador person, Approval approval, DateTimeOffset at)
    {
        var account = await tx.OneAsync<string?>(ReadStripeAccount, new { storeId, id });
        await tx.DoAsync(UpdateToReturned, new { storeId, id, name = person.Name, email = person.Email, account = person.StripeAccount });
        await DestinationChanges.AccountAsync(tx, storeId, id, account, person.StripeAccount ?? account, approval.Actor, clock.GetUtcNow());

        // One from before the leaving belongs to the time before: no instant lies before that of a lesser number.
        if (approval.AppliedAt is { } appliedAt && appliedAt >= await tx.OneAsync<DateTimeOffset>(ReadNewestInstant, new { storeId, id }))
        {
            await AmbassadorLife.RecordAsync(tx, storeId, id, "applied", appliedAt, Joining.Applicant, reason: null);
        }

        await AmbassadorLife.RecordAsync(tx, storeId, id, "approved", at, approval.Actor, approval.Reason);
        if (person.StripeAccount is not null)
        {
            Log.StripeAccountSet(logger, storeId, id, "set", approval.Actor);
        }
    }

    private sealed record Person(string Id, string State);

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
