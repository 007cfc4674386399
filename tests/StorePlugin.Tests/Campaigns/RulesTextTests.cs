// The rules in words: every term has its say in them, and the examples are what the engine pays.
using System.Globalization;
using System.Reflection;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Campaigns;

internal sealed class RulesTextTests
{
    private static readonly Currency Euro = Currency.Parse("EUR");
    private static readonly Terms Plain = new(1000, 1000, 30, 30) { Currency = Euro };
    private static readonly TermsPeriod Month = new(PeriodKind.CalendarMonth);
    private static readonly Tiers From1000 = new(TierMetric.NetSales, Month, null, [new TierLevel(100_000, null, 1500)]);

    private static readonly RewardCode FifteenPercent = new(1500, null, 2000, 180);

    /// <summary>For each term, terms that differ from others in it alone.</summary>
    private static readonly Dictionary<string, (Terms One, Terms Other)> Samples = new(StringComparer.Ordinal)
    {
        [nameof(Terms.CommissionBp)] = (Plain, Plain with { CommissionBp = 1250 }),
        [nameof(Terms.FriendDiscountBp)] = (Plain, Plain with { FriendDiscountBp = 500 }),
        [nameof(Terms.HoldDays)] = (Plain, Plain with { HoldDays = 14 }),
        [nameof(Terms.WindowDays)] = (Plain, Plain with { WindowDays = 60 }),
        [nameof(Terms.Currency)] = (Plain, Plain with { Currency = Currency.Parse("USD") }),
        [nameof(Terms.Flat)] = (Plain with { CommissionBp = 0 }, Plain with { CommissionBp = 0, Flat = new FlatCommission(500, PerItem: true) }),
        [nameof(Terms.Rates)] = (Plain, Plain with { Rates = [new RateRule("10", null, 500)] }),
        [nameof(Terms.ExcludedProducts)] = (Plain with { ExcludedProducts = ["12"] }, Plain with { ExcludedProducts = ["12", "13"] }),
        [nameof(Terms.ExcludedCollections)] = (Plain with { ExcludedCollections = ["12"] }, Plain with { ExcludedCollections = ["12", "13"] }),
        [nameof(Terms.MinimumOrderMinor)] = (Plain, Plain with { MinimumOrderMinor = 2000 }),
        [nameof(Terms.MaximumCommissionMinor)] = (Plain, Plain with { MaximumCommissionMinor = 5000 }),
        [nameof(Terms.FirstTouch)] = (Plain, Plain with { FirstTouch = true }),
        [nameof(Terms.ExclusiveCodes)] = (Plain, Plain with { ExclusiveCodes = true }),
        [nameof(Terms.SelfPurchaseEarns)] = (Plain, Plain with { SelfPurchaseEarns = true }),
        [nameof(Terms.Channels)] = (Plain, Plain with { Channels = [OrderChannel.Online] }),
        [nameof(Terms.Tiers)] = (Plain, Plain with { Tiers = From1000 }),
        [nameof(Terms.PeriodCap)] = (Plain, Plain with { PeriodCap = new PeriodCap(500_00, Month) }),
        [nameof(Terms.MaximumCostBp)] = (Plain, Plain with { MaximumCostBp = 1500 }),
        [nameof(Terms.ProgrammeCreditLowersBase)] = (Plain, Plain with { ProgrammeCreditLowersBase = true }),
        [nameof(Terms.BeforeOwnDiscount)] = (Plain, Plain with { BeforeOwnDiscount = true }),
        [nameof(Terms.NewCustomersOnly)] = (Plain, Plain with { NewCustomersOnly = true }),
        [nameof(Terms.Renewals)] = (Plain, Plain with { Renewals = new RenewalTerms(3, null) }),
        [nameof(Terms.Binding)] = (Plain, Plain with { Binding = new BindingTerms(365, null) }),
        [nameof(Terms.FriendOncePerCustomer)] = (Plain, Plain with { FriendOncePerCustomer = true }),
        [nameof(Terms.AdvocateReward)] = (Plain, Plain with { AdvocateReward = new AdvocateReward(FifteenPercent, null) }),
        [nameof(Terms.Milestones)] = (Plain, Plain with { Milestones = [new Milestone(TierMetric.Orders, null, 10, 5000, null)] }),
        [nameof(Terms.Enrolment)] = (Plain with { Enrolment = Enrolment.Application }, Plain with { Enrolment = Enrolment.Instant }),
        [nameof(Terms.Precedence)] = (Plain, Plain with { Precedence = [TouchClass.Link, TouchClass.Code, TouchClass.Customer] }),
    };

    // What is computed from other terms has no setter, and no say of its own.
    public static IEnumerable<PropertyInfo> EveryTerm() =>
        typeof(Terms).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is not null);

    [TestCaseSource(nameof(EveryTerm))]
    public void A_change_of_any_term_changes_the_text(PropertyInfo term)
    {
        Assert.That(Samples.Keys, Does.Contain(term.Name), $"Terms.{term.Name} is new: give it a function in RulesText that says it, and terms that differ in it here.");
        var (one, other) = Samples[term.Name];

        Assert.That(
            EveryTerm().Where(property => !Equals(property.GetValue(one), property.GetValue(other))).Select(property => property.Name), Is.EqualTo([term.Name]),
            "the two differ in this term alone");
        Assert.That(Paragraphs(other), Is.Not.EqualTo(Paragraphs(one)));
        Assert.That(Of(other).Hash, Is.Not.EqualTo(Of(one).Hash));
    }

    [Test]
    public void The_samples_name_terms_that_exist() => Assert.That(Samples.Keys, Is.EquivalentTo(EveryTerm().Select(term => term.Name)));

    [Test]
    public void The_same_terms_make_the_same_text_in_every_culture()
    {
        var terms = Plain with { MinimumOrderMinor = 123_456_00, CommissionBp = 1250, Rates = [new RateRule("10", null, 525)], ExcludedProducts = ["12"] };
        var before = CultureInfo.CurrentCulture;
        var hash = Of(terms).Hash;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");

            Assert.That(Of(Terms.FromJson(terms.ToJson())).Hash, Is.EqualTo(hash));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    // 100.00 less 10 % is 90.00, of which 10 % are 9.00; half of it sent back leaves 45.00 and 4.50.
    [TestCase("A friend buys with your code",
        "A friend buys 2 items for € 100.00 with your code, which takes off € 10.00. € 90.00 counts, and you earn 10 % of € 90.00: € 9.00. "
        + "It is approved 30 days after the payment, if nothing is sent back.")]
    [TestCase("Tax, shipping, a gift card and a tip",
        "A friend follows your link and buys a product for € 120.00, of which € 20.00 is tax, and a gift card for € 50.00, leaves a tip of € 10.00 and pays for shipping. "
        + "Only the product counts, without its tax. € 100.00 counts, and you earn 10 % of € 100.00: € 10.00.")]
    [TestCase("A part is sent back",
        "A friend buys 2 items for € 100.00 with your code, which takes off € 10.00. 1 item of 2 is sent back, and the friend gets € 45.00. € 45.00 of € 90.00 is left. "
        + "The commission was € 9.00 and becomes € 4.50: € 4.50 is taken back.")]
    [TestCase("Everything is sent back",
        "A friend buys 2 items for € 100.00 with your code, which takes off € 10.00. All of it is sent back, and € 0.00 is left. The commission was € 9.00 and becomes € 0.00.")]
    [TestCase("Two ambassadors' links",
        "A friend follows another ambassador's link, an hour later yours, and buys something for € 100.00. € 100.00 counts, and you earn 10 % of € 100.00: € 10.00.")]
    [TestCase("A visit that is too long ago",
        "A friend follows your link, and buys something for € 100.00 when 30 days have passed to the second. The click was 30 days or more before the order. You earn nothing.")]
    [TestCase("Your link, and a code of the store's",
        "A friend follows your link, buys something for € 100.00 and uses a code of the store's own, which takes off € 10.00. € 90.00 counts, and you earn 10 % of € 90.00: € 9.00.")]
    [TestCase("You buy with your own code", "You buy 2 items for € 100.00 with your own code, which takes off € 10.00. You keep the discount, and earn nothing.")]
    public void An_example_of_plain_terms_is_as_computed_by_hand(string title, string text) => Assert.That(ExampleOf(Plain, title), Is.EqualTo(text));

    [Test]
    public void Plain_terms_have_the_examples_that_suit_them_and_no_others() =>
        Assert.That(Of(Plain).Examples.Select(example => example.Title), Is.EqualTo([
            "A friend buys with your code", "Tax, shipping, a gift card and a tip", "A part is sent back", "Everything is sent back", "Two ambassadors' links",
            "A visit that is too long ago", "Your link, and a code of the store's", "You buy with your own code",
        ]));

    // Below 20.00 the next round amount is 10.00; 50.00 at 10 % are met by 500.00, and doubled by 1,000.00.
    [Test]
    public void The_least_and_the_most_have_examples_of_their_own()
    {
        var terms = Plain with { MinimumOrderMinor = 2000, MaximumCommissionMinor = 5000 };

        Assert.That(ExampleOf(terms, "An order that is too small"), Is.EqualTo(
            "A friend follows your link and buys something for € 10.00. The order's counted sales are below the 20.00 EUR that an order must come to. You earn nothing."));
        Assert.That(ExampleOf(terms, "An order that meets the limit"), Is.EqualTo(
            "A friend follows your link and buys 1 item for € 1,000.00. € 1,000.00 counts, and you earn 10 % of € 1,000.00: € 50.00, which is the most that an order earns."));
    }

    [Test]
    public void The_usual_order_is_large_enough_for_the_least_even_when_half_of_it_is_sent_back()
    {
        var terms = Plain with { MinimumOrderMinor = 100_00 };

        Assert.That(ExampleOf(terms, "A part is sent back"), Does.StartWith("A friend buys 2 items for € 500.00").And.EndsWith("€ 45.00 and becomes € 22.50: € 22.50 is taken back."));
    }

    [Test]
    public void K_4_K_5_and_H_7_are_told_with_their_numbers()
    {
        var refunds = ParagraphOf(Plain, "When something is sent back");

        Assert.That(refunds, Does.Contain(
            "What they have not settled after 180 days without a break, or when you leave and nothing more is to come, the store takes as its loss; "
            + "you owe it again only if you take part again within 24 months of that."));
        Assert.That(refunds, Does.Contain("What is sent back 180 days after the order or later takes nothing from you."));
        Assert.That(ParagraphOf(Plain, "When you are paid"), Does.EndWith(
            "When you leave, when the campaign ends, or when nothing of it has moved for 12 months, it is paid out from € 1.00 on."));
    }

    [Test]
    public void Rewards_and_milestones_are_said_with_what_becomes_of_them()
    {
        var terms = Plain with
        {
            AdvocateReward = new AdvocateReward(FifteenPercent, new RewardMaximum(3, Month)),
            Milestones = [new Milestone(TierMetric.Orders, null, 10, 5000, null), new Milestone(TierMetric.NetSales, 100_000, null, null, new RewardCode(null, 1000, null, 30))],
        };

        Assert.That(ParagraphOf(terms, "What you get besides"), Is.EqualTo(
            "For each order that is approved you get a code of your own that takes 15 % off one order that comes to € 20.00 at least, and works for 180 days. It is sent to you by mail. "
            + "For your orders of one calendar month you get 3 codes at most. "
            + "When all of the order is sent back, a code that you have not used ends; what you have used stays yours. When only a part is sent back, the code stays as it is. "
            + "When what you have brought first comes to 10 orders, you get € 50.00 more. "
            + "When what you have brought first comes to € 1,000.00, you get a code of your own that takes € 10.00 off one order, and works for 30 days. "
            + "For this your approved orders count, less what had been sent back by then. Each is given once, and is not taken back when something is sent back later."));
        Assert.That(ParagraphOf(terms, "What you earn"), Does.Contain("A month begins and ends by the store's clock."));
    }

    [Test]
    public void Gift_cards_and_store_credit_are_said_with_what_becomes_of_them()
    {
        var card = Plain with { AdvocateReward = new AdvocateReward(new RewardCode(null, 1000, null, null) { As = RewardForm.GiftCard }, new RewardMaximum(3, Month)) };
        var credit = Plain with { CommissionBp = 0, AdvocateReward = new AdvocateReward(new RewardCode(null, 1000, null, 365) { As = RewardForm.StoreCredit }, null) };

        Assert.That(ParagraphOf(card, "What you get besides"), Is.EqualTo(
            "For each order that is approved you get a gift card of € 10.00, which does not expire. It is sent to you by mail. "
            + "For your orders of one calendar month you get 3 gift cards at most. "
            + "When all of the order is sent back, the gift card ends with what you have not used of it; what you have used stays yours. "
            + "When only a part is sent back, the reward stays as it is."));
        Assert.That(ParagraphOf(credit, "What you get besides"), Is.EqualTo(
            "For each order that is approved you get € 10.00 of store credit, to be used within 365 days. "
            + "It is added to your customer account at the store, which is the one with your e-mail address; where you have none yet, it waits for it. "
            + "When all of the order is sent back, as much of the credit as is left on your account is taken back; what you have used stays yours. "
            + "When only a part is sent back, the reward stays as it is."));
        Assert.That(ExampleOf(credit, "A friend buys with your code"), Does.EndWith("the order brings you store credit once it is approved."));
        Assert.That(TermsText.EarningOf(card, "amb_1").Replace('\u00A0', ' '), Does.Contain("For each order that is approved: a gift card of € 10.00, which does not expire."));
    }

    [Test]
    public void Rules_without_a_commission_say_so()
    {
        var terms = Plain with { CommissionBp = 0, AdvocateReward = new AdvocateReward(FifteenPercent, null) };

        Assert.That(ParagraphOf(terms, "What you earn"), Does.StartWith("You earn no commission; what you get in its place stands below."));
        Assert.That(ExampleOf(terms, "A friend buys with your code"), Is.EqualTo(
            "A friend buys 2 items for € 100.00 with your code, which takes off € 10.00. € 90.00 counts, and the order brings you a code once it is approved."));
    }

    [Test]
    public void Products_with_other_shares_and_with_none_are_worked_out()
    {
        var terms = Plain with { Rates = [new RateRule("10", null, 500)], ExcludedProducts = ["12", "13"] };

        Assert.That(ExampleOf(terms, "A product with a share of its own"), Is.EqualTo(
            "A friend follows your link and buys something for € 50.00 and product no. 10 for € 50.00. "
            + "€ 100.00 counts, and you earn 10 % of € 50.00 and 5 % of € 50.00: € 7.50."));
        Assert.That(ExampleOf(terms, "A product that earns nothing"), Is.EqualTo(
            "A friend follows your link and buys something for € 100.00 and product no. 12 for € 50.00. That product does not count. "
            + "€ 100.00 counts, and you earn 10 % of € 100.00: € 10.00."));
        Assert.That(ParagraphOf(terms, "What counts"), Does.EndWith("Nothing is earned on the products no. 12 and 13."));
    }

    [Test]
    public void A_fixed_commission_is_worked_out_by_the_item_and_by_the_order()
    {
        var item = new Terms(0, 0, 0, 30) { Currency = Euro, Flat = new FlatCommission(500, PerItem: true), MaximumCommissionMinor = 1200 };
        var order = new Terms(0, 0, 0, 30) { Currency = Euro, Flat = new FlatCommission(500, PerItem: false) };

        Assert.That(ExampleOf(item, "A friend buys with your code"), Is.EqualTo(
            "A friend buys 2 items for € 100.00 with your code. € 100.00 counts, and you earn € 5.00 for each of 2, within what counts: € 10.00. It is approved at once."));
        Assert.That(ExampleOf(item, "An order that meets the limit"), Does.Contain("buys 5 items").And.EndsWith(": € 12.00, which is the most that an order earns."));
        Assert.That(ExampleOf(order, "A part is sent back"), Does.EndWith("The commission was € 5.00 and becomes € 5.00: € 0.00 is taken back."));
    }

    [TestCase("JPY", "¥ 10,000", "¥ 900")]
    [TestCase("KWD", "100.000 KWD", "9.000 KWD")]
    public void Amounts_are_in_the_stores_currency(string currency, string price, string commission) =>
        Assert.That(
            Plainly(RulesText.Of(new Terms(1000, 1000, 30, 30), Currency.Parse(currency), null).Examples[0].Text), Does.Contain($"for {price}").And.Contain($": {commission}.")
                .And.Not.Contain("€"));

    [TestCase(true, "The order is the other ambassador's, and you earn nothing on it.")]
    [TestCase(null, "you earn 10 % of € 100.00: € 10.00.")]
    public void Which_of_two_links_counts_is_what_the_terms_say(bool? first, string end) =>
        Assert.That(ExampleOf(Plain with { FirstTouch = first }, "Two ambassadors' links"), Does.EndWith(end));

    [Test]
    public void A_code_of_the_stores_and_an_own_purchase_are_judged_by_the_terms()
    {
        var terms = Plain with { ExclusiveCodes = true, SelfPurchaseEarns = true };

        Assert.That(ExampleOf(terms, "Your link, and a code of the store's"), Does.EndWith("You earn nothing."));
        Assert.That(ExampleOf(terms, "You buy with your own code"), Does.EndWith("you earn 10 % of € 90.00: € 9.00."));
    }

    [Test]
    public void A_share_that_is_agreed_with_one_ambassador_is_read_and_worked_out_for_them_and_told_to_nobody_else()
    {
        var terms = Plain with { Rates = [new RateRule(null, "amb_ann", 1500), new RateRule("10", null, 500), new RateRule("10", "amb_ann", 2000)] };
        var raised = Plain with { Rates = [new RateRule(null, "amb_ann", 1600), .. terms.Rates.Value.Skip(1)] };

        var ann = RulesText.Of(terms, Euro, "amb_ann");
        var bob = RulesText.Of(terms, Euro, "amb_bob");

        Assert.That(Plainly(ann.Paragraphs[0].Text), Does.Contain("You earn 10 % of what counts of each order. For you it is 15 %, as the store has agreed with you. "
            + "For product no. 10 it is 5 %. For product no. 10 it is 20 %, as the store has agreed with you."));
        Assert.That(Plainly(ann.Examples[0].Text), Does.Contain("you earn 15 % of € 90.00: € 13.50."));
        Assert.That(Plainly(bob.Paragraphs[0].Text), Does.Contain("For product no. 10 it is 5 %. ").And.Not.Contain("15 %").And.Not.Contain("agreed another"));
        Assert.That(Plainly(Of(terms).Paragraphs[0].Text), Does.Contain("your own page says so").And.Not.Contain("15 %").And.Not.Contain("amb_"));
        Assert.That(RulesText.Of(raised, Euro, "amb_ann").Hash, Is.Not.EqualTo(ann.Hash));
        Assert.That(RulesText.Of(raised, Euro, "amb_bob").Hash, Is.EqualTo(bob.Hash), "nothing changes for Bob");
    }

    // 950.00 before and an order of 100.00: half of it lies beyond 1,000.00. From a number of orders on there is no such half.
    [TestCase(TierMetric.NetSales, null, "You have brought € 950.00 before in the same calendar month.", "10 % of € 50.00 and 15 % of € 50.00: € 12.50.")]
    [TestCase(TierMetric.NetSales, true, "You have brought € 1,000.00 before in the same calendar month.", "15 % of € 100.00: € 15.00.")]
    [TestCase(TierMetric.Orders, null, "You have brought 10 orders before in the same calendar month.", "15 % of € 100.00: € 15.00.")]
    [TestCase(TierMetric.NewCustomers, true, "You have brought 10 new customers before in the same calendar month.", "15 % of € 100.00: € 15.00.")]
    public void A_share_that_rises_is_worked_out_at_its_threshold(TierMetric metric, bool? whole, string before, string earned)
    {
        var level = metric == TierMetric.NetSales ? new TierLevel(100_000, null, 1500) : new TierLevel(null, 10, 1500);
        var terms = Plain with { Tiers = new Tiers(metric, Month, whole, [level]) };

        Assert.That(ExampleOf(terms, "An order that earns a higher share"), Is.EqualTo(
            $"{before} A friend follows your link and buys something for € 100.00. € 100.00 counts, and you earn {earned}"));
        Assert.That(ExampleOf(terms, "A friend buys with your code"), Does.Contain("you earn 10 % of € 90.00: € 9.00."));
    }

    [Test]
    public void Shares_that_rise_are_said_with_what_makes_them_rise()
    {
        var sales = Plain with { Tiers = From1000 with { Levels = [new(0, null, 1200), new(100_000, null, 1500), new(500_000, null, 2000)] } };
        var orders = Plain with { Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.RollingDays, 90), null, [new(null, 10, 1500)]) };
        var customers = Plain with { Tiers = new Tiers(TierMetric.NewCustomers, new TermsPeriod(PeriodKind.Lifetime), null, [new(null, 1, 1500)]) };

        Assert.That(ParagraphOf(sales, "What you earn"), Does.StartWith(
            "You earn 12 % of what counts of each order. That share rises with what you have brought before in the same calendar month: "
            + "from € 1,000.00 on it is 15 % and from € 5,000.00 on it is 20 %. "
            + "What counted of your earlier paid orders is added up for this, less what had been sent back by then. "
            + "When an order goes beyond such a mark, only the part beyond it earns the higher share. A month begins and ends by the store's clock."));
        Assert.That(ParagraphOf(orders, "What you earn"), Does.Contain(
            "before in the 90 days before the order: from 10 orders on it is 15 %. Your earlier paid orders are counted for this, without those that had been sent back whole by then. An order earns one share as a whole"));
        Assert.That(ParagraphOf(customers, "What you earn"), Does.Contain("brought before: from 1 new customer on it is 15 %. ").And.Not.Contain("month"));
        Assert.That(ParagraphOf(sales, "What you earn"), Does.EndWith("In the examples you have brought nothing before unless they say so."));
    }

    // Below the limit half of an order's 10.00 is left.
    [Test]
    public void The_most_of_a_period_is_said_and_worked_out()
    {
        var month = Plain with { PeriodCap = new PeriodCap(500_00, Month) };
        var days = Plain with { PeriodCap = new PeriodCap(500_00, new TermsPeriod(PeriodKind.RollingDays, 1)) };
        var life = Plain with { PeriodCap = new PeriodCap(500_00, new TermsPeriod(PeriodKind.Lifetime)) };

        Assert.That(ParagraphOf(month, "What you earn"), Does.Contain(
            "Your orders of one calendar month earn no more than € 500.00 together. What is sent back makes room for later orders only."));
        Assert.That(ExampleOf(month, "The most that you earn is nearly reached"), Is.EqualTo(
            "You have earned € 495.00 before in the same calendar month. A friend follows your link and buys something for € 100.00. "
            + "You earn € 5.00, which is all that is left of € 500.00."));
        Assert.That(ExampleOf(days, "The most that you earn is nearly reached"), Does.StartWith("You have earned € 495.00 before in the day before the order. "));
        Assert.That(ExampleOf(life, "The most that you earn is nearly reached"), Does.StartWith("You have earned € 495.00 before. "));
    }

    // 950.00 at 10 % have earned 95.00 of 105.00 already.
    [Test]
    public void Who_has_come_far_has_earned_on_the_way() =>
        Assert.That(
            ExampleOf(Plain with { Tiers = From1000, PeriodCap = new PeriodCap(105_00, Month) }, "An order that earns a higher share"),
            Does.EndWith("10 % of € 50.00 and 15 % of € 50.00: € 10.00, with which you have earned the most that you can."));

    // 15 % of 100.00 less the discount of 10.00 leave 5.00.
    [Test]
    public void A_commission_that_is_lowered_for_the_discounts_sake_says_so()
    {
        var terms = Plain with { MaximumCostBp = 1500 };

        Assert.That(ParagraphOf(terms, "What you earn"), Does.Contain(
            "The discounts on an order and your commission together are never more than 15 % of what the products that count would cost without discounts"));
        Assert.That(ExampleOf(terms, "A friend buys with your code"), Does.Contain(
            "you earn 10 % of € 90.00: € 5.00, because discounts and commission together are never more than 15 % of what the products would cost without discounts."));
        Assert.That(ExampleOf(terms, "A part is sent back"), Does.EndWith("The commission was € 5.00 and becomes € 2.50: € 2.50 is taken back."));
        Assert.That(ExampleOf(terms, "Two ambassadors' links"), Does.EndWith("you earn 10 % of € 100.00: € 10.00."));
    }

    [Test]
    public void What_counts_before_the_own_discount_is_said_and_worked_out()
    {
        var terms = Plain with { BeforeOwnDiscount = true };

        Assert.That(ParagraphOf(terms, "What counts"), Does.StartWith(
            "What counts is the price of the products after all discounts but that of your own code, which is not taken off. "));
        Assert.That(ExampleOf(terms, "A friend buys with your code"), Does.Contain("which takes off € 10.00. € 100.00 counts, and you earn 10 % of € 100.00: € 10.00."));
        Assert.That(ExampleOf(terms, "A part is sent back"), Does.EndWith("€ 50.00 of € 100.00 is left. The commission was € 10.00 and becomes € 5.00: € 5.00 is taken back."));
    }

    [Test]
    public void A_groups_share_is_told_to_everybody()
    {
        var terms = Plain with { Rates = [new RateRule(null, null, 1500) { Group = "gold" }, new RateRule(null, "amb_ann", 1200)] };

        Assert.That(ParagraphOf(terms, "What you earn"), Does.Contain("Members of the group gold earn 15 %. ").And.EndWith("In the examples you are in no group.")
            .And.Not.Contain("For you").And.Not.Contain("12 %").And.Not.Contain("of a product"));
        Assert.That(Plainly(RulesText.Of(terms, Euro, "amb_ann").Paragraphs[0].Text), Does.Contain("Members of the group gold earn 15 %. For you it is 12 %")
            .And.Contain("A share that is agreed with you goes before a group's.").And.Not.Contain("in no group"));
    }

    [Test]
    public void A_share_that_is_agreed_does_not_rise()
    {
        var terms = Plain with { Rates = [new RateRule(null, "amb_ann", 1200)], Tiers = From1000 };
        var ann = RulesText.Of(terms, Euro, "amb_ann");

        Assert.That(Plainly(ann.Paragraphs[0].Text), Does.Contain("For you it is 12 %, as the store has agreed with you.").And.Contain("None of these other shares rises."));
        Assert.That(ann.Examples.Select(example => example.Title), Has.None.EqualTo("An order that earns a higher share"));
        Assert.That(Of(terms).Examples.Select(example => example.Title), Has.One.EqualTo("An order that earns a higher share"));
    }

    [Test]
    public void Whose_an_order_is_is_said_in_the_order_of_the_terms()
    {
        TouchClass[] linkFirst = [TouchClass.Link, TouchClass.Customer, TouchClass.Code];
        var bound = Plain with { Binding = new BindingTerms(365, 5) };

        Assert.That(ParagraphOf(Plain, "When an order is yours"), Does.StartWith(
            "An order is yours when the shopper used your code or followed your link. A code goes before a link. Of two"));
        Assert.That(ParagraphOf(Plain with { Precedence = [.. linkFirst] }, "When an order is yours"), Does.Contain("A link goes before a code. Of two"));
        Assert.That(ParagraphOf(bound, "When an order is yours"), Does.StartWith(
            "An order is yours when the shopper used your code, followed your link or is a customer who stays yours. "
            + "A code goes before a link, and a link before an earlier order of the same customer. ")
            .And.Contain("A customer stays yours for 365 days after the first order that you brought, once that is approved, and for 5 orders at most; "));
        Assert.That(ParagraphOf(bound with { Precedence = [.. linkFirst] }, "When an order is yours"), Does.Contain(
            "A link goes before an earlier order of the same customer, and an earlier order of the same customer before a code."));
    }

    [TestCase(1L, null, "Test orders earn nothing. The first renewal of a subscription earns as well, for the ambassador who brought its first order; later ones earn nothing.")]
    [TestCase(3L, null, "The first 3 renewals of a subscription earn as well, for the ambassador who brought its first order; later ones earn nothing.")]
    [TestCase(null, 6L, "The renewals of a subscription earn as well for 6 months after its first order, for the ambassador who brought its first order; later ones earn nothing.")]
    public void Renewals_that_earn_are_said(long? count, long? months, string end) =>
        Assert.That(ParagraphOf(Plain with { Renewals = new RenewalTerms(count, months) }, "Which orders count"), Does.EndWith(end).And.Not.Contain("and renewals"));

    [Test]
    public void That_only_new_customers_count_is_said()
    {
        var terms = Plain with { NewCustomersOnly = true };

        Assert.That(ParagraphOf(terms, "Which orders count"), Does.Contain("Only the first order of a customer earns."));
        Assert.That(ParagraphOf(terms, "What you earn"), Does.EndWith("In the examples your friend is a new customer."));
    }

    [Test]
    public void The_sentences_of_the_welcome_say_nothing_that_the_rules_do_not()
    {
        var terms = Plain with
        {
            Rates = [new RateRule(null, "amb_ann", 1200), new RateRule(null, null, 1500) { Group = "gold" }],
            Tiers = From1000,
            PeriodCap = new PeriodCap(500_00, Month),
            MaximumCostBp = 2500,
            BeforeOwnDiscount = true,
            NewCustomersOnly = true,
        };

        Assert.That(Plainly(TermsText.EarningOf(terms, "amb_bob")), Is.EqualTo(
            "10 % of each order: of its products after discounts but your own code's, without tax and shipping. Only the first order of a customer counts. "
            + "With what you bring it rises to 15 %. For the members of some groups it is another share. No more than € 500.00 is earned in a calendar month. "
            + "Where discounts and commission together would be more than 25 % of the products' price, less is earned."));
        Assert.That(Plainly(TermsText.EarningOf(terms, "amb_ann")), Does.StartWith("12 % of each order").And.Not.Contain("rises").And.Not.Contain("groups"));
    }

    [Test]
    public void While_the_stores_currency_is_unknown_there_are_paragraphs_and_no_examples()
    {
        var rules = RulesText.Of(new Terms(1000, 1000, 30, 30), null, null);

        Assert.That(rules.Examples, Is.Empty);
        Assert.That(rules.Paragraphs.Select(paragraph => paragraph.Text), Is.All.Not.Empty);
    }

    [Test]
    public void No_rule_is_cited_by_its_id_and_no_word_is_the_programs_own()
    {
        foreach (var (_, other) in Samples.Values)
        {
            var text = string.Join('\n', Of(other).Paragraphs.Concat(Of(other).Examples).Select(part => part.Text));
            Assert.That(text, Does.Not.Match(@"\b[A-Z]\d{1,2}\b").And.Not.Match(@"[A-Za-z]Bp\b").And.Not.Contain("PointOfSale").And.Not.Contain("  "));
        }
    }

    // The ends of what terms can state, and some between.
    [Test]
    public void Terms_at_their_limits_have_examples_too()
    {
        var all = from discount in new[] { 0L, 1, 3333, 9999, 10_000 }
                  from minimum in new long?[] { null, 0, 1, 2, 999, 1_000_000_000_000 }
                  from maximum in new long?[] { null, 1, 777, 1_000_000_000_000 }
                  from commission in new (long Share, FlatCommission? Flat)[]
                  {
                      (1, null), (10_000, null), (0, new(1, true)), (0, new(1_000_000_000_000, true)), (0, new(777, false)),
                  }
                  where !(maximum < commission.Flat?.AmountMinor)
                  from currency in new[] { "EUR", "JPY", "KWD" }
                  select new Terms(commission.Share, discount, 0, 1)
                  {
                      Currency = Currency.Parse(currency),
                      Flat = commission.Flat,
                      MinimumOrderMinor = minimum,
                      MaximumCommissionMinor = maximum,
                  };

        foreach (var terms in all)
        {
            var examples = RulesText.Of(terms, null, null).Examples;

            Assert.That(examples, Has.Length.AtLeast(6), terms.ToString());
            Assert.That(examples.Select(example => example.Text), Has.None.Contains("\u2212"), "nothing is below zero");
            Assert.That(examples.Any(example => example.Title == "An order that is too small"), Is.EqualTo(terms.MinimumOrderMinor > 1), terms.ToString());
        }
    }

    [Test]
    public void Terms_that_look_back_and_limit_have_examples_at_their_limits_too()
    {
        var all = from discount in new[] { 0L, 3333, 9998 }
                  from cap in new long?[] { null, 1, 777, 1_000_000_000_000 }
                  from cost in new long?[] { null, discount + 1, BasisPoints.Whole }
                  from before in new bool?[] { null, true }
                  from minimum in new long?[] { null, 1_000_000_000_000 }
                  from metric in new[] { TierMetric.NetSales, TierMetric.Orders }
                  from whole in new bool?[] { null, true }
                  from threshold in new[] { 0L, 1, metric == TierMetric.NetSales ? 1_000_000_000_000 : 1_000_000 }
                  select new Terms(1, discount, 0, 1)
                  {
                      Currency = Euro,
                      MinimumOrderMinor = minimum,
                      PeriodCap = cap is { } most ? new PeriodCap(most, Month) : null,
                      MaximumCostBp = cost,
                      BeforeOwnDiscount = before,
                      Tiers = new Tiers(metric, Month, whole, [metric == TierMetric.NetSales ? new TierLevel(threshold, null, 10_000) : new TierLevel(null, threshold, 10_000)]),
                  };

        foreach (var terms in all)
        {
            var examples = Of(terms).Examples;

            Assert.That(examples, Has.Length.AtLeast(6), terms.ToString());
            Assert.That(examples.Select(example => example.Text), Has.None.Contains("\u2212"), "nothing is below zero");
            Assert.That(
                examples.Where(example => example.Title is "An order that earns a higher share" or "A part is sent back").Select(example => Plainly(example.Text)),
                Has.None.Match(@": € 0\.00[.,]|The commission was € 0\.00"), "what earns nothing is no example of it");
        }
    }

    private static Rules Of(Terms terms) => RulesText.Of(terms, Euro, null);

    private static string Paragraphs(Terms terms) => string.Join('\n', Of(terms).Paragraphs);

    private static string ParagraphOf(Terms terms, string title) => Plainly(Of(terms).Paragraphs.Single(paragraph => paragraph.Title == title).Text);

    private static string ExampleOf(Terms terms, string title) => Plainly(Of(terms).Examples.Single(example => example.Title == title).Text);

    private static string Plainly(string text) => text.Replace('\u00A0', ' ');
}
