// The receipt of a decision: every input it rests on, so that it can be read, shown and checked on its own.
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Abuse;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>
/// Why an order earned what it earned, or nothing. Amounts are minor units of <see cref="Currency"/>; instants UTC. It
/// holds no datum of the shopper. The same facts give the same receipt, whatever the order of their arrival (rule I6).
/// </summary>
internal sealed record Receipt
{
    public const int SchemaVersion = 2;

    public int Schema { get; init; } = SchemaVersion;

    public required string OrderId { get; init; }

    public required string Reference { get; init; }

    public required DateTimeOffset At { get; init; }

    public required Currency Currency { get; init; }

    /// <summary>The version that was judged: the platform's instant and the content's hash.</summary>
    public required DateTimeOffset VersionUpdatedAt { get; init; }

    public required string VersionHash { get; init; }

    public required OrderChannel Channel { get; init; }

    public required bool Test { get; init; }

    public required bool Paid { get; init; }

    public required DateTimeOffset? PaidAt { get; init; }

    public required DateTimeOffset? CancelledAt { get; init; }

    /// <summary>When the platform deleted the order, if it is gone.</summary>
    public required DateTimeOffset? DeletedAt { get; init; }

    /// <summary>When an earlier version than the judged one first called the whole order refunded or cancelled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? GoneAt { get; init; }

    public required bool RefundedInFull { get; init; }

    /// <summary>Whether an ambassador is credited.</summary>
    public required bool Credited { get; init; }

    /// <summary>The rule that decided.</summary>
    public required string Rule { get; init; }

    /// <summary>The same in words.</summary>
    public required string Reason { get; init; }

    public required string? AmbassadorId { get; init; }

    public required string? CampaignId { get; init; }

    public required long? TermsRevision { get; init; }

    public required Terms? Terms { get; init; }

    public required int TouchCount { get; init; }

    public required ImmutableArray<ReceiptTouch> Touches { get; init; }

    /// <summary>The touches' campaigns as they were at the order's instant.</summary>
    public ImmutableArray<ReceiptCampaign> Campaigns { get; init; } = [];

    /// <summary>Every discount code of the order, ambassadors' or not, in the platform's order of application (rules T6, T7).</summary>
    public ImmutableArray<OrderCode> Codes { get; init; } = [];

    /// <summary>How many codes, lines and refunds there are, so that one that is lost is missed.</summary>
    public int CodeCount => Codes.Length;

    public int LineCount => Lines.Length;

    public int RefundCount => Refunds.Length;

    /// <summary>What banks ask for or have taken (rule B14): each that is not won takes its amount, as a refund without lines.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<ReceiptDispute> Disputes { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int DisputeCount => Disputes.IsDefault ? 0 : Disputes.Length;

    /// <summary>Whether a bank has still to decide (rule H3).</summary>
    [JsonIgnore]
    public bool IsDisputed => !Disputes.IsDefault && Disputes.Any(dispute => dispute.State == DisputeState.Open);

    public required ImmutableArray<ReceiptLine> Lines { get; init; }

    public required ImmutableArray<ReceiptRefund> Refunds { get; init; }

    /// <summary>Refunds in another currency, which take nothing before a person has looked (rule M1).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<ReceiptForeignRefund> ForeignRefunds { get; init; }

    public required long BaseMinor { get; init; }

    public required long RemainingBaseMinor { get; init; }

    /// <summary>The commission before refunds.</summary>
    public required long OriginalCommissionMinor { get; init; }

    /// <summary>The commission of what is left; the ledger's entries for the order add to it.</summary>
    public required long CommissionMinor { get; init; }

    public string Rounding { get; init; } = "half away from zero, once over all lines";

    /// <summary>When the hold ends, if money and findings allow; null while unpaid or cancelled.</summary>
    public required DateTimeOffset? HoldUntil { get; init; }

    /// <summary>When the checkout began, where the storefront told it; without it rule T4 is not evaluated.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? CheckoutStartedAt { get; init; }

    /// <summary>The key of the ambassador's group, where they were in one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Group { get; init; }

    /// <summary>What the ambassador's earlier orders come to, where the terms look back (rules B8, L2).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Standing? Standing { get; init; }

    /// <summary>The base by the shares of the tiers, before refunds (rule L3).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<TierPart> TierParts { get; init; }

    /// <summary>What refunds after the window of reversal would have taken: the merchant bears it (rule K5).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long MerchantCostMinor { get; init; }

    /// <summary>Why the order does not add up, where it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Contradiction { get; init; }

    /// <summary>Rules that were not evaluated, since an input of theirs is not known (rules T4, F9).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<ReceiptGap> NotEvaluated { get; init; }

    /// <summary>What stands between the commission and its release until a person allows it (rules H3, H4).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<ReceiptReview> Reviews { get; init; }

    /// <summary>What the rules about abuse have found, with their inputs and outcome (rule F7).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<ReceiptFlag> Flags { get; init; }

    /// <summary>What people have decided about the order, oldest first (rule H6).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<ReceiptDecision> Decisions { get; init; }

    /// <summary>Whether the shopper was a new customer (rule T9); absent where nothing rests on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? NewCustomer { get; init; }

    /// <summary>From when on the store's paid orders were known (rule T9); absent where the terms do not ask for new customers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? HistorySince { get; init; }

    /// <summary>Payment with store credit; absent where there was none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReceiptStoreCredit? StoreCredit { get; init; }

    /// <summary>Whether the cap over the period left nothing for this order (rule B8).</summary>
    [JsonIgnore]
    public bool IsPeriodUsedUp => Terms?.PeriodCap is { } cap && Standing?.UsedMinor >= cap.MaximumMinor;

    /// <summary>The rules whose findings wait for a person.</summary>
    [JsonIgnore]
    public ImmutableArray<string> OpenRules =>
        Reviews.IsDefault ? [] : [.. Reviews.Where(review => review.AllowedBy is null).Select(review => review.Rule).Distinct()];

    /// <summary>What a person who allows it allows: the same, each with what it was found in.</summary>
    [JsonIgnore]
    public ImmutableArray<string> OpenKeys =>
        Reviews.IsDefault ? [] : [.. Reviews.Where(review => review.AllowedBy is null).Select(review => review.Key).Distinct()];

    /// <summary>What a person should know, such as a cancelled order whose money has not gone back.</summary>
    public ImmutableArray<string> Findings { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, ReceiptJson.Default.Receipt);

    public static Receipt FromJson(string json) =>
        JsonSerializer.Deserialize(json, ReceiptJson.Default.Receipt) ?? throw new JsonException("A receipt is empty.");
}

/// <param name="DroppedBy">The rule that dropped the touch; null for the winner.</param>
internal sealed record ReceiptTouch(
    TouchKind Kind, string Evidence, DateTimeOffset At, long DiscountMinor, long Position, string AmbassadorId, string CampaignId, string? DroppedBy, string? Why)
{
    /// <summary>Since when the code was the ambassador's, or the click or link existed.</summary>
    public DateTimeOffset AssignedAt { get; init; }

    /// <summary>When the code ended.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the ambassador was approved.</summary>
    public DateTimeOffset ApprovedAt { get; init; }

    /// <summary>Since when the ambassador was suspended at the order's instant.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? SuspendedAt { get; init; }

    /// <summary>Since when the ambassador had left at the order's instant.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LeftAt { get; init; }

    /// <summary>Whether the shopper is the ambassador; absent where the platform withheld the shopper (rules F1, F9).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IsOwn { get; init; }

    /// <summary>The how manieth renewal it is (rule T14), or order of a bound customer (rule T8).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Number { get; init; }

    /// <summary>True for a code that was made for one use (rule T1); absent for all others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? SingleUse { get; init; }

    /// <summary>The paid order before this one that used such a code.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UsedBy { get; init; }
}

/// <summary>A campaign as it was at the order's instant.</summary>
/// <param name="Revision">The terms in force; absent before the launch.</param>
/// <param name="Stopped">Whether it was paused or had ended.</param>
/// <param name="Terms">Absent for the credited campaign, whose terms stand in the receipt itself.</param>
internal sealed record ReceiptCampaign(
    string Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Revision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? LaunchedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CampaignStop? Stopped,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Terms? Terms);

/// <summary>A rule that was not evaluated, and why.</summary>
internal sealed record ReceiptGap(string Rule, string Why);

/// <param name="RateBp">The share that it earns; 0 where a fixed amount stands in its place, and while nobody is credited.</param>
/// <param name="RateRank">Which kind of rule gave the share (rule B6).</param>
internal sealed record ReceiptLine(
    string Id, string? ProductId, LineKind Kind, long Quantity, long GrossMinor, long DiscountMinor, long IncludedTaxMinor,
    long BaseMinor, long RemainingMinor, long RateBp, string? ExcludedBy, long RemainingQuantity, RateRank RateRank)
{
    /// <summary>The product's collections at the order's instant, where the terms ask for them and it was in any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<string> Collections { get; init; }
}

internal sealed record ReceiptRefund(string Id, DateTimeOffset At, ImmutableArray<RefundLine> Lines, long UnallocatedMinor);

/// <param name="AmountMinor">In <paramref name="Currency"/>; 0 for an inquiry.</param>
internal sealed record ReceiptDispute(
    string Id, DateTimeOffset OpenedAt, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ClosedAt, Currency Currency,
    long AmountMinor, DisputeState State);

/// <param name="PaidMinor">What of the order it paid; absent where the platform does not tell.</param>
/// <param name="ProgrammeMinor">What the customer had left of credit that the programme gave them (rule B4); absent where nobody knows.</param>
internal sealed record ReceiptStoreCredit(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? PaidMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ProgrammeMinor);

/// <summary>A refund whose amounts are never compared with the order's.</summary>
internal sealed record ReceiptForeignRefund(string Id, DateTimeOffset At, Currency Currency);

/// <param name="Rule">The rule that asks for a person.</param>
/// <param name="Why">The same in words.</param>
/// <param name="AllowedBy">The number of the decision that allowed it; null while it is open.</param>
/// <param name="Mark">Tells what it was found in from what it may be found in later (docs/receipt.md); absent where there is only one thing to find.</param>
internal sealed record ReceiptReview(
    string Rule, string Why, long? AllowedBy, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Mark = null)
{
    [JsonIgnore]
    public string Key => Mark is null ? Rule : $"{Rule}{OrderDecision.MarkSeparator}{Mark}";
}

/// <summary>A finding of a rule about abuse.</summary>
/// <param name="Number">1 for what was found when the order was flagged first, and rising.</param>
/// <param name="Severity">notice or review.</param>
/// <param name="Outcome">noted; review, where a person has to look (see the reviews); or allowed by an exemption.</param>
/// <param name="AllowedWhy">The exemption's reason.</param>
internal sealed record ReceiptFlag(
    long Number, string Rule, string Severity, string Outcome, string Why, ImmutableArray<FindingInput> Inputs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AllowedWhy);

/// <param name="AmbassadorId">Who is credited, with their campaign; null for the other kinds.</param>
/// <param name="Rules">The rules whose findings it settles, each with the mark of what was found.</param>
internal sealed record ReceiptDecision(
    long Number, DecisionKind Kind, string? AmbassadorId, string? CampaignId, ImmutableArray<string> Rules, string Reason, string Actor, DateTimeOffset At);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(Receipt))]
internal sealed partial class ReceiptJson : JsonSerializerContext;
