// The ways of merchants and ambassadors: the API, the pages, and the rehearsal's own Stripe.
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task ApiAsync(StoreApp app)
    {
        var installed = await InstalledShop.InstallAsync(app);
        var store = installed.Store;
        using var key = new StringWriter();
        await app.Get<ApiKeyVerb>().RunAsync(ApiKeyOrder.Read(["--store", store.Domain, "--write"])!, key, TextWriter.Null);
        var api = new ApiClient(app, key.ToString().Trim());

        var campaign = await api.DraftAsync(withObjective: false);
        await OkAsync(api.Put($"campaigns/{campaign}/objective", Bodies.Campaign()["objective"]!.DeepClone()));
        var ann = (await api.AddAsync(campaign, "FLOWAPI")).Text("id");
        Assert.That((await api.Post("ambassadors", Bodies.Ambassador(campaign, "flowapi"))).Status, Is.EqualTo(409), "the code is taken");
        await OkAsync(api.Post($"campaigns/{campaign}/launch"));
        await app.DrainAsync();
        Assert.That((string?)(await api.Get($"ambassadors/{ann}")).Json!["discount"]!["state"], Is.EqualTo("created"));

        Assert.That((int)(await app.VisitAsync("/r/flowapi")).StatusCode, Is.EqualTo(302));
        await SendAsync(app, store, "orders/paid", Order("71").With("FLOWAPI", "10.00").ToJson());
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await OkAsync(api.Post($"ambassadors/{ann}/suspension"));
        await app.DrainAsync();
        app.Clock.Advance(TimeSpan.FromHours(2));
        await SendAsync(app, store, "orders/paid", (Order("72") with { At = StoreApp.Start.AddHours(1) }).With("FLOWAPI", "10.00").ToJson());
        await OkAsync(api.Delete($"ambassadors/{ann}/suspension"));
        await app.DrainAsync();
        var discount = await app.Db.OneAsync<string>("SELECT discount_id FROM codes WHERE store_id = @id AND code_key = 'flowapi'", new { id = store.Id });
        await app.Db.InTransactionAsync(tx => app.Get<NoticeDiscount>().ApplyAsync(tx, store, new DiscountTouched(discount!)));
        await SendAsync(app, store, "orders/paid", "not JSON");
        await app.DrainAsync();
        await app.Db.DoAsync(
            "UPDATE effects SET state = 'dead', attempts = 1, outcome = 'x', done_at = @now WHERE store_id = @id AND kind = 'create_discount'",
            new { id = store.Id, now = app.Clock.GetUtcNow() });

        foreach (var list in new[]
        {
            "audit-entries?limit=1", $"audit-entries?limit=1&after={(string?)(await api.Get("audit-entries?limit=1")).Json!["next"]}", "store", "campaigns?limit=1", $"campaigns/{campaign}", "ambassadors", $"ambassadors/{ann}", "orders", $"orders?ambassador={ann}&limit=1",
            "orders/71/receipt", "ledger/entries?limit=1", $"ledger/entries?ambassador={ann}", "ledger/balances", $"ledger/balances?ambassador={ann}",
        })
        {
            await OkAsync(api.Get(list));
        }

        foreach (var kind in new[] { "deliveries", "effects" })
        {
            await OkAsync(api.Get(kind + "?state=pending"));
            await OkAsync(api.Get(kind + "?state=done"));
            var dead = (string)(await api.Get(kind + "?state=dead")).Json!["items"]!.AsArray().Single()!["id"]!;
            await OkAsync(api.Get($"{kind}/{dead}"));
            await OkAsync(api.Post($"{kind}/{dead}/replays"));
        }

        await app.DrainAsync();
        var balances = (await api.Get($"ledger/balances?ambassador={ann}")).Json!["items"]!.AsArray();
        Assert.That(balances.Single(balance => (string?)balance!["account"] == Account.Held)!["amount"]!["minor"]!.GetValue<long>(), Is.EqualTo(900));
        Assert.That((await api.Get("payout-runs/none")).Status, Is.EqualTo(404));

        // Order 72 was nobody's, since the ambassador was suspended then; a person sees it otherwise, and again otherwise.
        await OkAsync(api.Get("orders?state=review&limit=1"));
        foreach (var decision in new[] { """{"decision":"credit","reason":"Known by telephone.","ambassadorId":"@"}""", """{"decision":"reject","reason":"A mistake."}""" })
        {
            await OkAsync(api.Post("orders/72/decisions", JsonNode.Parse(decision.Replace("@", ann, StringComparison.Ordinal))!.AsObject()));
        }

        Assert.That((await api.Post("orders/72/decisions", new JsonObject { ["decision"] = "allow", ["reason"] = "x" })).Status, Is.EqualTo(409));
    }

    private static async Task CampaignAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-campaign");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var ann = await shop.AmbassadorAsync("FLOWLIFE");
        var path = $"campaigns/{shop.CampaignId}";
        app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await ReviseAsync(shop.CampaignId, 20)).Text("effectiveAt"), Is.EqualTo("2026-03-01T11:00:00Z"));
        Assert.That((await ReviseAsync(shop.CampaignId, 5)).Text("effectiveAt"), Is.EqualTo("2026-03-15T11:00:00Z"));
        Assert.That((long)(await api.Get(path)).Json!["nextRevision"]!["revision"]!, Is.EqualTo(3));
        await OkAsync(api.Get($"{path}/rules?revision=3"));
        using var reader = await Rooms.SignInAsync(app, shop.Store, ann);
        Assert.That((await reader.GetAsync($"/rules/{shop.CampaignId}")).Text(), Does.Contain("A change lies ahead"));
        await reader.SubmitAsync((await reader.GetAsync("/portal")).QuerySelector("form[action='/portal/rules/acceptance']")!);
        Assert.That((await reader.GetAsync("/portal")).Text("#rules"), Does.Contain("You accepted it"));
        await app.DrainAsync();
        await OkAsync(api.Delete($"{path}/revisions/3"));
        await app.DrainAsync();
        Assert.That(ReadMail.AllOf(app).Where(mail => mail["Subject"].EndsWith("does not come", StringComparison.Ordinal)), Has.Exactly(1).Items);
        await OkAsync(api.Get($"{path}/revisions"));
        app.Clock.Advance(TimeSpan.FromHours(1));
        await OkAsync(api.Post($"{path}/pauses"));
        app.Clock.Advance(TimeSpan.FromHours(1));
        await OkAsync(api.Delete($"{path}/pauses/current"));

        for (var hour = 0; hour < 4; hour++)
        {
            await shop.PaysAsync(new TestOrder($"{hour}1", StoreApp.Start.AddHours(hour)).With("FLOWLIFE", "10.00"));
        }

        await OkAsync(api.Post($"{path}/ending"));
        var copy = (await api.Post($"{path}/copies", new JsonObject { ["name"] = "Again" })).Text("id");
        var ben = (await api.AddAsync(copy, "FLOWCOPY")).Text("id");
        await ReviseAsync(copy, 7, friend: 0);
        Assert.That((string?)(await api.Get($"ambassadors/{ben}")).Json!["discount"]!["state"], Is.EqualTo("none"));
        Assert.That((await api.Get(path)).Text("state"), Is.EqualTo("ended"));
        var side = (await api.Get($"{path}/comparison?with={copy}")).Json!["campaigns"]![0]!;
        Assert.That(((long)side["creditedOrders"]!, (long)side["currencies"]![0]!["commission"]!["minor"]!), Is.EqualTo((3, 900 + 1800 + 1800)));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(900 + 1800 + 1800), "what the pause took is the third of four");
        var test = await api.Post(
            $"{path}/back-tests", new JsonObject { ["terms"] = Bodies.Campaign(20)["terms"]!.DeepClone(), ["from"] = "2026-03-01", ["to"] = "2026-03-01" });
        var eur = test.Json!["currencies"]![0]!;
        Assert.That(((long)eur["orders"]!, (long)eur["difference"]!["minor"]!, (string?)eur["ambassadors"]![0]!["name"]), Is.EqualTo((4, 900, "FLOWLIFE")));

        Task<ApiAnswer> ReviseAsync(string id, decimal commission, decimal friend = 10) =>
            api.Post($"campaigns/{id}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(commission, friend)["terms"]!.DeepClone() });
    }

    private static async Task ImportAsync(StoreApp app)
    {
        const string File = "name,email,code,opening_balance,joined_at\nAnn,ann@example.com,MOVEANN,12.50,2025-03-31\nBob,bob@example.com,MOVEBOB,-3,\n";
        var shop = await Shop.OpenAsync(app, "flow-import");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var path = $"ambassador-imports?campaignId={shop.CampaignId}&dryRun=";

        await OkAsync(api.Post(path + "true", File, "text/csv"));
        var first = await api.Post(path + "false", File, "text/csv");
        var again = await api.Post(path + "false", File, "text/csv");
        Assert.That((first.Status, (long)first.Json!["added"]!, (long)again.Json!["added"]!), Is.EqualTo((200, 2, 0)));

        var ann = (await api.Get("ambassadors")).Json!["items"]!.AsArray().Single(item => (string?)item!["code"] == "MOVEANN")!;
        var codes = $"ambassadors/{(string)ann["id"]!}/codes";
        Assert.That((await api.Post(codes, new JsonObject { ["code"] = "MOVETWO" })).Status, Is.EqualTo(201));
        await OkAsync(api.Delete(codes + "/moveann"));
        Assert.That((await api.Delete(codes + "/MOVETWO")).Status, Is.EqualTo(409), "the last one");
        Assert.That((await api.Post(codes, new JsonObject { ["code"] = "MOVEANN" })).Status, Is.EqualTo(409), "it has ended");
        await OkAsync(api.Get(codes + "?limit=1"));
        Assert.That((await app.VisitAsync("/r/moveann")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(await app.Get<Verification.Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await app.Get<Verification.Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    private static async Task HistoryAsync(StoreApp app)
    {
        const string File = "order,placed_at,customer,email\n501,2025-03-31T10:00:00Z,77,shopper@example.test\n2,2026-03-01T09:00:00Z,78,\n";
        var shop = await Shop.OpenAsync(app, "flow-history", new Terms(1000, 1000, 30, 30)
        {
            NewCustomersOnly = true,
            Channels = [OrderChannel.Online],
        });
        var api = await ApiClient.OfAsync(app, shop.Store);
        await shop.AmbassadorAsync("FLOWPAST");
        var draft = Bodies.Campaign();
        draft["terms"]!["customers"] = "new";
        var campaign = (await api.Post("campaigns", draft)).Text("id");
        Assert.That((await api.Post($"campaigns/{campaign}/launch")).Problem, Is.EqualTo("/problems/history-not-acknowledged"));
        await OkAsync(api.Post($"campaigns/{campaign}/launch", new JsonObject { ["acknowledgedHistorySince"] = (await api.Get("history")).Text("historySince") }));

        await shop.PaysAsync(Order("1") with { CartRef = "FLOWPAST", At = StoreApp.Start.AddHours(1) });
        Assert.That((await shop.ReceiptAsync("1")).NewCustomer, Is.True);
        foreach (var dry in new[] { "true", "false", "false" })
        {
            await OkAsync(api.Post($"history-imports?dryRun={dry}&since=2025-01-01T00:00:00Z", File, "text/csv"));
        }

        await app.DrainAsync();
        var receipt = await shop.ReceiptAsync("1");
        Assert.That((receipt.NewCustomer, receipt.HistorySince), Is.EqualTo((false, new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero))));
        Assert.That((await api.Get("history")).Json!["imports"]!.AsArray(), Has.Count.EqualTo(1));

        await shop.PaysAsync(Order("2") with { CartRef = "FLOWPAST", At = StoreApp.Start.AddHours(2), Customer = 78, Email = "other@example.test" });
        Assert.That((await shop.ReceiptAsync("2")).NewCustomer, Is.True, "an order is no earlier one beside itself");
        var erased = await app.Db.InTransactionAsync(tx => app.Get<ReceiveStoreEvent>().ApplyAsync(
            tx, shop.Store, new PrivacyRequested("customers/redact") { Shopper = new Shopper("77", null, null), OrderIds = ["1", "501"] }));
        Assert.That(erased, Does.Contain("from 4 rows"));
        await shop.PaysAsync(Order("1") with { CartRef = "FLOWPAST", At = StoreApp.Start.AddHours(1), UpdatedAt = StoreApp.Start.AddHours(3), Lines = [("50.00", 1, "0.00")] });
        Assert.That((await shop.ReceiptAsync("1")).NewCustomer, Is.False, "the books stay");
        await shop.PaysAsync(Order("1") with { CartRef = "FLOWPAST", At = StoreApp.Start.AddMinutes(61), UpdatedAt = StoreApp.Start.AddHours(4), Lines = [("50.00", 1, "0.00")] });
        Assert.That(await app.Get<Verification.Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await app.Get<Verification.Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    private static async Task LifeAsync(StoreApp app)
    {
        const string Bindings = "ambassador,customer_id,customer_email,since,until\nFLOWZOE,77,shopper@example.test,2026-01-01,\n";
        var shop = await Shop.OpenAsync(app, "flow-life");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var setting = $"campaigns/{shop.CampaignId}/applications";
        await OkAsync(api.Put(setting, new JsonObject { ["open"] = true }));
        await OkAsync(api.Get(setting));
        foreach (var name in new[] { "Flowzoe", "Flowbob", "Flowann", "Flowcid" })
        {
            using var browser = new Browser(app.Address);
            var form = (await browser.GetAsync($"/join/{shop.CampaignId}")).QuerySelector("main form")!;
            var fields = form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
            (fields["name"], fields["email"]) = (name, name + "@example.com");
            Assert.That((await browser.PostAsync(form.GetAttribute("action")!, fields)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
            app.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await OkAsync(api.Put(setting, new JsonObject { ["open"] = false }));
        var ids = (await api.Get("applications?state=applied")).Json!["items"]!.AsArray().Select(item => (string)item!["id"]!).ToArray();
        var zoe = (await api.Post($"applications/{ids[0]}/approval")).Text("ambassadorId");
        await OkAsync(api.Post($"applications/{ids[1]}/rejection", new JsonObject { ["reason"] = "x" }));
        Assert.That((await api.Post($"applications/{ids[1]}/rejection", new JsonObject { ["reason"] = "x" })).Status, Is.EqualTo(409));
        await OkAsync(api.Post("application-rejections", new JsonObject { ["applications"] = new JsonArray(ids[1], ids[2]), ["reason"] = "x" }));
        Assert.That((await api.Get("applications")).Json!["items"]!.AsArray(), Has.Count.EqualTo(4));

        await OkAsync(api.Put($"ambassadors/{zoe}/group", new JsonObject { ["group"] = "Gold" }));
        Assert.That((await api.Get("ambassadors?group=gold")).Json!["items"]!.AsArray(), Has.Count.EqualTo(1));
        await OkAsync(api.Delete($"ambassadors/{zoe}/group"));
        await OkAsync(api.Post($"binding-imports?campaignId={shop.CampaignId}&dryRun=true", Bindings, "text/csv"));
        await OkAsync(api.Post($"binding-imports?campaignId={shop.CampaignId}&dryRun=false", Bindings.Replace("FLOWZOE", "flowzoe@example.com", StringComparison.Ordinal), "text/csv"));

        await OkAsync(api.Post($"ambassadors/{zoe}/suspension", new JsonObject { ["reason"] = "x" }));
        Assert.That((await api.Post($"ambassadors/{zoe}/suspension")).Status, Is.EqualTo(409));
        app.Clock.Advance(TimeSpan.FromHours(1));
        await OkAsync(api.Post($"ambassadors/{zoe}/ending"));
        app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await api.AddAsync(shop.CampaignId, "FLOWZOE-2", "flowzoe@example.com")).Text("id"), Is.EqualTo(zoe));
        Assert.That((await api.Get($"ambassadors/{zoe}/states")).Json!["items"]!.AsArray().Select(state => (string?)state!["state"]),
            Is.EqualTo(["applied", "approved", "suspended", "ended", "approved"]));

        app.Clock.Advance(TimeSpan.FromHours(1));
        await OkAsync(api.Post($"ambassadors/{zoe}/ending"));
        app.Clock.Advance(TimeSpan.FromHours(1));
        await OkAsync(api.Put(setting, new JsonObject { ["open"] = true }));
        await app.Get<Applications>().ApplyAsync(shop.Store, shop.CampaignId, new NewApplication("Flowzoe", "flowzoe@example.com", null), default);
        var again = (await api.Get("applications?state=applied")).Json!["items"]!.AsArray().Single(item => (string?)item!["email"] == "flowzoe@example.com");
        app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await api.Post($"applications/{again!["id"]}/approval")).Text("ambassadorId"), Is.EqualTo(zoe));

        app.Clock.Advance(TimeSpan.FromDays(184));
        await Plant.RowAsync(app.Db, "audit_entries", ("store_id", shop.Store.Id), ("id", "aud_0"), ("at", 0L));
        await app.Get<Retention>().RunOnceAsync(default);
        Assert.That((await api.Get("applications?state=rejected")).Json!["items"]!.AsArray().Select(item => (string?)item!["name"]), Is.EqualTo(["", "", ""]));
    }

    private static async Task DebtsAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-debts");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var path = $"ambassador-imports?campaignId={shop.CampaignId}&dryRun=false";
        await OkAsync(api.Post(path, "name,email,code,opening_balance\nAnn,ann@example.com,DEBTANN,-3\nBob,bob@example.com,DEBTBOB,-4\n", "text/csv"));
        var people = (await api.Get("ambassadors")).Json!["items"]!.AsArray().ToDictionary(item => (string)item!["code"]!, item => (string)item!["id"]!);
        var (ann, bob) = (people["DEBTANN"], people["DEBTBOB"]);

        app.Clock.Advance(TimeSpan.FromHours(1));
        await OkAsync(api.Post($"ambassadors/{ann}/ending"));
        await OkAsync(api.Post($"ambassadors/{bob}/ending"));
        app.Clock.Advance(TimeSpan.FromHours(1));
        var back = (await api.AddAsync(await api.LiveAsync(), "DEBTBACK", "bob@example.com")).Text("id");
        await app.Get<WriteOffs>().RunOnceAsync(default);
        Assert.That((await shop.BalanceAsync(ann, Account.Approved), await shop.BalanceAsync(bob, Account.Approved)), Is.EqualTo((0, 0)));
        Assert.That(await shop.BalanceAsync(back, Account.Approved), Is.EqualTo(-4_00), "who came back before it was written off");

        Assert.That((await api.AddAsync(shop.CampaignId, "DEBTANN2", "ann@example.com")).Text("id"), Is.EqualTo(ann));
        Assert.That((await shop.BalanceAsync(ann, Account.Approved), await shop.BalanceAsync("", Account.WrittenOff)), Is.EqualTo((-3_00, 0)));
        using var reader = await Rooms.SignInAsync(app, shop.Store, ann);
        Assert.That((await reader.GetAsync("/portal")).Text("#write-offs"), Does.Contain("Owed again"));
        Assert.That(await app.Get<Verification.Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await app.Get<Verification.Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    private static async Task PagesAsync(StoreApp app)
    {
        var rooms = await Rooms.OpenAsync(app, "str_flow");
        await rooms.AmbassadorAsync("amb_ann", "Ann", "PAGEANN");
        for (var i = 0; i < 26; i++)
        {
            await rooms.AmbassadorAsync($"amb_{i:00}", $"Person {i}", $"PAGE{i}");
            await rooms.OrderAsync($"{100 + i}", "held", 90_00, "amb_ann", 9_00, "A code was used.", at: StoreApp.Start.AddMinutes(i));
        }

        await rooms.ClicksAsync("amb_ann", 3);
        await rooms.DeadDeliveryAsync("dlv_kept", "The body is not JSON.");
        await rooms.DeadDeliveryAsync("dlv_gone", "The body is not JSON.", dropped: true);
        await rooms.DeadEffectAsync("eff_dead", "The store refused.");
        Assert.That(await app.Get<SignInLine>().TextAsync(default), Does.Contain("/sign-in/"));

        using var owner = await rooms.OwnerAsync();
        var overview = await owner.GetAsync("/dashboard");
        Assert.That(overview.Text(), Does.Contain("Top ambassadors").And.Contain("The body is not JSON."));
        foreach (var list in new[] { "orders", "ambassadors" })
        {
            var first = await owner.GetAsync($"/dashboard/{list}");
            var next = first.QuerySelectorAll("a").Select(a => a.GetAttribute("href")!).Single(href => href.Contains("?after=", StringComparison.Ordinal));
            Assert.That((await owner.GetAsync(next)).QuerySelectorAll("tbody tr"), Is.Not.Empty, list);
        }

        Assert.That((await owner.GetAsync("/dashboard/ambassadors/amb_ann")).Text(), Does.Contain("Ann"));
        Assert.That((await owner.GetAsync("/dashboard/orders/101")).Text(), Does.Contain("#101"));
        foreach (var subject in new[] { "ambassadors/amb_ann", $"campaigns/{rooms.CampaignId}", "orders/101" })
        {
            await app.Get<StorePlugin.Audit.AuditLog>().BeginAsync(rooms.Store, "host", "Looks", subject, default);
        }

        Assert.That((await owner.GetAsync("/dashboard/audit")).QuerySelectorAll("tbody a"), Has.Length.EqualTo(3));
        var token = overview.QuerySelectorAll("#stuck form")[0].QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
        foreach (var button in overview.QuerySelectorAll("#stuck button[formaction]"))
        {
            Assert.That((await owner.PostAsync(button.GetAttribute("formaction")!, token)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
            Assert.That((await owner.PostAsync(button.GetAttribute("formaction")!, token)).StatusCode, Is.Not.EqualTo(HttpStatusCode.InternalServerError), "no longer dead");
        }

        var person = await owner.GetAsync("/dashboard/ambassadors/amb_ann");
        Assert.That((int)(await owner.SubmitAsync(person.QuerySelector("form[action$=sign-in-links]")!)).StatusCode, Is.LessThan(400));

        using var ann = await rooms.AmbassadorBrowserAsync("amb_ann");
        var portal = await ann.GetAsync("/portal");
        Assert.That(portal.Text(), Does.Contain("234.00").And.Contain("Held until"));
        var older = portal.QuerySelectorAll("a").Select(a => a.GetAttribute("href")!).Single(href => href.Contains("?after=", StringComparison.Ordinal));
        Assert.That((await ann.GetAsync(older)).QuerySelectorAll("tbody tr"), Has.Exactly(1).Items);
        Assert.That((await ann.AskAsync("/portal/link.svg")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await ann.SubmitAsync(portal.QuerySelector("form[action$=sign-out]")!);
        Assert.That((await ann.AskAsync("/portal")).StatusCode, Is.Not.EqualTo(HttpStatusCode.OK));
    }

    private static async Task RehearsalStripeAsync(StoreApp app)
    {
        const string Transfers = "/v1/transfers";
        const string Body = "amount=2500&currency=eur&destination=acct_1Ann&transfer_group=po_1&metadata%5Bpayout_id%5D=po_1&metadata[attempt]=1";
        var shop = await InstalledShop.InstallAsync(app);

        var first = await shop.SendToStripeAsync(HttpMethod.Post, Transfers, Body, "k1");
        var again = await shop.SendToStripeAsync(HttpMethod.Post, Transfers, Body, "k1");
        app.Clock.Advance(RehearsalStripeAccount.KeyLifetime);
        var after = await shop.SendToStripeAsync(HttpMethod.Post, Transfers, Body, "k1");
        var list = JsonNode.Parse(await (await shop.SendToStripeAsync(HttpMethod.Get, Transfers + "?transfer_group=po_1")).Content.ReadAsStringAsync())!;
        var one = await shop.SendToStripeAsync(HttpMethod.Get, $"{Transfers}/{(string)list["data"]![0]!["id"]!}");

        Assert.That(await again.Content.ReadAsStringAsync(), Is.EqualTo(await first.Content.ReadAsStringAsync()));
        Assert.That((after.StatusCode, one.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That(list["data"]!.AsArray(), Has.Count.EqualTo(2));
    }

    private static async Task SendAsync(StoreApp app, Store store, string topic, string json) =>
        Assert.That(await app.Get<RehearsalShop>().SendAsync(store.Id, ShopDelivery.Of(topic, Encoding.UTF8.GetBytes(json)), default), Is.EqualTo(200));

    private static async Task OkAsync(Task<ApiAnswer> call)
    {
        var answer = await call;
        Assert.That(answer.Status, Is.InRange(200, 299), answer.Json?.ToJsonString());
    }
}
