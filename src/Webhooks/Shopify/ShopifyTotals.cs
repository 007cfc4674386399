// Holds an order's lines against the totals that Shopify tells beside them.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks.Shopify;

internal static class ShopifyTotals
{
    /// <summary>
    /// Says in words that the lines do not come to the order's totals; null where they do, or where the order does not tell
    /// both <c>total_line_items_price</c> and <c>subtotal_price</c>. One minor unit for each line is rounding; where the
    /// shopper paid in another currency, one for each unit, because each was converted by itself.
    /// </summary>
    /// <remarks>
    /// Shopify does not say which of the totals follow an edit, nor whether a tip counts. An order is taken at its word if
    /// any reading fits: as ordered or as edited, with or without tips, or by the current subtotal, which follows edits
    /// and refunds.
    /// </remarks>
    public static string? Contradiction(Payload order, ShopifyAmounts amounts, ImmutableArray<ShopifyLine> lines)
    {
        if (amounts.MinorToCompareOrNull(order, "total_line_items_price", "total_line_items_price_set") is not { } gross
            || amounts.MinorToCompareOrNull(order, "subtotal_price", "subtotal_price_set") is not { } net)
        {
            return null;
        }

        var converted = order.TextOrNull("presentment_currency") is { } seen && seen != amounts.Currency.Code;
        var rounding = converted ? Math.Max(lines.Length, lines.Sum(line => line.Ordered.Quantity)) : lines.Length;
        var ordered = lines.Select(line => line.Ordered).ToImmutableArray();
        var kept = lines.Select(line => line.Kept).ToImmutableArray();

        if (Come(ordered, gross, net, rounding) || Come(kept, gross, net, rounding)
            || (amounts.MinorToCompareOrNull(order, "current_subtotal_price", "current_subtotal_price_set") is { } current
                && Come(kept, null, current + Refunded(order, amounts), rounding)))
        {
            return null;
        }

        return $"The lines come to {Text(Gross(ordered))} before and {Text(Net(ordered))} after discounts, "
            + $"but the order's own totals are {Text(gross)} and {Text(net)}.";

        string Text(long minor) => new Money(minor, amounts.Currency).ToString();
    }

    private static bool Come(ImmutableArray<OrderLine> lines, long? gross, long net, long rounding) =>
        Fit(lines, gross, net, rounding) || Fit([.. lines.Where(line => line.Kind != LineKind.Fee)], gross, net, rounding);

    private static bool Fit(ImmutableArray<OrderLine> lines, long? gross, long net, long rounding) =>
        (gross is null || Math.Abs(Gross(lines) - gross.Value) <= rounding) && Math.Abs(Net(lines) - net) <= rounding;

    private static long Gross(ImmutableArray<OrderLine> lines) => lines.Sum(line => line.GrossMinor);

    private static long Net(ImmutableArray<OrderLine> lines) => lines.Sum(line => line.GrossMinor - line.DiscountMinor);

    private static long Refunded(Payload order, ShopifyAmounts amounts)
    {
        long sum = 0;
        foreach (var refund in order.Each("refunds"))
        {
            foreach (var line in refund.Each("refund_line_items"))
            {
                sum += amounts.MinorNotNegative(line, "subtotal", "subtotal_set");
            }
        }

        return sum;
    }
}
