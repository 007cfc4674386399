// What every page keeps to: its size, its headings, its headers, its token; who may come in is tried in EveryRoomTests.cs.
using System.Net;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Pages;

internal sealed class AccessTests
{
    private static readonly string[] OwnersRooms =
        ["/dashboard", "/dashboard/orders", "/dashboard/orders/1001", "/dashboard/ambassadors", "/dashboard/ambassadors/amb_ann", "/dashboard/connection", "/dashboard/plan",
            "/dashboard/payouts", "/dashboard/payouts/run_1", "/dashboard/team", "/dashboard/figures", "/dashboard/balances?currency=EUR&account=held", "/dashboard/reviews",
            "/dashboard/settings", "/dashboard/audit", "/dashboard/look", "/dashboard/payouts/differences", "/dashboard/orders?show=credited&from=2026-03-01&to=2026-03-01",
            "/dashboard/campaigns", "/dashboard/campaigns/new", "/dashboard/campaigns/compare",
            "/dashboard/campaigns/cmp_str_lux", "/dashboard/campaigns/cmp_str_lux/rehearsals", "/dashboard/campaigns/cmp_str_lux/checks", "/dashboard/campaigns/cmp_str_lux/revisions/new",
            "/dashboard/ambassadors/new", "/dashboard/ambassadors/import", "/dashboard/ambassadors/amb_ann/notes", "/dashboard/applications",
            "/dashboard/setup", "/dashboard/mails", "/dashboard/mails/welcome", "/dashboard/mails/log", "/dashboard/mails/settings"];

    private static readonly string[] OwnersForms =
        ["/dashboard/deliveries/dlv_1/replays", "/dashboard/effects/eff_1/replays", "/dashboard/ambassadors/amb_ann/sign-in-links",
            "/dashboard/orders/1001/decisions",
            "/dashboard/payouts/run_1/approval", "/dashboard/payouts/run_1/stop", "/dashboard/payouts/run_1/resumption", "/dashboard/payouts/run_1/cancellation",
            "/dashboard/campaigns/cmp_str_lux/launch", "/dashboard/campaigns/cmp_str_lux/pause", "/dashboard/campaigns/cmp_str_lux/resumption",
            "/dashboard/campaigns/cmp_str_lux/applications", "/dashboard/campaigns/cmp_str_lux/revisions/1/withdrawal",
            "/dashboard/campaigns/cmp_str_lux/rehearsals/reh_1/notes", "/dashboard/campaigns/cmp_str_lux/rehearsals/reh_1/ambassadors",
            "/dashboard/campaigns/cmp_str_lux/rehearsals/reh_1/sign-in",
            "/dashboard/ambassadors/amb_ann/suspension", "/dashboard/ambassadors/amb_ann/reinstatement", "/dashboard/ambassadors/amb_ann/ending",
            "/dashboard/ambassadors/amb_ann/group", "/dashboard/ambassadors/amb_ann/codes", "/dashboard/ambassadors/amb_ann/code-endings",
            "/dashboard/ambassadors/amb_ann/notes", "/dashboard/ambassadors/amb_ann/notes/nte_1/removal",
            "/dashboard/applications/app_1/approval", "/dashboard/applications/app_1/rejection"];

    private static readonly string[] AmbassadorsForms = ["/portal/rules/acceptance"];

    private StoreApp _app = null!;
    private Rooms _rooms = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync([new("Shopify:ClientId", "id"), new("Shopify:ClientSecret", "secret")]);
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.OrderAsync("1001", "held", 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        await _rooms.DeadDeliveryAsync("dlv_1", "No id.");
        await _rooms.DeadEffectAsync("eff_1", "The store refused.");
        await _rooms.RunAsync("run_1");
        await _rooms.TermsAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task No_page_reads_a_form_that_is_too_large()
    {
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
        using var owner = await _rooms.OwnerAsync();
        using var stranger = new Browser(_app.Address);
        var large = new Dictionary<string, string> { ["text"] = new string('x', 40_000) };

        foreach (var (browser, path) in OwnersForms.Select(path => (owner, path)).Concat(AmbassadorsForms.Select(path => (ann, path))).Append((stranger, "/sign-in/none")))
        {
            Assert.That((await browser.PostAsync(path, large)).StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge), path);
        }
    }

    [Test]
    public async Task Another_stores_ids_are_not_there_and_nothing_of_it_shows()
    {
        var other = await Rooms.OpenAsync(_app, "str_other", "Other");
        using var stranger = await other.OwnerAsync();
        var token = (await stranger.GetAsync("/dashboard")).QuerySelectorAll("form.out input").ToDictionary(
            input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

        await stranger.GetAsync("/dashboard/orders/1001", HttpStatusCode.NotFound);
        await stranger.GetAsync("/dashboard/ambassadors/amb_ann", HttpStatusCode.NotFound);
        foreach (var path in OwnersForms)
        {
            Assert.That((await stranger.PostAsync(path, token)).StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }

        foreach (var path in new[] { "/dashboard", "/dashboard/orders", "/dashboard/ambassadors" })
        {
            Assert.That((await stranger.GetAsync(path)).Text("body"), Does.Not.Contain("1001").And.Not.Contain("Ann"), path);
        }

        Assert.That(
            await _app.Db.ManyAsync<string>("SELECT state FROM deliveries WHERE store_id = 'str_lux'"), Is.EqualTo(["dead"]));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT state FROM effects WHERE store_id = 'str_lux'"), Is.EqualTo(["dead"]));
    }

    [Test]
    public async Task A_form_without_its_token_is_refused_and_changes_nothing()
    {
        using var owner = await _rooms.OwnerAsync();

        foreach (var path in OwnersForms)
        {
            var page = await Browser.ReadAsync(await owner.PostAsync(path, []), HttpStatusCode.BadRequest);
            Assert.That(page.Text("h1"), Is.EqualTo("That did not work"), path);
        }

        Assert.That(
            await _app.Db.ManyAsync<string>("SELECT state FROM deliveries WHERE store_id = 'str_lux'"), Is.EqualTo(["dead"]));
    }

    [Test]
    public async Task A_token_of_one_session_does_not_serve_another()
    {
        using var owner = await _rooms.OwnerAsync();
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
        var form = (await ann.GetAsync("/portal")).QuerySelector("form.out")!;
        var tokens = form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

        Assert.That((await owner.PostAsync("/sign-out", tokens)).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Every_page_keeps_scripts_frames_and_caches_out_and_stays_small()
    {
        using var owner = await _rooms.OwnerAsync();
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
        var answers = new List<HttpResponseMessage> { await ann.AskAsync("/portal"), await owner.AskAsync("/sign-in"), await owner.AskAsync("/nowhere") };
        foreach (var path in OwnersRooms)
        {
            answers.Add(await owner.AskAsync(path));
        }

        foreach (var answer in answers)
        {
            var path = answer.RequestMessage!.RequestUri!.AbsolutePath;
            var html = await answer.Content.ReadAsStringAsync();
            Assert.That(
                answer.Headers.GetValues("Content-Security-Policy").Single(),
                Does.Contain("default-src 'self'").And.Contain("frame-ancestors 'none'").And.Not.Contain("unsafe"), path);
            Assert.That(answer.Headers.GetValues("X-Content-Type-Options").Single(), Is.EqualTo("nosniff"), path);
            Assert.That(answer.Headers.GetValues("Referrer-Policy").Single(), Is.EqualTo("same-origin"), path);
            Assert.That(answer.Headers.CacheControl!.NoStore, Is.True, path);
            Assert.That(html, Does.StartWith("<!DOCTYPE html>"), path);
            Assert.That(html, Does.Not.Contain("<script").And.Not.Contain(" style=").And.Not.Contain("<style"), path);
            Assert.That(html, Has.Length.LessThan(60_000), path);
        }
    }

    [Test]
    public async Task Every_page_has_a_language_one_first_heading_headings_in_order_and_named_tables()
    {
        using var owner = await _rooms.OwnerAsync();
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
        foreach (var (browser, path) in OwnersRooms.Select(path => (owner, path)).Append((ann, "/portal")))
        {
            var page = await browser.GetAsync(path);
            var levels = page.QuerySelectorAll("h1, h2, h3, h4").Select(heading => heading.LocalName[1] - '0').ToArray();

            Assert.That(page.DocumentElement.GetAttribute("lang"), Is.EqualTo("en"), path);
            Assert.That(page.Title, Does.EndWith("· Lux & Co"), path);
            Assert.That(levels.Count(level => level == 1), Is.EqualTo(1), path);
            Assert.That(levels.Zip(levels.Skip(1), (before, after) => after - before), Is.All.LessThanOrEqualTo(1), path);
            Assert.That(page.QuerySelectorAll("table").All(table => table.QuerySelector("caption") is not null), Is.True, path);
            Assert.That(page.QuerySelectorAll("th").All(cell => cell.HasAttribute("scope")), Is.True, path);
            Assert.That(page.QuerySelectorAll("img").All(image => image.HasAttribute("alt")), Is.True, path);
        }
    }

    [Test]
    public async Task A_missing_page_is_html_for_a_browser_and_problem_details_for_a_program()
    {
        using var browser = new Browser(_app.Address);

        var page = await browser.GetAsync("/nowhere", HttpStatusCode.NotFound);
        var answer = await _app.Http.GetAsync(new Uri("/nowhere", UriKind.Relative));

        Assert.That(page.Text("h1"), Is.EqualTo("There is nothing here"));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task A_fault_of_ours_is_a_page_with_a_reference_and_no_detail()
    {
        await using var app = await StoreApp.StartAsync();
        var rooms = await Rooms.OpenAsync(app);
        using var owner = await rooms.OwnerAsync();
        await app.Db.DoAsync("DROP TABLE click_days");

        var answer = await owner.AskAsync("/dashboard");
        var page = await Browser.ReadAsync(answer, HttpStatusCode.InternalServerError);

        Assert.That(page.Text(), Does.Contain("Something went wrong on our side").And.Contain("name this reference").And.Not.Contain("clicks"));
        Assert.That(answer.Headers.Contains("Content-Security-Policy"), Is.True);
    }

    [Test]
    public async Task The_style_sheet_is_small_and_kept_by_browsers()
    {
        using var browser = new Browser(_app.Address);
        var path = (await browser.GetAsync("/sign-in")).QuerySelector("link[rel=stylesheet]")!.GetAttribute("href")!;

        var answer = await browser.AskAsync(path);

        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/css"));
        Assert.That(answer.Headers.CacheControl!.ToString(), Does.Contain("immutable"));
        Assert.That(await answer.Content.ReadAsByteArrayAsync(), Has.Length.LessThan(20_000));
    }
}
