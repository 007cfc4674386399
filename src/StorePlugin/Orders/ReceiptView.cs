// A receipt as the API shows it: amounts with their currency and instants with a Z, as in every other call.
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>
/// Receipts are stored by the million, compact: <c>baseMinor</c> in the receipt's one currency. Only the form changes
/// here, by the names of the fields, so that nothing that was written can be left out.
/// </summary>
internal static class ReceiptView
{
    private const string Minor = "Minor";

    /// <summary>The receipt with each <c>…Minor</c> as an amount under the name before it.</summary>
    /// <param name="stored">As <see cref="Receipt.ToJson"/> wrote it.</param>
    public static JsonObject Of(string stored)
    {
        var receipt = JsonNode.Parse(stored) as JsonObject ?? throw new JsonException("A receipt is no object.");
        return Of(receipt, (string?)receipt["currency"] ?? throw new JsonException("A receipt names no currency."));
    }

    /// <summary>Makes the schema of a stored receipt, or of a part of one, that of what is shown.</summary>
    public static void Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(Receipt) || type == typeof(ReceiptTouch) || type == typeof(ReceiptLine) || type == typeof(ReceiptRefund) || type == typeof(ReceiptDispute)
            || type == typeof(RefundLine) || type == typeof(OrderCode) || type == typeof(Standing) || type == typeof(TierPart)
            || type == typeof(TierLevel) || type == typeof(PeriodCap) || type == typeof(Terms) || type == typeof(FlatCommission)
            || type == typeof(ReceiptStoreCredit) || type == typeof(RewardCode) || type == typeof(Milestone))
        {
            var amount = new OpenApiSchemaReference(nameof(Amount), context.Document);
            schema.Properties = schema.Properties?.ToDictionary(
                property => NameOf(property.Key), property => IsMinor(property.Key) ? amount : property.Value);
            schema.Required = schema.Required?.Select(NameOf).ToHashSet();
        }
        else if (type == typeof(Currency))
        {
            (schema.Type, schema.Properties, schema.Required) = (JsonSchemaType.String, null, null);
        }
        else if (type == typeof(OrderChannel) || type == typeof(LineKind) || type == typeof(TouchKind) || type == typeof(RateRank)
            || type == typeof(DecisionKind) || type == typeof(CampaignStop) || type == typeof(TierMetric) || type == typeof(DisputeState) || type == typeof(PeriodKind) || type == typeof(TouchClass)
            || type == typeof(Enrolment))
        {
            (schema.Type, schema.Enum) = (JsonSchemaType.String, [.. Enum.GetNames(type).Select(name => (JsonNode)name)]);
        }
    }

    // Terms state amounts in a currency of their own, which need not be the order's (rule M1).
    private static JsonObject Of(JsonObject part, string currency) =>
        new(part.Select(field => KeyValuePair.Create(NameOf(field.Key), Of(field.Key, field.Value, (string?)part["currency"] ?? currency))));

    private static JsonNode? Of(string name, JsonNode? value, string currency) => value switch
    {
        JsonObject part => Of(part, currency),
        JsonArray list => new JsonArray([.. list.Select(item => Of("", item, currency))]),
        not null when IsMinor(name) => new JsonObject { ["minor"] = (long)value, ["currency"] = currency },
        not null when IsInstant(name) => InstantConverter.Text(value.GetValue<DateTimeOffset>()),
        _ => value?.DeepClone(),
    };

    private static string NameOf(string name) => IsMinor(name) ? name[..^Minor.Length] : name;

    private static bool IsMinor(string name) => name.EndsWith(Minor, StringComparison.Ordinal);

    private static bool IsInstant(string name) =>
        name == "at" || name.EndsWith("At", StringComparison.Ordinal) || name.EndsWith("Until", StringComparison.Ordinal)
        || name.EndsWith("Since", StringComparison.Ordinal);
}
