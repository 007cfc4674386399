// Two workers, and two programs, over one database: what one holds the other leaves, and nothing is decided or booked twice.
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Payouts.Statements;
using StorePlugin.Payouts.Stripe;
using StorePlugin.PublicPages;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Data;

[NonParallelizable]
internal sealed class SqliteSharing : Sharing
{
    protected override TestDatabases Databases => TestDatabases.Sqlite;
}

[NonParallelizable]
internal sealed class SqlServerSharing : Sharing
{
    private const int Orders = 300;

    protected override TestDatabases Databases => TestDatabases.SqlServer;

    [Test]
    public async Task Of_two_that_decide_one_order_at_once_the_second_starts_over()
    {
        var (shop, ann) = await OpenAsync();
        var order = new TestOrder("900", StoreApp.Start).With("SHARED", "10.00");
        await shop.PaysAsync(order);
        var receive = App.Get<ReceiveOrders>();
        var first = Paid(shop, order with { Lines = [("200.00", 1, "20.00")], UpdatedAt = StoreApp.Start.AddHours(1) });
        var second = Paid(shop, order with { Lines = [("300.00", 1, "30.00")], UpdatedAt = StoreApp.Start.AddHours(2) });

        // The second begins while the first has decided and not committed: it reads the old row or waits for the new one,
        // and where it has read the old one its write finds another revision.
        using var decided = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);
        var one = App.Db.InTransactionAsync(async tx =>
        {
            await receive.ApplyAsync(tx, shop.Store, [first]);
            decided.Release();
            await begun.WaitAsync();
            await Task.Delay(2000);
        });
        await decided.WaitAsync();
        var stale = 0;
        var other = Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    await App.Db.InTransactionAsync(async tx =>
                    {
                        begun.Release();
                        await receive.ApplyAsync(tx, shop.Store, [second]);
                    });
                    return;
                }
                catch (StaleOrderException)
                {
                    stale++;
                }
            }
        });
        await Task.WhenAll(one, other);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(stale, Is.LessThanOrEqualTo(1));
            Assert.That(
                await App.Db.OneAsync<long>("SELECT revision FROM orders WHERE store_id = @id AND order_id = '900'", new { id = shop.Store.Id }), Is.EqualTo(3));
            Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(27_00));
            Assert.That(await App.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        }
    }

    [Test]
    public async Task Two_programs_on_one_database_end_with_sound_books()
    {
        var (shop, ann) = await OpenAsync();
        var settings = new[]
        {
            ("Database:Provider", Database.Provider),
            ("ConnectionStrings:StorePlugin", Database.ConnectionString),
            ("Secrets:KeyFile", Path.Combine(App.Folder, "secrets.key")),
        };
        var (left, leftAddress) = await ProgramRun.ServeAsync(App.Folder, settings);
        await using var leftRun = left;
        var (right, rightAddress) = await ProgramRun.ServeAsync(App.Folder, settings);
        await using var rightRun = right;

        // Every order is told to both, so that they meet: created here and paid there.
        using var http = new HttpClient();
        await Parallel.ForEachAsync(Enumerable.Range(1, Orders), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancel) =>
        {
            var order = new TestOrder((1000 + i).ToString(CultureInfo.InvariantCulture), StoreApp.Start).With("SHARED", "10.00");
            await Task.WhenAll(
                SendAsync(leftAddress, order with { FinancialStatus = "pending" }, $"{i}-created"),
                SendAsync(rightAddress, order with { UpdatedAt = StoreApp.Start.AddMinutes(1) }, $"{i}-paid"));
        });
        for (var looks = 0; await CountAsync(shop, "pending") > 0; looks++)
        {
            Assert.That(looks, Is.LessThan(600), "the work comes to an end");
            await Task.Delay(200);
        }

        var (exitCode, findings, _) = await ProgramRun.ToEndAsync(["verify"], App.Folder, settings);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await CountAsync(shop, "done"), Is.EqualTo(2 * Orders));

            // So many orders of somebody so new are looked at (rule F4).
            Assert.That(
                await shop.BalanceAsync(ann, Account.Held) + await shop.BalanceAsync(ann, Account.Approved) + await shop.BalanceAsync(ann, Account.Review),
                Is.EqualTo(Orders * 9_00));
            Assert.That(findings, Is.Empty);
            Assert.That(exitCode, Is.Zero);
        }

        async Task SendAsync(Uri address, TestOrder order, string id)
        {
            using var request = shop.Delivery("orders/updated", order.ToJson(), id);
            request.RequestUri = new Uri(address, request.RequestUri!);
            using var answer = await http.SendAsync(request);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task Of_two_first_orders_of_a_customer_that_are_decided_at_once_one_is_the_first([Values] bool inTheirOrder)
    {
        var (shop, _) = await OpenAsync();

        // So that every balance has its row, which the second waits for in any case.
        await shop.PaysAsync(new TestOrder("900", StoreApp.Start) { Customer = 1, Email = "other@example.test" }.With("SHARED", "10.00"));
        var receive = App.Get<ReceiveOrders>();
        var earlier = Paid(shop, new TestOrder("901", StoreApp.Start).With("SHARED", "10.00"));
        var later = Paid(shop, new TestOrder("902", StoreApp.Start.AddHours(1)).With("SHARED", "10.00"));
        var (first, second) = inTheirOrder ? (earlier, later) : (later, earlier);

        using var decided = new SemaphoreSlim(0);
        var otherDone = new TaskCompletionSource();
        var one = App.Db.InTransactionAsync(async tx =>
        {
            await receive.ApplyAsync(tx, shop.Store, [first]);
            decided.Release();

            // The other one waits for the end of this one before it looks for the customer's orders: else neither would see the other.
            await Task.WhenAny(otherDone.Task, Task.Delay(2000));
        });
        await decided.WaitAsync();
        await App.Db.InTransactionAsync(tx => receive.ApplyAsync(tx, shop.Store, [second]));
        otherDone.SetResult();
        await one;
        await App.DrainAsync();

        Assert.That(((await shop.ReceiptAsync("901")).NewCustomer, (await shop.ReceiptAsync("902")).NewCustomer), Is.EqualTo((true, false)));
        Assert.That(await App.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task Of_two_that_bind_a_customer_at_once_the_first_has_them()
    {
        var (shop, ann) = await OpenAsync();
        var bob = await shop.AmbassadorAsync("SHAREDTOO");
        using var bound = new SemaphoreSlim(0);
        var otherDone = new TaskCompletionSource();
        var one = App.Db.InTransactionAsync(async tx =>
        {
            await BindAsync(tx, ann, "901");
            bound.Release();
            await Task.WhenAny(otherDone.Task, Task.Delay(2000));
        });
        await bound.WaitAsync();
        await App.Db.InTransactionAsync(tx => BindAsync(tx, bob, "902"));
        otherDone.SetResult();
        await one;

        Assert.That(await App.Db.ManyAsync<string>("SELECT ambassador_id FROM customer_bindings WHERE store_id = @id", new { id = shop.Store.Id }), Is.EqualTo([ann]));

        Task BindAsync(Tx tx, string ambassadorId, string orderId) =>
            Customers.BindAsync(tx, shop.Store, "hash", days: 30, shop.CampaignId, ambassadorId, orderId, StoreApp.Start);
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task A_delivery_of_an_order_that_another_program_is_just_writing_costs_no_attempt(int hoursLater)
    {
        var (shop, ann) = await OpenAsync();
        var order = new TestOrder("901", StoreApp.Start).With("SHARED", "10.00");
        var receive = App.Get<ReceiveOrders>();
        var first = Paid(shop, order);
        await shop.DeliverAsync("orders/updated", (order with { UpdatedAt = StoreApp.Start.AddHours(hoursLater) }).ToJson());
        using var decided = new SemaphoreSlim(0);
        var otherDone = new TaskCompletionSource();
        var one = App.Db.InTransactionAsync(async tx =>
        {
            await receive.ApplyAsync(tx, shop.Store, [first]);
            decided.Release();
            await Task.WhenAny(otherDone.Task, Task.Delay(2000));
        });
        await decided.WaitAsync();
        await Worker(() => { }).RunOnceAsync(default);
        otherDone.SetResult();
        await one;

        Assert.That(
            await App.Db.OneAsync<long>("SELECT attempts FROM deliveries WHERE store_id = @id AND state = 'done'", new { id = shop.Store.Id }), Is.Zero);
        Assert.That(await CountAsync(shop, "pending"), Is.Zero);
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(9_00));
        Assert.That(await App.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    [Test]
    public async Task Of_many_that_make_a_collection_at_once_each_is_done_and_one_list_stands()
    {
        var (shop, _) = await OpenAsync();
        var collections = App.Get<Collections>();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            () => collections.PutAsync(shop.Store, "summer", "Summer", [$"p{i}", $"q{i}"], "ann", default))));

        var products = await App.Db.ManyAsync<string>(
            "SELECT product_id FROM collection_products WHERE store_id = @id AND collection_id = 'summer' AND until_at IS NULL ORDER BY product_id", new { id = shop.Store.Id });
        Assert.That(products, Has.Count.EqualTo(2));
        Assert.That(products[0][1..], Is.EqualTo(products[1][1..]), "what one of them said");
    }

    [Test]
    public async Task Of_many_that_replace_a_stores_table_at_once_each_is_done_and_one_table_stands()
    {
        var (shop, _) = await OpenAsync();
        var (thresholds, routes) = (App.Get<TaxThresholds>(), App.Get<PayoutRoutes>());

        await Task.WhenAll(Enumerable.Range(1, 8).SelectMany(i => new[]
        {
            Task.Run(() => thresholds.ReplaceAsync(shop.Store, [new("DE", $"{i}", 2026, "EUR", i), new("FR", $"{i}", 2026, "EUR", i)], default)),
            Task.Run(() => thresholds.SetAsync(shop.Store, new("DE", $"{i}", 2026, "EUR", i), default)),
            Task.Run(() => routes.ReplaceAsync(shop.Store, [new("DE", "FR", Route.None), new("DE", "US", Route.None)], default)),
            Task.Run(() => routes.SetAsync(shop.Store, new("DE", "FR", Route.None), default)),
        }));

        Assert.That(await thresholds.OwnAsync(shop.Store, default), Has.Count.EqualTo(2));
        Assert.That(await routes.OverridesAsync(shop.Store, default), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Of_many_that_send_a_picture_at_once_the_last_ones_is_kept_and_no_other()
    {
        var (shop, ann) = await OpenAsync();
        var picture = new Picture("image/png", [1], 1, 1);

        await Task.WhenAll(Enumerable.Range(0, 8).SelectMany(_ => new[]
        {
            Task.Run(() => App.Get<Looks>().SetAsync(shop.Store, null, null, null, picture, keepsLogo: true, "ann", default)),
            Task.Run(() => App.Get<OwnPages>().SetAsync(shop.Store, ann, "Ann", null, picture, keepsPicture: true, default)),
        }));

        Assert.That(
            await App.Db.ManyAsync<string>("SELECT id FROM pictures WHERE store_id = @id", new { id = shop.Store.Id }),
            Is.EquivalentTo([
                (await App.Get<Looks>().FindAsync(shop.Store, default)).LogoId,
                (await App.Get<OwnPages>().FindAsync(shop.Store, ann, default)).PictureId,
            ]));
    }

    [Test]
    public async Task Two_that_open_a_balance_at_once_both_move_it()
    {
        var (shop, ann) = await OpenAsync();
        using var opened = new SemaphoreSlim(0);
        var otherDone = new TaskCompletionSource();
        var one = App.Db.InTransactionAsync(async tx =>
        {
            await PostAsync(tx, "901", 3_00);
            opened.Release();
            await Task.WhenAny(otherDone.Task, Task.Delay(2000));
        });
        await opened.WaitAsync();
        await App.Db.InTransactionAsync(tx => PostAsync(tx, "902", 4_00));
        otherDone.SetResult();
        await one;

        Assert.That((await shop.BalanceAsync(ann, Account.Held), await shop.BalanceAsync(Account.Merchant, Account.Expense)), Is.EqualTo((7_00, -7_00)));

        Task PostAsync(Tx tx, string orderId, long minor)
        {
            var amount = new Money(minor, Currency.Parse("EUR"));
            return LedgerBook.PostAsync(
                tx,
                shop.Store,
                [
                    new LedgerTransaction(
                        LedgerKind.Commission, orderId + ":1", amount.Currency, StoreApp.Start, "test", "test",
                        LedgerTransaction.Move(ann, orderId, Account.Expense, Account.Held, amount)),
                ]);
        }
    }

    private OrderEvent Paid(Shop shop, TestOrder order)
    {
        var read = DeliveryReader.Read(new Delivery(
            shop.Store.Id, WebhookSource.Rehearsal, "k", "orders/paid", System.Text.Encoding.UTF8.GetBytes(order.ToJson())));
        return OrderEvent.Of(read, shop.Store, App.Get<StoreKeys>(), order.At)!;
    }
}

internal abstract class Sharing
{
    protected abstract TestDatabases Databases { get; }

    protected DatabaseOptions Database { get; private set; } = null!;

    protected StoreApp App { get; private set; } = null!;

    [SetUp]
    public async Task StartAsync()
    {
        Database = await Databases.CreateAsync();
        App = await StoreApp.StartAsync([new("Serilog:MinimumLevel:Default", "Fatal")], database: Database);
    }

    [TearDown]
    public async Task StopAsync()
    {
        // Without a server the test was ignored before there was anything to stop.
        if (App is not null)
        {
            await App.DisposeAsync();
            await Databases.DropAsync(Database);
        }
    }

    [Test]
    public async Task A_worker_that_has_lost_its_lease_marks_nothing()
    {
        var (shop, ann) = await OpenAsync();
        await shop.DeliverAsync("orders/paid", new TestOrder("900", StoreApp.Start).With("SHARED", "10.00").ToJson());
        using var claimed = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);

        // The slow worker stops between its claim and its work; the other one takes the row over and stops there too.
        var slow = Worker(() =>
        {
            App.Clock.Advance(Retry.Lease + TimeSpan.FromSeconds(1));
            claimed.Release();
            goOn.Wait();
        });
        var slowRun = Task.Run(() => slow.RunOnceAsync(default));
        await claimed.WaitAsync();
        using var taken = new SemaphoreSlim(0);
        using var finish = new SemaphoreSlim(0);
        var other = Worker(() =>
        {
            taken.Release();
            finish.Wait();
        });
        var otherRun = Task.Run(() => other.RunOnceAsync(default));
        await taken.WaitAsync();
        goOn.Release();
        await slowRun;
        var (pending, held) = (await CountAsync(shop, "pending"), await shop.BalanceAsync(ann, Account.Held));
        finish.Release();
        await otherRun;

        using (Assert.EnterMultipleScope())
        {
            Assert.That((pending, held), Is.EqualTo((1L, 0L)), "what the slow worker did was taken back");
            Assert.That(await CountAsync(shop, "done"), Is.EqualTo(1));
            Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(9_00));
            Assert.That(await App.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        }
    }

    [Test]
    public async Task Two_workers_on_one_backlog_do_each_delivery_once()
    {
        var (shop, ann) = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(1, 80).Select(i => shop.DeliverAsync(
            "orders/paid", new TestOrder((900 + (i % 50)).ToString(CultureInfo.InvariantCulture), StoreApp.Start).With("SHARED", "10.00").ToJson())));
        var (one, other) = (Worker(() => { }), Worker(() => { }));

        while (await CountAsync(shop, "pending") > 0)
        {
            await Task.WhenAll(Task.Run(() => one.RunOnceAsync(default)), Task.Run(() => other.RunOnceAsync(default)));
            App.Clock.Advance(Retry.Lease + TimeSpan.FromSeconds(1));
        }

        Assert.That(await CountAsync(shop, "done"), Is.EqualTo(80));
        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(50 * 9_00));
        Assert.That(await App.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
    }

    protected async Task<(Shop Shop, string Ann)> OpenAsync()
    {
        var shop = await Shop.OpenAsync(App, "sharing");
        return (shop, await shop.AmbassadorAsync("SHARED"));
    }

    protected Task<long> CountAsync(Shop shop, string state) => App.Db.OneAsync<long>(
        "SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE store_id = @id AND state = @state", new { id = shop.Store.Id, state });

    /// <param name="beforeItsWork">Runs when the worker has claimed and before it applies.</param>
    protected InboxWorker Worker(Action beforeItsWork) => new(
        App.Db,
        App.Get<StoreDirectory>(),
        App.Get<StoreKeys>(),
        App.Get<ReceiveOrders>(),
        App.Get<ReceiveStoreEvent>(),
        App.Get<ReceiveStripeEvent>(),
        App.Get<NoticeDiscount>(),
        App.Get<Installation>(),
        App.Get<WorkSignal>(),
        new StopwatchHook(App.Clock, beforeItsWork),
        NullLogger<InboxWorker>.Instance);

    /// <summary>The worker takes the time just before it applies a batch; there it can be held.</summary>
    private sealed class StopwatchHook(TimeProvider clock, Action before) : TimeProvider
    {
        private int _calls;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp()
        {
            if (Interlocked.Increment(ref _calls) == 1)
            {
                before();
            }

            return clock.GetTimestamp();
        }
    }
}
