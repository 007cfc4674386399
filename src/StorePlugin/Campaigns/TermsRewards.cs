// Terms of what is given beside the commission or in its place: something for each approved order, and milestones (rules W1 to W5).
using System.Text.Json.Serialization;

namespace StorePlugin.Campaigns;

/// <summary>What a reward is, where it is no discount code. Both are money's worth in the store.</summary>
internal enum RewardForm
{
    GiftCard,

    /// <summary>On the account of the store's customer who has the ambassador's e-mail address.</summary>
    StoreCredit,
}

/// <summary>
/// What an ambassador gets for themselves: a discount code that works once, which takes off a share or an amount, one of the two;
/// or a gift card or store credit of an amount.
/// </summary>
/// <param name="AmountMinor">In minor units of the terms' currency, as <paramref name="MinimumOrderMinor"/> is.</param>
/// <param name="MinimumOrderMinor">The least that the order it is used on must come to; null: anything.</param>
/// <param name="ValidDays">For how long a code works after it was earned, and all else after it was given; null: it does not expire, which no code has.</param>
internal sealed record RewardCode(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? PercentBp,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? AmountMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? MinimumOrderMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ValidDays)
{
    public const long ValidDaysDefault = 180;
    public const long ValidDaysMin = 7;
    public const long ValidDaysMax = 730;

    /// <summary>Null: a discount code.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RewardForm? As { get; init; }

    [JsonIgnore]
    public bool StatesAmount => AmountMinor is not null || MinimumOrderMinor is not null;
}

/// <summary>What the ambassador gets for each order that is approved (rule W1).</summary>
/// <param name="Maximum">How many over a period (rule W2); null: one for each order.</param>
internal sealed record AdvocateReward(
    RewardCode Code, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RewardMaximum? Maximum);

/// <param name="Period">By the orders' own instants, in the store's time zone (rule M4).</param>
internal sealed record RewardMaximum(long Count, TermsPeriod Period)
{
    public const long CountMax = 1000;
}

/// <summary>What an ambassador gets once, when all that they have brought first comes to a threshold, which is inclusive (rule L5).</summary>
/// <param name="FromMinor">The threshold for net sales, in minor units of the terms' currency.</param>
/// <param name="FromCount">The threshold for the other metrics.</param>
/// <param name="BonusMinor">Money, in minor units of the terms' currency; this or <paramref name="Code"/>.</param>
internal sealed record Milestone(
    TierMetric Metric,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? FromMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? FromCount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? BonusMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RewardCode? Code)
{
    public const int CountMax = 20;

    [JsonIgnore]
    public long Threshold => FromMinor ?? FromCount ?? 0;

    [JsonIgnore]
    public bool StatesAmount => Metric == TierMetric.NetSales || BonusMinor is not null || Code is { StatesAmount: true };
}

/// <summary>The same terms as parts of all terms.</summary>
internal static class TermsRewards
{
    public static bool StateAmount(Terms terms) =>
        terms.AdvocateReward is { Code.StatesAmount: true } || terms.Milestones?.Any(milestone => milestone.StatesAmount) is true;

    /// <summary>Whether an approved order may bring something beside its commission.</summary>
    public static bool Exist(Terms terms) => terms.AdvocateReward is not null || terms.Milestones is not null;

    /// <summary>Whether an order earns a commission at all; where it does not, something else is given in its place.</summary>
    public static bool HaveCommission(Terms terms) => terms.CommissionBp > 0 || terms.Flat is not null || terms.Tiers is not null || terms.Rates is not null;
}
