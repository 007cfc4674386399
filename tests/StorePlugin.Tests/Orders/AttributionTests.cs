// The vectors of attribution, as values.
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class AttributionTests
{
    private static readonly DateTimeOffset At = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Terms Plain = new(1000, 1000, 30, 30);

    [Test]
    public void A_1_the_last_of_two_clicks_counts() =>
        AssertCredited("B", Decide(Click("A", At.AddDays(-5)), Click("B", At.AddDays(-2))));

    [Test]
    public void A_2_by_the_first_touch_the_earlier_of_two_clicks_counts()
    {
        var attribution = Decide(new Terms(1000, 1000, 30, 30) { FirstTouch = true }, Click("A", At.AddDays(-5)), Click("B", At.AddDays(-2)), Click("C", At.AddDays(-31)));

        AssertCredited("A", attribution);
        Assert.That((Dropped(attribution, "B"), Dropped(attribution, "C")), Is.EqualTo(("T2", "T2")));
    }

    [Test]
    public void Links_of_two_campaigns_go_by_the_first_touch_only_where_both_say_so()
    {
        Touch[] touches = [Click("A", At.AddDays(-5)), Click("B", At.AddDays(-2)) with { CampaignId = "other" }];

        var attribution = Attribution.Decide(
            Order(),
            new Evidence([.. touches], [Campaign(Plain with { FirstTouch = true }), Campaign(Plain) with { Id = "other" }]));

        AssertCredited("B", attribution);
    }

    [Test]
    public void A_11_a_code_that_is_no_ambassadors_leaves_links_as_they_are_unless_the_terms_are_exclusive()
    {
        var order = Order() with { Codes = [new OrderCode("SUMMER", 500)] };
        var exclusive = new Terms(1000, 1000, 30, 30) { ExclusiveCodes = true };

        AssertCredited("A", Decide(order, Plain, Click("A", At.AddDays(-1))));
        AssertNobody("T7", Decide(order, exclusive, Click("A", At.AddDays(-1))));
        AssertCredited("A", Decide(order, exclusive, Click("B", At.AddDays(-1)), Code("A", 300)));

        // One that took nothing off is no evidence of anything.
        var idle = Order() with { Codes = [new OrderCode("SUMMER", 0)] };
        AssertCredited("A", Decide(idle, exclusive, Click("A", At.AddDays(-1))));
    }

    [Test]
    public void A_15_an_ambassadors_own_purchase_earns_only_where_the_terms_allow_it()
    {
        var own = Code("A", 500) with { IsOwn = true };

        AssertNobody("F1", Decide(own));
        AssertCredited("A", Decide(Plain with { SelfPurchaseEarns = true }, own));
    }

    [Test]
    public void T13_an_order_of_a_channel_that_the_terms_leave_out_does_not_count()
    {
        var terms = new Terms(1000, 1000, 30, 30) { Channels = [OrderChannel.Online] };

        AssertCredited("A", Decide(terms, Code("A", 500)));
        AssertNobody("T13", Decide(Order() with { Channel = OrderChannel.PointOfSale }, terms, Code("A", 500)));
    }

    [Test]
    public void M1_amounts_of_the_terms_in_another_currency_credit_nobody()
    {
        var terms = new Terms(0, 1000, 30, 30) { Flat = new FlatCommission(500, PerItem: false), Currency = Currency.Parse("USD") };

        AssertNobody("M1", Decide(terms, Code("A", 500)));
        AssertCredited("A", Decide(terms with { Currency = Currency.Parse("EUR") }, Code("A", 500)));
    }

    [Test]
    public void A_3_a_code_counts_before_a_click()
    {
        var attribution = Decide(Click("A", At.AddDays(-1)), Code("B", 500));

        AssertCredited("B", attribution);
        Assert.That(Dropped(attribution, "A"), Is.EqualTo("T1"));
    }

    [Test]
    public void A_4_a_click_exactly_thirty_days_before_counts_no_more() => AssertNobody("T2", Decide(Click("A", At.AddDays(-30))));

    [Test]
    public void A_5_a_click_a_second_less_than_thirty_days_before_counts() =>
        AssertCredited("A", Decide(Click("A", At.AddDays(-30).AddSeconds(1))));

    [Test]
    public void A_click_after_the_order_does_not_count() => AssertNobody("T2", Decide(Click("A", At.AddSeconds(1))));

    [Test]
    public void A_6_of_two_codes_the_greater_discount_counts()
    {
        var attribution = Decide(Code("A", 300), Code("B", 500, position: 1));

        AssertCredited("B", attribution);
        Assert.That(Dropped(attribution, "A"), Is.EqualTo("T6"));
    }

    [Test]
    public void Of_two_codes_with_equal_discounts_the_first_applied_counts() =>
        AssertCredited("B", Decide(Code("A", 500, position: 1), Code("B", 500, position: 0)));

    [Test]
    public void T1_a_code_that_was_made_for_one_use_counts_before_a_shared_one_whatever_it_took_off()
    {
        var attribution = Decide(Code("A", 900), Code("B", 300, position: 1) with { SingleUse = true }, Click("C", At.AddDays(-1)));

        AssertCredited("B", attribution);
        Assert.That((Dropped(attribution, "A"), Dropped(attribution, "C")), Is.EqualTo(("T1", "T1")));
    }

    [Test]
    public void T6_of_two_codes_for_one_use_the_greater_discount_counts()
    {
        var attribution = Decide(Code("A", 300) with { SingleUse = true }, Code("B", 500, position: 1) with { SingleUse = true });

        AssertCredited("B", attribution);
        Assert.That(Dropped(attribution, "A"), Is.EqualTo("T6"));
    }

    [Test]
    public void T5_a_code_for_one_use_that_an_order_before_has_used_counts_no_more_and_a_shared_one_does()
    {
        var used = Code("A", 500) with { SingleUse = true, UsedBy = "7" };

        AssertNobody("T5", Decide(used));
        AssertCredited("B", Decide(used, Code("B", 300, position: 1)));
    }

    [Test]
    public void T1_a_campaign_that_puts_links_first_puts_them_before_codes_for_one_use() =>
        AssertCredited("B", Decide(Plain with { Precedence = [TouchClass.Link, TouchClass.Code, TouchClass.Customer] }, Code("A", 500) with { SingleUse = true }, Click("B", At.AddDays(-1))));

    [Test]
    public void A_9_a_code_that_gave_nothing_is_no_evidence() => AssertNobody("T5", Decide(Code("A", 0)));

    [Test]
    public void A_code_that_gave_nothing_counts_where_codes_only_track() =>
        AssertCredited("A", Decide(new Terms(1000, 0, 30, 30), Code("A", 0)));

    [Test]
    public void A_10_an_ambassador_suspended_the_day_before_gets_nothing_and_is_told_why()
    {
        var attribution = Decide(Code("A", 500) with { SuspendedAt = At.AddDays(-1) });

        AssertNobody("T10", attribution);
        Assert.That(((Attribution.Nobody)attribution).Why, Does.Contain("suspended"));
    }

    [Test]
    public void An_ambassador_suspended_a_second_after_the_order_keeps_it() =>
        AssertCredited("A", Decide(Code("A", 500) with { SuspendedAt = At.AddSeconds(1) }));

    [Test]
    public void An_ambassador_who_had_left_gets_nothing_and_is_told_why()
    {
        var attribution = Decide(Code("A", 500) with { LeftAt = At });

        AssertNobody("T10", attribution);
        Assert.That(((Attribution.Nobody)attribution).Why, Does.Contain("had left"));
    }

    // A code that is nobody's makes no touch at all.
    [Test]
    public void A_11_a_code_of_the_shop_does_not_block_a_click() =>
        AssertCredited("A", Decide(Order() with { Codes = [new OrderCode("SUMMER", 400)] }, Plain, Click("A", At.AddDays(-1))));

    [Test]
    public void A_13_a_renewal_with_the_code_of_its_origin_earns_nothing()
    {
        var attribution = Decide(Order() with { Channel = OrderChannel.Renewal }, Plain, Code("A", 500));

        AssertNobody("T14", attribution);
        Assert.That(((Attribution.Nobody)attribution).Why, Does.Contain("renewal"));
    }

    [Test]
    public void A_15_an_ambassador_who_buys_with_the_own_code_earns_nothing()
    {
        var attribution = Decide(Code("A", 500) with { IsOwn = true });

        AssertNobody("F1", attribution);
        Assert.That(((Attribution.Nobody)attribution).Why, Does.Contain("discount stands"));
    }

    [Test]
    public void Before_the_launch_and_after_a_codes_end_nobody_is_credited()
    {
        AssertNobody("T10", Attribution.Decide(Order(), new Evidence([Code("A", 500)], [Campaign(Plain) with { LaunchedAt = At.AddSeconds(1) }])));
        AssertNobody("T10", Attribution.Decide(Order(), new Evidence([Code("A", 500)], [new CampaignAt("cmp", null, null, null)])));
        AssertNobody("T10", Decide(Code("A", 500) with { ApprovedAt = At.AddSeconds(1) }));
        AssertNobody("T5", Decide(Code("A", 500) with { AssignedAt = At.AddSeconds(1) }));
        AssertNobody("T5", Decide(Code("A", 500) with { EndedAt = At }));
        AssertCredited("A", Decide(Code("A", 500) with { AssignedAt = At, ApprovedAt = At, EndedAt = At.AddSeconds(1) }));
    }

    [Test]
    public void A_test_order_earns_nothing() =>
        AssertNobody("T13", Decide(Order() with { Test = true }, Plain, Code("A", 500)));

    [Test]
    public void The_order_in_which_touches_are_found_changes_nothing()
    {
        Touch[] touches = [Click("A", At.AddDays(-1)), Click("B", At.AddDays(-1)) with { Evidence = "a-lower-id" }, Click("C", At.AddDays(-2))];

        Assert.That(
            new[] { touches, [touches[2], touches[1], touches[0]], [touches[1], touches[0], touches[2]] }.Select(order => Winner(Decide(order))),
            Is.All.EqualTo("B"));
    }

    private static Attribution Decide(params Touch[] touches) => Decide(Plain, touches);

    private static Attribution Decide(Terms terms, params Touch[] touches) => Decide(Order(), terms, touches);

    private static Attribution Decide(Order order, Terms terms, params Touch[] touches) =>
        Attribution.Decide(order, new Evidence([.. touches], [Campaign(terms)]));

    private static CampaignAt Campaign(Terms terms) => new("cmp", 1, At.AddYears(-1), null) { Terms = terms };

    private static Touch Code(string who, long discountMinor, long position = 0) => new(
        TouchKind.Code, "CODE" + who, At, discountMinor, position, who, "cmp", At.AddYears(-1), null, At.AddYears(-1), null)
    { IsOwn = false };

    private static Touch Click(string who, DateTimeOffset at) => Code(who, 0) with { Kind = TouchKind.Click, Evidence = "click of " + who, At = at };

    private static Order Order() => new()
    {
        Id = "1",
        Reference = "#1",
        At = At,
        UpdatedAt = At,
        Currency = Currency.Parse("EUR"),
        Paid = true,
    };

    private static string? Winner(Attribution attribution) => (attribution as Attribution.Credited)?.Winner.AmbassadorId;

    private static string? Dropped(Attribution attribution, string who) =>
        attribution.Touches.Single(touch => touch.Touch.AmbassadorId == who).DroppedBy;

    private static void AssertCredited(string who, Attribution attribution) => Assert.That(Winner(attribution), Is.EqualTo(who));

    private static void AssertNobody(string rule, Attribution attribution) =>
        Assert.That((attribution as Attribution.Nobody)?.Rule, Is.EqualTo(rule));
}
