// What a store sold before its installation is read from Shopify, and of its customers only hashes are kept.
using System.Globalization;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ReadHistoryTests
{
    private const string Shop = "lux.myshopify.com";

    private FakeShopify _shopify = null!;
    private StoreApp _app = null!;
    private Store _store = null!;

    [SetUp]
    public async Task SetUp()
    {
        _shopify = await FakeShopify.StartAsync();
        _shopify.Expiring = false;
        _app = await StoreApp.StartAsync(_shopify.Settings);
        _shopify.Clock = _app.Clock;
        _store = await _shopify.InstallAsync(_app, Shop);
        Keep(1, StoreApp.Start.AddDays(-10), "ann@example.test", 7);
        Keep(2, StoreApp.Start.AddDays(-20), "bob@example.test", null);
        Keep(3, StoreApp.Start.AddDays(-100), "old@example.test", 9);
        _shopify.Keep(Shop, new TestOrder("4", StoreApp.Start.AddDays(-5)) { FinancialStatus = "pending" }.ToJson());
        _shopify.Keep(Shop, new TestOrder("5", StoreApp.Start.AddDays(-5)) { Test = true }.ToJson());
    }

    [TearDown]
    public async Task TearDown()
    {
        await _app.DisposeAsync();
        await _shopify.DisposeAsync();
    }

    [Test]
    public async Task T_9_the_paid_orders_of_the_last_weeks_are_known_and_the_horizon_says_so()
    {
        await ReadAsync();

        Assert.That(await KnownAsync(), Is.EqualTo(new[] { "1", "2" }));
        var horizon = await OrderHistory.HorizonAsync(_app.Db, _store, default);
        Assert.That(horizon, Is.EqualTo(new HistoryHorizon(StoreApp.Start.AddDays(-59), true)));
        Assert.That(await StateAsync(), Is.EqualTo(("done", 4L, (string?)null)));
    }

    [Test]
    public async Task With_the_scope_for_all_orders_all_are_known()
    {
        _shopify.Granted += ",read_all_orders";
        _store = await _shopify.InstallAsync(_app, Shop);
        await ReadAsync();

        Assert.That(await KnownAsync(), Is.EqualTo(new[] { "1", "2", "3" }));
        Assert.That((await OrderHistory.HorizonAsync(_app.Db, _store, default)).Since, Is.EqualTo(HistoryFile.EarliestAt));
    }

    [Test]
    public async Task It_is_read_once_and_again_after_a_reinstallation()
    {
        await ReadAsync();
        await ReadAsync();
        var once = _shopify.BulkQueries.Count();
        await _app.Db.InTransactionAsync(tx => _app.Get<Installation>().UninstallAsync(tx, _store));
        _app.Get<Installation>().Forget(_store);
        _app.Clock.Advance(TimeSpan.FromDays(3));
        Keep(6, StoreApp.Start.AddDays(1), "eve@example.test", 11);
        _store = await _shopify.InstallAsync(_app, Shop);
        await ReadAsync();

        Assert.That(once, Is.EqualTo(1));
        Assert.That(await KnownAsync(), Is.EqualTo(new[] { "1", "2", "6" }));
    }

    [Test]
    public async Task While_Shopify_gathers_it_is_looked_at_again()
    {
        _shopify.BulkStates.Enqueue("CREATED");
        _shopify.BulkStates.Enqueue("RUNNING");
        await StepAsync();
        _app.Clock.Advance(TimeSpan.FromSeconds(15));
        await StepAsync();
        var running = await StateAsync();
        await ReadAsync();

        Assert.That(running, Is.EqualTo(("running", 4L, (string?)null)));
        Assert.That(await KnownAsync(), Is.EqualTo(new[] { "1", "2" }));
        Assert.That(_shopify.BulkQueries.Count(), Is.EqualTo(1));
    }

    [TestCase("FAILED", "TIMEOUT")]
    [TestCase("CANCELED", "CANCELED")]
    [TestCase("EXPIRED", "EXPIRED")]
    public async Task An_operation_that_fails_is_begun_again(string status, string words)
    {
        _shopify.BulkStates.Enqueue(status);
        await StepAsync();
        _app.Clock.Advance(TimeSpan.FromSeconds(15));
        await StepAsync();
        var problem = (await StateAsync()).Problem;
        await ReadAsync();

        Assert.That(problem, Does.Contain(words));
        Assert.That(await KnownAsync(), Is.EqualTo(new[] { "1", "2" }));
        Assert.That(_shopify.BulkQueries.Count(), Is.EqualTo(2));
    }

    // In the middle of the second line, and between two lines.
    [TestCase(300, "cut off")]
    [TestCase(-1, "holds")]
    public async Task A_file_that_ends_too_early_is_asked_for_again_and_says_nothing_of_the_horizon(int length, string words)
    {
        _shopify.BulkCuts.Enqueue(length < 0 ? 0 : length);
        await StepAsync();
        _app.Clock.Advance(TimeSpan.FromSeconds(15));
        await StepAsync();
        var (_, _, problem) = await StateAsync();
        var horizon = await OrderHistory.HorizonAsync(_app.Db, _store, default);
        await ReadAsync();

        Assert.That(problem, Does.Contain(words));
        Assert.That(horizon.IsImported, Is.False);
        Assert.That(await KnownAsync(), Is.EqualTo(new[] { "1", "2" }));
        Assert.That((await StateAsync()).Problem, Is.Null);
    }

    [Test]
    public async Task A_file_that_stands_still_is_given_up_and_asked_for_again()
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _shopify.BulkHangs.Enqueue(began);
        await StepAsync();
        _app.Clock.Advance(TimeSpan.FromSeconds(15));
        var step = StepAsync();
        await began.Task;
        _app.Clock.Advance(TimeSpan.FromMinutes(2));
        await step;
        var (_, _, problem) = await StateAsync();
        await ReadAsync();

        Assert.That(problem, Does.Contain("did not come to its end"));
        Assert.That(await KnownAsync(), Is.EqualTo(new[] { "1", "2" }));
    }

    [TestCase("https://storage.googleapis.com.evil.example")]
    [TestCase("http://storage.googleapis.com")]
    [TestCase("https://storage.googleapis.com:8443")]
    [TestCase("https://evil.example/storage.googleapis.com")]
    [TestCase("http://127.0.0.1:1")]
    [TestCase("file://")]
    public async Task A_file_on_another_host_is_not_fetched(string host)
    {
        _shopify.BulkHost = host;
        await StepAsync();
        _app.Clock.Advance(TimeSpan.FromSeconds(15));
        await StepAsync();

        Assert.That((await StateAsync()).Problem, Does.Contain("on a host where it keeps none"));
        Assert.That(await KnownAsync(), Is.Empty);
    }

    [Test]
    public async Task Without_the_scope_for_customers_it_is_told_and_Shopify_is_not_asked()
    {
        _shopify.Granted = "read_orders,write_discounts";
        _store = await _shopify.InstallAsync(_app, Shop);
        await StepAsync();

        Assert.That((await StateAsync()).Problem, Does.Contain("read_customers"));
        Assert.That(_shopify.BulkQueries, Is.Empty);
    }

    [Test]
    public async Task A_store_without_orders_is_known_from_there_on()
    {
        _shopify.Orders.Clear();
        await ReadAsync();

        Assert.That((await OrderHistory.HorizonAsync(_app.Db, _store, default)).IsImported, Is.True);
    }

    private void Keep(long id, DateTimeOffset at, string email, long? customer) =>
        _shopify.Keep(Shop, new TestOrder(id.ToString(CultureInfo.InvariantCulture), at) { Email = email, Customer = customer }.ToJson());

    private Task<int> StepAsync() => _app.Get<ReadHistory>().RunOnceAsync(CancellationToken.None);

    private async Task ReadAsync()
    {
        for (var rounds = 0; rounds < 10; rounds++)
        {
            await StepAsync();
            _app.Clock.Advance(TimeSpan.FromMinutes(rounds == 4 ? 15 : 1));
        }
    }

    private Task<IReadOnlyList<string>> KnownAsync() => _app.Db.ManyAsync<string>(
        "SELECT DISTINCT order_id FROM customer_orders WHERE store_id = @id AND mark = 'import' ORDER BY order_id", new { id = _store.Id });

    private Task<(string State, long Orders, string? Problem)> StateAsync() => _app.Db.OneAsync<(string, long, string?)>(
        "SELECT state, orders, problem FROM history_readings WHERE store_id = @id", new { id = _store.Id });
}
