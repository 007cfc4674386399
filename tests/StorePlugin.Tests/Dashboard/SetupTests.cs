// The guided set-up of a store's first campaign: five pages that can be left, resumed, and simply continued.
using System.Net;
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Setup;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class SetupTests
{
    private const string Setup = "/dashboard/setup";

    private static readonly string[] Paths = [Setup + "/goal", Setup + "/offer", Setup + "/rules", Setup + "/look", Setup + "/people"];

    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _app.Db.DoAsync("DELETE FROM campaigns");
        _owner = await _rooms.OwnerAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Pressing_Continue_on_each_page_ends_in_a_campaign_that_launches()
    {
        var overview = await _owner.GetAsync("/dashboard");
        Assert.That(overview.Text("#first-steps"), Does.Contain("0 of 5 steps are done. Next: the goal."));
        var path = overview.QuerySelector("#first-steps a.button")!.GetAttribute("href")!;
        var seen = new List<string>();
        while (path != Setup)
        {
            seen.Add(path);
            path = await SetupSteps.ContinueAsync(_owner, path);
        }

        var end = await _owner.GetAsync(Setup);
        Assert.That(seen, Is.EqualTo(Paths));
        Assert.That((await _owner.GetAsync("/dashboard")).Text("#first-steps"), Does.Contain("The launch is left."));
        Assert.That(end.Text("#launch"), Does.Contain("Nothing is in the way of the launch").And.Not.Contain("In the way").And.Not.Contain("Nobody takes part"));

        var launched = await _owner.SubmitAsync(end.QuerySelector("#launch form")!);

        Assert.That(launched.Headers.Location!.OriginalString, Does.EndWith("notice=campaign-launched"));
        var campaign = (await _app.Get<CampaignDb>().ListAsync(_rooms.Store, "", 10, default)).Single();
        Assert.That((campaign.State, campaign.Name, campaign.Terms), Is.EqualTo(("live", "Ambassadors of Lux & Co", new Terms(1000, 1000, 30, 30))));
        Assert.That((campaign.Objective!.Metric, campaign.Objective.Target), Is.EqualTo(("orders", 20)));
        Assert.That(campaign.Objective.By, Is.EqualTo(new DateTimeOffset(2026, 5, 30, 21, 59, 59, TimeSpan.Zero)), "90 days, to the end of the day in the store's zone");
        Assert.That(await _app.Db.OneAsync<string>("SELECT applications FROM campaigns"), Is.EqualTo("open"));
        Assert.That((await _owner.GetAsync("/dashboard")).QuerySelector("#first-steps"), Is.Null);
        Assert.That((await _owner.GetAsync(Setup)).Text(), Does.Contain("nothing is left to set up"));
        Assert.That((await _owner.AskAsync(Paths[0])).Headers.Location!.OriginalString, Is.EqualTo(Setup));
    }

    [Test]
    public async Task Steps_are_taken_in_any_order_left_and_taken_up_again()
    {
        var after = await SetupSteps.ContinueAsync(_owner, Paths[4], new() { ["name"] = "Ann", ["email"] = "ann@example.com" });
        Assert.That(after, Is.EqualTo(Paths[0]), "the first that is open");
        await SetupSteps.ContinueAsync(_owner, Paths[1], new() { ["commission"] = "15", ["friend"] = "5" });

        using var later = await _rooms.OwnerAsync();
        var offer = await later.GetAsync(Paths[1]);
        Assert.That(offer.QuerySelector("[name=commission]")!.GetAttribute("value"), Is.EqualTo("15"));
        Assert.That(offer.Text("nav.tabs"), Does.Contain("The offer ✓").And.Contain("The people ✓").And.Not.Contain("The goal ✓"));
        Assert.That((await later.GetAsync(Setup)).QuerySelector("a.button")!.GetAttribute("href"), Is.EqualTo(Paths[0]));
        Assert.That((await later.GetAsync(Setup)).QuerySelector("#launch"), Is.Null, "three steps are open");
        await SetupSteps.ContinueAsync(later, Paths[2], new() { ["hold"] = "45", ["minimum"] = "20", ["self"] = "allow" });
        Assert.That(await SetupSteps.ContinueAsync(later, Paths[1], new() { ["friend"] = "7.5" }), Is.EqualTo(Paths[3]));

        var campaign = (await _app.Get<CampaignDb>().ListAsync(_rooms.Store, "", 10, default)).Single();
        Assert.That((campaign.Terms.CommissionBp, campaign.Terms.FriendDiscountBp, campaign.Terms.HoldDays, campaign.Terms.MinimumOrderMinor, campaign.Terms.SelfPurchaseEarns, campaign.Revision),
            Is.EqualTo((1500, 750, 45, 2000, true, 4)));
        Assert.That((await later.GetAsync(Paths[4])).Text("#people"), Is.EqualTo("1 ambassador takes part."));
    }

    [Test]
    public async Task What_is_wrong_comes_back_in_words_with_all_that_was_typed_and_nothing_is_made()
    {
        var goal = await RefusedAsync(Paths[0], new() { ["metric"] = "orders", ["target"] = "many", ["by"] = "2026-02-01" });
        var offer = await RefusedAsync(Paths[1], new() { ["commission"] = "lots", ["friend"] = "200" });
        var rules = await RefusedAsync(Paths[2], new() { ["hold"] = "9999", ["minimum"] = "1.234" });
        var look = await RefusedAsync(Paths[3], new() { ["colour"] = "red", ["own"] = "no", ["headline"] = new string('x', 200) });
        var people = await RefusedAsync(Paths[4], new() { ["name"] = "Ann", ["email"] = "nowhere" });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(goal.Text("#why-target"), Is.EqualTo("Target must be a number, such as 10 or 12.5."));
            Assert.That(goal.Text("#why-by"), Does.StartWith("Date must lie in the future"));
            Assert.That(goal.QuerySelector("[name=target]")!.GetAttribute("value"), Is.EqualTo("many"));
            Assert.That(offer.Text("#why-commission"), Does.Contain("must be a number"));
            Assert.That(offer.Text("#why-friend"), Is.Not.Empty);
            Assert.That(offer.QuerySelector("[name=friend]")!.GetAttribute("value"), Is.EqualTo("200"));
            Assert.That(rules.Text("#why-hold"), Is.Not.Empty);
            Assert.That(rules.Text("#why-minimum"), Does.Contain("must be an amount in EUR"));
            Assert.That(look.Text(".alert"), Does.Contain("The colour must look like #0f766e.").And.Contain("The headline"));
            Assert.That(people.Text("form.fields"), Does.Contain("must be an e-mail address"));
            Assert.That(people.QuerySelector("[name=name]")!.GetAttribute("value"), Is.EqualTo("Ann"));
            Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM campaigns"), Is.Zero);
            Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM setup_steps"), Is.Zero);
        }
    }

    [Test]
    public async Task Sent_twice_and_at_once_it_acts_once()
    {
        var goal = SetupSteps.FieldsOf(await _owner.GetAsync(Paths[0]), Paths[0]);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _owner.PostAsync(Paths[0], goal)));
        var offer = SetupSteps.FieldsOf(await _owner.GetAsync(Paths[1]), Paths[1]);
        offer["commission"] = "12";
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _owner.PostAsync(Paths[1], offer)));
        var people = SetupSteps.FieldsOf(await _owner.GetAsync(Paths[4]), Paths[4]);
        (people["name"], people["email"]) = ("Ann", "ann@example.com");
        await _owner.PostAsync(Paths[4], people);
        var again = await Browser.ReadAsync(await _owner.PostAsync(Paths[4], people), HttpStatusCode.UnprocessableEntity);

        Assert.That(answers.Select(answer => answer.StatusCode), Is.All.EqualTo(HttpStatusCode.Redirect));
        Assert.That(again.Text("form.fields"), Does.Contain("Whoever has this address takes part already."));
        Assert.That(
            (await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM campaigns"), await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM campaign_revisions"),
                await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM ambassadors"), await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM setups")),
            Is.EqualTo((1, 2, 1, 1)));
    }

    [Test]
    public async Task A_draft_that_was_made_by_hand_is_taken_up_with_what_it_says()
    {
        var api = await ApiClient.OfAsync(_app, _rooms.Store);
        var draft = await api.DraftAsync(commission: 25);

        Assert.That((await _owner.GetAsync(Paths[1])).QuerySelector("[name=commission]")!.GetAttribute("value"), Is.EqualTo("25"));
        Assert.That((await _owner.GetAsync(Paths[0])).QuerySelector("[name=target]")!.GetAttribute("value"), Is.EqualTo("50"));
        await SetupSteps.ContinueAsync(_owner, Paths[1], new() { ["commission"] = "20" });

        Assert.That((await _app.Get<CampaignDb>().ListAsync(_rooms.Store, "", 10, default)).Select(campaign => (campaign.Id, campaign.Terms.CommissionBp)), Is.EqualTo([(draft, 2000L)]));
    }

    [Test]
    public async Task What_is_typed_is_shown_with_what_it_costs_and_the_rules_it_makes_before_it_is_kept()
    {
        var offer = await Browser.ReadAsync(await SetupSteps.SendAsync(_owner, Paths[1], new() { ["commission"] = "20", ["friend"] = "0" }, button: "look"));
        var rules = await Browser.ReadAsync(await SetupSteps.SendAsync(_owner, Paths[2], new() { ["hold"] = "21" }, button: "look"));

        Assert.That(offer.Text("#cost"), Does.Contain("the ambassador earns € 10.00. Together that is € 10.00, or 20 % of it."));
        Assert.That(rules.Text("#rules"), Does.Contain("21 days"));
        Assert.That(rules.QuerySelectorAll("#rules dt"), Has.Length.GreaterThanOrEqualTo(3));
        Assert.That(rules.Text(), Does.Contain("Ambassadors are paid once € 20.00 are released"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM campaigns"), Is.Zero);
    }

    [Test]
    public async Task The_goal_begins_with_a_tenth_of_what_was_sold_as_a_round_number()
    {
        await _rooms.OrderAsync("1", "uncredited", 30_000_00, null, 0, "");
        await _rooms.OrderAsync("2", "uncredited", 12_345_00, null, 0, "", at: StoreApp.Start.AddDays(-89));
        await _rooms.OrderAsync("3", "uncredited", 90_000_00, null, 0, "", at: StoreApp.Start.AddDays(-91));
        await _rooms.OrderAsync("4", "uncredited", 90_000_00, null, 0, "", currency: "USD");
        _app.Clock.Advance(TimeSpan.FromSeconds(1));

        var goal = await _owner.GetAsync(Paths[0]);

        Assert.That(goal.QuerySelector("[name=metric] option[selected]")!.GetAttribute("value"), Is.EqualTo("net_sales"));
        Assert.That(goal.QuerySelector("[name=target]")!.GetAttribute("value"), Is.EqualTo("5000"));
    }

    [TestCase(1, 1)]
    [TestCase(2, 2)]
    [TestCase(3, 5)]
    [TestCase(6, 10)]
    [TestCase(10, 10)]
    [TestCase(11, 20)]
    [TestCase(4234, 5000)]
    [TestCase(5001, 10_000)]
    public void A_round_number_is_not_below(long number, long round) => Assert.That(SetupDefaults.Round(number), Is.EqualTo(round));

    [Test]
    public async Task A_link_is_tried_and_the_click_shows_once_the_campaign_is_live()
    {
        await SetupSteps.ContinueAsync(_owner, Paths[4], new() { ["name"] = "Ann", ["email"] = "ann@example.com" });
        var path = Paths[0];
        while (path != Setup)
        {
            path = await SetupSteps.ContinueAsync(_owner, path);
        }

        Assert.That((await _owner.GetAsync(Paths[4])).Text("#test"), Does.Contain("/r/").And.Contain("It counts once the campaign is live"));
        await _owner.SubmitAsync((await _owner.GetAsync(Setup)).QuerySelector("#launch form")!);
        Assert.That((await _owner.GetAsync(Paths[4])).Text("#test"), Does.Contain("No click has come yet."));
        var ann = (await _app.Db.OneAsync<string>("SELECT id FROM ambassadors"))!;
        await _rooms.ClicksAsync(ann, 1);

        Assert.That((await _owner.GetAsync(Paths[4])).Text("#test"), Does.Contain("It works: the last click came on"));
    }

    [Test]
    public async Task Who_may_only_look_sees_the_steps_and_changes_nothing()
    {
        await _app.Get<Team>().AddAsync(_rooms.Store, "Vic", "vic@example.com", Role.Viewer, "test", default);
        var member = await _app.Db.OneAsync<string>("SELECT id FROM team_members");
        using var viewer = await Rooms.SignInAsync(_app, _rooms.Store, null, member);

        foreach (var path in Paths)
        {
            Assert.That((await SetupSteps.SendAsync(viewer, path)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), path);
        }

        Assert.That((await viewer.GetAsync(Setup)).QuerySelector("a.button"), Is.Null);
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM setups"), Is.Zero);
    }

    private async Task<AngleSharp.Dom.IDocument> RefusedAsync(string path, Dictionary<string, string> typed) =>
        await Browser.ReadAsync(await SetupSteps.SendAsync(_owner, path, typed), HttpStatusCode.UnprocessableEntity);
}
