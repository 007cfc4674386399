// The ways through the database of customers who ask for their link, or to take part, on a store's own pages.
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task ExtensionsAsync(StoreApp flows)
    {
        // The flows' program knows no Shopify, so another one runs on its database.
        await using var shopify = await FakeShopify.StartAsync();
        var settings = flows.Get<Settings>();
        await using var app = await StoreApp.StartAsync(
            shopify.Settings.Concat([new("Serilog:MinimumLevel:Default", "Fatal"), new("Secrets:KeyFile", settings.KeyFile)]), database: settings.Database);
        shopify.Clock = app.Clock;
        var store = await shopify.InstallAsync(app, "flow-extensions.myshopify.com");
        var api = await ApiClient.OfAsync(app, store);
        var campaign = await api.LiveAsync("instant");
        await OkAsync(api.Put($"campaigns/{campaign}/applications", new JsonObject { ["open"] = true }));
        var (customers, enrolments, applications, recognise) = (app.Get<AmbassadorCustomers>(), app.Get<Enrolments>(), app.Get<Applications>(), app.Get<RecogniseCustomer>());
        shopify.Accounts[(store.Domain, "7")] = new FakeShopify.Account("flow.seven@example.com", "Seven");
        shopify.Accounts[(store.Domain, "8")] = new FakeShopify.Account("flow.eight@example.com", "Eight");
        var seven = new EnrollingCustomer(customers.KeyOf(store, "7"), "Seven Smith", "flow.seven@example.com");
        var eight = new EnrollingCustomer(customers.KeyOf(store, "8"), "Eight Smith", "flow.eight@example.com");

        Assert.That(await applications.FindOpenAsync(store, default), Is.EqualTo(campaign));
        Assert.That((await app.Get<CampaignDb>().FindEnrollingAsync(store, default))?.Id, Is.EqualTo(campaign));
        Assert.That((await recognise.FindAsync(store, "7", default))?.Memberships, Is.Empty);
        await applications.ApplyAsync(store, campaign, new NewApplication("Stranger", seven.Email, "words"), default);
        var joined = await enrolments.EnrolAsync(store, campaign, seven, default);
        Assert.That(await enrolments.EnrolAsync(store, campaign, seven, default), Is.EqualTo(joined));
        Assert.That((await recognise.FindAsync(store, "7", default))?.Memberships.Single().AmbassadorId, Is.EqualTo(((EnrolResult.Joined)joined).AmbassadorId));
        Assert.That(await applications.FindWaitingAsync(store, campaign, PersonKey.OfEmail(seven.Email), default), Is.Null);

        await app.Db.DoAsync(
            "UPDATE campaign_revisions SET terms = @terms WHERE store_id = @s",
            new { s = store.Id, terms = new Terms(1000, 1000, 30, 30) { Enrolment = Enrolment.Application }.ToJson() });
        Assert.That(await enrolments.EnrolAsync(store, campaign, eight, default), Is.EqualTo(new EnrolResult.Applied()));
        Assert.That(await enrolments.EnrolAsync(store, campaign, eight, default), Is.EqualTo(new EnrolResult.Applied()));
        Assert.That(await applications.FindWaitingAsync(store, campaign, PersonKey.OfEmail(eight.Email), default), Is.Not.Null);

        Assert.That(await app.Db.InTransactionAsync(tx => AmbassadorCustomers.ForgetAsync(tx, store.Id, [seven.Key, eight.Key])), Is.EqualTo(1));
        Assert.That(await customers.FindPersonAsync(store, seven.Key, default), Is.Null);
    }
}
