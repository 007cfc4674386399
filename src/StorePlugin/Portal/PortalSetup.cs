// What the folder Portal adds to the program.
namespace StorePlugin.Portal;

internal static class PortalSetup
{
    public static void AddPortal(this IServiceCollection services)
    {
        services.AddSingleton<HowPaidReader>();
        services.AddSingleton<PortalPages>();
        services.AddSingleton<SharePages>();
        services.AddSingleton<PortalDoor>();
    }
}
