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
    public void B_4_each_line_at_its_own_rate() =>
        Assert.That(BasisPoints.Of(Currency.Parse("EUR"), [(2000, 1000), (10_000, 500)]).Minor, Is.EqualTo(700));

    [Test]
    public void B_5_selling_a_gift_card_earns_nothing() => AssertEarns(5000, 500, Line(5000) with { Kind = LineKind.GiftCard }, Line(5000) with { Id = "2" });

    // How it was paid is no part of an order's lines.
    [Test]
    public void B_6_paying_with_a_gift_card_lowers_nothing() => AssertEarns(10_000, 1000, Line(10_000));

    [Test]
    public void B_8_yen_have_no_decimals() => Assert.That(Of("JPY", [Line(1999)]).Original.Minor, Is.EqualTo(200));

    [Test]
    public void B_9_dinars_have_three_and_half_a_fils_rounds_away_from_zero() =>
        Assert.That(Of("KWD", [Line(1235)]).Original.Minor, Is.EqualTo(124));

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
        var lines = Commission.BasesOf(Facts("EUR", [Line(100), Line(100) with { Id = "2" }, Line(100) with { Id = "3" }], Refund("r", 100, null)));

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
                .Select(count => Commission.Of(Facts("EUR", lines, [.. refunds.Take(count)]), rateBp).Remaining.Minor).ToList();
            return targets[^1] == 0 && targets.TrueForAll(target => target >= 0)
                && targets.Zip(targets.Skip(1)).All(pair => pair.Second <= pair.First)
                && targets[0] == Commission.Of(Facts("EUR", lines), rateBp).Original.Minor;
        }).QuickCheckThrowOnFailure();

    /// <summary>Parts of lines and amounts without a line, in turn, until nothing is left.</summary>
    private static List<Refund> Split(OrderLine[] lines, int[] cuts)
    {
        var refunds = new List<Refund>();
        foreach (var cut in cuts)
        {
            var left = Commission.BasesOf(Facts("EUR", lines, [.. refunds]));
            var line = left[cut % left.Length];
            var amount = Math.Min(cut, cut % 3 == 0 ? left.Sum(each => each.RemainingMinor) : line.RemainingMinor);
            refunds.Add(Refund($"{refunds.Count:0000}", amount, cut % 3 == 0 ? null : line.Line.Id));
        }

        refunds.Add(Refund("last", Commission.BasesOf(Facts("EUR", lines, [.. refunds])).Sum(line => line.RemainingMinor), null) with { At = At.AddDays(9) });
        return refunds;
    }

    private static void AssertEarns(long baseMinor, long commissionMinor, params OrderLine[] lines) => AssertEarns(baseMinor, commissionMinor, 1000, lines);

    private static void AssertEarns(long baseMinor, long commissionMinor, long rateBp, params OrderLine[] lines)
    {
        var commission = Commission.Of(Facts("EUR", lines), rateBp);

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

    private static Commission Of(string currency, OrderLine[] lines, params Refund[] refunds) => Commission.Of(Facts(currency, lines, refunds), 1000);

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
