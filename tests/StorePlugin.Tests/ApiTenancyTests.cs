// Each call is tried with the ids of another store: nothing is found, and nothing is changed.
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Payouts.SelfBilling;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests;

internal sealed class ApiTenancyTests
{
    // Calls that name nothing of a store's, and so cannot name another's.
    private static readonly string[] WithoutIds =
    [
        "GET /api/v1/store", "GET /api/v1/audit-entries", "GET /api/v1/campaigns", "POST /api/v1/campaigns", "GET /api/v1/ambassadors", "GET /api/v1/deliveries", "GET /api/v1/effects",
        "GET /api/v1/collections", "PUT /api/v1/collections/{id}", "GET /api/v1/applications", "GET /api/v1/order-claims", "GET /api/v1/payee-years/{year}", "GET /api/v1/payout-runs", "POST /api/v1/payout-runs", "GET /api/v1/payouts",
        "GET /api/v1/payout-reconciliations", "POST /api/v1/payout-reconciliations", "GET /api/v1/payout-differences",
        "GET /api/v1/history", "POST /api/v1/history-imports", "GET /api/v1/programme-credits", "PUT /api/v1/programme-credits/{id}", "PUT /api/v1/stripe-connection",
        "GET /api/v1/stripe-connection", "GET /api/v1/payout-routes", "PUT /api/v1/payout-routes",
        "GET /api/v1/store/contact", "PUT /api/v1/store/contact", "GET /api/v1/reconciliation", "GET /api/v1/reconciliation/missed-orders", "GET /api/v1/privacy-requests",
        "GET /api/v1/payout-settings", "PUT /api/v1/payout-settings", "GET /api/v1/self-billing", "PUT /api/v1/self-billing", "DELETE /api/v1/self-billing",
        "GET /api/v1/tax-thresholds", "PUT /api/v1/tax-thresholds", "DELETE /api/v1/tax-thresholds",
        "GET /api/v1/mail-texts", "GET /api/v1/mail-texts/{mail}", "PUT /api/v1/mail-texts/{mail}", "DELETE /api/v1/mail-texts/{mail}", "POST /api/v1/mail-texts/{mail}/preview",
        "GET /api/v1/mail-settings", "PUT /api/v1/mail-settings", "GET /api/v1/mail-suppressions", "POST /api/v1/mail-suppressions",
    ];

    [Test]
    public async Task Another_stores_ids_find_nothing_and_change_nothing()
    {
        await using var app = await StoreApp.StartAsync();
        var victim = await Shop.OpenAsync(app, "victim");
        var ann = await victim.AmbassadorAsync("ANN10");
        await victim.PaysAsync(new TestOrder("5001", StoreApp.Start).With("ANN10", "10.00"));
        await victim.DeliverAsync("orders/paid", "no json", "dies");
        await app.DrainAsync();
        var own = await ApiClient.OfAsync(app, victim.Store);
        var draft = await own.DraftAsync();
        var paused = await own.LiveAsync();
        await own.Post($"campaigns/{paused}/pauses");
        await own.Post($"campaigns/{paused}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(5)["terms"]!.DeepClone() });
        await app.Db.DoAsync(
            "INSERT INTO ambassador_states (store_id, ambassador_id, number, state, at, actor) VALUES (@s, @ann, 1, 'approved', 1, 'test')", new { s = victim.Store.Id, ann });
        await own.Put($"ambassadors/{ann}/group", new JsonObject { ["group"] = "Gold" });
        await own.Put($"campaigns/{victim.CampaignId}/applications", new JsonObject { ["open"] = true });
        await app.Get<Applications>().ApplyAsync(victim.Store, victim.CampaignId, new NewApplication("Bob", "bob@example.com", null), default);
        var application = await IdAsync(app, "SELECT id FROM applications WHERE store_id = @s", victim);
        await app.Get<OrderClaims>().TellAsync(victim.Store, ann, new NewClaim("#5001", new DateOnly(2026, 2, 28), null), default);
        var claim = await IdAsync(app, "SELECT id FROM order_claims WHERE store_id = @s", victim);
        Assert.That((await own.Post($"ambassadors/{ann}/exemptions", Exemption("F2"))).Status, Is.EqualTo(201));
        Assert.That((await own.Post($"ambassadors/{ann}/leaks", Leak("A forum"))).Status, Is.EqualTo(201));
        Assert.That((await own.Post($"ambassadors/{ann}/code-series", new JsonObject { ["count"] = 2 })).Status, Is.EqualTo(201));
        var series = await IdAsync(app, "SELECT id FROM code_series WHERE store_id = @s", victim);
        var leak = await IdAsync(app, "SELECT id FROM leaks WHERE store_id = @s", victim);
        var delivery = await IdAsync(app, "SELECT id FROM deliveries WHERE store_id = @s AND state = 'dead'", victim);
        await app.Db.InTransactionAsync(async tx =>
        {
            await Outbox.AddAsync(tx, victim.Store.Id, Effect.Kinds.CreateDiscount, "ann10", "{}", StoreApp.Start);
            await tx.DoAsync("UPDATE effects SET state = 'dead' WHERE store_id = @s AND subject = 'ann10'", new { s = victim.Store.Id });
            await tx.DoAsync(
                "INSERT INTO payout_runs (store_id, id, state, preview, created_at, created_by) VALUES (@s, 'run_1', 'preview', '[]', 1, 'test')", new { s = victim.Store.Id });
        });
        await Plant.RowAsync(
            app.Db, "payouts", ("store_id", victim.Store.Id), ("id", "po_1"), ("run_id", "run_1"), ("ambassador_id", ann), ("currency", "EUR"),
            ("amount_minor", 100L), ("mode", "test"), ("state", "unknown"));
        await Plant.RowAsync(
            app.Db, "payout_attempts", ("store_id", victim.Store.Id), ("payout_id", "po_1"), ("attempt", 1L), ("mode", "test"), ("outcome", "unknown"));
        await Plant.RowAsync(app.Db, "payee_accounts", ("store_id", victim.Store.Id), ("account_id", "acct_ann"), ("ambassador_id", ann), ("state", "ready"));
        await Plant.RowAsync(app.Db, "payout_routes", ("store_id", victim.Store.Id), ("from_country", "DE"), ("to_country", "BR"), ("route", "none"));
        await own.Put("payout-settings", new JsonObject { ["methods"] = new JsonArray("paypal") });
        Assert.That((await own.Put($"ambassadors/{ann}/payout-method", PayoutMethod("ann@example.com"))).Status, Is.EqualTo(200));
        Assert.That((await own.Put("self-billing", SelfBillingWorld.Merchant())).Status, Is.EqualTo(200));
        Assert.That((await own.Put($"ambassadors/{ann}/tax", SelfBillingWorld.Tax("domestic"))).Status, Is.EqualTo(200));
        var party = await IdAsync(app, "SELECT party_id FROM payee_tax WHERE store_id = @s", victim);
        await Plant.RowAsync(
            app.Db, "self_bills", ("store_id", victim.Store.Id), ("number", 1L), ("kind", "document"), ("cause", "payout"), ("payout_id", "po_1"), ("ambassador_id", ann),
            ("currency", "EUR"), ("vat_case", "domestic"), ("merchant_id", party), ("payee_id", party), ("issued_day", 20260301L));
        Assert.That((await own.Put($"ambassadors/{ann}/payout-method", PayoutMethod("ann@example.org"))).Status, Is.EqualTo(200));
        Assert.That((await own.Post($"ambassadors/{ann}/address-changes", new JsonObject { ["email"] = "ann@example.org" })).Status, Is.EqualTo(202));
        var change = await IdAsync(app, "SELECT id FROM payout_changes WHERE store_id = @s AND state = 'asked'", victim);
        await Plant.RowAsync(
            app.Db, "payout_exports", ("store_id", victim.Store.Id), ("id", "pex_1"), ("run_id", "run_1"), ("format", "csv"), ("sums", "[]"));
        await Plant.RowAsync(app.Db, "payout_export_rows", ("store_id", victim.Store.Id), ("export_id", "pex_1"), ("payout_id", "po_1"));
        await Plant.RowAsync(app.Db, "payout_reconciliations", ("store_id", victim.Store.Id), ("id", "prc_1"), ("state", "done"), ("finished_at", 1L));
        await Plant.RowAsync(app.Db, "payout_differences", ("store_id", victim.Store.Id), ("id", "dif_1"), ("kind", "differs"));
        await Plant.RowAsync(
            app.Db, "payout_reversals", ("store_id", victim.Store.Id), ("payout_id", "po_1"), ("number", 1L), ("amount_minor", 1L), ("currency", "EUR"), ("state", "frozen"));
        var effect = await IdAsync(app, "SELECT id FROM effects WHERE store_id = @s AND subject = 'ann10'", victim);
        await app.Db.InTransactionAsync(tx => app.Get<ReceiveStoreEvent>().ApplyAsync(tx, victim.Store, new PrivacyRequested("customers/data_request") { RequestId = "1" }));
        var privacy = await IdAsync(app, "SELECT id FROM privacy_requests WHERE store_id = @s", victim);
        var suppression = (await own.Post("mail-suppressions", new JsonObject { ["email"] = "planted@example.com" })).Text("id");
        await own.Put("mail-texts/welcome", new JsonObject { ["subject"] = "Hello {name}" });
        await own.Put("mail-settings", new JsonObject { ["weeklyCap"] = 3, ["quietHours"] = null });
        var rehearsal = (await own.Post($"campaigns/{draft}/rehearsals", new JsonObject { ["scenario"] = "typical_month" })).Text("id");
        var thief = await Shop.OpenAsync(app, "thief");
        var api = await ApiClient.OfAsync(app, thief.Store);
        (string Call, string Path, JsonNode? Body)[] calls =
        [
            ("GET /api/v1/order-claims/{id}", $"order-claims/{claim}", null),
            ("PUT /api/v1/order-claims/{id}/decision", $"order-claims/{claim}/decision", new JsonObject { ["decision"] = "decline", ["reason"] = "mine" }),
            ("GET /api/v1/campaigns/{id}", $"campaigns/{draft}", null),
            ("PUT /api/v1/campaigns/{id}/objective", $"campaigns/{draft}/objective", Bodies.Campaign()["objective"]!.DeepClone()),
            ("POST /api/v1/campaigns/{id}/launch", $"campaigns/{draft}/launch", null),
            ("GET /api/v1/campaigns/{id}/launch-checks", $"campaigns/{draft}/launch-checks", null),
            ("POST /api/v1/campaigns/{id}/pauses", $"campaigns/{victim.CampaignId}/pauses", null),
            ("DELETE /api/v1/campaigns/{id}/pauses/current", $"campaigns/{paused}/pauses/current", null),
            ("POST /api/v1/campaigns/{id}/ending", $"campaigns/{victim.CampaignId}/ending", null),
            ("POST /api/v1/campaigns/{id}/copies", $"campaigns/{victim.CampaignId}/copies", new JsonObject { ["name"] = "mine" }),
            ("GET /api/v1/campaigns/{id}/revisions", $"campaigns/{draft}/revisions", null),
            ("POST /api/v1/campaigns/{id}/revisions", $"campaigns/{draft}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(20)["terms"]!.DeepClone() }),
            ("DELETE /api/v1/campaigns/{id}/revisions/{number}", $"campaigns/{paused}/revisions/2", null),
            ("GET /api/v1/campaigns/{id}/rules", $"campaigns/{draft}/rules", null),
            ("GET /api/v1/campaigns/{id}/comparison", $"campaigns/{thief.CampaignId}/comparison?with={victim.CampaignId}", null),
            ("GET /api/v1/campaigns/{id}/rehearsals", $"campaigns/{victim.CampaignId}/rehearsals", null),
            ("POST /api/v1/campaigns/{id}/rehearsals", $"campaigns/{victim.CampaignId}/rehearsals", new JsonObject { ["scenario"] = "typical_month" }),
            ("GET /api/v1/campaigns/{id}/rehearsals/{rehearsalId}", $"campaigns/{thief.CampaignId}/rehearsals/{rehearsal}", null),
            (
                "POST /api/v1/campaigns/{id}/back-tests", $"campaigns/{victim.CampaignId}/back-tests",
                new JsonObject { ["terms"] = Bodies.Campaign()["terms"]!.DeepClone(), ["from"] = "2026-01-01", ["to"] = "2026-12-31" }),
            ("POST /api/v1/ambassadors", "ambassadors", Bodies.Ambassador(victim.CampaignId, "EVE10")),
            ("GET /api/v1/ambassadors/{id}", $"ambassadors/{ann}", null),
            ("PUT /api/v1/ambassadors/{id}/stripe-account", $"ambassadors/{ann}/stripe-account", new JsonObject { ["stripeAccount"] = "acct_thief" }),
            ("PUT /api/v1/ambassadors/{id}/time-zone", $"ambassadors/{ann}/time-zone", new JsonObject { ["timeZone"] = "Asia/Tokyo" }),
            ("DELETE /api/v1/mail-suppressions/{id}", $"mail-suppressions/{suppression}", new JsonObject { ["reason"] = "mine" }),
            ("GET /api/v1/campaigns/{id}/invitations", $"campaigns/{victim.CampaignId}/invitations", null),
            ("POST /api/v1/campaigns/{id}/invitations", $"campaigns/{victim.CampaignId}/invitations", Invitation()),
            ("GET /api/v1/ambassadors/{id}/payout-account", $"ambassadors/{ann}/payout-account", null),
            ("POST /api/v1/ambassadors/{id}/payout-account/refresh", $"ambassadors/{ann}/payout-account/refresh", null),
            ("POST /api/v1/ambassadors/{id}/suspension", $"ambassadors/{ann}/suspension", null),
            ("DELETE /api/v1/ambassadors/{id}/suspension", $"ambassadors/{ann}/suspension", null),
            ("POST /api/v1/ambassadors/{id}/ending", $"ambassadors/{ann}/ending", null),
            ("GET /api/v1/ambassadors/{id}/states", $"ambassadors/{ann}/states", null),
            ("PUT /api/v1/ambassadors/{id}/group", $"ambassadors/{ann}/group", new JsonObject { ["group"] = "Silver" }),
            ("DELETE /api/v1/ambassadors/{id}/group", $"ambassadors/{ann}/group", null),
            ("GET /api/v1/campaigns/{id}/applications", $"campaigns/{victim.CampaignId}/applications", null),
            ("PUT /api/v1/campaigns/{id}/applications", $"campaigns/{victim.CampaignId}/applications", new JsonObject { ["open"] = false }),
            ("POST /api/v1/applications/{id}/approval", $"applications/{application}/approval", null),
            ("POST /api/v1/applications/{id}/rejection", $"applications/{application}/rejection", new JsonObject { ["reason"] = "x" }),
            ("POST /api/v1/application-rejections", "application-rejections", new JsonObject { ["applications"] = new JsonArray(application), ["reason"] = "x" }),
            ("POST /api/v1/binding-imports", $"binding-imports?dryRun=false&campaignId={victim.CampaignId}", "ambassador,customer_id,since\nANN10,77,2026-01-01"),
            ("GET /api/v1/ambassadors/{id}/codes", $"ambassadors/{ann}/codes", null),
            ("POST /api/v1/ambassadors/{id}/codes", $"ambassadors/{ann}/codes", new JsonObject { ["code"] = "EVE10" }),
            ("DELETE /api/v1/ambassadors/{id}/codes/{code}", $"ambassadors/{ann}/codes/ANN10", null),
            ("GET /api/v1/ambassadors/{id}/codes/{code}/holder", $"ambassadors/{ann}/codes/ANN10/holder", null),
            ("POST /api/v1/ambassadors/{id}/codes/{code}/adoption", $"ambassadors/{ann}/codes/ANN10/adoption", new JsonObject { ["discountId"] = "1" }),
            ("GET /api/v1/ambassadors/{id}/code-series", $"ambassadors/{ann}/code-series", null),
            ("POST /api/v1/ambassadors/{id}/code-series", $"ambassadors/{ann}/code-series", new JsonObject { ["count"] = 1 }),
            ("GET /api/v1/ambassadors/{id}/code-series/{seriesId}/codes", $"ambassadors/{ann}/code-series/{series}/codes", null),
            ("GET /api/v1/ambassadors/{id}/code-series/{seriesId}/codes.csv", $"ambassadors/{ann}/code-series/{series}/codes.csv", null),
            ("DELETE /api/v1/ambassadors/{id}/code-series/{seriesId}", $"ambassadors/{ann}/code-series/{series}", null),
            ("POST /api/v1/ambassador-imports", $"ambassador-imports?dryRun=false&campaignId={victim.CampaignId}", "name,email,code\nEve,eve@example.com,EVE10"),
            ("GET /api/v1/orders", $"orders?ambassador={ann}", null),
            ("GET /api/v1/orders/{platformOrderId}/receipt", "orders/5001/receipt", null),
            ("POST /api/v1/orders/{platformOrderId}/decisions", "orders/5001/decisions", new JsonObject { ["decision"] = "reject", ["reason"] = "x" }),
            (
                "PUT /api/v1/orders/{platformOrderId}/disputes/{disputeId}", "orders/5001/disputes/dp_1",
                new JsonObject { ["state"] = "lost", ["openedAt"] = "2026-03-01T10:00:00Z" }),
            ("POST /api/v1/order-decisions", "order-decisions", new JsonObject { ["orders"] = new JsonArray("5001"), ["decision"] = "reject", ["reason"] = "x" }),
            ("GET /api/v1/rewards", $"rewards?ambassador={ann}", null),
            ("GET /api/v1/findings", $"findings?ambassador={ann}", null),
            ("GET /api/v1/ambassadors/{id}/exemptions", $"ambassadors/{ann}/exemptions", null),
            ("POST /api/v1/ambassadors/{id}/exemptions", $"ambassadors/{ann}/exemptions", Exemption("F6")),
            ("DELETE /api/v1/ambassadors/{id}/exemptions/{rule}", $"ambassadors/{ann}/exemptions/F2", null),
            ("GET /api/v1/ambassadors/{id}/leaks", $"ambassadors/{ann}/leaks", null),
            ("POST /api/v1/ambassadors/{id}/leaks", $"ambassadors/{ann}/leaks", Leak("Another forum")),
            ("POST /api/v1/ambassadors/{id}/leaks/{leakId}/ending", $"ambassadors/{ann}/leaks/{leak}/ending", new JsonObject { ["reason"] = "x" }),
            ("GET /api/v1/ledger/entries", $"ledger/entries?ambassador={ann}", null),
            ("GET /api/v1/ledger/balances", $"ledger/balances?ambassador={ann}", null),
            ("GET /api/v1/deliveries/{id}", $"deliveries/{delivery}", null),
            ("POST /api/v1/deliveries/{id}/replays", $"deliveries/{delivery}/replays", null),
            ("GET /api/v1/effects/{id}", $"effects/{effect}", null),
            ("POST /api/v1/effects/{id}/replays", $"effects/{effect}/replays", null),
            ("GET /api/v1/privacy-requests/{id}/file", $"privacy-requests/{privacy}/file", null),
            ("GET /api/v1/privacy-requests/{id}/downloads", $"privacy-requests/{privacy}/downloads", null),
            ("GET /api/v1/ambassadors/{id}/statements", $"ambassadors/{ann}/statements", null),
            ("GET /api/v1/ambassadors/{id}/statements/{month}", $"ambassadors/{ann}/statements/2026-03", null),
            ("GET /api/v1/ambassadors/{id}/statements/{month}.csv", $"ambassadors/{ann}/statements/2026-03.csv", null),
            ("GET /api/v1/payout-runs/{id}", "payout-runs/run_1", null),
            ("POST /api/v1/payout-runs/{id}/approval", "payout-runs/run_1/approval", null),
            ("GET /api/v1/payout-runs/{id}/exports", "payout-runs/run_1/exports", null),
            ("POST /api/v1/payout-runs/{id}/exports", "payout-runs/run_1/exports", new JsonObject { ["format"] = "csv" }),
            ("GET /api/v1/payout-runs/{id}/exports/{exportId}/file", "payout-runs/run_1/exports/pex_1/file", null),
            ("GET /api/v1/payout-runs/{id}/exports/{exportId}/downloads", "payout-runs/run_1/exports/pex_1/downloads", null),
            ("POST /api/v1/payout-runs/{id}/results", "payout-runs/run_1/results", "payoutId,status\npo_1,paid"),
            ("POST /api/v1/payouts/{id}/result", "payouts/po_1/result", new JsonObject { ["outcome"] = "paid" }),
            ("GET /api/v1/ambassadors/{id}/payout-method", $"ambassadors/{ann}/payout-method", null),
            ("PUT /api/v1/ambassadors/{id}/payout-method", $"ambassadors/{ann}/payout-method", PayoutMethod("eve@example.com")),
            ("DELETE /api/v1/ambassadors/{id}/payout-method", $"ambassadors/{ann}/payout-method", null),
            ("GET /api/v1/ambassadors/{id}/tax", $"ambassadors/{ann}/tax", null),
            ("PUT /api/v1/ambassadors/{id}/tax", $"ambassadors/{ann}/tax", SelfBillingWorld.Tax("private")),
            ("PUT /api/v1/ambassadors/{id}/tax-form", $"ambassadors/{ann}/tax-form", new JsonObject { ["form"] = "none" }),
            ("GET /api/v1/self-bills", $"self-bills?ambassador={ann}", null),
            ("GET /api/v1/self-bills/{number}", "self-bills/1", null),
            ("GET /api/v1/ambassadors/{id}/payout-changes", $"ambassadors/{ann}/payout-changes", null),
            (
                "PUT /api/v1/ambassadors/{id}/payout-changes/{changeId}/decision", $"ambassadors/{ann}/payout-changes/{change}/decision",
                new JsonObject { ["decision"] = "confirmed", ["reason"] = "mine" }),
            ("GET /api/v1/ambassadors/{id}/address-changes", $"ambassadors/{ann}/address-changes", null),
            ("POST /api/v1/ambassadors/{id}/address-changes", $"ambassadors/{ann}/address-changes", new JsonObject { ["email"] = "eve@example.com", ["reason"] = "mine" }),
            ("POST /api/v1/payout-runs/{id}/cancellation", "payout-runs/run_1/cancellation", null),
            ("POST /api/v1/payout-runs/{id}/stop", "payout-runs/run_1/stop", null),
            ("POST /api/v1/payout-runs/{id}/resumption", "payout-runs/run_1/resumption", null),
            ("GET /api/v1/payouts/{id}", "payouts/po_1", null),
            ("GET /api/v1/payouts/{id}/reversals", "payouts/po_1/reversals", null),
            ("POST /api/v1/payouts/{id}/reversals", "payouts/po_1/reversals", new JsonObject { ["reason"] = "mine" }),
            ("GET /api/v1/payout-reconciliations/{id}", "payout-reconciliations/prc_1", null),
            ("POST /api/v1/payout-differences/{id}/clearance", "payout-differences/dif_1/clearance", new JsonObject { ["reason"] = "mine" }),
            ("POST /api/v1/payouts/{id}/cancellation", "payouts/po_1/cancellation", null),
            ("POST /api/v1/payouts/{id}/attempts", "payouts/po_1/attempts", null),
            ("POST /api/v1/payouts/{id}/adoption", "payouts/po_1/adoption", new JsonObject { ["transferId"] = "tr_1", ["reason"] = "mine" }),
        ];
        var before = await DumpAsync(app, victim);

        foreach (var (call, path, body) in calls)
        {
            var answer = await api.Send(
                new HttpMethod(call.Split(' ')[0]), path, body switch
                {
                    null => null,
                    JsonValue csv => new StringContent((string)csv!, System.Text.Encoding.UTF8, "text/csv"),
                    _ => System.Net.Http.Json.JsonContent.Create(body),
                });

            Assert.That(answer.Status, Is.EqualTo(404), call);
        }

        Assert.That(await DumpAsync(app, victim), Is.EqualTo(before));
        Assert.That(calls.Select(call => call.Call).Concat(WithoutIds), Is.EquivalentTo(await CallsAsync(app)), "A call is missing here.");
    }

    [Test]
    public async Task Lists_hold_nothing_of_another_store()
    {
        await using var app = await StoreApp.StartAsync();
        var victim = await Shop.OpenAsync(app, "victim");
        await victim.AmbassadorAsync("ANN10");
        await victim.PaysAsync(new TestOrder("5001", StoreApp.Start).With("ANN10", "10.00"));
        var thief = await Shop.OpenAsync(app, "thief");
        var api = await ApiClient.OfAsync(app, thief.Store);

        foreach (var list in (string[])["ambassadors", "ambassadors?group=gold", "applications", "orders", "findings", "rewards", "ledger/entries", "ledger/balances", "deliveries?state=done", "effects?state=done", "payee-years/2026", "payout-runs", "payouts", "privacy-requests", "mail-suppressions", "payout-reconciliations", "payout-differences", "self-bills"])
        {
            Assert.That((await api.Get(list)).Json!["items"]!.AsArray(), Is.Empty, list);
        }

        Assert.That((await api.Get("campaigns")).Json!["items"]!.AsArray().Select(item => (string?)item!["id"]), Is.EqualTo([thief.CampaignId]));
    }

    private static JsonObject Exemption(string rule) => new() { ["rule"] = rule, ["reason"] = "Known in person.", ["until"] = "2026-06-01T00:00:00Z" };

    private static JsonObject PayoutMethod(string email) => new() { ["kind"] = "paypal", ["email"] = email };

    private static JsonObject Invitation() => new()
    {
        ["invitations"] = new JsonArray(new JsonObject { ["email"] = "eve@example.com", ["personalLine"] = "Come over to my store." }),
    };

    private static JsonObject Leak(string where) => new() { ["code"] = "ANN10", ["where"] = where };

    /// <summary>Every call that the document describes, as "METHOD /path".</summary>
    private static async Task<List<string>> CallsAsync(StoreApp app)
    {
        var document = JsonNode.Parse(await app.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)))!;
        return [.. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(call => $"{call.Key.ToUpperInvariant()} {path.Key}"))];
    }

    private static async Task<string> IdAsync(StoreApp app, string sql, Shop shop) => (await app.Db.OneAsync<string>(sql, new { s = shop.Store.Id }))!;

    /// <summary>Every row of a store that a call could touch.</summary>
    private static async Task<string> DumpAsync(StoreApp app, Shop shop)
    {
        var dump = new List<string>();
        foreach (var table in (string[])["campaigns", "campaign_revisions", "campaign_states", "ambassadors", "codes", "code_series", "series_codes", "series_uses", "link_slugs", "ambassador_states", "group_memberships", "applications", "ambassador_customers", "customer_bindings", "customer_orders", "programme_credits", "programme_credit_customers", "history_imports", "history_acknowledgements", "deliveries", "effects", "orders", "receipts", "findings", "exemptions", "leaks", "rewards", "balances", "payout_runs", "payouts", "privacy_requests", "privacy_downloads", "mail_texts", "mail_suppressions", "mail_sends", "mail_settings", "invitations", "stripe_accounts", "payee_accounts", "payee_requests", "payout_changes", "address_changes", "payout_routes", "payout_methods", "payout_settings", "payout_exports", "payout_export_rows", "payout_export_downloads", "payout_reconciliations", "payout_differences", "payout_reversals", "rehearsals", "rehearsal_steps", "rehearsal_notes"])
        {
            await using var connection = await app.Db.OpenAsync(default);
            await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The names are the constants above.
            command.CommandText = $"SELECT * FROM {table} WHERE store_id = '{shop.Store.Id}'";
#pragma warning restore CA2100
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                dump.Add(table + " " + string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : reader.GetValue(i))));
            }
        }

        return string.Join('\n', dump);
    }
}
