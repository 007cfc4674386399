// Writes an order of the Admin API as the webhook orders/updated would have carried it, so that one reader reads both.
using System.Globalization;
using System.Text.Json.Nodes;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// A pure translation from the field names of GraphQL to those of the webhooks. It holds what the reader reads and no more;
/// sums of lines are left out, since they would only repeat the lines.
/// </summary>
internal static class ShopifyOrderBody
{
    /// <param name="order">The order; its own lines and refunds are not looked at.</param>
    /// <param name="lines">All its lines.</param>
    /// <param name="refunds">All its refunds, whole.</param>
    public static byte[] Write(OrderVersion order, IReadOnlyList<LineVersion> lines, IReadOnlyList<RefundVersion> refunds)
    {
        var body = new JsonObject
        {
            ["id"] = NumberOf(order.Id),
            ["name"] = order.Name,
            ["created_at"] = InstantOf(order.CreatedAt),
            ["processed_at"] = InstantOf(order.ProcessedAt),
            ["updated_at"] = InstantOf(order.UpdatedAt),
            ["cancelled_at"] = InstantOf(order.CancelledAt),
            ["test"] = order.Test,
            ["currency"] = order.CurrencyCode,
            ["presentment_currency"] = order.PresentmentCurrencyCode,
            ["taxes_included"] = order.TaxesIncluded,
            ["financial_status"] = WordOf(order.DisplayFinancialStatus),
            ["source_name"] = order.SourceName,
            ["payment_gateway_names"] = new JsonArray([.. (order.PaymentGatewayNames ?? []).Select(name => (JsonNode)name)]),
            ["email"] = order.Email,
            ["phone"] = order.Phone,
            ["customer"] = order.Customer is { } customer ? BuyerOf(customer) : null,
            ["note_attributes"] = ListOf(order.CustomAttributes ?? [], attribute => new JsonObject { ["name"] = attribute.Key, ["value"] = attribute.Value }),
            ["landing_site"] = PageOf(order.CustomerJourneySummary?.LastVisit?.LandingPage),
            ["discount_codes"] = CodesOf(order, lines),
            ["total_price_set"] = SetOf(order.TotalPriceSet),
            ["original_total_duties_set"] = SetOf(order.OriginalTotalDutiesSet),
            ["line_items"] = ListOf(lines, LineOf),
            ["shipping_lines"] = ListOf(order.ShippingLines?.Nodes ?? [], ShippingOf),
            ["refunds"] = ListOf(refunds, RefundOf),
        };
        return System.Text.Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    // What each code took off in all, lines and shipping together. One that took nothing off stands among the codes only.
    private static JsonArray CodesOf(OrderVersion order, IReadOnlyList<LineVersion> lines)
    {
        var amounts = lines.SelectMany(line => line.DiscountAllocations).Concat((order.ShippingLines?.Nodes ?? []).SelectMany(line => line.DiscountAllocations))
            .Where(allocation => allocation.DiscountApplication.Code is not null)
            .ToLookup(allocation => allocation.DiscountApplication.Code, allocation => AmountOf(allocation.AllocatedAmountSet), StringComparer.OrdinalIgnoreCase);
        return ListOf(
            order.DiscountCodes ?? [], code => new JsonObject { ["code"] = code, ["amount"] = amounts[code].Sum().ToString(CultureInfo.InvariantCulture) });
    }

    private static JsonObject BuyerOf(Buyer buyer) => new()
    {
        ["id"] = NumberOf(buyer.Id),
        ["email"] = buyer.DefaultEmailAddress?.EmailAddress,
        ["phone"] = buyer.DefaultPhoneNumber?.PhoneNumber,
    };

    private static JsonObject LineOf(LineVersion line) => new()
    {
        ["id"] = NumberOf(line.Id),
        ["title"] = line.Title,
        ["quantity"] = line.Quantity,
        ["current_quantity"] = line.CurrentQuantity,
        ["gift_card"] = line.IsGiftCard,
        ["requires_shipping"] = line.RequiresShipping,
        ["product_id"] = NumberOf(line.Product?.Id),
        ["selling_plan_id"] = NumberOf(line.SellingPlan?.SellingPlanId),
        ["price_set"] = SetOf(line.OriginalUnitPriceSet),
        ["discount_allocations"] = ListOf(line.DiscountAllocations, AllocationOf),
        ["tax_lines"] = ListOf(line.TaxLines, TaxOf),
    };

    private static JsonObject ShippingOf(ShippingVersion line) => new()
    {
        ["is_removed"] = line.IsRemoved,
        ["price_set"] = SetOf(line.OriginalPriceSet),
        ["discount_allocations"] = ListOf(line.DiscountAllocations, AllocationOf),
        ["tax_lines"] = ListOf(line.TaxLines, TaxOf),
    };

    private static JsonObject AllocationOf(Allocation allocation) => new() { ["amount_set"] = SetOf(allocation.AllocatedAmountSet) };

    private static JsonObject TaxOf(TaxVersion tax) => new() { ["price_set"] = SetOf(tax.PriceSet) };

    private static JsonObject RefundOf(RefundVersion refund) => new()
    {
        ["id"] = NumberOf(refund.Id),
        ["created_at"] = InstantOf(refund.CreatedAt ?? refund.ProcessedAt),
        ["processed_at"] = InstantOf(refund.ProcessedAt),
        ["refund_line_items"] = ListOf(refund.RefundLineItems!.Nodes, line => new JsonObject
        {
            ["line_item_id"] = NumberOf(line.LineItem.Id),
            ["quantity"] = line.Quantity,
            ["subtotal_set"] = SetOf(line.SubtotalSet),
            ["total_tax_set"] = SetOf(line.TotalTaxSet),
            ["line_item"] = new JsonObject
            {
                ["title"] = line.LineItem.Title,
                ["gift_card"] = line.LineItem.IsGiftCard,
                ["requires_shipping"] = line.LineItem.RequiresShipping,
                ["product_id"] = NumberOf(line.LineItem.Product?.Id),
            },
        }),
        ["order_adjustments"] = new JsonArray(
        [
            .. refund.RefundShippingLines!.Nodes.Select(line => AdjustmentOf("shipping_refund", Negative(line.SubtotalAmountSet), Negative(line.TaxAmountSet))),
            .. refund.OrderAdjustments!.Nodes.Select(adjustment => AdjustmentOf("refund_discrepancy", SetOf(adjustment.AmountSet), SetOf(adjustment.TaxAmountSet))),
        ]),
        ["transactions"] = ListOf(refund.Transactions!.Nodes, transaction => new JsonObject
        {
            ["kind"] = WordOf(transaction.Kind),
            ["status"] = WordOf(transaction.Status),
            ["amount_set"] = SetOf(transaction.AmountSet),
        }),
    };

    private static JsonObject AdjustmentOf(string kind, JsonNode? amount, JsonNode? tax) => new() { ["kind"] = kind, ["amount_set"] = amount, ["tax_amount_set"] = tax };

    // What goes back is negative among a webhook's adjustments, and positive where GraphQL tells shipping that was refunded.
    private static JsonObject Negative(MoneySet set) => SetOf(set with { ShopMoney = set.ShopMoney with { Amount = (-AmountOf(set)).ToString(CultureInfo.InvariantCulture) } })!;

    private static JsonObject? SetOf(MoneySet? set) => set is null ? null : new JsonObject
    {
        ["shop_money"] = new JsonObject { ["amount"] = set.ShopMoney.Amount, ["currency_code"] = set.ShopMoney.CurrencyCode },
    };

    private static decimal AmountOf(MoneySet set) => decimal.Parse(set.ShopMoney.Amount, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static JsonArray ListOf<T>(IEnumerable<T> items, Func<T, JsonNode> write) => new([.. items.Select(write)]);

    // Webhooks tell the path and the query of the page.
    private static string? PageOf(string? address) => Uri.TryCreate(address, UriKind.Absolute, out var page) ? page.PathAndQuery : address;

    private static string? WordOf(string? word) => word?.ToLowerInvariant();

    private static string? InstantOf(DateTimeOffset? instant) => instant?.ToString("O", CultureInfo.InvariantCulture);

    private static JsonNode? NumberOf(string? gid) =>
        gid is null ? null : long.TryParse(Gid.NumberOf(gid), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : gid;
}
