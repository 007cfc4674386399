// The ways of discounts after they were made, and of codes that the store has of its own.
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task TermsAsync(StoreApp app)
    {
        var store = (await InstalledShop.InstallAsync(app)).Store;
        var api = await ApiClient.OfAsync(app, store);
        var platform = app.Get<RehearsalShopDb>();
        var campaign = await api.LiveAsync();
        var ann = (await api.AddAsync(campaign, "FLOWTERMS")).Text("id");
        await app.DrainAsync();

        await ReviseAsync(campaign, 15);
        await ReviseAsync(campaign, 0);
        await app.DrainAsync();
        Assert.That((await DiscountAsync("FLOWTERMS"))!.PercentBp, Is.EqualTo(1500));
        app.Clock.Advance(TimeSpan.FromDays(14));
        await api.Post($"ambassadors/{ann}/codes", Code("FLOWNONE"));
        await app.DrainAsync();
        Assert.That((await DiscountAsync("FLOWTERMS"))!.WorksAt(app.Clock.GetUtcNow()), Is.False);
        await app.Db.DoAsync("UPDATE codes SET discount_state = 'pending' WHERE store_id = @id AND code_key = 'flownone'", new { id = store.Id });
        await app.Db.InTransactionAsync(tx => StorePlugin.Inbox.Outbox.AddAsync(
            tx, store.Id, StorePlugin.Inbox.Effect.Kinds.CreateDiscount, "flownone", "{}", app.Clock.GetUtcNow()));
        await app.DrainAsync();
        await ReviseAsync(campaign, 20);
        await app.DrainAsync();
        Assert.That((await DiscountAsync("FLOWTERMS"))!.PercentBp, Is.EqualTo(2000));
        Assert.That((await DiscountAsync("FLOWTERMS"))!.WorksAt(app.Clock.GetUtcNow()), Is.True);
        Assert.That((await DiscountAsync("FLOWNONE"))?.PercentBp, Is.EqualTo(2000), "what was found to give nothing is made after all");

        foreach (var code in new[] { "FLOWOWN", "FLOWELSE" })
        {
            await platform.CreateDiscountAsync(store.Id, new PlatformDiscountRequest(code, "Spring", 2500, app.Clock.GetUtcNow()), default);
            Assert.That((await api.Post($"ambassadors/{ann}/codes", Code(code))).Status, Is.EqualTo(201));
        }

        await app.DrainAsync();
        var codes = $"ambassadors/{ann}/codes";
        var holder = await api.Get($"{codes}/flowown/holder");
        Assert.That((holder.Status, holder.Text("terms")), Is.EqualTo((200, "25 % off, without end")));
        Assert.That((await api.Get("ambassadors/amb_none/codes/flowown/holder")).Status, Is.EqualTo(404));
        await OkAsync(api.Post($"{codes}/flowown/adoption", new JsonObject { ["discountId"] = holder.Text("discountId") }));
        Assert.That((await api.Post($"{codes}/flowown/adoption", new JsonObject { ["discountId"] = holder.Text("discountId") })).Status, Is.EqualTo(409));
        Assert.That(await app.Get<RefusedCodes>().AskAgainAsync(store, ann, "FLOWELSE", default), Is.True);
        await app.DrainAsync();
        Assert.That(
            await app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @id AND state = 'dead'", new { id = store.Id }),
            Is.EqualTo(1), "what was given as it is need not be made any more");
        Assert.That(await app.Get<Verification.Verify>().RunAsync(store.Id, default), Is.Empty);

        Task<ShopDiscount?> DiscountAsync(string code) => platform.FindDiscountAsync(store.Id, code, default);

        async Task ReviseAsync(string id, decimal friend) => Assert.That(
            (await api.Post($"campaigns/{id}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(friend: friend)["terms"]!.DeepClone() })).Status, Is.EqualTo(201));

        static JsonObject Code(string code) => new() { ["code"] = code };
    }
}
