// What the folder Payouts adds to the program.
using StorePlugin.Inbox;
using StorePlugin.Payouts.InStore;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Statements;
using StorePlugin.Payouts.Stripe;

namespace StorePlugin.Payouts;

internal static class PayoutsSetup
{
    // The handler lives as long as the program, so it must notice by itself when an address has changed.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    public static void AddPayouts(this IServiceCollection services)
    {
        services.AddSingleton<StripeRate>();
        services.AddHttpClient<StripeClient>(http =>
            {
                http.Timeout = StripeClient.Timeout;
                http.MaxResponseContentBufferSize = StripeClient.AnswerBytesMax;
            })
            // A redirect would carry the key and the money's request somewhere else.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                PooledConnectionLifetime = ConnectionLifetime,
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            // The framework's own lines would name each payout's group.
            .RemoveAllLoggers();
        services.AddSingleton<PayeeReader>();
        services.AddSingleton<Approvers>();
        services.AddSingleton<FunnelWarnings>();
        services.AddSingleton<PayoutChanges>();
        services.AddSingleton<PayoutRuns>();
        services.AddSingleton<StripeFunds>();
        services.AddSingleton<StatementReader>();
        services.AddSingleton<YearTotals>();
        services.AddSingleton<TaxThresholds>();
        services.AddRound<PayoutSchedule>("payout schedule", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddRound<GoOnWithRuns>("stopped runs", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddRound<ReconcilePayouts>("payout reconciliation", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddSingleton<ReadTransfers>();
        services.AddSingleton<CompareTransfers>();
        services.AddSingleton<PayoutDifferences>();
        services.AddSingleton<PayoutReversals>();
        services.AddSingleton<IEffectHandler, ReverseTransfer>();
        services.AddSingleton<StripeConnection>();
        services.AddSingleton<AdoptTransfer>();
        services.AddSingleton<ReceiveStripeEvent>();
        services.AddSingleton<IEffectHandler, SendTransfer>();
        services.AddSingleton<IEffectHandler, LookUpTransfer>();
        services.AddSingleton<IPayoutProvider, StoreCreditPayout>();
        services.AddSingleton<IPayoutProvider, DiscountCodePayout>();
        services.AddSingleton<IEffectHandler, SendPayout>();
        services.AddSingleton<IEffectHandler, TakePayoutBack>();
        services.AddStripeConnection();
        services.AddSingleton<PayoutSettings>();
        services.AddSingleton<PayoutMethods>();
        services.AddSelfBilling();
        services.AddSingleton<PayoutExports>();
        services.AddSingleton<PayoutResults>();
    }
}
