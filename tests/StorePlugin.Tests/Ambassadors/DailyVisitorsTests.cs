// First and repeated visits: told apart within the store's own day, and nothing of a visitor outlives it.
using System.Net;
using System.Reflection;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class DailyVisitorsTests
{
    private static readonly IPAddress Home = IPAddress.Parse("203.0.113.7");

    [Test]
    public void The_same_visitor_is_first_once_a_day_on_each_link()
    {
        var visitors = new DailyVisitors();
        var store = StoreIn("Europe/Berlin");

        bool[] first =
        [
            Visit("ann10", Home, "Firefox"), Visit("ann10", Home, "Firefox"), Visit("bob10", Home, "Firefox"), Visit("ann10", Home, "Safari"),
            Visit("ann10", IPAddress.Parse("203.0.113.8"), "Firefox"), Visit("ann10", null, "Firefox"), Visit("ann10", null, "Firefox"),
        ];

        Assert.That(first, Is.EqualTo([true, false, true, true, true, true, false]));

        bool Visit(string link, IPAddress? address, string agent) => visitors.IsFirst(store, link, address, agent, StoreApp.Start);
    }

    [TestCase("Europe/Berlin", "2026-03-01T22:59:59Z", "2026-03-01T23:00:00Z")]
    [TestCase("UTC", "2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z")]
    [TestCase("Pacific/Auckland", "2026-03-01T10:59:59Z", "2026-03-01T11:00:00Z")]
    public void The_day_is_the_stores_own(string zone, string last, string next)
    {
        var visitors = new DailyVisitors();
        var store = StoreIn(zone);
        var (evening, morning) = (DateTimeOffset.Parse(last, null), DateTimeOffset.Parse(next, null));

        bool[] first = [Visit(evening.AddHours(-5)), Visit(evening), Visit(morning), Visit(morning.AddHours(5))];

        Assert.That(first, Is.EqualTo([true, false, true, false]));

        bool Visit(DateTimeOffset at) => visitors.IsFirst(store, "ann10", Home, "Firefox", at);
    }

    [Test]
    public void Days_that_are_over_everywhere_are_thrown_away_with_their_key()
    {
        var visitors = new DailyVisitors();
        foreach (var zone in new[] { "Pacific/Kiritimati", "UTC", "Etc/GMT+12" })
        {
            for (var hours = 0; hours <= 24 * 30; hours += 6)
            {
                visitors.IsFirst(StoreIn(zone), "ann10", Home, "Firefox", StoreApp.Start.AddHours(hours));
            }
        }

        var days = (System.Collections.ICollection)typeof(DailyVisitors).GetField("_days", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(visitors)!;
        Assert.That(days, Has.Count.InRange(1, 3));
    }

    [Test]
    public void A_day_with_too_many_visitors_begins_anew()
    {
        var visitors = new DailyVisitors(visitsMax: 3);

        var first = new[] { "a", "b", "a", "c", "d", "a" }.Select(agent => visitors.IsFirst(StoreIn("UTC"), "ann10", Home, agent, StoreApp.Start)).ToList();

        Assert.That(first, Is.EqualTo([true, true, false, true, true, true]));
    }

    [Test]
    public async Task Clicks_are_counted_raw_and_unique_and_their_consent_is_unknown()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        var ann = await shop.AmbassadorAsync("ANN10");
        var api = await ApiClient.OfAsync(app, shop.Store);
        await shop.ClickAsync(ann);

        foreach (var (link, agent) in new[] { ("ANN10", "Firefox"), ("ann10", "Firefox"), ("ANN10", "Safari") })
        {
            await app.VisitAsync("/r/" + link, headers: ("User-Agent", agent));
        }

        app.Clock.Advance(TimeSpan.FromDays(1));
        await app.VisitAsync("/r/ANN10", headers: ("User-Agent", "Firefox"));

        var person = (await api.Get($"ambassadors/{ann}")).Json!;
        Assert.That(((long)person["clicks"]!, (long)person["uniqueClicks"]!), Is.EqualTo((5, 3)), "a click of before it was told is not unique");
        Assert.That(
            await app.Db.ManyAsync<string>("SELECT consent || ' ' || COALESCE(visit, '-') FROM clicks ORDER BY at, 1"),
            Is.EqualTo(["unknown -", "unknown first", "unknown first", "unknown repeat", "unknown first"]));
    }

    private static Store StoreIn(string zone) => new("str_1", "rehearsal", "test", "d", null, "EUR", zone, null, "installed", null, "");
}
