// Coming in: links that work once, sessions that end.
using System.Net;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores;

internal sealed class SignInTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task A_link_shows_a_button_and_the_button_signs_in()
    {
        using var browser = new Browser(_app.Address);
        var link = await LinkAsync();

        var page = await browser.GetAsync(link);
        Assert.That(page.Text("h1"), Is.EqualTo("Sign in to Lux & Co"));
        var answer = await browser.SubmitAsync(page.QuerySelector("main form")!);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(answer.Headers.Location!.OriginalString, Is.EqualTo("/dashboard"));
        Assert.That((await browser.AskAsync("/dashboard")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Looking_at_a_link_does_not_use_it_up_but_the_button_does()
    {
        using var first = new Browser(_app.Address);
        using var second = new Browser(_app.Address);
        var link = await LinkAsync();
        await first.GetAsync(link);
        var firstPage = await first.GetAsync(link);
        var secondPage = await second.GetAsync(link);

        var used = await first.SubmitAsync(firstPage.QuerySelector("main form")!);
        var usedAgain = await second.SubmitAsync(secondPage.QuerySelector("main form")!);

        Assert.That(used.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That((await Browser.ReadAsync(usedAgain, HttpStatusCode.Gone)).Text("h1"), Is.EqualTo("This link no longer works"));
        Assert.That((await second.AskAsync("/dashboard")).Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        await second.GetAsync(link, HttpStatusCode.Gone);
    }

    [Test]
    public async Task Of_many_who_press_the_button_at_once_one_comes_in()
    {
        var link = await LinkAsync();
        var browsers = Enumerable.Range(0, 8).Select(_ => new Browser(_app.Address)).ToArray();
        var pages = await Task.WhenAll(browsers.Select(browser => browser.GetAsync(link)));

        var answers = await Task.WhenAll(browsers.Zip(pages, (browser, page) => browser.SubmitAsync(page.QuerySelector("main form")!)));

        Assert.That(answers.Count(answer => answer.StatusCode == HttpStatusCode.Redirect), Is.EqualTo(1));
        Assert.That(answers.Count(answer => answer.StatusCode == HttpStatusCode.Gone), Is.EqualTo(7));
    }

    [Test]
    public async Task A_link_works_until_its_fifteenth_minute_and_not_in_it()
    {
        using var browser = new Browser(_app.Address);
        var link = await LinkAsync();

        _app.Clock.Advance(SignIn.LinkLifetime - TimeSpan.FromMilliseconds(1));
        var page = await browser.GetAsync(link);
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));

        await browser.GetAsync(link, HttpStatusCode.Gone);
        Assert.That((await browser.SubmitAsync(page.QuerySelector("main form")!)).StatusCode, Is.EqualTo(HttpStatusCode.Gone));
    }

    [Test]
    public async Task The_button_without_the_pages_token_is_refused_and_leaves_the_link_good()
    {
        using var browser = new Browser(_app.Address);
        var link = await LinkAsync();

        var refused = await browser.PostAsync(link, []);

        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        await browser.GetAsync(link);
    }

    [TestCase("/sign-in/nonsense")]
    [TestCase("/sign-in/str_lux.wrong")]
    [TestCase("/sign-in/str_none.wrong")]
    public async Task A_link_that_nobody_made_opens_nothing(string path)
    {
        using var browser = new Browser(_app.Address);

        await browser.GetAsync(path, HttpStatusCode.Gone);
    }

    [Test]
    public async Task A_secret_of_one_store_opens_no_other()
    {
        using var browser = new Browser(_app.Address);
        await Rooms.OpenAsync(_app, "str_other", "Other");
        var link = await LinkAsync();

        await browser.GetAsync(link.Replace("str_lux", "str_other", StringComparison.Ordinal), HttpStatusCode.Gone);
    }

    [Test]
    public async Task The_cookie_is_for_the_server_only_and_holds_what_the_database_knows_only_as_a_hash()
    {
        using var browser = await _rooms.OwnerAsync();

        var cookie = browser.Cookies.GetAllCookies().Single(cookie => cookie.Name == "amb_session");
        var secret = cookie.Value["str_lux.".Length..];
        var hashes = await _app.Db.ManyAsync<string>("SELECT token_hash FROM sessions WHERE store_id = 'str_lux'");

        Assert.That(cookie.HttpOnly, Is.True);
        Assert.That(cookie.Secure, Is.False, "The address is http.");
        Assert.That(hashes, Is.EqualTo([Ids.HashOf(secret)]));
    }

    [Test]
    public async Task Where_the_public_address_is_https_every_cookie_is_secure_and_same_site()
    {
        await using var app = await StoreApp.StartAsync([new("PublicUrl", "https://amb.example.org")]);
        var rooms = await Rooms.OpenAsync(app);
        var link = await app.Get<SignIn>().NewLinkAsync(rooms.Store, Role.Owner, null, CancellationToken.None);
        Assert.That(link, Does.StartWith("https://amb.example.org/sign-in/str_lux."));

        var shown = await app.Http.GetAsync(new Uri(new Uri(link).AbsolutePath, UriKind.Relative));
        var form = (await Browser.ReadAsync(shown)).QuerySelector("main form input")!;
        var formCookie = shown.Headers.GetValues("Set-Cookie").Single();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(link).AbsolutePath, UriKind.Relative));
        request.Headers.Add("Cookie", formCookie.Split(';')[0]);
        request.Content = new FormUrlEncodedContent([new(form.GetAttribute("name")!, form.GetAttribute("value")!)]);
        var signedIn = await app.Http.SendAsync(request);
        var session = signedIn.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("amb_session=", StringComparison.Ordinal));

        Assert.That(formCookie, Does.Contain("secure").IgnoreCase.And.Contain("httponly").IgnoreCase);
        Assert.That(session, Does.Contain("; secure").IgnoreCase.And.Contain("httponly").IgnoreCase.And.Contain("samesite=lax").IgnoreCase.And.Contain("max-age=43200"));
    }

    [Test]
    public async Task A_session_lasts_twelve_hours()
    {
        using var browser = await _rooms.OwnerAsync();

        _app.Clock.Advance(SignIn.SessionLifetime - TimeSpan.FromMilliseconds(1));
        Assert.That((await browser.AskAsync("/dashboard")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That((await browser.AskAsync("/dashboard")).Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
    }

    [Test]
    public async Task Signing_out_ends_the_session_for_whoever_holds_the_cookie()
    {
        using var browser = await _rooms.OwnerAsync();
        var cookie = browser.Cookies.GetAllCookies().Single(cookie => cookie.Name == "amb_session").Value;
        var page = await browser.GetAsync("/dashboard");

        var answer = await browser.SubmitAsync(page.QuerySelector("form.out")!);
        using var thief = new HttpRequestMessage(HttpMethod.Get, new Uri("/dashboard", UriKind.Relative));
        thief.Headers.Add("Cookie", $"amb_session={cookie}");
        var stolen = await _app.Http.SendAsync(thief);

        Assert.That(answer.Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        Assert.That(browser.Cookies.GetAllCookies().Any(left => left.Name == "amb_session"), Is.False);
        Assert.That(stolen.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    [Test]
    public async Task Signing_out_without_the_pages_token_is_refused()
    {
        using var browser = await _rooms.OwnerAsync();

        Assert.That((await browser.PostAsync("/sign-out", [])).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await browser.AskAsync("/dashboard")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Signing_in_again_gives_a_new_session_and_ends_the_old_one()
    {
        using var browser = await _rooms.OwnerAsync();
        var before = browser.Cookies.GetAllCookies().Single(cookie => cookie.Name == "amb_session").Value;

        var page = await browser.GetAsync(await LinkAsync());
        await browser.SubmitAsync(page.QuerySelector("main form")!);
        var after = browser.Cookies.GetAllCookies().Single(cookie => cookie.Name == "amb_session").Value;
        using var old = new HttpRequestMessage(HttpMethod.Get, new Uri("/dashboard", UriKind.Relative));
        old.Headers.Add("Cookie", $"amb_session={before}");

        Assert.That(after, Is.Not.EqualTo(before));
        Assert.That((await _app.Http.SendAsync(old)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That((await browser.AskAsync("/dashboard")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task When_the_store_uninstalls_its_owner_is_out_and_an_ambassador_still_sees_what_is_owed()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        using var owner = await _rooms.OwnerAsync();
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");

        await _app.Db.DoAsync("UPDATE stores SET state = 'uninstalled' WHERE id = 'str_lux'");
        _app.Get<StoreDirectory>().Forget(_rooms.Store);

        Assert.That((await owner.AskAsync("/dashboard")).Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        Assert.That((await ann.AskAsync("/portal")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task The_console_prints_a_link_for_each_store_the_last_installed_first()
    {
        var later = await Rooms.OpenAsync(_app, "str_new", "Newest");
        await _app.Db.DoAsync("UPDATE stores SET installed_at = installed_at + 1 WHERE id = 'str_new'");

        var text = await _app.Get<SignInLine>().TextAsync(CancellationToken.None);
        using var browser = new Browser(_app.Address);
        var links = text.Split(' ', '\n').Where(word => word.StartsWith("http://", StringComparison.Ordinal)).ToList();
        var headings = new List<string>();
        foreach (var link in links)
        {
            headings.Add((await browser.GetAsync(new Uri(link).AbsolutePath)).Text("h1"));
        }

        Assert.That(text, Does.StartWith("Sign in as the owner").And.Contain($"Newest ({later.Store.Domain})"));
        Assert.That(headings, Is.EqualTo([$"Sign in to {later.Store.Name}", $"Sign in to {_rooms.Store.Name}"]));
    }

    [Test]
    public async Task The_console_prints_few_links_however_many_stores_there_are()
    {
        foreach (var number in Enumerable.Range(1, 6))
        {
            await Rooms.OpenAsync(_app, $"str_{number}", $"Store {number}");
        }

        var text = await _app.Get<SignInLine>().TextAsync(CancellationToken.None);

        Assert.That(text.Split("http://"), Has.Length.EqualTo(6));
        Assert.That(text, Does.EndWith("More stores are installed; their merchants sign in from their own admin."));
    }

    [Test]
    public async Task Without_a_store_the_console_says_where_to_install_one()
    {
        await using var app = await StoreApp.StartAsync();

        var text = await app.Get<SignInLine>().TextAsync(CancellationToken.None);

        Assert.That(text, Does.Contain("No store is installed yet").And.Contain(new Uri(app.Address, "/rehearsal/install").ToString()));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task What_the_console_and_the_sign_in_page_offer_without_a_store_works(bool hasShopify)
    {
        await using var app = await StoreApp.StartAsync(hasShopify ? [new("Shopify:ClientId", "id"), new("Shopify:ClientSecret", "secret")] : []);
        using var browser = new Browser(app.Address);

        var text = await app.Get<SignInLine>().TextAsync(CancellationToken.None);
        var page = await browser.GetAsync("/sign-in");
        var links = text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.StartsWith("http", StringComparison.Ordinal))
            .Select(link => new Uri(link).PathAndQuery)
            .Concat(page.QuerySelectorAll("main a").Select(link => link.GetAttribute("href")!)).ToList();

        Assert.That(links, Is.EqualTo(["/rehearsal/install", "/rehearsal/install"]));
        foreach (var link in links)
        {
            using var answer = await browser.AskAsync(link);
            Assert.That(answer.StatusCode, Is.EqualTo(link == "/portal/sign-in" ? HttpStatusCode.OK : HttpStatusCode.Redirect), link);
        }

        Assert.That(text.Contains("app's page at Shopify", StringComparison.Ordinal), Is.EqualTo(hasShopify));
        Assert.That(page.Text().Contains("app's page at Shopify", StringComparison.Ordinal), Is.EqualTo(hasShopify));
    }

    private async Task<string> LinkAsync() =>
        new Uri(await _app.Get<SignIn>().NewLinkAsync(_rooms.Store, Role.Owner, null, CancellationToken.None)).PathAndQuery;
}
