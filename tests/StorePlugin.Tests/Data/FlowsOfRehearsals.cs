// The ways through the database of rehearsals: run to the end, noted about, taken part in, and dropped.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Rehearsals;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task RehearsalsAsync(StoreApp app)
    {
        var shop = await InstalledShop.InstallAsync(app, "?name=flow-rehearsals");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var campaignId = await api.DraftAsync();
        var terms = Bodies.Campaign()["terms"]!.DeepClone().AsObject();
        terms["rates"] = new JsonArray(new JsonObject { ["group"] = "gold", ["percent"] = 15 });
        Assert.That((await api.Post($"campaigns/{campaignId}/revisions", new JsonObject { ["terms"] = terms })).Status, Is.EqualTo(201));
        var rehearsals = app.Get<RehearsalDb>();
        var id = await RunAsync("refund_wave");
        var month = await RunAsync("typical_month");
        var list = $"/dashboard/campaigns/{campaignId}/rehearsals";
        using (var owner = await Rooms.SignInAsync(app, shop.Store, null))
        {
            Assert.That((await owner.GetAsync(list)).Text("#rehearsals"), Does.Contain("A wave of refunds"));
            var page = await owner.GetAsync($"{list}/{id}");
            await owner.GetAsync(page.QuerySelector("ol.journey a")!.GetAttribute("href")!);
            var fields = page.QuerySelectorAll("#notes input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
            foreach (var step in (string[])["0", "1", "1"])
            {
                Assert.That((await owner.PostAsync($"{list}/{id}/notes", new(fields) { ["step"] = step, ["text"] = "noted" })).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
            }

            Assert.That((await owner.PostAsync($"{list}/{id}/ambassadors", fields)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
            var own = (await rehearsals.FindAsync(shop.Store, id, default))!.RehearsalStoreId!;
            using var buyer = new Browser(app.Address);
            Assert.That((await buyer.PostAsync($"/rehearsal/shop/{own}/orders", new() { ["amount"] = "10.00" })).Headers.Location!.OriginalString, Does.EndWith("bought"));
            await app.DrainAsync();
            Assert.That((await owner.GetAsync($"{list}/{id}")).Text("#taking-part"), Does.Contain("nobody is credited"));
        }

        await OkAsync(api.Get($"campaigns/{campaignId}/rehearsals"));
        await OkAsync(api.Get($"campaigns/{campaignId}/rehearsals/{month}"));
        Assert.That(await app.Get<RehearsalResults>().OfCampaignAsync(shop.Store, campaignId, default), Has.Count.EqualTo(2));
        var late = await BeginAsync("one_account");
        app.Clock.Advance(RehearsalDb.TimeMax + TimeSpan.FromSeconds(1));
        await app.DrainAsync();
        Assert.That((await rehearsals.FindAsync(shop.Store, late, default))!.State, Is.EqualTo("failed"));
        Assert.That(await app.Get<OldRehearsals>().DropAsync(shop.Store, 0, default), Is.EqualTo(3));
        await EraseAsync(app);

        async Task<string> BeginAsync(string scenario)
        {
            var begun = rehearsals.NewId();
            Assert.That(await rehearsals.BeginAsync(shop.Store, begun, campaignId, Scenario.Find(scenario)!, "test", default), Is.InstanceOf<RehearsalBegin.Begun>());
            return begun;
        }

        async Task<string> RunAsync(string scenario)
        {
            var begun = await BeginAsync(scenario);
            for (var moments = 0; moments < 400 && (await rehearsals.FindAsync(shop.Store, begun, default))!.IsRunning; moments++)
            {
                await app.DrainAsync();
                app.Clock.Advance(TimeSpan.FromMilliseconds(200));
            }

            var ended = (await rehearsals.FindAsync(shop.Store, begun, default))!;
            Assert.That(ended.State, Is.EqualTo("finished"), ended.Failure);
            return begun;
        }
    }
}
