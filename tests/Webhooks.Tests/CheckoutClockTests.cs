// The start of the checkout, which the shopper's browser writes and anyone can forge.
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using StorePlugin.Webhooks.Tests.Shopify;
using StorePlugin.Webhooks.Tests.WooCommerce;

namespace StorePlugin.Webhooks.Tests;

[TestFixture]
internal sealed class CheckoutClockTests
{
    private const string Clock = "orders.paid-with-checkout-clock";

    [TestCase("2026-11-21T02:10:00Z", "2026-11-21T02:10:00.000")]
    [TestCase("2026-11-21T02:10:00.25Z", "2026-11-21T02:10:00.250")]
    [TestCase("2026-11-21T03:10:00.250+01:00", "2026-11-21T02:10:00.250")]
    [TestCase("2026-11-20T21:10:00-05:00", "2026-11-21T02:10:00.000")]
    [TestCase("2026-11-21T02:10Z", "2026-11-21T02:10:00.000")]
    [TestCase("1795227000", "2026-11-21T02:10:00.000")]
    [TestCase("1795227000250", "2026-11-21T02:10:00.250")]
    [TestCase("2026-11-21T02:10:00", null)]
    [TestCase("2026-11-21", null)]
    [TestCase("2026-13-21T02:10:00Z", null)]
    [TestCase("0001-01-01T00:00:00+14:00", null)]
    [TestCase("21 Nov 2026 02:10:00 +00:00", null)]
    [TestCase("179522700", null)]
    [TestCase("17952270000", null)]
    [TestCase("-1795227000", null)]
    [TestCase("+1795227000", null)]
    [TestCase("01795227000", null)]
    [TestCase("1795227000.5", null)]
    [TestCase("1e9", null)]
    [TestCase("99999999999999999999", null)]
    [TestCase("now", null)]
    [TestCase("", null)]
    [TestCase(null, null)]
    public void An_instant_is_read_and_anything_else_is_passed_over(string? text, string? expected) =>
        Assert.That(
            CheckoutClock.Read(text)?.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture), Is.EqualTo(expected));

    [Test]
    public void An_instant_is_kept_in_utc() =>
        Assert.That(CheckoutClock.Read("2026-11-21T03:10:00+01:00")?.Offset, Is.EqualTo(TimeSpan.Zero));

    [TestCase("\" 1795227000 \"", true)]
    [TestCase("1795227000", true)]
    [TestCase("1795227000.5", false)]
    [TestCase("\"soon\"", false)]
    [TestCase("\"\\ud800\"", false)]
    [TestCase("{\"a\":1}", false)]
    [TestCase("[1795227000]", false)]
    [TestCase("true", false)]
    [TestCase("null", false)]
    public void On_both_platforms_whatever_stands_there_the_order_is_read(string value, bool known)
    {
        var shopify = JsonNode.Parse(TestData.Bytes("shopify", Clock + ".json"))!.AsObject();
        shopify["note_attributes"]![2]!["value"] = "VALUE";
        var wooCommerce = JsonNode.Parse(Capture.Load("order.updated-paid-with-coupon").Body)!.AsObject();
        wooCommerce["meta_data"]!.AsArray().Add(new JsonObject { ["id"] = 9, ["key"] = "_amb_checkout_at", ["value"] = "VALUE" });

        var expected = known ? new DateTimeOffset(2026, 11, 21, 2, 10, 0, TimeSpan.Zero) : (DateTimeOffset?)null;
        Assert.That(Read(WebhookSource.Shopify, "orders/paid", shopify, value).CheckoutStartedAt, Is.EqualTo(expected));
        Assert.That(Read(WebhookSource.WooCommerce, "order.updated", wooCommerce, value).CheckoutStartedAt, Is.EqualTo(expected));
    }

    [Test]
    public void Of_several_the_first_instant_counts()
    {
        var order = ShopifyBody.Order(Clock, payload =>
        {
            payload["note_attributes"]![0] = new JsonObject { ["name"] = "_amb_checkout_at", ["value"] = "soon" };
            payload["note_attributes"]![1] = new JsonObject { ["name"] = "_amb_checkout_at", ["value"] = "1795227000" };
        });

        Assert.That(order.CheckoutStartedAt, Is.EqualTo(new DateTimeOffset(2026, 11, 21, 2, 10, 0, TimeSpan.Zero)));
    }

    private static Order Read(WebhookSource source, string topic, JsonObject payload, string value)
    {
        var body = Encoding.UTF8.GetBytes(payload.ToJsonString().Replace("\"VALUE\"", value, StringComparison.Ordinal));
        return ((OrderChanged)DeliveryReader.Read(new Delivery("sto_1", source, "k", topic, body))).Order;
    }
}
