// Reads Shopify's webhook bodies, and those of the rehearsal store, which speaks the same.
using System.Text.Json;

namespace StorePlugin.Webhooks.Shopify;

/// <summary>
/// Shopify signs a body and no header: a signed body can be sent again under another shop or another topic. So the body
/// must be what its topic carries, and a shop that it names must be the one that it came for; else nothing is done.
/// </summary>
internal static class ShopifyReader
{
    private const string Uninstalled = "app/uninstalled";
    private const string DiscountIdStart = "gid://shopify/Discount";
    private const int DiscountIdLengthMax = 200;

    public static bool IsCompliance(string topic) =>
        topic is "customers/data_request" or "customers/redact" or "shop/redact";

    public static StoreEvent Read(string topic, SendingShop? shop, ReadOnlyMemory<byte> body) =>
        ReaderOf(topic) is not { } read
            ? NothingToDo(topic)
            : Read(body, payload =>
            {
                DemandOwn(payload, shop);
                return read(payload, shop);
            });

    /// <summary>
    /// The rehearsal store sends orders, refunds, disputes and its own end, and nothing else. Its secret is its own, so that no body
    /// of another store is taken for one of its.
    /// </summary>
    public static StoreEvent ReadRehearsal(string topic, ReadOnlyMemory<byte> body) =>
        topic == Uninstalled ? new StoreUninstalled()
        : ReaderOfOrders(topic) is { } read ? Read(body, payload => read(payload, null))
        : NothingToDo(topic);

    private static Func<Payload, SendingShop?, StoreEvent>? ReaderOf(string topic) => topic switch
    {
        Uninstalled => Left,
        "shop/update" => Store,
        "app/scopes_update" => Scopes,
        "discounts/update" or "discounts/delete" or "discounts/redeemcode_removed" => Discount,
        _ when IsCompliance(topic) => (payload, _) => Privacy(topic, payload),
        _ => ReaderOfOrders(topic),
    };

    private static Func<Payload, SendingShop?, StoreEvent>? ReaderOfOrders(string topic) => topic switch
    {
        "orders/create" or "orders/paid" or "orders/updated" or "orders/edited" or "orders/cancelled"
            or "orders/fulfilled" or "orders/partially_fulfilled" => OrderOrEdit,
        "orders/delete" => Deleted,
        "refunds/create" => Refunded,
        "disputes/create" or "disputes/update" => Disputed,
        _ => null,
    };

    private static Irrelevant NothingToDo(string topic) => new($"Nothing is done on the topic {topic}.");

    private static StoreEvent Read(ReadOnlyMemory<byte> body, Func<Payload, StoreEvent> read)
    {
        using var document = JsonDocument.Parse(body);
        return read(Payload.Of(document));
    }

    private static void DemandOwn(Payload payload, SendingShop? shop)
    {
        if (NamesAnother(payload, "myshopify_domain", shop) || NamesAnother(payload, "shop_domain", shop)
            || IsAnother(payload.IdOrNull("shop_id"), shop))
        {
            throw AnotherShop();
        }
    }

    private static bool NamesAnother(Payload payload, string name, SendingShop? shop) =>
        payload.Has(name)
        && !(ShopDomain.TryParse(payload.TextOrNull(name), out var named) && named.Equals(shop?.Domain, StringComparison.OrdinalIgnoreCase));

    // As long as Shopify has not told the shop's number, the number in a body proves nothing.
    private static bool IsAnother(string? id, SendingShop? shop) => id is not null && shop?.Id is { } own && id != own;

    // The other shop is not named: it may be another merchant's.
    private static UnreadableDeliveryException AnotherShop() =>
        new("The body speaks of another shop than the one it was sent for. Only the body is signed, so nothing was done.");

    private static UnreadableDeliveryException Misfit(string expected, string why) =>
        new($"The topic carries {expected}, and the body is none: {why}. Only the body is signed, so nothing was done.");

    // The Shop resource, which two topics carry. No other body names its shop in this way.
    private static void DemandShop(Payload payload, SendingShop? shop)
    {
        if (!payload.Has("myshopify_domain"))
        {
            throw Misfit("a shop", "myshopify_domain is missing");
        }

        if (IsAnother(payload.Id("id"), shop))
        {
            throw AnotherShop();
        }
    }

    private static StoreUninstalled Left(Payload payload, SendingShop? shop)
    {
        DemandShop(payload, shop);
        return new StoreUninstalled();
    }

    private static StoreChanged Store(Payload payload, SendingShop? shop)
    {
        DemandShop(payload, shop);
        return new StoreChanged(
            payload.TextOrNull("name"), payload.CurrencyOrNull("currency")?.Code, payload.TextOrNull("iana_timezone"), payload.TextOrNull("domain"));
    }

    // Its shop is named by number only, and only since version 2025-07.
    private static ScopesChanged Scopes(Payload change, SendingShop? shop)
    {
        if (change.TextsOrNull("previous") is null)
        {
            throw Misfit("a change of scopes", "previous is missing");
        }

        return new ScopesChanged(change.TextsOrNull("current") ?? throw Misfit("a change of scopes", "current is missing"));
    }

    // A hint and no more: the body has no date and names no shop, so the discount is read anew before anything is said of it.
    private static StoreEvent Discount(Payload payload, SendingShop? shop) =>
        payload.TextOrNull("admin_graphql_api_id") is { Length: <= DiscountIdLengthMax } id && id.StartsWith(DiscountIdStart, StringComparison.Ordinal)
            ? new DiscountTouched(id)
            : new Irrelevant("The body names no discount.");

    // The three bodies are alike, and their duties are not: one customer's request must never erase the whole shop.
    private static PrivacyRequested Privacy(string topic, Payload request)
    {
        if (!request.Has("shop_domain"))
        {
            throw Misfit($"a request of {topic}", "shop_domain is missing");
        }

        var ofCustomer = topic != "shop/redact";
        if (request.ObjectOrNull("customer") is null == ofCustomer)
        {
            throw Misfit($"a request of {topic}", ofCustomer ? "customer is missing" : "it is about one customer");
        }

        string[] foreign = topic switch
        {
            "customers/redact" => ["data_request", "orders_requested"],
            "customers/data_request" => ["orders_to_redact"],
            _ => ["data_request", "orders_requested", "orders_to_redact"],
        };
        if (Array.Find(foreign, request.Has) is { } name)
        {
            throw Misfit($"a request of {topic}", $"{name} belongs to another topic");
        }

        return new PrivacyRequested(topic)
        {
            Shopper = request.ObjectOrNull("customer") is { } customer
                ? new Shopper(customer.IdOrNull("id"), customer.TextOrNull("email"), customer.TextOrNull("phone"))
                : Shopper.Unknown,
            OrderIds = [.. request.Ids("orders_requested"), .. request.Ids("orders_to_redact")],
            RequestId = request.ObjectOrNull("data_request")?.IdOrNull("id"),
        };
    }

    // The topic orders/edited carries the edit, not the order.
    private static StoreEvent OrderOrEdit(Payload payload, SendingShop? shop)
    {
        if (payload.Has("order_edit") && !payload.Has("line_items"))
        {
            return new Irrelevant("An edit without the order's lines; orders/updated brings them.");
        }

        return payload.Has("line_items") && payload.Has("created_at")
            ? new OrderChanged(ShopifyOrder.Read(payload), ShopifyOrder.Buyer(payload))
            : throw Misfit("an order", payload.Has("line_items") ? "created_at is missing" : "line_items is missing");
    }

    // Its body is an id and nothing else. Whatever has a date of its own is another thing: an order's older version, sent
    // again under this topic, must not take its commission away.
    private static OrderDeleted Deleted(Payload payload, SendingShop? shop)
    {
        foreach (var name in (ReadOnlySpan<string>)["created_at", "updated_at", "line_items", "order_id", "myshopify_domain"])
        {
            if (payload.Has(name))
            {
                throw Misfit("the id of a deleted order", $"it has {name}");
            }
        }

        return new OrderDeleted(payload.OrderId("id"));
    }

    private static OrderRefunded Refunded(Payload payload, SendingShop? shop) =>
        !payload.Has("order_id") ? throw Misfit("a refund", "order_id is missing")
        : !payload.Has("refund_line_items") && !payload.Has("transactions")
            ? throw Misfit("a refund", "refund_line_items and transactions are missing")
        : new OrderRefunded(ShopifyRefund.ReadAlone(payload));

    private static StoreEvent Disputed(Payload payload, SendingShop? shop) =>
        !payload.Has("initiated_at") || !payload.Has("status") ? throw Misfit("a dispute", "initiated_at or status is missing")
        : !payload.Has("order_id") ? new Irrelevant("The dispute is about no order of the store.")
        : new OrderDisputed(ShopifyDispute.Read(payload));
}
