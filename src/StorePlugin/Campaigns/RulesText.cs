// The rules of a campaign in words that an ambassador understands, made from its executable terms and nothing else. Pure.
using System.Collections.Immutable;
using StorePlugin.Data;
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
                    Earning(own), OtherShares(own.Rates), ambassadorId is null ? PersonalShares(terms.Rates) : "", Most(own), Rounding(shown), AmountsIn(shown)),
                Paragraph("What counts", Base, LeftOut(own.ExcludedProducts), Least(own)),
                Paragraph("What your friend gets", Discount(own.FriendDiscountBp)),
                Paragraph("When an order is yours",
                    Yours, CodeThatCounts(own.FriendDiscountBp), Window(own.WindowDays), WhichLink(own.FirstTouch), OtherCodes(own.ExclusiveCodes)),
                Paragraph("Which orders count", Channels(own.Channels), Running, Never),
                Paragraph("Your own purchases", OwnPurchases(own.SelfPurchaseEarns)),
                Paragraph("When something is sent back", Refunds),
                Paragraph("When you are paid", Hold(own.HoldDays), Review, PayoutMinimum(shown)),
                Paragraph("When these rules change", Changes),
            ],
            shown is { } known ? RulesExamples.Of(own, known, ambassadorId) : []);
    }

    /// <summary>The terms without the shares that are agreed with others: those are nobody else's to read.</summary>
    public static Terms For(Terms terms, string? ambassadorId) => terms.Rates is not { } rates
        ? terms
        : terms with { Rates = rates.Where(rate => rate.AmbassadorId is null || rate.AmbassadorId == ambassadorId).ToImmutableArray() is { IsEmpty: false } left ? left : null };

    // Rules B1 to B3.
    private const string Base =
        "What counts is the price of the products after all discounts. Tax, shipping, tips and other fees do not count. " +
        "A gift card that is bought does not count; an order that is paid with one counts like any other.";

    // Rules T1 and T6.
    private const string Yours =
        "An order is yours when the shopper used your code or followed your link. A code goes before a link. Of two ambassadors' codes on one order the one that " +
        "took more off goes first, and no order is ever counted twice.";

    // Rule T10.
    private const string Running = "They count while you take part and the campaign is running.";

    // Rules T13 and T14.
    private const string Never = "Test orders and renewals of subscriptions earn nothing.";

    // Rules B9, B11, K1 and K2.
    private const string Refunds =
        "When a friend gets money back, your commission is worked out again on what is left of the order. When everything is sent back, nothing is left of the commission " +
        "either, and never more is taken back than the order earned. If you were paid already, your next earnings settle it first; you never pay anything back yourself. " +
        "The commission of an order that was cancelled waits until its money has gone back.";

    // Rules H3 and H4.
    private const string Review =
        "Where something about an order is doubtful, a person looks at it first, and it is not paid before they have.";

    // Rules T5 and U2.
    private static readonly string Changes =
        "An order is judged by the rules that were in force when it was placed. " +
        $"A change to your disadvantage takes effect {Days(RevisionDecision.Notice.Days)} after it was decided at the earliest, and stands on this page until then.";

    private static string Earning(Terms terms) =>
        terms.Flat is { } flat ? FixedAmount(flat, terms.Currency) : Share(terms.CommissionBp);

    private static string Share(long commissionBp) => $"You earn {Words.Percent(commissionBp)} of what counts of each order.";

    // Rule B5.
    private static string FixedAmount(FlatCommission flat, Currency? currency) =>
        $"You earn {Amount(flat.AmountMinor, currency)} for each {(flat.PerItem ? "item that counts and is kept" : "order")}, and never more than what counts of the order.";

    // Rule B6.
    private static string OtherShares(ImmutableArray<RateRule>? rates) => rates is not { IsEmpty: false } all
        ? ""
        : Sentences([
            .. all.GroupBy(rate => (rate.RateBp, IsOwn: rate.AmbassadorId is not null, IsForAll: rate.ProductId is null)).Select(group =>
                $"{(group.Key.IsForAll ? "For you" : $"For {Products(group.Select(rate => rate.ProductId!))}")} it is {Words.Percent(group.Key.RateBp)}"
                + $"{(group.Key.IsOwn ? ", as the store has agreed with you" : "")}."),
            "The share of a product goes before the share of everything else.",
        ]);

    private static string PersonalShares(ImmutableArray<RateRule>? rates) => rates?.Any(rate => rate.AmbassadorId is not null) is true
        ? "Where the store has agreed another share with you alone, your own page says so."
        : "";

    // Rule B8.
    private static string Most(Terms terms) => terms.MaximumCommissionMinor is { } maximum ? $"No order earns more than {Amount(maximum, terms.Currency)}." : "";

    // Rule M2.
    private static string Rounding(Currency? currency) => currency is { } known
        ? $"The result is rounded once, for the whole order, to the nearest {Words.Of(new Money(1, known))}; half of that is rounded up."
        : "";

    private static string AmountsIn(Currency? currency) => currency is { } known ? $"All amounts are in {known.Code}." : "";

    // Rule B2.
    private static string LeftOut(ImmutableArray<string>? products) => products is { IsEmpty: false } some
        ? $"Nothing is earned on {Products(some)}."
        : "";

    // Rule B7.
    private static string Least(Terms terms) => terms.MinimumOrderMinor is > 0
        ? $"What counts of an order must come to {Amount(terms.MinimumOrderMinor.Value, terms.Currency)} at least; below that it earns nothing."
        : "";

    private static string Discount(long friendDiscountBp) => friendDiscountBp > 0
        ? $"Your code takes {Words.Percent(friendDiscountBp)} off for whoever uses it."
        : "Your code gives no discount. It tells the store that you brought the order.";

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
        ? $"What is approved is paid out from {Words.Of(Minimum.Of(known))} on; less than that waits for more, and never lapses."
        : "What is approved is paid out once it is enough to send; until then it waits, and never lapses.";

    private static RulesPart Paragraph(string title, params ReadOnlySpan<string> sentences) => new(title, Sentences(sentences));

    private static string Sentences(params ReadOnlySpan<string> sentences) => string.Join(' ', sentences.ToArray().Where(sentence => sentence.Length > 0));

    private static string Products(IEnumerable<string> ids) => ids.ToList() is [var one] ? $"product no. {one}" : $"the products no. {List(ids, "and")}";

    private static string List(IEnumerable<string> items, string last) => items.ToList() is [.. var head, var tail] && head.Count > 0
        ? $"{string.Join(", ", head)} {last} {tail}"
        : string.Concat(items);

    private static string Days(long days) => Words.Count(days, "day", "days");

    private static string Amount(long minor, Currency? currency) => Words.Of(new Money(
        minor, currency ?? throw new System.Diagnostics.UnreachableException("Terms that state an amount state its currency.")));
}
