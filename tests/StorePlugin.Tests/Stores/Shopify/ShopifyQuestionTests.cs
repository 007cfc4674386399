// A store's questions to Shopify, against a stand-in that keeps to Shopify's schema: tokens that are refused, and buckets that run dry.
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ShopifyQuestionTests
{
    private const string Shop = "lux.myshopify.com";

    private static readonly DiscountRequest Request = new("eff_1", "ANN10", "StorePlugin", 1000, StoreApp.Start);

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        _shopify.Questions.Clear();
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task A_token_that_was_replaced_meanwhile_is_used_in_the_place_of_the_refused_one()
    {
        // Another instance installs while this one's question is under way.
        _shopify.Next(new FakeShopify.Fault.Status(401, """{"errors":"[API] Invalid API key or access token"}"""));
        var old = _shopify.Tokens.Last();
        _shopify.OnQuestion = () => _shopify.InstallAsync(_app, Shop);

        var answer = await AskAsync();

        Assert.That(answer, Is.TypeOf<ShopifyAnswer<FindDiscountData>.Given>());
        Assert.That(Asked(ShopifyOperations.FindDiscount.Document), Is.EqualTo([old, _shopify.Tokens.Last()]));
        Assert.That(_shopify.Tokens.Last(), Is.Not.EqualTo(old));
    }

    [Test]
    public async Task A_token_that_is_refused_with_no_other_to_be_had_waits_for_the_merchant()
    {
        _shopify.EndRefreshTokens(Shop);
        _shopify.Next(new FakeShopify.Fault.Status(401, """{"errors":"[API] Invalid API key or access token"}"""));

        var answer = (ShopifyAnswer<FindDiscountData>.Unavailable)await AskAsync();

        Assert.That((answer.WaitsForMerchant, answer.Wait), Is.EqualTo((true, TimeSpan.FromHours(1))));
        Assert.That(answer.Reason, Does.Contain("open the app in the store's admin").And.Contain("Invalid API key"));
    }

    [Test]
    public async Task A_second_refusal_waits_for_the_merchant_and_is_the_last()
    {
        var refused = new FakeShopify.Fault.Status(401);
        _shopify.Next(refused, new FakeShopify.Fault.Status(503), refused);
        _shopify.OnQuestion = () => _shopify.InstallAsync(_app, Shop);

        var answer = (ShopifyAnswer<FindDiscountData>.Unavailable)await AskAsync();

        Assert.That(answer.WaitsForMerchant, Is.True);
        Assert.That(Asked(ShopifyOperations.FindDiscount.Document), Has.Exactly(2).Items);
    }

    [Test]
    public async Task Without_a_token_Shopify_is_not_asked()
    {
        await _app.Db.DoAsync("DELETE FROM credentials WHERE store_id = @id", new { id = _store.Id });

        var answer = (ShopifyAnswer<FindDiscountData>.Unavailable)await AskAsync();

        Assert.That((answer.WaitsForMerchant, _shopify.Questions.Count), Is.EqualTo((true, 0)));
    }

    [Test]
    public async Task An_empty_bucket_is_asked_once_and_then_waited_for()
    {
        await AskAsync();
        _shopify.Drain(Shop, left: 0);
        _shopify.BucketRestoreRate = 2;

        var throttled = await AskAsync();
        var waiting = await AskAsync();
        var asked = _shopify.Questions.Count;
        _app.Clock.Advance(((ShopifyAnswer<FindDiscountData>.Unavailable)waiting).Wait);
        var given = await AskAsync();

        Assert.That(((ShopifyAnswer<FindDiscountData>.Unavailable)throttled).Wait, Is.EqualTo(TimeSpan.FromSeconds(2)));
        Assert.That(((ShopifyAnswer<FindDiscountData>.Unavailable)waiting).Wait, Is.EqualTo(TimeSpan.FromSeconds(2)));
        Assert.That((asked, _shopify.Questions.Count), Is.EqualTo((2, 3)));
        Assert.That(given, Is.TypeOf<ShopifyAnswer<FindDiscountData>.Given>());
    }

    [Test]
    public async Task A_burst_never_asks_more_than_the_bucket_pays_for()
    {
        _shopify.BucketMaximum = 40;
        _shopify.Drain(Shop, left: 40);
        var platform = _app.Get<Platforms>().Find(_store)!;

        var results = new List<DiscountResult>();
        for (var number = 0; number < 10; number++)
        {
            results.Add(await platform.CreateDiscountAsync(_store, Request with { Code = $"ANN{number}" }, default));
        }

        Assert.That(results.OfType<DiscountResult.Created>().Count(), Is.EqualTo(4));
        Assert.That(results.OfType<DiscountResult.Unavailable>().Select(result => result.WaitsForMerchant), Is.EqualTo(Enumerable.Repeat(false, 6)));
        Assert.That(_shopify.Questions, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task The_effects_id_is_a_tag_so_that_an_edited_title_does_not_lose_it()
    {
        var platform = _app.Get<Platforms>().Find(_store)!;
        await platform.CreateDiscountAsync(_store, Request, default);
        var made = _shopify.Discounts[(Shop, "ANN10")];
        _shopify.Discounts[(Shop, "ANN10")] = made with { Title = "Ann's own" };

        var again = await platform.CreateDiscountAsync(_store, Request, default);
        var other = await platform.CreateDiscountAsync(_store, Request with { EffectId = "eff_2" }, default);

        Assert.That(made.Input["tags"]!.ToJsonString(), Is.EqualTo("""["eff_1"]"""));
        Assert.That(again, Is.EqualTo(new DiscountResult.Created(made.Id)));
        Assert.That(other, Is.TypeOf<DiscountResult.Taken>());
    }

    [Test]
    public async Task What_has_a_taken_code_is_told_in_words()
    {
        var platform = _app.Get<Platforms>().Find(_store)!;
        await platform.CreateDiscountAsync(_store, Request with { EndsAt = StoreApp.Start.AddDays(30), UsageLimit = 100 }, default);
        var made = _shopify.Discounts[(Shop, "ANN10")];

        var taken = (DiscountResult.Taken)await platform.CreateDiscountAsync(_store, Request with { EffectId = "eff_2" }, default);

        Assert.That(taken.Holder, Is.EqualTo(
            new DiscountHolder(made.Id, "StorePlugin eff_1", IsActive: true, "10 % off, 100 uses in all, until 2026-03-31") { PercentBp = 1000 }));
        Assert.That(taken.Reason, Is.EqualTo(
            "The store already has a discount with the code ANN10 (10 % off, 100 uses in all, until 2026-03-31; active). Please choose another code."));
        Assert.That(taken.ToString(), Does.Not.Contain("StorePlugin eff_1"), "a title may be a person's name");
    }

    [TestCase("""{"__typename":"DiscountCodeBasic","customerGets":{"value":{"__typename":"DiscountAmount","amount":{"amount":"5.00","currencyCode":"EUR"}}}}""", "5.00 EUR off, uses without limit, without end")]
    [TestCase("""{"__typename":"DiscountCodeBasic","customerGets":{"value":{"__typename":"DiscountPercentage","percentage":0.125}},"usageLimit":1}""", "12.5 % off, 1 uses in all, without end")]
    [TestCase("""{"__typename":"DiscountCodeBasic","customerGets":{"value":{"__typename":"DiscountOnQuantity"}}}""", "what Shopify does not tell, uses without limit, without end")]
    [TestCase("""{"__typename":"DiscountCodeFreeShipping","endsAt":"2026-04-01T23:00:00-05:00"}""", "free shipping, uses without limit, until 2026-04-02")]
    [TestCase("""{"__typename":"DiscountCodeBxgy"}""", "some items off where others are bought, uses without limit, without end")]
    [TestCase("""{"__typename":"DiscountCodeApp"}""", "what another app decides, uses without limit, without end")]
    public async Task Every_kind_of_discount_has_its_words(string discount, string terms)
    {
        _shopify.Next(
            new FakeShopify.Fault.Answer("""{"data":{"discountCodeBasicCreate":{"codeDiscountNode":null,"userErrors":[{"code":"TAKEN","message":"Taken"}]}}}"""),
            new FakeShopify.Fault.Answer("""{"data":{"codeDiscountNodeByCode":{"id":"gid://shopify/DiscountCodeNode/7","codeDiscount":""" + discount + "}}}"));

        var taken = (DiscountResult.Taken)await _app.Get<Platforms>().Find(_store)!.CreateDiscountAsync(_store, Request, default);

        Assert.That((taken.Holder!.Terms, taken.Holder.IsActive), Is.EqualTo((terms, false)));
    }

    [TestCase("TAKEN", Objection.Taken, "No (TAKEN, basicCodeDiscount.code)")]
    [TestCase("INTERNAL_ERROR", Objection.Internal, "No (INTERNAL_ERROR, basicCodeDiscount.code)")]
    [TestCase("TOO_LONG", Objection.Refused, "No (TOO_LONG, basicCodeDiscount.code)")]
    [TestCase(null, Objection.Refused, "No (basicCodeDiscount.code)")]
    public void An_objection_of_Shopifys_is_told_apart_by_its_code(string? code, Objection objection, string words)
    {
        UserError[] errors = [new(["basicCodeDiscount", "code"], code, "No")];

        Assert.That((UserError.Judge(errors), UserError.WordsOf(errors)), Is.EqualTo((objection, words)));
        Assert.That(UserError.Judge([]), Is.EqualTo(Objection.None));
    }

    [Test]
    public async Task A_question_that_breaks_the_schema_is_answered_with_its_words_and_fails_the_test()
    {
        await AdminSchema.RequireAsync();
        var strict = await FakeShopify.StartAsync();
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-Shopify-Access-Token", strict.NewToken(Shop));

        using var answer = await http.PostAsJsonAsync(
            strict.Settings["Shopify:AdminUrl"]!.Replace("{shop}", Shop, StringComparison.Ordinal) + "/admin/api/2026-10/graphql.json",
            new JsonObject { ["query"] = "query A { shop { nickname } }", ["variables"] = new JsonObject() });

        Assert.That(await answer.Content.ReadAsStringAsync(), Does.StartWith("A question breaks Shopify's schema: Cannot query field \"nickname\""));
        Assert.That(async () => await strict.DisposeAsync(), Throws.InvalidOperationException.With.Message.Contains("nickname"));
    }

    private Task<ShopifyAnswer<FindDiscountData>> AskAsync() =>
        _app.Get<ShopifyAdminClient>().AskAsync(_store, ShopifyOperations.FindDiscount, new FindDiscountVariables("ANN10"), default);

    private IEnumerable<string> Asked(string document) =>
        _shopify.Questions.Where(question => question.Document == document).Select(question => question.Token);
}
