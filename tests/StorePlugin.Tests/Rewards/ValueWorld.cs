// A shop on Shopify whose approved orders bring gift cards or store credit, with the stand-in behind it.
using System.Net;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Rewards;

internal sealed class ValueWorld : IAsyncDisposable
{
    public const string Shop = "lux.myshopify.com";
    public const string Email = "ann@ambassadors.example";

    /// <summary>10 % commission, and something worth 10.00 for each approved order.</summary>
    public static Terms Terms(RewardForm form, long? validDays = null) => new(1000, 1000, 30, 30)
    {
        Currency = Currency.Parse("EUR"),
        AdvocateReward = new AdvocateReward(new RewardCode(null, 1000, null, validDays) { As = form }, null),
    };

    private ValueWorld(FakeShopify shopify, StoreApp app, Store store, ApiClient api) => (Shopify, App, Store, Api) = (shopify, app, store, api);

    public FakeShopify Shopify { get; }

    public StoreApp App { get; }

    public Store Store { get; }

    public ApiClient Api { get; }

    public string Ann { get; private set; } = "";

    public static Task<ValueWorld> OpenAsync(RewardForm form, long? validDays = null) => OpenAsync(Terms(form, validDays));

    public static async Task<ValueWorld> OpenAsync(Terms terms)
    {
        var shopify = await FakeShopify.StartAsync();
        shopify.Expiring = false;
        var app = await StoreApp.StartAsync(shopify.Settings);
        shopify.Clock = app.Clock;
        var installed = await shopify.InstallAsync(app, Shop);
        await app.Db.DoAsync("UPDATE stores SET currency = 'EUR', time_zone = 'Europe/Berlin' WHERE id = @id", new { id = installed.Id });
        app.Get<StoreDirectory>().Forget(installed);
        var store = await app.Get<StoreDirectory>().GetAsync(installed.Id, default);
        var world = new ValueWorld(shopify, app, store, await ApiClient.OfAsync(app, store));
        await world.PlantAsync("campaigns", ("id", "cmp_1"), ("name", "Spring"), ("state", "live"), ("applications", "closed"), ("created_at", StoreApp.Start), ("launched_at", StoreApp.Start));
        await world.PlantAsync(
            "campaign_revisions", ("campaign_id", "cmp_1"), ("revision", 1L), ("terms", terms.ToJson()), ("effective_at", StoreApp.Start), ("created_at", StoreApp.Start));
        world.Ann = await world.AmbassadorAsync("ANN10", Email);
        return world;
    }

    public async Task<string> AmbassadorAsync(string code, string email)
    {
        var id = Ids.New("amb", App.Clock.GetUtcNow());
        await PlantAsync(
            "ambassadors", ("id", id), ("campaign_id", "cmp_1"), ("name", code), ("email", email), ("email_key", PersonKey.OfEmail(email)), ("state", "approved"),
            ("person_hash", App.Get<StoreKeys>().Hash(Store, "email", PersonKey.OfEmail(email))), ("approved_at", StoreApp.Start), ("created_at", StoreApp.Start));
        await PlantAsync(
            "codes", ("code_key", CodeKey.Of(code)), ("code", code), ("ambassador_id", id), ("campaign_id", "cmp_1"), ("assigned_at", StoreApp.Start), ("discount_state", "created"));
        return id;
    }

    public TestOrder Order(string id, string code = "ANN10") => new TestOrder(id, App.Clock.GetUtcNow()).With(code, "10.00");

    public async Task PaysAsync(TestOrder order)
    {
        Assert.That(await FakeShopify.DeliverAsync(App, Shop, "orders/paid", order.ToJson()), Is.EqualTo(HttpStatusCode.OK));
        await App.DrainAsync();
    }

    /// <summary>The order is paid and its hold passes. What it brings is asked for, and goes on for a while.</summary>
    public async Task ApproveAsync(params TestOrder[] orders)
    {
        foreach (var order in orders)
        {
            await PaysAsync(order);
        }

        App.Clock.Advance(TimeSpan.FromDays(31));
        await SettleAsync();
    }

    /// <summary>The whole of the order is sent back.</summary>
    public async Task RefundAsync(TestOrder order, int minutes = 30)
    {
        var refund = (order with { UpdatedAt = App.Clock.GetUtcNow() }).RefundJson(order.Id + "1", 0, "90.00");
        Assert.That(await FakeShopify.DeliverAsync(App, Shop, "refunds/create", refund), Is.EqualTo(HttpStatusCode.OK));
        await SettleAsync(minutes);
    }

    /// <summary>Lets the workers do what is due now, and in each of the next minutes.</summary>
    public async Task SettleAsync(int minutes = 5)
    {
        await App.DrainAsync();
        for (var i = 0; i < minutes; i++)
        {
            App.Clock.Advance(TimeSpan.FromMinutes(1));
            await App.DrainAsync();
        }
    }

    /// <summary>A person has what was given up tried again.</summary>
    public async Task ReplayAsync(int minutes = 5)
    {
        foreach (var effect in (await Api.Get("effects?state=dead")).Json!["items"]!.AsArray())
        {
            Assert.That((await Api.Post($"effects/{effect!["id"]}/replays", "")).Status, Is.InRange(200, 299));
        }

        await SettleAsync(minutes);
    }

    public async Task<IReadOnlyList<System.Text.Json.Nodes.JsonNode>> RewardsAsync() =>
        [.. (await Api.Get("rewards")).Json!["items"]!.AsArray().Select(item => item!).OrderBy(item => (string)item["platformOrderId"]!, StringComparer.Ordinal)];

    public async Task<(string State, string? Problem)> RewardAsync()
    {
        var reward = (await RewardsAsync()).Single();
        return ((string)reward["state"]!, (string?)reward["problem"]);
    }

    public Task<long> BalanceAsync(string account, string? ambassadorId = null) => App.Db.OneAsync<long>(
        "SELECT COALESCE(SUM(amount_minor), 0) FROM balances WHERE store_id = @s AND ambassador_id = @a AND account = @account",
        new { s = Store.Id, a = account is Account.Expense ? "" : ambassadorId ?? Ann, account });

    /// <summary>What is approved, in payout and paid.</summary>
    public async Task<(long Approved, long InPayout, long Paid)> BalancesAsync() =>
        (await BalanceAsync(Account.Approved), await BalanceAsync(Account.InPayout), await BalanceAsync(Account.Paid));

    /// <summary>Nothing is wrong with the books, and the log gives what stands.</summary>
    public async Task AssertSoundAsync()
    {
        Assert.That(await App.Get<Verify>().RunAsync(Store.Id, default), Is.Empty);
        Assert.That((await App.Get<Rebuild>().RunAsync(Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Shopify.DisposeAsync();
    }

    private Task PlantAsync(string table, params (string, object?)[] columns) => Plant.RowAsync(App.Db, table, [("store_id", Store.Id), .. columns]);
}
