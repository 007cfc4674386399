// Who changed what: every change leaves a row that says by whom, about what, and what came of it.
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Audit;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Dashboard;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Audit;

internal sealed class AuditTests
{
    private const string Page = "/dashboard/audit";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private Browser _owner = null!;
    private string _ann = "";

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10");
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task The_page_says_who_did_what_to_whom_newest_first()
    {
        await _owner.SubmitAsync((await _owner.GetAsync($"/dashboard/ambassadors/{_ann}")).QuerySelector("form[action$='/suspension']")!);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _api.Post($"campaigns/{_shop.CampaignId}/pauses");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _api.Post($"campaigns/{_shop.CampaignId}/pauses");

        var page = await _owner.GetAsync(Page);

        var key = _api.Key!;
        var keyId = await _app.Db.OneAsync<string>("SELECT id FROM api_keys WHERE store_id = @id", new { id = _shop.Store.Id });
        Assert.That(key, Does.Not.Contain(keyId));
        Assert.That(page.QuerySelectorAll("tbody tr").Select(row => $"{row.Text("th")} | {row.Text("td:nth-child(2)")} | {row.Text("td:nth-child(3)")}"), Is.EqualTo(new[]
        {
            $"Pauses a live campaign Refused 1 Mar 2026, 11:04 | Spring | A program, with the API key that ends in {keyId![^6..]}",
            $"Pauses a live campaign 1 Mar 2026, 11:03 | Spring | A program, with the API key that ends in {keyId![^6..]}",
            "Suspends an ambassador 1 Mar 2026, 11:02 | ANN10 | You",
            "Signs in 1 Mar 2026, 11:01 | – | You",
            $"Makes an API key that may change things 1 Mar 2026, 11:00 | The key that ends in {keyId[^6..]} | Whoever runs this program",
        }));
        Assert.That(page.QuerySelector($"tbody a[href='/dashboard/ambassadors/{_ann}']"), Is.Not.Null);
    }

    [Test]
    public async Task What_a_request_makes_is_named_in_its_row_by_page_and_by_API()
    {
        var bob = (await _api.Post("ambassadors", Bodies.Ambassador(_shop.CampaignId, "BOB10", "bob@example.com"))).Text("id");
        var draft = (await _api.Post("campaigns", Bodies.Campaign())).Text("id");
        var run = (await _api.Post("payout-runs")).Text("id");
        var suppression = (await _api.Post("mail-suppressions", new JsonObject { ["email"] = "no@example.com" })).Text("id");
        await _owner.FillAsync("/dashboard/ambassadors/new", "/dashboard/ambassadors/new", ("name", "Cid"), ("email", "cid@example.com"), ("campaignId", _shop.CampaignId));
        await _owner.FillAsync("/dashboard/team", "/dashboard/team", ("name", "Max"), ("email", "max@example.com"), ("role", Role.Manager));
        var prepared = (await _owner.FillAsync("/dashboard/payouts", "/dashboard/payouts")).To().Split('/')[^1].Split('?')[0];

        var cid = await _app.Db.OneAsync<string>("SELECT id FROM ambassadors WHERE name = 'Cid'");
        var max = await _app.Db.OneAsync<string>("SELECT id FROM team_members WHERE name = 'Max'");
        var rows = (await _api.Get("audit-entries?limit=7")).Json!["items"]!.AsArray().Select(row => ((string?)row!["action"], (string?)row["subject"])).ToList();
        Assert.That(rows, Is.EquivalentTo(new[]
        {
            ("Adds an ambassador, approved at once, with code and link", $"ambassadors/{bob}"),
            ("Makes a campaign as a draft", $"campaigns/{draft}"),
            ("Makes a preview of a payout run: who would be paid, and why somebody would not. It moves nothing", $"payout-runs/{run}"),
            ("Keeps every mail to an address back", $"mail-suppressions/{suppression}"),
            ("Adds an ambassador", $"ambassadors/{cid}"),
            ("Adds a member to the team", $"team/{max}"),
            ("Prepares a payout run", $"payouts/{prepared}"),
        }));
        var page = await _owner.GetAsync(Page);
        Assert.That(page.QuerySelector($"tbody a[href='/dashboard/ambassadors/{cid}']")!.TextContent, Is.EqualTo("Cid"));
        Assert.That(page.QuerySelector("tbody a[href='/dashboard/team']")!.TextContent, Is.EqualTo("Max"));
        Assert.That(page.QuerySelectorAll($"tbody a[href='/dashboard/payouts/{run}'], tbody a[href='/dashboard/payouts/{prepared}']"), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_request_that_makes_nothing_names_nothing_and_one_that_names_something_keeps_it()
    {
        await _api.Post("ambassadors", Bodies.Ambassador(_shop.CampaignId, "ANN10", "bob@example.com"));
        await _api.Post($"campaigns/{_shop.CampaignId}/copies", new JsonObject { ["name"] = "Autumn" });

        var rows = (await _api.Get("audit-entries?limit=2")).Json!["items"]!.AsArray().Select(row => ((string?)row!["outcome"], (string?)row["subject"]));

        (string?, string?)[] expected = [("refused", null), ("done", $"campaigns/{_shop.CampaignId}")];
        Assert.That(rows, Is.EquivalentTo(expected));
    }

    [Test]
    public async Task What_the_setup_makes_is_named_too()
    {
        await _app.Db.DoAsync("UPDATE campaigns SET state = 'draft', launched_at = NULL");
        await SetupSteps.ContinueAsync(_owner, "/dashboard/setup/people", new() { ["name"] = "Dan", ["email"] = "dan@example.com" });
        await SetupSteps.ContinueAsync(_owner, "/dashboard/setup/goal");

        var rows = (await _api.Get("audit-entries?limit=2")).Json!["items"]!.AsArray().Select(row => (string?)row!["subject"]);

        var dan = await _app.Db.OneAsync<string>("SELECT id FROM ambassadors WHERE name = 'Dan'");
        Assert.That(rows, Is.EquivalentTo(new[] { $"ambassadors/{dan}", $"campaigns/{_shop.CampaignId}" }));
    }

    [Test]
    public async Task What_is_typed_stands_nowhere_in_it()
    {
        await _owner.PostAsync($"/dashboard/ambassadors/{_ann}/notes", new(TokenOf(await _owner.GetAsync($"/dashboard/ambassadors/{_ann}"))) { ["text"] = "marker-note" });
        await _api.Post("ambassadors", Bodies.Ambassador(_shop.CampaignId, "EVE10", "marker-mail@example.com"));

        var rows = await _app.Db.ManyAsync<string>("SELECT action || ' ' || COALESCE(subject, '') || ' ' || actor FROM audit_entries");

        Assert.That(rows, Has.Some.StartsWith("Writes a note about an ambassador ambassadors/" + _ann).And.Some.StartsWith("Adds an ambassador"));
        Assert.That(rows, Has.None.Contain("marker"));
    }

    [Test]
    public async Task A_fault_is_told_from_what_was_refused_and_from_what_nobody_knows()
    {
        await _app.Db.DoAsync("CREATE TRIGGER fault BEFORE INSERT ON campaign_states BEGIN SELECT RAISE(ABORT, 'injected'); END");
        Assert.That((await _api.Post($"campaigns/{_shop.CampaignId}/pauses")).Status, Is.EqualTo(500));
        var left = await _app.Get<AuditLog>().BeginAsync(_shop.Store, "team mem_1", "Ends a campaign", null, default);

        var page = await _owner.GetAsync(Page);

        Assert.That(page.QuerySelectorAll("tbody tr").Take(2).Select(row => row.Text("th .badge")), Is.EquivalentTo(new[] { "Failed", "Not known" }));
        Assert.That(await _app.Get<AuditLog>().EndAsync(_shop.Store, left, AuditOutcome.Done), Is.EqualTo(1));
        Assert.That(await _app.Get<AuditLog>().EndAsync(_shop.Store, left, AuditOutcome.Refused), Is.Zero, "what came of it is said once");
    }

    [Test]
    public async Task Questions_leave_no_row_and_neither_does_who_may_not_ask()
    {
        await _app.Get<Team>().AddAsync(_shop.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        using var vera = await Rooms.SignInAsync(_app, _shop.Store, null, (await _app.Get<Team>().ListAsync(_shop.Store, default)).Single().Id);
        var reader = new ApiClient(_app, await _app.Get<ApiKeys>().IssueAsync(_shop.Store, canWrite: false));
        var before = await CountAsync();

        await _owner.GetAsync("/dashboard");
        await _api.Get("campaigns");
        var seen = await vera.GetAsync(Page);
        var forbidden = await vera.PostAsync($"/dashboard/ambassadors/{_ann}/suspension", TokenOf(seen));
        var refused = await reader.Post($"campaigns/{_shop.CampaignId}/pauses");

        Assert.That((forbidden.StatusCode, refused.Status), Is.EqualTo((HttpStatusCode.Forbidden, 403)));
        Assert.That(await CountAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_store_sees_its_own_and_pages_through_them()
    {
        var other = await Shop.OpenAsync(_app, "other");
        await _app.Get<AuditLog>().BeginAsync(other.Store, "team mem_1", "Ends a campaign", null, default);
        for (var i = 0; i < 55; i++)
        {
            await _app.Get<AuditLog>().BeginAsync(_shop.Store, "team mem_1", $"Does {i}", null, default);
        }

        var first = await _owner.GetAsync(Page);
        var second = await _owner.GetAsync(first.QuerySelector("a[rel=next]")!.GetAttribute("href")!);
        var half = (await _api.Get("audit-entries?limit=40")).Json!;
        var rest = (await _api.Get($"audit-entries?limit=40&after={half["next"]}")).Json!;

        var all = first.QuerySelectorAll("tbody th").Concat(second.QuerySelectorAll("tbody th")).Select(cell => cell.TextContent).ToList();
        Assert.That(all, Has.Count.EqualTo(57).And.None.Contains("Ends a campaign"));
        Assert.That(half["items"]!.AsArray().Concat(rest["items"]!.AsArray()).Select(item => (string)item!["id"]!), Is.Unique.And.Ordered.Descending.And.Exactly(57).Items);
        Assert.That(rest["next"], Is.Null);
        Assert.That((await _api.Get("audit-entries?after=cmp_1")).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task After_two_years_they_go()
    {
        _app.Clock.Advance(AuditLog.Kept - TimeSpan.FromMinutes(3));
        await _app.Get<Retention>().RunOnceAsync(default);
        var before = await CountAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(2));
        await _app.Get<Retention>().RunOnceAsync(default);

        Assert.That((before, await CountAsync()), Is.EqualTo((2, 0)));
    }

    [Test]
    public void Whatever_changes_something_says_what()
    {
        var changing = _app.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/dashboard", StringComparison.Ordinal) || endpoint.RoutePattern.RawText.StartsWith("/api/", StringComparison.Ordinal))
            .Where(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("GET") != true)
            .ToList();

        Assert.That(changing, Has.Count.GreaterThan(100));
        Assert.That(changing.Where(endpoint => endpoint.Metadata.GetMetadata<IEndpointSummaryMetadata>() is null).Select(endpoint => endpoint.RoutePattern.RawText), Is.Empty);
    }

    private Task<long> CountAsync() => _app.Db.OneAsync<long>("SELECT COUNT(*) FROM audit_entries WHERE store_id = @id AND actor NOT LIKE 'team %' AND action <> 'Makes an API key that reads'", new { id = _shop.Store.Id });

    private static Dictionary<string, string> TokenOf(AngleSharp.Dom.IDocument page) => page.QuerySelectorAll("input[type=hidden]")
        .DistinctBy(input => input.GetAttribute("name")).ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
}
