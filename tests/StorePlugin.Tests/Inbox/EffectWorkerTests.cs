// What the worker of effects relies on: one handler for a kind, and a lease that outlasts what it does.
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Inbox;
using StorePlugin.Payouts;
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
        Assert.That(Retry.EffectLease, Is.GreaterThan((2 * ShopifyAdminClient.Timeout) + margin));
        Assert.That(Retry.EffectLease, Is.GreaterThan((2 * RehearsalPlatform.Timeout) + margin));
    }

    private sealed class Second : IEffectHandler
    {
        public string Kind => Effect.Kinds.ReadStore;

        public Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel) => throw new NotSupportedException();
    }
}
