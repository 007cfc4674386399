// What success means for both sides: written on the campaign's page, read on the join page and beside the rules.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class PlaybookTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private Browser _owner = null!;
    private Browser _reader = null!;
    private string _page = "";
    private string[] _public = [];

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        await (await ApiClient.OfAsync(_app, _shop.Store)).OpenAsync(_shop.CampaignId);
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
        _reader = new Browser(_app.Address);
        _page = $"/dashboard/campaigns/{_shop.CampaignId}";
        _public = [$"/join/{_shop.CampaignId}", $"/rules/{_shop.CampaignId}"];
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        _reader.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Everybody_reads_it_as_plain_text_until_it_is_taken_away()
    {
        foreach (var path in _public)
        {
            Assert.That((await _reader.GetAsync(path)).QuerySelector("#playbook"), Is.Null, "nothing was said yet");
        }

        for (var i = 0; i < 2; i++)
        {
            var kept = await _owner.FillAsync(_page, $"{_page}/playbook", ("playbook", "We sell more <b>mugs</b>.\r\n\r\nYou earn from each."));
            Assert.That(kept.To(), Is.EqualTo($"{_page}?notice=playbook-kept"));
        }

        foreach (var path in _public)
        {
            var section = (await _reader.GetAsync(path)).QuerySelector("#playbook")!;
            Assert.That(section.QuerySelectorAll("p").Select(line => line.TextContent), Is.EqualTo(["We sell more <b>mugs</b>.", "You earn from each."]), path);
        }

        var form = (await Browser.ReadAsync(await _reader.FillAsync(_public[0], _public[0], ("name", "")), HttpStatusCode.BadRequest)).QuerySelector("#playbook");
        Assert.That(form, Is.Not.Null, "a form that comes back has it too");

        await _owner.FillAsync(_page, $"{_page}/playbook", ("playbook", "  "));
        Assert.That(await _app.Get<Playbooks>().FindAsync(_shop.Store, _shop.CampaignId, default), Is.Null);
        Assert.That((await _reader.GetAsync(_public[0])).QuerySelector("#playbook"), Is.Null);
    }

    [Test]
    public async Task A_text_that_is_too_long_is_refused_and_not_lost()
    {
        var text = new string('x', Playbooks.TextLengthMax + 1);

        var page = await Browser.ReadAsync(await _owner.FillAsync(_page, $"{_page}/playbook", ("playbook", text)), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text(".alert"), Is.EqualTo("Nothing was kept: what success means may have 2000 characters at most."));
        Assert.That(page.QuerySelector("[name=playbook]")!.TextContent, Is.EqualTo(text));
        Assert.That(await _app.Get<Playbooks>().FindAsync(_shop.Store, _shop.CampaignId, default), Is.Null);
    }

    [Test]
    public async Task A_copy_takes_it_along_by_page_and_by_API_and_has_its_own_from_then_on()
    {
        var api = await ApiClient.OfAsync(_app, _shop.Store);
        await _owner.FillAsync(_page, $"{_page}/playbook", ("playbook", "We sell more mugs."));

        var byPage = (await _owner.FillAsync(_page, $"{_page}/copies", ("name", "Autumn"))).To().Split('/')[^1].Split('?')[0];
        var byApi = (await api.Post($"campaigns/{_shop.CampaignId}/copies", new JsonObject { ["name"] = "Winter" })).Text("id");
        await _owner.FillAsync(_page, $"{_page}/playbook", ("playbook", "We sell fewer."));

        foreach (var id in (string[])[byPage, byApi])
        {
            Assert.That(id, Is.Not.EqualTo(_shop.CampaignId));
            Assert.That(await _app.Get<Playbooks>().FindAsync(_shop.Store, id, default), Is.EqualTo("We sell more mugs."));
        }
    }

    [Test]
    public async Task A_copy_of_a_campaign_without_one_has_none()
    {
        var copied = await _owner.FillAsync(_page, $"{_page}/copies", ("name", "Autumn"));

        Assert.That(await _app.Get<Playbooks>().FindAsync(_shop.Store, copied.To().Split('/')[^1].Split('?')[0], default), Is.Null);
    }

    [Test]
    public async Task Another_store_says_nothing_in_it()
    {
        using var stranger = await Rooms.SignInAsync(_app, (await Shop.OpenAsync(_app, "other")).Store, null);

        Assert.That((await stranger.PushAsync("/dashboard/campaigns", $"{_page}/playbook", ("playbook", "Mine"))).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await _app.Get<Playbooks>().FindAsync(_shop.Store, _shop.CampaignId, default), Is.Null);
    }
}
