// What connecting Stripe adds to the program.
using StorePlugin.Inbox;

namespace StorePlugin.Payouts.Stripe;

internal static class StripeSetup
{
    public static void AddStripeConnection(this IServiceCollection services)
    {
        services.AddSingleton<PayeeAccounts>();
        services.AddSingleton<PayoutRoutes>();
        services.AddSingleton<Onboarding>();
        services.AddSingleton<IEffectHandler, ReadPayeeAccount>();
        services.AddSingleton<IEffectHandler, ReadBankPayout>();
        services.AddRound<ReadPayees>("payees", Rounds.Hour, (job, cancel) => job.RunOnceAsync(cancel));
    }
}
