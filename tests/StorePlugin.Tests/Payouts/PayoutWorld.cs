// A store with ambassadors, money to pay and a stand-in for Stripe, and a driver that performs effects as they fall due.
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts;

internal sealed class PayoutWorld : IAsyncDisposable
{
    public const string TestKey = "sk_test_payoutworld0001";

    private int _ambassadors;
    private int _commissions;

    private readonly RehearsalWatch _watch;

    private readonly string _campaign;

    private PayoutWorld(StoreApp app, FakeStripe stripe, Store store, string campaign, RehearsalWatch watch) =>
        (App, Stripe, Store, _campaign, _watch) = (app, stripe, store, campaign, watch);

    public StoreApp App { get; private set; }

    public FakeStripe Stripe { get; }

    public Store Store { get; }

    /// <summary>What was asked of the rehearsal's counterpart of Stripe.</summary>
    public IReadOnlyCollection<string> RehearsalRequests => _watch.Requests;

    public Db Db => App.Db;

    public FakeTimeProvider Clock => App.Clock;

    public static async Task<PayoutWorld> StartAsync(bool connected = true, bool canWrite = true, DatabaseOptions? database = null)
    {
        StoreApp? app = null;
        var stripe = await FakeStripe.StartAsync(() => app?.Clock.GetUtcNow() ?? StoreApp.Start);
        var watch = new RehearsalWatch();
        app = await StoreApp.StartAsync(
            [new("Stripe:ApiUrl", stripe.Address.ToString())],
            services =>
            {
                services.AddSingleton<IStartupFilter>(watch);
                services.AddSingleton(new StripeRate(requestsPerSecond: 1000));
                services.AddHttpClient<StripeClient>(http => http.Timeout = TimeSpan.FromMilliseconds(700));
            },
            database);
        var world = await OfAsync(app, stripe, watch, "cmp_1", canWrite);
        if (connected)
        {
            await world.ConnectAsync(TestKey);
        }

        stripe.TellsBalance = false;
        stripe.TopUp("eur", 1_000_000);
        return world;
    }

    /// <summary>A new store of a program that serves others too; whoever started the program disposes of it.</summary>
    public static Task<PayoutWorld> OfAsync(StoreApp app, FakeStripe stripe) => OfAsync(app, stripe, new RehearsalWatch(), Ids.New("cmp", StoreApp.Start), canWrite: true);

    private static async Task<PayoutWorld> OfAsync(StoreApp app, FakeStripe stripe, RehearsalWatch watch, string campaign, bool canWrite)
    {
        var id = Ids.New("sto", StoreApp.Start);
        await app.Db.DoAsync(
            """
            INSERT INTO stores (id, platform, mode, domain, name, currency, time_zone, state, keys_sealed, created_at)
            VALUES (@id, 'shopify', 'test', @id, 'Lux', 'EUR', 'Europe/Berlin', 'installed', @keys, @now)
            """,
            new { id, keys = app.Get<StoreKeys>().NewSealedRoot(), now = StoreApp.Start });
        await app.Db.DoAsync(
            "INSERT INTO campaigns (store_id, id, name, state, created_at) VALUES (@id, @campaign, 'Spring', 'live', @now)", new { id, campaign, now = StoreApp.Start });
        var world = new PayoutWorld(app, stripe, await app.Get<StoreDirectory>().GetAsync(id), campaign, watch);
        app.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await app.Get<ApiKeys>().IssueAsync(world.Store, canWrite));
        return world;
    }

    /// <summary>Another program has begun on the same database.</summary>
    public void GoOnWith(StoreApp app)
    {
        app.Http.DefaultRequestHeaders.Authorization = App.Http.DefaultRequestHeaders.Authorization;
        App = app;
    }

    public Task ConnectAsync(string key) => Db.InTransactionAsync(
        tx => App.Get<Credentials>().KeepAsync(tx, Store.Id, CredentialKind.StripeSecretKey, new Credential(key, null)));

    public async Task<string> AmbassadorAsync(string name, string? account = "acct_ann", string state = "approved")
    {
        // In the order of their making, which ids of one millisecond are not.
        var id = string.Create(CultureInfo.InvariantCulture, $"amb_{++_ambassadors:d32}");
        await Db.DoAsync(
            """
            INSERT INTO ambassadors (store_id, id, campaign_id, name, email, email_key, person_hash, state, stripe_account, approved_at, created_at)
            VALUES (@storeId, @id, @campaign, @name, @id, @id, @id, @state, @account, @now, @now)
            """,
            new { storeId = Store.Id, id, campaign = _campaign, name, state, account, now = StoreApp.Start });
        return id;
    }

    /// <summary>Books an approved commission with its order.</summary>
    public Task EarnsAsync(string ambassadorId, string amount, string currency = "EUR")
    {
        var money = Money.Parse(amount, Currency.Parse(currency));
        var number = ++_commissions;
        var now = Clock.GetUtcNow();
        return Db.InTransactionAsync(async tx =>
        {
            await LedgerBook.PostAsync(
                tx,
                Store,
                [
                    new LedgerTransaction(
                        LedgerKind.Commission, $"order-{number}@1", money.Currency, now, "test", "earned",
                        LedgerTransaction.Move(ambassadorId, $"order-{number}", Account.Expense, Account.Approved, money)),
                ]);
            await tx.DoAsync(
                """
                INSERT INTO orders (store_id, order_id, revision, state, approved_at, currency, net_minor, ambassador_id, commission_minor, created_at, updated_at)
                VALUES (@storeId, @orderId, 1, 'approved', @now, @currency, 0, @ambassadorId, @minor, @now, @now)
                """,
                new { storeId = Store.Id, orderId = $"order-{number}", currency, ambassadorId, minor = money.Minor, now });
        });
    }

    /// <summary>Makes a preview and approves it; returns the run.</summary>
    public async Task<PayoutRun> PayAsync()
    {
        var runs = App.Get<PayoutRuns>();
        var preview = await runs.PreviewAsync(Store, "ann", CancellationToken.None);
        var approval = await runs.ApproveAsync(Store, preview.Id, "ann", CancellationToken.None);
        return ((RunApproval.Done)approval).Run;
    }

    /// <summary>An ambassador with 50.00 EUR whose payout is reserved and frozen.</summary>
    public async Task<Payout> ReservedAsync(string account = "acct_ann")
    {
        var ann = await AmbassadorAsync("Ann", account);
        await EarnsAsync(ann, "50.00");
        var run = await PayAsync();
        return await PayoutAsync(run.Payouts.Single().Id);
    }

    public async Task<Payout> PayoutAsync(string id) => (await Db.OneAsync<Payout>(Payout.ById, new { storeId = Store.Id, payoutId = id }))!;

    public Task<IReadOnlyList<PayoutAttempt>> AttemptsAsync(string id) =>
        Db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, new { storeId = Store.Id, payoutId = id });

    public async Task<long> BalanceAsync(string ambassadorId, string account, string currency = "EUR") =>
        await Db.OneAsync<long>(
            """
            SELECT COALESCE(SUM(amount_minor), 0) FROM balances
            WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND account = @account AND currency = @currency
            """,
            new { storeId = Store.Id, ambassadorId, account, currency });

    /// <summary>Approved, in payout, paid.</summary>
    public async Task<(long Approved, long InPayout, long Paid)> BalancesAsync(string ambassadorId, string currency = "EUR") =>
        (await BalanceAsync(ambassadorId, Account.Approved, currency),
            await BalanceAsync(ambassadorId, Account.InPayout, currency),
            await BalanceAsync(ambassadorId, Account.Paid, currency));

    public Task<IReadOnlyList<string>> OrderStatesAsync() =>
        Db.ManyAsync<string>("SELECT state FROM orders WHERE store_id = @storeId ORDER BY order_id", new { storeId = Store.Id });

    /// <summary>The ledger sums to zero, and each running balance is the sum of its entries.</summary>
    public async Task AssertBooksAsync()
    {
        var off = await Db.ManyAsync<string>(
            """
            SELECT t.id FROM ledger_transactions t JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
            WHERE t.store_id = @storeId GROUP BY t.id HAVING SUM(e.amount_minor) <> 0
            """,
            new { storeId = Store.Id });
        var drifted = await Db.ManyAsync<string>(
            """
            SELECT b.account FROM balances b WHERE b.store_id = @storeId AND b.amount_minor <> (
                SELECT COALESCE(SUM(e.amount_minor), 0) FROM ledger_entries e
                WHERE e.store_id = b.store_id AND e.ambassador_id = b.ambassador_id AND e.account = b.account AND e.currency = b.currency)
            """,
            new { storeId = Store.Id });
        var inPayout = await Db.OneAsync<long>(
            "SELECT COALESCE(SUM(amount_minor), 0) FROM balances WHERE store_id = @storeId AND account = 'in_payout'", new { storeId = Store.Id });
        var open = await Db.OneAsync<long>(
            "SELECT COALESCE(SUM(amount_minor), 0) FROM payouts WHERE store_id = @storeId AND state IN ('approved', 'sending', 'unknown')",
            new { storeId = Store.Id });

        Assert.That(off, Is.Empty, "each ledger transaction sums to zero");
        Assert.That(drifted, Is.Empty, "running balances equal their entries");
        Assert.That(inPayout, Is.EqualTo(open), "what is in payout is what open payouts hold");
    }

    /// <summary>Performs what is due now, once each, as the worker does: outside, then the outcome and the mark together.</summary>
    public async Task<int> WorkAsync()
    {
        var due = await Db.ManyAsync<EffectRow>(
            """
            SELECT store_id, id, kind, subject, payload, attempts FROM effects
            WHERE state = 'pending' AND due_at <= @now ORDER BY due_at, id
            """,
            new { now = Clock.GetUtcNow() });
        foreach (var row in due)
        {
            await PerformAsync(row.Effect);
            await AssertBooksAsync();
        }

        return due.Count;
    }

    /// <summary>Moves the clock from one due effect to the next until none is left or the time is over.</summary>
    public async Task WorkForAsync(TimeSpan time)
    {
        var end = Clock.GetUtcNow() + time;
        while (true)
        {
            while (await WorkAsync() > 0)
            {
            }

            var due = await Db.ManyAsync<DateTimeOffset>("SELECT due_at FROM effects WHERE state = 'pending' ORDER BY due_at");
            if (due is not [var next, ..] || next > end)
            {
                Clock.MoveTo(end);
                return;
            }

            Clock.MoveTo(next);
        }
    }

    public async Task PerformAsync(Effect effect, bool crashBeforeWrite = false)
    {
        var handler = App.Services.GetServices<IEffectHandler>().Single(one => one.Kind == effect.Kind);
        var result = await handler.PerformAsync(effect, CancellationToken.None);
        if (!crashBeforeWrite)
        {
            await WriteAsync(effect, result);
        }
    }

    public async Task<Effect> EffectAsync(string subject) =>
        (await Db.OneAsync<EffectRow>(
            "SELECT store_id, id, kind, subject, payload, attempts FROM effects WHERE store_id = @storeId AND subject = @subject",
            new { storeId = Store.Id, subject }))!.Effect;

    public Task<string?> OutcomeAsync(string subject) =>
        Db.OneAsync<string>("SELECT outcome FROM effects WHERE store_id = @storeId AND subject = @subject", new { storeId = Store.Id, subject });

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Stripe.DisposeAsync();
    }

    private Task WriteAsync(Effect effect, EffectResult result) => Db.InTransactionAsync(async tx =>
    {
        if (result.Write is { } write)
        {
            await write(tx);
        }

        var now = Clock.GetUtcNow();
        var failed = result is EffectResult.Failed ? 1 : 0;
        var wait = result switch
        {
            EffectResult.PutOff putOff => putOff.Wait,
            EffectResult.Failed => Retry.WaitAfter(effect.Attempts + 1),
            _ => null,
        };
        var state = result switch
        {
            EffectResult.Done => "done",
            EffectResult.Refused => "dead",
            _ => wait is null ? "dead" : "pending",
        };
        await tx.DoAsync(
            "UPDATE effects SET state = @state, outcome = @text, attempts = attempts + @failed, due_at = @dueAt WHERE store_id = @storeId AND id = @id",
            new { storeId = effect.StoreId, id = effect.Id, state, text = result.Text, failed, dueAt = now + (wait ?? TimeSpan.Zero) });
    });

    private sealed record EffectRow(string StoreId, string Id, string Kind, string Subject, string Payload, long Attempts)
    {
        public Effect Effect => new(StoreId, Id, Kind, Subject, Payload, Attempts);
    }

    /// <summary>Notes what is asked of the rehearsal's counterpart of Stripe, and answers none of it.</summary>
    private sealed class RehearsalWatch : IStartupFilter
    {
        public ConcurrentQueue<string> Requests { get; } = new();

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, rest) =>
            {
                if (!context.Request.Path.StartsWithSegments("/rehearsal/stripe", StringComparison.Ordinal))
                {
                    return rest(context);
                }

                Requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
                context.Response.StatusCode = 503;
                return Task.CompletedTask;
            });
            next(app);
        };
    }
}
