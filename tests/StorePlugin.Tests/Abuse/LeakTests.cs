// Codes that were published: noted over the API, and what that makes of orders without a click (rule F5).
using System.Text.Json.Nodes;
using StorePlugin.Abuse;
using StorePlugin.Orders;
using StorePlugin.Tests.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Abuse;

internal sealed class LeakTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;

    private string Path => $"ambassadors/{_ann}/leaks";

    [SetUp]
    public async Task OpenAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
    }

    [TearDown]
    public async Task CloseAsync()
    {
        Assert.That(await _app.Get<Verify>().RunAsync(null, default), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings, Is.Empty);
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Orders_without_a_click_are_a_notice_and_with_a_published_code_ask_for_a_person()
    {
        await BeginAsync();
        await WithoutClickAsync("1001");
        await PassAsync(31);
        Assert.That((await _shop.StateAsync("1003"), (await FlagAsync("1003")).Severity), Is.EqualTo(("approved", "notice")));

        // The orders came before the merchant saw it, and are released afterwards.
        await ClickedAsync("2000");
        await WithoutClickAsync("2001");
        Assert.That((await NoteAsync("https://coupons.example/lux")).Status, Is.EqualTo(201));
        await PassAsync(31);

        var receipt = await _shop.ReceiptAsync("2003");
        Assert.That((await _shop.StateAsync("2003"), receipt.OpenRules), Is.EqualTo(("review", new[] { "F5" })));
        Assert.That(
            receipt.Flags.Single().Inputs,
            Is.SupersetOf([new FindingInput("withoutClickIn24Hours", 3), new FindingInput("couponSiteClicks", 0), new FindingInput("publishedLeaks", 1)]));
        Assert.That(receipt.Reviews.Single().Why, Does.EndWith("A code was published."));
        Assert.That(ReceiptChecker.Check(ReceiptView.Of(receipt.ToJson()).ToJsonString()), Is.Empty);
    }

    [Test]
    public async Task What_has_ended_counts_for_the_orders_before_its_end_and_for_none_behind_it()
    {
        await BeginAsync();
        var leak = (await NoteAsync("A forum of bargains")).Text("id");
        await WithoutClickAsync("1001");
        _app.Clock.Advance(TimeSpan.FromDays(1));
        Assert.That((await EndAsync(leak, "The forum took it down.")).Status, Is.EqualTo(200));
        _app.Clock.Advance(TimeSpan.FromDays(27));
        await ClickedAsync("2000");
        await WithoutClickAsync("2001");
        await PassAsync(31);

        Assert.That(((await FlagAsync("1003")).Severity, (await FlagAsync("2003")).Severity), Is.EqualTo(("review", "notice")));
        Assert.That((await FlagAsync("2003")).Inputs, Does.Contain(new FindingInput("publishedLeaks", 0)));
    }

    [Test]
    public async Task An_order_whose_end_of_the_leak_lies_in_its_own_instant_is_not_judged_by_it()
    {
        await BeginAsync();
        var leak = (await NoteAsync("A forum of bargains")).Text("id");
        await EndAsync(leak, "The forum took it down.");
        await WithoutClickAsync("1001");
        await PassAsync(31);

        Assert.That((await FlagAsync("1003")).Severity, Is.EqualTo("notice"));
    }

    [Test]
    public async Task A_code_of_somebody_else_that_was_published_is_nothing_here()
    {
        var bob = await _shop.AmbassadorAsync("BOB10");
        await BeginAsync();
        Assert.That((await _api.Post($"ambassadors/{bob}/leaks", Leak("bob10", "A forum"))).Status, Is.EqualTo(201));
        await WithoutClickAsync("1001");
        await PassAsync(31);

        Assert.That((await FlagAsync("1003")).Severity, Is.EqualTo("notice"));
    }

    [Test]
    public async Task A_leak_is_noted_once_listed_and_ended_once_with_who_and_why()
    {
        var noted = await _api.Post(Path, Leak("ann10", "https://coupons.example/lux", "Seen by a customer."));
        var again = await NoteAsync("https://coupons.example/lux");
        _app.Clock.Advance(TimeSpan.FromMinutes(30));
        var elsewhere = await NoteAsync("A forum of bargains");
        _app.Clock.Advance(TimeSpan.FromMinutes(30));
        var ended = await EndAsync(noted.Text("id"), "Taken down.");
        var endedAgain = await EndAsync(noted.Text("id"), "Another word.");
        var first = (await _api.Get(Path + "?limit=1")).Json!;
        var second = (await _api.Get($"{Path}?limit=1&after={first["next"]}")).Json!;
        var anew = await NoteAsync("https://coupons.example/lux");

        using (Assert.EnterMultipleScope())
        {
            Assert.That((noted.Status, noted.Text("code"), noted.Text("note")), Is.EqualTo((201, "ANN10", "Seen by a customer.")));
            Assert.That((again.Status, again.Problem, elsewhere.Status), Is.EqualTo((409, "/problems/leak-known", 201)));
            Assert.That((ended.Status, endedAgain.Status, endedAgain.Problem), Is.EqualTo((200, 409, "/problems/leak-ended")));
            Assert.That((string?)first["items"]![0]!["endedWhy"], Is.EqualTo("Taken down."));
            Assert.That((string?)first["items"]![0]!["endedBy"], Is.EqualTo((string?)first["items"]![0]!["actor"]).And.Not.Empty);
            Assert.That((string?)first["items"]![0]!["endedAt"], Is.EqualTo("2026-03-01T11:00:00Z"));
            Assert.That((second["items"]!.AsArray().Single()!["where"]!.ToString(), second["next"]), Is.EqualTo(("A forum of bargains", (JsonNode?)null)));
            Assert.That(anew.Status, Is.EqualTo(201), "what has ended can come again");
            Assert.That((await EndAsync("leak_none", "x")).Problem, Is.EqualTo("/problems/leak-unknown"));
            Assert.That((await _api.Get(Path + "?after=lek_1")).Status, Is.EqualTo(400));
        }
    }

    [TestCase("""{"where":"x"}""", "code")]
    [TestCase("""{"code":"BOB10","where":"x"}""", "code")]
    [TestCase("""{"code":"ANN10"}""", "where")]
    [TestCase("""{"code":"ANN10","where":"x","note":""}""", "note")]
    [TestCase("""{"code":"ANN10","where":"x","since":"2026-01-01"}""", "since")]
    public async Task What_says_something_else_is_refused_by_the_field(string body, string field)
    {
        await _shop.AmbassadorAsync("BOB10");
        var answer = await _api.Post(Path, JsonNode.Parse(body)!);

        Assert.That((answer.Status, answer.Json!["errors"]!.AsObject().Select(error => error.Key)), Is.EqualTo((400, new[] { field })));
    }

    [Test]
    public async Task Of_one_ambassador_so_many_places_may_be_noted_at_once_and_no_more()
    {
        for (var i = 0; i < Leaks.OpenMax; i++)
        {
            await NoteAsync($"Place {i}");
        }

        Assert.That((await NoteAsync("One more")).Problem, Is.EqualTo("/problems/leaks-too-many"));
        Assert.That((await _api.Post(Path, Leak("ANN10", new string('x', 301)))).Status, Is.EqualTo(400));
    }

    /// <summary>An order by a click, so that there is a share to compare with.</summary>
    private async Task BeginAsync()
    {
        await ClickedAsync("1000");
        _app.Clock.Advance(TimeSpan.FromDays(2));
    }

    private async Task ClickedAsync(string id)
    {
        await _shop.PaysAsync(new TestOrder(id, _app.Clock.GetUtcNow()) { Landing = $"/?ref={await _shop.ClickAsync(_ann)}" });
        _app.Clock.Advance(TimeSpan.FromDays(2));
    }

    /// <summary>Three orders by the code alone, from this id on.</summary>
    private async Task WithoutClickAsync(string first)
    {
        for (var i = 0; i < 3; i++)
        {
            await _shop.PaysAsync(new TestOrder($"{int.Parse(first, System.Globalization.CultureInfo.InvariantCulture) + i}", _app.Clock.GetUtcNow()).With("ANN10", "10.00"));
        }
    }

    private Task PassAsync(int days)
    {
        _app.Clock.Advance(TimeSpan.FromDays(days));
        return _app.DrainAsync();
    }

    private async Task<ReceiptFlag> FlagAsync(string orderId) => (await _shop.ReceiptAsync(orderId)).Flags.Single(flag => flag.Rule == "F5");

    private Task<ApiAnswer> NoteAsync(string where) => _api.Post(Path, Leak("ANN10", where));

    private Task<ApiAnswer> EndAsync(string id, string reason) => _api.Post($"{Path}/{id}/ending", new JsonObject { ["reason"] = reason });

    private static JsonObject Leak(string code, string where, string? note = null) => new() { ["code"] = code, ["where"] = where, ["note"] = note };
}
