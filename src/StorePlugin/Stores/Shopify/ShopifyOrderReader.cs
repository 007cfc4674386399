// Reads orders from a shop's Admin API, whole and of one moment.
namespace StorePlugin.Stores.Shopify;

/// <summary>What came of reading an order.</summary>
/// <param name="Body">The order as the body of a webhook. Null where it is gone, or changed while it was being read: then it has changed once more, and is found again.</param>
/// <param name="Problem">Why it cannot be read whole, in words: asking again changes nothing, and there is no body. Else null.</param>
internal sealed record OrderReading(byte[]? Body, string? Problem)
{
    /// <summary>Nothing to hand on, and nothing to tell.</summary>
    public static readonly OrderReading Passed = new(null, null);
}

/// <summary>Each call asks as often as its lists have pages; none of them waits. What Shopify does not answer is a <see cref="PlatformException"/>.</summary>
internal sealed class ShopifyOrderReader(ShopifyAdminClient admin)
{
    private const int LinePagesMax = 20;

    // As many as the document asks for: there may be more.
    private const int RefundsMax = 100;

    /// <summary>One page of the orders that changed in a span of time, oldest change first.</summary>
    /// <exception cref="PlatformException">Shopify did not answer, or refused.</exception>
    public async Task<Connection<ChangedOrder>> ListChangedAsync(
        Store store, DateTimeOffset from, DateTimeOffset until, string? after, CancellationToken cancel)
    {
        var search = $"updated_at:>='{ShopifySearch.InstantOf(from)}' updated_at:<='{ShopifySearch.InstantOf(until)}'";
        var data = await admin.DataAsync(store, ShopifyOperations.OrdersChanged, new OrdersChangedVariables(search, after), cancel);
        return data.Orders ?? throw new PlatformException("Shopify's answer does not hold the list of orders.");
    }

    /// <summary>Reads an order in the version that a list has told of.</summary>
    /// <exception cref="PlatformException">Shopify did not answer, or refused.</exception>
    public async Task<OrderReading> ReadAsync(Store store, ChangedOrder changed, CancellationToken cancel)
    {
        var withCustomer = ShopifyScopes.Missing(store.Scopes, "read_customers").Count == 0;
        var data = await admin.DataAsync(store, ShopifyOperations.OrderVersion, new OrderVersionVariables(changed.Id, withCustomer), cancel);
        if (data.Order is not { LineItems: { } first, ShippingLines: { } shipping, Refunds: { } named } order || order.UpdatedAt != changed.UpdatedAt)
        {
            return OrderReading.Passed;
        }

        var lines = new List<LineVersion>(first.Nodes);
        var end = first.PageInfo;
        for (var page = 1; end.HasNextPage; page++)
        {
            if (page == LinePagesMax || end.EndCursor is null)
            {
                return TooLarge(order);
            }

            var more = await admin.DataAsync(store, ShopifyOperations.OrderLines, new OrderLinesVariables(order.Id, end.EndCursor), cancel);
            if (more.Order is not { LineItems: { } next } || more.Order.UpdatedAt != order.UpdatedAt)
            {
                return OrderReading.Passed;
            }

            lines.AddRange(next.Nodes);
            end = next.PageInfo;
        }

        if (shipping.PageInfo.HasNextPage || named.Count >= RefundsMax)
        {
            return TooLarge(order);
        }

        var refunds = new List<RefundVersion>(named.Count);
        foreach (var refund in named)
        {
            var read = (await admin.DataAsync(store, ShopifyOperations.OrderRefund, new OrderRefundVariables(refund.Id), cancel)).Refund;
            if (read is not { IsWhole: true })
            {
                return TooLarge(order);
            }

            refunds.Add(read);
        }

        return new OrderReading(ShopifyOrderBody.Write(order, lines, refunds), null);
    }

    private static OrderReading TooLarge(OrderVersion order) => new(
        null,
        $"The order {order.Name ?? Gid.NumberOf(order.Id)} has more lines or refunds than can be read at once, so it is known only as far as its webhooks have told.");
}
