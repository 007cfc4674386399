// What the folder Stores adds to the program.
namespace StorePlugin.Stores;

internal static class StoresSetup
{
    public static void AddStores(this IServiceCollection services)
    {
        services.AddSingleton<StoreDirectory>();
        services.AddSingleton<StoreKeys>();
        services.AddSingleton<Credentials>();
        services.AddSingleton<ReceiveStoreEvent>();
        services.AddSingleton<Installation>();
    }
}
