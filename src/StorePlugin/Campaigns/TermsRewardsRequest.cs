// Terms of rewards and milestones, as the API and a file of terms state them.
using System.ComponentModel;
using System.Text.Json.Serialization;

namespace StorePlugin.Campaigns;

internal sealed record RewardCodeRequest(
    [property: Description("What the code takes off, in percent with two decimals at most: this or the amount.")] decimal? Percent = null,
    [property: Description("What the code takes off, or what the gift card or credit is worth, in the store's currency.")] Amount? Amount = null,
    [property: Description("The least that the order must come to on which the code is used.")] Amount? MinimumOrder = null,
    [property: Description(RewardCodeRequest.ValidDaysText)] int? ValidDays = null,
    [property: Description(RewardCodeRequest.AsText), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? As = null)
{
    public const string ValidDaysText =
        "For how many days it works: 7 to 730. Absent: a code works for 180 days, and a gift card or credit does not expire.";

    public const string AsText =
        "giftCard or storeCredit, of the amount: it needs one, and takes neither percent nor minimumOrder. Absent: a discount code that works once.";
}

internal sealed record RewardMaximumRequest(
    [property: Description("How many rewards one ambassador gets in the period, 1 to 1000.")] int Count,
    [property: Description("calendar_month (when absent), rolling or lifetime; by the instants of the orders.")] string? Period = null,
    [property: Description("For rolling: 1 to 366.")] int? Days = null);

internal sealed record AdvocateRewardRequest(
    [property: Description("What the code takes off, in percent with two decimals at most: this or the amount.")] decimal? Percent = null,
    [property: Description("What the code takes off, or what the gift card or credit is worth, in the store's currency.")] Amount? Amount = null,
    [property: Description("The least that the order must come to on which the code is used.")] Amount? MinimumOrder = null,
    [property: Description(RewardCodeRequest.ValidDaysText)] int? ValidDays = null,
    [property: Description("The most rewards that one ambassador gets over a period; absent: one for each order.")] RewardMaximumRequest? Maximum = null,
    [property: Description(RewardCodeRequest.AsText), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? As = null);

internal sealed record MilestoneRequest(
    [property: Description("orders, net_sales or new_customers: of all the ambassador's approved orders, less refunds.")] string Metric,
    [property: Description("The threshold for net_sales: an amount in the store's currency.")] Amount? From = null,
    [property: Description("The threshold for orders and new_customers, 1 to 1000000.")] int? FromCount = null,
    [property: Description("Money that is added to what is paid out, in the store's currency: this or the code.")] Amount? Bonus = null,
    [property: Description("A discount code that works once, or what it says to be.")] RewardCodeRequest? Code = null);

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

        reward.RefuseOthersThan("as", "percent", "amount", "minimumOrder", "validDays", "maximum");
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
            PercentOf(reward.Code), amountOf(reward.Code.AmountMinor), amountOf(reward.Code.MinimumOrderMinor), (int?)reward.Code.ValidDays,
            reward.Maximum is { } maximum
                ? new RewardMaximumRequest((int)maximum.Count, TermsOverTimeRequest.WordOf(maximum.Period), (int?)maximum.Period.Days)
                : null,
            WordOf(reward.Code.As));

    public static IReadOnlyList<MilestoneRequest>? Of(IReadOnlyList<Milestone>? milestones, Func<long?, Amount?> amountOf) => milestones?.Select(milestone =>
        new MilestoneRequest(
            TermsOverTimeRequest.WordOf(milestone.Metric), amountOf(milestone.FromMinor), (int?)milestone.FromCount, amountOf(milestone.BonusMinor),
            milestone.Code is { } code
                ? new RewardCodeRequest(PercentOf(code), amountOf(code.AmountMinor), amountOf(code.MinimumOrderMinor), (int?)code.ValidDays, WordOf(code.As))
                : null)).ToList();

    private const string GiftCard = "giftCard";
    private const string StoreCredit = "storeCredit";

    /// <summary>The form's name in the API; null: a discount code.</summary>
    public static string? WordOf(RewardForm? form) => form switch
    {
        RewardForm.GiftCard => GiftCard,
        RewardForm.StoreCredit => StoreCredit,
        null => null,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static decimal? PercentOf(RewardCode code) => code.PercentBp is { } basisPoints ? BasisPoints.ToPercent(basisPoints) : null;

    private static RewardCode ReadCode(Fields code, string? currencyCode)
    {
        if (code.Has("as"))
        {
            return ReadValue(code, currencyCode);
        }

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

    // In many countries a gift card may not expire, so that it does so only where the terms say it.
    private static RewardCode ReadValue(Fields value, string? currencyCode)
    {
        var form = value.OptionalChoice("as", GiftCard, StoreCredit) == GiftCard ? RewardForm.GiftCard : RewardForm.StoreCredit;
        foreach (var name in (string[])["percent", "minimumOrder"])
        {
            if (value.Has(name))
            {
                value.Refuse(name, "does not go with a gift card or store credit: they have an amount and pay for any order");
            }
        }

        if (!value.Has("amount"))
        {
            value.Refuse("amount", "is missing: a gift card or store credit is worth an amount");
        }

        return new RewardCode(
            null, value.OptionalAmount("amount", currencyCode, AmountMax), null,
            value.Has("validDays") ? value.Whole("validDays", RewardCode.ValidDaysMin, RewardCode.ValidDaysMax) : null)
        {
            As = form,
        };
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
        code?.RefuseOthersThan("as", "percent", "amount", "minimumOrder", "validDays");
        return new Milestone(
            metric ?? TierMetric.Orders,
            metric is TierMetric.NetSales ? milestone.OptionalAmount(named, currencyCode, AmountMax) : null,
            metric is TierMetric.NetSales ? null : milestone.Whole(named, 1, ThresholdMax),
            milestone.OptionalAmount("bonus", currencyCode, AmountMax),
            code is null ? null : ReadCode(code, currencyCode));
    }
}
