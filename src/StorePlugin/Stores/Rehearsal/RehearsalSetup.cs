// What the rehearsal store adds to the program: a platform, a Stripe counterpart, and the app's side of both.
namespace StorePlugin.Stores.Rehearsal;

internal static class RehearsalSetup
{
    public static void AddRehearsal(this IServiceCollection services)
    {
        services.AddSingleton<RehearsalShopDb>();
        services.AddSingleton<RehearsalValueDb>();
        services.AddSingleton<RehearsalStripeAccount>();
        services.AddSingleton<RehearsalPayees>();
        services.AddSingleton<RehearsalPayeeEndpoints.Counterpart>();
        services.AddHttpClient<RehearsalPlatform>(http => http.Timeout = RehearsalPlatform.Timeout);
        services.AddTransient<IStorePlatform>(provider => provider.GetRequiredService<RehearsalPlatform>());
        services.AddHttpClient<RehearsalStripeEvents>(http => http.Timeout = RehearsalPlatform.Timeout);
        services.AddHttpClient<RehearsalShop>(http => http.Timeout = RehearsalPlatform.Timeout);
        services.AddSingleton<RehearsalLimit>();
    }

    public static void MapRehearsal(this IEndpointRouteBuilder routes)
    {
        routes.MapRehearsalInstall();
        routes.MapRehearsalPlatform();
        routes.MapRehearsalValue();
        routes.MapRehearsalStripe();
        routes.MapRehearsalPayees();
        routes.MapRehearsalStorefront();
    }
}
