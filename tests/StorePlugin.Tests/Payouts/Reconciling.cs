// Compares a world's payouts with its stand-in for Stripe, as the rounds do.
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts;

internal static class Reconciling
{
    /// <summary>Ends what is under way, then looks at the days up to now anew. Returns what is open, in words that name the kind.</summary>
    /// <param name="days">How many days back.</param>
    public static async Task<IReadOnlyList<PayoutDifference>> ReconcileAsync(this PayoutWorld world, int days = 200)
    {
        await world.EndLooksAsync();
        world.Clock.Advance(CompareTransfers.Grace);
        var today = LocalDay.Of(world.Store, world.Clock.GetUtcNow());
        var id = await world.App.Get<ReconcilePayouts>().BeginAsync(world.Store, LocalDay.Number(today.AddDays(-days)), LocalDay.Number(today), "ann", default);
        Assert.That(id, Is.Not.Null);
        await world.EndLooksAsync();
        Assert.That(await world.StateOfLookAsync(id!), Is.EqualTo("done"));
        return await world.OpenAsync();
    }

    /// <summary>What is there still and nobody has cleared.</summary>
    public static Task<IReadOnlyList<PayoutDifference>> OpenAsync(this PayoutWorld world) => world.Db.ManyAsync<PayoutDifference>(
        PayoutDifference.Columns + " WHERE store_id = @storeId AND gone_at IS NULL AND cleared_at IS NULL ORDER BY kind, subject", new { storeId = world.Store.Id });

    /// <summary>Lets the rounds and the look-ups that they ask for come to an end; the clock moves from one to the next.</summary>
    public static async Task EndLooksAsync(this PayoutWorld world)
    {
        var rounds = world.App.Get<ReconcilePayouts>();
        while (true)
        {
            while (await rounds.RunOnceAsync(default) > 0)
            {
            }

            var due = await world.Db.ManyAsync<DateTimeOffset>("SELECT due_at FROM payout_reconciliations WHERE finished_at IS NULL ORDER BY due_at");
            if (due is not [var next, ..])
            {
                return;
            }

            await world.WorkAsync();
            world.Clock.MoveTo(next);
        }
    }

    public static async Task<string> StateOfLookAsync(this PayoutWorld world, string id) =>
        (await world.Db.OneAsync<string>("SELECT state FROM payout_reconciliations WHERE store_id = @storeId AND id = @id", new { storeId = world.Store.Id, id }))!;
}
