// What the folder Billing adds to the program.
namespace StorePlugin.Billing;

internal static class BillingSetup
{
    public static void AddBilling(this IServiceCollection services, Settings settings)
    {
        if (settings.Billing is { } offer)
        {
            services.AddSingleton(offer);
            services.AddSingleton<IBilling, ShopifySubscriptions>();
        }
        else
        {
            services.AddSingleton<IBilling, FreeOfCharge>();
        }

        services.AddSingleton<LaunchGate>();
    }
}
