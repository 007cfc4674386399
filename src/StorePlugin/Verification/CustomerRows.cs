// Which orders each customer has paid for, which follows from the log of each order.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Verification;

/// <summary>
/// Replaces the rows of an order where the log, the receipt and the ledger agree, and while nothing else has moved it; whatever
/// was decided by the customer's orders as they stood is decided again. What imports have told is no part of it.
/// </summary>
internal sealed class CustomerRows(Db db, TimeProvider clock, Store store, RebuildReport report) : IProjection
{
    public const string Check = "projection-customers";

    // Whoever moves the order meanwhile comes before or after, and its revision tells which.
    private const string Hold = "UPDATE orders SET state = state WHERE store_id = @storeId AND order_id = @orderId AND revision = @revision";

    // No hash comes back of somebody who is erased meanwhile (rule U1).
    private const string Insert =
        """
        INSERT INTO customer_orders (store_id, customer_key, sort_key, order_id, kind, plans, credit_minor, credit_currency, credit_back_at)
        SELECT @StoreId, @Key, @Moment, @OrderId, @Kind, @Plans, @CreditMinor, @CreditCurrency, @CreditBackAt
        WHERE NOT EXISTS (SELECT 1 FROM customer_orders WHERE store_id = @StoreId AND customer_key = @Key AND sort_key = @Moment)
            AND NOT EXISTS (SELECT 1 FROM customer_orders WHERE store_id = @StoreId AND order_id = @OrderId AND mark = 'erased')
        """;

    private const string Update =
        """
        UPDATE customer_orders SET kind = @Kind, plans = @Plans, credit_minor = @CreditMinor, credit_currency = @CreditCurrency, credit_back_at = @CreditBackAt
        WHERE store_id = @StoreId AND customer_key = @Key AND sort_key = @Moment AND order_id = @OrderId AND (mark IS NULL OR mark = 'erased')
        """;

    private const string Delete =
        "DELETE FROM customer_orders WHERE store_id = @StoreId AND customer_key = @Key AND sort_key = @Moment AND order_id = @OrderId AND mark IS NULL";

    public async Task TakeAsync(RebuildBatch batch, CancellationToken cancel)
    {
        foreach (var verdict in batch.Orders)
        {
            if (verdict is { Row: not null, Customers: { } difference })
            {
                report.Add(new Finding(Check, store.Id, verdict.Order.OrderId, TextOf(difference) + (!verdict.IsSound
                    ? "; they stay, since the log, the ledger and the receipt do not agree"
                    : "; they are replaced" + (difference is { HasErased: true, Missing.Count: > 0 } ? ", but for what is missing, since a shopper of it was erased" : ""))));
                if (verdict.IsSound)
                {
                    await db.InTransactionAsync(tx => ReplaceAsync(tx, verdict, difference), cancel: cancel);
                }
            }
        }
    }

    public Task EndAsync(CancellationToken cancel) => Task.CompletedTask;

    private static string TextOf(CustomerComparison difference)
    {
        List<string> what = [];
        Add(difference.Missing.Count, "missing");
        Add(difference.Superfluous.Count, "superfluous");
        Add(difference.Unlike.Count, $"unlike in {string.Join(", ", difference.Unlike.SelectMany(of => of.Row.Columns.ColumnsUnlike(of.Columns)).Distinct())}");
        return $"of the rows that name the order's customer {string.Join(", ", what)} by the log";

        void Add(long count, string how)
        {
            if (count > 0)
            {
                what.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "is" : "are")} {how}"));
            }
        }
    }

    private async Task ReplaceAsync(Tx tx, OrderVerdict verdict, CustomerComparison difference)
    {
        var orderId = verdict.Order.OrderId;
        if (await tx.DoAsync(Hold, new { storeId = store.Id, orderId, revision = verdict.Row!.Revision }) != 1)
        {
            return;
        }

        foreach (var row in difference.Superfluous)
        {
            await tx.DoAsync(Delete, ArgsOf(row, row.Columns));
        }

        foreach (var (row, columns) in difference.Unlike)
        {
            await tx.DoAsync(Update, ArgsOf(row, columns));
        }

        foreach (var row in difference.Missing)
        {
            await tx.DoAsync(Insert, ArgsOf(row, row.Columns));
        }

        var all = difference.Superfluous.Concat(difference.Missing).Concat(difference.Unlike.Select(of => of.Row)).ToList();
        await Customers.QueueAsync(tx, store, all.Select(row => row.Key), all.Select(row => row.Moment).Min(StringComparer.Ordinal)!, orderId, clock.GetUtcNow());

        object ArgsOf(CustomerRow row, CustomerColumns columns) => new
        {
            StoreId = store.Id,
            row.Key,
            row.Moment,
            OrderId = orderId,
            columns.Kind,
            columns.Plans,
            CreditMinor = columns.Credit?.Amount.Minor,
            CreditCurrency = columns.Credit?.Amount.Currency.Code,
            CreditBackAt = columns.Credit?.BackAt,
        };
    }
}
