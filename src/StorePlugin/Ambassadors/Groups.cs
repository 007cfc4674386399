// The group of an ambassador as dated membership: an order is judged by the group at its own instant (rule B6).
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <summary>What came of a change of group.</summary>
internal enum GroupStep
{
    Done,
    AmbassadorUnknown,

    /// <summary>The ambassador has left.</summary>
    AmbassadorEnded,

    /// <summary>The group was changed <see cref="Groups.ChangesPerDayMax"/> times within a day.</summary>
    TooMany,

    /// <summary>The ambassador is in no group.</summary>
    InNone,
}

internal sealed class Groups(Db db, TimeProvider clock)
{
    /// <summary>How often the group of one ambassador may change within 24 hours: each change is kept for good.</summary>
    public const int ChangesPerDayMax = 20;

    private const string ReadCurrent =
        """
        SELECT group_key FROM group_memberships
        WHERE store_id = @storeId AND ambassador_id = @id
            AND number = (SELECT MAX(m.number) FROM group_memberships m WHERE m.store_id = @storeId AND m.ambassador_id = @id)
        """;

    private const string ReadSpelling =
        "SELECT group_name FROM group_memberships WHERE store_id = @storeId AND group_key = @key ORDER BY ambassador_id, number ";

    private const string CountSince =
        "SELECT CAST(COUNT(*) AS bigint) FROM group_memberships WHERE store_id = @storeId AND ambassador_id = @id AND at > @since";

    private const string Insert =
        """
        INSERT INTO group_memberships (store_id, ambassador_id, number, group_key, group_name, at, actor)
        SELECT @storeId, @id, COALESCE(MAX(number), 0) + 1, @key, @name, @at, @actor
        FROM group_memberships WHERE store_id = @storeId AND ambassador_id = @id
        """;

    /// <summary>
    /// From this second on the ambassador is in the group, and in no other. A group is there as soon as somebody is in it,
    /// and keeps the spelling of its first member.
    /// </summary>
    public Task<GroupStep> JoinAsync(Store store, string id, string group, string actor, CancellationToken cancel) =>
        StepAsync(store, id, CodeKey.Of(group), group, actor, cancel);

    /// <summary>From this second on the ambassador is in no group.</summary>
    public Task<GroupStep> LeaveAsync(Store store, string id, string actor, CancellationToken cancel) =>
        StepAsync(store, id, null, null, actor, cancel);

    private Task<GroupStep> StepAsync(Store store, string id, string? key, string? group, string actor, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                switch (await AmbassadorLife.HoldAsync(tx, store.Id, id))
                {
                    case null: return GroupStep.AmbassadorUnknown;
                    case "ended": return GroupStep.AmbassadorEnded;
                }

                if (await tx.OneAsync<string>(ReadCurrent, new { storeId = store.Id, id }) == key)
                {
                    return key is null ? GroupStep.InNone : GroupStep.Done;
                }

                var now = clock.GetUtcNow();
                if (await tx.OneAsync<long>(CountSince, new { storeId = store.Id, id, since = now.AddDays(-1) }) >= ChangesPerDayMax)
                {
                    return GroupStep.TooMany;
                }

                var name = key is null ? null : await tx.OneAsync<string>($"{ReadSpelling} {db.Page}", new { storeId = store.Id, key, take = 1 }) ?? group;
                await tx.DoAsync(Insert, new { storeId = store.Id, id, key, name, at = WholeSecond.Of(now), actor });
                return GroupStep.Done;
            },
            cancel: cancel);
}
