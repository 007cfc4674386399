// How a movement of store credit is known again, which bears no note.
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Rewards;

internal sealed class CreditFoundTests
{
    private static readonly DateTimeOffset Sent = StoreApp.Start;
    private static readonly DateTimeOffset End = Sent.AddDays(90);

    private static CreditMove Move(string id, long amount = 1000, int seconds = 0, DateTimeOffset? end = null) => new(id, amount, Sent.AddSeconds(seconds), end);

    [Test]
    public void One_of_the_amount_since_it_was_asked_for_is_it() => Assert.That(Among([Move("a")]), Is.EqualTo(new CreditFound.One(Move("a"))));

    [TestCase(-119, true)]
    [TestCase(-121, false)]
    public void The_platforms_clock_may_be_two_minutes_behind(int seconds, bool isFound) =>
        Assert.That(Among([Move("a", seconds: seconds)]) is CreditFound.One, Is.EqualTo(isFound));

    [Test]
    public void Another_amount_another_end_and_what_is_anothers_are_not_it() => Assert.That(
        Among([Move("a", 999), Move("b", -1000), Move("c", end: End), Move("known")]), Is.EqualTo(new CreditFound.Nothing()));

    [Test]
    public void With_an_end_it_is_told_from_one_without_and_may_end_with_the_day()
    {
        Assert.That(Among([Move("a"), Move("b", end: End.AddHours(13))], End), Is.EqualTo(new CreditFound.One(Move("b", end: End.AddHours(13)))));
        Assert.That(Among([Move("b", end: End.AddDays(2))], End), Is.EqualTo(new CreditFound.Nothing()));
    }

    [Test]
    public void Two_cannot_be_told_apart() => Assert.That(Among([Move("b", seconds: 2), Move("a", seconds: 1)]), Is.EqualTo(new CreditFound.Unclear(Move("a", seconds: 1))));

    [TestCase(-121, typeof(CreditFound.Nothing))]
    [TestCase(60, typeof(CreditFound.Unclear))]
    public void What_is_not_shown_whole_says_nothing_where_it_does_not_reach_back_far_enough(int seconds, Type found) =>
        Assert.That(CreditFound.Among(new CreditNow(0, [Move("x", 1)], Sent.AddSeconds(seconds)), 1000, null, Sent, []), Is.TypeOf(found));

    private static CreditFound Among(CreditMove[] moves, DateTimeOffset? end = null) => CreditFound.Among(new CreditNow(5000, [.. moves], null), 1000, end, Sent, ["known"]);
}
