// What the folder Dashboard adds to the program.
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Dashboard.People;

namespace StorePlugin.Dashboard;

internal static class DashboardSetup
{
    public static void AddDashboard(this IServiceCollection services)
    {
        services.AddSingleton<DeadWork>();
        services.AddSingleton<ConnectionDetail>();
        services.AddSingleton<Attention>();
        services.AddSingleton<TopAmbassadors>();
        services.AddSingleton<Overview>();
        services.AddSingleton<SettingsPages>();
        services.AddSingleton<RunSources>();
        services.AddSingleton<CampaignSources>();
        services.AddSingleton<PeopleSources>();
        services.AddSingleton<ClaimSources>();
        services.AddSingleton<MessageSources>();
    }
}
