// The rows of orders, which follow from the log of each order.
using StorePlugin.Data;

namespace StorePlugin.Verification;

/// <summary>
/// Replaces a row only where the log, the receipt and the ledger agree with each other, and while nothing else has moved the
/// order.
/// </summary>
internal sealed class OrderRows(Db db, TimeProvider clock, string storeId, RebuildReport report) : IProjection
{
    public const string Check = "projection-orders";

    private const string Replace =
        """
        UPDATE orders SET revision = @Revision, reference = @Reference, state = @State, at = @At, local_day = @LocalDay,
            version_updated_at = @VersionUpdatedAt, version_hash = @VersionHash, currency = @Currency, paid_at = @PaidAt, net_minor = @NetMinor,
            campaign_id = @CampaignId, ambassador_id = @AmbassadorId, commission_minor = @CommissionMinor, hold_until = @HoldUntil,
            payout_id = @PayoutId, approved_at = @ApprovedAt, reason = @Reason, created_at = @CreatedAt, updated_at = @UpdatedAt,
            merchant_cost_minor = @MerchantCostMinor, binds_keys = @BindsKeys, binds_days = @BindsDays, came_by = @CameBy, refunded_at = @RefundedAt,
            earlier = @Earlier, review_at = @ReviewAt, customer_kind = @CustomerKind
        WHERE store_id = @StoreId AND order_id = @OrderId AND revision = @RevisionRead AND state = @StateRead AND updated_at = @UpdatedAtRead
            AND NOT EXISTS (SELECT 1 FROM order_events WHERE store_id = @StoreId AND order_id = @OrderId AND revision > @Revision)
        """;

    private const string Restore =
        """
        INSERT INTO orders (store_id, order_id, revision, reference, state, at, local_day, version_updated_at, version_hash, currency, paid_at,
            net_minor, campaign_id, ambassador_id, commission_minor, hold_until, payout_id, approved_at, reason, created_at, updated_at,
            merchant_cost_minor, binds_keys, binds_days, came_by, refunded_at, earlier, review_at, customer_kind)
        SELECT @StoreId, @OrderId, @Revision, @Reference, @State, @At, @LocalDay, @VersionUpdatedAt, @VersionHash, @Currency, @PaidAt,
            @NetMinor, @CampaignId, @AmbassadorId, @CommissionMinor, @HoldUntil, @PayoutId, @ApprovedAt, @Reason, @CreatedAt, @UpdatedAt,
            @MerchantCostMinor, @BindsKeys, @BindsDays, @CameBy, @RefundedAt, @Earlier, @ReviewAt, @CustomerKind
        WHERE NOT EXISTS (SELECT 1 FROM orders WHERE store_id = @StoreId AND order_id = @OrderId)
            AND NOT EXISTS (SELECT 1 FROM order_events WHERE store_id = @StoreId AND order_id = @OrderId AND revision > @Revision)
        """;

    public async Task TakeAsync(RebuildBatch batch, CancellationToken cancel)
    {
        var different = batch.Orders.Where(verdict => verdict.IsLogged && verdict.Row is not null && verdict.Row != verdict.Order.Row).ToList();
        foreach (var verdict in different)
        {
            report.Add(new Finding(Check, storeId, verdict.Order.OrderId, TextOf(verdict)));
        }

        var sound = different.Where(verdict => verdict.IsSound).ToLookup(verdict => verdict.Order.Row is null);
        await ShortTransactions.EachAsync(
            db, clock, Replace, sound[false].ToList(), verdict =>
            [
                .. ColumnsOf(verdict), ("RevisionRead", verdict.Order.Row!.Revision), ("StateRead", verdict.Order.Row.State),
                ("UpdatedAtRead", verdict.Order.Row.UpdatedAt),
            ],
            cancel);
        await ShortTransactions.EachAsync(db, clock, Restore, sound[true].ToList(), ColumnsOf, cancel);
    }

    public Task EndAsync(CancellationToken cancel) => Task.CompletedTask;

    private static string TextOf(OrderVerdict verdict)
    {
        var what = verdict.Order.Row is { } row ? $"the row differs from the log in {string.Join(", ", row.ColumnsUnlike(verdict.Row!))}" : "the row is missing";
        return what + (verdict.IsSound ? "; it is replaced" : "; it stays, since the log, the ledger and the receipt do not agree");
    }

    private (string Name, object? Value)[] ColumnsOf(OrderVerdict verdict)
    {
        var row = verdict.Row!;
        return
        [
            ("StoreId", storeId), ("OrderId", verdict.Order.OrderId), ("Revision", row.Revision), ("Reference", row.Reference), ("State", row.State),
            ("At", row.At), ("LocalDay", row.LocalDay), ("VersionUpdatedAt", row.VersionUpdatedAt), ("VersionHash", row.VersionHash), ("Currency", row.Currency),
            ("PaidAt", row.PaidAt), ("NetMinor", row.NetMinor), ("CampaignId", row.CampaignId), ("AmbassadorId", row.AmbassadorId),
            ("CommissionMinor", row.CommissionMinor), ("HoldUntil", row.HoldUntil), ("PayoutId", row.PayoutId), ("ApprovedAt", row.ApprovedAt),
            ("Reason", row.Reason), ("CreatedAt", row.CreatedAt), ("UpdatedAt", row.UpdatedAt),
            ("MerchantCostMinor", row.MerchantCostMinor), ("BindsKeys", row.BindsKeys), ("BindsDays", row.BindsDays), ("CameBy", row.CameBy), ("RefundedAt", row.RefundedAt),
            ("Earlier", row.Earlier), ("ReviewAt", row.ReviewAt), ("CustomerKind", row.CustomerKind),
        ];
    }
}
