// What a real WooCommerce store sent, read into events.
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using StorePlugin.Webhooks.WooCommerce;

namespace StorePlugin.Webhooks.Tests.WooCommerce;

[TestFixture]
internal sealed class WooCommerceReaderTests
{
    [TestCaseSource(typeof(Capture), nameof(Capture.SignedNames))]
    public void A_captured_request_says_what_its_golden_file_says(string name)
    {
        var capture = Capture.Load(name);

        Golden.AssertEvent(Read(capture.Headers["X-WC-Webhook-Topic"], capture.Body), "woocommerce", name + ".event.json");
    }

    [TestCase("processing", "bacs", null, true)]
    [TestCase("completed", "stripe", null, true)]
    [TestCase("processing", "cod", null, false)]
    [TestCase("completed", "cod", null, false)]
    [TestCase("completed", "cod", "2026-11-21T02:34:54", true)]
    [TestCase("on-hold", "bacs", null, false)]
    [TestCase("pending", "stripe", null, false)]
    [TestCase("failed", "stripe", null, false)]
    [TestCase("cancelled", "stripe", "2026-11-21T02:34:54", true)]
    [TestCase("refunded", "stripe", null, true)]
    public void Cash_on_delivery_is_paid_only_when_the_store_says_when(string status, string method, string? paidAt, bool paid)
    {
        var order = Order(payload =>
        {
            payload["status"] = status;
            payload["payment_method"] = method;
            payload["date_paid_gmt"] = paidAt;
        });

        Assert.That(order.Paid, Is.EqualTo(paid));
        Assert.That(order.PaidAt, Is.EqualTo(paidAt is null ? (DateTimeOffset?)null : new DateTimeOffset(2026, 11, 21, 2, 34, 54, TimeSpan.Zero)));
    }

    // 124.00 with tax and shipping, of which 100.00 are goods without tax.
    [TestCase("-124.00", 10000)]
    [TestCase("-62.00", 5000)]
    [TestCase("-0.62", 50)]
    [TestCase("-11.90", 960)]
    [TestCase("-0.01", 1)]
    public void A_refunded_sum_counts_by_the_goods_share_of_the_order(string total, long expected)
    {
        var order = Order(payload =>
        {
            payload["total"] = "124.00";
            payload["line_items"]!.AsArray().RemoveAt(1);
            payload["line_items"]![0]!["subtotal"] = "100.00";
            payload["line_items"]![0]!["total"] = "100.00";
            payload["refunds"] = new JsonArray(new JsonObject { ["id"] = 14, ["reason"] = "", ["total"] = total });
        });

        var refund = order.Refunds.Single();
        Assert.That((refund.UnallocatedMinor, refund.Lines.Length, refund.OrderId), Is.EqualTo((expected, 0, "13")));
    }

    [Test]
    public void A_refund_of_an_order_without_a_total_changes_no_base()
    {
        var order = Order(payload =>
        {
            payload["total"] = "0.00";
            payload["refunds"] = new JsonArray(new JsonObject { ["id"] = 14, ["total"] = "-1.00" });
        });

        Assert.That(order.Refunds.Single().UnallocatedMinor, Is.Zero);
    }

    [TestCase("\"r-123\"", 1)]
    [TestCase("\"\"", 0)]
    [TestCase("7", 0)]
    [TestCase("{\"a\":1}", 0)]
    [TestCase("[\"r-123\"]", 0)]
    [TestCase("null", 0)]
    public void A_reference_in_the_meta_data_must_be_text(string value, int count) =>
        Assert.That(Order(payload => payload["meta_data"]![0]!["value"] = JsonNode.Parse(value)).References, Has.Length.EqualTo(count));

    [TestCase("99", "99")]
    [TestCase("\"99\"", "99")]
    [TestCase("\"wc-99\"", null)]
    [TestCase("\"999999999999999999999\"", null)]
    [TestCase("-99", null)]
    [TestCase("[99]", null)]
    [TestCase("null", null)]
    public void A_renewal_is_known_by_its_meta_data_and_names_its_subscription_where_it_is_told(string value, string? subscription)
    {
        var order = Order(payload => payload["meta_data"]!.AsArray().Add(
            new JsonObject { ["id"] = 1, ["key"] = "_subscription_renewal", ["value"] = JsonNode.Parse(value) }));

        Assert.That(order.Channel, Is.EqualTo(OrderChannel.Renewal));
        Assert.That(order.Renewal!.SubscriptionId, Is.EqualTo(subscription));
        Assert.That(order.Renewal.SellingPlanIds, Is.Empty);
    }

    [Test]
    public void An_order_without_that_meta_data_renews_nothing() =>
        Assert.That(Order(_ => { }).Renewal, Is.Null);

    [TestCase("5.00", 500, 0)]
    [TestCase("-5.00", 0, 500)]
    public void A_fee_is_no_product_and_may_be_a_discount_by_hand(string total, long gross, long discount)
    {
        var order = Order(payload => payload["fee_lines"] = new JsonArray(new JsonObject { ["id"] = 8, ["name"] = "Wrap", ["total"] = total }));

        Assert.That(order.Lines[^1], Is.EqualTo(new OrderLine("8", null, LineKind.Fee, 1, gross, discount, 0)));
    }

    [Test]
    public void A_coupons_unrounded_discount_is_rounded() =>
        Assert.That(Order(payload => payload["coupon_lines"]![0]!["discount"] = "8.403361344537815").Codes.Single().AmountMinor, Is.EqualTo(840));

    [Test]
    public void A_guest_has_no_customer_id_and_a_custom_line_no_product()
    {
        var changed = (OrderChanged)Read("order.updated", Payload(payload => payload["line_items"]![0]!["product_id"] = 0));

        Assert.That(changed.Shopper.CustomerId, Is.Null);
        Assert.That(changed.Order.Lines[0].ProductId, Is.Null);
    }

    [TestCase("0.5", 1)]
    [TestCase("2", 2)]
    [TestCase("2.25", 3)]
    public void Goods_sold_by_weight_count_begun_units(string quantity, long expected) =>
        Assert.That(Order(payload => payload["line_items"]![0]!["quantity"] = JsonNode.Parse(quantity)).Lines[0].Quantity, Is.EqualTo(expected));

    [TestCase("total", "12,50", "'12,50' in line_items[0].total is not an amount of EUR")]
    [TestCase("total", "1.234", "'1.234' in line_items[0].total is not an amount of EUR")]
    [TestCase("subtotal", "1e3", "'1e3' in line_items[0].subtotal is not an amount of EUR")]
    [TestCase("total", null, "line_items[0].total is missing")]
    [TestCase("id", null, "line_items[0].id is missing")]
    public void A_bad_field_of_a_line_is_named(string name, string? value, string reason) =>
        Assert.That(() => Order(payload => payload["line_items"]![0]![name] = value), Throws.TypeOf<UnreadableDeliveryException>().With.Message.Contains(reason));

    [TestCase("currency", "EUX", "'EUX' in currency is not a currency")]
    [TestCase("id", null, "id is missing")]
    [TestCase("id", "abc", "id is not the id of an order")]
    [TestCase("id", "0", "id is not the id of an order")]
    [TestCase("date_modified_gmt", null, "date_modified_gmt is missing")]
    [TestCase("date_modified_gmt", "2026-11-21 02:34:54", "date_modified_gmt is not an instant")]
    [TestCase("date_created_gmt", "2026-11-21T02:34:54+01:00", "date_created_gmt is not an instant")]
    public void A_bad_field_of_the_order_is_named(string name, string? value, string reason) =>
        Assert.That(() => Order(payload => payload[name] = value), Throws.TypeOf<UnreadableDeliveryException>().With.Message.Contains(reason));

    [TestCase("INV 2026/13", "#INV 2026/13")]
    [TestCase("", "#13")]
    public void An_order_is_called_by_its_number_whatever_a_plugin_makes_of_it(string number, string expected) =>
        Assert.That(Order(payload => payload["number"] = number).Reference, Is.EqualTo(expected));

    [TestCase("{\"date_modified_gmt\":\"2026-11-21T02:34:54\"}", true)]
    [TestCase("{\"date_modified_gmt\":null}", false)]
    [TestCase("{\"line_items\":[{\"date_modified_gmt\":\"2026-11-21T02:34:54\"}]}", false)]
    [TestCase("{\"data\":{\"date_modified_gmt\":\"2026-11-21T02:34:54\"}}", false)]
    [TestCase("{\"date_modified_gmt\":\"2026-11-21T02:34:54\"", false)]
    [TestCase("{\"dat\\ud800_modified\":1}", false)]
    [TestCase("[]", false)]
    [TestCase("[{\"date_modified_gmt\":\"2026-11-21T02:34:54\"}]", false)]
    [TestCase("not json", false)]
    public void The_key_leaves_the_delivery_id_out_only_where_the_body_tells_its_version(string body, bool versioned)
    {
        var key = WooCommerceReader.Key("order.updated", Encoding.UTF8.GetBytes(body), "d-1");

        Assert.That(key.EndsWith(":d-1", StringComparison.Ordinal), Is.EqualTo(!versioned));
    }

    [Test]
    public void A_negative_quantity_is_refused() =>
        Assert.That(
            () => Order(payload => payload["line_items"]![0]!["quantity"] = -1),
            Throws.TypeOf<UnreadableDeliveryException>().With.Message.Contains("line_items[0].quantity"));

    [Test]
    public void A_signed_order_sent_again_as_deleted_takes_nothing_away()
    {
        var order = TestData.Bytes("woocommerce", "order.updated-paid-with-coupon.body");

        Assert.That(
            () => DeliveryReader.Read(new Delivery("sto_1", WebhookSource.WooCommerce, "k", "order.deleted", order)),
            Throws.TypeOf<UnreadableDeliveryException>().With.Message.Contains("Only the body is signed"));
    }

    [Test]
    public void A_restored_order_is_a_version_and_a_trashed_one_is_deleted()
    {
        Assert.That(Read("order.restored", Payload(_ => { })), Is.TypeOf<OrderChanged>());
        Assert.That(Read("order.updated", Payload(payload => payload["status"] = "trash")),
            Is.EqualTo(new OrderDeleted("13", new DateTimeOffset(2026, 11, 21, 2, 34, 54, TimeSpan.Zero))), "a deletion is dated by the store, so that a restoration is known to be later");
    }

    [Test]
    public void A_body_without_id_that_is_no_error_of_the_store_is_refused() =>
        Assert.That(() => Read("order.updated", "{\"code\":\"x\"}"u8.ToArray()), Throws.TypeOf<UnreadableDeliveryException>().With.Message.Contains("id is missing"));

    private static byte[] Payload(Action<JsonObject> change)
    {
        var payload = JsonNode.Parse(Capture.Load("order.updated-paid-with-coupon").Body)!.AsObject();
        change(payload);
        return Encoding.UTF8.GetBytes(payload.ToJsonString());
    }

    private static Order Order(Action<JsonObject> change) => ((OrderChanged)Read("order.updated", Payload(change))).Order;

    private static StoreEvent Read(string topic, byte[] body) =>
        DeliveryReader.Read(new Delivery("sto_1", WebhookSource.WooCommerce, "k", topic, body));
}
