// Whether each order still stands where its ambassador's earlier orders put it (rules B8, L2).
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Verification;

/// <summary>
/// An order's log proves what it was decided by, and not that an earlier order has not changed since. What an order was
/// decided by is compared with what the rows before it come to; where it differs and nothing waits, it is queued to be decided
/// again, which the program does in the order of the orders' instants. Orders in a payout or paid are left as they are.
/// </summary>
internal sealed class StandingPositions(Db db, TimeProvider clock, Store store, RebuildReport report) : IProjection
{
    public const string Check = "standing-stale";

    private const int OrdersAtOnce = 100;

    private const string Queue =
        """
        INSERT INTO reconsiderations (store_id, order_id, at, queued_at)
        SELECT o.store_id, o.order_id, o.at, @now FROM orders o
        WHERE o.store_id = @storeId AND o.order_id = @orderId AND o.revision = @revision
            AND NOT EXISTS (SELECT 1 FROM reconsiderations r WHERE r.store_id = o.store_id AND r.order_id = o.order_id)
        """;

    private readonly Lock _lock = new();
    private readonly List<Position> _positions = [];

    public Task TakeAsync(RebuildBatch batch, CancellationToken cancel)
    {
        var positions = batch.Orders.Where(verdict => verdict is { IsSound: true, Receipt.Standing: not null, Row.State: not ("in_payout" or "paid") })
            .Select(verdict => new Position(verdict.Receipt!, verdict.Row!.Revision, verdict.Row.LocalDay ?? 0)).ToList();
        lock (_lock)
        {
            _positions.AddRange(positions);
        }

        return Task.CompletedTask;
    }

    // After the last batch all rows of standings are as the log has them.
    public async Task EndAsync(CancellationToken cancel)
    {
        foreach (var positions in _positions.Chunk(OrdersAtOnce))
        {
            var stale = await db.InTransactionAsync(tx => QueueAsync(tx, positions), cancel: cancel);
            foreach (var orderId in stale)
            {
                report.Add(new Finding(
                    Check, store.Id, orderId, "the order was decided by another standing than its ambassador's earlier orders come to; it is queued to be decided again"));
            }
        }
    }

    private async Task<List<string>> QueueAsync(Tx tx, IEnumerable<Position> positions)
    {
        var stale = new List<string>();
        foreach (var (receipt, revision, localDay) in positions)
        {
            var (before, withPaid) = (await StandingAsync(tx, receipt, localDay, behind: false), await StandingAsync(tx, receipt, localDay, behind: true));

            // What was paid behind it since takes room that the order has already.
            var stands = receipt.Standing!;
            var isRight = stands.Position == before.Position && (stands.UsedMinor is null) == (before.UsedMinor is null)
                && !(stands.UsedMinor < before.UsedMinor) && !(stands.UsedMinor > withPaid.UsedMinor);
            if (!isRight
                && await tx.DoAsync(Queue, new { storeId = store.Id, orderId = receipt.OrderId, revision, now = clock.GetUtcNow() }) == 1)
            {
                stale.Add(receipt.OrderId);
            }
        }

        return stale;
    }

    private Task<Standing> StandingAsync(Tx tx, Receipt receipt, long localDay, bool behind) => Standings.AtAsync(
        tx, store, receipt.AmbassadorId!, receipt.CampaignId!, receipt.Terms!, receipt.At, receipt.OrderId, receipt.Currency, localDay, behind);

    private sealed record Position(Receipt Receipt, long Revision, long LocalDay);
}
