// What is remembered of Shopify's buckets: enough not to ask in vain, and never so long that a mistake lasts.
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ShopifyPaceTests
{
    private const string Shop = "lux.myshopify.com";

    private FakeTimeProvider _clock = null!;
    private ShopifyPace _pace = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new FakeTimeProvider();
        _pace = new ShopifyPace(_clock);
    }

    [Test]
    public void Of_a_shop_or_an_operation_that_is_not_known_nothing_is_waited_for()
    {
        _pace.Learn(Shop, "Known", new ShopifyCost(10, 0, 50, 1000));

        Assert.That((_pace.Take("other.myshopify.com", "Known"), _pace.Take(Shop, "Unknown")), Is.EqualTo(((TimeSpan?)null, (TimeSpan?)null)));
    }

    [TestCase(10, 4.5, 2, 3)]
    [TestCase(10, 9.9, 50, 1)]
    [TestCase(10, 10, 50, null)]
    public void The_wait_is_what_the_bucket_lacks_over_what_flows_in(double cost, double available, double rate, int? seconds)
    {
        _pace.Learn(Shop, "Ask", new ShopifyCost(cost, available, rate, 1000));

        Assert.That(_pace.Take(Shop, "Ask")?.TotalSeconds, Is.EqualTo(seconds));
    }

    [Test]
    public void After_the_wait_that_was_told_it_may_be_asked()
    {
        _pace.Learn(Shop, "Ask", new ShopifyCost(202, 118, 50, 1000));

        _clock.Advance(_pace.Take(Shop, "Ask")!.Value);

        Assert.That(_pace.Take(Shop, "Ask"), Is.Null);
    }

    [Test]
    public void What_is_under_way_is_taken_off_before_its_answer_comes()
    {
        _pace.Learn(Shop, "Ask", new ShopifyCost(10, 25, 1, 1000));

        Assert.That(Enumerable.Range(0, 3).Select(_ => _pace.Take(Shop, "Ask")), Is.EqualTo([null, null, (TimeSpan?)TimeSpan.FromSeconds(5)]));
    }

    [Test]
    public void A_bucket_holds_no_more_than_its_maximum()
    {
        _pace.Learn(Shop, "Ask", new ShopifyCost(10, 10, 100, 20));
        _clock.Advance(TimeSpan.FromSeconds(50));

        Assert.That(Enumerable.Range(0, 3).Select(_ => _pace.Take(Shop, "Ask")?.TotalSeconds), Is.EqualTo([null, null, (double?)1]));
    }

    [Test]
    public void What_costs_more_than_a_full_bucket_is_left_to_Shopify_to_refuse()
    {
        _pace.Learn(Shop, "Ask", new ShopifyCost(5000, 1000, 50, 1000));

        Assert.That(_pace.Take(Shop, "Ask"), Is.Null);
    }

    [TestCase(1_000_000, -1_000_000, 0.001, 1_000_000)]
    [TestCase(10, -1_000_000, 0.001, null)]
    public void A_wrong_memory_is_forgotten_after_a_minute(double cost, double available, double rate, double? maximum)
    {
        _pace.Learn(Shop, "Ask", new ShopifyCost(cost, available, rate, maximum));
        var wrong = _pace.Take(Shop, "Ask");
        _clock.Advance(ShopifyPace.MemoryMax + TimeSpan.FromSeconds(1));

        Assert.That(wrong, Is.Not.Null);
        Assert.That(_pace.Take(Shop, "Ask"), Is.Null);
    }

    [Test]
    public void An_answer_corrects_what_was_thought()
    {
        _pace.Learn(Shop, "Ask", new ShopifyCost(100, 0, 1, 1000));
        _pace.Learn(Shop, "Other", new ShopifyCost(1, 999, 50, 1000));

        Assert.That(_pace.Take(Shop, "Ask"), Is.Null);
    }

    [Test]
    public void An_answer_that_tells_no_rate_teaches_nothing()
    {
        _pace.Learn(Shop, "Ask", new ShopifyCost(100, 0, null, 1000));
        _pace.Learn(Shop, "Ask", new ShopifyCost(100, 0, 0, 1000));

        Assert.That(_pace.Take(Shop, "Ask"), Is.Null);
    }

    [TestCase("""{"extensions":{"cost":{"requestedQueryCost":202,"throttleStatus":{"maximumAvailable":1000.0,"currentlyAvailable":118,"restoreRate":50.0}}}}""", 202, 118, 50, 1000, 2)]
    [TestCase("""{"extensions":{"cost":{"requestedQueryCost":10.5,"throttleStatus":{"maximumAvailable":1000,"currentlyAvailable":0.25,"restoreRate":2.5}}}}""", 10.5, 0.25, 2.5, 1000, 5)]
    [TestCase("""{"extensions":{"cost":{"requestedQueryCost":10,"throttleStatus":null}}}""", 10, null, null, null, 2)]
    [TestCase("""{"extensions":{"cost":{"requestedQueryCost":"10","throttleStatus":{"restoreRate":1e999}}}}""", null, null, null, null, 2)]
    [TestCase("""{"extensions":null}""", null, null, null, null, 2)]
    [TestCase("""{}""", null, null, null, null, 2)]
    [TestCase("""[]""", null, null, null, null, 2)]
    public void The_cost_is_read_as_far_as_it_is_told(string answer, double? requested, double? available, double? rate, double? maximum, int seconds)
    {
        using var json = JsonDocument.Parse(answer);

        var cost = ShopifyCost.Read(json.RootElement);

        Assert.That(cost, Is.EqualTo(new ShopifyCost(requested, available, rate, maximum)));
        Assert.That(cost.Wait, Is.EqualTo(TimeSpan.FromSeconds(seconds)));
    }

    [Test]
    public void No_more_shops_are_remembered_than_there_is_room_for()
    {
        for (var number = 0; number <= ShopifyPace.ShopsMax; number++)
        {
            _pace.Learn($"{number}.myshopify.com", "Ask", new ShopifyCost(10, 0, 1, 1000));
        }

        Assert.That(_pace.Take("0.myshopify.com", "Ask"), Is.Null, "it made room");
        Assert.That(_pace.Take($"{ShopifyPace.ShopsMax}.myshopify.com", "Ask"), Is.EqualTo(TimeSpan.FromSeconds(10)));
    }
}
