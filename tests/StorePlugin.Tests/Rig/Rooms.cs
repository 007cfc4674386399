// A planted store and a browser: what the tests of the pages look at, and what they look with.
using System.Globalization;
using System.Net;
using AngleSharp;
using AngleSharp.Dom;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Rig;

/// <summary>Writes rows as the other parts of the program would.</summary>
internal sealed class Rooms(StoreApp app)
{
    private static DateTimeOffset Now => StoreApp.Start;

    public Store Store { get; private set; } = null!;

    public string CampaignId { get; private set; } = "";

    /// <summary>An installed store with a live campaign.</summary>
    public static async Task<Rooms> OpenAsync(
        StoreApp app, string id = "str_lux", string name = "Lux & Co", string? currency = "EUR", string mode = "live", string? zone = "Europe/Amsterdam")
    {
        var rooms = new Rooms(app);
        await app.Db.DoAsync(
            """
            INSERT INTO stores (id, platform, mode, domain, name, currency, time_zone, state, keys_sealed, created_at, installed_at)
            VALUES (@id, 'shopify', @mode, @domain, @name, @currency, @zone, 'installed', @keys, @now, @now)
            """,
            new { id, mode, domain = id + ".myshopify.com", name, currency, zone, keys = app.Get<StoreKeys>().NewSealedRoot(), now = Now });
        rooms.Store = await app.Get<StoreDirectory>().GetAsync(id);
        rooms.CampaignId = "cmp_" + id;
        await app.Db.DoAsync(
            """
            INSERT INTO campaigns (store_id, id, name, state, created_at, launched_at)
            VALUES (@storeId, @id, 'Spring', 'live', @now, @now)
            """,
            new { storeId = id, id = rooms.CampaignId, now = Now });
        return rooms;
    }

    public async Task AmbassadorAsync(
        string id, string name, string code, string discountState = "created", string? problem = null, string? stripeAccount = null)
    {
        var args = new
        {
            storeId = Store.Id,
            id,
            name,
            campaignId = CampaignId,
            email = $"{id}@example.org",
            hash = Ids.HashOf(id),
            code,
            key = code.ToLowerInvariant(),
            slug = $"{code.ToLowerInvariant()}-{Store.Id}",
            discountState,
            problem,
            stripeAccount,
            now = Now,
        };
        await app.Db.DoAsync(
            """
            INSERT INTO ambassadors (store_id, id, campaign_id, name, email, email_key, person_hash, state, stripe_account, approved_at, created_at)
            VALUES (@storeId, @id, @campaignId, @name, @email, @email, @hash, 'approved', @stripeAccount, @now, @now)
            """,
            args);
        await app.Db.DoAsync(
            """
            INSERT INTO codes (store_id, code_key, code, ambassador_id, campaign_id, assigned_at, discount_state, discount_problem)
            VALUES (@storeId, @key, @code, @id, @campaignId, @now, @discountState, @problem)
            """,
            args);
        await app.Db.DoAsync(
            """
            INSERT INTO link_slugs (slug_key, slug, store_id, campaign_id, ambassador_id, created_at)
            VALUES (@slug, @slug, @storeId, @campaignId, @id, @now)
            """,
            args);
    }

    /// <summary>Has an ambassador known by an address, as the program itself keeps it.</summary>
    public Task KnowAsync(string ambassadorId, string email) => app.Db.DoAsync(
        "UPDATE ambassadors SET email = @email, email_key = @key, person_hash = @hash WHERE store_id = @storeId AND id = @ambassadorId",
        new { storeId = Store.Id, ambassadorId, email, key = PersonKey.OfEmail(email), hash = app.Get<StoreKeys>().Hash(Store, "email", PersonKey.OfEmail(email)) });

    public Task ClicksAsync(string ambassadorId, int count, DateTimeOffset? at = null) => app.Db.InTransactionAsync(async tx =>
    {
        var clicks = Enumerable.Range(0, count).Select(i => new Click(
            Store.Id, string.Create(CultureInfo.InvariantCulture, $"clk_{ambassadorId}_{(at ?? Now).ToUnixTimeSeconds()}_{i}"), ambassadorId, CampaignId, at ?? Now,
            Store.LocalDay(at ?? Now), "social", IsFirst: true, HasConsent: false)).ToList();
        await tx.DoAsync(
            "INSERT INTO clicks (store_id, id, ambassador_id, campaign_id, at, referrer_class, visit) VALUES (@StoreId, @Id, @AmbassadorId, @CampaignId, @At, @ReferrerClass, @Visit)",
            clicks);
        await ClickDays.AddAsync(tx, clicks);
    });

    /// <summary>An order in a state, with its receipt and, where an account is due, its booked commission.</summary>
    public async Task OrderAsync(
        string id, string state, long net, string? ambassadorId, long commission, string reason, string currency = "EUR", DateTimeOffset? at = null, string? customerKind = null)
    {
        var instant = at ?? Now;
        var localDay = Store.LocalDay(instant);
        await app.Db.DoAsync(
            """
            INSERT INTO orders (store_id, order_id, revision, reference, state, at, local_day, currency, paid_at, net_minor, campaign_id,
                ambassador_id, commission_minor, hold_until, reason, review_at, created_at, updated_at, customer_kind)
            VALUES (@storeId, @id, 1, @reference, @state, @instant, @localDay, @currency, @instant, @net, @campaignId,
                @ambassadorId, @commission, @holdUntil, @reason, @reviewAt, @instant, @instant, @customerKind)
            """,
            new
            {
                storeId = Store.Id,
                id,
                reference = "#" + id,
                state,
                instant,
                localDay,
                currency,
                net,
                campaignId = CampaignId,
                ambassadorId,
                commission,
                holdUntil = (DateTimeOffset?)(state == "held" ? instant.AddDays(30) : null),
                reviewAt = (DateTimeOffset?)(state == "review" ? instant : null),
                reason,
                customerKind,
            });
        var days = new OrderDays();
        days.Note(null, CountedOrder.Of(state, CampaignId, ambassadorId, localDay, currency, net, commission, customerKind));
        await app.Db.InTransactionAsync(tx => days.WriteAsync(tx, Store));
        if (commission != 0 && state is not ("observed" or "uncredited" or "reversed"))
        {
            await BookAsync($"order:{id}", id, Account.Expense, state, ambassadorId!, commission, currency, reason);
        }
    }

    public Task ReceiptAsync(string orderId, string content) => app.Db.DoAsync(
        "INSERT INTO receipts (store_id, order_id, content, decided_at) VALUES (@storeId, @orderId, @content, @now)",
        new { storeId = Store.Id, orderId, content, now = Now });

    public Task BookAsync(string source, string? orderId, string from, string to, string ambassadorId, long minor, string currency, string reason) =>
        app.Db.InTransactionAsync(tx => LedgerBook.PostAsync(
            tx,
            Store,
            [
                new LedgerTransaction(
                    LedgerKind.Commission, source, Currency.Parse(currency), Now, "system", reason,
                    LedgerTransaction.Move(ambassadorId, orderId, from, to, new Money(minor, Currency.Parse(currency)))),
            ]));

    public Task DeadDeliveryAsync(string id, string outcome, bool dropped = false) => app.Db.DoAsync(
        """
        INSERT INTO deliveries (store_id, source, delivery_key, id, topic, body, received_at, state, attempts, due_at, outcome)
        VALUES (@storeId, 'shopify', @id, @id, 'orders/paid', @body, @now, 'dead', 12, @now, @outcome)
        """,
        new { storeId = Store.Id, id, body = dropped ? null : new byte[] { 1 }, now = Now, outcome });

    public Task DeadEffectAsync(string id, string outcome, string? subject = null) => app.Db.DoAsync(
        """
        INSERT INTO effects (store_id, id, kind, subject, payload, state, attempts, due_at, outcome, created_at)
        VALUES (@storeId, @id, 'create_discount', @subject, '{}', 'dead', 12, @now, @outcome, @now)
        """,
        new { storeId = Store.Id, id, subject = subject ?? id, now = Now, outcome });

    /// <summary>A payout run that waits for its approval and pays nobody.</summary>
    public Task RunAsync(string id) => app.Db.DoAsync(
        "INSERT INTO payout_runs (store_id, id, state, preview, created_at, created_by) VALUES (@storeId, @id, 'preview', '[]', @now, 'schedule')",
        new { storeId = Store.Id, id, now = Now });

    /// <summary>Terms for the campaign, which has pages only with some.</summary>
    public Task TermsAsync() => app.Db.DoAsync(
        """
        INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor)
        VALUES (@storeId, @campaignId, 1, @terms, @now, @now, 'test')
        """,
        new { storeId = Store.Id, campaignId = CampaignId, terms = new Terms(1000, 1000, 30, 30).ToJson(), now = Now });

    /// <summary>A browser that has signed in as the store's owner, through a link.</summary>
    public Task<Browser> OwnerAsync() => SignInAsync(app, Store, null);

    public Task<Browser> AmbassadorBrowserAsync(string ambassadorId) => SignInAsync(app, Store, ambassadorId);

    /// <summary>A browser that has signed in to any store: as an ambassador, or as the owner where none is named.</summary>
    public static async Task<Browser> SignInAsync(StoreApp app, Store store, string? ambassadorId, string? memberId = null)
    {
        var browser = new Browser(app.Address);
        var link = await app.Get<SignIn>().NewLinkAsync(store, ambassadorId is null ? Role.Owner : Role.Ambassador, ambassadorId, CancellationToken.None, memberId: memberId);
        var page = await browser.GetAsync(new Uri(link).PathAndQuery);
        var answer = await browser.SubmitAsync(page.QuerySelector("main form")!);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        return browser;
    }
}

/// <summary>Asks for HTML, keeps cookies, follows no redirects, and sends a page's forms as they stand.</summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="address">Of the program.</param>
    /// <param name="cookies">Of somebody who has signed in; without them the browser begins with none.</param>
    public Browser(Uri address, CookieContainer? cookies = null)
    {
        Cookies = cookies ?? new CookieContainer();
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = Cookies }) { BaseAddress = new Uri(address, "/") };
        _http.DefaultRequestHeaders.Add("Accept", "text/html,application/xhtml+xml");
    }

    public CookieContainer Cookies { get; }

    public Task<HttpResponseMessage> AskAsync(string path) => _http.GetAsync(new Uri(path, UriKind.Relative));

    public async Task<IDocument> GetAsync(string path, HttpStatusCode status = HttpStatusCode.OK) => await ReadAsync(await AskAsync(path), status);

    /// <summary>Sends a form with its hidden fields.</summary>
    public Task<HttpResponseMessage> SubmitAsync(IElement form) => PostAsync(
        form.GetAttribute("action")!,
        form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? ""));

    /// <summary>Presses a button that names a form of the page by its id, and the path by itself.</summary>
    public Task<HttpResponseMessage> PressAsync(IElement button) => PostAsync(
        button.GetAttribute("formaction")!,
        button.Owner!.GetElementById(button.GetAttribute("form")!)!.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? ""));

    public async Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string> fields)
    {
        using var content = new FormUrlEncodedContent(fields);
        return await _http.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    /// <summary>Sends fields of which several may have one name, as boxes do.</summary>
    public async Task<HttpResponseMessage> SendAsync(string path, IEnumerable<KeyValuePair<string, string>> fields)
    {
        using var content = new FormUrlEncodedContent(fields);
        return await _http.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    /// <summary>Sends a form with a file. It asks first, since whoever refuses a file by its size does not wait for all of it.</summary>
    public async Task<HttpResponseMessage> SendFileAsync(string path, Dictionary<string, string> fields, string name, byte[] bytes)
    {
        using var content = new MultipartFormDataContent();
        foreach (var (field, value) in fields)
        {
            content.Add(new StringContent(value), field);
        }

        content.Add(new ByteArrayContent(bytes), name, "file");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content };
        request.Headers.ExpectContinue = true;
        return await _http.SendAsync(request);
    }

    public static async Task<IDocument> ReadAsync(HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK)
    {
        var html = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(status), html);
        return await BrowsingContext.New().OpenAsync(request => request.Content(html));
    }

    public void Dispose() => _http.Dispose();
}

internal static class PageText
{
    // Elements that a reader sees apart from their neighbours.
    private const string Apart = "h1, h2, h3, p, div, section, dt, dd, li, tr, th, td, caption, small, .badge";

    /// <summary>What a person reads: the text with single spaces.</summary>
    public static string Text(this IParentNode page, string selector = "main")
    {
        var element = (IElement)page.QuerySelector(selector)!.Clone();
        foreach (var part in element.QuerySelectorAll(Apart))
        {
            part.Prepend(part.Owner!.CreateTextNode(" "));
            part.Append(part.Owner!.CreateTextNode(" "));
        }

        return string.Join(' ', element.TextContent.Split([' ', '\n', '\r', '\t', '\u00A0'], StringSplitOptions.RemoveEmptyEntries));
    }
}
