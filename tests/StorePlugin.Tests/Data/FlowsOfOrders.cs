// Ways of orders through the database that came later: disputes, collections, and what has to be decided again.
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task DisputesAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-disputes", new Terms(1000, 1000, 30, 30)
        {
            Rates = [new RateRule(null, null, 2000) { CollectionId = "summer" }],
            PeriodCap = new PeriodCap(3000, new TermsPeriod(PeriodKind.CalendarMonth)),
            Currency = Currency.Parse("EUR"),
        });
        var ann = await shop.AmbassadorAsync("FLOWSUN");
        var api = await ApiClient.OfAsync(app, shop.Store);
        await OkAsync(api.Put("collections/summer", new JsonObject { ["title"] = "Summer", ["products"] = new JsonArray("10", "11") }));
        await OkAsync(api.Put("collections/summer", new JsonObject { ["title"] = "Summer", ["products"] = new JsonArray("10") }));
        await OkAsync(api.Get("collections"));
        app.Clock.Advance(TimeSpan.FromHours(1));

        await shop.PaysAsync(Order("2") with { At = app.Clock.GetUtcNow().AddMinutes(2), CartRef = "FLOWSUN" });
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(2000));
        await OkAsync(api.Put("orders/2/disputes/dp_1", new JsonObject { ["state"] = "open", ["openedAt"] = "2026-03-01T10:00:00Z" }));
        Assert.That(await shop.StateAsync("2"), Is.EqualTo("disputed"));
        await OkAsync(api.Put("orders/2/disputes/dp_1", new JsonObject { ["state"] = "won", ["openedAt"] = "2026-03-01T10:00:00Z" }));

        // One before it comes, and nobody looks at it again: rebuild tells.
        await shop.DeliverAsync("orders/paid", (Order("1") with { At = app.Clock.GetUtcNow().AddMinutes(1), CartRef = "FLOWSUN" }).ToJson());
        await app.Get<InboxWorker>().RunOnceAsync(default);
        await app.Db.DoAsync("DELETE FROM reconsiderations WHERE store_id = @id", new { id = shop.Store.Id });
        var findings = (await app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings;
        Assert.That(findings.Select(finding => finding.Check), Is.EqualTo([StandingPositions.Check]));

        // What cannot be decided waits, and is decided when it can be.
        var content = await app.Db.OneAsync<string>("SELECT content FROM order_versions WHERE store_id = @id AND order_id = '2'", new { id = shop.Store.Id });
        await app.Db.DoAsync("UPDATE order_versions SET content = 'x' WHERE store_id = @id AND order_id = '2'", new { id = shop.Store.Id });
        await app.DrainAsync();
        await app.Db.DoAsync("UPDATE order_versions SET content = @content WHERE store_id = @id AND order_id = '2'", new { id = shop.Store.Id, content });
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.DrainAsync();
        Assert.That((await shop.ReceiptAsync("2")).CommissionMinor, Is.EqualTo(1000));
        Assert.That((await app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    private static async Task ProgrammeCreditsAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-credits", new Terms(1000, 1000, 30, 30) { ProgrammeCreditLowersBase = true });
        var ann = await shop.AmbassadorAsync("FLOWSEA");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var order = Order("1") with { CartRef = "FLOWSEA", Payment = (["shopify_store_credit"], "100.00") };
        await shop.PaysAsync(order with { Payment = (["shopify_store_credit", "bogus"], "100.00") });
        var credit = new JsonObject
        {
            ["customer"] = new JsonObject { ["id"] = "77" },
            ["amount"] = new JsonObject { ["minor"] = 4000, ["currency"] = "EUR" },
            ["reason"] = "A milestone.",
            ["at"] = "2020-01-01T00:00:00Z",
        };
        await OkAsync(api.Put("programme-credits/c1", credit));
        await OkAsync(api.Get("programme-credits"));
        await shop.PaysAsync(order with { UpdatedAt = order.At.AddMinutes(1) });
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(600));
    }

    private static async Task RemindersAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-reminders");
        var ann = await shop.AmbassadorAsync("FLOWWAIT");
        var api = await ApiClient.OfAsync(app, shop.Store);
        await OkAsync(api.Put("store/contact", new JsonObject { ["email"] = "owner@lux.example" }));
        await OkAsync(api.Get("store/contact"));
        await shop.PaysAsync(Order("1") with { CartRef = await shop.ClickAsync(ann), CheckoutStartedAt = StoreApp.Start.AddMinutes(-1) });
        Assert.That(await shop.StateAsync("1"), Is.EqualTo("review"));

        for (var day = 0; day < 8; day++)
        {
            app.Clock.Advance(TimeSpan.FromDays(1));
            await app.DrainAsync();
        }

        Assert.That(ReadMail.AllOf(app).Where(mail => mail["To"].Contains("owner@", StringComparison.Ordinal)), Has.Exactly(2).Items);
        Assert.That((await app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }
}
