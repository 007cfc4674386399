// Pauses and the end of a campaign: what they do to orders, links and further steps, and copies that begin anew.
using System.Text.Json.Nodes;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Campaigns;

internal sealed class CampaignLifeTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_pause_is_half_open_by_the_orders_own_instants_however_late_they_arrive()
    {
        var (from, to) = (StoreApp.Start.AddHours(1), StoreApp.Start.AddHours(2));
        _app.Clock.MoveTo(from.AddMilliseconds(700));
        var paused = await StepAsync("pauses");
        _app.Clock.MoveTo(to.AddMilliseconds(300));
        var resumed = await _api.Delete($"campaigns/{_shop.CampaignId}/pauses/current");
        _app.Clock.Advance(TimeSpan.FromDays(1));

        await PaysAsync("1", from.AddSeconds(-1));
        await PaysAsync("2", from);
        await PaysAsync("3", to.AddSeconds(-1));
        await PaysAsync("4", to);

        Assert.That((paused.Status, paused.Text("state"), resumed.Status, resumed.Text("state")), Is.EqualTo((200, "paused", 200, "live")));
        Assert.That(await StatesAsync("1", "2", "3", "4"), Is.EqualTo(["held", "uncredited", "uncredited", "held"]));
        var receipt = await _shop.ReceiptAsync("2");
        Assert.That((receipt.Rule, receipt.Reason), Is.EqualTo(("T10", "The campaign was paused at the order's instant.")));
        Assert.That(receipt.Touches.Single().DroppedBy, Is.EqualTo("T10"));
    }

    [Test]
    public async Task From_its_end_on_a_campaign_earns_nothing_and_what_was_before_goes_its_way()
    {
        await PaysAsync("1", StoreApp.Start);
        var end = StoreApp.Start.AddHours(1);
        _app.Clock.MoveTo(end);
        var ended = await StepAsync("ending");

        await PaysAsync("2", end.AddSeconds(-1));
        await PaysAsync("3", end);
        await _shop.DeliverAsync("refunds/create", new TestOrder("2", StoreApp.Start).With("ANN10", "10.00").RefundJson("21", 0, "90.00"));
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();

        Assert.That((ended.Status, ended.Text("state")), Is.EqualTo((200, "ended")));
        Assert.That(await StatesAsync("1", "2", "3"), Is.EqualTo(["approved", "reversed", "uncredited"]));
        Assert.That((await _shop.ReceiptAsync("3")).Reason, Is.EqualTo("The campaign had ended at the order's instant."));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Approved), Is.EqualTo(900));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task An_order_of_a_pause_is_uncredited_by_link_as_well()
    {
        var click = await _shop.ClickAsync(_ann);
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await StepAsync("pauses");

        await _shop.PaysAsync(new TestOrder("1", StoreApp.Start.AddHours(1)) { Landing = $"/?ref={click}" });
        await _shop.PaysAsync(new TestOrder("2", StoreApp.Start.AddHours(1)) { CartRef = "ANN10" });

        Assert.That(await StatesAsync("1", "2"), Is.EqualTo(["uncredited", "uncredited"]));
    }

    [Test]
    public async Task An_end_is_final()
    {
        await StepAsync("ending");

        await RefusedAsync(StepAsync("ending"), 409, "campaign-ended");
        await RefusedAsync(StepAsync("pauses"), 409, "campaign-ended");
        await RefusedAsync(_api.Delete($"campaigns/{_shop.CampaignId}/pauses/current"), 409, "campaign-ended");
        await RefusedAsync(StepAsync("launch"), 409, "campaign-not-draft");
        await RefusedAsync(_api.Post($"campaigns/{_shop.CampaignId}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(20)["terms"]!.DeepClone() }), 409, "campaign-ended");
        await RefusedAsync(_api.Post("ambassadors", Bodies.Ambassador(_shop.CampaignId, "BOB10")), 409, "campaign-ended");
    }

    [Test]
    public async Task A_paused_campaign_may_end()
    {
        await StepAsync("pauses");

        Assert.That((await StepAsync("ending")).Text("state"), Is.EqualTo("ended"));
    }

    [Test]
    public async Task What_is_not_live_is_not_paused_and_what_is_not_paused_does_not_go_on()
    {
        var draft = await _api.DraftAsync();

        await RefusedAsync(_api.Post($"campaigns/{draft}/pauses"), 409, "campaign-not-live");
        await RefusedAsync(_api.Post($"campaigns/{draft}/ending"), 409, "campaign-not-live");
        await RefusedAsync(_api.Delete($"campaigns/{draft}/pauses/current"), 404, "pause-unknown");
        await RefusedAsync(_api.Delete($"campaigns/{_shop.CampaignId}/pauses/current"), 404, "pause-unknown");
        await StepAsync("pauses");
        await RefusedAsync(StepAsync("pauses"), 409, "campaign-not-live");
    }

    [Test]
    public async Task Every_state_is_kept_with_its_whole_second_and_its_actor()
    {
        var id = await _api.DraftAsync();
        foreach (var step in new[] { "launch", "pauses", "ending" })
        {
            _app.Clock.Advance(TimeSpan.FromMilliseconds(1500));
            await _api.Post($"campaigns/{id}/{step}");
        }

        var states = await _app.Db.ManyAsync<StateRow>(
            "SELECT number, state, at, actor FROM campaign_states WHERE store_id = @storeId AND campaign_id = @id ORDER BY number", new { storeId = _shop.Store.Id, id });

        Assert.That(states.Select(row => (row.Number, row.State)), Is.EqualTo([(1L, "draft"), (2L, "live"), (3L, "paused"), (4L, "ended")]));
        Assert.That(states.Select(row => row.At - StoreApp.Start), Is.EqualTo(new[] { 0, 1, 3, 4 }.Select(seconds => TimeSpan.FromSeconds(seconds))));
        Assert.That(states.Select(row => row.Actor), Is.All.Not.Empty);
    }

    [Test]
    public async Task Links_of_what_is_paused_or_ended_lead_to_the_store_without_a_click()
    {
        await _app.VisitAsync("/r/ann10");
        await StepAsync("pauses");
        var paused = await _app.VisitAsync("/r/ann10?to=/products/mug");
        await _api.Delete($"campaigns/{_shop.CampaignId}/pauses/current");
        await _app.VisitAsync("/r/ann10");
        await StepAsync("ending");
        var ended = await _app.VisitAsync("/r/ann10?to=/products/mug");

        Assert.That(((int)paused.StatusCode, (int)ended.StatusCode), Is.EqualTo((302, 302)));
        Assert.That(paused.Headers.Location!.AbsoluteUri, Does.EndWith("/products/mug").And.Not.Contain("ref"));
        Assert.That(ended.Headers.Location, Is.EqualTo(paused.Headers.Location));
        Assert.That(
            await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM clicks WHERE store_id = @id", new { id = _shop.Store.Id }), Is.EqualTo(2));
    }

    [Test]
    public async Task A_copy_is_a_draft_with_the_newest_terms_and_nothing_else()
    {
        await _api.Post($"campaigns/{_shop.CampaignId}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(5, 7)["terms"]!.DeepClone() });
        await StepAsync("ending");

        var copy = await _api.Post($"campaigns/{_shop.CampaignId}/copies", new JsonObject { ["name"] = " Autumn " });

        Assert.That((copy.Status, copy.Text("name"), copy.Text("state"), (long)copy.Json!["revision"]!), Is.EqualTo((201, "Autumn", "draft", 1)));
        Assert.That(((decimal)copy.Json["terms"]!["commission"]!["percent"]!, (decimal)copy.Json["terms"]!["friendDiscount"]!["percent"]!), Is.EqualTo((5m, 7m)));
        Assert.That((copy.Json["objective"], copy.Json["launchedAt"], copy.Json["nextRevision"]), Is.EqualTo(((JsonNode?)null, (JsonNode?)null, (JsonNode?)null)));
        var read = await _api.Get(copy.Response.Headers.Location!.OriginalString);
        Assert.That(read.Json!.ToJsonString(), Is.EqualTo(copy.Json.ToJsonString()));
        Assert.That((await _api.Get("ambassadors")).Json!["items"]!.AsArray().Select(item => (string?)item!["campaignId"]), Is.All.EqualTo(_shop.CampaignId));
    }

    [Test]
    public async Task A_withdrawn_revision_is_not_copied()
    {
        await _api.Post($"campaigns/{_shop.CampaignId}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(5)["terms"]!.DeepClone() });
        await _api.Delete($"campaigns/{_shop.CampaignId}/revisions/2");

        var copy = await _api.Post($"campaigns/{_shop.CampaignId}/copies", new JsonObject { ["name"] = "Autumn" });

        Assert.That((decimal)copy.Json!["terms"]!["commission"]!["percent"]!, Is.EqualTo(10m));
    }

    [Test]
    public async Task What_is_wrong_with_a_copy_is_told_at_once()
    {
        var answer = await _api.Post($"campaigns/{_shop.CampaignId}/copies", new JsonObject { ["name"] = new string('x', 121), ["objective"] = null });

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Is.EquivalentTo(["name", "objective"]));
    }

    private Task<ApiAnswer> StepAsync(string step) => _api.Post($"campaigns/{_shop.CampaignId}/{step}");

    private Task PaysAsync(string id, DateTimeOffset at) => _shop.PaysAsync(new TestOrder(id, at).With("ANN10", "10.00"));

    private async Task<List<string>> StatesAsync(params string[] ids)
    {
        var states = new List<string>();
        foreach (var id in ids)
        {
            states.Add(await _shop.StateAsync(id));
        }

        return states;
    }

    private static async Task RefusedAsync(Task<ApiAnswer> call, int status, string slug)
    {
        var answer = await call;
        Assert.That((answer.Status, answer.Problem), Is.EqualTo((status, $"/problems/{slug}")));
    }

    private sealed record StateRow(long Number, string State, DateTimeOffset At, string Actor);
}
