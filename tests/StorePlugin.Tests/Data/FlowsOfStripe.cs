// How payees come to an account at Stripe, on either database: at the counterpart for rehearsals, where no money moves.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task RehearsalPayeesAsync(StoreApp app)
    {
        var shop = await InstalledShop.InstallAsync(app);
        var api = await ApiClient.OfAsync(app, shop.Store);
        var ann = (await api.AddAsync(await api.LiveAsync(), "PAYEEANN")).Text("id");
        var key = await shop.CredentialAsync(StorePlugin.Stores.CredentialKind.StripeSecretKey);
        await OkAsync(api.Put("stripe-connection", new JsonObject { ["secretKey"] = key, ["webhookSecrets"] = new JsonArray("whsec_flow") }));
        await OkAsync(api.Get("stripe-connection"));
        await app.Get<StripeConnection>().CheckAsync(shop.Store, default);
        await OkAsync(api.Put("payout-routes", new JsonObject { ["routes"] = new JsonArray(new JsonObject { ["to"] = "BR", ["route"] = "recipient" }) }));
        var routes = app.Get<PayoutRoutes>();
        Assert.That(await routes.SetAsync(shop.Store, new RouteOverride("DE", "KE", Route.Full), default));
        Assert.That(await routes.SetAsync(shop.Store, new RouteOverride("DE", "KE", Route.Recipient), default));
        Assert.That(await routes.RemoveAsync(shop.Store, "DE", "KE", default));
        await app.Db.InTransactionAsync(tx => StripeConnection.NoteAsync(tx, shop.Store, new StripeReply.Refused("x", "No.", 400), app.Clock.GetUtcNow()));

        using var browser = await Rooms.SignInAsync(app, shop.Store, ann);
        var token = (await browser.GetAsync("/portal")).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        using var start = await browser.PostAsync("/portal/payouts", new() { ["__RequestVerificationToken"] = token, ["country"] = "BR" });
        Assert.That(start.StatusCode, Is.EqualTo(HttpStatusCode.SeeOther));
        await browser.GetAsync(start.Headers.Location!.PathAndQuery);
        using var confirmed = await browser.PostAsync(start.Headers.Location!.PathAndQuery, []);
        await app.DrainAsync();
        await OkAsync(api.Post($"ambassadors/{ann}/payout-account/refresh"));
        Assert.That((await api.Get($"ambassadors/{ann}/payout-account")).Text("state"), Is.EqualTo("ready"));

        var page = await browser.GetAsync("/portal");
        using var open = await browser.SubmitAsync(page.QuerySelector("form[action='/portal/payouts/account']")!);
        using var changed = await browser.PostAsync(open.Headers.Location!.PathAndQuery, []);
        await app.DrainAsync();
        Assert.That(
            await app.Db.OneAsync<string>("SELECT payouts_from_why FROM ambassadors WHERE store_id = @id", new { id = shop.Store.Id }), Is.EqualTo("The bank account at Stripe was changed."));

        await app.Db.DoAsync("UPDATE payee_accounts SET read_at = NULL WHERE store_id = @id", new { id = shop.Store.Id });
        await app.Get<ReadPayees>().RunOnceAsync(default);
        Assert.That(await app.Get<AmbassadorDb>().SetStripeAccountAsync(shop.Store, ann, "acct_flow", "test", default));
    }
}
