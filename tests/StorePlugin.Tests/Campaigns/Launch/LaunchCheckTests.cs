// The checks of a campaign before its launch: a world in which nothing is found, and for each check one thing that is wrong.
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StorePlugin.Ambassadors;
using StorePlugin.Billing;
using StorePlugin.Campaigns;
using StorePlugin.Campaigns.Launch;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Campaigns.Launch;

/// <summary>One thing that is wrong, the check that must see it, and a part of what it must say.</summary>
internal sealed record Misconfiguration(string Check, string Name, string Says, Func<LaunchWorld, Task>? Plant, Func<LaunchFacts, LaunchFacts>? Spoil = null)
{
    public override string ToString() => $"{Check}: {Name}";
}

internal sealed class LaunchCheckTests
{
    private static readonly Terms Usual = new(1000, 1000, 30, 30);

    private static readonly Misconfiguration[] All =
    [
        new("objective", "none", "no objective", world => world.Db.DoAsync("UPDATE campaigns SET objective_metric = NULL, objective_by = NULL WHERE id = @CampaignId", world)),
        new("objective", "past", "1 March 2026, has passed", world => world.Db.DoAsync("UPDATE campaigns SET objective_by = @now WHERE id = @CampaignId", new { now = StoreApp.Start, world.CampaignId })),
        new("plan", "not confirmed", "plan is not confirmed", null, facts => facts with { PlanIsConfirmed = false }),
        new("currency", "never told", "has not told its currency", world => world.SetStoreAsync("currency", null)),
        new("currency", "another in the terms", "in USD, and your store sells in EUR", null, facts => facts with
        {
            Campaign = facts.Campaign with { Terms = Usual with { Currency = Currency.Parse("USD"), MinimumOrderMinor = 100 } },
        }),
        new("time-zone", "never told", "midnight UTC", world => world.SetStoreAsync("time_zone", null)),
        new("cost", "half of the order", "together 56", world => world.TermsAsync(Usual with { CommissionBp = 4500, FriendDiscountBp = 2000 })),
        new("cost", "all of the order", "costs more than it brings", world => world.TermsAsync(Usual with { CommissionBp = 10_000 })),
        new("cost", "with its reward", "gets a reward of € 50.00", world => world.TermsAsync(Usual with
        {
            Currency = Currency.Parse("EUR"),
            AdvocateReward = new AdvocateReward(new RewardCode(null, 5000, null, 180), null),
        })),
        new("hold", "a week", "7 days after payment", world => world.TermsAsync(Usual with { HoldDays = 7 })),
        new("history", "not imported", "known from 1 March 2026 on only", world => world.TermsAsync(Usual with { NewCustomersOnly = true })),
        new("rules", "two examples", "2 worked examples", null, facts => facts with { WorkedExamples = 2 }),
        new("rules", "cannot be made", "made of these terms: It broke.", null, facts => facts with { RulesProblem = "It broke." }),
        new("rehearsed", "never", "never rehearsed", world => world.Db.DoAsync("DELETE FROM rehearsals")),
        new("rehearsed", "before a change", "terms have changed", world => world.Db.DoAsync("UPDATE rehearsals SET revision = 0")),
        new("rehearsal", "failed", "“refund wave” failed: A refund left something.", world => world.RehearsedAsync("refund_wave", "failed", failure: "A refund left something.")),
        new("concentration", "one gets most", "Ann got 50.01", world => world.Db.DoAsync("UPDATE rehearsals SET top_share_bp = 5001")),
        new("concentration", "one of the store's own", "Mara Lindholm, who has the share of Ann, got 60 %", async world =>
        {
            await world.TermsAsync(Usual with { Rates = [new RateRule(null, world.AnnId, 2000)] });
            await MostToMaraAsync(world, 6000);
        }),
        new("own-people", "a team member", "Ann has the address of somebody on your own team", OnTheTeamAsync),
        new("own-people", "the store's own account", "your own account at Stripe", async world =>
        {
            await StripeAsync(world, "[]");
            await world.Db.DoAsync("UPDATE ambassadors SET stripe_account = 'acct_own' WHERE id = @AnnId", world);
        }),
        new("shared-destination", "an account at Stripe", "Ann and Ann are paid to the same account", async world =>
        {
            await world.Api.AddAsync(world.CampaignId, "BOB10");
            await world.Db.DoAsync("UPDATE ambassadors SET stripe_account = 'acct_1'");
        }),
        new("shared-destination", "a bank account", "Ann and Ann are paid to the same account", async world =>
        {
            var bob = await world.Api.AddAsync(world.CampaignId, "BOB10");
            foreach (var id in new[] { world.AnnId, bob.Text("id") })
            {
                Assert.That((await world.Api.Put($"ambassadors/{id}/payout-method", new JsonObject { ["kind"] = "paypal", ["email"] = "one@example.com" })).Status, Is.EqualTo(200));
            }
        }),
        new("codes", "refused", "refused the discount of ANN10: Taken. Orders", world => world.Db.DoAsync("UPDATE codes SET discount_state = 'refused', discount_problem = 'Taken.'")),
        new("joining", "nobody", "Nobody takes part yet", world => world.Db.DoAsync("UPDATE ambassadors SET state = 'ended'")),
        new("orders-scope", "not granted", "does not grant read_orders", world => world.SetStoreAsync("scopes", Without("read_orders"))),
        new("scopes", "no discounts", "does not grant write_discounts", world => world.SetStoreAsync("scopes", Without("write_discounts"))),
        new("token", "refused", "no longer lets the app into your store", world => Plant.RowAsync(
            world.Db, "shopify_tokens", ("store_id", world.StoreId), ("fault", "Refused."), ("fault_at", StoreApp.Start))),
        new("topics", "silent", "orders/updated: Orders had to be fetched", async world =>
        {
            foreach (var order in new[] { "1", "2", "3" })
            {
                await Plant.RowAsync(world.Db, "missed_orders", ("store_id", world.StoreId), ("order_id", order), ("found_at", StoreApp.Start));
            }
        }),
        new("signatures", "wrong", "its signature was wrong", async world =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/shopify") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
            request.Headers.Add("X-Shopify-Hmac-Sha256", Convert.ToBase64String(new byte[32]));
            Assert.That((int)(await world.App.Http.SendAsync(request)).StatusCode, Is.EqualTo(401));
        }),
        new("storefront-script", "never heard", "it was never heard of", world => world.TermsAsync(Usual with { FriendDiscountBp = 0 })),
        new("mail", "given up", "1 mail was given up in the last week, the newest of them because: No such host.", world => Plant.RowAsync(
            world.Db, "effects", ("store_id", world.StoreId), ("id", Ids.New("eff", StoreApp.Start)), ("kind", "mail"), ("subject", "x"), ("payload", "{}"), ("state", "dead"),
            ("outcome", "No such host."))),
        new("mail", "no server", "no mail server", null, facts => facts with { MailLeaves = false }),
        new("payout-way", "files alone", "payouts go by PayPal and bank transfer alone", WithoutStripeAsync),
        new("payout-way", "none", "can be paid to nobody", null, facts => facts with { StripeIsConnected = false, PayoutMethods = [] }),
        new("stripe", "no balance", "Nothing is available.", world => StripeAsync(world, """[{"code":"no-balance","severity":"warns","message":"Nothing is available.","fix":"Top it up."}]""")),
        new("payout-minimum", "out of reach", "earns € 0.90, and the least that is paid out is € 20.00", world => world.TermsAsync(Usual with { CommissionBp = 200 })),
        new("reconciliation", "a difference", "1 difference between your books", world => Plant.RowAsync(
            world.Db, "payout_differences", ("store_id", world.StoreId), ("id", "dif_1"), ("kind", "differs"))),
        new("public-address", "this machine's", "http://127.0.0.1:5000, which nobody outside", null, facts => facts with { PublicUrl = "http://127.0.0.1:5000" }),
        new("public-address", "in clear", "http://shop.example, which is not encrypted", null, facts => facts with { PublicUrl = "http://shop.example" }),
    ];

    [Test]
    public async Task Of_a_world_in_which_all_is_well_nothing_is_found_and_it_launches()
    {
        await using var world = await LaunchWorld.OpenAsync();

        var answer = await world.Api.Get($"campaigns/{world.CampaignId}/launch-checks");

        Assert.That(answer.Json!["checks"]!.AsArray().Where(check => (string?)check!["state"] == "failed").Select(check => $"{check!["id"]}: {check["finding"]}"), Is.Empty);
        Assert.That((bool)answer.Json["canLaunch"]!, Is.True);
        Assert.That((await world.LaunchAsync()).Status, Is.EqualTo(200));
        Assert.That((bool)(await world.Api.Get($"campaigns/{world.CampaignId}/launch-checks")).Json!["canLaunch"]!, Is.False, "it is no draft any more");
    }

    [TestCaseSource(nameof(All))]
    public async Task One_thing_that_is_wrong_is_found_by_its_check_alone(object wrong)
    {
        var (id, _, says, plant, spoil) = (Misconfiguration)wrong;
        await using var world = await LaunchWorld.OpenAsync();
        if (plant is not null)
        {
            await plant(world);
        }

        var facts = await world.FactsAsync();
        var failed = LaunchChecks.Of(spoil is null ? facts : spoil(facts)).Where(check => check.HasFailed).ToList();

        Assert.That(failed.Select(check => check.Id), Is.EqualTo([id]), string.Join('\n', failed.Select(check => check.Finding)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failed[0].Finding!.Replace('\u00A0', ' '), Does.Contain(says));
            Assert.That(failed[0].Fix, Is.Not.Empty);
            Assert.That(failed[0].Path, Does.StartWith("/dashboard"));
        }

        if (plant is not null)
        {
            await LaunchAsync(world, failed[0]);
        }
    }

    // Those that were refused before keep their words; what is yellow stops nothing.
    private static async Task LaunchAsync(LaunchWorld world, LaunchCheck failed)
    {
        await world.StoreAsync();
        var answer = await world.LaunchAsync();

        if (failed.Id is "objective" or "history")
        {
            Assert.That(answer.Problem, Is.EqualTo("/problems/objective-missing").Or.EqualTo("/problems/objective-past").Or.EqualTo("/problems/history-not-acknowledged"));
        }
        else if (failed.Refuses)
        {
            Assert.That((answer.Status, answer.Problem), Is.EqualTo((409, "/problems/launch-refused")));
            Assert.That(answer.Json!["findings"]!.AsArray().Select(finding => (string?)finding!["id"]), Is.EqualTo([failed.Id]));
            Assert.That(answer.Text("detail"), Is.EqualTo($"{failed.Finding} {failed.Fix}"));
        }
        else
        {
            Assert.That(answer.Status, Is.EqualTo(200), answer.Json!.ToJsonString());
        }

        Assert.That(await world.StateAsync(), Is.EqualTo(failed.Refuses ? "draft" : "live"));
    }

    [Test]
    public async Task Every_check_has_a_case_and_an_id_of_its_own()
    {
        await using var world = await LaunchWorld.OpenAsync();

        var ids = LaunchChecks.Of(await world.FactsAsync()).Select(check => check.Id).ToList();

        Assert.That(ids, Is.Unique);
        Assert.That(All.Select(wrong => wrong.Check).Distinct(), Is.EquivalentTo(ids));
    }

    [Test]
    public async Task What_an_owner_has_acknowledged_stands_in_the_way_of_nothing()
    {
        await using var world = await LaunchWorld.OpenAsync();
        var bob = (await world.Api.AddAsync(world.CampaignId, "BOB10")).Text("id");
        await OnTheTeamAsync(world);
        await world.TermsAsync(Usual with { Rates = [new RateRule(null, world.AnnId, 2000)] });
        await MostToMaraAsync(world, 9000);
        await world.Db.DoAsync("UPDATE ambassadors SET stripe_account = 'acct_1'");
        var before = (await world.LaunchAsync()).Json!["findings"]!.AsArray().Select(finding => (string?)finding!["id"]).ToList();

        await world.AcknowledgeAsync(world.AnnId, "TEAM");
        await world.AcknowledgeAsync(world.AnnId, "SHARE");
        await world.AcknowledgeAsync(world.AnnId, "F2");
        var half = (await world.LaunchAsync()).Json!["findings"]!.AsArray().Select(finding => (string?)finding!["id"]).ToList();
        await world.AcknowledgeAsync(bob, "F2");

        Assert.That(before, Is.EqualTo(["concentration", "own-people", "shared-destination"]));
        Assert.That(half, Is.EqualTo(["shared-destination"]), "the other one is paid to the same account still");
        Assert.That((await world.LaunchAsync()).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task What_can_be_acknowledged_of_one_person_points_at_their_page()
    {
        await using var world = await LaunchWorld.OpenAsync();
        await OnTheTeamAsync(world);

        var check = LaunchChecks.Of(await world.FactsAsync()).Single(one => one.Id == "own-people");

        Assert.That((check.Path, check.Fix), Is.EqualTo((
            $"/dashboard/ambassadors/{world.AnnId}#warnings",
            "End them on their page. If they are meant to earn, an owner acknowledges it there for each, under the warnings.")));
    }

    [Test]
    public async Task Each_finding_about_people_leads_to_the_one_who_is_meant_or_to_the_list_of_those_who_are()
    {
        await using var world = await LaunchWorld.OpenAsync();
        var facts = await world.FactsAsync();
        var (ann, ben) = (new LaunchPerson("amb_ann", "Ann"), new LaunchPerson("amb_ben", "Ben"));

        Assert.Multiple(() =>
        {
            Assert.That(PathOf("own-people", facts with { OwnPeople = [ann] }), Is.EqualTo("/dashboard/ambassadors/amb_ann#warnings"));
            Assert.That(PathOf("own-people", facts with { OwnPeople = [ann, ben] }), Is.EqualTo($"/dashboard/ambassadors?campaign={world.CampaignId}&warning=TEAM"));
            Assert.That(PathOf("own-people", facts with { PaidToMerchant = [ann] }), Is.EqualTo("/dashboard/ambassadors/amb_ann"));
            Assert.That(PathOf("own-people", facts with { PaidToMerchant = [ann, ben] }), Is.EqualTo($"/dashboard/ambassadors?campaign={world.CampaignId}"));
            Assert.That(PathOf("shared-destination", facts with { Sharing = [ann] }), Is.EqualTo("/dashboard/ambassadors/amb_ann#warnings"));
            Assert.That(PathOf("shared-destination", facts with { Sharing = [ann, ben] }), Is.EqualTo("/dashboard/ambassadors?warning=F2"));
        });

        static string PathOf(string id, LaunchFacts facts) => LaunchChecks.Of(facts).Single(check => check is { HasFailed: true } && check.Id == id).Path;
    }

    [Test]
    public async Task Whoever_gets_most_by_a_share_of_their_own_is_acknowledged_on_their_page_and_nobody_in_place_of_one_who_is_made_up()
    {
        await using var world = await LaunchWorld.OpenAsync();
        await MostToMaraAsync(world, 6000);
        await world.AcknowledgeAsync(world.AnnId, "SHARE");
        await world.Db.DoAsync("UPDATE ambassadors SET name = 'Mara Lindholm'");
        var madeUp = LaunchChecks.Of(await world.FactsAsync()).Single(check => check.Id == "concentration");
        await world.TermsAsync(Usual with { Rates = [new RateRule(null, world.AnnId, 2000)] });
        var acknowledged = LaunchChecks.Of(await world.FactsAsync()).Single(check => check.Id == "concentration");
        await world.Api.Delete($"ambassadors/{world.AnnId}/exemptions/SHARE");
        var meant = LaunchChecks.Of(await world.FactsAsync()).Single(check => check.Id == "concentration");
        await world.TermsAsync(Usual with { Rates = [new RateRule(null, "amb_elsewhere", 2000)] });
        var unknown = LaunchChecks.Of(await world.FactsAsync()).Single(check => check.Id == "concentration");

        Assert.That((madeUp.HasFailed, acknowledged.HasFailed, meant.HasFailed, unknown.HasFailed), Is.EqualTo((true, false, true, true)));
        Assert.That((madeUp.Path, meant.Path, unknown.Path), Is.EqualTo((
            $"/dashboard/campaigns/{world.CampaignId}/revisions/new", $"/dashboard/ambassadors/{world.AnnId}#warnings", $"/dashboard/campaigns/{world.CampaignId}/revisions/new")));
    }

    [TestCase(5000, 6, false)]
    [TestCase(5001, 4, false)]
    [TestCase(5001, 5, true)]
    public async Task More_than_half_counts_and_with_five_payees_at_least(long shareBp, long payees, bool fails)
    {
        await using var world = await LaunchWorld.OpenAsync();
        await world.Db.DoAsync("UPDATE rehearsals SET top_share_bp = @shareBp, payees = @payees", new { shareBp, payees });

        Assert.That(LaunchChecks.Of(await world.FactsAsync()).Single(check => check.Id == "concentration").HasFailed, Is.EqualTo(fails));
    }

    [Test]
    public async Task A_refused_signature_is_told_for_a_day_and_until_a_message_comes_whole()
    {
        await using var world = await LaunchWorld.OpenAsync();
        var facts = await world.FactsAsync();
        var refused = facts with { SignatureRefusedAt = facts.Now.AddHours(-1) };

        Assert.That(FailsOf(refused), Is.EqualTo(["signatures"]));
        Assert.That(FailsOf(refused with { LastDeliveryAt = facts.Now.AddHours(-2) }), Is.EqualTo(["signatures"]));
        Assert.That(FailsOf(refused with { LastDeliveryAt = facts.Now.AddMinutes(-1) }), Is.Empty);
        Assert.That(FailsOf(facts with { SignatureRefusedAt = facts.Now.AddDays(-1) }), Is.Empty);
    }

    [Test]
    public async Task What_is_still_being_asked_of_the_store_refuses_nothing()
    {
        await using var world = await LaunchWorld.OpenAsync();
        var facts = await world.FactsAsync();

        Assert.That(FailsOf(facts with { FactsAreBeingRead = true, Store = facts.Store with { Currency = null, TimeZone = null }, Cost = null, WorkedExamples = null }), Is.Empty);
    }

    [Test]
    public async Task A_page_waits_for_no_platform_that_hangs()
    {
        await using var world = await LaunchWorld.OpenAsync(services => services.Replace(ServiceDescriptor.Singleton<IBilling, NeverAnswers>()));

        var plan = LaunchChecks.Of(await world.FactsAsync()).Single(check => check.Id == "plan");

        Assert.That((plan.State, plan.Finding), Is.EqualTo((LaunchState.NotEvaluated, "The platform did not answer. It is asked again at the launch.")));
    }

    [Test]
    public async Task Terms_that_the_engine_cannot_decide_are_a_finding_and_no_fault()
    {
        await using var world = await LaunchWorld.OpenAsync();
        var facts = await world.FactsAsync();

        // A code that ends on no day, which the API never writes.
        var broken = Usual with { Currency = Currency.Parse("EUR"), AdvocateReward = new AdvocateReward(new RewardCode(null, 5000, null, null), null) };
        var reckoned = LaunchFactsReader.Reckoned(facts with { Campaign = facts.Campaign with { Terms = broken } });

        Assert.That(reckoned.RulesProblem, Is.Not.Null);
        Assert.That(FailsOf(reckoned), Does.Contain("rules"));
    }

    private static IEnumerable<string> FailsOf(LaunchFacts facts) => LaunchChecks.Of(facts).Where(check => check.HasFailed).Select(check => check.Id);

    private static string Without(string scope) => string.Join(',', LaunchWorld.Scopes.Split(',').Where(one => one != scope));

    private static Task<int> MostToMaraAsync(LaunchWorld world, long shareBp) =>
        world.Db.DoAsync("UPDATE rehearsals SET top_share_bp = @shareBp, top_payee = 'Mara Lindholm'", new { shareBp });

    private static async Task OnTheTeamAsync(LaunchWorld world) => await Plant.RowAsync(
        world.Db, "team_members", ("store_id", world.StoreId), ("id", "mem_1"), ("name", "Ann"), ("email", "ann@example.com"), ("email_key", "ann@example.com"),
        ("person_hash", world.App.Get<StoreKeys>().Hash(await world.StoreAsync(), "email", PersonKey.OfEmail("ann@example.com"))), ("role", "manager"));

    private static Task StripeAsync(LaunchWorld world, string findings) => Plant.RowAsync(
        world.Db, "stripe_accounts", ("store_id", world.StoreId), ("account_id", "acct_own"), ("findings", findings), ("balance", "[]"));

    private static async Task WithoutStripeAsync(LaunchWorld world)
    {
        await world.Db.InTransactionAsync(tx => Credentials.DropAsync(tx, world.StoreId, CredentialKind.StripeSecretKey));
        world.App.Get<Credentials>().Forget(world.StoreId, CredentialKind.StripeSecretKey);
    }

    private sealed class NeverAnswers : IBilling
    {
        public async Task<Plan> LookAsync(Store store, CancellationToken cancel)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            return new Plan.Free();
        }

        public Task<Uri> OfferAsync(Store store, CancellationToken cancel) => throw new NotSupportedException();
    }
}
