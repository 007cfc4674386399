// How long merchants and strangers wait for their pages on a database that holds a year, at a steady pace.
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Stores;

namespace StorePlugin.Bench;

internal static partial class PagesFigure
{
    private const int Connections = 32;
    private const int PerSecond = 50;
    private const int LandingPerSecond = 500;
    private const double MillisecondsMax = 100;
    private const double LandingMillisecondsMax = 20;
    private const double BytesMax = 60_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    private static readonly string[] Paths =
    [
        "/dashboard", "/dashboard?days=365", "/dashboard/orders", "/dashboard/orders?show=credited&from=2026-01-01&to=2026-12-31", "/dashboard/ambassadors", "/dashboard/campaigns",
        "/dashboard/reviews", "/dashboard/balances?currency=EUR&account=held", "/dashboard/figures", "/dashboard/payouts", "/dashboard/settings",
    ];

    public static async Task<bool> RunAsync(Past year, int ambassadors, int seconds)
    {
        string link;
        long people;
        await using (var app = Shop.App(year.Folder))
        {
            await App.PrepareAsync(app);
            var store = (await app.Services.GetRequiredService<StoreDirectory>().FindByDomainAsync("shopify", Shop.Domain))!;
            people = await Shop.FillUpAsync(app, store, ambassadors);
            link = await app.Services.GetRequiredService<SignIn>().NewLinkAsync(store, Role.Owner, null, default);
        }

        Console.WriteLine(
            $"pages: {Table.Of(PerSecond)} a second for {seconds} s each, and an ambassador's page {Table.Of(LandingPerSecond)} a second, on a database of "
            + $"{Table.Of(year.Orders)} orders, {Table.Of(year.Clicks)} clicks and {Table.Of(people)} ambassadors");
        var rows = new List<string[]>();
        var (slowest, largest, landing) = (0.0, 0, 0.0);
        await using (var app = await Child.AppAsync(year.Folder, workers: true))
        {
            var cookie = await SignInAsync(app.Port, new Uri(link).PathAndQuery);
            foreach (var path in Paths)
            {
                var (load, bytes) = Measure(app.Port, Request(path, cookie), PerSecond, seconds);
                slowest = Math.Max(slowest, load.Milliseconds(0.95));
                largest = Math.Max(largest, bytes);
                rows.Add(Row(path, load, bytes));
            }

            var (shown, size) = Measure(app.Port, Request($"/a/{Shop.Code(7)}", cookie: null), LandingPerSecond, seconds);
            landing = shown.Milliseconds(0.99);
            largest = Math.Max(largest, size);
            rows.Add(Row("/a/{link}", shown, size));
        }

        Table.Print(["page", "per second", "p50 ms", "p95 ms", "p99 ms", "max ms", "bytes"], rows);
        return Table.Holds(slowest < MillisecondsMax, $"slowest p95 of a merchant's page: {Table.Of(slowest, "N1")} ms, below {Table.Of(MillisecondsMax)} ms is asked")
            & Table.Holds(landing < LandingMillisecondsMax, $"p99 of an ambassador's page: {Table.Of(landing, "N1")} ms, below {Table.Of(LandingMillisecondsMax)} ms is asked")
            & Table.Holds(largest <= BytesMax, $"largest answer, with its headers: {Table.Of(largest)} bytes, at most {Table.Of(BytesMax)} are asked");
    }

    private static (Load Load, int Bytes) Measure(int port, byte[] request, int perSecond, int seconds)
    {
        using var senders = new Senders(port, Connections, hasBody: true);
        senders.Pace(() => request, WarmUp, perSecond);
        var load = senders.Pace(() => request, TimeSpan.FromSeconds(seconds), perSecond);
        return (load, senders.Largest);
    }

    private static string[] Row(string path, Load load, int bytes) =>
    [
        path, Table.Of(load.PerSecond), Table.Of(load.Milliseconds(0.5), "N1"), Table.Of(load.Milliseconds(0.95), "N1"), Table.Of(load.Milliseconds(0.99), "N1"),
        Table.Of(load.Milliseconds(1), "N1"), Table.Of(bytes),
    ];

    /// <summary>As a merchant does: opens the link, presses the button. Returns the session's cookie.</summary>
    private static async Task<string> SignInAsync(int port, string path)
    {
        var cookies = new CookieContainer();
        using var http = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies, AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        http.DefaultRequestHeaders.Add("Accept", "text/html");
        var html = await http.GetStringAsync(new Uri(path, UriKind.Relative));
        var fields = Hidden().Matches(html).ToDictionary(match => match.Groups[1].Value, match => WebUtility.HtmlDecode(match.Groups[2].Value), StringComparer.Ordinal);
        using var form = new FormUrlEncodedContent(fields);
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), form);
        return answer.StatusCode == HttpStatusCode.Redirect
            ? cookies.GetCookieHeader(http.BaseAddress)
            : throw new InvalidOperationException($"The sign-in was answered {(int)answer.StatusCode}.");
    }

    private static byte[] Request(string path, string? cookie) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"""
        GET {path} HTTP/1.1
        Host: 127.0.0.1
        User-Agent: Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0
        Accept: text/html,application/xhtml+xml
        Cookie: {cookie ?? "none=1"}


        """).ReplaceLineEndings("\r\n"));

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")]
    private static partial Regex Hidden();
}
