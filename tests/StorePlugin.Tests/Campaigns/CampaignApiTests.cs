// Campaigns over the API: a draft, its objective, its launch.
using System.Text.Json.Nodes;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Campaigns;

internal sealed class CampaignApiTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_campaign_is_made_as_a_draft_and_read_back_as_it_was_stated()
    {
        var made = await _api.Post("campaigns", Bodies.Campaign(12.5m, 7.25m));

        Assert.That((made.Status, made.Text("state"), made.Text("name")), Is.EqualTo((201, "draft", "Spring")));
        Assert.That(made.Json!["launchedAt"], Is.Null);
        Assert.That((decimal)made.Json["terms"]!["commission"]!["percent"]!, Is.EqualTo(12.5m));
        Assert.That((decimal)made.Json["terms"]!["friendDiscount"]!["percent"]!, Is.EqualTo(7.25m));
        Assert.That((string?)made.Json["objective"]!["metric"], Is.EqualTo("orders"));
        Assert.That(made.Text("createdAt"), Is.EqualTo("2026-03-01T10:00:00Z"));
        var read = await _api.Get(made.Response.Headers.Location!.OriginalString);
        Assert.That(read.Json!.ToJsonString(), Is.EqualTo(made.Json.ToJsonString()));
    }

    [Test]
    public async Task A_date_means_its_end_in_the_stores_time_zone()
    {
        var made = await _api.Post("campaigns", Bodies.Campaign());

        Assert.That((string?)made.Json!["objective"]!["by"], Is.EqualTo("2026-12-31T22:59:59Z"));
    }

    [Test]
    public async Task What_is_not_stated_has_the_documented_default()
    {
        var body = Bodies.Campaign();
        body["terms"] = new JsonObject { ["commission"] = new JsonObject { ["percent"] = 5 } };

        var terms = (await _api.Post("campaigns", body)).Json!["terms"]!;

        Assert.That(
            ((decimal)terms["friendDiscount"]!["percent"]!, (int)terms["holdDays"]!, (int)terms["windowDays"]!), Is.EqualTo((0m, 30, 30)));
    }

    [TestCase("orders", "orders")]
    [TestCase("net_sales", "net_sales")]
    [TestCase("netSales", "net_sales")]
    [TestCase("revenue", "net_sales")]
    [TestCase("sales", "net_sales")]
    [TestCase("referred orders", "orders")]
    [TestCase("newCustomers", "new_customers")]
    [TestCase("Customers", "new_customers")]
    [TestCase("clicks", "clicks")]
    public async Task A_metric_may_be_called_by_its_usual_names(string said, string meant)
    {
        var body = Bodies.Campaign();
        body["objective"]!["metric"] = said;

        Assert.That((string?)(await _api.Post("campaigns", body)).Json!["objective"]!["metric"], Is.EqualTo(meant));
    }

    [TestCase("9999-12-31")]
    [TestCase("9999-12-31T23:59:59-12:00")]
    [TestCase("2046-03-02")]
    [TestCase("0001-01-01")]
    public async Task A_date_that_nobody_can_mean_is_refused_in_words(string by)
    {
        var body = Bodies.Campaign();
        body["objective"]!["by"] = by;

        var answer = await _api.Post("campaigns", body);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(answer.Json!["errors"]!["objective.by"], Is.Not.Null);
    }

    [Test]
    public async Task Everything_that_is_wrong_is_told_at_once()
    {
        var answer = await _api.Post("campaigns", new JsonObject
        {
            ["name"] = " ",
            ["objective"] = new JsonObject { ["metric"] = "fame", ["target"] = 0, ["by"] = "2026-02-28" },
            ["terms"] = new JsonObject
            {
                ["commission"] = new JsonObject { ["percent"] = 0 },
                ["friendDiscount"] = new JsonObject { ["percent"] = 10.123m },
                ["holdDays"] = 366,
                ["windowDays"] = 0,
                ["windowDay"] = 30,
            },
        });

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(
            answer.Json!["errors"]!.AsObject().Select(error => error.Key),
            Is.EquivalentTo((string[])
            [
                "name", "objective.metric", "objective.target", "objective.by", "terms.commission.percent", "terms.friendDiscount.percent",
                "terms.holdDays", "terms.windowDays", "terms.windowDay",
            ]));
    }

    [Test]
    public async Task Members_of_another_type_are_told_at_once_too()
    {
        var answer = await _api.Post("campaigns", new JsonObject { ["name"] = 5, ["objective"] = "many", ["terms"] = new JsonArray() });

        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Is.EquivalentTo((string[])["name", "objective", "terms"]));
    }

    [TestCase(0.001)]
    [TestCase(-1)]
    [TestCase(100.01)]
    public async Task A_share_outside_its_bounds_is_refused(double percent)
    {
        var body = Bodies.Campaign();
        body["terms"]!["commission"]!["percent"] = percent;

        Assert.That((await _api.Post("campaigns", body)).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task A_launch_makes_the_campaign_live_from_the_whole_second()
    {
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1700));
        var id = await _api.DraftAsync();

        var answer = await _api.Post($"campaigns/{id}/launch");

        Assert.That((answer.Status, answer.Text("state"), answer.Text("launchedAt")), Is.EqualTo((200, "live", "2026-03-01T10:00:01Z")));
        var effective = await _app.Db.OneAsync<long>(
            "SELECT effective_at FROM campaign_revisions WHERE store_id = @storeId AND campaign_id = @id", new { storeId = _shop.Store.Id, id });
        Assert.That(DateTimeOffset.FromUnixTimeMilliseconds(effective), Is.EqualTo(StoreApp.Start.AddSeconds(1)));
    }

    [Test]
    public async Task A_launch_happens_once()
    {
        var id = await _api.LiveAsync();

        var again = await _api.Post($"campaigns/{id}/launch");

        Assert.That((again.Status, again.Problem), Is.EqualTo((409, "/problems/campaign-not-draft")));
    }

    [Test]
    public async Task A_draft_without_an_objective_is_not_launched_until_it_has_one()
    {
        var id = await _api.DraftAsync(withObjective: false);

        var early = await _api.Post($"campaigns/{id}/launch");
        var given = await _api.Put($"campaigns/{id}/objective", new JsonObject { ["metric"] = "clicks", ["target"] = 9, ["by"] = "2026-04-01T00:00:00Z" });
        var late = await _api.Post($"campaigns/{id}/launch");

        Assert.That((early.Status, early.Problem), Is.EqualTo((422, "/problems/objective-missing")));
        Assert.That((given.Status, late.Status), Is.EqualTo((200, 200)));
    }

    [Test]
    public async Task A_draft_whose_date_has_passed_is_not_launched()
    {
        var id = await _api.DraftAsync();
        _app.Clock.Advance(TimeSpan.FromDays(400));

        var answer = await _api.Post($"campaigns/{id}/launch");

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((422, "/problems/objective-past")));
    }

    [Test]
    public async Task The_objective_of_a_launched_campaign_stands()
    {
        var id = await _api.LiveAsync();

        var answer = await _api.Put($"campaigns/{id}/objective", new JsonObject { ["metric"] = "clicks", ["target"] = 9, ["by"] = "2026-04-01" });

        Assert.That(answer.Status, Is.EqualTo(409));
    }

    [Test]
    public async Task A_list_is_read_page_by_page()
    {
        var made = new List<string> { _shop.CampaignId };
        for (var i = 0; i < 4; i++)
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
            made.Add(await _api.DraftAsync());
        }

        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await _api.Get($"campaigns?limit=2{(next is null ? "" : "&after=" + next)}");
            seen.AddRange(page.Json!["items"]!.AsArray().Select(item => (string)item!["id"]!));
            next = (string?)page.Json["next"];
        }
        while (next is not null);

        Assert.That(seen, Is.EqualTo(made));
    }

    [Test]
    public async Task A_full_last_page_has_no_next()
    {
        var page = await _api.Get("campaigns?limit=1");

        Assert.That(page.Json!["items"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That(page.Json["next"], Is.Null);
    }
}
