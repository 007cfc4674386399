// What a person should look at before a run is approved, and what an owner has said to it (the funnel, ability 13).
using System.Text.Json;
using StorePlugin.Abuse;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

/// <summary>What was acknowledged of whom, and who has the address of the store's own people.</summary>
internal sealed record FunnelKnown(IReadOnlySet<(string AmbassadorId, string Rule)> Acknowledged, IReadOnlySet<string> OwnPeople)
{
    public static readonly FunnelKnown Nothing = new(new HashSet<(string, string)>(), new HashSet<string>(StringComparer.Ordinal));
}

/// <summary>A payee as a finding names them.</summary>
internal sealed record WarnedPayee(string Id, string Name)
{
    /// <summary>Says the id alone, so that no log line can hold a person.</summary>
    public override string ToString() => $"{nameof(WarnedPayee)} {Id}";
}

/// <summary>A warning that stands about a payee, be it acknowledged or not.</summary>
/// <param name="Rule">One that can be acknowledged.</param>
/// <param name="Why">As a sentence.</param>
internal sealed record StandingWarning(string Rule, string Why);

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
        var own = await db.ManyAsync<string>(
            $"{ReadOwnPeople} {db.Page}", new { storeId = store.Id, personHash = await ContactHashAsync(store, cancel), args.take }, cancel);
        return new FunnelKnown(acknowledged.Select(row => (row.AmbassadorId, row.Rule)).ToHashSet(), own.ToHashSet(StringComparer.Ordinal));
    }

    // An exemption is the person's own, and one person may be in several campaigns.
    private const string ReadSharing =
        """
        SELECT a.id, a.name FROM ambassadors a
        WHERE a.store_id = @storeId AND a.state <> 'ended'
            AND (EXISTS (SELECT 1 FROM ambassadors b
                    WHERE b.store_id = a.store_id AND b.stripe_account = a.stripe_account AND b.person_hash <> a.person_hash AND b.state <> 'ended')
                OR EXISTS (SELECT 1 FROM payout_methods m
                    JOIN payout_methods n ON n.store_id = m.store_id AND n.details_hash = m.details_hash AND n.ended_at IS NULL
                    JOIN ambassadors o ON o.store_id = n.store_id AND o.id = n.ambassador_id
                    WHERE m.store_id = a.store_id AND m.ambassador_id = a.id AND m.ended_at IS NULL AND m.kind NOT IN ('store_credit', 'discount_code')
                        AND o.person_hash <> a.person_hash AND o.state <> 'ended'))
            AND NOT EXISTS (SELECT 1 FROM exemptions x
                WHERE x.store_id = a.store_id AND x.ambassador_id = a.id AND x.[rule] = 'F2' AND x.from_at <= @now AND x.until_at > @now AND x.ended_at IS NULL)
        ORDER BY a.id
        """;

    /// <summary>Who takes part and is paid to the same destination as another person who does, which nobody has acknowledged (rule F2).</summary>
    public Task<IReadOnlyList<WarnedPayee>> SharingAsync(Store store, long take, CancellationToken cancel) =>
        db.ManyAsync<WarnedPayee>($"{ReadSharing} {db.Page}", new { storeId = store.Id, now = clock.GetUtcNow(), take }, cancel);

    // As a run judges each payee (rule F2): there it holds what is owed to those too who have left, and to whoever shares with them.
    private const string ReadPayee =
        """
        SELECT
            (SELECT CAST(COUNT(*) AS bigint) FROM ambassadors b
                WHERE b.store_id = a.store_id AND b.stripe_account = a.stripe_account AND b.person_hash <> a.person_hash)
            + (SELECT CAST(COUNT(*) AS bigint) FROM payout_methods m
                JOIN payout_methods n ON n.store_id = m.store_id AND n.details_hash = m.details_hash AND n.ended_at IS NULL
                JOIN ambassadors o ON o.store_id = n.store_id AND o.id = n.ambassador_id
                WHERE m.store_id = a.store_id AND m.ambassador_id = a.id AND m.ended_at IS NULL AND m.kind NOT IN ('store_credit', 'discount_code')
                    AND o.person_hash <> a.person_hash) AS sharing,
            CASE WHEN a.person_hash = @personHash
                OR a.person_hash IN (SELECT t.person_hash FROM team_members t WHERE t.store_id = @storeId AND t.removed_at IS NULL)
                THEN 'yes' ELSE 'no' END AS own
        FROM ambassadors a WHERE a.store_id = @storeId AND a.id = @ambassadorId
        """;

    // One that is approved or cancelled warns of nobody any more.
    private const string ReadNewestRun =
        """
        SELECT CASE WHEN state = 'preview' AND cancelled_at IS NULL THEN preview END FROM payout_runs
        WHERE store_id = @storeId ORDER BY id DESC
        """;

    /// <summary>What payouts warn of about one payee now: the newest run, where it waits for approval, and what the next one would say.</summary>
    public async Task<IReadOnlyList<StandingWarning>> OfPayeeAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, ambassadorId, personHash = await ContactHashAsync(store, cancel), take = 1L };
        if (await db.OneAsync<PayeeRow>(ReadPayee, args, cancel) is not { } payee)
        {
            return [];
        }

        var lines = await db.OneAsync<string>($"{ReadNewestRun} {db.Page}", args, cancel) is { } document
            ? JsonSerializer.Deserialize(document, RunJson.Default.ListRunLine)! : [];
        return
        [
            .. payee.Own == "yes" ? [new StandingWarning(Team, "They have the address of somebody of your own.")] : Array.Empty<StandingWarning>(),
            .. RunSums.GettingMost(lines).Where(most => most.AmbassadorId == ambassadorId)
                .Select(most => new StandingWarning(Share, $"The payout run that waits for approval pays more than half of its {most.Currency} to them.")),
            .. payee.Sharing > 0 ? [new StandingWarning(Patterns.Destination, "Another person of the store is paid there as well.")] : Array.Empty<StandingWarning>(),
        ];
    }

    private async Task<string?> ContactHashAsync(Store store, CancellationToken cancel) =>
        await contact.FindAsync(store.Id, cancel) is { } email ? keys.Hash(store, "email", PersonKey.OfEmail(email)) : null;

    private sealed record Row(string AmbassadorId, string Rule);

    // By property: on SQLite a sum has no type where there is no row.
    private sealed record PayeeRow
    {
        public long Sharing { get; init; }

        public string Own { get; init; } = "";
    }
}
