// The pages of rehearsals: picked once, watched while they run, noted about, and taken part in by the team.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;

namespace StorePlugin.Tests.Rehearsals;

internal sealed class RehearsalPageTests
{
    private const int PageBytesMax = 60_000;

    private RehearsalWorld _world = null!;
    private Browser _owner = null!;

    private string List => $"/dashboard/campaigns/{_world.CampaignId}/rehearsals";

    [SetUp]
    public async Task StartAsync()
    {
        _world = await RehearsalWorld.StartAsync();
        _owner = await Rooms.SignInAsync(_world.App, _world.Store, null);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task A_form_that_is_sent_twice_begins_one_and_its_page_looks_again_while_it_runs()
    {
        var campaign = await _owner.GetAsync($"/dashboard/campaigns/{_world.CampaignId}");
        Assert.That(campaign.QuerySelector("#rehearse a")!.GetAttribute("href"), Is.EqualTo(List));
        var fields = await FormAsync("refund_wave");

        var first = await _owner.PostAsync(List, fields);
        var second = await _owner.PostAsync(List, fields);

        var path = first.Headers.Location!.OriginalString;
        Assert.That((first.StatusCode, second.Headers.Location!.OriginalString), Is.EqualTo((HttpStatusCode.Redirect, path)));
        Assert.That(await CountAsync(), Is.EqualTo(1));
        var running = await _owner.AskAsync(path);
        Assert.That(running.Headers.GetValues("Refresh"), Is.EqualTo(["2"]));
        Assert.That(running.Headers.GetValues("Content-Security-Policy").Single(), Does.Not.Contain("unsafe"));
        var ended = await _world.GoOnAsync(fields["id"]);
        var page = await _owner.AskAsync(path);
        Assert.That(page.Headers.Contains("Refresh"), Is.False);
        var document = await Browser.ReadAsync(page);
        Assert.Multiple(() =>
        {
            Assert.That(document.QuerySelectorAll("ol.journey > li"), Has.Length.EqualTo(8));
            Assert.That(document.Text("#step-8"), Does.Contain("Ten orders come back after the payout.").And.Contain("Jonas Weber's balance is"));
            Assert.That(document.Text("#results .tablebox tbody"), Does.Contain("Jonas Weber 6 € 0.00 € 0.00 −€ 54.07 € 54.07"));
            Assert.That(document.QuerySelectorAll("#step-7 details h4"), Has.Length.EqualTo(2));
            Assert.That(document.Text("#step-7 details"), Does.Contain("is on its way to you").And.Contain("jonas@people.example"));
            Assert.That(document.QuerySelector("#results svg"), Is.Not.Null);
        });
        Assert.That((await _owner.GetAsync(List)).Text("#rehearsals"), Does.Contain("A wave of refunds").And.Contain("Finished").And.Contain("Mara Lindholm got"));
        Assert.That(ended.State, Is.EqualTo("finished"));
    }

    [TestCase("typical_month")]
    [TestCase("one_account")]
    [TestCase("leaked_code")]
    public async Task A_page_stays_small_with_all_mails_and_notes(string scenario)
    {
        var ended = await _world.RunAsync(scenario);
        for (var note = 0; note < 70; note++)
        {
            await _world.App.Get<RehearsalNotes>().AddAsync(_world.Store, ended, 1 + (note % 5), $"{note} {new string('&', 900)}", "test", default);
        }

        var page = await _owner.AskAsync($"{List}/{ended.Id}");

        Assert.That((await page.Content.ReadAsByteArrayAsync()).Length, Is.LessThanOrEqualTo(PageBytesMax));
        Assert.That((await (await _owner.AskAsync(List)).Content.ReadAsByteArrayAsync()).Length, Is.LessThanOrEqualTo(PageBytesMax));
    }

    [Test]
    public async Task A_receipt_is_read_in_plain_words_and_only_by_the_store_that_rehearses()
    {
        var ended = await _world.RunAsync("self_referral");
        var page = await _owner.GetAsync($"{List}/{ended.Id}");
        var receipt = page.QuerySelector("ol.journey a")!.GetAttribute("href")!;

        var order = await _owner.GetAsync(receipt);

        Assert.That(order.Text(".receipt"), Does.Contain("TRY-MARA"));
        Assert.That(order.Text("main"), Does.Contain("In the rehearsal's books").And.Not.Contain("Decide otherwise"));
        Assert.That((await _owner.AskAsync("/dashboard/orders/" + receipt.Split('/')[^1])).StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "it is no order of the live store");

        var other = await InstalledShop.InstallAsync(_world.App);
        using var stranger = await Rooms.SignInAsync(_world.App, other.Store, null);
        var foreign = await ApiClient.OfAsync(_world.App, other.Store);
        var campaignId = await foreign.DraftAsync();
        foreach (var path in (string[])[List, $"{List}/{ended.Id}", receipt, $"/dashboard/campaigns/{campaignId}/rehearsals/{ended.Id}"])
        {
            await stranger.GetAsync(path, HttpStatusCode.NotFound);
        }

        Assert.That((await foreign.Get($"campaigns/{campaignId}/rehearsals/{ended.Id}")).Status, Is.EqualTo(404));
        var fields = (await stranger.GetAsync($"/dashboard/campaigns/{campaignId}/rehearsals")).QuerySelectorAll("#begin input[type=hidden]")
            .ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
        var taken = await stranger.PostAsync($"/dashboard/campaigns/{campaignId}/rehearsals", new(fields) { ["id"] = ended.Id, ["scenario"] = "self_referral" });
        Assert.That(taken.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), "an id is a store's own");
        var theirs = (await _world.App.Get<RehearsalDb>().FindAsync(other.Store, ended.Id, default))!;
        await _world.App.DrainAsync();
        theirs = (await _world.App.Get<RehearsalDb>().FindAsync(other.Store, theirs.Id, default))!;
        Assert.That(theirs.RehearsalStoreId, Is.Not.Null.And.Not.EqualTo(ended.RehearsalStoreId));
    }

    [Test]
    public async Task A_viewer_begins_none_and_notes_what_they_see_which_later_rehearsals_show()
    {
        var first = await _world.RunAsync("self_referral");
        await _world.App.Get<Team>().AddAsync(_world.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        var member = await _world.App.Db.OneAsync<string>("SELECT id FROM team_members WHERE store_id = @id", new { id = _world.Store.Id });
        using var viewer = await Rooms.SignInAsync(_world.App, _world.Store, null, member);
        var page = await viewer.GetAsync($"{List}/{first.Id}");
        var note = page.QuerySelectorAll("#notes input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

        var begun = await viewer.PostAsync(List, new(note) { ["id"] = _world.Rehearsals.NewId(), ["scenario"] = "typical_month" });
        var noted = await viewer.PostAsync($"{List}/{first.Id}/notes", new(note) { ["step"] = "4", ["text"] = "Is that <b>right</b>?" });
        await viewer.PostAsync($"{List}/{first.Id}/notes", new(note) { ["step"] = "4", ["text"] = "Is that <b>right</b>?" });
        var unknown = await viewer.PostAsync($"{List}/{first.Id}/notes", new(note) { ["step"] = "99", ["text"] = "x" });
        var empty = await viewer.PostAsync($"{List}/{first.Id}/notes", new(note) { ["step"] = "0", ["text"] = " " });

        Assert.That((begun.StatusCode, noted.StatusCode, unknown.StatusCode, empty.StatusCode), Is.EqualTo((
            HttpStatusCode.Forbidden, HttpStatusCode.Redirect, HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity)));
        Assert.That(await CountAsync(), Is.EqualTo(1));
        Assert.That((await _owner.GetAsync($"{List}/{first.Id}")).Text("#step-4 .note"), Does.Contain("Is that <b>right</b>?").And.Contain("by Vera"));
        Assert.That(
            await _world.App.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM rehearsal_notes WHERE store_id = @id", new { id = _world.Store.Id }), Is.EqualTo(1));
        var second = await _world.RunAsync("typical_month");
        var later = (await _owner.GetAsync($"{List}/{second.Id}")).Text("#earlier-notes");
        Assert.That(later, Does.Contain("Is that <b>right</b>?").And.Contain("Buying with one's own code, revision 1: Mara buys with her own code"));
    }

    [Test]
    public async Task The_team_takes_part_as_ambassador_and_as_shopper_and_no_live_figure_moves()
    {
        var ended = await _world.RunAsync("self_referral");
        var path = $"{List}/{ended.Id}";
        var overview = (await _owner.GetAsync("/dashboard")).Text("main");
        for (var i = 0; i < 2; i++)
        {
            var form = (await _owner.GetAsync(path)).QuerySelector("#taking-part form");
            Assert.That(form is null, Is.EqualTo(i == 1));
            Assert.That((await _owner.SubmitAsync(form ?? (await _owner.GetAsync("/dashboard")).QuerySelector("form.out")!)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
            if (i == 1)
            {
                _owner.Dispose();
                _owner = await Rooms.SignInAsync(_world.App, _world.Store, null);
            }
        }

        await _world.App.DrainAsync();
        var page = await _owner.GetAsync(path);
        var link = page.QuerySelector(".tester a")!.GetAttribute("href")!;
        Assert.That((await (await _owner.AskAsync(page.QuerySelector(".tester img")!.GetAttribute("src")!)).Content.ReadAsStringAsync()), Does.StartWith("<svg"));

        using var shopper = new Browser(_world.App.Address);
        var landed = await shopper.AskAsync(new Uri(link).PathAndQuery);
        Assert.That(landed.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        var shop = await shopper.GetAsync(landed.Headers.Location!.PathAndQuery);
        var till = shop.QuerySelector("form")!;
        var fields = till.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
        Assert.That(fields["code"], Does.StartWith("TRY-"));
        var bought = await shopper.PostAsync(till.GetAttribute("action")!, new(fields) { ["amount"] = "119.00" });
        var wrong = await shopper.PostAsync(till.GetAttribute("action")!, new(fields) { ["amount"] = "-1" });
        await _world.App.DrainAsync();

        Assert.That((bought.Headers.Location!.OriginalString, wrong.Headers.Location!.OriginalString), Is.EqualTo((
            $"/rehearsal/shop/{ended.RehearsalStoreId}/?told=bought", $"/rehearsal/shop/{ended.RehearsalStoreId}/?told=amount")));
        Assert.That((await shopper.GetAsync(bought.Headers.Location!.OriginalString)).Text(), Does.Contain("the order is paid"));
        Assert.That((await _owner.GetAsync(path)).Text("#taking-part"), Does.Contain("€ 9.00 for Tester "));
        Assert.That((await _owner.GetAsync("/dashboard")).Text("main"), Is.EqualTo(overview));
    }

    [Test]
    public async Task No_till_stands_in_other_rehearsal_stores_or_before_the_journey_has_ended()
    {
        var id = await _world.BeginAsync("self_referral");
        await _world.App.DrainAsync();
        var running = (await _world.FindAsync(id)).RehearsalStoreId!;
        using var shopper = new Browser(_world.App.Address);
        foreach (var store in (string[])[running, _world.Store.Id])
        {
            Assert.That((await shopper.GetAsync($"/rehearsal/shop/{store}/")).QuerySelector("form"), Is.Null);
            var answer = await shopper.PostAsync($"/rehearsal/shop/{store}/orders", new() { ["amount"] = "10.00" });
            Assert.That(answer.Headers.Location!.OriginalString, Does.EndWith("told=closed"));
        }

        Assert.That(
            (await shopper.PostAsync($"/rehearsal/shop/{running}/orders", new() { ["amount"] = new string('1', 40_000) })).StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That((await shopper.PostAsync("/rehearsal/shop/sto_none/orders", new() { ["amount"] = "10.00" })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task An_owner_opens_the_rehearsals_own_store_and_a_manager_does_not()
    {
        var ended = await _world.RunAsync("self_referral");
        await _world.App.Get<Team>().AddAsync(_world.Store, "Max", "max@example.com", Role.Manager, "test", default);
        var member = await _world.App.Db.OneAsync<string>("SELECT id FROM team_members WHERE store_id = @id", new { id = _world.Store.Id });
        using var manager = await Rooms.SignInAsync(_world.App, _world.Store, null, member);
        var managers = await manager.GetAsync($"{List}/{ended.Id}");
        Assert.That(managers.QuerySelector("#store"), Is.Null);
        var token = managers.QuerySelectorAll("#notes input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
        Assert.That((await manager.PostAsync($"{List}/{ended.Id}/sign-in", token)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));

        var opened = await _owner.SubmitAsync((await _owner.GetAsync($"{List}/{ended.Id}")).QuerySelector("#store form")!);

        Assert.That(new Uri(opened.Headers.Location!.OriginalString).AbsolutePath, Does.StartWith($"/sign-in/{ended.RehearsalStoreId}."));
    }

    [Test]
    public async Task No_more_than_three_run_at_once()
    {
        for (var i = 0; i < RehearsalDb.RunningMax; i++)
        {
            await _world.BeginAsync("typical_month");
        }

        var refused = await Browser.ReadAsync(await _owner.PostAsync(List, await FormAsync("typical_month")), HttpStatusCode.UnprocessableEntity);
        var api = await _world.Api.Post($"campaigns/{_world.CampaignId}/rehearsals", new JsonObject { ["scenario"] = "typical_month" });

        Assert.That(refused.Text(".alert"), Does.Contain("3 rehearsals are running"));
        Assert.That((api.Status, api.Problem), Is.EqualTo((409, "/problems/rehearsals-running")));
    }

    [Test]
    public async Task A_campaign_that_has_ended_is_rehearsed_by_page_and_by_API_as_a_live_one_and_stays_ended()
    {
        foreach (var step in (string[])["launch", "ending"])
        {
            Assert.That((await _world.Api.Post($"campaigns/{_world.CampaignId}/{step}")).Status, Is.EqualTo(200));
        }

        var begun = await _owner.PostAsync(List, await FormAsync("typical_month"));
        var byPage = await _world.GoOnAsync(begun.Headers.Location!.OriginalString.Split('/')[^1]);
        var api = await _world.Api.Post($"campaigns/{_world.CampaignId}/rehearsals", new JsonObject { ["scenario"] = "self_referral" });
        var byApi = await _world.GoOnAsync(api.Text("id"));

        Assert.That((api.Status, byPage.State, byPage.Failure, byApi.State, byApi.Failure), Is.EqualTo((201, "finished", (string?)null, "finished", (string?)null)));
        Assert.That((await _world.EarnedAsync(byPage)).Values.Sum(one => one.PaidMinor), Is.EqualTo(34_59 + 24_97), "it earns and is paid as a live one");
        Assert.That(await StateOfAsync(byPage.RehearsalStoreId!), Is.EqualTo("live"));
        Assert.That(await StateOfAsync(_world.Store.Id), Is.EqualTo("ended"));

        Task<string?> StateOfAsync(string storeId) => _world.App.Db.OneAsync<string>("SELECT state FROM campaigns WHERE store_id = @storeId", new { storeId });
    }

    [Test]
    public async Task The_API_begins_one_once_lists_it_and_tells_its_steps()
    {
        var body = new JsonObject { ["scenario"] = "one_account", ["id"] = _world.Rehearsals.NewId() };
        var begun = await _world.Api.Post($"campaigns/{_world.CampaignId}/rehearsals", body.DeepClone());
        var again = await _world.Api.Post($"campaigns/{_world.CampaignId}/rehearsals", body.DeepClone());
        await _world.GoOnAsync((string)body["id"]!);

        var one = await _world.Api.Get($"campaigns/{_world.CampaignId}/rehearsals/{(string)body["id"]!}");
        var list = await _world.Api.Get($"campaigns/{_world.CampaignId}/rehearsals");

        Assert.Multiple(() =>
        {
            Assert.That((begun.Status, again.Status, begun.Text("state")), Is.EqualTo((201, 201, "running")));
            Assert.That(((string?)one.Json!["rehearsal"]!["state"], (decimal?)one.Json["rehearsal"]!["topSharePercent"]), Is.EqualTo(("finished", 74.02m)));
            Assert.That(one.Json["steps"]!.AsArray(), Has.Count.EqualTo(6));
            Assert.That((long?)one.Json["earnings"]![0]!["paid"]!["minor"], Is.EqualTo(569_12));
            Assert.That(list.Json!["items"]!.AsArray(), Has.Count.EqualTo(1));
        });
        Assert.That((await _world.Api.Post($"campaigns/{_world.CampaignId}/rehearsals", new JsonObject { ["scenario"] = "boom" })).Status, Is.EqualTo(400));
        Assert.That((await _world.Api.Post($"campaigns/{_world.CampaignId}/rehearsals", new JsonObject { ["scenario"] = "one_account", ["id"] = "reh_1" })).Status, Is.EqualTo(400));
        Assert.That(await _world.App.Get<RehearsalResults>().OfCampaignAsync(_world.Store, _world.CampaignId, default), Has.Count.EqualTo(1));
    }

    private async Task<Dictionary<string, string>> FormAsync(string scenario)
    {
        var page = await _owner.GetAsync(List);
        Assert.That(page.QuerySelectorAll("#begin input[type=radio]").Select(input => input.GetAttribute("value")), Is.EqualTo(Scenario.All.Select(one => one.Key)));
        return new(page.QuerySelectorAll("#begin input[type=hidden]").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!)) { ["scenario"] = scenario };
    }

    private Task<long> CountAsync() => _world.App.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM rehearsals WHERE store_id = @id", new { id = _world.Store.Id });
}
