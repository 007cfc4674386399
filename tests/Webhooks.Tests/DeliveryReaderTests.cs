// Whatever bytes come, reading them ends in an event or in words.
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace StorePlugin.Webhooks.Tests;

[TestFixture]
internal sealed class DeliveryReaderTests
{
    [TestCase(WebhookSource.Shopify, "orders/updated", "shopify", "orders.updated-partly-refunded-tax-included.json")]
    [TestCase(WebhookSource.Shopify, "orders/updated", "shopify", "orders.updated-edited-line-paid-back.json")]
    [TestCase(WebhookSource.Shopify, "orders/paid", "shopify", "orders.paid-with-checkout-clock.json")]
    [TestCase(WebhookSource.Shopify, "orders/paid", "shopify", "orders.paid-renewal-with-selling-plans.json")]
    [TestCase(WebhookSource.Shopify, "refunds/create", "shopify", "refunds.create-sum-without-lines.json")]
    [TestCase(WebhookSource.WooCommerce, "order.updated", "woocommerce", "order.updated-partially-refunded.body")]
    public void A_body_with_changed_bytes_is_read_or_refused_and_never_breaks(WebhookSource source, string topic, string folder, string file)
    {
        var original = TestData.Bytes(folder, file);
        var change = from at in Gen.Choose(0, original.Length - 1)
                     from length in Gen.Choose(0, 6)
                     from bytes in Gen.Elements("\\ud800", "\"", "}", "null", "-", "9", "99999999999999999999", "\u0000", "é", "[", "").Select(Encoding.UTF8.GetBytes)
                     from broken in Gen.Elements<byte[]>([], [0xFF], [0xC3])
                     select (byte[])[.. original[..at], .. bytes, .. broken, .. original[Math.Min(original.Length, at + length)..]];

        Prop.ForAll(Gen.ArrayOf(change, 20).ToArbitrary(), bodies => Array.TrueForAll(bodies, body => ReadsOrRefuses(source, topic, body)))
            .QuickCheckThrowOnFailure();
    }

    [Test]
    public void A_key_that_is_no_text_is_refused_in_words() =>
        Assert.That(
            ReadsOrRefuses(WebhookSource.Shopify, "orders/updated", "{\"\\ud800\":1,\"\\ud800xxxxxxx\":1,\"\\udfffd\":7,\"i\\ud800\":1}"u8.ToArray()),
            Is.True);

    [Test]
    public void The_same_bytes_always_say_the_same()
    {
        var delivery = new Delivery("sto_1", WebhookSource.Shopify, "k", "refunds/create", TestData.Bytes("shopify", "refunds.create-one-line.json"));

        var first = ((OrderRefunded)DeliveryReader.Read(delivery)).Refund;
        var second = ((OrderRefunded)DeliveryReader.Read(delivery)).Refund;

        Assert.That(first with { Lines = [] }, Is.EqualTo(second with { Lines = [] }));
        Assert.That(first.Lines, Is.EqualTo(second.Lines));
    }

    private static bool ReadsOrRefuses(WebhookSource source, string topic, byte[] body)
    {
        try
        {
            return DeliveryReader.Read(new Delivery("sto_1", source, "k", topic, body)) is not null;
        }
        catch (UnreadableDeliveryException)
        {
            return true;
        }
    }
}
