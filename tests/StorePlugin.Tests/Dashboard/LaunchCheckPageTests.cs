// The launch checks on the merchant's pages: in short beside the launch, whole on a page of their own, and as the words of a refusal.
using System.Net;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class LaunchCheckPageTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private ApiClient _api = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _rooms.Store);
        _owner = await _rooms.OwnerAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_draft_shows_its_findings_the_red_ones_first_and_its_launch_is_refused_with_them()
    {
        var id = await _api.DraftAsync(commission: 100);
        var path = $"/dashboard/campaigns/{id}";
        var page = await _owner.GetAsync(path);

        var launch = await Browser.ReadAsync(await _owner.SubmitAsync(page.QuerySelector("#launch form")!), HttpStatusCode.UnprocessableEntity);

        var findings = page.QuerySelectorAll("#launch li");
        Assert.That(page.Text("#launch"), Does.Contain("1 thing stands in the way of the launch;"));
        Assert.That(findings[0].TextContent.Replace('\u00A0', ' '), Does.Contain("In the way").And.Contain("Every order costs more than it brings."));
        Assert.That(findings.Skip(1).Select(finding => finding.QuerySelector(".badge")!.TextContent), Is.All.EqualTo("Worth a look").And.Not.Empty);
        Assert.That(page.QuerySelector($"#launch a[href='{path}/checks']"), Is.Not.Null);
        Assert.That(launch.Text(".alert"), Does.StartWith("It was not launched: Of a typical order of € 50.00").And.Contain("Lower the commission, the discount or the reward."));
        Assert.That(await _app.Db.OneAsync<string>("SELECT state FROM campaigns WHERE id = @id", new { id }), Is.EqualTo("draft"));
    }

    [Test]
    public async Task The_page_lists_every_check_with_its_state_and_leads_to_where_it_is_mended()
    {
        var id = await _api.DraftAsync(withObjective: false);
        var all = (await _api.Get($"campaigns/{id}/launch-checks")).Json!["checks"]!.AsArray();

        var page = await _owner.GetAsync($"/dashboard/campaigns/{id}/checks");

        Assert.That(page.QuerySelectorAll("#checks tbody tr").Select(row => row.Id), Is.EqualTo(all.Select(check => $"check-{check!["id"]}")));
        Assert.That(page.Text("#check-objective"), Is.EqualTo("An objective, and time to reach it In the way The campaign has no objective. Give it a metric, a target and a date. Mend it"));
        Assert.That(page.QuerySelector("#check-objective a")!.GetAttribute("href"), Is.EqualTo($"/dashboard/campaigns/{id}#objective"));
        Assert.That(page.Text("#check-hold"), Does.EndWith("In order"));
        Assert.That(page.Text("#check-stripe"), Does.Contain("Does not apply Stripe is not connected."));
        await _owner.GetAsync("/dashboard/campaigns/cmp_none/checks", HttpStatusCode.NotFound);
    }

    [Test]
    public async Task Names_of_people_are_text_and_a_long_list_of_them_is_cut()
    {
        var id = await _api.DraftAsync();
        for (var i = 0; i < 8; i++)
        {
            var body = Bodies.Ambassador(id, $"BOB1{i}");
            body["name"] = $"<b>Bob {i}</b>";
            Assert.That((await _api.Post("ambassadors", body)).Status, Is.EqualTo(201));
        }

        await _app.Db.DoAsync("UPDATE ambassadors SET stripe_account = 'acct_1'");

        var page = await _owner.GetAsync($"/dashboard/campaigns/{id}/checks");

        Assert.That(page.Text("#check-shared-destination"), Does.Contain("<b>Bob ").And.Contain("</b> and 3 more are paid to the same account"));
        Assert.That(page.QuerySelector("#check-shared-destination b"), Is.Null);
    }
}
