// What the folder Inbox adds to the program.
using StorePlugin.Ledger;
using StorePlugin.Webhooks;

namespace StorePlugin.Inbox;

internal static class InboxSetup
{
    public static void AddInbox(this IServiceCollection services)
    {
        services.AddSingleton<WorkSignal>();
        services.AddSingleton<IInbox, SqlInbox>();
        services.AddSingleton<InboxWorker>();
        services.AddSingleton<EffectWorker>();
        services.AddSingleton<DropBodies>();
        services.AddSingleton<Retention>();
        services.AddSingleton<WriteOffs>();
        services.AddSingleton<Replays>();
        services.AddHostedService<Workers>();
    }
}
