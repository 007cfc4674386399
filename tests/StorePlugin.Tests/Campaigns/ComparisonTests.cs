// Two campaigns side by side: the figures are the ledger's, currency by currency.
using System.Text.Json.Nodes;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Campaigns;

internal sealed class ComparisonTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;
    private string _other = null!;
    private string _bob = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
        _other = await _api.LiveAsync(20);
        _bob = (await _api.AddAsync(_other, "BOB10")).Text("id");
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task Each_side_is_what_the_ledger_holds_for_its_ambassadors_in_each_currency()
    {
        await TradeAsync();

        var answer = await _api.Get($"campaigns/{_shop.CampaignId}/comparison?with={_other}");

        Assert.That(answer.Status, Is.EqualTo(200));
        var sides = answer.Json!["campaigns"]!.AsArray();
        Assert.That(sides.Select(side => (string?)side!["id"]), Is.EqualTo([_shop.CampaignId, _other]));
        Assert.That(
            sides.Select(side => ((long)side!["ambassadors"]!, (long)side["clicks"]!, (long)side["creditedOrders"]!)), Is.EqualTo([(1L, 2L, 4L), (1L, 0L, 1L)]));
        Assert.That(Currency(sides[0]!, "EUR"), Is.EqualTo((3, 90_00 + 45_00, 9_00 + 4_50)), "one of three was refunded in full, one in half");
        Assert.That(Currency(sides[0]!, "USD"), Is.EqualTo((1, 90_00, 9_00)));
        Assert.That(Currency(sides[1]!, "EUR"), Is.EqualTo((1, 90_00, 18_00)));
        foreach (var (side, ambassador) in new[] { (sides[0]!, _ann), (sides[1]!, _bob) })
        {
            var booked = (await _app.Get<LedgerQueries>().TotalsAsync(_shop.Store, ambassador, default))
                .Select(total => (total.Account, total.Currency, total.AmountMinor)).Where(total => total.AmountMinor != 0);
            var shown = side["currencies"]!.AsArray().SelectMany(currency => currency!["commissionByState"]!.AsArray().Select(part =>
                ((string)part!["state"]!, (string)part["amount"]!["currency"]!, (long)part["amount"]!["minor"]!))).Where(part => part.Item3 != 0);
            Assert.That(shown, Is.EquivalentTo(booked));
        }
    }

    [Test]
    public async Task The_interval_is_half_open_by_the_orders_own_instant()
    {
        foreach (var (id, at) in new[] { ("1", StoreApp.Start), ("2", StoreApp.Start + Day), ("3", StoreApp.Start + Day + Day) })
        {
            await _shop.PaysAsync(new TestOrder(id, at).With("ANN10", "10.00"));
        }

        Assert.That(await OrdersAsync("&from=2026-03-02T10:00:00Z&to=2026-03-03T10:00:00Z"), Is.EqualTo(1));
        Assert.That(await OrdersAsync("&from=2026-03-02T10:00:00Z"), Is.EqualTo(2));
        Assert.That(await OrdersAsync("&to=2026-03-02T10:00:01Z"), Is.EqualTo(2));
        Assert.That(await OrdersAsync("&from=2026-03-02&to=2026-03-02"), Is.EqualTo(1), "a date is counted whole");
        Assert.That(await OrdersAsync("&from=0001-01-01&to=9999-12-31"), Is.EqualTo(3));
    }

    [Test]
    public async Task A_date_is_one_of_the_stores_time_zone()
    {
        // In Berlin the day of the second begins an hour before it does in UTC.
        await _shop.PaysAsync(new TestOrder("1", new DateTimeOffset(2026, 3, 1, 22, 59, 59, TimeSpan.Zero)).With("ANN10", "10.00"));
        await _shop.PaysAsync(new TestOrder("2", new DateTimeOffset(2026, 3, 1, 23, 0, 0, TimeSpan.Zero)).With("ANN10", "10.00"));

        Assert.That((await OrdersAsync("&to=2026-03-01"), await OrdersAsync("&from=2026-03-02")), Is.EqualTo((1L, 1L)));
        var view = (await _api.Get($"campaigns/{_shop.CampaignId}/comparison?with={_other}&from=2026-03-02&to=2026-03-02")).Json!;
        Assert.That(((string?)view["from"], (string?)view["to"]), Is.EqualTo(("2026-03-01T23:00:00Z", "2026-03-02T23:00:00Z")));
    }

    [Test]
    public async Task What_is_wrong_is_told_at_once()
    {
        var answer = await _api.Get($"campaigns/{_shop.CampaignId}/comparison?from=spring&to=autumn");

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Is.EquivalentTo(["with", "from", "to"]));
    }

    [Test]
    public async Task An_interval_without_an_instant_and_a_campaign_beside_itself_are_refused()
    {
        var answer = await _api.Get($"campaigns/{_other}/comparison?with={_other}&from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z");

        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Is.EquivalentTo(["with", "to"]));
    }

    [Test]
    public async Task Two_campaigns_must_be_the_stores()
    {
        Assert.That((await _api.Get($"campaigns/{_other}/comparison?with=cmp_unknown")).Problem, Is.EqualTo("/problems/campaign-unknown"));
        Assert.That((await _api.Get($"campaigns/cmp_unknown/comparison?with={_other}")).Problem, Is.EqualTo("/problems/campaign-unknown"));
    }

    /// <summary>Orders held, approved, refunded and in another currency.</summary>
    private async Task TradeAsync()
    {
        await _shop.ClickAsync(_ann);
        await _shop.ClickAsync(_ann);
        await _shop.PaysAsync(Order("1").With("ANN10", "10.00"));
        await _shop.PaysAsync(Order("2").With("ANN10", "10.00") with { Refunds = [("21", 0, "90.00")], UpdatedAt = StoreApp.Start + Day });
        await _shop.PaysAsync(Order("3").With("ANN10", "10.00") with { Refunds = [("31", 0, "45.00")], UpdatedAt = StoreApp.Start + Day });
        await _shop.PaysAsync(Order("4").With("ANN10", "10.00") with { Currency = "USD" });
        await _shop.PaysAsync(Order("5"));
        _app.Clock.Advance(TimeSpan.FromDays(30));
        await _shop.PaysAsync(new TestOrder("6", _app.Clock.GetUtcNow()).With("BOB10", "10.00"));
    }

    private async Task<long> OrdersAsync(string interval) =>
        (long)(await _api.Get($"campaigns/{_shop.CampaignId}/comparison?with={_other}{interval}")).Json!["campaigns"]![0]!["creditedOrders"]!;

    private static (long Orders, long Net, long Commission) Currency(JsonNode side, string currency)
    {
        var figures = side["currencies"]!.AsArray().Single(figures => (string?)figures!["currency"] == currency)!;
        Assert.That(((string?)figures["netSales"]!["currency"], (string?)figures["commission"]!["currency"]), Is.EqualTo((currency, currency)));
        return ((long)figures["creditedOrders"]!, (long)figures["netSales"]!["minor"]!, (long)figures["commission"]!["minor"]!);
    }

    private static TestOrder Order(string id) => new(id, StoreApp.Start);
}
