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
        new(1000, 1000, 30, 30)
        {
            Currency = Eur,
            Rates =
            [
                new RateRule("10", null, 500), new RateRule(null, "amb_1", 2000), new RateRule("10", "amb_1", 0), new RateRule(null, null, 1225) { Group = "gold & silver" },
                new RateRule(null, null, 10_000) { CollectionId = "sale" }, new RateRule(null, "amb_2", 1) { CollectionId = "sale" }, new RateRule("11", "amb_1", 7), new RateRule("a b/c", null, 900),
            ],
            Renewals = new RenewalTerms(3, null),
            Binding = new BindingTerms(100, 5),
            Precedence = [TouchClass.Customer, TouchClass.Link, TouchClass.Code],
            Milestones =
            [
                new Milestone(TierMetric.NetSales, 5_00, null, null, new RewardCode(null, 10_00, 10_00, 180)),
                new Milestone(TierMetric.Orders, null, 1, 5_00, null),
                new Milestone(TierMetric.Orders, null, 10, null, new RewardCode(1250, null, null, 7)),
                new Milestone(TierMetric.Orders, null, 11, null, new RewardCode(null, 25_00, null, null) { As = RewardForm.GiftCard }),
                new Milestone(TierMetric.NewCustomers, null, 3, null, new RewardCode(null, 1, null, 730) { As = RewardForm.StoreCredit }),
                new Milestone(TierMetric.NewCustomers, null, 4, null, new RewardCode(1, null, 1, 30)),
            ],
        },
        new(1000, 1000, 30, 30) { Renewals = new RenewalTerms(null, 120), Binding = new BindingTerms(3650, null) },
        Hidden,
    ];

    private static Terms Hidden => new(1000, 1000, 30, 30)
    {
        Currency = Eur,
        Rates = [.. Enumerable.Range(0, 9).Select(i => new RateRule($"{i}", i % 2 == 0 ? null : "amb_1", 500))],
        Milestones = [.. Enumerable.Range(1, 7).Select(i => new Milestone(TierMetric.Orders, null, i, null, new RewardCode(null, 10_00, null, 180)))],
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
    public void Whatever_the_terms_say_of_what_the_form_shows_comes_back_as_it_was()
    {
        for (var seed = 1; seed <= 500; seed++)
        {
            var terms = TermsOf(new Random(seed));

            var (read, form) = Read(TermsForm.Of(terms, Eur), terms);

            Assert.That(form.Errors, Is.Empty, $"seed {seed}");
            Assert.That(read.ToJson(), Is.EqualTo(terms.ToJson()), $"seed {seed}");
            Assert.That(TermsForm.Kept(terms), Is.Empty, $"seed {seed}");
        }
    }

    [Test]
    public void Each_order_of_the_evidence_can_be_chosen_and_says_what_counts_first()
    {
        var layout = new FormLayout(TermsForm.Of(TermsForm.Defaults, Eur), new Dictionary<string, List<string>>());
        var choices = TermsForm.Parts(layout, Typed.Nothing, TermsForm.Defaults, Eur, people: null).SelectMany(part => part.Fields).Single(field => field.Name == "precedence").Choices;

        var orders = choices.Select(choice => Read(Changed("precedence", choice.Word), TermsForm.Defaults).Read.Precedence is { } read ? string.Join(", ", read) : "Code, Link, Customer").ToList();

        Assert.That(orders, Is.Unique.And.Count.EqualTo(6));
        Assert.That(orders[0], Is.EqualTo("Code, Link, Customer"));
        var words = new Dictionary<string, string> { ["Code"] = "code", ["Link"] = "click", ["Customer"] = "bond" };
        Assert.That(choices.Select(choice => choice.Says), Is.EqualTo(orders.Select(order => string.Join(", ", order.Split(", ").Select(one => words[one])))));
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
                "the 9 other shares for products, collections, ambassadors or groups", "the shares that rise, which are many", "the milestones, which are many",
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

    [Test]
    public void What_is_ended_needs_no_emptying_of_its_numbers_and_rows_that_are_emptied_are_gone()
    {
        var full = Many.Single(terms => terms.Rates is { Length: 8 });
        var typed = new Dictionary<string, string> { ["renewals"] = "none", ["binding"] = "none", ["precedence"] = "code-link-customer" };
        foreach (var i in Enumerable.Range(0, 8).Where(i => i != 4))
        {
            typed[$"rate-id-{i}"] = typed[$"rate-who-{i}"] = typed[$"rate-percent-{i}"] = "";
        }

        foreach (var i in Enumerable.Range(0, 6).Where(i => i != 1))
        {
            typed[$"milestone-from-{i}"] = typed[$"milestone-bonus-{i}"] = typed[$"milestone-minimum-{i}"] = typed[$"milestone-days-{i}"] = "";
        }

        var (read, form) = Read(new Typed(typed).Over(TermsForm.Of(full, Eur)), full);

        Assert.That(form.Errors, Is.Empty);
        Assert.That(
            read.ToJson(),
            Is.EqualTo(new Terms(1000, 1000, 30, 30)
            {
                Currency = Eur,
                Rates = [new RateRule(null, null, 10_000) { CollectionId = "sale" }],
                Milestones = [new Milestone(TierMetric.Orders, null, 1, 5_00, null)],
            }.ToJson()));
    }

    // Each stands at its own row.
    [TestCase("product", "", "", "5", "rate-id-1", "is missing")]
    [TestCase("product", "10", "", "", "rate-percent-1", "is missing")]
    [TestCase("product", "10", "", "x", "rate-percent-1", "must be a number, such as 10 or 12.5")]
    [TestCase("product", "10", "", "100.5", "rate-percent-1", "must be from 0 to 100, with two decimals at most")]
    [TestCase("product", "10", "amb_1", "5", "rate-who-1", "does not go with a share of everybody: choose what the share is for, or leave it empty")]
    [TestCase("group", "10", "amb_1", "5", "rate-who-1", "does not go with a share of everybody: choose what the share is for, or leave it empty")]
    [TestCase("ambassador", "10", "amb_1", "5", "rate-id-1", "does not go with an ambassador's share of everything: choose what the share is for, or leave it empty")]
    [TestCase("ambassador", "", "", "5", "rate-who-1", "is missing")]
    [TestCase("ambassador", "", "ann", "5", "rate-who-1", "is nobody of this campaign: it is a code, link, e-mail address or id of one of its ambassadors")]
    [TestCase("ambassador-product", "10", "", "5", "rate-who-1", "is missing")]
    [TestCase("ambassador-collection", "", "amb_1", "5", "rate-id-1", "is missing")]
    [TestCase("everything", "10", "", "5", "rate-for-1", "must be one of what can be chosen")]
    [TestCase("ambassador", "", "amb_1", "7", "rate-for-1", "has a share already, which is share 1")]
    public void What_is_wrong_with_a_share_stands_beside_its_row(string scope, string id, string who, string percent, string field, string why)
    {
        var ground = TermsForm.Defaults with { Rates = [new RateRule(null, "amb_1", 2000), new RateRule("20", "amb_1", 100)] };
        var typed = new Typed(new Dictionary<string, string> { ["rate-for-1"] = scope, ["rate-id-1"] = id, ["rate-who-1"] = who, ["rate-percent-1"] = percent });

        var errors = Read(typed.Over(TermsForm.Of(ground, Eur)), ground).Form.Errors;

        Assert.That(errors.GetValueOrDefault(field), Is.EqualTo(new[] { why }));
        Assert.That(errors.Keys.Where(name => name != field && !(scope == "everything" && name == "rate-id-1")), Is.Empty);
    }

    [Test]
    public void Shares_do_not_go_with_a_fixed_commission_and_that_stands_beside_the_first()
    {
        var ground = TermsForm.Defaults with { Rates = [new RateRule("20", null, 100)] };

        var errors = Read(new Typed(new Dictionary<string, string> { ["commission-how"] = "item" }).Over(TermsForm.Of(ground, Eur)), ground).Form.Errors;

        Assert.That(errors.Single().Key, Is.EqualTo("rate-percent-0"));
        Assert.That(errors.Single().Value, Is.EqualTo(new[] { "is a share, and does not go with a fixed commission" }));
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
    [TestCase("milestone-minimum-2", "5", "milestone-minimum-2", "does not go with money: choose what the milestone brings, or leave it empty")]
    [TestCase("milestone-days-0", "5", "milestone-bonus-0", "is missing")]
    [TestCase("renewals", "count", "renewals-number", "is missing")]
    [TestCase("renewals", "all", "renewals", "is not known here")]
    [TestCase("renewals-number", "3", "renewals-number", "is for renewals that earn: choose that they do, or leave it empty")]
    [TestCase("binding-days", "3", "binding-days", "is for customers who stay bound: choose that they do, or leave it empty")]
    [TestCase("binding-orders", "3", "binding-orders", "is for customers who stay bound: choose that they do, or leave it empty")]
    [TestCase("binding", "bound", null, null)]
    [TestCase("precedence", "code-link", "precedence", "must name code, link and customer, each once, strongest first")]
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
        var shown = TermsForm.Parts(layout, Typed.Nothing, TermsForm.Defaults, Eur, RatePeople.ById(TermsForm.Defaults)).SelectMany(part => part.Fields.Concat(part.Rows.SelectMany(row => row))).Select(field => field.Name).ToHashSet();
        string[] paths =
        [
            "commission", "commission.percent", "commission.flat.minor", "friendDiscount.percent", "holdDays", "windowDays", "excludedProducts", "excludedCollections", "minimumOrder.minor",
            "maximumCommission", "touch", "otherCodes", "selfPurchase", "channels", "tiers.metric", "tiers.days", "tiers.period", "tiers.mode", "tiers.levels", "tiers.levels[0].percent",
            "tiers.levels[0].from.minor", "periodCap.maximum.minor", "periodCap.days", "periodCap", "maximumCost.percent", "base", "customers", "friendUses", "advocateReward.percent",
            "advocateReward.amount.minor", "advocateReward.as", "advocateReward.minimumOrder", "advocateReward.validDays", "advocateReward.maximum.count", "advocateReward.maximum.days",
            "milestones", "milestones[0].metric", "milestones[0].from.minor", "milestones[0].bonus.minor", "storeCredit", "enrolment",
            "milestones[0].code", "milestones[0].code.as", "milestones[0].code.percent", "milestones[0].code.amount.minor", "milestones[0].code.minimumOrder", "milestones[0].code.validDays",
            "rates", "rates[0].percent", "rates[0].product", "rates[0].collection", "rates[0].group", "rates[0].ambassador", "renewals", "renewals.count", "renewals.months", "binding",
            "binding.days", "binding.orders", "precedence",
        ];

        Assert.That(paths.Where(path => !shown.Contains(TermsForm.FieldOf(path, form))), Is.Empty);
    }

    /// <summary>Terms of which every part is there or not, as chance has it.</summary>
    private static Terms TermsOf(Random random)
    {
        var scopes = new List<RateRule>();
        foreach (var i in Enumerable.Range(0, random.Next(9)))
        {
            scopes.Add(random.Next(6) switch
            {
                0 => new RateRule($"{i}", null, Share()),
                1 => new RateRule(null, $"amb_{i}", Share()),
                2 => new RateRule($"{i}", "amb_x", Share()),
                3 => new RateRule(null, null, Share()) { CollectionId = $"{i}" },
                4 => new RateRule(null, "amb_x", Share()) { CollectionId = $"{i}" },
                _ => new RateRule(null, null, Share()) { Group = $"group {i}" },
            });
        }

        var milestones = Enumerable.Range(1, random.Next(7)).Select(i => random.Next(5) switch
        {
            0 => new Milestone(TierMetric.Orders, null, i, 1 + Share(), null),
            1 => new Milestone(TierMetric.Orders, null, i, null, new RewardCode(1 + random.Next(10_000), null, Maybe(100), 7 + random.Next(700))),
            2 => new Milestone(TierMetric.Orders, null, i, null, new RewardCode(null, 1, Maybe(100), 7 + random.Next(700))),
            3 => new Milestone(TierMetric.Orders, null, i, null, new RewardCode(null, 1 + Share(), null, Maybe(7)) { As = RewardForm.GiftCard }),
            _ => new Milestone(TierMetric.Orders, null, i, null, new RewardCode(null, 1 + Share(), null, Maybe(7)) { As = RewardForm.StoreCredit }),
        }).ToList();
        var classes = new[] { TouchClass.Code, TouchClass.Link, TouchClass.Customer };
        random.Shuffle(classes);
        var terms = new Terms(1 + random.Next(9_999), random.Next(10_001), random.Next(366), 1 + random.Next(365))
        {
            Rates = scopes.Count == 0 ? null : [.. scopes],
            Milestones = milestones.Count == 0 ? null : milestones,
            Renewals = random.Next(3) switch { 0 => null, 1 => new RenewalTerms(1 + random.Next(120), null), _ => new RenewalTerms(null, 1 + random.Next(120)) },
            Binding = random.Next(2) == 0 ? null : new BindingTerms(1 + random.Next(3650), Maybe(1)),
            Precedence = classes is [TouchClass.Code, TouchClass.Link, _] ? null : [.. classes],
            MinimumOrderMinor = Maybe(1),
        };
        return terms.MinimumOrderMinor is not null || TermsRewards.StateAmount(terms) ? terms with { Currency = Eur } : terms;

        long Share() => random.Next(10_001);

        long? Maybe(int least) => random.Next(2) == 0 ? null : least + random.Next(600);
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
