// What an ambassador shares says that it is an advertisement, and their own page shows what they have written and nothing more.
using System.Net;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Portal;

internal sealed class ShareTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _ann = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _app.Db.DoAsync(
            """
            INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor)
            VALUES ('str_lux', @id, 1, '{"commissionBp":1000,"friendDiscountBp":1500,"holdDays":30,"windowDays":30}', @at, @at, 'test')
            """,
            new { id = _rooms.CampaignId, at = StoreApp.Start.AddDays(-1) });
        _ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
    }

    [TearDown]
    public async Task StopAsync()
    {
        _ann.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Each_prompt_has_the_link_the_code_and_the_disclosure_filled_in()
    {
        var page = await _ann.GetAsync("/portal/share");
        var prompts = page.QuerySelectorAll(".prompt").ToDictionary(prompt => prompt.Text("h2"), prompt => prompt);
        var link = new Uri(_app.Address, "/r/ann10-str_lux").AbsoluteUri;

        Assert.That(prompts.Keys, Is.EqualTo(["WhatsApp", "E-mail", "X", "Facebook", "Instagram and TikTok, below a picture", "Your profile's link"]));
        foreach (var (channel, prompt) in prompts.Where(prompt => prompt.Key != "Your profile's link"))
        {
            Assert.That(prompt.Text(".words"), Does.Contain("dvertisement").Or.Contain("#ad"), channel);
            Assert.That(prompt.Text(".words"), Does.Contain("With ANN10 you get 15 % off."), channel);
        }

        Assert.That(Uri.UnescapeDataString(prompts["WhatsApp"].QuerySelector("a")!.GetAttribute("href")!), Is.EqualTo("https://wa.me/?text=" + prompts["WhatsApp"].Text(".words")));
        Assert.That(prompts["Your profile's link"].Text(".words"), Is.EqualTo(link));
        Assert.That(page.QuerySelectorAll("a[target=_blank]").Select(anchor => anchor.GetAttribute("rel")), Is.All.EqualTo("noopener noreferrer"));
    }

    [Test]
    public async Task Their_own_page_shows_what_they_have_written_and_goes_back_to_nothing()
    {
        var kept = await SendAsync(new() { ["name"] = " Ann of Lux ", ["words"] = "I use it daily.\r\nTry it." });
        using var shopper = new Browser(_app.Address);
        var landing = await shopper.GetAsync("/a/ann10-str_lux");
        await SendAsync([]);
        var plain = await shopper.GetAsync("/a/ann10-str_lux");

        Assert.That(kept.Headers.Location!.OriginalString, Is.EqualTo("/portal/share?notice=page-kept"));
        Assert.That(landing.Text("main .muted"), Is.EqualTo("Ann of Lux recommends Lux & Co"));
        Assert.That(landing.Text("blockquote"), Is.EqualTo("I use it daily. Try it."));
        Assert.That(plain.Text("main"), Does.Not.Contain("Ann of Lux").And.Not.Contain("daily"));
    }

    [Test]
    public async Task What_is_too_long_is_said_and_stays_in_the_form()
    {
        var page = await Browser.ReadAsync(
            await SendAsync(new() { ["name"] = new string('n', 61), ["words"] = new string('w', 501) }), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text("[role=alert]"), Is.EqualTo("The name may have 60 characters at most. What you say may have 500 characters at most."));
        Assert.That(page.QuerySelector("input[name=name]")!.GetAttribute("value"), Has.Length.EqualTo(61));
        Assert.That(page.QuerySelector("textarea[name=words]")!.TextContent, Has.Length.EqualTo(501));
    }

    [Test]
    public async Task Whoever_is_suspended_has_nothing_to_share()
    {
        await _app.Db.DoAsync("UPDATE ambassadors SET state = 'suspended'");

        Assert.That((await _ann.GetAsync("/portal/share")).Text("main"), Does.Contain("There is nothing to share at the moment."));
    }

    private async Task<HttpResponseMessage> SendAsync(Dictionary<string, string> fields)
    {
        var token = (await _ann.GetAsync("/portal/share")).QuerySelector("main form")!.QuerySelector("input[type=hidden]")!;
        fields[token.GetAttribute("name")!] = token.GetAttribute("value")!;
        return await _ann.SendFileAsync("/portal/share/page", fields, "picture", []);
    }
}
