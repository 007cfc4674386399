// What goes when its time is over, and what stays because something still needs it.
using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Inbox;

internal sealed class RetentionTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_click_goes_after_thirteen_months_unless_an_order_names_it()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        var used = await _shop.ClickAsync(ann);
        await _shop.ClickAsync(ann);
        var order = new TestOrder("5001", StoreApp.Start.AddHours(1)) { CartRef = used };
        await _shop.PaysAsync(order);

        _app.Clock.Advance(TimeSpan.FromDays(395));
        await _app.Get<Retention>().RunOnceAsync(default);
        var before = await CountAsync("clicks");
        _app.Clock.Advance(TimeSpan.FromDays(2));
        await _app.Get<Retention>().RunOnceAsync(default);

        Assert.That(before, Is.EqualTo(2));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT id FROM clicks"), Is.EqualTo([used]));

        // A change of the order, however late, is decided as before.
        await _shop.PaysAsync(order with { UpdatedAt = _app.Clock.GetUtcNow() });
        Assert.That(await _shop.BalanceAsync(ann, "approved"), Is.EqualTo(1000));
    }

    [Test]
    public async Task Installations_links_and_sessions_go_thirty_days_after_their_end()
    {
        await _app.Get<Installation>().BeginAsync("rehearsal", "test", "quiet.rehearsal.example", default);
        var link = await _app.Get<SignIn>().NewLinkAsync(_shop.Store, Role.Owner, null, default);
        using (var browser = new Browser(_app.Address))
        {
            var page = await browser.GetAsync(new Uri(link).PathAndQuery);
            await browser.SubmitAsync(page.QuerySelector("main form")!);
        }

        await _app.Get<SignIn>().NewLinkAsync(_shop.Store, Role.Owner, null, default);
        _app.Clock.Advance(TimeSpan.FromDays(30));
        await _app.Get<Retention>().RunOnceAsync(default);
        string[] tables = ["install_states", "sign_in_links", "sessions"];
        var before = await Task.WhenAll(tables.Select(CountAsync));
        _app.Clock.Advance(TimeSpan.FromHours(13));
        await _app.Get<Retention>().RunOnceAsync(default);

        Assert.That(before, Is.All.GreaterThan(0));
        Assert.That(await Task.WhenAll(tables.Select(CountAsync)), Is.All.Zero);
    }

    [TestCase("customers/data_request")]
    [TestCase("customers/redact")]
    [TestCase("shop/redact")]
    public async Task What_a_platform_asks_for_a_persons_sake_keeps_its_body_until_it_is_fulfilled(string topic)
    {
        foreach (var (source, state) in ((string, string)[])[("shopify", "done"), ("shopify", "dead"), ("woocommerce", "done")])
        {
            await Plant.RowAsync(
                _app.Db,
                "deliveries",
                [
                    ("store_id", _shop.Store.Id), ("source", source), ("delivery_key", $"{source}-{state}"), ("topic", topic), ("state", state),
                    ("body", new byte[] { 1 }), ("done_at", StoreApp.Start.ToUnixTimeMilliseconds()),
                ]);
        }

        _app.Clock.Advance(TimeSpan.FromDays(400));
        await _app.Get<DropBodies>().RunOnceAsync(default);

        Assert.That(
            await _app.Db.ManyAsync<string>("SELECT delivery_key FROM deliveries WHERE body IS NOT NULL ORDER BY delivery_key"),
            Is.EqualTo(["shopify-dead", "shopify-done"]));
    }

    // The clock moves with each look at it, as if each row had taken four milliseconds.
    [Test]
    public async Task Many_rows_are_written_in_transactions_that_end_when_their_time_is_over()
    {
        await _shop.AmbassadorAsync("ANN10");
        string[] ids = [.. Enumerable.Range(0, 10).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        const string Sql = "UPDATE ambassadors SET name = @Id WHERE store_id = @StoreId";

        var clock = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(4) };

        var steps = new List<int>();
        for (var done = 0; done < ids.Length; done += steps[^1])
        {
            steps.Add(await ShortTransactions.StepAsync(
                _app.Db, clock, Sql, ids, done, id => [("Id", id), ("StoreId", _shop.Store.Id)], default));
        }

        Assert.That(steps, Is.EqualTo([3, 3, 3, 1]));
    }

    private Task<long> CountAsync(string table) => _app.Db.OneAsync<long>($"SELECT CAST(COUNT(*) AS bigint) FROM {table}");
}
