// In what terms differ, in words, and for whom that is better.
using System.Reflection;
using StorePlugin.Campaigns;

namespace StorePlugin.Tests.Campaigns;

internal sealed class TermsDifferenceTests
{
    private static readonly Terms Before = new(CommissionBp: 1000, FriendDiscountBp: 1000, HoldDays: 30, WindowDays: 30);

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
    ];

    [TestCaseSource(nameof(Changes))]
    public void A_change_is_told_with_what_it_is_for_the_ambassadors(Terms after, string term, string from, string to, bool isWorse)
    {
        var change = TermsDifference.Between(Before, after).Single();

        Assert.That((change.Term, change.From, change.To, change.IsWorse), Is.EqualTo((term, from, to, isWorse)));
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
            typeof(Terms).GetConstructors(BindingFlags.Public | BindingFlags.Instance).MaxBy(constructor => constructor.GetParameters().Length)!.GetParameters()
                .Select(parameter => parameter.Name),
            Is.EquivalentTo([nameof(Terms.CommissionBp), nameof(Terms.FriendDiscountBp), nameof(Terms.HoldDays), nameof(Terms.WindowDays)]));
}
