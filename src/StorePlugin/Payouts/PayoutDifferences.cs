// Keeps what the comparisons with Stripe find: what is new, what is gone by itself, what a person has cleared and why.
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

/// <summary>What came of clearing a difference.</summary>
internal enum Clearance
{
    Done,
    NoSuchDifference,

    /// <summary>A look no longer finds it, so that there is nothing to clear.</summary>
    Gone,
}

/// <summary>Nothing of the books or of Stripe is ever changed here.</summary>
internal sealed class PayoutDifferences(Db db, TimeProvider clock)
{
    /// <summary>How many are told to who asks for a reason.</summary>
    private const long NamedMax = 20;

    private const string ReadStopping =
        PayoutDifference.Columns
        + """
         WHERE store_id = @storeId AND gone_at IS NULL AND cleared_at IS NULL
            AND kind IN ('missing_at_stripe', 'missing_here', 'differs', 'unknown', 'clearing')
        ORDER BY id
        """;

    private const string CountStopping =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM payout_differences
        WHERE store_id = @storeId AND gone_at IS NULL AND cleared_at IS NULL
            AND kind IN ('missing_at_stripe', 'missing_here', 'differs', 'unknown', 'clearing')
        """;

    /// <summary>The oldest of what stops payouts of a store (rule P5); empty: they may go on.</summary>
    public Task<IReadOnlyList<PayoutDifference>> StoppingAsync(Store store, CancellationToken cancel) =>
        db.ManyAsync<PayoutDifference>($"{ReadStopping} {db.Page}", new { storeId = store.Id, take = NamedMax }, cancel);

    /// <summary>How many differences stop payouts of a store.</summary>
    public Task<long> CountStoppingAsync(Store store, CancellationToken cancel) => db.OneAsync<long>(CountStopping, new { storeId = store.Id }, cancel);

    private const string ReadThere =
        PayoutDifference.Columns
        + """
         WHERE store_id = @storeId AND gone_at IS NULL AND (day IS NULL OR (day >= @fromDay AND day <= @toDay))
        ORDER BY id
        """;

    private const string SeeAgain =
        """
        UPDATE payout_differences SET last_seen_at = @now, ours_minor = @ours, theirs_minor = @theirs, currency = @currency, day = @day, words = @words
        WHERE store_id = @storeId AND id = @id
        """;

    private const string EndGone = "UPDATE payout_differences SET gone_at = @now WHERE store_id = @storeId AND id = @id AND gone_at IS NULL";

    private const string Insert =
        """
        INSERT INTO payout_differences (store_id, id, kind, subject, day, currency, ours_minor, theirs_minor, words, found_at, last_seen_at)
        VALUES (@storeId, @id, @kind, @subject, @day, @currency, @ours, @theirs, @words, @now, @now)
        """;

    /// <summary>
    /// Writes what a look at these days has found. What is there still stays as it is; what is not found any more is gone. A difference
    /// that was cleared and is now another sum is a new one.
    /// </summary>
    /// <param name="isWhole">Whether everything was looked at; else nothing is held to be gone.</param>
    public static async Task KeepAsync(
        Tx tx, Store store, long fromDay, long toDay, IReadOnlyCollection<FoundDifference> found, bool isWhole, DateTimeOffset now)
    {
        var there = (await tx.ManyAsync<PayoutDifference>(ReadThere, new { storeId = store.Id, fromDay, toDay })).ToDictionary(one => (one.Kind, one.Subject));
        foreach (var one in found)
        {
            var row = new
            {
                storeId = store.Id,
                id = Ids.New("dif", now),
                kind = one.Kind,
                subject = one.Subject,
                day = one.Day,
                currency = one.Currency,
                ours = one.OursMinor,
                theirs = one.TheirsMinor,
                words = Retry.Fit(one.Words),
                now,
            };
            if (there.Remove((one.Kind, one.Subject), out var before))
            {
                if (before.ClearedAt is null || before.IsSame(one))
                {
                    await tx.DoAsync(SeeAgain, row with { id = before.Id });
                    continue;
                }

                await tx.DoAsync(EndGone, row with { id = before.Id });
            }

            await tx.DoAsync(Insert, row);
        }

        foreach (var gone in there.Values.Where(_ => isWhole))
        {
            await tx.DoAsync(EndGone, new { storeId = store.Id, id = gone.Id, now });
        }
    }

    private const string Clear =
        """
        UPDATE payout_differences SET cleared_at = @now, cleared_by = @actor, reason = @reason
        WHERE store_id = @storeId AND id = @id AND gone_at IS NULL AND cleared_at IS NULL
        """;

    /// <summary>A person lets payouts go on although the difference is there. The first one's word stands.</summary>
    public async Task<Clearance> ClearAsync(Store store, string id, string actor, string reason, CancellationToken cancel) =>
        await db.DoAsync(Clear, new { storeId = store.Id, id, actor, reason, now = clock.GetUtcNow() }, cancel) == 1 ? Clearance.Done
            : await FindAsync(store, id, cancel) switch
            {
                null => Clearance.NoSuchDifference,
                { ClearedAt: null } => Clearance.Gone,
                _ => Clearance.Done,
            };

    private const string ReadOne = PayoutDifference.Columns + " WHERE store_id = @storeId AND id = @id";

    public Task<PayoutDifference?> FindAsync(Store store, string id, CancellationToken cancel) =>
        db.OneAsync<PayoutDifference>(ReadOne, new { storeId = store.Id, id }, cancel);

    // A page begins behind a rank and an id: what is open has the rank 0, all else 1.
    private const string ReadPage =
        PayoutDifference.Columns
        + """
         WHERE store_id = @storeId AND (CASE WHEN gone_at IS NULL AND cleared_at IS NULL THEN 0 ELSE 1 END > @rank
            OR (CASE WHEN gone_at IS NULL AND cleared_at IS NULL THEN 0 ELSE 1 END = @rank AND id > @id))
        ORDER BY CASE WHEN gone_at IS NULL AND cleared_at IS NULL THEN 0 ELSE 1 END, id
        """;

    /// <summary>What is open first, and the oldest of it.</summary>
    public Task<IReadOnlyList<PayoutDifference>> ListAsync(Store store, long afterRank, string afterId, long take, CancellationToken cancel) =>
        db.ManyAsync<PayoutDifference>($"{ReadPage} {db.Page}", new { storeId = store.Id, rank = afterRank, id = afterId, take }, cancel);
}
