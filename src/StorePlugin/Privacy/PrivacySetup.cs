// What the folder Privacy adds to the program.
using StorePlugin.Inbox;

namespace StorePlugin.Privacy;

internal static class PrivacySetup
{
    public static void AddPrivacy(this IServiceCollection services)
    {
        services.AddSingleton<DeadBodies>();
        services.AddSingleton<PrivacyDuties>();
        services.AddSingleton<PrivacyRequests>();
        services.AddSingleton<AmbassadorErasure>();
        services.AddSingleton<EraseStore>();
        services.AddSingleton<PrivacyNotices>();
        services.AddSingleton<OwnFiles>();
        services.AddRound<Erasures>("erasures", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddRound<AccountDeletions>("account deletions", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
    }
}
