// A store that was installed a minute ago launches a campaign with an objective ahead: callers rely on it.
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Campaigns.Launch;

internal sealed class FreshStoreTests
{
    [Test]
    public async Task A_store_on_Shopify_with_the_default_scopes_launches([Values] bool drained)
    {
        await using var shopify = await FakeShopify.StartAsync();
        shopify.Granted = "read_orders,write_discounts";
        await using var app = await StoreApp.StartAsync(shopify.Settings.Append(new("Shopify:Scopes", shopify.Granted)));
        shopify.Clock = app.Clock;
        var store = await shopify.InstallAsync(app, "fresh.myshopify.com");
        if (drained)
        {
            await app.DrainAsync();
        }

        await LaunchesAsync(app, store);
    }

    [TestCase("woocommerce", "live", "Europe/Berlin")]
    [TestCase("woocommerce", "live", null)]
    [TestCase("rehearsal", "test", "Europe/Berlin")]
    public async Task A_store_elsewhere_launches(string platform, string mode, string? zone)
    {
        await using var app = await StoreApp.StartAsync([new("PublicUrl", "http://127.0.0.1:5000")]);
        var id = Ids.New("sto", StoreApp.Start);
        await app.Db.DoAsync(
            """
            INSERT INTO stores (id, platform, mode, domain, name, currency, time_zone, state, keys_sealed, created_at, installed_at)
            VALUES (@id, @platform, @mode, @id, 'Lux', 'EUR', @zone, 'installed', @keys, @now, @now)
            """,
            new { id, platform, mode, zone, keys = app.Get<StoreKeys>().NewSealedRoot(), now = StoreApp.Start });

        await LaunchesAsync(app, await app.Get<StoreDirectory>().GetAsync(id));
    }

    private static async Task LaunchesAsync(StoreApp app, Store store)
    {
        var api = await ApiClient.OfAsync(app, store);
        var id = await api.DraftAsync();
        var checks = (await api.Get($"campaigns/{id}/launch-checks")).Json!;

        var answer = await api.Post($"campaigns/{id}/launch");

        Assert.That(answer.Status, Is.EqualTo(200), answer.Json!.ToJsonString());
        Assert.That((bool)checks["canLaunch"]!, Is.True);
        Assert.That(
            checks["checks"]!.AsArray().Where(check => (string?)check!["state"] == "failed" && (string?)check["severity"] == "blocks").Select(check => (string?)check!["id"]), Is.Empty);
    }
}
