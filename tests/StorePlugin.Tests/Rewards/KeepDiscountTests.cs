// What becomes of an ambassador's discount in the store: it follows the ambassador's state, and what the merchant changes is seen.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Rewards;

internal sealed class KeepDiscountTests
{
    private const string Shop = "lux.myshopify.com";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private ApiClient _api = null!;
    private Store _store = null!;
    private string _campaign = "";
    private string _ann = "";
    private string _id = "";

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        _api = await ApiClient.OfAsync(_app, _store);
        _campaign = await _api.LiveAsync();
        _ann = (await _api.AddAsync(_campaign, "ANN10")).Text("id");
        await _app.DrainAsync();
        _id = _shopify.Discounts[(Shop, "ANN10")].Id;
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task A_suspension_switches_the_discount_off_and_its_end_switches_it_on_again()
    {
        await _api.Post($"ambassadors/{_ann}/suspension");
        await _app.DrainAsync();
        var suspended = _shopify.Off.ContainsKey(_id);

        await _api.Delete($"ambassadors/{_ann}/suspension");
        await _app.DrainAsync();

        Assert.That(suspended, Is.True);
        Assert.That(_shopify.Off, Is.Empty);
        Assert.That(await ProblemAsync(), Is.Null);
    }

    [Test]
    public async Task A_suspension_that_has_ended_before_the_store_was_asked_changes_nothing_there()
    {
        await _api.Post($"ambassadors/{_ann}/suspension");
        await _api.Delete($"ambassadors/{_ann}/suspension");
        await _app.DrainAsync();

        Assert.That(_shopify.Off, Is.Empty);
        Assert.That(_shopify.Deactivated, Is.Empty);
    }

    [Test]
    public async Task Who_is_suspended_while_the_code_is_being_made_has_it_switched_off()
    {
        var bob = (await _api.AddAsync(_campaign, "BOB10", "bob@example.com")).Text("id");
        await _api.Post($"ambassadors/{bob}/suspension");
        await _app.DrainAsync();

        Assert.That(_shopify.Off, Does.ContainKey(_shopify.Discounts[(Shop, "BOB10")].Id));
    }

    [Test]
    public async Task Of_whoever_leaves_and_of_a_code_that_ends_the_discounts_are_switched_off_for_good()
    {
        await _api.Post($"ambassadors/{_ann}/codes", new JsonObject { ["code"] = "ANN20" });
        await _app.DrainAsync();
        await _api.Delete($"ambassadors/{_ann}/codes/ANN20");
        await _app.DrainAsync();
        var one = _shopify.Off.Keys.ToList();
        await _api.Post($"ambassadors/{_ann}/ending");
        await _app.DrainAsync();

        Assert.That(one, Is.EqualTo(new[] { _shopify.Discounts[(Shop, "ANN20")].Id }));
        Assert.That(_shopify.Off.Keys, Is.EquivalentTo(new[] { one[0], _id }));
    }

    [Test]
    public async Task What_the_merchant_switched_off_is_told_and_stays_off_even_after_a_suspension()
    {
        _shopify.Off[_id] = _app.Clock.GetUtcNow();
        await TouchAsync("discounts/update");
        var told = await ProblemAsync();

        await _api.Post($"ambassadors/{_ann}/suspension");
        await _app.DrainAsync();
        await _api.Delete($"ambassadors/{_ann}/suspension");
        await _app.DrainAsync();

        Assert.That(told, Does.StartWith("The discount of ANN10 was switched off in the store's admin"));
        Assert.That(_shopify.Off, Does.ContainKey(_id));
        Assert.That(await ProblemAsync(), Is.EqualTo(told));
    }

    [Test]
    public async Task Another_percentage_is_told_and_the_word_goes_when_it_is_set_right()
    {
        var value = _shopify.Discounts[(Shop, "ANN10")].Input["customerGets"]!["value"]!;
        value["percentage"] = 0.055;
        await TouchAsync("discounts/update");
        var told = await ProblemAsync();
        value["percentage"] = 0.1;
        await TouchAsync("discounts/update");

        Assert.That(told, Is.EqualTo("The discount of ANN10 was changed in the store's admin: it takes off 5.5 % where the campaign says 10 %."));
        Assert.That(await ProblemAsync(), Is.Null);
    }

    [TestCase("discounts/delete")]
    [TestCase("discounts/redeemcode_removed")]
    public async Task A_code_that_is_gone_is_told(string topic)
    {
        _shopify.Discounts.Remove((Shop, "ANN10"), out _);
        await TouchAsync(topic);

        Assert.That(await ProblemAsync(), Does.StartWith("The code ANN10 was deleted in the store's admin"));
        Assert.That((await _api.Get($"ambassadors/{_ann}")).Json!["discount"]!["problem"]!.GetValue<string>(), Does.Contain("deleted"));
    }

    [Test]
    public async Task Many_deliveries_of_one_minute_are_one_look_and_those_of_other_discounts_none()
    {
        var questions = _shopify.Questions.Count;
        for (var i = 0; i < 5; i++)
        {
            await DeliverAsync("discounts/update", _id);
        }

        await DeliverAsync("discounts/update", "gid://shopify/DiscountCodeNode/999999");
        await DeliverAsync("discounts/update", "gid://shopify/Order/1");
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _app.DrainAsync();

        Assert.That(_shopify.Questions.Count - questions, Is.EqualTo(1));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM deliveries WHERE state = 'dead'"), Is.Zero);
    }

    [Test]
    public async Task Throttling_and_outages_put_it_off()
    {
        _shopify.Next(new FakeShopify.Fault.Throttled(202, 118, 50), new FakeShopify.Fault.Status(503));
        await _api.Post($"ambassadors/{_ann}/suspension");
        for (var round = 0; round < 3; round++)
        {
            await _app.DrainAsync();
            _app.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.That(_shopify.Off, Does.ContainKey(_id));
    }

    [Test]
    public async Task The_discount_follows_the_terms_at_their_instant_and_nothing_else_of_it_changes()
    {
        await ReviseAsync(friend: 15, effectiveAt: StoreApp.Start.AddDays(2));
        await _app.DrainAsync();
        var before = PercentOf("ANN10");
        _app.Clock.Advance(TimeSpan.FromDays(2));
        await _app.DrainAsync();

        Assert.That((before, PercentOf("ANN10")), Is.EqualTo((0.1m, 0.15m)));
        Assert.That(_shopify.Changes, Is.EqualTo(["""{"customerGets":{"value":{"percentage":0.15}}}"""]));
        Assert.That(await AskedAsync(), Is.EqualTo((1500, "many")));
        Assert.That(await ProblemAsync(), Is.Null);
    }

    [Test]
    public async Task Once_for_each_customer_follows_the_terms_too()
    {
        await ReviseAsync(friend: 10, once: true);
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromDays(15));
        await _app.DrainAsync();

        Assert.That(_shopify.Changes, Is.EqualTo(["""{"appliesOncePerCustomer":true}"""]));
        Assert.That(await AskedAsync(), Is.EqualTo((1000, "once")));
    }

    [Test]
    public async Task What_was_asked_for_before_it_was_written_down_is_known_by_the_terms_of_that_time()
    {
        await _app.Db.DoAsync("UPDATE codes SET discount_bp = NULL, discount_uses = NULL WHERE store_id = @id", new { id = _store.Id });
        await ReviseAsync(friend: 15, once: true);
        _app.Clock.Advance(TimeSpan.FromDays(15));
        await _app.DrainAsync();

        Assert.That(PercentOf("ANN10"), Is.EqualTo(0.15m));
        Assert.That(await AskedAsync(), Is.EqualTo((1500, "once")));
    }

    [Test]
    public async Task A_revision_that_is_withdrawn_before_its_instant_changes_nothing()
    {
        await ReviseAsync(friend: 15, effectiveAt: StoreApp.Start.AddDays(2));
        await _api.Delete($"campaigns/{_campaign}/revisions/2");
        var questions = _shopify.Questions.Count;
        _app.Clock.Advance(TimeSpan.FromDays(3));
        await _app.DrainAsync();

        Assert.That(_shopify.Questions, Has.Count.EqualTo(questions));
        Assert.That(PercentOf("ANN10"), Is.EqualTo(0.1m));
    }

    [Test]
    public async Task Of_two_revisions_for_one_instant_the_later_counts()
    {
        await ReviseAsync(friend: 15, effectiveAt: StoreApp.Start.AddDays(2));
        await ReviseAsync(friend: 20, effectiveAt: StoreApp.Start.AddDays(2));
        _app.Clock.Advance(TimeSpan.FromDays(2));
        await _app.DrainAsync();

        Assert.That(_shopify.Changes, Is.EqualTo(["""{"customerGets":{"value":{"percentage":0.2}}}"""]));
    }

    [Test]
    public async Task What_the_merchant_changed_stays_and_follows_again_once_it_is_set_right()
    {
        SetPercent("0.055");
        await ReviseAsync(friend: 15);
        await _app.DrainAsync();
        var told = await ProblemAsync();
        var left = PercentOf("ANN10");
        SetPercent("0.1");
        await TouchAsync("discounts/update");

        Assert.That(told, Is.EqualTo("The discount of ANN10 was changed in the store's admin: it takes off 5.5 % where the campaign says 15 %."));
        Assert.That((left, PercentOf("ANN10")), Is.EqualTo((0.055m, 0.15m)));
        Assert.That(await ProblemAsync(), Is.Null);
    }

    [Test]
    public async Task A_size_that_the_merchant_changed_does_not_keep_the_rest_from_following()
    {
        SetPercent("0.055");
        await ReviseAsync(friend: 10, once: true);
        _app.Clock.Advance(TimeSpan.FromDays(15));
        await _app.DrainAsync();

        Assert.That(_shopify.Changes, Is.EqualTo(["""{"appliesOncePerCustomer":true}"""]));
        Assert.That(await ProblemAsync(), Does.Contain("5.5 % where the campaign says 10 %."));
        Assert.That(await AskedAsync(), Is.EqualTo((1000, "once")));
    }

    [Test]
    public async Task What_the_merchant_switched_off_is_not_changed_before_it_is_on_again()
    {
        _shopify.Off[_id] = _app.Clock.GetUtcNow();
        await ReviseAsync(friend: 15);
        await _app.DrainAsync();
        var off = PercentOf("ANN10");
        _shopify.Off.Clear();
        await TouchAsync("discounts/update");

        Assert.That((off, PercentOf("ANN10")), Is.EqualTo((0.1m, 0.15m)));
    }

    [Test]
    public async Task Terms_without_a_discount_switch_it_off_and_later_ones_on_again_with_their_own_size()
    {
        await ReviseAsync(friend: 0);
        _app.Clock.Advance(TimeSpan.FromDays(15));
        await _app.DrainAsync();
        var off = _shopify.Off.ContainsKey(_id);
        var link = (await _app.VisitAsync("/r/ann10")).Headers.Location!.AbsolutePath;
        await ReviseAsync(friend: 20);
        await _app.DrainAsync();

        Assert.That(off, Is.True);
        Assert.That(link, Is.EqualTo("/"), "a code that is switched off does not go along");
        Assert.That(_shopify.Off, Is.Empty);
        Assert.That(PercentOf("ANN10"), Is.EqualTo(0.2m));
        Assert.That(await ProblemAsync(), Is.Null);
        Assert.That((await _app.VisitAsync("/r/ann10")).Headers.Location!.AbsolutePath, Is.EqualTo("/discount/ANN10"));
    }

    [Test]
    public async Task Codes_that_only_tracked_get_their_discount_when_the_terms_give_one()
    {
        var campaign = await _api.LiveAsync(friend: 0);
        var bob = (await _api.AddAsync(campaign, "BOB10", "bob@example.com")).Text("id");
        await _app.DrainAsync();
        var before = (string?)(await _api.Get($"ambassadors/{bob}")).Json!["discount"]!["state"];
        await ReviseAsync(friend: 20, campaign: campaign);
        await _app.DrainAsync();

        Assert.That(before, Is.EqualTo("none"));
        Assert.That(PercentOf("BOB10"), Is.EqualTo(0.2m));
        Assert.That((string?)(await _api.Get($"ambassadors/{bob}")).Json!["discount"]!["state"], Is.EqualTo("created"));
    }

    [Test]
    public async Task A_code_that_found_no_discount_to_make_is_made_when_the_terms_give_one()
    {
        await ReviseAsync(friend: 0);
        _app.Clock.Advance(TimeSpan.FromDays(14) - TimeSpan.FromSeconds(1));
        await _api.Post($"ambassadors/{_ann}/codes", new JsonObject { ["code"] = "ANN20" });
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        await _app.DrainAsync();
        var made = _shopify.Discounts.ContainsKey((Shop, "ANN20"));
        await ReviseAsync(friend: 20);
        await _app.DrainAsync();

        Assert.That(made, Is.False);
        Assert.That(PercentOf("ANN20"), Is.EqualTo(0.2m));
    }

    [Test]
    public async Task Who_is_suspended_meanwhile_is_brought_to_the_terms_when_they_come_back()
    {
        await _api.Post($"ambassadors/{_ann}/suspension");
        await _app.DrainAsync();
        await ReviseAsync(friend: 15);
        await _app.DrainAsync();
        var suspended = (PercentOf("ANN10"), _shopify.Off.ContainsKey(_id));
        await _api.Delete($"ambassadors/{_ann}/suspension");
        await _app.DrainAsync();

        Assert.That(suspended, Is.EqualTo((0.1m, true)));
        Assert.That((PercentOf("ANN10"), _shopify.Off.ContainsKey(_id)), Is.EqualTo((0.15m, false)));
    }

    [Test]
    public async Task A_change_whose_answer_is_lost_is_found_done()
    {
        await ReviseAsync(friend: 15);
        _shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.LostAnswer());
        for (var round = 0; round < 3; round++)
        {
            await _app.DrainAsync();
            _app.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.That(_shopify.Changes, Has.Count.EqualTo(1));
        Assert.That(await AskedAsync(), Is.EqualTo((1500, "many")));
        Assert.That(await ProblemAsync(), Is.Null);
    }

    [Test]
    public async Task Terms_that_come_into_force_while_the_store_is_asked_are_looked_at_once_more()
    {
        SetPercent("0.15");
        await ReviseAsync(friend: 15, effectiveAt: StoreApp.Start.AddMinutes(5));
        await DeliverAsync("discounts/update", _id);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        _shopify.OnQuestion = () =>
        {
            _app.Clock.Advance(TimeSpan.FromMinutes(4));
            return Task.CompletedTask;
        };
        await _app.DrainAsync();

        Assert.That(await ProblemAsync(), Is.Null, "what differed from the terms before is what the present ones say");
        Assert.That(await AskedAsync(), Is.EqualTo((1500, "many")));
    }

    [Test]
    public async Task Many_codes_are_asked_for_a_few_in_each_second()
    {
        for (var number = 0; number < 12; number++)
        {
            await _api.AddAsync(_campaign, $"MANY{number}X", $"many{number}@example.com");
        }

        await _app.DrainAsync();
        await ReviseAsync(friend: 15);
        await _app.DrainAsync();
        var first = _shopify.Changes.Count;
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        await _app.DrainAsync();
        var second = _shopify.Changes.Count;
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        await _app.DrainAsync();

        Assert.That((first, second, _shopify.Changes.Count), Is.EqualTo((5, 10, 13)));
    }

    [Test]
    public async Task A_refusal_is_told_beside_the_code()
    {
        await ReviseAsync(friend: 15);
        _shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.Answer(
            """{"data":{"discountCodeBasicUpdate":{"codeDiscountNode":null,"userErrors":[{"field":["basicCodeDiscount"],"code":"INVALID","message":"No"}]}}}"""));
        await _app.DrainAsync();

        Assert.That(await ProblemAsync(), Is.EqualTo("Shopify does not change the discount: No (INVALID, basicCodeDiscount)"));
        Assert.That(await AskedAsync(), Is.EqualTo((1000, "many")));
    }

    [Test]
    public async Task A_look_that_waits_for_the_merchant_is_told_beside_the_code_and_goes_on_once_they_open_the_app()
    {
        await ReviseAsync(friend: 15, effectiveAt: StoreApp.Start.AddDays(1));
        _shopify.EndRefreshTokens(Shop);
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _app.DrainAsync();
        var told = await ProblemAsync();
        await _shopify.InstallAsync(_app, Shop);
        await _app.DrainAsync();

        Assert.That(told, Does.Contain("open the app in the store's admin"));
        Assert.That(PercentOf("ANN10"), Is.EqualTo(0.15m));
        Assert.That(await ProblemAsync(), Is.Null);
    }

    [Test]
    public async Task Terms_that_lie_ahead_are_not_followed_because_the_merchant_opens_the_app()
    {
        await ReviseAsync(friend: 15, effectiveAt: StoreApp.Start.AddDays(2));
        await _shopify.InstallAsync(_app, Shop);
        await _app.DrainAsync();
        var early = PercentOf("ANN10");
        _app.Clock.Advance(TimeSpan.FromDays(2));
        await _app.DrainAsync();

        Assert.That((early, PercentOf("ANN10")), Is.EqualTo((0.1m, 0.15m)));
    }

    [Test]
    public async Task What_the_store_has_of_its_own_is_left_as_it_is()
    {
        await _api.Post($"ambassador-imports?dryRun=false&campaignId={_campaign}", "name,email,code\nBob,bob@example.com,PRINTED10\n", "text/csv");
        _shopify.Discounts[(Shop, "PRINTED10")] = new FakeShopify.Discount("gid://shopify/DiscountCodeNode/1", "Bob", "{}");
        await ReviseAsync(friend: 15);
        await _app.DrainAsync();

        Assert.That(_shopify.Changes, Has.Count.EqualTo(1), "of ANN10 alone");
    }

    private async Task ReviseAsync(decimal friend, DateTimeOffset? effectiveAt = null, bool once = false, string? campaign = null)
    {
        var terms = Bodies.Campaign(friend: friend)["terms"]!.DeepClone();
        if (once)
        {
            terms["friendUses"] = "once_per_customer";
        }

        var body = new JsonObject { ["terms"] = terms };
        if (effectiveAt is { } at)
        {
            body["effectiveAt"] = at.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        }

        var answer = await _api.Post($"campaigns/{campaign ?? _campaign}/revisions", body);
        Assert.That(answer.Status, Is.EqualTo(201), answer.Json?.ToJsonString());
    }

    private decimal PercentOf(string code) => _shopify.Discounts[(Shop, code)].Input["customerGets"]!["value"]!["percentage"]!.GetValue<decimal>();

    private void SetPercent(string percentage) => _shopify.Discounts[(Shop, "ANN10")].Input["customerGets"]!["value"]!["percentage"] = JsonNode.Parse(percentage);

    private Task<(long, string)> AskedAsync() =>
        _app.Db.OneAsync<(long, string)>("SELECT discount_bp, discount_uses FROM codes WHERE store_id = @id AND code_key = 'ann10'", new { id = _store.Id });

    private async Task TouchAsync(string topic)
    {
        await DeliverAsync(topic, _id);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _app.DrainAsync();
    }

    private async Task DeliverAsync(string topic, string id)
    {
        var body = new JsonObject { ["admin_graphql_api_id"] = id, ["title"] = "any", ["updated_at"] = "2026-03-01T10:00:00Z" };
        Assert.That(await FakeShopify.DeliverAsync(_app, Shop, topic, body.ToJsonString()), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
    }

    private Task<string?> ProblemAsync() =>
        _app.Db.OneAsync<string>("SELECT discount_problem FROM codes WHERE store_id = @id AND code_key = 'ann10'", new { id = _store.Id });
}
