// The patterns at their edges: what is a notice, what asks for a person, and what is nothing.
using StorePlugin.Abuse;

namespace StorePlugin.Tests.Abuse;

internal sealed class PatternsTests
{
    private static readonly PatternStatistics Quiet = new() { DayOrders = 1, MonthOrders = 28, Orders = 100, Age = TimeSpan.FromDays(100) };

    [Test]
    public void An_ambassador_like_most_gives_no_finding() => Assert.That(Patterns.Find(Quiet), Is.Empty);

    // Rule F4: at least 25, and 6 times the own daily mean of 28 days.
    [TestCase(24, 0, false)]
    [TestCase(25, 0, true)]
    [TestCase(25, 116, true)]
    [TestCase(25, 117, false)]
    [TestCase(30, 140, true)]
    [TestCase(30, 141, false)]
    public void F4_many_orders_in_a_day_are_a_notice(long day, long month, bool found)
    {
        var findings = Patterns.Find(Quiet with { DayOrders = day, MonthOrders = month });

        Assert.That(findings.Select(Short), found ? Is.EqualTo(["F4 notice"]) : Is.Empty);
    }

    [Test]
    public void F4_asks_for_a_person_only_with_a_second_signal()
    {
        var burst = Quiet with { DayOrders = 30, MonthOrders = 28 };

        Assert.That(Patterns.Find(burst with { Age = TimeSpan.FromDays(7) }).Select(Short), Is.EqualTo(["F4 notice"]));
        Assert.That(Patterns.Find(burst with { Age = TimeSpan.FromDays(7) - TimeSpan.FromMilliseconds(1) }).Select(Short), Is.EqualTo(["F4 review"]));
        Assert.That(Patterns.Find(burst with { Sharing = 1 }).Select(Short), Is.EqualTo(["F2 review", "F4 review"]));
        Assert.That(Patterns.Find(burst with { DisposableDomain = "mailinator.com" }).Select(Short), Is.EqualTo(["F2 review", "F4 review"]));
        Assert.That(Patterns.Find(burst with { RefundedOrders = 25 }).Select(Short), Is.EqualTo(["F4 review", "F6 review"]));
    }

    // Rule F5: 3 times the own share of uses without a click.
    [TestCase(3, 10, 10, 100, true)]
    [TestCase(3, 11, 10, 100, false)]
    [TestCase(9, 10, 30, 100, true)]
    [TestCase(9, 10, 31, 100, false)]
    [TestCase(3, 3, 0, 50, true)]
    [TestCase(2, 2, 0, 50, false)]
    [TestCase(5, 5, 0, 0, false)]
    public void F5_uses_of_a_code_that_nobody_clicked_for_are_a_notice(long dayWithout, long day, long monthWithout, long month, bool found)
    {
        var statistics = Quiet with { DayWithoutClick = dayWithout, DayOrders = day, MonthWithoutClick = monthWithout, MonthOrders = month };

        Assert.That(Patterns.Find(statistics).Select(Short), found ? Is.EqualTo(["F5 notice"]) : Is.Empty);
        Assert.That(Patterns.Find(statistics with { CouponClicks = 1 }).Select(Short), found ? Is.EqualTo(["F5 review"]) : Is.Empty, "with clicks from a site of coupons");
        Assert.That(Patterns.Find(statistics with { PublishedLeaks = 1 }).Select(Short), found ? Is.EqualTo(["F5 review"]) : Is.Empty, "with a code that was published");
    }

    [TestCase(7, 7, false)]
    [TestCase(8, 1, false)]
    [TestCase(8, 2, true)]
    [TestCase(9, 2, false)]
    [TestCase(12, 3, true)]
    public void F6_a_quarter_refunded_of_eight_orders_asks_for_a_person(long orders, long refunded, bool found)
    {
        var findings = Patterns.Find(Quiet with { Orders = orders, RefundedOrders = refunded });

        Assert.That(findings.Select(Short), found ? Is.EqualTo(["F6 review"]) : Is.Empty);
    }

    [Test]
    public void F2_a_shared_destination_asks_for_a_person()
    {
        var finding = Patterns.Find(Quiet with { Sharing = 2 }).Single();

        Assert.That((Short(finding), finding.Why), Is.EqualTo(("F2 review", "2 other ambassadors of the store are paid to the same account.")));
        Assert.That(finding.Inputs, Is.EqualTo([new FindingInput("othersPaidThere", 2)]));
    }

    [Test]
    public void F2_a_disposable_address_alone_is_nothing_and_with_a_second_signal_asks_for_a_person()
    {
        var throwaway = Quiet with { DisposableDomain = "yopmail.com" };

        Assert.That(Patterns.Find(throwaway), Is.Empty);
        Assert.That(Patterns.Find(throwaway with { Age = TimeSpan.FromDays(6) }).Select(Short), Is.EqualTo(["F2 review"]));
        Assert.That(Patterns.Find(throwaway with { Age = TimeSpan.FromDays(6) }).Single().Inputs, Does.Contain(new FindingInput("disposableDomain", Word: "yopmail.com")));
    }

    [Test]
    public void What_a_finding_says_fits_its_column_and_names_its_inputs()
    {
        const long Many = 1_000_000;
        var findings = Patterns.Find(new PatternStatistics
        {
            DayOrders = Many,
            MonthOrders = Many,
            DayWithoutClick = Many,
            MonthWithoutClick = Many / 4,
            CouponClicks = Many,
            PublishedLeaks = Many,
            Orders = Many,
            RefundedOrders = Many,
            Sharing = Many,
            DisposableDomain = "mailinator.com",
            Age = TimeSpan.Zero,
        });

        Assert.That(findings.Select(Short), Is.EqualTo(["F2 review", "F4 review", "F5 review", "F6 review"]));
        Assert.That(findings.Select(finding => finding.Why.Length), Is.All.LessThanOrEqualTo(200));
        Assert.That(findings.SelectMany(finding => finding.Inputs).Select(input => input.Number is null == input.Word is null), Is.All.False);
        Assert.That(findings.Select(finding => PatternFinding.InputsOf(PatternFinding.ToJson(finding.Inputs))), Is.EqualTo(findings.Select(finding => finding.Inputs)));
    }

    [Test]
    public void An_exemption_turns_the_outcome_and_keeps_the_severity()
    {
        var finding = Patterns.Find(Quiet with { Sharing = 1 }).Single();
        var allowed = finding with { AllowedWhy = "Sisters." };

        Assert.That((finding.Outcome, finding.Stops), Is.EqualTo(("review", true)));
        Assert.That((allowed.Outcome, allowed.Severity, allowed.Stops), Is.EqualTo(("allowed", "review", false)));
        Assert.That(PatternFinding.OutcomeOf(Severity.Notice, null), Is.EqualTo("noted"));
    }

    [TestCase("ann@mailinator.com", "mailinator.com")]
    [TestCase("ann@box7.Mailinator.COM", "mailinator.com")]
    [TestCase("ann@notmailinator.com", null)]
    [TestCase("ann@mailinator.com.example", null)]
    [TestCase("ann@example.com", null)]
    public void A_disposable_domain_is_known_with_all_that_lies_below_it(string email, string? domain) =>
        Assert.That(DisposableDomains.Of(email), Is.EqualTo(domain));

    private static string Short(PatternFinding finding) => $"{finding.Rule} {finding.Severity}";
}
