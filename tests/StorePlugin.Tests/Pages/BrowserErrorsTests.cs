// A person whom a platform sent to a path that refuses reads a page; a program reads ProblemDetails.
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Pages;

internal sealed class BrowserErrorsTests
{
    private StoreApp _app = null!;

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("/shopify/install", HttpStatusCode.BadRequest, "The parameter hmac is missing.")]
    [TestCase("/shopify/callback?shop=lux.myshopify.com", HttpStatusCode.BadRequest, "The parameter hmac is missing.")]
    [TestCase("/?shop=lux.myshopify.com", HttpStatusCode.BadRequest, "The parameter hmac is missing.")]
    [TestCase("/shopify/proxy/a", HttpStatusCode.Unauthorized, "bears no signature")]
    [TestCase("/rehearsal/install?currency=gold", HttpStatusCode.BadRequest, "currency is a code of ISO 4217")]
    [TestCase("/rehearsal/callback", HttpStatusCode.BadRequest, "shop, code and state must each come once.")]
    public async Task A_refusal_is_a_page_for_a_browser_and_a_problem_for_anything_else(string path, HttpStatusCode status, string words)
    {
        _app = await StoreApp.StartAsync([new("Shopify:ClientId", "id"), new("Shopify:ClientSecret", "secret")]);

        await AssertBothAsync(path, status, words);
    }

    [Test]
    public async Task So_is_what_is_not_set_up()
    {
        _app = await StoreApp.StartAsync();

        await AssertBothAsync("/shopify/install?shop=lux.myshopify.com", HttpStatusCode.ServiceUnavailable, "Shopify is not set up on this server");
    }

    [Test]
    public async Task So_is_one_installation_too_many()
    {
        _app = await StoreApp.StartAsync([new("Rehearsal:InstallsPerHourMax", "1")]);
        using var first = await _app.Http.GetAsync("/rehearsal/install");

        await AssertBothAsync("/rehearsal/install", HttpStatusCode.TooManyRequests, "Too many rehearsal stores");
    }

    [Test]
    public async Task The_rehearsal_platform_tells_a_browser_in_words_and_a_program_in_its_own_form()
    {
        _app = await StoreApp.StartAsync();
        using var browser = new Browser(_app.Address);
        const string Path = "/rehearsal/platform/lux.rehearsal.example/authorize";

        var page = await browser.GetAsync(Path, HttpStatusCode.BadRequest);
        using var answer = await _app.Http.GetAsync(Path);

        Assert.That(page.Text(), Does.Contain("redirect_uri is not registered"));
        Assert.That((string?)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["error"], Is.EqualTo("invalid_client"));
    }

    [Test]
    public async Task On_the_stores_own_domain_no_link_leads_to_a_page_of_ours()
    {
        _app = await StoreApp.StartAsync();
        using var browser = new Browser(_app.Address);

        var page = await browser.GetAsync("/shopify/proxy/a", HttpStatusCode.ServiceUnavailable);

        Assert.That(page.QuerySelectorAll("main a"), Is.Empty);
    }

    private async Task AssertBothAsync(string path, HttpStatusCode status, string words)
    {
        using var browser = new Browser(_app.Address);
        using var seen = await browser.AskAsync(path);
        var page = await Browser.ReadAsync(seen, status);
        using var answer = await _app.Http.GetAsync(path);
        var problem = await answer.Content.ReadFromJsonAsync<JsonObject>();

        Assert.That(seen.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"));
        Assert.That(seen.Headers.CacheControl!.NoStore, Is.True);
        Assert.That(page.Text(), Does.Contain(words));
        Assert.That(page.Text("h1"), Is.Not.Empty);
        Assert.That((answer.StatusCode, answer.Content.Headers.ContentType!.MediaType), Is.EqualTo((status, "application/problem+json")));
        Assert.That((string?)problem!["detail"], Does.Contain(words));
        Assert.That((string?)problem["type"], Does.StartWith("/problems/"));
    }
}
