// The Stripe counterpart: transfers, its idempotency rules, and what it refuses.
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Rehearsal;

internal sealed class RehearsalStripeTests
{
    private const string Transfers = "/v1/transfers";
    private const string Body =
        "amount=2500&currency=eur&destination=acct_1Ann&transfer_group=po_1&metadata%5Bpayout_id%5D=po_1&metadata[attempt]=1";

    private StoreApp _app = null!;
    private InstalledShop _shop = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await InstalledShop.InstallAsync(_app);
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task A_transfer_has_stripes_shape()
    {
        using var answer = await PostAsync(Body, "k1");

        var transfer = await JsonOf(answer);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers.GetValues("Request-Id").Single(), Does.StartWith("req_"));
        Assert.That(answer.Headers.Contains("Idempotent-Replayed"), Is.False);
        Assert.That((string?)transfer["object"], Is.EqualTo("transfer"));
        Assert.That((string?)transfer["id"], Does.StartWith("tr_"));
        Assert.That(
            ((long)transfer["amount"]!, (string?)transfer["currency"], (string?)transfer["destination"], (string?)transfer["transfer_group"]),
            Is.EqualTo((2500L, "eur", "acct_1Ann", "po_1")));
        Assert.That(transfer["metadata"]!.ToJsonString(), Is.EqualTo("""{"attempt":"1","payout_id":"po_1"}"""));
        Assert.That((bool)transfer["livemode"]!, Is.False);
        Assert.That((long)transfer["created"]!, Is.EqualTo(StoreApp.Start.ToUnixTimeSeconds()));
    }

    [Test]
    public async Task The_same_key_with_the_same_body_gives_the_same_answer_and_no_second_transfer()
    {
        using var first = await PostAsync(Body, "k1");
        using var again = await PostAsync(Body, "k1");

        Assert.That(await again.Content.ReadAsStringAsync(), Is.EqualTo(await first.Content.ReadAsStringAsync()));
        Assert.That(again.Headers.GetValues("Idempotent-Replayed").Single(), Is.EqualTo("true"));
        Assert.That(again.Headers.GetValues("Original-Request"), Is.EqualTo(first.Headers.GetValues("Request-Id")));
        Assert.That(await CountAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task The_same_key_with_another_body_is_an_idempotency_error()
    {
        using var first = await PostAsync(Body, "k1");
        using var other = await PostAsync(Body.Replace("2500", "2600", StringComparison.Ordinal), "k1");

        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((string?)(await JsonOf(other))["error"]!["type"], Is.EqualTo("idempotency_error"));
        Assert.That(await CountAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_key_is_kept_for_a_day_and_executes_again_afterwards()
    {
        using var first = await PostAsync(Body, "k1");
        _app.Clock.Advance(RehearsalStripeAccount.KeyLifetime - TimeSpan.FromSeconds(1));
        using var within = await PostAsync(Body, "k1");
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        using var after = await PostAsync(Body, "k1");

        Assert.That(within.Headers.Contains("Idempotent-Replayed"));
        Assert.That(after.Headers.Contains("Idempotent-Replayed"), Is.False);
        Assert.That(await CountAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task Requests_at_the_same_moment_under_one_key_make_one_transfer()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostAsync(Body, "k1")));

        Assert.That(answers.Select(answer => answer.StatusCode), Is.All.EqualTo(HttpStatusCode.OK));
        Assert.That(await CountAsync(), Is.EqualTo(1));
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Test]
    public async Task Without_a_key_each_request_executes()
    {
        using var first = await PostAsync(Body, null);
        using var second = await PostAsync(Body, null);

        Assert.That(await CountAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_refusal_that_had_begun_to_execute_is_kept_under_its_key()
    {
        var poor = Body.Replace("eur", "usd", StringComparison.Ordinal);

        using var first = await PostAsync(poor, "k1");
        using var again = await PostAsync(poor, "k1");

        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((string?)(await JsonOf(first))["error"]!["code"], Is.EqualTo("balance_insufficient"));
        Assert.That(again.Headers.Contains("Idempotent-Replayed"));
    }

    [TestCase("currency=eur&destination=acct_1", "parameter_missing", "amount")]
    [TestCase("amount=100&destination=acct_1", "parameter_missing", "currency")]
    [TestCase("amount=100&currency=eur", "parameter_missing", "destination")]
    [TestCase("amount=0&currency=eur&destination=acct_1", "parameter_invalid_integer", "amount")]
    [TestCase("amount=1.5&currency=eur&destination=acct_1", "parameter_invalid_integer", "amount")]
    [TestCase("amount=-5&currency=eur&destination=acct_1", "parameter_invalid_integer", "amount")]
    [TestCase("amount=150&currency=isk&destination=acct_1", "parameter_invalid_integer", "amount")]
    [TestCase("amount=100&currency=EUR&destination=acct_1", "parameter_invalid_string", "currency")]
    [TestCase("amount=100&currency=eur&destination=acct_1&on_behalf_of=x", "parameter_unknown", "on_behalf_of")]
    public async Task A_request_that_cannot_be_meant_is_refused_and_its_key_stays_free(string body, string code, string parameter)
    {
        using var refused = await PostAsync(body, "k1");
        using var right = await PostAsync(Body, "k1");

        var error = (await JsonOf(refused))["error"]!;
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(((string?)error["type"], (string?)error["code"], (string?)error["param"]), Is.EqualTo(("invalid_request_error", code, parameter)));
        Assert.That(right.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_destination_that_is_no_account_is_refused()
    {
        using var answer = await PostAsync("amount=100&currency=eur&destination=bank_1", "k1");

        Assert.That((string?)(await JsonOf(answer))["error"]!["code"], Is.EqualTo("resource_missing"));
    }

    [Test]
    public async Task The_key_must_be_the_stores_own()
    {
        var other = await InstalledShop.InstallAsync(_app);
        var othersKey = await other.CredentialAsync("stripe_secret_key");

        using var answer = await _shop.SendToStripeAsync(HttpMethod.Post, Transfers, Body, "k1", othersKey);
        using var list = await _shop.SendToStripeAsync(HttpMethod.Get, Transfers, secretKey: "sk_rehearsal_guess");

        Assert.That((answer.StatusCode, list.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)));
        Assert.That(await CountAsync(), Is.Zero);
    }

    [Test]
    public async Task A_store_that_does_not_exist_answers_as_one_whose_key_is_wrong()
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri("/rehearsal/stripe/sto_0/v1/transfers", UriKind.Relative));
        message.Headers.Add("Authorization", "Bearer sk_rehearsal_guess");

        using var answer = await _app.Http.SendAsync(message);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Transfers_are_found_by_their_group_and_by_their_id()
    {
        using var first = await PostAsync(Body, "k1");
        using var second = await PostAsync(Body.Replace("po_1", "po_2", StringComparison.Ordinal), "k2");
        var id = (string?)(await JsonOf(first))["id"];

        using var list = await _shop.SendToStripeAsync(HttpMethod.Get, Transfers + "?transfer_group=po_1&limit=100");
        using var one = await _shop.SendToStripeAsync(HttpMethod.Get, $"{Transfers}/{id}");
        using var none = await _shop.SendToStripeAsync(HttpMethod.Get, $"{Transfers}/tr_0");

        var found = await JsonOf(list);
        Assert.That(((string?)found["object"], (bool)found["has_more"]!), Is.EqualTo(("list", false)));
        Assert.That(found["data"]!.AsArray().Select(transfer => (string?)transfer!["id"]), Is.EqualTo([id]));
        Assert.That((string?)(await JsonOf(one))["id"], Is.EqualTo(id));
        Assert.That(none.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_list_is_read_page_by_page_from_the_newest()
    {
        var made = new List<string?>();
        for (var i = 1; i <= 3; i++)
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
            using var answer = await PostAsync(Body, $"k{i}");
            made.Add((string?)(await JsonOf(answer))["id"]);
        }

        using var first = await _shop.SendToStripeAsync(HttpMethod.Get, Transfers + "?limit=2");
        using var second = await _shop.SendToStripeAsync(HttpMethod.Get, $"{Transfers}?limit=2&starting_after={made[1]}");

        Assert.That((bool)(await JsonOf(first))["has_more"]!);
        Assert.That(IdsOf(await JsonOf(first)), Is.EqualTo([made[2], made[1]]));
        Assert.That(IdsOf(await JsonOf(second)), Is.EqualTo([made[0]]));
    }

    [Test]
    public async Task A_new_transfer_is_told_by_a_signed_event_and_a_repeated_answer_is_not()
    {
        using var first = await PostAsync(Body, "k1");
        using var again = await PostAsync(Body, "k1");
        using var poor = await PostAsync(Body.Replace("eur", "usd", StringComparison.Ordinal), "k2");

        var events = await _app.Db.ManyAsync<(string Topic, string Source)>("SELECT topic, source FROM deliveries WHERE store_id = @id", new { id = _shop.Store.Id });
        await _app.DrainAsync();
        var outcome = await _app.Db.OneAsync<string>("SELECT outcome FROM deliveries WHERE store_id = @id", new { id = _shop.Store.Id });

        Assert.That(events, Is.EqualTo([("transfer.created", "stripe")]));
        Assert.That(outcome, Is.EqualTo("Ignored: the transfer names no payout of this store."));
    }

    [Test]
    public async Task A_store_that_has_no_webhook_secret_is_told_nothing()
    {
        await _app.Db.DoAsync("DELETE FROM credentials WHERE kind = 'stripe_webhook_secrets'");
        _app.Get<Credentials>().Forget(_shop.Store.Id, CredentialKind.StripeWebhookSecrets);

        using var answer = await PostAsync(Body, "k1");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM deliveries"), Is.Zero);
    }

    private Task<HttpResponseMessage> PostAsync(string body, string? key) =>
        _shop.SendToStripeAsync(HttpMethod.Post, Transfers, body, key);

    private Task<long> CountAsync() => _app.Db.OneAsync<long>(
        "SELECT CAST(COUNT(*) AS bigint) FROM rehearsal_transfers WHERE store_id = @storeId", new { storeId = _shop.Store.Id });

    private static IEnumerable<string?> IdsOf(JsonNode list) => list["data"]!.AsArray().Select(transfer => (string?)transfer!["id"]);

    private static async Task<JsonNode> JsonOf(HttpResponseMessage answer) =>
        JsonNode.Parse(await answer.Content.ReadAsStringAsync()) ?? throw new JsonException();
}
