// What the pages of campaigns are made of.
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Campaigns.Launch;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Campaigns;

internal sealed record CampaignSources(
    Db Db, CampaignDb Campaigns, CampaignLife Life, Revisions Revisions, CampaignComparison Comparison, BackTest BackTest, Applications Applications, AmbassadorDb Ambassadors,
    CampaignLaunch Launch, Playbooks Playbooks, Team Team, PublicAddress Address, TimeProvider Clock)
{
    public async Task<RunReader> ReaderAsync(Visitor visitor, CancellationToken cancel) => new(visitor.Actor, await Team.NamesAsync(visitor.Store, cancel));

    public Task<TypicalOrder?> TypicalAsync(Store store, CancellationToken cancel) => TypicalOrder.ReadAsync(Db, store, Clock.GetUtcNow(), cancel);

    /// <summary>How far a campaign is with its objective; null where it has none.</summary>
    public async Task<ProgressModel?> ProgressAsync(Store store, Campaign campaign, CancellationToken cancel) => campaign.Objective is { } objective
        ? CampaignWords.ProgressOf(await ObjectiveProgress.OfAsync(Db, store, campaign.Id, campaign.Name, objective, cancel), store)
        : null;
}
