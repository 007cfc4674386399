// The orders of a rehearsal shop, read by the same reader as Shopify's.
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Stores.Rehearsal;

internal sealed class ShopOrderTests
{
    [Test]
    public void An_order_says_what_was_put_into_it()
    {
        var order = Read(Orders.Paid());

        Assert.That((order.Id, order.Reference, order.Paid, order.Test), Is.EqualTo(("9007199254740993", "#1001", true, false)));
        Assert.That((order.At, order.UpdatedAt), Is.EqualTo((StoreApp.Start, StoreApp.Start.AddMinutes(1))));
        Assert.That(order.Lines.Select(line => (line.GrossMinor, line.DiscountMinor)), Is.EqualTo([(5997L, 600L), (1499L, 150L)]));
        Assert.That(order.Codes, Is.EqualTo([new OrderCode("ann10", 750)]));
        Assert.That(
            order.References,
            Is.EqualTo([new OrderReference(ReferenceSource.Cart, "clk_1"), new OrderReference(ReferenceSource.LandingPage, "clk_2")]));
    }

    [Test]
    public void The_tax_inside_a_price_is_nineteen_parts_of_a_hundred_and_nineteen()
    {
        var order = Read(Orders.Paid());

        // 53.97 and 13.49 with tax hold 8.617 and 2.154 of it.
        Assert.That(order.Lines.Select(line => line.IncludedTaxMinor), Is.EqualTo([862L, 215L]));
    }

    [Test]
    public void The_shopper_is_told_so_that_privacy_is_exercised()
    {
        var changed = (OrderChanged)Read("orders/paid", Orders.Paid().ToJson());

        Assert.That((changed.Shopper.CustomerId, changed.Shopper.Email), Is.EqualTo(("7", "kim@shopper.example")));
    }

    [Test]
    public void Refunds_of_a_line_add_up_to_the_line()
    {
        var order = Orders.Paid();
        var at = StoreApp.Start.AddDays(1);
        for (var i = 1; i <= 3; i++)
        {
            order = order.RefundedAt(at.AddHours(i), i, line => line.Title == "Shirt" ? 1 : 0);
        }

        var refunds = Read(order).Refunds;

        Assert.That(refunds.SelectMany(refund => refund.Lines).Sum(line => line.BaseMinor), Is.EqualTo(5997 - 600 - 862));
        Assert.That(refunds.Select(refund => refund.UnallocatedMinor), Is.All.Zero);
    }

    [Test]
    public void An_order_whose_every_unit_came_back_is_refunded_in_full()
    {
        var order = Orders.Paid().RefundedAt(StoreApp.Start.AddDays(1), 1, line => line.Quantity, shippingMinor: 490);

        var read = Read(order);

        Assert.That(order.IsRefundedInFull);
        Assert.That((read.Paid, read.RefundedInFull), Is.EqualTo((true, true)));
        Assert.That(read.Refunds.Single().UnallocatedMinor, Is.Zero);
    }

    [Test]
    public void A_refund_of_shipping_alone_names_no_line_and_leaves_nothing_to_spread()
    {
        var order = Orders.Paid().RefundedAt(StoreApp.Start.AddDays(1), 1, _ => 0, shippingMinor: 490);

        var refund = ((OrderRefunded)Read("refunds/create", order.ToJson(order.Refunds[0]))).Refund;

        Assert.That(refund.Lines, Is.Empty);
        Assert.That(refund.UnallocatedMinor, Is.Zero);
        Assert.That(Read(order).RefundedInFull, Is.False);
    }

    [Test]
    public void A_refund_alone_and_inside_its_order_is_the_same_refund()
    {
        var order = Orders.Paid().RefundedAt(StoreApp.Start.AddDays(1), 5, line => 1);

        var alone = ((OrderRefunded)Read("refunds/create", order.ToJson(order.Refunds[0]))).Refund;
        var inside = Read(order).Refunds.Single();

        Assert.That((alone.Id, alone.OrderId, alone.At), Is.EqualTo((inside.Id, inside.OrderId, inside.At)));
        Assert.That(alone.Lines.Select(line => (line.LineId, line.Quantity)), Is.EqualTo(inside.Lines.Select(line => (line.LineId, line.Quantity))));
    }

    private static Order Read(ShopOrder order) => ((OrderChanged)Read("orders/updated", order.ToJson())).Order;

    private static StoreEvent Read(string topic, ReadOnlyMemory<byte> body) =>
        DeliveryReader.Read(new Delivery("sto_1", WebhookSource.Rehearsal, "1", topic, body));
}
