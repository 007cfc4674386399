// From when new terms are in force (rule U2), as values.
using StorePlugin.Campaigns;

namespace StorePlugin.Tests.Campaigns;

internal sealed class RevisionDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
    private static readonly Terms Terms = new(1000, 1000, 30, 30);
    private static readonly StandingRevision InForce = new(1, Terms, Now.AddDays(-60));
    private static readonly Terms Worse = Terms with { CommissionBp = 500, HoldDays = 60 };
    private static readonly Terms Better = Terms with { CommissionBp = 1500 };

    [Test]
    public void A_change_to_the_better_is_in_force_at_once() =>
        Assert.That(Decide(Better), Is.EqualTo(new RevisionDecision.Granted(Now)));

    [Test]
    public void A_change_to_the_worse_without_an_instant_waits_for_fourteen_days() =>
        Assert.That(Decide(Worse), Is.EqualTo(new RevisionDecision.Granted(Now.AddDays(14))));

    [Test]
    public void A_change_to_the_worse_after_exactly_fourteen_days_passes() =>
        Assert.That(Decide(Worse, Now.AddDays(14)), Is.EqualTo(new RevisionDecision.Granted(Now.AddDays(14))));

    [Test]
    public void A_moment_less_is_too_short_a_notice_and_all_that_gets_worse_is_named()
    {
        var refused = (RevisionDecision.NoticeTooShort)Decide(Worse, Now.AddDays(14).AddMilliseconds(-1));

        Assert.That(refused.Worse.Select(change => change.Term), Is.EqualTo(["commission", "holdDays"]));
        Assert.That(refused.Earliest, Is.EqualTo(Now.AddDays(14)));
    }

    [Test]
    public void What_gets_better_beside_it_does_not_make_up_for_it() =>
        Assert.That(Decide(Better with { WindowDays = 29 }, Now), Is.TypeOf<RevisionDecision.NoticeTooShort>());

    [Test]
    public void Part_of_a_second_does_not_shorten_the_notice()
    {
        var now = Now.AddMilliseconds(700);

        Assert.That(RevisionDecision.Of("live", InForce, new ProposedRevision(Worse, null, null), now), Is.EqualTo(new RevisionDecision.Granted(Now.AddDays(14).AddSeconds(1))));
        Assert.That(RevisionDecision.Of("live", InForce, new ProposedRevision(Better, null, null), now), Is.EqualTo(new RevisionDecision.Granted(Now)), "as orders are dated");
    }

    [Test]
    public void What_was_now_when_it_was_asked_for_is_now() =>
        Assert.That(Decide(Better, Now.AddSeconds(-2)), Is.EqualTo(new RevisionDecision.Granted(Now)));

    [Test]
    public void Each_change_is_compared_with_the_newest_that_was_announced()
    {
        var announced = new StandingRevision(2, Better, Now.AddDays(3));

        Assert.That(RevisionDecision.Of("live", announced, new ProposedRevision(Terms, Now.AddDays(3), null), Now), Is.TypeOf<RevisionDecision.NoticeTooShort>());
    }

    [Test]
    public void Revisions_take_effect_in_their_order()
    {
        var ahead = new StandingRevision(2, Worse, Now.AddDays(14));

        Assert.That(RevisionDecision.Of("live", ahead, new ProposedRevision(Better, Now, null), Now), Is.EqualTo(new RevisionDecision.BeforeNewest(ahead)));
        Assert.That(RevisionDecision.Of("live", ahead, new ProposedRevision(Better, null, null), Now), Is.EqualTo(new RevisionDecision.Granted(Now.AddDays(14))));
    }

    [Test]
    public void A_draft_takes_any_terms_and_no_instant()
    {
        var draft = new StandingRevision(1, Terms, null);

        Assert.That(RevisionDecision.Of("draft", draft, new ProposedRevision(Worse, null, null), Now), Is.EqualTo(new RevisionDecision.Granted(null)));
        Assert.That(RevisionDecision.Of("draft", draft, new ProposedRevision(Worse, Now.AddDays(20), null), Now), Is.TypeOf<RevisionDecision.DraftHasNoInstant>());
    }

    [Test]
    public void A_paused_campaign_is_revised_as_a_live_one() =>
        Assert.That(RevisionDecision.Of("paused", InForce, new ProposedRevision(Worse, Now, null), Now), Is.TypeOf<RevisionDecision.NoticeTooShort>());

    [Test]
    public void An_ended_one_is_not_revised() =>
        Assert.That(RevisionDecision.Of("ended", InForce, new ProposedRevision(Better, null, null), Now), Is.TypeOf<RevisionDecision.CampaignEnded>());

    [Test]
    public void Who_knows_of_an_older_revision_only_is_told_of_the_newest() =>
        Assert.That(
            RevisionDecision.Of("live", InForce with { Number = 3 }, new ProposedRevision(Better, null, BasedOn: 2), Now), Is.EqualTo(new RevisionDecision.Revised(3)));

    [Test]
    public void Codes_that_only_track_may_be_given_a_discount_afterwards() =>
        Assert.That(
            RevisionDecision.Of("live", InForce with { Terms = Terms with { FriendDiscountBp = 0 } }, new ProposedRevision(Terms, null, null), Now),
            Is.TypeOf<RevisionDecision.Granted>());

    [Test]
    public void The_same_terms_once_more_are_no_revision() => Assert.That(Decide(Terms with { }), Is.EqualTo(new RevisionDecision.Unchanged(1)));

    private static RevisionDecision Decide(Terms terms, DateTimeOffset? effectiveAt = null) =>
        RevisionDecision.Of("live", InForce, new ProposedRevision(terms, effectiveAt, null), Now);
}
