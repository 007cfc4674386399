// One mail a day about the day's orders: when it is written, when it goes, what it adds up, and what it leaves out.
using System.Globalization;
using System.Net;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

internal sealed class OrderDigestTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = null!;

    [SetUp]
    public async Task SetUp()
    {
        _app = await StoreApp.StartAsync([new("PublicUrl", "https://refer.example")]);
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10");
    }

    [TearDown]
    public async Task TearDown() => await _app.DisposeAsync();

    [Test]
    public async Task Several_orders_and_their_repeats_make_one_mail_at_eight_the_next_morning()
    {
        var first = Order("1001").With("ANN10", "10.00");
        await _shop.PaysAsync(first);
        await _shop.DeliverAsync("orders/paid", first.ToJson(), "again");
        await _shop.DeliverAsync("orders/paid", Order("1002").With("ANN10", "5.00").ToJson());
        await _shop.DeliverAsync("orders/paid", Order("1003").With("ANN10", "5.00").ToJson());
        await _app.DrainAsync();
        await _shop.PaysAsync(Order("1004"));

        var effects = await EffectsAsync();
        _app.Clock.MoveTo(Instant("2026-03-02T06:59:59Z"));
        await _app.DrainAsync();
        var early = ReadMail.AllOf(_app).Count;
        _app.Clock.MoveTo(Instant("2026-03-02T07:00:00Z"));
        await _app.DrainAsync();

        Assert.That(effects, Is.EqualTo([new Row($"order_digest:{_ann}:2026-03-01", Instant("2026-03-02T07:00:00Z"))]));
        Assert.That(early, Is.Zero);
        var mail = ReadMail.AllOf(_app).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["Subject"], Is.EqualTo("[Rehearsal] €\u00A028.00 from 3 orders at lux"));
            Assert.That(mail["To"], Does.EndWith("<ann10@ambassadors.example>"));
            Assert.That(CellsOf(mail), Is.EqualTo([
                "Order | Sale | You earn",
                "#1001 | €\u00A090.00 | €\u00A09.00",
                "#1002 | €\u00A095.00 | €\u00A09.50",
                "#1003 | €\u00A095.00 | €\u00A09.50",
                "Together |  | €\u00A028.00",
            ]));
            foreach (var text in new[] { mail.Text.Replace('\u00A0', ' '), mail.PageText.Replace('\u00A0', ' ') })
            {
                Assert.That(text, Does.Contain("3 orders came in through you on 1 March 2026, in “Spring”"));
                Assert.That(text, Does.Contain("due to be approved on 31 March 2026"));
                Assert.That(text, Does.Contain("#1003").And.Contain("€ 95.00").And.Contain("€ 28.00").And.Not.Contain("1004"));
                Assert.That(text, Does.Contain("https://refer.example/portal").And.Not.Contain("/sign-in/"));
                Assert.That(text, Does.StartWith("Rehearsal: this store is made up."));
            }

            Assert.That(mail.Text + mail.Html, Does.Not.Contain("shopper@").And.Not.Contain("Mug"), "nothing of the shopper (rule K6)");
        }
    }

    [Test]
    public async Task Each_ambassador_and_each_day_has_its_own()
    {
        var bob = await _shop.AmbassadorAsync("BOB10");
        await _shop.PaysAsync(Order("1001").With("ANN10", "10.00"));
        await _shop.PaysAsync(Order("1002").With("BOB10", "10.00"));
        _app.Clock.MoveTo(Instant("2026-03-01T23:00:00Z"));
        await _shop.PaysAsync(Order("1003").With("ANN10", "10.00"));

        Assert.That(await EffectsAsync(), Is.EquivalentTo([
            new Row($"order_digest:{_ann}:2026-03-01", Instant("2026-03-02T07:00:00Z")),
            new Row($"order_digest:{bob}:2026-03-01", Instant("2026-03-02T07:00:00Z")),
            new Row($"order_digest:{_ann}:2026-03-02", Instant("2026-03-03T07:00:00Z")),
        ]));

        foreach (var morning in new[] { "2026-03-02T07:00:00Z", "2026-03-03T07:00:00Z" })
        {
            _app.Clock.MoveTo(Instant(morning));
            await _app.DrainAsync();
        }

        Assert.That(ReadMail.AllOf(_app).Select(mail => string.Join(' ', CellsOf(mail)[1..^1])), Is.EquivalentTo([
            "#1001 | €\u00A090.00 | €\u00A09.00", "#1002 | €\u00A090.00 | €\u00A09.00", "#1003 | €\u00A090.00 | €\u00A09.00",
        ]));
    }

    [Test]
    public async Task In_the_night_of_the_change_of_the_clocks_it_is_still_eight()
    {
        _app.Clock.MoveTo(Instant("2026-03-28T22:59:00Z"));
        await _shop.PaysAsync(Order("1001").With("ANN10", "10.00"));

        Assert.That(await EffectsAsync(), Is.EqualTo([new Row($"order_digest:{_ann}:2026-03-28", Instant("2026-03-29T06:00:00Z"))]));
    }

    [Test]
    public async Task Two_currencies_are_never_added()
    {
        await _shop.PaysAsync(Order("1001").With("ANN10", "10.00"));
        await _shop.PaysAsync((Order("1002") with { Currency = "JPY", Lines = [("1999", 1, "0")] }).With("ANN10", "100"));
        await NextMorningAsync();

        var mail = ReadMail.AllOf(_app).Single();
        Assert.That(mail["Subject"], Is.EqualTo("[Rehearsal] €\u00A09.00 and ¥\u00A0190 from 2 orders at lux"));
        Assert.That(CellsOf(mail)[1..], Is.EqualTo([
            "#1001 | €\u00A090.00 | €\u00A09.00", "#1002 | ¥\u00A01,899 | ¥\u00A0190", "Together |  | €\u00A09.00", "Together |  | ¥\u00A0190",
        ]));
    }

    [Test]
    public async Task What_was_taken_back_the_same_day_is_not_told()
    {
        var order = Order("1001").With("ANN10", "10.00");
        await _shop.PaysAsync(order);
        await _shop.PaysAsync(order with { UpdatedAt = StoreApp.Start.AddHours(1), FinancialStatus = "refunded", Refunds = [("1", 0, "90.00")] });
        await NextMorningAsync();

        Assert.That(ReadMail.AllOf(_app), Is.Empty);
        Assert.That(await OutcomesAsync(), Is.EqualTo(["done Nothing to tell: what was booked that day was taken back."]));
    }

    [Test]
    public async Task An_order_is_one_line_and_what_was_taken_back_of_an_earlier_one_is_a_minus()
    {
        var earlier = Order("1001").With("ANN10", "10.00");
        await _shop.PaysAsync(earlier);
        await NextMorningAsync();
        var order = Order("1002").With("ANN10", "10.00");
        await _shop.PaysAsync(order);
        await _shop.PaysAsync(order with { UpdatedAt = StoreApp.Start.AddDays(1), FinancialStatus = "partially_refunded", Refunds = [("1", 0, "45.00")] });
        await _shop.PaysAsync(earlier with { UpdatedAt = StoreApp.Start.AddDays(1), FinancialStatus = "partially_refunded", Refunds = [("2", 0, "20.00")] });
        await NextMorningAsync();

        var mail = ReadMail.AllOf(_app)[^1];
        Assert.That(mail["Subject"], Does.Contain("€\u00A02.50 from 1 order at lux"));
        Assert.That(CellsOf(mail)[1..], Is.EqualTo(["#1002 | €\u00A045.00 | €\u00A04.50", "#1001 | €\u00A070.00 | \u2212€\u00A02.00", "Together |  | €\u00A02.50"]));
        Assert.That(mail.Text, Does.Contain("A minus is commission that was taken back"));
    }

    [Test]
    public async Task Twenty_orders_are_listed_and_all_are_added()
    {
        for (var i = 0; i < 23; i++)
        {
            await _shop.DeliverAsync("orders/paid", Order((1001 + i).ToString(CultureInfo.InvariantCulture)).With("ANN10", "10.00").ToJson());
        }

        await _app.DrainAsync();
        await NextMorningAsync();

        var mail = ReadMail.AllOf(_app).Single();
        Assert.That(CellsOf(mail), Has.Count.EqualTo(22));
        Assert.That(CellsOf(mail)[^1], Is.EqualTo("Together |  | €\u00A0207.00"));
        Assert.That(mail.Text, Does.Contain("the first 20 of 23 orders"));
    }

    [TestCase("UPDATE ambassadors SET state = 'suspended'", "The ambassador is suspended.")]
    [TestCase("UPDATE ambassadors SET state = 'ended'", "The ambassador has left.")]
    [TestCase("UPDATE stores SET state = 'uninstalled'", Installation.UninstalledOutcome)]
    public async Task Who_is_out_of_the_programme_is_told_nothing(string ending, string reason)
    {
        await _shop.PaysAsync(Order("1001").With("ANN10", "10.00"));
        await _app.Db.DoAsync(ending);
        _app.Get<StoreDirectory>().Forget(_shop.Store);
        await NextMorningAsync();

        Assert.That(await OutcomesAsync(), Is.EqualTo(["done " + reason]));
        Assert.That(ReadMail.AllOf(_app), Is.Empty);
    }

    [Test]
    public async Task A_batch_that_was_rolled_back_leaves_no_digest_out()
    {
        await _app.Db.DoAsync("CREATE TRIGGER fault AFTER UPDATE ON deliveries WHEN NEW.state = 'done' BEGIN SELECT RAISE(ABORT, 'injected'); END");
        await _shop.DeliverAsync("orders/paid", Order("1001").With("ANN10", "10.00").ToJson());
        await _app.DrainAsync();
        await _app.Db.DoAsync("DROP TRIGGER fault");
        var before = await EffectsAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await _app.DrainAsync();

        Assert.That(before, Is.Empty);
        Assert.That(await EffectsAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Ready_counts_it_when_it_is_due_and_while_it_is_tried_but_not_while_it_is_scheduled()
    {
        await _shop.PaysAsync(Order("1001").With("ANN10", "10.00"));
        await _app.Db.DoAsync("DELETE FROM effects WHERE kind <> 'mail'");
        var scheduled = await PendingAsync();
        _app.Clock.MoveTo(Instant("2026-03-02T07:00:00Z"));
        var due = await PendingAsync();
        await _app.Db.DoAsync("UPDATE effects SET lease_id = 'lse_1', due_at = @until", new { until = _app.Clock.GetUtcNow() + Retry.EffectLease });
        var leased = await PendingAsync();
        await _app.Db.DoAsync("UPDATE effects SET lease_id = NULL, outcome = 'later', due_at = @until", new { until = _app.Clock.GetUtcNow().AddHours(24) });
        var waiting = await PendingAsync();
        await _app.Db.DoAsync("UPDATE effects SET lease_id = 'lse_2', due_at = @until", new { until = _app.Clock.GetUtcNow() + Retry.EffectLease });
        var leasedAgain = await PendingAsync();

        Assert.That((scheduled, due, leased, waiting, leasedAgain), Is.EqualTo((0, 1, 1, 1, 1)));
    }

    private TestOrder Order(string id) => new(id, _app.Clock.GetUtcNow());

    private async Task NextMorningAsync()
    {
        _app.Clock.MoveTo(_app.Clock.GetUtcNow().AddDays(1));
        await _app.DrainAsync();
    }

    private async Task<long> PendingAsync()
    {
        var ready = await _app.Http.GetAsync(new Uri("/readyz", UriKind.Relative));
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return (long)System.Text.Json.Nodes.JsonNode.Parse(await ready.Content.ReadAsStringAsync())!["pendingEffects"]!;
    }

    private Task<IReadOnlyList<Row>> EffectsAsync() => _app.Db.ManyAsync<Row>("SELECT subject, due_at FROM effects WHERE kind = 'mail' ORDER BY subject");

    private Task<IReadOnlyList<string>> OutcomesAsync() => _app.Db.ManyAsync<string>("SELECT state || ' ' || outcome FROM effects WHERE kind = 'mail'");

    private static List<string> CellsOf(ReadMail mail) =>
    [
        .. mail.Page.QuerySelectorAll("thead tr, tbody tr, tfoot tr").Where(row => row.QuerySelector("table") is null && row.Children.Length == 3)
            .Select(row => string.Join(" | ", row.Children.Select(cell => cell.TextContent))),
    ];

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Row(string Subject, DateTimeOffset DueAt);
}
