// What the folder Dashboard adds to the program.
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Dashboard.Mails;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Dashboard.People;
using StorePlugin.Dashboard.Setup;

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
        services.AddSingleton<AuditList>();
        services.AddSingleton<RunSources>();
        services.AddSingleton<SelfBillingSources>();
        services.AddSingleton<CampaignSources>();
        services.AddSingleton<RehearsalSources>();
        services.AddSingleton<PeopleSources>();
        services.AddSingleton<Setups>();
        services.AddSingleton<SetupSources>();
        services.AddSingleton<ClaimSources>();
        services.AddSingleton<MessageSources>();
        services.AddSingleton<MailSources>();
    }
}
