// What the Shopify path answers, over a real connection.
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NUnit.Framework;

namespace StorePlugin.Webhooks.Tests;

[TestFixture]
internal sealed class ShopifyEndpointTests
{
    private const string Path = "/webhooks/shopify";
    private const int BodyBytesMax = 40_000;
    private static readonly byte[] Secret = "shpss_current"u8.ToArray();
    private static readonly byte[] Previous = "shpss_previous"u8.ToArray();
    private static readonly byte[] Body = "{\"id\":1}"u8.ToArray();
    private Host _host = null!;

    [SetUp]
    public async Task Start()
    {
        _host = await Host.StartAsync([Secret, Previous], BodyBytesMax);
        _host.Inbox.Senders[(WebhookSource.Shopify, "lux.myshopify.com")] = new Sender("sto_1", true, [], true);
        _host.Inbox.Senders[(WebhookSource.Shopify, "gone.myshopify.com")] = new Sender("sto_2", false, [], true);
    }

    [TearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task A_signed_delivery_is_stored_as_it_came()
    {
        var answer = await _host.PostAsync(Path, Body, Headers(Body));

        Assert.That((answer.Status, answer.Body), Is.EqualTo((200, "")));
        var delivery = _host.Inbox.Deliveries.Single();
        Assert.That((delivery.StoreId, delivery.Source, delivery.Key, delivery.Topic), Is.EqualTo(("sto_1", WebhookSource.Shopify, "w-1", "orders/paid")));
        Assert.That(delivery.Body.ToArray(), Is.EqualTo(Body));
    }

    [Test]
    public async Task The_same_delivery_again_is_answered_alike_and_stored_once()
    {
        await _host.PostAsync(Path, Body, Headers(Body));
        var again = await _host.PostAsync(Path, Body, Headers(Body));

        Assert.That((again.Status, again.Body), Is.EqualTo((200, "")));
        Assert.That(_host.Inbox.Deliveries, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_previous_secret_still_proves()
    {
        var answer = await _host.PostAsync(Path, Body, Headers(Body, secret: Previous));

        Assert.That(answer.Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_shops_domain_in_capitals_and_a_missing_version_are_accepted()
    {
        var answer = await _host.PostAsync(Path, Body, Headers(Body, shop: "LUX.myshopify.com"));

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(_host.Inbox.Deliveries, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Without_secrets_the_path_says_so()
    {
        await using var host = await Host.StartAsync([]);

        var answer = await host.PostAsync(Path, Body, Headers(Body));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((503, "/problems/shopify-not-configured")));
        Assert.That(answer.Head, Does.Contain("application/problem+json"));
    }

    [Test]
    public async Task A_tampered_body_is_refused()
    {
        var answer = await _host.PostAsync(Path, "{\"id\":2}"u8.ToArray(), Headers(Body));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((401, "/problems/signature-wrong")));
        Assert.That(_host.Inbox.Deliveries, Is.Empty);
    }

    [Test]
    public async Task An_empty_body_is_refused_even_under_its_right_signature()
    {
        var answer = await _host.PostAsync(Path, [], Headers([]));

        Assert.That(answer.Status, Is.EqualTo(401));
    }

    [Test]
    public async Task A_missing_signature_is_refused()
    {
        var answer = await _host.PostAsync(Path, Body, Without(Headers(Body), "X-Shopify-Hmac-Sha256"));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((401, "/problems/signature-missing")));
    }

    [Test]
    public async Task The_headers_of_the_next_generation_alone_are_no_signature()
    {
        var headers = Headers(Body).Select(header => (header.Name.Replace("X-Shopify-", "shopify-", StringComparison.Ordinal), header.Value)).ToArray();

        var answer = await _host.PostAsync(Path, Body, headers);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((401, "/problems/signature-missing")));
    }

    [Test]
    public async Task A_repeated_signature_is_refused_even_if_both_are_right()
    {
        var answer = await _host.PostAsync(Path, Body, [.. Headers(Body), ("X-Shopify-Hmac-Sha256", Hmac(Body, Secret))]);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((401, "/problems/signature-repeated")));
    }

    [TestCase("abc")]
    [TestCase("a, b")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public async Task A_malformed_signature_is_refused(string signature)
    {
        var answer = await _host.PostAsync(Path, Body, [.. Without(Headers(Body), "X-Shopify-Hmac-Sha256"), ("X-Shopify-Hmac-Sha256", signature)]);

        Assert.That(answer.Status, Is.EqualTo(401));
    }

    [TestCase("X-Shopify-Topic", "/problems/topic-invalid")]
    [TestCase("X-Shopify-Shop-Domain", "/problems/store-invalid")]
    [TestCase("X-Shopify-Webhook-Id", "/problems/delivery-id-invalid")]
    public async Task A_missing_or_repeated_header_is_refused(string name, string problem)
    {
        var missing = await _host.PostAsync(Path, Body, Without(Headers(Body), name));
        var repeated = await _host.PostAsync(Path, Body, [.. Headers(Body), Headers(Body).Single(header => header.Name == name)]);

        Assert.That((missing.Status, missing.Problem), Is.EqualTo((400, problem)));
        Assert.That((repeated.Status, repeated.Problem), Is.EqualTo((400, problem)));
    }

    [TestCase("X-Shopify-Topic", 101, 400)]
    [TestCase("X-Shopify-Topic", 100, 200)]
    [TestCase("X-Shopify-Webhook-Id", 201, 400)]
    [TestCase("X-Shopify-Webhook-Id", 200, 200)]
    public async Task Keys_and_topics_have_a_greatest_length(string name, int length, int status)
    {
        var answer = await _host.PostAsync(Path, Body, [.. Without(Headers(Body), name), (name, "orders/" + new string('x', length - "orders/".Length))]);

        Assert.That(answer.Status, Is.EqualTo(status));
    }

    [TestCase("X-Shopify-Webhook-Id", "w-é")]
    [TestCase("X-Shopify-Webhook-Id", "w\t1")]
    [TestCase("X-Shopify-Webhook-Id", "w-1, w-1")]
    [TestCase("X-Shopify-Webhook-Id", "")]
    [TestCase("X-Shopify-Topic", "orders/paid,orders/paid")]
    [TestCase("X-Shopify-Topic", "orders")]
    [TestCase("X-Shopify-Topic", "/")]
    [TestCase("X-Shopify-Topic", "orders/")]
    [TestCase("X-Shopify-Topic", "/paid")]
    [TestCase("X-Shopify-Topic", "a/b/c")]
    [TestCase("X-Shopify-Topic", "orders/paid/")]
    [TestCase("X-Shopify-Topic", "orders//paid")]
    [TestCase("X-Shopify-Topic", "ORDERS_PAID")]
    [TestCase("X-Shopify-Topic", "Orders/Paid")]
    [TestCase("X-Shopify-Topic", "orders/<script>")]
    [TestCase("X-Shopify-Topic", "<script>")]
    [TestCase("X-Shopify-Shop-Domain", "lux.myshopify.com.evil.com")]
    [TestCase("X-Shopify-Shop-Domain", "evil.com")]
    [TestCase("X-Shopify-Shop-Domain", "lux.myshopify.com/")]
    public async Task A_malformed_header_is_refused(string name, string value)
    {
        var answer = await _host.PostAsync(Path, Body, [.. Without(Headers(Body), name), (name, value)]);

        Assert.That(answer.Status, Is.EqualTo(400));
        Assert.That(_host.Inbox.Deliveries, Is.Empty);
    }

    [TestCase("products/update")]
    [TestCase("app_subscriptions/approaching_capped_amount")]
    [TestCase("inventory_levels/connect")]
    [TestCase("customer.tags_added")]
    [TestCase("nobody/knows_this2")]
    public async Task A_topic_that_is_merely_unknown_is_taken(string topic)
    {
        var answer = await _host.PostAsync(Path, Body, Headers(Body, topic));

        Assert.That(answer.Status, Is.EqualTo(200));
    }

    [Test]
    public async Task The_signature_is_judged_before_other_headers_and_before_the_store()
    {
        var answer = await _host.PostAsync(Path, Body, ("X-Shopify-Hmac-Sha256", Hmac(Body, "x"u8.ToArray())), ("X-Shopify-Shop-Domain", "never.myshopify.com"));

        Assert.That(answer.Status, Is.EqualTo(401));
    }

    [TestCase("orders/paid", 404)]
    [TestCase("app/uninstalled", 404)]
    [TestCase("customers/data_request", 200)]
    [TestCase("customers/redact", 200)]
    [TestCase("shop/redact", 200)]
    public async Task A_store_that_was_never_here_is_unknown_except_for_compliance(string topic, int status)
    {
        var answer = await _host.PostAsync(Path, Body, Headers(Body, topic, "never.myshopify.com"));

        Assert.That(answer.Status, Is.EqualTo(status));
        Assert.That(_host.Inbox.Deliveries, Is.Empty);
    }

    [TestCase("orders/paid", 0)]
    [TestCase("shop/redact", 1)]
    public async Task A_store_that_has_left_gets_200_and_only_compliance_is_stored(string topic, int stored)
    {
        var answer = await _host.PostAsync(Path, Body, Headers(Body, topic, "gone.myshopify.com"));

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(_host.Inbox.Deliveries, Has.Count.EqualTo(stored));
    }

    [TestCase("lux.myshopify.com", true)]
    [TestCase("LUX.myshopify.com", true)]
    [TestCase("other.myshopify.com", false)]
    public async Task A_delivery_is_stored_with_the_shop_that_it_was_sent_for_and_read_for_no_other(string named, bool read)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"shop_id":1,"shop_domain":"{{named}}"}""");

        var answer = await _host.PostAsync(Path, body, Headers(body, "shop/redact"));

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(
            () => DeliveryReader.Read(_host.Inbox.Deliveries.Single()),
            read ? Throws.Nothing : Throws.TypeOf<UnreadableDeliveryException>().With.Message.Contains("another shop"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_delivery_that_cannot_be_stored_is_asked_for_again(bool cancelled)
    {
        _host.Inbox.Fault = cancelled ? new OperationCanceledException("disk slow") : new IOException("disk full");

        var answer = await _host.PostAsync(Path, Body, Headers(Body));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((503, "/problems/not-stored")));
        Assert.That(answer.Body, Does.Not.Contain("disk"));
    }

    [TestCase(BodyBytesMax - 1, 200)]
    [TestCase(BodyBytesMax, 200)]
    [TestCase(BodyBytesMax + 1, 413)]
    public async Task A_body_has_a_greatest_size_with_or_without_a_told_length(int length, int status)
    {
        var body = new byte[length];
        Array.Fill(body, (byte)' ');

        var told = await _host.PostAsync(Path, body, Headers(body));
        var chunked = await _host.PostChunkedAsync(Path, body, 7000, Headers(body));

        Assert.That((told.Status, chunked.Status), Is.EqualTo((status, status)));
        Assert.That(told.Problem, Is.EqualTo(status == 413 ? "/problems/body-too-large" : null));
        Assert.That(_host.Inbox.Deliveries.Sum(delivery => delivery.Body.Length), Is.EqualTo(status == 200 ? length : 0));
    }

    [Test]
    public async Task A_body_in_chunks_is_stored_as_it_came()
    {
        var body = RandomNumberGenerator.GetBytes(BodyBytesMax - 7);

        var answer = await _host.PostChunkedAsync(Path, body, 7000, Headers(body));

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(_host.Inbox.Deliveries.Single().Body.ToArray(), Is.EqualTo(body));
    }

    [Test]
    public async Task Fifty_megabytes_are_refused_on_their_promise_alone()
    {
        var answer = await _host.PostPromiseAsync(Path, 50L * 1024 * 1024, Body, Headers(Body));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((413, "/problems/body-too-large")));
    }

    // The body never comes, so an answer proves that nobody waited for it.
    [Test]
    public async Task A_signature_that_is_missing_repeated_or_no_signature_is_refused_before_the_body_is_read()
    {
        const string Header = "X-Shopify-Hmac-Sha256";

        var missing = await _host.PostPromiseAsync(Path, 30_000, Body);
        var repeated = await _host.PostPromiseAsync(Path, 30_000, Body, (Header, "x"), (Header, "x"));
        var malformed = await _host.PostPromiseAsync(Path, 30_000, Body, (Header, new string('!', 44)));

        Assert.That((missing.Status, missing.Problem), Is.EqualTo((401, "/problems/signature-missing")));
        Assert.That((repeated.Status, repeated.Problem), Is.EqualTo((401, "/problems/signature-repeated")));
        Assert.That((malformed.Status, malformed.Problem), Is.EqualTo((401, "/problems/signature-wrong")));
    }

    [Test]
    public async Task A_small_body_in_the_smallest_chunks_is_stored()
    {
        var body = RandomNumberGenerator.GetBytes(9000);

        var answer = await _host.PostChunkedAsync(Path, body, 1, Headers(body));

        Assert.That(answer.Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_large_body_under_the_default_cap_is_stored_whole()
    {
        await using var host = await Host.StartAsync([Secret]);
        host.Inbox.Senders[(WebhookSource.Shopify, "lux.myshopify.com")] = new Sender("sto_1", true, [], true);
        var body = RandomNumberGenerator.GetBytes(10 * 1024 * 1024);

        var answer = await host.PostAsync(Path, body, Headers(body));

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(host.Inbox.Deliveries.Single().Body.Span.SequenceEqual(body), Is.True);
    }

    [TestCaseSource(nameof(Vectors))]
    public async Task A_delivery_of_the_vectors_is_answered_by_its_verdict(JsonElement vector)
    {
        var meta = TestData.Json("shopify.json").GetProperty("meta");
        await using var host = await Host.StartAsync([Encoding.UTF8.GetBytes(meta.GetProperty("secret").GetString()!), Encoding.UTF8.GetBytes(meta.GetProperty("previous_secret").GetString()!)]);
        host.Inbox.Senders[(WebhookSource.Shopify, "some-shop.myshopify.com")] = new Sender("sto_1", true, [], true);
        var headers = vector.GetProperty("headers").EnumerateObject().Select(header => (header.Name, header.Value.GetString()!)).ToArray();

        var answer = await host.PostAsync(Path, vector.GetProperty("body_base64").GetBytesFromBase64(), headers);

        var expected = vector.GetProperty("name").GetString() switch
        {
            // Both secrets are in the list; a version is not needed; servers strip blanks around a value.
            "old_secret_after_rotation" or "missing_api_version" or "hmac_leading_space" => 200,
            "missing_shop_header" => 400,
            "headers_not_covered_by_hmac" => 404,
            _ => vector.GetProperty("valid").GetBoolean() ? 200 : 401,
        };
        Assert.That(answer.Status, Is.EqualTo(expected));
    }

    [Test]
    [NonParallelizable]
    public async Task Refusals_and_duplicates_are_counted()
    {
        var counts = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == WebhookMeter.Name)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            counts.AddOrUpdate(string.Join(' ', [instrument.Name, .. tags.ToArray().Select(tag => (string)tag.Value!)]), value, (_, old) => old + value));
        listener.Start();

        await _host.PostAsync(Path, Body, Headers(Body));
        await _host.PostAsync(Path, Body, Headers(Body));
        await _host.PostAsync(Path, Body);

        Assert.That(counts["webhooks.received shopify"], Is.EqualTo(3));
        Assert.That(counts["webhooks.stored shopify"], Is.EqualTo(1));
        Assert.That(counts["webhooks.duplicates shopify"], Is.EqualTo(1));
        Assert.That(counts["webhooks.refused shopify signature-missing"], Is.EqualTo(1));
    }

    [Test]
    public async Task Another_method_is_not_served()
    {
        var answer = await _host.GetAsync(Path);

        Assert.That(answer.Status, Is.EqualTo(405));
    }

    private static IEnumerable<TestCaseData> Vectors() =>
        TestData.Json("shopify.json").GetProperty("webhook_body").EnumerateArray()
            .Select(vector => new TestCaseData(vector).SetArgDisplayNames(vector.GetProperty("name").GetString()!));

    private static (string Name, string Value)[] Headers(byte[] body, string topic = "orders/paid", string shop = "lux.myshopify.com", byte[]? secret = null) =>
    [
        ("X-Shopify-Topic", topic),
        ("X-Shopify-Hmac-Sha256", Hmac(body, secret ?? Secret)),
        ("X-Shopify-Shop-Domain", shop),
        ("X-Shopify-Webhook-Id", "w-1"),
    ];

    private static (string Name, string Value)[] Without((string Name, string Value)[] headers, string name) =>
        [.. headers.Where(header => header.Name != name)];

    private static string Hmac(byte[] body, byte[] secret) => Convert.ToBase64String(HMACSHA256.HashData(secret, body));
}
