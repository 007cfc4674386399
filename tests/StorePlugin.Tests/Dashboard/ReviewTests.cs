// What waits for a person is decided in the queue or on the order's page, once, with a reason that stands on the receipt.
using System.Net;
using StorePlugin.Campaigns;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class ReviewTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = null!;
    private Browser _owner = null!;

    // Terms for new customers alone: an order whose customer is withheld asks for a person.
    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app, terms: new Terms(1000, 0, 30, 30) { NewCustomersOnly = true });
        _ann = await _shop.AmbassadorAsync("ANN10");
        await _shop.AmbassadorAsync("BOB10");
        foreach (var id in new[] { "1", "2", "3" })
        {
            await _shop.PaysAsync(new TestOrder(id, _app.Clock.GetUtcNow()) { Customer = null, Email = "" }.With("ANN10", "10.00"));
        }

        await _app.DrainAsync();
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Orders_are_allowed_and_rejected_from_the_queue_and_a_form_that_is_sent_twice_decides_once()
    {
        var page = await _owner.GetAsync("/dashboard/reviews");
        var values = page.QuerySelectorAll("input[name=order]").Select(input => input.GetAttribute("value")).ToList();
        Assert.That(page.Text("h1 + p"), Does.StartWith("3 orders wait, the oldest for 0 days."));
        Assert.That(values, Is.EqualTo(["0:1", "0:2", "0:3"]));

        var allowed = await SendAsync("/dashboard/reviews/decisions", [("order", "0:1"), ("decision", "allow"), ("reason", "She told who she is.")]);
        var again = await SendAsync("/dashboard/reviews/decisions", [("order", "0:1"), ("decision", "allow"), ("reason", "She told who she is.")]);
        var rejected = await SendAsync("/dashboard/reviews/decisions", [("order", "0:2"), ("decision", "reject"), ("reason", "Unknown <b>buyer</b>")]);
        var twice = await SendAsync("/dashboard/reviews/decisions", [("order", "0:2"), ("decision", "reject"), ("reason", "Unknown")]);

        Assert.That((allowed, rejected), Is.EqualTo(("/dashboard/reviews?decided=1&left=0", "/dashboard/reviews?decided=1&left=0")));
        Assert.That((again, twice), Is.EqualTo(("/dashboard/reviews?decided=0&left=1", "/dashboard/reviews?decided=0&left=1")));
        Assert.That((await _shop.StateAsync("1"), await _shop.StateAsync("2"), await _shop.StateAsync("3")), Is.EqualTo(("held", "reversed", "review")));
        Assert.That((await _shop.ReceiptAsync("1")).Decisions.Single().Reason, Is.EqualTo("She told who she is."));
        Assert.That((await _owner.GetAsync("/dashboard/orders/2")).Text(".receipt"), Does.Contain("Unknown <b>buyer</b>"), "as text");
        Assert.That((await _owner.GetAsync(again)).Text("[role=status]"), Does.StartWith("Nothing was changed"));
        Assert.That((await _owner.GetAsync(allowed)).Text("[role=status]"), Is.EqualTo("1 order is decided."));
    }

    [TestCase("", "0:1", "Give a reason of 1 to 200 letters")]
    [TestCase("Because", null, "Choose at least one order")]
    public async Task What_is_missing_is_said_and_what_was_typed_stays(string reason, string? order, string words)
    {
        var fields = new List<(string, string)> { ("decision", "allow"), ("reason", reason) };
        if (order is not null)
        {
            fields.Add(("order", order));
        }

        var answer = await PostAsync("/dashboard/reviews/decisions", "/dashboard/reviews", [.. fields]);
        var page = await Browser.ReadAsync(answer, HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text("[role=alert]"), Does.Contain(words));
        Assert.That(page.QuerySelector("input[name=reason]")!.GetAttribute("value"), Is.EqualTo(reason));
        Assert.That(page.QuerySelectorAll("input[name=order][checked]").Select(input => input.GetAttribute("value")), Is.EqualTo(order is null ? [] : new[] { order }));
        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("review"));
    }

    [Test]
    public async Task Values_that_no_form_of_ours_holds_decide_nothing()
    {
        foreach (var value in new[] { "1", ":1", "x:1", "0:nowhere", "0:", "99999999999999999999:1" })
        {
            Assert.That(
                await SendAsync("/dashboard/reviews/decisions", [("order", value), ("decision", "reject"), ("reason", "Because")]), Is.EqualTo("/dashboard/reviews?decided=0&left=1"), value);
        }

        Assert.That((await PostAsync("/dashboard/reviews/decisions", "/dashboard/reviews", [("order", "0:1"), ("decision", "pay"), ("reason", "x")])).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("review"));
    }

    [TestCase("BOB10")]
    [TestCase("bob10")]
    [TestCase("https://shop.example/r/bob10")]
    public async Task An_ambassador_is_credited_on_the_orders_page_by_what_people_know_of_them(string who)
    {
        var answer = await SendAsync("/dashboard/orders/3/decisions", [("seen", "0"), ("decision", "credit"), ("who", who), ("reason", "They met at a fair.")], "/dashboard/orders/3");
        var page = await _owner.GetAsync(answer);

        Assert.That(answer, Is.EqualTo("/dashboard/orders/3?notice=order-decided"));
        Assert.That(page.Text(".receipt"), Does.Contain("They met at a fair."));
        Assert.That(page.Text(".facts"), Does.Contain("BOB10").Or.Contain("Ambassador"));
        Assert.That((await _shop.ReceiptAsync("3")).AmbassadorId, Is.Not.Null.And.Not.EqualTo(_ann));
    }

    [Test]
    public async Task What_cannot_be_decided_is_said_on_the_page_and_changes_nothing()
    {
        var nobody = await Browser.ReadAsync(
            await PostAsync("/dashboard/orders/3/decisions", "/dashboard/orders/3", [("seen", "0"), ("decision", "credit"), ("who", "<b>NOBODY</b>"), ("reason", "Why not")]), HttpStatusCode.UnprocessableEntity);
        await SendAsync("/dashboard/orders/1/decisions", [("seen", "0"), ("decision", "allow"), ("reason", "Seen.")], "/dashboard/orders/1");
        var stale = await Browser.ReadAsync(
            await PostAsync("/dashboard/orders/1/decisions", "/dashboard/orders/1", [("seen", "0"), ("decision", "reject"), ("reason", "Seen.")]), HttpStatusCode.UnprocessableEntity);

        Assert.That(nobody.Text("[role=alert]"), Is.EqualTo("No ambassador has this code, link or e-mail address."));
        Assert.That(nobody.QuerySelector("input[name=who]")!.GetAttribute("value"), Is.EqualTo("<b>NOBODY</b>"));
        Assert.That(stale.Text("[role=alert]"), Does.StartWith("Somebody has decided since you opened the page."));
        Assert.That((await _shop.StateAsync("1"), await _shop.StateAsync("3")), Is.EqualTo(("held", "review")));
        await _owner.GetAsync("/dashboard/orders/nowhere", HttpStatusCode.NotFound);
        Assert.That((await PostAsync("/dashboard/orders/nowhere/decisions", "/dashboard", [("seen", "0"), ("decision", "allow"), ("reason", "x")])).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_commission_is_taken_back_and_a_viewer_takes_none()
    {
        await SendAsync("/dashboard/orders/1/decisions", [("seen", "0"), ("decision", "allow"), ("reason", "Seen.")], "/dashboard/orders/1");
        await SendAsync("/dashboard/orders/1/decisions", [("seen", "1"), ("decision", "reject"), ("reason", "Returned by hand.")], "/dashboard/orders/1");
        await _app.Get<Team>().AddAsync(_shop.Store, "Vic", "vic@example.com", Role.Viewer, "owner", default);
        var member = (await _app.Get<Team>().ListAsync(_shop.Store, default)).Single(one => one.Name == "Vic").Id;
        using var viewer = await Rooms.SignInAsync(_app, _shop.Store, null, member);

        var refused = await viewer.SubmitAsync((await viewer.GetAsync("/dashboard/orders/3")).QuerySelector("#decide form")!);

        Assert.That(await _shop.StateAsync("1"), Is.EqualTo("reversed"));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await viewer.GetAsync("/dashboard/reviews")).QuerySelector("main")!.GetAttribute("class"), Does.Contain("readonly"));
        Assert.That(await _shop.StateAsync("3"), Is.EqualTo("review"));
    }

    private async Task<string> SendAsync(string path, (string, string)[] fields, string from = "/dashboard/reviews")
    {
        var answer = await PostAsync(path, from, fields);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.OriginalString;
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string from, (string Name, string Value)[] fields)
    {
        var form = (await _owner.GetAsync(from)).QuerySelector("form.out")!;
        var all = form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
        foreach (var (name, value) in fields)
        {
            all[name] = value;
        }

        return await _owner.PostAsync(path, all);
    }
}
