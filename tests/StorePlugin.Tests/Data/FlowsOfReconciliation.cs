// The ways of what is read back from a Shopify store: orders that no webhook brought, its past, and discounts that its people touched.
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task ReconciliationAsync(StoreApp flows)
    {
        await using var shopify = await FakeShopify.StartAsync();
        var settings = flows.Get<Settings>();
        await using var app = await StoreApp.StartAsync(
            shopify.Settings.Concat([new("Serilog:MinimumLevel:Default", "Fatal"), new("Secrets:KeyFile", settings.KeyFile)]), database: settings.Database);
        (shopify.Clock, shopify.Expiring, shopify.PageSize) = (app.Clock, false, 2);
        var store = await shopify.InstallAsync(app, "flow-reading.myshopify.com");
        for (var id = 1; id <= 5; id++)
        {
            shopify.Keep(store.Domain, new TestOrder($"{7000 + id}", StoreApp.Start.AddMinutes(id)).ToJson());
        }

        shopify.Keep(store.Domain, new TestOrder("6999", StoreApp.Start.AddDays(-9)).ToJson());
        shopify.BulkStates.Enqueue("RUNNING");
        shopify.BulkStates.Enqueue("FAILED");
        var (reconciliation, history) = (app.Get<Reconciliation>(), app.Get<ReadHistory>());
        await LookAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(20));
        await FakeShopify.DeliverAsync(app, store.Domain, "orders/paid", new TestOrder("7005", StoreApp.Start.AddMinutes(5)).ToJson());
        app.Clock.Advance(TimeSpan.FromMinutes(6)); // longer than a delivery has to be worked off, so the look waits for it
        await reconciliation.RunOnceAsync(default);
        await app.DrainAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        shopify.Next(new FakeShopify.Fault.Status(503), new FakeShopify.Fault.Status(503));
        for (var rounds = 0; rounds < 8; rounds++)
        {
            await LookAsync();
            app.Clock.Advance(TimeSpan.FromMinutes(20));
        }

        await app.Get<ShopifyGrants>().ReadAsync(store, default);
        shopify.Subscribe(store.Domain, "ORDERS_PAID", app.Get<PublicAddress>().Of(ReportedSubscription.Path));
        await app.Get<TopicLooks>().LookAsync(store, default);
        var topics = await app.Get<TopicLooks>().ReadAsync(store, default);
        Assert.That(topics.Verdicts.Where(one => one.HeardAt is not null || one.IsOfStore).Select(one => (one.Topic.Name, one.State, one.IsOfStore)), Is.EqualTo(
            new[] { ("orders/paid", TopicState.Heard, true) }));
        var api = await ApiClient.OfAsync(app, store);
        await OkAsync(api.Get("reconciliation"));
        Assert.That((await api.Get("reconciliation/missed-orders")).Json!["items"]!.AsArray(), Has.Count.EqualTo(4));
        var state = await ReconciliationState.ReadAsync(app.Db, store, app.Clock.GetUtcNow(), default);
        Assert.That(state, Is.EqualTo(new ReconciliationState(null, 4, "orders/create, orders/updated")));
        Assert.That(await app.Db.OneAsync<string>("SELECT state FROM history_readings WHERE store_id = @id", new { id = store.Id }), Is.EqualTo("done"));

        await app.Db.InTransactionAsync(tx => app.Get<Installation>().UninstallAsync(tx, store));
        app.Get<Installation>().Forget(store);
        app.Clock.Advance(TimeSpan.FromHours(1));
        await LookAsync();
        store = await shopify.InstallAsync(app, store.Domain);
        await history.RunOnceAsync(default);
        Assert.That(await app.Db.OneAsync<string>("SELECT state FROM history_readings WHERE store_id = @id", new { id = store.Id }), Is.EqualTo("running"));

        async Task LookAsync()
        {
            await reconciliation.RunOnceAsync(default);
            await history.RunOnceAsync(default);
            await app.DrainAsync();
        }
    }
}
