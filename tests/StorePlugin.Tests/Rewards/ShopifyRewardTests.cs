// A reward's code on Shopify: what is asked for, and how it ends there (rules W3, W4).
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Rewards;

internal sealed class ShopifyRewardTests
{
    private const string Shop = "lux.myshopify.com";
    private const string Code = "THANKS-222222222222";

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
        await PlantAsync();
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task The_code_works_once_until_its_end_from_the_least_on()
    {
        var result = await PerformAsync(Effect.Kinds.CreateReward);

        var (id, title, input) = _shopify.Discounts[(Shop, Code)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result, Is.TypeOf<EffectResult.Done>());
            Assert.That(title, Is.EqualTo("StorePlugin reward rwd_1"));
            Assert.That(input["customerGets"]!.ToJsonString(), Is.EqualTo("""{"value":{"discountAmount":{"amount":"5.00","appliesOnEachItem":false}},"items":{"all":true}}"""));
            Assert.That(((int)input["usageLimit"]!, (bool)input["appliesOncePerCustomer"]!), Is.EqualTo((1, true)));
            Assert.That(input["minimumRequirement"]!.ToJsonString(), Is.EqualTo("""{"subtotal":{"greaterThanOrEqualToSubtotal":"20.00"}}"""));
            Assert.That((string?)input["endsAt"], Is.EqualTo("2026-08-28T10:00:00+00:00"));
            Assert.That(await RewardAsync(), Is.EqualTo(("issued", id, (string?)null)));
        }
    }

    [Test]
    public async Task What_was_created_is_ended_by_its_id()
    {
        await PerformAsync(Effect.Kinds.CreateReward);

        var result = await RevokeAsync();

        Assert.That(result, Is.EqualTo(new EffectResult.Done($"The code {Code} takes nothing off any more.")));
        Assert.That(_shopify.Deactivated, Is.EqualTo([_shopify.Discounts[(Shop, Code)].Id]));
    }

    [Test]
    public async Task What_was_created_with_its_answer_lost_is_found_by_its_code_and_ended()
    {
        _shopify.Next(new FakeShopify.Fault.LostAnswer());
        await PerformAsync(Effect.Kinds.CreateReward);

        await RevokeAsync();

        Assert.That(_shopify.Deactivated, Is.EqualTo([_shopify.Discounts[(Shop, Code)].Id]));
    }

    [Test]
    public async Task A_code_of_the_merchants_own_is_left_alone()
    {
        _shopify.Discounts[(Shop, Code)] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "Spring sale", "{}");
        var refused = await PerformAsync(Effect.Kinds.CreateReward);
        var (waiting, _, problem) = await RewardAsync();

        var result = await RevokeAsync();

        Assert.That(refused, Is.TypeOf<EffectResult.Refused>());
        Assert.That((waiting, problem), Is.EqualTo(("pending_code", refused.Text)));
        Assert.That(result, Is.EqualTo(new EffectResult.Done($"There is no code {Code} of ours in the store.")));
        Assert.That(_shopify.Deactivated, Is.Empty);
    }

    [Test]
    public async Task What_the_merchant_has_deleted_has_ended()
    {
        await PerformAsync(Effect.Kinds.CreateReward);
        _shopify.Discounts.TryRemove((Shop, Code), out _);

        Assert.That(await RevokeAsync(), Is.EqualTo(new EffectResult.Done($"There is no code {Code} of ours in the store.")));
    }

    [TestCase("""{"data":{"discountCodeDeactivate":{"codeDiscountNode":null,"userErrors":[{"code":"INTERNAL_ERROR","message":"Oops"}]}}}""", typeof(EffectResult.Failed))]
    [TestCase("""{"data":{"discountCodeDeactivate":{"codeDiscountNode":null,"userErrors":[{"code":"INVALID","message":"No"}]}}}""", typeof(EffectResult.Refused))]
    [TestCase("""{"data":{"discountCodeDeactivate":null},"errors":[{"message":"Denied","extensions":{"code":"ACCESS_DENIED"}}]}""", typeof(EffectResult.Failed))]
    [TestCase("""{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}""", typeof(EffectResult.PutOff))]
    public async Task Odd_answers_have_an_outcome_each(string body, Type outcome)
    {
        await PerformAsync(Effect.Kinds.CreateReward);
        _shopify.Next(new FakeShopify.Fault.Answer(body));

        Assert.That(await RevokeAsync(), Is.TypeOf(outcome));
    }

    [Test]
    public async Task A_token_that_nobody_renews_waits_for_the_merchant_and_tells_them()
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        _shopify.EndRefreshTokens(Shop);

        var (create, revoke) = (await PerformAsync(Effect.Kinds.CreateReward), await RevokeAsync());

        Assert.That(new object[] { create, revoke }, Is.All.TypeOf<EffectResult.PutOff>());
        Assert.That((await RewardAsync()).Problem, Does.Contain("no longer renews the access token"));
    }

    [Test]
    public async Task A_friends_discount_may_work_once_for_each_customer()
    {
        var request = new DiscountRequest("eff_1", "ANN10", "StorePlugin", 1000, StoreApp.Start) { OncePerCustomer = true };
        var platform = _app.Get<Platforms>().Find(_store)!;

        await platform.CreateDiscountAsync(_store, request, default);

        var input = _shopify.Discounts[(Shop, "ANN10")].Input;
        Assert.That((bool)input["appliesOncePerCustomer"]!, Is.True);
        Assert.That(input.AsObject().Select(field => field.Key), Has.None.EqualTo("usageLimit").And.None.EqualTo("endsAt").And.None.EqualTo("minimumRequirement"));
    }

    private Task<EffectResult> PerformAsync(string kind) => Effects.PerformAsync(_app, _store.Id, kind, "rwd_1");

    private async Task<EffectResult> RevokeAsync()
    {
        await _app.Db.DoAsync("UPDATE rewards SET state = 'revoked', revoked_at = 1 WHERE store_id = @s", new { s = _store.Id });
        return await PerformAsync(Effect.Kinds.RevokeReward);
    }

    private Task<(string State, string? DiscountId, string? Problem)> RewardAsync() => _app.Db.OneAsync<(string, string?, string?)>(
        "SELECT state, discount_id, problem FROM rewards WHERE store_id = @s", new { s = _store.Id });

    private async Task PlantAsync()
    {
        await _app.Db.DoAsync("UPDATE stores SET currency = 'EUR' WHERE id = @s", new { s = _store.Id });
        foreach (var (table, columns) in new (string, (string, object?)[])[]
        {
            ("campaigns", [("id", "cmp_1"), ("state", "live"), ("applications", "closed")]),
            ("ambassadors", [("id", "amb_1"), ("campaign_id", "cmp_1"), ("state", "approved")]),
            (
                "rewards",
                [
                    ("id", "rwd_1"), ("kind", "advocate"), ("cause", "1001"), ("ambassador_id", "amb_1"), ("campaign_id", "cmp_1"), ("order_id", "1001"), ("state", "pending_code"),
                    ("amount_minor", 500L), ("minimum_minor", 2000L), ("currency", "EUR"), ("code", Code), ("code_key", Code.ToLowerInvariant()),
                    ("ends_at", StoreApp.Start.AddDays(180).ToUnixTimeMilliseconds()), ("created_at", StoreApp.Start.ToUnixTimeMilliseconds()),
                ]),
        })
        {
            await Plant.RowAsync(_app.Db, table, [("store_id", _store.Id), .. columns]);
        }

        await _app.Db.InTransactionAsync(async tx =>
        {
            await Outbox.AddAsync(tx, _store.Id, Effect.Kinds.CreateReward, "rwd_1", "{}", StoreApp.Start);
            await Outbox.AddAsync(tx, _store.Id, Effect.Kinds.RevokeReward, "rwd_1", "rwd_1", StoreApp.Start);
        });
    }
}
