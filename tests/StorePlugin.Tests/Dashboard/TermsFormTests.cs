// The form of terms: what it shows comes back as it was, and what it does not show stays.
using System.Collections.Immutable;
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Dashboard;

internal sealed class TermsFormTests
{
    private static readonly Currency Eur = Currency.Parse("EUR");

    private static readonly Terms[] Many =
    [
        TermsForm.Defaults,
        new(0, 0, 0, 365) { Currency = Eur, Flat = new FlatCommission(15_00, PerItem: true), FirstTouch = true, ExclusiveCodes = true, SelfPurchaseEarns = true },
        new(1250, 1, 1, 1)
        {
            Currency = Eur,
            MinimumOrderMinor = 20_01,
            MaximumCommissionMinor = 50_00,
            MaximumCostBp = 3050,
            BeforeOwnDiscount = true,
            ProgrammeCreditLowersBase = true,
            NewCustomersOnly = true,
            FriendOncePerCustomer = true,
            Channels = [OrderChannel.Online, OrderChannel.Draft],
            ExcludedProducts = ["12", "13"],
            ExcludedCollections = ["outlet"],
            PeriodCap = new PeriodCap(900_00, new TermsPeriod(PeriodKind.RollingDays, 30)),
            Tiers = new Tiers(TierMetric.NetSales, new TermsPeriod(PeriodKind.Lifetime), true, [new TierLevel(0, null, 1300), new TierLevel(1_000_50, null, 1500)]),
            Enrolment = Enrolment.Instant,
            AdvocateReward = new AdvocateReward(new RewardCode(1500, null, 20_00, 90), new RewardMaximum(3, new TermsPeriod(PeriodKind.RollingDays, 30))),
            Milestones = [new Milestone(TierMetric.NetSales, 1000_00, null, 50_00, null), new Milestone(TierMetric.Orders, null, 10, 5_00, null)],
        },
        new(1000, 0, 30, 30)
        {
            Currency = Eur,
            Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.RollingDays, 90), null, [new TierLevel(null, 5, 1500)]),
            AdvocateReward = new AdvocateReward(new RewardCode(null, 10_00, null, null) { As = RewardForm.GiftCard }, null),
            Enrolment = Enrolment.Application,
        },
        Hidden,
    ];

    private static Terms Hidden => new(1000, 1000, 30, 30)
    {
        Currency = Eur,
        Rates = [new RateRule("10", null, 500), new RateRule(null, "amb_1", 2000)],
        Renewals = new RenewalTerms(3, null),
        Binding = new BindingTerms(100, 5),
        Precedence = [TouchClass.Customer, TouchClass.Link, TouchClass.Code],
        Milestones = [new Milestone(TierMetric.Orders, null, 10, null, new RewardCode(null, 10_00, null, 180))],
        ExcludedProducts = [.. Enumerable.Range(0, 500).Select(i => $"{i:D40}")],
        ExcludedCollections = [.. Enumerable.Range(0, 100).Select(i => $"{i:D20}")],
        Tiers = new Tiers(TierMetric.Orders, new TermsPeriod(PeriodKind.CalendarMonth), null, [.. Enumerable.Range(1, 12).Select(i => new TierLevel(null, i, 1000 + i))]),
    };

    [TestCaseSource(nameof(Many))]
    public void What_is_not_touched_comes_back_as_it_was(object terms)
    {
        var (read, form) = Read(TermsForm.Of((Terms)terms, Eur), (Terms)terms);

        Assert.That(form.Errors, Is.Empty);
        Assert.That(TermsDifference.Between((Terms)terms, read), Is.Empty);
        Assert.That(read.ToJson(), Is.EqualTo(((Terms)terms).ToJson()));
    }

    [Test]
    public void What_the_form_does_not_show_is_named_and_stays_when_the_rest_changes()
    {
        var typed = new Typed(new Dictionary<string, string> { ["commission"] = "9,5", ["friend"] = "", ["channel-online"] = "on" }).Over(TermsForm.Of(Hidden, Eur));

        var (read, form) = Read(typed, Hidden);

        Assert.That(form.Errors, Is.Empty);
        Assert.That(
            TermsForm.Kept(Hidden),
            Is.EqualTo(new[]
            {
                "2 other shares for products, collections, ambassadors or groups", "the renewals of subscriptions that earn", "how long customers stay bound to an ambassador",
                "the order of codes, links and customers", "the shares that rise, which are many", "the milestones, which are many or bring something else than money",
                "the 500 products that earn nothing",
            }));
        Assert.That((read.CommissionBp, read.FriendDiscountBp), Is.EqualTo((950L, 0L)));
        Assert.That((read with { CommissionBp = 1000, FriendDiscountBp = 1000 }).ToJson(), Is.EqualTo(Hidden.ToJson()));
        Assert.That(TermsForm.Kept(TermsForm.Defaults), Is.Empty);
    }

    [Test]
    public void What_is_emptied_is_gone()
    {
        var full = Many[2];
        var typed = new Typed(new Dictionary<string, string>
        {
            ["minimum"] = "",
            ["maximum"] = "",
            ["cost"] = "",
            ["cap"] = "",
            ["products"] = " ",
            ["collections"] = "\n",
            ["reward-as"] = "none",
            ["customers"] = "all",
            ["tier-from-1"] = "",
            ["tier-percent-0"] = "",
            ["tier-percent-1"] = "",
            ["milestone-from-0"] = "",
            ["milestone-bonus-0"] = "",
            ["milestone-from-1"] = "",
            ["milestone-bonus-1"] = "",
            ["channel-point_of_sale"] = "on",
            ["enrolment"] = "none",
            ["base"] = "after_discounts",
            ["credit"] = "counts",
            ["friend-uses"] = "any",
        }).Over(TermsForm.Of(full, Eur));

        var (read, form) = Read(typed, full);

        Assert.That(form.Errors, Is.Empty);
        Assert.That(read.ToJson(), Is.EqualTo(new Terms(1250, 1, 1, 1).ToJson()));
    }

    [TestCase("12.5", 1250)]
    [TestCase("12,5", 1250)]
    [TestCase(" 12.50 ", 1250)]
    [TestCase("0.01", 1)]
    public void A_number_is_read_as_people_write_it(string text, long basisPoints) =>
        Assert.That(Read(Changed("commission", text), TermsForm.Defaults).Read.CommissionBp, Is.EqualTo(basisPoints));

    [TestCase("20", 20_00)]
    [TestCase("20,5", 20_50)]
    [TestCase("1000.00", 1000_00)]
    public void An_amount_is_read_exactly(string text, long minor) =>
        Assert.That(Read(Changed("minimum", text), TermsForm.Defaults).Read.MinimumOrderMinor, Is.EqualTo(minor));

    // Each stands at the field that it is about.
    [TestCase("commission", "", "commission", "is missing")]
    [TestCase("commission", "1e2", "commission", "must be a number, such as 10 or 12.5")]
    [TestCase("commission", "100.001", "commission", "must be more than 0 and at most 100, with two decimals at most")]
    [TestCase("friend", "101", "friend", "must be from 0 to 100, with two decimals at most")]
    [TestCase("hold", "1.5", "hold", "must be a whole number from 0 to 365")]
    [TestCase("window", "0", "window", "must be a whole number from 1 to 365")]
    [TestCase("minimum", "1,000", "minimum", "must be an amount in EUR, such as 25.00")]
    [TestCase("minimum", "-5", "minimum", "must be a whole number from 1 to 1000000000000")]
    [TestCase("cost", "10", "cost", "must be above the friend's discount, or no order earns anything")]
    [TestCase("customers", "some", "customers", "must be all or new")]
    [TestCase("cap-days", "5", null, null)]
    [TestCase("tier-percent-2", "5", "tier-percent-2", "must rise: each threshold and each percent above the one before, and the first percent not below the commission")]
    [TestCase("tier-percent-1", "x", "tier-percent-1", "must be a number, such as 10 or 12.5")]
    [TestCase("tier-from-1", "x", "tier-from-1", "must be an amount in EUR, such as 25.00")]
    [TestCase("reward-as", "percent", "reward", "is missing")]
    [TestCase("milestone-bonus-2", "5", "milestone-from-2", "is missing")]
    [TestCase("channel-online", "", "channel-online", "or another way must be chosen: every order comes by one of them")]
    [TestCase("friend-uses", "never", "friend-uses", "must be any or once_per_customer")]
    public void What_is_wrong_stands_at_its_field(string name, string text, string? field, string? why)
    {
        var typed = Changed(name, text);
        typed = name == "channel-online" ? new Typed(typed.Values.Where(value => !value.Key.StartsWith("channel-", StringComparison.Ordinal)).ToDictionary()) : typed;

        var errors = Read(typed, TermsForm.Defaults).Form.Errors;

        Assert.That(field is null ? null : errors.GetValueOrDefault(field), field is null ? Is.Null : Is.EqualTo(new[] { why }).Or.Member(why));
    }

    [Test]
    public void Whatever_a_term_is_called_in_the_API_its_refusal_finds_a_field_that_is_shown()
    {
        var form = new FormReader(Typed.Nothing, Eur);
        var layout = new FormLayout(Typed.Nothing, form.Errors);
        var shown = TermsForm.Parts(layout, Typed.Nothing, TermsForm.Defaults, Eur).SelectMany(part => part.Fields.Concat(part.Rows.SelectMany(row => row))).Select(field => field.Name).ToHashSet();
        string[] paths =
        [
            "commission", "commission.percent", "commission.flat.minor", "friendDiscount.percent", "holdDays", "windowDays", "excludedProducts", "excludedCollections", "minimumOrder.minor",
            "maximumCommission", "touch", "otherCodes", "selfPurchase", "channels", "tiers.metric", "tiers.days", "tiers.period", "tiers.mode", "tiers.levels", "tiers.levels[0].percent",
            "tiers.levels[0].from.minor", "periodCap.maximum.minor", "periodCap.days", "periodCap", "maximumCost.percent", "base", "customers", "friendUses", "advocateReward.percent",
            "advocateReward.amount.minor", "advocateReward.as", "advocateReward.minimumOrder", "advocateReward.validDays", "advocateReward.maximum.count", "advocateReward.maximum.days",
            "milestones", "milestones[0].metric", "milestones[0].from.minor", "milestones[0].bonus.minor", "storeCredit", "enrolment",
        ];

        Assert.That(paths.Where(path => !shown.Contains(TermsForm.FieldOf(path, form))), Is.Empty);
    }

    private static Typed Changed(string name, string text) =>
        new Typed(new Dictionary<string, string> { [name] = text }).Over(TermsForm.Of(TermsForm.Defaults, Eur));

    private static (Terms Read, FormReader Form) Read(Typed typed, Terms ground)
    {
        var form = new FormReader(typed, Eur);
        var fields = Fields.Of(FormReader.ElementOf(TermsForm.Read(form, ground)));
        var terms = TermsRequest.Read(fields, "EUR");
        form.Judge(fields, path => TermsForm.FieldOf(path, form));
        return (terms, form);
    }
}
