// What an order looks like when it is written down: its content is hashed, so facts that it lacks must leave no trace.
using System.Text.Json;
using System.Text.Json.Serialization;
using NUnit.Framework;
using StorePlugin.Webhooks.Tests.Shopify;

namespace StorePlugin.Webhooks.Tests;

[TestFixture]
internal sealed class OrderTests
{
    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly string[] Optional =
        [nameof(Order.Renewal), nameof(Order.CheckoutStartedAt), nameof(Order.Contradiction), nameof(OrderLine.SellingPlanId)];

    [Test]
    public void An_order_without_the_optional_facts_is_written_without_their_names()
    {
        var written = Write(ShopifyBody.Order("orders.paid-own-code"));

        Assert.That(Optional.Where(name => written.Contains($"\"{name}\"", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("orders.paid-with-checkout-clock", nameof(Order.CheckoutStartedAt))]
    [TestCase("orders.paid-renewal-with-selling-plans", nameof(Order.Renewal))]
    [TestCase("orders.paid-first-of-a-subscription", nameof(OrderLine.SellingPlanId))]
    [TestCase("orders.paid-totals-contradict-lines", nameof(Order.Contradiction))]
    public void An_order_that_has_such_a_fact_is_written_with_it(string name, string fact) =>
        Assert.That(Write(ShopifyBody.Order(name)), Does.Contain($"\"{fact}\""));

    private static string Write(Order order) => JsonSerializer.Serialize(order, WithoutNulls);
}
