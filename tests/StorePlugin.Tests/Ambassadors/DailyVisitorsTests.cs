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

        bool Visit(string link, IPAddress? address, string agent) => visitors.MarkFirst(store, link, address, agent, StoreApp.Start) is not null;
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

        bool Visit(DateTimeOffset at) => visitors.MarkFirst(store, "ann10", Home, "Firefox", at) is not null;
    }

    [Test]
    public void Days_that_are_over_everywhere_are_thrown_away_with_their_key()
    {
        var visitors = new DailyVisitors();
        foreach (var zone in new[] { "Pacific/Kiritimati", "UTC", "Etc/GMT+12" })
        {
            for (var hours = 0; hours <= 24 * 30; hours += 6)
            {
                visitors.MarkFirst(StoreIn(zone), "ann10", Home, "Firefox", StoreApp.Start.AddHours(hours));
            }
        }

        var days = (System.Collections.ICollection)typeof(DailyVisitors).GetField("_days", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(visitors)!;
        Assert.That(days, Has.Count.InRange(1, 3));
    }

    [Test]
    public void Beyond_what_a_store_keeps_for_a_day_nobody_is_told_apart_and_no_other_store_feels_it()
    {
        var visitors = new DailyVisitors(visitsMax: 3, cornerMax: 100);

        var first = new[] { "a", "b", "a", "c", "d", "a" }.Select(agent => IsFirst("str_1", agent)).ToList();

        Assert.That(first, Is.EqualTo([true, true, false, true, false, false]));
        Assert.That(IsFirst("str_2", "d"), Is.True);

        bool IsFirst(string store, string agent) => visitors.MarkFirst(StoreIn("UTC") with { Id = store }, "ann10", Home, agent, StoreApp.Start) is not null;
    }

    [Test]
    public void One_corner_of_the_network_makes_so_many_visitors_of_a_link_and_no_more()
    {
        var visitors = new DailyVisitors(visitsMax: 100, cornerMax: 2);

        bool[] first =
        [
            IsFirst("ann10", "203.0.113.7", "a"), IsFirst("ann10", "203.0.113.8", "b"), IsFirst("ann10", "203.0.113.9", "c"), IsFirst("ann10", "203.0.113.7", "a"),
            IsFirst("ann10", "203.0.114.7", "a"), IsFirst("bob10", "203.0.113.7", "a"), IsFirst("ann10", "203.0.113.7", "d", days: 1),
        ];

        Assert.That(first, Is.EqualTo([true, true, false, false, true, true, true]));

        bool IsFirst(string link, string address, string agent, int days = 0) =>
            visitors.MarkFirst(StoreIn("UTC"), link, IPAddress.Parse(address), agent, StoreApp.Start.AddDays(days)) is not null;
    }

    [Test]
    public async Task A_click_that_is_lost_leaves_its_visitor_to_be_counted()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        await shop.AmbassadorAsync("ANN10");
        await app.Db.DoAsync("CREATE TRIGGER full_disk BEFORE INSERT ON clicks BEGIN SELECT RAISE(FAIL, 'disk full'); END");
        await app.VisitAsync("/r/ANN10", headers: ("User-Agent", "Firefox"));
        await app.Db.DoAsync("DROP TRIGGER full_disk");

        await app.VisitAsync("/r/ANN10", headers: ("User-Agent", "Firefox"));
        await app.VisitAsync("/r/ANN10", headers: ("User-Agent", "Firefox"));

        Assert.That(await app.Db.ManyAsync<string>("SELECT visit FROM clicks ORDER BY at, visit"), Is.EqualTo(["first", "repeat"]));
    }

    [Test]
    public async Task Clicks_are_counted_raw_and_unique_and_their_consent_is_unknown()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        var ann = await shop.AmbassadorAsync("ANN10");
        var api = await ApiClient.OfAsync(app, shop.Store);
        await shop.ClickAsync(ann);
        await app.Db.DoAsync("UPDATE clicks SET visit = NULL");

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
