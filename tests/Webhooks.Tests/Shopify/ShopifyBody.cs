// An order of the golden payloads, changed for one test and read.
using System.Text;
using System.Text.Json.Nodes;

namespace StorePlugin.Webhooks.Tests.Shopify;

internal static class ShopifyBody
{
    public static Order Order(string name, Action<JsonObject>? change = null)
    {
        var payload = JsonNode.Parse(TestData.Bytes("shopify", name + ".json"))!.AsObject();
        change?.Invoke(payload);
        return Order(payload);
    }

    public static Order Order(JsonObject payload)
    {
        var body = Encoding.UTF8.GetBytes(payload.ToJsonString());
        return ((OrderChanged)DeliveryReader.Read(new Delivery("sto_1", WebhookSource.Shopify, "k", "orders/updated", body))).Order;
    }

    /// <summary>An amount as Shopify's sets tell it, where shop and shopper share the currency.</summary>
    public static JsonObject Set(string amount) => new()
    {
        ["shop_money"] = new JsonObject { ["amount"] = amount, ["currency_code"] = "EUR" },
        ["presentment_money"] = new JsonObject { ["amount"] = amount, ["currency_code"] = "EUR" },
    };

    public static string Text(long minor) => new Money(minor, Currency.Parse("EUR")).ToDecimalString();

    /// <summary>What the lines and refunds of an order leave of its base.</summary>
    public static long RemainingBase(Order order) =>
        order.Lines.Where(line => line.Kind == LineKind.Product).Sum(line => line.GrossMinor - line.DiscountMinor - line.IncludedTaxMinor)
        - order.Refunds.Sum(refund => refund.UnallocatedMinor + refund.Lines.Sum(line => line.BaseMinor));
}
