// What the folder Rehearsals adds to the program.
using StorePlugin.Inbox;

namespace StorePlugin.Rehearsals;

internal static class RehearsalsSetup
{
    public static void AddRehearsals(this IServiceCollection services)
    {
        services.AddSingleton<RehearsalResults>();
        services.AddSingleton<RehearsalDb>();
        services.AddSingleton<RehearsalStores>();
        services.AddSingleton<RehearsalLetters>();
        services.AddSingleton<RehearsalNotes>();
        services.AddSingleton<OldRehearsals>();
        services.AddSingleton<Backdate>();
        services.AddSingleton<Journey>();
        services.AddSingleton<Earned>();
        services.AddSingleton<Testers>();
        services.AddSingleton<TesterShop>();
        services.AddSingleton<IEffectHandler, Rehearse>();
    }
}
