// How the programme does, by interval: figures that lead to the rows they sum, plots with their numbers, and what asks for somebody.
using System.Net;
using AngleSharp.Dom;
using StorePlugin.Dashboard;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Dashboard;

internal sealed class OverviewTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10");
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task Figures_are_of_the_days_that_were_chosen_and_tell_what_has_changed()
    {
        await SoldAsync("1", daysAgo: 0, net: 100_00, isNew: true);
        await SoldAsync("2", daysAgo: 6, net: 50_00);
        await SoldAsync("3", daysAgo: 7, net: 100_00, isNew: true);
        await SoldAsync("4", daysAgo: 200, net: 30_00, isNew: true);
        await _rooms.ClicksAsync("amb_ann", 3);
        await _rooms.ClicksAsync("amb_ann", 4, StoreApp.Start.AddDays(-10));
        using var owner = await _rooms.OwnerAsync();

        Assert.That((await owner.GetAsync("/dashboard?days=7")).Text(".figures"), Is.EqualTo(
            "Clicks 3 −25 % on the 7 days before Referred orders 2 +100 % on the 7 days before Net sales € 150.00 +50 % on the 7 days before New customers 1 as in the 7 days before"));
        Assert.That((await owner.GetAsync("/dashboard")).Text(".figures"), Is.EqualTo(
            "Clicks 7 none in the 30 days before Referred orders 3 none in the 30 days before Net sales € 250.00 none in the 30 days before New customers 2 none in the 30 days before"));
        Assert.That((await owner.GetAsync("/dashboard?days=365")).Text(".figures"), Does.Contain("Referred orders 4").And.Contain("€ 280.00").And.Contain("New customers 3"));
        Assert.That((await owner.GetAsync("/dashboard?days=8")).Text(".tabs a[aria-current]"), Is.EqualTo("30 days"), "nobody offers 8 days");
    }

    [Test]
    public async Task A_day_is_the_stores_and_an_order_at_its_edge_counts_on_its_own()
    {
        // 23:30 UTC of a winter's day is half past midnight in Amsterdam.
        await _rooms.OrderAsync("1", "held", 10_00, "amb_ann", 1_00, "Code ANN10 was used.", at: new DateTimeOffset(2026, 2, 22, 23, 30, 0, TimeSpan.Zero));
        await _rooms.OrderAsync("2", "held", 20_00, "amb_ann", 2_00, "Code ANN10 was used.", at: new DateTimeOffset(2026, 2, 22, 22, 59, 59, TimeSpan.Zero));
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard?days=7");
        var orders = await owner.GetAsync(LinkOf(page, "Referred orders"));

        Assert.That(page.Text(".figures"), Does.Contain("Net sales € 10.00"));
        Assert.That(page.QuerySelector("h1 + p"), Is.Not.Null);
        Assert.That(orders.QuerySelectorAll("tbody th a").Select(link => link.TextContent), Is.EqualTo(["#1"]));
    }

    [Test]
    public async Task Each_figure_leads_to_the_rows_that_it_sums()
    {
        await SoldAsync("1", daysAgo: 0, net: 100_00, isNew: true);
        await SoldAsync("2", daysAgo: 3, net: 50_00, ambassador: "amb_bob", state: "approved");
        await SoldAsync("3", daysAgo: 40, net: 70_00, isNew: true);
        await _rooms.OrderAsync("4", "uncredited", 90_00, null, 0, "No code and no click.");
        await _rooms.OrderAsync("5", "observed", 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        await _rooms.ClicksAsync("amb_ann", 5);
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard");
        var orders = await owner.GetAsync(LinkOf(page, "Net sales"));
        var isNew = await owner.GetAsync(LinkOf(page, "New customers"));
        var days = await owner.GetAsync(LinkOf(page, "Clicks"));
        var held = await owner.GetAsync(page.QuerySelector(".states .held a")!.GetAttribute("href")!);
        var owed = await owner.GetAsync(page.QuerySelector(".owed a")!.GetAttribute("href")!);

        Assert.That(References(orders), Is.EqualTo(["#1", "#2"]));
        Assert.That(orders.Text("#total"), Is.EqualTo("2 orders with net sales of € 150.00 and a commission of € 15.00."));
        Assert.That(References(isNew), Is.EqualTo(["#1"]));
        Assert.That(isNew.Text("#total"), Is.EqualTo("1 order of new customers."));
        Assert.That(days.Text("tr.total"), Is.EqualTo("In all 5 2 1 € 150.00 € 15.00"));
        Assert.That(days.QuerySelectorAll("tbody tr").Skip(1).Sum(row => long.Parse(row.QuerySelector("[data-label=Clicks]")!.TextContent, System.Globalization.CultureInfo.InvariantCulture)), Is.EqualTo(5));
        Assert.That(held.Text("h1 + p"), Does.Contain("€ 17.00 in all"));
        Assert.That(held.QuerySelectorAll("tbody tr").Select(row => row.Text("th") + " " + row.Text("td")), Is.EqualTo(["Ann € 17.00"]));
        Assert.That(owed.QuerySelectorAll("tbody tr").Select(row => row.Text("th") + " " + row.Text("td")), Is.EqualTo(["Bob € 5.00"]));
        await owner.GetAsync("/dashboard/balances?account=expense&currency=EUR", HttpStatusCode.NotFound);
        await owner.GetAsync("/dashboard/balances?account=held&currency=%3Cb%3E", HttpStatusCode.NotFound);
    }

    [Test]
    public async Task Plots_have_their_numbers_behind_them_and_the_series_before_as_a_line()
    {
        await SoldAsync("1", daysAgo: 0, net: 100_00);
        await SoldAsync("2", daysAgo: 30, net: 50_00);
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard");
        var plot = page.QuerySelectorAll("figure.plot").Single(figure => figure.Text("figcaption span") == "Net sales");
        var rows = plot.QuerySelectorAll("tbody tr").Select(row => string.Join(' ', row.Children.Select(cell => cell.TextContent.Trim().Replace('\u00A0', ' ')))).ToList();

        Assert.That(plot.QuerySelector("svg")!.GetAttribute("aria-label"), Is.EqualTo("Net sales: €\u00A0100.00, at most €\u00A0100.00. The line shows the 30 days before."));
        Assert.That(rows, Has.Count.EqualTo(30));
        Assert.That(rows[^1], Is.EqualTo("1 Mar € 100.00 € 50.00"));
        Assert.That(plot.QuerySelectorAll("rect").Select(rect => rect.GetAttribute("height")), Is.EqualTo(["150"]));
        Assert.That(plot.QuerySelector("polyline")!.GetAttribute("points")!.Split(' '), Has.Length.EqualTo(30).And.ItemAt(29).EqualTo("590,75"));
    }

    // 200 characters of a script that takes three bytes each, five currencies, everything stuck, everybody at the top.
    [Test]
    public async Task The_page_stays_small_however_much_there_is_to_say()
    {
        foreach (var ambassador in Enumerable.Range(0, 6))
        {
            await _rooms.AmbassadorAsync($"amb_{ambassador}", new string('漢', 200), $"LONG{ambassador}");
        }

        var id = 0;
        foreach (var currency in new[] { "EUR", "USD", "GBP", "JPY", "KWD" })
        {
            for (var day = 0; day < 30; day++)
            {
                id++;
                await _rooms.OrderAsync(
                    $"{id}", "held", 1_234_567_890, $"amb_{id % 6}", 123_456_789, new string('x', 400), currency, StoreApp.Start.AddDays(-day), CustomerKind.New);
            }
        }

        for (var i = 0; i < 12; i++)
        {
            await _rooms.DeadDeliveryAsync($"dlv_{i}", new string('y', 300));
            await _rooms.DeadEffectAsync($"eff_{i}", new string('z', 300));
        }

        using var owner = await _rooms.OwnerAsync();
        foreach (var path in new[] { "/dashboard", "/dashboard?days=365", "/dashboard/figures?from=2016-03-02&to=2026-03-01", "/dashboard/figures?from=2023-03-01&to=2026-03-01", "/dashboard/orders", "/dashboard/balances?account=owed&currency=EUR" })
        {
            Assert.That(await (await owner.AskAsync(path)).Content.ReadAsByteArrayAsync(), Has.Length.LessThan(60_000), path);
        }
    }

    [Test]
    public async Task A_year_is_shown_by_months_and_a_quarter_by_weeks()
    {
        using var owner = await _rooms.OwnerAsync();

        var year = (await owner.GetAsync("/dashboard?days=365")).QuerySelector("figure.plot")!.QuerySelectorAll("tbody th").Select(cell => cell.TextContent.Trim()).ToList();
        var quarter = (await owner.GetAsync("/dashboard?days=90")).QuerySelector("figure.plot")!.QuerySelectorAll("tbody th").Select(cell => cell.TextContent.Trim()).ToList();

        Assert.That(year, Has.Count.EqualTo(13).And.ItemAt(0).EqualTo("2–31 Mar").And.ItemAt(1).EqualTo("Apr 2025").And.ItemAt(12).EqualTo("1 Mar"));
        Assert.That(quarter, Has.Count.EqualTo(13).And.ItemAt(0).EqualTo("2–8 Dec").And.ItemAt(4).EqualTo("30 Dec 2025 – 5 Jan 2026"));
    }

    [Test]
    public async Task Who_has_brought_the_most_stands_first()
    {
        await SoldAsync("1", daysAgo: 1, net: 10_00);
        await SoldAsync("2", daysAgo: 2, net: 50_00, ambassador: "amb_bob");
        await SoldAsync("3", daysAgo: 100, net: 900_00);
        using var owner = await _rooms.OwnerAsync();

        var rows = (await owner.GetAsync("/dashboard")).QuerySelectorAll("table.rows").First(table => table.Text("caption").StartsWith("Who has brought", StringComparison.Ordinal))
            .QuerySelectorAll("tbody tr").Select(row => row.Text("th") + " " + row.Text("td[data-label=Orders]") + " " + row.Text("td[data-label='Net sales']")).ToList();

        Assert.That(rows, Is.EqualTo(["Bob 1 € 50.00", "Ann 1 € 10.00"]));
    }

    [TestCase("orders", 4, 1, "1 of 4 credited orders", 25)]
    [TestCase("net_sales", 5000, 1, "€ 100.00 of € 50.00 of net sales", 100)]
    [TestCase("new_customers", 3, 1, "1 of 3 new customers", 33)]
    [TestCase("clicks", 1000, 1, "7 of 1,000 clicks", 0)]
    public async Task An_objective_is_measured_by_the_same_figures(string metric, long target, int order, string text, int percent)
    {
        await SoldAsync($"{order}", daysAgo: 0, net: 100_00, isNew: true);
        await _rooms.ClicksAsync("amb_ann", 7);
        await _app.Db.DoAsync(
            "UPDATE campaigns SET objective_metric = @metric, objective_target = @target, objective_by = @by", new { metric, target, by = StoreApp.Start.AddDays(10) });
        using var owner = await _rooms.OwnerAsync();

        var page = await owner.GetAsync("/dashboard");

        Assert.That(page.Text("progress"), Is.EqualTo($"{percent} %"));
        Assert.That(page.QuerySelectorAll("section").Single(section => section.QuerySelector("h2")?.TextContent == "Objectives").Text("li"), Does.Contain(text).And.Contain("by 11 March 2026"));
    }

    [Test]
    public async Task What_the_program_itself_counts_is_what_verify_and_the_rows_come_to()
    {
        var shop = await Shop.OpenAsync(_app, "real");
        var ann = await shop.AmbassadorAsync("REAL10");
        await shop.ClickAsync(ann);
        await shop.ClickAsync(ann);
        var start = _app.Clock.GetUtcNow();
        await shop.PaysAsync(new TestOrder("1", start).With("REAL10", "10.00"));
        await shop.PaysAsync(new TestOrder("2", start.AddHours(1)).With("REAL10", "10.00"));
        await shop.PaysAsync(new TestOrder("3", start.AddHours(2)));
        await _app.DrainAsync();

        Assert.That(await CountAsync(), Is.EqualTo((2L, 2L)), "both orders, and both clicks");

        var refunded = new TestOrder("1", start) { UpdatedAt = start.AddHours(3) }.With("REAL10", "10.00");
        await shop.DeliverAsync("refunds/create", refunded.RefundJson("9", 0, "90.00"));
        await _app.Get<DecideOrder>().DecideAsync(shop.Store, "2", DecisionKind.Reject, null, "Sent back.", "owner", default);
        await _app.DrainAsync();

        Assert.That((await CountAsync()).Orders, Is.EqualTo(1), "nobody is credited with the second any more");
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);

        async Task<(long Orders, long Clicks)> CountAsync()
        {
            var period = Period.Last(7, shop.Store, _app.Clock.GetUtcNow());
            var figures = await DayFigures.ReadAsync(_app.Db, shop.Store, period, default);
            return (figures.Orders(period).Orders, figures.Clicks(period));
        }
    }

    [Test]
    public async Task An_earlier_order_that_comes_late_makes_a_new_customer_a_returning_one()
    {
        var shop = await Shop.OpenAsync(_app, "late");
        await shop.AmbassadorAsync("LATE10");
        var start = _app.Clock.GetUtcNow();
        var order = new TestOrder("2", start) { Customer = 7, Email = "eve@example.com" }.With("LATE10", "10.00");
        await shop.PaysAsync(order);
        await _app.DrainAsync();
        var before = await NewCustomersAsync();

        await shop.PaysAsync(new TestOrder("1", start.AddDays(-3)) { Customer = 7, Email = "eve@example.com" });
        await _app.DrainAsync();

        Assert.That(before, Is.EqualTo(1));
        Assert.That(await NewCustomersAsync(), Is.Zero);
        Assert.That(await _app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);

        async Task<long> NewCustomersAsync() => (await DayFigures.ReadAsync(_app.Db, shop.Store, Period.Last(7, shop.Store, start), default)).Orders(Period.Last(7, shop.Store, start)).NewCustomers;
    }

    private Task SoldAsync(string id, int daysAgo, long net, bool isNew = false, string ambassador = "amb_ann", string state = "held") => _rooms.OrderAsync(
        id, state, net, ambassador, net / 10, "Code ANN10 was used.", at: StoreApp.Start.AddDays(-daysAgo), customerKind: isNew ? CustomerKind.New : CustomerKind.Returning);

    private static string LinkOf(IDocument page, string figure) =>
        page.QuerySelectorAll(".figures div").Single(card => card.Text("dt") == figure).QuerySelector("a")!.GetAttribute("href")!;

    private static IEnumerable<string> References(IDocument page) => page.QuerySelectorAll("tbody th a").Select(link => link.TextContent);
}
