// The vectors of Stripe's own library, with its notice in the file.
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Payouts.Stripe;

internal static class StripeVectors
{
    private static readonly JsonNode All =
        JsonNode.Parse(File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", "stripe-vectors.json")))!;

    public static IEnumerable<JsonNode> Of(string part) => All[part]!.AsArray().Select(node => node!);

    public static IEnumerable<TestCaseData> Cases(string part) =>
        Of(part).Select((node, index) => new TestCaseData(node).SetArgDisplayNames(node["name"]?.GetValue<string>() ?? $"{part} {index}"));
}
