// Who may call the JSON API, and what everyone else is told.
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests;

internal sealed class ApiDoorTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;

    [OneTimeSetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
    }

    [OneTimeTearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_call_without_a_key_is_asked_for_one()
    {
        var answer = await new ApiClient(_app, null).Get("store");

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((401, "/problems/api-key-missing")));
        Assert.That(answer.Response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
        Assert.That(answer.Response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
    }

    [TestCase("spk_")]
    [TestCase("nonsense")]
    [TestCase("spk_sto_0123_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_key_that_nobody_gave_out_is_wrong(string key) =>
        Assert.That((await new ApiClient(_app, key).Get("store")).Problem, Is.EqualTo("/problems/api-key-wrong"));

    [Test]
    public async Task A_key_with_another_last_letter_is_wrong()
    {
        var key = (await ApiClient.OfAsync(_app, _shop.Store)).Key!;

        var answer = await new ApiClient(_app, key[..^1] + (key[^1] == 'A' ? 'E' : 'A')).Get("store");

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((401, "/problems/api-key-wrong")));
    }

    [Test]
    public async Task The_secret_of_one_store_opens_no_other()
    {
        var other = await Shop.OpenAsync(_app, "other");
        var key = (await ApiClient.OfAsync(_app, _shop.Store)).Key!;

        var answer = await new ApiClient(_app, key.Replace(_shop.Store.Id, other.Store.Id, StringComparison.Ordinal)).Get("store");

        Assert.That(answer.Problem, Is.EqualTo("/problems/api-key-wrong"));
    }

    [Test]
    public async Task A_revoked_key_is_wrong()
    {
        var client = await ApiClient.OfAsync(_app, _shop.Store);
        await _app.Db.DoAsync(
            "UPDATE api_keys SET revoked_at = 1 WHERE store_id = @storeId AND id = (SELECT MAX(id) FROM api_keys WHERE store_id = @storeId AND key_hash = @hash)",
            new { storeId = _shop.Store.Id, hash = StorePlugin.Data.Ids.HashOf(client.Key!) });

        Assert.That((await client.Get("store")).Status, Is.EqualTo(401));
    }

    [Test]
    public async Task A_key_that_only_reads_may_not_write()
    {
        var client = await ApiClient.OfAsync(_app, _shop.Store, canWrite: false);

        var write = await client.Post("campaigns", Bodies.Campaign());

        Assert.That((write.Status, write.Problem), Is.EqualTo((403, "/problems/api-key-read-only")));
        Assert.That((await client.Get("campaigns")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task The_store_itself_is_told()
    {
        var answer = await (await ApiClient.OfAsync(_app, _shop.Store, canWrite: false)).Get("store");

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(
            (answer.Text("id"), answer.Text("name"), answer.Text("platform"), answer.Text("mode"), answer.Text("currency"), answer.Text("timeZone"), answer.Text("state")),
            Is.EqualTo((_shop.Store.Id, "lux", "rehearsal", "test", "EUR", "Europe/Berlin", "installed")));
    }

    [Test]
    public async Task What_the_platform_has_not_told_is_null()
    {
        var shop = await Shop.OpenAsync(_app, "silent");
        await _app.Db.DoAsync("UPDATE stores SET currency = NULL, time_zone = NULL WHERE id = @id", new { id = shop.Store.Id });
        _app.Get<StoreDirectory>().Forget(shop.Store);

        var answer = await (await ApiClient.OfAsync(_app, shop.Store)).Get("store");

        Assert.That(answer.Json!["currency"], Is.Null);
        Assert.That(answer.Json.AsObject().ContainsKey("timeZone"));
    }

    [Test]
    public async Task A_store_that_has_removed_the_app_is_shut_out()
    {
        var shop = await Shop.OpenAsync(_app, "leaver");
        var client = await ApiClient.OfAsync(_app, shop.Store);
        await _app.Db.DoAsync("UPDATE stores SET state = 'uninstalled' WHERE id = @id", new { id = shop.Store.Id });
        _app.Get<StoreDirectory>().Forget(shop.Store);

        var answer = await client.Get("store");

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((403, "/problems/store-uninstalled")));
    }

    [Test]
    public async Task A_path_that_names_no_call_is_a_problem_and_not_found()
    {
        foreach (var path in new[] { "/api/v1/nothing", "/api", "/api/v2/store" })
        {
            var answer = await new ApiClient(_app, null).Get(path);

            Assert.That((answer.Status, answer.Problem), Is.EqualTo((404, "/problems/not-found")), path);
        }
    }

    [Test]
    public async Task A_method_that_a_path_does_not_take_is_a_problem()
    {
        var answer = await (await ApiClient.OfAsync(_app, _shop.Store)).Delete("campaigns");

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((405, "/problems/method-not-allowed")));
    }

    [TestCase("", "text/plain", 415, "/problems/content-type-unsupported")]
    [TestCase("name=Spring", "application/x-www-form-urlencoded", 415, "/problems/content-type-unsupported")]
    [TestCase("{\"name\":", "application/json", 400, "/problems/json-invalid")]
    [TestCase("[]", "application/json", 400, "/problems/json-invalid")]
    [TestCase("", "application/json", 400, "/problems/json-invalid")]
    [TestCase("{\"name\":\"a\",\"name\":\"b\"}", "application/json", 400, "/problems/json-invalid")]
    [TestCase("{\"\\ud800\":1}", "application/json", 400, "/problems/json-invalid")]
    [TestCase("{\"terms\":{\"\\ud800\":1,\"x\":2}}", "application/json", 400, "/problems/json-invalid")]
    public async Task A_body_that_is_no_JSON_object_is_refused_in_words(string body, string type, int status, string problem)
    {
        var answer = await (await ApiClient.OfAsync(_app, _shop.Store)).Post("campaigns", body, type);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((status, problem)));
        Assert.That(answer.Text("detail"), Does.EndWith("."));
    }

    [Test]
    public async Task A_body_without_a_declared_type_is_refused()
    {
        var answer = await (await ApiClient.OfAsync(_app, _shop.Store)).Send(HttpMethod.Post, "campaigns", null);

        Assert.That(answer.Status, Is.EqualTo(415));
    }

    [Test]
    public async Task A_body_over_the_cap_is_refused()
    {
        var answer = await (await ApiClient.OfAsync(_app, _shop.Store)).Post("campaigns", $"{{\"name\":\"{new string('a', 1024 * 1024)}\"}}");

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((413, "/problems/body-too-large")));
    }

    [Test]
    public async Task Wrong_JSON_is_refused_by_every_call_that_takes_a_body()
    {
        var client = await ApiClient.OfAsync(_app, _shop.Store);

        foreach (var path in new[] { "campaigns", "ambassadors" })
        {
            Assert.That((await client.Post(path, "{")).Status, Is.EqualTo(400), path);
        }

        Assert.That((await client.Send(HttpMethod.Put, "stripe-connection", new StringContent("{", System.Text.Encoding.UTF8, "application/json"))).Status, Is.EqualTo(400));
    }

    [TestCase("limit=0")]
    [TestCase("limit=201")]
    [TestCase("limit=ten")]
    [TestCase("limit=")]
    [TestCase("after=")]
    [TestCase("after=nonsense")]
    public async Task A_page_that_cannot_be_is_refused_for_every_list(string query)
    {
        var client = await ApiClient.OfAsync(_app, _shop.Store);

        foreach (var list in new[] { "campaigns", "ambassadors", "orders", "ledger/entries", "ledger/balances", "deliveries", "effects", "payouts" })
        {
            var answer = await client.Get($"{list}?{query}");

            Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")), list);
            Assert.That(answer.Json!["errors"]![query.Split('=')[0]], Is.Not.Null, list);
        }
    }
}
