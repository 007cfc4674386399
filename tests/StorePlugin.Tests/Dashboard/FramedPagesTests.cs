// The dashboard in a real browser as it stands in Shopify's admin: no cookie, each step by the small script with a token of its own.
using Microsoft.Playwright;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Storefront;

namespace StorePlugin.Tests.Dashboard;

internal sealed class FramedPagesTests
{
    private const string Domain = "lux.myshopify.com";

    // Shopify's own script, as far as it is used.
    private const string AppBridge =
        """
        window.shopify = {
          idToken: () => window.nextToken(),
          scopes: { request: (scopes) => window.askMerchant(scopes.join(",")) },
        };
        """;

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private IBrowserContext _context = null!;
    private IPage _page = null!;
    private readonly List<string> _asked = [];

    [SetUp]
    public async Task SetUp()
    {
        var browser = await Chromium.OpenAsync();
        _asked.Clear();
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        await _shopify.InstallAsync(_app, Domain);
        await _app.DrainAsync();
        _context = await browser.NewContextAsync();
        _page = await _context.NewPageAsync();
        await _page.RouteAsync("https://cdn.shopify.com/**", route => route.FulfillAsync(new() { ContentType = "text/javascript", Body = AppBridge }));
        await _page.ExposeFunctionAsync("nextToken", () => SessionTokens.Of(Domain, _app.Clock.GetUtcNow()));
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_context is not null)
        {
            Assert.That(await _context.CookiesAsync(), Is.Empty);
            await _context.CloseAsync();
        }

        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task A_permission_is_asked_for_by_Shopify_and_the_page_shows_what_the_merchant_granted()
    {
        await _page.ExposeFunctionAsync("askMerchant", (string scopes) =>
        {
            _asked.Add(scopes);
            _shopify.Granted = FakeShopify.Scopes + "," + scopes;
        });
        await _page.GotoAsync(new Uri(_app.Address, "/dashboard" + SessionTokens.Query(Domain, _app.Clock.GetUtcNow())).AbsoluteUri);
        await _page.GetByRole(AriaRole.Link, new() { Name = "Settings" }).ClickAsync();
        await _page.GetByRole(AriaRole.Link, new() { Name = "Connection to Shopify" }).ClickAsync();

        await _page.GetByRole(AriaRole.Button, new() { Name = "Grant it: Hear that a checkout was completed (web pixel)" }).ClickAsync();
        await _page.GetByRole(AriaRole.Status).GetByText("What is granted was asked of Shopify just now.").WaitForAsync();
        await _page.GetByRole(AriaRole.Button, new() { Name = "Switch the web pixel on" }).ClickAsync();
        await _page.GetByRole(AriaRole.Status).GetByText("The web pixel is switched on.").WaitForAsync();

        Assert.That(_asked, Is.EqualTo(new[] { ShopifyAbility.PixelScopes }));
        Assert.That(_shopify.Pixels.Keys, Is.EqualTo(new[] { Domain }));
        Assert.That(_page.Url, Does.Contain("/dashboard/connection").And.Not.Contain("id_token"));
    }

    [Test]
    public async Task A_permission_that_the_merchant_declines_changes_nothing_and_can_be_asked_for_again()
    {
        await _page.ExposeFunctionAsync("askMerchant", (string scopes) => _asked.Add(scopes));
        await _page.GotoAsync(new Uri(_app.Address, "/dashboard/connection" + SessionTokens.Query(Domain, _app.Clock.GetUtcNow())).AbsoluteUri);
        var button = _page.GetByRole(AriaRole.Button, new() { Name = "Grant it: Give gift cards as rewards" });

        for (var times = 1; times <= 2; times++)
        {
            await button.ClickAsync();
            await _page.GetByRole(AriaRole.Status).GetByText("What is granted was asked of Shopify just now.").WaitForAsync();
            await button.WaitForAsync();
        }

        Assert.That(_asked, Is.EqualTo(new[] { "write_gift_cards", "write_gift_cards" }));
    }
}
