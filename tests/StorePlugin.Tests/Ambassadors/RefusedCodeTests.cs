// A code that a discount of the store has: the merchant looks at it, gives it as it is, or takes another word.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Ledger;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class RefusedCodeTests
{
    private const string Shop = "lux.myshopify.com";
    private const string Id = "gid://shopify/DiscountCodeNode/1";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private ApiClient _api = null!;
    private Store _store = null!;
    private string _campaign = "";
    private string _ann = "";
    private string _codes = "";

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        _api = await ApiClient.OfAsync(_app, _store);
        _campaign = await _api.LiveAsync();
        Hold("ANN10", Id, "0.15");
        _ann = (await _api.AddAsync(_campaign, "ANN10")).Text("id");
        _codes = $"ambassadors/{_ann}/codes";
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(90));
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task What_has_the_code_is_told_as_it_is_now()
    {
        var answer = await _api.Get($"{_codes}/ann10/holder");

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(answer.Json!.ToJsonString(), Is.EqualTo(
            """
            {"discountId":"gid://shopify/DiscountCodeNode/1","title":"Ann\u0027s own","isActive":true,"terms":"15 % off, uses without limit, without end","discount":{"percent":15},"campaignDiscount":{"percent":10},"suggestion":"ANN"}
            """.Trim()));
    }

    [Test]
    public async Task A_suggestion_is_free_here_and_in_the_store()
    {
        Hold("ANN", "gid://shopify/DiscountCodeNode/2", "0.2");
        await _api.AddAsync(_campaign, "ANN2", "two@example.com");
        Hold("ANN3", "gid://shopify/DiscountCodeNode/3", "0.2");

        Assert.That((await _api.Get($"{_codes}/ANN10/holder")).Text("suggestion"), Is.EqualTo("ANN4"));
    }

    [Test]
    public async Task T_5_a_code_that_is_given_as_it_is_counts_from_then_on_and_its_discount_is_never_touched()
    {
        var given = await AdoptAsync(Id);
        await _api.Post(_codes, new JsonObject { ["code"] = "ANN20" });
        await _app.DrainAsync();
        _shopify.Questions.Clear();
        await _api.Post($"ambassadors/{_ann}/suspension");
        await _api.Delete($"ambassadors/{_ann}/suspension");
        await _api.Post(
            $"campaigns/{_campaign}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(friend: 20)["terms"]!.DeepClone() });
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _api.Delete($"{_codes}/ANN10");
        await _app.DrainAsync();

        Assert.That(
            (given.Status, given.Text("state"), given.Text("assignedAt"), given.Text("adoptedAt"), (string?)given.Json!["endedAt"], (string?)given.Json["discount"]!["state"]),
            Is.EqualTo((200, "live", "2026-03-01T11:30:00Z", "2026-03-01T11:30:00Z", (string?)null, "none")));
        Assert.That(_shopify.Discounts[(Shop, "ANN10")].Input["customerGets"]!["value"]!["percentage"]!.GetValue<decimal>(), Is.EqualTo(0.15m));
        Assert.That(_shopify.Off, Does.Not.ContainKey(Id));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE state = 'dead'"), Is.Zero, "nobody has to make it any more");
    }

    [Test]
    public async Task Orders_before_the_gift_are_nobodys_and_those_after_it_count()
    {
        await OrderAsync(1, StoreApp.Start.AddMinutes(80));
        await AdoptAsync(Id);
        await OrderAsync(2, StoreApp.Start.AddMinutes(91));
        await OrderAsync(1, StoreApp.Start.AddMinutes(80), updated: 100);

        Assert.That(
            await _app.Db.ManyAsync<string>("SELECT state FROM orders WHERE store_id = @id ORDER BY order_id", new { id = _store.Id }), Is.EqualTo(["uncredited", "held"]));
        Assert.That(
            await _app.Db.OneAsync<long>(
                "SELECT amount_minor FROM balances WHERE store_id = @id AND ambassador_id = @ann AND account = @held", new { id = _store.Id, ann = _ann, held = Account.Held }),
            Is.EqualTo(900));
        Assert.That(await _app.Get<Verify>().RunAsync(_store.Id, default), Is.Empty);
    }

    [Test]
    public async Task The_ambassador_is_told_to_share_it_once_it_was_given()
    {
        var before = ReadMail.AllOf(_app).Count;

        await AdoptAsync(Id);
        await _app.DrainAsync();

        Assert.That(before, Is.Zero);
        Assert.That(ReadMail.AllOf(_app).Select(mail => mail["Subject"]), Has.One.Contains("ANN10"));
        Assert.That((await _app.VisitAsync("/r/ann10")).Headers.Location!.AbsolutePath, Is.EqualTo("/discount/ANN10"));
    }

    [Test]
    public async Task What_was_not_looked_at_is_not_given()
    {
        Hold("ANN10", "gid://shopify/DiscountCodeNode/2", "0.5");

        var other = await AdoptAsync(Id);
        _shopify.Discounts.Clear();
        var gone = await AdoptAsync(Id);
        var look = await _api.Get($"{_codes}/ANN10/holder");

        Assert.That((other.Status, other.Problem), Is.EqualTo((409, "/problems/holder-changed")));
        Assert.That((string?)other.Json!["detail"], Does.Contain("gid://shopify/DiscountCodeNode/2").And.Contain("50 % off").And.Not.Contain("Ann's own"));
        Assert.That((gone.Status, gone.Problem), Is.EqualTo((404, "/problems/holder-gone")));
        Assert.That((look.Status, look.Problem), Is.EqualTo((404, "/problems/holder-gone")));
        Assert.That(await StateAsync("ann10"), Is.EqualTo("refused"));
    }

    [Test]
    public async Task Who_is_not_to_have_it_is_told_why()
    {
        var twice = (await AdoptAsync(Id), await AdoptAsync(Id));
        Hold("ANN20", "gid://shopify/DiscountCodeNode/2", "0.5");
        await _api.Post(_codes, new JsonObject { ["code"] = "ANN20" });
        await _app.DrainAsync();
        for (var number = 1; number < 20; number++)
        {
            Assert.That((await _api.Post(_codes, new JsonObject { ["code"] = $"MORE{number}X" })).Status, Is.EqualTo(201));
        }

        var tooMany = await AdoptAsync("gid://shopify/DiscountCodeNode/2", "ANN20");
        await _api.Delete($"{_codes}/MORE1X");
        await _api.Post($"campaigns/{_campaign}/ending");
        var ended = await AdoptAsync("gid://shopify/DiscountCodeNode/2", "ANN20");

        Assert.That((twice.Item1.Status, twice.Item2.Problem), Is.EqualTo((200, "/problems/code-not-taken")));
        Assert.That(tooMany.Problem, Is.EqualTo("/problems/codes-too-many"));
        Assert.That(ended.Problem, Is.EqualTo("/problems/campaign-ended"));
        Assert.That((await AdoptAsync(Id, "NEVER")).Problem, Is.EqualTo("/problems/code-unknown"));
        Assert.That((await _api.Post("ambassadors/amb_0/codes/ANN10/adoption", new JsonObject { ["discountId"] = Id })).Problem, Is.EqualTo("/problems/ambassador-unknown"));
        Assert.That((await _api.Post($"{_codes}/ANN10/adoption", new JsonObject())).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task Whoever_has_left_gets_no_code()
    {
        await _api.Post($"ambassadors/{_ann}/ending");

        Assert.That((await AdoptAsync(Id)).Problem, Is.EqualTo("/problems/ambassador-ended"));
        Assert.That(await StateAsync("ann10"), Is.EqualTo("refused"));
    }

    [Test]
    public async Task A_store_that_does_not_answer_gives_nothing_away()
    {
        _shopify.Next(new FakeShopify.Fault.Status(503), new FakeShopify.Fault.Status(503));

        var adoption = await AdoptAsync(Id);
        var look = await _api.Get($"{_codes}/ANN10/holder");

        Assert.That((adoption.Status, adoption.Problem), Is.EqualTo((503, "/problems/store-not-asked")));
        Assert.That((look.Status, look.Problem), Is.EqualTo((503, "/problems/store-not-asked")));
        Assert.That(await StateAsync("ann10"), Is.EqualTo("refused"));
    }

    [Test]
    public async Task The_merchant_gives_it_on_a_page_that_says_what_it_is()
    {
        using var owner = await Rooms.SignInAsync(_app, _store, null);
        var link = (await owner.GetAsync($"/dashboard/ambassadors/{_ann}")).QuerySelector(".code a")!.GetAttribute("href")!;
        var page = await owner.GetAsync(link);

        var answer = await owner.SubmitAsync(page.QuerySelector("form[action$=adoption]")!);
        var after = await owner.GetAsync(answer.Headers.Location!.OriginalString);
        var again = await owner.AskAsync(link);

        Assert.That(page.Text(), Does.Contain("Ann's own").And.Contain("15 % off, uses without limit, without end")
            .And.Contain("The campaign says 10 %, this code takes off 15 %.").And.Contain("Use ANN instead"));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(after.Text("[role=status]"), Does.StartWith("The code is the ambassador's now"));
        Assert.That(after.Text(".code"), Is.EqualTo("ANN10 The store's own discount"));
        Assert.That(again.Headers.Location!.OriginalString, Is.EqualTo($"/dashboard/ambassadors/{_ann}?notice=settled"));
    }

    [Test]
    public async Task Where_another_discount_has_come_the_page_shows_that_one()
    {
        using var owner = await Rooms.SignInAsync(_app, _store, null);
        var form = (await PageAsync(owner)).QuerySelector("form[action$=adoption]")!;
        Hold("ANN10", "gid://shopify/DiscountCodeNode/2", "0.1", "Clearance");

        var page = await Browser.ReadAsync(await owner.SubmitAsync(form), HttpStatusCode.Conflict);

        Assert.That(page.Text("[role=alert]"), Does.StartWith("Your store has another discount under this code by now. Nothing was given"));
        Assert.That(page.Text("#holder"), Does.Contain("Clearance").And.Not.Contain("The campaign says"));
        Assert.That(page.QuerySelector("[name=discountId]")!.GetAttribute("value"), Is.EqualTo("gid://shopify/DiscountCodeNode/2"));
    }

    [Test]
    public async Task Where_it_is_gone_the_discount_is_made_again()
    {
        using var owner = await Rooms.SignInAsync(_app, _store, null);
        _shopify.Discounts.Clear();
        var page = await PageAsync(owner);

        var answer = await owner.SubmitAsync(page.QuerySelector("#free form")!);
        await _app.DrainAsync();

        Assert.That(answer.Headers.Location!.OriginalString, Is.EqualTo($"/dashboard/ambassadors/{_ann}?notice=replayed"));
        Assert.That(_shopify.Discounts, Does.ContainKey((Shop, "ANN10")));
        Assert.That(await StateAsync("ann10"), Is.EqualTo("created"));
    }

    [Test]
    public async Task Another_word_is_given_in_its_place()
    {
        using var owner = await Rooms.SignInAsync(_app, _store, null);
        var form = (await PageAsync(owner)).QuerySelector("form[action$=replacement]")!;

        var answer = await owner.SubmitAsync(form);
        await _app.DrainAsync();
        var taken = await Browser.ReadAsync(await owner.SubmitAsync(form), HttpStatusCode.Conflict);
        form.QuerySelector("[name=code]")!.SetAttribute("value", "<b>");
        var bad = await Browser.ReadAsync(await owner.SubmitAsync(form), HttpStatusCode.Conflict);

        Assert.That(answer.Headers.Location!.OriginalString, Is.EqualTo($"/dashboard/ambassadors/{_ann}?notice=code-added"));
        Assert.That(_shopify.Discounts, Does.ContainKey((Shop, "ANN")));
        Assert.That(taken.Text("[role=alert]"), Is.EqualTo("Somebody in this programme has the code ANN, or had it before. Choose another."));
        Assert.That(bad.Text("[role=alert]"), Is.EqualTo("The other code may hold letters, digits, - and _ only."));
        Assert.That(_shopify.Off, Is.Empty, "the store's own discount stays");
    }

    [Test]
    public async Task While_the_store_does_not_answer_the_page_says_so_and_gives_nothing()
    {
        using var owner = await Rooms.SignInAsync(_app, _store, null);
        _shopify.Next(new FakeShopify.Fault.Status(503), new FakeShopify.Fault.Status(503));

        var page = await PageAsync(owner);

        Assert.That(page.QuerySelector("form[action$=adoption]"), Is.Null);
        Assert.That(page.Text("#not-told"), Does.StartWith("Your store cannot be asked at present"));
        Assert.That(page.Text(), Does.Contain("Use ANN instead"));
    }

    [Test]
    public async Task Another_stores_page_and_forms_are_not_there()
    {
        var other = await _shopify.InstallAsync(_app, "other.myshopify.com");
        using var owner = await Rooms.SignInAsync(_app, other, null);
        var token = (await owner.GetAsync("/dashboard")).QuerySelector("[name=__RequestVerificationToken]")!.GetAttribute("value")!;

        Assert.That((await owner.AskAsync($"/dashboard/ambassadors/{_ann}/codes/ANN10")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        foreach (var (form, status) in new[] { ("adoption", HttpStatusCode.NotFound), ("replacement", HttpStatusCode.NotFound), ("replays", HttpStatusCode.Redirect) })
        {
            var answer = await owner.PostAsync(
                $"/dashboard/ambassadors/{_ann}/codes/ANN10/{form}", new() { ["__RequestVerificationToken"] = token, ["discountId"] = Id, ["code"] = "ANN30" });
            Assert.That(answer.StatusCode, Is.EqualTo(status), form);
        }

        Assert.That(await StateAsync("ann10"), Is.EqualTo("refused"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE kind = 'create_discount' AND state = 'dead'"), Is.EqualTo(1));
    }

    [Test]
    public async Task T_5_a_code_that_had_counted_keeps_its_time_when_it_is_given()
    {
        var campaign = await _api.LiveAsync(friend: 0);
        var bob = (await _api.AddAsync(campaign, "BOB10", "bob@example.com")).Text("id");
        Hold("BOB10", "gid://shopify/DiscountCodeNode/2", "0.2");
        _app.Clock.Advance(TimeSpan.FromMinutes(10));
        await _api.Post($"campaigns/{campaign}/revisions", new JsonObject { ["terms"] = Bodies.Campaign(friend: 20)["terms"]!.DeepClone() });
        await _app.DrainAsync();
        var refused = await StateAsync("bob10");

        var given = await _api.Post($"ambassadors/{bob}/codes/BOB10/adoption", new JsonObject { ["discountId"] = "gid://shopify/DiscountCodeNode/2" });

        Assert.That(refused, Is.EqualTo("refused"));
        Assert.That((given.Status, given.Text("assignedAt"), given.Text("adoptedAt")), Is.EqualTo((200, "2026-03-01T11:30:00Z", "2026-03-01T11:40:00Z")));
    }

    private void Hold(string code, string id, string percentage, string title = "Ann's own") => _shopify.Discounts[(Shop, code)] = new FakeShopify.Discount(
        id, title, JsonNode.Parse("""{"customerGets":{"value":{"percentage":""" + percentage + "}}}")!);

    private Task<ApiAnswer> AdoptAsync(string discountId, string code = "ANN10") =>
        _api.Post($"{_codes}/{code}/adoption", new JsonObject { ["discountId"] = discountId });

    private Task<AngleSharp.Dom.IDocument> PageAsync(Browser owner) => owner.GetAsync($"/dashboard/ambassadors/{_ann}/codes/ANN10");

    private async Task OrderAsync(int id, DateTimeOffset at, int updated = 0)
    {
        var order = new TestOrder($"{id}", at) { UpdatedAt = at.AddMinutes(updated) }.With("ANN10", "10.00");
        Assert.That(await FakeShopify.DeliverAsync(_app, Shop, "orders/paid", order.ToJson()), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
    }

    private Task<string?> StateAsync(string codeKey) =>
        _app.Db.OneAsync<string>("SELECT discount_state FROM codes WHERE store_id = @id AND code_key = @codeKey", new { id = _store.Id, codeKey });
}
