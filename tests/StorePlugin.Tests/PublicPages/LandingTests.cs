// The page that everybody sees of an ambassador: offer, code and way into the store, in the store's look, with nothing that follows anybody.
using System.Net;
using System.Text.RegularExpressions;
using StorePlugin.Pages;
using StorePlugin.PublicPages;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.PublicPages;

internal sealed partial class LandingTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _shopper = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann Private", "ANN10");
        await TermsAsync("""{"commissionBp":1000,"friendDiscountBp":1500,"holdDays":30,"windowDays":30}""");
        _shopper = new Browser(_app.Address);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _shopper.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task It_shows_the_offer_the_code_and_the_way_in_and_names_nobody_who_has_not_said_so()
    {
        var answer = await _shopper.AskAsync("/a/ANN10-str_lux");
        var page = await Browser.ReadAsync(answer);

        Assert.That(page.Text("h1"), Is.EqualTo("15 % off at Lux & Co"));
        Assert.That(page.Text("code"), Is.EqualTo("ANN10"));
        Assert.That(page.QuerySelector("a.button")!.GetAttribute("href"), Is.EqualTo("/r/ann10-str_lux"));
        Assert.That(page.Text("main"), Does.Contain("Advertisement").And.Not.Contain("Ann Private").And.Not.Contain("example.org"));
        Assert.That(page.QuerySelector("main a[href^='/rules/']"), Is.Not.Null);
        Assert.That(Meta(page, "og:title"), Is.EqualTo("15\u00A0% off at Lux & Co"));
        Assert.That(Meta(page, "og:url"), Is.EqualTo(new Uri(_app.Address, "/a/ann10-str_lux").AbsoluteUri));
        Assert.That(answer.Headers.Contains("Set-Cookie"), Is.False);
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Not.Contain("<script").And.Not.Contain(" style="));
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("default-src 'self'"));
        Assert.That(_shopper.Cookies.Count, Is.Zero);
    }

    [Test]
    public async Task What_the_ambassador_and_the_store_say_is_shown_as_text()
    {
        const string Hostile = "<script>alert(1)</script> =1+1 مرحبا 👋";
        await _app.Get<OwnPages>().SetAsync(_rooms.Store, "amb_ann", "Ann <b>", Hostile + "\nSecond line", null, keepsPicture: true, default);
        await _app.Get<Looks>().SetAsync(_rooms.Store, "#ff0000", "A headline", Hostile, null, keepsLogo: true, "owner", default);

        var answer = await _shopper.AskAsync("/a/ann10-str_lux");
        var html = await answer.Content.ReadAsStringAsync();
        var page = await Browser.ReadAsync(answer);

        Assert.That(html, Does.Not.Contain("<script>").And.Not.Contain("Ann <b>"));
        Assert.That(page.Text("blockquote"), Is.EqualTo(Hostile + " Second line"));
        Assert.That(page.Text("main .muted"), Is.EqualTo("Ann <b> recommends Lux & Co"));
        Assert.That(Meta(page, "og:title"), Is.EqualTo("Ann <b> recommends Lux & Co"));
        Assert.That(Meta(page, "og:description"), Is.EqualTo(Hostile));
        Assert.That(page.QuerySelectorAll("link[rel=stylesheet]").Select(link => link.GetAttribute("href")).Last(), Is.EqualTo("/looks/str_lux/ff0000.css"));
    }

    [TestCase("UPDATE campaigns SET state = 'ended'")]
    [TestCase("UPDATE campaigns SET state = 'paused'")]
    [TestCase("UPDATE ambassadors SET state = 'suspended'")]
    public async Task What_counts_no_more_offers_nothing_and_names_nobody(string change)
    {
        await _app.Get<OwnPages>().SetAsync(_rooms.Store, "amb_ann", "Ann", "Buy", null, keepsPicture: true, default);
        await _app.Db.DoAsync(change);

        var page = await _shopper.GetAsync("/a/ann10-str_lux", HttpStatusCode.Gone);

        Assert.That(page.Text("h1"), Is.EqualTo("This offer is over"));
        Assert.That(page.Text("body"), Does.Not.Contain("Ann").And.Not.Contain("ANN10"));
        Assert.That(page.QuerySelector("a.button")!.GetAttribute("href"), Is.EqualTo("https://str_lux.myshopify.com/"));
    }

    [TestCase("/a/nobody")]
    [TestCase("/a/%2F%2Fevil.example")]
    [TestCase("/a/%E2%80%AE")]
    public async Task An_unknown_link_says_nothing_of_any_store(string path)
    {
        var page = await _shopper.GetAsync(path, HttpStatusCode.NotFound);

        Assert.That(page.Text("body"), Does.Not.Contain("Lux"));
    }

    [Test]
    public async Task A_store_that_has_left_has_no_pages()
    {
        await _app.Db.DoAsync("UPDATE stores SET state = 'uninstalled'");
        _app.Get<StoreDirectory>().Forget(_rooms.Store);

        await _shopper.GetAsync("/a/ann10-str_lux", HttpStatusCode.NotFound);
    }

    [Test]
    public async Task Without_a_discount_there_is_no_code_to_type_and_the_store_says_its_headline()
    {
        await TermsAsync("""{"commissionBp":1000,"friendDiscountBp":0,"holdDays":30,"windowDays":30}""");
        await _app.Get<Looks>().SetAsync(_rooms.Store, null, "Lamps for life", null, null, keepsLogo: true, "owner", default);

        var page = await _shopper.GetAsync("/a/ann10-str_lux");

        Assert.That(page.Text("h1"), Is.EqualTo("Lamps for life"));
        Assert.That(page.QuerySelector("main code"), Is.Null);
        Assert.That(page.Text("a.button"), Is.EqualTo("To Lux & Co"));
    }

    // Each pair of text and ground that the program's style sheet makes of the colour meets WCAG AA.
    [TestCase("#ffff00")]
    [TestCase("#ff0000")]
    [TestCase("#000000")]
    [TestCase("#ffffff")]
    [TestCase("#0f766e")]
    [TestCase("#808080")]
    [TestCase("#123456")]
    public async Task A_colour_can_be_read_whatever_it_is(string colour)
    {
        var answer = await _shopper.AskAsync($"/looks/str_lux/{colour[1..]}.css");
        var css = await answer.Content.ReadAsStringAsync();
        var colours = Colours().Matches(css).Select(match => BrandColour.TryParse(match.Value, out var read) ? read : default).ToArray();

        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/css"));
        Assert.That(answer.Headers.CacheControl!.ToString(), Does.Contain("immutable"));
        Assert.That(colours, Has.Length.EqualTo(6), css);
        foreach (var (brand, ink, wash, grounds) in new[] { (colours[0], colours[1], colours[2], Of("#ffffff", "#f5f7f6")), (colours[3], colours[4], colours[5], Of("#18201e", "#0f1514")) })
        {
            Assert.That(grounds.Append(wash).Select(ground => BrandColour.Contrast(brand, ground)), Is.All.GreaterThanOrEqualTo(4.5), css);
            Assert.That(BrandColour.Contrast(brand, ink), Is.GreaterThanOrEqualTo(4.5), css);
        }

        static BrandColour[] Of(params string[] texts) => [.. texts.Select(text => BrandColour.TryParse(text, out var read) ? read : default)];
    }

    [TestCase("fff")]
    [TestCase("gggggg")]
    [TestCase("0f766e%7Dbody")]
    [TestCase("0f766é")]
    [TestCase("-f766e0")]
    public async Task What_is_no_colour_makes_no_style_sheet(string colour) =>
        Assert.That((await _shopper.AskAsync($"/looks/str_lux/{colour}.css")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));

    private Task<int> TermsAsync(string terms) => _app.Db.DoAsync(
        """
        INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor)
        SELECT 'str_lux', @id, COUNT(*) + 1, @terms, @at, @at, 'test' FROM campaign_revisions WHERE campaign_id = @id
        """,
        new { id = _rooms.CampaignId, terms, at = StoreApp.Start.AddDays(-1) });

    private static string? Meta(AngleSharp.Dom.IDocument page, string property) => page.QuerySelector($"meta[property='{property}']")?.GetAttribute("content");

    [GeneratedRegex("#[0-9a-f]{6}")]
    private static partial Regex Colours();
}
