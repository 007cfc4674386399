// Terms of rewards and milestones, as the API and a file of terms state them.
using System.ComponentModel;

namespace StorePlugin.Campaigns;

internal sealed record RewardCodeRequest(
    [property: Description("What the code takes off, in percent with two decimals at most: this or the amount.")] decimal? Percent = null,
    [property: Description("What the code takes off, in the store's currency.")] Amount? Amount = null,
    [property: Description("The least that the order must come to on which the code is used.")] Amount? MinimumOrder = null,
    [property: Description("For how many days the code works: 7 to 730; 180 when absent.")] int? ValidDays = null);

internal sealed record RewardMaximumRequest(
    [property: Description("How many codes one ambassador gets in the period, 1 to 1000.")] int Count,
    [property: Description("calendar_month (when absent), rolling or lifetime; by the instants of the orders.")] string? Period = null,
    [property: Description("For rolling: 1 to 366.")] int? Days = null);

internal sealed record AdvocateRewardRequest(
    [property: Description("What the code takes off, in percent with two decimals at most: this or the amount.")] decimal? Percent = null,
    [property: Description("What the code takes off, in the store's currency.")] Amount? Amount = null,
    [property: Description("The least that the order must come to on which the code is used.")] Amount? MinimumOrder = null,
    [property: Description("For how many days the code works: 7 to 730; 180 when absent.")] int? ValidDays = null,
    [property: Description("The most codes that one ambassador gets over a period; absent: one for each order.")] RewardMaximumRequest? Maximum = null);

internal sealed record MilestoneRequest(
    [property: Description("orders, net_sales or new_customers: of all the ambassador's approved orders, less refunds.")] string Metric,
    [property: Description("The threshold for net_sales: an amount in the store's currency.")] Amount? From = null,
    [property: Description("The threshold for orders and new_customers, 1 to 1000000.")] int? FromCount = null,
    [property: Description("Money that is added to what is paid out, in the store's currency: this or the code.")] Amount? Bonus = null,
    [property: Description("A discount code that works once.")] RewardCodeRequest? Code = null);

/// <summary>Reads these terms and notes on the fields what is wrong.</summary>
internal static class TermsRewardsRequest
{
    private const long AmountMax = 1_000_000_000_000;
    private const long ThresholdMax = 1_000_000;

    public static AdvocateReward? ReadReward(Fields? reward, string? currencyCode)
    {
        if (reward is null)
        {
            return null;
        }

        reward.RefuseOthersThan("percent", "amount", "minimumOrder", "validDays", "maximum");
        return new AdvocateReward(ReadCode(reward, currencyCode), reward.OptionalObject("maximum") is { } maximum ? ReadMaximum(maximum) : null);
    }

    public static IReadOnlyList<Milestone>? ReadMilestones(Fields fields, string? currencyCode)
    {
        var milestones = fields.OptionalObjects("milestones", Milestone.CountMax).Select(milestone => ReadMilestone(milestone, currencyCode)).ToList();
        if (milestones.GroupBy(milestone => (milestone.Metric, milestone.Threshold)).Any(group => group.Count() > 1))
        {
            fields.Refuse("milestones", "must not state two rewards for the same threshold of a metric");
        }

        return milestones.Count == 0 ? null : [.. milestones.OrderBy(milestone => milestone.Metric).ThenBy(milestone => milestone.Threshold)];
    }

    /// <summary>The same form back.</summary>
    public static AdvocateRewardRequest? Of(AdvocateReward? reward, Func<long?, Amount?> amountOf) => reward is null
        ? null
        : new AdvocateRewardRequest(
            PercentOf(reward.Code), amountOf(reward.Code.AmountMinor), amountOf(reward.Code.MinimumOrderMinor), (int)reward.Code.ValidDays,
            reward.Maximum is { } maximum
                ? new RewardMaximumRequest((int)maximum.Count, TermsOverTimeRequest.WordOf(maximum.Period), (int?)maximum.Period.Days)
                : null);

    public static IReadOnlyList<MilestoneRequest>? Of(IReadOnlyList<Milestone>? milestones, Func<long?, Amount?> amountOf) => milestones?.Select(milestone =>
        new MilestoneRequest(
            TermsOverTimeRequest.WordOf(milestone.Metric), amountOf(milestone.FromMinor), (int?)milestone.FromCount, amountOf(milestone.BonusMinor),
            milestone.Code is { } code
                ? new RewardCodeRequest(PercentOf(code), amountOf(code.AmountMinor), amountOf(code.MinimumOrderMinor), (int)code.ValidDays)
                : null)).ToList();

    private static decimal? PercentOf(RewardCode code) => code.PercentBp is { } basisPoints ? BasisPoints.ToPercent(basisPoints) : null;

    private static RewardCode ReadCode(Fields code, string? currencyCode)
    {
        if (code.Has("percent") == code.Has("amount"))
        {
            code.Refuse("percent", "or amount must be given, and not both");
        }

        var amount = code.OptionalAmount("amount", currencyCode, AmountMax);
        var minimum = code.OptionalAmount("minimumOrder", currencyCode, AmountMax);
        if (minimum < amount)
        {
            code.Refuse("minimumOrder", "must not be below what the code takes off, or an order could cost nothing");
        }

        return new RewardCode(
            code.Has("percent") ? TermsRequest.ReadPercent(code, exclusiveOfZero: true) : null, amount, minimum,
            code.Whole("validDays", RewardCode.ValidDaysMin, RewardCode.ValidDaysMax, RewardCode.ValidDaysDefault));
    }

    private static RewardMaximum ReadMaximum(Fields maximum)
    {
        maximum.RefuseOthersThan("count", "period", "days");
        return new RewardMaximum(maximum.Whole("count", 1, RewardMaximum.CountMax), TermsOverTimeRequest.ReadPeriod(maximum));
    }

    private static Milestone ReadMilestone(Fields milestone, string? currencyCode)
    {
        milestone.RefuseOthersThan("metric", "from", "fromCount", "bonus", "code");
        var metric = TermsOverTimeRequest.ReadMetric(milestone);
        var (named, other) = metric is TierMetric.NetSales ? ("from", "fromCount") : ("fromCount", "from");
        if (milestone.Has(other))
        {
            milestone.Refuse(other, "does not go with the metric");
        }

        if (metric is TierMetric.NetSales && !milestone.Has(named))
        {
            milestone.Refuse(named, "is missing");
        }

        if (milestone.Has("bonus") == milestone.Has("code"))
        {
            milestone.Refuse("bonus", "or code must be given, and not both");
        }

        var code = milestone.OptionalObject("code");
        code?.RefuseOthersThan("percent", "amount", "minimumOrder", "validDays");
        return new Milestone(
            metric ?? TierMetric.Orders,
            metric is TierMetric.NetSales ? milestone.OptionalAmount(named, currencyCode, AmountMax) : null,
            metric is TierMetric.NetSales ? null : milestone.Whole(named, 1, ThresholdMax),
            milestone.OptionalAmount("bonus", currencyCode, AmountMax),
            code is null ? null : ReadCode(code, currencyCode));
    }
}
