// What the folder Mail adds to the program.
using StorePlugin.Inbox;

namespace StorePlugin.Mail;

internal static class MailSetup
{
    public static void AddMail(this IServiceCollection services)
    {
        services.AddSingleton<Digests>();
        services.AddSingleton<Welcome>();
        services.AddSingleton<OrderDigest>();
        services.AddSingleton<PayoutSent>();
        services.AddSingleton<RewardGiven>();
        services.AddSingleton<ReviewReminder>();
        services.AddRound<RemindOfReviews>("reminders", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddSingleton<TermsChanged>();
        services.AddSingleton<TermsWithdrawn>();
        services.AddSingleton<PrivacyFileReady>();
        services.AddSingleton<MailSender>();
        services.AddSingleton<IEffectHandler, SendMail>();
        services.AddSingleton<IEffectHandler, AnnounceTerms>();
    }
}
