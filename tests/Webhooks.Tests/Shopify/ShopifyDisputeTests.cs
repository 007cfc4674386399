// Shopify's disputes as they are read: which state each status means, and what is refused.
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using StorePlugin.Webhooks.Shopify;

namespace StorePlugin.Webhooks.Tests.Shopify;

internal sealed class ShopifyDisputeTests
{
    [TestCase("needs_response", DisputeState.Open)]
    [TestCase("under_review", DisputeState.Open)]
    [TestCase("accepted", DisputeState.Lost)]
    [TestCase("lost", DisputeState.Lost)]
    [TestCase("won", DisputeState.Won)]
    [TestCase("charge_refunded", DisputeState.Won)]
    public void A_status_means(string status, DisputeState state)
    {
        var body = Body();
        body["status"] = status;
        body["finalized_on"] = "2026-03-20T00:00:00+01:00";

        var dispute = Read(body);

        Assert.That(dispute, Is.EqualTo(new Dispute(
            "285332461850802050", "820982911946154508", new DateTimeOffset(2026, 3, 12, 9, 0, 0, TimeSpan.Zero),
            state == DisputeState.Open ? null : new DateTimeOffset(2026, 3, 19, 23, 0, 0, TimeSpan.Zero), Currency.Parse("CAD"), 1150, state)));
    }

    [Test]
    public void An_inquiry_takes_nothing()
    {
        var body = Body();
        body["type"] = "inquiry";

        Assert.That(Read(body).AmountMinor, Is.Zero);
    }

    [Test]
    public void A_dispute_without_an_order_is_nobodys_affair()
    {
        var body = Body();
        body["order_id"] = null;

        Assert.That(ReadAny(body), Is.TypeOf<Irrelevant>());
    }

    [TestCase("status", "pending", "status is pending, which is no status of a dispute that is known.")]
    [TestCase("status", "<b>", "status is no status of a dispute.")]
    [TestCase("type", "fight", "type is neither an inquiry nor a chargeback.")]
    [TestCase("amount", "-1.00", "amount is negative.")]
    [TestCase("amount", null, "amount is missing (expected an amount).")]
    [TestCase("currency", "CA", null)]
    [TestCase("initiated_at", null, "The topic carries a dispute, and the body is none: initiated_at or status is missing. Only the body is signed, so nothing was done.")]
    public void What_cannot_be_read_is_refused_in_words(string field, string? value, string? why)
    {
        var body = Body();
        body[field] = value;

        Assert.That(() => ReadAny(body), Throws.TypeOf<UnreadableDeliveryException>().With.Message.EqualTo(why).Or.Message.Contains("currency"));
    }

    private static JsonObject Body() => new()
    {
        ["id"] = 285332461850802050,
        ["order_id"] = 820982911946154508,
        ["type"] = "chargeback",
        ["amount"] = "11.50",
        ["currency"] = "CAD",
        ["reason"] = "fraudulent",
        ["network_reason_code"] = "4837",
        ["status"] = "under_review",
        ["evidence_due_by"] = "2026-03-22T19:00:00-05:00",
        ["evidence_sent_on"] = null,
        ["finalized_on"] = null,
        ["initiated_at"] = "2026-03-12T10:00:00+01:00",
    };

    private static Dispute Read(JsonObject body) => ((OrderDisputed)ReadAny(body)).Dispute;

    private static StoreEvent ReadAny(JsonObject body) => ShopifyReader.Read("disputes/update", null, Encoding.UTF8.GetBytes(body.ToJsonString()));
}
