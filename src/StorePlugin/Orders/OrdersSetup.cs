// What the folder Orders adds to the program.
namespace StorePlugin.Orders;

internal static class OrdersSetup
{
    public static void AddOrders(this IServiceCollection services)
    {
        services.AddSingleton<ReceiveOrders>();
        services.AddSingleton<DecideOrder>();
        services.AddSingleton<ReconsiderOrders>();
        services.AddSingleton<ReleaseHolds>();
        services.AddSingleton<HistoryImport>();
    }
}
