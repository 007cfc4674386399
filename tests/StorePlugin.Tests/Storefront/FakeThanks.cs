// A page of Shopify's on which extensions run: a stand-in for what Shopify gives them, and elements that do no more than they must.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
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
/// The address's query says who has signed in (<c>customer</c>, nobody without it), the language (<c>lang</c>), and the merchant's
/// setting (<c>app</c>, the real address without it).
/// </summary>
internal sealed class FakeThanks : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly StoreApp _app;
    private readonly string _shop;

    private FakeThanks(WebApplication server, StoreApp app, string shop) => (_server, _app, _shop) = (server, app, shop);

    /// <summary>The tokens that were given out.</summary>
    public ConcurrentQueue<string> Tokens { get; } = new();

    public string Address => _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<FakeThanks> StartAsync(StoreApp app, string shop, string script)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        var page = new FakeThanks(server, app, shop);
        server.MapGet("/extension.js", () => Results.Text(script, "text/javascript"));
        server.MapGet("/favicon.ico", () => Results.NoContent());
        server.MapGet("/token", page.Token);
        server.MapGet("/", page.Show);
        await server.StartAsync();
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        await _server.DisposeAsync();
    }

    private string Token(string? customer)
    {
        var token = SessionTokens.OfExtension(_shop, _app.Clock.GetUtcNow(), customer);
        Tokens.Enqueue(token);
        return token;
    }

    private IResult Show(string? customer, string? lang, string? app)
    {
        var language = lang ?? "en";
        var words = JsonSerializer.Serialize(ThanksBlock.Words(language == "en" ? "en.default" : language));
        var address = JsonSerializer.Serialize(app ?? _app.Address.ToString());
        var token = JsonSerializer.Serialize("/token" + (customer is null ? "" : "?customer=" + Uri.EscapeDataString(customer)));
        return Results.Text(
            string.Create(CultureInfo.InvariantCulture, $$"""
            <!doctype html><html lang="{{language}}"><head><meta charset="utf-8"><title>Thank you</title><style>s-checkbox { display: block; height: 20px; }</style></head><body>
            <script type="module">
              const words = {{words}};
              const number = (value, options) => new Intl.NumberFormat('{{language}}', options).format(value);
              globalThis.shopify = {
                settings: { value: { app_url: {{address}} } },
                sessionToken: { get: async () => (await fetch({{token}})).text() },
                i18n: {
                  translate: (key, gaps) => words[key].replace(/\{\{(\w+)\}\}/g, (_, name) => gaps[name]),
                  formatNumber: number,
                  formatCurrency: (value, options) => number(value, { style: 'currency', ...options }),
                },
              };
              customElements.define('s-checkbox', class extends HTMLElement {
                checked = false;
                constructor() {
                  super();
                  this.addEventListener('click', () => { this.checked = !this.checked; this.dispatchEvent(new Event('change')); });
                }
              });
              customElements.define('s-button', class extends HTMLElement {
                constructor() {
                  super();
                  this.addEventListener('click', () => {
                    if (this.getAttribute('command') === '--copy') {
                      globalThis.copied = document.getElementById(this.getAttribute('commandfor')).getAttribute('text');
                    }
                  });
                }
              });
              const { default: extension } = await import('/extension.js');
              await extension();
              globalThis.isReady = true;
            </script></body></html>
            """),
            "text/html");
    }
}
