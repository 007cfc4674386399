// Refunds that name no lines: on every platform they take the goods' share, and all of them together exactly the goods.
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using StorePlugin.Webhooks.Tests.Shopify;
using StorePlugin.Webhooks.Tests.WooCommerce;

namespace StorePlugin.Webhooks.Tests;

[TestFixture]
internal sealed class AmountOnlyRefundTests
{
    private const string Shopify = "orders.updated-partly-refunded-amount-only";

    [TestCase(1249, 10000, 12495, 1000)]
    [TestCase(1, 1, 2, 1)]
    [TestCase(1, 49, 100, 0)]
    [TestCase(7, 0, 5, 0)]
    [TestCase(7, 5, 0, 0)]
    [TestCase(7, -1, 5, 0)]
    [TestCase(long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue)]
    public void A_share_is_rounded_once_and_half_away_from_zero(long sum, long part, long whole, long share) =>
        Assert.That(Money.Share(sum, part, whole), Is.EqualTo(share));

    // 100.00 of goods, 19.00 of tax on them, 5.00 shipping with 0.95 of tax.
    [TestCase("124.95", 10000)]
    [TestCase("12.49", 1000)]
    [TestCase("62.48", 5000)]
    [TestCase("0.01", 1)]
    [TestCase("200.00", 10000)]
    public void Tax_and_shipping_inside_an_amount_lower_no_base(string amount, long goods) =>
        Assert.That(ShopifyRefunded(amount).Refunds.Single().UnallocatedMinor, Is.EqualTo(goods));

    [Test]
    public void Told_tax_is_taken_off_first_and_the_rest_is_goods_and_shipping()
    {
        var order = ShopifyBody.Order(Shopify, payload =>
        {
            payload["refunds"]![0]!["transactions"]![0]!["amount"] = "62.48";
            payload["refunds"]![0]!["order_adjustments"]![0]!["tax_amount_set"] = ShopifyBody.Set("-9.98");
        });

        Assert.That(order.Refunds.Single().UnallocatedMinor, Is.EqualTo(5000), "52.50 of 105.00");
    }

    [Test]
    public void Told_shipping_is_no_goods()
    {
        var order = ShopifyBody.Order(Shopify, payload =>
        {
            var adjustment = payload["refunds"]![0]!["order_adjustments"]![0]!;
            payload["refunds"]![0]!["transactions"]![0]!["amount"] = "65.45";
            adjustment["kind"] = "shipping_refund";
            adjustment["amount_set"] = ShopifyBody.Set("-5.00");
            adjustment["tax_amount_set"] = ShopifyBody.Set("-0.95");
        });

        Assert.That(order.Refunds.Single().UnallocatedMinor, Is.EqualTo(5000), "59.50 of 119.00");
    }

    [Test]
    public void Money_for_gift_cards_and_tips_is_no_goods()
    {
        var order = ShopifyBody.Order("orders.paid-gift-card-beside-product", payload =>
            payload["refunds"] = new JsonArray(Refund(9801, "2026-11-21T10:00:00+01:00", "55.78")));

        Assert.That(order.Refunds.Single().UnallocatedMinor, Is.EqualTo(2250), "half of 50.00 gift card, 45.00 mug, 8.55 tax, 3.00 tip and 5.00 shipping");
    }

    [Test]
    public void A_later_refund_never_changes_what_an_earlier_one_took()
    {
        var first = ShopifyRefunded("33.33");
        var both = ShopifyBody.Order(Shopify, payload => payload["refunds"] = new JsonArray(
            Refund(9702, "2026-11-21T11:00:00+01:00", "44.44"), Refund(9701, "2026-11-21T10:00:00+01:00", "33.33")));

        Assert.That(both.Refunds.Select(refund => refund.Id), Is.EqualTo(["9702", "9701"]), "the platform's order stands");
        Assert.That(both.Refunds[1].UnallocatedMinor, Is.EqualTo(first.Refunds.Single().UnallocatedMinor));
    }

    [Test]
    public void On_Shopify_amounts_that_pay_everything_back_leave_a_base_of_nothing_and_never_less() =>
        Prop.ForAll(Histories().ToArbitrary(), history => Ends(history, ShopifyBody.Order(ShopifyPayload(history))))
            .QuickCheckThrowOnFailure();

    [Test]
    public void On_WooCommerce_amounts_that_pay_everything_back_leave_a_base_of_nothing_and_never_less() =>
        Prop.ForAll(Histories().ToArbitrary(), history => Ends(history, WooCommerceOrder(history)))
            .QuickCheckThrowOnFailure();

    private static Order ShopifyRefunded(string amount) =>
        ShopifyBody.Order(Shopify, payload => payload["refunds"]![0]!["transactions"]![0]!["amount"] = amount);

    // After each refund the base is what the money left of the goods, to a minor unit for each refund; in the end nothing.
    private static bool Ends(History history, Order order)
    {
        long paidBack = 0, taken = 0;
        var goods = history.Goods.Sum();
        foreach (var (refund, amount) in order.Refunds.Zip(history.Amounts))
        {
            paidBack += amount;
            taken += refund.UnallocatedMinor;
            var exact = (decimal)paidBack * goods / Math.Max(1, history.Total);
            if (refund.UnallocatedMinor < 0 || taken > goods || Math.Abs(taken - exact) > order.Refunds.Length)
            {
                return false;
            }
        }

        return taken == goods;
    }

    // Goods are without tax. The amounts add up to all that was charged.
    private static Gen<History> Histories() =>
        from goods in Gen.NonEmptyListOf(Gen.Choose(0, 20000))
        from rate in Gen.Elements(0, 7, 19, 25)
        from included in Gen.Elements(true, false)
        from shipping in Gen.Choose(0, 2000)
        from cuts in Gen.ListOf(Gen.Choose(0, 1000))
        select new History([.. goods.Take(5).Select(minor => (long)minor)], rate, included, shipping, [.. cuts.Take(6)]);

    private static JsonObject ShopifyPayload(History history)
    {
        var payload = JsonNode.Parse(TestData.Bytes("shopify", Shopify + ".json"))!.AsObject();
        var line = payload["line_items"]![0]!;
        var shipping = payload["shipping_lines"]![0]!;
        payload["taxes_included"] = history.Included;
        payload["line_items"] = new JsonArray([.. history.Goods.Select((minor, i) =>
        {
            var copy = line.DeepClone();
            copy["id"] = i + 1;
            copy["price_set"] = ShopifyBody.Set(ShopifyBody.Text(minor + (history.Included ? history.TaxOf(minor) : 0)));
            copy["tax_lines"]![0]!["price_set"] = ShopifyBody.Set(ShopifyBody.Text(history.TaxOf(minor)));
            return copy;
        })]);
        shipping["price_set"] = ShopifyBody.Set(ShopifyBody.Text(history.ShippingMinor + (history.Included ? history.TaxOf(history.ShippingMinor) : 0)));
        shipping["tax_lines"]![0]!["price_set"] = ShopifyBody.Set(ShopifyBody.Text(history.TaxOf(history.ShippingMinor)));
        payload["refunds"] = new JsonArray([.. history.Amounts.Select((minor, i) => (JsonNode)Refund(9000 + i, "2026-11-21T10:00:00+01:00", ShopifyBody.Text(minor)))]);
        return payload;
    }

    private static JsonObject Refund(int id, string at, string amount) => new()
    {
        ["id"] = id,
        ["created_at"] = at,
        ["refund_line_items"] = new JsonArray(),
        ["order_adjustments"] = new JsonArray(),
        ["transactions"] = new JsonArray(new JsonObject { ["kind"] = "refund", ["status"] = "success", ["amount"] = amount, ["currency"] = "EUR" }),
    };

    private static Order WooCommerceOrder(History history)
    {
        var payload = JsonNode.Parse(Capture.Load("order.updated-paid-with-coupon").Body)!.AsObject();
        payload["total"] = ShopifyBody.Text(history.Total);
        payload["line_items"] = new JsonArray([.. history.Goods.Select((minor, i) => (JsonNode)new JsonObject
        {
            ["id"] = i + 1, ["product_id"] = 7, ["quantity"] = 1, ["subtotal"] = ShopifyBody.Text(minor), ["total"] = ShopifyBody.Text(minor),
        })]);
        payload["refunds"] = new JsonArray([.. history.Amounts.Select((minor, i) => (JsonNode)new JsonObject { ["id"] = 9000 + i, ["total"] = ShopifyBody.Text(-minor) })]);
        var body = Encoding.UTF8.GetBytes(payload.ToJsonString());
        return ((OrderChanged)DeliveryReader.Read(new Delivery("sto_1", WebhookSource.WooCommerce, "k", "order.updated", body))).Order;
    }

    private sealed record History(long[] Goods, int Rate, bool Included, long ShippingMinor, int[] Cuts)
    {
        public long Total { get; } = Goods.Append(ShippingMinor).Sum(minor => minor + (minor * Rate / 100));

        public long[] Amounts
        {
            get
            {
                var left = Total;
                var amounts = new List<long>();
                foreach (var cut in Cuts)
                {
                    amounts.Add(left * cut / 1000);
                    left -= amounts[^1];
                }

                return [.. amounts, left];
            }
        }

        public long TaxOf(long minor) => minor * Rate / 100;
    }
}
