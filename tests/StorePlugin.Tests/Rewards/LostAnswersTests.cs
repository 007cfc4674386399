// Answers are lost at any step, and each reward is given once all the same, or waits for a person; the books agree with the store.
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Rewards;

/// <summary>STOREPLUGIN_SEED=n replays one seed alone; a failing test names it.</summary>
internal sealed class LostAnswersTests
{
    private const int SeedCount = 30;
    private const int OrdersMax = 3;

    private static IEnumerable<int> Seeds =>
        int.TryParse(Environment.GetEnvironmentVariable("STOREPLUGIN_SEED"), System.Globalization.CultureInfo.InvariantCulture, out var seed) ? [seed] : Enumerable.Range(1, SeedCount);

    [TestCase(RewardForm.GiftCard, null)]
    [TestCase(RewardForm.StoreCredit, null)]
    [TestCase(RewardForm.StoreCredit, 365L)]
    public async Task Whatever_is_lost_each_reward_is_given_once_and_the_ledger_agrees(RewardForm form, long? validDays)
    {
        await using var world = await ValueWorld.OpenAsync(form, validDays);
        foreach (var seed in Seeds)
        {
            await RunAsync(world, form, seed);
        }

        await world.AssertSoundAsync();
    }

    private static async Task RunAsync(ValueWorld world, RewardForm form, int seed)
    {
        var random = new Random(seed);
        var (code, email) = ($"SEED{seed}", $"seed{seed}@ambassadors.example");
        var ambassador = await world.AmbassadorAsync(code, email);
        var customer = world.Shopify.NewCustomer(ValueWorld.Shop, email);
        var cards = world.Shopify.Cards.Count;
        var orders = Enumerable.Range(1, random.Next(1, OrdersMax + 1)).Select(i => world.Order($"{seed}0{i}", code)).ToList();
        foreach (var order in orders)
        {
            await world.PaysAsync(order);
        }

        Fail(world, random);
        world.App.Clock.Advance(TimeSpan.FromDays(31));
        await world.SettleAsync(random.Next(4));
        var back = orders.Where(_ => random.Next(3) == 0).ToList();
        foreach (var order in back)
        {
            Fail(world, random);
            await world.RefundAsync(order, minutes: random.Next(3));
        }

        // Longer than any wait of an effect that fails a few times.
        await world.SettleAsync(90);

        var given = orders.Count - back.Count;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await world.BalanceAsync(Account.InPayout, ambassador), Is.Zero, $"seed {seed}: nothing waits");
            Assert.That(await world.BalanceAsync(Account.Paid, ambassador), Is.EqualTo(1000L * given), $"seed {seed}");
            if (form == RewardForm.GiftCard)
            {
                var made = world.Shopify.Cards.Values.OrderBy(card => card.Id, StringComparer.Ordinal).ToList();
                Assert.That(made.Count - cards, Is.InRange(given, orders.Count), $"seed {seed}");
                Assert.That(made.Count(card => card.Enabled) * 1000L, Is.EqualTo(await AllPaidAsync(world)), $"seed {seed}: what works is what was paid");
            }
            else
            {
                Assert.That(world.Shopify.BalanceOf(ValueWorld.Shop, customer), Is.EqualTo(10m * given), $"seed {seed}: {string.Join(", ", world.Shopify.Credit.Where(move => move.Customer == customer))}");
            }
        }
    }

    private static void Fail(ValueWorld world, Random random)
    {
        for (var i = random.Next(2, 9); i > 0; i--)
        {
            world.Shopify.Next(random.Next(6) switch
            {
                0 or 1 => new FakeShopify.Fault.LostAnswer(),
                2 => new FakeShopify.Fault.Status(503),
                3 => new FakeShopify.Fault.Status(500),
                _ => new FakeShopify.Fault.None(),
            });
        }
    }

    private static Task<long> AllPaidAsync(ValueWorld world) => world.App.Db.OneAsync<long>(
        "SELECT COALESCE(SUM(amount_minor), 0) FROM balances WHERE store_id = @s AND account = 'paid'", new { s = world.Store.Id });
}
