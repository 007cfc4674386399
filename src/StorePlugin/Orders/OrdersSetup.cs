// What the folder Orders adds to the program.
namespace StorePlugin.Orders;

internal static class OrdersSetup
{
    public static IServiceCollection AddOrders(this IServiceCollection services) => services;
}
