// A store and a draft of which nothing is wrong, so that a test can spoil one thing.
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Campaigns;
using StorePlugin.Campaigns.Launch;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Campaigns.Launch;

internal sealed class LaunchWorld : IAsyncDisposable
{
    public const string Scopes = "read_orders,read_products,read_customers,write_discounts,write_app_proxy";

    private LaunchWorld(StoreApp app, string storeId, ApiClient api, string campaignId, string annId) =>
        (App, StoreId, Api, CampaignId, AnnId) = (app, storeId, api, campaignId, annId);

    public StoreApp App { get; }

    public string StoreId { get; }

    public ApiClient Api { get; }

    public string CampaignId { get; }

    public string AnnId { get; }

    public Db Db => App.Db;

    /// <summary>A store on Shopify that grants everything, with Stripe, a mail server, an ambassador, and a rehearsal that went well.</summary>
    public static async Task<LaunchWorld> OpenAsync(Action<IServiceCollection>? services = null)
    {
        var app = await StoreApp.StartAsync(
            [
                new("Shopify:ClientId", "id"), new("Shopify:ClientSecret", "secret"), new("PublicUrl", "https://ambassadors.example"),
                new("Mail:Smtp:Host", "mail.example"), new("Mail:Smtp:From", "store@mail.example"),
            ],
            services);
        var rooms = await Rooms.OpenAsync(app);
        await app.Db.DoAsync("UPDATE stores SET scopes = @Scopes WHERE id = @id", new { Scopes, id = rooms.Store.Id });
        app.Get<StoreDirectory>().Forget(rooms.Store);
        var api = await ApiClient.OfAsync(app, rooms.Store);
        var campaignId = await api.DraftAsync();
        var ann = await api.AddAsync(campaignId, "ANN10", "ann@example.com");
        await app.Db.InTransactionAsync(tx => app.Get<Credentials>().KeepAsync(tx, rooms.Store.Id, CredentialKind.StripeSecretKey, new Credential("sk_live_launchworld1", null)));
        var world = new LaunchWorld(app, rooms.Store.Id, api, campaignId, ann.Text("id"));
        await world.RehearsedAsync("typical_month", "finished", topShareBp: 3_000);
        return world;
    }

    public ValueTask DisposeAsync() => App.DisposeAsync();

    /// <summary>The store as it is in the database now.</summary>
    public async Task<Store> StoreAsync()
    {
        var directory = App.Get<StoreDirectory>();
        directory.Forget(await directory.GetAsync(StoreId));
        return await directory.GetAsync(StoreId);
    }

    public async Task<LaunchFacts> FactsAsync()
    {
        var store = await StoreAsync();
        return await App.Get<LaunchFactsReader>().ReadAsync(store, (await App.Get<CampaignDb>().FindAsync(store, CampaignId, default))!, default);
    }

    public Task<ApiAnswer> LaunchAsync() => Api.Post($"campaigns/{CampaignId}/launch");

    /// <summary>The campaign's state in the database.</summary>
    public Task<string?> StateAsync() => Db.OneAsync<string>("SELECT state FROM campaigns WHERE store_id = @StoreId AND id = @CampaignId", new { StoreId, CampaignId });

    /// <summary>Other terms in place of those that the draft has; the rehearsal stays one of them.</summary>
    public Task TermsAsync(Terms terms) => Db.DoAsync(
        "UPDATE campaign_revisions SET terms = @terms WHERE store_id = @StoreId AND campaign_id = @CampaignId", new { terms = terms.ToJson(), StoreId, CampaignId });

    public Task SetStoreAsync(string column, string? value) => Db.DoAsync($"UPDATE stores SET {column} = @value WHERE id = @StoreId", new { value, StoreId });

    public Task RehearsedAsync(string scenario, string state, long? topShareBp = null, long payees = 6, string? failure = null, long revision = 1) => Plant.RowAsync(
        Db, "rehearsals", ("store_id", StoreId), ("id", Ids.New("reh", App.Clock.GetUtcNow())), ("campaign_id", CampaignId), ("revision", revision), ("scenario", scenario),
        ("state", state), ("begun_at", App.Clock.GetUtcNow()), ("begun_by", "test"), ("currency", "EUR"), ("typical_minor", 50_00L), ("ended_at", App.Clock.GetUtcNow()), ("failure", failure), ("payees", payees),
        ("top_share_bp", topShareBp), ("top_payee", topShareBp is null ? null : "Ann"));

    public async Task AcknowledgeAsync(string ambassadorId, string rule) => Assert.That(
        (await Api.Post(
            $"ambassadors/{ambassadorId}/exemptions",
            new JsonObject { ["rule"] = rule, ["reason"] = "Known in person.", ["until"] = "2026-06-01T00:00:00Z" })).Status,
        Is.EqualTo(201));
}
