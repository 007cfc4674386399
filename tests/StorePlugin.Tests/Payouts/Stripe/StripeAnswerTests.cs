// What each answer of Stripe means for the money.
using System.Text;
using System.Text.Json.Nodes;
using StorePlugin.Payouts.Stripe;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class StripeAnswerTests
{
    private const string Transfer =
        """{"id":"tr_1","object":"transfer","amount":1050,"amount_reversed":0,"currency":"eur","destination":"acct_1","metadata":{"payout_id":"po_42","attempt":"1"}}""";

    private static IEnumerable<TestCaseData> Errors() => StripeVectors.Cases("error_classes");

    private static IEnumerable<TestCaseData> Retries() =>
        StripeVectors.Cases("retry_decisions").Where(test => ((JsonNode)test.Arguments[0]!)["status"] is not null);

    [TestCaseSource(nameof(Errors))]
    public void An_error_means_what_its_class_says(JsonNode vector)
    {
        var answer = Classify(vector["status"]!.GetValue<int>(), new JsonObject { ["error"] = vector["error"]!.DeepClone() }.ToJsonString());

        Assert.That(answer, vector["sdk_class"]!.GetValue<string>() switch
        {
            "StripeInvalidRequestError" or "StripeCardError" or "StripePermissionError" => Is.TypeOf<StripeAnswer.Refused>(),
            "StripeIdempotencyError" => Is.TypeOf<StripeAnswer.Drifted>(),
            "StripeRateLimitError" => Is.TypeOf<StripeAnswer.Busy>(),
            "StripeAuthenticationError" => Is.TypeOf<StripeAnswer.KeyRejected>(),
            _ => Is.TypeOf<StripeAnswer.Unknown>(),
        });
    }

    [TestCaseSource(nameof(Retries))]
    public void What_the_library_retries_is_never_settled_here(JsonNode vector)
    {
        var headers = new StripeHeaders(ShouldRetry: vector["stripe_should_retry"]?.GetValue<string>() switch { "true" => true, "false" => false, _ => null });

        var answer = StripeAnswer.Classify(
            vector["status"]!.GetValue<int>(), headers, Encoding.UTF8.GetBytes("""{"error":{"type":"invalid_request_error","message":"no"}}"""));

        if (vector["sdk_retries"]!.GetValue<bool>())
        {
            Assert.That(answer, Is.TypeOf<StripeAnswer.Busy>().Or.TypeOf<StripeAnswer.Unknown>());
        }

        Assert.That(answer is StripeAnswer.Unknown { IsStored: true }, Is.EqualTo(headers.ShouldRetry == false));
    }

    [Test]
    public void A_transfer_is_read_whether_its_destination_is_an_id_or_an_account()
    {
        var expanded = Transfer.Replace("\"acct_1\"", """{"id":"acct_1","object":"account"}""", StringComparison.Ordinal);

        Assert.That(Classify(200, Transfer), Is.EqualTo(
            new StripeAnswer.Accepted(new StripeTransfer("tr_1", 1050, 0, "eur", "acct_1", 1), 200, new StripeHeaders())));
        Assert.That(((StripeAnswer.Accepted)Classify(200, expanded)).Transfer.Destination, Is.EqualTo("acct_1"));
    }

    [TestCase(200, "")]
    [TestCase(200, """{"id":"tr_1","object":"tra""")]
    [TestCase(200, """{"object":"list","data":[]}""")]
    [TestCase(302, "")]
    [TestCase(400, "<html>Bad request</html>")]
    [TestCase(403, "<html>Forbidden by a proxy</html>")]
    [TestCase(400, """{"error":{"type":"api_error","message":"oops"}}""")]
    [TestCase(408, """{"error":{"type":"invalid_request_error"}}""")]
    [TestCase(424, """{"error":{"type":"api_error"}}""")]
    [TestCase(500, """{"error":{"type":"api_error"}}""")]
    [TestCase(503, "")]
    public void Whatever_does_not_settle_the_question_leaves_it_unknown(int status, string body) =>
        Assert.That(Classify(status, body), Is.TypeOf<StripeAnswer.Unknown>());

    [TestCase(400, "balance_insufficient", true)]
    [TestCase(403, null, true)]
    [TestCase(400, "account_closed", false)]
    [TestCase(404, "resource_missing", false)]
    public void A_refusal_says_whether_its_cause_can_be_cured(int status, string? code, bool curable)
    {
        var error = new JsonObject { ["type"] = "invalid_request_error", ["message"] = "No." };
        if (code is not null)
        {
            error["code"] = code;
        }

        var refused = (StripeAnswer.Refused)Classify(status, new JsonObject { ["error"] = error }.ToJsonString());

        Assert.That(refused.Curable, Is.EqualTo(curable));
    }

    [Test]
    public void A_missing_capability_comes_without_a_code_and_can_be_cured()
    {
        const string Message = "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments";

        var refused = (StripeAnswer.Refused)Classify(400, $$$"""{"error":{"type":"invalid_request_error","message":"{{{Message}}}"}}""");

        Assert.That(refused.Curable, Is.True);
        Assert.That(refused.Message, Is.EqualTo(Message));
    }

    private static StripeAnswer Classify(int status, string body) => StripeAnswer.Classify(status, new StripeHeaders(), Encoding.UTF8.GetBytes(body));
}
