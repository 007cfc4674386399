// A customer on the thank-you page, in a real browser: the block's script asks the real app across origins, and shows what it says.
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Storefront;

internal sealed class ThanksExtensionTests
{
    private const string Shop = "lux.myshopify.com";

    private readonly List<string> _faults = [];
    private IBrowser _browser = null!;
    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;
    private ApiClient _api = null!;
    private FakeThanks _thanks = null!;
    private IBrowserContext _context = null!;
    private IPage _page = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _browser = await Chromium.OpenAsync();
        var script = await ThanksBlock.ScriptAsync();
        _faults.Clear();
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        _api = await ApiClient.OfAsync(_app, _store);
        _shopify.Accounts[(Shop, "7")] = new FakeShopify.Account("ann@example.com");
        _thanks = await FakeThanks.StartAsync(_app, Shop, script);
        _context = await _browser.NewContextAsync();
        _page = await _context.NewPageAsync();
        _page.PageError += (_, fault) => _faults.Add(fault);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        // Nothing was opened where there is no browser, or no script.
        if (_thanks is not null)
        {
            await _context.CloseAsync();
            await _thanks.DisposeAsync();
            await _app.DisposeAsync();
            await _shopify.DisposeAsync();
        }

        Assert.That(_faults, Is.Empty, "nothing is thrown into the store's page");
    }

    [Test]
    public async Task A_customer_reads_the_offer_accepts_the_rules_and_has_a_link_to_share()
    {
        var campaign = await _api.LiveAsync("instant");
        await GoAsync("?customer=7");
        await _page.WaitForSelectorAsync("s-section");
        var offer = await TextAsync();
        var rules = await _page.GetAttributeAsync("s-link", "href");

        await _page.ClickAsync("s-button");
        var error = await _page.GetAttributeAsync("s-checkbox", "error");
        var before = await CountAsync();
        await _page.ClickAsync("s-checkbox");
        await _page.ClickAsync("s-button");
        await _page.WaitForSelectorAsync("s-button[commandfor=ambassador-code]");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(offer, Does.Contain("You earn 10% of each order.").And.Contain("gets 10% off").And.Contain("takes your name and your e-mail address").And.Contain("you say that you earn from it"));
            Assert.That(rules, Is.EqualTo($"{_app.Address}rules/{campaign}"));
            Assert.That((error, before), Is.EqualTo(("Please read the rules and accept them first.", 0)));
            Assert.That(await CountAsync(), Is.EqualTo(1));
            Assert.That(await TextAsync(), Does.Contain("ANN").And.Contain($"{_app.Address}r/ANN").And.Contain("Your friends get 10% off."));
            Assert.That(_thanks.Tokens, Has.Count.EqualTo(2), "each question has a token of its own");
        }

        await _page.ClickAsync("s-button[commandfor=ambassador-link]");
        Assert.That(await _page.EvaluateAsync<string>("copied"), Is.EqualTo($"{_app.Address}r/ANN"));
        await _page.ClickAsync("s-button[commandfor=ambassador-share]");
        Assert.That(
            await _page.EvaluateAsync<string>("copied"),
            Is.EqualTo($"I recommend Lux Candles. With my code ANN you get 10% off: {_app.Address}r/ANN (Ad: I earn something when you buy.)"));
    }

    [Test]
    public async Task It_is_read_in_the_shoppers_language()
    {
        await _api.LiveAsync("application");

        await GoAsync("?customer=7&lang=de");
        await _page.WaitForSelectorAsync("s-section");

        Assert.That(await _page.GetAttributeAsync("s-section", "heading"), Is.EqualTo("Werde Botschafter von Lux Candles"));
        Assert.That(await TextAsync(), Does.Contain("Du verdienst 10\u00a0% jeder Bestellung.").And.Contain("und jemand dort entscheidet"));
        await _page.ClickAsync("s-checkbox");
        await _page.ClickAsync("s-button");
        await _page.WaitForSelectorAsync("s-section[heading^='Du möchtest']");
    }

    [Test]
    public async Task A_fixed_amount_is_said_in_the_shops_money()
    {
        var body = Bodies.Campaign();
        body["terms"]!["commission"] = new JsonObject { ["flat"] = new JsonObject { ["minor"] = 550, ["currency"] = "EUR" } };
        body["terms"]!["enrolment"] = "instant";
        await _api.Post($"campaigns/{(await _api.Post("campaigns", body)).Text("id")}/launch");

        await GoAsync("?customer=7");
        await _page.WaitForSelectorAsync("s-section");

        Assert.That(await TextAsync(), Does.Contain("You earn €5.50 for each order."));
    }

    [Test]
    public async Task Rules_that_have_changed_meanwhile_are_shown_again_before_anything_is_done()
    {
        var campaign = await _api.LiveAsync("instant");
        await GoAsync("?customer=7");
        await _page.WaitForSelectorAsync("s-section");
        var terms = Bodies.Campaign(commission: 20)["terms"]!.DeepClone();
        terms["enrolment"] = "instant";
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await _api.Post($"campaigns/{campaign}/revisions", new JsonObject { ["terms"] = terms })).Status, Is.EqualTo(201));
        _app.Clock.Advance(TimeSpan.FromMinutes(1));

        await _page.ClickAsync("s-checkbox");
        await _page.ClickAsync("s-button");
        await _page.WaitForSelectorAsync("s-text[tone=critical]");
        await _page.WaitForFunctionAsync("document.body.textContent.includes('You earn 20%')");

        Assert.That(await TextAsync(), Does.Contain("The rules have changed. Please read them again."));
        Assert.That(await CountAsync(), Is.Zero);
    }

    [Test]
    public async Task A_guest_is_led_to_the_form()
    {
        var campaign = await _api.LiveAsync("instant");
        await _api.OpenAsync(campaign);

        await GoAsync("");
        await _page.WaitForSelectorAsync("s-section");

        Assert.That(await _page.GetAttributeAsync("s-link", "href"), Is.EqualTo($"{_app.Address}join/{campaign}"));
        Assert.That(await _page.QuerySelectorAsync("s-button"), Is.Null);
    }

    [TestCase("?customer=7", "no campaign")]
    [TestCase("?customer=7&app=http://127.0.0.1:9", "nobody answers there")]
    [TestCase("?customer=7&app=", "no address")]
    [TestCase("?customer=7&app=javascript:alert(1)", "no address")]
    [TestCase("?customer=7&app=http://app.example", "not over a line that others read")]
    [TestCase("?customer=staff", "no customer")]
    public async Task Where_there_is_nothing_to_say_the_page_stays_as_it_was(string query, string why)
    {
        if (why != "no campaign")
        {
            await _api.LiveAsync("instant");
        }

        await GoAsync(query);
        await _page.WaitForFunctionAsync("globalThis.isReady === true");
        await _page.WaitForLoadStateAsync(LoadState.NetworkIdle);

        Assert.That(await _page.QuerySelectorAsync("s-section"), Is.Null, why);
        Assert.That((await TextAsync()).Trim(), Is.Empty, why);
    }

    private async Task GoAsync(string query) => await _page.GotoAsync(_thanks.Address + "/" + query);

    // Without the script itself.
    private Task<string> TextAsync() => _page.EvaluateAsync<string>("[...document.body.children].filter(one => one.tagName !== 'SCRIPT').map(one => one.textContent).join(' ')");

    private Task<long> CountAsync() => _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @s", new { s = _store.Id });
}
