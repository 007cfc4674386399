// The ways through the database of payouts in files: named, exported, fetched again, read back, and erased.
using System.Text.Json.Nodes;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Payouts.Manual;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    public static async Task ManualPayoutsAsync(PayoutWorld payouts)
    {
        var world = await ManualWorld.OfAsync(payouts);
        var run = await world.RunAsync();
        var ann = await world.OwedAsync("Ann", ManualWorld.DutchIban, "50.00", runId: run);
        var ben = await world.OwedAsync("Ben", "ben@example.com", "70.00", runId: run);
        var cleo = await world.OwedAsync("Cleo", "Cash", "30.00", runId: run);

        // Named anew, taken away, and shown to the payee.
        await world.NameAsync(ann.AmbassadorId, ManualWorld.GermanIban);
        await OkAsync(world.Api.Delete($"ambassadors/{ann.AmbassadorId}/payout-method"));
        await OkAsync(world.Api.Get($"ambassadors/{ben.AmbassadorId}/payout-method"));
        await OkAsync(world.Api.Get("payout-settings"));

        var export = await world.ExportAsync(run, "sepa-xml");
        Assert.That((await world.ExportAsync(run, "sepa-xml")).Text, Is.EqualTo(export.Text));
        Assert.That((await world.FileAsync(run, export.Id!)).Status, Is.EqualTo(200));
        Assert.That((await world.ExportAsync(run, "csv")).Status, Is.EqualTo(200));
        await OkAsync(world.Api.Get($"payout-runs/{run}/exports"));
        await OkAsync(world.Api.Get($"payout-runs/{run}/exports/{export.Id}/downloads"));

        await OkAsync(world.ResultsAsync(run, $"payoutId,status\n{ann.Id},paid\n{ben.Id},pending\n{cleo.Id},paid\n", dry: true));
        await OkAsync(world.ResultsAsync(run, $"payoutId,status\n{ann.Id},paid\n{ben.Id},pending\n"));
        await OkAsync(world.ResultsAsync(run, $"payoutId,status\n{ann.Id},returned\n{ben.Id},failed\n"));
        await OkAsync(world.Api.Post($"payouts/{cleo.Id}/result", new JsonObject { ["outcome"] = "paid" }));
        await world.App.DrainAsync();
        await ShowRunAsync(payouts, run);

        Assert.That((await world.StateAsync(ann), await world.StateAsync(ben), await world.StateAsync(cleo)), Is.EqualTo(("sent", "refused", "sent")));
        await payouts.AssertBooksAsync();
    }

    /// <summary>As the merchant sees it: the runs page by page, a run, and the hint that leads to it.</summary>
    public static async Task ShowRunAsync(PayoutWorld world, string runId)
    {
        using var owner = await Rooms.SignInAsync(world.App, world.Store, null);
        foreach (var path in new[] { "", "/payouts", "/payouts?after=run_z", $"/payouts/{runId}" })
        {
            await owner.GetAsync($"/dashboard{path}");
        }
    }
}
