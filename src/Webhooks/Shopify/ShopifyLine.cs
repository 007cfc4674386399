// Reads Shopify's order lines, as they were ordered and as edits of the order have left them.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks.Shopify;

/// <summary>A line as ordered, and what an edit of the order has left of it before refunds (rule B12).</summary>
/// <param name="Ordered">All units that were ever on the line.</param>
/// <param name="Kept">
/// The units that no edit took away, with their share of the line's discounts and included tax. Shopify leaves
/// <c>quantity</c>, discounts and tax of an edited line as they were and lowers <c>current_quantity</c> alone, which refunds
/// lower too: so the units that an edit took away are quantity − current quantity − units refunded, never below 0. What the
/// line's discounts and tax are of the remaining units follows rule M3: total × units kept / units ordered, rounded half
/// away from zero, and the rest is of the units taken away.
/// </param>
/// <param name="OrderedTaxMinor">Tax of all units, whether prices include it or not.</param>
/// <param name="KeptTaxMinor">Tax of the units kept, likewise.</param>
internal sealed record ShopifyLine(OrderLine Ordered, OrderLine Kept, long OrderedTaxMinor, long KeptTaxMinor)
{
    // Longer than any number of 64 bits; what does not fit is no selling plan of Shopify's.
    private const int PlanLengthMax = 20;

    /// <summary>What the shopper was charged for the units that an edit took away, tax and all.</summary>
    public long TakenAwayMinor => Charged(Ordered, OrderedTaxMinor) - Charged(Kept, KeptTaxMinor);

    /// <summary>What the shopper was charged for the units kept, tax and all.</summary>
    public long ChargedMinor => Charged(Kept, KeptTaxMinor);

    /// <summary>The base that the units kept can have: nothing where the line is no product.</summary>
    public long GoodsMinor => Kept.Kind == LineKind.Product
        ? Math.Max(0, Kept.GrossMinor - Kept.DiscountMinor - Kept.IncludedTaxMinor)
        : 0;

    private bool TaxesIncluded { get; init; }

    public static ImmutableArray<ShopifyLine> ReadAll(Payload order, ShopifyAmounts amounts, bool taxesIncluded)
    {
        var refunded = UnitsRefunded(order);
        var editable = MayBeEdited(order);
        var lines = ImmutableArray.CreateBuilder<ShopifyLine>();
        foreach (var line in order.Each("line_items"))
        {
            lines.Add(Read(line, amounts, taxesIncluded, refunded, editable));
        }

        return lines.DrainToImmutable();
    }

    /// <summary>
    /// A tip is a line that sells nothing; Shopify marks it by this title and by having no product.
    /// </summary>
    public static bool IsTip(Payload line) =>
        !line.Has("product_id") && line.TextOrNull("title") is "Tip" && !line.Flag("gift_card") && !line.Flag("requires_shipping");

    private static ShopifyLine Read(
        Payload line, ShopifyAmounts amounts, bool taxesIncluded, Dictionary<string, long> refunded, bool editable)
    {
        var id = line.Id("id");
        var quantity = line.Count("quantity");
        var price = amounts.MinorNotNegative(line, "price", "price_set");
        var (discount, tax) = (Discount(line, amounts), Tax(line, amounts));
        var ordered = new OrderLine(
            id,
            line.IdOrNull("product_id"),
            line.Flag("gift_card") ? LineKind.GiftCard : IsTip(line) ? LineKind.Fee : LineKind.Product,
            quantity,
            price * quantity,
            discount,
            taxesIncluded ? tax : 0)
        {
            SellingPlanId = SellingPlan(line),
        };

        var current = line.CountOrNull("current_quantity") ?? quantity;
        var takenAway = editable ? quantity - current - refunded.GetValueOrDefault(id) : 0;
        if (takenAway <= 0)
        {
            return new ShopifyLine(ordered, ordered, tax, tax) { TaxesIncluded = taxesIncluded };
        }

        var units = quantity - takenAway;
        var keptTax = Money.Share(tax, units, quantity);
        var kept = ordered with
        {
            Quantity = units,
            GrossMinor = price * units,
            DiscountMinor = Money.Share(discount, units, quantity),
            IncludedTaxMinor = taxesIncluded ? keptTax : 0,
        };
        return new ShopifyLine(ordered, kept, tax, keptTax) { TaxesIncluded = taxesIncluded };
    }

    // Every refunded unit leaves the current quantity, whether it was restocked or not: restocking is the warehouse's
    // matter (rule B10).
    private static Dictionary<string, long> UnitsRefunded(Payload order)
    {
        var units = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var refund in order.Each("refunds"))
        {
            foreach (var line in refund.Each("refund_line_items"))
            {
                var id = line.Id("line_item_id");
                units[id] = units.GetValueOrDefault(id) + line.Count("quantity");
            }
        }

        return units;
    }

    // A cancelled order has no current units at all. That is no edit: the money decides (rule B11).
    private static bool MayBeEdited(Payload order)
    {
        if (!order.Has("cancelled_at"))
        {
            return true;
        }

        foreach (var line in order.Each("line_items"))
        {
            if (line.CountOrNull("current_quantity") > 0)
            {
                return true;
            }
        }

        return false;
    }

    // Allocations hold the line's own discounts and its share of the order's. total_discount holds the line's own only,
    // so it counts where no allocations are told.
    private static long Discount(Payload line, ShopifyAmounts amounts)
    {
        long sum = 0;
        var told = false;
        foreach (var allocation in line.Each("discount_allocations"))
        {
            sum += amounts.MinorNotNegative(allocation, "amount", "amount_set");
            told = true;
        }

        return told ? sum : amounts.MinorNotNegativeOrZero(line, "total_discount", "total_discount_set");
    }

    private static long Tax(Payload line, ShopifyAmounts amounts)
    {
        long sum = 0;
        foreach (var tax in line.Each("tax_lines"))
        {
            sum += amounts.MinorNotNegative(tax, "price", "price_set");
        }

        return sum;
    }

    // A number, or the number at the end of gid://shopify/SellingPlan/….
    private static string? SellingPlan(Payload line)
    {
        var id = line.TextOrNumberOrNull("selling_plan_id")
            ?? line.ObjectOrNull("selling_plan_allocation")?.ObjectOrNull("selling_plan")?.TextOrNumberOrNull("id");
        var number = id?[(id.LastIndexOf('/') + 1)..];
        return number is { Length: > 0 and <= PlanLengthMax } && !number.AsSpan().ContainsAnyExceptInRange('0', '9') ? number : null;
    }

    private long Charged(OrderLine line, long taxMinor) => line.GrossMinor - line.DiscountMinor + (TaxesIncluded ? 0 : taxMinor);
}
