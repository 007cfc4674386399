// The program's ways through the database, each driven from outside. A folder adds its own to the list.
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Tests.Rewards;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Data;

/// <summary>A scenario on a running program; it opens a shop of its own, since all flows share one database.</summary>
internal sealed record Flow(string Name, Func<StoreApp, Task> Run)
{
    public override string ToString() => Name;
}

internal static partial class Flows
{
    public static readonly Flow[] All =
    [
        new("orders from delivery to release", OrdersAsync),
        new("orders that rest on earlier ones", StandingsAsync),
        new("orders that ask for a look", AbuseAsync),
        new("disputes, collections, and orders that nobody has looked at again", DisputesAsync),
        new("store credit of the programme", ProgrammeCreditsAsync),
        new("orders in review that nobody has decided", RemindersAsync),
        new("what approved orders bring besides", RewardsAsync),
        new("gift cards for approved orders", GiftCardsAsync),
        new("store credit for approved orders", StoreCreditsAsync),
        new("payouts in the store", StorePayoutsAsync),
        new("deliveries that fail, are repeated, and lose their bodies", DeliveriesAsync),
        new("two workers on one backlog", TwoWorkersAsync),
        new("effects done, failed and put off", EffectsAsync),
        new("a store that comes, goes and comes back", InstallationAsync),
        new("tokens that are given, renewed, refused and dropped", TokensAsync),
        new("what is read back from a Shopify store", ReconciliationAsync),
        new("findings of verify", VerifyAsync),
        new("what rebuild finds and replaces", RebuildAsync),
        new("keys, accounts, and what has had its time", TimeAsync),
        new("a programme over the API", ApiAsync),
        new("a campaign's whole life", CampaignAsync),
        new("discounts that follow their campaign's terms, and codes that the store has of its own", TermsAsync),
        new("ambassadors brought over", ImportAsync),
        new("a store's past, brought over, asked for and erased", HistoryAsync),
        new("ambassadors who apply, join groups, leave and come back", LifeAsync),
        new("debts that are written off, and owed again", DebtsAsync),
        new("what the pages show", PagesAsync),
        new("what is asked for a person's and a store's sake", PrivacyAsync),
        new("the rehearsal's own Stripe", RehearsalStripeAsync),
        new("payees who connect to the rehearsal's own Stripe", RehearsalPayeesAsync),
        new("what storefronts ask", StorefrontAsync),
        new("customers who join from a store's own pages", ExtensionsAsync),
        new("codes that work once each", SeriesAsync),
        new("what merchants and readers decide about mail", MailAsync),
        new("changes of address and destination that are confirmed", ChangesAsync),
        new("the team of a store", TeamAsync),
        new("figures, decisions and pages that everybody sees", RoomsAsync),
        new("campaigns on the merchant's pages", CampaignRoomsAsync),
        new("the rooms of ambassadors and applications", PeopleRoomsAsync),
        new("a campaign that is set up step by step, checked and launched", SetupAsync),
        new("rehearsals of a campaign", RehearsalsAsync),
        new("the rooms of the portal", PortalRoomsAsync),
    ];

    private static async Task OrdersAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-orders");
        var ann = await shop.AmbassadorAsync("FLOWANN");
        var bob = await shop.AmbassadorAsync("FLOWBOB");
        var click = await shop.ClickAsync(ann);

        await shop.DeliverAsync("refunds/create", Order("1").RefundJson("11", 0, "10.00"));
        await app.DrainAsync();
        await shop.PaysAsync(Order("1").With("FLOWANN", "10.00"));
        await shop.PaysAsync(Order("2") with { Landing = $"/?ref={click}" });
        await shop.PaysAsync(Order("3") with { CartRef = "FLOWANN" });
        await shop.PaysAsync(Order("4").With("FLOWANN", "10.00"));
        await shop.PaysAsync(Order("4").With("FLOWANN", "5.00").With("FLOWBOB", "20.00") with { UpdatedAt = StoreApp.Start.AddHours(1) });
        await shop.PaysAsync(Order("5"));
        await shop.PaysAsync(Order("6").With("FLOWANN", "10.00"));
        await shop.DeliverAsync("orders/delete", new JsonObject { ["id"] = 6 }.ToJsonString());
        await app.DrainAsync();
        app.Clock.Advance(TimeSpan.FromDays(30));
        await app.DrainAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await shop.BalanceAsync(ann, Account.Approved), Is.EqualTo(800 + 1000 + 1000));
            Assert.That(await shop.BalanceAsync(bob, Account.Approved), Is.EqualTo(800));
            Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(900), "a deleted order waits for its money");
            Assert.That(await shop.StateAsync("5"), Is.EqualTo("uncredited"));
            Assert.That(await shop.StateAsync("6"), Is.EqualTo("held"));
            Assert.That(await app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
            Assert.That((await app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
        }
    }

    private static async Task StandingsAsync(StoreApp app)
    {
        var tiers = new Tiers(TierMetric.NetSales, new TermsPeriod(PeriodKind.CalendarMonth), null, [new TierLevel(10_000, null, 2000)]);
        var shop = await Shop.OpenAsync(app, "flow-standings", new Terms(1000, 1000, 30, 30) { Tiers = tiers, Currency = Currency.Parse("EUR") });
        var ann = await shop.AmbassadorAsync("FLOWTIER");

        await shop.PaysAsync(Order("2").With("FLOWTIER", "10.00") with { At = StoreApp.Start.AddHours(2) });
        await shop.PaysAsync(Order("1").With("FLOWTIER", "10.00") with { At = StoreApp.Start.AddHours(1) });
        await shop.DeliverAsync("refunds/create", Order("1").RefundJson("11", 0, "10.00"));
        await app.DrainAsync();

        // 80.00 stand before the second order of 90.00: 20.00 of it at 10 %, the rest at 20 %.
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(800 + 200 + 1400));
        Assert.That(await app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);

        var newOnes = await Shop.OpenAsync(app, "flow-customers", new Terms(1000, 1000, 30, 30)
        {
            Tiers = tiers with { Metric = TierMetric.NewCustomers, Levels = [new TierLevel(null, 5, 2000)] },
            Binding = new BindingTerms(365, 3),
            Renewals = new RenewalTerms(3, null),
            Rates = [new RateRule(null, null, 1500) { Group = "gold" }],
        });
        var eve = await newOnes.AmbassadorAsync("FLOWNEW");
        await newOnes.PaysAsync(Order("1").With("FLOWNEW", "10.00") with { SellingPlan = 5 });
        app.Clock.Advance(TimeSpan.FromDays(31));
        await app.DrainAsync();
        await newOnes.PaysAsync(Order("2") with { At = StoreApp.Start.AddDays(40) });
        await newOnes.PaysAsync(Order("3") with { At = StoreApp.Start.AddDays(41), Source = "subscription_contract", SellingPlan = 5 });
        await newOnes.PaysAsync(Order("1").With("FLOWNEW", "10.00") with { SellingPlan = 5, At = StoreApp.Start.AddHours(1), UpdatedAt = StoreApp.Start.AddDays(42) });
        await app.Get<DecideOrder>().DecideAsync(newOnes.Store, "2", DecisionKind.Credit, eve, "Told so.", "test", default);
        await newOnes.PaysAsync(Order("1").With("FLOWNEW", "10.00") with
        {
            SellingPlan = 5,
            FinancialStatus = "refunded",
            UpdatedAt = StoreApp.Start.AddDays(43),
        });
        Assert.That(await newOnes.BalanceAsync(eve, Account.Held), Is.EqualTo(1000 + 1000));

        await shop.TakeAsync("2");
        await shop.PaysAsync(Order("2").With("FLOWTIER", "10.00") with { At = StoreApp.Start.AddHours(2), UpdatedAt = StoreApp.Start.AddDays(1), Lines = [("100.00", 2, "10.00")] });
        Assert.That((await shop.ReceiptAsync("2")).Standing, Is.EqualTo(new Standing(8000, null)));
    }

    private static async Task AbuseAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-abuse");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var ann = await shop.AmbassadorAsync("FLOWLEAK");
        var exemptions = $"ambassadors/{ann}/exemptions";
        await shop.PaysAsync(Order("1") with { Landing = $"/?ref={await shop.ClickAsync(ann)}" });
        app.Clock.Advance(TimeSpan.FromDays(2));
        await app.Db.DoAsync("UPDATE clicks SET referrer_class = 'coupon', at = @now WHERE store_id = @id", new { id = shop.Store.Id, now = app.Clock.GetUtcNow() });
        foreach (var id in new[] { "2", "3", "4" })
        {
            await shop.PaysAsync((Order(id) with { At = app.Clock.GetUtcNow() }).With("FLOWLEAK", "10.00"));
        }

        var exemption = new JsonObject { ["rule"] = "F4", ["reason"] = "Known in person.", ["until"] = "2026-12-31T00:00:00Z" };
        Assert.That((await api.Post(exemptions, exemption)).Status, Is.EqualTo(201));
        Assert.That((await api.Post(exemptions, exemption.DeepClone())).Status, Is.EqualTo(409));
        await OkAsync(api.Get(exemptions + "?limit=1"));
        await OkAsync(api.Delete(exemptions + "/F4"));
        var leaks = $"ambassadors/{ann}/leaks";
        var leak = new JsonObject { ["code"] = "flowleak", ["where"] = "https://coupons.example" };
        var noted = await api.Post(leaks, leak);
        Assert.That((noted.Status, (await api.Post(leaks, leak.DeepClone())).Status), Is.EqualTo((201, 409)));
        await OkAsync(api.Post($"{leaks}/{noted.Text("id")}/ending", new JsonObject { ["reason"] = "Taken down." }));
        await OkAsync(api.Get(leaks + "?limit=1"));
        app.Clock.Advance(TimeSpan.FromDays(31));
        await app.DrainAsync();

        Assert.That(await shop.StateAsync("4"), Is.EqualTo("review"), "three of three by the code alone, and a click from a site of coupons");
        foreach (var list in new[] { "findings?limit=1", "findings?severity=review", $"findings?ambassador={ann}", $"findings?ambassador={ann}&severity=review" })
        {
            Assert.That((await api.Get(list)).Json!["items"]!.AsArray().Single()!["platformOrderId"]!.ToString(), Is.EqualTo("4"), list);
        }

        await OkAsync(api.Post("order-decisions", new JsonObject { ["orders"] = new JsonArray("4"), ["decision"] = "allow", ["reason"] = "A talk on stage." }));
        await app.DrainAsync();
        Assert.That(await shop.BalanceAsync(ann, Account.Approved), Is.EqualTo(1000 + 900 + 900 + 900));
        Assert.That(await app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    private static async Task RewardsAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-rewards", new Terms(1000, 1000, 30, 30)
        {
            Currency = Currency.Parse("EUR"),
            AdvocateReward = new AdvocateReward(new RewardCode(null, 500, 2000, 180), new RewardMaximum(4, new TermsPeriod(PeriodKind.CalendarMonth))),
            Milestones = [new Milestone(TierMetric.Orders, null, 3, 5000, null), new Milestone(TierMetric.NetSales, 40_000, null, null, new RewardCode(2000, null, null, 30))],
        });
        await RewardWorld.OpenPlatformAsync(app, shop);
        var api = await ApiClient.OfAsync(app, shop.Store);
        var ann = await shop.AmbassadorAsync("FLOWGIFT");
        foreach (var id in new[] { "1", "2", "3", "4", "5" })
        {
            await shop.PaysAsync(Order(id).With("FLOWGIFT", "10.00"));
        }

        // Of one the platform will not hear, and of another the answer comes when it has been taken back.
        app.Clock.Advance(TimeSpan.FromDays(30));
        await app.Get<ReleaseHolds>().RunOnceAsync(default);
        Assert.That(await CountRewardsAsync("state = 'refused'"), Is.EqualTo(1));
        var (refused, late, used) = (await RewardOfAsync("pending_code", 0), await RewardOfAsync("pending_code", 1), await RewardOfAsync("pending_code", 2));
        await app.Db.DoAsync("UPDATE rewards SET amount_minor = 0 WHERE store_id = @id AND id = @refused", new { id = shop.Store.Id, refused = refused.Id });
        var answer = await Effects.AskAsync(app, shop.Store.Id, Effect.Kinds.CreateReward, late.Id);
        await RefundAsync(late.OrderId);
        await app.Db.InTransactionAsync(answer.Write!);
        await app.DrainAsync();
        await shop.PaysAsync(Order("9").With(used.Code, "5.00") with { At = app.Clock.GetUtcNow() });
        await RefundAsync(used.OrderId);

        foreach (var list in new[] { "rewards?limit=2", "rewards?state=cost", $"rewards?ambassador={ann}", $"rewards?ambassador={ann}&state=issued" })
        {
            Assert.That((await api.Get(list)).Json!["items"]!.AsArray(), Is.Not.Empty, list);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await CountRewardsAsync("state = 'revoked'"), Is.EqualTo(1));
            Assert.That(await CountRewardsAsync("state = 'cost'"), Is.EqualTo(1));
            Assert.That(await CountRewardsAsync("state = 'pending_code' AND problem IS NOT NULL"), Is.EqualTo(1));
            Assert.That(await CountRewardsAsync("kind = 'milestone' AND state = 'issued'"), Is.EqualTo(2));
            Assert.That(await shop.BalanceAsync(ann, Account.Approved), Is.EqualTo((3 * 900) + 5000));
            Assert.That(await app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
            Assert.That((await app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
        }

        async Task RefundAsync(string orderId)
        {
            await shop.DeliverAsync("refunds/create", Order(orderId).RefundJson(orderId + "1", 0, "90.00"));
            await app.DrainAsync();
        }

        async Task<(string Id, string OrderId, string Code)> RewardOfAsync(string state, int number) => (await app.Db.ManyAsync<(string, string, string)>(
            "SELECT id, order_id, code FROM rewards WHERE store_id = @id AND kind = 'advocate' AND state = @state ORDER BY order_id", new { id = shop.Store.Id, state }))[number];

        Task<long> CountRewardsAsync(string condition) => app.Db.OneAsync<long>(
            $"SELECT CAST(COUNT(*) AS bigint) FROM rewards WHERE store_id = @id AND {condition}", new { id = shop.Store.Id });
    }

    private static async Task DeliveriesAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-deliveries");
        var same = Order("1").ToJson();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => shop.DeliverAsync("orders/paid", same, $"d{i % 5}")));
        await shop.DeliverAsync("orders/paid", "not JSON", "dead");
        await app.DrainAsync();
        app.Clock.Advance(TimeSpan.FromDays(31));
        while (await app.Get<DropBodies>().RunOnceAsync(default) > 0)
        {
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(answers, Is.All.EqualTo(HttpStatusCode.OK));
            Assert.That(await CountAsync(app, shop, "state = 'done' AND body IS NULL"), Is.EqualTo(5));
            Assert.That(await CountAsync(app, shop, "state = 'dead' AND body IS NULL"), Is.EqualTo(1));
            Assert.That(await app.Http.GetStringAsync(new Uri("/readyz", UriKind.Relative)), Does.Contain("\"status\":\"ready\""));
        }
    }

    private static async Task TwoWorkersAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-workers");
        var ann = await shop.AmbassadorAsync("FLOWTWO");
        await Task.WhenAll(Enumerable.Range(1, 60).Select(i => shop.DeliverAsync("orders/paid", Order($"{(i % 40) + 1}").With("FLOWTWO", "10.00").ToJson())));

        var (one, other) = (app.Get<InboxWorker>(), ActivatorUtilities.CreateInstance<InboxWorker>(app.Services));
        while (await CountAsync(app, shop, "state = 'pending'") > 0)
        {
            await Task.WhenAll(one.RunOnceAsync(default), other.RunOnceAsync(default));
            app.Clock.Advance(TimeSpan.FromSeconds(61));
        }

        Assert.That(await CountAsync(app, shop, "state = 'done'"), Is.EqualTo(60));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(40 * 900));
        Assert.That(await app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    private static async Task EffectsAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-effects");
        await app.Db.InTransactionAsync(async tx =>
        {
            Assert.That(await Outbox.AddAsync(tx, shop.Store.Id, "nobody", "s", "{}", StoreApp.Start), Is.True);
            Assert.That(await Outbox.AddAsync(tx, shop.Store.Id, "nobody", "s", "{}", StoreApp.Start), Is.False);
        });
        for (var tries = 0; tries < Retry.AttemptsMax; tries++)
        {
            await app.Get<EffectWorker>().RunOnceAsync(default);
            app.Clock.Advance(TimeSpan.FromDays(1));
        }

        Assert.That(
            await app.Db.OneAsync<string>("SELECT state FROM effects WHERE store_id = @id AND kind = 'nobody'", new { id = shop.Store.Id }), Is.EqualTo("dead"));
        Assert.That(await app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    private static async Task InstallationAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-installation");
        await shop.DeliverAsync("app/uninstalled", "{}");
        await app.DrainAsync();
        var installation = app.Get<Installation>();
        var directory = app.Get<StoreDirectory>();
        directory.Forget(shop.Store);
        Assert.That((await directory.GetAsync(shop.Store.Id)).IsInstalled, Is.False);

        // More than a merchant needs at once: the oldest are dropped.
        for (var clicks = 0; clicks < 21; clicks++)
        {
            await installation.BeginAsync("rehearsal", "test", shop.Store.Domain, default);
        }

        var start = await installation.BeginAsync("rehearsal", "test", shop.Store.Domain, default);
        Assert.That(await installation.RedeemAsync("rehearsal", shop.Store.Domain, start.State, "another browser", default), Is.Null);
        Assert.That((await installation.RedeemAsync("rehearsal", shop.Store.Domain, start.State, start.CookieSecret, default))?.Id, Is.EqualTo(shop.Store.Id));
        Assert.That(await installation.RedeemAsync("rehearsal", shop.Store.Domain, start.State, start.CookieSecret, default), Is.Null);
        var back = await installation.CompleteAsync(
            start.Store, new Grant("token", "refresh", null, null, "orders", null, new StoreFacts("Back", "EUR", "Europe/Berlin", "shop.example")), default);

        await app.Db.InTransactionAsync(tx => app.Get<ReceiveStoreEvent>().ApplyAsync(tx, back, new ScopesChanged(["read_orders", "write_discounts"])));
        Assert.That(
            await app.Db.OneAsync<string>("SELECT scopes FROM stores WHERE id = @id", new { id = back.Id }), Is.EqualTo("read_orders,write_discounts"));

        Assert.That((back.Id, back.IsInstalled, back.Name), Is.EqualTo((shop.Store.Id, true, "Back")));
        Assert.That((await app.Get<Credentials>().FindAsync(back.Id, CredentialKind.AccessToken))?.Value, Is.EqualTo("token"));
        Assert.That((await app.Get<Credentials>().FindAsync(back.Id, CredentialKind.WebhookSecret))?.Value, Is.Not.Null);
    }

    // More than are named, so that every statement of verify runs with rows.
    private static async Task VerifyAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-verify");
        for (var i = 0; i <= Verify.NamedMax; i++)
        {
            await shop.ClickAsync("amb_gone");
        }

        var findings = await app.Get<Verify>().RunAsync(shop.Store.Id, default);
        await app.Db.DoAsync("DELETE FROM clicks WHERE store_id = @id", new { id = shop.Store.Id });

        Assert.That(findings, Has.Count.EqualTo(Verify.NamedMax + 1));
    }

    private static async Task RebuildAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-rebuild");
        await shop.AmbassadorAsync("FLOWREB");
        foreach (var id in new[] { "1", "2", "3" })
        {
            await shop.PaysAsync(Order(id).With("FLOWREB", "10.00"));
        }

        // Who bought is read from the earlier version where the newer one withholds it.
        var erased = Order("3").With("FLOWREB", "10.00") with { Customer = null, Email = "" };
        await shop.PaysAsync(erased with { UpdatedAt = erased.At.AddHours(1) });
        await shop.PaysAsync(erased with { UpdatedAt = erased.At.AddHours(2) });

        app.Clock.Advance(TimeSpan.FromDays(30));
        await app.DrainAsync();
        var rebuild = app.Get<Rebuild>();
        Assert.That((await rebuild.RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);

        foreach (var damage in new[]
        {
            "UPDATE orders SET state = 'held', net_minor = 1, paid_at = NULL, reason = NULL WHERE store_id = @id AND order_id = '1'",
            "DELETE FROM orders WHERE store_id = @id AND order_id = '2'",
            "UPDATE balances SET amount_minor = 1 WHERE store_id = @id AND account = 'held'",
            "DELETE FROM balances WHERE store_id = @id AND account = 'expense'",
            "INSERT INTO balances (store_id, ambassador_id, account, currency, amount_minor) VALUES (@id, 'amb_x', 'paid', 'EUR', 5)",
            "UPDATE order_standings SET base_minor = 1 WHERE store_id = @id AND order_id = '3'",
            "UPDATE customer_orders SET kind = 'renewal' WHERE store_id = @id AND order_id = '1'",
            "DELETE FROM customer_orders WHERE store_id = @id AND order_id = '2'",
            "UPDATE customer_orders SET customer_key = 'x' WHERE store_id = @id AND order_id = '3' AND customer_key = (SELECT MIN(c.customer_key) FROM customer_orders c WHERE c.store_id = @id AND c.order_id = '3')",
        })
        {
            await app.Db.DoAsync(damage, new { id = shop.Store.Id });
        }

        var found = (await rebuild.RunAsync(shop.Store.Id, _ => { }, default)).Findings;

        Assert.That(
            found.Select(finding => finding.Check),
            Is.EqualTo(
            [
                "projection-balances", "projection-balances", "projection-balances", "projection-customers", "projection-customers", "projection-customers",
                "projection-orders", "projection-orders", "projection-standings",
            ]));
        Assert.That((await rebuild.RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
        Assert.That(await app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    private static async Task TimeAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-time");
        var ann = await shop.AmbassadorAsync("FLOWTIME");
        var keys = app.Get<ApiKeys>();
        await keys.IssueAsync(shop.Store, canWrite: true);
        var key = (await keys.ListAsync(shop.Store)).Single();
        Assert.That(await keys.RevokeAsync(shop.Store, key.Id), Is.True);
        Assert.That(await keys.RevokeAsync(shop.Store, "key_unknown"), Is.False);
        Assert.That(await app.Get<AmbassadorDb>().SetStripeAccountAsync(shop.Store, ann, "acct_time", "test", default), Is.True);

        await shop.ClickAsync(ann);
        await app.Get<Installation>().BeginAsync("rehearsal", "test", shop.Store.Domain, default);
        await app.Get<SignIn>().NewLinkAsync(shop.Store, "owner", null, default);
        await app.Db.DoAsync(
            """
            INSERT INTO sessions (store_id, token_hash, role, created_at, expires_at)
            VALUES (@id, 'flow-time', 'owner', @now, @now)
            """,
            new { id = shop.Store.Id, now = StoreApp.Start });
        await shop.PaysAsync(Order("1"));
        app.Clock.Advance(TimeSpan.FromDays(450));
        await app.Get<Retention>().RunOnceAsync(default);
        await app.Get<DropBodies>().RunOnceAsync(default);
        await app.Get<DropBodies>().RunOnceAsync(default);

        foreach (var count in new[]
        {
            "SELECT CAST(COUNT(*) AS bigint) FROM clicks WHERE store_id = @id",
            "SELECT CAST(COUNT(*) AS bigint) FROM install_states WHERE store_id = @id",
            "SELECT CAST(COUNT(*) AS bigint) FROM sign_in_links WHERE store_id = @id",
            "SELECT CAST(COUNT(*) AS bigint) FROM sessions WHERE store_id = @id",
            "SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE store_id = @id",
        })
        {
            Assert.That(await app.Db.OneAsync<long>(count, new { id = shop.Store.Id }), Is.Zero, count);
        }
    }

    private static TestOrder Order(string id) => new(id, StoreApp.Start);

    private static Task<long> CountAsync(StoreApp app, Shop shop, string condition) => app.Db.OneAsync<long>(
        $"SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE store_id = @id AND {condition}", new { id = shop.Store.Id });
}
