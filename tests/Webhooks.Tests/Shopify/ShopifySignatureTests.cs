// Shopify's signatures against the verdicts of Shopify's own library, and where we are stricter.
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using StorePlugin.Webhooks.Shopify;

namespace StorePlugin.Webhooks.Tests.Shopify;

[TestFixture]
internal sealed class ShopifySignatureTests
{
    private static readonly JsonElement Vectors = TestData.Json("shopify.json");
    private static readonly byte[] Secret = Encoding.UTF8.GetBytes(Vectors.GetProperty("meta").GetProperty("secret").GetString()!);
    private static readonly byte[] PreviousSecret = Encoding.UTF8.GetBytes(Vectors.GetProperty("meta").GetProperty("previous_secret").GetString()!);

    [TestCaseSource(nameof(Queries))]
    public void A_query_is_judged_as_the_vector_says(JsonElement vector)
    {
        var authentic = ShopifySignature.IsQueryAuthentic(Text(vector, "query"), [Key(vector)], Now(vector));

        AssertVerdict(vector, authentic);
    }

    [TestCaseSource(nameof(ProxyQueries))]
    public void An_app_proxy_request_is_judged_as_the_vector_says(JsonElement vector)
    {
        var authentic = ShopifySignature.IsProxyQueryAuthentic(Text(vector, "query"), [Key(vector)], Now(vector));

        AssertVerdict(vector, authentic);
    }

    // The vectors on other headers than the signature's belong to the endpoint's tests.
    [TestCaseSource(nameof(Bodies))]
    public void A_body_is_judged_as_the_vector_says(JsonElement vector)
    {
        var header = vector.GetProperty("headers").EnumerateObject()
            .FirstOrDefault(header => header.Name.Equals("X-Shopify-Hmac-Sha256", StringComparison.OrdinalIgnoreCase));
        var hmac = header.Value.ValueKind == JsonValueKind.String ? header.Value.GetString() : null;

        var authentic = ShopifySignature.IsBodyAuthentic(vector.GetProperty("body_base64").GetBytesFromBase64(), hmac, Key(vector));

        var expected = vector.GetProperty("valid").GetBoolean() || Text(vector, "name").StartsWith("missing_", StringComparison.Ordinal);
        Assert.That(authentic, Is.EqualTo(expected));
    }

    [Test]
    public void The_previous_secret_proves_a_body_while_it_is_in_the_list()
    {
        var vector = Vector("webhook_body", "old_secret_after_rotation");

        var authentic = ShopifySignature.IsBodyAuthentic(
            vector.GetProperty("body_base64").GetBytesFromBase64(), Text(vector, "hmac"), Secret, PreviousSecret);

        Assert.That(authentic, Is.True);
    }

    [Test]
    public void The_previous_secret_proves_a_query_while_it_is_in_the_list()
    {
        var vector = Vector("oauth_query", "old_secret_during_rotation");

        Assert.That(ShopifySignature.IsQueryAuthentic(Text(vector, "query"), [Secret, PreviousSecret], Now(vector)), Is.True);
    }

    [Test]
    public void The_query_of_the_documentation_is_authentic_with_either_question_mark()
    {
        const string Query = "code=0907a61c0c8d55e99db179b68161bc00&hmac=700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf&shop=some-shop.myshopify.com&state=0.6784241404160823&timestamp=1337178173";
        var now = DateTimeOffset.FromUnixTimeSeconds(1337178173);

        Assert.That(ShopifySignature.IsQueryAuthentic(Query, ["hush"u8.ToArray()], now), Is.True);
        Assert.That(ShopifySignature.IsQueryAuthentic("?" + Query, ["hush"u8.ToArray()], now), Is.True);
    }

    [TestCase("protocol_param_doc_form")]
    [TestCase("bulk_action_ids_single_doc_form")]
    public void The_decoded_form_and_its_lists_are_accepted(string name)
    {
        var vector = Vector("oauth_query", name);

        Assert.That(ShopifySignature.IsQueryAuthentic(Text(vector, "query"), [Secret], Now(vector)), Is.True);
    }

    [TestCase("shop", "shop=some-shop.myshopify.com")]
    [TestCase("timestamp", "timestamp=1795222800")]
    [TestCase("state", "state=5f2b8c0a9d")]
    [TestCase("code", "code=0907a61c0c8d55e99db179b68161bc00")]
    [TestCase("host", "host=x")]
    [TestCase("shop in capitals", "SHOP=evil.myshopify.com")]
    public void A_repeated_security_parameter_is_refused_even_under_a_right_signature(string _, string extra)
    {
        var pairs = "code=0907a61c0c8d55e99db179b68161bc00&host=x&shop=some-shop.myshopify.com&state=5f2b8c0a9d&timestamp=1795222800".Split('&');
        var now = DateTimeOffset.FromUnixTimeSeconds(1795222800);

        Assert.That(ShopifySignature.IsQueryAuthentic(Signed(pairs), [Secret], now), Is.True);
        Assert.That(ShopifySignature.IsQueryAuthentic(Signed([.. pairs, extra]), [Secret], now), Is.False);
    }

    [TestCase("+1795222800")]
    [TestCase("01795222800")]
    [TestCase("1.7952228e9")]
    [TestCase("1795222800\n")]
    [TestCase("99999999999999999999")]
    [TestCase("-1")]
    public void A_timestamp_in_another_spelling_is_refused(string timestamp)
    {
        var query = Signed(["shop=a.myshopify.com", "timestamp=" + Uri.EscapeDataString(timestamp)]);

        Assert.That(ShopifySignature.IsQueryAuthentic(query, [Secret], DateTimeOffset.FromUnixTimeSeconds(1795222800)), Is.False);
    }

    [Test]
    public void A_blank_secret_proves_nothing()
    {
        var body = "{}"u8.ToArray();
        var forged = Convert.ToBase64String(System.Security.Cryptography.HMACSHA256.HashData(Array.Empty<byte>(), body));

        Assert.That(ShopifySignature.IsBodyAuthentic(body, forged, []), Is.False);
        Assert.That(ShopifySignature.IsBodyAuthentic(body, forged, [[]]), Is.False);
        Assert.That(ShopifySignature.IsBodyAuthentic(body, forged, [], Secret), Is.False);
    }

    [TestCaseSource(nameof(Domains))]
    public void A_shop_domain_is_read_as_the_vector_says(JsonElement vector)
    {
        var valid = ShopDomain.TryParse(Text(vector, "shop"), out var domain);

        var want = vector.GetProperty("want").GetString();
        Assert.That(valid, Is.EqualTo(want is not null));
        Assert.That(domain, Is.EqualTo(want ?? ""));
    }

    [TestCase("Some-Shop.MyShopify.com", "some-shop.myshopify.com")]
    [TestCase("0.myshopify.com", "0.myshopify.com")]
    [TestCase("some-shop.myshopify.com\n", "")]
    [TestCase(" some-shop.myshopify.com", "")]
    [TestCase(".myshopify.com", "")]
    [TestCase("a.b.myshopify.com", "")]
    [TestCase("söme.myshopify.com", "")]
    [TestCase("some\u212Ashop.myshopify.com", "")]
    [TestCase(null, "")]
    public void A_shop_domain_is_lower_cased_and_nothing_else(string? text, string expected)
    {
        Assert.That(ShopDomain.TryParse(text, out var domain), Is.EqualTo(expected.Length > 0));
        Assert.That(domain, Is.EqualTo(expected));
    }

    private static IEnumerable<TestCaseData> Queries() => Cases("oauth_query");

    private static IEnumerable<TestCaseData> ProxyQueries() => Cases("app_proxy");

    private static IEnumerable<TestCaseData> Bodies() => Cases("webhook_body");

    private static IEnumerable<TestCaseData> Domains() => Cases("shop_domain");

    private static IEnumerable<TestCaseData> Cases(string section) =>
        Vectors.GetProperty(section).EnumerateArray().Select((vector, i) =>
            new TestCaseData(vector).SetArgDisplayNames(
                vector.TryGetProperty("name", out var name) ? name.GetString()! : $"{section} {i}"));

    private static JsonElement Vector(string section, string name) =>
        Vectors.GetProperty(section).EnumerateArray().Single(vector => Text(vector, "name") == name);

    private static string Text(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    private static byte[] Key(JsonElement vector) => Encoding.UTF8.GetBytes(Text(vector, "secret"));

    private static DateTimeOffset Now(JsonElement vector) => DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("now").GetInt64());

    // null in a vector: either answer is acceptable.
    private static void AssertVerdict(JsonElement vector, bool authentic)
    {
        var valid = vector.GetProperty("valid");
        Assert.That(authentic, valid.ValueKind == JsonValueKind.Null ? Is.True.Or.False : Is.EqualTo(valid.GetBoolean()));
    }

    private static string Signed(string[] pairs)
    {
        var message = string.Join('&', pairs.OrderBy(pair => pair.Split('=')[0], StringComparer.Ordinal));
        return $"{string.Join('&', pairs)}&hmac={Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Secret, Encoding.UTF8.GetBytes(message)))}";
    }
}
