// In what terms differ, in words, and for whom that is better.
using System.Reflection;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Campaigns;

internal sealed class TermsDifferenceTests
{
    private static readonly Terms Before = new(CommissionBp: 1000, FriendDiscountBp: 1000, HoldDays: 30, WindowDays: 30);

    private static readonly Currency Euro = Currency.Parse("EUR");

    private static IEnumerable<TestCaseData> Changes() =>
    [
        new(Before with { CommissionBp = 1250 }, "commission", "10 %", "12.5 %", false),
        new(Before with { CommissionBp = 999 }, "commission", "10 %", "9.99 %", true),
        new(Before with { FriendDiscountBp = 1500 }, "friendDiscount", "10 %", "15 %", false),
        new(Before with { FriendDiscountBp = 0 }, "friendDiscount", "10 %", "0 %", true),
        new(Before with { HoldDays = 1 }, "holdDays", "30 days", "1 day", false),
        new(Before with { HoldDays = 31 }, "holdDays", "30 days", "31 days", true),
        new(Before with { WindowDays = 60 }, "windowDays", "30 days", "60 days", false),
        new(Before with { WindowDays = 29 }, "windowDays", "30 days", "29 days", true),
        new(Before with { Flat = new FlatCommission(500, false), Currency = Euro }, "commission", "10 %", "5.00 EUR for each order", true),
        new(Before with { Rates = [new RateRule("7", null, 1500)] }, "rates", "none", "15 % for product 7", false),
        new(Before with { Rates = [new RateRule("7", null, 500)] }, "rates", "none", "5 % for product 7", true),
        new(Before with { Rates = [new RateRule(null, "amb_1", 2000), new RateRule("7", "amb_1", 900)] }, "rates", "none", "20 % for amb_1, 9 % for product 7 by amb_1", true),
        new(Before with { ExcludedProducts = ["7"] }, "excludedProducts", "none", "7", true),
        new(Before with { ExcludedCollections = ["7"] }, "excludedCollections", "none", "7", true),
        new(Before with { MinimumOrderMinor = 2000, Currency = Euro }, "minimumOrder", "none", "20.00 EUR", true),
        new(Before with { MaximumCommissionMinor = 2000, Currency = Euro }, "maximumCommission", "none", "20.00 EUR", true),
        new(Before with { FirstTouch = true }, "touch", "the last", "the first", true),
        new(Before with { ExclusiveCodes = true }, "otherCodes", "allow", "exclusive", true),
        new(Before with { SelfPurchaseEarns = true }, "selfPurchase", "discount only", "allow", false),
        new(Before with { Channels = [OrderChannel.Online] }, "channels", "all", "Online", true),
        new(Before with { Rates = [new RateRule(null, null, 1500) { Group = "gold" }] }, "rates", "none", "15 % for the group gold", false),
        new(Before with { Rates = [new RateRule(null, null, 500) { Group = "gold" }] }, "rates", "none", "5 % for the group gold", true),
        new(
            Before with { Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 10, 1500)]) },
            "tiers", "none", "15 % from 10 by orders in all", false),
        new(
            Before with { Tiers = new Tiers(TierMetric.NewCustomers, new TermsPeriod(PeriodKind.RollingDays, 7), true, [new TierLevel(null, 3, 900)]) },
            "tiers", "none", "9 % from 3 by new customers in 7 days, for the whole order", true),
        new(
            Before with { PeriodCap = new PeriodCap(5000, new TermsPeriod(PeriodKind.CalendarMonth)), Currency = Euro },
            "periodCap", "none", "50.00 EUR in a calendar month", true),
        new(Before with { MaximumCostBp = 3000 }, "maximumCost", "none", "30 %", true),
        new(Before with { ProgrammeCreditLowersBase = true }, "storeCredit", "it counts as money", "credit of this programme is taken off", true),
        new(Before with { BeforeOwnDiscount = true }, "base", "after all discounts", "before the own code's discount", false),
        new(Before with { NewCustomersOnly = true }, "customers", "all", "new ones only", true),
        new(Before with { Renewals = new RenewalTerms(3, null) }, "renewals", "none", "3", false),
        new(Before with { Binding = new BindingTerms(365, 2) }, "binding", "none", "365 days, 2 orders at most", false),
        new(Before with { Enrolment = Enrolment.Application }, "enrolment", "none", "by an application", false),
        new(Before with { Enrolment = Enrolment.Instant }, "enrolment", "none", "at once", false),
        new(Before with { FriendOncePerCustomer = true }, "friendUses", "any", "once for each customer", true),
        new(
            Before with { AdvocateReward = new AdvocateReward(new RewardCode(1500, null, null, 180), new RewardMaximum(2, new TermsPeriod(PeriodKind.CalendarMonth))) },
            "advocateReward", "none", "15 % off an order within 180 days, 2 in a calendar month at most", false),
        new(
            Before with { Milestones = [new Milestone(TierMetric.Orders, null, 10, 5000, null)], Currency = Euro },
            "milestones", "none", "50.00 EUR from 10 by orders", false),
        new(Before with { Precedence = [TouchClass.Link, TouchClass.Code, TouchClass.Customer] }, "precedence", "code, link, customer", "link, code, customer", true),
    ];

    // What is worse in one direction is not in the other, but for what takes from some and gives to others.
    [Test]
    public void Taking_a_restriction_away_is_no_disadvantage()
    {
        var strict = Before with
        {
            ExcludedProducts = ["7"],
            MinimumOrderMinor = 2000,
            MaximumCommissionMinor = 2000,
            ExclusiveCodes = true,
            Channels = [OrderChannel.Online],
            Currency = Euro,
        };

        Assert.That(TermsDifference.Between(strict, Before).Where(change => change.IsWorse), Is.Empty);
        Assert.That(TermsDifference.Between(strict, Before).Select(change => change.Term),
            Is.EquivalentTo(["excludedProducts", "minimumOrder", "maximumCommission", "otherCodes", "channels"]));
    }

    [Test]
    public void A_share_that_is_taken_away_is_a_disadvantage_where_it_was_higher()
    {
        var higher = Before with { Rates = [new RateRule(null, "amb_1", 1500)] };
        var lower = Before with { Rates = [new RateRule("7", null, 500)] };

        Assert.That(TermsDifference.Between(higher, Before).Single().IsWorse, Is.True);
        Assert.That(TermsDifference.Between(lower, Before).Single().IsWorse, Is.False);
    }

    // Who has a share of their own does not rise with the tiers.
    [Test]
    public void A_share_of_a_groups_own_is_a_disadvantage_where_the_tiers_may_have_brought_more()
    {
        var tiered = Before with { Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 10, 2000)]) };

        Assert.That(TermsDifference.Between(tiered, tiered with { Rates = [new RateRule(null, null, 1200) { Group = "vip" }] }).Single().IsWorse, Is.True);
        Assert.That(TermsDifference.Between(tiered, tiered with { Rates = [new RateRule(null, null, 2000) { Group = "vip" }] }).Single().IsWorse, Is.False);
    }

    [TestCaseSource(nameof(Changes))]
    public void A_change_is_told_with_what_it_is_for_the_ambassadors(Terms after, string term, string from, string to, bool isWorse)
    {
        var change = TermsDifference.Between(Before, after).Single();

        Assert.That((change.Term, change.From, change.To, change.IsWorse), Is.EqualTo((term, from, to, isWorse)));
    }

    [Test]
    public void Fewer_renewals_a_shorter_binding_and_lower_tiers_are_a_disadvantage()
    {
        var rich = Before with
        {
            Renewals = new RenewalTerms(3, null),
            Binding = new BindingTerms(365, null),
            Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 10, 1500)]),
        };
        var poor = rich with
        {
            Renewals = new RenewalTerms(2, null),
            Binding = new BindingTerms(365, 9),
            Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(null, 11, 1500)]),
        };

        Assert.That(TermsDifference.Between(rich, poor).Select(change => (change.Term, change.IsWorse)), Is.EqualTo([("tiers", true), ("renewals", true), ("binding", true)]));
        Assert.That(TermsDifference.Between(poor, rich).Where(change => change.IsWorse), Is.Empty);
    }

    [Test]
    public void A_smaller_reward_a_tighter_limit_and_a_farther_milestone_are_a_disadvantage()
    {
        var code = new RewardCode(1500, null, null, 180);
        var rich = Before with
        {
            AdvocateReward = new AdvocateReward(code, new RewardMaximum(3, new TermsPeriod(PeriodKind.Lifetime))),
            Milestones = [new Milestone(TierMetric.Orders, null, 10, 5000, null), new Milestone(TierMetric.Orders, null, 20, null, code)],
            Currency = Euro,
        };
        RewardCode[] poorer = [code with { PercentBp = 1499 }, code with { MinimumOrderMinor = 1 }, code with { ValidDays = 179 }, new RewardCode(null, 900_000, null, 180)];
        AdvocateReward?[] worse =
        [
            null, .. poorer.Select(poor => rich.AdvocateReward with { Code = poor }), rich.AdvocateReward with { Maximum = new RewardMaximum(2, new TermsPeriod(PeriodKind.Lifetime)) },
            rich.AdvocateReward with { Maximum = new RewardMaximum(9, new TermsPeriod(PeriodKind.CalendarMonth)) },
        ];
        Milestone[][] farther =
        [
            [], [rich.Milestones[0]], [rich.Milestones[0] with { FromCount = 11 }, rich.Milestones[1]],
            [rich.Milestones[0] with { BonusMinor = 4999 }, rich.Milestones[1]], [rich.Milestones[0], rich.Milestones[1] with { Code = poorer[0] }],
        ];

        Assert.That(worse.Select(reward => TermsDifference.Between(rich, rich with { AdvocateReward = reward }).Single().IsWorse), Is.All.True);
        Assert.That(
            worse.OfType<AdvocateReward>().Where(reward => reward.Code.PercentBp is not null && reward.Maximum!.Period.Kind == PeriodKind.Lifetime)
                .Select(reward => TermsDifference.Between(rich with { AdvocateReward = reward }, rich).Single().IsWorse),
            Is.All.False);
        Assert.That(farther.Select(milestones => TermsDifference.Between(rich, rich with { Milestones = [.. milestones] }).Single().IsWorse), Is.All.True);
        Assert.That(TermsDifference.Between(rich with { Milestones = [.. farther[2]] }, rich).Single().IsWorse, Is.False);
    }

    [Test]
    public void U_2_nobody_can_say_of_a_code_a_gift_card_and_store_credit_which_is_more_and_an_end_is_worse_than_none()
    {
        var card = new RewardCode(null, 1000, null, null) { As = RewardForm.GiftCard };
        RewardCode[] worse =
        [
            new RewardCode(null, 1000, null, 180), card with { As = RewardForm.StoreCredit }, card with { AmountMinor = 999 }, card with { ValidDays = 730 },
        ];

        Assert.That(worse.Select(code => Change(card, code).IsWorse), Is.All.True);
        Assert.That((Change(worse[2], card).IsWorse, Change(worse[3], card).IsWorse), Is.EqualTo((false, false)));
        Assert.That(
            Change(card with { ValidDays = 180 }, worse[1]).ToString(),
            Is.EqualTo("the reward for an approved order goes from 10.00 EUR as a gift card for 180 days to 10.00 EUR of store credit without end"));

        static TermChange Change(RewardCode before, RewardCode after) => TermsDifference.Between(Of(before), Of(after)).Single();

        static Terms Of(RewardCode code) => Before with { AdvocateReward = new AdvocateReward(code, null), Currency = Euro };
    }

    [Test]
    public void All_that_changes_is_told() =>
        Assert.That(
            TermsDifference.Between(Before, new Terms(500, 2000, 14, 60)).Select(change => (change.Term, change.IsWorse)),
            Is.EqualTo([("commission", true), ("friendDiscount", false), ("holdDays", false), ("windowDays", false)]));

    [Test]
    public void Equal_terms_do_not_differ() => Assert.That(TermsDifference.Between(Before, Before with { }), Is.Empty);

    // A term that is not compared could get worse without notice (rule U2).
    [Test]
    public void No_term_is_left_out() =>
        Assert.That(
            typeof(Terms).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).Select(property => property.Name),
            Is.EquivalentTo([
                nameof(Terms.CommissionBp), nameof(Terms.FriendDiscountBp), nameof(Terms.HoldDays), nameof(Terms.WindowDays), nameof(Terms.Currency), nameof(Terms.Flat),
                nameof(Terms.Rates), nameof(Terms.ExcludedProducts), nameof(Terms.ExcludedCollections), nameof(Terms.MinimumOrderMinor), nameof(Terms.MaximumCommissionMinor), nameof(Terms.FirstTouch),
                nameof(Terms.ExclusiveCodes), nameof(Terms.SelfPurchaseEarns), nameof(Terms.Channels), nameof(Terms.Tiers), nameof(Terms.PeriodCap),
                nameof(Terms.MaximumCostBp), nameof(Terms.BeforeOwnDiscount), nameof(Terms.ProgrammeCreditLowersBase), nameof(Terms.NewCustomersOnly), nameof(Terms.Renewals), nameof(Terms.Binding),
                nameof(Terms.Precedence), nameof(Terms.FriendOncePerCustomer), nameof(Terms.AdvocateReward), nameof(Terms.Milestones),
                nameof(Terms.Enrolment),
            ]));
}
