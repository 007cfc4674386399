// What the folder SelfBilling adds to the program.
using StorePlugin.Inbox;

namespace StorePlugin.Payouts.SelfBilling;

internal static class SelfBillingSetup
{
    public static void AddSelfBilling(this IServiceCollection services)
    {
        services.AddSingleton<BillParties>();
        services.AddSingleton<SelfBillingSettings>();
        services.AddSingleton<PayeeTaxes>();
        services.AddSingleton<SelfBills>();
        services.AddRound<Clawbacks>("corrections", Rounds.Hour, (job, cancel) => job.RunOnceAsync(cancel));
    }
}
