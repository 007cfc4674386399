// Reads Shopify's order object: what orders/create, paid, updated and cancelled carry.
using System.Collections.Immutable;
using System.Net;

namespace StorePlugin.Webhooks.Shopify;

internal static class ShopifyOrder
{
    private const string ReferenceAttribute = "_amb_ref";

    // A set that every order has; the first that is there names the shop's currency.
    private static readonly string[] CurrencySets = ["total_price_set", "subtotal_price_set", "current_total_price_set", "total_line_items_price_set"];

    public static Order Read(Payload order)
    {
        var id = order.OrderId("id");
        var amounts = Amounts(order);
        var taxesIncluded = order.Flag("taxes_included");
        var status = order.TextOrNull("financial_status");
        return new Order
        {
            Id = id,
            Reference = Reference.Named(order.TextOrNull("name") ?? "#" + id),
            At = order.InstantOrNull("processed_at") ?? order.Instant("created_at"),
            UpdatedAt = order.Instant("updated_at"),
            Currency = amounts.Currency,
            Paid = status is "paid" or "partially_refunded" or "refunded",
            RefundedInFull = status is "refunded",
            CancelledAt = order.InstantOrNull("cancelled_at"),
            Test = order.Flag("test"),
            Channel = Channel(order.TextOrNull("source_name")),
            Lines = Lines(order, amounts, taxesIncluded),
            Codes = Codes(order, amounts.Currency),
            References = References(order),
            Refunds = Refunds(order, id, amounts, taxesIncluded),
        };
    }

    // Names, addresses and cards are not matched (rule F2), so they are not read.
    public static Shopper Buyer(Payload order)
    {
        var customer = order.ObjectOrNull("customer");
        var shopper = new Shopper(
            customer?.IdOrNull("id"),
            order.TextOrNull("email") ?? order.TextOrNull("contact_email") ?? customer?.TextOrNull("email"),
            order.TextOrNull("phone") ?? customer?.TextOrNull("phone"));
        return shopper == Shopper.Unknown ? Shopper.Unknown : shopper;
    }

    /// <summary>
    /// A tip is a line that sells nothing; Shopify marks it by this title and by having no product.
    /// </summary>
    public static bool IsTip(Payload line) =>
        !line.Has("product_id") && line.TextOrNull("title") is "Tip" && !line.Flag("gift_card") && !line.Flag("requires_shipping");

    private static ShopifyAmounts Amounts(Payload order)
    {
        Currency? shop = null;
        foreach (var set in CurrencySets)
        {
            shop ??= order.ObjectOrNull(set)?.ObjectOrNull("shop_money")?.CurrencyOrNull("currency_code");
        }

        var named = order.CurrencyOrNull("currency");
        return shop is { } currency
            ? new ShopifyAmounts(currency, setsOnly: named is not null && named != currency)
            : new ShopifyAmounts(named ?? order.Currency("currency"));
    }

    private static OrderChannel Channel(string? sourceName) => sourceName switch
    {
        "pos" => OrderChannel.PointOfSale,
        "shopify_draft_order" => OrderChannel.Draft,
        not null when sourceName.StartsWith("subscription_contract", StringComparison.Ordinal) => OrderChannel.Renewal,
        _ => OrderChannel.Online,
    };

    private static ImmutableArray<OrderLine> Lines(Payload order, ShopifyAmounts amounts, bool taxesIncluded)
    {
        var lines = ImmutableArray.CreateBuilder<OrderLine>();
        foreach (var line in order.Each("line_items"))
        {
            var quantity = line.Count("quantity");
            lines.Add(new OrderLine(
                line.Id("id"),
                line.IdOrNull("product_id"),
                line.Flag("gift_card") ? LineKind.GiftCard : IsTip(line) ? LineKind.Fee : LineKind.Product,
                quantity,
                amounts.MinorNotNegative(line, "price", "price_set") * quantity,
                Discount(line, amounts),
                taxesIncluded ? Tax(line, amounts) : 0));
        }

        return lines.DrainToImmutable();
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

    private static ImmutableArray<OrderCode> Codes(Payload order, Currency currency)
    {
        var codes = ImmutableArray.CreateBuilder<OrderCode>();
        foreach (var code in order.Each("discount_codes"))
        {
            if (code.TextOrNull("code") is { Length: <= Reference.CodeLengthMax } text)
            {
                codes.Add(new OrderCode(text, code.MinorOrNull("amount", currency) ?? 0));
            }
        }

        return codes.DrainToImmutable();
    }

    private static ImmutableArray<OrderReference> References(Payload order)
    {
        var references = ImmutableArray.CreateBuilder<OrderReference>();
        foreach (var attribute in order.Each("note_attributes"))
        {
            if (attribute.TextOrNull("name") is ReferenceAttribute)
            {
                Reference.AddTo(references, ReferenceSource.Cart, attribute.TextOrNull("value"));
            }
        }

        Reference.AddTo(references, ReferenceSource.LandingPage, Ref(order.TextOrNull("landing_site")));
        return references.DrainToImmutable();
    }

    // The landing page is the shopper's to shape, and Shopify cuts long ones: nothing about it can be an error.
    private static string? Ref(string? landingSite)
    {
        var site = landingSite.AsSpan();
        var end = site.IndexOf('#');
        var page = end < 0 ? site : site[..end];
        var start = page.IndexOf('?');
        var query = start < 0 ? default : page[(start + 1)..];
        foreach (var pair in query.Split('&'))
        {
            if (query[pair] is ['r', 'e', 'f', '=', .. var value])
            {
                return WebUtility.UrlDecode(value.ToString());
            }
        }

        return null;
    }

    private static ImmutableArray<Refund> Refunds(Payload order, string orderId, ShopifyAmounts amounts, bool taxesIncluded)
    {
        var refunds = ImmutableArray.CreateBuilder<Refund>();
        foreach (var refund in order.Each("refunds"))
        {
            refunds.Add(ShopifyRefund.Read(refund, orderId, amounts, taxesIncluded));
        }

        return refunds.DrainToImmutable();
    }
}
