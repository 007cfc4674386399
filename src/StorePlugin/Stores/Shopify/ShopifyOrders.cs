// Orders as Shopify's Admin API tells them: what changed since an instant, and one order with all that belongs to it.
using System.Globalization;
using System.Text.Json.Serialization;

namespace StorePlugin.Stores.Shopify;

internal sealed record OrdersChangedVariables(string Search, string? After);

internal sealed record OrdersChangedData(Connection<ChangedOrder>? Orders);

/// <param name="Id">As in <c>gid://shopify/Order/1</c>.</param>
internal sealed record ChangedOrder(string Id, DateTimeOffset UpdatedAt)
{
    /// <summary>Shopify's number of the order, by which webhooks name it.</summary>
    public string Number => Gid.NumberOf(Id);
}

internal sealed record OrderVersionVariables(string Id, bool WithCustomer);

internal sealed record OrderVersionData(OrderVersion? Order);

internal sealed record OrderLinesVariables(string Id, string After);

internal sealed record OrderLinesData(OrderLines? Order);

internal sealed record OrderRefundVariables(string Id);

internal sealed record OrderRefundData(RefundVersion? Refund);

/// <summary>A page of a list.</summary>
internal sealed record Connection<T>(IReadOnlyList<T> Nodes, PageEnd PageInfo);

internal sealed record PageEnd(bool HasNextPage, string? EndCursor);

/// <summary>An order. What the app may not see, or an order does not have, is null.</summary>
/// <param name="DisplayFinancialStatus">As in <c>PARTIALLY_REFUNDED</c>.</param>
/// <param name="DiscountCodes">All codes, in the order of their application.</param>
internal sealed record OrderVersion(
    string Id,
    string? Name,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ProcessedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? CancelledAt,
    bool Test,
    string CurrencyCode,
    string? PresentmentCurrencyCode,
    bool TaxesIncluded,
    string? DisplayFinancialStatus,
    string? SourceName,
    IReadOnlyList<string>? PaymentGatewayNames,
    string? Email,
    string? Phone,
    Buyer? Customer,
    IReadOnlyList<CustomAttribute>? CustomAttributes,
    Journey? CustomerJourneySummary,
    IReadOnlyList<string>? DiscountCodes,
    MoneySet? TotalPriceSet,
    MoneySet? OriginalTotalDutiesSet,
    Connection<LineVersion>? LineItems,
    Connection<ShippingVersion>? ShippingLines,
    IReadOnlyList<Named>? Refunds)
{
    /// <summary>Names the order only, so that no log line can hold an address.</summary>
    public override string ToString() => $"{nameof(OrderVersion)} {Id}";
}

internal sealed record OrderLines(DateTimeOffset UpdatedAt, Connection<LineVersion>? LineItems);

/// <param name="Id">Shopify's global id.</param>
internal sealed record Named(string Id);

internal sealed record Buyer(string Id, BuyerEmail? DefaultEmailAddress, BuyerPhone? DefaultPhoneNumber)
{
    /// <summary>Says nothing, so that no log line can hold an address.</summary>
    public override string ToString() => nameof(Buyer);
}

internal sealed record BuyerEmail(string? EmailAddress);

internal sealed record BuyerPhone(string? PhoneNumber);

internal sealed record CustomAttribute(string Key, string? Value);

internal sealed record Journey(JourneyVisit? LastVisit);

internal sealed record JourneyVisit(string? LandingPage);

internal sealed record MoneySet(MoneyV2 ShopMoney);

/// <param name="Amount">A plain decimal.</param>
internal sealed record MoneyV2(string Amount, string CurrencyCode);

internal sealed record LineVersion(
    string Id,
    string Title,
    long Quantity,
    long CurrentQuantity,
    bool IsGiftCard,
    bool RequiresShipping,
    Named? Product,
    LinePlan? SellingPlan,
    MoneySet OriginalUnitPriceSet,
    IReadOnlyList<Allocation> DiscountAllocations,
    IReadOnlyList<TaxVersion> TaxLines);

internal sealed record LinePlan(string? SellingPlanId);

internal sealed record Allocation(MoneySet AllocatedAmountSet, Application DiscountApplication);

/// <param name="Code">Null where it is no code.</param>
internal sealed record Application([property: JsonPropertyName("__typename")] string TypeName, string? Code);

internal sealed record TaxVersion(MoneySet PriceSet);

internal sealed record ShippingVersion(
    bool IsRemoved, MoneySet OriginalPriceSet, IReadOnlyList<Allocation> DiscountAllocations, IReadOnlyList<TaxVersion> TaxLines);

internal sealed record RefundVersion(
    string Id,
    DateTimeOffset? CreatedAt,
    DateTimeOffset ProcessedAt,
    Connection<RefundLineVersion>? RefundLineItems,
    Connection<RefundShippingVersion>? RefundShippingLines,
    Connection<AdjustmentVersion>? OrderAdjustments,
    Connection<TransactionVersion>? Transactions)
{
    /// <summary>Whether every list was told to its end.</summary>
    public bool IsWhole => RefundLineItems?.PageInfo.HasNextPage == false && RefundShippingLines?.PageInfo.HasNextPage == false
        && OrderAdjustments?.PageInfo.HasNextPage == false && Transactions?.PageInfo.HasNextPage == false;
}

internal sealed record RefundLineVersion(long Quantity, RefundedLine LineItem, MoneySet SubtotalSet, MoneySet TotalTaxSet);

internal sealed record RefundedLine(string Id, string Title, bool IsGiftCard, bool RequiresShipping, Named? Product);

internal sealed record RefundShippingVersion(MoneySet SubtotalAmountSet, MoneySet TaxAmountSet);

internal sealed record AdjustmentVersion(MoneySet AmountSet, MoneySet TaxAmountSet);

/// <param name="Kind">As in <c>REFUND</c>.</param>
/// <param name="Status">As in <c>SUCCESS</c>.</param>
internal sealed record TransactionVersion(string Kind, string Status, MoneySet AmountSet);

/// <summary>Shopify's global ids.</summary>
internal static class Gid
{
    /// <summary>The number at the end, as in <c>gid://shopify/Order/1</c>.</summary>
    public static string NumberOf(string gid) => gid[(gid.LastIndexOf('/') + 1)..];
}

/// <summary>The language of Shopify's search.</summary>
internal static class ShopifySearch
{
    /// <summary>An instant, which is compared by the second.</summary>
    public static string InstantOf(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
