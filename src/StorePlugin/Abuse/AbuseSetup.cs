// What the folder Abuse adds to the program.
namespace StorePlugin.Abuse;

internal static class AbuseSetup
{
    public static void AddAbuse(this IServiceCollection services)
    {
        services.AddSingleton<PatternReader>();
        services.AddSingleton<Exemptions>();
        services.AddSingleton<Leaks>();
    }
}
