// What a person should look at before a run is approved, and what an owner has said to it (the funnel, ability 13).
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

/// <summary>What was acknowledged of whom, and who has the address of the store's own people.</summary>
internal sealed record FunnelKnown(IReadOnlySet<(string AmbassadorId, string Rule)> Acknowledged, IReadOnlySet<string> OwnPeople)
{
    public static readonly FunnelKnown Nothing = new(new HashSet<(string, string)>(), new HashSet<string>(StringComparer.Ordinal));
}

/// <summary>
/// A warning is acknowledged for a payee with a reason and an end, as an exemption is granted (rule F7). Until then the schedule approves no
/// run that has it.
/// </summary>
internal sealed class FunnelWarnings(Db db, StoreKeys keys, StoreContact contact, TimeProvider clock)
{
    /// <summary>One payee gets more than half of a run.</summary>
    public const string Share = "SHARE";

    /// <summary>The payee is one of the store's own people.</summary>
    public const string Team = "TEAM";

    private const string ReadAcknowledged =
        """
        SELECT ambassador_id, [rule] FROM exemptions
        WHERE store_id = @storeId AND [rule] IN ('SHARE', 'TEAM') AND from_at <= @now AND until_at > @now AND ended_at IS NULL
        ORDER BY id
        """;

    private const string ReadOwnPeople =
        """
        SELECT a.id FROM ambassadors a
        WHERE a.store_id = @storeId AND (a.person_hash = @personHash
            OR a.person_hash IN (SELECT t.person_hash FROM team_members t WHERE t.store_id = @storeId AND t.removed_at IS NULL))
        ORDER BY a.id
        """;

    public async Task<FunnelKnown> ReadAsync(Store store, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, now = clock.GetUtcNow(), take = PayoutRuns.LinesMax };
        var acknowledged = await db.ManyAsync<Row>($"{ReadAcknowledged} {db.Page}", args, cancel);
        var contactHash = await contact.FindAsync(store.Id, cancel) is { } email ? keys.Hash(store, "email", PersonKey.OfEmail(email)) : null;
        var own = await db.ManyAsync<string>($"{ReadOwnPeople} {db.Page}", new { storeId = store.Id, personHash = contactHash, args.take }, cancel);
        return new FunnelKnown(acknowledged.Select(row => (row.AmbassadorId, row.Rule)).ToHashSet(), own.ToHashSet(StringComparer.Ordinal));
    }

    private sealed record Row(string AmbassadorId, string Rule);
}
