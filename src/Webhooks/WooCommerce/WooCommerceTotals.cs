// Holds an order's lines against the totals that WooCommerce tells beside them.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks.WooCommerce;

internal static class WooCommerceTotals
{
    /// <summary>
    /// Says in words that the lines do not come to the order's totals; null where they do, where the order does not tell
    /// its totals, or where a plugin takes part in the sum: a coupon of a kind that is not WooCommerce's own, or a gift
    /// card, lowers the total and no line. The discount of the lines is held against <c>discount_total</c>, and lines,
    /// fees, shipping and tax together against <c>total</c>. One minor unit for each line of any kind is rounding.
    /// </summary>
    public static string? Contradiction(Payload order, Currency currency, ImmutableArray<OrderLine> lines)
    {
        if (order.Has("gift_cards") || HasForeignCoupon(order)
            || order.MinorRoundedOrNull("total", currency) is not { } told
            || order.MinorRoundedOrNull("discount_total", currency) is not { } toldDiscount
            || order.MinorRoundedOrNull("shipping_total", currency) is not { } shipping
            || order.MinorRoundedOrNull("total_tax", currency) is not { } tax)
        {
            return null;
        }

        var products = lines.Where(line => line.Kind == LineKind.Product).ToImmutableArray();
        var fees = lines.Where(line => line.Kind == LineKind.Fee).Sum(line => line.GrossMinor - line.DiscountMinor);
        var discount = products.Sum(line => line.DiscountMinor);
        var goods = products.Sum(line => line.GrossMinor - line.DiscountMinor);
        var all = goods + fees + shipping + tax;
        var rounding = lines.Length + order.LengthOf("shipping_lines") + order.LengthOf("tax_lines");
        return Math.Abs(discount - toldDiscount) > rounding
            ? $"The lines were discounted by {Text(discount)}, but the order's own discount is {Text(toldDiscount)}."
            : Math.Abs(all - told) > rounding
            ? $"Lines, fees, shipping and tax come to {Text(all)}, but the order's own total is {Text(told)}."
            : null;

        string Text(long minor) => new Money(minor, currency).ToString();
    }

    private static bool HasForeignCoupon(Payload order)
    {
        foreach (var coupon in order.Each("coupon_lines"))
        {
            if (coupon.TextOrNull("discount_type") is not (null or "percent" or "fixed_cart" or "fixed_product"))
            {
                return true;
            }
        }

        return false;
    }
}
