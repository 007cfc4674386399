// Stripe's signature against the strict verdicts of the vectors.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using StorePlugin.Webhooks.Stripe;

namespace StorePlugin.Webhooks.Tests.Stripe;

[TestFixture]
internal sealed class StripeSignatureTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1795228800);
    private static readonly byte[] Secret = "whsec_a"u8.ToArray();
    private static readonly byte[] Body = "{\"id\":\"evt_1\"}"u8.ToArray();

    [TestCaseSource(nameof(Vectors))]
    public void A_delivery_is_judged_as_the_vector_says(JsonElement vector)
    {
        var authentic = StripeSignature.IsAuthentic(
            vector.GetProperty("payload_base64").GetBytesFromBase64(),
            vector.GetProperty("header").GetString(),
            [Encoding.UTF8.GetBytes(vector.GetProperty("secret").GetString()!)],
            DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("now").GetInt64()));

        Assert.That(authentic, Is.EqualTo(vector.GetProperty("recommended").GetString() == "valid"));
    }

    [TestCase(-301, false)]
    [TestCase(-300, true)]
    [TestCase(300, true)]
    [TestCase(301, false)]
    public void The_timestamp_may_lie_five_minutes_away_on_either_side(int seconds, bool expected)
    {
        var t = Now.ToUnixTimeSeconds() + seconds;

        Assert.That(StripeSignature.IsAuthentic(Body, $"t={t},v1={Hmac(t, Secret)}", [Secret], Now), Is.EqualTo(expected));
    }

    [Test]
    public void Either_of_two_secrets_will_do()
    {
        var t = Now.ToUnixTimeSeconds();
        var header = $"t={t},v1={Hmac(t, Secret)}";

        Assert.That(StripeSignature.IsAuthentic(Body, header, ["whsec_b"u8.ToArray(), Secret], Now), Is.True);
        Assert.That(StripeSignature.IsAuthentic(Body, header, ["whsec_b"u8.ToArray()], Now), Is.False);
        Assert.That(StripeSignature.IsAuthentic(Body, header, [], Now), Is.False);
    }

    [TestCase(" ")]
    [TestCase("")]
    public void A_blank_secret_proves_nothing(string blank)
    {
        var t = Now.ToUnixTimeSeconds();
        var secret = Encoding.UTF8.GetBytes(blank);

        Assert.That(StripeSignature.IsAuthentic(Body, $"t={t},v1={Hmac(t, secret)}", [secret], Now), Is.False);
    }

    [Test]
    public void A_missing_header_is_refused() =>
        Assert.That(StripeSignature.IsAuthentic(Body, null, [Secret], Now), Is.False);

    private static IEnumerable<TestCaseData> Vectors() =>
        TestData.Json("stripe.json").GetProperty("webhook_signatures").EnumerateArray()
            .Select(vector => new TestCaseData(vector).SetArgDisplayNames(vector.GetProperty("name").GetString()!));

    private static string Hmac(long t, byte[] secret) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{t}.{Encoding.UTF8.GetString(Body)}")));
}
