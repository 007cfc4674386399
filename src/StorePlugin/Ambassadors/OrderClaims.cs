// Orders that an ambassador misses among their own: told once, seen by the store's people with their age, and credited or declined with a reason.
using System.Globalization;
using System.Text;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="Reference">The order's number, as the ambassador has read it.</param>
/// <param name="Text">A line of the ambassador's; null where they wrote none, or it has had its time.</param>
/// <param name="State"><c>open</c>, <c>credited</c> or <c>declined</c>.</param>
/// <param name="Reason">Why it was decided so; the ambassador reads it.</param>
/// <param name="OrderId">The platform's id of the order that was credited.</param>
internal sealed record OrderClaim(
    string Id, string AmbassadorId, string Reference, DateOnly Day, string? Text, string State, DateTimeOffset ClaimedAt, DateTimeOffset? DecidedAt, string? DecidedBy,
    string? Reason, string? OrderId)
{
    public const string Open = "open";
    public const string Credited = "credited";

    /// <summary>Says nothing, so that no log line can hold what a person wrote.</summary>
    public override string ToString() => nameof(OrderClaim);
}

/// <summary>What an ambassador tells of an order, checked field by field.</summary>
internal sealed record NewClaim(string Reference, DateOnly Day, string? Text)
{
    public const int ReferenceLengthMax = 40;
    public const int TextLengthMax = 500;

    /// <summary>The number without the sign before it and without its spelling, in capitals as the invariant culture has them.</summary>
    public string Key => KeyOf(Reference);

    public static string KeyOf(string reference) => reference.TrimStart('#', ' ').ToUpperInvariant();

    public override string ToString() => nameof(NewClaim);
}

/// <summary>What came of telling.</summary>
internal enum ClaimStep
{
    /// <summary>Kept, or known before.</summary>
    Done,
    TooMany,
    AmbassadorUnknown,
}

/// <summary>What came of deciding a claim.</summary>
internal abstract record ClaimDecision
{
    internal sealed record Done : ClaimDecision;

    internal sealed record Unknown : ClaimDecision;

    /// <summary>It was decided before.</summary>
    internal sealed record Settled : ClaimDecision;

    /// <summary>The order could not be credited, and why; nothing was changed.</summary>
    internal sealed record Refused(DecisionStep Why) : ClaimDecision;
}

/// <summary>
/// Nothing here looks an order up for the ambassador: the answer is the same whether there is such an order or not, and whoever
/// brought it. What is credited is credited by the override of rule T1, and nothing of this file writes to the ledger.
/// </summary>
internal sealed class OrderClaims(Db db, StoreKeys keys, DecideOrder orders, TimeProvider clock)
{
    /// <summary>So many claims of one ambassador may wait at a time.</summary>
    public const int OpenMax = 10;

    /// <summary>Orders that are older than this many days are not told of any more.</summary>
    public const int DaysBackMax = 365;

    public const int ReasonLengthMax = 200;

    /// <summary>Begins a list at its newest claim: no id lies behind it.</summary>
    public const string Newest = "\uFFFF";

    private const string Columns =
        """
        SELECT id, ambassador_id, reference, ordered_day, sealed, state, claimed_at, decided_at, decided_by, reason, order_id
        FROM order_claims WHERE store_id = @storeId
        """;

    private const string ReadOfAmbassador = Columns + " AND ambassador_id = @ambassadorId AND id < @before ORDER BY id DESC ";

    /// <summary>An ambassador's, the newest first.</summary>
    public async Task<IReadOnlyList<OrderClaim>> ListAsync(Store store, string ambassadorId, string before, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>(ReadOfAmbassador + db.Page, new { storeId = store.Id, ambassadorId, before, take }, cancel)).Select(row => Open(store, row))];

    private const string ReadAllOfAmbassador = Columns + " AND ambassador_id = @ambassadorId ORDER BY id";

    /// <summary>All of an ambassador's, the oldest first, within a transaction of the caller's.</summary>
    public static async Task<IReadOnlyList<OrderClaim>> ListAsync(Tx tx, StoreKeys keys, Store store, string ambassadorId) =>
        [.. (await tx.ManyAsync<Row>(ReadAllOfAmbassador, new { storeId = store.Id, ambassadorId })).Select(row => Open(keys, store, row))];

    private const string ReadMany = Columns + " AND state = @state AND id > @after ORDER BY id ";

    /// <summary>Those of a store that wait, the oldest first.</summary>
    public Task<IReadOnlyList<OrderClaim>> ListWaitingAsync(Store store, string after, long take, CancellationToken cancel) =>
        ListOfStateAsync(store, OrderClaim.Open, after, take, cancel);

    /// <summary>Those of a store in one state, the oldest first.</summary>
    public async Task<IReadOnlyList<OrderClaim>> ListOfStateAsync(Store store, string state, string after, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>(ReadMany + db.Page, new { storeId = store.Id, state, after, take }, cancel)).Select(row => Open(store, row))];

    private const string ReadDecided = Columns + " AND state = @state AND id < @before ORDER BY id DESC ";

    /// <summary>Those of a store that were decided so, the newest first.</summary>
    public async Task<IReadOnlyList<OrderClaim>> ListDecidedAsync(Store store, string state, string before, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>(ReadDecided + db.Page, new { storeId = store.Id, state, before, take }, cancel)).Select(row => Open(store, row))];

    private const string ReadOne = Columns + " AND id = @id";

    public async Task<OrderClaim?> FindAsync(Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<Row>(ReadOne, new { storeId = store.Id, id }, cancel) is { } row ? Open(store, row) : null;

    private const string CountWaiting =
        "SELECT CAST(COUNT(*) AS bigint) AS waiting, COALESCE(MIN(claimed_at), 0) AS oldest_ms FROM order_claims WHERE store_id = @storeId AND state = 'open'";

    /// <summary>How many claims wait, and since when the oldest does; null where none waits.</summary>
    public async Task<(long Waiting, DateTimeOffset Oldest)?> WaitingAsync(Store store, CancellationToken cancel) =>
        await db.OneAsync<WaitingRow>(CountWaiting, new { storeId = store.Id }, cancel) is { Waiting: > 0 } row
            ? (row.Waiting, DateTimeOffset.FromUnixTimeMilliseconds(row.OldestMs))
            : null;

    private const string CountOpen =
        "SELECT CAST(COUNT(*) AS bigint) FROM order_claims WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND state = 'open'";

    private const string CountSame =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM order_claims
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND reference_key = @key AND state = 'open'
        """;

    private const string Insert =
        """
        INSERT INTO order_claims (store_id, id, ambassador_id, reference, reference_key, ordered_day, sealed, state, claimed_at)
        VALUES (@storeId, @id, @ambassadorId, @reference, @key, @day, @sealedText, 'open', @now)
        """;

    /// <summary>Tells of an order. One that is told of and waits is told of once: a form may be sent twice.</summary>
    public Task<ClaimStep> TellAsync(Store store, string ambassadorId, NewClaim claim, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var id = Ids.New("clm", now);
        var sealedText = claim.Text is null ? null : keys.SealBody(store, id, Encoding.UTF8.GetBytes(claim.Text));
        return db.InTransactionAsync(
            async tx =>
            {
                var args = new { storeId = store.Id, id, ambassadorId, reference = claim.Reference, key = claim.Key, day = NumberOf(claim.Day), sealedText, now };

                // Of two forms at once the second sees what the first has done.
                if (await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId) is null)
                {
                    return ClaimStep.AmbassadorUnknown;
                }

                if (await tx.OneAsync<long>(CountSame, args) > 0)
                {
                    return ClaimStep.Done;
                }

                if (await tx.OneAsync<long>(CountOpen, args) >= OpenMax)
                {
                    return ClaimStep.TooMany;
                }

                await tx.DoAsync(Insert, args);
                return ClaimStep.Done;
            },
            cancel: cancel);
    }

    private const string HoldOpen = "UPDATE order_claims SET state = state WHERE store_id = @storeId AND id = @id AND state = 'open'";

    private const string Credit =
        """
        UPDATE order_claims SET state = 'credited', decided_at = @now, decided_by = @actor, reason = @reason, order_id = @orderId
        WHERE store_id = @storeId AND id = @id AND state = 'open'
        """;

    /// <summary>Credits the ambassador with an order, by the override that people make elsewhere too, and settles the claim in the same transaction.</summary>
    /// <param name="seen">The number of the newest decision about the order that whoever decides has seen.</param>
    public Task<ClaimDecision> CreditAsync(Store store, string id, string orderId, long? seen, string reason, string actor, CancellationToken cancel) =>
        orders.InTriesAsync(
            async tx =>
            {
                if (await HeldAsync(tx, store, id) is not { } claim)
                {
                    return await StandingAsync(tx, store, id);
                }

                var step = await orders.DecideAsync(tx, store, orderId, DecisionKind.Credit, claim.AmbassadorId, reason, actor, seen);
                if (step != DecisionStep.Done)
                {
                    return new ClaimDecision.Refused(step);
                }

                await tx.DoAsync(Credit, new { storeId = store.Id, id, orderId, reason, actor, now = clock.GetUtcNow() });
                await TellDecisionAsync(tx, store, claim);
                return new ClaimDecision.Done();
            },
            cancel);

    private const string Decline =
        """
        UPDATE order_claims SET state = 'declined', decided_at = @now, decided_by = @actor, reason = @reason
        WHERE store_id = @storeId AND id = @id AND state = 'open'
        """;

    /// <summary>Declines a claim; the books know nothing of it.</summary>
    public Task<ClaimDecision> DeclineAsync(Store store, string id, string reason, string actor, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            if (await HeldAsync(tx, store, id) is not { } claim)
            {
                return await StandingAsync(tx, store, id);
            }

            await tx.DoAsync(Decline, new { storeId = store.Id, id, reason, actor, now = clock.GetUtcNow() });
            await TellDecisionAsync(tx, store, claim);
            return new ClaimDecision.Done();
        },
        cancel: cancel);

    // Of two who decide at once the second sees what the first has done.
    private static async Task<Row?> HeldAsync(Tx tx, Store store, string id) =>
        await tx.DoAsync(HoldOpen, new { storeId = store.Id, id }) == 1 ? await tx.OneAsync<Row>(ReadOne, new { storeId = store.Id, id }) : null;

    private static async Task<ClaimDecision> StandingAsync(Tx tx, Store store, string id) =>
        await tx.OneAsync<Row>(ReadOne, new { storeId = store.Id, id }) is null ? new ClaimDecision.Unknown() : new ClaimDecision.Settled();

    private Task<bool> TellDecisionAsync(Tx tx, Store store, Row claim) =>
        new MailNotice(MailNotice.ClaimDecided, claim.AmbassadorId, Request: claim.Id).AddAsync(tx, store.Id, clock.GetUtcNow());

    private const string DropOfAmbassador = "DELETE FROM order_claims WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    /// <summary>Takes an ambassador's claims away; what was credited stands with the order.</summary>
    public static Task<int> DropAsync(Tx tx, string storeId, string ambassadorId) => tx.DoAsync(DropOfAmbassador, new { storeId, ambassadorId });

    private static long NumberOf(DateOnly day) => (day.Year * 10_000L) + (day.Month * 100) + day.Day;

    private OrderClaim Open(Store store, Row row) => Open(keys, store, row);

    private static OrderClaim Open(StoreKeys keys, Store store, Row row) => new(
        row.Id, row.AmbassadorId, row.Reference, DateOnly.ParseExact(row.OrderedDay.ToString(CultureInfo.InvariantCulture), "yyyyMMdd", CultureInfo.InvariantCulture),
        row.Sealed is null ? null : SealedText.Open(keys, store, row.Id, row.Sealed), row.State, row.ClaimedAt, row.DecidedAt, row.DecidedBy, row.Reason, row.OrderId);

    private sealed record Row(
        string Id, string AmbassadorId, string Reference, long OrderedDay, byte[]? Sealed, string State, DateTimeOffset ClaimedAt, DateTimeOffset? DecidedAt,
        string? DecidedBy, string? Reason, string? OrderId);

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record WaitingRow
    {
        public long Waiting { get; init; }

        public long OldestMs { get; init; }
    }
}
