// Back-tests of terms that look back: what has changed before an order changes the order, and amounts of two currencies stay apart.
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Campaigns;

internal sealed class BackTestStandingTests
{
    private static readonly PeriodCap ThirtyEuros = new(3000, new TermsPeriod(PeriodKind.CalendarMonth));

    // The order had these terms already; under them those before it would have used up what it took.
    [Test]
    public async Task An_order_that_has_the_asked_terms_already_finds_the_room_that_those_before_it_would_have_left()
    {
        await using var app = await StoreApp.StartAsync();
        var first = new Terms(1000, 1000, 30, 30) { PeriodCap = ThirtyEuros, Currency = Currency.Parse("EUR") };
        var asked = first with { CommissionBp = 2000 };
        var shop = await Shop.OpenAsync(app, terms: first);
        await shop.AmbassadorAsync("ANN10");
        await app.Db.DoAsync(
            """
            INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor)
            VALUES (@storeId, @campaignId, 2, @terms, @at, @at, 'test')
            """,
            new { storeId = shop.Store.Id, campaignId = shop.CampaignId, terms = asked.ToJson(), at = StoreApp.Start.AddHours(3) });
        foreach (var hour in new[] { 1, 2, 4 })
        {
            await shop.PaysAsync(new TestOrder($"{hour}", StoreApp.Start.AddHours(hour)) { CartRef = "ANN10" });
        }

        var campaign = (await app.Get<CampaignDb>().FindAsync(shop.Store, shop.CampaignId, default))!;
        var result = await app.Get<BackTest>().RunAsync(shop.Store, new BackTestQuestion(campaign, asked, new ComparedInterval(StoreApp.Start.AddDays(-1), StoreApp.Start.AddDays(1))), null, default);

        var eur = result.Currencies.Single();
        Assert.That((eur.Before.CommissionMinor, eur.After.CommissionMinor), Is.EqualTo((1000 + 1000 + 1000, 2000 + 1000 + 0)));
    }

    [Test]
    public async Task What_was_earned_in_another_currency_takes_no_room_and_lifts_no_tier()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        var terms = new Terms(1000, 1000, 30, 30)
        {
            PeriodCap = ThirtyEuros,
            Tiers = new Tiers(TierMetric.NetSales, new TermsPeriod(PeriodKind.Lifetime), null, [new TierLevel(1000, null, 2000)]),
            Currency = Currency.Parse("EUR"),
        };
        var book = new StandingBook(terms, shop.Store);
        var (dollars, euros) = (Order("1", "USD", 0), Order("2", "EUR", 1));

        book.Add("amb", dollars, [new StandingChange(0, dollars.At, 100_000, 3000, 1, 0)]);

        Assert.That(book.At("amb", euros), Is.EqualTo(new Standing(0, 0)));
        Assert.That(book.At("amb", Order("3", "USD", 2)), Is.EqualTo(new Standing(100_000, 3000)));
    }

    private static Order Order(string id, string currency, int hour) => new()
    {
        Id = id,
        Reference = "#" + id,
        At = StoreApp.Start.AddHours(hour),
        UpdatedAt = StoreApp.Start.AddHours(hour),
        Currency = Currency.Parse(currency),
        Paid = true,
    };
}
