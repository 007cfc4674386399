// A campaign that asks for new customers goes live where the past is imported, or acknowledged to be unknown (rule T9).
using System.Text.Json.Nodes;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Campaigns;

internal sealed class HistoryLaunchTests
{
    private const string Installed = "2026-03-01T10:00:00Z";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _app.Clock.Advance(TimeSpan.FromHours(1));
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task It_is_refused_in_words_that_name_the_horizon_and_both_ways_out([Values] bool tiers)
    {
        var id = await DraftAsync(tiers ? Tiers : NewOnly);

        var answer = await _api.Post($"campaigns/{id}/launch");

        Assert.That((answer.Status, answer.Problem, answer.Text("historySince")), Is.EqualTo((409, "/problems/history-not-acknowledged", Installed)));
        Assert.That(answer.Text("detail"), Does.Contain(Installed).And.Contain("POST /api/v1/history-imports").And.Contain($"\"acknowledgedHistorySince\": \"{Installed}\""));
        Assert.That((await _api.Get($"campaigns/{id}")).Text("state"), Is.EqualTo("draft"));
    }

    [TestCase("2026-03-01T10:00:00Z", 200)]
    [TestCase("2026-03-01T11:00:00+01:00", 200)]
    [TestCase("2026-03-01T10:00:01Z", 409)]
    [TestCase("2026-03-01T09:59:59Z", 409)]
    [TestCase("soon", 400)]
    public async Task It_goes_live_with_the_horizon_that_stands_acknowledged(string acknowledged, int status)
    {
        var id = await DraftAsync(NewOnly);

        var answer = await LaunchAsync(id, acknowledged);

        Assert.That(answer.Status, Is.EqualTo(status));
        Assert.That(await FactsAsync(), Is.EqualTo(status == 200 ? [$"{id} 1 {Milliseconds(0)} {Milliseconds(1)}"] : Array.Empty<string>()));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT actor FROM history_acknowledgements"), Is.All.Not.Empty);
    }

    [Test]
    public async Task It_goes_live_where_the_past_is_imported_and_said_to_be_whole()
    {
        var id = await DraftAsync(NewOnly);
        await ImportAsync(null);
        Assert.That((await _api.Post($"campaigns/{id}/launch")).Status, Is.EqualTo(409), "some orders more are known, and nobody says that they are all");
        await ImportAsync("2026-03-01T10:30:00Z");
        Assert.That((await _api.Post($"campaigns/{id}/launch")).Status, Is.EqualTo(409), "nothing of before the installation");
        await ImportAsync("2025-01-01T00:00:00Z");

        Assert.That((await LaunchAsync(id, Installed)).Text("historySince"), Is.EqualTo("2025-01-01T00:00:00Z"), "who acknowledges something else errs");
        Assert.That((await _api.Post($"campaigns/{id}/launch")).Status, Is.EqualTo(200));
        Assert.That(await FactsAsync(), Is.Empty);
        var rules = (await _api.Get($"campaigns/{id}/rules")).Json!;
        Assert.That((string?)rules["historySince"], Is.EqualTo("2025-01-01T00:00:00Z"));
        using var browser = new Browser(_app.Address);
        Assert.That((await browser.GetAsync($"/rules/{id}")).Text("#known-since"), Does.Contain("known here from 1 Jan 2025, 01:00 on"));
    }

    [Test]
    public async Task Other_faults_and_other_campaigns_are_answered_as_before()
    {
        var plain = await _api.DraftAsync();
        var noObjective = await _api.Post("campaigns", WithTerms(Bodies.Campaign(), NewOnly, objective: false));
        Assert.That((await _api.Post($"campaigns/{noObjective.Text("id")}/launch")).Problem, Is.EqualTo("/problems/objective-missing"));
        Assert.That((await _api.Post($"campaigns/{plain}/launch")).Status, Is.EqualTo(200));
        Assert.That((await LaunchAsync(plain, Installed)).Problem, Is.EqualTo("/problems/campaign-not-draft"));
        Assert.That((await _api.Post($"campaigns/{plain}/launch", new JsonObject { ["acknowledged"] = true })).Status, Is.EqualTo(400));
        Assert.That(await FactsAsync(), Is.Empty);
        Assert.That((await _api.Get($"campaigns/{plain}/rules")).Json!["historySince"], Is.Null);
    }

    [Test]
    public async Task A_running_campaign_asks_when_its_terms_begin_to()
    {
        var id = await _api.DraftAsync();
        Assert.That((await ReviseAsync(id, NewOnly)).Status, Is.EqualTo(201), "a draft's launch asks");
        Assert.That((await ReviseAsync(id, [])).Status, Is.EqualTo(201));
        await _api.Post($"campaigns/{id}/launch");

        Assert.That((await ReviseAsync(id, NewOnly)).Problem, Is.EqualTo("/problems/history-not-acknowledged"));
        Assert.That((await ReviseAsync(id, NewOnly, "2026-03-01T10:00:01Z")).Problem, Is.EqualTo("/problems/history-not-acknowledged"));
        Assert.That(await FactsAsync(), Is.Empty);
        Assert.That((await ReviseAsync(id, NewOnly, Installed)).Status, Is.EqualTo(201));
        Assert.That((await ReviseAsync(id, NewOnly, percent: 9)).Status, Is.EqualTo(201), "the terms asked before");
        Assert.That((await ReviseAsync(id, [], percent: 9)).Status, Is.EqualTo(201));
        Assert.That((await ReviseAsync(id, NewOnly, percent: 9)).Status, Is.EqualTo(201), "it is acknowledged");
        Assert.That(await FactsAsync(), Is.EqualTo([$"{id} 1 {Milliseconds(0)} {Milliseconds(1)}"]));
    }

    private static JsonObject NewOnly => new() { ["customers"] = "new" };

    private static JsonObject Tiers => new()
    {
        ["tiers"] = new JsonObject
        {
            ["metric"] = "new_customers",
            ["period"] = "lifetime",
            ["levels"] = new JsonArray(new JsonObject { ["fromCount"] = 2, ["percent"] = 20 }),
        },
    };

    private static long Milliseconds(int hours) => StoreApp.Start.AddHours(hours).ToUnixTimeMilliseconds();

    private static JsonObject WithTerms(JsonObject campaign, JsonObject terms, bool objective = true)
    {
        foreach (var (name, value) in terms)
        {
            campaign["terms"]![name] = value?.DeepClone();
        }

        if (!objective)
        {
            campaign.Remove("objective");
        }

        return campaign;
    }

    private async Task<string> DraftAsync(JsonObject terms)
    {
        var answer = await _api.Post("campaigns", WithTerms(Bodies.Campaign(), terms));
        Assert.That(answer.Status, Is.EqualTo(201), answer.Json!.ToJsonString());
        return answer.Text("id");
    }

    private Task<ApiAnswer> LaunchAsync(string id, string acknowledged) =>
        _api.Post($"campaigns/{id}/launch", new JsonObject { ["acknowledgedHistorySince"] = acknowledged });

    private Task<ApiAnswer> ReviseAsync(string id, JsonObject terms, string? acknowledged = null, decimal percent = 10)
    {
        var body = new JsonObject { ["terms"] = WithTerms(Bodies.Campaign(percent), terms)["terms"]!.DeepClone() };
        if (acknowledged is not null)
        {
            body["acknowledgedHistorySince"] = acknowledged;
        }

        return _api.Post($"campaigns/{id}/revisions", body);
    }

    private async Task ImportAsync(string? since) => Assert.That(
        (await _api.Post(
            $"history-imports?dryRun=false{(since is null ? "" : $"&since={since}")}", "order,placed_at,customer\n501,2025-03-31T10:00:00Z,77\n", "text/csv")).Status,
        Is.EqualTo(200));

    private async Task<List<string>> FactsAsync() =>
        [.. await _app.Db.ManyAsync<string>("SELECT campaign_id || ' ' || number || ' ' || since_at || ' ' || at FROM history_acknowledgements ORDER BY campaign_id, number")];
}
