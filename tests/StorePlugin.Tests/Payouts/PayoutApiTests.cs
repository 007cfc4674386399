// The JSON API of payouts, as a caller sees it.
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts;

internal sealed class PayoutApiTests
{
    private PayoutWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await PayoutWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task A_run_is_previewed_approved_and_paid()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "50.00");
        await _world.EarnsAsync(ann, "4000", "JPY");
        await _world.AmbassadorAsync("Ben", "acct_ben");

        var (created, preview) = await PostAsync("payout-runs");
        var (approved, run) = await PostAsync($"payout-runs/{preview["id"]}/approval");
        var (again, problem) = await PostAsync($"payout-runs/{preview["id"]}/approval");
        await _world.WorkAsync();
        var first = await GetAsync("payouts?limit=1");
        var second = await GetAsync($"payouts?limit=1&after={first["next"]}");

        Assert.That((created, approved, again), Is.EqualTo((HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.Conflict)));
        Assert.That(preview["state"]!.GetValue<string>(), Is.EqualTo("preview"));
        Assert.That(preview["lines"]![0]!.ToJsonString(), Is.EqualTo(
            $$$"""{"ambassadorId":"{{{ann}}}","name":"Ann","amount":{"minor":5000,"currency":"EUR"},"willPay":true,"provider":"stripe","reason":null,"warning":null,"payoutId":null,"paid":null,"payoutState":null,"note":null}"""));
        Assert.That(preview["lines"]![2]!["reason"]!.GetValue<string>(), Is.EqualTo("Nothing is approved."));
        Assert.That(preview["totals"]!.ToJsonString(), Is.EqualTo("""[{"minor":5000,"currency":"EUR"},{"minor":4000,"currency":"JPY"}]"""));
        Assert.That(run["lines"]![0]!["payoutId"]!.GetValue<string>(), Does.StartWith("po_"));
        Assert.That(problem["type"]!.GetValue<string>(), Is.EqualTo("/problems/payout-run-approved"));

        var payout = first["items"]!.AsArray().Concat(second["items"]!.AsArray()).Single(item => item!["amount"]!["currency"]!.GetValue<string>() == "EUR")!;
        Assert.That((payout["state"]!.GetValue<string>(), payout["amount"]!["minor"]!.GetValue<long>(), payout["destination"]!.GetValue<string>()),
            Is.EqualTo(("sent", 5000L, "acct_ann")));
        Assert.That(payout["transferId"]!.GetValue<string>(), Is.EqualTo(_world.Stripe.Transfers.Single(transfer => transfer.Currency == "eur").Id));
        Assert.That(payout["attempts"]![0]!["firstSentAt"]!.GetValue<string>(), Is.EqualTo("2026-03-01T10:00:00Z"));
        Assert.That(first["next"]!.GetValue<string>(), Is.EqualTo(first["items"]![0]!["id"]!.GetValue<string>()));
        Assert.That(second["next"], Is.Null);
        Assert.That((await GetAsync($"payouts/{payout["id"]}")).ToJsonString(), Is.EqualTo(payout.ToJsonString()));
    }

    [Test]
    public async Task Another_stores_runs_and_payouts_are_not_there()
    {
        var payout = await _world.ReservedAsync();
        await _world.Db.DoAsync(
            """
            INSERT INTO stores (id, platform, mode, domain, state, keys_sealed, created_at)
            VALUES ('sto_b', 'shopify', 'test', 'b', 'installed', @keys, 0)
            """,
            new { keys = _world.App.Get<StoreKeys>().NewSealedRoot() });
        var stranger = await ApiClient.OfAsync(_world.App, await _world.App.Get<StoreDirectory>().GetAsync("sto_b"));

        Assert.That((await stranger.Get($"payout-runs/{payout.RunId}")).Problem, Is.EqualTo("/problems/payout-run-not-found"));
        Assert.That((await stranger.Post($"payout-runs/{payout.RunId}/approval")).Status, Is.EqualTo(404));
        Assert.That((await stranger.Get($"payouts/{payout.Id}")).Problem, Is.EqualTo("/problems/payout-not-found"));
        Assert.That((await stranger.Post($"payouts/{payout.Id}/attempts")).Status, Is.EqualTo(404));
        Assert.That((await stranger.Get("payouts")).Json!.ToJsonString(), Is.EqualTo("""{"items":[],"next":null}"""));
    }

    [Test]
    public async Task A_key_that_may_only_read_changes_nothing()
    {
        await using var world = await PayoutWorld.StartAsync(canWrite: false);

        var statuses = new[]
        {
            (await world.App.Http.PostAsync(Path("payout-runs"), null)).StatusCode,
            (await world.App.Http.PostAsync(Path("payout-runs/run_1/approval"), null)).StatusCode,
            (await world.App.Http.PostAsync(Path("payouts/po_1/attempts"), null)).StatusCode,
            (await world.App.Http.PutAsJsonAsync(Path("stripe-connection"), new { secretKey = PayoutWorld.TestKey })).StatusCode,
        };

        Assert.That(statuses, Is.All.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await world.App.Http.GetAsync(Path("payouts"))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_store_without_a_connection_can_preview_and_not_approve()
    {
        await using var world = await PayoutWorld.StartAsync(connected: false);
        var ann = await world.AmbassadorAsync("Ann");
        await world.EarnsAsync(ann, "50.00");

        var preview = JsonNode.Parse(await (await world.App.Http.PostAsync(Path("payout-runs"), null)).Content.ReadAsStringAsync())!;
        var approval = await world.App.Http.PostAsync(Path($"payout-runs/{preview["id"]}/approval"), null);

        Assert.That(preview["lines"]![0]!["reason"]!.GetValue<string>(), Does.Contain("not connected"));
        Assert.That(approval.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
    }

    [Test]
    public async Task Connecting_keeps_the_secrets_sealed_and_tells_none()
    {
        _world.Stripe.TellsBalance = true;
        var response = await _world.App.Http.PutAsJsonAsync(
            Path("stripe-connection"), new { secretKey = "sk_test_abcdefgh1234", webhookSecrets = new[] { "whsec_one", "whsec_two" } });

        var kept = await _world.Db.ManyAsync<string>("SELECT sealed FROM credentials WHERE store_id = @id", new { id = _world.Store.Id });
        var credentials = _world.App.Get<Credentials>();
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"connected":true,"mode":"test","last4":"1234","findings":[]}"""));
        Assert.That(string.Concat(kept), Does.Not.Contain("sk_test").And.Not.Contains("whsec"));
        Assert.That((await credentials.FindAsync(_world.Store.Id, CredentialKind.StripeSecretKey))!.Value, Is.EqualTo("sk_test_abcdefgh1234"));
        Assert.That((await credentials.FindAsync(_world.Store.Id, CredentialKind.StripeWebhookSecrets))!.Value, Is.EqualTo("whsec_one\nwhsec_two"));
    }

    [TestCase("sk_live_abcdefgh1234", "whsec_a", "/problems/stripe-key-mode")]
    [TestCase("rk_live_abcdefgh1234", "whsec_a", "/problems/stripe-key-mode")]
    [TestCase("pk_test_abcdefgh1234", "whsec_a", "/problems/stripe-key-invalid")]
    [TestCase("sk_test_", "whsec_a", "/problems/stripe-key-invalid")]
    [TestCase(null, "whsec_a", "/problems/stripe-key-invalid")]
    [TestCase("sk_test_abcdefgh1234", "", "/problems/webhook-secret-invalid")]
    [TestCase("sk_test_abcdefgh1234", "whsec_", "/problems/webhook-secret-invalid")]
    [TestCase("sk_test_abcdefgh1234", "whsec_a\nwhsec_b", "/problems/webhook-secret-invalid")]
    [TestCase("sk_test_abcdefgh1234", null, "/problems/webhook-secret-invalid")]
    public async Task A_wrong_connection_is_refused_in_words_without_the_secret(string? key, string? secret, string type)
    {
        var response = await _world.App.Http.PutAsJsonAsync(Path("stripe-connection"), new { secretKey = key, webhookSecrets = new[] { secret } });

        var body = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That(JsonNode.Parse(body)!["type"]!.GetValue<string>(), Is.EqualTo(type));
        Assert.That(body, Does.Not.Contain("abcdefgh"));
        Assert.That((await _world.App.Get<Credentials>().FindAsync(_world.Store.Id, CredentialKind.StripeSecretKey))!.Value, Is.EqualTo(PayoutWorld.TestKey));
    }

    [TestCase("""{"secretKey":5}""", "secretKey")]
    [TestCase("""{"secretKey":"sk_test_abcdefgh1234","webhookSecrets":"whsec_one"}""", "webhookSecrets")]
    [TestCase("""{"secretKey":"sk_test_abcdefgh1234","webhookSecrets":[1]}""", "webhookSecrets")]
    [TestCase("""{"secretKey":"sk_test_abcdefgh1234","webhookSecrets":["\ud800"]}""", "webhookSecrets")]
    [TestCase("""{"secretKey":"sk_test_abcdefgh1234","webhookSecret":["whsec_one"]}""", "webhookSecret")]
    public async Task A_connection_of_another_form_is_refused_with_its_field_as_every_call_does(string body, string field)
    {
        var response = await _world.App.Http.PutAsync(Path("stripe-connection"), new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.That((response.StatusCode, problem["type"]!.GetValue<string>()), Is.EqualTo((HttpStatusCode.BadRequest, "/problems/fields-invalid")));
        Assert.That(problem["errors"]!.AsObject().Select(error => error.Key), Is.EqualTo([field]));
        Assert.That(problem.ToJsonString(), Does.Not.Contain("abcdefgh").And.Not.Contain("whsec_one"));
        Assert.That((await _world.App.Get<Credentials>().FindAsync(_world.Store.Id, CredentialKind.StripeSecretKey))!.Value, Is.EqualTo(PayoutWorld.TestKey));
    }

    [Test]
    public async Task A_person_may_send_again_only_after_absence_is_proved()
    {
        _world.Stripe.Next(StripeFault.StoredFault);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();

        var (tooEarly, _) = await PostAsync($"payouts/{payout.Id}/attempts");
        await _world.WorkForAsync(TimeSpan.FromDays(3));
        var (decided, _) = await PostAsync($"payouts/{payout.Id}/attempts");
        var (twice, _) = await PostAsync($"payouts/{payout.Id}/attempts");
        await _world.WorkForAsync(TimeSpan.FromDays(3));

        Assert.That((tooEarly, decided, twice), Is.EqualTo((HttpStatusCode.Conflict, HttpStatusCode.Created, HttpStatusCode.Conflict)));
        Assert.That(_world.Stripe.Sends[^1].Headers["idempotency-key"], Is.EqualTo($"po-{payout.Id}-a2"));
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    [Test]
    public async Task A_second_attempt_finds_a_transfer_that_appeared_after_the_decision()
    {
        _world.Stripe.Next(StripeFault.StoredFault);
        var payout = await _world.ReservedAsync();
        await _world.WorkForAsync(TimeSpan.FromDays(3));
        await PostAsync($"payouts/{payout.Id}/attempts");
        _world.Stripe.AddTransfer(5000, "eur", "acct_ann", payout.Id);

        await _world.WorkForAsync(TimeSpan.FromDays(3));

        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        await _world.AssertBooksAsync();
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(string path)
    {
        var response = await _world.App.Http.PostAsync(Path(path), null);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await _world.App.Http.GetStringAsync(Path(path)))!;

    private static Uri Path(string path) => new($"/api/v1/{path}", UriKind.Relative);
}
