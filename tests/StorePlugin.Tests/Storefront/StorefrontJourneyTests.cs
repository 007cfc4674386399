// Shoppers' ways from a link to an order, in a real browser: what the theme's script does, and what the order comes to.
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using Cookie = Microsoft.Playwright.Cookie;

namespace StorePlugin.Tests.Storefront;

internal sealed class StorefrontJourneyTests
{
    private const string Shop = "lux.myshopify.com";
    private const string Ref = "_amb_ref";
    private const string CheckoutAt = "_amb_checkout_at";

    // Chromium without a window names itself, and would be taken for the program that it is.
    private const string Person = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<string> _faults = [];
    private IBrowser _browser = null!;
    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;
    private FakeStorefront _storefront = null!;
    private IBrowserContext _context = null!;
    private IPage _page = null!;
    private string _ann = null!;
    private string _ben = null!;
    private int _orders;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _browser = await Chromium.OpenAsync();
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        var api = await ApiClient.OfAsync(_app, _store);
        var campaign = await api.LiveAsync();
        _ann = (await api.AddAsync(campaign, "ANN10")).Text("id");
        _ben = (await api.AddAsync(campaign, "BEN10")).Text("id");
        await _app.DrainAsync();
        _storefront = await FakeStorefront.StartAsync(_app, _shopify, Shop);
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        // Nothing was opened where there is no browser.
        if (_storefront is not null)
        {
            await _storefront.DisposeAsync();
            await _app.DisposeAsync();
            await _shopify.DisposeAsync();
        }
    }

    [SetUp]
    public void Forget()
    {
        _faults.Clear();
        _storefront.Asked.Clear();
        _storefront.Carts.Clear();
    }

    [TearDown]
    public async Task LeaveAsync()
    {
        await _context.CloseAsync();
        Assert.That(_faults, Is.Empty, "nothing is thrown into the shop's page, and nothing is forbidden there");
    }

    [Test]
    public async Task A_link_that_is_followed_with_consent_brings_the_order_to_its_ambassador()
    {
        await EnterAsync("granted");

        await GoAsync("/?ref=ANN10");

        var click = await CartHasAsync(Ref, value => value.StartsWith("clk_", StringComparison.Ordinal));
        Assert.That(await AmbassadorOfClickAsync(click), Is.EqualTo(_ann));
        Assert.That(await OrderAsync(), Is.EqualTo((_ann, "held")));
        Assert.That((await _context.CookiesAsync()).Single(cookie => cookie.Name == "discount_code").Value, Is.EqualTo("ANN10"));
    }

    [Test]
    public async Task A_click_of_the_link_itself_stays_the_same_click()
    {
        await EnterAsync("granted");
        var landing = (await _app.VisitAsync("/r/BEN10", headers: ("User-Agent", Person))).Headers.Location!;

        await GoAsync(landing.PathAndQuery);

        var click = Uri.UnescapeDataString(landing.Query).Split("ref=")[1];
        Assert.That(await CartHasAsync(Ref, value => value.StartsWith("clk_", StringComparison.Ordinal)), Is.EqualTo(click));
        Assert.That(await OrderAsync(), Is.EqualTo((_ben, "held")));
    }

    [TestCase("refused")]
    [TestCase("late")]
    [TestCase("none")]
    public async Task T_11_without_consent_there_is_no_click_and_no_memory_and_the_discount_works_all_the_same(string privacy)
    {
        await EnterAsync(privacy);
        var clicks = await ClicksAsync();

        await GoAsync("/?ref=ANN10");
        await DiscountIsAsync("ANN10");

        Assert.That(await CartAsync(), Does.Not.ContainKey(Ref));
        Assert.That(await _page.EvaluateAsync<int>("localStorage.length + sessionStorage.length"), Is.Zero);
        Assert.That(await ClicksAsync(), Is.EqualTo(clicks));
        Assert.That(_storefront.Asked, Has.None.Contain("from="));
    }

    [Test]
    public async Task Consent_that_is_given_later_makes_the_click_and_its_withdrawal_forgets_it()
    {
        await EnterAsync("refused");
        await GoAsync("/?ref=ANN10");
        await DiscountIsAsync("ANN10");

        await _page.EvaluateAsync("answerConsent(true)");
        var click = await CartHasAsync(Ref, value => value.StartsWith("clk_", StringComparison.Ordinal));
        var kept = await _page.EvaluateAsync<string>("localStorage.getItem('ambassador-embed')");
        await _page.EvaluateAsync("answerConsent(false)");
        await CartHasAsync(Ref, value => value.Length == 0);

        Assert.That(kept, Does.Contain(click));
        Assert.That(await _page.EvaluateAsync<int>("localStorage.length"), Is.Zero);
    }

    [TestCase("script")]
    [TestCase("form")]
    public async Task A_cart_that_is_made_after_the_visit_names_the_link_too(string way)
    {
        await EnterAsync("granted");
        await GoAsync("/?ref=ANN10");
        var click = await CartHasAsync(Ref, value => value.StartsWith("clk_", StringComparison.Ordinal));
        await _context.ClearCookiesAsync(new BrowserContextClearCookiesOptions { Name = "cart" });
        _storefront.Carts.Clear();
        await GoAsync("/products/mug");

        if (way == "script")
        {
            await PutInCartAsync();
        }
        else
        {
            await _page.ClickAsync("#add button");
        }

        Assert.That(await CartHasAsync(Ref, _ => true), Is.EqualTo(click));
    }

    [Test]
    public async Task A_second_link_takes_the_place_of_the_first_and_foreign_words_do_not()
    {
        await EnterAsync("granted");
        await GoAsync("/?ref=ANN10");
        var first = await CartHasAsync(Ref, value => value.StartsWith("clk_", StringComparison.Ordinal));

        await GoAsync("/?ref=producthunt");
        await AskedAsync("ref=producthunt");
        await GoAsync("/?ref=BEN10");

        var second = await CartHasAsync(Ref, value => value != first);
        Assert.That(await AmbassadorOfClickAsync(second), Is.EqualTo(_ben));
        Assert.That(await OrderAsync(), Is.EqualTo((_ben, "held")));
    }

    [Test]
    public async Task A_page_that_is_loaded_again_is_no_second_click()
    {
        await EnterAsync("granted");
        await GoAsync("/?ref=ANN10");
        var click = await CartHasAsync(Ref, value => value.StartsWith("clk_", StringComparison.Ordinal));
        var clicks = await ClicksAsync();

        await _page.ReloadAsync();
        await AskedAsync("heartbeat", times: 2);

        Assert.That((await ClicksAsync(), (await CartAsync())[Ref]), Is.EqualTo((clicks, click)));
    }

    [Test]
    public async Task Where_the_app_cannot_be_reached_the_order_names_the_link_as_it_came()
    {
        await EnterAsync("granted", broken: true);

        await GoAsync("/?ref=ANN10");

        Assert.That(await CartHasAsync(Ref, _ => true), Is.EqualTo("ANN10"));
        await _page.ClickAsync("#cart button");
        Assert.That(await _page.TextContentAsync("h1"), Is.EqualTo("Checkout"));
        Assert.That(await OrderAsync(), Is.EqualTo((_ann, "held")));
    }

    [TestCase("\"><script>alert(1)</script>")]
    [TestCase("javascript:alert(1)")]
    [TestCase("{{ shop.email }}")]
    [TestCase("<img src=x onerror=alert(1)>")]
    public async Task What_is_no_link_by_its_form_is_not_even_asked_about(string text)
    {
        await EnterAsync("granted");
        _page.Dialog += (_, dialog) => _faults.Add(dialog.Message);

        await GoAsync("/?ref=" + Uri.EscapeDataString(text));
        await AskedAsync("heartbeat");

        Assert.That(_storefront.Asked, Has.None.StartsWith("POST clicks"));
        Assert.That(_storefront.Carts, Is.Empty);
    }

    [Test]
    public async Task The_message_tells_the_discount_and_goes_away()
    {
        await EnterAsync("granted");
        await GoAsync("/?ref=ANN10");

        await _page.WaitForSelectorAsync("#ambassador-embed:not([hidden])");
        var words = await _page.TextContentAsync("#ambassador-embed span");
        await _page.ClickAsync("#ambassador-embed button");

        Assert.That(words, Is.EqualTo("10\u00a0% off with the code ANN10"));
        Assert.That(await _page.IsHiddenAsync("#ambassador-embed"));
    }

    [TestCase("#cart button")]
    [TestCase("#link")]
    [TestCase("#pay")]
    public async Task The_beginning_of_the_checkout_is_noted_once_in_half_an_hour(string control)
    {
        var now = _app.Clock.GetUtcNow();
        await EnterAsync("none");
        await _context.Clock.SetFixedTimeAsync(now.UtcDateTime);
        await GoAsync("/");
        await PutInCartAsync();

        await _page.ClickAsync(control);
        var first = await CartHasAsync(CheckoutAt, _ => true);
        await AgainAsync(now.AddMinutes(29));
        var second = (await CartAsync())[CheckoutAt];
        await AgainAsync(now.AddMinutes(31));
        var third = await CartHasAsync(CheckoutAt, value => value != first);

        Assert.That(new[] { first, second, third }.Select(Instant), Is.EqualTo([now, now, now.AddMinutes(31)]));

        async Task AgainAsync(DateTimeOffset at)
        {
            await _context.Clock.SetFixedTimeAsync(at.UtcDateTime);
            await GoAsync("/cart");
            // A pointer is there before it presses.
            await _page.RunAndWaitForResponseAsync(() => _page.HoverAsync(control), answer => answer.Url.EndsWith("/cart.js", StringComparison.Ordinal));
            await _page.ClickAsync(control);
            await _page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        }
    }

    [Test]
    public async Task A_click_in_the_middle_of_a_checkout_waits_for_a_person()
    {
        await EnterAsync("granted");
        await _context.Clock.SetFixedTimeAsync(_app.Clock.GetUtcNow().UtcDateTime);
        await GoAsync("/");
        await PutInCartAsync();
        await _page.ClickAsync("#cart button");
        await CartHasAsync(CheckoutAt, _ => true);
        _app.Clock.Advance(TimeSpan.FromMinutes(5));
        await _context.Clock.SetFixedTimeAsync(_app.Clock.GetUtcNow().UtcDateTime);

        await GoAsync("/?ref=ANN10");
        await CartHasAsync(Ref, value => value.StartsWith("clk_", StringComparison.Ordinal));

        Assert.That(await OrderAsync(), Is.EqualTo((_ann, "review")), "rule T4");
    }

    private async Task EnterAsync(string privacy, bool broken = false)
    {
        _context = await _browser.NewContextAsync(new BrowserNewContextOptions { UserAgent = Person, BaseURL = _storefront.Address, Locale = "en-GB" });
        await _context.AddCookiesAsync([new Cookie { Name = "privacy", Value = privacy, Url = _storefront.Address }]);
        if (broken)
        {
            await _context.AddCookiesAsync([new Cookie { Name = "broken", Value = "1", Url = _storefront.Address }]);
        }

        _page = await _context.NewPageAsync();
        _page.PageError += (_, fault) => _faults.Add(fault);
        _page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _faults.Add(message.Text);
            }
        };
    }

    private async Task GoAsync(string path) => await _page.GotoAsync(path);

    /// <summary>As a theme's own script does.</summary>
    private async Task PutInCartAsync() => await _page.EvaluateAsync("fetch('/cart/add.js', { method: 'POST' }).then(answer => answer.json())");

    /// <summary>The attributes of the browser's cart: two first requests at once make two, and the browser keeps one.</summary>
    private async Task<ConcurrentDictionary<string, string>> CartAsync() =>
        (await _context.CookiesAsync()).FirstOrDefault(cookie => cookie.Name == "cart") is { Value: var token } && _storefront.Carts.TryGetValue(token, out var cart)
            ? cart
            : new();

    private Task<string> CartHasAsync(string name, Func<string, bool> isRight) => EventuallyAsync(
        async () => (await CartAsync()).TryGetValue(name, out var value) && isRight(value) ? value : null, $"the cart's {name}");

    private async Task AskedAsync(string text, int times = 1) => await EventuallyAsync(
        () => Task.FromResult(_storefront.Asked.Count(asked => asked.Contains(text, StringComparison.Ordinal)) >= times ? text : null), text);

    private async Task DiscountIsAsync(string code)
    {
        for (var waited = TimeSpan.Zero; !(await _context.CookiesAsync()).Any(cookie => cookie.Name == "discount_code" && cookie.Value == code); waited += TimeSpan.FromMilliseconds(20))
        {
            Assert.That(waited, Is.LessThan(Patience), "waited in vain for the discount");
            await Task.Delay(20);
        }
    }

    private static async Task<string> EventuallyAsync(Func<Task<string?>> look, string what)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += TimeSpan.FromMilliseconds(20))
        {
            if (await look() is { } found)
            {
                return found;
            }

            await Task.Delay(20);
        }

        throw new AssertionException($"Waited in vain for {what}.");
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private Task<long> ClicksAsync() =>
        _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM clicks WHERE store_id = @id", new { id = _store.Id });

    private Task<string?> AmbassadorOfClickAsync(string click) =>
        _app.Db.OneAsync<string>("SELECT ambassador_id FROM clicks WHERE store_id = @id AND id = @click", new { id = _store.Id, click });

    /// <summary>Shopify tells of an order of the cart, ten minutes on. Returns whose it is and how it stands.</summary>
    private async Task<(string? AmbassadorId, string State)> OrderAsync()
    {
        _app.Clock.Advance(TimeSpan.FromMinutes(10));
        var id = (++_orders).ToString(CultureInfo.InvariantCulture);
        var order = JsonNode.Parse(new TestOrder(id, _app.Clock.GetUtcNow()) { Email = $"shopper{id}@example.test", Customer = 100 + _orders }.ToJson())!;
        order["note_attributes"] = new JsonArray(
            [.. (await CartAsync()).Select(attribute => (JsonNode)new JsonObject { ["name"] = attribute.Key, ["value"] = attribute.Value })]);
        Assert.That(await FakeShopify.DeliverAsync(_app, Shop, "orders/paid", order.ToJsonString()), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
        var row = await _app.Db.OneAsync<OrderRow>("SELECT ambassador_id, state FROM orders WHERE store_id = @storeId AND order_id = @id", new { storeId = _store.Id, id });
        return (row!.AmbassadorId, row.State);
    }

    private sealed record OrderRow(string? AmbassadorId, string State);
}
