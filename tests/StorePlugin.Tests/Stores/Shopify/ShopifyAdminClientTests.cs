// One question to Shopify's Admin API and each way in which it can end, without a store around it.
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;
using WireMock.RequestBuilders;
using WireMock.ResponseBuilders;
using WireMock.Server;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ShopifyAdminClientTests
{
    private const string Shop = "lux.myshopify.com";
    private const string Token = "shpat_marker_of_this_suite";
    private const string Found = """{"data":{"codeDiscountNodeByCode":{"id":"gid://shopify/DiscountCodeNode/7","codeDiscount":{"title":"Spring"}}}}""";

    private WireMockServer _shopify = null!;
    private StoreApp _app = null!;
    private CapturedLog _log = null!;
    private TimeSpan _patience;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _shopify = WireMockServer.Start();
        _log = new CapturedLog();
        _app = await StoreApp.StartAsync(
            [
                new("Shopify:ClientId", "id"), new("Shopify:ClientSecret", "secret"),
                new("Shopify:AdminUrl", $"http://127.0.0.1:{_shopify.Port}/{{shop}}"),
            ],
            services =>
            {
                services.AddHttpClient(ShopifyAdminClient.HttpName, http => http.Timeout = _patience);
                services.AddLogging(logging => logging.AddProvider(_log));
            });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _app.DisposeAsync();
        _shopify.Stop();
        _shopify.Dispose();
        _log.Dispose();
    }

    [SetUp]
    public void SetUp()
    {
        _shopify.Reset();
        _log.Lines.Clear();

        // What another test taught of the bucket is forgotten.
        _app.Clock.Advance(ShopifyPace.MemoryMax * 2);
        _patience = ShopifyAdminClient.Timeout;
    }

    [Test]
    public async Task A_question_is_its_document_with_its_variables_under_the_stores_token()
    {
        Answers(Response.Create().WithBody(Found));

        var answer = await AskAsync();

        var asked = _shopify.LogEntries.Single().RequestMessage!;
        var body = JsonNode.Parse(asked.Body!)!;
        Assert.That(((ShopifyAnswer<FindDiscountData>.Given)answer).Data.CodeDiscountNodeByCode, Is.EqualTo(
            new DiscountNode("gid://shopify/DiscountCodeNode/7", new Discount("Spring"))));
        Assert.That((asked.Method, asked.Path), Is.EqualTo(("POST", $"/{Shop}/admin/api/2026-10/graphql.json")));
        Assert.That(asked.Headers!["X-Shopify-Access-Token"], Is.EqualTo([Token]));
        Assert.That(asked.Headers["Content-Type"], Is.EqualTo(["application/json"]));
        Assert.That(body["query"]!.GetValue<string>(), Is.EqualTo(ShopifyOperations.FindDiscount.Document));
        Assert.That(body["variables"]!.ToJsonString(), Is.EqualTo("""{"code":"ANN10"}"""));
    }

    [TestCase(401, "Shopify does not accept the access token (HTTP 401): open the app in the store's admin to renew it.")]
    [TestCase(402, "The store is frozen (HTTP 402): its bill at Shopify is open.")]
    [TestCase(403, "Shopify denies the access (HTTP 403): the app lacks a permission in this store.")]
    [TestCase(404, "Shopify knows no such store or API version (HTTP 404).")]
    [TestCase(423, "The store is locked (HTTP 423): its owner must settle that with Shopify.")]
    [TestCase(500, "Shopify answered with HTTP 500.")]
    public async Task Each_refusal_says_what_is_to_be_done(int status, string reason)
    {
        Answers(Response.Create().WithStatusCode(status).WithBody("<html>A page of a proxy</html>"));

        Assert.That(await AskAsync(), Is.EqualTo(new ShopifyAnswer<FindDiscountData>.Failed(reason) { IsTokenRefused = status == 401 }));
    }

    [Test]
    public async Task The_platforms_own_words_are_told_but_not_the_token_in_them()
    {
        Answers(Response.Create().WithStatusCode(403).WithBody($$"""{"errors":"Scope missing for {{Token}}"}"""));

        var failed = (ShopifyAnswer<FindDiscountData>.Failed)await AskAsync();

        Assert.That(failed.Reason, Does.Contain("Shopify says: Scope missing for ").And.Not.Contain(Token));
    }

    [Test]
    public async Task A_redirect_would_carry_the_token_away_and_is_not_followed()
    {
        Answers(Response.Create().WithStatusCode(HttpStatusCode.Redirect).WithHeader("Location", $"http://127.0.0.1:{_shopify.Port}/elsewhere"));

        Assert.That(await AskAsync(), Is.EqualTo(new ShopifyAnswer<FindDiscountData>.Failed("Shopify answered with HTTP 302.")));
        Assert.That(_shopify.LogEntries, Has.Exactly(1).Items);
    }

    [TestCase(FaultType.EMPTY_RESPONSE)]
    [TestCase(FaultType.MALFORMED_RESPONSE_CHUNK)]
    public async Task An_answer_that_is_no_json_is_a_failure_in_words(FaultType fault)
    {
        Answers(Response.Create().WithBody(Found).WithFault(fault));

        Assert.That(await AskAsync(), Is.EqualTo(new ShopifyAnswer<FindDiscountData>.Failed("Shopify's answer is not JSON.")));
    }

    [Test]
    public async Task An_answer_that_takes_too_long_is_not_waited_for()
    {
        _patience = TimeSpan.FromMilliseconds(300);
        Answers(Response.Create().WithBody(Found).WithDelay(_patience * 4));

        Assert.That(await AskAsync(), Is.EqualTo(
            new ShopifyAnswer<FindDiscountData>.Unavailable("Shopify did not answer in time.", TimeSpan.FromMinutes(1))));
    }

    [Test]
    public async Task An_answer_without_end_is_not_read_to_its_end()
    {
        Answers(Response.Create().WithBody(new string(' ', (int)ShopifyAdminClient.AnswerBytesMax) + Found));

        Assert.That(await AskAsync(), Is.EqualTo(
            new ShopifyAnswer<FindDiscountData>.Unavailable("Shopify cannot be reached, or its answer was lost.", TimeSpan.FromMinutes(1))));
    }

    [Test]
    public async Task A_throttled_question_is_not_asked_again_before_the_bucket_can_pay()
    {
        const string Bucket = "bucket";
        _shopify.Given(Request.Create().UsingPost()).InScenario(Bucket).WillSetStateTo("filled").RespondWith(Response.Create().WithBody(
            """
            {"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],
             "extensions":{"cost":{"requestedQueryCost":102,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":2.0,"restoreRate":50.0}}}}
            """));
        _shopify.Given(Request.Create().UsingPost()).InScenario(Bucket).WhenStateIs("filled").RespondWith(Response.Create().WithBody(Found));

        var throttled = await AskAsync();
        var early = await AskAsync();
        var asked = _shopify.LogEntries.Count;
        _app.Clock.Advance(TimeSpan.FromSeconds(2));
        var given = await AskAsync();

        Assert.That(throttled, Is.EqualTo(
            new ShopifyAnswer<FindDiscountData>.Unavailable("Shopify throttles this store's requests.", TimeSpan.FromSeconds(2))));
        Assert.That(early, Is.EqualTo(
            new ShopifyAnswer<FindDiscountData>.Unavailable("Shopify's limit for this store's requests is used up for the moment.", TimeSpan.FromSeconds(2))));
        Assert.That(asked, Is.EqualTo(1));
        Assert.That(given, Is.TypeOf<ShopifyAnswer<FindDiscountData>.Given>());
    }

    [Test]
    public async Task Data_that_is_kept_from_us_is_no_failure_by_itself()
    {
        Answers(Response.Create().WithBody(
            """
            {"data":{"codeDiscountNodeByCode":null},
             "errors":[{"message":"This app is not approved to access the Customer object.","path":["codeDiscountNodeByCode"]}]}
            """));

        var given = (ShopifyAnswer<FindDiscountData>.Given)await AskAsync();

        Assert.That(given.Data.CodeDiscountNodeByCode, Is.Null);
        Assert.That(given.Errors.Words, Is.EqualTo("This app is not approved to access the Customer object."));
    }

    [TestCase("`write_discounts` access scope.", "the app lacks the permission write_discounts in this store. Open the app in the store's admin to grant it. Shopify says: Access denied")]
    [TestCase("`read_files` access scope or `read_themes` access scope.", "the app lacks the permission read_files or read_themes in this store.")]
    [TestCase("The shop must have access to checkout extensions.", "Shopify denies the access: Access denied")]
    public async Task A_scope_that_is_missing_is_named(string required, string words)
    {
        Answers(Response.Create().WithBody(
            $$$"""{"data":null,"errors":[{"message":"Access denied","extensions":{"code":"ACCESS_DENIED","requiredAccess":"{{{required}}}"}}]}"""));

        Assert.That(((ShopifyAnswer<FindDiscountData>.Failed)await AskAsync()).Reason, Does.Contain(words));
    }

    [Test]
    public async Task A_question_that_is_too_costly_is_never_asked_again()
    {
        Answers(Response.Create().WithBody("""{"errors":[{"message":"Query cost is 1402","extensions":{"code":"MAX_COST_EXCEEDED","cost":1402}}]}"""));

        Assert.That(await AskAsync(), Is.EqualTo(
            new ShopifyAnswer<FindDiscountData>.Refused("Shopify finds the question too costly: Query cost is 1402")));
    }

    [Test]
    public async Task What_will_stop_working_is_logged_once()
    {
        Answers(Response.Create().WithBody(Found)
            .WithHeader("X-Shopify-API-Version", "2027-01").WithHeader("X-Shopify-API-Deprecated-Reason", "https://shopify.dev/changelog#it-goes"));

        await AskAsync();
        await AskAsync();

        Assert.That(_log.Lines.Where(line => line.Contains("Warning", StringComparison.Ordinal) && line.Contains(nameof(ShopifyAdminClient), StringComparison.Ordinal)), Is.EqualTo(
        [
            $"{typeof(ShopifyAdminClient).FullName} Warning: Shopify was asked in version 2026-10 and answers in 2027-01 ",
            $"{typeof(ShopifyAdminClient).FullName} Warning: CodeDiscountNodeByCode uses what Shopify has deprecated: https://shopify.dev/changelog#it-goes ",
        ]));
        Assert.That(_log.Lines, Has.None.Contains(Token));
    }

    private void Answers(IResponseBuilder answer) => _shopify.Given(Request.Create()).RespondWith(answer);

    private Task<ShopifyAnswer<FindDiscountData>> AskAsync() =>
        _app.Get<ShopifyAdminClient>().AskAsync(Shop, Token, ShopifyOperations.FindDiscount, new FindDiscountVariables("ANN10"), default);
}
