// What the folder Mail adds to the program.
using StorePlugin.Inbox;

namespace StorePlugin.Mail;

internal static class MailSetup
{
    public static void AddMail(this IServiceCollection services)
    {
        services.AddSingleton<Digests>();
        services.AddMerchantMail<Welcome>();
        services.AddMerchantMail<OrderDigest>();
        services.AddMerchantMail<PayoutSent>();
        services.AddMerchantMail<PayoutFailed>();
        services.AddMerchantMail<PayoutReversed>();
        services.AddMerchantMail<RewardGiven>();
        services.AddMerchantMail<Invited>();
        services.AddSingleton<Invitations>();
        services.AddSingleton<Suppressions>();
        services.AddSingleton<StopLinks>();
        services.AddSingleton<MailSettings>();
        services.AddSingleton<MailTexts>();
        services.AddSingleton<Cadence>();
        services.AddSingleton<LetterPress>();
        services.AddSingleton<ReviewReminder>();
        services.AddRound<RemindOfReviews>("reminders", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddSingleton<TermsChanged>();
        services.AddSingleton<TermsWithdrawn>();
        services.AddSingleton<PrivacyFileReady>();
        services.AddSingleton<RunWaiting>();
        services.AddSingleton<ClaimDecided>();
        services.AddSingleton<MessageMails>();
        services.AddSingleton<ChangeLinks>();
        services.AddSingleton<DestinationChanged>();
        services.AddSingleton<SignInRequests>();
        services.AddSingleton(_ => new SignInLimit());
        services.AddRound<SignInAsks>("sign-in asks", Rounds.Moment, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddSingleton<SignInLetter>();
        services.AddSingleton<AddressLetters>();
        services.AddSingleton<MailSender>();
        services.AddSingleton<IEffectHandler, SendMail>();
        services.AddSingleton<IEffectHandler, AnnounceTerms>();
    }

    /// <summary>The pages and the door that stand outside of the API.</summary>
    public static void MapMail(this IEndpointRouteBuilder routes)
    {
        routes.MapMailStops();
        routes.MapBounces();
    }

    public static void MapMailApi(this IEndpointRouteBuilder api)
    {
        api.MapMailTexts();
        api.MapMailSettings();
        api.MapSuppressions();
        api.MapInvitations();
    }

    private static void AddMerchantMail<TMail>(this IServiceCollection services)
        where TMail : class, IMerchantMail
    {
        services.AddSingleton<TMail>();
        services.AddSingleton<IMerchantMail>(provider => provider.GetRequiredService<TMail>());
    }
}
