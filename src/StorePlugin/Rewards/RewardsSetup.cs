// What the folder Rewards adds to the program.
using StorePlugin.Inbox;

namespace StorePlugin.Rewards;

internal static class RewardsSetup
{
    public static void AddRewards(this IServiceCollection services)
    {
        services.AddSingleton<NoticeDiscount>();
        services.AddSingleton<IEffectHandler, CreateDiscount>();
        services.AddSingleton<IEffectHandler, KeepDiscount>();
        services.AddSingleton<IEffectHandler, FollowTerms>();
        services.AddSingleton<IEffectHandler, MakeCodeSeries>();
        services.AddSingleton<IEffectHandler, KeepCodeSeries>();
        services.AddSingleton<IEffectHandler, CreateReward>();
        services.AddSingleton<IEffectHandler, RevokeReward>();
        services.AddSingleton<ValueRewards>();
        services.AddSingleton<IEffectHandler, GiveValue>();
        services.AddSingleton<IEffectHandler, TakeValueBack>();
    }
}
