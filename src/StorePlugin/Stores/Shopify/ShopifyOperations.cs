// What we ask of Shopify's Admin API: each operation is a document beside this file, its variables and its answer.
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace StorePlugin.Stores.Shopify;

/// <summary>One operation; the documents are held to Shopify's schema.</summary>
/// <param name="Name">The document's file name, which also stands in logs.</param>
internal sealed record ShopifyOperation<TVariables, TData>(
    string Name, JsonTypeInfo<GraphQlRequest<TVariables>> Request, JsonTypeInfo<TData> Data)
{
    public string Document { get; } = ShopifyOperations.ReadDocument(Name);
}

internal static class ShopifyOperations
{
    public static readonly ShopifyOperation<CreateDiscountVariables, CreateDiscountData> CreateDiscount = new(
        "DiscountCodeBasicCreate", ShopifyJson.Default.GraphQlRequestCreateDiscountVariables, ShopifyJson.Default.CreateDiscountData);

    public static readonly ShopifyOperation<FindDiscountVariables, FindDiscountData> FindDiscount = new(
        "CodeDiscountNodeByCode", ShopifyJson.Default.GraphQlRequestFindDiscountVariables, ShopifyJson.Default.FindDiscountData);

    public static readonly ShopifyOperation<EndDiscountVariables, EndDiscountData> EndDiscount = new(
        "DiscountCodeDeactivate", ShopifyJson.Default.GraphQlRequestEndDiscountVariables, ShopifyJson.Default.EndDiscountData);

    public static readonly ShopifyOperation<FindDiscountVariables, DiscountNowData> LookAtDiscount = new(
        "DiscountNow", ShopifyJson.Default.GraphQlRequestFindDiscountVariables, ShopifyJson.Default.DiscountNowData);

    public static readonly ShopifyOperation<EndDiscountVariables, ResumeDiscountData> ResumeDiscount = new(
        "DiscountCodeActivate", ShopifyJson.Default.GraphQlRequestEndDiscountVariables, ShopifyJson.Default.ResumeDiscountData);

    public static readonly ShopifyOperation<OrdersChangedVariables, OrdersChangedData> OrdersChanged = new(
        "OrdersChanged", ShopifyJson.Default.GraphQlRequestOrdersChangedVariables, ShopifyJson.Default.OrdersChangedData);

    public static readonly ShopifyOperation<OrderVersionVariables, OrderVersionData> OrderVersion = new(
        "OrderVersion", ShopifyJson.Default.GraphQlRequestOrderVersionVariables, ShopifyJson.Default.OrderVersionData);

    public static readonly ShopifyOperation<OrderLinesVariables, OrderLinesData> OrderLines = new(
        "OrderLines", ShopifyJson.Default.GraphQlRequestOrderLinesVariables, ShopifyJson.Default.OrderLinesData);

    public static readonly ShopifyOperation<OrderRefundVariables, OrderRefundData> OrderRefund = new(
        "OrderRefund", ShopifyJson.Default.GraphQlRequestOrderRefundVariables, ShopifyJson.Default.OrderRefundData);

    public static readonly ShopifyOperation<StartBulkVariables, StartBulkData> StartBulk = new(
        "BulkOperationRunQuery", ShopifyJson.Default.GraphQlRequestStartBulkVariables, ShopifyJson.Default.StartBulkData);

    public static readonly ShopifyOperation<BulkVariables, BulkData> LookAtBulk = new(
        "BulkOperation", ShopifyJson.Default.GraphQlRequestBulkVariables, ShopifyJson.Default.BulkData);

    public static readonly ShopifyOperation<NoVariables, ReadShopData> ReadShop = new(
        "Shop", ShopifyJson.Default.GraphQlRequestNoVariables, ShopifyJson.Default.ReadShopData);

    internal static string ReadDocument(string name)
    {
        using var stream = typeof(ShopifyOperations).Assembly.GetManifestResourceStream($"Shopify/{name}.graphql")
            ?? throw new InvalidOperationException($"The document {name} is not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

internal sealed record GraphQlRequest<TVariables>(string Query, TVariables Variables);

internal sealed record NoVariables;

internal sealed record CreateDiscountVariables(DiscountInput Discount);

/// <summary>Shopify's <c>DiscountCodeBasicInput</c>, as far as it is used: it combines with nothing. What is null is not sent: no limit, no end.</summary>
internal sealed record DiscountInput(
    string Title, string Code, DateTimeOffset StartsAt, bool AppliesOncePerCustomer, DiscountContext Context, DiscountGets CustomerGets)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? UsageLimit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DiscountMinimum? MinimumRequirement { get; init; }

    public static DiscountInput Of(string title, DiscountRequest request) => new(
        title,
        request.Code,
        request.StartsAt.ToUniversalTime(),
        request.OncePerCustomer,
        new DiscountContext("ALL"),
        new DiscountGets(
            request.AmountOff is { } amount
                ? new DiscountValue(null, new DiscountAmount(amount.ToDecimalString(), AppliesOnEachItem: false))
                : new DiscountValue(request.PercentBp / (decimal)Campaigns.BasisPoints.Whole, null),
            new DiscountItems(All: true)))
    {
        EndsAt = request.EndsAt?.ToUniversalTime(),
        UsageLimit = request.UsageLimit,
        MinimumRequirement = request.Minimum is { } minimum ? new DiscountMinimum(new DiscountSubtotal(minimum.ToDecimalString())) : null,
    };
}

internal sealed record DiscountContext(string All);

internal sealed record DiscountGets(DiscountValue Value, DiscountItems Items);

/// <param name="Percentage">A share from 0 to 1; a decimal, so that 0.1 is written as 0.1. This or the amount.</param>
internal sealed record DiscountValue(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? Percentage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DiscountAmount? DiscountAmount);

/// <param name="Amount">In the shop's currency, as a decimal text, which is how GraphQL's <c>Decimal</c> is written.</param>
internal sealed record DiscountAmount(string Amount, bool AppliesOnEachItem);

internal sealed record DiscountMinimum(DiscountSubtotal Subtotal);

/// <param name="GreaterThanOrEqualToSubtotal">A decimal text in the shop's currency.</param>
internal sealed record DiscountSubtotal(string GreaterThanOrEqualToSubtotal);

internal sealed record DiscountItems(bool All);

internal sealed record CreateDiscountData(CreateDiscountPayload? DiscountCodeBasicCreate);

internal sealed record CreateDiscountPayload(DiscountNode? CodeDiscountNode, IReadOnlyList<UserError>? UserErrors);

internal sealed record UserError(IReadOnlyList<string>? Field, string? Code, string? Message);

internal sealed record FindDiscountVariables(string Code);

internal sealed record FindDiscountData(DiscountNode? CodeDiscountNodeByCode);

internal sealed record DiscountNode(string? Id, Discount? CodeDiscount);

/// <param name="Title">Null for kinds of discounts that we never create.</param>
internal sealed record Discount(string? Title);

internal sealed record EndDiscountVariables(string Id);

internal sealed record EndDiscountData(EndDiscountPayload? DiscountCodeDeactivate);

internal sealed record EndDiscountPayload(DiscountNode? CodeDiscountNode, IReadOnlyList<UserError>? UserErrors);

internal sealed record ResumeDiscountData(EndDiscountPayload? DiscountCodeActivate);

internal sealed record DiscountNowData(DiscountNowNode? CodeDiscountNodeByCode);

internal sealed record DiscountNowNode(string? Id, DiscountNowFacts? CodeDiscount);

/// <param name="Status"><c>ACTIVE</c>, <c>SCHEDULED</c> or <c>EXPIRED</c>; null for kinds of discounts that we never create.</param>
internal sealed record DiscountNowFacts(string? Status, DateTimeOffset? EndsAt, long? UsageLimit, DiscountNowGets? CustomerGets);

internal sealed record DiscountNowGets(DiscountNowValue? Value);

/// <param name="Percentage">A share from 0 to 1; null where it is no percentage.</param>
internal sealed record DiscountNowValue(decimal? Percentage);

internal sealed record StartBulkVariables(string Query);

internal sealed record StartBulkData(StartBulkPayload? BulkOperationRunQuery);

internal sealed record StartBulkPayload(BulkNow? BulkOperation, IReadOnlyList<UserError>? UserErrors);

internal sealed record BulkVariables(string Id);

internal sealed record BulkData(BulkNow? BulkOperation);

/// <param name="ObjectCount">A number of 64 bits, as text.</param>
/// <param name="Url">Where the file is; null where there are no rows, or no file yet.</param>
internal sealed record BulkNow(string? Id, string? Status, string? ErrorCode, string? ObjectCount, string? Url)
{
    public long Count => long.TryParse(ObjectCount, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var count) ? count : 0;
}

internal sealed record ReadShopData(ShopData? Shop);

/// <param name="Id">As in <c>gid://shopify/Shop/548380009</c>.</param>
internal sealed record ShopData(string? Id, string? Name, string? CurrencyCode, string? IanaTimezone, string? ContactEmail, ShopDomainData? PrimaryDomain);

internal sealed record ShopDomainData(string? Host);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest<CreateDiscountVariables>))]
[JsonSerializable(typeof(GraphQlRequest<FindDiscountVariables>))]
[JsonSerializable(typeof(GraphQlRequest<EndDiscountVariables>))]
[JsonSerializable(typeof(GraphQlRequest<NoVariables>))]
[JsonSerializable(typeof(CreateDiscountData))]
[JsonSerializable(typeof(FindDiscountData))]
[JsonSerializable(typeof(EndDiscountData))]
[JsonSerializable(typeof(ResumeDiscountData))]
[JsonSerializable(typeof(DiscountNowData))]
[JsonSerializable(typeof(GraphQlRequest<OrdersChangedVariables>))]
[JsonSerializable(typeof(GraphQlRequest<OrderVersionVariables>))]
[JsonSerializable(typeof(GraphQlRequest<OrderLinesVariables>))]
[JsonSerializable(typeof(GraphQlRequest<OrderRefundVariables>))]
[JsonSerializable(typeof(OrdersChangedData))]
[JsonSerializable(typeof(OrderVersionData))]
[JsonSerializable(typeof(OrderLinesData))]
[JsonSerializable(typeof(OrderRefundData))]
[JsonSerializable(typeof(GraphQlRequest<StartBulkVariables>))]
[JsonSerializable(typeof(GraphQlRequest<BulkVariables>))]
[JsonSerializable(typeof(StartBulkData))]
[JsonSerializable(typeof(BulkData))]
[JsonSerializable(typeof(PastOrder))]
[JsonSerializable(typeof(ReadShopData))]
internal sealed partial class ShopifyJson : JsonSerializerContext;
