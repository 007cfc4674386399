// Reads Shopify's refund object: alone in refunds/create, or inside its order.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks.Shopify;

/// <summary>A refund as sent, and the money in it, in minor units of the order's currency.</summary>
/// <param name="Refund">What it says; its part without lines still holds whatever tax and shipping it does not tell.</param>
/// <param name="LinesTaxMinor">The tax of all lines that it takes back.</param>
/// <param name="LinesMinor">All lines that it takes back, tax and all.</param>
/// <param name="ShippingMinor">Shipping that went back, without its tax.</param>
/// <param name="ShippingTaxMinor">The tax of that shipping.</param>
/// <param name="TaxMinor">Tax that it tells beside lines and shipping.</param>
/// <param name="PaidBackMinor">What went back to the shopper.</param>
internal sealed record ShopifyRefund(
    Refund Refund,
    long LinesTaxMinor,
    long LinesMinor,
    long ShippingMinor,
    long ShippingTaxMinor,
    long TaxMinor,
    long PaidBackMinor)
{
    // What was paid back beyond lines, shipping and told tax is an amount without a line, to be spread (rule B9). Without
    // transactions no money went back beyond what the lines say.
    private long BeyondMinor => Math.Max(0, PaidBackMinor - LinesMinor - ShippingMinor - ShippingTaxMinor - TaxMinor);

    // Goods that were taken off, for which no money went back yet.
    private long OwedMinor => Math.Max(0, LinesMinor - PaidBackMinor);

    /// <summary>
    /// A refund that was sent on its own. It does not say whether the order's prices include tax, so a line's base is
    /// its subtotal, and the tax that may lie inside is told beside it (<see cref="RefundLine.PossibleTaxMinor"/>).
    /// </summary>
    public static Refund ReadAlone(Payload refund) => Read(refund, refund.OrderId("order_id"), Amounts(refund), taxesIncluded: null).Refund;

    /// <summary>
    /// The refunds inside their order. An amount without a line counts by the goods' share of what has not been paid back
    /// yet (<see cref="Repayable"/>), except where it pays for goods that are off the order already, by an edit (rule B12) or
    /// by a refund that took lines back and paid nothing: those are not taken off twice. Whether an order was edited before
    /// it was paid is not told; a later amount without a line is then taken for such a payment, up to what the edit took away.
    /// </summary>
    public static ImmutableArray<Refund> ReadAll(
        Payload order, string orderId, ShopifyAmounts amounts, bool taxesIncluded, ImmutableArray<ShopifyLine> lines)
    {
        var refunds = ImmutableArray.CreateBuilder<ShopifyRefund>();
        foreach (var refund in order.Each("refunds"))
        {
            refunds.Add(Read(refund, orderId, amounts, taxesIncluded));
        }

        return refunds.Count == 0
            ? []
            : WithGoodsShares(refunds.DrainToImmutable(), lines, Charged(order, amounts, taxesIncluded, lines));
    }

    private static ShopifyRefund Read(Payload refund, string orderId, ShopifyAmounts amounts, bool? taxesIncluded)
    {
        var lines = ImmutableArray.CreateBuilder<RefundLine>();
        long linesMinor = 0, linesTax = 0;
        foreach (var line in refund.Each("refund_line_items"))
        {
            var subtotal = amounts.MinorNotNegative(line, "subtotal", "subtotal_set");
            var tax = amounts.MinorNotNegativeOrZero(line, "total_tax", "total_tax_set");
            linesMinor += taxesIncluded is true ? subtotal : subtotal + tax;
            linesTax += tax;

            // A tip that goes back is money that was never part of a base (rule B10).
            if (line.ObjectOrNull("line_item") is { } sold && ShopifyLine.IsTip(sold))
            {
                continue;
            }

            lines.Add(new RefundLine(
                line.Id("line_item_id"),
                line.Count("quantity"),
                taxesIncluded is true ? subtotal - tax : subtotal,
                taxesIncluded is null ? tax : 0));
        }

        var (shipping, shippingTax, told) = Adjustments(refund, amounts);
        var read = new ShopifyRefund(
            new Refund(
                refund.Id("id"),
                orderId,
                refund.InstantOrNull("processed_at") ?? refund.Instant("created_at"),
                amounts.Currency,
                lines.DrainToImmutable(),
                0),
            linesTax,
            linesMinor,
            shipping,
            shippingTax,
            told,
            PaidBack(refund, amounts, linesMinor));
        return read with { Refund = read.Refund with { UnallocatedMinor = read.BeyondMinor } };
    }

    private static long PaidBack(Payload refund, ShopifyAmounts amounts, long linesMinor)
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
                    ? linesMinor
                    : throw new UnreadableDeliveryException(
                        $"The refund names no lines and {transaction.Place("amount")} is in {paid.Code}, but the order is in {amounts.Currency.Code}.");
            }

            paidBack += amounts.MinorNotNegative(transaction, "amount", "amount_set");
        }

        return paidBack;
    }

    // Adjustments are negative where they give money back.
    private static (long Shipping, long ShippingTax, long Tax) Adjustments(Payload refund, ShopifyAmounts amounts)
    {
        long shipping = 0, shippingTax = 0, told = 0;
        foreach (var adjustment in refund.Each("order_adjustments"))
        {
            var tax = Math.Max(0, -(amounts.MinorOrNull(adjustment, "tax_amount", "tax_amount_set") ?? 0));
            if (adjustment.TextOrNull("kind") is "shipping_refund")
            {
                shipping += Math.Abs(amounts.MinorOrNull(adjustment, "amount", "amount_set") ?? 0);
                shippingTax += tax;
            }
            else
            {
                told += tax;
            }
        }

        return (shipping, shippingTax, told);
    }

    // What the shopper was charged for what edits have left on the order.
    private static Repayable Charged(Payload order, ShopifyAmounts amounts, bool taxesIncluded, ImmutableArray<ShopifyLine> lines)
    {
        var goods = lines.Sum(line => line.GoodsMinor);
        var tax = lines.Sum(line => line.KeptTaxMinor);
        var all = lines.Sum(line => line.ChargedMinor) + amounts.MinorNotNegativeOrZero(order, "original_total_duties", "original_total_duties_set");
        foreach (var shipping in order.Each("shipping_lines"))
        {
            if (shipping.Flag("is_removed"))
            {
                continue;
            }

            var price = amounts.MinorNotNegativeOrZero(shipping, "price", "price_set");
            foreach (var allocation in shipping.Each("discount_allocations"))
            {
                price -= amounts.MinorNotNegative(allocation, "amount", "amount_set");
            }

            long shippingTax = 0;
            foreach (var taxLine in shipping.Each("tax_lines"))
            {
                shippingTax += amounts.MinorNotNegative(taxLine, "price", "price_set");
            }

            tax += shippingTax;
            all += Math.Max(0, price) + (taxesIncluded ? 0 : shippingTax);
        }

        return new Repayable(goods, tax, Math.Max(0, all - goods - tax));
    }

    private static ImmutableArray<Refund> WithGoodsShares(
        ImmutableArray<ShopifyRefund> refunds, ImmutableArray<ShopifyLine> lines, Repayable left)
    {
        var products = lines.Where(line => line.Kept.Kind == LineKind.Product).Select(line => line.Kept.Id).ToHashSet(StringComparer.Ordinal);
        var owed = lines.Sum(line => line.TakenAwayMinor);

        // A refund's share hangs on those before it, so that a later one never changes what an earlier one took.
        var shares = new long[refunds.Length];
        var inTime = Enumerable.Range(0, refunds.Length)
            .OrderBy(i => refunds[i].Refund.At).ThenBy(i => refunds[i].Refund.Id.Length).ThenBy(i => refunds[i].Refund.Id, StringComparer.Ordinal);
        foreach (var i in inTime)
        {
            var refund = refunds[i];
            var goods = refund.Refund.Lines.Where(line => products.Contains(line.LineId)).Sum(line => line.BaseMinor);
            left = left.Without(
                goods, refund.LinesTaxMinor + refund.ShippingTaxMinor, refund.LinesMinor - goods - refund.LinesTaxMinor + refund.ShippingMinor);
            owed += refund.OwedMinor;

            var beyond = refund.BeyondMinor;
            var settled = Math.Min(owed, beyond + refund.TaxMinor);
            owed -= settled;
            var settledGoods = Money.Share(settled, beyond, beyond + refund.TaxMinor);
            var told = refund.TaxMinor - (settled - settledGoods);
            (shares[i], left) = left.Without(0, told, 0).Pay(beyond - settledGoods, withoutTax: refund.TaxMinor > 0);
        }

        return [.. refunds.Select((refund, i) => refund.Refund with { UnallocatedMinor = shares[i] })];
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
