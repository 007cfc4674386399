// A series of codes in the store: each exists once, whatever answers are lost, and follows its ambassador and its end.
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;

namespace StorePlugin.Tests.Rewards;

internal sealed class CodeSeriesTests
{
    private const string Shop = "lux.myshopify.com";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private ApiClient _api = null!;
    private Store _store = null!;
    private string _ann = "";

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync([.. _shopify.Settings, new("Serilog:MinimumLevel:Default", "Fatal")]);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        _api = await ApiClient.OfAsync(_app, _store);
        _ann = (await _api.AddAsync(await _api.LiveAsync(), "ANN10")).Text("id");
        await _app.DrainAsync();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task A_thousand_codes_are_one_discount_that_works_once_for_each()
    {
        var id = await AskAsync(1000);
        await RunAsync(id);

        var discount = DiscountOf();
        var effect = await _app.Db.OneAsync<string>("SELECT id FROM effects WHERE kind = 'make_code_series'");
        var series = await SeriesAsync(id);
        Assert.That((series.Text("state"), (long)series.Json!["made"]!, (string?)series.Json!["problem"]), Is.EqualTo(("made", 1000, (string?)null)));
        Assert.That(discount.Input["usageLimit"]!.GetValue<int>(), Is.EqualTo(1));
        Assert.That(discount.Input["customerGets"]!.ToJsonString(), Is.EqualTo("""{"value":{"percentage":0.1},"items":{"all":true}}"""));
        Assert.That((discount.Title, discount.Input["tags"]!.ToJsonString()), Is.EqualTo(($"StorePlugin series {effect}", $"""["{effect}"]""")));
        Assert.That(_shopify.BulkCount, Is.EqualTo(4), "250 at once, and the first came with the discount");
        Assert.That(await MadeAsync(id), Has.All.Matches("^ANN10-[BCDFGHJKMNPQRSTVWXZ]{8}$"));
        await AssertExactAsync(id, 1000);
    }

    [Test]
    public async Task Each_code_exists_once_whatever_answers_are_lost([Range(1, 16)] int seed)
    {
        var random = new Random(seed);
        (_shopify.BulkSteps, _shopify.Expiring) = (random.Next(1, 9), false);
        if (seed % 4 == 0)
        {
            _shopify.IsTakenCode = code => code[^1] is 'B' or 'C';
        }

        var id = await AskAsync(random.Next(1, 700));
        for (var round = 0; round < 400 && await StateAsync(id) == "making"; round++)
        {
            _shopify.Next(random.Next(6) switch
            {
                0 or 1 => new FakeShopify.Fault.LostAnswer(),
                2 => new FakeShopify.Fault.Status(503),
                3 => new FakeShopify.Fault.Throttled(202, 118, 50),
                _ => new FakeShopify.Fault.None(),
            });
            await _app.Get<EffectWorker>().RunOnceAsync(default);
            _app.Clock.Advance(TimeSpan.FromSeconds(random.Next(1, 120)));
        }

        var series = await SeriesAsync(id);
        Assert.That(series.Text("state"), Is.EqualTo("made"), $"seed {seed}");
        await AssertExactAsync(id, (long)series.Json!["made"]!);
        if (seed % 4 != 0)
        {
            Assert.That((long)series.Json!["made"]!, Is.EqualTo((long)series.Json!["count"]!), $"seed {seed}");
        }
    }

    // What is under way already is waited for; what nobody could see yet is refused when it is asked for again, and is ours all the same.
    [TestCase(90, 3, 1)]
    [TestCase(5, 8, 2)]
    public async Task A_lost_answer_of_the_adding_adds_nothing_twice(int count, int steps, int bulks)
    {
        _shopify.BulkSteps = steps;
        var id = await AskAsync(count);
        _shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.None(), new FakeShopify.Fault.LostAnswer());
        await RunAsync(id);

        Assert.That(_shopify.BulkCount, Is.EqualTo(bulks));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM series_codes WHERE state = 'refused'"), Is.Zero);
        await AssertExactAsync(id, count);
    }

    [Test]
    public async Task A_lost_answer_of_the_creation_is_recognised()
    {
        var id = await AskAsync(3);
        _shopify.Next(new FakeShopify.Fault.LostAnswer());
        await RunAsync(id);

        Assert.That(_shopify.DiscountsOf(Shop), Has.Count.EqualTo(2), "the ambassador's own, and one of the series");
        await AssertExactAsync(id, 3);
    }

    [Test]
    public async Task Codes_that_somebody_else_has_are_replaced_once()
    {
        var id = await AskAsync(20);
        var taken = (await CodesAsync(id)).Take(3).ToHashSet();
        _shopify.Discounts[(Shop, taken.First())] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "the merchant's own", new JsonObject());
        _shopify.IsTakenCode = taken.Contains;
        await RunAsync(id);

        var codes = (await _api.Get($"ambassadors/{_ann}/code-series/{id}/codes")).Json!["items"]!.AsArray().Select(row => $"{row!["number"]} {row["state"]}").ToList();
        Assert.That(codes, Has.Count.EqualTo(23));
        Assert.That(codes.Where(row => row.EndsWith("refused", StringComparison.Ordinal)), Is.EqualTo(["1 refused", "2 refused", "3 refused"]));
        Assert.That(codes.Where(row => row.EndsWith("made", StringComparison.Ordinal)), Is.EqualTo(Enumerable.Range(1, 20).Select(number => $"{number} made")));
        Assert.That((string?)(await SeriesAsync(id)).Json!["problem"], Is.Null);
        await AssertExactAsync(id, 20);
    }

    [Test]
    public async Task What_the_store_refuses_twice_is_told()
    {
        var id = await AskAsync(5);
        _shopify.IsTakenCode = _ => true;
        await RunAsync(id);

        var series = await SeriesAsync(id);
        Assert.That((series.Text("state"), (long)series.Json!["made"]!), Is.EqualTo(("made", 1)));
        Assert.That(series.Text("problem"), Is.EqualTo("4 of the codes could not be made: the store refuses them, and those that were drawn in their place."));
        await AssertExactAsync(id, 1);
    }

    [Test]
    public async Task The_progress_is_visible_in_the_API_and_on_the_ambassadors_page()
    {
        var id = await AskAsync(500);
        for (var round = 0; round < 20 && (long)(await SeriesAsync(id)).Json!["made"]! < 250; round++)
        {
            await _app.Get<EffectWorker>().RunOnceAsync(default);
            _app.Clock.Advance(TimeSpan.FromSeconds(3));
        }

        Assert.That((await SeriesAsync(id)).Text("state"), Is.EqualTo("making"));
        using var owner = await Rooms.SignInAsync(_app, _store, null);
        var page = await owner.GetAsync($"/dashboard/ambassadors/{_ann}");
        Assert.That(page.Text(), Does.Contain("A series of 500 codes: 251 made, 0 used"));
    }

    [Test]
    public async Task A_suspension_switches_the_series_off_and_its_end_on_again()
    {
        var id = await AskAsync(3);
        await RunAsync(id);
        await _api.Post($"ambassadors/{_ann}/suspension");
        await _app.DrainAsync();
        var suspended = _shopify.Off.ContainsKey(DiscountOf().Id);
        await _api.Delete($"ambassadors/{_ann}/suspension");
        await _app.DrainAsync();

        Assert.That(suspended, Is.True);
        Assert.That(_shopify.Off, Is.Empty);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_series_that_ends_or_whose_ambassador_leaves_is_switched_off_for_good(bool leaves)
    {
        var id = await AskAsync(3);
        await RunAsync(id);
        var answer = leaves ? await _api.Post($"ambassadors/{_ann}/ending") : await _api.Delete($"ambassadors/{_ann}/code-series/{id}");
        await _app.DrainAsync();

        Assert.That(answer.Status, Is.EqualTo(200));
        var series = await SeriesAsync(id);
        Assert.That(series.Text("state"), Is.EqualTo("ended"));
        Assert.That(_shopify.Off, Does.ContainKey(DiscountOf().Id));
        Assert.That((await _api.Delete($"ambassadors/{_ann}/code-series/{id}")).Text("endedAt"), Is.EqualTo(series.Text("endedAt")), "once is enough");
    }

    [Test]
    public async Task What_ends_while_it_is_made_gets_no_more_codes()
    {
        var id = await AskAsync(600);
        while ((long)(await SeriesAsync(id)).Json!["made"]! < 200)
        {
            await _app.Get<EffectWorker>().RunOnceAsync(default);
            _app.Clock.Advance(TimeSpan.FromSeconds(3));
        }

        await _api.Delete($"ambassadors/{_ann}/code-series/{id}");
        for (var round = 0; round < 20; round++)
        {
            await _app.DrainAsync();
            _app.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.That(_shopify.BulkCount, Is.EqualTo(1));
        Assert.That(_shopify.Off, Does.ContainKey(DiscountOf().Id));
    }

    [Test]
    public async Task Who_is_suspended_while_the_discount_is_being_made_has_it_switched_off()
    {
        var id = await AskAsync(2);
        await _api.Post($"ambassadors/{_ann}/suspension");
        await RunAsync(id);

        Assert.That(_shopify.Off, Does.ContainKey(DiscountOf().Id));
    }

    [Test]
    public async Task What_the_merchant_changes_is_told()
    {
        var id = await AskAsync(3);
        await RunAsync(id);
        var discount = DiscountOf();
        discount.Input["usageLimit"] = 5;
        discount.Input["customerGets"]!["value"]!["percentage"] = 0.2;
        _shopify.Discounts.Remove((Shop, (await CodesAsync(id))[2]), out _);
        await TouchAsync(discount.Id);
        var changed = (await SeriesAsync(id)).Text("problem");
        _shopify.Off[discount.Id] = _app.Clock.GetUtcNow();
        await TouchAsync(discount.Id);
        var off = (await SeriesAsync(id)).Text("problem");
        foreach (var code in _shopify.CodesOf(Shop, discount.Id))
        {
            _shopify.Discounts.Remove((Shop, code), out _);
        }

        await TouchAsync(discount.Id);

        Assert.That(changed, Is.EqualTo(
            "The discount of the series was changed in the store's admin: it takes off 20 % where the campaign says 10 %, its codes work more than once, it has 2 codes where 3 were made."));
        Assert.That(off, Does.StartWith("The discount of the series was switched off in the store's admin"));
        Assert.That((await SeriesAsync(id)).Text("problem"), Does.StartWith("The discount of the series was deleted in the store's admin"));
    }

    [Test]
    public async Task A_discount_that_is_deleted_before_the_codes_are_there_is_told()
    {
        var id = await AskAsync(300);
        while (await _app.Db.OneAsync<string>("SELECT discount_id FROM code_series") is null)
        {
            await _app.Get<EffectWorker>().RunOnceAsync(default);
        }

        foreach (var code in _shopify.CodesOf(Shop, DiscountOf().Id))
        {
            _shopify.Discounts.Remove((Shop, code), out _);
        }

        await RunAsync(id);

        var series = await SeriesAsync(id);
        Assert.That((series.Text("state"), series.Text("problem")), Is.EqualTo(("refused", "The series' discount was deleted in the store's admin, so that no codes can be added to it.")));
    }

    [Test]
    public async Task A_store_that_leaves_gets_no_more_codes_until_it_comes_back()
    {
        var id = await AskAsync(300);
        await _app.Get<EffectWorker>().RunOnceAsync(default);
        await _app.Db.InTransactionAsync(tx => _app.Get<Installation>().UninstallAsync(tx, _store));
        _app.Get<Installation>().Forget(_store);
        await _app.DrainAsync();
        var bulks = _shopify.BulkCount;
        await _shopify.InstallAsync(_app, Shop);
        await RunAsync(id);

        Assert.That(bulks, Is.Zero);
        await AssertExactAsync(id, 300);
    }

    [Test]
    public async Task A_refusal_stands_in_words_and_a_replay_goes_on()
    {
        var id = await AskAsync(3);
        _shopify.Next(new FakeShopify.Fault.Answer(
            """{"data":{"discountCodeBasicCreate":{"codeDiscountNode":null,"userErrors":[{"field":["basicCodeDiscount","title"],"code":"TOO_LONG","message":"Title is too long"}]}}}"""));
        await RunAsync(id);
        var refused = await SeriesAsync(id);
        var effect = await _app.Db.OneAsync<string>("SELECT id FROM effects WHERE kind = 'make_code_series' AND state = 'dead'");
        await _api.Post($"effects/{effect}/replays");
        for (var round = 0; round < 10; round++)
        {
            await _app.DrainAsync();
            _app.Clock.Advance(TimeSpan.FromSeconds(20));
        }

        var made = await SeriesAsync(id);
        Assert.That((refused.Text("state"), refused.Text("problem")), Is.EqualTo(("refused", "Shopify refuses the discount: Title is too long (TOO_LONG, basicCodeDiscount.title)")));
        Assert.That((made.Text("state"), (string?)made.Json!["problem"]), Is.EqualTo(("made", (string?)null)));
        await AssertExactAsync(id, 3);
    }

    [Test]
    public async Task Few_questions_are_asked_of_what_takes_long_and_after_an_hour_it_is_told()
    {
        _shopify.BulkSteps = 10_000;
        var id = await AskAsync(10);
        var questions = 0;
        for (var minute = 0; minute < 240 && (string?)(await SeriesAsync(id)).Json!["problem"] is null; minute++)
        {
            questions = _shopify.Questions.Count;
            await _app.DrainAsync();
            _app.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.That((await SeriesAsync(id)).Text("problem"), Is.EqualTo("The store has been making the codes for an hour, and has not finished."));
        Assert.That(questions, Is.LessThan(45));
    }

    [Test]
    public async Task The_rehearsal_platform_makes_a_series_as_well()
    {
        var shop = await InstalledShop.InstallAsync(_app);
        var api = await ApiClient.OfAsync(_app, shop.Store);
        var bob = (await api.AddAsync(await api.LiveAsync(), "BOB10")).Text("id");
        await _app.DrainAsync();
        var id = (await api.Post($"ambassadors/{bob}/code-series", new JsonObject { ["count"] = 300 })).Text("id");
        await _app.DrainAsync();
        var made = (await api.Get($"ambassadors/{bob}/code-series")).Json!["items"]![0]!;
        await api.Delete($"ambassadors/{bob}/code-series/{id}");
        await _app.DrainAsync();

        Assert.That(((string?)made["state"], (long)made["made"]!, (string?)made["problem"]), Is.EqualTo(("made", 300, (string?)null)));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM rehearsal_discounts WHERE usage_limit = 1 AND deactivated_at IS NOT NULL"), Is.EqualTo(300));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM rehearsal_discounts WHERE deactivated_at IS NULL"), Is.EqualTo(1));
    }

    private async Task<string> AskAsync(int count)
    {
        var answer = await _api.Post($"ambassadors/{_ann}/code-series", new JsonObject { ["count"] = count });
        Assert.That(answer.Status, Is.EqualTo(201), answer.Json?.ToJsonString());
        return answer.Text("id");
    }

    private async Task RunAsync(string id)
    {
        for (var round = 0; round < 200 && await StateAsync(id) == "making"; round++)
        {
            await _app.DrainAsync();
            _app.Clock.Advance(TimeSpan.FromSeconds(20));
        }

        await _app.DrainAsync();
    }

    private FakeShopify.Discount DiscountOf() => _shopify.DiscountsOf(Shop).Single(one => one.Title.StartsWith("StorePlugin series", StringComparison.Ordinal));

    private Task<string?> StateAsync(string id) => _app.Db.OneAsync<string>("SELECT state FROM code_series WHERE id = @id", new { id });

    private async Task<ApiAnswer> SeriesAsync(string id)
    {
        var list = await _api.Get($"ambassadors/{_ann}/code-series");
        return list with { Json = list.Json!["items"]!.AsArray().Single(row => (string?)row!["id"] == id) };
    }

    private Task<IReadOnlyList<string>> CodesAsync(string id) => _app.Db.ManyAsync<string>("SELECT code FROM series_codes WHERE series_id = @id ORDER BY number, code_key", new { id });

    private Task<IReadOnlyList<string>> MadeAsync(string id) => _app.Db.ManyAsync<string>("SELECT code FROM series_codes WHERE series_id = @id AND state = 'made'", new { id });

    /// <summary>What the rows call made is what the store has, of one discount, each once.</summary>
    private async Task AssertExactAsync(string id, long count)
    {
        var made = await MadeAsync(id);
        Assert.That(made, Has.Count.EqualTo(count));
        Assert.That(_shopify.CodesOf(Shop, DiscountOf().Id), Is.EquivalentTo(made));
        Assert.That(made.Select(CodeKey.Of).Distinct().Count(), Is.EqualTo(count));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM series_codes WHERE state = 'waiting'"), Is.Zero);
    }

    private async Task TouchAsync(string discountId)
    {
        var body = new JsonObject { ["admin_graphql_api_id"] = discountId, ["title"] = "any", ["updated_at"] = _app.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) };
        Assert.That(await FakeShopify.DeliverAsync(_app, Shop, "discounts/update", body.ToJsonString()), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _app.DrainAsync();
    }
}
