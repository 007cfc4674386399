// Bodies as Stripe's own library writes them.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class StripeFormTests
{
    private static readonly Payout Po42 = new(
        "sto_1", "po_42", "run_1", "amb_1", "EUR", 1050, 0, "acct_1", "test", PayoutState.Approved, null, null, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

    private static IEnumerable<TestCaseData> Encodings() => StripeVectors.Cases("form_encodings");

    [TestCaseSource(nameof(Encodings))]
    public void A_body_is_encoded_as_the_library_does(JsonNode vector)
    {
        var body = StripeForm.Encode(Pairs("", vector["params"]!));

        Assert.That(body, Is.EqualTo(vector["body"]!.GetValue<string>()));
    }

    [Test]
    public void A_frozen_attempt_names_its_payout_twice_and_its_number()
    {
        var attempt = PayoutAttempt.Freeze(Po42, 3, DateTimeOffset.UnixEpoch);

        Assert.That(attempt.Body, Is.EqualTo(
            "amount=1050&currency=eur&destination=acct_1&transfer_group=po_42&metadata[payout_id]=po_42&metadata[attempt]=3"));
        Assert.That(attempt.IdempotencyKey, Is.EqualTo("po-po_42-a3"));
        Assert.That((attempt.Method, attempt.Path, attempt.ApiVersion), Is.EqualTo(("POST", "/v1/transfers", "2026-10-28.endive")));
    }

    private static IEnumerable<(string Key, string Value)> Pairs(string path, JsonNode node) => node switch
    {
        JsonObject members => members.SelectMany(member => Pairs(path.Length == 0 ? member.Key : $"{path}[{member.Key}]", member.Value!)),
        JsonArray items => items.SelectMany((item, index) => Pairs($"{path}[{index}]", item!)),
        _ => Value(node) is { } value ? [(path, value)] : [],
    };

    // The library drops what is undefined, and writes dates as seconds.
    private static string? Value(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.String when node.GetValue<string>() == "__undefined__" => null,
        JsonValueKind.String when DateTimeOffset.TryParseExact(
            node.GetValue<string>(), "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) =>
            date.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        JsonValueKind.String => node.GetValue<string>(),
        _ => node.ToJsonString(),
    };
}
