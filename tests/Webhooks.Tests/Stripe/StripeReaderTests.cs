// Stripe's events, of which only ids are taken.
using System.Text;
using NUnit.Framework;

namespace StorePlugin.Webhooks.Tests.Stripe;

[TestFixture]
internal sealed class StripeReaderTests
{
    [Test]
    public void The_payout_is_named_by_the_metadata_first() =>
        Assert.That(
            Read("""{"id":"evt_1","type":"transfer.created","livemode":true,"data":{"object":{"id":"tr_1","metadata":{"payout_id":"po_1"},"transfer_group":"po_2"}}}"""),
            Is.EqualTo(new StripeEventReceived("evt_1", "transfer.created", null, "tr_1", "po_1")));

    [Test]
    public void The_payout_is_named_by_the_transfer_group_else() =>
        Assert.That(
            Read("""{"id":"evt_1","type":"payout.paid","account":"acct_1","data":{"object":{"id":"po_s","metadata":{},"transfer_group":"po_2"}}}"""),
            Is.EqualTo(new StripeEventReceived("evt_1", "payout.paid", "acct_1", "po_s", "po_2")));

    [Test]
    public void The_balance_is_named_by_its_kind() =>
        Assert.That(
            Read("""{"id":"evt_1","type":"balance.available","data":{"object":{"object":"balance","available":[]}}}"""),
            Is.EqualTo(new StripeEventReceived("evt_1", "balance.available", null, "balance", null)));

    [TestCase("not json", "not JSON")]
    [TestCase("[]", "not a JSON object")]
    [TestCase("""{"type":"t","data":{"object":{"id":"tr_1"}}}""", "id is missing")]
    [TestCase("""{"id":"evt_1","data":{"object":{"id":"tr_1"}}}""", "type is missing")]
    [TestCase("""{"id":"evt_1","type":"t"}""", "data.object is missing")]
    [TestCase("""{"id":"evt_1","type":"t","data":{"object":{}}}""", "data.object.id is missing")]
    public void What_is_no_event_is_refused_in_words(string body, string reason) =>
        Assert.That(() => Read(body), Throws.TypeOf<UnreadableDeliveryException>().With.Message.Contains(reason));

    private static StoreEvent Read(string body) =>
        DeliveryReader.Read(new Delivery("sto_1", WebhookSource.Stripe, "evt_1", "t", Encoding.UTF8.GetBytes(body)));
}
