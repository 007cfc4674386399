// Shares by collection (rule B6) and collections that earn nothing (rule B2), by who was in them at the order's instant.
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Campaigns;

internal sealed class CollectionTests
{
    // The test order's first line sells the product 10, its second the product 11.
    private const string First = "10", Second = "11";

    private StoreApp _app = null!;

    [SetUp]
    public async Task Open() => _app = await StoreApp.StartAsync();

    [TearDown]
    public async Task Close()
    {
        Assert.That(await _app.Get<Verify>().RunAsync(null, default), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings, Is.Empty);
        await _app.DisposeAsync();
    }

    [TestCase(RateRank.AmbassadorAndProduct, 700)]
    [TestCase(RateRank.AmbassadorAndCollection, 600)]
    [TestCase(RateRank.Product, 500)]
    [TestCase(RateRank.Collection, 400)]
    [TestCase(RateRank.Ambassador, 300)]
    [TestCase(RateRank.Group, 200)]
    [TestCase(RateRank.Campaign, 1000)]
    public void B_6_the_most_specific_share_counts_although_it_is_the_lower_one(RateRank highest, long expected)
    {
        RateRule[] rules =
        [
            new(null, null, 200) { Group = "vip" }, new(null, "amb", 300), new(null, null, 400) { CollectionId = "summer" }, new(First, null, 500),
            new(null, "amb", 600) { CollectionId = "summer" }, new(First, "amb", 700),
        ];
        var terms = new Terms(1000, 1000, 30, 30) { Rates = [.. rules.Where(rule => rule.Rank <= highest)] };

        var rate = terms.RateOf("amb", First, "vip", ["summer"]);

        Assert.That((rate.Rank, rate.RateBp), Is.EqualTo((highest, expected)));
    }

    [Test]
    public void B_6_of_two_collections_the_higher_share_counts()
    {
        var terms = new Terms(1000, 1000, 30, 30) { Rates = [new RateRule(null, null, 400) { CollectionId = "a" }, new RateRule(null, null, 500) { CollectionId = "b" }] };

        Assert.That(terms.RateOf("amb", First, null, ["a", "b"]).RateBp, Is.EqualTo(500));
        Assert.That(terms.RateOf("amb", First, null, []).RateBp, Is.EqualTo(1000));
    }

    [Test]
    public async Task An_order_is_judged_by_the_collections_at_its_own_instant_whenever_it_comes()
    {
        var terms = new Terms(1000, 1000, 30, 30)
        {
            Rates = [new RateRule(null, null, 2000) { CollectionId = "summer" }],
            ExcludedCollections = ["outlet"],
        };
        var shop = await Shop.OpenAsync(_app, terms: terms);
        await shop.AmbassadorAsync("ANN10");
        var api = await ApiClient.OfAsync(_app, shop.Store);
        _app.Clock.Advance(TimeSpan.FromHours(2));
        await PutAsync(api, "summer", First);
        await PutAsync(api, "outlet", Second);
        _app.Clock.Advance(TimeSpan.FromHours(2));
        Assert.That((long)(await PutAsync(api, "summer", Second)).Json!["products"]!, Is.EqualTo(1));
        await PutAsync(api, "outlet");
        _app.Clock.Advance(TimeSpan.FromHours(2));

        await shop.PaysAsync(Order("3", 5));
        await shop.PaysAsync(Order("2", 3));
        await shop.PaysAsync(Order("1", 1));

        Assert.That(await CommissionsAsync(shop), Is.EqualTo(new[] { 1000 + 1000L, 2000 + 0, 1000 + 2000 }));
        var receipt = await shop.ReceiptAsync("2");
        Assert.That(receipt.Lines.Select(line => (line.RateRank, line.ExcludedBy, line.Collections.Single())), Is.EqualTo(
            new[] { (RateRank.Collection, null, "summer"), (RateRank.Campaign, "B2", "outlet") }));
        Assert.That(ReceiptText.Lines(receipt, TimeZoneInfo.Utc), Has.Some.Contains("20 % (the collection's share) of 100.00 EUR"));
    }

    // A back-test finds the collections of then, although nobody asked for them when the orders were decided.
    [Test]
    public async Task A_back_test_of_shares_by_collection_comes_to_what_they_would_have_earned()
    {
        var shop = await Shop.OpenAsync(_app);
        await shop.AmbassadorAsync("ANN10");
        var api = await ApiClient.OfAsync(_app, shop.Store);
        await PutAsync(api, "summer", First);
        _app.Clock.Advance(TimeSpan.FromHours(2));
        await PutAsync(api, "summer");
        await shop.PaysAsync(Order("1", 1));
        await shop.PaysAsync(Order("2", 3));
        var terms = Bodies.Campaign()["terms"]!.DeepClone();
        terms["rates"] = new JsonArray(new JsonObject { ["percent"] = 20, ["collection"] = "summer" });

        var answer = await api.Post(
            $"campaigns/{shop.CampaignId}/back-tests", new JsonObject { ["terms"] = terms, ["from"] = "2026-01-01", ["to"] = "2026-12-31" });

        var side = answer.Json!["currencies"]![0]!;
        Assert.That(
            ((long)side["before"]!["commission"]!["minor"]!, (long)side["after"]!["commission"]!["minor"]!), Is.EqualTo((4000, 5000)), answer.Json.ToJsonString());
    }

    [Test]
    public async Task A_collection_is_put_whole_listed_and_another_stores_is_untouched()
    {
        var shop = await Shop.OpenAsync(_app);
        var other = await Shop.OpenAsync(_app, "other");
        var (api, thief) = (await ApiClient.OfAsync(_app, shop.Store), await ApiClient.OfAsync(_app, other.Store));
        await PutAsync(api, "summer", "1", "2", "2");
        await PutAsync(thief, "summer", "3");

        Assert.That((await api.Get("collections")).Json!["items"]!.AsArray().Select(item => ((string?)item!["id"], (long)item["products"]!)), Is.EqualTo(new[] { ("summer", 2L) }));
        Assert.That((await thief.Get("collections")).Json!["items"]!.AsArray().Select(item => (long)item!["products"]!), Is.EqualTo(new[] { 1L }));
        var wrong = await api.Put("collections/summer", new JsonObject { ["title"] = "", ["products"] = new JsonArray("", 7), ["note"] = "x" });
        Assert.That((wrong.Status, wrong.Json!["errors"]!.AsObject().Select(error => error.Key)), Is.EqualTo((400, new[] { "note", "products", "title" })).Using<(int, IEnumerable<string>)>(
            (left, right) => left.Item1 == right.Item1 && left.Item2.Order(StringComparer.Ordinal).SequenceEqual(right.Item2.Order(StringComparer.Ordinal))));
    }

    [Test]
    public async Task Shares_that_contradict_each_other_are_refused_by_field()
    {
        var shop = await Shop.OpenAsync(_app);
        var api = await ApiClient.OfAsync(_app, shop.Store);
        var body = Bodies.Campaign();
        body["terms"]!["rates"] = new JsonArray(
            new JsonObject { ["percent"] = 5, ["collection"] = "a", ["product"] = "1" },
            new JsonObject { ["percent"] = 5, ["collection"] = "a", ["group"] = "vip" });

        var answer = await api.Post("campaigns", body);

        Assert.That(answer.Status, Is.EqualTo(400));
        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Is.SupersetOf(new[] { "terms.rates[0].collection", "terms.rates[1].group" }));
    }

    private static Task<ApiAnswer> PutAsync(ApiClient api, string id, params string[] products) => api.Put(
        $"collections/{id}", new JsonObject { ["title"] = "Summer", ["products"] = new JsonArray([.. products.Select(product => (JsonNode)product)]) });

    private static TestOrder Order(string id, int hours) => new(id, StoreApp.Start.AddHours(hours))
    {
        Lines = [("100.00", 1, "0.00"), ("100.00", 1, "0.00")],
        CartRef = "ANN10",
    };

    private async Task<long[]> CommissionsAsync(Shop shop) =>
        [(await shop.ReceiptAsync("1")).CommissionMinor, (await shop.ReceiptAsync("2")).CommissionMinor, (await shop.ReceiptAsync("3")).CommissionMinor];
}
