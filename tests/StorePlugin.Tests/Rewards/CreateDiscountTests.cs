// An ambassador's discount code in the store: made once, whatever happens on the way.
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Rewards;

internal sealed class CreateDiscountTests
{
    private const string Shop = "lux.myshopify.com";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        await ProgrammeAsync(1250);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task The_code_is_created_with_the_campaigns_discount_and_its_id_is_kept()
    {
        var result = await PerformAsync();

        var discount = _shopify.Discounts[(Shop, "ANN10")];
        var effectId = await _app.Db.OneAsync<string>("SELECT id FROM effects WHERE store_id = @id AND subject = 'ann10'", new { id = _store.Id });
        Assert.Multiple(() =>
        {
            Assert.That(result, Is.TypeOf<EffectResult.Done>());
            Assert.That(discount.Title, Is.EqualTo($"StorePlugin {effectId}"));
            Assert.That(discount.Input["tags"]!.ToJsonString(), Is.EqualTo($"""["{effectId}"]"""));
            Assert.That(discount.Input["code"]!.GetValue<string>(), Is.EqualTo("Ann10"));
            Assert.That(discount.Input["customerGets"]!.ToJsonString(), Is.EqualTo("""{"value":{"percentage":0.125},"items":{"all":true}}"""));
            Assert.That(discount.Input["appliesOncePerCustomer"]!.GetValue<bool>(), Is.False);
            Assert.That(discount.Input["startsAt"]!.GetValue<string>(), Is.EqualTo("2026-03-01T10:00:00+00:00"));
        });
        Assert.That(await CodeAsync(), Is.EqualTo(("created", discount.Id, (string?)null)));
    }

    [Test]
    public async Task A_second_performance_asks_the_store_nothing()
    {
        await PerformAsync();
        var questions = _shopify.Questions.Count;

        var again = await PerformAsync();

        Assert.That(again, Is.EqualTo(new EffectResult.Done("The discount had been created before.")));
        Assert.That(_shopify.Questions, Has.Count.EqualTo(questions));
    }

    [Test]
    public async Task A_lost_answer_is_put_off_and_the_own_discount_is_recognised()
    {
        _shopify.Next(new FakeShopify.Fault.LostAnswer());

        var lost = await PerformAsync();
        var found = await PerformAsync();

        Assert.That(lost, Is.TypeOf<EffectResult.PutOff>());
        Assert.That(found, Is.TypeOf<EffectResult.Done>());
        Assert.That(await CodeAsync(), Is.EqualTo(("created", _shopify.Discounts[(Shop, "ANN10")].Id, (string?)null)));
        Assert.That(_shopify.Discounts, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_code_that_another_discount_has_is_refused_in_words()
    {
        _shopify.Discounts[(Shop, "ANN10")] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "Spring sale", "{}");

        var result = await PerformAsync();

        Assert.That(result, Is.TypeOf<EffectResult.Refused>());
        Assert.That(result.Text, Is.EqualTo(
            "The store already has a discount with the code Ann10 (20 % off, uses without limit, without end; active). Please choose another code."));
        Assert.That(await CodeAsync(), Is.EqualTo(("refused", (string?)null, (string?)result.Text)));
    }

    [Test]
    public async Task T_5_a_code_that_another_discount_has_is_the_ambassadors_only_from_when_it_was_made_for_them()
    {
        _shopify.Discounts[(Shop, "ANN10")] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "Spring sale", "{}");
        await PerformAsync();
        var taken = await PeriodAsync();

        _shopify.Discounts.Remove((Shop, "ANN10"), out _);
        _app.Clock.Advance(TimeSpan.FromMinutes(30));
        await PerformAsync();
        var made = await PeriodAsync();

        Assert.That(taken!.EndedAt, Is.EqualTo(taken.AssignedAt), "it never was theirs");
        Assert.That(made, Is.EqualTo(new CodePeriod(StoreApp.Start.AddMinutes(30), null)));
    }

    [Test]
    public async Task A_code_of_another_effect_of_ours_is_not_taken_for_its_own()
    {
        _shopify.Discounts[(Shop, "ANN10")] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "StorePlugin eff_00000000000000000000000000000000", "{}");

        Assert.That(await PerformAsync(), Is.TypeOf<EffectResult.Refused>());
    }

    [Test]
    public async Task Throttling_puts_off_until_the_bucket_has_filled()
    {
        _shopify.Next(new FakeShopify.Fault.Throttled(Requested: 202, Available: 118, RestoreRate: 50));

        var throttled = await PerformAsync();
        _app.Clock.Advance(TimeSpan.FromSeconds(2));
        var done = await PerformAsync();

        Assert.That(throttled, Is.EqualTo(new EffectResult.PutOff("Shopify throttles this store's requests.", TimeSpan.FromSeconds(2))));
        Assert.That(done, Is.TypeOf<EffectResult.Done>());
    }

    [TestCase(429, "2.0", 2)]
    [TestCase(429, null, 2)]
    [TestCase(503, "30", 30)]
    [TestCase(503, "Sun, 01 Mar 2026 10:05:00 GMT", 300)]
    [TestCase(503, "nonsense", 60)]
    [TestCase(503, "999999999", 3600)]
    [TestCase(502, null, 60)]
    public async Task An_outage_puts_off_for_as_many_seconds_as_Shopify_says(int status, string? retryAfter, int seconds)
    {
        _shopify.Next(new FakeShopify.Fault.Status(status, RetryAfter: retryAfter));

        var result = await PerformAsync();

        Assert.That((result as EffectResult.PutOff)?.Wait, Is.EqualTo(TimeSpan.FromSeconds(seconds)));
        Assert.That(await CodeAsync(), Is.EqualTo(("pending", (string?)null, (string?)null)));
    }

    [TestCase(500, "", "Shopify answered with HTTP 500.")]
    [TestCase(402, """{"errors":"Unavailable Shop"}""", "The store is frozen (HTTP 402)")]
    [TestCase(403, """{"errors":"[API] Non-expiring access tokens are no longer accepted for the Admin API."}""", "Non-expiring")]
    [TestCase(404, "<html>", "HTTP 404")]
    [TestCase(423, """{"errors":{"base":["Locked"]}}""", "HTTP 423")]
    public async Task A_failure_is_told_in_words_and_the_next_try_succeeds(int status, string body, string words)
    {
        _shopify.Next(new FakeShopify.Fault.Status(status, body));

        var failed = await PerformAsync();
        var problem = (await CodeAsync()).Problem;
        var done = await PerformAsync();

        Assert.That(failed, Is.TypeOf<EffectResult.Failed>());
        Assert.That(failed.Text, Does.Contain(words));
        Assert.That(problem, Is.EqualTo(failed.Text));
        Assert.That(done, Is.TypeOf<EffectResult.Done>());
        Assert.That((await CodeAsync()).Problem, Is.Null);
    }

    [TestCase("<html>", typeof(EffectResult.Failed))]
    [TestCase("[]", typeof(EffectResult.Failed))]
    [TestCase("{}", typeof(EffectResult.Failed))]
    [TestCase("""{"data":null,"errors":"Not found"}""", typeof(EffectResult.Failed))]
    [TestCase("""{"data":{"discountCodeBasicCreate":null},"errors":[{"message":"Access denied","extensions":{"code":"ACCESS_DENIED"}}]}""", typeof(EffectResult.Failed))]
    [TestCase("""{"data":{"discountCodeBasicCreate":"x"}}""", typeof(EffectResult.Failed))]
    [TestCase("""{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}""", typeof(EffectResult.PutOff))]
    [TestCase("""{"errors":[{"message":"Too costly","extensions":{"code":"MAX_COST_EXCEEDED"}}]}""", typeof(EffectResult.Refused))]
    [TestCase("""{"data":{"discountCodeBasicCreate":{"codeDiscountNode":null,"userErrors":[{"field":null,"code":"INTERNAL_ERROR","message":"Oops"}]}}}""", typeof(EffectResult.Failed))]
    [TestCase("""{"data":{"discountCodeBasicCreate":{"codeDiscountNode":null,"userErrors":[{"field":["a"],"code":"TOO_LONG","message":"Too long"}]}}}""", typeof(EffectResult.Refused))]
    [TestCase("""{"data":{"discountCodeBasicCreate":{"codeDiscountNode":{"id":"gid://1"},"userErrors":[]}},"errors":[{"message":"Part of it is hidden"}]}""", typeof(EffectResult.Done))]
    public async Task Odd_answers_have_an_outcome_each(string body, Type outcome)
    {
        _shopify.Next(new FakeShopify.Fault.Answer(body));

        Assert.That(await PerformAsync(), Is.TypeOf(outcome));
    }

    [Test]
    public async Task A_code_that_is_taken_but_cannot_be_looked_up_is_tried_again()
    {
        _shopify.Next(
            new FakeShopify.Fault.LostAnswer(),
            new FakeShopify.Fault.Answer("""{"data":{"discountCodeBasicCreate":{"codeDiscountNode":null,"userErrors":[{"code":"TAKEN","message":"Taken"}]}}}"""),
            new FakeShopify.Fault.Answer("""{"data":{"codeDiscountNodeByCode":null},"errors":[{"message":"Access denied"}]}"""));

        await PerformAsync();
        var hidden = await PerformAsync();
        var done = await PerformAsync();

        Assert.That(hidden, Is.TypeOf<EffectResult.Failed>());
        Assert.That(done, Is.TypeOf<EffectResult.Done>());
    }

    [Test]
    public async Task A_token_that_nobody_renews_is_told_in_words_and_the_Admin_API_is_not_asked()
    {
        var questions = _shopify.Questions.Count;
        _app.Clock.Advance(TimeSpan.FromHours(1));
        _shopify.EndRefreshTokens(Shop);

        var result = await PerformAsync();

        Assert.That(result, Is.TypeOf<EffectResult.PutOff>());
        Assert.That(result.Text, Does.Contain("no longer renews the access token"));
        Assert.That(_shopify.Questions, Has.Count.EqualTo(questions));
    }

    [Test]
    public async Task A_code_waits_for_weeks_until_the_merchant_opens_the_app_and_then_is_created_at_once()
    {
        _shopify.EndRefreshTokens(Shop);
        for (var day = 0; day < 21; day++)
        {
            _app.Clock.Advance(TimeSpan.FromDays(1));
            await _app.DrainAsync();
        }

        var waiting = await EffectAsync();
        var (_, _, problem) = await CodeAsync();
        await _shopify.InstallAsync(_app, Shop);
        await _app.DrainAsync();

        Assert.That(waiting, Is.EqualTo(("pending", 0L)));
        Assert.That(problem, Does.Contain("open the app in the store's admin"));
        Assert.That(await EffectAsync(), Is.EqualTo(("done", 0L)));
        Assert.That(await CodeAsync(), Is.EqualTo(("created", _shopify.Discounts[(Shop, "ANN10")].Id, (string?)null)));
    }

    [Test]
    public async Task A_token_that_Shopify_refuses_waits_for_the_merchant_and_uses_up_no_attempts()
    {
        _shopify.EndRefreshTokens(Shop);
        _shopify.Next(new FakeShopify.Fault.Status(401, """{"errors":"[API] Invalid token"}"""));

        var waiting = await PerformAsync();
        var (state, _, problem) = await CodeAsync();

        Assert.That(waiting, Is.TypeOf<EffectResult.PutOff>());
        Assert.That(waiting.Text, Does.Contain("renew it. Shopify says: [API] Invalid token"));
        Assert.That((state, problem), Is.EqualTo(("pending", (string?)waiting.Text)));
    }

    [Test]
    public async Task A_campaign_without_a_discount_creates_none()
    {
        await _app.Db.DoAsync(
            "INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor) VALUES (@id, 'cmp_1', 2, @terms, @now, @now, 'test')",
            new { id = _store.Id, terms = new Terms(1000, 0, 30, 30).ToJson(), now = StoreApp.Start });

        var result = await PerformAsync();

        Assert.That(result, Is.TypeOf<EffectResult.Done>());
        Assert.That(_shopify.Discounts, Is.Empty);
        Assert.That((await CodeAsync()).State, Is.EqualTo("none"));
        Assert.That(
            await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @id AND subject LIKE 'welcome:%'", new { id = _store.Id }),
            Is.EqualTo(1), "the code works as it is");
    }

    [Test]
    public async Task T_5_a_code_that_has_only_tracked_stays_the_ambassadors_when_another_discount_has_it()
    {
        await ReviseAsync(1, 0, StoreApp.Start);
        await ReviseAsync(2, 1000, StoreApp.Start.AddHours(1));
        _app.Clock.Advance(TimeSpan.FromHours(2));
        _shopify.Discounts[(Shop, "ANN10")] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "Spring sale", "{}");

        var result = await PerformAsync();

        Assert.That(result, Is.TypeOf<EffectResult.Refused>());
        Assert.That((await CodeAsync()).State, Is.EqualTo("refused"));
        Assert.That(await PeriodAsync(), Is.EqualTo(new CodePeriod(StoreApp.Start, null)));
    }

    [Test]
    public async Task T_5_a_code_that_another_discount_has_does_not_become_the_ambassadors_because_the_terms_give_none()
    {
        _shopify.Discounts[(Shop, "ANN10")] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "Spring sale", "{}");
        await PerformAsync();
        await ReviseAsync(2, 0, StoreApp.Start);

        var again = await PerformAsync();

        Assert.That(again, Is.TypeOf<EffectResult.Refused>(), "so that a person can have it tried again");
        Assert.That((await CodeAsync()).State, Is.EqualTo("refused"));
        Assert.That(await PeriodAsync(), Is.EqualTo(new CodePeriod(StoreApp.Start, StoreApp.Start)));
    }

    [Test]
    public async Task Terms_that_come_into_force_while_the_code_is_being_made_are_followed_by_the_next_look()
    {
        await ReviseAsync(2, 2000, StoreApp.Start.AddMinutes(1));
        var made = await Effects.AskAsync(_app, _store.Id, Effect.Kinds.CreateDiscount, "ann10");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _app.Db.InTransactionAsync(made.Write!);
        await _app.DrainAsync();

        Assert.That(_shopify.Discounts[(Shop, "ANN10")].Input["customerGets"]!["value"]!["percentage"]!.GetValue<decimal>(), Is.EqualTo(0.2m));
    }

    [Test]
    public async Task Terms_that_give_a_discount_by_the_time_it_was_found_that_they_give_none_have_it_made()
    {
        await ReviseAsync(1, 0, StoreApp.Start);
        await ReviseAsync(2, 2000, StoreApp.Start.AddMinutes(1));
        var none = await Effects.AskAsync(_app, _store.Id, Effect.Kinds.CreateDiscount, "ann10");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _app.Db.InTransactionAsync(none.Write!);
        await _app.DrainAsync();

        Assert.That(_shopify.Discounts, Does.ContainKey((Shop, "ANN10")));
        Assert.That((await CodeAsync()).State, Is.EqualTo("created"));
    }

    [Test]
    public async Task What_was_asked_for_is_kept_beside_the_code()
    {
        await _app.Db.DoAsync(
            "UPDATE campaign_revisions SET terms = @terms WHERE store_id = @id",
            new { id = _store.Id, terms = new Terms(1000, 1250, 30, 30) { FriendOncePerCustomer = true }.ToJson() });

        await PerformAsync();

        Assert.That(
            await _app.Db.OneAsync<(long, string)>("SELECT discount_bp, discount_uses FROM codes WHERE store_id = @id", new { id = _store.Id }), Is.EqualTo((1250, "once")));
    }

    [Test]
    public async Task A_code_that_was_given_as_the_store_has_it_is_never_ended_by_a_late_answer()
    {
        _shopify.Discounts[(Shop, "ANN10")] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "Spring sale", "{}");
        var taken = await Effects.AskAsync(_app, _store.Id, Effect.Kinds.CreateDiscount, "ann10");
        await _app.Db.DoAsync("UPDATE codes SET discount_state = 'none', adopted_at = @at WHERE store_id = @id", new { id = _store.Id, at = StoreApp.Start });
        var questions = _shopify.Questions.Count;

        await _app.Db.InTransactionAsync(taken.Write!);
        var again = await PerformAsync();

        Assert.That(again.Text, Does.StartWith("The store's own discount was given"));
        Assert.That(_shopify.Questions, Has.Count.EqualTo(questions));
        Assert.That(await CodeAsync(), Is.EqualTo(("none", (string?)null, (string?)null)));
        Assert.That(await PeriodAsync(), Is.EqualTo(new CodePeriod(StoreApp.Start, null)));
    }

    [Test]
    public async Task Terms_that_are_not_in_force_yet_do_not_count()
    {
        await _app.Db.DoAsync(
            "INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor) VALUES (@id, 'cmp_1', 2, @terms, @later, @later, 'test')",
            new { id = _store.Id, terms = new Terms(1000, 5000, 30, 30).ToJson(), later = StoreApp.Start.AddMinutes(1) });

        await PerformAsync();

        Assert.That(_shopify.Discounts[(Shop, "ANN10")].Input["customerGets"]!["value"]!["percentage"]!.GetValue<decimal>(), Is.EqualTo(0.125m));
    }

    [Test]
    public async Task A_code_that_has_ended_and_a_store_that_has_left_create_nothing()
    {
        await _app.Db.DoAsync("UPDATE codes SET ended_at = @now WHERE store_id = @id", new { id = _store.Id, now = StoreApp.Start.AddHours(1) });
        var ended = await PerformAsync();
        await _app.Db.InTransactionAsync(tx => _app.Get<Installation>().UninstallAsync(tx, _store));
        _app.Get<Installation>().Forget(_store);
        var left = await PerformAsync();

        Assert.That(ended.Text, Does.Contain("no longer anyone's"));
        Assert.That(left, Is.EqualTo(new EffectResult.Done(Installation.UninstalledOutcome)));
        Assert.That(_shopify.Discounts, Is.Empty);
    }

    [Test]
    public async Task Each_question_carries_the_stores_own_token()
    {
        var other = await _shopify.InstallAsync(_app, "other.myshopify.com");
        await PerformAsync();

        var (shop, _, token) = _shopify.Questions.Last();
        Assert.That((shop, token), Is.EqualTo((Shop, _shopify.Tokens.First())));
        Assert.That(other.Id, Is.Not.EqualTo(_store.Id));
    }

    private Task<EffectResult> PerformAsync() => Effects.PerformAsync(_app, _store.Id, Effect.Kinds.CreateDiscount, "ann10");

    private Task<(string State, string? Id, string? Problem)> CodeAsync() => _app.Db.OneAsync<(string, string?, string?)>(
        "SELECT discount_state, discount_id, discount_problem FROM codes WHERE store_id = @id", new { id = _store.Id });

    private Task<CodePeriod?> PeriodAsync() =>
        _app.Db.OneAsync<CodePeriod>("SELECT assigned_at, ended_at FROM codes WHERE store_id = @id AND code_key = 'ann10'", new { id = _store.Id });

    /// <summary>Writes a revision, or writes over the one that is there.</summary>
    private async Task ReviseAsync(long revision, long friendDiscountBp, DateTimeOffset effectiveAt)
    {
        var args = new { id = _store.Id, revision, terms = new Terms(1000, friendDiscountBp, 30, 30).ToJson(), effectiveAt };
        await _app.Db.DoAsync("DELETE FROM campaign_revisions WHERE store_id = @id AND revision = @revision", args);
        await _app.Db.DoAsync(
            """
            INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor)
            VALUES (@id, 'cmp_1', @revision, @terms, @effectiveAt, @effectiveAt, 'test')
            """,
            args);
    }

    private Task<(string State, long Attempts)> EffectAsync() => _app.Db.OneAsync<(string, long)>(
        "SELECT state, attempts FROM effects WHERE store_id = @id AND subject = 'ann10'", new { id = _store.Id });

    private Task ProgrammeAsync(long friendDiscountBp) => _app.Db.InTransactionAsync(async tx =>
    {
        var args = new { id = _store.Id, now = StoreApp.Start, terms = new Terms(1000, friendDiscountBp, 30, 30).ToJson() };
        await tx.DoAsync("INSERT INTO campaigns (store_id, id, name, state, created_at, launched_at) VALUES (@id, 'cmp_1', 'Spring', 'live', @now, @now)", args);
        await tx.DoAsync(
            "INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor) VALUES (@id, 'cmp_1', 1, @terms, @now, @now, 'test')", args);
        await tx.DoAsync(
            """
            INSERT INTO ambassadors (store_id, id, campaign_id, name, email, email_key, person_hash, state, approved_at, created_at)
            VALUES (@id, 'amb_1', 'cmp_1', 'Ann', 'ann@example.com', 'ann@example.com', 'hash', 'approved', @now, @now)
            """,
            args);
        await tx.DoAsync(
            """
            INSERT INTO codes (store_id, code_key, code, ambassador_id, campaign_id, assigned_at, discount_state)
            VALUES (@id, 'ann10', 'Ann10', 'amb_1', 'cmp_1', @now, 'pending')
            """,
            args);
        await Outbox.AddAsync(tx, _store.Id, Effect.Kinds.CreateDiscount, "ann10", "{}", StoreApp.Start);
    });

    private sealed record CodePeriod(DateTimeOffset AssignedAt, DateTimeOffset? EndedAt);
}
