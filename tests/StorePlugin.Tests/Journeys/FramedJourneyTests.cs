// The merchant's way in Shopify's admin as it is: the app in a frame of another site, in a browser that keeps no cookies for it.
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Storefront;

namespace StorePlugin.Tests.Journeys;

internal sealed class FramedJourneyTests
{
    private const string Domain = "lux.myshopify.com";
    private const string Admin = "https://admin.shopify.com/store/lux/apps/ambassadors";

    // Shopify's own script, as far as it is used.
    private const string AppBridge = "window.shopify = { idToken: () => window.nextToken(), scopes: { request: async () => {} } };";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private IBrowserContext _window = null!;
    private IPage _admin = null!;
    private IFrameLocator _frame = null!;

    [SetUp]
    public async Task SetUp()
    {
        var browser = await Chromium.OpenAsync();
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        await _shopify.InstallAsync(_app, Domain);
        await _app.DrainAsync();
        _window = await browser.NewContextAsync();
        _window.SetDefaultTimeout(10_000);
        _admin = await _window.NewPageAsync();
        await _window.RouteAsync("https://cdn.shopify.com/**", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = AppBridge }));
        await _window.RouteAsync("https://admin.shopify.com/**", route => route.FulfillAsync(new()
        {
            ContentType = "text/html",
            Body = $"<!doctype html><title>Admin</title><iframe name=app width=1200 height=900 src=\"{new Uri(_app.Address, "/dashboard" + SessionTokens.Query(Domain, _app.Clock.GetUtcNow())).AbsoluteUri.Replace("&", "&amp;", StringComparison.Ordinal)}\"></iframe>",
        }));
        await _window.ExposeFunctionAsync("nextToken", () => SessionTokens.Of(Domain, _app.Clock.GetUtcNow()));
        await _admin.GotoAsync(Admin);
        _frame = _admin.FrameLocator("iframe[name=app]");
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_window is not null)
        {
            await _window.CloseAsync();
        }

        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task A_campaign_is_made_launched_and_joined_without_a_cookie()
    {
        await FollowAsync("Campaigns");
        await _frame.GetByRole(AriaRole.Link, new() { Name = "New campaign" }).ClickAsync();
        await _frame.GetByLabel("Name", new() { Exact = true }).FillAsync("Spring");
        await PressAsync("Make the draft");
        await HeadingAsync("Spring");
        await _frame.GetByLabel("Metric").SelectOptionAsync("orders");
        await _frame.GetByLabel("Target").FillAsync("50");
        await _frame.GetByLabel("Date").FillAsync("2026-12-31");
        await PressAsync("Keep the objective");
        await ToldAsync("The objective is kept.");
        await PressAsync("Launch the campaign");
        await ToldAsync("The campaign is live: orders count from now on.");

        await FollowAsync("Ambassadors");
        await _frame.GetByRole(AriaRole.Link, new() { Name = "Add one" }).ClickAsync();
        await _frame.GetByLabel("Name", new() { Exact = true }).FillAsync("Ann");
        await _frame.GetByLabel("E-mail address").FillAsync("ann@example.com");
        await PressAsync("Add them");
        await ToldAsync("They are an ambassador now.");
        await _app.DrainAsync();
        await FollowAsync("Ambassadors");
        await _frame.GetByRole(AriaRole.Cell, new() { Name = "ANN" }).First.WaitForAsync();

        await FollowAsync("Settings");
        await _frame.GetByRole(AriaRole.Link, new() { Name = "Look" }).ClickAsync();
        await _frame.GetByLabel("Colour").First.FillAsync("#aa3366");
        await _frame.GetByLabel("Use the program's own colour").UncheckAsync();
        await PressAsync("Keep");
        await _frame.Locator("head link[href^='/looks/'][href$='aa3366.css']").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await FollowAsync("Overview");
        await _frame.Locator("head link[href^='/looks/']").WaitForAsync(new() { State = WaitForSelectorState.Detached });

        Assert.That(await _window.CookiesAsync(), Is.Empty);
        Assert.That(await _frame.Locator("body").EvaluateAsync<string>("() => { document.cookie = 'kept=1; SameSite=None; Secure'; return document.cookie; }"), Is.Empty, "the browser keeps none");
        Assert.That(await _app.Db.ManyAsync<string>("SELECT actor FROM campaign_states WHERE state = 'live'"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task No_other_site_may_frame_a_page()
    {
        await _window.RouteAsync("https://elsewhere.example/**", route => route.FulfillAsync(new()
        {
            ContentType = "text/html",
            Body = $"<iframe name=app src=\"{new Uri(_app.Address, "/dashboard" + SessionTokens.Query(Domain, _app.Clock.GetUtcNow())).AbsoluteUri.Replace("&", "&amp;", StringComparison.Ordinal)}\"></iframe>",
        }));
        var refused = new List<string>();
        _admin.Console += (_, message) => refused.Add(message.Text);
        await _admin.GotoAsync("https://elsewhere.example/");
        await _admin.WaitForTimeoutAsync(500);

        Assert.That(refused, Has.Some.Contains("frame-ancestors"));
    }

    private Task FollowAsync(string name) => _frame.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();

    private Task PressAsync(string begins) =>
        _frame.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^" + begins, RegexOptions.None, TimeSpan.FromSeconds(1)) }).First.ClickAsync();

    private Task ToldAsync(string words) => _frame.GetByRole(AriaRole.Status).GetByText(words).WaitForAsync();

    private Task HeadingAsync(string name) => _frame.GetByRole(AriaRole.Heading, new() { Name = name, Level = 1 }).WaitForAsync();
}
