// What the pages of rehearsals are made of.
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Campaigns;

internal sealed record RehearsalSources(
    Db Db, CampaignDb Campaigns, RehearsalDb Rehearsals, RehearsalStores Own, RehearsalLetters Letters, RehearsalNotes Notes, Earned Earned, Testers Testers, TesterShop Till,
    SignIn SignIn, Team Team, PublicAddress Address)
{
    public async Task<RunReader> ReaderAsync(Visitor visitor, CancellationToken cancel) => new(visitor.Actor, await Team.NamesAsync(visitor.Store, cancel));
}
