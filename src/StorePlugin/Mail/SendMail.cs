// Performs the effect that sends a mail: reads who and what, writes the letter, asks whether it may go now, hands it to the sender.
using System.Diagnostics;
using StorePlugin.Inbox;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>
/// The effect's id is the mail's Message-ID, so that a mail which is sent again after a crash is known as the same.
/// </summary>
internal sealed class SendMail(
    StoreDirectory stores, Welcome welcome, OrderDigest digest, PayoutSent payoutSent, PayoutFailed payoutFailed, PayoutReversed payoutReversed,
    RewardGiven rewardGiven, ReviewReminder reviewReminder, TermsChanged termsChanged, TermsWithdrawn termsWithdrawn, PrivacyFileReady privacyFile, Invited invited,
    DestinationChanged destinationChanged, SignInLetter signInLetter, AddressLetters addressLetters, RunWaiting runWaiting,
    ClaimDecided claimDecided, MessageMails messageMails,
    Suppressions suppressions, Cadence cadence, RehearsalLetters rehearsed, MailTexts texts, StopLinks links, LetterPress press, MailSender sender, TimeProvider clock) : IEffectHandler
{
    private static readonly TimeSpan NotYetWait = TimeSpan.FromMinutes(1);

    public string Kind => Effect.Kinds.Mail;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        var notice = MailNotice.FromJson(effect.Payload);
        return await WriteAsync(store, notice, cancel) switch
        {
            null => new EffectResult.Refused($"This program knows no mail '{notice.Mail}'."),
            Writing.Unneeded unneeded => KeptBack(notice, effect, unneeded.Why),
            Writing.NotYet notYet => new EffectResult.PutOff(notYet.Why, NotYetWait),
            Writing.Written written => await SendAsync(store, effect, notice, written.Letter, cancel),
            var other => throw new UnreachableException($"{other.GetType().Name} is no writing."),
        };
    }

    private async Task<Writing?> WriteAsync(Store store, MailNotice notice, CancellationToken cancel) => notice switch
    {
        { Mail: MailNotice.Welcome, Ambassador: { } id } => await welcome.WriteAsync(store, id, cancel),
        { Mail: MailNotice.OrderDigest, Ambassador: { } id, Day: { } day } => await digest.WriteAsync(store, id, day, cancel),
        { Mail: MailNotice.PayoutSent, Payout: { } payoutId } => await payoutSent.WriteAsync(store, payoutId, cancel),
        { Mail: MailNotice.PayoutFailed, Payout: { } payoutId } => await payoutFailed.WriteAsync(store, payoutId, cancel),
        { Mail: MailNotice.PayoutReversed, Payout: { } payoutId, ReversedMinor: { } minor } => await payoutReversed.WriteAsync(store, payoutId, minor, cancel),
        { Mail: MailNotice.RewardGiven, Ambassador: { } id, Reward: { } rewardId } => await rewardGiven.WriteAsync(store, id, rewardId, cancel),
        { Mail: MailNotice.ReviewReminder } => await reviewReminder.WriteAsync(store, cancel),
        { Mail: MailNotice.TermsChanged, Ambassador: { } id, Campaign: { } campaignId, Revision: { } number } =>
            await termsChanged.WriteAsync(store, id, campaignId, number, cancel),
        { Mail: MailNotice.TermsWithdrawn, Ambassador: { } id, Campaign: { } campaignId, Revision: { } number } =>
            await termsWithdrawn.WriteAsync(store, id, campaignId, number, cancel),
        { Mail: MailNotice.RunWaiting, Run: { } runId } => await runWaiting.WriteAsync(store, runId, cancel),
        { Mail: MailNotice.PrivacyFile, Request: { } requestId } => await privacyFile.WriteAsync(store, requestId, cancel),
        { Mail: MailNotice.Invited, Invitation: { } invitationId } => await invited.WriteAsync(store, invitationId, cancel),
        { Mail: MailNotice.SignIn, Request: { } requestId } => await signInLetter.WriteAsync(store, requestId, cancel),
        { Mail: MailNotice.AddressChangeOld or MailNotice.AddressChangeNew or MailNotice.AddressChanged, Change: { } changeId } =>
            await addressLetters.WriteAsync(store, notice.Mail, changeId, cancel),
        { Mail: MailNotice.ClaimDecided, Ambassador: { } id, Request: { } claimId } => await claimDecided.WriteAsync(store, id, claimId, cancel),
        { Mail: MailNotice.MessageWaits, Ambassador: { } id } => await messageMails.WriteToAmbassadorAsync(store, id, cancel),
        { Mail: MailNotice.QuestionWaits, Ambassador: { } id } => await messageMails.WriteToStoreAsync(store, id, cancel),
        { Mail: MailNotice.DestinationChanged, Ambassador: { } id, Change: { } changeId } => await destinationChanged.WriteAsync(store, id, changeId, cancel),
        _ => null,
    };

    private async Task<EffectResult> SendAsync(Store store, Effect effect, MailNotice notice, Letter letter, CancellationToken cancel)
    {
        // News of a payout may come after its payee was erased.
        if (letter.Email.Length == 0)
        {
            return KeptBack(notice, effect, "The person is erased.");
        }

        var personHash = suppressions.HashOf(store, letter.Email);
        if (await rehearsed.FindAsync(store, cancel) is { } rehearsal)
        {
            // Nobody gets it, so that no limit and no hour keeps it back.
            return rehearsed.Keep(rehearsal, effect, notice.Mail, await PrintAsync(store, notice, letter, personHash, cancel), MailSender.SubjectOf(store, letter));
        }

        switch (await cadence.AskAsync(store, effect, notice, personHash, cancel))
        {
            case Passage.KeptBack kept:
                return KeptBack(notice, effect, kept.Why);
            case Passage.Later later:
                return new EffectResult.PutOff(later.Why, later.Wait) { IsScheduled = true };
            case Passage.Taken:
                return Marked(notice, effect, new EffectResult.Done(MailSender.Taken));
        }

        var printed = await PrintAsync(store, notice, letter, personHash, cancel);
        return Marked(notice, effect, await sender.SendAsync(store, effect.Id, printed, () => cadence.NoteTakenAsync(effect), cancel));
    }

    private async Task<PrintedLetter> PrintAsync(Store store, MailNotice notice, Letter letter, string personHash, CancellationToken cancel)
    {
        var text = press.Find(notice.Mail) is null ? null : await texts.FindAsync(store, notice.Mail, cancel);
        return await press.PrintAsync(notice.Mail, letter, text, MailNotice.IsExempt(notice.Mail) ? null : links.AddressFor(store, personHash));
    }

    private EffectResult.Done KeptBack(MailNotice notice, Effect effect, string why) => new(why, WriteOf(notice, effect, "kept_back"));

    private EffectResult Marked(MailNotice notice, Effect effect, EffectResult result) => result switch
    {
        EffectResult.Done => result with { Write = WriteOf(notice, effect, "sent") },
        EffectResult.Refused => result with { Write = tx => Cadence.ReleaseAsync(tx, effect) },
        _ => result,
    };

    private Func<Data.Tx, Task>? WriteOf(MailNotice notice, Effect effect, string state) =>
        notice.Invitation is { } id ? tx => Invitations.MarkAsync(tx, effect.StoreId, id, state, clock.GetUtcNow()) : null;
}
