// A shop that gives rewards, with the rehearsal platform behind it: codes are made and ended over HTTP.
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Rewards;

internal sealed class RewardWorld : IAsyncDisposable
{
    public static readonly Currency Euro = Currency.Parse("EUR");

    /// <summary>10 % commission, and a code for 15 % for each approved order.</summary>
    public static readonly Terms Plain = new(1000, 1000, 30, 30) { AdvocateReward = new AdvocateReward(new RewardCode(1500, null, null, 180), null) };

    private RewardWorld(StoreApp app, Shop shop, ApiClient api, string ann) => (App, Shop, Api, Ann) = (app, shop, api, ann);

    public StoreApp App { get; }

    public Shop Shop { get; }

    public ApiClient Api { get; }

    public string Ann { get; }

    public static async Task<RewardWorld> OpenAsync(Terms terms, string currency = "EUR")
    {
        var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app, terms: terms, currency: currency);
        await OpenPlatformAsync(app, shop, currency);
        return new RewardWorld(app, shop, await ApiClient.OfAsync(app, shop.Store), await shop.AmbassadorAsync("ANN10"));
    }

    /// <summary>Opens the platform's side of a shop that the rig has installed.</summary>
    public static async Task OpenPlatformAsync(StoreApp app, Shop shop, string currency = "EUR")
    {
        await app.Get<RehearsalShopDb>().OpenAsync(shop.Store.Id, new ShopFacts("Lux", currency, "Europe/Berlin"), default);
        await app.Db.DoAsync("UPDATE rehearsal_shops SET token_hash = @hash WHERE store_id = @id", new { id = shop.Store.Id, hash = Ids.HashOf("token") });
    }

    public TestOrder Order(string id, string price = "100.00") => new TestOrder(id, App.Clock.GetUtcNow()) { Lines = [(price, 1, "0.00")] }.With("ANN10", "10.00");

    public Task PaysAsync(TestOrder order) => Shop.PaysAsync(order);

    /// <summary>The order is paid, and its hold passes.</summary>
    public async Task ApproveAsync(params TestOrder[] orders)
    {
        foreach (var order in orders)
        {
            await Shop.PaysAsync(order);
        }

        await PassAsync(31);
    }

    public async Task PassAsync(int days)
    {
        App.Clock.Advance(TimeSpan.FromDays(days));
        await App.DrainAsync();
    }

    /// <summary>A refund of the order's first line that is sent on its own.</summary>
    public async Task RefundAsync(TestOrder order, string refundId, string amount)
    {
        await Shop.DeliverAsync("refunds/create", (order with { UpdatedAt = App.Clock.GetUtcNow() }).RefundJson(refundId, 0, amount));
        await App.DrainAsync();
    }

    public async Task<IReadOnlyList<JsonNode>> RewardsAsync(string query = "") =>
        [.. (await Api.Get("rewards" + query)).Json!["items"]!.AsArray().Select(item => item!)];

    /// <summary>The only reward there is.</summary>
    public async Task<JsonNode> RewardAsync() => (await RewardsAsync()).Single();

    /// <summary>In the sequence of their orders: what one job gives has one instant, and its ids no sequence.</summary>
    public async Task<IReadOnlyList<string>> StatesAsync() =>
        [.. (await RewardsAsync()).OrderBy(reward => (string)reward["platformOrderId"]!, StringComparer.Ordinal).Select(reward => (string)reward["state"]!)];

    /// <summary>Whether a code takes something off in the shop.</summary>
    public async Task<bool> WorksAsync(string code) =>
        (await App.Get<RehearsalShopDb>().FindDiscountAsync(Shop.Store.Id, code, default))?.WorksAt(App.Clock.GetUtcNow()) is true;

    /// <summary>Nothing is wrong with the books, and the log gives what stands.</summary>
    public async Task AssertSoundAsync()
    {
        Assert.That(await App.Get<Verify>().RunAsync(Shop.Store.Id, default), Is.Empty);
        Assert.That((await App.Get<Rebuild>().RunAsync(Shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    public async ValueTask DisposeAsync() => await App.DisposeAsync();
}
