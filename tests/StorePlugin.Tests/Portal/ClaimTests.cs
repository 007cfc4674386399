// Orders that an ambassador misses: told once, decided by a person, and nothing of an order that is not theirs is learned by it.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Privacy;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Portal;

internal sealed class ClaimTests
{
    private const string Own = "/portal/claims";
    private const string Queue = "/dashboard/claims";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = "";
    private string _bob = "";
    private Browser _browser = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10", "ann@example.com");
        _bob = await _shop.AmbassadorAsync("BOB10", "bob@example.com");
        _browser = await Rooms.SignInAsync(_app, _shop.Store, _ann);
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _browser.Dispose();
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task What_an_ambassador_tells_of_waits_in_the_queue_with_its_age_and_on_the_overview()
    {
        Assert.That((await TellAsync("#1001", "My <b>sister</b>\nbought it.")).To(), Is.EqualTo($"{Own}?notice=claim-told"));
        _app.Clock.Advance(TimeSpan.FromHours(3));

        var row = (await _owner.GetAsync(Queue)).QuerySelector("tbody tr")!;
        var overview = await _owner.GetAsync("/dashboard");
        var own = (await _browser.GetAsync(Own)).QuerySelector("tbody tr")!;

        Assert.That(row.Text("th") + " | " + row.Text("td[data-label=Ambassador]") + " | " + row.Text("td[data-label=Told]"), Is.EqualTo("#1001 of 20 February 2026 | ANN10 | 3 hours ago"));
        Assert.That(row.Text(".why"), Is.EqualTo("My <b>sister</b> bought it."));
        Assert.That(overview.Text("#claims"), Does.StartWith("1 order is missed by ambassadors; the oldest was told 3 hours ago."));
        Assert.That(overview.QuerySelector("#claims a")!.GetAttribute("href"), Is.EqualTo(Queue));
        Assert.That((await _owner.GetAsync("/dashboard/orders")).QuerySelector($"a[href='{Queue}']"), Is.Not.Null);
        Assert.That(own.Text("td[data-label=State]"), Is.EqualTo("Being looked at"));
    }

    [Test]
    public async Task A_credit_goes_by_the_override_and_is_told_once_however_often_it_is_sent()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start));
        await TellAsync("1001");
        var path = await FirstAsync();
        var page = await _owner.GetAsync(path);
        var form = page.QuerySelector("#decide")!;
        (string, string)[] fields = [("decision", "credit"), ("order", page.QuerySelector("input[name=order]")!.GetAttribute("value")!), ("reason", "Her link was shared in a chat.")];

        var first = await _owner.FillAsync(form, fields);
        var second = await _owner.FillAsync(form, fields);
        var late = await _owner.FillAsync(form, ("decision", "decline"), ("reason", "No."));
        await _app.DrainAsync();
        var receipt = await _shop.ReceiptAsync("1001");
        var own = (await _browser.GetAsync(Own)).QuerySelector("tbody tr")!;

        Assert.That((first.To(), second.To(), late.To()), Is.EqualTo(($"{path}?notice=claim-credited", $"{path}?notice=claim-settled", $"{path}?notice=claim-settled")));
        Assert.That(page.Text("#orders tbody tr"), Does.StartWith("#1001").And.Contain("Nobody"));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(1000));
        Assert.That(receipt.ToJson(), Does.Contain("Her link was shared in a chat."));
        Assert.That(await CountAsync("SELECT COUNT(*) FROM order_decisions WHERE kind = 'credit'"), Is.EqualTo(1));
        Assert.That(own.Text("td[data-label=State]"), Does.StartWith("Credited").And.EndWith("Her link was shared in a chat."));
        Assert.That(ReadMail.AllOf(_app).Count(mail => mail["Subject"].Contains("Order 1001 counts for you", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(_shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    [Test]
    public async Task A_decline_tells_the_reason_and_books_nothing()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("BOB10", "10.00"));
        await TellAsync("#1001");
        var path = await FirstAsync();
        var entries = await CountAsync("SELECT COUNT(*) FROM ledger_entries");

        var without = await Browser.ReadAsync(await _owner.FillAsync(path, $"{path}/decision", ("decision", "decline")), HttpStatusCode.UnprocessableEntity);
        var declined = await _owner.FillAsync(path, $"{path}/decision", ("decision", "decline"), ("reason", "It came by <another> way."));
        await _app.DrainAsync();
        var mail = ReadMail.AllOf(_app).Single(mail => mail["Subject"].Contains("#1001", StringComparison.Ordinal));
        var own = (await _browser.GetAsync(Own)).Text("tbody");

        Assert.That(without.Text("#problem"), Does.StartWith("Give a reason"));
        Assert.That(declined.To(), Is.EqualTo($"{path}?notice=claim-declined"));
        Assert.That(own, Does.Contain("Declined").And.Contain("It came by <another> way."));
        Assert.That(mail["To"], Does.Contain("ann@example.com"));
        Assert.That(mail.Text, Does.Contain("It came by <another> way.").And.Not.Contain("BOB10"));
        Assert.That(await CountAsync("SELECT COUNT(*) FROM ledger_entries"), Is.EqualTo(entries));
    }

    // Whether there is such an order, and whose it is, must show in nothing that an ambassador sees.
    [Test]
    public async Task The_answer_is_the_same_whether_the_order_exists_or_not_and_whoever_brought_it()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("BOB10", "10.00"));
        var nobodys = await TellAsync("#7777");
        var bobs = await TellAsync("#1001");

        var rows = (await _browser.GetAsync(Own)).QuerySelectorAll("tbody tr").Select(row => row.Text("td[data-label=State]")).ToList();
        var text = (await _browser.GetAsync(Own)).Text("body");

        Assert.That((nobodys.To(), bobs.To()), Is.EqualTo(($"{Own}?notice=claim-told", $"{Own}?notice=claim-told")));
        Assert.That(rows, Is.EqualTo(["Being looked at", "Being looked at"]));
        Assert.That(text, Does.Not.Contain("BOB10").And.Not.Contain("€").And.Not.Contain("shopper@example.test"));
    }

    [Test]
    public async Task The_same_order_waits_once_however_it_is_spelt()
    {
        foreach (var number in new[] { "#lx1001", "LX1001", " # Lx1001 " })
        {
            Assert.That((await TellAsync(number)).To(), Is.EqualTo($"{Own}?notice=claim-told"));
        }

        Assert.That(await CountAsync("SELECT COUNT(*) FROM order_claims"), Is.EqualTo(1));
    }

    [Test]
    public async Task Ten_wait_at_a_time_and_no_more()
    {
        for (var i = 0; i < OrderClaims.OpenMax; i++)
        {
            await TellAsync($"#{i}");
        }

        var eleventh = await Browser.ReadAsync(await TellAsync("#10", "Please."), HttpStatusCode.Conflict);
        var path = await FirstAsync();
        await _owner.FillAsync(path, $"{path}/decision", ("decision", "decline"), ("reason", "No."));

        Assert.That(eleventh.Text("[role=alert]"), Does.StartWith("10 orders that you told of wait already."));
        Assert.That(eleventh.QuerySelector("textarea")!.TextContent, Is.EqualTo("Please."), "what was written is not lost");
        Assert.That((await TellAsync("#10")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    [TestCase("", "2026-02-20", "", "Write the order's number")]
    [TestCase("###", "2026-02-20", "", "Write the order's number")]
    [TestCase("#1\u0007", "2026-02-20", "", "The number may not hold")]
    [TestCase("#1", "", "", "Choose the day")]
    [TestCase("#1", "20.02.2026", "", "Choose the day")]
    [TestCase("#1", "2026-03-02", "", "The day must lie")]
    [TestCase("#1", "2025-02-20", "", "The day must lie")]
    public async Task What_cannot_be_used_is_said_beside_its_field(string number, string day, string text, string said)
    {
        var page = await Browser.ReadAsync(
            await _browser.FillAsync(Own, Own, ("order", number), ("day", day), ("text", text)), HttpStatusCode.UnprocessableEntity);
        var wrong = page.QuerySelectorAll("[aria-invalid=true]").Single();

        Assert.That(page.GetElementById(wrong.GetAttribute("aria-describedby")!)!.TextContent, Does.StartWith(said));
        Assert.That(await CountAsync("SELECT COUNT(*) FROM order_claims"), Is.Zero);
    }

    [Test]
    public async Task The_longest_texts_fit_and_longer_ones_are_refused_and_pages_stay_small()
    {
        for (var i = 0; i < 9; i++)
        {
            Assert.That((await TellAsync($"{i}{new string('字', 39)}", new string('字', NewClaim.TextLengthMax))).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        }

        var longer = await TellAsync("#1", new string('w', NewClaim.TextLengthMax + 1));
        var longNumber = await TellAsync(new string('1', NewClaim.ReferenceLengthMax + 1));
        var own = await (await _browser.AskAsync(Own)).Content.ReadAsStringAsync();
        var queue = await (await _owner.AskAsync(Queue)).Content.ReadAsStringAsync();
        var next = await _browser.GetAsync((await _browser.GetAsync(Own)).QuerySelector("a[rel=next]")!.GetAttribute("href")!);

        Assert.That((longer.StatusCode, longNumber.StatusCode), Is.EqualTo((HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity)));
        Assert.That((own.Length, queue.Length), Is.LessThan((60_000, 60_000)).Using<(int, int)>((a, b) => Math.Max(a.Item1, a.Item2).CompareTo(b.Item1)));
        Assert.That(next.QuerySelectorAll("tbody tr"), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task An_order_is_found_by_another_number_and_one_that_was_decided_meanwhile_is_shown_anew()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start));
        await TellAsync("ten-oh-one");
        var path = await FirstAsync();
        var unknown = await _owner.GetAsync(path);
        var found = await _owner.GetAsync($"{path}?look=1001");
        var form = found.QuerySelector("#decide")!;
        var order = found.QuerySelector("input[name=order]")!.GetAttribute("value")!;
        await _owner.PushAsync(path, "/dashboard/orders/1001/decisions", ("decision", "credit"), ("who", "BOB10"), ("reason", "His."), ("seen", "0"));

        var late = await Browser.ReadAsync(await _owner.FillAsync(form, ("decision", "credit"), ("order", order), ("reason", "Hers.")), HttpStatusCode.UnprocessableEntity);
        var none = await Browser.ReadAsync(await _owner.FillAsync(form, ("decision", "credit"), ("reason", "Hers.")), HttpStatusCode.UnprocessableEntity);

        Assert.That(unknown.Text("#orders"), Does.Contain("No order of this number has arrived here."));
        Assert.That(unknown.QuerySelector("button[value=credit]"), Is.Null);
        Assert.That(late.Text("#problem"), Does.StartWith("Somebody has decided about the order"));
        Assert.That(late.Text("#orders tbody"), Does.Contain("BOB10"), "the number that was looked for is kept");
        Assert.That(none.Text("#problem"), Does.StartWith("Choose the order"));
        Assert.That(await _app.Db.OneAsync<string>("SELECT state FROM order_claims"), Is.EqualTo("open"));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.Zero);
    }

    [Test]
    public async Task A_program_of_the_store_lists_and_decides_them_too()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start));
        await TellAsync("#1001", "Mine.");
        var api = await ApiClient.OfAsync(_app, _shop.Store);
        var listed = (await api.Get("order-claims")).Json!["items"]!.AsArray().Single()!;
        var path = $"order-claims/{(string?)listed["id"]}/decision";
        var answers = new List<(int, string?)>();
        foreach (var body in new JsonObject[]
        {
            new() { ["decision"] = "perhaps", ["reason"] = "x" }, new() { ["decision"] = "credit", ["reason"] = "x" },
            new() { ["decision"] = "decline", ["reason"] = "x", ["platformOrderId"] = "1001" }, new() { ["decision"] = "decline" },
            new() { ["decision"] = "credit", ["reason"] = "Hers.", ["platformOrderId"] = "9" }, new() { ["decision"] = "credit", ["reason"] = "Hers.", ["platformOrderId"] = "1001" },
            new() { ["decision"] = "decline", ["reason"] = "No." },
        })
        {
            var answer = await api.Put(path, body);
            answers.Add((answer.Status, (string?)answer.Json?["state"]));
        }

        Assert.That($"{listed["reference"]} {listed["day"]} {listed["text"]} {listed["state"]}", Is.EqualTo("#1001 2026-02-20 Mine. open"));
        Assert.That(answers, Is.EqualTo(new (int, string?)[] { (400, null), (400, null), (400, null), (400, null), (404, null), (200, "credited"), (409, null) }));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(1000));
        Assert.That((await api.Get("order-claims")).Json!["items"]!.AsArray(), Is.Empty);
        Assert.That((string?)(await api.Get("order-claims?state=credited")).Json!["items"]![0]!["platformOrderId"], Is.EqualTo("1001"));
        Assert.That((await api.Get("order-claims?state=lost")).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task Nobody_else_sees_it_or_decides_it()
    {
        await TellAsync("#1001", "Mine.");
        var path = await FirstAsync();
        await _app.Get<Team>().AddAsync(_shop.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        using var vera = await Rooms.SignInAsync(_app, _shop.Store, null, (await _app.Get<Team>().ListAsync(_shop.Store, default)).Single().Id);
        var other = await Shop.OpenAsync(_app, "other");
        using var stranger = await Rooms.SignInAsync(_app, other.Store, null);
        using var bob = await Rooms.SignInAsync(_app, _shop.Store, _bob);

        var seen = await vera.GetAsync(path);
        var refused = await vera.PushAsync(path, $"{path}/decision", ("decision", "decline"), ("reason", "No."));
        var foreign = await stranger.PushAsync("/dashboard", $"{path}/decision", ("decision", "decline"), ("reason", "No."));

        Assert.That(seen.Text("#words"), Does.Contain("Mine."));
        Assert.That(seen.QuerySelector("#decide"), Is.Null);
        Assert.That((refused.StatusCode, foreign.StatusCode, (await stranger.AskAsync(path)).StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.NotFound)));
        Assert.That((await stranger.GetAsync(Queue)).Text(), Does.Not.Contain("#1001"));
        Assert.That((await bob.GetAsync(Own)).Text(), Does.Contain("Nothing so far."));
        Assert.That(await _app.Db.OneAsync<string>("SELECT state FROM order_claims"), Is.EqualTo("open"));
    }

    [Test]
    public async Task A_year_after_the_decision_the_words_are_gone_and_the_rest_stays()
    {
        await TellAsync("#1001", "Mine.");
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await TellAsync("#1002", "Waits.");
        var path = await FirstAsync();
        await _owner.FillAsync(path, $"{path}/decision", ("decision", "decline"), ("reason", "No."));
        _app.Clock.Advance(KeptFor.ClaimTexts - TimeSpan.FromMilliseconds(1));
        await _app.Get<Retention>().RunOnceAsync(default);
        var before = await CountAsync("SELECT COUNT(*) FROM order_claims WHERE sealed IS NOT NULL");
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await _app.Get<Retention>().RunOnceAsync(default);

        Assert.That(before, Is.EqualTo(2));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT reference FROM order_claims WHERE sealed IS NULL"), Is.EqualTo(["#1001"]), "what waits keeps its words");
    }

    private Task<HttpResponseMessage> TellAsync(string number, string text = "") => _browser.FillAsync(Own, Own, ("order", number), ("day", "2026-02-20"), ("text", text));

    /// <summary>The page of the claim that waits longest.</summary>
    private async Task<string> FirstAsync() => (await _owner.GetAsync(Queue)).QuerySelector("tbody th a")!.GetAttribute("href")!;

    private Task<long> CountAsync(string sql) => _app.Db.OneAsync<long>(sql);
}
