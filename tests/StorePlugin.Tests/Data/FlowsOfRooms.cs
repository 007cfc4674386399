// The ways through the database of the merchant's rooms that show figures and decide orders, and of the pages that everybody sees.
using System.Net;
using StorePlugin.Campaigns;
using StorePlugin.PublicPages;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task RoomsAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-figures", new Terms(1000, 1000, 30, 30) { NewCustomersOnly = true });
        var ann = await shop.AmbassadorAsync("FLOWROOMS");
        await shop.ClickAsync(ann);
        await shop.ClickAsync(ann);
        var now = app.Clock.GetUtcNow();
        await shop.PaysAsync(new TestOrder("1", now) { Customer = 1, Email = "one@example.com" }.With("FLOWROOMS", "10.00"));
        await shop.PaysAsync(new TestOrder("2", now.AddMinutes(1)) { Customer = null, Email = "" }.With("FLOWROOMS", "10.00"));
        await shop.PaysAsync(new TestOrder("3", now.AddMinutes(2)) { Customer = 3, Email = "three@example.com" });
        await app.DrainAsync();
        // An order that comes late, of a customer who seemed new: what was decided stays, and the figures do not.
        await shop.PaysAsync(new TestOrder("4", now.AddDays(-40)) { Customer = 3, Email = "three@example.com" });
        await app.DrainAsync();

        using var owner = await Rooms.SignInAsync(app, shop.Store, null);
        var page = await owner.GetAsync("/dashboard");
        foreach (var link in page.QuerySelectorAll(".figures a, .states a, .owed a").Select(link => link.GetAttribute("href")!).Distinct())
        {
            await owner.GetAsync(link);
        }

        await owner.GetAsync($"/dashboard/orders?ambassador={ann}&show=credited");
        await owner.GetAsync($"/dashboard/orders?campaign={shop.CampaignId}");
        await owner.GetAsync("/dashboard/settings");
        await owner.GetAsync("/dashboard/reviews");
        var token = page.QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
        Assert.That(
            (await owner.PostAsync("/dashboard/orders/3/decisions", new(token) { ["seen"] = "0", ["decision"] = "credit", ["who"] = "FLOWROOMS", ["reason"] = "They met." })).StatusCode,
            Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(
            (await owner.PostAsync("/dashboard/reviews/decisions", new(token) { ["order"] = "0:2", ["decision"] = "allow", ["reason"] = "Known." })).Headers.Location!.OriginalString,
            Is.EqualTo("/dashboard/reviews?decided=1&left=0"));
        foreach (var metric in new[] { "orders", "clicks" })
        {
            await app.Db.DoAsync(
                "UPDATE campaigns SET objective_metric = @metric, objective_target = 2, objective_by = @by WHERE store_id = @storeId", new { metric, by = now.AddDays(1), storeId = shop.Store.Id });
            Assert.That((await owner.GetAsync("/dashboard")).Text("progress"), Is.EqualTo("100 %"), metric);
        }

        var picture = new Picture("image/png", [1, 2, 3], 1, 1);
        await app.Get<Looks>().SetAsync(shop.Store, "#ff0000", "Headline", "About", picture, keepsLogo: true, "test", default);
        await app.Get<Looks>().SetAsync(shop.Store, null, null, null, null, keepsLogo: false, "test", default);
        await app.Get<OwnPages>().SetAsync(shop.Store, ann, "Ann", "Words", picture, keepsPicture: true, default);
        using var shopper = new Browser(app.Address);
        var landing = await shopper.GetAsync("/a/FLOWROOMS");
        Assert.That((await shopper.AskAsync(landing.QuerySelector("img.portrait")!.GetAttribute("src")!)).Content.Headers.ContentLength, Is.EqualTo(3));
        using var ambassador = await Rooms.SignInAsync(app, shop.Store, ann);
        await ambassador.GetAsync("/portal/share");
        await app.Db.InTransactionAsync(tx => OwnPages.DropAsync(tx, shop.Store.Id, ann));

        await app.Db.DoAsync("UPDATE order_days SET orders = orders + 1 WHERE store_id = @storeId", new { storeId = shop.Store.Id });
        await app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default);
        await app.Db.DoAsync("DELETE FROM order_days WHERE store_id = @storeId", new { storeId = shop.Store.Id });
        await app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default);
        Assert.That(await app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }
}
