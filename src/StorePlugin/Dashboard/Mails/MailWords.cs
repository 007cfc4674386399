// How the pages of mails call a mail, and why an address gets none.
using StorePlugin.Mail;

namespace StorePlugin.Dashboard.Mails;

internal static class MailWords
{
    /// <param name="mail">One of the constants of <see cref="MailNotice"/>.</param>
    public static string NameOf(string mail) => mail switch
    {
        MailNotice.Invited => "Invitation",
        MailNotice.Welcome => "Welcome",
        MailNotice.OrderDigest => "What the orders of a day earned",
        MailNotice.PayoutSent => "A payout was sent",
        MailNotice.PayoutFailed => "A payout failed",
        MailNotice.PayoutReversed => "A payout was taken back",
        MailNotice.RewardGiven => "A reward",
        MailNotice.ReviewReminder => "Orders wait in review",
        MailNotice.TermsChanged => "Changed terms",
        MailNotice.TermsWithdrawn => "A change of terms does not come",
        MailNotice.PrivacyFile => "A customer's data are ready",
        MailNotice.RunWaiting => "A payout run waits for approval",
        MailNotice.DestinationChanged => "Was it you? Where payouts go was changed",
        MailNotice.SignIn => "Sign-in link",
        MailNotice.AddressChangeOld => "Is it you? To the address of before",
        MailNotice.AddressChangeNew => "Is it you? To the new address",
        MailNotice.AddressChanged => "The address was changed",
        MailNotice.ClaimDecided => "A missing order was decided",
        MailNotice.MessageWaits => "A message waits",
        MailNotice.QuestionWaits => "An ambassador waits for an answer",
        _ => mail.Replace('_', ' '),
    };

    /// <summary>Whether a mail goes to the store's own people.</summary>
    public static bool IsToStore(string mail) => mail is MailNotice.ReviewReminder or MailNotice.PrivacyFile or MailNotice.RunWaiting or MailNotice.QuestionWaits;

    /// <param name="reason">One of the constants of <see cref="SuppressionReason"/>.</param>
    public static string WhyNone(string reason) => reason switch
    {
        SuppressionReason.OptedOut => "Wants only what is owed: payouts and terms",
        SuppressionReason.Bounced => "Mail came back for good",
        SuppressionReason.Complained => "Called a mail unwanted",
        SuppressionReason.ByMerchant => "Kept out by your team",
        _ => reason,
    };
}
