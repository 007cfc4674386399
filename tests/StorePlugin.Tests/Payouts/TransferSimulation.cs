// Histories from a seed: faults, crashes and jumps of the clock; after each of them at most one transfer, and true books.
using StorePlugin.Inbox;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts;

internal sealed class TransferSimulation
{
    private static readonly StripeFault[] Faults = Enum.GetValues<StripeFault>().Except([StripeFault.WrongAmount, StripeFault.Hang]).ToArray();

    [Test]
    public async Task Whatever_happens_each_payout_makes_one_transfer_at_most([Range(1, 24)] int seed)
    {
        var random = new Random(seed);
        await using var world = await PayoutWorld.StartAsync();
        var payout = await world.ReservedAsync();
        world.Stripe.Next([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Faults[random.Next(Faults.Length)])]);

        for (var step = 0; step < 8; step++)
        {
            var effect = await world.EffectAsync($"{payout.Id}-a1");
            switch (random.Next(4))
            {
                case 0:
                    await world.PerformAsync(effect, crashBeforeWrite: true);
                    break;
                case 1:
                    await Task.WhenAll(world.PerformAsync(effect), world.PerformAsync(effect));
                    break;
                case 2:
                    await world.Db.InTransactionAsync(tx => Outbox.AddAsync(
                        tx, world.Store.Id, Effect.Kinds.LookUpTransfer, $"evt_{step}", payout.Id, world.Clock.GetUtcNow()));
                    await world.WorkAsync();
                    break;
                default:
                    await world.WorkForAsync(TimeSpan.FromHours(random.Next(0, 8)));
                    break;
            }

            await world.AssertBooksAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(random.Next(0, 6 * 60)));
        }

        await world.WorkForAsync(TimeSpan.FromDays(6));

        var settled = await world.PayoutAsync(payout.Id);
        var transfers = world.Stripe.Transfers.Count;
        Assert.That(transfers, Is.LessThanOrEqualTo(1));
        Assert.That(settled.State, transfers == 1 ? Is.EqualTo("sent") : Is.EqualTo("unknown").Or.EqualTo("refused"), settled.Problem);
        Assert.That(await world.BalancesAsync(payout.AmbassadorId), Is.EqualTo(settled.State switch
        {
            "sent" => (0L, 0L, 5000L),
            "refused" => (5000L, 0L, 0L),
            _ => (0L, 5000L, 0L),
        }));
    }
}
