// Each rehearsal from its beginning to its end, through the same code as live, and what it comes to in numbers.
using System.Text.Json.Nodes;
using StorePlugin.Rehearsals;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Rehearsals;

internal sealed class ScenarioRunTests
{
    private RehearsalWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await RehearsalWorld.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task A_typical_month_credits_code_link_and_nobody_and_pays_whoever_reaches_the_minimum()
    {
        var ended = await _world.RunAsync("typical_month");
        var (earned, steps) = (await _world.EarnedAsync(ended), await _world.StepsAsync(ended));

        Assert.Multiple(() =>
        {
            Assert.That((ended.State, ended.Failure, ended.Payees, ended.TopPayee), Is.EqualTo(("finished", (string?)null, 5L, "Mara Lindholm")));
            Assert.That(earned.Values.Select(one => one.EarnedMinor), Is.EqualTo([34_59L, 24_97L, 9_79L, 14_00L, 3_97L]));
            Assert.That(ended.TopShareBp, Is.EqualTo(34_59L * 10_000 / 87_32L));
            Assert.That((earned["Mara"].PaidMinor, earned["Jonas"].PaidMinor, earned["Pavel"].PaidMinor, earned["Pavel"].PayableMinor), Is.EqualTo((34_59L, 24_97L, 0L, 14_00L)));
            Assert.That(steps.Select(step => step.Number), Is.EqualTo(Enumerable.Range(1, steps.Count)));
            Assert.That(steps.Select(step => step.At), Is.Ordered.And.All.LessThan(StoreApp.Start));
            Assert.That(steps.Single(step => step.Title.Contains("nobody has sent", StringComparison.Ordinal)).Outcome, Does.Contain("nobody is credited"));
            Assert.That(steps.Single(step => step.Title.Contains("takes the code out", StringComparison.Ordinal)).Outcome, Does.Contain("3.36 for Aylin Demir").And.Contain("over the ambassador's link"));
            Assert.That(steps.Single(step => step.Title.Contains("sends a part back", StringComparison.Ordinal)).Outcome, Does.Contain("3.59 are left for Mara Lindholm"));
            Assert.That(steps[^1].Outcome, Does.Contain("Mara Lindholm is paid").And.Contain("below the minimum"));
        });
        Assert.That(
            await _world.App.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM rehearsal_transfers WHERE store_id = @id", new { id = ended.RehearsalStoreId }), Is.EqualTo(2));
    }

    [Test]
    public async Task A_wave_of_refunds_leaves_whoever_was_paid_below_zero()
    {
        var ended = await _world.RunAsync("refund_wave");
        var (earned, steps) = (await _world.EarnedAsync(ended), await _world.StepsAsync(ended));

        Assert.Multiple(() =>
        {
            Assert.That((ended.State, ended.Failure), Is.EqualTo(("finished", (string?)null)));
            Assert.That((earned["Jonas"].EarnedMinor, earned["Jonas"].PaidMinor, earned["Jonas"].PayableMinor), Is.EqualTo((0L, 54_07L, -54_07L)));
            Assert.That((earned["Aylin"].EarnedMinor, earned["Aylin"].PaidMinor, earned["Aylin"].PayableMinor), Is.EqualTo((9_83L, 35_92L, -26_09L)));
            Assert.That((earned["Mara"].ReviewMinor, earned["Mara"].PaidMinor), Is.EqualTo((32_71L, 0L)), "three of eight orders came back (F6)");
            Assert.That(steps.Single(step => step.Title.Contains("hold is over", StringComparison.Ordinal)).Outcome, Does.Contain("F6, for review, Mara Lindholm"));
            Assert.That(steps[^1].Outcome, Does.Contain("Jonas Weber's balance is"));
        });
    }

    [Test]
    public async Task A_leaked_code_is_a_notice_by_speed_and_by_missing_clicks()
    {
        var ended = await _world.RunAsync("leaked_code");
        var release = (await _world.StepsAsync(ended)).Single(step => step.Title.Contains("hold is over", StringComparison.Ordinal)).Outcome;

        Assert.Multiple(() =>
        {
            Assert.That((ended.State, ended.Failure, ended.TopPayee), Is.EqualTo(("finished", (string?)null, "Mara Lindholm")));
            Assert.That(ended.TopShareBp, Is.GreaterThan(5_000));
            Assert.That(release, Does.Contain("F4, a notice, Mara Lindholm").And.Contain("F5, a notice, Mara Lindholm"));
            Assert.That(release, Does.Not.Contain("for review"));
        });
    }

    [Test]
    public async Task Buying_with_ones_own_code_earns_nothing_by_the_default_term()
    {
        var ended = await _world.RunAsync("self_referral");
        var own = (await _world.StepsAsync(ended)).Where(step => step.Title.StartsWith("Mara buys with her own code", StringComparison.Ordinal)).ToList();
        var net = await _world.App.Db.OneAsync<long>(
            "SELECT COALESCE(SUM(commission_minor), 0) FROM orders WHERE store_id = @id AND order_id IN @orders",
            new { id = ended.RehearsalStoreId, orders = own.SelectMany(step => step.Orders).ToArray() });

        Assert.Multiple(async () =>
        {
            Assert.That((ended.State, ended.Failure), Is.EqualTo(("finished", (string?)null)));
            Assert.That(own, Has.Count.EqualTo(2));
            Assert.That(net, Is.Zero);
            Assert.That(own.Select(step => step.Outcome), Has.All.Contains("nobody is credited").Or.All.Contains("earns nothing"));
            Assert.That((await _world.EarnedAsync(ended))["Mara"].EarnedMinor, Is.EqualTo(30_26));
        });
    }

    [Test]
    public async Task A_shared_account_goes_to_review_and_the_run_warns_of_the_one_who_gets_most()
    {
        var ended = await _world.RunAsync("one_account");
        var (earned, steps) = (await _world.EarnedAsync(ended), await _world.StepsAsync(ended));

        Assert.Multiple(() =>
        {
            Assert.That((ended.State, ended.Failure, ended.Payees, ended.TopShareBp), Is.EqualTo(("finished", (string?)null, 7L, (long?)7_402)));
            Assert.That((earned["Kofi"].ReviewMinor, earned["Kofi"].PaidMinor, earned["Rika"].ReviewMinor, earned["Rika"].PaidMinor), Is.EqualTo((43_87L, 0L, 37_82L, 0L)));
            Assert.That(steps[^2].Outcome, Does.Contain("F2, for review, Kofi Mensah").And.Contain("F2, for review, Rika Sato"));
            Assert.That(steps[^1].Outcome, Does.Contain("More than half of what this run pays in EUR goes to this payee."));
        });
    }

    [Test]
    public async Task All_five_leave_clean_books_and_the_same_terms_give_the_same_amounts_again()
    {
        var amounts = new List<string>();
        foreach (var scenario in Scenario.All)
        {
            amounts.Add(await AmountsAsync(scenario.Key));
        }

        var again = await AmountsAsync(Scenario.All[0].Key);

        Assert.That(again, Is.EqualTo(amounts[0]));
        Assert.That(await _world.App.Get<Verify>().RunAsync(null, default), Is.Empty);
        foreach (var store in await _world.App.Db.ManyAsync<string>("SELECT id FROM stores WHERE rehearses_store_id IS NOT NULL"))
        {
            Assert.That((await _world.App.Get<Rebuild>().RunAsync(store, _ => { }, default)).Findings, Is.Empty);
        }

        async Task<string> AmountsAsync(string scenario)
        {
            var ended = await _world.RunAsync(scenario);
            Assert.That(ended.State, Is.EqualTo("finished"), $"{scenario}: {ended.Failure}");
            return string.Join('\n', (await _world.StepsAsync(ended)).Select(step => $"{step.At:O} {step.Outcome}"));
        }
    }

    [TestCase("?currency=JPY")]
    [TestCase("?currency=KWD")]
    public async Task Amounts_follow_the_currency_of_the_store(string query)
    {
        await using var world = await RehearsalWorld.StartAsync(query);

        var ended = await world.RunAsync("refund_wave");

        Assert.That((ended.State, ended.Failure), Is.EqualTo(("finished", (string?)null)));
        Assert.That((await world.EarnedAsync(ended))["Jonas"].PayableMinor, Is.LessThan(0));
    }

    [Test]
    public async Task Shares_of_persons_and_groups_that_the_terms_name_apply()
    {
        var terms = Bodies.Campaign()["terms"]!.DeepClone().AsObject();
        terms["rates"] = new JsonArray(
            new JsonObject { ["ambassador"] = "amb_star", ["percent"] = 20 },
            new JsonObject { ["group"] = "gold", ["percent"] = 15 });
        var revised = await _world.Api.Post($"campaigns/{_world.CampaignId}/revisions", new JsonObject { ["terms"] = terms });
        Assert.That(revised.Status, Is.EqualTo(201), revised.Json?.ToJsonString());

        var ended = await _world.RunAsync("typical_month");

        var earned = await _world.EarnedAsync(ended);
        Assert.That((ended.Revision, earned["Jonas"].EarnedMinor), Is.EqualTo((2L, 24_97L)));
        Assert.That(earned["Mara"].EarnedMinor, Is.EqualTo(69_17).Within(5), "twice the share, rounded order by order");
        Assert.That(earned["Inés"].EarnedMinor, Is.EqualTo(5_96).Within(1), "the last one is in the group");
    }
}
