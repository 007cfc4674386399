// What we ask of Shopify's Admin API: each operation is a document beside this file, its variables and its answer.
using System.Globalization;
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
    string Title,
    string Code,
    DateTimeOffset StartsAt,
    bool AppliesOncePerCustomer,
    DiscountContext Context,
    DiscountGets CustomerGets,
    IReadOnlyList<string> Tags)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? UsageLimit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DiscountMinimum? MinimumRequirement { get; init; }

    /// <summary>The effect's id stands in the title and as a tag: whoever edits one leaves the other.</summary>
    public static DiscountInput Of(DiscountRequest request) => new(
        $"{request.Title} {request.EffectId}",
        request.Code,
        request.StartsAt.ToUniversalTime(),
        request.OncePerCustomer,
        new DiscountContext("ALL"),
        new DiscountGets(
            request.AmountOff is { } amount
                ? new DiscountValue(null, new DiscountAmount(amount.ToDecimalString(), AppliesOnEachItem: false))
                : new DiscountValue(request.PercentBp / (decimal)Campaigns.BasisPoints.Whole, null),
            new DiscountItems(All: true)),
        [request.EffectId])
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

/// <summary>What Shopify objects to in the input of a mutation. It comes inside the data, with HTTP 200.</summary>
/// <param name="Field">The way to the input's field, outermost first; null where the error is about none.</param>
/// <param name="Code">Such as <c>TAKEN</c>; null where Shopify gives none.</param>
internal sealed record UserError(IReadOnlyList<string>? Field, string? Code, string? Message)
{
    private const string CodeTaken = "TAKEN";
    private const string InternalError = "INTERNAL_ERROR";

    /// <summary>What errors come to together; <see cref="Objection.None"/> where there are none.</summary>
    public static Objection Judge(IReadOnlyList<UserError> errors) =>
        errors.Count == 0 ? Objection.None
        : errors.Any(error => error.Code == CodeTaken) ? Objection.Taken
        : errors.Any(error => error.Code == InternalError) ? Objection.Internal
        : Objection.Refused;

    /// <summary>Shopify's words, on one line.</summary>
    public static string WordsOf(IReadOnlyList<UserError> errors) => GraphQlErrors.Fit(string.Join("; ", errors.Select(error => error.Words)));

    private string Words => string.Join(", ", new[] { Code, Field is { Count: > 0 } ? string.Join('.', Field) : null }.Where(part => part is not null)) is { Length: > 0 } where
        ? $"{Message} ({where})"
        : Message ?? "";
}

internal enum Objection
{
    None,

    /// <summary>Another discount of the store has the code.</summary>
    Taken,

    /// <summary>Shopify failed at it; it may pass.</summary>
    Internal,

    /// <summary>The input will never do.</summary>
    Refused,
}

internal sealed record FindDiscountVariables(string Code);

internal sealed record FindDiscountData(DiscountNode? CodeDiscountNodeByCode);

internal sealed record DiscountNode(string? Id, Discount? CodeDiscount);

/// <param name="Title">What the merchant calls it; they can edit it, as they can the tags.</param>
internal sealed record Discount(string? Title)
{
    /// <summary>Its kind.</summary>
    [JsonPropertyName("__typename")]
    public string? TypeName { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary><c>ACTIVE</c>, <c>EXPIRED</c> or <c>SCHEDULED</c>.</summary>
    public string? Status { get; init; }

    /// <summary>Null: it has no end.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>How often it works in all; null: without limit.</summary>
    public long? UsageLimit { get; init; }

    /// <summary>Asked for the kind that takes a share or an amount off.</summary>
    public GivenDiscount? CustomerGets { get; init; }

    /// <summary>Asked for the same kind.</summary>
    public bool? AppliesOncePerCustomer { get; init; }

    /// <summary>Asked for the same kind: how often it has worked, as Shopify has counted so far.</summary>
    public long? AsyncUsageCount { get; init; }

    /// <summary>Basis points of the price; null where it is no share, or one with more decimals.</summary>
    public long? PercentBp => CustomerGets?.Value?.Percentage is { } share ? Campaigns.BasisPoints.OfPercent(share * 100) : null;

    public bool IsActive => Status == "ACTIVE";

    /// <summary>Whether it was created with this key.</summary>
    public bool Has(string effectId) =>
        Tags?.Contains(effectId, StringComparer.Ordinal) == true || Title?.Contains(effectId, StringComparison.Ordinal) == true;

    /// <summary>As in <c>15 % off, 100 uses in all, until 2026-08-28</c>; the day is UTC's.</summary>
    public string Terms => string.Join(
        ", ",
        (TypeName, CustomerGets?.Value) switch
        {
            ("DiscountCodeFreeShipping", _) => "free shipping",
            ("DiscountCodeBxgy", _) => "some items off where others are bought",
            ("DiscountCodeApp", _) => "what another app decides",
            (_, { Percentage: { } share }) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} % off"),
            (_, { Amount: { } amount }) => $"{amount.Amount} {amount.CurrencyCode} off",
            _ => "what Shopify does not tell",
        },
        UsageLimit is { } limit ? string.Create(CultureInfo.InvariantCulture, $"{limit} uses in all") : "uses without limit",
        EndsAt is { } end ? string.Create(CultureInfo.InvariantCulture, $"until {end.UtcDateTime:yyyy-MM-dd}") : "without end");
}

internal sealed record GivenDiscount(GivenValue? Value);

/// <param name="Percentage">A share from 0 to 1. This, or the amount, or neither.</param>
internal sealed record GivenValue(decimal? Percentage, GivenAmount? Amount);

/// <param name="Amount">A decimal text.</param>
internal sealed record GivenAmount(string? Amount, string? CurrencyCode);

internal sealed record EndDiscountVariables(string Id);

internal sealed record EndDiscountData(EndDiscountPayload? DiscountCodeDeactivate);

internal sealed record EndDiscountPayload(DiscountNode? CodeDiscountNode, IReadOnlyList<UserError>? UserErrors);

internal sealed record ResumeDiscountData(EndDiscountPayload? DiscountCodeActivate);

internal sealed record StartBulkVariables(string Query);

internal sealed record StartBulkData(StartBulkPayload? BulkOperationRunQuery);

internal sealed record StartBulkPayload(BulkNow? BulkOperation, IReadOnlyList<UserError>? UserErrors);

internal sealed record BulkVariables(string Id);

internal sealed record BulkData(BulkNow? BulkOperation);

/// <param name="ObjectCount">A number of 64 bits, as text.</param>
/// <param name="Url">Where the file is; null where there are no rows, or no file yet.</param>
internal sealed record BulkNow(string? Id, string? Status, string? ErrorCode, string? ObjectCount, string? Url)
{
    public long Count => long.TryParse(ObjectCount, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
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
