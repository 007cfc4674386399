// What the paths of WooCommerce, Stripe and the rehearsal store answer, over a real connection.
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;
using StorePlugin.Webhooks.Rehearsal;
using StorePlugin.Webhooks.Tests.WooCommerce;

namespace StorePlugin.Webhooks.Tests;

[TestFixture]
internal sealed class StoreEndpointTests
{
    private static readonly byte[] StripeSecret = "whsec_live"u8.ToArray();
    private static readonly byte[] RehearsalSecret = "rehearse"u8.ToArray();
    private Host _host = null!;

    [SetUp]
    public async Task Start()
    {
        _host = await Host.StartAsync([]);
        Install(WebhookSource.WooCommerce, Capture.Secret);
        Install(WebhookSource.Stripe, "whsec_older"u8.ToArray(), StripeSecret);
        Install(WebhookSource.Rehearsal, RehearsalSecret);
    }

    [TearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [TestCase("woocommerce")]
    [TestCase("stripe")]
    [TestCase("rehearsal")]
    public async Task An_unknown_store_is_told_before_anything_is_proven(string platform)
    {
        var answer = await _host.PostAsync($"/webhooks/{platform}/sto_never", "{}"u8.ToArray());
        var odd = await _host.PostAsync($"/webhooks/{platform}/%00%20a", "{}"u8.ToArray());

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((404, "/problems/store-unknown")));
        Assert.That(odd.Status, Is.EqualTo(404).Or.EqualTo(400));
    }

    [TestCase("woocommerce", "X-WC-Webhook-Signature")]
    [TestCase("stripe", "Stripe-Signature")]
    [TestCase("rehearsal", "X-Rehearsal-Hmac-Sha256")]
    public async Task A_missing_repeated_or_wrong_signature_is_refused(string platform, string header)
    {
        var body = "{\"id\":\"evt_1\"}"u8.ToArray();
        var path = $"/webhooks/{platform}/sto_1";

        var missing = await _host.PostAsync(path, body);
        var repeated = await _host.PostAsync(path, body, (header, "x"), (header, "x"));
        var wrong = await _host.PostAsync(path, body, (header, "x"));

        Assert.That((missing.Status, missing.Problem), Is.EqualTo((401, "/problems/signature-missing")));
        Assert.That((repeated.Status, repeated.Problem), Is.EqualTo((401, "/problems/signature-repeated")));
        Assert.That((wrong.Status, wrong.Problem), Is.EqualTo((401, "/problems/signature-wrong")));
    }

    // The body never comes, so an answer proves that nobody waited for it.
    [TestCase("woocommerce", "X-WC-Webhook-Signature")]
    [TestCase("stripe", "Stripe-Signature")]
    [TestCase("rehearsal", "X-Rehearsal-Hmac-Sha256")]
    public async Task A_signature_that_is_missing_repeated_or_no_signature_is_refused_before_the_body_is_read(string platform, string header)
    {
        var path = $"/webhooks/{platform}/sto_1";

        var missing = await _host.PostPromiseAsync(path, 1_000_000, "{}"u8.ToArray());
        var repeated = await _host.PostPromiseAsync(path, 1_000_000, "{}"u8.ToArray(), (header, "x"), (header, "x"));
        var malformed = await _host.PostPromiseAsync(path, 1_000_000, "{}"u8.ToArray(), (header, "x"));

        Assert.That((missing.Status, missing.Problem), Is.EqualTo((401, "/problems/signature-missing")));
        Assert.That((repeated.Status, repeated.Problem), Is.EqualTo((401, "/problems/signature-repeated")));
        Assert.That((malformed.Status, malformed.Problem), Is.EqualTo((401, "/problems/signature-wrong")));
    }

    [Test]
    public async Task A_form_that_is_too_long_for_a_ping_is_refused_before_it_is_read()
    {
        var answer = await _host.PostPromiseAsync(
            "/webhooks/woocommerce/sto_1", 1_000_000, "webhook_id=7"u8.ToArray(), ("Content-Type", "application/x-www-form-urlencoded"));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((401, "/problems/signature-missing")));
    }

    [TestCase("woocommerce")]
    [TestCase("stripe")]
    [TestCase("rehearsal")]
    public async Task Fifty_megabytes_are_refused_on_their_promise_alone(string platform)
    {
        var answer = await _host.PostPromiseAsync($"/webhooks/{platform}/sto_1", 50L * 1024 * 1024, "{}"u8.ToArray());

        Assert.That(answer.Status, Is.EqualTo(413));
    }

    [TestCaseSource(typeof(Capture), nameof(Capture.SignedNames))]
    public async Task A_captured_WooCommerce_request_is_stored_under_its_bytes(string name)
    {
        var capture = Capture.Load(name);

        var answer = await PostAsync(capture);

        Assert.That((answer.Status, answer.Body), Is.EqualTo((200, "")));
        var delivery = _host.Inbox.Deliveries.Single();
        Assert.That(delivery.Topic, Is.EqualTo(capture.Headers["X-WC-Webhook-Topic"]));
        Assert.That(delivery.Key, Does.StartWith($"{delivery.Topic}:{Convert.ToHexStringLower(SHA256.HashData(capture.Body))}"));
        Assert.That(
            delivery.Key.EndsWith(capture.Headers["X-WC-Webhook-Delivery-ID"], StringComparison.Ordinal),
            Is.EqualTo(!Encoding.UTF8.GetString(capture.Body).Contains("date_modified_gmt", StringComparison.Ordinal)));
    }

    [Test]
    public async Task The_same_order_body_under_another_delivery_id_is_a_duplicate()
    {
        var capture = Capture.Load("order.created");

        await PostAsync(capture);
        await PostAsync(capture, ("X-WC-Webhook-Delivery-ID", "another"));

        Assert.That(_host.Inbox.Deliveries, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_body_without_a_version_is_told_apart_by_its_delivery_id()
    {
        var capture = Capture.Load("order.deleted");

        await PostAsync(capture);
        await PostAsync(capture, ("X-WC-Webhook-Delivery-ID", "another"));
        await PostAsync(capture, ("X-WC-Webhook-Delivery-ID", "another"));

        Assert.That(_host.Inbox.Deliveries, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_ping_is_greeted_and_not_stored()
    {
        var ping = Capture.Load("ping");

        var answer = await _host.PostAsync("/webhooks/woocommerce/sto_1", ping.Body, ("Content-Type", ping.Headers["Content-Type"]));
        var elsewhere = await _host.PostAsync("/webhooks/woocommerce/sto_never", ping.Body, ("Content-Type", ping.Headers["Content-Type"]));

        Assert.That((answer.Status, answer.Body), Is.EqualTo((200, "")));
        Assert.That(elsewhere.Status, Is.EqualTo(404));
        Assert.That(_host.Inbox.Deliveries, Is.Empty);
    }

    [Test]
    public async Task A_ping_with_a_signature_is_no_ping()
    {
        var ping = Capture.Load("ping");

        var answer = await _host.PostAsync(
            "/webhooks/woocommerce/sto_1", ping.Body, ("Content-Type", ping.Headers["Content-Type"]), ("X-WC-Webhook-Signature", "x"));

        Assert.That(answer.Status, Is.EqualTo(401));
    }

    [TestCase("X-WC-Webhook-Delivery-ID", "/problems/delivery-id-invalid")]
    [TestCase("X-WC-Webhook-Topic", "/problems/topic-invalid")]
    public async Task A_missing_WooCommerce_header_is_refused(string name, string problem)
    {
        var capture = Capture.Load("order.created");

        var answer = await _host.PostAsync(
            "/webhooks/woocommerce/sto_1", capture.Body,
            [.. capture.Headers.Where(header => header.Key.StartsWith("X-WC", StringComparison.OrdinalIgnoreCase) && !header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => (header.Key, header.Value))]);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, problem)));
    }

    [TestCase("order", 400)]
    [TestCase("order.", 400)]
    [TestCase(".updated", 400)]
    [TestCase("/", 400)]
    [TestCase("order/updated", 400)]
    [TestCase("order.<script>", 400)]
    [TestCase("order.restored", 200)]
    [TestCase("subscription.switched", 200)]
    [TestCase("action.woocommerce_order_status_on-hold_to_processing", 200)]
    [TestCase("action.acf/save_post", 200)]
    public async Task A_WooCommerce_topic_is_a_resource_and_an_event_or_the_name_of_a_hook(string topic, int status)
    {
        var answer = await PostAsync(Capture.Load("order.created"), ("X-WC-Webhook-Topic", topic));

        Assert.That(answer.Status, Is.EqualTo(status));
        Assert.That(answer.Problem, Is.EqualTo(status == 400 ? "/problems/topic-invalid" : null));
    }

    [TestCase("orders")]
    [TestCase("orders/paid/twice")]
    public async Task A_rehearsal_topic_is_of_the_same_form_as_Shopifys(string topic)
    {
        var answer = await PostRehearsalAsync(topic, "{\"id\":1}"u8.ToArray());

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/topic-invalid")));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_WooCommerce_store_that_has_left_gets_200_and_nothing_is_stored(bool keepsSecret)
    {
        Leave(WebhookSource.WooCommerce, keepsSecret ? [Capture.Secret] : []);

        var answer = await PostAsync(Capture.Load("order.created"));

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(_host.Inbox.Deliveries, Is.Empty);
    }

    [Test]
    public async Task A_Stripe_event_is_stored_under_its_id()
    {
        var answer = await PostStripeAsync("""{"id":"evt_1","object":"event","type":"transfer.created","livemode":true,"data":{}}""");

        Assert.That((answer.Status, answer.Body), Is.EqualTo((200, "")));
        var delivery = _host.Inbox.Deliveries.Single();
        Assert.That((delivery.Key, delivery.Topic, delivery.StoreId), Is.EqualTo(("evt_1", "transfer.created", "sto_1")));
    }

    [Test]
    public async Task A_Stripe_event_of_the_other_mode_is_dropped()
    {
        var answer = await PostStripeAsync("""{"id":"evt_1","object":"event","type":"transfer.created","livemode":false}""");

        Assert.That((answer.Status, answer.Body), Is.EqualTo((200, "")));
        Assert.That(_host.Inbox.Deliveries, Is.Empty);
    }

    [TestCase("""{"id":"evt_1","object":"v2.core.event","type":"v1.transfer.created","livemode":true}""", "/problems/thin-event")]
    [TestCase("not json", "/problems/event-invalid")]
    [TestCase("[]", "/problems/event-invalid")]
    [TestCase("""{"object":"event","type":"transfer.created","livemode":true}""", "/problems/event-invalid")]
    [TestCase("""{"id":7,"object":"event","type":"transfer.created","livemode":true}""", "/problems/event-invalid")]
    [TestCase("""{"id":"evt_1","object":"event","livemode":true}""", "/problems/event-invalid")]
    [TestCase("""{"id":"evt_1","object":"event","type":"transfer.created"}""", "/problems/event-invalid")]
    [TestCase("""{"id":"evt_1","object":"event","type":"transfer.created","livemode":"true"}""", "/problems/event-invalid")]
    [TestCase("""{"id":"evt 1","object":"event","type":"transfer.created","livemode":true}""", "/problems/event-invalid")]
    [TestCase("""{"id":"\ud800","object":"event","type":"transfer.created","livemode":true}""", "/problems/event-invalid")]
    [TestCase("""{"data":{"id":"evt_1"},"object":"event","type":"transfer.created","livemode":true}""", "/problems/event-invalid")]
    [TestCase("""{"id":"evt_1","object":"event","type":"transfer.created","livemode":true""", "/problems/event-invalid")]
    public async Task What_is_no_snapshot_event_is_refused(string body, string problem)
    {
        var answer = await PostStripeAsync(body);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, problem)));
        Assert.That(_host.Inbox.Deliveries, Is.Empty);
    }

    [TestCase(-301)]
    [TestCase(301)]
    public async Task A_stale_Stripe_signature_is_refused(int seconds)
    {
        var answer = await PostStripeAsync("""{"id":"evt_1","object":"event","type":"t","livemode":true}""", seconds);

        Assert.That(answer.Status, Is.EqualTo(401));
    }

    [Test]
    public async Task A_store_that_has_left_still_gets_its_Stripe_events_stored()
    {
        Leave(WebhookSource.Stripe, [StripeSecret]);

        var answer = await PostStripeAsync("""{"id":"evt_1","object":"event","type":"transfer.reversed","livemode":true}""");

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(_host.Inbox.Deliveries, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_rehearsal_delivery_is_stored_once_under_its_id()
    {
        var body = "{\"id\":1}"u8.ToArray();

        await PostRehearsalAsync(body);
        var answer = await PostRehearsalAsync(body);

        Assert.That((answer.Status, answer.Body), Is.EqualTo((200, "")));
        var delivery = _host.Inbox.Deliveries.Single();
        Assert.That((delivery.Key, delivery.Topic, delivery.Source), Is.EqualTo(("d-1", "orders/paid", WebhookSource.Rehearsal)));
    }

    [TestCase(RehearsalSignature.TopicHeader, "/problems/topic-invalid")]
    [TestCase(RehearsalSignature.DeliveryIdHeader, "/problems/delivery-id-invalid")]
    public async Task A_repeated_rehearsal_header_is_refused(string name, string problem)
    {
        var answer = await PostRehearsalAsync("{\"id\":1}"u8.ToArray(), (name, "x"));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, problem)));
    }

    [Test]
    public async Task A_rehearsal_store_that_has_left_gets_200_and_nothing_is_stored()
    {
        Leave(WebhookSource.Rehearsal, [RehearsalSecret]);

        var answer = await PostRehearsalAsync("{\"id\":1}"u8.ToArray());

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(_host.Inbox.Deliveries, Is.Empty);
    }

    [Test]
    public async Task What_cannot_be_stored_is_asked_for_again_on_every_path()
    {
        _host.Inbox.Fault = new TimeoutException();

        var wooCommerce = await PostAsync(Capture.Load("order.created"));
        var stripe = await PostStripeAsync("""{"id":"evt_1","object":"event","type":"t","livemode":true}""");
        var rehearsal = await PostRehearsalAsync("{\"id\":1}"u8.ToArray());

        Assert.That(new[] { wooCommerce.Status, stripe.Status, rehearsal.Status }, Is.All.EqualTo(503));
    }

    private void Install(WebhookSource source, params byte[][] secrets) =>
        _host.Inbox.Senders[(source, "sto_1")] = new Sender("sto_1", true, [.. secrets], true);

    private void Leave(WebhookSource source, ImmutableArray<byte[]> secrets) =>
        _host.Inbox.Senders[(source, "sto_1")] = new Sender("sto_1", false, secrets, true);

    private Task<Answer> PostAsync(Capture capture, params (string Name, string Value)[] other) =>
        _host.PostAsync("/webhooks/woocommerce/sto_1", capture.Body,
            [.. capture.Headers.Where(header => header.Key.StartsWith("X-WC", StringComparison.OrdinalIgnoreCase) && !Array.Exists(other, o => o.Name.Equals(header.Key, StringComparison.OrdinalIgnoreCase))).Select(header => (header.Key, header.Value)), .. other]);

    private Task<Answer> PostStripeAsync(string body, int seconds = 0)
    {
        var t = Host.Now.ToUnixTimeSeconds() + seconds;
        var hmac = Convert.ToHexStringLower(HMACSHA256.HashData(StripeSecret, Encoding.UTF8.GetBytes($"{t}.{body}")));
        return _host.PostAsync("/webhooks/stripe/sto_1", Encoding.UTF8.GetBytes(body), ("Stripe-Signature", $"t={t},v1={hmac}"));
    }

    private Task<Answer> PostRehearsalAsync(byte[] body, params (string Name, string Value)[] more) =>
        PostRehearsalAsync("orders/paid", body, more);

    private Task<Answer> PostRehearsalAsync(string topic, byte[] body, params (string Name, string Value)[] more) =>
        _host.PostAsync("/webhooks/rehearsal/sto_1", body,
        [
            (RehearsalSignature.TopicHeader, topic),
            (RehearsalSignature.SignatureHeader, RehearsalSignature.Sign(body, RehearsalSecret)),
            (RehearsalSignature.DeliveryIdHeader, "d-1"),
            .. more,
        ]);
}
