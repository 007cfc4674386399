// What the folder Ambassadors adds to the program.
namespace StorePlugin.Ambassadors;

internal static class AmbassadorsSetup
{
    public static void AddAmbassadors(this IServiceCollection services)
    {
        services.AddSingleton<AmbassadorDb>();
        services.AddSingleton<AmbassadorViews>();
        services.AddSingleton<AmbassadorLife>();
        services.AddSingleton<AddressChanges>();
        services.AddSingleton<AmbassadorCodes>();
        services.AddSingleton<RefusedCodes>();
        services.AddSingleton<AmbassadorSeries>();
        services.AddSingleton<Groups>();
        services.AddSingleton<AmbassadorImport>();
        services.AddSingleton<ImportFiles>();
        services.AddSingleton<AmbassadorNotes>();
        services.AddSingleton<OrderClaims>();
        services.AddSingleton<Messages>();
        services.AddSingleton<Profiles>();
        services.AddSingleton<BindingImport>();
        services.AddSingleton<Applications>();
        services.AddSingleton(_ => new ApplicationLimit());
        services.AddSingleton<AmbassadorCustomers>();
        services.AddSingleton<Enrolments>();
        services.AddSingleton<ClickLog>();
        services.AddSingleton<Links>();
        services.AddSingleton(_ => new ClickLimit());
        services.AddSingleton(_ => new DailyVisitors());
    }
}
