// Every page of the program, in a store where much has happened: what is judged, measured and photographed.
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using StorePlugin.Ambassadors;
using StorePlugin.Payouts.Statements;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using StorePlugin.Tests.Payouts.SelfBilling;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Journeys;

/// <param name="Name">Of the file of its picture.</param>
/// <param name="Route">The path as the program's table of routes has it.</param>
/// <param name="Who">Whose cookies the browser carries; null: nobody has signed in.</param>
internal sealed record TourStop(string Name, string Route, Uri Address, CookieContainer? Who)
{
    public override string ToString() => Name;
}

internal sealed partial class Tour : IAsyncDisposable
{
    // What people are called, and what they would call themselves to break a page.
    private const string Long = "Wolfeschlegelsteinhausenbergerdorff";
    private const string Script = "<script>alert(1)</script> \"&'";
    private const string RightToLeft = "مريم الفاتح 🌸";

    private const string Shop = "lux.myshopify.com";

    private readonly FakeShopify _shopify;
    private readonly StoreApp _app;
    private readonly List<Browser> _browsers = [];
    private readonly List<TourStop> _stops = [];
    private SelfBillingWorld? _books;

    private Tour(FakeShopify shopify, StoreApp app) => (_shopify, _app) = (shopify, app);

    public IReadOnlyList<TourStop> Stops => _stops;

    /// <summary>The routes that answer with a page, and are no stop of this tour.</summary>
    public IEnumerable<string> Unvisited => PageRoutes.Of(_app).Except(_stops.Select(stop => stop.Route));

    /// <summary>The routes that take a form.</summary>
    public IEnumerable<string> Forms => PageRoutes.FormsOf(_app);

    /// <summary>The program that answers at a stop.</summary>
    public StoreApp AppOf(TourStop stop) => stop.Address.Authority == _app.Address.Authority ? _app : _books!.Payouts.App;

    public static async Task<Tour> BeginAsync()
    {
        var shopify = await FakeShopify.StartAsync();
        var app = await StoreApp.StartAsync([.. shopify.Settings, new("Billing:Price", "9.00"), new("Billing:Currency", "USD")]);
        shopify.Clock = app.Clock;
        var tour = new Tour(shopify, app);
        await tour.OpenStoreAsync();
        await tour.OpenBooksAsync();
        await tour.OpenSetUpAsync();
        return tour;
    }

    /// <summary>A page of a new window that looks at a stop as its visitor does.</summary>
    /// <param name="asked">Receives the address of all that the browser asks for.</param>
    public static async Task<IPage> LookAsync(IBrowser browser, TourStop stop, int width, ColorScheme scheme, ConcurrentQueue<Uri>? asked = null)
    {
        var window = await browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        if (stop.Who is { } cookies)
        {
            await window.AddCookiesAsync(cookies.GetAllCookies().Select(cookie => new Microsoft.Playwright.Cookie
            {
                Name = cookie.Name,
                Value = cookie.Value,
                Domain = stop.Address.Host,
                Path = "/",
            }));
        }

        var page = await window.NewPageAsync();
        page.Request += (_, request) => asked?.Enqueue(new Uri(request.Url));
        var answer = await page.GotoAsync(stop.Address.AbsoluteUri);
        Assert.That(answer!.Status, Is.EqualTo(200), stop.Name);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        _browsers.ForEach(browser => browser.Dispose());
        if (_books is not null)
        {
            await _books.DisposeAsync();
        }

        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    private async Task OpenStoreAsync()
    {
        var store = await _shopify.InstallAsync(_app, Shop);
        var api = await ApiClient.OfAsync(_app, store);
        var first = await SignInAsync(store, null);
        await first.SubmitAsync((await first.GetAsync("/dashboard/plan")).QuerySelector("form[action='/dashboard/plan']")!);
        _shopify.Settle(store.Domain, "ACTIVE");
        var campaign = await api.LiveAsync();
        var draft = (await api.Post("campaigns", Bodies.Campaign(12.5m, 15m))).Text("id");

        var ann = (await api.AddAsync(campaign, "ANN10", "ann@example.com")).Text("id");
        await AddAsync(api, campaign, Script, "SCRIPT10");
        await AddAsync(api, campaign, RightToLeft, "MARYAM10");
        await AddAsync(api, campaign, string.Join(' ', Enumerable.Repeat(Long, 5)), "LONG10");
        _shopify.Discounts[(Shop, "TAKEN10")] = new FakeShopify.Discount(
            "gid://shopify/DiscountCodeNode/9001", "A discount of the store", JsonNode.Parse("""{"customerGets":{"value":{"percentage":0.15}}}""")!);
        var taken = (await api.AddAsync(campaign, "TAKEN10", "taken@example.com")).Text("id");
        await _app.DrainAsync();

        await SellAsync(campaign, ann);
        await api.Post($"ambassadors/{ann}/exemptions", new JsonObject { ["rule"] = "SHARE", ["reason"] = Script, ["until"] = "2026-12-31T00:00:00Z" });
        var owner = await SignInAsync(store, null);
        await PostAsync(owner, $"/dashboard/ambassadors/{ann}", $"/dashboard/ambassadors/{ann}/notes", new() { ["text"] = $"Met at the fair.\n{Script}" });
        await PostAsync(owner, "/dashboard/team", "/dashboard/team", new() { ["name"] = RightToLeft, ["email"] = "team@example.com", ["role"] = "viewer" });
        Assert.That(await _app.Get<Applications>().SetOpenAsync(store, campaign, isOpen: true, default), Is.EqualTo(ApplicationStep.Done));
        await PostAsync(new Browser(_app.Address), $"/join/{campaign}", $"/join/{campaign}", new() { ["name"] = Script, ["email"] = "eve@example.com", ["message"] = "I would love to.\nReally.", ["adult"] = "yes" });
        var import = await owner.SendFileAsync(
            "/dashboard/ambassadors/import", new(FormOf(await owner.GetAsync("/dashboard/ambassadors/import"))) { ["campaignId"] = campaign }, "file",
            Encoding.UTF8.GetBytes($"name,email,code\n{RightToLeft},new@example.com,NEW10\n"));
        await api.Post("payout-runs");
        var run = await _app.Db.OneAsync<string>("SELECT id FROM payout_runs WHERE store_id = @id", new { id = store.Id });
        var annsPage = await SignInAsync(store, ann);
        await PostAsync(annsPage, "/portal/claims", "/portal/claims", new() { ["order"] = "#777", ["day"] = "2026-03-16", ["text"] = Script });
        await PostAsync(annsPage, "/portal/messages", "/portal/messages", new() { ["text"] = $"When am I paid?\n{RightToLeft}" });
        var rehearsal = await RehearseAsync(api, store, campaign, owner);

        await PostAsync(owner, "/dashboard/mails/welcome", "/dashboard/mails/welcome", new() { ["opening"] = $"Dear {{name}},\n{Script}" });
        await PostAsync(owner, "/dashboard/mails/settings", "/dashboard/mails/suppressions", new() { ["email"] = "gone@example.com", ["detail"] = Script });
        await PostAsync(owner, $"/dashboard/campaigns/{campaign}", $"/dashboard/campaigns/{campaign}/playbook", new() { ["playbook"] = $"Both of us win.\n{RightToLeft}" });

        Stop("overview", "/dashboard/", "/dashboard", owner);
        Stop("figures", "/dashboard/figures", "/dashboard/figures?days=30", owner);
        Stop("balances", "/dashboard/balances", "/dashboard/balances?currency=EUR&account=held", owner);
        Stop("orders", "/dashboard/orders", "/dashboard/orders", owner);
        Stop("order", "/dashboard/orders/{orderId}", "/dashboard/orders/1001", owner);
        Stop("reviews", "/dashboard/reviews", "/dashboard/reviews", owner);
        Stop("campaigns", "/dashboard/campaigns", "/dashboard/campaigns", owner);
        Stop("campaign", "/dashboard/campaigns/{id}", $"/dashboard/campaigns/{campaign}", owner);
        Stop("campaign-draft", "/dashboard/campaigns/{id}", $"/dashboard/campaigns/{draft}", owner);
        Stop("campaign-checks", "/dashboard/campaigns/{id}/checks", $"/dashboard/campaigns/{draft}/checks", owner);
        Stop("rehearsals", "/dashboard/campaigns/{id}/rehearsals", $"/dashboard/campaigns/{campaign}/rehearsals", owner);
        Stop("rehearsal", "/dashboard/campaigns/{id}/rehearsals/{rehearsalId}", rehearsal, owner);
        Stop("rehearsal-order", "/dashboard/campaigns/{id}/rehearsals/{rehearsalId}/orders/{orderId}", (await owner.GetAsync(rehearsal)).QuerySelector("#journey a")!.GetAttribute("href")!, owner);
        Stop("claims", "/dashboard/claims", "/dashboard/claims", owner);
        Stop("claim", "/dashboard/claims/{claimId}", (await owner.GetAsync("/dashboard/claims")).QuerySelector("a[href^='/dashboard/claims/']")!.GetAttribute("href")!, owner);
        Stop("messages", "/dashboard/messages", "/dashboard/messages", owner);
        Stop("ambassador-messages", "/dashboard/ambassadors/{ambassadorId}/messages", $"/dashboard/ambassadors/{ann}/messages", owner);
        Stop("campaign-new", "/dashboard/campaigns/new", "/dashboard/campaigns/new", owner);
        Stop("campaign-revision", "/dashboard/campaigns/{id}/revisions/new", $"/dashboard/campaigns/{campaign}/revisions/new", owner);
        Stop("campaigns-compared", "/dashboard/campaigns/compare", $"/dashboard/campaigns/compare?first={campaign}&second={draft}", owner);
        Stop("ambassadors", "/dashboard/ambassadors", "/dashboard/ambassadors", owner);
        Stop("ambassador", "/dashboard/ambassadors/{ambassadorId}/", $"/dashboard/ambassadors/{ann}", owner);
        Stop("ambassador-notes", "/dashboard/ambassadors/{ambassadorId}/notes", $"/dashboard/ambassadors/{ann}/notes", owner);
        Stop("ambassador-new", "/dashboard/ambassadors/new", "/dashboard/ambassadors/new", owner);
        Stop("ambassador-code", "/dashboard/ambassadors/{ambassadorId}/codes/{code}/", $"/dashboard/ambassadors/{taken}/codes/TAKEN10", owner);
        Stop("import", "/dashboard/ambassadors/import", "/dashboard/ambassadors/import", owner);
        Stop("import-waiting", "/dashboard/ambassadors/import/{id}", import.Headers.Location!.OriginalString, owner);
        Stop("applications", "/dashboard/applications", "/dashboard/applications", owner);
        Stop("payouts", "/dashboard/payouts", "/dashboard/payouts", owner);
        Stop("payout-run", "/dashboard/payouts/{id}", $"/dashboard/payouts/{run}", owner);
        Stop("differences", "/dashboard/payouts/differences", "/dashboard/payouts/differences", owner);
        Stop("stripe", "/dashboard/payouts/stripe", "/dashboard/payouts/stripe", owner);
        Stop("settings", "/dashboard/settings", "/dashboard/settings", owner);
        Stop("audit", "/dashboard/audit", "/dashboard/audit", owner);
        Stop("team", "/dashboard/team/", "/dashboard/team", owner);
        Stop("mails", "/dashboard/mails", "/dashboard/mails", owner);
        Stop("mail-text", "/dashboard/mails/{mail}", "/dashboard/mails/welcome", owner);
        Stop("mail-log", "/dashboard/mails/log", "/dashboard/mails/log", owner);
        Stop("mail-settings", "/dashboard/mails/settings", "/dashboard/mails/settings", owner);
        Stop("look", "/dashboard/look", "/dashboard/look", owner);
        Stop("connection", "/dashboard/connection", "/dashboard/connection", owner);
        Stop("plan", "/dashboard/plan", "/dashboard/plan", owner);
        Stop("privacy-requests", "/dashboard/privacy-requests", "/dashboard/privacy-requests", owner);
        Stop("portal", "/portal/", "/portal", annsPage);
        Stop("portal-share", "/portal/share", "/portal/share", annsPage);
        Stop("portal-claims", "/portal/claims", "/portal/claims", annsPage);
        Stop("portal-messages", "/portal/messages", "/portal/messages", annsPage);
        Stop("portal-profile", "/portal/profile", "/portal/profile", annsPage);
        Stop("portal-privacy", "/portal/privacy", "/portal/privacy", annsPage);
        Stop("portal-data", "/portal/data", "/portal/data", annsPage);
        Stop("account-deleted", "/account-deleted", "/account-deleted", null);
        Stop("join-privacy", "/join/{campaign}/privacy", $"/join/{campaign}/privacy", null);
        Stop("portal-sign-in", "/portal/sign-in/", $"/portal/sign-in?store={store.Id}", null);
        Stop("sign-in", "/sign-in", "/sign-in", null);
        Stop("sign-in-link", "/sign-in/{token}", new Uri(await _app.Get<SignIn>().NewLinkAsync(store, Role.Owner, null, default)).PathAndQuery, null);
        Stop("landing", "/a/{link}", "/a/ANN10", null);
        Stop("join", "/join/{campaign}/", $"/join/{campaign}", null);
        Stop("join-thanks", "/join/{campaign}/thanks", $"/join/{campaign}/thanks", null);
        Stop("rules", "/rules/{campaignId}", $"/rules/{campaign}", null);
        Stop("stop-mails", "/mail/stop/{token}/", LinkIn("/mail/stop/[A-Za-z0-9_-]+"), null);
        await AddAddressChangeAsync(annsPage);
    }

    // Sixteen days of them, in each state that an order comes into by itself.
    private async Task SellAsync(string campaign, string ann)
    {
        for (var day = 0; day < 16; day++)
        {
            _app.Clock.Advance(TimeSpan.FromDays(1));
            for (var clicks = day % 4; clicks >= 0; clicks--)
            {
                await _app.VisitAsync("/r/ANN10", headers: ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"));
            }

            // One is of the sums that a page has to have room for.
            var order = new TestOrder($"{1001 + day}", _app.Clock.GetUtcNow())
            {
                Customer = 100 + day,
                Email = $"shopper{day}@example.test",
                Lines = [(day == 9 ? "1234567.80" : "100.00", 1, "0.00")],
            };
            await PaysAsync((day % 4) switch
            {
                0 => order,
                3 => order.With("MARYAM10", "12.50"),
                _ => order.With("ANN10", "10.00"),
            });
        }

        var late = _app.Clock.GetUtcNow();
        var click = await _app.Db.OneAsync<string>("SELECT MAX(id) FROM clicks WHERE campaign_id = @campaign AND ambassador_id = @ann AND at = @late", new { campaign, ann, late });
        await PaysAsync(new TestOrder("2001", late) { CartRef = click, CheckoutStartedAt = late.AddMinutes(-1), Customer = 9, Email = "late@example.test" });
        await PaysAsync(new TestOrder("2002", late) { Email = "ann@example.com", Customer = 10 }.With("ANN10", "10.00"));
        Assert.That(await FakeShopify.DeliverAsync(_app, Shop, "orders/paid", "{\"id\":\"\"}"), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
    }

    private async Task AddAddressChangeAsync(Browser ann)
    {
        await PostAsync(ann, "/portal", "/portal/address-changes", new() { ["email"] = "ann@new.example" });
        await _app.DrainAsync();
        Stop("change-confirm", "/changes/{token}/confirmation", LinkIn("/changes/[^/\\s]+/confirmation"), null);
        Stop("change-refuse", "/changes/{token}/refusal", LinkIn("/changes/[^/\\s]+/refusal"), null);
    }

    private async Task<string> RehearseAsync(ApiClient api, Store store, string campaign, Browser owner)
    {
        var id = (await api.Post($"campaigns/{campaign}/rehearsals", new JsonObject { ["scenario"] = "refund_wave" })).Text("id");
        var page = $"/dashboard/campaigns/{campaign}/rehearsals/{id}";
        for (var moments = 0; (await _app.Get<RehearsalResults>().OfCampaignAsync(store, campaign, default)).Count == 0; moments++)
        {
            Assert.That(moments, Is.LessThan(300), "The rehearsal does not end.");
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
            await _app.DrainAsync();
        }

        await PostAsync(owner, page, $"{page}/ambassadors", []);
        return page;
    }

    // A store that has just been installed.
    private async Task OpenSetUpAsync()
    {
        var store = await _shopify.InstallAsync(_app, "new.myshopify.com");
        await _app.DrainAsync();
        var owner = await SignInAsync(store, null);
        Stop("first-overview", "/dashboard/", "/dashboard", owner);
        Stop("setup", "/dashboard/setup/", "/dashboard/setup", owner);
        foreach (var step in new[] { "goal", "offer", "rules", "look", "people" })
        {
            Stop("setup-" + step, $"/dashboard/setup/{step}", $"/dashboard/setup/{step}", owner);
        }
    }

    // A store that bills for its payees and has paid one of them.
    private async Task OpenBooksAsync()
    {
        _books = await SelfBillingWorld.StartAsync();
        var world = _books.Payouts;
        var payee = await _books.PayeeAsync("Ann");
        await world.EarnsAsync(payee, "50.00");
        await _books.PaidAsync(payee);
        var owner = await SignInAsync(world.Store, null, world.App);
        var room = await SignInAsync(world.Store, payee, world.App);
        await Plant.RowAsync(world.Db, "stripe_accounts", ("store_id", world.Store.Id), ("account_id", "acct_own"), ("country", "DE"), ("findings", "[]"), ("balance", "[]"));
        await world.App.Get<PayoutRoutes>().SetAsync(world.Store, new RouteOverride("DE", "BR", Route.Recipient), default);
        await world.App.Get<TaxThresholds>().SetAsync(world.Store, new TaxThreshold("DE", "A form", 2026, "EUR", 600_00), default);
        Stop("payout-settings", "/dashboard/payouts/settings", "/dashboard/payouts/settings", owner, world.App);
        Stop("payout-routes", "/dashboard/payouts/routes", "/dashboard/payouts/routes", owner, world.App);
        Stop("payout-self-billing", "/dashboard/payouts/self-billing/", "/dashboard/payouts/self-billing", owner, world.App);
        var month = StoreApp.Start.ToString("yyyy-MM", System.Globalization.CultureInfo.InvariantCulture);
        Stop("statements", "/dashboard/ambassadors/{ambassadorId}/statements", $"/dashboard/ambassadors/{payee}/statements", owner, world.App);
        Stop("statement", "/dashboard/ambassadors/{ambassadorId}/statements/{month}", $"/dashboard/ambassadors/{payee}/statements/{month}", owner, world.App);
        Stop("self-bill", "/dashboard/self-bills/{number}", "/dashboard/self-bills/1", owner, world.App);
        Stop("portal-paid", "/portal/", "/portal", room, world.App);
        Stop("portal-statements", "/portal/statements", "/portal/statements", room, world.App);
        Stop("portal-statement", "/portal/statements/{month}", $"/portal/statements/{month}", room, world.App);
        Stop("portal-self-bill", "/portal/self-bills/{number}", "/portal/self-bills/1", room, world.App);
        Stop("portal-tax", "/portal/tax", "/portal/tax", room, world.App);
    }

    private void Stop(string name, string route, string path, Browser? who, StoreApp? app = null) =>
        _stops.Add(new TourStop(name, route, new Uri((app ?? _app).Address, path), who?.Cookies));

    private async Task<Browser> SignInAsync(Store store, string? ambassadorId, StoreApp? app = null)
    {
        var browser = await Rooms.SignInAsync(app ?? _app, store, ambassadorId);
        _browsers.Add(browser);
        return browser;
    }

    private static async Task AddAsync(ApiClient api, string campaign, string name, string code)
    {
        var body = Bodies.Ambassador(campaign, code);
        body["name"] = name;
        Assert.That((await api.Post("ambassadors", body)).Status, Is.EqualTo(201));
    }

    private async Task PaysAsync(TestOrder order)
    {
        Assert.That(await FakeShopify.DeliverAsync(_app, Shop, "orders/paid", order.ToJson()), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
    }

    /// <summary>Sends a form of a page with what is typed into it.</summary>
    private static async Task PostAsync(Browser browser, string page, string path, Dictionary<string, string> typed)
    {
        var fields = FormOf(await browser.GetAsync(page));
        foreach (var (name, value) in typed)
        {
            fields[name] = value;
        }

        var answer = await browser.PostAsync(path, fields);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), $"{path}: {await answer.Content.ReadAsStringAsync()}");
    }

    private static Dictionary<string, string> FormOf(AngleSharp.Dom.IDocument page) => page.QuerySelectorAll("main form input[type=hidden]")
        .DistinctBy(input => input.GetAttribute("name"))
        .ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

    private string LinkIn(string pattern) => ReadMail.AllOf(_app)
        .Select(mail => Regex.Match(mail.Text, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)).Value)
        .First(found => found.Length > 0);
}
