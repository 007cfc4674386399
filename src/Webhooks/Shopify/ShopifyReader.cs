// Reads Shopify's webhook bodies, and those of the rehearsal store, which speaks the same.
using System.Text.Json;

namespace StorePlugin.Webhooks.Shopify;

internal static class ShopifyReader
{
    public static bool IsCompliance(string topic) =>
        topic is "customers/data_request" or "customers/redact" or "shop/redact";

    /// <summary>
    /// Whether a compliance body names another shop than the header, which the signature does not cover. A body that
    /// names none, or nothing that is a shop's domain, contradicts nothing.
    /// </summary>
    public static bool SpeaksOfAnotherShop(ReadOnlyMemory<byte> body, string domain)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return ShopDomain.TryParse(Payload.Of(document).TextOrNull("shop_domain"), out var named) && named != domain;
        }
        catch (Exception exception) when (exception is JsonException or UnreadableDeliveryException)
        {
            // It is stored, and the reader says what is wrong with it.
            return false;
        }
    }

    public static StoreEvent Read(string topic, ReadOnlyMemory<byte> body) => topic switch
    {
        "app/uninstalled" => new StoreUninstalled(),
        "shop/update" => Read(body, Store),
        "app/scopes_update" => Read(body, Scopes),
        _ when IsCompliance(topic) => Read(body, payload => Privacy(topic, payload)),
        _ => ReadRehearsal(topic, body),
    };

    /// <summary>The rehearsal store sends orders, refunds and its own end, and nothing else.</summary>
    public static StoreEvent ReadRehearsal(string topic, ReadOnlyMemory<byte> body) => topic switch
    {
        "orders/create" or "orders/paid" or "orders/updated" or "orders/edited" or "orders/cancelled"
            or "orders/fulfilled" or "orders/partially_fulfilled" => Read(body, OrderOrEdit),
        "orders/delete" => Read(body, static payload => new OrderDeleted(payload.Id("id"))),
        "refunds/create" => Read(body, static payload => new OrderRefunded(ShopifyRefund.Read(payload))),
        "app/uninstalled" => new StoreUninstalled(),
        _ => new Irrelevant($"Nothing is done on the topic {topic}."),
    };

    private static StoreEvent Read(ReadOnlyMemory<byte> body, Func<Payload, StoreEvent> read)
    {
        using var document = JsonDocument.Parse(body);
        return read(Payload.Of(document));
    }

    private static StoreChanged Store(Payload shop) => new(
        shop.TextOrNull("name"), shop.CurrencyOrNull("currency")?.Code, shop.TextOrNull("iana_timezone"), shop.TextOrNull("domain"));

    private static ScopesChanged Scopes(Payload change) => new(
        change.TextsOrNull("current") ?? throw new UnreadableDeliveryException("current is missing (expected the list of granted scopes)."));

    private static PrivacyRequested Privacy(string topic, Payload request) => new(topic)
    {
        Shopper = request.ObjectOrNull("customer") is { } customer
            ? new Shopper(customer.IdOrNull("id"), customer.TextOrNull("email"), customer.TextOrNull("phone"))
            : Shopper.Unknown,
        OrderIds = [.. request.Ids("orders_requested"), .. request.Ids("orders_to_redact")],
        RequestId = request.ObjectOrNull("data_request")?.IdOrNull("id"),
    };

    // The topic orders/edited carries the edit, not the order.
    private static StoreEvent OrderOrEdit(Payload payload) => payload.Has("order_edit") && !payload.Has("line_items")
        ? new Irrelevant("An edit without the order's lines; orders/updated brings them.")
        : new OrderChanged(ShopifyOrder.Read(payload), ShopifyOrder.Buyer(payload));
}
