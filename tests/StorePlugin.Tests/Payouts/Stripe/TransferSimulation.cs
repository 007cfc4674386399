// Histories from a seed: faults, crashes, jumps of the clock and people; after each of them at most one transfer, and true books.
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class TransferSimulation
{
    // Two keys of one account, as after a key was rolled, and one of another.
    private const string RolledKey = "sk_test_rolledkey00001";
    private const string OtherKey = "sk_test_anotheraccount1";
    private const string OtherAccount = "acct_other";

    private const long Plenty = 1_000_000;

    private static readonly StripeFault[] Faults = Enum.GetValues<StripeFault>().Except([StripeFault.WrongAmount, StripeFault.Hang]).ToArray();

    [Test]
    public async Task Whatever_happens_each_payout_makes_one_transfer_at_most([Range(1, 24)] int seed)
    {
        var random = new Random(seed);
        await using var world = await PayoutWorld.StartAsync();
        var payout = await world.ReservedAsync();
        world.Stripe.Next(SomeFaults(random, 12));

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
                    await HearOfAsync(world, payout.Id, step);
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
        await AssertNothingIsInventedAsync(world);
    }

    [Test]
    public async Task Whatever_people_do_besides_each_payout_makes_one_transfer_at_most_and_each_cent_is_paid_once([Range(101, 116)] int seed)
    {
        var random = new Random(seed);
        await using var world = await PayoutWorld.StartAsync();
        world.Stripe.GiveKey(OtherKey, OtherAccount);
        world.Stripe.TopUp("eur", Plenty, OtherAccount);
        var ann = (await world.ReservedAsync()).AmbassadorId;
        var isPoor = false;

        for (var step = 0; step < 24; step++)
        {
            if (random.Next(3) == 0)
            {
                world.Stripe.Next(SomeFaults(random, 4));
            }

            switch (random.Next(9))
            {
                case 0 when await PendingSendAsync(world) is { } effect:
                    await world.PerformAsync(effect, crashBeforeWrite: true);
                    break;
                case 1 when await PendingSendAsync(world) is { } effect:
                    await Task.WhenAll(world.PerformAsync(effect), world.PerformAsync(effect));
                    break;
                case 2:
                    await SendAgainAsync(world);
                    break;
                case 3:
                    await world.ConnectAsync(new[] { PayoutWorld.TestKey, RolledKey, OtherKey }[random.Next(3)]);
                    break;
                case 4 when world.Stripe.Transfers.Where(one => one.Reversed < one.Amount).ToList() is { Count: > 0 } standing:
                    var transfer = standing[random.Next(standing.Count)];
                    var left = (int)(transfer.Amount - transfer.Reversed);
                    world.Stripe.Reverse(transfer.Id, random.Next(2) == 0 ? left : random.Next(1, left + 1));
                    await HearOfAsync(world, transfer.Group!, step);
                    break;
                case 5:
                    // Poor, Stripe refuses for want of money; a later run pays again.
                    isPoor = Turn(world, !isPoor, isPoor);
                    break;
                case 6:
                    await world.EarnsAsync(ann, "25.00");
                    await world.PayAsync();
                    break;
                default:
                    await world.WorkForAsync(TimeSpan.FromHours(random.Next(0, 30)));
                    break;
            }

            await AssertOneTransferEachAsync(world);
            world.Clock.Advance(TimeSpan.FromMinutes(random.Next(0, 3 * 60)));
        }

        Turn(world, false, isPoor);
        foreach (var (number, key) in ((int, string)[])[(1001, PayoutWorld.TestKey), (1002, OtherKey)])
        {
            await world.ConnectAsync(key);
            foreach (var payoutId in await PayoutIdsAsync(world))
            {
                await HearOfAsync(world, payoutId, number);
            }

            await world.WorkForAsync(TimeSpan.FromDays(2));
            await world.ReconcileAsync();
        }

        await AssertNothingIsInventedAsync(world);
        await AssertOneTransferEachAsync(world);
        foreach (var payoutId in await PayoutIdsAsync(world))
        {
            var payout = await world.PayoutAsync(payoutId);
            Assert.That(
                payout.State is "sent" or "reversed", Is.EqualTo(world.Stripe.Transfers.Any(one => one.Group == payoutId)), $"{payout.State}: {payout.Problem}");
        }

        Assert.That(
            await world.BalanceAsync(ann, Account.Paid), Is.EqualTo(world.Stripe.Transfers.Sum(one => one.Amount - one.Reversed)), "what Stripe has moved is what was paid");
        var (approved, inPayout, paid) = await world.BalancesAsync(ann);
        Assert.That(approved + inPayout + paid, Is.EqualTo(await world.Db.OneAsync<long>("SELECT SUM(commission_minor) FROM orders")));
    }

    /// <summary>Stripe's list differs from the books in nothing but what nobody can tell.</summary>
    private static async Task AssertNothingIsInventedAsync(PayoutWorld world)
    {
        var unknown = (await PayoutIdsAsync(world)).ToAsyncEnumerable().Where(async (id, _) => (await world.PayoutAsync(id)).State == "unknown");
        Assert.That(
            (await world.ReconcileAsync()).Where(one => DifferenceKind.Stops(one.Kind)).Select(one => $"{one.Kind} {one.Subject}"),
            Is.EquivalentTo(await unknown.Select(id => $"unknown {id}").ToListAsync()));
    }

    private static StripeFault[] SomeFaults(Random random, int most) =>
        [.. Enumerable.Range(0, random.Next(1, most)).Select(_ => Faults[random.Next(Faults.Length)])];

    /// <summary>Takes both accounts' money, or gives it back.</summary>
    private static bool Turn(PayoutWorld world, bool poor, bool wasPoor)
    {
        if (poor != wasPoor)
        {
            foreach (var account in (string[])[FakeStripe.MainAccount, OtherAccount])
            {
                world.Stripe.TopUp("eur", poor ? -Plenty : Plenty, account);
            }
        }

        return poor;
    }

    private static async Task<Effect?> PendingSendAsync(PayoutWorld world) =>
        await world.Db.ManyAsync<string>("SELECT subject FROM effects WHERE kind = 'send_transfer' AND state = 'pending' ORDER BY id DESC") is [var subject, ..]
            ? await world.EffectAsync(subject)
            : null;

    /// <summary>A person tries to send every payout again; the API lets those through whose absence is proved.</summary>
    private static async Task SendAgainAsync(PayoutWorld world)
    {
        foreach (var payoutId in await PayoutIdsAsync(world))
        {
            await world.App.Http.PostAsync(new Uri($"/api/v1/payouts/{payoutId}/attempts", UriKind.Relative), null);
        }
    }

    private static Task<bool> HearOfAsync(PayoutWorld world, string payoutId, int number) => world.Db.InTransactionAsync(
        tx => Outbox.AddAsync(tx, world.Store.Id, Effect.Kinds.LookUpTransfer, $"evt_{payoutId}_{number}", payoutId, world.Clock.GetUtcNow()));

    private static Task<IReadOnlyList<string>> PayoutIdsAsync(PayoutWorld world) => world.Db.ManyAsync<string>("SELECT id FROM payouts ORDER BY id");

    private static async Task AssertOneTransferEachAsync(PayoutWorld world)
    {
        await world.AssertBooksAsync();
        Assert.That(world.Stripe.Transfers.Select(one => one.Group), Is.Unique, "a payout has one transfer at most, whatever the account");
    }
}
