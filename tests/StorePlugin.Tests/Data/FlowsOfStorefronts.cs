// What storefronts ask of the program, on either database: links by what names them, codes, and what was heard of the theme.
using System.Net;
using StorePlugin.Ambassadors;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task StorefrontAsync(StoreApp app)
    {
        var rooms = await Rooms.OpenAsync(app, "str_front");
        await rooms.AmbassadorAsync("amb_front", "Ann", "FRONTANN");
        var store = rooms.Store;
        await app.Db.DoAsync("UPDATE codes SET discount_bp = 1250 WHERE store_id = @storeId", new { storeId = store.Id });

        var links = app.Get<Links>();
        var byCode = await links.FindAsync(store, "frontann", default);
        Assert.That(byCode?.Slug, Is.EqualTo($"frontann-{store.Id}"), "the code is no slug of the host");
        var click = await links.RecordAsync(store, byCode!, new Visit(IPAddress.Loopback, "browser", "https://t.co/x", HasConsent: true), default);
        Assert.That((await links.FindAsync(store, click, default))?.AmbassadorId, Is.EqualTo("amb_front"));
        Assert.That(
            await app.Db.OneAsync<string>("SELECT consent FROM clicks WHERE store_id = @id", new { id = store.Id }), Is.EqualTo("granted"));
        Assert.That(await app.Get<StorefrontCodes>().FindAsync(store, "FrontAnn", default), Is.EqualTo(
            new StorefrontCode("FRONTANN", true, new StorefrontDiscount("12.5\u00a0% off", 1250))));

        var options = new ShopifyOptions("id", "secret", null, "", "2026-10", "https://{shop}");
        var heartbeats = new StorefrontHeartbeats(app.Db, app.Get<Settings>() with { Shopify = options }, app.Clock);
        Assert.That((await heartbeats.FindingAsync(store, default))?.Text, Does.StartWith("The app embed is not switched on"));
        for (var hour = 0; hour < 3; hour++)
        {
            await heartbeats.SeenAsync(store, StorefrontPart.Embed, 7 + hour, default);
            await heartbeats.SeenAsync(store, StorefrontPart.Embed, 99, default);
            app.Clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.That(await heartbeats.LastSeenAsync(store, StorefrontPart.Embed, default), Is.EqualTo(app.Clock.GetUtcNow().AddHours(-1)));
        Assert.That(
            await app.Db.OneAsync<long>("SELECT theme_id FROM storefront_heartbeats WHERE store_id = @id AND kind = 'embed'", new { id = store.Id }),
            Is.EqualTo(9));
        app.Clock.Advance(TimeSpan.FromDays(14));
        Assert.That(await heartbeats.FindingAsync(store, default), Is.Null, "no order came");
        await rooms.OrderAsync("1", "held", 90_00, "amb_front", 9_00, "A code was used.", at: app.Clock.GetUtcNow());
        Assert.That((await heartbeats.FindingAsync(store, default))?.Text, Does.Contain("and orders have come since"));
    }
}
