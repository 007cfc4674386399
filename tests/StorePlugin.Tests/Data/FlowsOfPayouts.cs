// The ways through the database of payouts that are compared with Stripe, and taken back.
using System.Text.Json.Nodes;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Payouts;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    /// <summary>On a world that has paid already.</summary>
    public static async Task ReconcilePayoutsAsync(PayoutWorld world)
    {
        var api = await ApiClient.OfAsync(world.App, world.Store);
        var dan = await world.AmbassadorAsync("Dan", "acct_dan");
        await world.EarnsAsync(dan, "50.00");
        var run = await world.PayAsync();
        var first = await world.PayoutAsync(run.Payouts.Single(payout => payout.AmbassadorId == dan).Id);
        await world.WorkAsync();
        world.Stripe.Next(StripeFault.BadKey, StripeFault.DropAfterCommit);
        await OkAsync(api.Post($"payouts/{first.Id}/reversals", new JsonObject { ["reason"] = "flow", ["amount"] = new JsonObject { ["minor"] = 100, ["currency"] = "EUR" } }));
        await world.WorkForAsync(TimeSpan.FromDays(2));
        await OkAsync(api.Get($"payouts/{first.Id}/reversals"));
        Assert.That((await world.PayoutAsync(first.Id)).ReversedMinor, Is.EqualTo(100));

        world.Stripe.PageSize = 2;
        world.Stripe.NextLists(503);
        world.Stripe.AddTransfer(900, "eur", "acct_z", Ids.New("po", world.Clock.GetUtcNow()));
        world.Stripe.AddTransfer(900, "eur", "acct_z", "none of ours");
        var there = await world.ReconcileAsync();
        var stopping = await world.App.Get<PayoutDifferences>().StoppingAsync(world.Store, default);
        Assert.That(there.Select(one => one.Kind), Does.Contain("missing_here").And.Contain("outside"));
        Assert.That(await world.App.Get<PayoutDifferences>().CountStoppingAsync(world.Store, default), Is.EqualTo(stopping.Count));
        foreach (var one in stopping)
        {
            await OkAsync(api.Post($"payout-differences/{one.Id}/clearance", new JsonObject { ["reason"] = "flow" }));
        }

        Assert.That((await api.Post("payout-differences/none/clearance", new JsonObject { ["reason"] = "flow" })).Status, Is.EqualTo(404));
        await OkAsync(api.Get("payout-differences?limit=1"));

        // Reversed at Stripe long ago, and in the books since; the row of the list is old.
        world.Clock.Advance(TimeSpan.FromDays(10));
        world.Stripe.Reverse((await world.PayoutAsync(first.Id)).TransferId!, 200);
        await world.Db.InTransactionAsync(tx => Outbox.AddAsync(tx, world.Store.Id, Effect.Kinds.LookUpTransfer, "evt_flow", first.Id, world.Clock.GetUtcNow()));
        await world.WorkAsync();
        await world.ReconcileAsync();
        world.Stripe.Lose("tr_1");
        await world.ReconcileAsync();
        await world.Db.DoAsync("UPDATE payouts SET bank_state = 'paid' WHERE store_id = @storeId", new { storeId = world.Store.Id });
        Assert.That((await world.ReconcileAsync()).Select(one => one.Kind), Does.Not.Contain("no_bank_payout"));
        var looks = await api.Get("payout-reconciliations?limit=1");
        await OkAsync(api.Get($"payout-reconciliations/{looks.Json!["items"]![0]!["id"]}"));

        await world.ConnectAsync("sk_live_otherwise00001");
        var asked = await api.Post("payout-reconciliations", new JsonObject { ["from"] = "2026-03-01", ["to"] = "2026-03-02" });
        await world.EndLooksAsync();
        Assert.That(await world.StateOfLookAsync(asked.Text("id")), Is.EqualTo("failed"));
        await world.ConnectAsync(PayoutWorld.TestKey);
    }
}
