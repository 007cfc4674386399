// The ways through the database of documents: agreed, issued, corrected, settled, shown, and what is known of payees for taxes.
using System.Text.Json.Nodes;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Statements;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Payouts.SelfBilling;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    /// <summary>On a world that has paid already.</summary>
    public static async Task SelfBillingAsync(PayoutWorld payouts)
    {
        var world = await SelfBillingWorld.OfAsync(payouts);
        await OkAsync(world.Api.Put("self-billing", SelfBillingWorld.Merchant()));
        await OkAsync(world.Api.Get("self-billing"));
        var eve = await world.PayeeAsync("Eve");
        await world.SayAsync(eve, VatCase.Domestic);
        await OkAsync(world.Api.Get($"ambassadors/{eve}/tax"));
        var fay = await payouts.AmbassadorAsync("Fay", "acct_fay");
        await OkAsync(world.Api.Put($"ambassadors/{fay}/tax-form", new JsonObject { ["form"] = "w9", ["receivedOn"] = "2026-01-02" }));
        await OkAsync(world.Api.Put($"ambassadors/{fay}/tax-form", new JsonObject { ["form"] = "none" }));

        await payouts.EarnsAsync(eve, "50.00");
        var first = await world.PaidAsync(eve);
        var order = await payouts.Db.OneAsync<string>("SELECT order_id FROM orders WHERE ambassador_id = @eve", new { eve });
        payouts.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.LosesAsync(order!, 5_00);
        await payouts.App.Get<Clawbacks>().RunOnceAsync(default);
        payouts.Clock.Advance(TimeSpan.FromMinutes(1));
        await payouts.EarnsAsync(eve, "60.00");
        await world.CancelledAsync(await world.ReservedAsync(eve));
        await world.PaidAsync(eve);
        await world.LosesAsync(order!, 5_00);
        await world.ReversedAsync(first.Id, 30_00);

        Assert.That((await world.BillsAsync()).Select(bill => bill.Cause), Is.EqualTo(["payout", "clawback", "payout", "clawback", "reversal"]));
        foreach (var path in new[] { "self-bills", $"self-bills?ambassador={eve}", "self-bills/2", $"ambassadors/{eve}/statements/2026-03", "payee-years/2026", "tax-thresholds" })
        {
            await OkAsync(world.Api.Get(path));
        }

        Assert.That(await payouts.App.Get<SelfBills>().NewestAsync(payouts.Store, eve, 2, default), Has.Count.EqualTo(2));
        await OkAsync(world.Api.Put("tax-thresholds", new JsonObject
        {
            ["thresholds"] = new JsonArray(new JsonObject
            {
                ["country"] = "DE",
                ["form"] = "A form",
                ["fromYear"] = 2026,
                ["amount"] = new JsonObject { ["minor"] = 100, ["currency"] = "EUR" },
            }),
        }));
        var thresholds = payouts.App.Get<TaxThresholds>();
        Assert.That(await thresholds.SetAsync(payouts.Store, new TaxThreshold("FR", "A form", 2026, "EUR", 100), default));
        Assert.That(await thresholds.SetAsync(payouts.Store, new TaxThreshold("FR", "A form", 2026, "EUR", 200), default));
        Assert.That(await thresholds.RemoveAsync(payouts.Store, "FR", "EUR", 2026, default));
        await OkAsync(world.Api.Delete("tax-thresholds"));
        await OkAsync(world.Api.Delete("self-billing"));
        await payouts.AssertBooksAsync();
    }
}
