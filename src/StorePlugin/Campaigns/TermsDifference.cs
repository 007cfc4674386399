// In what two revisions of a campaign's terms differ, and for whom that is better. Pure.
using System.Collections.Immutable;
using System.Globalization;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

/// <summary>One term that changed.</summary>
/// <param name="Term">Its name in the API.</param>
/// <param name="Label">Its name in a sentence.</param>
/// <param name="From">What it was, in words.</param>
/// <param name="To">What it becomes, in words.</param>
/// <param name="IsWorse">Whether the change is to the ambassadors' disadvantage; else it is to their advantage.</param>
internal sealed record TermChange(string Term, string Label, string From, string To, bool IsWorse)
{
    public override string ToString() => $"the {Label} goes from {From} to {To}";
}

internal static class TermsDifference
{
    private const string None = "none";

    /// <summary>Every term that changes; none when the two say the same. What takes from some and gives to others counts as worse.</summary>
    /// <param name="nameOf">How an ambassador is called, by the id; null where nobody may read who it is, and for those who know ids.</param>
    public static ImmutableArray<TermChange> Between(Terms before, Terms after, Func<string, string>? nameOf = null)
    {
        var changes = ImmutableArray.CreateBuilder<TermChange>();
        Add("commission", "commission", CommissionOf(before), CommissionOf(after), IsCommissionWorse(before, after));
        // A code that saves the shopper less is a code that sells less.
        Add("friendDiscount", "friend's discount", Percent(before.FriendDiscountBp), Percent(after.FriendDiscountBp), after.FriendDiscountBp < before.FriendDiscountBp);
        Add("holdDays", "hold", Days(before.HoldDays), Days(after.HoldDays), after.HoldDays > before.HoldDays);
        Add("windowDays", "window of a click", Days(before.WindowDays), Days(after.WindowDays), after.WindowDays < before.WindowDays);
        Add("rates", "list of other shares", RatesOf(before, nameOf), RatesOf(after, nameOf), IsAnyShareLower(before, after));
        Add("excludedProducts", "list of products that earn nothing", ProductsOf(before), ProductsOf(after), !IsWithin(after.ExcludedProducts, before.ExcludedProducts));
        Add("excludedCollections", "list of collections that earn nothing", ListOf(before.ExcludedCollections), ListOf(after.ExcludedCollections),
            !IsWithin(after.ExcludedCollections, before.ExcludedCollections));
        Add("minimumOrder", "least that an order must come to", AmountOf(before, before.MinimumOrderMinor), AmountOf(after, after.MinimumOrderMinor),
            (after.MinimumOrderMinor ?? 0) > (before.MinimumOrderMinor ?? 0));
        Add("maximumCommission", "most that an order earns", AmountOf(before, before.MaximumCommissionMinor), AmountOf(after, after.MaximumCommissionMinor),
            (after.MaximumCommissionMinor ?? long.MaxValue) < (before.MaximumCommissionMinor ?? long.MaxValue));
        Add("touch", "click that counts", TouchOf(before), TouchOf(after), isWorse: true);
        Add("otherCodes", "rule for other codes", CodesOf(before), CodesOf(after), after.ExclusiveCodes is true);
        Add("selfPurchase", "rule for own purchases", OwnOf(before), OwnOf(after), after.SelfPurchaseEarns is not true);
        Add("channels", "list of channels", ChannelsOf(before), ChannelsOf(after),
            after.Channels is { } left && (before.Channels is not { } had || !had.All(left.Contains)));
        Add("tiers", "table of tiers", TiersOf(before), TiersOf(after), AreTiersWorse(before, after));
        Add("periodCap", "most that is earned in a period", CapOf(before), CapOf(after), IsCapWorse(before.PeriodCap, after.PeriodCap));
        Add("maximumCost", "most that discounts and commission may come to", CostOf(before), CostOf(after),
            (after.MaximumCostBp ?? BasisPoints.Whole) < (before.MaximumCostBp ?? BasisPoints.Whole));
        Add("base", "base of the commission", BaseOf(before), BaseOf(after), after.BeforeOwnDiscount is not true);
        Add("storeCredit", "rule for store credit", CreditOf(before), CreditOf(after), after.ProgrammeCreditLowersBase is true);
        Add("customers", "rule for customers who count", CustomersOf(before), CustomersOf(after), after.NewCustomersOnly is true);
        Add("renewals", "rule for renewals that earn", RenewalsOf(before), RenewalsOf(after), AreRenewalsWorse(before.Renewals, after.Renewals));
        Add("binding", "time that customers stay bound", BindingOf(before), BindingOf(after), IsBindingWorse(before.Binding, after.Binding));
        // What one ambassador gains by another order, another loses.
        Add("precedence", "order of the evidence", PrecedenceOf(before), PrecedenceOf(after), isWorse: true);
        Add("friendUses", "number of times that a friend may use the code", UsesOf(before), UsesOf(after), after.FriendOncePerCustomer is true);
        Add("advocateReward", "reward for an approved order", RewardOf(before), RewardOf(after), IsRewardWorse(before.AdvocateReward, after.AdvocateReward));
        Add("milestones", "list of milestones", MilestonesOf(before), MilestonesOf(after), AreMilestonesWorse(before.Milestones, after.Milestones));
        // Whoever takes part loses nothing by it.
        Add("enrolment", "way in which customers join by themselves", WayOf(before), WayOf(after), isWorse: false);
        Add("currency", "currency of the amounts", before.Currency?.Code ?? None, after.Currency?.Code ?? None, before.Currency is not null && after.Currency is not null);
        return changes.ToImmutable();

        void Add(string term, string label, string from, string to, bool isWorse)
        {
            // Whether amounts are stated at all is told by the amounts themselves.
            if (from != to && !(term == "currency" && (from == None || to == None)))
            {
                changes.Add(new TermChange(term, label, from, to, isWorse));
            }
        }
    }

    private static bool IsCommissionWorse(Terms before, Terms after) => (before.Flat, after.Flat) switch
    {
        (null, null) => after.CommissionBp < before.CommissionBp,
        ({ } was, { } becomes) => becomes.AmountMinor < was.AmountMinor || (was.PerItem && !becomes.PerItem),
        // Nobody can say of a share and an amount which is more.
        _ => true,
    };

    private static bool AreTiersWorse(Terms before, Terms after)
    {
        if (before.Tiers is { } had && after.Tiers is { } has && (had.Metric, had.Period, had.WholeOrder) != (has.Metric, has.Period, has.WholeOrder))
        {
            // Nobody can say of two ways of counting which brings more.
            return true;
        }

        IEnumerable<long> positions = [0, .. before.Tiers?.Levels.Select(level => level.From) ?? [], .. after.Tiers?.Levels.Select(level => level.From) ?? []];
        return positions.Any(position => RateAt(after, position) < RateAt(before, position));

        static long RateAt(Terms terms, long position) => terms.Tiers?.RateAt(position, terms.CommissionBp) ?? terms.CommissionBp;
    }

    private static bool IsCapWorse(PeriodCap? before, PeriodCap? after) =>
        after is not null && (before is null || before.Period != after.Period || after.MaximumMinor < before.MaximumMinor);

    private static bool AreRenewalsWorse(RenewalTerms? before, RenewalTerms? after) =>
        before is not null && (after is null || (before.Count is null) != (after.Count is null) || after.Count < before.Count || after.Months < before.Months);

    private static bool IsBindingWorse(BindingTerms? before, BindingTerms? after) =>
        before is not null && (after is null || after.Days < before.Days || (after.Orders ?? long.MaxValue) < (before.Orders ?? long.MaxValue));

    private static bool IsRewardWorse(AdvocateReward? before, AdvocateReward? after) =>
        before is not null && (after is null || IsCodeWorse(before.Code, after.Code) || IsMaximumWorse(before.Maximum, after.Maximum));

    // Nobody can say of a share and an amount which is more, nor which of a code, a gift card and store credit is of more use.
    private static bool IsCodeWorse(RewardCode before, RewardCode after) =>
        before.As != after.As || (before.PercentBp is null) != (after.PercentBp is null) || after.PercentBp < before.PercentBp || after.AmountMinor < before.AmountMinor
        || (after.MinimumOrderMinor ?? 0) > (before.MinimumOrderMinor ?? 0) || (after.ValidDays ?? long.MaxValue) < (before.ValidDays ?? long.MaxValue);

    private static bool IsMaximumWorse(RewardMaximum? before, RewardMaximum? after) =>
        after is not null && (before is null || before.Period != after.Period || after.Count < before.Count);

    /// <summary>Whether anybody would reach something later, or get less for it: each milestone needs one as near and as good.</summary>
    private static bool AreMilestonesWorse(IReadOnlyList<Milestone>? before, IReadOnlyList<Milestone>? after) => (before ?? []).Any(had =>
        !(after ?? []).Any(has => has.Metric == had.Metric && has.Threshold <= had.Threshold && has.BonusMinor is null == had.BonusMinor is null
            && !(has.BonusMinor < had.BonusMinor) && (had.Code is null || !IsCodeWorse(had.Code, has.Code!))));

    /// <summary>Whether anybody would earn less on anything: every pair that any rule tells apart is looked at.</summary>
    private static bool IsAnyShareLower(Terms before, Terms after)
    {
        RateRule[] rules = [.. before.Rates ?? [], .. after.Rates ?? []];
        string?[] products = [null, .. rules.Select(rule => rule.ProductId).Distinct()];
        string?[] collections = [null, .. rules.Select(rule => rule.CollectionId).OfType<string>().Distinct()];
        string[] people = ["", .. rules.Select(rule => rule.AmbassadorId).OfType<string>().Distinct()];
        string?[] groups = [null, .. rules.Select(rule => rule.Group).OfType<string>().Distinct()];
        return groups.Any(group => people.Any(person => products.Any(product => collections.Any(collection => IsLower(
            before.RateOf(person, product, group, In(collection)), after.RateOf(person, product, group, In(collection)))))));

        static ImmutableArray<string> In(string? collection) => collection is null ? [] : [collection];

        // A share of their own that people get now stands in the place of the tiers, which may have brought them higher.
        bool IsLower(LineRate had, LineRate has) =>
            has.RateBp < (had.Rank == RateRank.Campaign ? HighestOf(before) : had.RateBp) && (has.Rank != RateRank.Campaign || had.Rank != RateRank.Campaign);

        static long HighestOf(Terms terms) => Math.Max(terms.CommissionBp, terms.Tiers?.Levels.Max(level => level.RateBp) ?? 0);
    }

    private static bool IsWithin(ImmutableArray<string>? some, ImmutableArray<string>? all) => (some ?? []).All(one => (all ?? []).Contains(one));

    private static string CommissionOf(Terms terms) =>
        terms.Flat is { } flat ? $"{AmountOf(terms, flat.AmountMinor)} for each {(flat.PerItem ? "item" : "order")}" : Percent(terms.CommissionBp);

    private static string RatesOf(Terms terms, Func<string, string>? nameOf) =>
        ListOf(terms.Rates?.Select(rate => $"{Percent(rate.RateBp)} for {ScopeOf(rate, rate.AmbassadorId is { } id ? nameOf?.Invoke(id) ?? id : null)}"));

    private static string ScopeOf(RateRule rate, string? ambassador) => (rate.ProductId, rate.CollectionId, ambassador) switch
    {
        ({ } product, _, null) => $"product {product}",
        ({ } product, _, { } person) => $"product {product} by {person}",
        (null, { } collection, null) => $"collection {collection}",
        (null, { } collection, { } person) => $"collection {collection} by {person}",
        (null, null, { } person) => person,
        _ => $"the group {rate.Group}",
    };

    private static string TiersOf(Terms terms)
    {
        if (terms.Tiers is not { } tiers)
        {
            return None;
        }

        var levels = ListOf(tiers.Levels.Select(level => $"{Percent(level.RateBp)} from {FromOf(terms, level)}"));
        return $"{levels} by {MetricOf(tiers.Metric)} {PeriodOf(tiers.Period)}{(tiers.WholeOrder is true ? ", for the whole order" : "")}";
    }

    private static string FromOf(Terms terms, TierLevel level) =>
        level.FromMinor is null ? level.From.ToString(CultureInfo.InvariantCulture) : AmountOf(terms, level.FromMinor);

    private static string MetricOf(TierMetric metric) => metric switch
    {
        TierMetric.NetSales => "net sales",
        TierMetric.Orders => "orders",
        TierMetric.NewCustomers => "new customers",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string PeriodOf(TermsPeriod period) => period.Kind switch
    {
        PeriodKind.CalendarMonth => "in a calendar month",
        PeriodKind.RollingDays => $"in {Days(period.Days!.Value)}",
        PeriodKind.Lifetime => "in all",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string CapOf(Terms terms) => terms.PeriodCap is { } cap ? $"{AmountOf(terms, cap.MaximumMinor)} {PeriodOf(cap.Period)}" : None;

    private static string CostOf(Terms terms) => terms.MaximumCostBp is { } cost ? Percent(cost) : None;

    private static string CreditOf(Terms terms) => terms.ProgrammeCreditLowersBase is true ? "credit of this programme is taken off" : "it counts as money";

    private static string BaseOf(Terms terms) => terms.BeforeOwnDiscount is true ? "before the own code's discount" : "after all discounts";

    private static string CustomersOf(Terms terms) => terms.NewCustomersOnly is true ? "new ones only" : "all";

    private static string RenewalsOf(Terms terms) => terms.Renewals switch
    {
        null => None,
        { Count: { } count } => string.Create(CultureInfo.InvariantCulture, $"{count}"),
        { Months: var months } => string.Create(CultureInfo.InvariantCulture, $"those of {months} {(months == 1 ? "month" : "months")}"),
    };

    private static string BindingOf(Terms terms) => terms.Binding switch
    {
        null => None,
        { Orders: { } orders } binding => string.Create(CultureInfo.InvariantCulture, $"{Days(binding.Days)}, {orders} {(orders == 1 ? "order" : "orders")} at most"),
        { } binding => Days(binding.Days),
    };

    private static string PrecedenceOf(Terms terms) =>
        ListOf((terms.Precedence ?? [TouchClass.Code, TouchClass.Link, TouchClass.Customer]).Select(TermsOverTimeRequest.WordOf));

    private static string UsesOf(Terms terms) => terms.FriendOncePerCustomer is true ? "once for each customer" : "any";

    private static string WayOf(Terms terms) => terms.Enrolment switch
    {
        null => None,
        Enrolment.Application => "by an application",
        Enrolment.Instant => "at once",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string RewardOf(Terms terms)
    {
        if (terms.AdvocateReward is not { } reward)
        {
            return None;
        }

        var most = reward.Maximum is { } maximum ? string.Create(CultureInfo.InvariantCulture, $", {maximum.Count} {PeriodOf(maximum.Period)} at most") : "";
        return CodeOf(terms, reward.Code) + most;
    }

    private static string MilestonesOf(Terms terms) => ListOf(terms.Milestones?.Select(milestone =>
    {
        var reward = milestone.Code is { } code ? CodeOf(terms, code) : AmountOf(terms, milestone.BonusMinor);
        var threshold = milestone.FromMinor is { } from ? AmountOf(terms, from) : milestone.Threshold.ToString(CultureInfo.InvariantCulture);
        return $"{reward} from {threshold} by {MetricOf(milestone.Metric)}";
    }));

    private static string CodeOf(Terms terms, RewardCode code)
    {
        if (code.As is { } form)
        {
            var (what, until) = (form == RewardForm.GiftCard ? "as a gift card" : "of store credit", code.ValidDays is { } valid ? $"for {Days(valid)}" : "without end");
            return $"{AmountOf(terms, code.AmountMinor)} {what} {until}";
        }

        var off = code.PercentBp is { } percent ? Percent(percent) : AmountOf(terms, code.AmountMinor);
        var least = code.MinimumOrderMinor is { } minimum ? $" orders from {AmountOf(terms, minimum)} on" : " an order";
        return $"{off} off{least} within {Days(code.ValidDays!.Value)}";
    }

    private static string ProductsOf(Terms terms) => ListOf(terms.ExcludedProducts);

    private static string ChannelsOf(Terms terms) =>
        terms.Channels is { } channels ? ListOf(channels.Select(channel => channel.ToString())) : "all";

    private static string TouchOf(Terms terms) => terms.FirstTouch is true ? "the first" : "the last";

    private static string CodesOf(Terms terms) => terms.ExclusiveCodes is true ? "exclusive" : "allow";

    private static string OwnOf(Terms terms) => terms.SelfPurchaseEarns is true ? "allow" : "discount only";

    private static string ListOf(IEnumerable<string>? items) => string.Join(", ", items ?? []) is { Length: > 0 } list ? list : None;

    private static string AmountOf(Terms terms, long? minor) => minor is { } known ? new Money(known, terms.Currency!.Value).ToString() : None;

    private static string Percent(long basisPoints) => BasisPoints.ToPercent(basisPoints).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static string Days(long days) => string.Create(CultureInfo.InvariantCulture, $"{days} {(days == 1 ? "day" : "days")}");
}
