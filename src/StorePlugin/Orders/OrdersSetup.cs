// What the folder Orders adds to the program.
using StorePlugin.Inbox;

namespace StorePlugin.Orders;

internal static class OrdersSetup
{
    public static void AddOrders(this IServiceCollection services)
    {
        services.AddSingleton<ReceiveOrders>();
        services.AddSingleton<DecideOrder>();
        services.AddRound<ReconsiderOrders>("reconsiderations", Rounds.Moment, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddRound<ReleaseHolds>("releases", Rounds.Moment, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddSingleton<HistoryImport>();
    }
}
