// The people of the demo as HTTP sees them: the merchant who installs, the merchant's program, and those who click.
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace StorePlugin.Demo;

/// <summary>Something did not go as it must; the message says what, for people.</summary>
internal sealed class DemoException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Talks to the app over its own address and nothing else.</summary>
internal sealed class Visitors : IDisposable
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

    private readonly HttpClient _http;
    private readonly PublicAddress _address;

    public Visitors(PublicAddress address)
    {
        _address = address;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        _http.DefaultRequestHeaders.UserAgent.ParseAdd(Browser);
        _http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
    }

    /// <summary>Installs a rehearsal store as a browser does, step by step. Returns the shop's domain.</summary>
    public async Task<string> InstallAsync(string query, CancellationToken cancel)
    {
        using var install = await GetAsync(_address.Of("/rehearsal/install" + query), null, cancel);
        var platform = RedirectOf(install, "The installation did not begin");
        var cookie = install.Headers.TryGetValues("Set-Cookie", out var cookies)
            ? string.Join("; ", cookies.Select(value => value.Split(';')[0]))
            : null;
        using var authorize = await GetAsync(platform, null, cancel);
        var callback = RedirectOf(authorize, "The platform did not grant access");
        using var done = await GetAsync(callback, cookie, cancel);
        RedirectOf(done, "The installation did not end");
        return QueryHelpers.ParseQuery(new Uri(callback).Query)["shop"].ToString();
    }

    /// <summary>Clicks a link without following it. Returns the reference that the visit carries from then on.</summary>
    public async Task<string> ClickAsync(string link, CancellationToken cancel)
    {
        using var answer = await GetAsync(link, null, cancel);
        var landing = new Uri(RedirectOf(answer, "A referral link did not lead to the store"));
        var query = QueryHelpers.ParseQuery(landing.Query);
        var target = query.TryGetValue("redirect", out var redirect) ? redirect.ToString() : landing.PathAndQuery;
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        return mark >= 0 && QueryHelpers.ParseQuery(target[mark..]).TryGetValue("ref", out var reference)
            ? reference.ToString()
            : throw new DemoException("A referral link leads to the store without a reference.");
    }

    /// <summary>Calls the JSON API.</summary>
    /// <exception cref="DemoException">It refused; the message holds its words.</exception>
    public async Task<JsonNode> CallAsync(HttpMethod method, string path, string apiKey, JsonObject? body, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(method, new Uri(_address.Listening + "/api/v1" + path));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        message.Headers.Accept.ParseAdd("application/json");
        if (method == HttpMethod.Post)
        {
            message.Content = new StringContent(body?.ToJsonString() ?? "", new MediaTypeHeaderValue("application/json"));
        }

        using var answer = await _http.SendAsync(message, cancel);
        var text = await answer.Content.ReadAsStringAsync(cancel);
        return answer.IsSuccessStatusCode
            ? JsonNode.Parse(text) ?? throw new DemoException($"{method} {path} answered with nothing.")
            : throw new DemoException($"{method} {path} answered {(int)answer.StatusCode}: {text}");
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> GetAsync(string address, string? cookie, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(Local(address)));
        if (cookie is not null)
        {
            message.Headers.Add("Cookie", cookie);
        }

        return await _http.SendAsync(message, cancel);
    }

    // The public address may be a proxy's, which need not be reachable from here.
    private string Local(string address) => address.StartsWith(_address.Base, StringComparison.Ordinal)
        ? _address.Listening + address[_address.Base.Length..]
        : address;

    private static string RedirectOf(HttpResponseMessage answer, string problem) =>
        answer.StatusCode == HttpStatusCode.Redirect && answer.Headers.Location is { } location
            ? location.OriginalString
            : throw new DemoException($"{problem}: the answer was {(int)answer.StatusCode}.");
}
