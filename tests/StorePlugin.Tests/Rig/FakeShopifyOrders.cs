// The stand-in's orders: kept as webhooks tell them, and told to the Admin API in the fields of GraphQL.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    /// <summary>How many nodes a page of orders or lines has at most; fewer than a document asks for makes more pages.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>The orders of all shops, by shop and number, in the form of a webhook's body.</summary>
    public ConcurrentDictionary<(string Shop, long Id), JsonNode> Orders { get; } = new();

    /// <summary>Keeps an order, or its newer version.</summary>
    public void Keep(string shop, string json)
    {
        var order = JsonNode.Parse(json)!;
        Orders[(shop, order["id"]!.GetValue<long>())] = order;
    }

    private JsonObject? PerformOnOrders(string shop, string document, JsonNode variables)
    {
        if (document.StartsWith("query OrdersChanged", StringComparison.Ordinal))
        {
            return new JsonObject { ["orders"] = Changed(shop, variables["search"]!.GetValue<string>(), variables["after"]?.GetValue<string>()) };
        }

        if (document.StartsWith("query OrderVersion", StringComparison.Ordinal))
        {
            return new JsonObject { ["order"] = Find(shop, variables["id"]!) is { } order ? Version(order, variables["withCustomer"]!.GetValue<bool>()) : null };
        }

        if (document.StartsWith("query OrderLines", StringComparison.Ordinal))
        {
            return new JsonObject
            {
                ["order"] = Find(shop, variables["id"]!) is { } order
                    ? new JsonObject { ["updatedAt"] = Instant(order["updated_at"]), ["lineItems"] = Lines(order, variables["after"]!.GetValue<string>()) }
                    : null,
            };
        }

        if (document.StartsWith("query OrderRefund", StringComparison.Ordinal))
        {
            var id = Number(variables["id"]!);
            var found = Orders.Where(one => one.Key.Shop == shop)
                .SelectMany(one => (one.Value["refunds"]?.AsArray() ?? []).Select(refund => (Order: one.Value, Refund: refund!)))
                .FirstOrDefault(one => one.Refund["id"]!.GetValue<long>() == id);
            return new JsonObject { ["refund"] = found.Refund is null ? null : Refund(found.Order, found.Refund) };
        }

        return null;
    }

    private JsonNode? Find(string shop, JsonNode gid) => Orders.GetValueOrDefault((shop, Number(gid)));

    private JsonObject Changed(string shop, string search, string? after)
    {
        var span = Search().Match(search);
        Assert.That(span.Success, search);
        var (from, until) = (At(span.Groups["from"].Value), At(span.Groups["until"].Value));
        var matching = Orders.Where(one => one.Key.Shop == shop && At(one.Value["updated_at"]!.GetValue<string>()) is var at && at >= from && at <= until)
            .OrderBy(one => At(one.Value["updated_at"]!.GetValue<string>())).ThenBy(one => one.Key.Id)
            .Select(one => (JsonNode)new JsonObject { ["id"] = $"gid://shopify/Order/{one.Key.Id}", ["updatedAt"] = Instant(one.Value["updated_at"]) });
        return Page([.. matching], after);
    }

    private JsonObject Page(List<JsonNode> nodes, string? after)
    {
        var start = after is null ? 0 : int.Parse(after, CultureInfo.InvariantCulture);
        var page = nodes.Skip(start).Take(PageSize).ToArray();
        return new JsonObject
        {
            ["nodes"] = new JsonArray(page),
            ["pageInfo"] = new JsonObject
            {
                ["hasNextPage"] = start + page.Length < nodes.Count,
                ["endCursor"] = page.Length == 0 ? null : (start + page.Length).ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    private JsonObject Version(JsonNode order, bool withCustomer)
    {
        var currency = CurrencyOf(order);
        var version = new JsonObject
        {
            ["id"] = $"gid://shopify/Order/{order["id"]}",
            ["name"] = order["name"]?.DeepClone(),
            ["createdAt"] = Instant(order["created_at"]),
            ["processedAt"] = Instant(order["processed_at"] ?? order["created_at"]),
            ["updatedAt"] = Instant(order["updated_at"]),
            ["cancelledAt"] = Instant(order["cancelled_at"]),
            ["test"] = order["test"]?.GetValue<bool>() ?? false,
            ["currencyCode"] = currency,
            ["presentmentCurrencyCode"] = order["presentment_currency"]?.DeepClone() ?? currency,
            ["taxesIncluded"] = order["taxes_included"]?.GetValue<bool>() ?? false,
            ["displayFinancialStatus"] = order["financial_status"]?.GetValue<string>().ToUpperInvariant(),
            ["sourceName"] = order["source_name"]?.DeepClone(),
            ["paymentGatewayNames"] = order["payment_gateway_names"]?.DeepClone() ?? new JsonArray(),
            ["email"] = (order["email"] ?? order["contact_email"])?.DeepClone(),
            ["phone"] = order["phone"]?.DeepClone(),
            ["customAttributes"] = Map(order["note_attributes"], one => new JsonObject { ["key"] = one["name"]!.GetValue<string>(), ["value"] = one["value"]?.ToString() }),
            ["customerJourneySummary"] = order["landing_site"] is { } landing
                ? new JsonObject { ["lastVisit"] = new JsonObject { ["landingPage"] = "https://www.lux.example" + landing } }
                : null,
            ["discountCodes"] = Map(order["discount_codes"], one => one["code"]!.DeepClone()),
            ["totalPriceSet"] = Set(order, "total_price", currency) ?? Zero(currency),
            ["originalTotalDutiesSet"] = Set(order, "original_total_duties", currency),
            ["lineItems"] = Lines(order, null),
            ["shippingLines"] = Page(
                [
                    .. Each(order["shipping_lines"]).Select(line => new JsonObject
                    {
                        ["isRemoved"] = line["is_removed"]?.GetValue<bool>() ?? false,
                        ["originalPriceSet"] = Set(line, "price", currency),
                        ["discountAllocations"] = Allocations(order, line, currency),
                        ["taxLines"] = Taxes(line, currency),
                    }),
                ],
                null),
            ["refunds"] = Map(order["refunds"], one => new JsonObject { ["id"] = $"gid://shopify/Refund/{one["id"]}" }),
        };
        if (withCustomer)
        {
            version["customer"] = order["customer"] is { } customer && customer["id"] is { } id
                ? new JsonObject
                {
                    ["id"] = $"gid://shopify/Customer/{id}",
                    ["defaultEmailAddress"] = customer["email"] is { } email ? new JsonObject { ["emailAddress"] = email.DeepClone() } : null,
                    ["defaultPhoneNumber"] = customer["phone"] is { } phone ? new JsonObject { ["phoneNumber"] = phone.DeepClone() } : null,
                }
                : null;
        }

        return version;
    }

    private JsonObject Lines(JsonNode order, string? after)
    {
        var currency = CurrencyOf(order);
        return Page(
            [
                .. Each(order["line_items"]).Select(line =>
                {
                    var told = Line(line);
                    told["quantity"] = line["quantity"]!.GetValue<long>();
                    told["currentQuantity"] = (line["current_quantity"] ?? line["quantity"])!.GetValue<long>();
                    told["sellingPlan"] = (line["selling_plan_id"] ?? line["selling_plan_allocation"]?["selling_plan"]?["id"]) is { } plan
                        ? new JsonObject { ["sellingPlanId"] = $"gid://shopify/SellingPlan/{plan.ToString().Split('/')[^1]}" }
                        : null;
                    told["originalUnitPriceSet"] = Set(line, "price", currency);
                    told["discountAllocations"] = Allocations(order, line, currency);
                    told["taxLines"] = Taxes(line, currency);
                    return told;
                }),
            ],
            after);
    }

    private static JsonObject Line(JsonNode line) => new()
    {
        ["id"] = $"gid://shopify/LineItem/{line["id"]}",
        ["title"] = line["title"]?.GetValue<string>() ?? "Thing",
        ["isGiftCard"] = line["gift_card"]?.GetValue<bool>() ?? false,
        ["requiresShipping"] = line["requires_shipping"]?.GetValue<bool>() ?? true,
        ["product"] = line["product_id"] is { } product ? new JsonObject { ["id"] = $"gid://shopify/Product/{product}" } : null,
    };

    private static JsonObject Refund(JsonNode order, JsonNode refund)
    {
        var currency = CurrencyOf(order);
        var adjustments = Each(refund["order_adjustments"]).ToLookup(one => one["kind"]?.GetValue<string>() == "shipping_refund");
        return new JsonObject
        {
            ["id"] = $"gid://shopify/Refund/{refund["id"]}",
            ["createdAt"] = Instant(refund["created_at"]),
            ["processedAt"] = Instant(refund["processed_at"] ?? refund["created_at"]),
            ["refundLineItems"] = Whole(Each(refund["refund_line_items"]).Select(line =>
            {
                var sold = line["line_item"] ?? Each(order["line_items"]).First(one => one["id"]!.GetValue<long>() == line["line_item_id"]!.GetValue<long>());
                return new JsonObject
                {
                    ["quantity"] = line["quantity"]!.GetValue<long>(),
                    ["lineItem"] = Line(sold),
                    ["subtotalSet"] = Set(line, "subtotal", currency),
                    ["totalTaxSet"] = Set(line, "total_tax", currency) ?? Zero(currency),
                };
            })),
            ["refundShippingLines"] = Whole(adjustments[true].Select(one => new JsonObject
            {
                ["subtotalAmountSet"] = Positive(Set(one, "amount", currency)!),
                ["taxAmountSet"] = Positive(Set(one, "tax_amount", currency) ?? Zero(currency)),
            })),
            ["orderAdjustments"] = Whole(adjustments[false].Select(one => new JsonObject
            {
                ["amountSet"] = Set(one, "amount", currency) ?? Zero(currency),
                ["taxAmountSet"] = Set(one, "tax_amount", currency) ?? Zero(currency),
            })),
            ["transactions"] = Whole(Each(refund["transactions"]).Select(one => new JsonObject
            {
                ["kind"] = one["kind"]!.GetValue<string>().ToUpperInvariant(),
                ["status"] = one["status"]!.GetValue<string>().ToUpperInvariant(),
                ["amountSet"] = Set(one, "amount", currency),
            })),
        };
    }

    private static JsonArray Allocations(JsonNode order, JsonNode line, string currency)
    {
        var told = Map(line["discount_allocations"], one => Allocation(Set(one, "amount", currency), CodeOf(order, one["discount_application_index"]!.GetValue<int>())));

        // The API tells each discount of a line by its allocation.
        return told.Count == 0 && Set(line, "total_discount", currency) is { } discount ? [Allocation(discount, null)] : told;
    }

    private static JsonObject Allocation(JsonObject? amount, string? code)
    {
        var application = new JsonObject { ["__typename"] = code is null ? "AutomaticDiscountApplication" : "DiscountCodeApplication" };
        if (code is not null)
        {
            application["code"] = code;
        }

        return new JsonObject { ["allocatedAmountSet"] = amount, ["discountApplication"] = application };
    }

    // Payloads that tell no applications have one for each code.
    private static string? CodeOf(JsonNode order, int index) =>
        Each(order["discount_applications"]).ElementAtOrDefault(index) is { } application
            ? application["type"]?.GetValue<string>() == "discount_code" ? application["code"]!.GetValue<string>() : null
            : Each(order["discount_codes"]).ElementAtOrDefault(index)?["code"]!.GetValue<string>();

    private static JsonArray Taxes(JsonNode line, string currency) =>
        Map(line["tax_lines"], tax => new JsonObject { ["priceSet"] = Set(tax, "price", currency) });

    private static string CurrencyOf(JsonNode order) =>
        (order["total_price_set"]?["shop_money"]?["currency_code"] ?? order["currency"])!.GetValue<string>();

    private static JsonObject? Set(JsonNode of, string name, string currency)
    {
        var amount = of[name + "_set"]?["shop_money"]?["amount"] ?? of[name];
        return amount is null ? null : new JsonObject { ["shopMoney"] = new JsonObject { ["amount"] = Decimal(amount.ToString()), ["currencyCode"] = currency } };
    }

    private static JsonObject Zero(string currency) => new() { ["shopMoney"] = new JsonObject { ["amount"] = "0.0", ["currencyCode"] = currency } };

    private static JsonObject Positive(JsonObject set)
    {
        var amount = set["shopMoney"]!["amount"]!.GetValue<string>();
        set["shopMoney"]!["amount"] = amount.TrimStart('-');
        return set;
    }

    // As the API writes decimals: without zeros at the end, but for one.
    private static string Decimal(string amount)
    {
        var text = decimal.Parse(amount, CultureInfo.InvariantCulture).ToString("0.0##", CultureInfo.InvariantCulture);
        return text;
    }

    private static JsonObject Whole(IEnumerable<JsonObject> nodes) => new()
    {
        ["nodes"] = new JsonArray([.. nodes]),
        ["pageInfo"] = new JsonObject { ["hasNextPage"] = false, ["endCursor"] = null },
    };

    private static JsonArray Map(JsonNode? list, Func<JsonNode, JsonNode> write) => new([.. Each(list).Select(write)]);

    private static IEnumerable<JsonNode> Each(JsonNode? list) => (list?.AsArray() ?? []).OfType<JsonNode>();

    private static long Number(JsonNode gid) => long.Parse(gid.GetValue<string>().Split('/')[^1], CultureInfo.InvariantCulture);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static string? Instant(JsonNode? text) => text is null ? null : At(text.GetValue<string>()).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\Aupdated_at:>='(?<from>[^']+)' updated_at:<='(?<until>[^']+)'\z", RegexOptions.CultureInvariant)]
    private static partial Regex Search();
}
