// The stand-in's end of changes to discounts: what is sent changes, and nothing else.
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    private JsonObject? PerformOnChanges(string shop, string document, JsonNode variables) =>
        document.Contains("discountCodeBasicUpdate", StringComparison.Ordinal)
            ? new JsonObject { ["discountCodeBasicUpdate"] = Change(shop, variables["id"]!.GetValue<string>(), variables["discount"]!.AsObject()) }
            : null;

    private JsonObject Change(string shop, string id, JsonObject input)
    {
        if (Discounts.FirstOrDefault(one => one.Key.Shop == shop && one.Value.Id == id).Value is not { Input: JsonObject kept })
        {
            return Refusal("id", "INVALID", "Code discount does not exist.");
        }

        if (input["customerGets"]?["value"]?["percentage"] is { } percentage && percentage.GetValue<decimal>() is <= 0 or > 1)
        {
            return Refusal("percentage", "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0");
        }

        Changes.Enqueue(input.ToJsonString());
        if (input["customerGets"]?["value"] is { } value)
        {
            kept["customerGets"]!["value"] = value.DeepClone();
        }

        if (input["appliesOncePerCustomer"] is { } once)
        {
            kept["appliesOncePerCustomer"] = once.DeepClone();
        }

        return new JsonObject { ["codeDiscountNode"] = new JsonObject { ["id"] = id }, ["userErrors"] = new JsonArray() };
    }
}
