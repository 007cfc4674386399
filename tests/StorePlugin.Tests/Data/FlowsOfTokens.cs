// The ways of a store's tokens through the database: given, renewed, refused, and dropped.
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task TokensAsync(StoreApp flows)
    {
        // The flows' program knows no Shopify, so another one runs on its database.
        await using var shopify = await FakeShopify.StartAsync();
        var settings = flows.Get<Settings>();
        await using var app = await StoreApp.StartAsync(
            shopify.Settings.Concat([new("Serilog:MinimumLevel:Default", "Fatal"), new("Secrets:KeyFile", settings.KeyFile)]), database: settings.Database);
        shopify.Clock = app.Clock;
        var store = await shopify.InstallAsync(app, "flow-tokens.myshopify.com");
        var tokens = app.Get<ShopifyTokens>();
        await app.Db.DoAsync("DELETE FROM shopify_tokens WHERE store_id = @id", new { id = store.Id });

        await app.Get<RefreshShopifyTokens>().RunOnceAsync(default);
        app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That(await tokens.GetAsync(store, default), Is.EqualTo(shopify.Tokens.Last()));
        Assert.That(shopify.RefreshTokensSent.Count(), Is.EqualTo(2));

        shopify.EndRefreshTokens(store.Domain);
        Assert.That(await tokens.RenewAsync(store, shopify.Tokens.Last(), default), Is.Null);
        Assert.That(await tokens.HasUsableAsync(store, default), Is.False);
        await shopify.InstallAsync(app, store.Domain);
        Assert.That(await tokens.HasUsableAsync(store, default), Is.True);

        await app.Db.InTransactionAsync(tx => app.Get<Installation>().UninstallAsync(tx, store));
        Assert.That(await tokens.HasUsableAsync(store, default), Is.False);
    }
}
