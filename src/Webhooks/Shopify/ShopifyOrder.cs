// Reads Shopify's order object: what orders/create, paid, updated and cancelled carry.
using System.Collections.Immutable;
using System.Net;

namespace StorePlugin.Webhooks.Shopify;

internal static class ShopifyOrder
{
    private const string StoreCreditGateway = "shopify_store_credit";
    private const string ReferenceAttribute = "_amb_ref";

    // A set that every order has; the first that is there names the shop's currency.
    private static readonly string[] CurrencySets = ["total_price_set", "subtotal_price_set", "current_total_price_set", "total_line_items_price_set"];

    public static Order Read(Payload order)
    {
        var id = order.OrderId("id");
        var amounts = Amounts(order);
        var taxesIncluded = order.Flag("taxes_included");
        var status = order.TextOrNull("financial_status");
        var channel = Channel(order.TextOrNull("source_name"));
        var lines = ShopifyLine.ReadAll(order, amounts, taxesIncluded);
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
            Channel = channel,
            Renewal = Renewal(channel, lines),
            CheckoutStartedAt = CheckoutStartedAt(order),
            Lines = [.. lines.Select(line => line.Kept)],
            Codes = Codes(order, amounts.Currency),
            References = References(order),
            Refunds = ShopifyRefund.ReadAll(order, id, amounts, taxesIncluded, lines),
            StoreCredit = StoreCredit(order, amounts),
            Contradiction = ShopifyTotals.Contradiction(order, amounts, lines),
        };
    }

    // A webhook names the ways of payment and not what came by which. Where store credit was the only one, it paid all.
    private static StoreCreditPayment? StoreCredit(Payload order, ShopifyAmounts amounts)
    {
        var gateways = order.TextsOrNull("payment_gateway_names") ?? [];
        return !gateways.Contains(StoreCreditGateway) ? null
            : new StoreCreditPayment(gateways.All(gateway => gateway == StoreCreditGateway) ? amounts.MinorToCompareOrNull(order, "total_price", "total_price_set") : null);
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

    // A renewal repeats the lines of its origin order, selling plans and all, and does not tell its subscription.
    private static OrderRenewal? Renewal(OrderChannel channel, ImmutableArray<ShopifyLine> lines) => channel == OrderChannel.Renewal
        ? new OrderRenewal(null, [.. lines.Select(line => line.Ordered.SellingPlanId).OfType<string>().Distinct(StringComparer.Ordinal)])
        : null;

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

    private static DateTimeOffset? CheckoutStartedAt(Payload order)
    {
        foreach (var attribute in order.Each("note_attributes"))
        {
            if (attribute.TextOrNull("name") is CheckoutClock.Attribute && CheckoutClock.Read(attribute.TextOrNumberOrNull("value")) is { } instant)
            {
                return instant;
            }
        }

        return null;
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
}
