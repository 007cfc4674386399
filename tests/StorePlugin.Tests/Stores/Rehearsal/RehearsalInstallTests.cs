// Installing into a rehearsal store, and what is refused on the way.
using System.Net;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Rehearsal;

internal sealed class RehearsalInstallTests
{
    [Test]
    public async Task An_installation_ends_in_the_dashboard_of_a_new_test_store()
    {
        await using var app = await StoreApp.StartAsync();
        var (callback, cookie) = await InstalledShop.BeginAsync(app);

        using var answer = await app.GetAsync(callback, cookie);

        var store = await app.StoreOfAsync(callback);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(answer.Headers.Location!.AbsolutePath, Is.EqualTo("/dashboard"));
        Assert.That(
            (store.Platform, store.Mode, store.State, store.Name, store.Currency, store.TimeZone),
            Is.EqualTo(("rehearsal", "test", "installed", "Lux Rehearsal", "EUR", "Europe/Berlin")));
        Assert.That(store.Domain, Does.EndWith(".rehearsal.example"));
    }

    [Test]
    public async Task The_callback_leaves_the_keys_of_the_platform_and_of_stripe_with_the_store()
    {
        await using var app = await StoreApp.StartAsync();

        var shop = await InstalledShop.InstallAsync(app);

        Assert.That(await shop.CredentialAsync(CredentialKind.AccessToken), Does.StartWith("rat_"));
        Assert.That(await shop.CredentialAsync(CredentialKind.WebhookSecret), Does.StartWith("rws_"));
        Assert.That(await shop.CredentialAsync(CredentialKind.StripeSecretKey), Does.StartWith("sk_rehearsal_"));
        Assert.That(await shop.CredentialAsync(CredentialKind.StripeWebhookSecrets), Does.StartWith("whsec_"));
    }

    [Test]
    public async Task The_visitor_is_signed_in_as_the_owner()
    {
        await using var app = await StoreApp.StartAsync();
        var (callback, cookie) = await InstalledShop.BeginAsync(app);

        using var answer = await app.GetAsync(callback, cookie);

        Assert.That(answer.Headers.GetValues("Set-Cookie"), Has.Some.StartsWith(SignIn.CookieName + "="));
    }

    // Anybody can make a link that leads through an installation; following it must not throw a merchant out of their store.
    [Test]
    public async Task Whoever_has_signed_in_elsewhere_stays_there_until_they_say_otherwise()
    {
        await using var app = await StoreApp.StartAsync();
        var (first, firstCookie) = await InstalledShop.BeginAsync(app);
        using var signedIn = await app.GetAsync(first, firstCookie);
        var session = signedIn.Headers.GetValues("Set-Cookie").Single(header => header.StartsWith(SignIn.CookieName + "=", StringComparison.Ordinal)).Split(';')[0];
        var (second, secondCookie) = await InstalledShop.BeginAsync(app);

        using var answer = await app.GetAsync(second, $"{secondCookie}; {session}");
        using var dashboard = await app.GetAsync(new Uri("/dashboard", UriKind.Relative), session);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(answer.Headers.Location!.AbsolutePath, Does.StartWith("/sign-in/" + (await app.StoreOfAsync(second)).Id));
        Assert.That(answer.Headers.GetValues("Set-Cookie"), Has.None.StartsWith(SignIn.CookieName + "="));
        Assert.That(dashboard.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Each_installation_makes_a_store_of_its_own()
    {
        await using var app = await StoreApp.StartAsync();

        var first = await InstalledShop.InstallAsync(app);
        var second = await InstalledShop.InstallAsync(app);

        Assert.That(second.Store.Id, Is.Not.EqualTo(first.Store.Id));
        Assert.That(second.Store.Domain, Is.Not.EqualTo(first.Store.Domain));
    }

    [Test]
    public async Task Name_currency_and_time_zone_may_be_chosen()
    {
        await using var app = await StoreApp.StartAsync();

        var shop = await InstalledShop.InstallAsync(app, "?name=Caf%C3%A9%20Zo%C3%AB&currency=JPY&timeZone=Asia/Tokyo");

        Assert.That((shop.Store.Name, shop.Store.Currency, shop.Store.TimeZone), Is.EqualTo(("Café Zoë", "JPY", "Asia/Tokyo")));
        Assert.That(shop.Store.Domain, Does.Match("^cafe-zoe-[0-9a-f]{8}\\.rehearsal\\.example$"));
    }

    [TestCase("?currency=EURO")]
    [TestCase("?currency=eur")]
    [TestCase("?timeZone=Mars/Olympus")]
    [TestCase("?name=%20")]
    [TestCase("?name=a%0Ab")]
    public async Task A_choice_that_cannot_be_meant_is_refused_in_words(string query)
    {
        await using var app = await StoreApp.StartAsync();

        using var answer = await app.GetAsync(new Uri("/rehearsal/install" + query, UriKind.Relative));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("/problems/installation-refused"));
    }

    [Test]
    public async Task A_callback_works_once()
    {
        await using var app = await StoreApp.StartAsync();
        var (callback, cookie) = await InstalledShop.BeginAsync(app);

        using var first = await app.GetAsync(callback, cookie);
        using var second = await app.GetAsync(callback, cookie);

        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [TestCase(null)]
    [TestCase("amb_install=someone-elses")]
    public async Task Another_browser_cannot_finish_an_installation(string? cookie)
    {
        await using var app = await StoreApp.StartAsync();
        var (callback, _) = await InstalledShop.BeginAsync(app);

        using var answer = await app.GetAsync(callback, cookie);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await app.StoreOfAsync(callback)).State, Is.EqualTo("installing"));
    }

    [Test]
    public async Task A_state_that_was_never_given_out_is_refused()
    {
        await using var app = await StoreApp.StartAsync();
        var (callback, cookie) = await InstalledShop.BeginAsync(app);
        var forged = new Uri(callback.ToString().Split("&state=")[0] + "&state=" + new string('0', 64));

        using var answer = await app.GetAsync(forged, cookie);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task A_state_is_not_good_for_another_shop()
    {
        await using var app = await StoreApp.StartAsync();
        var mine = await InstalledShop.BeginAsync(app);
        var others = await InstalledShop.BeginAsync(app);
        var shop = (await app.StoreOfAsync(others.Callback)).Domain;
        var crossed = new Uri(mine.Callback.ToString().Replace((await app.StoreOfAsync(mine.Callback)).Domain, shop, StringComparison.Ordinal));

        using var answer = await app.GetAsync(crossed, mine.Cookie);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task A_state_lives_ten_minutes()
    {
        await using var app = await StoreApp.StartAsync();
        var (callback, cookie) = await InstalledShop.BeginAsync(app);

        app.Clock.Advance(Installation.StateLifetime);
        using var answer = await app.GetAsync(callback, cookie);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task A_code_of_the_platforms_that_is_wrong_is_told_in_words()
    {
        await using var app = await StoreApp.StartAsync();
        var (callback, cookie) = await InstalledShop.BeginAsync(app);
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(callback.Query);
        var wrong = new Uri($"/rehearsal/callback?shop={query["shop"]}&code=wrong&state={query["state"]}", UriKind.Relative);

        using var answer = await app.GetAsync(wrong, cookie);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("did not exchange the code"));
    }

    [Test]
    public async Task The_platform_grants_to_no_address_but_ours()
    {
        await using var app = await StoreApp.StartAsync();
        var (callback, _) = await InstalledShop.BeginAsync(app);
        var shop = (await app.StoreOfAsync(callback)).Domain;

        using var answer = await app.GetAsync(new Uri(
            $"/rehearsal/platform/{shop}/authorize?client_id=storeplugin&state=x&redirect_uri=https%3A%2F%2Fevil.example%2F", UriKind.Relative));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task The_platform_gives_a_token_only_to_who_proves_to_be_the_app()
    {
        await using var app = await StoreApp.StartAsync();
        var (callback, _) = await InstalledShop.BeginAsync(app);
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(callback.Query);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["client_id"] = "storeplugin",
            ["client_secret"] = "guessed",
            ["code"] = query["code"].ToString(),
        });

        using var answer = await app.Http.PostAsync(
            new Uri($"/rehearsal/platform/{query["shop"]}/access_token", UriKind.Relative), form);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Installations_are_limited_by_the_hour()
    {
        await using var app = await StoreApp.StartAsync([new("Rehearsal:InstallsPerHourMax", "1")]);
        await InstalledShop.InstallAsync(app);

        using var answer = await app.GetAsync(new Uri("/rehearsal/install", UriKind.Relative));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("Too many rehearsal stores"));
    }
}
