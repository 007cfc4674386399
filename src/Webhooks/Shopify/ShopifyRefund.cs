// Reads Shopify's refund object: alone in refunds/create, or inside its order.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks.Shopify;

internal static class ShopifyRefund
{
    /// <summary>
    /// A refund that was sent on its own. It does not say whether the order's prices include tax, so a line's base is
    /// its subtotal, and the tax that may lie inside is told beside it (<see cref="RefundLine.PossibleTaxMinor"/>).
    /// </summary>
    public static Refund Read(Payload refund) => Read(refund, refund.OrderId("order_id"), Amounts(refund), taxesIncluded: null);

    /// <summary>A refund inside its order.</summary>
    public static Refund Read(Payload refund, string orderId, ShopifyAmounts amounts, bool? taxesIncluded)
    {
        var lines = ImmutableArray.CreateBuilder<RefundLine>();
        long linesMinor = 0;
        foreach (var line in refund.Each("refund_line_items"))
        {
            var subtotal = amounts.MinorNotNegative(line, "subtotal", "subtotal_set");
            var tax = amounts.MinorNotNegativeOrZero(line, "total_tax", "total_tax_set");
            linesMinor += taxesIncluded is true ? subtotal : subtotal + tax;

            // A tip that goes back is money that was never part of a base (rule B10).
            if (line.ObjectOrNull("line_item") is { } sold && ShopifyOrder.IsTip(sold))
            {
                continue;
            }

            lines.Add(new RefundLine(
                line.Id("line_item_id"),
                line.Count("quantity"),
                taxesIncluded is true ? subtotal - tax : subtotal,
                taxesIncluded is null ? tax : 0));
        }

        return new Refund(
            refund.Id("id"),
            orderId,
            refund.InstantOrNull("processed_at") ?? refund.Instant("created_at"),
            amounts.Currency,
            lines.DrainToImmutable(),
            Unallocated(refund, amounts, linesMinor));
    }

    // What was paid back beyond lines, shipping and tax is an amount without a line, to be spread (rule B9). Without
    // transactions no money went back beyond what the lines say.
    private static long Unallocated(Payload refund, ShopifyAmounts amounts, long linesMinor)
    {
        long paidBack = 0;
        foreach (var transaction in refund.Each("transactions"))
        {
            if (transaction.TextOrNull("kind") is not "refund" || transaction.TextOrNull("status") is not "success")
            {
                continue;
            }

            if (!transaction.Has("amount_set") && transaction.CurrencyOrNull("currency") is { } paid && paid != amounts.Currency)
            {
                // The shopper's currency. Lines say what came back; without any, nobody can tell what it was in the shop's.
                return linesMinor > 0
                    ? 0
                    : throw new UnreadableDeliveryException(
                        $"The refund names no lines and {transaction.Place("amount")} is in {paid.Code}, but the order is in {amounts.Currency.Code}.");
            }

            paidBack += amounts.MinorNotNegative(transaction, "amount", "amount_set");
        }

        return Math.Max(0, paidBack - linesMinor - ShippingAndTax(refund, amounts));
    }

    // Adjustments are negative where they give money back.
    private static long ShippingAndTax(Payload refund, ShopifyAmounts amounts)
    {
        long sum = 0;
        foreach (var adjustment in refund.Each("order_adjustments"))
        {
            var tax = amounts.MinorOrNull(adjustment, "tax_amount", "tax_amount_set") ?? 0;
            sum += Math.Max(0, -tax);
            if (adjustment.TextOrNull("kind") is "shipping_refund")
            {
                sum += Math.Abs(amounts.MinorOrNull(adjustment, "amount", "amount_set") ?? 0);
            }
        }

        return sum;
    }

    private static ShopifyAmounts Amounts(Payload refund)
    {
        Currency? currency = null;
        foreach (var line in refund.Each("refund_line_items"))
        {
            currency ??= line.ObjectOrNull("subtotal_set")?.ObjectOrNull("shop_money")?.CurrencyOrNull("currency_code");
        }

        foreach (var transaction in refund.Each("transactions"))
        {
            currency ??= transaction.ObjectOrNull("amount_set")?.ObjectOrNull("shop_money")?.CurrencyOrNull("currency_code");
        }

        foreach (var adjustment in refund.Each("order_adjustments"))
        {
            currency ??= adjustment.ObjectOrNull("amount_set")?.ObjectOrNull("shop_money")?.CurrencyOrNull("currency_code");
        }

        foreach (var transaction in refund.Each("transactions"))
        {
            currency ??= transaction.CurrencyOrNull("currency");
        }

        return new ShopifyAmounts(currency ?? throw new UnreadableDeliveryException("The refund names no currency."));
    }
}
