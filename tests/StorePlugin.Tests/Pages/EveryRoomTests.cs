// Every room and every form by the program's own table of routes: without sign-in, with the wrong role, and by another store's owner.
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Pages;

internal sealed partial class EveryRoomTests
{
    // What the first store has under these names; whatever else a path names, it has not.
    private static readonly Dictionary<string, string> Ids = new(StringComparer.Ordinal)
    {
        ["ambassadorId"] = "amb_ann",
        ["orderId"] = "1001",
        ["code"] = "ANN10",
        ["number:long"] = "1",
        ["month"] = "2026-03",
    };

    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Rooms _others = null!;
    private List<(string Method, string Route, string Path)> _all = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync([new("Shopify:ClientId", "id"), new("Shopify:ClientSecret", "secret")]);
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.OrderAsync("1001", "held", 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        await _rooms.TermsAsync();
        _others = await Rooms.OpenAsync(_app, "str_other", "Other");
        await _others.AmbassadorAsync("amb_bob", "Bob", "BOB10");
        _all =
        [
            .. _app.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
                .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(method => (method, endpoint.RoutePattern.RawText!)) ?? [])
                .Where(one => one.Item2.StartsWith("/dashboard", StringComparison.Ordinal) || one.Item2.StartsWith("/portal", StringComparison.Ordinal))
                .Where(one => !one.Item2.StartsWith("/portal/sign-in", StringComparison.Ordinal))
                .Select(one => (one.method, one.Item2, Parameter().Replace(one.Item2, name => Ids.GetValueOrDefault(name.Groups["name"].Value, _rooms.CampaignId)))),
        ];
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task Without_sign_in_all_of_them_lead_to_the_sign_in_page()
    {
        Assert.That(_all, Has.Count.GreaterThan(120));
        using var browser = new Browser(_app.Address);

        await EachAsync(_all, async one =>
            await AskAsync(browser, one, []) is { StatusCode: HttpStatusCode.Redirect, Headers.Location.OriginalString: "/sign-in" or "/portal/sign-in" } ? null : "it is open");
    }

    [Test]
    public async Task Nobody_is_in_the_others_rooms()
    {
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
        using var owner = await _rooms.OwnerAsync();

        await EachAsync(_all, async one => await AskAsync(IsPortal(one) ? owner : ann, one, []) is { StatusCode: HttpStatusCode.Forbidden } ? null : "it is open");
    }

    [Test]
    public async Task Whoever_may_only_look_changes_nothing()
    {
        // The team takes part in rehearsals, whoever they are.
        string[] forAll = ["/dashboard/campaigns/{id}/rehearsals/{rehearsalId}/notes", "/dashboard/campaigns/{id}/rehearsals/{rehearsalId}/ambassadors"];
        await _app.Get<Team>().AddAsync(_rooms.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        using var vera = await Rooms.SignInAsync(_app, _rooms.Store, null, (await _app.Get<Team>().ListAsync(_rooms.Store, default)).Single().Id);
        var token = TokenOf(await vera.GetAsync("/dashboard"));

        await EachAsync(
            _all.Where(one => one.Method != "GET" && !IsPortal(one) && !forAll.Contains(one.Route)),
            async one => await AskAsync(vera, one, token) is { StatusCode: HttpStatusCode.Forbidden } ? null : "a viewer may do it");
    }

    [Test]
    public async Task What_belongs_to_another_store_is_not_there()
    {
        using var owner = await _others.OwnerAsync();
        using var bob = await _others.AmbassadorBrowserAsync("amb_bob");
        var (owners, bobs) = (TokenOf(await owner.GetAsync("/dashboard")), TokenOf(await bob.GetAsync("/portal")));

        // Of a month nobody has anything, and everybody may ask for it.
        await EachAsync(
            _all.Where(one => one.Route.Contains('{', StringComparison.Ordinal) && one.Route != "/portal/statements/{month}"),
            async one =>
            {
                var (browser, token) = IsPortal(one) ? (bob, bobs) : (owner, owners);
                var answer = await AskAsync(browser, one, token);
                // Some say first what a form lacks, and some lead back to where it was pressed: to a page that is not there.
                return answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest
                    || (answer.Headers.Location is { } place && (await browser.AskAsync(place.OriginalString)).StatusCode == HttpStatusCode.NotFound)
                    ? null
                    : $"another store's is found: {(int)answer.StatusCode} {answer.Headers.Location}";
            });
        Assert.That(await _app.Db.ManyAsync<string>("SELECT actor FROM audit_entries WHERE store_id = 'str_lux' AND action <> 'Signs in'"), Is.Empty);
    }

    private static bool IsPortal((string Method, string Route, string Path) one) => one.Route.StartsWith("/portal", StringComparison.Ordinal);

    private static async Task EachAsync(IEnumerable<(string Method, string Route, string Path)> all, Func<(string Method, string Route, string Path), Task<string?>> judge)
    {
        var findings = new List<string>();
        foreach (var one in all)
        {
            if (await judge(one) is { } finding)
            {
                findings.Add(string.Create(CultureInfo.InvariantCulture, $"{one.Method} {one.Route}: {finding}"));
            }
        }

        Assert.That(findings, Is.Empty, string.Join('\n', findings));
    }

    private static Task<HttpResponseMessage> AskAsync(Browser browser, (string Method, string Route, string Path) one, Dictionary<string, string> fields) =>
        one.Method == "GET" ? browser.AskAsync(one.Path) : browser.PostAsync(one.Path, fields);

    private static Dictionary<string, string> TokenOf(AngleSharp.Dom.IDocument page) => page.QuerySelectorAll("form.out input")
        .ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

    [GeneratedRegex(@"\{(?<name>[^}]+)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Parameter();
}
