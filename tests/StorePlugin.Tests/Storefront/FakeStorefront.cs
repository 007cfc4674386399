// A shop's storefront as a browser meets it: a theme with the app embed, Shopify's cart and checkout, and its app proxy before the app.
using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Storefront;

/// <summary>
/// What differs from test to test the browser brings in cookies: <c>privacy</c> is <c>granted</c>, <c>refused</c>, <c>late</c>
/// (the consent API is loaded when it is asked for, and refuses) or <c>none</c>; with <c>broken</c> the app cannot be reached.
/// </summary>
internal sealed class FakeStorefront : IAsyncDisposable
{
    // No theme is stricter.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'";

    private readonly WebApplication _server;
    private readonly StoreApp _app;
    private readonly FakeShopify _shopify;
    private readonly string _shop;

    private FakeStorefront(WebApplication server, StoreApp app, FakeShopify shopify, string shop) =>
        (_server, _app, _shopify, _shop) = (server, app, shopify, shop);

    /// <summary>The attributes of all carts, by the cart's token.</summary>
    public ConcurrentDictionary<string, ConcurrentDictionary<string, string>> Carts { get; } = new();

    /// <summary>What was asked of the app proxy: method, path and query as the browser sent them.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public string Address => _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<FakeStorefront> StartAsync(StoreApp app, FakeShopify shopify, string shop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        var storefront = new FakeStorefront(server, app, shopify, shop);
        server.MapGet("/theme.js", (HttpContext context) => Results.Text(Theme(context.Request.Cookies["privacy"] ?? "none"), "text/javascript"));
        server.MapGet("/ambassador-embed.js", () => Results.Text(EmbedBlock.Script, "text/javascript"));
        server.MapGet("/ambassador-embed.css", () => Results.Text(EmbedBlock.Style, "text/css"));
        server.MapGet("/favicon.ico", () => Results.NoContent());
        server.MapGet("/cart.js", storefront.ShowCart);
        server.MapPost("/cart/update.js", (Delegate)storefront.UpdateCartAsync);
        server.MapPost("/cart/add.js", storefront.Add);
        server.MapPost("/cart/add", storefront.AddByForm);
        server.MapPost("/cart", (Delegate)storefront.CheckOutAsync);
        server.MapGet("/discount/{code}", Discount);
        server.Map("/apps/ambassadors/{**path}", storefront.ForwardAsync);
        server.MapGet("/checkout", (HttpContext context) => Page(context, "<h1>Checkout</h1>", hasEmbed: false));
        server.MapGet("/{**page}", (HttpContext context) => Page(context, Shelf));
        await server.StartAsync();
        return storefront;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        await _server.DisposeAsync();
    }

    private const string Shelf =
        """
        <h1>Mugs</h1>
        <form id="add" method="post" action="/cart/add"><button>Add</button></form>
        <form id="cart" method="post" action="/cart"><button name="checkout">Check out</button></form>
        <a id="link" href="/checkout">Check out at once</a>
        <div class="shopify-payment-button"><button type="button" id="pay">Buy it now</button></div>
        """;

    private static IResult Page(HttpContext context, string body, bool hasEmbed = true)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        var embed = hasEmbed ? EmbedBlock.Html + "<script src=\"/ambassador-embed.js\" defer></script>" : "";
        return Results.Text(
            $"""
            <!doctype html><html lang="en"><head><title>Lux</title><link rel="stylesheet" href="/ambassador-embed.css"><script src="/theme.js"></script></head>
            <body>{body}{embed}</body></html>
            """,
            "text/html");
    }

    private static string Theme(string privacy) =>
        $$"""
        window.Shopify = { theme: { id: 77, role: 'main' } };
        var granted = {{(privacy == "granted" ? "true" : "false")}};
        var api = { marketingAllowed: function () { return granted; }, analyticsProcessingAllowed: function () { return granted; } };
        if ({{(privacy is "granted" or "refused" ? "true" : "false")}}) { Shopify.customerPrivacy = api; }
        if ({{(privacy == "late" ? "true" : "false")}}) {
          Shopify.loadFeatures = function (features, done) { setTimeout(function () { Shopify.customerPrivacy = api; done(); }, 50); };
        }
        window.answerConsent = function (yes) {
          granted = yes;
          document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail: { marketingAllowed: yes, analyticsAllowed: yes } }));
        };
        """;

    private ConcurrentDictionary<string, string> CartOf(HttpContext context)
    {
        var token = context.Request.Cookies["cart"];
        if (token is null)
        {
            token = Guid.NewGuid().ToString("N");
            context.Response.Cookies.Append("cart", token);
        }

        return Carts.GetOrAdd(token, _ => new());
    }

    private static IResult Json(IReadOnlyDictionary<string, string> attributes) =>
        Results.Json(new JsonObject { ["attributes"] = new JsonObject(attributes.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))) });

    // To look makes no cart.
    private IResult ShowCart(HttpContext context) =>
        Json(context.Request.Cookies["cart"] is { } token && Carts.TryGetValue(token, out var attributes) ? attributes : new Dictionary<string, string>());

    private IResult Add(HttpContext context) => Json(CartOf(context));

    private IResult AddByForm(HttpContext context)
    {
        CartOf(context);
        return Results.Redirect("/cart");
    }

    private async Task<IResult> UpdateCartAsync(HttpContext context)
    {
        var cart = CartOf(context);
        foreach (var (name, value) in (await JsonNode.ParseAsync(context.Request.Body))!["attributes"]!.AsObject())
        {
            cart[name] = (string)value!;
        }

        return Json(cart);
    }

    private async Task<IResult> CheckOutAsync(HttpContext context)
    {
        var cart = CartOf(context);
        foreach (var (name, value) in await context.Request.ReadFormAsync())
        {
            if (name.StartsWith("attributes[", StringComparison.Ordinal))
            {
                cart[name["attributes[".Length..^1]] = value.ToString();
            }
        }

        return Results.Redirect("/checkout");
    }

    private static IResult Discount(HttpContext context, string code)
    {
        context.Response.Cookies.Append("discount_code", code);
        return Results.Redirect(context.Request.Query["redirect"] is [{ } path] ? path : "/");
    }

    /// <summary>As Shopify forwards: signed, with the visitor's address, and without cookies.</summary>
    private async Task<IResult> ForwardAsync(HttpContext context, string? path)
    {
        var request = context.Request;
        Asked.Enqueue($"{request.Method} {path}{request.QueryString}");
        if (request.Cookies.ContainsKey("broken"))
        {
            return Results.Text("<html>There was a problem</html>", "text/html", statusCode: StatusCodes.Status502BadGateway);
        }

        var parameters = request.Query.SelectMany(pair => pair.Value.Select(value => (pair.Key, value ?? ""))).ToArray();
        using var answer = await _app.VisitAsync(
            $"/shopify/proxy/{path}{_shopify.SignVisit(_shop, parameters)}",
            new HttpMethod(request.Method),
            ("User-Agent", request.Headers.UserAgent.ToString()),
            ("X-Forwarded-For", "203.0.113.5"));
        return Results.Text(await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType?.ToString(), statusCode: (int)answer.StatusCode);
    }
}
