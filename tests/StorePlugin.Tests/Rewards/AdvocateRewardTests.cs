// The ambassador's code for an approved order: given once, made in the store, taken back, used (rules W1 to W6).
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Rewards;

internal sealed class AdvocateRewardTests
{
    private static readonly Terms Plain = RewardWorld.Plain;

    [Test]
    public async Task W_1_the_friends_order_is_refunded_in_full_and_the_unused_code_is_revoked()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        var order = world.Order("1001");
        await world.ApproveAsync(order);
        var code = (string)(await world.RewardAsync())["code"]!;
        Assert.That(await world.WorksAsync(code), Is.True);

        await world.RefundAsync(order, "11", "90.00");

        Assert.That(await world.StatesAsync(), Is.EqualTo(["revoked"]));
        Assert.That(await world.WorksAsync(code), Is.False);
        Assert.That(await world.Shop.BalanceAsync(world.Ann, Account.Approved), Is.Zero);
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task W_1_the_code_is_given_when_the_commission_is_approved_and_not_before()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        await world.PaysAsync(world.Order("1001"));
        await world.PassAsync(29);
        Assert.That(await world.RewardsAsync(), Is.Empty);

        await world.PassAsync(2);

        var reward = await world.RewardAsync();
        var code = (string)reward["code"]!;
        var discount = await world.App.Get<RehearsalShopDb>().FindDiscountAsync(world.Shop.Store.Id, code, default);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(((string?)reward["kind"], (string?)reward["state"], (string?)reward["platformOrderId"]), Is.EqualTo(("advocate", "issued", "1001")));
            Assert.That(((decimal)reward["percent"]!, (string?)reward["ambassadorId"]), Is.EqualTo((15m, world.Ann)));
            Assert.That((string?)reward["endsAt"], Is.EqualTo("2026-09-28T10:00:00Z"), "180 days after the approval on 1 April");
            Assert.That(code, Does.Match("^THANKS-[2-9B-DF-HJ-NP-TV-Z]{12}$"));
            Assert.That((discount!.PercentBp, discount.CustomerUses, discount.Title), Is.EqualTo((1500L, "once", $"StorePlugin reward [{reward["id"]}]")));
            Assert.That(await world.Shop.BalanceAsync(world.Ann, Account.Approved), Is.EqualTo(900), "the code comes beside the commission");
        }

        await world.AssertSoundAsync();
    }

    [Test]
    public async Task A_code_may_stand_in_place_of_a_commission()
    {
        await using var world = await RewardWorld.OpenAsync(Plain with
        {
            CommissionBp = 0,
            AdvocateReward = new AdvocateReward(new RewardCode(null, 500, 2000, 30), null),
            Currency = RewardWorld.Euro,
        });

        var (kept, lessened, gone) = (world.Order("1001"), world.Order("1002"), world.Order("1003"));
        foreach (var order in new[] { kept, lessened, gone })
        {
            await world.PaysAsync(order);
        }

        await world.RefundAsync(lessened, "21", "40.00");
        await world.RefundAsync(gone, "31", "90.00");
        await world.PassAsync(31);

        var discount = await world.App.Get<RehearsalShopDb>().FindDiscountAsync(world.Shop.Store.Id, (string)(await world.RewardsAsync()).First(reward => (string?)reward["state"] == "issued")["code"]!, default);
        Assert.That((await world.RewardsAsync()).Select(reward => (string?)reward["platformOrderId"]), Is.EquivalentTo(["1001", "1002"]), "a rest still earns it (rule W5)");
        Assert.That((discount!.PercentBp, discount.AmountMinor, discount.MinimumMinor), Is.EqualTo((0L, 500L, 2000L)));
        Assert.That(await world.Shop.StateAsync("1003"), Is.EqualTo("reversed"));
        Assert.That(await world.Shop.BalanceAsync(world.Ann, Account.Approved), Is.Zero);
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task W_2_an_ambassadors_own_purchase_brings_no_code_even_where_it_earns()
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { SelfPurchaseEarns = true });

        await world.ApproveAsync(world.Order("1001") with { Email = "ann10@ambassadors.example" });

        Assert.That(await world.Shop.BalanceAsync(world.Ann, Account.Approved), Is.EqualTo(900));
        Assert.That(await world.RewardsAsync(), Is.Empty);
    }

    // 1 March is a Sunday; in Berlin the last order of the month is one of April already.
    [Test]
    public async Task W_2_the_most_of_a_calendar_month_counts_by_the_orders_instants_in_the_stores_time_zone()
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { AdvocateReward = Plain.AdvocateReward! with { Maximum = new RewardMaximum(2, new TermsPeriod(PeriodKind.CalendarMonth)) } });

        foreach (var (id, at) in new[] { ("1001", "2026-03-02T10:00Z"), ("1002", "2026-03-03T10:00Z"), ("1003", "2026-03-04T10:00Z"), ("1004", "2026-03-31T22:30Z") })
        {
            world.App.Clock.MoveTo(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture));
            await world.PaysAsync(world.Order(id));
        }

        await world.PassAsync(31);

        Assert.That(
            (await world.RewardsAsync()).Select(reward => ((string?)reward["platformOrderId"], (string?)reward["state"])),
            Is.EquivalentTo([("1001", "issued"), ("1002", "issued"), ("1003", "refused"), ("1004", "issued")]));
        Assert.That((await world.RewardsAsync("?state=refused")).Select(reward => (string?)reward["problem"]), Is.All.Contains("as many codes as the terms allow"));
        await world.AssertSoundAsync();
    }

    [TestCase(PeriodKind.RollingDays, 5L, new[] { "issued", "refused", "issued" })]
    [TestCase(PeriodKind.Lifetime, null, new[] { "issued", "refused", "refused" })]
    public async Task W_2_no_rolling_period_and_no_life_holds_more_than_the_most(PeriodKind kind, long? days, string[] states)
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { AdvocateReward = Plain.AdvocateReward! with { Maximum = new RewardMaximum(1, new TermsPeriod(kind, days)) } });
        foreach (var id in new[] { "1001", "1002", "1003" })
        {
            await world.PaysAsync(world.Order(id));
            await world.PassAsync(4);
        }

        await world.PassAsync(31);

        Assert.That(await world.StatesAsync(), Is.EqualTo(states));
    }

    [Test]
    public async Task W_2_a_code_that_was_taken_back_makes_room()
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { AdvocateReward = Plain.AdvocateReward! with { Maximum = new RewardMaximum(1, new TermsPeriod(PeriodKind.Lifetime)) } });
        var first = world.Order("1001");
        await world.ApproveAsync(first);
        await world.RefundAsync(first, "11", "90.00");

        await world.ApproveAsync(world.Order("1002"));

        Assert.That(await world.StatesAsync(), Is.EqualTo(["revoked", "issued"]));
    }

    [Test]
    public async Task W_3_a_lost_answer_and_a_second_try_find_the_code_that_was_made()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        await world.ApproveAsync(world.Order("1001"));
        var (id, code) = ((string)(await world.RewardAsync())["id"]!, (string)(await world.RewardAsync())["code"]!);
        await world.App.Db.DoAsync("UPDATE rewards SET state = 'pending_code', discount_id = NULL, issued_at = NULL WHERE store_id = @s", new { s = world.Shop.Store.Id });

        var again = await Effects.PerformAsync(world.App, world.Shop.Store.Id, Effect.Kinds.CreateReward, id);

        Assert.That(again, Is.TypeOf<EffectResult.Done>());
        Assert.That(((string?)(await world.RewardAsync())["state"], (string?)(await world.RewardAsync())["code"]), Is.EqualTo(("issued", code)));
        Assert.That(
            await world.App.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM rehearsal_discounts WHERE store_id = @s", new { s = world.Shop.Store.Id }), Is.EqualTo(1));
    }

    [Test]
    public async Task W_3_what_the_platform_refuses_waits_with_the_reason_and_the_programme_goes_on()
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { AdvocateReward = new AdvocateReward(new RewardCode(20_000, null, null, 180), null) });

        await world.ApproveAsync(world.Order("1001"));

        var reward = await world.RewardAsync();
        Assert.That(((string?)reward["state"], (string?)reward["problem"]), Is.EqualTo(("pending_code", "A discount takes off more than 0 % and at most 100 %, or an amount.")));
        Assert.That(await world.Shop.BalanceAsync(world.Ann, Account.Approved), Is.EqualTo(900));
        Assert.That((await world.Api.Get("effects?state=dead")).Json!["items"]!.AsArray(), Has.Count.EqualTo(1), "a person can have it tried again");
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task W_3_a_store_whose_platform_makes_no_discounts_has_the_reward_wait()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        await world.App.Db.DoAsync("UPDATE stores SET platform = 'woocommerce' WHERE id = @s", new { s = world.Shop.Store.Id });
        await world.PaysAsync(world.Order("1001"));
        world.App.Get<StoreDirectory>().Forget(world.Shop.Store);
        await world.PassAsync(31);

        var reward = await world.RewardAsync();

        Assert.That(((string?)reward["state"], (string?)reward["problem"]), Is.EqualTo(("pending_code", "The program cannot create discounts in a store of woocommerce.")));
    }

    [Test]
    public async Task W_4_a_code_that_was_used_is_the_merchants_cost_when_its_order_is_refunded()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        var order = world.Order("1001");
        await world.ApproveAsync(order);
        var code = (string)(await world.RewardAsync())["code"]!;
        var use = new TestOrder("2001", world.App.Clock.GetUtcNow()).With(code.ToLowerInvariant(), "15.00");
        await world.PaysAsync(use);
        Assert.That(await world.StatesAsync(), Is.EqualTo(["used"]));

        await world.RefundAsync(order, "11", "90.00");

        var reward = await world.RewardAsync();
        Assert.That(((string?)reward["state"], (string?)reward["usedByPlatformOrderId"], (long)reward["usedAmount"]!["minor"]!), Is.EqualTo(("cost", "2001", 1500L)));
        Assert.That((await world.Api.Get("effects?state=done")).Json!["items"]!.AsArray().Select(effect => (string?)effect!["kind"]), Has.None.EqualTo("revoke_reward"));
        await world.AssertSoundAsync();
    }

    // The store learned of the refund while the shopper was paying.
    [Test]
    public async Task W_4_a_code_that_is_used_after_it_was_revoked_is_the_merchants_cost_as_well()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        var order = world.Order("1001");
        await world.ApproveAsync(order);
        var code = (string)(await world.RewardAsync())["code"]!;
        await world.RefundAsync(order, "11", "90.00");

        await world.PaysAsync(new TestOrder("2001", world.App.Clock.GetUtcNow()).With(code, "15.00"));

        Assert.That(await world.StatesAsync(), Is.EqualTo(["cost"]));
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task A_use_counts_once_and_stays_when_the_order_that_used_it_is_called_off()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        await world.ApproveAsync(world.Order("1001"));
        var code = (string)(await world.RewardAsync())["code"]!;
        var use = new TestOrder("2001", world.App.Clock.GetUtcNow()).With(code, "15.00");
        await world.PaysAsync(use);
        await world.PaysAsync(use with { UpdatedAt = world.App.Clock.GetUtcNow().AddHours(1), CancelledAt = world.App.Clock.GetUtcNow().AddHours(1), FinancialStatus = "refunded" });
        await world.PaysAsync(new TestOrder("2002", world.App.Clock.GetUtcNow()).With(code, "7.00"));

        var reward = await world.RewardAsync();

        Assert.That(((string?)reward["state"], (string?)reward["usedByPlatformOrderId"], (long)reward["usedAmount"]!["minor"]!), Is.EqualTo(("used", "2001", 1500L)));
    }

    [TestCase("30.00", "issued")]
    [TestCase("30.01", "revoked")]
    public async Task W_5_a_partial_refund_leaves_the_code_while_the_rest_meets_the_least(string refund, string state)
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { MinimumOrderMinor = 6000, Currency = RewardWorld.Euro });
        var order = world.Order("1001");
        await world.ApproveAsync(order);

        await world.RefundAsync(order, "11", refund);

        Assert.That(await world.StatesAsync(), Is.EqualTo([state]));
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task An_order_below_the_least_brings_no_code()
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { MinimumOrderMinor = 9001, Currency = RewardWorld.Euro });

        await world.ApproveAsync(world.Order("1001"));

        Assert.That(await world.RewardsAsync(), Is.Empty);
    }

    [Test]
    public async Task An_order_that_a_person_gives_to_another_takes_the_code_back_and_brings_the_other_one()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        var bob = await world.Shop.AmbassadorAsync("BOB10");
        await world.ApproveAsync(world.Order("1001"));

        await world.App.Get<DecideOrder>().DecideAsync(world.Shop.Store, "1001", DecisionKind.Credit, bob, "Bob advised.", "owner", default);
        await world.App.DrainAsync();

        Assert.That(
            (await world.RewardsAsync()).Select(reward => ((string?)reward["ambassadorId"], (string?)reward["state"])), Is.EquivalentTo([(world.Ann, "revoked"), (bob, "issued")]));
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task W_4_a_code_whose_making_was_still_going_on_when_it_was_revoked_is_ended_once_it_is_made()
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        var order = world.Order("1001");
        await world.PaysAsync(order);
        world.App.Clock.Advance(TimeSpan.FromDays(31));
        await world.App.Get<ReleaseHolds>().RunOnceAsync(default);
        var (id, code) = ((string)(await world.RewardAsync())["id"]!, (string)(await world.RewardAsync())["code"]!);

        // The platform is asked, and its answer is on the way when the refund comes and is followed to the end.
        var answer = await Effects.AskAsync(world.App, world.Shop.Store.Id, Effect.Kinds.CreateReward, id);
        await world.RefundAsync(order, "11", "90.00");
        Assert.That(await world.StatesAsync(), Is.EqualTo(["revoked"]));
        await world.App.Db.InTransactionAsync(answer.Write!);
        await world.App.DrainAsync();

        Assert.That(await world.WorksAsync(code), Is.False);
        Assert.That(await world.StatesAsync(), Is.EqualTo(["revoked"]));
        await world.AssertSoundAsync();
    }

    // The discount on the order was the friend's; the code is the ambassador's. Neither knows of the other.
    [Test]
    public async Task W_6_the_ambassadors_code_fails_and_the_friends_stays()
    {
        await using var world = await RewardWorld.OpenAsync(Plain with { AdvocateReward = new AdvocateReward(new RewardCode(20_000, null, null, 180), null) });
        var friends = (await world.Api.Post($"ambassadors/{world.Ann}/codes", new System.Text.Json.Nodes.JsonObject { ["code"] = "ANNTWO" })).Status;
        await world.App.DrainAsync();

        await world.ApproveAsync(world.Order("1001"));

        Assert.That((friends, await world.WorksAsync("ANNTWO")), Is.EqualTo((201, true)));
        Assert.That(await world.StatesAsync(), Is.EqualTo(["pending_code"]));
        Assert.That((await world.Shop.ReceiptAsync("1001")).Codes.Single().AmountMinor, Is.EqualTo(1000));
    }

    // A chargeback that is won is reversed again (rule B14): what waits for the bank takes no code away for good.
    [TestCase("won", "issued")]
    [TestCase("lost", "revoked")]
    public async Task A_code_stays_until_the_bank_has_decided(string end, string state)
    {
        await using var world = await RewardWorld.OpenAsync(Plain);
        await world.ApproveAsync(world.Order("1001"));

        await DisputeAsync("open");
        Assert.That((await world.Shop.StateAsync("1001"), await world.StatesAsync()), Is.EqualTo(("disputed", (string[])["issued"])));
        await DisputeAsync(end);

        Assert.That(await world.StatesAsync(), Is.EqualTo([state]));
        await world.AssertSoundAsync();

        async Task DisputeAsync(string told)
        {
            var answer = await world.Api.Put("orders/1001/disputes/dp_1", new System.Text.Json.Nodes.JsonObject
            {
                ["state"] = told,
                ["amount"] = new System.Text.Json.Nodes.JsonObject { ["minor"] = 9000, ["currency"] = "EUR" },
                ["openedAt"] = StoreApp.Start.ToString("O"),
            });
            Assert.That(answer.Status, Is.EqualTo(200));
            await world.App.DrainAsync();
        }
    }

    [Test]
    public async Task Deliveries_that_come_twice_and_in_another_order_give_the_same_rewards()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var isTurned in new[] { false, true })
        {
            await using var world = await RewardWorld.OpenAsync(Plain);
            TestOrder[] orders = [world.Order("1001"), world.Order("1002"), world.Order("1003")];
            foreach (var order in isTurned ? [.. orders.Reverse(), .. orders] : orders)
            {
                await world.PaysAsync(order);
            }

            await world.PassAsync(31);
            await world.PassAsync(1);
            await world.RefundAsync(orders[1], "21", "90.00");
            await world.RefundAsync(orders[1], "21", "90.00");

            seen.Add(string.Join(' ', (await world.RewardsAsync()).Select(reward => $"{reward["platformOrderId"]}:{reward["state"]}").Order(StringComparer.Ordinal)));
            await world.AssertSoundAsync();
        }

        Assert.That(seen, Is.EqualTo(["1001:issued 1002:revoked 1003:issued"]));
    }
}
