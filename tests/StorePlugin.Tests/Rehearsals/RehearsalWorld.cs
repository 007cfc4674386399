// A store that rehearses: installed as a browser would, with a campaign, and driven until a rehearsal has come to its end.
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;

namespace StorePlugin.Tests.Rehearsals;

internal sealed class RehearsalWorld : IAsyncDisposable
{
    // Far more than a rehearsal takes.
    private const int MomentsMax = 400;

    private RehearsalWorld(StoreApp app, Store store, ApiClient api, string campaignId) => (App, Store, Api, CampaignId) = (app, store, api, campaignId);

    public StoreApp App { get; }

    public Store Store { get; }

    public ApiClient Api { get; }

    public string CampaignId { get; }

    public RehearsalDb Rehearsals => App.Get<RehearsalDb>();

    public static async Task<RehearsalWorld> StartAsync(string query = "", decimal commission = 10, decimal friend = 10)
    {
        var app = await StoreApp.StartAsync();
        var shop = await InstalledShop.InstallAsync(app, query);
        var api = await ApiClient.OfAsync(app, shop.Store);
        var campaignId = await api.DraftAsync(commission, friend);
        return new RehearsalWorld(app, shop.Store, api, campaignId);
    }

    public async Task<string> BeginAsync(string scenario, string? id = null) =>
        await Rehearsals.BeginAsync(Store, id ?? Rehearsals.NewId(), CampaignId, Scenario.Find(scenario)!, "test", default) is RehearsalBegin.Begun begun
            ? begun.Rehearsal.Id
            : throw new AssertionException("It was not begun.");

    public async Task<Rehearsal> FindAsync(string id) => (await Rehearsals.FindAsync(Store, id, default))!;

    /// <summary>Begins one and goes on until it has ended.</summary>
    public async Task<Rehearsal> RunAsync(string scenario) => await GoOnAsync(await BeginAsync(scenario));

    /// <summary>Lets the workers and the clock go on until a rehearsal has ended.</summary>
    public async Task<Rehearsal> GoOnAsync(string id)
    {
        for (var moments = 0; moments < MomentsMax; moments++)
        {
            await App.DrainAsync();
            if (await FindAsync(id) is { IsRunning: false } ended)
            {
                return ended;
            }

            App.Clock.Advance(TimeSpan.FromMilliseconds(200));
        }

        throw new AssertionException("It does not come to an end.");
    }

    public async Task<IReadOnlyDictionary<string, EarnedBy>> EarnedAsync(Rehearsal rehearsal) =>
        (await App.Get<Earned>().ReadAsync(await OwnAsync(rehearsal), rehearsal.Currency, default)).ToDictionary(one => one.Name.Split(' ')[0]);

    public async Task<Store> OwnAsync(Rehearsal rehearsal) => (await App.Get<RehearsalStores>().FindAsync(rehearsal, default))!;

    public Task<IReadOnlyList<RehearsalStep>> StepsAsync(Rehearsal rehearsal) => Rehearsals.StepsAsync(Store, rehearsal.Id, default);

    public async ValueTask DisposeAsync() => await App.DisposeAsync();
}
