// Orders whose lines do not come to their own totals: the event says so, and rounding is no contradiction.
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using StorePlugin.Webhooks.Tests.Shopify;
using StorePlugin.Webhooks.Tests.WooCommerce;

namespace StorePlugin.Webhooks.Tests;

[TestFixture]
internal sealed class ContradictionTests
{
    private const string TwoLines = "orders.paid-draft-with-custom-line";
    private const string Edited = "orders.updated-edited-line-removed-and-added";

    // Two lines of 30.00 and 15.00.
    [TestCase("45.00", "45.00", false)]
    [TestCase("45.02", "44.98", false)]
    [TestCase("45.03", "45.00", true)]
    [TestCase("45.00", "44.97", true)]
    [TestCase("45.00", "40.00", true, Description = "A discount that no line tells.")]
    [TestCase("45.00", null, false)]
    [TestCase(null, "1.00", false)]
    public void On_Shopify_lines_and_totals_may_differ_by_rounding_only(string? lines, string? subtotal, bool contradicts)
    {
        var order = ShopifyBody.Order(TwoLines, payload =>
        {
            payload.Remove("current_subtotal_price");
            payload.Remove("current_subtotal_price_set");
            Put(payload, "total_line_items_price", lines);
            Put(payload, "subtotal_price", subtotal);
        });

        Assert.That(order.Contradiction, contradicts ? Is.Not.Null : Is.Null);
    }

    [Test]
    public void The_contradiction_is_told_in_words() =>
        Assert.That(
            ShopifyBody.Order("orders.paid-totals-contradict-lines").Contradiction,
            Is.EqualTo("The lines come to 120.00 EUR before and 120.00 EUR after discounts, but the order's own totals are 100.00 EUR and 100.00 EUR."));

    // 100.00, 50.00 edited away, 30.00 added by the edit.
    [TestCase("180.00", "180.00", "130.00", Description = "As ordered.")]
    [TestCase("130.00", "130.00", "130.00", Description = "As edited.")]
    [TestCase("150.00", "150.00", "130.00", Description = "As first ordered: only the current subtotal follows the edit.")]
    public void However_an_edit_is_told_it_is_no_contradiction(string lines, string subtotal, string current)
    {
        var order = ShopifyBody.Order(Edited, payload =>
        {
            Put(payload, "total_line_items_price", lines);
            Put(payload, "subtotal_price", subtotal);
            Put(payload, "current_subtotal_price", current);
        });

        Assert.That(order.Contradiction, Is.Null);
    }

    // Three units that were converted from dollars one by one.
    [TestCase("100.02", false)]
    [TestCase("100.03", true)]
    public void Where_the_shopper_paid_in_another_currency_each_unit_may_be_rounded(string lines, bool contradicts)
    {
        var order = ShopifyBody.Order("orders.updated-shopper-paid-in-dollars", payload =>
        {
            payload.Remove("current_subtotal_price");
            payload.Remove("current_subtotal_price_set");
            Put(payload, "total_line_items_price", lines);
        });

        Assert.That(order.Contradiction, contradicts ? Is.Not.Null : Is.Null);
    }

    [TestCase("total_line_items_price_set")]
    [TestCase("subtotal_price_set")]
    [TestCase("presentment_currency")]
    public void A_total_that_cannot_be_compared_never_refuses_the_order(string name)
    {
        foreach (var wrong in new JsonNode?[] { "XXX", 7, null, new JsonObject { ["shop_money"] = new JsonObject { ["amount"] = "x", ["currency_code"] = "EUR" } }, UsDollars() })
        {
            Assert.That(() => ShopifyBody.Order(TwoLines, payload => payload[name] = wrong?.DeepClone()), Throws.Nothing);
        }

        static JsonObject UsDollars() => new() { ["shop_money"] = new JsonObject { ["amount"] = "1.00", ["currency_code"] = "USD" } };
    }

    [Test]
    public void No_other_golden_payload_contradicts_itself()
    {
        var contradictory = Directory.EnumerateFiles(Path.Combine(TestData.Folder, "shopify"), "orders.*.event.json")
            .Concat(Directory.EnumerateFiles(Path.Combine(TestData.Folder, "woocommerce"), "order.*.event.json"))
            .Where(file => !File.ReadAllText(file).Contains("\"Contradiction\": null", StringComparison.Ordinal) && File.ReadAllText(file).Contains("Contradiction", StringComparison.Ordinal))
            .Select(Path.GetFileName);

        Assert.That(contradictory, Is.EqualTo(["orders.paid-totals-contradict-lines.event.json"]));
    }

    // Two lines of 45.00 and 36.00 after 9.00 off.
    [TestCase("total", "81.00", null)]
    [TestCase("total", "81.02", null)]
    [TestCase("total", "83.00", "Lines, fees, shipping and tax come to 81.00 EUR, but the order's own total is 83.00 EUR.")]
    [TestCase("total", "60.00", "Lines, fees, shipping and tax come to 81.00 EUR, but the order's own total is 60.00 EUR.")]
    [TestCase("shipping_total", "5.00", "Lines, fees, shipping and tax come to 86.00 EUR, but the order's own total is 81.00 EUR.")]
    [TestCase("discount_total", "8.9850", null)]
    [TestCase("discount_total", "0.00", "The lines were discounted by 9.00 EUR, but the order's own discount is 0.00 EUR.")]
    [TestCase("discount_total", "", null)]
    [TestCase("total_tax", null, null)]
    public void On_WooCommerce_lines_and_totals_may_differ_by_rounding_only(string name, string? value, string? contradiction) =>
        Assert.That(WooCommerceOrder(payload => payload[name] = value).Contradiction, Is.EqualTo(contradiction));

    [Test]
    public void On_WooCommerce_fees_count() =>
        Assert.That(
            WooCommerceOrder(payload =>
            {
                payload["total"] = "78.50";
                payload["fee_lines"] = new JsonArray(new JsonObject { ["id"] = 8, ["total"] = "-2.50" });
            }).Contradiction,
            Is.Null);

    // Store credit and gift cards are means of payment, which plugins take off the total (rules B3, B4).
    [Test]
    public void On_WooCommerce_a_plugins_own_arithmetic_is_no_contradiction()
    {
        var credit = WooCommerceOrder(payload =>
        {
            payload["total"] = "60.00";
            payload["coupon_lines"]![0]!["discount_type"] = "smart_coupon";
        });
        var card = WooCommerceOrder(payload =>
        {
            payload["total"] = "60.00";
            payload["gift_cards"] = new JsonArray(new JsonObject { ["amount"] = 21 });
        });

        Assert.That((credit.Contradiction, card.Contradiction), Is.EqualTo(((string?)null, (string?)null)));
    }

    private static void Put(JsonObject payload, string name, string? amount)
    {
        payload[name] = amount;
        payload[name + "_set"] = amount is null ? null : ShopifyBody.Set(amount);
    }

    private static Order WooCommerceOrder(Action<JsonObject> change)
    {
        var payload = JsonNode.Parse(Capture.Load("order.updated-paid-with-coupon").Body)!.AsObject();
        change(payload);
        var body = Encoding.UTF8.GetBytes(payload.ToJsonString());
        return ((OrderChanged)DeliveryReader.Read(new Delivery("sto_1", WebhookSource.WooCommerce, "k", "order.updated", body))).Order;
    }
}
