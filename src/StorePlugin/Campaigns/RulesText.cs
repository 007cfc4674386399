// The rules of a campaign in words that an ambassador understands, made from its executable terms and nothing else. Pure.
using System.Collections.Immutable;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

/// <summary>The rules as one reader sees them. The same terms always make the same text.</summary>
public sealed record Rules(ImmutableArray<RulesPart> Paragraphs, ImmutableArray<RulesPart> Examples)
{
    /// <summary>Tells whether a text is the one that was shown: SHA-256 over every title and sentence, as lower-case hex.</summary>
    public string Hash => Ids.HashOf(string.Concat(Paragraphs.Concat(Examples).Select(part => $"{part.Title}\n{part.Text}\n")));
}

/// <summary>A paragraph of the rules, or an example.</summary>
public sealed record RulesPart(string Title, string Text);

/// <summary>Each term has a function of its own that says it; what is the same in every campaign stands between them.</summary>
internal static class RulesText
{
    /// <param name="currency">The store's; null until the platform has told it, and then there are no examples yet.</param>
    /// <param name="ambassadorId">Whom the text is for; null for the public, which sees no share that is one person's.</param>
    public static Rules Of(Terms terms, Currency? currency, string? ambassadorId)
    {
        var own = For(terms, ambassadorId);
        var shown = own.Currency ?? currency;
        return new Rules(
            [
                Paragraph("What you earn",
                    Earning(own), Rising(own), OtherShares(own), ambassadorId is null ? PersonalShares(terms.Rates) : "", Most(own), MostOverTime(own),
                    MostOfThePrice(own.MaximumCostBp), Months(own), Rounding(shown), AmountsIn(shown), shown is null ? "" : InTheExamples(own)),
                .. TermsRewards.Exist(own)
                    ? [Paragraph("What you get besides", RewardOf(own), MostRewards(own.AdvocateReward), BackOf(own), MilestonesOf(own), OnceOnly(own.Milestones))]
                    : Array.Empty<RulesPart>(),
                Paragraph("What counts", Base(own.BeforeOwnDiscount), StoreCredit(own.ProgrammeCreditLowersBase), LeftOut(own), Least(own)),
                Paragraph("What your friend gets", Discount(own.FriendDiscountBp), FriendUses(own.FriendOncePerCustomer)),
                Paragraph("When an order is yours",
                    Yours(own.Binding), Precedence(own), OfTwoCodes, CodeThatCounts(own.FriendDiscountBp), Window(own.WindowDays), WhichLink(own.FirstTouch),
                    OtherCodes(own.ExclusiveCodes), Binding(own.Binding)),
                Paragraph("Which orders count", Channels(own.Channels), Running, Never(own.Renewals), Renewals(own.Renewals), NewCustomers(own.NewCustomersOnly)),
                Paragraph("Your own purchases", OwnPurchases(own.SelfPurchaseEarns)),
                Paragraph("When something is sent back", Refunds),
                Paragraph("When you are paid", Hold(own.HoldDays), Review, PayoutMinimum(shown)),
                .. own.Enrolment is { } way ? [Paragraph("How others join", TermsText.JoiningOf(way))] : Array.Empty<RulesPart>(),
                Paragraph("When these rules change", Changes),
            ],
            shown is { } known ? RulesExamples.Of(own, known, ambassadorId) : []);
    }

    /// <summary>The terms without the shares that are agreed with others: those are nobody else's to read. A group's share is everybody's.</summary>
    public static Terms For(Terms terms, string? ambassadorId) => terms.Rates is not { } rates
        ? terms
        : terms with { Rates = rates.Where(rate => rate.AmbassadorId is null || rate.AmbassadorId == ambassadorId).ToImmutableArray() is { IsEmpty: false } left ? left : null };

    // Rule T6.
    private const string OfTwoCodes = "Of two ambassadors' codes on one order the one that took more off goes first, and no order is ever counted twice.";

    // Rule T10.
    private const string Running = "They count while you take part and the campaign is running.";

    // Rule T14.
    private const string ForTheFirst = "for the ambassador who brought its first order; later ones earn nothing.";

    // Rules B9, B11, K1, K2, K4 and K5.
    private static readonly string Refunds =
        "When a friend gets money back, your commission is worked out again on what is left of the order. When everything is sent back, nothing is left of the commission " +
        "either, and never more is taken back than the order earned. If you were paid already, your next earnings settle it first; you never pay anything back yourself. " +
        $"What they have not settled after {Days(Debt.Patience.Days)} without a break, or when you leave and nothing more is to come, the store takes as its loss; " +
        $"you owe it again only if you take part again within {Months(Revival.Months)} of that. " +
        $"What is sent back {Days(Commission.ReversalWindow.Days)} after the order or later takes nothing from you. " +
        "The commission of an order that was cancelled waits until its money has gone back.";

    // Rules H3 and H4.
    private const string Review =
        "Where something about an order is doubtful, a person looks at it first, and it is not paid before they have.";

    // Rules T5 and U2.
    private static readonly string Changes =
        "An order is judged by the rules that were in force when it was placed. " +
        $"A change to your disadvantage takes effect {Days(RevisionDecision.Notice.Days)} after it was decided at the earliest, and stands on this page until then. " +
        "Those whom a change concerns, and who take part when it is decided, are told of it by mail as well.";

    private static string Earning(Terms terms) =>
        !TermsRewards.HaveCommission(terms) ? "You earn no commission; what you get in its place stands below."
        : terms.Flat is { } flat ? FixedAmount(flat, terms.Currency) : Share(terms.Tiers?.RateAt(0, terms.CommissionBp) ?? terms.CommissionBp);

    private static string Share(long commissionBp) => $"You earn {Words.Percent(commissionBp)} of what counts of each order.";

    // Rules W1, W2 and B7.
    private static string RewardOf(Terms terms) => terms.AdvocateReward is { } reward
        ? $"For each order that is approved{(terms.MinimumOrderMinor is > 0 ? " and comes to the least that it must" : "")} " +
            $"you get {TermsText.CodeOf(reward.Code, terms.Currency)}. {HowGiven(reward.Code.As)}"
        : "";

    private static string HowGiven(RewardForm? form) => form is RewardForm.StoreCredit
        ? "It is added to your customer account at the store, which is the one with your e-mail address; where you have none yet, it waits for it."
        : "It is sent to you by mail.";

    private static string RewardsOf(AdvocateReward reward, long count) => reward.Code.As switch
    {
        null => Words.Count(count, "code", "codes"),
        RewardForm.GiftCard => Words.Count(count, "gift card", "gift cards"),
        _ => $"this {(count == 1 ? "once" : $"{Words.Of(count)} times")}",
    };

    // Rule W2.
    private static string MostRewards(AdvocateReward? reward) => reward?.Maximum is { } maximum
        ? $"For {OrdersOf(maximum.Period, beginsSentence: false)} you get {RewardsOf(reward, maximum.Count)} at most."
        : "";

    // Rules W4 and W5. A share of a later order is no share of the one that brought it.
    private static string BackOf(Terms terms) => terms.AdvocateReward is not { Code.As: var form }
        ? ""
        : $"When all of the order is sent back{(terms.MinimumOrderMinor is > 0 ? ", or so much that the rest is below the least" : "")}, {EndOf(form)}; " +
            $"what you have used stays yours. When only a part is sent back, the {(form is null ? "code" : "reward")} stays as it is.";

    private static string EndOf(RewardForm? form) => form switch
    {
        null => "a code that you have not used ends",
        RewardForm.GiftCard => "the gift card ends with what you have not used of it",
        _ => "as much of the credit as is left on your account is taken back",
    };

    // Rules L1 and L5.
    private static string MilestonesOf(Terms terms) => Sentences(
    [
        .. (terms.Milestones ?? []).Select(milestone =>
            $"When what you have brought first comes to {Brought(milestone.Metric, milestone.Threshold, terms.Currency)}, you get " +
            $"{(milestone.Code is { } code ? TermsText.CodeOf(code, terms.Currency) : $"{Amount(milestone.BonusMinor!.Value, terms.Currency)} more")}."),
    ]);

    private static string OnceOnly(IReadOnlyList<Milestone>? milestones) => milestones is null
        ? ""
        : "For this your approved orders count, less what had been sent back by then. Each is given once, and is not taken back when something is sent back later.";

    // Rule B5.
    private static string FixedAmount(FlatCommission flat, Currency? currency) =>
        $"You earn {Amount(flat.AmountMinor, currency)} for each {(flat.PerItem ? "item that counts and is kept" : "order")}, and never more than what counts of the order.";

    // Rules L1, L2 and L5. What counts from nothing on is the share that is earned anyway.
    private static string Rising(Terms terms) =>
        terms.Tiers is { } tiers && tiers.Levels.Where(level => level.From > 0).ToList() is { Count: > 0 } levels
            ? Sentences(
                $"That share rises with what you have brought before{Within(tiers.Period)}: " +
                $"{List(levels.Select(level => $"from {Brought(tiers.Metric, level.From, terms.Currency)} on it is {Words.Percent(level.RateBp)}"), "and")}.",
                WhatIsBrought(tiers.Metric),
                PartOrWhole(tiers))
            : "";

    // Rules L1 and L2.
    private static string WhatIsBrought(TierMetric metric) => metric switch
    {
        TierMetric.NetSales => "What counted of your earlier paid orders is added up for this, less what had been sent back by then.",
        TierMetric.Orders => "Your earlier paid orders are counted for this, without those that had been sent back whole by then.",
        TierMetric.NewCustomers => "Your earlier paid orders are counted for this, as far as they were the first of a customer at the store and had not been sent back whole by then.",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // Rule L3. An order is one of a number: there is nothing of it beyond a threshold.
    private static string PartOrWhole(Tiers tiers) => tiers is { Metric: TierMetric.NetSales, WholeOrder: not true }
        ? "When an order goes beyond such a mark, only the part beyond it earns the higher share."
        : "An order earns one share as a whole: the one that you had reached before it.";

    /// <summary>How far an ambassador has come, as the tiers count.</summary>
    internal static string Brought(TierMetric metric, long position, Currency? currency) => metric switch
    {
        TierMetric.NetSales => Amount(position, currency),
        TierMetric.Orders => Words.Count(position, "order", "orders"),
        TierMetric.NewCustomers => Words.Count(position, "new customer", "new customers"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // Rule B6.
    private static string OtherShares(Terms terms) => terms.Rates is not { IsEmpty: false } all
        ? ""
        : Sentences([
            .. all.GroupBy(rate => (rate.RateBp, IsOwn: rate.AmbassadorId is not null, IsOfProduct: rate.ProductId is not null, IsOfCollection: rate.CollectionId is not null, rate.Group))
                .Select(rates => rates.Key.Group is { } group
                    ? GroupShare(group, rates.Key.RateBp)
                    : $"For {(rates.Key.IsOfProduct ? Products(rates.Select(rate => rate.ProductId!)) : rates.Key.IsOfCollection ? Collections(rates.Select(rate => rate.CollectionId!)) : "you")} "
                        + $"it is {Words.Percent(rates.Key.RateBp)}{(rates.Key.IsOwn ? ", as the store has agreed with you" : "")}."),
            all.Any(rate => rate.ProductId is not null) ? "The share of a product goes before the share of everything else." : "",
            all.Any(rate => rate.CollectionId is not null) ? "The share of a collection goes before every share but a product's; of several collections the highest counts." : "",
            all.Any(rate => rate.Group is not null) && HasOwnShare(all) ? "A share that is agreed with you goes before a group's." : "",
            terms.Tiers is null ? "" : "None of these other shares rises.",
        ]);

    private static string GroupShare(string group, long rateBp) => $"Members of the group {group} earn {Words.Percent(rateBp)}.";

    private static bool HasOwnShare(ImmutableArray<RateRule>? rates) => rates?.Any(rate => rate.AmbassadorId is not null && rate.ProductId is null && rate.CollectionId is null) is true;

    private static string PersonalShares(ImmutableArray<RateRule>? rates) => rates?.Any(rate => rate.AmbassadorId is not null) is true
        ? "Where the store has agreed another share with you alone, your own page says so."
        : "";

    // Rule B8.
    private static string Most(Terms terms) => terms.MaximumCommissionMinor is { } maximum ? $"No order earns more than {Amount(maximum, terms.Currency)}." : "";

    // Rule B8.
    private static string MostOverTime(Terms terms) => terms.PeriodCap is { } cap
        ? $"{OrdersOf(cap.Period)} earn no more than {Amount(cap.MaximumMinor, terms.Currency)} together. What is sent back makes room for later orders only."
        : "";

    private static string OrdersOf(TermsPeriod period, bool beginsSentence = true) => period.Kind switch
    {
        PeriodKind.CalendarMonth => $"{(beginsSentence ? "Y" : "y")}our orders of one calendar month",
        PeriodKind.RollingDays => $"{(beginsSentence ? "Y" : "y")}our orders of any {Days(period.Days!.Value)}",
        PeriodKind.Lifetime => $"{(beginsSentence ? "A" : "a")}ll your orders",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // Rule B8.
    private static string MostOfThePrice(long? maximumCostBp) => maximumCostBp is { } cost
        ? $"The discounts on an order and your commission together are never more than {Words.Percent(cost)} of what the products that count would cost without discounts; " +
            "where they would be, you earn less, or nothing."
        : "";

    // Rule M4.
    private static string Months(Terms terms) => new[] { terms.Tiers?.Period, terms.PeriodCap?.Period, terms.AdvocateReward?.Maximum?.Period }.Any(period => period?.Kind == PeriodKind.CalendarMonth)
        ? "A month begins and ends by the store's clock."
        : "";

    /// <summary>Over which time something counts, behind what counts.</summary>
    internal static string Within(TermsPeriod period) => period.Kind switch
    {
        PeriodKind.CalendarMonth => " in the same calendar month",
        PeriodKind.RollingDays => $" in the {(period.Days == 1 ? "day" : Days(period.Days!.Value))} before the order",
        PeriodKind.Lifetime => "",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>What the examples take for granted where it makes a difference.</summary>
    private static string InTheExamples(Terms terms)
    {
        string[] granted =
        [
            .. terms.Rates?.Any(rate => rate.Group is not null) is true && !HasOwnShare(terms.Rates) ? ["you are in no group"] : Array.Empty<string>(),
            .. terms.NewCustomersOnly is true ? ["your friend is a new customer"] : Array.Empty<string>(),
            .. terms.LooksBack ? ["you have brought nothing before unless they say so"] : Array.Empty<string>(),
        ];
        return granted.Length > 0 ? $"In the examples {List(granted, "and")}." : "";
    }

    // Rule M2.
    private static string Rounding(Currency? currency) => currency is { } known
        ? $"The result is rounded once, for the whole order, to the nearest {Words.Of(new Money(1, known))}; half of that is rounded up."
        : "";

    private static string AmountsIn(Currency? currency) => currency is { } known ? $"All amounts are in {known.Code}." : "";

    // Rules B1 to B3.
    private static string Base(bool? beforeOwnDiscount) =>
        $"What counts is the price of the products after all discounts{(beforeOwnDiscount is true ? " but that of your own code, which is not taken off" : "")}. " +
        "Tax, shipping, tips and other fees do not count. " +
        "A gift card that is bought does not count; an order that is paid with one counts like any other.";

    // Rule B4.
    private static string StoreCredit(bool? programmeCreditLowersBase) => programmeCreditLowersBase is true
        ? "Store credit that the customer was given by this programme is taken off when they pay with it; other store credit counts like money."
        : "Store credit counts like money.";

    // Rule B2.
    private static string LeftOut(Terms terms) => Sentences(
        terms.ExcludedProducts is { IsEmpty: false } products ? $"Nothing is earned on {Products(products)}." : "",
        terms.ExcludedCollections is { IsEmpty: false } collections ? $"Nothing is earned on {Collections(collections)}." : "");

    private static string Collections(IEnumerable<string> ids) => $"what is in the store's collection {List(ids, "or")} when it is ordered";

    // Rule B7.
    private static string Least(Terms terms) => terms.MinimumOrderMinor is > 0
        ? $"What counts of an order must come to {Amount(terms.MinimumOrderMinor.Value, terms.Currency)} at least; below that it earns nothing."
        : "";

    private static string Discount(long friendDiscountBp) => friendDiscountBp > 0
        ? $"Your code takes {Words.Percent(friendDiscountBp)} off for whoever uses it."
        : "Your code gives no discount. It tells the store that you brought the order.";

    // Rule W2.
    private static string FriendUses(bool? oncePerCustomer) => oncePerCustomer is true ? "Each customer of the store can use such a code once." : "";

    // Rules T1 and T8.
    private static string Yours(BindingTerms? binding) => binding is null
        ? "An order is yours when the shopper used your code or followed your link."
        : "An order is yours when the shopper used your code, followed your link or is a customer who stays yours.";

    // Rule T1. Where customers do not stay anybody's, their place in the order says nothing.
    private static string Precedence(Terms terms) =>
        (terms.Precedence ?? [TouchClass.Code, TouchClass.Link, TouchClass.Customer]).Where(of => of != TouchClass.Customer || terms.Binding is not null).Select(Clue).ToList() switch
        {
            [var first, var second] => $"A{first} goes before a{second}.",
            [var first, var second, var third] => $"A{first} goes before a{second}, and a{second} before a{third}.",
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    // Behind the letter a.
    private static string Clue(TouchClass of) => of switch
    {
        TouchClass.Code => " code",
        TouchClass.Link => " link",
        TouchClass.Customer => "n earlier order of the same customer",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // Rule T8.
    private static string Binding(BindingTerms? binding) => binding is { } stays
        ? $"A customer stays yours for {Days(stays.Days)} after the first order that you brought, once that is approved" +
            $"{(stays.Orders is { } orders ? $", and for {Words.Count(orders, "order", "orders")} at most" : "")}; their orders need neither your code nor your link. " +
            "It ends sooner when all of that first order is sent back, or when a person decides otherwise."
        : "";

    // Rule T5.
    private static string CodeThatCounts(long friendDiscountBp) => friendDiscountBp > 0 ? "A code counts when it took something off the order." : "";

    // Rule T2.
    private static string Window(long windowDays) => $"A visit through your link counts for {Days(windowDays)}; another visit starts that time again.";

    // Rule T2.
    private static string WhichLink(bool? firstTouch) => firstTouch is true
        ? "When somebody followed the links of several ambassadors, the first one counts."
        : "When somebody followed the links of several ambassadors, the last one counts.";

    // Rule T7.
    private static string OtherCodes(bool? exclusiveCodes) => exclusiveCodes is true
        ? "When the shopper uses a discount code that is no ambassador's, links do not count for that order."
        : "Your link counts as well when the shopper uses a discount code that is no ambassador's.";

    // Rule T13.
    private static string Channels(ImmutableArray<OrderChannel>? channels) =>
        $"Orders count when they are made {List((channels ?? [OrderChannel.Online, OrderChannel.PointOfSale, OrderChannel.Draft]).Select(Place), "or")}.";

    private static string Place(OrderChannel channel) => channel switch
    {
        OrderChannel.Online => "in the web shop",
        OrderChannel.PointOfSale => "at the till",
        OrderChannel.Draft => "by the store's staff for the shopper",
        OrderChannel.Renewal => "by the renewal of a subscription",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // Rules T13 and T14.
    private static string Never(RenewalTerms? renewals) =>
        renewals is null ? "Test orders and renewals of subscriptions earn nothing." : "Test orders earn nothing.";

    // Rule T14.
    private static string Renewals(RenewalTerms? renewals) => renewals switch
    {
        null => "",
        { Count: 1 } => $"The first renewal of a subscription earns as well, {ForTheFirst}",
        { Count: { } count } => $"The first {Words.Of(count)} renewals of a subscription earn as well, {ForTheFirst}",
        { Months: var months } => $"The renewals of a subscription earn as well for {Words.Count(months ?? 0, "month", "months")} after its first order, {ForTheFirst}",
    };

    // Rule T9.
    private static string NewCustomers(bool? newCustomersOnly) => newCustomersOnly is true
        ? "Only the first order of a customer earns. Whoever has paid for an order at the store before is no new customer; " +
            "the store knows them by their customer account, their e-mail address or their phone number."
        : "";

    // Rule F1.
    private static string OwnPurchases(bool? selfPurchaseEarns) => selfPurchaseEarns is true
        ? "You may use your code and your link yourself, and earn on it as on any other order."
        : "You may use your code yourself and keep its discount, but you earn nothing on your own purchases.";

    // Rule H2.
    private static string Hold(long holdDays) => holdDays > 0
        ? $"The commission of an order is held for {Days(holdDays)} from its payment, in case something is sent back. After that it is approved."
        : "The commission of an order is approved as soon as the order is paid.";

    // Rule H7.
    private static string PayoutMinimum(Currency? currency) => currency is { } known
        ? $"What is approved is paid out from {Words.Of(Minimum.Of(known))} on; less than that waits for more, and never lapses. " +
            $"When you leave, when the campaign ends, or when nothing of it has moved for {Months(MinimumWaiver.MonthsWithoutMovement)}, it is paid out from {Words.Of(Minimum.FloorOf(known))} on."
        : "What is approved is paid out once it is enough to send; until then it waits, and never lapses.";

    private static RulesPart Paragraph(string title, params ReadOnlySpan<string> sentences) => new(title, Sentences(sentences));

    private static string Sentences(params ReadOnlySpan<string> sentences) => string.Join(' ', sentences.ToArray().Where(sentence => sentence.Length > 0));

    private static string Products(IEnumerable<string> ids) => ids.ToList() is [var one] ? $"product no. {one}" : $"the products no. {List(ids, "and")}";

    private static string List(IEnumerable<string> items, string last) => items.ToList() is [.. var head, var tail] && head.Count > 0
        ? $"{string.Join(", ", head)} {last} {tail}"
        : string.Concat(items);

    private static string Days(long days) => Words.Count(days, "day", "days");

    private static string Months(long months) => Words.Count(months, "month", "months");

    private static string Amount(long minor, Currency? currency) => Words.Of(new Money(
        minor, currency ?? throw new System.Diagnostics.UnreachableException("Terms that state an amount state its currency.")));
}
