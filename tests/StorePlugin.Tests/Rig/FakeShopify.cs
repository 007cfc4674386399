// Shopify as the tests meet it: a server on a loopback port that grants, remembers and refuses as the real one does.
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using StorePlugin.Stores;

namespace StorePlugin.Tests.Rig;

/// <summary>One stand-in serves any number of shops; each keeps its discount codes and tokens.</summary>
internal sealed partial class FakeShopify : IAsyncDisposable
{
    public const string ClientId = "client-id-of-the-tests";
    public const string ClientSecret = "shpss_marker_client_secret";
    public const string Scopes = "read_orders,read_products,read_customers,write_discounts,write_app_proxy";

    private readonly WebApplication _server;
    private readonly ConcurrentDictionary<string, string> _shopOfCode = new(StringComparer.Ordinal);
    private readonly AccessTokens _shopOfToken;
    private readonly ConcurrentQueue<Fault> _faults = new();
    private int _number;

    private FakeShopify(WebApplication server) => (_server, _shopOfToken) = (server, new AccessTokens(this));

    /// <summary>What the stand-in does to the next question to the Admin API.</summary>
    internal abstract record Fault
    {
        /// <summary>Throttled as GraphQL does it: HTTP 200 and the cost.</summary>
        internal sealed record Throttled(double Requested, double Available, double RestoreRate) : Fault;

        internal sealed record Status(int Code, string Body = "", string? RetryAfter = null) : Fault;

        /// <summary>The deed is done, and its answer never arrives.</summary>
        internal sealed record LostAnswer : Fault;

        /// <summary>Nothing: this question is answered as it should be.</summary>
        internal sealed record None : Fault;

        /// <summary>HTTP 200 with this body.</summary>
        internal sealed record Answer(string Json) : Fault;
    }

    /// <summary>A discount code of a shop.</summary>
    internal sealed record Discount(string Id, string Title, JsonNode Input);

    /// <summary>The codes of all shops, by shop and code in capitals.</summary>
    public ConcurrentDictionary<(string Shop, string Code), Discount> Discounts { get; } = new();

    /// <summary>The ids of the discounts that were ended.</summary>
    public ConcurrentQueue<string> Deactivated { get; } = new();

    /// <summary>The inputs of all changes to discounts, as they were sent.</summary>
    public ConcurrentQueue<string> Changes { get; } = new();

    /// <summary>The discounts that are switched off, and since when.</summary>
    public ConcurrentDictionary<string, DateTimeOffset> Off { get; } = new(StringComparer.Ordinal);

    /// <summary>How often discounts have worked, by their ids.</summary>
    public ConcurrentDictionary<string, long> Uses { get; } = new(StringComparer.Ordinal);

    /// <summary>Every request to the Admin API: the operation's document and the token it came with.</summary>
    public ConcurrentQueue<(string Shop, string Document, string Token)> Questions { get; } = new();

    /// <summary>The bodies of all requests for a token.</summary>
    public ConcurrentQueue<JsonNode> TokenRequests { get; } = new();

    /// <summary>Tokens in the order of their making.</summary>
    public ConcurrentQueue<string> Tokens { get; } = new();

    public string Granted { get; set; } = Scopes;

    /// <summary>Whether tokens end, and come with another to refresh them.</summary>
    public bool Expiring { get; set; } = true;

    /// <summary>Answers the request for a token in its own way.</summary>
    public (int Status, string Body)? TokenAnswer { get; set; }

    public string ShopName { get; set; } = "Lux Candles";

    /// <summary>What every shop gives its customers to write to.</summary>
    public string ContactEmail { get; set; } = "hello@lux.example";

    public TimeProvider Clock { get; set; } = new FakeTimeProvider(StoreApp.Start);

    private string Listening => _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<FakeShopify> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        var shopify = new FakeShopify(server);
        server.MapGet("/{shop}/admin/oauth/authorize", shopify.Authorize);
        server.MapPost("/{shop}/admin/oauth/access_token", shopify.GiveToken);
        server.MapPost("/{shop}/admin/api/2026-10/graphql.json", shopify.Answer);
        server.MapGet("/files/{id}", shopify.BulkFile);
        await server.StartAsync();

        // A first question would not wait for as long as an installation may take.
        await AdminSchema.IsAvailableAsync();
        return shopify;
    }

    /// <summary>Configuration that points the app here.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["Shopify:ClientId"] = ClientId,
        ["Shopify:ClientSecret"] = ClientSecret,
        ["Shopify:AdminUrl"] = Listening + "/{shop}",
    };

    public void Next(params Fault[] faults) => Array.ForEach(faults, _faults.Enqueue);

    /// <summary>A query as Shopify signs it, with a question mark.</summary>
    public string Sign(params (string Name, string Value)[] parameters)
    {
        var all = parameters.Any(parameter => parameter.Name == "timestamp")
            ? parameters
            : [.. parameters, ("timestamp", Clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))];
        var pairs = all.OrderBy(parameter => parameter.Name, StringComparer.Ordinal)
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}");
        var text = string.Join('&', pairs);
        return $"?{text}&hmac={Hex(text)}";
    }

    /// <summary>A query of the app proxy as Shopify signs it, with a question mark.</summary>
    public string SignProxy(params (string Name, string Value)[] parameters)
    {
        var text = string.Concat(parameters.Select(parameter => $"{parameter.Name}={parameter.Value}").Order(StringComparer.Ordinal));
        return QueryHelpers.AddQueryString(
            "", parameters.Append(("signature", Hex(text))).Select(parameter => KeyValuePair.Create(parameter.Item1, (string?)parameter.Item2)));
    }

    /// <summary>What the visitor of a shop asks through the app proxy, as Shopify signs it, with a question mark.</summary>
    public string SignVisit(string shop, params (string Name, string Value)[] parameters) => SignVisitOf(shop, "", parameters);

    /// <summary>As above, for a customer who has signed in.</summary>
    public string SignVisitOf(string shop, string customerId, (string Name, string Value)[] parameters, string prefix = "/apps/ambassadors") => SignProxy(
    [
        .. parameters,
        ("shop", shop), ("logged_in_customer_id", customerId), ("path_prefix", prefix),
        ("timestamp", Clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
    ]);

    /// <summary>A code that a callback may bring.</summary>
    public string NewCode(string shop)
    {
        var code = $"code{Interlocked.Increment(ref _number):D28}";
        _shopOfCode[code] = shop;
        return code;
    }

    /// <summary>Walks through the whole installation as the merchant's browser does.</summary>
    /// <returns>The answer of the callback.</returns>
    public async Task<HttpResponseMessage> WalkAsync(StoreApp app, string shop)
    {
        using var start = await app.Http.GetAsync("/shopify/install" + Sign(("shop", shop)));
        using var granted = await app.Http.GetAsync(start.Headers.Location);
        return await GetAsync(app, granted.Headers.Location!.PathAndQuery, CookieOf(start));
    }

    /// <summary>Installs the app in a shop.</summary>
    public async Task<Store> InstallAsync(StoreApp app, string shop)
    {
        using var answer = await WalkAsync(app, shop);
        Assert.That(answer.Headers.Location?.OriginalString, Is.EqualTo("/dashboard"), await answer.Content.ReadAsStringAsync());
        return (await app.Get<StoreDirectory>().FindByDomainAsync("shopify", shop))!;
    }

    /// <summary>The installation's cookie that an answer sets, as <c>name=value</c>.</summary>
    public static string CookieOf(HttpResponseMessage answer) =>
        answer.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith(Installation.CookieName, StringComparison.Ordinal)).Split(';')[0];

    public static async Task<HttpResponseMessage> GetAsync(StoreApp app, string path, string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return await app.Http.SendAsync(request);
    }

    /// <summary>Posts a delivery as Shopify signs it: over the body, and over nothing else. Returns the answer's status.</summary>
    public static async Task<HttpStatusCode> DeliverAsync(
        StoreApp app, string shop, string topic, string body, string? deliveryId = null, string? triggeredAt = null)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/shopify") { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("X-Shopify-Topic", topic);
        request.Headers.Add("X-Shopify-Shop-Domain", shop);
        request.Headers.Add("X-Shopify-Webhook-Id", deliveryId ?? Guid.CreateVersion7().ToString());
        request.Headers.Add(
            "X-Shopify-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(ClientSecret), bytes)));
        if (triggeredAt is not null)
        {
            request.Headers.Add("X-Shopify-Triggered-At", triggeredAt);
        }

        using var answer = await app.Http.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>The body of <c>app/uninstalled</c> and <c>shop/update</c>: the shop itself.</summary>
    public string ShopJson(string shop) => new JsonObject
    {
        ["id"] = long.Parse(IdOf(shop), CultureInfo.InvariantCulture),
        ["name"] = ShopName,
        ["email"] = "owner@example.test",
        ["domain"] = "www.lux.example",
        ["myshopify_domain"] = shop,
        ["currency"] = "EUR",
        ["iana_timezone"] = "Europe/Berlin",
        ["created_at"] = "2024-01-01T10:00:00+01:00",
        ["updated_at"] = "2026-02-01T10:00:00+01:00",
    }.ToJsonString();

    /// <summary>The number of a shop.</summary>
    public static string IdOf(string shop) =>
        (548380000 + (BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(shop))) % 1000)).ToString(CultureInfo.InvariantCulture);

    /// <exception cref="InvalidOperationException">Something that was asked or answered breaks Shopify's schema.</exception>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        await _server.DisposeAsync();
        if (!_breaches.IsEmpty)
        {
            throw new InvalidOperationException(string.Join('\n', _breaches));
        }
    }

    private static string Hex(string text) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(ClientSecret), Encoding.UTF8.GetBytes(text)));

    private IResult Authorize(string shop, HttpContext context)
    {
        var query = context.Request.Query;
        var handle = shop[..shop.IndexOf('.', StringComparison.Ordinal)];
        var host = Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin.shopify.com/store/{handle}")).TrimEnd('=');
        return query["client_id"] == ClientId && query["state"].Count == 1
            ? Results.Redirect(query["redirect_uri"] + Sign(("code", NewCode(shop)), ("host", host), ("shop", shop), ("state", query["state"]!)))
            : Results.BadRequest();
    }
}
