// What each order adds to its ambassador's standing, which follows from the log of each order.
using StorePlugin.Data;
using StorePlugin.Orders;

namespace StorePlugin.Verification;

/// <summary>Replaces the rows of an order where the log, the receipt and the ledger agree, and while nothing else has moved it.</summary>
internal sealed class StandingRows(Db db, string storeId, RebuildReport report) : IProjection
{
    public const string Check = "projection-standings";

    // Whoever moves the order meanwhile comes before or after, and its revision tells which.
    private const string Hold = "UPDATE orders SET state = state WHERE store_id = @storeId AND order_id = @orderId AND revision = @revision";

    public async Task TakeAsync(RebuildBatch batch, CancellationToken cancel)
    {
        foreach (var verdict in batch.Orders.Where(verdict => verdict.IsLogged && verdict.Row is not null && !verdict.StandsRight))
        {
            report.Add(new Finding(
                Check, storeId, verdict.Order.OrderId,
                "what the order adds to its ambassador's standing differs from the log; " + (verdict.IsSound
                    ? "it is replaced"
                    : "it stays, since the log, the ledger and the receipt do not agree")));
            if (verdict.IsSound)
            {
                await db.InTransactionAsync(tx => ReplaceAsync(tx, verdict), cancel: cancel);
            }
        }
    }

    public Task EndAsync(CancellationToken cancel) => Task.CompletedTask;

    private async Task ReplaceAsync(Tx tx, OrderVerdict verdict)
    {
        if (await tx.DoAsync(Hold, new { storeId, orderId = verdict.Order.OrderId, revision = verdict.Row!.Revision }) == 1)
        {
            await Standings.ReplaceAsync(tx, storeId, verdict.Order.OrderId, had: true, verdict.Standings);
        }
    }
}
