// The ways through the database of what platforms ask for a person's or a store's sake.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Privacy;
using StorePlugin.PublicPages;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using StorePlugin.Tests.Payouts.SelfBilling;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task PrivacyAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-privacy");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var id = (await api.AddAsync(shop.CampaignId, "FLOWPRIV", "shopper@example.test")).Text("id");
        await app.DrainAsync();
        await shop.PaysAsync(Order("1").With("FLOWPRIV", "10.00"));
        await OkAsync(api.Post(
            $"binding-imports?campaignId={shop.CampaignId}&dryRun=false",
            "ambassador,customer_id,customer_email,since,until\nFLOWPRIV,77,,2026-01-01,\n", "text/csv"));
        await OkAsync(api.Put("programme-credits/flow-privacy", new JsonObject
        {
            ["customer"] = new JsonObject { ["id"] = "77" },
            ["amount"] = new JsonObject { ["minor"] = 5, ["currency"] = "EUR" },
            ["reason"] = "A milestone.",
        }));

        await AskAsync(new PrivacyRequested("customers/data_request") { Shopper = Shopper, OrderIds = ["1"], RequestId = "1" });
        await app.DrainAsync();
        var request = (await api.Get("privacy-requests")).Json!["items"]!.AsArray().Single()!;
        var file = (await api.Get($"privacy-requests/{(string?)request["id"]}/file")).Json!;
        foreach (var part in new[] { "orders", "belonging", "storeCredit", "ambassador" })
        {
            Assert.That(file[part]!["items"]!.AsArray(), Has.Count.EqualTo(1), part);
        }

        Assert.That((await api.Get($"privacy-requests/{(string?)request["id"]}/downloads")).Json!["items"]!.AsArray(), Has.Count.EqualTo(1));
        using (var owner = await Rooms.SignInAsync(app, shop.Store, null))
        {
            await owner.GetAsync("/dashboard/privacy-requests");
        }

        await app.Db.InTransactionAsync(tx => PlantDeadAsync(tx, shop, DeadBodies.ReadMax + 1));
        var redact = new PrivacyRequested("customers/redact") { Shopper = Shopper, OrderIds = ["1", "2"] };
        await AskAsync(redact);
        await AskAsync(redact);
        await EraseAsync(app);
        await shop.PaysAsync(Order("1") with { UpdatedAt = StoreApp.Start.AddHours(1) });
        await shop.PaysAsync(Order("2"));
        Assert.That(await CountAsync(app, shop, "body IS NOT NULL"), Is.Zero);
        Assert.That(await app.Get<Verification.Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await app.Get<Verification.Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);

        await AskAsync(new PrivacyRequested("customers/data_request") { Shopper = Shopper, RequestId = "2" });
        await app.DrainAsync();
        await app.Db.DoAsync(
            "UPDATE clicks SET used_at = at, referrer_class = 'social' WHERE store_id = @s AND id = @click", new { s = shop.Store.Id, click = await shop.ClickAsync(id) });
        Assert.That((await app.VisitAsync("/r/FLOWPRIV")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        await app.Get<SignIn>().NewLinkAsync(shop.Store, Role.Owner, null, default);
        await app.Get<Installation>().BeginAsync("rehearsal", "test", shop.Store.Domain, default);
        await OkAsync(api.Put($"campaigns/{shop.CampaignId}/applications", new JsonObject { ["open"] = true }));
        await app.Get<Applications>().ApplyAsync(shop.Store, shop.CampaignId, new NewApplication("Bob", "bob@example.com", "please"), default);
        await OkAsync(api.Post($"ambassadors/{id}/leaks", new JsonObject { ["code"] = "FLOWPRIV", ["where"] = "A forum" }));
        await OkAsync(api.Post($"ambassadors/{id}/exemptions", new JsonObject { ["rule"] = "F2", ["reason"] = "x", ["until"] = InstantConverter.Text(app.Clock.GetUtcNow().AddDays(60)) }));
        await OkAsync(api.Post($"ambassadors/{id}/suspension", new JsonObject { ["reason"] = "x" }));
        await OkAsync(api.Put("mail-texts/welcome", new JsonObject { ["subject"] = "Hello {name}" }));
        await OkAsync(api.Post("mail-suppressions", new JsonObject { ["email"] = "gone@example.com", ["detail"] = "x" }));
        await OkAsync(api.Post($"campaigns/{shop.CampaignId}/invitations", Invitations("eve@example.com")));
        await shop.DeliverAsync("orders/paid", Order("3").ToJson());
        await app.DrainAsync();

        await OkAsync(api.Put("payout-settings", new JsonObject { ["methods"] = new JsonArray("other") }));
        await OkAsync(api.Put($"ambassadors/{id}/payout-method", new JsonObject { ["kind"] = "other", ["text"] = "Cash" }));
        await OkAsync(api.Put("self-billing", SelfBillingWorld.Merchant()));
        await OkAsync(api.Put($"ambassadors/{id}/tax", SelfBillingWorld.Tax("domestic")));
        await Plant.RowAsync(app.Db, "payout_runs", ("store_id", shop.Store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        await Plant.RowAsync(
            app.Db, "payout_exports", ("store_id", shop.Store.Id), ("id", "pex_1"), ("run_id", "run_1"), ("format", "csv"), ("sums", "[]"), ("debtor_sealed", new byte[] { 1 }));
        await Plant.RowAsync(app.Db, "payout_differences", ("store_id", shop.Store.Id), ("id", "dif_1"), ("kind", "differs"), ("reason", "x"));
        await Plant.RowAsync(
            app.Db, "payouts", ("store_id", shop.Store.Id), ("id", "po_1"), ("run_id", "run_1"), ("ambassador_id", id), ("currency", "EUR"), ("amount_minor", 1L), ("mode", "test"),
            ("state", "refused"));
        await Plant.RowAsync(
            app.Db, "payout_reversals", ("store_id", shop.Store.Id), ("payout_id", "po_1"), ("number", 1L), ("amount_minor", 1L), ("currency", "EUR"), ("state", "refused"), ("reason", "x"),
            ("settled_at", 1L));
        await app.Get<AmbassadorCustomers>().LinkAsync(shop.Store, app.Get<AmbassadorCustomers>().KeyOf(shop.Store, "78"), id, default);
        await OkAsync(api.Post($"ambassadors/{id}/address-changes", new JsonObject { ["email"] = "gone@example.org", ["reason"] = "x" }));
        await OkAsync(api.Put($"ambassadors/{id}/payout-method", new JsonObject { ["kind"] = "other", ["text"] = "More cash" }));
        await app.Get<SignInRequests>().AskAsync(shop.Store, "gone@example.org", default);
        await app.Get<Team>().AddAsync(shop.Store, "Max", "max@example.org", Role.Viewer, "test", default);
        await app.Get<AmbassadorNotes>().AddAsync(shop.Store, id, "Likes tea.", "test", default);
        var rehearsed = new Rehearsal("reh_1", shop.CampaignId, 1, "typical_month", "finished", null, "EUR", 1, app.Clock.GetUtcNow(), "test", null, null, 0, null, null);
        await app.Get<RehearsalNotes>().AddAsync(shop.Store, rehearsed, 0, "noted", "test", default);
        await app.Get<Messages>().WriteAsync(shop.Store, id, "When?", default);
        await app.Get<OrderClaims>().TellAsync(shop.Store, id, new NewClaim("#9", new DateOnly(2026, 2, 1), null), default);
        await app.Get<Profiles>().SayAsync(shop.Store, id, isGiven: true, MentionConsent.Hash, default);
        await app.Get<Profiles>().ConfirmAgeAsync(shop.Store, id, default);
        var picture = new Picture("image/png", [1, 2, 3], 1, 1);
        await app.Get<Looks>().SetAsync(shop.Store, null, "Headline", null, picture, keepsLogo: true, "test", default);
        await app.Get<Playbooks>().SetAsync(shop.Store, shop.CampaignId, "Both of us win.", default);
        await app.Get<OwnPages>().SetAsync(shop.Store, id, "Ann", "Words", null, keepsPicture: true, default);
        await app.Get<ImportFiles>().KeepAsync(shop.Store, shop.CampaignId, "name,email,code", 1, "test", default);
        await app.DrainAsync();
        var change = (await app.Db.OneAsync<string>("SELECT id FROM payout_changes WHERE store_id = @s AND state = 'asked'", new { s = shop.Store.Id }))!;
        await OkAsync(api.Put($"ambassadors/{id}/payout-changes/{change}/decision", new JsonObject { ["decision"] = "confirmed", ["reason"] = "x" }));
        await AskAsync(new PrivacyRequested("shop/redact"));
        app.Get<Installation>().Forget(shop.Store);
        await EraseAsync(app);
        app.Clock.Advance(EraseStore.OwedKept);
        await EraseAsync(app);
        await app.Get<Retention>().RunOnceAsync(default);
        Assert.That(
            await app.Db.ManyAsync<string>("SELECT state FROM privacy_requests WHERE store_id = @s ORDER BY topic, state", new { s = shop.Store.Id }),
            Is.EqualTo(["dropped", "dropped", "done", "done"]));
        Assert.That(await app.Db.OneAsync<string>("SELECT email FROM ambassadors WHERE store_id = @s", new { s = shop.Store.Id }), Is.Empty);

        Task<string> AskAsync(PrivacyRequested asked) => app.Db.InTransactionAsync(tx =>
            app.Get<ReceiveStoreEvent>().ApplyAsync(tx, shop.Store, asked, app.Clock.GetUtcNow(), app.Clock.GetUtcNow()));
    }

    private static Shopper Shopper => new("77", "shopper@example.test", null);

    private static async Task EraseAsync(StoreApp app)
    {
        while (await app.Get<Erasures>().RunOnceAsync(default) > 0)
        {
        }
    }

    private static Task<int> PlantDeadAsync(Tx tx, Shop shop, int count) => tx.DoAsync(
        """
        INSERT INTO deliveries (store_id, source, delivery_key, id, topic, body, received_at, state, attempts, due_at, outcome, done_at)
        VALUES (@s, 'rehearsal', @id, @id, 'orders/paid', @body, 0, 'dead', 1, 0, 'It is not JSON.', 0)
        """,
        Enumerable.Range(0, count).Select(i => new { s = shop.Store.Id, id = $"dlv_{i:0000}", body = new byte[] { 1 } }));
}
