// Terms in words that an ambassador understands.
using StorePlugin.Pages;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

internal static class TermsText
{
    /// <summary>What one ambassador earns, in sentences.</summary>
    public static string EarningOf(Terms terms, string ambassadorId)
    {
        var share = terms.RateOf(ambassadorId, productId: null);
        // A share that is agreed with the ambassador goes before a group's, and does not rise.
        var isCommon = share.Rank == RateRank.Campaign;
        var sentences = new List<string>
        {
            !TermsRewards.HaveCommission(terms)
                ? "No commission."
                : terms.Flat is { } flat
                    ? $"{Words.Of(Amount(terms, flat.AmountMinor))} for each {(flat.PerItem ? "item that is kept" : "order")}, and never more than the order comes to, {Base(terms)}."
                    : $"{Words.Percent(isCommon ? terms.Tiers?.RateAt(0, share.RateBp) ?? share.RateBp : share.RateBp)} of each order: {Base(terms)}.",
        };
        if (terms.NewCustomersOnly is true)
        {
            sentences.Add("Only the first order of a customer counts.");
        }

        if (isCommon && terms.Tiers is { Levels: [.., { From: > 0 }] } tiers)
        {
            sentences.Add($"With what you bring it rises to {Words.Percent(tiers.Levels[^1].RateBp)}.");
        }

        if (isCommon && terms.Rates?.Any(rate => rate.Group is not null) is true)
        {
            sentences.Add("For the members of some groups it is another share.");
        }

        if (terms.Rates?.Any(rate => rate.ProductId is not null && (rate.AmbassadorId is null || rate.AmbassadorId == ambassadorId)) is true)
        {
            sentences.Add("For some products it is another share.");
        }

        if (terms.Rates?.Any(rate => rate.CollectionId is not null && (rate.AmbassadorId is null || rate.AmbassadorId == ambassadorId)) is true)
        {
            sentences.Add("For what is in some collections it is another share.");
        }

        if (terms.ExcludedProducts is { Length: > 0 } || terms.ExcludedCollections is not null)
        {
            sentences.Add("Some products earn nothing.");
        }

        if (terms.MinimumOrderMinor is { } minimum)
        {
            sentences.Add($"An order must come to {Words.Of(Amount(terms, minimum))}.");
        }

        if (terms.MaximumCommissionMinor is { } maximum)
        {
            sentences.Add($"No order earns more than {Words.Of(Amount(terms, maximum))}.");
        }

        if (terms.PeriodCap is { } cap)
        {
            sentences.Add($"No more than {Words.Of(Amount(terms, cap.MaximumMinor))} is earned {Within(cap.Period)}.");
        }

        if (terms.MaximumCostBp is { } cost)
        {
            sentences.Add($"Where discounts and commission together would be more than {Words.Percent(cost)} of the products' price, less is earned.");
        }

        if (terms.AdvocateReward is { } reward)
        {
            sentences.Add($"For each order that is approved: {CodeOf(reward.Code, terms.Currency)}.");
        }

        if (terms.Milestones is { Count: > 0 })
        {
            sentences.Add("For what you have brought in all there is more: the rules tell what.");
        }

        return string.Join(' ', sentences);
    }

    /// <summary>How customers join from the store's own pages, in a sentence.</summary>
    public static string JoiningOf(Enrolment way) => way switch
    {
        Enrolment.Application => "Customers of the store can ask on its pages to take part, and a person decides.",
        Enrolment.Instant => "Customers of the store can take part at once, by a button on its pages.",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>What an ambassador gets, behind what it is for.</summary>
    public static string CodeOf(RewardCode code, Currency? currency)
    {
        if (code.As is { } form)
        {
            var amount = AmountOf(code.AmountMinor!.Value);
            return $"{(form == RewardForm.GiftCard ? $"a gift card of {amount}" : $"{amount} of store credit")}, " +
                (code.ValidDays is { } days ? $"to be used within {Words.Count(days, "day", "days")}" : "which does not expire");
        }

        var off = code.PercentBp is { } percent ? Words.Percent(percent) : AmountOf(code.AmountMinor!.Value);
        var least = code.MinimumOrderMinor is { } minimum ? $" that comes to {AmountOf(minimum)} at least" : "";
        return $"a code of your own that takes {off} off one order{least}, and works for {Words.Count(code.ValidDays!.Value, "day", "days")}";

        string AmountOf(long minor) => Words.Of(new Money(
            minor, currency ?? throw new System.Diagnostics.UnreachableException("Terms that state an amount state its currency.")));
    }

    private static string Base(Terms terms) =>
        $"of its products after discounts{(terms.BeforeOwnDiscount is true ? " but your own code's" : "")}, without tax and shipping"
        + (terms.ProgrammeCreditLowersBase is true ? " and less what is paid with this programme's credit" : "");

    private static string Within(TermsPeriod period) => period.Kind switch
    {
        PeriodKind.CalendarMonth => "in a calendar month",
        PeriodKind.RollingDays => $"in {Words.Count(period.Days!.Value, "day", "days")}",
        PeriodKind.Lifetime => "in all",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Money Amount(Terms terms, long minor) =>
        new(minor, terms.Currency ?? throw new System.Diagnostics.UnreachableException("Terms that state an amount state its currency."));
}
