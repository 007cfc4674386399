// Further codes of an ambassador over the API: added, listed, ended, and what orders, links and mails make of them.
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class CodeApiTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _campaign = null!;
    private string _ann = null!;
    private string _codes = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _campaign = await _api.LiveAsync();
        _ann = (await _api.AddAsync(_campaign, "ANN10")).Text("id");
        _codes = $"ambassadors/{_ann}/codes";
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_further_code_lives_beside_the_first_and_its_discount_is_ordered()
    {
        _app.Clock.Advance(TimeSpan.FromMilliseconds(2500));

        var added = await AddAsync(" Aha-Ann ");

        Assert.That((added.Status, added.Text("code"), added.Text("state"), added.Text("assignedAt")), Is.EqualTo((201, "Aha-Ann", "live", "2026-03-01T10:00:02Z")));
        Assert.That((string?)added.Json!["discount"]!["state"], Is.EqualTo("pending"));
        Assert.That(await ListAsync(), Is.EqualTo(["ANN10 live pending", "Aha-Ann live pending"]));
        Assert.That(await DiscountsOrderedAsync(), Is.EqualTo(["aha-ann", "ann10"]));
        Assert.That((await _api.Get($"ambassadors/{_ann}")).Text("code"), Is.EqualTo("ANN10"), "the oldest live code, not the first by name");
    }

    [Test]
    public async Task The_oldest_live_code_is_shown()
    {
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await AddAsync("BBB10");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await AddAsync("AAA10");

        await _api.Delete($"{_codes}/ANN10");
        var second = await _api.Get($"ambassadors/{_ann}");
        await _app.Db.DoAsync("UPDATE codes SET ended_at = assigned_at + 5000 WHERE store_id = @s", new { s = _shop.Store.Id });
        var ended = await _api.Get("ambassadors");

        Assert.That(second.Text("code"), Is.EqualTo("BBB10"));
        Assert.That(ended.Json!["items"]!.AsArray().Select(item => (string?)item!["code"]), Is.EqualTo(["ANN10"]), "once, although none lives");
    }

    [Test]
    public async Task A_drafts_further_code_is_ordered_at_its_launch()
    {
        var draft = await _api.DraftAsync();
        var bob = (await _api.AddAsync(draft, "BOB10")).Text("id");
        await _api.Post($"ambassadors/{bob}/codes", Code("BOB20"));
        var before = await DiscountsOrderedAsync();

        await _api.Post($"campaigns/{draft}/launch");

        Assert.That(before, Is.EqualTo(["ann10"]));
        Assert.That(await DiscountsOrderedAsync(), Is.EqualTo(["ann10", "bob10", "bob20"]));
    }

    [Test]
    public async Task A_campaign_without_a_friends_discount_orders_none()
    {
        var bob = (await _api.AddAsync(await _api.LiveAsync(friend: 0), "BOB10")).Text("id");

        var added = await _api.Post($"ambassadors/{bob}/codes", Code("BOB20"));

        Assert.That((string?)added.Json!["discount"]!["state"], Is.EqualTo("none"));
        Assert.That(await DiscountsOrderedAsync(), Is.EqualTo(["ann10"]));
    }

    [Test]
    public async Task Orders_are_judged_by_who_had_the_code_at_their_instant()
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await AddAsync("SPRINGANN");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await _api.Delete($"{_codes}/SPRINGANN");
        _app.Clock.Advance(TimeSpan.FromHours(1));

        foreach (var (order, minutes) in new[] { ("1", 59), ("2", 60), ("3", 119), ("4", 120), ("5", 150) })
        {
            await _shop.PaysAsync(new TestOrder(order, StoreApp.Start.AddMinutes(minutes)).With("springann", "10.00"));
        }

        await _shop.PaysAsync(new TestOrder("6", StoreApp.Start.AddMinutes(150)).With("ANN10", "10.00"));

        Assert.That(await StatesAsync("1", "2", "3", "4", "5", "6"), Is.EqualTo("uncredited held held uncredited uncredited held"));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(2700));
        var dropped = (await _api.Get("orders/4/receipt")).Json!["touches"]![0]!;
        Assert.That(((string?)dropped["droppedBy"], (string?)dropped["why"]), Is.EqualTo(("T5", "The code was not the ambassador's at the order's instant.")));
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task A_code_that_has_ended_does_not_come_back_and_keeps_the_orders_of_its_time()
    {
        await AddAsync("SPRINGANN");
        await _shop.PaysAsync(new TestOrder("1", StoreApp.Start).With("SPRINGANN", "10.00"));
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await _api.Delete($"{_codes}/SPRINGANN");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await _shop.PaysAsync(new TestOrder("2", _app.Clock.GetUtcNow()).With("SPRINGANN", "10.00"));

        var back = await AddAsync("springann");
        await _shop.PaysAsync(new TestOrder("1", StoreApp.Start) { UpdatedAt = _app.Clock.GetUtcNow() }.With("SPRINGANN", "10.00"));
        await _shop.PaysAsync(new TestOrder("2", _app.Clock.GetUtcNow()) { UpdatedAt = _app.Clock.GetUtcNow().AddMinutes(1) }.With("SPRINGANN", "10.00"));

        Assert.That((back.Status, back.Problem), Is.EqualTo((409, "/problems/code-taken")));
        Assert.That(await StatesAsync("1", "2"), Is.EqualTo("held uncredited"));
    }

    [Test]
    public async Task A_code_that_ends_in_its_first_second_was_the_ambassadors_for_that_second()
    {
        await AddAsync("SPRINGANN");

        var ended = await _api.Delete($"{_codes}/SPRINGANN");

        Assert.That((ended.Status, ended.Text("state"), ended.Text("assignedAt"), ended.Text("endedAt")), Is.EqualTo((200, "ended", "2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z")));
    }

    [TestCase("springann")]
    [TestCase("ＳＰＲＩＮＧＡＮＮ")]
    [TestCase("%20SpringAnn%20")]
    public async Task A_code_is_ended_in_every_spelling(string spelling)
    {
        await AddAsync("SPRINGANN");

        Assert.That((await _api.Delete($"{_codes}/{spelling}")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_code_of_another_script_is_added_and_ended()
    {
        var added = await AddAsync("Анна10");

        var ended = await _api.Delete(added.Response.Headers.Location!.OriginalString);

        Assert.That((ended.Status, ended.Text("code")), Is.EqualTo((200, "Анна10")));
    }

    [Test]
    public async Task The_last_live_code_cannot_be_ended()
    {
        await AddAsync("SPRINGANN");

        var answers = await Task.WhenAll(_api.Delete($"{_codes}/ANN10"), _api.Delete($"{_codes}/SPRINGANN"));

        Assert.That(answers.Select(answer => answer.Status), Is.EquivalentTo((int[])[200, 409]));
        var refused = answers.Single(answer => answer.Status == 409);
        Assert.That((refused.Problem, refused.Text("detail")), Is.EqualTo(("/problems/code-last", "The last live code of an ambassador cannot be ended: add another code first, or suspend the ambassador.")));
    }

    [Test]
    public async Task What_is_no_live_code_of_the_ambassador_cannot_be_ended()
    {
        var bob = (await _api.AddAsync(_campaign, "BOB10")).Text("id");
        await AddAsync("SPRINGANN");
        await _api.Delete($"{_codes}/SPRINGANN");

        foreach (var path in (string[])[$"{_codes}/SPRINGANN", $"{_codes}/NOBODY", $"{_codes}/BOB10", $"{_codes}/{new string('a', 500)}", $"{_codes}/%FF", $"ambassadors/{bob}/codes/ANN10"])
        {
            var answer = await _api.Delete(path);

            Assert.That((answer.Status, answer.Problem), Is.EqualTo((404, "/problems/code-unknown")), path);
        }

        Assert.That((await _api.Delete("ambassadors/amb_none/codes/ANN10")).Problem, Is.EqualTo("/problems/ambassador-unknown"));
    }

    [Test]
    public async Task A_code_that_somebody_has_or_had_is_taken()
    {
        var bob = (await _api.AddAsync(_campaign, "BOB10")).Text("id");
        await AddAsync("SPRINGANN");
        await _api.Delete($"{_codes}/SPRINGANN");

        var own = await AddAsync("ann10");
        var others = await AddAsync("ＢＯＢ１０");
        var ended = await _api.Post($"ambassadors/{bob}/codes", Code("SpringAnn"));
        var joining = await _api.Post("ambassadors", Bodies.Ambassador(_campaign, "SPRINGANN"));

        Assert.That(new[] { own, others, ended, joining }.Select(answer => (answer.Status, answer.Problem)), Is.All.EqualTo((409, "/problems/code-taken")));
    }

    [Test]
    public async Task The_merchants_own_code_is_no_ambassadors_however_often_it_is_asked_for()
    {
        await AddAsync("MERCHANT");
        await _app.Db.DoAsync(
            "UPDATE codes SET ended_at = assigned_at, discount_state = 'refused' WHERE store_id = @s AND code_key = 'merchant'", new { s = _shop.Store.Id });

        Assert.That((await AddAsync("MERCHANT")).Problem, Is.EqualTo("/problems/code-taken"));
    }

    [Test]
    public async Task Twenty_codes_may_live_at_once_and_no_more()
    {
        for (var number = 2; number <= AmbassadorCodes.LiveMax - 1; number++)
        {
            Assert.That((await AddAsync($"ANN-{number}")).Status, Is.EqualTo(201));
        }

        var last = await Task.WhenAll(AddAsync("LAST-A"), AddAsync("LAST-B"), AddAsync("LAST-C"));
        await _api.Delete($"{_codes}/ANN-2");
        var again = await AddAsync("AGAIN");

        Assert.That(last.Select(answer => answer.Status), Is.EquivalentTo((int[])[201, 409, 409]));
        Assert.That(last.Where(answer => answer.Status == 409).Select(answer => answer.Problem), Is.All.EqualTo("/problems/codes-too-many"));
        Assert.That(again.Status, Is.EqualTo(201));
    }

    [TestCase("{}")]
    [TestCase("""{"code":"a b"}""")]
    [TestCase("""{"code":"ab"}""")]
    [TestCase("""{"code":7}""")]
    [TestCase("""{"code":"\udc00abc"}""")]
    public async Task What_is_no_code_is_refused(string body)
    {
        var answer = await _api.Post(_codes, body);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(answer.Json!["errors"]!["code"], Is.Not.Null);
    }

    [Test]
    public async Task An_unknown_ambassador_and_an_ended_campaign_get_no_code()
    {
        var unknown = await _api.Post("ambassadors/amb_none/codes", Code("NEW10"));
        await _app.Db.DoAsync("UPDATE campaigns SET state = 'ended' WHERE store_id = @s AND id = @id", new { s = _shop.Store.Id, id = _campaign });
        var ended = await AddAsync("NEW10");

        Assert.That((unknown.Status, unknown.Problem), Is.EqualTo((404, "/problems/ambassador-unknown")));
        Assert.That((ended.Status, ended.Problem), Is.EqualTo((409, "/problems/campaign-ended")));
        Assert.That((await _api.Get("ambassadors/amb_none/codes")).Problem, Is.EqualTo("/problems/ambassador-unknown"));
    }

    [Test]
    public async Task The_list_is_read_page_by_page()
    {
        await AddAsync("CCC10");
        await AddAsync("BBB10");
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        await AddAsync("AAA10");

        var codes = new List<string?>();
        string? next = null;
        do
        {
            var page = (await _api.Get($"{_codes}?limit=1" + (next is null ? "" : $"&after={next}"))).Json!;
            codes.AddRange(page["items"]!.AsArray().Select(item => (string?)item!["code"]));
            next = (string?)page["next"];
        }
        while (next is not null);

        Assert.That(codes, Is.EqualTo(["ANN10", "BBB10", "CCC10", "AAA10"]));
        Assert.That((await _api.Get($"{_codes}?after=x")).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task The_welcome_is_one_mail_with_a_code_that_works()
    {
        await AddAsync("SPRINGANN");
        await _app.Db.DoAsync("UPDATE codes SET discount_state = 'created' WHERE store_id = @s AND code_key = 'springann'", new { s = _shop.Store.Id });

        var writing = await _app.Get<Welcome>().WriteAsync(_shop.Store, _ann, default);

        Assert.That(((Writing.Written)writing).Letter.Subject, Does.Contain("SPRINGANN"));
    }

    private Task<ApiAnswer> AddAsync(string code) => _api.Post(_codes, Code(code));

    private static JsonObject Code(string code) => new() { ["code"] = code };

    private async Task<List<string>> ListAsync() =>
        [.. (await _api.Get(_codes)).Json!["items"]!.AsArray().Select(item => $"{item!["code"]} {item["state"]} {item["discount"]!["state"]}")];

    private async Task<string> StatesAsync(params string[] orders)
    {
        var states = new List<string>();
        foreach (var order in orders)
        {
            states.Add(await _shop.StateAsync(order));
        }

        return string.Join(' ', states);
    }

    private Task<IReadOnlyList<string>> DiscountsOrderedAsync() => _app.Db.ManyAsync<string>(
        "SELECT subject FROM effects WHERE store_id = @id AND kind = 'create_discount' ORDER BY subject", new { id = _shop.Store.Id });
}
