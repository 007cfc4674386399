// The ways through the database of a first campaign: set up step by step, checked, and launched.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Stores;
using StorePlugin.Tests.Dashboard;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task SetupAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-setup");
        await shop.PaysAsync(new TestOrder("1", app.Clock.GetUtcNow()));
        var api = await ApiClient.OfAsync(app, shop.Store);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var draft = await api.DraftAsync();
        using var owner = await Rooms.SignInAsync(app, shop.Store, null);
        await SetupSteps.ContinueAsync(owner, "/dashboard/setup/people", new() { ["name"] = "Ann", ["email"] = "ann.setup@example.com" });
        var path = "/dashboard/setup/goal";
        while (path != "/dashboard/setup")
        {
            path = await SetupSteps.ContinueAsync(owner, path);
        }

        Assert.That((await owner.GetAsync("/dashboard/setup/people")).Text("#test"), Does.Contain("/r/"));
        var other = await Shop.OpenAsync(app, "flow-setup-first");
        await app.Db.DoAsync("UPDATE campaigns SET state = 'draft', launched_at = NULL WHERE store_id = @id", new { id = other.Store.Id });
        await other.PaysAsync(new TestOrder("1", app.Clock.GetUtcNow()));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        using var newcomer = await Rooms.SignInAsync(app, other.Store, null);
        Assert.That((await newcomer.GetAsync("/dashboard/setup/goal")).QuerySelector("[name=target]")!.GetAttribute("value"), Is.EqualTo("10"));

        var ann = (await app.Db.OneAsync<string>("SELECT id FROM ambassadors WHERE store_id = @id AND name = 'Ann'", new { id = shop.Store.Id }))!;
        await app.Get<StoreContact>().SetAsync(shop.Store, "ann.setup@example.com", default);
        await api.Post($"campaigns/{draft}/revisions", new JsonObject { ["terms"] = NewCustomers() });
        var refused = await api.Post($"campaigns/{draft}/launch");
        Assert.That(refused.Json!["findings"]!.AsArray().Select(finding => (string?)finding!["id"]), Is.EqualTo(["history", "own-people"]));
        var exemption = new JsonObject { ["rule"] = "TEAM", ["reason"] = "The owner sells too.", ["until"] = app.Clock.GetUtcNow().AddDays(30).ToString("O") };
        Assert.That((await api.Post($"ambassadors/{ann}/exemptions", exemption)).Status, Is.EqualTo(201));
        await OkAsync(api.Get($"campaigns/{draft}/launch-checks"));
        await OkAsync(api.Post($"campaigns/{draft}/launch", new JsonObject { ["acknowledgedHistorySince"] = (await api.Get("history")).Text("historySince") }));
        Assert.That((await owner.AskAsync("/dashboard/setup/goal")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));

        static JsonNode NewCustomers()
        {
            var terms = Bodies.Campaign()["terms"]!.DeepClone();
            terms["customers"] = "new";
            return terms;
        }
    }
}
