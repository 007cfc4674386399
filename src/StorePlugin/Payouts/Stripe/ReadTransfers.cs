// Takes Stripe's list of transfers into rows, a page at a time.
using System.Text.RegularExpressions;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>A row is made once; afterwards only what was reversed changes, as at Stripe.</summary>
internal sealed partial class ReadTransfers(Db db, TimeProvider clock)
{
    private const string Update = "UPDATE stripe_transfers SET amount_reversed = @reversed, read_at = @now WHERE store_id = @storeId AND transfer_id = @id";

    private const string Insert =
        """
        INSERT INTO stripe_transfers
            (store_id, transfer_id, payout_group, amount, amount_reversed, currency, destination, mode, created_at, created_day, read_at)
        VALUES (@storeId, @id, @payoutGroup, @amount, @reversed, @currency, @destination, @mode, @createdAt, @createdDay, @now)
        """;

    /// <summary>Keeps a page. Of what has no payout's id as its group neither group nor destination is kept: it is other people's.</summary>
    public Task KeepAsync(Store store, string mode, IReadOnlyList<ListedTransfer> transfers, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return ShortTransactions.EachAsync(
            db,
            clock,
            transfers,
            async (tx, listed) =>
            {
                var transfer = listed.Transfer;
                var isPayout = listed.Group is { } group && PayoutId().IsMatch(group);
                var row = new
                {
                    storeId = store.Id,
                    id = transfer.Id,
                    payoutGroup = isPayout ? listed.Group : null,
                    amount = transfer.Amount,
                    reversed = transfer.AmountReversed,
                    currency = transfer.Currency,
                    destination = isPayout ? transfer.Destination : null,
                    mode,
                    createdAt = listed.CreatedAt,
                    createdDay = store.LocalDay(listed.CreatedAt),
                    now,
                };
                if (await tx.DoAsync(Update, row) == 0)
                {
                    await tx.DoAsync(Insert, row);
                }
            },
            cancel);
    }

    /// <summary>Takes over what one transfer says now of its reversals.</summary>
    public Task KeepAsync(Store store, StripeTransfer transfer, CancellationToken cancel) =>
        db.DoAsync(Update, new { storeId = store.Id, id = transfer.Id, reversed = transfer.AmountReversed, now = clock.GetUtcNow() }, cancel);

    // Stripe's own payouts are called po_ as well, and a group may be anything; ours have this form.
    [GeneratedRegex(@"\Apo_[0-9a-f]{32}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PayoutId();
}
