// What the worker of effects relies on and promises: one handler for a kind, leases that last, faults that stay their own.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Inbox;

internal sealed class EffectWorkerTests
{
    [Test]
    public Task Two_handlers_of_one_kind_stop_the_start_and_the_kind_is_named() =>
        Assert.ThatAsync(
            () => StoreApp.StartAsync(services: services => services.AddSingleton<IEffectHandler, Second>()),
            Throws.InvalidOperationException.With.Message.EqualTo("Effects of the kind 'read_store' have two handlers: ReadStore and Second."));

    // The second call of a transfer waits for its turn as well; nothing else of an effect takes long.
    [Test]
    public void The_lease_of_an_effect_outlasts_every_call_that_it_may_make()
    {
        var margin = TimeSpan.FromSeconds(30);

        Assert.That(Retry.EffectLease, Is.GreaterThan((SendTransfer.CallsMax * StripeClient.Timeout) + margin));
        Assert.That(Retry.EffectLease, Is.GreaterThan((ShopifyPlatform.CallsMax * ShopifyAdminClient.Timeout) + margin));
        Assert.That(Retry.EffectLease, Is.GreaterThan((2 * RehearsalPlatform.Timeout) + margin));
    }

    [Test]
    public async Task No_more_effects_are_claimed_than_are_begun_at_once()
    {
        var meeting = new Meeting();
        await using var app = await StoreApp.StartAsync(services: services => services.AddSingleton<IEffectHandler>(meeting));
        meeting.Db = app.Db;
        await AddAsync(app, meeting.Kind, Enumerable.Range(1, 40).Select(number => $"meeting-{number}"));

        var taken = await app.Get<EffectWorker>().RunOnceAsync(default);

        Assert.That(await OutcomesAsync(app, meeting.Kind, "done"), Is.EqualTo(Enumerable.Repeat("All were begun.", taken)));
        Assert.That(taken, Is.LessThan(40));
    }

    [Test]
    public async Task A_result_that_cannot_be_written_is_a_failed_try_and_harms_no_neighbour()
    {
        var log = new CapturedLog();
        var poison = new Poison();
        var neighbour = new Neighbour(poison.Written);
        await using var app = await StoreApp.StartAsync(services: services => services
            .AddSingleton<ILoggerProvider>(log).AddSingleton<IEffectHandler>(poison).AddSingleton<IEffectHandler>(neighbour));
        await AddAsync(app, poison.Kind, ["poison"]);
        await AddAsync(app, neighbour.Kind, ["neighbour-1", "neighbour-2"]);

        var taken = await app.Get<EffectWorker>().RunOnceAsync(default);

        Assert.That(taken, Is.EqualTo(3));
        Assert.That(await OutcomesAsync(app, neighbour.Kind, "done"), Is.EqualTo(["It happened.", "It happened."]));
        Assert.That(
            await OutcomesAsync(app, poison.Kind, "pending"), Is.EqualTo(["What came of it could not be written: InvalidOperationException: poisoned"]));
        Assert.That(await app.Db.OneAsync<long>("SELECT attempts FROM effects WHERE subject = 'poison'"), Is.EqualTo(1));
        Assert.That(log.Lines, Has.Some.Contains("(test_poison) failed").And.Contains("poisoned"));
    }

    [Test]
    public async Task An_effect_whose_result_can_never_be_written_ends_dead_and_leaves_nothing_written()
    {
        var poison = new Poison();
        await using var app = await StoreApp.StartAsync(services: services => services.AddSingleton<IEffectHandler>(poison));
        await AddAsync(app, poison.Kind, ["poison"]);

        var tries = 0;
        while (tries <= Retry.AttemptsMax && await app.Get<EffectWorker>().RunOnceAsync(default) > 0)
        {
            tries++;
            app.Clock.Advance(Retry.WaitAfter(tries) ?? TimeSpan.FromDays(2));
        }

        Assert.That(tries, Is.EqualTo(Retry.AttemptsMax));
        Assert.That(await OutcomesAsync(app, poison.Kind, "dead"), Has.Exactly(1).Items);
        Assert.That(await app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE subject = 'child'"), Is.Zero);
    }

    private static Task AddAsync(StoreApp app, string kind, IEnumerable<string> subjects) => app.Db.InTransactionAsync(async tx =>
    {
        foreach (var subject in subjects)
        {
            await Outbox.AddAsync(tx, "sto_1", kind, subject, "", app.Clock.GetUtcNow());
        }
    });

    private static Task<IReadOnlyList<string>> OutcomesAsync(StoreApp app, string kind, string state) => app.Db.ManyAsync<string>(
        "SELECT outcome FROM effects WHERE store_id = 'sto_1' AND kind = @kind AND state = @state ORDER BY id", new { kind, state });

    /// <summary>Waits until all that are claimed have begun.</summary>
    private sealed class Meeting : IEffectHandler
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _begun;

        public string Kind => "test_meeting";

        public Db Db { get; set; } = null!;

        public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
        {
            var claimed = await Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = 'sto_1' AND lease_id IS NOT NULL", cancel: cancel);
            if (Interlocked.Increment(ref _begun) == claimed)
            {
                _all.SetResult();
            }

            await _all.Task.WaitAsync(TimeSpan.FromSeconds(10), cancel);
            return new EffectResult.Done("All were begun.");
        }
    }

    /// <summary>Its deed is done, and what came of it can never be written.</summary>
    private sealed class Poison : IEffectHandler
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Kind => "test_poison";

        public Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel) => Task.FromResult<EffectResult>(new EffectResult.Done(
            "It happened.",
            async tx =>
            {
                await Outbox.AddAsync(tx, effect.StoreId, "test_child", "child", "", StoreApp.Start);
                Written.TrySetResult();
                throw new InvalidOperationException("poisoned");
            }));
    }

    /// <summary>Is still about its deed when the other's write has failed.</summary>
    private sealed class Neighbour(TaskCompletionSource poisoned) : IEffectHandler
    {
        public string Kind => "test_neighbour";

        public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
        {
            await poisoned.Task.WaitAsync(cancel);
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
            return new EffectResult.Done("It happened.");
        }
    }

    private sealed class Second : IEffectHandler
    {
        public string Kind => Effect.Kinds.ReadStore;

        public Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel) => throw new NotSupportedException();
    }
}
