// Orders whose lines were taken away by an edit: Shopify lowers current_quantity and nothing else (rule B12).
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace StorePlugin.Webhooks.Tests.Shopify;

[TestFixture]
internal sealed class ShopifyEditTests
{
    private const string Edited = "orders.updated-edited-unit-removed-discount-split";

    // Units of 20.00 with 10.00 off and 7.98 of tax inside.
    [TestCase(3, 3, 0, 3, 6000, 1000, 798)]
    [TestCase(3, 2, 0, 2, 4000, 667, 532)]
    [TestCase(3, 1, 0, 1, 2000, 333, 266)]
    [TestCase(3, 0, 0, 0, 0, 0, 0)]
    [TestCase(3, 2, 1, 3, 6000, 1000, 798, Description = "A refunded unit is no edited one.")]
    [TestCase(3, 1, 1, 2, 4000, 667, 532, Description = "One refunded, one edited away.")]
    [TestCase(3, 0, 3, 3, 6000, 1000, 798)]
    [TestCase(3, 2, 2, 3, 6000, 1000, 798, Description = "More units refunded than are gone: nothing was edited away.")]
    [TestCase(2, 3, 0, 2, 4000, 1000, 798, Description = "An added unit is told in the quantity.")]
    [TestCase(0, 0, 0, 0, 0, 1000, 798)]
    [TestCase(4, 3, 0, 3, 6000, 750, 599, Description = "598.5 is rounded away from zero.")]
    public void What_an_edit_took_away_leaves_with_its_share_of_discount_and_tax(
        int quantity, int current, int refunded, long units, long gross, long discount, long tax)
    {
        var line = ShopifyBody.Order(Edited, Change(quantity, current, refunded)).Lines.Single();

        Assert.That((line.Quantity, line.GrossMinor, line.DiscountMinor, line.IncludedTaxMinor), Is.EqualTo((units, gross, discount, tax)));
    }

    [Test]
    public void Without_a_current_quantity_nothing_was_edited() =>
        Assert.That(
            ShopifyBody.Order(Edited, payload => payload["line_items"]![0]!.AsObject().Remove("current_quantity")).Lines.Single().Quantity,
            Is.EqualTo(3));

    [TestCase("-1")]
    [TestCase("1.5")]
    [TestCase("\"1\"")]
    public void A_bad_current_quantity_is_named(string quantity) =>
        Assert.That(
            () => ShopifyBody.Order(Edited, payload => payload["line_items"]![0]!["current_quantity"] = JsonNode.Parse(quantity)),
            Throws.TypeOf<UnreadableDeliveryException>().With.Message.Contains("line_items[0].current_quantity is not a quantity"));

    [Test]
    public void Units_and_their_discounts_are_split_without_rest()
    {
        for (var quantity = 1; quantity <= 12; quantity++)
        {
            for (var kept = 0; kept <= quantity; kept++)
            {
                var whole = ShopifyBody.Order(Edited, Change(quantity, quantity, 0)).Lines.Single();
                var left = ShopifyBody.Order(Edited, Change(quantity, kept, 0)).Lines.Single();
                var gone = ShopifyBody.Order(Edited, Change(quantity, quantity - kept, 0)).Lines.Single();

                // Each part is here the one that is kept, so that both are rounded up where the split is a tie.
                Assert.That(left.GrossMinor + gone.GrossMinor, Is.EqualTo(whole.GrossMinor));
                Assert.That(left.DiscountMinor + gone.DiscountMinor, Is.InRange(whole.DiscountMinor, whole.DiscountMinor + 1));
                Assert.That(left.IncludedTaxMinor + gone.IncludedTaxMinor, Is.InRange(whole.IncludedTaxMinor, whole.IncludedTaxMinor + 1));
            }
        }
    }

    // Cancelling takes the units of every line; what becomes of the commission the money decides (rule B11).
    [Test]
    public void A_cancelled_order_without_units_was_not_edited()
    {
        var cancelled = ShopifyBody.Order("orders.cancelled-paid-without-refund").Lines.Single();
        var open = ShopifyBody.Order("orders.cancelled-paid-without-refund", payload => payload["cancelled_at"] = null).Lines.Single();

        Assert.That((cancelled.Quantity, cancelled.GrossMinor), Is.EqualTo((1, 10000)));
        Assert.That((open.Quantity, open.GrossMinor), Is.EqualTo((0, 0)));
    }

    // 100.00 and a bowl of 50.00 that was edited away, 19 % tax added, 5.00 shipping.
    [TestCase("59.50", 10000, Description = "The bowl's money: the bowl is off the order already.")]
    [TestCase("20.00", 10000, Description = "A part of it.")]
    [TestCase("121.50", 5000, Description = "62.00 more, half of the 124.00 that are left: half of the goods.")]
    [TestCase("183.50", 0, Description = "Everything.")]
    [TestCase("500.00", 0, Description = "More than everything.")]
    public void Money_for_goods_that_an_edit_took_away_is_not_taken_off_twice(string amount, long remaining)
    {
        var order = ShopifyBody.Order(
            "orders.updated-edited-line-paid-back", payload => payload["refunds"]![0]!["transactions"]![0]!["amount"] = amount);

        Assert.That(ShopifyBody.RemainingBase(order), Is.EqualTo(remaining));
    }

    [Test]
    public void Money_for_goods_that_a_refund_took_back_before_is_not_taken_off_twice() =>
        Assert.That(ShopifyBody.RemainingBase(ShopifyBody.Order("orders.updated-goods-back-money-later")), Is.EqualTo(10000));

    [Test]
    public void Told_tax_of_such_money_settles_it_too()
    {
        var order = ShopifyBody.Order("orders.updated-edited-line-paid-back", payload =>
        {
            var refunds = payload["refunds"]!.AsArray();
            refunds[0]!["order_adjustments"]![0]!["tax_amount_set"] = ShopifyBody.Set("-9.50");
            var second = refunds[0]!.DeepClone();
            second["id"] = 9402;
            second["transactions"]![0]!["amount"] = "12.40";
            second["order_adjustments"] = new JsonArray();
            refunds.Add(second);
        });

        Assert.That(order.Refunds.Select(refund => refund.UnallocatedMinor), Is.EqualTo([0L, 1000L]));
    }

    private static Action<JsonObject> Change(int quantity, int current, int refunded) => payload =>
    {
        payload["line_items"]![0]!["quantity"] = quantity;
        payload["line_items"]![0]!["current_quantity"] = current;
        payload["refunds"] = new JsonArray([.. Enumerable.Range(0, refunded).Select(i => (JsonNode)new JsonObject
        {
            ["id"] = 9300 + i,
            ["created_at"] = "2026-11-21T10:00:00+01:00",
            ["refund_line_items"] = new JsonArray(new JsonObject
            {
                ["line_item_id"] = 6301,
                ["quantity"] = 1,
                ["restock_type"] = i % 2 == 0 ? "no_restock" : "return",
                ["subtotal"] = "16.67",
                ["total_tax"] = "2.66",
            }),
        })]);
    };
}
