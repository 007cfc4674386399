// What the folder Portal adds to the program.
namespace StorePlugin.Portal;

internal static class PortalSetup
{
    public static void AddPortal(this IServiceCollection services)
    {
        services.AddSingleton<HowPaidReader>();
        services.AddSingleton<PortalPages>();
        services.AddSingleton<PortalTasks>();
        services.AddSingleton<SharePages>();
        services.AddSingleton<ClaimPages>();
        services.AddSingleton<MessagePages>();
        services.AddSingleton<ProfilePages>();
        services.AddSingleton<PrivacyPages>();
        services.AddSingleton<DataPages>();
        services.AddSingleton<PortalDoor>();
    }
}
