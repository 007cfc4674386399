// Reads what is compared of a range of days: Stripe's rows beside the payouts, row by row, so that a month fits into little memory.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>A payout or transfer whose reversals are to be looked at anew.</summary>
internal sealed record Lagging(string PayoutId, string TransferId, ReversalLag Lag);

internal sealed class CompareTransfers(Db db)
{
    /// <summary>How long the bank's word may take before people are told.</summary>
    public static readonly TimeSpan SilentAfter = TimeSpan.FromDays(7);

    /// <summary>How long nobody may know whether a transfer exists (rule P5).</summary>
    public static readonly TimeSpan UnknownAfter = TimeSpan.FromHours(24);

    /// <summary>What was sent so shortly before the list was begun need not be in it yet.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    private const string ReadListed =
        """
        SELECT t.transfer_id, t.payout_group, t.amount, t.amount_reversed, t.currency, t.destination, t.created_day AS day,
            p.id AS payout_id, p.state, p.currency AS payout_currency, p.amount_minor, p.reversed_minor, p.destination AS payout_destination,
            p.transfer_id AS payout_transfer_id, e.actor AS sent_by
        FROM stripe_transfers t
        LEFT JOIN payouts p ON p.store_id = t.store_id AND p.id = t.payout_group AND p.provider = 'stripe' AND p.mode = t.mode
        LEFT JOIN payout_events e ON e.store_id = p.store_id AND e.payout_id = p.id AND e.kind = 'sent'
        WHERE t.store_id = @storeId AND t.created_day >= @fromDay AND t.created_day <= @toDay AND t.mode = @mode
        """;

    /// <summary>What of these days has to be looked at anew before it is compared; a bounded number.</summary>
    public async Task<IReadOnlyList<Lagging>> LaggingAsync(Store store, long fromDay, long toDay, int most, CancellationToken cancel)
    {
        var lagging = new List<Lagging>();
        await foreach (var row in db.StreamAsync<ListedRow>(ReadListed, new { storeId = store.Id, fromDay, toDay, mode = store.Mode }, cancel))
        {
            if (row.PayoutId is { } payoutId && TransferComparison.LagOf(row) is not ReversalLag.None and var lag)
            {
                lagging.Add(new Lagging(payoutId, row.TransferId, lag));
                if (lagging.Count == most)
                {
                    break;
                }
            }
        }

        return lagging;
    }

    private const string ReadUnlisted =
        """
        SELECT p.id AS payout_id, p.transfer_id, p.currency, p.amount_minor, p.reversed_minor, e.booked_day AS day
        FROM payout_events e
        JOIN payouts p ON p.store_id = e.store_id AND p.id = e.payout_id
        LEFT JOIN stripe_transfers t ON t.store_id = p.store_id AND t.transfer_id = p.transfer_id
        WHERE e.store_id = @storeId AND e.kind = 'sent' AND e.booked_day >= @fromDay AND e.booked_day <= @toDay AND e.at <= @listedUntil
            AND p.provider = 'stripe' AND p.mode = @mode AND p.transfer_id IS NOT NULL AND t.transfer_id IS NULL
        """;

    // The states of the index over open payouts, and of them those that a send has begun for.
    private const string ReadUnknown =
        """
        SELECT p.id AS payout_id, p.currency, p.amount_minor, a.first_sent_at AS sent_at
        FROM payouts p
        JOIN payout_attempts a ON a.store_id = p.store_id AND a.payout_id = p.id
        WHERE p.store_id = @storeId AND p.state IN ('approved', 'sending', 'unknown') AND p.state <> 'approved' AND p.provider = 'stripe'
            AND p.mode = @mode AND a.first_sent_at <= @unknownSince
            AND NOT EXISTS (SELECT 1 FROM payout_attempts n WHERE n.store_id = a.store_id AND n.payout_id = a.payout_id AND n.attempt > a.attempt)
        """;

    private const string ReadSilent =
        """
        SELECT e.booked_day AS day, p.currency, CAST(COUNT(*) AS bigint) AS payouts, COALESCE(SUM(p.amount_minor), 0) AS amount_minor
        FROM payout_events e
        JOIN payouts p ON p.store_id = e.store_id AND p.id = e.payout_id
        WHERE e.store_id = @storeId AND e.kind = 'sent' AND e.booked_day >= @fromDay AND e.booked_day <= @toDay AND e.at <= @silentSince
            AND p.state = 'sent' AND p.bank_state IS NULL AND p.provider = 'stripe' AND p.mode = @mode
        GROUP BY e.booked_day, p.currency
        """;

    // Whose it is is nobody's business here, only that it is somebody's on this host.
    private const string CountOfOthers = "SELECT CAST(COUNT(*) AS bigint) FROM payouts WHERE id = @payoutId AND store_id <> @storeId";

    /// <summary>Compares a range of days, whose rows have been read.</summary>
    /// <param name="readAt">When the reading of Stripe's list began.</param>
    public async Task<TransferComparison> CompareAsync(
        Store store, long fromDay, long toDay, DateTimeOffset readAt, DateTimeOffset now, CancellationToken cancel)
    {
        var comparison = new TransferComparison();
        var args = new
        {
            storeId = store.Id,
            fromDay,
            toDay,
            mode = store.Mode,
            listedUntil = readAt - Grace,
            unknownSince = now - UnknownAfter,
            silentSince = now - SilentAfter,
        };
        await foreach (var row in db.StreamAsync<ListedRow>(ReadListed, args, cancel))
        {
            var isOfAnother = row is { PayoutGroup: { } payoutId, PayoutId: null } && await db.OneAsync<long>(CountOfOthers, new { storeId = store.Id, payoutId }, cancel) > 0;
            comparison.Add(row, isOfAnother);
        }

        await foreach (var row in db.StreamAsync<UnlistedRow>(ReadUnlisted, args, cancel))
        {
            comparison.Add(row);
        }

        foreach (var row in await db.ManyAsync<UnknownRow>(ReadUnknown, args, cancel))
        {
            comparison.Add(row);
        }

        foreach (var row in await db.ManyAsync<SilentRow>(ReadSilent, args, cancel))
        {
            comparison.Add(row);
        }

        return comparison;
    }
}
