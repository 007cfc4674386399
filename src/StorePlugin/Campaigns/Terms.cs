// The terms of a campaign: immutable once written, judged by the order's own instant.
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

/// <summary>
/// One revision of a campaign's terms. What is null is as the rules have it by default, and is not written: receipts hold
/// their terms, by the million.
/// </summary>
/// <param name="CommissionBp">The ambassador's share of the base in basis points; 1000 is 10 %. 0 beside <see cref="Flat"/>, and where only rewards are given.</param>
/// <param name="FriendDiscountBp">The shopper's discount in basis points; 0 makes codes tracking-only (rule T5).</param>
/// <param name="HoldDays">Days from payment to release (rule H2).</param>
/// <param name="WindowDays">Days that a click counts (rule T2).</param>
internal sealed record Terms(long CommissionBp, long FriendDiscountBp, long HoldDays, long WindowDays)
{
    public const long HoldDaysDefault = 30;
    public const long HoldDaysMax = 365;
    public const long WindowDaysDefault = 30;
    public const long WindowDaysMin = 1;
    public const long WindowDaysMax = 365;
    public const int RatesMax = 200;
    public const int ExcludedProductsMax = 500;
    public const int ExcludedCollectionsMax = 100;

    /// <summary>The currency of every amount in the terms; null when they state none (rule M1).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Currency? Currency { get; init; }

    /// <summary>A fixed commission in place of the share (rule B5).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FlatCommission? Flat { get; init; }

    /// <summary>Shares that go before the campaign's own, the most specific first of all (rule B6).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<RateRule>? Rates { get; init; }

    /// <summary>The platform's ids of products that earn nothing (rule B2).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? ExcludedProducts { get; init; }

    /// <summary>The platform's ids of collections whose products earn nothing (rule B2).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? ExcludedCollections { get; init; }

    /// <summary>An order whose base is below it earns nothing (rule B7). Minor units.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? MinimumOrderMinor { get; init; }

    /// <summary>No order earns more (rule B8). Minor units.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? MaximumCommissionMinor { get; init; }

    /// <summary>Whether the first click of the window wins in place of the last (rule T2).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? FirstTouch { get; init; }

    /// <summary>Whether a code that is no ambassador's keeps links from counting (rule T7).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? ExclusiveCodes { get; init; }

    /// <summary>Whether ambassadors earn on their own purchases (rule F1).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? SelfPurchaseEarns { get; init; }

    /// <summary>The channels whose orders count; null: all that can (rule T13).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<OrderChannel>? Channels { get; init; }

    /// <summary>Shares that rise with what the ambassador has brought (rules L1 to L5).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Tiers? Tiers { get; init; }

    /// <summary>The most that one ambassador earns over a period (rule B8).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PeriodCap? PeriodCap { get; init; }

    /// <summary>
    /// The margin guard (rule B8): discounts and commission together are never more than this share of what the counted
    /// lines would have cost without discounts, in basis points.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? MaximumCostBp { get; init; }

    /// <summary>Whether the base is taken before the discount of the ambassador's own code (rule B1).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? BeforeOwnDiscount { get; init; }

    /// <summary>Whether what the customer pays with credit that this programme gave them lowers the base (rule B4).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? ProgrammeCreditLowersBase { get; init; }

    /// <summary>Whether only the first order of a customer earns (rule T9).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? NewCustomersOnly { get; init; }

    /// <summary>Renewals that earn; null: the first order only (rule T14).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RenewalTerms? Renewals { get; init; }

    /// <summary>How long customers stay bound; null: not at all (rule T8).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BindingTerms? Binding { get; init; }

    /// <summary>The order of the classes of evidence; null: code, link, customer (rule T1).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<TouchClass>? Precedence { get; init; }

    /// <summary>Whether the friend's discount works once for each customer (rule W2); null: as often as they like.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? FriendOncePerCustomer { get; init; }

    /// <summary>A reward for the ambassador for each approved order, beside the commission or in its place (rule W1).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AdvocateReward? AdvocateReward { get; init; }

    /// <summary>What an ambassador gets once for all that they have brought, by metric and threshold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Milestone>? Milestones { get; init; }

    /// <summary>How customers join from the store's own pages; null: not at all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Enrolment? Enrolment { get; init; }

    /// <summary>Whether an order's commission rests on the ambassador's earlier orders.</summary>
    [JsonIgnore]
    public bool LooksBack => Tiers is not null || PeriodCap is not null;

    /// <summary>Whether anything rests on the collections of a product.</summary>
    [JsonIgnore]
    public bool NamesCollections => ExcludedCollections is not null || Rates?.Any(rate => rate.CollectionId is not null) is true;

    /// <summary>Whether they ask who is a new customer: what is known of earlier orders then decides money (rule T9).</summary>
    [JsonIgnore]
    public bool AsksForNewCustomers => NewCustomersOnly is true || Tiers is { Metric: TierMetric.NewCustomers }
        || Milestones?.Any(milestone => milestone.Metric == TierMetric.NewCustomers) is true;

    [JsonIgnore]
    public TimeSpan Hold => TimeSpan.FromDays(HoldDays);

    [JsonIgnore]
    public TimeSpan Window => TimeSpan.FromDays(WindowDays);

    /// <summary>The share of a line, and why (rule B6): the most specific rule, at equal rank the higher, then the first.</summary>
    /// <param name="group">The ambassador's group at the order's instant, by its key; null: none.</param>
    /// <param name="collections">The product's collections at the order's instant.</param>
    public LineRate RateOf(string ambassadorId, string? productId, string? group = null, ImmutableArray<string> collections = default)
    {
        var best = new LineRate(CommissionBp, RateRank.Campaign);
        foreach (var rule in Rates ?? [])
        {
            var fits = (rule.AmbassadorId is null || rule.AmbassadorId == ambassadorId) && (rule.ProductId is null || rule.ProductId == productId)
                && (rule.Group is null || rule.Group == group)
                && (rule.CollectionId is null || (!collections.IsDefault && collections.Contains(rule.CollectionId)));
            if (fits && (rule.Rank, rule.RateBp).CompareTo((best.Rank, best.RateBp)) > 0)
            {
                best = new LineRate(rule.RateBp, rule.Rank);
            }
        }

        return best;
    }

    public string ToJson() => JsonSerializer.Serialize(this, TermsJson.Default.Terms);

    public static Terms FromJson(string json) =>
        JsonSerializer.Deserialize(json, TermsJson.Default.Terms) ?? throw new JsonException("A revision holds no terms.");
}

/// <summary>What a customer's wish to take part becomes.</summary>
internal enum Enrolment
{
    /// <summary>An application, which a person decides.</summary>
    Application,

    /// <summary>They are an ambassador at once.</summary>
    Instant,
}

/// <summary>A fixed commission (rule B5), in minor units of the terms' currency.</summary>
/// <param name="PerItem">For each unit that was not refunded; else for the order. Never more than the base.</param>
internal sealed record FlatCommission(long AmountMinor, bool PerItem);

/// <summary>A share for a product or a collection, for an ambassador, for both together, or for a group of ambassadors.</summary>
/// <param name="ProductId">The platform's id; null: any product.</param>
/// <param name="AmbassadorId">Null: any ambassador.</param>
internal sealed record RateRule(string? ProductId, string? AmbassadorId, long RateBp)
{
    /// <summary>The key of a group of ambassadors, which stands alone; null: any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Group { get; init; }

    /// <summary>The platform's id of a collection, in place of a product; null: any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CollectionId { get; init; }

    [JsonIgnore]
    public RateRank Rank => (ProductId, CollectionId, AmbassadorId) switch
    {
        (not null, _, not null) => RateRank.AmbassadorAndProduct,
        (null, not null, not null) => RateRank.AmbassadorAndCollection,
        (not null, _, null) => RateRank.Product,
        (null, not null, null) => RateRank.Collection,
        (null, null, not null) => RateRank.Ambassador,
        _ => RateRank.Group,
    };
}

/// <summary>How specific a share is (rule B6); a higher one wins.</summary>
internal enum RateRank
{
    Campaign = 0,
    Tier = 1,
    Group = 2,
    Ambassador = 3,
    Collection = 4,
    Product = 5,
    AmbassadorAndCollection = 6,
    AmbassadorAndProduct = 7,
}

/// <summary>The share that a line earns, and the rank of the rule that gave it.</summary>
internal sealed record LineRate(long RateBp, RateRank Rank);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(Terms))]
internal sealed partial class TermsJson : JsonSerializerContext;

/// <summary>A share in basis points, applied exactly and rounded once (rule M2).</summary>
internal static class BasisPoints
{
    public const long Whole = 10_000;

    /// <summary>Reads a share of 0 to 100 % with two decimals at most; null when it is none.</summary>
    public static long? OfPercent(decimal percent)
    {
        if (percent is < 0 or > 100)
        {
            return null;
        }

        var exact = percent * 100;
        return exact == decimal.Truncate(exact) ? (long)exact : null;
    }

    public static decimal ToPercent(long basisPoints) => basisPoints / 100m;

    /// <summary>Amounts times basis points, summed exactly, in minor units: half away from zero (rule M2).</summary>
    public static long Round(Int128 exact) => (long)((exact + (exact < 0 ? -Whole : Whole) / 2) / Whole);
}
