// The ways of codes that work once each: made, refused and replaced, used, switched off and ended.
using System.Text.Json.Nodes;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task SeriesAsync(StoreApp flows)
    {
        await using var shopify = await FakeShopify.StartAsync();
        var settings = flows.Get<Settings>();
        await using var app = await StoreApp.StartAsync(
            shopify.Settings.Concat([new("Serilog:MinimumLevel:Default", "Fatal"), new("Secrets:KeyFile", settings.KeyFile)]), database: settings.Database);
        shopify.Clock = app.Clock;
        var store = await shopify.InstallAsync(app, "flow-series.myshopify.com");
        var api = await ApiClient.OfAsync(app, store);
        var ann = (await api.AddAsync(await api.LiveAsync(), "FLOWSER")).Text("id");
        var path = $"ambassadors/{ann}/code-series";
        var id = (await api.Post(path, new JsonObject { ["count"] = 4 })).Text("id");
        var codes = await CodesAsync();
        shopify.IsTakenCode = codes[1].Equals;
        await RunAsync();
        codes = await CodesAsync();
        var made = codes.Where(code => shopify.Discounts.ContainsKey((store.Domain, code))).ToList();
        Assert.That(made, Has.Count.EqualTo(4));

        foreach (var (order, minute) in new[] { ("8802", 2), ("8801", 1) })
        {
            await PaysAsync(new TestOrder(order, app.Clock.GetUtcNow().AddMinutes(minute - 10)).With(made[0], "10.00"));
        }

        await PaysAsync(new TestOrder("8801", app.Clock.GetUtcNow().AddMinutes(-9)) with { UpdatedAt = app.Clock.GetUtcNow().AddHours(1) });
        await OkAsync(api.Get($"{path}/{id}/codes"));
        await OkAsync(api.Get($"{path}/{id}/codes.csv"));
        Assert.That((long)(await api.Get(path)).Json!["items"]![0]!["used"]!, Is.EqualTo(1));

        // Refused as a whole, and in the middle; then the ambassador goes, comes back, and the series ends.
        await api.Post(path, new JsonObject { ["count"] = 2 });
        shopify.Next(new FakeShopify.Fault.Answer("""{"data":{"discountCodeBasicCreate":{"codeDiscountNode":null,"userErrors":[{"field":["title"],"code":"TOO_LONG","message":"x"}]}}}"""));
        await RunAsync();
        await api.Post($"ambassadors/{ann}/suspension");
        await RunAsync();
        await api.Delete($"ambassadors/{ann}/suspension");
        await RunAsync();
        await FakeShopify.DeliverAsync(
            app, store.Domain, "discounts/update",
            new JsonObject { ["admin_graphql_api_id"] = await app.Db.OneAsync<string>("SELECT discount_id FROM code_series WHERE store_id = @s AND id = @id", new { s = store.Id, id }) }.ToJsonString());
        await RunAsync();
        await OkAsync(api.Delete($"{path}/{id}"));
        await RunAsync();
        Assert.That(shopify.Off, Has.Count.EqualTo(1));

        var rehearsal = await InstalledShop.InstallAsync(app);
        var trial = await ApiClient.OfAsync(app, rehearsal.Store);
        var bob = (await trial.AddAsync(await trial.LiveAsync(), "FLOWTRY")).Text("id");
        await trial.Post($"ambassadors/{bob}/code-series", new JsonObject { ["count"] = 3 });
        await app.DrainAsync();
        Assert.That((long)(await trial.Get($"ambassadors/{bob}/code-series")).Json!["items"]![0]!["made"]!, Is.EqualTo(3));

        Task<IReadOnlyList<string>> CodesAsync() =>
            app.Db.ManyAsync<string>("SELECT code FROM series_codes WHERE store_id = @s AND series_id = @id ORDER BY number, code_key", new { s = store.Id, id });

        async Task PaysAsync(TestOrder order)
        {
            await FakeShopify.DeliverAsync(app, store.Domain, "orders/paid", order.ToJson());
            await app.DrainAsync();
        }

        async Task RunAsync()
        {
            for (var round = 0; round < 30; round++)
            {
                await app.DrainAsync();
                app.Clock.Advance(TimeSpan.FromSeconds(5));
            }
        }
    }
}
