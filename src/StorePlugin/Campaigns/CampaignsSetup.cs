// What the folder Campaigns adds to the program.
using StorePlugin.Campaigns.Launch;

namespace StorePlugin.Campaigns;

internal static class CampaignsSetup
{
    public static void AddCampaigns(this IServiceCollection services)
    {
        services.AddSingleton<CampaignDb>();
        services.AddSingleton<CampaignLife>();
        services.AddSingleton<Collections>();
        services.AddSingleton<Revisions>();
        services.AddSingleton<CampaignComparison>();
        services.AddSingleton<CampaignRules>();
        services.AddSingleton<PublicCampaigns>();
        services.AddSingleton<Playbooks>();
        services.AddSingleton<RulesAcceptances>();
        services.AddSingleton<BackTest>();
        services.AddSingleton<BackTestVerb>();
        services.AddSingleton<LaunchFactsReader>();
        services.AddSingleton<PersonWarnings>();
        services.AddSingleton<CampaignLaunch>();
    }
}
