// The life of an ambassador: applied, approved, suspended and ended as dated facts, of which none is ever changed.
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="State"><c>applied</c>, <c>approved</c>, <c>suspended</c> or <c>ended</c>.</param>
/// <param name="At">From this second on it was so.</param>
/// <param name="Reason">As the actor gave it; null where none was given.</param>
internal sealed record AmbassadorState(long Number, string State, DateTimeOffset At, string Actor, string? Reason);

/// <summary>What came of a step in an ambassador's life.</summary>
internal enum LifeStep
{
    Done,
    Unknown,
    AlreadySuspended,
    NotSuspended,
    AlreadyEnded,
}

internal sealed class AmbassadorLife(Db db, TimeProvider clock)
{
    /// <summary>How long the reason of a step may be.</summary>
    public const int ReasonLengthMax = 200;

    private const string ReadMany =
        """
        SELECT number, state, at, actor, reason FROM ambassador_states
        WHERE store_id = @storeId AND ambassador_id = @id AND number > @after ORDER BY number
        """;

    private const string Hold = "UPDATE ambassadors SET state = state WHERE store_id = @storeId AND id = @id";

    private const string ReadState = "SELECT state FROM ambassadors WHERE store_id = @storeId AND id = @id";

    private const string UpdateToSuspended =
        "UPDATE ambassadors SET state = 'suspended', suspended_at = @at WHERE store_id = @storeId AND id = @id AND state = 'approved'";

    private const string UpdateToApproved =
        "UPDATE ambassadors SET state = 'approved', suspended_at = NULL WHERE store_id = @storeId AND id = @id AND state = 'suspended'";

    private const string UpdateToEnded =
        "UPDATE ambassadors SET state = 'ended', suspended_at = NULL WHERE store_id = @storeId AND id = @id AND state IN ('approved', 'suspended')";

    private const string InsertState =
        """
        INSERT INTO ambassador_states (store_id, ambassador_id, number, state, at, actor, reason)
        SELECT @storeId, @id, COALESCE(MAX(number), 0) + 1, @state, @at, @actor, @reason
        FROM ambassador_states WHERE store_id = @storeId AND ambassador_id = @id
        """;

    /// <summary>Every state there was, oldest first, after one of them.</summary>
    public Task<IReadOnlyList<AmbassadorState>> ListAsync(Store store, string id, long after, long take, CancellationToken cancel) =>
        db.ManyAsync<AmbassadorState>($"{ReadMany} {db.Page}", new { storeId = store.Id, id, after, take }, cancel);

    /// <summary>
    /// From this second on the ambassador's codes and links earn nothing, until the suspension ends (rule T10). The codes' discounts
    /// are switched off in the store for as long.
    /// </summary>
    public Task<LifeStep> SuspendAsync(Store store, string id, string actor, string? reason, CancellationToken cancel) =>
        StepAsync(UpdateToSuspended, "suspended", store, id, actor, reason, cancel);

    /// <summary>Ends a suspension: orders from this second on count again. Those of the suspension do not, however late they arrive.</summary>
    public Task<LifeStep> ReinstateAsync(Store store, string id, string actor, string? reason, CancellationToken cancel) =>
        StepAsync(UpdateToApproved, "approved", store, id, actor, reason, cancel);

    /// <summary>
    /// From this second on nothing of the ambassador's counts, for good: the codes end, and the links only lead to the store.
    /// What was earned before is held, approved and paid as ever (rule H7).
    /// </summary>
    public Task<LifeStep> EndAsync(Store store, string id, string actor, string? reason, CancellationToken cancel) =>
        StepAsync(UpdateToEnded, "ended", store, id, actor, reason, cancel);

    /// <summary>As the other, within a transaction of the caller's.</summary>
    public Task<LifeStep> EndAsync(Tx tx, Store store, string id, string actor, string? reason) =>
        StepAsync(tx, UpdateToEnded, "ended", store, id, actor, reason);

    /// <summary>
    /// Changes nothing, but makes whoever else changes the ambassador at the same moment come before or after: the second sees
    /// what the first has done. Returns the ambassador's state, or null where there is no such ambassador.
    /// </summary>
    public static async Task<string?> HoldAsync(Tx tx, string storeId, string id) =>
        await tx.DoAsync(Hold, new { storeId, id }) == 1 ? await tx.OneAsync<string>(ReadState, new { storeId, id }) : null;

    /// <summary>Writes down a state that the caller has just brought about, in the same transaction.</summary>
    public static Task<int> RecordAsync(Tx tx, string storeId, string id, string state, DateTimeOffset at, string actor, string? reason) =>
        tx.DoAsync(InsertState, new { storeId, id, state, at, actor, reason });

    private Task<LifeStep> StepAsync(string update, string state, Store store, string id, string actor, string? reason, CancellationToken cancel) =>
        db.InTransactionAsync(tx => StepAsync(tx, update, state, store, id, actor, reason), cancel: cancel);

    private async Task<LifeStep> StepAsync(Tx tx, string update, string state, Store store, string id, string actor, string? reason)
    {
        var at = WholeSecond.Of(clock.GetUtcNow());
        if (await tx.DoAsync(update, new { storeId = store.Id, id, at }) == 0)
        {
            return await tx.OneAsync<string>(ReadState, new { storeId = store.Id, id }) switch
            {
                null => LifeStep.Unknown,
                "ended" => LifeStep.AlreadyEnded,
                "suspended" => LifeStep.AlreadySuspended,
                _ => LifeStep.NotSuspended,
            };
        }

        if (state == "ended")
        {
            await AmbassadorCodes.EndAllAsync(tx, store.Id, id, at);
            await AmbassadorSeries.EndAllAsync(tx, store.Id, id, at);
        }

        await RecordAsync(tx, store.Id, id, state, at, actor, reason);
        await KeepDiscount.AskForAllAsync(tx, store.Id, id, clock.GetUtcNow());
        await KeepCodeSeries.AskForAllAsync(tx, store.Id, id, clock.GetUtcNow());
        return LifeStep.Done;
    }
}
