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
