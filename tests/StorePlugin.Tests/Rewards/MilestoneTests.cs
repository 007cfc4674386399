// Milestones: each is given exactly once to an ambassador, when their approved orders first come to its threshold.
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Rewards;

internal sealed class MilestoneTests
{
    private static readonly RewardCode TenPercent = new(1000, null, null, 30);

    private static readonly Terms Plain = new(1000, 1000, 30, 30)
    {
        Currency = RewardWorld.Euro,
        Milestones = [new Milestone(TierMetric.Orders, null, 2, 5000, null), new Milestone(TierMetric.Orders, null, 3, null, TenPercent)],
    };

    [Test]
    public async Task The_order_that_reaches_the_threshold_brings_the_bonus_and_it_is_in_the_books()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        await world.ApproveAsync(world.Order("1001"));
        Assert.That(await world.RewardsAsync(), Is.Empty);

        await world.ApproveAsync(world.Order("1002"));

        var reward = await world.RewardAsync();
        var entries = (await world.Api.Get($"ledger/entries?ambassador={world.Ann}")).Json!["items"]!.AsArray().Where(entry => (string?)entry!["kind"] == "bonus").ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(((string?)reward["kind"], (string?)reward["state"], (string?)reward["platformOrderId"]), Is.EqualTo(("milestone", "issued", "1002")));
            Assert.That((string?)reward["cause"], Is.EqualTo($"{world.Shop.CampaignId}:orders:2"));
            Assert.That((long)reward["amount"]!["minor"]!, Is.EqualTo(5000));
            Assert.That((string?)entries.Single()!["source"], Is.EqualTo((string?)reward["id"]));
            Assert.That(await world.Shop.BalanceAsync(world.Ann, Account.Approved), Is.EqualTo(900 + 900 + 5000));
            Assert.That(await world.Shop.BalanceAsync("", Account.Expense), Is.EqualTo(-(900 + 900 + 5000)));
        }

        await world.AssertSoundAsync();
    }

    // Three orders that are approved in one batch pass both thresholds; nothing that comes later does so again.
    [Test]
    public async Task Each_milestone_is_given_once_however_often_the_sum_passes_it()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        await world.ApproveAsync(world.Order("1001"), world.Order("1002"), world.Order("1003"));
        var third = world.Order("1004");
        await world.ApproveAsync(third);
        await world.RefundAsync(third, "41", "90.00");
        foreach (var id in new[] { "1001", "1002" })
        {
            await world.App.Get<DecideOrder>().DecideAsync(world.Shop.Store, id, DecisionKind.Reject, null, "A mistake.", "owner", default);
        }

        await world.ApproveAsync(world.Order("1005"), world.Order("1006"), world.Order("1007"));

        Assert.That((await world.RewardsAsync()).Select(reward => ((string?)reward["cause"])![^8..]), Is.EquivalentTo(["orders:2", "orders:3"]));
        Assert.That((await world.RewardsAsync()).Select(reward => (string?)reward["platformOrderId"]), Is.All.AnyOf("1001", "1002", "1003"));
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task Two_jobs_that_release_at_once_give_each_milestone_once()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        for (var i = 0; i < 20; i++)
        {
            await world.PaysAsync(world.Order($"{1001 + i}"));
        }

        world.App.Clock.Advance(TimeSpan.FromDays(31));
        var job = world.App.Get<ReleaseHolds>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => job.RunOnceAsync(default))));
        await world.App.DrainAsync();

        Assert.That((await world.RewardsAsync()).Select(reward => (string?)reward["state"]), Is.EqualTo(["issued", "issued"]));
        Assert.That(await world.Shop.BalanceAsync(world.Ann, Account.Approved), Is.EqualTo((20 * 900) + 5000));
        await world.AssertSoundAsync();
    }

    [TestCase("10.00", 1)]
    [TestCase("10.01", 0)]
    public async Task L_5_net_sales_count_less_what_was_refunded_and_the_threshold_is_inclusive(string refund, int given)
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { Milestones = [new Milestone(TierMetric.NetSales, 17_000, null, 100, null)] });
        var (first, second) = (world.Order("1001"), world.Order("1002"));
        await world.PaysAsync(first);
        await world.PaysAsync(second);
        await world.RefundAsync(second, "21", refund);

        await world.PassAsync(31);

        Assert.That(await world.RewardsAsync(), Has.Count.EqualTo(given));
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task New_customers_are_counted_once_each()
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { NewCustomersOnly = null, Milestones = [new Milestone(TierMetric.NewCustomers, null, 2, 100, null)] });
        await world.ApproveAsync(world.Order("1001") with { Customer = 1, Email = "a@example.test" }, world.Order("1002") with { Customer = 1, Email = "a@example.test" });
        var before = await world.RewardsAsync();

        await world.ApproveAsync(world.Order("1003") with { Customer = 2, Email = "b@example.test" });

        Assert.That((before.Count, (string?)(await world.RewardAsync())["platformOrderId"]), Is.EqualTo((0, "1003")));
    }

    [Test]
    public async Task Whatever_the_order_of_arrival_the_same_milestones_are_given()
    {
        foreach (var turn in new[] { 0, 1, 2 })
        {
            await using var world = await RewardWorld.OpenAsync(Plain);
            TestOrder[] orders = [world.Order("1001"), world.Order("1002"), world.Order("1003")];
            await world.ApproveAsync([.. orders[turn..], .. orders[..turn], .. orders]);

            Assert.That((await world.RewardsAsync()).Select(reward => (string?)reward["cause"]), Is.EquivalentTo([$"{world.Shop.CampaignId}:orders:2", $"{world.Shop.CampaignId}:orders:3"]));
            Assert.That(await world.Shop.BalanceAsync(world.Ann, Account.Approved), Is.EqualTo((3 * 900) + 5000));
            await world.AssertSoundAsync();
        }
    }

    [Test]
    public async Task Another_ambassadors_orders_do_not_count()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        await world.Shop.AmbassadorAsync("BOB10");

        await world.ApproveAsync(world.Order("1001"), new TestOrder("1002", world.App.Clock.GetUtcNow()).With("BOB10", "10.00"));

        Assert.That(await world.RewardsAsync(), Is.Empty);
    }

    [TestCase("UPDATE rewards SET amount_minor = 4999 WHERE amount_minor = 5000", "ledger-differs", "reward-bonus")]
    [TestCase("UPDATE rewards SET created_at = created_at + 1 WHERE amount_minor = 5000", "ledger-differs", null)]
    [TestCase("DELETE FROM rewards WHERE amount_minor = 5000", "ledger-unexplained", "reward-bonus")]
    [TestCase("UPDATE rewards SET state = 'used' WHERE code IS NOT NULL", null, "reward-state")]
    public async Task A_row_that_is_tampered_with_is_told_by_its_name(string damage, string? rebuilt, string? verified)
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        await world.ApproveAsync(world.Order("1001"), world.Order("1002"), world.Order("1003"));
        await world.App.Db.DoAsync(damage);

        var found = (await world.App.Get<Rebuild>().RunAsync(world.Shop.Store.Id, _ => { }, default)).Findings;

        Assert.That(found.Select(finding => finding.Check).Distinct(), rebuilt is null ? Is.Empty : Is.EqualTo([rebuilt]));
        Assert.That(
            (await world.App.Get<Verify>().RunAsync(world.Shop.Store.Id, default)).Select(finding => finding.Check).Distinct(),
            verified is null ? Is.Empty : Is.EqualTo([verified]));
    }
}
