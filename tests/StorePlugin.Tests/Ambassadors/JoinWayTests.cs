// What a store's own pages hold for a customer, by what they take or took part in.
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class JoinWayTests
{
    private const string Here = "cmp_here";

    [TestCase(Enrolment.Instant)]
    [TestCase(Enrolment.Application)]
    public void Whoever_takes_part_in_nothing_joins_as_the_terms_say(Enrolment term) =>
        Assert.That(JoinWay.Of([], Here, term), Is.EqualTo(new JoinWay.Open(term)));

    [Test]
    public void Where_no_campaign_takes_customers_in_nothing_is_open() => Assert.That(JoinWay.Of([], null, null), Is.InstanceOf<JoinWay.Closed>());

    [Test]
    public void Whoever_takes_part_in_a_campaign_that_runs_is_shown_that()
    {
        var (paused, running) = (Of("cmp_1", "approved", "paused"), Of("cmp_2", "approved", "live"));

        Assert.That(JoinWay.Of([paused, running, Of(Here, "ended", "live")], Here, Enrolment.Instant), Is.EqualTo(new JoinWay.Member(running)));
        Assert.That(JoinWay.Of([running], null, null), Is.EqualTo(new JoinWay.Member(running)));
    }

    [TestCase("suspended", "live")]
    [TestCase("approved", "paused")]
    public void Whoever_stands_in_this_campaign_and_does_not_count_is_asked_nothing(string state, string campaign) =>
        Assert.That(JoinWay.Of([Of(Here, state, campaign)], Here, Enrolment.Instant), Is.InstanceOf<JoinWay.Closed>());

    // Somebody has sent them away, or they have left: a button must not undo that.
    [TestCase(Here, "ended", "live")]
    [TestCase("cmp_1", "ended", "live")]
    [TestCase("cmp_1", "suspended", "live")]
    [TestCase("cmp_1", "suspended", "ended")]
    public void Whoever_was_suspended_or_has_left_anywhere_is_decided_on_by_a_person(string campaign, string state, string campaignState) =>
        Assert.That(JoinWay.Of([Of(campaign, state, campaignState)], Here, Enrolment.Instant), Is.EqualTo(new JoinWay.Open(Enrolment.Application)));

    [Test]
    public void A_campaign_that_is_over_keeps_nobody_from_the_next() =>
        Assert.That(JoinWay.Of([Of("cmp_1", "approved", "ended")], Here, Enrolment.Instant), Is.EqualTo(new JoinWay.Open(Enrolment.Instant)));

    private static Membership Of(string campaignId, string state, string campaignState) => new("amb_1", campaignId, "Spring", state, campaignState, "ann@example.com");
}
