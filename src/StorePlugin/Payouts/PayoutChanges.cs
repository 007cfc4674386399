// Changes of where a payee's money goes: written down, asked about by mail, and confirmed by the payee or a person of the store.
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

/// <summary>What was changed.</summary>
internal static class PayoutChangeKind
{
    /// <summary>Another Stripe account.</summary>
    public const string StripeAccount = "stripe_account";

    /// <summary>Another bank account behind the same Stripe account.</summary>
    public const string BankAccount = "bank_account";

    /// <summary>A method that the payee has named, or taken away.</summary>
    public const string Method = "method";

    /// <summary>Not the destination, but the mailbox by which it is confirmed. Both addresses have confirmed it before it was written.</summary>
    public const string Address = "address";
}

/// <summary>What a change waits for.</summary>
internal static class PayoutChangeState
{
    /// <summary>For nothing: a first way, and one that was taken away.</summary>
    public const string Noted = "noted";

    /// <summary>For the payee's word.</summary>
    public const string Asked = "asked";

    public const string Confirmed = "confirmed";

    /// <summary>For nothing: a later change is asked about in its place.</summary>
    public const string Replaced = "replaced";

    /// <summary>For a person of the store: the payee says that it was not theirs.</summary>
    public const string Refused = "refused";

    /// <summary>For another destination: a person of the store says that it was not the payee's.</summary>
    public const string Revoked = "revoked";
}

/// <summary>A change, with masked ends and what was said about it.</summary>
/// <param name="Kind">One of <see cref="PayoutChangeKind"/>.</param>
/// <param name="State">One of <see cref="PayoutChangeState"/>.</param>
/// <param name="Decision">What a person of the store has said, <c>confirmed</c> or <c>revoked</c>; null where nobody has.</param>
internal sealed record PayoutChange(
    string Id, string AmbassadorId, string Kind, DateTimeOffset At, string Actor, string? BeforeMasked, string? AfterMasked, string State,
    DateTimeOffset? ConfirmedAt, DateTimeOffset? RefusedAt, string? Decision, DateTimeOffset? DecidedAt, string? DecidedBy, string? DecisionReason);

/// <summary>A change that is being made.</summary>
/// <param name="Before">Masked; null: nothing.</param>
/// <param name="After">As above.</param>
internal sealed record NewPayoutChange(string AmbassadorId, string Kind, string? Before, string? After, string Actor);

/// <summary>What came of a word about a change.</summary>
internal enum ChangeStep
{
    Done,
    Unknown,

    /// <summary>Nothing is asked any more: it was said before, or something else was changed since.</summary>
    Settled,
}

/// <summary>
/// The table <c>payout_changes</c>. The newest change of the destination is the one that is asked about, since it says where the money
/// goes. One that the payee has refused holds their payouts whatever was changed since, until a person of the store has looked.
/// </summary>
internal sealed partial class PayoutChanges(Db db, TimeProvider clock, ILogger<PayoutChanges> logger)
{
    /// <summary>The actor of what was found at Stripe.</summary>
    public const string Stripe = "Stripe";

    /// <summary>The actor of what a payee did, signed in to the portal.</summary>
    public const string Payee = "ambassador";

    /// <summary>What every change's id begins with.</summary>
    public const string IdPrefix = "chg";

    private const int MaskLengthMax = 120;

    private const string Insert =
        """
        INSERT INTO payout_changes (store_id, id, ambassador_id, kind, at, actor, before_masked, after_masked, state, confirmed_at)
        VALUES (@storeId, @id, @ambassadorId, @kind, @now, @actor, @before, @after, @state, @confirmedAt)
        """;

    // What an address confirms is no destination, nor the other way round.
    private const string Replace =
        """
        UPDATE payout_changes SET state = 'replaced'
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND state IN ('asked', 'revoked')
            AND CASE WHEN kind = 'address' THEN 1 ELSE 0 END = CASE WHEN @kind = 'address' THEN 1 ELSE 0 END
        """;

    /// <summary>Writes a change down that nothing is asked about: the first way ever, and one that was taken away.</summary>
    public static Task NoteAsync(Tx tx, string storeId, NewPayoutChange change, DateTimeOffset now) =>
        WriteAsync(tx, storeId, Ids.New(IdPrefix, now), change, PayoutChangeState.Noted, now);

    /// <summary>Writes a change down, begins the days in which nothing is paid, and asks the payee by mail, in the transaction that changes it.</summary>
    /// <param name="why">What was changed, as a sentence.</param>
    public static async Task AskAsync(Tx tx, string storeId, NewPayoutChange change, string why, DateTimeOffset now)
    {
        await DestinationHold.BeginAsync(tx, storeId, change.AmbassadorId, why, now);
        await tx.DoAsync(Replace, new { storeId, ambassadorId = change.AmbassadorId, kind = change.Kind });
        var id = Ids.New(IdPrefix, now);
        await WriteAsync(tx, storeId, id, change, PayoutChangeState.Asked, now);
        await new MailNotice(MailNotice.DestinationChanged, change.AmbassadorId, Change: id).AddAsync(tx, storeId, now);
    }

    /// <summary>Writes a change of the address down, which was confirmed before it was made, and begins the days in which nothing is paid.</summary>
    /// <param name="why">As above.</param>
    public static async Task AddressAsync(Tx tx, string storeId, NewPayoutChange change, string why, DateTimeOffset now)
    {
        await DestinationHold.BeginAsync(tx, storeId, change.AmbassadorId, why, now);
        await tx.DoAsync(Replace, new { storeId, ambassadorId = change.AmbassadorId, kind = change.Kind });
        await WriteAsync(tx, storeId, Ids.New(IdPrefix, now), change, PayoutChangeState.Confirmed, now);
    }

    private static Task<int> WriteAsync(Tx tx, string storeId, string id, NewPayoutChange change, string state, DateTimeOffset now) => tx.DoAsync(
        Insert,
        new
        {
            storeId,
            id,
            ambassadorId = change.AmbassadorId,
            kind = change.Kind,
            actor = change.Actor,
            before = Fit(change.Before),
            after = Fit(change.After),
            state,
            confirmedAt = state == PayoutChangeState.Confirmed ? now : (DateTimeOffset?)null,
            now,
        });

    private static string? Fit(string? mask) => mask is { Length: > MaskLengthMax } ? mask[..MaskLengthMax] : mask;

    private const string Columns =
        """
        SELECT id, ambassador_id, kind, at, actor, before_masked, after_masked, state, confirmed_at, refused_at, decision, decided_at, decided_by, decision_reason
        FROM payout_changes
        """;

    private const string ReadOne = Columns + " WHERE store_id = @storeId AND id = @id";

    private const string ReadMany = Columns + " WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND id > @after ORDER BY id ";

    public Task<PayoutChange?> FindAsync(Store store, string id, CancellationToken cancel) =>
        db.OneAsync<PayoutChange>(ReadOne, new { storeId = store.Id, id }, cancel);

    public Task<IReadOnlyList<PayoutChange>> ListAsync(Store store, string ambassadorId, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<PayoutChange>(ReadMany + db.Page, new { storeId = store.Id, ambassadorId, after, take }, cancel);

    private const string ReadOpen =
        "SELECT state FROM payout_changes WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND state IN ('asked', 'refused', 'revoked') ORDER BY state DESC ";

    /// <summary>What holds the payouts of an ambassador, one of <see cref="PayoutChangeState"/>; null where no change does.</summary>
    public Task<string?> FindOpenAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        db.OneAsync<string>(ReadOpen + db.Page, new { storeId = store.Id, ambassadorId, take = 1L }, cancel);

    private const string Confirm =
        "UPDATE payout_changes SET state = 'confirmed', confirmed_at = @now WHERE store_id = @storeId AND id = @id AND state = 'asked'";

    /// <summary>The payee says that it was them. The link is used up with it.</summary>
    public Task<ChangeStep> ConfirmAsync(ChangeLink link, CancellationToken cancel) => SayAsync(link, Confirm, PayoutChangeState.Confirmed, isLast: false, cancel);

    // Whoever has confirmed by mistake, or whose mailbox somebody else has used, may still say no; what the store has decided stands.
    private const string Refuse =
        """
        UPDATE payout_changes SET state = 'refused', refused_at = @now
        WHERE store_id = @storeId AND id = @id AND state IN ('asked', 'confirmed', 'replaced') AND decision IS NULL
        """;

    /// <summary>The payee says that it was not them: nothing is paid until a person of the store has decided.</summary>
    public Task<ChangeStep> RefuseAsync(ChangeLink link, CancellationToken cancel) => SayAsync(link, Refuse, PayoutChangeState.Refused, isLast: true, cancel);

    private const string RefuseAddress =
        """
        UPDATE payout_changes SET state = 'refused', refused_at = @now
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND kind = 'address' AND at = @at AND state IN ('confirmed', 'replaced') AND decision IS NULL
        """;

    /// <summary>The address of before says that a change of the address was not theirs, after it was made.</summary>
    /// <param name="at">When it was made.</param>
    public static Task<int> RefuseAddressAsync(Tx tx, string storeId, string ambassadorId, DateTimeOffset at, DateTimeOffset now) =>
        tx.DoAsync(RefuseAddress, new { storeId, ambassadorId, at, now });

    private async Task<ChangeStep> SayAsync(ChangeLink link, string word, string state, bool isLast, CancellationToken cancel)
    {
        var args = new { storeId = link.Store.Id, id = link.ChangeId, now = clock.GetUtcNow() };
        var step = await db.InTransactionAsync(
            async tx => (await ChangeLinks.UseAsync(tx, link, args.now) == 1 || isLast) && await tx.DoAsync(word, args) == 1 ? ChangeStep.Done : ChangeStep.Settled,
            cancel: cancel);
        if (step == ChangeStep.Done)
        {
            Log.Said(logger, args.id, args.storeId, state, "mail");
        }

        return step;
    }

    private const string DecideConfirmed =
        """
        UPDATE payout_changes SET state = 'confirmed', confirmed_at = COALESCE(confirmed_at, @now), decision = 'confirmed', decided_at = @now, decided_by = @by, decision_reason = @reason
        WHERE store_id = @storeId AND id = @id AND ambassador_id = @ambassadorId AND state IN ('asked', 'refused', 'revoked')
        """;

    // Where something else was changed since, that is what is asked about, and this one holds nothing any more.
    private const string DecideRevoked =
        """
        UPDATE payout_changes SET decision = 'revoked', decided_at = @now, decided_by = @by, decision_reason = @reason,
            state = CASE WHEN EXISTS (SELECT 1 FROM payout_changes n WHERE n.store_id = payout_changes.store_id AND n.ambassador_id = @ambassadorId
                AND n.id <> @id AND n.at > payout_changes.at AND n.state IN ('asked', 'confirmed')
                AND CASE WHEN n.kind = 'address' THEN 1 ELSE 0 END = CASE WHEN payout_changes.kind = 'address' THEN 1 ELSE 0 END)
                THEN 'replaced' ELSE 'revoked' END
        WHERE store_id = @storeId AND id = @id AND ambassador_id = @ambassadorId AND state IN ('asked', 'confirmed', 'refused')
        """;

    /// <summary>A person of the store says whose change it was: where the payee has said no, or cannot be reached by mail.</summary>
    /// <param name="decision"><see cref="PayoutChangeState.Confirmed"/> or <see cref="PayoutChangeState.Revoked"/>.</param>
    public async Task<ChangeStep> DecideAsync(Store store, string ambassadorId, string id, string decision, string by, string reason, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, id, ambassadorId, by, reason, now = clock.GetUtcNow() };
        if (await db.DoAsync(decision == PayoutChangeState.Confirmed ? DecideConfirmed : DecideRevoked, args, cancel) == 1)
        {
            Log.Said(logger, id, store.Id, decision, by);
            return ChangeStep.Done;
        }

        return await FindAsync(store, id, cancel) is { } change && change.AmbassadorId == ambassadorId ? ChangeStep.Settled : ChangeStep.Unknown;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The payout change {ChangeId} of store {StoreId} is {State}, by {Actor}")]
        public static partial void Said(ILogger logger, string changeId, string storeId, string state, string actor);
    }
}
