// Reads orders from a shop's Admin API, whole and of one moment.
using System.Globalization;

namespace StorePlugin.Stores.Shopify;

/// <summary>Each call asks as often as its lists have pages; none of them waits. What Shopify does not answer is a <see cref="PlatformException"/>.</summary>
internal sealed class ShopifyOrderReader(ShopifyAdminClient admin)
{
    private const int LinePagesMax = 20;

    /// <summary>One page of the orders that changed in a span of time, oldest change first.</summary>
    /// <exception cref="PlatformException">Shopify did not answer, or refused.</exception>
    public async Task<Connection<ChangedOrder>> ListChangedAsync(
        Store store, DateTimeOffset from, DateTimeOffset until, string? after, CancellationToken cancel)
    {
        var search = $"updated_at:>='{InstantOf(from)}' updated_at:<='{InstantOf(until)}'";
        var data = await AskAsync(store, ShopifyOperations.OrdersChanged, new OrdersChangedVariables(search, after), cancel);
        return data.Orders ?? throw new PlatformException("Shopify's answer does not hold the list of orders.");
    }

    /// <summary>
    /// The order as the body of a webhook. Null where it is gone, or changed while it was being read: then it has changed once more,
    /// and is found again.
    /// </summary>
    /// <exception cref="PlatformException">Shopify did not answer, or refused, or the order is larger than can be read whole.</exception>
    public async Task<byte[]?> ReadAsync(Store store, ChangedOrder changed, CancellationToken cancel)
    {
        var withCustomer = ShopifyScopes.Missing(store.Scopes, "read_customers").Count == 0;
        var data = await AskAsync(store, ShopifyOperations.OrderVersion, new OrderVersionVariables(changed.Id, withCustomer), cancel);
        if (data.Order is not { LineItems: { } first, ShippingLines: { } shipping, Refunds: { } named } order || order.UpdatedAt != changed.UpdatedAt)
        {
            return null;
        }

        var lines = new List<LineVersion>(first.Nodes);
        var end = first.PageInfo;
        for (var page = 1; end.HasNextPage; page++)
        {
            if (page == LinePagesMax || end.EndCursor is null)
            {
                throw TooLarge(order);
            }

            var more = await AskAsync(store, ShopifyOperations.OrderLines, new OrderLinesVariables(order.Id, end.EndCursor), cancel);
            if (more.Order is not { LineItems: { } next } || more.Order.UpdatedAt != order.UpdatedAt)
            {
                return null;
            }

            lines.AddRange(next.Nodes);
            end = next.PageInfo;
        }

        var refunds = new List<RefundVersion>(named.Count);
        foreach (var refund in named)
        {
            var read = (await AskAsync(store, ShopifyOperations.OrderRefund, new OrderRefundVariables(refund.Id), cancel)).Refund;
            refunds.Add(read is { IsWhole: true } ? read : throw TooLarge(order));
        }

        return shipping.PageInfo.HasNextPage || named.Count >= RefundsMax ? throw TooLarge(order) : ShopifyOrderBody.Write(order, lines, refunds);
    }

    // As many as the document asks for: there may be more.
    private const int RefundsMax = 100;

    private static PlatformException TooLarge(OrderVersion order) =>
        new($"The order {order.Name ?? Gid.NumberOf(order.Id)} has more lines or refunds than can be read at once, so it is known only as far as its webhooks have told.");

    private async Task<TData> AskAsync<TVariables, TData>(
        Store store, ShopifyOperation<TVariables, TData> operation, TVariables variables, CancellationToken cancel) =>
        (await admin.AskAsync(store, operation, variables, cancel)).DataOrThrow();

    private static string InstantOf(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
