// WooCommerce's signature against what a real store sent.
using System.Text;
using NUnit.Framework;
using StorePlugin.Webhooks.WooCommerce;

namespace StorePlugin.Webhooks.Tests.WooCommerce;

[TestFixture]
internal sealed class WooCommerceSignatureTests
{
    [TestCaseSource(typeof(Capture), nameof(Capture.SignedNames))]
    public void A_captured_request_is_authentic_under_the_stores_secret(string name)
    {
        var capture = Capture.Load(name);

        Assert.That(WooCommerceSignature.IsBodyAuthentic(capture.Body, capture.Headers["X-WC-Webhook-Signature"], Capture.Secret), Is.True);
    }

    [TestCaseSource(typeof(Capture), nameof(Capture.SignedNames))]
    public void A_captured_request_with_one_changed_bit_is_not(string name)
    {
        var capture = Capture.Load(name);
        capture.Body[^2] ^= 1;

        Assert.That(WooCommerceSignature.IsBodyAuthentic(capture.Body, capture.Headers["X-WC-Webhook-Signature"], Capture.Secret), Is.False);
    }

    [Test]
    public void A_wrong_secret_proves_nothing()
    {
        var capture = Capture.Load("order.created");

        Assert.That(WooCommerceSignature.IsBodyAuthentic(capture.Body, capture.Headers["X-WC-Webhook-Signature"], "other"u8.ToArray()), Is.False);
    }

    [Test]
    public void The_captured_ping_is_a_ping()
    {
        var ping = Capture.Load("ping");

        Assert.That(WooCommerceSignature.IsPing(ping.Headers["Content-Type"], ping.Body), Is.True);
    }

    [TestCase("application/json", "webhook_id=1")]
    [TestCase(null, "webhook_id=1")]
    [TestCase("application/x-www-form-urlencoded", "webhook_id=")]
    [TestCase("application/x-www-form-urlencoded", "webhook_id=1\n")]
    [TestCase("application/x-www-form-urlencoded", "webhook_id=1&a=b")]
    [TestCase("application/x-www-form-urlencoded", "webhook_id=-1")]
    [TestCase("application/x-www-form-urlencoded", " webhook_id=1")]
    [TestCase("application/x-www-form-urlencoded", "webhook_id=111111111111111111111")]
    public void Nothing_else_is_a_ping(string? contentType, string body) =>
        Assert.That(WooCommerceSignature.IsPing(contentType, Encoding.UTF8.GetBytes(body)), Is.False);
}
