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
        services.AddSingleton<EraseStore>();
        services.AddRound<Erasures>("erasures", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
    }
}
