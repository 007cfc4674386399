// Stripe's own library for .NET beside our reading of its events: what either signs the other takes, and ours is the stricter one.
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using StorePlugin.Webhooks.Stripe;
using Vendor = Stripe;

namespace StorePlugin.Webhooks.Tests.Stripe;

[TestFixture]
internal sealed class StripeLibraryTests
{
    private const string Secret = "whsec_a";
    private const string Body =
        """
        {"id":"evt_1","object":"event","api_version":"2026-10-28.endive","type":"transfer.created","account":"acct_1","data":{"object":
        {"id":"tr_1","object":"transfer","amount":1050,"currency":"eur","destination":"acct_2","metadata":{},"transfer_group":"po_42"}}}
        """;

    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1795228800);

    // What the library lets in and we do not: it trims what stands between the commas, and has no quarrel with an empty body.
    private static readonly string[] Stricter = ["invalid: space after comma hides v1", "invalid: empty payload"];

    [TestCaseSource(nameof(Vectors))]
    public void Nothing_comes_in_that_the_library_refuses(JsonElement vector)
    {
        var body = vector.GetProperty("payload_base64").GetBytesFromBase64();
        var header = vector.GetProperty("header").GetString()!;
        var secret = vector.GetProperty("secret").GetString()!;
        var now = DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("now").GetInt64());

        var ours = StripeSignature.IsAuthentic(body, header, [Encoding.UTF8.GetBytes(secret)], now);

        Assert.That(ours, Is.EqualTo(IsAuthenticToLibrary(Encoding.UTF8.GetString(body), header, secret, now) && !Stricter.Contains(vector.GetProperty("name").GetString())));
    }

    [Test]
    public void A_header_of_the_library_is_taken()
    {
        var header = Vendor.EventUtility.GenerateSignatureHeader(Body, Secret, Now.ToUnixTimeSeconds());

        Assert.That(StripeSignature.IsAuthentic(Encoding.UTF8.GetBytes(Body), header, [Encoding.UTF8.GetBytes(Secret)], Now), Is.True);
        Assert.That(StripeSignature.IsAuthentic(Encoding.UTF8.GetBytes(Body + " "), header, [Encoding.UTF8.GetBytes(Secret)], Now), Is.False);
    }

    [Test]
    public void A_header_of_the_rehearsals_counterpart_is_one_that_the_library_takes()
    {
        var header = StripeSignature.Sign(Encoding.UTF8.GetBytes(Body), Encoding.UTF8.GetBytes(Secret), Now);

        Assert.That(IsAuthenticToLibrary(Body, header, Secret, Now), Is.True);
        Assert.That(IsAuthenticToLibrary(Body + " ", header, Secret, Now), Is.False);
    }

    [Test]
    public void Both_read_the_same_of_an_event()
    {
        var theirs = Vendor.EventUtility.ParseEvent(Body, throwOnApiVersionMismatch: true);
        var transfer = (Vendor.Transfer)theirs.Data.Object;

        var ours = StripeReader.Read(Encoding.UTF8.GetBytes(Body));

        Assert.That(ours, Is.EqualTo(new StripeEventReceived(theirs.Id, theirs.Type, theirs.Account, transfer.Id, transfer.TransferGroup)));
    }

    private static bool IsAuthenticToLibrary(string body, string header, string secret, DateTimeOffset now)
    {
        try
        {
            Vendor.EventUtility.ValidateSignature(body, header, secret, StripeSignature.ToleranceSeconds, now.ToUnixTimeSeconds());
            return true;
        }
        // The library knows no other way to say no.
        catch (Vendor.StripeException)
        {
            return false;
        }
    }

    private static IEnumerable<TestCaseData> Vectors() =>
        TestData.Json("stripe.json").GetProperty("webhook_signatures").EnumerateArray()
            .Select(vector => new TestCaseData(vector).SetArgDisplayNames(vector.GetProperty("name").GetString()!));
}
