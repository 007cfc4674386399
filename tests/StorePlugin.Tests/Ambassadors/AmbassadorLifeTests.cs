// The life of an ambassador over the API: each state a dated fact with its actor, and what ends earns nothing from then on.
using System.Text.Json.Nodes;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class AmbassadorLifeTests
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
        _ann = (await _api.AddAsync(_shop.CampaignId, "ANN10", "ann@example.com")).Text("id");
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task Every_state_has_its_instant_its_actor_and_its_reason()
    {
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/suspension", Reason("Two complaints.")));
        await LaterAsync(() => _api.Delete($"ambassadors/{_ann}/suspension?reason=Cleared%20up."));
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/ending"));

        var states = await StatesAsync();

        Assert.That(
            states.Select(state => $"{state["number"]} {state["state"]} {state["at"]} {state["reason"]}"),
            Is.EqualTo(
            [
                "1 approved 2026-03-01T10:00:00Z ",
                "2 suspended 2026-03-01T11:00:00Z Two complaints.",
                "3 approved 2026-03-01T12:00:00Z Cleared up.",
                "4 ended 2026-03-01T13:00:00Z ",
            ]));
        Assert.That(states.Select(state => (string?)state["actor"]), Is.All.StartsWith("API key key_"));
    }

    [Test]
    public async Task States_are_read_page_by_page()
    {
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/suspension"));

        var first = await _api.Get($"ambassadors/{_ann}/states?limit=1");
        var second = await _api.Get($"ambassadors/{_ann}/states?limit=1&after={first.Text("next")}");
        var odd = await _api.Get($"ambassadors/{_ann}/states?after=x");

        Assert.That(((string?)first.Json!["items"]![0]!["state"], (string?)second.Json!["items"]![0]!["state"]), Is.EqualTo(("approved", "suspended")));
        Assert.That((second.Json["next"], odd.Status), Is.EqualTo(((JsonNode?)null, 400)));
    }

    [Test]
    public async Task From_the_end_on_nothing_counts_and_what_was_earned_before_stays()
    {
        await _shop.PaysAsync(Order("1", 0).With("ANN10", "10.00"));
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/ending", Reason("Moved away.")));

        await _shop.PaysAsync(Order("2", 1).With("ANN10", "10.00"));
        await _shop.PaysAsync(Order("3", 1) with { CartRef = "ANN10" });
        await _shop.PaysAsync(Order("4", 0).With("ANN10", "10.00"));

        var person = (await _api.Get($"ambassadors/{_ann}")).Json!;
        Assert.That(((string?)person["state"], (string?)person["endedAt"], person["suspendedAt"]), Is.EqualTo(("ended", "2026-03-01T11:00:00Z", (JsonNode?)null)));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(2 * 900), "whoever ordered before counts, however late");
        Assert.That((await _shop.StateAsync("2"), await _shop.StateAsync("3")), Is.EqualTo(("uncredited", "uncredited")));
        var receipt = await _shop.ReceiptAsync("3");
        Assert.That((receipt.Rule, receipt.Touches[0].Why, receipt.Touches[0].LeftAt), Is.EqualTo(("T10", "The ambassador had left at the order's instant.", StoreApp.Start.AddHours(1))));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task The_codes_end_and_the_link_leads_to_the_store_without_a_click()
    {
        await _api.Post($"ambassadors/{_ann}/codes", new JsonObject { ["code"] = "ANN20" });
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/ending"));

        var codes = (await _api.Get($"ambassadors/{_ann}/codes")).Json!["items"]!.AsArray();
        var landing = (await _app.VisitAsync("/r/ANN10")).Headers.Location!.AbsoluteUri;
        var further = await _api.Post($"ambassadors/{_ann}/codes", new JsonObject { ["code"] = "ANN30" });

        Assert.That(codes.Select(code => ((string?)code!["state"], (string?)code["endedAt"])), Is.All.EqualTo(("ended", "2026-03-01T11:00:00Z")));
        Assert.That(landing, Does.Not.Contain("ANN").And.Not.Contain("clk_").And.Not.Contain("ref"));
        Assert.That((further.Status, further.Problem), Is.EqualTo((409, "/problems/ambassador-ended")));
    }

    [Test]
    public async Task An_end_is_for_good()
    {
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/ending"));

        ApiAnswer[] answers =
        [
            await _api.Post($"ambassadors/{_ann}/ending"), await _api.Post($"ambassadors/{_ann}/suspension"), await _api.Delete($"ambassadors/{_ann}/suspension"),
        ];

        Assert.That(answers.Select(answer => (answer.Status, answer.Problem)), Is.All.EqualTo((409, "/problems/ambassador-ended")));
        Assert.That(await StatesAsync(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Who_comes_back_is_the_same_ambassador_with_a_new_code_and_the_time_between_counts_for_nobody()
    {
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/ending"));
        var same = await _api.Post("ambassadors", Bodies.Ambassador(_shop.CampaignId, "ANN10", "ann@example.com"));
        _app.Clock.Advance(TimeSpan.FromHours(1));

        var back = await _api.Post("ambassadors", Bodies.Ambassador(_shop.CampaignId, "ANN20", "Ann+new@example.com"));
        await _shop.PaysAsync(Order("1", 0) with { CartRef = "ANN10" });
        await _shop.PaysAsync(Order("2", 1) with { CartRef = "ANN10" });
        await _shop.PaysAsync(Order("3", 2) with { CartRef = "ANN10" });
        await _shop.PaysAsync(Order("4", 2).With("ANN20", "10.00"));
        await _shop.PaysAsync(Order("5", 2).With("ANN10", "10.00"));

        Assert.That((same.Status, same.Problem), Is.EqualTo((409, "/problems/code-taken")));
        Assert.That((back.Status, back.Text("id"), back.Text("state"), back.Text("code")), Is.EqualTo((201, _ann, "approved", "ANN20")));
        Assert.That((back.Text("email"), back.Text("approvedAt")), Is.EqualTo(("Ann+new@example.com", "2026-03-01T10:00:00Z")));
        string[] states = [.. await Task.WhenAll(Enumerable.Range(1, 5).Select(i => _shop.StateAsync($"{i}")))];
        Assert.That(states, Is.EqualTo(["held", "uncredited", "held", "held", "uncredited"]));
        Assert.That((await StatesAsync()).Select(state => (string?)state["state"]), Is.EqualTo(["approved", "ended", "approved"]));
    }

    [Test]
    public async Task A_suspension_that_ends_in_the_end_is_one_time_in_which_nothing_counts()
    {
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/suspension"));
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/ending"));
        _app.Clock.Advance(TimeSpan.FromHours(1));

        await _shop.PaysAsync(Order("1", 1) with { CartRef = "ANN10" });
        await _shop.PaysAsync(Order("2", 3) with { CartRef = "ANN10" });

        Assert.That(((await _shop.ReceiptAsync("1")).Rule, (await _shop.ReceiptAsync("2")).Rule), Is.EqualTo(("T10", "T10")));
    }

    [TestCase("""{"reason":7}""", "reason")]
    [TestCase("""{"reason":""}""", "reason")]
    [TestCase("""{"reasons":"x"}""", "reasons")]
    public async Task A_reason_that_is_none_is_refused_and_nothing_happens(string body, string field)
    {
        var suspension = await _api.Post($"ambassadors/{_ann}/suspension", body);
        var ending = await _api.Post($"ambassadors/{_ann}/ending", body);
        var reinstatement = await _api.Delete($"ambassadors/{_ann}/suspension?reason={new string('x', 201)}");

        Assert.That((suspension.Status, suspension.Json!["errors"]![field] is null), Is.EqualTo((400, false)));
        Assert.That((ending.Status, reinstatement.Status), Is.EqualTo((400, 400)));
        Assert.That(await StatesAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_reason_stands_in_the_body_of_each_step()
    {
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/suspension", Reason("Two complaints.")));
        var wrong = await DeleteAsync(new JsonObject { ["reasons"] = "x" });
        await LaterAsync(() => DeleteAsync(Reason("Cleared up.")));
        await LaterAsync(() => _api.Post($"ambassadors/{_ann}/ending", Reason("Moved away.")));

        Assert.That((wrong.Status, wrong.Json!["errors"]!["reasons"] is null), Is.EqualTo((400, false)));
        Assert.That((await StatesAsync()).Select(state => (string?)state["reason"]), Is.EqualTo([null, "Two complaints.", "Cleared up.", "Moved away."]));

        Task<ApiAnswer> DeleteAsync(JsonObject body) =>
            _api.Send(HttpMethod.Delete, $"ambassadors/{_ann}/suspension", System.Net.Http.Json.JsonContent.Create(body));
    }

    [Test]
    public async Task A_body_that_is_no_JSON_is_no_missing_reason()
    {
        Assert.That((await _api.Post($"ambassadors/{_ann}/suspension", "reason=x", "application/x-www-form-urlencoded")).Status, Is.EqualTo(415));
        Assert.That((await _api.Post($"ambassadors/{_ann}/suspension", "{")).Status, Is.EqualTo(400));
    }

    private static TestOrder Order(string id, int hours) => new(id, StoreApp.Start.AddHours(hours));

    private static JsonObject Reason(string text) => new() { ["reason"] = text };

    private async Task LaterAsync(Func<Task<ApiAnswer>> call)
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await call()).Status, Is.EqualTo(200));
    }

    private async Task<List<JsonNode>> StatesAsync() => [.. (await _api.Get($"ambassadors/{_ann}/states")).Json!["items"]!.AsArray().Select(state => state!)];
}
