// Worked examples of the rules: made-up orders that suit the terms, decided by the engine; every figure is its receipt's. Pure.
using System.Collections.Immutable;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

internal sealed class RulesExamples
{
    private const string Other = "another ambassador";
    private const string Campaign = "the campaign";

    // More than this nobody buys at once, and it tells nobody anything.
    private const long ItemsMax = 100;

    // Any instant serves, as long as it is always the same.
    private static readonly DateTimeOffset At = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Joined = At.AddYears(-2);

    // More than any amount of the terms can ask for.
    private const long RoundMax = 100_000_000_000_000_000;

    private static readonly long[] RoundsMinor = [.. NoughtsAndDigits()];

    private readonly Terms _terms;
    private readonly Currency _currency;
    private readonly string _you;

    // What the usual order comes to.
    private readonly long _usual;

    private RulesExamples(Terms terms, Currency currency, string? ambassadorId)
    {
        (_terms, _currency, _you) = (terms, currency, ambassadorId ?? "you");
        _usual = UsualMinor(terms, currency);
    }

    /// <param name="terms">Without the shares of others.</param>
    public static ImmutableArray<RulesPart> Of(Terms terms, Currency currency, string? ambassadorId)
    {
        var examples = new RulesExamples(terms, currency, ambassadorId);
        return
        [
            .. new[]
            {
                examples.Usual(), examples.WhatDoesNotCount(), examples.PartSentBack(), examples.AllSentBack(), examples.ProductWithItsOwnShare(),
                examples.ProductLeftOut(), examples.BelowTheLeast(), examples.AtTheMost(), examples.HigherShare(), examples.RestOfThePeriod(), examples.TwoLinks(),
                examples.LinkTooOld(), examples.OtherCode(), examples.OwnPurchase(),
            }.OfType<RulesPart>(),
        ];
    }

    /// <summary>What an order costs the store that comes with an ambassador's code, decided by the engine like every example.</summary>
    /// <param name="orderMinor">What it comes to before the code's discount, in minor units of <paramref name="currency"/>.</param>
    public static OrderCost CostOf(Terms terms, Currency currency, long orderMinor)
    {
        var examples = new RulesExamples(terms, currency, ambassadorId: null);
        var receipt = examples.Decide(examples.WithYourCode(examples.OrderOf(Line("1", orderMinor))));
        return new OrderCost(new Money(orderMinor, currency), receipt.Lines[0].DiscountMinor, receipt.OriginalCommissionMinor);
    }

    private RulesPart Usual()
    {
        var story = WithYourCode(TwoItems());
        var receipt = Decide(story);
        return Example("A friend buys with your code", Bought(receipt), Outcome(story), Waits(receipt));
    }

    private RulesPart WhatDoesNotCount()
    {
        var story = WithYourLink(OrderOf(
            Line("1", _usual + (_usual / 5)) with { IncludedTaxMinor = _usual / 5 },
            Line("2", _usual / 2) with { Kind = LineKind.GiftCard },
            Line("3", _usual / 10) with { Kind = LineKind.Fee }));
        var receipt = Decide(story);
        var (product, card, tip) = (receipt.Lines[0], receipt.Lines[1], receipt.Lines[2]);
        return Example(
            "Tax, shipping, a gift card and a tip",
            $"A friend follows your link and buys a product for {Say(product.GrossMinor)}, of which {Say(product.IncludedTaxMinor)} is tax, and a gift card for " +
            $"{Say(card.GrossMinor)}, leaves a tip of {Say(tip.GrossMinor)} and pays for shipping. Only the product counts, without its tax.",
            Outcome(story));
    }

    private RulesPart? PartSentBack()
    {
        var bought = WithYourCode(TwoItems());
        var receipt = Decide(bought with { Order = Refunded(bought.Order, quantity: 1, BaseOf(bought.Order) / 2) });
        var (line, back) = (receipt.Lines[0], receipt.Refunds[0].Lines[0]);
        return receipt.OriginalCommissionMinor == 0 ? null : Example(
            "A part is sent back",
            Bought(receipt),
            $"{Pieces(back.Quantity)} of {Words.Of(line.Quantity)} is sent back, and the friend gets {Say(back.BaseMinor)}. {Say(receipt.RemainingBaseMinor)} of {Say(receipt.BaseMinor)} is left.",
            $"The commission was {Say(receipt.OriginalCommissionMinor)} and becomes {Say(receipt.CommissionMinor)}: " +
            $"{Say(receipt.OriginalCommissionMinor - receipt.CommissionMinor)} is taken back.");
    }

    private RulesPart? AllSentBack()
    {
        var bought = WithYourCode(TwoItems());
        var receipt = Decide(bought with { Order = Refunded(bought.Order, quantity: 2, BaseOf(bought.Order)) });
        return receipt.OriginalCommissionMinor == 0 ? null : Example(
            "Everything is sent back",
            Bought(receipt),
            $"All of it is sent back, and {Say(receipt.RemainingBaseMinor)} is left. The commission was {Say(receipt.OriginalCommissionMinor)} and becomes {Say(receipt.CommissionMinor)}.");
    }

    private RulesPart? ProductWithItsOwnShare()
    {
        if (_terms.Rates?.FirstOrDefault(rate => rate.ProductId is { } id && _terms.ExcludedProducts?.Contains(id) is not true) is not { } rate)
        {
            return null;
        }

        var story = WithYourLink(OrderOf(Line("1", _usual / 2), Line("2", _usual / 2) with { ProductId = rate.ProductId }));
        var receipt = Decide(story);
        return Example(
            "A product with a share of its own",
            $"A friend follows your link and buys something for {Say(receipt.Lines[0].GrossMinor)} and product no. {receipt.Lines[1].ProductId} for {Say(receipt.Lines[1].GrossMinor)}.",
            Outcome(story));
    }

    private RulesPart? ProductLeftOut()
    {
        if (_terms.ExcludedProducts is not [var product, ..])
        {
            return null;
        }

        var story = WithYourLink(OrderOf(Line("1", _usual), Line("2", _usual / 2) with { ProductId = product }));
        var receipt = Decide(story);
        return Example(
            "A product that earns nothing",
            $"A friend follows your link and buys something for {Say(receipt.Lines[0].GrossMinor)} and product no. {receipt.Lines[1].ProductId} for {Say(receipt.Lines[1].GrossMinor)}. " +
            "That product does not count.",
            Outcome(story));
    }

    private RulesPart? BelowTheLeast()
    {
        if (_terms.MinimumOrderMinor is not > 1)
        {
            return null;
        }

        var story = WithYourLink(OrderOf(Line("1", RoundMinor(_terms.MinimumOrderMinor.Value - 1, up: false))));
        var receipt = Decide(story);
        return Example("An order that is too small", $"A friend follows your link and buys something for {Say(receipt.Lines[0].GrossMinor)}.", Outcome(story));
    }

    private RulesPart? AtTheMost()
    {
        if (_terms.MaximumCommissionMinor is not { } most || _terms.Flat is { PerItem: false })
        {
            return null;
        }

        // As much again as would just do: what would be earned is told by the engine, and so is whether the limit is met.
        var rateBp = Decide(WithYourLink(OrderOf(Line("1", _usual)))).Lines[0].RateBp;
        var items = _terms.Flat is { } flat ? Math.Min(ItemsMax, (2 * most / flat.AmountMinor) + 1) : 1;
        var line = _terms.Flat is not null
            ? Line("1", items * (_usual / 2)) with { Quantity = items }
            : Line("1", Math.Max(_usual, rateBp == 0 ? 0 : RoundMinor(2 * most * BasisPoints.Whole / rateBp, up: true)));
        var story = WithYourLink(OrderOf(line));
        var receipt = Decide(story);
        return receipt.OriginalCommissionMinor != most ? null : Example(
            "An order that meets the limit",
            $"A friend follows your link and buys {Pieces(receipt.Lines[0].Quantity)} for {Say(receipt.Lines[0].GrossMinor)}.",
            Outcome(story));
    }

    private RulesPart? HigherShare()
    {
        if (_terms.Tiers is not { } tiers || tiers.Levels.FirstOrDefault(level => level.From > 0) is not { } level)
        {
            return null;
        }

        // Where the part beyond the threshold earns more, half of the usual order lies there; else the order is the first that earns more.
        var position = tiers is { Metric: TierMetric.NetSales, WholeOrder: not true } ? Math.Max(0, level.From - (_usual / 2)) : level.From;
        var story = WithYourLink(OrderOf(Line("1", _usual))) with { Position = position, UsedMinor = EarnedUpTo(position, tiers.Metric) };
        var receipt = Decide(story);
        return receipt.OriginalCommissionMinor == 0 || !TierParts(receipt).Any(part => part.RateBp == level.RateBp) ? null : Example(
            "An order that earns a higher share",
            $"You have brought {RulesText.Brought(tiers.Metric, receipt.Standing!.Position!.Value, _currency)} before{RulesText.Within(tiers.Period)}. " +
            $"A friend follows your link and buys something for {Say(receipt.Lines[0].GrossMinor)}.",
            Outcome(story));
    }

    /// <summary>What it takes to have come so far is earned already: it counts for the most over a period.</summary>
    private long EarnedUpTo(long position, TierMetric metric)
    {
        if (_terms.PeriodCap is not { } cap || position == 0)
        {
            return 0;
        }

        var (orders, eachMinor) = metric == TierMetric.NetSales ? (1, position) : (position, _usual);
        return (long)Int128.Min(cap.MaximumMinor, (Int128)orders * Decide(WithYourLink(OrderOf(Line("1", eachMinor)))).OriginalCommissionMinor);
    }

    private RulesPart? RestOfThePeriod()
    {
        var story = WithYourLink(OrderOf(Line("1", _usual)));
        if (_terms.PeriodCap is not { } cap || Decide(story).OriginalCommissionMinor / 2 is not (> 0 and var halfMinor))
        {
            return null;
        }

        // With what share the order is counted makes no difference: half of what it earns from nothing on is left.
        var receipt = Decide(story with { UsedMinor = cap.MaximumMinor - halfMinor });
        return Example(
            "The most that you earn is nearly reached",
            $"You have earned {Say(receipt.Standing!.UsedMinor!.Value)} before{RulesText.Within(cap.Period)}. " +
            $"A friend follows your link and buys something for {Say(receipt.Lines[0].GrossMinor)}.",
            $"You earn {Say(receipt.OriginalCommissionMinor)}, which is all that is left of {Say(receipt.Terms!.PeriodCap!.MaximumMinor)}.");
    }

    private RulesPart TwoLinks()
    {
        var story = new Story(OrderOf(Line("1", _usual)), [Click(Other, TimeSpan.FromHours(2)), Click(_you, TimeSpan.FromHours(1))]);
        var receipt = Decide(story);
        return Example(
            "Two ambassadors' links",
            $"A friend follows another ambassador's link, an hour later yours, and buys something for {Say(receipt.Lines[0].GrossMinor)}.",
            Outcome(story));
    }

    private RulesPart LinkTooOld()
    {
        var story = new Story(OrderOf(Line("1", _usual)), [Click(_you, _terms.Window)]);
        var receipt = Decide(story);
        var days = (receipt.At - receipt.Touches[0].At).Days;
        return Example(
            "A visit that is too long ago",
            $"A friend follows your link, and buys something for {Say(receipt.Lines[0].GrossMinor)} when {Words.Count(days, "day has", "days have")} passed to the second.",
            Outcome(story));
    }

    private RulesPart OtherCode()
    {
        var order = OrderOf(Line("1", _usual) with { DiscountMinor = _usual / 10 }) with { Codes = [new OrderCode("SALE", _usual / 10)] };
        var story = WithYourLink(order);
        var receipt = Decide(story);
        return Example(
            "Your link, and a code of the store's",
            $"A friend follows your link, buys something for {Say(receipt.Lines[0].GrossMinor)} and uses a code of the store's own, which takes off {Say(receipt.Lines[0].DiscountMinor)}.",
            Outcome(story));
    }

    private RulesPart OwnPurchase()
    {
        var story = WithYourCode(TwoItems()) with { IsOwn = true };
        var receipt = Decide(story);
        return Example(
            "You buy with your own code",
            $"You buy {Pieces(receipt.Lines[0].Quantity)} for {Say(receipt.Lines[0].GrossMinor)} with your own code{TookOff(receipt)}.",
            Outcome(story));
    }

    /// <summary>The one place where the engine is asked.</summary>
    private static Receipt Decide(Story story, Terms terms) => Decision.Of(
        new OrderFacts(new RecordedOrder(story.Order, ShopperHashes.Unknown), ContentHash: "", PaidAt: At, LooseRefunds: []),
        new Evidence([.. story.Touches.Select(touch => touch with { IsOwn = story.IsOwn })], [new CampaignAt(Campaign, 1, Joined, null) { Terms = terms }])
        {
            Standing = terms.LooksBack ? new Standing(story.Position, story.UsedMinor) : null,
        });

    private Receipt Decide(Story story) => Decide(story, _terms);

    /// <summary>What became of an order, in the receipt's own figures.</summary>
    private string Outcome(Story story) => Decide(story) switch
    {
        { Credited: true } receipt when receipt.AmbassadorId != _you => "The order is the other ambassador's, and you earn nothing on it.",
        { Credited: true } receipt when !TermsRewards.HaveCommission(_terms) =>
            $"{Say(receipt.BaseMinor)} counts, {(Rewards.RewardBase.Suffices(receipt) ? $"and the order brings you {RewardWord} once it is approved" : $"which is too little for {RewardWord}")}.",
        { Credited: true } receipt => $"{Say(receipt.BaseMinor)} counts, and you earn {How(receipt)}: {Say(receipt.OriginalCommissionMinor)}{Limit(receipt, story)}.",
        { Rule: "F1" } receipt when receipt.Lines[0].DiscountMinor > 0 => "You keep the discount, and earn nothing.",
        var receipt => $"{receipt.Reason} You earn nothing.",
    };

    private string RewardWord => _terms.AdvocateReward?.Code.As switch
    {
        null => "a code",
        RewardForm.GiftCard => "a gift card",
        _ => "store credit",
    };

    /// <summary>The limit that the commission meets, where it meets one.</summary>
    private static string Limit(Receipt receipt, Story story)
    {
        var (earned, terms) = (receipt.OriginalCommissionMinor, receipt.Terms!);
        return earned == terms.MaximumCommissionMinor ? ", which is the most that an order earns"
            : earned == terms.PeriodCap?.MaximumMinor - story.UsedMinor ? ", with which you have earned the most that you can"
            : terms.MaximumCostBp is { } cost && Decide(story, terms with { MaximumCostBp = null }).OriginalCommissionMinor > earned
                ? $", because discounts and commission together are never more than {Words.Percent(cost)} of what the products would cost without discounts"
            : "";
    }

    private string How(Receipt receipt) => receipt.Terms!.Flat switch
    {
        { PerItem: true } flat => $"{Say(flat.AmountMinor)} for each of {Words.Of(receipt.Lines.Where(line => line.ExcludedBy is null).Sum(line => line.Quantity))}, within what counts",
        { } flat => $"{Say(flat.AmountMinor)} for the order, within what counts",
        null => string.Join(
            " and ",
            receipt.Lines.Where(line => line.ExcludedBy is null && line.RateRank != RateRank.Tier).GroupBy(line => line.RateBp)
                .Select(group => new TierPart(group.Key, group.Sum(line => line.BaseMinor)))
                .Concat(TierParts(receipt)).Select(part => $"{Words.Percent(part.RateBp)} of {Say(part.BaseMinor)}")),
    };

    /// <summary>What earns by the tiers; none without tiers, and where every line has a share of its own.</summary>
    private static IEnumerable<TierPart> TierParts(Receipt receipt) => receipt.TierParts.IsDefault ? [] : receipt.TierParts.Where(part => part.BaseMinor > 0);

    private static string Waits(Receipt receipt) => receipt switch
    {
        { OriginalCommissionMinor: 0 } => "",
        _ when (receipt.HoldUntil - receipt.PaidAt) is { Ticks: > 0 } hold => $"It is approved {Words.Count(hold.Days, "day", "days")} after the payment, if nothing is sent back.",
        _ => "It is approved at once.",
    };

    private string Bought(Receipt receipt) => $"A friend buys {Pieces(receipt.Lines[0].Quantity)} for {Say(receipt.Lines[0].GrossMinor)} with your code{TookOff(receipt)}.";

    private string TookOff(Receipt receipt) => receipt.Lines[0].DiscountMinor > 0 ? $", which takes off {Say(receipt.Lines[0].DiscountMinor)}" : "";

    private string Say(long minor) => Words.Of(new Money(minor, _currency));

    private static string Pieces(long quantity) => Words.Count(quantity, "item", "items");

    private static RulesPart Example(string title, params ReadOnlySpan<string> sentences) =>
        new(title, string.Join(' ', sentences.ToArray().Where(sentence => sentence.Length > 0)));

    private Order TwoItems() => OrderOf(Line("1", _usual) with { Quantity = 2 });

    private Order OrderOf(params ReadOnlySpan<OrderLine> lines) => new()
    {
        Id = "1",
        Reference = "1",
        At = At,
        UpdatedAt = At,
        Currency = _currency,
        Paid = true,
        Channel = _terms.Channels is [var channel, ..] ? channel : OrderChannel.Online,
        Lines = [.. lines],
    };

    private static OrderLine Line(string id, long grossMinor) => new(id, null, LineKind.Product, 1, grossMinor, 0, 0);

    /// <summary>The order as it is with your code: its discount on every line, as the store would take it off.</summary>
    private Story WithYourCode(Order order)
    {
        var lines = order.Lines.Select(line => line with { DiscountMinor = BasisPoints.Round((Int128)line.GrossMinor * _terms.FriendDiscountBp) }).ToImmutableArray();
        var offMinor = lines.Sum(line => line.DiscountMinor);
        return new Story(order with { Lines = lines, Codes = [new OrderCode("YOURS", offMinor)] }, [TouchOf(TouchKind.Code, "YOURS", At, offMinor, _you)]);
    }

    private Story WithYourLink(Order order) => new(order, [Click(_you, TimeSpan.FromHours(1))]);

    private static Touch Click(string ambassadorId, TimeSpan before) => TouchOf(TouchKind.Click, $"click of {ambassadorId}", At - before, 0, ambassadorId);

    private static Touch TouchOf(TouchKind kind, string evidence, DateTimeOffset at, long discountMinor, string ambassadorId) => new(
        kind, evidence, at, discountMinor, Position: 0, ambassadorId, Campaign, Joined, EndedAt: null, Joined, SuspendedAt: null);

    private Order Refunded(Order order, long quantity, long baseMinor) =>
        order with { Refunds = [new Refund("1", order.Id, At.AddHours(1), _currency, [new RefundLine(order.Lines[0].Id, quantity, baseMinor)], 0)] };

    private static long BaseOf(Order order) => order.Lines[0].GrossMinor - order.Lines[0].DiscountMinor;

    /// <summary>A round amount of which half, with the friend's discount, still meets the least and leaves a fixed commission whole.</summary>
    private static long UsualMinor(Terms terms, Currency currency)
    {
        var left = Math.Max(1, BasisPoints.Whole - terms.FriendDiscountBp);
        var neededMinor = Math.Max(terms.MinimumOrderMinor ?? 0, 2 * (terms.Flat?.AmountMinor ?? 0));
        return RoundMinor(Math.Max(100 * Math.Max(100, currency.MinorPerMajor), 2 * neededMinor * BasisPoints.Whole / left), up: true);
    }

    /// <summary>The nearest 1, 2 or 5 with noughts, at least or at most so much.</summary>
    private static long RoundMinor(long minor, bool up) => up ? RoundsMinor.First(round => round >= minor) : RoundsMinor.Last(round => round <= minor);

    private static IEnumerable<long> NoughtsAndDigits()
    {
        for (var one = 1L; one <= RoundMax; one *= 10)
        {
            yield return one;
            yield return 2 * one;
            yield return 5 * one;
        }
    }

    /// <summary>An order, and how it came about.</summary>
    /// <param name="IsOwn">Whether the ambassador bought.</param>
    /// <param name="Position">What the ambassador has brought before, as the tiers count.</param>
    /// <param name="UsedMinor">What the ambassador has earned before, as the most over a period counts.</param>
    private sealed record Story(Order Order, IReadOnlyList<Touch> Touches, bool IsOwn = false, long Position = 0, long UsedMinor = 0);
}

/// <summary>What an order costs the store by some terms (rules B1 to B8), in minor units of the order's currency.</summary>
/// <param name="Order">What it comes to before the friend's discount, without tax and shipping.</param>
/// <param name="DiscountMinor">What the friend saves.</param>
/// <param name="CommissionMinor">What the ambassador earns of it.</param>
internal sealed record OrderCost(Money Order, long DiscountMinor, long CommissionMinor)
{
    /// <summary>Both together in basis points of the order, half away from zero.</summary>
    public long ShareBp => Money.Share(BasisPoints.Whole, DiscountMinor + CommissionMinor, Order.Minor);
}
