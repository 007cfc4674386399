// A merchant's word that a rule about abuse stops nothing of an ambassador's, with its reason and its end (rule F7).
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Abuse;

/// <param name="EndedAt">When it was ended before its time; null where it was not.</param>
internal sealed record Exemption(
    string Id, string Rule, string Reason, string Actor, DateTimeOffset FromAt, DateTimeOffset UntilAt, DateTimeOffset? EndedAt, string? EndedBy);

/// <summary>What came of granting an exemption.</summary>
internal abstract record ExemptionResult
{
    internal sealed record Granted(Exemption Exemption) : ExemptionResult;

    /// <summary>One for the same rule is in force.</summary>
    internal sealed record InForce(Exemption Exemption) : ExemptionResult;
}

internal sealed class Exemptions(Db db, TimeProvider clock)
{
    // There are fewer rules.
    private const long InForceMax = 20;

    private const string Columns =
        """
        SELECT id, [rule], reason, actor, from_at, until_at, ended_at, ended_by FROM exemptions
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId
        """;

    private const string ReadAll = Columns + " AND id > @after ORDER BY id ";

    private const string ReadOne = Columns + " AND id = @id";

    private const string ReadInForce = Columns + " AND [rule] = @rule AND until_at > @now AND ended_at IS NULL ORDER BY id ";

    private const string ReadAllInForce = Columns + " AND until_at > @now AND ended_at IS NULL ORDER BY id ";

    private const string Insert =
        """
        INSERT INTO exemptions (store_id, id, ambassador_id, [rule], reason, actor, from_at, until_at)
        VALUES (@storeId, @id, @ambassadorId, @rule, @reason, @actor, @now, @until)
        """;

    // Every one, so that none that slipped in beside another goes on unseen.
    private const string End =
        """
        UPDATE exemptions SET ended_at = @now, ended_by = @actor
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND [rule] = @rule AND until_at > @now AND ended_at IS NULL
        """;

    public Task<IReadOnlyList<Exemption>> ListAsync(Store store, string ambassadorId, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<Exemption>(ReadAll + db.Page, new { storeId = store.Id, ambassadorId, after, take }, cancel);

    /// <summary>Those that count at this instant, oldest first; one of a rule.</summary>
    public Task<IReadOnlyList<Exemption>> InForceAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        db.ManyAsync<Exemption>(ReadAllInForce + db.Page, new { storeId = store.Id, ambassadorId, now = clock.GetUtcNow(), take = InForceMax }, cancel);

    /// <summary>Grants an exemption from now on; it counts for what is released until its end.</summary>
    public Task<ExemptionResult> GrantAsync(
        Store store, string ambassadorId, string rule, string reason, DateTimeOffset until, string actor, CancellationToken cancel) =>
        db.InTransactionAsync<ExemptionResult>(
            async tx =>
            {
                // Of two who grant at once the second sees what the first has granted: one of a rule is in force at a time.
                await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId);
                var now = clock.GetUtcNow();
                if (await FindAsync(tx, store, ambassadorId, rule, now) is { } inForce)
                {
                    return new ExemptionResult.InForce(inForce);
                }

                var id = Ids.New("exm", now);
                await tx.DoAsync(Insert, new { storeId = store.Id, id, ambassadorId, rule, reason, actor, now, until });
                return new ExemptionResult.Granted((await tx.OneAsync<Exemption>(ReadOne, new { storeId = store.Id, ambassadorId, id }))!);
            },
            cancel: cancel);

    /// <summary>Ends an exemption before its time. Returns it, or null where none is in force.</summary>
    public Task<Exemption?> EndAsync(Store store, string ambassadorId, string rule, string actor, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId);
                var now = clock.GetUtcNow();
                if (await FindAsync(tx, store, ambassadorId, rule, now) is not { } inForce)
                {
                    return null;
                }

                await tx.DoAsync(End, new { storeId = store.Id, ambassadorId, rule, now, actor });
                return await tx.OneAsync<Exemption>(ReadOne, new { storeId = store.Id, ambassadorId, id = inForce.Id });
            },
            cancel: cancel);

    private Task<Exemption?> FindAsync(Tx tx, Store store, string ambassadorId, string rule, DateTimeOffset now) =>
        tx.OneAsync<Exemption>(ReadInForce + db.Page, new { storeId = store.Id, ambassadorId, rule, now, take = 1L });
}
