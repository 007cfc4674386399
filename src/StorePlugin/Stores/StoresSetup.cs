// What the folder Stores adds to the program.
using StorePlugin.Inbox;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Stores;

internal static class StoresSetup
{
    public static void AddStores(this IServiceCollection services)
    {
        services.AddSingleton<StoreDirectory>();
        services.AddSingleton<StoreKeys>();
        services.AddSingleton<Credentials>();
        services.AddSingleton<StoreContact>();
        services.AddSingleton<Team>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<NamedStores>();
        services.AddSingleton<ApiKeyVerb>();
        services.AddSingleton<Installation>();
        services.AddSingleton<ReceiveStoreEvent>();
        services.AddSingleton<Platforms>();
        services.AddSingleton<IEffectHandler, ReadStore>();
        services.AddShopify();
    }
}
