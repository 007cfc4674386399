// The vectors of commission, as values; and the property of rule B9 on orders that nobody thought of.
using FsCheck;
using FsCheck.Fluent;
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class CommissionTests
{
    private static readonly DateTimeOffset At = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void B_1_the_own_codes_discount_is_off_and_shipping_and_added_tax_do_not_count() => AssertEarns(9000, 900, Line(10_000, discount: 1000));

    [Test]
    public void B_2_included_tax_is_subtracted() => AssertEarns(10_000, 1000, Line(12_000, tax: 2000));

    [Test]
    public void B_3_the_discount_comes_off_the_base_and_not_off_the_commission() => AssertEarns(3900, 1950, 5000, Line(5900, discount: 2000));

    [Test]
    public void B_4_each_line_at_its_own_rate()
    {
        var terms = Share(1000) with { Rates = [new RateRule("slow", null, 500)] };

        var commission = Commission.Of(Facts("EUR", [Line(2000), Line(10_000) with { Id = "2", ProductId = "slow" }]), terms, new Earner("amb"));

        Assert.That(commission.Original.Minor, Is.EqualTo(700));
        Assert.That(commission.Lines.Select(line => line.Rate), Is.EqualTo([new LineRate(1000, RateRank.Campaign), new LineRate(500, RateRank.Product)]));
    }

    [Test]
    public void B_5_selling_a_gift_card_earns_nothing() => AssertEarns(5000, 500, Line(5000) with { Kind = LineKind.GiftCard }, Line(5000) with { Id = "2" });

    // How it was paid is no part of an order's lines.
    [Test]
    public void B_6_paying_with_a_gift_card_lowers_nothing() => AssertEarns(10_000, 1000, Line(10_000));

    [Test]
    public void B_7_store_credit_of_the_programme_lowers_the_base_where_the_terms_say_so()
    {
        var terms = Share(1000) with { ProgrammeCreditLowersBase = true };
        var earner = new Earner("amb") { ProgrammeCreditMinor = 4000 };

        Assert.That(Commission.Of(Facts("EUR", [Line(10_000)]), terms, earner).Original.Minor, Is.EqualTo(600));
        Assert.That(Commission.Of(Facts("EUR", [Line(10_000)]), Share(1000), earner).Original.Minor, Is.EqualTo(1000), "option off");
    }

    // Sixty of a hundred count, so of each half that is sent back thirty.
    [Test]
    public void B_9_of_an_order_that_was_paid_with_credit_in_part_refunds_take_the_same_part()
    {
        var terms = Share(1000) with { ProgrammeCreditLowersBase = true };
        Refund[] halves = [Refund("1", 5000, "1"), Refund("2", 5000, "1")];

        Assert.That(
            Enumerable.Range(0, 3).Select(count => Commission.Of(Facts("EUR", [Line(10_000)], halves[..count]), terms, new Earner("amb") { ProgrammeCreditMinor = 4000 }).Remaining.Minor),
            Is.EqualTo([600, 300, 0]));
    }

    [Test]
    public void B_4_credit_is_spread_over_the_lines_and_takes_no_more_than_there_is()
    {
        var terms = Share(1000) with { ProgrammeCreditLowersBase = true };
        OrderLine[] lines = [Line(100), Line(200) with { Id = "2" }, Line(500) with { Id = "3", Kind = LineKind.GiftCard }];

        var part = Commission.Of(Facts("EUR", lines), terms, new Earner("amb") { ProgrammeCreditMinor = 100 });
        var all = Commission.Of(Facts("EUR", lines), terms, new Earner("amb") { ProgrammeCreditMinor = 800 });

        Assert.That(part.Lines.Select(line => line.BaseMinor), Is.EqualTo([67, 133, 0]));
        Assert.That(all.BaseMinor, Is.Zero);
    }

    [Test]
    public void B_8_yen_have_no_decimals() => Assert.That(Of("JPY", [Line(1999)]).Original.Minor, Is.EqualTo(200));

    [Test]
    public void B_9_dinars_have_three_and_half_a_fils_rounds_away_from_zero() =>
        Assert.That(Of("KWD", [Line(1235)]).Original.Minor, Is.EqualTo(124));

    [Test]
    public void B_10_a_fixed_commission_is_never_more_than_the_base()
    {
        Assert.That(Targets(Flat(1500), [Line(1200)]), Is.EqualTo([1200]));
        Assert.That(Targets(Flat(1500), [Line(9000)]), Is.EqualTo([1500]));
    }

    [Test]
    public void A_fixed_commission_for_the_order_follows_the_base_only_below_itself() =>
        Assert.That(
            Targets(Flat(1500), [Line(6000)], Refund("1", 4000, "1"), Refund("2", 1000, "1"), Refund("3", 1000, "1")), Is.EqualTo([1500, 1500, 1000, 0]));

    [Test]
    public void A_fixed_commission_for_each_item_counts_the_units_that_were_not_refunded()
    {
        OrderLine[] lines = [Line(6000) with { Quantity = 3 }, Line(1000) with { Id = "2", Kind = LineKind.GiftCard }];

        Assert.That(Targets(Flat(200, perItem: true), lines, Refund("1", 2000, "1"), Refund("2", 4000, "1") with { Lines = [new RefundLine("1", 2, 4000)] }),
            Is.EqualTo([600, 400, 0]));
    }

    [Test]
    public void A_fixed_commission_for_each_item_of_a_hostile_order_does_not_overflow() =>
        Assert.That(Targets(Flat(1_000_000_000_000, perItem: true), [Line(5000) with { Quantity = long.MaxValue }]), Is.EqualTo([5000]));

    [Test]
    public void B6_the_most_specific_share_counts_and_of_equals_the_higher()
    {
        var terms = Share(1000) with
        {
            Rates =
            [
                new RateRule(null, "amb", 1200), new RateRule("p", null, 800), new RateRule("p", "amb", 300), new RateRule("p", "other", 9000),
            ],
        };

        Assert.That(
            new[] { terms.RateOf("amb", "p"), terms.RateOf("amb", "q"), terms.RateOf("third", "p"), terms.RateOf("third", null) },
            Is.EqualTo([
                new LineRate(300, RateRank.AmbassadorAndProduct), new LineRate(1200, RateRank.Ambassador), new LineRate(800, RateRank.Product),
                new LineRate(1000, RateRank.Campaign),
            ]));
    }

    [Test]
    public void B7_an_order_below_the_minimum_earns_nothing_and_one_at_it_does()
    {
        var terms = Share(1000) with { MinimumOrderMinor = 5000, Currency = Currency.Parse("EUR") };

        Assert.That(Targets(terms, [Line(4999)]), Is.EqualTo([0]));
        Assert.That(Targets(terms, [Line(5000)]), Is.EqualTo([500]));

        // What is left has to meet it too: C(x) is the commission of x under the order's own terms.
        Assert.That(Targets(terms, [Line(6000)], Refund("1", 1000, "1"), Refund("2", 1, "1")), Is.EqualTo([600, 500, 0]));
    }

    [Test]
    public void B8_no_order_earns_more_than_the_cap()
    {
        var terms = Share(1000) with { MaximumCommissionMinor = 400, Currency = Currency.Parse("EUR") };

        Assert.That(Targets(terms, [Line(9000)], Refund("1", 4500, "1"), Refund("2", 4000, "1"), Refund("3", 500, "1")), Is.EqualTo([400, 400, 50, 0]));
    }

    [Test]
    public void B2_a_product_that_is_left_out_earns_nothing()
    {
        var terms = Share(1000) with { ExcludedProducts = ["out"] };

        var commission = Commission.Of(Facts("EUR", [Line(4000), Line(6000) with { Id = "2", ProductId = "out" }]), terms, new Earner("amb"));

        Assert.That((commission.Original.Minor, commission.BaseMinor, commission.Lines[1].ExcludedBy), Is.EqualTo((400L, 4000L, "B2")));
    }

    [Test]
    public void B_11_two_refunds_that_share_an_odd_commission() => AssertSteps([100, 50, 0], Line(999), 499, 500);

    [Test]
    public void B_12_three_equal_refunds_of_a_commission_that_three_does_not_divide() => AssertSteps([100, 67, 33, 0], Line(999), 333, 333, 333);

    [Test]
    public void B_13_a_refund_of_shipping_alone_changes_nothing() => AssertSteps([100, 100], Line(999), 0);

    [Test]
    public void B_15_two_small_lines_are_rounded_once_over_both() => AssertEarns(10, 1, Line(5), Line(5) with { Id = "2" });

    [Test]
    public void A_refund_that_was_sent_alone_leaves_the_tax_out_where_prices_include_it()
    {
        var alone = new Refund("r", "1", At, Currency.Parse("EUR"), [new RefundLine("1", 1, 12_000, PossibleTaxMinor: 2000)], 0);

        Assert.That(Of("EUR", [Line(24_000, tax: 4000)], alone).Remaining.Minor, Is.EqualTo(1000));
        Assert.That(Of("EUR", [Line(24_000)], alone).Remaining.Minor, Is.EqualTo(1200));
    }

    [Test]
    public void An_amount_without_a_line_is_spread_by_what_remains_and_leaves_no_cent()
    {
        var lines = Commission.OfNobody(Facts("EUR", [Line(100), Line(100) with { Id = "2" }, Line(100) with { Id = "3" }], Refund("r", 100, null))).Lines;

        Assert.That(lines.Select(line => line.RemainingMinor), Is.EqualTo([66, 67, 67]));
    }

    [Test]
    public void B9_any_split_of_a_full_refund_ends_at_zero_and_takes_never_more_than_was_given() => Prop.ForAll(
        (NonEmptyArray<PositiveInt> prices, NonNegativeInt[] cuts, PositiveInt rate) =>
        {
            OrderLine[] lines = [.. prices.Get.Select((price, i) => Line(price.Get) with { Id = $"{i}" })];
            var rateBp = rate.Get % 10_000 + 1;
            var refunds = Split(lines, [.. cuts.Select(cut => cut.Get)]);
            var targets = Enumerable.Range(0, refunds.Count + 1)
                .Select(count => Commission.Of(Facts("EUR", lines, [.. refunds.Take(count)]), Share(rateBp), new Earner("amb")).Remaining.Minor).ToList();
            return targets[^1] == 0 && targets.TrueForAll(target => target >= 0)
                && targets.Zip(targets.Skip(1)).All(pair => pair.Second <= pair.First)
                && targets[0] == Commission.Of(Facts("EUR", lines), Share(rateBp), new Earner("amb")).Original.Minor;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void B9_holds_under_fixed_amounts_minimum_and_cap_as_well() => Prop.ForAll(
        (NonEmptyArray<PositiveInt> prices, NonNegativeInt[] cuts, PositiveInt amount) =>
        {
            OrderLine[] lines = [.. prices.Get.Select((price, i) => Line(price.Get) with { Id = $"{i}", Quantity = 1 + (price.Get % 3) })];
            var refunds = Split(lines, [.. cuts.Select(cut => cut.Get)]);
            Terms[] all =
            [
                Flat(amount.Get, perItem: amount.Get % 2 == 0), Share(2500) with { MinimumOrderMinor = amount.Get, Currency = Currency.Parse("EUR") },
                Share(5000) with { MaximumCommissionMinor = amount.Get, Currency = Currency.Parse("EUR") },
            ];
            return all.Select(terms => (Terms: terms, Targets: Targets(terms, lines, [.. refunds]))).All(of =>
                of.Targets[^1] == 0 && of.Targets.All(target => target >= 0 && target <= (of.Terms.MaximumCommissionMinor ?? long.MaxValue))
                && of.Targets.Zip(of.Targets.Skip(1)).All(pair => pair.Second <= pair.First));
        }).QuickCheckThrowOnFailure();

    /// <summary>Parts of lines and amounts without a line, in turn, until nothing is left.</summary>
    private static List<Refund> Split(OrderLine[] lines, int[] cuts)
    {
        var refunds = new List<Refund>();
        foreach (var cut in cuts)
        {
            var left = Commission.OfNobody(Facts("EUR", lines, [.. refunds])).Lines;
            var line = left[cut % left.Length];
            var amount = Math.Min(cut, cut % 3 == 0 ? left.Sum(each => each.RemainingMinor) : line.RemainingMinor);
            refunds.Add(Refund($"{refunds.Count:0000}", amount, cut % 3 == 0 ? null : line.Line.Id));
        }

        refunds.Add(Refund("last", Commission.OfNobody(Facts("EUR", lines, [.. refunds])).RemainingBaseMinor, null) with { At = At.AddDays(9) });
        return refunds;
    }

    // 120.00 with 20.00 off by the own code: 30 % of what it cost leave 16.00 beside the discount.
    [Test]
    public void The_margin_guard_bounds_discounts_and_commission_together()
    {
        var terms = Share(5000) with { MaximumCostBp = 3000 };

        Assert.That(Targets(terms, [Line(12_000, discount: 2000)]), Is.EqualTo([1600]));
        Assert.That(Targets(terms, [Line(12_000, discount: 4000)]), Is.EqualTo([0]));
        Assert.That(Targets(Share(1000) with { MaximumCostBp = 3000 }, [Line(12_000, discount: 2000)]), Is.EqualTo([1000]));
    }

    [Test]
    public void What_the_margin_guard_leaves_falls_with_the_base()
    {
        var terms = Share(5000) with { MaximumCostBp = 3000 };

        Assert.That(Targets(terms, [Line(12_000, discount: 2000)], Refund("1", 5000, "1"), Refund("2", 5000, "1")), Is.EqualTo([1600, 800, 0]));
    }

    [Test]
    public void B_1_the_base_may_be_taken_before_the_own_codes_discount()
    {
        var terms = Share(1000) with { BeforeOwnDiscount = true };
        OrderLine[] lines = [Line(6000, discount: 1200), Line(4000, discount: 800) with { Id = "2" }];

        var own = Commission.Of(Facts("EUR", lines), terms, new Earner("amb") { OwnDiscountMinor = 1000 });
        var half = Commission.Of(Facts("EUR", lines, Refund("1", 2400, "1")), terms, new Earner("amb") { OwnDiscountMinor = 1000 });
        var taxed = Commission.Of(Facts("EUR", [Line(12_000, discount: 1200, tax: 1800)]), terms, new Earner("amb") { OwnDiscountMinor = 1200 });

        Assert.That((own.BaseMinor, own.Original.Minor), Is.EqualTo((9000, 900)));
        Assert.That(half.Lines.Select(line => line.RemainingMinor), Is.EqualTo([2700, 3600]));
        Assert.That(taxed.BaseMinor, Is.EqualTo(9000 + 1000), "of the discount's 12.00, 2.00 were tax");
    }

    private static void AssertEarns(long baseMinor, long commissionMinor, params OrderLine[] lines) => AssertEarns(baseMinor, commissionMinor, 1000, lines);

    private static void AssertEarns(long baseMinor, long commissionMinor, long rateBp, params OrderLine[] lines)
    {
        var commission = Commission.Of(Facts("EUR", lines), Share(rateBp), new Earner("amb"));

        Assert.That((commission.BaseMinor, commission.Original.Minor, commission.Remaining.Minor), Is.EqualTo((baseMinor, commissionMinor, commissionMinor)));
    }

    /// <summary>The commission before any refund, and what is left of it after each.</summary>
    private static void AssertSteps(long[] targets, OrderLine line, params long[] amounts)
    {
        var refunds = amounts.Select((amount, i) => Refund($"{i}", amount, "1") with { At = At.AddDays(i) }).ToArray();

        Assert.That(
            Enumerable.Range(0, amounts.Length + 1).Select(count => Of("EUR", [line], refunds[..count]).Remaining.Minor),
            Is.EqualTo(targets));
    }

    private static Commission Of(string currency, OrderLine[] lines, params Refund[] refunds) => Commission.Of(Facts(currency, lines, refunds), Share(1000), new Earner("amb"));

    private static Terms Share(long rateBp) => new(rateBp, 1000, 30, 30);

    private static Terms Flat(long minor, bool perItem = false) =>
        new(0, 1000, 30, 30) { Flat = new FlatCommission(minor, perItem), Currency = Currency.Parse("EUR") };

    private static long[] Targets(Terms terms, OrderLine[] lines, params Refund[] refunds) =>
        [.. Enumerable.Range(0, refunds.Length + 1).Select(count => Commission.Of(Facts("EUR", lines, refunds[..count]), terms, new Earner("amb")).Remaining.Minor)];

    private static OrderFacts Facts(string currency, OrderLine[] lines, params Refund[] refunds) => new(
        new RecordedOrder(
            new Order
            {
                Id = "1",
                Reference = "#1",
                At = At,
                UpdatedAt = At,
                Currency = Currency.Parse(currency),
                Paid = true,
                Lines = [.. lines],
            },
            ShopperHashes.Unknown),
        "hash",
        At,
        [.. refunds],
        DeletedAt: null);

    private static OrderLine Line(long gross, long discount = 0, long tax = 0) => new("1", "p", LineKind.Product, 1, gross, discount, tax);

    private static Refund Refund(string id, long minor, string? lineId) => new(
        id, "1", At, Currency.Parse("EUR"),
        lineId is null ? [] : [new RefundLine(lineId, 1, minor)], lineId is null ? minor : 0);
}
