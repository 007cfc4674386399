// What the folder Inbox adds to the program.
using StorePlugin.Ledger;
using StorePlugin.Webhooks;

namespace StorePlugin.Inbox;

internal static class InboxSetup
{
    public static void AddInbox(this IServiceCollection services)
    {
        services.AddSingleton<WorkSignal>();
        services.AddSingleton<SignatureFailures>();
        services.AddSingleton<IInbox, SqlInbox>();
        services.AddSingleton<InboxWorker>();
        services.AddSingleton(provider =>
        {
            // What comes in wakes it.
            var inbox = provider.GetRequiredService<InboxWorker>();
            return new Round("inbox", inbox.RunOnceAsync, inbox.WaitAsync);
        });
        services.AddRound<EffectWorker>("effects", Rounds.Moment, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddRound<WriteOffs>("write-offs", Rounds.Hour, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddRound<DropBodies>("bodies", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddRound<Retention>("retention", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddSingleton<Replays>();
        services.AddHostedService<Workers>();
    }
}
