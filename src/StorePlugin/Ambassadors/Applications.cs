// People who ask to become ambassadors: what they wrote, and who decided what on it and when.
using System.Data.Common;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Privacy;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="Name">Empty, like all that is the person's, once it has been erased.</param>
/// <param name="State"><c>applied</c>, <c>approved</c> or <c>rejected</c>.</param>
/// <param name="DecidedBy">Who approved or rejected it; null while nobody has.</param>
/// <param name="AmbassadorId">Who the person is as an ambassador, once approved.</param>
internal sealed record Application(
    string Id, string CampaignId, string Name, string Email, string? Message, string State, DateTimeOffset AppliedAt, DateTimeOffset? DecidedAt,
    string? DecidedBy, string? Reason, string? AmbassadorId, DateTimeOffset? ErasedAt);

/// <summary>What somebody wrote into the form, already checked field by field.</summary>
internal sealed record NewApplication(string Name, string Email, string? Message)
{
    public const int MessageLengthMax = 500;

    /// <summary>Whether they have said on the form that they are old enough; the store's own pages have no such form.</summary>
    public bool IsAdult { get; init; }

    /// <summary>The version of the privacy notice that stood beside the form; null where none did.</summary>
    public long? PrivacyNumber { get; init; }
}

/// <summary>What came of an approval or a rejection.</summary>
internal abstract record ApprovalResult
{
    /// <param name="Application">As it stands now.</param>
    internal sealed record Done(Application Application) : ApprovalResult;

    internal sealed record Unknown : ApprovalResult;

    /// <summary>It has been approved or rejected before.</summary>
    internal sealed record Decided : ApprovalResult;

    /// <param name="Code">The one that was tried.</param>
    internal sealed record Refused(AddResult Why, string Code) : ApprovalResult;
}

/// <summary>What came of an application.</summary>
internal enum ApplyStep
{
    /// <summary>Kept, or known before.</summary>
    Taken,

    /// <summary>As many as may wait for a decision wait for one.</summary>
    Full,

    /// <summary>The campaign takes none.</summary>
    Closed,
}

/// <summary>What came of opening a campaign to applications, or closing it.</summary>
internal enum ApplicationStep
{
    Done,
    CampaignUnknown,
    CampaignEnded,
}

internal sealed class Applications(Db db, AmbassadorDb ambassadors, TimeProvider clock)
{
    /// <summary>How many applications of one campaign may wait for a decision; beyond it the page takes no more.</summary>
    public const int WaitingMax = 2000;

    /// <summary>An application that nobody has answered for so long ends, and is erased.</summary>
    public static readonly TimeSpan UnansweredKept = TimeSpan.FromDays(90);

    private const int RaceTriesMax = 5;

    private const string ReadSetting = "SELECT applications FROM campaigns WHERE store_id = @storeId AND id = @campaignId";

    private const string Open = "UPDATE campaigns SET applications = 'open' WHERE store_id = @storeId AND id = @campaignId AND state <> 'ended'";

    private const string Close = "UPDATE campaigns SET applications = 'closed' WHERE store_id = @storeId AND id = @campaignId";

    private const string Columns =
        """
        SELECT id, campaign_id, name, email, message, state, applied_at, decided_at, decided_by, reason, ambassador_id, erased_at
        FROM applications WHERE store_id = @storeId
        """;

    private const string ReadOne = Columns + " AND id = @id";

    private const string ReadMany = Columns + " AND id > @after ORDER BY id ";

    private const string ReadManyOfState = Columns + " AND state = @state AND id > @after ORDER BY id ";

    /// <summary>Whether the campaign takes applications while it is live; null when there is no such campaign.</summary>
    public async Task<bool?> IsOpenAsync(Store store, string campaignId, CancellationToken cancel) =>
        await db.OneAsync<string>(ReadSetting, new { storeId = store.Id, campaignId }, cancel) is { } setting ? setting == "open" : null;

    public Task<ApplicationStep> SetOpenAsync(Store store, string campaignId, bool isOpen, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var args = new { storeId = store.Id, campaignId };
                return await tx.DoAsync(isOpen ? Open : Close, args) == 1 ? ApplicationStep.Done
                    : await tx.OneAsync<string>(ReadSetting, args) is null ? ApplicationStep.CampaignUnknown
                    : ApplicationStep.CampaignEnded;
            },
            cancel: cancel);

    /// <param name="state">Null for all.</param>
    public Task<IReadOnlyList<Application>> ListAsync(Store store, string? state, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<Application>((state is null ? ReadMany : ReadManyOfState) + db.Page, new { storeId = store.Id, state, after, take }, cancel);

    public Task<Application?> FindAsync(Store store, string id, CancellationToken cancel) =>
        db.OneAsync<Application>(ReadOne, new { storeId = store.Id, id }, cancel);

    private const string CountOpen =
        "SELECT CAST(COUNT(*) AS bigint) FROM campaigns WHERE store_id = @storeId AND id = @campaignId AND state = 'live' AND applications = 'open'";

    private const string CountWaiting =
        "SELECT CAST(COUNT(*) AS bigint) FROM applications WHERE store_id = @storeId AND campaign_id = @campaignId AND state = 'applied'";

    private const string CountMembers =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM ambassadors
        WHERE store_id = @storeId AND campaign_id = @campaignId AND email_key = @emailKey AND state <> 'ended'
        """;

    // The mailbox and the day of the first form stay.
    private const string Renew =
        """
        UPDATE applications SET name = @name, message = @message, adult_at = COALESCE(adult_at, @adultAt), privacy_number = COALESCE(@privacyNumber, privacy_number)
        WHERE store_id = @storeId AND campaign_id = @campaignId AND email_key = @emailKey AND state = 'applied'
        """;

    private const string Insert =
        """
        INSERT INTO applications (store_id, id, campaign_id, name, email, email_key, message, state, applied_at, adult_at, privacy_number)
        VALUES (@storeId, @id, @campaignId, @name, @email, @emailKey, @message, 'applied', @at, @adultAt, @privacyNumber)
        """;

    /// <summary>
    /// Keeps an application. Of one who waits for an answer the newest words count; of one who is an ambassador already nothing
    /// is written. Nobody is told apart by that, and the campaign's row is written in each case, so that the time of the answer
    /// says little either.
    /// </summary>
    public Task<ApplyStep> ApplyAsync(Store store, string campaignId, NewApplication application, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var now = clock.GetUtcNow();
                var storeId = store.Id;
                if (!await CampaignLife.HoldAsync(tx, storeId, campaignId)
                    || await tx.OneAsync<long>(CountOpen, new { storeId, campaignId }) == 0)
                {
                    return ApplyStep.Closed;
                }

                return await KeepAsync(tx, storeId, campaignId, application, now);
            },
            cancel: cancel);

    /// <summary>As above, in the transaction of a caller who holds the campaign and knows that it takes applications.</summary>
    public static async Task<ApplyStep> KeepAsync(Tx tx, string storeId, string campaignId, NewApplication application, DateTimeOffset now)
    {
        if (await tx.OneAsync<long>(CountWaiting, new { storeId, campaignId }) >= WaitingMax)
        {
            return ApplyStep.Full;
        }

        var args = new
        {
            storeId,
            id = Ids.New("app", now),
            campaignId,
            name = application.Name,
            email = application.Email,
            emailKey = PersonKey.OfEmail(application.Email),
            message = application.Message,
            at = WholeSecond.Of(now),
            adultAt = application.IsAdult ? (DateTimeOffset?)now : null,
            privacyNumber = application.PrivacyNumber,
        };
        if (await tx.DoAsync(Renew, args) == 0 && await tx.OneAsync<long>(CountMembers, args) == 0)
        {
            await tx.DoAsync(Insert, args);
        }

        return ApplyStep.Taken;
    }

    private const string FindWaiting =
        "SELECT id FROM applications WHERE store_id = @storeId AND campaign_id = @campaignId AND email_key = @emailKey AND state = 'applied'";

    /// <summary>The application of a mailbox that waits for a decision; null where there is none.</summary>
    public Task<string?> FindWaitingAsync(Store store, string campaignId, string emailKey, CancellationToken cancel) =>
        db.OneAsync<string>(FindWaiting, new { storeId = store.Id, campaignId, emailKey }, cancel);

    /// <summary>As above, in the caller's transaction.</summary>
    public static Task<string?> FindWaitingAsync(Tx tx, string storeId, string campaignId, string emailKey) =>
        tx.OneAsync<string>(FindWaiting, new { storeId, campaignId, emailKey });

    /// <summary>Approves what waits of somebody who has become an ambassador in another way meanwhile.</summary>
    public static async Task SettleAsync(Tx tx, string storeId, string campaignId, string emailKey, string ambassadorId, string actor, DateTimeOffset now)
    {
        if (await FindWaitingAsync(tx, storeId, campaignId, emailKey) is { } id)
        {
            await CarryAsync(tx, storeId, id, ambassadorId);
            await tx.DoAsync(Approve, new { storeId, id, actor, reason = (string?)null, ambassadorId, now });
        }
    }

    private const string ReadOpen =
        "SELECT id FROM campaigns WHERE store_id = @storeId AND state = 'live' AND applications = 'open' ORDER BY launched_at DESC, id DESC ";

    /// <summary>The live campaign that takes applications, of several the one launched last; null where there is none.</summary>
    public Task<string?> FindOpenAsync(Store store, CancellationToken cancel) => db.OneAsync<string>(ReadOpen + db.Page, new { storeId = store.Id, take = 1L }, cancel);

    /// <summary>Makes the person an ambassador, in the same way as one who is added, and keeps who decided it.</summary>
    /// <param name="code">Null: one is made of the name.</param>
    public async Task<ApprovalResult> ApproveAsync(Store store, string id, string? code, string actor, string? reason, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await db.InTransactionAsync(tx => ApproveAsync(tx, store, id, code, actor, reason), cancel: cancel);
            }
            // Another campaign's ambassador took the code or the slug between the look and the write: the next look sees it.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    private const string Reject =
        """
        UPDATE applications SET state = 'rejected', decided_at = @now, decided_by = @actor, reason = @reason
        WHERE store_id = @storeId AND id = @id AND state = 'applied'
        """;

    public Task<ApprovalResult> RejectAsync(Store store, string id, string actor, string reason, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var isDone = await tx.DoAsync(Reject, new { storeId = store.Id, id, actor, reason, now = clock.GetUtcNow() }) == 1;
                return await tx.OneAsync<Application>(ReadOne, new { storeId = store.Id, id }) is not { } application ? new ApprovalResult.Unknown()
                    : isDone ? new ApprovalResult.Done(application)
                    : (ApprovalResult)new ApprovalResult.Decided();
            },
            cancel: cancel);

    // Changes nothing, but of two who decide at once the second sees what the first has done.
    private const string HoldWaiting = "UPDATE applications SET state = state WHERE store_id = @storeId AND id = @id AND state = 'applied'";

    // The ambassador has name and address from now on; kept twice, they would be forgotten here when they are erased there.
    private const string Approve =
        """
        UPDATE applications SET state = 'approved', decided_at = @now, decided_by = @actor, reason = @reason, ambassador_id = @ambassadorId,
            name = '', email = '', email_key = '', message = NULL, erased_at = @now
        WHERE store_id = @storeId AND id = @id AND state = 'applied'
        """;

    private const string ReadSaid = "SELECT adult_at, privacy_number, applied_at FROM applications WHERE store_id = @storeId AND id = @id";

    /// <summary>What the applicant has said and seen on the form is the ambassador's from now on.</summary>
    private static async Task CarryAsync(Tx tx, string storeId, string id, string ambassadorId)
    {
        if (await tx.OneAsync<Said>(ReadSaid, new { storeId, id }) is not { } said)
        {
            return;
        }

        if (said.AdultAt is { } adultAt)
        {
            await Profiles.ConfirmAgeAsync(tx, storeId, ambassadorId, adultAt, "application");
        }

        if (said.PrivacyNumber is { } number)
        {
            await PrivacyNotices.NoteSeenAsync(tx, storeId, ambassadorId, number, said.AppliedAt);
        }
    }

    private async Task<ApprovalResult> ApproveAsync(Tx tx, Store store, string id, string? code, string actor, string? reason)
    {
        var storeId = store.Id;
        var isWaiting = await tx.DoAsync(HoldWaiting, new { storeId, id }) == 1;
        if (await tx.OneAsync<Application>(ReadOne, new { storeId, id }) is not { } application)
        {
            return new ApprovalResult.Unknown();
        }

        if (!isWaiting)
        {
            return new ApprovalResult.Decided();
        }

        var given = code ?? await ProposeAsync(tx, storeId, application.Name);
        var person = new NewAmbassador(application.Name, application.Email, application.CampaignId, given, StripeAccount: null);
        var result = await ambassadors.AddAsync(tx, store, person, new Approval(actor, reason, application.AppliedAt));
        if (result is not AddResult.Added { Id: var ambassadorId })
        {
            return new ApprovalResult.Refused(result, given);
        }

        await CarryAsync(tx, storeId, id, ambassadorId);
        await tx.DoAsync(Approve, new { storeId, id, actor, reason, ambassadorId, now = clock.GetUtcNow() });
        return new ApprovalResult.Done((await tx.OneAsync<Application>(ReadOne, new { storeId, id }))!);
    }

    /// <summary>A code for somebody who was given none: made of the name, and free in the store.</summary>
    public static async Task<string> ProposeAsync(Tx tx, string storeId, string name)
    {
        var stem = ProposedCode.StemOf(name);
        var taken = await tx.ManyAsync<string>(Joining.ReadCodesLike, Joining.CodesLike(storeId, stem));
        return ProposedCode.Free(stem, taken.ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>The same to be shown: an approval that comes later may have to take another one.</summary>
    public async Task<string> ProposeAsync(Store store, string name, CancellationToken cancel)
    {
        var stem = ProposedCode.StemOf(name);
        var taken = await db.ManyAsync<string>(Joining.ReadCodesLike, Joining.CodesLike(store.Id, stem), cancel);
        return ProposedCode.Free(stem, taken.ToHashSet(StringComparer.Ordinal));
    }

    private sealed record Said(DateTimeOffset? AdultAt, long? PrivacyNumber, DateTimeOffset AppliedAt);
}
