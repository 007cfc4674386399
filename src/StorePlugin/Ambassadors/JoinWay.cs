// What a store's own pages hold for one customer: they are an ambassador, may become one, or neither. Values in and value out.
using StorePlugin.Campaigns;

namespace StorePlugin.Ambassadors;

internal abstract record JoinWay
{
    /// <summary>They take part already, in a campaign that runs.</summary>
    internal sealed record Member(Membership Membership) : JoinWay;

    /// <param name="Way">What their wish becomes.</param>
    internal sealed record Open(Enrolment Way) : JoinWay;

    internal sealed record Closed : JoinWay;

    /// <summary>
    /// Nobody makes themselves an ambassador again whom somebody has suspended, or who has left, in whichever campaign: their wish
    /// is an application, whatever the terms say. Who is suspended in this very campaign is asked nothing.
    /// </summary>
    /// <param name="memberships">Of the person, in their order.</param>
    /// <param name="campaignId">The campaign that customers join at present; null where there is none.</param>
    /// <param name="term">Its terms' word on it.</param>
    public static JoinWay Of(IReadOnlyList<Membership> memberships, string? campaignId, Enrolment? term) =>
        memberships.FirstOrDefault(membership => membership.Counts) is { } member ? new Member(member)
        : term is null || memberships.Any(membership => membership.CampaignId == campaignId && membership.State != "ended") ? new Closed()
        : new Open(memberships.All(membership => membership.State == "approved") ? term.Value : Enrolment.Application);
}
